//! The time that a whole run may take. A revision that the end of it meets is cut off by Postgres,
//! within its transaction: it is done as a whole or not at all. None is started afterwards.

use std::time::{Duration, Instant};

use limbeck_core::{Error, ErrorKind, RevisionId};

use super::progress::spoken;
use super::story::Story;

/// Timers of two machines do not agree to the millisecond.
const SLACK: Duration = Duration::from_millis(20);

/// A time budget that has been running since the run began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    whole: Duration,
    end: Instant,
}

impl Budget {
    /// A budget that starts to run now; `None` where it would outlast all clocks.
    pub(super) fn from(now: Instant, whole: Duration) -> Option<Self> {
        let end = now.checked_add(whole)?;
        Some(Self { whole, end })
    }

    /// What is left.
    pub(super) fn left(self, now: Instant) -> Duration {
        self.end.saturating_duration_since(now)
    }

    fn is_used_up(self, now: Instant) -> bool {
        self.left(now).is_zero()
    }

    /// Sets `statement_timeout` to what is left when this statement runs, unless it is shorter
    /// already. Several in one message each count from the message's start.
    fn sql(self, now: Instant) -> String {
        let left = self.left(now).as_millis();
        format!(
            "SELECT pg_catalog.set_config('statement_timeout', least(CASE WHEN {set} \
             OPERATOR(pg_catalog.>) 0 THEN {set} OPERATOR(pg_catalog.*) 1000 END, \
             greatest(pg_catalog.ceil({left} OPERATOR(pg_catalog.-) \
             (EXTRACT(EPOCH FROM (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) \
             pg_catalog.statement_timestamp())) OPERATOR(pg_catalog.*) 1000)), 1)\
             )::bigint::pg_catalog.text, true);",
            set = "EXTRACT(EPOCH FROM pg_catalog.current_setting('statement_timeout')::interval)",
        )
    }
}

impl Story {
    /// What keeps the next statement within the budget, where there is one.
    pub(super) fn within_budget(&self) -> Option<String> {
        Some(self.budget?.sql(self.port.now()))
    }

    /// Whether the budget is used up.
    pub(super) fn time_is_up(&self) -> bool {
        self.budget
            .is_some_and(|budget| budget.is_used_up(self.port.now()))
    }

    /// What is left of the budget; `None` without one.
    pub(super) fn time_left(&self) -> Option<Duration> {
        Some(self.budget?.left(self.port.now()))
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
        let left: Vec<String> = self.todo.iter().map(|id| format!("`{id}`")).collect();
        let left = match left.as_slice() {
            [] => String::new(),
            [one] => format!(", and {one} is not"),
            several => format!(", and {} are not", several.join(", ")),
        };
        let error = Error::new(
            ErrorKind::Timeout,
            format!(
                "the time budget of {} is used up{doing}: {done}{left}",
                spoken(whole)
            ),
        )
        .with_hint(
            "run again with a longer time budget: what is done is recorded, and nothing is half done",
        );
        match self.todo.first() {
            Some(next) => error.with_revision(next.clone()),
            None => error,
        }
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
        self.out_of_time(&format!(
            "`{revision}` was {doing}, of which nothing was kept"
        ))
        .with_source(error)
    }
}
