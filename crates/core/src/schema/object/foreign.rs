//! Data that is elsewhere: wrappers, servers, and who one is there. (A foreign table is a table.)

use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::ObjectId;

/// A foreign-data wrapper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Wrapper {
    /// `HANDLER`.
    pub handler: Option<QualifiedName>,
    /// `VALIDATOR`.
    pub validator: Option<QualifiedName>,
    /// `OPTIONS`.
    pub options: BTreeMap<String, String>,
}

/// A server of a foreign-data wrapper.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Server {
    /// The wrapper.
    pub wrapper: Ident,
    /// `TYPE`.
    pub kind: Option<String>,
    /// `VERSION`.
    pub version: Option<String>,
    /// `OPTIONS`.
    pub options: BTreeMap<String, String>,
}

/// Who a user is on a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct UserMapping {
    /// `OPTIONS`: a password may be among them.
    pub options: BTreeMap<String, String>,
}

/// What makes a table a foreign one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Foreign {
    /// The server.
    pub server: Ident,
    /// `OPTIONS`.
    pub options: BTreeMap<String, String>,
}

impl Wrapper {
    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            handler: _,
            validator: _,
            options: _,
        } = self;
        required.extend(self.handler_id());
        required.extend(self.validator_id());
    }

    /// The function that is its handler.
    pub fn handler_id(&self) -> Option<ObjectId> {
        self.handler.as_ref().map(|name| function(name, ""))
    }

    /// The function that is its validator.
    pub fn validator_id(&self) -> Option<ObjectId> {
        self.validator
            .as_ref()
            .map(|name| function(name, "text[], oid"))
    }
}

fn function(name: &QualifiedName, arguments: &str) -> ObjectId {
    ObjectId::Function {
        name: name.clone(),
        arguments: arguments.to_owned(),
    }
}

impl Server {
    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            wrapper,
            kind: _,
            version: _,
            options: _,
        } = self;
        required.push(ObjectId::Wrapper(wrapper.clone()));
    }

    /// Whether it can become another one in place: its wrapper and its type stay.
    pub fn can_become(&self, other: &Self) -> bool {
        self.wrapper == other.wrapper
            && self.kind == other.kind
            && (self.version.is_none() || other.version.is_some())
    }
}

impl Foreign {
    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self { server, options: _ } = self;
        required.push(ObjectId::Server(server.clone()));
    }
}
