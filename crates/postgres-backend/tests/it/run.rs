//! The runner against a real server.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use limbeck_core::revision::sql_digest;
use limbeck_core::revision::target::Target;
use limbeck_core::{Bundle, Error, ErrorKind, Ident, Migration, Result, Revision, RevisionId};
use limbeck_core::{Needs, Script, SqlMigration};
use limbeck_postgres::history::HistoryTable;
use limbeck_postgres::runner::{
    Action, BundleRun, LockWait, OnLoss, Report, RunOptions, RunRequest, Runner, Status,
};
use limbeck_postgres::{Migrator, drive};

use crate::server::wait_until;
use crate::support::{TestDatabase, own_server};

pub(crate) fn id(text: &str) -> RevisionId {
    RevisionId::new(text).unwrap()
}

/// A revision of SQL, with its parents.
pub(crate) fn sql(name: &str, parents: &[&str], up: &str, down: &str) -> SqlMigration {
    let mut revision = Revision::new(id(name), sql_digest(up));
    revision.parents = parents.iter().map(|parent| id(parent)).collect();
    revision.directory = format!("2026-01-01-000000_{name}_test");
    SqlMigration {
        revision,
        up: up.to_owned().into(),
        down: Some(down.to_owned().into()),
    }
}

pub(crate) fn bundle(migrations: impl IntoIterator<Item = SqlMigration>) -> Bundle {
    let mut bundle = Bundle::new("app");
    bundle.migrations = migrations
        .into_iter()
        .map(|one| Arc::new(one) as Arc<dyn Migration>)
        .collect();
    bundle
}

/// Three tables, one on the other.
pub(crate) fn three() -> Bundle {
    bundle([
        sql(
            "a1",
            &[],
            "CREATE TABLE a (id int PRIMARY KEY);",
            "DROP TABLE a;",
        ),
        sql(
            "b2",
            &["a1"],
            "CREATE TABLE b (id int REFERENCES a);\n-- a comment\nINSERT INTO a VALUES (1)",
            "DELETE FROM a; DROP TABLE b",
        ),
        sql(
            "c3",
            &["b2"],
            "ALTER TABLE b ADD c text",
            "ALTER TABLE b DROP c",
        ),
    ])
}

pub(crate) fn run_with(
    connection: &mut PgConnection,
    bundle: &Bundle,
    action: Action,
    options: RunOptions,
) -> Result<Report> {
    let bundles = vec![BundleRun::new(bundle, action)?];
    drive(connection, Runner::new(RunRequest { bundles, options }))
}

pub(crate) fn run(
    connection: &mut PgConnection,
    bundle: &Bundle,
    action: Action,
) -> Result<Report> {
    run_with(connection, bundle, action, RunOptions::default())
}

pub(crate) fn pending(connection: &mut PgConnection, bundle: &Bundle) -> Result<Report> {
    run(connection, bundle, Action::RunPending)
}

pub(crate) fn target(text: &str) -> Target {
    text.parse().unwrap()
}

/// One text.
pub(crate) fn ask(connection: &mut PgConnection, sql: &str) -> String {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Text)]
        answer: String,
    }
    let sql = format!("SELECT coalesce(({sql})::text, '') AS answer");
    diesel::sql_query(sql)
        .get_result::<Answer>(connection)
        .unwrap()
        .answer
}

fn history(connection: &mut PgConnection) -> String {
    ask(
        connection,
        "SELECT string_agg(revision || CASE WHEN is_head THEN '*' ELSE '' END, ' ' \
         ORDER BY revision) FROM limbeck_revision",
    )
}

fn names(report: &Report) -> Vec<String> {
    report
        .applied
        .iter()
        .map(|one| one.revision.to_string())
        .collect()
}

#[test]
fn run_pending_applies_everything_once() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let report = pending(&mut connection, &three()).unwrap();
    assert_eq!(names(&report), ["a1", "b2", "c3"]);
    assert_eq!(report.bundles[0].status, Status::Current);
    assert_eq!(history(&mut connection), "a1 b2 c3*");
    assert_eq!(ask(&mut connection, "SELECT count(*) FROM a"), "1");

    let again = pending(&mut connection, &three()).unwrap();
    assert!(again.is_nothing());
    assert_eq!(again.to_string(), "nothing to do: app is at c3 (head)");
    assert_eq!(
        ask(
            &mut connection,
            "SELECT to_regclass('pg_temp.limbeck_statement') IS NULL"
        ),
        "true"
    );
}

#[test]
fn eight_at_once_apply_each_revision_once() {
    let database = TestDatabase::new();
    let url = database.url();
    let mut expected: Vec<String> = Vec::new();
    let mut chain = Vec::new();
    for number in 0..12 {
        let name = format!("r{number:02}");
        let parent: Vec<&str> = expected.last().map(String::as_str).into_iter().collect();
        let up = format!("CREATE TABLE t{number} (id int); INSERT INTO t{number} VALUES (1);");
        chain.push(sql(&name, &parent, &up, ""));
        expected.push(name);
    }
    let bundle = bundle(chain);
    let barrier = std::sync::Barrier::new(8);
    let mut applied: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = PgConnection::establish(&url).unwrap();
                    barrier.wait();
                    let options = RunOptions {
                        poll_interval: Duration::from_millis(5),
                        ..RunOptions::default()
                    };
                    let report =
                        run_with(&mut connection, &bundle, Action::RunPending, options).unwrap();
                    assert_eq!(report.bundles[0].status, Status::Current);
                    names(&report)
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    applied.sort();
    assert_eq!(applied, expected);
    let mut connection = database.connect();
    assert_eq!(ask(&mut connection, "SELECT count(*) FROM t7"), "1");
    assert_eq!(
        ask(
            &mut connection,
            "SELECT string_agg(revision, ' ') FROM limbeck_revision WHERE is_head"
        ),
        "r11"
    );
}

/// Runs what must fail in `b2`, and checks that nothing of it is left.
#[track_caller]
fn fails(up: &str, check: impl FnOnce(&Error)) {
    let database = TestDatabase::new();
    let bundle = bundle([
        sql("a1", &[], "CREATE TABLE a (id int PRIMARY KEY)", ""),
        sql("b2", &["a1"], up, ""),
    ]);
    let mut connection = database.connect();
    let error = pending(&mut connection, &bundle).unwrap_err();
    check(&error);
    assert_eq!(error.revision(), Some(&id("b2")));
    assert_eq!(error.applied(), [id("a1")]);
    assert_eq!(history(&mut connection), "a1*");
    assert_eq!(ask(&mut connection, "SELECT to_regclass('b')"), "");
    // The session is as it was: nothing open, nothing set, no lock held, nothing left behind.
    assert_eq!(
        ask(&mut connection, "SELECT current_setting('search_path')"),
        "\"$user\", public"
    );
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(ask(&mut connection, held), "0");
    connection
        .batch_execute("CREATE TABLE still_alive ()")
        .unwrap();

    // In a caller's transaction it says the same, and leaves the transaction usable.
    let mut other = database.connect();
    other.begin_test_transaction().unwrap();
    let inside = pending(&mut other, &bundle).unwrap_err();
    assert_eq!(inside.to_string(), error.to_string());
    assert_eq!(inside.sqlstate(), error.sqlstate());
    assert_eq!(inside.location(), error.location());
    assert_eq!(history(&mut other), "a1*");
    assert_eq!(
        ask(&mut other, "SELECT current_setting('search_path')"),
        "\"$user\", public"
    );
}

