//! The slot between the runner's story and whoever drives it.
//!
//! The story is an `async fn` that nobody spawns: awaiting [`Port`] leaves a request in the slot and
//! stops; [`Runner::next`](super::Runner::next) puts the answer there and goes on. So the compiler
//! writes the state machine, and the story reads from the top.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use limbeck_core::{ErrorKind, Result, RevisionId};

use super::script::Closure;
use super::{Answer, DbFailure, Deadline, Event, Notice, Observers, Request, Watch};
use crate::history::Fields;

/// The story's end of the slot.
#[derive(Clone)]
pub(super) struct Port(Arc<Mutex<Slot>>, Watch);

struct Slot {
    request: Option<Request>,
    answer: Option<Answer>,
    now: Instant,
    /// Who was told that the run goes on, and not yet of its end; with what was done.
    told: Option<(Observers, Vec<RevisionId>)>,
    /// What the session is owed where the run is not gone on with.
    owed: Option<Arc<str>>,
}

impl Slot {
    /// Remembers who has to be told of the end.
    fn note(&mut self, notice: &Notice) {
        match notice.event() {
            Event::Done { .. } | Event::Failed { .. } => self.told = None,
            event => {
                let observers = notice.observers();
                let told = self.told.get_or_insert_with(|| (observers, Vec::new()));
                if let Event::Finished(applied) = event {
                    told.1.push(applied.revision.clone());
                }
            }
        }
    }
}

impl Port {
    pub(super) fn new(now: Instant, watch: Watch) -> Self {
        let slot = Slot {
            request: None,
            answer: None,
            now,
            told: None,
            owed: None,
        };
        Self(Arc::new(Mutex::new(slot)), watch)
    }

    /// How the run is seen from outside of it.
    pub(super) fn watch(&self) -> &Watch {
        &self.1
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The driver's side: an answer comes in.
    pub(super) fn give(&self, now: Instant, answer: Answer) {
        let mut slot = self.slot();
        slot.now = now;
        slot.answer = Some(answer);
    }

    /// The driver's side: the request that the story waits on.
    pub(super) fn take(&self) -> Option<Request> {
        self.slot().request.take()
    }

    /// The driver's side: the run is not gone on with.
    pub(super) fn given_up(&self) -> Option<Notice> {
        let (observers, applied) = self.slot().told.take()?;
        let event = Event::Failed {
            kind: ErrorKind::GivenUp,
            message: "the run was given up before its end: its future was dropped, or a data step \
                      has panicked"
                .to_owned(),
            applied,
        };
        Some(Notice::new(event, &observers))
    }

    /// What puts the session back as it was, if the run is not gone on with.
    pub(super) fn owe(&self, sql: Option<Arc<str>>) {
        self.slot().owed = sql;
    }

    /// The driver's side of [`owe`](Self::owe).
    pub(super) fn owed(&self) -> Option<Arc<str>> {
        self.slot().owed.clone()
    }

    /// The time of the last answer.
    pub(super) fn now(&self) -> Instant {
        self.slot().now
    }

    /// Sends a request and waits for its answer.
    async fn ask(&self, request: Request) -> Answer {
        let mut request = Some(request);
        poll_fn(move |_| {
            let mut slot = self.slot();
            if let Some(request) = request.take() {
                slot.answer = None;
                slot.request = Some(request);
                return Poll::Pending;
            }
            slot.answer.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    async fn effect(&self, request: Request) -> Result<(), DbFailure> {
        match self.ask(request).await {
            Answer::Done => Ok(()),
            Answer::Failed(failure) => Err(failure),
            _ => Err(DbFailure::protocol()),
        }
    }

    /// Statements, for their effect.
    pub(super) async fn batch(&self, sql: String) -> Result<(), DbFailure> {
        self.effect(Request::Batch(sql)).await
    }

    /// A query of the one column `fields`.
    pub(super) async fn rows(&self, sql: String) -> Result<Vec<Fields>, DbFailure> {
        match self.ask(Request::Rows(sql)).await {
            Answer::Rows(rows) => Ok(rows),
            Answer::Failed(failure) => Err(failure),
            _ => Err(DbFailure::protocol()),
        }
    }

    /// Opens a transaction, or a savepoint in the caller's.
    pub(super) async fn begin(&self) -> Result<(), DbFailure> {
        self.effect(Request::Begin).await
    }

    /// Ends it and keeps what was done.
    pub(super) async fn commit(&self) -> Result<(), DbFailure> {
        self.effect(Request::Commit).await
    }

    /// Ends it and undoes what was done.
    pub(super) async fn rollback(&self) -> Result<(), DbFailure> {
        self.effect(Request::Rollback).await
    }

    /// A data step. The outer failure is the driver's own.
    pub(super) async fn call(
        &self,
        step: Closure,
        deadline: Option<Deadline>,
    ) -> Result<Result<()>, DbFailure> {
        let request = match step {
            Closure::Sync(step) => Request::Call(step, deadline),
            Closure::Async(step) => Request::CallAsync(step, deadline),
        };
        match self.ask(request).await {
            Answer::Called(result) => Ok(result),
            Answer::Failed(failure) => Err(failure),
            _ => Err(DbFailure::protocol()),
        }
    }

    /// Whoever listens is told.
    pub(super) async fn report(&self, notice: Notice) {
        self.slot().note(&notice);
        let _ = self.ask(Request::Report(notice)).await;
    }

    /// Time passes.
    pub(super) async fn sleep(&self, duration: Duration) {
        let _ = self.ask(Request::Sleep(duration)).await;
    }
}
