//! Graphs small and large, and what is no graph.

use super::*;
use crate::revision::sql_digest;

pub(in crate::revision) fn id(text: &str) -> RevisionId {
    RevisionId::new(text).expect("an identifier")
}

pub(in crate::revision) fn ids<'a>(
    text: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<RevisionId> {
    text.into_iter().map(id).collect()
}

/// A line a revision: its identifier, `:`, its parents, `;`, what it depends on.
pub(in crate::revision) fn revisions(text: &str) -> Vec<Revision> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (line, depends_on) = line.split_once(';').unwrap_or((line, ""));
        let (name, parents) = line.split_once(':').unwrap_or((line, ""));
        let mut revision = Revision::new(id(name.trim()), sql_digest(name));
        revision.parents = parents.split_whitespace().map(id).collect();
        let depends_on = depends_on.split_whitespace();
        revision.depends_on = depends_on
            .map(|text| text.parse().expect("a dependency"))
            .collect();
        revision.directory = format!("dir_{}", revision.id);
        found.push(revision);
    }
    found
}

pub(in crate::revision) fn graph(text: &str) -> RevisionGraph {
    RevisionGraph::new(revisions(text)).expect("a graph")
}

#[track_caller]
fn check_error(text: &str, message: &str, hint: &str) {
    let mut revisions = revisions(text);
    for _ in 0..2 {
        let error = RevisionGraph::new(revisions.clone()).expect_err("no graph");
        assert_eq!(error.kind(), ErrorKind::Graph);
        assert_eq!(
            (error.to_string().as_str(), error.hint()),
            (message, Some(hint))
        );
        revisions.reverse();
    }
}

const DIAMOND: &str = "
    m: c b
    c: a
    b: a
    a
    z
";

