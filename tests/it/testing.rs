//! Tests of a user: `#[limbeck::test]` in this crate, and a package of its own whose tests run as
//! `cargo test` and `cargo nextest` run them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck::Migrator;
use limbeck::testing::TestDatabase;

use crate::project::{Told, cargo, run};

mod accounts {
    use limbeck::prelude::*;

    #[derive(Model)]
    #[model(diesel, table = "testing_accounts")]
    pub(super) struct Account {
        #[model(primary_key, identity)]
        pub id: i64,
        #[model(unique)]
        pub email: String,
    }

    pub(super) fn migrator() -> Migrator {
        limbeck::migrator!(no_migrations, models = [Account])
    }

    pub(super) fn seed(connection: &mut diesel::PgConnection) -> diesel::QueryResult<usize> {
        use diesel::prelude::*;
        diesel::insert_into(testing_accounts::table)
            .values(testing_accounts::email.eq("seed@example.org"))
            .execute(connection)
    }
}

use accounts::testing_accounts::dsl::{email, testing_accounts};

fn emails(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    testing_accounts.select(email).order(email).load(connection)
}

fn add(connection: &mut PgConnection, address: &str) -> QueryResult<()> {
    diesel::insert_into(testing_accounts)
        .values(email.eq(address))
        .execute(connection)
        .map(drop)
}

#[limbeck::test(migrator = accounts::migrator(), models)]
fn a_connection(conn: &mut PgConnection) {
    add(conn, "a@example.org").unwrap();
    assert_eq!(emails(conn).unwrap(), ["a@example.org"]);
}

#[limbeck::test(migrator = &accounts::migrator(), models, fixtures("testing/accounts.sql"), seed = accounts::seed)]
fn a_result_with_rows(conn: &mut PgConnection) -> QueryResult<()> {
    assert_eq!(emails(conn)?, ["fixture@example.org", "seed@example.org"]);
    Ok(())
}

#[limbeck::test(migrator = accounts::migrator(), models)]
fn a_database_and_a_connection(
    db: &TestDatabase,
    conn: &mut diesel::pg::PgConnection,
) -> Result<(), Box<dyn std::error::Error>> {
    add(conn, "b@example.org")?;
    let mut other = db.connection()?;
    assert_eq!(emails(&mut other)?, ["b@example.org"]);
    let mut by_url = PgConnection::establish(&db.url())?;
    assert_eq!(emails(&mut by_url)?, ["b@example.org"]);
    Ok(())
}

#[limbeck::test(migrator = accounts::migrator().in_schema("app"), models)]
fn a_database_of_its_own(db: TestDatabase) {
    let mut connection = std::thread::spawn(move || db.connection().map(|it| (db, it)))
        .join()
        .unwrap()
        .unwrap();
    assert!(emails(&mut connection.1).unwrap().is_empty());
}

#[limbeck::test(migrator = accounts::migrator(), models, rollback)]
fn a_transaction(conn: &mut PgConnection) {
    add(conn, "c@example.org").unwrap();
    assert_eq!(emails(conn).unwrap(), ["c@example.org"]);
}

#[limbeck::test(migrator = accounts::migrator(), models, schema)]
fn a_schema(conn: &mut PgConnection) {
    add(conn, "d@example.org").unwrap();
    assert_eq!(emails(conn).unwrap(), ["d@example.org"]);
}

#[limbeck::test(migrator = accounts::migrator().in_schema("app"), models, schema, seed = accounts::seed)]
fn a_schema_in_place_of_another(conn: &mut PgConnection) {
    assert_eq!(emails(conn).unwrap(), ["seed@example.org"]);
}

#[limbeck::test(migrator = accounts::migrator(), models, ready = 2)]
#[should_panic(expected = "as it should")]
fn a_panic_that_is_wanted(_conn: &mut PgConnection) {
    panic!("as it should");
}

#[limbeck::test(migrator = broken())]
#[should_panic(expected = "there is no revision directory")]
fn no_migrator(_conn: &mut PgConnection) {}

fn broken() -> limbeck::Result<Migrator> {
    Migrator::from_directory("no/such/folder")
}

mod asynchronous {
    use diesel::prelude::*;
    use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
    use limbeck::testing::TestDatabase;

    use super::accounts;
    use super::accounts::testing_accounts::dsl::{email, testing_accounts};

    async fn add(connection: &mut AsyncPgConnection, address: &str) -> QueryResult<usize> {
        diesel::insert_into(testing_accounts)
            .values(email.eq(address))
            .execute(connection)
            .await
    }

    async fn count(connection: &mut AsyncPgConnection) -> QueryResult<i64> {
        testing_accounts.count().get_result(connection).await
    }

    #[limbeck::test(migrator = accounts::migrator(), models)]
    async fn a_connection(conn: &mut AsyncPgConnection) -> QueryResult<()> {
        add(conn, "a@example.org").await?;
        assert_eq!(count(conn).await?, 1);
        Ok(())
    }

    #[limbeck::test(migrator = accounts::migrator(), models)]
    async fn a_database_and_a_connection(db: &TestDatabase, conn: &mut AsyncPgConnection) {
        add(conn, "b@example.org").await.unwrap();
        let mut other = db.async_connection().await.unwrap();
        assert_eq!(count(&mut other).await.unwrap(), 1);
    }

    #[limbeck::test(migrator = accounts::migrator(), models, schema)]
    async fn a_database_of_its_own(db: TestDatabase) {
        let mut connection = db.async_connection().await.unwrap();
        assert_eq!(count(&mut connection).await.unwrap(), 0);
    }

