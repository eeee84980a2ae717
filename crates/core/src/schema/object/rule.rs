//! A rule of a table or view, but for the one that makes a view a view.

use crate::schema::object::Expression;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Rule {
    /// The event that it rewrites.
    pub event: RuleEvent,
    /// When it applies, without parentheses.
    pub condition: Option<Expression>,
    /// `INSTEAD`, or `ALSO`.
    pub instead: bool,
    /// What happens: `NOTHING`, a command, or several in parentheses.
    pub action: Expression,
    /// When it fires.
    pub firing: Firing,
}

/// What a rule rewrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum RuleEvent {
    /// `ON SELECT`.
    Select,
    /// `ON INSERT`.
    Insert,
    /// `ON UPDATE`.
    Update,
    /// `ON DELETE`.
    Delete,
}

/// Under which `session_replication_role` a rule or trigger fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Firing {
    /// `ENABLE`: unless a replica is fed.
    #[default]
    Origin,
    /// `ENABLE REPLICA`: only then.
    Replica,
    /// `ENABLE ALWAYS`.
    Always,
    /// `DISABLE`.
    Disabled,
}
