//! Types and collations that must give way to others of the same name.
//!
//! A type cannot be dropped while columns are of it, and what Postgres cannot alter in it (the base
//! of a domain, the subtype of a range, what a name stands for) would have to be dropped. So the old one steps
//! aside under another name, the new one is made, whatever used the old one goes over to it, and the
//! old one is dropped. After the first step, which is a rename, all the others are an ordinary
//! difference: columns get another type, and what stands over them goes before and comes after.
//!
//! An enum is exchanged so only where something more than columns and what is over them uses it;
//! otherwise it is altered, and the exchange is the DDL's business.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, QualifiedName, derived_name};
use crate::schema::Schema;
use crate::schema::diff::rename::Settled;
use crate::schema::diff::{Change, compare};
use crate::schema::edges::is_program;
use crate::schema::object::sql_type::TYPES;
use crate::schema::object::{Enum, Object, ObjectId, Range};
use crate::schema::operation::Operation;
use crate::schema::overlay::aside;
use crate::schema::taken::{Taken, taken};

/// Operations for people, one line each. What gives way to another of its name is told as what changes in
/// it: the name that it has meanwhile is nobody's.
pub fn in_words(operations: &[Operation]) -> Vec<String> {
    let aside = aside(operations);
    let under_own_names = |id: &ObjectId, object: &Object| {
        let mut schema = Schema::new();
        schema.insert(id.clone(), object.clone());
        for (own, meanwhile) in &aside {
            schema = Settled::one(meanwhile, own).carry(schema);
        }
        schema.objects.into_values().next()
    };
    let told = operations.iter().filter_map(|operation| match operation {
        Operation::Rename { from, to: _ } if aside.contains_key(from) => None,
        Operation::Drop { id, object: _ } if aside.values().any(|aside| *aside == id) => None,
        Operation::Create { id, object } if aside.contains_key(id) => {
            let before = operations.iter().find_map(|other| match other {
                Operation::Drop { id: gone, object } => {
                    (aside.get(id) == Some(&gone)).then_some((gone, object))
                }
                _ => None,
            });
            let (gone, before) = before?;
            let altered = Operation::Alter {
                id: id.clone(),
                from: under_own_names(gone, before)?,
                to: object.clone(),
            };
            Some(altered.describe())
        }
        Operation::Alter { id, from, to } if !aside.is_empty() => {
            let from = under_own_names(id, from)?;
            (from != *to).then(|| {
                let altered = Operation::Alter {
                    id: id.clone(),
                    from,
                    to: to.clone(),
                };
                altered.describe()
            })
        }
        operation => Some(operation.describe()),
    });
    told.collect()
}

/// The schema with all that must give way aside, and the renames that put it there. Only what changes gives way.
pub(super) fn step_aside<'a>(
    from: &'a Schema,
    to: &Schema,
    changes: &BTreeMap<&ObjectId, Change>,
) -> (Cow<'a, Schema>, Vec<Operation>) {
    let mut operations = Vec::new();
    let mut renames = renames(from, to, changes);
    let mut from = Cow::Borrowed(from);
    // What is over a type that steps aside may have to do so, too.
    loop {
        if renames.is_empty() {
            return (from, operations);
        }
        for (old, new) in renames {
            let settled = Settled::one(&old, &new);
            operations.extend(settled.operations());
            from = Cow::Owned(settled.carry(from.into_owned()));
        }
        renames = self::renames(&from, to, &compare(&from, to));
    }
}

fn renames(
    from: &Schema,
    to: &Schema,
    changes: &BTreeMap<&ObjectId, Change>,
) -> Vec<(ObjectId, ObjectId)> {
    let mut renames = Vec::new();
    let mut names: Option<BTreeSet<Taken>> = None;
    for id in changes.keys().copied() {
        let Some(object) = from.get(id).filter(|object| is_exchangeable(object)) else {
            continue;
        };
        // A multirange type is renamed like any other type.
        if let (Object::Range(present), Some(Object::Range(wanted))) = (object, to.get(id))
            && same_but_multirange(present, wanted)
            && let (Some(old), Some(new)) = (&present.multirange, &wanted.multirange)
            && old != new
        {
            renames.push((
                ObjectId::Multirange(old.clone()),
                ObjectId::Multirange(new.clone()),
            ));
            continue;
        }
        if !gives_way(id, object, from, to) {
            continue;
        }
        let names = names.get_or_insert_with(|| {
            let objects = from.objects.iter().chain(&to.objects);
            objects.flat_map(|(id, object)| taken(id, object)).collect()
        });
        let mut aside = |name: &QualifiedName| {
            let aside = free(name, names, |name| {
                let id = renamed(id, name.clone());
                from.objects.contains_key(&id) || to.objects.contains_key(&id)
            });
            names.insert(Taken::Type(aside.clone()));
            aside
        };
        if let Object::Range(Range {
            multirange: Some(multirange),
            ..
        }) = object
        {
            renames.push((
                ObjectId::Multirange(multirange.clone()),
                ObjectId::Multirange(aside(multirange)),
            ));
        }
        if let Some(name) = name_of(id) {
            renames.push((id.clone(), renamed(id, aside(name))));
        }
    }
    renames
}

