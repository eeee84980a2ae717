//! A database for each test: made once and copied, whoever asks and whoever is killed meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use diesel::PgConnection;
use diesel::connection::{Connection, SimpleConnection};
use diesel_async::SimpleAsyncConnection as _;
use limbeck_core::revision::{Digest, Revision};
use limbeck_core::schema::model::{ModelColumn, ModelTable, ModelType};
use limbeck_core::{Bundle, ErrorKind, Location, Migration, Result, Script};
use limbeck_postgres::Migrator;
use limbeck_postgres::testing::{
    OnFailure, Setup, TestDatabase, fresh, run_with_connection, run_with_database,
};

use crate::run::{bundle, id, sql, three};
use crate::server::{number, word};
use crate::support::servers;

mod check;
mod processes;

fn count(connection: &mut PgConnection, table: &str) -> i64 {
    number(
        connection,
        &format!("SELECT count(*) AS value FROM {table}"),
    )
}

fn exists(connection: &mut PgConnection, database: &str) -> bool {
    let query = format!("SELECT count(*) AS value FROM pg_database WHERE datname = '{database}'");
    number(connection, &query) == 1
}

#[test]
fn each_test_has_a_migrated_database_of_its_own() {
    let migrator = Migrator::new(three());
    let (one, two) = (fresh(&migrator).unwrap(), fresh(&migrator).unwrap());
    assert_ne!(one.name(), two.name());
    let (mut first, mut second) = (one.connection().unwrap(), two.connection().unwrap());
    // What revisions insert is there, and so is the history: there is nothing to do.
    assert_eq!(count(&mut first, "a"), 1);
    assert!(migrator.run_pending(&mut first).unwrap().applied.is_empty());
    first.batch_execute("INSERT INTO a VALUES (2)").unwrap();
    assert_eq!(
        count(&mut one.connection().unwrap(), "a"),
        2,
        "it is committed"
    );
    assert_eq!(count(&mut second, "a"), 1, "nobody else sees it");
    // It goes with its last handle, sessions and all.
    let (name, handle) = (one.name().to_owned(), one.clone());
    drop(one);
    assert!(exists(&mut second, &name));
    drop(handle);
    assert!(!exists(&mut second, &name));
}

/// A revision that is code, and counts how often it has run.
struct Counting(Revision, Arc<AtomicU32>);

impl Migration for Counting {
    fn revision(&self) -> &Revision {
        &self.0
    }

    fn upgrade(&self, script: &mut Script) -> Result<()> {
        let runs = Arc::clone(&self.1);
        script.sql("CREATE TABLE counted (id int)");
        script.data("count", move |_| {
            runs.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        Ok(())
    }

    fn downgrade(&self, _script: &mut Script) -> Result<()> {
        Ok(())
    }
}

#[test]
fn revisions_run_once_for_all_tests() {
    let runs = Arc::new(AtomicU32::new(0));
    let mut bundle = Bundle::new("counted");
    // Another process of these tests must not have made it.
    let unlike = [std::process::id().to_be_bytes(); 8].concat();
    let digest = Digest(unlike.try_into().unwrap());
    bundle.migrations = vec![Arc::new(Counting(
        Revision::new(id("a1"), digest),
        Arc::clone(&runs),
    ))];
    let migrator = Migrator::new(bundle);
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let database = fresh(&migrator).unwrap();
                assert_eq!(count(&mut database.connection().unwrap(), "counted"), 0);
            });
        }
    });
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[test]
fn changed_revision_is_another_template() {
    let of = |up: &'static str| Migrator::new(bundle([sql("a1", &[], up, "DROP TABLE t;")]));
    let one = fresh(&of("CREATE TABLE t (id int)")).unwrap();
    let two = fresh(&of("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")).unwrap();
    assert_eq!(count(&mut one.connection().unwrap(), "t"), 0);
    assert_eq!(count(&mut two.connection().unwrap(), "t"), 1);
}

