//! Runs as scripts, for databases that this program does not connect to.

use limbeck_core::revision::target::Target;
use limbeck_core::{Error, ErrorKind, Result};

use super::Migrator;
use crate::runner::offline::{self, Start};
use crate::runner::{Action, OfflineScript, OnUnprintable};

impl Migrator {
    /// The script that brings a database from one target to another: `FROM:TO`, or `TO` alone from the base.
    ///
    /// It is for somebody else to run, by `psql -X -v ON_ERROR_STOP=1 -f`, and leaves what
    /// [`upgrade`](Self::upgrade) would leave: the same objects, and the same rows of the history, whose
    /// table it makes where it is missing. Each revision is a transaction of its own, which takes the lock of all
    /// runs and ends in an error where the head rows are not those that the script goes on from.
    ///
    /// No database is asked: whether an applied revision was edited, or a history stands in another table, is not
    /// seen. Several heads to start from are separated by commas. The other bundles are taken to be
    /// at what the start needs, unless it names them too (`1975,accounts@head:head`); where a start is stated, of
    /// those only what the way needs is gone.
    ///
    /// ```
    /// # use limbeck_postgres::{Migrator, OnUnprintable};
    /// # use limbeck_core::Bundle;
    /// let migrator = Migrator::new(Bundle::new("blog"));
    /// let script = migrator.upgrade_script("base:head", OnUnprintable::Refuse)?;
    /// assert!(script.steps.is_empty());
    /// println!("{}", script.sql);
    /// # Ok::<(), limbeck_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// For a target that is unknown or ambiguous, and for what no script can hold; see [`OnUnprintable`].
    pub fn upgrade_script(
        &self,
        range: &str,
        on_unprintable: OnUnprintable,
    ) -> Result<OfflineScript> {
        let (from, to) = sides(range)?;
        let start = self.start(from)?;
        let bundles = self.aimed(to, Action::Upgrade, |own| match own && start.is_base() {
            true => Action::RunPending,
            false => Action::Leave,
        })?;
        offline::script(&bundles, &start, &self.options, on_unprintable)
    }

    /// The script that takes back what stands on a target: `FROM:TO`, of which both are needed. Otherwise as
    /// [`upgrade_script`](Self::upgrade_script).
    ///
    /// What takes data away is told in it by comments, and in [`OfflineScript::steps`].
    ///
    /// # Errors
    /// As for [`upgrade_script`](Self::upgrade_script); also where a revision has no way down.
    pub fn downgrade_script(
        &self,
        range: &str,
        on_unprintable: OnUnprintable,
    ) -> Result<OfflineScript> {
        let (Some(from), to) = sides(range)? else {
            return Err(Error::new(
                ErrorKind::Target,
                format!(
                    "where the way down to `{range}` begins is not known: no database is asked"
                ),
            )
            .with_hint(format!("say it: `FROM:{range}`")));
        };
        let start = self.start(Some(from))?;
        let bundles = self.aimed(to, Action::Downgrade, |_| Action::Leave)?;
        offline::script(&bundles, &start, &self.options, on_unprintable)
    }

    /// The script that records targets as [`stamp`](Self::stamp) does: `FROM:TO`, or `TO` alone from the base.
    ///
    /// # Errors
    /// As for [`stamp`](Self::stamp).
    pub fn stamp_script(&self, range: &str) -> Result<OfflineScript> {
        let (from, to) = sides(range)?;
        let start = self.start(from)?;
        let bundles = self.stamped(to, false)?;
        offline::script(&bundles, &start, &self.options, OnUnprintable::Refuse)
    }

    /// As [`stamp_script`](Self::stamp_script), for [`stamp_anew`](Self::stamp_anew): wherever the database is, the
    /// targets alone are recorded afterwards.
    ///
    /// # Errors
    /// As for [`stamp`](Self::stamp); also for a start, which there is none.
    pub fn stamp_anew_script(&self, targets: &str) -> Result<OfflineScript> {
        let (None, targets) = sides(targets)? else {
            return Err(Error::new(
                ErrorKind::Target,
                "what forgets everything first has no start: it goes on from wherever the database is",
            ));
        };
        let start = Start {
            anew: true,
            ..Start::default()
        };
        let bundles = self.stamped(targets, true)?;
        offline::script(&bundles, &start, &self.options, OnUnprintable::Refuse)
    }

    /// The script that makes the history table where it is missing, as
    /// [`ensure_version`](Self::ensure_version) does.
    pub fn ensure_version_script(&self) -> OfflineScript {
        offline::history_script(&self.options)
    }

    fn start(&self, from: Option<&str>) -> Result<Start> {
        let mut start = Start::default();
        let names = from.unwrap_or_default().split([',', ' ']);
        for name in names.filter(|name| !name.is_empty()) {
            let (at, target, _) = self.aim(name)?;
            start.targets.entry(at).or_default().push(target);
        }
        let mixed = |targets: &&Vec<Target>| targets.len() > 1 && targets.contains(&Target::BASE);
        match start.targets.values().find(mixed) {
            Some(_) => Err(Error::new(
                ErrorKind::Target,
                "a script starts from `base` or from revisions, not from both",
            )),
            None => Ok(start),
        }
    }
}

/// The two sides of `FROM:TO`.
fn sides(range: &str) -> Result<(Option<&str>, &str)> {
    match range.split_once(':') {
        None => Ok((None, range)),
        Some((_, "")) => Err(Error::new(
            ErrorKind::Target,
            format!("`{range}` does not say where to go"),
        )
        .with_hint("a range is `FROM:TO`")),
        Some(("", to)) => Ok((None, to)),
        Some((from, to)) => Ok((Some(from), to)),
    }
}
