//! Views. A query takes the place of another one where every column stays; the rest is told by
//! clauses of their own.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{Expression, View};
use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::Piece;
use super::index::parameters;
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, view: &View, naming: &Naming) -> Vec<Piece> {
    let ObjectId::View(name) = id else {
        return Vec::new();
    };
    let View {
        columns: _,
        query: _,
        options: _,
        defaults,
    } = view;
    let mut pieces = vec![Piece::statement(
        id,
        definition("CREATE VIEW", name, view, naming),
        format!("create view {}", naming.shown(name)),
    )];
    pieces.extend(set_defaults(id, name, &BTreeMap::new(), defaults, naming));
    pieces
}

fn definition(verb: &str, name: &QualifiedName, view: &View, naming: &Naming) -> String {
    let options = if view.options.is_empty() {
        String::new()
    } else {
        format!(" WITH ({})", parameters(&view.options))
    };
    format!(
        "{verb} {}{options} AS\n{}",
        naming.qualified(name),
        naming.query(&view.query)
    )
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::View(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP VIEW {}", naming.qualified(name)),
        format!("drop view {}", naming.shown(name)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &View, to: &View, naming: &Naming) -> Vec<Piece> {
    let ObjectId::View(name) = id else {
        return Vec::new();
    };
    let View {
        columns,
        query,
        options,
        defaults,
    } = to;
    let mut pieces = Vec::new();
    if from.query != *query || from.columns != *columns {
        pieces.push(Piece::statement(
            id,
            definition("CREATE OR REPLACE VIEW", name, to, naming),
            format!("replace view {}", naming.shown(name)),
        ));
    } else {
        let (set, reset) = changed(&from.options, options);
        let mut push = |action: String| {
            pieces.push(Piece::statement(
                id,
                format!("ALTER VIEW {} {action}", naming.qualified(name)),
                format!("change options of view {}", naming.shown(name)),
            ));
        };
        if !set.is_empty() {
            push(format!("SET ({})", parameters(&set)));
        }
        if !reset.is_empty() {
            push(format!("RESET ({})", reset.join(", ")));
        }
    }
    pieces.extend(set_defaults(id, name, &from.defaults, defaults, naming));
    pieces
}

/// The options that are set otherwise, and those that are no longer said.
pub(super) fn changed(
    from: &BTreeMap<String, String>,
    to: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Vec<String>) {
    let set = to
        .iter()
        .filter(|(name, value)| from.get(*name) != Some(*value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let reset = from.keys().filter(|name| !to.contains_key(*name)).cloned();
    (set, reset.collect())
}

fn set_defaults(
    id: &ObjectId,
    name: &QualifiedName,
    from: &BTreeMap<Ident, Expression>,
    to: &BTreeMap<Ident, Expression>,
    naming: &Naming,
) -> Vec<Piece> {
    let gone = from
        .keys()
        .filter(|column| !to.contains_key(*column))
        .map(|column| (column, "DROP DEFAULT".to_owned()));
    let set = to
        .iter()
        .filter(|(column, default)| from.get(*column) != Some(*default))
        .map(|(column, default)| {
            let default = naming.expression(default);
            (column, format!("SET DEFAULT {}", default.trim()))
        });
    gone.chain(set)
        .map(|(column, action)| {
            Piece::statement(
                id,
                format!(
                    "ALTER VIEW {} ALTER COLUMN {} {action}",
                    naming.qualified(name),
                    ident(column)
                ),
                format!("change the default of {}.{column}", naming.shown(name)),
            )
        })
        .collect()
}
