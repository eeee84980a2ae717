//! What holds for every graph, every set of applied revisions and every file of metadata.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use crate::revision::graph::RevisionGraph;
use crate::revision::plan::{
    Direction, HeadChange, Plan, PlanStep, head_change, heads_of, plan_downgrade, plan_stamp,
    plan_upgrade,
};
use crate::revision::target::Target;
use crate::revision::{Dependency, Revision, RevisionId, chain_digest, sql_digest};

type Ids = BTreeSet<RevisionId>;

/// Up to twelve revisions, each over up to three earlier ones and dependent on up to one, whose
/// identifiers say nothing of their order.
fn any_revisions() -> impl Strategy<Value = Vec<Revision>> {
    let names = Just((0..12).map(|n| format!("r{n:02}")).collect::<Vec<_>>()).prop_shuffle();
    let edges = proptest::collection::vec((any::<[Index; 3]>(), 0..5_usize, any::<Index>()), 0..12);
    (names, edges).prop_map(|(names, edges)| {
        let ids: Vec<RevisionId> = names.iter().map(|name| id(name)).collect();
        let mut revisions = Vec::new();
        for (number, (parents, count, dependency)) in edges.into_iter().enumerate() {
            let mut revision = Revision::new(ids[number].clone(), sql_digest(&names[number]));
            if number > 0 {
                let parents = parents.iter().take(count).map(|index| index.index(number));
                revision.parents = parents.map(|parent| ids[parent].clone()).collect();
                if count == 4 {
                    let revision_id = ids[dependency.index(number)].clone();
                    revision.depends_on = vec![Dependency {
                        bundle: None,
                        revision: revision_id,
                    }];
                }
            }
            revisions.push(revision);
        }
        revisions
    })
}

fn any_graph() -> impl Strategy<Value = RevisionGraph> {
    any_revisions().prop_map(|revisions| RevisionGraph::new(revisions).expect("no cycle is made"))
}

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).expect("an identifier")
}

fn ids(graph: &RevisionGraph) -> Vec<RevisionId> {
    graph.order().map(|revision| revision.id.clone()).collect()
}

/// Everything that must be applied before a revision.
fn needs(revision: &Revision) -> Ids {
    let dependencies = revision
        .depends_on
        .iter()
        .map(|dependency| &dependency.revision);
    revision
        .parents
        .iter()
        .chain(dependencies)
        .cloned()
        .collect()
}

