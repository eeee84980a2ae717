//! Reads what ties tables to indexes and types.

use limbeck_core::schema::object::{Cluster, ReplicaIdentity, Typed};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, NameRow, parse, qualified, unreadable};

pub(super) const SQL: &str = include_str!("link.sql");

#[derive(Deserialize)]
struct Row {
    kind: String,
    schema: String,
    table: String,
    identity: Option<char>,
    index: Option<String>,
    #[serde(rename = "type")]
    ty: Option<NameRow>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        kind,
        schema,
        table,
        identity,
        index,
        ty,
    } = parse(body)?;
    let table = QualifiedName::parse_parts(&schema, &table)?;
    let index = index.map(Ident::new).transpose()?;
    let (id, object) = match (kind.as_str(), identity, index, ty) {
        ("replica", Some('i'), None, None) => return Ok(()),
        ("replica", Some(identity), index, None) => {
            let identity = match (identity, index) {
                ('f', _) => ReplicaIdentity::Full,
                ('n', _) => ReplicaIdentity::Nothing,
                ('i', Some(index)) => ReplicaIdentity::Index(index),
                (other, _) => {
                    return Err(unreadable(format!(
                        "table `{table}` has the replica identity `{other}`"
                    )));
                }
            };
            let id = ObjectId::ReplicaIdentity(table);
            (id, Object::ReplicaIdentity(identity))
        }
        ("cluster", None, Some(index), None) => {
            (ObjectId::Cluster(table), Object::Cluster(Cluster { index }))
        }
        ("typed", None, None, Some(ty)) => {
            let ty = qualified(ty)?;
            (ObjectId::Typed(table), Object::Typed(Typed { ty }))
        }
        _ => return Err(unreadable(format!("a tie of table `{table}`: {body}"))),
    };
    found.put(id, object);
    Ok(())
}
