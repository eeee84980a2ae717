//! Reads the edges between objects.

use limbeck_core::Result;
use serde::Deserialize;

use super::{Found, IdRow, parse};

pub(super) const SQL: &str = include_str!("depend.sql");

#[derive(Deserialize)]
struct Row {
    from: IdRow,
    to: IdRow,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row { from, to } = parse(body)?;
    found.depends.insert((from.read()?, to.read()?));
    Ok(())
}
