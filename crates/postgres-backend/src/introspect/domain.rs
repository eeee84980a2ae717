//! Reads domains and their checks.

use limbeck_core::schema::object::{Domain, DomainConstraint, Expression};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::column::TypeRow;
use super::{CONSTRAINT, Found, NameRow, TYPE, parse, qualified};

pub(super) const SQL: &str = include_str!("domain.sql");
pub(super) const CONSTRAINT_SQL: &str = include_str!("domain_constraint.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    array_oid: u32,
    schema: String,
    name: String,
    base: TypeRow,
    collation: Option<NameRow>,
    default: Option<String>,
    not_null: bool,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        array_oid,
        schema,
        name,
        base,
        collation,
        default,
        not_null,
    } = parse(body)?;
    let id = ObjectId::Domain(QualifiedName::parse_parts(&schema, &name)?);
    found.stands_at(TYPE, oid, 0, &id);
    found.stands_at(TYPE, array_oid, 0, &id);
    let domain = Domain {
        base: base.read()?,
        collation: collation.map(qualified).transpose()?,
        default: default.map(Expression),
        not_null,
    };
    found.put(id, Object::Domain(domain));
    Ok(())
}

#[derive(Deserialize)]
struct ConstraintRow {
    oid: u32,
    schema: String,
    domain: String,
    name: String,
    expression: String,
    validated: bool,
}

pub(super) fn read_constraint(body: &str, found: &mut Found) -> Result<()> {
    let ConstraintRow {
        oid,
        schema,
        domain,
        name,
        expression,
        validated,
    } = parse(body)?;
    let id = ObjectId::DomainConstraint {
        domain: QualifiedName::parse_parts(&schema, &domain)?,
        name: Ident::new(name)?,
    };
    found.stands_at(CONSTRAINT, oid, 0, &id);
    let constraint = DomainConstraint {
        expression: Expression(expression),
        validated,
    };
    found.put(id, Object::DomainConstraint(constraint));
    Ok(())
}
