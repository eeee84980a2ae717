//! `drop_table`: a table goes with all its rows.
//!
//! *What it does.* `DROP TABLE` deletes the table, its rows, its indexes and its constraints.
//!
//! *Why it bites.* The way down makes the table again, empty. A program that still runs and
//! reads the table fails from that moment on. A table that was renamed without a word looks just
//! like one that was dropped beside one that was made.
//!
//! *Example.* The struct `Post` is removed: `DROP TABLE "posts"`.
//!
//! *Do this instead.* Say `renamed_from` when it was a rename. Otherwise stop using the table in
//! one release, and drop it in a later one, with a copy of the rows kept.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::{Hazard, Severity, View, shown};

pub(super) const CODE: &str = "drop_table";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Drop {
        id: id @ ObjectId::Table(table),
        object: Object::Table(dropped),
    } = operation
    else {
        return None;
    };
    // One that is partitioned before and after holds no rows but those of its partitions: each that goes is told itself.
    if dropped.partitioned.is_some() && view.creates_table(table) && is_partitioned(id, view) {
        return None;
    }
    let table = shown(table);
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "dropping table `{table}` deletes all its rows; {}, empty",
            view.makes_again()
        ),
        advice: view.instead_of_dropping(|| {
            format!(
                "if it was renamed, say `renamed_from = \"{table}\"` on the new one; otherwise stop \
                 using it in one release and drop it in a later one"
            )
        }),
        severity: Severity::Destructive,
    })
}

fn is_partitioned(id: &ObjectId, view: &View<'_>) -> bool {
    matches!(view.to.get(id), Some(Object::Table(table)) if table.partitioned.is_some())
}
