//! The revisions of one bundle as a graph: who stands on whom.
//!
//! A revision has *parents* (`down_revision`) and may *depend on* others of the same bundle, by identifier
//! or by label. Both must be applied before it, both keep the graph free of cycles, and what a revision
//! stands on in either way is in its chain digest and no *real* head any more; only parents make branches,
//! merges and heads. Dependencies on other bundles are looked at elsewhere.
//!
//! A *label* is another name of its revision, and says which branch is meant in front of an `@`: the
//! *lineage* of a revision is all below and all above it, by parents alone.
//!
//! Everything is computed once, when the graph is made, by loops over vectors: revisions are
//! numbered in the order of their identifiers, so that ties are broken by identifier for free.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::Bound;

use crate::error::{Error, ErrorKind, Result, near, on_one_line};
use crate::revision::{Digest, RESERVED, Revision, RevisionId, chain_digest};

mod fold;
mod order;
#[cfg(test)]
pub(super) mod tests;

/// The revisions of a bundle, checked and in order.
#[derive(Clone, Debug, Default)]
pub struct RevisionGraph {
    /// In the order of their identifiers.
    nodes: Vec<Node>,
    /// The numbers of the nodes that labels name.
    labels: BTreeMap<String, usize>,
    /// Numbers of nodes: parents first, one branch after the other.
    order: Vec<usize>,
    /// Where some stand for others: all of them, as they were given.
    all: Vec<Revision>,
    /// What is not seen, by the revision that stands for it.
    stands_for: BTreeMap<RevisionId, RevisionId>,
    /// Those that stand for others and are not seen, since the others are.
    apart: BTreeSet<RevisionId>,
}

#[derive(Clone, Debug)]
struct Node {
    revision: Revision,
    /// By `down_revision`, in the order of identifiers.
    parents: Vec<usize>,
    /// The other way round.
    children: Vec<usize>,
    /// Parents and dependencies.
    requires: Vec<usize>,
    /// The other way round.
    required_by: Vec<usize>,
    /// What to go down to: the parents as they are stated, then the dependencies, but for those that a
    /// revision below states as well.
    down: Vec<usize>,
    /// The other way round.
    up: Vec<usize>,
    chain: Digest,
}

