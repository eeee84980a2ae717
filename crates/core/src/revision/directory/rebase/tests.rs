//! Branches become lines; what cannot be meant is refused and leaves every file as it was.

use super::super::tests::Scratch;
use super::super::{HEADS, load};
use super::*;

/// A directory of revisions, each in a folder with the hour of its place in this list: identifier, what
/// stands in its metadata.
fn directory(revisions: &[(&str, &str)], heads: &str) -> Scratch {
    let scratch = Scratch::new(&[(HEADS, heads.as_bytes())]);
    for (hour, (id, metadata)) in revisions.iter().enumerate() {
        let folder = scratch.0.join(format!("2026-01-01-{hour:02}0000_{id}_x"));
        fs::create_dir(&folder).expect("a folder");
        let text = format!("# about {id}\nrevision = \"{id}\" # this\n{metadata}\n");
        fs::write(folder.join("metadata.toml"), text).expect("a file");
        fs::write(folder.join("up.sql"), format!("SELECT '{id}';")).expect("a file");
    }
    scratch
}

const ON_A: &str = "down_revision = 'a' # the first";

/// `a`, above which are `m1`, `m2`, and, later, `t1`, `t2`.
fn forked(heads: &str) -> Scratch {
    let revisions = [
        ("a", ""),
        ("m1", ON_A),
        ("m2", "down_revision = \"m1\""),
        ("t1", ON_A),
        ("t2", "down_revision = \"t1\""),
    ];
    directory(&revisions, heads)
}

const CONFLICT: &str = "# Limbeck\n<<<<<<< HEAD\nm2\n=======\nt2\n>>>>>>> theirs\n";

fn everything(scratch: &Scratch) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![scratch.0.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.clone(), fs::read_to_string(path).expect("a text"))),
            }
        }
    }
    found.sort();
    found
}

fn ids(texts: &[&str]) -> BTreeSet<RevisionId> {
    let ids = texts.iter().map(|text| RevisionId::new(*text));
    ids.collect::<Result<_>>().expect("identifiers")
}

/// The directory as it is read again: `revision<-parents` by the names of the folders, which rise along the chain.
#[track_caller]
fn chain(scratch: &Scratch) -> Vec<String> {
    let (graph, source) = load(&scratch.0).expect("it is in order");
    let mut told = Vec::new();
    for Entry { revision, .. } in &source.entries {
        let parents: Vec<&str> = revision.parents.iter().map(RevisionId::as_str).collect();
        told.push(format!("{}<-{}", revision.id, parents.join(",")));
        for parent in &revision.parents {
            let below = &graph.get(parent).expect("it is there").directory;
            assert!(
                *below < revision.directory,
                "{below} is not before {}",
                revision.directory
            );
        }
    }
    told
}

#[track_caller]
fn refused(scratch: &Scratch, (revision, onto): (&str, &str), applied: &[&str], told: [&str; 2]) {
    let before = everything(scratch);
    let error = rebase(&scratch.0, revision, onto, &ids(applied)).expect_err("it is refused");
    assert_eq!([&error.to_string(), error.hint().unwrap_or_default()], told);
    assert_eq!(everything(scratch), before, "nothing is changed");
}

#[test]
fn the_later_branch_goes_above_the_earlier_and_keeps_its_folders() {
    let scratch = forked("m2\nt2\n");
    let done = rebase(&scratch.0, "t1", "m2", &ids(&["a", "m1", "m2"])).expect("it is done");
    assert_eq!(
        chain(&scratch),
        ["a<-", "m1<-a", "m2<-m1", "t1<-m2", "t2<-t1"]
    );
    assert!(done.moved.iter().all(|one| one.folder == one.folder_before));
    assert_eq!(done.heads, [RevisionId::new("t2").expect("an identifier")]);
    assert!(!done.settled && !done.is_nothing());
    // All but the one value stands there as it did.
    assert_eq!(
        scratch.text("2026-01-01-030000_t1_x/metadata.toml"),
        "# about t1\nrevision = \"t1\" # this\ndown_revision = \"m2\" # the first\n"
    );
    // Once more there is nothing to do.
    let before = everything(&scratch);
    let again = rebase(&scratch.0, "t1", "m2", &ids(&[])).expect("it stands there");
    assert!(again.is_nothing());
    assert_eq!(everything(&scratch), before);
}

