//! Declared constraints and indexes, and which of the live ones each of them is.
//!
//! One that states its name is the live one of that name. One without a name is the live one that
//! is the same in all but the name, those of base first; a key without a name is then the live key
//! over the same columns. What is left gets the derived name: if a generated revision made what
//! bears it, that is replaced; if somebody else did, the next number is taken.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::name::{Ident, MAX_NAME_BYTES, QualifiedName};
use crate::schema::Schema;
use crate::schema::lower::{Declared, DeclaredConstraint, DeclaredIndex, DeclaredObject};
use crate::schema::object::{Constraint, ConstraintKind, Index, Object, ObjectId};
use crate::schema::overlay::{Known, lay, removal};
use crate::schema::taken::{Taken, taken};

/// What came of laying them over.
pub(super) struct Laid {
    /// Who the declared ones are.
    pub(super) claimed: BTreeSet<ObjectId>,
    /// Primary keys that gave way to a declared one.
    pub(super) displaced: BTreeSet<ObjectId>,
    /// Foreign keys that have no key to rest on any more.
    pub(super) orphans: Vec<ObjectId>,
}

/// One that models declare.
#[derive(Clone, Copy)]
enum Stated<'a> {
    Constraint(&'a DeclaredConstraint),
    Index(&'a DeclaredIndex),
}

/// Lays constraints and indexes over.
pub(super) fn lay_over(desired: &mut Schema, base: &Known<'_>, declared: &Declared) -> Laid {
    let mut stated: BTreeMap<&QualifiedName, Vec<(&ObjectId, Stated<'_>)>> = BTreeMap::new();
    for (id, object) in &declared.objects {
        let (table, object) = match (id, object) {
            (ObjectId::Constraint { table, .. }, DeclaredObject::Constraint(constraint)) => {
                (table, Stated::Constraint(constraint))
            }
            (_, DeclaredObject::Index(index)) => (&index.index.table, Stated::Index(index)),
            _ => continue,
        };
        stated.entry(table).or_default().push((id, object));
    }
    let mut live: BTreeMap<QualifiedName, Vec<ObjectId>> = BTreeMap::new();
    for (id, object) in &desired.objects {
        let table = match (id, object) {
            (ObjectId::Constraint { table, .. }, _) => table,
            (_, Object::Index(index)) => &index.table,
            _ => continue,
        };
        if stated.contains_key(table) {
            live.entry(table.clone()).or_default().push(id.clone());
        }
    }

    let mut names = None;
    let mut claimed = BTreeSet::new();
    let mut displaced = BTreeSet::new();
    let mut changed = Vec::new();
    for (table, stated) in stated {
        let live = live.remove(table).unwrap_or_default();
        let who = identify((desired, base, declared), &live, &stated, &mut names);
        for ((_, stated), id) in stated.iter().zip(&who) {
            let object = match stated {
                Stated::Constraint(stated) => Object::Constraint(constraint(desired, id, stated)),
                Stated::Index(stated) => Object::Index(index(desired, base, id, stated)),
            };
            if is_primary(&object) {
                displaced.extend(
                    live.iter()
                        .filter(|other| *other != id)
                        .filter(|other| desired.get(other).is_some_and(is_primary))
                        .cloned(),
                );
            }
            if desired.get(id) != Some(&object) {
                changed.push((id.clone(), object));
            }
        }
        claimed.extend(who);
    }
    displaced.retain(|id| !claimed.contains(id));
    let restable = removal::restable(desired, &changed);
    for (id, object) in changed {
        lay(desired, id, object);
    }
    Laid {
        orphans: removal::orphans(desired, &restable, &claimed),
        claimed,
        displaced,
    }
}

fn is_primary(object: &Object) -> bool {
    matches!(
        object,
        Object::Constraint(Constraint {
            kind: ConstraintKind::PrimaryKey(_),
            ..
        })
    )
}

/// Who each of a table's declared ones is, in their order.
fn identify(
    (desired, base, declared): (&Schema, &Known<'_>, &Declared),
    live: &[ObjectId],
    stated: &[(&ObjectId, Stated<'_>)],
    names: &mut Option<HashSet<Taken>>,
) -> Vec<ObjectId> {
    let mut who: Vec<Option<ObjectId>> = stated
        .iter()
        .map(|(id, stated)| is_named(*stated).then(|| (*id).clone()))
        .collect();
    let mut claimed: BTreeSet<ObjectId> = who.iter().flatten().cloned().collect();
    for matches in [same, same_key] {
        for (slot, (derived, stated)) in who.iter_mut().zip(stated) {
            if slot.is_some() {
                continue;
            }
            let fits = |id: &&ObjectId| {
                !claimed.contains(*id)
                    && desired
                        .get(id)
                        .is_some_and(|object| matches(object, *stated))
            };
            let best = live.iter().filter(fits).min_by_key(|id| {
                let foreign = !base.schema.objects.contains_key(id);
                (foreign, *id != *derived, *id)
            });
            if let Some(best) = best {
                claimed.insert(best.clone());
                *slot = Some(best.clone());
            }
        }
    }
    who.into_iter()
        .zip(stated)
        .map(|(slot, (derived, stated))| {
            let id = slot.unwrap_or_else(|| {
                let ours = base.generated.contains(derived) && !claimed.contains(derived);
                if ours && live.contains(derived) {
                    return (*derived).clone();
                }
                let names = names.get_or_insert_with(|| names_of(desired, declared));
                let id = free(desired, derived, *stated, &claimed, names);
                names.extend(taken(&id, &as_object(*stated)));
                id
            });
            claimed.insert(id.clone());
            id
        })
        .collect()
}

/// All names that are in use or that models insist on.
pub(super) fn names_of(desired: &Schema, declared: &Declared) -> HashSet<Taken> {
    let stated = declared.objects.iter().map(|(id, object)| match object {
        DeclaredObject::Constraint(stated) if stated.named => {
            taken(id, &as_object(Stated::Constraint(stated)))
        }
        DeclaredObject::Index(stated) if stated.named => {
            taken(id, &as_object(Stated::Index(stated)))
        }
        _ => Vec::new(),
    });
    let live = desired.objects.iter().map(|(id, object)| taken(id, object));
    stated.chain(live).flatten().collect()
}

/// The derived name, numbered where somebody has it.
fn free(
    desired: &Schema,
    derived: &ObjectId,
    stated: Stated<'_>,
    claimed: &BTreeSet<ObjectId>,
    names: &HashSet<Taken>,
) -> ObjectId {
    let object = as_object(stated);
    let is_free = |id: &ObjectId| {
        !claimed.contains(id)
            && !desired.objects.contains_key(id)
            && !taken(id, &object).iter().any(|name| names.contains(name))
    };
    let numbered = (1_u32..).map(|number| with_number(derived, number));
    std::iter::once(derived.clone())
        .chain(numbered)
        .find(|id| is_free(id))
        .unwrap_or_else(|| derived.clone())
}

/// The derived name of something that bears no other, numbered where somebody has it.
pub(super) fn free_among(derived: &ObjectId, object: &Object, names: &HashSet<Taken>) -> ObjectId {
    let numbered = (1_u32..).map(|number| with_number(derived, number));
    std::iter::once(derived.clone())
        .chain(numbered)
        .find(|id| !taken(id, object).iter().any(|name| names.contains(name)))
        .unwrap_or_else(|| derived.clone())
}

fn with_number(derived: &ObjectId, number: u32) -> ObjectId {
    let numbered = |name: &Ident| {
        let digits = number.to_string();
        let end = name
            .as_str()
            .floor_char_boundary(MAX_NAME_BYTES - digits.len());
        Ident::new(format!("{}{digits}", &name.as_str()[..end])).unwrap_or_else(|_| name.clone())
    };
    match derived {
        ObjectId::Constraint { table, name } => ObjectId::Constraint {
            table: table.clone(),
            name: numbered(name),
        },
        ObjectId::Index(QualifiedName { schema, name }) => {
            ObjectId::Index(QualifiedName::new(schema.clone(), numbered(name)))
        }
        ObjectId::Sequence(QualifiedName { schema, name }) => {
            ObjectId::Sequence(QualifiedName::new(schema.clone(), numbered(name)))
        }
        other => other.clone(),
    }
}

fn is_named(stated: Stated<'_>) -> bool {
    match stated {
        Stated::Constraint(constraint) => constraint.named,
        Stated::Index(index) => index.named,
    }
}

fn as_object(stated: Stated<'_>) -> Object {
    match stated {
        Stated::Constraint(stated) => Object::Constraint(stated.constraint.clone()),
        Stated::Index(stated) => Object::Index(stated.index.clone()),
    }
}

/// Whether a live one is the declared one, but for its name and what may follow.
fn same(live: &Object, stated: Stated<'_>) -> bool {
    match (live, stated) {
        (Object::Constraint(live), Stated::Constraint(stated)) => {
            let validated = live.validated;
            *live
                == Constraint {
                    validated,
                    ..following(live, &stated.constraint)
                }
        }
        (Object::Index(live), Stated::Index(stated)) => *live == over(live, stated),
        _ => false,
    }
}

/// Whether a live key is over the columns of a declared one: a table's keys are always stated, so
/// it is that key, and what differs is to change. A table has one primary key.
fn same_key(live: &Object, stated: Stated<'_>) -> bool {
    let (Object::Constraint(live), Stated::Constraint(stated)) = (live, stated) else {
        return false;
    };
    match (&live.kind, &stated.constraint.kind) {
        (ConstraintKind::PrimaryKey(_), ConstraintKind::PrimaryKey(_)) => true,
        (ConstraintKind::Unique(live), ConstraintKind::Unique(stated)) => {
            live.columns == stated.columns
        }
        (ConstraintKind::ForeignKey(live), ConstraintKind::ForeignKey(stated)) => {
            live.columns == stated.columns
                && live.references == stated.references
                && live.referenced_columns == stated.referenced_columns
        }
        _ => false,
    }
}

/// A declared constraint; `NOT VALID` is about its beginning, so one that is valid stays so.
fn constraint(desired: &Schema, id: &ObjectId, stated: &DeclaredConstraint) -> Constraint {
    let stated = match desired.get(id) {
        Some(Object::Constraint(live)) => &following(live, &stated.constraint),
        _ => &stated.constraint,
    };
    match desired.get(id) {
        Some(Object::Constraint(live)) if live.validated => {
            let valid = Constraint {
                validated: true,
                ..stated.clone()
            };
            if *live == valid {
                valid
            } else {
                stated.clone()
            }
        }
        _ => stated.clone(),
    }
}

/// A declared constraint with what live says of its index, for which a model has no words.
fn following(live: &Constraint, stated: &Constraint) -> Constraint {
    Constraint {
        kind: stated.kind.with_settings_of(&live.kind),
        ..stated.clone()
    }
}

/// A declared index; storage parameters that are unsaid follow live, but for those that live has
/// because they were stated once.
fn index(desired: &Schema, base: &Known<'_>, id: &ObjectId, stated: &DeclaredIndex) -> Index {
    let Some(Object::Index(live)) = desired.get(id) else {
        return stated.index.clone();
    };
    let mut index = over(live, stated);
    if let (false, Some(Object::Index(made))) = (stated.storage_said, base.stated(id)) {
        index
            .storage
            .retain(|name, value| made.storage.get(name) != Some(value));
    }
    index
}

fn over(live: &Index, stated: &DeclaredIndex) -> Index {
    let DeclaredIndex {
        index,
        named: _,
        storage_said,
    } = stated;
    // A model has no words for these.
    let unsaid = Index {
        tablespace: live.tablespace.clone(),
        statistics: if index.elements == live.elements {
            live.statistics.clone()
        } else {
            index.statistics.clone()
        },
        ..index.clone()
    };
    if *storage_said {
        unsaid
    } else {
        Index {
            storage: live.storage.clone(),
            ..unsaid
        }
    }
}
