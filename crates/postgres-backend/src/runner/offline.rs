//! A run as a script for `psql`, without a connection.
//!
//! It is made of the parts that a run sends: the same plan, the same statements, the same changes of the
//! history, a transaction a revision. What a run would have asked beforehand, each transaction checks for itself
//! (that the head rows are those that the script goes on from), under the same lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use limbeck_core::error::on_one_line;
use limbeck_core::revision::across::{Across, Member, Place, Upward};
use limbeck_core::revision::plan::{Direction, PlanStep, heads_of, plan_stamp};
use limbeck_core::revision::target::{Anchor, Target};
use limbeck_core::token::{TokenKind, lex, secrets};
use limbeck_core::{Error, ErrorKind, Result, RevisionId};

use super::batch::block;
use super::decide::{self, View};
use super::joint::{Stage, stages, up};
use super::prepare::{Ready, diesel_versions, written};
use super::progress::PlannedStep;
use super::record::recording;
use super::script::{Numbered, Part};
use super::step::{change, elsewhere_body, set, timeouts};
use super::story::planned_step;
use super::{Action, BundleRun, RunOptions, lock, settings};
use crate::history::{
    Change, Owner, Placed, SETTINGS, Took, ensure_schema_body, not_by_diesel_body,
    schema_there_body,
};
use crate::quote::{before_path, ident};

/// Where the settings of the session are kept while a revision runs, local to its transaction.
const KEPT: &str = "limbeck.session_";

/// A run as a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfflineScript {
    /// The script, as `psql -X -v ON_ERROR_STOP=1 -f` runs it.
    pub sql: String,
    /// What it does, in its order.
    pub steps: Vec<PlannedStep>,
    /// What a run would do and the script does not, where that was allowed.
    pub left_out: Vec<String>,
}

/// What to do about that of a revision which no script can hold: data steps, which are code (and so all that comes
/// from a migration source of Diesel's), and statements with a password, which is never written anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnprintable {
    /// Write no script, and name them.
    #[default]
    Refuse,
    /// Leave them out, each with a comment in its place.
    Skip,
}

/// What a script starts from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// The targets that were named, by the number of their bundle; a bundle without any is at what those need.
    pub(crate) targets: BTreeMap<usize, Vec<Target>>,
    /// Whether what is recorded is forgotten first, whatever it is.
    pub(crate) anew: bool,
}

impl Start {
    /// Whether it is where nothing is applied.
    pub(crate) fn is_base(&self) -> bool {
        let mut targets = self.targets.values().flatten();
        targets.all(|target| *target == Target::BASE)
    }
}

/// What makes the history table where it is missing, and does nothing else.
pub(crate) fn history_script(options: &RunOptions) -> OfflineScript {
    let mut writer = Writer::new(options, OnUnprintable::Refuse);
    writer.head("make the history table where it is missing");
    writer.transaction(
        "the history table",
        &block(&format!(
            "{}{}",
            lock_body(options),
            options.history.ensure_body()
        )),
    );
    writer.done
}

/// A run of these bundles, each with its action, from a start.
///
/// # Errors
/// What a run would be refused for that can be known without a database; a start that cannot be;
/// [`ErrorKind::Unsupported`] for what the script cannot hold.
pub(crate) fn script(
    bundles: &[BundleRun],
    start: &Start,
    options: &RunOptions,
    on_unprintable: OnUnprintable,
) -> Result<OfflineScript> {
    let members: Vec<Member<'_>> = bundles.iter().map(BundleRun::member).collect();
    let across = Across::new(&members)?;
    let mut views = views(bundles, start, &across)?;
    let stages = stages(bundles, &views, &across, options.on_divergence)?;
    let mut writer = Writer::new(options, on_unprintable);
    writer.head(&titles(bundles, &views).join("; "));
    let stamps: Vec<(usize, Vec<PlanStep>)> = bundles
        .iter()
        .enumerate()
        .filter(|(_, bundle)| matches!(bundle.action, Action::Stamp(_)))
        .map(|(number, bundle)| Ok((number, decide::plan(bundle, &views[number])?.steps)))
        .collect::<Result<_>>()?;
    let nothing = stamps.iter().all(|(_, steps)| steps.is_empty()) && !start.anew;
    if stages.is_empty() && nothing {
        writer.done.sql.push_str("\n-- There is nothing to do.\n");
        return Ok(writer.done);
    }
    writer.prepare(bundles, &views, &stages, &stamps, start, &across);
    for (number, steps) in &stamps {
        let bundle = &bundles[*number];
        let view = &views[*number];
        for step in steps {
            let planned = planned_step(bundle, view, step, true);
            writer.done.steps.push(planned);
        }
        let (change, after) = recording(bundle, view, steps);
        let mut body = lock_body(options);
        if start.anew {
            body.push_str(&options.history.forget_body(&bundle.owner()));
        } else {
            body.push_str(&start_body(options, bundle, view));
        }
        body.push_str(&options.history.change_body(&bundle.owner(), &change));
        let title = steps.iter().map(|step| describe(bundle, view, step, true));
        let title = match steps.as_slice() {
            [] => format!("forget what is recorded of {}", bundle.name),
            _ => title.collect::<Vec<_>>().join("\n-- "),
        };
        writer.transaction(&title, &block(&body));
        views[*number] = after;
    }
    for stage in &stages {
        writer.stage(bundles, &mut views, stage)?;
    }
    writer.end()
}

