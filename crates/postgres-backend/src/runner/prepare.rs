//! Everything that is asked and made before the first revision runs, so that what can be refused is
//! refused while nothing is done.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::revision::Revision;
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::plan::{Direction, Plan, PlanStep};
use limbeck_core::{Error, ErrorKind, Ident, Migration, Needs, Result, RevisionId, Script};

use super::batch::block;
use super::decide::{View, schema_is_gone};
use super::failure::{FailureKind, describe};
use super::outside::{self, Apart};
use super::progress::Event;
use super::report::Obstacle;
use super::script::{Closure, Part, Prepared, prepare};
use super::story::{Reading, Story};
use super::{Action, BundleRun, CreateHistory, Render, Surroundings, lock};
use crate::error::nonstandard_strings;
use crate::hazard::losses;
use crate::history::{HISTORY_FORMAT, HISTORY_MARKER, Owner, Standing};
use crate::quote::ident;

/// The scripts of a plan.
#[derive(Debug, Default)]
pub(super) struct Scripts(BTreeMap<(Direction, RevisionId), Ready>);

/// A revision that is ready to go one way.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    /// Who.
    pub(super) revision: Revision,
    /// What.
    pub(super) script: Prepared,
    /// The way down, to be kept, where it is nothing but SQL.
    pub(super) down: Option<String>,
    /// Whether it goes outside of a transaction.
    pub(super) outside: bool,
    /// Its statements that cannot run in one.
    pub(super) apart: BTreeMap<usize, Apart>,
}

/// The temporary sequence that tells which statement of a batch has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// There is none.
    None,
    /// There is one, whose values start with this tag.
    Tagged(i64),
}

/// Its name; it lives in the session's own schema.
const SEQUENCE: &str = "pg_temp.limbeck_statement";

/// How many statements a revision may have before the tag would change.
const TAG: i64 = 1 << 24;

impl Sequence {
    /// Notes that a statement is about to run. Where the sequence is gone (a pooler has changed the
    /// server connection) this does nothing.
    pub(super) fn note(self, number: usize) -> Option<String> {
        let Self::Tagged(tag) = self else { return None };
        let number = i64::try_from(number).ok().filter(|number| *number < TAG)?;
        Some(format!(
            "SELECT pg_catalog.setval(pg_catalog.to_regclass('{SEQUENCE}'), {});",
            tag * TAG + number
        ))
    }

    /// Asks for the last number noted.
    pub(super) fn read_sql(self) -> Option<String> {
        (self != Self::None).then(|| {
            format!(
                "SELECT ARRAY[pg_catalog.pg_sequence_last_value(\
                 pg_catalog.to_regclass('{SEQUENCE}'))::pg_catalog.text] AS fields"
            )
        })
    }

    /// The number in the answer, where it is this run's.
    pub(super) fn number(self, value: Option<&str>) -> Option<usize> {
        let Self::Tagged(tag) = self else { return None };
        let value: i64 = value?.parse().ok()?;
        (value / TAG == tag)
            .then(|| usize::try_from(value % TAG).ok())
            .flatten()
    }
}

impl Scripts {
    /// Makes the scripts of a plan ready, and refuses those that cannot run here.
    pub(super) async fn prepare(
        &mut self,
        story: &Story,
        bundle: &BundleRun,
        view: &View,
        plan: &Plan,
    ) -> Result<()> {
        for step in &plan.steps {
            if let Entry::Vacant(vacant) = self.0.entry((step.direction, step.revision.clone())) {
                let ready = ready(story, bundle, view, step).await?;
                check_needs(&ready, story)?;
                let half = view.half.contains_key(&step.revision);
                if ready.outside || half {
                    outside::check(&ready, half, story.surroundings)?;
                }
                vacant.insert(ready);
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, step: &PlanStep) -> Result<&Ready> {
        self.0
            .get(&(step.direction, step.revision.clone()))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Graph,
                    format!("revision `{}` was planned and not prepared", step.revision),
                )
            })
    }

    /// What a way down takes away, a line each: statements, what the revision's record says, and data
    /// steps, of which nobody can tell.
    pub(super) fn losses(&self, step: &PlanStep) -> Result<Vec<String>> {
        Ok(self.get(step)?.losses(step.direction))
    }

    /// Whether a sequence would tell something that is not known without it.
    fn want_sequence(&self) -> bool {
        self.0
            .values()
            .any(|ready| ready.script.is_sql() && !ready.outside && ready.script.statements > 1)
    }
}

