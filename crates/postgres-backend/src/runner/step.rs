//! One revision, one way; and the two changes of the history that run nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use limbeck_core::revision::plan::{Direction, PlanStep};
use limbeck_core::token::secrets;
use limbeck_core::{Error, ErrorKind, ObjectId, Result, Revision, RevisionId};

use super::batch::{Batch, block, dollar_tag};
use super::decide::{self, View};
use super::failure::{At, DbFailure, FailureKind, describe, of_revision};
use super::prepare::{Ready, Scripts, Sequence};
use super::progress::Event;
use super::report::{Applied, Deed};
use super::script::{Closure, Numbered, Part};
use super::settings;
use super::story::{Story, planned_step};
use super::{BundleRun, RunOptions, library, lock, rights};
use crate::history::{Change, HistoryTable, NewRow, Owner, SETTINGS, Standing, Took};
use crate::quote::{Naming, before_path, ident, literal};

/// A revision that failed after so long is not run once more to learn more about it.
const DIAGNOSE_WITHIN: Duration = Duration::from_secs(5);

/// How long a lock is waited for while that is done; it was waited for already.
const RETRY_LOCK: Duration = Duration::from_secs(1);

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done.
    Done,
    /// Somebody else has changed the history: look at it again.
    Changed,
    /// Somebody else held the lock and lets it go: look at the history again.
    Waited,
}

/// A step with all that it is about.
pub(super) struct Scene<'a> {
    pub(super) bundle: &'a BundleRun,
    pub(super) owner: Owner,
    pub(super) step: &'a PlanStep,
    pub(super) ready: &'a Ready,
    /// What the heads must be under the lock.
    pub(super) heads: BTreeSet<RevisionId>,
    pub(super) change: Change,
    /// What is recorded with it of other bundles.
    pub(super) also: Vec<Also>,
    /// All bundles of the run.
    bundles: Arc<[BundleRun]>,
    /// What the role may do.
    pub(super) standing: Option<Standing>,
}

/// What is recorded of another bundle in the transaction of a revision that provides it.
pub(super) struct Also {
    /// Whose rows.
    pub(super) owner: Owner,
    /// What their heads must be under the lock.
    pub(super) heads: BTreeSet<RevisionId>,
    /// What changes.
    pub(super) change: Change,
}

impl Scene<'_> {
    pub(super) fn doing(&self) -> &'static str {
        match self.step.direction {
            Direction::Up => "applied",
            Direction::Down => "taken back",
        }
    }

    pub(super) fn check(&self, story: &Story) -> String {
        let applied = self.step.direction == Direction::Down;
        let history = &story.options.history;
        let mut body = self.check_heads(history, Some((self.step.revision.as_str(), applied)));
        body.push_str(&elsewhere_body(self.bundle, self.step, self.ready));
        body
    }

    /// Raises `limbeck:moved` unless the heads are the ones known, and the revision is applied or not.
    pub(super) fn check_heads(
        &self,
        history: &HistoryTable,
        revision: Option<(&str, bool)>,
    ) -> String {
        let heads = self.heads.iter().map(RevisionId::as_str);
        let mut body = history.check_body(&self.owner, heads, revision);
        for also in &self.also {
            let heads = also.heads.iter().map(RevisionId::as_str);
            body.push_str(&history.check_body(&also.owner, heads, None));
        }
        body
    }

    /// The change of the history, as the body of a `DO` block.
    pub(super) fn change_body(&self, story: &Story, change: &Change) -> String {
        let history = &story.options.history;
        let mut body = history.change_body(&self.owner, change);
        for also in &self.also {
            body.push_str(&history.change_body(&also.owner, &also.change));
        }
        body
    }

    pub(super) fn error(
        &self,
        failure: &DbFailure,
        at: Option<At<'_>>,
        sqlstate: Option<String>,
    ) -> Error {
        // What Postgres says may quote a password, also where the statement is not known.
        let mut failure = failure.clone();
        for statement in self.ready.script.numbered() {
            failure.scrub(&secrets(&statement.text));
        }
        let revision = &self.ready.revision;
        let error = of_revision(revision, self.doing(), &failure, at, sqlstate);
        let placement = &self.bundle.placement;
        if let Some(hint) = rights::hint(&error, placement, self.standing.as_ref()) {
            return error.with_hint(hint);
        }
        match library::hint(
            &error,
            at,
            revision,
            self.bundle,
            &self.bundles,
            self.step.direction,
        ) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// What a failure of a check of ours means; `None` where it is the revision's own.
    pub(super) fn coded(&self, failure: &DbFailure) -> Option<Error> {
        let name = describe(&self.ready.revision);
        let error = match failure.coded()? {
            "nested" => super::failure::nested(),
            "history" => Error::new(
                ErrorKind::Diverged,
                format!(
                    "revision {name} was not {}: {}",
                    self.doing(),
                    failure.message
                ),
            )
            .with_hint("do triggers or policies stand on the history table?"),
            "elsewhere" => Error::new(
                ErrorKind::Drift,
                format!(
                    "revision {name} was not taken back: a table that it made is gone from the \
                     schema `{}`, and one of the same name stands in another, which would have been \
                     dropped",
                    self.bundle.placement
                ),
            )
            .with_hint(
                "bring the table back first, or drop the rest by hand and record that with `stamp`",
            ),
            "lost" => Error::new(
                ErrorKind::DataStep,
                format!("a data step of revision {name} has ended the transaction it ran in"),
            )
            .with_hint(
                "take COMMIT and ROLLBACK out of it: what stood before a COMMIT was kept, what stood before \
                 a ROLLBACK was not, and what came after either was; the revision is not recorded",
            ),
            _ => return None,
        };
        Some(error.with_revision(self.step.revision.clone()))
    }
}

