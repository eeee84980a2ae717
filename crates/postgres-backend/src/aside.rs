//! What is done on a connection and leaves nothing behind.

use diesel::connection::{LoadConnection, TransactionManager};
use diesel::pg::Pg;
use diesel::sql_types::Bool;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::Result;

use crate::error::database_error;

/// How Postgres prints dates, intervals, bytes, numbers and amounts, and reads dates, whatever the session wants.
pub(crate) const PLAIN: &str = "SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL intervalstyle = 'postgres'; \
    SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lc_monetary = 'C'; \
    SET LOCAL timezone = 'UTC'; SET LOCAL quote_all_identifiers = off";

/// The search path under which names, types and operators that stand alone are those of Postgres:
/// temporary types would be found before them if `pg_temp` were not named.
pub(crate) const OF_POSTGRES: &str = "SET LOCAL search_path = pg_catalog, pg_temp";

/// What the statements of a question see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Snapshot {
    /// All the same: the transaction is of their own.
    One,
    /// Each what there is when it begins, if the transaction around them has it so.
    Each,
}

/// Asks under the search path of Postgres itself, and puts back the one that was there: an operator
/// that somebody has made in a schema of the session's path is not called. That path is set in a
/// statement before the questions, since the whole of a statement is resolved before any of it runs.
#[cfg(feature = "postgres")]
pub(crate) fn under_own_path<C, T>(
    connection: &mut C,
    body: impl FnOnce(&mut C) -> Result<T>,
) -> Result<T>
where
    C: LoadConnection<Backend = Pg>,
{
    undone(connection, |connection| {
        connection
            .batch_execute(&format!("{OF_POSTGRES}; {PLAIN}"))
            .map_err(|error| database_error(error, "the search path was set"))?;
        body(connection)
    })
}

/// Like [`under_own_path`], and in one snapshot where the transaction is not somebody else's.
pub(crate) fn in_one_snapshot<C, T>(
    connection: &mut C,
    body: impl FnOnce(&mut C, Snapshot) -> Result<T>,
) -> Result<T>
where
    C: LoadConnection<Backend = Pg>,
{
    aside(connection, |connection, snapshot| {
        // The level of a transaction can be said until its first query.
        let settings = match snapshot {
            Snapshot::One => {
                format!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; {OF_POSTGRES}; {PLAIN}")
            }
            Snapshot::Each => format!("{OF_POSTGRES}; {PLAIN}"),
        };
        connection
            .batch_execute(&settings)
            .map_err(|error| database_error(error, "the search path was set"))?;
        body(connection, snapshot)
    })
}

/// Does something and takes it back, whatever came of it.
///
/// Diesel's transactions nest as savepoints. One that was opened behind Diesel's back does not, and
/// gets a savepoint here: a rollback would end it.
#[cfg(feature = "postgres")]
pub(crate) fn undone<C, T>(connection: &mut C, body: impl FnOnce(&mut C) -> Result<T>) -> Result<T>
where
    C: LoadConnection<Backend = Pg>,
{
    aside(connection, |connection, _| body(connection))
}

fn aside<C, T>(connection: &mut C, body: impl FnOnce(&mut C, Snapshot) -> Result<T>) -> Result<T>
where
    C: LoadConnection<Backend = Pg>,
{
    let known = C::TransactionManager::transaction_manager_status_mut(connection)
        .transaction_depth()
        .map_err(|error| database_error(error, "its transaction was looked at"))?
        .is_some();
    let by_diesel = known || !is_inside(connection)?;
    let begun = if by_diesel {
        C::TransactionManager::begin_transaction(connection)
    } else {
        connection.batch_execute("SAVEPOINT limbeck_aside")
    };
    begun.map_err(|error| database_error(error, "a transaction was begun"))?;
    let snapshot = if by_diesel && !known {
        Snapshot::One
    } else {
        Snapshot::Each
    };
    let result = body(connection, snapshot);
    let ended = if by_diesel {
        C::TransactionManager::rollback_transaction(connection)
    } else {
        connection
            .batch_execute("ROLLBACK TO SAVEPOINT limbeck_aside; RELEASE SAVEPOINT limbeck_aside")
    };
    match (result, ended) {
        (Ok(value), Ok(())) => Ok(value),
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(database_error(error, "a transaction was rolled back")),
    }
}

/// Whether a transaction is open, be it behind Diesel's back.
fn is_inside<C>(connection: &mut C) -> Result<bool>
where
    C: LoadConnection<Backend = Pg>,
{
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        inside: bool,
    }

    // What is local to a transaction is gone when that was a single statement's; and a statement
    // that comes as text, without parameters, begins when the transaction does that it makes.
    connection
        .batch_execute(
            "DO $$BEGIN\n  \
               IF pg_catalog.transaction_timestamp() OPERATOR(pg_catalog.<>) \
                 pg_catalog.statement_timestamp() THEN\n    \
                 PERFORM pg_catalog.set_config('limbeck.inside', 'yes', true);\n  \
               END IF;\n\
             END$$",
        )
        .map_err(|error| database_error(error, "its transaction was looked at"))?;
    let Row { inside } = sql_query(
        "SELECT coalesce(pg_catalog.current_setting('limbeck.inside', true) \
         OPERATOR(pg_catalog.=) 'yes', false) AS inside",
    )
    .get_result(connection)
    .map_err(|error| database_error(error, "its transaction was looked at"))?;
    Ok(inside)
}
