//! The asynchronous driver against a real server: runtimes, pools, transactions, data steps, and
//! futures that are dropped.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use diesel::PgConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use limbeck_core::revision::sql_digest;
use limbeck_core::{
    AsyncDataStep, AsyncSession, Bundle, DataStep, Error, ErrorKind, Migration, Needs, Result,
    Revision, Script,
};
use limbeck_postgres::runner::LockWait;
use limbeck_postgres::{Migrator, Phase};
use tokio::runtime::Runtime;

use crate::autogenerate::{posts, users, votes};
use crate::run::{ask, bundle, id, sql, three};
use crate::support::{TestDatabase, server};

fn one_thread() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

fn many_threads() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

async fn connect(database: &TestDatabase) -> AsyncPgConnection {
    AsyncPgConnection::establish(&database.url()).await.unwrap()
}

fn manager(database: &TestDatabase) -> AsyncDieselConnectionManager<AsyncPgConnection> {
    AsyncDieselConnectionManager::new(database.url())
}

fn history(database: &TestDatabase) -> String {
    let mut connection = database.connect();
    if ask(
        &mut connection,
        "SELECT to_regclass('limbeck_revision') IS NULL",
    ) == "true"
    {
        return String::new();
    }
    ask(
        &mut connection,
        "SELECT string_agg(revision || CASE WHEN is_head THEN '*' ELSE '' END, ' ' \
         ORDER BY revision) FROM limbeck_revision",
    )
}

/// What stands in the schema `public` beside the history, by name.
fn relations(database: &TestDatabase) -> String {
    ask(
        &mut database.connect(),
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') \
         AND relname <> 'limbeck_revision'",
    )
}

/// A revision that a closure writes.
struct Scripted {
    revision: Revision,
    up: Box<dyn Fn(&mut Script) + Send + Sync>,
}

impl Migration for Scripted {
    fn revision(&self) -> &Revision {
        &self.revision
    }

    fn upgrade(&self, script: &mut Script) -> Result<()> {
        (self.up)(script);
        Ok(())
    }

    fn downgrade(&self, _script: &mut Script) -> Result<()> {
        Ok(())
    }
}

fn scripted(up: impl Fn(&mut Script) + Send + Sync + 'static) -> Migrator {
    let mut bundle = Bundle::new("app");
    bundle.migrations = vec![Arc::new(Scripted {
        revision: Revision::new(id("d1"), sql_digest("d1")),
        up: Box::new(up),
    })];
    Migrator::new(bundle)
}

#[test]
fn the_calls_do_what_their_synchronous_twins_do() {
    for runtime in [one_thread(), many_threads()] {
        let database = TestDatabase::new();
        let migrator = Migrator::new(three());
        runtime.block_on(async {
            let mut connection = connect(&database).await;
            let report = migrator.run_pending_async(&mut connection).await.unwrap();
            assert_eq!(report.applied.len(), 3);
            assert_eq!(history(&database), "a1 b2 c3*");
            let again = migrator.run_pending_async(&mut connection).await.unwrap();
            assert_eq!(again.to_string(), "nothing to do: app is at c3 (head)");

            let downgraded = migrator.downgrade_async(&mut connection, "a1").await;
            assert_eq!(downgraded.unwrap().applied.len(), 2);
            assert_eq!(history(&database), "a1*");
            migrator.upgrade_async(&mut connection, "+1").await.unwrap();
            assert_eq!(history(&database), "a1 b2*");
            migrator.stamp_async(&mut connection, "head").await.unwrap();
            assert_eq!(history(&database), "a1 b2 c3*");
            let current = migrator.current_async(&mut connection).await.unwrap();
            assert_eq!(current.bundles[0].rows.len(), 3);
            let unknown = migrator.upgrade_async(&mut connection, "zz").await;
            assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Target);
        });
    }
}

#[test]
fn a_run_can_be_spawned() {
    let database = TestDatabase::new();
    many_threads().block_on(async {
        let mut connection = connect(&database).await;
        let run = tokio::spawn(async move {
            Migrator::new(three())
                .run_pending_async(&mut connection)
                .await
        });
        assert_eq!(run.await.unwrap().unwrap().applied.len(), 3);
    });
}

