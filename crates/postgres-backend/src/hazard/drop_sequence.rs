//! `drop_sequence`: a sequence goes, and with it how far it had counted.
//!
//! *What it does.* `DROP SEQUENCE` deletes the sequence.
//!
//! *Why it bites.* The way down makes it again, and it starts from the beginning: numbers that were
//! given out are given out again.
//!
//! *Example.* `DROP SEQUENCE "invoice_numbers"`.
//!
//! *Do this instead.* Note where it stands, and set the new one there.
//!
//! A sequence that goes with its table or column, or whose column becomes an identity column, is
//! no hazard of its own.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::{Hazard, Severity, View, shown};

pub(super) const CODE: &str = "drop_sequence";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Drop {
        id: id @ ObjectId::Sequence(name),
        object: Object::Sequence(sequence),
    } = operation
    else {
        return None;
    };
    // It may have been taken from its column just before.
    let before = match view.from.get(id) {
        Some(Object::Sequence(before)) => before,
        Some(_) | None => sequence,
    };
    if let Some(owner) = &before.owned_by {
        let column = ObjectId::Column {
            table: owner.table.clone(),
            name: owner.column.clone(),
        };
        let counts_on = |operation: &Operation| match operation {
            Operation::Alter {
                id,
                from: _,
                to: Object::Column(to),
            } => *id == column && to.identity.is_some(),
            Operation::Alter { .. }
            | Operation::Create { .. }
            | Operation::Drop { .. }
            | Operation::Rename { .. } => false,
        };
        if view.drops_table(&owner.table)
            || view.dropped.contains(&column)
            || view.operations.iter().any(counts_on)
        {
            return None;
        }
    }
    let name = shown(name);
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "dropping sequence `{name}` loses how far it has counted; made again, it gives out \
             the same numbers from the start"
        ),
        advice: "note its last value, and set the sequence that takes its place to it".to_owned(),
        severity: Severity::Destructive,
    })
}
