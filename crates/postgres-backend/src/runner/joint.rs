//! The revisions of all bundles of a run, planned together and taken one after the other.
//!
//! One order holds for all of them: a revision waits for those of other bundles that it depends on,
//! up, and goes before them, down. What a revision provides (an exported one, for those it was
//! copied from) is recorded with it, in the same transaction.

use std::collections::BTreeSet;

use limbeck_core::revision::across::{Across, Member, Place, Upward};
use limbeck_core::revision::plan::{Direction, Plan, PlanStep, plan_upgrade};
use limbeck_core::token::secrets;
use limbeck_core::{Error, ErrorKind, Result, RevisionId};

use super::decide::{self, View};
use super::lock::OwnerKey;
use super::prepare::Scripts;
use super::progress::{Event, PlannedStep};
use super::record::recording;
use super::report::{Deed, HalfDone};
use super::step::{Also, Outcome};
use super::story::{Story, planned_step};
use super::{Action, BundleRun, OnDivergence, OnLoss};
use crate::history::Owner;

/// How often the history may be found changed where it reads as before.
const PHANTOMS: u32 = 3;

/// One thing to do.
pub(super) enum Stage {
    /// Run a revision, and record those that it provides.
    Run {
        bundle: usize,
        step: PlanStep,
        provided: Vec<Place>,
    },
    /// Record a revision whose work is done.
    Record(Place),
}

impl Stage {
    fn revision(&self) -> &RevisionId {
        match self {
            Self::Run { step, .. } => &step.revision,
            Self::Record((_, id)) => id,
        }
    }

    /// Whether it runs a revision of a bundle.
    pub(super) fn runs(&self, number: usize) -> bool {
        matches!(self, Self::Run { bundle, .. } if *bundle == number)
    }

    /// Whether it records revisions of a bundle.
    pub(super) fn records(&self, number: usize) -> bool {
        match self {
            Self::Run { provided, .. } => provided.iter().any(|(bundle, _)| *bundle == number),
            Self::Record((bundle, _)) => *bundle == number,
        }
    }
}

impl Story {
    /// The slow path: rows, one plan, one revision after the other; from the start again whenever
    /// somebody else has been at work.
    pub(super) async fn together(
        &mut self,
        bundles: &[BundleRun],
        owners: &[Owner],
        current: &[bool],
    ) -> Result<Outcome> {
        let members: Vec<Member<'_>> = bundles.iter().map(BundleRun::member).collect();
        let across = Across::new(&members)?;
        let mut current = current.to_vec();
        let mut scripts: Vec<Scripts> = bundles.iter().map(|_| Scripts::default()).collect();
        let mut already: Option<Vec<usize>> = None;
        let mut last = None;
        let mut phantoms = 0;
        loop {
            let Some(mut views) = self.views(bundles, &current).await? else {
                return Ok(Outcome::Changed);
            };
            let first: &Vec<usize> =
                already.get_or_insert_with(|| views.iter().map(|view| view.already).collect());
            for (view, already) in views.iter_mut().zip(first) {
                view.already = *already;
            }
            let state: Vec<_> = views
                .iter()
                .map(|view| {
                    let half = view.half.values().map(HalfDone::of).collect::<Vec<_>>();
                    (view.applied.clone(), view.heads.clone(), half)
                })
                .collect();
            phantoms = if last.as_ref() == Some(&state) {
                phantoms + 1
            } else {
                0
            };
            if phantoms > PHANTOMS {
                let names: Vec<String> = bundles
                    .iter()
                    .map(|bundle| format!("`{}`", bundle.name))
                    .collect();
                return Err(Error::new(
                    ErrorKind::Diverged,
                    format!(
                        "the history of {} reads the same and is not",
                        names.join(", ")
                    ),
                )
                .with_hint("do triggers or policies stand on the history table?"));
            }
            last = Some(state);
            if self.halves(bundles, &views).await? == Outcome::Waited {
                current.fill(false);
                continue;
            }
            let stages = stages(bundles, &views, &across, self.options.on_divergence)?;
            let looks = |bundle: &BundleRun| matches!(bundle.action, Action::RequireCurrent);
            if bundles.iter().all(looks) {
                let reports = bundles.iter().zip(&views);
                let reports = reports.map(|(bundle, view)| view.report(bundle));
                self.report.bundles.extend(reports);
                return Ok(Outcome::Done);
            }
            let planned = self.planned(bundles, &views, &stages).await?;
            if self.options.only_plans {
                self.report.planned = self
                    .with_scripts(bundles, &views, &stages, &mut scripts, planned)
                    .await?;
                let reports = bundles.iter().zip(&views);
                let reports = reports.map(|(bundle, view)| view.report(bundle));
                self.report.bundles.extend(reports);
                return Ok(Outcome::Done);
            }
            match self
                .take_all(bundles, owners, &mut views, &stages, &mut scripts, &current)
                .await?
            {
                Outcome::Done => {
                    for (number, (bundle, view)) in bundles.iter().zip(&views).enumerate() {
                        decide::say_if_older(bundle, view);
                        let touched = stages
                            .iter()
                            .any(|stage| stage.runs(number) || stage.records(number));
                        if touched || !matches!(bundle.action, Action::Leave) {
                            self.report.bundles.push(view.report(bundle));
                        }
                    }
                    return Ok(Outcome::Done);
                }
                // Which revisions are seen may be another matter now.
                Outcome::Changed if bundles.iter().any(|bundle| bundle.graph.has_squashes()) => {
                    return Ok(Outcome::Changed);
                }
                Outcome::Changed => {
                    tracing::debug!("another process has migrated meanwhile, planning again");
                }
                Outcome::Waited => {
                    phantoms = 0;
                    last = None;
                }
            }
            // What was current may have been changed, too.
            current.fill(false);
        }
    }