#[test]
fn fixtures_and_seeds_are_in_every_copy() {
    let migrator = Migrator::new(three()).in_schema("app").unwrap();
    let seeded = Arc::new(AtomicU32::new(0));
    let setup = || {
        let seeded = Arc::clone(&seeded);
        Setup::new(&migrator)
            .fixture("a.sql", "INSERT INTO a VALUES (7); -- seven\n\n;")
            .seed("eight", move |connection: &mut PgConnection| {
                seeded.fetch_add(1, Ordering::Relaxed);
                connection.batch_execute("INSERT INTO a VALUES (8)")
            })
    };
    for _ in 0..2 {
        let database = setup().fresh().unwrap();
        assert_eq!(count(&mut database.connection().unwrap(), "app.a"), 3);
    }
    assert!(
        seeded.load(Ordering::Relaxed) <= 1,
        "it runs into the template"
    );
    // Other rows, another template.
    let other = setup()
        .fixture("b.sql", "INSERT INTO b VALUES (7)")
        .fresh()
        .unwrap();
    assert_eq!(count(&mut other.connection().unwrap(), "app.b"), 1);
}

#[test]
fn what_fails_is_told_with_its_place() {
    let migrator = Migrator::new(three());
    let error = Setup::new(&migrator)
        .fixture(
            "fixtures/a.sql",
            "INSERT INTO a VALUES (7);\n  INSERT INTO nowhere VALUES (1)",
        )
        .fresh()
        .unwrap_err();
    let told = format!("{error:?}");
    for words in [
        "the fixture `fixtures/a.sql` failed",
        "at fixtures/a.sql:2:3",
        "nowhere",
    ] {
        assert!(told.contains(words), "{told}");
    }
    let error = Setup::new(&migrator)
        .fixture("a.sql", "SELECT 'open")
        .fresh()
        .unwrap_err();
    assert!(format!("{error:?}").contains("a.sql"), "{error:?}");
    let error = Setup::new(&migrator)
        .seed("users", |_: &mut PgConnection| {
            Err::<(), _>("no users today")
        })
        .fresh()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the seed `users` failed: \"no users today\""
    );
    let error = Setup::new(&migrator)
        .fixture_file("no/such.sql")
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(
        error.to_string(),
        "the fixture `no/such.sql` cannot be read"
    );
    let broken = Migrator::new(bundle([sql(
        "a1",
        &[],
        "CREATE TABLE a (id int);\nSELECT 1/0",
        "",
    )]));
    let error = fresh(&broken).unwrap_err();
    assert_eq!(error.revision(), Some(&id("a1")));
    assert_eq!(error.location().and_then(|it| it.line), Some(2));
}

#[test]
fn fixtures_that_would_leave_rows_out_are_refused() {
    let migrator = Migrator::new(three());
    let check = |sql: &str, words: &[&str]| {
        let error = Setup::new(&migrator).fixture("f.sql", sql).fresh();
        let told = format!("{:?}", error.expect_err(sql));
        for words in words {
            assert!(told.contains(words), "{sql}: {told}");
        }
    };
    let ends = "`ROLLBACK` takes back what the fixture has done";
    for sql in [
        "BEGIN; INSERT INTO a VALUES (7);\nROLLBACK",
        "INSERT INTO a VALUES (7);\nrollback work;",
    ] {
        check(
            sql,
            &[
                "the fixture `f.sql` cannot be run",
                ends,
                "at f.sql:2:1",
                "take it out",
            ],
        );
    }
    check("BEGIN;\nABORT", &["`ABORT` takes back"]);
    for sql in [
        "INSERT INTO a VALUES (6);\nBEGIN;\nINSERT INTO a VALUES (7)",
        "SELECT 1;\nSTART TRANSACTION",
    ] {
        check(
            sql,
            &[
                "the fixture `f.sql` leaves a transaction open, and its rows would be lost",
                "at f.sql:2:1",
                "COMMIT",
            ],
        );
    }
    check(
        "INSERT INTO a VALUES (6);\nCOPY a (id) FROM stdin;\n7\nit's\n\\.\n",
        &[
            "the fixture `f.sql` cannot be run",
            "`COPY` from STDIN",
            "at f.sql:2:1",
            "use INSERT, or COPY from a file",
        ],
    );
    check(
        "\\connect other\nSELECT 1",
        &["`\\connect` is a command of psql"],
    );
    // What keeps its rows is nobody's business.
    let whole = "BEGIN; INSERT INTO a VALUES (7); SAVEPOINT s; INSERT INTO a VALUES (8); ROLLBACK TO SAVEPOINT s; \
                 RELEASE s; COMMIT; INSERT INTO a VALUES (9)";
    let database = Setup::new(&migrator)
        .fixture("f.sql", whole)
        .fresh()
        .unwrap();
    assert_eq!(count(&mut database.connection().unwrap(), "a"), 3);
    let open =
        |connection: &mut PgConnection| connection.batch_execute("BEGIN; INSERT INTO a VALUES (7)");
    let error = Setup::new(&migrator)
        .seed("open", open)
        .fresh()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the seed `open` leaves a transaction open, and its rows would be lost"
    );
}

