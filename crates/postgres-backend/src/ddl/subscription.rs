//! Subscriptions. They are never made and never dropped here: both act on another server, and only the one
//! who holds its password can say which.

use limbeck_core::schema::object::Subscription;
use limbeck_core::{Ident, ObjectId};

use super::Piece;
use crate::quote::{ident, literal};

pub(super) fn alter(id: &ObjectId, from: &Subscription, to: &Subscription) -> Vec<Piece> {
    let ObjectId::Subscription(name) = id else {
        return Vec::new();
    };
    let Subscription {
        publications,
        options,
    } = from;
    let head = format!("ALTER SUBSCRIPTION {}", ident(name));
    let mut pieces = Vec::new();
    if *publications != to.publications {
        let names: Vec<String> = to
            .publications
            .iter()
            .filter_map(|name| Ident::new(name.as_str()).ok())
            .map(|name| ident(&name).to_string())
            .collect();
        // To ask the other server which tables these have cannot be part of a transaction.
        pieces.push(Piece::statement(
            id,
            format!(
                "{head} SET PUBLICATION {} WITH (refresh = false)",
                names.join(", ")
            ),
            format!("set the publications of subscription {name}"),
        ));
    }
    let changed: Vec<String> = to
        .options
        .iter()
        .filter(|(option, value)| options.get(*option) != Some(value))
        .map(|(option, value)| format!("{option} = {}", literal(value)))
        .collect();
    if !changed.is_empty() {
        pieces.push(Piece::statement(
            id,
            format!("{head} SET ({})", changed.join(", ")),
            format!("set options of subscription {name}"),
        ));
    }
    pieces
}
