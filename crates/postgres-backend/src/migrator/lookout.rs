//! Who blocks a run: asked on a second connection, since the first one hangs in a lock of somebody
//! else's and says nothing.
//!
//! The second connection is opened when a run has taken a second, and only looks. Where it cannot be had,
//! nothing is told; the run does not care.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::{PgConnection, RunQueryDsl, sql_query};
use limbeck_core::Result;
use limbeck_core::token::secrets;

use super::Migrator;
use crate::drive::session_of;
use crate::quote::EQUAL;
use crate::runner::{Blocker, Event, Observers, Stop};
use crate::session::{Row, not_executed};

/// How often it is looked.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often a connection is tried.
const ATTEMPTS: usize = 3;

impl Migrator {
    /// Looks from a second connection, once a second, whether what a connection runs waits for a lock of
    /// somebody else's, and tells that as [`Event::Blocked`]: to [`on_progress`](Self::on_progress),
    /// [`progress`](Self::progress) and `tracing`. It ends when the value is dropped. A run that takes less
    /// than a second opens no second connection. The command line does so for `upgrade`, `downgrade` and `stamp`.
    ///
    /// ```no_run
    /// # fn main() -> limbeck_core::Result<()> {
    /// # let url = "postgres://me@localhost/blog";
    /// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?
    ///     .on_progress(|event| eprintln!("{event}"));
    /// let mut connection = limbeck_postgres::connect(url)?;
    /// let lookout = migrator.lookout(&mut connection, url);
    /// migrator.run_pending(&mut connection)?;
    /// drop(lookout);
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// What others run is told of nobody but those whom Postgres shows it to, such as members of
    /// `pg_read_all_stats`, and only as [`Blocker::query`]; `Display` leaves it out.
    pub fn lookout(&self, connection: &mut PgConnection, url: &str) -> Lookout {
        let telling = Arc::new(Mutex::new(true));
        let (stop, stopped) = mpsc::channel();
        let session = session_of(connection);
        let cancel = session.map(|pid| Cancel {
            url: url.to_owned(),
            pid,
            stop: self.options.stop.clone(),
        });
        if let Some(pid) = session {
            let observers = self.options.observers.clone();
            let (url, telling) = (url.to_owned(), Arc::clone(&telling));
            let look = move || {
                let mut second = None;
                let mut attempts = 0;
                let mut since: Option<Instant> = None;
                while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    if second.is_none() {
                        attempts += 1;
                        second = crate::connect(&url).ok();
                    }
                    let Some(there) = &mut second else {
                        if attempts == ATTEMPTS {
                            return;
                        }
                        continue;
                    };
                    let by = blockers(there, pid);
                    let telling = telling.lock().unwrap_or_else(PoisonError::into_inner);
                    if *telling {
                        since = tell(&observers, by, since);
                    }
                }
            };
            let named = thread::Builder::new().name("limbeck-lookout".to_owned());
            // Without a thread, nothing is told.
            let _ = named.spawn(look);
        }
        Lookout {
            telling,
            cancel,
            _stop: stop,
        }
    }
}

/// Somebody looks who blocks a run, for as long as this lives.
#[must_use = "it ends when it is dropped"]
pub struct Lookout {
    telling: Arc<Mutex<bool>>,
    cancel: Option<Cancel>,
    /// The thread wakes up and ends when this goes.
    _stop: Sender<()>,
}

impl Lookout {
    /// What cancels whatever the connection runs, from another thread; `None` where its session is not known.
    pub fn cancel(&self) -> Option<Cancel> {
        self.cancel.clone()
    }
}

/// Cancels what a connection runs: the statement fails, and what its transaction did is undone. No other revision is
/// begun, by the migrator or a clone of it.
#[derive(Clone)]
pub struct Cancel {
    url: String,
    pid: i32,
    stop: Stop,
}

impl Cancel {
    /// Asks the server, on a connection of its own.
    ///
    /// # Errors
    /// When there is no such connection, or the role may not cancel what runs there.
    pub fn send(&self) -> Result<()> {
        self.stop.request();
        let mut connection = crate::connect(&self.url)?;
        sql_query(format!("SELECT pg_catalog.pg_cancel_backend({})", self.pid))
            .execute(&mut connection)
            .map_err(not_executed)?;
        Ok(())
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url: _,
            pid,
            stop: _,
        } = self;
        f.debug_struct("Cancel")
            .field("pid", pid)
            .finish_non_exhaustive()
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        // The thread is not waited for, which may be connecting; it tells nothing any more.
        *self.telling.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl fmt::Debug for Lookout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookout").finish_non_exhaustive()
    }
}

/// Tells who blocks, and once that nobody does any more; gives since when somebody does.
fn tell(observers: &Observers, by: Vec<Blocker>, since: Option<Instant>) -> Option<Instant> {
    let now = Instant::now();
    let waited = |since: Instant| now.saturating_duration_since(since);
    match (by.is_empty(), since) {
        (true, None) => None,
        (true, Some(since)) => {
            let waited = waited(since);
            observers.tell(&Event::Unblocked { waited });
            None
        }
        (false, known) => {
            let first = known.is_none();
            let since = known.unwrap_or(now.checked_sub(INTERVAL).unwrap_or(now));
            let waited = waited(since);
            let event = Event::Blocked { by, waited };
            if first {
                tracing::warn!("{event}");
            }
            observers.tell(&event);
            Some(since)
        }
    }
}

/// Who holds what a session waits for, or stands before it in the queue.
fn blockers(connection: &mut PgConnection, pid: i32) -> Vec<Blocker> {
    let asked = format!(
        "SELECT ARRAY[b.pid::pg_catalog.text, a.usename::pg_catalog.text, a.application_name, \
         pg_catalog.floor(EXTRACT(EPOCH FROM (pg_catalog.clock_timestamp() \
         OPERATOR(pg_catalog.-) a.xact_start)))::pg_catalog.text, a.query] AS fields\n\
         FROM (SELECT DISTINCT u.pid FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid})) AS u (pid)) AS b\n\
         LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid {EQUAL} b.pid\n\
         ORDER BY a.xact_start, b.pid"
    );
    let rows = sql_query(asked).load::<Row>(connection).unwrap_or_default();
    rows.into_iter().filter_map(blocker).collect()
}

fn blocker(row: Row) -> Option<Blocker> {
    let [pid, role, application, seconds, query] = row.fields.try_into().ok()?;
    let said = |text: Option<String>| text.filter(|text: &String| !text.is_empty());
    Some(Blocker {
        pid: pid?.parse().ok()?,
        role: said(role),
        application: said(application),
        transaction: seconds
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs),
        query: said(query).map(|query| secrets(&query).mask(&query)),
    })
}
