//! What holds between processes: children of this test program, on a server of their own.

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use limbeck_postgres::Migrator;
use limbeck_postgres::server::{Server, ServerOptions};
use limbeck_postgres::testing::{Setup, fresh, run_with_connection};

use super::{count, exists};
use crate::run::{bundle, sql, three};
use crate::server::{
    Owner, Place, ROLE, answers, assert_gone, folder, kill, number, wait_until, word,
};

const CHILD: &str = "testing::processes::child_process";

/// Takes a while, so that others come in between.
fn slow() -> Migrator {
    Migrator::new(bundle([sql(
        "s1",
        &[],
        "CREATE TABLE slow (id int); SELECT pg_sleep(0.4); INSERT INTO slow VALUES (1)",
        "DROP TABLE slow",
    )]))
}

/// Not a test: what the children of the tests do.
#[test]
#[ignore = "runs as a child of other tests"]
fn child_process() {
    let Ok(role) = env::var(ROLE) else { return };
    let wait = || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
    };
    let migrator = Migrator::new(three());
    match role.as_str() {
        "waits" => {
            let database = fresh(&migrator).unwrap();
            println!("url: {}", database.url());
            wait();
        }
        "slow" => {
            let database = fresh(&slow()).unwrap();
            assert_eq!(count(&mut database.connection().unwrap(), "slow"), 1);
            println!("url: {}", database.url());
            wait();
        }
        "ready" => {
            let setup = Setup::new(&migrator).ready(3);
            let database = setup.fresh().unwrap();
            // Until they are made.
            let mut admin = database.connection().unwrap();
            wait_until("copies are made", || copies(&mut admin).len() == 5);
            println!("url: {}", database.url());
            wait();
        }
        "fails" | "fails in a schema" => {
            let setup = match role.as_str() {
                "fails" => Setup::new(&migrator),
                _ => Setup::new(&migrator).schema(),
            };
            run_with_connection(setup, |_, connection| {
                connection
                    .batch_execute("INSERT INTO a VALUES (42)")
                    .unwrap();
                assert_eq!(count(connection, "a"), 1, "it fails");
            });
        }
        "server ends" => {
            let database = fresh(&migrator).unwrap();
            let folder = folder(&database.url());
            let number = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
            kill("-9", number.lines().next().unwrap());
            wait_until("the server is gone", || !answers(&database.url()));
            println!("told: {:?}", database.connection().err().unwrap());
            // The next test has another.
            let next = fresh(&migrator).unwrap();
            assert_eq!(count(&mut next.connection().unwrap(), "a"), 1);
            // And this one fails.
            database.keep();
            drop(database);
        }
        "server ends with copies" => {
            let setup = Setup::new(&migrator).ready(2);
            let database = setup.fresh().unwrap();
            let mut admin = database.connection().unwrap();
            wait_until("copies are made", || copies(&mut admin).len() == 3);
            let folder = folder(&database.url());
            let number = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
            kill("-9", number.lines().next().unwrap());
            wait_until("its sessions are gone", || {
                admin.batch_execute("SELECT 1").is_err()
            });
            // Of what stood ready, nothing is there any more.
            match setup.fresh() {
                Ok(next) => {
                    assert_eq!(count(&mut next.connection().unwrap(), "a"), 1);
                    println!("told: it has another");
                }
                Err(error) => println!("told: {error:?}"),
            }
        }
        "schemas" => {
            // Each finds the histories of those beside it, which are dropped meanwhile.
            let test = || {
                let database = Setup::new(&migrator)
                    .schema()
                    .fixture("a.sql", "INSERT INTO a VALUES (7)")
                    .fresh()
                    .unwrap();
                for number in 0..2 {
                    let mut connection = database.connection().unwrap();
                    assert_eq!(count(&mut connection, "a"), 2 + number);
                    connection
                        .batch_execute(&format!("INSERT INTO a VALUES (10 + {number})"))
                        .unwrap();
                }
            };
            thread::scope(|scope| {
                for _ in 0..6 {
                    scope.spawn(|| (0..6).for_each(|_| test()));
                }
            });
            let error = fresh(&migrator).unwrap_err();
            println!("told: {error:?}");
        }
        "path" => {
            let placed = migrator.clone().in_schema("app").unwrap();
            let database = fresh(&placed).unwrap();
            let mut connection = database.connection().unwrap();
            println!(
                "path: {}",
                word(
                    &mut connection,
                    "SELECT current_setting('search_path') AS value"
                )
            );
            database.keep();
        }
        role => panic!("no role {role}"),
    }
}

