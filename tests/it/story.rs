//! The story of the tour, from a struct to a migrated database and back, held against the database
//! and the files: what commands print is looked at only where it is JSON.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use limbeck::Migrator;
use serde_json::json;

use crate::project::{Project, Told};
use crate::support::TestDatabase;

#[path = "../../examples/tour/stage_one.rs"]
pub(crate) mod stage_one;
#[path = "../../examples/tour/stage_two.rs"]
pub(crate) mod stage_two;

const CREATE_POSTS: &str = "CREATE TABLE posts (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    title text NOT NULL\n);\n";

/// The columns of a table, in their order.
fn columns(database: &TestDatabase, table: &str) -> Vec<String> {
    database.lines(&format!(
        "SELECT concat_ws(' ', column_name, udt_name, is_nullable, column_default) AS line
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = '{table}'
         ORDER BY ordinal_position"
    ))
}

/// The constraints of a table, by name.
fn constraints(database: &TestDatabase, table: &str) -> Vec<String> {
    database.lines(&format!(
        "SELECT conname || ' ' || pg_get_constraintdef(oid) AS line
         FROM pg_constraint
         WHERE conrelid = 'public.{table}'::regclass AND contype <> 'n'
         ORDER BY conname"
    ))
}

fn tables(database: &TestDatabase) -> Vec<String> {
    database.lines(
        "SELECT table_name::text AS line FROM information_schema.tables
         WHERE table_schema = 'public' ORDER BY 1",
    )
}

/// The identifier of a revision, as its metadata says it.
fn id(project: &Project, folder: &Path) -> String {
    let metadata = project.read(folder.join("metadata.toml"));
    let folder = folder.display().to_string();
    limbeck_core::revision::directory::parse_metadata(&metadata, &folder)
        .expect("the metadata is understood")
        .id
        .to_string()
}