#[track_caller]
fn same<'a>(found: impl IntoIterator<Item = &'a RevisionId>, expected: &[&str]) {
    let found: Vec<&str> = found.into_iter().map(RevisionId::as_str).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_diamond_has_its_parts() {
    let graph = graph(DIAMOND);
    same(
        graph.order().map(|revision| &revision.id),
        &["a", "z", "b", "c", "m"],
    );
    same(graph.heads(), &["m", "z"]);
    same(graph.bases(), &["a", "z"]);
    same(graph.parents(&id("m")), &["b", "c"]);
    same(graph.children(&id("a")), &["b", "c"]);
    same(&graph.ancestors(&ids(["m"])), &["a", "b", "c"]);
    same(&graph.ancestors(&ids(["b", "a"])), &["a"]);
    same(&graph.descendants(&ids(["a"])), &["b", "c", "m"]);
    assert_eq!(
        (graph.len(), graph.is_empty(), graph.is_linear()),
        (5, false, false)
    );
    assert!(graph.get(&id("q")).is_none());
    same(graph.children(&id("q")), &[]);
}

#[test]
fn an_empty_graph_is_a_graph() {
    let graph = graph("");
    assert!(graph.is_empty() && graph.is_linear() && graph.heads().is_empty());
    assert_eq!(require_one_head(&graph).expect("none is fine"), None);
    let hint = graph.find("a").expect_err("nothing there");
    assert_eq!(hint.hint(), Some("there are no revisions at all"));
}

#[test]
fn dependencies_come_first_but_make_no_branches() {
    let graph = graph("a\nb: ; a other:x\nc: a");
    same(graph.heads(), &["b", "c"]);
    same(&graph.descendants(&ids(["a"])), &["b", "c"]);
    same(&graph.ancestors(&ids(["b"])), &["a"]);
    assert!(!graph.is_linear());
}

#[test]
fn chain_digests_depend_on_everything_below() {
    let graph = graph(DIAMOND);
    let digest = |name: &str| graph.chain_digest(&id(name)).expect("known");
    let content = |name: &str| sql_digest(name);
    assert_eq!(digest("a"), chain_digest(&[], &id("a"), &content("a")));
    assert_eq!(
        digest("b"),
        chain_digest(&[digest("a")], &id("b"), &content("b"))
    );
    let merge = chain_digest(&[digest("b"), digest("c")], &id("m"), &content("m"));
    assert_eq!(digest("m"), merge);
    assert_eq!(graph.chain_digest(&id("q")), None);
    let heads = graph.head_digests(graph.heads());
    assert_eq!(
        heads,
        BTreeMap::from([(id("m"), merge), (id("z"), digest("z"))])
    );
    let mut edited = revisions(DIAMOND);
    edited[3].content = content("something else");
    let edited = RevisionGraph::new(edited).expect("a graph");
    for name in ["a", "b", "c", "m"] {
        assert_ne!(edited.chain_digest(&id(name)), Some(digest(name)));
    }
    assert_eq!(edited.chain_digest(&id("z")), Some(digest("z")));
}

#[test]
fn a_cycle_is_printed_whole() {
    let hint = "correct the `down_revision` or `depends_on` of one of them";
    check_error("a: a", "revision `a` (dir_a) stands on itself", hint);
    check_error(
        "x\na: c x\nb: a\nc: ; b\nd: c",
        "revisions stand on each other in a cycle: \
         `a` (dir_a) on `c` (dir_c) on `b` (dir_b) on `a` (dir_a)",
        hint,
    );
}

#[test]
fn a_missing_parent_names_who_wants_it() {
    check_error(
        "abcdef\nb: abcdeg",
        "revision `b` (dir_b) names `abcdeg` as its `down_revision`, which is not there",
        "did you mean `abcdef`?",
    );
    check_error(
        "a: ; nowhere",
        "revision `a` (dir_a) names `nowhere` as its `depends_on`, which is not there",
        "bring `nowhere` back, or correct the `depends_on`",
    );
}

#[test]
fn one_identifier_names_one_revision() {
    let mut twice = revisions("a\na");
    twice[1].directory = "copy".to_owned();
    for _ in 0..2 {
        twice.reverse();
        let error = RevisionGraph::new(twice.clone()).expect_err("twice");
        assert_eq!(
            error.to_string(),
            "two revisions are called `a`: `copy` and `dir_a`"
        );
        assert!(error.hint().is_some());
    }
}

#[test]
fn a_branch_label_means_one_revision() {
    let mut labelled = revisions("a\nb");
    labelled[0].branch_labels = vec!["b".to_owned()];
    let error = RevisionGraph::new(labelled.clone()).expect_err("it is an identifier");
    assert_eq!(
        error.to_string(),
        "the branch label `b` of revision `a` (dir_a) already means revision `b` (dir_b)"
    );
    for revision in &mut labelled {
        revision.branch_labels = vec!["x".to_owned()];
    }
    let error = RevisionGraph::new(labelled).expect_err("it is used twice");
    assert_eq!(
        error.to_string(),
        "the branch label `x` of revision `b` (dir_b) already means revision `a` (dir_a)"
    );
}

#[test]
fn several_heads_are_named_with_the_way_out() {
    let graph = graph(DIAMOND);
    let error = require_one_head(&graph).expect_err("two heads");
    assert_eq!(
        error.to_string(),
        "the revisions have 2 heads: `m` (dir_m) and `z` (dir_z)"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("merge")));
}

#[test]
fn ten_thousand_revisions_are_few() {
    let chain: String = (0..10_000)
        .map(|n| {
            if n == 0 {
                "r0".into()
            } else {
                format!("\nr{n}: r{}", n - 1)
            }
        })
        .collect();
    let graph = graph(&chain);
    assert!(graph.is_linear());
    let head = id("r9999");
    assert_eq!(graph.ancestors([&head]).len(), 9_999);
    let fan: String = (0..10_000).map(|n| format!("\nr{n}: a b")).collect();
    let graph = RevisionGraph::new(revisions(&format!("a\nb{fan}\nz: r1 r2")));
    assert_eq!(graph.expect("a graph").heads().len(), 9_999);
}