fn copies(admin: &mut PgConnection) -> Vec<String> {
    let names = word(
        admin,
        "SELECT coalesce(string_agg(datname, ' '), '') AS value FROM pg_database
         WHERE datname ~ '^limbeck_test_[0-9a-f]{12}_[0-9]+_[0-9a-f]{8}$'",
    );
    names.split_whitespace().map(str::to_owned).collect()
}

fn comment_on(admin: &mut PgConnection, database: &str, comment: &str) {
    admin
        .batch_execute(&format!(
            "COMMENT ON DATABASE \"{database}\" IS '{comment}'"
        ))
        .unwrap();
}

/// The name of a copy, out of the URL that a child tells.
fn name_in(url: &str) -> String {
    let (_, name) = url.rsplit_once("/limbeck_test_").unwrap();
    format!("limbeck_test_{}", name.split('?').next().unwrap())
}

/// A name like one of ours that another process has, which nothing was given here.
fn beside(name: &str) -> String {
    let (start, end) = name.split_at(name.len() - 1);
    format!("{start}{}", if end == "0" { 1 } else { 0 })
}

fn outcome(command: &mut Command) -> (bool, String) {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), told)
}

#[test]
fn many_processes_make_one_template_though_some_are_killed() {
    let place = Place::new("template");
    let mut keeper = Owner::start(place.role_of(CHILD, "waits"));
    let mut admin = PgConnection::establish(&keeper.url).unwrap();
    // Killed while they fill, or wait for one that does.
    for _ in 0..3 {
        let mut killed: Vec<_> = (0..2)
            .map(|_| place.role_of(CHILD, "slow").spawn().unwrap())
            .collect();
        wait_until("one is at it", || {
            number(
                &mut admin,
                "SELECT count(*) AS value FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
            ) > 0
        });
        for child in &mut killed {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    let owners: Vec<Owner> = thread::scope(|scope| {
        let starts: Vec<_> = (0..5)
            .map(|_| scope.spawn(|| Owner::start(place.role_of(CHILD, "slow"))))
            .collect();
        starts.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let mut left = |prefix: &str| {
        number(
            &mut admin,
            &format!(
                "SELECT count(*) AS value FROM pg_database WHERE starts_with(datname, '{prefix}')"
            ),
        )
    };
    assert_eq!(
        left("limbeck_template_"),
        2,
        "of the keeper, and one of all others"
    );
    for owner in owners {
        owner.end();
    }
    // Half made ones of the killed are swept by the next, once their last sessions are gone.
    wait_until("they are swept", || {
        Owner::start(place.role_of(CHILD, "slow")).end();
        left("limbeck_building_") == 0
    });
    drop(admin);
    assert!(keeper.child.try_wait().unwrap().is_none());
    keeper.end();
}

#[test]
fn leftovers_are_swept_and_nothing_foreign() {
    let place = Place::new("leftovers");
    let keeper = Owner::start(place.role_of(CHILD, "waits"));
    let mut admin = PgConnection::establish(&keeper.url).unwrap();
    let foreign = [
        "blog",
        "limbeck_blog",
        "limbeck_template_blog",
        "limbeck_shared_blog",
        "limbeck_test_0123456789ab_1_0123abcd",
        "limbeck_building_1_0123abcd",
    ];
    for name in foreign {
        admin
            .batch_execute(&format!("CREATE DATABASE \"{name}\""))
            .unwrap();
    }
    admin
        .batch_execute("COMMENT ON DATABASE limbeck_template_blog IS 'precious'")
        .unwrap();
    // A name and a comment like ours prove nothing.
    let alike = [
        ("limbeck_template_old", "limbeck template database, used 1"),
        (
            "limbeck_test_old",
            "limbeck database of a failed test, kept 00000000000000000001",
        ),
    ];
    for (name, comment) in alike {
        admin
            .batch_execute(&format!("CREATE DATABASE \"{name}\""))
            .unwrap();
        comment_on(&mut admin, name, comment);
    }
    Owner::start(place.role_of(CHILD, "slow")).end();
    let template = word(
        &mut admin,
        "SELECT datname::text AS value FROM pg_database
         WHERE datname ~ '^limbeck_template_[0-9a-f]{24}$' ORDER BY oid DESC LIMIT 1",
    );
    comment_on(&mut admin, &template, "limbeck template database, used 1");
    let killed: Vec<Owner> = (0..4)
        .map(|_| Owner::start(place.role_of(CHILD, "waits")))
        .collect();
    let names: Vec<String> = killed.iter().map(|it| name_in(&it.url)).collect();
    let [left, kept, taken, renamed] = names.try_into().unwrap();
    killed.into_iter().for_each(Owner::kill);
    comment_on(
        &mut admin,
        &kept,
        "limbeck database of a failed test, kept 00000000000000000001",
    );
    // Somebody's own, under the very name that one of ours had, or might have had.
    let building = left.replace("_test_", "_building_");
    let moved = beside(&renamed);
    for statement in [
        format!("DROP DATABASE \"{taken}\""),
        format!("CREATE DATABASE \"{taken}\""),
        format!("CREATE DATABASE \"{building}\""),
        format!("ALTER DATABASE \"{renamed}\" RENAME TO \"{moved}\""),
    ] {
        wait_until("the killed one's sessions are gone", || {
            admin.batch_execute(&statement).is_ok()
        });
    }
    Owner::start(place.role_of(CHILD, "waits")).end();
    for name in [&left, &kept, &template] {
        assert!(!exists(&mut admin, name), "{name} is swept");
    }
    assert!(answers(&keeper.url));
    let alike = alike.iter().map(|(name, _)| *name);
    for name in alike.chain(foreign).chain([&*taken, &*building, &*moved]) {
        assert!(exists(&mut admin, name), "{name}");
    }
    drop(admin);
    keeper.end();
}

#[test]
fn copies_made_ahead_do_not_outlive_their_process() {
    let place = Place::new("ready");
    let keeper = Owner::start(place.role_of(CHILD, "waits"));
    let ready = Owner::start(place.role_of(CHILD, "ready"));
    let mut admin = PgConnection::establish(&keeper.url).unwrap();
    assert_eq!(copies(&mut admin).len(), 5);
    ready.end();
    assert_eq!(copies(&mut admin).len(), 1);
    drop(admin);
    keeper.end();
}

#[test]
fn server_and_templates_stay_for_the_next_process() {
    let place = Place::new("moment");
    let first = Owner::start(place.role_of(CHILD, "slow"));
    let server = folder(&first.url);
    first.end();
    let begun = Instant::now();
    let second = Owner::start(place.role_of(CHILD, "slow"));
    assert_eq!(folder(&second.url), server);
    let mut admin = PgConnection::establish(&second.url).unwrap();
    let made = "SELECT count(*) AS value FROM pg_database WHERE datname LIKE 'limbeck_template_%'";
    assert_eq!(number(&mut admin, made), 1);
    drop(admin);
    second.end();
    assert_gone(&server);
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn database_of_a_failed_test_is_kept() {
    let place = Place::new("kept");
    let (passed, told) = outcome(&mut place.role_of(CHILD, "fails"));
    assert!(!passed);
    let line = told
        .lines()
        .find(|line| line.starts_with("limbeck: the database of this failed test is kept"))
        .expect("it is told");
    assert!(line.contains("for 15 minutes"), "{line}");
    let url = line.split_whitespace().last().unwrap();
    let server = folder(url);
    // Longer than a server without such a thing stays.
    thread::sleep(Duration::from_secs(4));
    let mut connection = PgConnection::establish(url).unwrap();
    assert_eq!(count(&mut connection, "a"), 2, "as the test left it");
    // The next run lets it be.
    assert!(
        outcome(place.role_of(CHILD, "fails").env("LIMBECK_TEST_KEEP", "0"))
            .1
            .lines()
            .all(|it| !it.contains("is kept"))
    );
    assert_eq!(count(&mut connection, "a"), 2);
    assert_eq!(
        copies(&mut connection).len(),
        1,
        "and keeps none of its own"
    );
    drop(connection);
    fs::remove_file(server.join("kept")).unwrap();
    assert_gone(&server);
}

#[test]
fn server_that_ends_in_the_middle_is_told() {
    let place = Place::new("ends");
    let (passed, told) = outcome(&mut place.role_of(CHILD, "server ends"));
    assert!(passed, "{told}");
    for words in [
        "told: the test server ended while tests were using it",
        "limbeck: the test server ended while tests were using it",
        "hint: the next test starts another",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("is kept"), "{told}");
}

#[test]
fn copies_of_a_server_that_ended_are_not_handed_out() {
    let place = Place::new("stale");
    let (passed, told) = outcome(&mut place.role_of(CHILD, "server ends with copies"));
    assert!(passed, "{told}");
    assert!(told.contains("told: it has another"), "{told}");
    // A server of somebody else's cannot be started anew.
    let (server, url) = without_createdb();
    let mut admin = PgConnection::establish(&server.url("postgres")).unwrap();
    admin.batch_execute("ALTER ROLE tester CREATEDB").unwrap();
    let mut child = place.role_of(CHILD, "server ends with copies");
    let (passed, told) = outcome(child.env("LIMBECK_TEST_DATABASE_URL", &url));
    assert!(passed, "{told}");
    for words in [
        "told: the test server ended while tests were using it",
        "hint: it is the server that `LIMBECK_TEST_DATABASE_URL` names: start it again",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// A server that nobody else uses, with a role that has a password and may not create databases.
fn without_createdb() -> (Server, String) {
    let options = ServerOptions {
        shared: false,
        ..ServerOptions::default()
    };
    let server = Server::start(&options).unwrap();
    let mut admin = PgConnection::establish(&server.url("postgres")).unwrap();
    admin
        .batch_execute("CREATE ROLE tester LOGIN PASSWORD 'correct-horse'")
        .unwrap();
    admin
        .batch_execute("CREATE DATABASE tests OWNER tester")
        .unwrap();
    let url = server
        .url("tests")
        .replace("postgres://postgres@", "postgres://tester:correct-horse@");
    (server, url)
}

#[test]
fn role_without_createdb_has_schemas() {
    let (server, url) = without_createdb();
    let place = Place::new("schemas");
    let child = |role| {
        let mut child = place.role_of(CHILD, role);
        child.env("LIMBECK_TEST_DATABASE_URL", &url);
        child
    };
    let (passed, told) = outcome(&mut child("schemas"));
    assert!(passed, "{told}");
    assert!(told.contains("the right to create databases"), "{told}");
    let mut admin = PgConnection::establish(&server.url("tests")).unwrap();
    let left = "SELECT count(*) AS value FROM pg_namespace WHERE starts_with(nspname, 'limbeck')";
    assert_eq!(number(&mut admin, left), 0, "each has dropped its own");
    // One that fails is kept, and is not swept with those of the dead.
    let (passed, told) = outcome(&mut child("fails in a schema"));
    assert!(!passed);
    assert!(
        told.contains("is kept for a day: schema `limbeck_test_"),
        "{told}"
    );
    assert!(!told.contains("correct-horse"), "{told}");
    let kept = word(
        &mut admin,
        "SELECT nspname::text AS value FROM pg_namespace WHERE starts_with(nspname, 'limbeck_test_')",
    );
    // By its name it is of a process that is gone: it is the comment that says that we made it.
    let alike = beside(&kept);
    admin
        .batch_execute(&format!(
            "CREATE SCHEMA limbeck_test_mine; CREATE SCHEMA limbeck_test_0123456789ab_1_0123abcd;
             CREATE SCHEMA {alike}"
        ))
        .unwrap();
    outcome(&mut child("schemas"));
    assert_eq!(
        number(&mut admin, left),
        4,
        "the kept one, and three that are foreign"
    );
    admin
        .batch_execute(&format!(
            "GRANT tester TO postgres; ALTER SCHEMA {alike} OWNER TO tester;
             COMMENT ON SCHEMA {alike} IS 'limbeck schema of a test'"
        ))
        .unwrap();
    outcome(&mut child("schemas"));
    assert_eq!(number(&mut admin, left), 3, "it is swept");
}

#[test]
fn a_server_that_takes_no_more_connections_has_not_ended() {
    let (server, url) = without_createdb();
    let mut admin = PgConnection::establish(&server.url("postgres")).unwrap();
    admin
        .batch_execute("ALTER ROLE tester CONNECTION LIMIT 3")
        .unwrap();
    let place = Place::new("crowded");
    let (passed, told) = outcome(
        place
            .role_of(CHILD, "schemas")
            .env("LIMBECK_TEST_DATABASE_URL", &url),
    );
    assert!(!passed, "{told}");
    assert!(told.contains("takes no more connections"), "{told}");
    assert!(told.contains("keep the pools of tests small"), "{told}");
    assert!(!told.contains("ended while tests"), "{told}");
    // The one that is started here takes as many as its hint says.
    let sessions =
        "SELECT setting::bigint AS value FROM pg_settings WHERE name = 'max_connections'";
    let many = if cfg!(target_os = "linux") { 1000 } else { 100 };
    assert_eq!(number(&mut admin, sessions), many);
}

#[test]
fn the_path_of_a_placed_application_goes_on_with_that_of_the_role() {
    let (server, url) = without_createdb();
    let mut admin = PgConnection::establish(&server.url("postgres")).unwrap();
    admin.batch_execute("ALTER ROLE tester CREATEDB").unwrap();
    let place = Place::new("path");
    let mut told = |set: &str, url: &str| {
        admin.batch_execute(set).unwrap();
        let mut child = place.role_of(CHILD, "path");
        outcome(child.env("LIMBECK_TEST_DATABASE_URL", url))
    };
    // Of the database that the URL names, a test's own has nothing.
    let of_the_database = "ALTER DATABASE tests SET search_path = app, other";
    for (set, path) in [
        (of_the_database, "path: \"app\", \"$user\", public"),
        (
            "ALTER DATABASE tests RESET search_path; ALTER ROLE tester SET search_path = \"an other\"",
            "path: \"app\", \"an other\"",
        ),
    ] {
        let (passed, told) = told(set, &url);
        assert!(passed && told.contains(path), "{told}");
        // Who looks at what is kept finds it, too.
        let kept = told
            .lines()
            .find(|line| line.contains("is kept for a day"))
            .unwrap();
        assert!(kept.contains("options=-csearch_path%3D%22app%22"), "{kept}");
    }
    // One that leads there already is left.
    let (passed, told) = told("ALTER ROLE tester SET search_path = public, app", &url);
    assert!(passed && told.contains("path: public, app"), "{told}");
}

#[test]
fn no_password_is_printed() {
    let (server, url) = without_createdb();
    let mut admin = PgConnection::establish(&server.url("postgres")).unwrap();
    admin.batch_execute("ALTER ROLE tester CREATEDB").unwrap();
    let place = Place::new("password");
    let (passed, told) = outcome(
        place
            .role_of(CHILD, "fails")
            .env("LIMBECK_TEST_DATABASE_URL", &url),
    );
    assert!(!passed);
    assert!(
        told.contains("is kept for a day: postgres://tester@/limbeck_test_"),
        "{told}"
    );
    assert!(!told.contains("correct-horse"), "{told}");
}
