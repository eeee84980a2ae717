//! The desired schema: live, with what the models state laid over it.
//!
//! A column is stated in full but for its default, identity, generating expression and collation;
//! a table states which columns it has. What a model leaves unsaid follows live, except that the
//! lack of an attribute is stated where base has one; an option that has a value with nothing said
//! (of an identity, an index, a table) goes back to that where a generated revision made the object and
//! live has the option from base: it was stated once. Anything but a column goes only when a generated
//! revision made it and the models no longer have it (the sequence of a `serial` column counts as part
//! of that); then `removal` sees to what cannot stand without it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::rename::{self, Settled};
use crate::schema::lower::{Declared, DeclaredObject};
use crate::schema::object::table::Persistence;
use crate::schema::object::{Column, Object, ObjectId, Table};
use crate::schema::operation::Operation;
use crate::schema::setting;

mod column;
mod heirs;
mod named;
#[cfg(test)]
mod properties;
mod removal;
mod serial;
#[cfg(test)]
mod tests;

/// What a bundle's revisions make, and what of it autogenerate made.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The schema that the chain makes in an empty database.
    pub schema: Schema,
    /// The objects that generated revisions made, as their metadata records.
    pub generated: BTreeSet<ObjectId>,
}

/// What a generated revision of these operations records as made by it, where `generated` is what
/// earlier ones recorded.
///
/// That is what it creates, unless it only makes anew what was there (an index over a column that
/// is replaced may be somebody else's), and what it renames, or carries along, of the earlier ones.
pub fn made(operations: &[Operation], generated: &BTreeSet<ObjectId>) -> BTreeSet<ObjectId> {
    let (mut made, mut dropped) = (BTreeSet::new(), BTreeSet::new());
    let aside = aside(operations);
    // What is made anew with its type or for it was there under the type's other name.
    let again: BTreeSet<ObjectId> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Create { id, object: _ } => Some(id),
            _ => None,
        })
        .filter(|id| {
            let mut renames = aside.iter().map(|(from, to)| Settled::one(from, to));
            renames.any(|settled| {
                let before = settled.id((*id).clone());
                before != **id && drops(operations, &before)
            })
        })
        .cloned()
        .collect();
    for operation in operations {
        match operation {
            Operation::Create { id, object: _ } => {
                if !dropped.contains(id) && !again.contains(id) {
                    made.insert(id.clone());
                }
            }
            Operation::Drop { id, object: _ } => {
                made.remove(id);
                dropped.insert(id.clone());
            }
            Operation::Alter { .. } => {}
            Operation::Rename { from, to } => {
                // What steps aside is not what bears its name in the end.
                if aside.contains_key(from) {
                    continue;
                }
                let settled = Settled::one(from, to);
                let carried: Vec<(ObjectId, ObjectId)> = generated
                    .iter()
                    .chain(&made)
                    .map(|id| (id.clone(), settled.id(id.clone())))
                    .filter(|(before, after)| before != after)
                    .collect();
                for (before, after) in carried {
                    made.remove(&before);
                    made.insert(after);
                }
            }
        }
    }
    made
}

fn drops(operations: &[Operation], wanted: &ObjectId) -> bool {
    operations.iter().any(|operation| match operation {
        Operation::Drop { id, object: _ } => id == wanted,
        _ => false,
    })
}

/// What steps aside for another one of its name, and where to: it is dropped by its new name, and one
/// is created by its old.
pub fn aside(operations: &[Operation]) -> BTreeMap<&ObjectId, &ObjectId> {
    let (mut created, mut dropped) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations {
        match operation {
            Operation::Create { id, object: _ } => created.insert(id),
            Operation::Drop { id, object: _ } => dropped.insert(id),
            Operation::Alter { .. } | Operation::Rename { .. } => continue,
        };
    }
    operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Rename { from, to } => {
                (dropped.contains(to) && created.contains(from)).then_some((from, to))
            }
            _ => None,
        })
        .collect()
}

