//! Renames: which hints apply to a schema, and the schema carried over them.
//!
//! A renamed object takes along everything that is known by its name: a table its columns,
//! constraints and comments, the indexes on it, the foreign keys to it, the sequences that it
//! owns. Names that Postgres once derived from the old name (`posts_pkey`) stay what they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, QualifiedName, derived_name};
use crate::schema::Schema;
use crate::schema::diff::{Change, Renames, heritage};
use crate::schema::object::{Object, ObjectId};
use crate::schema::operation::Operation;
use crate::schema::taken::{Taken, taken};

mod carry;
mod namespace;
mod perhaps;
mod said;

pub use perhaps::perhaps;
pub use said::{RenameHint, resolve};

/// The schema with the hints that apply carried out; a hint applies as [`Renames`] says, where
/// `wanted` tells whether the new object is to be.
pub fn carry(schema: &Schema, renames: &Renames, wanted: impl Fn(&ObjectId) -> bool) -> Schema {
    settle(schema, renames, wanted).carry(schema.clone())
}

/// The hints for the way back from `to` to `from`: those that apply on the way there, turned around, and
/// no other. What has an old name by now is another object: it steps aside first, under a name that
/// nothing has; those names come second.
pub(super) fn back(from: &Schema, to: &Schema, renames: &Renames) -> (Renames, BTreeSet<ObjectId>) {
    let there = settle(from, renames, |id| holds(to, id)).stated.by_new;
    let mut back: BTreeMap<ObjectId, ObjectId> = there
        .iter()
        .map(|(new, old)| (old.clone(), new.clone()))
        .collect();
    let mut aside = BTreeSet::new();
    for (new, old) in &there {
        let place = beside(new, old).filter(|place| holds(to, place) && !there.contains_key(place));
        if let Some(place) = place
            && let Some(free) = free(old, &place, from, to)
        {
            aside.insert(free.clone());
            back.insert(free, place);
        }
    }
    (Renames { by_new: back }, aside)
}

/// What may hold rows or be what they are of, under the name of `old` where `new` is.
fn beside(new: &ObjectId, old: &ObjectId) -> Option<ObjectId> {
    match (new, old) {
        (ObjectId::Column { table, .. }, ObjectId::Column { name, .. }) => Some(ObjectId::Column {
            table: table.clone(),
            name: name.clone(),
        }),
        (ObjectId::EnumValue { ty, .. }, ObjectId::EnumValue { value, .. }) => {
            Some(ObjectId::EnumValue {
                ty: ty.clone(),
                value: value.clone(),
            })
        }
        (ObjectId::Attribute { ty, .. }, ObjectId::Attribute { name, .. }) => {
            Some(ObjectId::Attribute {
                ty: ty.clone(),
                name: name.clone(),
            })
        }
        (_, ObjectId::Table(_) | ObjectId::Sequence(_) | ObjectId::Enum(_))
        | (_, ObjectId::Domain(_) | ObjectId::Composite(_) | ObjectId::Range(_)) => {
            Some(old.clone())
        }
        // Others are dropped and made again.
        _ => None,
    }
}

/// A name like that of `old` for what is `place` in `to`; neither schema has it.
fn free(old: &ObjectId, place: &ObjectId, from: &Schema, to: &Schema) -> Option<ObjectId> {
    let used: BTreeSet<Taken> = [from, to]
        .iter()
        .flat_map(|schema| &schema.objects)
        .flat_map(|(id, object)| taken(id, object))
        .collect();
    let labels = (1_usize..).map(|number| format!("old{number}"));
    std::iter::once("old".to_owned())
        .chain(labels)
        .map_while(|label| labelled(old, &label))
        .find(|free| {
            let needs = to.get(place).map(|object| taken(free, object));
            [from, to].iter().all(|schema| !holds(schema, free))
                && needs.iter().flatten().all(|name| !used.contains(name))
        })
}

/// Whether it is one of the names that [`back`] gave, or that of the same column of an heir.
pub(super) fn is_aside(id: &ObjectId, aside: &BTreeSet<ObjectId>) -> bool {
    aside.contains(id)
        || matches!(id, ObjectId::Column { name, .. } if aside.iter().any(
            |other| matches!(other, ObjectId::Column { name: other, .. } if other == name)))
}

