//! The difference of two schemas that stand in SQL: both are loaded in scratch and read back.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::operation::Operation;
use limbeck_core::token::{self, ProblemKind, locate};
use limbeck_core::{DatabaseError, Error, ErrorKind, Location, Result, Schema};

use crate::ddl::{Context, render};
use crate::error::failure;
use crate::hazard::{Hazard, hazards};
use crate::introspect::{Scope, Unmanaged, introspect};
use crate::quote::Naming;
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
        throwaway: url.is_none(),
    };
    let (from, from_beside) = load(from, &source)?;
    let (to, to_beside) = load(to, &source)?;
    let naming = Naming { own: None };
    let renames = Renames::default();
    let operations = diff(&from, &to, &renames);
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
    // A file may open and end transactions of its own: scratch has nothing to lose.
    let problem = token::check_script(text)
        .into_iter()
        .find(|problem| !matches!(problem.kind, ProblemKind::TransactionControl(_)));
    if let Some(problem) = problem {
        return Err(Error::new(
            ErrorKind::Sql,
            format!("`{name}` cannot be loaded: {problem}"),
        )
        .with_location(Location {
            file: name.clone(),
            line: Some(problem.line),
            column: Some(problem.column),
        })
        .with_hint(problem.kind.hint()));
    }
    let mut scratch = scratch::open(scratch, None)?;
    let connection = scratch.connection();
    execute(connection, name, text)?;
    let found = introspect(connection, &Scope::all())?;
    Ok((found.schema, found.unmanaged))
}

/// In one message where that can be; one by one where a statement cannot run in a transaction, which
/// the statements of one message share.
fn execute(connection: &mut PgConnection, name: &str, text: &str) -> Result<()> {
    if token::significant(text).next().is_none() {
        return Ok(());
    }
    let whole = token::non_transactional(text).is_empty();
    if whole {
        return connection
            .batch_execute(text)
            .map_err(|error| refused(name, text, 0, &error));
    }
    let statements = token::split(text).map_err(|error| error.into_error(name))?;
    for statement in statements {
        connection
            .batch_execute(&text[statement.range])
            .map_err(|error| refused(name, text, statement.start_char, &error))?;
    }
    Ok(())
}

/// What Postgres said of a text, or of a part of it that starts behind `before` characters.
fn refused(name: &str, text: &str, before: usize, error: &diesel::result::Error) -> Error {
    let failure = failure(error);
    let place = failure.position.map(|position| {
        locate(
            text,
            before + usize::try_from(position).unwrap_or(0).saturating_sub(1),
        )
    });
    let (line, column) = place.map_or((None, None), |(line, column)| (Some(line), Some(column)));
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
        ..DatabaseError::default()
    })
}