    /// What was interrupted on the other way than the one to be gone is refused; what somebody is at now
    /// is waited for, and by a stamp, which gets out of all, too.
    async fn halves(&mut self, bundles: &[BundleRun], views: &[View]) -> Result<Outcome> {
        for (bundle, view) in bundles.iter().zip(views) {
            for row in view.half.values() {
                let in_the_way = decide::half_in_the_way(bundle, view, row);
                let stamps = matches!(bundle.action, Action::Stamp(_));
                if in_the_way.is_none() && !stamps {
                    continue;
                }
                let looks = self.options.only_plans || bundle.action == Action::RequireCurrent;
                let key = OwnerKey::new(&self.options.history, &row.owner, &row.revision);
                if !looks && self.is_owned(key).await? {
                    self.wait_for_owner(key).await?;
                    return Ok(Outcome::Waited);
                }
                if let Some(error) = in_the_way {
                    return Err(error);
                }
            }
        }
        Ok(Outcome::Done)
    }

    /// The histories of the bundles; `None` where one is by now another's than its graph was settled for.
    async fn views(&self, bundles: &[BundleRun], current: &[bool]) -> Result<Option<Vec<View>>> {
        let mut views = Vec::with_capacity(bundles.len());
        for (bundle, current) in bundles.iter().zip(current) {
            if *current {
                views.push(decide::complete(bundle));
                continue;
            }
            let rows = self.rows(&bundle.owner()).await?;
            if decide::settled(bundle, &rows)?.is_some() {
                return Ok(None);
            }
            views.push(decide::view(bundle, decide::folded(bundle, rows).0)?);
        }
        Ok(Some(views))
    }

    async fn take_all(
        &mut self,
        bundles: &[BundleRun],
        owners: &[Owner],
        views: &mut [View],
        stages: &[Stage],
        scripts: &mut [Scripts],
        current: &[bool],
    ) -> Result<Outcome> {
        for (number, bundle) in bundles.iter().enumerate() {
            let mut plan = Plan::default();
            for stage in stages {
                if let Stage::Run { step, .. } = stage
                    && stage.runs(number)
                {
                    plan.steps.push(step.clone());
                }
            }
            let concerned = stages.iter().any(|stage| stage.records(number));
            let view = &mut views[number];
            if let Action::Stamp(_) = bundle.action {
                let plan = decide::plan(bundle, view)?;
                decide::check_stamp(bundle, view, &plan)?;
                match self.stamp(bundle, owners, view, &plan).await? {
                    Outcome::Done => {}
                    outcome => return Ok(outcome),
                }
            } else if !plan.is_empty() {
                scripts[number].prepare(self, bundle, view, &plan).await?;
            } else if !concerned && !current[number] {
                self.refresh(bundle, view).await?;
            }
        }
        // All scripts are ready: now the first thing may be made.
        for (number, bundle) in bundles.iter().enumerate() {
            let recorded = stages.iter().any(|stage| stage.records(number));
            if stages.iter().any(|stage| stage.runs(number)) {
                self.make_ready(bundle, owners, &views[number], &scripts[number])
                    .await?;
            } else if recorded {
                self.may_write(bundle, owners, &views[number]).await?;
            }
        }
        if self.options.on_loss == OnLoss::Refuse {
            refuse_losses(stages, scripts)?;
        }
        for (number, bundle) in bundles.iter().enumerate() {
            let steps = stages.iter().filter_map(|stage| match stage {
                Stage::Run { step, .. } if stage.runs(number) => Some(step),
                _ => None,
            });
            let steps: Vec<&PlanStep> = steps.collect();
            self.try_uninstall(bundle, &steps, &scripts[number]).await?;
        }
        for stage in stages {
            self.go_on()?;
            if self.time_is_up() {
                return Err(self.out_of_time(""));
            }
            let outcome = match stage {
                Stage::Run {
                    bundle,
                    step,
                    provided,
                } => {
                    self.run_stage(bundles, views, *bundle, step, provided, &scripts[*bundle])
                        .await?
                }
                Stage::Record((bundle, id)) => {
                    self.record(&bundles[*bundle], &mut views[*bundle], &up(id))
                        .await?
                }
            };
            if outcome != Outcome::Done {
                return Ok(outcome);
            }
            let id = stage.revision();
            self.todo.retain(|left| left != id);
            self.refusals = 0;
            self.waiting_since = None;
        }
        Ok(Outcome::Done)
    }

