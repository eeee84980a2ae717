//! The history of a bundle where this run does not look for it: under another name, in another schema,
//! in another table. Whoever guesses one of them wrong would apply everything once more.

use std::collections::BTreeSet;

use limbeck_core::revision::DIGEST_VERSION;
use limbeck_core::{Ident, Result, RevisionId};

use super::report::Obstacle;
use super::story::Story;
use super::{Action, BundleRun, DbFailure, RunOptions};
use crate::history::{Fields, HeadRow, HistoryRow, Owner, Placed, Standing};
use crate::quote::{ident, literal};

/// What is done with another table.
const READING: &str = "another history was read";

impl Story {
    /// What has been applied of these bundles under a name that none of them has, or in a schema that
    /// was not looked into. Asks for rows only where a bundle has none of its own and stands beside
    /// another one.
    pub(super) async fn elsewhere(
        &self,
        bundles: &[BundleRun],
        heads: &[HeadRow],
    ) -> Result<Option<Obstacle>> {
        let unlisted = |head: &&HeadRow| bundles.iter().all(|one| one.name != head.owner.bundle);
        for (number, bundle) in bundles.iter().enumerate() {
            let owner = bundle.owner();
            let own: Vec<&HeadRow> = heads.iter().filter(|head| head.owner == owner).collect();
            if own.is_empty()
                && self.options.placed == Placed::Assumed
                && let Some(obstacle) = in_another_schema(bundle, heads)
            {
                return Ok(Some(obstacle));
            }
            let is_own = number + 1 == bundles.len();
            if own.is_empty()
                && !is_own
                && goes_up(&bundle.action)
                && in_use(bundles, heads)
                && let Some(obstacle) = self.moved(bundle, heads)
            {
                return Ok(Some(obstacle));
            }
            // Who has begun under this name may go on recording so.
            if !own.is_empty() && matches!(bundle.action, Action::Stamp(_)) {
                continue;
            }
            let beside = heads.iter().filter(unlisted);
            let beside: Vec<&HeadRow> = beside
                .filter(|head| head.owner.placement == owner.placement)
                .collect();
            let done = done(bundle, &own);
            let version = DIGEST_VERSION.to_string();
            for head in &beside {
                let HeadRow {
                    owner,
                    revision,
                    chain,
                    digest_version,
                    state: _,
                    placed: _,
                    off_path: _,
                    test_schema: _,
                } = head;
                if let Some(id) = known(bundle, revision, chain)
                    && *digest_version == version
                    && !done.contains(&id)
                {
                    return Ok(Some(under_another_name(bundle, is_own, owner, id)));
                }
            }
            if !own.is_empty() || bundle.graph.is_empty() {
                continue;
            }
            // Another program may have gone further than this one.
            let owners: BTreeSet<&Owner> = beside.iter().map(|head| &head.owner).collect();
            for owner in owners {
                let rows = self.rows(owner).await?;
                let same = |row: &HistoryRow| match row.digest_version == DIGEST_VERSION {
                    true => known(bundle, row.revision.as_str(), &row.chain),
                    false => None,
                };
                if let Some(id) = rows.iter().rev().find_map(same) {
                    return Ok(Some(under_another_name(bundle, is_own, owner, id)));
                }
            }
        }
        Ok(None)
    }

