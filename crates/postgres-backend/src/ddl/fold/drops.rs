//! Drops that happen by themselves with another one.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::schema::object::{Constraint, ConstraintKind};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::{Places, between, relation_name, table_of};
use crate::ddl::Context;
use crate::ddl::heirs::descendants;
use crate::expression::mentions;

/// Whether foreign keys that are still there refer to a partitioned table: Postgres then drops no partition of it
/// before that is let go.
fn is_referred_to(
    parent: &QualifiedName,
    context: &Context<'_>,
    is_gone: impl Fn(&ObjectId, &QualifiedName) -> bool,
) -> bool {
    let objects = &context.from.objects;
    let above = |table: &QualifiedName| match objects.get(&ObjectId::Partition(table.clone())) {
        Some(Object::Partition(partition)) => Some(partition.parent.clone()),
        _ => None,
    };
    let chain: BTreeSet<QualifiedName> =
        std::iter::successors(Some(parent.clone()), above).collect();
    objects.iter().any(|(id, object)| match object {
        Object::Constraint(Constraint {
            kind: ConstraintKind::ForeignKey(key),
            ..
        }) => chain.contains(&key.references) && !is_gone(id, &key.references),
        _ => false,
    })
}

/// Finds drops that happen by themselves with another one.
pub(super) fn swallow(
    operations: &[&Operation],
    places: &Places<'_>,
    context: &Context<'_>,
    host: &mut [Option<usize>],
) {
    let drops: BTreeMap<&ObjectId, usize> = operations
        .iter()
        .enumerate()
        .filter_map(|(place, operation)| match operation {
            Operation::Drop { id, object: _ } => Some((id, place)),
            Operation::Create { .. } | Operation::Alter { .. } | Operation::Rename { .. } => None,
        })
        .collect();
    let dropped_table = |table: &QualifiedName| drops.get(&ObjectId::Table(table.clone())).copied();
    let dropped_relation = |name: &QualifiedName| {
        let views = || {
            let view = drops.get(&ObjectId::View(name.clone())).copied();
            view.or_else(|| {
                drops
                    .get(&ObjectId::MaterializedView(name.clone()))
                    .copied()
            })
        };
        dropped_table(name).or_else(views)
    };
    for (place, operation) in operations.iter().enumerate() {
        let Operation::Drop { id, object } = operation else {
            continue;
        };
        let owner = match object {
            Object::Column(_) | Object::Constraint(_) => id.table().and_then(dropped_table),
            Object::Rule(_) | Object::Trigger(_) | Object::Policy(_) => {
                id.table().and_then(dropped_relation)
            }
            Object::Index(index) => dropped_relation(&index.table),
            Object::Partition(partition) => {
                let dropped = id.table().and_then(dropped_table);
                let goes_first = |table: &QualifiedName| {
                    dropped_table(table).is_some_and(|other| dropped.is_some_and(|own| other < own))
                };
                let alone = !goes_first(&partition.parent)
                    && is_referred_to(&partition.parent, context, |id, references| {
                        let own = id.table().and_then(dropped_table);
                        // It may wait for its table, where what it refers to stays.
                        let waits = own.is_some() && dropped_table(references).is_none();
                        let alone = drops.get(id).copied().filter(|_| !waits);
                        let mut gone = alone.into_iter().chain(own);
                        gone.any(|gone| dropped.is_some_and(|dropped| gone < dropped))
                    });
                dropped.filter(|_| !alone)
            }
            Object::Sequence(sequence) => sequence.owned_by.as_ref().and_then(|owner| {
                let column = ObjectId::Column {
                    table: owner.table.clone(),
                    name: owner.column.clone(),
                };
                dropped_table(&owner.table).or_else(|| drops.get(&column).copied())
            }),
            Object::Comment(_) | Object::Owner(_) | Object::Grant(_) => match id {
                // Those of one schema.
                ObjectId::DefaultPrivileges(scope) => scope
                    .schema
                    .as_ref()
                    .and_then(|schema| drops.get(&ObjectId::Namespace(schema.clone())).copied()),
                ObjectId::Comment(on)
                | ObjectId::Owner(on)
                | ObjectId::Grant { on, grantee: _ } => match &**on {
                    ObjectId::Attribute { ty, name: _ } => {
                        drops.get(&ObjectId::Composite(ty.clone())).copied()
                    }
                    // It may be a column of a view.
                    on @ ObjectId::Column { table, .. } => {
                        drops.get(on).copied().or_else(|| dropped_relation(table))
                    }
                    // The sequence of an identity is part of its column.
                    on => drops.get(on).copied().or_else(|| {
                        let needed = context.from.depends.get(id).into_iter().flatten();
                        let mut columns =
                            needed.filter(|needed| matches!(needed, ObjectId::Column { .. }));
                        let column = columns.next()?;
                        let dropped = drops.get(column).copied();
                        dropped.or_else(|| column.table().and_then(dropped_table))
                    }),
                },
                ObjectId::Namespace(_)
                | ObjectId::Enum(_)
                | ObjectId::EnumValue { .. }
                | ObjectId::Sequence(_)
                | ObjectId::Table(_)
                | ObjectId::Column { .. }
                | ObjectId::Constraint { .. }
                | ObjectId::Index(_)
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
                | ObjectId::Attribute { .. }
                | ObjectId::Range(_)
                | ObjectId::Multirange(_)
                | ObjectId::Collation(_)
                | ObjectId::ReplicaIdentity(_)
                | ObjectId::Cluster(_)
                | ObjectId::Typed(_)
                | ObjectId::Policy { .. }
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
                | ObjectId::AccessMethod(_) => None,
            },
            Object::Namespace(_) | Object::Enum(_) | Object::Table(_) => None,
            Object::View(_)
            | Object::MaterializedView(_)
            | Object::Routine(_)
            | Object::Aggregate(_)
            | Object::EventTrigger(_) => None,
            Object::DomainConstraint(_) => match id {
                ObjectId::DomainConstraint { domain, name: _ } => {
                    drops.get(&ObjectId::Domain(domain.clone())).copied()
                }
                _ => None,
            },
            Object::ReplicaIdentity(_)
            | Object::Cluster(_)
            | Object::Typed(_)
            | Object::Inheritance(_)
            | Object::Attached(_) => id.table().and_then(dropped_table),
            Object::Statistics(statistics) => dropped_table(&statistics.table),
            Object::PublicationTable(_) | Object::PublicationSchema(_) => match id {
                ObjectId::PublicationTable { publication, table } => drops
                    .get(&ObjectId::Publication(publication.clone()))
                    .copied()
                    .or_else(|| dropped_table(table)),
                ObjectId::PublicationSchema {
                    publication,
                    schema,
                } => drops
                    .get(&ObjectId::Publication(publication.clone()))
                    .or_else(|| drops.get(&ObjectId::Namespace(schema.clone())))
                    .copied(),
                _ => None,
            },
            Object::Publication(_)
            | Object::Subscription(_)
            | Object::SearchParser(_)
            | Object::SearchTemplate(_)
            | Object::SearchDictionary(_)
            | Object::SearchConfiguration(_) => None,
            Object::FamilyMember(_) => match id {
                ObjectId::FamilyMember { family, method, .. } => drops
                    .get(&ObjectId::OperatorFamily {
                        name: family.clone(),
                        method: method.clone(),
                    })
                    .copied(),
                _ => None,
            },
            Object::Operator(_)
            | Object::OperatorFamily(_)
            | Object::OperatorClass(_)
            | Object::Cast(_)
            | Object::Conversion(_)
            | Object::Language(_)
            | Object::AccessMethod(_) => None,
            Object::Wrapper(_)
            | Object::Server(_)
            | Object::UserMapping(_)
            | Object::Extension(_)
            | Object::Domain(_)
            | Object::Composite(_)
            | Object::Range(_)
            | Object::Collation(_) => None,
        };
        let Some(owner) = owner else { continue };
        if owner < place || can_wait(place, owner, id, object, places, context, &dropped_table) {
            host[place] = Some(owner);
        }
    }
    swallow_released(operations, places, context, &drops, host);
    // What went into something that itself went elsewhere goes there with it.
    for place in 0..host.len() {
        while let Some(owner) = host[place]
            && let Some(further) = host[owner]
        {
            host[place] = Some(further);
        }
    }
}

