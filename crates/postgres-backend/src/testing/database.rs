//! A test's database, for as long as somebody holds it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use limbeck_core::{Error, ErrorKind, Ident, Result};

use super::run::transaction;
use super::{OnFailure, lost, own_schema};
use crate::Migrator;
use crate::error::database_error;
use crate::server::{Database, Server, crowded, is_crowded};

/// How many minutes the database of a failed test is kept, where nothing is said.
const MINUTES: u64 = 15;
/// Says how many minutes.
const KEEP_VARIABLE: &str = "LIMBECK_TEST_KEEP";

/// The database of one test. It is dropped with its last handle; that of a test that panics is kept,
/// and its URL printed.
#[derive(Clone)]
pub struct TestDatabase(Arc<Inner>);

struct Inner {
    server: Server,
    home: Option<Home>,
    /// The search path of its connections, where it is not the usual one.
    path: Option<String>,
    on_failure: OnFailure,
    failed: AtomicBool,
    lent: Mutex<Lent>,
}

/// What was handed out of a database that tests share.
#[derive(Default)]
struct Lent {
    /// The numbers of the transactions that are to be rolled back.
    transactions: Vec<String>,
    url: bool,
}

/// The first statement in a test's transaction: whoever else is in a shared database may only read.
const READ_WRITE: &str = "SET TRANSACTION READ WRITE";

/// What is said of a test that has changed what others use.
pub(super) const COMMITTED: &str = "this test ended its transaction, in a database that it shares with others: \
                                    leave `rollback` out for a test that commits";

/// Where a test is at home.
pub(super) enum Home {
    /// In a database of its own.
    Database(Database),
    /// In a schema of its own.
    Schema(String),
    /// In a database that others use, in transactions that are rolled back.
    Shared(String),
}

impl TestDatabase {
    pub(super) fn new(
        server: Server,
        home: Home,
        path: Option<String>,
        on_failure: OnFailure,
    ) -> Self {
        Self(Arc::new(Inner {
            server,
            home: Some(home),
            path,
            on_failure,
            failed: AtomicBool::new(false),
            lent: Mutex::default(),
        }))
    }

    /// A new connection to it.
    ///
    /// # Errors
    /// [`ErrorKind::Server`] when the server does not take it, and in other words when it has ended.
    pub fn connection(&self) -> Result<PgConnection> {
        let made = PgConnection::establish(&self.0.url());
        let mut connection = made.map_err(|error| self.no_connection(&error))?;
        if self.is_shared() {
            let begun = connection
                .begin_test_transaction()
                .and_then(|()| connection.batch_execute(READ_WRITE))
                .and_then(|()| transaction(&mut connection));
            self.lend(begun)?;
        }
        Ok(connection)
    }

    /// A new asynchronous connection to it, of whatever runtime this is called in.
    ///
    /// # Errors
    /// As for [`connection`](Self::connection).
    #[cfg(feature = "async")]
    pub async fn async_connection(&self) -> Result<diesel_async::AsyncPgConnection> {
        use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};

        let made = crate::connect_async(&self.0.url()).await;
        let mut connection = made.map_err(|error| self.no_connection(&error))?;
        if self.is_shared() {
            let begun = async {
                connection.begin_test_transaction().await?;
                connection.batch_execute(READ_WRITE).await?;
                super::run_async::transaction(&mut connection).await
            };
            self.lend(begun.await)?;
        }
        Ok(connection)
    }

    /// Its URL, for pools and other programs, with the search path that the tables of the application are
    /// found by. It holds the password of `LIMBECK_TEST_DATABASE_URL`,
    /// where that has one. A database that tests [share](super::Setup::rollback) can only be read by it.
    pub fn url(&self) -> String {
        if self.is_shared() {
            self.0.lent().url = true;
        }
        self.0.url()
    }

    /// Its name: of the database, or, for a test with a schema of its own, of that.
    pub fn name(&self) -> &str {
        match &self.0.home {
            Some(Home::Database(database)) => database.name(),
            Some(Home::Shared(name) | Home::Schema(name)) => name,
            None => "",
        }
    }

    /// A migrator placed where this test is, for what is tested and migrates itself, such as an application's own
    /// function that starts it. In a [schema of its own](super::Setup::schema) that is there, with the history; a
    /// migrator that is placed elsewhere is refused on connections of such a test, since it would change for good
    /// what others use. Everywhere else it is the same migrator.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where a bundle says itself which schema something of it is in.
    pub fn placed(&self, migrator: &Migrator) -> Result<Migrator> {
        match &self.0.home {
            Some(Home::Schema(name)) => migrator.placed_in(&Ident::new(name)?),
            _ => Ok(migrator.clone()),
        }
    }

    /// The server that it is on.
    pub fn server(&self) -> &Server {
        &self.0.server
    }

    /// Has it kept when its last handle goes, as if the test had failed, and its URL printed.
    pub fn keep(&self) {
        self.0.failed.store(true, Ordering::Relaxed);
    }

    fn no_connection(&self, error: &dyn std::fmt::Display) -> Error {
        let server = &self.0.server;
        let is_crowded = is_crowded(error);
        // Of a connection string that holds a password, libpq may repeat a part.
        let told = match server.is_ours() {
            true => error.to_string(),
            false => "the server refuses the connection".to_owned(),
        };
        let source = Error::new(ErrorKind::Server, told);
        if !is_crowded && !server.is_alive() {
            return lost(server, source);
        }
        let error = Error::new(
            ErrorKind::Server,
            format!("no connection to the test database `{}`", self.name()),
        )
        .with_source(source);
        match is_crowded {
            true => error.with_hint(crowded(server.is_ours())),
            false => error,
        }
    }

    pub(super) fn is_shared(&self) -> bool {
        matches!(self.0.home, Some(Home::Shared(_)))
    }

    /// Notes the transaction of a connection that goes out.
    fn lend(&self, begun: diesel::QueryResult<String>) -> Result<()> {
        let number =
            begun.map_err(|error| database_error(error, "the test's transaction was begun"))?;
        self.0.lent().transactions.push(number);
        Ok(())
    }

    /// The transaction that was noted last.
    pub(super) fn last_lent(&self) -> Option<String> {
        self.0.lent().transactions.last().cloned()
    }

    /// A transaction is still open, on a connection that goes now: it has not been committed.
    pub(super) fn settle(&self, number: &str) {
        self.0.lent().transactions.retain(|it| it != number);
    }

    /// Whether this test has committed in a database that tests share, which no test gets any more then.
    pub(super) fn has_committed(&self) -> bool {
        self.0.has_committed()
    }

    /// This test has changed what others use.
    pub(super) fn spoil(&self) {
        self.0.spoil();
    }
}