/// What is taken for applied: what was named, with all that it needs.
fn views(bundles: &[BundleRun], start: &Start, across: &Across) -> Result<Vec<View>> {
    let nothing = vec![BTreeSet::new(); bundles.len()];
    let mut wanted = vec![Upward::Stay; bundles.len()];
    for (number, targets) in &start.targets {
        let graph = &bundles[*number].graph;
        let counted = |target: &&Target| target.anchor == Anchor::Current;
        if let Some(target) = targets.iter().find(counted) {
            return Err(Error::new(
                ErrorKind::Target,
                format!("a script cannot start from `{target}`: no database is asked where it is"),
            )
            .with_hint(
                "name the revision; `limbeck current` says it, and `base+2` counts from the base",
            ));
        }
        let stamped = plan_stamp(graph, &nothing[*number], targets)?.steps;
        let ids = stamped.into_iter().map(|step| step.revision).collect();
        wanted[*number] = Upward::To(ids);
    }
    let mut applied = nothing.clone();
    for (number, id) in across.upward(&wanted, &nothing) {
        applied[number].insert(id);
    }
    let views = bundles.iter().zip(applied);
    Ok(views
        .map(|(bundle, applied)| assumed(bundle, applied))
        .collect())
}

/// The view of a bundle that has these revisions, as the program has them.
fn assumed(bundle: &BundleRun, applied: BTreeSet<RevisionId>) -> View {
    View {
        rows: BTreeMap::new(),
        heads: heads_of(&bundle.graph, &applied),
        already: applied.len(),
        applied,
        unknown: Vec::new(),
        edited: Vec::new(),
        half: BTreeMap::new(),
        whole: Arc::clone(&bundle.graph),
    }
}

/// What the whole script is about, a word each for the bundles that are aimed at.
fn titles(bundles: &[BundleRun], views: &[View]) -> Vec<String> {
    let titles = bundles.iter().zip(views).filter_map(|(bundle, view)| {
        let what = match &bundle.action {
            Action::Upgrade(target) => format!("upgrade to {target}"),
            Action::RunPending => "upgrade to the heads".to_owned(),
            Action::Downgrade(target) => format!("downgrade to {target}"),
            Action::Stamp(targets) => {
                let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
                format!("stamp {}", targets.join(", "))
            }
            Action::Inspect | Action::Leave | Action::RequireCurrent => return None,
        };
        let from: Vec<&str> = view.heads.iter().map(RevisionId::as_str).collect();
        let from = match from.as_slice() {
            [] => "the base".to_owned(),
            from => from.join(", "),
        };
        let BundleRun {
            name, placement, ..
        } = bundle;
        Some(format!("{what} from {from}, {name} in {placement}"))
    });
    titles.collect()
}

fn describe(bundle: &BundleRun, view: &View, step: &PlanStep, stamps: bool) -> String {
    let planned = planned_step(bundle, view, step, stamps);
    let placed = format!("({} in {})", bundle.name, bundle.placement);
    format!("{planned} {}", on_one_line(&placed))
}

/// Waits for the lock that all runs take: between its transactions a script cannot poll it.
fn lock_body(options: &RunOptions) -> String {
    format!(
        "  PERFORM pg_catalog.pg_advisory_xact_lock({});\n",
        lock::key(&options.history)
    )
}

