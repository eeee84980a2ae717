//! `limbeck diff` of every kind of source with every other, and `limbeck snapshot`.

use serde_json::json;

use crate::project::{Project, Told};
use crate::support::TestDatabase;

const TABLE: &str = "CREATE TABLE posts (id bigint PRIMARY KEY, title text NOT NULL);\n";

/// A project whose database, revisions, file, folder and saved schema all hold one table.
struct Same {
    database: TestDatabase,
    project: Project,
}

impl Same {
    fn new() -> Self {
        let database = TestDatabase::new();
        let project = Project::new(&database.url());
        project.add("aaaaaaaaaaaa", TABLE, Some("DROP TABLE posts;"));
        project.limbeck(&["upgrade", "head"]).exits(0);
        project.write("posts.sql", TABLE);
        for folder in ["schema", "schema/deep"] {
            std::fs::create_dir(project.path(folder)).expect("the folder is made");
        }
        project.write("schema/a.sql", "ALTER TABLE posts ADD PRIMARY KEY (id);\n");
        project.write(
            "schema/deep/b.sql",
            "CREATE TABLE posts (id bigint, title text NOT NULL);\n",
        );
        project.write("schema/notes.txt", "not SQL");
        project
            .limbeck(&["snapshot", "database", "--output", "saved.json"])
            .exits(0)
            .says(&["wrote saved.json"]);
        Self { database, project }
    }

    fn sources(&self) -> Vec<String> {
        let url = self.database.url();
        ["database", &url, "posts.sql", "schema", "saved.json"]
            .into_iter()
            .chain(["revisions", "revisions@head", "revisions@aaaa"])
            .map(str::to_owned)
            .collect()
    }

    fn diff(&self, from: &str, to: &str, more: &[&str]) -> Told {
        let all = [&["diff", "--from", from, "--to", to], more].concat();
        self.project.limbeck(&all)
    }
}

#[test]
fn any_two_sources_of_the_same_schema_do_not_differ() {
    let same = Same::new();
    let sources = same.sources();
    for (index, from) in sources.iter().enumerate() {
        // Each with itself, with its neighbour, and all with the first.
        for to in [from, &sources[(index + 1) % sources.len()], &sources[0]] {
            let told = same.diff(from, to, &["--exit-code"]).exits(0);
            assert_eq!(told.stdout, "", "{from} and {to}: {told}");
            told.says(&["no difference"]);
        }
    }
}

#[test]
fn every_source_differs_from_nothing() {
    let same = Same::new();
    for source in same.sources() {
        let made = same.diff("empty", &source, &["--exit-code"]).exits(3);
        assert!(
            made.stdout.contains("CREATE TABLE \"public\".\"posts\""),
            "{source}: {made}"
        );
        let gone = same.diff(&source, "empty", &["--summary"]).exits(0);
        assert_eq!(gone.stdout, "- table public.posts\n", "{source}: {gone}");
        let back = same.diff("empty", &source, &["--reverse"]).exits(0);
        assert_eq!(back.stdout, same.diff(&source, "empty", &[]).stdout);
    }
    for base in ["revisions@base", "empty"] {
        let nothing = same.diff(base, "empty", &["--exit-code"]).exits(0);
        assert_eq!(nothing.stdout, "");
    }
}

#[test]
fn the_chain_is_replayed_up_to_a_target() {
    let same = Same::new();
    let up = "ALTER TABLE posts ADD COLUMN body text;";
    let down = "ALTER TABLE posts DROP COLUMN body;";
    same.project.add("bbbbbbbbbbbb", up, Some(down));
    let told = same
        .diff("revisions@aaaa", "revisions", &["--summary"])
        .exits(0);
    assert_eq!(told.stdout, "+ column public.posts.body\n");
    let told = same
        .diff("database", "revisions@-1", &["--exit-code"])
        .exits(0);
    assert_eq!(told.stdout, "");
    same.diff("revisions@cccc", "empty", &[])
        .exits(1)
        .says(&["cccc"]);
    assert_eq!(same.database.history(), ["aaaaaaaaaaaa applied head"]);
}

