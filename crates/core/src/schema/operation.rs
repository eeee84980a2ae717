//! One change of a schema: four verbs over the kinds of object.

use std::fmt;

use crate::schema::object::{Object, ObjectId};

/// One change, which carries all that is needed to take it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An object comes into being.
    Create {
        /// Who.
        id: ObjectId,
        /// What.
        object: Object,
    },
    /// An object goes; it is carried along so that it can come back.
    Drop {
        /// Who.
        id: ObjectId,
        /// What it was.
        object: Object,
    },
    /// An object changes in place.
    Alter {
        /// Who.
        id: ObjectId,
        /// What it was.
        from: Object,
        /// What it will be; of the same kind.
        to: Object,
    },
    /// An object gets another name and stays what it is.
    Rename {
        /// Who it was.
        from: ObjectId,
        /// Who it will be; of the same kind.
        to: ObjectId,
    },
}

impl Operation {
    /// The operation that takes this one back.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Create { id, object } => Self::Drop { id, object },
            Self::Drop { id, object } => Self::Create { id, object },
            Self::Alter { id, from, to } => Self::Alter { id, from: to, to: from },
            Self::Rename { from, to } => Self::Rename { from: to, to: from },
        }
    }

    /// Who it is about; for a rename, who it will be.
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Create { id, .. } | Self::Drop { id, .. } | Self::Alter { id, .. } => id,
            Self::Rename { to, .. } => to,
        }
    }

    /// One line for people: `create table posts`.
    pub fn describe(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { id, object: _ } => write!(f, "create {id}"),
            Self::Drop { id, object: _ } => write!(f, "drop {id}"),
            Self::Alter { id, from: _, to: _ } => write!(f, "alter {id}"),
            Self::Rename { from, to } => write!(f, "rename {from} to {to}"),
        }
    }
}
