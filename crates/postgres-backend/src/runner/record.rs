//! Changes of the history that run nothing: stamping, and bringing caches up to date.

use std::collections::BTreeSet;
use std::time::Duration;

use limbeck_core::revision::plan::{Direction, Plan, PlanStep, heads_of};
use limbeck_core::{Result, RevisionId};

use super::batch::block;
use super::decide::{self, View};
use super::failure::FailureKind;
use super::lock;
use super::report::Deed;
use super::step::{Outcome, row};
use super::story::Story;
use super::{Action, BundleRun};
use crate::history::{Change, NewRow, Owner, State};

/// What recording these steps changes in the history, and the view after it.
pub(super) fn recording(bundle: &BundleRun, view: &View, steps: &[PlanStep]) -> (Change, View) {
    let mut after = view.clone();
    let mut change = Change::default();
    for step in steps {
        after.take(step);
        match step.direction {
            Direction::Up => {
                if let Some(row) = row(bundle, &step.revision) {
                    let row = NewRow {
                        state: State::Stamped,
                        ..row
                    };
                    change.insert.push((row, false));
                }
            }
            Direction::Down => change.delete.push(step.revision.as_str().to_owned()),
        }
    }
    for (row, is_head) in &mut change.insert {
        *is_head = after.heads.contains(&row.revision);
    }
    let text = |id: &RevisionId| id.as_str().to_owned();
    let is_new = |id: &RevisionId| change.insert.iter().any(|(row, _)| row.revision == *id);
    let is_gone = |id: &RevisionId| change.delete.iter().any(|gone| gone == id.as_str());
    let no_longer = view.heads.difference(&after.heads);
    let no_longer_heads = no_longer.filter(|id| !is_gone(id)).map(text).collect();
    let now = after.heads.difference(&view.heads);
    let now_heads = now.filter(|id| !is_new(id)).map(text).collect();
    change.no_longer_heads = no_longer_heads;
    change.now_heads = now_heads;
    (change, after)
}

impl Story {
    /// Records a plan without running it.
    pub(super) async fn stamp(
        &mut self,
        bundle: &BundleRun,
        owners: &[Owner],
        view: &mut View,
        plan: &Plan,
    ) -> Result<Outcome> {
        let mut change = Change::default();
        let mut after = view.clone();
        let mut deeds = Vec::new();
        for step in &plan.steps {
            after.take(step);
            match step.direction {
                Direction::Up => {
                    if let Some(row) = row(bundle, &step.revision) {
                        change.insert.push((
                            NewRow {
                                state: State::Stamped,
                                ..row
                            },
                            false,
                        ));
                    }
                    deeds.push((step.clone(), Deed::Stamped));
                }
                Direction::Down => {
                    change.delete.push(step.revision.as_str().to_owned());
                    deeds.push((step.clone(), Deed::Unstamped));
                }
            }
        }
        // What was edited since it was applied, and stays, is taken as it is now.
        for edited in &view.edited {
            if let (true, Some(row)) = (after.applied.contains(edited), row(bundle, edited)) {
                change.delete.push(edited.as_str().to_owned());
                change.insert.push((
                    NewRow {
                        state: State::Stamped,
                        ..row
                    },
                    false,
                ));
                let step = PlanStep {
                    direction: Direction::Up,
                    revision: edited.clone(),
                };
                deeds.push((step, Deed::Stamped));
            }
        }
        // What was interrupted is out of it now.
        for (id, half) in &view.half {
            let text = id.as_str().to_owned();
            if half.state == State::Running {
                change.delete.push(text);
                if !after.applied.contains(id) {
                    let step = PlanStep {
                        direction: Direction::Down,
                        revision: id.clone(),
                    };
                    deeds.push((step, Deed::Unstamped));
                }
            } else if let (true, false, Some(row)) = (
                after.applied.contains(id),
                change.delete.contains(&text),
                row(bundle, id),
            ) {
                change.delete.push(text);
                let row = NewRow {
                    state: State::Stamped,
                    ..row
                };
                change.insert.push((row, false));
                let step = PlanStep {
                    direction: Direction::Up,
                    revision: id.clone(),
                };
                deeds.push((step, Deed::Stamped));
            }
        }
        if change == Change::default() {
            return self.refresh(bundle, view).await;
        }
        let after_heads = heads_of(&bundle.graph, &after.applied);
        let gone: BTreeSet<&str> = change.delete.iter().map(String::as_str).collect();
        for (row, is_head) in &mut change.insert {
            *is_head = after_heads.contains(&row.revision);
        }
        let stays = |id: &&RevisionId| !gone.contains(id.as_str());
        let names = |ids: &mut dyn Iterator<Item = &RevisionId>| {
            ids.map(|id| id.as_str().to_owned()).collect::<Vec<_>>()
        };
        change.no_longer_heads = names(&mut view.heads.difference(&after_heads).filter(stays));
        let come: BTreeSet<&RevisionId> =
            change.insert.iter().map(|(row, _)| &row.revision).collect();
        change.now_heads = names(
            &mut after_heads
                .difference(&view.heads)
                .filter(|id| !come.contains(*id)),
        );
        self.may_write(bundle, owners, view).await?;
        let owner = bundle.owner();
        let mut body = self.options.history.check_body(
            &owner,
            view.heads.iter().map(RevisionId::as_str),
            None,
        );
        body.push_str(&self.options.history.change_body(&owner, &change));
        let outcome = self.under_lock(&body, "revisions were stamped").await?;
        if outcome == Outcome::Done {
            let struck = |id: &&RevisionId| !after.applied.contains(*id);
            for unknown in view.unknown.iter().filter(struck) {
                self.report.notes.push(format!(
                    "`{unknown}` is not known to this program and was struck from the record: what \
                     it made is there still, and a program that has it will want to run it again"
                ));
            }
            if !change.insert.is_empty() {
                self.note_missing_schema(bundle, owners).await?;
            }
            for (step, deed) in deeds {
                let message = after
                    .whole
                    .get(&step.revision)
                    .map(|found| found.message.clone());
                self.note(
                    bundle,
                    &step,
                    &message.unwrap_or_default(),
                    deed,
                    Duration::ZERO,
                );
            }
            after.edited.clear();
            after.unknown.clear();
            after.half.clear();
            after.heads = after_heads;
            *view = after;
        }
        Ok(outcome)
    }

