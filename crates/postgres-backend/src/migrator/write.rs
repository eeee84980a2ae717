//! Writing revisions into the directory of the application's own bundle.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[cfg(feature = "postgres")]
use limbeck_core::ObjectId;
use limbeck_core::revision::Dependency;
use limbeck_core::revision::directory::{self, DEFAULT_TEMPLATE};
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::sql_digest;
use limbeck_core::revision::target::Target;
use limbeck_core::{Error, ErrorKind, Result, Revision, RevisionId};

use super::Migrator;
#[cfg(feature = "postgres")]
use super::renamed::{alike, question};
#[cfg(feature = "postgres")]
use crate::autogenerate::Draft;
#[cfg(feature = "postgres")]
use crate::hazard::{Consent, Hazard, Severity, unconsented};
#[cfg(feature = "postgres")]
use crate::statement::script;

/// What a new revision is called and where it stands.
#[derive(Clone, Debug, Default)]
pub struct NewRevision {
    /// One line for people.
    pub message: String,
    /// Its identifier; a new one unless stated.
    pub id: Option<RevisionId>,
    /// The revision it stands on: a target; the head unless stated. Several, separated by spaces, are merged.
    pub head: Option<String>,
    /// Whether it may stand on a revision that others stand on, and so begin a new branch.
    pub splice: bool,
    /// Names for the branch that begins with it.
    pub branch_labels: Vec<String>,
    /// What must be applied before it without being below it: revisions or the beginnings of them, labels, and
    /// revisions of other bundles, `accounts:1975ea83b712`.
    pub depends_on: Vec<String>,
    /// Which of several revision directories it goes into; that of its first parent unless stated.
    pub directory: Option<PathBuf>,
}

/// A revision that was written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Written {
    /// Its identifier.
    pub revision: RevisionId,
    /// The revisions it stands on.
    pub parents: Vec<RevisionId>,
    /// Its folder.
    pub folder: PathBuf,
}

impl Migrator {
    /// Writes a revision to be filled in by hand.
    ///
    /// # Errors
    /// When the directory is not known or not what it should be, or the disk refuses.
    pub fn write_empty(&self, new: &NewRevision) -> Result<Written> {
        let up = "-- The way up: SQL statements, each ended by a semicolon.\n";
        let down = "-- The way down: what takes the way up back.\n";
        let places = self.directories()?;
        // It stands on whatever is the head when its turn comes; several may be written at once.
        for _ in 0..ATTEMPTS {
            let (revision, there) = self.prepare(new, up, Some(down), |_| {})?;
            if let Some(folder) = directory::write_unless_moved(&places, &revision, &there)? {
                return Ok(written(revision, folder));
            }
        }
        Err(moved(&places.main))
    }

    /// Writes a draft as a revision.
    ///
    /// # Errors
    /// [`ErrorKind::Destructive`] while a hazard of it is not consented to by name; [`ErrorKind::Busy`]
    /// where the directory has a revision that the draft was not made over; otherwise as for
    /// [`write_empty`](Self::write_empty).
    #[cfg(feature = "postgres")]
    pub fn write_draft(
        &self,
        draft: &Draft,
        new: &NewRevision,
        consents: &[Consent],
    ) -> Result<Written> {
        self.require_consent(draft, consents)?;
        let (revision, there, _) = self.drafted(draft, new, consents)?;
        let unknown: Vec<&RevisionId> = there.difference(&draft.over).collect();
        if !unknown.is_empty() {
            return Err(not_held(&self.directory()?, &unknown));
        }
        self.place(revision, &there)
    }

    /// Writes a draft that nothing of is hazardous, unless the directory does not hold exactly
    /// these revisions any more: then `None`.
    #[cfg(feature = "postgres")]
    pub(super) fn write_draft_unless_moved(
        &self,
        draft: &Draft,
        new: &NewRevision,
        expected: &BTreeSet<RevisionId>,
    ) -> Result<Option<(Written, String)>> {
        self.require_consent(draft, &[])?;
        let places = self.directories()?;
        let (revision, _, up) = self.drafted(draft, new, &[])?;
        let folder = directory::write_unless_moved(&places, &revision, expected)?;
        Ok(folder.map(|folder| (written(revision, folder), up)))
    }