/// A sequence that is taken from its column only to be dropped goes with the column or its table.
fn swallow_released(
    operations: &[&Operation],
    places: &Places<'_>,
    context: &Context<'_>,
    drops: &BTreeMap<&ObjectId, usize>,
    host: &mut [Option<usize>],
) {
    let users = Users::of_sequences(operations, context);
    for (id, &place) in drops {
        let Some(Object::Sequence(before)) = context.from.get(id) else {
            continue;
        };
        let Some(owner) = &before.owned_by else {
            continue;
        };
        let column = ObjectId::Column {
            table: owner.table.clone(),
            name: owner.column.clone(),
        };
        let table = ObjectId::Table(owner.table.clone());
        let Some(gone) = drops.get(&table).or_else(|| drops.get(&column)).copied() else {
            continue;
        };
        let released = places.by_object.get(id).into_iter().flatten().copied();
        let released = released.filter(|other| match operations[*other] {
            Operation::Alter {
                id: _,
                from: _,
                to: Object::Sequence(to),
            } => *other < place && to.owned_by.is_none(),
            Operation::Alter { .. }
            | Operation::Create { .. }
            | Operation::Drop { .. }
            | Operation::Rename { .. } => false,
        });
        let released: Vec<usize> = released.collect();
        let waited_for = users.of(id).any(|user| {
            let then = host[user].unwrap_or(user);
            then > gone && then < place
        });
        if !released.is_empty() && gone < place && !waited_for {
            host[place] = Some(gone);
            for other in released {
                host[other] = Some(gone);
            }
        }
    }
}

