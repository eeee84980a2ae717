//! Reads tables, without their parts.

use limbeck_core::schema::object::table::{Persistence, RowSecurity};
use limbeck_core::schema::object::{
    Expression, Foreign, IndexKey, PartitionElement, PartitionKey, PartitionStrategy, Table,
};
use limbeck_core::token::{TokenKind, lex};
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::index::parameters;
use super::{CLASS, Found, NameRow, TYPE, parse, qualified, unreadable};

pub(super) const SQL: &str = include_str!("table.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    type_oid: u32,
    schema: String,
    name: String,
    persistence: char,
    access_method: Option<String>,
    tablespace: Option<String>,
    storage: Option<Vec<String>>,
    toast: Option<Vec<String>>,
    row_security: bool,
    forced: bool,
    partitioned: Option<KeyRow>,
    foreign: Option<ForeignRow>,
}

#[derive(Deserialize)]
struct KeyRow {
    strategy: char,
    /// All of it as Postgres prints it.
    definition: String,
    elements: Vec<ElementRow>,
}

#[derive(Deserialize)]
struct ElementRow {
    /// Not there for an expression.
    column: Option<String>,
    collation: Option<NameRow>,
    operator_class: Option<NameRow>,
}

#[derive(Deserialize)]
struct ForeignRow {
    server: String,
    options: Option<Vec<String>>,
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
        partitioned,
        foreign,
    } = parse(body)?;
    let persistence = if persistence == 'u' {
        Persistence::Unlogged
    } else {
        Persistence::Logged
    };
    let mut storage = parameters(storage);
    let toast = parameters(toast).into_iter();
    storage.extend(toast.map(|(key, value)| (format!("toast.{key}"), value)));
    let id = ObjectId::Table(found.qualified(&schema, name)?);
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
        partitioned: partitioned.map(key).transpose()?,
        foreign: foreign.map(foreign_of).transpose()?,
    };
    found.put(id, Object::Table(table));
    Ok(())
}

fn foreign_of(row: ForeignRow) -> Result<Foreign> {
    let ForeignRow { server, options } = row;
    Ok(Foreign {
        server: Ident::new(server)?,
        options: parameters(options),
    })
}

fn key(row: KeyRow) -> Result<PartitionKey> {
    let KeyRow {
        strategy,
        definition,
        elements,
    } = row;
    let strategy = match strategy {
        'r' => PartitionStrategy::Range,
        'l' => PartitionStrategy::List,
        'h' => PartitionStrategy::Hash,
        other => {
            return Err(unreadable(format!(
                "a table is partitioned by the strategy `{other}`"
            )));
        }
    };
    let elements = elements
        .into_iter()
        .zip(listed(&definition))
        .map(|(element, text)| {
            let ElementRow {
                column,
                collation,
                operator_class,
            } = element;
            Ok(PartitionElement {
                key: match column {
                    Some(column) => IndexKey::Column(Ident::new(column)?),
                    None => IndexKey::Expression(Expression(text)),
                },
                collation: collation.map(qualified).transpose()?,
                operator_class: operator_class.map(qualified).transpose()?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(PartitionKey { strategy, elements })
}

/// What stands between the commas of a partition key. The catalog has its expressions in one piece.
fn listed(definition: &str) -> Vec<String> {
    let mut elements = vec![String::new()];
    let mut depth = 0_usize;
    for token in lex(definition) {
        let symbol = match token.kind {
            TokenKind::String | TokenKind::QuotedName => "",
            _ => token.text,
        };
        match symbol {
            "(" => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            "," if depth == 1 => {
                elements.push(String::new());
                continue;
            }
            _ => {}
        }
        if let (true, Some(element)) = (depth > 0, elements.last_mut()) {
            element.push_str(token.text);
        }
    }
    elements
        .iter()
        .map(|element| element.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_key_falls_apart_at_its_commas() {
        let key = r#"RANGE (a, lower("b, (") COLLATE "C", ((x + f(1, ',)'))) text_ops)"#;
        assert_eq!(
            listed(key),
            [
                "a",
                r#"lower("b, (") COLLATE "C""#,
                "((x + f(1, ',)'))) text_ops"
            ]
        );
    }
}
