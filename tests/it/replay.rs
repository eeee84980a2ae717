//! Every revision up, down and up again, in scratch.

use serde_json::json;

use crate::project::Project;
use crate::support::TestDatabase;

/// A project without a database of its own: scratch is on a throwaway server.
fn project() -> Project {
    let project = Project::new("unused");
    project.write(".env", "");
    std::fs::remove_file(project.path("Cargo.toml")).expect("the file is there");
    project
}

const A: (&str, &str) = ("CREATE TABLE a (id int PRIMARY KEY);", "DROP TABLE a;");

#[test]
fn what_a_way_down_forgets_is_told_in_a_line() {
    let project = project();
    project.add("aaaa", A.0, Some(A.1));
    let up =
        "ALTER TABLE a ADD COLUMN note text; CREATE INDEX a_note ON a (note); CREATE SCHEMA other;
              CREATE TABLE other.b (); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';";
    let down = "DROP INDEX a_note; DROP TABLE other.b;";
    project.add("bbbb", up, Some(down));
    project.add_with(
        "cccc",
        "CREATE TABLE c (a_id int REFERENCES a); COMMENT ON TABLE a IS 'of c'",
        Some("DROP TABLE c; COMMENT ON TABLE a IS NULL"),
        |revision| revision.message = "add c".to_owned(),
    );
    for command in [&["replay"][..], &["check", "--offline"]] {
        let told = project.limbeck(command).exits(3);
        assert_eq!(
            told.stdout,
            "aaaa: up, down and up again\n\
             bbbb: down does not lead back: schema:other is left; column:public.a.note is left; \
             function:public.f() is left\n\
             cccc (add c): up, down and up again\n"
        );
        assert!(
            told.stderr.starts_with("\nhint: a way down takes back all"),
            "{told}"
        );
    }
    let told = project.limbeck(&["replay", "--json"]).exits(3);
    let told_of_b = "revision `bbbb`: down does not lead back: schema:other is left; \
                     column:public.a.note is left; function:public.f() is left";
    assert_eq!(
        told.json(),
        json!({
            "version": 1,
            "clean": false,
            "compared_with_models": false,
            "revisions": [
                {"revision": "aaaa", "message": "", "outcome": "leads_back"},
                {"revision": "bbbb", "message": "", "outcome": "differs"},
                {"revision": "cccc", "message": "add c", "outcome": "leads_back"},
            ],
            "findings": [{
                "fault": "down",
                "revision": "bbbb",
                "differences": [
                    "schema:other is left",
                    "column:public.a.note is left",
                    "function:public.f() is left",
                ],
                "told": told_of_b,
            }],
        })
    );
}

#[test]
fn what_postgres_only_prints_in_another_way_is_no_difference() {
    let project = project();
    project.add(
        "aaaa",
        "CREATE TABLE a (b varchar(9) CHECK (b IN ('x', 'y')));",
        Some("DROP TABLE a;"),
    );
    project.add(
        "bbbb",
        "ALTER TABLE a ALTER b TYPE text;",
        Some("ALTER TABLE a ALTER b TYPE varchar(9);"),
    );
    let told = project.limbeck(&["replay"]).exits(0);
    assert_eq!(
        told.stdout,
        "aaaa: up, down and up again\nbbbb: up, down and up again\n"
    );
}

#[test]
fn a_way_down_that_is_missing_is_accepted_by_name() {
    let project = project();
    project.add("aaaa", A.0, Some(A.1));
    project.add("bbbb", "CREATE TABLE b ();", None);
    let told = project.limbeck(&["replay"]).exits(3);
    assert_eq!(
        told.stdout,
        "aaaa: up, down and up again\nbbbb: no way down\n"
    );
    told.says(&["accept that with `--without-way-down bbbb`"]);
    let accepted = ["check", "--offline", "--without-way-down", "b"];
    let told = project.limbeck(&accepted).exits(0);
    assert_eq!(
        told.stdout,
        "aaaa: up, down and up again\nbbbb: no way down\n"
    );
    assert_eq!(told.stderr, "");
    project
        .limbeck(&[
            "replay",
            "--without-way-down",
            "aaaa",
            "--without-way-down",
            "bbbb",
        ])
        .exits(3);
    project
        .limbeck(&["replay", "--without-way-down", "zzzz"])
        .exits(1)
        .says(&["there is no revision `zzzz`"]);
    project
        .limbeck(&["check", "--without-way-down", "bbbb"])
        .exits(2)
        .says(&["--offline"]);
}

