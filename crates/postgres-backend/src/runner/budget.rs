//! The time that a whole run may take. A revision that the end of it meets is cut off by Postgres,
//! within its transaction: it is done as a whole or not at all. None is started afterwards. What is
//! done before and between revisions (the history is read, its table is made) is limited in the same
//! way, since somebody else may hold locks on it.

use std::time::{Duration, Instant};

use limbeck_core::{Error, ErrorKind, RevisionId};

use super::batch::block;
use super::failure::{DbFailure, FailureKind};
use super::lock;
use super::progress::{Observers, spoken};
use super::story::Story;
use super::watch::Watch;
use crate::history::Fields;
use crate::quote::literal;

/// Timers of two machines do not agree to the millisecond.
const SLACK: Duration = Duration::from_millis(20);

/// A time budget that has been running since the run began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    whole: Duration,
    deadline: Deadline,
}

/// When the time of a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Budget {
    /// A budget that starts to run now; `None` where it would outlast all clocks.
    pub(super) fn from(now: Instant, whole: Duration) -> Option<Self> {
        let deadline = Deadline(now.checked_add(whole)?);
        Some(Self { whole, deadline })
    }

    /// Tells it whoever looks from outside.
    pub(super) fn show(&self, watch: &Watch, observers: Observers) {
        watch.within(self.whole, self.deadline, observers);
    }
}

impl Deadline {
    /// What is left.
    pub fn left(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// Whether nothing is left.
    pub fn is_over(self, now: Instant) -> bool {
        self.left(now).is_zero()
    }

    /// What a driver answers for a data step that it did not wait for any longer.
    pub fn missed(self) -> Error {
        Error::new(ErrorKind::Timeout, "the time budget of the run is used up")
    }

    /// Sets `statement_timeout` to what is left when this statement runs, unless it is shorter
    /// already. Several in one message each count from the message's start.
    pub fn sql(self, now: Instant) -> String {
        self.sql_for(now, true)
    }

    /// The same for the rest of the session, to be put back by whoever asks for it.
    pub(super) fn session_sql(self, now: Instant) -> String {
        self.sql_for(now, false)
    }

    fn sql_for(self, now: Instant, local: bool) -> String {
        let left = self.left(now).as_millis();
        format!(
            "SELECT pg_catalog.set_config('statement_timeout', least(CASE WHEN {set} \
             OPERATOR(pg_catalog.>) 0 THEN {set} OPERATOR(pg_catalog.*) 1000 END, \
             greatest(pg_catalog.ceil({left} OPERATOR(pg_catalog.-) \
             (EXTRACT(EPOCH FROM (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) \
             pg_catalog.statement_timestamp())) OPERATOR(pg_catalog.*) 1000)), 1)\
             )::bigint::pg_catalog.text, {local});",
            set = "EXTRACT(EPOCH FROM pg_catalog.current_setting('statement_timeout')::interval)",
        )
    }
}

impl Story {
    /// What keeps the next statement within the budget, where there is one.
    pub(super) fn within_budget(&self) -> Option<String> {
        Some(self.deadline()?.sql(self.port.now()))
    }

    /// When the time is over; `None` without a budget.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        Some(self.budget?.deadline)
    }

    /// Whether the budget is used up.
    pub(super) fn time_is_up(&self) -> bool {
        self.deadline()
            .is_some_and(|deadline| deadline.is_over(self.port.now()))
    }

    /// What is left of the budget; `None` without one.
    pub(super) fn time_left(&self) -> Option<Duration> {
        Some(self.deadline()?.left(self.port.now()))
    }

    /// A message of ours within the budget. In a caller's transaction, where what is set outlives a
    /// savepoint, the session's own limit is put back.
    pub(super) fn limited(&self, sql: &str) -> String {
        let Some(limit) = self.within_budget() else {
            return sql.to_owned();
        };
        let back = match (&self.standing, self.surroundings.in_transaction) {
            (Some(standing), true) => {
                let [_, _, statement_timeout, _] = &standing.settings;
                format!(
                    "\nSELECT pg_catalog.set_config('statement_timeout', {}, true);",
                    literal(statement_timeout)
                )
            }
            _ => String::new(),
        };
        format!("{limit}\n{sql}{back}")
    }