impl Story {
    /// Takes one step of a plan.
    pub(super) async fn step(
        &mut self,
        bundle: &BundleRun,
        view: &View,
        step: &PlanStep,
        scripts: &Scripts,
        also: Vec<Also>,
    ) -> Result<Outcome> {
        let ready = scripts.get(step)?;
        let scene = Scene {
            bundle,
            owner: bundle.owner(),
            step,
            ready,
            heads: view.heads.clone(),
            change: change(bundle, view, step, ready),
            also,
            bundles: Arc::clone(&self.bundles),
            standing: self.standing.clone(),
        };
        let span = tracing::info_span!(
            "revision",
            bundle = %bundle.name,
            revision = %step.revision,
            direction = match step.direction {
                Direction::Up => "up",
                Direction::Down => "down",
            },
        );
        tracing::info!(parent: &span, statements = ready.script.statements, "starting");
        let started = self.port.now();
        let watch = self.port.watch().clone();
        watch.started(&step.revision, scene.doing(), self.report.revisions());
        let half = view.half.get(&step.revision);
        let outside = ready.outside || half.is_some();
        let mut planned = planned_step(bundle, view, step, false);
        planned.outside = outside;
        self.tell_of(Event::Started {
            step: planned,
            statements: ready.script.statements,
        })
        .await;
        let apart =
            self.surroundings.in_transaction || !ready.script.is_sql() || self.waits_inside();
        let outcome = if outside {
            let before = view.rows.get(&step.revision);
            self.outside(&scene, half, before).await
        } else {
            let outcome = match apart {
                true => self.in_messages(&scene).await,
                false => self.in_one_batch(&scene).await,
            };
            outcome.map_err(|error| self.cut_off(&step.revision, scene.doing(), error))
        };
        let duration = self.port.now().saturating_duration_since(started);
        match &outcome {
            Ok(Outcome::Done) => {
                tracing::info!(parent: &span, ?duration, "{}", scene.doing());
                let deed = match step.direction {
                    Direction::Up => Deed::Applied,
                    Direction::Down => Deed::TakenBack,
                };
                self.note(bundle, step, &ready.revision.message, deed, duration);
                if let Some(applied) = self.report.applied.last() {
                    self.tell_of(Event::Finished(applied.clone())).await;
                }
            }
            Ok(Outcome::Changed | Outcome::Waited) => {
                tracing::debug!(parent: &span, "not this process's turn");
            }
            Err(error) => tracing::error!(parent: &span, ?duration, "{error}"),
        }
        watch.ended(self.report.revisions());
        outcome
    }

