//! `drop_attribute`: an attribute of a composite type goes with what columns of the type hold in it.
//!
//! *What it does.* `ALTER TYPE … DROP ATTRIBUTE` takes the attribute out of every value of the type.
//!
//! *Why it bites.* The way down makes the attribute again, null in every value.
//!
//! *Example.* `ALTER TYPE "address" DROP ATTRIBUTE "street"`.
//!
//! *Do this instead.* Say that it was renamed when it was. Otherwise let one release stop reading it,
//! and drop it in the next.

use limbeck_core::schema::object::SqlType;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::{Hazard, Severity, View, shown};

pub(super) const CODE: &str = "drop_attribute";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Vec<Hazard> {
    let Some((ty, from, to)) = view.composites(operation) else {
        return Vec::new();
    };
    let gone = from
        .attributes
        .iter()
        .filter(|attribute| to.attribute(&attribute.name).is_none());
    let mut gone = gone.peekable();
    if gone.peek().is_none() || !is_stored(ty, view) {
        return Vec::new();
    }
    gone.map(|attribute| {
        let name = &attribute.name;
        Hazard {
            code: CODE,
            object: ObjectId::Attribute {
                ty: ty.clone(),
                name: name.clone(),
            },
            message: format!(
                "dropping attribute `{name}` of type `{}` deletes what every column of the type \
                 holds in it; {}, null",
                shown(ty),
                view.makes_again()
            ),
            advice: view.instead_of_dropping(|| {
                "if it was renamed, say so; otherwise stop reading it in one release and drop it in \
                 the next"
                    .to_owned()
            }),
            severity: Severity::Destructive,
        }
    })
    .collect()
}

/// Whether values of a type may be stored: in a column of it, or of a type over it.
pub(super) fn is_stored(ty: &QualifiedName, view: &View<'_>) -> bool {
    let is = |sql_type: &SqlType| matches!(sql_type, SqlType::Named { name, .. } if name == ty);
    view.from
        .objects
        .iter()
        .any(|(id, object)| match (id, object) {
            (_, Object::Column(column)) => is(&column.sql_type),
            (ObjectId::Domain(name), Object::Domain(domain)) => {
                is(&domain.base) && name != ty && is_stored(name, view)
            }
            (ObjectId::Composite(name), Object::Composite(composite)) => {
                name != ty
                    && composite
                        .attributes
                        .iter()
                        .any(|attribute| is(&attribute.sql_type))
                    && is_stored(name, view)
            }
            _ => false,
        })
}
