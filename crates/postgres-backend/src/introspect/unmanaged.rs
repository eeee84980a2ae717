//! Reads what is there and not managed.

use limbeck_core::Result;
use serde::Deserialize;

use super::{Found, Unmanaged, parse};

pub(super) const SQL: &str = include_str!("unmanaged.sql");

#[derive(Deserialize)]
struct Row {
    kind: String,
    schema: String,
    name: String,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row { kind, schema, name } = parse(body)?;
    found.unmanaged.push(Unmanaged { kind, schema, name });
    Ok(())
}
