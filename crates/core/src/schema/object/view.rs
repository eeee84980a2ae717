//! A view. What it shows is one text, the query as Postgres prints it.

use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::object::Expression;

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct View {
    /// Its columns, in order.
    pub columns: Vec<ViewColumn>,
    /// What it shows, without a semicolon. A recursive view is one whose query is.
    pub query: Expression,
    /// `WITH (…)`: `check_option`, `security_barrier`, `security_invoker` (Postgres 15).
    pub options: BTreeMap<String, String>,
    /// The defaults of columns for rows that are inserted through it.
    pub defaults: BTreeMap<Ident, Expression>,
}

/// A column of a view, which its query decides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct ViewColumn {
    /// Its name.
    pub name: Ident,
    /// Its type, as Postgres prints it.
    pub sql_type: Expression,
    /// Its collation, where it has one.
    pub collation: Option<QualifiedName>,
}

impl View {
    /// Whether Postgres lets a query take the place of another one: every column that there was is
    /// still there, in its place and of its type.
    pub fn can_become(&self, other: &Self) -> bool {
        other.columns.starts_with(&self.columns)
    }
}
