//! `rename_in_body`: a column or table is renamed that the body of a routine speaks of.
//!
//! *What it does.* `ALTER TABLE … RENAME` renames in views, checks and indexes, which Postgres keeps as what they mean.
//! The body of a function is a text that is read when it runs: there the old name stays.
//!
//! *Why it bites.* Nothing fails now; the next call does, and with it every `INSERT` that fires a trigger.
//!
//! *Example.* `num` becomes `amount`, and a trigger's function says `new.num > 0`.
//!
//! *Do this instead.* Replace the routine in the same deploy: `CREATE OR REPLACE FUNCTION` in a revision right behind.
//!
//! What a body puts together while it runs is not seen.

use limbeck_core::schema::object::{Routine, RoutineBody};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName, Schema};

use super::{Hazard, Severity, View, shown};
use crate::expression::mentions;

pub(super) const CODE: &str = "rename_in_body";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Rename { from, to } = operation else {
        return None;
    };
    if view.aside.contains_key(from) {
        return None;
    }
    let (old, new) = match (from, to) {
        (
            ObjectId::Column { table: _, name },
            ObjectId::Column {
                table: _,
                name: new,
            },
        ) => (name.as_str(), new.as_str()),
        (ObjectId::Table(name), ObjectId::Table(new)) => (name.name.as_str(), new.name.as_str()),
        _ => return None,
    };
    if old == new {
        return None;
    }
    let tables = names_of(to.table()?, view);
    let speaking: Vec<String> = view
        .to
        .objects
        .iter()
        .filter_map(|(id, object)| match object {
            Object::Routine(routine) => Some((id, routine)),
            _ => None,
        })
        // One that is changed in the same revision is as somebody wants it.
        .filter(|(id, routine)| {
            matches!(view.from.get(id), Some(Object::Routine(before)) if before.body == routine.body)
        })
        .filter(|(_, routine)| match &routine.body {
            RoutineBody::Source(body) => mentions(body, old),
            RoutineBody::Library { .. } | RoutineBody::Sql(_) => false,
        })
        .filter(|(id, routine)| {
            matches!(from, ObjectId::Table(_)) || is_about(id, routine, &tables, view.to)
        })
        .map(|(id, _)| format!("`{id}`"))
        .collect();
    if speaking.is_empty() {
        return None;
    }
    let (speaks, its) = match speaking.len() {
        1 => ("speaks", "its body is a text"),
        _ => ("speak", "their bodies are texts"),
    };
    let of = match from {
        ObjectId::Column { table, name: _ } => format!("`{}.{old}`", shown(table)),
        _ => format!("`{old}`"),
    };
    Some(Hazard {
        code: CODE,
        object: to.clone(),
        message: format!(
            "{} {speaks} of {of}, which is called `{new}` from then on: {its} in which Postgres renames nothing, \
             and the next call fails",
            speaking.join(", ")
        ),
        advice: "replace what speaks of it in a revision right behind this one, and deploy both together".to_owned(),
        severity: Severity::FailsLater,
    })
}

/// What a table is called before, on the way, and after.
fn names_of(table: &QualifiedName, view: &View<'_>) -> Vec<QualifiedName> {
    let mut names = vec![table.clone()];
    for operation in view.operations {
        if let Operation::Rename {
            from: ObjectId::Table(from),
            to: ObjectId::Table(to),
        } = operation
            && (names.contains(from) || names.contains(to))
        {
            names.extend([from.clone(), to.clone()]);
        }
    }
    names
}

/// Whether a routine is about one of these tables: it names it, takes a row of it, or is called by a trigger on it.
fn is_about(id: &ObjectId, routine: &Routine, tables: &[QualifiedName], schema: &Schema) -> bool {
    let named = |text: &str| {
        tables
            .iter()
            .any(|table| mentions(text, table.name.as_str()))
    };
    let body = match &routine.body {
        RoutineBody::Source(body) => body.as_str(),
        RoutineBody::Library { .. } | RoutineBody::Sql(_) => "",
    };
    let mut parameters = routine.parameters.iter();
    let is_called = || {
        schema
            .objects
            .iter()
            .any(|(trigger, object)| match (trigger, object) {
                (ObjectId::Trigger { table, name: _ }, Object::Trigger(trigger)) => {
                    let called =
                        matches!(id, ObjectId::Function { name, .. } if *name == trigger.function);
                    called && tables.contains(table)
                }
                _ => false,
            })
    };
    named(body) || parameters.any(|parameter| named(&parameter.sql_type.0)) || is_called()
}
