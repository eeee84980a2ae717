//! Revisions outside of a transaction, against a real server: cut off at every request, run by many at
//! once, with invalid indexes, up and down.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use limbeck_core::{Bundle, Error, ErrorKind, Result, SqlMigration};
use limbeck_postgres::Migrator;
use limbeck_postgres::runner::{
    Action, Answer, BundleRun, DbFailure, LockWait, Report, Request, RunOptions, RunRequest,
    Runner, Surroundings,
};

use crate::run::{ask, bundle, id, pending, run, run_with, sql, target};
use crate::server::wait_until;
use crate::support::TestDatabase;

/// Two revisions in a transaction and three outside of one: an index is built and another dropped
/// concurrently, with a plain statement between; an enum gets a value that is used; and one says that
/// it wants none.
fn chain() -> Bundle {
    bundle(links())
}

fn links() -> Vec<SqlMigration> {
    let mut e5 = sql(
        "e5",
        &["d4"],
        "SET work_mem = '5MB'; INSERT INTO told SELECT current_setting('work_mem'); INSERT INTO told VALUES ('e5')",
        "DELETE FROM told WHERE what IN ('e5', '5MB')",
    );
    e5.revision.run_in_transaction = false;
    vec![
        sql(
            "a1",
            &[],
            "CREATE TYPE mood AS ENUM ('sad');
             CREATE TABLE told (what text);
             CREATE TABLE t (id int, m mood);
             CREATE INDEX old ON t (m);
             INSERT INTO t SELECT g, 'sad' FROM generate_series(1, 10) AS g",
            "DROP TABLE t; DROP TABLE told; DROP TYPE mood",
        ),
        sql(
            "b2",
            &["a1"],
            "CREATE INDEX CONCURRENTLY t_id ON t (id);
             INSERT INTO told VALUES ('b2');
             DROP INDEX CONCURRENTLY old;
             VACUUM t",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS old ON t (m);
             DELETE FROM told WHERE what = 'b2';
             DROP INDEX CONCURRENTLY t_id",
        ),
        sql(
            "c3",
            &["b2"],
            "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad';
             INSERT INTO told VALUES ('c3');
             INSERT INTO t VALUES (11, 'glad')",
            "DELETE FROM t WHERE id = 11; DELETE FROM told WHERE what = 'c3'",
        ),
        sql(
            "d4",
            &["c3"],
            "ALTER TABLE t ADD d text; INSERT INTO told VALUES ('d4')",
            "ALTER TABLE t DROP d; DELETE FROM told WHERE what = 'd4'",
        ),
        e5,
    ]
}

/// Catalog, rows and history, but for times.
fn all(connection: &mut PgConnection) -> String {
    ask(
        connection,
        "SELECT concat_ws(E'\\n',
           (SELECT string_agg(concat_ws(' ', c.relname, c.relkind, i.indisvalid), ', ' ORDER BY c.relname)
            FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace),
           (SELECT string_agg(attname, ', ' ORDER BY attname) FROM pg_attribute
            WHERE attrelid = to_regclass('t') AND attnum > 0 AND NOT attisdropped),
           (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum),
           CASE WHEN to_regclass('t') IS NOT NULL THEN
             query_to_xml('SELECT count(*), sum(id) FROM t', true, false, '')::text
             || query_to_xml('SELECT what FROM told ORDER BY what', true, false, '')::text END,
           (SELECT string_agg(concat_ws(' ', revision, parents, is_head, breaking, content_digest, chain_digest,
                   digest_version, message, applied_by, state, statement_reached, down_sql), E'\\n' ORDER BY revision)
            FROM limbeck_revision))",
    )
}

/// Session locks on the database.
fn locks(connection: &mut PgConnection) -> String {
    ask(
        connection,
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Array<Nullable<Text>>)]
    fields: Vec<Option<String>>,
}

fn failure(error: &DieselError) -> DbFailure {
    let DieselError::DatabaseError(_, information) = error else {
        panic!("{error}");
    };
    DbFailure {
        message: information.message().to_owned(),
        constraint: information.constraint_name().map(str::to_owned),
        ..DbFailure::default()
    }
}

