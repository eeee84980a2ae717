//! `add_not_null_column`: a new column that rows which are there cannot fill.
//!
//! *What it does.* `ADD COLUMN … NOT NULL` without a default.
//!
//! *Why it bites.* It fails on any table that has a row. It passes every test on an empty database.
//!
//! *Example.* `ALTER TABLE "posts" ADD COLUMN "slug" text NOT NULL`.
//!
//! *Do this instead.* Give it a default; or make the field an `Option` now, fill it, and take the
//! `Option` away in a later revision.

use limbeck_core::schema::object::Column;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::{Direction, Hazard, Severity, View, shown};

pub(super) const CODE: &str = "add_not_null_column";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Create {
        id: id @ ObjectId::Column { table, name },
        object: Object::Column(column),
    } = operation
    else {
        return None;
    };
    if is_filled(column) || view.creates_table(table) || view.is_foreign(table) {
        return None;
    }
    let table = shown(table);
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "adding column `{table}.{name}` as NOT NULL without a default fails if `{table}` has \
             any row"
        ),
        advice: match view.direction {
            Direction::Up => {
                "give it a default, or let it be null now, fill it, and refuse nulls in a later \
                 revision"
            }
            Direction::Down => "write into this file what the rows that are there are to have",
        }
        .to_owned(),
        severity: Severity::MayFail,
    })
}

/// Whether rows that are there can have it: it may be null, or something fills it.
pub(super) fn is_filled(column: &Column) -> bool {
    let Column {
        sql_type: _,
        collation: _,
        nullable,
        not_null,
        default,
        identity,
        generated,
        storage: _,
        compression: _,
        statistics: _,
        options: _,
        computed: _,
        foreign_options: _,
    } = column;
    *nullable
        || not_null.not_valid
        || default.is_some()
        || identity.is_some()
        || generated.is_some()
}
