//! The Postgres backend of Limbeck: the only crate that knows the catalogs, SQL text and Diesel.

mod ddl;
mod expression;
mod hazard;
mod quote;
#[cfg(feature = "server")]
pub mod server;
mod statement;

pub use ddl::{Context, render};
pub use hazard::{Consent, Hazard, Severity, hazards, parse_consent, unconsented};
pub use quote::{Naming, Quoted, ident, literal};
pub use statement::{Statement, TransactionNeed, script};
pub mod introspect;
