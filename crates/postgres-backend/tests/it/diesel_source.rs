//! Migrations of Diesel's run by Limbeck, and Limbeck's by Diesel.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use limbeck_core::revision::sql_digest;
use limbeck_core::{Bundle, ErrorKind, Ident, Migration, Result, Revision, Script, SqlMigration};
use limbeck_postgres::runner::{Action, Status};
use limbeck_postgres::{DieselSource, Migrator, connect_async, from_diesel};

use crate::run::{ask, bundle, id, pending, run, sql, target, three};
use crate::support::TestDatabase;

/// A folder of migrations, removed with this value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, migrations: &[(&str, &str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("limbeck-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for (folder, up, down) in migrations {
            let inner = path.join(folder);
            fs::create_dir_all(&inner).unwrap();
            fs::write(inner.join("up.sql"), up).unwrap();
            fs::write(inner.join("down.sql"), down).unwrap();
        }
        Self(path)
    }

    fn two(name: &str) -> Self {
        let first = (
            "2026-01-01-000000_posts",
            "CREATE TABLE posts (id int);",
            "DROP TABLE posts",
        );
        let second = (
            "2026-01-02-000000_users",
            "CREATE TABLE users (id int); INSERT INTO users VALUES (1);",
            "DROP TABLE users",
        );
        Self::new(name, &[second, first])
    }

    fn source(&self) -> FileBasedMigrations {
        FileBasedMigrations::from_path(&self.0).unwrap()
    }

    fn bundle(&self) -> Bundle {
        let mut bundle = Bundle::new("app");
        bundle.migrations = from_diesel(self.source()).unwrap();
        bundle
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tables(connection: &mut PgConnection) -> String {
    ask(
        connection,
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
}

#[test]
fn limbeck_runs_diesel_s_migrations_up_and_down() {
    let folder = Folder::two("both");
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let report = pending(&mut connection, &folder.bundle()).unwrap();
    assert_eq!(
        report.revisions(),
        [id("20260101000000"), id("20260102000000")]
    );
    assert_eq!(tables(&mut connection), "limbeck_revision posts users");
    assert!(
        pending(&mut connection, &folder.bundle())
            .unwrap()
            .is_nothing()
    );
    run(
        &mut connection,
        &folder.bundle(),
        Action::Downgrade(target("-1")),
    )
    .unwrap();
    assert_eq!(tables(&mut connection), "limbeck_revision posts");
}

#[test]
fn limbeck_runs_diesel_s_migrations_on_an_asynchronous_connection() {
    let folder = Folder::two("async");
    let database = TestDatabase::new();
    let migrator = Migrator::new(folder.bundle());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(async {
        let mut connection = connect_async(&database.url()).await.unwrap();
        let report = migrator.run_pending_async(&mut connection).await.unwrap();
        assert_eq!(report.applied.len(), 2);
        let down = migrator.downgrade_async(&mut connection, "-1").await;
        assert_eq!(down.unwrap().applied.len(), 1);
    });
    assert_eq!(tables(&mut database.connect()), "limbeck_revision posts");
}

#[test]
fn an_asynchronous_step_is_not_for_diesel_s_harness() {
    struct Waiting(Revision);
    impl Migration for Waiting {
        fn revision(&self) -> &Revision {
            &self.0
        }
        fn upgrade(&self, script: &mut Script) -> Result<()> {
            script.data_async("wait", |session| session.execute("SELECT 1"));
            Ok(())
        }
        fn downgrade(&self, _script: &mut Script) -> Result<()> {
            Ok(())
        }
    }
    let mut revision = Revision::new(id("w1"), sql_digest("w1"));
    revision.directory = "2026-01-01-000000_w1".to_owned();
    let mut bundle = Bundle::new("app");
    bundle.migrations = vec![Arc::new(Waiting(revision))];
    let source = DieselSource::new(&bundle).unwrap();
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let error = connection.run_pending_migrations(source).unwrap_err();
    assert!(
        error.to_string().contains("`wait` is asynchronous"),
        "{error}"
    );
}

#[test]
fn a_revision_that_cannot_run_in_a_transaction_tells_diesel_so_in_its_metadata() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let mut build = sql(
        "b2",
        &["a1"],
        "CREATE INDEX CONCURRENTLY a_id ON a (id)",
        "",
    );
    build.revision.directory = "2026-01-02-000000_b2_build".to_owned();
    let table = sql("a1", &[], "CREATE TABLE a (id int)", "");
    let source =
        |build: &SqlMigration| DieselSource::new(&bundle([table.clone(), build.clone()])).unwrap();
    let error = connection
        .run_pending_migrations(source(&build))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`CREATE INDEX CONCURRENTLY` cannot run in a transaction"),
        "{error}"
    );
    build.revision.run_in_transaction = false;
    connection.run_pending_migrations(source(&build)).unwrap();
    connection.batch_execute("DROP INDEX a_id").unwrap();
}

