//! The Postgres backend of Limbeck: the only crate that knows the catalogs, SQL text and Diesel.
//!
//! [`Migrator`] is what programs hold. Below it, in the direction in which data flows:
//! [`introspect`] reads a database into a [`Schema`](limbeck_core::Schema), `canonical` asks
//! Postgres how it spells what models say, `autogenerate` drafts what differs, [`render`] writes
//! operations as SQL, [`hazards`] tells what they may destroy. [`runner`] applies revisions without
//! any I/O of its own; [`drive`] is the loop that sends what it asks for.

#[cfg(feature = "postgres")]
mod autogenerate;
#[cfg(feature = "postgres")]
pub mod canonical;
#[cfg(feature = "postgres")]
mod connection;
mod ddl;
#[cfg(feature = "postgres")]
mod diesel_source;
#[cfg(feature = "postgres")]
mod difference;
mod drive;
mod error;
mod expression;
mod hazard;
pub mod history;
pub mod introspect;
#[cfg(feature = "postgres")]
mod migrator;
mod progress;
mod quote;
pub mod runner;
#[cfg(feature = "postgres")]
pub mod scratch;
#[cfg(feature = "server")]
pub mod server;
mod session;
#[cfg(feature = "postgres")]
mod sql_type;
mod statement;

#[cfg(feature = "postgres")]
pub use autogenerate::{Draft, Drift, DriftKind};
#[cfg(feature = "postgres")]
pub use connection::connect;
pub use ddl::{Context, render};
#[cfg(feature = "postgres")]
pub use diesel_source::{DieselSource, from_diesel};
#[cfg(feature = "postgres")]
pub use difference::{Difference, SqlSource, difference};
pub use drive::drive;
pub use hazard::{Consent, Hazard, Severity, hazards, parse_consent, unconsented};
#[cfg(feature = "postgres")]
pub use migrator::{
    Autogenerate, Check, Migrator, NewRevision, REQUEST_VARIABLE, Settings, Written, answer_request,
};
pub use progress::{Phase, Progress, Snapshot};
pub use quote::{Naming, Quoted, ident, literal};
pub use runner::{Report, Status};
pub use statement::{Statement, TransactionNeed, script};