    /// A library that is applied in another schema than the one where it is listed: it would be made
    /// once more, without its rows, while what refers to it goes on referring to the other.
    fn moved(&self, bundle: &BundleRun, heads: &[HeadRow]) -> Option<Obstacle> {
        let BundleRun {
            name, placement, ..
        } = bundle;
        let there = heads.iter().filter(|head| head.owner.bundle == *name);
        let there: BTreeSet<&Ident> = there.map(|head| &head.owner.placement).collect();
        let first = *there.first()?;
        let shown: Vec<String> = there.iter().map(|one| format!("`{one}`")).collect();
        let history = self.options.history.sql();
        Some(Obstacle {
            revision: None,
            found: format!(
                "the bundle `{name}` is listed in the schema `{placement}`, where nothing of it is \
                 applied, and it is applied in {}",
                shown.join(" and ")
            ),
            hint: format!(
                "list it where it is, `.in_schema(\"{first}\")`; or move what it has made (`ALTER SCHEMA \
                 {old} RENAME TO {new}`, or `ALTER TABLE … SET SCHEMA {new}` for each of its objects) and \
                 its history with that: `UPDATE {history} SET placement = {to} WHERE bundle = {bundle} AND \
                 placement = {from}`; or, for a second copy beside the other, give it a name of its own \
                 with `.named(\"…\")`",
                old = ident(first),
                new = ident(placement),
                to = literal(placement.as_str()),
                from = literal(first.as_str()),
                bundle = literal(name),
            ),
        })
    }

