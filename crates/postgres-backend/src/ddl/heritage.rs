//! Ties between tables, and between indexes of partitions.

use limbeck_core::schema::object::{Attached, Partition};
use limbeck_core::{ObjectId, QualifiedName};

use super::Piece;
use crate::quote::{Naming, ident};

pub(super) fn attach(id: &ObjectId, partition: &Partition, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Partition(table) = id else {
        return Vec::new();
    };
    let Partition { parent, bounds } = partition;
    vec![Piece::statement(
        id,
        format!(
            "ALTER TABLE {} ATTACH PARTITION {} {}",
            naming.qualified(parent),
            naming.qualified(table),
            naming.expression(bounds)
        ),
        format!(
            "make table {} a partition of {}",
            naming.shown(table),
            naming.shown(parent)
        ),
    )]
}

pub(super) fn detach(id: &ObjectId, partition: &Partition, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Partition(table) = id else {
        return Vec::new();
    };
    let Partition { parent, bounds: _ } = partition;
    vec![Piece::statement(
        id,
        format!(
            "ALTER TABLE {} DETACH PARTITION {}",
            naming.qualified(parent),
            naming.qualified(table)
        ),
        format!(
            "take table {} out of the partitions of {}, with its rows",
            naming.shown(table),
            naming.shown(parent)
        ),
    )]
}

pub(super) fn inherit(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Inheritance { table, parent } = id else {
        return Vec::new();
    };
    vec![inheritance(
        id, table, parent, "INHERIT", "inherits", naming,
    )]
}

pub(super) fn disinherit(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Inheritance { table, parent } = id else {
        return Vec::new();
    };
    let words = "no longer inherits";
    vec![inheritance(id, table, parent, "NO INHERIT", words, naming)]
}

fn inheritance(
    id: &ObjectId,
    table: &QualifiedName,
    parent: &QualifiedName,
    action: &str,
    words: &str,
    naming: &Naming,
) -> Piece {
    Piece::statement(
        id,
        format!(
            "ALTER TABLE {} {action} {}",
            naming.qualified(table),
            naming.qualified(parent)
        ),
        format!(
            "table {} {words} from {}",
            naming.shown(table),
            naming.shown(parent)
        ),
    )
}

pub(super) fn attach_index(id: &ObjectId, attached: &Attached, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Attached { table, name } = id else {
        return Vec::new();
    };
    let Attached { parent, index } = attached;
    let above = QualifiedName::new(parent.schema.clone(), index.clone());
    let own = QualifiedName::new(table.schema.clone(), name.clone());
    vec![Piece::statement(
        id,
        format!(
            "ALTER INDEX {} ATTACH PARTITION {}",
            naming.qualified(&above),
            naming.qualified(&own)
        ),
        format!(
            "make index {name} of {} part of {index}",
            naming.shown(table)
        ),
    )]
}

/// `PARTITION BY RANGE ("a", lower(b))`.
pub(super) fn key(key: &limbeck_core::schema::object::PartitionKey, naming: &Naming) -> String {
    use limbeck_core::schema::object::{
        IndexKey, PartitionElement, PartitionKey, PartitionStrategy,
    };
    let PartitionKey { strategy, elements } = key;
    let strategy = match strategy {
        PartitionStrategy::Range => "RANGE",
        PartitionStrategy::List => "LIST",
        PartitionStrategy::Hash => "HASH",
    };
    let elements: Vec<String> = elements
        .iter()
        .map(
            |PartitionElement {
                 key,
                 collation,
                 operator_class,
             }| {
                let mut sql = match key {
                    IndexKey::Column(name) => ident(name).to_string(),
                    IndexKey::Expression(expression) => naming.expression(expression),
                };
                if let Some(collation) = collation {
                    sql.push_str(&format!(" COLLATE {}", naming.qualified(collation)));
                }
                if let Some(class) = operator_class {
                    sql.push_str(&format!(" {}", naming.qualified(class)));
                }
                sql
            },
        )
        .collect();
    format!("PARTITION BY {strategy} ({})", elements.join(", "))
}
