//! Connecting as the first part of a run: it is told of, and takes from the time budget.

use std::error::Error as StdError;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(feature = "r2d2")]
use diesel::r2d2::{ManageConnection, Pool, PooledConnection};
#[cfg(feature = "r2d2")]
use limbeck_core::error::on_one_line;
use limbeck_core::{Error, ErrorKind, Result};

use super::Migrator;
#[cfg(feature = "postgres")]
use crate::runner::Watch;
use crate::runner::{Event, spoken};

/// What a connection that somebody else opens may fail with.
pub(super) type Failure = Box<dyn StdError + Send + Sync>;

impl Migrator {
    /// Has the [time budget](Self::time_budget) begin now, rather than with the run: for a program that
    /// takes its connection from a pool, for which it waits by [`connecting`](Self::connecting) or
    /// `connecting_async`. It is meant for one start of the program, not to be kept.
    #[must_use]
    pub fn budget_from_now(mut self) -> Self {
        self.options.budget_began = Some(Instant::now());
        self
    }

    /// Opens a connection, or takes one from a pool, as a part of the run: [`progress`](Self::progress)
    /// shows that this is being done and how it ended, and it takes no longer than the
    /// [time budget](Self::time_budget). With one, the closure runs in a thread of its own, which is
    /// left to itself where it does not come back in time.
    ///
    /// ```no_run
    /// # fn main() -> limbeck_core::Result<()> {
    /// use std::time::Duration;
    ///
    /// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?
    ///     .time_budget(Duration::from_secs(60))
    ///     .budget_from_now();
    /// let url = "postgres://me@localhost/blog";
    /// // Or `move || pool.get()` with a clone of a pool; for one of r2d2's there is `connecting_r2d2`.
    /// let mut connection = migrator.connecting(move || limbeck_postgres::connect(url))?;
    /// migrator.run_pending(&mut connection)?;
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] where the budget is used up before there is a connection; an error of
    /// Limbeck's as it is, and any other as an [`ErrorKind::Connection`].
    ///
    /// # Panics
    /// When the closure does.
    pub fn connecting<C, E>(
        &self,
        connect: impl FnOnce() -> std::result::Result<C, E> + Send + 'static,
    ) -> Result<C>
    where
        C: Send + 'static,
        E: Into<Failure>,
    {
        let attempt = Attempt::begin(self);
        let connect = move || connect().map_err(|error| not_connected(error.into()));
        let Some(left) = self.budget_left() else {
            return attempt.end(connect());
        };
        let (send, receive) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("limbeck-connecting".to_owned())
            .spawn(move || drop(send.send(connect())));
        let thread = match thread {
            Ok(thread) => thread,
            Err(error) => return attempt.end(Err(not_connected(error.into()))),
        };
        match receive.recv_timeout(left) {
            Ok(made) => attempt.end(made),
            Err(RecvTimeoutError::Timeout) => attempt.end(Err(self.too_late())),
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => attempt.end(Err(not_connected("nothing came of it".into()))),
            },
        }
    }

    /// Takes a connection from a pool of r2d2's, as [`connecting`](Self::connecting) does. Such a pool tries
    /// again and again and says why only when it gives up: it is given no longer than what is left of the
    /// [time budget](Self::time_budget), so that the error says what the last attempt failed with.
    ///
    /// # Errors
    /// As for [`connecting`](Self::connecting).
    #[cfg(feature = "r2d2")]
    pub fn connecting_r2d2<M: ManageConnection>(
        &self,
        pool: &Pool<M>,
    ) -> Result<PooledConnection<M>> {
        let attempt = Attempt::begin(self);
        let patience = pool.connection_timeout();
        let left = self.budget_left();
        let made = pool.get_timeout(left.map_or(patience, |left| left.min(patience)));
        attempt.end(made.map_err(|error| match left {
            Some(left) if left <= patience => self.too_late_after(&error.to_string()),
            _ => not_connected(error.into()),
        }))
    }

    /// The same with its budget begun, if it has not been.
    pub(super) fn begun(&self) -> Self {
        match self.options.budget_began {
            Some(_) => self.clone(),
            None => self.clone().budget_from_now(),
        }
    }

    /// What is left of the time budget now.
    pub(super) fn budget_left(&self) -> Option<Duration> {
        let spent = self.options.budget_began.map(|began| began.elapsed());
        let whole = self.options.time_budget?;
        Some(whole.saturating_sub(spent.unwrap_or_default()))
    }

    /// The same migrator for one run that is looked at from outside of it, where it has a time budget.
    #[cfg(feature = "postgres")]
    pub(super) fn watched(&self) -> (Self, Option<Watch>) {
        let mut migrator = self.clone();
        let options = &self.options;
        let watch = options.time_budget.map(|whole| {
            let began = options.budget_began.unwrap_or_else(Instant::now);
            Watch::begun(began, whole, options.observers.clone())
        });
        migrator.options.watch = watch.clone();
        (migrator, watch)
    }

    /// The same, with what a pool of r2d2's says, which holds the last attempt's error where one has ended.
    #[cfg(feature = "r2d2")]
    fn too_late_after(&self, told: &str) -> Error {
        let error = self.too_late();
        let Some((_, why)) = told.split_once(": ") else {
            return error;
        };
        let told = format!("{error}, and the last attempt failed: {}", on_one_line(why));
        Error::new(error.kind(), told).with_hint("is the server of the database URL started?")
    }

    pub(super) fn too_late(&self) -> Error {
        let whole = self.options.time_budget.unwrap_or_default();
        let told = format!(
            "the time budget of {} is used up while the database was being connected to: nothing is done",
            spoken(whole)
        );
        Error::new(ErrorKind::Timeout, told).with_hint(
            "does the server of the database URL answer, and is it a Postgres? a pool may also have no \
             connection left",
        )
    }
}

/// Waits for a run in a thread of its own for as long as the server answers, and else gives the error
/// to tell.
#[cfg(feature = "postgres")]
pub(super) fn aside<T: Send + 'static>(
    watch: &Watch,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (send, receive) = mpsc::channel();
    let log = tracing::dispatcher::get_default(Clone::clone);
    let span = tracing::Span::current();
    let thread = thread::Builder::new()
        .name("limbeck".to_owned())
        .spawn(move || {
            let run = || span.in_scope(run);
            drop(send.send(tracing::dispatcher::with_default(&log, run)));
        })
        .map_err(|error| not_connected(error.into()))?;
    loop {
        match receive.recv_timeout(watch.next_look(Instant::now())) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(silent) = watch.silent(Instant::now()) {
                    return Err(silent);
                }
            }
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => return Err(not_connected("nothing came of it".into())),
            },
        }
    }
}

pub(super) fn not_connected(error: Failure) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(error) => Error::new(
            ErrorKind::Connection,
            format!("no connection to the database: {error}"),
        ),
    }
}

/// Connecting, told of at both ends; where it is dropped in between, that was its end.
pub(super) struct Attempt<'a> {
    migrator: &'a Migrator,
    is_over: bool,
}

impl<'a> Attempt<'a> {
    pub(super) fn begin(migrator: &'a Migrator) -> Self {
        migrator.options.observers.tell(&Event::Preparing {
            doing: "connecting to the database".to_owned(),
        });
        Self {
            migrator,
            is_over: false,
        }
    }

    pub(super) fn end<C>(mut self, made: Result<C>) -> Result<C> {
        self.is_over = true;
        made.inspect_err(|error| self.migrator.tell_failed(error))
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.migrator.tell_failed(&Error::new(
                ErrorKind::Connection,
                "connecting to the database was given up before its end",
            ));
        }
    }
}
