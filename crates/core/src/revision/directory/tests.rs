//! Directories as they should be, and every way in which they should not.

use super::*;
use crate::revision::graph::require_one_head;

/// A directory that goes when the test ends.
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    /// Files by their path, each with its bytes.
    pub(super) fn new(files: &[(&str, &[u8])]) -> Self {
        let path = std::env::temp_dir().join(format!("limbeck-directory-{}", new_id()));
        let scratch = Self(path);
        fs::create_dir_all(&scratch.0).expect("a temporary directory");
        for (name, bytes) in files {
            let file = scratch.0.join(name);
            fs::create_dir_all(file.parent().expect("it is in the directory")).expect("a folder");
            fs::write(file, bytes).expect("a file");
        }
        scratch
    }

    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("a file")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("it was there");
    }
}

/// The error of loading these files: place in the directory, message, hint.
#[track_caller]
fn check_error(files: &[(&str, &[u8])], place: &str, message: &str, hint: &str) {
    let scratch = Scratch::new(files);
    let error = load(&scratch.0).expect_err("something is wrong with it");
    let location = error
        .location()
        .map(Location::to_string)
        .unwrap_or_default();
    let prefix = format!("{}/", scratch.0.display());
    assert_eq!(
        location.strip_prefix(&prefix).unwrap_or(&location),
        place,
        "{error:?}"
    );
    let text = error.to_string().replace(&prefix, "");
    assert_eq!(
        (text.as_str(), error.hint().unwrap_or("none")),
        (message, hint)
    );
}

const A: &[u8] = b"revision = \"aaa\"\nmessage = \"first\"\n";
const B: &[u8] = b"revision = \"bbb\"\ndown_revision = \"aaa\"\n";

#[test]
fn a_directory_is_read_in_order() {
    let scratch = Scratch::new(&[
        ("2_b/up.sql", b"\xef\xbb\xbfSELECT 2;\r\n"),
        ("2_b/metadata.toml", B),
        ("1_a/up.sql", b"SELECT 1; -- one"),
        ("1_a/down.sql", b"SELECT -1;"),
        ("1_a/metadata.toml", A),
        ("HEADS", b"# heads\r\n\r\nbbb\r\n"),
        (".hidden/x", b""),
        ("README.md", b"words"),
    ]);
    let (graph, source) = load(&scratch.0).expect("all is well");
    assert_eq!(
        graph.order().map(|r| r.id.as_str()).collect::<Vec<_>>(),
        ["aaa", "bbb"]
    );
    let [a, b] = source.entries.as_slice() else {
        panic!("two entries")
    };
    assert_eq!(
        (a.revision.directory.as_str(), a.revision.message.as_str()),
        ("1_a", "first")
    );
    assert_eq!(a.revision.content, sql_digest("SELECT 1;"));
    assert_eq!(
        (a.up.as_str(), a.down.as_deref()),
        ("SELECT 1; -- one", Some("SELECT -1;"))
    );
    assert_eq!((b.up.as_str(), b.down.as_deref()), ("SELECT 2;\r\n", None));
    assert_eq!(b.up_path, scratch.0.join("2_b/up.sql"));
    assert_eq!(
        (&a.metadata_path, &b.down_path),
        (&Some(scratch.0.join("1_a/metadata.toml")), &None)
    );
    let lines = &source.heads.as_ref().expect("HEADS is there").lines;
    assert_eq!(
        (lines.len(), lines[0].id.as_str(), lines[0].line),
        (1, "bbb", 3)
    );
}

#[test]
fn a_diesel_directory_is_a_chain() {
    let scratch = Scratch::new(&[
        ("2023-05-01-120000_users/up.sql", b""),
        ("00000000000000_diesel_initial_setup/up.sql", b""),
        ("2023-05-02-120000_more_users/up.sql", b""),
        (
            "2023-05-02-120000_more_users/metadata.toml",
            b"lock_timeout = \"1s\"\n",
        ),
        ("x_limbeck/up.sql", b""),
        (
            "x_limbeck/metadata.toml",
            b"revision = \"1975ea83b712\"\ndown_revision = \"20230502120000\"",
        ),
        ("HEADS", b"1975ea83b712\n"),
        (".keep", b""),
    ]);
    let (graph, _) = load(&scratch.0).expect("all is well");
    assert!(graph.is_linear());
    let order: Vec<(&str, &str, bool)> = graph
        .order()
        .map(|r| (r.id.as_str(), r.message.as_str(), r.run_in_transaction))
        .collect();
    assert_eq!(
        order,
        [
            ("00000000000000", "diesel initial setup", true),
            ("20230501120000", "users", true),
            // As Diesel reads it: the file is there and does not say so.
            ("20230502120000", "more users", false),
            ("1975ea83b712", "", true),
        ]
    );
}

