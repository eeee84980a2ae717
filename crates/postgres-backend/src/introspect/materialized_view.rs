//! Reads materialized views.

use limbeck_core::schema::object::MaterializedView;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::index::parameters;
use super::view::query;
use super::{CLASS, Found, parse};

pub(super) const SQL: &str = include_str!("materialized_view.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    columns: i32,
    query: String,
    options: Option<Vec<String>>,
    toast_options: Option<Vec<String>>,
    method: Option<String>,
    tablespace: Option<String>,
    populated: bool,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        columns,
        query: text,
        options,
        toast_options,
        method,
        tablespace,
        populated,
    } = parse(body)?;
    let id = ObjectId::MaterializedView(QualifiedName::parse_parts(&schema, &name)?);
    for number in 0..=columns {
        found.stands_at(CLASS, oid, number, &id);
    }
    let mut storage = parameters(options);
    let toast = parameters(toast_options).into_iter();
    storage.extend(toast.map(|(name, value)| (format!("toast.{name}"), value)));
    let view = MaterializedView {
        query: query(&text),
        method,
        storage,
        tablespace: tablespace.map(Ident::new).transpose()?,
        populated,
    };
    found.put(id, Object::MaterializedView(view));
    Ok(())
}
