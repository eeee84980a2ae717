//! `cast_can_fail`: a column's values become values of a type that not all of them are.
//!
//! *What it does.* `ALTER COLUMN … TYPE … USING` casts every value, and writes the table anew.
//!
//! Into a domain, every value has to fulfil its conditions as well.
//!
//! *Why it bites.* The first value that the new type does not know ends it with an error, perhaps
//! after minutes under an exclusive lock.
//!
//! *Example.* `String` becomes `i32`: `ALTER COLUMN "age" TYPE integer USING "age"::integer`.
//!
//! *Do this instead.* Look for such values beforehand; or add a new column, fill it in a data step
//! that knows what to do with each value, and drop the old one later.

use limbeck_core::schema::object::SqlType;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::{Direction, Hazard, Severity, View, shown};
use crate::ddl::{Cast, TypeName, element};

pub(super) const CODE: &str = "cast_can_fail";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Alter {
        id: id @ ObjectId::Column { table, name },
        from: Object::Column(from),
        to: Object::Column(to),
    } = operation
    else {
        return None;
    };
    let (before, after) = (
        view.base_of(&from.sql_type, view.from),
        view.base_of(&to.sql_type, view.to),
    );
    let conditions = if from.sql_type == to.sql_type {
        Vec::new()
    } else {
        view.new_conditions(&from.sql_type, &to.sql_type)
    };
    let fails = from.sql_type != to.sql_type
        && before != after
        && !is_told_of_the_type(&before, &after, view)
        && can_fail(&before, &after, view);
    if !fails && conditions.is_empty() {
        return None;
    }
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: if !fails {
            format!(
                "column `{}.{name}` changes from {} to {}, which fails on the first value that is not as that \
                 wants it: {}",
                shown(table),
                from.sql_type,
                to.sql_type,
                conditions.join(", ")
            )
        } else if element(&before).is_none()
            && element(&after).is_some()
            && view.cast(&before, &after) == Cast::Text
        {
            format!(
                "column `{}.{name}` changes from {} to {}, for which Postgres has no cast: it fails on the \
                 first value that is not spelt as an array of Postgres is, as no array in JSON is",
                shown(table),
                from.sql_type,
                to.sql_type
            )
        } else {
            format!(
                "column `{}.{name}` is cast from {} to {}, which fails on the first value that is \
                 none",
                shown(table),
                from.sql_type,
                to.sql_type
            )
        },
        advice: match view.direction {
            Direction::Up => {
                "look for such values beforehand, or fill a new column in a data step and drop \
                 this one later"
            }
            Direction::Down => "look for such values before you go down",
        }
        .to_owned(),
        severity: Severity::MayFail,
    })
}

/// Whether an enum only took another one's place: what its columns cannot hold is said of its values.
fn is_told_of_the_type(from: &SqlType, to: &SqlType, view: &View<'_>) -> bool {
    let (SqlType::Named { name: from, .. }, SqlType::Named { name: to, .. }) = (from, to) else {
        return false;
    };
    let id = |name: &QualifiedName| ObjectId::Enum(name.clone());
    view.aside.get(&id(to)) == Some(&&id(from))
}

fn can_fail(from: &SqlType, to: &SqlType, view: &View<'_>) -> bool {
    let values = |sql_type: &SqlType| match sql_type {
        SqlType::Builtin(_) => None,
        SqlType::Named {
            name,
            modifier: _,
            array: _,
        } => view.enum_values(name),
    };
    match view.cast(from, to) {
        Cast::Assignment => false,
        Cast::Written(written) => !written.is_total,
        Cast::Scalar => true,
        Cast::Wrap(_) => {
            element(to).is_none_or(|element| element != *from && can_fail(from, &element, view))
        }
        Cast::First(_) => {
            element(from).is_none_or(|element| element != *to && can_fail(&element, to, view))
        }
        Cast::Explicit | Cast::Text => match (values(from), values(to)) {
            // From one enum to another that has all its values.
            (Some(from), Some(to)) => !from.iter().all(|value| to.contains(value)),
            (Some(_), None) | (None, Some(_)) | (None, None) => !is_total(from, to),
        },
    }
}

/// Explicit casts that take every value.
fn is_total(from: &SqlType, to: &SqlType) -> bool {
    let (SqlType::Builtin(from), SqlType::Builtin(to)) = (from, to) else {
        return false;
    };
    let (from, to) = (TypeName::parse(from), TypeName::parse(to));
    matches!(
        (from.base.as_str(), to.base.as_str()),
        ("boolean", "integer")
            | ("integer", "boolean")
            | ("box" | "circle" | "lseg" | "polygon", "point")
            | ("box", "circle" | "lseg")
            | ("circle", "box" | "polygon")
            | ("polygon", "box" | "circle")
            | ("bit", "integer" | "bigint")
            | ("integer" | "bigint", "bit")
            | ("\"char\"", "integer")
    )
}
