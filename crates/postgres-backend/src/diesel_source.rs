//! Adapters between the migration sources of Diesel and ours, both ways.
//!
//! [`from_diesel`] takes any `MigrationSource`, such as `FileBasedMigrations` or what
//! `embed_migrations!` gives, as a chain of migrations for a bundle. Diesel shows none of its SQL,
//! so that each is an opaque data step whose content is its version: an edit of an applied one is
//! not noticed, no statement is named when one fails, and nothing can be rendered offline.
//!
//! [`DieselSource`] goes the other way: a bundle with a linear chain as a `MigrationSource`, for
//! `MigrationHarness` and what is built on it. Diesel then keeps the record, and Limbeck none.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "postgres")]
use diesel::PgConnection;
use diesel::connection::BoxableConnection;
use diesel::migration::{
    Migration as DieselMigration, MigrationMetadata, MigrationName, MigrationSource,
    MigrationVersion,
};
use diesel::pg::Pg;
use limbeck_core::revision::ContentHasher;
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::{
    Bundle, DataStep, Error, ErrorKind, Ident, Migration, Needs, Result, Revision, RevisionId,
    Script, Session,
};

use crate::error::database_error;
use crate::quote::ident;
use crate::runner::script::{Closure, Part, Prepared, prepare, render};
#[cfg(feature = "postgres")]
use crate::session::ConnectionSession;

/// What Diesel's parts return.
type DieselResult<T> = diesel::migration::Result<T>;

/// The migrations of a source of Diesel's, as a chain in the order of their versions.
///
/// The versions become the identifiers. A database that Diesel has migrated so far is taken over
/// by `stamp`: until then a run refuses, since all would be applied again. They run on asynchronous
/// connections, too, if they do not ask for a `PgConnection`, which none does that is made of SQL.
///
/// ```
/// use limbeck_core::Bundle;
/// use limbeck_postgres::from_diesel;
///
/// # let folder = std::env::temp_dir().join(format!("limbeck-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(folder.join("2026-01-01-000000_one"))?;
/// # std::fs::write(folder.join("2026-01-01-000000_one/up.sql"), "SELECT 1")?;
/// let source = diesel_migrations::FileBasedMigrations::from_path(&folder)?;
/// let mut bundle = Bundle::new("app");
/// bundle.migrations = from_diesel(source)?;
/// assert_eq!(bundle.migrations[0].revision().id.as_str(), "20260101000000");
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the source cannot list its migrations, or one of its versions cannot be an identifier.
pub fn from_diesel<S>(source: S) -> Result<Vec<Arc<dyn Migration>>>
where
    S: MigrationSource<Pg> + Send + Sync + 'static,
{
    let source: Arc<dyn MigrationSource<Pg> + Send + Sync> = Arc::new(source);
    let mut listed = list(&*source)?;
    listed.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
    let mut parent: Option<RevisionId> = None;
    let mut migrations: Vec<Arc<dyn Migration>> = Vec::with_capacity(listed.len());
    for migration in listed {
        let name = migration.name().to_string();
        let version = migration.name().version().to_string();
        let id = RevisionId::new(version.clone()).map_err(|source| {
            Error::new(
                ErrorKind::Directory,
                format!("the version of Diesel's migration `{name}` cannot be an identifier"),
            )
            .with_source(source)
        })?;
        let content = ContentHasher::new().named(&version).finish();
        let mut revision = Revision::new(id.clone(), content);
        revision.parents = parent.replace(id).into_iter().collect();
        revision.directory = name;
        revision.run_in_transaction = migration.metadata().run_in_transaction();
        migrations.push(Arc::new(Opaque {
            revision,
            version,
            source: Arc::clone(&source),
        }));
    }
    Ok(migrations)
}

fn list(source: &dyn MigrationSource<Pg>) -> Result<Vec<Box<dyn DieselMigration<Pg>>>> {
    source.migrations().map_err(|error| {
        Error::new(
            ErrorKind::Directory,
            format!("Diesel's migration source cannot be listed: {error}"),
        )
        .with_source(error)
    })
}

/// A migration of Diesel's. It is looked up again when it runs: what a source gives cannot be sent
/// between threads.
struct Opaque {
    revision: Revision,
    version: String,
    source: Arc<dyn MigrationSource<Pg> + Send + Sync>,
}

/// Which way.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

impl Opaque {
    fn step(&self, way: Way) -> DataStep {
        let source = Arc::clone(&self.source);
        let version = self.version.clone();
        let word = match way {
            Way::Up => "run",
            Way::Down => "revert",
        };
        DataStep {
            name: format!("diesel: {word} {}", self.revision.directory),
            // Any connection that Diesel's trait knows will do, also one that is lent to a thread.
            needs: Needs::Session,
            call: Arc::new(move |session| {
                let migration = list(&*source)?
                    .into_iter()
                    .find(|migration| migration.name().version().to_string() == version)
                    .ok_or_else(|| {
                        Error::new(
                            ErrorKind::Directory,
                            format!("Diesel's migration source has no `{version}` any more"),
                        )
                    })?;
                let connection = boxable(session)?;
                let result = match way {
                    Way::Up => migration.run(connection),
                    Way::Down => migration.revert(connection),
                };
                result.map_err(|error| match error.downcast::<diesel::result::Error>() {
                    Ok(error) => database_error(*error, "a migration of Diesel's was run"),
                    Err(error) => Error::new(ErrorKind::DataStep, error.to_string()),
                })
            }),
        }
    }
}

