//! A migrated database for each test, in milliseconds.
//!
//! [`fresh`] hands out a database in which every revision has been applied, real and empty of
//! anybody else: it commits, pools connect to it by its [URL](TestDatabase::url), tests run in
//! parallel. The revisions run once for all tests and all their processes: into a *template*, which
//! is known by the digest of what is in it, and of which each test gets a copy.
//!
//! ```no_run
//! # fn main() -> limbeck_core::Result<()> {
//! # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
//! let db = limbeck_postgres::testing::fresh(&migrator)?;
//! let mut conn = db.connection()?;
//! # Ok::<(), limbeck_core::Error>(())
//! # }
//! ```
//!
//! # Which server
//!
//! The one that `LIMBECK_TEST_DATABASE_URL` names; else the [throwaway server](crate::server), which
//! all tests of a user share and which ends when the last of them has.
//!
//! # What is left behind
//!
//! A test's database is dropped when its last handle is, with whatever sessions are in it. That of a
//! test that failed is kept, and its URL printed: on the throwaway server for a quarter of an hour
//! (the server stays for it; `LIMBECK_TEST_KEEP` says how many minutes, `0` none), on another for a
//! day, and never more than twenty of them. What a killed process left is dropped by the next one on
//! the same machine. A template goes when no run has used it for a day. Nothing is dropped that was
//! not made here. A name alone proves nothing: a database that was made here also has a limit on its
//! connections of ten digits, as good as none, which is the digest of its name and is set by the
//! `CREATE DATABASE` that makes it (`\l+` and `pg_database.datconnlimit` show it); a schema has a comment of
//! ours from the batch that makes it. To keep something for good, rename it, or set another limit or
//! comment.
//!
//! # What does not get into a template
//!
//! What `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE` set, which Postgres does not copy, and
//! roles, which are the server's.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::ffi::OsString;
use std::fmt::Debug;
use std::fs;
use std::panic::Location;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use diesel::PgConnection;
use limbeck_core::revision::ContentHasher;
use limbeck_core::{Error, ErrorKind, Result};

use crate::Migrator;
use crate::replay::roles;
use crate::search_path;
use crate::server::{Database, Fetch, Server, ServerOptions};

mod check;
mod database;
mod fixture;
mod own_schema;
mod rows;
mod run;
#[cfg(feature = "async")]
mod run_async;
mod stock;
mod upgrades;

pub use check::{Checks, check};
pub use database::TestDatabase;
#[doc(hidden)]
pub use run::{AsMigrator, migrator, run_with_connection, run_with_database};
#[cfg(feature = "async")]
#[doc(hidden)]
pub use run_async::{run_async_with_connection, run_async_with_database};
pub use upgrades::{EmptyTable, Upgrades, Upgrading, upgrades};

use database::Home;
use fixture::Fixture;

/// A database of its own with every revision applied: [`Setup`] without any options.
///
/// # Errors
/// As for [`Setup::fresh`].
pub fn fresh(migrator: &Migrator) -> Result<TestDatabase> {
    Setup::new(migrator).fresh()
}

/// What a test's database is to be.
///
/// ```no_run
/// # fn main() -> limbeck_core::Result<()> {
/// # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
/// use limbeck_postgres::testing::Setup;
///
/// let db = Setup::new(&migrator)
///     .fixture("users.sql", "INSERT INTO users (email) VALUES ('ada@example.org');")
///     .fresh()?;
/// # Ok::<(), limbeck_core::Error>(())
/// # }
/// ```
#[must_use = "it does nothing before `fresh` is called"]
pub struct Setup<'a> {
    migrator: &'a Migrator,
    contents: Contents,
    isolation: Isolation,
    fixtures: Vec<Fixture>,
    seeds: Vec<Seed<'a>>,
    ready: usize,
    on_failure: OnFailure,
}

/// What happens to the database of a test that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// It is kept for a while, and its URL printed.
    #[default]
    Keep,
    /// It is dropped, as that of any other.
    Drop,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Contents {
    Revisions,
    Models,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Isolation {
    Database,
    Schema,
    Rollback,
}

struct Seed<'a> {
    name: String,
    /// What tells it from another of the same name.
    which: String,
    call: SeedCall<'a>,
}

/// Gives what went wrong, if something did.
type SeedCall<'a> = Box<dyn Fn(&mut PgConnection) -> Option<String> + 'a>;

/// What tests and seeds return: nothing, or a result.
pub trait Outcome {
    /// What went wrong, if something did.
    fn failure(&self) -> Option<String>;
}

impl Outcome for () {
    fn failure(&self) -> Option<String> {
        None
    }
}

impl<T, E: Debug> Outcome for Result<T, E> {
    fn failure(&self) -> Option<String> {
        self.as_ref().err().map(|error| format!("{error:?}"))
    }
}

impl<'a> Setup<'a> {
    /// A database with every revision of a migrator applied, and nothing else. Where the application's own
    /// bundle is placed in a schema that sessions do not look into by themselves, the test's connections,
    /// seeds and [URL](TestDatabase::url) have a search path that leads there first.
    pub fn new(migrator: &'a Migrator) -> Self {
        Self {
            migrator,
            contents: Contents::Revisions,
            isolation: Isolation::Database,
            fixtures: Vec::new(),
            seeds: Vec::new(),
            ready: 0,
            on_failure: OnFailure::default(),
        }
    }

