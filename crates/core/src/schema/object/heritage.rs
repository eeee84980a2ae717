//! What ties a table to those that it has its columns from: as a partition, or by inheritance. Each
//! tie is an object of its own, so that it is let go before, and taken up after, what both sides share
//! changes. What follows from a parent is there in its heirs as well.

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::{Constraint, Expression, Index, Object};

/// What makes a table a partition of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Partition {
    /// The partitioned table.
    pub parent: QualifiedName,
    /// Which rows it holds, as Postgres prints it: `FOR VALUES FROM (1) TO (9)`, `DEFAULT`.
    pub bounds: Expression,
}

/// What makes a table inherit from another one, which its identity names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Inheritance;

/// What makes an index of a partition part of one of the partitioned table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Attached {
    /// The partitioned table.
    pub parent: QualifiedName,
    /// The index there: its own name, or that of the constraint that it is behind.
    pub index: Ident,
}

impl Partition {
    pub(super) fn requires(&self, table: &QualifiedName, required: &mut Vec<ObjectId>) {
        let Self { parent, bounds: _ } = self;
        required.push(ObjectId::Table(table.clone()));
        required.push(ObjectId::Table(parent.clone()));
    }
}

impl Inheritance {
    pub(super) fn requires(self, id: &ObjectId, required: &mut Vec<ObjectId>) {
        let Self = self;
        if let ObjectId::Inheritance { table, parent } = id {
            required.push(ObjectId::Table(table.clone()));
            required.push(ObjectId::Table(parent.clone()));
        }
    }
}

impl Attached {
    pub(super) fn requires(&self, id: &ObjectId, required: &mut Vec<ObjectId>) {
        let Self { parent, index } = self;
        if let ObjectId::Attached { table, name } = id {
            required.push(ObjectId::Partition(table.clone()));
            required.extend(index_or_key(table, name));
            required.extend(index_or_key(parent, index));
        }
    }
}

/// The two that an index of a table may be: an object of its own, or behind a constraint.
pub(crate) fn index_or_key(table: &QualifiedName, name: &Ident) -> [ObjectId; 2] {
    [
        ObjectId::Index(QualifiedName::new(table.schema.clone(), name.clone())),
        ObjectId::Constraint {
            table: table.clone(),
            name: name.clone(),
        },
    ]
}

/// Whether two indexes, keys or foreign keys are the same but for their names, their tables and what can
/// be changed of them in place.
pub fn is_same_index(one: &Object, other: &Object) -> bool {
    match (one, other) {
        (Object::Index(one), Object::Index(other)) => {
            let same = Index {
                table: other.table.clone(),
                storage: other.storage.clone(),
                tablespace: other.tablespace.clone(),
                statistics: other.statistics.clone(),
                valid: other.valid,
                ..one.clone()
            };
            same == *other
        }
        (Object::Constraint(one), Object::Constraint(other)) => {
            let same = Constraint {
                kind: one.kind.with_settings_of(&other.kind),
                ..one.clone()
            };
            same == *other
        }
        _ => false,
    }
}
