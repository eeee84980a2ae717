//! An aggregate function.

use crate::schema::object::Expression;
use crate::schema::object::routine::Parallel;

/// An aggregate. Functions, types and operators stand here as Postgres prints their names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Aggregate {
    /// Its arguments as they are declared: with names, `VARIADIC` and `ORDER BY`; empty for `*`.
    pub arguments: Expression,
    /// What it returns.
    pub result: Expression,
    /// Plain, ordered-set or hypothetical-set.
    pub kind: AggregateKind,
    /// How rows become a state: `SFUNC`, `STYPE`, `SSPACE`, `INITCOND`.
    pub state: AggregateState,
    /// The same for a moving frame: `MSFUNC`, `MSTYPE`, …
    pub moving: Option<MovingState>,
    /// `COMBINEFUNC`.
    pub combine: Option<Expression>,
    /// `SERIALFUNC`.
    pub serialize: Option<Expression>,
    /// `DESERIALFUNC`.
    pub deserialize: Option<Expression>,
    /// `SORTOP`.
    pub sort_operator: Option<Expression>,
    /// `PARALLEL`.
    pub parallel: Parallel,
}

/// What sort of aggregate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum AggregateKind {
    /// An ordinary one.
    Plain,
    /// An ordered-set aggregate.
    OrderedSet,
    /// A hypothetical-set aggregate.
    Hypothetical,
}

/// How an aggregate's state comes about and ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct AggregateState {
    /// The transition function.
    pub function: Expression,
    /// The type of the state.
    pub sql_type: Expression,
    /// About how many bytes it takes; 0 where that is unknown.
    pub space: i32,
    /// Its first value.
    pub initial: Option<String>,
    /// The function that makes the result of it.
    pub finish: Option<Expression>,
    /// Whether that one gets the arguments as well.
    pub finish_extra: bool,
    /// What it does to the state.
    pub finish_modify: FinishModify,
}

/// The state of a moving frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct MovingState {
    /// As for an ordinary state.
    pub state: AggregateState,
    /// `MINVFUNC`: takes a row out.
    pub inverse: Expression,
}

/// What a final function does to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum FinishModify {
    /// `READ_ONLY`.
    ReadOnly,
    /// `SHAREABLE`.
    Shareable,
    /// `READ_WRITE`.
    ReadWrite,
}

impl Aggregate {
    /// Whether `CREATE OR REPLACE` turns it into another one.
    pub fn can_become(&self, other: &Self) -> bool {
        self.arguments == other.arguments && self.result == other.result && self.kind == other.kind
    }
}
