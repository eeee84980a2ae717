//! What goes from the desired schema, and what goes or stays with it.
//!
//! Tables and columns that go take along what is over them, whoever made it: Postgres would. All
//! else that goes stays after all where something that remains needs it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::edges::{Edges, foreign_key, key_columns};
use crate::schema::object::{Column, ForeignKey, Object, ObjectId};

/// Removes the columns and keys that are `gone`, and of the `unwanted` tables and what nothing
/// needs. Columns that are `kept` stop being computed instead of going with what they are computed
/// from.
pub(super) fn remove(
    schema: &mut Schema,
    gone: BTreeSet<ObjectId>,
    unwanted: BTreeSet<ObjectId>,
    kept: impl Fn(&ObjectId) -> bool,
) {
    let unwanted: BTreeSet<ObjectId> = unwanted
        .into_iter()
        .filter(|id| schema.objects.contains_key(id))
        .collect();
    if gone.is_empty() && unwanted.is_empty() {
        return;
    }
    let (removed, Left { sequences, columns }) = {
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
                ObjectId::Attribute { .. } | ObjectId::Multirange(_) => {}
                ObjectId::Namespace(_)
                | ObjectId::Enum(_)
                | ObjectId::Sequence(_)
                | ObjectId::Constraint { .. }
                | ObjectId::Index(_)
                | ObjectId::Comment(_)
                | ObjectId::View(_)
                | ObjectId::MaterializedView(_)
                | ObjectId::Rule { .. }
                | ObjectId::Function { .. }
                | ObjectId::Procedure { .. }
                | ObjectId::Aggregate { .. }
                | ObjectId::Trigger { .. }
                | ObjectId::EventTrigger(_)
                | ObjectId::Extension(_)
                | ObjectId::Domain(_)
                | ObjectId::DomainConstraint { .. }
                | ObjectId::Composite(_)
                | ObjectId::Range(_)
                | ObjectId::Collation(_)
                | ObjectId::ReplicaIdentity(_)
                | ObjectId::Cluster(_)
                | ObjectId::Typed(_)
                | ObjectId::Statistics(_)
                | ObjectId::Policy { .. }
                | ObjectId::Owner(_)
                | ObjectId::Grant { .. }
                | ObjectId::DefaultPrivileges(_)
                | ObjectId::Partition(_)
                | ObjectId::Inheritance { .. }
                | ObjectId::Attached { .. }
                | ObjectId::Wrapper(_)
                | ObjectId::Server(_)
                | ObjectId::UserMapping { .. }
                | ObjectId::Publication(_)
                | ObjectId::PublicationTable { .. }
                | ObjectId::PublicationSchema { .. }
                | ObjectId::Subscription(_)
                | ObjectId::SearchParser(_)
                | ObjectId::SearchTemplate(_)
                | ObjectId::SearchDictionary(_)
                | ObjectId::SearchConfiguration(_)
                | ObjectId::Operator { .. }
                | ObjectId::OperatorFamily { .. }
                | ObjectId::OperatorClass { .. }
                | ObjectId::FamilyMember { .. }
                | ObjectId::Cast { .. }
                | ObjectId::Conversion(_)
                | ObjectId::Language(_)
                | ObjectId::AccessMethod(_) => {
                    soft.insert(id);
                }
            }
        }
        let keys = Keys::read(schema);
        let left = take_along(schema, &dependents, &keys, &mut removed, kept);
        spare(schema, &dependents, &keys, &removed, &mut soft);
        removed.extend(soft);
        let said: Vec<ObjectId> = removed
            .iter()
            .flat_map(|id| schema.said_of(id))
            .cloned()
            .collect();
        removed.extend(said);
        (removed, left)
    };
    for id in &removed {
        schema.remove(id);
        if let ObjectId::Table(table) = id {
            schema.column_order.remove(table);
        }
    }
    for id in &sequences {
        if let Some(Object::Sequence(sequence)) = schema.objects.get_mut(id) {
            sequence.owned_by = None;
        }
    }
    for id in &columns {
        if let Some(Object::Column(column)) = schema.objects.get_mut(id) {
            column.generated = None;
        }
    }
    for needed in schema.depends.values_mut() {
        needed.retain(|id| !removed.contains(id));
    }
}

/// Whether it is only said of something, and goes when that goes.
fn is_said(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Comment(_) | ObjectId::Owner(_) | ObjectId::Grant { .. }
    )
}

/// The foreign keys that have a key to rest on now, where one of the objects that are to change is
/// a key.
pub(super) fn restable(schema: &Schema, changed: &[(ObjectId, Object)]) -> Vec<ObjectId> {
    let is_key = |id: &ObjectId| {
        schema
            .get(id)
            .is_some_and(|object| key_columns(id, object).is_some())
    };
    if !changed.iter().any(|(id, _)| is_key(id)) {
        return Vec::new();
    }
    let keys = Keys::read(schema);
    let rests = |object: &Object| foreign_key(object).is_some_and(|key| keys.has(key));
    let restable = schema.objects.iter().filter(|(_, object)| rests(object));
    restable.map(|(id, _)| id.clone()).collect()
}