    #[limbeck::test(migrator = accounts::migrator(), models, rollback)]
    async fn a_transaction(conn: &mut AsyncPgConnection) {
        add(conn, "c@example.org").await.unwrap();
        assert_eq!(count(conn).await.unwrap(), 1);
    }

    #[limbeck::test(migrator = accounts::migrator().in_schema("app"), models, rollback)]
    #[should_panic(expected = "this test ended its transaction")]
    async fn a_commit_on_another_connection(db: &TestDatabase) {
        let mut other = db.async_connection().await.unwrap();
        let made = other.batch_execute("CREATE TABLE left_behind (); COMMIT");
        made.await.unwrap();
    }

    #[limbeck::test(migrator = accounts::migrator(), models, rollback)]
    #[should_panic(expected = "as it should")]
    async fn a_panic_that_is_wanted(conn: &mut AsyncPgConnection) {
        add(conn, "d@example.org").await.unwrap();
        panic!("as it should");
    }
}

/// The package of a user, with tests of which some fail.
const TESTS: &str = r#"
use diesel::prelude::*;
use limbeck::prelude::*;
use limbeck::testing::TestDatabase;

#[derive(Model)]
#[model(diesel)]
#[allow(dead_code)]
struct Post {
    #[model(primary_key, identity)]
    id: i64,
    title: String,
}

fn posts(conn: &mut PgConnection) -> QueryResult<i64> {
    posts::table.count().get_result(conn)
}

#[limbeck::test]
fn passes(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::insert_into(posts::table).values(posts::title.eq("x")).execute(conn)?;
    assert_eq!(posts(conn)?, 2);
    Ok(())
}

#[limbeck::test]
fn panics(conn: &mut PgConnection) {
    assert_eq!(posts(conn).unwrap(), 7, "so many posts");
}

#[limbeck::test]
fn returns(conn: &mut PgConnection) -> Result<(), String> {
    Err(format!("{} posts", posts(conn).unwrap()))
}

#[limbeck::test]
fn has_a_pool(db: &TestDatabase) {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let url = db.url();
            std::thread::spawn(move || posts(&mut PgConnection::establish(&url).unwrap()).unwrap())
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 1));
}
"#;

/// The package, written anew, which is built where everything else is.
fn package() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs/limbeck-test-tests");
    let _ = fs::remove_dir_all(&root);
    let revision = root.join("migrations/2026-01-01-000000_1975ea83b712_posts");
    fs::create_dir_all(root.join("src")).unwrap();
    fs::create_dir_all(&revision).unwrap();
    let manifest = format!(
        "[package]\nname = \"limbeck-test-tests\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n[dependencies]\n\
         limbeck = {{ path = {:?}, features = [\"bundled\"] }}\n\
         diesel = {{ version = \"2.3\", default-features = false, features = [\"postgres\"] }}\n\n\
         [dev-dependencies]\n\
         limbeck = {{ path = {:?}, features = [\"bundled\", \"testing\"] }}\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n",
        env!("CARGO_MANIFEST_DIR"),
        env!("CARGO_MANIFEST_DIR")
    );
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    fs::copy(lock, root.join("Cargo.lock")).unwrap();
    fs::write(root.join("src/lib.rs"), format!("#![cfg(test)]\n{TESTS}")).unwrap();
    let up = "CREATE TABLE posts (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, \
              title text NOT NULL);\nINSERT INTO posts (title) VALUES ('first');\n";
    fs::write(root.join("migrations/HEADS"), "1975ea83b712\n").unwrap();
    fs::write(revision.join("up.sql"), up).unwrap();
    fs::write(revision.join("down.sql"), "DROP TABLE posts;\n").unwrap();
    fs::write(
        revision.join("metadata.toml"),
        "revision = \"1975ea83b712\"\nmessage = \"posts\"\n",
    )
    .unwrap();
    root
}

fn in_package(root: &Path, arguments: &[&str]) -> Told {
    run(cargo()
        .current_dir(root)
        .args(arguments)
        .env("CARGO_NET_OFFLINE", "true")
        .env("LIMBECK_TEST_KEEP", "1"))
}

#[track_caller]
fn kept(told: &Told) -> Vec<String> {
    let text = format!("{}{}", told.stdout, told.stderr);
    text.lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("limbeck: the database of this failed test is kept")
        })
        .map(|line| {
            line.split_whitespace()
                .last()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

#[test]
fn tests_of_a_package() {
    let root = package();
    let mut command_lines = vec![vec!["test", "--offline"]];
    let has_nextest = Command::new("cargo")
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if has_nextest {
        command_lines.push(vec!["nextest", "run", "--offline", "--no-fail-fast"]);
    } else {
        // A process for each test, as nextest has it.
        for name in ["passes", "has_a_pool"] {
            let told = in_package(&root, &["test", "--offline", "--", "--exact", name]);
            assert!(told.exits(0).stdout.contains("1 passed"));
        }
    }
    for command_line in command_lines {
        let told = in_package(&root, &command_line);
        assert_ne!(told.code, 0, "two of them fail");
        let text = format!("{}{}", told.stdout, told.stderr);
        for words in ["2 passed", "2 failed", "so many posts", "1 posts"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let urls = kept(&told);
        // nextest prints the output of a failed test once more at the end.
        let unlike: std::collections::BTreeSet<&String> = urls.iter().collect();
        assert_eq!(unlike.len(), 2, "{text}");
        for url in unlike {
            let mut connection = PgConnection::establish(url).expect("it is there to be looked at");
            connection.batch_execute("SELECT id FROM posts").unwrap();
        }
    }
}
