//! What is told of a run that did not come to its end, and what stands after it.

use limbeck_core::revision::plan::Direction;
use limbeck_core::{Error, ErrorKind};

use super::statement::Failed;
use super::{Ended, Reached, half};
use crate::history::HistoryRow;
use crate::runner::failure::{At, DbFailure, FailureKind, STATEMENT_HINT, describe};
use crate::runner::lock::OwnerKey;
use crate::runner::script::Numbered;
use crate::runner::step::Scene;
use crate::runner::story::Story;

impl Story {
    /// The error of a failure; before it is told, what was only begun is noted as not begun where nothing
    /// of it is there, and the claim is taken back where nothing is done.
    pub(super) async fn give_back(
        &self,
        scene: &Scene<'_>,
        key: OwnerKey,
        before: Option<&HistoryRow>,
        reached: Reached,
        statements: &[&Numbered],
        failed: Failed,
    ) -> Ended {
        let (number, failure, offset, clean) = match failed {
            Failed::Told(error) => return error.into(),
            Failed::Statement {
                number,
                failure,
                offset,
                clean,
            } => (number, failure, offset, clean),
        };
        let connected = failure.kind != FailureKind::Closed;
        let mut left = reached;
        if connected && clean {
            let settled = Reached {
                done: reached.done,
                begun: false,
            };
            let revision = scene.step.revision.as_str();
            let body = match settled.done {
                0 => self.options.history.unclaim_body(
                    &scene.owner,
                    revision,
                    &half(scene, reached),
                    before.filter(|_| scene.step.direction == Direction::Down),
                ),
                _ if reached.begun => self.reaching(scene, reached, settled, statements),
                _ => String::new(),
            };
            let sql = match body.as_str() {
                "" => Ok(()),
                body => self.noting(scene, key, body).await,
            };
            if sql.is_ok() {
                left = settled;
            }
        }
        let at = statements
            .iter()
            .find(|statement| statement.number == number);
        let at = at.map(|statement| At { statement, offset });
        let error = scene.error(&failure, at, None);
        let time_is_up = self.is_late(&failure);
        let error = match time_is_up {
            true => self.time_over(scene, left).with_source(error),
            false => {
                let hint = self.what_is_left(scene, left, number, connected, error.hint());
                error.with_hint(hint)
            }
        };
        error.into()
    }

    /// What stands after a failure, and how to go on.
    pub(super) fn what_is_left(
        &self,
        scene: &Scene<'_>,
        left: Reached,
        number: usize,
        connected: bool,
        hint: Option<&str>,
    ) -> String {
        if !connected {
            return "run again: what is done of it is recorded, and the next run goes on from there".to_owned();
        }
        let kept = match (left.done, left.begun) {
            (0, false) => {
                return match hint {
                    Some(hint) => hint.to_owned(),
                    None => STATEMENT_HINT.to_owned(),
                };
            }
            (0, true) => format!("statement {number} may be half done, which is recorded"),
            (1, _) => "the first statement is done and recorded".to_owned(),
            (count, _) => format!("the first {count} statements are done and recorded"),
        };
        let way = match scene.step.direction {
            Direction::Up => "get out of it by hand and `stamp`",
            Direction::Down => "get out of it by hand and `stamp` what is below it",
        };
        // Where something better is known than the usual, it comes first.
        let kept = match hint {
            Some(hint) if !hint.contains("nothing of this revision") => format!("{hint}; {kept}"),
            _ => kept,
        };
        format!(
            "{kept}: put right what is in the way of statement {number}, or the statement itself, and run again, \
             which goes on there; or {way}"
        )
    }

    pub(super) fn time_over(&self, scene: &Scene<'_>, left: Reached) -> Error {
        let count = scene.ready.script.statements;
        let error = self.out_of_time(&format!(
            "`{}` was {}, of which {} of {count} statements are done",
            scene.step.revision,
            scene.doing(),
            left.done
        ));
        error.with_hint(
            "run again with a longer time budget: what is done is recorded, and the next run goes on from there",
        )
    }

    /// The run is wanted stopped between two statements.
    pub(super) fn stopped(&self, scene: &Scene<'_>, left: Reached, error: &Error) -> Error {
        let revision = &scene.step.revision;
        let told = format!(
            "{error}; of `{revision}` {} of {} statements are done",
            left.done, scene.ready.script.statements
        );
        let stopped = Error::new(error.kind(), told).with_revision(revision.clone());
        match error.hint() {
            Some(hint) => stopped.with_hint(hint.to_owned()),
            None => stopped,
        }
    }

    /// The error of a message of ours.
    pub(super) fn explained(&self, scene: &Scene<'_>, failure: &DbFailure) -> Error {
        if let Some(error) = self.coded_outside(scene, failure) {
            return error;
        }
        let error = scene.error(failure, None, None);
        if self.is_late(failure) {
            return self
                .out_of_time(&format!("`{}` was {}", scene.step.revision, scene.doing()))
                .with_hint(
                    "run again with a longer time budget: what is done is recorded, and the next run goes on \
                     from there",
                )
                .with_source(error);
        }
        error.with_hint(
            "run again: what is done of it is recorded, and the next run goes on from there",
        )
    }

    pub(super) fn coded_outside(&self, scene: &Scene<'_>, failure: &DbFailure) -> Option<Error> {
        match failure.coded()? {
            "unheld" => Some(another_session(scene)),
            _ => scene.coded(failure),
        }
    }

    /// A connection that answers was not lost: a statement that could not reach another server fails with
    /// the same codes.
    pub(super) async fn settle(&self, failure: &mut DbFailure) {
        if failure.kind == FailureKind::Closed && self.is_connected().await {
            failure.kind = FailureKind::Database;
        }
    }

    /// A half done one that is not what was begun.
    pub(super) fn edited(&self, scene: &Scene<'_>, reached: Reached) -> Error {
        let name = describe(&scene.ready.revision);
        let Reached { done, begun } = reached;
        let which = match (done, begun) {
            (0, true) => "a statement has begun".to_owned(),
            (1, _) => "one of its statements is done".to_owned(),
            (count, _) => format!("{count} of its statements are done"),
        };
        Error::new(
            ErrorKind::Tampered,
            format!(
                "revision {name} is half {}, and was edited since: {which}, and they are not what they were",
                scene.doing()
            ),
        )
        .with_revision(scene.step.revision.clone())
        .with_hint(
            "put those statements back as they were and run again, which goes on behind them (later ones may be \
             edited); or do by hand what is left, and record it with `stamp`",
        )
    }
}

pub(super) fn another_session(scene: &Scene<'_>) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "revision {} runs outside of a transaction, which wants one session of the server, and what is sent on \
             this connection reaches several: there is a pooler between them, in transaction mode",
            describe(&scene.ready.revision)
        ),
    )
    .with_revision(scene.step.revision.clone())
    .with_hint("run it on a connection to the server itself, or to a pooler in session mode")
}