#[test]
fn pools_of_one_connection_are_enough() {
    for runtime in [one_thread(), many_threads()] {
        runtime.block_on(async {
            let migrator = Migrator::new(three());

            let database = TestDatabase::new();
            let pool = diesel_async::pooled_connection::deadpool::Pool::builder(manager(&database))
                .max_size(1)
                .build()
                .unwrap();
            for applied in [3, 0] {
                let report = migrator
                    .run_pending_async(&mut pool.get().await.unwrap())
                    .await;
                assert_eq!(report.unwrap().applied.len(), applied);
            }

            let database = TestDatabase::new();
            let pool = diesel_async::pooled_connection::bb8::Pool::builder()
                .max_size(1)
                .build(manager(&database))
                .await
                .unwrap();
            for applied in [3, 0] {
                let report = migrator
                    .run_pending_async(&mut pool.get().await.unwrap())
                    .await;
                assert_eq!(report.unwrap().applied.len(), applied);
            }

            let database = TestDatabase::new();
            let pool = diesel_async::pooled_connection::mobc::Pool::builder()
                .max_open(1)
                .build(manager(&database));
            for applied in [3, 0] {
                let report = migrator
                    .run_pending_async(&mut pool.get().await.unwrap())
                    .await;
                assert_eq!(report.unwrap().applied.len(), applied);
            }
        });
    }
}

#[test]
fn eight_at_once_on_one_thread_apply_each_revision_once() {
    let database = TestDatabase::new();
    one_thread().block_on(async {
        let runs = (0..8).map(|_| {
            let url = database.url();
            tokio::spawn(async move {
                let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
                let report = Migrator::new(three())
                    .run_pending_async(&mut connection)
                    .await
                    .unwrap();
                report.applied.len()
            })
        });
        let runs: Vec<_> = runs.collect();
        let mut applied = 0;
        for run in runs {
            applied += run.await.unwrap();
        }
        assert_eq!(applied, 3);
    });
    assert_eq!(history(&database), "a1 b2 c3*");
}

#[test]
fn nobody_else_waits_while_a_run_waits_for_the_lock() {
    let database = TestDatabase::new();
    one_thread().block_on(async {
        let mut holder = connect(&database).await;
        let mut waiter = connect(&database).await;
        let held = scripted(|script| {
            script.sql("SELECT pg_sleep(0.6)").sql("CREATE TABLE d ()");
        });
        let ticks = AtomicU32::new(0);
        let ticking = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        };
        let both = async {
            let other = held.clone();
            tokio::join!(held.run_pending_async(&mut holder), async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                other.run_pending_async(&mut waiter).await
            })
        };
        tokio::select! {
            () = ticking => unreachable!("it never ends"),
            (first, second) = both => {
                assert_eq!(first.unwrap().applied.len(), 1);
                assert_eq!(second.unwrap().applied.len(), 0);
            }
        }
        assert!(ticks.load(Ordering::Relaxed) > 20, "{ticks:?}");
    });
}

#[test]
fn who_may_not_wait_is_told_who_is_migrating() {
    let database = TestDatabase::new();
    one_thread().block_on(async {
        let mut holder = connect(&database).await;
        let mut waiter = connect(&database).await;
        let held = scripted(|script| {
            script.sql("SELECT pg_sleep(0.5)");
        });
        let impatient = held.clone().wait(LockWait::Fail);
        let (first, second) = tokio::join!(held.run_pending_async(&mut holder), async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            impatient.run_pending_async(&mut waiter).await
        });
        first.unwrap();
        let error = second.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(
            error.to_string().contains("the process with pid"),
            "{error}"
        );
    });
}

