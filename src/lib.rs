//! Postgres migrations from the structs that a Diesel application already has.

pub use limbeck_core::bundle::Bundle;
pub use limbeck_core::error::{DatabaseError, Error, ErrorKind, Location, Result};
pub use limbeck_core::migration::{Migration, SqlMigration};
pub use limbeck_core::revision::{Revision, RevisionId};
pub use limbeck_core::schema::model::{Model, PgType};
pub use limbeck_core::script::{DataStep, Needs, Script, Session, Step};
pub use limbeck_macros::{Model, PgEnum, bundle, migrator};

/// What most programs use, in one line: `use limbeck::prelude::*;`.
pub mod prelude {
    pub use crate::{Bundle, Model, PgEnum, PgType};
}

/// What the code that the macros write names. No part of the API: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use limbeck_core::bundle::{Registered, registered};
    pub use limbeck_core::error::Location;
    pub use limbeck_core::generated::{Embedded, bundle, texts, unknown_enum_value};
    pub use limbeck_core::inventory;
    pub use limbeck_core::schema::{model, object};
}
