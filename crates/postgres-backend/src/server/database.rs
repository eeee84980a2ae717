//! Databases that are made for a while, and what is left of them when their maker was killed.
//!
//! Each carries a comment saying who made it. On a server that others use too, only databases with
//! our name *and* our comment are ever dropped, and only when their maker ran on this machine and
//! is gone.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::process;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::{Error, ErrorKind, Result};

use super::Server;

/// What every name begins with.
const PREFIX: &str = "limbeck_";
/// What every comment begins with.
const COMMENT: &str = "limbeck throwaway database of ";

/// A database for as long as this value lives; it is dropped with it, sessions and all.
pub struct Database {
    server: Server,
    name: String,
}

impl Database {
    /// Its URL.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server it is in.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A new connection to it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`] when the server does not take it.
    pub fn connect(&self) -> Result<PgConnection> {
        super::connect(&self.server.0.address, self.url())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        // Before 13 there is no FORCE; the sessions are ended beforehand.
        let statement = match self.server.major() >= 13 {
            true => format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
            false => format!("DROP DATABASE IF EXISTS \"{name}\""),
        };
        let end_sessions = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        // What cannot be dropped is swept later.
        let _ = self.server.with_admin(|admin| {
            if self.server.major() < 13 {
                admin.batch_execute(&end_sessions).map_err(refused)?;
            }
            admin.batch_execute(&statement).map_err(refused)
        });
    }
}

/// Makes a database and marks it as ours.
///
/// It is made from `template0`, which has nothing of anybody's in it and to which nobody is ever
/// connected, so that several may be made at once. Copying files is the fastest way where the
/// server does not sync them.
pub(super) fn create(server: &Server, prefix: &str) -> Result<Database> {
    let name = new_name(prefix);
    let strategy = match server.0.copies_files {
        true => " STRATEGY file_copy",
        false => "",
    };
    server.with_admin(|admin| {
        admin
            .batch_execute(&format!(
                "CREATE DATABASE \"{name}\" TEMPLATE template0{strategy}"
            ))
            .map_err(|error| {
                let error = refused(error);
                match server.0.address.is_external() {
                    true => error.with_hint(format!(
                        "the role of `{}` needs the right to create databases",
                        super::URL_VARIABLE
                    )),
                    false => error,
                }
            })
    })?;
    // From here on it is dropped whatever happens.
    let database = Database {
        server: server.clone(),
        name,
    };
    let comment = format!("{COMMENT}{}{}", maker(), process::id()).replace('\'', "''");
    server.with_admin(|admin| {
        admin
            .batch_execute(&format!(
                "COMMENT ON DATABASE \"{}\" IS '{comment}'",
                database.name
            ))
            .map_err(refused)
    })?;
    Ok(database)
}

/// Drops databases whose makers were killed.
pub(super) fn sweep(admin: &mut PgConnection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        comment: String,
    }

    let found: Vec<Found> = sql_query(
        "SELECT d.datname::text AS name, s.description AS comment \
         FROM pg_catalog.pg_database AS d \
         JOIN pg_catalog.pg_shdescription AS s \
           ON s.classoid = 'pg_catalog.pg_database'::regclass AND s.objoid = d.oid \
         WHERE starts_with(d.datname::text, $1) AND starts_with(s.description, $2) \
         ORDER BY d.datname",
    )
    .bind::<Text, _>(PREFIX)
    .bind::<Text, _>(COMMENT)
    .load(admin)
    .map_err(refused)?;

    let maker = maker();
    for Found { name, comment } in found {
        let is_dead = comment
            .strip_prefix(COMMENT)
            .and_then(|rest| rest.strip_prefix(&maker))
            .and_then(|process| process.parse().ok())
            .is_some_and(is_gone);
        let is_plain = name.bytes().all(|byte| is_plain(char::from(byte)));
        if is_dead && is_plain {
            // Without FORCE: a database that somebody is in is left alone.
            let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
        }
    }
    Ok(())
}

/// `limbeck_`, the prefix, the process and a random number; at most 63 bytes, in need of no quotes.
fn new_name(prefix: &str) -> String {
    let prefix: String = prefix
        .chars()
        .flat_map(char::to_lowercase)
        .map(|letter| if is_plain(letter) { letter } else { '_' })
        .take(30)
        .collect();
    let separator = if prefix.is_empty() { "" } else { "_" };
    let random = RandomState::new().build_hasher().finish() as u32;
    format!("{PREFIX}{prefix}{separator}{}_{random:08x}", process::id())
}

fn is_plain(letter: char) -> bool {
    matches!(letter, 'a'..='z' | '0'..='9' | '_')
}

/// Where processes are counted as ours are: the machine and, on Linux, the space of its process
/// numbers, since containers may share a name and count for themselves.
fn maker() -> String {
    #[cfg(unix)]
    {
        let mut name = [0_u8; 256];
        // SAFETY: the buffer is as long as it is said to be, and what was written is read up to
        // the first zero byte only.
        let failed = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) } != 0;
        let end = name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len());
        let name = String::from_utf8_lossy(if failed { b"?" } else { &name[..end] }).into_owned();
        let space = std::fs::read_link("/proc/self/ns/pid")
            .map(|space| space.to_string_lossy().into_owned())
            .unwrap_or_default();
        format!("{name} {space} process ")
    }
    #[cfg(not(unix))]
    {
        format!(
            "{} process ",
            std::env::var("COMPUTERNAME").unwrap_or_default()
        )
    }
}

/// Whether no process has this number; unknown counts as *no*.
fn is_gone(process: u32) -> bool {
    #[cfg(unix)]
    {
        let Ok(process) = libc::pid_t::try_from(process) else {
            return false;
        };
        // SAFETY: signal 0 only asks.
        process > 0
            && unsafe { libc::kill(process, 0) } == -1
            && std::io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
    }
    #[cfg(not(unix))]
    {
        let _ = process;
        false
    }
}

fn refused(error: diesel::result::Error) -> Error {
    Error::new(
        ErrorKind::Server,
        "the throwaway server refused a statement",
    )
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_short_and_unlike() {
        for prefix in ["", "story", "Ünder \"score\"; --", &"x".repeat(100)] {
            let name = new_name(prefix);
            assert!(name.len() <= 63, "{name}");
            assert!(name.chars().all(is_plain), "{name}");
            assert!(name.starts_with(PREFIX), "{name}");
            assert_ne!(name, new_name(prefix));
        }
    }

    #[test]
    fn own_process_is_not_gone() {
        assert!(!is_gone(process::id()));
        assert!(!is_gone(0));
        assert!(!is_gone(u32::MAX));
    }
}
