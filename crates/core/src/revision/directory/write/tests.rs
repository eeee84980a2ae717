//! What is written is read back; what cannot be written leaves nothing behind.

use super::super::load;
use super::*;
use crate::revision::directory::tests::Scratch;

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).expect("an identifier")
}

fn new(name: &str, parents: &[&str], message: &str) -> NewRevision {
    let mut revision = Revision::new(id(name), sql_digest(""));
    revision.parents = parents.iter().map(|parent| id(parent)).collect();
    revision.message = message.to_owned();
    revision.created = Some("2026-11-24T14:05:03+01:00".to_owned());
    NewRevision::new(revision, "SELECT 1;\n", Some("SELECT -1;\n".to_owned()))
}

/// Everything in a directory, those with a dot as well.
fn everything(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn heads(scratch: &Scratch) -> Vec<String> {
    let text = scratch.text(HEADS);
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_is_written_is_read_back() {
    let scratch = Scratch::new(&[]);
    init(&scratch.0).expect("an empty directory");
    assert!(heads(&scratch).is_empty());
    let folder = write(&scratch.0, &new("aaa", &[], "Add Posts!")).expect("the first revision");
    assert_eq!(folder, scratch.0.join("2026-11-24-140503_aaa_add_posts"));
    assert_eq!(
        scratch.text("2026-11-24-140503_aaa_add_posts/metadata.toml"),
        "revision = \"aaa\"\n\
         message = \"Add Posts!\"\n\
         created = \"2026-11-24T14:05:03+01:00\"\n\
         run_in_transaction = true\n"
    );
    let second = write(&scratch.0, &new("bbb", &["aaa"], "")).expect("the second revision");
    assert_eq!(second, scratch.0.join("2026-11-24-140504_bbb"));
    assert_eq!(heads(&scratch), ["bbb"]);

    let (graph, source) = load(&scratch.0).expect("it is whole");
    assert!(graph.is_linear());
    let entry = &source.entries[0];
    let mut expected = new("aaa", &[], "Add Posts!").revision;
    expected.directory = "2026-11-24-140503_aaa_add_posts".to_owned();
    expected.content = sql_digest("SELECT 1;");
    assert_eq!(entry.revision, expected);
    assert_eq!(
        (entry.up.as_str(), entry.down.as_deref()),
        ("SELECT 1;\n", Some("SELECT -1;\n"))
    );
    let names = [
        "2026-11-24-140503_aaa_add_posts",
        "2026-11-24-140504_bbb",
        HEADS,
    ];
    assert_eq!(everything(&scratch.0), names);
    assert_eq!(everything(&folder), ["down.sql", "metadata.toml", "up.sql"]);
}

#[test]
fn branches_and_merges_move_the_heads() {
    let scratch = Scratch::new(&[]);
    for (name, parents, expected) in [
        ("aaa", vec![], vec!["aaa"]),
        ("bbb", vec!["aaa"], vec!["bbb"]),
        ("ccc", vec!["aaa"], vec!["bbb", "ccc"]),
        ("mmm", vec!["bbb", "ccc"], vec!["mmm"]),
    ] {
        write(&scratch.0, &new(name, &parents, name)).expect("a revision");
        assert_eq!(heads(&scratch), expected);
    }
}

#[test]
fn the_first_revision_over_a_diesel_directory_makes_heads() {
    let scratch = Scratch::new(&[("2030-01-01-000000_users/up.sql", b"")]);
    init(&scratch.0).expect("it is there");
    assert_eq!(everything(&scratch.0), ["2030-01-01-000000_users"]);
    let folder = write(&scratch.0, &new("aaa", &["20300101000000"], "x")).expect("a revision");
    assert_eq!(folder, scratch.0.join("2030-01-01-000001_aaa_x"));
    assert_eq!(heads(&scratch), ["aaa"]);
    assert!(load(&scratch.0).expect("it is whole").0.is_linear());
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let scratch = Scratch::new(&[(".limbeck-left/up.sql", b"from a writer that was killed")]);
    write(&scratch.0, &new("aaa", &[], "x")).expect("the first revision");
    let before = everything(&scratch.0);
    assert_eq!(before, ["2026-11-24-140503_aaa_x", HEADS]);
    let check = |new: NewRevision, kind: ErrorKind, message: &str| {
        let error = write(&scratch.0, &new).expect_err("it is refused");
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
        assert_eq!(everything(&scratch.0), before);
        assert_eq!(heads(&scratch), ["aaa"]);
    };
    check(
        new("aaa", &[], "y"),
        ErrorKind::Graph,
        "two revisions are called `aaa`: `2026-11-24-140503_aaa_x` and `2026-11-24-140503_aaa_y`",
    );
    check(
        new("bbb", &["zzz"], "y"),
        ErrorKind::Graph,
        "revision `bbb` (2026-11-24-140503_bbb_y) names `zzz` as its `down_revision`, which is \
         not there",
    );
    let with = |template: &str| NewRevision {
        file_template: template.to_owned(),
        ..new("bbb", &["aaa"], "y")
    };
    check(
        with("2026-11-24-140503_aaa_x"),
        ErrorKind::Directory,
        &format!(
            "the folder `{}/2026-11-24-140503_aaa_x` exists already",
            scratch.0.display()
        ),
    );
    let no_name =
        |name: &str| format!("`file_template` makes `{name}`, which is no name for a folder");
    check(with("HEADS"), ErrorKind::Config, &no_name("HEADS"));
    check(with("../{id}"), ErrorKind::Config, &no_name("../bbb"));
    check(with("___"), ErrorKind::Config, &no_name(""));
    check(
        with("{slag}"),
        ErrorKind::Config,
        "`file_template` knows no `{slag}`",
    );
    check(
        with("{id"),
        ErrorKind::Config,
        "`file_template` opens a brace and does not close it: `{id`",
    );
    let mut vague = new("bbb", &["aaa"], "y");
    vague.revision.created = Some("now".to_owned());
    check(
        vague,
        ErrorKind::Directory,
        "`now` is not a moment in RFC 3339",
    );
}

#[test]
fn a_directory_that_is_broken_takes_no_revision() {
    let scratch = Scratch::new(&[("a/up.sql", b""), (HEADS, b"")]);
    let error = write(&scratch.0, &new("bbb", &[], "x")).expect_err("HEADS does not reach `a`");
    assert_eq!(error.kind(), ErrorKind::Directory);
    assert_eq!(everything(&scratch.0), [HEADS, "a"]);
}

#[test]
fn a_folder_goes_when_its_heads_cannot_be_written() {
    let scratch = Scratch::new(&[("HEADS/in the way", b"")]);
    let folder = scratch.0.join("x");
    let error = place(&scratch.0, &folder, &[("up.sql", "")], []).expect_err("HEADS is a folder");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(everything(&scratch.0), [HEADS]);
}

#[test]
fn writers_at_the_same_time_take_turns() {
    let scratch = Scratch::new(&[]);
    std::thread::scope(|scope| {
        for number in 0..16 {
            let directory = &scratch.0;
            scope.spawn(move || {
                write(directory, &new(&format!("r{number:02}"), &[], "x")).expect("a revision")
            });
        }
    });
    let expected: Vec<String> = (0..16).map(|number| format!("r{number:02}")).collect();
    assert_eq!(heads(&scratch), expected);
    assert_eq!(load(&scratch.0).expect("it is whole").0.len(), 16);
}

#[test]
fn slugs_are_words_in_lower_case() {
    for (message, expected) in [
        ("Add Posts", "add_posts"),
        ("  add -- (posts)/users!  ", "add_posts_users"),
        ("", ""),
        ("!?", ""),
        ("Größe ändern", "größe_ändern"),
        (
            "one two three four five six seven eight nine ten",
            "one_two_three_four_five_six_seven_eight",
        ),
        (&"x".repeat(50), &"x".repeat(40)),
        (&format!("{} y", "x".repeat(50)), &"x".repeat(40)),
    ] {
        assert_eq!(slug(message), expected);
    }
}

#[test]
fn new_identifiers_are_twelve_digits_and_differ() {
    let ids: std::collections::BTreeSet<RevisionId> = (0..1000).map(|_| new_id()).collect();
    assert_eq!(ids.len(), 1000);
    for id in ids {
        assert!(id.as_str().len() == 12 && id.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
    }
}

#[test]
fn of_those_who_find_the_same_missing_one_writes_it() {
    let scratch = Scratch::new(&[]);
    init(&scratch.0).expect("an empty directory");
    let none = BTreeSet::new();
    let first = write_unless_moved(&scratch.0, &new("aaa", &[], "one"), &none);
    assert!(first.expect("it is written").is_some());
    let before = everything(&scratch.0);
    let late = write_unless_moved(&scratch.0, &new("bbb", &[], "two"), &none);
    assert_eq!(late.expect("the directory is in order"), None);
    assert_eq!(everything(&scratch.0), before, "nothing was written");

    let one = BTreeSet::from([id("aaa")]);
    let second = write_unless_moved(&scratch.0, &new("bbb", &["aaa"], "two"), &one);
    assert!(second.expect("it is written").is_some());
    assert_eq!(heads(&scratch), ["bbb"]);
}

#[test]
fn a_reader_between_the_two_steps_of_a_writer_waits_for_it() {
    let scratch = Scratch::new(&[]);
    init(&scratch.0).expect("an empty directory");
    write(&scratch.0, &new("aaa", &[], "one")).expect("the first revision");
    write(&scratch.0, &new("bbb", &["aaa"], "two")).expect("the second revision");
    // A writer that has put the folder of `bbb` there, and not its line.
    let turn = lock(&scratch.0).expect("the directory can be locked");
    replace_heads(&scratch.0, [&id("aaa")]).expect("HEADS is written");
    let reader = std::thread::spawn({
        let directory = scratch.0.clone();
        move || load(directory).map(|(graph, _)| graph.len())
    });
    // However long that takes; a reader that does not wait has failed by then.
    std::thread::sleep(std::time::Duration::from_millis(100));
    replace_heads(&scratch.0, [&id("bbb")]).expect("HEADS is written");
    drop(turn);
    assert_eq!(reader.join().expect("it ends").expect("it is in order"), 2);
}

#[test]
fn what_a_killed_writer_has_begun_is_ended() {
    let scratch = Scratch::new(&[]);
    init(&scratch.0).expect("an empty directory");
    write(&scratch.0, &new("aaa", &[], "one")).expect("the first revision");
    write(&scratch.0, &new("bbb", &["aaa"], "two")).expect("the second revision");
    // Killed after the folder of `bbb` was put there.
    fs::rename(scratch.0.join(HEADS), scratch.0.join(COMING_HEADS)).expect("a rename");
    replace_heads(&scratch.0, [&id("aaa")]).expect("HEADS is written");
    let (graph, _) = load(&scratch.0).expect("it is in order");
    assert_eq!(graph.len(), 2);
    assert_eq!(heads(&scratch), ["bbb"]);

    // Killed before that: the folder is not there, and `HEADS` stays as it was.
    fs::write(scratch.0.join(COMING_HEADS), "ccc\n").expect("a file");
    write(&scratch.0, &new("ddd", &["bbb"], "four")).expect("the next revision");
    assert_eq!(heads(&scratch), ["ddd"]);
    assert!(!scratch.0.join(COMING_HEADS).exists());
}

/// `main` and `more` in a directory of the test's own.
fn two(scratch: &Scratch) -> Places {
    let places = Places {
        main: scratch.0.join("main"),
        more: vec![scratch.0.join("more")],
    };
    init(&places.main).expect("a directory");
    fs::create_dir_all(&places.more[0]).expect("a directory");
    places
}

#[test]
fn several_directories_are_one_graph_with_one_heads() {
    let scratch = Scratch::new(&[]);
    let places = two(&scratch);
    let [main, more] = [&places.main, &places.more[0]];
    let heads = || {
        let text = scratch.text("main/HEADS");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let write_into =
        |new: NewRevision, into: Option<PathBuf>| write(&places, &NewRevision { into, ..new });
    let first = write_into(new("aaa", &[], ""), None).expect("the first");
    assert_eq!(first.parent(), Some(main.as_path()));
    let second = write_into(new("bbb", &["aaa"], ""), Some(more.clone())).expect("the second");
    assert_eq!(second.parent(), Some(more.as_path()));
    assert_eq!(heads(), ["bbb"]);
    // It goes beside what it stands on, by whichever way the directory is written.
    let third = write_into(new("ccc", &["bbb"], ""), None).expect("the third");
    assert_eq!(third.parent(), Some(more.as_path()));
    let around = main.join("../main");
    let fourth = write_into(new("ddd", &["aaa"], ""), Some(around)).expect("the fourth");
    assert_eq!(fourth.parent(), Some(main.as_path()));
    assert_eq!(heads(), ["ccc", "ddd"]);
    assert_eq!(everything(more).len(), 2);
    let (graph, source) = load(&places).expect("it is whole");
    assert_eq!(graph.len(), 4);
    assert_eq!((&source.path, &source.more), (main, &vec![more.clone()]));
    // Neither is whole without the other.
    let error = load(main).expect_err("a parent is missing");
    assert_eq!(error.kind(), ErrorKind::Directory, "{error}");

    let error = write_into(new("eee", &[], ""), Some(scratch.0.clone())).expect_err("no such");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .to_string()
            .ends_with("is none of the revision directories"),
        "{error}"
    );
    // What a writer that was killed has begun is ended, wherever its folder is.
    fs::rename(main.join(HEADS), main.join(COMING_HEADS)).expect("a rename");
    fs::write(main.join(HEADS), "ccc\n").expect("a file");
    load(&places).expect("it is ended");
    assert_eq!(heads(), ["ccc", "ddd"]);
    fs::write(more.join(".limbeck-left"), "").expect("a file");
    write_into(new("fff", &["ddd"], ""), None).expect("it sweeps both");
    assert_eq!(everything(more).len(), 2);
}

#[test]
fn directories_that_do_not_go_together_are_told() {
    let scratch = Scratch::new(&[]);
    let mut places = two(&scratch);
    fs::write(places.more[0].join(HEADS), "").expect("a file");
    let error = load(&places).expect_err("there are two");
    assert!(
        error
            .to_string()
            .starts_with("there is a `HEADS` in a directory beside"),
        "{error}"
    );
    fs::remove_file(places.more[0].join(HEADS)).expect("it is there");
    load(&places).expect("they go together");
    places.more.push(scratch.0.join("main/../more"));
    let error = load(&places).expect_err("one is named twice");
    assert!(error.to_string().ends_with("is named twice"), "{error}");
    // One within the other is no folder of a revision.
    let within = Places {
        main: places.main.clone(),
        more: vec![places.main.join("billing")],
    };
    fs::create_dir_all(&within.more[0]).expect("a folder");
    write(&within, &new("aaa", &[], "")).expect("it is written");
    let new = NewRevision {
        into: Some(within.more[0].clone()),
        ..new("bbb", &["aaa"], "")
    };
    write(&within, &new).expect("it is written");
    assert_eq!(load(&within).expect("it is whole").0.len(), 2);
}
