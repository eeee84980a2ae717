//! Reads subscriptions.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::schema::object::Subscription;
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::{Found, SUBSCRIPTION, parse};

pub(super) const SQL: &str = include_str!("subscription.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    publications: BTreeSet<String>,
    options: BTreeMap<String, String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        name,
        publications,
        options,
    } = parse(body)?;
    let id = ObjectId::Subscription(Ident::new(name)?);
    found.stands_at(SUBSCRIPTION, oid, 0, &id);
    found.put(
        id,
        Object::Subscription(Subscription {
            publications,
            options,
        }),
    );
    Ok(())
}
