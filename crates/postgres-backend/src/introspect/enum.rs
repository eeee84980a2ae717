//! Reads enum types.

use limbeck_core::schema::object::Enum;
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, TYPE, parse};

pub(super) const SQL: &str = include_str!("enum.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    array_oid: u32,
    schema: String,
    name: String,
    values: Vec<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        array_oid,
        schema,
        name,
        values,
    } = parse(body)?;
    let id = ObjectId::Enum(QualifiedName::parse_parts(&schema, &name)?);
    found.stands_at(TYPE, oid, 0, &id);
    found.stands_at(TYPE, array_oid, 0, &id);
    found.put(id, Object::Enum(Enum { values }));
    Ok(())
}
