//! Running revisions: up, down, by record only, or just looking.

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::revision::target::Target;
use limbeck_core::{Bundle, Result};

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
        self.run(connection, |bundle| {
            if self.is_own(bundle) {
                Action::Upgrade(target.clone())
            } else {
                Action::RunPending
            }
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

    pub(super) fn run<C>(
        &self,
        connection: &mut C,
        action: impl Fn(&Bundle) -> Action,
    ) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let bundles = self
            .ordered()?
            .into_iter()
            .map(|bundle| BundleRun::new(bundle, action(bundle)))
            .collect::<Result<_>>()?;
        drive(
            connection,
            Runner::new(RunRequest {
                bundles,
                options: self.options.clone(),
            }),
        )
    }

    fn run_own<C>(&self, connection: &mut C, action: Action) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let bundles = vec![BundleRun::new(&self.bundle, action)?];
        drive(
            connection,
            Runner::new(RunRequest {
                bundles,
                options: self.options.clone(),
            }),
        )
    }

    fn is_own(&self, bundle: &Bundle) -> bool {
        bundle.name == self.bundle.name && bundle.placement == self.bundle.placement
    }
}
