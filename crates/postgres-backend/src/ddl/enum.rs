//! Enum types. Values are added in place; to take one away or to change their order, a new type
//! takes the old one's place.

use limbeck_core::schema::object::{Column, Enum, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::cast::{Cast, base_of, cast};
use super::{Piece, Scene};
use crate::quote::{Naming, literal};
use crate::statement::TransactionNeed;

mod swap;

pub(super) fn create(id: &ObjectId, ty: &Enum, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Enum(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        definition(name, ty, naming),
        format!("create type {}", naming.shown(name)),
    )]
}

fn definition(name: &QualifiedName, ty: &Enum, naming: &Naming) -> String {
    let Enum { values } = ty;
    let values: Vec<String> = values
        .iter()
        .map(|value| literal(value).to_string())
        .collect();
    let head = format!("CREATE TYPE {} AS ENUM", naming.type_name(name));
    let line = format!("{head} ({})", values.join(", "));
    if line.len() <= 90 {
        line
    } else {
        format!("{head} (\n    {}\n)", values.join(",\n    "))
    }
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Enum(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP TYPE {}", naming.type_name(name)),
        format!("drop type {}", naming.shown(name)),
    )]
}

pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    super::table::rename_relation("TYPE", ObjectId::Enum, from, to, scene)
}

pub(super) fn rename_value(
    from_type: &QualifiedName,
    from: &str,
    to_type: &QualifiedName,
    to: &str,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let renamed = scene.now.has(&ObjectId::Enum(to_type.clone()));
    let ty = if renamed { to_type } else { from_type };
    let naming = scene.naming();
    vec![Piece::statement(
        &ObjectId::EnumValue {
            ty: to_type.clone(),
            value: to.to_owned(),
        },
        format!(
            "ALTER TYPE {} RENAME VALUE {} TO {}",
            naming.type_name(ty),
            literal(from),
            literal(to)
        ),
        format!("rename value {from} of {} to {to}", naming.shown(ty)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Enum, to: &Enum, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Enum(name) = id else {
        return Vec::new();
    };
    if from == to {
        return Vec::new();
    }
    match additions(from, to) {
        Some(additions) if !are_used(&additions, scene.later()) => additions
            .iter()
            .map(|addition| add_value(id, name, addition, scene.naming()))
            .collect(),
        Some(_) | None => swap::swap(id, name, to, scene),
    }
}

/// Whether the change of an enum takes a new type.
pub(super) fn is_exchanged(from: &Enum, to: &Enum, later: &[Operation]) -> bool {
    from != to && additions(from, to).is_none_or(|additions| are_used(&additions, later))
}

/// A value that an enum gets, and the one beside which it stands.
struct Addition<'a> {
    value: &'a str,
    place: Place<'a>,
}

enum Place<'a> {
    Alone,
    Before(&'a str),
    After(&'a str),
}

/// The new values in an order in which they can be added; `None` where that is not all.
fn additions<'a>(from: &'a Enum, to: &'a Enum) -> Option<Vec<Addition<'a>>> {
    let mut old = from.values.iter().peekable();
    let mut additions = Vec::new();
    let mut previous: Option<&str> = None;
    for value in &to.values {
        if old.next_if_eq(&value).is_none() {
            let place = match (previous, from.values.first()) {
                (Some(previous), _) => Place::After(previous),
                (None, Some(first)) => Place::Before(first),
                (None, None) => Place::Alone,
            };
            additions.push(Addition { value, place });
        }
        previous = Some(value);
    }
    old.next().is_none().then_some(additions)
}

fn add_value(
    id: &ObjectId,
    name: &QualifiedName,
    addition: &Addition<'_>,
    naming: &Naming,
) -> Piece {
    let Addition { value, place } = addition;
    let place = match place {
        Place::Alone => String::new(),
        Place::Before(other) => format!(" BEFORE {}", literal(other)),
        Place::After(other) => format!(" AFTER {}", literal(other)),
    };
    let mut piece = Piece::statement(
        id,
        format!(
            "ALTER TYPE {} ADD VALUE {}{place}",
            naming.type_name(name),
            literal(value)
        ),
        format!("add value {value} to {}", naming.shown(name)),
    );
    if let Piece::Statement(statement) = &mut piece {
        statement.transaction = TransactionNeed::UsableAfterCommit;
    }
    piece
}

/// Whether an operation still to come names a new value: it could not be used in the transaction
/// that adds it.
fn are_used<'a>(
    additions: &[Addition<'_>],
    later: impl IntoIterator<Item = &'a Operation>,
) -> bool {
    later.into_iter().any(|operation| {
        let object = match operation {
            Operation::Create { id: _, object }
            | Operation::Alter {
                id: _,
                from: _,
                to: object,
            } => object,
            Operation::Drop { .. } | Operation::Rename { .. } => return false,
        };
        additions
            .iter()
            .any(|addition| object.names_value(addition.value))
    })
}

/// A column whose type is an enum, or an array of it.
pub(super) fn is_of(column: &Column, name: &QualifiedName) -> bool {
    match &column.sql_type {
        SqlType::Builtin(_) => false,
        SqlType::Named {
            name: ty,
            modifier: _,
            array: _,
        } => ty == name,
    }
}

impl Scene<'_> {
    /// How values of one type become values of another. A domain counts as what it is over.
    pub(super) fn cast(&self, from: &SqlType, to: &SqlType) -> Cast {
        let (from, to) = (self.base_of(from), self.base_of(to));
        cast(&from, &to, |sql_type| self.is_own(sql_type))
    }

    /// Whether a type is known not to be cast to others of its like: an enum, a composite type, a
    /// range. Their values go by way of text.
    fn is_own(&self, sql_type: &SqlType) -> bool {
        let is = |object: Option<&Object>| {
            matches!(
                object,
                Some(Object::Enum(_) | Object::Composite(_) | Object::Range(_))
            )
        };
        sql_type
            .requires()
            .iter()
            .any(|id| is(self.now.get(id)) || is(self.context.to.get(id)))
            || self.is_multirange(sql_type)
    }

    fn is_multirange(&self, sql_type: &SqlType) -> bool {
        let SqlType::Named { name, .. } = sql_type else {
            return false;
        };
        let mut now = self.now.objects().map(|(_, object)| object);
        let is = |object: &Object| matches!(object, Object::Range(range) if range.multirange.as_ref() == Some(name));
        now.any(is) || self.context.to.objects.values().any(is)
    }

    /// What a domain is over, all the way down; for an array of it, an array of that.
    pub(super) fn base_of(&self, sql_type: &SqlType) -> SqlType {
        base_of(sql_type, |name| {
            let id = ObjectId::Domain(name.clone());
            match self.now.get(&id).or_else(|| self.context.to.get(&id)) {
                Some(Object::Domain(domain)) => Some(domain),
                Some(_) | None => None,
            }
        })
    }
}
