//! What users get wrong, and what Limbeck says to it: what, where and what to do, with the right exit
//! code, and a database that is as it was.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use limbeck::Migrator;

use crate::project::{PASSWORD, Project, Told};
use crate::support::{TestDatabase, own_server};

const FAILED: i32 = 1;
const USAGE: i32 = 2;

const CREATE_POSTS: &str = "CREATE TABLE posts (id bigint PRIMARY KEY, title text);\n";

/// A database, and a project that names it.
struct Case {
    database: TestDatabase,
    project: Project,
}

impl Case {
    fn new() -> Self {
        Self::on(TestDatabase::new())
    }

    fn on(database: TestDatabase) -> Self {
        let project = Project::new(&database.url());
        Self { database, project }
    }

    /// Runs the installed `limbeck`, which refuses: with the exit code and words, among them the hint
    /// after `hint: `, and without a change of the database, its history or the revision directory.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], code: i32, words: &[&str]) -> Told {
        self.unchanged(words, || self.project.limbeck(arguments).exits(code))
    }

    /// The same for a program with models.
    #[track_caller]
    fn program_refuses(&self, models: &str, arguments: &[&str], words: &[&str]) -> Told {
        self.unchanged(words, || {
            self.project.program(models, arguments).exits(FAILED)
        })
    }

    #[track_caller]
    fn unchanged(&self, words: &[&str], run: impl FnOnce() -> Told) -> Told {
        let state = || (self.database.catalog(), self.database.history());
        let (before, files) = (state(), self.project.directory());
        let told = run();
        assert_eq!(state(), before, "the database was changed:\n{told}");
        assert_eq!(
            self.project.directory(),
            files,
            "files were changed:\n{told}"
        );
        assert_eq!(told.stdout, "", "an error is no result:\n{told}");
        // One message: what it is comes first, what to do last, and nothing twice.
        assert!(told.stderr.starts_with("error: "), "{told}");
        assert_eq!(told.stderr.matches("error: ").count(), 1, "{told}");
        assert_eq!(told.stderr.matches("\nhint: ").count(), 1, "{told}");
        assert!(!told.stderr.contains("panicked"), "{told}");
        told.says(words)
    }
}

/// A URL with another parameter.
fn with_parameter(url: &str, parameter: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{parameter}")
}

#[test]
fn a_database_that_is_missing() {
    let case = Case::new();
    let name = case
        .database
        .lines("SELECT current_database()::text AS line")
        .remove(0);
    let url = case
        .database
        .url()
        .replace(&name, "limbeck_no_such_database");
    for command in [&["upgrade", "head"][..], &["current"], &["stamp", "head"]] {
        case.refuses(
            &[command, &["--url", &url]].concat(),
            FAILED,
            &[
                "no connection to the database",
                "\"limbeck_no_such_database\" does not exist",
                "hint: make the database first",
            ],
        );
    }
}

#[test]
fn a_server_that_cannot_be_reached() {
    let case = Case::new();
    for (url, what, hint) in [
        (
            format!("postgres://me:{PASSWORD}@/blog?host=/no/such/folder"),
            "/no/such/folder",
            "hint: is the server running",
        ),
        (
            format!("postgres://me:{PASSWORD}@127.0.0.1:1/blog"),
            "127.0.0.1",
            "hint: is the server running",
        ),
        (
            format!("postgres://me:{PASSWORD}@no-such-host.invalid/blog"),
            "no-such-host.invalid",
            "hint: the host of the URL is unknown",
        ),
        (
            format!("host=/no/such/folder dbname=blog user=me password={PASSWORD}"),
            "/no/such/folder",
            "hint: is the server running",
        ),
    ] {
        let words = ["no connection to the database", what, hint];
        case.refuses(&["upgrade", "head", "--url", &url], FAILED, &words);
        case.program_refuses("none", &["check", "--url", &url], &words);
    }
}

#[test]
fn a_url_that_cannot_be_read() {
    let case = Case::new();
    for (url, what) in [
        (format!("postgres://me:{PASSWORD}@localhost/%zz"), "%zz"),
        (
            format!("postgres://me:{PASSWORD}@localhost/blog?no_such_parameter=1"),
            "no_such_parameter",
        ),
        (
            format!("postgres://me:{PASSWORD}@localhost:port/blog"),
            "port",
        ),
        (
            format!("host=localhost user=me password={PASSWORD} dbname='blog"),
            "unterminated",
        ),
    ] {
        let words = ["the database URL cannot be read", what, "hint: write it as"];
        case.refuses(&["upgrade", "head", "--url", &url], USAGE, &words);
    }
}

#[test]
fn a_url_without_a_database() {
    let case = Case::new();
    for url in [
        format!("postgres://me:{PASSWORD}@localhost"),
        format!("postgres://me:{PASSWORD}@localhost/"),
        format!("postgres://me:{PASSWORD}@localhost?sslmode=disable"),
        format!("host=localhost user=me password={PASSWORD}"),
    ] {
        case.refuses(
            &["upgrade", "head", "--url", &url],
            USAGE,
            &[
                "the database URL names no database",
                "hint: write it as `postgres://user@host/database`",
            ],
        );
    }
    case.refuses(
        &[
            "current",
            "--url",
            &format!("mysql://me:{PASSWORD}@localhost/blog"),
        ],
        USAGE,
        &["`mysql://` is no Postgres URL", "postgres://"],
    );
}

#[test]
fn a_url_that_is_not_known() {
    let case = Case::new();
    case.project.write(".env", "");
    case.refuses(
        &["upgrade", "head"],
        USAGE,
        &[
            "the variable `DATABASE_URL` is not set",
            "hint: ",
            ".env",
            "--url",
        ],
    );
    // The reader of `.env` must not quote what it does not understand.
    case.project.write(
        ".env",
        &format!("DATABASE_URL='postgres://me:{PASSWORD}@h/d\n"),
    );
    case.refuses(
        &["upgrade", "head"],
        USAGE,
        &[".env` cannot be read", "hint: "],
    );
}

