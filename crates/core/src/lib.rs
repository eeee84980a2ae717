//! The pure middle of Limbeck: schemas and their differences, revisions and their plans.
//!
//! Two wings that do not know each other: [`schema`] (objects, diff) and [`revision`] (graph,
//! plan). They meet in [`script`] (what a revision does), [`migration`] and [`bundle`], and nowhere
//! else. Nothing here performs I/O, except that [`revision::directory`] reads and writes revision
//! directories; nothing knows a connection, or SQL beyond its tokens.

pub mod bundle;
pub mod error;
#[doc(hidden)]
pub mod generated;
pub mod migration;
pub mod name;
pub mod revision;
pub mod schema;
pub mod script;
mod sql_file;
pub mod token;

pub use bundle::{Bundle, Registered};
pub use error::{DatabaseError, Error, ErrorKind, Location, Result};
pub use migration::{Migration, SqlMigration};
pub use name::{Ident, QualifiedName};
pub use revision::{Revision, RevisionId};
pub use schema::{Object, ObjectId, Schema};
pub use script::{
    AsyncDataStep, AsyncSession, DataStep, Needs, Script, Session, SessionFuture, Step,
};
pub use sql_file::SqlFile;

#[doc(hidden)]
pub use inventory;
