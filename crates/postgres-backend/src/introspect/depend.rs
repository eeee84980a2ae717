//! Reads the edges between objects.

use limbeck_core::{ObjectId, Result};
use serde::Deserialize;

use super::{Address, Found, parse};

pub(super) const SQL: &str = include_str!("depend.sql");

#[derive(Deserialize)]
struct Row<'a>(&'a str, i64, i32, &'a str, i64, i32);

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row(class, oid, number, to_class, to_oid, to_number) = parse(body)?;
    let from = found.at(&Address::new(class, oid, number));
    let to = found.at(&Address::new(to_class, to_oid, to_number));
    if let (Some(from), Some(to)) = (from.map(whole), to.map(whole))
        && from != to
    {
        found.depends.push((from, to));
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
