//! For those who migrate in a job of their own: a program that starts only on a database that it
//! fits.

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::error::on_one_line;
use limbeck_core::{Error, ErrorKind, Result, RevisionId};

use super::Migrator;
use crate::runner::{Action, Report};

impl Migrator {
    /// Refuses to go on unless every revision of this program is applied, and changes nothing: for
    /// deployments that migrate in a job of their own. Where all is current it costs one statement.
    ///
    /// A database that is ahead is fine while none of the revisions that this program does not know
    /// is marked `breaking = true`: that is a rolling deploy.
    ///
    /// ```no_run
    /// # fn main() -> limbeck_core::Result<()> {
    /// # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// # let mut connection = limbeck_postgres::connect("postgres://me@localhost/blog")?;
    /// migrator.require_current(&mut connection)?;
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Behind`] with what is pending; [`ErrorKind::Stale`] where this program is too old
    /// for the database; otherwise as for [`run_pending`](Self::run_pending).
    pub fn require_current<C>(&self, connection: &mut C) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let report = self.run(connection, |_| Action::RequireCurrent)?;
        self.refuse_behind(report)
    }

    /// Refuses a report with pending revisions, each of them named.
    pub(super) fn refuse_behind(&self, report: Report) -> Result<Report> {
        let mut pending: Vec<String> = Vec::new();
        let mut first: Option<RevisionId> = None;
        let runs = self.runs()?;
        for bundle in &report.bundles {
            let run = runs
                .iter()
                .find(|run| run.name == bundle.bundle && run.placement == bundle.placement);
            for id in &bundle.pending {
                first.get_or_insert_with(|| id.clone());
                let message = run
                    .and_then(|run| run.graph.get(id))
                    .map_or("", |revision| revision.message.as_str());
                let mut told = format!("`{id}`");
                if !message.is_empty() {
                    told.push_str(&format!(" ({})", on_one_line(message)));
                }
                if runs.len() > 1 {
                    told.push_str(&format!(" of `{}`", bundle.bundle));
                }
                pending.push(told);
            }
        }
        let Some(first) = first else {
            return Ok(report);
        };
        let count = match pending.len() {
            1 => "one revision is".to_owned(),
            count => format!("{count} revisions are"),
        };
        Err(Error::new(
            ErrorKind::Behind,
            format!(
                "the database is behind this program: {count} not applied: {}",
                pending.join(", ")
            ),
        )
        .with_revision(first)
        .with_hint(
            "run the job that migrates (`limbeck upgrade head`, or `run_pending`) before this program starts",
        ))
    }
}
