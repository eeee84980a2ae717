//! `drop_column`: a column goes with what it holds.
//!
//! *What it does.* `DROP COLUMN` deletes the column's value in every row, and the indexes and
//! constraints over it.
//!
//! *Why it bites.* The way down makes the column again, empty. Diesel names every column that it
//! selects: a program of the release before fails until it has been replaced.
//!
//! *Example.* The field `title` is removed: `ALTER TABLE "posts" DROP COLUMN "title"`.
//!
//! *Do this instead.* Say `renamed_from` when it was a rename. Otherwise let one release stop
//! reading the column, and drop it in the next.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::add_not_null_column::is_filled;
use super::{Hazard, Severity, View, shown};

pub(super) const CODE: &str = "drop_column";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let (id, loses) = match operation {
        // With its table: that is said once, of the table.
        Operation::Drop {
            id,
            object: Object::Column(column),
        } => {
            let calculated_again = column.generated.is_some() && view.created.contains(id);
            (id, !calculated_again)
        }
        // A plain column that becomes a generated one is made anew.
        Operation::Alter {
            id,
            from: Object::Column(from),
            to: Object::Column(to),
        } => (id, from.generated.is_none() && to.generated.is_some()),
        Operation::Create { .. }
        | Operation::Drop { .. }
        | Operation::Alter { .. }
        | Operation::Rename { .. } => return None,
    };
    let ObjectId::Column { table, name } = id else {
        return None;
    };
    if !loses || view.drops_table(table) {
        return None;
    }
    // As `add_not_null_column` tells it of the other way.
    let fails = matches!(operation, Operation::Drop { object: Object::Column(column), .. }
        if !is_filled(column) && !view.is_foreign(table));
    let again = match fails {
        true => format!("and fails while `{}` has any row", shown(table)),
        false => "empty".to_owned(),
    };
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "dropping column `{}.{name}` deletes what it holds in every row; {}, {again}",
            shown(table),
            view.makes_again()
        ),
        advice: view.instead_of_dropping(|| {
            format!(
                "if it was renamed, say `renamed_from = \"{name}\"` on the new one; otherwise stop \
                 reading it in one release and drop it in the next"
            )
        }),
        severity: Severity::Destructive,
    })
}
