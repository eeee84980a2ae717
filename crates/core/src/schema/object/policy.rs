//! A row security policy of a table.

use std::collections::BTreeSet;

use crate::name::QualifiedName;
use crate::schema::ObjectId;
use crate::schema::object::{Expression, Grantee};

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Policy {
    /// Whether it adds to what other policies permit, or takes from it.
    pub kind: PolicyKind,
    /// The command that it is for.
    pub command: PolicyCommand,
    /// Whom it is for.
    pub roles: BTreeSet<Grantee>,
    /// `USING`: which rows are seen.
    pub using: Option<Expression>,
    /// `WITH CHECK`: which rows may be written.
    pub check: Option<Expression>,
}

/// How a policy goes together with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum PolicyKind {
    /// `AS PERMISSIVE`: one of them suffices.
    Permissive,
    /// `AS RESTRICTIVE`: all of them must hold.
    Restrictive,
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum PolicyCommand {
    /// `ALL`.
    All,
    /// `SELECT`.
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
}

impl Policy {
    pub(super) fn requires(&self, on: &QualifiedName, required: &mut Vec<ObjectId>) {
        required.push(ObjectId::Table(on.clone()));
    }

    /// Whether `ALTER POLICY` makes it the other one: it takes no condition away.
    pub fn can_become(&self, other: &Self) -> bool {
        let Self {
            kind,
            command,
            roles: _,
            using,
            check,
        } = self;
        let stays =
            |from: &Option<Expression>, to: &Option<Expression>| from.is_none() || to.is_some();
        *kind == other.kind
            && *command == other.command
            && stays(using, &other.using)
            && stays(check, &other.check)
    }
}