#[test]
fn a_password_in_the_file_is_warned_about_and_not_repeated() {
    let case = Case::new();
    case.project.write(
        "limbeck.toml",
        &format!("[database]\nurl = \"postgres://me:{PASSWORD}@/blog?host=/no/such/folder\"\n"),
    );
    case.project
        .limbeck(&["upgrade", "head"])
        .exits(FAILED)
        .says(&[
            "warning: ",
            "holds a password",
            "${DATABASE_URL}",
            "error: ",
        ]);
}

#[test]
fn no_limbeck_toml() {
    let case = Case::new();
    std::fs::remove_file(case.project.path("limbeck.toml")).expect("it was there");
    for command in [
        &["upgrade", "head"][..],
        &["revision", "-m", "x"],
        &["revision", "--autogenerate"],
        &["history"],
        &["check"],
    ] {
        case.refuses(
            command,
            USAGE,
            &[
                "there is no `limbeck.toml`",
                "hint: run `limbeck init`",
                "--config",
            ],
        );
    }
    case.refuses(
        &["history", "--config", "elsewhere.toml"],
        USAGE,
        &["`elsewhere.toml` cannot be read", "hint: "],
    );
}

#[test]
fn no_heads() {
    let case = Case::new();
    let missing = |head: &str| {
        std::fs::remove_file(case.project.path("migrations/HEADS")).expect("it was there");
        for command in [
            &["upgrade", "head"][..],
            &["revision", "-m", "x"],
            &["history"],
        ] {
            case.refuses(
                command,
                FAILED,
                &[
                    "the revision directory `",
                    "/migrations` has no `HEADS`",
                    "hint: `limbeck init` writes it",
                ],
            );
        }
        let told = case.project.limbeck(&["init", "--json"]).exits(0).json();
        assert_eq!(told["written"], serde_json::json!(["migrations/HEADS"]));
        case.project.limbeck(&["history"]).exits(0);
        let heads = case.project.read("migrations/HEADS");
        let stated: Vec<&str> = heads.lines().filter(|it| !it.starts_with('#')).collect();
        assert_eq!(stated.join(" "), head);
    };
    // Without a revision, and with some.
    missing("");
    case.project
        .add("aaaaaaaaaaaa", "SELECT 1", Some("SELECT 1"));
    missing("aaaaaaaaaaaa");
}

#[test]
fn a_limbeck_toml_that_is_not_understood() {
    let case = Case::new();
    let words = |file: &str, text: &str, words: &[&str]| {
        case.project.write(file, text);
        case.refuses(&["upgrade", "head"], USAGE, words);
    };
    words(
        "limbeck.toml",
        "[database]\nulr = \"x\"\n",
        &[
            "unknown key `ulr`",
            "limbeck.toml:2:1",
            "hint: did you mean `url`?",
        ],
    );
    words(
        "limbeck.toml",
        "[revision]\ndirectory = \"x\"\n",
        &[
            "unknown key `revision`",
            "limbeck.toml:1:2",
            "hint: did you mean `revisions`?",
        ],
    );
    words(
        "limbeck.toml",
        "[database]\nurl = \"${DATABASE_URL}\n",
        &[
            "limbeck.toml` is not understood",
            "limbeck.toml:2:",
            "hint: ",
        ],
    );
    words(
        "limbeck.toml",
        "[run]\nlock_timeout = \"soon\"\n",
        &["`[run] lock_timeout`", "`soon`", "hint: write it as"],
    );
}

#[test]
fn metadata_that_is_not_understood() {
    let case = Case::new();
    let folder = case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    let metadata = folder.join("metadata.toml");
    let good = case.project.read(&metadata);
    let place = metadata.display();
    let check = |text: &str, words: &[&str]| {
        case.project.write(&metadata, text);
        for command in [
            &["upgrade", "head"][..],
            &["history"],
            &["revision", "-m", "x"],
        ] {
            case.refuses(command, FAILED, words);
        }
    };
    check(
        "revision = \"aaaaaaaaaaaa\"\nmessage = \"no end\nrun_in_transaction = true\n",
        &[
            "`metadata.toml` is no TOML",
            &format!("{place}:2:18"),
            "hint: ",
        ],
    );
    check(
        &format!("{good}braeking = true\n"),
        &[
            "`metadata.toml` has no key `braeking`",
            &format!("{place}:"),
            ":1\n",
            "hint: did you mean `breaking`?",
        ],
    );
    check(
        "revision = \"aaaaaaaaaaaa\"\nbreaking = \"yes\"\nrun_in_transaction = true\n",
        &[
            "`breaking`",
            "`true` or `false`",
            &format!("{place}:2:12"),
            "hint: ",
        ],
    );
    check(
        "revision = \"aaaaaaaaaaaa\"\ndown_revision = \"bbbbbbbbbbbb\"\nrun_in_transaction = true\n",
        &["bbbbbbbbbbbb", &format!("{place}"), "hint: "],
    );
}