impl Inner {
    fn url(&self) -> String {
        match &self.home {
            Some(Home::Database(database)) => self.in_path(database.name()),
            Some(Home::Shared(name)) => self.in_path(name),
            Some(Home::Schema(name)) => own_schema::url(&self.server, name),
            None => String::new(),
        }
    }

    fn in_path(&self, name: &str) -> String {
        self.server.url_in_path(name, self.path.as_deref())
    }

    fn lent(&self) -> MutexGuard<'_, Lent> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_committed(&self) -> bool {
        let numbers = self.lent().transactions.clone();
        if numbers.is_empty() || !self.server.any_committed(&numbers) {
            return false;
        }
        self.spoil();
        true
    }

    fn spoil(&self) {
        self.lent().transactions.clear();
        if let Some(Home::Shared(name)) = &self.home {
            self.server.spoil(name, &own_name());
        }
    }

    /// Tells of a commit that nobody has told of yet, by failing where that is still possible.
    fn refuse_commit(&self, failed: bool) {
        if !self.has_committed() {
            return;
        }
        assert!(failed || thread::panicking(), "limbeck: {COMMITTED}");
        eprintln!("limbeck: {COMMITTED}");
    }

    fn leave(&mut self) {
        let failed = self.failed.load(Ordering::Relaxed) || thread::panicking();
        if failed && !self.server.is_alive() {
            // What the test itself saw was only a closed connection.
            eprintln!("limbeck: {:?}", lost_while_running(&self.server));
            return;
        }
        self.refuse_commit(failed);
        let Some(home) = self.home.take() else { return };
        let minutes = minutes();
        let keeps = failed && self.on_failure == OnFailure::Keep && minutes > 0;
        match home {
            Home::Shared(name) if failed => {
                let by = self.server.spoiler(&name);
                if let Some(by) = by.filter(|by| *by != own_name()) {
                    eprintln!(
                        "limbeck: `{by}` has committed in the database that this failed test shares \
                         with others: look at that one first"
                    );
                }
                if self.lent().url {
                    eprintln!(
                        "limbeck: this failed test shares its database with others (`rollback`), which can \
                         only be read by its URL: leave `rollback` out for a test that commits"
                    );
                }
            }
            Home::Shared(_) => {}
            Home::Database(database) if keeps => {
                let name = database.name().to_owned();
                let kept = self.server.keep(database, minutes * 60);
                let shown = self.server.shown_url(&name, self.path.as_deref());
                self.tell("database", kept, shown, minutes);
            }
            Home::Schema(name) if keeps => {
                let kept = own_schema::keep(&self.server, &name, minutes * 60);
                self.tell(
                    "schema",
                    kept,
                    own_schema::shown(&self.server, &name),
                    minutes,
                );
            }
            Home::Database(database) => drop(database),
            Home::Schema(name) => own_schema::remove(&self.server, &name),
        }
    }

    fn tell(&self, what: &str, kept: Result<()>, url: String, minutes: u64) {
        match (kept, self.server.is_ours()) {
            (Ok(()), true) => eprintln!(
                "limbeck: the {what} of this failed test is kept for {minutes} minutes: {url}"
            ),
            (Ok(()), false) => {
                eprintln!("limbeck: the {what} of this failed test is kept for a day: {url}");
            }
            (Err(error), _) => {
                eprintln!("limbeck: the {what} of this failed test could not be kept: {error}");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for TestDatabase {
    // The URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDatabase")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// The name of the test that runs in this thread.
fn own_name() -> String {
    std::env::var("NEXTEST_TEST_NAME").unwrap_or_else(|_| {
        let thread = thread::current();
        let name = thread.name().filter(|name| *name != "main");
        name.map_or_else(
            || format!("a test of process {}", std::process::id()),
            str::to_owned,
        )
    })
}

fn lost_while_running(server: &Server) -> Error {
    let closed = "it takes no connections any more";
    lost(server, Error::new(ErrorKind::Connection, closed))
}

fn minutes() -> u64 {
    std::env::var(KEEP_VARIABLE)
        .ok()
        .and_then(|text| text.trim().parse::<u32>().ok())
        .map_or(MINUTES, u64::from)
}