    /// Makes the tables straight from the models, by
    /// [`create_all`](Migrator::create_all), and records the revisions as applied: for models whose
    /// revision has not been written yet. Rows that revisions insert are missing.
    pub fn models(mut self) -> Self {
        self.contents = Contents::Models;
        self
    }

    /// Gives each test a schema of its own in the one database that `LIMBECK_TEST_DATABASE_URL`
    /// names, for a role that may not create databases. It is found by the `search_path` of the URL,
    /// and the revisions run once a test. The schema that the application's own bundle is placed in does
    /// not matter; what else names a schema does not get in: models with `schema = "…"` and other
    /// bundles with a place of their own are refused, revisions written by hand must not say `public.`, and
    /// an extension is there for all or for none.
    pub fn schema(mut self) -> Self {
        self.isolation = Isolation::Schema;
        self
    }

    /// Puts the test into a transaction that is rolled back, in a database that such tests share: the
    /// fastest, for what never needs to see a commit. Each connection of the test is a transaction of
    /// its own and does not see the others'; sequences go on; a test that commits all the same, on
    /// whichever of its connections, fails and is told so, and the tests after it get another database.
    /// Those that run beside it go on in theirs; where one of them fails, it is told which test has
    /// committed. By the [URL](TestDatabase::url) of the database it can only be read, and so after the
    /// end of the test's transaction: Postgres says `read-only transaction` to what writes, unless it
    /// begins its transaction with `READ WRITE` itself.
    pub fn rollback(mut self) -> Self {
        self.isolation = Isolation::Rollback;
        self
    }

    /// Runs a function once, after the revisions and fixtures: what it commits is in every copy of the
    /// template. Its name and place in the program stand for it in the template's key, together with the
    /// size and time of the program, so that a changed function never meets an old template. What a
    /// closure captures is not seen: where that differs, let the name differ too.
    #[track_caller]
    pub fn seed<R: Outcome, F: Fn(&mut PgConnection) -> R + 'a>(
        mut self,
        name: impl Into<String>,
        seed: F,
    ) -> Self {
        self.seeds.push(Seed {
            name: name.into(),
            which: which::<F>(Location::caller()),
            call: Box::new(move |connection| seed(connection).failure()),
        });
        self
    }

    /// Runs SQL once, after the revisions: its rows are in every copy of the template, of whose key
    /// its text is a part. The name is for messages.
    pub fn fixture(mut self, name: impl Into<String>, sql: impl Into<String>) -> Self {
        self.fixtures.push(Fixture {
            name: name.into(),
            sql: sql.into(),
        });
        self
    }

    /// The same with the text of a file, which is read now.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read.
    pub fn fixture_file(self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let shown = path.display().to_string();
        let sql = fs::read_to_string(path).map_err(|error| {
            Error::new(
                ErrorKind::Io,
                format!("the fixture `{shown}` cannot be read"),
            )
            .with_source(error)
        })?;
        Ok(self.fixture(shown, sql))
    }

    /// Has so many copies made ahead, in the background, while tests are running: less to wait for a
    /// test, more to do for the machine, which pays where cores are idle. Under a runner that gives
    /// each test a process there would be nobody to take them, and none are made.
    pub fn ready(mut self, copies: usize) -> Self {
        self.ready = copies;
        self
    }

    /// What happens to the database when the test fails; it is kept unless set.
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Hands out the database.
    ///
    /// # Errors
    /// [`ErrorKind::Server`] where no server can be had or it refuses; the error of the revision,
    /// fixture or seed that fails.
    pub fn fresh(&self) -> Result<TestDatabase> {
        let server = current()?;
        let home = match self.home(&server) {
            Ok(home) => home,
            Err(error) if server.is_alive() => return Err(error),
            // It ended under an earlier test, which has told so: this one has another.
            Err(error) => {
                forget(&server);
                let next = current()?;
                if next.identity() == server.identity() {
                    return Err(lost(&server, error));
                }
                let home = self.home(&next).map_err(|error| told(&next, error))?;
                let path = self.path(&next)?;
                return Ok(TestDatabase::new(next, home, path, self.on_failure));
            }
        };
        let path = self.path(&server)?;
        Ok(TestDatabase::new(server, home, path, self.on_failure))
    }

    /// The search path of the test's connections, where without one they would not find what the
    /// application's own revisions make.
    fn path(&self, server: &Server) -> Result<Option<String>> {
        if self.isolation == Isolation::Schema {
            return Ok(None);
        }
        let placement = self.migrator.own().schema();
        let path = server.path()?;
        let found = search_path::names(&path, server.role(), &placement);
        Ok((!found).then(|| search_path::leading_to(&placement, &path)))
    }

    fn home(&self, server: &Server) -> Result<Home> {
        if self.isolation == Isolation::Schema {
            return own_schema::make(self, server);
        }
        let key = self.key(server)?;
        let path = self.path(server)?;
        let fill = |database: &Database| {
            let mut connection = database.connect_in_path(path.as_deref())?;
            self.fill(self.migrator, &mut connection)
        };
        Ok(match self.isolation {
            Isolation::Rollback => {
                Home::Shared(server.made(crate::server::Kind::Shared, &key, &fill)?)
            }
            Isolation::Database | Isolation::Schema => {
                Home::Database(stock::take(server, &key, &fill, self.ready)?)
            }
        })
    }

    /// Makes everything in an empty database or schema.
    fn fill(&self, migrator: &Migrator, connection: &mut PgConnection) -> Result<()> {
        match self.contents {
            Contents::Revisions => {
                let ran = migrator.unwatched().run_pending(connection);
                ran.map_err(roles::told)?;
            }
            Contents::Models => migrator.create_all(connection)?,
        }
        for fixture in &self.fixtures {
            fixture.run(connection, &migrator.own().schema())?;
        }
        for Seed {
            name,
            which: _,
            call,
        } in &self.seeds
        {
            if let Some(failure) = call(connection) {
                return Err(Error::new(
                    ErrorKind::DataStep,
                    format!("the seed `{name}` failed: {failure}"),
                ));
            }
            if fixture::is_open(connection)? {
                return Err(fixture::left_open(&format!("the seed `{name}`")));
            }
        }
        Ok(())
    }

    /// What stands for all that is in the template.
    fn key(&self, server: &Server) -> Result<String> {
        let Self {
            migrator,
            contents,
            isolation: _,
            fixtures,
            seeds,
            ready: _,
            on_failure: _,
        } = self;
        let mut hasher = ContentHasher::new();
        hasher.named("a template of tests 2");
        hasher.named(env!("CARGO_PKG_VERSION"));
        // Only who made a template may copy it.
        hasher.named(server.role());
        let has_code = migrator.digest(&mut hasher, *contents == Contents::Models)?;
        for Fixture { name, sql } in fixtures {
            hasher.named(name).named(sql);
        }
        hasher.named("seeds");
        for Seed {
            name,
            which,
            call: _,
        } in seeds
        {
            hasher.named(name).named(which);
        }
        if has_code || !seeds.is_empty() {
            hasher.named(&program());
        }
        Ok(hasher.finish().to_string()[..24].to_owned())
    }
}

