//! Plans: which revisions to apply or take back, and in what order.
//!
//! History is a set: `applied` holds the identifiers of the applied revisions, and need not be
//! closed downwards (a revision may arrive late between others). Identifiers in it that the graph
//! does not know are passed over; whether they are welcome is the runner's business.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result};
use crate::revision::RevisionId;
use crate::revision::graph::{RevisionGraph, and};
use crate::revision::target::{Anchor, Target, several_current, too_far};

/// The steps from what is applied to a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which to take them.
    pub steps: Vec<PlanStep>,
}

/// One revision in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanStep {
    /// Which way.
    pub direction: Direction,
    /// Which revision.
    pub revision: RevisionId,
}

/// Which way a revision goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It is applied.
    Up,
    /// It is taken back.
    Down,
}

/// How one step changes which applied revisions are heads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadChange {
    /// Those that were heads and are no longer, or no longer applied.
    pub gone: BTreeSet<RevisionId>,
    /// Those that are heads now and were not, or not applied.
    pub come: BTreeSet<RevisionId>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// The way up to a target: all that it needs and that is not applied, parents first.
///
/// # Errors
/// [`ErrorKind::Target`], see [`Target::resolve`]; also for a bare `-N`.
pub fn plan_upgrade(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    target: &Target,
) -> Result<Plan> {
    if target.anchor == Anchor::Current && target.steps < 0 {
        return Err(wrong_way(target, "down", "downgrade"));
    }
    let destinations = target.resolve(graph, &heads_of(graph, applied))?;
    let mut plan = Plan::default();
    push_up(&mut plan, graph, &closure(graph, destinations), applied);
    Ok(plan)
}

/// The way down to a target: all that is applied and stands on it, children first. The target
/// stays, and so do branches that do not stand on it; `base` takes back everything, and `-N` the
/// last N revisions.
///
/// # Errors
/// [`ErrorKind::Target`], see [`Target::resolve`]; also where the target is not applied, and for a
/// bare `+N`.
pub fn plan_downgrade(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    target: &Target,
) -> Result<Plan> {
    if target.anchor == Anchor::Current && target.steps > 0 {
        return Err(wrong_way(target, "up", "upgrade"));
    }
    let current = heads_of(graph, applied);
    if target.anchor == Anchor::Current && target.steps < 0 {
        return last_steps(graph, applied, current, target);
    }
    let destinations = target.resolve(graph, &current)?;
    let missing: Vec<&RevisionId> = destinations
        .iter()
        .filter(|id| !applied.contains(*id))
        .collect();
    if let Some(first) = missing.first() {
        let names: Vec<String> = missing.iter().map(|id| graph.describe(id)).collect();
        let (is, it) = if names.len() == 1 {
            ("is", "it")
        } else {
            ("are", "them")
        };
        let names = and(&names);
        let message =
            format!("{names} {is} not applied, so that nothing can be taken back down to {it}");
        return Err(Error::new(ErrorKind::Target, message)
            .with_revision((*first).clone())
            .with_hint("`limbeck current` shows what is applied"));
    }
    let mut plan = Plan::default();
    if destinations.is_empty() {
        push_down(&mut plan, graph, applied, |_| true);
    } else {
        let above = graph.descendants(&destinations);
        push_down(&mut plan, graph, applied, |id| {
            above.contains(id) && !destinations.contains(id)
        });
    }
    Ok(plan)
}

/// The entries to make and to take out, without running anything, so that the target is current:
/// what stands on it goes, what it needs comes, other branches stay; `base` takes out everything.
///
/// # Errors
/// [`ErrorKind::Target`], see [`Target::resolve`].
pub fn plan_stamp(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    target: &Target,
) -> Result<Plan> {
    let destinations = target.resolve(graph, &heads_of(graph, applied))?;
    let mut plan = Plan::default();
    if destinations.is_empty() {
        push_down(&mut plan, graph, applied, |_| true);
        return Ok(plan);
    }
    let above = graph.descendants(&destinations);
    let wanted = closure(graph, destinations);
    push_down(&mut plan, graph, applied, |id| {
        above.contains(id) && !wanted.contains(id)
    });
    push_up(&mut plan, graph, &wanted, applied);
    Ok(plan)
}

/// The applied revisions that are parents of no applied one: the heads among the history rows.
pub fn heads_of(graph: &RevisionGraph, applied: &BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
    let known = applied.iter().filter(|id| graph.contains(id));
    known
        .filter(|id| is_head(graph, applied, id))
        .cloned()
        .collect()
}