fn place(error: &Error) -> String {
    error
        .location()
        .map_or_else(String::new, ToString::to_string)
}

#[test]
fn a_failing_third_statement_is_named_with_its_place_and_sqlstate() {
    let up = "CREATE TABLE b (id int);\n\
              INSERT INTO a VALUES (1); -- é\n\
              \x20 INSERT INTO a\n    VALUES (1);\n\
              SELECT 1;";
    fails(up, |error| {
        assert_eq!(error.kind(), ErrorKind::Sql);
        assert_eq!(error.sqlstate(), Some("23505"));
        assert_eq!(place(error), "2026-01-01-000000_b2_test/up.sql:3:3");
        let database = error.database().unwrap();
        assert_eq!(database.statement_number, Some(3));
        assert_eq!(
            database.statement.as_deref(),
            Some("INSERT INTO a\n    VALUES (1)")
        );
        assert_eq!(database.constraint.as_deref(), Some("a_pkey"));
        assert_eq!(
            database.detail.as_deref(),
            Some("Key (id)=(1) already exists.")
        );
        assert!(
            error.to_string().starts_with(
                "revision `b2` (2026-01-01-000000_b2_test) could not be applied in statement 3: "
            ),
            "{error}"
        );
    });
}

#[test]
fn a_position_is_a_line_and_a_column() {
    let up = "CREATE TABLE b (id int);\n/* ü */ SELECT 'ü', nope FROM b";
    fails(up, |error| {
        assert_eq!(error.sqlstate(), Some("42703"));
        assert_eq!(place(error), "2026-01-01-000000_b2_test/up.sql:2:21");
    });
    fails("CREATE TABLE b (id int);\nSELECT\n  1 +;", |error| {
        assert_eq!(error.sqlstate(), Some("42601"));
        assert_eq!(error.database().unwrap().statement_number, Some(2));
        assert_eq!(place(error), "2026-01-01-000000_b2_test/up.sql:3:6");
    });
}

#[test]
fn failures_without_a_position_are_placed_too() {
    fails(
        "CREATE TABLE b (id int); CREATE TABLE a (id int)",
        |error| {
            assert_eq!(error.sqlstate(), Some("42P07"));
            assert_eq!(error.database().unwrap().statement_number, Some(2));
            assert_eq!(place(error), "2026-01-01-000000_b2_test/up.sql:1:26");
            assert!(error.hint().unwrap().contains("stamp"));
        },
    );
    fails("DO $$ BEGIN PERFORM 1 / 0; END $$; SELECT 1", |error| {
        assert_eq!(error.sqlstate(), Some("22012"));
        assert_eq!(error.database().unwrap().statement_number, Some(1));
    });
    fails(
        "SELECT 1; DO $limbeck$ BEGIN RAISE 'no'; END $limbeck$;",
        |error| {
            assert_eq!(error.sqlstate(), Some("P0001"));
            assert_eq!(error.database().unwrap().statement_number, Some(2));
        },
    );
}

#[test]
fn a_statement_that_reaches_no_other_server_is_no_lost_connection() {
    for state in ["08001", "08006"] {
        let up = format!(
            "SELECT 1; DO $$ BEGIN RAISE 'could not establish connection' \
             USING ERRCODE = '{state}'; END $$"
        );
        fails(&up, |error| {
            assert_eq!(error.kind(), ErrorKind::Sql, "{error}");
            assert_eq!(error.sqlstate(), Some(state));
            assert_eq!(error.database().unwrap().statement_number, Some(2));
            assert!(
                error
                    .to_string()
                    .ends_with("could not establish connection")
            );
            assert!(error.hint().unwrap().contains("another server"));
        });
    }
}

#[test]
fn no_password_of_a_failing_statement_is_shown() {
    for up in [
        "SELECT 1; CREATE ROLE r1 PASSWORD 'topsecret' nosuch",
        "ALTER USER nobody_at_all PASSWORD $x$topsecret$x$ 'topsecret'",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere \
         OPTIONS (user 'me', password 'topsecret')",
        "ALTER SERVER nowhere OPTIONS (ADD key 'topsecret')",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h topsecret' PUBLICATION",
        "SELECT no_such_function('host=h password=topsecret')",
        "DO $$ BEGIN ALTER ROLE nobody_at_all PASSWORD 'topsecret'; END $$",
        "DO $$ BEGIN EXECUTE 'ALTER ROLE nobody_at_all PASSWORD ''topsecret'' nosuch'; END $$",
    ] {
        fails(up, |error| {
            let shown = format!(
                "{error}\n{error:?}\n{:?}\n{:?}",
                error.database(),
                error.hint()
            );
            assert!(error.statement().unwrap().contains("***"), "{shown}");
            assert!(!shown.contains("topsecret"), "{shown}");
        });
    }
}

#[test]
fn a_deferred_constraint_fails_the_revision_at_its_end() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let deferred = "CREATE TABLE a (id int PRIMARY KEY); \
                    CREATE TABLE b (id int REFERENCES a DEFERRABLE INITIALLY DEFERRED); \
                    INSERT INTO b VALUES (7)";
    let error = pending(&mut connection, &bundle([sql("a1", &[], deferred, "")])).unwrap_err();
    assert_eq!(error.sqlstate(), Some("23503"));
    assert_eq!(error.revision(), Some(&id("a1")));
    assert_eq!(error.statement(), None);
    assert_eq!(history(&mut connection), "");
}

