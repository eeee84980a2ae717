//! Operators, and their families and classes for an access method. Functions and operators stand here as
//! Postgres prints their names.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::Expression;

/// An operator. What it is between is part of its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Operator {
    /// The function that computes it.
    pub function: Expression,
    /// The operator that gives the same with its sides exchanged.
    pub commutator: Option<QualifiedName>,
    /// The operator that gives the opposite.
    pub negator: Option<QualifiedName>,
    /// Estimates how many rows it keeps.
    pub restrict: Option<Expression>,
    /// Estimates how many rows a join by it keeps.
    pub join: Option<Expression>,
    /// Whether it can support a hash join.
    pub hashes: bool,
    /// Whether it can support a merge join.
    pub merges: bool,
    /// Whether its commutator and its negator are known to be announced by it, and nothing else so far.
    #[cfg_attr(feature = "snapshot", serde(skip))]
    pub announced: Announced,
}

/// Which of an operator's commutator and negator are but names that wait for a definition. It is no difference: the
/// definition is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Announced(pub [bool; 2]);

impl PartialEq for Announced {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Announced {}

/// An operator family; what is in it stands in its classes, or is an object of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct OperatorFamily;

/// What is defined as an operator class.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct ClassDefinition {
    /// The type that it is for.
    pub input: Expression,
    /// Its family, for the same access method.
    pub family: QualifiedName,
    /// Whether it is the type's default.
    pub default: bool,
    /// The type that is stored in an index, where that is another one.
    pub storage: Option<Expression>,
    /// The operators and functions without which it would not be what it is, by their place and the types
    /// that they are for.
    #[cfg_attr(feature = "snapshot", serde(with = "crate::schema::snapshot::entries"))]
    pub members: BTreeMap<(Slot, String), FamilyMember>,
}

/// An operator or a function in a family.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct FamilyMember {
    /// Which one, with its arguments.
    pub what: Expression,
    /// The family that says in which order the results of an operator come.
    pub order_by: Option<Expression>,
}

/// The place of an operator or a function in a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Slot {
    /// An operator, by its strategy.
    Operator(i16),
    /// A support function, by its number.
    Function(i16),
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(strategy) => write!(f, "operator {strategy}"),
            Self::Function(number) => write!(f, "function {number}"),
        }
    }
}

impl FromStr for Slot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, number) = text.split_once(' ').unwrap_or((text, ""));
        match (word, number.parse()) {
            ("operator", Ok(strategy)) => Ok(Self::Operator(strategy)),
            ("function", Ok(number)) => Ok(Self::Function(number)),
            _ => Err(format!("`{text}` is no place in an operator family")),
        }
    }
}

/// The two types of `left, right`.
pub fn sides(arguments: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let (at, _) = arguments.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == ',' && !quoted
    })?;
    Some((arguments[..at].trim(), arguments[at + 1..].trim()))
}

impl Operator {
    /// Whether it can be altered to the other one. What commutes with it and what negates it is a matter
    /// of both operators, and settled elsewhere.
    pub fn can_become(&self, other: &Self) -> bool {
        let same = Self {
            commutator: self.commutator.clone(),
            negator: self.negator.clone(),
            restrict: self.restrict.clone(),
            join: self.join.clone(),
            ..other.clone()
        };
        same == *self
    }

    /// The operators that it is linked with: its commutator, its negator.
    pub fn links(&self, arguments: &str) -> [Option<ObjectId>; 2] {
        let turned = match sides(arguments) {
            Some((left, right)) => format!("{right}, {left}"),
            None => arguments.to_owned(),
        };
        let linked = |name: &Option<QualifiedName>, arguments: &str| {
            name.clone().map(|name| ObjectId::Operator {
                name,
                arguments: arguments.to_owned(),
            })
        };
        [
            linked(&self.commutator, &turned),
            linked(&self.negator, arguments),
        ]
    }

    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            function: _,
            commutator,
            negator,
            restrict: _,
            join: _,
            hashes: _,
            merges: _,
            announced: _,
        } = self;
        // They need not be there, but the schema that they will be in does.
        let linked = commutator.iter().chain(negator);
        required.extend(linked.map(|name| ObjectId::Namespace(name.schema.clone())));
    }
}

impl ClassDefinition {
    pub(super) fn requires(&self, method: &Ident, required: &mut Vec<ObjectId>) {
        let Self {
            input: _,
            family,
            default: _,
            storage: _,
            members: _,
        } = self;
        required.push(ObjectId::OperatorFamily {
            name: family.clone(),
            method: method.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_told_apart() {
        assert_eq!(sides("integer, text"), Some(("integer", "text")));
        assert_eq!(
            sides("\"a, b\".\"c\"\"d,\", NONE"),
            Some(("\"a, b\".\"c\"\"d,\"", "NONE"))
        );
        assert_eq!(sides("integer"), None);
    }
}
