//! What a run has done.

use std::fmt;
use std::time::Duration;

use limbeck_core::error::on_one_line;
use limbeck_core::{Error, ErrorKind, Ident, RevisionId};

use super::progress::PlannedStep;
use crate::history::{HistoryRow, HistoryTable, State};

/// What a run has done, and where it leaves the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What was done, in its order.
    pub applied: Vec<Applied>,
    /// What would be done, in its order, by a run that only plans.
    pub planned: Vec<PlannedStep>,
    /// The bundles, as the run leaves them.
    pub bundles: Vec<BundleReport>,
    /// The revisions that were generated from changed models and written to disk, where
    /// `autogenerate_on_boot` allows it.
    pub generated: Vec<RevisionId>,
    /// What should be said, without changing anything: revisions on disk that a debug build was
    /// built without, say.
    pub notes: Vec<String>,
    /// Bundles that the history knows and the program does not list: they are left as they are.
    pub unlisted: Vec<Unlisted>,
    /// The history table, where this run has made it.
    pub made_history: Option<HistoryTable>,
    /// Why nothing can be run as it is: these revisions are applied, and this history does not say so.
    /// Found by [`Action::Inspect`](super::Action::Inspect) alone.
    pub(crate) obstacle: Option<Obstacle>,
    /// Whether nothing was to be done, only looked at.
    pub(crate) looked: bool,
}

/// Revisions that are applied and of which this history holds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// The last of them, where it is known.
    pub(crate) revision: Option<RevisionId>,
    /// What was found.
    pub(crate) found: String,
    /// What to do.
    pub(crate) hint: String,
}

/// A bundle that the history knows and the program does not list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unlisted {
    /// Its name.
    pub bundle: String,
    /// The schema it is installed in.
    pub placement: Ident,
    /// The heads of what is applied of it.
    pub heads: Vec<String>,
}

/// A revision that this run applied, took back or recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// The bundle it belongs to.
    pub bundle: String,
    /// The schema that the bundle is installed in.
    pub placement: Ident,
    /// The revision.
    pub revision: RevisionId,
    /// Its message.
    pub message: String,
    /// What was done with it.
    pub deed: Deed,
    /// How long that took, lock and bookkeeping included.
    pub duration: Duration,
}

/// What was done with a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deed {
    /// It was applied.
    Applied,
    /// It was taken back.
    TakenBack,
    /// It was recorded as applied without being run.
    Stamped,
    /// It was struck from the record without being run.
    Unstamped,
}

/// A bundle, as a run leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleReport {
    /// Its name.
    pub bundle: String,
    /// The schema it is installed in.
    pub placement: Ident,
    /// How it stands.
    pub status: Status,
    /// The heads of what is applied.
    pub heads: Vec<RevisionId>,
    /// How many of the program's revisions were applied before this run.
    pub already: usize,
    /// Revisions of the program that are not applied, in the order of their running.
    pub pending: Vec<RevisionId>,
    /// Revisions in the database that this program does not know.
    pub unknown: Vec<RevisionId>,
    /// Applied revisions whose content is not what the program has.
    pub edited: Vec<RevisionId>,
    /// Revisions that run outside of a transaction and are half done: interrupted, or at it now.
    pub half: Vec<HalfDone>,
    /// The rows of the history, oldest first; read by [`Action::Inspect`](super::Action::Inspect)
    /// alone.
    pub rows: Vec<HistoryRow>,
}

/// A revision that runs outside of a transaction and is half done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HalfDone {
    /// The revision.
    pub revision: RevisionId,
    /// What was being done with it: [`Deed::Applied`] or [`Deed::TakenBack`].
    pub deed: Deed,
    /// How many of its statements are done.
    pub statements: usize,
    /// Whether the next one has begun, and its end was not seen.
    pub begun: bool,
}

impl HalfDone {
    pub(super) fn of(row: &HistoryRow) -> Self {
        let (statements, begun) = row.progress();
        Self {
            revision: row.revision.clone(),
            deed: match row.state {
                State::Reverting => Deed::TakenBack,
                _ => Deed::Applied,
            },
            statements,
            begun,
        }
    }
}

impl fmt::Display for HalfDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            revision,
            deed,
            statements,
            begun,
        } = self;
        let doing = match deed {
            Deed::TakenBack | Deed::Unstamped => "taken back",
            Deed::Applied | Deed::Stamped => "applied",
        };
        write!(f, "{revision} is half {doing}, ")?;
        match statements {
            0 => write!(f, "none of its statements is done")?,
            1 => write!(f, "its first statement is done")?,
            count => write!(f, "{count} of its statements are done")?,
        }
        match begun {
            true => write!(f, " and number {} has begun", statements + 1),
            false => Ok(()),
        }
    }
}