#[test]
fn a_callers_transaction_is_joined_by_savepoints() {
    for runtime in [one_thread(), many_threads()] {
        let database = TestDatabase::new();
        runtime.block_on(async {
            let mut connection = connect(&database).await;
            connection
                .batch_execute("CREATE TABLE mine (id int)")
                .await
                .unwrap();
            connection.begin_test_transaction().await.unwrap();
            connection
                .batch_execute("INSERT INTO mine VALUES (1)")
                .await
                .unwrap();
            let migrator = Migrator::new(three());
            let report = migrator.run_pending_async(&mut connection).await.unwrap();
            assert_eq!(report.applied.len(), 3);
            // What fails leaves the caller's transaction usable, with what it held.
            let broken =
                Migrator::new(bundle([sql("x1", &[], "CREATE TABLE a ()", "")])).named("other");
            let error = broken.run_pending_async(&mut connection).await.unwrap_err();
            assert!(error.to_string().contains("already exists"), "{error}");
            connection
                .batch_execute("INSERT INTO mine SELECT count(*) FROM a")
                .await
                .unwrap();
        });
        drop(runtime);
        assert_eq!(relations(&database), "mine");
        assert_eq!(history(&database), "");

        let runtime = one_thread();
        runtime.block_on(async {
            let mut connection = connect(&database).await;
            let migrator = Migrator::new(three());
            connection
                .transaction::<(), Error2, _>(async |connection| {
                    migrator.run_pending_async(connection).await?;
                    Ok(())
                })
                .await
                .unwrap();
        });
        assert_eq!(history(&database), "a1 b2 c3*");
    }
}