fn answer(connection: &mut PgConnection, request: &Request) -> Answer {
    let done = |result: QueryResult<()>| match result {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Failed(failure(&error)),
    };
    match request {
        Request::Batch(sql) => done(connection.batch_execute(sql)),
        Request::Rows(sql) => match diesel::sql_query(sql).load::<Row>(connection) {
            Ok(rows) => Answer::Rows(rows.into_iter().map(|row| row.fields).collect()),
            Err(error) => Answer::Failed(failure(&error)),
        },
        Request::Begin => done(connection.batch_execute("BEGIN")),
        Request::Commit => done(connection.batch_execute("COMMIT")),
        Request::Rollback => done(connection.batch_execute("ROLLBACK")),
        Request::Sleep(duration) => {
            thread::sleep(*duration);
            Answer::Done
        }
        Request::Report(notice) => {
            notice.deliver();
            Answer::Done
        }
        other => panic!("{other:?}"),
    }
}

fn runner(bundle: &Bundle, action: Action) -> Runner {
    let options = RunOptions {
        poll_interval: Duration::from_millis(5),
        ..RunOptions::default()
    };
    let bundles = vec![BundleRun::new(bundle, action).unwrap()];
    Runner::new(RunRequest { bundles, options })
}

fn start() -> Answer {
    Answer::Start(Surroundings {
        seed: 7,
        ..Surroundings::default()
    })
}

/// When a run is cut off.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// The request is not sent, and the program is gone.
    Before,
    /// It is sent and done, and the program is gone.
    After,
    /// The connection is lost before the request, which the runner is told.
    Lost,
    /// The connection is lost after the request, which the runner is told.
    LostAfter,
}

/// Runs until a request, and cuts the run off there; whether it came to that.
fn cut(connection: PgConnection, mut runner: Runner, at: usize, how: Cut) -> bool {
    let mut connection = Some(connection);
    let mut given = start();
    for number in 0.. {
        let request = runner.next(Instant::now(), given);
        if let Request::Done(result) = request {
            // Whoever is told that the connection is lost behind the last revision has no more to do.
            assert!(connection.is_none() || result.is_ok(), "{result:?}");
            return connection.is_none();
        }
        let here = number == at;
        match (how, here) {
            (Cut::Before, true) => return true,
            (Cut::Lost, true) => connection = None,
            _ => {}
        }
        let closed = Answer::Failed(DbFailure {
            kind: limbeck_postgres::runner::FailureKind::Closed,
            message: "server closed the connection".to_owned(),
            ..DbFailure::default()
        });
        given = match (&mut connection, &request) {
            (_, Request::Report(_) | Request::Sleep(_)) | (Some(_), _) => match &mut connection {
                Some(connection) => answer(connection, &request),
                None => Answer::Done,
            },
            (None, _) => closed.clone_failed(),
        };
        if here {
            match how {
                Cut::After => return true,
                Cut::LostAfter => {
                    connection = None;
                    given = closed;
                }
                Cut::Before | Cut::Lost => {}
            }
        }
    }
    unreachable!("it has an end");
}

trait CloneFailed {
    fn clone_failed(&self) -> Answer;
}

impl CloneFailed for Answer {
    fn clone_failed(&self) -> Answer {
        match self {
            Answer::Failed(failure) => Answer::Failed(failure.clone()),
            other => panic!("{other:?}"),
        }
    }
}

/// Cuts off one run at every request of it, in every way, and runs it once more.
fn cut_everywhere(prepared: impl Fn(&TestDatabase) + Sync, action: &Action) {
    let bundle = chain();
    let database = TestDatabase::new();
    prepared(&database);
    let mut connection = database.connect();
    run(&mut connection, &bundle, action.clone()).unwrap();
    let undisturbed = all(&mut connection);
    let every = |how: Cut| {
        for at in 0.. {
            let database = TestDatabase::new();
            prepared(&database);
            if !cut(database.connect(), runner(&bundle, action.clone()), at, how) {
                return at;
            }
            let mut connection = database.connect();
            let again = run(&mut connection, &bundle, action.clone());
            let again = again.unwrap_or_else(|error| {
                panic!("{how:?} {at}: {error}: {:?}", error.hint());
            });
            assert_eq!(all(&mut connection), undisturbed, "{how:?} {at}: {again}");
            assert_eq!(locks(&mut connection), "0", "{how:?} {at}");
        }
        unreachable!("it has an end");
    };
    let tried: usize = thread::scope(|scope| {
        let ways = [Cut::Before, Cut::After, Cut::Lost, Cut::LostAfter];
        let every = &every;
        let threads = ways.map(|how| scope.spawn(move || every(how)));
        threads.into_iter().map(|one| one.join().unwrap()).sum()
    });
    println!("{action:?}: {tried} faults tried, {tried} survived, 0 lost");
    assert!(tried > 100, "{tried}");
}

