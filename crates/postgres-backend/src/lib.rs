//! The Postgres backend of Limbeck: the only crate that knows the catalogs, SQL text and Diesel.
//!
//! [`Migrator`] is what programs hold. Below it, in the direction in which data flows:
//! [`introspect`] reads a database into a [`Schema`](limbeck_core::Schema), `canonical` asks
//! Postgres how it spells what models say, `autogenerate` drafts what differs, [`render`] writes
//! operations as SQL, [`hazards`] tells what they may destroy. [`runner`] applies revisions without
//! any I/O of its own; [`drive`] is the loop that sends what it asks for, and `drive_async` the same
//! loop for a connection that is waited for.

mod aside;
#[cfg(feature = "postgres")]
mod autogenerate;
#[cfg(feature = "postgres")]
pub mod canonical;
#[cfg(any(feature = "postgres", feature = "async"))]
mod connection;
mod ddl;
#[cfg(feature = "postgres")]
mod declared_sql;
#[cfg(any(feature = "postgres", feature = "async"))]
mod diesel_source;
#[cfg(feature = "postgres")]
mod difference;
mod drive;
#[cfg(feature = "async")]
mod drive_async;
mod error;
mod expression;
mod hazard;
pub mod history;
pub mod introspect;
#[cfg(any(feature = "postgres", feature = "async"))]
#[cfg_attr(
    not(feature = "postgres"),
    allow(
        dead_code,
        reason = "only comparing uses some of it, and that needs libpq"
    )
)]
mod migrator;
mod progress;
mod quote;
#[cfg(feature = "postgres")]
mod replay;
pub mod runner;
#[cfg(feature = "postgres")]
pub mod scratch;
mod search_path;
#[cfg(feature = "server")]
pub mod server;
mod session;
#[cfg(feature = "postgres")]
mod source;
#[cfg(feature = "postgres")]
mod sql_type;
mod statement;
mod test_schema;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "postgres")]
pub use autogenerate::{Draft, Drift, DriftKind};
#[cfg(feature = "postgres")]
pub use connection::connect;
#[cfg(feature = "async")]
pub use connection::connect_async;
pub use ddl::{Context, render};
#[cfg(any(feature = "postgres", feature = "async"))]
pub use diesel_source::{DieselSource, from_diesel};
#[cfg(feature = "postgres")]
pub use difference::{Difference, Way};
pub use drive::drive;
#[cfg(feature = "async")]
pub use drive_async::drive_async;
pub use hazard::{Consent, Hazard, Severity, hazards, parse_consent, unconsented};
#[cfg(feature = "postgres")]
pub use migrator::{Autogenerate, Cancel, Check, Lookout, Squash, Squashed};
#[cfg(any(feature = "postgres", feature = "async"))]
pub use migrator::{Migrator, NewRevision, REQUEST_VARIABLE, Settings, Written, answer_request};
pub use progress::{Phase, Progress, Snapshot};
pub use quote::{Naming, Quoted, ident, literal};
#[cfg(feature = "postgres")]
pub use replay::{Fault, Finding, Outcome, Replay, Replayed};
#[cfg(any(feature = "postgres", feature = "async"))]
pub use runner::{OfflineScript, OnUnprintable};
pub use runner::{Report, Status};
#[cfg(feature = "postgres")]
pub use source::Source;
pub use statement::{Statement, TransactionNeed, script};