#[test]
fn every_key_is_understood() {
    let metadata = r#"
        revision = "ccc"
        down_revision = ["aaa", "bbb"]
        branch_labels = "core"
        depends_on = ["aaa", "accounts:ddd"]
        replaces = ["x1", "x2"]
        provides = "accounts:eee"
        provides_in = "auth"
        message = "all \"of\" it"
        created = 2026-11-24T14:05:03Z
        breaking = true
        idempotent = true
        lock_timeout = "500ms"
        statement_timeout = "2min"
        generated = ["table posts"]
        consent = ["drop_table:users"]
        touches = []
        down_destroys = ["narrow_type:users.age"]
        run_in_transaction = false
    "#;
    let scratch = Scratch::new(&[
        ("a/up.sql", b""),
        ("a/metadata.toml", A),
        ("b/up.sql", b""),
        ("b/metadata.toml", B),
        ("c/up.sql", b"SELECT 1"),
        ("c/metadata.toml", metadata.as_bytes()),
    ]);
    let source = read(&scratch.0).expect("all is well");
    let id = |text: &str| RevisionId::new(text).expect("an identifier");
    let expected = Revision {
        id: id("ccc"),
        parents: vec![id("aaa"), id("bbb")],
        depends_on: vec![
            "aaa".parse().expect("a dependency"),
            "accounts:ddd".parse().expect("a dependency"),
        ],
        branch_labels: vec!["core".to_owned()],
        replaces: vec![id("x1"), id("x2")],
        provides: vec!["accounts:eee".parse().expect("a dependency")],
        provides_in: Some("auth".to_owned()),
        message: "all \"of\" it".to_owned(),
        created: Some("2026-11-24T14:05:03Z".to_owned()),
        directory: "c".to_owned(),
        breaking: true,
        generated: vec!["table posts".to_owned()],
        consent: vec!["drop_table:users".to_owned()],
        touches: Some(Vec::new()),
        down_destroys: Some(vec!["narrow_type:users.age".to_owned()]),
        idempotent: true,
        run_in_transaction: false,
        lock_timeout: Some(std::time::Duration::from_millis(500)),
        statement_timeout: Some(std::time::Duration::from_secs(120)),
        content: sql_digest("SELECT 1"),
    };
    assert_eq!(source.entries[2].revision, expected);
}

#[test]
fn a_broken_folder_is_named() {
    check_error(
        &[("a/metadata.toml", A), ("a/Up.sql", b"")],
        "a/up.sql",
        "revision folder `a` has no `up.sql`",
        "rename `Up.sql` to `up.sql`",
    );
    check_error(
        &[("a/metadata.toml", A)],
        "a/up.sql",
        "revision folder `a` has no `up.sql`",
        "write it, or delete the folder",
    );
    check_error(
        &[("a/metadata.toml", A), ("a/revision.rs", b"")],
        "a/revision.rs",
        "revision `a` is written in Rust, which is not supported yet",
        "write it as `up.sql` and `down.sql`",
    );
    check_error(
        &[("a/up.sql", b""), ("a/revision.rs", b"")],
        "a/revision.rs",
        "revision `a` has both `up.sql` and `revision.rs`",
        "keep one of them",
    );
    check_error(
        &[
            (
                "a/metadata.toml",
                b"revision = \"a\"\ngenerated = [\"table:posts\", \"column:posts.id\"]\n",
            ),
            ("a/up.sql", b"-- cut off\n"),
        ],
        "a/up.sql",
        "the `up.sql` of revision `a` is empty, and its metadata says that it makes `table:posts` and 1 more",
        "bring the file back, or take `generated` out of `metadata.toml` where it shall make nothing",
    );
    check_error(
        &[
            ("a/metadata.toml", A),
            ("a/up.sql", b"SELECT 1;\n-- \xc3\xa4\xff"),
        ],
        "a/up.sql:2:5",
        "`a/up.sql` is not UTF-8",
        "save it as UTF-8",
    );
    check_error(
        &[("a/metadata.toml", A), ("a/up.sql", b"\xff\xfeS\0")],
        "a/up.sql:1:1",
        "`a/up.sql` is not UTF-8",
        "it seems to be UTF-16: save it as UTF-8",
    );
    check_error(
        &[("not a revision/up.sql", b"")],
        "not a revision",
        "the name of the revision folder `not a revision` is not understood",
        "a folder without lineage is called `<version>_<words>`; say `revision` in its \
         `metadata.toml`, or put a dot before its name to keep it out",
    );
}

