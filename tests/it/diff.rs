//! `limbeck diff` of two files of SQL.

use std::fs;

use serde_json::json;

use crate::project::{Project, Told};
use crate::support::TestDatabase;

const A: &str = "CREATE TABLE posts (id bigint PRIMARY KEY, body text);\n";
const B: &str = "CREATE TABLE posts (id bigint PRIMARY KEY);\nCREATE TABLE limbeck_revision ();\n";

/// A folder with the two files, and a server to load them on.
struct Files {
    database: TestDatabase,
    project: Project,
}

impl Files {
    fn new() -> Self {
        let files = Self {
            database: TestDatabase::new(),
            project: Project::empty(),
        };
        for (name, text) in [("a.sql", A), ("b.sql", B)] {
            fs::write(files.project.path(name), text).expect("the file is written");
        }
        files
    }

    fn diff(&self, arguments: &[&str]) -> Told {
        let url = self.database.url();
        let all = [&["diff", "--url", &url], arguments].concat();
        self.project.limbeck(&all)
    }
}

#[test]
fn sql_on_stdout_and_the_rest_beside_it() {
    let files = Files::new();
    let told = files.diff(&["--from", "a.sql", "--to", "b.sql"]).exits(0);
    assert!(told.stdout.contains("DROP COLUMN \"body\";"), "{told}");
    assert!(!told.stdout.contains("not compared"), "{told}");
    told.says(&[
        "warning: not compared: history table public.limbeck_revision",
        "warning: dropping column `posts.body`",
    ]);
    let same = files.diff(&["--from", "a.sql", "--to", "a.sql"]).exits(0);
    assert_eq!(same.stdout, "");
    same.says(&["no difference"]);
    assert_eq!(files.database.catalog().len(), 1, "nothing stays behind");
}

#[test]
fn the_way_back_is_the_difference_the_other_way() {
    let files = Files::new();
    let there = ["--from", "a.sql", "--to", "b.sql"];
    let back = files.diff(&[&there[..], &["--reverse"]].concat()).exits(0);
    let other = files.diff(&["--from", "b.sql", "--to", "a.sql"]).exits(0);
    assert!(back.stdout.contains("ADD COLUMN \"body\" text;"), "{back}");
    assert_eq!(back.stdout, other.stdout);
    assert!(!back.stderr.contains("dropping"), "{back}");

    let back = files
        .diff(&["--json", "--reverse", "--from", "b.sql", "--to", "a.sql"])
        .exits(0)
        .json();
    assert_eq!(
        back["operations"],
        json!([{
            "verb": "drop",
            "object": "column:public.posts.body",
            "description": "drop column public.posts.body",
        }])
    );
    assert_eq!(
        back["hazards"][0]["consent"],
        json!("drop_column:posts.body")
    );
}

#[test]
fn a_file_that_is_not_there_or_does_not_load() {
    let files = Files::new();
    files
        .diff(&["--from", "a.sql", "--to", "none.sql"])
        .exits(1)
        .says(&["`none.sql` cannot be read", "hint: "]);
    fs::write(
        files.project.path("bad.sql"),
        "SELECT 1;\nCREATE TABLE x (y nothing);",
    )
    .expect("the file is written");
    files
        .diff(&["--from", "a.sql", "--to", "bad.sql"])
        .exits(1)
        .says(&["`bad.sql`", "bad.sql:2:", "42704", "hint: "]);
}
