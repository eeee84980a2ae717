//! The kinds of object and their identities. One file a kind; this one lists them.

use std::fmt;

use crate::name::{Ident, QualifiedName};

pub mod aggregate;
pub mod column;
pub mod comment;
pub mod constraint;
pub mod r#enum;
pub mod event_trigger;
pub mod index;
pub mod materialized_view;
pub mod namespace;
mod parse;
pub mod routine;
pub mod rule;
pub mod sequence;
pub mod sql_type;
pub mod table;
pub mod trigger;
pub mod view;

pub use aggregate::{Aggregate, AggregateKind, AggregateState, FinishModify, MovingState};
pub use column::{Column, Identity, IdentityMode};
pub use comment::Comment;
pub use constraint::{
    Action, Check, Constraint, ConstraintKind, Deferrable, Exclude, ExcludeElement, ForeignKey,
    Key, MatchType,
};
pub use r#enum::Enum;
pub use event_trigger::EventTrigger;
pub use index::{Index, IndexElement, IndexKey, NullsOrder, OperatorClass, SortOrder};
pub use materialized_view::MaterializedView;
pub use namespace::Namespace;
pub use routine::{Parallel, Parameter, ParameterMode, Routine, RoutineBody, Setting, Volatility};
pub use rule::{Firing, Rule, RuleEvent};
pub use sequence::{OwnerColumn, Sequence, SequenceOptions};
pub use sql_type::{Expression, SqlType};
pub use table::Table;
pub use trigger::{Trigger, TriggerConstraint, TriggerTiming};
pub use view::{View, ViewColumn};

/// Who an object is: its kind and its qualified name, never an OID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    /// A schema (namespace).
    Namespace(Ident),
    /// An enum type.
    Enum(QualifiedName),
    /// A value of an enum type. No object of its own: only renames speak of it.
    EnumValue {
        /// The type.
        ty: QualifiedName,
        /// The value.
        value: String,
    },
    /// A sequence (one that belongs to an identity column is part of the column instead).
    Sequence(QualifiedName),
    /// A table.
    Table(QualifiedName),
    /// A column.
    Column {
        /// Its table.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// A constraint of a table.
    Constraint {
        /// Its table.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// An index that no constraint made.
    Index(QualifiedName),
    /// The comment on another object.
    Comment(Box<ObjectId>),
    /// A view.
    View(QualifiedName),
    /// A materialized view.
    MaterializedView(QualifiedName),
    /// A rule of a table or view.
    Rule {
        /// What it is on.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// A function, a window function among them.
    Function {
        /// Its name.
        name: QualifiedName,
        /// The types of what is handed in, as Postgres prints them: `integer, text[]`.
        arguments: String,
    },
    /// A procedure.
    Procedure {
        /// Its name.
        name: QualifiedName,
        /// The types of what is handed in, as Postgres prints them.
        arguments: String,
    },
    /// An aggregate.
    Aggregate {
        /// Its name.
        name: QualifiedName,
        /// Its arguments as Postgres prints them, with `ORDER BY`; empty for `*`.
        arguments: String,
    },
    /// A trigger of a table or view.
    Trigger {
        /// What it is on.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// An event trigger.
    EventTrigger(Ident),
}

/// An object of some kind, with all its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A schema (namespace).
    Namespace(Namespace),
    /// An enum type.
    Enum(Enum),
    /// A sequence.
    Sequence(Sequence),
    /// A table, without its columns and constraints.
    Table(Table),
    /// A column.
    Column(Column),
    /// A constraint.
    Constraint(Constraint),
    /// An index.
    Index(Index),
    /// A comment.
    Comment(Comment),
    /// A view.
    View(View),
    /// A materialized view.
    MaterializedView(MaterializedView),
    /// A rule.
    Rule(Rule),
    /// A function or procedure.
    Routine(Routine),
    /// An aggregate.
    Aggregate(Aggregate),
    /// A trigger.
    Trigger(Trigger),
    /// An event trigger.
    EventTrigger(EventTrigger),
}

impl ObjectId {
    /// The word for its kind, in lower case: `table`, `column`, `comment`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Namespace(_) => "schema",
            Self::Enum(_) => "enum",
            Self::EnumValue { .. } => "enum value",
            Self::Sequence(_) => "sequence",
            Self::Table(_) => "table",
            Self::Column { .. } => "column",
            Self::Constraint { .. } => "constraint",
            Self::Index(_) => "index",
            Self::Comment(_) => "comment",
            Self::View(_) => "view",
            Self::MaterializedView(_) => "materialized view",
            Self::Rule { .. } => "rule",
            Self::Function { .. } => "function",
            Self::Procedure { .. } => "procedure",
            Self::Aggregate { .. } => "aggregate",
            Self::Trigger { .. } => "trigger",
            Self::EventTrigger(_) => "event trigger",
        }
    }

    /// The table that it is part of (a table is part of itself); for a comment, that of its target. For
    /// a rule and a trigger that may be a view.
    ///
    /// An index has a table too, but its identity does not say which.
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            Self::Table(table) | Self::Column { table, .. } | Self::Constraint { table, .. } => {
                Some(table)
            }
            Self::Rule { table, .. } | Self::Trigger { table, .. } => Some(table),
            Self::Comment(on) => on.table(),
            Self::Namespace(_)
            | Self::Enum(_)
            | Self::EnumValue { .. }
            | Self::Sequence(_)
            | Self::Index(_)
            | Self::View(_)
            | Self::MaterializedView(_)
            | Self::Function { .. }
            | Self::Procedure { .. }
            | Self::Aggregate { .. }
            | Self::EventTrigger(_) => None,
        }
    }

    /// The schema (namespace) that it is in; for a schema, itself. What belongs to the whole
    /// database has none.
    pub fn namespace(&self) -> Option<&Ident> {
        Some(match self {
            Self::Namespace(name) => name,
            Self::Enum(name) | Self::Sequence(name) | Self::Table(name) | Self::Index(name) => {
                &name.schema
            }
            Self::EnumValue { ty, .. } => &ty.schema,
            Self::Column { table, .. } | Self::Constraint { table, .. } => &table.schema,
            Self::Comment(on) => return on.namespace(),
            Self::View(name) | Self::MaterializedView(name) => &name.schema,
            Self::Rule { table, .. } | Self::Trigger { table, .. } => &table.schema,
            Self::Function { name, .. }
            | Self::Procedure { name, .. }
            | Self::Aggregate { name, .. } => &name.schema,
            Self::EventTrigger(_) => return None,
        })
    }
}

