//! Revisions that stand for others, seen from a database: which of the two it goes by, and the rows that
//! are taken together where it has gone through all of the originals.

use limbeck_core::revision::plan::{Direction, PlanStep};
use limbeck_core::{Error, ErrorKind, Result, RevisionId};

use super::BundleRun;
use super::decide::{self, Fold};
use super::report::Deed;
use super::step::Outcome;
use super::story::Story;
use crate::history::{Change, HistoryRow, Owner};

/// How often it is begun again because others are at work.
const ATTEMPTS: u32 = 100;

impl Story {
    /// All of it together, by the graphs that the database goes by: from the start again where others have
    /// moved it meanwhile.
    pub(super) async fn settling(
        &mut self,
        bundles: &[BundleRun],
        owners: &[Owner],
        mut current: Vec<bool>,
    ) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let settled = self.settled(bundles, &current).await?;
            let seen = settled.as_deref().unwrap_or(bundles);
            let outcome = match self.fold_all(seen, owners, &current).await? {
                Outcome::Done => self.together(seen, owners, &current).await?,
                outcome => outcome,
            };
            if outcome == Outcome::Done {
                return Ok(());
            }
            current.fill(false);
        }
        Err(Error::new(
            ErrorKind::Busy,
            "other processes keep migrating this database",
        )
        .with_hint("run again when they are done"))
    }

    /// The bundles with the graphs that the database goes by; `None` where nothing stands for anything.
    async fn settled(
        &self,
        bundles: &[BundleRun],
        current: &[bool],
    ) -> Result<Option<Vec<BundleRun>>> {
        if !bundles.iter().any(|bundle| bundle.graph.has_squashes()) {
            return Ok(None);
        }
        let mut all = bundles.to_vec();
        for (bundle, current) in all.iter_mut().zip(current) {
            if *current || !bundle.graph.has_squashes() {
                continue;
            }
            let rows = self.rows(&bundle.owner()).await?;
            if let Some(settled) = decide::settled(bundle, &rows)? {
                *bundle = settled;
            }
        }
        Ok(Some(all))
    }

    /// Writes what stands for rows in their place, where this is a run that writes.
    async fn fold_all(
        &mut self,
        bundles: &[BundleRun],
        owners: &[Owner],
        current: &[bool],
    ) -> Result<Outcome> {
        if self.report.looked {
            return Ok(Outcome::Done);
        }
        for (bundle, current) in bundles.iter().zip(current) {
            if *current || !bundle.graph.has_squashes() {
                continue;
            }
            let rows = self.rows(&bundle.owner()).await?;
            let heads: Vec<RevisionId> = rows
                .iter()
                .filter(|row| row.is_head)
                .map(|row| row.revision.clone())
                .collect();
            let (rows, folds) = decide::folded(bundle, rows);
            if folds.is_empty() {
                continue;
            }
            let outcome = self.fold(bundle, owners, rows, &heads, folds).await?;
            if outcome != Outcome::Done {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Done)
    }

    async fn fold(
        &mut self,
        bundle: &BundleRun,
        owners: &[Owner],
        rows: Vec<HistoryRow>,
        heads: &[RevisionId],
        folds: Vec<Fold>,
    ) -> Result<Outcome> {
        let view = decide::view(bundle, rows)?;
        self.may_write(bundle, owners, &view).await?;
        let mut change = Change::default();
        let mut recorded = Vec::new();
        let owner = bundle.owner();
        let history = &self.options.history;
        let mut body = String::new();
        for Fold { gone, row } in folds {
            // Heads above it are the same whether or not somebody else has done it.
            let heads = heads.iter().map(RevisionId::as_str);
            let still = gone.first().map(|id| (id.as_str(), true));
            body.push_str(&history.check_body(&owner, heads, still));
            let gone = gone.iter().map(|id| id.as_str().to_owned());
            change.delete.extend(gone);
            recorded.extend(row.iter().map(|(row, _)| row.revision.clone()));
            change.insert.extend(row);
        }
        body.push_str(&history.change_body(&owner, &change));
        let outcome = self
            .under_lock(
                &body,
                "a revision was recorded for those that it stands for",
            )
            .await?;
        if outcome == Outcome::Done {
            for revision in recorded {
                let direction = Direction::Up;
                let step = PlanStep {
                    direction,
                    revision,
                };
                self.note_recorded(bundle, &step, Deed::Stamped);
            }
        }
        Ok(outcome)
    }
}