/// The identity with a label behind its name.
fn labelled(id: &ObjectId, label: &str) -> Option<ObjectId> {
    let behind = |name: &str| derived_name(name, None, label);
    let mut labelled = id.clone();
    match &mut labelled {
        ObjectId::Column { name, .. } | ObjectId::Attribute { name, .. } => {
            *name = behind(name.as_str());
        }
        ObjectId::EnumValue { value, .. } => *value = behind(value).as_str().to_owned(),
        ObjectId::Table(name)
        | ObjectId::Sequence(name)
        | ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name) => name.name = behind(name.name.as_str()),
        _ => return None,
    }
    Some(labelled)
}

/// Whether a schema has an object; also answers for the values of its enums.
pub fn holds(schema: &Schema, id: &ObjectId) -> bool {
    match id {
        ObjectId::EnumValue { ty, value } => matches!(
            schema.get(&ObjectId::Enum(ty.clone())),
            Some(Object::Enum(present)) if present.values.contains(value)
        ),
        ObjectId::Attribute { ty, name } => matches!(
            schema.get(&ObjectId::Composite(ty.clone())),
            Some(Object::Composite(present)) if present.attribute(name).is_some()
        ),
        ObjectId::Multirange(name) => schema.objects.values().any(|object| {
            matches!(object, Object::Range(range) if range.multirange.as_ref() == Some(name))
        }),
        ObjectId::Namespace(_)
        | ObjectId::Enum(_)
        | ObjectId::Sequence(_)
        | ObjectId::Table(_)
        | ObjectId::Column { .. }
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
 | ObjectId::AccessMethod(_) => schema.objects.contains_key(id),
    }
}

/// The renames that go without saying: of constraints, indexes and policies that are dropped while their table
/// gets one that is the same in all but the name. Nothing is checked or built again for those.
pub(crate) fn implied(
    from: &Schema,
    to: &Schema,
    changes: &BTreeMap<&ObjectId, Change>,
) -> Renames {
    let part = |schema: &Schema, id: &ObjectId| {
        let table = match (id, schema.get(id)?) {
            (ObjectId::Constraint { table, .. } | ObjectId::Policy { table, .. }, _) => {
                table.clone()
            }
            (_, Object::Index(index)) => index.table.clone(),
            _ => return None,
        };
        Some(table)
    };
    let mut dropped: BTreeMap<QualifiedName, Vec<&ObjectId>> = BTreeMap::new();
    for (id, _) in changes
        .iter()
        .filter(|(_, change)| **change == Change::Drop)
    {
        if let Some(table) = part(from, id) {
            dropped.entry(table).or_default().push(id);
        }
    }
    let mut renames = Renames::default();
    if dropped.is_empty() {
        return renames;
    }
    for (id, _) in changes
        .iter()
        .filter(|(_, change)| **change == Change::Create)
    {
        let dropped = part(to, id).and_then(|table| dropped.get_mut(&table));
        let Some(dropped) = dropped else { continue };
        if let Some(at) = dropped.iter().position(|old| from.get(old) == to.get(id)) {
            renames
                .by_new
                .insert((*id).clone(), dropped.remove(at).clone());
        }
    }
    renames
}

/// Renames that apply to one schema, in an order in which each can be carried out, and all of them
/// as one substitution of names. The names on the left are those before any rename.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    operations: Vec<Operation>,
    /// The hints that apply: new identities to old ones, in the names before any rename.
    stated: Renames,
    tables: BTreeMap<QualifiedName, QualifiedName>,
    types: BTreeMap<QualifiedName, QualifiedName>,
    sequences: BTreeMap<QualifiedName, QualifiedName>,
    indexes: BTreeMap<QualifiedName, QualifiedName>,
    columns: BTreeMap<QualifiedName, BTreeMap<Ident, Ident>>,
    constraints: BTreeMap<QualifiedName, BTreeMap<Ident, Ident>>,
    values: BTreeMap<QualifiedName, BTreeMap<String, String>>,
    attributes: BTreeMap<QualifiedName, BTreeMap<Ident, Ident>>,
    domain_constraints: BTreeMap<QualifiedName, BTreeMap<Ident, Ident>>,
    collations: BTreeMap<QualifiedName, QualifiedName>,
    statistics: BTreeMap<QualifiedName, QualifiedName>,
    policies: BTreeMap<QualifiedName, BTreeMap<Ident, Ident>>,
    /// Functions, procedures and aggregates.
    routines: BTreeMap<ObjectId, ObjectId>,
    namespaces: BTreeMap<Ident, Ident>,
    publications: BTreeMap<Ident, Ident>,
    search_parsers: BTreeMap<QualifiedName, QualifiedName>,
    search_templates: BTreeMap<QualifiedName, QualifiedName>,
    search_dictionaries: BTreeMap<QualifiedName, QualifiedName>,
    search_configurations: BTreeMap<QualifiedName, QualifiedName>,
    operator_families: BTreeMap<(Ident, QualifiedName), QualifiedName>,
    operator_classes: BTreeMap<(Ident, QualifiedName), QualifiedName>,
    conversions: BTreeMap<QualifiedName, QualifiedName>,
    languages: BTreeMap<Ident, Ident>,
}

