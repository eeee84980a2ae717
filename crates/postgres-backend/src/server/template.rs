//! Databases that others are copied from, and the copies.
//!
//! A template is known by the key of what is in it. It is made once for all processes, under an
//! advisory lock that goes with its maker's session: filled under a private name, closed to
//! sessions, and renamed as the last step, so that what bears the name is whole. A maker that is
//! killed leaves a database with its own number on it, which the next process sweeps.
//!
//! A copy is told by its name, which holds its maker's machine and number, and by the mark that it is
//! made with: saying so in a comment would cost another statement for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::revision::ContentHasher;
use limbeck_core::{Error, ErrorKind, Result};

use crate::quote::literal;

use super::database::{self, Database, refused};
use super::{Server, address, locked};

/// What the name of a template begins with.
pub(super) const TEMPLATE: &str = "limbeck_template_";
/// What the name of a database begins with that many tests share.
pub(super) const SHARED: &str = "limbeck_shared_";
/// What the comment on a template or a shared database begins with; the time of the last run that
/// used it follows, in seconds.
pub(super) const USED: &str = "limbeck template database, used ";
/// What the comment on a database begins with that was kept for somebody to look at; when follows.
pub(super) const KEPT: &str = "limbeck database of a failed test, kept ";
/// What the comment on a shared database begins with that a test has committed in; the test's name
/// follows.
pub(super) const SPOILED: &str = "limbeck shared database, spoiled by ";
/// How many databases of failed tests are kept on a server.
const MOST_KEPT: usize = 20;
/// How long another process may take to fill a template.
const LIMIT: Duration = Duration::from_secs(600);

/// What a database that others build on is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Copied; nobody connects to it.
    Template,
    /// Connected to by many tests at once, none of which commits.
    Shared,
}

/// What this process knows of the templates of a server.
#[derive(Default)]
pub(super) struct Templates {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    /// Those that it has seen ready.
    ready: BTreeSet<String>,
    /// Those that it makes, or waits for another process to make, each with the thread that does.
    making: BTreeMap<String, ThreadId>,
}

/// What there is of a template in this process.
enum Found<'a> {
    Ready(String),
    Nothing(Making<'a>),
}

/// A template that a thread makes; others wait until this is gone.
struct Making<'a> {
    templates: &'a Templates,
    name: String,
}

