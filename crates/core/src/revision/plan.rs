//! Plans: which revisions to apply or take back, and in what order.
//!
//! History is a set: `applied` holds the identifiers of the applied revisions, and need not be
//! closed downwards (a revision may arrive late between others). Identifiers in it that the graph
//! does not know are passed over; whether they are welcome is the runner's business.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result};
use crate::revision::RevisionId;
use crate::revision::graph::{RevisionGraph, and};
pub use crate::revision::target::heads_of;
use crate::revision::target::{Anchor, Target, is_head, several_current, too_far};

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

    fn down<'a>(graph: &RevisionGraph, ids: impl IntoIterator<Item = &'a RevisionId>) -> Self {
        let steps = graph.downward(ids).into_iter().map(|id| PlanStep {
            direction: Direction::Down,
            revision: id.clone(),
        });
        Self {
            steps: steps.collect(),
        }
    }

    fn up<'a>(&mut self, graph: &RevisionGraph, ids: impl IntoIterator<Item = &'a RevisionId>) {
        let order = graph.downward(ids);
        self.steps
            .extend(order.into_iter().rev().map(|id| PlanStep {
                direction: Direction::Up,
                revision: id.clone(),
            }));
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
    let destinations = target.resolve(graph, applied)?;
    let mut plan = Plan::default();
    let wanted = closure(graph, destinations);
    plan.up(graph, wanted.iter().filter(|id| !applied.contains(*id)));
    Ok(plan)
}

/// The way down to a target: the applied revisions that grew from it, and what stands on these, children
/// first. The target stays, and so do branches that have nothing to do with it; `base` takes back everything,
/// or all of a branch, and `-N` the last N revisions.
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
    if target.anchor == Anchor::Current && target.steps < 0 {
        return last_steps(graph, applied, target);
    }
    let destinations = target.resolve(graph, applied)?;
    let missing: Vec<&RevisionId> = destinations
        .iter()
        .filter(|id| !applied.contains(*id))
        .collect();
    if !missing.is_empty() {
        return Err(not_applied(graph, applied, &missing));
    }
    let trunk = target
        .branch
        .as_ref()
        .map(|branch| Ok(graph.trunk(graph.branch(branch)?)))
        .transpose()?;
    let mut roots = BTreeSet::new();
    for destination in above_all(&destinations) {
        let grown = grown_from(graph, destination, trunk.as_ref());
        if let (true, Some(place), Some(branch)) = (grown.is_empty(), destination, &target.branch)
            && let children = graph.children(place)
            && !children.is_empty()
        {
            let names: Vec<String> = children.iter().map(|id| graph.describe(id)).collect();
            return Err(Error::new(
                ErrorKind::Target,
                format!(
                    "`{target}` could take back several branches: above {} are {}",
                    graph.describe(place),
                    and(&names)
                ),
            )
            .with_hint(format!(
                "`{branch}` begins below them: name one of them before the `@`, or `{place}` alone for all"
            )));
        }
        roots.extend(grown);
    }
    let above = with_dependents(graph, &roots);
    let plan = Plan::down(graph, applied.iter().filter(|id| above.contains(*id)));
    if let (true, Some(absorbed)) = (plan.is_empty(), destinations.first())
        && let above = graph.required_by(absorbed)
        && let Some(dependent) = above.into_iter().find(|id| applied.contains(*id))
    {
        return Err(Error::new(
            ErrorKind::Target,
            format!(
                "nothing that is applied grew from {}, and {} depends on it",
                graph.describe(absorbed),
                graph.describe(dependent)
            ),
        )
        .with_revision(absorbed.clone())
        .with_hint(format!(
            "to take that back go down below it: `limbeck downgrade {dependent}-1`"
        )));
    }
    Ok(plan)
}

/// The entries to make and to take out, without running anything, so that the targets are current:
/// what stands on one goes with all that nothing else needs, what it needs comes, other branches stay;
/// `base` takes out everything, or all of a branch and what stands on it, but nothing of another branch that
/// it only depends on.
///
/// # Errors
/// [`ErrorKind::Target`], see [`Target::resolve`].
pub fn plan_stamp(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    targets: &[Target],
) -> Result<Plan> {
    let mut stamped: BTreeSet<RevisionId> = applied
        .iter()
        .filter(|id| graph.contains(id))
        .cloned()
        .collect();
    let known = stamped.clone();
    for target in targets {
        let destinations = target.resolve(graph, applied)?;
        if destinations.is_empty() {
            let mut rows = heads_of(graph, &stamped);
            let mut elsewhere = BTreeSet::new();
            if let Some(branch) = &target.branch {
                let branch = graph.branch(branch)?;
                let (above, below) = (graph.descendants([branch]), graph.ancestors([branch]));
                rows.retain(|row| row == branch || above.contains(row) || below.contains(row));
                elsewhere = of_others(graph, &stamped, branch);
            }
            leave(graph, &mut stamped, &rows, &elsewhere);
        }
        for destination in destinations {
            let above = graph.descendants([&destination]);
            let mut rows = heads_of(graph, &stamped);
            rows.retain(|row| above.contains(row));
            let needed = closure(graph, BTreeSet::from([destination]));
            leave(graph, &mut stamped, &rows, &needed);
            stamped.extend(needed);
        }
    }
    let mut plan = Plan::down(graph, known.difference(&stamped));
    plan.up(graph, stamped.difference(&known));
    Ok(plan)
}

