//! Two developers' revisions made one line again, from the conflict in version control to the database.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::project::Project;
use crate::support::TestDatabase;

/// A revision in a folder of a day, with the table of its name.
fn add(project: &Project, day: &str, id: &str, below: &str) {
    let folder = format!("migrations/2026-01-{day}-000000_{id}_x");
    fs::create_dir_all(project.path(&folder)).expect("a folder");
    let metadata =
        format!("revision = \"{id}\"\ndown_revision = {below}\nrun_in_transaction = true\n");
    let metadata = metadata.replace("down_revision = \n", "");
    project.write(format!("{folder}/metadata.toml"), &metadata);
    project.write(
        format!("{folder}/up.sql"),
        &format!("CREATE TABLE t_{id} ();\n"),
    );
    project.write(
        format!("{folder}/down.sql"),
        &format!("DROP TABLE t_{id};\n"),
    );
}

/// `aaaa`, on which one branch has `mine` and `more`, and the other, later, `them`; as version control leaves
/// them.
fn conflicted() -> (TestDatabase, Project) {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    add(&project, "01", "aaaa", "");
    add(&project, "02", "mine", "\"aaaa\"");
    add(&project, "03", "more", "\"mine\"");
    add(&project, "04", "them", "\"aaaa\"");
    let heads = "# one a line\n<<<<<<< HEAD\nmore\n=======\nthem\n>>>>>>> them\n";
    project.write("migrations/HEADS", heads);
    (database, project)
}

#[test]
fn every_command_names_the_conflict_and_the_way_out() {
    let (database, project) = conflicted();
    let before = project.directory();
    for command in [
        "heads",
        "history",
        "branches",
        "show head",
        "current",
        "upgrade heads",
        "downgrade base",
        "stamp heads",
        "plan upgrade heads",
        "merge",
        "revision -m x",
        "snapshot revisions",
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let told = project.limbeck(&arguments).exits(1);
        assert_eq!(told.stdout, "", "{told}");
        told.says(&[
            "`HEADS` holds a merge conflict: two branches have each added a revision, `more` \
             (2026-01-03-000000_more_x) and `them` (2026-01-04-000000_them_x)\n",
            "migrations/HEADS:2\n",
            "\nhint: `limbeck rebase mine --onto them` puts the one branch above the other",
            "`limbeck rebase them --onto more` the other way round",
        ]);
    }
    assert_eq!(project.directory(), before);
    assert_eq!(database.catalog().len(), 1, "nothing was run");
}

#[test]
fn what_is_applied_stays_and_what_is_not_goes_above_it() {
    let (database, project) = conflicted();
    // The database has what the other branch has, and was brought there before the two were merged.
    let merged = project.read("migrations/HEADS");
    project.write("migrations/HEADS", "more\nthem\n");
    project.limbeck(&["upgrade", "them"]).exits(0);
    project.write("migrations/HEADS", &merged);

    let before = project.directory();
    let told = project
        .limbeck(&["rebase", "them", "--onto", "more"])
        .exits(1);
    told.says(&[
        "revision `them` (2026-01-04-000000_them_x) is applied in the database",
        "\nhint: move the other branch, or take this one back first (`limbeck downgrade`)",
    ]);
    assert_eq!(project.directory(), before);

    let told = project
        .limbeck(&["rebase", "mine", "--onto", "th"])
        .exits(0);
    assert_eq!(
        told.stdout,
        "mine stands on them\n\
         renamed migrations/2026-01-02-000000_mine_x to migrations/2026-01-04-000001_mine_x\n\
         renamed migrations/2026-01-03-000000_more_x to migrations/2026-01-04-000002_more_x\n\
         settled the conflict in HEADS: more\n"
    );
    assert_eq!(told.stderr, "");
    let folders = [
        "2026-01-01-000000_aaaa_x",
        "2026-01-04-000000_them_x",
        "2026-01-04-000001_mine_x",
        "2026-01-04-000002_more_x",
    ];
    let folders: Vec<PathBuf> = folders
        .iter()
        .map(|name| Path::new("migrations").join(name))
        .collect();
    assert_eq!(project.revisions(), folders);
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(
        database.history(),
        [
            "aaaa applied",
            "them applied",
            "mine applied",
            "more applied head"
        ]
    );
    let told = project.program("none", &["check"]).exits(0);
    assert_eq!(told.stdout, "no difference\n");
    let told = project
        .limbeck(&["rebase", "mine", "--onto", "them"])
        .exits(1);
    told.says(&["revision `mine` (2026-01-04-000001_mine_x) is applied in the database"]);
}

#[test]
fn a_database_that_cannot_be_asked_wants_a_word() {
    let (_database, project) = conflicted();
    let unreachable = "postgres://me@/blog?host=/no/such/folder";
    let rebase = ["rebase", "mine", "--onto", "them", "--url", unreachable];
    let before = project.directory();
    project.limbeck(&rebase).exits(1).says(&[
        "error: no connection",
        "`--offline` moves it without asking, where you know that no database has it",
    ]);
    project.write(".env", "");
    project
        .limbeck(&rebase[..4])
        .exits(2)
        .says(&["`--offline` moves it without asking"]);
    assert_eq!(project.directory(), before);

    let told = project
        .limbeck(&[&rebase[..], &["--offline", "--json"]].concat())
        .exits(0);
    let moved = |id: &str, below: [&str; 2], folders: [&str; 2]| {
        json!({
            "revision": id, "parents_before": [below[0]], "parents": [below[1]],
            "folder_before": format!("migrations/{}", folders[0]),
            "folder": format!("migrations/{}", folders[1]),
        })
    };
    assert_eq!(
        told.json(),
        json!({
            "version": 1,
            "moved": [
                moved("mine", ["aaaa", "them"], ["2026-01-02-000000_mine_x", "2026-01-04-000001_mine_x"]),
                moved("more", ["mine", "mine"], ["2026-01-03-000000_more_x", "2026-01-04-000002_more_x"]),
            ],
            "heads": ["more"],
            "conflict_settled": true,
        })
    );
    let told = project
        .limbeck(&["rebase", "mine", "--onto", "them", "--offline"])
        .exits(0);
    assert_eq!(
        told.stdout,
        "it stands there already: nothing was written\n"
    );
}

#[test]
fn a_program_moves_what_its_directory_holds() {
    let (database, project) = conflicted();
    project.write("migrations/HEADS", "more\nthem\n");
    let told = project
        .program("none", &["rebase", "them", "--onto", "more"])
        .exits(0);
    assert_eq!(told.stdout, "them stands on more\nheads: them\n");
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(database.history().len(), 4);
}

#[test]
fn wrong_usage_is_told() {
    let (_database, project) = conflicted();
    project
        .limbeck(&["rebase", "mine"])
        .exits(2)
        .says(&["--onto <HEAD>"]);
    project
        .limbeck(&["rebase", "mine;", "--onto", "them"])
        .exits(2)
        .says(&["mine;"]);
    project
        .limbeck(&["rebase", "none", "--onto", "them", "--offline"])
        .exits(1)
        .says(&["there is no revision `none`"]);
    let told = project.limbeck(&["rebase", "--help"]).exits(0);
    assert!(told.stdout.contains("Do not ask the database"), "{told}");
}