/// What is known of a function beside its name. A closure's type says which function it stands in, and
/// the place of the call which one of those there it is.
fn which<F>(place: &Location<'_>) -> String {
    let name = std::any::type_name::<F>();
    // A function has a type, and so a name, of its own, wherever it is handed in.
    let is_named = name.contains("::") && !name.contains(['{', '(', ' ']);
    match is_named {
        true => name.to_owned(),
        false => format!("{name} {place}"),
    }
}

/// The servers of this process, by what chooses them. They are held to its end, so that the next test
/// need not look for one, and need not ask whether it is there: it is seen soon enough if not.
static SERVERS: Mutex<BTreeMap<[Option<OsString>; 2], Server>> = Mutex::new(BTreeMap::new());

fn current() -> Result<Server> {
    let chosen = ["LIMBECK_TEST_DATABASE_URL", "LIMBECK_PG_BIN"].map(std::env::var_os);
    let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = servers.get(&chosen) {
        return Ok(server.clone());
    }
    let server = Server::start(&ServerOptions {
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    })?;
    servers.insert(chosen, server.clone());
    Ok(server)
}

fn forget(server: &Server) {
    let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    servers.retain(|_, other| other.identity() != server.identity());
}

/// What tells this program from another build of it: functions have no text to be known by.
fn program() -> String {
    let found = std::env::current_exe().and_then(|path| {
        let metadata = fs::metadata(&path)?;
        Ok((path, metadata.len(), metadata.modified()?))
    });
    match found {
        Ok((path, size, modified)) => format!("{} {size} {modified:?}", path.display()),
        Err(_) => format!("process {}", std::process::id()),
    }
}

/// An error with what lies under it.
fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(&format!(": {error}"));
        cause = error.source();
    }
    told
}

/// An error of a server that is not there any more, in words that say so.
fn told(server: &Server, error: Error) -> Error {
    if server.is_alive() {
        return error;
    }
    lost(server, error)
}

fn lost(server: &Server, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let source = source.into();
    // No URL overrules that; libpq looks for it before it connects.
    if std::env::var_os("PGSERVICE").is_some() && causes(&*source).contains("service") {
        return Error::new(
            ErrorKind::Server,
            "the test server cannot be connected to while `PGSERVICE` names a service that is not known",
        )
        .with_hint("run the tests without `PGSERVICE`")
        .with_source(source);
    }
    let hint = match server.is_ours() {
        true => {
            "the next test starts another; if it happens again, look whether something ended it, such as \
             a want of memory, or of room below `/dev/shm` and the temporary folder"
        }
        false => "it is the server that `LIMBECK_TEST_DATABASE_URL` names: start it again",
    };
    Error::new(
        ErrorKind::Server,
        "the test server ended while tests were using it",
    )
    .with_hint(hint)
    .with_source(source)
}