impl RevisionGraph {
    /// Makes the graph of a bundle's revisions, given in any order. What others replace is not part of it; who
    /// names that names the revision that stands for it. See [`settled`](Self::settled).
    ///
    /// # Errors
    /// [`ErrorKind::Graph`]: two revisions of one identifier, a parent or dependency that is not
    /// there, a cycle, a branch label that is used twice.
    pub fn new(mut revisions: Vec<Revision>) -> Result<Self> {
        revisions.sort_by(|a, b| (&a.id, &a.directory).cmp(&(&b.id, &b.directory)));
        if let Some(pair) = revisions.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(duplicate(&pair[0], &pair[1]));
        }
        match revisions.iter().all(|one| one.replaces.is_empty()) {
            true => Self::of(revisions),
            false => Self::seen(revisions, &BTreeSet::new()),
        }
    }

    /// The graph where some revisions stand for others, but for those that are taken apart.
    fn seen(all: Vec<Revision>, apart: &BTreeSet<RevisionId>) -> Result<Self> {
        let folded = fold::fold(&all, apart)?;
        Ok(Self {
            all,
            stands_for: folded.stands_for,
            apart: apart.clone(),
            ..Self::of(folded.revisions)?
        })
    }

    /// The graph as a database sees it that has these revisions; `None` where that is this one. Where it stands
    /// among what a revision replaces, that is taken apart: the originals go on.
    ///
    /// # Errors
    /// [`ErrorKind::Graph`] where an original that it has still to go through is not there any more.
    pub fn settled(&self, applied: &BTreeSet<RevisionId>) -> Result<Option<Self>> {
        let apart = fold::apart(&self.all, applied)?;
        match apart == self.apart {
            true => Ok(None),
            false => Self::seen(self.all.clone(), &apart).map(Some),
        }
    }

    /// The revisions that are seen and stand for others, which need not be there any more.
    pub fn squashes(&self) -> impl Iterator<Item = &Revision> {
        let nodes = self.nodes.iter().map(|node| &node.revision);
        nodes.filter(|revision| !revision.replaces.is_empty())
    }

    /// Whether a revision stands for others, so that databases may see it otherwise.
    pub fn has_squashes(&self) -> bool {
        !self.all.is_empty()
    }

    /// The revisions that others stand for, seen or not, as they were given.
    pub fn originals(&self) -> BTreeMap<&RevisionId, &Revision> {
        let replaced: BTreeSet<&RevisionId> =
            self.all.iter().flat_map(|one| &one.replaces).collect();
        let originals = self.all.iter().filter(|one| replaced.contains(&one.id));
        originals.map(|one| (&one.id, one)).collect()
    }

    /// The graph of revisions that are in the order of their identifiers, each of them once.
    fn of(revisions: Vec<Revision>) -> Result<Self> {
        let labels = labels(&revisions)?;
        let mut nodes = Vec::with_capacity(revisions.len());
        let mut depends = Vec::with_capacity(revisions.len());
        for revision in &revisions {
            let known = (&*revisions, &labels);
            let down = numbers(known, revision, revision.parents.iter(), "down_revision")?;
            let own = revision
                .depends_on
                .iter()
                .filter(|dependency| dependency.bundle.is_none());
            let own = own.map(|dependency| &dependency.revision);
            let dependencies = numbers(known, revision, own, "depends_on")?;
            let mut parents = down.clone();
            parents.sort_unstable();
            let mut requires = dependencies.clone();
            requires.extend(&parents);
            requires.sort_unstable();
            requires.dedup();
            depends.push(dependencies);
            nodes.push(Node {
                revision: revision.clone(),
                parents,
                children: Vec::new(),
                requires,
                required_by: Vec::new(),
                down,
                up: Vec::new(),
                chain: revision.content,
            });
        }
        for number in 0..nodes.len() {
            for parent in nodes[number].parents.clone() {
                nodes[parent].children.push(number);
            }
            for required in nodes[number].requires.clone() {
                nodes[required].required_by.push(number);
            }
        }
        for number in topological(&nodes)? {
            let node = &nodes[number];
            let below: Vec<Digest> = node.requires.iter().map(|&p| nodes[p].chain).collect();
            let chain = chain_digest(&below, &node.revision.id, &node.revision.content);
            nodes[number].chain = chain;
        }
        for (number, dependencies) in depends.iter().enumerate() {
            if dependencies.is_empty() {
                continue;
            }
            let below = order::reach(&nodes, &[number], |node| &node.parents);
            let stated = (0..nodes.len()).filter(|&number| below[number]);
            let stated: BTreeSet<usize> = stated.flat_map(|one| &depends[one]).copied().collect();
            for dependency in dependencies {
                if !stated.contains(dependency) && !nodes[number].down.contains(dependency) {
                    nodes[number].down.push(*dependency);
                }
            }
        }
        for number in 0..nodes.len() {
            for down in nodes[number].down.clone() {
                nodes[down].up.push(number);
            }
        }
        let all: Vec<usize> = (0..nodes.len()).collect();
        let mut order = order::downward(&nodes, &all);
        order.reverse();
        Ok(Self {
            nodes,
            labels,
            order,
            all: Vec::new(),
            stands_for: BTreeMap::new(),
            apart: BTreeSet::new(),
        })
    }

    /// How many revisions there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The revision of an identifier.
    pub fn get(&self, id: &RevisionId) -> Option<&Revision> {
        self.number(id).map(|number| &self.nodes[number].revision)
    }

    /// Whether there is a revision of this identifier.
    pub fn contains(&self, id: &RevisionId) -> bool {
        self.number(id).is_some()
    }

    /// All revisions, parents and dependencies first, one branch after the other.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = &Revision> + ExactSizeIterator {
        self.order
            .iter()
            .map(|&number| &self.nodes[number].revision)
    }

    /// The revisions that are nobody's parent, by identifier.
    pub fn heads(&self) -> Vec<&RevisionId> {
        self.ids_where(|node| node.children.is_empty())
    }

    /// The revisions that nothing stands on, neither as a parent nor by a dependency, by identifier.
    pub fn real_heads(&self) -> Vec<&RevisionId> {
        self.ids_where(|node| node.required_by.is_empty())
    }

    /// The revisions without parents, by identifier.
    pub fn bases(&self) -> Vec<&RevisionId> {
        self.ids_where(|node| node.parents.is_empty())
    }

    /// The parents of a revision, by identifier; none where it is unknown.
    pub fn parents(&self, id: &RevisionId) -> Vec<&RevisionId> {
        self.neighbours(id, |node| &node.parents)
    }

    /// The revisions whose parent this is, by identifier; none where it is unknown.
    pub fn children(&self, id: &RevisionId) -> Vec<&RevisionId> {
        self.neighbours(id, |node| &node.children)
    }

    /// What a revision stands on directly, by identifier: its parents and what it depends on in the same
    /// bundle; nothing where it is unknown.
    pub fn requires(&self, id: &RevisionId) -> Vec<&RevisionId> {
        self.neighbours(id, |node| &node.requires)
    }

    /// What stands on a revision directly, by identifier; nothing where it is unknown.
    pub fn required_by(&self, id: &RevisionId) -> Vec<&RevisionId> {
        self.neighbours(id, |node| &node.required_by)
    }

    /// A revision with all that it grew from and all that grew from it, by parents alone.
    pub fn lineage(&self, id: &RevisionId) -> BTreeSet<RevisionId> {
        let mut lineage = self.reach([id], |node| &node.parents);
        lineage.extend(self.reach([id], |node| &node.children));
        lineage.extend(self.get(id).map(|revision| revision.id.clone()));
        lineage
    }

    /// A revision with all that it grew from, by parents alone.
    pub fn trunk(&self, id: &RevisionId) -> BTreeSet<RevisionId> {
        let mut trunk = self.reach([id], |node| &node.parents);
        trunk.extend(self.get(id).map(|revision| revision.id.clone()));
        trunk
    }

    /// Some revisions in the order in which they are taken back; unknown identifiers are left out.
    pub fn downward<'a>(&self, ids: impl IntoIterator<Item = &'a RevisionId>) -> Vec<&RevisionId> {
        let mut wanted: Vec<usize> = ids.into_iter().filter_map(|id| self.number(id)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let order = order::downward(&self.nodes, &wanted).into_iter();
        order
            .map(|number| &self.nodes[number].revision.id)
            .collect()
    }

    /// The revision of an identifier or a label, as others name it in `depends_on`; of one that is replaced,
    /// the one that stands for it.
    pub fn named(&self, name: &RevisionId) -> Option<&RevisionId> {
        let number = self
            .number(name)
            .or_else(|| self.labels.get(name.as_str()).copied())
            .or_else(|| self.number(self.stands_for.get(name)?));
        number.map(|number| &self.nodes[number].revision.id)
    }

    /// All revisions that must be applied before any of these, themselves only where another of
    /// them needs it. Follows parents and dependencies; unknown identifiers have none.
    pub fn ancestors<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a RevisionId>,
    ) -> BTreeSet<RevisionId> {
        self.reach(ids, |node| &node.requires)
    }

    /// All revisions that can be applied only after one of these, themselves only where they stand
    /// on another. Follows parents and dependencies; unknown identifiers have none.
    pub fn descendants<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a RevisionId>,
    ) -> BTreeSet<RevisionId> {
        self.reach(ids, |node| &node.required_by)
    }

    /// The digest of a revision and all that it grew from.
    pub fn chain_digest(&self, id: &RevisionId) -> Option<Digest> {
        self.number(id).map(|number| self.nodes[number].chain)
    }

    /// The chain digests of some revisions; unknown ones are left out.
    pub fn head_digests<'a>(
        &self,
        heads: impl IntoIterator<Item = &'a RevisionId>,
    ) -> BTreeMap<RevisionId, Digest> {
        heads
            .into_iter()
            .filter_map(|id| Some((id.clone(), self.chain_digest(id)?)))
            .collect()
    }

    /// Whether the revisions form one chain without branches.
    pub fn is_linear(&self) -> bool {
        self.bases().len() <= 1
            && self
                .nodes
                .iter()
                .all(|node| node.parents.len() <= 1 && node.children.len() <= 1)
    }

    /// The one revision whose identifier or label is or starts with this text.
    ///
    /// # Errors
    /// [`ErrorKind::Target`]: none does (the near ones are named), or several do (they are listed).
    pub fn find(&self, prefix: &str) -> Result<&RevisionId> {
        let mut found = self.starting_with(prefix);
        match found.as_slice() {
            [] => Err(self.unknown(prefix)),
            [only] => Ok(only),
            _ => {
                found.sort_unstable();
                Err(self.ambiguous(prefix, &found))
            }
        }
    }

    /// The same, of a branch: of the lineage of the revision that `branch` names.
    ///
    /// # Errors
    /// As [`RevisionGraph::find`], and where what is found is not of that branch.
    pub fn find_in(&self, branch: &str, prefix: &str) -> Result<&RevisionId> {
        let lineage = self.lineage(self.branch(branch)?);
        let found = self.starting_with(prefix);
        let mut within = found.iter().copied().filter(|id| lineage.contains(*id));
        match (within.next(), within.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => match found.as_slice() {
                [] => Err(self.unknown(prefix)),
                [other, ..] => Err(self.elsewhere(branch, other)),
            },
            (Some(_), Some(_)) => {
                let mut within: Vec<_> = found
                    .into_iter()
                    .filter(|id| lineage.contains(*id))
                    .collect();
                within.sort_unstable();
                Err(self.ambiguous(prefix, &within))
            }
        }
    }

    /// The labels that each revision has, its own and those that it inherits: a label holds for all that grew from
    /// its revision, and for what is below it as far as the next place where branches part or meet.
    pub fn labelled(&self) -> BTreeMap<&RevisionId, BTreeSet<&str>> {
        let mut labelled: BTreeMap<&RevisionId, BTreeSet<&str>> = BTreeMap::new();
        for (label, &number) in &self.labels {
            let mut on = order::reach(&self.nodes, &[number], |node| &node.children);
            on[number] = true;
            let parts_or_meets = |node: &Node| node.required_by.len() > 1 || node.parents.len() > 1;
            let mut at = number;
            while let ([below], false) = (
                self.nodes[at].parents.as_slice(),
                parts_or_meets(&self.nodes[at]),
            ) {
                if parts_or_meets(&self.nodes[*below]) {
                    break;
                }
                at = *below;
                on[at] = true;
            }
            for (node, _) in self.nodes.iter().zip(on).filter(|(_, on)| *on) {
                labelled.entry(&node.revision.id).or_default().insert(label);
            }
        }
        labelled
    }

    /// Whether any branch has a label.
    pub fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// The revision that a branch is called by: that of a label, or of an identifier.
    ///
    /// # Errors
    /// [`ErrorKind::Target`]: there is none, or several begin so.
    pub fn branch(&self, name: &str) -> Result<&RevisionId> {
        self.find(name).map_err(|error| {
            if !self.starting_with(name).is_empty() {
                return error;
            }
            let told = Error::new(ErrorKind::Target, format!("there is no branch `{name}`"));
            let labels = self.labels.keys().map(String::as_str);
            match near(name, labels).as_slice() {
                [] if self.labels.is_empty() => told.with_hint(
                    "a branch is called by a `branch_labels` of one of its revisions, or by a revision",
                ),
                [] => {
                    let all: Vec<&str> = self.labels.keys().map(String::as_str).collect();
                    told.with_hint(format!("the labels are {}", or(&all)))
                }
                labels => told.with_hint(format!("did you mean {}?", or(labels))),
            }
        })
    }

    /// The revisions of the identifiers and labels that begin so, or of the one that is this.
    fn starting_with(&self, prefix: &str) -> Vec<&RevisionId> {
        let from = self
            .nodes
            .partition_point(|node| node.revision.id.as_str() < prefix);
        let ids = self.nodes[from..]
            .iter()
            .map(|node| &node.revision.id)
            .take_while(|id| id.as_str().starts_with(prefix));
        let labels = self
            .labels
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(label, _)| label.starts_with(prefix))
            .map(|(label, number)| (label.as_str(), &self.nodes[*number].revision.id));
        let all: Vec<(&str, &RevisionId)> = ids.map(|id| (id.as_str(), id)).chain(labels).collect();
        if let Some((_, exact)) = all.iter().find(|(name, _)| *name == prefix) {
            return vec![exact];
        }
        let mut found: Vec<&RevisionId> = Vec::new();
        for (_, id) in all {
            if !found.contains(&id) {
                found.push(id);
            }
        }
        found
    }

    fn ambiguous(&self, prefix: &str, matches: &[&RevisionId]) -> Error {
        let matches: Vec<&Revision> = matches.iter().filter_map(|id| self.get(id)).collect();
        ambiguous(prefix, &matches)
    }

    fn elsewhere(&self, branch: &str, id: &RevisionId) -> Error {
        Error::new(
            ErrorKind::Target,
            format!(
                "revision {} is not of the branch `{branch}`",
                self.describe(id)
            ),
        )
        .with_revision(id.clone())
        .with_hint("a branch is all below and all above the revision that it is called by")
    }

    /// A revision as messages name it: `` `1975ea83b712` (2026-11-24-140503_1975ea83b712_add_posts) ``.
    pub fn describe(&self, id: &RevisionId) -> String {
        self.get(id).map_or_else(|| format!("`{id}`"), describe)
    }

    fn unknown(&self, prefix: &str) -> Error {
        let error = Error::new(
            ErrorKind::Target,
            format!("there is no revision `{prefix}`"),
        );
        let mut replaced = self.stands_for.iter();
        if let Some((id, squash)) = replaced.find(|(id, _)| id.as_str().starts_with(prefix)) {
            return error.with_hint(format!(
                "revision `{squash}` replaces `{id}`: name that one"
            ));
        }
        let ids = self.nodes.iter().map(|node| node.revision.id.as_str());
        let labels = self.labels.keys().map(String::as_str);
        match near(prefix, ids.chain(labels).chain(RESERVED)).as_slice() {
            [] if self.nodes.is_empty() => error.with_hint("there are no revisions at all"),
            [] => error.with_hint("`limbeck history` lists those that there are"),
            ids => error.with_hint(format!("did you mean {}?", or(ids))),
        }
    }

    fn number(&self, id: &RevisionId) -> Option<usize> {
        self.nodes
            .binary_search_by(|node| node.revision.id.cmp(id))
            .ok()
    }

    fn ids_where(&self, mut is: impl FnMut(&Node) -> bool) -> Vec<&RevisionId> {
        self.nodes
            .iter()
            .filter(|node| is(node))
            .map(|node| &node.revision.id)
            .collect()
    }

    fn neighbours(&self, id: &RevisionId, of: fn(&Node) -> &Vec<usize>) -> Vec<&RevisionId> {
        let numbers = self
            .number(id)
            .map(|number| of(&self.nodes[number]).as_slice());
        let numbers = numbers.unwrap_or_default().iter();
        numbers
            .map(|&number| &self.nodes[number].revision.id)
            .collect()
    }

    fn reach<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a RevisionId>,
        of: fn(&Node) -> &Vec<usize>,
    ) -> BTreeSet<RevisionId> {
        let from: Vec<usize> = ids.into_iter().filter_map(|id| self.number(id)).collect();
        let seen = order::reach(&self.nodes, &from, of);
        let reached = self.nodes.iter().zip(seen).filter(|(_, seen)| *seen);
        reached.map(|(node, _)| node.revision.id.clone()).collect()
    }
}

