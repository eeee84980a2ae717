//! Postgres migrations from the structs that a Diesel application already has: compared with the
//! live database, written as reviewable revisions, applied when the application boots.
//!
//! # Models
//!
//! A struct that derives [`Model`](macro@Model) is a table, an enum that derives
//! [`PgEnum`](macro@PgEnum) an enum type. With `diesel`, the model also writes Diesel's `table!`.
//!
//! ```standalone_crate
//! use diesel::prelude::*;
//! use limbeck::prelude::*;
//!
//! #[derive(Model, Queryable, Selectable)]
//! #[model(diesel)]
//! #[diesel(table_name = users)]
//! pub struct User {
//!     #[model(primary_key, identity)]
//!     pub id: i64,
//!     #[model(unique)]
//!     pub email: String,
//! }
//!
//! #[derive(Model, Queryable, Selectable, Insertable)]
//! #[model(diesel, index(columns(author_id, published_at desc), where = "published"))]
//! #[diesel(table_name = posts)]
//! pub struct Post {
//!     #[model(primary_key, identity)]
//!     pub id: i64,
//!     #[model(references(User), on_delete = cascade)]
//!     pub author_id: i64,
//!     #[model(length = 200, unique)]
//!     pub title: String,
//!     pub body: Option<String>,
//!     #[model(default = "false")]
//!     pub published: bool,
//!     #[model(default = "now()")]
//!     pub published_at: chrono::DateTime<chrono::Utc>,
//! }
//!
//! let titles = posts::table.filter(posts::published).select(posts::title);
//! # let _ = (titles, users::table);
//! let bundle = limbeck::bundle!(no_migrations);
//! assert_eq!(bundle.models.len(), 2);
//! # Ok::<(), limbeck::Error>(())
//! ```
//!
//! # Running
//!
//! [`migrator!`] embeds the revisions of the crate it stands in, checked while the crate is compiled:
//! a missing parent, a cycle, two heads or a missing file is a compile error. [`Migrator`] runs them.
//!
//! ```no_run
//! # fn main() -> limbeck::Result<()> {
//! # let url = String::new();
//! let migrator = limbeck::Migrator::from_directory("migrations")?; // `limbeck::migrator!()` embeds it
//! let mut connection = limbeck::connect(&url)?;
//! println!("{}", migrator.run_pending(&mut connection)?);
//! # Ok::<(), limbeck::Error>(())
//! # }
//! ```
//!
//! Each revision runs in a transaction of its own, exactly once, however many processes start at the
//! same time; with nothing to do it costs one statement. What cannot run in a transaction
//! (`CREATE INDEX CONCURRENTLY`) goes statement by statement, and is gone on with where it was
//! interrupted. An [`Error`] names the revision, the file,
//! the line and column, the statement, and what Postgres said.
//!
//! On boot, a web application has a choice: [`Migrator::run_pending`], or
//! [`Migrator::require_current`] where a job of its own migrates. A program that is older than its
//! database starts while no revision it lacks is `breaking = true` in its metadata; otherwise it
//! refuses, and says that it is the stale one. [`Migrator::verify`] looks whether the tables and
//! columns of the models are really there. [`Migrator::progress`] shows a readiness endpoint how a
//! long run goes on, [`Migrator::time_budget`] limits it, and
//! [`Migrator::autogenerate_on_boot`] makes a debug build write the revision for a changed struct.
//! [`guide::in_a_web_application`] tells it from nothing.
//!
//! # Asynchronously
//!
//! With the feature `async`, `run_pending_async` and its kin do the same on a connection of
//! diesel-async, or what its pools `deadpool`, `bb8` and `mobc` hand out, a pool of one connection
//! included. They need a tokio runtime with I/O and timers (as `#[tokio::main]` makes it), of many
//! threads or of one, and never block it; libpq they do not need. Their futures may be dropped at any
//! point: nothing is left half done, and the lock is let go.
//!
//! ```no_run
//! # async fn boot() -> limbeck::Result<()> {
//! # let url = String::new();
//! let migrator = limbeck::Migrator::from_directory("migrations")?; // `limbeck::migrator!()` embeds it
//! let mut connection = limbeck::connect_async(&url).await?; // or `pool.get().await?`
//! println!("{}", migrator.run_pending_async(&mut connection).await?);
//! # Ok(())
//! # }
//! ```
//!
//! Programs that have another library for their queries (sqlx, tokio-postgres, sea-orm) give the URL:
//! `run_pending_url_async`, or `run_pending_url` through libpq. `sslmode` and
//! `sslrootcert` in it mean what they mean to libpq.
//!
//! A data step has two forms, [`Script::data`] and [`Script::data_async`], and both run on both kinds
//! of connection: a synchronous step has a thread of its own beside an asynchronous connection, and
//! an asynchronous one is simply waited for on a synchronous connection, whose session answers at
//! once. A step that needs Diesel's own connection ([`Needs::Connection`]) gets that of its form:
//! `PgConnection`, or r2d2's, for a synchronous step, `AsyncPgConnection` for an asynchronous one; on
//! the other kind of connection its revision is refused before anything is run. When a step panics its
//! revision is rolled back, and the panic goes on.
//!
//! # Comparing
//!
//! [`Migrator::autogenerate`] compares the models with the live database and with what the revisions
//! make, and drafts a revision; [`Migrator::check`] says what differs. Compared are schemas, enum
//! types, sequences, tables, columns, constraints, indexes and comments. What somebody else made, and
//! every other kind of object, is left as it is. Not detected: a renamed table or column without
//! `renamed_from` (it is a drop, which wants consent, and a new one), and changes of what models do
//! not state, such as owners, grants and storage parameters of tables.
//!
//! # Bundles
//!
//! The models and revisions of one crate are its [`Bundle`], which [`bundle!`] makes: a library
//! hands out its own, an application lists those of its libraries. [`guide::in_a_library`] tells it
//! from nothing.
//!
//! # Features
//!
//! * `postgres` (default): libpq, through Diesel's `PgConnection`.
//! * `bundled`: libpq built from source with only a C compiler. It cannot speak TLS, so that it
//!   connects in clear text: for development and tests.
//! * `bundled-tls`: libpq built from source against the system's OpenSSL.
//! * `async`: the asynchronous calls, on diesel-async's `AsyncPgConnection`. With `default-features =
//!   false` there is no libpq in the build; what compares with models (`check_async`) is
//!   there with `postgres` alone.
//! * `async-tls`: TLS for connections that asynchronous calls open by URL, through rustls. Without it, a
//!   URL that demands TLS is refused; one that merely prefers it connects in clear text.
//! * `cli`: the command line inside your own program.
//! * `r2d2`: a connection of `r2d2`'s pool wherever a `PgConnection` is taken.
//! * `server`: a throwaway Postgres for examples and tests.
//! * `testing`: a migrated database for each test, see [`guide::in_tests`].
//! * `chrono`, `time`, `uuid`, `serde_json`, `rust_decimal`, `bigdecimal`, `ipnetwork`, `ipnet`: the
//!   types of these crates in models.

