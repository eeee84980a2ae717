//! A domain, and its checks, which are objects of their own.

use crate::name::QualifiedName;
use crate::schema::ObjectId;
use crate::schema::object::{Expression, SqlType};

/// A domain, without its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Domain {
    /// The type that it is over.
    pub base: SqlType,
    /// Its collation, where that is not the base type's own.
    pub collation: Option<QualifiedName>,
    /// Its default.
    pub default: Option<Expression>,
    /// Whether it refuses nulls.
    pub not_null: bool,
}

/// A check of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct DomainConstraint {
    /// What must not be false; the value is called `VALUE`.
    pub expression: Expression,
    /// Whether the values that were there before are known to obey: `false` for `NOT VALID`.
    pub validated: bool,
}

impl Domain {
    /// A domain over a type and nothing else.
    pub fn over(base: SqlType) -> Self {
        Self {
            base,
            collation: None,
            default: None,
            not_null: false,
        }
    }

    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            base,
            collation,
            default: _,
            not_null: _,
        } = self;
        required.extend(base.requires());
        required.extend(collation.clone().map(ObjectId::Collation));
    }
}