#[test]
fn cut_off_at_every_request_the_way_up_ends_as_if_it_were_not() {
    cut_everywhere(|_| {}, &Action::RunPending);
}

#[test]
fn cut_off_at_every_request_the_way_down_ends_as_if_it_were_not() {
    let applied = |database: &TestDatabase| {
        let mut connection = database.connect();
        pending(&mut connection, &chain()).unwrap();
    };
    cut_everywhere(applied, &Action::Downgrade(target("a1")));
}

#[test]
fn the_chain_runs_and_leaves_the_session_as_it_was() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let settings = "SELECT concat_ws(' ', current_setting('search_path'), current_setting('work_mem'), \
                    current_setting('lock_timeout'), current_setting('statement_timeout'), current_user)";
    connection.batch_execute("SET work_mem = '7MB'").unwrap();
    let before = ask(&mut connection, settings);
    let report = pending(&mut connection, &chain()).unwrap();
    assert_eq!(report.revisions(), ["a1", "b2", "c3", "d4", "e5"].map(id));
    assert_eq!(ask(&mut connection, settings), before);
    assert_eq!(locks(&mut connection), "0");
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(what, ' ' ORDER BY what) FROM told"
        ),
        "5MB b2 c3 d4 e5"
    );
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(concat_ws(' ', revision, state, statement_reached, is_head), ', ' ORDER BY revision) \
             FROM limbeck_revision"
        ),
        "a1 applied 5 f, b2 applied 4 f, c3 applied 3 f, d4 applied 2 f, e5 applied 3 t"
    );
    assert!(pending(&mut connection, &chain()).unwrap().is_nothing());
    run(&mut connection, &chain(), Action::Downgrade(target("base"))).unwrap();
    assert_eq!(ask(&mut connection, settings), before);
    assert_eq!(
        ask(&mut connection, "SELECT count(*) FROM limbeck_revision"),
        "0"
    );
}

#[test]
fn eight_at_once_run_each_statement_once() {
    for _ in 0..5 {
        let database = TestDatabase::new();
        let reports: Vec<Result<Report>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let options = RunOptions {
                            poll_interval: Duration::from_millis(10),
                            ..RunOptions::default()
                        };
                        run_with(
                            &mut database.connect(),
                            &chain(),
                            Action::RunPending,
                            options,
                        )
                    })
                })
                .collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let mut applied = 0;
        for report in reports {
            applied += report.unwrap().revisions().len();
        }
        assert_eq!(applied, 5);
        let mut connection = database.connect();
        assert_eq!(
            ask(
                &mut connection,
                "SELECT string_agg(what, ' ' ORDER BY what) FROM told"
            ),
            "5MB b2 c3 d4 e5"
        );
        assert_eq!(locks(&mut connection), "0");
    }
}

fn unique(statement: &str) -> Bundle {
    bundle([
        sql(
            "a1",
            &[],
            "CREATE TABLE t (id int); CREATE TABLE told (what text)",
            "DROP TABLE t",
        ),
        sql(
            "b2",
            &["a1"],
            &format!(
                "INSERT INTO told VALUES ('b2'); {statement}; INSERT INTO told VALUES ('end')"
            ),
            "DROP INDEX CONCURRENTLY t_id; DELETE FROM told",
        ),
    ])
}

const UNIQUE: &str = "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)";

fn failed(result: Result<Report>, kind: ErrorKind, words: &[&str]) -> Error {
    let error = result.unwrap_err();
    let told = format!("{error}\nhint: {}", error.hint().unwrap_or_default());
    assert_eq!(error.kind(), kind, "{told}");
    for word in words {
        assert!(told.contains(word), "{word:?} is not in: {told}");
    }
    error
}

