//! A range type, with the multirange type that comes with it.

use crate::name::QualifiedName;
use crate::schema::ObjectId;
use crate::schema::object::SqlType;

/// A range type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Range {
    /// What it is a range of.
    pub subtype: SqlType,
    /// The operator class that orders the subtype, where that is not its default one.
    pub operator_class: Option<QualifiedName>,
    /// The collation, where that is not the subtype's own.
    pub collation: Option<QualifiedName>,
    /// The function that brings a range into its canonical form.
    pub canonical: Option<QualifiedName>,
    /// The function that tells how far two values are apart.
    pub difference: Option<QualifiedName>,
    /// The name of its multirange type, in the same schema (Postgres 14).
    pub multirange: Option<QualifiedName>,
}

impl Range {
    /// A range of a type and nothing else.
    pub fn of(subtype: SqlType) -> Self {
        Self {
            subtype,
            operator_class: None,
            collation: None,
            canonical: None,
            difference: None,
            multirange: None,
        }
    }

    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            subtype,
            operator_class: _,
            collation,
            canonical: _,
            difference: _,
            multirange: _,
        } = self;
        required.extend(subtype.requires());
        required.extend(collation.clone().map(ObjectId::Collation));
    }
}