/// With models on one side it is autogenerate's comparison: what they do not speak of stays.
#[test]
fn models_are_laid_over_the_other_side() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.write(
        "by_hand.sql",
        "CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL);
         CREATE TABLE audit (what text); CREATE INDEX theirs ON posts (title);",
    );
    let there = ["diff", "--from", "by_hand.sql", "--to", "models"];
    let told = project
        .program("one", &[&there[..], &["--summary"]].concat())
        .exits(0);
    assert_eq!(told.stdout, "+ column public.posts.content\n");
    // The way back, by either flag.
    let back = project
        .program("one", &[&there[..], &["--reverse"]].concat())
        .exits(0);
    let other = ["diff", "--from", "models", "--to", "by_hand.sql"];
    assert_eq!(project.program("one", &other).exits(0).stdout, back.stdout);
    assert!(back.stdout.contains("DROP COLUMN \"content\";"), "{back}");

    // Saved, they are a schema like any other.
    let saved = project.program("one", &["snapshot", "models"]).exits(0);
    project.write("models.json", &saved.stdout);
    let diff = |from, to| {
        let told = project.program("one", &["diff", "--from", from, "--to", to, "--exit-code"]);
        assert_eq!(told.stdout, "", "{told}");
        told.exits(0)
    };
    diff("models.json", "models");
    let made = project
        .program("one", &["diff", "--from", "empty", "--to", "models"])
        .exits(0);
    database.execute(&made.stdout);
    diff("database", "models");
    diff("database", "models.json");
    diff("models.json", "database");
    project
        .program("one", &["diff", "--from", "models", "--to", "models"])
        .exits(2)
        .says(&["both sides are the models"]);
}

