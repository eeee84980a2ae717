//! Reads the comments on what holds queries or code, and the edges from there and to routines.

use limbeck_core::schema::object::Comment;
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::{Address, Found, depend, parse};

pub(super) const SQL: &str = include_str!("program.sql");

#[derive(Deserialize)]
struct Row {
    class: u32,
    oid: u32,
    column: Option<String>,
    text: String,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    if body.starts_with('[') {
        return depend::read(body, found);
    }
    let Row {
        class,
        oid,
        column,
        text,
    } = parse(body)?;
    let address = Address::new(class, oid, 0);
    let (Some(place), Some(on)) = (found.place(&address), found.at(&address).cloned()) else {
        return Ok(());
    };
    // A column of a view is no object of its own: its comment depends on the view.
    let target = match (column, &on) {
        (Some(column), ObjectId::View(view) | ObjectId::MaterializedView(view)) => {
            ObjectId::Column {
                table: view.clone(),
                name: Ident::new(column)?,
            }
        }
        _ => on.clone(),
    };
    let id = ObjectId::Comment(Box::new(target));
    let comment = found.put(id, Object::Comment(Comment { text }));
    found.depends.push((comment, place));
    Ok(())
}
