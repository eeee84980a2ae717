//! What the database answered where it did not answer well, and the errors that people get.

use std::fmt;

use limbeck_core::error::on_one_line;
use limbeck_core::revision::Revision;
use limbeck_core::token::Secrets;
use limbeck_core::{DatabaseError, Error, ErrorKind};

use super::script::Numbered;

/// A failure of a request, as a driver saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DbFailure {
    /// Whose failure it is.
    pub kind: FailureKind,
    /// The primary message.
    pub message: String,
    /// The detail line.
    pub detail: Option<String>,
    /// The server's hint.
    pub hint: Option<String>,
    /// The table concerned.
    pub table: Option<String>,
    /// The column concerned.
    pub column: Option<String>,
    /// The constraint concerned; the runner's own checks answer through it.
    pub constraint: Option<String>,
    /// Where in the text that was sent, in characters, from one.
    pub position: Option<u32>,
    /// The SQLSTATE, where the driver knows it.
    pub sqlstate: Option<String>,
}

/// What to do about a failure that nothing more is known of.
pub(super) const STATEMENT_HINT: &str =
    "put the statement right and run again: nothing of this revision was kept";

/// Whose failure it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The server's answer.
    #[default]
    Database,
    /// The connection is gone.
    Closed,
    /// The client's, before or after the server.
    Client,
}

impl DbFailure {
    /// A driver that answers what was not asked.
    pub(super) fn protocol() -> Self {
        Self {
            kind: FailureKind::Client,
            message: "the driver gave an answer that does not fit the request".to_owned(),
            ..Self::default()
        }
    }

    /// What a check of ours found: the part of the constraint behind `limbeck:`.
    pub(crate) fn coded(&self) -> Option<&str> {
        self.constraint.as_deref()?.strip_prefix("limbeck:")
    }

    /// Whether the server itself has refused the statement, and no check of ours.
    pub(super) fn is_answer(&self) -> bool {
        self.kind == FailureKind::Database && self.coded().is_none()
    }

    /// Takes out of what Postgres said what it quotes of secrets.
    pub(super) fn scrub(&mut self, secrets: &Secrets) {
        let Self {
            kind: _,
            message,
            detail,
            hint,
            table: _,
            column: _,
            constraint: _,
            position: _,
            sqlstate: _,
        } = self;
        for said in std::iter::once(message).chain(detail).chain(hint) {
            *said = secrets.scrub(said);
        }
    }

    /// What Postgres said, as people and programs get it.
    pub(super) fn database(&self) -> DatabaseError {
        let Self {
            kind: _,
            message,
            detail,
            hint,
            table,
            column,
            constraint,
            position: _,
            sqlstate,
        } = self;
        DatabaseError {
            message: message.clone(),
            detail: detail.clone(),
            hint: hint.clone(),
            sqlstate: sqlstate.clone(),
            statement_number: None,
            statement: None,
            table: table.clone(),
            column: column.clone(),
            constraint: constraint.clone(),
        }
    }

    /// Whether the transaction of the connection takes no statement any more. Diesel does not hand on the code.
    fn is_aborted(&self) -> bool {
        self.sqlstate.as_deref() == Some(ABORTED)
            || self.message.starts_with("current transaction is aborted")
    }

    /// A hint for whoever meets that.
    pub(crate) fn hint_where_aborted(&self) -> Option<&'static str> {
        self.is_aborted().then_some(
            "an earlier statement failed in the transaction that is open on this connection: roll it back first",
        )
    }

    /// The error of a request that is no revision's: `while` says what was being done.
    pub(super) fn while_doing(&self, what: &str) -> Error {
        if self.coded() == Some("nested") {
            return nested();
        }
        match self.kind {
            FailureKind::Closed => Error::new(
                ErrorKind::Connection,
                format!("the connection to the database was lost while {what}"),
            )
            .with_database(self.database())
            .with_hint("run again: what was done is recorded, and what was not is not there"),
            FailureKind::Client => Error::new(
                ErrorKind::Connection,
                format!("{}, while {what}", self.message),
            ),
            FailureKind::Database => {
                let kind = kind_of(self.sqlstate.as_deref());
                let error = Error::new(kind, format!("{}, while {what}", self.message))
                    .with_database(self.database());
                match self.hint_where_aborted() {
                    Some(hint) => error.with_hint(hint),
                    None => with_hint(error, self.sqlstate.as_deref()),
                }
            }
        }
    }
}

/// `in_failed_sql_transaction`.
const ABORTED: &str = "25P02";

impl fmt::Display for DbFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A transaction that was opened by SQL text: committing it is not ours, and its own commit is not
/// the driver's.
pub(super) fn nested() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "a transaction is open on this connection that Diesel does not know of",
    )
    .with_hint("open it with `conn.transaction(…)`, or end it first")
}