#[test]
fn timeouts_are_told_apart() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let bundle = bundle([sql("a1", &[], "SELECT 1; SELECT pg_sleep(30)", "")]);
    let options = RunOptions {
        statement_timeout: Some(Duration::from_millis(60)),
        ..RunOptions::default()
    };
    let error = run_with(
        &mut connection,
        &bundle,
        Action::RunPending,
        options.clone(),
    );
    let error = error.unwrap_err();
    assert_eq!(error.sqlstate(), Some("57014"));
    assert_eq!(error.database().unwrap().statement_number, Some(2));
    assert_eq!(
        ask(
            &mut connection,
            "SELECT current_setting('statement_timeout')"
        ),
        "0"
    );

    let mut other = database.connect();
    other.batch_execute("CREATE TABLE t ()").unwrap();
    other.batch_execute("BEGIN; LOCK TABLE t").unwrap();
    let bundle = self::bundle([sql("a1", &[], "SELECT 1; ALTER TABLE t ADD c int", "")]);
    let options = RunOptions {
        lock_timeout: Some(Duration::from_millis(60)),
        ..RunOptions::default()
    };
    let error = run_with(&mut connection, &bundle, Action::RunPending, options).unwrap_err();
    assert_eq!(error.sqlstate(), Some("55P03"), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(error.database().unwrap().statement_number, Some(2));
}

#[test]
fn upgrade_downgrade_and_stamp_reach_their_targets() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let bundle = three();
    let mut go = |action: Action, after: &str| {
        let report = run(&mut connection, &bundle, action).unwrap();
        assert_eq!(history(&mut connection), after);
        names(&report)
    };
    assert_eq!(go(Action::Upgrade(target("+1")), "a1*"), ["a1"]);
    assert_eq!(go(Action::Upgrade(target("b2")), "a1 b2*"), ["b2"]);
    assert_eq!(go(Action::Upgrade(target("head")), "a1 b2 c3*"), ["c3"]);
    assert_eq!(go(Action::Downgrade(target("-1")), "a1 b2*"), ["c3"]);
    assert_eq!(go(Action::Downgrade(target("base")), ""), ["b2", "a1"]);
    assert_eq!(
        go(Action::Stamp(vec![target("b2")]), "a1 b2*"),
        ["a1", "b2"]
    );
    assert_eq!(go(Action::Stamp(vec![target("b2")]), "a1 b2*"), [""; 0]);
    assert_eq!(go(Action::Stamp(vec![target("a1")]), "a1*"), ["b2"]);
    assert_eq!(go(Action::Stamp(vec![target("base")]), ""), ["a1"]);
    assert_eq!(go(Action::RunPending, "a1 b2 c3*"), ["a1", "b2", "c3"]);
    assert_eq!(
        ask(
            &mut connection,
            "SELECT count(*) FROM limbeck_revision WHERE duration_us > 0"
        ),
        "3"
    );
}

#[test]
fn a_way_down_that_takes_data_away_is_refused_where_that_is_wanted() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let careful = || RunOptions {
        on_loss: OnLoss::Refuse,
        ..RunOptions::default()
    };
    pending(&mut connection, &three()).unwrap();
    let down = Action::Downgrade(target("base"));
    let error = run_with(&mut connection, &three(), down, careful()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Destructive);
    assert_eq!(
        error.to_string(),
        "going down takes data away:\n  c3: ALTER TABLE b DROP c\n  b2: DELETE FROM a\n  \
         b2: DROP TABLE b\n  a1: DROP TABLE a"
    );
    assert_eq!(history(&mut connection), "a1 b2 c3*");

    // Of one that this program does not have, the way down was kept.
    let two = || bundle([sql("a1", &[], "CREATE TABLE a (id int PRIMARY KEY);", "")]);
    let down = Action::Downgrade(target("a1"));
    let error = run_with(&mut connection, &two(), down, careful()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Destructive, "{error}");
    assert!(error.to_string().contains("b2: DROP TABLE b"), "{error}");
    assert_eq!(history(&mut connection), "a1 b2 c3*");

    // What a record tells counts for types, and what nobody can tell is asked for.
    let mut generated = sql(
        "b2",
        &["a1"],
        "ALTER TABLE a ALTER id TYPE bigint",
        "ALTER TABLE a ALTER id TYPE int; DO $$BEGIN END$$",
    );
    let told = |connection: &mut PgConnection, revision: &SqlMigration| {
        let both = bundle([
            sql("a1", &[], "CREATE TABLE a (id int PRIMARY KEY);", ""),
            revision.clone(),
        ]);
        pending(connection, &both).unwrap();
        let down = Action::Downgrade(target("-1"));
        let error = run_with(connection, &both, down, careful()).unwrap_err();
        error.to_string()
    };
    let other = TestDatabase::new();
    let mut connection = other.connect();
    let head = "going down takes data away:\n  b2: ";
    assert_eq!(
        told(&mut connection, &generated),
        format!("{head}ALTER TABLE a ALTER id TYPE int\n  b2: DO $$BEGIN END$$")
    );
    generated.revision.down_destroys = Some(Vec::new());
    assert_eq!(
        told(&mut connection, &generated),
        format!("{head}DO $$BEGIN END$$")
    );
    generated.revision.down_destroys = Some(vec!["narrow_type:a.id".to_owned()]);
    assert_eq!(
        told(&mut connection, &generated),
        format!("{head}DO $$BEGIN END$$\n  b2: narrow_type:a.id")
    );

    // What takes nothing away needs no consent.
    let mild = bundle([
        sql("a1", &[], "CREATE TABLE a (id int PRIMARY KEY);", ""),
        sql("b2", &["a1"], "CREATE INDEX i ON a (id)", "DROP INDEX i"),
    ]);
    let other = TestDatabase::new();
    let mut connection = other.connect();
    pending(&mut connection, &mild).unwrap();
    let down = Action::Downgrade(target("-1"));
    run_with(&mut connection, &mild, down, careful()).unwrap();
    assert_eq!(history(&mut connection), "a1*");
}

#[test]
fn who_applied_is_who_connected() {
    let database = TestDatabase::on(own_server());
    let mut connection = database.connect();
    let role = format!("limbeck_deputy_{}", std::process::id());
    connection
        .batch_execute(&format!(
            "CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role}"
        ))
        .unwrap();
    pending(&mut connection, &three()).unwrap();
    assert_eq!(
        ask(
            &mut connection,
            "SELECT bool_and(applied_by = session_user AND applied_by <> current_user) \
             FROM limbeck_revision"
        ),
        "true"
    );
    connection
        .batch_execute(&format!(
            "RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}"
        ))
        .unwrap();
}