    pub(super) fn note(
        &mut self,
        bundle: &BundleRun,
        step: &PlanStep,
        message: &str,
        deed: Deed,
        duration: Duration,
    ) {
        self.report.applied.push(Applied {
            bundle: bundle.name.clone(),
            placement: bundle.placement.clone(),
            revision: step.revision.clone(),
            message: message.to_owned(),
            deed,
            duration,
        });
    }

    /// Everything in one message, which is one implicit transaction.
    async fn in_one_batch(&mut self, scene: &Scene<'_>) -> Result<Outcome> {
        let history = self.limited(&block(&scene.change_body(self, &scene.change)));
        let mut batch = self.opening(scene);
        let sequence = if scene.ready.script.statements > 1 {
            self.sequence
        } else {
            Sequence::None
        };
        let within_budget = self.within_budget();
        for statement in scene.ready.script.numbered() {
            if let Some(note) = sequence.note(statement.number) {
                batch.own(&note);
            }
            if let Some(limit) = &within_budget {
                batch.own(limit);
            }
            batch.statement(statement);
        }
        if let Some(note) = sequence.note(0) {
            // Behind the last statement: what fails from here on is ours.
            batch.own(&note);
        }
        batch.own(&self.restoring(scene));
        batch.own(&history);
        let started = self.port.now();
        let Err(mut failure) = self.port.batch(batch.sql()).await else {
            return Ok(Outcome::Done);
        };
        if failure.kind == FailureKind::Closed && self.is_connected().await {
            failure.kind = FailureKind::Database;
        }
        match failure.coded() {
            Some("busy") => {
                self.wait().await?;
                return Ok(Outcome::Waited);
            }
            Some("moved") => return Ok(Outcome::Changed),
            _ => {}
        }
        if let Some(error) = scene.coded(&failure) {
            return Err(error);
        }
        if failure.kind != FailureKind::Database {
            return Err(scene.error(&failure, None, None));
        }
        let took = self.port.now().saturating_duration_since(started);
        let pointed = failure.position.and_then(|position| batch.at(position));
        let mut found = pointed.filter(|_| !self.surroundings.inner_positions);
        if found.is_none() {
            let noted = self.noted(scene, sequence).await;
            found = noted.map(|statement| At {
                statement,
                offset: None,
            });
        }
        Err(self.explain(scene, &failure, found, pointed, took).await)
    }

    /// Whether the connection is there after all: a statement that could not reach another server
    /// (`dblink`, a foreign table) fails with the same codes as a connection that is lost.
    pub(super) async fn is_connected(&self) -> bool {
        let asked = "SELECT ARRAY['connected']::pg_catalog.text[] AS fields";
        self.port.rows(asked.to_owned()).await.is_ok()
    }

