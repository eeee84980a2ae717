//! Comments on objects of every other kind.

use limbeck_core::ObjectId;
use limbeck_core::schema::object::Comment;

use super::routine::called;
use super::{Piece, Scene, conversion, operator};
use crate::quote::{Naming, ident, literal};

/// Sets a comment, or takes it away.
pub(super) fn set(id: &ObjectId, comment: Option<&Comment>, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Comment(on) = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let target = match &**on {
        ObjectId::Table(table) if scene.is_foreign(table) => {
            Some(format!("FOREIGN TABLE {}", naming.qualified(table)))
        }
        on => target(on, naming),
    };
    let Some(target) = target else {
        return Vec::new();
    };
    let text = match comment {
        Some(Comment { text }) => literal(text).to_string(),
        None => "NULL".to_owned(),
    };
    let verb = if comment.is_some() {
        "comment on"
    } else {
        "drop the comment on"
    };
    vec![Piece::statement(
        id,
        format!("COMMENT ON {target} IS {text}"),
        format!("{verb} {}", shown(on, naming)),
    )]
}

/// The object as `COMMENT ON` names it.
pub(super) fn target(on: &ObjectId, naming: &Naming) -> Option<String> {
    Some(match on {
        ObjectId::Namespace(name) => format!("SCHEMA {}", ident(name)),
        ObjectId::Enum(name) => format!("TYPE {}", naming.type_name(name)),
        ObjectId::Sequence(name) => format!("SEQUENCE {}", naming.qualified(name)),
        ObjectId::Table(name) => format!("TABLE {}", naming.qualified(name)),
        ObjectId::Column { table, name } => {
            format!("COLUMN {}.{}", naming.qualified(table), ident(name))
        }
        ObjectId::Constraint { table, name } => {
            format!("CONSTRAINT {} ON {}", ident(name), naming.qualified(table))
        }
        ObjectId::Index(name) => format!("INDEX {}", naming.qualified(name)),
        ObjectId::View(name) => format!("VIEW {}", naming.qualified(name)),
        ObjectId::MaterializedView(name) => {
            format!("MATERIALIZED VIEW {}", naming.qualified(name))
        }
        ObjectId::Rule { table, name } => {
            format!("RULE {} ON {}", ident(name), naming.qualified(table))
        }
        ObjectId::Function { .. } => format!("FUNCTION {}", called(on, naming)),
        ObjectId::Procedure { .. } => format!("PROCEDURE {}", called(on, naming)),
        ObjectId::Aggregate { .. } => format!("AGGREGATE {}", called(on, naming)),
        ObjectId::Trigger { table, name } => {
            format!("TRIGGER {} ON {}", ident(name), naming.qualified(table))
        }
        ObjectId::EventTrigger(name) => format!("EVENT TRIGGER {}", ident(name)),
        ObjectId::Extension(name) => format!("EXTENSION {}", ident(name)),
        ObjectId::Domain(name) => format!("DOMAIN {}", naming.type_name(name)),
        ObjectId::DomainConstraint { domain, name } => {
            let domain = naming.type_name(domain);
            format!("CONSTRAINT {} ON DOMAIN {domain}", ident(name))
        }
        ObjectId::Composite(name) | ObjectId::Range(name) => {
            format!("TYPE {}", naming.type_name(name))
        }
        ObjectId::Attribute { ty, name } => {
            format!("COLUMN {}.{}", naming.qualified(ty), ident(name))
        }
        ObjectId::Collation(name) => format!("COLLATION {}", naming.qualified(name)),
        ObjectId::Statistics(name) => format!("STATISTICS {}", naming.qualified(name)),
        ObjectId::Wrapper(name) => format!("FOREIGN DATA WRAPPER {}", ident(name)),
        ObjectId::Server(name) => format!("SERVER {}", ident(name)),
        ObjectId::Publication(name) => format!("PUBLICATION {}", ident(name)),
        ObjectId::Subscription(name) => format!("SUBSCRIPTION {}", ident(name)),
        ObjectId::SearchParser(name) => format!("TEXT SEARCH PARSER {}", naming.qualified(name)),
        ObjectId::SearchTemplate(name) => {
            format!("TEXT SEARCH TEMPLATE {}", naming.qualified(name))
        }
        ObjectId::SearchDictionary(name) => {
            format!("TEXT SEARCH DICTIONARY {}", naming.qualified(name))
        }
        ObjectId::SearchConfiguration(name) => {
            format!("TEXT SEARCH CONFIGURATION {}", naming.qualified(name))
        }
        ObjectId::Operator { name, arguments } => {
            format!("OPERATOR {}", operator::called(name, arguments, naming))
        }
        ObjectId::OperatorFamily { name, method } => {
            format!(
                "OPERATOR FAMILY {}",
                operator::in_method(name, method, naming)
            )
        }
        ObjectId::OperatorClass { name, method } => {
            format!(
                "OPERATOR CLASS {}",
                operator::in_method(name, method, naming)
            )
        }
        ObjectId::Cast { source, target } => conversion::between(source, target, naming),
        ObjectId::Conversion(name) => format!("CONVERSION {}", naming.qualified(name)),
        ObjectId::Language(name) => format!("LANGUAGE {}", ident(name)),
        ObjectId::AccessMethod(name) => format!("ACCESS METHOD {}", ident(name)),
        // Postgres knows no comments on these, or not as such.
        ObjectId::EnumValue { .. } | ObjectId::Comment(_) | ObjectId::Multirange(_) => return None,
        ObjectId::ReplicaIdentity(_) | ObjectId::Cluster(_) | ObjectId::Typed(_) => return None,
        ObjectId::PublicationTable { .. } | ObjectId::PublicationSchema { .. } => return None,
        ObjectId::FamilyMember { .. } => return None,
        ObjectId::Policy { table, name } => {
            format!("POLICY {} ON {}", ident(name), naming.qualified(table))
        }
        ObjectId::Owner(_) | ObjectId::Grant { .. } | ObjectId::DefaultPrivileges(_) => {
            return None;
        }
        ObjectId::Partition(_) | ObjectId::Inheritance { .. } | ObjectId::Attached { .. } => {
            return None;
        }
        ObjectId::UserMapping { .. } => return None,
    })
}

