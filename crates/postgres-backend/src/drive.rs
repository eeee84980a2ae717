//! The driver of the runner over a connection of Diesel's: it sends, calls and sleeps, and decides
//! nothing.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use diesel::connection::{LoadConnection, TransactionManager};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::QueryResult;
use limbeck_core::Result;

use crate::error::failure;
use crate::runner::{Answer, Deadline, Report, Request, Runner, Surroundings};
use crate::session::{ConnectionSession, Row};

#[cfg(feature = "async")]
mod reactor;

/// Runs a runner to its end.
///
/// Takes a `PgConnection`, or r2d2's pooled one. Inside of `conn.transaction(…)` and of test
/// transactions it works by savepoints. A data step that panics goes on panicking, after its
/// revision was rolled back. An asynchronous data step is waited for on this thread; every call of its
/// session is answered when it returns. With the feature `async` it may use the timers and sockets of
/// tokio, whether this is called in a runtime or not.
///
/// # Errors
/// What the runner tells: see [`ErrorKind`](limbeck_core::ErrorKind).
pub fn drive<C>(connection: &mut C, runner: Runner) -> Result<Report>
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    let mut run = Run(runner);
    let mut answer = match surroundings(connection) {
        Ok(surroundings) => Answer::Start(surroundings),
        Err(error) => {
            return Err(crate::error::database_error(
                error,
                "its transaction was looked at",
            ));
        }
    };
    loop {
        answer = match run.0.next(Instant::now(), answer) {
            Request::Batch(sql) => done(connection.batch_execute(&sql)),
            Request::Rows(sql) => match diesel::sql_query(sql).load::<Row>(connection) {
                Ok(rows) => Answer::Rows(rows.into_iter().map(|row| row.fields).collect()),
                Err(error) => Answer::Failed(failure(&error)),
            },
            Request::Begin => done(C::TransactionManager::begin_transaction(connection)),
            Request::Commit => done(C::TransactionManager::commit_transaction(connection)),
            Request::Rollback => done(roll_back(connection)),
            Request::Call(step, deadline) => {
                Answer::Called(call(connection, deadline, |session| (step.call)(session)))
            }
            Request::CallAsync(step, deadline) => {
                Answer::Called(call(connection, deadline, |session| {
                    wait_for((step.call)(session), deadline)
                }))
            }
            Request::Sleep(duration) => {
                std::thread::sleep(duration);
                Answer::Done
            }
            Request::Report(notice) => {
                notice.deliver();
                Answer::Done
            }
            Request::Done(result) => return result,
        };
    }
}

/// Ends the transaction of a run. A data step may have ended it and begun another, of which Diesel does not
/// know.
fn roll_back<C>(connection: &mut C) -> QueryResult<()>
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    match C::TransactionManager::rollback_transaction(connection) {
        // Where there is none either, this does nothing.
        Err(diesel::result::Error::NotInTransaction) => connection.batch_execute("ROLLBACK"),
        result => result,
    }
}

/// The process id that the server has for a session.
#[cfg(feature = "postgres")]
pub(crate) fn session_of(connection: &mut PgConnection) -> Option<i32> {
    let asked = "SELECT ARRAY[pg_catalog.pg_backend_pid()::pg_catalog.text] AS fields";
    let rows = diesel::sql_query(asked).load::<Row>(connection).ok()?;
    rows.first()?.fields.first()?.as_ref()?.parse().ok()
}

/// A run that is gone on with; where it is dropped before its end, its observers are told.
pub(crate) struct Run(pub(crate) Runner);

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(notice) = self.0.given_up() {
            notice.deliver();
        }
    }
}

pub(crate) fn done(result: QueryResult<()>) -> Answer {
    match result {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Failed(failure(&error)),
    }
}

fn surroundings<C>(connection: &mut C) -> QueryResult<Surroundings>
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    let depth =
        C::TransactionManager::transaction_manager_status_mut(connection).transaction_depth()?;
    Ok(Surroundings {
        in_transaction: depth.is_some(),
        connection: true,
        async_connection: false,
        inner_positions: false,
        seed: seed(),
    })
}

/// Calls a data step. When it panics, its transaction is ended before the panic goes on, so that
/// the connection is left as it was.
fn call<C>(
    connection: &mut C,
    deadline: Option<Deadline>,
    step: impl FnOnce(&mut ConnectionSession<'_, C>) -> Result<()>,
) -> Result<()>
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    let depth_before = depth(connection);
    let result = catch_unwind(AssertUnwindSafe(|| {
        step(&mut ConnectionSession {
            connection: &mut *connection,
            deadline,
        })
    }));
    result.unwrap_or_else(|panic| {
        // Transactions that the step itself had opened, then the revision's.
        while depth(connection) >= depth_before && depth(connection) > 0 {
            if C::TransactionManager::rollback_transaction(connection).is_err() {
                break;
            }
        }
        resume_unwind(panic)
    })
}

fn depth<C>(connection: &mut C) -> u32
where
    C: LoadConnection<Backend = Pg> + 'static,
{
    let status = C::TransactionManager::transaction_manager_status_mut(connection);
    status
        .transaction_depth()
        .ok()
        .flatten()
        .map_or(0, std::num::NonZeroU32::get)
}

/// Waits for a step on this thread, for as long as it has: its session never lets it wait, but
/// something else may.
fn wait_for(step: impl Future<Output = Result<()>>, deadline: Option<Deadline>) -> Result<()> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    #[cfg(feature = "async")]
    let reactor = reactor::Reactor::start()?;
    #[cfg(feature = "async")]
    let _within = reactor.enter();
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut step = pin!(step);
    loop {
        match step.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => match deadline {
                None => std::thread::park(),
                Some(deadline) => {
                    let left = deadline.left(Instant::now());
                    if left.is_zero() {
                        return Err(deadline.missed());
                    }
                    std::thread::park_timeout(left);
                }
            },
        }
    }
}

/// Something that differs between the processes, threads and runs that start at one instant.
pub(crate) fn seed() -> u64 {
    static RUN: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::from(since.subsec_nanos()) ^ (since.as_secs() << 30)
        });
    let run = RUN.fetch_add(1, Ordering::Relaxed);
    nanos ^ (u64::from(std::process::id()) << 17) ^ run.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
