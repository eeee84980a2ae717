//! The difference of two schemas that stand in SQL: both are loaded in scratch and read back.

use std::ops::Range;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::operation::Operation;
use limbeck_core::token::{self, Problem, ProblemKind, StatementSpan, TokenKind, locate};
use limbeck_core::{DatabaseError, Error, ErrorKind, Ident, Location, Result, Schema};

use crate::autogenerate::refuse_hidden;
use crate::ddl::{Context, render};
use crate::error::{database_error, failure};
use crate::hazard::{Hazard, hazards};
use crate::introspect::{Scope, Unmanaged, introspect};
use crate::quote::{Naming, ident};
use crate::runner::{DbFailure, FailureKind, telling_text};
use crate::scratch::{self, ScratchSource};
use crate::statement::Statement;

/// SQL that makes a schema, with a name for messages.
#[derive(Clone, Debug)]
pub struct SqlSource {
    /// The file's name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What turns one schema into another.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// What changes, in order.
    pub operations: Vec<Operation>,
    /// The statements of the way there.
    pub up: Vec<Statement>,
    /// The statements of the way back.
    pub down: Vec<Statement>,
    /// What the way there may destroy or fail at.
    pub hazards: Vec<Hazard>,
    /// What is in one of the two and was not compared.
    pub unmanaged: Vec<Unmanaged>,
}

/// Compares the schemas that two texts of SQL make, in scratch databases on the server of `url`, or
/// on a throwaway server.
///
/// # Errors
/// When a text does not load (with its line and column), or no scratch database can be had.
pub fn difference(from: &SqlSource, to: &SqlSource, url: Option<&str>) -> Result<Difference> {
    let source = ScratchSource {
        url: url.map(str::to_owned),
        throwaway: true,
    };
    let (from, from_beside) = load(from, &source)?;
    let (to, to_beside) = load(to, &source)?;
    let naming = Naming::everywhere();
    let renames = Renames::default();
    let operations = diff(&from, &to, &renames);
    refuse_hidden(&operations, &from_beside)?;
    let reverse = diff(&to, &from, &renames);
    let up = render(
        &operations,
        &Context {
            from: &from,
            to: &to,
            naming: &naming,
        },
    );
    let down = render(
        &reverse,
        &Context {
            from: &to,
            to: &from,
            naming: &naming,
        },
    );
    let mut unmanaged: Vec<Unmanaged> = from_beside.into_iter().chain(to_beside).collect();
    unmanaged.sort();
    unmanaged.dedup();
    let hazards = hazards(&operations, &from, &to);
    Ok(Difference {
        operations,
        up,
        down,
        hazards,
        unmanaged,
    })
}

fn load(source: &SqlSource, scratch: &ScratchSource) -> Result<(Schema, Vec<Unmanaged>)> {
    let SqlSource { name, text } = source;
    let text = &readable(text);
    if let Some(problem) = token::check_script(text).first() {
        return Err(unloadable(name, problem));
    }
    let mut scratch = scratch::open(scratch, None)?;
    let connection = scratch.connection();
    // It ends with the connection and is never committed: a file may name what is shared by all
    // databases of the server (`CREATE ROLE`), and nothing of it may stay. In it Postgres refuses
    // what would act at once (`DROP DATABASE`).
    connection
        .begin_test_transaction()
        .map_err(|error| database_error(error, "a scratch database was made ready"))?;
    if token::significant(text).next().is_some() {
        connection
            .transaction(|connection| connection.batch_execute(text))
            .map_err(|error| refused(name, text, connection, &error))?;
    }
    let found = introspect(connection, &Scope::all())?;
    Ok((found.schema, found.unmanaged))
}

/// The text without its byte order mark, and with the two commands of psql that `pg_dump` writes
/// made comments: everything stays in its place.
fn readable(text: &str) -> String {
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    for problem in token::check_script(&text) {
        let Problem { kind, line, column } = problem;
        let written_by_pg_dump = match &kind {
            ProblemKind::BackslashCommand(name) => name == "\\restrict" || name == "\\unrestrict",
            _ => false,
        };
        if written_by_pg_dump && let Some(at) = byte_at(&text, line, column) {
            text.replace_range(at..at + 2, "--");
        }
    }
    for range in concurrently(&text) {
        text.replace_range(range.clone(), &" ".repeat(range.len()));
    }
    text
}

/// Where the word stands that keeps the making of an index out of a transaction. In an empty
/// database nobody is waiting, and the index is the same without it.
fn concurrently(text: &str) -> Vec<Range<usize>> {
    let Ok(statements) = token::split(text) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for span in statements {
        let statement = &text[span.range.clone()];
        let makes_index = token::first_words(statement)
            .iter()
            .take(3)
            .any(|word| word == "INDEX");
        if makes_index && token::refuses_transaction(statement) {
            let word = token::lex(statement).find(|token| {
                token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case("concurrently")
            });
            found.extend(word.map(|token| {
                let start = span.range.start + token.start;
                start..start + token.text.len()
            }));
        }
    }
    found
}

/// The byte at a line and a column.
fn byte_at(text: &str, line: u32, column: u32) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let (byte, _) = text.get(start..)?.char_indices().nth(column)?;
    Some(start + byte)
}

