//! Several branches on the command line: what would be done, labels before an `@`, several stamped at once.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::project::Project;
use crate::support::TestDatabase;

/// A revision over others, which makes and drops a table of its name.
fn add(project: &Project, id: &str, metadata: &str) {
    let folder = format!("migrations/2026-01-01-000000_{id}_{id}");
    std::fs::create_dir_all(project.path(&folder)).expect("a folder");
    let text = format!("revision = \"{id}\"\nrun_in_transaction = true\n{metadata}\n");
    project.write(format!("{folder}/metadata.toml"), &text);
    project.write(
        format!("{folder}/up.sql"),
        &format!("CREATE TABLE t_{id} (id int);\n"),
    );
    project.write(
        format!("{folder}/down.sql"),
        &format!("DROP TABLE t_{id};\n"),
    );
}

/// `a` with two branches, `shop` with `b` and `c`, and `x`; and another root, `lone`, that depends on `b`.
fn forked() -> (TestDatabase, Project) {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    add(&project, "aaaa", "");
    add(
        &project,
        "bbbb",
        "down_revision = \"aaaa\"\nbranch_labels = [\"shop\"]",
    );
    add(&project, "cccc", "down_revision = \"bbbb\"");
    add(&project, "xxxx", "down_revision = \"aaaa\"");
    add(
        &project,
        "zzzz",
        "branch_labels = [\"lone\"]\ndepends_on = [\"shop\"]",
    );
    project.write("migrations/HEADS", "cccc\nxxxx\nzzzz\n");
    (database, project)
}

/// The steps of `plan --json`, `+` or `-` and the revision each.
#[track_caller]
fn planned(project: &Project, way: &str, target: &str) -> String {
    let told = project.limbeck(&["plan", way, target, "--json"]).exits(0);
    let json: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(json["version"], 1);
    let steps = json["steps"].as_array().expect("steps").iter().map(|step| {
        let sign = if step["direction"] == "up" { '+' } else { '-' };
        format!("{sign}{}", step["revision"].as_str().unwrap_or("?"))
    });
    steps.collect::<Vec<_>>().join(" ")
}

