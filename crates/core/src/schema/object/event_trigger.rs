//! An event trigger, which stands in no schema.

use crate::name::QualifiedName;
use crate::schema::ObjectId;
use crate::schema::object::Firing;

/// An event trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct EventTrigger {
    /// `ddl_command_start`, `sql_drop`, …
    pub event: String,
    /// `WHEN TAG IN`: only for these commands.
    pub tags: Vec<String>,
    /// The function that it calls.
    pub function: QualifiedName,
    /// When it fires.
    pub firing: Firing,
}

impl EventTrigger {
    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        required.push(ObjectId::Function {
            name: self.function.clone(),
            arguments: String::new(),
        });
    }

    /// Whether it is the same but for when it fires.
    pub fn can_become(&self, other: &Self) -> bool {
        let same = Self {
            firing: self.firing,
            ..other.clone()
        };
        same == *self
    }
}