impl Settled {
    /// The renames as operations; a column is named under its table's new name.
    pub fn operations(&self) -> Vec<Operation> {
        self.operations.clone()
    }

    /// A single rename, of a schema in which it is known to apply.
    pub fn one(from: &ObjectId, to: &ObjectId) -> Self {
        let mut settled = Self::default();
        settled.take(from, to);
        settled.operations.push(Operation::Rename {
            from: from.clone(),
            to: to.clone(),
        });
        settled
    }

    /// Notes a substitution; `old` is in the names before any rename.
    fn take(&mut self, old: &ObjectId, new: &ObjectId) {
        match (old, new) {
            (ObjectId::Namespace(old), ObjectId::Namespace(new)) => {
                self.namespaces.insert(old.clone(), new.clone());
            }
            (ObjectId::Function { .. }, ObjectId::Function { .. })
            | (ObjectId::Procedure { .. }, ObjectId::Procedure { .. })
            | (ObjectId::Aggregate { .. }, ObjectId::Aggregate { .. }) => {
                self.routines.insert(old.clone(), new.clone());
            }
            (ObjectId::Table(old), ObjectId::Table(new)) => {
                self.tables.insert(old.clone(), new.clone());
            }
            (ObjectId::Enum(old), ObjectId::Enum(new))
            | (ObjectId::Domain(old), ObjectId::Domain(new))
            | (ObjectId::Composite(old), ObjectId::Composite(new))
            | (ObjectId::Range(old), ObjectId::Range(new))
            | (ObjectId::Multirange(old), ObjectId::Multirange(new)) => {
                self.types.insert(old.clone(), new.clone());
            }
            (ObjectId::Collation(old), ObjectId::Collation(new)) => {
                self.collations.insert(old.clone(), new.clone());
            }
            (ObjectId::Statistics(old), ObjectId::Statistics(new)) => {
                self.statistics.insert(old.clone(), new.clone());
            }
            (ObjectId::SearchParser(old), ObjectId::SearchParser(new)) => {
                self.search_parsers.insert(old.clone(), new.clone());
            }
            (ObjectId::SearchTemplate(old), ObjectId::SearchTemplate(new)) => {
                self.search_templates.insert(old.clone(), new.clone());
            }
            (ObjectId::SearchDictionary(old), ObjectId::SearchDictionary(new)) => {
                self.search_dictionaries.insert(old.clone(), new.clone());
            }
            (ObjectId::SearchConfiguration(old), ObjectId::SearchConfiguration(new)) => {
                self.search_configurations.insert(old.clone(), new.clone());
            }
            (
                ObjectId::OperatorFamily { name, method },
                ObjectId::OperatorFamily { name: new, .. },
            ) => {
                let old = (method.clone(), name.clone());
                self.operator_families.insert(old, new.clone());
            }
            (
                ObjectId::OperatorClass { name, method },
                ObjectId::OperatorClass { name: new, .. },
            ) => {
                let old = (method.clone(), name.clone());
                self.operator_classes.insert(old, new.clone());
            }
            (ObjectId::Conversion(old), ObjectId::Conversion(new)) => {
                self.conversions.insert(old.clone(), new.clone());
            }
            (ObjectId::Language(old), ObjectId::Language(new)) => {
                self.languages.insert(old.clone(), new.clone());
            }
            (ObjectId::Publication(old), ObjectId::Publication(new)) => {
                self.publications.insert(old.clone(), new.clone());
            }
            (ObjectId::Attribute { ty, name }, ObjectId::Attribute { name: new, .. }) => {
                self.attributes
                    .entry(ty.clone())
                    .or_default()
                    .insert(name.clone(), new.clone());
            }
            (
                ObjectId::DomainConstraint { domain, name },
                ObjectId::DomainConstraint { name: new, .. },
            ) => {
                self.domain_constraints
                    .entry(domain.clone())
                    .or_default()
                    .insert(name.clone(), new.clone());
            }
            (ObjectId::Sequence(old), ObjectId::Sequence(new)) => {
                self.sequences.insert(old.clone(), new.clone());
            }
            (ObjectId::Index(old), ObjectId::Index(new)) => {
                self.indexes.insert(old.clone(), new.clone());
            }
            (ObjectId::Column { table, name }, ObjectId::Column { name: new, .. }) => {
                self.columns
                    .entry(table.clone())
                    .or_default()
                    .insert(name.clone(), new.clone());
            }
            (ObjectId::Constraint { table, name }, ObjectId::Constraint { name: new, .. }) => {
                self.constraints
                    .entry(table.clone())
                    .or_default()
                    .insert(name.clone(), new.clone());
            }
            (ObjectId::Policy { table, name }, ObjectId::Policy { name: new, .. }) => {
                self.policies
                    .entry(table.clone())
                    .or_default()
                    .insert(name.clone(), new.clone());
            }
            (ObjectId::EnumValue { ty, value }, ObjectId::EnumValue { value: new, .. }) => {
                self.values
                    .entry(ty.clone())
                    .or_default()
                    .insert(value.clone(), new.clone());
            }
            _ => {}
        }
    }
}

