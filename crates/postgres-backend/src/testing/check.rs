//! The tests that every project wants of its revisions, in one line.

use std::collections::BTreeSet;

use diesel::PgConnection;
use limbeck_core::{Error, Result};

use super::current;
use crate::Migrator;
use crate::replay::{Asked, Finding, Ground, Walk};
use crate::server::Database;

/// Checks a migrator's revisions, in databases of its own:
///
/// * there is one head;
/// * every revision goes up, down, and up again, and makes the same each time;
/// * what all of them make is what the models want, where there are models;
/// * no revision that was generated destroys data without the `consent` that its `metadata.toml`
///   records.
///
/// ```no_run
/// # fn main() -> limbeck_core::Result<()> {
/// # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
/// limbeck_postgres::testing::check(&migrator)?;
/// # Ok::<(), limbeck_core::Error>(())
/// # }
/// ```
///
/// Compared is all that is there, and of the kinds of objects that are not known their names; the schema
/// that a bundle is placed in, which no revision makes, is left out, and so are extensions and schemas
/// that a revision makes `IF NOT EXISTS` and leaves. The bundles that this one depends on are their authors' to check: what
/// stands in them on a revision of this one is brought up when that has gone down and up again.
///
/// [`Migrator::replay`] does the same in scratch, and tells it revision by revision.
///
/// # Errors
/// One error with everything that was found, each with the revision and the objects concerned; and
/// where no server can be had.
pub fn check(migrator: &Migrator) -> Result<()> {
    Checks::new(migrator).run()
}

/// [`check`] with what a project accepts.
#[must_use = "it does nothing before `run` is called"]
pub struct Checks<'a> {
    migrator: &'a Migrator,
    without_way_down: BTreeSet<String>,
}

/// A database of the tests' server.
struct Tested {
    connection: PgConnection,
    /// Dropped with it, after the connection.
    _database: Database,
}

impl Ground for Tested {
    fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl<'a> Checks<'a> {
    /// The checks of [`check`].
    pub fn new(migrator: &'a Migrator) -> Self {
        Self {
            migrator,
            without_way_down: BTreeSet::new(),
        }
    }

    /// Accepts that a revision has no way down (no `down.sql`): otherwise that is an error. To name
    /// one that has a way down is an error too.
    pub fn without_way_down(mut self, revision: impl Into<String>) -> Self {
        self.without_way_down.insert(revision.into());
        self
    }

    /// Runs them.
    ///
    /// # Errors
    /// As for [`check`].
    pub fn run(&self) -> Result<()> {
        let server = current()?;
        let open = || {
            let database = server.create_database("check")?;
            let connection = database.connect()?;
            Ok(Box::new(Tested {
                connection,
                _database: database,
            }) as Box<dyn Ground>)
        };
        let walk = Walk::new(self.migrator, &self.without_way_down, Asked::ByTest, &open);
        let (replay, _) = walk.all()?;
        self.told(&replay.findings)
    }

    fn told(&self, findings: &[Finding]) -> Result<()> {
        let Some(first) = findings.first() else {
            return Ok(());
        };
        let name = &self.migrator.own().name;
        let error = match findings {
            [only] => Error::new(only.kind, only.told.clone()),
            several => {
                let lines: Vec<String> = several
                    .iter()
                    .map(|it| format!("\n  {}", it.told))
                    .collect();
                Error::new(
                    first.kind,
                    format!(
                        "{} things are wrong with the revisions of `{name}`:{}",
                        several.len(),
                        lines.concat()
                    ),
                )
            }
        };
        Err(match &first.revision {
            Some(revision) => error.with_revision(revision.clone()),
            None => error,
        })
    }
}
