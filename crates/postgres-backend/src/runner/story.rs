//! The run from its first statement to its report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use limbeck_core::revision::plan::{Direction, PlanStep};
use limbeck_core::{Error, ErrorKind, Result, RevisionId};

use super::budget::Budget;
use super::decide::{self, View};
use super::failure::{DbFailure, FailureKind};
use super::lock::{self, Jitter};
use super::port::Port;
use super::prepare::Sequence;
use super::progress::{Event, Notice, Observers, PlannedStep};
use super::report::{BundleReport, Deed, Obstacle, Report, Status, Unlisted};
use super::step::telling_text;
use super::{Action, BundleRun, LockWait, OnUnlisted, RunOptions, RunRequest, Surroundings};
use crate::history::{HeadRow, HistoryRow, HistoryTable, Owner, Standing};
use crate::{search_path, test_schema};

/// How often a batch may be refused by the lock before the runner waits inside a transaction.
const REFUSALS: u32 = 2;

/// How often the observers are told that the run is waiting still.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What a run knows while it goes on.
pub(super) struct Story {
    pub(super) port: Port,
    /// All bundles of the run; the application's own is the last.
    pub(super) bundles: Arc<[BundleRun]>,
    pub(super) options: RunOptions,
    pub(super) surroundings: Surroundings,
    pub(super) key: i64,
    pub(super) report: Report,
    /// Whether the history table exists, as far as is known.
    pub(super) exists: bool,
    pub(super) standing: Option<Standing>,
    pub(super) sequence: Sequence,
    /// How often the lock has refused a batch since one went through.
    pub(super) refusals: u32,
    /// Since when the run waits for the lock without having got anything done.
    pub(super) waiting_since: Option<Instant>,
    /// When the waiting was last told of.
    told_waiting: Option<Instant>,
    /// How long the run may take.
    pub(super) budget: Option<Budget>,
    /// What is still to be done, as far as it is planned.
    pub(super) todo: Vec<RevisionId>,
    pub(super) jitter: Jitter,
}

/// The whole run.
pub(super) async fn run(
    port: Port,
    request: RunRequest,
    surroundings: Surroundings,
) -> Result<Report> {
    let RunRequest { bundles, options } = request;
    let mut story = Story {
        key: lock::key(&options.history),
        jitter: Jitter::new(surroundings.seed),
        told_waiting: None,
        budget: options.time_budget.and_then(|whole| {
            Budget::from(options.budget_began.unwrap_or_else(|| port.now()), whole)
        }),
        todo: Vec::new(),
        options,
        surroundings,
        port,
        bundles: bundles.clone().into(),
        report: Report::default(),
        exists: true,
        standing: None,
        sequence: Sequence::None,
        refusals: 0,
        waiting_since: None,
    };
    if let Some(budget) = &story.budget {
        let observers = match only_looks(&bundles) {
            true => Observers::default(),
            false => story.options.observers.clone(),
        };
        budget.show(story.port.watch(), observers);
    }
    let result = story.tell(&bundles).await;
    story.drop_sequence().await;
    let result = match result {
        Ok(()) => Ok(()),
        Err(error) => Err(error.with_applied(story.report.revisions())),
    };
    if !story.report.looked {
        let count = story.report.applied.len();
        story.tell_end(&result, count).await;
    }
    result.map(|()| story.report)
}

