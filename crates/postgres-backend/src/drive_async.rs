//! The asynchronous driver of the runner, over a connection of diesel-async: the same loop as
//! `drive`, which waits where that one blocks.
//!
//! Its future may be dropped at any point. Whatever of a revision stands in an open transaction is
//! then rolled back: the `ROLLBACK` is handed to the connection behind what it has been sent, without
//! being waited for. So transactions are opened and ended here and not by diesel-async's manager, which
//! takes a connection for broken when that happens; the manager is told of their depth, so that
//! transactions of the caller's and of data steps nest with them.

use std::any::Any;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use diesel::connection::{TransactionDepthChange, TransactionManagerStatus};
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, Bool, Nullable, Text};
use diesel_async::{
    AsyncConnection, AsyncConnectionCore, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use limbeck_core::{
    AsyncDataStep, AsyncSession, DataStep, Error, ErrorKind, Result, SessionFuture,
};

use crate::drive::{Run, done, seed};
use crate::error::{database_error, failure};
use crate::runner::{Answer, Deadline, Report, Request, Runner, Surroundings, Watch};
use crate::session::{
    ConnectionSession, Row, as_records, is_empty, limit, not_executed, not_queried, values,
};

mod distant;

pub(crate) use distant::Distant;
use distant::{Asked, PgRow, Sent};

/// How long a silent server has for being told to cancel.
const CANCEL_WITHIN: Duration = Duration::from_secs(1);

/// Runs a runner to its end on an asynchronous connection.
///
/// Takes an `AsyncPgConnection`, to which what the pools of diesel-async hand out is coerced. It runs
/// on any tokio runtime with timers, whether of many threads or of one, and blocks none of them: a
/// synchronous data step has a thread of its own. Inside of `conn.transaction(…)` and of test
/// transactions it works by savepoints. A data step that panics goes on panicking, after its
/// revision was rolled back.
///
/// Dropping the future leaves no statement half done and none unrecorded. A revision that travelled as a whole is done as a
/// whole or not at all, whichever the server comes to; one that is in an open transaction is rolled
/// back as soon as the server is done with its statement, and the lock is let go with it. One that runs outside of
/// a transaction stays behind one of its statements, which is recorded, and the next run goes on there. The
/// connection can be used on; what it is sent next waits its turn behind that.
///
/// With a time budget the run also ends where the server does not answer any more: some seconds after
/// the budget. The connection is of no use then, and told to be broken, so that pools throw it away.
///
/// # Errors
/// What the runner tells: see [`ErrorKind`].
pub async fn drive_async(connection: &mut AsyncPgConnection, runner: Runner) -> Result<Report> {
    let Some(watch) = runner.watch() else {
        return drive_line(connection, runner).await;
    };
    let result = {
        let running = pin!(drive_line(connection, runner));
        watched(&watch, running).await
    };
    match result {
        Ok(result) => result,
        Err(silent) => {
            give_up(connection).await;
            Err(silent)
        }
    }
}

/// Waits for a run for as long as the server answers, and else gives the error to tell.
pub(crate) async fn watched<T>(
    watch: &Watch,
    mut running: Pin<&mut impl Future<Output = T>>,
) -> Result<T> {
    loop {
        let look = watch.next_look(Instant::now());
        match tokio::time::timeout(look, running.as_mut()).await {
            Ok(result) => return Ok(result),
            Err(_) => {
                if let Some(silent) = watch.silent(Instant::now()) {
                    return Err(silent);
                }
            }
        }
    }
}

/// A connection on which the server does not answer: what it is at is cancelled, if the server hears
/// that, and nobody uses the connection again.
pub(crate) async fn give_up(connection: &mut AsyncPgConnection) {
    let cancel = connection.cancel_token();
    *status(connection) = TransactionManagerStatus::InError;
    let heard =
        tokio::time::timeout(CANCEL_WITHIN, cancel.cancel_query(tokio_postgres::NoTls)).await;
    tracing::debug!(
        ?heard,
        "the server was asked to cancel what it does not answer"
    );
}

async fn drive_line(connection: &mut AsyncPgConnection, runner: Runner) -> Result<Report> {
    let mut run = Run(runner);
    let mut line = Line::new(connection)?;
    let mut answer = Answer::Start(Surroundings {
        in_transaction: line.base > 0,
        connection: false,
        async_connection: true,
        inner_positions: true,
        seed: seed(),
    });
    loop {
        let request = run.0.next(Instant::now(), answer);
        line.owed = run.0.owed();
        answer = match request {
            Request::Batch(sql) => done(line.connection.batch_execute(&sql).await),
            Request::Rows(sql) => match line.rows(sql).await {
                Ok(rows) => Answer::Rows(rows.into_iter().map(|row| row.fields).collect()),
                Err(error) => Answer::Failed(failure(&error)),
            },
            Request::Begin => done(line.begin().await),
            Request::Commit => done(line.commit().await),
            Request::Rollback => done(line.rollback().await),
            Request::Call(step, deadline) => Answer::Called(line.call(step, deadline).await),
            Request::CallAsync(step, deadline) => {
                Answer::Called(line.call_async(step, deadline).await)
            }
            Request::Sleep(duration) => {
                tokio::time::sleep(duration).await;
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

/// A connection in use by a run; when it is dropped, the transactions that were opened since are
/// rolled back.
struct Line<'c> {
    connection: &'c mut AsyncPgConnection,
    /// How deep in transactions the caller is.
    base: u32,
    /// What the session is owed by a run outside of transactions.
    owed: Option<Arc<str>>,
}

impl<'c> Line<'c> {
    fn new(connection: &'c mut AsyncPgConnection) -> Result<Self> {
        let base = depth(connection)
            .map_err(|error| database_error(error, "its transaction was looked at"))?;
        // Within a transaction the manager does not tell these two apart.
        if base == 0 && Manager::is_broken_transaction_manager(connection) {
            return Err(Error::new(
                ErrorKind::Connection,
                "a transaction on this connection was given up while it was being opened or ended, \
                 and diesel-async does not know how it stands",
            )
            .with_hint("take a new connection: a pool throws such a one away"));
        }
        Ok(Self {
            connection,
            base,
            owed: None,
        })
    }

    async fn rows(&mut self, sql: String) -> QueryResult<Vec<Row>> {
        diesel::sql_query(sql).load::<Row>(self.connection).await
    }

    /// Opens a transaction or a savepoint. It is counted before it is sent, which is when the
    /// future is first polled: from there on it may have to be rolled back.
    async fn begin(&mut self) -> QueryResult<()> {
        let depth = depth(self.connection)?;
        deepen(self.connection)?;
        let opened = match depth {
            0 => self.connection.batch_execute("BEGIN").await,
            _ => {
                let sql = format!("SAVEPOINT {}", savepoint(depth));
                self.connection.batch_execute(&sql).await
            }
        };
        if opened.is_err() {
            rise(self.connection, depth);
        }
        opened
    }

    /// Ends it and keeps what was done. It is over once this is sent, whatever comes of it.
    async fn commit(&mut self) -> QueryResult<()> {
        let Some(depth) = depth(self.connection)?.checked_sub(1) else {
            return Err(diesel::result::Error::NotInTransaction);
        };
        rise(self.connection, depth);
        if depth == 0 {
            return self.connection.batch_execute("COMMIT").await;
        }
        let sql = format!("RELEASE SAVEPOINT {}", savepoint(depth));
        self.connection.batch_execute(&sql).await
    }

    /// Ends it and undoes what was done.
    async fn rollback(&mut self) -> QueryResult<()> {
        match depth(self.connection)?.checked_sub(1) {
            Some(depth) => self.back_to(depth).await,
            None => Err(diesel::result::Error::NotInTransaction),
        }
    }

    async fn back_to(&mut self, depth: u32) -> QueryResult<()> {
        rise(self.connection, depth);
        self.connection.batch_execute(&rollback_sql(depth)).await
    }

    async fn call_async(&mut self, step: AsyncDataStep, deadline: Option<Deadline>) -> Result<()> {
        let depth = depth(self.connection)
            .map_err(|error| database_error(error, "its transaction was looked at"))?;
        let connection = &mut *self.connection;
        let mut called = Box::pin(async move {
            let mut session = LineSession {
                connection,
                deadline,
            };
            (step.call)(&mut session).await
        });
        let polled = poll_fn(|context| {
            match catch_unwind(AssertUnwindSafe(|| called.as_mut().poll(context))) {
                Ok(polled) => polled.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            }
        });
        let result = until(deadline, polled).await;
        drop(called);
        match result {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => match self.panicked(panic).await {},
            Err(missed) => {
                self.given_up(depth).await;
                Err(missed)
            }
        }
    }

    /// Ends the transactions that a step had opened which was not waited for any longer.
    async fn given_up(&mut self, before: u32) {
        if depth(self.connection).is_ok_and(|depth| depth > before) {
            let _ = self.back_to(before).await;
        }
    }

    /// Runs a synchronous step on a thread of its own.
    async fn call(&mut self, step: DataStep, deadline: Option<Deadline>) -> Result<()> {
        let depth = depth(self.connection)
            .map_err(|error| database_error(error, "its transaction was looked at"))?;
        let work = move |connection: &mut Distant| {
            (step.call)(&mut ConnectionSession {
                connection,
                deadline,
            })
        };
        // The thread may go on where it is not waited for; whatever it asks for fails.
        let result = until(deadline, self.lend(work)).await;
        match result {
            Ok(lent) => match lent? {
                Ok(result) => result,
                Err(panic) => match self.panicked(panic).await {},
            },
            Err(missed) => {
                self.given_up(depth).await;
                Err(missed)
            }
        }
    }

    /// Lends the connection to work that blocks, on a thread of its own, and does here what that
    /// asks for. When this future is dropped, whatever it asks for fails.
    async fn lend<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Distant) -> T + Send + 'static,
    ) -> Result<std::thread::Result<T>> {
        let depth = depth(self.connection)
            .map_err(|error| database_error(error, "its transaction was looked at"))?;
        let (mut distant, mut asked) = Distant::new(depth);
        let (end, ended) = tokio::sync::oneshot::channel();
        let no_thread = || Error::new(ErrorKind::DataStep, "no thread can be had for it");
        std::thread::Builder::new()
            .name("limbeck".to_owned())
            .spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(|| work(&mut distant)));
                // Its end is the end of asking. Where nobody waits any more, nobody wants to know.
                drop(distant);
                let _ = end.send(result);
            })
            .map_err(|error| no_thread().with_source(error))?;
        while let Some(asked) = asked.recv().await {
            self.answer(asked).await;
        }
        ended.await.map_err(|error| no_thread().with_source(error))
    }

    /// Does what is asked for. Who does not wait for the answer any more has panicked.
    async fn answer(&mut self, asked: Asked) {
        match asked {
            Asked::Batch(sql, reply) => {
                let _ = reply.send(self.connection.batch_execute(&sql).await);
            }
            Asked::Load(sent, reply) => {
                let _ = reply.send(self.load(sent).await);
            }
            Asked::Begin(reply) => {
                let _ = reply.send(self.begin().await);
            }
            Asked::Commit(reply) => {
                let _ = reply.send(self.commit().await);
            }
            Asked::Rollback(reply) => {
                let _ = reply.send(self.rollback().await);
            }
        }
    }

    async fn load(&mut self, Sent { sql, binds }: Sent) -> QueryResult<Vec<PgRow>> {
        let mut query = diesel::sql_query(sql).into_boxed::<Pg>();
        for (oid, bytes) in binds {
            let bytes = bytes.map(Raw);
            query = match oid {
                16 => query.bind::<Nullable<Bool>, _>(bytes),
                25 => query.bind::<Nullable<Text>, _>(bytes),
                1009 => query.bind::<Nullable<Array<Text>>, _>(bytes),
                oid => {
                    let told = format!("no parameter of the type with OID {oid} is ever sent");
                    return Err(diesel::result::Error::SerializationError(told.into()));
                }
            };
        }
        let mut stream = AsyncConnectionCore::load(&mut *self.connection, query).await?;
        let mut rows = Vec::new();
        while let Some(row) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
            rows.push(row?);
        }
        Ok(rows)
    }

    /// A data step has panicked: its transactions and the revision's are ended before the panic
    /// goes on, so that the connection is left as it was.
    async fn panicked(&mut self, panic: Box<dyn Any + Send>) -> Infallible {
        if depth(self.connection).is_ok_and(|depth| depth > self.base) {
            let _ = self.back_to(self.base).await;
        }
        resume_unwind(panic)
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let base = self.base;
        if depth(self.connection).is_ok_and(|depth| depth > base) {
            rise(self.connection, base);
            hand_over(self.connection, &rollback_sql(base));
        }
        if let Some(owed) = self.owed.take() {
            hand_over(self.connection, &owed);
        }
    }
}

