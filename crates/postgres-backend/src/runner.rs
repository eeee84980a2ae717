//! The runner: brings a database to the revisions that a program has, each of them exactly once.
//!
//! It performs no I/O. [`Runner::next`] takes the answer to its last request and gives the next one:
//! send this batch, read these rows, open or end a transaction, call this data step, sleep, done. A
//! driver is a loop around it (see [`drive`](crate::drive)), and every fault can be tested by feeding
//! it answers. Nothing in here knows a connection or Diesel.
//!
//! A run in short: one statement reads the heads. Equal to the program's, chain digests included:
//! done. Otherwise all rows are read, compared with the graphs (`decide`), and one plan is made over
//! the revisions of all bundles (`joint`). Every
//! revision then travels as one batch, an implicit transaction: take the advisory lock if it is free,
//! compare the heads again, run the statements, write the history. What the checks find comes back
//! as an error whose constraint says `limbeck:…`. Who finds the lock taken polls it with a one-line
//! query and plans again. What cannot run in a transaction goes statement by statement (`outside`).
//! Revisions with data steps, and everything inside a caller's transaction,
//! take the same path in several messages between `BEGIN` and `COMMIT`, or a savepoint's.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use limbeck_core::revision::across::Member;
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::target::Target;
use limbeck_core::{
    AsyncDataStep, Bundle, DataStep, Error, ErrorKind, Ident, Migration, Result, RevisionId,
};

use crate::history::{Fields, HistoryTable, Owner, Placed};

mod batch;
mod budget;
mod decide;
mod elsewhere;
mod failure;
mod joint;
mod library;
mod lock;
#[cfg(any(feature = "postgres", feature = "async"))]
pub(crate) mod offline;
mod outside;
mod port;
mod prepare;
mod progress;
mod record;
mod report;
mod rights;
pub(crate) mod script;
mod settings;
mod squash;
mod step;
mod stop;
mod story;
#[cfg(test)]
mod tests;
mod uninstall;
mod watch;

pub use budget::Deadline;
pub use failure::{DbFailure, FailureKind};
#[cfg(feature = "postgres")]
pub(crate) use lock::end_sql;
#[cfg(any(feature = "postgres", feature = "async"))]
pub use offline::{OfflineScript, OnUnprintable};
#[cfg(any(feature = "postgres", feature = "async"))]
pub(crate) use progress::spoken;
pub use progress::{Blocker, Event, Notice, Observers, PlannedStep};
pub use report::{Applied, BundleReport, Deed, HalfDone, Report, Status, Unlisted};
pub use script::Render;
#[cfg(feature = "postgres")]
pub(crate) use step::telling_text;
pub use stop::Stop;
pub use watch::Watch;

use port::Port;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The bundles, in the order of their dependencies.
    pub bundles: Vec<BundleRun>,
    /// How.
    pub options: RunOptions,
}

/// A bundle's revisions, and what to do with them.
#[derive(Clone)]
pub struct BundleRun {
    /// The bundle's name.
    pub name: String,
    /// The name that its library gave it.
    pub origin: String,
    /// The schema that it is installed in.
    pub placement: Ident,
    /// Its revisions.
    pub graph: Arc<RevisionGraph>,
    /// What they do.
    pub migrations: Arc<BTreeMap<RevisionId, Arc<dyn Migration>>>,
    /// What to do.
    pub action: Action,
    /// Whether the program looks for its tables without a schema, as far as can be told.
    pub bare: bool,
}

/// What to do with a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Apply everything that is not applied.
    RunPending,
    /// Apply what a target needs.
    Upgrade(Target),
    /// Take back what stands on a target.
    Downgrade(Target),
    /// Record targets as applied, one after the other, and what stands on them as not, without running anything.
    Stamp(Vec<Target>),
    /// Look only: report what is applied, and the rows of the history.
    Inspect,
    /// Leave it as it is, but for what others depend on; and take nothing from under it.
    Leave,
    /// Look only, and refuse what [`RunPending`](Self::RunPending) would refuse: a program that is
    /// too old, revisions that were edited. What is pending is reported, and costs one statement to
    /// find where nothing is.
    RequireCurrent,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Where the history stands.
    pub history: HistoryTable,
    /// Whether the schemas of the bundles are known.
    pub placed: Placed,
    /// Whether to make that table where it does not exist.
    pub create_history: CreateHistory,
    /// What to do while another process is migrating.
    pub lock_wait: LockWait,
    /// How often to look whether it is done: from half to one and a half of this.
    pub poll_interval: Duration,
    /// `lock_timeout` of the revisions that do not set their own; `None` leaves the session's.
    pub lock_timeout: Option<Duration>,
    /// `statement_timeout` of the revisions that do not set their own; `None` leaves the session's.
    pub statement_timeout: Option<Duration>,
    /// What to do about revisions that this program does not know, where it has pending ones.
    pub on_divergence: OnDivergence,
    /// What to do about a way down that takes data away.
    pub on_loss: OnLoss,
    /// How long the whole run may take; `None` sets no limit. When it is over no revision is
    /// started, and the one that runs is cut off, so that nothing of it is kept.
    pub time_budget: Option<Duration>,
    /// When the time budget began; `None` is with the run.
    pub budget_began: Option<Instant>,
    /// What to do about bundles that the database has and the program does not list.
    pub on_unlisted: OnUnlisted,
    /// Who is told how the run goes on.
    pub observers: Observers,
    /// Who looks whether the database still answers.
    pub watch: Option<Watch>,
    /// How operations of scripts become SQL.
    pub render: Render,
    /// Whether only to say what would be done, in [`Report::planned`], and to change nothing.
    pub only_plans: bool,
    /// Who may stop it.
    pub stop: Stop,
    /// Whether only to make the history table where it is missing, in [`Report::made_history`].
    pub only_history: bool,
}