    /// What every batch of a revision starts with: settings, lock, check.
    fn opening<'a>(&self, scene: &Scene<'_>) -> Batch<'a> {
        let mut batch = Batch::default();
        batch.own("SET TRANSACTION ISOLATION LEVEL READ COMMITTED;");
        batch.own(&self.settings(scene));
        if let Some(limit) = self.within_budget() {
            batch.own(&limit);
        }
        batch.block(&format!(
            "{}{}",
            lock::try_body(self.key),
            scene.check(self)
        ));
        batch
    }

    /// The statement that the sequence tells of.
    async fn noted<'a>(&self, scene: &Scene<'a>, sequence: Sequence) -> Option<&'a Numbered> {
        let mut all = scene.ready.script.numbered();
        let rows = self.port.rows(sequence.read_sql()?).await.ok()?;
        let number = sequence.number(rows.first()?.first()?.as_deref())?;
        all.find(|statement| statement.number == number)
    }

    /// The error of a failed revision, with all that can be learnt. Where the statement or the
    /// SQLSTATE is not known, the revision is run once more, each statement telling its own, in a
    /// transaction that cannot but fail. Of where the failure points to no more than the statement
    /// may be known to be right; in it the place is believed when the message speaks of what stands
    /// there.
    async fn explain<'a>(
        &self,
        scene: &Scene<'a>,
        failure: &DbFailure,
        mut at: Option<At<'a>>,
        pointed: Option<At<'a>>,
        took: Duration,
    ) -> Error {
        let mut sqlstate = None;
        let known = failure.sqlstate.is_some() && at.is_some();
        let within = DIAGNOSE_WITHIN + self.lock_timeout(scene).unwrap_or_default();
        let may_run_again = !self.time_is_up() && !self.options.stop.is_requested();
        if !known && scene.ready.script.is_sql() && took <= within && may_run_again {
            let number = at.map(|at| at.statement.number);
            if let Some((state, number)) = self.diagnose(scene, number, &failure.message).await {
                sqlstate = Some(state);
                let statement = scene
                    .ready
                    .script
                    .numbered()
                    .find(|one| one.number == number);
                at = at.or(statement.map(|statement| At {
                    statement,
                    offset: None,
                }));
            }
        }
        if at.is_none() && took > within && scene.ready.script.statements == 1 {
            // What took so long can hardly be ours.
            at = scene.ready.script.numbered().next().map(|statement| At {
                statement,
                offset: None,
            });
        }
        // Not every driver says of a connection that the server ended that it is lost.
        let may_be_lost = |state: &str| state.starts_with("57P");
        if sqlstate.is_none()
            && failure.sqlstate.as_deref().is_none_or(may_be_lost)
            && !self.is_connected().await
        {
            let lost = DbFailure {
                kind: FailureKind::Closed,
                ..failure.clone()
            };
            return scene.error(&lost, at, None);
        }
        if let (Some(at), Some(pointed)) = (&mut at, pointed)
            && at.offset.is_none()
            && at.statement.number == pointed.statement.number
            && pointed.is_spoken_of(&failure.message)
        {
            at.offset = pointed.offset;
        }
        scene.error(failure, at, sqlstate)
    }

    /// The SQLSTATE and the number of the statement that fails with this message.
    async fn diagnose(
        &self,
        scene: &Scene<'_>,
        number: Option<usize>,
        message: &str,
    ) -> Option<(String, usize)> {
        let inside = self.surroundings.in_transaction;
        let lock_timeout = self
            .lock_timeout(scene)
            .map(|timeout| timeout.min(RETRY_LOCK));
        let mut batch = if inside {
            let mut batch = Batch::default();
            batch.own(&self.settings(scene));
            batch
        } else {
            self.opening(scene)
        };
        if let Some(lock_timeout) = lock_timeout {
            batch.own(&format!(
                "SET LOCAL lock_timeout = {};",
                lock_timeout.as_millis()
            ));
        }
        for statement in scene.ready.script.numbered() {
            match number {
                Some(number) if number > statement.number => batch.statement(statement),
                Some(number) if number < statement.number => break,
                _ => batch.own(&telling(statement)),
            }
        }
        batch.own("DO 'BEGIN RAISE EXCEPTION ''limbeck: no failure''; END';");
        if inside {
            self.port.begin().await.ok()?;
        }
        let result = self.port.batch(batch.sql()).await;
        if inside {
            self.port.rollback().await.ok()?;
        }
        let failure = result.err()?;
        let (state, number) = failure.coded()?.strip_prefix("state:")?.split_once(':')?;
        (failure.message == message)
            .then(|| Some((state.to_owned(), number.parse().ok()?)))
            .flatten()
    }

    /// One message after the other, in a transaction or in the caller's.
    async fn in_messages(&mut self, scene: &Scene<'_>) -> Result<Outcome> {
        let what = format!(
            "revision {} was {}",
            describe(&scene.ready.revision),
            scene.doing()
        );
        self.port
            .begin()
            .await
            .map_err(|failure| failure.while_doing(&what))?;
        let started = self.port.now();
        let result = self.inside(scene).await;
        let took = self.port.now().saturating_duration_since(started);
        match result {
            Ok(()) => match self.port.commit().await {
                Ok(()) => Ok(Outcome::Done),
                // A deferred constraint, say: the statement is nobody's in particular.
                Err(failure) => Err(scene.error(&failure, None, None)),
            },
            Err(trouble) => {
                let rolled_back = self.port.rollback().await;
                match trouble {
                    Trouble::Changed => {
                        rolled_back.map_err(|failure| failure.while_doing(&what))?;
                        Ok(Outcome::Changed)
                    }
                    Trouble::Told(error) => Err(error),
                    Trouble::Failed(mut failure, at, pointed) => {
                        // A connection that takes a rollback was not lost.
                        if failure.kind == FailureKind::Closed && rolled_back.is_ok() {
                            failure.kind = FailureKind::Database;
                        }
                        if rolled_back.is_err()
                            && failure.kind == FailureKind::Database
                            && !self.is_connected().await
                        {
                            failure.kind = FailureKind::Closed;
                        }
                        if rolled_back.is_err() || failure.kind != FailureKind::Database {
                            return Err(scene.error(&failure, at, None));
                        }
                        Err(self.explain(scene, &failure, at, pointed, took).await)
                    }
                }
            }
        }
    }

    async fn inside<'a>(&mut self, scene: &Scene<'a>) -> Result<(), Trouble<'a>> {
        let started = self.port.now();
        let own = !self.surroundings.in_transaction;
        let isolation = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n";
        let settings = format!(
            "{}{}",
            if own { isolation } else { "" },
            self.settings(scene)
        );
        if !settings.is_empty() {
            self.ours(scene, settings).await?;
        }
        self.lock_inside().await.map_err(Trouble::Told)?;
        let check = block(&scene.check(self));
        let check = match self.within_budget() {
            Some(limit) => format!("{limit}\n{check}"),
            None => check,
        };
        self.ours(scene, check).await?;
        // With data steps between them, a failure cannot be looked into by running all again: then
        // statements go one by one, and the one that fails is known.
        let one_by_one = !scene.ready.script.is_sql();
        let sequence = if own && !one_by_one {
            self.sequence
        } else {
            Sequence::None
        };
        for part in &scene.ready.script.parts {
            self.in_time(scene)?;
            match part {
                Part::Sql(statements) => {
                    let size = if one_by_one { 1 } else { statements.len() };
                    for chunk in statements.chunks(size.max(1)) {
                        if let (true, [only]) = (one_by_one, chunk) {
                            self.tell_of(Event::Statement {
                                revision: scene.step.revision.clone(),
                                number: only.number,
                                statements: scene.ready.script.statements,
                            })
                            .await;
                        }
                        self.chunk(chunk, sequence).await?;
                    }
                }
                Part::Data(step) => {
                    if let Some(limit) = self.within_budget() {
                        self.ours(scene, limit).await?;
                    }
                    self.data_step(scene, step).await?;
                }
            }
        }
        self.in_time(scene)?;
        let mut change = scene.change.clone();
        for (row, _) in &mut change.insert {
            row.took = Took::Measured(self.port.now().saturating_duration_since(started));
        }
        let mut body = lock::still_held_body(self.key);
        body.push_str(&scene.change_body(self, &change));
        let sql = format!("{}{}", self.restoring(scene), self.limited(&block(&body)));
        self.ours(scene, sql).await
    }

    /// Ends the revision where the time is over: what Postgres does not cut off is not kept either.
    fn in_time<'a>(&self, scene: &Scene<'a>) -> Result<(), Trouble<'a>> {
        if !self.time_is_up() {
            return Ok(());
        }
        Err(Trouble::Told(
            self.over(&scene.step.revision, scene.doing()),
        ))
    }

    /// A message of ours between those of the revision.
    async fn ours<'a>(&self, scene: &Scene<'a>, sql: String) -> Result<(), Trouble<'a>> {
        self.port
            .batch(sql)
            .await
            .map_err(|failure| match failure.coded() {
                Some("moved") => Trouble::Changed,
                _ => match scene.coded(&failure) {
                    Some(error) => Trouble::Told(error),
                    None => Trouble::Failed(Box::new(failure), None, None),
                },
            })
    }

    async fn chunk<'a>(
        &self,
        statements: &'a [Numbered],
        sequence: Sequence,
    ) -> Result<(), Trouble<'a>> {
        let mut batch = Batch::default();
        let within_budget = self.within_budget();
        for statement in statements {
            if let Some(limit) = &within_budget {
                batch.own(limit);
            }
            if let Some(note) = sequence
                .note(statement.number)
                .filter(|_| statements.len() > 1)
            {
                batch.own(&note);
            }
            batch.statement(statement);
        }
        let Err(failure) = self.port.batch(batch.sql()).await else {
            return Ok(());
        };
        let pointed = failure.position.and_then(|position| batch.at(position));
        let mut found = pointed.filter(|_| !self.surroundings.inner_positions);
        if let (None, [only]) = (found, statements) {
            found = Some(At {
                statement: only,
                offset: None,
            });
        }
        Err(Trouble::Failed(Box::new(failure), found, pointed))
    }

    async fn data_step<'a>(&self, scene: &Scene<'a>, step: &Closure) -> Result<(), Trouble<'a>> {
        let result = self
            .port
            .call(step.clone(), self.deadline())
            .await
            .map_err(|failure| Trouble::Told(scene.error(&failure, None, None)))?;
        result.map_err(|source| {
            let mut error = Error::new(
                ErrorKind::DataStep,
                format!(
                    "the data step `{}` of revision {} failed: {source}",
                    step.name(),
                    describe(&scene.ready.revision)
                ),
            )
            .with_revision(scene.step.revision.clone());
            if let Some(database) = source.database() {
                error = error.with_database(database.clone());
            }
            if let Some(hint) = source.hint() {
                error = error.with_hint(hint.to_owned());
            }
            Trouble::Told(error.with_source(source))
        })
    }

    fn lock_timeout(&self, scene: &Scene<'_>) -> Option<Duration> {
        scene
            .ready
            .revision
            .lock_timeout
            .or(self.options.lock_timeout)
    }

    /// Puts back the settings that the session had, whatever the revision did with them: before the
    /// history is written, since a role may not be allowed to. A savepoint's end keeps local
    /// settings, so that in the caller's transaction they are put back as local ones.
    fn restoring(&self, scene: &Scene<'_>) -> String {
        self.restoring_of(scene.ready)
    }

    pub(super) fn restoring_of(&self, ready: &Ready) -> String {
        let Some(standing) = &self.standing else {
            return String::new();
        };
        let local = self.surroundings.in_transaction;
        let set = set(ready);
        let every: String = SETTINGS
            .iter()
            .zip(&standing.settings)
            .map(|(name, value)| {
                format!(
                    "SELECT pg_catalog.set_config('{name}', {}, {local});\n",
                    literal(value)
                )
            })
            .collect();
        // Who is logged on decides what the role may be, and the role what may be set.
        let (log_on, others) = settings::putting_back(&set, local);
        log_on + &every + &others
    }

    /// What a revision's transaction is set to.
    fn settings(&self, scene: &Scene<'_>) -> String {
        self.settings_of(scene.bundle, scene.ready)
    }

    pub(super) fn settings_of(&self, bundle: &BundleRun, ready: &Ready) -> String {
        let mut sql = timeouts(&self.options, &ready.revision);
        // The bundle's own names stand alone in its SQL; what the session's path held is still
        // found behind it (the functions of extensions, say).
        let placement = ident(&bundle.placement);
        sql.push_str(&format!(
            "SELECT pg_catalog.set_config('search_path', {}, true);",
            before_path(&placement)
        ));
        sql.push_str(&settings::keeping(&set(ready)));
        sql
    }
}

