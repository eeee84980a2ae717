//! Revisions outside of a transaction, on the command line: planned, applied, half done, taken back.

use serde_json::json;

use crate::project::Project;
use crate::support::TestDatabase;

fn indexed(up: &str, down: &str) -> (TestDatabase, Project) {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add(
        "aaaaaaaaaaaa",
        "CREATE TABLE posts (id int, title text);",
        Some("DROP TABLE posts;"),
    );
    project.add("bbbbbbbbbbbb", up, Some(down));
    (database, project)
}

#[test]
fn it_is_planned_as_such_and_runs() {
    let (database, project) = indexed(
        "CREATE INDEX CONCURRENTLY posts_title ON posts (title);",
        "DROP INDEX CONCURRENTLY posts_title;",
    );
    let plan = project.limbeck(&["plan", "upgrade", "head"]).exits(0);
    assert!(
        plan.stdout
            .contains("-- apply bbbbbbbbbbbb, outside of a transaction\nCREATE INDEX CONCURRENTLY"),
        "{plan}"
    );
    let steps = project
        .limbeck(&["plan", "upgrade", "head", "--json"])
        .exits(0)
        .json();
    assert_eq!(steps["steps"][0]["transaction"], true);
    assert_eq!(steps["steps"][1]["transaction"], false);
    project.limbeck(&["upgrade", "head"]).exits(0);
    let indexes = "SELECT indexname AS line FROM pg_indexes WHERE tablename = 'posts'";
    assert_eq!(database.lines(indexes), ["posts_title"]);
    let none = project.limbeck(&["current", "--json"]).exits(0).json();
    assert_eq!(none["half_done"], json!([]));
    project.limbeck(&["downgrade", "-1"]).exits(0);
    assert!(database.lines(indexes).is_empty());
}

#[test]
fn what_is_half_done_is_told_and_finished() {
    let (database, project) = indexed(
        "CREATE INDEX CONCURRENTLY posts_title ON posts (title);\n\
         CREATE UNIQUE INDEX CONCURRENTLY posts_id ON posts (id);",
        "DROP INDEX CONCURRENTLY posts_title;\nDROP INDEX CONCURRENTLY posts_id;",
    );
    project.limbeck(&["upgrade", "aaaaaaaaaaaa"]).exits(0);
    database.execute("INSERT INTO posts VALUES (1, 'a'), (1, 'b')");
    project.limbeck(&["upgrade", "head"]).exits(1).says(&[
        "could not be applied in statement 2",
        "up.sql:2:1",
        "the first statement is done and recorded",
        "which goes on there",
    ]);
    project
        .limbeck(&["current"])
        .exits(0)
        .says(&["bbbbbbbbbbbb is half applied, its first statement is done"]);
    let told = project.limbeck(&["current", "--json"]).exits(0).json();
    let half = json!([{
        "bundle": told["half_done"][0]["bundle"],
        "revision": "bbbbbbbbbbbb",
        "direction": "up",
        "statements": 1,
        "begun": false,
    }]);
    assert_eq!(told["half_done"], half);
    project.limbeck(&["downgrade", "base"]).exits(1).says(&[
        "bbbbbbbbbbbb is half applied",
        "hint: finish it first, with `limbeck upgrade ",
    ]);
    database.execute("DELETE FROM posts");
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(
        database
            .lines("SELECT indexname AS line FROM pg_indexes WHERE tablename = 'posts' ORDER BY 1"),
        ["posts_id", "posts_title"]
    );
}

#[test]
fn a_value_that_is_added_to_an_enum_and_used_is_found() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.add(
        "aaaaaaaaaaaa",
        "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE posts (mood mood);",
        None,
    );
    project.add(
        "bbbbbbbbbbbb",
        "ALTER TYPE mood ADD VALUE 'glad';\nINSERT INTO posts VALUES ('glad');",
        None,
    );
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(
        database.lines("SELECT mood::text AS line FROM posts"),
        ["glad"]
    );
}