impl Ready {
    /// As [`Scripts::losses`].
    pub(super) fn losses(&self, direction: Direction) -> Vec<String> {
        if direction == Direction::Up {
            return Vec::new();
        }
        let Self {
            revision,
            script,
            down: _,
            outside: _,
            apart: _,
        } = self;
        let statements = script.numbered().map(|statement| &*statement.text);
        let mut told = losses(statements, revision.down_destroys.as_deref());
        told.extend(script.parts.iter().filter_map(|part| match part {
            Part::Data(step) => Some(format!("the data step `{}`", step.name())),
            Part::Sql(_) => None,
        }));
        told
    }
}

async fn ready(story: &Story, bundle: &BundleRun, view: &View, step: &PlanStep) -> Result<Ready> {
    match written(bundle, step, story.options.render)? {
        Some(ready) => Ok(ready),
        None => kept(story, bundle, view, &step.revision).await,
    }
}

/// A revision of the program, ready to go one way; `None` where the program does not have it.
pub(super) fn written(
    bundle: &BundleRun,
    step: &PlanStep,
    render: Render,
) -> Result<Option<Ready>> {
    let PlanStep {
        direction,
        revision: id,
    } = step;
    let (Some(revision), Some(migration)) = (bundle.graph.get(id), bundle.migrations.get(id))
    else {
        return Ok(None);
    };
    let mut script = Script::new();
    let mut down = None;
    match direction {
        Direction::Up => {
            migration.upgrade(&mut script)?;
            let mut back = Script::new();
            // A revision without a way down is applied all the same.
            down = migration
                .downgrade(&mut back)
                .and_then(|()| prepare(&back, revision, &bundle.placement, render))
                .ok()
                .and_then(|back| back.text());
        }
        Direction::Down => migration.downgrade(&mut script)?,
    }
    let script = prepare(&script, revision, &bundle.placement, render)?;
    if *direction == Direction::Down && script.is_nothing() {
        refuse_unwritten(bundle, revision, migration.as_ref(), render)?;
    }
    Ok(Some(Ready::new(revision.clone(), script, down)))
}

impl Ready {
    fn new(revision: Revision, script: Prepared, down: Option<String>) -> Self {
        let apart = outside::apart(&script);
        Self {
            outside: !revision.run_in_transaction
                || !apart.is_empty()
                || outside::uses_added_value(&script),
            revision,
            script,
            down,
            apart,
        }
    }
}

/// A way down that nobody has written would strike a revision from the record and leave what it
/// made: the next way up would fail at that.
fn refuse_unwritten(
    bundle: &BundleRun,
    revision: &Revision,
    migration: &dyn Migration,
    render: Render,
) -> Result<()> {
    let mut up = Script::new();
    migration.upgrade(&mut up)?;
    if prepare(&up, revision, &bundle.placement, render)?.is_nothing() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!(
            "the way down of revision {} holds no statement, and its way up does",
            describe(revision)
        ),
    )
    .with_revision(revision.id.clone())
    .with_hint(
        "write `down.sql`; where there is nothing to take back, say so with a statement that does \
         nothing: `SELECT 1;`",
    ))
}

/// A revision that only the history knows goes down by the SQL that was kept with it.
async fn kept(story: &Story, bundle: &BundleRun, view: &View, id: &RevisionId) -> Result<Ready> {
    let revision = view.whole.get(id).cloned();
    let revision = revision.ok_or_else(|| {
        Error::new(
            ErrorKind::Target,
            format!("revision `{id}` of `{}` is unknown", bundle.name),
        )
    })?;
    let none = || {
        Error::new(
            ErrorKind::Unsupported,
            format!(
                "revision {} is not known to this program, and no way down is kept with it",
                describe(&revision)
            ),
        )
        .with_revision(id.clone())
        .with_hint("take it back with the program that has it")
    };
    if !view.rows.get(id).is_some_and(|row| row.has_down) {
        return Err(none());
    }
    let sql = story.options.history.down_sql(&bundle.owner(), id.as_str());
    let rows = story.read(sql).await;
    let rows = rows.map_err(|failure| story.failed(&failure, "a kept way down was read"))?;
    let text = rows
        .into_iter()
        .next()
        .and_then(|fields| fields.into_iter().next().flatten());
    let mut script = Script::new();
    script.sql_from(
        text.ok_or_else(none)?,
        format!("the way down kept with `{id}`"),
    );
    let script = prepare(&script, &revision, &bundle.placement, story.options.render)?;
    Ok(Ready::new(revision, script, None))
}