impl Templates {
    /// The template of a name, whatever its number, or the right to make it. Nothing is locked while it
    /// is made: a seed may want a copy of another one.
    fn find(&self, name: &str) -> Result<Found<'_>> {
        let deadline = Instant::now() + LIMIT;
        let mut known = locked(&self.known);
        loop {
            if let Some(ready) = known.ready.iter().find(|it| without_number(it) == name) {
                return Ok(Found::Ready(ready.clone()));
            }
            let Some(thread) = known.making.get(name) else {
                known.making.insert(name.to_owned(), thread::current().id());
                return Ok(Found::Nothing(Making {
                    templates: self,
                    name: name.to_owned(),
                }));
            };
            if *thread == thread::current().id() {
                return Err(Error::new(
                    ErrorKind::Config,
                    "a seed asks for the database that it is a part of, before that is made",
                )
                .with_hint(
                    "use the connection that the seed is given: what it commits there is in every copy",
                ));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(filled_for_long("another thread"));
            }
            let waited = self.changed.wait_timeout(known, left);
            (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn forget(&self, name: &str) {
        locked(&self.known).ready.remove(name);
    }
}

impl Making<'_> {
    fn done(self, name: String) {
        locked(&self.templates.known).ready.insert(name);
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        locked(&self.templates.known).making.remove(&self.name);
        self.templates.changed.notify_all();
    }
}

fn filled_for_long(by: &str) -> Error {
    let minutes = LIMIT.as_secs() / 60;
    Error::new(
        ErrorKind::Busy,
        format!("{by} has been filling the template of these tests for {minutes} minutes"),
    )
}

/// Fills an empty database, and leaves no session in it.
pub(crate) type Fill<'a> = &'a dyn Fn(&Database) -> Result<()>;

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Server {
    /// A new copy of what a key stands for, filled now if nobody has done it before.
    pub(crate) fn copy_of(&self, key: &str, fill: Fill<'_>) -> Result<Database> {
        self.sweep_once();
        let template = self.made(Kind::Template, key, fill)?;
        self.copy(&template).or_else(|error| {
            // Somebody may have swept it: nobody had used it for long when they looked.
            if self.with_admin(|admin| exists(admin, &template))? {
                return Err(error);
            }
            self.0.templates.forget(&template);
            let template = self.made(Kind::Template, key, fill)?;
            self.copy(&template)
        })
    }

    /// The name of the database of a key, which is made and filled if it is not there.
    pub(crate) fn made(&self, kind: Kind, key: &str, fill: Fill<'_>) -> Result<String> {
        let name = match kind {
            Kind::Template => format!("{TEMPLATE}{key}"),
            Kind::Shared => format!("{SHARED}{key}"),
        };
        // The threads of a process wait here, not each with a connection.
        let making = match self.0.templates.find(&name)? {
            Found::Ready(known) => return Ok(known),
            Found::Nothing(making) => making,
        };
        let mut holder = self.admin()?;
        take_lock(&mut holder, &name)?;
        let name = unspoiled(&mut holder, name)?;
        if !exists(&mut holder, &name)? {
            let building = database::create(self, "building")?;
            fill(&building)?;
            finish(&mut holder, building, &name, kind)?;
        }
        let now = now();
        // A role that may not comment on it may still copy it.
        let _ = holder.batch_execute(&format!("COMMENT ON DATABASE \"{name}\" IS '{USED}{now}'"));
        making.done(name.clone());
        Ok(name)
    }

    /// Whether a copy that was made a while ago is still there.
    pub(crate) fn has(&self, copy: &Database) -> bool {
        // Sessions outlive their server for a moment, and would say yes.
        let exists = || self.with_admin(|admin| exists(admin, copy.name()));
        self.0.answers() && exists().is_ok_and(|exists| exists)
    }

    /// Marks a shared database that a test has committed in: the next tests get another one, and those
    /// who are in it stay there. It is swept when nobody is.
    pub(crate) fn spoil(&self, name: &str, by: &str) {
        self.0.templates.forget(name);
        let by = literal(&format!("{SPOILED}{by}"));
        let _ = self.admin().and_then(|mut admin| {
            // Whoever takes it for theirs at this moment writes a comment of their own.
            take_lock(&mut admin, without_number(name))?;
            admin
                .batch_execute(&format!("COMMENT ON DATABASE \"{name}\" IS {by}"))
                .map_err(refused)
        });
    }

    /// Whether one of some transactions, by their numbers, was committed.
    pub(crate) fn any_committed(&self, numbers: &[String]) -> bool {
        let answer = self.with_admin(|admin| {
            sql_query(
                "SELECT EXISTS (SELECT FROM pg_catalog.unnest($1) AS t (number) \
                 WHERE pg_catalog.pg_xact_status(t.number::pg_catalog.xid8) \
                 OPERATOR(pg_catalog.=) 'committed') AS yes",
            )
            .bind::<Array<Text>, _>(numbers)
            .get_result::<Answer>(admin)
            .map_err(refused)
        });
        answer.is_ok_and(|Answer { yes }| yes)
    }

    /// The test that has committed in a shared database.
    pub(crate) fn spoiler(&self, name: &str) -> Option<String> {
        self.with_admin(|admin| spoiler(admin, name)).ok().flatten()
    }

    /// Whether it takes connections: a server can end while tests are using it.
    pub(crate) fn is_alive(&self) -> bool {
        let is_there = || match self.admin() {
            Ok(_) => true,
            Err(error) => super::is_crowded(&error),
        };
        self.0.answers() && is_there()
    }

    /// The URL of a database as it may be printed.
    pub(crate) fn shown_url(&self, database: &str, path: Option<&str>) -> String {
        in_path(self.0.address.shown(database), path)
    }

    /// Whether it was started here and ends with those who use it.
    pub(crate) fn is_ours(&self) -> bool {
        !self.0.address.is_external()
    }

    /// The role that we have there.
    pub(crate) fn role(&self) -> &str {
        &self.0.role
    }

    /// The search path of its sessions in databases that nothing is set for.
    pub(crate) fn path(&self) -> Result<String> {
        if let Some(known) = self.0.path.get() {
            return Ok(known.clone());
        }
        let asked = "SELECT CASE WHEN source OPERATOR(pg_catalog.=) ANY ('{database,database user}'::pg_catalog.text[]) \
                     THEN boot_val ELSE reset_val END AS name \
                     FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) 'search_path'";
        let Name { name } =
            self.with_admin(|admin| sql_query(asked).get_result(admin).map_err(refused))?;
        Ok(self.0.path.get_or_init(|| name).clone())
    }

    /// The URL of a database, with a search path where one is given.
    pub(crate) fn url_in_path(&self, database: &str, path: Option<&str>) -> String {
        in_path(self.0.address.database(database), path)
    }

    /// What tells this handle's server from another in this process.
    pub(crate) fn identity(&self) -> usize {
        std::sync::Arc::as_ptr(&self.0).addr()
    }

    /// The URL of the database that administrative statements go to, with a schema in its path.
    pub(crate) fn url_in_schema(&self, schema: &str) -> String {
        address::in_schema(&self.0.address.maintenance(), schema)
    }

    /// The same as it may be printed, without the schema.
    pub(crate) fn shown_maintenance_url(&self) -> String {
        self.0.address.shown_maintenance()
    }

    /// Lets a server of ours stay for so many seconds when its last owner is gone.
    pub(crate) fn stay(&self, seconds: u64) -> Result<()> {
        #[cfg(unix)]
        if let Some(instance) = &self.0.instance {
            instance.keep(seconds).map_err(|error| {
                Error::new(ErrorKind::Server, "the server cannot be kept").with_source(error)
            })?;
        }
        #[cfg(not(unix))]
        let _ = seconds;
        Ok(())
    }

    /// Keeps a database for somebody to look at, and the server with it for so many seconds. Of
    /// those kept before, the oldest go.
    pub(crate) fn keep(&self, database: Database, seconds: u64) -> Result<()> {
        self.stay(seconds)?;
        let name = database.name().to_owned();
        self.with_admin(|admin| {
            let comment = format!("COMMENT ON DATABASE \"{name}\" IS '{KEPT}{:020}'", now());
            admin.batch_execute(&comment).map_err(refused)?;
            let kept: Vec<Name> = sql_query(
                "SELECT d.datname::pg_catalog.text AS name FROM pg_catalog.pg_database AS d
                 WHERE pg_catalog.starts_with(pg_catalog.shobj_description(d.oid, 'pg_database'), $1)
                   AND pg_catalog.starts_with(d.datname::pg_catalog.text, $3)
                 ORDER BY pg_catalog.shobj_description(d.oid, 'pg_database') DESC, d.datname
                 OFFSET $2",
            )
            .bind::<Text, _>(KEPT)
            .bind::<BigInt, _>(i64::try_from(MOST_KEPT).unwrap_or(i64::MAX))
            .bind::<Text, _>(database::COPY)
            .load(admin)
            .map_err(refused)?;
            for Name { name } in kept {
                let name = name.replace('"', "\"\"");
                let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
            }
            Ok(())
        })?;
        database.release();
        Ok(())
    }

    /// A copy of a database that has no sessions now.
    pub(crate) fn copy_of_database(&self, database: &Database) -> Result<Database> {
        self.with_admin(|admin| wait_until_empty(admin, database.name()))?;
        self.copy(database.name())
    }

    fn copy(&self, template: &str) -> Result<Database> {
        let strategy = match self.0.copies_files {
            true => " STRATEGY file_copy",
            false => "",
        };
        let name = database::copy_name();
        self.with_admin(|admin| {
            let mark = database::mark(&name);
            let create = format!(
                "CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"{strategy} CONNECTION LIMIT {mark}"
            );
            admin.batch_execute(&create).map_err(refused)
        })?;
        Ok(Database::existing(self, name))
    }
}

fn in_path(url: String, path: Option<&str>) -> String {
    match path {
        Some(path) => address::in_path(&url, path),
        None => url,
    }
}

/// The end of making: nobody gets in any more, and the name says that it is whole.
fn finish(admin: &mut PgConnection, building: Database, name: &str, kind: Kind) -> Result<()> {
    let private = building.name().to_owned();
    wait_until_empty(admin, &private)?;
    let close = match kind {
        Kind::Template => "WITH ALLOW_CONNECTIONS false",
        // Only transactions that are rolled back write in it.
        Kind::Shared => "SET default_transaction_read_only = on",
    };
    // The mark goes with the name.
    let marked = format!("WITH CONNECTION LIMIT {}", database::mark(name));
    for change in [close, &marked] {
        admin
            .batch_execute(&format!("ALTER DATABASE \"{private}\" {change}"))
            .map_err(refused)?;
    }
    admin
        .batch_execute(&format!(
            "ALTER DATABASE \"{private}\" RENAME TO \"{name}\""
        ))
        .map_err(|error| refused(error).with_hint("a seed closes the connections that it opens"))?;
    building.release();
    Ok(())
}

/// Postgres itself looks only each tenth of a second whether a session has ended.
fn wait_until_empty(admin: &mut PgConnection, name: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(2);
    loop {
        let answer: Answer = sql_query(
            "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity \
             WHERE datname OPERATOR(pg_catalog.=) $1::pg_catalog.name) AS yes",
        )
        .bind::<Text, _>(name)
        .get_result(admin)
        .map_err(refused)?;
        if answer.yes || Instant::now() > deadline {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Takes the lock of a name. It is polled: who waits in a statement would hold a snapshot, in a
/// database that may be somebody's.
fn take_lock(connection: &mut PgConnection, name: &str) -> Result<()> {
    let digest = ContentHasher::new()
        .named("the lock of a template")
        .named(name)
        .finish();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest.0[..8]);
    let deadline = Instant::now() + LIMIT;
    loop {
        let answer: Answer = sql_query("SELECT pg_catalog.pg_try_advisory_lock($1) AS yes")
            .bind::<BigInt, _>(i64::from_be_bytes(bytes))
            .get_result(connection)
            .map_err(refused)?;
        if answer.yes {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(filled_for_long("another process"));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn exists(admin: &mut PgConnection, name: &str) -> Result<bool> {
    let answer: Answer = sql_query(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_database \
             WHERE datname OPERATOR(pg_catalog.=) $1::pg_catalog.name) AS yes",
    )
    .bind::<Text, _>(name)
    .get_result(admin)
    .map_err(refused)?;
    Ok(answer.yes)
}

/// The first shared database of a name and its numbers that no test has committed in.
fn unspoiled(admin: &mut PgConnection, base: String) -> Result<String> {
    let mut name = base.clone();
    let mut number = 1;
    while spoiler(admin, &name)?.is_some() {
        number += 1;
        name = format!("{base}_{number}");
    }
    Ok(name)
}

fn spoiler(admin: &mut PgConnection, name: &str) -> Result<Option<String>> {
    let found: Vec<Name> = sql_query(
        "SELECT coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '') AS name \
         FROM pg_catalog.pg_database AS d \
         WHERE d.datname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
    )
    .bind::<Text, _>(name)
    .load(admin)
    .map_err(refused)?;
    let comment = found.first();
    Ok(comment
        .and_then(|Name { name }| name.strip_prefix(SPOILED))
        .map(str::to_owned))
}

/// The name that a shared database has without the number that tells it from spoiled ones.
fn without_number(name: &str) -> &str {
    match name.strip_prefix(SHARED).and_then(|key| key.find('_')) {
        Some(end) => &name[..SHARED.len() + end],
        None => name,
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
