//! What `#[limbeck::test]` makes of an `async fn`; no part of the API.
//!
//! The database is made before the runtime is and dropped after it is gone, so that nothing of that
//! blocks it.

use diesel::{QueryResult, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::run::{TRANSACTION, Transaction, compare, had, run_with_database};
use super::{Outcome, Setup, TestDatabase};

/// Runs a test that takes an asynchronous connection.
#[doc(hidden)]
#[track_caller]
pub fn run_async_with_connection<R: Outcome>(
    setup: Setup<'_>,
    test: impl AsyncFnOnce(&TestDatabase, &mut AsyncPgConnection) -> R,
) -> R {
    run_async_with_database(setup, async |database| {
        let mut connection = had(database.async_connection().await);
        let before = database.last_lent();
        let outcome = test(database, &mut connection).await;
        if let Some(before) = before {
            compare(database, &before, transaction(&mut connection).await.ok());
        }
        outcome
    })
}

/// Runs an asynchronous test that takes its database.
#[doc(hidden)]
#[track_caller]
pub fn run_async_with_database<R: Outcome>(
    setup: Setup<'_>,
    test: impl AsyncFnOnce(&TestDatabase) -> R,
) -> R {
    run_with_database(
        setup,
        |database| match tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime.block_on(test(database)),
            Err(error) => panic!("limbeck: no runtime for this test: {error}"),
        },
    )
}

pub(super) async fn transaction(connection: &mut AsyncPgConnection) -> QueryResult<String> {
    let found = sql_query(TRANSACTION)
        .get_result::<Transaction>(connection)
        .await;
    found.map(|Transaction { id }| id)
}
