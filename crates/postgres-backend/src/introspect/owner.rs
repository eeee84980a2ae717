//! Reads owners.

use limbeck_core::schema::object::Owner;
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::{Address, Found, parse};

pub(super) const SQL: &str = include_str!("owner.sql");

pub(super) const ELSEWHERE_SQL: &str = include_str!("owner_elsewhere.sql");

#[derive(Deserialize)]
struct Row(u32, u32, String);

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row(class, oid, role) = parse(body)?;
    let address = Address::new(class, oid, 0);
    if let Some(on) = found.at(&address) {
        let id = ObjectId::Owner(Box::new(on.clone()));
        let role = Ident::new(role)?;
        found.put(id, Object::Owner(Owner { role }));
    }
    Ok(())
}