/// The message of a revision that fails in its third statement, after another was applied.
#[track_caller]
fn check_failing(third: &str, words: &[&str]) {
    let case = Case::new();
    let first = "CREATE TABLE posts (id bigint PRIMARY KEY, title text);\n";
    case.project.add("aaaaaaaaaaaa", first, None);
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    case.project
        .add("bbbbbbbbbbbb", "CREATE TABLE users (id int);", None);
    let up = format!(
        "-- Two that work.\nCREATE TABLE votes (id int);\nINSERT INTO posts VALUES (1, 'a; b');\n\n  {third};\nCREATE TABLE never (id int);\n"
    );
    let folder = case.project.add("cccccccccccc", &up, None);
    let told = case.project.limbeck(&["upgrade", "head"]).exits(FAILED);
    let place = format!(
        "at {}",
        folder
            .join("up.sql")
            .strip_prefix("migrations")
            .expect("it is there")
            .display()
    );
    let told = told.says(&[
        "error: revision `cccccccccccc`",
        "in statement 3",
        "  statement 3:\n",
        third.lines().next().unwrap_or_default(),
        "done before that: bbbbbbbbbbbb\n",
    ]);
    let at = told
        .stderr
        .lines()
        .find(|line| line.trim_start().starts_with("at "));
    assert!(
        at.is_some_and(|at| at.contains("cccccccccccc/up.sql:")),
        "no {place} in\n{told}"
    );
    let told = told.says(words);
    assert_eq!(told.stderr.matches("error: ").count(), 1, "{told}");
    assert_eq!(told.stdout, "", "{told}");
    assert_eq!(
        case.database.history(),
        ["aaaaaaaaaaaa applied", "bbbbbbbbbbbb applied head"]
    );
    let tables = "SELECT relname::text AS line FROM pg_class WHERE relkind = 'r'
                  AND relnamespace = 'public'::regnamespace ORDER BY 1";
    assert_eq!(
        case.database.lines(tables),
        ["limbeck_revision", "posts", "users"]
    );
    assert_eq!(
        case.database
            .lines("SELECT count(*)::text AS line FROM posts"),
        ["0"]
    );

    // As JSON, for programs; nothing more was applied this time.
    let told = case
        .project
        .limbeck(&["upgrade", "head", "--json"])
        .exits(FAILED);
    let error: serde_json::Value = serde_json::from_str(&told.stderr).expect("it is JSON");
    assert_eq!(error["error"]["revision"], "cccccccccccc");
    assert_eq!(error["error"]["statement"], third);
    assert_eq!(error["error"]["applied"], serde_json::json!([]));
}

#[test]
fn a_third_statement_with_a_slip_in_it() {
    check_failing(
        "SELECT *\n    FRM posts",
        &["syntax error", "up.sql:6:5\n", "(SQLSTATE 42601)"],
    );
}

#[test]
fn a_third_statement_that_names_what_is_not_there() {
    check_failing(
        "ALTER TABLE posts ADD CONSTRAINT positive CHECK (amount > 0)",
        &[
            "column \"amount\" does not exist",
            "up.sql:5:",
            "(SQLSTATE 42703)",
        ],
    );
}

#[test]
fn a_third_statement_that_makes_what_is_there() {
    check_failing(
        "CREATE TABLE users (id int)",
        &[
            "relation \"users\" already exists",
            "up.sql:5:3\n",
            "(SQLSTATE 42P07)",
            "hint: ",
            "stamp",
        ],
    );
}

#[test]
fn a_third_statement_that_the_data_forbid() {
    check_failing(
        "INSERT INTO posts VALUES (1, 'twice')",
        &[
            "duplicate key value",
            "up.sql:5:3\n",
            "(SQLSTATE 23505)",
            "detail: Key (id)=(1) already exists.",
        ],
    );
}

#[test]
fn a_third_statement_that_divides_by_zero() {
    check_failing(
        "UPDATE posts SET id = 1 / (id - 1)",
        &["division by zero", "up.sql:5:3\n", "(SQLSTATE 22012)"],
    );
}

#[test]
fn a_way_down_that_fails_takes_nothing_back() {
    let case = Case::new();
    case.project.add(
        "aaaaaaaaaaaa",
        CREATE_POSTS,
        Some("DROP TABLE posts;\nDROP TABLE nothing;\n"),
    );
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    let before = case.database.catalog();
    case.project
        .limbeck(&["downgrade", "-1", "--yes"])
        .exits(FAILED)
        .says(&[
            "revision `aaaaaaaaaaaa`",
            "in statement 2",
            "table \"nothing\" does not exist",
            "down.sql:2:1",
        ]);
    assert_eq!(case.database.catalog(), before);
    assert_eq!(case.database.history(), ["aaaaaaaaaaaa applied head"]);
}

#[test]
fn a_revision_without_a_way_down() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    case.project
        .add("bbbbbbbbbbbb", "SELECT 1;", Some("SELECT 1;"));
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    // The upper one could go; nothing goes, since not all can.
    case.refuses(
        &["downgrade", "base"],
        FAILED,
        &["revision `aaaaaaaaaaaa`", "down.sql", "hint: "],
    );
}

#[test]
fn many_revisions_at_once_are_one_chain() {
    let project = Project::new("postgres://me@/blog");
    thread::scope(|scope| {
        for number in 0..8 {
            let project = &project;
            scope.spawn(move || {
                project
                    .limbeck(&["revision", "-m", &format!("number {number}")])
                    .exits(0);
            });
        }
    });
    let told = project.limbeck(&["heads", "--json"]).exits(0).json();
    assert_eq!(told["heads"].as_array().map(Vec::len), Some(1), "{told}");
    let told = project.limbeck(&["history", "--json"]).exits(0).json();
    assert_eq!(
        told["revisions"].as_array().map(Vec::len),
        Some(8),
        "{told}"
    );
}

#[test]
fn strings_that_are_read_otherwise_than_they_are_written() {
    let case = Case::new();
    case.project
        .add("aaaaaaaaaaaa", CREATE_POSTS, Some("DROP TABLE posts;"));
    let database = case.database.lines("SELECT current_database() AS line");
    case.database.execute(&format!(
        "ALTER DATABASE \"{}\" SET standard_conforming_strings = off",
        database[0]
    ));
    let words = ["`standard_conforming_strings` is off", "hint: switch it on"];
    case.refuses(&["upgrade", "head"], FAILED, &words);
    // As the hint has it.
    let url = with_parameter(
        &case.database.url(),
        "options=-c%20standard_conforming_strings%3Don",
    );
    case.project
        .limbeck(&["upgrade", "head", "--url", &url])
        .exits(0);
    case.program_refuses("one", &["revision", "--autogenerate", "-m", "x"], &words);
}

