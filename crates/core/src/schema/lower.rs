//! Models to declared objects: names resolved and derived, contradictions found.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::Renames;
use crate::schema::model::ModelTable;
use crate::schema::object::table::Persistence;
use crate::schema::object::{
    Comment, Constraint, Enum, Expression, IdentityMode, Index, Namespace, ObjectId, SqlType,
};

mod enums;
mod expressions;
mod keys;
mod mistakes;
mod names;
mod referenced;
mod table;
#[cfg(test)]
mod tests;
mod text;

use mistakes::Mistakes;
use names::Names;

/// What models state, by object. Types and expressions are as they were written until Postgres has
/// been asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The objects.
    pub objects: BTreeMap<ObjectId, DeclaredObject>,
    /// The columns of each table in the order of the fields.
    pub column_order: BTreeMap<QualifiedName, Vec<Ident>>,
    /// The names that objects had before.
    pub renames: Renames,
    /// The struct and place that states each object, for messages.
    pub origins: BTreeMap<ObjectId, String>,
    /// What declared SQL makes over the models, in full; an edge may also be that of an object of the
    /// models on one of these.
    pub sql: Schema,
}

/// What a model states of one object; what is `None` here is unsaid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclaredObject {
    /// The schema that a table stands in: it must be there.
    Namespace(Namespace),
    /// An enum, in full.
    Enum(Enum),
    /// A table.
    Table(DeclaredTable),
    /// A column.
    Column(DeclaredColumn),
    /// A constraint, in full but perhaps for its name.
    Constraint(DeclaredConstraint),
    /// An index.
    Index(DeclaredIndex),
    /// A comment.
    Comment(Comment),
}

/// What a model states of a table itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredTable {
    /// Whether it is logged.
    pub persistence: Option<Persistence>,
}

/// What a model states of a column. Type and nullability are always stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// Its type.
    pub sql_type: SqlType,
    /// Whether it may hold nulls.
    pub nullable: bool,
    /// Its collation.
    pub collation: Option<QualifiedName>,
    /// Its default.
    pub default: Option<Expression>,
    /// Its identity.
    pub identity: Option<DeclaredIdentity>,
    /// Its generating expression.
    pub generated: Option<Expression>,
    /// Whether its type was said as `serial`: it counts by a sequence that it owns.
    pub serial: bool,
}

/// What a model states of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredIdentity {
    /// Whether a value may be given.
    pub mode: IdentityMode,
    /// The first value.
    pub start: Option<i64>,
    /// The step.
    pub increment: Option<i64>,
    /// The least value.
    pub min: Option<i64>,
    /// The greatest value.
    pub max: Option<i64>,
    /// How many values a session takes at a time.
    pub cache: Option<i64>,
    /// Whether it starts over.
    pub cycle: Option<bool>,
}

/// A constraint that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredConstraint {
    /// All of it but the name.
    pub constraint: Constraint,
    /// Whether the model states the name; else it is derived, and a live constraint that is the
    /// same in all but the name is taken for it.
    pub named: bool,
}

/// An index that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredIndex {
    /// All of it but the name; its storage parameters are unsaid where `storage` says so.
    pub index: Index,
    /// As for a constraint.
    pub named: bool,
    /// Whether the model states storage parameters; else they follow the live index.
    pub storage_said: bool,
}

/// Lowers models that are installed in `placement`.
///
/// A table or an enum stands in the schema that it states, or in `placement`. Constraints and
/// indexes without a name get the one that Postgres would derive, except that a check counts as its
/// column's where a field states it. Of a collation or an operator class without a schema,
/// `pg_catalog` is assumed until Postgres has been asked.
///
/// # Errors
/// When two models claim one table, a key or an index names a column that is not there, a foreign
/// key's sides do not fit, two enums of one name differ, or a name is longer than 63 bytes. All
/// mistakes are told at once.
pub fn lower(models: &[ModelTable], placement: &Ident) -> Result<Declared> {
    let mut mistakes = Mistakes::default();
    let tables = place(models, placement, &mut mistakes);
    let mut declared = Declared::default();
    let mut names = Names::default();
    enums::lower(&tables, placement, &mut declared, &mut mistakes);
    names.reserve(&tables, &declared, &mut mistakes);
    for table in tables.values() {
        let namespace = ObjectId::Namespace(table.name.schema.clone());
        declared.state(
            namespace,
            DeclaredObject::Namespace(Namespace {}),
            table.model,
        );
        table::lower(
            table,
            &tables,
            placement,
            &mut names,
            &mut declared,
            &mut mistakes,
        );
    }
    swapped(&tables, &declared, &mut mistakes);
    mistakes.finish()?;
    Ok(declared)
}

/// Refuses tables and enums of which each was called as another of them is.
fn swapped(
    tables: &BTreeMap<QualifiedName, Placed<'_>>,
    declared: &Declared,
    mistakes: &mut Mistakes,
) {
    let texts: Vec<(bool, String, String)> = declared
        .renames
        .by_new
        .iter()
        .filter_map(|(new, old)| match (new, old) {
            (ObjectId::Table(new), ObjectId::Table(old)) => {
                Some((true, new.to_string(), old.to_string()))
            }
            (ObjectId::Enum(new), ObjectId::Enum(old)) => {
                Some((false, new.to_string(), old.to_string()))
            }
            _ => None,
        })
        .collect();
    let Some(table) = tables.values().next() else {
        return;
    };
    for of_tables in [true, false] {
        let hints = texts
            .iter()
            .filter(|(is_table, ..)| *is_table == of_tables)
            .map(|(_, new, old)| (new.as_str(), old.as_str()));
        let hints: BTreeMap<&str, &str> = hints.collect();
        let first = tables
            .values()
            .find(|table| hints.contains_key(table.name.to_string().as_str()));
        mistakes.of(first.unwrap_or(table).model).no_circle(&hints);
    }
}

impl Declared {
    /// Adds an object that a model states.
    fn state(&mut self, id: ObjectId, object: DeclaredObject, model: &ModelTable) {
        let ModelTable {
            rust_name,
            location,
            ..
        } = model;
        self.origins
            .entry(id.clone())
            .or_insert_with(|| mistakes::place(rust_name, location));
        self.objects.insert(id, object);
    }
}

/// A model and the name of its table.
struct Placed<'a> {
    model: &'a ModelTable,
    name: QualifiedName,
}

/// The models by the name of their table.
fn place<'a>(
    models: &'a [ModelTable],
    placement: &Ident,
    mistakes: &mut Mistakes,
) -> BTreeMap<QualifiedName, Placed<'a>> {
    let mut tables: BTreeMap<QualifiedName, Placed<'_>> = BTreeMap::new();
    for model in models {
        let mut told = mistakes.of(model);
        let schema = match &model.schema {
            Some(schema) => told.name(schema),
            None => Some(placement.clone()),
        };
        let (Some(schema), Some(table)) = (schema, told.name(&model.table)) else {
            continue;
        };
        let name = QualifiedName::new(schema, table);
        match tables.get(&name) {
            None => {
                tables.insert(name.clone(), Placed { model, name });
            }
            // The same struct, listed twice.
            Some(Placed { model: other, .. }) if *other == model => {}
            Some(Placed { model: other, .. }) => told.add(format!(
                "the table `{name}` is also that of {}; a table has one model",
                mistakes::place(&other.rust_name, &other.location)
            )),
        }
    }
    tables
}
