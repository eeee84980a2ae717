//! Reads comments.

use limbeck_core::schema::object::Comment;
use limbeck_core::{Object, ObjectId, Result};
use serde::Deserialize;

use super::{Found, IdRow, parse};

pub(super) const SQL: &str = include_str!("comment.sql");

#[derive(Deserialize)]
struct Row {
    on: IdRow,
    text: String,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row { on, text } = parse(body)?;
    found.put(
        ObjectId::Comment(Box::new(on.read()?)),
        Object::Comment(Comment { text }),
    );
    Ok(())
}