/// Whether an object is of a kind that is used by its name and cannot always be altered.
fn is_exchangeable(object: &Object) -> bool {
    matches!(
        object,
        Object::Enum(_)
            | Object::Domain(_)
            | Object::Composite(_)
            | Object::Range(_)
            | Object::Collation(_)
    )
}

fn name_of(id: &ObjectId) -> Option<&QualifiedName> {
    match id {
        ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Collation(name) => Some(name),
        _ => None,
    }
}

fn renamed(id: &ObjectId, name: QualifiedName) -> ObjectId {
    match id {
        ObjectId::Enum(_) => ObjectId::Enum(name),
        ObjectId::Domain(_) => ObjectId::Domain(name),
        ObjectId::Composite(_) => ObjectId::Composite(name),
        ObjectId::Range(_) => ObjectId::Range(name),
        ObjectId::Collation(_) => ObjectId::Collation(name),
        other => other.clone(),
    }
}

/// A name for the old one that nothing has.
fn free(
    name: &QualifiedName,
    names: &BTreeSet<Taken>,
    is_there: impl Fn(&QualifiedName) -> bool,
) -> QualifiedName {
    let bare = |label: &str| -> Ident { derived_name(name.name.as_str(), None, label) };
    let labels = (1_usize..).map(|number| format!("old{number}"));
    std::iter::once("old".to_owned())
        .chain(labels)
        .map(|label| QualifiedName::new(name.schema.clone(), bare(&label)))
        .find(|name| {
            !names.contains(&Taken::Type(name.clone()))
                && !names.contains(&Taken::Relation(name.clone()))
                && !is_there(name)
        })
        .unwrap_or_else(|| name.clone())
}

/// Whether an object of `from` must make room for another one that is called the same.
fn gives_way(id: &ObjectId, object: &Object, from: &Schema, to: &Schema) -> bool {
    match (object, to.get(id)) {
        (Object::Enum(present), Some(Object::Enum(wanted))) => {
            present != wanted
                && if only_adds(present, wanted) {
                    names_new_values(present, wanted, from, to)
                        && is_used_widely(id, from, to, true)
                } else {
                    is_used_widely(id, from, to, false)
                }
        }
        (Object::Domain(present), Some(Object::Domain(wanted))) => {
            (present.base != wanted.base || present.collation != wanted.collation)
                && is_used(id, from, to)
        }
        (Object::Composite(present), Some(Object::Composite(wanted))) => {
            present.retypes(wanted) && is_stored(id, from, to)
        }
        (Object::Range(present), Some(Object::Range(wanted))) => {
            present != wanted && is_used(id, from, to)
        }
        (Object::Collation(present), Some(Object::Collation(wanted))) => {
            present != wanted && is_used(id, from, to)
        }
        // Its name is that of a type of another kind.
        (_, None) if !matches!(object, Object::Collation(_)) => {
            let name = name_of(id);
            let other = name.is_some_and(|name| {
                TYPES
                    .iter()
                    .any(|as_id| to.objects.contains_key(&as_id(name.clone())))
            });
            other && is_used(id, from, to)
        }
        _ => false,
    }
}

fn same_but_multirange(one: &Range, other: &Range) -> bool {
    let same = Range {
        multirange: other.multirange.clone(),
        ..one.clone()
    };
    same == *other
}

/// Whether an object needs another one in a schema, by its attributes or as recorded.
fn needs(schema: &Schema, user: &ObjectId, object: &Object, id: &ObjectId) -> bool {
    let recorded = schema.depends.get(user);
    recorded.is_some_and(|needed| needed.contains(id)) || object.requires(user).contains(id)
}