    /// Reads rows of a table that somebody may have locked. With a budget this is a transaction, which
    /// is undone and its limit with it.
    pub(super) async fn read(&self, sql: String) -> Result<Vec<Fields>, DbFailure> {
        let Some(deadline) = self.deadline() else {
            return self.port.rows(sql).await;
        };
        if !self.surroundings.in_transaction {
            // A transaction that Diesel does not know of would be undone, too.
            self.port.batch(block(&lock::not_nested_body())).await?;
        }
        self.port.begin().await?;
        let rows = match self.port.batch(deadline.sql(self.port.now())).await {
            Ok(()) => self.port.rows(sql).await,
            Err(failure) => Err(failure),
        };
        let ended = self.port.rollback().await;
        // The first failure is the one to tell.
        let rows = rows?;
        ended?;
        Ok(rows)
    }

    /// The same, where it may fail without harm: in a caller's transaction within a savepoint.
    pub(super) async fn read_aside(&self, sql: String) -> Result<Vec<Fields>, DbFailure> {
        if !self.surroundings.in_transaction || self.deadline().is_some() {
            return self.read(sql).await;
        }
        self.port.begin().await?;
        let rows = self.port.rows(sql).await;
        let ended = self.port.rollback().await;
        // The first failure is the one to tell.
        let rows = rows?;
        ended?;
        Ok(rows)
    }

    /// What a failure of something of ours means: the end of the budget, or what it says.
    pub(super) fn failed(&self, failure: &DbFailure, doing: &str) -> Error {
        let error = failure.while_doing(doing);
        if self.is_late(failure) {
            return self.out_of_time(doing).with_source(error);
        }
        error
    }

    /// Whether a failure is the end of the budget.
    pub(super) fn is_late(&self, failure: &DbFailure) -> bool {
        failure.kind == FailureKind::Database
            && failure.coded().is_none()
            && failure
                .sqlstate
                .as_deref()
                .is_none_or(|state| state == "57014")
            && self.time_left().is_some_and(|left| left <= SLACK)
    }

    /// The budget is used up while `doing`; what is applied and what is not is told.
    pub(super) fn out_of_time(&self, doing: &str) -> Error {
        let whole = self.budget.map_or(Duration::ZERO, |budget| budget.whole);
        let doing = if doing.is_empty() {
            String::new()
        } else {
            format!(" while {doing}")
        };
        let done = match self.report.applied.len() {
            0 => "nothing is done".to_owned(),
            1 => "one revision is done".to_owned(),
            count => format!("{count} revisions are done"),
        };
        let left = not_done(&self.todo);
        let error = Error::new(
            ErrorKind::Timeout,
            format!(
                "the time budget of {} is used up{doing}: {done}{left}",
                spoken(whole)
            ),
        )
        .with_hint(
            "run again with a longer time budget: what is done is recorded, and the next run goes on from there",
        );
        match self.todo.first() {
            Some(next) => error.with_revision(next.clone()),
            None => error,
        }
    }

    /// The budget is used up while a revision ran.
    pub(super) fn over(&self, revision: &RevisionId, doing: &str) -> Error {
        self.out_of_time(&format!(
            "`{revision}` was {doing}, of which nothing was kept"
        ))
    }

    /// What a failure of the revision at hand means when the budget is used up: it was cut off,
    /// unless Postgres says that it failed by itself.
    pub(super) fn cut_off(&self, revision: &RevisionId, doing: &str, error: Error) -> Error {
        let soon = self.time_left().is_some_and(|left| left <= SLACK);
        let by_itself = error.sqlstate().is_some_and(|state| state != "57014");
        let kind = matches!(error.kind(), ErrorKind::Sql | ErrorKind::DataStep);
        if !soon || by_itself || !kind {
            return error;
        }
        self.over(revision, doing).with_source(error)
    }
}

/// What comes after what is done, of revisions that are not.
pub(super) fn not_done<'a>(left: impl IntoIterator<Item = &'a RevisionId>) -> String {
    let left: Vec<String> = left.into_iter().map(|id| format!("`{id}`")).collect();
    match left.as_slice() {
        [] => String::new(),
        [one] => format!(", and {one} is not"),
        several => format!(", and {} are not", several.join(", ")),
    }
}
