//! Random graphs and walks over them, as Alembic 1.19 answers them: the same revisions in the same order, and the
//! same rows. `walks.jsonl` holds 150; `LIMBECK_WALKS` may name a file with more, from
//! `xtask/alembic/walks.py`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use limbeck_core::Error;
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::plan::{
    Direction, Plan, heads_of, plan_downgrade, plan_stamp, plan_upgrade,
};
use limbeck_core::revision::target::{Anchor, Target};
use limbeck_core::revision::{Dependency, Revision, RevisionId, sql_digest};

#[derive(Deserialize)]
struct Walk {
    revisions: Vec<Listed>,
    /// Whether Alembic has an order of its own for all of it.
    ordered: bool,
    commands: Vec<Command>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    parents: Vec<String>,
    depends_on: Vec<String>,
    labels: Vec<String>,
}

#[derive(Deserialize)]
struct Command {
    way: String,
    target: String,
    #[serde(default)]
    steps: Vec<String>,
    #[serde(default)]
    rows: Vec<String>,
    error: Option<String>,
}

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).expect("an identifier")
}

fn graph(listed: &[Listed]) -> RevisionGraph {
    let revisions = listed.iter().map(|one| {
        let mut revision = Revision::new(id(&one.id), sql_digest(&one.id));
        revision.parents = one.parents.iter().map(|parent| id(parent)).collect();
        revision.depends_on = one
            .depends_on
            .iter()
            .map(|name| Dependency {
                bundle: None,
                revision: id(name),
            })
            .collect();
        revision.branch_labels = one.labels.clone();
        revision
    });
    RevisionGraph::new(revisions.collect()).expect("a graph")
}

/// What differs on a walk.
fn differences(walk: &Walk) -> Vec<String> {
    let graph = graph(&walk.revisions);
    let mut applied: BTreeSet<RevisionId> = BTreeSet::new();
    let mut differences = Vec::new();
    for command in &walk.commands {
        let Command {
            way,
            target: text,
            steps,
            rows,
            error,
        } = command;
        let target = Target::parse(text).expect("a target");
        let planned = match way.as_str() {
            "upgrade" => plan_upgrade(&graph, &applied, &target),
            "downgrade" => plan_downgrade(&graph, &applied, &target),
            _ => plan_stamp(&graph, &applied, std::slice::from_ref(&target)),
        };
        let before = heads_of(&graph, &applied);
        let mut told = format!("{way} {text} at {before:?}: ");
        match (planned, error) {
            (Err(_), Some(_)) => {}
            (Ok(plan), Some(error)) => {
                // More is understood here; nothing is done that Alembic does otherwise.
                let _ = write!(told, "+ {} where Alembic says {error}", show(&plan));
                differences.push(told);
            }
            (Err(ours), None) if refused(&target, &before, &graph, &ours) => return differences,
            // Rows of which one stands on another: Alembic itself refuses to go on from there.
            (Ok(_), None) if overlap(&graph, rows) => return differences,
            // It stamps several one after the other, each in place of the ones before.
            (Ok(_), None)
                if way == "stamp" && target.anchor == Anchor::Heads && graph.heads().len() > 1 =>
            {
                return differences;
            }
            (Err(ours), None) => {
                let _ = write!(told, "! {ours} where Alembic takes {steps:?} to {rows:?}");
                differences.push(told);
                return differences;
            }
            (Ok(plan), None) => {
                for step in &plan.steps {
                    match step.direction {
                        Direction::Up => applied.insert(step.revision.clone()),
                        Direction::Down => applied.remove(&step.revision),
                    };
                }
                let ours: Vec<&str> = plan.steps.iter().map(|one| one.revision.as_str()).collect();
                let heads: Vec<RevisionId> = heads_of(&graph, &applied).into_iter().collect();
                let theirs: Vec<RevisionId> = rows.iter().map(|row| id(row)).collect();
                // It forgets what the branch only depends on, though that was applied.
                let forgets = theirs.iter().all(|row| heads.contains(row));
                if forgets
                    && way == "stamp"
                    && target.branch.is_some()
                    && target.anchor == Anchor::Base
                    && heads != theirs
                {
                    return differences;
                }
                if heads != theirs {
                    let _ = write!(told, "! rows {heads:?} where Alembic has {theirs:?}");
                    differences.push(told);
                    return differences;
                }
                if way != "stamp" && walk.ordered && ours != *steps {
                    let _ = write!(told, "! {ours:?} where Alembic takes {steps:?}");
                    differences.push(told);
                }
            }
        }
    }
    differences
}

/// What is refused on purpose where Alembic goes on.
fn refused(
    target: &Target,
    rows: &BTreeSet<RevisionId>,
    graph: &RevisionGraph,
    ours: &Error,
) -> bool {
    // It takes whatever row comes first, with a warning.
    let any_row = target.anchor == Anchor::Current && target.branch.is_none() && rows.len() > 1;
    // It goes below the base of one branch, and takes that for the base of all.
    let any_base = graph.bases().len() > 1 && target.steps < 0 && target.branch.is_none();
    // It looks at the branch only where it has to choose.
    let elsewhere = ours.to_string().contains("is not of the branch");
    // It takes the heads of a branch to go down to for all that there are.
    let heads = target.anchor == Anchor::Heads && target.branch.is_some();
    any_row || any_base || elsewhere || heads
}

fn overlap(graph: &RevisionGraph, rows: &[String]) -> bool {
    let rows: BTreeSet<RevisionId> = rows.iter().map(|row| id(row)).collect();
    !graph.ancestors(&rows).is_disjoint(&rows)
}

fn show(plan: &Plan) -> String {
    let steps = plan.steps.iter().map(|step| match step.direction {
        Direction::Up => format!("+{}", step.revision),
        Direction::Down => format!("-{}", step.revision),
    });
    steps.collect::<Vec<_>>().join(" ")
}

fn check(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut more = 0;
    for (number, line) in text.lines().enumerate() {
        let walk: Walk = serde_json::from_str(line).expect("a walk");
        for difference in differences(&walk) {
            if difference.contains(": + ") {
                more += 1;
                if std::env::var_os("LIMBECK_WALKS_MORE").is_some() {
                    println!("{number}: {difference}");
                }
            } else {
                wrong.push(format!("{}: {difference}", number + 1));
            }
        }
    }
    println!(
        "{} walks, {} otherwise, {more} understood that Alembic refuses",
        text.lines().count(),
        wrong.len()
    );
    wrong
}

#[test]
fn walks_end_where_alembic_ends() {
    let wrong = check(include_str!("walks.jsonl"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "takes a file of walks, LIMBECK_WALKS"]
fn more_walks() {
    let file = std::env::var("LIMBECK_WALKS").expect("a file");
    let wrong = check(&std::fs::read_to_string(file).expect("the file"));
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