fn check_needs(ready: &Ready, story: &Story) -> Result<()> {
    for part in &ready.script.parts {
        let Part::Data(step) = part else { continue };
        let Surroundings {
            connection,
            async_connection,
            ..
        } = story.surroundings;
        let (there, needed, of) = match step {
            Closure::Sync(_) => (connection, "a Diesel connection", "PgConnection"),
            Closure::Async(_) => (
                async_connection,
                "a connection of diesel-async",
                "AsyncPgConnection",
            ),
        };
        if step.needs() == Needs::Connection && !there {
            let has = match (connection, async_connection) {
                (true, _) => "a synchronous one",
                (_, true) => "an asynchronous one",
                (false, false) => "none to give",
            };
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the data step `{}` of revision {} needs {needed}, and this run has {has}",
                    step.name(),
                    describe(&ready.revision)
                ),
            )
            .with_revision(ready.revision.id.clone())
            .with_hint(format!(
                "run it through `{of}`, or write it with `execute` and `query`"
            )));
        }
    }
    Ok(())
}

impl Story {
    /// Asks whether this may be done at all, makes the history table and the placement, and the
    /// sequence.
    pub(super) async fn make_ready(
        &mut self,
        bundle: &BundleRun,
        owners: &[Owner],
        view: &View,
        scripts: &Scripts,
    ) -> Result<()> {
        self.may_write(bundle, owners, view).await?;
        let wanted = scripts.want_sequence() && !self.surroundings.in_transaction;
        let may = self
            .standing
            .as_ref()
            .is_some_and(|standing| standing.temporary);
        if wanted && may && self.sequence == Sequence::None {
            // A revision may change the role, which must be able to set it all the same.
            // Without it a failure only takes longer to explain, so that its own does not matter.
            let made = self
                .port
                .batch(format!(
                    "CREATE TEMPORARY SEQUENCE IF NOT EXISTS {SEQUENCE};\n\
                     GRANT UPDATE ON SEQUENCE {SEQUENCE} TO PUBLIC"
                ))
                .await;
            if made.is_ok() {
                let tag = i64::try_from(self.surroundings.seed & 0x7fff_ffff)
                    .unwrap_or(1)
                    .max(1);
                self.sequence = Sequence::Tagged(tag);
            }
        }
        Ok(())
    }

    /// Asks whether the history may be written, and makes the table and the placement.
    pub(super) async fn may_write(
        &mut self,
        bundle: &BundleRun,
        owners: &[Owner],
        view: &View,
    ) -> Result<()> {
        loop {
            let standing = self.standing(owners).await?;
            self.check_test(standing.test_schema.as_deref())?;
            check_surroundings(bundle, &standing)?;
            if !standing.standard_strings {
                return Err(nonstandard_strings());
            }
            self.check_rights(&standing, Reading::AndWriting)?;
            if view.rows.is_empty() {
                self.check_diesel(bundle, &standing).await?;
            }
            if let Some(obstacle) = self.in_another_table(&standing, owners).await? {
                return Err(obstacle.into_error());
            }
            let missing = check_placement(bundle, &standing, view)?;
            if standing.exists && missing.is_none() {
                self.exists = true;
                return Ok(());
            }
            let mut sql = String::new();
            if !standing.exists {
                sql.push_str(&self.options.history.create_sql(!standing.schema_exists));
            }
            if let Some(missing) = missing {
                sql.push_str(&format!(
                    "CREATE SCHEMA IF NOT EXISTS {};\n",
                    ident(missing)
                ));
            }
            if self.create(sql).await? {
                if !standing.exists {
                    self.report.made_history = Some(self.options.history.clone());
                }
                if let Some(standing) = &mut self.standing {
                    standing.exists = true;
                    standing.schema_exists = true;
                    standing.schema_usage = true;
                    if let Some(made) = missing {
                        let others = |name: &String| name != made.as_str();
                        standing.missing_placements.retain(others);
                    }
                    standing
                        .comment
                        .get_or_insert_with(|| HISTORY_MARKER.to_owned());
                }
            } else {
                self.standing = None;
            }
        }
    }

