//! Short words for objects, so that a case is data.

use limbeck_core::schema::object::{
    Check, Column, Comment, Constraint, ConstraintKind, Enum, Expression, ForeignKey, Identity,
    IdentityMode, Index, Key, Namespace, Sequence, SequenceOptions, SqlType, Table,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

pub(crate) type Pair = (ObjectId, Object);

pub(crate) fn name(text: &str) -> Ident {
    Ident::new(text).expect("a name")
}

/// `posts`, or `audit/log` in another schema than `public`.
pub(crate) fn qualified(text: &str) -> QualifiedName {
    let (schema, bare) = text.split_once('/').unwrap_or(("public", text));
    QualifiedName::parse_parts(schema, bare).expect("two names")
}

pub(crate) fn names(texts: &[&str]) -> Vec<Ident> {
    texts.iter().copied().map(name).collect()
}

pub(crate) fn expression(text: &str) -> Expression {
    Expression(text.to_owned())
}

/// A type: `text`, or `@mood` and `@mood[]` for a named one.
pub(crate) fn sql_type(text: &str) -> SqlType {
    match text.strip_prefix('@') {
        None => SqlType::Builtin(text.to_owned()),
        Some(named) => SqlType::Named {
            name: qualified(named.trim_end_matches("[]")),
            modifier: None,
            array: named.ends_with("[]"),
        },
    }
}

pub(crate) fn namespace_id(text: &str) -> ObjectId {
    ObjectId::Namespace(name(text))
}

pub(crate) fn enum_id(text: &str) -> ObjectId {
    ObjectId::Enum(qualified(text))
}

pub(crate) fn sequence_id(text: &str) -> ObjectId {
    ObjectId::Sequence(qualified(text))
}

pub(crate) fn table_id(text: &str) -> ObjectId {
    ObjectId::Table(qualified(text))
}

pub(crate) fn column_id(table: &str, column: &str) -> ObjectId {
    ObjectId::Column {
        table: qualified(table),
        name: name(column),
    }
}

pub(crate) fn constraint_id(table: &str, constraint: &str) -> ObjectId {
    ObjectId::Constraint {
        table: qualified(table),
        name: name(constraint),
    }
}

pub(crate) fn index_id(text: &str) -> ObjectId {
    ObjectId::Index(qualified(text))
}

pub(crate) fn comment_id(on: ObjectId) -> ObjectId {
    ObjectId::Comment(Box::new(on))
}

pub(crate) fn namespace(text: &str) -> Pair {
    (namespace_id(text), Object::Namespace(Namespace {}))
}

pub(crate) fn an_enum(text: &str, values: &[&str]) -> Pair {
    let values = values.iter().map(|&value| value.to_owned()).collect();
    (enum_id(text), Object::Enum(Enum { values }))
}

pub(crate) fn sequence(text: &str, change: impl FnOnce(&mut Sequence)) -> Pair {
    let data_type = sql_type("bigint");
    let options = SequenceOptions::of_type(&data_type);
    let mut sequence = Sequence {
        data_type,
        options,
        owned_by: None,
        persistence: None,
        logging: Default::default(),
    };
    change(&mut sequence);
    (sequence_id(text), Object::Sequence(sequence))
}

pub(crate) fn table(text: &str) -> Pair {
    (table_id(text), Object::Table(Table::default()))
}

pub(crate) fn column(table: &str, name: &str, ty: &str, change: impl FnOnce(&mut Column)) -> Pair {
    let mut column = Column::of_type(sql_type(ty));
    change(&mut column);
    (column_id(table, name), Object::Column(column))
}

pub(crate) fn plain(_: &mut Column) {}

pub(crate) fn not_null(column: &mut Column) {
    column.nullable = false;
}

/// An identity column.
pub(crate) fn identity(column: &mut Column) {
    column.nullable = false;
    let options = SequenceOptions::of_type(&column.sql_type);
    column.identity = Some(Identity {
        mode: IdentityMode::Always,
        options,
    });
}

pub(crate) fn constraint(table: &str, name: &str, kind: ConstraintKind) -> Pair {
    constraint_with(table, name, kind, |_| {})
}

pub(crate) fn constraint_with(
    table: &str,
    name: &str,
    kind: ConstraintKind,
    change: impl FnOnce(&mut Constraint),
) -> Pair {
    let mut constraint = Constraint::of(kind);
    change(&mut constraint);
    (constraint_id(table, name), Object::Constraint(constraint))
}

pub(crate) fn key(columns: &[&str]) -> Key {
    Key {
        columns: names(columns),
        ..Key::default()
    }
}

pub(crate) fn primary_key(table: &str, columns: &[&str]) -> Pair {
    let kind = ConstraintKind::PrimaryKey(key(columns));
    let bare = qualified(table).name;
    constraint(table, &format!("{bare}_pkey"), kind)
}

pub(crate) fn check(table: &str, name: &str, text: &str) -> Pair {
    let kind = ConstraintKind::Check(Check {
        expression: expression(text),
        no_inherit: false,
    });
    constraint(table, name, kind)
}

pub(crate) fn foreign_key(
    table: &str,
    name: &str,
    columns: &[&str],
    references: &str,
    referenced: &[&str],
    change: impl FnOnce(&mut ForeignKey),
) -> Pair {
    let mut foreign_key = ForeignKey {
        columns: names(columns),
        references: qualified(references),
        referenced_columns: names(referenced),
        match_type: Default::default(),
        on_update: Default::default(),
        on_delete: Default::default(),
        on_delete_columns: Vec::new(),
        period: false,
    };
    change(&mut foreign_key);
    constraint(table, name, ConstraintKind::ForeignKey(foreign_key))
}

pub(crate) fn index(
    text: &str,
    table: &str,
    columns: &[&str],
    change: impl FnOnce(&mut Index),
) -> Pair {
    let mut index = Index::on(qualified(table), names(columns));
    change(&mut index);
    (index_id(text), Object::Index(index))
}

pub(crate) fn comment(on: ObjectId, text: &str) -> Pair {
    (
        comment_id(on),
        Object::Comment(Comment {
            text: text.to_owned(),
        }),
    )
}

pub(crate) fn create((id, object): Pair) -> Operation {
    Operation::Create { id, object }
}

pub(crate) fn drop((id, object): Pair) -> Operation {
    Operation::Drop { id, object }
}

/// From one object to another of the same identity.
pub(crate) fn alter((id, from): Pair, (same, to): Pair) -> Operation {
    assert_eq!(id, same);
    Operation::Alter { id, from, to }
}

pub(crate) fn rename(from: ObjectId, to: ObjectId) -> Operation {
    Operation::Rename { from, to }
}
