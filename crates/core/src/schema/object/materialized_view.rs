//! A materialized view, without its indexes, which are objects of their own.

use std::collections::BTreeMap;

use crate::name::Ident;
use crate::schema::object::Expression;

/// A materialized view.
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct MaterializedView {
    /// What it shows, without a semicolon.
    pub query: Expression,
    /// The access method, where it is not the server's default one.
    pub method: Option<String>,
    /// `WITH (…)`: storage parameters, those of its TOAST table as `toast.…`.
    pub storage: BTreeMap<String, String>,
    /// The tablespace, where it is not the database's own.
    pub tablespace: Option<Ident>,
    /// Whether it holds rows: `WITH DATA` or `WITH NO DATA`. That is a state and no part of the
    /// definition, and stands outside equality: a dump makes every one without.
    pub populated: bool,
}

impl PartialEq for MaterializedView {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            query,
            method,
            storage,
            tablespace,
            populated: _,
        } = self;
        *query == other.query
            && *method == other.method
            && *storage == other.storage
            && *tablespace == other.tablespace
    }
}

impl Eq for MaterializedView {}