#[test]
fn caches_are_mended_by_who_knows_all_of_them() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    pending(&mut connection, &three()).unwrap();
    let chain = "SELECT chain_digest FROM limbeck_revision WHERE revision = 'a1'";
    let right = ask(&mut connection, chain);
    connection
        .batch_execute(
            "UPDATE limbeck_revision SET chain_digest = repeat('0', 64) WHERE revision = 'a1'",
        )
        .unwrap();
    let wrong = ask(&mut connection, chain);

    // A program that lacks the last revision mends nothing: it cannot know what belongs there.
    let older = bundle([
        sql(
            "a1",
            &[],
            "CREATE TABLE a (id int PRIMARY KEY);",
            "DROP TABLE a;",
        ),
        sql(
            "b2",
            &["a1"],
            "CREATE TABLE b (id int REFERENCES a);\n-- a comment\nINSERT INTO a VALUES (1)",
            "",
        ),
    ]);
    let report = pending(&mut connection, &older).unwrap();
    assert_eq!(report.bundles[0].status, Status::Ahead);
    assert_eq!(ask(&mut connection, chain), wrong);

    run(
        &mut connection,
        &three(),
        Action::Stamp(vec![target("head")]),
    )
    .unwrap();
    assert_eq!(ask(&mut connection, chain), right);

    // Parents are a cache of the directory, too.
    let parents = "SELECT parents FROM limbeck_revision WHERE revision = 'b2'";
    connection
        .batch_execute("UPDATE limbeck_revision SET parents = '{}' WHERE revision = 'b2'")
        .unwrap();
    run(
        &mut connection,
        &three(),
        Action::Stamp(vec![target("head")]),
    )
    .unwrap();
    assert_eq!(ask(&mut connection, parents), "{a1}");
}

#[test]
fn heads_are_compared_whatever_the_collation() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let chain = |last: bool| {
        let mut all = vec![
            sql("a1", &[], "SELECT 1", "SELECT 1"),
            sql("B2", &[], "SELECT 2", "SELECT 2"),
        ];
        if last {
            all.push(sql("m3", &["a1", "B2"], "SELECT 3", "SELECT 3"));
        }
        bundle(all)
    };
    pending(&mut connection, &chain(false)).unwrap();
    let collation = ask(
        &mut connection,
        "SELECT min(collname) FROM pg_collation WHERE collname = 'en-x-icu'",
    );
    if collation.is_empty() {
        eprintln!("not tested: this server has no ICU");
        return;
    }
    connection
        .batch_execute("ALTER TABLE limbeck_revision ALTER revision TYPE text COLLATE \"en-x-icu\"")
        .unwrap();
    pending(&mut connection, &chain(true)).unwrap();
    assert_eq!(history(&mut connection), "a1 B2 m3*");
}

#[test]
fn branches_and_merges_keep_their_heads() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let bundle = bundle([
        sql("a1", &[], "SELECT 1", "SELECT 1"),
        sql("b2", &["a1"], "SELECT 2", "SELECT 2"),
        sql("b3", &["a1"], "SELECT 3", "SELECT 3"),
        sql("m4", &["b2", "b3"], "SELECT 4", "SELECT 4"),
    ]);
    let mut go = |action: Action, after: &str| {
        run(&mut connection, &bundle, action).unwrap();
        assert_eq!(history(&mut connection), after);
    };
    go(Action::Upgrade(target("b2")), "a1 b2*");
    go(Action::Upgrade(target("b3")), "a1 b2* b3*");
    go(Action::RunPending, "a1 b2 b3 m4*");
    go(Action::Downgrade(target("-1")), "a1 b2* b3*");
    go(Action::Downgrade(target("a1")), "a1*");
}

#[test]
fn the_caller_s_transaction_is_the_caller_s() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection.batch_execute("CREATE TABLE mine ()").unwrap();
    let result: std::result::Result<(), diesel::result::Error> =
        connection.transaction(|connection| {
            connection
                .batch_execute("SET LOCAL lock_timeout = '7s'")
                .unwrap();
            let options = RunOptions {
                lock_timeout: Some(Duration::from_secs(1)),
                ..RunOptions::default()
            };
            let report = run_with(connection, &three(), Action::RunPending, options).unwrap();
            assert_eq!(names(&report), ["a1", "b2", "c3"]);
            assert!(pending(connection, &three()).unwrap().is_nothing());
            assert_eq!(
                ask(connection, "SELECT current_setting('lock_timeout')"),
                "7s"
            );
            run(connection, &three(), Action::Downgrade(target("b2"))).unwrap();
            assert_eq!(history(connection), "a1 b2*");
            Err(diesel::result::Error::RollbackTransaction)
        });
    assert!(result.is_err());
    assert_eq!(
        ask(&mut connection, "SELECT to_regclass('limbeck_revision')"),
        ""
    );
    assert_eq!(ask(&mut connection, "SELECT to_regclass('a')"), "");
    assert_eq!(names(&pending(&mut connection, &three()).unwrap()).len(), 3);
}

#[test]
fn a_failure_does_not_poison_the_caller_s_transaction() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection.begin_test_transaction().unwrap();
    connection
        .batch_execute("CREATE TABLE mine (id int)")
        .unwrap();
    let good = ("a1", "CREATE TABLE a (id int)");
    for bad in [
        "CREATE TABLE b (id int); SELECT 1/0",
        "CREATE TABLE b (id int); CREAT",
    ] {
        let both = bundle([
            sql(good.0, &[], good.1, "DROP TABLE a"),
            sql("b2", &["a1"], bad, ""),
        ]);
        let failed = pending(&mut connection, &both);
        connection
            .batch_execute("INSERT INTO mine VALUES (1)")
            .unwrap();
        assert_eq!(history(&mut connection), "a1*", "{bad} {failed:?}");
        assert!(failed.is_err(), "{bad}");
        assert_eq!(ask(&mut connection, "SELECT to_regclass('b')"), "");
    }
}

#[test]
fn a_transaction_opened_behind_diesel_s_back_is_refused() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    pending(&mut connection, &bundle([sql("a1", &[], "SELECT 1", "")])).unwrap();
    connection.batch_execute("BEGIN").unwrap();
    let longer = bundle([
        sql("a1", &[], "SELECT 1", ""),
        sql("b2", &["a1"], "SELECT 1", ""),
    ]);
    let error = pending(&mut connection, &longer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(
        error.to_string().contains("a transaction is open"),
        "{error}"
    );
}

#[test]
fn a_connection_that_only_reads_is_fine_with_nothing_to_do() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection
        .batch_execute("SET default_transaction_read_only = on")
        .unwrap();
    let error = pending(&mut connection, &three()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    pending(&mut database.connect(), &three()).unwrap();
    assert!(pending(&mut connection, &three()).unwrap().is_nothing());
}

