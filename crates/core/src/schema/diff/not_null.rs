//! Names of constraints that refuse nulls, where a table gets a parent or loses it. What an heir has from its parent
//! cannot be renamed and is no difference; before it is an heir, and once it is nobody's, it can, and is.

use std::borrow::Cow;

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::heritage::{below, heirs, ties};
use crate::schema::object::{Called, ConstraintKind, NotNull, Object, ObjectId};

/// The schema before, with the names that will count when the ties are those of the schema after.
pub(super) fn by_tie<'a>(from: &'a Schema, to: &Schema) -> Cow<'a, Schema> {
    let mut schema = Cow::Borrowed(from);
    let mut set = |id: &ObjectId, not_null: NotNull| {
        if let Some(Object::Column(column)) = schema.to_mut().objects.get_mut(id) {
            column.not_null = not_null;
        }
    };
    for (id, present) in inherited(from) {
        let (ObjectId::Column { table, name }, Some(wanted)) = (id, refusing(to, id)) else {
            continue;
        };
        // Where nothing is called anything there is nothing to keep.
        if !wanted.is_inherited()
            && (wanted.name.is_some() || !matches!(wanted.called, Called::Nothing))
        {
            let kept = present.clone().keeping_name(table, name);
            set(id, kept.for_column(table, name));
        }
    }
    for (id, wanted) in inherited(to) {
        let (ObjectId::Column { table, name }, Some(present)) = (id, refusing(from, id)) else {
            continue;
        };
        if present.is_inherited() || matches!(present.called, Called::Nothing) {
            continue;
        }
        let called = present.called(table, name);
        let mut not_null = present.clone();
        not_null.name = (called != wanted.called(table, name)).then_some(called);
        set(id, not_null);
    }
    stuck(schema, to)
}

/// Takes the new name for the old one where Postgres cannot give it: it renames none of which an heir calls its own
/// otherwise, and drops none that a key or an identity rests on.
fn stuck<'a>(mut schema: Cow<'a, Schema>, to: &Schema) -> Cow<'a, Schema> {
    let named = |schema: &Schema| -> Vec<ObjectId> {
        let named = schema.objects.iter().filter(
            |(_, object)| matches!(object, Object::Column(column) if column.not_null.name.is_some()),
        );
        named.map(|(id, _)| id.clone()).collect()
    };
    let mut ids = named(&schema);
    ids.extend(named(to));
    ids.retain(|id| match (refusing(&schema, id), refusing(to, id)) {
        (Some(present), Some(wanted)) => present.name != wanted.name && !present.no_inherit,
        _ => false,
    });
    if ids.is_empty() {
        return schema;
    }
    let ties = ties(&schema);
    if ties.is_empty() {
        return schema;
    }
    let heirs = heirs(&schema, |link| to.objects.contains_key(link));
    ids.retain(|id| {
        let (ObjectId::Column { table, name }, Some(present)) = (id, refusing(&schema, id)) else {
            return false;
        };
        let called = present.called(table, name);
        let otherwise = below(table, &heirs).into_iter().any(|heir| {
            let of_heir = ObjectId::Column {
                table: heir.clone(),
                name: name.clone(),
            };
            refusing(&schema, &of_heir).is_some_and(|of_heir| of_heir.called(heir, name) != called)
        });
        otherwise && is_needed(&schema, id, table, name)
    });
    for id in ids {
        let name = refusing(to, &id).and_then(|wanted| wanted.name.clone());
        if let Some(Object::Column(column)) = schema.to_mut().objects.get_mut(&id) {
            column.not_null.name = name;
        }
    }
    schema
}

/// Whether Postgres refuses to let a column hold nulls.
fn is_needed(schema: &Schema, id: &ObjectId, table: &QualifiedName, name: &Ident) -> bool {
    if matches!(schema.get(id), Some(Object::Column(column)) if column.identity.is_some()) {
        return true;
    }
    if schema
        .get(&ObjectId::ReplicaIdentity(table.clone()))
        .is_some()
    {
        return true;
    }
    schema.objects.iter().any(|(id, object)| match object {
        Object::Constraint(constraint) => {
            matches!(&constraint.kind, ConstraintKind::PrimaryKey(key) if key.columns.contains(name))
                && id.table() == Some(table)
        }
        _ => false,
    })
}

/// The columns that refuse nulls because a parent does.
fn inherited(schema: &Schema) -> impl Iterator<Item = (&ObjectId, &NotNull)> {
    schema
        .objects
        .iter()
        .filter_map(|(id, object)| match object {
            Object::Column(column) if column.not_null.is_inherited() => {
                Some((id, &column.not_null))
            }
            _ => None,
        })
}

fn refusing<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a NotNull> {
    match schema.get(id) {
        Some(Object::Column(column)) if !column.nullable => Some(&column.not_null),
        _ => None,
    }
}
