//! Composite types. Their attributes change in place.

use limbeck_core::schema::object::{Attribute, Composite};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene};
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, composite: &Composite, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Composite(name) = id else {
        return Vec::new();
    };
    let Composite { attributes } = composite;
    let attributes: Vec<String> = attributes
        .iter()
        .map(|attribute| definition(attribute, naming))
        .collect();
    let head = format!("CREATE TYPE {} AS", naming.type_name(name));
    let line = format!("{head} ({})", attributes.join(", "));
    let sql = if line.len() <= 90 {
        line
    } else {
        format!("{head} (\n    {}\n)", attributes.join(",\n    "))
    };
    vec![Piece::statement(
        id,
        sql,
        format!("create type {}", naming.shown(name)),
    )]
}

fn definition(attribute: &Attribute, naming: &Naming) -> String {
    format!("{} {}", ident(&attribute.name), type_of(attribute, naming))
}

fn type_of(attribute: &Attribute, naming: &Naming) -> String {
    let Attribute {
        name: _,
        sql_type,
        collation,
    } = attribute;
    let mut sql = naming.sql_type(sql_type).to_string();
    if let Some(collation) = collation {
        sql.push_str(&format!(" COLLATE {}", naming.qualified(collation)));
    }
    sql
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Composite(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP TYPE {}", naming.type_name(name)),
        format!("drop type {}", naming.shown(name)),
    )]
}

/// Attributes are dropped, changed and added in one statement, in this order.
pub(super) fn alter(
    id: &ObjectId,
    from: &Composite,
    to: &Composite,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::Composite(name) = id else {
        return Vec::new();
    };
    let mut actions = Vec::new();
    let mut reasons = Vec::new();
    for Attribute { name, .. } in &from.attributes {
        if to.attribute(name).is_none() {
            actions.push(format!("DROP ATTRIBUTE {}", ident(name)));
            reasons.push(format!("drop attribute {name}"));
        }
    }
    for attribute in &to.attributes {
        match from.attribute(&attribute.name) {
            None => {
                actions.push(format!("ADD ATTRIBUTE {}", definition(attribute, naming)));
                reasons.push(format!("add attribute {}", attribute.name));
            }
            Some(present) if present != attribute => {
                actions.push(format!(
                    "ALTER ATTRIBUTE {} TYPE {}",
                    ident(&attribute.name),
                    type_of(attribute, naming)
                ));
                reasons.push(format!("change the type of attribute {}", attribute.name));
            }
            Some(_) => {}
        }
    }
    if actions.is_empty() {
        return Vec::new();
    }
    let head = format!("ALTER TYPE {}", naming.type_name(name));
    let sql = match &actions[..] {
        [action] => format!("{head} {action}"),
        actions => format!("{head}\n    {}", actions.join(",\n    ")),
    };
    let reason = format!("{} of type {}", reasons.join(", "), naming.shown(name));
    vec![Piece::statement(id, sql, reason)]
}

pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    super::table::rename_relation("TYPE", ObjectId::Composite, from, to, scene)
}

impl Scene<'_> {
    /// Whether a column is renamed with the attribute of its table's type.
    pub(super) fn follows_attribute(
        &self,
        table: &QualifiedName,
        from: &Ident,
        to: &Ident,
    ) -> bool {
        let id = ObjectId::Typed(table.clone());
        let Some(Object::Typed(typed)) = self.now.get(&id) else {
            return false;
        };
        self.later().any(|operation| match operation {
            Operation::Rename {
                from: ObjectId::Attribute { ty, name },
                to: ObjectId::Attribute { ty: _, name: new },
            } => *ty == typed.ty && name == from && new == to,
            _ => false,
        })
    }
}

/// Tables that are of the type follow, which Postgres wants to be told.
pub(super) fn rename_attribute(
    (from_type, from): (&QualifiedName, &Ident),
    (to_type, to): (&QualifiedName, &Ident),
    scene: &Scene<'_>,
) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let renamed = scene.now.has(&ObjectId::Composite(to_type.clone()));
    let ty = if renamed { to_type } else { from_type };
    let naming = scene.naming();
    let cascade = match scene.now.tables_of(ty).next() {
        Some(_) => " CASCADE",
        None => "",
    };
    vec![Piece::statement(
        &ObjectId::Attribute {
            ty: to_type.clone(),
            name: to.clone(),
        },
        format!(
            "ALTER TYPE {} RENAME ATTRIBUTE {} TO {}{cascade}",
            naming.type_name(ty),
            ident(from),
            ident(to)
        ),
        format!("rename attribute {from} of {} to {to}", naming.shown(ty)),
    )]
}
