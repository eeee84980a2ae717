//! An enum type.

/// An enum type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enum {
    /// Its values in their sort order.
    pub values: Vec<String>,
}
