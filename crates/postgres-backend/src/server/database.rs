//! Databases that are made for a while, and what is left of them when their maker was killed.
//!
//! Each carries a comment saying who made it, or a name that does. Neither proves that it was made
//! here, since others may take such a name: what does is a [mark](mark) inside the server, a limit on
//! connections that is as good as none and is the digest of the name. `CREATE DATABASE` itself sets it,
//! so that it costs nothing and there is no moment without it; a database that somebody made, or
//! renamed, has another limit and is never dropped. The rest goes when its maker ran on this machine
//! and is gone. Templates belong to nobody: they go when nobody has used them for a day.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::process;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Integer, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::revision::ContentHasher;
use limbeck_core::{Error, ErrorKind, Result};

use super::{Server, template};

/// What every name begins with.
const PREFIX: &str = "limbeck_";
/// What every comment begins with.
const COMMENT: &str = "limbeck throwaway database of ";

/// The limit on connections by which Postgres marks what is left of a database.
const BROKEN: i32 = -2;

/// What the name of a copy begins with; its maker's machine and number follow.
pub(super) const COPY: &str = "limbeck_test_";
/// For how many seconds a template stays that nobody uses, and the database of a failed test on a
/// server that is not ours.
const STAYS: u64 = 24 * 60 * 60;

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
        self.connect_in_path(None)
    }

    /// The same, with a search path where one is given.
    pub(crate) fn connect_in_path(&self, path: Option<&str>) -> Result<PgConnection> {
        super::connect(
            &self.server.0.address,
            self.server.url_in_path(&self.name, path),
        )
    }
}

impl Database {
    /// One that was made by somebody else here, and is to be dropped.
    pub(super) fn existing(server: &Server, name: String) -> Self {
        Self {
            server: server.clone(),
            name,
        }
    }

