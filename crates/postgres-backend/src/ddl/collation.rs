//! Collations. Nothing of them can be altered but their names.

use limbeck_core::schema::object::{Collation, CollationProvider};
use limbeck_core::{ObjectId, QualifiedName};

use super::{Piece, Scene};
use crate::quote::{Naming, literal};

pub(super) fn create(id: &ObjectId, collation: &Collation, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Collation(name) = id else {
        return Vec::new();
    };
    let Collation {
        provider,
        locale,
        lc_collate,
        lc_ctype,
        deterministic,
        rules,
    } = collation;
    let provider = match provider {
        CollationProvider::Libc => "libc",
        CollationProvider::Icu => "icu",
        CollationProvider::Builtin => "builtin",
    };
    let mut parameters = vec![format!("provider = {provider}")];
    let mut text = |parameter: &str, value: &Option<String>| {
        if let Some(value) = value {
            parameters.push(format!("{parameter} = {}", literal(value)));
        }
    };
    if lc_collate == lc_ctype && locale.is_none() {
        text("locale", lc_collate);
    } else {
        text("locale", locale);
        text("lc_collate", lc_collate);
        text("lc_ctype", lc_ctype);
    }
    text("rules", rules);
    if !*deterministic {
        parameters.push("deterministic = false".to_owned());
    }
    vec![Piece::statement(
        id,
        format!(
            "CREATE COLLATION {} ({})",
            naming.qualified(name),
            parameters.join(", ")
        ),
        format!("create collation {}", naming.shown(name)),
    )]
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Collation(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP COLLATION {}", naming.qualified(name)),
        format!("drop collation {}", naming.shown(name)),
    )]
}

pub(super) fn alter(
    id: &ObjectId,
    from: &Collation,
    to: &Collation,
    naming: &Naming,
) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let mut pieces = drop(id, naming);
    pieces.extend(create(id, to, naming));
    pieces
}

pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    super::table::rename_relation("COLLATION", ObjectId::Collation, from, to, scene)
}
