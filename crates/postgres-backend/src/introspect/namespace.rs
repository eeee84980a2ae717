//! Reads schemas (namespaces).

use limbeck_core::schema::object::Namespace;
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::{Found, NAMESPACE, parse};

pub(super) const SQL: &str = include_str!("namespace.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row { oid, name } = parse(body)?;
    let id = ObjectId::Namespace(Ident::new(name)?);
    found.stands_at(NAMESPACE, oid, 0, &id);
    found.put(id, Object::Namespace(Namespace {}));
    Ok(())
}