#[test]
fn a_unique_index_over_duplicates_fails_and_is_gone_on_with_when_the_rows_are_mended() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let bundle = unique(UNIQUE);
    run(&mut connection, &bundle, Action::Upgrade(target("a1"))).unwrap();
    connection
        .batch_execute("INSERT INTO t VALUES (1), (1)")
        .unwrap();
    for _ in 0..2 {
        let error = failed(
            pending(&mut connection, &bundle),
            ErrorKind::Sql,
            &[
                "revision `b2`",
                "could not be applied in statement 2",
                "could not create unique index",
                "the first statement is done and recorded",
                "run again, which goes on there",
            ],
        );
        assert_eq!(error.database().unwrap().statement_number, Some(2));
        assert_eq!(ask(&mut connection, "SELECT to_regclass('t_id')"), "");
        assert_eq!(
            ask(
                &mut connection,
                "SELECT concat_ws(' ', state, statement_reached, is_head) FROM limbeck_revision WHERE revision = 'b2'"
            ),
            "running 1 f"
        );
        assert_eq!(locks(&mut connection), "0");
    }
    connection.batch_execute("DELETE FROM t").unwrap();
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(what, ' ' ORDER BY what) FROM told"
        ),
        "b2 end"
    );
    assert_eq!(
        ask(
            &mut connection,
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_id'::regclass"
        ),
        "true"
    );
}

#[test]
fn a_first_statement_that_fails_leaves_nothing_and_may_be_edited() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let first = |up: &str| {
        bundle([
            sql("a1", &[], "CREATE TABLE t (id int)", "DROP TABLE t"),
            sql("b2", &["a1"], up, "DROP INDEX CONCURRENTLY t_id"),
        ])
    };
    run(
        &mut connection,
        &first(UNIQUE),
        Action::Upgrade(target("a1")),
    )
    .unwrap();
    connection
        .batch_execute("INSERT INTO t VALUES (1), (1)")
        .unwrap();
    failed(
        pending(&mut connection, &first(UNIQUE)),
        ErrorKind::Sql,
        &[
            "could not create unique index",
            "nothing of this revision was kept",
        ],
    );
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(revision, ' ') FROM limbeck_revision"
        ),
        "a1"
    );
    assert_eq!(ask(&mut connection, "SELECT to_regclass('t_id')"), "");
    pending(
        &mut connection,
        &first("CREATE INDEX CONCURRENTLY t_id ON t (id)"),
    )
    .unwrap();
}

#[test]
fn a_later_statement_may_be_edited_and_one_that_is_done_may_not() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    run(
        &mut connection,
        &unique(UNIQUE),
        Action::Upgrade(target("a1")),
    )
    .unwrap();
    connection
        .batch_execute("INSERT INTO t VALUES (1), (1)")
        .unwrap();
    pending(&mut connection, &unique(UNIQUE)).unwrap_err();
    let mut other = unique(UNIQUE);
    other.migrations[1] = std::sync::Arc::new(sql("b2", &["a1"], "SELECT 1; VACUUM t", "SELECT 1"));
    failed(
        pending(&mut connection, &other),
        ErrorKind::Tampered,
        &[
            "revision `b2`",
            "is half applied, and was edited since",
            "one of its statements is done",
            "put those statements back as they were",
            "`stamp`",
        ],
    );
    assert_eq!(locks(&mut connection), "0");
    pending(
        &mut connection,
        &unique("CREATE INDEX CONCURRENTLY t_id ON t (id)"),
    )
    .unwrap();
    assert!(
        pending(
            &mut connection,
            &unique("CREATE INDEX CONCURRENTLY t_id ON t (id)")
        )
        .unwrap()
        .is_nothing()
    );
}

/// A backend is ended in the middle of a build, which leaves an invalid index.
fn interrupted(database: &TestDatabase, bundle: &Bundle) {
    let mut connection = database.connect();
    let mut holder = database.connect();
    run(&mut connection, bundle, Action::Upgrade(target("a1"))).unwrap();
    // The build waits for this one's snapshot.
    holder
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO t VALUES (5)")
        .unwrap();
    thread::scope(|scope| {
        let running = scope.spawn(|| pending(&mut database.connect(), bundle));
        wait_until("a build is under way", || {
            ask(
                &mut connection,
                "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)",
            ) == "true"
        });
        connection
            .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()")
            .unwrap();
        failed(
            running.join().unwrap(),
            ErrorKind::Connection,
            &[
                "the connection to the database was lost",
                "the next run goes on from there",
            ],
        );
    });
    holder.batch_execute("ROLLBACK").unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_id'::regclass"
        ),
        "false"
    );
    assert_eq!(
        ask(
            &mut connection,
            "SELECT statement_reached FROM limbeck_revision WHERE revision = 'b2'"
        ),
        "-2"
    );
}