/// An application's own error.
#[derive(Debug)]
enum Error2 {
    Diesel(#[allow(dead_code, reason = "it is printed")] diesel::result::Error),
    Limbeck(#[allow(dead_code, reason = "it is printed")] Error),
}

impl From<diesel::result::Error> for Error2 {
    fn from(error: diesel::result::Error) -> Self {
        Self::Diesel(error)
    }
}

impl From<Error> for Error2 {
    fn from(error: Error) -> Self {
        Self::Limbeck(error)
    }
}

#[test]
fn a_failure_names_the_statement_and_its_place() {
    let database = TestDatabase::new();
    one_thread().block_on(async {
        let mut connection = connect(&database).await;
        let cases = [
            // A syntax error, which has a position.
            ("SELECT 1;\nSELEC 2;\nSELECT 3", 2, Some((2, 1)), "42601"),
            ("SELECT 1;\n  SELECT oops", 2, Some((2, 10)), "42703"),
            // One without.
            (
                "CREATE TABLE t ();\nCREATE TABLE t ();\nSELECT 1",
                2,
                Some((2, 1)),
                "42P07",
            ),
            // The position is one of the function's query, which is not in the file.
            (
                "SELECT 1;\nSELECT 2;\n-- a comment that is long enough to be pointed into\n\
                 DO $$ BEGIN EXECUTE 'SELECT    nowhere'; END $$;\nSELECT 3",
                3,
                Some((4, 1)),
                "42703",
            ),
        ];
        for (up, number, place, state) in cases {
            let migrator = Migrator::new(bundle([sql("x1", &[], up, "")]));
            let error = migrator
                .run_pending_async(&mut connection)
                .await
                .unwrap_err();
            let told = error.database().unwrap();
            assert_eq!(told.statement_number, Some(number), "{up}: {error}");
            assert_eq!(told.sqlstate.as_deref(), Some(state), "{up}: {error}");
            let location = error.location().unwrap();
            assert_eq!(location.line.zip(location.column), place, "{up}: {error}");

            // In a caller's transaction nothing else is known than the position.
            connection.begin_test_transaction().await.unwrap();
            let error = migrator
                .run_pending_async(&mut connection)
                .await
                .unwrap_err();
            let told = error.database().unwrap();
            assert_eq!(told.statement_number, Some(number), "{up}: {error}");
            let location = error.location().unwrap();
            assert_eq!(location.line.zip(location.column), place, "{up}: {error}");
            let mut fresh = connect(&database).await;
            std::mem::swap(&mut connection, &mut fresh);
        }
    });
}

#[test]
fn asynchronous_steps_run_on_both_kinds_of_connection() {
    let migrator = scripted(|script| {
        script
            .sql("CREATE TABLE d (id int, name text)")
            .data_async("fill", |session| Box::pin(fill(session)))
            .sql("INSERT INTO d VALUES (9, 'end')");
    });
    let expected = "1 o'ne,2 two,9 end";
    let read = "SELECT string_agg(id || ' ' || name, ',' ORDER BY id) FROM d";

    let database = TestDatabase::new();
    migrator.run_pending(&mut database.connect()).unwrap();
    assert_eq!(ask(&mut database.connect(), read), expected);

    for runtime in [one_thread(), many_threads()] {
        let database = TestDatabase::new();
        runtime.block_on(async {
            let mut connection = connect(&database).await;
            migrator.run_pending_async(&mut connection).await.unwrap();
        });
        assert_eq!(ask(&mut database.connect(), read), expected);
    }
}

async fn fill(session: &mut dyn AsyncSession) -> Result<()> {
    session
        .execute("INSERT INTO d VALUES (1, 'o''ne'); INSERT INTO d VALUES (3, NULL)")
        .await?;
    session.execute("-- nothing").await?;
    let rows = session
        .query("DELETE FROM d WHERE name IS NULL RETURNING id - 1, name")
        .await?;
    assert_eq!(rows, [[Some("2".to_owned()), None]]);
    session.execute("INSERT INTO d VALUES (2, 'two')").await
}

#[test]
fn synchronous_steps_run_on_an_asynchronous_connection_and_block_nobody() {
    let database = TestDatabase::new();
    let migrator = scripted(|script| {
        script
            .sql("CREATE TABLE d (id int)")
            .data("fill", |session| {
                session.execute("INSERT INTO d SELECT generate_series(1, 4)")?;
                session.execute("")?;
                // A step may well block: it has a thread of its own.
                std::thread::sleep(Duration::from_millis(300));
                let rows = session.query("SELECT id, NULL FROM d WHERE id > 3")?;
                assert_eq!(rows, [[Some("4".to_owned()), None]]);
                let connection = session.connection().unwrap();
                assert!(!connection.is::<PgConnection>());
                assert!(session.query("SELECT nowhere").is_err());
                Err(Error::new(ErrorKind::DataStep, "not this time"))
            });
    });
    one_thread().block_on(async {
        let mut connection = connect(&database).await;
        let ticks = AtomicU32::new(0);
        let ticking = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::select! {
            () = ticking => unreachable!("it never ends"),
            result = migrator.run_pending_async(&mut connection) => {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::DataStep);
                assert!(error.to_string().contains("`fill`"), "{error}");
                assert!(error.to_string().contains("not this time"), "{error}");
            }
        }
        assert!(ticks.load(Ordering::Relaxed) > 10, "{ticks:?}");
    });
    assert_eq!(relations(&database), "");
    assert_eq!(history(&database), "");
}

#[test]
fn a_step_has_the_connection_of_its_own_form() {
    let database = TestDatabase::new();
    let asynchronous = scripted(|script| {
        script
            .sql("CREATE TABLE d (id int)")
            .async_data_step(AsyncDataStep {
                name: "fill".to_owned(),
                needs: Needs::Connection,
                call: Arc::new(|session| Box::pin(nested(session))),
            });
    });
    let synchronous = scripted(|script| {
        script.data_step(DataStep {
            name: "fill".to_owned(),
            needs: Needs::Connection,
            call: Arc::new(|session| {
                let connection = session.connection().unwrap();
                assert!(connection.is::<PgConnection>());
                Ok(())
            }),
        });
    });
    let error = asynchronous
        .run_pending(&mut database.connect())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "the data step `fill` of revision `d1` needs a connection of diesel-async, and this run has \
         a synchronous one"
    );
    assert!(error.hint().unwrap().contains("`AsyncPgConnection`"));
    one_thread().block_on(async {
        let mut connection = connect(&database).await;
        let error = synchronous
            .run_pending_async(&mut connection)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(
            error.to_string(),
            "the data step `fill` of revision `d1` needs a Diesel connection, and this run has an \
             asynchronous one"
        );
        assert!(error.hint().unwrap().contains("`PgConnection`"));
        // Refused beforehand: nothing was begun.
        assert_eq!(history(&database), "");
        asynchronous
            .run_pending_async(&mut connection)
            .await
            .unwrap();
    });
    assert_eq!(
        ask(
            &mut database.connect(),
            "SELECT string_agg(id::text, ' ') FROM d"
        ),
        "2"
    );
}

