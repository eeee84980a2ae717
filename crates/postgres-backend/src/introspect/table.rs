//! Reads tables, without their parts.

use limbeck_core::schema::object::Table;
use limbeck_core::schema::object::table::Persistence;
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{CLASS, Found, parse};

pub(super) const SQL: &str = include_str!("table.sql");

#[derive(Deserialize)]
struct Row {
    oid: i64,
    schema: String,
    name: String,
    persistence: char,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        persistence,
    } = parse(body)?;
    let persistence = if persistence == 'u' {
        Persistence::Unlogged
    } else {
        Persistence::Logged
    };
    let id = ObjectId::Table(QualifiedName::parse_parts(&schema, &name)?);
    found.stands_at(CLASS, oid, 0, &id);
    found.put(id, Object::Table(Table { persistence }));
    Ok(())
}
