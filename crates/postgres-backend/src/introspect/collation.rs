//! Reads collations.

use limbeck_core::schema::object::{Collation, CollationProvider};
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{COLLATION, Found, parse, unreadable};

pub(super) const SQL: &str = include_str!("collation.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    provider: char,
    locale: Option<String>,
    lc_collate: Option<String>,
    lc_ctype: Option<String>,
    deterministic: bool,
    rules: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        provider,
        locale,
        lc_collate,
        lc_ctype,
        deterministic,
        rules,
    } = parse(body)?;
    let id = ObjectId::Collation(QualifiedName::parse_parts(&schema, &name)?);
    let provider = match provider {
        'c' => CollationProvider::Libc,
        'i' => CollationProvider::Icu,
        'b' => CollationProvider::Builtin,
        other => return Err(unreadable(format!("`{id}` has the provider `{other}`"))),
    };
    found.stands_at(COLLATION, oid, 0, &id);
    let collation = Collation {
        provider,
        locale,
        lc_collate,
        lc_ctype,
        deterministic,
        rules,
    };
    found.put(id, Object::Collation(collation));
    Ok(())
}