/// Raises `limbeck:elsewhere` where a table that the revision made is gone from the bundle's
/// schema and another of its name is seen in its place: the way down would drop that. The body of
/// a `DO` block.
pub(super) fn elsewhere_body(bundle: &BundleRun, step: &PlanStep, ready: &Ready) -> String {
    if step.direction == Direction::Up {
        return String::new();
    }
    // A model that states its schema has it in the text, and stands there whatever the placement.
    let says = |text: &str| {
        let mut statements = ready.script.numbered();
        statements.any(|statement| statement.text.contains(text))
    };
    let made = ready.revision.generated.iter();
    let tables: Vec<String> = made
        .filter_map(|id| match id.parse() {
            Ok(ObjectId::Table(table)) => Some(table),
            _ => None,
        })
        .filter(|table| {
            !says(Naming::always(table).as_str())
                && !says(&format!("{}.{}", table.schema, table.name))
        })
        .map(|table| literal(table.name.as_str()).to_string())
        .collect();
    if tables.is_empty() {
        return String::new();
    }
    format!(
        "  IF EXISTS (SELECT FROM pg_catalog.unnest(ARRAY[{}]::pg_catalog.text[]) AS t (name) \
         WHERE pg_catalog.to_regclass(pg_catalog.format('%I.%I', {}, t.name)) IS NULL \
         AND pg_catalog.to_regclass(pg_catalog.quote_ident(t.name)) IS NOT NULL) THEN\n    \
         RAISE EXCEPTION USING ERRCODE = 'LB007', CONSTRAINT = 'limbeck:elsewhere', \
         MESSAGE = 'limbeck: a table is not where it was made';\n  END IF;\n",
        tables.join(", "),
        literal(bundle.placement.as_str())
    )
}