/// How a bundle stands in the database, against the program's revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Every revision of the program is applied, and no other.
    Current,
    /// Every revision of the program is applied, and others that it does not know.
    Ahead,
    /// Some revisions of the program are not applied.
    Behind,
    /// Some revisions of the program are not applied, and others are that it does not know.
    Diverged,
}

impl Report {
    /// Whether there was nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.applied.is_empty()
    }

    /// The revisions done, in their order.
    pub fn revisions(&self) -> Vec<RevisionId> {
        self.applied
            .iter()
            .map(|applied| applied.revision.clone())
            .collect()
    }
}

impl Obstacle {
    pub(crate) fn into_error(self) -> Error {
        let Self {
            revision,
            found,
            hint,
        } = self;
        let error = Error::new(ErrorKind::Diverged, found).with_hint(hint);
        match revision {
            Some(revision) => error.with_revision(revision),
            None => error,
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Applied => "applied",
            Self::TakenBack => "took back",
            Self::Stamped => "stamped",
            Self::Unstamped => "unstamped",
        })
    }
}

impl Applied {
    /// In words, with the bundle where there are several.
    fn tell(&self, f: &mut impl fmt::Write, with_bundle: bool) -> fmt::Result {
        let Self {
            bundle,
            placement: _,
            revision,
            message,
            deed,
            duration,
        } = self;
        match with_bundle {
            true => write!(f, "{deed} {bundle}:{revision}")?,
            false => write!(f, "{deed} {revision}")?,
        }
        if !message.is_empty() {
            write!(f, " {}", on_one_line(message))?;
        }
        if matches!(deed, Deed::Applied | Deed::TakenBack) {
            write!(f, " ({} ms)", duration.as_millis())?;
        }
        Ok(())
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(f, false)
    }
}

impl fmt::Display for BundleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bundle,
            placement,
            status,
            heads,
            already: _,
            pending,
            unknown,
            edited,
            half,
            rows: _,
        } = self;
        write!(f, "{bundle}")?;
        if placement.as_str() != "public" {
            write!(f, " in {placement}")?;
        }
        let heads: Vec<&str> = heads.iter().map(RevisionId::as_str).collect();
        match heads.as_slice() {
            [] => write!(f, " is at base")?,
            heads => write!(f, " is at {}", heads.join(", "))?,
        }
        match (status, unknown.len()) {
            (Status::Current, _) if !heads.is_empty() => write!(f, " (head)"),
            (Status::Ahead, 1) => write!(f, ", ahead of this program by one revision"),
            (Status::Ahead, count) => write!(f, ", ahead of this program by {count} revisions"),
            (Status::Behind, _) => write!(f, ", {} pending", pending.len()),
            (Status::Diverged, count) => {
                write!(
                    f,
                    ", {} pending, {count} unknown to this program",
                    pending.len()
                )
            }
            _ => Ok(()),
        }?;
        match edited.len() {
            0 => {}
            count => write!(f, ", {count} edited after being applied")?,
        }
        half.iter().try_for_each(|half| write!(f, "; {half}"))
    }
}

impl fmt::Display for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bundle,
            placement,
            heads,
        } = self;
        write!(f, "the database has the bundle `{bundle}`")?;
        if placement.as_str() != "public" {
            write!(f, " in {placement}")?;
        }
        write!(
            f,
            " at {}, which is not listed here: what it made stays as it is",
            heads.join(", ")
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            applied,
            planned,
            bundles,
            unlisted,
            generated,
            notes,
            // Said by who asked for it.
            made_history: _,
            obstacle: _,
            looked,
        } = self;
        let several =
            bundles.len() > 1 || applied.iter().any(|one| one.bundle != applied[0].bundle);
        let mut lines: Vec<String> = Vec::new();
        for one in applied {
            let mut line = String::new();
            one.tell(&mut line, several)?;
            lines.push(line);
        }
        let several_planned = planned.iter().any(|one| one.bundle != planned[0].bundle);
        lines.extend(planned.iter().map(|one| match several_planned {
            true => format!("{}: {one}", one.bundle),
            false => one.to_string(),
        }));
        let nothing = if applied.is_empty() && !looked {
            "nothing to do: "
        } else {
            ""
        };
        lines.extend(bundles.iter().map(|bundle| format!("{nothing}{bundle}")));
        lines.extend(unlisted.iter().map(ToString::to_string));
        if lines.is_empty() {
            lines.push(format!("{nothing}there are no revisions"));
        }
        lines.splice(0..0, generated.iter().map(|id| format!("generated {id}")));
        lines.extend(notes.iter().map(|note| format!("note: {note}")));
        f.write_str(&lines.join("\n"))
    }
}
