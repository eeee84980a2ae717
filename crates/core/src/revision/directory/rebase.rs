//! Putting a revision, with all that stands on it, above another: two branches become one line again.
//!
//! The identifiers stay, and the folders keep what is in them. Where a folder's name begins with a date,
//! the date rises along the chain as [`write()`](super::write()) has it rise: what comes to stand below an
//! older one moves it to the second after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::date::Moment;
use super::moves::{self, Move};
use super::write::{lock, sweep};
use super::{Entry, Places, Source, file, heads, load_unsettled, metadata, read_text};
use crate::error::{Error, ErrorKind, Result};
use crate::revision::graph::RevisionGraph;
use crate::revision::target::Target;
use crate::revision::{Revision, RevisionId};

/// What [`rebase`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebased {
    /// The revision that it was about, and all that stands on it, parents first.
    pub moved: Vec<Moved>,
    /// The heads that there are now, which is what `HEADS` says.
    pub heads: Vec<RevisionId>,
    /// Whether a merge conflict in `HEADS` is settled by it.
    pub settled: bool,
}

/// A revision that went along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The revision.
    pub revision: RevisionId,
    /// What it stood on.
    pub parents_before: Vec<RevisionId>,
    /// What it stands on now.
    pub parents: Vec<RevisionId>,
    /// Its folder before.
    pub folder_before: PathBuf,
    /// Its folder now.
    pub folder: PathBuf,
}

impl Rebased {
    /// Whether everything stood where it should already.
    pub fn is_nothing(&self) -> bool {
        let mut moved = self.moved.iter();
        !self.settled
            && moved.all(|one| one.parents == one.parents_before && one.folder == one.folder_before)
    }
}

/// Puts a revision, with all that stands on it, above a head; both are targets. What stands in
/// `applied` is in a database already and cannot go elsewhere. A merge conflict in `HEADS` is settled.
///
/// All of it is done or nothing.
///
/// # Errors
/// [`ErrorKind::Target`] where one of the two is not found or cannot be meant, [`ErrorKind::Diverged`] for a
/// revision that is applied, [`ErrorKind::Graph`] where something of the other branch depends on what would
/// move, and the errors of [`load`](super::load) but for the conflict.
pub fn rebase(
    places: impl Into<Places>,
    revision: &str,
    onto: &str,
    applied: &BTreeSet<RevisionId>,
) -> Result<Rebased> {
    let places = places.into();
    let _lock = lock(&places.main)?;
    sweep(&places)?;
    let (graph, source, _) = load_unsettled(&places)?;
    let mut settled = false;
    if let Some(stated) = &source.heads {
        heads::refuse_unknown(stated, &graph)?;
        settled = stated.conflict.is_some();
        if !settled {
            heads::check(stated, &graph)?;
        }
    }
    let revision = one(&graph, revision, applied)?;
    let onto = one(&graph, onto, applied)?;
    let below = graph.trunk(&revision);
    let mut following = graph.lineage(&revision);
    following.retain(|id| *id == revision || !below.contains(id));
    refuse(&graph, &revision, &onto, &following)?;
    if let Some(id) = following.iter().find(|id| applied.contains(*id)) {
        return Err(in_use(&graph, &revision, id));
    }

    let parents = parents(&graph, &revision, &onto, &following);
    let plan = plan(&graph, &source, &parents, &following)?;
    let becomes = plan.iter().map(|step| step.revision.clone());
    let others = graph.order().filter(|one| !following.contains(&one.id));
    let becomes =
        RevisionGraph::new(others.cloned().chain(becomes).collect()).map_err(|error| {
            error.with_hint(
                "something of the other branch depends on what would move: put that one above it",
            )
        })?;
    refuse_left(&graph, &becomes, &revision, &onto)?;

    let changed: Vec<Move> = plan
        .iter()
        // From above, so that each finds the name of the next one free.
        .rev()
        .filter(|step| step.metadata.is_some() || step.folder() != step.entry.path)
        .map(|step| Move {
            place: step.place(),
            from: step.entry.revision.directory.clone(),
            to: step.revision.directory.clone(),
            metadata: step.metadata.clone(),
        })
        .collect();
    if settled || !changed.is_empty() {
        moves::make(&places, &changed, becomes.heads())?;
    }
    Ok(Rebased {
        moved: plan
            .iter()
            .map(|step| Moved {
                revision: step.revision.id.clone(),
                parents_before: step.entry.revision.parents.clone(),
                parents: step.revision.parents.clone(),
                folder_before: step.entry.path.clone(),
                folder: step.folder(),
            })
            .collect(),
        heads: becomes.heads().into_iter().cloned().collect(),
        settled,
    })
}

