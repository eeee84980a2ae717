//! Indexes that no constraint made, and the elements that exclusions share with them.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{
    Index, IndexElement, IndexKey, NullsOrder, OperatorClass, SortOrder,
};
use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::{Piece, Scene, lay_out, list};
use crate::expression::parenthesised;
use crate::quote::{Naming, ident, literal};

pub(super) fn create(id: &ObjectId, index: &Index, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Index(name) = id else {
        return Vec::new();
    };
    let Index {
        table,
        method,
        unique,
        nulls_not_distinct,
        elements,
        include,
        predicate,
        storage,
    } = index;
    let elements: Vec<String> = elements.iter().map(|part| element(part, naming)).collect();
    let unique = if *unique { "UNIQUE " } else { "" };
    // An index stands in its table's schema; the grammar takes no other.
    let head = format!("CREATE {unique}INDEX {}", ident(&name.name));
    let mut clauses = vec![format!("ON {}", naming.qualified(table))];
    if method != "btree" {
        clauses.push(format!("USING {}", method_name(method)));
    }
    clauses.push(format!("({})", elements.join(", ")));
    if !include.is_empty() {
        clauses.push(format!("INCLUDE ({})", list(include)));
    }
    if *nulls_not_distinct {
        clauses.push("NULLS NOT DISTINCT".to_owned());
    }
    if !storage.is_empty() {
        clauses.push(format!("WITH ({})", parameters(storage)));
    }
    if let Some(predicate) = predicate {
        clauses.push(format!("WHERE {}", naming.expression(predicate).trim()));
    }
    // What the index is on belongs to one line, however long.
    let on = clauses
        .iter()
        .position(|clause| clause.starts_with('('))
        .unwrap_or(0);
    let head_clauses: Vec<String> = clauses.drain(..=on).collect();
    clauses.insert(0, head_clauses.join(" "));
    vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create index {} on {}", name.name, naming.shown(table)),
    )]
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Index(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP INDEX {}", naming.qualified(name)),
        format!("drop index {}", naming.shown(name)),
    )]
}

/// Storage parameters change in place, anything else takes a new index.
pub(super) fn alter(id: &ObjectId, from: &Index, to: &Index, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Index(name) = id else {
        return Vec::new();
    };
    let same_but_storage = Index {
        storage: to.storage.clone(),
        ..from.clone()
    } == *to;
    if !same_but_storage {
        let mut pieces = drop(id, naming);
        pieces.extend(create(id, to, naming));
        return pieces;
    }
    let set: BTreeMap<String, String> = to
        .storage
        .iter()
        .filter(|(key, value)| from.storage.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let reset: Vec<String> = from
        .storage
        .keys()
        .filter(|key| !to.storage.contains_key(*key))
        .map(|key| parameter_name(key))
        .collect();
    let mut pieces = Vec::new();
    let mut push = |action: String| {
        pieces.push(Piece::statement(
            id,
            format!("ALTER INDEX {} {action}", naming.qualified(name)),
            format!("change storage parameters of index {}", naming.shown(name)),
        ));
    };
    if !set.is_empty() {
        push(format!("SET ({})", parameters(&set)));
    }
    if !reset.is_empty() {
        push(format!("RESET ({})", reset.join(", ")));
    }
    pieces
}

/// Its schema follows that of its table.
pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    if from.name == to.name {
        return Vec::new();
    }
    let naming = scene.naming();
    let moved = QualifiedName::new(to.schema.clone(), from.name.clone());
    let current = if scene.now.has(&ObjectId::Index(moved.clone())) {
        moved
    } else {
        from.clone()
    };
    vec![Piece::statement(
        &ObjectId::Index(to.clone()),
        format!(
            "ALTER INDEX {} RENAME TO {}",
            naming.qualified(&current),
            ident(&to.name)
        ),
        format!("rename index {} to {}", naming.shown(from), to.name),
    )]
}

/// One element, as in `lower(title) COLLATE "C" text_pattern_ops DESC NULLS LAST`.
pub(super) fn element(element: &IndexElement, naming: &Naming) -> String {
    let IndexElement {
        key,
        collation,
        operator_class,
        order,
        nulls,
    } = element;
    let mut sql = match key {
        IndexKey::Column(name) => ident(name).to_string(),
        IndexKey::Expression(expression) => parenthesised(&naming.expression(expression)),
    };
    if let Some(collation) = collation {
        sql.push_str(&format!(" COLLATE {}", naming.qualified(collation)));
    }
    if let Some(OperatorClass {
        name,
        parameters: given,
    }) = operator_class
    {
        sql.push_str(&format!(" {}", naming.qualified(name)));
        if !given.is_empty() {
            sql.push_str(&format!(" ({})", parameters(given)));
        }
    }
    match order {
        SortOrder::Ascending => {}
        SortOrder::Descending => sql.push_str(" DESC"),
    }
    match (nulls, order) {
        (NullsOrder::Default, _) => {}
        (NullsOrder::Reversed, SortOrder::Ascending) => sql.push_str(" NULLS FIRST"),
        (NullsOrder::Reversed, SortOrder::Descending) => sql.push_str(" NULLS LAST"),
    }
    sql
}

/// An access method: a plain word as it is, for that is how people know them.
pub(super) fn method_name(method: &str) -> String {
    if is_plain(method) {
        method.to_owned()
    } else {
        Ident::new(method).map_or_else(|_| method.to_owned(), |name| ident(&name).to_string())
    }
}

/// `fillfactor = 70, deduplicate_items = off`.
pub(super) fn parameters(parameters: &BTreeMap<String, String>) -> String {
    parameters
        .iter()
        .map(|(key, value)| {
            let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let value = if number || matches!(value.as_str(), "on" | "off" | "true" | "false") {
                value.clone()
            } else {
                literal(value).to_string()
            };
            format!("{} = {value}", parameter_name(key))
        })
        .collect::<Vec<_>>()
        .join(", ")
}

fn parameter_name(key: &str) -> String {
    method_name(key)
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