/// Whether to make the history table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateHistory {
    /// Where it does not exist.
    #[default]
    IfAbsent,
    /// Never: its absence is an error.
    Never,
}

/// What to do while another process is migrating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockWait {
    /// Give up at once.
    Fail,
    /// Give up after this long.
    For(Duration),
}

/// What to do about revisions that a program does not know, where it has pending ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDivergence {
    /// Run nothing.
    #[default]
    Refuse,
    /// Say so in the log, and run what is pending.
    Warn,
}

/// What to do about a way down that takes data away: by statements that drop, delete or overwrite
/// rows, that give a column another type, or of which nobody can tell (`DO`, `CALL`, `EXECUTE`, a data
/// step); or by what a generated revision records of itself (`down_destroys` in its metadata), which
/// is also what tells of the types that it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLoss {
    /// Run it: who calls for a way down has decided.
    #[default]
    Allow,
    /// Run nothing, and name the statements.
    Refuse,
}

/// What to do about bundles that the database has and the program does not list: the report names them in any
/// case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnlisted {
    /// Say so in the log.
    #[default]
    Warn,
    /// Nothing: an earlier run of the same start has said so.
    Report,
}

/// What the runner wants done.
#[derive(Debug)]
pub enum Request {
    /// Send statements in one message, for their effect; never empty. Answer with
    /// [`Answer::Done`] or [`Answer::Failed`].
    Batch(String),
    /// Send a query of the one column `fields text[]`. Answer with [`Answer::Rows`] or
    /// [`Answer::Failed`].
    Rows(String),
    /// Open a transaction, or a savepoint in one, in a way that nested transactions of data steps
    /// know of. Answer with [`Answer::Done`] or [`Answer::Failed`].
    Begin,
    /// End it and keep what was done. Answer with [`Answer::Done`] or [`Answer::Failed`].
    Commit,
    /// End it and undo what was done. Answer with [`Answer::Done`] or [`Answer::Failed`].
    Rollback,
    /// Call a data step. Answer with [`Answer::Called`].
    ///
    /// With a deadline no statement of it runs longer, and where the driver need not wait for the
    /// step itself it does not: it answers with [`Deadline::missed`] then.
    Call(DataStep, Option<Deadline>),
    /// Call an asynchronous data step, as with [`Call`](Self::Call).
    CallAsync(AsyncDataStep, Option<Deadline>),
    /// Wait. Answer with [`Answer::Done`].
    Sleep(Duration),
    /// Tell the observers what happened: [`Notice::deliver`]. Answer with [`Answer::Done`].
    Report(Notice),
    /// The run is over.
    Done(Result<Report>),
}

/// What came of a request.
#[derive(Debug)]
pub enum Answer {
    /// Nothing was requested yet: where the run takes place.
    Start(Surroundings),
    /// It is done.
    Done,
    /// The rows, each the values of `fields`.
    Rows(Vec<Fields>),
    /// The database refused, or was not there.
    Failed(DbFailure),
    /// What the data step returned.
    Called(Result<()>),
}

/// Where a run takes place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether the caller has a transaction open on the connection.
    pub in_transaction: bool,
    /// Whether synchronous data steps can have the backend's connection.
    pub connection: bool,
    /// Whether asynchronous data steps can have it.
    pub async_connection: bool,
    /// Whether the positions that come with failures may be of a query inside a function that was
    /// called, in place of the text that was sent.
    pub inner_positions: bool,
    /// Something that differs between those who run at once: it spreads their waiting.
    pub seed: u64,
}

