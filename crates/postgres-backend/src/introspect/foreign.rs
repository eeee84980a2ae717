//! Reads foreign-data wrappers, servers and user mappings.

use limbeck_core::schema::object::{Server, UserMapping, Wrapper};
use limbeck_core::{Ident, Object, ObjectId, Result};
use serde::Deserialize;

use super::index::parameters;
use super::{Found, NameRow, SERVER, WRAPPER, parse, qualified, unreadable};

pub(super) const SQL: &str = include_str!("foreign.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    kind: String,
    name: String,
    options: Option<Vec<String>>,
    #[serde(default)]
    handler: Option<NameRow>,
    #[serde(default)]
    validator: Option<NameRow>,
    #[serde(default)]
    wrapper: Option<String>,
    #[serde(default, rename = "type")]
    server_type: Option<String>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    user: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        kind,
        name,
        options,
        handler,
        validator,
        wrapper,
        server_type,
        version,
        user,
    } = parse(body)?;
    let name = Ident::new(name)?;
    let options = parameters(options);
    match (kind.as_str(), wrapper, user) {
        ("wrapper", None, None) => {
            let id = ObjectId::Wrapper(name);
            found.stands_at(WRAPPER, oid, 0, &id);
            let wrapper = Wrapper {
                handler: handler.map(qualified).transpose()?,
                validator: validator.map(qualified).transpose()?,
                options,
            };
            found.put(id, Object::Wrapper(wrapper));
        }
        ("server", Some(wrapper), None) => {
            let id = ObjectId::Server(name);
            found.stands_at(SERVER, oid, 0, &id);
            let server = Server {
                wrapper: Ident::new(wrapper)?,
                kind: server_type,
                version,
                options,
            };
            found.put(id, Object::Server(server));
        }
        ("mapping", None, Some(user)) => {
            let id = ObjectId::UserMapping {
                server: name,
                user: Ident::new(user)?,
            };
            found.put(id, Object::UserMapping(UserMapping { options }));
        }
        (other, _, _) => return Err(unreadable(format!("foreign data of the kind `{other}`"))),
    }
    Ok(())
}