#[test]
fn a_half_built_index_is_dropped_and_built_again_also_where_if_not_exists_would_pass_over_it() {
    for statement in [
        "CREATE INDEX CONCURRENTLY t_id ON t (id)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id)",
    ] {
        let database = TestDatabase::new();
        let bundle = unique(statement);
        interrupted(&database, &bundle);
        let mut connection = database.connect();
        pending(&mut connection, &bundle).unwrap();
        assert_eq!(
            ask(
                &mut connection,
                "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_id'::regclass"
            ),
            "true"
        );
        assert_eq!(
            ask(
                &mut connection,
                "SELECT string_agg(what, ' ' ORDER BY what) FROM told"
            ),
            "b2 end"
        );
    }
}

#[test]
fn an_invalid_index_of_another_attempt_is_not_passed_over() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let bundle = unique("CREATE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id)");
    run(&mut connection, &bundle, Action::Upgrade(target("a1"))).unwrap();
    connection
        .batch_execute("INSERT INTO t VALUES (1), (1)")
        .unwrap();
    connection.batch_execute(UNIQUE).unwrap_err();
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT concat_ws(' ', indisvalid, indisunique) FROM pg_index WHERE indexrelid = 't_id'::regclass"
        ),
        "t f"
    );
}

#[test]
fn the_other_way_is_refused_until_it_is_finished_and_a_stamp_gets_out_of_it() {
    let database = TestDatabase::new();
    let bundle = unique("CREATE INDEX CONCURRENTLY t_id ON t (id)");
    interrupted(&database, &bundle);
    let mut connection = database.connect();
    for base in ["base", "a1"] {
        failed(
            run(&mut connection, &bundle, Action::Downgrade(target(base))),
            ErrorKind::Diverged,
            &[
                "b2 is half applied, its first statement is done and number 2 has begun",
                "`limbeck upgrade app@b2`",
                "`stamp`",
            ],
        );
    }
    let report = run(&mut connection, &bundle, Action::Inspect).unwrap();
    assert_eq!(
        report.to_string(),
        "app is at a1, 1 pending; b2 is half applied, its first statement is done and number 2 has begun"
    );
    // Who does not know it goes on.
    let mut older = unique("");
    older.migrations.truncate(1);
    assert!(pending(&mut connection, &older).unwrap().is_nothing());
    failed(
        run(&mut connection, &older, Action::Downgrade(target("base"))),
        ErrorKind::Diverged,
        &["b2 is half applied", "with the program that has it"],
    );
    run(&mut connection, &bundle, Action::Stamp(vec![target("b2")])).unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT concat_ws(' ', state, is_head) FROM limbeck_revision WHERE revision = 'b2'"
        ),
        "stamped t"
    );

    // On its way down.
    connection
        .batch_execute("INSERT INTO told VALUES ('b2')")
        .unwrap();
    let mut down = unique("SELECT 1");
    down.migrations[1] = std::sync::Arc::new(sql(
        "b2",
        &["a1"],
        "SELECT 1",
        "DROP INDEX CONCURRENTLY t_id; SELECT 1/0; DELETE FROM told",
    ));
    run(&mut connection, &down, Action::Stamp(vec![target("b2")])).unwrap();
    failed(
        run(&mut connection, &down, Action::Downgrade(target("a1"))),
        ErrorKind::Sql,
        &[
            "could not be taken back in statement 2: division by zero",
            "the first statement is done",
        ],
    );
    for action in [
        Action::RunPending,
        Action::Upgrade(target("head")),
        Action::RequireCurrent,
    ] {
        failed(
            run(&mut connection, &down, action),
            ErrorKind::Diverged,
            &[
                "b2 is half taken back, its first statement is done",
                "`limbeck downgrade app@a1`",
            ],
        );
    }
    down.migrations[1] = std::sync::Arc::new(sql(
        "b2",
        &["a1"],
        "SELECT 1",
        "DROP INDEX CONCURRENTLY t_id; DELETE FROM told",
    ));
    run(&mut connection, &down, Action::Downgrade(target("a1"))).unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(revision, ' ') FROM limbeck_revision"
        ),
        "a1"
    );
    assert_eq!(ask(&mut connection, "SELECT count(*) FROM told"), "0");
}

#[test]
fn a_transaction_of_the_caller_is_refused_before_anything_runs() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection.begin_test_transaction().unwrap();
    failed(
        pending(&mut connection, &chain()),
        ErrorKind::Unsupported,
        &[
            "revision `b2`",
            "runs outside of a transaction (`CREATE INDEX CONCURRENTLY` cannot run in one)",
            "one is open on this connection",
        ],
    );
    assert_eq!(ask(&mut connection, "SELECT to_regclass('t')"), "");
}