    /// The same, asked one table after the other: what is gone between being found and being read, as the
    /// histories of tests beside this one are, is not there.
    async fn one_by_one(&self, owners: &[Owner]) -> Result<Vec<Fields>> {
        let failed = |failure: DbFailure| self.failed(&failure, READING);
        let RunOptions {
            history, placed, ..
        } = &self.options;
        let found = self.read(history.elsewhere_sql(owners, *placed)).await;
        for fields in found.map_err(failed)? {
            let Ok([Some(sql), Some(table)]) = <[Option<String>; 2]>::try_from(fields) else {
                return Err(failed(DbFailure::protocol()));
            };
            let rows = self.read_found(&table, sql).await.map_err(failed)?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// Reads a table that was found in the catalogs: no rows where it is gone since.
    pub(super) async fn read_found(
        &self,
        table: &str,
        sql: String,
    ) -> Result<Vec<Fields>, DbFailure> {
        let mut again = true;
        loop {
            let failure = match self.read_aside(sql.clone()).await {
                Ok(rows) => return Ok(rows),
                Err(failure) => failure,
            };
            if !failure.is_answer() || self.is_late(&failure) {
                return Err(failure);
            }
            match failure.sqlstate.as_deref() {
                Some("42P01" | "3F000") => return Ok(Vec::new()),
                Some(_) => return Err(failure),
                // The driver does not know. A name is looked up as it is now, whatever the snapshot.
                None => {
                    let asked = format!(
                        "SELECT ARRAY[(pg_catalog.to_regclass({}) IS NULL)::pg_catalog.text] AS fields",
                        literal(table)
                    );
                    let rows = self.read_aside(asked).await;
                    let is = |text: &str| {
                        let text = [Some(text.to_owned())];
                        let rows = rows.as_ref().ok().and_then(|rows| rows.first());
                        rows.is_some_and(|row| *row == text)
                    };
                    if is("true") {
                        return Ok(Vec::new());
                    }
                    // Another may have been made in its place.
                    if !(is("false") && std::mem::take(&mut again)) {
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// Another table that has the form of a history, and in it the history of one of these bundles:
    /// looked for only where the history table does not exist.
    pub(super) async fn in_another_table(
        &self,
        standing: &Standing,
        owners: &[Owner],
    ) -> Result<Option<Obstacle>> {
        let sql = match &standing.elsewhere {
            Some(sql) if !standing.exists => sql,
            _ => return Ok(None),
        };
        let rows = match self.read_aside(sql.clone()).await {
            Ok(rows) => rows,
            // One of them may be gone by now.
            Err(failure) if failure.is_answer() => self.one_by_one(owners).await?,
            Err(failure) => return Err(self.failed(&failure, READING)),
        };
        let Some(Ok([schema, table, bundle, placement, revision])) =
            rows.into_iter().next().map(<[Option<String>; 5]>::try_from)
        else {
            return Ok(None);
        };
        let [schema, table, bundle, placement] =
            [schema, table, bundle, placement].map(Option::unwrap_or_default);
        let there = match placement.as_str() {
            "public" => String::new(),
            placement => format!(" in the schema `{placement}`"),
        };
        Ok(Some(Obstacle {
            revision: revision.and_then(|revision| RevisionId::new(revision).ok()),
            found: format!(
                "there is no history table `{}`, and `{schema}.{table}` has the history of the \
                 bundle `{bundle}`{there}",
                self.options.history
            ),
            hint: format!(
                "if that is this one's, name it in `limbeck.toml`: `schema = \"{schema}\"` and \
                 `table = \"{table}\"` under `[history]`; if it is an old copy, drop it"
            ),
        }))
    }
}

/// Whether something would be applied of a bundle, or is found wanting.
fn goes_up(action: &Action) -> bool {
    match action {
        Action::RunPending | Action::Upgrade(_) | Action::RequireCurrent | Action::Inspect => true,
        Action::Downgrade(_) | Action::Stamp(_) | Action::Leave => false,
    }
}

/// Whether the application has been here: one that has revisions and has applied none is another one,
/// which may have the library to itself in its own schema.
fn in_use(bundles: &[BundleRun], heads: &[HeadRow]) -> bool {
    bundles.last().is_some_and(|own| {
        let owner = own.owner();
        own.graph.is_empty() || heads.iter().any(|head| head.owner == owner)
    })
}

/// The revision of a bundle that has this identifier, this content and this past.
fn known(bundle: &BundleRun, revision: &str, chain: &str) -> Option<RevisionId> {
    let id = RevisionId::new(revision).ok()?;
    let digest = bundle.graph.chain_digest(&id)?;
    (digest.to_string() == chain).then_some(id)
}

/// What the heads of a bundle say is applied.
fn done(bundle: &BundleRun, heads: &[&HeadRow]) -> BTreeSet<RevisionId> {
    let heads = heads
        .iter()
        .filter_map(|head| RevisionId::new(head.revision.as_str()).ok());
    let heads: BTreeSet<RevisionId> = heads.filter(|id| bundle.graph.contains(id)).collect();
    let mut done = bundle.graph.ancestors(&heads);
    done.extend(heads);
    done
}

fn under_another_name(
    bundle: &BundleRun,
    is_own: bool,
    owner: &Owner,
    revision: RevisionId,
) -> Obstacle {
    let Owner {
        bundle: there,
        placement,
    } = owner;
    let name = &bundle.name;
    let way = match is_own {
        true => format!(
            "`bundle = \"{there}\"` under `[revisions]` in `limbeck.toml`, or `migrator!(name = \
             \"{there}\")` in the program"
        ),
        false => format!("`.named(\"{there}\")` where it is listed"),
    };
    Obstacle {
        found: format!(
            "the revisions of the bundle `{name}` are applied in the schema `{placement}` already, \
             up to {}, under the name `{there}`",
            bundle.graph.describe(&revision)
        ),
        hint: format!(
            "call it so here: {way}; a copy that is to stand beside the other belongs in another \
             schema"
        ),
        revision: Some(revision),
    }
}

fn in_another_schema(bundle: &BundleRun, heads: &[HeadRow]) -> Option<Obstacle> {
    let BundleRun {
        name, placement, ..
    } = bundle;
    let there = heads.iter().filter(|head| head.owner.bundle == *name);
    let there: BTreeSet<&str> = there.map(|head| head.owner.placement.as_str()).collect();
    let first = there.first()?;
    let others = match there.len() {
        1 => String::new(),
        count => format!(" (and in {} more)", count - 1),
    };
    Some(Obstacle {
        revision: None,
        found: format!(
            "the database has the bundle `{name}` in the schema `{first}`{others} and nothing of it \
             in `{placement}`, and `limbeck.toml` does not say which is meant"
        ),
        hint: format!(
            "write `schema = \"{first}\"` under `[revisions]` (or `schema = \"{placement}\"`, to \
             install it there too), or run the command through the program, which knows: `cargo run \
             -- limbeck upgrade head`"
        ),
    })
}
