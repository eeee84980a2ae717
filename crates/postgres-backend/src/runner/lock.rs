//! The advisory lock that makes each revision run once, and who holds it.

use std::collections::BTreeSet;
use std::time::Duration;

use limbeck_core::RevisionId;
use limbeck_core::revision::ContentHasher;

use crate::history::{Fields, HistoryTable, Owner};
use crate::quote::{DIFFERENT, EQUAL, literal};

/// The key of the lock: one for each history table of a database.
pub(super) fn key(table: &HistoryTable) -> i64 {
    let digest = ContentHasher::new()
        .named("the lock of a history table")
        .named(table.schema.as_str())
        .named(table.name.as_str())
        .finish();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest.0[..8]);
    i64::from_be_bytes(bytes)
}

/// The key of a session lock: who holds it runs a revision outside of a transaction. Its first half is
/// that of the history table, so that all of them can be told in `pg_locks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnerKey {
    table: i32,
    revision: i32,
}

impl OwnerKey {
    pub(super) fn new(table: &HistoryTable, owner: &Owner, revision: &RevisionId) -> Self {
        let digest = ContentHasher::new()
            .named("who runs a revision outside of a transaction")
            .named(&owner.bundle)
            .named(owner.placement.as_str())
            .named(revision.as_str())
            .finish();
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&digest.0[..4]);
        Self {
            table: class(table),
            revision: i32::from_be_bytes(bytes),
        }
    }

    /// Takes the lock if it is free, as a query: whether it was, the process id that the server has
    /// for the session, and the values of settings.
    pub(super) fn take_sql(self, settings: &BTreeSet<String>) -> String {
        let Self { table, revision } = self;
        let settings: String = settings
            .iter()
            .map(|name| format!(", pg_catalog.current_setting({}, true)", literal(name)))
            .collect();
        format!(
            "SELECT ARRAY[pg_catalog.pg_try_advisory_lock({table}, {revision})::pg_catalog.text, \
             pg_catalog.pg_backend_pid()::pg_catalog.text{settings}] AS fields"
        )
    }

    /// Asks for the session's process id, and whether it holds the lock.
    pub(super) fn held_sql(self) -> String {
        format!(
            "SELECT ARRAY[pg_catalog.pg_backend_pid()::pg_catalog.text, \
             ({})::pg_catalog.text] AS fields",
            self.held()
        )
    }

    /// Asks whether another session holds the lock.
    pub(super) fn taken_sql(self) -> String {
        format!(
            "SELECT ARRAY[(EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE {} AND l.granted \
             AND l.pid {DIFFERENT} pg_catalog.pg_backend_pid()))::pg_catalog.text] AS fields",
            self.condition()
        )
    }

    /// Lets it go.
    pub(super) fn release_sql(self) -> String {
        let Self { table, revision } = self;
        format!("SELECT pg_catalog.pg_advisory_unlock({table}, {revision});")
    }

    /// Lets it go in the session with a process id, where this message reaches that; otherwise ends
    /// that session, if nobody uses it. Answers whether it is gone.
    pub(super) fn release_in_sql(self, pid: i32, end: bool) -> String {
        let Self { table, revision } = self;
        let end = match end {
            true => format!(
                "coalesce((SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity AS a \
                 JOIN pg_catalog.pg_locks AS l ON l.pid {EQUAL} a.pid \
                 WHERE a.pid {EQUAL} {pid} AND a.state {EQUAL} 'idle' AND {}), false)",
                self.condition()
            ),
            false => "false".to_owned(),
        };
        format!(
            "SELECT ARRAY[(CASE WHEN pg_catalog.pg_backend_pid() {EQUAL} {pid} \
             THEN pg_catalog.pg_advisory_unlock({table}, {revision}) \
             ELSE {end} END)::pg_catalog.text] AS fields"
        )
    }

    /// Raises `limbeck:unheld` where this session does not hold the lock, as the body of a `DO` block.
    pub(super) fn held_body(self) -> String {
        format!(
            "  IF NOT {} THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB010', CONSTRAINT = 'limbeck:unheld', \
             MESSAGE = 'limbeck: this is another session';\n  END IF;\n",
            self.held()
        )
    }

    fn held(self) -> String {
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE {} AND l.granted \
             AND l.pid {EQUAL} pg_catalog.pg_backend_pid())",
            self.condition()
        )
    }

    /// A lock with two keys of 32 bits: `objsubid` is 2.
    fn condition(self) -> String {
        let Self { table, revision } = self;
        format!(
            "{} AND l.objid {EQUAL} '{}'",
            outside_condition(table),
            bits(revision)
        )
    }
}

