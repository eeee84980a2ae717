//! Orders over several bundles, small.

use super::*;
use crate::revision::graph::tests::{ids, revisions};

/// Each bundle as `name` or `name=origin`, and its revisions as `graph::tests` writes them, with
/// `!` before what one provides.
fn graphs<'a>(bundles: &[(&'a str, &str)]) -> Vec<(&'a str, &'a str, RevisionGraph)> {
    let made = bundles.iter().map(|(name, text)| {
        let (name, origin) = name.split_once('=').unwrap_or((name, name));
        let plain: Vec<&str> = text
            .lines()
            .map(|line| line.split('!').next().unwrap_or(line))
            .collect();
        let mut made = revisions(&plain.join("\n"));
        for line in text.lines() {
            if let Some((before, provides)) = line.split_once('!') {
                let id = before.split([':', ';']).next().unwrap_or(before).trim();
                for revision in made.iter_mut().filter(|one| one.id.as_str() == id) {
                    revision.provides = provides
                        .split_whitespace()
                        .map(|text| text.parse().expect("a dependency"))
                        .collect();
                }
            }
        }
        (name, origin, RevisionGraph::new(made).expect("a graph"))
    });
    made.collect()
}

fn members<'a>(graphs: &'a [(&'a str, &'a str, RevisionGraph)]) -> Vec<Member<'a>> {
    let each = graphs.iter().map(|(name, origin, graph)| Member {
        name,
        origin,
        graph,
    });
    each.collect()
}

fn show(members: &[Member<'_>], places: &[Place]) -> String {
    let shown: Vec<String> = places
        .iter()
        .map(|(bundle, id)| format!("{}:{id}", members[*bundle].name))
        .collect();
    shown.join(" ")
}

/// What is to be reached of each bundle, what is applied of it, and the steps.
#[track_caller]
fn check(bundles: &[(&str, &str)], wanted: &[&str], applied: &[&str], expected: &str) {
    let graphs = graphs(bundles);
    let members = members(&graphs);
    let across = Across::new(&members).expect("an order");
    let wanted: Vec<Upward> = wanted
        .iter()
        .map(|text| match *text {
            "*" => Upward::All,
            "-" => Upward::Stay,
            text => Upward::To(ids(text.split_whitespace())),
        })
        .collect();
    let applied: Vec<_> = applied
        .iter()
        .map(|text| ids(text.split_whitespace()))
        .collect();
    assert_eq!(show(&members, &across.upward(&wanted, &applied)), expected);
}

#[track_caller]
fn refused(bundles: &[(&str, &str)], message: &str, hint: &str) {
    let graphs = graphs(bundles);
    let error = Across::new(&members(&graphs)).expect_err("no order");
    assert_eq!(error.kind(), ErrorKind::Graph);
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        (message, Some(hint))
    );
}

#[test]
fn without_dependencies_bundles_follow_each_other() {
    let bundles = [("accounts", "a1\na2: a1"), ("host", "h1\nh2: h1")];
    check(
        &bundles,
        &["*", "*"],
        &["", ""],
        "accounts:a1 accounts:a2 host:h1 host:h2",
    );
    check(&bundles, &["*", "h1"], &["a1", ""], "accounts:a2 host:h1");
    check(&bundles, &["-", "*"], &["", ""], "host:h1 host:h2");
}

#[test]
fn dependencies_go_both_ways() {
    let bundles = [
        ("accounts", "a1\na2: a1 ; host:h1\na3: a2"),
        ("host", "h1 ; accounts:a1\nh2: h1 ; accounts:a3"),
    ];
    let all = "accounts:a1 host:h1 accounts:a2 accounts:a3 host:h2";
    check(&bundles, &["*", "*"], &["", ""], all);
    // A target takes what it needs, and the others as far as that allows.
    check(&bundles, &["-", "h2"], &["", ""], all);
    check(&bundles, &["-", "h1"], &["", ""], "accounts:a1 host:h1");
    check(
        &bundles,
        &["*", "h1"],
        &["", ""],
        "accounts:a1 host:h1 accounts:a2 accounts:a3",
    );
    check(&bundles, &["*", "-"], &["", ""], "accounts:a1");
    check(&bundles, &["a2", "-"], &["a1", ""], "host:h1 accounts:a2");
}

#[test]
fn what_is_made_for_a_revision_comes_before_the_next() {
    let bundles = [
        ("accounts", "a1\na2: a1\na3: a2\na4: a3"),
        (
            "host",
            "h1\nh2: h1 ; accounts:a2\nh3: h2\nh4: h3 ; accounts:a4",
        ),
    ];
    let all = "accounts:a1 accounts:a2 host:h1 host:h2 accounts:a3 accounts:a4 host:h3 host:h4";
    check(&bundles, &["*", "*"], &["", ""], all);
    // Also where the library was further than what is there of the application.
    check(
        &bundles,
        &["*", "*"],
        &["a1", "h1"],
        "accounts:a2 host:h2 accounts:a3 accounts:a4 host:h3 host:h4",
    );
    // What needs both comes behind both; and two who were made for each other's past follow the bundles.
    let both = [
        ("accounts", "a1\na2: a1"),
        ("host", "h1 ; accounts:a1 accounts:a2"),
    ];
    check(
        &both,
        &["*", "*"],
        &["", ""],
        "accounts:a1 accounts:a2 host:h1",
    );
    let past = [
        ("accounts", "a1\na2: a1 ; host:h1"),
        ("host", "h1\nh2: h1 ; accounts:a1"),
    ];
    check(
        &past,
        &["*", "*"],
        &["", ""],
        "accounts:a1 host:h1 accounts:a2 host:h2",
    );
}

