//! The names that an object takes up beside its own identity: tables, views, indexes and
//! sequences share one set of names in a schema, tables, views and enums another; functions,
//! procedures and aggregates a third.

use std::collections::HashMap;

use crate::name::QualifiedName;
use crate::schema::object::{ConstraintKind, Range};
use crate::schema::{Object, ObjectId, Schema};

/// A name that only one object may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Taken {
    /// A table, a view, an index (a key's or an exclusion's, too), a sequence.
    Relation(QualifiedName),
    /// A type: an enum, a domain, a composite type, a range, or the row type of a table or view.
    Type(QualifiedName),
    /// A function, procedure or aggregate, with its arguments.
    Routine(QualifiedName, String),
}

/// What an object of this identity takes up.
pub(crate) fn taken(id: &ObjectId, object: &Object) -> Vec<Taken> {
    match id {
        ObjectId::Table(name) | ObjectId::View(name) | ObjectId::MaterializedView(name) => {
            vec![Taken::Relation(name.clone()), Taken::Type(name.clone())]
        }
        ObjectId::Index(name) | ObjectId::Sequence(name) => vec![Taken::Relation(name.clone())],
        ObjectId::Enum(name) | ObjectId::Domain(name) => vec![Taken::Type(name.clone())],
        ObjectId::Composite(name) => vec![Taken::Relation(name.clone()), Taken::Type(name.clone())],
        ObjectId::Range(name) => match object {
            Object::Range(Range {
                multirange: Some(multirange),
                ..
            }) => vec![Taken::Type(name.clone()), Taken::Type(multirange.clone())],
            _ => vec![Taken::Type(name.clone())],
        },
        ObjectId::Constraint { table, name } if has_index(object) => {
            vec![Taken::Relation(QualifiedName::new(
                table.schema.clone(),
                name.clone(),
            ))]
        }
        ObjectId::Function { name, arguments }
        | ObjectId::Procedure { name, arguments }
        | ObjectId::Aggregate { name, arguments } => {
            vec![Taken::Routine(name.clone(), arguments.clone())]
        }
        ObjectId::Constraint { .. }
        | ObjectId::Namespace(_)
        | ObjectId::EnumValue { .. }
        | ObjectId::Column { .. }
        | ObjectId::Comment(_)
        | ObjectId::Rule { .. }
        | ObjectId::Trigger { .. }
        | ObjectId::EventTrigger(_)
        | ObjectId::Extension(_)
        | ObjectId::DomainConstraint { .. }
        | ObjectId::Attribute { .. }
        | ObjectId::Multirange(_)
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
        | ObjectId::AccessMethod(_) => Vec::new(),
    }
}

/// Which of a schema's objects have a name that one of those which are to come takes up: each of these with
/// who has it.
pub fn held<'a>(
    schema: &'a Schema,
    coming: impl IntoIterator<Item = (&'a ObjectId, &'a Object)>,
) -> Vec<(&'a ObjectId, &'a ObjectId)> {
    let mut wanted: HashMap<Taken, &ObjectId> = HashMap::new();
    for (id, object) in coming {
        wanted.extend(taken(id, object).into_iter().map(|name| (name, id)));
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut held = Vec::new();
    for (id, object) in &schema.objects {
        let names = taken(id, object);
        let comes = names.iter().find_map(|name| wanted.get(name));
        held.extend(
            comes
                .filter(|comes| **comes != id)
                .map(|comes| (*comes, id)),
        );
    }
    held
}

/// Whether it is a constraint that Postgres keeps an index for.
pub(crate) fn has_index(object: &Object) -> bool {
    match object {
        Object::Constraint(constraint) => match &constraint.kind {
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::Exclude(_) => true,
            ConstraintKind::ForeignKey(_) | ConstraintKind::Check(_) => false,
        },
        Object::Namespace(_)
        | Object::Enum(_)
        | Object::Sequence(_)
        | Object::Table(_)
        | Object::Column(_)
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
        | Object::Partition(_)
        | Object::Inheritance(_)
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
        | Object::AccessMethod(_) => false,
    }
}