/// What is not of a branch and does not stand on it: others only depend on that, or are merged with it. It was
/// applied all the same, and would be run again if its entry went.
fn of_others(
    graph: &RevisionGraph,
    stamped: &BTreeSet<RevisionId>,
    branch: &RevisionId,
) -> BTreeSet<RevisionId> {
    let own = graph.lineage(branch);
    let above = graph.descendants(&own);
    let others = stamped.iter();
    others
        .filter(|id| !own.contains(*id) && !above.contains(*id))
        .cloned()
        .collect()
}

/// Takes out what some of the heads stand on, and they themselves, but for what other heads stand on or is needed.
fn leave(
    graph: &RevisionGraph,
    stamped: &mut BTreeSet<RevisionId>,
    rows: &BTreeSet<RevisionId>,
    needed: &BTreeSet<RevisionId>,
) {
    let heads = heads_of(graph, stamped);
    let kept = closure(graph, heads.difference(rows).cloned().collect());
    let gone = closure(graph, rows.clone());
    stamped.retain(|id| !gone.contains(id) || kept.contains(id) || needed.contains(id));
}

/// How the heads among the history rows change when this step is taken, where `applied` is what
/// was applied before it.
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
    let below = graph
        .requires(revision)
        .into_iter()
        .filter(|below| applied.contains(*below));
    match direction {
        Direction::Up if applied.contains(revision) => {}
        Direction::Up => {
            change
                .gone
                .extend(below.filter(|id| is_head(graph, applied, id)).cloned());
            if is_head(graph, applied, revision) {
                change.come.insert(revision.clone());
            }
        }
        Direction::Down if !applied.contains(revision) => {}
        Direction::Down => {
            let last = |below: &RevisionId| {
                !graph
                    .required_by(below)
                    .into_iter()
                    .any(|above| above != revision && applied.contains(above))
            };
            change.come.extend(below.filter(|id| last(id)).cloned());
            if is_head(graph, applied, revision) {
                change.gone.insert(revision.clone());
            }
        }
    }
    change
}

/// A revision that came below applied ones, as when a branch was put above another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap<'a> {
    /// The first one that is not applied.
    pub missing: &'a RevisionId,
    /// An applied one that stands on it.
    pub above: &'a RevisionId,
    /// What it stands on itself; nothing for the base.
    pub below: Option<&'a RevisionId>,
}

impl Gap<'_> {
    /// What takes back what stands above it, and applies all of it in order.
    pub fn hint(&self) -> String {
        let below = self.below.map_or("base", RevisionId::as_str);
        format!(
            "`limbeck downgrade {below}` takes back what stands above it, and `limbeck upgrade head` then applies \
             all of it in order"
        )
    }
}

/// The first revision that is not applied and that an applied one stands on.
pub fn gap<'a>(graph: &'a RevisionGraph, applied: &BTreeSet<RevisionId>) -> Option<Gap<'a>> {
    let mut open = graph.order().map(|revision| &revision.id);
    open.find_map(|missing| {
        if applied.contains(missing) {
            return None;
        }
        let above = graph.descendants([missing]);
        let mut above = graph
            .order()
            .map(|revision| &revision.id)
            .filter(|id| above.contains(*id));
        Some(Gap {
            missing,
            above: above.find(|id| applied.contains(*id))?,
            below: graph.parents(missing).first().copied(),
        })
    })
}

/// Takes back the one head, or that of the branch, as often as the target says: a walk down by parents, and
/// then what grew from its end on the way to that head.
fn last_steps(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    target: &Target,
) -> Result<Plan> {
    let start = Target {
        steps: 0,
        ..target.clone()
    };
    let start = start.resolve(graph, applied)?;
    let mut start = start.into_iter();
    let Some(head) = start.next() else {
        return Err(too_far(target, "no revision is applied"));
    };
    let others: BTreeSet<RevisionId> = start.collect();
    if !others.is_empty() {
        let heads = others.into_iter().chain([head]).collect();
        return Err(match gap(graph, applied) {
            Some(gap) => Error::new(
                ErrorKind::Target,
                format!(
                    "`{target}` counts from one revision, and {} stands on {}, which is not applied",
                    graph.describe(gap.above),
                    graph.describe(gap.missing)
                ),
            )
            .with_hint(gap.hint()),
            None => several_current(graph, &heads, target),
        });
    }
    let steps = target.steps.unsigned_abs();
    let trunk = graph.trunk(&head);
    let mut at = Some(head.clone());
    for step in 0..steps {
        let Some(here) = &at else {
            let there = match step {
                1 => "only one revision is applied".to_owned(),
                steps => format!("only {steps} revisions are applied"),
            };
            return Err(too_far(target, &there));
        };
        let parents = graph.parents(here);
        at = match parents.as_slice() {
            [] => None,
            [only] => Some((*only).clone()),
            // The last step needs no end to stand on.
            _ if step + 1 == steps => {
                let root = BTreeSet::from([here.clone()]);
                let above = with_dependents(graph, &root);
                return Ok(Plan::down(
                    graph,
                    applied.iter().filter(|id| above.contains(*id)),
                ));
            }
            several => {
                let parents = several.iter().map(|id| (*id).clone()).collect();
                return Err(several_current(graph, &parents, target));
            }
        };
    }
    let named = target.branch.as_ref();
    let named = named.map(|branch| Ok(graph.trunk(graph.branch(branch)?)));
    let mut roots = grown_from(
        graph,
        at.as_ref(),
        named.transpose()?.as_ref().or(Some(&trunk)),
    );
    if roots.is_empty() {
        roots = grown_from(graph, at.as_ref(), Some(&trunk));
    }
    let above = with_dependents(graph, &roots);
    Ok(Plan::down(
        graph,
        applied.iter().filter(|id| above.contains(*id)),
    ))
}

