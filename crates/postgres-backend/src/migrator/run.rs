//! Running revisions: up, down, by record only, or just looking.

#[cfg(feature = "postgres")]
use std::sync::{Arc, OnceLock, mpsc};
#[cfg(feature = "postgres")]
use std::{thread, time::Duration};

use diesel::connection::LoadConnection;
#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use limbeck_core::Result;

use super::Migrator;
#[cfg(feature = "postgres")]
use super::connecting::aside;
use crate::drive::drive;
#[cfg(feature = "postgres")]
use crate::runner::end_sql;
use crate::runner::{Action, BundleRun, CreateHistory, Report, RunRequest, Runner};

impl Migrator {
    /// Applies everything that is pending, each revision exactly once, whoever else is doing the
    /// same: the one line that an application needs on boot. With nothing to do it costs one
    /// statement.
    ///
    /// A debug build also looks into its revision directory, and says by name which revisions there
    /// it was built without; with [`autogenerate_on_boot`](Self::autogenerate_on_boot) it turns
    /// changed models into a revision.
    ///
    /// # Errors
    /// With the revision, file, statement, line and column where a statement fails, and
    /// [`Error::applied`](limbeck_core::Error::applied) for what went well before; see
    /// [`ErrorKind`](limbeck_core::ErrorKind) for the other reasons.
    pub fn run_pending<C>(&self, connection: &mut C) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        #[cfg(feature = "postgres")]
        return self.boot(connection);
        #[cfg(not(feature = "postgres"))]
        return logged(self.run(connection, |_| Action::RunPending));
    }

    /// Connects by URL, and then is [`run_pending`](Self::run_pending): for programs that have another
    /// library for their queries, such as sqlx, tokio-postgres or sea-orm. It blocks; from
    /// asynchronous code use `run_pending_url_async`.
    ///
    /// With a [time budget](Self::time_budget) it connects and runs in threads of their own, which are left
    /// to themselves where the server does not answer any more; they do nothing else then.
    ///
    /// libpq reads the URL, with all that it knows of TLS: `sslmode`, `sslrootcert`, client
    /// certificates, its environment and its files.
    ///
    /// ```no_run
    /// # fn main() -> limbeck_core::Result<()> {
    /// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// println!("{}", migrator.run_pending_url("postgres://me@localhost/blog?sslmode=require")?);
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`connect`](crate::connect) and [`run_pending`](Self::run_pending).
    #[cfg(feature = "postgres")]
    pub fn run_pending_url(&self, url: &str) -> Result<Report> {
        let migrator = self.begun();
        let limited = match migrator.budget_left() {
            Some(left) => crate::connection::within(url, left),
            None => url.to_owned(),
        };
        let mut connection = migrator.connecting(move || crate::connect(&limited))?;
        let (migrator, watch) = migrator.watched();
        let Some(watch) = watch else {
            return migrator.run_pending(&mut connection);
        };
        let session = Arc::new(OnceLock::new());
        let (known, history) = (Arc::clone(&session), migrator.options.history.clone());
        let run = move || {
            if let Some(pid) = crate::drive::session_of(&mut connection) {
                let _ = known.set(pid);
            }
            migrator.run_pending(&mut connection)
        };
        match aside(&watch, run) {
            Ok(result) => result,
            Err(silent) => {
                // Its transaction would hold the lock for as long as the server takes it for alive.
                if let Some(pid) = session.get() {
                    end_session(url, end_sql(&history, *pid));
                }
                Err(silent)
            }
        }
    }

    /// Applies what a target of the application's own bundle needs: `head`, a revision, a unique
    /// beginning of one, `+1`. The other bundles go to their heads, but for revisions that wait for
    /// one of the own bundle's beyond the target.
    ///
    /// `accounts@head` is a target of the bundle `accounts`; of the others, only what that needs is
    /// applied.
    ///
    /// # Errors
    /// As for [`run_pending`](Self::run_pending); also for a target that is unknown or ambiguous.
    pub fn upgrade<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.upgrade_runner(target)?)
    }

    /// Takes back what stands on a target of the application's own bundle: `base`, a revision, a
    /// unique beginning of one, `-1`.
    ///
    /// `accounts@base` uninstalls the bundle `accounts`: what its revisions made is dropped, by their
    /// own ways down, and nothing else. The schema it was placed in stays.
    ///
    /// # Errors
    /// As for [`upgrade`](Self::upgrade); also where a revision has no way down, or an applied revision
    /// of another bundle depends on one that would go.
    pub fn downgrade<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.downgrade_runner(target)?)
    }

    /// What [`upgrade`](Self::upgrade) to a target would do, in [`Report::planned`]; nothing is changed.
    ///
    /// # Errors
    /// As for [`upgrade`](Self::upgrade), which would not begin either.
    pub fn plan_upgrade<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.planning().upgrade_runner(target)?)
    }

    /// What [`downgrade`](Self::downgrade) to a target would do, in [`Report::planned`]; nothing is changed.
    ///
    /// # Errors
    /// As for [`downgrade`](Self::downgrade), which would not begin either.
    pub fn plan_downgrade<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.planning().downgrade_runner(target)?)
    }

    fn planning(&self) -> Self {
        let mut planning = self.clone();
        planning.options.only_plans = true;
        planning
    }

    /// Records a target as applied, and what stands on it as not, without running anything;
    /// `accounts@head` is a target of the bundle `accounts`. Several, separated by spaces, are recorded one
    /// after the other.
    ///
    /// # Errors
    /// As for [`upgrade`](Self::upgrade).
    pub fn stamp<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.stamp_runner(target)?)
    }

    /// As [`stamp`](Self::stamp), with everything forgotten before that is recorded of the bundles in question:
    /// afterwards the targets alone are applied, with what they need.
    ///
    /// # Errors
    /// As for [`stamp`](Self::stamp).
    pub fn stamp_anew<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.runner_of(self.stamped(target, true)?)?)
    }

    /// Makes the table in which the history stands where it is missing, and nothing else;
    /// [`Report::made_history`] says whether it was. For a role that may make it, before one runs that may not.
    ///
    /// # Errors
    /// When it may not be made, or another table has its name.
    pub fn ensure_version<C>(&self, connection: &mut C) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.ensuring_runner()?)
    }

    /// Looks which revisions are applied of all bundles, and changes nothing.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn current<C>(&self, connection: &mut C) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        self.run(connection, |_| Action::Inspect)
    }

    /// Runs all bundles, each with the action that is chosen for it; `true` is the own one.
    pub(crate) fn run<C>(
        &self,
        connection: &mut C,
        action: impl Fn(bool) -> Action,
    ) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        drive(connection, self.runner(action)?)
    }

    /// The runner of all bundles, each with the action that is chosen for it; `true` is the own one.
    pub(super) fn runner(&self, action: impl Fn(bool) -> Action) -> Result<Runner> {
        let runs = self.runs()?;
        let bundles = runs.iter().enumerate().map(|(index, run)| BundleRun {
            action: action(index + 1 == runs.len()),
            ..run.clone()
        });
        self.runner_of(bundles.collect())
    }

    pub(super) fn upgrade_runner(&self, target: &str) -> Result<Runner> {
        let bundles = self.aimed(target, Action::Upgrade, |own| match own {
            true => Action::RunPending,
            false => Action::Leave,
        })?;
        self.runner_of(bundles)
    }

    pub(super) fn downgrade_runner(&self, target: &str) -> Result<Runner> {
        self.runner_of(self.aimed(target, Action::Downgrade, |_| Action::Leave)?)
    }

    pub(super) fn stamp_runner(&self, target: &str) -> Result<Runner> {
        self.runner_of(self.stamped(target, false)?)
    }

    pub(super) fn ensuring_runner(&self) -> Result<Runner> {
        let mut ensuring = self.clone();
        ensuring.options.only_history = true;
        ensuring.options.create_history = CreateHistory::IfAbsent;
        ensuring.runner(|_| Action::Leave)
    }

    fn runner_of(&self, bundles: Vec<BundleRun>) -> Result<Runner> {
        super::request::refuse_unanswered()?;
        let options = self.options.clone();
        Ok(Runner::new(RunRequest { bundles, options }))
    }
}

/// Tells the server by another connection to end a session, and does not wait for long.
#[cfg(feature = "postgres")]
fn end_session(url: &str, sql: String) {
    const WITHIN: Duration = Duration::from_secs(2);
    let url = crate::connection::within(url, Duration::ZERO);
    let (send, receive) = mpsc::channel();
    let ending = thread::Builder::new()
        .name("limbeck-ending".to_owned())
        .spawn(move || {
            let ended = crate::connect(&url).map(|mut other| other.batch_execute(&sql));
            tracing::debug!(?ended, "the server was told to end what it does not answer");
            let _ = send.send(());
        });
    if ending.is_ok() {
        let _ = receive.recv_timeout(WITHIN);
    }
}

/// What a run notes stands in the log, too.
pub(super) fn logged(result: Result<Report>) -> Result<Report> {
    for note in result.iter().flat_map(|report| &report.notes) {
        tracing::warn!("{note}");
    }
    result
}
