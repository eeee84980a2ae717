//! `exchange_type`: a new type takes the place of an old one of the same name.
//!
//! *What it does.* What Postgres cannot alter in a type is done by a new one: the old one steps aside, columns go
//! over, the old one is dropped. To the catalogs, and to whoever remembers its number, it is another type.
//!
//! *Why it bites.* Drivers look up the number of a type once a connection. Programs that run while the revision is
//! applied fail with `cache lookup failed for type` from then on, and pools do not replace such connections.
//!
//! *Example.* A value is added to an enum and is a default in the same revision: Postgres lets nobody use a new value
//! in the transaction that adds it.
//!
//! *Do this instead.* Add the value in one revision and use it in the next. Where there is no such way, the programs
//! must connect anew; the revision is marked `breaking`.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName, Schema};

use super::{Hazard, Severity, shown};
use crate::statement::Statement;

pub(super) const CODE: &str = "exchange_type";

/// The types that are other ones of the same name after statements have run. The operations alone do not tell: that
/// an enum is altered is decided only when it is written.
#[cfg_attr(
    not(feature = "postgres"),
    expect(
        dead_code,
        reason = "only comparing, which is libpq's, writes revisions"
    )
)]
pub(crate) fn exchanges(
    statements: &[Statement],
    operations: &[Operation],
    from: &Schema,
    to: &Schema,
) -> Vec<Hazard> {
    let made = statements
        .iter()
        .filter(|statement| is_made(&statement.sql));
    let ids = made.flat_map(|statement| &statement.objects);
    ids.filter_map(|id| {
        let name = type_name(id)?;
        let before = before(name, operations, from)?;
        Some(hazard(id, name, from.get(&before), to.get(id)))
    })
    .collect()
}

/// Whether a statement makes a type.
pub(super) fn is_made(sql: &str) -> bool {
    sql.starts_with("CREATE TYPE ") || sql.starts_with("CREATE DOMAIN ")
}

fn type_name(id: &ObjectId) -> Option<&QualifiedName> {
    match id {
        ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name) => Some(name),
        _ => None,
    }
}

/// The type that had a name before, or another name that was exchanged for it. One that lives on under a name of its
/// own is still there for whoever knows its number.
fn before(name: &QualifiedName, operations: &[Operation], from: &Schema) -> Option<ObjectId> {
    let renamed = operations.iter().find_map(|operation| match operation {
        Operation::Rename { from, to } if type_name(to) == Some(name) => Some(from.clone()),
        _ => None,
    });
    let same = || {
        let mut ids = from.objects.keys();
        ids.find(|id| type_name(id) == Some(name)).cloned()
    };
    let before = renamed.or_else(same)?;
    let lives_on = operations.iter().any(|operation| match operation {
        Operation::Rename { from, to } => {
            let dropped =
                |other: &Operation| matches!(other, Operation::Drop { id, object: _ } if id == to);
            *from == before && type_name(to) != Some(name) && !operations.iter().any(dropped)
        }
        _ => false,
    });
    (!lives_on).then_some(before)
}

fn hazard(
    id: &ObjectId,
    name: &QualifiedName,
    from: Option<&Object>,
    to: Option<&Object>,
) -> Hazard {
    let advice = match (from, to) {
        (Some(Object::Enum(from)), Some(Object::Enum(to))) if !from.is_exchanged(to) => {
            "add the value in one revision and use it in the next one: then it is only ADD VALUE, which no \
             running program notices"
        }
        _ => "stop the running programs while this is applied, or start them again right after it",
    };
    Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "another type takes the place of `{}`: programs that run meanwhile fail with `cache lookup failed for \
             type` on each connection that has used it, until they connect anew; the revision is marked `breaking`",
            shown(name)
        ),
        advice: advice.to_owned(),
        severity: Severity::Breaking,
    }
}
