//! Indexes that no constraint made, and the elements that exclusions share with them.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::schema::object::{
    Index, IndexElement, IndexKey, NullsOrder, OperatorClass, SortOrder,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene, lay_out, list};
use crate::expression::parenthesised;
use crate::quote::{Naming, ident, literal};

pub(super) fn create(id: &ObjectId, index: &Index, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Index(name) = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let object = Object::Index(index.clone());
    let alone = scene
        .now
        .is_built_alone(&index.table, &name.name, &object, scene.context.to);
    let only = if alone { "ONLY " } else { "" };
    let Index {
        table,
        method,
        unique,
        nulls_not_distinct,
        elements,
        include,
        predicate,
        storage,
        tablespace: space,
        statistics,
        valid: _,
    } = index;
    let elements: Vec<String> = elements.iter().map(|part| element(part, naming)).collect();
    let unique = if *unique { "UNIQUE " } else { "" };
    // An index stands in its table's schema; the grammar takes no other.
    let head = format!("CREATE {unique}INDEX {}", ident(&name.name));
    let mut clauses = vec![format!("ON {only}{}", naming.qualified(table))];
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
    if let Some(space) = space {
        clauses.push(format!("TABLESPACE {}", ident(space)));
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
    let mut pieces = vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create index {} on {}", name.name, naming.shown(table)),
    )];
    for (element, target) in statistics {
        pieces.push(set_target(id, name, *element, *target, naming));
    }
    pieces
}

/// The statistics target of an element; -1 is what every release understands as none.
fn set_target(
    id: &ObjectId,
    name: &QualifiedName,
    element: u16,
    target: i32,
    naming: &Naming,
) -> Piece {
    Piece::statement(
        id,
        format!(
            "ALTER INDEX {} ALTER COLUMN {element} SET STATISTICS {target}",
            naming.qualified(name)
        ),
        format!("set a statistics target of index {}", naming.shown(name)),
    )
}

/// The name of a tablespace; the database's own is the default one unless somebody said otherwise.
pub(super) fn tablespace(name: Option<&Ident>) -> String {
    name.map_or_else(|| "pg_default".to_owned(), |name| ident(name).to_string())
}

/// `SET (…)` and `RESET (…)`, as far as something differs.
pub(super) fn storage_changes(
    from: &BTreeMap<String, String>,
    to: &BTreeMap<String, String>,
) -> Vec<String> {
    let set: BTreeMap<String, String> = to
        .iter()
        .filter(|(key, value)| from.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let reset: Vec<String> = from
        .keys()
        .filter(|key| !to.contains_key(*key))
        .map(|key| parameter_name(key))
        .collect();
    let mut actions = Vec::new();
    if !set.is_empty() {
        actions.push(format!("SET ({})", parameters(&set)));
    }
    if !reset.is_empty() {
        actions.push(format!("RESET ({})", reset.join(", ")));
    }
    actions
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
pub(super) fn alter(id: &ObjectId, from: &Index, to: &Index, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Index(name) = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let same_but_these = Index {
        storage: to.storage.clone(),
        tablespace: to.tablespace.clone(),
        statistics: to.statistics.clone(),
        valid: to.valid,
        ..from.clone()
    } == *to;
    if !same_but_these {
        let mut pieces = drop(id, naming);
        pieces.extend(create(id, to, scene));
        return pieces;
    }
    let mut pieces = Vec::new();
    // That of a partitioned table is whole when each partition has its part of it.
    if !from.valid && to.valid && !scene.now.is_partitioned(&to.table) {
        pieces.push(Piece::statement(
            id,
            format!("REINDEX INDEX {}", naming.qualified(name)),
            format!(
                "build index {} again, which could not be used",
                naming.shown(name)
            ),
        ));
    }
    let mut push = |action: String, reason: &str| {
        pieces.push(Piece::statement(
            id,
            format!("ALTER INDEX {} {action}", naming.qualified(name)),
            format!("{reason} of index {}", naming.shown(name)),
        ));
    };
    for action in storage_changes(&from.storage, &to.storage) {
        push(action, "change storage parameters");
    }
    if from.tablespace != to.tablespace {
        let action = format!("SET TABLESPACE {}", tablespace(to.tablespace.as_ref()));
        push(action, "set the tablespace");
    }
    let elements: BTreeSet<&u16> = from.statistics.keys().chain(to.statistics.keys()).collect();
    for element in elements {
        let target = to.statistics.get(element);
        if from.statistics.get(element) != target {
            let target = target.copied().unwrap_or(-1);
            pieces.push(set_target(id, name, *element, target, naming));
        }
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

/// Those of a TOAST table have a prefix.
fn parameter_name(key: &str) -> String {
    match key.split_once('.') {
        Some((prefix, key)) => format!("{}.{}", method_name(prefix), method_name(key)),
        None => method_name(key),
    }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
