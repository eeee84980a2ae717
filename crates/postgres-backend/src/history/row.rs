//! What the rows of the history, and the answers about it, hold.

use std::time::Duration;

use limbeck_core::revision::Digest;
use limbeck_core::{Error, ErrorKind, Ident, Result, RevisionId};

use super::Owner;

/// What became of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It was run.
    Applied,
    /// It was recorded without being run.
    Stamped,
    /// It is being applied outside of a transaction, or was interrupted at that: it is not applied yet,
    /// and `statement_reached` says how far it is.
    Running,
    /// It is being taken back outside of a transaction, or was interrupted at that: it is applied still.
    Reverting,
    /// Something that a later version of Limbeck wrote.
    Other(String),
}

impl State {
    fn parse(text: &str) -> Self {
        match text {
            "applied" => Self::Applied,
            "stamped" => Self::Stamped,
            "running" => Self::Running,
            "reverting" => Self::Reverting,
            other => Self::Other(other.to_owned()),
        }
    }

    /// As the table holds it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Applied => "applied",
            Self::Stamped => "stamped",
            Self::Running => "running",
            Self::Reverting => "reverting",
            Self::Other(other) => other,
        }
    }
}

/// A head, as the first statement of every run reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// Whose it is.
    pub owner: Owner,
    /// The revision.
    pub revision: String,
    /// Its chain digest.
    pub chain: String,
    /// The version of the digests.
    pub digest_version: String,
    /// What became of it.
    pub state: State,
    /// Whether the schema exists that its bundle is installed in.
    pub placed: bool,
    /// The session's search path, where it does not lead there.
    pub off_path: Option<String>,
    /// The schema of the test whose session it is.
    pub test_schema: Option<String>,
}

/// A row of the table, but for the text of the way down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// Whose it is.
    pub owner: Owner,
    /// The revision.
    pub revision: RevisionId,
    /// The revisions directly below, when it was applied.
    pub parents: Vec<RevisionId>,
    /// Whether nothing applied stands above.
    pub is_head: bool,
    /// Whether programs that do not know it must not run.
    pub breaking: bool,
    /// The digest of its content, where it can be read.
    pub content: Option<Digest>,
    /// The digest of it and everything below, as text.
    pub chain: String,
    /// The version of the digests.
    pub digest_version: i16,
    /// Its message.
    pub message: String,
    /// When it was applied, as Postgres writes it.
    pub applied_at: String,
    /// How long it took, in microseconds; `None` where it was not run.
    pub duration_micros: Option<i64>,
    /// The role that applied it.
    pub applied_by: String,
    /// What became of it.
    pub state: State,
    /// The statement it has reached; `None` where that has no meaning. Outside of a transaction,
    /// `-3` says that the third has begun and that nobody has seen its end: see
    /// [`progress`](Self::progress).
    pub statement_reached: Option<i32>,
    /// Whether a way down is kept with it.
    pub has_down: bool,
}

/// A row to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// The revision.
    pub revision: RevisionId,
    /// The revisions directly below.
    pub parents: Vec<RevisionId>,
    /// Whether programs that do not know it must not run.
    pub breaking: bool,
    /// The digest of its content.
    pub content: Digest,
    /// The digest of it and everything below.
    pub chain: Digest,
    /// The version of both.
    pub digest_version: i16,
    /// Its message.
    pub message: String,
    /// What became of it.
    pub state: State,
    /// How many statements were run.
    pub statement_reached: Option<usize>,
    /// How long it took.
    pub took: Took,
    /// The SQL of the way down, where it is nothing but SQL.
    pub down: Option<String>,
}

/// How long a revision took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// As long as the batch that the row travels in.
    ThisBatch,
    /// As long as the transaction that the row is written in.
    ThisTransaction,
    /// This long.
    Measured(Duration),
    /// It was not run.
    Nothing,
}

/// A change of the history of one owner, to be checked row by row while it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Rows that go.
    pub delete: Vec<String>,
    /// Rows that come, with whether each is a head.
    pub insert: Vec<(NewRow, bool)>,
    /// Rows that stay and stop to be heads.
    pub no_longer_heads: Vec<String>,
    /// Rows that stay and become heads.
    pub now_heads: Vec<String>,
}

/// What a role may do with the table, and where it stands; learnt before the first write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether its schema exists.
    pub schema_exists: bool,
    /// Whether the table exists.
    pub exists: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// Whether the role may look into the schema.
    pub schema_usage: bool,
    /// Whether the role may make a table in the schema.
    pub schema_create: bool,
    /// Whether the role may make a schema.
    pub database_create: bool,
    /// Whether the role may make a temporary sequence.
    pub temporary: bool,
    /// The rights on the table that are lacking.
    pub lacking: Vec<String>,
    /// The role.
    pub role: String,
    /// The database.
    pub database: String,
    /// Whether the transaction only reads.
    pub read_only: bool,
    /// Whether the server is a standby.
    pub standby: bool,
    /// What the session's settings are that a run, or what it runs, may change: in the order of
    /// [`SETTINGS`](super::SETTINGS).
    pub settings: [String; 4],
    /// The placements, of those asked for, that do not exist.
    pub missing_placements: Vec<String>,
    /// Those that exist and that the role may not use.
    pub closed_placements: Vec<String>,
    /// Those that exist and in which the role may make nothing.
    pub narrow_placements: Vec<String>,
    /// A table of Diesel's migrations, quoted.
    pub diesel: Option<String>,
    /// Whether a backslash in an ordinary string is a backslash.
    pub standard_strings: bool,
    /// The schema of the test whose session it is.
    pub test_schema: Option<String>,
    /// Where the table does not exist and others have its form: the query that asks those.
    pub elsewhere: Option<String>,
}

