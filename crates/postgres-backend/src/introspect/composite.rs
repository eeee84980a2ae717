//! Reads composite types.

use limbeck_core::schema::object::{Attribute, Composite};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::column::TypeRow;
use super::{CLASS, Found, NameRow, TYPE, parse, qualified};

pub(super) const SQL: &str = include_str!("composite.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    array_oid: u32,
    relation_oid: u32,
    schema: String,
    name: String,
    attributes: Vec<AttributeRow>,
}

#[derive(Deserialize)]
struct AttributeRow {
    number: i16,
    name: String,
    #[serde(rename = "type")]
    sql_type: TypeRow,
    collation: Option<NameRow>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        array_oid,
        relation_oid,
        schema,
        name,
        attributes,
    } = parse(body)?;
    let ty = QualifiedName::parse_parts(&schema, &name)?;
    let id = ObjectId::Composite(ty.clone());
    found.stands_at(TYPE, oid, 0, &id);
    found.stands_at(TYPE, array_oid, 0, &id);
    found.stands_at(CLASS, relation_oid, 0, &id);
    let mut composite = Composite::default();
    for AttributeRow {
        number,
        name,
        sql_type,
        collation,
    } in attributes
    {
        let name = Ident::new(name)?;
        let (ty, attribute) = (ty.clone(), name.clone());
        let attribute = ObjectId::Attribute {
            ty,
            name: attribute,
        };
        found.stands_at(CLASS, relation_oid, i32::from(number), &attribute);
        composite.attributes.push(Attribute {
            name,
            sql_type: sql_type.read()?,
            collation: collation.map(qualified).transpose()?,
        });
    }
    found.put(id, Object::Composite(composite));
    Ok(())
}
