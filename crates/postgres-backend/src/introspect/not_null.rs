//! Reads what is said of constraints that refuse nulls.

use limbeck_core::name::derived_name;
use limbeck_core::schema::object::{Called, NotNull};
use limbeck_core::{Ident, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Address, CLASS, Found, parse};

pub(super) const SQL: &str = include_str!("not_null.sql");

#[derive(Deserialize)]
struct Row {
    table_oid: u32,
    column: i16,
    name: String,
    inherited: bool,
    no_inherit: bool,
    not_valid: bool,
    comment: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        table_oid,
        column,
        name,
        inherited,
        no_inherit,
        not_valid,
        comment,
    } = parse(body)?;
    let Some(place) = found.place(&Address::new(CLASS, table_oid, i32::from(column))) else {
        return Ok(());
    };
    let ObjectId::Column {
        table,
        name: column,
    } = &found.ids[place]
    else {
        return Ok(());
    };
    let name = Ident::new(name)?;
    let (name, called) = if inherited {
        (None, Called::Inherited(name))
    } else if name == NotNull::derived(table, column) {
        (None, Called::Derived)
    } else if is_numbered(&name, table, column) {
        (None, Called::Numbered(name))
    } else {
        (Some(name), Called::Derived)
    };
    let not_null = NotNull {
        name,
        no_inherit,
        not_valid,
        comment,
        called,
    };
    found.not_nulls.push((place, not_null));
    Ok(())
}

/// Whether a name is that which Postgres makes by itself where something else has the one without a number.
fn is_numbered(name: &Ident, table: &QualifiedName, column: &Ident) -> bool {
    let bare = name.as_str().trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &name.as_str()[bare.len()..];
    if number.is_empty() {
        return false;
    }
    let label = format!("not_null{number}");
    derived_name(table.name.as_str(), Some(column.as_str()), &label) == *name
}
