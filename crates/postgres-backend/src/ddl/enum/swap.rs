//! A new enum type in the place of an old one of the same name.
//!
//! The old type steps aside under another name, the new one is made, and every column goes over
//! by way of text. Postgres reads the checks, predicates and indexed expressions of a converted
//! column again, in which the old type is named: those are dropped before and made again after,
//! unless an operation still to come does away with them.

use std::collections::BTreeMap;

use limbeck_core::name::derived_name;
use limbeck_core::schema::object::{
    Check, Comment, Constraint, ConstraintKind, Enum, Exclude, ExcludeElement, Expression, Index,
    IndexElement, IndexKey,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::is_of;
use crate::ddl::cast::Cast;
use crate::ddl::{Piece, Scene, column, comment, constraint, index};
use crate::expression::mentions;
use crate::quote::ident;

pub(super) fn swap(
    id: &ObjectId,
    name: &QualifiedName,
    to: &Enum,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let naming = scene.naming();
    let aside = aside(name, scene);
    let mut before = Vec::new();
    let mut convert = Vec::new();
    let mut after = Vec::new();

    for (part, object) in dependents(name, scene) {
        match object {
            Object::Index(index) => {
                before.extend(index::drop(part, naming));
                if stays(part, scene) {
                    after.extend(index::create(part, index, naming));
                }
            }
            Object::Constraint(constraint) => {
                before.extend(constraint::drop(part, naming));
                if stays(part, scene) {
                    after.extend(constraint::create(part, constraint, naming));
                }
            }
            Object::Column(_)
            | Object::Namespace(_)
            | Object::Enum(_)
            | Object::Sequence(_)
            | Object::Table(_)
            | Object::Comment(_) => continue,
        }
        if stays(part, scene) {
            after.extend(comment_again(part, scene));
        }
    }
    for (part, object) in scene.now.objects() {
        if let Object::Column(column) = object
            && is_of(column, name)
        {
            convert.extend(convert_column(part, column, scene));
        }
    }

    let mut pieces = before;
    pieces.push(Piece::statement(
        id,
        format!(
            "ALTER TYPE {} RENAME TO {}",
            naming.type_name(name),
            ident(&aside.name)
        ),
        format!("put the old type {} aside", naming.shown(name)),
    ));
    pieces.extend(super::create(id, to, naming));
    pieces.extend(comment_again(id, scene));
    pieces.extend(convert);
    pieces.push(Piece::statement(
        id,
        format!("DROP TYPE {}", naming.type_name(&aside)),
        format!("drop the old type {}", naming.shown(name)),
    ));
    pieces.extend(after);
    pieces
}

/// A name for the old type that nothing has.
fn aside(name: &QualifiedName, scene: &Scene<'_>) -> QualifiedName {
    let mut label = "old".to_owned();
    let mut number = 1_usize;
    loop {
        let bare = derived_name(name.name.as_str(), None, &label);
        let candidate = QualifiedName::new(name.schema.clone(), bare);
        if !scene.now.is_taken(&candidate) {
            return candidate;
        }
        label = format!("old{number}");
        number += 1;
    }
}

/// The constraints and indexes whose text names the type.
fn dependents<'s>(
    name: &QualifiedName,
    scene: &'s Scene<'_>,
) -> BTreeMap<&'s ObjectId, &'s Object> {
    scene
        .now
        .objects()
        .filter(|(_, object)| {
            matches!(object, Object::Constraint(_) | Object::Index(_))
                && expressions(object)
                    .iter()
                    .any(|text| mentions(text, name.name.as_str()))
        })
        .collect()
}

/// Whether nothing still to come drops an object.
fn stays(id: &ObjectId, scene: &Scene<'_>) -> bool {
    !scene.later().any(|operation| match operation {
        Operation::Drop {
            id: dropped,
            object: _,
        } => dropped == id,
        Operation::Create { .. } | Operation::Alter { .. } | Operation::Rename { .. } => false,
    })
}

/// Sets the comment of an object that was made anew.
fn comment_again(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let comment_id = ObjectId::Comment(Box::new(id.clone()));
    match scene.now.get(&comment_id) {
        Some(Object::Comment(comment @ Comment { .. })) => {
            comment::set(&comment_id, Some(comment), scene.naming())
        }
        Some(_) | None => Vec::new(),
    }
}

fn convert_column(
    id: &ObjectId,
    column: &limbeck_core::schema::object::Column,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let ObjectId::Column { table, name } = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let alter = format!("ALTER COLUMN {}", ident(name));
    let mut pieces = Vec::new();
    let mut act = |action: String, reason: String| {
        pieces.push(Piece::action(id, table, action, reason));
    };
    let shown = format!("{}.{name}", naming.shown(table));
    if column.default.is_some() {
        act(
            format!("{alter} DROP DEFAULT"),
            format!("drop the default of {shown}"),
        );
    }
    let value = column::conversion(name, &column.sql_type, Cast::Text, naming);
    act(
        format!(
            "{alter} TYPE {} USING {value}",
            naming.sql_type(&column.sql_type)
        ),
        format!("convert {shown}"),
    );
    if let Some(default) = &column.default
        && !changes_default(id, scene)
    {
        act(
            format!("{alter} SET DEFAULT {}", naming.expression(default).trim()),
            format!("set the default of {shown}"),
        );
    }
    pieces
}

/// Whether an operation still to come gives a column another default, or drops it.
fn changes_default(id: &ObjectId, scene: &Scene<'_>) -> bool {
    scene.later().any(|operation| match operation {
        Operation::Alter {
            id: altered,
            from: Object::Column(from),
            to: Object::Column(to),
        } => altered == id && from.default != to.default,
        Operation::Drop {
            id: dropped,
            object: _,
        } => dropped == id,
        Operation::Alter { .. } | Operation::Create { .. } | Operation::Rename { .. } => false,
    })
}

/// All expressions of an object.
pub(super) fn expressions(object: &Object) -> Vec<&str> {
    fn element(element: &IndexElement) -> Option<&str> {
        match &element.key {
            IndexKey::Column(_) => None,
            IndexKey::Expression(Expression(text)) => Some(text),
        }
    }
    match object {
        Object::Column(column) => [&column.default, &column.generated]
            .into_iter()
            .flatten()
            .map(|expression| expression.0.as_str())
            .collect(),
        Object::Constraint(Constraint { kind, .. }) => match kind {
            ConstraintKind::Check(Check {
                expression,
                no_inherit: _,
            }) => vec![&expression.0],
            ConstraintKind::Exclude(Exclude {
                elements,
                predicate,
                ..
            }) => elements
                .iter()
                .filter_map(
                    |ExcludeElement {
                         element: part,
                         operator: _,
                     }| element(part),
                )
                .chain(predicate.as_ref().map(|predicate| predicate.0.as_str()))
                .collect(),
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::ForeignKey(_) => Vec::new(),
        },
        Object::Index(Index {
            elements,
            predicate,
            ..
        }) => elements
            .iter()
            .filter_map(element)
            .chain(predicate.as_ref().map(|predicate| predicate.0.as_str()))
            .collect(),
        Object::Namespace(_)
        | Object::Enum(_)
        | Object::Sequence(_)
        | Object::Table(_)
        | Object::Comment(_) => Vec::new(),
    }
}