pub mod guide;

#[cfg(feature = "cli")]
pub use limbeck_cli::{Code, MigratorCli};
pub use limbeck_core::bundle::Bundle;
pub use limbeck_core::error::{DatabaseError, Error, ErrorKind, Location, Result};
/// # Examples
///
/// A revision in Rust, beside those of the directory or without one:
///
/// ```
/// use std::sync::Arc;
/// use limbeck::{Bundle, ContentHasher, Migration, Migrator, Result, Revision, RevisionId, Script};
///
/// struct Titles(Revision);
///
/// impl Titles {
///     fn new() -> Result<Self> {
///         // What its way up does, as its digest knows it: an applied revision whose content is
///         // another one later counts as edited.
///         let content = ContentHasher::new().sql(UP).named("trim the titles").finish();
///         let mut revision = Revision::new(RevisionId::new("5c1e0f7a2b3d")?, content);
///         revision.message = "titles".to_owned();
///         Ok(Self(revision))
///     }
/// }
///
/// const UP: &str = "CREATE TABLE titles (title text NOT NULL);";
///
/// impl Migration for Titles {
///     fn revision(&self) -> &Revision {
///         &self.0
///     }
///
///     fn upgrade(&self, script: &mut Script) -> Result<()> {
///         script.sql(UP).data("trim the titles", |session| {
///             session.execute("UPDATE titles SET title = pg_catalog.btrim(title)")
///         });
///         Ok(())
///     }
///
///     fn downgrade(&self, script: &mut Script) -> Result<()> {
///         script.sql("DROP TABLE titles;");
///         Ok(())
///     }
/// }
///
/// let mut bundle = Bundle::new("app");
/// bundle.migrations.push(Arc::new(Titles::new()?));
/// # #[cfg(any(feature = "postgres", feature = "async"))]
/// let migrator = Migrator::new(bundle);
/// # Ok::<(), limbeck::Error>(())
/// ```
pub use limbeck_core::migration::Migration;
pub use limbeck_core::migration::SqlMigration;
#[cfg(any(feature = "postgres", feature = "async"))]
pub use limbeck_core::revision::directory::{Moved, Places, Rebased};
pub use limbeck_core::revision::{
    ContentHasher, Dependency, Digest, Revision, RevisionId, sql_digest,
};
pub use limbeck_core::schema::ObjectId;
pub use limbeck_core::schema::model::{Model, ModelTable, PgType};
pub use limbeck_core::schema::operation::Operation;
pub use limbeck_core::script::{
    AsyncDataStep, AsyncSession, DataStep, Needs, Script, Session, SessionFuture, Step,
};
#[cfg(feature = "testing")]
pub use limbeck_macros::test;
pub use limbeck_macros::{Model, PgEnum, bundle, migrator};
#[cfg(feature = "async")]
pub use limbeck_postgres::connect_async;
pub use limbeck_postgres::runner::{
    Applied, Blocker, BundleReport, Deed, Event, LockWait, OnDivergence, OnLoss, PlannedStep,
    Unlisted,
};
#[cfg(feature = "server")]
pub use limbeck_postgres::server;
#[cfg(feature = "testing")]
pub use limbeck_postgres::testing;
#[cfg(feature = "postgres")]
pub use limbeck_postgres::{
    Autogenerate, Cancel, Check, Draft, Drift, DriftKind, Fault, Finding, Lookout, Outcome, Replay,
    Replayed, Squash, Squashed, connect,
};
pub use limbeck_postgres::{
    Consent, Hazard, Phase, Progress, Report, Snapshot, Status, parse_consent,
};
#[cfg(any(feature = "postgres", feature = "async"))]
pub use limbeck_postgres::{
    DieselSource, Migrator, NewRevision, OfflineScript, OnUnprintable, Written, from_diesel,
};