impl Story {
    async fn tell(&mut self, bundles: &[BundleRun]) -> Result<()> {
        self.report.looked = self.options.only_plans || only_looks(bundles);
        let owners: Vec<Owner> = bundles.iter().map(BundleRun::owner).collect();
        if !self.report.looked {
            let table = &self.options.history;
            self.tell_of(Event::Preparing {
                doing: format!("reading the history table `{table}`"),
            })
            .await;
        }
        if self.options.only_history {
            return self.ensure_history(&owners).await;
        }
        let heads = self.read_heads(&owners).await?;
        self.refuse_others_test(bundles, &owners, &heads).await?;
        self.note_unlisted(bundles, &heads);
        self.look_for_schemas(bundles, &heads)?;
        let current: Vec<bool> = bundles
            .iter()
            .map(|bundle| {
                matches!(bundle.action, Action::RunPending | Action::RequireCurrent)
                    && decide::is_current(bundle, &heads)
            })
            .collect();
        if current.iter().all(|current| *current) {
            for bundle in bundles {
                tracing::debug!(bundle = %bundle.name, "nothing to do");
                self.report.bundles.push(self::current(bundle));
            }
            self.note_off_path(&heads);
            return Ok(());
        }
        let obstacle = self.elsewhere(bundles, &heads).await?;
        if bundles
            .iter()
            .all(|bundle| matches!(bundle.action, Action::Inspect))
        {
            if let Some(obstacle) = obstacle {
                self.note_obstacle(obstacle);
            }
            for bundle in bundles {
                let rows = self.rows(&bundle.owner()).await?;
                let settled = decide::settled(bundle, &rows)?;
                let bundle = settled.as_ref().unwrap_or(bundle);
                let rows = decide::folded(bundle, rows).0;
                if rows.is_empty() && !bundle.graph.is_empty() {
                    self.note_unrecorded(bundle, &owners).await?;
                }
                let mut report = decide::view(bundle, rows.clone())?.report(bundle);
                report.rows = rows;
                for row in &mut report.rows {
                    row.is_head = report.heads.contains(&row.revision);
                }
                self.report.bundles.push(report);
            }
            return Ok(());
        }
        if let Some(obstacle) = obstacle {
            return Err(obstacle.into_error());
        }
        self.settling(bundles, &owners, current).await?;
        self.note_off_path(&heads);
        Ok(())
    }

    /// Says that the connection does not find what the application's own revisions make, where the
    /// application runs what is pending: it would look as well as here, and every query would fail.
    /// Whoever is told nothing of the path by the heads has asked for the standing by now.
    fn note_off_path(&mut self, heads: &[HeadRow]) {
        let Some(own) = self.bundles.last() else {
            return;
        };
        if !own.bare || own.graph.is_empty() || own.action != Action::RunPending {
            return;
        }
        let owner = own.owner();
        let placement = &own.placement;
        let path = match heads.iter().find(|head| head.owner == owner) {
            Some(head) => head.off_path.clone(),
            None => self.standing.as_ref().and_then(|standing| {
                let [_, _, _, path] = &standing.settings;
                let found = search_path::names(path, &standing.role, placement);
                (!found).then(|| path.clone())
            }),
        };
        if let Some(path) = path {
            let note = format!(
                "the revisions of `{}` make their tables in `{placement}`, where this connection does not look: \
                 its search path is {}, and queries that name no schema will not find them; {}",
                own.name,
                search_path::shown(&path),
                search_path::remedy(&path, placement)
            );
            self.report.notes.push(note);
        }
    }

    /// Says what is applied of a bundle that has no history here: what another table knows, what
    /// Diesel has done.
    async fn note_unrecorded(&mut self, bundle: &BundleRun, owners: &[Owner]) -> Result<()> {
        let standing = self.standing(owners).await?;
        if self.report.obstacle.is_none()
            && let Some(obstacle) = self.in_another_table(&standing, owners).await?
        {
            self.note_obstacle(obstacle);
        }
        if let Some(obstacle) = self.applied_by_diesel(bundle, &standing).await? {
            self.note_obstacle(obstacle);
        }
        Ok(())
    }

    fn note_obstacle(&mut self, obstacle: Obstacle) {
        let Obstacle {
            revision: _,
            found,
            hint,
        } = &obstacle;
        self.report.notes.push(format!("{found}: {hint}"));
        self.report.obstacle.get_or_insert(obstacle);
    }

    /// Refuses to go on where a bundle's schema is gone, with what was applied in it; who only looks
    /// is told.
    fn look_for_schemas(&mut self, bundles: &[BundleRun], heads: &[HeadRow]) -> Result<()> {
        for bundle in bundles {
            let Some(error) = decide::misplaced(bundle, heads) else {
                continue;
            };
            match &bundle.action {
                Action::RunPending
                | Action::Upgrade(_)
                | Action::Downgrade(_)
                | Action::RequireCurrent => return Err(error),
                Action::Inspect => {
                    let hint = error.hint().unwrap_or_default();
                    self.report.notes.push(format!("{error}: {hint}"));
                }
                // A record is changed without what it is about; and what is left is not touched.
                Action::Stamp(_) | Action::Leave => {}
            }
        }
        Ok(())
    }