#[test]
fn a_role_without_rights_gets_the_grant_to_run() {
    let database = TestDatabase::on(own_server());
    let mut connection = database.connect();
    // Roles belong to the whole server: the name is this database's.
    let role = format!("{}_poor", ask(&mut connection, "SELECT current_database()"));
    let schema = "REVOKE CREATE ON SCHEMA public FROM PUBLIC";
    connection
        .batch_execute(&format!("{schema}; CREATE ROLE \"{role}\""))
        .unwrap();
    let mut poor = database.connect();
    poor.batch_execute(&format!("SET ROLE \"{role}\"")).unwrap();
    let error = pending(&mut poor, &three()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission);
    let hint = format!("as its owner run: GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"{role}\"");
    assert_eq!(error.hint(), Some(hint.as_str()));

    // Where the table is there, SELECT is enough to find that there is nothing to do.
    pending(&mut connection, &three()).unwrap();
    let error = pending(&mut poor, &three()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission);
    assert!(error.to_string().contains("lacks SELECT"), "{error}");
    let grant = format!("GRANT SELECT ON limbeck_revision TO \"{role}\"");
    connection.batch_execute(&grant).unwrap();
    assert!(pending(&mut poor, &three()).unwrap().is_nothing());

    // And the rights on the table are enough to migrate, without CREATE.
    let grant = format!(
        "GRANT INSERT, UPDATE, DELETE ON limbeck_revision TO \"{role}\"; \
         REVOKE TEMPORARY ON DATABASE \"{}\" FROM PUBLIC",
        ask(&mut connection, "SELECT current_database()")
    );
    connection.batch_execute(&grant).unwrap();
    let mut longer = three();
    longer
        .migrations
        .push(Arc::new(sql("d4", &["c3"], "SELECT 1; SELECT 2", "")));
    assert_eq!(names(&pending(&mut poor, &longer).unwrap()), ["d4"]);

    // What a revision makes wants more.
    let mut told = |up: &str| {
        let mut longest = longer.clone();
        let last = sql("e5", &["d4"], up, "");
        longest.migrations.push(Arc::new(last));
        let error = pending(&mut poor, &longest).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Permission);
        error.hint().unwrap().to_owned()
    };
    let grant = format!("GRANT CREATE ON SCHEMA \"public\" TO \"{role}\"");
    for up in ["CREATE TABLE e ()", "SELECT 1; CREATE TYPE e AS (a int)"] {
        let hint = told(up);
        assert_eq!(
            hint,
            format!("the role lacks CREATE on the schema `public`: as its owner run: {grant}")
        );
    }
    assert!(!told("INSERT INTO a VALUES (3)").contains("GRANT"));
    connection.batch_execute(&grant).unwrap();
    assert!(!told("DROP TABLE a").contains("GRANT"));
    for (up, then) in [
        (
            "CREATE EXTENSION IF NOT EXISTS dblink",
            "and the revision then leaves it as it is",
        ),
        (
            "CREATE EXTENSION dblink",
            "and the revision must say `IF NOT EXISTS`",
        ),
    ] {
        let hint = told(up);
        assert!(
            hint.contains("a superuser, or for a trusted extension"),
            "{hint}"
        );
        assert!(
            hint.contains(&format!("must run there: {up}; ")) && hint.ends_with(then),
            "{hint}"
        );
    }
    connection
        .batch_execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""))
        .unwrap();
}

#[test]
fn ahead_diverged_stale_and_edited_are_told_apart() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let old = bundle([sql("a1", &[], "SELECT 1", "SELECT 1")]);
    let new = bundle([
        sql("a1", &[], "SELECT 1", "SELECT 1"),
        sql("b2", &["a1"], "CREATE TABLE b ()", "DROP TABLE b"),
    ]);
    pending(&mut connection, &new).unwrap();
    let report = pending(&mut connection, &old).unwrap();
    assert_eq!(report.bundles[0].status, Status::Ahead);
    assert_eq!(report.bundles[0].unknown, [id("b2")]);
    assert_eq!(
        report.to_string(),
        "nothing to do: app is at b2, ahead of this program by one revision"
    );

    let other = bundle([
        sql("a1", &[], "SELECT 1", "SELECT 1"),
        sql("c3", &["a1"], "SELECT 3", "SELECT 3"),
    ]);
    let error = pending(&mut connection, &other).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert_eq!(error.revision(), Some(&id("b2")));

    let edited = bundle([sql("a1", &[], "SELECT 5", "SELECT 1")]);
    let error = pending(&mut connection, &edited).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tampered);
    assert_eq!(error.revision(), Some(&id("a1")));
    // Comments and layout are no edit.
    let formatted = bundle([sql("a1", &[], "-- now with a comment\r\nSELECT\r\n  1", "")]);
    assert_eq!(
        pending(&mut connection, &formatted).unwrap().bundles[0].status,
        Status::Ahead
    );

    connection
        .batch_execute("UPDATE limbeck_revision SET breaking = revision = 'b2'")
        .unwrap();
    let error = pending(&mut connection, &old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!(error.revision(), Some(&id("b2")));

    // The older program takes back what the newer one did, by what was kept with it.
    let report = run(&mut connection, &old, Action::Downgrade(target("a1"))).unwrap();
    assert_eq!(names(&report), ["b2"]);
    assert_eq!(ask(&mut connection, "SELECT to_regclass('b')"), "");
    assert_eq!(history(&mut connection), "a1*");

    // Accepting an edit is a stamp.
    run(&mut connection, &edited, Action::Stamp(vec![target("a1")])).unwrap();
    assert!(pending(&mut connection, &edited).unwrap().is_nothing());
}

#[test]
fn caches_are_brought_up_to_date_and_decide_nothing() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    pending(&mut connection, &three()).unwrap();
    connection
        .batch_execute("UPDATE limbeck_revision SET chain_digest = 'x', is_head = revision = 'a1'")
        .unwrap();
    assert!(pending(&mut connection, &three()).unwrap().is_nothing());
    assert_eq!(history(&mut connection), "a1 b2 c3*");
    assert_eq!(
        ask(
            &mut connection,
            "SELECT count(*) FROM limbeck_revision WHERE chain_digest = 'x'"
        ),
        "0"
    );
}

#[test]
fn a_late_revision_is_applied_where_it_touches_nothing_of_the_others() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let touching = |name: &str, parents: &[&str], touches: &str| {
        let mut migration = sql(
            name,
            parents,
            &format!("CREATE TABLE {name} ()"),
            &format!("DROP TABLE {name}"),
        );
        migration.revision.touches = Some(vec![touches.to_owned()]);
        migration
    };
    pending(
        &mut connection,
        &bundle([touching("a1", &[], "a"), touching("c3", &["a1"], "c")]),
    )
    .unwrap();
    let late = |touches: &str| {
        bundle([
            touching("a1", &[], "a"),
            touching("b2", &["a1"], touches),
            touching("c3", &["b2"], "c"),
        ])
    };
    let error = pending(&mut connection, &late("c")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert_eq!(
        names(&pending(&mut connection, &late("b")).unwrap()),
        ["b2"]
    );
    assert_eq!(history(&mut connection), "a1 b2 c3*");
    assert!(pending(&mut connection, &late("b")).unwrap().is_nothing());
}