/// What most programs use, in one line: `use limbeck::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "postgres")]
    pub use crate::Autogenerate;
    #[cfg(any(feature = "postgres", feature = "async"))]
    pub use crate::Migrator;
    #[cfg(feature = "cli")]
    pub use crate::MigratorCli;
    pub use crate::{Bundle, Model, PgEnum, PgType};
}

/// What the code that the macros write names. No part of the API: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use limbeck_core::SqlFile;
    pub use limbeck_core::bundle::{Registered, registered};
    pub use limbeck_core::error::Location;
    pub use limbeck_core::generated::{Embedded, migrations, schema, texts, unknown_enum_value};
    pub use limbeck_core::inventory;
    pub use limbeck_core::schema::{model, object};
    #[cfg(feature = "testing")]
    pub use limbeck_postgres::testing;
    #[cfg(any(feature = "postgres", feature = "async"))]
    pub use limbeck_postgres::{Migrator, Settings};
}

/// What an asynchronous test needs, and a build without it lacks.
#[cfg(all(feature = "testing", feature = "async"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __async_test {
    ($($call:tt)*) => {
        $($call)*
    };
}

/// The same for a build without it.
#[cfg(all(feature = "testing", not(feature = "async")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __async_test {
    ($($call:tt)*) => {
        ::core::compile_error!(
            "a test that is an `async fn` needs the feature `async` of `limbeck`"
        )
    };
}