fn start_body(options: &RunOptions, bundle: &BundleRun, view: &View) -> String {
    let heads = view.heads.iter().map(RevisionId::as_str);
    options.history.start_body(&bundle.owner(), heads)
}

/// Keeps the settings of the session that every revision may change.
fn keeping_body() -> String {
    let kept = SETTINGS.iter().map(|name| {
        format!(
            "  PERFORM pg_catalog.set_config('{KEPT}{name}', \
             pg_catalog.concat('=', pg_catalog.current_setting('{name}')), true);\n"
        )
    });
    kept.collect()
}

/// Puts them back. After a `RESET ALL` there is nothing kept, and nothing to put back.
fn restoring_body() -> String {
    let kept = SETTINGS.iter().map(|name| {
        let kept = format!("pg_catalog.current_setting('{KEPT}{name}', true)");
        format!(
            "  IF pg_catalog.starts_with({kept}, '=') THEN\n    \
             PERFORM pg_catalog.set_config('{name}', pg_catalog.substr({kept}, 2), false);\n  \
             END IF;\n"
        )
    });
    kept.collect()
}

/// A statement as psql hands it on unchanged: behind a colon it would put in a variable of its own
/// (`numbers[1:n]`), but for a blank between the two.
fn for_psql(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_colon = false;
    for token in lex(text) {
        let names = matches!(
            token.kind,
            TokenKind::Word | TokenKind::QuotedName | TokenKind::String
        );
        if after_colon && names {
            out.push(' ');
        }
        out.push_str(token.text);
        after_colon = token.text == ":";
    }
    out
}

fn holds_secret(text: &str) -> bool {
    secrets(text).mask(text) != text
}

/// A script that is being written.
struct Writer<'a> {
    options: &'a RunOptions,
    on_unprintable: OnUnprintable,
    /// What it cannot hold, a line each.
    unprintable: Vec<String>,
    /// The first revision that it is of.
    of: Option<RevisionId>,
    done: OfflineScript,
}

impl<'a> Writer<'a> {
    fn new(options: &'a RunOptions, on_unprintable: OnUnprintable) -> Self {
        Self {
            options,
            on_unprintable,
            unprintable: Vec::new(),
            of: None,
            done: OfflineScript::default(),
        }
    }

    fn head(&mut self, title: &str) {
        let _ = write!(
            self.done.sql,
            "-- Limbeck {}: {}\n\
             -- Run it as it is: psql -X -v ON_ERROR_STOP=1 -f FILE\n\
             -- Each transaction ends in an error where the database is not where it goes on from.\n\n\
             SET client_encoding = 'UTF8';\n",
            env!("CARGO_PKG_VERSION"),
            on_one_line(title)
        );
    }

    fn transaction(&mut self, title: &str, sql: &str) {
        let _ = write!(
            self.done.sql,
            "\n-- {title}\nBEGIN ISOLATION LEVEL READ COMMITTED;\n{sql}\nCOMMIT;\n"
        );
    }

    /// The transaction that makes the history table and the schemas, where all is as the script takes it to be.
    fn prepare(
        &mut self,
        bundles: &[BundleRun],
        views: &[View],
        stages: &[Stage],
        stamps: &[(usize, Vec<PlanStep>)],
        start: &Start,
        across: &Across,
    ) {
        let history = &self.options.history;
        let mut body = lock_body(self.options);
        body.push_str(
            "  IF NOT pg_catalog.current_setting('standard_conforming_strings')::boolean THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB008', \
             MESSAGE = 'limbeck: standard_conforming_strings is off, and backslashes would mean something else';\n  \
             END IF;\n",
        );
        body.push_str(&history.ensure_body());
        for (number, (bundle, view)) in bundles.iter().zip(views).enumerate() {
            let owner = bundle.owner();
            let runs = stages.iter().any(|stage| stage.runs(number));
            let records = stages.iter().any(|stage| stage.records(number));
            let stamped = stamps.iter().any(|(stamped, _)| *stamped == number);
            if !(runs || records || stamped) {
                continue;
            }
            if !start.anew {
                body.push_str(&start_body(self.options, bundle, view));
            }
            if self.options.placed == Placed::Assumed && view.applied.is_empty() {
                body.push_str(&history.nowhere_else_body(&owner));
            }
            match (runs || records, view.applied.is_empty()) {
                (true, true) => {
                    let versions = diesel_versions(&bundle.graph);
                    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
                    body.push_str(&not_by_diesel_body(&versions));
                    body.push_str(&ensure_schema_body(&bundle.placement));
                }
                (true, false) => body.push_str(&schema_there_body(&owner)),
                (false, _) => {}
            }
        }
        for (owner, revisions) in in_the_way(bundles, views, stages, across) {
            let revisions: Vec<&str> = revisions.iter().map(RevisionId::as_str).collect();
            body.push_str(&history.absent_body(&owner, &revisions));
        }
        self.transaction(
            "The history table, the schemas, and where the database is.",
            &block(&body),
        );
    }