fn seven(connection: &mut PgConnection) -> diesel::QueryResult<()> {
    connection.batch_execute("INSERT INTO a VALUES (7)")
}

#[test]
fn seeds_of_one_name_are_told_apart() {
    let migrator = Migrator::new(three());
    let rows = |setup: Setup<'_>| {
        let database = setup.fresh().unwrap();
        count(&mut database.connection().unwrap(), "a")
    };
    let one = |connection: &mut PgConnection| connection.batch_execute("INSERT INTO a VALUES (7)");
    let two =
        |connection: &mut PgConnection| connection.batch_execute("INSERT INTO a VALUES (8), (9)");
    assert_eq!(rows(Setup::new(&migrator).seed("rows", one)), 2);
    assert_eq!(rows(Setup::new(&migrator).seed("rows", two)), 3);
    assert_eq!(
        rows(Setup::new(&migrator).seed("rows", one).seed("rows", two)),
        4
    );
    assert_eq!(rows(Setup::new(&migrator).seed("rows", seven)), 2);
    // A function is itself wherever it is named.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn counted(_: &mut PgConnection) {
        RUNS.fetch_add(1, Ordering::Relaxed);
    }
    rows(Setup::new(&migrator).seed("function", counted));
    rows(Setup::new(&migrator).seed("function", counted));
    assert!(RUNS.load(Ordering::Relaxed) <= 1);
}

fn model(columns: &[&str]) -> ModelTable {
    let place = Location {
        file: "blog.rs".to_owned(),
        line: Some(1),
        column: None,
    };
    let mut model = ModelTable::new("Post", place, "posts");
    model.columns = columns
        .iter()
        .map(|name| ModelColumn::new(*name, ModelType::Sql("text".to_owned())))
        .collect();
    model
}

#[test]
fn models_alone_will_do() {
    let migrator = |columns: &[&str]| Migrator::new(Bundle::new("app")).models([model(columns)]);
    for columns in [&["title"][..], &["title", "body"]] {
        let migrator = migrator(columns);
        let database = Setup::new(&migrator).models().fresh().unwrap();
        let mut connection = database.connection().unwrap();
        let found = number(
            &mut connection,
            "SELECT count(*) AS value FROM pg_attribute
             WHERE attrelid = 'posts'::regclass AND attnum > 0",
        );
        assert_eq!(usize::try_from(found).unwrap(), columns.len());
    }
}

#[test]
fn rollback_leaves_nothing() {
    let migrator = Migrator::new(three());
    let setup = || Setup::new(&migrator).rollback().on_failure(OnFailure::Drop);
    for _ in 0..2 {
        run_with_connection(setup(), |database, connection| {
            connection
                .batch_execute("INSERT INTO a VALUES (3)")
                .unwrap();
            assert_eq!(count(connection, "a"), 2);
            assert_eq!(count(&mut database.connection().unwrap(), "a"), 1);
        });
    }
    // One that fails in the middle, and one whose transaction has failed.
    run_with_connection(setup(), |_, connection| {
        connection.batch_execute("SELECT 1/0").unwrap_err();
    });
    let failed = thread::scope(|scope| {
        let test = scope.spawn(|| {
            run_with_connection(setup(), |_, connection| {
                connection
                    .batch_execute("INSERT INTO a VALUES (4)")
                    .unwrap();
                assert_eq!(count(connection, "a"), 7, "it fails");
            });
        });
        test.join().is_err()
    });
    assert!(failed);
    run_with_connection(setup(), |_, connection| {
        assert_eq!(count(connection, "a"), 1)
    });
}

#[test]
fn rollback_tells_who_commits() {
    // Rows that no other test has: the database is shared by content.
    let migrator = Migrator::new(bundle([sql("r1", &[], "CREATE TABLE r (id int)", "")]));
    let setup = || Setup::new(&migrator).rollback();
    let told = failure(|| {
        run_with_connection(setup(), |_, connection| {
            connection
                .batch_execute("INSERT INTO r VALUES (1); COMMIT")
                .unwrap();
        });
    });
    assert!(told.contains("this test ended its transaction"), "{told}");
    run_with_connection(setup(), |_, connection| {
        assert_eq!(count(connection, "r"), 0)
    });
}

