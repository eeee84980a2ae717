//! What ties a table to an index or a type.

use limbeck_core::schema::object::{Cluster, ReplicaIdentity, Typed};
use limbeck_core::{ObjectId, QualifiedName};

use super::Piece;
use crate::quote::{Naming, ident};

fn action(
    id: &ObjectId,
    table: &QualifiedName,
    action: String,
    reason: &str,
    naming: &Naming,
) -> Vec<Piece> {
    let reason = format!("{reason} of {}", naming.shown(table));
    vec![Piece::action(id, table, action, reason)]
}

pub(super) fn identify(id: &ObjectId, to: Option<&ReplicaIdentity>, naming: &Naming) -> Vec<Piece> {
    let ObjectId::ReplicaIdentity(table) = id else {
        return Vec::new();
    };
    let by = match to {
        None => "DEFAULT".to_owned(),
        Some(ReplicaIdentity::Full) => "FULL".to_owned(),
        Some(ReplicaIdentity::Nothing) => "NOTHING".to_owned(),
        Some(ReplicaIdentity::Index(index)) => format!("USING INDEX {}", ident(index)),
    };
    let sql = format!("REPLICA IDENTITY {by}");
    action(id, table, sql, "set the replica identity", naming)
}

pub(super) fn cluster(id: &ObjectId, to: Option<&Cluster>, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Cluster(table) = id else {
        return Vec::new();
    };
    let sql = match to {
        None => "SET WITHOUT CLUSTER".to_owned(),
        Some(Cluster { index }) => format!("CLUSTER ON {}", ident(index)),
    };
    action(id, table, sql, "set the cluster index", naming)
}

pub(super) fn of_type(id: &ObjectId, to: Option<&Typed>, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Typed(table) = id else {
        return Vec::new();
    };
    // In a statement of its own: the columns must be the type's by then.
    let (sql, reason) = match to {
        None => ("NOT OF".to_owned(), "drop the type"),
        Some(Typed { ty }) => (format!("OF {}", naming.type_name(ty)), "set the type"),
    };
    vec![Piece::statement(
        id,
        format!("ALTER TABLE {} {sql}", naming.qualified(table)),
        format!("{reason} of table {}", naming.shown(table)),
    )]
}
