//! Extended statistics.

use std::collections::BTreeSet;

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::Expression;

/// A statistics object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Statistics {
    /// The table it is on.
    pub table: QualifiedName,
    /// What is gathered; empty for a single expression, of which only its own statistics are.
    pub kinds: BTreeSet<StatisticsKind>,
    /// The columns, sorted: their order means nothing.
    pub columns: BTreeSet<Ident>,
    /// The expressions (Postgres 14).
    pub expressions: Vec<Expression>,
    /// How finely, where that is not as the columns say.
    pub target: Option<i32>,
}

/// What a statistics object gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum StatisticsKind {
    /// `ndistinct`.
    Distinct,
    /// `dependencies`.
    Dependencies,
    /// `mcv`.
    MostCommon,
}

impl Statistics {
    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            table,
            kinds: _,
            columns,
            expressions: _,
            target: _,
        } = self;
        required.push(ObjectId::Table(table.clone()));
        required.extend(columns.iter().map(|name| ObjectId::Column {
            table: table.clone(),
            name: name.clone(),
        }));
    }
}
