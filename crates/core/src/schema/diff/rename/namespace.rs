//! The rename of a schema (namespace): everything in it is called otherwise.

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::rename::Settled;
use crate::schema::object::{Object, ObjectId};

impl Settled {
    /// The same, where the renames of schemas are also those of what a schema has in them.
    pub(super) fn spread(&self, schema: &Schema) -> Self {
        let mut spread = self.clone();
        if self.namespaces.is_empty() {
            return spread;
        }
        for (id, object) in &schema.objects {
            let moved = self.moved(id.clone());
            if moved == *id {
                continue;
            }
            match (id, &moved) {
                // What is on a view is known by the view's name.
                (ObjectId::View(old), ObjectId::View(new))
                | (ObjectId::MaterializedView(old), ObjectId::MaterializedView(new)) => {
                    spread.tables.insert(old.clone(), new.clone());
                }
                // By name alone; the types in parentheses are seen to with the rest.
                (
                    ObjectId::Namespace(_)
                    | ObjectId::Function { .. }
                    | ObjectId::Procedure { .. }
                    | ObjectId::Aggregate { .. },
                    _,
                ) => {}
                _ => spread.take(id, &moved),
            }
            if let Object::Range(range) = object
                && let Some(old) = &range.multirange
            {
                let mut new = old.clone();
                self.namespace(&mut new.schema);
                spread.types.insert(old.clone(), new);
            }
        }
        spread
    }

    /// The new name of a schema.
    pub(super) fn namespace(&self, name: &mut Ident) {
        if let Some(new) = self.namespaces.get(name) {
            name.clone_from(new);
        }
    }

    /// An identity in the schema as that is called now.
    pub(super) fn moved(&self, mut id: ObjectId) -> ObjectId {
        if self.namespaces.is_empty() {
            return id;
        }
        let qualified = |name: &mut QualifiedName| self.namespace(&mut name.schema);
        match &mut id {
            ObjectId::Namespace(name) => self.namespace(name),
            ObjectId::Enum(name)
            | ObjectId::Sequence(name)
            | ObjectId::Table(name)
            | ObjectId::Index(name)
            | ObjectId::View(name)
            | ObjectId::MaterializedView(name)
            | ObjectId::Domain(name)
            | ObjectId::Composite(name)
            | ObjectId::Range(name)
            | ObjectId::Multirange(name)
            | ObjectId::Collation(name)
            | ObjectId::Statistics(name)
            | ObjectId::ReplicaIdentity(name)
            | ObjectId::Cluster(name)
            | ObjectId::Typed(name) => qualified(name),
            ObjectId::EnumValue { ty, value: _ } | ObjectId::Attribute { ty, name: _ } => {
                qualified(ty);
            }
            ObjectId::DomainConstraint { domain, name: _ } => qualified(domain),
            ObjectId::Column { table, name: _ }
            | ObjectId::Constraint { table, name: _ }
            | ObjectId::Rule { table, name: _ }
            | ObjectId::Trigger { table, name: _ }
            | ObjectId::Policy { table, name: _ }
            | ObjectId::Partition(table)
            | ObjectId::Attached { table, name: _ } => qualified(table),
            ObjectId::Inheritance { table, parent } => {
                qualified(table);
                qualified(parent);
            }
            ObjectId::Function { name, arguments: _ }
            | ObjectId::Procedure { name, arguments: _ }
            | ObjectId::Aggregate { name, arguments: _ } => qualified(name),
            ObjectId::SearchParser(name)
            | ObjectId::SearchTemplate(name)
            | ObjectId::SearchDictionary(name)
            | ObjectId::SearchConfiguration(name)
            | ObjectId::Operator { name, arguments: _ }
            | ObjectId::OperatorFamily { name, method: _ }
            | ObjectId::OperatorClass { name, method: _ }
            | ObjectId::FamilyMember { family: name, .. }
            | ObjectId::Conversion(name) => qualified(name),
            ObjectId::PublicationTable {
                publication: _,
                table,
            } => qualified(table),
            ObjectId::PublicationSchema {
                publication: _,
                schema,
            } => self.namespace(schema),
            ObjectId::DefaultPrivileges(scope) => {
                if let Some(schema) = &mut scope.schema {
                    self.namespace(schema);
                }
            }
            ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
                let moved = self.moved((**on).clone());
                **on = moved;
            }
            ObjectId::EventTrigger(_) | ObjectId::Extension(_) => {}
            ObjectId::Wrapper(_) | ObjectId::Server(_) | ObjectId::UserMapping { .. } => {}
            ObjectId::Publication(_) | ObjectId::Subscription(_) | ObjectId::Cast { .. } => {}
            ObjectId::Language(_) | ObjectId::AccessMethod(_) => {}
        }
        id
    }
}
