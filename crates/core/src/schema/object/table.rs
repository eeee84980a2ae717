//! A table, without its columns, constraints and indexes, which are objects of their own.

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Whether it is written to the log.
    pub persistence: Persistence,
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
