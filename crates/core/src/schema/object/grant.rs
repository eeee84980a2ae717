//! Who may do what: privileges on an object, and those that objects made later begin with; and who
//! owns an object.
//!
//! A grant is stated where somebody may do other things than Postgres gives by itself (all to the owner,
//! to `PUBLIC` what suits the kind). What that is stands in the grant: to create it is to go from there to
//! what is granted, and to drop it is to go back.

use std::collections::BTreeMap;
use std::fmt;

use crate::name::Ident;

/// Somebody who is granted something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Grantee {
    /// `PUBLIC`: everybody.
    Public,
    /// The owner, whoever that is.
    Owner,
    /// A role.
    Role(Ident),
}

/// Something that may be done, in the order in which it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Privilege {
    /// `SELECT`.
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `TRUNCATE`.
    Truncate,
    /// `REFERENCES`.
    References,
    /// `TRIGGER`.
    Trigger,
    /// `MAINTAIN` (Postgres 17).
    Maintain,
    /// `USAGE`.
    Usage,
    /// `CREATE`.
    Create,
    /// `EXECUTE`.
    Execute,
}

/// Whether a privilege may be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum GrantOption {
    /// It may not.
    Without,
    /// `WITH GRANT OPTION`.
    With,
}

/// What somebody may do.
pub type Privileges = BTreeMap<Privilege, GrantOption>;

/// What somebody may do with an object, where that is not what Postgres gives by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Grant {
    /// What they may do.
    pub privileges: Privileges,
    /// What they could do without a word.
    pub initial: Privileges,
}

/// The owner of an object, where that is not the role that looks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Owner {
    /// The role.
    pub role: Ident,
}

/// The kinds of object that have privileges from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum DefaultKind {
    /// `TABLES`, views among them.
    Tables,
    /// `SEQUENCES`.
    Sequences,
    /// `FUNCTIONS`, procedures and aggregates among them.
    Functions,
    /// `TYPES`.
    Types,
    /// `SCHEMAS`.
    Schemas,
    /// `LARGE OBJECTS` (Postgres 18).
    LargeObjects,
}

/// Whose objects, where, of which kind, and who may do something with them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct DefaultScope {
    /// The schema; `None` for all of the database.
    pub schema: Option<Ident>,
    /// Who makes the objects; `None` for the role that looks.
    pub role: Option<Ident>,
    /// The kind.
    pub kind: DefaultKind,
    /// Who may do something.
    pub grantee: Grantee,
}

impl Privilege {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::Truncate,
        Self::References,
        Self::Trigger,
        Self::Maintain,
        Self::Usage,
        Self::Create,
        Self::Execute,
    ];

    /// The word in SQL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::References => "REFERENCES",
            Self::Trigger => "TRIGGER",
            Self::Maintain => "MAINTAIN",
            Self::Usage => "USAGE",
            Self::Create => "CREATE",
            Self::Execute => "EXECUTE",
        }
    }

    /// The one of a word in SQL.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|privilege| privilege.word() == word)
    }
}

impl DefaultKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tables,
        Self::Sequences,
        Self::Functions,
        Self::Types,
        Self::Schemas,
        Self::LargeObjects,
    ];

    /// The word in identities.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Sequences => "sequences",
            Self::Functions => "functions",
            Self::Types => "types",
            Self::Schemas => "schemas",
            Self::LargeObjects => "large_objects",
        }
    }
}

impl fmt::Display for Grantee {
    /// For people; roles of these names stand in quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Owner => f.write_str("owner"),
            Self::Role(role) => role_part(f, role),
        }
    }
}

impl fmt::Display for DefaultScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            schema,
            role,
            kind,
            grantee,
        } = self;
        write!(f, "{}.{grantee}.", kind.word())?;
        match role {
            Some(role) => role_part(f, role)?,
            None => f.write_str("owner")?,
        }
        match schema {
            Some(schema) => {
                f.write_str(".")?;
                super::display::part(f, schema.as_str())
            }
            None => Ok(()),
        }
    }
}

fn role_part(f: &mut fmt::Formatter<'_>, role: &Ident) -> fmt::Result {
    match role.as_str() {
        "public" | "owner" => write!(f, "\"{role}\""),
        name => super::display::part(f, name),
    }
}