#[test]
fn the_earlier_branch_gets_later_dates_and_a_conflict_is_settled() {
    for heads in [CONFLICT, "m2\nt2\n"] {
        let scratch = forked(heads);
        let done = rebase(&scratch.0, "m", "t2", &ids(&["a", "t1"]));
        assert_eq!(done.expect_err("two begin so").kind(), ErrorKind::Target);
        let done = rebase(&scratch.0, "m1", "t2", &ids(&["a", "t1"])).expect("it is done");
        assert_eq!(done.settled, heads == CONFLICT);
        assert_eq!(
            chain(&scratch),
            ["a<-", "t1<-a", "t2<-t1", "m1<-t2", "m2<-m1"]
        );
        let folders: Vec<_> = done.moved.iter().map(|one| one.folder.clone()).collect();
        assert_eq!(
            folders,
            [
                scratch.0.join("2026-01-01-040001_m1_x"),
                scratch.0.join("2026-01-01-040002_m2_x")
            ]
        );
        assert!(folders.iter().all(|folder| folder.join("up.sql").is_file()));
        assert!(scratch.text(HEADS).ends_with("settles it.\nm2\n"));
    }
}

#[test]
fn what_was_put_right_by_hand_is_settled_without_a_move() {
    let scratch = directory(
        &[("a", ""), ("m", ON_A), ("t", "down_revision = \"m\"")],
        "",
    );
    fs::write(
        scratch.0.join(HEADS),
        "<<<<<<< a\nm\n=======\nt\n>>>>>>> b\n",
    )
    .expect("a file");
    let done = rebase(&scratch.0, "t", "m", &ids(&["a", "m"])).expect("it is done");
    assert!(done.settled && !done.is_nothing());
    assert_eq!(done.moved[0].folder, done.moved[0].folder_before);
    assert_eq!(chain(&scratch), ["a<-", "m<-a", "t<-m"]);
}

#[test]
fn a_base_can_go_above_another_root() {
    let scratch = directory(
        &[("a", ""), ("b", ""), ("c", "down_revision = \"b\"")],
        "a\nc\n",
    );
    rebase(&scratch.0, "b", "a", &ids(&[])).expect("it is done");
    assert_eq!(chain(&scratch), ["a<-", "b<-a", "c<-b"]);
    assert_eq!(
        scratch.text("2026-01-01-010000_b_x/metadata.toml"),
        "# about b\nrevision = \"b\" # this\ndown_revision = \"a\"\n\n"
    );
}

#[test]
fn a_merge_of_the_two_has_one_parent_less() {
    let scratch = directory(
        &[
            ("a", ""),
            ("m", ON_A),
            ("t", ON_A),
            ("z", "down_revision = [\"m\", \"t\"]"),
        ],
        "z\n",
    );
    rebase(&scratch.0, "m", "t", &ids(&["a", "t"])).expect("it is done");
    assert_eq!(chain(&scratch), ["a<-", "t<-a", "m<-t", "z<-m"]);
}

