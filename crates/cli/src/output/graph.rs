//! Revisions and their places in the graph.

use std::collections::BTreeMap;
use std::path::Path;

use limbeck_core::Result;
use serde::Serialize;

use super::{aside, json, line, on_one_line, texts};
use crate::args::Format;
use crate::command::{Listed, Placed};

/// The marks behind a revision, each in its parentheses, in the order of Alembic.
fn marks(placed: &Placed) -> String {
    let Placed {
        revision,
        is_head,
        is_depended_on,
        children,
        labels: _,
        is_current,
    } = placed;
    let mut marks = String::new();
    for (mark, on) in [
        ("head", *is_head && !is_depended_on),
        ("effective head", *is_head && *is_depended_on),
        ("current", *is_current),
        ("branchpoint", children.len() > 1),
        ("mergepoint", revision.parents.len() > 1),
    ] {
        if on {
            marks.push_str(&format!(" ({mark})"));
        }
    }
    marks
}

/// The identifier with the labels of its branches.
fn named(placed: &Placed) -> String {
    match placed.labels.as_slice() {
        [] => placed.revision.id.to_string(),
        labels => format!("{} ({})", placed.revision.id, labels.join(", ")),
    }
}

fn placed_form(placed: &Placed) -> impl Serialize + use<> {
    #[derive(Serialize)]
    struct Form {
        revision: String,
        parents: Vec<String>,
        children: Vec<String>,
        depends_on: Vec<String>,
        replaces: Vec<String>,
        labels: Vec<String>,
        message: String,
        created: Option<String>,
        folder: String,
        is_head: bool,
        is_effective_head: bool,
        is_current: bool,
        breaking: bool,
    }
    let Placed {
        revision,
        is_head,
        is_depended_on,
        children,
        labels,
        is_current,
    } = placed;
    Form {
        revision: revision.id.to_string(),
        parents: texts(&revision.parents),
        children: texts(children),
        depends_on: revision
            .depends_on
            .iter()
            .map(ToString::to_string)
            .collect(),
        replaces: texts(&revision.replaces),
        labels: labels.clone(),
        message: revision.message.clone(),
        created: revision.created.clone(),
        folder: revision.directory.clone(),
        is_head: *is_head,
        is_effective_head: *is_head && *is_depended_on,
        is_current: *is_current,
        breaking: revision.breaking,
    }
}

pub(crate) fn single_head(heads: &[Placed], as_json: bool) {
    let single = heads.len() < 2;
    if as_json {
        #[derive(Serialize)]
        struct Form<T> {
            single: bool,
            heads: Vec<T>,
        }
        return json(&Form {
            single,
            heads: heads.iter().map(placed_form).collect(),
        });
    }
    match heads {
        [] => line("there are no revisions"),
        [head] => line(format!("one head: {}", head.revision.id)),
        several => {
            let heads: Vec<String> = several.iter().map(named).collect();
            line(format!("{} heads: {}", several.len(), heads.join(", ")));
            aside("hint: `limbeck merge` writes a revision over them");
        }
    }
}

fn tell_long(placed: &Placed) {
    let Placed {
        revision,
        is_head: _,
        is_depended_on: _,
        children,
        labels,
        is_current: _,
    } = placed;
    line(format!("Rev: {}{}", revision.id, marks(placed)));
    let parents = texts(&revision.parents).join(", ");
    match (revision.parents.len() > 1, parents.as_str()) {
        (true, parents) => line(format!("Merges: {parents}")),
        (false, "") => line("Parent: <base>"),
        (false, parent) => line(format!("Parent: {parent}")),
    }
    if !revision.depends_on.is_empty() {
        let depends_on: Vec<String> = revision
            .depends_on
            .iter()
            .map(ToString::to_string)
            .collect();
        line(format!("Also depends on: {}", depends_on.join(", ")));
    }
    if !revision.replaces.is_empty() {
        line(format!(
            "Replaces: {}",
            texts(&revision.replaces).join(", ")
        ));
    }
    if children.len() > 1 {
        line(format!("Branches into: {}", texts(children).join(", ")));
    }
    if !labels.is_empty() {
        line(format!("Branch names: {}", labels.join(", ")));
    }
    if !revision.directory.is_empty() {
        line(format!("Path: {}", on_one_line(&revision.directory)));
    }
    if let Some(created) = &revision.created {
        line(format!("Created: {}", on_one_line(created)));
    }
    line(format!("\n    {}\n", on_one_line(&revision.message)));
}

/// Revisions as JSON, under a key.
fn list(key: &str, placed: &[Placed]) {
    let forms: Vec<_> = placed.iter().map(placed_form).collect();
    json(&BTreeMap::from([(key, forms)]));
}

/// Revisions, each with all that is known of it.
pub(crate) fn show(shown: &[Placed], as_json: bool) {
    if as_json {
        return list("revisions", shown);
    }
    if shown.is_empty() {
        aside("that is the base: there is no revision");
    }
    shown.iter().for_each(tell_long);
}

/// A picture of the revisions.
pub(crate) fn diagram(
    drawn: &str,
    format: Format,
    file: Option<&Path>,
    as_json: bool,
) -> Result<()> {
    #[derive(Serialize)]
    struct Form<'a> {
        format: &'static str,
        diagram: &'a str,
    }
    if !as_json {
        return super::result_into(file, drawn);
    }
    let form = Form {
        format: format.name(),
        diagram: drawn,
    };
    super::result_into(file, &format!("{}\n", super::as_json(&form)))
}

/// Where branches begin, each with the revisions that they begin with.
pub(crate) fn branches(branches: &[Placed], all: &[Placed], verbose: bool, as_json: bool) {
    if as_json {
        return list("branches", branches);
    }
    for placed in branches {
        match verbose {
            true => tell_long(placed),
            false => line(format!("{}{}", named(placed), marks(placed))),
        }
        let indent = " ".repeat(placed.revision.id.as_str().len());
        for child in &placed.children {
            let told = all.iter().find(|one| one.revision.id == *child);
            let told = told.map_or_else(
                || child.to_string(),
                |child| format!("{}{}", named(child), marks(child)),
            );
            line(format!("{indent} -> {told}"));
        }
    }
}

pub(crate) fn heads(heads: &[Placed], verbose: bool, as_json: bool) {
    if as_json {
        return list("heads", heads);
    }
    if heads.is_empty() {
        aside("there are no revisions");
    }
    for placed in heads {
        if verbose {
            tell_long(placed);
        } else {
            line(format!("{}{}", named(placed), marks(placed)));
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
        let revision = &placed.revision;
        let mut parents = match revision.parents.as_slice() {
            [] => "<base>".to_owned(),
            parents => texts(parents).join(", "),
        };
        if !revision.depends_on.is_empty() {
            let depends_on: Vec<String> = revision
                .depends_on
                .iter()
                .map(ToString::to_string)
                .collect();
            parents.push_str(&format!(" ({})", depends_on.join(", ")));
        }
        let mut told = format!("{parents} -> {}{}", named(placed), marks(placed));
        if !revision.message.is_empty() {
            told.push_str(&format!(", {}", on_one_line(&revision.message)));
        }
        line(told);
    }
}
