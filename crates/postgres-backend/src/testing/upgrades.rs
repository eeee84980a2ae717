//! Upgrading from every revision of a chain to its end, with rows in the tables.

use std::collections::BTreeSet;
use std::fmt;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::{Bundle, Error, ErrorKind, Result, RevisionId};

use super::{current, rows};
use crate::Migrator;
use crate::error::database_error;
use crate::introspect::introspect;
use crate::quote::ident;
use crate::replay::{differences, roles, shown};

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
/// on standard error say so; [`Upgrading`] takes rows of your own for it.
///
/// ```no_run
/// # fn bundle() -> limbeck_core::Bundle { limbeck_core::Bundle::new("accounts") }
/// let upgrades = limbeck_postgres::testing::upgrades(&bundle())?;
/// assert!(upgrades.empty.is_empty(), "{upgrades}");
/// # Ok::<(), limbeck_core::Error>(())
/// ```
///
/// # Errors
/// The first upgrade that fails, with the revision it started from; where all tables stayed empty, so that nothing was
/// tried; and where no server can be had.
pub fn upgrades(bundle: &Bundle) -> Result<Upgrades> {
    Upgrading::of(bundle).run()
}

/// [`upgrades`] with rows that nobody could guess.
///
/// ```no_run
/// # fn bundle() -> limbeck_core::Bundle { limbeck_core::Bundle::new("accounts") }
/// use limbeck_postgres::testing::Upgrading;
///
/// let upgrades = Upgrading::of(&bundle())
///     .rows_at("9634112bbaba", "INSERT INTO tenants VALUES ('acme', '#00ff00')")
///     .run()?;
/// assert!(upgrades.empty.is_empty(), "{upgrades}");
/// # Ok::<(), limbeck_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing before `run` is called"]
pub struct Upgrading<'a> {
    bundle: &'a Bundle,
    rows: Vec<(String, String)>,
}

impl<'a> Upgrading<'a> {
    /// The upgrades of a bundle.
    pub fn of(bundle: &'a Bundle) -> Self {
        Self {
            bundle,
            rows: Vec::new(),
        }
    }

    /// Puts rows in by SQL as soon as a revision is applied (its identifier, or the beginning of it). Later revisions find
    /// them as they are by then. The bundle's own tables are named without their schema.
    pub fn rows_at(mut self, revision: impl Into<String>, sql: impl Into<String>) -> Self {
        self.rows.push((revision.into(), sql.into()));
        self
    }

    /// Upgrades.
    ///
    /// # Errors
    /// As for [`upgrades`]; where a revision of [`rows_at`](Self::rows_at) is not there, or Postgres refuses its SQL.
    pub fn run(self) -> Result<Upgrades> {
        let Self { bundle, rows } = self;
        let migrator = Migrator::new(bundle.clone());
        let graph = migrator.graph()?;
        let rows = rows
            .iter()
            .map(|(revision, sql)| Ok((graph.find(revision)?.clone(), sql.as_str())))
            .collect::<Result<Vec<_>>>()?;
        upgraded(&migrator, &graph, &rows)
    }
}

/// Applies a revision with all before it, and puts in the rows of those that were not there yet.
fn advance(
    migrator: &Migrator,
    graph: &RevisionGraph,
    mut connection: PgConnection,
    revision: &RevisionId,
    rows: &[(RevisionId, &str)],
    there: &mut BTreeSet<RevisionId>,
) -> Result<()> {
    let below = graph.ancestors([revision]);
    for step in graph.order().map(|step| &step.id) {
        let new = step == revision || below.contains(step);
        if !new || !there.insert(step.clone()) {
            continue;
        }
        let given = rows.iter().filter(|(at, _)| at == step);
        let given: Vec<&str> = given.map(|(_, sql)| *sql).collect();
        if step != revision && given.is_empty() {
            continue;
        }
        migrator.upgrade(&mut connection, step.as_str())?;
        for sql in given {
            let path = ident(&migrator.own().schema()).to_string();
            let put = connection.transaction(|connection| {
                connection.batch_execute(&format!("SET LOCAL search_path = {path}, public"))?;
                connection.batch_execute(sql)
            });
            put.map_err(|error| {
                database_error(error, "the rows of `rows_at` were put in")
                    .with_revision(step.clone())
            })?;
        }
    }
    Ok(())
}

fn upgraded(
    migrator: &Migrator,
    graph: &RevisionGraph,
    given: &[(RevisionId, &str)],
) -> Result<Upgrades> {
    let scope = migrator.scope()?;
    let server = current()?;
    let expected = {
        let database = server.create_database("upgrades")?;
        let mut connection = database.connect()?;
        let ran = migrator.unwatched().run_pending(&mut connection);
        ran.map_err(roles::told)?;
        introspect(&mut connection, &scope)?
    };
    let mut found = Upgrades::default();
    let mut walk = server.create_database("upgrades")?;
    let mut there = BTreeSet::new();
    for revision in graph.order() {
        if !graph.is_linear() {
            walk = server.create_database("upgrades")?;
            there.clear();
        }
        // Nobody may be connected to what is copied.
        advance(
            migrator,
            graph,
            walk.connect()?,
            &revision.id,
            given,
            &mut there,
        )
        .map_err(roles::told)?;
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
                let told = match roles::hint(&error) {
                    Some(hint) => told.with_hint(hint),
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
    if found.rows == 0 && given.is_empty() && !found.empty.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("no row could be guessed for any table, so that nothing was tried: {found}"),
        )
        .with_hint(
            "give it rows: `Upgrading::of(&bundle).rows_at(revision, \"INSERT …\").run()`",
        ));
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
