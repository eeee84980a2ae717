//! Casts, conversions, languages and access methods. Functions stand here as Postgres prints their names.

use crate::schema::object::Expression;

/// A cast. What it leads from and to is its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Cast {
    /// How it is done.
    pub method: CastMethod,
    /// Where it happens without being asked for.
    pub context: CastContext,
}

/// How a cast is done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum CastMethod {
    /// By a function, which stands here with its arguments.
    Function(Expression),
    /// By way of text.
    InOut,
    /// Not at all: the values are the same.
    Without,
}

/// Where a cast happens without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum CastContext {
    /// Nowhere.
    Explicit,
    /// Where a value is put into a column.
    Assignment,
    /// Everywhere.
    Implicit,
}

/// A conversion between encodings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Conversion {
    /// The encoding that it leads from.
    pub source: String,
    /// The encoding that it leads to.
    pub target: String,
    /// The function that converts.
    pub function: Expression,
    /// Whether it is the default for these two.
    pub default: bool,
}

/// A language that functions are written in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Language {
    /// Whether everybody may use it.
    pub trusted: bool,
    /// Calls functions.
    pub handler: Option<Expression>,
    /// Runs what stands behind `DO`.
    pub inline: Option<Expression>,
    /// Looks at functions that are made.
    pub validator: Option<Expression>,
}

/// An access method.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct AccessMethod {
    /// What it is for.
    pub kind: AccessMethodKind,
    /// Its functions.
    pub handler: Expression,
}

/// What an access method is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum AccessMethodKind {
    /// Indexes.
    Index,
    /// Tables.
    Table,
}
