//! An index that no constraint made.

use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::Expression;

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Index {
    /// The table it is on.
    pub table: QualifiedName,
    /// The access method: `btree`, `gin`, …
    pub method: String,
    /// Whether it is unique.
    pub unique: bool,
    /// `NULLS NOT DISTINCT` (Postgres 15).
    pub nulls_not_distinct: bool,
    /// What it is over, in order.
    pub elements: Vec<IndexElement>,
    /// `INCLUDE`.
    pub include: Vec<Ident>,
    /// `WHERE`.
    pub predicate: Option<Expression>,
    /// `WITH (…)`: storage parameters.
    pub storage: BTreeMap<String, String>,
    /// The tablespace it is in, where that is not the database's own.
    pub tablespace: Option<Ident>,
    /// How finely statistics of expressions are gathered, where that is said: by the number of the
    /// element, the first being 1.
    pub statistics: BTreeMap<u16, i32>,
    /// Whether it can be used: not, where building it concurrently failed. None is made so.
    pub valid: bool,
}

/// One column or expression of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct IndexElement {
    /// What is indexed.
    pub key: IndexKey,
    /// The collation, where that is not the column's own.
    pub collation: Option<QualifiedName>,
    /// The operator class, where that is not the type's default for the method, or has parameters.
    pub operator_class: Option<OperatorClass>,
    /// Ascending unless said otherwise.
    pub order: SortOrder,
    /// Where nulls go.
    pub nulls: NullsOrder,
}

/// What an index element is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum IndexKey {
    /// A column.
    Column(Ident),
    /// An expression.
    Expression(Expression),
}

/// An operator class with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct OperatorClass {
    /// Its name.
    pub name: QualifiedName,
    /// Its parameters (Postgres 13).
    pub parameters: BTreeMap<String, String>,
}

/// The direction of an index element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum SortOrder {
    /// `ASC`.
    #[default]
    Ascending,
    /// `DESC`.
    Descending,
}

/// Where nulls go in an index element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum NullsOrder {
    /// Last when ascending, first when descending: what Postgres does when nothing is said.
    #[default]
    Default,
    /// The other end than the default one.
    Reversed,
}

impl IndexElement {
    /// An element over a column, with nothing else said.
    pub fn column(name: Ident) -> Self {
        Self::of(IndexKey::Column(name))
    }

    /// An element with nothing said but its key.
    pub fn of(key: IndexKey) -> Self {
        Self {
            key,
            collation: None,
            operator_class: None,
            order: SortOrder::Ascending,
            nulls: NullsOrder::Default,
        }
    }
}

impl Index {
    /// An ordinary index of a table over columns.
    pub fn on(table: QualifiedName, columns: impl IntoIterator<Item = Ident>) -> Self {
        Self {
            table,
            method: "btree".to_owned(),
            unique: false,
            nulls_not_distinct: false,
            elements: columns.into_iter().map(IndexElement::column).collect(),
            include: Vec::new(),
            predicate: None,
            storage: BTreeMap::new(),
            tablespace: None,
            statistics: BTreeMap::new(),
            valid: true,
        }
    }

    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            table,
            method: _,
            unique: _,
            nulls_not_distinct: _,
            elements,
            include,
            predicate: _,
            storage: _,
            tablespace: _,
            statistics: _,
            valid: _,
        } = self;
        required.push(ObjectId::Table(table.clone()));
        let collations = elements
            .iter()
            .filter_map(|element| element.collation.clone());
        required.extend(collations.map(ObjectId::Collation));
        let columns = elements.iter().filter_map(|element| match &element.key {
            IndexKey::Column(name) => Some(name),
            IndexKey::Expression(_) => None,
        });
        required.extend(columns.chain(include).map(|name| ObjectId::Column {
            table: table.clone(),
            name: name.clone(),
        }));
    }
}
