//! What a web application asks for on boot: a current database, the tables it needs, progress.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex};
use std::time::Instant;

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use limbeck::prelude::*;
use limbeck::{Error, ErrorKind, ModelTable, Phase, Status};
use limbeck_core::schema::model::{ModelColumn, ModelType};

use crate::project::Project;
use crate::support::{TestDatabase, own_server};

#[derive(Debug, PgEnum)]
#[pg_enum(name = "boot_state")]
#[allow(dead_code)]
enum State {
    Draft,
    Published,
}

#[derive(Model)]
#[model(table = "boot_posts", register = false)]
#[allow(dead_code)]
struct Post {
    #[model(primary_key, identity)]
    id: i64,
    title: String,
    state: State,
}

#[derive(Model)]
#[model(table = "Boot \"Odd\"", schema = "boot-other", register = false)]
#[allow(dead_code)]
struct Odd {
    #[model(primary_key)]
    #[model(column = "The Id")]
    id: i64,
    note: Option<String>,
}

fn migrator() -> Migrator {
    Migrator::new(Bundle::new("blog")).models([Post::model(), Odd::model()])
}

const TABLES: &str = "CREATE TYPE boot_state AS ENUM ('draft', 'published', 'archived');
    CREATE TABLE boot_posts (id bigint, title varchar(7), state boot_state, more int);
    CREATE SCHEMA \"boot-other\";
    CREATE TABLE \"boot-other\".\"Boot \"\"Odd\"\"\" (\"The Id\" int, note text);
    CREATE TABLE somebody_else_s (id int);";

/// Counts the statements that a connection sends.
fn counting(connection: &mut PgConnection) -> Arc<Mutex<Vec<String>>> {
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let counting = Arc::clone(&sent);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            counting.lock().unwrap().push(query.to_string());
        }
    });
    sent
}

#[track_caller]
fn lacks(error: &Error, what: &str) {
    assert_eq!(error.kind(), ErrorKind::Drift);
    assert_eq!(
        error.to_string(),
        format!("the database lacks what this program needs: {what}")
    );
}

#[test]
fn what_models_need_is_looked_for_in_one_statement() {
    let database = TestDatabase::new();
    database.execute(TABLES);
    let mut connection = database.connect();
    let sent = counting(&mut connection);
    // Other types, more columns, more values, more tables: all of that serves.
    migrator().verify(&mut connection).unwrap();
    assert_eq!(sent.lock().unwrap().len(), 1, "{:?}", sent.lock().unwrap());

    database.execute(
        "ALTER TABLE boot_posts DROP COLUMN title;
         ALTER TYPE boot_state RENAME VALUE 'published' TO 'public';
         DROP TABLE \"boot-other\".\"Boot \"\"Odd\"\"\";",
    );
    let error = migrator().verify(&mut connection).unwrap_err();
    lacks(
        &error,
        "the value `published` of the type `public.boot_state`, \
         the table `boot-other.Boot \"Odd\"`, the column `public.boot_posts.title`",
    );
    assert!(error.hint().unwrap().contains("limbeck upgrade head"));
    // To say who is behind, the history was looked for.
    assert!(sent.lock().unwrap().len() > 2);

    let nothing = TestDatabase::new();
    let error = migrator().verify(&mut nothing.connect()).unwrap_err();
    lacks(
        &error,
        "the type `public.boot_state`, the table `boot-other.Boot \"Odd\"`, \
         the table `public.boot_posts`",
    );
    Migrator::new(Bundle::new("none"))
        .verify(&mut nothing.connect())
        .unwrap();
}

