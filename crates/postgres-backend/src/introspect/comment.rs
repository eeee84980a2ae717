//! Reads comments.

use limbeck_core::schema::object::Comment;
use limbeck_core::{Object, ObjectId, Result};
use serde::Deserialize;

use super::{Address, Found, parse};

pub(super) const SQL: &str = include_str!("comment.sql");

#[derive(Deserialize)]
struct Row {
    class: u32,
    oid: u32,
    number: i32,
    text: String,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        class,
        oid,
        number,
        text,
    } = parse(body)?;
    // The parts are read in the order of their list: whatever has a comment is known by now.
    if let Some(on) = found.at(&Address::new(class, oid, number)) {
        let id = ObjectId::Comment(Box::new(on.clone()));
        found.put(id, Object::Comment(Comment { text }));
    }
    Ok(())
}
