//! A time budget, kept by a real server.

use std::error::Error as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::{Connection, SimpleConnection};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, deadpool};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use limbeck_core::{Bundle, Error, ErrorKind, Script};
use limbeck_postgres::runner::{Action, LockWait, RunOptions};
use limbeck_postgres::{Migrator, Phase};

use crate::run::{ask, bundle, closure_as, pending, run_with, sql};
use crate::support::TestDatabase;

/// Runs what is pending within a budget, and sees that it ends about then.
#[track_caller]
fn cut(connection: &mut PgConnection, bundle: &Bundle, budget: Duration) -> Error {
    let options = RunOptions {
        time_budget: Some(budget),
        ..RunOptions::default()
    };
    let started = Instant::now();
    let error = run_with(connection, bundle, Action::RunPending, options).unwrap_err();
    let took = started.elapsed();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(took < budget + Duration::from_secs(8), "it took {took:?}");
    error
}

#[test]
fn a_revision_is_cut_off_as_a_whole() {
    for (slow, what) in [
        (
            "CREATE TABLE b (); SELECT pg_sleep(30)",
            "one long statement",
        ),
        (
            "CREATE TABLE b (); SELECT pg_sleep(0.4); SELECT pg_sleep(0.4); SELECT pg_sleep(0.4); \
             SELECT pg_sleep(0.4); SELECT pg_sleep(30)",
            "several short ones",
        ),
        (
            "SET LOCAL statement_timeout = 0; CREATE TABLE b (); SELECT pg_sleep(30)",
            "its own limit",
        ),
    ] {
        let database = TestDatabase::new();
        let mut connection = database.connect();
        connection
            .batch_execute("SET statement_timeout = '77s'")
            .unwrap();
        let two = bundle([
            sql("a1", &[], "CREATE TABLE a ()", "DROP TABLE a"),
            sql("b2", &["a1"], slow, "DROP TABLE b"),
            sql("c3", &["b2"], "CREATE TABLE c ()", "DROP TABLE c"),
        ]);
        let error = cut(&mut connection, &two, Duration::from_millis(1200));
        assert_eq!(
            error.to_string(),
            "the time budget of 1200 ms is used up while `b2` was applied, of which nothing was \
             kept: one revision is done, and `b2`, `c3` are not",
            "{what}"
        );
        let source = error.source().unwrap().to_string();
        assert!(source.contains("statement timeout"), "{what}: {source}");
        let left = "SELECT concat_ws(' ', to_regclass('a'), to_regclass('b'), to_regclass('c'))";
        assert_eq!(ask(&mut connection, left), "a", "{what}");
        let timeout = "SELECT current_setting('statement_timeout')";
        assert_eq!(ask(&mut connection, timeout), "77s", "{what}");
    }
}

