//! The operations of changes, before they are in order. Most changes are one; some are split.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::Schema;
use crate::schema::diff::{Change, parting};
use crate::schema::edges::{Edges, is_called, is_type, owner};
use crate::schema::object::{Column, Domain, Object, ObjectId, Sequence, SqlType, Wrapper};
use crate::schema::operation::Operation;

/// One operation on its way to its place.
pub(in crate::schema::diff) struct Node<'a> {
    pub(in crate::schema::diff) id: &'a ObjectId,
    pub(in crate::schema::diff) step: Step,
    pub(in crate::schema::diff) operation: Operation,
}

/// What an operation is in the order. One object may be in several: dropped and created again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::schema::diff) enum Step {
    /// A sequence is taken from the column that owns it, or a column gives up its counter.
    Release,
    Drop,
    Alter,
    Create,
    /// A sequence is given to a column.
    Own,
}

/// The operations of the changes; most are one, a replaced object has two.
pub(super) fn nodes<'a>(
    from: &'a Schema,
    to: &'a Schema,
    changes: &BTreeMap<&'a ObjectId, Change>,
) -> Vec<Node<'a>> {
    let mut nodes = Vec::with_capacity(changes.len());
    let counters = counters(from, to, changes);
    for (id, change) in changes {
        let (drops, alters, creates) = match change {
            Change::Create => (false, false, true),
            Change::Drop => (true, false, false),
            Change::Alter => (false, true, false),
            Change::Replace => (true, false, true),
        };
        let present = from.get(id).filter(|_| drops || alters);
        let wanted = to.get(id).filter(|_| creates || alters);
        if let (None | Some(Object::Sequence(_)), None | Some(Object::Sequence(_))) =
            (present, wanted)
        {
            sequence_nodes(&mut nodes, id, present, wanted, changes);
            continue;
        }
        let mut push = |step, operation| {
            nodes.push(Node {
                id,
                step,
                operation,
            })
        };
        let alter = |from: &Object, to: &Object| Operation::Alter {
            id: (*id).clone(),
            from: from.clone(),
            to: to.clone(),
        };
        match (present, wanted) {
            (Some(present), Some(wanted)) if alters => {
                let between = between_counters(present, wanted)
                    .filter(|_| counters.contains(*id))
                    .or_else(|| between_calls(from, to, id, changes))
                    .or_else(|| between_types(present, wanted, changes));
                match between {
                    Some(between) => {
                        push(Step::Release, alter(present, &between));
                        push(Step::Alter, alter(&between, wanted));
                    }
                    None => push(Step::Alter, alter(present, wanted)),
                }
            }
            (present, wanted) => {
                if let Some(object) = present {
                    let (id, object) = ((*id).clone(), object.clone());
                    push(Step::Drop, Operation::Drop { id, object });
                }
                if let Some(object) = wanted {
                    let (id, object) = ((*id).clone(), object.clone());
                    push(Step::Create, Operation::Create { id, object });
                }
            }
        }
    }
    nodes
}

/// The columns that count by sequences which come or go.
fn counters(
    from: &Schema,
    to: &Schema,
    changes: &BTreeMap<&ObjectId, Change>,
) -> BTreeSet<ObjectId> {
    let comes_or_goes = |id: &ObjectId| {
        matches!(id, ObjectId::Sequence(_))
            && matches!(changes.get(id), Some(Change::Create | Change::Drop))
    };
    let mut counters = BTreeSet::new();
    for id in changes.keys().filter(|id| comes_or_goes(id)) {
        let object = to.get(id).or_else(|| from.get(id));
        counters.extend(object.and_then(owner));
    }
    for id in changes
        .keys()
        .filter(|id| matches!(id, ObjectId::Column { .. }))
    {
        let needed = [from, to]
            .into_iter()
            .filter_map(|schema| schema.depends.get(id));
        if needed.flatten().any(comes_or_goes) {
            counters.insert((*id).clone());
        }
    }
    counters
}

/// A column between an identity and the default of a `serial` column, in whichever direction: it
/// has neither. The sequence of the one goes before that of the other comes, which may have its
/// name.
fn between_counters(present: &Object, wanted: &Object) -> Option<Object> {
    let (Object::Column(present), Object::Column(wanted)) = (present, wanted) else {
        return None;
    };
    let serial = |column: &Column| column.default.is_some();
    let counts_otherwise = present.identity.is_some() && serial(wanted)
        || serial(present) && wanted.identity.is_some();
    counts_otherwise.then(|| {
        Object::Column(Column {
            default: None,
            identity: None,
            ..present.clone()
        })
    })
}

/// A computed column that becomes an ordinary one of a type that is made anew: what it is computed from may be of
/// the old one, and must be gone before the new one is there.
fn between_types(
    present: &Object,
    wanted: &Object,
    changes: &BTreeMap<&ObjectId, Change>,
) -> Option<Object> {
    let (Object::Column(present), Object::Column(wanted)) = (present, wanted) else {
        return None;
    };
    let SqlType::Named { name, .. } = &wanted.sql_type else {
        return None;
    };
    let anew = [ObjectId::Domain, ObjectId::Composite, ObjectId::Range]
        .iter()
        .any(|id| changes.get(&id(name.clone())) == Some(&Change::Replace));
    let split = anew && present.generated.is_some() && wanted.generated.is_none();
    split.then(|| {
        Object::Column(Column {
            generated: None,
            ..present.clone()
        })
    })
}

