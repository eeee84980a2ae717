//! Reads range types.

use limbeck_core::schema::object::Range;
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::column::TypeRow;
use super::{Found, NameRow, PROC, TYPE, parse, qualified};

pub(super) const SQL: &str = include_str!("range.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    array_oid: u32,
    schema: String,
    name: String,
    subtype: TypeRow,
    operator_class: Option<NameRow>,
    collation: Option<NameRow>,
    canonical: Option<NameRow>,
    difference: Option<NameRow>,
    multirange: Option<MultirangeRow>,
    constructors: Vec<u32>,
}

#[derive(Deserialize)]
struct MultirangeRow {
    oid: u32,
    array_oid: u32,
    schema: String,
    name: String,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        array_oid,
        schema,
        name,
        subtype,
        operator_class,
        collation,
        canonical,
        difference,
        multirange,
        constructors,
    } = parse(body)?;
    let id = ObjectId::Range(QualifiedName::parse_parts(&schema, &name)?);
    found.stands_at(TYPE, oid, 0, &id);
    found.stands_at(TYPE, array_oid, 0, &id);
    for constructor in constructors {
        found.stands_at(PROC, constructor, 0, &id);
    }
    let multirange = match multirange {
        None => None,
        Some(MultirangeRow {
            oid,
            array_oid,
            schema,
            name,
        }) => {
            found.stands_at(TYPE, oid, 0, &id);
            found.stands_at(TYPE, array_oid, 0, &id);
            Some(QualifiedName::parse_parts(&schema, &name)?)
        }
    };
    let range = Range {
        subtype: subtype.read()?,
        operator_class: operator_class.map(qualified).transpose()?,
        collation: collation.map(qualified).transpose()?,
        canonical: canonical.map(qualified).transpose()?,
        difference: difference.map(qualified).transpose()?,
        multirange,
    };
    found.put(id, Object::Range(range));
    Ok(())
}