    #[cfg(feature = "postgres")]
    fn require_consent(&self, draft: &Draft, consents: &[Consent]) -> Result<()> {
        let refused = unconsented(&draft.hazards, consents);
        if refused.is_empty() {
            return Ok(());
        }
        let told: Vec<String> = refused
            .iter()
            .map(|hazard| format!("  {}", hazard.message))
            .collect();
        let own = self.own().schema();
        let mut hints: Vec<String> = alike(&draft.operations)
            .into_iter()
            .filter(|(_, old)| refused.iter().any(|hazard| hazard.object == **old))
            .map(|(new, old)| question(new, old, &own))
            .collect();
        let allow: Vec<String> = refused
            .iter()
            .map(|hazard| format!("--allow {}", shell_word(&hazard.consent())))
            .collect();
        hints.push(format!(
            "if that is meant, say so by name: {}",
            allow.join(" ")
        ));
        Err(Error::new(
            ErrorKind::Destructive,
            format!("this would destroy data or may fail:\n{}", told.join("\n")),
        )
        .with_hint(hints.join("\n")))
    }

    /// A draft as a revision that is not on disk yet, and its way up.
    #[cfg(feature = "postgres")]
    fn drafted(
        &self,
        draft: &Draft,
        new: &NewRevision,
        consents: &[Consent],
    ) -> Result<(directory::NewRevision, BTreeSet<RevisionId>, String)> {
        let mut header = String::new();
        if !new.message.is_empty() {
            header.push_str(&new.message);
            header.push('\n');
        }
        header.push_str("Generated from the models. Read it before you apply it.");
        let up = script(&draft.up, &draft.hazards, &header);
        let down = script(&draft.down, &draft.down_hazards, "The way back.");
        let (revision, there) = self.prepare(new, &up, Some(&down), |revision| {
            revision.breaking = is_breaking(draft);
            revision.generated = draft.generated.iter().map(ObjectId::to_string).collect();
            revision.consent = given(&draft.hazards, consents);
            revision.touches = Some(draft.touches.iter().map(ObjectId::to_string).collect());
            revision.down_destroys = Some(destroyed(&draft.down_hazards));
            revision.depends_on.clone_from(&draft.depends_on);
        })?;
        Ok((revision, there, up))
    }

    /// Puts a revision into the directory, where that holds what it was made from.
    pub(super) fn place(
        &self,
        revision: directory::NewRevision,
        there: &BTreeSet<RevisionId>,
    ) -> Result<Written> {
        let places = self.directories()?;
        match directory::write_unless_moved(&places, &revision, there)? {
            Some(folder) => Ok(written(revision, folder)),
            None => Err(moved(&places.main)),
        }
    }

    /// A revision that is not on disk yet, and what was there when it was made.
    pub(super) fn prepare(
        &self,
        new: &NewRevision,
        up: &str,
        down: Option<&str>,
        metadata: impl FnOnce(&mut Revision),
    ) -> Result<(directory::NewRevision, BTreeSet<RevisionId>)> {
        let NewRevision {
            message,
            id,
            head,
            splice,
            branch_labels,
            depends_on,
            directory,
        } = new;
        // The directory as it is now, which may be ahead of what this program holds.
        let (graph, _) = directory::load(self.directories()?)?;
        let id = id.clone().unwrap_or_else(directory::new_id);
        let mut revision = Revision::new(id, sql_digest(up));
        revision.parents = parents(&graph, head.as_deref(), *splice)?;
        revision.message.clone_from(message);
        revision.branch_labels.clone_from(branch_labels);
        metadata(&mut revision);
        for dependency in depends_on {
            let dependency = depended_on(&graph, dependency)?;
            if !revision.depends_on.contains(&dependency) {
                revision.depends_on.push(dependency);
            }
        }
        // Before a file is written that nobody could read.
        let with_it = graph.order().cloned().chain([revision.clone()]);
        RevisionGraph::new(with_it.collect())?;
        let mut new = directory::NewRevision::new(revision, up, down.map(str::to_owned));
        new.file_template = self
            .file_template
            .clone()
            .unwrap_or_else(|| DEFAULT_TEMPLATE.to_owned());
        new.into.clone_from(directory);
        let there = graph.order().map(|revision| revision.id.clone()).collect();
        Ok((new, there))
    }
}

/// How often a revision is made anew because another was written first.
const ATTEMPTS: u32 = 100;

/// Revisions that a draft knows nothing of: the program was built without them.
#[cfg(feature = "postgres")]
fn not_held(path: &Path, unknown: &[&RevisionId]) -> Error {
    let ids: Vec<String> = unknown.iter().map(|id| format!("`{id}`")).collect();
    Error::new(
        ErrorKind::Busy,
        format!(
            "`{}` has {}, which this program was built without",
            path.display(),
            ids.join(", ")
        ),
    )
    .with_hint(
        "build it again and run the command again; where cargo sees no reason to (there was no `HEADS` in the \
         directory when it was built), touch the file in which `migrator!` or `bundle!` stands",
    )
}