    /// Makes the history table where it is missing, and nothing else.
    pub(super) async fn ensure_history(&mut self, owners: &[Owner]) -> Result<()> {
        loop {
            let standing = self.standing(owners).await?;
            self.check_test(standing.test_schema.as_deref())?;
            self.check_rights(&standing, Reading::AndWriting)?;
            if standing.exists {
                return Ok(());
            }
            if standing.read_only {
                return Err(only_reads("there is no history table", &standing));
            }
            if let Some(obstacle) = self.in_another_table(&standing, owners).await? {
                return Err(obstacle.into_error());
            }
            let sql = self.options.history.create_sql(!standing.schema_exists);
            if self.create(sql).await? {
                self.report.made_history = Some(self.options.history.clone());
                return Ok(());
            }
            self.standing = None;
        }
    }

    /// Runs what makes our own objects under the lock, or waits while somebody else holds it, and
    /// says which.
    async fn create(&mut self, sql: String) -> Result<bool> {
        let making = "the history table was made";
        self.tell_of(Event::Preparing {
            doing: format!("making the history table `{}`", self.options.history),
        })
        .await;
        if self.surroundings.in_transaction {
            self.port
                .begin()
                .await
                .map_err(|failure| failure.while_doing(making))?;
            let result = match self.lock_inside().await {
                Ok(()) => self
                    .port
                    .batch(self.limited(&sql))
                    .await
                    .map_err(|failure| self.failed(&failure, making)),
                Err(error) => Err(error),
            };
            return self.finish(result, making).await.map(|()| true);
        }
        let batch = self.limited(&format!("{}\n{sql}", block(&lock::try_body(self.key))));
        match self.port.batch(batch).await {
            Ok(()) => Ok(true),
            Err(failure) if failure.coded() == Some("busy") => self.wait().await.map(|()| false),
            Err(failure) => Err(self.failed(&failure, making)),
        }
    }

    /// Ends the open transaction, well or not.
    pub(super) async fn finish(&self, result: Result<()>, what: &str) -> Result<()> {
        match result {
            Ok(()) => self
                .port
                .commit()
                .await
                .map_err(|failure| failure.while_doing(what)),
            Err(error) => {
                // The first failure is the one to tell.
                let _ = self.port.rollback().await;
                Err(error)
            }
        }
    }

    /// Drops the sequence; a failure leaves it to the end of the session.
    pub(super) async fn drop_sequence(&mut self) {
        if self.sequence != Sequence::None {
            self.sequence = Sequence::None;
            let dropped = self
                .port
                .batch(format!("DROP SEQUENCE IF EXISTS {SEQUENCE}"))
                .await;
            if dropped.is_err_and(|failure| failure.kind != FailureKind::Closed) {
                tracing::debug!("a temporary sequence is left behind");
            }
        }
    }

