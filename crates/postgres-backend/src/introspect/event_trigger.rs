//! Reads event triggers.

use limbeck_core::schema::object::EventTrigger;
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::rule::firing;
use super::{EVENT_TRIGGER, Found, NameRow, parse, qualified};

pub(super) const SQL: &str = include_str!("event_trigger.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    event: String,
    tags: Option<Vec<String>>,
    function: NameRow,
    firing: char,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        name,
        event,
        tags,
        function,
        firing: fires,
    } = parse(body)?;
    let id = ObjectId::EventTrigger(Ident::new(name)?);
    found.stands_at(EVENT_TRIGGER, oid, 0, &id);
    found.put(
        id,
        Object::EventTrigger(EventTrigger {
            event,
            tags: tags.unwrap_or_default(),
            function: qualified(function)?,
            firing: firing(fires),
        }),
    );
    Ok(())
}
