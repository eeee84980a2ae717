//! `drop_enum`: an enum type goes.
//!
//! *What it does.* `DROP TYPE` deletes the type with its values.
//!
//! *Why it bites.* Whatever still uses the type and is not known to Limbeck (a function, a column
//! in a schema that is not managed) makes it fail; and a program of the release before asks for
//! the type by name when it connects.
//!
//! *Example.* The Rust enum `Mood` is removed: `DROP TYPE "mood"`.
//!
//! *Do this instead.* Say `renamed_from` when it was a rename. Otherwise drop the type a release
//! after its last column.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::{Direction, Hazard, Severity, View, shown};

pub(super) const CODE: &str = "drop_enum";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Drop {
        id: id @ ObjectId::Enum(name),
        object: Object::Enum(_),
    } = operation
    else {
        return None;
    };
    // Another one has its name by then, and its columns.
    if view.is_aside(id) {
        return None;
    }
    let name = shown(name);
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "dropping type `{name}` takes it from everything that still names it, programs of \
             the release {} among them",
            match view.direction {
                Direction::Up => "before",
                Direction::Down => "that brought it",
            }
        ),
        advice: match view.direction {
            Direction::Up => format!(
                "if it was renamed, say `renamed_from = \"{name}\"` on the new one; otherwise drop \
                 it a release after its last column"
            ),
            Direction::Down => "let no such program run while you go down".to_owned(),
        },
        severity: Severity::Destructive,
    })
}