/// Those of them that have none any more and that no model states: there is nothing left for them
/// to rest on.
pub(super) fn orphans(
    schema: &Schema,
    restable: &[ObjectId],
    claimed: &BTreeSet<ObjectId>,
) -> Vec<ObjectId> {
    if restable.is_empty() {
        return Vec::new();
    }
    let keys = Keys::read(schema);
    let rests = |id: &ObjectId| {
        schema
            .get(id)
            .and_then(foreign_key)
            .is_some_and(|key| keys.has(key))
    };
    let orphans = restable
        .iter()
        .filter(|id| !claimed.contains(*id) && !rests(id));
    orphans.cloned().collect()
}

/// What stays without what it stood on.
#[derive(Default)]
struct Left {
    /// Sequences that lose their owner, since others count by them.
    sequences: Vec<ObjectId>,
    /// Columns that are no longer computed.
    columns: Vec<ObjectId>,
}

/// Adds what cannot stand without the tables, columns and keys that go.
fn take_along(
    schema: &Schema,
    dependents: &HashMap<&ObjectId, Vec<&ObjectId>>,
    keys: &Keys<'_>,
    removed: &mut BTreeSet<ObjectId>,
    kept: impl Fn(&ObjectId) -> bool,
) -> Left {
    let mut left = Left::default();
    let owned = schema.sequence_owners();
    let mut reached: Vec<ObjectId> = removed.iter().cloned().collect();
    let mut sequences = BTreeSet::new();
    while let Some(id) = reached.pop() {
        sequences.extend(owned.get(&id).into_iter().flatten());
        for dependent in dependents.get(&id).into_iter().flatten() {
            let goes = match (&id, schema.get(dependent)) {
                (ObjectId::Table(table), Some(Object::Column(column))) => {
                    dependent.table() == Some(table) || !is_of_another(schema, column, removed)
                }
                (_, Some(Object::Index(_) | Object::Comment(_))) => true,
                // As Postgres does; only a column of theirs it would not let go.
                (
                    ObjectId::Table(_),
                    Some(Object::Trigger(_) | Object::Rule(_) | Object::Policy(_)),
                ) => true,
                // One that says who may do what stays while its object does.
                (ObjectId::Owner(_), Some(Object::Grant(_))) => false,
                (_, Some(Object::Owner(_) | Object::Grant(_))) => true,
                (_, Some(Object::Statistics(_) | Object::Typed(_))) => true,
                (_, Some(Object::ReplicaIdentity(_) | Object::Cluster(_))) => true,
                (ObjectId::Table(_), Some(Object::PublicationTable(_))) => true,
                (_, Some(Object::Constraint(_))) => {
                    !keys.another(schema, dependent, &id, |key| removed.contains(key))
                }
                (ObjectId::Column { .. }, Some(Object::Column(Column { generated, .. })))
                    if generated.is_some() =>
                {
                    if kept(dependent) {
                        left.columns.push((*dependent).clone());
                    }
                    !kept(dependent)
                }
                _ => false,
            };
            if goes && removed.insert((*dependent).clone()) {
                reached.push((*dependent).clone());
            }
        }
    }
    for sequence in sequences {
        let users = dependents.get(sequence).into_iter().flatten();
        let stays = users
            .filter(|user| !is_said(user))
            .any(|user| !removed.contains(*user));
        if stays {
            left.sequences.push(sequence.clone());
        } else {
            removed.insert(sequence.clone());
        }
    }
    left
}

/// Whether the name of a column's type, which a table that goes has, too, is that of a type that stays: the
/// model's column is of that one from now on.
fn is_of_another(schema: &Schema, column: &Column, removed: &BTreeSet<ObjectId>) -> bool {
    let mut types = column.sql_type.requires().into_iter();
    types.any(|ty| schema.objects.contains_key(&ty) && !removed.contains(&ty))
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
                    .filter(|user| !is_said(user) && !goes(user))
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

    /// Whether there is a key for a foreign key.
    fn has(&self, foreign_key: &ForeignKey) -> bool {
        let wanted = foreign_key.referenced_columns.iter().collect();
        let keys = self.by_table.get(&foreign_key.references);
        keys.into_iter()
            .flatten()
            .any(|(_, columns)| *columns == wanted)
    }

    /// Whether one of these is a key, and the user a foreign key on it that finds another one.
    fn another(
        &self,
        schema: &Schema,
        user: &ObjectId,
        key: &ObjectId,
        goes: impl Fn(&ObjectId) -> bool,
    ) -> bool {
        let Some(foreign_key) = schema.get(user).and_then(foreign_key) else {
            return false;
        };
        let wanted = foreign_key.referenced_columns.iter().collect();
        let keys = self.by_table.get(&foreign_key.references);
        let keys = || keys.into_iter().flatten();
        keys().any(|(id, _)| *id == key)
            && keys().any(|(id, columns)| *id != key && *columns == wanted && !goes(id))
    }
}