/// A name, and what a revision does.
type Case = (&'static str, fn(&mut Script));

/// A revision that makes a table `d` and then calls a data step.
fn stepped(step: fn(&mut Script)) -> Bundle {
    crate::run::closure(step)
}

/// Nothing of the revision is there, and the connection has its own limit again.
#[track_caller]
fn nothing_was_kept(connection: &mut PgConnection, what: &str) {
    let left = "SELECT concat_ws(' ', to_regclass('d'), (SELECT count(*) FROM limbeck_revision))";
    assert_eq!(ask(connection, left), "0", "{what}");
    let timeout = "SELECT current_setting('statement_timeout')";
    assert_eq!(ask(connection, timeout), "77s", "{what}");
}

const OVER: &str = "the time budget of 1 s is used up while `d1` was applied, of which nothing \
                    was kept: nothing is done, and `d1` is not";

#[test]
fn a_data_step_over_the_budget_is_not_kept() {
    let steps: [Case; 4] = [
        ("many short statements", |script| {
            script.sql("CREATE TABLE d ()").data("short", |session| {
                (0..8).try_for_each(|_| session.execute("SELECT pg_sleep(0.4)"))
            });
        }),
        ("a step that swallows its errors", |script| {
            script.sql("CREATE TABLE d ()").data("deaf", |session| {
                for _ in 0..8 {
                    let _ = session.query("SELECT pg_sleep(0.4)");
                }
                Ok(())
            });
        }),
        ("a step that blocks", |script| {
            script.sql("CREATE TABLE d ()").data("block", |_| {
                std::thread::sleep(Duration::from_millis(1600));
                Ok(())
            });
        }),
        ("an asynchronous step that waits", |script| {
            script
                .sql("CREATE TABLE d ()")
                .data_async("wait", |_| Box::pin(std::future::pending()));
        }),
    ];
    for (what, step) in steps {
        let database = TestDatabase::new();
        let mut connection = database.connect();
        connection
            .batch_execute("SET statement_timeout = '77s'")
            .unwrap();
        let started = Instant::now();
        let error = cut(&mut connection, &stepped(step), Duration::from_secs(1));
        let took = started.elapsed();
        assert_eq!(error.to_string(), OVER, "{what}");
        assert!(took < Duration::from_millis(2900), "{what}: {took:?}");
        nothing_was_kept(&mut connection, what);
    }
}

#[test]
fn an_asynchronous_run_waits_for_no_step_beyond_its_budget() {
    let steps: [Case; 3] = [
        ("an asynchronous step", |script| {
            script.sql("CREATE TABLE d ()").data_async("wait", |_| {
                Box::pin(async {
                    tokio::time::sleep(Duration::from_secs(20)).await;
                    Ok(())
                })
            });
        }),
        ("a synchronous step", |script| {
            script.sql("CREATE TABLE d ()").data("block", |session| {
                std::thread::sleep(Duration::from_secs(3));
                session.execute("CREATE TABLE late ()")
            });
        }),
        ("many short statements", |script| {
            script
                .sql("CREATE TABLE d ()")
                .data_async("short", |session| {
                    Box::pin(async move {
                        for _ in 0..8 {
                            let _ = session.execute("SELECT pg_sleep(0.4)").await;
                        }
                        Ok(())
                    })
                });
        }),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (what, step) in steps {
        let database = TestDatabase::new();
        let migrator =
            limbeck_postgres::Migrator::new(stepped(step)).time_budget(Duration::from_secs(1));
        runtime.block_on(async {
            let mut connection = limbeck_postgres::connect_async(&database.url())
                .await
                .unwrap();
            connection
                .batch_execute("SET statement_timeout = '77s'")
                .await
                .unwrap();
            let started = Instant::now();
            let error = migrator
                .run_pending_async(&mut connection)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{what}: {error}");
            assert_eq!(error.to_string(), OVER, "{what}");
            let took = started.elapsed();
            assert!(took < Duration::from_millis(2500), "{what}: {took:?}");
            // The connection is as it was.
            migrator.current_async(&mut connection).await.unwrap();
        });
        assert_eq!(
            migrator.progress().snapshot().phase,
            Phase::Failed,
            "{what}"
        );
        let mut connection = database.connect();
        let left =
            "SELECT concat_ws(' ', to_regclass('d'), (SELECT count(*) FROM limbeck_revision))";
        assert_eq!(ask(&mut connection, left), "0", "{what}");
    }
}

#[test]
fn a_locked_history_is_waited_for_within_the_budget() {
    let database = TestDatabase::new();
    let mut first = database.connect();
    let one = bundle([sql("a1", &[], "CREATE TABLE a ()", "DROP TABLE a")]);
    pending(&mut first, &one).unwrap();
    let two = bundle([
        sql("a1", &[], "CREATE TABLE a ()", "DROP TABLE a"),
        sql("b2", &["a1"], "CREATE TABLE b ()", "DROP TABLE b"),
    ]);
    first
        .batch_execute("BEGIN; LOCK TABLE limbeck_revision IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let pid = ask(&mut first, "SELECT pg_backend_pid()");
    for bundle in [one, two] {
        let migrator = limbeck_postgres::Migrator::new(bundle).time_budget(Duration::from_secs(1));
        let progress = migrator.progress();
        let mut connection = database.connect();
        connection
            .batch_execute("SET statement_timeout = '77s'")
            .unwrap();
        let started = Instant::now();
        let run = std::thread::spawn(move || {
            let error = migrator.run_pending(&mut connection).unwrap_err();
            (error, connection)
        });
        std::thread::sleep(Duration::from_millis(500));
        let seen = progress.snapshot();
        assert_eq!(seen.phase, Phase::Running);
        assert_eq!(
            seen.doing.as_deref(),
            Some("reading the history table `public.limbeck_revision`")
        );
        let (error, mut connection) = run.join().unwrap();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        let told = error.to_string();
        let expected = format!(
            "the time budget of 1 s is used up while the history was read, whose table is locked by \
             the process with pid {pid} of role"
        );
        assert!(told.starts_with(&expected), "{told}");
        assert!(started.elapsed() < Duration::from_secs(3));
        assert_eq!(progress.snapshot().phase, Phase::Failed);
        let timeout = "SELECT current_setting('statement_timeout')";
        assert_eq!(ask(&mut connection, timeout), "77s");
    }
}

#[test]
fn a_history_table_that_cannot_be_made_is_waited_for_within_the_budget() {
    let database = TestDatabase::new();
    let one = bundle([sql("a1", &[], "CREATE TABLE a ()", "DROP TABLE a")]);
    let mut other = database.connect();
    // Whoever makes a table of that name waits for this transaction.
    other
        .batch_execute("BEGIN; CREATE TABLE limbeck_revision ()")
        .unwrap();
    let mut connection = database.connect();
    let started = Instant::now();
    let error = cut(&mut connection, &one, Duration::from_secs(1));
    assert_eq!(
        error.to_string(),
        "the time budget of 1 s is used up while the history table was made: nothing is done, and \
         `a1` is not"
    );
    assert!(started.elapsed() < Duration::from_secs(3));
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(pending(&mut connection, &one).unwrap().applied.len(), 1);
}

#[test]
fn a_run_with_a_budget_leaves_a_transaction_as_it_was() {
    let database = TestDatabase::new();
    let one = bundle([sql("a1", &[], "CREATE TABLE a ()", "DROP TABLE a")]);
    let options = RunOptions {
        time_budget: Some(Duration::from_secs(60)),
        ..RunOptions::default()
    };
    let mut connection = database.connect();
    let inside = connection.transaction(|connection| {
        connection.batch_execute("SET LOCAL statement_timeout = '77s'")?;
        for applied in [1, 0] {
            let report = run_with(connection, &one, Action::RunPending, options.clone());
            assert_eq!(report.unwrap().applied.len(), applied);
            let timeout = "SELECT current_setting('statement_timeout')";
            assert_eq!(ask(connection, timeout), "77s");
        }
        diesel::QueryResult::Ok(())
    });
    inside.unwrap();
    assert_eq!(ask(&mut connection, "SELECT to_regclass('a')"), "a");
    // One that Diesel does not know of is not ended.
    connection
        .batch_execute("BEGIN; CREATE TABLE mine ()")
        .unwrap();
    let error = run_with(&mut connection, &one, Action::RunPending, options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    connection.batch_execute("ROLLBACK").unwrap();
}

#[test]
fn a_budget_that_suffices_changes_nothing_and_a_shorter_limit_stays() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection
        .batch_execute("SET statement_timeout = '77s'")
        .unwrap();
    let seen = "CREATE TABLE seen AS SELECT current_setting('statement_timeout') AS it; SELECT 1";
    let one = bundle([sql("a1", &[], seen, "DROP TABLE seen")]);
    let options = RunOptions {
        time_budget: Some(Duration::from_secs(600)),
        ..RunOptions::default()
    };
    run_with(&mut connection, &one, Action::RunPending, options).unwrap();
    assert_eq!(ask(&mut connection, "SELECT it FROM seen"), "77s");
    assert!(pending(&mut connection, &one).unwrap().is_nothing());
}

#[test]
fn waiting_for_another_process_is_cut_off_too() {
    let database = TestDatabase::new();
    let slow = bundle([sql("a1", &[], "SELECT pg_sleep(6)", "SELECT 1")]);
    let mut first = database.connect();
    let other = std::thread::spawn({
        let slow = slow.clone();
        move || pending(&mut first, &slow).map(|report| report.applied.len())
    });
    let mut connection = database.connect();
    let running = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while ask(&mut connection, running) != "1" {
        std::thread::sleep(Duration::from_millis(10));
    }
    let error = cut(&mut connection, &slow, Duration::from_millis(800));
    let told = error.to_string();
    assert!(
        told.starts_with(
            "the time budget of 800 ms is used up while another process is migrating this database \
             (the process with pid "
        ),
        "{told}"
    );
    assert!(told.ends_with("nothing is done, and `a1` is not"), "{told}");
    assert_eq!(other.join().unwrap().unwrap(), 1);
}

/// A port that takes connections and never says a word.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://me@{}/db", listener.local_addr().unwrap());
    (listener, url)
}

const NOT_CONNECTED: &str = "the time budget of 700 ms is used up while the database was being \
                             connected to: nothing is done";

/// Nothing came of connecting within the budget, and whoever watched has seen it.
#[track_caller]
fn not_connected<T>(
    what: &str,
    migrator: Migrator,
    run: impl FnOnce(&Migrator) -> Result<T, Error>,
) {
    let (told, seen) = mpsc::channel();
    let migrator = migrator
        .time_budget(Duration::from_millis(700))
        .on_progress(move |event| told.send(event.to_string()).unwrap());
    let started = Instant::now();
    let error = run(&migrator).err().unwrap();
    let took = started.elapsed();
    assert!(took < Duration::from_secs(8), "{what}: it took {took:?}");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{what}: {error}");
    assert_eq!(error.to_string(), NOT_CONNECTED, "{what}");
    assert_eq!(
        seen.try_recv().unwrap(),
        "connecting to the database",
        "{what}"
    );
    let seen = migrator.progress().snapshot();
    assert_eq!(seen.phase, Phase::Failed, "{what}");
    assert_eq!(seen.error.as_deref(), Some(NOT_CONNECTED), "{what}");
}

#[test]
fn connecting_is_within_the_budget() {
    let migrator = || Migrator::new(crate::run::three());
    let (_silent, url) = silent();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    not_connected("by URL", migrator(), |migrator| {
        migrator.run_pending_url(&url)
    });
    not_connected("by URL, awaited", migrator(), |migrator| {
        runtime().block_on(migrator.run_pending_url_async(&url))
    });
    not_connected("a pool", migrator(), |migrator| {
        let url = url.clone();
        migrator.connecting(move || PgConnection::establish(&url))
    });
    not_connected("an awaited pool", migrator(), |migrator| {
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(&url);
        let pool = deadpool::Pool::builder(manager).build().unwrap();
        runtime().block_on(migrator.connecting_async(pool.get()))
    });
}

#[test]
fn a_pool_of_r2d2_says_why_it_has_no_connection() {
    use diesel::r2d2::{ConnectionManager, Pool};

    let (silent, url) = silent();
    let pool = |patience| {
        Pool::builder()
            .max_size(1)
            .min_idle(Some(0))
            .connection_timeout(Duration::from_millis(patience))
            .build_unchecked(ConnectionManager::<PgConnection>::new(&url))
    };
    // Nothing has come of the only attempt yet.
    let migrator = Migrator::new(crate::run::three());
    not_connected("a pool of r2d2's", migrator, |migrator| {
        migrator.connecting_r2d2(&pool(30_000))
    });
    drop(silent);
    let refused = |patience, budget: Option<u64>| {
        let mut migrator = Migrator::new(crate::run::three());
        if let Some(budget) = budget {
            migrator = migrator.time_budget(Duration::from_millis(budget));
        }
        let error = migrator.connecting_r2d2(&pool(patience)).err().unwrap();
        let seen = migrator.progress().snapshot();
        assert_eq!(seen.error, Some(error.to_string()));
        error
    };
    let error = refused(30_000, Some(700));
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let told = error.to_string();
    let (first, last) = told.split_once(", and the last attempt failed: ").unwrap();
    assert_eq!(first, NOT_CONNECTED);
    assert!(last.contains("Connection refused"), "{told}");
    for budget in [None, Some(60_000)] {
        let error = refused(500, budget);
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(error.to_string().contains("Connection refused"), "{error}");
    }

    let database = TestDatabase::new();
    let manager = ConnectionManager::<PgConnection>::new(database.url());
    let pool = Pool::builder().max_size(1).build(manager).unwrap();
    let migrator = Migrator::new(crate::run::three()).time_budget(Duration::from_secs(60));
    let mut connection = migrator.connecting_r2d2(&pool).unwrap();
    migrator.run_pending(&mut connection).unwrap();
}

#[test]
fn what_connecting_took_is_taken_from_the_budget() {
    let database = TestDatabase::new();
    let slow = bundle([sql("a1", &[], "SELECT pg_sleep(1.2)", "SELECT 1")]);
    let migrator = Migrator::new(slow)
        .time_budget(Duration::from_secs(2))
        .budget_from_now();
    let url = database.url();
    let connected = migrator.connecting(move || {
        std::thread::sleep(Duration::from_millis(1400));
        PgConnection::establish(&url)
    });
    let error = migrator.run_pending(&mut connected.unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("the time budget of 2 s is used up while `a1`"),
        "{error}"
    );
}

#[test]
fn connecting_that_fails_or_is_given_up_is_told() {
    let migrator = Migrator::new(crate::run::three());
    let error = migrator
        .connecting(|| Err::<(), _>("no such pool"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(
        error.to_string(),
        "no connection to the database: no such pool"
    );
    assert_eq!(migrator.progress().snapshot().phase, Phase::Failed);

    let migrator = Migrator::new(crate::run::three());
    {
        let mut connecting =
            std::pin::pin!(migrator.connecting_async(std::future::pending::<Result<(), Error>>()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(connecting.as_mut().poll(&mut context).is_pending());
        let seen = migrator.progress().snapshot();
        assert_eq!(
            (seen.phase, seen.doing.as_deref()),
            (Phase::Running, Some("connecting to the database"))
        );
    }
    let seen = migrator.progress().snapshot();
    assert_eq!(seen.phase, Phase::Failed);
    assert!(seen.to_string().contains("given up"), "{seen}");
}

/// Stands between a program and its server, and keeps to itself whatever the server says once it has
/// been sent a word.
struct Muffle {
    port: u16,
    name: String,
}

impl Muffle {
    fn new(database: &TestDatabase, word: &'static str) -> Self {
        let mut connection = database.connect();
        // Where that is no folder, it is the one of the server's data.
        let socket = ask(
            &mut connection,
            "SELECT concat(CASE WHEN d.it LIKE '/%' THEN d.it
                                ELSE concat(current_setting('data_directory'), '/', d.it) END,
                           '/.s.PGSQL.', current_setting('port'))
             FROM (SELECT trim('\"' FROM current_setting('unix_socket_directories'))) AS d (it)",
        );
        let name = ask(&mut connection, "SELECT current_database()");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = UnixStream::connect(&socket).unwrap();
                let quiet = Arc::new(AtomicBool::new(false));
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let seen = Arc::clone(&quiet);
                std::thread::spawn(move || {
                    let mut heard = Vec::new();
                    carry(&mut from, &mut to, |bytes| {
                        heard.extend_from_slice(bytes);
                        if heard
                            .windows(word.len())
                            .any(|window| window == word.as_bytes())
                        {
                            seen.store(true, Ordering::SeqCst);
                        }
                        true
                    });
                });
                let (mut from, mut to) = (server, client);
                std::thread::spawn(move || {
                    carry(&mut from, &mut to, |_| !quiet.load(Ordering::SeqCst));
                });
            }
        });
        Self { port, name }
    }

    fn url(&self) -> String {
        let Self { port, name } = self;
        format!("postgres://postgres@127.0.0.1:{port}/{name}?sslmode=disable")
    }
}

/// Carries bytes over, those that may pass.
fn carry(from: &mut impl Read, to: &mut impl Write, mut may: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if may(&buffer[..count]) && to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
}

const SILENT: &str = "the time budget of 1500 ms is used up while `b2` was applied, and the server does not \
                      answer any more: one revision is done, of `b2` it is not known whether it is (as a \
                      whole or not at all), and `c3` is not";

/// A run ends soon after its budget, though nothing comes of the server any more.
#[track_caller]
fn silenced(what: &str, migrator: Migrator, run: impl FnOnce(&Migrator) -> Result<(), Error>) {
    let migrator = migrator.time_budget(Duration::from_millis(1500));
    let started = Instant::now();
    let error = run(&migrator).expect_err(what);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(9), "{what}: it took {took:?}");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{what}: {error}");
    assert_eq!(error.to_string(), SILENT, "{what}");
    assert_eq!(error.revision().unwrap().as_str(), "b2", "{what}");
    assert_eq!(error.applied().len(), 1, "{what}");
    assert!(error.hint().unwrap().contains("run again"), "{what}");
    let seen = migrator.progress().snapshot();
    assert_eq!(seen.phase, Phase::Failed, "{what}");
    assert_eq!(seen.error.as_deref(), Some(SILENT), "{what}");
}

#[test]
fn a_server_that_goes_silent_ends_a_run_soon_after_its_budget() {
    let one_batch = || {
        bundle([
            sql("a1", &[], "CREATE TABLE a ()", "DROP TABLE a"),
            sql("b2", &["a1"], "CREATE TABLE silence_now ()", "DROP TABLE b"),
            sql("c3", &["b2"], "CREATE TABLE c ()", "DROP TABLE c"),
        ])
    };
    let in_messages = || {
        let mut bundle = one_batch();
        bundle.migrations[1] = closure_as("b2", &["a1"], |script| {
            script.data("steps", |session| {
                session.execute("CREATE TABLE silence_now ()")?;
                session.execute("SELECT 1")
            });
        });
        bundle
    };
    let runtime = |many: bool| {
        let mut builder = match many {
            true => tokio::runtime::Builder::new_multi_thread(),
            false => tokio::runtime::Builder::new_current_thread(),
        };
        builder.enable_all().build().unwrap()
    };
    let bundles: [(&str, &dyn Fn() -> Bundle); 2] =
        [("a batch", &one_batch), ("a data step", &in_messages)];
    for (what, bundle) in bundles {
        let on = |run: &dyn Fn(&Migrator, &str) -> Result<(), Error>| {
            let database = TestDatabase::new();
            let muffle = Muffle::new(&database, "silence_now");
            silenced(what, Migrator::new(bundle()), |migrator| {
                run(migrator, &muffle.url())
            });
            // What the server did of it all the same is there as a whole or not at all; and the next run
            // goes on from there.
            let mut connection = database.connect();
            let there = "SELECT count(*) FROM limbeck_revision WHERE revision = 'c3'";
            assert_eq!(ask(&mut connection, there), "0", "{what}");
            Migrator::new(bundle())
                .wait(LockWait::For(Duration::from_secs(20)))
                .run_pending(&mut connection)
                .expect("it goes on");
            assert_eq!(ask(&mut connection, there), "1", "{what}");
        };
        on(&|migrator, url| migrator.run_pending_url(url).map(drop));
        for many in [false, true] {
            on(&|migrator, url| {
                let running = migrator.run_pending_url_async(url);
                runtime(many).block_on(running).map(drop)
            });
        }
        // Of a pool, which throws the connection away.
        on(&|migrator, url| {
            let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
            let pool = deadpool::Pool::builder(manager)
                .max_size(1)
                .build()
                .unwrap();
            runtime(false).block_on(async {
                let mut connection = pool.get().await.unwrap();
                let result = migrator.run_pending_async(&mut connection).await;
                drop(connection);
                let mut next = pool.get().await.unwrap();
                next.batch_execute("SELECT 1").await.unwrap();
                result.map(drop)
            })
        });
    }
}