/// A revision as it is to become.
struct Step<'a> {
    entry: &'a Entry,
    revision: Revision,
    /// Where it changes.
    metadata: Option<String>,
}

impl Step<'_> {
    /// The directory that its folder is in.
    fn place(&self) -> PathBuf {
        self.entry
            .path
            .parent()
            .map_or_else(PathBuf::new, Path::to_owned)
    }

    fn folder(&self) -> PathBuf {
        self.entry.path.with_file_name(&self.revision.directory)
    }
}

/// The one revision that a target names.
fn one(graph: &RevisionGraph, target: &str, applied: &BTreeSet<RevisionId>) -> Result<RevisionId> {
    let found = Target::parse(target)?.resolve(graph, applied)?;
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(
            Error::new(ErrorKind::Target, format!("`{target}` is no revision"))
                .with_hint("name a revision, or the unique beginning of one"),
        ),
        (Some(_), Some(_)) => Err(Error::new(
            ErrorKind::Target,
            format!("`{target}` is more than one revision"),
        )
        .with_hint("name one: `limbeck heads` lists the heads")),
    }
}

/// Refuses what cannot be meant.
fn refuse(
    graph: &RevisionGraph,
    revision: &RevisionId,
    onto: &RevisionId,
    following: &BTreeSet<RevisionId>,
) -> Result<()> {
    let refused = |told: String, hint: String| {
        let error = Error::new(ErrorKind::Target, told).with_revision(revision.clone());
        Err(error.with_hint(hint))
    };
    if revision == onto {
        return refused(
            format!("revision {} cannot stand on itself", graph.describe(onto)),
            "name two revisions: the one that moves, and the head of the other branch".to_owned(),
        );
    }
    if following.contains(onto) {
        return refused(
            format!(
                "revision {} stands on {} already, and cannot be below it, too",
                graph.describe(onto),
                graph.describe(revision)
            ),
            "name the first revision of one branch, and the head of the other".to_owned(),
        );
    }
    let mut above = graph.children(onto).into_iter();
    if let Some(child) = above.find(|child| !following.contains(*child)) {
        return refused(
            format!(
                "revision {} is no head: {} stands on it",
                graph.describe(onto),
                graph.describe(child)
            ),
            "`limbeck heads` lists the heads".to_owned(),
        );
    }
    let mut moving = following.iter().filter_map(|id| graph.get(id));
    if let Some(squash) = moving.find(|one| !one.replaces.is_empty()) {
        return refused(
            format!(
                "revision {} stands for others, which would stay where they are",
                graph.describe(&squash.id)
            ),
            "move the other branch; or where every database has gone past what it replaces, delete that and take \
             `replaces` out of its metadata"
                .to_owned(),
        );
    }
    if graph.parents(revision).len() > 1 {
        return refused(
            format!(
                "revision {} merges branches: it stands on several already",
                graph.describe(revision)
            ),
            "name the first revision of the branch that is to move".to_owned(),
        );
    }
    Ok(())
}

/// Refuses a move that leaves the beginning of its branch behind, and so a head more.
fn refuse_left(
    before: &RevisionGraph,
    after: &RevisionGraph,
    revision: &RevisionId,
    onto: &RevisionId,
) -> Result<()> {
    let heads = before.heads();
    let Some(left) = after.heads().into_iter().find(|head| !heads.contains(head)) else {
        return Ok(());
    };
    let first = heads::first_apart(before, revision, onto);
    Err(Error::new(
        ErrorKind::Target,
        format!(
            "revision {} would be left behind as a head",
            before.describe(left)
        ),
    )
    .with_revision(revision.clone())
    .with_hint(format!(
        "name the revision that the branch begins with: `limbeck rebase {first} --onto {onto}`"
    )))
}

