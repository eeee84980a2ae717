//! Whether a run still gets answers. Postgres keeps a run within its time budget, as long as it
//! answers; where it has gone silent, whoever waits for the run learns here that there is nothing more
//! to wait for, and what became of it.
#![cfg_attr(
    not(any(feature = "postgres", feature = "async")),
    allow(
        dead_code,
        unused_imports,
        reason = "nobody waits for a run without a driver"
    )
)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use limbeck_core::{Error, ErrorKind, RevisionId};

use super::Request;
#[cfg(feature = "postgres")]
use super::budget::Budget;
use super::budget::{Deadline, not_done};
use super::progress::{Event, Observers, spoken};

/// How long after the end of the budget an answer may come: Postgres has to undo what it cut off.
const GRACE: Duration = Duration::from_secs(3);

/// How long the answer to something that was asked after that may take.
const ANSWER: Duration = Duration::from_secs(1);

/// How often it is looked while there is nothing to count from.
const LOOK: Duration = Duration::from_millis(200);

/// A run, as seen from outside of it.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    whole: Duration,
    deadline: Option<Deadline>,
    /// Since when the database owes an answer.
    asked: Option<Instant>,
    /// The revision at hand, and what is being done with it.
    running: Option<(RevisionId, &'static str)>,
    done: Vec<RevisionId>,
    todo: Vec<RevisionId>,
    is_given_up: bool,
    observers: Observers,
}

impl Watch {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of a run that is about to begin, within a budget.
    #[cfg(feature = "postgres")]
    pub(crate) fn begun(began: Instant, whole: Duration, observers: Observers) -> Self {
        let watch = Self::default();
        if let Some(budget) = Budget::from(began, whole) {
            budget.show(&watch, observers);
            watch.seen().asked = Some(began);
        }
        watch
    }

    /// The run has a budget; and these are to be told of its end.
    pub(super) fn within(&self, whole: Duration, deadline: Deadline, observers: Observers) {
        let mut seen = self.seen();
        seen.observers = observers;
        seen.whole = whole;
        seen.deadline = Some(deadline);
    }

    /// What is still to be done, as far as it is planned.
    pub(super) fn planned(&self, todo: &[RevisionId]) {
        self.seen().todo = todo.to_vec();
    }

    /// A revision is at hand, with those that were done before.
    pub(super) fn started(
        &self,
        revision: &RevisionId,
        doing: &'static str,
        done: Vec<RevisionId>,
    ) {
        let mut seen = self.seen();
        seen.running = Some((revision.clone(), doing));
        seen.done = done;
    }

    /// It is not any more.
    pub(super) fn ended(&self, done: Vec<RevisionId>) {
        let mut seen = self.seen();
        seen.running = None;
        seen.done = done;
    }

    /// Something is asked of the database, or nothing is.
    pub(super) fn asks(&self, request: &Request, now: Instant) {
        self.seen().asked = match request {
            Request::Batch(_)
            | Request::Rows(_)
            | Request::Begin
            | Request::Commit
            | Request::Rollback
            | Request::Call(..)
            | Request::CallAsync(..) => Some(now),
            Request::Sleep(_) | Request::Report(_) | Request::Done(_) => None,
        };
    }

    /// Whether nobody waits for the run any more: it may do nothing else.
    pub(super) fn is_given_up(&self) -> bool {
        self.seen().is_given_up
    }

    /// When to look again.
    #[cfg(any(feature = "postgres", feature = "async"))]
    pub(crate) fn next_look(&self, now: Instant) -> Duration {
        let seen = self.seen();
        let left = seen.deadline.map(|deadline| deadline.left(now));
        match left {
            Some(left) if !left.is_zero() => left.saturating_add(GRACE),
            Some(_) | None => LOOK,
        }
    }

    /// Gives the run up where the budget is over and no answer comes; then this is its error.
    #[cfg(any(feature = "postgres", feature = "async"))]
    pub(crate) fn silent(&self, now: Instant) -> Option<Error> {
        let mut seen = self.seen();
        let deadline = seen.deadline?;
        let waited = now.saturating_duration_since(seen.asked?);
        if !deadline.is_over(now.checked_sub(GRACE)?) || waited < ANSWER {
            return None;
        }
        seen.is_given_up = true;
        let (error, observers) = (seen.error(), seen.observers.clone());
        drop(seen);
        observers.tell(&Event::failed(&error));
        Some(error)
    }
}

impl Seen {
    fn error(&self) -> Error {
        let Self {
            whole,
            running,
            done,
            todo,
            ..
        } = self;
        let while_doing = match running {
            Some((id, doing)) => format!(" while `{id}` was {doing}"),
            None => String::new(),
        };
        let kept = match done.len() {
            0 => "nothing is done".to_owned(),
            1 => "one revision is done".to_owned(),
            count => format!("{count} revisions are done"),
        };
        let at_hand = running.as_ref().map(|(id, _)| id);
        let unknown = match running {
            Some((id, _)) => {
                format!(", of `{id}` it is not known whether it is (as a whole or not at all)")
            }
            None => String::new(),
        };
        let left = not_done(
            todo.iter()
                .filter(|id| Some(*id) != at_hand && !done.contains(id)),
        );
        let error = Error::new(
            ErrorKind::Timeout,
            format!(
                "the time budget of {} is used up{while_doing}, and the server does not answer any \
                 more: {kept}{unknown}{left}",
                spoken(*whole)
            ),
        )
        .with_hint(
            "the connection is given up: look after the server and the network, then run again; what is \
             recorded is done (`limbeck current` shows it), and the next run goes on from there",
        )
        .with_applied(done.clone());
        match at_hand.or(todo.first()) {
            Some(id) => error.with_revision(id.clone()),
            None => error,
        }
    }
}