/// The first poll hands a message to the connection's own task, which does the rest.
fn hand_over(connection: &mut AsyncPgConnection, sql: &str) {
    let sent = pin!(connection.batch_execute(sql));
    let _ = sent.poll(&mut Context::from_waker(Waker::noop()));
}

type Manager = <AsyncPgConnection as AsyncConnection>::TransactionManager;

fn status(connection: &mut AsyncPgConnection) -> &mut TransactionManagerStatus {
    <Manager as TransactionManager<AsyncPgConnection>>::transaction_manager_status_mut(connection)
}

fn depth(connection: &mut AsyncPgConnection) -> QueryResult<u32> {
    let depth = status(connection).transaction_depth()?;
    Ok(depth.map_or(0, std::num::NonZeroU32::get))
}

fn deepen(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    status(connection)
        .transaction_state()?
        .change_transaction_depth(TransactionDepthChange::IncreaseDepth)
}

/// Notes that only so many transactions are open.
fn rise(connection: &mut AsyncPgConnection, wanted: u32) {
    while depth(connection).is_ok_and(|depth| depth > wanted) {
        let Ok(state) = status(connection).transaction_state() else {
            break;
        };
        if state
            .change_transaction_depth(TransactionDepthChange::DecreaseDepth)
            .is_err()
        {
            break;
        }
    }
}

