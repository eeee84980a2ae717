//! One revision in place of several: in databases that have none, some and all of them.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::project::Project;
use crate::support::TestDatabase;

/// Five revisions, of which the second to the fourth are to become one.
fn chain(project: &Project) {
    project.add(
        "aaaa",
        "CREATE TABLE a (id int PRIMARY KEY);",
        Some("DROP TABLE a;"),
    );
    project.add(
        "bbbb",
        "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE b (id int, mood mood);",
        Some("DROP TABLE b; DROP TYPE mood;"),
    );
    project.add(
        "cccc",
        "ALTER TABLE b RENAME TO b_new; ALTER TABLE a ADD COLUMN note text NOT NULL DEFAULT '';",
        Some("ALTER TABLE a DROP COLUMN note; ALTER TABLE b_new RENAME TO b;"),
    );
    project.add(
        "dddd",
        "ALTER TABLE a RENAME TO aa; CREATE VIEW v AS SELECT note FROM aa; CREATE INDEX aa_note ON aa (note);",
        Some("DROP INDEX aa_note; DROP VIEW v; ALTER TABLE aa RENAME TO a;"),
    );
    project.add("eeee", "CREATE TABLE e (id int);", Some("DROP TABLE e;"));
}

fn started() -> (TestDatabase, Project) {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    chain(&project);
    (database, project)
}

/// The folder of the one.
fn folder(project: &Project) -> PathBuf {
    let mut folders = project.revisions().into_iter();
    let found = folders.find(|folder| folder.to_string_lossy().contains("ssss"));
    found.expect("it is written")
}

const SQUASH: [&str; 6] = ["squash", "bbbb:dddd", "-m", "all of it", "--rev-id", "ssss"];

