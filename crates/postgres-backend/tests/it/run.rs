//! The runner against a real server.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use limbeck_core::revision::sql_digest;
use limbeck_core::revision::target::Target;
use limbeck_core::{Bundle, Error, ErrorKind, Ident, Migration, Result, Revision, RevisionId};
use limbeck_core::{Script, SqlMigration};
use limbeck_postgres::drive;
use limbeck_postgres::runner::{
    Action, BundleRun, LockWait, Report, RunOptions, RunRequest, Runner, Status,
};

use crate::support::TestDatabase;

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