/// What a revision sets for the session.
pub(super) fn set(ready: &Ready) -> BTreeSet<String> {
    let statements = ready.script.numbered();
    settings::set_by(statements.map(|statement| &*statement.text))
}

/// The timeouts that a revision runs under.
pub(super) fn timeouts(options: &RunOptions, revision: &Revision) -> String {
    let set = [
        (
            "lock_timeout",
            revision.lock_timeout.or(options.lock_timeout),
        ),
        (
            "statement_timeout",
            revision.statement_timeout.or(options.statement_timeout),
        ),
    ];
    let stated = set.into_iter().filter_map(|(name, value)| {
        value.map(|value| format!("SET LOCAL {name} = {};\n", value.as_millis()))
    });
    stated.collect()
}

/// What ends the messages of a revision before their time.
enum Trouble<'a> {
    /// Somebody else has changed the history.
    Changed,
    /// An error that says everything.
    Told(Error),
    /// A failure to be explained, where it lies if that is known, and where it points to.
    Failed(Box<DbFailure>, Option<At<'a>>, Option<At<'a>>),
}

/// A statement that tells its number and SQLSTATE when it fails.
fn telling(statement: &Numbered) -> String {
    telling_text(&statement.text, statement.number)
}

/// As [`telling`], of a text. The failure's constraint reads `limbeck:state:SQLSTATE:number`.
pub(crate) fn telling_text(text: &str, number: usize) -> String {
    let body = format!(
        "BEGIN\n  EXECUTE {};\nEXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN\n  \
         RAISE EXCEPTION USING ERRCODE = 'LB005', MESSAGE = SQLERRM, \
         CONSTRAINT = pg_catalog.concat('limbeck:state:', SQLSTATE, ':{}');\nEND",
        // With its semicolon, as in the batch: syntax errors may be about it.
        literal(&format!("{text}\n;")),
        number
    );
    let tag = dollar_tag(&body);
    format!("DO {tag}\n{body}\n{tag};")
}