async fn nested(session: &mut dyn AsyncSession) -> Result<()> {
    let connection = session.connection().unwrap();
    let connection = connection.downcast_mut::<AsyncPgConnection>().unwrap();
    let inner = connection
        .transaction::<(), diesel::result::Error, _>(async |connection| {
            connection.batch_execute("INSERT INTO d VALUES (1)").await?;
            Err(diesel::result::Error::RollbackTransaction)
        })
        .await;
    assert!(inner.is_err());
    connection
        .batch_execute("INSERT INTO d VALUES (2)")
        .await
        .unwrap();
    Ok(())
}

#[test]
fn a_step_that_panics_goes_on_panicking_after_its_revision_was_rolled_back() {
    let synchronous = scripted(|script| {
        script
            .sql("CREATE TABLE d ()")
            .data("panic", |_| panic!("on purpose"));
    });
    let asynchronous = scripted(|script| {
        script
            .sql("CREATE TABLE d ()")
            .data_async("panic", |session| {
                Box::pin(async move {
                    session.execute("CREATE TABLE e ()").await?;
                    panic!("on purpose")
                })
            });
    });
    let at_once = scripted(|script| {
        script
            .sql("CREATE TABLE d ()")
            .data_async("panic", |_| panic!("on purpose"));
    });
    for migrator in [synchronous, asynchronous, at_once] {
        let database = TestDatabase::new();
        one_thread().block_on(async {
            let mut connection = connect(&database).await;
            let mut run = Box::pin(migrator.run_pending_async(&mut connection));
            let panic = poll_fn(|context| {
                let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    run.as_mut().poll(context)
                }));
                match polled {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(result)) => panic!("it ended: {result:?}"),
                    Err(panic) => Poll::Ready(panic),
                }
            })
            .await;
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
            drop(run);
            // The connection is as it was: no transaction, no lock.
            connection.begin_test_transaction().await.unwrap();
            let next = Migrator::new(three()).wait(LockWait::Fail);
            next.run_pending_async(&mut connect(&database).await)
                .await
                .unwrap();
        });
        assert_eq!(relations(&database), "a b");
        assert_eq!(history(&database), "a1 b2 c3*");

        // On a synchronous connection, too.
        let database = TestDatabase::new();
        let mut connection = database.connect();
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            migrator.run_pending(&mut connection)
        }));
        assert!(panic.is_err());
        Migrator::new(three()).run_pending(&mut connection).unwrap();
        assert_eq!(relations(&database), "a b");
    }
}

/// What the asynchronous step of [`five`] does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inner {
    /// It uses its session.
    Session,
    /// It opens a transaction of its own with diesel-async.
    Transaction,
}

/// Five revisions that take every path: one batch, several messages, both forms of data steps.
fn five(inner: Inner) -> Migrator {
    let mut all = bundle([
        sql("a1", &[], "CREATE TABLE a (id int PRIMARY KEY);", ""),
        sql(
            "b2",
            &["a1"],
            "CREATE TABLE b (id int REFERENCES a);\nINSERT INTO a VALUES (1)",
            "",
        ),
    ]);
    let mut add = |name: &str, parent: &str, up: Box<dyn Fn(&mut Script) + Send + Sync>| {
        let mut revision = Revision::new(id(name), sql_digest(name));
        revision.parents = vec![id(parent)];
        all.migrations.push(Arc::new(Scripted { revision, up }));
    };
    add(
        "c3",
        "b2",
        Box::new(|script| {
            script
                .sql("CREATE TABLE d (id int)")
                .data("sync", |session| {
                    session.execute("INSERT INTO d VALUES (1)")?;
                    session.query("SELECT count(*) FROM d").map(|_| ())
                });
        }),
    );
    add(
        "d4",
        "c3",
        Box::new(move |script| {
            if inner == Inner::Transaction {
                script.async_data_step(AsyncDataStep {
                    name: "async".to_owned(),
                    needs: Needs::Connection,
                    call: Arc::new(|session| Box::pin(nested(session))),
                });
            } else {
                script.data_async("async", |session| {
                    Box::pin(async move {
                        session.query("SELECT id FROM d").await?;
                        session.execute("INSERT INTO d VALUES (2)").await
                    })
                });
            }
        }),
    );
    all.migrations.push(Arc::new(sql(
        "e5",
        &["d4"],
        "CREATE TABLE e (id int);\nINSERT INTO e VALUES (1);",
        "",
    )));
    Migrator::new(all)
}