#[test]
fn behind_a_pooler_in_transaction_mode_it_is_refused_and_no_lock_is_left() {
    let database = TestDatabase::new();
    let bundle = chain();
    let mut looker = database.connect();
    run(&mut looker, &bundle, Action::Upgrade(target("a1"))).unwrap();
    let before = all(&mut looker);
    // Message by message another session of the server.
    let mut sessions = [database.connect(), database.connect()];
    let mut runner = runner(&bundle, Action::RunPending);
    let mut given = start();
    let error = (0..)
        .find_map(|number| {
            let request = runner.next(Instant::now(), std::mem::replace(&mut given, Answer::Done));
            if let Request::Done(result) = request {
                return Some(result.unwrap_err());
            }
            given = answer(&mut sessions[number % 2], &request);
            None
        })
        .unwrap();
    failed(
        Err(error),
        ErrorKind::Unsupported,
        &[
            "wants one session of the server",
            "in transaction mode",
            "a pooler in session mode",
        ],
    );
    assert_eq!(all(&mut looker), before);
    assert_eq!(locks(&mut looker), "0");
}

#[test]
fn another_run_waits_for_the_owner_or_says_who_it_is() {
    let database = TestDatabase::new();
    let bundle = unique("CREATE INDEX CONCURRENTLY t_id ON t (id)");
    let mut connection = database.connect();
    let mut holder = database.connect();
    run(&mut connection, &bundle, Action::Upgrade(target("a1"))).unwrap();
    holder
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO t VALUES (5)")
        .unwrap();
    thread::scope(|scope| {
        let owner = scope.spawn(|| pending(&mut database.connect(), &bundle));
        wait_until("it is claimed", || locks(&mut connection) == "1");
        wait_until("a build is under way", || {
            ask(
                &mut connection,
                "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)",
            ) == "true"
        });
        let options = RunOptions {
            lock_wait: LockWait::Fail,
            ..RunOptions::default()
        };
        failed(
            run_with(&mut connection, &bundle, Action::RunPending, options),
            ErrorKind::Busy,
            &[
                "another process is migrating this database still",
                "the process with pid",
            ],
        );
        let waiter = scope.spawn(|| pending(&mut database.connect(), &bundle));
        holder.batch_execute("ROLLBACK").unwrap();
        assert_eq!(owner.join().unwrap().unwrap().revisions(), [id("b2")]);
        assert!(waiter.join().unwrap().unwrap().is_nothing());
    });
}

#[test]
fn what_could_not_be_gone_on_with_is_refused() {
    let refused = |up: &str, words: &[&str]| {
        let database = TestDatabase::new();
        let bundle = bundle([sql("a1", &[], up, "SELECT 1")]);
        failed(
            pending(&mut database.connect(), &bundle),
            ErrorKind::Unsupported,
            words,
        );
        assert_eq!(
            ask(
                &mut database.connect(),
                "SELECT to_regclass('limbeck_revision')"
            ),
            ""
        );
    };
    refused(
        "CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY ON t (a)",
        &[
            "`CREATE INDEX CONCURRENTLY`",
            "it gives the index no name",
            "give the index a name",
        ],
    );
    refused(
        "CREATE DATABASE d",
        &[
            "`CREATE DATABASE`",
            "nothing tells whether it is done",
            "`idempotent = true`",
        ],
    );
    refused(
        "VACUUM; SET LOCAL work_mem = '4MB'",
        &["holds for no other statement", "without `LOCAL`"],
    );
    refused(
        "VACUUM; CREATE TEMP TABLE x ()",
        &["a temporary object would be gone"],
    );
    refused("VACUUM; LOCK TABLE x", &["a lock is let go"]);
}

#[test]
fn a_role_that_the_revision_sets_need_not_write_the_history() {
    let database = TestDatabase::on(crate::support::own_server());
    let mut connection = database.connect();
    connection
        .batch_execute("DROP ROLE IF EXISTS outside_maker; CREATE ROLE outside_maker; GRANT ALL ON SCHEMA public TO outside_maker")
        .unwrap();
    let bundle = bundle([sql(
        "a1",
        &[],
        "SET ROLE outside_maker; CREATE TABLE t (id int); CREATE INDEX CONCURRENTLY t_id ON t (id); \
         SET SESSION AUTHORIZATION outside_maker; CREATE TABLE u (id int)",
        "DROP TABLE t",
    )]);
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(relname || ' ' || relowner::regrole, ', ' ORDER BY relname) FROM pg_class \
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'limbeck_revision'"
        ),
        "t outside_maker, u outside_maker"
    );
    assert_eq!(
        ask(
            &mut connection,
            "SELECT current_user || ' ' || session_user"
        ),
        "postgres postgres"
    );
    connection
        .batch_execute("DROP OWNED BY outside_maker CASCADE; DROP ROLE outside_maker")
        .unwrap();
}