#[test]
fn names_that_are_taken_over_from_each_other_do_not_collide() {
    // Names without an identifier in them: what moves first makes room for the next.
    let scratch = Scratch::new(&[(HEADS, b"m2\nt\n")]);
    for (folder, metadata) in [
        ("20260101000001_x", "revision = \"a\""),
        (
            "20260101000002_x",
            "revision = \"m1\"\ndown_revision = \"a\"",
        ),
        (
            "20260101000003_x",
            "revision = \"m2\"\ndown_revision = \"m1\"",
        ),
        (
            "20260101000002_y",
            "revision = \"t\"\ndown_revision = \"a\"",
        ),
    ] {
        fs::create_dir(scratch.0.join(folder)).expect("a folder");
        fs::write(scratch.0.join(folder).join("metadata.toml"), metadata).expect("a file");
        fs::write(scratch.0.join(folder).join("up.sql"), folder).expect("a file");
    }
    rebase(&scratch.0, "m1", "t", &ids(&[])).expect("it is done");
    assert_eq!(chain(&scratch), ["a<-", "t<-a", "m1<-t", "m2<-m1"]);
    assert_eq!(scratch.text("20260101000003_x/up.sql"), "20260101000002_x");
    assert_eq!(scratch.text("20260101000004_x/up.sql"), "20260101000003_x");

    // A folder that stays where one is to go.
    let scratch = directory(&[("a", ""), ("m", ON_A), ("t", ON_A)], "m\nt\n");
    fs::create_dir(scratch.0.join("2026-01-01-020001_m_x")).expect("a folder");
    fs::write(scratch.0.join("2026-01-01-020001_m_x/up.sql"), "").expect("a file");
    fs::write(
        scratch.0.join("2026-01-01-020001_m_x/metadata.toml"),
        "revision = \"q\"",
    )
    .expect("a file");
    fs::write(scratch.0.join(HEADS), "m\nq\nt\n").expect("a file");
    let before = everything(&scratch);
    let error = rebase(&scratch.0, "m", "t", &ids(&[])).expect_err("it is taken");
    assert!(
        error
            .to_string()
            .ends_with("2026-01-01-020001_m_x` exists already"),
        "{error}"
    );
    assert_eq!(everything(&scratch), before);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let scratch = forked(CONFLICT);
    refused(
        &scratch,
        ("m1", "t2"),
        &["a", "m1"],
        [
            "revision `m1` (2026-01-01-010000_m1_x) is applied in the database: its place is in the history there",
            "move the other branch, or take this one back first (`limbeck downgrade`) and apply it again afterwards",
        ],
    );
    refused(
        &scratch,
        ("m1", "t2"),
        &["m2"],
        [
            "revision `m2` (2026-01-01-020000_m2_x), which stands on `m1` (2026-01-01-010000_m1_x), is applied in \
             the database: its place is in the history there",
            "move the other branch, or take this one back first (`limbeck downgrade`) and apply it again afterwards",
        ],
    );
    refused(
        &scratch,
        ("m2", "t2"),
        &[],
        [
            "revision `m1` (2026-01-01-010000_m1_x) would be left behind as a head",
            "name the revision that the branch begins with: `limbeck rebase m1 --onto t2`",
        ],
    );
    refused(
        &scratch,
        ("m1", "t1"),
        &[],
        [
            "revision `t1` (2026-01-01-030000_t1_x) is no head: `t2` (2026-01-01-040000_t2_x) stands on it",
            "`limbeck heads` lists the heads",
        ],
    );
    refused(
        &scratch,
        ("m1", "m2"),
        &[],
        [
            "revision `m2` (2026-01-01-020000_m2_x) stands on `m1` (2026-01-01-010000_m1_x) already, and cannot be \
             below it, too",
            "name the first revision of one branch, and the head of the other",
        ],
    );
    refused(
        &scratch,
        ("m1", "m1"),
        &[],
        [
            "revision `m1` (2026-01-01-010000_m1_x) cannot stand on itself",
            "name two revisions: the one that moves, and the head of the other branch",
        ],
    );
    refused(
        &scratch,
        ("heads", "t2"),
        &[],
        [
            "`heads` is more than one revision",
            "name one: `limbeck heads` lists the heads",
        ],
    );
    refused(
        &scratch,
        ("base", "t2"),
        &[],
        [
            "`base` is no revision",
            "name a revision, or the unique beginning of one",
        ],
    );
}

#[test]
fn what_others_depend_on_does_not_go_above_them() {
    let scratch = directory(
        &[
            ("a", ""),
            ("m", ON_A),
            ("t", "down_revision = 'a'\ndepends_on = 'm'"),
        ],
        "m\nt\n",
    );
    refused(
        &scratch,
        ("m", "t"),
        &[],
        [
            "revisions stand on each other in a cycle: `m` (2026-01-01-020001_m_x) on `t` (2026-01-01-020000_t_x) \
             on `m` (2026-01-01-020001_m_x)",
            "something of the other branch depends on what would move: put that one above it",
        ],
    );
    rebase(&scratch.0, "t", "m", &ids(&["m"])).expect("the other way round");
    assert_eq!(chain(&scratch), ["a<-", "m<-a", "t<-m"]);
}

#[test]
fn migrations_of_diesel_stay_where_their_version_puts_them() {
    let scratch = Scratch::new(&[
        ("2026-01-01-000000_one/up.sql", b""),
        ("2026-01-02-000000_two/up.sql", b""),
        ("x/up.sql", b""),
        (
            "x/metadata.toml",
            b"revision = \"xx\"\ndown_revision = \"20260101000000\"",
        ),
        (HEADS, b"20260102000000\nxx\n"),
    ]);
    refused(
        &scratch,
        ("20260102000000", "xx"),
        &[],
        [
            "`2026-01-02-000000_two` is a migration of Diesel's, whose place is by its version",
            "rename its folder to a later version; or move the other branch",
        ],
    );
    let done = rebase(&scratch.0, "xx", "20260102000000", &ids(&[])).expect("it is done");
    assert_eq!(
        done.moved[0].folder,
        scratch.0.join("x"),
        "a name without a date stays"
    );
}

#[test]
fn a_squash_stays_where_its_originals_are() {
    let scratch = directory(
        &[
            ("a", ""),
            ("m", "down_revision = 'a'\nreplaces = ['x', 'y']"),
            ("t", ON_A),
        ],
        "m\nt\n",
    );
    refused(
        &scratch,
        ("m", "t"),
        &[],
        [
            "revision `m` (2026-01-01-010000_m_x) stands for others, which would stay where they are",
            "move the other branch; or where every database has gone past what it replaces, delete that and take \
             `replaces` out of its metadata",
        ],
    );
    rebase(&scratch.0, "t", "m", &ids(&["a"])).expect("the other way round");
    assert_eq!(chain(&scratch), ["a<-", "m<-a", "t<-m"]);
}
