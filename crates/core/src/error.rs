//! The one error type of Limbeck: what went wrong, where, and what to do next.
//!
//! Every crate of the workspace makes its errors here, so that a caller meets a single type with
//! accessors to act on. Messages are lower case, without a final period, names in backticks. What
//! a connection string held never gets in here.

use std::error::Error as StdError;
use std::fmt;

use crate::revision::RevisionId;
use crate::token::secrets;

/// The result of everything in Limbeck that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A text of somebody's on one line, without what would steer a terminal.
pub fn on_one_line(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Something that Limbeck could not do.
///
/// `Display` says this error's own layer only; [`source`](StdError::source) gives the next one.
/// Programs act on [`kind`](Error::kind) and the other accessors, people read the message, then
/// the [`hint`](Error::hint).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    revision: Option<RevisionId>,
    location: Option<Location>,
    database: Option<DatabaseError>,
    applied: Vec<RevisionId>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What sort of thing went wrong, for programs to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `limbeck.toml`, an environment variable or an argument does not make sense.
    Config,
    /// A file could not be read or written.
    Io,
    /// A revision directory or a file in it is not what it should be.
    Directory,
    /// The revisions do not form a graph: a missing parent, a cycle, a duplicate.
    Graph,
    /// A revision identifier or target that is unknown, ambiguous or out of reach.
    Target,
    /// A model that contradicts itself or another, or a set of models that cannot be meant.
    Model,
    /// No connection to the database could be made.
    Connection,
    /// The role lacks a right.
    Permission,
    /// The connection or the server only reads.
    ReadOnly,
    /// The database answered a statement with an error.
    Sql,
    /// A data step of a revision returned an error.
    DataStep,
    /// Another process held the lock for longer than we may wait, or a lock timed out.
    Busy,
    /// The database holds revisions that this program does not know.
    Diverged,
    /// The database is ahead of this program by a revision that is marked as breaking.
    Stale,
    /// The time that a run was given is used up.
    Timeout,
    /// A run was not waited for: its future was dropped, or a data step has panicked.
    GivenUp,
    /// The database is behind the revisions, where it had to be current.
    Behind,
    /// An applied revision was edited afterwards.
    Tampered,
    /// The live schema differs from what the revisions make.
    Drift,
    /// Something would be lost, and nobody consented to that.
    Destructive,
    /// The difference cannot be decided without a person.
    Ambiguous,
    /// Postgres could not be asked what an expression means.
    CannotCompare,
    /// A thing that this version does not do.
    Unsupported,
    /// A throwaway server could not be had.
    Server,
}

/// A place in a file; lines and columns count from one, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file, as its owner would name it.
    pub file: String,
    /// The line, where known.
    pub line: Option<u32>,
    /// The column, where known.
    pub column: Option<u32>,
}

/// What Postgres said of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseError {
    /// The primary message.
    pub message: String,
    /// The detail line.
    pub detail: Option<String>,
    /// The server's own hint.
    pub hint: Option<String>,
    /// Five characters, where they could be learnt.
    pub sqlstate: Option<String>,
    /// The statement that failed: its number in the script, from one.
    pub statement_number: Option<usize>,
    /// The text of the statement that failed.
    pub statement: Option<String>,
    /// The table concerned.
    pub table: Option<String>,
    /// The column concerned.
    pub column: Option<String>,
    /// The constraint concerned.
    pub constraint: Option<String>,
}

impl Error {
    /// An error of a kind, with its message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            revision: None,
            location: None,
            database: None,
            applied: Vec::new(),
            source: None,
        }))
    }

    /// The same error in other words.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the revision concerned.
    #[must_use]
    pub fn with_revision(mut self, revision: RevisionId) -> Self {
        self.0.revision = Some(revision);
        self
    }

    /// Adds the place in a file.
    #[must_use]
    pub fn with_location(mut self, location: Location) -> Self {
        self.0.location = Some(location);
        self
    }

    /// Adds what Postgres said. What the statement holds of passwords is masked, here and in the
    /// message.
    #[must_use]
    pub fn with_database(mut self, mut database: DatabaseError) -> Self {
        if let Some(statement) = &mut database.statement {
            let secrets = secrets(statement);
            *statement = secrets.mask(statement);
            let said = [&mut self.0.message, &mut database.message];
            let more = database.detail.iter_mut().chain(&mut database.hint);
            for said in said.into_iter().chain(more) {
                *said = secrets.scrub(said);
            }
        }
        self.0.database = Some(database);
        self
    }

    /// Adds the revisions that were applied, or on the way down taken back, before this error ended the run.
    #[must_use]
    pub fn with_applied(mut self, applied: Vec<RevisionId>) -> Self {
        self.0.applied = applied;
        self
    }

    /// Adds the error below this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What sort of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do next, if that can be said.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The revision concerned.
    pub fn revision(&self) -> Option<&RevisionId> {
        self.0.revision.as_ref()
    }

    /// The place in a file concerned.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// What Postgres said, when it was Postgres that refused.
    pub fn database(&self) -> Option<&DatabaseError> {
        self.0.database.as_ref()
    }

    /// The SQLSTATE of the failure, where it could be learnt.
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.database.as_ref()?.sqlstate.as_deref()
    }

    /// The text of the statement that failed.
    pub fn statement(&self) -> Option<&str> {
        self.0.database.as_ref()?.statement.as_deref()
    }

    /// The revisions that were applied before this error ended the run; on the way down, those that were taken
    /// back.
    pub fn applied(&self) -> &[RevisionId] {
        &self.0.applied
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What `fn main() -> limbeck::Result<()>` prints: the whole story, for people.
        let Inner {
            kind: _,
            message,
            hint,
            revision: _,
            location,
            database,
            applied: _,
            source,
        } = &*self.0;
        f.write_str(message)?;
        if let Some(location) = location {
            write!(f, "\n  at {location}")?;
        }
        if let Some(database) = database {
            write!(f, "\n{database}")?;
        }
        let mut next: Option<&(dyn StdError + 'static)> = source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static));
        while let Some(source) = next {
            write!(f, "\n  caused by: {source}")?;
            next = source.source();
        }
        if let Some(hint) = hint {
            write!(f, "\n\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            message,
            detail,
            hint,
            sqlstate,
            statement_number,
            statement,
            table: _,
            column: _,
            constraint: _,
        } = self;
        write!(f, "  postgres: {message}")?;
        if let Some(sqlstate) = sqlstate {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        if let Some(detail) = detail {
            write!(f, "\n  detail: {detail}")?;
        }
        if let Some(hint) = hint {
            write!(f, "\n  postgres hints: {hint}")?;
        }
        if let Some(statement) = statement {
            match statement_number {
                Some(number) => write!(f, "\n  statement {number}:")?,
                None => write!(f, "\n  statement:")?,
            }
            for line in statement.lines().take(12) {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

/// The candidates that somebody may have meant by `typed`, nearest first, at most three.
pub fn near<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = typed.to_lowercase();
    let mut scored: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            let longer = typed.chars().count().max(candidate.chars().count());
            *distance <= longer.div_ceil(3) && *distance < longer
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored
        .into_iter()
        .take(3)
        .map(|(_, candidate)| candidate)
        .collect()
}
