//! `set_not_null`: a column that may hold nulls may do so no more.
//!
//! *What it does.* `ALTER COLUMN … SET NOT NULL` reads the whole table under an exclusive lock.
//!
//! *Why it bites.* It fails on the first row that holds a null, and until then nobody can read the
//! table.
//!
//! *Example.* `Option<String>` becomes `String`:
//! `ALTER TABLE "posts" ALTER COLUMN "body" SET NOT NULL`.
//!
//! *Do this instead.* Fill the nulls first, in a revision of its own. On a large table add
//! `CHECK ("body" IS NOT NULL) NOT VALID`, validate it, and only then set `NOT NULL`: Postgres then
//! takes the check's word for it, and so does this rule.

use limbeck_core::schema::object::{Check, Column, Constraint, ConstraintKind};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Hazard, Severity, View, shown};
use crate::quote::{Naming, ident};

pub(super) const CODE: &str = "set_not_null";

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Alter {
        id: id @ ObjectId::Column { table, name },
        from: Object::Column(from),
        to: Object::Column(to),
    } = operation
    else {
        return None;
    };
    let may_hold = |column: &Column| column.nullable || column.not_null.not_valid;
    if !may_hold(from) || may_hold(to) || is_checked(table, name, view) {
        return None;
    }
    let quoted = Naming::everywhere().qualified(table);
    let column = ident(name);
    Some(Hazard {
        code: CODE,
        object: id.clone(),
        message: format!(
            "column `{}.{name}` may hold nulls: SET NOT NULL fails on the first row that does, \
             and reads the whole table under an exclusive lock",
            shown(table)
        ),
        advice: format!("fill them first: UPDATE {quoted} SET {column} = … WHERE {column} IS NULL"),
        severity: Severity::MayFail,
    })
}

/// Whether a valid check says already that the column holds no nulls.
fn is_checked(table: &QualifiedName, name: &Ident, view: &View<'_>) -> bool {
    let quoted = format!("{} IS NOT NULL", ident(name));
    let bare = format!("{name} IS NOT NULL");
    view.from.objects.iter().any(|(id, object)| match object {
        Object::Constraint(Constraint {
            kind:
                ConstraintKind::Check(Check {
                    expression,
                    no_inherit: _,
                }),
            deferrable: _,
            validated: true,
            enforced: true,
        }) => {
            let text = expression.0.trim();
            let text = text
                .strip_prefix('(')
                .and_then(|t| t.strip_suffix(')'))
                .unwrap_or(text);
            id.table() == Some(table) && (text == quoted || text == bare)
        }
        Object::Constraint(_)
        | Object::Namespace(_)
        | Object::Enum(_)
        | Object::Sequence(_)
        | Object::Table(_)
        | Object::Column(_)
        | Object::Index(_)
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
        | Object::AccessMethod(_) => false,
    })
}