#[test]
fn a_line_an_object_and_json() {
    let database = TestDatabase::new();
    let project = Project::empty();
    project.write(
        "a.sql",
        "CREATE TABLE a (x int, y int, CONSTRAINT old CHECK (x > 0));
         CREATE TABLE gone (z int PRIMARY KEY);
         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    );
    project.write(
        "b.sql",
        "CREATE TABLE a (x bigint, CONSTRAINT new CHECK (x > 0));
         CREATE TABLE fresh (z int PRIMARY KEY, w text); COMMENT ON TABLE fresh IS 'new';
         CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''1''';",
    );
    let url = database.url();
    let arguments = ["diff", "--url", &url, "--from", "a.sql", "--to", "b.sql"];
    let told = project
        .limbeck(&[&arguments[..], &["--summary"]].concat())
        .exits(0);
    let mut lines: Vec<&str> = told.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "* function public.f(): made anew",
            "+ table public.fresh",
            "- column public.a.y",
            "- table public.gone",
            "> constraint public.a.old to new",
            "~ column public.a.x: type integer to bigint",
        ],
        "{told}"
    );
    let forced = [("CLICOLOR_FORCE", "1")];
    let coloured = project
        .limbeck_with(&[&arguments[..], &["--summary"]].concat(), &forced)
        .exits(0);
    assert!(
        coloured
            .stdout
            .contains("\u{1b}[32m+ table public.fresh\u{1b}[0m\n"),
        "{coloured}"
    );

    let told = project
        .limbeck(&[&arguments[..], &["--json"]].concat())
        .exits(0)
        .json();
    let operations = told["operations"].as_array().expect("a list");
    assert!(
        operations.contains(&json!({
            "verb": "rename",
            "object": "constraint:public.a.new",
            "from": "constraint:public.a.old",
            "description": "rename constraint public.a.old to new",
        })),
        "{told}"
    );
    assert_eq!(told["version"], 1);
    assert!(told["statements"][0]["sql"].is_string() && told["hazards"][0]["code"].is_string());
    for pair in [
        ["--summary", "--json"],
        ["--summary", "--sql"],
        ["--sql", "--json"],
    ] {
        project.limbeck(&[&arguments[..], &pair].concat()).exits(2);
    }
}

#[test]
fn sources_that_cannot_be_read() {
    let same = Same::new();
    let saved = same.project.read("saved.json");
    let again = same.project.limbeck(&["snapshot", "database"]).exits(0);
    assert_eq!(again.stdout, saved, "the same bytes");
    let newer = saved.replace("\"limbeck_schema\": 1", "\"limbeck_schema\": 2");
    same.project.write("newer.json", &newer);
    same.diff("newer.json", "empty", &[]).exits(1).says(&[
        "`newer.json` was written by Limbeck",
        "version 2",
        "hint: ",
    ]);
    same.project.write("broken.json", &saved[..saved.len() / 2]);
    same.diff("broken.json", "empty", &[])
        .exits(1)
        .says(&["`broken.json`", "broken.json:"]);
    same.diff("modles", "empty", &[])
        .exits(1)
        .says(&["`modles` cannot be read", "did you mean `models`?"]);
    std::fs::create_dir(same.project.path("void")).expect("the folder is made");
    same.diff("void", "empty", &[])
        .exits(1)
        .says(&["no file of SQL in `void`"]);
    same.project
        .write("psql.sql", "CREATE TABLE a ();\n\\c other\n");
    same.diff("psql.sql", "empty", &[])
        .exits(1)
        .says(&["`\\c` is a command of psql", "psql.sql:2:1"]);
    same.project.write("copy.sql", "\\copy a from 'a.csv'\n");
    same.diff("copy.sql", "empty", &[])
        .exits(1)
        .says(&["`\\copy` is a command of psql"]);
    same.project
        .write("create.sql", "CREATE TABLE a ();\nCREATE DATABASE b;\n");
    same.diff("create.sql", "empty", &[])
        .exits(1)
        .says(&["`CREATE DATABASE` is about the server", "create.sql:2:1"]);
    same.diff("postgres://localhost:1/none", "empty", &[])
        .exits(1);
}

#[test]
fn renames_are_said_and_never_guessed() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.write("a.sql", "CREATE TABLE users (id bigint, email text);");
    project.write("b.sql", "CREATE TABLE people (id bigint, mail text);");
    let there = ["diff", "--from", "a.sql", "--to", "b.sql"];
    let renames = ["--rename", "users=people", "--rename", "users.email=mail"];
    let told = project
        .limbeck(&[&there[..], &renames, &["--summary"]].concat())
        .exits(0);
    assert_eq!(
        told.stdout,
        "> table public.users to people\n> column public.people.email to mail\n"
    );
    // One alone is told, and nothing is taken for it.
    let one = ["--rename", "users=people", "--json"];
    let told = project
        .limbeck(&[&there[..], &one].concat())
        .exits(0)
        .json();
    let codes: Vec<&str> = told["hazards"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|hazard| hazard["code"].as_str())
        .collect();
    assert_eq!(codes, ["drop_column", "perhaps_renamed"], "{told}");
    for (rename, code, words) in [
        ("users", 2, "no rename"),
        ("nobody=people", 2, "nothing was called so"),
        ("users=persons", 2, "no `table:public.persons` to become"),
    ] {
        let told = project.limbeck(&[&there[..], &["--rename", rename]].concat());
        told.exits(code).says(&[words]);
    }

    // The same for models.
    let by_hand = "CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, content text);";
    project.add("000000000000", by_hand, None);
    project.limbeck(&["upgrade", "head"]).exits(0);
    let generate = ["revision", "--autogenerate", "-m", "x"];
    let refused = project.program("one", &generate).exits(1);
    refused.says(&["drop_column:posts.name"]);
    let said = [&generate[..], &["--rename", "posts.name=title"]].concat();
    project.program("one", &said).exits(0);
    let folder = project.revisions().pop().expect("it is written");
    let up = project.read(folder.join("up.sql"));
    assert!(up.contains("RENAME COLUMN \"name\" TO \"title\""), "{up}");
}
