//! What must be done first of a change that comes later in the operations.
//!
//! Postgres gives no column another type that a generated column is computed from: where that one
//! is to become a plain column anyway, it does so before. And a column that leaves an enum type
//! which is exchanged need not hold values of the new one: it becomes text before. Both are
//! operations of their own, and what is left of the later one stays there.

use std::borrow::Cow;

use limbeck_core::schema::object::{Column, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::r#enum::{is_exchanged, is_of};

/// The operations with such first steps put before what they must precede.
pub(super) fn untangle(operations: &[Operation]) -> Cow<'_, [Operation]> {
    let mut operations = Cow::Borrowed(operations);
    let mut at = 0;
    while at < operations.len() {
        let (first, later) = operations[at..].split_at(1);
        let Some(retyping) = Retyping::of(&first[0], later) else {
            at += 1;
            continue;
        };
        let steps: Vec<(usize, Column)> = later
            .iter()
            .enumerate()
            .filter_map(|(index, operation)| Some((index, retyping.first_step(operation)?)))
            .collect();
        let mut hoisted = Vec::with_capacity(steps.len());
        for (index, step) in steps {
            if let Operation::Alter { id, from, to: _ } = &mut operations.to_mut()[at + 1 + index] {
                let before = std::mem::replace(from, Object::Column(step.clone()));
                hoisted.push(Operation::Alter {
                    id: id.clone(),
                    from: before,
                    to: Object::Column(step),
                });
            }
        }
        // Those that are freed of an expression first: another may be what it reads.
        hoisted.sort_by_key(|operation| !frees(operation));
        let added = hoisted.len();
        if added > 0 {
            let operations = operations.to_mut();
            operations.splice(at..at, hoisted);
            operations.retain(|operation| !says_nothing(operation));
        }
        at += added + 1;
    }
    operations
}

/// An operation that gives columns another type.
enum Retyping {
    /// An enum is exchanged.
    Enum(QualifiedName),
    /// A column of this table gets another type.
    ColumnOf(QualifiedName),
}

impl Retyping {
    fn of(operation: &Operation, later: &[Operation]) -> Option<Self> {
        match operation {
            Operation::Alter {
                id: ObjectId::Enum(name),
                from: Object::Enum(from),
                to: Object::Enum(to),
            } if is_exchanged(from, to, later) => Some(Self::Enum(name.clone())),
            Operation::Alter {
                id: ObjectId::Column { table, name: _ },
                from: Object::Column(from),
                to: Object::Column(to),
            } if from.sql_type != to.sql_type || from.collation != to.collation => {
                Some(Self::ColumnOf(table.clone()))
            }
            Operation::Alter { .. }
            | Operation::Create { .. }
            | Operation::Drop { .. }
            | Operation::Rename { .. } => None,
        }
    }

    /// The column of a later operation after what must come first of its change.
    fn first_step(&self, operation: &Operation) -> Option<Column> {
        let Operation::Alter {
            id,
            from: Object::Column(from),
            to: Object::Column(to),
        } = operation
        else {
            return None;
        };
        let mut step = from.clone();
        let concerned = match self {
            Self::Enum(_) => true,
            Self::ColumnOf(table) => id.table() == Some(table),
        };
        if concerned && to.generated.is_none() {
            step.generated = None;
        }
        if let Self::Enum(ty) = self
            && is_of(from, ty)
            && !is_of(to, ty)
            && step.generated.is_none()
        {
            let array = matches!(&from.sql_type, SqlType::Named { array: true, .. });
            let text = if array { "text[]" } else { "text" };
            step.sql_type = SqlType::Builtin(text.to_owned());
            step.default = None;
        }
        (step != *from).then_some(step)
    }
}

/// Whether a generated column becomes a plain one.
fn frees(operation: &Operation) -> bool {
    match operation {
        Operation::Alter {
            id: _,
            from: Object::Column(from),
            to: Object::Column(to),
        } => from.generated.is_some() && to.generated.is_none(),
        Operation::Alter { .. }
        | Operation::Create { .. }
        | Operation::Drop { .. }
        | Operation::Rename { .. } => false,
    }
}

fn says_nothing(operation: &Operation) -> bool {
    match operation {
        Operation::Alter { id: _, from, to } => from == to,
        Operation::Create { .. } | Operation::Drop { .. } | Operation::Rename { .. } => false,
    }
}