impl Migration for Opaque {
    fn revision(&self) -> &Revision {
        &self.revision
    }

    fn upgrade(&self, script: &mut Script) -> Result<()> {
        script.data_step(self.step(Way::Up));
        Ok(())
    }

    fn downgrade(&self, script: &mut Script) -> Result<()> {
        script.data_step(self.step(Way::Down));
        Ok(())
    }
}

/// The connection behind a session, as Diesel's migrations take it.
fn boxable(session: &mut dyn Session) -> Result<&mut dyn BoxableConnection<Pg>> {
    let none = || {
        Error::new(
            ErrorKind::Unsupported,
            "Diesel's migrations need a `PgConnection`, and this connection is none",
        )
    };
    let connection = session.connection().ok_or_else(none)?;
    #[cfg(feature = "async")]
    if connection.is::<crate::drive_async::Distant>() {
        return connection
            .downcast_mut::<crate::drive_async::Distant>()
            .map(|distant| distant as _)
            .ok_or_else(none);
    }
    as_pg(connection).ok_or_else(none)
}

#[cfg(feature = "postgres")]
fn as_pg(connection: &mut dyn Any) -> Option<&mut dyn BoxableConnection<Pg>> {
    #[cfg(feature = "r2d2")]
    {
        use diesel::r2d2::{ConnectionManager, PooledConnection};
        type Pooled = PooledConnection<ConnectionManager<PgConnection>>;
        if connection.is::<Pooled>() {
            return connection
                .downcast_mut::<Pooled>()
                .map(|pooled| &mut **pooled as _);
        }
    }
    connection
        .downcast_mut::<PgConnection>()
        .map(|connection| connection as _)
}

/// Without libpq there is no such connection.
#[cfg(not(feature = "postgres"))]
fn as_pg(_connection: &mut dyn Any) -> Option<&mut dyn BoxableConnection<Pg>> {
    None
}

/// A bundle with a linear chain as a source of migrations for Diesel's `MigrationHarness`.
///
/// Versions are the timestamps that the folders' names start with, without dashes, as Diesel would
/// read them; Diesel runs migrations in the order of these.
///
/// ```
/// use limbeck_core::{Bundle, Revision, RevisionId, SqlMigration};
/// use limbeck_core::revision::sql_digest;
/// use limbeck_postgres::DieselSource;
///
/// let up = "CREATE TABLE posts (id bigint PRIMARY KEY)";
/// let mut revision = Revision::new(RevisionId::new("1975ea83b712")?, sql_digest(up));
/// revision.directory = "2026-11-24-140503_1975ea83b712_posts".to_owned();
/// let mut bundle = Bundle::new("app");
/// bundle.migrations = vec![std::sync::Arc::new(SqlMigration { revision, up: up.into(), down: None })];
/// let source = DieselSource::new(&bundle)?;
/// // connection.run_pending_migrations(source)?;
/// # let _ = source;
/// # Ok::<(), limbeck_core::Error>(())
/// ```
#[derive(Clone)]
pub struct DieselSource {
    links: Vec<Link>,
}

/// A revision as a migration of Diesel's.
#[derive(Clone)]
struct Link {
    migration: Arc<dyn Migration>,
    placement: Option<Ident>,
    name: Name,
    metadata: Metadata,
}

#[derive(Clone, Debug)]
struct Name {
    /// The folder.
    name: String,
    version: String,
}

#[derive(Clone, Copy, Debug)]
struct Metadata {
    run_in_transaction: bool,
}

impl DieselSource {
    /// The chain of a bundle; the bundles that it depends on are not part of it.
    ///
    /// # Errors
    /// When its revisions are no chain, when a folder's name starts with no timestamp, or when the
    /// timestamps do not rise along the chain: Diesel would run them in another order.
    pub fn new(bundle: &Bundle) -> Result<Self> {
        let revisions = bundle
            .migrations
            .iter()
            .map(|migration| migration.revision().clone())
            .collect();
        let graph = RevisionGraph::new(revisions)?;
        if !graph.is_linear() {
            return Err(Error::new(
                ErrorKind::Graph,
                format!(
                    "the revisions of `{}` branch, and Diesel knows only chains",
                    bundle.name
                ),
            )
            .with_hint("run them with Limbeck, or rebase the branches into one chain"));
        }
        let mut links: Vec<Link> = Vec::with_capacity(graph.len());
        for revision in graph.order() {
            let migration = bundle
                .migrations
                .iter()
                .find(|migration| migration.revision().id == revision.id);
            let Some(migration) = migration else { continue };
            let version = version(revision)?;
            if let Some(before) = links.last().filter(|before| before.name.version >= version) {
                return Err(Error::new(
                    ErrorKind::Graph,
                    format!(
                        "the timestamp of `{}` is not later than that of `{}`, which it stands on; \
                         Diesel would run it first",
                        revision.directory, before.name.name
                    ),
                )
                .with_revision(revision.id.clone())
                .with_hint("rename the folder, so that timestamps rise along the chain"));
            }
            links.push(Link {
                migration: Arc::clone(migration),
                placement: bundle.placement.clone(),
                name: Name {
                    name: revision.directory.clone(),
                    version,
                },
                metadata: Metadata {
                    run_in_transaction: revision.run_in_transaction,
                },
            });
        }
        Ok(Self { links })
    }
}

