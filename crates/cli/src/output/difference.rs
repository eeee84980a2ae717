//! The difference of two sources: as SQL, as JSON, in lines for people. And a source, saved.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::Path;

use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::snapshot::Snapshot;
use limbeck_core::{ObjectId, Result};
use limbeck_postgres::{Difference, Way, script};
use serde::Serialize;

use super::hazards::{HazardForm, hazard_forms, tell_hazards};
use super::{MANNER, RESULTS, aside, json, line, result, warning};

/// How a difference is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Statements.
    Sql,
    /// One line an object.
    Summary,
    /// For programs.
    Json,
}

pub(crate) fn diff(difference: &Difference, form: Form) {
    let Way {
        operations,
        statements,
        hazards,
        ..
    } = &difference.there;
    let not_compared: Vec<String> = difference
        .unmanaged
        .iter()
        .map(|one| match one.schema.as_str() {
            "" => format!("{} {}", one.kind, one.name),
            schema => format!("{} {schema}.{}", one.kind, one.name),
        })
        .collect();
    // What is shown may be read by anybody.
    let mut statements = statements.clone();
    for statement in &mut statements {
        if let Some(masked) = statement.masked() {
            warning(&format!(
                "masked, and to be filled in before it is run: a secret in `{}`",
                masked.reason
            ));
            *statement = masked;
        }
    }
    let statements = &statements[..];
    if form == Form::Json {
        return json(&JsonForm {
            operations: operations.iter().map(OperationForm::of).collect(),
            statements: statements
                .iter()
                .map(|statement| StatementForm {
                    sql: statement.sql.clone(),
                    reason: statement.reason.clone(),
                })
                .collect(),
            hazards: hazard_forms(hazards),
            notes: difference.notes.clone(),
            not_compared,
        });
    }
    for note in &difference.notes {
        aside(format!("note: {note}"));
    }
    for one in &not_compared {
        warning(&format!("not compared: {one}"));
    }
    tell_hazards(hazards);
    if operations.is_empty() {
        aside("no difference");
        return;
    }
    match form {
        Form::Summary => summary(operations),
        Form::Sql | Form::Json => result(&script(statements, &[], "")),
    }
}

#[derive(Serialize)]
struct JsonForm {
    operations: Vec<OperationForm>,
    statements: Vec<StatementForm>,
    hazards: Vec<HazardForm>,
    notes: Vec<String>,
    not_compared: Vec<String>,
}

#[derive(Serialize)]
struct OperationForm {
    verb: &'static str,
    /// Who it is about; for a rename, who it will be.
    object: String,
    /// For a rename, who it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    description: String,
}

#[derive(Serialize)]
struct StatementForm {
    sql: String,
    reason: String,
}

impl OperationForm {
    fn of(operation: &Operation) -> Self {
        let (verb, from) = match operation {
            Operation::Create { .. } => ("create", None),
            Operation::Drop { .. } => ("drop", None),
            Operation::Alter { .. } => ("alter", None),
            Operation::Rename { from, to: _ } => ("rename", Some(from.to_string())),
        };
        Self {
            verb,
            object: operation.id().to_string(),
            from,
            description: operation.describe(),
        }
    }
}

/// One line an object. What a table that comes or goes consists of is not told beside it, and what is
/// dropped and created anew is told once.
fn summary(operations: &[Operation]) {
    let of = |wanted: fn(&Operation) -> bool| -> BTreeSet<&ObjectId> {
        let operations = operations.iter().filter(|operation| wanted(operation));
        operations.map(Operation::id).collect()
    };
    let created = of(|operation| matches!(operation, Operation::Create { .. }));
    let dropped = of(|operation| matches!(operation, Operation::Drop { .. }));
    let is_part = |id: &ObjectId, whole: &BTreeSet<&ObjectId>| {
        !matches!(id, ObjectId::Table(_))
            && id
                .table()
                .is_some_and(|table| whole.contains(&ObjectId::Table(table.clone())))
    };
    for operation in operations {
        let id = operation.id();
        let anew = created.contains(id) && dropped.contains(id);
        let (sign, colour) = match operation {
            Operation::Create { .. } if anew => ('*', 33),
            Operation::Drop { .. } if anew => continue,
            Operation::Create { .. } if is_part(id, &created) => continue,
            Operation::Drop { .. } if is_part(id, &dropped) => continue,
            Operation::Create { .. } => ('+', 32),
            Operation::Drop { .. } => ('-', 31),
            Operation::Alter { .. } => ('~', 33),
            Operation::Rename { .. } => ('>', 36),
        };
        let told = operation.describe();
        // The sign stands for the verb.
        let told = told.split_once(' ').map_or(told.as_str(), |(_, rest)| rest);
        let told = match anew {
            true => format!("{sign} {told}: made anew"),
            false => format!("{sign} {told}"),
        };
        match is_coloured() {
            true => line(format!("\u{1b}[{colour}m{told}\u{1b}[0m")),
            false => line(told),
        }
    }
}

/// Whether results are coloured: as `--color` says, or on a terminal, unless `NO_COLOR` is set; anywhere with
/// `CLICOLOR_FORCE`.
pub(crate) fn is_coloured() -> bool {
    if let Some(said) = MANNER.get().and_then(|manner| manner.colour) {
        return said;
    }
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    !set("NO_COLOR")
        && (set("CLICOLOR_FORCE") || RESULTS.get().is_none() && io::stdout().is_terminal())
}

/// A schema as JSON, into a file or as the result.
pub(crate) fn snapshot(snapshot: &Snapshot, file: Option<&Path>) -> Result<()> {
    super::result_into(file, &snapshot.to_json())
}