/// The one head of a graph; `None` where there are no revisions.
///
/// # Errors
/// [`ErrorKind::Graph`] where there are several heads that nothing merges.
pub fn require_one_head(graph: &RevisionGraph) -> Result<Option<&RevisionId>> {
    let heads = graph.heads();
    if heads.len() > 1 {
        let names: Vec<String> = heads.iter().map(|head| graph.describe(head)).collect();
        return Err(Error::new(
            ErrorKind::Graph,
            format!("the revisions have {} heads: {}", heads.len(), and(&names)),
        )
        .with_hint(
            "put one above the other by its `down_revision`, or merge them by a revision whose \
             `down_revision` names them all",
        ));
    }
    Ok(heads.first().copied())
}

/// The numbers of the revisions that one names, as it names them, each once.
fn numbers<'a>(
    (revisions, labels): (&[Revision], &BTreeMap<String, usize>),
    wanting: &Revision,
    ids: impl Iterator<Item = &'a RevisionId>,
    key: &str,
) -> Result<Vec<usize>> {
    let mut numbers = Vec::new();
    for id in ids {
        let number = match revisions.binary_search_by(|revision| revision.id.cmp(id)) {
            Ok(number) => number,
            Err(_) => match labels.get(id.as_str()).filter(|_| key == "depends_on") {
                Some(number) => *number,
                None => return Err(missing(revisions, wanting, id, key)),
            },
        };
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// What must come first comes first; of those that may come next, the least identifier.
fn topological(nodes: &[Node]) -> Result<Vec<usize>> {
    let mut waits: Vec<usize> = nodes.iter().map(|node| node.requires.len()).collect();
    let free = (0..nodes.len()).filter(|&number| waits[number] == 0);
    let mut free: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse(number)) = free.pop() {
        order.push(number);
        for &next in &nodes[number].required_by {
            waits[next] -= 1;
            if waits[next] == 0 {
                free.push(Reverse(next));
            }
        }
    }
    if order.len() < nodes.len() {
        Err(cycle(nodes, &waits))
    } else {
        Ok(order)
    }
}

/// The numbers of the revisions that labels name.
fn labels(revisions: &[Revision]) -> Result<BTreeMap<String, usize>> {
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    for (number, revision) in revisions.iter().enumerate() {
        for label in &revision.branch_labels {
            let taken = revisions.binary_search_by(|other| other.id.as_str().cmp(label));
            let taken = taken.ok().or_else(|| labels.insert(label.clone(), number));
            if let Some(other) = taken {
                return Err(Error::new(
                    ErrorKind::Graph,
                    format!(
                        "the branch label `{label}` of revision {} already means revision {}",
                        describe(revision),
                        describe(&revisions[other]),
                    ),
                )
                .with_revision(revision.id.clone())
                .with_hint("choose another label in `branch_labels`"));
            }
        }
    }
    Ok(labels)
}

fn duplicate(first: &Revision, second: &Revision) -> Error {
    Error::new(
        ErrorKind::Graph,
        format!(
            "two revisions are called `{}`: {} and {}",
            first.id,
            directory(first),
            directory(second)
        ),
    )
    .with_revision(first.id.clone())
    .with_hint("give one of them another `revision`, also where others name it, or delete the copy")
}

fn missing(revisions: &[Revision], wanting: &Revision, id: &RevisionId, key: &str) -> Error {
    let error = Error::new(
        ErrorKind::Graph,
        format!(
            "revision {} names `{id}` as its `{key}`, which is not there",
            describe(wanting)
        ),
    )
    .with_revision(wanting.id.clone());
    let ids = revisions.iter().map(|revision| revision.id.as_str());
    let labels = revisions
        .iter()
        .filter(|_| key == "depends_on")
        .flat_map(|revision| revision.branch_labels.iter().map(String::as_str));
    let names = ids.filter(|id| *id != wanting.id.as_str()).chain(labels);
    match near(id.as_str(), names).as_slice() {
        [] => error.with_hint(format!("bring `{id}` back, or correct the `{key}`")),
        ids => error.with_hint(format!("did you mean {}?", or(ids))),
    }
}

/// The cycle among the revisions that still wait, from its least identifier on.
fn cycle(nodes: &[Node], waits: &[usize]) -> Error {
    let waiting = |number: usize| waits[number] > 0;
    // Whoever waits, waits for one who waits: going down from any must come back to itself.
    let mut path = Vec::new();
    let mut seen_at = vec![None; nodes.len()];
    let mut at = (0..nodes.len()).find(|&number| waiting(number));
    while let Some(number) = at.filter(|&number| seen_at[number].is_none()) {
        seen_at[number] = Some(path.len());
        path.push(number);
        at = nodes[number]
            .requires
            .iter()
            .copied()
            .find(|&next| waiting(next));
    }
    let start = at.and_then(|number| seen_at[number]).unwrap_or(0);
    let mut ring: Vec<usize> = path.split_off(start);
    let least = (0..ring.len())
        .min_by_key(|&index| ring[index])
        .unwrap_or(0);
    ring.rotate_left(least);
    let names: Vec<String> = ring
        .iter()
        .chain(ring.first())
        .map(|&number| describe(&nodes[number].revision))
        .collect();
    let error = match names.as_slice() {
        [name, _] => Error::new(
            ErrorKind::Graph,
            format!("revision {name} stands on itself"),
        ),
        names => Error::new(
            ErrorKind::Graph,
            format!(
                "revisions stand on each other in a cycle: {}",
                names.join(" on ")
            ),
        ),
    };
    let error = match ring.first() {
        Some(&first) => error.with_revision(nodes[first].revision.id.clone()),
        None => error,
    };
    error.with_hint("correct the `down_revision` or `depends_on` of one of them")
}

fn ambiguous(prefix: &str, matches: &[&Revision]) -> Error {
    const SHOWN: usize = 8;
    let mut names: Vec<String> = matches
        .iter()
        .take(SHOWN)
        .map(|one| describe(one))
        .collect();
    if matches.len() > SHOWN {
        names.push(format!("{} more", matches.len() - SHOWN));
    }
    Error::new(
        ErrorKind::Target,
        format!(
            "{} revisions start with `{prefix}`: {}",
            matches.len(),
            and(&names)
        ),
    )
    .with_hint("type more of the identifier")
}

fn describe(revision: &Revision) -> String {
    match (revision.directory.as_str(), revision.message.as_str()) {
        ("", "") => format!("`{}`", revision.id),
        ("", message) => format!("`{}` ({})", revision.id, on_one_line(message)),
        (directory, _) => format!("`{}` ({directory})", revision.id),
    }
}

fn directory(revision: &Revision) -> String {
    match revision.directory.as_str() {
        "" => "one without a directory".to_owned(),
        directory => format!("`{directory}`"),
    }
}

/// `a, b and c`.
pub(super) fn and(names: &[String]) -> String {
    join(names, "and")
}

/// `` `a`, `b` or `c` ``.
pub(super) fn or(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    join(&names, "or")
}

fn join(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}
