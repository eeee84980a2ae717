//! Reads schemas (namespaces).

use limbeck_core::schema::object::Namespace;
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::{Found, parse};

pub(super) const SQL: &str = include_str!("namespace.sql");

#[derive(Deserialize)]
struct Row {
    name: String,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row { name } = parse(body)?;
    found.put(
        ObjectId::Namespace(Ident::new(name)?),
        Object::Namespace(Namespace {}),
    );
    Ok(())
}
