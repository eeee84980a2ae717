//! What `#[limbeck::test]` makes of a test; no part of the API.

use std::fmt::Debug;
use std::thread;

use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::Result;

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
        let before = database.is_shared().then(|| transaction(&mut connection));
        let outcome = test(database, &mut connection);
        // In a transaction that failed, the question itself fails: it has not been committed.
        if let Some(Some(before)) = before
            && let Some(after) = transaction(&mut connection)
            && before != after
        {
            drop(connection);
            committed(database);
        }
        outcome
    })
}

/// The end of a test that has changed what others use.
#[track_caller]
pub(super) fn committed(database: &TestDatabase) -> ! {
    database.spoil();
    panic!(
        "limbeck: this test ended its transaction, in a database that it shares with others: \
         leave `rollback` out for a test that commits"
    );
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

fn transaction(connection: &mut PgConnection) -> Option<String> {
    let found = sql_query(TRANSACTION).get_result::<Transaction>(connection);
    found.ok().map(|Transaction { id }| id)
}

/// A test that cannot have its database has failed, with the whole story.
#[track_caller]
pub(super) fn had<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("limbeck: no database for this test: {error:?}"),
    }
}
