//! Reads sequences, and the options that identity columns share with them.

use limbeck_core::schema::object::sequence::Logging;
use limbeck_core::schema::object::table::Persistence;
use limbeck_core::schema::object::{OwnerColumn, Sequence, SequenceOptions, SqlType};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{CLASS, Found, parse};

pub(super) const SQL: &str = include_str!("sequence.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    data_type: String,
    options: OptionsRow,
    owner: Option<(String, String, String)>,
    #[serde(default)]
    persistence: Option<char>,
}

#[derive(Deserialize)]
pub(super) struct OptionsRow {
    start: i64,
    increment: i64,
    min: i64,
    max: i64,
    cache: i64,
    cycle: bool,
}

impl From<OptionsRow> for SequenceOptions {
    fn from(row: OptionsRow) -> Self {
        let OptionsRow {
            start,
            increment,
            min,
            max,
            cache,
            cycle,
        } = row;
        Self {
            start,
            increment,
            min,
            max,
            cache,
            cycle,
        }
    }
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        data_type,
        options,
        owner,
        persistence,
    } = parse(body)?;
    let owned_by = match owner {
        Some((schema, table, column)) => Some(OwnerColumn {
            table: QualifiedName::parse_parts(&schema, &table)?,
            column: Ident::new(column)?,
        }),
        None => None,
    };
    let id = ObjectId::Sequence(QualifiedName::parse_parts(&schema, &name)?);
    let data_type = SqlType::Builtin(data_type);
    found.stands_at(CLASS, oid, 0, &id);
    found.put(
        id,
        Object::Sequence(Sequence {
            data_type,
            options: options.into(),
            owned_by,
            persistence: match persistence {
                Some('u') => Some(Persistence::Unlogged),
                Some('p') => Some(Persistence::Logged),
                // A temporary one is as its table is.
                Some(_) | None => None,
            },
            logging: Logging::Always,
        }),
    );
    Ok(())
}