/// `a`, then `b` and `c`, for which `s` stands, then `d`; `e` depends on `b` and has the label of `c` as well.
fn squashed() -> RevisionGraph {
    let mut all = revisions("a\nb: a\nc: b\ns: a\nd: c\ne: a; b");
    let at = |all: &mut Vec<Revision>, name: &str, change: &dyn Fn(&mut Revision)| {
        let one = all.iter_mut().find(|one| one.id.as_str() == name);
        change(one.expect("it is there"));
    };
    at(&mut all, "s", &|one| one.replaces = vec![id("b"), id("c")]);
    at(&mut all, "c", &|one| {
        one.branch_labels = vec!["shop".to_owned()]
    });
    at(&mut all, "e", &|one| {
        one.depends_on.push("shop".parse().expect("a dependency"))
    });
    RevisionGraph::new(all).expect("a graph")
}

fn set(names: &str) -> BTreeSet<RevisionId> {
    names.split_whitespace().map(id).collect()
}

/// `d<-s` and so on, in order.
fn told(graph: &RevisionGraph) -> String {
    let told = graph.order().map(|one| {
        let below: Vec<&str> = graph
            .requires(&one.id)
            .into_iter()
            .map(RevisionId::as_str)
            .collect();
        format!("{}<{}", one.id, below.join(","))
    });
    told.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_replaced_is_not_seen_and_who_names_it_names_what_stands_for_it() {
    let graph = squashed();
    assert_eq!(told(&graph), "a< s<a e<a,s d<s");
    assert_eq!(graph.named(&id("b")), Some(&id("s")));
    let error = graph.find("b").expect_err("it is not seen");
    assert_eq!(
        error.hint(),
        Some("revision `s` replaces `b`: name that one")
    );
    for there in ["", "a", "a s", "a s d e", "a b c", "a b c d"] {
        assert!(
            graph.settled(&set(there)).expect("a graph").is_none(),
            "{there}"
        );
    }
    // The originals need not stay.
    let left: Vec<Revision> = graph
        .all
        .iter()
        .filter(|one| !["b", "c"].contains(&one.id.as_str()))
        .cloned()
        .collect();
    let mut later = left.clone();
    later
        .iter_mut()
        .for_each(|one| one.depends_on.retain(|on| on.revision.as_str() != "shop"));
    let left = RevisionGraph::new(later).expect("a graph");
    assert_eq!(told(&left), "a< s<a e<a,s d<s");
    let error = left.settled(&set("a b")).expect_err("`c` is gone");
    assert!(
        error
            .to_string()
            .contains("of which `c` is not there any more"),
        "{error}"
    );
}

#[test]
fn from_among_the_originals_they_go_on() {
    let graph = squashed();
    let apart = graph
        .settled(&set("a b"))
        .expect("a graph")
        .expect("another one");
    assert_eq!(told(&apart), "a< b<a c<b e<a,b,c d<c");
    assert!(!apart.contains(&id("s")));
    // And back, where it has gone past them meanwhile.
    assert!(apart.settled(&set("a c")).expect("a graph").is_none());
    let whole = apart
        .settled(&set("a b c"))
        .expect("a graph")
        .expect("the first");
    assert_eq!(told(&whole), told(&graph));
    // Who names the squash goes on from the last of them.
    let mut all = graph.all.clone();
    let mut last = Revision::new(id("f"), sql_digest(""));
    last.parents = vec![id("s")];
    all.push(last);
    let graph = RevisionGraph::new(all).expect("a graph");
    let apart = graph
        .settled(&set("a c"))
        .expect("a graph")
        .expect("another one");
    assert_eq!(apart.parents(&id("f")), [&id("c")]);
}

#[test]
fn one_revision_stands_for_another() {
    let squash = |replaced: [&str; 2]| {
        let mut all = revisions("a\ns\nt");
        all[1].replaces = vec![id(replaced[0])];
        all[2].replaces = vec![id(replaced[1])];
        RevisionGraph::new(all)
            .expect_err("it is refused")
            .to_string()
    };
    assert_eq!(
        squash(["a", "a"]),
        "revisions `s` and `t` (dir_t) both replace `a`"
    );
    assert_eq!(
        squash(["a", "s"]),
        "revision `t` (dir_t) replaces `s` (dir_s), which itself replaces others"
    );
}