/// The heads of `current --json`.
#[track_caller]
fn current(project: &Project) -> String {
    let told = project.limbeck(&["current", "--json"]).exits(0);
    let json: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let heads = json["heads"].as_array().expect("heads").iter();
    let heads = heads.map(|head| head["revision"].as_str().unwrap_or("?").to_owned());
    heads
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn what_would_be_done_is_told_and_not_done() {
    let (database, project) = forked();
    let before = database.catalog();
    assert_eq!(
        planned(&project, "upgrade", "heads"),
        "+aaaa +bbbb +xxxx +zzzz +cccc"
    );
    assert_eq!(
        planned(&project, "upgrade", "shop@head"),
        "+aaaa +bbbb +cccc"
    );
    assert_eq!(planned(&project, "upgrade", "shop@+1"), "+aaaa");
    assert_eq!(planned(&project, "upgrade", "lone"), "+aaaa +bbbb +zzzz");
    assert_eq!(
        database.catalog(),
        before,
        "nothing is made, no history either"
    );

    project.limbeck(&["upgrade", "heads"]).exits(0);
    // What is depended on is no row of its own.
    assert_eq!(current(&project), "cccc xxxx zzzz");
    assert_eq!(planned(&project, "downgrade", "shop@-1"), "-cccc");
    assert_eq!(
        planned(&project, "downgrade", "shop@aaaa"),
        "-cccc -zzzz -bbbb"
    );
    assert_eq!(planned(&project, "downgrade", "lone@base"), "-zzzz");
    let told = project
        .limbeck(&["plan", "downgrade", "lone@base"])
        .exits(0);
    assert_eq!(
        told.stdout,
        "-- take back zzzz\n-- takes data away: DROP TABLE t_zzzz\nBEGIN;\nDROP TABLE t_zzzz\n;\nCOMMIT;\n\n"
    );
    project
        .limbeck(&["downgrade", "lone@base", "--yes"])
        .exits(0);
    assert_eq!(current(&project), "cccc xxxx");
    project
        .limbeck(&["downgrade", "shop@bbbb", "--yes"])
        .exits(0);
    project.limbeck(&["upgrade", "zzzz"]).exits(0);
    assert_eq!(
        current(&project),
        "xxxx zzzz",
        "the dependent took the row of `bbbb`"
    );
    let told = project.limbeck(&["upgrade", "zzzz"]).exits(0);
    assert!(told.stdout.starts_with("nothing to do"), "{told}");
}

#[test]
fn several_are_stamped_at_once() {
    let (_database, project) = forked();
    project.limbeck(&["stamp", "cccc", "xxxx"]).exits(0);
    assert_eq!(current(&project), "cccc xxxx");
    project.limbeck(&["stamp", "bbbb"]).exits(0);
    assert_eq!(current(&project), "bbbb xxxx");
    project.limbeck(&["stamp", "--purge", "zzzz"]).exits(0);
    assert_eq!(current(&project), "zzzz");
    project.limbeck(&["stamp", "--purge", "shop@head"]).exits(0);
    assert_eq!(current(&project), "cccc");
    project.limbeck(&["stamp", "zzzz"]).exits(0);
    project.limbeck(&["stamp", "shop@base"]).exits(0);
    assert_eq!(current(&project), "");
}

#[test]
fn a_branch_that_is_not_there_is_told() {
    let (_database, project) = forked();
    // Without a program that could know of other bundles.
    std::fs::remove_file(project.path("Cargo.toml")).expect("it is there");
    let told = project.limbeck(&["upgrade", "shopp@head"]).exits(1);
    assert!(
        told.stderr.contains("no bundle `shopp`") && told.stderr.contains("did you mean `shop`?"),
        "{told}"
    );
    let told = project.limbeck(&["upgrade", "shop@xxxx"]).exits(1);
    assert!(
        told.stderr.contains("is not of the branch `shop`"),
        "{told}"
    );
    let told = project.limbeck(&["upgrade", "head"]).exits(1);
    assert!(told.stderr.contains("any of 3 heads"), "{told}");
    project.limbeck(&["upgrade", "shop@head+1junk"]).exits(2);
}

#[test]
fn branches_are_written_shown_and_merged() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    let write = |arguments: &[&str]| {
        let arguments = [&["revision"], arguments].concat();
        project.limbeck(&arguments)
    };
    write(&["-m", "account", "--rev-id", "1975", "--head", "base"]).exits(0);
    write(&["-m", "column", "--rev-id", "ae10"]).exits(0);
    let cart = [
        "-m",
        "cart",
        "--rev-id",
        "27c6",
        "--head",
        "1975",
        "--branch-label",
        "shop",
    ];
    let told = write(&cart).exits(1);
    assert!(
        told.stderr.contains("`--splice` begins a new branch there"),
        "{told}"
    );
    write(&[&cart[..], &["--splice"]].concat()).exits(0);
    let told = write(&["--head", "base", "--branch-label", "shop"]).exits(1);
    assert!(told.stderr.contains("`shop` of revision"), "{told}");
    write(&[
        "-m",
        "net",
        "--rev-id",
        "3cac",
        "--head",
        "base",
        "--branch-label",
        "net",
    ])
    .exits(0);
    write(&[
        "-m",
        "dns",
        "--rev-id",
        "29f8",
        "--head",
        "net@head",
        "--depends-on",
        "ae",
    ])
    .exits(0);
    let says = |arguments: &[&str], expected: &str| {
        let told = project.limbeck(arguments).exits(0);
        assert_eq!(told.stdout, expected, "{arguments:?}");
    };
    says(
        &["heads"],
        "27c6 (shop) (head)\n29f8 (net) (head)\nae10 (effective head)\n",
    );
    says(
        &["heads", "--resolve-dependencies"],
        "27c6 (shop) (head)\n29f8 (net) (head)\n",
    );
    says(
        &["branches"],
        "1975 (branchpoint)\n     -> 27c6 (shop) (head)\n     -> ae10 (effective head)\n",
    );
    says(
        &["history", "-r", "1975:shop@head"],
        "1975 -> 27c6 (shop) (head), cart\n<base> -> 1975 (branchpoint), account\n",
    );
    says(
        &["history", "-r", "-1:ae10"],
        "1975 -> ae10 (effective head), column\n<base> -> 1975 (branchpoint), account\n",
    );
    project.limbeck(&["current", "--check-heads"]).exits(3);
    project.limbeck(&["stamp", "heads"]).exits(0);
    project.limbeck(&["current", "--check-heads"]).exits(0);
    says(
        &["history", "-i", "-r", "3cac:current"],
        "3cac (ae10) -> 29f8 (net) (head) (current), dns\n<base> -> 3cac (net), net\n",
    );
    project
        .limbeck(&["merge", "-m", "both", "--rev-id", "bb9c"])
        .exits(0);
    says(
        &["history", "-r", "27c6:"],
        "27c6, 29f8 -> bb9c (net, shop) (head) (mergepoint), both\n1975 -> 27c6 (shop), cart\n",
    );
    let told = project.limbeck(&["merge"]).exits(1);
    assert!(told.stderr.contains("there is nothing to merge"), "{told}");
    let told = project.limbeck(&["show", "29f8"]).exits(0);
    assert!(
        told.stdout
            .contains("Also depends on: ae10\nBranch names: net\n"),
        "{told}"
    );
}

