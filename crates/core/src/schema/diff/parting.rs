//! Columns that leave their type while it is made anew.
//!
//! A type that is in the way is renamed aside, and its columns go over from the one to the other (see
//! `exchange`). That cannot be where the type stands on something that is dropped and made under the same
//! name: a function of a range, the operator class that orders it. The old type must be gone before the new one
//! can be made. So its columns hold text in between.

use std::collections::BTreeMap;

use crate::schema::Schema;
use crate::schema::diff::Change;
use crate::schema::edges::{Edges, is_type};
use crate::schema::object::{Column, Object, ObjectId, SqlType};

/// What a column is while its type is not there, where it must leave that.
pub(super) fn between(
    from: &Schema,
    to: &Schema,
    id: &ObjectId,
    changes: &BTreeMap<&ObjectId, Change>,
) -> Option<Column> {
    let (Object::Column(present), Object::Column(wanted)) = (from.get(id)?, to.get(id)?) else {
        return None;
    };
    if present.generated.is_some() && wanted.generated.is_some() {
        return None;
    }
    let comes = |id: &&ObjectId| {
        let change = changes.get(*id);
        matches!(change, Some(Change::Create | Change::Replace))
    };
    let old = behind(from, &present.sql_type, |_| true);
    let stuck = old
        .iter()
        .any(|id| changes.get(*id) == Some(&Change::Replace) && !is_space(id));
    let new = stuck.then(|| behind(to, &wanted.sql_type, is_type));
    new?.iter().any(comes).then(|| Column {
        sql_type: SqlType::Builtin(text_of(&present.sql_type).to_owned()),
        collation: None,
        default: None,
        generated: None,
        ..present.clone()
    })
}

fn is_space(id: &ObjectId) -> bool {
    matches!(id, ObjectId::Namespace(_) | ObjectId::Extension(_))
}

fn text_of(sql_type: &SqlType) -> &'static str {
    match sql_type {
        SqlType::Named { array: true, .. } => "text[]",
        _ => "text",
    }
}

/// All that a type is, or stands on, as far as it leads on.
fn behind<'a>(
    schema: &'a Schema,
    sql_type: &SqlType,
    leads_on: impl Fn(&ObjectId) -> bool,
) -> Vec<&'a ObjectId> {
    let edges = Edges::new(schema);
    let mut found = types_of(schema, sql_type);
    let mut at = 0;
    while let Some(next) = found.get(at).copied() {
        at += 1;
        // What a type's default says is let go of.
        let needed = match schema.get(next) {
            Some(Object::Domain(domain)) => types_of(schema, &domain.base),
            _ => edges.of(next),
        };
        for further in needed {
            if leads_on(further) && !found.contains(&further) {
                found.push(further);
            }
        }
    }
    found
}

/// The object that a type is, or of which it is part.
pub(super) fn types_of<'a>(schema: &'a Schema, sql_type: &SqlType) -> Vec<&'a ObjectId> {
    let required = sql_type.requires();
    let mut found: Vec<&ObjectId> = required
        .iter()
        .filter(|id| is_type(id))
        .filter_map(|id| schema.objects.get_key_value(id))
        .map(|(id, _)| id)
        .collect();
    if let (true, SqlType::Named { name, .. }) = (found.is_empty(), sql_type) {
        let of_range = schema.objects.iter().find(|(_, object)| match object {
            Object::Range(range) => range.multirange.as_ref() == Some(name),
            _ => false,
        });
        found.extend(of_range.map(|(id, _)| id));
    }
    found
}

/// Whether a type stands on another one by what it is, and not by what it says in passing.
pub(super) fn is_over(schema: &Schema, object: &Object, ty: &ObjectId) -> bool {
    let over = |sql_type: &SqlType| types_of(schema, sql_type).contains(&ty);
    match object {
        Object::Column(column) => over(&column.sql_type),
        Object::Domain(domain) => over(&domain.base),
        Object::Composite(composite) => composite
            .attributes
            .iter()
            .any(|attribute| over(&attribute.sql_type)),
        Object::Range(range) => over(&range.subtype),
        _ => false,
    }
}
