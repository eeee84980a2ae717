//! The Postgres backend of Limbeck: the only crate that knows the catalogs, SQL text and Diesel.

mod ddl;
mod drive;
mod error;
mod expression;
mod hazard;
pub mod history;
mod quote;
#[cfg(feature = "server")]
pub mod server;
mod statement;

pub use ddl::{Context, render};
pub use hazard::{Consent, Hazard, Severity, hazards, parse_consent, unconsented};
pub mod runner;
#[cfg(feature = "server")]
pub mod server;
mod session;
mod statement;

pub use ddl::{Context, render};
pub use drive::drive;
pub use error::{failure, from_diesel};
pub use hazard::{Hazard, Severity};
pub use quote::{Naming, Quoted, ident, literal};
pub use statement::{Statement, TransactionNeed, script};
pub mod introspect;