/// Runs the chain, given up after so many polls; whether it came to its end.
async fn poll_so_often(connection: &mut AsyncPgConnection, polls: u32) -> bool {
    let migrator = Migrator::new(chain());
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

#[test]
fn a_run_may_be_dropped_at_every_await_and_leaves_no_lock_and_no_setting_on_its_connection() {
    let settings = "SELECT concat_ws(' ', current_setting('search_path'), current_setting('work_mem'), \
                    current_setting('lock_timeout'), current_setting('statement_timeout')) AS line";
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let undisturbed = {
        let database = TestDatabase::new();
        let mut connection = database.connect();
        pending(&mut connection, &chain()).unwrap();
        all(&mut connection)
    };
    let mut half = 0;
    for polls in 0.. {
        let database = TestDatabase::new();
        let mut looker = database.connect();
        let ended = runtime.block_on(async {
            let mut connection = AsyncPgConnection::establish(&database.url()).await.unwrap();
            let before = line(&mut connection, settings).await;
            let ended = poll_so_often(&mut connection, polls).await;
            // The connection is used on, and what it is sent waits its turn.
            assert_eq!(line(&mut connection, settings).await, before, "{polls}");
            assert_eq!(locks(&mut looker), "0", "{polls}");
            ended
        });
        if ended {
            assert!(
                half > 5,
                "only {half} of {polls} were given up within a revision"
            );
            return;
        }
        let table = ask(&mut looker, "SELECT to_regclass('limbeck_revision')");
        if !table.is_empty() {
            let claimed = "SELECT count(*) FROM limbeck_revision WHERE state = 'running'";
            half += usize::from(ask(&mut looker, claimed) == "1");
        }
        pending(&mut looker, &chain()).unwrap();
        assert_eq!(all(&mut looker), undisturbed, "{polls}");
    }
}

async fn line(connection: &mut AsyncPgConnection, sql: &str) -> String {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let rows = diesel_async::RunQueryDsl::load::<Line>(diesel::sql_query(sql), connection).await;
    rows.unwrap().remove(0).line
}

#[test]
fn the_time_budget_cuts_a_build_off_and_the_next_run_goes_on() {
    let database = TestDatabase::new();
    let bundle = unique("CREATE INDEX CONCURRENTLY t_id ON t (id)");
    let mut connection = database.connect();
    let mut holder = database.connect();
    run(&mut connection, &bundle, Action::Upgrade(target("a1"))).unwrap();
    holder
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO t VALUES (5)")
        .unwrap();
    let options = RunOptions {
        time_budget: Some(Duration::from_millis(400)),
        ..RunOptions::default()
    };
    failed(
        run_with(&mut connection, &bundle, Action::RunPending, options),
        ErrorKind::Timeout,
        &[
            "the time budget of 400 ms is used up while `b2` was applied, of which 1 of 3 statements are done",
            "the next run goes on from there",
        ],
    );
    assert_eq!(
        ask(
            &mut connection,
            "SELECT current_setting('statement_timeout')"
        ),
        "0"
    );
    assert_eq!(locks(&mut connection), "0");
    holder.batch_execute("ROLLBACK").unwrap();
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(what, ' ' ORDER BY what) FROM told"
        ),
        "b2 end"
    );
}