/// The savepoint that diesel-async makes at a depth.
fn savepoint(depth: u32) -> String {
    format!("diesel_savepoint_{depth}")
}

/// Ends everything that is deeper, and undoes it.
fn rollback_sql(depth: u32) -> String {
    match depth {
        0 => "ROLLBACK".to_owned(),
        _ => {
            let savepoint = savepoint(depth);
            format!("ROLLBACK TO SAVEPOINT {savepoint}; RELEASE SAVEPOINT {savepoint}")
        }
    }
}

/// Waits for as long as there is time.
async fn until<T>(deadline: Option<Deadline>, future: impl Future<Output = T>) -> Result<T> {
    let Some(deadline) = deadline else {
        return Ok(future.await);
    };
    let left = deadline.left(Instant::now());
    let timed = tokio::time::timeout(left, future).await;
    timed.map_err(|_| deadline.missed())
}

/// An asynchronous session over the connection.
struct LineSession<'a> {
    connection: &'a mut AsyncPgConnection,
    deadline: Option<Deadline>,
}

impl LineSession<'_> {
    /// Keeps the next statement within the deadline.
    async fn limit(&mut self) -> Result<()> {
        match limit(self.deadline)? {
            Some(limit) => {
                let limited = self.connection.batch_execute(&limit).await;
                limited.map_err(not_executed)
            }
            None => Ok(()),
        }
    }
}

