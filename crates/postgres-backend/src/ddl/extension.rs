//! Extensions. Their version is always written: another one is another thing.

use limbeck_core::schema::object::Extension;
use limbeck_core::{Ident, ObjectId};

use super::{Piece, lay_out};
use crate::quote::{Naming, ident, literal};

pub(super) fn create(id: &ObjectId, extension: &Extension, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Extension(name) = id else {
        return Vec::new();
    };
    let Extension {
        schema,
        version,
        relocatable: _,
    } = extension;
    let mut clauses = Vec::new();
    // Without a schema, it goes where the search path begins: in the bundle's own.
    if naming.own.as_ref() != Some(schema) {
        clauses.push(format!("SCHEMA {}", ident(schema)));
    }
    clauses.push(format!("VERSION {}", literal(version)));
    vec![Piece::statement(
        id,
        lay_out(&format!("CREATE EXTENSION {}", ident(name)), &clauses),
        format!("create extension {name}"),
    )]
}

/// Without `CASCADE`: what uses it keeps it alive.
pub(super) fn drop(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::Extension(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP EXTENSION {}", ident(name)),
        format!("drop extension {name}"),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Extension, to: &Extension) -> Vec<Piece> {
    let ObjectId::Extension(name) = id else {
        return Vec::new();
    };
    let Extension {
        schema,
        version,
        relocatable: _,
    } = to;
    let mut pieces = Vec::new();
    let mut act = |action: String, reason: String| {
        let sql = format!("ALTER EXTENSION {} {action}", ident(name));
        pieces.push(Piece::statement(id, sql, reason));
    };
    if from.version != *version {
        act(
            format!("UPDATE TO {}", literal(version)),
            update_reason(name, version),
        );
    }
    if from.schema != *schema {
        act(
            format!("SET SCHEMA {}", ident(schema)),
            format!("move extension {name} to schema {schema}"),
        );
    }
    pieces
}

fn update_reason(name: &Ident, version: &str) -> String {
    format!("update extension {name} to {version}")
}
