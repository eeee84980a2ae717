//! Schemas of Postgres.

use limbeck_core::schema::object::Namespace;
use limbeck_core::{Ident, ObjectId};

use super::Piece;
use crate::quote::ident;

pub(super) fn create(id: &ObjectId, namespace: Namespace) -> Vec<Piece> {
    let ObjectId::Namespace(name) = id else {
        return Vec::new();
    };
    let Namespace {} = namespace;
    vec![Piece::statement(
        id,
        format!("CREATE SCHEMA {}", ident(name)),
        format!("create schema {name}"),
    )]
}

/// Without `CASCADE`: what Limbeck does not know keeps the schema alive.
pub(super) fn drop(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::Namespace(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP SCHEMA {}", ident(name)),
        format!("drop schema {name}"),
    )]
}

pub(super) fn rename(from: &Ident, to: &Ident) -> Vec<Piece> {
    vec![Piece::statement(
        &ObjectId::Namespace(to.clone()),
        format!("ALTER SCHEMA {} RENAME TO {}", ident(from), ident(to)),
        format!("rename schema {from} to {to}"),
    )]
}
