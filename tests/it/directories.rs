//! Several revision directories of one bundle.

use crate::program::Package;
use crate::project::{Project, cargo, run};
use crate::support::TestDatabase;

const CONFIG: &str = "[revisions]\ndirectory = [\"migrations\", \"billing/migrations\"]\n";

/// The folders of the revisions in a directory of a project.
fn folders(project: &Project, directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(project.path(directory)).expect("it is there");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("it is read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "HEADS")
        .collect();
    names.sort();
    names
}

#[test]
fn revisions_are_written_and_run_from_all_of_them() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    project.write("limbeck.toml", CONFIG);
    let told = project.limbeck(&["init"]).exits(0);
    assert!(told.stdout.contains("wrote billing/migrations\n"), "{told}");
    let write = |id: &str, more: &[&str]| {
        let mut arguments = vec!["revision", "-m", id, "--rev-id", id];
        arguments.extend(more);
        project.limbeck(&arguments)
    };
    write("aaaa", &[]).exits(0);
    write("bbbb", &["--directory", "billing/migrations"]).exits(0);
    // Beside what it stands on, and elsewhere where that is said; `--version-path` is Alembic's word.
    let told = write("cccc", &[]).exits(0);
    assert!(
        told.stdout.starts_with("wrote billing/migrations/"),
        "{told}"
    );
    let told = write("dddd", &["--version-path", "./migrations"]).exits(0);
    assert!(told.stdout.starts_with("wrote migrations/"), "{told}");
    assert_eq!(folders(&project, "migrations").len(), 2);
    assert_eq!(folders(&project, "billing/migrations").len(), 2);
    assert!(project.read("migrations/HEADS").ends_with("\ndddd\n"));

    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(
        database.history(),
        [
            "aaaa applied",
            "bbbb applied",
            "cccc applied",
            "dddd applied head"
        ]
    );
    let told = project
        .limbeck_with(&["edit", "bbbb", "--json"], &[("EDITOR", "true")])
        .exits(0);
    assert!(told.stdout.contains("billing/migrations/"), "{told}");
    // Two branches, merged where that is said.
    write("eeee", &["--head", "bbbb", "--splice"]).exits(0);
    assert!(project.read("migrations/HEADS").ends_with("\ndddd\neeee\n"));
    let merge = [
        "merge",
        "--rev-id",
        "ffff",
        "--directory",
        "billing/migrations",
    ];
    let told = project.limbeck(&merge).exits(0);
    assert!(
        told.stdout.starts_with("wrote billing/migrations/"),
        "{told}"
    );
    project.limbeck(&["check", "--single-head"]).exits(0);

    let told = write("nope", &["--directory", "elsewhere"]).exits(2);
    assert!(
        told.stderr
            .contains("`elsewhere` is none of the revision directories"),
        "{told}"
    );
    assert!(told.stderr.contains("billing/migrations`"), "{told}");
    project.write("billing/migrations/HEADS", "");
    let told = project.limbeck(&["heads"]).exits(1);
    assert!(
        told.stderr
            .contains("there is a `HEADS` in a directory beside"),
        "{told}"
    );
    for list in ["[]", "3"] {
        project.write(
            "limbeck.toml",
            &format!("[revisions]\ndirectory = {list}\n"),
        );
        project.limbeck(&["heads"]).exits(2);
    }
}

const MAIN: &str = r#"
use limbeck::prelude::*;

fn main() -> limbeck::Result<()> {
    let migrator = limbeck::migrator!();
    migrator.cli()?;
    let url = std::env::var("DATABASE_URL").expect("a database");
    println!("{}", migrator.run_pending(&mut limbeck::connect(&url)?)?.applied.len());
    Ok(())
}
"#;

#[test]
fn a_program_embeds_all_of_them() {
    let database = TestDatabase::new();
    let limbeck = format!(
        "limbeck = {{ path = {:?}, features = [\"bundled\", \"cli\"] }}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    let package = Package::new("limbeck-test-directories", &limbeck);
    package.write("src/main.rs", MAIN);
    package.write("limbeck.toml", CONFIG);
    package.limbeck(&["init"]).exits(0);
    let write = |id: &str, directory: &str| {
        let arguments = [
            "revision",
            "-m",
            id,
            "--rev-id",
            id,
            "--directory",
            directory,
        ];
        package.limbeck(&arguments).exits(0);
    };
    write("aaaa", "migrations");
    write("bbbb", "billing/migrations");
    let start = || {
        let told = run(cargo()
            .current_dir(&package.root)
            .args(["run", "--offline", "--quiet"])
            .env("DATABASE_URL", database.url()));
        told.exits(0).stdout
    };
    assert_eq!(start(), "2\n");
    // One that comes beside the first builds the program again, by the one `HEADS`.
    write("cccc", "billing/migrations");
    assert_eq!(start(), "1\n");
    assert_eq!(
        database.history(),
        ["aaaa applied", "bbbb applied", "cccc applied head"]
    );
}
