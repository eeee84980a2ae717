//! What ties a table to something that comes after it: the index that identifies its rows for
//! replication, the index that it is clustered on, the type that it is of. Each is an object of its own, so
//! that it is let go before, and taken up after, what it leads to changes.

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;

/// How the rows of a table are told apart for replication, where that is not by its primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum ReplicaIdentity {
    /// By all columns.
    Full,
    /// Not at all.
    Nothing,
    /// By an index of the table: its own name, or that of the constraint that it is behind.
    Index(Ident),
}

/// The index that a table is clustered on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Cluster {
    /// Its own name, or that of the constraint that it is behind.
    pub index: Ident,
}

/// The composite type whose attributes are the columns of a table: `CREATE TABLE … OF`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Typed {
    /// The type.
    pub ty: QualifiedName,
}

impl ReplicaIdentity {
    pub(super) fn requires(&self, table: &QualifiedName, required: &mut Vec<ObjectId>) {
        match self {
            Self::Full | Self::Nothing => {}
            Self::Index(name) => index(table, name, required),
        }
    }
}

impl Cluster {
    pub(super) fn requires(&self, table: &QualifiedName, required: &mut Vec<ObjectId>) {
        let Self { index: name } = self;
        index(table, name, required);
    }
}

impl Typed {
    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self { ty } = self;
        required.push(ObjectId::Composite(ty.clone()));
    }
}

/// An index of a table, which may be behind a constraint.
fn index(table: &QualifiedName, name: &Ident, required: &mut Vec<ObjectId>) {
    required.push(ObjectId::Index(QualifiedName::new(
        table.schema.clone(),
        name.clone(),
    )));
    required.push(ObjectId::Constraint {
        table: table.clone(),
        name: name.clone(),
    });
}
