//! Extended statistics. Only their target changes in place.

use limbeck_core::schema::object::{Statistics, StatisticsKind};
use limbeck_core::{ObjectId, QualifiedName};

use super::{Piece, Scene, lay_out};
use crate::expression::parenthesised;
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, statistics: &Statistics, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Statistics(name) = id else {
        return Vec::new();
    };
    let Statistics {
        table,
        kinds,
        columns,
        expressions,
        target,
    } = statistics;
    let mut head = format!("CREATE STATISTICS {}", naming.qualified(name));
    let words: Vec<&str> = kinds
        .iter()
        .map(|kind| match kind {
            StatisticsKind::Distinct => "ndistinct",
            StatisticsKind::Dependencies => "dependencies",
            StatisticsKind::MostCommon => "mcv",
        })
        .collect();
    // All kinds are what Postgres takes where none is said.
    if (1..3).contains(&words.len()) {
        head.push_str(&format!(" ({})", words.join(", ")));
    }
    let columns = columns.iter().map(|name| ident(name).to_string());
    let expressions = expressions
        .iter()
        .map(|expression| parenthesised(&naming.expression(expression)));
    let on: Vec<String> = columns.chain(expressions).collect();
    let clauses = [
        format!("ON {}", on.join(", ")),
        format!("FROM {}", naming.qualified(table)),
    ];
    let mut pieces = vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create statistics {}", naming.shown(name)),
    )];
    if target.is_some() {
        pieces.push(set_target(id, name, *target, naming));
    }
    pieces
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Statistics(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP STATISTICS {}", naming.qualified(name)),
        format!("drop statistics {}", naming.shown(name)),
    )]
}

pub(super) fn alter(
    id: &ObjectId,
    from: &Statistics,
    to: &Statistics,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::Statistics(name) = id else {
        return Vec::new();
    };
    let same = Statistics {
        target: to.target,
        ..from.clone()
    };
    if same != *to {
        let mut pieces = drop(id, naming);
        pieces.extend(create(id, to, naming));
        return pieces;
    }
    if from.target == to.target {
        return Vec::new();
    }
    vec![set_target(id, name, to.target, naming)]
}

fn set_target(id: &ObjectId, name: &QualifiedName, target: Option<i32>, naming: &Naming) -> Piece {
    // -1 is what every release understands as none.
    let target = target.unwrap_or(-1);
    Piece::statement(
        id,
        format!(
            "ALTER STATISTICS {} SET STATISTICS {target}",
            naming.qualified(name)
        ),
        format!("set the target of statistics {}", naming.shown(name)),
    )
}

pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    super::table::rename_relation("STATISTICS", ObjectId::Statistics, from, to, scene)
}