    /// Lets go of it: it is not dropped.
    pub(super) fn release(mut self) {
        self.name.clear();
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
        if name.is_empty() {
            return;
        }
        // Before 13 there is no FORCE; the sessions are ended beforehand.
        let statement = match self.server.major() >= 13 {
            true => format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
            false => format!("DROP DATABASE IF EXISTS \"{name}\""),
        };
        let end_sessions = format!(
            "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
             WHERE datname OPERATOR(pg_catalog.=) '{name}'"
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
    let mark = mark(&name);
    let strategy = match server.0.copies_files {
        true => " STRATEGY file_copy",
        false => "",
    };
    server.with_admin(|admin| {
        admin
            .batch_execute(&format!(
                "CREATE DATABASE \"{name}\" TEMPLATE template0{strategy} CONNECTION LIMIT {mark}"
            ))
            .map_err(|error| {
                let error = refused(error);
                match server.0.address.is_external() {
                    true => error.with_hint(format!(
                        "the role of `{}` needs the right to create databases; without it, \
                         `#[limbeck::test(schema)]` gives each test a schema",
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

/// Drops what is left here by those who are gone: databases whose makers were killed, templates and
/// databases of failed tests that nobody wants any more.
pub(super) fn sweep(admin: &mut PgConnection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        comment: String,
        #[diesel(sql_type = Integer)]
        connections: i32,
    }

    let found: Vec<Found> = sql_query(
        "SELECT d.datname::pg_catalog.text AS name, coalesce(s.description, '') AS comment, \
         d.datconnlimit AS connections \
         FROM pg_catalog.pg_database AS d \
         LEFT JOIN pg_catalog.pg_shdescription AS s \
           ON s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass \
           AND s.objoid OPERATOR(pg_catalog.=) d.oid \
         WHERE pg_catalog.starts_with(d.datname::pg_catalog.text, $1) \
         ORDER BY d.datname",
    )
    .bind::<Text, _>(PREFIX)
    .load(admin)
    .map_err(refused)?;

    let maker = maker();
    let now = template::now();
    for Found {
        name,
        comment,
        connections,
    } in found
    {
        let is_plain = name.bytes().all(|byte| is_plain(char::from(byte)));
        if is_plain && is_marked(&name, connections) && is_left(&name, &comment, &maker, now) {
            // Without FORCE: a database that somebody is in is left alone.
            let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
        }
    }
    Ok(())
}

/// What says that a database was made here: the limit on its connections, of ten digits, that goes with
/// its name.
pub(super) fn mark(name: &str) -> i32 {
    let digest = ContentHasher::new()
        .named("the mark of a database that limbeck made")
        .named(name)
        .finish();
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&digest.0[..4]);
    1_000_000_000 + (u32::from_be_bytes(bytes) % 1_000_000_000) as i32
}

/// Whether a limit on connections is the mark of this name, or that of a database whose dropping was
/// broken off, which Postgres lets nobody use and which can only be dropped.
fn is_marked(name: &str, connections: i32) -> bool {
    connections == mark(name) || connections == BROKEN
}

/// Whether nobody wants a database of ours any more: by its comment, or, where it has none, by its name.
fn is_left(name: &str, comment: &str, maker: &str, now: u64) -> bool {
    if let Some(rest) = comment.strip_prefix(COMMENT) {
        let process = rest.strip_prefix(maker).and_then(|it| it.parse().ok());
        return process.is_some_and(is_gone);
    }
    if comment.starts_with(template::SPOILED) {
        return name.starts_with(template::SHARED);
    }
    for (mark, names) in [
        (template::USED, &[template::TEMPLATE, template::SHARED][..]),
        (template::KEPT, &[COPY]),
    ] {
        if let Some(moment) = comment.strip_prefix(mark) {
            let is_old = moment.parse().is_ok_and(|moment| is_old(moment, now));
            return is_old && names.iter().any(|prefix| name.starts_with(prefix));
        }
    }
    comment.is_empty() && made_by(name, &tag(maker)).is_some_and(is_gone)
}

/// The process that made a database, by its name, if that was on the machine with this tag: what was made
/// has its comment only a moment later, and a copy none at all.
fn made_by(name: &str, tag: &str) -> Option<u32> {
    let mut parts = name.rsplitn(4, '_');
    let (random, process, machine) = (parts.next()?, parts.next()?, parts.next()?);
    let is_ours = machine == tag && random.len() == 8 && name.starts_with(PREFIX);
    is_ours.then(|| process.parse().ok()).flatten()
}

/// The name of a copy or of a test's schema, which tells who made it.
pub(crate) fn copy_name() -> String {
    let random = RandomState::new().build_hasher().finish() as u32;
    format!("{COPY}{}_{}_{random:08x}", tag(&maker()), process::id())
}

/// Whether something has stood for as long as it may.
fn is_old(moment: u64, now: u64) -> bool {
    moment.saturating_add(STAYS) < now
}

/// Whether what was kept at a moment, as it was written down, is still to stay.
#[cfg(feature = "testing")]
pub(crate) fn is_recent(moment: &str) -> bool {
    moment
        .parse()
        .is_ok_and(|moment| !is_old(moment, template::now()))
}

/// Whether a copy or a test's schema was left by a process of this machine that is gone.
#[cfg(feature = "testing")]
pub(crate) fn is_left_copy(name: &str) -> bool {
    name.starts_with(COPY) && made_by(name, &tag(&maker())).is_some_and(is_gone)
}

/// A machine in twelve digits.
fn tag(maker: &str) -> String {
    let digest = ContentHasher::new().named(maker).finish().to_string();
    digest[..12].to_owned()
}

/// `limbeck_`, the prefix, the machine, the process and a random number; at most 63 bytes, in need of no quotes.
fn new_name(prefix: &str) -> String {
    let prefix: String = prefix
        .chars()
        .flat_map(char::to_lowercase)
        .map(|letter| if is_plain(letter) { letter } else { '_' })
        .take(20)
        .collect();
    let separator = if prefix.is_empty() { "" } else { "_" };
    let random = RandomState::new().build_hasher().finish() as u32;
    let (tag, process) = (tag(&maker()), process::id());
    format!("{PREFIX}{prefix}{separator}{tag}_{process}_{random:08x}")
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

pub(super) fn refused(error: diesel::result::Error) -> Error {
    Error::new(ErrorKind::Server, "the server refused a statement").with_source(error)
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
    fn a_mark_is_of_one_name_and_no_limit() {
        let (one, other) = (new_name("a"), new_name("a"));
        assert!(mark(&one) >= 1_000_000_000);
        assert_eq!(mark(&one), mark(&one));
        assert!(is_marked(&one, mark(&one)));
        // Renamed, or made by somebody with the same name.
        for connections in [mark(&other), -1, 0, 100] {
            assert!(!is_marked(&one, connections), "{connections}");
        }
    }

    #[test]
    fn nothing_foreign_counts_as_left() {
        let (maker, now) = ("host process ", 1_000_000);
        let dead = u32::try_from(i32::MAX).unwrap_or_default();
        let copy = format!("limbeck_test_{}_{dead}_0123abcd", tag(maker));
        let check = |name: &str, comment: &str, expected: bool| {
            assert_eq!(
                is_left(name, comment, maker, now),
                expected,
                "{name} {comment}"
            );
        };
        check(&copy, "", true);
        check(&copy, "precious", false);
        check(&format!("{copy}_mine"), "", false);
        check("limbeck_test_0123456789ab_1_0123abcd", "", false);
        check("limbeck_test_blog", "", false);
        let building = format!("limbeck_building_{}_{dead}_0123abcd", tag(maker));
        check(&building, "", true);
        check(&building, "precious", false);
        check("limbeck_building_0123456789ab_1_0123abcd", "", false);
        check(&format!("limbeck_{}_{dead}_0123abcd", tag(maker)), "", true);
        check(&format!("blog_{}_{dead}_0123abcd", tag(maker)), "", false);
        check("limbeck_template_x", "", false);
        let own = format!("limbeck_test_{}_{}_0123abcd", tag(maker), process::id());
        check(&own, "", false);
        check("limbeck_x", &format!("{COMMENT}host process {dead}"), true);
        check(
            "limbeck_x",
            &format!("{COMMENT}other process {dead}"),
            false,
        );
        check(
            "limbeck_template_x",
            &format!("{}{now}", template::USED),
            false,
        );
        check("limbeck_template_x", &format!("{}1", template::USED), true);
        let spoiled = format!("{}a_test", template::SPOILED);
        check("limbeck_shared_x", &spoiled, true);
        check("limbeck_blog", &spoiled, false);
        check("limbeck_blog", &format!("{}1", template::USED), false);
        check(&copy, &format!("{}{now:020}", template::KEPT), false);
        check(&copy, &format!("{}{:020}", template::KEPT, 1), true);
        check(&copy, &format!("{}soon", template::KEPT), false);
    }

    #[test]
    fn own_process_is_not_gone() {
        assert!(!is_gone(process::id()));
        assert!(!is_gone(0));
        assert!(!is_gone(u32::MAX));
    }
}
