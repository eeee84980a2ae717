//! Revisions that stand for others (`replaces`): a squash, and the originals that are kept beside it.
//!
//! Seen from a database that has none of the originals, or has the squash, the originals are not there, and
//! who names one of them names the squash. Seen from one that stands among them it is the other way
//! round: the squash is *taken apart*, and who names it names the last of the originals.

use std::collections::{BTreeMap, BTreeSet};

use super::describe;
use crate::error::{Error, ErrorKind, Result};
use crate::revision::{Dependency, Revision, RevisionId};

/// The revisions that are seen, and what those that are not are called now.
pub(super) struct Folded {
    pub(super) revisions: Vec<Revision>,
    pub(super) stands_for: BTreeMap<RevisionId, RevisionId>,
}

/// What is seen of all revisions where some squashes are taken apart.
pub(super) fn fold(all: &[Revision], apart: &BTreeSet<RevisionId>) -> Result<Folded> {
    let by_id: BTreeMap<&RevisionId, &Revision> = all.iter().map(|one| (&one.id, one)).collect();
    let mut stands_for: BTreeMap<RevisionId, RevisionId> = BTreeMap::new();
    for squash in all.iter().filter(|one| !one.replaces.is_empty()) {
        for id in &squash.replaces {
            if let Some(other) = by_id.get(id).filter(|other| !other.replaces.is_empty()) {
                return Err(nested(squash, other));
            }
            if let Some(other) = stands_for.insert(id.clone(), squash.id.clone()) {
                return Err(twice(id, &other, squash));
            }
        }
    }
    stands_for.retain(|_, squash| !apart.contains(squash));
    let tops: BTreeMap<&RevisionId, Vec<RevisionId>> = apart
        .iter()
        .filter_map(|id| by_id.get(id))
        .map(|squash| (&squash.id, tops(&by_id, squash)))
        .collect();
    // Where nothing has the name itself, it may be a label of what is not seen.
    let mut labels: BTreeMap<&str, &RevisionId> = BTreeMap::new();
    for one in all {
        if let Some(squash) = stands_for.get(&one.id) {
            labels.extend(
                one.branch_labels
                    .iter()
                    .map(|label| (label.as_str(), squash)),
            );
        }
    }
    let now = |id: &RevisionId| -> Vec<RevisionId> {
        if let Some(squash) = stands_for.get(id) {
            return vec![squash.clone()];
        }
        if let Some(tops) = tops.get(id) {
            return tops.clone();
        }
        let stated = by_id.contains_key(id)
            || all.iter().any(|one| {
                !stands_for.contains_key(&one.id)
                    && one.branch_labels.iter().any(|label| label == id.as_str())
            });
        match labels.get(id.as_str()) {
            Some(squash) if !stated => vec![(*squash).clone()],
            _ => vec![id.clone()],
        }
    };
    let seen = all
        .iter()
        .filter(|one| !stands_for.contains_key(&one.id) && !apart.contains(&one.id));
    let revisions = seen.map(|one| {
        let mut one = one.clone();
        one.parents = distinct(one.parents.iter().flat_map(now));
        let own = one
            .depends_on
            .iter()
            .flat_map(|dependency| match dependency.bundle {
                Some(_) => vec![dependency.clone()],
                None => {
                    let named = now(&dependency.revision).into_iter();
                    named
                        .map(|revision| Dependency {
                            bundle: None,
                            revision,
                        })
                        .collect()
                }
            });
        one.depends_on = distinct(own);
        one
    });
    Ok(Folded {
        revisions: revisions.collect(),
        stands_for: stands_for.clone(),
    })
}

/// The squashes that are to be taken apart for a database that has these revisions: it stands among what they replace.
pub(super) fn apart(
    all: &[Revision],
    applied: &BTreeSet<RevisionId>,
) -> Result<BTreeSet<RevisionId>> {
    let mut apart = BTreeSet::new();
    for squash in all.iter().filter(|one| !one.replaces.is_empty()) {
        let has = |id: &&RevisionId| applied.contains(*id);
        let done = squash.replaces.iter().filter(has).count();
        if applied.contains(&squash.id) || done == 0 || done == squash.replaces.len() {
            continue;
        }
        let lacks = |id: &&RevisionId| all.iter().all(|one| one.id != **id);
        let lost = squash.replaces.iter().filter(lacks);
        // What is still to be gone through, before the rest.
        if let Some(lost) = lost.min_by_key(|id| applied.contains(*id)) {
            return Err(Error::new(
                ErrorKind::Graph,
                format!(
                    "the database has a part of what revision {} stands for, of which `{lost}` is not there any \
                     more",
                    describe(squash)
                ),
            )
            .with_revision(lost.clone())
            .with_hint(format!(
                "bring the folder of `{lost}` back until every database has gone past it"
            )));
        }
        apart.insert(squash.id.clone());
    }
    Ok(apart)
}

/// The originals that no other of them stands on.
fn tops(by_id: &BTreeMap<&RevisionId, &Revision>, squash: &Revision) -> Vec<RevisionId> {
    let originals = squash.replaces.iter().filter_map(|id| by_id.get(id));
    let below: BTreeSet<&RevisionId> = originals.flat_map(|one| &one.parents).collect();
    let tops = squash.replaces.iter().filter(|id| !below.contains(id));
    tops.cloned().collect()
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    distinct
}

fn nested(squash: &Revision, other: &Revision) -> Error {
    Error::new(
        ErrorKind::Graph,
        format!(
            "revision {} replaces {}, which itself replaces others",
            describe(squash),
            describe(other)
        ),
    )
    .with_revision(squash.id.clone())
    .with_hint(format!(
        "where every database has gone past them, delete the originals of `{}` and take `replaces` out of its metadata",
        other.id
    ))
}

fn twice(id: &RevisionId, one: &RevisionId, other: &Revision) -> Error {
    Error::new(
        ErrorKind::Graph,
        format!(
            "revisions `{one}` and {} both replace `{id}`",
            describe(other)
        ),
    )
    .with_revision(other.id.clone())
    .with_hint("take it out of the `replaces` of one of them")
}
