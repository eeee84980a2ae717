//! SQL that fills tables before tests.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::result::Error as DieselError;
use limbeck_core::token::ProblemKind;
use limbeck_core::{Error, ErrorKind, Ident, Location, Result, token};

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
            Error::new(error.kind(), format!("the fixture `{name}` failed"))
                .with_location(self.place(offset))
                .with_source(error)
        };
        let sql = sql.as_str();
        self.refuse_unsendable()?;
        let spans = token::split(sql).map_err(|error| error.into_error(name))?;
        let path = format!(
            "SELECT pg_catalog.set_config('search_path', {}, false)",
            before_path(&ident(placement))
        );
        connection
            .batch_execute(&path)
            .map_err(|error| database_error(error, "the schema of a fixture was chosen"))?;
        let mut begun = 0;
        for span in spans {
            let statement = sql.get(span.range.clone()).unwrap_or_default();
            if token::significant(statement).all(|token| token == ";") {
                continue;
            }
            match control(statement) {
                Some(Control::Begin) => begun = span.range.start,
                Some(Control::Undo(word)) => {
                    let told = format!(
                        "the fixture `{name}` cannot be run: `{word}` takes back what the fixture has done"
                    );
                    return Err(Error::new(ErrorKind::Sql, told)
                        .with_location(self.place(span.range.start))
                        .with_hint("take it out, with what it takes back"));
                }
                None => {}
            }
            connection.batch_execute(statement).map_err(|error| {
                failed(database_error(error, "the statement ran"), span.range.start)
            })?;
        }
        if is_open(connection)? {
            return Err(
                left_open(&format!("the fixture `{name}`")).with_location(self.place(begun))
            );
        }
        connection
            .batch_execute("RESET search_path")
            .map_err(|error| database_error(error, "the schema of a fixture was left"))
    }

    /// What only psql could send.
    fn refuse_unsendable(&self) -> Result<()> {
        let Self { name, sql } = self;
        for problem in token::check_script(sql) {
            match problem.kind {
                ProblemKind::CopyStream | ProblemKind::BackslashCommand(_) | ProblemKind::Nul => {}
                _ => continue,
            }
            let told = format!("the fixture `{name}` cannot be run: {problem}");
            return Err(Error::new(ErrorKind::Sql, told)
                .with_location(Location {
                    file: name.clone(),
                    line: Some(problem.line),
                    column: Some(problem.column),
                })
                .with_hint(problem.kind.hint()));
        }
        Ok(())
    }

    fn place(&self, offset: usize) -> Location {
        let before = self.sql.get(..offset).unwrap_or_default();
        let (line, column) = token::locate(&self.sql, before.chars().count());
        Location {
            file: self.name.clone(),
            line: Some(line),
            column: Some(column),
        }
    }
}

/// What a statement does to the transaction it stands in, where that matters for its rows.
enum Control {
    Begin,
    Undo(String),
}

fn control(statement: &str) -> Option<Control> {
    let words = token::first_words(statement);
    match words.first()?.as_str() {
        "BEGIN" | "START" => Some(Control::Begin),
        // Back to a savepoint is the fixture's own business.
        "ROLLBACK" if words.iter().any(|word| word == "TO" || word == "PREPARED") => None,
        "ROLLBACK" | "ABORT" => Some(Control::Undo(words[0].clone())),
        _ => None,
    }
}

/// What the server says where a transaction is open. In one that is not, time begins with the message;
/// of a prepared statement each part is one.
const OPEN: &str = "limbeck: a transaction is open";

/// Whether what has just run left a transaction open: Diesel does not know of one that SQL began.
pub(super) fn is_open(connection: &mut PgConnection) -> Result<bool> {
    let asked = connection.batch_execute(&format!(
        "DO $$BEGIN\n  IF pg_catalog.transaction_timestamp() OPERATOR(pg_catalog.<>) \
         pg_catalog.statement_timestamp() THEN\n    RAISE EXCEPTION '{OPEN}';\n  END IF;\nEND$$"
    ));
    match asked {
        Ok(()) => Ok(false),
        Err(DieselError::DatabaseError(_, told)) if told.message() == OPEN => Ok(true),
        Err(error) => Err(database_error(error, "its transaction was looked at")),
    }
}

pub(super) fn left_open(what: &str) -> Error {
    let told = format!("{what} leaves a transaction open, and its rows would be lost");
    Error::new(ErrorKind::Sql, told).with_hint("end it with COMMIT")
}
