//! The migrator: an application's bundles, and everything that can be done with them.
//!
//! This file holds what a migrator is and how it is set up; running stands in `run`, comparing in
//! `compare`, writing revisions in `write`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "postgres")]
use limbeck_core::SqlFile;
use limbeck_core::revision::directory::{self, Places, Source};
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::schema::model::ModelTable;
use limbeck_core::{Bundle, Error, ErrorKind, Ident, Migration, Result, SqlMigration};

use once_cell::sync::OnceCell;

use crate::history::{HistoryTable, Placed};
use crate::progress::Progress;
use crate::runner::{BundleRun, Event, LockWait, Observers, OnDivergence, OnLoss, RunOptions};

#[cfg(feature = "postgres")]
mod boot;
mod bundles;
#[cfg(feature = "postgres")]
mod compare;
#[cfg(all(feature = "postgres", feature = "async"))]
mod compare_async;
mod connecting;
mod export;
#[cfg(feature = "postgres")]
mod given;
#[cfg(feature = "postgres")]
mod lookout;
mod offline;
mod origin;
#[cfg(feature = "postgres")]
mod published;
mod rebase;
#[cfg(feature = "postgres")]
mod renamed;
mod request;
mod require;
mod run;
#[cfg(feature = "async")]
mod run_async;
mod settings;
#[cfg(feature = "postgres")]
mod sources;
#[cfg(feature = "postgres")]
mod squash;
#[cfg(feature = "testing")]
mod testing;
#[cfg(feature = "postgres")]
mod trial;
mod verify;
mod write;

#[cfg(feature = "postgres")]
pub use boot::Autogenerate;
#[cfg(feature = "postgres")]
pub use compare::Check;
#[cfg(feature = "postgres")]
pub use lookout::{Cancel, Lookout};
pub use request::{REQUEST_VARIABLE, answer_request};
pub use settings::Settings;
#[cfg(feature = "postgres")]
pub use squash::{Squash, Squashed};
pub use write::{NewRevision, Written};

use origin::Origin;

/// An application's models and revisions, with those of the libraries it uses, ready to run.
///
/// `migrator!()` makes one for the crate that it stands in; [`from_directory`](Self::from_directory)
/// reads at run time what that embeds.
///
/// ```no_run
/// # fn main() -> limbeck_core::Result<()> {
/// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
/// let mut connection = limbeck_postgres::connect("postgres://me@localhost/blog")?;
/// println!("{}", migrator.run_pending(&mut connection)?);
/// # Ok::<(), limbeck_core::Error>(())
/// # }
/// ```
#[derive(Clone)]
pub struct Migrator {
    bundle: Bundle,
    options: RunOptions,
    /// The graphs of all bundles, in the order of running: made once, when first needed.
    runs: OnceCell<Vec<BundleRun>>,
    scratch_url: Option<String>,
    schemas: BTreeSet<Ident>,
    file_template: Option<String>,
    progress: Progress,
    #[cfg(feature = "postgres")]
    autogenerate: Autogenerate,
    origin: Origin,
    /// Whether its own bundle is a library's, which runs in the databases of others: what is made of
    /// `bundle!` and not of `migrator!`.
    shipped: bool,
}

impl Migrator {
    /// A migrator of a bundle and those that it depends on.
    pub fn new(bundle: Bundle) -> Self {
        let progress = Progress::new();
        let mut options = RunOptions::default();
        let noting = progress.clone();
        options.observers.push(move |event| noting.note(event));
        Self {
            bundle,
            options,
            runs: OnceCell::new(),
            scratch_url: None,
            schemas: BTreeSet::new(),
            file_template: None,
            progress,
            #[cfg(feature = "postgres")]
            autogenerate: Autogenerate::Never,
            origin: Origin::default(),
            shipped: true,
        }
    }

