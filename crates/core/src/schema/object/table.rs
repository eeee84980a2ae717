//! A table, without its columns, constraints and indexes, which are objects of their own.

use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::{Expression, Foreign, IndexKey};

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Table {
    /// Whether it is written to the log.
    pub persistence: Persistence,
    /// Its access method, where that is not `heap`.
    pub access_method: Option<Ident>,
    /// The tablespace it is in, where that is not the database's own.
    pub tablespace: Option<Ident>,
    /// `WITH (…)`: storage parameters; those of its TOAST table begin with `toast.`.
    pub storage: BTreeMap<String, String>,
    /// Whether its policies hold, and for whom.
    pub row_security: RowSecurity,
    /// `PARTITION BY`.
    pub partitioned: Option<PartitionKey>,
    /// What makes it a foreign table.
    pub foreign: Option<Foreign>,
}

/// For whom the policies of a table hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct RowSecurity {
    /// `ENABLE ROW LEVEL SECURITY`: for all but the owner.
    pub enabled: bool,
    /// `FORCE ROW LEVEL SECURITY`: for the owner, too.
    pub forced: bool,
}

/// How the rows of a partitioned table are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct PartitionKey {
    /// By what.
    pub strategy: PartitionStrategy,
    /// Over what, in order.
    pub elements: Vec<PartitionElement>,
}

/// By what the rows of a partitioned table are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum PartitionStrategy {
    /// `RANGE`.
    Range,
    /// `LIST`.
    List,
    /// `HASH`.
    Hash,
}

/// One column or expression of a partition key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct PartitionElement {
    /// What decides; an expression stands as Postgres prints it there, in its parentheses.
    pub key: IndexKey,
    /// The collation, where that is not the column's own; that of an expression is always told.
    pub collation: Option<QualifiedName>,
    /// The operator class, where that is not the type's default.
    pub operator_class: Option<QualifiedName>,
}

/// Whether a table survives a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Persistence {
    /// An ordinary table.
    #[default]
    Logged,
    /// `UNLOGGED`.
    Unlogged,
}

impl PartitionKey {
    /// Whether it is the same key. Only Postgres knows which names of an expression take quotes: where a
    /// rename was carried into one, that does not count.
    fn is_like(&self, other: &Self) -> bool {
        let unquoted = |key: &Self| {
            let mut key = key.clone();
            for element in &mut key.elements {
                if let IndexKey::Expression(Expression(text)) = &mut element.key {
                    text.retain(|c| c != '"');
                }
            }
            key
        };
        self == other || unquoted(self) == unquoted(other)
    }

    /// Whether a column decides, or an expression over it may.
    pub(crate) fn reads(&self, column: &Ident) -> bool {
        self.elements.iter().any(|element| match &element.key {
            IndexKey::Column(name) => name == column,
            IndexKey::Expression(Expression(text)) => text.contains(column.as_str()),
        })
    }
}

impl Table {
    /// A table of which only this is said.
    pub fn of(persistence: Persistence) -> Self {
        Self {
            persistence,
            ..Self::default()
        }
    }

    /// Whether it is of the same sort as another one: plain, foreign on the same server, or partitioned
    /// by the same key. Nothing else of a table cannot be changed.
    pub fn can_become(&self, other: &Self) -> bool {
        let server = |table: &Self| table.foreign.as_ref().map(|foreign| foreign.server.clone());
        let keys = match (&self.partitioned, &other.partitioned) {
            (Some(key), Some(other)) => key.is_like(other),
            (None, None) => true,
            _ => false,
        };
        keys && server(self) == server(other)
    }

    pub(super) fn requires(&self, table: &QualifiedName, required: &mut Vec<ObjectId>) {
        let Self {
            persistence: _,
            access_method: _,
            tablespace: _,
            storage: _,
            row_security: _,
            partitioned: _,
            foreign,
        } = self;
        required.push(ObjectId::Namespace(table.schema.clone()));
        if let Some(foreign) = foreign {
            foreign.requires(required);
        }
    }
}
