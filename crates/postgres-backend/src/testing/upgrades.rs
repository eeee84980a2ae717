//! Upgrading from every revision of a chain to its end, with rows in the tables.

use std::fmt;

use limbeck_core::{Bundle, Error, ErrorKind, Result, RevisionId};

use super::check::{differences, shown};
use super::{current, rows};
use crate::Migrator;
use crate::introspect::introspect;

/// What [`upgrades`] went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "it says which tables were empty"]
pub struct Upgrades {
    /// The revisions that were upgraded from.
    pub from: Vec<RevisionId>,
    /// How many rows were made for that.
    pub rows: usize,
    /// The tables that were empty, since no row could be made for them.
    pub empty: Vec<EmptyTable>,
}

/// A table without rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmptyTable {
    /// The revision that was upgraded from.
    pub revision: RevisionId,
    /// The table, with its schema.
    pub table: String,
    /// Why the last guess at a row was refused.
    pub reason: String,
}

/// Upgrades from every revision of a bundle to its last, each time with rows in all the tables that
/// are there: what a database of any age goes through when its owner takes the newest version of a
/// library. At the end, each must be what an empty database becomes.
///
/// The rows are guessed from the catalog: types, enums, lengths, foreign keys, unique keys, and what
/// checks name. Where no guess is accepted, the table stays empty, and [`Upgrades::empty`] and a line
/// on standard error say so.
///
/// ```no_run
/// # fn bundle() -> limbeck_core::Bundle { limbeck_core::Bundle::new("accounts") }
/// let upgrades = limbeck_postgres::testing::upgrades(&bundle())?;
/// assert!(upgrades.empty.is_empty(), "{upgrades}");
/// # Ok::<(), limbeck_core::Error>(())
/// ```
///
/// # Errors
/// The first upgrade that fails, with the revision it started from; and where no server can be had.
pub fn upgrades(bundle: &Bundle) -> Result<Upgrades> {
    let migrator = Migrator::new(bundle.clone());
    let graph = migrator.graph()?;
    let scope = migrator.scope()?;
    let server = current()?;
    let expected = {
        let database = server.create_database("upgrades")?;
        let mut connection = database.connect()?;
        migrator.unwatched().run_pending(&mut connection)?;
        introspect(&mut connection, &scope)?
    };
    let mut found = Upgrades::default();
    let mut walk = server.create_database("upgrades")?;
    for revision in graph.order() {
        if !graph.is_linear() {
            walk = server.create_database("upgrades")?;
        }
        migrator.upgrade(&mut walk.connect()?, revision.id.as_str())?;
        let database = server.copy_of_database(&walk)?;
        let mut connection = database.connect()?;
        let rows::Rows { made, without } = rows::fill(&mut connection)?;
        found.rows += made;
        found
            .empty
            .extend(without.into_iter().map(|(table, reason)| EmptyTable {
                revision: revision.id.clone(),
                table,
                reason,
            }));
        migrator
            .unwatched()
            .run_pending(&mut connection)
            .map_err(|error| {
                let failed = error.revision().cloned();
                let told = Error::new(
                    error.kind(),
                    format!(
                        "a database at revision {} with rows in its tables cannot be upgraded",
                        shown(revision)
                    ),
                );
                let told = match failed {
                    Some(failed) => told.with_revision(failed),
                    None => told,
                };
                told.with_source(error)
            })?;
        let differences = differences(&expected, &introspect(&mut connection, &scope)?);
        if !differences.is_empty() {
            return Err(Error::new(
                ErrorKind::Drift,
                format!(
                    "a database at revision {} with rows in its tables does not become what an empty \
                     one becomes: {}",
                    shown(revision),
                    differences.join("; ")
                ),
            )
            .with_revision(revision.id.clone()));
        }
        found.from.push(revision.id.clone());
    }
    for EmptyTable {
        revision,
        table,
        reason,
    } in &found.empty
    {
        eprintln!("limbeck: at revision `{revision}` the table `{table}` was empty: {reason}");
    }
    Ok(found)
}

impl fmt::Display for Upgrades {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, rows, empty } = self;
        write!(
            f,
            "upgraded from {} revisions, with {rows} rows",
            from.len()
        )?;
        for EmptyTable {
            revision,
            table,
            reason,
        } in empty
        {
            write!(
                f,
                "\nat revision `{revision}` the table `{table}` was empty: {reason}"
            )?;
        }
        Ok(())
    }
}
