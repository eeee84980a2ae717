//! Reads indexes, and the elements that exclusions share with them.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{
    Expression, Index, IndexElement, IndexKey, NullsOrder, OperatorClass, SortOrder,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{CLASS, Found, NameRow, idents, parse, qualified, unreadable};

pub(super) const SQL: &str = include_str!("index.sql");

pub(super) const ELEMENT_SQL: &str = include_str!("element.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    table_oid: u32,
    name: String,
    /// None for the usual one.
    method: Option<String>,
    unique: bool,
    keys: String,
    options: String,
    predicate: Option<String>,
    rest: Option<RestRow>,
}

/// What few indexes have.
#[derive(Deserialize)]
struct RestRow {
    view: Option<NameRow>,
    nulls_not_distinct: bool,
    include: Option<Vec<String>>,
    storage: Option<Vec<String>>,
    tablespace: Option<String>,
    statistics: Option<BTreeMap<u16, i32>>,
    valid: bool,
}

impl Default for RestRow {
    fn default() -> Self {
        Self {
            view: None,
            nulls_not_distinct: false,
            include: None,
            storage: None,
            tablespace: None,
            statistics: None,
            valid: true,
        }
    }
}

/// What the number of a column does not tell of an element.
#[derive(Default, Deserialize)]
pub(super) struct ElementRow {
    index_oid: u32,
    position: usize,
    column: Option<String>,
    expression: Option<String>,
    collation: Option<NameRow>,
    operator_class: Option<NameRow>,
    parameters: Option<Vec<String>>,
}

pub(super) fn read_element(body: &str, found: &mut Found) -> Result<()> {
    let row: ElementRow = parse(body)?;
    found.elements.entry(row.index_oid).or_default().push(row);
    Ok(())
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        table_oid,
        name,
        method,
        unique,
        keys,
        options,
        predicate,
        rest,
    } = parse(body)?;
    let RestRow {
        view,
        nulls_not_distinct,
        include,
        storage,
        tablespace,
        statistics,
        valid,
    } = rest.unwrap_or_default();
    let table = match view {
        Some(view) => qualified(view)?,
        None => found.table(table_oid)?.clone(),
    };
    let id = ObjectId::Index(QualifiedName::new(table.schema.clone(), Ident::new(name)?));
    let index = Index {
        table,
        method: method.unwrap_or_else(|| "btree".to_owned()),
        unique,
        nulls_not_distinct,
        elements: elements(oid, table_oid, &keys, &options, found)?,
        include: idents(include)?,
        predicate: predicate.map(Expression),
        storage: parameters(storage),
        tablespace: tablespace.map(Ident::new).transpose()?,
        statistics: statistics.unwrap_or_default(),
        valid,
    };
    found.stands_at(CLASS, oid, 0, &id);
    found.put(id, Object::Index(index));
    Ok(())
}

/// What an index is over: the numbers of its columns, 0 for an expression, with one set of options for each
/// but those that are only included; and what was told beyond.
pub(super) fn elements(
    index_oid: u32,
    table_oid: u32,
    keys: &str,
    options: &str,
    found: &mut Found,
) -> Result<Vec<IndexElement>> {
    let mut told: BTreeMap<usize, ElementRow> = found
        .elements
        .remove(&index_oid)
        .into_iter()
        .flatten()
        .map(|row| (row.position, row))
        .collect();
    let (keys, options) = (numbers(keys)?, numbers(options)?);
    (1..)
        .zip(keys.into_iter().zip(options))
        .map(|(position, (number, options))| {
            let row = told.remove(&position).unwrap_or_default();
            row.read(number, options, |number| found.column(table_oid, number))
        })
        .collect()
}

/// The numbers of an array or a vector as Postgres prints it: `{1,2}` or `1 2`.
pub(super) fn numbers(text: &str) -> Result<Vec<i16>> {
    text.split(['{', '}', ',', ' '])
        .filter(|number| !number.is_empty())
        .map(|number| number.parse())
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| unreadable(format!("no numbers of columns: {text}")))
}

impl ElementRow {
    fn read(
        self,
        number: i16,
        option: i16,
        name: impl Fn(i16) -> Result<Ident>,
    ) -> Result<IndexElement> {
        let Self {
            index_oid: _,
            position: _,
            column,
            expression,
            collation,
            operator_class,
            parameters: options,
        } = self;
        let (descending, nulls_first) = (option & 1 != 0, option & 2 != 0);
        let key = match (column, expression) {
            (Some(column), None) => IndexKey::Column(Ident::new(column)?),
            (None, None) if number != 0 => IndexKey::Column(name(number)?),
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