#[test]
fn a_way_down_that_nobody_has_written() {
    let case = Case::new();
    case.project.add(
        "aaaaaaaaaaaa",
        CREATE_POSTS,
        Some("-- write the way down\n"),
    );
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    case.refuses(
        &["downgrade", "base"],
        FAILED,
        &[
            "way down of revision `aaaaaaaaaaaa`",
            "holds no statement",
            "hint: write `down.sql`",
        ],
    );
}

#[test]
fn an_unknown_revision() {
    let case = Case::new();
    case.project
        .add("abcdef111111", CREATE_POSTS, Some("DROP TABLE posts;"));
    case.project
        .add("abcdef222222", "SELECT 1;", Some("SELECT 2;"));
    case.project.limbeck(&["upgrade", "+1"]).exits(0);
    for command in ["upgrade", "downgrade", "stamp"] {
        case.refuses(
            &[command, "abcdef111112"],
            FAILED,
            &[
                "there is no revision `abcdef111112`",
                "hint: did you mean",
                "`abcdef111111`",
            ],
        );
        case.refuses(
            &[command, "fffff"],
            FAILED,
            &["there is no revision `fffff`", "hint: ", "limbeck history"],
        );
        case.refuses(
            &[command, "abcdef"],
            FAILED,
            &["`abcdef`", "abcdef111111", "abcdef222222", "hint: "],
        );
        case.refuses(
            &[command, "haed"],
            FAILED,
            &["`haed`", "hint: did you mean `head` or `heads`?"],
        );
        case.refuses(
            &[command, "he!d"],
            USAGE,
            &["`he!d` is no target", "hint: "],
        );
    }
    case.refuses(
        &["upgrade", "+7"],
        FAILED,
        &["`+7` goes too far", "hint: `head`"],
    );
    case.refuses(
        &["downgrade", "-7"],
        FAILED,
        &["`-7` goes too far", "hint: `base`"],
    );
    case.refuses(
        &["revision", "-m", "x", "--head", "fffff"],
        FAILED,
        &["there is no revision `fffff`", "hint: "],
    );
    case.refuses(
        &["revision", "-m", "x", "--rev-id", "abcdef111111"],
        FAILED,
        &["abcdef111111", "hint: "],
    );
}

#[test]
fn words_that_are_no_command() {
    let project = Project::empty();
    for (arguments, words) in [
        (&["upgrad", "head"][..], &["upgrad", "upgrade"][..]),
        (&["upgrade"], &["<TARGET>"]),
        (&["upgrade", "head", "--jsno"], &["--jsno", "--json"]),
        (&["revision", "--allow"], &["--allow"]),
    ] {
        project.limbeck(arguments).exits(USAGE).says(words);
    }
    assert_eq!(
        std::fs::read_dir(project.path("."))
            .expect("it is there")
            .count(),
        0
    );
}

#[test]
fn a_database_that_has_diverged() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    let other = Project::new(&case.database.url());
    other.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    other.add("dddddddddddd", "CREATE TABLE theirs (id int);", None);
    other.limbeck(&["upgrade", "head"]).exits(0);
    // So far it is ahead, which is fine for a program that is about to be replaced.
    case.project.limbeck(&["upgrade", "head"]).exits(0);

    let told = case.project.limbeck(&["current", "--json"]).exits(0);
    assert_eq!(told.json()["unknown"][0]["revision"], "dddddddddddd");
    assert_eq!(told.json()["heads"][0]["is_head"], false);
    let told = case.project.limbeck(&["current"]).exits(0);
    told.says(&["not here: dddddddddddd"]);

    case.project
        .add("bbbbbbbbbbbb", "CREATE TABLE ours (id int);", None);
    let words = [
        "the database has revision `dddddddddddd`",
        "does not know",
        "pending",
        "hint: bring the unknown revisions into this program",
        "downgrade",
    ];
    case.refuses(&["upgrade", "head"], FAILED, &words);
    case.refuses(&["upgrade", "+1"], FAILED, &["dddddddddddd", "hint: "]);
    let url = case.database.url();
    case.program_refuses("none", &["run-pending", &url], &words);
    for command in [&["check"][..], &["revision", "--autogenerate", "-m", "x"]] {
        case.program_refuses(
            "one",
            command,
            &[
                "dddddddddddd",
                "not here",
                "hint: get the newer revisions first",
            ],
        );
    }
    // What is struck from the record is not gone.
    let told = case.project.limbeck(&["stamp", "aaaaaaaaaaaa"]).exits(0);
    assert!(
        told.stdout
            .contains("note: `dddddddddddd` is not known to this program")
    );
    assert_eq!(case.database.history(), ["aaaaaaaaaaaa applied head"]);
}

#[test]
fn a_warning_is_enough_where_the_file_says_so() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    let other = Project::new(&case.database.url());
    other.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    other.add("dddddddddddd", "CREATE TABLE theirs (id int);", None);
    other.limbeck(&["upgrade", "head"]).exits(0);
    case.project
        .add("bbbbbbbbbbbb", "CREATE TABLE ours (id int);", None);
    case.project.limbeck(&["upgrade", "head"]).exits(1);
    let file = std::fs::read_to_string(case.project.path("limbeck.toml")).expect("it is read");
    let warns = format!("{file}\n[run]\non_divergence = \"warn\"\n");
    case.project.write("limbeck.toml", &warns);
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    let told = case.project.limbeck(&["current", "--json"]).exits(0);
    let heads = told.json()["heads"].as_array().expect("a list").len();
    assert_eq!(heads, 2);
}