    /// Tells what is going to be done.
    async fn planned(
        &mut self,
        bundles: &[BundleRun],
        views: &[View],
        stages: &[Stage],
    ) -> Result<Vec<PlannedStep>> {
        let mut steps = Vec::new();
        for (bundle, view) in bundles.iter().zip(views) {
            if let Action::Stamp(_) = bundle.action {
                let plan = decide::plan(bundle, view)?;
                let stamped = plan.steps.iter();
                steps.extend(stamped.map(|step| planned_step(bundle, view, step, true)));
            }
        }
        for stage in stages {
            let step = match stage {
                Stage::Run { bundle, step, .. } => {
                    planned_step(&bundles[*bundle], &views[*bundle], step, false)
                }
                Stage::Record((bundle, id)) => {
                    planned_step(&bundles[*bundle], &views[*bundle], &up(id), true)
                }
            };
            steps.push(step);
        }
        if self.options.only_plans {
            return Ok(steps);
        }
        self.todo = stages
            .iter()
            .map(|stage| stage.revision().clone())
            .collect();
        self.port.watch().planned(&self.todo);
        if steps.is_empty() {
            return Ok(steps);
        }
        tracing::info!(revisions = steps.len(), "there is something to do");
        if !self.options.observers.is_empty() {
            let steps = steps.clone();
            self.tell_of(Event::Planned { steps }).await;
        }
        Ok(steps)
    }

    /// Steps with what they run and take away; what could not be run is refused as it would be then.
    async fn with_scripts(
        &self,
        bundles: &[BundleRun],
        views: &[View],
        stages: &[Stage],
        scripts: &mut [Scripts],
        mut planned: Vec<PlannedStep>,
    ) -> Result<Vec<PlannedStep>> {
        for (stage, planned) in stages.iter().zip(&mut planned) {
            let Stage::Run { bundle, step, .. } = stage else {
                continue;
            };
            let plan = Plan {
                steps: vec![step.clone()],
            };
            let scripts = &mut scripts[*bundle];
            scripts
                .prepare(self, &bundles[*bundle], &views[*bundle], &plan)
                .await?;
            planned.losses = scripts.losses(step)?;
            let ready = scripts.get(step)?;
            // It is shown, and so are no passwords.
            planned.sql = ready.script.text().map(|sql| secrets(&sql).mask(&sql));
            planned.outside = ready.outside || views[*bundle].half.contains_key(&step.revision);
            let back = ready
                .down
                .as_deref()
                .is_some_and(|down| !down.trim().is_empty());
            let down = step.direction == Direction::Down;
            planned.reversible = Some(down || back || ready.script.is_nothing());
        }
        Ok(planned)
    }

