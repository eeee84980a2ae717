//! Running revisions: up, down, by record only, or just looking.

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::Result;
use limbeck_core::revision::target::Target;

use super::Migrator;
use crate::drive::drive;
use crate::runner::{Action, BundleRun, Report, RunRequest, Runner};

impl Migrator {
    /// Applies everything that is pending, each revision exactly once, whoever else is doing the
    /// same: the one line that an application needs on boot. With nothing to do it costs one
    /// statement.
    ///
    /// # Errors
    /// With the revision, file, statement, line and column where a statement fails, and
    /// [`Error::applied`](limbeck_core::Error::applied) for what went well before; see
    /// [`ErrorKind`](limbeck_core::ErrorKind) for the other reasons.
    pub fn run_pending<C>(&self, connection: &mut C) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        self.run(connection, |_| Action::RunPending)
    }

    /// Applies what a target of the application's own bundle needs: `head`, a revision, a unique
    /// beginning of one, `+1`. Bundles that it depends on go to their heads.
    ///
    /// # Errors
    /// As for [`run_pending`](Self::run_pending); also for a target that is unknown or ambiguous.
    pub fn upgrade<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let target = Target::parse(target)?;
        self.run(connection, |own| match own {
            true => Action::Upgrade(target.clone()),
            false => Action::RunPending,
        })
    }

    /// Takes back what stands on a target of the application's own bundle: `base`, a revision, a
    /// unique beginning of one, `-1`.
    ///
    /// # Errors
    /// As for [`upgrade`](Self::upgrade); also where a revision has no way down.
    pub fn downgrade<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        self.run_own(connection, Action::Downgrade(Target::parse(target)?))
    }

    /// Records a target as applied, and what stands on it as not, without running anything.
    ///
    /// # Errors
    /// As for [`upgrade`](Self::upgrade).
    pub fn stamp<C>(&self, connection: &mut C, target: &str) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        self.run_own(connection, Action::Stamp(Target::parse(target)?))
    }

    /// Looks which revisions are applied, and changes nothing.
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
    pub(super) fn run<C>(
        &self,
        connection: &mut C,
        action: impl Fn(bool) -> Action,
    ) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let runs = self.runs()?;
        let bundles = runs.iter().enumerate().map(|(index, run)| BundleRun {
            action: action(index + 1 == runs.len()),
            ..run.clone()
        });
        self.drive(connection, bundles.collect())
    }

    fn run_own<C>(&self, connection: &mut C, action: Action) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let own = self.runs()?.iter().rev().take(1);
        let bundles = own.map(|run| BundleRun {
            action: action.clone(),
            ..run.clone()
        });
        self.drive(connection, bundles.collect())
    }

    fn drive<C>(&self, connection: &mut C, bundles: Vec<BundleRun>) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        super::request::refuse_unanswered()?;
        let options = self.options.clone();
        drive(connection, Runner::new(RunRequest { bundles, options }))
    }
}
