//! A composite type. (The row type of a table is part of the table.)

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::SqlType;

/// A composite type.
///
/// The order of the attributes is that in which they are made. It is no difference, since Postgres
/// cannot change it.
#[derive(Clone, Debug, Default)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Composite {
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Attribute {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub sql_type: SqlType,
    /// Its collation, where that is not the type's own.
    pub collation: Option<QualifiedName>,
}

impl PartialEq for Composite {
    fn eq(&self, other: &Self) -> bool {
        let Self { attributes } = self;
        attributes.len() == other.attributes.len()
            && attributes
                .iter()
                .all(|attribute| other.attribute(&attribute.name) == Some(attribute))
    }
}

impl Eq for Composite {}

impl Composite {
    /// The attribute of a name.
    pub fn attribute(&self, name: &Ident) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == *name)
    }

    /// Whether an attribute that is in both has another type or collation in the other.
    pub(crate) fn retypes(&self, other: &Self) -> bool {
        self.attributes.iter().any(|attribute| {
            other
                .attribute(&attribute.name)
                .is_some_and(|there| there != attribute)
        })
    }

    /// Whether an attribute is not in the other.
    pub(crate) fn loses(&self, other: &Self) -> bool {
        self.attributes
            .iter()
            .any(|attribute| other.attribute(&attribute.name).is_none())
    }

    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self { attributes } = self;
        for Attribute {
            name: _,
            sql_type,
            collation,
        } in attributes
        {
            required.extend(sql_type.requires());
            required.extend(collation.clone().map(ObjectId::Collation));
        }
    }
}
