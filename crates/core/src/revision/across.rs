//! Revisions of several bundles in one order: who must wait for whom across the bundles.
//!
//! Within a bundle the graph knows. A dependency on another bundle (`accounts:1975ea83b712`) is
//! looked up here: by the name that the bundle has in the program, else by the name its library
//! gave it, where one bundle alone was called so. A revision that *provides* others does their work:
//! they take its place in the order, and are recorded with it in place of being run.
//!
//! The order is the one that bundles were given in, each in its own order, except where a
//! dependency says otherwise: of the revisions that may come next, the first of the first bundle. What
//! depends on a revision of another bundle was made for that one: where it can, it comes before
//! those that stand on it, which may rename or drop what it names.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, ErrorKind, Result, near};
use crate::revision::graph::{RevisionGraph, or};
use crate::revision::{Dependency, Revision, RevisionId};

#[cfg(test)]
mod tests;

/// A bundle's revisions under its names.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// What the program calls it.
    pub name: &'a str,
    /// What its library calls it.
    pub origin: &'a str,
    /// Its revisions.
    pub graph: &'a RevisionGraph,
}

/// A revision of a bundle, the bundle by its place among the members.
pub type Place = (usize, RevisionId);

/// How far a bundle is to go up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upward {
    /// To all of its heads, except where a revision waits for one of another bundle that is not to
    /// be reached.
    All,
    /// To these, whatever else they need.
    To(BTreeSet<RevisionId>),
    /// Nowhere, unless others need it.
    Stay,
}

/// The order of all revisions, and what each of them needs.
#[derive(Clone, Debug, Default)]
pub struct Across {
    order: Vec<Place>,
    requires: BTreeMap<Place, BTreeSet<Place>>,
    providers: BTreeMap<Place, Place>,
}

impl Across {
    /// Puts the revisions of all members in one order.
    ///
    /// # Errors
    /// [`ErrorKind::Graph`]: a dependency on a bundle or a revision that is not there, a name that
    /// means several bundles, a cycle (printed whole).
    pub fn new(members: &[Member<'_>]) -> Result<Self> {
        let mut across = Self::default();
        for (bundle, member) in members.iter().enumerate() {
            for revision in member.graph.order() {
                for provided in &revision.provides {
                    // A bundle that is not listed, or a revision that an older library lacks, has
                    // no record to keep.
                    let Ok(place) = find(members, bundle, provided) else {
                        continue;
                    };
                    let provider = (bundle, revision.id.clone());
                    if let Some(other) = across.providers.insert(place, provider)
                        && other != (bundle, revision.id.clone())
                    {
                        return Err(Error::new(
                            ErrorKind::Graph,
                            format!(
                                "revisions `{}` and {} both provide `{provided}`",
                                other.1,
                                member.graph.describe(&revision.id)
                            ),
                        )
                        .with_revision(revision.id.clone())
                        .with_hint("take it out of the `provides` of one of them"));
                    }
                }
            }
        }
        for (bundle, member) in members.iter().enumerate() {
            for revision in member.graph.order() {
                let requires = across.needs(members, bundle, revision)?;
                across
                    .requires
                    .insert((bundle, revision.id.clone()), requires);
            }
        }
        across.order = across.sort(members)?;
        Ok(across)
    }

    /// All revisions in their order.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = &Place> {
        self.order.iter()
    }

    /// Who does the work of a revision, where another does.
    pub fn provider(&self, place: &Place) -> Option<&Place> {
        self.providers.get(place)
    }

    /// The revisions that one provides, in their order.
    pub fn provided<'a>(&'a self, provider: &'a Place) -> impl Iterator<Item = &'a Place> {
        self.order
            .iter()
            .filter(move |place| self.providers.get(place) == Some(provider))
    }