    async fn run_stage(
        &mut self,
        bundles: &[BundleRun],
        views: &mut [View],
        bundle: usize,
        step: &PlanStep,
        provided: &[Place],
        scripts: &Scripts,
    ) -> Result<Outcome> {
        let mut also = Vec::new();
        let mut after: Vec<(usize, View, Vec<PlanStep>)> = Vec::new();
        let others: BTreeSet<usize> = provided.iter().map(|(bundle, _)| *bundle).collect();
        for other in others {
            let steps: Vec<PlanStep> = provided
                .iter()
                .filter(|(bundle, _)| *bundle == other)
                .map(|(_, id)| PlanStep {
                    direction: step.direction,
                    revision: id.clone(),
                })
                .collect();
            let view = &views[other];
            let (change, then) = recording(&bundles[other], view, &steps);
            also.push(Also {
                owner: bundles[other].owner(),
                heads: view.heads.clone(),
                change,
            });
            after.push((other, then, steps));
        }
        let outcome = self
            .step(&bundles[bundle], &views[bundle], step, scripts, also)
            .await?;
        if outcome == Outcome::Done {
            views[bundle].take(step);
            for (other, view, steps) in after {
                let deed = match step.direction {
                    Direction::Up => Deed::Stamped,
                    Direction::Down => Deed::Unstamped,
                };
                for step in steps {
                    self.note_recorded(&bundles[other], &step, deed);
                }
                views[other] = view;
            }
        }
        Ok(outcome)
    }
}

/// What is to be done, in order.
pub(super) fn stages(
    bundles: &[BundleRun],
    views: &[View],
    across: &Across,
    on_divergence: OnDivergence,
) -> Result<Vec<Stage>> {
    let applied: Vec<BTreeSet<RevisionId>> =
        views.iter().map(|view| view.applied.clone()).collect();
    let mut stages = down(bundles, views, across, &applied)?;
    let mut wanted = Vec::with_capacity(bundles.len());
    for (bundle, view) in bundles.iter().zip(views) {
        wanted.push(match &bundle.action {
            Action::RunPending | Action::RequireCurrent => Upward::All,
            Action::Upgrade(target) => {
                let plan = plan_upgrade(&bundle.graph, &view.applied, target)?;
                Upward::To(plan.steps.into_iter().map(|step| step.revision).collect())
            }
            _ => Upward::Stay,
        });
    }
    let mut order = across.upward(&wanted, &applied);
    // Of one bundle alone its own order is that of its branches.
    if let Some((bundle, _)) = order.first().cloned()
        && order.iter().all(|(other, _)| *other == bundle)
    {
        let ids = order.iter().map(|(_, id)| id);
        let down = bundles[bundle].graph.downward(ids).into_iter();
        order = down.rev().map(|id| (bundle, id.clone())).collect();
    }
    for (number, (bundle, view)) in bundles.iter().zip(views).enumerate() {
        let own = order.iter().filter(|(bundle, _)| *bundle == number);
        let plan = Plan {
            steps: own.map(|(_, id)| up(id)).collect(),
        };
        let forward = matches!(
            bundle.action,
            Action::RunPending | Action::Upgrade(_) | Action::RequireCurrent
        );
        if forward || !plan.is_empty() {
            decide::check_upward(bundle, view, &plan, on_divergence)?;
        }
    }
    for place in order {
        stages.extend(stage_up(bundles, across, &applied, place)?);
    }
    Ok(stages)
}

/// Refuses ways down that take data away.
fn refuse_losses(stages: &[Stage], scripts: &[Scripts]) -> Result<()> {
    let mut losses = Vec::new();
    for stage in stages {
        if let Stage::Run { bundle, step, .. } = stage {
            let told = scripts[*bundle].losses(step)?.into_iter();
            losses.extend(told.map(|line| format!("\n  {}: {line}", step.revision)));
        }
    }
    if losses.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Destructive,
        format!("going down takes data away:{}", losses.concat()),
    ))
}

pub(super) fn up(id: &RevisionId) -> PlanStep {
    PlanStep {
        direction: Direction::Up,
        revision: id.clone(),
    }
}

