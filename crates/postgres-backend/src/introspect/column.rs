//! Reads columns.

use limbeck_core::schema::object::{Column, Expression, Identity, IdentityMode, SqlType};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::sequence::OptionsRow;
use super::{CLASS, Found, NameRow, parse, qualified};

pub(super) const SQL: &str = include_str!("column.sql");

#[derive(Deserialize)]
struct Row {
    table_oid: i64,
    schema: String,
    table: String,
    name: String,
    number: i16,
    #[serde(rename = "type")]
    type_text: String,
    named: Option<NamedTypeRow>,
    collation: Option<NameRow>,
    nullable: bool,
    expression: Option<String>,
    generated: bool,
    identity: Option<IdentityRow>,
}

/// A type that is not of `pg_catalog`: its own name, and that of the element for an array.
#[derive(Deserialize)]
struct NamedTypeRow {
    schema: String,
    name: String,
    /// As `format_type` prints it without a modifier.
    text: String,
    array: bool,
}

#[derive(Deserialize)]
struct IdentityRow {
    mode: char,
    options: OptionsRow,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        table_oid,
        schema,
        table,
        name,
        number,
        type_text,
        named,
        collation,
        nullable,
        expression,
        generated,
        identity,
    } = parse(body)?;
    let expression = expression.map(Expression);
    let (default, generated) = if generated {
        (None, expression)
    } else {
        (expression, None)
    };
    let column = Column {
        sql_type: sql_type(type_text, named)?,
        collation: collation.map(qualified).transpose()?,
        nullable,
        default,
        identity: identity.map(|IdentityRow { mode, options }| Identity {
            mode: if mode == 'a' {
                IdentityMode::Always
            } else {
                IdentityMode::ByDefault
            },
            options: options.into(),
        }),
        generated,
    };
    let table = QualifiedName::parse_parts(&schema, &table)?;
    let name = Ident::new(name)?;
    found
        .columns
        .entry(table.clone())
        .or_default()
        .insert(number, name.clone());
    let id = ObjectId::Column { table, name };
    found.stands_at(CLASS, table_oid, i32::from(number), &id);
    found.put(id, Object::Column(column));
    Ok(())
}

fn sql_type(text: String, named: Option<NamedTypeRow>) -> Result<SqlType> {
    let Some(NamedTypeRow {
        schema,
        name,
        text: base,
        array,
    }) = named
    else {
        return Ok(SqlType::Builtin(text));
    };
    // What `format_type` adds to the bare name is the modifier: `public.geometry(Point,4326)`.
    let modifier = text
        .strip_prefix(&base)
        .map(|rest| rest.strip_suffix("[]").unwrap_or(rest))
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(')'))
        .map(str::to_owned);
    Ok(SqlType::Named {
        name: QualifiedName::parse_parts(&schema, &name)?,
        modifier,
        array,
    })
}