#[test]
fn broken_metadata_is_named_with_its_place() {
    let check = |metadata: &str, place: &str, message: &str, hint: &str| {
        let files: &[(&str, &[u8])] =
            &[("a/up.sql", b""), ("a/metadata.toml", metadata.as_bytes())];
        check_error(files, &format!("a/metadata.toml{place}"), message, hint);
    };
    check(
        "revision = \"aaa\"\n  down_revison = \"b\"\n",
        ":2:3",
        "`metadata.toml` has no key `down_revison`",
        "did you mean `down_revision`?",
    );
    check(
        "down_revision = \"b\"",
        "",
        "the metadata of `a` has `down_revision`, but no `revision`",
        "add `revision = \"…\"`, the identifier of this revision",
    );
    check(
        "revision = 5",
        ":1:12",
        "`revision` is a string in quotes",
        "write a string in quotes behind `revision =`",
    );
    check(
        "revision = \"a-b\"",
        ":1:12",
        "`revision`: `a-b` is no revision identifier",
        "identifiers are 1 to 64 letters, digits, `_` or `.`",
    );
    check(
        "revision = \"c\"\ndown_revision = [\"a\", \"a\"]",
        ":2:23",
        "`down_revision` names `a` twice",
        "none",
    );
    check(
        "revision = \"c\"\nlock_timeout = \"5 parsecs\"",
        ":2:16",
        "`lock_timeout` is a string such as \"5s\", \"500ms\" or \"2min\"",
        "write a string such as \"5s\", \"500ms\" or \"2min\" behind `lock_timeout =`",
    );
    check(
        "revision = \"c\"\ncreated = \"yesterday\"",
        ":2:11",
        "`created` is a moment such as \"2026-11-24T14:05:03Z\"",
        "write a moment such as \"2026-11-24T14:05:03Z\" behind `created =`",
    );
    check(
        "breaking = 1",
        ":1:12",
        "`breaking` is `true` or `false`",
        "write `true` or `false` behind `breaking =`",
    );
    check(
        "touches = [1]",
        ":1:12",
        "`touches` is a string in quotes",
        "write a string in quotes behind `touches =`",
    );
}

#[test]
fn what_is_no_toml_is_named_with_its_place() {
    let scratch = Scratch::new(&[
        ("a/up.sql", b""),
        ("a/metadata.toml", b"\nrevision = aaa\n"),
    ]);
    let error = load(&scratch.0).expect_err("quotes are missing");
    assert_eq!(error.kind(), ErrorKind::Directory);
    assert!(
        error
            .to_string()
            .starts_with("`metadata.toml` is no TOML: "),
        "{error}"
    );
    let location = error.location().expect("a place");
    assert!(location.file.ends_with("a/metadata.toml"));
    assert_eq!(location.line, Some(2));
}

#[test]
fn an_error_of_the_graph_names_the_file() {
    check_error(
        &[("b/up.sql", b""), ("b/metadata.toml", B)],
        "b/metadata.toml",
        "revision `bbb` (b) names `aaa` as its `down_revision`, which is not there",
        "bring `aaa` back, or correct the `down_revision`",
    );
}

#[test]
fn heads_and_folders_agree() {
    let check = |heads: &str, place: &str, message: &str, hint: &str| {
        let files: &[(&str, &[u8])] = &[
            ("a/up.sql", b""),
            ("a/metadata.toml", A),
            ("b/up.sql", b""),
            ("b/metadata.toml", B),
            ("HEADS", heads.as_bytes()),
        ];
        check_error(files, &format!("HEADS{place}"), message, hint);
    };
    check(
        "aaa\n",
        "",
        "`HEADS` does not reach revision `bbb` (b)",
        "replace `aaa` in it by `bbb`, or delete the folder",
    );
    check(
        "",
        "",
        "`HEADS` does not reach revision `bbb` (b)",
        "add the line `bbb` to it, or delete the folder",
    );
    check(
        "# c\nccc\n",
        ":2",
        "`HEADS` names `ccc`, and no folder holds that revision",
        "bring the folder back; where it is not to come back, put `bbb` in place of the line",
    );
    check(
        "bbb\naaa\n",
        ":2",
        "`HEADS` names `aaa`, which is no head: `bbb` (b) stands on it",
        "take the line out",
    );
    check(
        "bbb b\n",
        ":1",
        "`HEADS`: `bbb b` is no revision identifier",
        "a line of it is the identifier of a revision, and nothing else",
    );
    check(
        "<<<<<<< ours\naaa\n=======\nbbb\n>>>>>>> theirs\n",
        ":1",
        "`HEADS` holds a merge conflict: two branches have each added a revision",
        "take out the marks and all lines but `bbb`, the one head that there is",
    );
}

