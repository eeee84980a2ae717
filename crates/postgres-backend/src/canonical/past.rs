//! The live schema under the names that models give, and how it was called before.
//!
//! What a database with the old names is asked about is the text under them: it renames in it by itself.

use std::collections::BTreeMap;

use limbeck_core::schema::diff::rename::{Settled, settle};
use limbeck_core::schema::lower::{Declared, DeclaredObject};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Schema};

/// The live schema before and after the renames that models ask for.
pub(super) struct Past<'a> {
    /// As it is.
    pub(super) live: &'a Schema,
    /// Under the new names.
    pub(super) carried: Schema,
    /// From new identities to old ones, where they differ.
    old: BTreeMap<ObjectId, ObjectId>,
    /// The renamed columns of tables by their new names: from, to, in an order that can be run.
    columns: BTreeMap<QualifiedName, Vec<(Ident, Ident)>>,
}

impl<'a> Past<'a> {
    pub(super) fn new(live: &'a Schema, declared: &Declared) -> Self {
        let settled: Settled = settle(live, &declared.renames, |id| states(declared, id));
        let carried = settled.carry(live.clone());
        let mut old = BTreeMap::new();
        let mut columns: BTreeMap<QualifiedName, Vec<(Ident, Ident)>> = BTreeMap::new();
        let operations = settled.operations();
        if !operations.is_empty() {
            for before in live.objects.keys() {
                let now = settled.id(before.clone());
                if now != *before {
                    old.insert(now, before.clone());
                }
            }
        }
        for operation in operations {
            if let Operation::Rename {
                from: ObjectId::Column { table: _, name },
                to: ObjectId::Column { table, name: new },
            } = operation
            {
                columns.entry(table).or_default().push((name, new));
            }
        }
        Self {
            live,
            carried,
            old,
            columns,
        }
    }

    /// After the renames: nobody has another name any more.
    pub(super) fn over(&self) -> Past<'_> {
        Past {
            live: &self.carried,
            carried: self.carried.clone(),
            old: BTreeMap::new(),
            columns: BTreeMap::new(),
        }
    }

    /// Who an object was.
    pub(super) fn old<'b>(&'b self, id: &'b ObjectId) -> &'b ObjectId {
        self.old.get(id).unwrap_or(id)
    }

    /// The object as it is, by who it will be.
    pub(super) fn object(&self, id: &ObjectId) -> Option<&'a Object> {
        self.live.get(self.old(id))
    }

    /// The renamed columns of a table: from, to, in an order that can be run.
    pub(super) fn renamed_columns(&self, table: &QualifiedName) -> &[(Ident, Ident)] {
        self.columns.get(table).map_or(&[], Vec::as_slice)
    }
}

/// Whether models state an object; also answers for the values of their enums.
fn states(declared: &Declared, id: &ObjectId) -> bool {
    match id {
        ObjectId::EnumValue { ty, value } => matches!(
            declared.objects.get(&ObjectId::Enum(ty.clone())),
            Some(DeclaredObject::Enum(stated)) if stated.values.contains(value)
        ),
        other => declared.objects.contains_key(other),
    }
}
