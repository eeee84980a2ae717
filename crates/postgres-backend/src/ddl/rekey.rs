//! Foreign keys over columns that get other types on both sides.
//!
//! Postgres checks a foreign key again as soon as one of its columns has another type, and refuses
//! it where the two sides cannot be compared: between the one `ALTER TABLE` and the other. Such a
//! key goes before, and comes again at the end.

use std::borrow::Cow;
use std::collections::BTreeMap;

use limbeck_core::schema::object::{Constraint, ConstraintKind, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::Context;
use super::cast::{TypeName, is_number, is_text};

/// The operations with such keys dropped first and made last.
pub(super) fn rekey<'a>(
    operations: &'a [Operation],
    context: &Context<'_>,
) -> Cow<'a, [Operation]> {
    let retyped = retyped(operations);
    if retyped.len() < 2 {
        return Cow::Borrowed(operations);
    }
    let mut drops = Vec::new();
    let mut creates = Vec::new();
    for (id, object) in &context.to.objects {
        if !is_caught(id, object, &retyped) || operations.iter().any(|one| one.id() == id) {
            continue;
        }
        drops.push(Operation::Drop {
            id: id.clone(),
            object: object.clone(),
        });
        creates.push(Operation::Create {
            id: id.clone(),
            object: object.clone(),
        });
        let comment_id = ObjectId::Comment(Box::new(id.clone()));
        if let Some(comment) = context.to.get(&comment_id) {
            creates.push(Operation::Create {
                id: comment_id,
                object: comment.clone(),
            });
        }
    }
    if drops.is_empty() {
        return Cow::Borrowed(operations);
    }
    // Renames come first, and the keys are known by their new names.
    let renames = operations
        .iter()
        .take_while(|operation| matches!(operation, Operation::Rename { .. }))
        .count();
    let mut all = operations.to_vec();
    all.splice(renames..renames, drops);
    all.extend(creates);
    Cow::Owned(all)
}

type Retyped<'a> = BTreeMap<(&'a QualifiedName, &'a str), (&'a SqlType, &'a SqlType)>;

/// The columns that get another type.
fn retyped(operations: &[Operation]) -> Retyped<'_> {
    operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Alter {
                id: ObjectId::Column { table, name },
                from: Object::Column(from),
                to: Object::Column(to),
            } => (from.sql_type != to.sql_type)
                .then_some(((table, name.as_str()), (&from.sql_type, &to.sql_type))),
            Operation::Alter { .. }
            | Operation::Create { .. }
            | Operation::Drop { .. }
            | Operation::Rename { .. } => None,
        })
        .collect()
}

/// Whether an object is a foreign key whose two sides are at odds for a moment.
fn is_caught(id: &ObjectId, object: &Object, retyped: &Retyped<'_>) -> bool {
    let (
        ObjectId::Constraint { table, name: _ },
        Object::Constraint(Constraint {
            kind: ConstraintKind::ForeignKey(foreign_key),
            ..
        }),
    ) = (id, object)
    else {
        return false;
    };
    let pairs = foreign_key
        .columns
        .iter()
        .zip(&foreign_key.referenced_columns);
    pairs.into_iter().any(|(column, referenced)| {
        let here = retyped.get(&(table, column.as_str()));
        let there = retyped.get(&(&foreign_key.references, referenced.as_str()));
        match (here, there) {
            (Some((from, to)), Some((other_from, other_to))) => {
                !comparable(from, other_to) || !comparable(to, other_from)
            }
            (Some(_), None) | (None, Some(_)) | (None, None) => false,
        }
    })
}

/// Whether a key may be of one type on one side and of the other on the other.
fn comparable(one: &SqlType, other: &SqlType) -> bool {
    match (one, other) {
        (SqlType::Builtin(one), SqlType::Builtin(other)) => {
            let (one, other) = (TypeName::parse(one), TypeName::parse(other));
            let alike = |belongs: fn(&str) -> bool| belongs(&one.base) && belongs(&other.base);
            one.array == other.array
                && (one.base == other.base || alike(is_number) || alike(is_text))
        }
        (SqlType::Named { .. }, SqlType::Named { .. }) => one == other,
        (SqlType::Named { .. }, SqlType::Builtin(_))
        | (SqlType::Builtin(_), SqlType::Named { .. }) => false,
    }
}
