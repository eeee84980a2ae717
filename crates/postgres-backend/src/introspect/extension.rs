//! Reads extensions.

use limbeck_core::schema::object::Extension;
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::{EXTENSION, Found, parse};

pub(super) const SQL: &str = include_str!("extension.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    schema: String,
    version: String,
    relocatable: bool,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        name,
        schema,
        version,
        relocatable,
    } = parse(body)?;
    let id = ObjectId::Extension(Ident::new(name)?);
    let schema = Ident::new(schema)?;
    found.stands_at(EXTENSION, oid, 0, &id);
    let extension = Extension {
        schema,
        version,
        relocatable,
    };
    found.put(id, Object::Extension(extension));
    Ok(())
}