/// A hint that may apply.
struct Hint<'a> {
    /// Who it is, in the names before any rename.
    old: ObjectId,
    /// Whose place it takes, in the names before any rename of what it is part of.
    place: ObjectId,
    /// Who it is when its turn comes: under the new name of what it is part of.
    from: ObjectId,
    /// Who it will be.
    to: &'a ObjectId,
}

/// Finds the hints that apply to a schema.
///
/// Tables, types, sequences and indexes come first, then what is part of them. Hints may form a
/// chain (`b` was `a` and `c` was `b`): each round settles those whose new name is free by then.
pub fn settle(schema: &Schema, renames: &Renames, wanted: impl Fn(&ObjectId) -> bool) -> Settled {
    let implied = heritage::hints(schema, renames);
    let stated = &renames.by_new;
    let renames = implied.as_ref().unwrap_or(renames);
    let mut settled = Settled::default();
    for (new, old) in &renames.by_new {
        let (ObjectId::Namespace(_), ObjectId::Namespace(_)) = (new, old) else {
            continue;
        };
        if new != old && holds(schema, old) && !holds(schema, new) && wanted(new) {
            settled.take(old, new);
            settled.stated.by_new.insert(new.clone(), old.clone());
            settled.operations.push(Operation::Rename {
                from: old.clone(),
                to: new.clone(),
            });
        }
    }
    let spread = settled.spread(schema);
    settled = spread;
    let mut names = Names::new(schema);
    for parts in [false, true] {
        let mut hints: Vec<Hint<'_>> = renames
            .by_new
            .iter()
            .filter(|(new, _)| is_part(new) == parts)
            .filter_map(|(new, old)| hint(&settled, renames, new, old))
            .filter(|hint| holds(schema, &hint.old) && wanted(hint.to))
            .collect();
        // A parent's column first: it takes along those of its heirs.
        hints.sort_by_key(|hint| !stated.contains_key(hint.to));
        loop {
            let before = hints.len();
            hints.retain(|hint| {
                let applies = names.give(hint);
                if applies {
                    settled.take(&hint.old, hint.to);
                    if stated.contains_key(hint.to) {
                        let (new, old) = (hint.to.clone(), hint.old.clone());
                        settled.stated.by_new.insert(new, old);
                    }
                    let (from, to) = (hint.from.clone(), hint.to.clone());
                    settled.operations.push(Operation::Rename { from, to });
                }
                !applies
            });
            if hints.len() == before {
                break;
            }
        }
    }
    settled
}

/// Whether an object is part of another one, under whose name it is known.
fn is_part(id: &ObjectId) -> bool {
    match id {
        ObjectId::Column { .. } | ObjectId::Constraint { .. } | ObjectId::EnumValue { .. } => true,
        ObjectId::Attribute { .. } | ObjectId::DomainConstraint { .. } => true,
        ObjectId::Policy { .. } => true,
        ObjectId::Owner(_) | ObjectId::Grant { .. } | ObjectId::DefaultPrivileges(_) => false,
        ObjectId::Namespace(_)
        | ObjectId::Enum(_)
        | ObjectId::Sequence(_)
        | ObjectId::Table(_)
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
        | ObjectId::Composite(_)
        | ObjectId::Range(_)
        | ObjectId::Multirange(_)
        | ObjectId::Collation(_)
        | ObjectId::ReplicaIdentity(_)
        | ObjectId::Cluster(_)
        | ObjectId::Typed(_)
        | ObjectId::Statistics(_)
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
        | ObjectId::AccessMethod(_) => false,
    }
}

