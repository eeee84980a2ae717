//! Ctrl-C on the command line, and how loud it is.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use limbeck::prelude::*;
use limbeck::{Cancel, Event};

use crate::project::{Project, Told, command, installed};
use crate::support::TestDatabase;

#[test]
fn ctrl_c_cancels_what_runs_and_tells_where_it_stands() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add("first", "CREATE TABLE one ()", None);
    project.add("second", "CREATE TABLE two (); SELECT pg_sleep(90)", None);
    let child = command(installed())
        .current_dir(project.path(""))
        .args(["upgrade", "head"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let sleeping = "SELECT 'sleeps' AS line FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let waits = |until: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !until() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "it never happens"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    waits(&|| !database.lines(sleeping).is_empty());
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill starts");
    assert!(status.success());
    let output = child.wait_with_output().expect("it ends");
    let told = Told::new(&output).exits(130).says(&[
        "error: revision `second`",
        "canceling statement due to user request",
        "done before that: first",
    ]);
    assert!(told.stdout.is_empty(), "{told}");
    assert_eq!(database.lines(sleeping), [""; 0]);
    let made = "SELECT relname AS line FROM pg_class WHERE relname IN ('one', 'two')";
    assert_eq!(database.lines(made), ["one"]);
}

/// Outside of a transaction a run stops between two statements, which is recorded, and goes on there.
#[test]
fn a_run_stops_between_statements_and_goes_on_there() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add_with(
        "apart",
        "CREATE TABLE one (); CREATE TABLE two (); CREATE TABLE three ()",
        None,
        |revision| revision.run_in_transaction = false,
    );
    let cancel: Arc<Mutex<Option<Cancel>>> = Arc::default();
    let pressed = Arc::clone(&cancel);
    let migrator = || Migrator::from_directory(project.path("migrations")).expect("revisions");
    let watched = migrator().on_progress(move |event| {
        if let Event::Statement { number: 2, .. } = event
            && let Some(cancel) = &*pressed.lock().expect("nobody panics")
        {
            cancel.send().expect("it is cancelled");
        }
    });
    let mut connection = database.connect();
    let lookout = watched.lookout(&mut connection, &database.url());
    *cancel.lock().expect("nobody panics") = lookout.cancel();
    let error = watched.run_pending(&mut connection).expect_err("stopped");
    assert_eq!(
        error.to_string(),
        "the run was stopped: nothing is done, and `apart` is not; of `apart` 1 of 3 statements are done"
    );
    let made =
        "SELECT relname AS line FROM pg_class WHERE relname IN ('one', 'two', 'three') ORDER BY 1";
    assert_eq!(database.lines(made), ["one"]);
    migrator().run_pending(&mut connection).expect("it goes on");
    assert_eq!(database.lines(made), ["one", "three", "two"]);
}

#[test]
fn quiet_is_quiet_but_for_errors() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    let told = project.limbeck(&["heads", "--quiet"]).exits(0);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", ""));
    project
        .limbeck(&["heads"])
        .exits(0)
        .says(&["there are no revisions"]);
    project
        .limbeck(&["-q", "upgrade", "nowhere"])
        .exits(1)
        .says(&["error: there is no revision `nowhere`", "hint: "]);
}

#[test]
fn results_are_coloured_where_that_is_said() {
    let project = Project::empty();
    project.write("a.sql", "CREATE TABLE a ();");
    let summary = |more: &[&str], variables: &[(&str, &str)]| {
        let diff = ["diff", "--from", "empty", "--to", "a.sql", "--summary"];
        let arguments: Vec<&str> = diff.iter().chain(more).copied().collect();
        let told = project.limbeck_with(&arguments, variables).exits(0);
        told.stdout.contains('\u{1b}')
    };
    assert!(!summary(&[], &[]), "there is no terminal");
    assert!(summary(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(summary(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!summary(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}