/// A row as a driver gives it: the values of `fields`.
pub type Fields = Vec<Option<String>>;

impl HeadRow {
    /// From the fields of [`HistoryTable::heads_sql`](super::HistoryTable::heads_sql).
    ///
    /// # Errors
    /// When they are not what that query gives.
    pub fn parse(fields: Fields) -> Result<Self> {
        let [
            bundle,
            placement,
            revision,
            chain,
            digest_version,
            state,
            placed,
            off_path,
            test_schema,
        ] = exactly(fields)?;
        Ok(Self {
            owner: Owner {
                bundle: text(bundle)?,
                placement: Ident::new(text(placement)?)?,
            },
            revision: text(revision)?,
            chain: text(chain)?,
            digest_version: text(digest_version)?,
            state: State::parse(&text(state)?),
            placed: flag(placed),
            off_path,
            test_schema,
        })
    }
}

impl HistoryRow {
    /// From the fields of [`HistoryTable::rows_sql`](super::HistoryTable::rows_sql).
    ///
    /// # Errors
    /// When they are not what that query gives, or hold what is no revision.
    pub fn parse(fields: Fields) -> Result<Self> {
        let [
            bundle,
            placement,
            revision,
            parents,
            is_head,
            breaking,
            content,
            chain,
            digest_version,
            message,
            applied_at,
            duration,
            applied_by,
            state,
            statement_reached,
            has_down,
        ] = exactly(fields)?;
        Ok(Self {
            owner: Owner {
                bundle: text(bundle)?,
                placement: Ident::new(text(placement)?)?,
            },
            revision: identifier(&text(revision)?)?,
            parents: text(parents)?
                .split(' ')
                .filter(|parent| !parent.is_empty())
                .map(identifier)
                .collect::<Result<_>>()?,
            is_head: flag(is_head),
            breaking: flag(breaking),
            content: text(content)?.parse().ok(),
            chain: text(chain)?,
            digest_version: text(digest_version)?.parse().map_err(|_| unreadable())?,
            message: text(message)?,
            applied_at: text(applied_at)?,
            duration_micros: duration.and_then(|micros| micros.parse().ok()),
            applied_by: text(applied_by)?,
            state: State::parse(&text(state)?),
            statement_reached: statement_reached.and_then(|number| number.parse().ok()),
            has_down: flag(has_down),
        })
    }

    /// How far a revision is that runs outside of a transaction: how many statements are done, and
    /// whether the next one has begun.
    pub fn progress(&self) -> (usize, bool) {
        let reached = self.statement_reached.unwrap_or(0);
        let number = usize::try_from(reached.unsigned_abs()).unwrap_or(usize::MAX);
        match reached < 0 {
            true => (number - 1, true),
            false => (number, false),
        }
    }

    /// How long it took; `None` where it was not run.
    pub fn duration(&self) -> Option<Duration> {
        self.duration_micros
            .and_then(|micros| u64::try_from(micros).ok())
            .map(Duration::from_micros)
    }
}

impl Standing {
    /// From the fields of [`HistoryTable::standing_sql`](super::HistoryTable::standing_sql).
    ///
    /// # Errors
    /// When they are not what that query gives.
    pub fn parse(fields: Fields) -> Result<Self> {
        let [
            schema_exists,
            exists,
            comment,
            schema_usage,
            schema_create,
            database_create,
            temporary,
            lacking,
            role,
            database,
            read_only,
            standby,
            role_setting,
            lock_timeout,
            statement_timeout,
            search_path,
            missing,
            closed,
            narrow,
            diesel,
            standard_strings,
            test_schema,
            elsewhere,
        ] = exactly(fields)?;
        let list = |text: Option<String>, separator: &str| {
            text.filter(|text| !text.is_empty())
                .map(|text| text.split(separator).map(str::to_owned).collect())
                .unwrap_or_default()
        };
        Ok(Self {
            schema_exists: flag(schema_exists),
            exists: flag(exists),
            comment,
            schema_usage: flag(schema_usage),
            schema_create: flag(schema_create),
            database_create: flag(database_create),
            temporary: flag(temporary),
            lacking: list(lacking, ", "),
            role: text(role)?,
            database: text(database)?,
            read_only: flag(read_only),
            standby: flag(standby),
            settings: [
                text(role_setting)?,
                text(lock_timeout)?,
                text(statement_timeout)?,
                text(search_path)?,
            ],
            missing_placements: list(missing, "\n"),
            closed_placements: list(closed, "\n"),
            narrow_placements: list(narrow, "\n"),
            diesel,
            standard_strings: text(standard_strings)? == "on",
            test_schema,
            elsewhere,
        })
    }
}

fn exactly<const N: usize>(fields: Fields) -> Result<[Option<String>; N]> {
    fields.try_into().map_err(|_| unreadable())
}

fn text(field: Option<String>) -> Result<String> {
    field.ok_or_else(unreadable)
}

/// `true` is what a boolean cast to text gives, `on` what a setting does.
fn flag(field: Option<String>) -> bool {
    matches!(field.as_deref(), Some("true" | "on"))
}

fn identifier(text: &str) -> Result<RevisionId> {
    RevisionId::new(text).map_err(|source| unreadable().with_source(source))
}

fn unreadable() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the history table holds something that Limbeck never writes",
    )
    .with_hint("look at its rows: somebody or something else has written to it")
}
