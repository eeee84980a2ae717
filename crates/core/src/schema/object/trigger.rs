//! A trigger of a table or view.

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;
use crate::schema::object::{Deferrable, Expression, Firing};

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Trigger {
    /// `BEFORE`, `AFTER`, `INSTEAD OF`.
    pub timing: TriggerTiming,
    /// `INSERT`.
    pub on_insert: bool,
    /// `UPDATE`.
    pub on_update: bool,
    /// `UPDATE OF`: only for these columns, in order.
    pub update_columns: Vec<Ident>,
    /// `DELETE`.
    pub on_delete: bool,
    /// `TRUNCATE`.
    pub on_truncate: bool,
    /// `FOR EACH ROW`, or once a statement.
    pub each_row: bool,
    /// `WHEN`, without parentheses.
    pub condition: Option<Expression>,
    /// `REFERENCING OLD TABLE AS`.
    pub old_table: Option<Ident>,
    /// `REFERENCING NEW TABLE AS`.
    pub new_table: Option<Ident>,
    /// `CONSTRAINT`: when it fires, and the table that it names behind `FROM`.
    pub constraint: Option<TriggerConstraint>,
    /// The function that it calls.
    pub function: QualifiedName,
    /// What it hands over.
    pub arguments: Vec<String>,
    /// When it fires.
    pub firing: Firing,
}

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum TriggerTiming {
    /// `BEFORE`.
    Before,
    /// `AFTER`.
    After,
    /// `INSTEAD OF`, on a view.
    InsteadOf,
}

/// What makes a trigger a constraint trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct TriggerConstraint {
    /// When it fires.
    pub deferrable: Deferrable,
    /// `FROM`: another table.
    pub references: Option<QualifiedName>,
}

impl Trigger {
    pub(super) fn requires(&self, on: &QualifiedName, required: &mut Vec<ObjectId>) {
        required.push(ObjectId::Table(on.clone()));
        required.push(ObjectId::View(on.clone()));
        required.extend(self.update_columns.iter().map(|name| ObjectId::Column {
            table: on.clone(),
            name: name.clone(),
        }));
        required.push(ObjectId::Function {
            name: self.function.clone(),
            arguments: String::new(),
        });
        if let Some(TriggerConstraint {
            references: Some(table),
            ..
        }) = &self.constraint
        {
            required.push(ObjectId::Table(table.clone()));
        }
    }

    /// Whether it is the same but for when it fires.
    pub fn can_become(&self, other: &Self) -> bool {
        let same = Self {
            firing: self.firing,
            ..other.clone()
        };
        same == *self
    }
}
