//! Rows for tables that nobody knows anything of but what the catalog says.
//!
//! A row is guessed: a value for each column by its type, what a foreign key refers to by asking the
//! other table, values that checks name tried where the first ones are refused. Postgres judges;
//! where it refuses every guess, its last word is the reason.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::{Error, ErrorKind, Ident, QualifiedName, Result};
use serde::Deserialize;

use crate::aside::under_own_path;
use crate::error::database_error;
use crate::quote::{ident, literal};

/// How many rows a table gets, at the least and at the most: one for each value of its enums.
const ROWS: std::ops::RangeInclusive<usize> = 2..=20;
/// How many guesses a row has, with all columns and with the required ones alone.
const GUESSES: usize = 8;

/// What came of it.
#[derive(Default)]
pub(super) struct Rows {
    /// How many rows were made.
    pub(super) made: usize,
    /// The tables that have no row, each with the reason.
    pub(super) without: Vec<(String, String)>,
}

#[derive(QueryableByName)]
struct Body {
    #[diesel(sql_type = Text)]
    body: String,
}

#[derive(Deserialize)]
struct Table {
    oid: i64,
    schema: String,
    name: String,
    columns: Option<Vec<Column>>,
    foreign_keys: Vec<ForeignKey>,
    words: Vec<String>,
}

#[derive(Deserialize)]
struct Column {
    number: i16,
    name: String,
    r#type: String,
    base: String,
    kind: String,
    category: String,
    length: Option<usize>,
    required: bool,
    skipped: bool,
    own: bool,
    labels: Vec<String>,
}

#[derive(Deserialize)]
struct ForeignKey {
    table: i64,
    columns: Vec<i16>,
    referenced: Vec<String>,
}

/// One way to fill a row.
#[derive(Clone, Copy)]
struct Guess {
    number: usize,
    row: usize,
    all: bool,
}

/// Puts rows into every table that takes some.
pub(super) fn fill(connection: &mut PgConnection) -> Result<Rows> {
    let bodies: Vec<Body> = under_own_path(connection, |connection| {
        sql_query(include_str!("rows.sql"))
            .load(connection)
            .map_err(|error| database_error(error, "the tables were read"))
    })?;
    let tables: Vec<Table> = bodies
        .iter()
        .map(|Body { body }| {
            serde_json::from_str(body).map_err(|error| {
                Error::new(ErrorKind::Sql, "a table's description cannot be read")
                    .with_source(error)
            })
        })
        .collect::<Result<_>>()?;
    let by_oid: BTreeMap<i64, &Table> = tables.iter().map(|table| (table.oid, table)).collect();
    let mut rows = Rows::default();
    for table in in_order(&tables) {
        let mut made = 0;
        let mut reason = String::new();
        let labels = table
            .columns
            .iter()
            .flatten()
            .map(|column| column.labels.len());
        let wanted = labels.max().unwrap_or(0);
        for row in 0..wanted.clamp(*ROWS.start(), *ROWS.end()) {
            match fill_row(connection, table, &by_oid, row) {
                Ok(()) => made += 1,
                Err(told) => reason = told,
            }
        }
        rows.made += made;
        // One that its revisions have put there will do as well.
        if made == 0 && !has_rows(connection, table)? {
            rows.without
                .push((format!("{}.{}", table.schema, table.name), reason));
        }
    }
    Ok(rows)
}

/// The tables, each after those that it refers to, as far as that goes.
fn in_order(tables: &[Table]) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = Vec::new();
    let mut done: BTreeSet<i64> = BTreeSet::new();
    let mut left: Vec<&Table> = tables.iter().collect();
    while !left.is_empty() {
        let ready = left.iter().position(|table| {
            let mut needed = table.foreign_keys.iter().map(|it| it.table);
            needed.all(|other| other == table.oid || done.contains(&other))
        });
        // Of a cycle, the first: its key may be null.
        let table = left.remove(ready.unwrap_or(0));
        done.insert(table.oid);
        ordered.push(table);
    }
    ordered
}

fn has_rows(connection: &mut PgConnection, table: &Table) -> Result<bool> {
    let found: Vec<Body> = sql_query(format!(
        "SELECT ''::pg_catalog.text AS body FROM {} LIMIT 1",
        quoted(table).map_err(|told| Error::new(ErrorKind::Sql, told))?
    ))
    .load(connection)
    .map_err(|error| database_error(error, "a table was read"))?;
    Ok(!found.is_empty())
}

fn fill_row(
    connection: &mut PgConnection,
    table: &Table,
    tables: &BTreeMap<i64, &Table>,
    row: usize,
) -> Result<(), String> {
    let mut reason = String::new();
    for all in [true, false] {
        for number in 0..GUESSES {
            let sql = insert(table, tables, Guess { number, row, all })?;
            match connection.batch_execute(&sql) {
                Ok(()) => return Ok(()),
                Err(error) => reason = error.to_string(),
            }
        }
    }
    Err(reason)
}

/// The statement of a guess.
fn insert(table: &Table, tables: &BTreeMap<i64, &Table>, guess: Guess) -> Result<String, String> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in table.columns.iter().flatten() {
        let wanted = if guess.all {
            !column.own
        } else {
            column.required
        };
        if column.skipped || !wanted {
            continue;
        }
        names.push(quoted_name(&column.name)?);
        let key = table
            .foreign_keys
            .iter()
            .find(|key| key.columns.contains(&column.number));
        values.push(match key {
            Some(key) => referred(table, tables, key, column, guess)?,
            None => value(column, &table.words, guess),
        });
    }
    let into = quoted(table)?;
    Ok(match names.as_slice() {
        [] => format!("INSERT INTO {into} DEFAULT VALUES"),
        names => format!(
            "INSERT INTO {into} ({}) VALUES ({})",
            names.join(", "),
            values.join(", ")
        ),
    })
}

