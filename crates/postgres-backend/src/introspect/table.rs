//! Reads tables, without their parts.

use limbeck_core::schema::object::Table;
use limbeck_core::schema::object::table::{Persistence, RowSecurity};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::index::parameters;
use super::{CLASS, Found, TYPE, parse};

pub(super) const SQL: &str = include_str!("table.sql");

#[derive(Deserialize)]
struct Row {
    oid: i64,
    type_oid: i64,
    schema: String,
    name: String,
    persistence: char,
    access_method: Option<String>,
    tablespace: Option<String>,
    storage: Option<Vec<String>>,
    toast: Option<Vec<String>>,
    row_security: bool,
    forced: bool,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        type_oid,
        schema,
        name,
        persistence,
        access_method,
        tablespace,
        storage,
        toast,
        row_security,
        forced,
    } = parse(body)?;
    let persistence = if persistence == 'u' {
        Persistence::Unlogged
    } else {
        Persistence::Logged
    };
    let mut storage = parameters(storage);
    let toast = parameters(toast).into_iter();
    storage.extend(toast.map(|(key, value)| (format!("toast.{key}"), value)));
    let id = ObjectId::Table(QualifiedName::parse_parts(&schema, &name)?);
    found.stands_at(CLASS, oid, 0, &id);
    found.stands_at(TYPE, type_oid, 0, &id);
    let table = Table {
        persistence,
        access_method: access_method.map(Ident::new).transpose()?,
        tablespace: tablespace.map(Ident::new).transpose()?,
        storage,
        row_security: RowSecurity {
            enabled: row_security,
            forced,
        },
    };
    found.put(id, Object::Table(table));
    Ok(())
}