#[test]
fn a_table_that_is_not_ours_is_left_alone() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection
        .batch_execute("CREATE TABLE limbeck_revision (id int)")
        .unwrap();
    let error = pending(&mut connection, &three()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains("is not a history of Limbeck's"),
        "{error}"
    );
}

#[test]
fn hostile_names_of_history_and_placement() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let schema = Ident::new("Order \"x\" 'y' \\z $limbeck$").unwrap();
    let name = Ident::new("select".repeat(10) + "'\"").unwrap();
    let history = limbeck_postgres::history::HistoryTable {
        schema: schema.clone(),
        name,
    };
    let options = RunOptions {
        history,
        ..RunOptions::default()
    };
    let mut bundle = three();
    bundle.name = "app 'of' \"mine\"".to_owned();
    bundle.placement = Some(schema);
    let go = |connection: &mut PgConnection, action: Action| {
        run_with(connection, &bundle, action, options.clone()).unwrap()
    };
    assert_eq!(names(&go(&mut connection, Action::RunPending)).len(), 3);
    assert!(go(&mut connection, Action::RunPending).is_nothing());
    assert_eq!(ask(&mut connection, "SELECT to_regclass('public.a')"), "");
    let found = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
                 WHERE relname = 'a' AND nspname LIKE 'Order%'";
    assert_eq!(ask(&mut connection, found), "1");
    assert_eq!(
        names(&go(&mut connection, Action::Downgrade(target("base")))).len(),
        3
    );
}

#[test]
fn a_held_lock_is_waited_for_and_its_holder_named() {
    let database = TestDatabase::new();
    let url = database.url();
    let mut connection = database.connect();
    pending(&mut connection, &bundle([sql("a1", &[], "SELECT 1", "")])).unwrap();
    let slow = bundle([
        sql("a1", &[], "SELECT 1", ""),
        sql("b2", &["a1"], "SELECT pg_sleep(0.6)", ""),
    ]);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            let mut connection = PgConnection::establish(&url).unwrap();
            pending(&mut connection, &slow).unwrap()
        });
        std::thread::sleep(Duration::from_millis(200));
        let options = RunOptions {
            lock_wait: LockWait::Fail,
            ..RunOptions::default()
        };
        let error = run_with(&mut connection, &slow, Action::RunPending, options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(
            error.to_string().contains("the process with pid"),
            "{error}"
        );
        let options = RunOptions {
            poll_interval: Duration::from_millis(20),
            ..RunOptions::default()
        };
        let report = run_with(&mut connection, &slow, Action::RunPending, options).unwrap();
        assert!(report.is_nothing());
        assert_eq!(first.join().unwrap().applied.len(), 1);
    });
}

#[test]
fn the_isolation_level_of_the_role_does_not_matter() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection
        .batch_execute("SET default_transaction_isolation = 'serializable'")
        .unwrap();
    assert_eq!(names(&pending(&mut connection, &three()).unwrap()).len(), 3);
    assert_eq!(
        ask(
            &mut connection,
            "SELECT current_setting('transaction_isolation')"
        ),
        "serializable"
    );
}

/// A revision of a closure.
struct Closure {
    revision: Revision,
    script: fn(&mut Script),
}

impl Migration for Closure {
    fn revision(&self) -> &Revision {
        &self.revision
    }

    fn upgrade(&self, script: &mut Script) -> Result<()> {
        (self.script)(script);
        Ok(())
    }

    fn downgrade(&self, script: &mut Script) -> Result<()> {
        script.sql("DROP TABLE d");
        Ok(())
    }
}

pub(crate) fn closure(script: fn(&mut Script)) -> Bundle {
    let mut bundle = Bundle::new("app");
    bundle.migrations = vec![closure_as("d1", &[], script)];
    bundle
}

/// A revision that is a closure, with its parents.
pub(crate) fn closure_as(
    name: &str,
    parents: &[&str],
    script: fn(&mut Script),
) -> Arc<dyn Migration> {
    let mut revision = Revision::new(id(name), sql_digest("closure"));
    revision.parents = parents.iter().map(|parent| id(parent)).collect();
    Arc::new(Closure { revision, script })
}

#[test]
fn data_steps_see_what_was_done_before_them() {
    let bundle = closure(|script| {
        script
            .sql("CREATE TABLE d (id int, at date, name text)")
            .data("fill", |session| {
                session
                    .execute("INSERT INTO d VALUES (1, '2026-01-02', 'a, \"b\"'), (2, NULL, '')")?;
                session.execute("-- nothing")?;
                let rows = session.query("SELECT * FROM d ORDER BY id; -- all")?;
                let text = |text: &str| Some(text.to_owned());
                assert_eq!(rows[0], [text("1"), text("2026-01-02"), text("a, \"b\"")]);
                assert_eq!(rows[1], [text("2"), None, text("")]);
                let rows = session.query("DELETE FROM d WHERE id = 2 RETURNING id > 1")?;
                assert_eq!(rows, [[text("t")]]);
                Ok(())
            });
        script.sql("UPDATE d SET id = id + 1");
    });
    let database = TestDatabase::new();
    let mut connection = database.connect();
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(&mut connection, "SELECT string_agg(id::text, ' ') FROM d"),
        "2"
    );
    assert_eq!(history(&mut connection), "d1*");
}

#[test]
fn data_steps_may_use_diesel_and_its_transactions() {
    let mut bundle = closure(|script| {
        script
            .sql("CREATE TABLE d (id int)")
            .data_step(limbeck_core::DataStep {
                name: "fill".to_owned(),
                needs: Needs::Connection,
                call: Arc::new(|session| {
                    let connection = session.connection().unwrap();
                    let connection = connection.downcast_mut::<PgConnection>().unwrap();
                    let inner: std::result::Result<(), diesel::result::Error> = connection
                        .transaction(|connection| {
                            connection.batch_execute("INSERT INTO d VALUES (1)")?;
                            Err(diesel::result::Error::RollbackTransaction)
                        });
                    assert!(inner.is_err());
                    connection
                        .batch_execute("INSERT INTO d VALUES (2)")
                        .unwrap();
                    Ok(())
                }),
            });
    });
    bundle.name = "data".to_owned();
    let database = TestDatabase::new();
    let mut connection = database.connect();
    pending(&mut connection, &bundle).unwrap();
    assert_eq!(
        ask(&mut connection, "SELECT string_agg(id::text, ' ') FROM d"),
        "2"
    );
}

