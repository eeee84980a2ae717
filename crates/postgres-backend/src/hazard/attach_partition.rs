//! `attach_partition`: a table that has rows becomes a partition, or one of other bounds or by another key.
//!
//! *What it does.* `ATTACH PARTITION` reads the whole table. Bounds that change, and a partition key that does, let the
//! table go first and attach it again.
//!
//! *Why it bites.* It fails on the first row that the bounds do not take; and until then nobody can write to the table.
//!
//! *Example.* `PARTITION BY RANGE ("day")` becomes `PARTITION BY LIST ("day")`:
//! `ALTER TABLE "visits" ATTACH PARTITION "visits_1" FOR VALUES IN (…)`.
//!
//! *Do this instead.* Move the rows that do not fit first, in a revision of its own. On a large table add a `CHECK` that
//! says the same as the bounds, `NOT VALID`, and validate it: Postgres then takes the check's word for it.

use limbeck_core::schema::object::{Partition, PartitionKey};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName, Schema};

use super::{Hazard, Severity, View, shown};

pub(super) const CODE: &str = "attach_partition";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let (id, to) = match operation {
        Operation::Create {
            id,
            object: Object::Partition(to),
        }
        | Operation::Alter {
            id,
            from: Object::Partition(_),
            to: Object::Partition(to),
        } => (id, to),
        _ => return None,
    };
    let ObjectId::Partition(table) = id else {
        return None;
    };
    if view.creates_table(table) || takes_the_same(id, to, view) {
        return None;
    }
    let Partition { parent, bounds } = to;
    let (table, parent) = (shown(table), shown(parent));
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "`{table}` becomes the partition of `{parent}` {}: that fails on the first of its rows \
             that does not belong there",
            bounds.0
        ),
        advice: "move the rows that do not fit first, in a revision of its own".to_owned(),
        severity: Severity::MayFail,
    })
}

/// Whether the table was a partition before, of the same rows.
fn takes_the_same(id: &ObjectId, to: &Partition, view: &View<'_>) -> bool {
    let Some(Object::Partition(from)) = view.from.get(id) else {
        return false;
    };
    from == to && key(view.from, &from.parent) == key(view.to, &to.parent)
}

fn key<'a>(schema: &'a Schema, table: &QualifiedName) -> Option<&'a PartitionKey> {
    match schema.get(&ObjectId::Table(table.clone())) {
        Some(Object::Table(table)) => table.partitioned.as_ref(),
        _ => None,
    }
}