#[test]
fn siblings_that_are_put_above_each_other_are_one_branch() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    add(&project, "aaaa", "");
    add(&project, "bbbb", "down_revision = \"aaaa\"");
    add(&project, "cccc", "down_revision = \"aaaa\"");
    project.write("migrations/HEADS", "bbbb\ncccc\n");
    project.limbeck(&["upgrade", "heads"]).exits(0);
    let recorded = "SELECT revision AS line FROM limbeck_revision WHERE is_head ORDER BY 1";
    assert_eq!(database.lines(recorded), ["bbbb", "cccc"]);

    let metadata = "migrations/2026-01-01-000000_cccc_cccc/metadata.toml";
    let above = project.read(metadata).replace("aaaa", "bbbb");
    project.write(metadata, &above);
    project.write("migrations/HEADS", "cccc\n");
    // What is looked at changes nothing, and is true of the chain as it is.
    let told = project.limbeck(&["current"]).exits(0);
    assert_eq!(told.stdout, "cccc (head)\n");
    assert_eq!(current(&project), "cccc");
    assert_eq!(database.lines(recorded), ["bbbb", "cccc"]);
    project.limbeck(&["current", "--check-heads"]).exits(0);
    assert_eq!(planned(&project, "upgrade", "head"), "");
    assert_eq!(database.lines(recorded), ["bbbb", "cccc"]);

    let told = project.limbeck(&["upgrade", "head"]).exits(0);
    assert!(!format!("{told}").contains("bbbb"), "{told}");
    assert_eq!(database.lines(recorded), ["cccc"]);
    assert_eq!(planned(&project, "downgrade", "-1"), "-cccc");
}

#[test]
fn what_a_branch_depends_on_is_not_forgotten_with_it() {
    let (_database, project) = forked();
    project.limbeck(&["upgrade", "zzzz"]).exits(0);
    project.limbeck(&["stamp", "lone@base"]).exits(0);
    assert_eq!(current(&project), "bbbb");
    // What was applied is not run again, which would fail.
    assert_eq!(planned(&project, "upgrade", "shop@head"), "+cccc");
    project.limbeck(&["upgrade", "shop@head"]).exits(0);
}

#[test]
fn several_heads_are_found_without_a_database() {
    let (_database, project) = forked();
    project.write(
        ".env",
        "DATABASE_URL=postgres://nobody@127.0.0.1:1/nothing\n",
    );
    let told = project.limbeck(&["check", "--single-head"]).exits(3);
    assert_eq!(told.stdout, "3 heads: cccc (shop), zzzz (lone), xxxx\n");
    assert_eq!(
        told.stderr,
        "hint: `limbeck merge` writes a revision over them\n"
    );
    let told = project
        .limbeck(&["check", "--single-head", "--json"])
        .exits(3);
    let json: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(json["single"], false);
    assert_eq!(json["heads"].as_array().map(Vec::len), Some(3));
    project.limbeck(&["merge", "--rev-id", "mmmm"]).exits(0);
    let told = project.limbeck(&["check", "--single-head"]).exits(0);
    assert_eq!(told.stdout, "one head: mmmm\n");
}

#[test]
fn the_graph_is_drawn() {
    let (_database, project) = forked();
    let told = project
        .limbeck(&["diagram", "--format", "mermaid"])
        .exits(0);
    assert_eq!(
        told.stdout,
        "flowchart TD\n    \
         r0[\"aaaa\"]:::revision\n    \
         r1[\"bbbb #40;shop#41;\"]:::revision\n    \
         r2[\"xxxx\"]:::head\n    \
         r3[\"zzzz #40;lone#41;\"]:::head\n    \
         r4[\"cccc\"]:::head\n    \
         r0 --> r1\n    \
         r0 --> r2\n    \
         r1 -.-> r3\n    \
         r1 --> r4\n    \
         classDef head stroke-width:3px\n    \
         classDef foreign stroke-dasharray:4 3\n"
    );
    let svg = project.limbeck(&["diagram"]).exits(0).stdout;
    assert!(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""),
        "{svg}"
    );
    assert_eq!(svg.matches("<g class=").count(), 5, "{svg}");
    for out in ["graph.svg", "graph.svg"] {
        let told = project.limbeck(&["diagram", "--out", out]).exits(0);
        assert_eq!(
            (told.stdout.as_str(), told.stderr.as_str()),
            ("", "wrote graph.svg\n")
        );
        assert_eq!(project.read(out), svg);
    }
    let told = project.limbeck(&["diagram", "--json"]).exits(0);
    let json: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(
        (&json["version"], &json["format"]),
        (&1.into(), &"svg".into())
    );
    assert_eq!(json["diagram"], svg.as_str());
    project
        .limbeck(&["diagram", "--out", "no/such/folder.svg"])
        .exits(1)
        .says(&["`no/such/folder.svg` cannot be written"]);
    project
        .limbeck(&["diagram", "--format", "png"])
        .exits(2)
        .says(&["[possible values: svg, mermaid]"]);
}
