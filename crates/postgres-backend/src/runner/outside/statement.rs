//! One statement: together with the note that it is done, or alone between two notes.

use limbeck_core::Error;

use super::Reached;
use super::apart::{Apart, Found, Probed, drop_sql};
use crate::runner::batch::Batch;
use crate::runner::failure::{DbFailure, FailureKind};
use crate::runner::lock::OwnerKey;
use crate::runner::script::Numbered;
use crate::runner::step::Scene;
use crate::runner::story::Story;

/// Why a statement was not done.
pub(super) enum Failed {
    /// An error that says everything.
    Told(Error),
    /// What Postgres says of a statement, or we do.
    Statement {
        number: usize,
        failure: Box<DbFailure>,
        offset: Option<usize>,
        /// Whether nothing of it is there.
        clean: bool,
    },
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl Failed {
    /// A reason of ours not to run a statement.
    fn clean(statement: &Numbered, message: String) -> Self {
        Self::ours(statement, message, true)
    }

    fn ours(statement: &Numbered, message: String, clean: bool) -> Self {
        Self::Statement {
            number: statement.number,
            failure: Box::new(DbFailure {
                message,
                ..DbFailure::default()
            }),
            offset: None,
            clean,
        }
    }
}

impl Story {
    /// A statement that can run in a transaction, and the note that it is done.
    pub(super) async fn together_with_note(
        &self,
        scene: &Scene<'_>,
        key: OwnerKey,
        statement: &Numbered,
        reached: Reached,
        statements: &[&Numbered],
    ) -> Result<(), Failed> {
        let mut batch = Batch::default();
        batch.own("SET TRANSACTION ISOLATION LEVEL READ COMMITTED;");
        batch.block(&key.held_body());
        if let Some(limit) = self.within_budget() {
            batch.own(&limit);
        }
        batch.statement(statement);
        let after = Reached {
            done: statement.number,
            begun: false,
        };
        batch.own(&self.as_who_runs(scene));
        batch.block(&self.reaching(scene, reached, after, statements));
        let Err(mut failure) = self.port.batch(batch.sql()).await else {
            return Ok(());
        };
        if let Some(error) = self.coded_outside(scene, &failure) {
            return Err(Failed::Told(error));
        }
        self.settle(&mut failure).await;
        let pointed = failure.position.and_then(|position| batch.at(position));
        let offset = pointed.filter(|_| !self.surroundings.inner_positions);
        Err(Failed::Statement {
            number: statement.number,
            failure: Box::new(failure),
            offset: offset.and_then(|at| at.offset),
            clean: true,
        })
    }

    /// A statement that cannot: noted as begun, sent alone, noted as done.
    pub(super) async fn alone(
        &self,
        scene: &Scene<'_>,
        key: OwnerKey,
        statement: &Numbered,
        apart: &Apart,
        reached: &mut Reached,
        statements: &[&Numbered],
    ) -> Result<(), Failed> {
        let interrupted = reached.begun;
        if !interrupted {
            let begun = Reached {
                done: reached.done,
                begun: true,
            };
            let note = self.reaching(scene, *reached, begun, statements);
            self.noting(scene, key, &note).await?;
            *reached = begun;
        }
        let mut sql = statement.text.to_string();
        let mut is_done = false;
        let probed = self.probe(scene, statement, apart).await?;
        match (apart, probed) {
            (Apart::CreateIndex { .. }, Some(probed)) => match probed.found {
                Found::Whole => is_done = interrupted,
                Found::Half => {
                    if let Some(pid) = &probed.builder {
                        return Err(Failed::clean(
                            statement,
                            format!(
                                "the index {} is being built by the process with pid {pid}",
                                probed.name
                            ),
                        ));
                    }
                    tracing::warn!(index = %probed.name, "an invalid index is dropped, and built again");
                    self.drop_invalid(scene, statement, &probed.name).await?;
                }
                Found::Absent | Found::Other => {}
            },
            (Apart::DropIndex { index, .. }, Some(probed)) => match probed.found {
                Found::Absent => is_done = interrupted,
                // It was refused where it had not begun: then its own is gone.
                Found::Other if interrupted => is_done = true,
                Found::Other => {
                    return Err(Failed::clean(
                        statement,
                        format!(
                            "there is no index `{index}` in the schema `{}`, and one of that name in another: write \
                             its schema",
                            scene.bundle.placement
                        ),
                    ));
                }
                Found::Whole | Found::Half => {}
            },
            (Apart::Detach { .. }, Some(probed)) => match probed.found {
                Found::Absent => is_done = interrupted,
                Found::Half => sql = apart.finishing().unwrap_or(sql),
                Found::Whole | Found::Other => {}
            },
            (Apart::Reindex { .. }, _) if interrupted => {
                self.drop_leftovers(scene, statement, apart).await?;
            }
            _ => {}
        }
        if !is_done {
            let slow = self.slow_settings(scene);
            self.say(scene, slow).await?;
            let sent = self.port.batch(sql).await;
            if let Err(mut failure) = sent {
                self.settle(&mut failure).await;
                let offset = failure.position.and_then(|at| usize::try_from(at).ok());
                let offset = offset.filter(|_| !self.surroundings.inner_positions);
                let clean = failure.kind == FailureKind::Database
                    && self.clean_up(scene, statement, apart).await;
                return Err(Failed::Statement {
                    number: statement.number,
                    failure: Box::new(failure),
                    offset: offset.and_then(|at| at.checked_sub(1)),
                    clean,
                });
            }
            self.say(scene, self.usual_settings(scene)).await?;
            if let (Apart::CreateIndex { index, .. }, probed) =
                (apart, self.probe(scene, statement, apart).await?)
            {
                let found = probed.map(|probed| probed.found);
                match found {
                    Some(Found::Whole) => {}
                    Some(Found::Other) => {
                        return Err(Failed::clean(
                            statement,
                            format!("`{index}` exists, and is no index of this table"),
                        ));
                    }
                    Some(Found::Half | Found::Absent) | None => {
                        let clean = self.clean_up(scene, statement, apart).await;
                        let why = format!("the index `{index}` is not valid afterwards");
                        return Err(Failed::ours(statement, why, clean));
                    }
                }
            }
        }
        let after = Reached {
            done: statement.number,
            begun: false,
        };
        let note = self.reaching(scene, *reached, after, statements);
        self.noting(scene, key, &note).await
    }