#[test]
fn a_data_step_that_fails_or_panics_leaves_nothing() {
    for (bundle, panics) in [
        (
            closure(|script| {
                script
                    .sql("CREATE TABLE d (id int)")
                    .data("fill", |session| {
                        session.execute("INSERT INTO d VALUES (1)")?;
                        session.execute("INSERT INTO d VALUES ('x')")
                    });
            }),
            false,
        ),
        (
            closure(|script| {
                script
                    .sql("CREATE TABLE d (id int)")
                    .data("fill", |_| panic!("on purpose"));
            }),
            true,
        ),
    ] {
        let database = TestDatabase::new();
        let mut connection = database.connect();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pending(&mut connection, &bundle)
        }));
        assert_eq!(result.is_err(), panics);
        if let Ok(result) = result {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DataStep);
            assert!(
                error.to_string().contains("`fill` of revision `d1` failed"),
                "{error}"
            );
        }
        assert_eq!(ask(&mut connection, "SELECT to_regclass('d')"), "");
        assert_eq!(history(&mut connection), "");
        connection
            .transaction(|connection| connection.batch_execute("SELECT 1"))
            .unwrap();
    }
}

/// What a step does, and the tables that are there afterwards.
type Ending = (&'static str, fn(&mut Script), &'static str);

#[test]
fn a_data_step_that_ends_the_transaction_is_found_out() {
    let steps: [Ending; 3] = [
        (
            "COMMIT",
            |script| {
                script
                    .sql("CREATE TABLE d (id int)")
                    .data("commit", |session| session.execute("COMMIT"));
            },
            "d",
        ),
        (
            "ROLLBACK",
            |script| {
                script
                    .sql("CREATE TABLE d (id int)")
                    .data("undo", |session| session.execute("ROLLBACK"));
            },
            "",
        ),
        (
            "ROLLBACK, and more",
            |script| {
                script
                    .sql("CREATE TABLE d (id int)")
                    .data("undo", |session| {
                        session.execute("ROLLBACK")?;
                        session.execute("CREATE TABLE e ()")
                    });
            },
            "e",
        ),
    ];
    for (what, script, left) in steps {
        let database = TestDatabase::new();
        let mut connection = database.connect();
        let error = pending(&mut connection, &closure(script)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataStep, "{what}");
        assert!(
            error.to_string().contains("has ended the transaction"),
            "{what}: {error}"
        );
        assert_eq!(
            error.hint(),
            Some(
                "take COMMIT and ROLLBACK out of it: what stood before a COMMIT was kept, what stood before \
                 a ROLLBACK was not, and what came after either was; the revision is not recorded"
            ),
            "{what}"
        );
        assert_eq!(history(&mut connection), "", "{what}");
        let there = "SELECT concat_ws(' ', to_regclass('d'), to_regclass('e'))";
        assert_eq!(ask(&mut connection, there), left, "{what}");
    }
}

#[test]
fn inspecting_writes_nothing_and_gives_the_rows() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let report = run(&mut connection, &three(), Action::Inspect).unwrap();
    assert_eq!(report.bundles[0].status, Status::Behind);
    assert_eq!(report.bundles[0].pending.len(), 3);
    assert_eq!(
        ask(&mut connection, "SELECT to_regclass('limbeck_revision')"),
        ""
    );
    run(&mut connection, &three(), Action::Upgrade(target("b2"))).unwrap();
    let report = run(&mut connection, &three(), Action::Inspect).unwrap();
    assert_eq!(report.bundles[0].rows.len(), 2);
    assert_eq!(report.bundles[0].rows[1].revision, id("b2"));
    assert_eq!(report.bundles[0].rows[1].statement_reached, Some(2));
    assert!(report.bundles[0].rows[1].duration().is_some());
    assert_eq!(report.bundles[0].pending, [id("c3")]);
}

#[test]
fn bundles_run_in_their_order_and_wait_for_what_they_depend_on() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let mut accounts = bundle([sql(
        "a1",
        &[],
        "CREATE TABLE users (id int PRIMARY KEY)",
        "",
    )]);
    accounts.name = "accounts".to_owned();
    accounts.placement = Some(Ident::new("auth").unwrap());
    let mut posts = sql(
        "b1",
        &[],
        "CREATE TABLE posts (author int REFERENCES auth.users)",
        "",
    );
    posts.revision.depends_on = vec!["accounts:a1".parse().unwrap()];
    let app = bundle([posts]);
    let go = |connection: &mut PgConnection, bundles: &[&Bundle]| {
        let bundles = bundles
            .iter()
            .map(|bundle| BundleRun::new(bundle, Action::RunPending))
            .collect::<Result<_>>()?;
        drive(
            connection,
            Runner::new(RunRequest {
                bundles,
                options: RunOptions::default(),
            }),
        )
    };
    let error = go(&mut connection, &[&app]).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("depends on `accounts:a1`: there is no bundle `accounts` in this program"),
        "{error}"
    );
    let report = go(&mut connection, &[&accounts, &app]).unwrap();
    assert_eq!(names(&report), ["a1", "b1"]);
    assert!(
        go(&mut connection, &[&accounts, &app])
            .unwrap()
            .is_nothing()
    );
}

#[test]
fn what_a_revision_sets_ends_with_it() {
    let database = TestDatabase::on(own_server());
    let mut connection = database.connect();
    let role = format!(
        "{}_other",
        ask(&mut connection, "SELECT current_database()")
    );
    connection
        .batch_execute(&format!(
            "CREATE ROLE \"{role}\"; SET work_mem = '3MB'; SET application_name = 'me';\n\
             SET timezone = 'Asia/Kathmandu'"
        ))
        .unwrap();
    let up = format!(
        "SELECT pg_catalog.set_config('search_path', '', false);\n\
         SET statement_timeout = 1234; SET lock_timeout = 1234;\n\
         SET check_function_bodies = off; SET \"work_mem\" TO '5MB'; RESET application_name;\n\
         SET SESSION TIME ZONE 'Asia/Tokyo'; SET app.note = 'x'; SET SESSION AUTHORIZATION \"{role}\";\n\
         RESET SESSION AUTHORIZATION;\n\
         CREATE TABLE public.a (id int);\n\
         SET ROLE \"{role}\"; SELECT 1;"
    );
    let bundle = bundle([
        sql("a1", &[], &up, "DROP TABLE a"),
        sql("b2", &["a1"], "SELECT 1", ""),
    ]);
    for caller in [false, true] {
        if caller {
            connection.begin_test_transaction().unwrap();
        }
        assert_eq!(
            names(&pending(&mut connection, &bundle).unwrap()),
            ["a1", "b2"]
        );
        for (name, value) in [
            ("search_path", "\"$user\", public"),
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            ("role", "none"),
            ("check_function_bodies", "on"),
            ("work_mem", "3MB"),
            ("application_name", "me"),
            ("timezone", "Asia/Kathmandu"),
            ("app.note", ""),
        ] {
            let now = ask(
                &mut connection,
                &format!("SELECT current_setting('{name}')"),
            );
            assert_eq!(now, value, "{name}");
        }
        run(&mut connection, &bundle, Action::Stamp(vec![target("a1")])).unwrap();
        run(&mut connection, &bundle, Action::Downgrade(target("base"))).unwrap();
    }
    drop(connection);
    database
        .connect()
        .batch_execute(&format!("DROP ROLE \"{role}\""))
        .unwrap();
}