    /// Refuses the connection of a test that has a schema of its own, where a bundle is placed elsewhere. Where
    /// there are no heads to say so, whoever writes learns it from the standing.
    async fn refuse_others_test(
        &mut self,
        bundles: &[BundleRun],
        owners: &[Owner],
        heads: &[HeadRow],
    ) -> Result<()> {
        let wants = |bundle: &BundleRun| bundle.action == Action::RequireCurrent;
        let schema = match (heads.first(), &self.standing) {
            (Some(head), _) => head.test_schema.clone(),
            (None, Some(standing)) => standing.test_schema.clone(),
            (None, None) if bundles.iter().any(wants) => self.standing(owners).await?.test_schema,
            (None, None) => None,
        };
        self.check_test(schema.as_deref())
    }

    /// The same, with the schema that the session names.
    pub(super) fn check_test(&self, schema: Option<&str>) -> Result<()> {
        let Some(schema) = test_schema::named(schema) else {
            return Ok(());
        };
        let acts = |bundle: &&BundleRun| !matches!(bundle.action, Action::Inspect | Action::Leave);
        let mut acting = self.bundles.iter().filter(acts).peekable();
        if acting.peek().is_none() {
            return Ok(());
        }
        let mut places = acting.map(|bundle| &bundle.placement);
        let elsewhere = places.find(|place| place.as_str() != schema);
        let history = &self.options.history.schema;
        match elsewhere.or((history.as_str() != schema).then_some(history)) {
            Some(place) => Err(test_schema::refuse(schema, place)),
            None => Ok(()),
        }
    }

    /// Says which bundles the database has and the program does not list.
    fn note_unlisted(&mut self, bundles: &[BundleRun], heads: &[HeadRow]) {
        let mut unlisted: BTreeMap<&Owner, Vec<String>> = BTreeMap::new();
        for head in heads {
            let HeadRow {
                owner, revision, ..
            } = head;
            if bundles.iter().all(|bundle| bundle.name != owner.bundle) {
                unlisted.entry(owner).or_default().push(revision.clone());
            }
        }
        for (owner, mut heads) in unlisted {
            heads.sort_unstable();
            let unlisted = Unlisted {
                bundle: owner.bundle.clone(),
                placement: owner.placement.clone(),
                heads,
            };
            if self.options.on_unlisted == OnUnlisted::Warn {
                tracing::warn!("{unlisted}");
            }
            self.report.unlisted.push(unlisted);
        }
    }

    /// The one statement that a run with nothing to do costs. In a caller's transaction, where an
    /// absent table would abort it, its existence is asked first.
    async fn read_heads(&mut self, owners: &[Owner]) -> Result<Vec<HeadRow>> {
        let table = self.options.history.clone();
        if self.surroundings.in_transaction {
            let rows = self.port.rows(table.exists_sql()).await;
            let rows = rows.map_err(|failure| failure.while_doing("the history was read"))?;
            self.exists = rows
                .first()
                .is_some_and(|row| row == &[Some("true".to_owned())]);
            if !self.exists {
                return Ok(Vec::new());
            }
        }
        match self.read(table.heads_sql()).await {
            Ok(rows) => rows.into_iter().map(HeadRow::parse).collect(),
            Err(failure) => self.no_heads(&table, failure, owners).await,
        }
    }

    /// The heads could not be read: because there is no table, or for a reason to tell.
    async fn no_heads(
        &mut self,
        table: &HistoryTable,
        failure: DbFailure,
        owners: &[Owner],
    ) -> Result<Vec<HeadRow>> {
        if self.is_late(&failure) {
            return Err(self.read_too_late(&failure).await);
        }
        if !failure.is_answer() || self.surroundings.in_transaction {
            return Err(failure.while_doing("the history was read"));
        }
        let standing = self.standing(owners).await?;
        if !standing.exists {
            self.exists = false;
            return Ok(Vec::new());
        }
        self.check_rights(&standing, Reading::Only)?;
        // Another process may have made it just now.
        let sql = table.heads_sql();
        let again = match self.read(sql.clone()).await {
            Ok(again) => again,
            Err(failure) => return Err(self.unreadable(&sql, failure).await),
        };
        again.into_iter().map(HeadRow::parse).collect()
    }