    /// What must be applied to get up from what is applied, in order; those that others provide
    /// stand behind their provider.
    pub fn upward(&self, wanted: &[Upward], applied: &[BTreeSet<RevisionId>]) -> Vec<Place> {
        let is_applied = |(bundle, id): &Place| {
            applied
                .get(*bundle)
                .is_some_and(|applied| applied.contains(id))
        };
        let mut must: BTreeSet<Place> = BTreeSet::new();
        let mut open: Vec<Place> = Vec::new();
        for (bundle, upward) in wanted.iter().enumerate() {
            if let Upward::To(ids) = upward {
                open.extend(ids.iter().map(|id| (bundle, id.clone())));
            }
        }
        while let Some(place) = open.pop() {
            if !is_applied(&place) && must.insert(place.clone()) {
                open.extend(self.requires.get(&place).into_iter().flatten().cloned());
            }
        }
        // What is wanted as far as it goes: in the order, whatever has all that it needs.
        let mut taken = must.clone();
        let mut steps = Vec::new();
        for place in &self.order {
            if is_applied(place) {
                continue;
            }
            let follows = || {
                let all = matches!(wanted.get(place.0), Some(Upward::All));
                // Recorded with the one that provides it, whoever wanted that.
                let provided = self
                    .providers
                    .get(place)
                    .is_some_and(|provider| taken.contains(provider) || is_applied(provider));
                (all || provided)
                    && self
                        .requires
                        .get(place)
                        .into_iter()
                        .flatten()
                        .all(|needed| is_applied(needed) || taken.contains(needed))
            };
            if must.contains(place) || follows() {
                taken.insert(place.clone());
                steps.push(place.clone());
            }
        }
        steps
    }

    /// The applied revisions that stand on one of these and are none of them, each with one that it
    /// stands on; the last of the order first.
    pub fn dependents(
        &self,
        gone: &BTreeSet<Place>,
        applied: &[BTreeSet<RevisionId>],
    ) -> Vec<(&Place, &Place)> {
        let is_applied = |(bundle, id): &Place| {
            applied
                .get(*bundle)
                .is_some_and(|applied| applied.contains(id))
        };
        self.order
            .iter()
            .rev()
            .filter(|place| is_applied(place) && !gone.contains(*place))
            .filter_map(|place| {
                // What is provided goes with its provider.
                let provider = self.providers.get(place);
                let below = self
                    .requires
                    .get(place)?
                    .iter()
                    .find(|below| gone.contains(*below) && provider != Some(*below))?;
                Some((place, below))
            })
            .collect()
    }

