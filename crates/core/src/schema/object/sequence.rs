//! A sequence, and the options that it shares with identity columns.

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::SqlType;
use crate::schema::object::table::Persistence;

/// A sequence that stands by itself or belongs to a `serial` column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Sequence {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: SqlType,
    /// How it counts.
    pub options: SequenceOptions,
    /// The column with which it is dropped.
    pub owned_by: Option<OwnerColumn>,
    /// Whether it is logged, where that is not as the table is that owns it, or where it is unlogged and nobody's
    /// (Postgres 15).
    #[cfg_attr(
        feature = "snapshot",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub persistence: Option<Persistence>,
    /// Whether the server can tell it whether to be logged at all.
    #[cfg_attr(feature = "snapshot", serde(skip))]
    pub logging: Logging,
}

/// Whether a server knows of sequences that are not logged: from Postgres 15 on. It is no difference.
#[derive(Clone, Copy, Debug, Default)]
pub enum Logging {
    /// All are logged, or it is not known.
    #[default]
    Always,
    /// Each is or is not.
    Chosen,
}

impl PartialEq for Logging {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Logging {}

/// The column that owns a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct OwnerColumn {
    /// Its table.
    pub table: QualifiedName,
    /// Its name.
    pub column: Ident,
}

/// How a sequence counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct SequenceOptions {
    /// The first value.
    pub start: i64,
    /// The step; never zero.
    pub increment: i64,
    /// The least value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
    /// How many values a session takes at a time.
    pub cache: i64,
    /// Whether it starts over at the end.
    pub cycle: bool,
}

impl SequenceOptions {
    /// What Postgres takes for an ascending sequence of a type when nothing is said: from 1 by 1 to
    /// the type's greatest value. Types other than `smallint` and `integer` count as `bigint`.
    pub fn of_type(data_type: &SqlType) -> Self {
        let max = match data_type {
            SqlType::Builtin(name) if name == "smallint" => i64::from(i16::MAX),
            SqlType::Builtin(name) if name == "integer" => i64::from(i32::MAX),
            _ => i64::MAX,
        };
        Self {
            start: 1,
            increment: 1,
            min: 1,
            max,
            cache: 1,
            cycle: false,
        }
    }

    /// What Postgres takes where nothing is said but the step and perhaps the bounds: a sequence that
    /// falls runs from -1, or its greatest value, to the least value of its type.
    pub fn unsaid(data_type: &SqlType, increment: i64, min: Option<i64>, max: Option<i64>) -> Self {
        let rising = Self::of_type(data_type);
        let (least, greatest) = if increment < 0 {
            (-rising.max - 1, -1)
        } else {
            (rising.min, rising.max)
        };
        let (min, max) = (min.unwrap_or(least), max.unwrap_or(greatest));
        Self {
            start: if increment < 0 { max } else { min },
            increment,
            min,
            max,
            ..rising
        }
    }
}

impl Sequence {
    /// Its owner is no requirement: the column's default requires the sequence, and the ownership
    /// is stated when both are there.
    pub(super) fn requires(&self, _required: &mut Vec<ObjectId>) {
        let Self {
            data_type: _,
            options: _,
            owned_by: _,
            persistence: _,
            logging: _,
        } = self;
    }
}