/// The object for people: `column posts.title`.
pub(super) fn shown(on: &ObjectId, naming: &Naming) -> String {
    let kind = on.kind();
    match on {
        ObjectId::Namespace(name) | ObjectId::Extension(name) => format!("{kind} {name}"),
        ObjectId::Enum(name)
        | ObjectId::Sequence(name)
        | ObjectId::Table(name)
        | ObjectId::Index(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. }
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Multirange(name)
        | ObjectId::Collation(name)
        | ObjectId::ReplicaIdentity(name)
        | ObjectId::Cluster(name)
        | ObjectId::Typed(name)
        | ObjectId::Statistics(name)
        | ObjectId::SearchParser(name)
        | ObjectId::SearchTemplate(name)
        | ObjectId::SearchDictionary(name)
        | ObjectId::SearchConfiguration(name)
        | ObjectId::Partition(name)
        | ObjectId::Inheritance { table: name, .. }
        | ObjectId::Attached { table: name, .. } => format!("{kind} {}", naming.shown(name)),
        ObjectId::Wrapper(name) | ObjectId::Server(name) => format!("{kind} {name}"),
        ObjectId::UserMapping { server, user } => format!("{kind} {server}.{user}"),
        ObjectId::EventTrigger(name) => format!("{kind} {name}"),
        ObjectId::DomainConstraint { domain: ty, name } | ObjectId::Attribute { ty, name } => {
            format!("{kind} {}.{name}", naming.shown(ty))
        }
        ObjectId::EnumValue { ty, value } => format!("{kind} {}.{value}", naming.shown(ty)),
        ObjectId::Column { table, name }
        | ObjectId::Constraint { table, name }
        | ObjectId::Rule { table, name }
        | ObjectId::Trigger { table, name } => {
            format!("{kind} {}.{name}", naming.shown(table))
        }
        ObjectId::Policy { table, name } => format!("{kind} {}.{name}", naming.shown(table)),
        ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
            shown(on, naming)
        }
        ObjectId::DefaultPrivileges(scope) => format!("{kind} {scope}"),
        ObjectId::Operator { .. }
        | ObjectId::OperatorFamily { .. }
        | ObjectId::OperatorClass { .. }
        | ObjectId::FamilyMember { .. } => operator::shown(on, naming),
        ObjectId::Cast { source, target } => format!("{kind} from {source} to {target}"),
        ObjectId::Conversion(name) => format!("{kind} {}", naming.shown(name)),
        ObjectId::Language(name) | ObjectId::AccessMethod(name) => format!("{kind} {name}"),
        ObjectId::Publication(name) | ObjectId::Subscription(name) => format!("{kind} {name}"),
        ObjectId::PublicationTable { publication, table } => {
            format!("{kind} {publication}.{}", naming.shown(table))
        }
        ObjectId::PublicationSchema {
            publication,
            schema,
        } => format!("{kind} {publication}.{schema}"),
    }
}
