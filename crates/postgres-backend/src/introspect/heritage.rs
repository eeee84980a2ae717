//! Reads what ties tables to their parents.

use limbeck_core::schema::object::{Attached, Expression, Inheritance, Partition};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, parse};

pub(super) const SQL: &str = include_str!("heritage.sql");

#[derive(Deserialize)]
struct Row {
    partition: bool,
    schema: String,
    table: String,
    parent_schema: String,
    parent: String,
    bounds: Option<String>,
    index: Option<String>,
    parent_index: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        partition,
        schema,
        table,
        parent_schema,
        parent,
        bounds,
        index,
        parent_index,
    } = parse(body)?;
    let table = QualifiedName::parse_parts(&schema, &table)?;
    let parent = QualifiedName::parse_parts(&parent_schema, &parent)?;
    let (id, object) = match (index, parent_index) {
        (Some(index), Some(parent_index)) => (
            ObjectId::Attached {
                table,
                name: Ident::new(index)?,
            },
            Object::Attached(Attached {
                parent,
                index: Ident::new(parent_index)?,
            }),
        ),
        _ if partition => (
            ObjectId::Partition(table),
            Object::Partition(Partition {
                parent,
                bounds: Expression(bounds.unwrap_or_default()),
            }),
        ),
        _ => (
            ObjectId::Inheritance { table, parent },
            Object::Inheritance(Inheritance),
        ),
    };
    found.put(id, object);
    Ok(())
}
