//! Several databases in one `limbeck.toml`, and what variables say over it.

use crate::project::{PASSWORD, Project};
use crate::support::TestDatabase;

/// A project with the databases `blog`, the first, and `reporting`, which has revisions of its own.
fn project() -> (TestDatabase, TestDatabase, Project) {
    let (blog, reporting) = (TestDatabase::new(), TestDatabase::new());
    let project = Project::new(&blog.url());
    project.add("aaaa", "CREATE TABLE a ();", Some("DROP TABLE a;"));
    std::fs::create_dir_all(project.path("reports/bbbb")).expect("a folder");
    project.write(
        "reports/bbbb/metadata.toml",
        "revision = \"bbbb\"\nrun_in_transaction = true\n",
    );
    project.write("reports/bbbb/up.sql", "CREATE TABLE b ();");
    project.write("reports/bbbb/down.sql", "DROP TABLE b;");
    project.write("reports/HEADS", "bbbb\n");
    project.write(
        "limbeck.toml",
        "[database]\nurl = \"${DATABASE_URL}\"\n\n[history]\ntable = \"done\"\n\n\
         [databases.reporting]\nurl = \"${REPORTING_URL}\"\n\n\
         [databases.reporting.revisions]\ndirectory = \"reports\"\nbundle = \"reports\"\n\n\
         [databases.copy]\nurl = \"${REPORTING_URL}\"\n",
    );
    project.write(
        ".env",
        &format!(
            "DATABASE_URL='{}'\nREPORTING_URL='{}'\n",
            blog.url(),
            reporting.url()
        ),
    );
    (blog, reporting, project)
}

#[test]
fn each_database_has_its_revisions_and_what_it_leaves_out_is_as_for_the_first() {
    let (blog, reporting, project) = project();
    let told = project.limbeck(&["upgrade", "head"]).exits(0);
    assert!(told.stdout.starts_with("applied aaaa"), "{told}");
    let told = project
        .limbeck(&["upgrade", "head", "--database", "reporting"])
        .exits(0);
    assert!(told.stdout.starts_with("applied bbbb"), "{told}");
    let tables = |database: &TestDatabase| {
        database.lines("SELECT relname::text AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1")
    };
    assert_eq!(tables(&blog), ["a", "done"]);
    assert_eq!(tables(&reporting), ["b", "done"]);
    let told = project
        .limbeck_with(&["current"], &[("LIMBECK_DATABASE", "reporting")])
        .exits(0);
    assert_eq!(told.stdout, "bbbb (head)\n");
    // The flag is over the variable; the same revisions in another database.
    let copy = ["upgrade", "head", "--database", "copy"];
    project
        .limbeck_with(&copy, &[("LIMBECK_DATABASE", "reporting")])
        .exits(0);
    assert_eq!(tables(&reporting), ["a", "b", "done"]);
    let told = project
        .limbeck(&["heads", "--database", "reporting"])
        .exits(0);
    assert!(told.stdout.starts_with("bbbb"), "{told}");
    // Somebody else's URL, said by hand.
    let url = blog.url();
    let told = project
        .limbeck(&["current", "--database", "reporting", "--url", &url])
        .exits(0);
    assert!(told.stderr.contains("pending: bbbb"), "{told}");
}

#[test]
fn a_database_that_cannot_be_meant_is_told() {
    let (blog, _reporting, project) = project();
    let check = |arguments: &[&str], variables: &[(&str, &str)], message: &str| {
        let told = project.limbeck_with(arguments, variables).exits(2);
        assert!(told.stderr.contains(message), "{told}");
    };
    check(
        &["current", "--database", "reportin"],
        &[],
        "did you mean `reporting`?",
    );
    check(
        &["current", "--database", "x"],
        &[],
        "it names copy, reporting",
    );
    let url = blog.url();
    check(
        &["upgrade", "head", "--database", "reporting"],
        &[("LIMBECK_DATABASE_URL", &url)],
        "`LIMBECK_DATABASE_URL` is set, and so is the database `reporting`",
    );
    // A program has its own revisions, whichever database is named.
    let told = project
        .program("none", &["current", "--database", "reporting"])
        .exits(2);
    assert!(
        told.stderr.contains("this program has the revisions of `blog`, and `[databases.reporting]` states those of `reports`"),
        "{told}"
    );
    project
        .program("none", &["current", "--database", "copy"])
        .exits(0);
    for (text, message) in [
        ("[databases.x]\nulr = \"y\"\n", "limbeck.toml:2:1"),
        (
            "[databases.x]\nurl = \"y\"\n[databases.x.history]\ntabel = \"z\"\n",
            "did you mean `table`?",
        ),
        (
            "[databases.x.history]\ntable = \"z\"\n",
            "`[databases.x]` in ",
        ),
    ] {
        project.write("limbeck.toml", text);
        check(&["current", "--database", "x"], &[], message);
    }
    project.write(
        "limbeck.toml",
        &format!("[databases.x]\nurl = \"postgres://me:{PASSWORD}@localhost/x\"\n"),
    );
    let told = project.limbeck(&["heads"]).exits(0);
    assert!(told.stderr.contains("holds a password"), "{told}");
}

#[test]
fn timeouts_are_said_by_flags_and_variables() {
    let (database, _, project) = project();
    project.add(
        "cccc",
        "CREATE TABLE seen AS SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout') AS line;",
        Some("DROP TABLE seen;"),
    );
    let arguments = ["upgrade", "head", "--lock-timeout", "1500ms"];
    let variables = [
        ("LIMBECK_LOCK_TIMEOUT", "9s"),
        ("LIMBECK_STATEMENT_TIMEOUT", "2min"),
        ("LIMBECK_WAIT", "3"),
    ];
    project.limbeck_with(&arguments, &variables).exits(0);
    assert_eq!(database.lines("SELECT line FROM seen"), ["1500ms 2min"]);
    let told = project
        .limbeck_with(&["downgrade", "head:aaaa", "--sql"], &variables)
        .exits(0);
    assert!(
        told.stdout
            .contains("SET LOCAL lock_timeout = 9000;\nSET LOCAL statement_timeout = 120000;\n"),
        "{told}"
    );
    let told = project
        .limbeck(&["upgrade", "head", "--lock-timeout", "soon"])
        .exits(2);
    assert!(
        told.stderr.contains("write it as `500ms`, `5s` or `2min`"),
        "{told}"
    );
}
