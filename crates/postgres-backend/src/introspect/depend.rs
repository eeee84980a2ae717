//! Reads the edges between objects.

use limbeck_core::{ObjectId, Result};
use serde::Deserialize;

use super::{Address, Found, parse};

pub(super) const SQL: &str = include_str!("depend.sql");

#[derive(Deserialize)]
struct Row(String, i64, i32, String, i64, i32);

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row(class, oid, number, to_class, to_oid, to_number) = parse(body)?;
    let from = found.at(&Address { class, oid, number });
    let to = found.at(&Address {
        class: to_class,
        oid: to_oid,
        number: to_number,
    });
    if let (Some(from), Some(to)) = (from.map(whole), to.map(whole))
        && from != to
    {
        found.depends.insert((from, to));
    }
    Ok(())
}

/// An attribute is part of its type.
fn whole(id: &ObjectId) -> ObjectId {
    match id {
        ObjectId::Attribute { ty, name: _ } => ObjectId::Composite(ty.clone()),
        other => other.clone(),
    }
}
