//! Reads views.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{Expression, View, ViewColumn};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::index::parameters;
use super::{CLASS, Found, NameRow, parse, qualified};

pub(super) const SQL: &str = include_str!("view.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    columns: Vec<ColumnRow>,
    query: String,
    options: Option<Vec<String>>,
}

/// Number, name, type, collation and default.
#[derive(Deserialize)]
struct ColumnRow(i32, String, String, Option<NameRow>, Option<String>);

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        columns,
        query: text,
        options,
    } = parse(body)?;
    let id = ObjectId::View(QualifiedName::parse_parts(&schema, &name)?);
    found.stands_at(CLASS, oid, 0, &id);
    let mut view = View {
        columns: Vec::with_capacity(columns.len()),
        query: query(&text),
        options: parameters(options),
        defaults: BTreeMap::new(),
    };
    for ColumnRow(number, name, sql_type, collation, default) in columns {
        found.stands_at(CLASS, oid, number, &id);
        let name = Ident::new(name)?;
        if let Some(default) = default {
            view.defaults.insert(name.clone(), Expression(default));
        }
        view.columns.push(ViewColumn {
            name,
            sql_type: Expression(sql_type),
            collation: collation.map(qualified).transpose()?,
        });
    }
    found.put(id, Object::View(view));
    Ok(())
}

/// A query without what stands around it.
pub(super) fn query(text: &str) -> Expression {
    let text = text.trim();
    Expression(text.strip_suffix(';').unwrap_or(text).to_owned())
}