    /// Learns, once, what the role may do and where the table stands.
    pub(super) async fn standing(&mut self, owners: &[Owner]) -> Result<Standing> {
        if let Some(standing) = &self.standing {
            return Ok(standing.clone());
        }
        let RunOptions {
            history, placed, ..
        } = &self.options;
        let sql = history.standing_sql(owners, *placed);
        let asking = "the catalogs were asked about the history table";
        let rows = self
            .port
            .rows(sql)
            .await
            .map_err(|failure| failure.while_doing(asking))?;
        let fields = rows.into_iter().next().unwrap_or_default();
        let standing = Standing::parse(fields)?;
        self.standing = Some(standing.clone());
        Ok(standing)
    }

    pub(super) async fn rows(&self, owner: &Owner) -> Result<Vec<HistoryRow>> {
        if !self.exists {
            return Ok(Vec::new());
        }
        let sql = self.options.history.rows_sql([owner]);
        match self.read(sql.clone()).await {
            Ok(rows) => rows.into_iter().map(HistoryRow::parse).collect(),
            Err(failure) => Err(self.unreadable(&sql, failure).await),
        }
    }

    /// The error of a history that is there and cannot be read: it is not as it was made. Outside of
    /// a transaction its SQLSTATE is learnt, where the driver does not know it.
    async fn unreadable(&self, sql: &str, mut failure: DbFailure) -> Error {
        if self.is_late(&failure) {
            return self.read_too_late(&failure).await;
        }
        if failure.kind != FailureKind::Database {
            return failure.while_doing("the history was read");
        }
        if failure.sqlstate.is_none() && !self.surroundings.in_transaction {
            let told = self.port.batch(telling_text(sql, 0)).await;
            failure.sqlstate = told.err().and_then(|told| {
                let state = told.coded()?.strip_prefix("state:")?.split_once(':')?.0;
                (told.message == failure.message).then(|| state.to_owned())
            });
        }
        let table = &self.options.history;
        failure.while_doing("the history was read").with_hint(format!(
            "is `{table}` the history table of Limbeck, and as it was made? bring back what it lacks, \
             or name another in `[history]`"
        ))
    }

    /// The time is over while the history was read, which somebody has locked.
    async fn read_too_late(&self, failure: &DbFailure) -> Error {
        let mut doing = "the history was read".to_owned();
        if !self.surroundings.in_transaction {
            let asked = lock::table_holder_sql(&self.options.history);
            let rows = self.port.rows(asked).await.unwrap_or_default();
            if let Some(holder) = lock::holder(&rows) {
                doing = format!("{doing}, whose table is locked by {holder}");
            }
        }
        self.failed(failure, &doing)
    }

    /// Whether the next revision waits inside a transaction, having been refused so often.
    pub(super) fn waits_inside(&self) -> bool {
        self.refusals >= REFUSALS
    }

    /// Waits until the lock is free, outside of any transaction, or for as long as is allowed.
    pub(super) async fn wait(&mut self) -> Result<()> {
        self.refusals += 1;
        loop {
            self.pause().await?;
            if self.try_lock().await? {
                self.waited().await;
                return Ok(());
            }
        }
    }

    /// The lock is free: told where it was told that it is not.
    pub(super) async fn waited(&mut self) {
        if self.told_waiting.take().is_some()
            && let Some(since) = self.waiting_since
        {
            let waited = self.port.now().saturating_duration_since(since);
            self.tell_of(Event::Waited { waited }).await;
        }
    }

    /// Takes the lock in the open transaction, waiting for as long as is allowed.
    pub(super) async fn lock_inside(&mut self) -> Result<()> {
        while !self.try_lock().await? {
            self.pause().await?;
        }
        self.waited().await;
        Ok(())
    }

    async fn try_lock(&self) -> Result<bool> {
        let rows = self.port.rows(lock::try_sql(self.key)).await;
        let rows = rows.map_err(|failure| failure.while_doing("another process was waited for"))?;
        Ok(lock::taken(&rows))
    }