/// Reads a hint in the names before any rename; `None` where it is none that can be carried out.
fn hint<'a>(
    settled: &Settled,
    renames: &Renames,
    to: &'a ObjectId,
    old: &ObjectId,
) -> Option<Hint<'a>> {
    let whole = |old: &QualifiedName, new: &QualifiedName| old.schema == new.schema && old != new;
    // What holds the part: its name before any rename, if it is the one the hint speaks of. The
    // holder's own hint may have been carried out long ago, while the part's has not.
    let holder = |settled: &BTreeMap<QualifiedName, QualifiedName>,
                  new: &QualifiedName,
                  old: &QualifiedName,
                  id: fn(QualifiedName) -> ObjectId| {
        let hinted = || renames.by_new.get(&id(new.clone())) == Some(&id(old.clone()));
        let before = settled.iter().find(|(_, renamed)| *renamed == new);
        match before {
            Some((before, _)) => Some(before),
            // What had this name has another one now, and this one is new.
            None if settled.contains_key(new) => None,
            None => Some(new),
        }
        .filter(|_| new == old || hinted())
        .cloned()
    };
    match (to, old) {
        (ObjectId::Table(new), ObjectId::Table(before))
        | (ObjectId::Enum(new), ObjectId::Enum(before))
        | (ObjectId::Sequence(new), ObjectId::Sequence(before))
        | (ObjectId::Index(new), ObjectId::Index(before))
        | (ObjectId::Domain(new), ObjectId::Domain(before))
        | (ObjectId::Composite(new), ObjectId::Composite(before))
        | (ObjectId::Range(new), ObjectId::Range(before))
        | (ObjectId::Multirange(new), ObjectId::Multirange(before))
        | (ObjectId::Collation(new), ObjectId::Collation(before))
        | (ObjectId::Statistics(new), ObjectId::Statistics(before))
        | (ObjectId::SearchParser(new), ObjectId::SearchParser(before))
        | (ObjectId::SearchTemplate(new), ObjectId::SearchTemplate(before))
        | (ObjectId::SearchDictionary(new), ObjectId::SearchDictionary(before))
        | (ObjectId::SearchConfiguration(new), ObjectId::SearchConfiguration(before))
        | (ObjectId::Conversion(new), ObjectId::Conversion(before)) => {
            whole(before, new).then(|| Hint {
                old: old.clone(),
                place: to.clone(),
                from: old.clone(),
                to,
            })
        }
        (
            ObjectId::Function { name, arguments },
            ObjectId::Function {
                name: before,
                arguments: same,
            },
        )
        | (
            ObjectId::Procedure { name, arguments },
            ObjectId::Procedure {
                name: before,
                arguments: same,
            },
        )
        | (
            ObjectId::Aggregate { name, arguments },
            ObjectId::Aggregate {
                name: before,
                arguments: same,
            },
        ) => (whole(before, name) && arguments == same).then(|| Hint {
            old: old.clone(),
            place: to.clone(),
            from: old.clone(),
            to,
        }),
        (
            ObjectId::OperatorFamily { name: new, method },
            ObjectId::OperatorFamily {
                name: before,
                method: same,
            },
        )
        | (
            ObjectId::OperatorClass { name: new, method },
            ObjectId::OperatorClass {
                name: before,
                method: same,
            },
        ) => (method == same && whole(before, new)).then(|| Hint {
            old: old.clone(),
            place: to.clone(),
            from: old.clone(),
            to,
        }),
        (ObjectId::Publication(new), ObjectId::Publication(before))
        | (ObjectId::Language(new), ObjectId::Language(before)) => (new != before).then(|| Hint {
            old: old.clone(),
            place: to.clone(),
            from: old.clone(),
            to,
        }),
        (
            ObjectId::Column { table, name },
            ObjectId::Column {
                table: old_table,
                name: old_name,
            },
        ) if name != old_name => {
            let holder = holder(&settled.tables, table, old_table, ObjectId::Table)?;
            Some(Hint {
                old: ObjectId::Column {
                    table: holder.clone(),
                    name: old_name.clone(),
                },
                place: ObjectId::Column {
                    table: holder,
                    name: name.clone(),
                },
                from: ObjectId::Column {
                    table: table.clone(),
                    name: old_name.clone(),
                },
                to,
            })
        }
        (
            ObjectId::Constraint { table, name },
            ObjectId::Constraint {
                table: old_table,
                name: old_name,
            },
        ) if name != old_name => {
            let holder = holder(&settled.tables, table, old_table, ObjectId::Table)?;
            Some(Hint {
                old: ObjectId::Constraint {
                    table: holder.clone(),
                    name: old_name.clone(),
                },
                place: ObjectId::Constraint {
                    table: holder,
                    name: name.clone(),
                },
                from: ObjectId::Constraint {
                    table: table.clone(),
                    name: old_name.clone(),
                },
                to,
            })
        }
        (
            ObjectId::Policy { table, name },
            ObjectId::Policy {
                table: old_table,
                name: old_name,
            },
        ) if name != old_name => {
            let holder = holder(&settled.tables, table, old_table, ObjectId::Table)?;
            let policy = |table: &QualifiedName, name: &Ident| ObjectId::Policy {
                table: table.clone(),
                name: name.clone(),
            };
            Some(Hint {
                old: policy(&holder, old_name),
                place: policy(&holder, name),
                from: policy(table, old_name),
                to,
            })
        }
        (
            ObjectId::EnumValue { ty, value },
            ObjectId::EnumValue {
                ty: old_ty,
                value: old_value,
            },
        ) if value != old_value => {
            let holder = holder(&settled.types, ty, old_ty, ObjectId::Enum)?;
            Some(Hint {
                old: ObjectId::EnumValue {
                    ty: holder.clone(),
                    value: old_value.clone(),
                },
                place: ObjectId::EnumValue {
                    ty: holder,
                    value: value.clone(),
                },
                from: ObjectId::EnumValue {
                    ty: ty.clone(),
                    value: old_value.clone(),
                },
                to,
            })
        }
        (
            ObjectId::Attribute { ty, name },
            ObjectId::Attribute {
                ty: old_ty,
                name: old_name,
            },
        ) if name != old_name => {
            let holder = holder(&settled.types, ty, old_ty, ObjectId::Composite)?;
            let attribute = |ty: &QualifiedName, name: &Ident| ObjectId::Attribute {
                ty: ty.clone(),
                name: name.clone(),
            };
            Some(Hint {
                old: attribute(&holder, old_name),
                place: attribute(&holder, name),
                from: attribute(ty, old_name),
                to,
            })
        }
        (
            ObjectId::DomainConstraint { domain, name },
            ObjectId::DomainConstraint {
                domain: old_domain,
                name: old_name,
            },
        ) if name != old_name => {
            let holder = holder(&settled.types, domain, old_domain, ObjectId::Domain)?;
            let constraint = |domain: &QualifiedName, name: &Ident| ObjectId::DomainConstraint {
                domain: domain.clone(),
                name: name.clone(),
            };
            Some(Hint {
                old: constraint(&holder, old_name),
                place: constraint(&holder, name),
                from: constraint(domain, old_name),
                to,
            })
        }
        _ => None,
    }
}

