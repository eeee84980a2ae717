//! Whether a bundle can be taken back as a whole, tried before the first of its revisions goes: what is not
//! its own may stand on something that only the last of them drops, and by then the rows of the others
//! would be gone.

use limbeck_core::revision::plan::{Direction, PlanStep};
use limbeck_core::revision::target::Target;
use limbeck_core::token::{secrets, significant};
use limbeck_core::{Error, Result};

use super::batch::{Batch, block, dollar_tag};
use super::failure::{At, DbFailure, of_revision};
use super::prepare::{Ready, Scripts};
use super::script::Numbered;
use super::story::Story;
use super::{Action, BundleRun, lock};
use crate::quote::literal;

/// What the constraint of the trial's own failure begins with.
const STANDS: &str = "stands:";

impl Story {
    /// Runs all ways down in one message, which is undone, and refuses where Postgres says that something
    /// else stands on what they drop. Whatever else fails there is left to the run itself: in one
    /// transaction some of it is not what it is in several.
    pub(super) async fn try_uninstall(
        &self,
        bundle: &BundleRun,
        steps: &[&PlanStep],
        scripts: &Scripts,
    ) -> Result<()> {
        let to_base = bundle.action == Action::Downgrade(Target::BASE);
        let down = steps.iter().all(|step| step.direction == Direction::Down);
        // One alone is a transaction anyway, and so is everything in one of the caller's.
        if !(to_base && down) || steps.len() < 2 || self.surroundings.in_transaction {
            return Ok(());
        }
        let mut ready = Vec::new();
        for step in steps {
            ready.push(scripts.get(step)?);
        }
        // A data step may do what no transaction undoes, and some statements run in none.
        if !ready
            .iter()
            .all(|ready| ready.script.is_sql() && !ready.outside)
        {
            return Ok(());
        }
        let mut batch = Batch::default();
        batch.block(&lock::try_body(self.key));
        let within_budget = self.within_budget();
        for (number, Ready { script, .. }) in ready.iter().enumerate() {
            batch.own(&self.settings_of(bundle, ready[number]));
            for statement in script.numbered() {
                if let Some(limit) = &within_budget {
                    batch.own(limit);
                }
                match drops(statement) {
                    true => batch.own(&telling(statement, number)),
                    false => batch.statement(statement),
                }
            }
            batch.own(&self.restoring_of(ready[number]));
        }
        batch.own(&block(
            "  RAISE EXCEPTION USING ERRCODE = 'LB009', MESSAGE = 'limbeck: nothing is in the way', \
             CONSTRAINT = 'limbeck:free';\n",
        ));
        let Err(failure) = self.port.batch(batch.sql()).await else {
            return Ok(());
        };
        let told = failure.coded().and_then(|code| code.strip_prefix(STANDS));
        let place = told.and_then(|told| told.split_once(':'));
        let Some((number, statement)) = place else {
            return Ok(());
        };
        let ready = number.parse().ok().and_then(|at: usize| ready.get(at));
        let Some(ready) = ready else { return Ok(()) };
        Err(stands(ready, statement.parse().ok(), failure))
    }
}

/// What is told of something else that stands on what a revision drops.
fn stands(ready: &Ready, number: Option<usize>, mut failure: DbFailure) -> Error {
    let mut statements = ready.script.numbered();
    let statement = statements.find(|statement| Some(statement.number) == number);
    failure.constraint = None;
    if let Some(detail) = failure.detail.as_deref().filter(|it| !it.is_empty()) {
        let mut others: Vec<&str> = detail.lines().collect();
        // Postgres has them in whatever order it finds them.
        others.sort_unstable();
        failure.message = format!("{}: {}", failure.message, others.join("; "));
    }
    if let Some(statement) = statement {
        failure.scrub(&secrets(&statement.text));
    }
    let at = statement.map(|statement| At {
        statement,
        offset: None,
    });
    let depends = Some("2BP01".to_owned());
    of_revision(&ready.revision, "taken back", &failure, at, depends).with_hint(
        "nothing was taken back yet: move that aside first (drop the constraint or the column, or let it refer to \
         something else), and run again",
    )
}

/// Whether a statement may be one that something stands in the way of.
fn drops(statement: &Numbered) -> bool {
    let first = significant(&statement.text).next();
    first.is_some_and(|word| {
        ["DROP", "ALTER"]
            .iter()
            .any(|it| word.eq_ignore_ascii_case(it))
    })
}

/// A statement that says whose it is where something stands on what it drops, and what that is.
fn telling(statement: &Numbered, number: usize) -> String {
    let body = format!(
        "DECLARE limbeck_others pg_catalog.text;\nBEGIN\n  EXECUTE {};\nEXCEPTION WHEN dependent_objects_still_exist THEN\n  \
         GET STACKED DIAGNOSTICS limbeck_others = PG_EXCEPTION_DETAIL;\n  \
         RAISE EXCEPTION USING ERRCODE = 'LB008', MESSAGE = SQLERRM, DETAIL = limbeck_others, \
         CONSTRAINT = 'limbeck:{STANDS}{number}:{}';\nEND",
        literal(&format!("{}\n;", statement.text)),
        statement.number
    );
    let tag = dollar_tag(&body);
    format!("DO {tag}\n{body}\n{tag};")
}
