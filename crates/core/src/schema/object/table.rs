//! A table, without its columns, constraints and indexes, which are objects of their own.

use std::collections::BTreeMap;

use crate::name::Ident;

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Whether it is written to the log.
    pub persistence: Persistence,
    /// Its access method, where that is not `heap`.
    pub access_method: Option<Ident>,
    /// The tablespace it is in, where that is not the database's own.
    pub tablespace: Option<Ident>,
    /// `WITH (…)`: storage parameters; those of its TOAST table begin with `toast.`.
    pub storage: BTreeMap<String, String>,
    /// Whether its policies hold, and for whom.
    pub row_security: RowSecurity,
}

/// For whom the policies of a table hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowSecurity {
    /// `ENABLE ROW LEVEL SECURITY`: for all but the owner.
    pub enabled: bool,
    /// `FORCE ROW LEVEL SECURITY`: for the owner, too.
    pub forced: bool,
}

/// Whether a table survives a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// An ordinary table.
    #[default]
    Logged,
    /// `UNLOGGED`.
    Unlogged,
}

impl Table {
    /// A table of which only this is said.
    pub fn of(persistence: Persistence) -> Self {
        Self {
            persistence,
            ..Self::default()
        }
    }
}