/// The runner of one run.
pub struct Runner {
    port: Port,
    watch: Watch,
    request: Option<RunRequest>,
    story: Option<Pin<Box<dyn Future<Output = Result<Report>> + Send>>>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            history: HistoryTable::default(),
            placed: Placed::Stated,
            create_history: CreateHistory::IfAbsent,
            lock_wait: LockWait::For(Duration::from_secs(600)),
            poll_interval: Duration::from_millis(100),
            lock_timeout: None,
            statement_timeout: None,
            on_divergence: OnDivergence::Refuse,
            on_loss: OnLoss::Allow,
            on_unlisted: OnUnlisted::Warn,
            time_budget: None,
            budget_began: None,
            observers: Observers::default(),
            watch: None,
            render: script::render,
            only_plans: false,
            stop: Stop::default(),
            only_history: false,
        }
    }
}

impl BundleRun {
    /// A bundle with what to do; those that it depends on are not part of it.
    ///
    /// # Errors
    /// When its revisions form no graph.
    pub fn new(bundle: &Bundle, action: Action) -> Result<Self> {
        let graph = bundle.graph()?;
        let migrations = bundle
            .migrations
            .iter()
            .map(|migration| (migration.revision().id.clone(), Arc::clone(migration)))
            .collect();
        Ok(Self {
            name: bundle.name.clone(),
            origin: bundle.origin.clone(),
            placement: bundle.schema(),
            graph: Arc::new(graph),
            migrations: Arc::new(migrations),
            action,
            // Who has no models and says a schema will name it in queries, too.
            bare: match bundle.models.as_slice() {
                [] => bundle.placement.is_none(),
                models => models.iter().any(|model| model.schema.is_none()),
            },
        })
    }

    /// The bundle among others.
    pub fn member(&self) -> Member<'_> {
        Member {
            name: &self.name,
            origin: &self.origin,
            graph: &self.graph,
        }
    }

    /// Whose rows of the history are its own.
    pub fn owner(&self) -> Owner {
        Owner {
            bundle: self.name.clone(),
            placement: self.placement.clone(),
        }
    }
}

impl Runner {
    /// A runner that has asked for nothing yet.
    pub fn new(request: RunRequest) -> Self {
        let watch = request.options.watch.clone().unwrap_or_default();
        Self {
            port: Port::new(Instant::now(), watch.clone()),
            watch,
            request: Some(request),
            story: None,
        }
    }

    /// Takes the answer to the last request, at the time it came, and gives the next request. The
    /// first answer is [`Answer::Start`].
    pub fn next(&mut self, now: Instant, answer: Answer) -> Request {
        if self.watch.is_given_up() {
            self.story = None;
            return Request::Done(Err(Error::new(
                ErrorKind::GivenUp,
                "the run was given up, since the server did not answer",
            )));
        }
        let request = self.go_on(now, answer);
        self.watch.asks(&request, now);
        request
    }

    fn go_on(&mut self, now: Instant, answer: Answer) -> Request {
        let surroundings = match &answer {
            Answer::Start(surroundings) => *surroundings,
            _ => Surroundings::default(),
        };
        self.port.give(now, answer);
        if let Some(request) = self.request.take() {
            self.story = Some(Box::pin(story::run(
                self.port.clone(),
                request,
                surroundings,
            )));
        }
        let Some(story) = &mut self.story else {
            return Request::Done(Err(Error::new(
                ErrorKind::Config,
                "the runner was asked to go on after its end",
            )));
        };
        match story.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                self.story = None;
                Request::Done(result)
            }
            Poll::Pending => self.port.take().unwrap_or_else(|| {
                self.story = None;
                Request::Done(Err(Error::new(
                    ErrorKind::Config,
                    "the runner was asked to go on without an answer",
                )))
            }),
        }
    }
}

impl Runner {
    /// What the driver sends where the run is not gone on with, though the connection is: session locks
    /// and settings outlive a future that is dropped. Asked for with every request.
    pub fn owed(&self) -> Option<Arc<str>> {
        self.port.owed()
    }

    /// What sees the run from outside of it, where it has a time budget.
    #[cfg(feature = "async")]
    pub(crate) fn watch(&self) -> Option<Watch> {
        let options = self.request.as_ref().map(|request| &request.options)?;
        options.time_budget.map(|_| self.watch.clone())
    }

    /// What the observers are to be told where the run is not gone on with: its future was dropped, or
    /// a data step has panicked. Nothing where it is at its end, or has told nothing yet.
    pub fn given_up(&mut self) -> Option<Notice> {
        drop(self.story.take()?);
        if self.watch.is_given_up() {
            return None;
        }
        self.port.given_up()
    }
}

impl fmt::Debug for BundleRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            origin: _,
            placement,
            graph,
            migrations: _,
            action,
            bare: _,
        } = self;
        f.debug_struct("BundleRun")
            .field("name", name)
            .field("placement", placement)
            .field("revisions", &graph.len())
            .field("action", action)
            .finish()
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}
