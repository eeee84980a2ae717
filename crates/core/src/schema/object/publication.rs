//! Publications, and what is in them: each table and each schema is an object of its own, so that it is
//! let go before, and taken up after, what its columns and rows are chosen by changes.

use std::collections::BTreeSet;

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::Expression;

/// A publication, without its tables and schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Publication {
    /// Whether it is for all tables of the database.
    pub all_tables: bool,
    /// What is published.
    pub operations: BTreeSet<Published>,
    /// Whether changes of partitions are published as those of the table that is partitioned.
    pub via_root: bool,
    /// Whether stored generated columns are published where no columns are listed (Postgres 18).
    pub generated_columns: bool,
}

/// A change that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Published {
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `TRUNCATE`.
    Truncate,
}

/// A table in a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct PublicationTable {
    /// The columns that are published (Postgres 15); their order means nothing.
    pub columns: Option<BTreeSet<Ident>>,
    /// Which rows are published (Postgres 15).
    pub filter: Option<Expression>,
}

/// All tables of a schema in a publication (Postgres 15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct PublicationSchema;

impl Published {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Insert, Self::Update, Self::Delete, Self::Truncate];
}

impl Publication {
    /// Whether it can be altered to the other one: whether it is for all tables is said for good.
    pub fn can_become(&self, other: &Self) -> bool {
        self.all_tables == other.all_tables
    }
}

impl PublicationTable {
    pub(super) fn requires(
        &self,
        publication: &Ident,
        table: &QualifiedName,
        required: &mut Vec<ObjectId>,
    ) {
        let Self { columns, filter: _ } = self;
        required.push(ObjectId::Publication(publication.clone()));
        required.push(ObjectId::Table(table.clone()));
        let columns = columns.iter().flatten();
        required.extend(columns.map(|name| ObjectId::Column {
            table: table.clone(),
            name: name.clone(),
        }));
    }
}

impl PublicationSchema {
    pub(super) fn requires(
        self,
        publication: &Ident,
        schema: &Ident,
        required: &mut Vec<ObjectId>,
    ) {
        let Self = self;
        required.push(ObjectId::Publication(publication.clone()));
        required.push(ObjectId::Namespace(schema.clone()));
    }
}