/// What must hold whenever a run was given up: history and catalog agree, revision by revision.
/// Gives how many revisions are applied.
#[track_caller]
fn consistent(database: &TestDatabase, after: u32) -> usize {
    let history = history(database);
    let applied = history.split_whitespace().count();
    let expected = ["", "a", "a b", "a b d", "a b d", "a b d e"][applied];
    assert_eq!(
        relations(database),
        expected,
        "{history}, given up at {after}"
    );
    let rows = match applied {
        3 => "1",
        4 | 5 => "1 2",
        _ => return applied,
    };
    let found = ask(
        &mut database.connect(),
        "SELECT string_agg(id::text, ' ' ORDER BY id) FROM d",
    );
    assert_eq!(found, rows, "{history}, given up at {after}");
    applied
}

/// Waits until no other session of the database is at work or in a transaction.
async fn quiet(database: &TestDatabase) {
    let mut connection = database.connect();
    for _ in 0..500 {
        let busy = ask(
            &mut connection,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND state <> 'idle'",
        );
        if busy == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("a session stays in its transaction");
}

/// Runs all five, given up after so many polls; whether they came to their end.
async fn poll_so_often(connection: &mut AsyncPgConnection, inner: Inner, polls: u32) -> bool {
    let migrator = five(inner);
    let mut run = pin!(migrator.run_pending_async(connection));
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        run.as_mut().poll(context).map(|result| {
            result.unwrap();
            true
        })
    })
    .await
}

/// Drops a run after one poll, after two, and so on, until it is through.
async fn drop_at_every_await(database: &TestDatabase, inner: Inner) {
    let mut given_up = BTreeSet::new();
    for polls in 0.. {
        let mut connection = connect(database).await;
        connection
            .batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
            .await
            .unwrap();
        if poll_so_often(&mut connection, inner, polls).await {
            // How often a run waits depends on how quick the server answers, and of a batch that is on
            // its way nobody knows whether it arrives. It was given up before all, and inside of the
            // two revisions of several messages.
            let inside = [0, 2, 3];
            let everywhere = inside.iter().all(|applied| given_up.contains(applied));
            assert!(everywhere, "{given_up:?} after {polls} polls");
            return;
        }
        // The transaction ends although the connection lives on, and the lock with it.
        quiet(database).await;
        given_up.insert(consistent(database, polls));
        let impatient = five(inner).wait(LockWait::Fail);
        // Every other time a new connection goes on, while the old one is still there.
        let used_on = polls % 2 == 0;
        let mut other = connect(database).await;
        let next = if used_on { &mut connection } else { &mut other };
        match impatient.run_pending_async(next).await {
            Ok(_) => {}
            // What the step itself began is diesel-async's.
            Err(error) => {
                assert!(used_on && inner == Inner::Transaction, "{error}");
                assert_eq!(error.kind(), ErrorKind::Connection);
                assert!(error.hint().unwrap().contains("take a new connection"));
                impatient.run_pending_async(&mut other).await.unwrap();
            }
        }
        if inner == Inner::Session {
            // The old one is good for transactions of diesel-async's, too.
            connection
                .transaction::<(), diesel::result::Error, _>(async |connection| {
                    connection.batch_execute("SELECT 1").await
                })
                .await
                .unwrap();
        }
        assert_eq!(history(database), "a1 b2 c3 d4 e5*");
        consistent(database, polls);
    }
}

#[test]
fn a_run_may_be_dropped_at_every_await_and_its_connection_used_on() {
    for runtime in [one_thread(), many_threads()] {
        let database = TestDatabase::new();
        runtime.block_on(drop_at_every_await(&database, Inner::Session));
    }
}

#[test]
fn a_run_may_be_dropped_inside_of_a_steps_own_transaction() {
    let database = TestDatabase::new();
    one_thread().block_on(drop_at_every_await(&database, Inner::Transaction));
}

