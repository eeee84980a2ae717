//! Columns and constraints that stand in the `CREATE TABLE` of their table.

use std::collections::BTreeSet;

use limbeck_core::schema::object::{Constraint, ConstraintKind, Key};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::{Places, between, relation_name};
use crate::ddl::Context;
use crate::ddl::heirs::is_made_tied;

/// Finds columns and constraints that may stand in the `CREATE TABLE` of their table.
pub(super) fn fold(
    operations: &[&Operation],
    places: &Places<'_>,
    context: &Context<'_>,
    host: &mut [Option<usize>],
) {
    for (place, operation) in operations.iter().enumerate() {
        if let Operation::Create {
            id: domain @ ObjectId::Domain(_),
            object: Object::Domain(_),
        } = operation
        {
            fold_domain(domain, place, operations, places, context, host);
        }
        let Operation::Create {
            id: ObjectId::Table(table),
            object: Object::Table(_),
        } = operation
        else {
            continue;
        };
        // A column that must wait makes all behind it wait, for their order's sake.
        let mut columns_wait = false;
        let mut keys_wait = false;
        let mut keys: Vec<&Constraint> = Vec::new();
        let parts = places.by_table.get(table).map_or(&[][..], Vec::as_slice);
        for &part in parts.iter().filter(|part| **part > place) {
            let Operation::Create { id, object } = operations[part] else {
                continue;
            };
            let may = match object {
                // With all the columns and keys before it, and nothing else in between.
                Object::Partition(_) | Object::Inheritance(_) => {
                    !columns_wait && !keys_wait && is_made_tied(table, context.to)
                }
                Object::Column(_) => !columns_wait,
                // What is not validated would count as valid in a new table.
                Object::Constraint(constraint) => {
                    (constraint.validated || !constraint.enforced)
                        && !keys.iter().any(|key| are_one(key, constraint))
                }
                Object::Namespace(_)
                | Object::Enum(_)
                | Object::Sequence(_)
                | Object::Table(_)
                | Object::Index(_)
                | Object::Comment(_)
                | Object::View(_)
                | Object::MaterializedView(_)
                | Object::Rule(_)
                | Object::Routine(_)
                | Object::Aggregate(_)
                | Object::Trigger(_)
                | Object::EventTrigger(_)
                | Object::Extension(_)
                | Object::Domain(_)
                | Object::DomainConstraint(_)
                | Object::Composite(_)
                | Object::Range(_)
                | Object::Collation(_)
                | Object::ReplicaIdentity(_)
                | Object::Cluster(_)
                | Object::Typed(_)
                | Object::Statistics(_)
                | Object::Policy(_)
                | Object::Owner(_)
                | Object::Grant(_)
                | Object::Attached(_)
                | Object::Wrapper(_)
                | Object::Server(_)
                | Object::UserMapping(_)
                | Object::Publication(_)
                | Object::PublicationTable(_)
                | Object::PublicationSchema(_)
                | Object::Subscription(_)
                | Object::SearchParser(_)
                | Object::SearchTemplate(_)
                | Object::SearchDictionary(_)
                | Object::SearchConfiguration(_)
                | Object::Operator(_)
                | Object::OperatorFamily(_)
                | Object::OperatorClass(_)
                | Object::FamilyMember(_)
                | Object::Cast(_)
                | Object::Conversion(_)
                | Object::Language(_)
                | Object::AccessMethod(_) => continue,
            };
            if may && can_come_first(part, place, id, object, places, context, host) {
                host[part] = Some(place);
                if let Object::Constraint(constraint) = object {
                    keys.push(constraint);
                }
            } else if let Object::Column(_) = object {
                columns_wait = true;
            } else if let Object::Constraint(constraint) = object {
                keys_wait |= !matches!(constraint.kind, ConstraintKind::ForeignKey(_));
            }
        }
    }
}

/// Whether Postgres takes two constraints for one where both stand in a `CREATE TABLE`: the same index would
/// serve both (`transformIndexConstraints` in its `parse_utilcmd.c`).
fn are_one(one: &Constraint, other: &Constraint) -> bool {
    use ConstraintKind::{Exclude, PrimaryKey, Unique};
    let alike = match (&one.kind, &other.kind) {
        (PrimaryKey(one) | Unique(one), PrimaryKey(other) | Unique(other)) => {
            let parts = |key: &Key| {
                let columns = (key.columns.clone(), key.include.clone());
                (columns, key.nulls_not_distinct, key.without_overlaps)
            };
            parts(one) == parts(other)
        }
        (Exclude(one), Exclude(other)) => one == other,
        _ => false,
    };
    alike && one.deferrable == other.deferrable
}

/// The same for the checks of a domain.
fn fold_domain(
    domain: &ObjectId,
    place: usize,
    operations: &[&Operation],
    places: &Places<'_>,
    context: &Context<'_>,
    host: &mut [Option<usize>],
) {
    for (part, operation) in operations.iter().enumerate().skip(place + 1) {
        if let Operation::Create {
            id:
                id @ ObjectId::DomainConstraint {
                    domain: of,
                    name: _,
                },
            object: object @ Object::DomainConstraint(constraint),
        } = operation
            && *domain == ObjectId::Domain(of.clone())
            && constraint.validated
            && can_come_first(part, place, id, object, places, context, host)
        {
            host[part] = Some(place);
        }
    }
}

/// Whether a creation may happen earlier than it stands: all that it needs is there.
fn can_come_first(
    place: usize,
    at: usize,
    id: &ObjectId,
    object: &Object,
    places: &Places<'_>,
    context: &Context<'_>,
    host: &[Option<usize>],
) -> bool {
    // What was itself moved to `at` or before it is no hindrance.
    let hinders = |other: usize| other != place && host[other].is_none_or(|host| host > at);
    if let Some(name) = relation_name(id)
        && between(places.by_freed_name.get(name.as_str()), at, place).any(hinders)
    {
        return false;
    }
    let mut needs: BTreeSet<ObjectId> = object.requires(id).into_iter().collect();
    needs.extend(context.to.depends.get(id).into_iter().flatten().cloned());
    if let Object::Constraint(Constraint {
        kind: ConstraintKind::ForeignKey(foreign_key),
        ..
    }) = object
        && id.table() != Some(&foreign_key.references)
        && between(places.by_table.get(&foreign_key.references), at, place).any(hinders)
    {
        return false;
    }
    if let Object::Partition(_) | Object::Inheritance(_) = object {
        let parents = needs.iter().filter_map(ObjectId::table);
        let mut parents = parents.filter(|parent| id.table() != Some(*parent));
        if parents.any(|parent| between(places.by_table.get(parent), at, place).any(hinders)) {
            return false;
        }
    }
    needs
        .iter()
        .all(|need| !between(places.by_object.get(need), at, place).any(hinders))
}
