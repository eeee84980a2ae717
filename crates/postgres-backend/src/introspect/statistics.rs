//! Reads extended statistics.

use limbeck_core::schema::object::{Expression, Statistics, StatisticsKind};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, STATISTICS, parse, unreadable};

pub(super) const SQL: &str = include_str!("statistics.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    table_schema: String,
    table: String,
    kinds: Vec<char>,
    columns: Vec<String>,
    expressions: Option<Vec<String>>,
    target: Option<i32>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        table_schema,
        table,
        kinds,
        columns,
        expressions,
        target,
    } = parse(body)?;
    let id = ObjectId::Statistics(QualifiedName::parse_parts(&schema, &name)?);
    let kind = |code: char| match code {
        'd' => Ok(StatisticsKind::Distinct),
        'f' => Ok(StatisticsKind::Dependencies),
        'm' => Ok(StatisticsKind::MostCommon),
        other => Err(unreadable(format!("`{id}` is of the kind `{other}`"))),
    };
    let statistics = Statistics {
        table: QualifiedName::parse_parts(&table_schema, &table)?,
        kinds: kinds.into_iter().map(kind).collect::<Result<_>>()?,
        columns: columns.into_iter().map(Ident::new).collect::<Result<_>>()?,
        expressions: expressions.into_iter().flatten().map(Expression).collect(),
        target,
    };
    found.stands_at(STATISTICS, oid, 0, &id);
    found.put(id, Object::Statistics(statistics));
    Ok(())
}