impl MigrationSource<Pg> for DieselSource {
    fn migrations(&self) -> DieselResult<Vec<Box<dyn DieselMigration<Pg>>>> {
        Ok(self
            .links
            .iter()
            .map(|link| Box::new(link.clone()) as _)
            .collect())
    }
}

/// What Diesel would take for the version of a folder.
fn version(revision: &Revision) -> Result<String> {
    revision.diesel_version().ok_or_else(|| {
        Error::new(
            ErrorKind::Directory,
            format!(
                "revision `{}` has no folder whose name starts with a timestamp, which Diesel \
                 takes as the version",
                revision.id
            ),
        )
        .with_revision(revision.id.clone())
        .with_hint("name it like `2026-11-24-140503_1975ea83b712_add_posts`")
    })
}

impl Link {
    fn go(&self, connection: &mut dyn BoxableConnection<Pg>, script: &Script) -> Result<()> {
        let placement = match &self.placement {
            Some(placement) => placement.clone(),
            None => Ident::new("public")?,
        };
        let revision = self.migration.revision();
        let prepared = prepare(script, revision, &placement, render)?;
        if let (Some((statement, command)), true) = (
            prepared.refused_in_transaction(),
            self.metadata.run_in_transaction,
        ) {
            let error = Error::new(
                ErrorKind::Unsupported,
                format!(
                    "revision `{}` cannot be run: `{command}` cannot run in a transaction",
                    revision.id
                ),
            )
            .with_revision(revision.id.clone())
            .with_hint(
                "say `run_in_transaction = false` in its metadata, which is all that Diesel goes by; or run \
                 it with Limbeck",
            );
            return Err(match statement.place(0) {
                Some(location) => error.with_location(location),
                None => error,
            });
        }
        let Prepared {
            parts,
            statements: _,
        } = prepared;
        if let (Some(placement), true) = (&self.placement, self.metadata.run_in_transaction) {
            self.send(
                connection,
                &format!("SET LOCAL search_path = {}, public", ident(placement)),
            )?;
        }
        for part in parts {
            match part {
                // One after the other, so that the one that fails is known.
                Part::Sql(statements) => {
                    for statement in statements {
                        self.send(connection, &statement.text)
                            .map_err(|error| match statement.place(0) {
                                Some(location) => error.with_location(location),
                                None => error,
                            })?;
                    }
                }
                Part::Data(Closure::Sync(step)) => call(connection, &step)?,
                Part::Data(Closure::Async(step)) => {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        format!(
                            "the data step `{}` is asynchronous, and Diesel's harness is not",
                            step.name
                        ),
                    )
                    .with_hint("run it with Limbeck, or write it as a synchronous step"));
                }
            }
        }
        Ok(())
    }

    fn send(&self, connection: &mut dyn BoxableConnection<Pg>, sql: &str) -> Result<()> {
        connection.batch_execute(sql).map_err(|error| {
            database_error(
                error,
                &format!("revision `{}` was run", self.migration.revision().id),
            )
            .with_revision(self.migration.revision().id.clone())
        })
    }
}

/// Calls a data step within Diesel's harness.
fn call(connection: &mut dyn BoxableConnection<Pg>, step: &DataStep) -> Result<()> {
    #[cfg(feature = "postgres")]
    if let Some(connection) = connection.downcast_mut::<PgConnection>() {
        return (step.call)(&mut ConnectionSession {
            connection,
            deadline: None,
        });
    }
    // Only libpq's connection can be told from others behind the trait.
    let _ = connection;
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("the data step `{}` needs a `PgConnection`", step.name),
    ))
}

impl DieselMigration<Pg> for Link {
    fn run(&self, connection: &mut dyn BoxableConnection<Pg>) -> DieselResult<()> {
        let mut script = Script::new();
        self.migration.upgrade(&mut script)?;
        Ok(self.go(connection, &script)?)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<Pg>) -> DieselResult<()> {
        let mut script = Script::new();
        self.migration.downgrade(&mut script)?;
        Ok(self.go(connection, &script)?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.metadata
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

impl MigrationMetadata for Metadata {
    fn run_in_transaction(&self) -> bool {
        self.run_in_transaction
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.version.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for DieselSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.links.iter().map(|link| &link.name))
            .finish()
    }
}