/// How the heads among the history rows change when this step is taken, where `applied` is what
/// was applied before it. Dependencies count for nothing here.
pub fn head_change(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    step: &PlanStep,
) -> HeadChange {
    let PlanStep {
        direction,
        revision,
    } = step;
    let mut change = HeadChange::default();
    let parents = graph
        .parents(revision)
        .into_iter()
        .filter(|parent| applied.contains(*parent));
    match direction {
        Direction::Up if applied.contains(revision) => {}
        Direction::Up => {
            change
                .gone
                .extend(parents.filter(|id| is_head(graph, applied, id)).cloned());
            if is_head(graph, applied, revision) {
                change.come.insert(revision.clone());
            }
        }
        Direction::Down if !applied.contains(revision) => {}
        Direction::Down => {
            let last_child = |parent: &RevisionId| {
                !graph
                    .children(parent)
                    .into_iter()
                    .any(|c| c != revision && applied.contains(c))
            };
            change
                .come
                .extend(parents.filter(|id| last_child(id)).cloned());
            if is_head(graph, applied, revision) {
                change.gone.insert(revision.clone());
            }
        }
    }
    change
}

fn is_head(graph: &RevisionGraph, applied: &BTreeSet<RevisionId>, id: &RevisionId) -> bool {
    !graph
        .children(id)
        .into_iter()
        .any(|child| applied.contains(child))
}

/// Takes back the one head, as often as the target says.
fn last_steps(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    mut heads: BTreeSet<RevisionId>,
    target: &Target,
) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut applied = applied.clone();
    for step in 0..target.steps.unsigned_abs() {
        if heads.len() > 1 {
            return Err(several_current(graph, &heads, target));
        }
        let Some(revision) = heads.pop_first() else {
            let there = match step {
                0 => "no revision is applied".to_owned(),
                1 => "only one revision is applied".to_owned(),
                steps => format!("only {steps} revisions are applied"),
            };
            return Err(too_far(target, &there));
        };
        let step = PlanStep {
            direction: Direction::Down,
            revision,
        };
        heads.extend(head_change(graph, &applied, &step).come);
        applied.remove(&step.revision);
        plan.steps.push(step);
    }
    Ok(plan)
}

fn closure(graph: &RevisionGraph, mut ids: BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
    ids.extend(graph.ancestors(&ids));
    ids
}

fn push_up(
    plan: &mut Plan,
    graph: &RevisionGraph,
    wanted: &BTreeSet<RevisionId>,
    applied: &BTreeSet<RevisionId>,
) {
    let ids = graph.order().map(|revision| &revision.id);
    let ids = ids.filter(|id| wanted.contains(*id) && !applied.contains(*id));
    plan.steps.extend(ids.map(|id| PlanStep {
        direction: Direction::Up,
        revision: id.clone(),
    }));
}

fn push_down(
    plan: &mut Plan,
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    unwanted: impl Fn(&RevisionId) -> bool,
) {
    let ids = graph.order().rev().map(|revision| &revision.id);
    let ids = ids.filter(|id| applied.contains(*id) && unwanted(id));
    plan.steps.extend(ids.map(|id| PlanStep {
        direction: Direction::Down,
        revision: id.clone(),
    }));
}