#[test]
fn a_history_that_lacks_a_column() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    case.database
        .execute("ALTER TABLE limbeck_revision DROP COLUMN message");
    let words = [
        "column h.message does not exist",
        "42703",
        "hint: is `public.limbeck_revision` the history table of Limbeck, and as it was made?",
    ];
    case.refuses(&["current"], FAILED, &words);
    case.database
        .execute("ALTER TABLE limbeck_revision DROP COLUMN state");
    let words = ["column h.state does not exist", words[1], words[2]];
    case.project.limbeck(&["current"]).exits(1).says(&words);
}

#[test]
fn the_environment_is_over_the_file_beside_the_configuration() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    case.project.write(
        ".env",
        "DATABASE_URL=postgres://nobody@localhost:1/nothing\n",
    );
    case.project.limbeck(&["current"]).exits(1);
    let url = case.database.url();
    case.project
        .limbeck_with(&["current"], &[("DATABASE_URL", &url)])
        .exits(0);
}

#[test]
fn a_dollar_in_the_file_of_variables() {
    let case = Case::new();
    case.project.write(
        ".env",
        "A=1\nDATABASE_URL=postgres://me:pa$word@localhost:1/x\n",
    );
    let told = case.project.limbeck(&["current"]).exits(2).says(&[
        "the value of `DATABASE_URL` has a `$` that stands for another variable",
        ".env:2:30",
        "hint: put the value in single quotes",
    ]);
    assert!(!told.stderr.contains("word"), "{told:?}");
}

#[test]
fn help_shows_no_password() {
    let case = Case::new();
    let url = format!("postgres://me:{PASSWORD}@localhost/x");
    let told = case
        .project
        .limbeck_with(&["upgrade", "--help"], &[("LIMBECK_DATABASE_URL", &url)])
        .exits(0);
    assert!(told.stdout.contains("LIMBECK_DATABASE_URL"), "{told:?}");
    assert!(!told.stdout.contains(PASSWORD), "{told:?}");
}

#[test]
fn a_database_that_is_ahead_by_a_breaking_revision() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    let other = Project::new(&case.database.url());
    other.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    other.add_with(
        "eeeeeeeeeeee",
        "ALTER TABLE posts DROP COLUMN title;",
        None,
        |revision| {
            revision.breaking = true;
            revision.message = "drop the title".to_owned();
        },
    );
    other.limbeck(&["upgrade", "head"]).exits(0);
    case.refuses(
        &["upgrade", "head"],
        FAILED,
        &[
            "too old for the database",
            "breaking revision `eeeeeeeeeeee` (drop the title)",
            "hint: deploy the program that has this revision",
        ],
    );
}

#[test]
fn a_revision_that_came_between_applied_ones() {
    let case = Case::new();
    let of = |table: &str| {
        (
            format!("CREATE TABLE {table} ();"),
            format!("DROP TABLE {table};"),
        )
    };
    for (id, table) in [("aaaaaaaaaaaa", "posts"), ("bbbbbbbbbbbb", "users")] {
        let (up, down) = of(table);
        case.project.add(id, &up, Some(&down));
    }
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    // A colleague's, which the own one is put above.
    let (up, down) = of("votes");
    let folder = case.project.path("migrations/cccccccccccc");
    std::fs::create_dir(folder).expect("a folder is made");
    case.project.write("migrations/cccccccccccc/up.sql", &up);
    case.project
        .write("migrations/cccccccccccc/down.sql", &down);
    let own = "migrations/bbbbbbbbbbbb/metadata.toml";
    let metadata = case.project.read(own);
    let above = |id: &str| format!("down_revision = \"{id}\"");
    case.project.write(
        "migrations/cccccccccccc/metadata.toml",
        &metadata.replace("bbbbbbbbbbbb", "cccccccccccc"),
    );
    let rebased = metadata.replace(&above("aaaaaaaaaaaa"), &above("cccccccccccc"));
    assert_ne!(rebased, metadata);
    case.project.write(own, &rebased);
    let down = ["downgrade", "aaaaaaaaaaaa", "--yes"];
    case.project.limbeck(&down).exits(0);
    let heads = "SELECT revision AS line FROM limbeck_revision WHERE is_head";
    assert_eq!(case.database.lines(heads), ["aaaaaaaaaaaa"]);
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(case.database.lines(heads), ["bbbbbbbbbbbb"]);
    assert_eq!(case.database.history().len(), 3);
}

#[test]
fn a_revision_that_was_edited_after_it_was_applied() {
    let case = Case::new();
    let folder = case
        .project
        .add("aaaaaaaaaaaa", CREATE_POSTS, Some("DROP TABLE posts;"));
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    case.project
        .write(folder.join("up.sql"), "CREATE TABLE posts (id bigint);\n");
    case.refuses(
        &["upgrade", "head"],
        FAILED,
        &[
            "revision `aaaaaaaaaaaa`",
            "was edited after it was applied",
            "hint: put it back",
            "stamp",
        ],
    );
    let told = case.project.limbeck(&["current"]).exits(0);
    assert_eq!(told.stdout, "aaaaaaaaaaaa (head)\n");
    told.says(&["edited after being applied: aaaaaaaaaaaa"]);
    let told = case.project.limbeck(&["current", "--json"]).exits(0);
    assert_eq!(told.json()["edited"][0]["revision"], "aaaaaaaaaaaa");
    let told = case.project.program("none", &["check"]).exits(3);
    assert!(
        told.stdout
            .starts_with("edited: aaaaaaaaaaaa was edited after it was applied\n")
    );
    let told = case.project.program("none", &["check", "--json"]).exits(3);
    assert_eq!(told.json()["edited"], serde_json::json!(["aaaaaaaaaaaa"]));
    case.project
        .program("none", &["check"])
        .exits(3)
        .says(&["hint: put an edited revision back as it was"]);
    // A comment is no edit.
    let commented = format!("-- What a post is.\n{CREATE_POSTS}");
    case.project.write(folder.join("up.sql"), &commented);
    case.project.limbeck(&["upgrade", "head"]).exits(0);
}

