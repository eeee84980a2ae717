//! Reads enum types.

use limbeck_core::schema::object::Enum;
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, parse};

pub(super) const SQL: &str = include_str!("enum.sql");

#[derive(Deserialize)]
struct Row {
    schema: String,
    name: String,
    values: Vec<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        schema,
        name,
        values,
    } = parse(body)?;
    let id = ObjectId::Enum(QualifiedName::parse_parts(&schema, &name)?);
    found.put(id, Object::Enum(Enum { values }));
    Ok(())
}