#[test]
fn a_run_that_is_timed_out_gives_its_pooled_connection_back() {
    let database = TestDatabase::new();
    many_threads().block_on(async {
        let pool = diesel_async::pooled_connection::deadpool::Pool::builder(manager(&database))
            .max_size(1)
            .build()
            .unwrap();
        let slow = scripted(|script| {
            script
                .sql("CREATE TABLE d ()")
                .data_async("sleep", |session| {
                    Box::pin(async move { session.execute("SELECT pg_sleep(0.4)").await })
                });
        });
        for milliseconds in [1, 5, 20, 50, 100] {
            let mut connection = pool.get().await.unwrap();
            let run = slow.run_pending_async(&mut connection);
            let run = tokio::time::timeout(Duration::from_millis(milliseconds), run).await;
            assert!(run.is_err());
        }
        // The one connection of the pool is fine, and so is the database.
        let mut connection = pool.get().await.unwrap();
        assert_eq!(relations(&database), "");
        assert_eq!(history(&database), "");
        let report = slow.run_pending_async(&mut connection).await.unwrap();
        assert_eq!(report.applied.len(), 1);
    });
}

#[test]
fn a_run_that_is_given_up_is_told_as_failed() {
    let database = TestDatabase::new();
    let slow = scripted(|script| {
        script
            .sql("CREATE TABLE d ()")
            .data_async("sleep", |session| {
                Box::pin(async move { session.execute("SELECT pg_sleep(0.4)").await })
            });
    });
    let progress = slow.progress();
    many_threads().block_on(async {
        let mut connection = connect(&database).await;
        let run = slow.run_pending_async(&mut connection);
        let run = tokio::time::timeout(Duration::from_millis(200), run).await;
        assert!(run.is_err());
        let seen = progress.snapshot();
        assert_eq!(seen.phase, Phase::Failed, "{seen}");
        assert!(seen.error.unwrap().contains("given up before its end"));
        // The next run is told as every one is.
        slow.run_pending_async(&mut connection).await.unwrap();
        assert_eq!(progress.snapshot().phase, Phase::Done);
    });
    let broken = scripted(|script| {
        script.data("panic", |_| panic!("on purpose"));
    });
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        broken.run_pending(&mut connection)
    }));
    assert!(run.is_err());
    assert_eq!(broken.progress().snapshot().phase, Phase::Failed);
}

#[test]
fn a_run_that_cannot_connect_is_told_as_failed() {
    let url = "postgres://me@127.0.0.1:1/nowhere";
    let migrator = Migrator::new(three());
    migrator.run_pending_url(url).unwrap_err();
    let seen = migrator.progress().snapshot();
    assert_eq!(seen.phase, Phase::Failed, "{seen}");
    assert!(seen.error.is_some());

    let migrator = Migrator::new(three());
    let run = migrator.run_pending_url_async(url);
    one_thread().block_on(run).unwrap_err();
    assert_eq!(migrator.progress().snapshot().phase, Phase::Failed);
}

#[test]
fn a_run_whose_task_is_aborted_with_its_connection_leaves_nothing() {
    let database = TestDatabase::new();
    many_threads().block_on(async {
        for milliseconds in [0, 2, 5, 10, 20, 40] {
            let url = database.url();
            let run = tokio::spawn(async move {
                let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
                five(Inner::Transaction)
                    .run_pending_async(&mut connection)
                    .await
            });
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            run.abort();
            let _ = run.await;
            quiet(&database).await;
            consistent(&database, u32::try_from(milliseconds).unwrap());
        }
        let mut connection = connect(&database).await;
        five(Inner::Transaction)
            .run_pending_async(&mut connection)
            .await
            .unwrap();
    });
    assert_eq!(history(&database), "a1 b2 c3 d4 e5*");
}

#[test]
fn in_a_callers_transaction_a_dropped_run_takes_back_its_savepoint_alone() {
    let database = TestDatabase::new();
    one_thread().block_on(async {
        let mut connection = connect(&database).await;
        connection
            .transaction::<(), Error2, _>(async |connection| {
                connection.batch_execute("CREATE TABLE mine ()").await?;
                let slow = scripted(|script| {
                    script.sql("CREATE TABLE d ()").sql("SELECT pg_sleep(0.3)");
                });
                let run = slow.run_pending_async(connection);
                let run = tokio::time::timeout(Duration::from_millis(100), run).await;
                assert!(run.is_err());
                connection.batch_execute("CREATE TABLE more ()").await?;
                Ok(())
            })
            .await
            .unwrap();
    });
    assert_eq!(relations(&database), "mine more");
}