/// The row of a revision of the program.
pub(super) fn row(bundle: &BundleRun, id: &RevisionId) -> Option<NewRow> {
    Some(decide::new_row(
        &bundle.graph,
        bundle.graph.get(id)?,
        bundle.graph.chain_digest(id)?,
    ))
}

/// What a step changes in the history.
pub(super) fn change(bundle: &BundleRun, view: &View, step: &PlanStep, ready: &Ready) -> Change {
    let after = view.heads_after(step);
    let others = |ids: &mut dyn Iterator<Item = &RevisionId>| {
        ids.filter(|id| **id != step.revision)
            .map(|id| id.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    let mut change = Change {
        delete: Vec::new(),
        insert: Vec::new(),
        no_longer_heads: others(&mut view.heads.difference(&after)),
        now_heads: others(&mut after.difference(&view.heads)),
    };
    match step.direction {
        Direction::Up => {
            if let Some(row) = row(bundle, &step.revision) {
                let row = NewRow {
                    statement_reached: Some(ready.script.statements),
                    took: Took::ThisBatch,
                    down: ready.down.clone(),
                    ..row
                };
                change.insert.push((row, after.contains(&step.revision)));
            }
        }
        Direction::Down => change.delete.push(step.revision.as_str().to_owned()),
    }
    change
}
