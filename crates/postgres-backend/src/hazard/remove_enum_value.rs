//! `remove_enum_value`: a value of an enum goes.
//!
//! *What it does.* Postgres cannot take a value out of an enum: a new type takes the old one's
//! place, and every column of it is converted.
//!
//! *Why it bites.* The conversion fails on the first row that holds the value. It writes the whole
//! table anew under an exclusive lock. A program of the release before still sends the value.
//!
//! *Example.* The variant `Draft` is removed: a new type without `'draft'`, and
//! `ALTER COLUMN "state" TYPE "state" USING "state"::text::"state"`.
//!
//! *Do this instead.* Say `renamed_from` when it was a rename. Otherwise give the rows another value
//! first, in a revision of its own; or keep the value in the type and stop using it.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::{Direction, Hazard, Severity, View, shown};

pub(super) const CODE: &str = "remove_enum_value";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Vec<Hazard> {
    let (ty, from, to) = match operation {
        Operation::Alter {
            id: ObjectId::Enum(ty),
            from: Object::Enum(from),
            to: Object::Enum(to),
        } => (ty, from, to),
        // The old one stepped aside for it.
        Operation::Create {
            id: id @ ObjectId::Enum(ty),
            object: Object::Enum(to),
        } if view.aside.contains_key(id) => match view.from.get(id) {
            Some(Object::Enum(from)) => (ty, from, to),
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    from.values
        .iter()
        .filter(|value| !to.values.contains(value))
        .map(|value| Hazard {
            code: CODE,
            object: ObjectId::EnumValue {
                ty: ty.clone(),
                value: value.clone(),
            },
            message: format!(
                "removing value `{value}` of type `{}` fails where a row still holds it, and \
                 writes every table anew that has a column of the type",
                shown(ty)
            ),
            advice: match view.direction {
                Direction::Up => format!(
                    "if it was renamed, say `renamed_from = \"{value}\"` on the new one; otherwise \
                     give those rows another value first, in a revision of its own"
                ),
                Direction::Down => "give those rows another value before you go down".to_owned(),
            },
            severity: Severity::MayFail,
        })
        .collect()
}