/// Takes a plan's steps, each of which has to be possible.
fn take(graph: &RevisionGraph, applied: &mut Ids, plan: Plan) {
    for PlanStep {
        direction,
        revision,
    } in plan.steps
    {
        match direction {
            Direction::Up => {
                let revision = graph
                    .get(&revision)
                    .expect("a plan is made of known revisions");
                assert!(needs(revision).is_subset(applied), "parents first");
                assert!(applied.insert(revision.id.clone()), "nothing twice");
            }
            Direction::Down => {
                assert!(applied.remove(&revision), "only what is applied");
                let left = applied.iter().filter_map(|id| graph.get(id));
                assert!(
                    left.into_iter()
                        .all(|other| !needs(other).contains(&revision))
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn order_is_topological_and_independent_of_the_input(
        (revisions, shuffled) in any_revisions().prop_flat_map(|revisions| {
            (Just(revisions.clone()), Just(revisions).prop_shuffle())
        })
    ) {
        let graph = RevisionGraph::new(revisions).expect("no cycle is made");
        let same = RevisionGraph::new(shuffled).expect("no cycle is made");
        prop_assert!(graph.order().eq(same.order()));
        prop_assert_eq!(graph.heads(), same.heads());
        let mut before = Ids::new();
        for revision in graph.order() {
            prop_assert!(needs(revision).is_subset(&before));
            before.insert(revision.id.clone());
            let below = needs(revision);
            let below: Vec<_> = below.iter().filter_map(|p| graph.chain_digest(p)).collect();
            let chain = chain_digest(&below, &revision.id, &revision.content);
            prop_assert_eq!(graph.chain_digest(&revision.id), Some(chain));
            prop_assert_eq!(same.chain_digest(&revision.id), Some(chain));
        }
        prop_assert_eq!(before.len(), graph.len());
    }

    #[test]
    fn ancestors_and_descendants_mirror_each_other(graph in any_graph()) {
        for one in ids(&graph) {
            prop_assert!(!graph.ancestors([&one]).contains(&one));
            for other in ids(&graph) {
                let above = graph.descendants([&one]).contains(&other);
                prop_assert_eq!(above, graph.ancestors([&other]).contains(&one));
            }
        }
    }

    #[test]
    fn every_cycle_is_found(graph in any_graph()) {
        // An ancestor that is put above its own descendant makes a cycle.
        let revisions: Vec<Revision> = graph.order().cloned().collect();
        for above in &revisions {
            for below in graph.ancestors([&above.id]) {
                let mut ring = revisions.clone();
                let below = ring.iter_mut().find(|revision| revision.id == below);
                below.expect("an ancestor is in the graph").parents.push(above.id.clone());
                let error = RevisionGraph::new(ring).expect_err("a cycle");
                prop_assert!(error.to_string().contains(" in a cycle: "));
            }
        }
    }

    #[test]
    fn heads_after_a_walk_are_those_found_from_scratch(
        (graph, walk) in (any_graph(), proptest::collection::vec(any::<Index>(), 0..40))
    ) {
        let all = ids(&graph);
        let mut applied = Ids::new();
        let mut heads = Ids::new();
        for index in walk {
            if all.is_empty() {
                break;
            }
            let revision = all[index.index(all.len())].clone();
            let direction =
                if applied.contains(&revision) { Direction::Down } else { Direction::Up };
            let step = PlanStep { direction, revision: revision.clone() };
            let HeadChange { gone, come } = head_change(&graph, &applied, &step);
            prop_assert!(gone.is_subset(&heads));
            prop_assert!(come.is_disjoint(&heads));
            heads = heads.difference(&gone).chain(&come).cloned().collect();
            match direction {
                Direction::Up => applied.insert(revision),
                Direction::Down => applied.remove(&revision),
            };
            prop_assert_eq!(&heads, &heads_of(&graph, &applied));
        }
    }

    #[test]
    fn up_and_down_again_returns(graph in any_graph(), first in any::<Index>()) {
        let all = ids(&graph);
        let mut applied = Ids::new();
        if !all.is_empty() {
            let target = Target::revision(&all[first.index(all.len())]);
            let plan = plan_upgrade(&graph, &applied, &target).expect("a plan");
            take(&graph, &mut applied, plan);
            let again = plan_upgrade(&graph, &applied, &target).expect("a plan");
            prop_assert!(again.is_empty());
        }
        let plan = plan_upgrade(&graph, &applied, &Target::HEADS).expect("a plan");
        take(&graph, &mut applied, plan);
        prop_assert_eq!(applied.len(), graph.len());
        let heads: Ids = graph.real_heads().into_iter().cloned().collect();
        prop_assert_eq!(heads_of(&graph, &applied), heads);
        for id in &all {
            let mut left = applied.clone();
            match plan_downgrade(&graph, &left, &Target::revision(id)) {
                Ok(plan) => take(&graph, &mut left, plan),
                // Only what depends on it is above it, and that does not go.
                Err(_) => {
                    prop_assert!(graph.children(id).is_empty());
                    prop_assert!(!graph.required_by(id).is_empty());
                }
            }
            prop_assert!(left.contains(id));
            prop_assert!(graph.children(id).into_iter().all(|child| !left.contains(child)));
        }
        let plan = plan_downgrade(&graph, &applied, &Target::BASE).expect("a plan");
        take(&graph, &mut applied, plan);
        prop_assert!(applied.is_empty());
    }

    #[test]
    fn counted_steps_up_and_down_meet(length in 1..30_i32, up in 1..30_i32) {
        let mut revisions: Vec<Revision> = Vec::new();
        for number in 0..length {
            let mut revision = Revision::new(id(&format!("r{number}")), sql_digest(""));
            revision.parents = revisions.last().map(|last| last.id.clone()).into_iter().collect();
            revisions.push(revision);
        }
        let graph = RevisionGraph::new(revisions).expect("a chain");
        let mut applied = Ids::new();
        let plan = plan_upgrade(&graph, &applied, &Target::relative(up));
        prop_assert_eq!(plan.is_ok(), up <= length);
        if let Ok(plan) = plan {
            prop_assert_eq!(i32::try_from(plan.steps.len()).expect("few"), up);
            take(&graph, &mut applied, plan);
            let down = plan_downgrade(&graph, &applied, &Target::relative(-up)).expect("a plan");
            take(&graph, &mut applied, down);
            prop_assert!(applied.is_empty());
        }
    }

    #[test]
    fn stamping_makes_exactly_the_target_current_on_its_line(
        (graph, applied, index) in any_graph().prop_flat_map(|graph| {
            let all = ids(&graph);
            let size = 0..=all.len();
            (Just(graph), subsequence(all, size), any::<Index>())
        })
    ) {
        let all = ids(&graph);
        prop_assume!(!all.is_empty());
        let target = &all[index.index(all.len())];
        let closed = |some: &Ids| -> Ids { some.union(&graph.ancestors(some)).cloned().collect() };
        let before = closed(&applied.into_iter().collect());
        let mut stamped = before.clone();
        let plan = plan_stamp(&graph, &stamped, &[Target::revision(target)]).expect("a plan");
        for PlanStep { direction, revision } in plan.steps {
            let changed = match direction {
                Direction::Up => stamped.insert(revision),
                Direction::Down => stamped.remove(&revision),
            };
            prop_assert!(changed);
        }
        let above = graph.descendants([target]);
        let mut heads: Ids = heads_of(&graph, &before).difference(&above).cloned().collect();
        heads.insert(target.clone());
        prop_assert_eq!(stamped, closed(&heads));
    }

    #[test]
    fn no_target_panics(graph in any_graph(), text in "(head|heads|base|current|r|r0|[a-z0-9._@:-]{0,6})([+-][0-9]{0,11})?.?") {
        if let Ok(target) = Target::parse(&text) {
            let applied: Ids = ids(&graph).into_iter().step_by(2).collect();
            let _ = plan_upgrade(&graph, &applied, &target);
            let _ = plan_downgrade(&graph, &applied, &target);
            let _ = plan_stamp(&graph, &applied, &[target]);
        }
    }
}

#[cfg(feature = "directory")]
mod metadata {
    use std::time::Duration;

    use super::*;
    use crate::revision::directory::{parse_metadata, render_metadata};

    fn any_ids() -> impl Strategy<Value = Vec<RevisionId>> {
        let ids = proptest::collection::btree_set("[a-z0-9_.]{5,64}", 0..4);
        ids.prop_map(|ids| ids.iter().map(|text| id(text)).collect())
    }

    fn any_timeout() -> impl Strategy<Value = Option<Duration>> {
        proptest::option::of(prop_oneof![
            (0..=u64::from(i32::MAX.unsigned_abs())).prop_map(Duration::from_millis),
            (0..40_000_u64).prop_map(Duration::from_secs),
        ])
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_read_back(
            (parents, replaces, others, bundle) in (any_ids(), any_ids(), any_ids(), "[a-z]{1,9}"),
            (message, generated, consent, touches, down_destroys) in (
                any::<String>(),
                proptest::collection::vec(any::<String>(), 0..5),
                proptest::collection::vec(any::<String>(), 0..3),
                proptest::option::of(proptest::collection::vec(any::<String>(), 0..5)),
                proptest::option::of(proptest::collection::vec(any::<String>(), 0..3)),
            ),
            flags in any::<[bool; 5]>(),
            (lock_timeout, statement_timeout) in (any_timeout(), any_timeout()),
        ) {
            let [breaking, idempotent, run_in_transaction, created, elsewhere] = flags;
            let bundle = elsewhere.then_some(bundle);
            let depends_on =
                others.iter().map(|id| Dependency { bundle: bundle.clone(), revision: id.clone() });
            let revision = Revision {
                id: id("1975ea83b712"),
                parents,
                depends_on: depends_on.collect(),
                branch_labels: others.iter().map(RevisionId::to_string).collect(),
                replaces,
                provides: others
                    .iter()
                    .map(|id| Dependency { bundle: Some("accounts".to_owned()), revision: id.clone() })
                    .collect(),
                provides_in: elsewhere.then(|| "auth".to_owned()),
                message,
                created: created.then(|| "2026-11-24T14:05:03+01:00".to_owned()),
                directory: "folder".to_owned(),
                breaking,
                generated,
                consent,
                touches,
                down_destroys,
                idempotent,
                run_in_transaction,
                lock_timeout,
                statement_timeout,
                content: sql_digest(""),
            };
            let text = render_metadata(&revision);
            let mut read = parse_metadata(&text, "folder").expect("what is rendered can be read");
            read.content = revision.content;
            prop_assert_eq!(&read, &revision);
            prop_assert_eq!(render_metadata(&read), text);
        }

        #[test]
        fn no_metadata_panics(text in any::<String>()) {
            let _ = parse_metadata(&text, "folder");
        }
    }
}
