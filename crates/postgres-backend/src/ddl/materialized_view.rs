//! Materialized views. Nothing but parameters and the tablespace changes in place.

use std::collections::BTreeMap;

use limbeck_core::schema::object::MaterializedView;
use limbeck_core::{Object, ObjectId};

use super::index::{method_name, parameters};
use super::view::changed;
use super::{Piece, Scene};
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, view: &MaterializedView, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::MaterializedView(name) = id else {
        return Vec::new();
    };
    let MaterializedView {
        query,
        method,
        storage,
        tablespace,
        populated,
    } = view;
    let naming = scene.naming();
    let mut sql = format!("CREATE MATERIALIZED VIEW {}", naming.qualified(name));
    if let Some(method) = method {
        sql.push_str(&format!(" USING {}", method_name(method)));
    }
    if !storage.is_empty() {
        sql.push_str(&format!(" WITH ({})", stored(storage)));
    }
    if let Some(tablespace) = tablespace {
        sql.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
    }
    sql.push_str(&format!(" AS\n{}", naming.query(query)));
    // One that held rows and is only made anew holds them again.
    let held = matches!(
        scene.context.from.get(id),
        Some(Object::MaterializedView(MaterializedView {
            populated: true,
            ..
        }))
    );
    if !populated && !held {
        sql.push_str("\nWITH NO DATA");
    }
    vec![Piece::statement(
        id,
        sql,
        format!("create materialized view {}", naming.shown(name)),
    )]
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::MaterializedView(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP MATERIALIZED VIEW {}", naming.qualified(name)),
        format!("drop materialized view {}", naming.shown(name)),
    )]
}

pub(super) fn alter(
    id: &ObjectId,
    from: &MaterializedView,
    to: &MaterializedView,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::MaterializedView(name) = id else {
        return Vec::new();
    };
    let mut pieces = Vec::new();
    let mut push = |action: String| {
        pieces.push(Piece::statement(
            id,
            format!(
                "ALTER MATERIALIZED VIEW {} {action}",
                naming.qualified(name)
            ),
            format!("change materialized view {}", naming.shown(name)),
        ));
    };
    let (set, reset) = changed(&from.storage, &to.storage);
    if !set.is_empty() {
        push(format!("SET ({})", stored(&set)));
    }
    if !reset.is_empty() {
        push(format!("RESET ({})", reset.join(", ")));
    }
    if from.tablespace != to.tablespace {
        let tablespace = match &to.tablespace {
            Some(tablespace) => ident(tablespace).to_string(),
            None => "pg_default".to_owned(),
        };
        push(format!("SET TABLESPACE {tablespace}"));
    }
    pieces
}

/// Storage parameters, those of the TOAST table with their prefix.
fn stored(storage: &BTreeMap<String, String>) -> String {
    storage
        .iter()
        .map(|(name, value)| {
            let (prefix, name) = match name.strip_prefix("toast.") {
                Some(name) => ("toast.", name),
                None => ("", name.as_str()),
            };
            let one = BTreeMap::from([(name.to_owned(), value.clone())]);
            format!("{prefix}{}", parameters(&one))
        })
        .collect::<Vec<_>>()
        .join(", ")
}
