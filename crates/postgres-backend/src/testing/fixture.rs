//! SQL that fills tables before tests.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::{Error, Ident, Location, Result, token};

use crate::error::database_error;
use crate::quote::{before_path, ident};

/// SQL with a name.
pub(super) struct Fixture {
    pub(super) name: String,
    pub(super) sql: String,
}

impl Fixture {
    /// Runs its statements, in the schema that the bundle is installed in.
    pub(super) fn run(&self, connection: &mut PgConnection, placement: &Ident) -> Result<()> {
        let Self { name, sql } = self;
        let failed = |error: Error, offset: usize| {
            let characters = sql.get(..offset).map_or(0, |before| before.chars().count());
            let (line, column) = token::locate(sql, characters);
            Error::new(error.kind(), format!("the fixture `{name}` failed"))
                .with_location(Location {
                    file: name.clone(),
                    line: Some(line),
                    column: Some(column),
                })
                .with_source(error)
        };
        let sql = sql.as_str();
        let spans = token::split(sql).map_err(|error| error.into_error(name))?;
        let path = format!(
            "SELECT pg_catalog.set_config('search_path', {}, false)",
            before_path(&ident(placement))
        );
        connection
            .batch_execute(&path)
            .map_err(|error| database_error(error, "the schema of a fixture was chosen"))?;
        for span in spans {
            let statement = sql.get(span.range.clone()).unwrap_or_default();
            if token::significant(statement).all(|token| token == ";") {
                continue;
            }
            connection.batch_execute(statement).map_err(|error| {
                failed(database_error(error, "the statement ran"), span.range.start)
            })?;
        }
        connection
            .batch_execute("RESET search_path")
            .map_err(|error| database_error(error, "the schema of a fixture was left"))
    }
}