#[test]
fn a_merge_conflict_names_both_branches_and_the_way_out() {
    let on_a =
        |id: &str, below: &str| format!("revision = \"{id}\"\ndown_revision = \"{below}\"\n");
    let (b, c, d) = (on_a("bbb", "aaa"), on_a("ccc", "bbb"), on_a("ddd", "aaa"));
    let files = |heads: &'static [u8]| -> [(&str, &[u8]); 9] {
        [
            ("a/up.sql", b""),
            ("a/metadata.toml", A),
            ("b/up.sql", b""),
            ("b/metadata.toml", b.as_bytes()),
            ("c/up.sql", b""),
            ("c/metadata.toml", c.as_bytes()),
            ("d/up.sql", b""),
            ("d/metadata.toml", d.as_bytes()),
            ("HEADS", heads),
        ]
    };
    check_error(
        &files(b"# h\n<<<<<<< HEAD\nccc\n||||||| 1234\naaa\n=======\nddd\n>>>>>>> theirs\n"),
        "HEADS:2",
        "`HEADS` holds a merge conflict: two branches have each added a revision, `ccc` (c) and `ddd` (d)",
        "`limbeck rebase bbb --onto ddd` puts the one branch above the other and settles `HEADS`, and \
         `limbeck rebase ddd --onto ccc` the other way round: name the one that no database has yet; to keep \
         both branches, take out the marks",
    );
    check_error(
        &files(b"<<<<<<< HEAD\nzzz\n=======\nddd\n>>>>>>> theirs\n"),
        "HEADS:2",
        "`HEADS` names `zzz`, and no folder holds that revision",
        "bring the folder back; where it is not to come back, put `ccc` in place of the line",
    );
}

#[test]
fn heads_are_missing_only_where_diesel_keeps_the_directory() {
    let diesel: (&str, &[u8]) = ("2023-05-01-120000_users/up.sql", b"");
    let plain = Scratch::new(&[diesel]);
    let (_, source) = load(&plain.0).expect("it is Diesel's");
    assert!(source.heads.is_none());
    assert!(!init(&plain.0).expect("nothing is missing"));
    assert!(!plain.0.join(HEADS).exists());

    let kept: &[(&str, &[u8])] = &[(".gitkeep", b"")];
    let own: &[(&str, &[u8])] = &[("a/up.sql", b""), ("a/metadata.toml", A)];
    let both: &[(&str, &[u8])] = &[
        diesel,
        ("b/up.sql", b""),
        (
            "b/metadata.toml",
            b"revision = \"bbb\"\ndown_revision = \"20230501120000\"",
        ),
    ];
    for (files, heads) in [(kept, &[][..]), (own, &["aaa"]), (both, &["bbb"])] {
        let scratch = Scratch::new(files);
        let error = load(&scratch.0).expect_err("there is no HEADS");
        let shown = scratch.0.display();
        assert_eq!(
            error.to_string(),
            format!(
                "the revision directory `{shown}` has no `HEADS`, the file by which a program is built again \
                 when a revision comes"
            )
        );
        let hint = error.hint().expect("a way out");
        assert!(hint.contains("`limbeck init`"), "{hint}");
        assert!(init(&scratch.0).expect("it is written"));
        assert!(!init(&scratch.0).expect("it stays"));
        let (_, source) = load(&scratch.0).expect("all is well");
        let lines = source.heads.expect("HEADS is there").lines;
        let stated: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
        assert_eq!(stated, heads);
    }
}

#[test]
fn several_heads_load_and_are_refused_only_where_one_is_required() {
    let scratch = Scratch::new(&[
        ("a/up.sql", b""),
        ("a/metadata.toml", A),
        ("b/up.sql", b""),
        ("b/metadata.toml", b"revision = \"bbb\""),
        ("HEADS", b"aaa\nbbb\n"),
    ]);
    let (graph, _) = load(&scratch.0).expect("it loads");
    assert!(require_one_head(&graph).is_err());
}

#[test]
fn a_missing_directory_says_how_to_make_one() {
    let error = load("/nowhere/at/all").expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::Directory);
    assert_eq!(
        error.to_string(),
        "there is no revision directory `/nowhere/at/all`"
    );
    assert_eq!(error.hint(), Some("`limbeck init` makes one"));
}