fn unloadable(name: &str, problem: &Problem) -> Error {
    let (told, hint) = match &problem.kind {
        ProblemKind::TransactionControl(words) => (
            format!("`{words}` controls the transaction, and the file is loaded in one"),
            "take it out",
        ),
        kind => (problem.to_string(), kind.hint()),
    };
    Error::new(ErrorKind::Sql, format!("`{name}` cannot be loaded: {told}"))
        .with_location(Location {
            file: name.to_owned(),
            line: Some(problem.line),
            column: Some(problem.column),
        })
        .with_hint(hint)
}

/// What Postgres refused, with its place. Many errors have no position: they are found by running
/// the statements once more, each by itself.
fn refused(
    name: &str,
    text: &str,
    connection: &mut PgConnection,
    error: &diesel::result::Error,
) -> Error {
    let mut failure = failure(error);
    let mut start = 0;
    let mut statement = None;
    if failure.kind == FailureKind::Database
        && let Some((number, span, found)) = first_refused(text, connection)
    {
        failure = found;
        start = span.start_char;
        statement = Some((number, text[span.range].to_owned()));
    }
    let offset = failure
        .position
        .and_then(|position| usize::try_from(position).ok())
        .map(|position| position.saturating_sub(1));
    let missing = scratch::missing_role(&failure.message);
    // Of a role that is missing Postgres tells no place: it is the first one where it is named.
    let offset = offset.or_else(|| {
        let (_, statement) = statement.as_ref()?;
        role_at(statement, missing.as_ref()?)
    });
    let place = match (offset, &statement) {
        (None, None) => None,
        (offset, _) => Some(locate(text, start + offset.unwrap_or(0))),
    };
    let (line, column) = place.map_or((None, None), |(line, column)| (Some(line), Some(column)));
    let (statement_number, statement) = statement.unzip();
    Error::new(
        ErrorKind::Sql,
        format!("`{name}` does not load: {}", failure.message),
    )
    .with_location(Location {
        file: name.to_owned(),
        line,
        column,
    })
    .with_database(DatabaseError {
        message: failure.message,
        detail: failure.detail,
        hint: failure.hint,
        sqlstate: failure.sqlstate,
        statement_number,
        statement,
        ..DatabaseError::default()
    })
    .with_hint(match missing {
        Some(role) => format!(
            "roles belong to the server: none is ever created for you; create it there, or write \
             `CREATE ROLE {}` at the beginning of the file, which is rolled back",
            ident(&role)
        ),
        None => "the file is loaded into an empty database: what it refers to (types, extensions, \
                 roles) must stand in it, before"
            .to_owned(),
    })
}

/// The character at which a role is named in a statement.
fn role_at(statement: &str, role: &Ident) -> Option<usize> {
    let quoted = ident(role).to_string();
    let named = token::lex(statement).find(|token| match token.kind {
        TokenKind::Word => token.text.to_lowercase() == role.as_str(),
        TokenKind::QuotedName => token.text == quoted,
        _ => false,
    })?;
    Some(statement.get(..named.start)?.chars().count())
}

fn first_refused(
    text: &str,
    connection: &mut PgConnection,
) -> Option<(usize, StatementSpan, DbFailure)> {
    let mut found = None;
    let spans = token::split(text).ok()?;
    // Rolled back in any case.
    let _ = connection.transaction(|connection| {
        for (index, span) in spans.into_iter().enumerate() {
            let statement = &text[span.range.clone()];
            // The savepoint leaves the transaction usable for the question after the code.
            let run = connection.transaction(|connection| connection.batch_execute(statement));
            if let Err(error) = run {
                let mut failure = failure(&error);
                if failure.sqlstate.is_none() {
                    failure.sqlstate = sqlstate(statement, connection);
                }
                found = Some((index + 1, span, failure));
                break;
            }
        }
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    found
}

/// The code of a failure, which Diesel does not show: the statement fails once more, and tells it.
fn sqlstate(statement: &str, connection: &mut PgConnection) -> Option<String> {
    let again = connection
        .transaction(|connection| connection.batch_execute(&telling_text(statement, 0)))
        .err()?;
    let again = failure(&again);
    let (state, _) = again.coded()?.strip_prefix("state:")?.split_once(':')?;
    Some(state.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pg_dump_writes_for_psql_becomes_a_comment_in_its_place() {
        let text = "\u{feff}-- ü\n\\restrict abc\nSELECT '\n\\restrict x';\n\\unrestrict abc\n";
        assert_eq!(
            readable(text),
            "-- ü\n--estrict abc\nSELECT '\n\\restrict x';\n--nrestrict abc\n"
        );
        assert_eq!(readable("\\echo x"), "\\echo x");
    }

    #[test]
    fn an_index_is_made_without_the_word_that_allows_no_transaction() {
        let text =
            "CREATE INDEX /* concurrently */ Concurrently i ON t (a);\nSELECT 'concurrently';";
        assert_eq!(
            readable(text),
            "CREATE INDEX /* concurrently */              i ON t (a);\nSELECT 'concurrently';"
        );
    }
}