/// What needs an object in `from`. What is part of it goes with it and does not count.
fn present_users<'a>(
    id: &'a ObjectId,
    from: &'a Schema,
) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
    let is_part = move |user: &ObjectId| match user {
        ObjectId::Comment(_) | ObjectId::Owner(_) | ObjectId::Grant { .. } => true,
        ObjectId::DomainConstraint { domain, name: _ } => *id == ObjectId::Domain(domain.clone()),
        user => user == id,
    };
    from.objects
        .iter()
        .filter(move |(user, object)| !is_part(user) && needs(from, user, object, id))
}

/// Whether an object of `from` is in `to` as well and there needs what then bears the name, of whatever
/// kind that is.
fn will_use(user: &ObjectId, id: &ObjectId, to: &Schema) -> bool {
    let Some(wanted) = to.get(user) else {
        return false;
    };
    match name_of(id) {
        Some(name) if !matches!(id, ObjectId::Collation(_)) => TYPES
            .iter()
            .any(|as_id| needs(to, user, wanted, &as_id(name.clone()))),
        _ => needs(to, user, wanted, id),
    }
}

/// What needs an object in `from`, and in `to` still needs what then bears the name.
fn users<'a>(
    id: &'a ObjectId,
    from: &'a Schema,
    to: &'a Schema,
) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
    present_users(id, from).filter(move |(user, _)| will_use(user, id, to))
}

/// Whether the old one could not simply go before the new one comes: it is used, and something that
/// stays uses the new one.
fn is_used(id: &ObjectId, from: &Schema, to: &Schema) -> bool {
    present_users(id, from).next().is_some()
        && from.objects.keys().any(|user| {
            !matches!(
                user,
                ObjectId::Comment(_)
                    | ObjectId::Owner(_)
                    | ObjectId::Grant { .. }
                    | ObjectId::DomainConstraint { .. }
            ) && will_use(user, id, to)
        })
}

/// Whether values of a type are stored: in columns of it, or in values of types over it.
fn is_stored(id: &ObjectId, from: &Schema, to: &Schema) -> bool {
    users(id, from, to).any(|(user, object)| match object {
        Object::Column(_) => true,
        Object::Domain(_) | Object::Composite(_) | Object::Range(_) => is_stored(user, from, to),
        _ => false,
    })
}

/// Whether a type has other users than columns and what is rebuilt with them; or something stands over
/// a column of it that is not. What holds queries or code goes and comes back where an enum loses
/// values, and stays where it only gets some: it counts if `programs`.
fn is_used_widely(id: &ObjectId, from: &Schema, to: &Schema, programs: bool) -> bool {
    let of_type = |object: &Object| {
        matches!(
            object,
            Object::Column(_) | Object::Constraint(_) | Object::Index(_)
        ) || !programs && is_program(object)
    };
    let is_rebuilt = |object: &Object| {
        of_type(object)
            || matches!(
                object,
                Object::Statistics(_)
                    | Object::ReplicaIdentity(_)
                    | Object::Cluster(_)
                    | Object::Comment(_)
                    | Object::Owner(_)
                    | Object::Grant(_)
                    | Object::Sequence(_)
            )
    };
    if users(id, from, to).any(|(_, object)| !of_type(object)) {
        return true;
    }
    let columns: BTreeSet<&ObjectId> = users(id, from, to)
        .filter(|(_, object)| matches!(object, Object::Column(_)))
        .map(|(user, _)| user)
        .collect();
    from.objects.iter().any(|(user, object)| {
        let recorded = from.depends.get(user).into_iter().flatten();
        !is_rebuilt(object)
            && to.objects.contains_key(user)
            && recorded
                .chain(&object.requires(user))
                .any(|needed| columns.contains(needed))
    })
}

/// Whether all values of an enum are in the other one, in the same order.
fn only_adds(from: &Enum, to: &Enum) -> bool {
    let mut values = to.values.iter();
    from.values
        .iter()
        .all(|value| values.any(|other| other == value))
}

/// Whether something that comes or changes names a value that is new: it could not be used in the
/// transaction that adds it.
fn names_new_values(present: &Enum, wanted: &Enum, from: &Schema, to: &Schema) -> bool {
    let new: Vec<&String> = wanted
        .values
        .iter()
        .filter(|value| !present.values.contains(value))
        .collect();
    to.objects
        .iter()
        .filter(|(id, object)| from.get(id) != Some(*object))
        .any(|(_, object)| new.iter().any(|value| object.names_value(value)))
}
