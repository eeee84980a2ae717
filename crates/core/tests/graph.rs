//! Graphs, and what is asked of them, in tables: `graph/*.txt`.
//!
//! A graph is a line a revision: `id: parents ; dependencies [label]`. Below it stands a line a case: what a target
//! means (`find`), or what is done on the way to one (`up`, `down`, `stamp`), with the rows to begin `at`, the steps
//! and the rows afterwards. What Alembic does otherwise has the reason behind `#`; `xtask/alembic/cases.py`
//! asks it. `LIMBECK_BLESS=1` writes the answers down.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use limbeck_core::Error;
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::plan::{
    Direction, Plan, heads_of, plan_downgrade, plan_stamp, plan_upgrade,
};
use limbeck_core::revision::target::Target;
use limbeck_core::revision::{Revision, RevisionId, sql_digest};

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).expect("an identifier")
}

/// `id: parents ; dependencies [label]`.
fn revision(line: &str) -> Revision {
    let (line, labels) = line.split_once('[').unwrap_or((line, ""));
    let (line, depends_on) = line.split_once(';').unwrap_or((line, ""));
    let (name, parents) = line.split_once(':').unwrap_or((line, ""));
    let mut revision = Revision::new(id(name.trim()), sql_digest(name));
    revision.parents = parents.split_whitespace().map(id).collect();
    let depends_on = depends_on.split_whitespace();
    revision.depends_on = depends_on
        .map(|text| text.parse().expect("a dependency"))
        .collect();
    let labels = labels.trim_end_matches(']').split_whitespace();
    revision.branch_labels = labels.map(str::to_owned).collect();
    revision.directory = format!("dir_{}", revision.id);
    revision
}

fn told(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("error: {error} | {hint}"),
        None => format!("error: {error}"),
    }
}

fn words<'a>(ids: impl IntoIterator<Item = &'a RevisionId>) -> String {
    let words: Vec<&str> = ids.into_iter().map(RevisionId::as_str).collect();
    match words.is_empty() {
        true => "nothing".to_owned(),
        false => words.join(" "),
    }
}

fn answer(graph: &RevisionGraph, question: &str) -> String {
    let (question, rows) = question.split_once(" at ").unwrap_or((question, ""));
    let (verb, text) = question.split_once(' ').expect("a verb and a target");
    let mut applied: BTreeSet<RevisionId> = rows.split_whitespace().map(id).collect();
    applied.extend(graph.ancestors(&applied));
    let target = match Target::parse(text) {
        Ok(target) => target,
        Err(error) => return told(&error),
    };
    let planned = match verb {
        "find" => {
            return match target.resolve(graph, &applied) {
                Ok(found) => words(&found),
                Err(error) => told(&error),
            };
        }
        "up" => plan_upgrade(graph, &applied, &target),
        "down" => plan_downgrade(graph, &applied, &target),
        "stamp" => plan_stamp(graph, &applied, &[target]),
        other => panic!("no verb: {other}"),
    };
    match planned {
        Ok(plan) => done(graph, applied, &plan),
        Err(error) => told(&error),
    }
}

/// The steps and the rows afterwards; those of a stamp are not taken.
fn done(graph: &RevisionGraph, mut applied: BTreeSet<RevisionId>, plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let sign = match step.direction {
            Direction::Up => {
                applied.insert(step.revision.clone());
                '+'
            }
            Direction::Down => {
                applied.remove(&step.revision);
                '-'
            }
        };
        text.push_str(&format!("{sign}{} ", step.revision));
    }
    format!("{text}=> {}", words(&heads_of(graph, &applied)))
}

/// The text of a table with its answers, and how many there are.
fn answered(text: &str) -> (String, usize) {
    let verbs = ["find ", "up ", "down ", "stamp "];
    let is_case = |line: &&str| verbs.iter().any(|verb| line.starts_with(verb));
    let lines = text.lines().map(str::trim);
    let listed = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter(|line| !is_case(line));
    let graph = RevisionGraph::new(listed.map(revision).collect()).expect("a graph");
    let mut count = 0;
    let lines = text.lines().map(|line| {
        if !is_case(&line) {
            return line.to_owned();
        }
        count += 1;
        let (line, reason) = match line.split_once("  # ") {
            Some((line, reason)) => (line, format!("  # {reason}")),
            None => (line, String::new()),
        };
        let question = line.split_once(": ").map_or(line, |(question, _)| question);
        format!("{question}: {}{reason}", answer(&graph, question))
    });
    let text: Vec<String> = lines.collect();
    (text.join("\n") + "\n", count)
}

/// The same of what is no graph: sections that begin with `=`, the error last.
fn refused(text: &str) -> (String, usize) {
    let mut sections = text.split("\n= ");
    let mut answered = sections.next().expect("a beginning").to_owned();
    let mut count = 0;
    for section in sections {
        count += 1;
        let lines: Vec<&str> = section.trim_end().lines().collect();
        let is_told = |line: &str| line.starts_with("error: ") || line == "a graph";
        let lines: Vec<&str> = lines
            .into_iter()
            .filter(|line| !line.is_empty() && !is_told(line))
            .collect();
        let revisions = lines[1..].iter().map(|line| revision(line)).collect();
        let error = match RevisionGraph::new(revisions) {
            Ok(_) => "a graph".to_owned(),
            Err(error) => told(&error),
        };
        answered.push_str(&format!("\n= {}\n{error}\n", lines.join("\n")));
    }
    (answered, count)
}

fn tables() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graph");
    let entries = fs::read_dir(folder).expect("the tables");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a table").path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn what_is_asked_of_graphs() {
    let mut cases = 0;
    let mut wrong = Vec::new();
    for path in tables() {
        let text = fs::read_to_string(&path).expect("a table");
        let (answers, count) = match path.ends_with("no-graph.txt") {
            true => refused(&text),
            false => answered(&text),
        };
        cases += count;
        if std::env::var_os("LIMBECK_BLESS").is_some() {
            fs::write(&path, &answers).expect("the table is written");
        }
        let pairs = text.lines().zip(answers.lines());
        let differ = pairs.filter(|(written, given)| written != given);
        wrong.extend(differ.map(|(written, given)| format!("{written}\n  but: {given}")));
        assert_eq!(
            text.lines().count(),
            answers.lines().count(),
            "{}",
            path.display()
        );
    }
    println!("{cases} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 400, "{cases}");
}
