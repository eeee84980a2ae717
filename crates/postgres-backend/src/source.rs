//! Where a schema that is compared comes from: each source is read into the same [`Introspection`].
//!
//! What is not a database yet (SQL, a chain of revisions) is made in scratch and read back, so that
//! Postgres has printed all of it. Models are no source of a whole schema: a comparison with them is
//! autogenerate's, in `migrator/sources`.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::{Connection, PgConnection};
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::{Error, ErrorKind, Result, Schema, SqlFile};

use crate::connection::connect;
use crate::ddl::{Context, render};
use crate::error::database_error;
use crate::introspect::{Introspection, Scope, introspect_by_row, server_version};
use crate::quote::Naming;
use crate::scratch::{self, Scratch, ScratchSource};
use crate::statement::script;

mod pile;
mod sql;

pub(crate) use pile::{Piece, Pile, pieces};
pub(crate) use sql::check;

/// A schema to compare, by where it comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Nothing at all.
    Empty,
    /// A database, by its URL.
    Database(String),
    /// Files of SQL. One is run as it stands; several are of a folder, and may need each other in any
    /// order.
    Sql(Vec<SqlFile>),
    /// A schema that was saved, or read elsewhere.
    Schema(Box<Introspection>),
    /// What the revisions make, up to a target; all of them without one.
    Revisions(Option<String>),
    /// What the models want of the schema that they are compared with.
    Models,
}

/// A schema, with a database that holds it.
pub(crate) struct Opened {
    pub(crate) found: Introspection,
    pub(crate) place: Place,
}

/// A database that can be asked.
pub(crate) enum Place {
    Server(Box<PgConnection>),
    Scratch(Scratch),
}

impl Place {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Server(connection) => connection,
            Self::Scratch(scratch) => scratch.connection(),
        }
    }
}

/// How often a database is read anew that changes while it is read.
const READINGS: u32 = 30;

/// Reads a database as a whole. What `pg_get_expr` and its like print is not of the statement's own
/// snapshot: where an object goes meanwhile, the statement fails, and is run once more.
pub(crate) fn database(url: &str, scope: &Scope) -> Result<Opened> {
    let mut connection = connect(url)?;
    let mut reading = 1;
    let found = loop {
        match introspect_by_row(&mut connection, scope) {
            Err(error) if reading < READINGS && moved(&error) => {
                // Whoever changes it may be done the sooner.
                thread::sleep(Duration::from_millis(5 * u64::from(reading)));
                reading += 1;
            }
            result => break result.map_err(unpermitted)?,
        }
    };
    Ok(Opened {
        found,
        place: Place::Server(Box::new(connection)),
    })
}

/// Two databases, read at once: most of the time is the servers'.
///
/// # Errors
/// Those of the first, and if there are none those of the second.
pub(crate) fn two_databases(one: &str, other: &str) -> Result<(Introspection, Introspection)> {
    let read = |url: &str| Ok(database(url, &Scope::all())?.found);
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(|| read(one));
        let other = read(other);
        let one = one.join().unwrap_or_else(|panic| resume_unwind(panic));
        (one, other)
    });
    Ok((one?, other?))
}

/// Whether an error is that of a catalog which changed under a statement, or an answer that contradicts itself.
fn moved(error: &Error) -> bool {
    let Some(said) = error.database() else {
        return error.kind() == ErrorKind::Sql;
    };
    let said = said.message.as_str();
    // internal_error, undefined_object, undefined_table, undefined_function, undefined_column.
    let gone = ["XX000", "42704", "42P01", "42883", "42703"];
    error.sqlstate().is_some_and(|state| gone.contains(&state))
        || said.starts_with("cache lookup failed")
        || said.starts_with("could not open relation")
}

/// Says what a role needs that may not read all of the catalog.
fn unpermitted(error: Error) -> Error {
    let denied = error
        .database()
        .is_some_and(|said| said.message.starts_with("permission denied"));
    match denied {
        true => error.with_hint(
            "give the role SELECT on the catalog that is named (every role has it unless it was \
             taken away), or connect as the owner of the database",
        ),
        false => error,
    }
}

/// Loads files of SQL into a scratch database, in a transaction that is never committed: a file may
/// name what is shared by all databases of the server (`CREATE ROLE`), and nothing of it may stay.
/// In it Postgres refuses what would act at once (`DROP DATABASE`). A file that needs commits in between (it adds a value
/// to an enum and uses it, or sets something for one of its transactions) is run with them, where it leaves alone what
/// is shared.
pub(crate) fn loaded(
    files: &[SqlFile],
    source: &ScratchSource,
    major: Option<u32>,
) -> Result<Opened> {
    for file in files {
        check(file)?;
    }
    let mut scratch = open(source, major)?;
    let throwaway = scratch.is_throwaway();
    let connection = scratch.connection();
    connection
        .begin_test_transaction()
        .map_err(|error| database_error(error, "a scratch database was made ready"))?;
    match files {
        [] => {}
        [file] => {
            let is_alone = sql::keeps_to_its_database(&file.text);
            let run = match sql::ends_with_a_transaction(&file.text) {
                true => None,
                false => Some(sql::run(file, connection, throwaway)),
            };
            match run {
                None if !is_alone => return Err(sql::unshared(file)),
                Some(Err(error)) if !(is_alone && sql::wants_commits(&error)) => return Err(error),
                Some(Ok(())) => {}
                None | Some(Err(_)) => {
                    AnsiTransactionManager::rollback_transaction(connection).map_err(|error| {
                        database_error(error, "a scratch database was made ready")
                    })?;
                    sql::run_committing(file, connection)?;
                }
            }
        }
        files => Pile::new(pieces(files)?, "", throwaway).settle(connection)?,
    }
    let found = introspect_by_row(connection, &Scope::all())?;
    Ok(Opened {
        found,
        place: Place::Scratch(scratch),
    })
}

/// A scratch database of a major version; where no throwaway server of that can be had, of another.
pub(crate) fn open(source: &ScratchSource, major: Option<u32>) -> Result<Scratch> {
    match (scratch::open(source, major), major) {
        (Err(error), Some(_)) if error.kind() == ErrorKind::Server => {
            scratch::open(source, None).map_err(|_| error)
        }
        (result, _) => result,
    }
}

/// Makes a schema in a scratch database.
pub(crate) fn made(schema: &Schema, source: &ScratchSource, major: Option<u32>) -> Result<Opened> {
    let mut scratch = open(source, major)?;
    let connection = scratch.connection();
    let there = introspect_by_row(connection, &Scope::all())?.schema;
    let operations = diff(&there, schema, &Renames::default());
    let naming = Naming::everywhere();
    let context = Context {
        from: &there,
        to: schema,
        naming: &naming,
    };
    let text = script(&render(&operations, &context), &[], "");
    let file = SqlFile {
        name: "the saved schema".to_owned(),
        text,
    };
    let throwaway = scratch.is_throwaway();
    sql::run(&file, scratch.connection(), throwaway)?;
    let found = Introspection {
        schema: schema.clone(),
        unmanaged: Vec::new(),
        server_version: server_version(scratch.connection())?,
    };
    Ok(Opened {
        found,
        place: Place::Scratch(scratch),
    })
}