/// The first half of the keys of a history table's session locks.
fn class(table: &HistoryTable) -> i32 {
    let bytes = key(table).to_be_bytes();
    i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn bits(key: i32) -> u32 {
    u32::from_be_bytes(key.to_be_bytes())
}

/// The session locks of a history table.
fn outside_condition(class: i32) -> String {
    format!(
        "l.locktype {EQUAL} 'advisory' AND l.classid {EQUAL} '{}' AND l.objsubid {EQUAL} 2 \
         AND l.database {EQUAL} (SELECT d.oid FROM pg_catalog.pg_database AS d \
         WHERE d.datname {EQUAL} pg_catalog.current_database())",
        bits(class)
    )
}

/// Takes the lock if it is free, as a query of one field. Outside of a transaction it is let go at
/// once, so that this asks whether it is free.
pub(super) fn try_sql(key: i64) -> String {
    format!("SELECT ARRAY[pg_catalog.pg_try_advisory_xact_lock({key})::pg_catalog.text] AS fields")
}

/// Whether [`try_sql`] said that it has it.
pub(super) fn taken(rows: &[Fields]) -> bool {
    matches!(rows, [fields] if matches!(fields.as_slice(), [Some(yes)] if yes == "true"))
}

/// Takes the lock or raises `limbeck:busy`, as the body of a `DO` block in a batch that is a
/// transaction of its own. Where it is not, it raises `limbeck:nested`: a transaction that began
/// before this message was opened behind the driver's back.
pub(super) fn try_body(key: i64) -> String {
    format!(
        "{}  IF NOT pg_catalog.pg_try_advisory_xact_lock({key}) THEN\n    \
         RAISE EXCEPTION USING ERRCODE = 'LB001', CONSTRAINT = 'limbeck:busy', \
         MESSAGE = 'limbeck: another process is migrating';\n  END IF;\n",
        not_nested_body()
    )
}

/// Raises `limbeck:nested` where a transaction began before this message, as the body of a `DO` block.
pub(super) fn not_nested_body() -> String {
    format!(
        "  IF pg_catalog.transaction_timestamp() {DIFFERENT} pg_catalog.statement_timestamp() THEN\n    \
         RAISE EXCEPTION USING ERRCODE = 'LB006', CONSTRAINT = 'limbeck:nested', \
         MESSAGE = 'limbeck: a transaction is open already';\n  END IF;\n"
    )
}

/// Asks who has locked a history table so that nobody reads it, as [`holder_sql`] does.
pub(super) fn table_holder_sql(table: &HistoryTable) -> String {
    format!(
        "SELECT ARRAY[l.pid::pg_catalog.text, a.usename::pg_catalog.text, a.application_name, \
         pg_catalog.floor(EXTRACT(EPOCH FROM (pg_catalog.clock_timestamp() \
         OPERATOR(pg_catalog.-) a.xact_start)))::pg_catalog.text] \
         AS fields\nFROM pg_catalog.pg_locks AS l\n\
         JOIN pg_catalog.pg_class AS c ON c.oid {EQUAL} l.relation\n\
         JOIN pg_catalog.pg_namespace AS n ON n.oid {EQUAL} c.relnamespace\n\
         LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid {EQUAL} l.pid\n\
         WHERE n.nspname {EQUAL} {} AND c.relname {EQUAL} {} AND l.mode {EQUAL} 'AccessExclusiveLock' \
         AND l.granted AND l.pid {DIFFERENT} pg_catalog.pg_backend_pid() \
         AND l.database {EQUAL} (SELECT d.oid FROM pg_catalog.pg_database AS d \
         WHERE d.datname {EQUAL} pg_catalog.current_database())\n\
         ORDER BY a.xact_start\nLIMIT 1",
        literal(table.schema.as_str()),
        literal(table.name.as_str())
    )
}

/// Raises `limbeck:lost` where this transaction does not hold the lock any more, as the body of a
/// `DO` block: then a data step has ended the transaction.
pub(super) fn still_held_body(key: i64) -> String {
    format!(
        "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE {} \
         AND l.pid {EQUAL} pg_catalog.pg_backend_pid() AND l.granted) THEN\n    \
         RAISE EXCEPTION USING ERRCODE = 'LB004', CONSTRAINT = 'limbeck:lost', \
         MESSAGE = 'limbeck: the transaction was ended by a data step';\n  END IF;\n",
        condition(key)
    )
}

/// Asks who holds the lock, or one of a revision that runs outside of a transaction: pid, role,
/// application, seconds since its transaction began.
pub(super) fn holder_sql(key: i64, table: &HistoryTable) -> String {
    format!(
        "SELECT ARRAY[l.pid::pg_catalog.text, a.usename::pg_catalog.text, a.application_name, \
         pg_catalog.floor(EXTRACT(EPOCH FROM (pg_catalog.clock_timestamp() \
         OPERATOR(pg_catalog.-) a.xact_start)))::pg_catalog.text] \
         AS fields\nFROM pg_catalog.pg_locks AS l\n\
         LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid {EQUAL} l.pid\n\
         WHERE ({} OR {}) AND l.granted AND l.pid {DIFFERENT} pg_catalog.pg_backend_pid()\n\
         ORDER BY a.xact_start\nLIMIT 1",
        condition(key),
        outside_condition(class(table))
    )
}

/// Ends the session with a process id, if it holds the lock: its client does not hear of it any more.
#[cfg(feature = "postgres")]
pub(crate) fn end_sql(table: &HistoryTable, pid: i32) -> String {
    format!(
        "SELECT ARRAY[pg_catalog.pg_terminate_backend(l.pid)::pg_catalog.text] AS fields\n\
         FROM pg_catalog.pg_locks AS l\nWHERE ({} OR {}) AND l.granted AND l.pid {EQUAL} {pid} LIMIT 1",
        condition(key(table)),
        outside_condition(class(table))
    )
}

/// The holder in words; nothing of what it runs, which may hold secrets.
pub(super) fn holder(rows: &[Fields]) -> Option<String> {
    let [pid, role, application, seconds] = rows.first()?.as_slice() else {
        return None;
    };
    let mut words = format!("the process with pid {}", pid.as_deref()?);
    if let Some(role) = role {
        words.push_str(&format!(" of role `{role}`"));
    }
    if let Some(application) = application.as_deref().filter(|name| !name.is_empty()) {
        words.push_str(&format!(" (`{application}`)"));
    }
    if let Some(seconds) = seconds {
        words.push_str(&format!(", for {seconds} s now"));
    }
    Some(words)
}

/// A lock with one key of 64 bits: its halves are `classid` and `objid`, and `objsubid` is 1.
fn condition(key: i64) -> String {
    let bits = u64::from_be_bytes(key.to_be_bytes());
    format!(
        "l.locktype {EQUAL} 'advisory' AND l.classid {EQUAL} '{}' AND l.objid {EQUAL} '{}' \
         AND l.objsubid {EQUAL} 1 AND l.database {EQUAL} (SELECT d.oid FROM pg_catalog.pg_database AS d \
         WHERE d.datname {EQUAL} pg_catalog.current_database())",
        bits >> 32,
        bits & 0xffff_ffff
    )
}

/// How long to sleep between two looks: from half to one and a half of the interval, each time
/// another part of it, so that many who wait do not all ask at once.
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self, interval: Duration) -> Duration {
        // splitmix64: enough to spread sleepers, and no dependency.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        let percent = 50 + u32::try_from(bits % 101).unwrap_or(50);
        interval * percent / 100
    }
}