/// Where in a revision a failure lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    /// The statement.
    pub(super) statement: &'a Numbered,
    /// The character in it, from zero, where Postgres said so.
    pub(super) offset: Option<usize>,
}

impl At<'_> {
    /// Whether a message quotes what stands here.
    pub(super) fn is_spoken_of(&self, message: &str) -> bool {
        let here: String = match self.offset {
            Some(offset) => self.statement.text.chars().skip(offset).collect(),
            None => return false,
        };
        let here = here.trim_start_matches('"');
        let mut quoted = message.split('"').skip(1).step_by(2);
        quoted.any(|word| {
            let found = here.get(..word.len());
            !word.is_empty() && found.is_some_and(|found| found.eq_ignore_ascii_case(word))
        })
    }
}

/// The error of a revision that failed. `doing` is `applied` or `taken back`.
pub(super) fn of_revision(
    revision: &Revision,
    doing: &str,
    failure: &DbFailure,
    at: Option<At<'_>>,
    sqlstate: Option<String>,
) -> Error {
    let name = describe(revision);
    if failure.kind == FailureKind::Closed {
        return Error::new(
            ErrorKind::Connection,
            format!("the connection to the database was lost while revision {name} was {doing}"),
        )
        .with_revision(revision.id.clone())
        .with_database(failure.database())
        .with_hint("run again: it was either done as a whole, which is recorded, or not at all");
    }
    let mut database = failure.database();
    database.sqlstate = database.sqlstate.or(sqlstate);
    let mut place = String::new();
    let mut location = None;
    if let Some(At { statement, offset }) = at {
        place = format!(" in statement {}", statement.number);
        location = statement.place(offset.unwrap_or(0));
        database.statement_number = Some(statement.number);
        database.statement = Some(statement.text.to_string());
    }
    let kind = match failure.kind {
        FailureKind::Client => ErrorKind::Connection,
        _ => kind_of(database.sqlstate.as_deref()),
    };
    let state = database.sqlstate.clone();
    let mut error = Error::new(
        kind,
        format!(
            "revision {name} could not be {doing}{place}: {}",
            failure.message
        ),
    )
    .with_revision(revision.id.clone())
    .with_database(database);
    if let Some(location) = location {
        error = error.with_location(location);
    }
    with_hint(error, state.as_deref())
}

/// A revision as messages name it.
pub(super) fn describe(revision: &Revision) -> String {
    match (revision.directory.as_str(), revision.message.as_str()) {
        ("", "") => format!("`{}`", revision.id),
        ("", message) => format!("`{}` ({})", revision.id, on_one_line(message)),
        (directory, _) => format!("`{}` ({directory})", revision.id),
    }
}

fn kind_of(sqlstate: Option<&str>) -> ErrorKind {
    match sqlstate {
        Some("25006") => ErrorKind::ReadOnly,
        Some("42501") => ErrorKind::Permission,
        Some("55P03") => ErrorKind::Busy,
        _ => ErrorKind::Sql,
    }
}

/// What to do about the failures that a migration meets most.
fn with_hint(error: Error, sqlstate: Option<&str>) -> Error {
    let hint = match sqlstate {
        Some("25006") => {
            "connect to the primary, or with a role and settings that may write \
             (`default_transaction_read_only`)"
        }
        Some("42501") => "run it as the owner, or grant the role what is lacking",
        Some("55P03") => {
            "another session holds a lock that this statement needs: try again when it is done, or \
             allow a longer `lock_timeout`"
        }
        Some("57014") => {
            "the statement was cancelled; if that was the `statement_timeout`, allow a longer one"
        }
        Some("40P01") => "run again: the other party of the deadlock has gone on",
        Some("42P06" | "42P07" | "42701" | "42710" | "42723") => {
            "something of that name exists already: if it is what this revision makes, and all else that it makes \
             was made by other means, too, record it with `stamp`; if it is something else (a table, a type, an \
             index and a sequence share names), rename or drop that first"
        }
        Some(state) if state.starts_with("08") => {
            "the statement connects to another server, which it could not reach; the connection to \
             this database is fine, and nothing of this revision was kept"
        }
        Some("53100") => "the server's disk is full: nothing of this revision was kept",
        Some("55P04") => {
            "a value that is added to an enum can be used after a commit: add it in a revision of \
             its own"
        }
        Some("57P01" | "57P02" | "57P03" | "57P05") => {
            "the server has ended the connection: run again when it answers; nothing of this revision \
             was kept"
        }
        _ if error.revision().is_some() => STATEMENT_HINT,
        _ => return error,
    };
    error.with_hint(hint)
}
