//! Domains and their checks.

use limbeck_core::schema::object::{Domain, DomainConstraint, Expression};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene, lay_out};
use crate::expression::{parenthesised, restricted};
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, domain: &Domain, naming: &Naming) -> Vec<Piece> {
    create_with(id, domain, &[], naming)
}

/// A domain with the checks that were folded into it.
pub(super) fn create_with(
    id: &ObjectId,
    domain: &Domain,
    parts: &[&Operation],
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::Domain(name) = id else {
        return Vec::new();
    };
    let Domain {
        base,
        collation,
        default,
        not_null,
    } = domain;
    let mut head = format!(
        "CREATE DOMAIN {} AS {}",
        naming.type_name(name),
        naming.sql_type(base)
    );
    if let Some(collation) = collation {
        head.push_str(&format!(" COLLATE {}", naming.qualified(collation)));
    }
    let mut clauses = Vec::new();
    if let Some(default) = default {
        let default = restricted(&naming.expression(default));
        clauses.push(format!("DEFAULT {default}"));
    }
    if *not_null {
        clauses.push("NOT NULL".to_owned());
    }
    let mut objects = vec![id.clone()];
    for part in parts {
        if let Operation::Create {
            id: part @ ObjectId::DomainConstraint { domain: _, name },
            object: Object::DomainConstraint(constraint),
        } = part
        {
            clauses.push(definition(name, &constraint.expression, naming));
            objects.push(part.clone());
        }
    }
    let mut piece = Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create domain {}", naming.shown(name)),
    );
    *piece.objects_mut() = objects;
    vec![piece]
}

fn definition(name: &Ident, expression: &Expression, naming: &Naming) -> String {
    format!(
        "CONSTRAINT {} CHECK {}",
        ident(name),
        parenthesised(&naming.expression(expression))
    )
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Domain(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP DOMAIN {}", naming.type_name(name)),
        format!("drop domain {}", naming.shown(name)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Domain, to: &Domain, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Domain(name) = id else {
        return Vec::new();
    };
    // What it is over, and its collation, take another domain: see the exchange of types.
    let Domain {
        base: _,
        collation: _,
        default,
        not_null,
    } = to;
    let mut pieces = Vec::new();
    let mut act = |action: String, reason: &str| {
        pieces.push(altering(id, name, &action, reason, naming));
    };
    if from.default != *default {
        match default {
            Some(default) => act(
                format!("SET DEFAULT {}", naming.expression(default).trim()),
                "set the default",
            ),
            None => act("DROP DEFAULT".to_owned(), "drop the default"),
        }
    }
    match (from.not_null, not_null) {
        (false, true) => act("SET NOT NULL".to_owned(), "refuse nulls"),
        (true, false) => act("DROP NOT NULL".to_owned(), "allow nulls"),
        (true, true) | (false, false) => {}
    }
    pieces
}

fn altering(
    id: &ObjectId,
    domain: &QualifiedName,
    action: &str,
    reason: &str,
    naming: &Naming,
) -> Piece {
    Piece::statement(
        id,
        format!("ALTER DOMAIN {} {action}", naming.type_name(domain)),
        format!("{reason} of domain {}", naming.shown(domain)),
    )
}

pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    super::table::rename_relation("DOMAIN", ObjectId::Domain, from, to, scene)
}

pub(super) fn create_constraint(
    id: &ObjectId,
    constraint: &DomainConstraint,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::DomainConstraint { domain, name } = id else {
        return Vec::new();
    };
    let DomainConstraint {
        expression,
        validated,
    } = constraint;
    let mut action = format!("ADD {}", definition(name, expression, naming));
    if !*validated {
        action.push_str(" NOT VALID");
    }
    let reason = format!("add constraint {name}");
    vec![altering(id, domain, &action, &reason, naming)]
}

pub(super) fn drop_constraint(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::DomainConstraint { domain, name } = id else {
        return Vec::new();
    };
    let action = format!("DROP CONSTRAINT {}", ident(name));
    let reason = format!("drop constraint {name}");
    vec![altering(id, domain, &action, &reason, naming)]
}

/// All that changes in place is that the values are known to obey.
pub(super) fn alter_constraint(
    id: &ObjectId,
    from: &DomainConstraint,
    to: &DomainConstraint,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::DomainConstraint { domain, name } = id else {
        return Vec::new();
    };
    if from.expression != to.expression || !to.validated {
        let mut pieces = drop_constraint(id, naming);
        pieces.extend(create_constraint(id, to, naming));
        return pieces;
    }
    if from.validated {
        return Vec::new();
    }
    let action = format!("VALIDATE CONSTRAINT {}", ident(name));
    let reason = format!("validate constraint {name}");
    vec![altering(id, domain, &action, &reason, naming)]
}

pub(super) fn rename_constraint(
    (from_domain, from): (&QualifiedName, &Ident),
    (to_domain, to): (&QualifiedName, &Ident),
    scene: &Scene<'_>,
) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let renamed = scene.now.has(&ObjectId::Domain(to_domain.clone()));
    let domain = if renamed { to_domain } else { from_domain };
    let id = ObjectId::DomainConstraint {
        domain: to_domain.clone(),
        name: to.clone(),
    };
    let action = format!("RENAME CONSTRAINT {} TO {}", ident(from), ident(to));
    let reason = format!("rename constraint {from} to {to}");
    vec![altering(&id, domain, &action, &reason, scene.naming())]
}
