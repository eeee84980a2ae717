//! Reads indexes, and the elements that exclusions share with them.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{
    Expression, Index, IndexElement, IndexKey, NullsOrder, OperatorClass, SortOrder,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{CLASS, Found, NameRow, idents, parse, qualified, unreadable};

pub(super) const SQL: &str = include_str!("index.sql");

#[derive(Deserialize)]
struct Row {
    oid: i64,
    schema: String,
    table: String,
    name: String,
    method: String,
    unique: bool,
    nulls_not_distinct: bool,
    elements: Vec<ElementRow>,
    include: Option<Vec<String>>,
    predicate: Option<String>,
    storage: Option<Vec<String>>,
    tablespace: Option<String>,
    statistics: Option<BTreeMap<u16, i32>>,
    valid: bool,
}

#[derive(Deserialize)]
pub(super) struct ElementRow {
    column: Option<String>,
    expression: Option<String>,
    collation: Option<NameRow>,
    operator_class: Option<NameRow>,
    parameters: Option<Vec<String>>,
    descending: bool,
    nulls_first: bool,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        table,
        name,
        method,
        unique,
        nulls_not_distinct,
        elements,
        include,
        predicate,
        storage,
        tablespace,
        statistics,
        valid,
    } = parse(body)?;
    let index = Index {
        table: QualifiedName::parse_parts(&schema, &table)?,
        method,
        unique,
        nulls_not_distinct,
        elements: elements
            .into_iter()
            .map(ElementRow::read)
            .collect::<Result<_>>()?,
        include: idents(include)?,
        predicate: predicate.map(Expression),
        storage: parameters(storage),
        tablespace: tablespace.map(Ident::new).transpose()?,
        statistics: statistics.unwrap_or_default(),
        valid,
    };
    let id = ObjectId::Index(QualifiedName::parse_parts(&schema, &name)?);
    found.stands_at(CLASS, oid, 0, &id);
    found.put(id, Object::Index(index));
    Ok(())
}

impl ElementRow {
    pub(super) fn read(self) -> Result<IndexElement> {
        let Self {
            column,
            expression,
            collation,
            operator_class,
            parameters: options,
            descending,
            nulls_first,
        } = self;
        let key = match (column, expression) {
            (Some(column), None) => IndexKey::Column(Ident::new(column)?),
            (None, Some(expression)) => IndexKey::Expression(Expression(bare(expression))),
            _ => {
                return Err(unreadable(
                    "an index element is neither column nor expression",
                ));
            }
        };
        let operator_class = match operator_class {
            Some(name) => Some(OperatorClass {
                name: qualified(name)?,
                parameters: parameters(options),
            }),
            None => None,
        };
        Ok(IndexElement {
            key,
            collation: collation.map(qualified).transpose()?,
            operator_class,
            order: if descending {
                SortOrder::Descending
            } else {
                SortOrder::Ascending
            },
            nulls: if descending == nulls_first {
                NullsOrder::Default
            } else {
                NullsOrder::Reversed
            },
        })
    }
}

/// An element that is no function call is printed in a pair of parentheses that the grammar of
/// `CREATE INDEX` asks for and the expression itself does not have.
fn bare(element: String) -> String {
    match element
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(expression) => expression.to_owned(),
        None => element,
    }
}

/// The catalog keeps parameters as an array of `name=value`.
pub(super) fn parameters(options: Option<Vec<String>>) -> BTreeMap<String, String> {
    options
        .into_iter()
        .flatten()
        .map(|option| match option.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (option, String::new()),
        })
        .collect()
}