    /// What the role may do with the history table, and whether it is one.
    pub(super) fn check_rights(&self, standing: &Standing, reading: Reading) -> Result<()> {
        let table = &self.options.history;
        let role = &standing.role;
        let lack = |message: String, hint: String| {
            Err(Error::new(ErrorKind::Permission, message).with_hint(hint))
        };
        if !standing.exists {
            if reading == Reading::Only {
                return Ok(());
            }
            if self.options.create_history == CreateHistory::Never {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!("there is no history table `{table}`, and none is to be made"),
                )
                .with_hint("run `limbeck ensure-version` as a role that may make it"));
            }
            return match (standing.schema_exists, standing.schema_create) {
                (true, true) => Ok(()),
                (true, false) => lack(
                    format!(
                        "the role `{role}` may not make the history table `{table}`: it lacks \
                         CREATE on the schema `{}`",
                        table.schema
                    ),
                    format!(
                        "as its owner run: GRANT USAGE, CREATE ON SCHEMA {} TO {}",
                        ident(&table.schema),
                        quoted(role)
                    ),
                ),
                (false, _) if standing.database_create => Ok(()),
                (false, _) => lack(
                    format!(
                        "the role `{role}` may not make the schema `{}` of the history table: it \
                         lacks CREATE on the database `{}`",
                        table.schema, standing.database
                    ),
                    format!(
                        "as its owner run: GRANT CREATE ON DATABASE {} TO {}",
                        quoted(&standing.database),
                        quoted(role)
                    ),
                ),
            };
        }
        if !standing
            .comment
            .as_deref()
            .is_some_and(|text| text.starts_with(HISTORY_MARKER))
        {
            return Err(Error::new(
                ErrorKind::Config,
                format!("the table `{table}` is not a history of Limbeck's: its comment is not"),
            )
            .with_hint("name another table in `[history]`, or move this one away"));
        }
        if let Some(format) = format_of(standing).filter(|format| *format > HISTORY_FORMAT) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the history table `{table}` has format {format}, this version of Limbeck \
                     knows {HISTORY_FORMAT}"
                ),
            )
            .with_hint("use a later version of Limbeck"));
        }
        let lacking: Vec<&str> = standing
            .lacking
            .iter()
            .map(String::as_str)
            .filter(|right| reading == Reading::AndWriting || *right == "SELECT")
            .collect();
        if !standing.schema_usage || !lacking.is_empty() {
            let mut grants = Vec::new();
            if !standing.schema_usage {
                grants.push(format!(
                    "GRANT USAGE ON SCHEMA {} TO {}",
                    ident(&table.schema),
                    quoted(role)
                ));
            }
            if !lacking.is_empty() {
                grants.push(format!(
                    "GRANT {} ON {} TO {}",
                    lacking.join(", "),
                    table.sql(),
                    quoted(role)
                ));
            }
            let what = if lacking.is_empty() {
                "USAGE on its schema".to_owned()
            } else {
                lacking.join(", ")
            };
            return lack(
                format!("the role `{role}` lacks {what} for the history table `{table}`"),
                format!("as its owner run: {}", grants.join("; ")),
            );
        }
        Ok(())
    }

    /// A database that Diesel migrated by these very revisions must be stamped first: they would
    /// all run once more.
    async fn check_diesel(&self, bundle: &BundleRun, standing: &Standing) -> Result<()> {
        if matches!(bundle.action, Action::Stamp(_)) {
            return Ok(());
        }
        match self.applied_by_diesel(bundle, standing).await? {
            Some(obstacle) => Err(obstacle.into_error()),
            None => Ok(()),
        }
    }

    /// What Diesel has applied of these revisions.
    pub(super) async fn applied_by_diesel(
        &self,
        bundle: &BundleRun,
        standing: &Standing,
    ) -> Result<Option<Obstacle>> {
        let Some(table) = &standing.diesel else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT ARRAY[version::pg_catalog.text] AS fields\nFROM {table}\nORDER BY version"
        );
        let rows = self.read_found(table, sql).await;
        let rows = rows.map_err(|failure| self.failed(&failure, "Diesel's table was read"))?;
        let versions: BTreeSet<String> = rows
            .into_iter()
            .filter_map(|fields| fields.into_iter().next().flatten())
            .collect();
        let as_diesel_sees_them = chain_of_diesel(&bundle.graph);
        let done: Vec<&RevisionId> = bundle
            .graph
            .order()
            .map(|revision| &revision.id)
            .filter(|id| {
                versions.contains(id.as_str())
                    || as_diesel_sees_them
                        .get(id)
                        .is_some_and(|version| versions.contains(version))
            })
            .collect();
        let Some(last) = done.last() else {
            return Ok(None);
        };
        let count = match done.len() {
            1 => "one of these revisions".to_owned(),
            count => format!("{count} of these revisions"),
        };
        Ok(Some(Obstacle {
            revision: Some((*last).clone()),
            found: format!(
                "Diesel has applied {count} here, the last of them `{last}`, and Limbeck has no \
                 record of that"
            ),
            hint: format!("take over with `limbeck stamp {last}`, then run again"),
        }))
    }
}