#[test]
fn a_test_that_commits_ends_no_other_one() {
    let migrator = Migrator::new(bundle([sql("s1", &[], "CREATE TABLE s (id int)", "")]));
    let setup = || Setup::new(&migrator).rollback();
    for round in 1..=2 {
        run_with_connection(setup(), |database, connection| {
            connection
                .batch_execute("INSERT INTO s VALUES (1)")
                .unwrap();
            let culprit = thread::scope(|scope| {
                let test = || {
                    run_with_connection(setup(), |beside, connection| {
                        assert_eq!(beside.name(), database.name(), "they share it");
                        connection
                            .batch_execute("INSERT INTO s VALUES (2); COMMIT")
                            .unwrap();
                    });
                };
                let named = thread::Builder::new().name("the_culprit".to_owned());
                named.spawn_scoped(scope, test).unwrap().join()
            });
            culprit.unwrap_err();
            // This one is where it was, and whoever looks can see whom to blame.
            assert_eq!(count(connection, "s"), 2, "round {round}");
            assert_eq!(count(&mut database.connection().unwrap(), "s"), 1);
            let said = "SELECT count(*) AS value FROM pg_database \
                        WHERE datname = current_database() \
                        AND shobj_description(oid, 'pg_database') LIKE '%spoiled by the_culprit'";
            assert_eq!(number(connection, said), 1);
        });
        // The next one has another, without what was committed.
        run_with_connection(setup(), |_, connection| {
            assert_eq!(count(connection, "s"), 0);
        });
    }
}

/// What a test fails with.
fn failure(test: impl FnOnce() + Send) -> String {
    let ended = thread::scope(|scope| scope.spawn(test).join());
    let told = ended.unwrap_err();
    told.downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| told.downcast_ref::<String>().cloned())
        .unwrap()
}

#[test]
fn a_commit_on_any_connection_of_a_rollback_test_is_seen() {
    let migrator = Migrator::new(bundle([sql("v1", &[], "CREATE TABLE v (id int)", "")]));
    let setup = || Setup::new(&migrator).rollback().on_failure(OnFailure::Drop);
    let commit = |connection: &mut PgConnection| {
        let insert = "INSERT INTO v VALUES (1); COMMIT";
        connection.batch_execute(insert).unwrap();
    };
    let seen = "this test ended its transaction, in a database that it shares";
    let tests: [(&str, &str, &(dyn Fn() + Sync)); 6] = [
        ("another connection", seen, &|| {
            run_with_connection(setup(), |database, _| {
                commit(&mut database.connection().unwrap());
            });
        }),
        ("no connection of the test's own", seen, &|| {
            run_with_database(setup(), |database| {
                commit(&mut database.connection().unwrap());
            });
        }),
        ("without the attribute", seen, &|| {
            let database = setup().fresh().unwrap();
            commit(&mut database.connection().unwrap());
        }),
        ("a transaction that failed afterwards", seen, &|| {
            run_with_connection(setup(), |_, connection| {
                commit(connection);
                connection.batch_execute("BEGIN").unwrap();
                connection.batch_execute("SELECT 1/0").unwrap_err();
            });
        }),
        ("a test that fails as well", "a failure of its own", &|| {
            run_with_connection(setup(), |_, connection| {
                commit(connection);
                assert_eq!(count(connection, "v"), 7, "a failure of its own");
            });
        }),
        ("the end of the transaction alone", seen, &|| {
            run_with_connection(setup(), |_, connection| {
                connection.batch_execute("ROLLBACK").unwrap();
            });
        }),
    ];
    for (what, words, test) in tests {
        let told = failure(test);
        assert!(told.contains(words), "{what}: {told}");
        // Innocent ones find nothing of it.
        run_with_connection(setup(), |_, connection| {
            assert_eq!(count(connection, "v"), 0, "{what}");
        });
    }
}

#[test]
fn a_shared_database_can_only_be_read_from_outside() {
    let migrator = Migrator::new(bundle([sql("w1", &[], "CREATE TABLE w (id int)", "")]));
    let setup = || Setup::new(&migrator).rollback();
    let insert = "INSERT INTO w VALUES (1)";
    run_with_connection(setup(), |database, connection| {
        connection.batch_execute(insert).unwrap();
        let mut pool = PgConnection::establish(&database.url()).unwrap();
        let error = pool.batch_execute(insert).unwrap_err().to_string();
        assert!(error.contains("read-only transaction"), "{error}");
        // So is a connection of ours whose transaction is over.
        let mut other = database.connection().unwrap();
        other.batch_execute("ROLLBACK").unwrap();
        let error = other.batch_execute(insert).unwrap_err().to_string();
        assert!(error.contains("read-only transaction"), "{error}");
        assert_eq!(count(&mut pool, "w"), 0);
    });
    run_with_database(setup(), |database| {
        assert_eq!(count(&mut database.connection().unwrap(), "w"), 0);
    });
}