fn in_use(graph: &RevisionGraph, revision: &RevisionId, id: &RevisionId) -> Error {
    let told = match id == revision {
        true => format!("revision {} is applied in the database", graph.describe(id)),
        false => format!(
            "revision {}, which stands on {}, is applied in the database",
            graph.describe(id),
            graph.describe(revision)
        ),
    };
    Error::new(
        ErrorKind::Diverged,
        format!("{told}: its place is in the history there"),
    )
    .with_revision(id.clone())
    .with_hint(
        "move the other branch, or take this one back first (`limbeck downgrade`) and apply it again afterwards",
    )
}

/// The parents that what moves has afterwards. A merge of the two branches has one parent less.
fn parents(
    graph: &RevisionGraph,
    revision: &RevisionId,
    onto: &RevisionId,
    following: &BTreeSet<RevisionId>,
) -> BTreeMap<RevisionId, Vec<RevisionId>> {
    let below = graph.trunk(onto);
    let of = |one: &Revision| {
        if one.id == *revision {
            return vec![onto.clone()];
        }
        let mut parents = one.parents.clone();
        if parents.iter().any(|parent| following.contains(parent)) {
            parents.retain(|parent| !below.contains(parent));
        }
        parents
    };
    let moving = graph.order().filter(|one| following.contains(&one.id));
    moving.map(|one| (one.id.clone(), of(one))).collect()
}

/// What becomes of each revision that moves, parents first.
fn plan<'a>(
    graph: &RevisionGraph,
    source: &'a Source,
    parents: &BTreeMap<RevisionId, Vec<RevisionId>>,
    following: &BTreeSet<RevisionId>,
) -> Result<Vec<Step<'a>>> {
    let mut steps: Vec<Step<'a>> = Vec::new();
    let mut dates: BTreeMap<&RevisionId, Option<Moment>> = source
        .entries
        .iter()
        .filter(|entry| !following.contains(&entry.revision.id))
        .map(|entry| {
            let date = Moment::from_folder(&entry.revision.directory);
            (&entry.revision.id, date)
        })
        .collect();
    // The order of the graph as it is holds for what moves: among themselves they stay as they are.
    let moving = graph.order().map(|one| &one.id);
    for id in moving.filter(|id| following.contains(*id)) {
        let Some(entry) = source.entries.iter().find(|entry| entry.revision.id == *id) else {
            continue;
        };
        let mut revision = entry.revision.clone();
        revision.parents = parents.get(id).cloned().unwrap_or_default();
        let metadata = match revision.parents == entry.revision.parents {
            true => None,
            false => Some(changed(entry, &revision)?),
        };
        let own = Moment::from_folder(&revision.directory);
        let below = revision
            .parents
            .iter()
            .filter_map(|parent| dates.get(parent));
        let below = below.copied().flatten().max();
        let date = own.map(|own| below.map_or(own, |below| own.max(below.next())));
        if let Some(date) = date.filter(|date| Some(*date) != own) {
            revision.directory = date.rename(&revision.directory);
        }
        dates.insert(&entry.revision.id, date);
        steps.push(Step {
            entry,
            revision,
            metadata,
        });
    }
    for step in &steps {
        let folder = step.folder();
        let leaves = |path: &Path| steps.iter().any(|other| other.entry.path == *path);
        if !leaves(&folder) && fs::symlink_metadata(&folder).is_ok() {
            return Err(Error::new(
                ErrorKind::Directory,
                format!("the folder `{}` exists already", folder.display()),
            )
            .with_location(file(&folder))
            .with_hint("rename it, or the folder that would get this name"));
        }
    }
    Ok(steps)
}

/// The metadata of a revision with its new parents.
fn changed(entry: &Entry, revision: &Revision) -> Result<String> {
    let stated = match &entry.metadata_path {
        Some(path) => {
            let text = read_text(path)?;
            let states = metadata::parse(&text, path)?.states_lineage();
            states.then_some((path, text))
        }
        None => None,
    };
    let Some((path, text)) = stated else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "`{}` is a migration of Diesel's, whose place is by its version",
                revision.directory
            ),
        )
        .with_location(file(&entry.path))
        .with_hint("rename its folder to a later version; or move the other branch"));
    };
    metadata::with_parents(&text, path, &revision.parents)
}

#[cfg(test)]
mod tests;