#[test]
fn a_role_without_rights_may_look_and_a_placement_is_looked_into() {
    let database = TestDatabase::on(own_server());
    database.execute(
        "CREATE SCHEMA placed; SET search_path = placed;
         CREATE TYPE boot_state AS ENUM ('draft', 'published');
         CREATE TABLE boot_posts (id bigint, title text, state boot_state);
         REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    );
    let name = database.lines("SELECT current_database() AS line").concat();
    database.execute(&format!("CREATE ROLE \"{name}_poor\""));
    let mut poor = database.connect();
    poor.batch_execute(&format!("SET ROLE \"{name}_poor\""))
        .unwrap();
    let posts = Migrator::new(Bundle::new("blog")).models([Post::model()]);
    let placed = posts.clone().in_schema("placed").unwrap();
    placed.verify(&mut poor).unwrap();
    let error = posts.verify(&mut poor).unwrap_err();
    lacks(
        &error,
        "the type `public.boot_state`, the table `public.boot_posts`",
    );

    // A library's tables are needed as much as the application's.
    let mut library = Bundle::new("accounts");
    library.models = vec![Post::model()];
    let both = Migrator::new(Bundle::new("app")).bundle(library);
    let error = both.verify(&mut poor).unwrap_err();
    assert!(error.to_string().contains("public.boot_posts"), "{error}");
    drop(poor);
    database.execute(&format!("DROP ROLE \"{name}_poor\""));
}

#[test]
fn a_thousand_tables_are_looked_for_in_milliseconds() {
    let models = (0..1000).map(|table| {
        let mut model = ModelTable::new(
            format!("M{table}"),
            Post::model().location,
            format!("t{table}"),
        );
        model.columns = (0..10)
            .map(|column| ModelColumn {
                nullable: true,
                ..ModelColumn::new(format!("c{column}"), ModelType::Sql("bigint".to_owned()))
            })
            .collect();
        model
    });
    let migrator = Migrator::new(Bundle::new("wide")).models(models);
    let database = TestDatabase::new();
    let columns = (0..10)
        .map(|column| format!("c{column} bigint"))
        .collect::<Vec<_>>()
        .join(", ");
    for part in 0..10 {
        let tables: String = (part * 100..part * 100 + 100)
            .map(|table| format!("CREATE TABLE t{table} ({columns});"))
            .collect();
        database.execute(&tables);
    }
    let mut connection = database.connect();
    migrator.verify(&mut connection).unwrap();
    let started = Instant::now();
    migrator.verify(&mut connection).unwrap();
    let took = started.elapsed();
    assert!(took.as_millis() < 2000, "11,000 things took {took:?}");
    eprintln!("11,000 things were looked for in {took:?}");

    database.execute("ALTER TABLE t500 DROP c5, DROP c6");
    let error = migrator.verify(&mut connection).unwrap_err();
    lacks(
        &error,
        "the column `public.t500.c5`, the column `public.t500.c6`",
    );
}

#[test]
fn a_program_that_migrates_elsewhere_requires_a_current_database() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add_with("a1", "CREATE TABLE a ();", None, |revision| {
        revision.message = "first".to_owned();
    });
    let old = Migrator::from_directory(project.path("migrations")).unwrap();
    let old = old.named("blog");
    project.add("b2", "CREATE TABLE b ();", None);
    let new = Migrator::from_directory(project.path("migrations"))
        .unwrap()
        .named("blog");
    let mut connection = database.connect();
    let error = new.require_current(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Behind);
    assert_eq!(
        error.to_string(),
        "the database is behind this program: 2 revisions are not applied: `a1` (first), `b2`"
    );
    assert!(error.hint().unwrap().contains("limbeck upgrade head"));
    assert_eq!(database.history(), [""; 0], "nothing was changed");

    old.run_pending(&mut connection).unwrap();
    let error = new.require_current(&mut connection).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database is behind this program: one revision is not applied: `b2`"
    );

    new.run_pending(&mut connection).unwrap();
    let sent = counting(&mut connection);
    let report = new.require_current(&mut connection).unwrap();
    assert_eq!(report.bundles[0].status, Status::Current);
    assert_eq!(sent.lock().unwrap().len(), 1);

    // The old program in a rolling deploy: fine, until a revision that it lacks is breaking.
    let report = old.require_current(&mut connection).unwrap();
    assert_eq!(report.bundles[0].status, Status::Ahead);
    assert_eq!(
        old.run_pending(&mut connection).unwrap().to_string(),
        "nothing to do: blog is at b2, ahead of this program by one revision"
    );
    project.add_with("c3", "CREATE TABLE c ();", None, |revision| {
        revision.breaking = true;
        revision.message = "drop what was".to_owned();
    });
    let newest = Migrator::from_directory(project.path("migrations"))
        .unwrap()
        .named("blog");
    newest.run_pending(&mut connection).unwrap();
    for refused in [
        old.require_current(&mut connection),
        old.run_pending(&mut connection),
        new.run_pending(&mut connection),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale);
        assert_eq!(
            error.to_string(),
            "this program is too old for the database: the breaking revision `c3` (drop what was) \
             of `blog` was applied by a newer one"
        );
    }
    newest.require_current(&mut connection).unwrap();
}