/// An object between what it needs that goes, and what comes instead, where it can do without for so long: a
/// column or a domain without its default, a wrapper without its functions, a column without its type. The one
/// may have to be gone before the other can be made.
fn between_calls(
    from: &Schema,
    to: &Schema,
    id: &ObjectId,
    changes: &BTreeMap<&ObjectId, Change>,
) -> Option<Object> {
    let (present, wanted) = (from.get(id)?, to.get(id)?);
    let calls = |schema: &Schema, object: &Object, among: &[Change]| {
        Edges::new(schema).of(id).into_iter().any(|needed| {
            let Some(change) = changes.get(needed) else {
                return false;
            };
            let in_passing = *change == Change::Replace
                && is_type(needed)
                && !parting::is_over(schema, object, needed);
            (is_called(needed) || in_passing) && among.contains(change)
        })
    };
    let goes = || calls(from, present, &[Change::Drop, Change::Replace]);
    let comes = || calls(to, wanted, &[Change::Create, Change::Replace]);
    match (present, wanted) {
        (Object::Column(column), Object::Column(wanted)) => {
            if let Some(between) = parting::between(from, to, id, changes) {
                return Some(Object::Column(between));
            }
            // What it is computed from may have to go before the routine can.
            let called = column.default.is_some() && goes() || column.generated.is_some();
            let split = called && wanted.default.is_some() && comes();
            split.then(|| {
                Object::Column(Column {
                    default: None,
                    generated: None,
                    ..column.clone()
                })
            })
        }
        (Object::Domain(domain), Object::Domain(wanted)) => {
            let both = domain.default.is_some() && wanted.default.is_some();
            (both && goes() && comes()).then(|| {
                Object::Domain(Domain {
                    default: None,
                    ..domain.clone()
                })
            })
        }
        (Object::Wrapper(wrapper), Object::Wrapper(_)) => (goes() && comes()).then(|| {
            let stays = |function: &ObjectId| {
                let change = changes.get(function);
                !matches!(change, Some(Change::Drop | Change::Replace))
            };
            let handler = wrapper.handler_id().is_none_or(|id| stays(&id));
            let validator = wrapper.validator_id().is_none_or(|id| stays(&id));
            Object::Wrapper(Wrapper {
                handler: wrapper.handler.clone().filter(|_| handler),
                validator: wrapper.validator.clone().filter(|_| validator),
                options: wrapper.options.clone(),
            })
        }),
        _ => None,
    }
}

pub(super) fn is_routine(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Function { .. } | ObjectId::Procedure { .. } | ObjectId::Aggregate { .. }
    )
}

/// The operations of a sequence: its life, and beside it the ownership of a column that comes or
/// goes.
fn sequence_nodes<'a>(
    nodes: &mut Vec<Node<'a>>,
    id: &'a ObjectId,
    present: Option<&Object>,
    wanted: Option<&Object>,
    changes: &BTreeMap<&'a ObjectId, Change>,
) {
    let owner_changes = |object: Option<&Object>, among: [Change; 2]| {
        object.and_then(owner).is_some_and(|id| {
            changes
                .get(&id)
                .is_some_and(|change| among.contains(change))
        })
    };
    let release = owner_changes(present, [Change::Drop, Change::Replace]);
    let own = owner_changes(wanted, [Change::Create, Change::Replace]);
    // What stands before, while the columns change, and after.
    let held = |object: Option<&Object>, alone: bool| {
        object
            .cloned()
            .map(|object| if alone { unowned(object) } else { object })
    };
    let mut push = |step, operation| {
        nodes.push(Node {
            id,
            step,
            operation,
        })
    };
    let alter = |from: &Object, to: &Object| Operation::Alter {
        id: id.clone(),
        from: from.clone(),
        to: to.clone(),
    };
    match (present, wanted) {
        (Some(present), Some(wanted)) => {
            let between = held(Some(wanted), own).unwrap_or_else(|| wanted.clone());
            let step = if release { Step::Release } else { Step::Alter };
            if *present != between {
                push(step, alter(present, &between));
            }
            if between != *wanted {
                push(Step::Own, alter(&between, wanted));
            }
        }
        (Some(present), None) => {
            let between = held(Some(present), release).unwrap_or_else(|| present.clone());
            if *present != between {
                push(Step::Release, alter(present, &between));
            }
            push(
                Step::Drop,
                Operation::Drop {
                    id: id.clone(),
                    object: between,
                },
            );
        }
        (None, Some(wanted)) => {
            let between = held(Some(wanted), own).unwrap_or_else(|| wanted.clone());
            let owned = (between != *wanted).then(|| alter(&between, wanted));
            push(
                Step::Create,
                Operation::Create {
                    id: id.clone(),
                    object: between,
                },
            );
            if let Some(owned) = owned {
                push(Step::Own, owned);
            }
        }
        (None, None) => {}
    }
}

/// The sequence without an owner.
fn unowned(object: Object) -> Object {
    match object {
        Object::Sequence(sequence) => Object::Sequence(Sequence {
            owned_by: None,
            ..sequence
        }),
        other => other,
    }
}