#[test]
fn a_seed_that_asks_for_a_database() {
    let migrator = Migrator::new(bundle([sql("x1", &[], "CREATE TABLE x (id int)", "")]));
    // Of another template, it may have one.
    let other = Migrator::new(three());
    let seed = |connection: &mut PgConnection| {
        let database = fresh(&other).unwrap();
        let rows = count(&mut database.connection().unwrap(), "a");
        connection.batch_execute(&format!("INSERT INTO x VALUES ({rows})"))
    };
    let setup = Setup::new(&migrator).seed("of another", seed);
    let database = setup.fresh().unwrap();
    let mut connection = database.connection().unwrap();
    assert_eq!(count(&mut connection, "x WHERE id = 1"), 1);
    // Of its own it never will.
    fn asks(migrator: &Migrator, rollback: bool) -> Result<TestDatabase> {
        let inner = migrator.clone();
        let setup = Setup::new(migrator).seed("of itself", move |_: &mut PgConnection| {
            asks(&inner, rollback).map(drop)
        });
        let setup = if rollback { setup.rollback() } else { setup };
        setup.fresh()
    }
    for rollback in [false, true] {
        let error = asks(&migrator, rollback).unwrap_err();
        let told = format!("{error:?}");
        for words in [
            "the seed `of itself` failed",
            "a seed asks for the database that it is a part of",
            "use the connection that the seed is given",
        ] {
            assert!(told.contains(words), "{told}");
        }
    }
    // It is asked for again without harm.
    asks(&migrator, false).unwrap_err();
}

#[test]
fn copies_are_made_ahead() {
    let migrator = Migrator::new(three());
    let mut names = Vec::new();
    for _ in 0..6 {
        let database = Setup::new(&migrator).ready(2).fresh().unwrap();
        assert_eq!(count(&mut database.connection().unwrap(), "a"), 1);
        names.push(database.name().to_owned());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 6, "each is handed out once");
}

/// An application whose models are what its revisions make.
fn application() -> Migrator {
    let place = Location {
        file: "src/lib.rs".to_owned(),
        line: Some(1),
        column: None,
    };
    let mut table = ModelTable::new("app::A", place, "a");
    table.columns = vec![ModelColumn::new("id", ModelType::Sql("integer".to_owned()))];
    Migrator::new(three()).models([table])
}