#[test]
fn a_name_is_the_programs_or_else_the_librarys() {
    let twice = [
        ("staff=accounts", "a1"),
        ("host", "h1 ; accounts:a1\nh2: h1 ; staff:a1"),
    ];
    check(&twice, &["*", "*"], &["", ""], "staff:a1 host:h1 host:h2");
    refused(
        &[
            ("staff=accounts", "a1"),
            ("customers=accounts", "a1"),
            ("host", "h1 ; accounts:a1"),
        ],
        "revision `h1` (dir_h1) of `host` depends on `accounts:a1`: `accounts` could be any of the \
         bundles `staff` or `customers`",
        "use the name that the program gave it",
    );
}

#[test]
fn what_is_not_there_is_named() {
    refused(
        &[("accounts", "a1"), ("host", "h1 ; acounts:a1")],
        "revision `h1` (dir_h1) of `host` depends on `acounts:a1`: there is no bundle `acounts` in \
         this program",
        "did you mean `accounts`?",
    );
    refused(
        &[("host", "h1 ; billing-core:b1")],
        "revision `h1` (dir_h1) of `host` depends on `billing-core:b1`: there is no bundle \
         `billing-core` in this program",
        "list it: `migrator.bundle(billing_core::bundle())`",
    );
    refused(
        &[("accounts", "abc1"), ("host", "h1 ; accounts:abc2")],
        "revision `h1` (dir_h1) of `host` depends on `accounts:abc2`: there is no revision `abc2` \
         in the bundle `accounts`",
        "did you mean `abc1`?",
    );
}

#[test]
fn a_cycle_is_printed_whole() {
    refused(
        &[
            ("accounts", "a1 ; host:h2\na2: a1"),
            ("host", "h1 ; accounts:a2\nh2: h1"),
        ],
        "revisions of several bundles stand on each other in a cycle: `a1` (dir_a1) of `accounts` \
         on `h2` (dir_h2) of `host` on `h1` (dir_h1) of `host` on `a2` (dir_a2) of `accounts` on \
         `a1` (dir_a1) of `accounts`",
        "correct the `depends_on` of one of them",
    );
}

#[test]
fn a_copy_on_a_cycle_is_named() {
    refused(
        &[
            ("accounts", "a1"),
            ("host", "h1 ; accounts:a1\nh2: h1 ! accounts:a1"),
        ],
        "revisions of several bundles stand on each other in a cycle: `a1` (dir_a1) of `accounts` \
         on `h2` (dir_h2) of `host` on `h1` (dir_h1) of `host` on `a1` (dir_a1) of `accounts`",
        "`h2` of `host` is a copy of `accounts:a1`, on which a revision below it depends: take the \
         copy's folder away, and let the library run that itself",
    );
}

#[test]
fn what_is_provided_follows_its_provider() {
    let bundles = [
        ("accounts", "a1\na2: a1\na3: a2\na4: a3"),
        ("host", "h1\nh2: h1 ; accounts:a1 ! accounts:a2 accounts:a3"),
    ];
    let all = "accounts:a1 host:h1 host:h2 accounts:a2 accounts:a3 accounts:a4";
    check(&bundles, &["*", "*"], &["", ""], all);
    check(
        &bundles,
        &["-", "h2"],
        &["", ""],
        "accounts:a1 host:h1 host:h2 accounts:a2 accounts:a3",
    );
    check(&bundles, &["a4", "-"], &["", ""], all);
    check(
        &bundles,
        &["*", "*"],
        &["a1", "h1 h2"],
        "accounts:a2 accounts:a3 accounts:a4",
    );
    check(&bundles, &["*", "*"], &["a1 a2 a3 a4", "h1 h2"], "");
    refused(
        &[
            ("accounts", "a1"),
            ("host", "h1 ! accounts:a1\nh2: h1 ! accounts:a1"),
        ],
        "revisions `h1` and `h2` (dir_h2) both provide `accounts:a1`",
        "take it out of the `provides` of one of them",
    );
}

#[test]
fn who_stands_on_what_goes_is_found_across_bundles() {
    let graphs = graphs(&[
        ("accounts", "a1\na2: a1"),
        ("host", "h1 ; accounts:a1\nh2: h1 ; accounts:a2"),
    ]);
    let members = members(&graphs);
    let across = Across::new(&members).expect("an order");
    let at = |bundle: usize, id: &str| (bundle, id.parse::<RevisionId>().expect("an id"));
    let gone = BTreeSet::from([at(0, "a1"), at(0, "a2")]);
    let applied = [ids(["a1", "a2"]), ids(["h1", "h2"])];
    assert_eq!(
        across.dependents(&gone, &applied),
        [(&at(1, "h2"), &at(0, "a2")), (&at(1, "h1"), &at(0, "a1")),]
    );
    assert_eq!(across.dependents(&gone, &[ids(["a1"]), ids([])]), []);
}