fn wrong_way(target: &Target, way: &str, instead: &str) -> Error {
    Error::new(ErrorKind::Target, format!("`{target}` goes {way}"))
        .with_hint(format!("use `limbeck {instead} {target}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::graph::tests::{graph, ids};

    const CHAIN: &str = "a\nb: a\nc: b";
    const DIAMOND: &str = "a\nb: a\nc: a\nm: b c";
    const DEPENDENT: &str = "a\nb: a\nx: ; b\ny: x";

    type Planner = fn(&RevisionGraph, &BTreeSet<RevisionId>, &Target) -> Result<Plan>;

    /// `applied` in words, the target; the steps as `+a -b`, or the error.
    #[track_caller]
    fn check(plan: Planner, revisions: &str, applied: &str, target: &str, expected: &str) {
        let target = Target::parse(target).expect("a target");
        let found = plan(&graph(revisions), &ids(applied.split_whitespace()), &target);
        let found = match found {
            Ok(plan) => plan.steps.iter().map(show).collect::<Vec<_>>().join(" "),
            Err(error) => format!("{error} | {}", error.hint().unwrap_or("none")),
        };
        assert_eq!(found, expected);
    }

    fn show(step: &PlanStep) -> String {
        let PlanStep {
            direction,
            revision,
        } = step;
        match direction {
            Direction::Up => format!("+{revision}"),
            Direction::Down => format!("-{revision}"),
        }
    }

    #[test]
    fn upgrade_applies_what_is_missing() {
        check(plan_upgrade, CHAIN, "", "head", "+a +b +c");
        check(plan_upgrade, CHAIN, "a", "head", "+b +c");
        check(plan_upgrade, CHAIN, "a", "+1", "+b");
        check(plan_upgrade, CHAIN, "a b c", "head", "");
        check(plan_upgrade, CHAIN, "a b c", "a", "");
        check(plan_upgrade, CHAIN, "", "base", "");
        check(plan_upgrade, CHAIN, "a c", "head", "+b");
        check(plan_upgrade, CHAIN, "unknown a", "b", "+b");
        check(plan_upgrade, DIAMOND, "", "m", "+a +b +c +m");
        check(plan_upgrade, DIAMOND, "", "c", "+a +c");
        check(plan_upgrade, DIAMOND, "a c", "head", "+b +m");
        check(plan_upgrade, DEPENDENT, "", "x", "+a +b +x");
        check(plan_upgrade, DEPENDENT, "", "heads", "+a +b +x +y");
        check(plan_upgrade, "", "", "head", "");
    }

    #[test]
    fn downgrade_takes_back_what_stands_on_the_target() {
        check(plan_downgrade, CHAIN, "a b c", "base", "-c -b -a");
        check(plan_downgrade, CHAIN, "a b c", "a", "-c -b");
        check(plan_downgrade, CHAIN, "a b c", "c", "");
        check(plan_downgrade, CHAIN, "a b c", "-1", "-c");
        check(plan_downgrade, CHAIN, "a b c", "-3", "-c -b -a");
        check(plan_downgrade, CHAIN, "a b c", "head-1", "-c");
        check(plan_downgrade, CHAIN, "a b", "base+1", "-b");
        check(plan_downgrade, CHAIN, "a c", "a", "-c");
        check(plan_downgrade, CHAIN, "", "base", "");
        check(plan_downgrade, DIAMOND, "a b c m", "b", "-m");
        check(plan_downgrade, DIAMOND, "a b c m", "a", "-m -c -b");
        check(plan_downgrade, DIAMOND, "a b c m", "-1", "-m");
        check(plan_downgrade, DEPENDENT, "a b x y", "a", "-y -x -b");
        check(plan_downgrade, DEPENDENT, "a b x y", "x", "-y");
    }

    #[test]
    fn downgrade_refuses_what_it_cannot_mean() {
        check(
            plan_downgrade,
            CHAIN,
            "a",
            "b",
            "`b` (dir_b) is not applied, so that nothing can be taken back down to it | \
             `limbeck current` shows what is applied",
        );
        check(
            plan_downgrade,
            CHAIN,
            "a b",
            "-3",
            "`-3` goes too far: only 2 revisions are applied | `base` goes all the way",
        );
        check(
            plan_downgrade,
            DIAMOND,
            "a b c m",
            "-2",
            "`-2` counts from one revision, and `b` (dir_b) and `c` (dir_c) are current | \
             count from one of them, as in `b-2`",
        );
        check(
            plan_downgrade,
            CHAIN,
            "a",
            "+1",
            "`+1` goes up | use `limbeck upgrade +1`",
        );
        check(
            plan_upgrade,
            CHAIN,
            "a",
            "-1",
            "`-1` goes down | use `limbeck downgrade -1`",
        );
    }

    #[test]
    fn stamp_makes_the_target_current() {
        check(plan_stamp, CHAIN, "", "head", "+a +b +c");
        check(plan_stamp, CHAIN, "a b c", "a", "-c -b");
        check(plan_stamp, CHAIN, "c", "b", "-c +a +b");
        check(plan_stamp, CHAIN, "a b", "base", "-b -a");
        check(plan_stamp, CHAIN, "a b", "b", "");
        check(plan_stamp, DIAMOND, "a b c m", "b", "-m");
        check(plan_stamp, DEPENDENT, "", "y", "+a +b +x +y");
    }

    #[test]
    fn heads_follow_the_steps() {
        let graph = graph(DIAMOND);
        let mut applied = BTreeSet::new();
        let mut heads = BTreeSet::new();
        let mut follow = |step: PlanStep, expected: &str| {
            let HeadChange { gone, come } = head_change(&graph, &applied, &step);
            assert!(gone.is_subset(&heads) && come.is_disjoint(&heads));
            heads = heads.difference(&gone).chain(&come).cloned().collect();
            let PlanStep {
                direction,
                revision,
            } = step;
            match direction {
                Direction::Up => applied.insert(revision),
                Direction::Down => applied.remove(&revision),
            };
            assert_eq!(heads, ids(expected.split_whitespace()));
            assert_eq!(heads, heads_of(&graph, &applied));
        };
        let up = |name: &str| PlanStep {
            direction: Direction::Up,
            revision: crate::revision::graph::tests::id(name),
        };
        let down = |name: &str| PlanStep {
            direction: Direction::Down,
            ..up(name)
        };
        follow(up("a"), "a");
        follow(up("b"), "b");
        follow(up("c"), "b c");
        follow(up("m"), "m");
        follow(up("m"), "m");
        follow(down("b"), "m");
        follow(up("b"), "m");
        follow(down("m"), "b c");
        follow(down("m"), "b c");
        follow(down("c"), "b");
        follow(down("b"), "a");
        follow(down("a"), "");
    }
}