#[test]
fn a_program_that_lacks_what_a_newer_one_dropped_is_told_that_it_is_the_stale_one() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add("a1", TABLES, None);
    let old = || {
        let read = Migrator::from_directory(project.path("migrations")).unwrap();
        read.named("blog").models([Post::model(), Odd::model()])
    };
    let (old, mut connection) = (old(), database.connect());
    old.run_pending(&mut connection).unwrap();
    old.verify(&mut connection).unwrap();
    project.add("b2", "ALTER TABLE boot_posts DROP COLUMN title", None);
    let new = Migrator::from_directory(project.path("migrations")).unwrap();
    new.named("blog").run_pending(&mut connection).unwrap();
    let error = old.verify(&mut connection).unwrap_err();
    lacks(
        &error,
        "the column `public.boot_posts.title`: the database is ahead of this program, which is the \
         stale one: it does not know `b2` of `blog`",
    );
    let hint = error.hint().unwrap();
    assert!(hint.contains("the program of the newest release"), "{hint}");
    assert!(!hint.contains("upgrade head"), "{hint}");
    // Nobody was ahead where a column of the newest is taken away.
    let newest = Migrator::from_directory(project.path("migrations")).unwrap();
    let newest = newest.named("blog").models([Post::model()]);
    let error = newest.verify(&mut connection).unwrap_err();
    lacks(&error, "the column `public.boot_posts.title`");
}

#[test]
fn a_mark_that_came_after_its_revision_is_noted_with_what_makes_up_for_it() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add("a1", "CREATE TABLE a ();", None);
    let read = || {
        let read = Migrator::from_directory(project.path("migrations")).unwrap();
        read.named("blog")
    };
    let (old, mut connection) = (read(), database.connect());
    let folder = project.add("b2", "CREATE TABLE b ();", None);
    let new = read();
    new.run_pending(&mut connection).unwrap();
    assert_eq!(new.check(&mut connection).unwrap().notes.len(), 1);
    let metadata = project.read(folder.join("metadata.toml"));
    project.write(
        folder.join("metadata.toml"),
        &format!("{metadata}breaking = true\n"),
    );
    let notes = read().check(&mut connection).unwrap().notes;
    let update = "UPDATE \"public\".\"limbeck_revision\" SET breaking = true \
                  WHERE bundle = 'blog' AND revision = 'b2'";
    assert_eq!(
        notes[0],
        format!(
            "revision `b2` of `blog` says `breaking = true`, and did not when it was applied here: \
             older programs still start; `{update}` stops them"
        )
    );
    old.run_pending(&mut connection).unwrap();
    database.execute(update);
    let error = old.run_pending(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!(read().check(&mut connection).unwrap().notes.len(), 1);
}

#[test]
fn the_command_line_says_who_has_locked_a_table() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add("a1", "ALTER TABLE busy ADD COLUMN more int;", None);
    let mut holder = database.connect();
    for statement in [
        "CREATE TABLE busy (); SET application_name = 'the holder'",
        "BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE",
    ] {
        holder.batch_execute(statement).unwrap();
    }
    crate::project::installed();
    let waiting = "SELECT count(*)::text AS line FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let told = std::thread::scope(|scope| {
        let upgrade = scope.spawn(|| project.limbeck(&["upgrade", "head"]));
        while !upgrade.is_finished() && database.lines(waiting) != ["1"] {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        // Long enough for the first look, and for one that sees that nobody is in the way.
        std::thread::sleep(std::time::Duration::from_millis(2500));
        holder.batch_execute("COMMIT").unwrap();
        upgrade.join().unwrap()
    });
    told.exits(0).says(&[
        "waiting for a lock, behind the process with pid",
        "(`the holder`), whose transaction has been open for",
        "LOCK TABLE busy IN ACCESS SHARE MODE",
    ]);
}