    fn stage(&mut self, bundles: &[BundleRun], views: &mut [View], stage: &Stage) -> Result<()> {
        let history = &self.options.history;
        match stage {
            Stage::Record((number, id)) => {
                let (bundle, step) = (&bundles[*number], up(id));
                let view = &views[*number];
                let (change, after) = recording(bundle, view, std::slice::from_ref(&step));
                let mut body = lock_body(self.options);
                body.push_str(&start_body(self.options, bundle, view));
                body.push_str(&history.change_body(&bundle.owner(), &change));
                let title = describe(bundle, view, &step, true);
                self.done
                    .steps
                    .push(planned_step(bundle, view, &step, true));
                self.transaction(&title, &block(&body));
                views[*number] = after;
            }
            Stage::Run {
                bundle: number,
                step,
                provided,
            } => {
                let bundle = &bundles[*number];
                let Some(mut ready) = written(bundle, step, self.options.render)? else {
                    return Err(Error::new(
                        ErrorKind::Target,
                        format!(
                            "revision `{}` of `{}` is unknown",
                            step.revision, bundle.name
                        ),
                    ));
                };
                if ready.outside {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        format!(
                            "revision {} runs outside of a transaction, where no script goes on from the middle",
                            super::failure::describe(&ready.revision)
                        ),
                    )
                    .with_revision(step.revision.clone())
                    .with_hint("run it over a connection, and print what is before it and what is behind it"));
                }
                let mut guard = start_body(self.options, bundle, &views[*number]);
                let mut body = String::new();
                let others: BTreeSet<usize> = provided.iter().map(|(other, _)| *other).collect();
                for other in others {
                    let steps: Vec<PlanStep> = provided
                        .iter()
                        .filter(|(bundle, _)| *bundle == other)
                        .map(|(_, id)| PlanStep {
                            direction: step.direction,
                            revision: id.clone(),
                        })
                        .collect();
                    let (change, after) = recording(&bundles[other], &views[other], &steps);
                    guard.push_str(&start_body(self.options, &bundles[other], &views[other]));
                    body.push_str(&history.change_body(&bundles[other].owner(), &change));
                    views[other] = after;
                }
                self.keep_secret(&mut ready);
                let change = in_transaction(change(bundle, &views[*number], step, &ready));
                let own = history.change_body(&bundle.owner(), &change);
                self.run(
                    bundle,
                    &views[*number],
                    step,
                    &ready,
                    &guard,
                    &format!("{own}{body}"),
                );
                views[*number].take(step);
            }
        }
        Ok(())
    }

    /// The transaction of one revision.
    fn run(
        &mut self,
        bundle: &BundleRun,
        view: &View,
        step: &PlanStep,
        ready: &Ready,
        guard: &str,
        history: &str,
    ) {
        let mut planned = planned_step(bundle, view, step, false);
        planned.losses = ready.losses(step.direction);
        let mut title = describe(bundle, view, step, false);
        for loss in &planned.losses {
            let loss = secrets(loss).mask(loss);
            let _ = write!(title, "\n-- takes data away: {}", on_one_line(&loss));
        }
        let set = set(ready);
        let opening = format!(
            "{}{guard}{}{}  PERFORM pg_catalog.set_config('search_path', {}, true);\n",
            lock_body(self.options),
            elsewhere_body(bundle, step, ready),
            keeping_body(),
            before_path(&ident(&bundle.placement))
        );
        let mut sql = block(&opening);
        sql.push('\n');
        sql.push_str(&timeouts(self.options, &ready.revision));
        sql.push_str(&settings::keeping(&set));
        for part in &ready.script.parts {
            match part {
                Part::Sql(statements) => {
                    for statement in statements {
                        self.statement(&mut sql, &step.revision, statement);
                    }
                }
                Part::Data(closure) => {
                    let what = format!("the data step `{}`, which is code", closure.name());
                    self.left_out(&mut sql, &step.revision, &what);
                }
            }
        }
        let (log_on, others) = settings::putting_back(&set, false);
        sql.push_str(&log_on);
        match others.is_empty() {
            true => sql.push_str(&block(&format!("{}{history}", restoring_body()))),
            false => {
                let _ = write!(
                    sql,
                    "{}\n{others}{}",
                    block(&restoring_body()),
                    block(history)
                );
            }
        }
        self.done.steps.push(planned);
        self.transaction(&title, &sql);
    }

    fn statement(&mut self, sql: &mut String, revision: &RevisionId, statement: &Numbered) {
        if holds_secret(&statement.text) {
            let place = statement
                .place(0)
                .map_or_else(String::new, |place| format!(" ({place})"));
            let what = format!(
                "statement {}{place}, which holds a password",
                statement.number
            );
            return self.left_out(sql, revision, &what);
        }
        sql.push_str(&for_psql(&statement.text));
        // On a line of its own: the statement may end in a comment.
        sql.push_str("\n;\n");
    }

    /// The way down is kept with the revision, as text.
    fn keep_secret(&mut self, ready: &mut Ready) {
        if ready.down.as_deref().is_some_and(holds_secret) {
            ready.down = None;
            let what = "the way down in its row of the history, which holds a password";
            let id = ready.revision.id.clone();
            self.note(&id, what);
        }
    }

    fn left_out(&mut self, sql: &mut String, revision: &RevisionId, what: &str) {
        let _ = writeln!(sql, "-- left out: {}", on_one_line(what));
        self.note(revision, what);
    }

    fn note(&mut self, revision: &RevisionId, what: &str) {
        self.of.get_or_insert_with(|| revision.clone());
        self.unprintable.push(format!("{revision}: {what}"));
    }

    /// The script, where it holds all that it must.
    fn end(mut self) -> Result<OfflineScript> {
        self.done.left_out = self.unprintable;
        let (OnUnprintable::Refuse, Some(of)) = (self.on_unprintable, self.of) else {
            return Ok(self.done);
        };
        let lines: String = self
            .done
            .left_out
            .iter()
            .map(|line| format!("\n  {line}"))
            .collect();
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("a script cannot hold all that a run does:{lines}"),
        )
        .with_revision(of)
        .with_hint(
            "run that over a connection; or leave it out of the script (`--skip-unprintable`), and do its work by \
             hand",
        ))
    }
}

