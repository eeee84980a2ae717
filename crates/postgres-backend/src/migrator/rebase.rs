//! Putting a revision that no database has yet above another.

use std::collections::BTreeSet;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::revision::directory::{self, Rebased};
use limbeck_core::{Result, RevisionId};

use once_cell::sync::OnceCell;

use super::Migrator;
use crate::runner::Action;

impl Migrator {
    /// Puts a revision of the directory, with all that stands on it, above a head: two branches, each of
    /// which has added a revision, become one line again. Both are targets: a revision, or the unique
    /// beginning of one. The identifiers stay; a folder gets a later date where its versions would not
    /// rise along the chain otherwise. A merge conflict in `HEADS` is settled by it.
    ///
    /// ```no_run
    /// # fn main() -> limbeck_core::Result<()> {
    /// # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// # let mut connection = limbeck_postgres::connect("postgres://me@localhost/blog")?;
    /// let done = migrator.rebase(&mut connection, "1975ea83b712", "head")?;
    /// for moved in &done.moved {
    ///     println!("{} stands on {:?}", moved.revision, moved.parents);
    /// }
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`directory::rebase`]: also where the database has the revision, or one that stands on it;
    /// and where the history cannot be read.
    pub fn rebase<C>(&self, connection: &mut C, revision: &str, onto: &str) -> Result<Rebased>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let applied = self.recorded(connection)?;
        directory::rebase(self.directory()?, revision, onto, &applied)
    }

    /// As [`rebase`](Self::rebase), without asking a database: only who knows that none has the revision
    /// can say so.
    ///
    /// # Errors
    /// As for [`directory::rebase`].
    pub fn rebase_offline(&self, revision: &str, onto: &str) -> Result<Rebased> {
        directory::rebase(self.directory()?, revision, onto, &BTreeSet::new())
    }

    /// What the database has of the own bundle, whether or not the revisions here form a graph: they need
    /// not be looked at for that.
    fn recorded<C>(&self, connection: &mut C) -> Result<BTreeSet<RevisionId>>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let mut bare = self.clone();
        bare.bundle.migrations.clear();
        bare.bundle.dependencies.clear();
        bare.bundle.models.clear();
        bare.runs = OnceCell::new();
        let report = bare.run(connection, |_| Action::Inspect)?;
        let rows = report.bundles.into_iter().flat_map(|bundle| bundle.rows);
        Ok(rows.map(|row| row.revision).collect())
    }
}