    /// Asks how it stands what a statement makes or drops.
    pub(super) async fn probe(
        &self,
        scene: &Scene<'_>,
        statement: &Numbered,
        apart: &Apart,
    ) -> Result<Option<Probed>, Failed> {
        let Some(sql) = apart.probe_sql(scene.bundle.placement.as_str()) else {
            return Ok(None);
        };
        let rows = self.port.rows(sql).await;
        let rows = rows.map_err(|failure| Failed::Statement {
            number: statement.number,
            failure: Box::new(failure),
            offset: None,
            clean: false,
        })?;
        Ok(Apart::probed(rows))
    }

    /// Drops the half built copies that an interrupted `REINDEX` left.
    pub(super) async fn drop_leftovers(
        &self,
        scene: &Scene<'_>,
        statement: &Numbered,
        apart: &Apart,
    ) -> Result<(), Failed> {
        let Some(sql) = apart.leftovers_sql() else {
            return Ok(());
        };
        let rows = self.port.rows(sql).await;
        let rows = rows.map_err(|failure| Failed::Statement {
            number: statement.number,
            failure: Box::new(failure),
            offset: None,
            clean: false,
        })?;
        for name in rows.into_iter().flatten().flatten() {
            self.drop_invalid(scene, statement, &name).await?;
        }
        Ok(())
    }

    pub(super) async fn drop_invalid(
        &self,
        scene: &Scene<'_>,
        statement: &Numbered,
        name: &str,
    ) -> Result<(), Failed> {
        self.say(scene, self.slow_settings(scene)).await?;
        let dropped = self.port.batch(drop_sql(name)).await;
        dropped.map_err(|failure| Failed::Statement {
            number: statement.number,
            failure: Box::new(failure),
            offset: None,
            clean: false,
        })
    }

    /// After a statement that Postgres has refused: drops the invalid index that it left. Whether
    /// nothing of it is there.
    pub(super) async fn clean_up(
        &self,
        scene: &Scene<'_>,
        statement: &Numbered,
        apart: &Apart,
    ) -> bool {
        let Ok(probed) = self.probe(scene, statement, apart).await else {
            return false;
        };
        match (apart, probed) {
            (Apart::CreateIndex { .. }, Some(probed)) => match probed.found {
                Found::Absent | Found::Other => true,
                Found::Whole => false,
                Found::Half => {
                    !self.time_is_up()
                        && probed.builder.is_none()
                        && self
                            .drop_invalid(scene, statement, &probed.name)
                            .await
                            .is_ok()
                }
            },
            (Apart::CreateIndex { .. }, None) => true,
            (Apart::DropIndex { .. } | Apart::Detach { .. }, probed) => {
                probed.is_none_or(|probed| probed.found == Found::Whole)
            }
            (Apart::Reindex { .. }, _) => {
                self.time_is_up() || self.drop_leftovers(scene, statement, apart).await.is_ok()
            }
            (Apart::Again | Apart::Unknown { .. }, _) => true,
        }
    }
}