    /// A migrator of the revisions in a directory, or several ([`Places`]), read now, without models.
    ///
    /// The bundle is called after the package around the directory where that can be seen (the
    /// variable `CARGO_PKG_NAME` of `cargo run`), else `app`; [`named`](Self::named) changes it.
    ///
    /// # Errors
    /// When the directory is not what it should be; the error names the file.
    pub fn from_directory(places: impl Into<Places>) -> Result<Self> {
        let places = places.into();
        let (_, source) = directory::load(&places)?;
        let name = std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "app".to_owned());
        let mut bundle = Bundle::new(name);
        bundle.directory = Some(places.main);
        bundle.more_directories = places.more;
        bundle.migrations = migrations(source);
        Ok(Self {
            shipped: false,
            ..Self::new(bundle)
        })
    }

    /// Gives the application's own bundle another name. History rows stand under the name: choose it
    /// once.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.bundle.name = name.into();
        self.runs = OnceCell::new();
        self
    }

    /// Sets the models that autogenerate and `check` compare, in place of the registered ones.
    #[must_use]
    pub fn models(mut self, models: impl IntoIterator<Item = ModelTable>) -> Self {
        self.bundle.models = models.into_iter().collect();
        self.runs = OnceCell::new();
        self
    }

    /// Names a file or folder of declared SQL: `CREATE` statements of what no struct can say (functions,
    /// triggers, views), which belongs to what the models want. It is read when they are compared.
    ///
    /// `migrator!` reads `[models] sql` in `limbeck.toml`, and embeds what stands there.
    #[must_use]
    pub fn declared_sql_at(mut self, path: impl Into<PathBuf>) -> Self {
        self.bundle.sql_path = Some(path.into());
        self.runs = OnceCell::new();
        self
    }

    /// Adds a library's bundle: it is run before the application's own, unless revisions of the two
    /// depend on each other otherwise. [`Bundle::in_schema`] places it, [`Bundle::named`] gives it
    /// another name, [`Bundle::at`] and [`Bundle::at_least`] say how far it goes.
    ///
    /// A bundle that is no longer listed stays in the database as it is: its tables are nobody's
    /// business here, and a run says once that it has seen it.
    #[must_use]
    pub fn bundle(mut self, bundle: Bundle) -> Self {
        self.bundle.dependencies.push(bundle);
        self.runs = OnceCell::new();
        self
    }

    /// Installs the application's own bundle in a schema other than `public`.
    ///
    /// # Errors
    /// When that is no name.
    pub fn in_schema(mut self, schema: &str) -> Result<Self> {
        self.bundle.placement = Some(Ident::new(schema)?);
        self.runs = OnceCell::new();
        Ok(self)
    }

    /// Says that nobody has said which schema the application's own bundle is installed in: `public` is
    /// a guess, and refused where the database has the bundle in another schema alone. For the command
    /// line, which runs revisions without the program that places them.
    #[doc(hidden)]
    #[must_use]
    pub fn placement_assumed(mut self) -> Self {
        self.options.placed = Placed::Assumed;
        self
    }

    /// Keeps the history in another table than `public.limbeck_revision`.
    ///
    /// # Errors
    /// When one of the two is no name.
    pub fn history_table(mut self, schema: &str, table: &str) -> Result<Self> {
        self.options.history = HistoryTable {
            schema: Ident::new(schema)?,
            name: Ident::new(table)?,
        };
        Ok(self)
    }

    /// The table that the history stands in.
    pub fn history(&self) -> &HistoryTable {
        &self.options.history
    }

    /// How long to wait for another process that is migrating; ten minutes unless set.
    #[must_use]
    pub fn wait(mut self, wait: LockWait) -> Self {
        self.options.lock_wait = wait;
        self
    }

    /// `lock_timeout` of every revision that does not set its own; unset leaves the session's.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.options.lock_timeout = Some(timeout);
        self
    }

    /// `statement_timeout` of every revision that does not set its own; unset leaves the session's.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.options.statement_timeout = Some(timeout);
        self
    }

    /// How long a whole run may take, waiting for other processes included; no limit unless set.
    ///
    /// It begins with the run, and so after a connection that is handed in was opened. What connects
    /// itself ([`run_pending_url`](Self::run_pending_url)) has that within the budget; of a pool's
    /// connection, see [`budget_from_now`](Self::budget_from_now).
    ///
    /// When it is over, no further revision is started. The one that runs is cut off by Postgres
    /// within its transaction (`statement_timeout` is what is left of the budget), so that nothing
    /// of it is kept: a revision is done as a whole or not at all. The error is an
    /// [`ErrorKind::Timeout`] and names what is done and what is not. Reading the history and making its
    /// table are limited as well, whatever others have locked; so that runs with a budget take a few
    /// round trips more.
    ///
    /// Of a data step, every statement that it sends by its session is limited, and what it has done is
    /// not kept when it comes back too late. Its own code cannot always be interrupted. On an
    /// asynchronous connection the run goes on without it: a future is dropped, and a synchronous step,
    /// which has a thread of its own, gets no more answers. On a synchronous connection the run waits
    /// for a synchronous step that blocks, a `sleep` say, until it returns. What a step sends by
    /// `session.connection()` is limited by what was left when the step began.
    ///
    /// All that is kept by Postgres, as long as it answers. Where it goes silent (a server that was stopped,
    /// a network that swallows), `run_pending_url` and everything asynchronous end by themselves some
    /// seconds after the budget: with the same kind of error, which names the revision of which it is not
    /// known whether it is done. The connection is given up, and its session ended if the server hears
    /// that. A synchronous connection of the caller's blocks in libpq, and nobody can take it back from
    /// there: what bounds it is what its URL says of the network, `keepalives_idle`, `keepalives_interval`,
    /// `keepalives_count` and `tcp_user_timeout`, which notice a host that is gone, and no server that
    /// only does not answer.
    #[must_use]
    pub fn time_budget(mut self, budget: Duration) -> Self {
        self.options.time_budget = Some(budget);
        self
    }

    /// Calls this with every [`Event`] of a run, in the thread that runs it: keep it short. It may
    /// be called several times; all are told. The same goes into the log by `tracing`, and
    /// [`progress`](Self::progress) keeps the last state for whoever looks.
    ///
    /// ```
    /// # use limbeck_postgres::Migrator;
    /// # use limbeck_core::Bundle;
    /// let migrator = Migrator::new(Bundle::new("blog")).on_progress(|event| eprintln!("{event}"));
    /// # let _ = migrator;
    /// ```
    #[must_use]
    pub fn on_progress(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.options.observers.push(observer);
        self
    }

    /// How the runs of this migrator and its clones go on, to be shown by a readiness endpoint
    /// while a long revision runs.
    ///
    /// ```
    /// # use limbeck_postgres::{Migrator, Phase};
    /// # use limbeck_core::Bundle;
    /// let migrator = Migrator::new(Bundle::new("blog"));
    /// let progress = migrator.progress();
    /// // In the endpoint: 200 when `is_ready()`, else 503 with `to_json()` as its body.
    /// let seen = progress.snapshot();
    /// assert_eq!(seen.phase, Phase::Idle);
    /// assert!(!seen.is_ready());
    /// println!("{}", seen.to_json());
    /// ```
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// What to do about revisions in the database that this program does not know while it has
    /// pending ones: refuse, unless set.
    #[must_use]
    pub fn on_divergence(mut self, policy: OnDivergence) -> Self {
        self.options.on_divergence = policy;
        self
    }

    /// What to do about a way down whose statements take data away: run it, unless set. The command
    /// line refuses, and asks or wants `--yes`.
    #[must_use]
    pub fn on_loss(mut self, policy: OnLoss) -> Self {
        self.options.on_loss = policy;
        self
    }

    /// Names a server by URL where scratch databases may be made, to replay the revisions and to ask
    /// Postgres what an expression means. Without one a throwaway server is started, where its
    /// binaries are installed. No existing database is ever written to.
    #[must_use]
    pub fn scratch_url(mut self, url: impl Into<String>) -> Self {
        self.scratch_url = Some(url.into());
        self
    }

    /// Looks at another schema too when comparing; the bundle's own and those that models name are
    /// looked at anyway.
    ///
    /// # Errors
    /// When that is no name.
    pub fn with_schema(mut self, schema: &str) -> Result<Self> {
        self.schemas.insert(Ident::new(schema)?);
        Ok(self)
    }

    /// Names the folders of new revisions by a pattern in place of `{date}_{id}_{slug}`.
    #[must_use]
    pub fn file_template(mut self, template: impl Into<String>) -> Self {
        self.file_template = Some(template.into());
        self
    }

    /// The application's own bundle.
    pub fn own(&self) -> &Bundle {
        &self.bundle
    }

    /// The graph of the application's own revisions.
    ///
    /// # Errors
    /// When they form none.
    pub fn graph(&self) -> Result<Arc<RevisionGraph>> {
        // Not through the runs: revisions may be looked at where libraries are not known.
        Ok(Arc::new(self.bundle.graph()?))
    }

    /// The revision directory of the application's own bundle.
    ///
    /// # Errors
    /// When it is not known: a release build carries revisions and no path.
    pub fn directory(&self) -> Result<PathBuf> {
        self.bundle.directory.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                "the revision directory of this program is not known: a release build does not record it",
            )
            .with_hint("use a debug build, or `Migrator::from_directory`")
        })
    }

    /// The revision directories of the application's own bundle: that one, and those beside it.
    ///
    /// # Errors
    /// As for [`directory`](Self::directory).
    pub fn directories(&self) -> Result<Places> {
        Ok(Places {
            main: self.directory()?,
            more: self.bundle.more_directories.clone(),
        })
    }

    /// Says where the revision directory of the application's own bundle is; or the directories, see [`Places`].
    #[must_use]
    pub fn directory_at(mut self, places: impl Into<Places>) -> Self {
        let Places { main, more } = places.into();
        self.bundle.directory = Some(main);
        self.bundle.more_directories = more;
        self
    }

    /// What is declared beside the models: as it stands on disk, where that is known, else as it was
    /// compiled in.
    #[cfg(feature = "postgres")]
    pub(crate) fn declared_sql(&self) -> Result<Vec<SqlFile>> {
        match &self.bundle.sql_path {
            Some(path) if path.exists() || self.bundle.sql.is_empty() => directory::sql_files(path),
            _ => Ok(self.bundle.sql.clone()),
        }
    }

    /// The schema of the history.
    #[cfg(feature = "postgres")]
    pub(crate) fn history_schema(&self) -> &Ident {
        &self.options.history.schema
    }

    /// Tells the observers of a run that has failed.
    pub(crate) fn tell_failed(&self, error: &Error) {
        self.options.observers.tell(&Event::failed(error));
    }

    /// The same migrator for a run that is nobody's business: in scratch, or for a test's template.
    pub(crate) fn unwatched(&self) -> Self {
        let mut unwatched = self.clone();
        unwatched.options.observers = Observers::default();
        unwatched.options.time_budget = None;
        unwatched.origin = Origin::Program;
        unwatched
    }
}

/// The revisions of a directory, ready to run.
fn migrations(source: Source) -> Vec<Arc<dyn Migration>> {
    let entries = source.entries.into_iter();
    entries
        .map(|entry| {
            let migration = SqlMigration {
                revision: entry.revision,
                up: entry.up.into(),
                down: entry.down.map(Into::into),
            };
            Arc::new(migration) as Arc<dyn Migration>
        })
        .collect()
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the scratch URL: it may hold a password.
        f.debug_struct("Migrator")
            .field("bundle", &self.bundle)
            .finish_non_exhaustive()
    }
}
