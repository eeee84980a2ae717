//! What may be a rename that no model speaks of: something new that is like something that goes.

use std::collections::BTreeMap;

use limbeck_core::schema::object::SqlType;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

/// Columns of one table with the same type, and tables alike in all but the name: `(new, old)`, each
/// of them once.
pub(super) fn alike(operations: &[Operation]) -> Vec<(&ObjectId, &ObjectId)> {
    let made = parts(operations.iter().filter_map(|operation| match operation {
        Operation::Create { id, object } => Some((id, object)),
        Operation::Drop { .. } | Operation::Alter { .. } | Operation::Rename { .. } => None,
    }));
    let gone = parts(operations.iter().filter_map(|operation| match operation {
        Operation::Drop { id, object } => Some((id, object)),
        Operation::Create { .. } | Operation::Alter { .. } | Operation::Rename { .. } => None,
    }));
    let mut pairs: Vec<(&ObjectId, &ObjectId)> = Vec::new();
    for (new, holds) in &made {
        // What is dropped and made again is no rename.
        let old = gone.iter().find(|(old, held)| {
            !gone.contains_key(new)
                && !made.contains_key(**old)
                && holds == *held
                && of_one(new, old)
                && !pairs.iter().any(|(_, taken)| taken == *old)
        });
        if let Some((old, _)) = old {
            pairs.push((new, old));
        }
    }
    pairs
}

/// What a table or a column holds, by the names in it.
type Holds<'a> = BTreeMap<Option<&'a Ident>, (&'a SqlType, bool)>;

/// The tables with their columns, and the columns of other tables; whether a column may hold nulls
/// counts in a table alone.
fn parts<'a>(
    objects: impl Iterator<Item = (&'a ObjectId, &'a Object)> + Clone,
) -> BTreeMap<&'a ObjectId, Holds<'a>> {
    let mut parts: BTreeMap<&ObjectId, Holds<'_>> = BTreeMap::new();
    let mut tables: BTreeMap<&QualifiedName, &ObjectId> = BTreeMap::new();
    for (id, _) in objects.clone() {
        if let ObjectId::Table(name) = id {
            tables.insert(name, id);
            parts.insert(id, Holds::new());
        }
    }
    for (id, object) in objects {
        let (ObjectId::Column { table, name }, Object::Column(column)) = (id, object) else {
            continue;
        };
        match tables.get(table) {
            Some(whole) => parts
                .entry(whole)
                .or_default()
                .insert(Some(name), (&column.sql_type, column.nullable)),
            None => parts
                .entry(id)
                .or_default()
                .insert(None, (&column.sql_type, false)),
        };
    }
    parts
}

/// Whether one can have been the other: columns of one table, or tables of one schema.
fn of_one(new: &ObjectId, old: &ObjectId) -> bool {
    match (new, old) {
        (ObjectId::Column { table: new, .. }, ObjectId::Column { table: old, .. }) => new == old,
        // Nothing is moved from one schema to another by a hint.
        (ObjectId::Table(new), ObjectId::Table(old)) => new.schema == old.schema,
        _ => false,
    }
}

/// Whether something new is something old, and how to say so.
pub(super) fn question(new: &ObjectId, old: &ObjectId, own: &Ident) -> String {
    format!(
        "is the {} `{}` what `{}` was? then say so: `#[model(renamed_from = {:?})]`",
        new.kind(),
        shown(new, own),
        shown(old, own),
        last_part(old)
    )
}

/// A table or column as its own bundle names it.
fn shown(id: &ObjectId, own: &Ident) -> String {
    let table = |name: &QualifiedName| match name.schema == *own {
        true => name.name.to_string(),
        false => name.to_string(),
    };
    match id {
        ObjectId::Table(name) => table(name),
        ObjectId::Column { table: of, name } => format!("{}.{name}", table(of)),
        other => other.to_string(),
    }
}

fn last_part(id: &ObjectId) -> String {
    match id {
        ObjectId::Column { name, .. } => name.to_string(),
        ObjectId::Table(name) => name.name.to_string(),
        other => other.to_string(),
    }
}