#[test]
fn a_partition_that_is_half_detached_is_detached() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    if ask(
        &mut connection,
        "SELECT current_setting('server_version_num')::int < 140000",
    ) == "true"
    {
        return;
    }
    let bundle = bundle([
        sql(
            "a1",
            &[],
            "CREATE TABLE t (id int) PARTITION BY LIST (id); CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
            "DROP TABLE t",
        ),
        sql(
            "b2",
            &["a1"],
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY; INSERT INTO p VALUES (1)",
            "SELECT 1",
        ),
    ]);
    run(&mut connection, &bundle, Action::Upgrade(target("a1"))).unwrap();
    let mut holder = database.connect();
    holder
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t")
        .unwrap();
    thread::scope(|scope| {
        let running = scope.spawn(|| pending(&mut database.connect(), &bundle));
        wait_until("it is half detached", || {
            let pending = "SELECT EXISTS (SELECT FROM pg_inherits WHERE to_jsonb(pg_inherits) ->> 'inhdetachpending' = 'true')";
            ask(&mut connection, pending) == "true"
        });
        connection
            .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%DETACH PARTITION%' AND pid <> pg_backend_pid()")
            .unwrap();
        running.join().unwrap().unwrap_err();
    });
    holder.batch_execute("ROLLBACK").unwrap();
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(&mut connection, "SELECT count(*) FROM pg_inherits"),
        "0"
    );
    assert_eq!(ask(&mut connection, "SELECT count(*) FROM p"), "1");
}

#[test]
fn an_interrupted_reindex_leaves_no_copies() {
    for statement in [
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX INDEX CONCURRENTLY t_id",
    ] {
        let database = TestDatabase::new();
        let mut connection = database.connect();
        let mut holder = database.connect();
        let bundle = bundle([
            sql(
                "a1",
                &[],
                "CREATE TABLE t (id int); CREATE INDEX t_id ON t (id)",
                "DROP TABLE t",
            ),
            sql(
                "b2",
                &["a1"],
                &format!("{statement}; ANALYZE t"),
                "SELECT 1",
            ),
        ]);
        run(&mut connection, &bundle, Action::Upgrade(target("a1"))).unwrap();
        holder
            .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO t VALUES (5)")
            .unwrap();
        thread::scope(|scope| {
            let running = scope.spawn(|| pending(&mut database.connect(), &bundle));
            wait_until("a copy is being built", || {
                ask(
                    &mut connection,
                    "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)",
                ) == "true"
            });
            connection
                .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()")
                .unwrap();
            running.join().unwrap().unwrap_err();
        });
        holder.batch_execute("ROLLBACK").unwrap();
        let indexes = "SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ', ') FROM pg_index \
                       WHERE indrelid = 't'::regclass";
        assert!(
            ask(&mut connection, indexes).contains("_ccnew false"),
            "{statement}"
        );
        pending(&mut connection, &bundle).unwrap();
        assert_eq!(ask(&mut connection, indexes), "t_id true", "{statement}");
    }
}

#[test]
fn what_may_run_twice_is_run() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let mut twice = sql(
        "b2",
        &["a1"],
        "CREATE INDEX CONCURRENTLY ON t (id)",
        "DROP INDEX CONCURRENTLY t_id_idx",
    );
    twice.revision.idempotent = true;
    let bundle = bundle([
        sql("a1", &[], "CREATE TABLE t (id int)", "DROP TABLE t"),
        twice,
    ]);
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(&mut connection, "SELECT to_regclass('t_id_idx')"),
        "t_id_idx"
    );
    run(&mut connection, &bundle, Action::Downgrade(target("base"))).unwrap();
}

#[test]
fn a_bundle_in_a_schema_of_its_own_finds_its_names_there() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection
        .batch_execute("CREATE TABLE t (id int); CREATE INDEX t_id ON t (id)")
        .unwrap();
    let bundle = bundle([sql(
        "a1",
        &[],
        "CREATE TABLE t (id int); CREATE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id)",
        "DROP INDEX CONCURRENTLY t_id; DROP TABLE t",
    )])
    .in_schema("app")
    .unwrap();
    let indexes = "SELECT string_agg(schemaname || '.' || indexname, ' ' ORDER BY schemaname) FROM pg_indexes \
                   WHERE indexname = 't_id'";
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(ask(&mut connection, indexes), "app.t_id public.t_id");
    assert_eq!(
        ask(&mut connection, "SELECT current_setting('search_path')"),
        "\"$user\", public"
    );
    // Somebody else's is not dropped in its place.
    connection.batch_execute("DROP INDEX app.t_id").unwrap();
    failed(
        run(&mut connection, &bundle, Action::Downgrade(target("base"))),
        ErrorKind::Sql,
        &["there is no index `t_id` in the schema `app`, and one of that name in another"],
    );
    assert_eq!(ask(&mut connection, indexes), "public.t_id");
    assert_eq!(
        ask(&mut connection, "SELECT state FROM limbeck_revision"),
        "applied"
    );
}