#[test]
fn the_command_line_says_that_it_waits() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add("a1", "CREATE TABLE a (); SELECT pg_sleep(4);", None);
    let migrator = Migrator::from_directory(project.path("migrations")).unwrap();
    let migrator = migrator.named("blog");
    let mut connection = database.connect();
    crate::project::installed();
    let other = std::thread::spawn(move || migrator.run_pending(&mut connection));
    let sleeping = "SELECT count(*)::text AS line FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while database.lines(sleeping) != ["1"] {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let busy = ["upgrade", "head", "--wait", "0"];
    project
        .limbeck(&busy)
        .exits(1)
        .says(&["another process is migrating this database still"]);
    let told = project
        .limbeck(&["upgrade", "head", "--wait", "60"])
        .exits(0);
    assert_eq!(told.stdout, "nothing to do: blog is at a1 (head)\n");
    told.says(&["another process is migrating, waiting for it: the process with pid"]);
    assert_eq!(other.join().unwrap().unwrap().applied.len(), 1);
    let told = project
        .limbeck(&["upgrade", "head", "--wait", "60"])
        .exits(0);
    assert_eq!(told.stderr, "", "nobody was waited for");
    project
        .limbeck(&["upgrade", "head", "--wait", "soon"])
        .exits(2)
        .says(&["--wait <SECONDS>"]);
}

#[test]
fn a_test_never_generates() {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("migrations");
    limbeck_core::revision::directory::init(&migrations).unwrap();
    let database = TestDatabase::new();
    let migrator = limbeck::migrator!(no_migrations, models = [Post])
        .directory_at(&migrations)
        .scratch_url(database.url())
        .autogenerate_on_boot(Autogenerate::DebugBuilds);
    let report = migrator.run_pending(&mut database.connect()).unwrap();
    assert_eq!(report.generated, []);
    assert_eq!(std::fs::read_dir(&migrations).unwrap().count(), 1, "HEADS");
}

#[test]
fn a_readiness_endpoint_sees_a_run() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add("a1", "CREATE TABLE a ();", None);
    project.add("b2", "SELECT 1/0;", None);
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let migrator = Migrator::from_directory(project.path("migrations")).unwrap();
    let progress = migrator.progress();
    let migrator = migrator.on_progress({
        let (seen, progress) = (Arc::clone(&seen), progress.clone());
        // Another thread in an application; here what it would see at that moment.
        move |_| {
            let line = progress.snapshot().to_string();
            let line = line.split(", for").next().unwrap_or_default().to_owned();
            seen.lock().unwrap().push(line);
        }
    });
    assert_eq!(progress.snapshot().phase, Phase::Idle);
    let error = migrator.run_pending(&mut database.connect()).unwrap_err();
    let failed = format!("failed: {error}");
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "running: reading the history table `public.limbeck_revision`",
            "running",
            "running: making the history table `public.limbeck_revision`",
            "running 1 of 2: a1",
            "running",
            "running 2 of 2: b2",
            failed.as_str(),
        ]
    );
    assert!(!progress.is_ready());

    project.write(project.revisions()[1].join("up.sql"), "CREATE TABLE b ();");
    let migrator = Migrator::from_directory(project.path("migrations")).unwrap();
    let progress = migrator.progress();
    migrator.run_pending(&mut database.connect()).unwrap();
    assert!(progress.is_ready());
    let json: serde_json::Value = serde_json::from_str(&progress.snapshot().to_json()).unwrap();
    assert_eq!(
        (&json["phase"], &json["applied"]),
        (&"done".into(), &1.into())
    );
}