    /// Says of what was just recorded that the schema it should stand in is not there.
    async fn note_missing_schema(&mut self, bundle: &BundleRun, owners: &[Owner]) -> Result<()> {
        let BundleRun {
            name, placement, ..
        } = bundle;
        let standing = self.standing(owners).await?;
        let is_missing = |missing: &String| missing == placement.as_str();
        if standing.missing_placements.iter().any(is_missing) {
            self.report.notes.push(format!(
                "the schema `{placement}` of the bundle `{name}` is missing, and with it what was recorded: \
                 make it before the next run, which is refused without it, or place the bundle where it is \
                 and take this record back with `limbeck stamp {name}@base`"
            ));
        }
        Ok(())
    }

    /// Records one revision whose work was done by another.
    pub(super) async fn record(
        &mut self,
        bundle: &BundleRun,
        view: &mut View,
        step: &PlanStep,
    ) -> Result<Outcome> {
        let (change, after) = recording(bundle, view, std::slice::from_ref(step));
        let owner = bundle.owner();
        let mut body = self.options.history.check_body(
            &owner,
            view.heads.iter().map(RevisionId::as_str),
            Some((step.revision.as_str(), false)),
        );
        body.push_str(&self.options.history.change_body(&owner, &change));
        let outcome = self.under_lock(&body, "a revision was recorded").await?;
        if outcome == Outcome::Done {
            self.note_recorded(bundle, step, Deed::Stamped);
            *view = after;
        }
        Ok(outcome)
    }

    /// Reports a revision that was recorded or struck.
    pub(super) fn note_recorded(&mut self, bundle: &BundleRun, step: &PlanStep, deed: Deed) {
        let message = bundle.graph.get(&step.revision);
        let message = message.map_or_else(String::new, |found| found.message.clone());
        self.note(bundle, step, &message, deed, Duration::ZERO);
    }

    /// Brings caches up to date, where there is nothing else to do. It only makes the next start
    /// faster, so that nobody waits for it and a failure is no error.
    pub(super) async fn refresh(&mut self, bundle: &BundleRun, view: &mut View) -> Result<Outcome> {
        let rows = decide::outdated(bundle, view);
        let forward = matches!(
            bundle.action,
            Action::RunPending | Action::Upgrade(_) | Action::Stamp(_)
        );
        let ours = forward && view.unknown.is_empty();
        if rows.is_empty() || !ours || self.surroundings.in_transaction {
            return Ok(Outcome::Done);
        }
        let owner = bundle.owner();
        let mut body = lock::try_body(self.key);
        body.push_str(&self.options.history.check_body(
            &owner,
            view.heads.iter().map(RevisionId::as_str),
            None,
        ));
        body.push_str(&self.options.history.refresh_body(&owner, &rows));
        match self.port.batch(self.limited(&block(&body))).await {
            Ok(()) => {
                for (row, is_head) in rows {
                    if is_head {
                        view.heads.insert(row.revision);
                    } else {
                        view.heads.remove(&row.revision);
                    }
                }
            }
            Err(failure) if failure.kind == FailureKind::Closed => {
                return Err(failure.while_doing("the caches of the history were refreshed"));
            }
            Err(failure) => tracing::debug!(%failure, "the caches of the history stay as they are"),
        }
        Ok(Outcome::Done)
    }

    /// Runs a body of ours under the lock.
    pub(super) async fn under_lock(&mut self, body: &str, what: &str) -> Result<Outcome> {
        if self.surroundings.in_transaction || self.waits_inside() {
            self.port
                .begin()
                .await
                .map_err(|failure| failure.while_doing(what))?;
            let result = match self.lock_inside().await {
                Ok(()) => self.port.batch(self.limited(&block(body))).await,
                Err(error) => return self.finish(Err(error), what).await.map(|()| Outcome::Done),
            };
            let moved = matches!(&result, Err(failure) if failure.coded() == Some("moved"));
            if moved {
                self.port
                    .rollback()
                    .await
                    .map_err(|failure| failure.while_doing(what))?;
                return Ok(Outcome::Changed);
            }
            let result = result.map_err(|failure| self.failed(&failure, what));
            return self.finish(result, what).await.map(|()| Outcome::Done);
        }
        let batch = format!(
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n{}",
            self.limited(&block(&format!("{}{body}", lock::try_body(self.key))))
        );
        match self.port.batch(batch).await {
            Ok(()) => Ok(Outcome::Done),
            Err(failure) if failure.coded() == Some("busy") => {
                self.wait().await?;
                Ok(Outcome::Waited)
            }
            Err(failure) if failure.coded() == Some("moved") => Ok(Outcome::Changed),
            Err(failure) => Err(self.failed(&failure, what)),
        }
    }
}