/// Lays what models declare over the live schema.
///
/// Renames are carried out first, on live and on base, where their hints apply to each. Without a
/// base nothing is dropped, but for a primary key in favour of the declared one.
pub fn overlay(live: &Schema, base: Option<&Base>, declared: &Declared) -> Schema {
    let settle = |schema| rename::settle(schema, &declared.renames, |id| states(declared, id));
    let mut desired = settle(live).carry(live.clone());
    let base = base.map(|Base { schema, generated }| {
        let settled = settle(schema);
        let schema = settled.carry_over(schema);
        let generated = generated.iter().map(|id| settled.id(id.clone()));
        // What a later revision dropped is no longer ours, whoever made it anew.
        let generated = generated
            .filter(|id| schema.objects.contains_key(id))
            .collect();
        Known { schema, generated }
    });
    let base = base.unwrap_or_default();

    for (id, object) in &declared.objects {
        let object = match object {
            DeclaredObject::Namespace(namespace) => Object::Namespace(*namespace),
            DeclaredObject::Enum(stated) => Object::Enum(stated.clone()),
            DeclaredObject::Comment(comment) => Object::Comment(comment.clone()),
            DeclaredObject::Table(stated) => {
                let present = table(&desired, id);
                let persistence = stated.persistence.unwrap_or_else(|| match base.stated(id) {
                    Some(Object::Table(made)) if made.persistence == present.persistence => {
                        Persistence::default()
                    }
                    _ => present.persistence,
                });
                // A model has no words for the rest.
                Object::Table(Table {
                    persistence,
                    ..present
                })
            }
            // By table, below.
            DeclaredObject::Column(_)
            | DeclaredObject::Constraint(_)
            | DeclaredObject::Index(_) => continue,
        };
        lay(&mut desired, id.clone(), object);
    }
    let parents = heirs::Parents::read(&desired, declared);
    let Columns { mut gone, counters } = columns(&mut desired, &base, declared);
    parents.hand_down(&mut desired, declared);
    let laid = named::lay_over(&mut desired, &base, declared);
    gone.extend(laid.displaced);
    gone.extend(laid.orphans);
    lay_sql(&mut desired, &base, &declared.sql);
    let kept = |id: &ObjectId| laid.claimed.contains(id) || states(declared, id);
    let unwanted = base.generated.iter().filter(|id| !kept(id)).cloned();
    let unwanted = unwanted.chain(counters);
    removal::remove(&mut desired, gone, unwanted.collect(), kept);
    desired
}

/// Lays over what declared SQL makes. It was read where the models had been made, so that every
/// attribute of it is meant, but for settings: those that it leaves as they are by themselves are an administrator's.
fn lay_sql(desired: &mut Schema, base: &Known<'_>, sql: &Schema) {
    let Schema {
        objects,
        depends,
        column_order,
    } = sql;
    for (table, columns) in column_order {
        let order = desired.column_order.entry(table.clone()).or_default();
        let new: Vec<Ident> = columns
            .iter()
            .filter(|column| !order.contains(column))
            .cloned()
            .collect();
        order.extend(new);
    }
    for (id, object) in objects {
        let object = match desired.get(id) {
            Some(live) => setting::following(object, live, base.stated(id)),
            None => object.clone(),
        };
        lay(desired, id.clone(), object);
    }
    for (id, needed) in depends {
        let there = desired.depends.entry(id.clone()).or_default();
        there.extend(needed.iter().cloned());
    }
}

/// Base under the names that the models give.
#[derive(Default)]
struct Known<'a> {
    schema: Cow<'a, Schema>,
    generated: BTreeSet<ObjectId>,
}

impl Known<'_> {
    /// The object as base has it, where a generated revision made it: all of it was stated once.
    fn stated(&self, id: &ObjectId) -> Option<&Object> {
        self.schema.get(id).filter(|_| self.generated.contains(id))
    }
}

/// Whether models state an object; also answers for the values of their enums.
pub fn states(declared: &Declared, id: &ObjectId) -> bool {
    match id {
        ObjectId::EnumValue { ty, value } => matches!(
            declared.objects.get(&ObjectId::Enum(ty.clone())),
            Some(DeclaredObject::Enum(stated)) if stated.values.contains(value)
        ),
        other => declared.objects.contains_key(other) || declared.sql.objects.contains_key(other),
    }
}

fn table(schema: &Schema, id: &ObjectId) -> Table {
    match schema.get(id) {
        Some(Object::Table(table)) => table.clone(),
        _ => Table::default(),
    }
}

