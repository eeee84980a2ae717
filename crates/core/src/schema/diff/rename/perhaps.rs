//! Drops and creates that may be renames: somebody must say.

use std::collections::BTreeMap;

use crate::schema::Schema;
use crate::schema::diff::rename::Settled;
use crate::schema::object::{Object, ObjectId};
use crate::schema::operation::Operation;

/// Pairs of what goes and what comes that are alike in all but the name, where each of the two has no
/// other one that it is like: `(old, new)`.
pub fn perhaps(from: &Schema, to: &Schema, operations: &[Operation]) -> Vec<(ObjectId, ObjectId)> {
    let (mut dropped, mut created) = (Vec::new(), Vec::new());
    let mut pairs = Vec::new();
    for operation in operations {
        match operation {
            Operation::Drop { id, object } => dropped.push((id, object)),
            Operation::Create { id, object } => created.push((id, object)),
            Operation::Alter { id, from, to } => pairs.extend(value(id, from, to)),
            Operation::Rename { .. } => {}
        }
    }
    let comes = |id: &ObjectId| created.iter().any(|(other, _)| *other == id);
    let goes = |id: &ObjectId| dropped.iter().any(|(other, _)| *other == id);
    let mut alike: BTreeMap<String, (Vec<&ObjectId>, Vec<&ObjectId>)> = BTreeMap::new();
    for (id, object) in dropped.iter().filter(|(id, _)| !comes(id)) {
        if let Some(looks) = looks(from, id, object) {
            alike.entry(looks).or_default().0.push(id);
        }
    }
    for (id, object) in created.iter().filter(|(id, _)| !goes(id)) {
        if let Some(looks) = looks(to, id, object) {
            alike.entry(looks).or_default().1.push(id);
        }
    }
    for (old, new) in alike.into_values() {
        if let ([old], [new]) = (&old[..], &new[..])
            && same(from, to, old, new)
        {
            pairs.push(((*old).clone(), (*new).clone()));
        }
    }
    pairs.sort();
    pairs
}

/// A value of an enum in the place of another one.
fn value(id: &ObjectId, from: &Object, to: &Object) -> Option<(ObjectId, ObjectId)> {
    let (ObjectId::Enum(ty), Object::Enum(from), Object::Enum(to)) = (id, from, to) else {
        return None;
    };
    if from.values.len() != to.values.len() {
        return None;
    }
    let mut unlike = from
        .values
        .iter()
        .zip(&to.values)
        .filter(|(old, new)| old != new);
    let (old, new) = unlike.next()?;
    let only = unlike.next().is_none();
    let value = |value: &String| ObjectId::EnumValue {
        ty: ty.clone(),
        value: value.clone(),
    };
    only.then(|| (value(old), value(new)))
}

/// What an object looks like without its name; `None` for kinds that have no rename, or whose rename
/// goes without saying.
fn looks(schema: &Schema, id: &ObjectId, object: &Object) -> Option<String> {
    let within = match id {
        ObjectId::Column { table, name: _ } => table.to_string(),
        ObjectId::Function { name, arguments } | ObjectId::Procedure { name, arguments } => {
            format!("{}({arguments})", name.schema)
        }
        ObjectId::Table(table) => {
            let columns = schema.columns(table);
            let columns = columns.iter().map(|name| {
                let id = ObjectId::Column {
                    table: table.clone(),
                    name: name.clone(),
                };
                match schema.get(&id) {
                    Some(Object::Column(column)) => format!("{name} {}", column.sql_type),
                    _ => name.to_string(),
                }
            });
            let mut columns: Vec<String> = columns.collect();
            if columns.is_empty() {
                return None;
            }
            columns.sort();
            format!("{} {}", table.schema, columns.join(","))
        }
        ObjectId::Enum(name)
        | ObjectId::Sequence(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name) => name.schema.to_string(),
        _ => return None,
    };
    // A table's own attributes and columns are compared in full once there is one pair.
    let own = match object {
        Object::Table(_) => String::new(),
        // Who owns it is called otherwise, too.
        Object::Sequence(sequence) => format!("{:?} {:?}", sequence.data_type, sequence.options),
        Object::Range(range) => format!("{:?}", range.subtype),
        other => format!("{other:?}"),
    };
    Some(format!("{} {within} {own}", id.kind()))
}

/// Whether two that look alike are the same under the new name, their parts included.
fn same(from: &Schema, to: &Schema, old: &ObjectId, new: &ObjectId) -> bool {
    let ObjectId::Table(table) = new else {
        return true;
    };
    let ObjectId::Table(before) = old else {
        return false;
    };
    let settled = Settled::one(old, new);
    let columns = |schema: &Schema, of: &crate::name::QualifiedName| {
        let ids = schema.columns(of).iter().map(|name| ObjectId::Column {
            table: of.clone(),
            name: name.clone(),
        });
        ids.filter_map(|id| Some((id.clone(), schema.get(&id)?.clone())))
            .collect::<BTreeMap<_, _>>()
    };
    let carried: BTreeMap<ObjectId, Object> = columns(from, before)
        .into_iter()
        .map(|(id, mut object)| {
            settled.object(&id, &mut object);
            (settled.id(id), object)
        })
        .collect();
    from.get(old) == to.get(new)
        && carried.len() == to.columns(table).len()
        && carried
            .iter()
            .all(|(id, object)| match (object, to.get(id)) {
                // Its default may name a sequence that is called after the table.
                (Object::Column(one), Some(Object::Column(other))) => {
                    one.sql_type == other.sql_type
                        && one.nullable == other.nullable
                        && one.identity == other.identity
                        && one.generated == other.generated
                }
                _ => false,
            })
}
