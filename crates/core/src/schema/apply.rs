//! Operations carried out on a schema, as strictly as Postgres would.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, ErrorKind, Result};
use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::rename::{Settled, holds};
use crate::schema::edges::{foreign_key, is_program, key_columns, owner};
use crate::schema::object::sql_type::TYPES;
use crate::schema::object::{ForeignKey, Object, ObjectId};
use crate::schema::operation::Operation;
use crate::schema::taken::{Taken, taken};

/// Carries out operations one after the other.
///
/// # Errors
/// At the first operation that cannot be: what it creates is there, what it drops or alters is not
/// or is otherwise than the operation says, what it needs is not there yet, something still needs
/// what it drops, or a name is taken. What came before it has been carried out by then.
pub fn apply(schema: &mut Schema, operations: &[Operation]) -> Result<()> {
    carry_out(schema, operations, true)
}

/// The same for operations that were turned around, one by one: what is added in place was under
/// the eyes of views then, and is taken away so.
#[cfg(test)]
pub(crate) fn apply_backwards(schema: &mut Schema, operations: &[Operation]) -> Result<()> {
    carry_out(schema, operations, false)
}

fn carry_out(schema: &mut Schema, operations: &[Operation], forwards: bool) -> Result<()> {
    let mut state = State::read(schema);
    state.forwards = forwards;
    state
        .known
        .extend(operations.iter().map(|operation| operation.id().clone()));
    for operation in operations {
        state.step(schema, operation).map_err(|reason| {
            Error::new(
                ErrorKind::Drift,
                format!("cannot {}: {reason}", operation.describe()),
            )
        })?;
    }
    Ok(())
}

/// What is kept up to date beside the schema.
#[derive(Default)]
struct State {
    /// All objects that there are at one time or another; what is not among them is none of ours.
    known: BTreeSet<ObjectId>,
    dependents: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    taken: BTreeMap<Taken, ObjectId>,
    /// For each table the keys that foreign keys may rest on.
    keys: BTreeMap<QualifiedName, BTreeMap<ObjectId, BTreeSet<Ident>>>,
    owned: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// Whether the operations go the way that they were made for.
    forwards: bool,
}

impl State {
    fn read(schema: &Schema) -> Self {
        let mut state = Self::default();
        state.known.extend(schema.objects.keys().cloned());
        for (id, object) in &schema.objects {
            state.add(schema, id, object);
        }
        state
    }