/// What came of laying columns over.
#[derive(Default)]
struct Columns {
    /// Those that the models no longer have.
    gone: BTreeSet<ObjectId>,
    /// The sequences of `serial` columns that base has and that now get their values otherwise.
    counters: BTreeSet<ObjectId>,
}

/// Lays the columns of declared tables over, in the order of the fields.
fn columns(desired: &mut Schema, base: &Known<'_>, declared: &Declared) -> Columns {
    let Columns {
        mut gone,
        mut counters,
    } = Columns::default();
    let empty = Vec::new();
    let owners = desired.sequence_owners();
    let mut in_use = None;
    let tables: BTreeMap<&QualifiedName, &Vec<Ident>> = declared
        .objects
        .keys()
        .filter_map(|id| match id {
            ObjectId::Table(table) => Some(table),
            _ => None,
        })
        .map(|table| (table, declared.column_order.get(table).unwrap_or(&empty)))
        .collect();
    for (table, names) in tables {
        let column = |name: &Ident| ObjectId::Column {
            table: table.clone(),
            name: name.clone(),
        };
        let known = desired.columns(table).iter().map(column);
        gone.extend(known.filter(|id| {
            base.schema.objects.contains_key(id) && !declared.objects.contains_key(id)
        }));
        for id in names.iter().map(column) {
            let Some(DeclaredObject::Column(stated)) = declared.objects.get(&id) else {
                continue;
            };
            let owned = owners
                .get(&id)
                .filter(|owned| counts_by(desired, &id, owned));
            let sequence = (stated.serial && owned.is_none()).then(|| {
                let owned = owners.get(&id).and_then(|owned| owned.first());
                serial::sequence(desired, declared, &id, &stated.sql_type, owned, &mut in_use)
            });
            let next = sequence.as_ref().map(serial::next);
            let object = column::merge(desired, base, &id, owned.is_some(), next, stated);
            let ours = owned.into_iter().flatten();
            let ours = ours.filter(|id| base.schema.objects.contains_key(*id));
            if object.default.is_none() {
                counters.extend(ours.cloned());
            } else if stated.serial || is_retyped(desired, &id, &object) {
                for sequence in ours {
                    serial::follow(desired, sequence, &object.sql_type);
                }
            }
            lay(desired, id.clone(), Object::Column(object));
            if let Some(sequence) = sequence {
                desired.depends.entry(id).or_default().insert(sequence);
            }
        }
    }
    Columns { gone, counters }
}

fn is_retyped(schema: &Schema, id: &ObjectId, wanted: &Column) -> bool {
    matches!(schema.get(id), Some(Object::Column(present)) if present.sql_type != wanted.sql_type)
}

/// Whether a column's default counts by a sequence that the column owns, as far as is known.
fn counts_by(schema: &Schema, column: &ObjectId, owned: &[ObjectId]) -> bool {
    let counts = match schema.get(column) {
        Some(Object::Column(Column {
            default: Some(default),
            ..
        })) => default.0.starts_with("nextval("),
        _ => false,
    };
    let needed = schema.depends.get(column).into_iter().flatten();
    let mut sequences = needed
        .filter(|needed| matches!(needed, ObjectId::Sequence(_)))
        .peekable();
    let known = sequences.peek().is_some();
    counts && (!known || sequences.any(|sequence| owned.contains(sequence)))
}

/// Puts an object into the schema. What it was recorded to depend on still holds where what it
/// reads is unchanged.
fn lay(schema: &mut Schema, id: ObjectId, object: Object) {
    let reads_the_same = match (schema.get(&id), &object) {
        (Some(present), object) if present == object => return,
        (Some(Object::Column(present)), Object::Column(object)) => {
            present.default == object.default && present.generated == object.generated
        }
        (Some(Object::Constraint(present)), Object::Constraint(object)) => {
            present.kind == object.kind
        }
        (Some(Object::Index(present)), Object::Index(object)) => {
            present.elements == object.elements && present.predicate == object.predicate
        }
        _ => false,
    };
    if !reads_the_same {
        schema.depends.remove(&id);
    }
    schema.insert(id, object);
}