/// A row that is written in the revision's transaction counts from its beginning.
fn in_transaction(mut change: Change) -> Change {
    for (row, _) in &mut change.insert {
        row.took = Took::ThisTransaction;
    }
    change
}

/// Revisions of other bundles that stand on what goes, as far as they are not taken for applied: those that are are
/// refused by the plan.
fn in_the_way(
    bundles: &[BundleRun],
    views: &[View],
    stages: &[Stage],
    across: &Across,
) -> BTreeMap<Owner, BTreeSet<RevisionId>> {
    let gone: BTreeSet<Place> = stages
        .iter()
        .filter_map(|stage| match stage {
            Stage::Run { bundle, step, .. } if step.direction == Direction::Down => {
                Some((*bundle, step.revision.clone()))
            }
            _ => None,
        })
        .collect();
    let all: Vec<BTreeSet<RevisionId>> = bundles
        .iter()
        .map(|bundle| bundle.graph.order().map(|one| one.id.clone()).collect())
        .collect();
    let mut found: BTreeMap<Owner, BTreeSet<RevisionId>> = BTreeMap::new();
    for ((number, id), (under, _)) in across.dependents(&gone, &all) {
        if number != under && !views[*number].applied.contains(id) {
            let owner = bundles[*number].owner();
            found.entry(owner).or_default().insert(id.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psql_puts_in_none_of_its_variables() {
        let check = |text: &str, expected: &str| assert_eq!(for_psql(text), expected, "{text}");
        check("SELECT a[1:USER]", "SELECT a[1: USER]");
        check(
            "SELECT a[1:\"HOST\"], b[:'x']",
            "SELECT a[1: \"HOST\"], b[: 'x']",
        );
        for unchanged in [
            "SELECT a::text, ':USER', \":USER\", $$:USER$$ -- :USER",
            "SELECT a[1:2], a[1: n]",
            "CALL p(x := y)",
        ] {
            check(unchanged, unchanged);
        }
    }
}