impl fmt::Display for ObjectId {
    /// The form of metadata files and of consent: `table:public.posts`, `column:public.posts.title`;
    /// a part that is no plain lower-case name stands in double quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let qualified = |f: &mut fmt::Formatter<'_>, name: &QualifiedName| {
            part(f, name.schema.as_str())?;
            f.write_str(".")?;
            part(f, name.name.as_str())
        };
        match self {
            Self::Namespace(name) => {
                f.write_str("schema:")?;
                part(f, name.as_str())
            }
            Self::Enum(name) => {
                f.write_str("enum:")?;
                qualified(f, name)
            }
            Self::EnumValue { ty, value } => {
                f.write_str("enum_value:")?;
                qualified(f, ty)?;
                f.write_str(".")?;
                part(f, value)
            }
            Self::Sequence(name) => {
                f.write_str("sequence:")?;
                qualified(f, name)
            }
            Self::Table(name) => {
                f.write_str("table:")?;
                qualified(f, name)
            }
            Self::Column { table, name } => {
                f.write_str("column:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Constraint { table, name } => {
                f.write_str("constraint:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Index(name) => {
                f.write_str("index:")?;
                qualified(f, name)
            }
            Self::Comment(on) => write!(f, "comment:{on}"),
            Self::View(name) => {
                f.write_str("view:")?;
                qualified(f, name)
            }
            Self::MaterializedView(name) => {
                f.write_str("materialized_view:")?;
                qualified(f, name)
            }
            Self::Rule { table, name } => {
                f.write_str("rule:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Function { name, arguments } => {
                f.write_str("function:")?;
                qualified(f, name)?;
                write!(f, "({arguments})")
            }
            Self::Procedure { name, arguments } => {
                f.write_str("procedure:")?;
                qualified(f, name)?;
                write!(f, "({arguments})")
            }
            Self::Aggregate { name, arguments } => {
                f.write_str("aggregate:")?;
                qualified(f, name)?;
                write!(f, "({arguments})")
            }
            Self::Trigger { table, name } => {
                f.write_str("trigger:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::EventTrigger(name) => {
                f.write_str("event_trigger:")?;
                part(f, name.as_str())
            }
        }
    }
}

fn part(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if is_plain(name) {
        f.write_str(name)
    } else {
        write!(f, "\"{}\"", name.replace('"', "\"\""))
    }
}

/// Whether a name needs no quotes.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

impl Object {
    /// What its own attributes say that it depends on: its schema, its table, the columns and types
    /// that it names. Edges hidden in expressions are [`Schema::depends`](super::Schema).
    pub fn requires(&self, id: &ObjectId) -> Vec<ObjectId> {
        let mut required = Vec::new();
        let namespace = || id.namespace().cloned().map(ObjectId::Namespace);
        match self {
            Self::Namespace(_) => {}
            Self::Enum(_) | Self::Table(_) => required.extend(namespace()),
            Self::Sequence(sequence) => {
                required.extend(namespace());
                sequence.requires(&mut required);
            }
            Self::Column(column) => {
                required.extend(id.table().map(|table| ObjectId::Table(table.clone())));
                column.requires(&mut required);
            }
            Self::Constraint(constraint) => {
                if let Some(table) = id.table() {
                    required.push(ObjectId::Table(table.clone()));
                    constraint.requires(table, &mut required);
                }
            }
            Self::Index(index) => index.requires(&mut required),
            Self::Comment(_) => {
                if let ObjectId::Comment(on) = id {
                    required.push((**on).clone());
                }
            }
            Self::View(_) | Self::MaterializedView(_) | Self::Routine(_) | Self::Aggregate(_) => {
                required.extend(namespace());
            }
            Self::Rule(_) => {
                if let Some(table) = id.table() {
                    required.push(ObjectId::Table(table.clone()));
                    required.push(ObjectId::View(table.clone()));
                }
            }
            Self::Trigger(trigger) => {
                if let Some(table) = id.table() {
                    trigger.requires(table, &mut required);
                }
            }
            Self::EventTrigger(trigger) => trigger.requires(&mut required),
        }
        required
    }
}