#[test]
fn a_connection_that_is_cut_leaves_nothing_half_done() {
    let database = TestDatabase::new();
    let url = database.url();
    let mut connection = database.connect();
    let slow = bundle([sql("a1", &[], "CREATE TABLE a (); SELECT pg_sleep(30)", "")]);
    std::thread::scope(|scope| {
        let cut = scope.spawn(|| pending(&mut PgConnection::establish(&url).unwrap(), &slow));
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
        while ask(&mut connection, kill) == "0" {
            std::thread::sleep(Duration::from_millis(10));
        }
        let error = cut.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection);
        assert_eq!(error.revision(), Some(&id("a1")));
    });
    assert_eq!(history(&mut connection), "");
    assert_eq!(ask(&mut connection, "SELECT to_regclass('a')"), "");
    let fast = bundle([sql("a1", &[], "CREATE TABLE a ()", "")]);
    assert_eq!(names(&pending(&mut connection, &fast).unwrap()), ["a1"]);
}

/// Has a run wait on the history of somebody else, which is dropped meanwhile.
fn beside_one_that_goes<R: Send>(run: impl FnOnce(&TestDatabase) -> R + Send) -> R {
    let database = TestDatabase::new();
    let mut other = database.connect();
    other
        .batch_execute("CREATE SCHEMA other; SET search_path = other")
        .unwrap();
    let mut theirs = three();
    theirs.placement = Some(Ident::new("other").unwrap());
    let options = RunOptions {
        history: HistoryTable {
            schema: Ident::new("other").unwrap(),
            ..HistoryTable::default()
        },
        ..RunOptions::default()
    };
    run_with(&mut other, &theirs, Action::RunPending, options).unwrap();
    other
        .batch_execute("BEGIN; DROP SCHEMA other CASCADE")
        .unwrap();
    thread::scope(|scope| {
        let going = scope.spawn(|| run(&database));
        let mut watching = database.connect();
        wait_until("the run waits for the other's table", || {
            let waiting =
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL";
            going.is_finished() || ask(&mut watching, waiting) == "1"
        });
        assert!(!going.is_finished(), "it has found the other's table");
        other.batch_execute("COMMIT").unwrap();
        going.join().unwrap()
    })
}

#[test]
fn history_that_is_dropped_while_it_is_read_is_not_there() {
    let all = [id("a1"), id("b2"), id("c3")];
    let report = beside_one_that_goes(|database| pending(&mut database.connect(), &three()));
    assert_eq!(report.unwrap().revisions(), all);
    // Who only looks, and in a transaction that sees what was there at its beginning.
    beside_one_that_goes(|database| run(&mut database.connect(), &three(), Action::Inspect))
        .unwrap();
    beside_one_that_goes(|database| {
        let mut connection = database.connect();
        connection
            .build_transaction()
            .repeatable_read()
            .run(|inside| {
                pending(inside, &three()).unwrap();
                inside.batch_execute("INSERT INTO a VALUES (7)")
            })?;
        assert_eq!(ask(&mut connection, "SELECT count(*) FROM a"), "2");
        Ok::<(), diesel::result::Error>(())
    })
    .unwrap();
    let report = beside_one_that_goes(|database| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let mut connection = AsyncPgConnection::establish(&database.url()).await.unwrap();
            Migrator::new(three())
                .run_pending_async(&mut connection)
                .await
        })
    });
    assert_eq!(report.unwrap().revisions(), all);
}

#[test]
fn a_data_step_that_ends_its_transaction_leaves_none_behind() {
    let words = "a data step of revision `d1` has ended the transaction it ran in";
    let database = TestDatabase::new();
    let left = |step: fn(&mut Script), inside: bool| {
        let bundle = closure(step);
        let mut connection = database.connect();
        let result = match inside {
            false => pending(&mut connection, &bundle)
                .map(drop)
                .map_err(|error| error.to_string()),
            true => connection
                .transaction(|inside| {
                    pending(inside, &bundle).map_err(|error| {
                        assert_eq!(error.to_string(), words);
                        diesel::result::Error::RollbackTransaction
                    })
                })
                .map(drop)
                .map_err(|_| words.to_owned()),
        };
        assert_eq!(result.unwrap_err(), words);
        // Neither one that failed nor one that is open.
        let open = "SELECT string_agg(state, ' ') FROM pg_stat_activity \
                    WHERE datname = current_database() AND state LIKE 'idle in%'";
        assert_eq!(ask(&mut database.connect(), open), "");
        connection.batch_execute("SELECT 1").unwrap();
    };
    let steps: [fn(&mut Script); 3] = [
        |script| {
            script.data("apart", |session| {
                session.execute("ROLLBACK")?;
                session.execute("BEGIN")
            });
        },
        |script| {
            script.data("at once", |session| session.execute("ROLLBACK; BEGIN"));
        },
        |script| {
            script.data("for good", |session| session.execute("ROLLBACK"));
        },
    ];
    for step in steps {
        left(step, false);
        left(step, true);
    }
}

#[test]
fn asynchronous_data_steps_may_wait_for_timers_on_any_connection() {
    let bundle = || {
        closure(|script| {
            script.data_async("wait", |session| {
                Box::pin(async move {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    let told = tokio::spawn(async { "CREATE TABLE d ()" }).await.unwrap();
                    session.execute(told).await
                })
            });
        })
    };
    let run = || {
        let database = TestDatabase::new();
        pending(&mut database.connect(), &bundle()).unwrap();
        ask(&mut database.connect(), "SELECT to_regclass('d')")
    };
    assert_eq!(run(), "d");
    // In a runtime that this thread blocks.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    assert_eq!(runtime.unwrap().block_on(async { run() }), "d");
}

#[test]
fn a_placement_that_postgres_keeps_for_itself_is_refused_in_words() {
    let database = TestDatabase::new();
    let placed = three().in_schema("pg_mine").unwrap();
    let error = pending(&mut database.connect(), &placed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(
        error.to_string(),
        "the schema `pg_mine` of the bundle `app` cannot be made: names that begin with `pg_` are those of \
         Postgres itself"
    );
    assert_eq!(error.hint(), Some("place it in a schema of another name"));
}