#[test]
fn a_failing_migration_of_diesel_s_is_rolled_back_and_named() {
    let up = "CREATE TABLE posts (id int); SELECT nope";
    let folder = Folder::new("failing", &[("2026-01-01-000000_posts", up, "")]);
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let error = pending(&mut connection, &folder.bundle()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataStep);
    assert_eq!(error.revision(), Some(&id("20260101000000")));
    assert!(
        error.to_string().contains("2026-01-01-000000_posts"),
        "{error}"
    );
    assert!(
        error.to_string().contains("\"nope\" does not exist"),
        "{error}"
    );
    assert_eq!(tables(&mut connection), "limbeck_revision");
}

#[test]
fn a_migration_of_diesel_s_outside_of_a_transaction_is_refused() {
    let folder = Folder::two("outside");
    let metadata = folder.0.join("2026-01-02-000000_users/metadata.toml");
    fs::write(metadata, "run_in_transaction = false").unwrap();
    let database = TestDatabase::new();
    let error = pending(&mut database.connect(), &folder.bundle()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.revision(), Some(&id("20260102000000")));
    assert!(error.applied().is_empty());
}

#[test]
fn what_diesel_has_migrated_is_taken_over_by_a_stamp() {
    let folder = Folder::two("stamp");
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection.run_pending_migrations(folder.source()).unwrap();
    let error = pending(&mut connection, &folder.bundle()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert!(
        error
            .to_string()
            .contains("Diesel has applied 2 of these revisions"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("limbeck stamp 20260102000000")
    );
    let checked = Migrator::new(folder.bundle()).check(&mut connection);
    let checked = checked.unwrap_err();
    assert_eq!(checked.to_string(), error.to_string());
    assert_eq!(checked.hint(), error.hint());
    let looked = run(&mut connection, &folder.bundle(), Action::Inspect).unwrap();
    assert!(looked.notes[0].contains("limbeck stamp 20260102000000"));
    run(
        &mut connection,
        &folder.bundle(),
        Action::Stamp(vec![target("20260102000000")]),
    )
    .unwrap();
    let report = pending(&mut connection, &folder.bundle()).unwrap();
    assert!(report.is_nothing());
    assert_eq!(report.bundles[0].status, Status::Current);

    // A bundle that has nothing to do with it is not concerned.
    let mut other = three();
    other.name = "other".to_owned();
    assert_eq!(pending(&mut connection, &other).unwrap().applied.len(), 3);
}

#[test]
fn diesel_runs_limbeck_s_revisions_up_and_down() {
    let mut chain = [
        sql("f1", &[], "CREATE TABLE posts (id int)", "DROP TABLE posts"),
        sql("a2", &["f1"], "-- nothing\n", "-- nothing"),
        sql(
            "c3",
            &["a2"],
            "CREATE TABLE users (id int);\n",
            "DROP TABLE users;",
        ),
    ];
    for (number, migration) in chain.iter_mut().enumerate() {
        migration.revision.directory = format!("2026-01-0{}-000000_x_y", number + 1);
    }
    let mut bundle = bundle(chain);
    bundle.placement = Some(Ident::new("app").unwrap());
    let source = DieselSource::new(&bundle).unwrap();
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection.batch_execute("CREATE SCHEMA app").unwrap();
    let versions: Vec<String> = connection
        .run_pending_migrations(source.clone())
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        versions,
        ["20260101000000", "20260102000000", "20260103000000"]
    );
    assert_eq!(
        ask(&mut connection, "SELECT to_regclass('app.users')"),
        "app.users"
    );
    assert!(!connection.has_pending_migration(source.clone()).unwrap());

    // Limbeck would run all of it once more: it wants a stamp first.
    let error = pending(&mut connection, &bundle).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert_eq!(error.revision(), Some(&id("c3")));
    assert!(error.hint().unwrap().contains("limbeck stamp c3"));

    connection.revert_last_migration(source.clone()).unwrap();
    assert_eq!(ask(&mut connection, "SELECT to_regclass('app.users')"), "");
    connection.revert_all_migrations(source).unwrap();
    assert_eq!(ask(&mut connection, "SELECT to_regclass('app.posts')"), "");
}

#[test]
fn what_diesel_would_run_otherwise_is_no_source() {
    let named = |name: &str, parents: &[&str], folder: &str| {
        let mut migration = sql(name, parents, "SELECT 1", "");
        migration.revision.directory = folder.to_owned();
        migration
    };
    for (migrations, kind, text) in [
        (
            vec![
                named("b", &[], "2026-02_b"),
                named("a", &["b"], "2026-01_a"),
            ],
            ErrorKind::Graph,
            "Diesel would run it first",
        ),
        (
            vec![named("b", &[], "2026-02_b"), named("a", &[], "2026-01_a")],
            ErrorKind::Graph,
            "branch",
        ),
        (
            vec![named("b", &[], "posts_b")],
            ErrorKind::Directory,
            "timestamp",
        ),
        (vec![named("b", &[], "")], ErrorKind::Directory, "timestamp"),
    ] {
        let error = DieselSource::new(&bundle(migrations)).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(text), "{error}");
    }
}
