//! The revision wing: revisions, their digests, the graph they form, targets, plans, directories.
//!
//! Nothing here knows what a schema is. What a revision *does* is a [`Script`](crate::script), made
//! by a [`Migration`](crate::migration::Migration); here it is an identifier, its parents and a
//! digest of its content.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

pub mod across;
mod digest;
#[cfg(feature = "directory")]
pub mod directory;
pub mod graph;
#[cfg(test)]
mod laws;
pub mod plan;
pub mod target;

pub use digest::{ContentHasher, DIGEST_VERSION, Digest, chain_digest, sql_digest};

/// The identifier of a revision: letters, digits, `_` and `.`, at most 64 of them.
///
/// Limbeck makes twelve hexadecimal digits; Diesel's versions (a timestamp without its dashes) are
/// identifiers too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId(Box<str>);

/// Words that mean something as a target and so cannot be identifiers.
const RESERVED: [&str; 4] = ["base", "current", "head", "heads"];

impl RevisionId {
    /// An identifier from its text.
    ///
    /// # Errors
    /// When it is empty, longer than 64, holds another character, or is a word of the target
    /// grammar (`head`, `heads`, `base`, `current`).
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
            return Err(Error::new(
                ErrorKind::Target,
                format!("`{}` is no revision identifier", text.escape_debug()),
            )
            .with_hint("identifiers are 1 to 64 letters, digits, `_` or `.`"));
        }
        if RESERVED.contains(&text.as_str()) {
            return Err(Error::new(
                ErrorKind::Target,
                format!("`{text}` cannot be the identifier of a revision: it is a target"),
            ));
        }
        Ok(Self(text.into_boxed_str()))
    }

    /// The bare text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RevisionId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

/// What is known of a revision without looking at what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its identifier.
    pub id: RevisionId,
    /// The revisions directly below (`down_revision`): none for a base, several for a merge.
    pub parents: Vec<RevisionId>,
    /// Revisions that must be applied before, without being parents.
    pub depends_on: Vec<Dependency>,
    /// Names for the branch that starts here.
    pub branch_labels: Vec<String>,
    /// The revisions that this one stands for, after a squash.
    pub replaces: Vec<RevisionId>,
    /// The revisions of other bundles that this one does the work of (an exported revision): where it
    /// is applied, they are recorded as applied and are not run.
    pub provides: Vec<Dependency>,
    /// The schema in which it does that; `None` is not said.
    pub provides_in: Option<String>,
    /// One line for people.
    pub message: String,
    /// When it was written, in RFC 3339.
    pub created: Option<String>,
    /// The name of its directory, for messages; empty where it has none.
    pub directory: String,
    /// Whether programs that do not know this revision must not run on a database that has it.
    pub breaking: bool,
    /// The objects that autogenerate made in it; empty for a revision written by hand.
    pub generated: Vec<String>,
    /// What was consented to when it was generated, by name: `drop_table:posts`.
    pub consent: Vec<String>,
    /// The objects that it makes and changes; `None` where that is unknown.
    pub touches: Option<Vec<String>>,
    /// What its generated way down destroys, by name: `narrow_type:posts.price`. `None` where nobody
    /// has told, and each statement has to tell by itself. As `consent`, it is in no digest.
    pub down_destroys: Option<Vec<String>>,
    /// Whether its statements may be run again after an interruption, which is asked of those that run
    /// outside of a transaction and of which nothing tells whether they are done (`CREATE DATABASE`).
    pub idempotent: bool,
    /// Whether it runs in a transaction. Where it does not, each statement is one of its own, or none,
    /// and is recorded when it is done. What cannot run in a transaction does not, whatever this says.
    pub run_in_transaction: bool,
    /// `lock_timeout` while it runs, in place of the migrator's.
    pub lock_timeout: Option<Duration>,
    /// `statement_timeout` while it runs, in place of the migrator's.
    pub statement_timeout: Option<Duration>,
    /// The digest of the tokens of its way up.
    pub content: Digest,
}

impl Revision {
    /// A base revision with nothing but an identifier and a content digest.
    pub fn new(id: RevisionId, content: Digest) -> Self {
        Self {
            id,
            parents: Vec::new(),
            depends_on: Vec::new(),
            branch_labels: Vec::new(),
            replaces: Vec::new(),
            provides: Vec::new(),
            provides_in: None,
            message: String::new(),
            created: None,
            directory: String::new(),
            breaking: false,
            generated: Vec::new(),
            consent: Vec::new(),
            touches: None,
            down_destroys: None,
            idempotent: false,
            run_in_transaction: true,
            lock_timeout: None,
            statement_timeout: None,
            content,
        }
    }

    /// What Diesel takes for the version of its directory: the name up to the first underscore,
    /// without its dashes. `None` where that is no number.
    pub fn diesel_version(&self) -> Option<String> {
        let stem = self.directory.split('_').next().unwrap_or_default();
        let digits: String = stem.chars().filter(|c| *c != '-').collect();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(digits)
    }
}

/// A revision named by another: of the same bundle, or of the one that is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The other bundle; `None` for the same.
    pub bundle: Option<String>,
    /// The revision.
    pub revision: RevisionId,
}

impl FromStr for Dependency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // From behind: an identifier holds no colon, and the name of a bundle may.
        match text.rsplit_once(':') {
            Some((bundle, revision)) if !bundle.is_empty() => Ok(Self {
                bundle: Some(bundle.to_owned()),
                revision: revision.parse()?,
            }),
            _ => Ok(Self {
                bundle: None,
                revision: text.parse()?,
            }),
        }
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(bundle) = &self.bundle {
            write!(f, "{bundle}:")?;
        }
        write!(f, "{}", self.revision)
    }
}