/// The operations on columns whose defaults call sequences.
#[derive(Default)]
struct Users<'a> {
    known: BTreeMap<&'a ObjectId, Vec<usize>>,
    /// Those of which no edge says which sequence they call.
    unknown: Vec<usize>,
}

impl<'a> Users<'a> {
    fn of_sequences(operations: &[&Operation], context: &Context<'a>) -> Self {
        let mut users = Self::default();
        for (place, operation) in operations.iter().enumerate() {
            let (Operation::Alter {
                id,
                from: Object::Column(column),
                to: _,
            }
            | Operation::Drop {
                id,
                object: Object::Column(column),
            }) = operation
            else {
                continue;
            };
            let Some(default) = &column.default else {
                continue;
            };
            let mut known = false;
            for needed in context.from.depends.get(id).into_iter().flatten() {
                if let ObjectId::Sequence(_) = needed {
                    users.known.entry(needed).or_default().push(place);
                    known = true;
                }
            }
            if !known && mentions(&default.0, "nextval") {
                users.unknown.push(place);
            }
        }
        users
    }

    fn of(&self, sequence: &ObjectId) -> impl Iterator<Item = usize> {
        let known = self.known.get(sequence).into_iter().flatten();
        known.chain(&self.unknown).copied()
    }
}

/// Whether a drop may happen later than it stands: nothing in between waits for it.
fn can_wait(
    place: usize,
    until: usize,
    id: &ObjectId,
    object: &Object,
    places: &Places<'_>,
    context: &Context<'_>,
    dropped_table: &impl Fn(&QualifiedName) -> Option<usize>,
) -> bool {
    if let Object::Comment(_) | Object::Owner(_) | Object::Grant(_) = object {
        return true;
    }
    if let Some(name) = relation_name(id)
        && between(places.by_taken_name.get(name.as_str()), place, until)
            .next()
            .is_some()
    {
        return false;
    }
    if let Object::Constraint(Constraint {
        kind: ConstraintKind::ForeignKey(foreign_key),
        ..
    }) = object
        && id.table() != Some(&foreign_key.references)
    {
        let references = dropped_table(&foreign_key.references);
        // A partition is referred to with its parent; one whose parent stays is let go before.
        let parts = descendants(&foreign_key.references, context.from);
        if references.is_some()
            && parts
                .iter()
                .any(|part| dropped_table(part).is_some_and(|part| part < until))
        {
            return false;
        }
        match references {
            Some(references) if references < until => return false,
            Some(_) => return true,
            None => {
                let there = places.by_table.get(&foreign_key.references);
                if between(there, place, until).next().is_some() {
                    return false;
                }
            }
        }
    }
    let mut needs: BTreeSet<ObjectId> = object.requires(id).into_iter().collect();
    needs.extend(context.from.depends.get(id).into_iter().flatten().cloned());
    needs
        .iter()
        .filter(|need| need.table().is_none() || need.table() != table_of(id, Some(object)))
        .all(|need| {
            between(places.by_object.get(need), place, until)
                .next()
                .is_none()
        })
}