impl AsyncSession for LineSession<'_> {
    fn execute<'a>(&'a mut self, sql: &'a str) -> SessionFuture<'a, ()> {
        Box::pin(async move {
            if is_empty(sql) {
                return Ok(());
            }
            self.limit().await?;
            let executed = self.connection.batch_execute(sql).await;
            executed.map_err(not_executed)
        })
    }

    fn query<'a>(&'a mut self, sql: &'a str) -> SessionFuture<'a, Vec<Vec<Option<String>>>> {
        Box::pin(async move {
            let sql = as_records(sql)?;
            self.limit().await?;
            let rows = diesel::sql_query(sql).load::<Row>(self.connection).await;
            values(rows.map_err(not_queried)?)
        })
    }

    fn connection(&mut self) -> Option<&mut (dyn Any + Send)> {
        Some(self.connection)
    }
}

/// A value as Postgres takes it.
#[derive(Debug)]
struct Raw(Vec<u8>);

impl<T> ToSql<T, Pg> for Raw {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}

/// Lends a connection to work that is written for synchronous ones, on a thread of its own. Panics
/// go on here.
#[cfg(feature = "postgres")]
pub(crate) async fn lend<T: Send + 'static>(
    connection: &mut AsyncPgConnection,
    work: impl FnOnce(&mut Distant) -> Result<T> + Send + 'static,
) -> Result<T> {
    let mut line = Line::new(connection)?;
    match line.lend(work).await? {
        Ok(result) => result,
        Err(panic) => match line.panicked(panic).await {},
    }
}