/// The places to come down to: the base, where there is no other.
fn above_all(destinations: &BTreeSet<RevisionId>) -> Vec<Option<&RevisionId>> {
    if destinations.is_empty() {
        vec![None]
    } else {
        destinations.iter().map(Some).collect()
    }
}

/// The children of a revision, or all bases; of several those that are on a trunk.
fn grown_from(
    graph: &RevisionGraph,
    place: Option<&RevisionId>,
    trunk: Option<&BTreeSet<RevisionId>>,
) -> BTreeSet<RevisionId> {
    let mut roots = match place {
        Some(id) => graph.children(id),
        None => graph.bases(),
    };
    if let Some(trunk) = trunk.filter(|_| roots.len() > 1) {
        roots.retain(|id| trunk.contains(*id));
    }
    roots.into_iter().cloned().collect()
}

fn with_dependents(graph: &RevisionGraph, roots: &BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
    let mut above = graph.descendants(roots);
    above.extend(roots.iter().cloned());
    above
}

fn closure(graph: &RevisionGraph, mut ids: BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
    ids.extend(graph.ancestors(&ids));
    ids
}

fn not_applied(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    missing: &[&RevisionId],
) -> Error {
    let names: Vec<String> = missing.iter().map(|id| graph.describe(id)).collect();
    let (is, it) = if names.len() == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    let names = and(&names);
    let message =
        format!("{names} {is} not applied, so that nothing can be taken back down to {it}");
    let error = Error::new(ErrorKind::Target, message);
    let Some(first) = missing.first() else {
        return error;
    };
    let error = error.with_revision((*first).clone());
    match gap(graph, applied) {
        Some(gap) if gap.missing == *first => error.with_hint(gap.hint()),
        _ => error.with_hint("`limbeck current` shows what is applied"),
    }
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
    fn stamp(
        graph: &RevisionGraph,
        applied: &BTreeSet<RevisionId>,
        target: &Target,
    ) -> Result<Plan> {
        plan_stamp(graph, applied, std::slice::from_ref(target))
    }

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
        check(plan_upgrade, DIAMOND, "", "m", "+a +c +b +m");
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
        check(plan_downgrade, DIAMOND, "a b c m", "a", "-m -b -c");
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
        // One that was put below applied ones.
        let late = "a\nb: a\nc: b\nd: c";
        let in_order = "`limbeck downgrade b` takes back what stands above it, and `limbeck upgrade head` then \
                        applies all of it in order";
        for (target, told) in [
            (
                "-1",
                "`-1` counts from one revision, and `d` (dir_d) stands on `c` (dir_c), which is not applied",
            ),
            (
                "d-1",
                "`c` (dir_c) is not applied, so that nothing can be taken back down to it",
            ),
        ] {
            check(
                plan_downgrade,
                late,
                "a b d",
                target,
                &format!("{told} | {in_order}"),
            );
        }
        check(plan_downgrade, late, "a b d", "b", "-d");
        check(plan_upgrade, late, "a b", "head", "+c +d");
        check(
            plan_downgrade,
            CHAIN,
            "b",
            "b-1",
            "`a` (dir_a) is not applied, so that nothing can be taken back down to it | `limbeck downgrade base` \
             takes back what stands above it, and `limbeck upgrade head` then applies all of it in order",
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
        check(stamp, CHAIN, "", "head", "+a +b +c");
        check(stamp, CHAIN, "a b c", "a", "-c -b");
        check(stamp, CHAIN, "c", "b", "-c +a +b");
        check(stamp, CHAIN, "a b", "base", "-b -a");
        check(stamp, CHAIN, "a b", "b", "");
        check(stamp, DIAMOND, "a b c m", "b", "-m -c");
        check(stamp, DEPENDENT, "", "y", "+a +b +x +y");
        // What a branch depends on is applied all the same.
        check(stamp, DEPENDENT, "a b x y", "x@base", "-y -x");
        check(stamp, DEPENDENT, "a b x y", "b@base", "-y -x -b -a");
        check(stamp, "a\nx\nm: a x\n", "a x m", "x@base", "-m -x");
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
