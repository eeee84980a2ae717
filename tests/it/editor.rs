//! `edit` and `revision --edit`: somebody's editor on a revision's files.

use crate::project::Project;

/// A project without a database, with the revisions `aaaa` and `bbbb`.
fn project() -> Project {
    let project = Project::new("postgres://nobody@127.0.0.1:1/nothing");
    project.add("aaaa", "CREATE TABLE a ();", Some("DROP TABLE a;"));
    project.add("bbbb", "CREATE TABLE b ();", None);
    project
}

#[test]
fn the_files_of_a_revision_are_opened() {
    let project = project();
    // What it was called with, where the arguments of its own come first.
    project.write("log.sh", "printf '%s\\n' \"$@\" > opened\n");
    let editor = [("EDITOR", "sh log.sh --wait")];
    let told = project.limbeck_with(&["edit", "a"], &editor).exits(0);
    assert_eq!(told.stdout, "edited aaaa: its way up is as it was\n");
    let opened = |id: &str, files: &[&str]| {
        let opened = project.read("opened");
        let mut lines = opened.lines();
        assert_eq!(lines.next(), Some("--wait"));
        let expected: Vec<String> = files
            .iter()
            .map(|file| format!("migrations/{id}/{file}"))
            .collect();
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), expected.len(), "{opened}");
        for (line, expected) in lines.iter().zip(&expected) {
            assert!(line.ends_with(expected.as_str()), "{line} {expected}");
        }
    };
    opened("aaaa", &["up.sql", "down.sql", "metadata.toml"]);
    // `VISUAL` comes first, and `head` is a revision, too.
    let variables = [("VISUAL", "sh log.sh --wait"), ("EDITOR", "false")];
    let told = project
        .limbeck_with(&["edit", "head", "--json"], &variables)
        .exits(0);
    opened("bbbb", &["up.sql", "metadata.toml"]);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(json["revision"], "bbbb");
    assert_eq!(json["changed"], false);
    assert_eq!(json["files"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_came_of_the_editor_is_told() {
    let project = project();
    let edit = |editor: &str| project.limbeck_with(&["edit", "aaaa"], &[("EDITOR", editor)]);
    let told = edit("sed -i 's/a ()/a (id int)/'").exits(0);
    assert!(
        told.stdout
            .starts_with("edited aaaa: where it is applied already"),
        "{told}"
    );
    assert_eq!(
        project.read("migrations/aaaa/up.sql"),
        "CREATE TABLE a (id int);"
    );
    let told = edit("sh -c 'exit 7'").exits(1);
    assert!(told.stderr.contains("ended with the exit code 7"), "{told}");
    let told = edit("no-such-editor").exits(1);
    assert!(
        told.stderr
            .contains("`no-such-editor` ended with the exit code 127"),
        "{told}"
    );
    let told = edit("sed -i s/run_in_transaction/run_in_transactoin/").exits(1);
    assert!(
        told.stderr.contains("did you mean `run_in_transaction`?"),
        "{told}"
    );
    assert!(told.stderr.contains("metadata.toml"), "{told}");
}

#[test]
fn without_an_editor_it_is_said_what_to_do() {
    let project = project();
    let none = [("EDITOR", ""), ("VISUAL", "")];
    let told = project.limbeck_with(&["edit", "bbbb"], &none).exits(2);
    assert!(
        told.stderr.contains("neither `VISUAL` nor `EDITOR` is set"),
        "{told}"
    );
    assert!(told.stderr.contains("migrations/bbbb/up.sql`, `"), "{told}");
    let some = [("EDITOR", "true")];
    for (target, message) in [
        ("base", "`base` is no revision that could be edited"),
        ("nope", "nope"),
    ] {
        let told = project.limbeck_with(&["edit", target], &some).exits(1);
        assert!(told.stderr.contains(message), "{told}");
    }
    // Nothing is written that could not be opened.
    let before = project.directory();
    let told = project
        .limbeck_with(&["revision", "--edit", "-m", "x"], &none)
        .exits(2);
    assert!(told.stderr.contains("no editor is known"), "{told}");
    assert_eq!(project.directory(), before);
}

#[test]
fn a_new_revision_is_opened_where_that_is_asked() {
    let project = project();
    let arguments = ["revision", "-m", "more", "--rev-id", "cccc", "--edit"];
    let told = project
        .limbeck_with(
            &arguments,
            &[("EDITOR", "sed -i 's/^-- The way up.*/SELECT 1;/'")],
        )
        .exits(0);
    assert!(told.stdout.starts_with("wrote migrations/"), "{told}");
    let mut folder = project.revisions().into_iter();
    let folder = folder.rfind(|folder| folder.display().to_string().contains("cccc"));
    assert_eq!(
        project.read(folder.expect("it is there").join("up.sql")),
        "SELECT 1;\n"
    );
    let arguments = ["revision", "-m", "more", "--rev-id", "dddd", "--edit"];
    let told = project
        .limbeck_with(&arguments, &[("EDITOR", "false")])
        .exits(1);
    assert!(
        told.stderr
            .contains("the editor `false` ended with the exit code 1"),
        "{told}"
    );
}

#[test]
fn hooks_run_on_what_was_written() {
    let project = project();
    let hooks = |hooks: &str| {
        project.write(
            "limbeck.toml",
            &format!("[revisions]\npost_write = [{hooks}]\n"),
        );
    };
    let write = |id: &str| project.limbeck(&["revision", "-m", "more", "--rev-id", id]);
    let up = |id: &str| {
        let folders = project.revisions().into_iter();
        let mut folders = folders.filter(|folder| folder.display().to_string().contains(id));
        project.read(folders.next().expect("it is written").join("up.sql"))
    };
    // One after the other, in the folder of `limbeck.toml`; what they say is no result.
    hooks(
        "\"sed -i 's/^-- The way up.*/select 1;/'\", \"sed -i s/select/SELECT/\", \"sh -c 'echo \\\"$#\\\" $0; pwd' me\"",
    );
    let told = write("cccc").exits(0);
    assert_eq!(up("cccc"), "SELECT 1;\n");
    assert_eq!(told.stdout.lines().count(), 1, "{told}");
    assert!(told.stderr.starts_with("2 me\n"), "{told}");
    let folder = project.path("").canonicalize().expect("a folder");
    assert!(
        told.stderr
            .contains(folder.display().to_string().trim_end_matches('/')),
        "{told}"
    );
    // One that fails is told, those behind it are not run, and nothing is taken back.
    hooks("\"false\", \"sed -i 's/^-- The way up.*/select 1;/'\"");
    let told = write("dddd").exits(1);
    assert!(
        told.stderr
            .contains("the hook `false` of `[revisions] post_write` ended with the exit code 1"),
        "{told}"
    );
    assert!(
        told.stderr
            .contains("the revision is written and stays as it is"),
        "{told}"
    );
    assert!(up("dddd").starts_with("-- The way up"));
    hooks("\"no-such-formatter\"");
    let told = project.limbeck(&["revision", "-m", "x", "--json"]).exits(1);
    assert!(told.stderr.contains("exit code 127"), "{told}");
    // What cannot be read any more is told as well.
    hooks("\"sh -c 'printf \\\"\\\\377\\\" > $1' me\"");
    let told = write("eeee").exits(1);
    assert!(told.stderr.contains("is not UTF-8"), "{told}");
    std::fs::remove_dir_all(project.path("migrations")).expect("it is there");
    hooks("\"true\", 3");
    let told = project.limbeck(&["heads"]).exits(2);
    assert!(told.stderr.contains("limbeck.toml:2:"), "{told}");
}
