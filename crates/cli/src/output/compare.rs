//! How a database differs from what it should be.

use limbeck_postgres::{Check, DriftKind};
use serde::Serialize;

use super::hazards::operations;
use super::{Told, aside, json, line, texts, told};

pub(crate) fn check(check: &Check, as_json: bool) {
    let wanted = check.draft.as_ref().map(operations).unwrap_or_default();
    if as_json {
        #[derive(Serialize)]
        struct Form {
            clean: bool,
            pending: Vec<String>,
            edited: Vec<String>,
            drift: Vec<DriftForm>,
            operations: Vec<String>,
            refused: Vec<Told>,
            notes: Vec<String>,
        }
        #[derive(Serialize)]
        struct DriftForm {
            object: String,
            difference: &'static str,
            repair: String,
        }
        let drift = check.drift.iter().map(|drift| DriftForm {
            object: drift.object.to_string(),
            difference: match drift.difference {
                DriftKind::Missing => "missing",
                _ => "changed",
            },
            repair: drift.repair.clone(),
        });
        return json(&Form {
            clean: check.is_clean(),
            pending: texts(&check.pending),
            edited: texts(&check.edited),
            drift: drift.collect(),
            operations: wanted,
            refused: check.refused.iter().map(|refusal| told(refusal)).collect(),
            notes: check.notes.clone(),
        });
    }
    for note in &check.notes {
        aside(format!("note: {note}"));
    }
    if check.is_clean() {
        line("no difference");
        return;
    }
    for revision in &check.pending {
        line(format!("pending: {revision} is not applied"));
    }
    for revision in &check.edited {
        line(format!(
            "edited: {revision} was edited after it was applied"
        ));
    }
    for drift in &check.drift {
        line(format!("drift: {drift}"));
    }
    for operation in wanted {
        line(format!("models: {operation}"));
    }
    for refusal in &check.refused {
        line(format!("refused: {refusal}"));
    }
    if !check.edited.is_empty() {
        aside(
            "\nhint: put an edited revision back as it was and write the change as a new one, or \
             accept it as it is with `limbeck stamp`",
        );
    } else if !check.pending.is_empty() {
        aside("\nhint: run `limbeck upgrade head`; models and database are compared after that");
    } else if let Some(hint) = check.refused.iter().find_map(|refusal| refusal.hint()) {
        aside(format!("\nhint: {hint}"));
    } else if check.drift.is_empty() {
        aside("\nhint: `limbeck revision --autogenerate -m \"…\"` writes the revision");
    } else {
        aside(
            "\nhint: somebody changed the database by hand: take that back, or write it as a revision",
        );
    }
}
