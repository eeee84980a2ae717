//! What happens before the port is opened: many at once, older and newer, behind, slow, and told to
//! end.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck::Migrator;
use limbeck::server::Database;
use serde_json::Value;

use crate::process::{PROGRAMS, Process, eventually, get, server};

const FIRST: &str = "94d56c2ba89d";
const LAST: &str = "b1b307176a4f";

fn history(database: &Database) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let lines: Vec<Line> = diesel::sql_query(
        "SELECT concat_ws(' ', bundle, revision, state) AS line FROM limbeck_revision ORDER BY applied_at",
    )
    .load(&mut database.connect().unwrap())
    .unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

fn both() -> [String; 2] {
    [FIRST, LAST].map(|revision| format!("blog {revision} applied"))
}

/// A database at the first revision, and a session that keeps the second one waiting.
fn held(database: &Database) -> PgConnection {
    let mut connection = database.connect().unwrap();
    blog::migrator().upgrade(&mut connection, FIRST).unwrap();
    connection
        .batch_execute("BEGIN; LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    connection
}

/// What the readiness endpoint shows once the second revision runs.
#[track_caller]
fn running(process: &Process) -> Value {
    let health = process.health();
    eventually("the second revision", || {
        let (status, body) = get(&health, "/readyz");
        assert_eq!(status, 503, "{body}");
        let shown: Value = serde_json::from_str(&body).unwrap();
        match shown["phase"] == "running" && shown["revision"] == LAST {
            true => Ok(shown),
            false => Err(body),
        }
    })
}

#[test]
fn eight_processes_start_at_once_on_an_empty_database() {
    let server = server();
    for program in PROGRAMS {
        let database = server.create_database("blog").unwrap();
        let processes: Vec<Process> = (0..8)
            .map(|_| Process::start(program, &database, &[]))
            .collect();
        let mut applied = Vec::new();
        for process in &processes {
            let (status, body) = get(&process.application(), "/users");
            assert_eq!((status, body.as_str()), (200, "[]"));
            assert_eq!(get(&process.health(), "/readyz").0, 200);
            let told = process.told();
            applied.extend(
                told.lines()
                    .filter_map(|line| line.strip_prefix("applied "))
                    .filter_map(|line| line.split(' ').next())
                    .map(str::to_owned),
            );
        }
        applied.sort();
        assert_eq!(applied, [FIRST, LAST], "each revision once");
        assert_eq!(history(&database), both());

        // The next one finds nothing to do, and ends when it is told to.
        let mut next = Process::start(program, &database, &[]);
        assert_eq!(get(&next.application(), "/").0, 200);
        next.terminate();
        let (status, told) = next.ended();
        assert!(status.success(), "{told}");
        assert!(
            told.contains(&format!("nothing to do: blog is at {LAST} (head)")),
            "{told}"
        );
        assert!(told.ends_with("stopped\n"), "{told}");
    }
}

/// The revisions of the application with one more.
fn newer(folder: &Path, breaking: bool) -> Migrator {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for entry in fs::read_dir(here).unwrap() {
        let entry = entry.unwrap();
        let to = folder.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            for file in fs::read_dir(entry.path()).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
    }
    let next = folder.join("2099-01-01-000000_ffffffffffff_next");
    fs::create_dir(&next).unwrap();
    let metadata = format!(
        "revision = \"ffffffffffff\"\ndown_revision = \"{LAST}\"\nmessage = \"next\"\n\
         breaking = {breaking}\nrun_in_transaction = true\n"
    );
    fs::write(next.join("metadata.toml"), metadata).unwrap();
    fs::write(next.join("up.sql"), "CREATE TABLE tags (id bigint);\n").unwrap();
    fs::write(next.join("down.sql"), "DROP TABLE tags;\n").unwrap();
    fs::write(folder.join("HEADS"), "ffffffffffff\n").unwrap();
    Migrator::from_directory(folder).unwrap().named("blog")
}

#[test]
fn an_older_program_meets_a_newer_database() {
    let server = server();
    for program in PROGRAMS {
        for settings in [&[][..], &[("REQUIRE_CURRENT", "1")]] {
            for breaking in [false, true] {
                let database = server.create_database("blog").unwrap();
                let folder = tempfile::tempdir().unwrap();
                newer(folder.path(), breaking)
                    .run_pending(&mut database.connect().unwrap())
                    .unwrap();
                let mut process = Process::start(program, &database, settings);
                if breaking {
                    let told = process.refused();
                    assert!(told.contains("ffffffffffff"), "{told}");
                    assert!(
                        told.contains("this program is too old for the database"),
                        "{told}"
                    );
                } else {
                    assert_eq!(get(&process.application(), "/posts").0, 200);
                }
                assert_eq!(history(&database).len(), 3);
            }
        }
    }
}

#[test]
fn a_database_that_is_behind_is_refused_where_a_job_migrates() {
    let server = server();
    for program in PROGRAMS {
        let database = server.create_database("blog").unwrap();
        let require = [("REQUIRE_CURRENT", "1")];
        let told = Process::start(program, &database, &require).refused();
        for pending in [
            format!("`{FIRST}` (users and posts)"),
            format!("`{LAST}` (votes and comments)"),
        ] {
            assert!(told.contains(&pending), "{pending} is not in:\n{told}");
        }
        // The job: the command line within the program.
        let mut job = std::process::Command::new(program);
        let job = job
            .args(["limbeck", "upgrade", "head"])
            .env("LIMBECK_DATABASE_URL", database.url())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(
            job.status.success(),
            "{}",
            String::from_utf8_lossy(&job.stderr)
        );
        let process = Process::start(program, &database, &require);
        let address = process.application();
        assert_eq!(get(&address, "/users"), (200, "[]".to_owned()));
        assert_eq!(get(&process.health(), "/readyz").0, 200);
    }
}

#[test]
fn readiness_shows_how_a_long_revision_goes_on() {
    let server = server();
    for program in PROGRAMS {
        let database = server.create_database("blog").unwrap();
        let mut holder = held(&database);
        let process = Process::start(program, &database, &[]);
        let shown = running(&process);
        assert_eq!(shown["message"], "votes and comments");
        assert_eq!(
            (&shown["applied"], &shown["planned"]),
            (&0.into(), &1.into())
        );
        assert_eq!(get(&process.health(), "/healthz").0, 200);
        assert!(!process.told().contains("listening on"));

        holder.batch_execute("COMMIT").unwrap();
        assert_eq!(get(&process.application(), "/users").0, 200);
        let (status, body) = get(&process.health(), "/readyz");
        assert_eq!(status, 200, "{body}");
        assert!(
            body.contains(r#""phase":"done","applied":1,"planned":1"#),
            "{body}"
        );
    }
}

#[test]
fn a_run_over_its_time_budget_leaves_nothing_half_done() {
    let server = server();
    for program in PROGRAMS {
        let database = server.create_database("blog").unwrap();
        let holder = held(&database);
        let budget = [("MIGRATION_BUDGET_SECONDS", "1")];
        let told = Process::start(program, &database, &budget).refused();
        assert!(told.contains("time budget"), "{told}");
        assert!(told.contains(LAST), "{told}");
        drop(holder);
        assert_eq!(history(&database), both()[..1]);
    }
}

#[test]
fn a_server_that_never_answers_is_told_within_the_budget() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://blog@{}/blog", silent.local_addr().unwrap());
    for program in PROGRAMS {
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("MIGRATION_BUDGET_SECONDS", "3"),
        ];
        let mut process = Process::start_with(program, &settings);
        let health = process.health();
        eventually("connecting", || {
            let (status, body) = get(&health, "/readyz");
            assert_eq!(status, 503, "{body}");
            let shown: Value = serde_json::from_str(&body).unwrap();
            match shown["doing"] == "connecting to the database" {
                true => Ok(()),
                false => Err(body),
            }
        });
        let told = process.refused();
        assert!(
            told.contains(
                "time budget of 3 s is used up while the database was being connected to"
            ),
            "{told}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_told_as_such() {
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let url = format!("postgres://blog@{}/blog", port.unwrap());
    for program in PROGRAMS {
        for budget in ["2", "60"] {
            let settings = [
                ("DATABASE_URL", url.as_str()),
                ("MIGRATION_BUDGET_SECONDS", budget),
            ];
            let told = Process::start_with(program, &settings).refused();
            assert!(told.contains("Connection refused"), "{program}: {told}");
        }
    }
}

#[test]
fn a_process_that_is_ended_in_a_revision_leaves_nothing_half_done() {
    let server = server();
    for program in PROGRAMS {
        let database = server.create_database("blog").unwrap();
        let mut holder = held(&database);
        let mut process = Process::start(program, &database, &[]);
        running(&process);
        process.terminate();
        let (_, told) = process.ended();
        assert!(!told.contains("listening on"), "{told}");
        assert_eq!(history(&database), both()[..1]);

        let process = Process::start(program, &database, &[]);
        holder.batch_execute("COMMIT").unwrap();
        assert_eq!(get(&process.application(), "/users").0, 200);
        assert_eq!(history(&database), both());
    }
}

#[test]
fn what_the_models_need_must_be_there() {
    let server = server();
    for program in PROGRAMS {
        let database = server.create_database("blog").unwrap();
        let mut connection = database.connect().unwrap();
        blog::migrator().run_pending(&mut connection).unwrap();
        connection
            .batch_execute("ALTER TABLE posts DROP COLUMN title")
            .unwrap();
        let told = Process::start(program, &database, &[]).refused();
        let lacking = "the database lacks what this program needs: the column `public.posts.title`";
        assert!(told.contains(lacking), "{told}");
    }
}

#[test]
fn settings_that_cannot_be_are_told() {
    let nowhere = "postgres://blog:hunter2@127.0.0.1:1/blog";
    let encrypted = "postgres://blog:hunter2@127.0.0.1:1/blog?sslmode=require";
    let asynchronous = "build it with the feature `async-tls` of `limbeck`";
    for (program, without_tls) in PROGRAMS.into_iter().zip([asynchronous, "SSL support"]) {
        for (setting, expected) in [
            (("PORT", "eighty"), "`PORT` is `eighty`"),
            (("HEALTH_PORT", "70000"), "`HEALTH_PORT` is `70000`"),
            (
                ("REQUIRE_CURRENT", "perhaps"),
                "`REQUIRE_CURRENT` is `perhaps`",
            ),
            (
                ("MIGRATION_BUDGET_SECONDS", "-1"),
                "`MIGRATION_BUDGET_SECONDS` is `-1`",
            ),
            (("DATABASE_URL", nowhere), "127.0.0.1"),
            (("DATABASE_URL", encrypted), without_tls),
        ] {
            let settings = [("DATABASE_URL", nowhere), setting];
            let told = Process::start_with(program, &settings).refused();
            // What the rest of a workspace asks of `limbeck` is built for all of it, TLS as well.
            let has_tls = setting.1 == encrypted && told.contains("Connection refused");
            assert!(told.contains(expected) || has_tls, "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}

#[test]
fn without_a_url_a_debug_build_has_a_throwaway_database() {
    for program in PROGRAMS {
        let mut process = Process::start_with(program, &[]);
        assert_eq!(
            get(&process.application(), "/users"),
            (200, "[]".to_owned())
        );
        process.terminate();
        let (status, told) = process.ended();
        assert!(status.success(), "{told}");
        assert!(told.contains("this is a throwaway database"), "{told}");
    }
}