/// What goes down, and the refusal where something that stays stands on it.
fn down(
    bundles: &[BundleRun],
    views: &[View],
    across: &Across,
    applied: &[BTreeSet<RevisionId>],
) -> Result<Vec<Stage>> {
    let mut stages = Vec::new();
    let mut gone: BTreeSet<Place> = BTreeSet::new();
    for (number, (bundle, view)) in bundles.iter().zip(views).enumerate() {
        if !matches!(bundle.action, Action::Downgrade(_)) {
            continue;
        }
        for step in decide::plan(bundle, view)?.steps {
            let place = (number, step.revision.clone());
            let mut provided: Vec<Place> = across
                .provided(&place)
                .filter(|(bundle, id)| applied[*bundle].contains(id))
                .cloned()
                .collect();
            provided.reverse();
            gone.extend(provided.iter().cloned());
            gone.insert(place);
            stages.push(Stage::Run {
                bundle: number,
                step,
                provided,
            });
        }
    }
    let name = |(bundle, id): &Place| {
        let run = &bundles[*bundle];
        format!("{} of `{}`", views[*bundle].whole.describe(id), run.name)
    };
    for place in &gone {
        if let Some(provider) = across.provider(place)
            && applied[provider.0].contains(&provider.1)
            && !gone.contains(provider)
        {
            return Err(Error::new(
                ErrorKind::Target,
                format!(
                    "revision {} was done by {}, which provides it",
                    name(place),
                    name(provider)
                ),
            )
            .with_revision(place.1.clone())
            .with_hint(below(bundles, provider)));
        }
    }
    let dependents = across.dependents(&gone, applied);
    if let Some((above, under)) = dependents.first() {
        let others = match dependents.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        // The deepest of the same bundle: below it nothing stands in the way any more.
        let deepest = dependents
            .iter()
            .rev()
            .find(|(place, _)| place.0 == above.0);
        let deepest = deepest.map_or(*above, |(place, _)| *place);
        return Err(Error::new(
            ErrorKind::Target,
            format!(
                "revision {}{others} stands on {}, which would be taken back",
                name(above),
                name(under)
            ),
        )
        .with_revision(above.1.clone())
        .with_hint(below(bundles, deepest)));
    }
    Ok(stages)
}

/// How to get below a revision.
fn below(bundles: &[BundleRun], (bundle, id): &Place) -> String {
    let run = &bundles[*bundle];
    let parents = run.graph.parents(id);
    let target = match parents.as_slice() {
        [parent] => parent.as_str(),
        _ => "base",
    };
    format!(
        "take that back first: `limbeck downgrade {}@{target}`",
        run.name
    )
}

/// Refuses to take what a copy makes in one schema for what is listed in another.
fn refuse_misplaced(bundles: &[BundleRun], copy: &Place, provided: &[Place]) -> Result<()> {
    let (at, id) = copy;
    let revision = bundles[*at].graph.get(id);
    let Some(schema) = revision.and_then(|revision| revision.provides_in.as_deref()) else {
        return Ok(());
    };
    let elsewhere = |(bundle, _): &&Place| bundles[*bundle].placement.as_str() != schema;
    let Some((listed, _)) = provided.iter().find(elsewhere) else {
        return Ok(());
    };
    let BundleRun {
        name, placement, ..
    } = &bundles[*listed];
    Err(Error::new(
        ErrorKind::Config,
        format!(
            "revision {} is a copy of `{name}` that stands in the schema `{schema}`, and `{name}` is \
             listed in `{placement}`: it would be recorded there as applied, where nothing of it is",
            bundles[*at].graph.describe(id)
        ),
    )
    .with_revision(id.clone())
    .with_hint(format!(
        "list it where the copy is, `.in_schema(\"{schema}\")`; or delete the copy, where it has not been \
         applied anywhere, and copy it once more"
    )))
}

/// How a revision is gone up: run, recorded, or with the one that provides it.
fn stage_up(
    bundles: &[BundleRun],
    across: &Across,
    applied: &[BTreeSet<RevisionId>],
    place: Place,
) -> Result<Option<Stage>> {
    let is_applied = |(bundle, id): &Place| applied[*bundle].contains(id);
    if let Some(provider) = across.provider(&place) {
        // Else it is recorded with the provider, which stands before it in the order.
        refuse_misplaced(bundles, provider, std::slice::from_ref(&place))?;
        return Ok(is_applied(provider).then_some(Stage::Record(place)));
    }
    let provided: Vec<Place> = across.provided(&place).cloned().collect();
    refuse_misplaced(bundles, &place, &provided)?;
    let (done, left): (Vec<&Place>, Vec<&Place>) = provided.iter().partition(|at| is_applied(at));
    if let (Some(done), Some(left)) = (done.first(), left.first()) {
        let name = |(bundle, id): &Place| {
            let run = &bundles[*bundle];
            format!("{} of `{}`", run.graph.describe(id), run.name)
        };
        return Err(Error::new(
            ErrorKind::Diverged,
            format!(
                "revision {} provides {}, which is applied already, and {}, which is not",
                name(&place),
                name(done),
                name(left)
            ),
        )
        .with_revision(place.1.clone())
        .with_hint(
            "bring the database to one side: take the applied ones back, or do the rest by hand \
             and record it with `stamp`",
        ));
    }
    if !done.is_empty() {
        return Ok(Some(Stage::Record(place)));
    }
    let (bundle, id) = place;
    Ok(Some(Stage::Run {
        bundle,
        step: up(&id),
        provided,
    }))
}
