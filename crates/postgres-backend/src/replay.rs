//! The revisions from nothing, each of them up, down and up again: what a way down forgets is seen by
//! what is left, and by what is missing.
//!
//! `limbeck replay` does it in scratch, and [`testing::check`](crate::testing::check) on the server of the
//! tests; what they find is the same.
//!
//! Compared is all that is there, and of the kinds of objects that are not known their names. Left out are
//! the schema that a bundle is placed in, which no revision makes, and extensions and schemas that a revision
//! makes `IF NOT EXISTS` and leaves.

use limbeck_core::{Error, ErrorKind, Result, Revision, RevisionId};

use crate::Migrator;
use crate::scratch::{self, ScratchSource};

mod identity;
pub(crate) mod roles;
mod walk;

#[cfg(feature = "testing")]
pub(crate) use walk::differences;
pub(crate) use walk::shown;
pub(crate) use walk::{Asked, Ground, Range, Walk};

/// What a replay found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Replay {
    /// The revisions in the order in which they were replayed.
    pub revisions: Vec<Replayed>,
    /// Everything that is wrong, with a revision or with all of them.
    pub findings: Vec<Finding>,
    /// Whether the end was compared with the models: where everything ran, and there are models.
    pub compared: bool,
}

/// A revision that was replayed, or could not be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replayed {
    /// The revision.
    pub revision: Revision,
    /// How it went.
    pub outcome: Outcome,
}

/// How it went with a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It goes up, leads back, and makes the same when it goes up again.
    Leads,
    /// It has no way down.
    NoWayDown,
    /// Something is otherwise after its way down, or when it has gone up again.
    Differs,
    /// One of its ways does not run.
    Fails,
    /// One before it does not run.
    NotReached,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// There are several heads; of `testing::check` alone.
    Heads,
    /// A revision has no way down, and nobody has accepted that.
    NoWayDown,
    /// Somebody has accepted that a revision has no way down, and it has one, or is none.
    Accepted,
    /// A way down does not lead back: what it forgets, or takes beside its own, is told.
    Down,
    /// What goes up again makes something else.
    UpAgain,
    /// Data is destroyed, and the metadata of the revision does not consent.
    Consent,
    /// A revision does not run.
    Run,
    /// The models want what no revision makes.
    Models,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub fault: Fault,
    /// The kind of the error that it would be.
    pub kind: ErrorKind,
    /// The revision that it is about.
    pub revision: Option<RevisionId>,
    /// What differs, each in a few words; of [`Fault::Down`], [`Fault::UpAgain`] and [`Fault::Models`].
    pub differences: Vec<String>,
    /// All of it in a sentence.
    pub told: String,
}

impl Replay {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// What is wrong with a revision.
    pub fn of<'a>(&'a self, revision: &'a RevisionId) -> impl Iterator<Item = &'a Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| finding.revision.as_ref() == Some(revision))
    }
}

impl Migrator {
    /// Replays the revisions in scratch, each of them up, down and up again, and compares what they make
    /// in the end with the models. Scratch is made on the server of [`scratch_url`](Self::scratch_url), or
    /// on a throwaway server; no database of anybody's is looked at. That the revisions in
    /// `without_way_down` have none is accepted.
    ///
    /// ```no_run
    /// # fn main() -> limbeck_core::Result<()> {
    /// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// let replay = migrator.replay(&[])?;
    /// for finding in &replay.findings {
    ///     eprintln!("{}", finding.told);
    /// }
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the revisions form no graph, or no scratch can be had; what is wrong with revisions is no error, but
    /// a [`Finding`].
    pub fn replay(&self, without_way_down: &[String]) -> Result<Replay> {
        let accepted = without_way_down.iter().cloned().collect();
        let replay = |source: ScratchSource| {
            let open = || {
                let scratch = scratch::open(&source, None)?;
                Ok(Box::new(scratch) as Box<dyn Ground>)
            };
            Walk::new(self, &accepted, Asked::ByCommand, &open).all()
        };
        let source = self.scratch_source();
        let named = source.url.is_some();
        let (found, lacks) = replay(source)?;
        if !(lacks && named) {
            return Ok(found);
        }
        // The role may not do there what the revisions do; on a server of our own it may.
        let ours = ScratchSource {
            url: None,
            throwaway: true,
        };
        Ok(replay(ours).map_or(found, |(found, _)| found))
    }
}

impl Finding {
    pub(crate) fn new(
        fault: Fault,
        kind: ErrorKind,
        revision: Option<&Revision>,
        told: String,
    ) -> Self {
        Self {
            fault,
            kind,
            revision: revision.map(|revision| revision.id.clone()),
            differences: Vec::new(),
            told,
        }
    }

    /// That there are several heads.
    #[cfg(feature = "testing")]
    pub(crate) fn of(error: &Error) -> Self {
        let mut told = error.to_string();
        if let Some(hint) = error.hint() {
            told.push_str("; ");
            told.push_str(hint);
        }
        Self {
            revision: error.revision().cloned(),
            ..Self::new(Fault::Heads, error.kind(), None, told)
        }
    }

    /// An error on the way over a revision, with its place.
    pub(crate) fn at(revision: &Revision, error: &Error) -> Self {
        let place = error
            .location()
            .map(|it| format!(" at {it}"))
            .unwrap_or_default();
        // What helps an application is no help here, but for this.
        let hint = roles::hint(error).map(|hint| format!("; {hint}"));
        let hint = hint.unwrap_or_default();
        let told = format!(
            "revision {} does not run{place}: {error}{hint}",
            shown(revision)
        );
        Self {
            revision: error
                .revision()
                .cloned()
                .or_else(|| Some(revision.id.clone())),
            ..Self::new(Fault::Run, error.kind(), None, told)
        }
    }
}