#[test]
fn a_revision_that_does_not_run_is_told_with_its_place() {
    let project = project();
    project.add("aaaa", A.0, Some(A.1));
    project.add("bbbb", "SELECT 1;\nCREATE TABLE a ();", Some(""));
    project.add("cccc", "CREATE TABLE c ();", Some("DROP TABLE c;"));
    let told = project.limbeck(&["replay"]).exits(3);
    let lines: Vec<&str> = told.stdout.lines().collect();
    let ["aaaa: up, down and up again", fails, "cccc: not reached"] = lines.as_slice() else {
        panic!("{told}")
    };
    assert!(
        fails.starts_with("bbbb: revision `bbbb` does not run at "),
        "{told}"
    );
    assert!(fails.contains("bbbb/up.sql:2:1"), "{told}");
    assert!(fails.contains("relation \"a\" already exists"), "{told}");
}

#[test]
fn branches_merges_dependencies_and_roles_are_no_hindrance() {
    let project = project();
    let id = |text: &str| limbeck::RevisionId::new(text).expect("an identifier");
    project.add("aaaa", A.0, Some(A.1));
    // A role that no server has by itself.
    project.add(
        "bbbb",
        "CREATE TABLE b (); GRANT SELECT ON b TO nobody_has_this_role;",
        Some("DROP TABLE b;"),
    );
    project.add_with("xxxx", "CREATE TABLE x ();", Some("DROP TABLE x;"), |one| {
        one.parents = vec![id("aaaa")];
    });
    // It depends on what stands above its own parent.
    project.add_with(
        "yyyy",
        "CREATE TABLE y (); COMMENT ON TABLE b IS 'y';",
        Some("DROP TABLE y; COMMENT ON TABLE b IS NULL;"),
        |one| {
            one.parents = vec![id("aaaa")];
            one.depends_on = vec!["bbbb".parse().expect("a dependency")];
        },
    );
    // A root that depends on another branch.
    project.add_with(
        "zzzz",
        "COMMENT ON TABLE x IS 'z';",
        Some("COMMENT ON TABLE x IS NULL;"),
        |one| {
            one.parents = Vec::new();
            one.depends_on = vec!["xxxx".parse().expect("a dependency")];
        },
    );
    project.add_with("mmmm", "CREATE TABLE m ();", Some("DROP TABLE m;"), |one| {
        one.parents = vec![id("bbbb"), id("xxxx")];
    });
    let told = project.limbeck(&["replay"]).exits(0);
    let mut lines: Vec<&str> = told.stdout.lines().collect();
    lines.sort_unstable();
    let expected = ["aaaa", "bbbb", "mmmm", "xxxx", "yyyy", "zzzz"]
        .map(|id| format!("{id}: up, down and up again"));
    assert_eq!(lines, expected, "{told}");
}

#[test]
fn the_end_is_compared_with_the_models() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project
        .program("one", &["revision", "--autogenerate", "-m", "one"])
        .exits(0);
    let told = project.program("one", &["replay"]).exits(0);
    assert!(
        told.stdout
            .ends_with(" (one): up, down and up again\nmodels: no difference\n"),
        "{told}"
    );
    let told = project.program("two", &["check", "--offline"]).exits(3);
    assert!(told.stdout.contains("\nmodels: "), "{told}");
    told.says(&["\nhint: `limbeck revision --autogenerate"]);
    let told = project.program("two", &["replay", "--json"]).exits(3);
    let json = told.json();
    assert_eq!(json["compared_with_models"], true);
    assert_eq!(json["findings"][0]["fault"], "models");
    assert_eq!(database.catalog().len(), 1, "nothing is made in it");
    assert_eq!(database.history(), [""; 0]);

    // Where a database is named that is not there, nobody is asked to be scratch in its place.
    project
        .program(
            "one",
            &["replay", "--url", "postgres://me@/x?host=/no/such/folder"],
        )
        .exits(1)
        .says(&["error: no connection"]);
}