    fn step(&mut self, schema: &mut Schema, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Create { id, object } => {
                if schema.objects.contains_key(id) {
                    return Err("it is there already".to_owned());
                }
                self.check_names(id, id, object)?;
                self.check_needs(schema, id, object)?;
                schema.insert(id.clone(), object.clone());
                self.add(schema, id, object);
            }
            Operation::Drop { id, object } => {
                check_is(schema, id, object)?;
                self.remove(schema, id, object);
                self.check_unneeded(schema, id, object)?;
                schema.remove(id);
            }
            Operation::Alter { id, from, to } => {
                check_is(schema, id, from)?;
                self.check_unread(schema, id, from, to)?;
                self.remove(schema, id, from);
                schema.depends.remove(id);
                self.check_needs(schema, id, to)?;
                schema.insert(id.clone(), to.clone());
                self.add(schema, id, to);
            }
            Operation::Rename { from, to } => {
                if !holds(schema, from) {
                    return Err(format!("{from} is not there"));
                }
                if holds(schema, to) {
                    return Err(format!("{to} is there already"));
                }
                if let Some(object) = schema.get(from) {
                    self.check_names(from, to, object)?;
                }
                *schema = Settled::one(from, to).carry(std::mem::take(schema));
                let known = std::mem::take(&mut self.known);
                let forwards = self.forwards;
                *self = Self::read(schema);
                self.forwards = forwards;
                self.known.extend(known);
            }
        }
        Ok(())
    }

    /// Whether the names are free that an object takes up as `id`; those that it holds as `own` are.
    fn check_names(&self, own: &ObjectId, id: &ObjectId, object: &Object) -> Result<(), String> {
        match taken(id, object)
            .iter()
            .find_map(|name| self.taken.get(name).filter(|holder| *holder != own))
        {
            Some(holder) => Err(format!("{holder} has its name")),
            None => Ok(()),
        }
    }

    fn check_needs(&self, schema: &Schema, id: &ObjectId, object: &Object) -> Result<(), String> {
        let owner = owner(object);
        // A type's name may be that of one kind or another.
        let stood_in_for = |needed: &ObjectId| match needed {
            ObjectId::Enum(name)
            | ObjectId::Domain(name)
            | ObjectId::Composite(name)
            | ObjectId::Range(name)
            | ObjectId::Table(name) => TYPES
                .iter()
                .any(|as_id| schema.objects.contains_key(&as_id(name.clone()))),
            _ => false,
        };
        let missing = |needed: &&ObjectId| {
            self.known.contains(*needed)
                && !schema.objects.contains_key(*needed)
                && !stood_in_for(needed)
        };
        if let Some(needed) = object.requires(id).iter().chain(&owner).find(missing) {
            return Err(format!("{needed} is not there"));
        }
        match foreign_key(object) {
            Some(foreign_key) if !self.has_key(schema, foreign_key) => {
                Err(format!("no key of {} fits", foreign_key.references))
            }
            _ => Ok(()),
        }
    }

    /// A column keeps its type, and an enum its values, while a view or code is over it.
    fn check_unread(
        &self,
        schema: &Schema,
        id: &ObjectId,
        from: &Object,
        to: &Object,
    ) -> Result<(), String> {
        let read: Vec<&ObjectId> = match (from, to) {
            (Object::Column(from), Object::Column(to))
                if from.sql_type != to.sql_type || from.collation != to.collation =>
            {
                vec![id]
            }
            (Object::Enum(from), Object::Enum(to)) if self.forwards && from.is_exchanged(to) => {
                let dependents = self.dependents.get(id).into_iter().flatten();
                dependents.chain([id]).collect()
            }
            _ => return Ok(()),
        };
        let mut over = read
            .into_iter()
            .filter_map(|id| self.dependents.get(id))
            .flatten();
        match over.find(|over| schema.get(over).is_some_and(is_program)) {
            Some(program) => Err(format!("{program} is over it")),
            None => Ok(()),
        }
    }

    /// Called when the object is out of the books, but still in the schema.
    fn check_unneeded(
        &self,
        schema: &Schema,
        id: &ObjectId,
        object: &Object,
    ) -> Result<(), String> {
        let owned = self.owned.get(id).into_iter().flatten();
        if let Some(dependent) = self
            .dependents
            .get(id)
            .into_iter()
            .flatten()
            .chain(owned)
            .next()
        {
            return Err(format!("{dependent} needs it"));
        }
        let Some((table, columns)) = key_columns(id, object) else {
            return Ok(());
        };
        let column = columns.first().map(|name| ObjectId::Column {
            table: table.clone(),
            name: (*name).clone(),
        });
        for dependent in column
            .iter()
            .filter_map(|id| self.dependents.get(id))
            .flatten()
        {
            let Some(foreign_key) = schema.get(dependent).and_then(foreign_key) else {
                continue;
            };
            if foreign_key.references == *table && !self.has_key(schema, foreign_key) {
                return Err(format!("{dependent} rests on it"));
            }
        }
        Ok(())
    }

    /// Whether there is a key for a foreign key to rest on; a table that is not there is none of
    /// ours.
    fn has_key(&self, schema: &Schema, foreign_key: &ForeignKey) -> bool {
        let ForeignKey {
            references,
            referenced_columns,
            ..
        } = foreign_key;
        let wanted: BTreeSet<Ident> = referenced_columns.iter().cloned().collect();
        !schema
            .objects
            .contains_key(&ObjectId::Table(references.clone()))
            || self
                .keys
                .get(references)
                .is_some_and(|keys| keys.values().any(|key| *key == wanted))
    }

    fn add(&mut self, schema: &Schema, id: &ObjectId, object: &Object) {
        let recorded = schema.depends.get(id).into_iter().flatten().cloned();
        for needed in object.requires(id).into_iter().chain(recorded) {
            if needed != *id {
                self.dependents
                    .entry(needed)
                    .or_default()
                    .insert(id.clone());
            }
        }
        if let Some(owner) = owner(object) {
            self.owned.entry(owner).or_default().insert(id.clone());
        }
        self.taken
            .extend(taken(id, object).into_iter().map(|name| (name, id.clone())));
        if let Some((table, columns)) = key_columns(id, object) {
            let columns = columns.into_iter().cloned().collect();
            self.keys
                .entry(table.clone())
                .or_default()
                .insert(id.clone(), columns);
        }
    }

    fn remove(&mut self, schema: &Schema, id: &ObjectId, object: &Object) {
        let recorded = schema.depends.get(id).into_iter().flatten().cloned();
        for needed in object.requires(id).into_iter().chain(recorded) {
            if let Some(dependents) = self.dependents.get_mut(&needed) {
                dependents.remove(id);
            }
        }
        if let Some(owned) = owner(object).and_then(|owner| self.owned.get_mut(&owner)) {
            owned.remove(id);
        }
        for name in taken(id, object) {
            self.taken.remove(&name);
        }
        if let Some((table, _)) = key_columns(id, object)
            && let Some(keys) = self.keys.get_mut(table)
        {
            keys.remove(id);
        }
    }
}

fn check_is(schema: &Schema, id: &ObjectId, object: &Object) -> Result<(), String> {
    match schema.get(id) {
        None => Err("it is not there".to_owned()),
        Some(present) if present != object => Err("it is not what it was".to_owned()),
        Some(_) => Ok(()),
    }
}
