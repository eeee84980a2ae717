//! Revisions outside of a transaction: statement by statement, each of them recorded, by one process at
//! a time; and gone on with where they were interrupted.
//!
//! Who runs one holds a *session* lock of its own, taken by `try`, and has claimed it under the ordinary
//! lock: a row of the history in the state `running` (`reverting` on the way down), which is no head.
//! A statement that can run in a transaction travels together with the note that it is done. One that
//! cannot is noted as begun, sent alone, and noted as done; of one that was interrupted between the two
//! the catalogs are asked whether it is (`apart`). The end moves the heads under the ordinary lock. A row
//! whose session lock is free was interrupted; what its statements were is told by a digest of those that
//! it has reached, so that later ones may still be put right.
//!
//! A statement that Postgres refuses leaves the database exactly behind the one before it: an index
//! that it left invalid is dropped, and where nothing was done the claim is taken back.

use std::sync::Arc;
use std::time::Duration;

use limbeck_core::revision::plan::Direction;
use limbeck_core::revision::{DIGEST_VERSION, Digest, sql_digest};
use limbeck_core::token;
use limbeck_core::{Error, Result};

use super::batch::{Batch, block};
use super::lock;
use super::lock::OwnerKey;
use super::progress::Event;
use super::script::Numbered;
use super::settings;
use super::step::{Outcome, Scene, set};
use super::story::Story;
use crate::history::{Fields, Half, HistoryRow, NewRow, State, Took};

mod apart;
mod refuse;
mod session;
mod statement;
mod trouble;

pub(super) use apart::{Apart, apart, uses_added_value};
pub(super) use refuse::check;
use statement::Failed;
use trouble::another_session;

/// How often a session is looked for on which a lock was taken, behind a pooler.
const LOOKS: usize = 20;

