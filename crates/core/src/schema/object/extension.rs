//! An extension. What belongs to it is left out: it comes and goes with it.

use crate::name::Ident;
use crate::schema::ObjectId;

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Extension {
    /// The schema that its members are in.
    pub schema: Ident,
    /// Its version, as its control file names it.
    pub version: String,
    /// Whether its members can be moved to another schema.
    pub relocatable: bool,
}

impl Extension {
    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            schema,
            version: _,
            relocatable: _,
        } = self;
        required.push(ObjectId::Namespace(schema.clone()));
    }
}
