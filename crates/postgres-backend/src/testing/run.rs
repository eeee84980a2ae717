//! What `#[limbeck::test]` makes of a test; no part of the API.

use std::fmt::Debug;
use std::thread;

use diesel::sql_types::Text;
use diesel::{PgConnection, QueryResult, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::Result;

use super::database::COMMITTED;
use super::{Outcome, Setup, TestDatabase};
use crate::Migrator;

/// What a test may name as its migrator.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no migrator",
    note = "`migrator = …` takes a `Migrator`, a `&Migrator`, or a `Result` of one"
)]
pub trait AsMigrator {
    /// The migrator, or why there is none.
    fn as_migrator(&self) -> Result<&Migrator, String>;
}

impl AsMigrator for Migrator {
    fn as_migrator(&self) -> Result<&Migrator, String> {
        Ok(self)
    }
}

impl<M: AsMigrator> AsMigrator for &M {
    fn as_migrator(&self) -> Result<&Migrator, String> {
        (**self).as_migrator()
    }
}

impl<M: AsMigrator, E: Debug> AsMigrator for Result<M, E> {
    fn as_migrator(&self) -> Result<&Migrator, String> {
        match self {
            Ok(migrator) => migrator.as_migrator(),
            Err(error) => Err(format!("{error:?}")),
        }
    }
}

/// The migrator of a test.
#[doc(hidden)]
#[track_caller]
pub fn migrator(named: &impl AsMigrator) -> &Migrator {
    match named.as_migrator() {
        Ok(migrator) => migrator,
        Err(error) => panic!("limbeck: no migrator for this test: {error}"),
    }
}

/// The number of the transaction that a connection is in.
pub(super) const TRANSACTION: &str =
    "SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text AS id";

#[derive(QueryableByName)]
pub(super) struct Transaction {
    #[diesel(sql_type = Text)]
    pub(super) id: String,
}

/// Runs a test that takes a connection.
#[doc(hidden)]
#[track_caller]
pub fn run_with_connection<R: Outcome>(
    setup: Setup<'_>,
    test: impl FnOnce(&TestDatabase, &mut PgConnection) -> R,
) -> R {
    run_with_database(setup, |database| {
        let mut connection = had(database.connection());
        let before = database.last_lent();
        let outcome = test(database, &mut connection);
        if let Some(before) = before {
            compare(database, &before, transaction(&mut connection).ok());
        }
        outcome
    })
}

/// Looks whether a test is still in the transaction that it was given. Where that has failed, so does
/// the question, and the server is asked later what became of it.
#[track_caller]
pub(super) fn compare(database: &TestDatabase, before: &str, after: Option<String>) {
    match after {
        Some(after) if after == before => database.settle(before),
        Some(_) => committed(database),
        None => {}
    }
}

/// The end of a test that has changed what others use.
#[track_caller]
fn committed(database: &TestDatabase) -> ! {
    database.spoil();
    panic!("limbeck: {COMMITTED}");
}

/// Runs a test that takes its database.
#[doc(hidden)]
#[track_caller]
pub fn run_with_database<R: Outcome>(setup: Setup<'_>, test: impl FnOnce(&TestDatabase) -> R) -> R {
    let database = had(setup.fresh());
    let watch = Watch(&database);
    let outcome = test(&database);
    drop(watch);
    if outcome.failure().is_some() {
        database.keep();
    } else if database.has_committed() {
        panic!("limbeck: {COMMITTED}");
    }
    outcome
}

/// Notes a panic, though a handle of the database may be dropped by another thread later.
struct Watch<'a>(&'a TestDatabase);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.keep();
        }
    }
}

pub(super) fn transaction(connection: &mut PgConnection) -> QueryResult<String> {
    let found = sql_query(TRANSACTION).get_result::<Transaction>(connection);
    found.map(|Transaction { id }| id)
}

/// A test that cannot have its database has failed, with the whole story.
#[track_caller]
pub(super) fn had<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("limbeck: no database for this test: {error:?}"),
    }
}