#[test]
fn databases_with_none_some_and_all_come_to_the_same() {
    let (none, project) = started();
    let [some, all, plain] = [(); 3].map(|()| TestDatabase::new());
    let on = |arguments: &[&str], database: &TestDatabase| {
        project.limbeck(&[arguments, &["--url", &database.url()]].concat())
    };
    on(&["upgrade", "cccc"], &some).exits(0);
    on(&["upgrade", "head"], &all).exits(0);
    on(&["upgrade", "head"], &plain).exits(0);
    let wanted = plain.catalog();
    let rows = "INSERT INTO b_new (id, mood) VALUES (7, 'sad')";
    some.execute(rows);

    let originals = project.directory();
    let told = project.limbeck(&SQUASH).exits(0);
    let folder = &folder(&project);
    assert_eq!(
        told.stdout,
        format!(
            "wrote {}\nssss stands for bbbb, cccc, dddd\n",
            folder.display()
        )
    );
    for (path, text) in &originals {
        if path.is_file() && !path.ends_with("HEADS") {
            assert_eq!(&fs::read_to_string(path).expect("it is there"), text);
        }
    }
    let told = project.limbeck(&["history"]).exits(0);
    assert_eq!(
        told.stdout,
        "ssss -> eeee (head)\naaaa -> ssss, all of it\n<base> -> aaaa\n"
    );
    let up = project.read(folder.join("up.sql"));
    assert!(up.contains("-- In place of bbbb, cccc, dddd"), "{up}");
    assert!(
        up.contains("ALTER TABLE \"a\" RENAME TO \"aa\""),
        "a table keeps its rows: {up}"
    );

    // One that has none runs the one.
    on(&["upgrade", "head"], &none).exits(0);
    assert_eq!(
        none.history(),
        ["aaaa applied", "ssss applied", "eeee applied head"]
    );
    // One that has some goes on through the others; the next run takes them together.
    let planned = on(&["plan", "upgrade", "head", "--json"], &some)
        .exits(0)
        .json();
    let planned: Vec<_> = planned["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["revision"].clone())
        .collect();
    assert_eq!(planned, [json!("dddd"), json!("eeee")]);
    on(&["upgrade", "head"], &some).exits(0);
    assert_eq!(some.lines("SELECT id::text AS line FROM b_new"), ["7"]);
    on(&["upgrade", "head"], &some).exits(0);
    // One that has all counts the one as applied, and nothing else is done.
    let current = on(&["current", "--json"], &all).exits(0).json();
    assert_eq!(current["heads"][0]["revision"], "eeee");
    assert_eq!(current["pending"], json!([]), "{current}");
    assert_eq!(current["unknown"], json!([]), "{current}");
    on(&["current", "--check-heads"], &all).exits(0);
    assert_eq!(all.history().len(), 5, "looking changes nothing");
    let told = on(&["upgrade", "head"], &all).exits(0);
    assert!(told.stdout.contains("ssss"), "{told}");
    for database in [&none, &some, &all] {
        assert_eq!(database.catalog(), wanted);
        let mut history = database.history();
        history.sort();
        assert_eq!(
            history,
            ["aaaa applied", "eeee applied head", "ssss applied"]
        );
        let told = on(&["upgrade", "head"], database).exits(0);
        assert!(
            !told.stdout.contains("ssss"),
            "nothing is left to do: {told}"
        );
        project
            .program("none", &["check", "--url", &database.url()])
            .exits(0);
        // Its way down leads to where the first of them began.
        on(&["downgrade", "aaaa", "--yes"], database).exits(0);
        assert_eq!(database.history(), ["aaaa applied head"]);
        on(&["upgrade", "head"], database).exits(0);
        assert_eq!(database.catalog(), wanted);
    }

    // Without the originals all of that holds, but for who stands among them.
    for id in ["bbbb", "cccc", "dddd"] {
        fs::remove_dir_all(project.path(format!("migrations/{id}"))).expect("a folder");
    }
    let told = on(&["upgrade", "head"], &none).exits(0);
    assert!(!told.stdout.contains("ssss"), "{told}");
    let late = TestDatabase::new();
    on(&["upgrade", "head"], &late).exits(0);
    assert_eq!(late.catalog(), wanted);
}

#[test]
fn who_stands_among_originals_that_are_gone_is_told() {
    let (database, project) = started();
    project.limbeck(&["upgrade", "cccc"]).exits(0);
    project.limbeck(&SQUASH).exits(0);
    fs::remove_dir_all(project.path("migrations/dddd")).expect("a folder");
    let before = database.history();
    project.limbeck(&["upgrade", "head"]).exits(1).says(&[
        "the database has a part of what revision `ssss`",
        "of which `dddd` is not there any more",
        "hint: bring the folder of `dddd` back",
    ]);
    assert_eq!(database.history(), before);
}

#[test]
fn an_original_that_was_edited_is_told_as_ever() {
    let (database, project) = started();
    project.limbeck(&["upgrade", "head"]).exits(0);
    project.limbeck(&SQUASH).exits(0);
    project.write("migrations/cccc/up.sql", "SELECT 1;");
    let before = database.history();
    let told = project.limbeck(&["upgrade", "head"]).exits(1);
    told.says(&["revision `cccc` (cccc) was edited after it was applied"]);
    assert_eq!(database.history(), before);
}

#[test]
fn many_at_once_take_the_rows_together_once() {
    let (database, project) = started();
    project.limbeck(&["upgrade", "head"]).exits(0);
    let left = TestDatabase::new();
    let url = left.url();
    project
        .limbeck(&["upgrade", "cccc", "--url", &url])
        .exits(0);
    project.limbeck(&SQUASH).exits(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| project.limbeck(&["upgrade", "head"]).exits(0));
            scope.spawn(|| {
                project
                    .limbeck(&["upgrade", "head", "--url", &url])
                    .exits(0)
            });
        }
    });
    for database in [&database, &left] {
        project
            .limbeck(&["upgrade", "head", "--url", &database.url()])
            .exits(0);
        let mut history = database.history();
        history.sort();
        assert_eq!(
            history,
            ["aaaa applied", "eeee applied head", "ssss applied"]
        );
    }
}

#[test]
fn a_program_without_the_squash_refuses_a_database_that_has_it() {
    let (database, project) = started();
    project.limbeck(&SQUASH).exits(0);
    project.limbeck(&["upgrade", "head"]).exits(0);
    fs::remove_dir_all(project.path(folder(&project))).expect("a folder");
    let before = database.history();
    project.limbeck(&["upgrade", "head"]).exits(1).says(&[
        "the database has revision `ssss` of `blog`, which this program does not know",
        "hint: bring the unknown revisions into this program",
    ]);
    assert_eq!(database.history(), before);
}

