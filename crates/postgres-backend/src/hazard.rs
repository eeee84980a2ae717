//! What can go wrong with operations on a database that holds data.

use limbeck_core::ObjectId;

/// One danger of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hazard {
    /// Its stable code: `drop_table`.
    pub code: &'static str,
    /// What is in danger.
    pub object: ObjectId,
    /// What it does and why it bites, with the user's own names.
    pub message: String,
    /// What to do instead.
    pub advice: String,
    /// How bad it is.
    pub severity: Severity,
}

/// How bad a hazard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Data is lost.
    Destructive,
    /// It fails on some data.
    MayFail,
    /// It holds up others.
    Blocking,
}