/// The lines of `HEADS` that are no comments.
fn heads(project: &Project) -> Vec<String> {
    project
        .read("migrations/HEADS")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// SQL without its comments and empty lines.
fn statements(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("--") && !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_struct_becomes_a_migrated_database_and_goes_back() {
    let database = TestDatabase::new();
    let project = Project::empty();

    // A project.
    project.program("none", &["init"]).exits(0);
    let config = project.read("limbeck.toml");
    assert!(config.contains("url = \"${DATABASE_URL}\"\n"), "{config}");
    assert!(!config.contains("postgres"), "a literal URL: {config}");
    assert_eq!(heads(&project), [""; 0]);
    assert_eq!(project.revisions(), Vec::<PathBuf>::new());
    let again = project.program("none", &["init", "--json"]).exits(0);
    assert_eq!(again.json()["written"], json!([]));
    assert_eq!(project.read("limbeck.toml"), config);
    project.write(".env", &format!("DATABASE_URL='{}'\n", database.url()));

    // A revision written by hand.
    let create = ["revision", "-m", "create post table"];
    project.program("none", &create).exits(0);
    let [first] = &project.revisions()[..] else {
        panic!("one revision is written");
    };
    let first_id = id(&project, first);
    let metadata = project.read(first.join("metadata.toml"));
    assert!(
        metadata.contains("message = \"create post table\"\n"),
        "{metadata}"
    );
    assert!(
        metadata.contains("run_in_transaction = true\n"),
        "{metadata}"
    );
    assert!(!metadata.contains("down_revision"), "{metadata}");
    assert_eq!(heads(&project), [first_id.as_str()]);
    assert_eq!(statements(&project.read(first.join("up.sql"))), "");
    assert_eq!(database.history(), [""; 0]);

    project.write(first.join("up.sql"), CREATE_POSTS);
    project.write(first.join("down.sql"), "DROP TABLE posts;\n");
    project.program("none", &["upgrade", "head"]).exits(0);
    assert_eq!(columns(&database, "posts"), ["id int8 NO", "title text NO"]);
    assert_eq!(database.history(), [format!("{first_id} applied head")]);
    database.execute("INSERT INTO posts (title) VALUES ('Hello, alembic')");
    let at_first = database.catalog();

    // The struct gets a new field.
    let autogenerate = ["revision", "--autogenerate", "-m", "add content column"];
    project.program("one", &autogenerate).exits(0);
    assert_eq!(database.catalog(), at_first, "comparing changes nothing");
    let [_, second] = &project.revisions()[..] else {
        panic!("one revision more is written");
    };
    let second_id = id(&project, second);
    let metadata = project.read(second.join("metadata.toml"));
    for line in [
        format!("down_revision = \"{first_id}\"\n"),
        "generated = [\"column:public.posts.content\"]\n".to_owned(),
        "touches = [\"column:public.posts.content\"]\n".to_owned(),
        "run_in_transaction = true\n".to_owned(),
    ] {
        assert!(metadata.contains(&line), "no {line:?} in {metadata}");
    }
    assert_eq!(heads(&project), [second_id.as_str()]);
    assert_eq!(
        statements(&project.read(second.join("up.sql"))),
        "ALTER TABLE \"posts\" ADD COLUMN \"content\" text;"
    );
    assert_eq!(
        statements(&project.read(second.join("down.sql"))),
        "ALTER TABLE \"posts\" DROP COLUMN \"content\";"
    );
    project.program("one", &["upgrade", "head"]).exits(0);
    assert_eq!(
        columns(&database, "posts"),
        ["id int8 NO", "title text NO", "content text YES"]
    );
    assert_eq!(
        database.lines(
            "SELECT concat_ws('|', id, title, coalesce(content, 'NULL')) AS line FROM posts"
        ),
        ["1|Hello, alembic|NULL"]
    );
    let at_second = database.catalog();

    // New structs become new tables.
    let autogenerate = ["revision", "--autogenerate", "-m", "add users and votes"];
    project.program("two", &autogenerate).exits(0);
    let [_, _, third] = &project.revisions()[..] else {
        panic!("one revision more is written");
    };
    let third_id = id(&project, third);
    let up = project.read(third.join("up.sql"));
    let at = |text: &str| {
        up.find(text)
            .unwrap_or_else(|| panic!("no {text:?} in {up}"))
    };
    assert!(at("CREATE TYPE \"vote_kind\"") < at("CREATE TABLE \"votes\""));
    assert!(at("CREATE TABLE \"users\"") < at("CREATE TABLE \"votes\""));
    assert!(at("CREATE TABLE \"votes\"") < at("CREATE INDEX"));
    assert_eq!(
        statements(&project.read(third.join("down.sql"))),
        "DROP TABLE \"votes\";\nDROP TABLE \"users\";\nDROP TYPE \"vote_kind\";"
    );
    project.program("two", &["upgrade", "head"]).exits(0);
    let at_third = database.catalog();
    check_third(&database);
    let files = project.directory();
    let nothing = ["revision", "--autogenerate", "-m", "nothing", "--json"];
    let told = project.program("two", &nothing).exits(0);
    assert_eq!(told.json()["written"], json!(null));
    assert_eq!(project.directory(), files, "nothing is written");
    let history = [
        format!("{first_id} applied"),
        format!("{second_id} applied"),
        format!("{third_id} applied head"),
    ];
    assert_eq!(database.history(), history);

    // Up and down.
    let limbeck = |arguments: &[&str]| project.program("two", arguments).exits(0);
    let current = limbeck(&["current", "--json"]).json();
    assert_eq!(current["heads"][0]["revision"], json!(third_id));
    assert_eq!(current["pending"], json!([]));
    let told = limbeck(&["heads", "--json"]).json();
    assert_eq!(told["heads"][0]["revision"], json!(third_id));
    let told = limbeck(&["history", "--json"]).json();
    let listed: Vec<_> = told["revisions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|revision| revision["revision"].as_str().expect("an identifier"))
        .collect();
    assert_eq!(listed, [&third_id, &second_id, &first_id]);

    // What it would take away is asked for first, and here nobody can be asked.
    let at_third_still = database.catalog();
    project
        .program("two", &["downgrade", "-1"])
        .exits(1)
        .says(&[
            "takes data away",
            &third_id,
            "DROP TABLE",
            "hint: ",
            "--yes",
        ]);
    assert_eq!(database.catalog(), at_third_still);
    limbeck(&["downgrade", "-1", "--yes"]);
    assert_eq!(database.catalog(), at_second);
    assert_eq!(
        database.history()[1..],
        [format!("{second_id} applied head")]
    );
    let current = limbeck(&["current", "--json"]).json();
    assert_eq!(current["pending"][0]["revision"], json!(third_id));
    limbeck(&["downgrade", "-2", "--yes"]);
    assert_eq!(tables(&database), ["limbeck_revision"]);
    assert_eq!(database.history(), [""; 0]);
    limbeck(&["upgrade", "+1"]);
    assert_eq!(database.catalog(), at_first);
    assert_eq!(database.history(), [format!("{first_id} applied head")]);
    limbeck(&["upgrade", "head"]);
    assert_eq!(database.catalog(), at_third);
    assert_eq!(database.history(), history);
    limbeck(&["downgrade", &second_id, "--yes"]);
    assert_eq!(database.catalog(), at_second);
    limbeck(&["upgrade", &third_id[..6]]);
    assert_eq!(database.catalog(), at_third);
    limbeck(&["downgrade", "base", "--yes"]);
    assert_eq!(tables(&database), ["limbeck_revision"]);
    limbeck(&["upgrade", "head"]);
    assert_eq!(database.catalog(), at_third);
    check_third(&database);

    // Does the database still agree?
    limbeck(&["check"]);
    database.execute("ALTER TABLE users ALTER COLUMN email DROP NOT NULL");
    let altered = database.catalog();
    let told = project.program("two", &["check", "--json"]).exits(3).json();
    assert_eq!(
        told["drift"],
        json!([{
            "object": "column:public.users.email",
            "difference": "changed",
            "repair": "alter column public.users.email: not null",
        }])
    );
    assert_eq!(told["clean"], json!(false));
    let told = project.program("two", &["check"]).exits(3);
    assert!(told.stdout.contains("users.email"), "{told}");
    project
        .program("two", &["revision", "--autogenerate", "-m", "drift"])
        .exits(1)
        .says(&["users.email", "limbeck check"]);
    assert_eq!(database.catalog(), altered, "checking changes nothing");
    assert_eq!(project.directory(), files, "nothing is written");
    database.execute("ALTER TABLE users ALTER COLUMN email SET NOT NULL");
    database.execute("DROP INDEX votes_post_id_cast_at_idx");
    let told = project.program("two", &["check", "--json"]).exits(3).json();
    assert_eq!(
        told["drift"],
        json!([{
            "object": "index:public.votes_post_id_cast_at_idx",
            "difference": "missing",
            "repair": "create index public.votes_post_id_cast_at_idx",
        }])
    );
    database.execute(
        "CREATE INDEX votes_post_id_cast_at_idx ON votes (post_id, cast_at DESC) WHERE kind = 'up';
         CREATE TABLE somebody_elses (id int);
         GRANT SELECT ON posts TO PUBLIC;
         CREATE INDEX by_hand ON posts (title)",
    );
    limbeck(&["check"]);
    let told = limbeck(&nothing);
    assert_eq!(told.json()["written"], json!(null), "{told}");
}

/// What the models of the tour's fourth chapter are in the database, and what they do there.
fn check_third(database: &TestDatabase) {
    assert_eq!(columns(database, "users"), ["id int8 NO", "email text NO"]);
    assert_eq!(
        columns(database, "votes"),
        [
            "user_id int8 NO",
            "post_id int8 NO",
            "kind vote_kind NO 'up'::vote_kind",
            "cast_at timestamptz NO now()",
        ]
    );
    let users = constraints(database, "users");
    // Postgres 13 prints the call, later ones the words of the standard.
    let spellings = [
        "users_email_check CHECK ((\"position\"(email, '@'::text) > 1))",
        "users_email_check CHECK ((POSITION(('@'::text) IN (email)) > 1))",
    ];
    assert!(spellings.contains(&users[0].as_str()), "{users:?}");
    assert_eq!(
        users[1..],
        [
            "users_email_key UNIQUE (email)",
            "users_pkey PRIMARY KEY (id)"
        ]
    );
    assert_eq!(
        constraints(database, "votes"),
        [
            "votes_pkey PRIMARY KEY (user_id, post_id)",
            "votes_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts(id) ON DELETE CASCADE",
            "votes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
        ]
    );
    assert_eq!(
        database.lines(
            "SELECT indexdef AS line FROM pg_indexes WHERE indexname = 'votes_post_id_cast_at_idx'"
        ),
        [
            "CREATE INDEX votes_post_id_cast_at_idx ON public.votes USING btree (post_id, cast_at DESC) WHERE (kind = 'up'::vote_kind)"
        ]
    );
    assert_eq!(
        database.lines(
            "SELECT enumlabel::text AS line FROM pg_enum WHERE enumtypid = 'vote_kind'::regtype
             ORDER BY enumsortorder"
        ),
        ["up", "down"]
    );
    // A user who goes takes the votes along.
    database.execute(
        "INSERT INTO posts (title) VALUES ('voted for');
         INSERT INTO users (email) VALUES ('ada@example.org');
         INSERT INTO votes (user_id, post_id)
             SELECT users.id, posts.id FROM users, posts WHERE title = 'voted for'",
    );
    assert_eq!(
        database.lines("SELECT kind::text AS line FROM votes"),
        ["up"]
    );
    database.execute("DELETE FROM users");
    assert_eq!(
        database.lines("SELECT kind::text AS line FROM votes"),
        [""; 0]
    );
    database.execute("DELETE FROM posts WHERE title = 'voted for'");
}

/// A project with three revisions.
fn blog() -> Project {
    let project = Project::empty();
    project.program("none", &["init"]).exits(0);
    project.add("aaaaaaaaaaaa", CREATE_POSTS, Some("DROP TABLE posts;"));
    project.add(
        "bbbbbbbbbbbb",
        "ALTER TABLE posts ADD COLUMN content text;",
        Some("ALTER TABLE posts DROP COLUMN content;"),
    );
    project.add(
        "cccccccccccc",
        "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE);
         INSERT INTO users VALUES (1, 'ada@example.org');",
        Some("DROP TABLE users;"),
    );
    project
}

const BLOG: [&str; 3] = [
    "aaaaaaaaaaaa applied",
    "bbbbbbbbbbbb applied",
    "cccccccccccc applied head",
];

#[test]
fn a_program_runs_what_is_pending_and_then_nothing() {
    let (database, project) = (TestDatabase::new(), blog());
    let migrator = Migrator::from_directory(project.path("migrations")).expect("it is in order");
    let migrator = migrator.named("blog");
    let mut connection = database.connect();
    let report = migrator
        .run_pending(&mut connection)
        .expect("it is applied");
    assert_eq!(report.applied.len(), 3);
    assert_eq!(database.history(), BLOG);
    let written =
        "SELECT concat_ws(' ', applied_at, xmin) AS line FROM limbeck_revision ORDER BY 1";
    let rows = database.lines(written);

    let report = migrator
        .run_pending(&mut connection)
        .expect("there is nothing to do");
    assert_eq!(report.applied.len(), 0);
    assert!(report.to_string().starts_with("nothing to do"), "{report}");
    assert_eq!(database.lines(written), rows, "no row is written again");
}

#[test]
fn eight_threads_apply_each_revision_once() {
    let (database, project) = (TestDatabase::new(), blog());
    let migrator = Migrator::from_directory(project.path("migrations")).expect("it is in order");
    let migrator = &migrator.named("blog");
    let applied: usize = thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| {
                let mut connection = database.connect();
                scope.spawn(move || migrator.run_pending(&mut connection))
            })
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("a run does not panic"))
            .map(|report| report.expect("a run does not fail").applied.len())
            .sum()
    });
    assert_eq!(applied, 3);
    check_blog(&database);
}

#[test]
fn eight_processes_apply_each_revision_once() {
    let (database, project) = (TestDatabase::new(), blog());
    let url = database.url();
    let runs: Vec<_> = (0..8)
        .map(|_| {
            project
                .child("none", &["run-pending", &url])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("a process starts")
        })
        .collect();
    let applied: usize = runs
        .into_iter()
        .map(|run| run.wait_with_output().expect("a process ends"))
        .map(|output| Told::new(&output).exits(0))
        .map(|told| told.stdout.trim().parse::<usize>().expect("a number"))
        .sum();
    assert_eq!(applied, 3);
    check_blog(&database);
}

fn check_blog(database: &TestDatabase) {
    assert_eq!(database.history(), BLOG);
    assert_eq!(
        columns(database, "posts"),
        ["id int8 NO", "title text NO", "content text YES"]
    );
    assert_eq!(
        database.lines("SELECT email AS line FROM users"),
        ["ada@example.org"]
    );
}
