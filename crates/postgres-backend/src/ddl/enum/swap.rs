//! A new enum type in the place of an old one of the same name.
//!
//! The old type steps aside under another name, the new one is made, and every column goes over
//! by way of text. Postgres reads the checks, predicates and indexed expressions of a converted
//! column again, in which the old type is named: those are dropped before and made again after,
//! unless an operation still to come does away with them. So are foreign keys between columns of
//! the type, which would for a moment be of two types, and generated columns.
//!
//! What was said of the old type and of what is made again (comments, owners, grants) is said again.

use std::collections::BTreeMap;

use limbeck_core::name::derived_name;
use limbeck_core::schema::object::{
    Column, Comment, Constraint, ConstraintKind, Enum, Expression, Index,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::is_of;
use crate::ddl::{Piece, Scene, column, comment, constraint, grant, index, owner, shipped};
use crate::expression::mentions;
use crate::quote::ident;

/// What an exchange has to see to by itself; all else over a type is an object that is replaced.
enum Part<'a> {
    Column(&'a Column),
    Constraint(&'a Constraint),
    Index(&'a Index),
}

impl<'a> Part<'a> {
    fn of(object: &'a Object) -> Option<Self> {
        match object {
            Object::Column(column) => Some(Self::Column(column)),
            Object::Constraint(constraint) => Some(Self::Constraint(constraint)),
            Object::Index(index) => Some(Self::Index(index)),
            Object::Namespace(_)
            | Object::Enum(_)
            | Object::Sequence(_)
            | Object::Table(_)
            | Object::Comment(_)
            | Object::View(_)
            | Object::MaterializedView(_)
            | Object::Rule(_)
            | Object::Routine(_)
            | Object::Aggregate(_)
            | Object::Trigger(_)
            | Object::EventTrigger(_)
            | Object::Extension(_)
            | Object::Domain(_)
            | Object::DomainConstraint(_)
            | Object::Composite(_)
            | Object::Range(_)
            | Object::Collation(_)
            | Object::ReplicaIdentity(_)
            | Object::Cluster(_)
            | Object::Typed(_)
            | Object::Statistics(_)
            | Object::Policy(_)
            | Object::Owner(_)
            | Object::Grant(_)
            | Object::Partition(_)
            | Object::Inheritance(_)
            | Object::Attached(_)
            | Object::Wrapper(_)
            | Object::Server(_)
            | Object::UserMapping(_)
            | Object::Publication(_)
            | Object::PublicationTable(_)
            | Object::PublicationSchema(_)
            | Object::Subscription(_)
            | Object::SearchParser(_)
            | Object::SearchTemplate(_)
            | Object::SearchDictionary(_)
            | Object::SearchConfiguration(_)
            | Object::Operator(_)
            | Object::OperatorFamily(_)
            | Object::OperatorClass(_)
            | Object::FamilyMember(_)
            | Object::Cast(_)
            | Object::Conversion(_)
            | Object::Language(_)
            | Object::AccessMethod(_) => None,
        }
    }
}

pub(super) fn swap(
    id: &ObjectId,
    name: &QualifiedName,
    to: &Enum,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let naming = scene.naming();
    let aside = aside(name, scene);
    let computed = computed(name, scene);
    let mut before = Vec::new();
    let mut after = Vec::new();
    for (part, object) in dependents(name, &computed, scene) {
        if scene.now.follows(part, object) {
            continue;
        }
        let Some(of) = Part::of(object) else {
            continue;
        };
        let (gone, again) = match of {
            Part::Index(index) => (index::drop(part, naming), index::create(part, index, scene)),
            Part::Constraint(constraint) => (
                constraint::drop(part, scene),
                constraint::create(part, constraint, scene),
            ),
            Part::Column(_) => continue,
        };
        // What rests on another goes first, and comes last.
        let foreign = is_foreign_key(object);
        before.push((!foreign, gone));
        if stays(part, scene) {
            after.push((foreign, again));
            after.push((foreign, comment_again(part, scene)));
        }
    }
    before.sort_by_key(|(late, _)| *late);
    after.sort_by_key(|(late, _)| *late);
    let flat = |steps: Vec<(bool, Vec<Piece>)>| steps.into_iter().flat_map(|(_, pieces)| pieces);

    let mut pieces: Vec<Piece> = flat(before).collect();
    let follows = |part: &ObjectId| {
        let object = scene.now.get(part);
        object.is_some_and(|object| scene.now.follows(part, object))
    };
    pieces.extend(
        computed
            .keys()
            .filter(|part| !follows(part))
            .flat_map(|part| column::drop(part, scene)),
    );
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
    pieces.extend(said_again(id, scene));
    for (part, object) in scene.now.objects() {
        if let Object::Column(column) = object
            && is_of(column, name)
            && !computed.contains_key(part)
            && !scene.now.follows(part, object)
        {
            pieces.extend(convert_column(part, column, scene));
        }
    }
    for (part, column) in &computed {
        if stays(part, scene) && !follows(part) {
            pieces.extend(column::create(part, column, scene));
        }
    }
    if scene.shipped {
        pieces.push(shipped::convert(id, &aside, name, naming));
    }
    pieces.push(Piece::statement(
        id,
        format!("DROP TYPE {}", naming.type_name(&aside)),
        format!("drop the old type {}", naming.shown(name)),
    ));
    for part in computed.keys().filter(|part| stays(part, scene)) {
        pieces.extend(said_again(part, scene));
    }
    pieces.extend(flat(after));
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

/// The generated columns that are of the type, or name it or a column of it: Postgres changes no
/// column that another is computed from. They are dropped, and computed again.
fn computed<'s>(name: &QualifiedName, scene: &'s Scene<'_>) -> BTreeMap<&'s ObjectId, &'s Column> {
    let of_type: Vec<(&QualifiedName, &Ident)> = scene
        .now
        .objects()
        .filter_map(|(id, object)| match (id, object) {
            (
                ObjectId::Column {
                    table,
                    name: column,
                },
                Object::Column(definition),
            ) => is_of(definition, name).then_some((table, column)),
            _ => None,
        })
        .collect();
    scene
        .now
        .objects()
        .filter_map(|(id, object)| match Part::of(object)? {
            Part::Column(column) => Some((id, column, column.generated.as_ref()?)),
            Part::Constraint(_) | Part::Index(_) => None,
        })
        .filter(|(id, column, Expression(text))| {
            is_of(column, name)
                || mentions(text, name.name.as_str())
                || of_type.iter().any(|(table, column)| {
                    id.table() == Some(*table) && mentions(text, column.as_str())
                })
        })
        .map(|(id, column, _)| (id, column))
        .collect()
}

/// The constraints and indexes that would be in the way: whose text names the type, foreign keys
/// between columns of it, and whatever lies over a column that is computed again.
fn dependents<'s>(
    name: &QualifiedName,
    computed: &BTreeMap<&ObjectId, &Column>,
    scene: &'s Scene<'_>,
) -> BTreeMap<&'s ObjectId, &'s Object> {
    let is_column_of = |id: &ObjectId| match scene.now.get(id) {
        Some(Object::Column(column)) => is_of(column, name),
        Some(_) | None => false,
    };
    scene
        .now
        .objects()
        .filter(|(id, object)| {
            let table = match Part::of(object) {
                Some(Part::Constraint(_)) => id.table(),
                Some(Part::Index(index)) => Some(&index.table),
                Some(Part::Column(_)) | None => return false,
            };
            let required = object.requires(id);
            let texts = object.expressions();
            texts.iter().any(|text| mentions(text, name.name.as_str()))
                || (is_foreign_key(object) && required.iter().any(is_column_of))
                || computed.keys().any(|computed| {
                    let ObjectId::Column {
                        table: of,
                        name: column,
                    } = computed
                    else {
                        return false;
                    };
                    required.contains(computed)
                        || (table == Some(of)
                            && texts.iter().any(|text| mentions(text, column.as_str())))
                })
        })
        .collect()
}

fn is_foreign_key(object: &Object) -> bool {
    matches!(
        object,
        Object::Constraint(Constraint {
            kind: ConstraintKind::ForeignKey(_),
            ..
        })
    )
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

/// Says again what was said of an object that was made anew.
fn said_again(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let mut pieces = comment_again(id, scene);
    pieces.extend(owner::again(id, scene));
    pieces.extend(grant::again(id, scene));
    pieces
}

/// Sets the comment of an object that was made anew.
fn comment_again(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let comment_id = ObjectId::Comment(Box::new(id.clone()));
    match scene.now.get(&comment_id) {
        Some(Object::Comment(comment @ Comment { .. })) => {
            comment::set(&comment_id, Some(comment), scene)
        }
        Some(_) | None => Vec::new(),
    }
}

fn convert_column(id: &ObjectId, column: &Column, scene: &Scene<'_>) -> Vec<Piece> {
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
    let mut action = format!("{alter} TYPE {}", naming.sql_type(&column.sql_type));
    // Of a foreign table no row is cast here.
    if !scene.is_foreign(table) {
        let value = column::through_text(name, &column.sql_type, naming);
        action.push_str(&format!(" USING {value}"));
    }
    act(action, format!("convert {shown}"));
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