/// The versions under which Diesel runs a chain of ours: the timestamps of its folders, where they
/// rise along it. Otherwise Diesel cannot have run it.
fn chain_of_diesel(graph: &RevisionGraph) -> BTreeMap<&RevisionId, String> {
    let listed: Option<Vec<(&RevisionId, String)>> = graph
        .order()
        .map(|revision| Some((&revision.id, revision.diesel_version()?)))
        .collect();
    listed
        .filter(|listed| graph.is_linear() && listed.is_sorted_by(|a, b| a.1 < b.1))
        .map(|listed| listed.into_iter().collect())
        .unwrap_or_default()
}

/// All versions under which Diesel may have applied a revision of ours.
#[cfg(any(feature = "postgres", feature = "async"))]
pub(super) fn diesel_versions(graph: &RevisionGraph) -> BTreeSet<String> {
    let ids = graph.order().map(|revision| revision.id.to_string());
    ids.chain(chain_of_diesel(graph).into_values()).collect()
}

/// Whether the bundle's schema is to be made, and the refusals where it cannot be used: a statement
/// that does not name its schema would find another table of that name behind it.
fn check_placement<'a>(
    bundle: &'a BundleRun,
    standing: &Standing,
    view: &View,
) -> Result<Option<&'a Ident>> {
    let placement = &bundle.placement;
    let among = |names: &[String]| names.iter().any(|name| name == placement.as_str());
    let role = &standing.role;
    if let Action::Stamp(_) = bundle.action {
        return Ok(None);
    }
    if among(&standing.closed_placements) {
        return Err(Error::new(
            ErrorKind::Permission,
            format!(
                "the role `{role}` lacks USAGE on the schema `{placement}`, which the bundle `{}` \
                 is installed in",
                bundle.name
            ),
        )
        .with_hint(format!(
            "as its owner run: GRANT USAGE, CREATE ON SCHEMA {} TO {}",
            ident(placement),
            quoted(role)
        )));
    }
    if !among(&standing.missing_placements) {
        return Ok(None);
    }
    if !view.applied.is_empty() {
        return Err(schema_is_gone(bundle));
    }
    if placement.as_str().starts_with("pg_") {
        return Err(Error::new(
            ErrorKind::Config,
            format!(
                "the schema `{placement}` of the bundle `{}` cannot be made: names that begin with `pg_` are \
                 those of Postgres itself",
                bundle.name
            ),
        )
        .with_hint("place it in a schema of another name"));
    }
    if !standing.database_create {
        return Err(Error::new(
            ErrorKind::Permission,
            format!(
                "the schema `{placement}` of the bundle `{}` does not exist, and the role `{role}` \
                 may not make it: it lacks CREATE on the database `{}`",
                bundle.name, standing.database
            ),
        )
        .with_hint(format!(
            "as an owner of the database run: CREATE SCHEMA {} AUTHORIZATION {}",
            ident(placement),
            quoted(role)
        )));
    }
    Ok(Some(placement))
}

fn check_surroundings(bundle: &BundleRun, standing: &Standing) -> Result<()> {
    if !standing.read_only {
        return Ok(());
    }
    let what = match bundle.action {
        Action::Downgrade(_) => "revisions are to be taken back",
        Action::Stamp(_) => "revisions are to be recorded",
        Action::RunPending
        | Action::Upgrade(_)
        | Action::Inspect
        | Action::RequireCurrent
        | Action::Leave => "revisions are pending",
    };
    Err(only_reads(what, standing))
}

/// The error of who would have to write, and cannot.
fn only_reads(what: &str, standing: &Standing) -> Error {
    let why = if standing.standby {
        "the server is a standby"
    } else {
        "the connection only reads"
    };
    Error::new(ErrorKind::ReadOnly, format!("{what}, and {why}")).with_hint(
        "run it on the primary, with a role and settings that may write \
         (`default_transaction_read_only`)",
    )
}

fn format_of(standing: &Standing) -> Option<u32> {
    let (_, format) = standing.comment.as_deref()?.split_once("format ")?;
    format
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// A name that came from the catalog, quoted.
fn quoted(name: &str) -> String {
    Ident::new(name).map_or_else(|_| name.to_owned(), |name| ident(&name).to_string())
}
