//! Scratch: a database where nothing is at stake, in which Postgres itself answers what SQL means.
//!
//! It is always one that was made here and that goes with this value: on the server of a URL, or on
//! a throwaway server. No existing database is ever used for it, and none is offered to be reset.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::{Error, ErrorKind, Ident, Result};

use crate::connection::{connect, with_database};
use crate::quote::ident;

mod extension;

pub(crate) use extension::{Extension, extensions};

/// Where scratch may be had, in the order of trying.
#[derive(Clone, Default)]
pub struct ScratchSource {
    /// A server, by the URL of any database on it.
    pub url: Option<String>,
    /// Whether a throwaway server may be started, with binaries that are installed.
    pub throwaway: bool,
}

/// An empty database of our own.
pub struct Scratch {
    connection: Option<PgConnection>,
    home: Home,
}

enum Home {
    /// On somebody's server: dropped by the connection that made it.
    Server {
        admin: Box<PgConnection>,
        name: String,
    },
    #[cfg(feature = "server")]
    Throwaway(#[expect(dead_code, reason = "dropped with the scratch")] crate::server::Database),
}

/// Makes a scratch database where one can be had; a throwaway server is of the major version named.
///
/// # Errors
/// [`ErrorKind::Server`] with what was tried and why it failed.
pub fn open(source: &ScratchSource, major: Option<u32>) -> Result<Scratch> {
    let mut reasons = Vec::new();
    if let Some(url) = &source.url {
        match on_server(url) {
            Ok(scratch) => return Ok(scratch),
            // A server that cannot be meant, or is not there, is a mistake of its own.
            Err(error) if matches!(error.kind(), ErrorKind::Config | ErrorKind::Connection) => {
                return Err(error);
            }
            Err(error) => reasons.push(format!("on the database's own server: {error}")),
        }
    }
    #[cfg(feature = "server")]
    if source.throwaway {
        match throwaway(major) {
            Ok(scratch) => return Ok(scratch),
            Err(error) => reasons.push(format!("on a throwaway server: {error}")),
        }
    }
    #[cfg(not(feature = "server"))]
    let _ = major;
    let told = match reasons.as_slice() {
        [] => "there is no scratch database: no server was named for one".to_owned(),
        reasons => format!("there is no scratch database: {}", reasons.join("; ")),
    };
    Err(Error::new(ErrorKind::Server, told).with_hint(
        "give the role CREATEDB, or install a Postgres server of the same major version on this machine",
    ))
}

/// Whether SQL failed in scratch for a lack of scratch's own: a right, a role, an extension.
pub(crate) fn lacks_something(error: &Error) -> bool {
    match error.sqlstate() {
        // insufficient_privilege; undefined_file, of an extension.
        Some("42501" | "58P01") => true,
        // feature_not_supported: an extension is not available.
        Some("0A000") => error
            .database()
            .is_some_and(|said| said.message.contains("extension")),
        Some("42704") => error
            .database()
            .is_some_and(|said| missing_role(&said.message).is_some()),
        _ => false,
    }
}

/// How many roles SQL may name that a throwaway server lacks.
pub(crate) const ROLES: u32 = 100;

/// The role that does not exist, as servers say it that speak English.
pub(crate) fn missing_role(message: &str) -> Option<Ident> {
    let (_, rest) = message.split_once("role \"")?;
    let (name, _) = rest.rsplit_once("\" does not exist")?;
    Ident::new(name).ok()
}

impl Scratch {
    /// Whether it stands on a throwaway server, where everything may be done.
    pub(crate) fn is_throwaway(&self) -> bool {
        match self.home {
            Home::Server { .. } => false,
            #[cfg(feature = "server")]
            Home::Throwaway(_) => true,
        }
    }

    /// Makes the role that was missing, on a throwaway server; `false` where that was not it.
    pub(crate) fn make_role_for(&mut self, error: &Error) -> bool {
        let role = error
            .database()
            .and_then(|said| missing_role(&said.message))
            .filter(|_| self.is_throwaway() && error.sqlstate() == Some("42704"));
        role.is_some_and(|role| {
            let sql = format!("CREATE ROLE {} NOLOGIN", ident(&role));
            self.connection().batch_execute(&sql).is_ok()
        })
    }

    /// The connection to it.
    pub fn connection(&mut self) -> &mut PgConnection {
        self.connection
            .as_mut()
            .expect("it is taken by `drop` alone")
    }
}

/// What the comment on a scratch database says; only what has it is ever swept away.
const MARK: &str = "limbeck: scratch";

/// How long, in seconds, a scratch database without a session is left to whoever has just made it.
const GRACE: u64 = 60;

fn on_server(url: &str) -> Result<Scratch> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut admin = connect(url)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    sweep(&mut admin, now);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    let unlike = RandomState::new().hash_one(process) & 0xffff;
    let name = format!("limbeck_scratch_{now}_{process}_{unlike:04x}_{number}");
    // `template0` has no session that would be in the way, and nothing in it that is not Postgres's.
    admin
        .batch_execute(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0"))
        .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))?;
    // A server that forbids it only keeps us from sweeping.
    let _ = admin.batch_execute(&format!("COMMENT ON DATABASE \"{name}\" IS '{MARK}'"));
    let there = with_database(url, &name);
    let mut scratch = Scratch {
        connection: None,
        home: Home::Server {
            admin: Box::new(admin),
            name,
        },
    };
    scratch.connection = Some(connect(&there)?);
    Ok(scratch)
}

/// Drops what killed processes have left: databases with our name and our comment, made a while ago,
/// that no session is in (Postgres refuses to drop the others).
fn sweep(admin: &mut PgConnection, now: u64) {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let left = sql_query(
        "SELECT d.datname::pg_catalog.text AS name FROM pg_catalog.pg_database AS d
         WHERE d.datname OPERATOR(pg_catalog.~) '^limbeck_scratch_[0-9]+_'
           AND pg_catalog.shobj_description(d.oid, 'pg_database') OPERATOR(pg_catalog.=) $1
         ORDER BY d.datname LIMIT 20",
    )
    .bind::<Text, _>(MARK)
    .load::<Row>(admin)
    .unwrap_or_default();
    for Row { name } in left {
        let made = name
            .split('_')
            .nth(2)
            .and_then(|second| second.parse::<u64>().ok());
        if made.is_some_and(|made| made.saturating_add(GRACE) < now) {
            let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
        }
    }
}

#[cfg(feature = "server")]
fn throwaway(major: Option<u32>) -> Result<Scratch> {
    use crate::server::{Fetch, Server, ServerOptions};

    let options = ServerOptions {
        major,
        shared: true,
        fetch: Fetch::Never,
    };
    let database = Server::start(&options)?.create_database("limbeck_scratch")?;
    let connection = database.connect()?;
    Ok(Scratch {
        connection: Some(connection),
        home: Home::Throwaway(database),
    })
}

impl Home {
    fn leave(&mut self) {
        match self {
            Self::Server { admin, name } => {
                // It can only fail when the server is gone, and then there is nobody to tell.
                let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
            }
            #[cfg(feature = "server")]
            Self::Throwaway(_) => {}
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.connection = None;
        self.home.leave();
    }
}
