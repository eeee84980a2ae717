//! Row security policies. Whom one is for and its conditions change in place; no condition goes away so.

use limbeck_core::schema::object::{Grantee, Policy, PolicyCommand, PolicyKind};
use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::{Piece, Scene, lay_out};
use crate::expression::parenthesised;
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, policy: &Policy, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Policy { table, name } = id else {
        return Vec::new();
    };
    let Policy {
        kind,
        command,
        roles: _,
        using: _,
        check: _,
    } = policy;
    let mut clauses = Vec::new();
    match kind {
        PolicyKind::Permissive => {}
        PolicyKind::Restrictive => clauses.push("AS RESTRICTIVE".to_owned()),
    }
    let command = match command {
        PolicyCommand::All => None,
        PolicyCommand::Select => Some("SELECT"),
        PolicyCommand::Insert => Some("INSERT"),
        PolicyCommand::Update => Some("UPDATE"),
        PolicyCommand::Delete => Some("DELETE"),
    };
    clauses.extend(command.map(|command| format!("FOR {command}")));
    clauses.extend(differing(None, policy, naming));
    vec![Piece::statement(
        id,
        lay_out(
            &format!(
                "CREATE POLICY {} ON {}",
                ident(name),
                naming.qualified(table)
            ),
            &clauses,
        ),
        format!("create policy {name} on {}", naming.shown(table)),
    )]
}

/// The clauses that `ALTER POLICY` has too, where they say something else than before.
fn differing(from: Option<&Policy>, to: &Policy, naming: &Naming) -> Vec<String> {
    let Policy {
        kind: _,
        command: _,
        roles,
        using,
        check,
    } = to;
    let mut clauses = Vec::new();
    let everybody = [Grantee::Public].into();
    if from.map_or(&everybody, |from| &from.roles) != roles {
        clauses.push(format!("TO {}", role_list(roles)));
    }
    if let Some(condition) = using
        && from.is_none_or(|from| from.using != *using)
    {
        let condition = naming.expression(condition);
        clauses.push(format!("USING {}", parenthesised(&condition)));
    }
    if let Some(condition) = check
        && from.is_none_or(|from| from.check != *check)
    {
        let condition = naming.expression(condition);
        clauses.push(format!("WITH CHECK {}", parenthesised(&condition)));
    }
    clauses
}

fn role_list<'a>(roles: impl IntoIterator<Item = &'a Grantee>) -> String {
    let roles = roles.into_iter().map(|role| match role {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Owner => "CURRENT_USER".to_owned(),
        Grantee::Role(name) => ident(name).to_string(),
    });
    roles.collect::<Vec<_>>().join(", ")
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Policy { table, name } = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP POLICY {} ON {}", ident(name), naming.qualified(table)),
        format!("drop policy {name} on {}", naming.shown(table)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Policy, to: &Policy, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Policy { table, name } = id else {
        return Vec::new();
    };
    if !from.can_become(to) {
        let mut pieces = drop(id, naming);
        pieces.extend(create(id, to, naming));
        return pieces;
    }
    let clauses = differing(Some(from), to, naming);
    if clauses.is_empty() {
        return Vec::new();
    }
    vec![Piece::statement(
        id,
        lay_out(
            &format!(
                "ALTER POLICY {} ON {}",
                ident(name),
                naming.qualified(table)
            ),
            &clauses,
        ),
        format!("alter policy {name} on {}", naming.shown(table)),
    )]
}

pub(super) fn rename(
    (from_table, from): (&QualifiedName, &Ident),
    (to_table, to): (&QualifiedName, &Ident),
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let naming = scene.naming();
    let id = |table: &QualifiedName, name: &Ident| ObjectId::Policy {
        table: table.clone(),
        name: name.clone(),
    };
    let table = if scene.now.has(&id(to_table, from)) {
        to_table
    } else {
        from_table
    };
    vec![Piece::statement(
        &id(to_table, to),
        format!(
            "ALTER POLICY {} ON {} RENAME TO {}",
            ident(from),
            naming.qualified(table),
            ident(to)
        ),
        format!("rename policy {from} on {} to {to}", naming.shown(table)),
    )]
}