    fn needs(
        &self,
        members: &[Member<'_>],
        bundle: usize,
        revision: &Revision,
    ) -> Result<BTreeSet<Place>> {
        let own = (bundle, revision.id.clone());
        let mut needs: BTreeSet<Place> = revision
            .parents
            .iter()
            .map(|parent| (bundle, parent.clone()))
            .collect();
        for dependency in &revision.depends_on {
            let found = find(members, bundle, dependency).map_err(|error| {
                let told = Error::new(
                    ErrorKind::Graph,
                    format!(
                        "revision {} of `{}` depends on `{dependency}`: {error}",
                        members[bundle].graph.describe(&revision.id),
                        members[bundle].name
                    ),
                )
                .with_revision(revision.id.clone());
                match error.hint() {
                    Some(hint) => told.with_hint(hint.to_owned()),
                    None => told,
                }
            })?;
            needs.insert(found);
        }
        // A revision that is provided for waits for who does it, and nobody else: its parents may be
        // provided by the same one.
        if let Some(provider) = self.providers.get(&own) {
            let provided = |place: &Place| self.providers.get(place) == Some(provider);
            let mut needs: BTreeSet<Place> = needs.into_iter().filter(|at| !provided(at)).collect();
            needs.insert(provider.clone());
            return Ok(needs);
        }
        Ok(needs)
    }

    /// What must come first comes first; of those that may come next, the first of the first bundle whose
    /// predecessor nobody waits for any more.
    fn sort(&self, members: &[Member<'_>]) -> Result<Vec<Place>> {
        let mut rank: BTreeMap<&Place, (usize, usize)> = BTreeMap::new();
        let mut places: Vec<Vec<&Place>> = Vec::new();
        for (bundle, member) in members.iter().enumerate() {
            let mut row = Vec::new();
            for revision in member.graph.order() {
                let key = (bundle, revision.id.clone());
                if let Some((place, _)) = self.requires.get_key_value(&key) {
                    rank.insert(place, (bundle, row.len()));
                    row.push(place);
                }
            }
            places.push(row);
        }
        let mut waits: BTreeMap<&Place, usize> = BTreeMap::new();
        let mut above: BTreeMap<&Place, Vec<&Place>> = BTreeMap::new();
        for (place, requires) in &self.requires {
            waits.insert(place, requires.len());
            for required in requires {
                above.entry(required).or_default().push(place);
            }
        }
        let made_for = self.made_for(members);
        let mut open: BTreeSet<&Place> = self.requires.keys().collect();
        let mut free: BTreeSet<(usize, usize)> = waits
            .iter()
            .filter(|(_, waits)| **waits == 0)
            .map(|(place, _)| rank[place])
            .collect();
        let mut order = Vec::with_capacity(self.requires.len());
        while let Some(first) = free.first().copied() {
            let is_awaited = |&(bundle, number): &(usize, usize)| {
                let before = made_for.get(places[bundle][number]);
                before
                    .into_iter()
                    .flatten()
                    .any(|place| open.contains(place))
            };
            let next = free.iter().find(|at| !is_awaited(at));
            let (bundle, number) = next.copied().unwrap_or(first);
            free.remove(&(bundle, number));
            let place = places[bundle][number];
            open.remove(place);
            order.push(place.clone());
            for next in above.get(place).into_iter().flatten() {
                if let Some(left) = waits.get_mut(next) {
                    *left -= 1;
                    if *left == 0 {
                        free.insert(rank[next]);
                    }
                }
            }
        }
        if order.len() < self.requires.len() {
            let done: BTreeSet<&Place> = order.iter().collect();
            let waiting: BTreeSet<&Place> = self
                .requires
                .keys()
                .filter(|place| !done.contains(place))
                .collect();
            return Err(self.cycle(members, &waiting));
        }
        Ok(order)
    }

    /// Of each revision, those of other bundles that were made for one of its parents and do not need it.
    fn made_for(&self, members: &[Member<'_>]) -> BTreeMap<Place, Vec<&Place>> {
        let mut made_for: BTreeMap<Place, Vec<&Place>> = BTreeMap::new();
        for (place, requires) in &self.requires {
            let elsewhere = requires.iter().filter(|(bundle, _)| *bundle != place.0);
            let mut elsewhere = elsewhere.peekable();
            if elsewhere.peek().is_none() || self.providers.contains_key(place) {
                continue;
            }
            let below = self.below(place);
            for (bundle, id) in elsewhere {
                for child in members[*bundle].graph.children(id) {
                    let child = (*bundle, child.clone());
                    if !below.contains(&child) {
                        made_for.entry(child).or_default().push(place);
                    }
                }
            }
        }
        made_for
    }

    /// All that a revision needs, and what that needs.
    fn below<'a>(&'a self, place: &'a Place) -> BTreeSet<&'a Place> {
        let mut below = BTreeSet::new();
        let mut reached = vec![place];
        while let Some(place) = reached.pop() {
            let needed = self.requires.get(place).into_iter().flatten();
            reached.extend(needed.filter(|needed| below.insert(*needed)));
        }
        below
    }

    /// The cycle among the revisions that still wait, from its first on.
    fn cycle(&self, members: &[Member<'_>], waiting: &BTreeSet<&Place>) -> Error {
        // Whoever waits, waits for one who waits: going down from any must come back to itself.
        let mut path: Vec<&Place> = Vec::new();
        let mut at = waiting.first().copied();
        while let Some(place) = at.filter(|place| !path.contains(place)) {
            path.push(place);
            at = self.requires[place]
                .iter()
                .find(|next| waiting.contains(next));
        }
        let start = at.and_then(|at| path.iter().position(|place| *place == at));
        let mut ring = path.split_off(start.unwrap_or(0));
        let least = (0..ring.len())
            .min_by_key(|&index| ring[index])
            .unwrap_or(0);
        ring.rotate_left(least);
        let names: Vec<String> = ring
            .iter()
            .chain(ring.first())
            .map(|(bundle, id)| {
                let member = &members[*bundle];
                format!("{} of `{}`", member.graph.describe(id), member.name)
            })
            .collect();
        let error = Error::new(
            ErrorKind::Graph,
            format!(
                "revisions of several bundles stand on each other in a cycle: {}",
                names.join(" on ")
            ),
        );
        let error = match ring.first() {
            Some((_, first)) => error.with_revision(first.clone()),
            None => error,
        };
        // Who was right before it, is wrong by a copy that came after.
        let copy = ring.iter().find_map(|place| {
            let provided = ring
                .iter()
                .find(|one| self.providers.get(*one) == Some(place))?;
            Some((*place, *provided))
        });
        error.with_hint(match copy {
            Some(((copied, copy), (bundle, id))) => format!(
                "`{copy}` of `{}` is a copy of `{}:{id}`, on which a revision below it depends: take the \
                 copy's folder away, and let the library run that itself",
                members[*copied].name, members[*bundle].name
            ),
            None => "correct the `depends_on` of one of them".to_owned(),
        })
    }
}

/// The member that a name means to another.
///
/// # Errors
/// [`ErrorKind::Graph`] where there is none, or several libraries' bundles were called so.
pub fn member(members: &[Member<'_>], name: &str) -> Result<usize> {
    let exact = members.iter().position(|member| member.name == name);
    if let Some(exact) = exact {
        return Ok(exact);
    }
    let called: Vec<usize> = (0..members.len())
        .filter(|&number| members[number].origin == name)
        .collect();
    match called.as_slice() {
        [only] => Ok(*only),
        [] => {
            let error = Error::new(
                ErrorKind::Graph,
                format!("there is no bundle `{name}` in this program"),
            );
            let names = members.iter().map(|member| member.name);
            Err(match near(name, names).as_slice() {
                [] => error.with_hint(format!(
                    "list it: `migrator.bundle({}::bundle())`",
                    name.replace('-', "_")
                )),
                names => error.with_hint(format!("did you mean {}?", or(names))),
            })
        }
        several => {
            let names: Vec<&str> = several.iter().map(|&at| members[at].name).collect();
            Err(Error::new(
                ErrorKind::Graph,
                format!("`{name}` could be any of the bundles {}", or(&names)),
            )
            .with_hint("use the name that the program gave it"))
        }
    }
}

/// Where a dependency points.
fn find(members: &[Member<'_>], from: usize, dependency: &Dependency) -> Result<Place> {
    let Dependency { bundle, revision } = dependency;
    let to = match bundle {
        None => from,
        Some(name) => member(members, name)?,
    };
    if let Some(found) = members[to].graph.named(revision) {
        return Ok((to, found.clone()));
    }
    let ids: Vec<&str> = members[to]
        .graph
        .order()
        .map(|one| one.id.as_str())
        .collect();
    let error = Error::new(
        ErrorKind::Graph,
        format!(
            "there is no revision `{revision}` in the bundle `{}`",
            members[to].name
        ),
    );
    Err(match near(revision.as_str(), ids).as_slice() {
        [] => error.with_hint(
            "build with the version of the library that has it, or move the pin of the bundle up",
        ),
        ids => error.with_hint(format!("did you mean {}?", or(ids))),
    })
}