pub(super) fn moved(path: &Path) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!(
            "another revision was written into `{}` meanwhile",
            path.display()
        ),
    )
    .with_hint("run the command again: it compares with what is there now")
}

pub(super) fn written(new: directory::NewRevision, folder: PathBuf) -> Written {
    Written {
        revision: new.revision.id,
        parents: new.revision.parents,
        folder,
    }
}

/// What a new revision stands on.
fn parents(graph: &RevisionGraph, head: Option<&str>, splice: bool) -> Result<Vec<RevisionId>> {
    let mut parents: Vec<RevisionId> = Vec::new();
    if graph.is_empty() {
        return Ok(parents);
    }
    for target in head.unwrap_or("head").split_whitespace() {
        for parent in Target::parse(target)?.resolve(graph, &Default::default())? {
            if parents.contains(&parent) {
                return Err(Error::new(
                    ErrorKind::Target,
                    format!("revision {} is named twice", graph.describe(&parent)),
                )
                .with_revision(parent));
            }
            parents.push(parent);
        }
    }
    let below = graph.ancestors(&parents);
    if let Some(parent) = parents.iter().find(|parent| below.contains(*parent)) {
        return Err(Error::new(
            ErrorKind::Target,
            format!(
                "another of the revisions to be merged stands on {} already",
                graph.describe(parent)
            ),
        )
        .with_revision(parent.clone())
        .with_hint("leave that one out"));
    }
    let taken = |parent: &&RevisionId| !graph.children(parent).is_empty();
    if let Some(parent) = parents.iter().find(taken).filter(|_| !splice) {
        let above: Vec<String> = graph
            .children(parent)
            .into_iter()
            .map(|child| graph.describe(child))
            .collect();
        return Err(Error::new(
            ErrorKind::Target,
            format!(
                "revision {} is no head: {} on it",
                graph.describe(parent),
                match above.as_slice() {
                    [one] => format!("{one} stands"),
                    several => format!("{} stand", several.join(" and ")),
                }
            ),
        )
        .with_revision(parent.clone())
        .with_hint("`--splice` begins a new branch there"));
    }
    Ok(parents)
}

/// A dependency as it is typed: the beginning of a revision is written out, a label stays one.
fn depended_on(graph: &RevisionGraph, text: &str) -> Result<Dependency> {
    let dependency: Dependency = text.parse()?;
    if dependency.bundle.is_some() || graph.named(&dependency.revision).is_some() {
        return Ok(dependency);
    }
    Ok(Dependency {
        bundle: None,
        revision: graph.find(dependency.revision.as_str())?.clone(),
    })
}

/// Whether programs of the version before fail at what the revision makes.
#[cfg(feature = "postgres")]
fn is_breaking(draft: &Draft) -> bool {
    let mut hazards = draft.hazards.iter();
    hazards.any(|hazard| hazard.severity == Severity::Breaking)
}

/// The consents that were needed, each as it is typed.
#[cfg(feature = "postgres")]
fn given(hazards: &[Hazard], consents: &[Consent]) -> Vec<String> {
    let mut given: Vec<String> = hazards
        .iter()
        .filter(|hazard| hazard.severity.wants_consent())
        .filter(|hazard| consents.iter().any(|consent| consent.covers(hazard)))
        .map(Hazard::consent)
        .collect();
    given.sort_unstable();
    given.dedup();
    given
}

/// What a way down destroys, each as consent to it would be typed.
#[cfg(feature = "postgres")]
pub(super) fn destroyed(hazards: &[Hazard]) -> Vec<String> {
    let mut destroyed: Vec<String> = hazards
        .iter()
        .filter(|hazard| hazard.destroys_rows())
        .map(Hazard::consent)
        .collect();
    destroyed.sort_unstable();
    destroyed.dedup();
    destroyed
}

/// A word as a shell takes it, for people to copy: in single quotes where it needs them.
pub(super) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_the_shell_is_quoted_where_it_needs_it() {
        assert_eq!(
            shell_word("drop_column:posts.body"),
            "drop_column:posts.body"
        );
        assert_eq!(
            shell_word("drop_table:\"it's $x\""),
            r#"'drop_table:"it'\''s $x"'"#
        );
    }
}
