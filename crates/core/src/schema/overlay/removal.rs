//! What goes from the desired schema, and what goes or stays with it.
//!
//! Tables and columns that go take along what is over them, whoever made it: Postgres would. All
//! else that goes stays after all where something that remains needs it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::edges::{Edges, key_columns};
use crate::schema::object::{Column, Constraint, ConstraintKind, Object, ObjectId};

/// Removes the columns and keys that are `gone`, and of the `unwanted` tables and what nothing
/// needs.
pub(super) fn remove(schema: &mut Schema, gone: BTreeSet<ObjectId>, unwanted: BTreeSet<ObjectId>) {
    let unwanted: BTreeSet<ObjectId> = unwanted
        .into_iter()
        .filter(|id| schema.objects.contains_key(id))
        .collect();
    if gone.is_empty() && unwanted.is_empty() {
        return;
    }
    let (removed, released) = {
        let edges = Edges::new(schema);
        let dependents = edges.dependents();
        let mut removed = gone;
        let mut soft = BTreeSet::new();
        for id in unwanted {
            match id {
                ObjectId::Table(_) => {
                    removed.insert(id);
                }
                // Columns go where their table's model lacks them, and nowhere else.
                ObjectId::Column { .. } | ObjectId::EnumValue { .. } => {}
                ObjectId::Namespace(_)
                | ObjectId::Enum(_)
                | ObjectId::Sequence(_)
                | ObjectId::Constraint { .. }
                | ObjectId::Index(_)
                | ObjectId::Comment(_) => {
                    soft.insert(id);
                }
            }
        }
        let keys = Keys::read(schema);
        let released = take_along(schema, &dependents, &keys, &mut removed);
        spare(schema, &dependents, &keys, &removed, &mut soft);
        removed.extend(soft);
        let comments: Vec<ObjectId> = removed
            .iter()
            .map(|id| ObjectId::Comment(Box::new(id.clone())))
            .filter(|id| schema.objects.contains_key(id))
            .collect();
        removed.extend(comments);
        (removed, released)
    };
    for id in &removed {
        schema.remove(id);
        if let ObjectId::Table(table) = id {
            schema.column_order.remove(table);
        }
    }
    for id in &released {
        if let Some(Object::Sequence(sequence)) = schema.objects.get_mut(id) {
            sequence.owned_by = None;
        }
    }
    for needed in schema.depends.values_mut() {
        needed.retain(|id| !removed.contains(id));
    }
}

/// Adds what cannot stand without the tables, columns and keys that go. Returns the sequences that
/// lose their owner and stay, since others count by them.
fn take_along(
    schema: &Schema,
    dependents: &HashMap<&ObjectId, Vec<&ObjectId>>,
    keys: &Keys<'_>,
    removed: &mut BTreeSet<ObjectId>,
) -> Vec<ObjectId> {
    let owned = schema.sequence_owners();
    let mut reached: Vec<ObjectId> = removed.iter().cloned().collect();
    let mut sequences = BTreeSet::new();
    while let Some(id) = reached.pop() {
        sequences.extend(owned.get(&id).into_iter().flatten());
        for dependent in dependents.get(&id).into_iter().flatten() {
            let goes = match (&id, schema.get(dependent)) {
                (ObjectId::Table(_), Some(Object::Column(_)))
                | (_, Some(Object::Index(_) | Object::Comment(_))) => true,
                (_, Some(Object::Constraint(_))) => {
                    !keys.another(schema, dependent, &id, |key| removed.contains(key))
                }
                (ObjectId::Column { .. }, Some(Object::Column(Column { generated, .. }))) => {
                    generated.is_some()
                }
                _ => false,
            };
            if goes && removed.insert((*dependent).clone()) {
                reached.push((*dependent).clone());
            }
        }
    }
    let mut released = Vec::new();
    for sequence in sequences {
        let users = dependents.get(sequence).into_iter().flatten();
        let stays = users
            .filter(|user| !matches!(user, ObjectId::Comment(_)))
            .any(|user| !removed.contains(*user));
        if stays {
            released.push(sequence.clone());
        } else {
            removed.insert(sequence.clone());
        }
    }
    released
}

/// Takes out of the unwanted what something that remains needs.
fn spare(
    schema: &Schema,
    dependents: &HashMap<&ObjectId, Vec<&ObjectId>>,
    keys: &Keys<'_>,
    removed: &BTreeSet<ObjectId>,
    unwanted: &mut BTreeSet<ObjectId>,
) {
    loop {
        let needed: Vec<ObjectId> = unwanted
            .iter()
            .filter(|id| {
                let goes = |id: &ObjectId| removed.contains(id) || unwanted.contains(id);
                let users = dependents.get(id).into_iter().flatten();
                users
                    .filter(|user| !matches!(user, ObjectId::Comment(_)) && !goes(user))
                    .any(|user| !keys.another(schema, user, id, goes))
            })
            .cloned()
            .collect();
        if needed.is_empty() {
            return;
        }
        for id in &needed {
            unwanted.remove(id);
        }
    }
}

/// The keys that foreign keys may rest on, by their identity.
struct Keys<'a> {
    by_table: BTreeMap<&'a QualifiedName, Vec<(&'a ObjectId, BTreeSet<&'a Ident>)>>,
}

impl<'a> Keys<'a> {
    fn read(schema: &'a Schema) -> Self {
        let mut by_table: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, object) in &schema.objects {
            if let Some((table, columns)) = key_columns(id, object) {
                by_table.entry(table).or_default().push((id, columns));
            }
        }
        Self { by_table }
    }

    /// Whether one of these is a key, and the user a foreign key on it that finds another one.
    fn another(
        &self,
        schema: &Schema,
        user: &ObjectId,
        key: &ObjectId,
        goes: impl Fn(&ObjectId) -> bool,
    ) -> bool {
        let Some(Object::Constraint(Constraint {
            kind: ConstraintKind::ForeignKey(foreign_key),
            ..
        })) = schema.get(user)
        else {
            return false;
        };
        let wanted = foreign_key.referenced_columns.iter().collect();
        let keys = self.by_table.get(&foreign_key.references);
        let keys = || keys.into_iter().flatten();
        keys().any(|(id, _)| *id == key)
            && keys().any(|(id, columns)| *id != key && *columns == wanted && !goes(id))
    }
}
