//! Heirs and partitions that the models do not state follow what the models do to the columns of their parent, as
//! Postgres has them follow. That they get new columns is not said: it would have to be taken back by their names.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::lower::Declared;
use crate::schema::object::{Called, Column, NotNull, Object, ObjectId, Partition};

/// The columns of declared tables from which others have theirs, as they were.
#[derive(Default)]
pub(super) struct Parents {
    heirs: BTreeMap<QualifiedName, BTreeSet<QualifiedName>>,
    columns: BTreeMap<QualifiedName, BTreeMap<Ident, Column>>,
}

impl Parents {
    pub(super) fn read(live: &Schema, declared: &Declared) -> Self {
        let mut heirs: BTreeMap<QualifiedName, BTreeSet<QualifiedName>> = BTreeMap::new();
        for (id, object) in &live.objects {
            let (heir, parent) = match (id, object) {
                (ObjectId::Partition(heir), Object::Partition(Partition { parent, bounds: _ })) => {
                    (heir, parent)
                }
                (ObjectId::Inheritance { table, parent }, _) => (table, parent),
                _ => continue,
            };
            heirs
                .entry(parent.clone())
                .or_default()
                .insert(heir.clone());
        }
        let mut columns = BTreeMap::new();
        for table in heirs.keys() {
            if !declared
                .objects
                .contains_key(&ObjectId::Table(table.clone()))
            {
                continue;
            }
            let of_table = live.columns(table).iter().filter_map(|name| {
                let column = column(live, &of(table, name))?;
                Some((name.clone(), column.clone()))
            });
            columns.insert(table.clone(), of_table.collect());
        }
        Self { heirs, columns }
    }

    /// Lays what became of the columns over those of the heirs.
    pub(super) fn hand_down(&self, desired: &mut Schema, declared: &Declared) {
        for (table, before) in &self.columns {
            let heirs = self.below(table);
            for name in desired.columns(table).to_vec() {
                let Some(after) = column(desired, &of(table, &name)).cloned() else {
                    continue;
                };
                let is_unstated = |heir: &&QualifiedName| {
                    !declared
                        .objects
                        .contains_key(&ObjectId::Table((*heir).clone()))
                };
                let ids: Vec<ObjectId> = heirs
                    .iter()
                    .filter(is_unstated)
                    .map(|heir| of(heir, &name))
                    .collect();
                if let Some(before) = before.get(&name)
                    && *before != after
                {
                    change(desired, &ids, before, &after);
                }
            }
        }
    }

    /// All that have their columns from a table, all the way down.
    fn below(&self, table: &QualifiedName) -> BTreeSet<QualifiedName> {
        let mut found = BTreeSet::new();
        let mut reached = vec![table];
        while let Some(parent) = reached.pop() {
            for heir in self.heirs.get(parent).into_iter().flatten() {
                if found.insert(heir.clone()) {
                    reached.push(heir);
                }
            }
        }
        found
    }
}

/// What an heir says otherwise than its parent did it goes on saying: a default, and that it refuses nulls. A parent is
/// then changed alone, and the others keep what they have as well.
fn change(desired: &mut Schema, ids: &[ObjectId], before: &Column, after: &Column) {
    let heirs: Vec<&Column> = ids.iter().filter_map(|id| column(desired, id)).collect();
    let defaults =
        before.default != after.default && heirs.iter().all(|heir| heir.default == before.default);
    let refuses = before.nullable && !after.nullable && !after.not_null.no_inherit;
    let of_parent = |heir: &&Column| {
        heir.nullable || matches!(heir.not_null.called, Called::Nothing | Called::Inherited(_))
    };
    let allows = !before.nullable && after.nullable && heirs.iter().all(of_parent);
    for id in ids {
        let Some(Object::Column(heir)) = desired.objects.get_mut(id) else {
            continue;
        };
        heir.sql_type = after.sql_type.clone();
        heir.collation = after.collation.clone();
        if defaults {
            heir.default = after.default.clone();
        }
        if refuses && heir.nullable {
            heir.nullable = false;
        }
        if allows {
            heir.nullable = true;
            heir.not_null = NotNull::default();
        }
    }
}

fn of(table: &QualifiedName, name: &Ident) -> ObjectId {
    ObjectId::Column {
        table: table.clone(),
        name: name.clone(),
    }
}

fn column<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Column> {
    match schema.get(id) {
        Some(Object::Column(column)) => Some(column),
        _ => None,
    }
}