    /// Sleeps for an interval, or gives up when the time allowed is over.
    pub(super) async fn pause(&mut self) -> Result<()> {
        self.go_on()?;
        let now = self.port.now();
        let first = self.waiting_since.is_none();
        let waited = now.saturating_duration_since(*self.waiting_since.get_or_insert(now));
        let left = match self.options.lock_wait {
            LockWait::Fail => None,
            LockWait::For(most) => most.checked_sub(waited).filter(|left| !left.is_zero()),
        };
        let Some(mut left) = left else {
            return Err(self.busy(waited).await);
        };
        if let Some(budget) = self.time_left() {
            if budget.is_zero() {
                let holder = self.holder().await;
                let who = holder.map_or_else(String::new, |holder| format!(" ({holder})"));
                return Err(
                    self.out_of_time(&format!("another process is migrating this database{who}"))
                );
            }
            left = left.min(budget);
        }
        let due = self
            .told_waiting
            .is_none_or(|told| now.saturating_duration_since(told) >= TELL_EVERY);
        if first || (due && !self.options.observers.is_empty()) {
            let holder = self.holder().await;
            if first {
                tracing::info!(
                    holder = holder.as_deref().unwrap_or("unknown"),
                    "another process is migrating, waiting for it"
                );
            }
            self.told_waiting = Some(now);
            self.tell_of(Event::Waiting { holder, waited }).await;
        }
        let interval = self.jitter.next(self.options.poll_interval);
        self.port.sleep(interval.min(left)).await;
        Ok(())
    }

    /// Tells the observers, where there are any.
    pub(super) async fn tell_of(&self, event: Event) {
        let observers = &self.options.observers;
        if !observers.is_empty() {
            self.port.report(Notice::new(event, observers)).await;
        }
    }

    async fn tell_end(&self, result: &Result<()>, count: usize) {
        let event = match result {
            Ok(()) => Event::Done { count },
            Err(error) => Event::failed(error),
        };
        self.tell_of(event).await;
    }

    async fn holder(&self) -> Option<String> {
        let rows = self
            .port
            .rows(lock::holder_sql(self.key, &self.options.history))
            .await
            .ok()?;
        lock::holder(&rows)
    }

    async fn busy(&self, waited: Duration) -> Error {
        let waited = match waited.as_millis() {
            0 => String::new(),
            millis if millis < 10_000 => format!(" after {millis} ms"),
            millis => format!(" after {} s", millis / 1000),
        };
        let who = self
            .holder()
            .await
            .map_or_else(String::new, |holder| format!(": {holder}"));
        Error::new(
            ErrorKind::Busy,
            format!("another process is migrating this database still{waited}{who}"),
        )
        .with_hint("run again when it is done, or allow a longer wait for the lock")
    }
}

/// Who only looks has nothing to tell.
fn only_looks(bundles: &[BundleRun]) -> bool {
    let looks =
        |bundle: &BundleRun| matches!(bundle.action, Action::Inspect | Action::RequireCurrent);
    bundles.iter().all(looks)
}

/// How much is about to be done with the history table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It is only read.
    Only,
    /// It is written, too.
    AndWriting,
}

/// A step as observers see it.
pub(super) fn planned_step(
    bundle: &BundleRun,
    view: &View,
    step: &PlanStep,
    stamps: bool,
) -> PlannedStep {
    let revision = view.whole.get(&step.revision);
    PlannedStep {
        bundle: bundle.name.clone(),
        placement: bundle.placement.clone(),
        revision: step.revision.clone(),
        message: revision.map_or_else(String::new, |revision| revision.message.clone()),
        deed: match (step.direction, stamps) {
            (Direction::Up, false) => Deed::Applied,
            (Direction::Up, true) => Deed::Stamped,
            (Direction::Down, false) => Deed::TakenBack,
            (Direction::Down, true) => Deed::Unstamped,
        },
        sql: None,
        losses: Vec::new(),
        reversible: None,
        outside: false,
    }
}

/// A bundle that was found current by its heads.
fn current(bundle: &BundleRun) -> BundleReport {
    BundleReport {
        bundle: bundle.name.clone(),
        placement: bundle.placement.clone(),
        status: Status::Current,
        heads: bundle.graph.real_heads().into_iter().cloned().collect(),
        already: bundle.graph.len(),
        pending: Vec::new(),
        unknown: Vec::new(),
        edited: Vec::new(),
        half: Vec::new(),
        rows: Vec::new(),
    }
}