/// What ends it before its time.
enum Ended {
    /// Somebody else has changed the history.
    Changed,
    /// Somebody else holds the ordinary lock.
    Busy,
    /// An error that says everything.
    Told(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reached {
    /// How many statements are done.
    done: usize,
    /// Whether the next one has begun.
    begun: bool,
}

impl Reached {
    fn number(self) -> i32 {
        let Self { done, begun } = self;
        let number = i32::try_from(done + usize::from(begun)).unwrap_or(i32::MAX);
        if begun { -number } else { number }
    }

    /// How many statements it speaks of.
    fn touched(self) -> usize {
        self.done + usize::from(self.begun)
    }
}

impl Story {
    /// Runs a revision statement by statement, or goes on with it: `half` is the row of one that was
    /// begun, `before` that of an applied one which goes down.
    pub(super) async fn outside(
        &mut self,
        scene: &Scene<'_>,
        half: Option<&HistoryRow>,
        before: Option<&HistoryRow>,
    ) -> Result<Outcome> {
        let history = &self.options.history;
        let key = OwnerKey::new(history, &scene.owner, &scene.step.revision);
        let names = set(scene.ready);
        // Where the run is dropped while this is on its way, the lock may have been taken.
        self.port.owe(Some(key.release_sql().into()));
        let rows = self.port.rows(key.take_sql(&names)).await;
        let taken = match rows {
            Ok(rows) => rows,
            Err(failure) => {
                self.port.owe(None);
                return Err(scene.error(&failure, None, None));
            }
        };
        let Some((pid, values)) = took(taken) else {
            self.port.owe(None);
            self.wait_for_owner(key).await?;
            return Ok(Outcome::Waited);
        };
        let back: Arc<str> = self.putting_back(scene, key, &names, &values).into();
        self.port.owe(Some(Arc::clone(&back)));
        let result = match self.same_session(scene, key, pid).await {
            Ok(()) => {
                let result = self.owned(scene, half, before, key).await;
                let released = self.port.batch(back.to_string()).await;
                if let Err(failure) = released {
                    tracing::warn!(%failure, "the session was not put back as it was");
                }
                result
            }
            Err(error) => Err(Ended::Told(error)),
        };
        self.port.owe(None);
        match result {
            Ok(()) => Ok(Outcome::Done),
            Err(Ended::Changed) => Ok(Outcome::Changed),
            Err(Ended::Busy) => {
                self.wait().await?;
                Ok(Outcome::Waited)
            }
            Err(Ended::Told(error)) => Err(error),
        }
    }

    /// Waits until nobody holds a session lock any more, for as long as is allowed.
    pub(super) async fn wait_for_owner(&mut self, key: OwnerKey) -> Result<()> {
        while self.is_owned(key).await? {
            self.pause().await?;
        }
        self.waited().await;
        Ok(())
    }

    /// Whether another session runs it.
    pub(super) async fn is_owned(&self, key: OwnerKey) -> Result<bool> {
        let rows = self.port.rows(key.taken_sql()).await;
        let rows = rows.map_err(|failure| failure.while_doing("another process was waited for"))?;
        Ok(lock::taken(&rows))
    }

    /// Refuses where the next message reaches another session than the one before: there is no lock
    /// to hold, then.
    async fn same_session(&self, scene: &Scene<'_>, key: OwnerKey, pid: i32) -> Result<()> {
        let rows = self.port.rows(key.held_sql()).await;
        let rows = rows.map_err(|failure| scene.error(&failure, None, None))?;
        let held = [Some(pid.to_string()), Some("true".to_owned())];
        if rows.first().is_some_and(|fields| *fields == held) {
            return Ok(());
        }
        self.let_go_elsewhere(key, pid).await;
        Err(another_session(scene))
    }

    /// Lets a lock go that was taken in a session which this connection does not reach any more.
    async fn let_go_elsewhere(&self, key: OwnerKey, pid: i32) {
        for look in 0..LOOKS {
            let end = look + 1 == LOOKS;
            let rows = self.port.rows(key.release_in_sql(pid, end)).await;
            if rows.is_err() || rows.is_ok_and(|rows| lock::taken(&rows)) {
                return;
            }
        }
        tracing::warn!(pid, "a session lock is left behind on a pooled connection");
    }

    /// The session lock is held: from the claim to the end.
    async fn owned(
        &mut self,
        scene: &Scene<'_>,
        half: Option<&HistoryRow>,
        before: Option<&HistoryRow>,
        key: OwnerKey,
    ) -> Result<(), Ended> {
        let started = self.port.now();
        let statements: Vec<&Numbered> = scene.ready.script.numbered().collect();
        let mut reached = match half {
            None => {
                self.claim(scene, key).await?;
                Reached {
                    done: 0,
                    begun: false,
                }
            }
            Some(row) => self.resume(scene, row, &statements, key).await?,
        };
        // Behind the claim: what is put back is known to be of this session.
        self.batch(scene, self.session_settings(scene)).await?;
        // What a session was set to is gone with it.
        for statement in statements.iter().take(reached.done) {
            if !settings::names(&statement.text).is_empty() {
                let mut batch = Batch::default();
                batch.statement(statement);
                self.batch(scene, batch.sql()).await?;
            }
        }
        for statement in statements.iter().skip(reached.done) {
            self.tell_of(Event::Statement {
                revision: scene.step.revision.clone(),
                number: statement.number,
                statements: statements.len(),
            })
            .await;
            if self.time_is_up() {
                return Err(self.time_over(scene, reached).into());
            }
            self.go_on()
                .map_err(|error| self.stopped(scene, reached, &error))?;
            let done = match scene.ready.apart.get(&statement.number) {
                None => {
                    self.together_with_note(scene, key, statement, reached, &statements)
                        .await
                }
                Some(apart) => {
                    self.alone(scene, key, statement, apart, &mut reached, &statements)
                        .await
                }
            };
            if let Err(failed) = done {
                return Err(self
                    .give_back(scene, key, before, reached, &statements, failed)
                    .await);
            }
            reached = Reached {
                done: statement.number,
                begun: false,
            };
        }
        let took = self.port.now().saturating_duration_since(started);
        self.end(scene, key, reached, took).await
    }

    /// The claim, under the ordinary lock.
    async fn claim(&self, scene: &Scene<'_>, key: OwnerKey) -> Result<(), Ended> {
        let history = &self.options.history;
        let revision = scene.step.revision.as_str();
        let mut body = lock::try_body(self.key);
        body.push_str(&key.held_body());
        body.push_str(&scene.check(self));
        match scene.step.direction {
            Direction::Up => {
                let mut change = scene.change.clone();
                change.no_longer_heads.clear();
                change.now_heads.clear();
                for (row, is_head) in &mut change.insert {
                    *is_head = false;
                    *row = NewRow {
                        state: State::Running,
                        statement_reached: Some(0),
                        took: Took::Nothing,
                        content: digest(&[]),
                        ..row.clone()
                    };
                }
                body.push_str(&history.change_body(&scene.owner, &change));
            }
            Direction::Down => {
                let down = scene.ready.script.text().unwrap_or_default();
                body.push_str(&history.reverting_body(&scene.owner, revision, &down));
            }
        }
        self.under_both(scene, &body).await
    }

    /// Checks that a half done one may be gone on with, and tells from where.
    async fn resume(
        &self,
        scene: &Scene<'_>,
        row: &HistoryRow,
        statements: &[&Numbered],
        key: OwnerKey,
    ) -> Result<Reached, Ended> {
        let (done, begun) = row.progress();
        let reached = Reached { done, begun };
        let same = match scene.step.direction {
            Direction::Up => {
                let touched = statements.get(..reached.touched());
                row.digest_version == DIGEST_VERSION
                    && touched.is_some_and(|touched| row.content == Some(digest(touched)))
            }
            Direction::Down => self.same_way_down(scene, reached, statements).await?,
        };
        if !same {
            return Err(self.edited(scene, reached).into());
        }
        let mut body = lock::try_body(self.key);
        body.push_str(&key.held_body());
        body.push_str(&scene.check_heads(&self.options.history, None));
        body.push_str(&self.options.history.half_body(
            &scene.owner,
            scene.step.revision.as_str(),
            &half(scene, reached),
        ));
        self.under_both(scene, &body).await?;
        tracing::info!(
            revision = %scene.step.revision,
            statements = done,
            "it was interrupted, and is gone on with"
        );
        Ok(reached)
    }

    /// Whether the way down begins as the one did that was interrupted, which is kept.
    async fn same_way_down(
        &self,
        scene: &Scene<'_>,
        reached: Reached,
        statements: &[&Numbered],
    ) -> Result<bool, Ended> {
        let sql = self
            .options
            .history
            .down_sql(&scene.owner, scene.step.revision.as_str());
        let rows = self.read(sql).await;
        let rows = rows.map_err(|failure| self.failed(&failure, "a kept way down was read"))?;
        let kept = rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next());
        let kept = kept.flatten().unwrap_or_default();
        let spans = token::split(&kept).unwrap_or_default();
        let kept: Vec<&str> = spans.into_iter().map(|span| &kept[span.range]).collect();
        let touched = reached.touched();
        Ok(match (kept.get(..touched), statements.get(..touched)) {
            (Some(kept), Some(ours)) => digest_of(kept.iter().copied()) == digest(ours),
            _ => false,
        })
    }

    /// A body of ours under the ordinary lock, while the session lock is held.
    async fn under_both(&self, scene: &Scene<'_>, body: &str) -> Result<(), Ended> {
        let sql = format!(
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n{}{}",
            self.as_who_runs(scene),
            self.limited(&block(body))
        );
        let Err(failure) = self.port.batch(sql).await else {
            return Ok(());
        };
        Err(match failure.coded() {
            Some("busy") => Ended::Busy,
            Some("moved") => Ended::Changed,
            _ => self.explained(scene, &failure).into(),
        })
    }

    /// The end: the heads move, under the ordinary lock.
    async fn end(
        &mut self,
        scene: &Scene<'_>,
        key: OwnerKey,
        reached: Reached,
        took: Duration,
    ) -> Result<(), Ended> {
        let history = &self.options.history;
        let revision = scene.step.revision.as_str();
        let mut body = lock::try_body(self.key);
        body.push_str(&key.held_body());
        body.push_str(&scene.check_heads(history, None));
        body.push_str(&history.half_body(&scene.owner, revision, &half(scene, reached)));
        let mut change = scene.change.clone();
        for (row, _) in &mut change.insert {
            row.took = Took::Measured(took);
            change.delete.push(revision.to_owned());
        }
        body.push_str(&scene.change_body(self, &change));
        loop {
            match self.under_both(scene, &body).await {
                // All is done but this: it is waited for here, with the session lock in hand.
                Err(Ended::Busy) => self.wait().await?,
                result => return result,
            }
        }
    }

    /// A note of how far it is.
    fn reaching(
        &self,
        scene: &Scene<'_>,
        from: Reached,
        to: Reached,
        statements: &[&Numbered],
    ) -> String {
        let content = match scene.step.direction {
            Direction::Up => statements.get(..to.touched()).map(digest),
            // The row is that of an applied revision still.
            Direction::Down => None,
        };
        self.options.history.progress_body(
            &scene.owner,
            scene.step.revision.as_str(),
            &half(scene, from),
            to.number(),
            content,
        )
    }

    /// Notes something, as who runs.
    async fn noting(&self, scene: &Scene<'_>, key: OwnerKey, body: &str) -> Result<(), Failed> {
        let sql = format!(
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n{}{}",
            self.as_who_runs(scene),
            self.limited(&block(&format!("{}{body}", key.held_body())))
        );
        self.say(scene, sql).await
    }

    /// A message of ours.
    async fn say(&self, scene: &Scene<'_>, sql: String) -> Result<(), Failed> {
        match self.batch(scene, sql).await {
            Ok(()) => Ok(()),
            Err(error) => Err(Failed::Told(error)),
        }
    }

    async fn batch(&self, scene: &Scene<'_>, sql: String) -> Result<()> {
        if sql.is_empty() {
            return Ok(());
        }
        let sent = self.port.batch(sql).await;
        sent.map_err(|failure| self.explained(scene, &failure))
    }
}

fn half<'a>(scene: &Scene<'_>, reached: Reached) -> Half<'a> {
    Half {
        state: match scene.step.direction {
            Direction::Up => &State::Running,
            Direction::Down => &State::Reverting,
        },
        reached: reached.number(),
    }
}

/// The digest of statements, as the row of a revision has it that has reached them.
fn digest(statements: &[&Numbered]) -> Digest {
    digest_of(statements.iter().map(|statement| &*statement.text))
}

fn digest_of<'a>(statements: impl Iterator<Item = &'a str>) -> Digest {
    let mut text = String::new();
    for statement in statements {
        text.push_str(statement);
        text.push_str("\n;\n");
    }
    sql_digest(&text)
}

/// What was answered where the session lock is taken: the process id, and the values of settings.
fn took(rows: Vec<Fields>) -> Option<(i32, Vec<Option<String>>)> {
    let mut fields = rows.into_iter().next()?.into_iter();
    let taken = fields.next()??;
    let pid = fields.next()??.parse().ok()?;
    (taken == "true").then(|| (pid, fields.collect()))
}
