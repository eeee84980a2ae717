//! A connection as a data step sees it.

use std::any::Any;
use std::time::Instant;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text};
use limbeck_core::{AsyncSession, Error, ErrorKind, Result, Session, SessionFuture, token};

use crate::error::database_error;
use crate::runner::Deadline;

/// The one type of row that is ever loaded: `fields text[]`.
#[derive(QueryableByName)]
pub(crate) struct Row {
    #[diesel(sql_type = Array<Nullable<Text>>)]
    pub(crate) fields: Vec<Option<String>>,
}

/// A [`Session`] over a connection of Diesel's; of an asynchronous step, too, whose every call it has
/// answered when it returns.
pub(crate) struct ConnectionSession<'a, C> {
    pub(crate) connection: &'a mut C,
    /// When nothing is sent any more.
    pub(crate) deadline: Option<Deadline>,
}

impl<C> ConnectionSession<'_, C>
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    /// Keeps the next statement within the deadline.
    fn limit(&mut self) -> Result<()> {
        match limit(self.deadline)? {
            Some(limit) => self.connection.batch_execute(&limit).map_err(not_executed),
            None => Ok(()),
        }
    }
}

impl<C> Session for ConnectionSession<'_, C>
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    fn execute(&mut self, sql: &str) -> Result<()> {
        if is_empty(sql) {
            return Ok(());
        }
        self.limit()?;
        self.connection.batch_execute(sql).map_err(not_executed)
    }

    fn query(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let sql = as_records(sql)?;
        self.limit()?;
        let rows = diesel::sql_query(sql).load::<Row>(self.connection);
        values(rows.map_err(not_queried)?)
    }

    fn connection(&mut self) -> Option<&mut dyn Any> {
        Some(self.connection)
    }
}

impl<C> AsyncSession for ConnectionSession<'_, C>
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    fn execute<'a>(&'a mut self, sql: &'a str) -> SessionFuture<'a, ()> {
        Box::pin(std::future::ready(Session::execute(self, sql)))
    }

    fn query<'a>(&'a mut self, sql: &'a str) -> SessionFuture<'a, Vec<Vec<Option<String>>>> {
        Box::pin(std::future::ready(Session::query(self, sql)))
    }

    fn connection(&mut self) -> Option<&mut (dyn Any + Send)> {
        None
    }
}

/// What keeps the next statement within a deadline; an error where it has passed.
pub(crate) fn limit(deadline: Option<Deadline>) -> Result<Option<String>> {
    let now = Instant::now();
    match deadline {
        None => Ok(None),
        Some(deadline) if deadline.is_over(now) => Err(deadline.missed()),
        Some(deadline) => Ok(Some(deadline.sql(now))),
    }
}

/// Whether there is nothing to execute: Diesel takes an empty batch for an error.
pub(crate) fn is_empty(sql: &str) -> bool {
    token::significant(sql).all(|token| token == ";")
}

pub(crate) fn not_executed(error: diesel::result::Error) -> Error {
    database_error(error, "it was executed")
}

pub(crate) fn not_queried(error: diesel::result::Error) -> Error {
    database_error(error, "it was queried")
}

/// The values of what [`as_records`] gave.
pub(crate) fn values(rows: Vec<Row>) -> Result<Vec<Vec<Option<String>>>> {
    rows.into_iter()
        .map(|row| row.fields.into_iter().next().flatten())
        .map(|record| {
            record
                .as_deref()
                .map_or_else(|| Ok(Vec::new()), parse_record)
        })
        .collect()
}

/// One query, each of its rows as the text of a record: so values come as Postgres writes them,
/// whatever their types, and nobody has to know the columns.
pub(crate) fn as_records(sql: &str) -> Result<String> {
    let spans = token::split(sql).map_err(|error| error.into_error("the query"))?;
    let [span] = spans.as_slice() else {
        return Err(Error::new(
            ErrorKind::DataStep,
            format!("`query` takes one statement, not {}", spans.len()),
        )
        .with_hint("use `execute` for several, or for none that gives rows"));
    };
    // `WITH` also takes what changes data and says `RETURNING`.
    Ok(format!(
        "WITH limbeck_rows AS (\n{}\n)\nSELECT ARRAY[ROW(limbeck_rows.*)::pg_catalog.text] AS fields\n\
         FROM limbeck_rows",
        &sql[span.range.clone()]
    ))
}

/// The values of a record as Postgres writes it: `(1,,"a ""b"", c")`.
fn parse_record(record: &str) -> Result<Vec<Option<String>>> {
    let unreadable = || {
        Error::new(
            ErrorKind::DataStep,
            format!("the record `{record}` cannot be read"),
        )
    };
    let inner = record
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    let mut characters = inner.ok_or_else(unreadable)?.chars().peekable();
    let mut values = Vec::new();
    loop {
        // Nothing at all is NULL, quotes around nothing are an empty text.
        let mut value: Option<String> = None;
        let mut quoted = false;
        while let Some(c) = characters.next_if(|c| quoted || *c != ',') {
            let value = value.get_or_insert_default();
            match c {
                '"' if quoted && characters.next_if_eq(&'"').is_some() => value.push('"'),
                '"' => quoted = !quoted,
                '\\' => value.push(characters.next().ok_or_else(unreadable)?),
                c => value.push(c),
            }
        }
        if quoted {
            return Err(unreadable());
        }
        values.push(value);
        if characters.next().is_none() {
            return Ok(values);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_postgres_writes_them() {
        let check = |record: &str, values: &[Option<&str>]| {
            let values: Vec<Option<String>> = values
                .iter()
                .map(|value| value.map(str::to_owned))
                .collect();
            assert_eq!(parse_record(record).unwrap(), values, "{record}");
        };
        check("(1)", &[Some("1")]);
        check("()", &[None]);
        check("(,)", &[None, None]);
        check(r#"("")"#, &[Some("")]);
        check(
            r#"(1,,"a ""b"", c")"#,
            &[Some("1"), None, Some(r#"a "b", c"#)],
        );
        check(r#"("a\\b","(x)")"#, &[Some(r"a\b"), Some("(x)")]);
        check("(\"a\nb\",ü)", &[Some("a\nb"), Some("ü")]);
    }

    #[test]
    fn a_record_that_is_none_is_an_error() {
        for record in ["", "1", "(\"a)", "(a"] {
            assert!(parse_record(record).is_err(), "{record}");
        }
    }

    #[test]
    fn a_query_is_one_statement() {
        assert!(
            as_records("SELECT 1; -- one")
                .unwrap()
                .contains("SELECT 1\n)")
        );
        assert!(as_records("SELECT 1; SELECT 2").is_err());
        assert!(as_records("-- none").is_err());
    }
}
