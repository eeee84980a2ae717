//! What a run did, and where the database is.

use limbeck_core::RevisionId;
use limbeck_postgres::runner::{Applied, Deed, Event};
use limbeck_postgres::{OfflineScript, Report};
use serde::Serialize;

use super::{aside, json, line, on_one_line, result, texts};
use crate::command::{Current, Ensured};

/// How often, in seconds, it is said again that somebody else is migrating.
const SAY_AGAIN: u64 = 10;

/// How many characters of a query are shown.
const QUERY: usize = 160;

/// Says that another process is being waited for: at once, and now and then.
pub(crate) fn waiting(event: &Event) {
    match event {
        Event::Blocked { by, waited } if waited.as_secs() % SAY_AGAIN == 1 => {
            aside(event.to_string());
            for (pid, query) in by
                .iter()
                .filter_map(|one| Some((one.pid, one.query.as_ref()?)))
            {
                aside(format!("  {pid}: {}", beginning(query)));
            }
        }
        Event::Unblocked { .. } => aside(event.to_string()),
        Event::Waiting { holder: _, waited } if waited.as_secs() % SAY_AGAIN == 0 => {
            aside(event.to_string());
        }
        Event::Waited { waited } if waited.as_secs() >= SAY_AGAIN => aside(event.to_string()),
        _ => {}
    }
}