/// A statement of a revision that is refused beforehand: what is pending below it is not applied
/// either.
#[track_caller]
fn check_refused_sql(statement: &str, column: u32, words: &[&str]) {
    let case = Case::new();
    case.project
        .add("aaaaaaaaaaaa", CREATE_POSTS, Some("DROP TABLE posts;"));
    let up = format!("INSERT INTO posts VALUES (1, 'a');\n{statement}\n");
    case.project.add("bbbbbbbbbbbb", &up, None);
    let place = format!("bbbbbbbbbbbb/up.sql:2:{column}\n");
    let told = case.refuses(&["upgrade", "head"], FAILED, words);
    told.says(&["revision `bbbbbbbbbbbb` cannot be run", &place]);
    let exists = "SELECT coalesce(to_regclass('limbeck_revision')::text, 'no history') AS line";
    assert_eq!(case.database.lines(exists), ["no history"]);
}

#[test]
fn statements_that_cannot_be_gone_on_with_outside_of_a_transaction() {
    for (statement, words) in [
        (
            "CREATE INDEX CONCURRENTLY ON posts (title);",
            ["`CREATE INDEX CONCURRENTLY`", "it gives the index no name"],
        ),
        (
            "CREATE DATABASE other;",
            ["`CREATE DATABASE`", "nothing tells whether it is done"],
        ),
    ] {
        check_refused_sql(
            statement,
            1,
            &[words[0], words[1], "hint: ", "idempotent = true"],
        );
    }
}

#[test]
fn statements_that_end_the_transaction() {
    for statement in [
        "COMMIT;",
        "BEGIN;",
        "ROLLBACK;",
        "START TRANSACTION;",
        "commit and chain;",
    ] {
        let word = statement
            .split([' ', ';'])
            .next()
            .unwrap_or_default()
            .to_uppercase();
        check_refused_sql(
            statement,
            1,
            &[
                &format!("`{word}"),
                "controls the transaction",
                "hint: take it out",
            ],
        );
    }
}

#[test]
fn commands_of_psql() {
    check_refused_sql(
        "\\c other",
        1,
        &["`\\c` is a command of psql", "hint: take it out"],
    );
    check_refused_sql(
        "SELECT 1; \\i other.sql",
        11,
        &["`\\i` is a command of psql", "hint: take it out"],
    );
    check_refused_sql(
        "COPY posts (id, title) FROM stdin;\n2\tCOMMIT;\n\\.",
        1,
        &["`COPY` from STDIN", "hint: use INSERT"],
    );
}

#[test]
fn a_literal_without_its_end() {
    check_refused_sql(
        "INSERT INTO posts VALUES (2, 'b);",
        30,
        &["has no end", "hint: close it"],
    );
    check_refused_sql(
        "DO $x$ BEGIN END $y$;",
        4,
        &["has no end", "hint: close it"],
    );
    check_refused_sql(
        "/* SELECT 1;",
        1,
        &["comment", "has no end", "hint: close it"],
    );
}

#[test]
fn a_revision_outside_of_a_transaction_that_sets_something_for_one() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    case.project.add_with(
        "bbbbbbbbbbbb",
        "SET LOCAL work_mem = '4MB';",
        None,
        |revision| {
            revision.run_in_transaction = false;
        },
    );
    case.refuses(
        &["upgrade", "head"],
        FAILED,
        &[
            "revision `bbbbbbbbbbbb`",
            "outside of a transaction (its metadata says so)",
            "holds for no other statement",
            "hint: write `SET` without `LOCAL`",
        ],
    );
}