#[test]
fn a_test_in_a_schema_migrates_nothing_that_others_use() {
    let migrator = application();
    let database = Setup::new(&migrator).schema().fresh().unwrap();
    let mut connection = database.connection().unwrap();
    let public =
        "SELECT count(*) AS value FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    let before = number(&mut connection, public);
    let error = migrator.run_pending(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(
        error.to_string(),
        format!(
            "this connection is that of a test in the schema `{}`, and this migrator is placed in `public`, which \
             is not the test's",
            database.name()
        )
    );
    assert!(error.hint().unwrap().contains("database.placed(&migrator)"));
    let error = migrator.run_pending_url(&database.url()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(number(&mut connection, public), before);

    // What is tested is given one that is placed where the test is.
    let placed = database.placed(&migrator).unwrap();
    assert!(placed.run_pending(&mut connection).unwrap().is_nothing());
    placed.require_current(&mut connection).unwrap();
    placed.verify(&mut connection).unwrap();
    placed.downgrade(&mut connection, "base").unwrap();
    placed.run_pending(&mut connection).unwrap();
    assert_eq!(count(&mut connection, "a"), 1);
    assert_eq!(number(&mut connection, public), before);
    let library = three().named("library").in_schema("auth").unwrap();
    let elsewhere = migrator.clone().bundle(library);
    assert!(database.placed(&elsewhere).is_err());

    // A database of its own is the test's altogether.
    let own = fresh(&migrator).unwrap();
    let same = own.placed(&migrator).unwrap();
    let mut connection = own.connection().unwrap();
    assert!(same.run_pending(&mut connection).unwrap().is_nothing());
}

#[test]
fn whatever_a_migrator_of_others_would_do_on_a_tests_connection_is_refused() {
    for server in servers() {
        let database = crate::support::TestDatabase::on(&server);
        let migrator = application();
        let mut own = database.connect();
        let mut tests = database.connect();
        tests
            .batch_execute("SET limbeck.test_schema = 'limbeck_test_x'")
            .unwrap();
        // Without a history, with one, with an empty one.
        for state in 0..3 {
            match state {
                0 => {}
                1 => drop(migrator.run_pending(&mut own).unwrap()),
                _ => drop(migrator.downgrade(&mut own, "base").unwrap()),
            }
            let all = |connection: &mut PgConnection| {
                [
                    migrator.run_pending(connection).map(drop),
                    migrator.upgrade(connection, "head").map(drop),
                    migrator.stamp(connection, "head").map(drop),
                    migrator.require_current(connection).map(drop),
                    migrator.verify(connection),
                    match state {
                        1 => migrator.downgrade(connection, "base").map(drop),
                        _ => migrator.run_pending(connection).map(drop),
                    },
                ]
            };
            for result in all(&mut tests) {
                let error = result.expect_err("it is not the test's");
                assert_eq!(error.kind(), ErrorKind::Config, "{state}: {error}");
            }
            // To look is no harm.
            migrator.current(&mut tests).unwrap();
        }
        tests.batch_execute("RESET limbeck.test_schema").unwrap();
        migrator.run_pending(&mut tests).unwrap();
        migrator.verify(&mut tests).unwrap();
    }
}

#[test]
fn the_tables_of_a_placed_application_are_found() {
    let odd = "it's \\ \"here\"";
    for place in ["app", odd] {
        let migrator = Migrator::new(three()).in_schema(place).unwrap();
        for setup in [Setup::new(&migrator), Setup::new(&migrator).rollback()] {
            let database = setup.fresh().unwrap();
            let connections = [
                database.connection().unwrap(),
                PgConnection::establish(&database.url()).unwrap(),
            ];
            for mut connection in connections {
                assert_eq!(count(&mut connection, "a"), 1);
                assert_eq!(
                    word(&mut connection, "SELECT current_schema()::text AS value"),
                    place
                );
                assert!(
                    word(
                        &mut connection,
                        "SELECT current_setting('search_path') AS value"
                    )
                    .ends_with(", \"$user\", public")
                );
                // Nor is anybody told that they are not.
                let report = migrator.current(&mut connection).unwrap();
                assert_eq!(report.notes, [""; 0]);
                migrator.verify(&mut connection).unwrap();
            }
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let place = runtime.unwrap().block_on(async {
                let mut connection = database.async_connection().await.unwrap();
                migrator.current_async(&mut connection).await.unwrap();
                connection.batch_execute("SELECT FROM a").await
            });
            place.unwrap();
        }
    }
    // Where they are found without it, nothing is set.
    let usual = fresh(&Migrator::new(three())).unwrap();
    assert!(!usual.url().contains("search_path"));
}

#[test]
fn own_schema_is_for_whoever_has_no_place_elsewhere() {
    // Of the application's own, nothing is known by its schema.
    let placed = Migrator::new(three()).in_schema("app").unwrap();
    let database = Setup::new(&placed)
        .schema()
        .fixture("a.sql", "INSERT INTO a VALUES (7)")
        .fresh()
        .unwrap();
    let mut connection = database.connection().unwrap();
    assert_eq!(count(&mut connection, "a"), 2);
    let own = database.placed(&placed).unwrap();
    assert!(own.run_pending(&mut connection).unwrap().is_nothing());
    assert!(placed.run_pending(&mut connection).is_err());

    let library = three().named("library").in_schema("auth").unwrap();
    let with_library = Migrator::new(Bundle::new("app")).bundle(library);
    let error = Setup::new(&with_library).schema().fresh().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "the bundle `library` has something in the schema `auth`: it cannot be put into a test's own"
    );
    // None of the ways needs what such a role lacks, unless it says so.
    let hint = error.hint().unwrap();
    for way in [
        "ALTER ROLE … CREATEDB",
        "`LIMBECK_TEST_DATABASE_URL` unset",
        "without its placement",
    ] {
        assert!(hint.contains(way), "{hint}");
    }
    let mut stated = model(&["title"]);
    stated.schema = Some("blog".to_owned());
    let stated = Migrator::new(Bundle::new("app")).models([stated]);
    let error = Setup::new(&stated).schema().models().fresh().unwrap_err();
    assert!(error.to_string().contains("`blog`"), "{error}");
}
