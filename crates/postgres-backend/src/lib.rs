//! The Postgres backend of Limbeck: the only crate that knows the catalogs, SQL text and Diesel.
//!
//! [`Migrator`] is what programs hold. Below it, in the direction in which data flows:
//! [`introspect`] reads a database into a [`Schema`](limbeck_core::Schema), `canonical` asks
//! Postgres how it spells what models say, `autogenerate` drafts what differs, [`render`] writes
//! operations as SQL, [`hazards`] tells what they may destroy. [`runner`] applies revisions without
//! any I/O of its own; [`drive`] is the loop that sends what it asks for.

mod autogenerate;
mod canonical;
mod connection;
mod ddl;
mod difference;
#[cfg(feature = "postgres")]
mod diesel_source;
mod drive;
mod error;
mod expression;
mod hazard;
pub mod history;
pub mod introspect;
mod migrator;
mod quote;
pub mod runner;
pub mod scratch;
#[cfg(feature = "server")]
pub mod server;
mod session;
mod statement;

pub use autogenerate::{Draft, Drift, DriftKind};
pub use connection::connect;
pub use ddl::{Context, render};
pub use difference::{Difference, SqlSource, difference};
pub use drive::drive;
pub use error::{failure, from_diesel};
pub use hazard::{Consent, Hazard, Severity, hazards, parse_consent, unconsented};
pub use migrator::{Check, Migrator, NewRevision, Written};
#[cfg(feature = "postgres")]
pub use diesel_source::{DieselSource, from_diesel};
pub use drive::drive;
pub use hazard::{Hazard, Severity};
pub use quote::{Naming, Quoted, ident, literal};
pub use runner::{Report, Status};
pub use statement::{Statement, TransactionNeed, script};
