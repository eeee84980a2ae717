//! A constraint of a table, of any kind. (`NOT NULL` is an attribute of its column.)

use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::{Expression, IndexElement, IndexKey};

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Constraint {
    /// What it demands.
    pub kind: ConstraintKind,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Whether the rows that were there before are known to obey: `false` for `NOT VALID`.
    pub validated: bool,
    /// Whether it is enforced at all (`NOT ENFORCED` came with Postgres 18).
    pub enforced: bool,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey(Key),
    /// `UNIQUE`.
    Unique(Key),
    /// `FOREIGN KEY`.
    ForeignKey(ForeignKey),
    /// `CHECK`.
    Check(Check),
    /// `EXCLUDE`.
    Exclude(Exclude),
}

/// A primary or unique key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Key {
    /// Its columns, in order.
    pub columns: Vec<Ident>,
    /// `INCLUDE`.
    pub include: Vec<Ident>,
    /// `NULLS NOT DISTINCT` (Postgres 15; never for a primary key).
    pub nulls_not_distinct: bool,
    /// `WITHOUT OVERLAPS` on the last column (Postgres 18).
    pub without_overlaps: bool,
    /// Of its index.
    pub settings: IndexSettings,
}

/// What is said of the index behind a constraint. It changes in place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct IndexSettings {
    /// `WITH (…)`: storage parameters.
    pub storage: BTreeMap<String, String>,
    /// The tablespace it is in, where that is not the database's own.
    pub tablespace: Option<Ident>,
    /// The comment on it, which is another than that on the constraint.
    #[cfg_attr(
        feature = "snapshot",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub comment: Option<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct ForeignKey {
    /// Its columns, in order.
    pub columns: Vec<Ident>,
    /// The table it refers to.
    pub references: QualifiedName,
    /// The columns there, in the same order.
    pub referenced_columns: Vec<Ident>,
    /// `MATCH`.
    pub match_type: MatchType,
    /// `ON UPDATE`.
    pub on_update: Action,
    /// `ON DELETE`.
    pub on_delete: Action,
    /// The columns that `ON DELETE SET NULL` or `SET DEFAULT` sets, where that is not all of them
    /// (Postgres 15).
    pub on_delete_columns: Vec<Ident>,
    /// `PERIOD` on the last column (Postgres 18).
    pub period: bool,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Check {
    /// What must not be false.
    pub expression: Expression,
    /// `NO INHERIT`.
    pub no_inherit: bool,
}

/// An exclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Exclude {
    /// The access method: `gist`, …
    pub method: String,
    /// What is compared, in order.
    pub elements: Vec<ExcludeElement>,
    /// `INCLUDE`.
    pub include: Vec<Ident>,
    /// `WHERE`.
    pub predicate: Option<Expression>,
    /// Of its index.
    pub settings: IndexSettings,
}

/// One comparison of an exclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct ExcludeElement {
    /// What is compared.
    pub element: IndexElement,
    /// The operator as it is written behind `WITH`: `&&`, or `OPERATOR(schema.&&)`.
    pub operator: String,
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Deferrable {
    /// With each statement.
    #[default]
    NotDeferrable,
    /// `DEFERRABLE`: with each statement, until told otherwise.
    Immediate,
    /// `DEFERRABLE INITIALLY DEFERRED`: at the commit.
    Deferred,
}

/// What a foreign key does when the row it refers to goes or changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Action {
    /// `NO ACTION`.
    #[default]
    NoAction,
    /// `RESTRICT`.
    Restrict,
    /// `CASCADE`.
    Cascade,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
}

/// When a foreign key of several columns matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum MatchType {
    /// `MATCH SIMPLE`.
    #[default]
    Simple,
    /// `MATCH FULL`.
    Full,
}

impl ConstraintKind {
    /// What is said of the index behind it.
    pub fn settings(&self) -> Option<&IndexSettings> {
        match self {
            Self::PrimaryKey(key) | Self::Unique(key) => Some(&key.settings),
            Self::Exclude(exclude) => Some(&exclude.settings),
            Self::ForeignKey(_) | Self::Check(_) => None,
        }
    }

    /// What is said of the index behind it, to be changed.
    pub fn settings_mut(&mut self) -> Option<&mut IndexSettings> {
        match self {
            Self::PrimaryKey(key) | Self::Unique(key) => Some(&mut key.settings),
            Self::Exclude(exclude) => Some(&mut exclude.settings),
            Self::ForeignKey(_) | Self::Check(_) => None,
        }
    }

    /// The same with what another one says of its index, where both have one.
    #[must_use]
    pub fn with_settings_of(&self, other: &Self) -> Self {
        let mut same = self.clone();
        if let (Some(settings), Some(own)) = (other.settings(), same.settings_mut()) {
            own.clone_from(settings);
        }
        same
    }
}

impl Constraint {
    /// A constraint of a kind that is checked with each statement, valid and enforced.
    pub fn of(kind: ConstraintKind) -> Self {
        Self {
            kind,
            deferrable: Deferrable::NotDeferrable,
            validated: true,
            enforced: true,
        }
    }

    pub(super) fn requires(&self, table: &QualifiedName, required: &mut Vec<ObjectId>) {
        let Self {
            kind,
            deferrable: _,
            validated: _,
            enforced: _,
        } = self;
        let mut columns = |table: &QualifiedName, names: &[Ident]| {
            required.extend(names.iter().map(|name| ObjectId::Column {
                table: table.clone(),
                name: name.clone(),
            }));
        };
        match kind {
            ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => {
                columns(table, &key.columns);
                columns(table, &key.include);
            }
            ConstraintKind::ForeignKey(foreign_key) => {
                columns(table, &foreign_key.columns);
                columns(&foreign_key.references, &foreign_key.referenced_columns);
                required.push(ObjectId::Table(foreign_key.references.clone()));
                required.push(ObjectId::Table(foreign_key.references.clone()));
            }
            ConstraintKind::Check(_) => {}
            ConstraintKind::Exclude(exclude) => {
                for ExcludeElement {
                    element,
                    operator: _,
                } in &exclude.elements
                {
                    if let IndexKey::Column(name) = &element.key {
                        columns(table, std::slice::from_ref(name));
                    }
                }
                columns(table, &exclude.include);
            }
        }
    }
}
