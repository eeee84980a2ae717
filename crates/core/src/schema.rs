//! The schema wing: what a database holds, as a map of objects and the edges between them.
//!
//! Every source (models, a live database, SQL files in scratch) becomes a [`Schema`] in Postgres's
//! own spelling, so that comparing is `==`. What differs becomes [`Operation`](operation::Operation)s.
//! Nothing here knows SQL text, a connection, or a revision.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

use crate::name::{Ident, QualifiedName};

pub mod apply;
pub mod diff;
mod edges;
pub mod lower;
pub mod model;
pub mod object;
pub mod operation;
pub mod overlay;
pub mod setting;
#[cfg(feature = "snapshot")]
pub mod snapshot;
pub mod taken;
#[cfg(test)]
mod testing;

use object::Called;
use object::sequence::Logging;
pub use object::{Object, ObjectId};

/// Objects by their identity, and which of them depend on which.
///
/// Equality is about the objects alone: edges and the physical order of columns stand outside it.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// The objects.
    pub objects: BTreeMap<ObjectId, Object>,
    /// Edges beyond those that an object's own attributes state (see [`Object::requires`]): from
    /// the object that depends to what it depends on. `pg_depend` on the database side.
    pub depends: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// The physical (or declared) order of each table's columns.
    pub column_order: BTreeMap<QualifiedName, Vec<Ident>>,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            objects,
            depends: _,
            column_order: _,
        } = self;
        *objects == other.objects
    }
}

impl Eq for Schema {}

impl Schema {
    /// A schema without objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces an object; a new column comes last in its table.
    pub fn insert(&mut self, id: ObjectId, object: Object) {
        if let ObjectId::Column { table, name } = &id {
            let order = self.column_order.entry(table.clone()).or_default();
            if !order.contains(name) {
                order.push(name.clone());
            }
        }
        self.objects.insert(id, object);
    }

    /// Removes an object, its edges and its place in a column order.
    pub fn remove(&mut self, id: &ObjectId) -> Option<Object> {
        if let ObjectId::Column { table, name } = id
            && let Some(order) = self.column_order.get_mut(table)
        {
            order.retain(|column| column != name);
        }
        self.depends.remove(id);
        self.objects.remove(id)
    }

    /// What stands on an object, as far as is known: what names it, what was recorded to depend on it, the foreign
    /// keys that rest on a key.
    pub fn standing_on(&self, id: &ObjectId) -> Vec<ObjectId> {
        let edges = edges::Edges::new(self);
        let standing = edges.dependents().remove(id).unwrap_or_default();
        standing.into_iter().cloned().collect()
    }

    /// The object of an identity.
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    /// The objects of one kind: that of an identity which comes before all of them. The others are not looked at.
    pub(crate) fn of_kind(&self, least: ObjectId) -> impl Iterator<Item = (&ObjectId, &Object)> {
        let kind = discriminant(&least);
        let objects = self.objects.range(least..);
        objects.take_while(move |(id, _)| discriminant(*id) == kind)
    }

    /// Notes what a server of this version (`server_version_num`), which holds the schema, knows of its objects: that
    /// constraints which refuse nulls are called something, and that sequences are logged or not.
    pub fn held_by(&mut self, server_version: u32) {
        if server_version < 150_000 {
            return;
        }
        for object in self.objects.values_mut() {
            match object {
                Object::Column(column) if server_version >= 180_000 && !column.nullable => {
                    if let called @ Called::Nothing = &mut column.not_null.called {
                        *called = Called::Derived;
                    }
                }
                Object::Sequence(sequence) => sequence.logging = Logging::Chosen,
                _ => {}
            }
        }
    }

    /// The columns of a table in their order.
    pub fn columns(&self, table: &QualifiedName) -> &[Ident] {
        self.column_order.get(table).map_or(&[], Vec::as_slice)
    }
}
