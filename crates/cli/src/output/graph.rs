//! Revisions and their places in the graph.

use serde::Serialize;

use super::{aside, json, line, on_one_line, texts};
use crate::command::{Listed, Placed};

fn marks(is_head: bool, is_branch_point: bool, is_merge: bool) -> String {
    let mut marks = String::new();
    for (mark, on) in [
        ("head", is_head),
        ("branchpoint", is_branch_point),
        ("mergepoint", is_merge),
    ] {
        if on {
            marks.push_str(&format!(" ({mark})"));
        }
    }
    marks
}

fn placed_form(placed: &Placed) -> impl Serialize + use<> {
    #[derive(Serialize)]
    struct Form {
        revision: String,
        parents: Vec<String>,
        message: String,
        created: Option<String>,
        folder: String,
        is_head: bool,
        breaking: bool,
    }
    let Placed {
        revision,
        is_head,
        is_branch_point: _,
    } = placed;
    Form {
        revision: revision.id.to_string(),
        parents: texts(&revision.parents),
        message: revision.message.clone(),
        created: revision.created.clone(),
        folder: revision.directory.clone(),
        is_head: *is_head,
        breaking: revision.breaking,
    }
}

fn tell_long(placed: &Placed) {
    let Placed {
        revision,
        is_head,
        is_branch_point,
    } = placed;
    let merge = revision.parents.len() > 1;
    line(format!(
        "Rev: {}{}",
        revision.id,
        marks(*is_head, *is_branch_point, merge)
    ));
    let parents = texts(&revision.parents).join(", ");
    match (merge, parents.as_str()) {
        (true, parents) => line(format!("Merges: {parents}")),
        (false, "") => line("Parent: <base>"),
        (false, parent) => line(format!("Parent: {parent}")),
    }
    if !revision.directory.is_empty() {
        line(format!("Path: {}", on_one_line(&revision.directory)));
    }
    if let Some(created) = &revision.created {
        line(format!("Created: {}", on_one_line(created)));
    }
    line(format!("\n    {}\n", on_one_line(&revision.message)));
}

pub(crate) fn heads(heads: &[Placed], verbose: bool, as_json: bool) {
    if as_json {
        #[derive(Serialize)]
        struct Form<T> {
            heads: Vec<T>,
        }
        return json(&Form {
            heads: heads.iter().map(placed_form).collect(),
        });
    }
    if heads.is_empty() {
        aside("there are no revisions");
    }
    for placed in heads {
        if verbose {
            tell_long(placed);
        } else {
            line(format!("{} (head)", placed.revision.id));
        }
    }
}

/// The own revisions, then those of the other bundles, each under its name.
pub(crate) fn history(history: &[Placed], others: &[Listed], verbose: bool, as_json: bool) {
    if as_json {
        #[derive(Serialize)]
        struct Form<T> {
            revisions: Vec<T>,
            others: Vec<OtherForm<T>>,
        }
        #[derive(Serialize)]
        struct OtherForm<T> {
            bundle: String,
            placement: String,
            revisions: Vec<T>,
        }
        let others = others.iter().map(|other| {
            let Listed {
                bundle,
                placement,
                revisions,
            } = other;
            OtherForm {
                bundle: bundle.clone(),
                placement: placement.clone(),
                revisions: revisions.iter().map(placed_form).collect(),
            }
        });
        return json(&Form {
            revisions: history.iter().map(placed_form).collect(),
            others: others.collect(),
        });
    }
    if history.is_empty() {
        aside("there are no revisions");
    }
    tell(history, verbose);
    for Listed {
        bundle,
        placement,
        revisions,
    } in others
    {
        let place = match placement.as_str() {
            "public" => String::new(),
            schema => format!(" in {schema}"),
        };
        line(format!("\n{bundle}{place}:"));
        tell(revisions, verbose);
    }
}

fn tell(history: &[Placed], verbose: bool) {
    for placed in history {
        if verbose {
            tell_long(placed);
            continue;
        }
        let Placed {
            revision,
            is_head,
            is_branch_point,
        } = placed;
        let parents = match revision.parents.as_slice() {
            [] => "<base>".to_owned(),
            parents => texts(parents).join(", "),
        };
        let marks = marks(*is_head, *is_branch_point, revision.parents.len() > 1);
        let mut told = format!("{parents} -> {}{marks}", revision.id);
        if !revision.message.is_empty() {
            told.push_str(&format!(", {}", on_one_line(&revision.message)));
        }
        line(told);
    }
}