/// So much of a query as says what it is.
fn beginning(query: &str) -> String {
    let words: Vec<&str> = query.split_whitespace().collect();
    let line = on_one_line(&words.join(" "));
    match line.char_indices().nth(QUERY) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

pub(crate) fn report(report: &Report, as_json: bool) {
    if as_json {
        #[derive(Serialize)]
        struct Form {
            done: Vec<DoneForm>,
            bundles: Vec<BundleForm>,
        }
        #[derive(Serialize)]
        struct DoneForm {
            bundle: String,
            placement: String,
            revision: String,
            message: String,
            deed: &'static str,
            micros: u64,
        }
        #[derive(Serialize)]
        struct BundleForm {
            bundle: String,
            placement: String,
            heads: Vec<String>,
            pending: Vec<String>,
            unknown: Vec<String>,
        }
        let done = report.applied.iter().map(|applied| {
            let Applied {
                bundle,
                placement,
                revision,
                message,
                deed,
                duration,
                ..
            } = applied;
            DoneForm {
                bundle: bundle.clone(),
                placement: placement.to_string(),
                revision: revision.to_string(),
                message: message.clone(),
                deed: match deed {
                    Deed::Applied => "applied",
                    Deed::TakenBack => "taken_back",
                    Deed::Stamped => "stamped",
                    Deed::Unstamped => "unstamped",
                    _ => "other",
                },
                micros: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            }
        });
        let bundles = report.bundles.iter().map(|bundle| BundleForm {
            bundle: bundle.bundle.clone(),
            placement: bundle.placement.to_string(),
            heads: texts(&bundle.heads),
            pending: texts(&bundle.pending),
            unknown: texts(&bundle.unknown),
        });
        return json(&Form {
            done: done.collect(),
            bundles: bundles.collect(),
        });
    }
    line(report.to_string());
}

/// A script, and what it lacks.
pub(crate) fn script(script: &OfflineScript) {
    for left_out in &script.left_out {
        aside(format!("warning: left out: {}", on_one_line(left_out)));
    }
    result(&script.sql);
}

pub(crate) fn ensured(ensured: &Ensured, as_json: bool) {
    let Ensured { table, made } = ensured;
    if as_json {
        #[derive(Serialize)]
        struct Form {
            table: String,
            made: bool,
        }
        return json(&Form {
            table: table.to_string(),
            made: *made,
        });
    }
    line(match made {
        true => format!("made the history table `{table}`"),
        false => format!("the history table `{table}` is there already"),
    });
}

/// What would be done: a line a step, what it takes away, and its SQL.
pub(crate) fn plan(report: &Report, as_json: bool) {
    if as_json {
        #[derive(Serialize)]
        struct Form {
            steps: Vec<StepForm>,
        }
        #[derive(Serialize)]
        struct StepForm {
            direction: &'static str,
            bundle: String,
            placement: String,
            revision: String,
            message: String,
            /// Whether it is only recorded, because another revision does its work.
            only_recorded: bool,
            /// Whether it is a transaction of its own; otherwise each statement is one, or none.
            transaction: bool,
            reversible: Option<bool>,
            destroys: Vec<String>,
            sql: Option<String>,
        }
        let steps = report.planned.iter().map(|step| StepForm {
            direction: match step.deed {
                Deed::TakenBack | Deed::Unstamped => "down",
                _ => "up",
            },
            bundle: step.bundle.clone(),
            placement: step.placement.to_string(),
            revision: step.revision.to_string(),
            message: step.message.clone(),
            only_recorded: matches!(step.deed, Deed::Stamped | Deed::Unstamped),
            transaction: !step.outside,
            reversible: step.reversible,
            destroys: step.losses.clone(),
            sql: step.sql.clone(),
        });
        return json(&Form {
            steps: steps.collect(),
        });
    }
    if report.planned.is_empty() {
        for bundle in &report.bundles {
            line(format!("nothing to do: {bundle}"));
        }
    }
    let several = report
        .planned
        .iter()
        .any(|step| step.bundle != report.planned[0].bundle);
    for step in &report.planned {
        let bundle = match several {
            true => format!("{}: ", step.bundle),
            false => String::new(),
        };
        line(format!("-- {bundle}{step}"));
        if step.reversible == Some(false) {
            line("-- there is no way back from it");
        }
        for loss in &step.losses {
            line(format!("-- takes data away: {}", on_one_line(loss)));
        }
        match &step.sql {
            Some(sql) if step.outside => line(sql),
            Some(sql) => line(format!("BEGIN;\n{sql}COMMIT;\n")),
            None if matches!(step.deed, Deed::Applied | Deed::TakenBack) => {
                line("-- it runs code, which cannot be shown\n");
            }
            None => line("-- it is only recorded\n"),
        }
    }
}

pub(crate) fn current(current: &[Current], unlisted: &[String], verbose: bool, as_json: bool) {
    for bundle in unlisted {
        aside(format!("note: {bundle}"));
    }
    if as_json {
        #[derive(Serialize)]
        struct Form {
            heads: Vec<HeadForm>,
            pending: Vec<RevisionForm>,
            unknown: Vec<RevisionForm>,
            edited: Vec<RevisionForm>,
            half_done: Vec<HalfForm>,
        }
        #[derive(Serialize)]
        struct HalfForm {
            bundle: String,
            revision: String,
            direction: &'static str,
            /// How many of its statements are done.
            statements: usize,
            /// Whether the next one has begun.
            begun: bool,
        }
        #[derive(Serialize)]
        struct HeadForm {
            bundle: String,
            placement: String,
            revision: String,
            message: String,
            applied_at: String,
            applied_by: String,
            is_head: bool,
        }
        #[derive(Serialize)]
        struct RevisionForm {
            bundle: String,
            revision: String,
        }
        let heads = current.iter().flat_map(|bundle| {
            bundle.heads.iter().map(|row| HeadForm {
                bundle: bundle.bundle.clone(),
                placement: bundle.placement.clone(),
                revision: row.revision.to_string(),
                message: row.message.clone(),
                applied_at: row.applied_at.clone(),
                applied_by: row.applied_by.clone(),
                is_head: bundle.at_head && !bundle.unknown.contains(&row.revision),
            })
        });
        let all = |of: fn(&Current) -> &[RevisionId]| {
            let forms = current.iter().flat_map(|bundle| {
                of(bundle).iter().map(|revision| RevisionForm {
                    bundle: bundle.bundle.clone(),
                    revision: revision.to_string(),
                })
            });
            forms.collect()
        };
        let half_done = current.iter().flat_map(|bundle| {
            bundle.half.iter().map(|half| HalfForm {
                bundle: bundle.bundle.clone(),
                revision: half.revision.to_string(),
                direction: match half.deed {
                    Deed::TakenBack | Deed::Unstamped => "down",
                    _ => "up",
                },
                statements: half.statements,
                begun: half.begun,
            })
        });
        return json(&Form {
            half_done: half_done.collect(),
            heads: heads.collect(),
            pending: all(|bundle| &bundle.pending),
            unknown: all(|bundle| &bundle.unknown),
            edited: all(|bundle| &bundle.edited),
        });
    }
    let several = current.len() > 1;
    for bundle in current {
        let Current {
            bundle: name,
            placement,
            heads,
            pending,
            unknown,
            edited,
            half,
            at_head,
        } = bundle;
        let prefix = if several {
            match placement.as_str() {
                "public" => format!("{name}: "),
                placement => format!("{name} in {placement}: "),
            }
        } else {
            String::new()
        };
        if heads.is_empty() {
            aside(format!("{prefix}no revision is applied"));
        }
        for row in heads {
            let mark = if unknown.contains(&row.revision) {
                " (not here)"
            } else if *at_head {
                " (head)"
            } else {
                ""
            };
            line(format!("{prefix}{}{mark}", row.revision));
            if verbose {
                line(format!("    {}", on_one_line(&row.message)));
                line(format!(
                    "    applied {} by {}",
                    row.applied_at, row.applied_by
                ));
            }
        }
        for (word, revisions) in [
            ("pending", pending),
            ("not here", unknown),
            ("edited after being applied", edited),
        ] {
            if !revisions.is_empty() {
                aside(format!("{prefix}{word}: {}", texts(revisions).join(", ")));
            }
        }
        for half in half {
            aside(format!("{prefix}{half}"));
        }
    }
}
