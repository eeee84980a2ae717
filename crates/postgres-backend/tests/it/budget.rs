//! A time budget, kept by a real server.

use std::error::Error as _;
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::{Bundle, Error, ErrorKind};
use limbeck_postgres::runner::{Action, RunOptions};

use crate::run::{ask, bundle, pending, run_with, sql};
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