/// The value of a key's column: what a row of the other table has there. The same row for all columns
/// of the key, and another one for another row here, where there is one.
fn referred(
    table: &Table,
    tables: &BTreeMap<i64, &Table>,
    key: &ForeignKey,
    column: &Column,
    guess: Guess,
) -> Result<String, String> {
    let place = key
        .columns
        .iter()
        .position(|number| *number == column.number);
    let name = place.and_then(|place| key.referenced.get(place));
    let (Some(other), Some(name)) = (tables.get(&key.table), name) else {
        return Ok("NULL".to_owned());
    };
    // A row that refers to itself has to know its own number.
    if other.oid == table.oid && guess.number % 2 == 1 {
        return Ok(value(column, &[], Guess { number: 0, ..guess }));
    }
    let (name, from) = (quoted_name(name)?, quoted(other)?);
    let row = guess.row + guess.number / 2;
    Ok(format!(
        "(SELECT {name} FROM {from} ORDER BY ctid OFFSET {row} OPERATOR(pg_catalog.%) greatest(1, (SELECT \
         pg_catalog.count(*) FROM {from})) LIMIT 1)"
    ))
}

/// A value of a type.
fn value(column: &Column, words: &[String], guess: Guess) -> String {
    let Guess {
        number,
        row,
        all: _,
    } = guess;
    // Rows differ, so that they can be unique; and they stay clear of the first numbers, which
    // revisions may have given away.
    let n = [101, 1, 11, 2, 0, 50, 1001, 3][number % GUESSES] + row;
    let typed = |text: &str| format!("{}::{}", literal(text), column.r#type);
    if let Some(label) = column
        .labels
        .get((number + row) % column.labels.len().max(1))
    {
        return typed(label);
    }
    match (
        column.kind.as_str(),
        column.category.as_str(),
        column.base.as_str(),
    ) {
        ("r" | "m", _, _) => typed(if column.kind == "r" { "empty" } else { "{}" }),
        (_, "A", _) => typed("{}"),
        (_, "B", _) => typed(if number % 2 == 0 { "true" } else { "false" }),
        (_, "N", _) => typed(&n.to_string()),
        (_, "D", "time" | "timetz") => typed(&format!("12:00:{:02}", n % 60)),
        (_, "D", _) => typed(&format!("20{:02}-03-{:02}", 26 + number, 1 + n % 28)),
        (_, "T", _) => typed(&format!("{} days", n + 1)),
        (_, "I", _) => typed(&format!("10.0.{}.{}", number, n % 250)),
        (_, "V", _) => typed(&"1".repeat(column.length.unwrap_or(1))),
        (_, "S", "char") => typed("a"),
        (_, "S", _) => typed(&text(column, words, guess)),
        (_, "G", "point") => typed(&format!("({n},{n})")),
        (_, "G", "circle") => typed(&format!("<({n},{n}),1>")),
        (_, "G", "line") => typed("{1,1,0}"),
        (_, "G", _) => typed(&format!("(({n},{n}),({},{}))", n + 1, n + 2)),
        (_, _, "uuid") => typed(&format!("00000000-0000-4000-8000-{n:012}")),
        (_, _, "json" | "jsonb") => typed("{}"),
        (_, _, "bytea") => typed(&format!("\\x{n:08x}")),
        (_, _, "xml") => typed("<a/>"),
        (_, _, "bit" | "varbit") => typed("1"),
        (_, _, "macaddr") => typed(&format!("08:00:2b:01:02:{:02x}", n % 250)),
        (_, _, "macaddr8") => typed(&format!("08:00:2b:01:02:03:04:{:02x}", n % 250)),
        (_, _, "tsvector" | "tsquery") => typed("a"),
        (_, _, "hstore") => typed("a=>1"),
        ("c", _, _) => format!("NULL::{}", column.r#type),
        _ => typed(&text(column, words, guess)),
    }
}

/// A text: first a plain one, then the words of the table's checks, then what texts often have to be.
fn text(column: &Column, words: &[String], guess: Guess) -> String {
    let Guess {
        number,
        row,
        all: _,
    } = guess;
    let text = match number
        .checked_sub(1)
        .and_then(|word| words.get(word % words.len().max(1)))
    {
        Some(word) if number <= words.len().max(4) => word.clone(),
        _ => match number % 4 {
            0 => format!("word{row}"),
            1 => format!("someone{row}@example.org"),
            2 => format!("https://example.org/{row}"),
            _ => format!("{}", 10_000 + row),
        },
    };
    match column.length {
        // The end differs.
        Some(length) if text.chars().count() > length => {
            let skipped = text.chars().count() - length;
            text.chars().skip(skipped).collect()
        }
        _ => text,
    }
}

fn quoted(table: &Table) -> Result<String, String> {
    let name =
        QualifiedName::parse_parts(&table.schema, &table.name).map_err(|it| it.to_string())?;
    Ok(format!("{}.{}", ident(&name.schema), ident(&name.name)))
}

fn quoted_name(name: &str) -> Result<String, String> {
    let name = Ident::new(name).map_err(|error| error.to_string())?;
    Ok(ident(&name).to_string())
}