/// Which names are in use while one rename after the other is carried out.
struct Names<'a> {
    schema: &'a Schema,
    /// Read when the first hint asks.
    taken: Option<BTreeSet<Taken>>,
    left: BTreeSet<ObjectId>,
    filled: BTreeSet<ObjectId>,
}

impl<'a> Names<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            taken: None,
            left: BTreeSet::new(),
            filled: BTreeSet::new(),
        }
    }

    /// Gives an object its new name if that is free.
    fn give(&mut self, hint: &Hint<'_>) -> bool {
        let Hint {
            old,
            place,
            from: _,
            to,
        } = hint;
        let free = (!holds(self.schema, place) || self.left.contains(place))
            && !self.filled.contains(place)
            && !self.left.contains(old);
        if !free {
            return false;
        }
        if let Some(object) = self.schema.get(old) {
            let taken_names = self.taken.get_or_insert_with(|| {
                self.schema
                    .objects
                    .iter()
                    .flat_map(|(id, object)| taken(id, object))
                    .collect()
            });
            let needs = taken(to, object);
            let gives = taken(old, object);
            let hindered = |name: &Taken| taken_names.contains(name) && !gives.contains(name);
            if needs.iter().any(hindered) {
                return false;
            }
            for name in &gives {
                taken_names.remove(name);
            }
            taken_names.extend(needs);
        }
        self.left.insert(old.clone());
        self.filled.insert(place.clone());
        true
    }
}
