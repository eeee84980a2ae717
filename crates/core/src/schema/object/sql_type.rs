//! Types and expressions, both as Postgres prints them under an empty search path.

use std::fmt;

use crate::name::QualifiedName;
use crate::schema::ObjectId;

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum SqlType {
    /// A type of `pg_catalog` as `format_type` prints it: `character varying(200)`, `integer[]`.
    ///
    /// A type that a model states stands here as it was written until Postgres has been asked.
    Builtin(String),
    /// Any other type.
    Named {
        /// The type's name; of the element where it is an array.
        name: QualifiedName,
        /// What stands in parentheses behind it, without them.
        modifier: Option<String>,
        /// Whether it is an array of it.
        array: bool,
    },
}

/// The kinds of object that a type may be.
pub(crate) const TYPES: [fn(QualifiedName) -> ObjectId; 7] = [
    ObjectId::Enum,
    ObjectId::Domain,
    ObjectId::Composite,
    ObjectId::Range,
    ObjectId::Table,
    ObjectId::View,
    ObjectId::MaterializedView,
];

impl SqlType {
    /// A type that is named and neither an array nor modified.
    pub fn named(name: QualifiedName) -> Self {
        Self::Named {
            name,
            modifier: None,
            array: false,
        }
    }

    /// The objects that it may refer to: one name is that of a type of one kind, and which of them it
    /// is, only the schema tells. (A multirange type is part of its range, which bears another name.)
    pub fn requires(&self) -> Vec<ObjectId> {
        match self {
            Self::Builtin(_) => Vec::new(),
            Self::Named {
                name,
                modifier: _,
                array: _,
            } => TYPES.iter().map(|as_id| as_id(name.clone())).collect(),
        }
    }
}

impl fmt::Display for SqlType {
    /// For people; SQL text is the backend's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(text) => f.write_str(text),
            Self::Named {
                name,
                modifier,
                array,
            } => {
                write!(f, "{name}")?;
                if let Some(modifier) = modifier {
                    write!(f, "({modifier})")?;
                }
                f.write_str(if *array { "[]" } else { "" })
            }
        }
    }
}

/// An expression (a default, a check, a predicate) as Postgres prints it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Expression(pub String);

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