#[test]
fn a_connection_that_only_reads() {
    let case = Case::new();
    case.project
        .add("aaaaaaaaaaaa", CREATE_POSTS, Some("DROP TABLE posts;"));
    let url = with_parameter(
        &case.database.url(),
        "options=-c%20default_transaction_read_only%3Don",
    );
    let words = [
        "the connection only reads",
        "hint: ",
        "default_transaction_read_only",
    ];
    let with_url = |arguments: &[&str]| -> Vec<String> {
        let url = ["--url", &url];
        arguments
            .iter()
            .chain(&url)
            .map(ToString::to_string)
            .collect()
    };
    let refuses = |arguments: &[&str]| {
        let arguments = with_url(arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        case.refuses(&arguments, FAILED, &words);
    };
    refuses(&["upgrade", "head"]);
    refuses(&["stamp", "head"]);
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    refuses(&["downgrade", "-1"]);
    // Reading, and having nothing to do, need no more.
    for arguments in [&["current"][..], &["upgrade", "head"]] {
        let arguments = with_url(arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        case.project.limbeck(&arguments).exits(0);
    }
}

#[test]
fn a_wrong_password() {
    let database = TestDatabase::on(own_server());
    database.execute(&format!(
        "SET password_encryption = 'scram-sha-256';
         CREATE ROLE asker LOGIN SUPERUSER PASSWORD '{PASSWORD}'"
    ));
    let case = Case::on(database);
    let file = case
        .database
        .lines("SELECT current_setting('hba_file') AS line")
        .remove(0);
    let rules = std::fs::read_to_string(&file).expect("the rules are read");
    let asking = format!("local all asker scram-sha-256\n{rules}");
    std::fs::write(&file, asking).expect("the rules are written");
    case.database.execute("SELECT pg_reload_conf()");
    let url = |password: &str| {
        let asker = format!("postgres://asker{password}@");
        let url = case.database.url().replace("postgres://postgres@", &asker);
        assert!(url.contains("asker"), "the server is one of ours");
        url
    };
    // The server reads its rules anew when it gets to it.
    let deadline = Instant::now() + Duration::from_secs(10);
    while limbeck::connect(&url(":x")).is_ok() {
        assert!(Instant::now() < deadline, "the server does not ask");
        thread::sleep(Duration::from_millis(10));
    }

    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    let words = [
        "no connection to the database",
        "asker",
        "hint: ",
        "the database URL",
    ];
    let wrong = format!(":{}", PASSWORD.to_uppercase());
    let told = case.refuses(&["upgrade", "head", "--url", &url(&wrong)], FAILED, &words);
    assert!(!told.stderr.contains(&PASSWORD.to_uppercase()), "{told}");
    let told = case.program_refuses("none", &["check", "--url", &url(&wrong)], &words);
    assert!(!told.stderr.contains(&PASSWORD.to_uppercase()), "{told}");
    case.refuses(
        &["upgrade", "head", "--url", &url("")],
        FAILED,
        &[
            "no connection to the database",
            "password",
            "hint: ",
            "the database URL",
        ],
    );
    // And the right one is repeated nowhere: every output is looked through for it.
    let right = url(&format!(":{PASSWORD}"));
    case.project
        .write(".env", &format!("DATABASE_URL='{right}'\n"));
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    case.project.limbeck(&["current", "--verbose"]).exits(0);
    case.project.program("one", &["check"]).exits(3);
    case.project
        .program("one", &["revision", "--autogenerate", "-m", "x", "--json"]);
    case.project.add("bbbbbbbbbbbb", "SELECT 1 / 0;", None);
    case.project.limbeck(&["upgrade", "head"]).exits(FAILED);
    let unknown = right.replace("/limbeck_test", "/limbeck_no_such");
    case.project
        .limbeck(&["current", "--url", &unknown])
        .exits(FAILED);
}

#[test]
fn a_role_that_may_not_create() {
    let database = TestDatabase::on(own_server());
    database.execute(
        "CREATE ROLE \"the reader\" LOGIN;
         REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    );
    let case = Case::on(database);
    case.project
        .add("aaaaaaaaaaaa", CREATE_POSTS, Some("DROP TABLE posts;"));
    let reader = case
        .database
        .url()
        .replace("postgres://postgres@", "postgres://the%20reader@");
    assert_ne!(reader, case.database.url(), "the server is one of ours");
    case.refuses(
        &["upgrade", "head", "--url", &reader],
        FAILED,
        &[
            "the role `the reader` may not make the history table",
            "CREATE on the schema `public`",
            "hint: as its owner run: GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"the reader\"",
        ],
    );
    // Looking is allowed.
    case.project
        .limbeck(&["current", "--url", &reader])
        .exits(0);

    // With a history that is somebody else's.
    case.project.limbeck(&["upgrade", "head"]).exits(0);
    case.project
        .add("bbbbbbbbbbbb", "ALTER TABLE posts ADD COLUMN a int;", None);
    case.refuses(
        &["upgrade", "head", "--url", &reader],
        FAILED,
        &[
            "the role `the reader`",
            "limbeck_revision",
            "hint: ",
            "GRANT",
            "\"the reader\"",
        ],
    );

    // With a history that it may write to, and a table that it may not alter.
    case.database
        .execute("GRANT SELECT, INSERT, UPDATE, DELETE ON limbeck_revision TO \"the reader\"");
    case.refuses(
        &["upgrade", "head", "--url", &reader],
        FAILED,
        &[
            "revision `bbbbbbbbbbbb`",
            "must be owner of table posts",
            "(SQLSTATE 42501)",
            "hint: run it as the owner",
        ],
    );
}

#[test]
fn nothing_differs() {
    let case = Case::new();
    let autogenerate = ["revision", "--autogenerate", "-m", "posts"];
    case.project.program("one", &autogenerate).exits(0);
    case.project.program("one", &["upgrade", "head"]).exits(0);
    let (before, files) = (case.database.catalog(), case.project.directory());
    let told = case.project.program("one", &autogenerate).exits(0);
    assert_eq!(told.stdout, "no difference: nothing was written\n");
    assert_eq!(case.project.directory(), files);
    assert_eq!(case.database.catalog(), before);
    case.project.program("one", &["check"]).exits(0);
}

#[test]
fn pending_revisions_come_before_autogenerate() {
    let case = Case::new();
    case.project.add("aaaaaaaaaaaa", CREATE_POSTS, None);
    case.program_refuses(
        "one",
        &["revision", "--autogenerate", "-m", "x"],
        &[
            "behind",
            "aaaaaaaaaaaa",
            "hint: run `limbeck upgrade head` first",
        ],
    );
    let told = case
        .project
        .program("one", &["check", "--json"])
        .exits(3)
        .json();
    assert_eq!(told["pending"], serde_json::json!(["aaaaaaaaaaaa"]));
}

#[test]
fn names_as_hard_as_postgres_allows() {
    let case = Case::new();
    let empty = case.database.catalog();
    let limbeck = |arguments: &[&str]| case.project.program("hostile", arguments).exits(0);
    limbeck(&[
        "revision",
        "--autogenerate",
        "-m",
        "it's \"hard\"; -- \\ 💥 ../../x\n$$",
    ]);
    let [folder] = &case.project.revisions()[..] else {
        panic!("one revision is written")
    };
    assert_eq!(folder.parent(), Some(Path::new("migrations")));
    limbeck(&["upgrade", "head"]);
    let tables = "SELECT table_schema || '|' || table_name AS line FROM information_schema.tables
                  WHERE table_schema !~ '^pg_' AND table_schema <> 'information_schema'
                  ORDER BY (table_schema || '|' || table_name) COLLATE \"C\"";
    assert_eq!(
        case.database.lines(tables),
        [
            "My Schema|üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüx",
            "public|limbeck_revision",
            "public|my \"posts\"; DROP TABLE x.y",
            "public|user",
        ]
    );
    let columns = "SELECT attname::text AS line FROM pg_attribute
                   WHERE attrelid = '\"my \"\"posts\"\"; DROP TABLE x.y\"'::regclass AND attnum > 0
                   ORDER BY attnum";
    assert_eq!(
        case.database.lines(columns),
        [
            "select",
            "Größe 💥",
            "a'b\"c",
            "ORDER",
            "%s {} $1 \\",
            "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüx"
        ]
    );
    let values = "SELECT enumlabel::text AS line FROM pg_enum
                  WHERE enumtypid = '\"Order \"\"by\"\"\"'::regtype ORDER BY enumsortorder";
    assert_eq!(
        case.database.lines(values),
        ["it's", "a \"b\", \\c", "日本 💥", ""]
    );
    let there = case.database.catalog();
    limbeck(&["check"]);
    let files = case.project.directory();
    limbeck(&["revision", "--autogenerate", "-m", "again"]);
    assert_eq!(case.project.directory(), files, "nothing is written");
    limbeck(&["history"]);
    limbeck(&["current", "--verbose"]);
    limbeck(&["downgrade", "base", "--yes"]);
    assert_eq!(case.database.catalog(), empty);
    limbeck(&["upgrade", "head"]);
    assert_eq!(case.database.catalog(), there);

    // They are named in consent, too.
    case.program_refuses(
        "one",
        &["revision", "--autogenerate", "-m", "gone"],
        &["--allow", "drop_table:\"my \"\"posts\"\"; DROP TABLE x.y\""],
    );
}

#[test]
fn destruction_wants_consent() {
    let case = Case::new();
    let limbeck =
        |models: &str, arguments: &[&str]| case.project.program(models, arguments).exits(0);
    limbeck("two", &["revision", "--autogenerate", "-m", "all"]);
    limbeck("two", &["upgrade", "head"]);
    case.database
        .execute("INSERT INTO users (email) VALUES ('ada@example.org')");
    let autogenerate = ["revision", "--autogenerate", "-m", "fewer"];
    case.program_refuses(
        "one",
        &autogenerate,
        &[
            "users",
            "votes",
            "hint: ",
            "--allow drop_table:users",
            "--allow drop_table:votes",
            "--allow drop_enum:vote_kind",
        ],
    );
    // Some of it is not all of it.
    case.program_refuses(
        "one",
        &[&autogenerate[..], &["--allow", "drop_table:votes"]].concat(),
        &["users", "--allow drop_table:users"],
    );
    let wrong = [&autogenerate[..], &["--allow", "drop_tabel:votes"]].concat();
    case.unchanged(
        &[
            "no hazard `drop_tabel`",
            "hint: did you mean `drop_table:votes`?",
        ],
        || case.project.program("one", &wrong).exits(USAGE),
    );
    let allowed = [
        "--allow",
        "drop_table:users",
        "--allow",
        "drop_table:votes",
        "--allow",
        "drop_enum:vote_kind",
    ];
    limbeck("one", &[&autogenerate[..], &allowed].concat()).says(&["warning: ", "drop_table"]);
    let [_, fewer] = &case.project.revisions()[..] else {
        panic!("one revision more is written")
    };
    let up = case.project.read(fewer.join("up.sql"));
    assert!(up.contains("DROP TABLE \"users\";"), "{up}");
    assert!(up.contains("drop_table"), "the file tells the hazard: {up}");
    // What was consented to is recorded, and tests hold the revisions against it.
    let consent =
        "consent = [\"drop_enum:vote_kind\", \"drop_table:users\", \"drop_table:votes\"]\n";
    let metadata = case.project.read(fewer.join("metadata.toml"));
    assert!(metadata.contains(consent), "{metadata}");
    let check = || {
        let migrator = Migrator::from_directory(case.project.path("migrations"))
            .expect("the directory is in order");
        limbeck::testing::check(&migrator)
    };
    check().expect("all of it was consented to");
    let fewer_consents = metadata.replace("\"drop_table:users\", ", "");
    case.project
        .write(fewer.join("metadata.toml"), &fewer_consents);
    let told = check().expect_err("one consent is missing").to_string();
    assert!(told.contains("destroys data without consent"), "{told}");
    assert!(
        told.contains("add `drop_table:users` to `consent`"),
        "{told}"
    );
    case.project.write(fewer.join("metadata.toml"), &metadata);
    let before = case.database.catalog();
    assert_eq!(
        case.database.lines("SELECT email AS line FROM users"),
        ["ada@example.org"]
    );
    limbeck("one", &["upgrade", "head"]);
    limbeck("one", &["check"]);
    limbeck("two", &["downgrade", "-1"]);
    assert_eq!(case.database.catalog(), before);
}

#[test]
fn no_models_where_revisions_were_generated() {
    let case = Case::new();
    case.project
        .program("two", &["revision", "--autogenerate", "-m", "all"])
        .exits(0);
    case.project.program("two", &["upgrade", "head"]).exits(0);
    case.program_refuses(
        "none",
        &["revision", "--autogenerate", "-m", "none"],
        &[
            "the bundle `blog` has no models",
            "table:public.posts",
            "dropping them cannot be meant",
            "hint: derive `Model`",
            "migrator!(models = [Post, User])",
        ],
    );
    // Revisions without any models run as ever.
    case.project
        .program("none", &["downgrade", "base", "--yes"])
        .exits(0);
    case.project.program("none", &["upgrade", "head"]).exits(0);
    case.project.program("none", &["check"]).exits(0);
}