#[test]
fn a_step_in_a_thread_ends_when_its_run_is_given_up() {
    let database = TestDatabase::new();
    let (ended, end) = std::sync::mpsc::channel();
    let migrator = scripted(move |script| {
        let ended = ended.clone();
        script.data("loop", move |session| {
            loop {
                if let Err(error) = session.execute("SELECT pg_sleep(0.01)") {
                    let _ = ended.send(error.to_string());
                    return Err(error);
                }
            }
        });
    });
    one_thread().block_on(async {
        let mut connection = connect(&database).await;
        let run = migrator.run_pending_async(&mut connection);
        let run = tokio::time::timeout(Duration::from_millis(100), run).await;
        assert!(run.is_err());
    });
    let told = end.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(told.contains("was given up"), "{told}");
}

#[test]
fn a_connection_that_is_gone_is_told() {
    let database = TestDatabase::new();
    one_thread().block_on(async {
        let mut connection = connect(&database).await;
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        ask(&mut database.connect(), kill);
        let error = Migrator::new(three())
            .run_pending_async(&mut connection)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    });
}

fn modelled() -> Migrator {
    Migrator::new(Bundle::new("app"))
        .models([users(), posts(), votes(&["up", "down"], "'up'")])
        .scratch_url(server().url("postgres"))
}

#[test]
fn the_reading_calls_answer_as_their_synchronous_twins_do() {
    for runtime in [one_thread(), many_threads()] {
        let database = TestDatabase::new();
        let migrator = modelled();
        runtime.block_on(async {
            let pool = diesel_async::pooled_connection::deadpool::Pool::builder(manager(&database))
                .max_size(1)
                .build()
                .unwrap();
            let draft = migrator
                .autogenerate_async(&mut pool.get().await.unwrap())
                .await
                .unwrap();
            let twin = migrator.autogenerate(&mut database.connect()).unwrap();
            assert!(!draft.is_empty());
            assert_eq!(format!("{draft:?}"), format!("{twin:?}"));

            let mut connection = pool.get().await.unwrap();
            migrator.create_all_async(&mut connection).await.unwrap();
            assert!(
                migrator
                    .check_async(&mut connection)
                    .await
                    .unwrap()
                    .is_clean()
            );

            // Defaults and checks that Postgres must be asked about, within savepoints.
            connection.begin_test_transaction().await.unwrap();
            connection
                .batch_execute(
                    "ALTER TABLE posts ADD more int; CREATE TABLE mine ();
                     ALTER TABLE votes ALTER COLUMN kind SET DEFAULT 'down'",
                )
                .await
                .unwrap();
            let check = migrator.check_async(&mut connection).await.unwrap();
            assert!(!check.is_clean());
            connection
                .batch_execute("SELECT FROM mine; ROLLBACK")
                .await
                .unwrap();
        });
        assert!(migrator.check(&mut database.connect()).unwrap().is_clean());
    }
}

#[test]
fn a_comparison_can_be_spawned_and_may_be_dropped_at_every_await() {
    let database = TestDatabase::new();
    let migrator = modelled();
    migrator.create_all(&mut database.connect()).unwrap();
    let before = relations(&database);
    many_threads().block_on(async {
        let mut connection = connect(&database).await;
        for polls in 0.. {
            let ended = {
                let mut check = pin!(migrator.check_async(&mut connection));
                let mut left = polls;
                poll_fn(|context| {
                    if left == 0 {
                        return Poll::Ready(None);
                    }
                    left -= 1;
                    check.as_mut().poll(context).map(Some)
                })
                .await
            };
            quiet(&database).await;
            assert_eq!(relations(&database), before);
            if let Some(check) = ended {
                assert!(check.unwrap().is_clean());
                assert!(polls > 5, "only {polls} points were tried");
                break;
            }
        }
        let check = tokio::spawn(async move { migrator.check_async(&mut connection).await });
        assert!(check.await.unwrap().unwrap().is_clean());
    });
}