#[test]
fn roles_that_scratch_lacks_are_made_there() {
    let (_database, project) = started();
    project.add(
        "ffff",
        "GRANT SELECT ON e TO nobody_has_this_role_either;",
        Some("REVOKE SELECT ON e FROM nobody_has_this_role_either;"),
    );
    project
        .limbeck(&["squash", "eeee:ffff", "--rev-id", "ssss"])
        .exits(0);
    let up = project.read(folder(&project).join("up.sql"));
    assert!(up.contains("nobody_has_this_role_either"), "{up}");
}

#[test]
fn the_range_may_end_at_the_head_and_begin_at_the_base() {
    let (database, project) = started();
    project.limbeck(&["upgrade", "head"]).exits(0);
    let told = project
        .limbeck(&["squash", "aaaa:head", "--json", "--rev-id", "ssss"])
        .exits(0);
    let json = told.json();
    assert_eq!(
        json["replaces"],
        json!(["aaaa", "bbbb", "cccc", "dddd", "eeee"])
    );
    assert_eq!(json["written"]["parents"], json!([]));
    assert!(project.read("migrations/HEADS").ends_with("\nssss\n"));
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(database.history(), ["ssss applied head"]);
    project
        .limbeck(&["revision", "-m", "next", "--rev-id", "ffff"])
        .exits(0);
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(database.history(), ["ssss applied", "ffff applied head"]);
    project.program("none", &["replay"]).exits(0);
    project.limbeck(&["downgrade", "base", "--yes"]).exits(0);
    assert_eq!(database.history(), [""; 0]);
    project
        .limbeck(&["show", "bbbb"])
        .exits(1)
        .says(&["hint: revision `ssss` replaces `bbbb`: name that one"]);
}

#[test]
fn what_no_schema_tells_is_refused_unless_it_is_left_out() {
    let (database, project) = started();
    project.add(
        "ffff",
        "CREATE TABLE f (id int);\nINSERT INTO f VALUES (1);\n",
        Some("DROP TABLE f;"),
    );
    let before = project.directory();
    let range = ["squash", "eeee:ffff", "--rev-id", "ssss"];
    project.limbeck(&range).exits(1).says(&[
        "the way up of revision `ffff` does what no schema tells: `INSERT INTO f VALUES (1)`",
        "hint: a squash is written from schemas: leave that out with `--without-data`",
    ]);
    assert_eq!(project.directory(), before);
    let told = project
        .limbeck(&[&range[..], &["--without-data"]].concat())
        .exits(0);
    told.says(&["left out: the way up of revision `ffff`: INSERT INTO f VALUES (1)"]);
    let up = project.read(folder(&project).join("up.sql"));
    assert!(up.contains("\n-- INSERT INTO f VALUES (1)\n"), "{up}");
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(database.lines("SELECT id::text AS line FROM f"), [""; 0]);
}

#[test]
fn what_is_no_range_is_refused() {
    let (_database, project) = started();
    project.add_with("xxxx", "CREATE TABLE x ();", Some("DROP TABLE x;"), |one| {
        one.parents = vec![limbeck::RevisionId::new("cccc").expect("an identifier")];
    });
    let before = project.directory();
    for (range, code, words) in [
        ("bbbb", 2, "`bbbb` is no range"),
        (
            "bbbb:bbbb",
            1,
            "`bbbb:bbbb` is no range of several revisions",
        ),
        (
            "dddd:bbbb",
            1,
            "`dddd:bbbb` is no range of several revisions",
        ),
        (
            "bbbb:dddd",
            1,
            "`xxxx` (xxxx) stands on revision `cccc` (cccc), in the middle of the range",
        ),
        ("bbbb:heads", 1, "`heads` is not one revision"),
    ] {
        project
            .limbeck(&["squash", range])
            .exits(code)
            .says(&[words]);
        assert_eq!(project.directory(), before, "{range}");
    }
    // Below the fork there is one.
    project
        .limbeck(&["squash", "aaaa:cccc", "--rev-id", "ssss"])
        .exits(0);
    let told = project.limbeck(&["squash", "ssss:dddd"]).exits(1);
    told.says(&["hint: "]);
    assert_eq!(
        project.limbeck(&["heads"]).exits(0).stdout,
        "eeee (head)\nxxxx (head)\n"
    );
}
