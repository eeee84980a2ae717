//! Reads row security policies.

use limbeck_core::schema::object::{Expression, Grantee, Policy, PolicyCommand, PolicyKind};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, POLICY, parse, unreadable};

pub(super) const SQL: &str = include_str!("policy.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    table: String,
    name: String,
    permissive: bool,
    command: char,
    roles: Vec<Option<String>>,
    using: Option<String>,
    check: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        table,
        name,
        permissive,
        command,
        roles,
        using,
        check,
    } = parse(body)?;
    let id = ObjectId::Policy {
        table: QualifiedName::parse_parts(&schema, &table)?,
        name: Ident::new(name)?,
    };
    let roles = roles.into_iter().map(|role| match role {
        Some(role) => Ok(Grantee::Role(Ident::new(role)?)),
        None => Ok(Grantee::Public),
    });
    let policy = Policy {
        kind: if permissive {
            PolicyKind::Permissive
        } else {
            PolicyKind::Restrictive
        },
        command: match command {
            '*' => PolicyCommand::All,
            'r' => PolicyCommand::Select,
            'a' => PolicyCommand::Insert,
            'w' => PolicyCommand::Update,
            'd' => PolicyCommand::Delete,
            other => return Err(unreadable(format!("a policy for the command `{other}`"))),
        },
        roles: roles.collect::<Result<_>>()?,
        using: using.map(Expression),
        check: check.map(Expression),
    };
    found.stands_at(POLICY, oid, 0, &id);
    found.put(id, Object::Policy(policy));
    Ok(())
}
