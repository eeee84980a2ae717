//! What the rows of the history mean for a program: what is applied, what is unknown, what was
//! edited, what is pending; and whether to go on from there. Values in, values out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use limbeck_core::error::on_one_line;
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::plan::{
    Direction, Plan, PlanStep, gap, head_change, heads_of, plan_downgrade, plan_stamp, plan_upgrade,
};
use limbeck_core::revision::target::Target;
use limbeck_core::revision::{DIGEST_VERSION, Digest, Revision};
use limbeck_core::{Error, ErrorKind, Result, RevisionId};

use super::failure::describe;
use super::report::HalfDone;
use super::{Action, BundleReport, BundleRun, OnDivergence, Status};
use crate::history::{HeadRow, HistoryRow, NewRow, State, Took};

/// A bundle's history against its graph.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// The rows, by revision.
    pub(super) rows: BTreeMap<RevisionId, HistoryRow>,
    /// Everything applied.
    pub(super) applied: BTreeSet<RevisionId>,
    /// What the rows say the heads are.
    pub(super) heads: BTreeSet<RevisionId>,
    /// Applied revisions that the program does not know, oldest first.
    pub(super) unknown: Vec<RevisionId>,
    /// Applied revisions whose content is not what the program has.
    pub(super) edited: Vec<RevisionId>,
    /// The program's graph with the unknown revisions put on it.
    pub(super) whole: Arc<RevisionGraph>,
    /// Revisions that were interrupted outside of a transaction, or that somebody runs now. Those on their
    /// way up are not applied, those on their way down are.
    pub(super) half: BTreeMap<RevisionId, HistoryRow>,
    /// How many of the program's revisions were applied when the view was made.
    pub(super) already: usize,
}

/// Whether the heads that were read are the program's, chain digests included.
pub(super) fn is_current(bundle: &BundleRun, heads: &[HeadRow]) -> bool {
    let owner = bundle.owner();
    let version = DIGEST_VERSION.to_string();
    let mut read: Vec<(&str, &str)> = Vec::new();
    for head in heads.iter().filter(|head| head.owner == owner) {
        let HeadRow {
            owner: _,
            revision,
            chain,
            digest_version,
            state,
            placed: _,
            off_path: _,
            test_schema: _,
        } = head;
        if *digest_version != version || matches!(state, State::Reverting | State::Other(_)) {
            return false;
        }
        read.push((revision, chain));
    }
    read.sort_unstable();
    let wanted = bundle.graph.real_heads();
    read.len() == wanted.len()
        && read.iter().zip(wanted).all(|((revision, chain), id)| {
            *revision == id.as_str()
                && bundle
                    .graph
                    .chain_digest(id)
                    .is_some_and(|digest| digest.to_string() == *chain)
        })
}

/// The error where a revision was interrupted on the other way than the one that a bundle is to go.
pub(super) fn half_in_the_way(bundle: &BundleRun, view: &View, row: &HistoryRow) -> Option<Error> {
    let known = bundle.graph.contains(&row.revision);
    let up = row.state == State::Running;
    let against = match &bundle.action {
        Action::Downgrade(_) => up,
        Action::RunPending | Action::Upgrade(_) | Action::RequireCurrent => !up && known,
        Action::Stamp(_) | Action::Inspect | Action::Leave => false,
    };
    if !against {
        return None;
    }
    let name = &bundle.name;
    let id = &row.revision;
    let under = |other: &RevisionId| match view.whole.parents(other).as_slice() {
        [parent] => parent.to_string(),
        _ => "base".to_owned(),
    };
    let hint = match (up, known) {
        (true, true) => format!(
            "finish it first, with `limbeck upgrade {name}@{id}`; or get out of it by hand and `stamp`"
        ),
        (true, false) => {
            "finish it first, with the program that has it; or get out of it by hand and `stamp`"
                .to_owned()
        }
        (false, _) => format!(
            "finish that first, with `limbeck downgrade {name}@{}`; or get out of it by hand and `stamp`",
            under(id)
        ),
    };
    let told = HalfDone::of(row);
    let error = Error::new(
        ErrorKind::Diverged,
        format!("revision `{name}`:{told}: it was interrupted outside of a transaction"),
    );
    Some(error.with_revision(id.clone()).with_hint(hint))
}

/// The error where revisions of a bundle are applied in a schema that is gone.
pub(super) fn misplaced(bundle: &BundleRun, heads: &[HeadRow]) -> Option<Error> {
    let owner = bundle.owner();
    let mut own = heads.iter().filter(|head| head.owner == owner);
    own.any(|head| !head.placed).then(|| schema_is_gone(bundle))
}

/// As [`misplaced`], where that is known.
pub(super) fn schema_is_gone(bundle: &BundleRun) -> Error {
    let BundleRun {
        name, placement, ..
    } = bundle;
    Error::new(
        ErrorKind::Drift,
        format!(
            "the schema `{placement}` is missing, though revisions of the bundle `{name}` are \
             applied in it"
        ),
    )
    .with_hint(format!(
        "was it dropped or renamed, or is the bundle placed elsewhere? bring it back, or forget \
         what was in it with `limbeck stamp {name}@base`"
    ))
}

/// Compares the rows of a bundle with its graph.
pub(super) fn view(bundle: &BundleRun, all: Vec<HistoryRow>) -> Result<View> {
    let graph = &bundle.graph;
    let mut rows = Vec::with_capacity(all.len());
    let mut half = BTreeMap::new();
    for row in all {
        if matches!(row.state, State::Running | State::Reverting) {
            half.insert(row.revision.clone(), row.clone());
        }
        if row.state != State::Running {
            rows.push(row);
        }
    }
    let mut unknown = Vec::new();
    let mut edited = Vec::new();
    for row in &rows {
        if let State::Other(state) = &row.state {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "revision `{}` is recorded as `{state}`, which this version of Limbeck does \
                     not know",
                    row.revision
                ),
            )
            .with_revision(row.revision.clone())
            .with_hint("use the version of Limbeck that wrote it, or a later one"));
        }
        match graph.get(&row.revision) {
            None => unknown.push(row.revision.clone()),
            Some(revision) if is_edited(row, revision) => edited.push(row.revision.clone()),
            Some(_) => {}
        }
    }
    let whole = if unknown.is_empty() {
        Arc::clone(graph)
    } else {
        Arc::new(extend(graph, &rows)?)
    };
    let applied: BTreeSet<RevisionId> = rows.iter().map(|row| row.revision.clone()).collect();
    Ok(View {
        heads: rows
            .iter()
            .filter(|row| row.is_head)
            .map(|row| row.revision.clone())
            .collect(),
        already: applied.len() - unknown.len(),
        rows: rows
            .into_iter()
            .map(|row| (row.revision.clone(), row))
            .collect(),
        applied,
        unknown,
        edited,
        whole,
        half,
    })
}

/// What a database has gone through as the program has it. An original that was edited is not among it, so that it is
/// looked at by itself, and told.
fn gone_through(bundle: &BundleRun, rows: &[HistoryRow]) -> BTreeSet<RevisionId> {
    let originals = bundle.graph.originals();
    let edited = |row: &HistoryRow| {
        let original = originals.get(&row.revision);
        original.is_some_and(|original| is_edited(row, original))
    };
    let rows = rows.iter().filter(|row| !edited(row));
    rows.map(|row| row.revision.clone()).collect()
}

/// The bundle as a database sees it that has these rows; `None` where it is seen so.
pub(super) fn settled(bundle: &BundleRun, rows: &[HistoryRow]) -> Result<Option<BundleRun>> {
    if !bundle.graph.has_squashes() {
        return Ok(None);
    }
    let settled = bundle.graph.settled(&gone_through(bundle, rows))?;
    Ok(settled.map(|graph| BundleRun {
        graph: Arc::new(graph),
        ..bundle.clone()
    }))
}

/// What a database has gone through one by one, and what stands for it now.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    /// The rows that go.
    pub(super) gone: Vec<RevisionId>,
    /// The row that comes, unless it is there already, with whether it is a head.
    pub(super) row: Option<(NewRow, bool)>,
}

/// The rows of a bundle, with those of revisions that another stands for taken together, and what is to be changed
/// for that. Where one of them was edited they stay as they are, so that this is told.
pub(super) fn folded(
    bundle: &BundleRun,
    mut rows: Vec<HistoryRow>,
) -> (Vec<HistoryRow>, Vec<Fold>) {
    let mut folds = Vec::new();
    let known = bundle.graph.originals();
    for squash in bundle.graph.squashes() {
        let is_original = |row: &HistoryRow| squash.replaces.contains(&row.revision);
        let originals: Vec<&HistoryRow> = rows.iter().filter(|row| is_original(row)).collect();
        let edited = originals.iter().any(|row| {
            let original = known.get(&row.revision);
            original.is_some_and(|original| is_edited(row, original))
        });
        let there = rows.iter().any(|row| row.revision == squash.id);
        let whole = originals.len() == squash.replaces.len();
        let Some(last) = originals.last().filter(|_| (there || whole) && !edited) else {
            continue;
        };
        let Some(chain) = bundle.graph.chain_digest(&squash.id) else {
            continue;
        };
        let is_head = originals.iter().any(|row| row.is_head);
        let ran = originals.iter().all(|row| row.state == State::Applied);
        let mut new = new_row(&bundle.graph, squash, chain);
        new.state = match ran {
            true => State::Applied,
            false => State::Stamped,
        };
        let row = HistoryRow {
            revision: squash.id.clone(),
            parents: new.parents.clone(),
            is_head,
            breaking: new.breaking,
            content: Some(new.content),
            chain: chain.to_string(),
            digest_version: DIGEST_VERSION,
            message: new.message.clone(),
            duration_micros: None,
            state: new.state.clone(),
            statement_reached: None,
            has_down: false,
            ..(*last).clone()
        };
        folds.push(Fold {
            gone: originals.iter().map(|row| row.revision.clone()).collect(),
            row: (!there).then_some((new, is_head)),
        });
        let at = rows.iter().rposition(is_original).unwrap_or(rows.len());
        if !there {
            rows.insert(at, row);
        }
        rows.retain(|row| !is_original(row));
    }
    (rows, folds)
}

/// The view of a bundle that its heads showed to be current: everything is applied.
pub(super) fn complete(bundle: &BundleRun) -> View {
    let graph = &bundle.graph;
    View {
        rows: BTreeMap::new(),
        applied: graph.order().map(|revision| revision.id.clone()).collect(),
        heads: graph.real_heads().into_iter().cloned().collect(),
        unknown: Vec::new(),
        edited: Vec::new(),
        whole: Arc::clone(graph),
        half: BTreeMap::new(),
        already: graph.len(),
    }
}

/// A digest of another version says nothing.
fn is_edited(row: &HistoryRow, revision: &Revision) -> bool {
    row.digest_version == DIGEST_VERSION && row.content != Some(revision.content)
}

/// The graph with the revisions that only the history knows.
fn extend(graph: &RevisionGraph, rows: &[HistoryRow]) -> Result<RevisionGraph> {
    let recorded: BTreeSet<&RevisionId> = rows.iter().map(|row| &row.revision).collect();
    let mut revisions: Vec<Revision> = graph.order().cloned().collect();
    for row in rows.iter().filter(|row| !graph.contains(&row.revision)) {
        let mut revision =
            Revision::new(row.revision.clone(), row.content.unwrap_or(Digest([0; 32])));
        revision.parents = row.parents.clone();
        revision
            .parents
            .retain(|parent| graph.contains(parent) || recorded.contains(parent));
        revision.message = row.message.clone();
        revision.breaking = row.breaking;
        revisions.push(revision);
    }
    RevisionGraph::new(revisions)
}

/// The way from the view to what the bundle's action wants by itself. `Inspect` and `Leave` have none.
pub(super) fn plan(bundle: &BundleRun, view: &View) -> Result<Plan> {
    match &bundle.action {
        Action::RunPending | Action::RequireCurrent => {
            plan_upgrade(&bundle.graph, &view.applied, &Target::HEADS)
        }
        Action::Upgrade(target) => plan_upgrade(&bundle.graph, &view.applied, target),
        Action::Downgrade(target) => plan_downgrade(&view.whole, &view.applied, target),
        Action::Stamp(targets) => {
            let mut plan = plan_stamp(&bundle.graph, &view.applied, targets)?;
            let strike = view.unknown.iter().map(|unknown| PlanStep {
                direction: Direction::Down,
                revision: unknown.clone(),
            });
            plan.steps.splice(0..0, strike);
            Ok(plan)
        }
        Action::Inspect | Action::Leave => Ok(Plan::default()),
    }
}

/// Whether the program may go up from here: nothing edited, nothing unknown that forbids it.
pub(super) fn check_upward(
    bundle: &BundleRun,
    view: &View,
    plan: &Plan,
    on_divergence: OnDivergence,
) -> Result<()> {
    if let Some(edited) = view.edited.first() {
        return Err(tampered(bundle, view, edited));
    }
    refuse_stale(bundle, view)?;
    // All that is the program's own is applied: then the database is ahead, which is fine.
    let pending = bundle
        .graph
        .order()
        .any(|revision| !view.applied.contains(&revision.id));
    if let (Some(unknown), true) = (view.unknown.first(), pending) {
        let error = diverged(bundle, view, unknown);
        match on_divergence {
            OnDivergence::Refuse => return Err(error),
            OnDivergence::Warn => tracing::warn!(bundle = %bundle.name, "{error}"),
        }
    }
    let below = bundle.graph.ancestors(&view.applied);
    let late = plan
        .steps
        .iter()
        .filter(|step| below.contains(&step.revision));
    late.map(|step| &step.revision)
        .try_for_each(|id| check_late(bundle, view, id))
}

/// Refuses to strike a breaking revision that the program does not know from the record: it would
/// start after that. A bundle of which nothing is left may be forgotten.
pub(super) fn check_stamp(bundle: &BundleRun, view: &View, plan: &Plan) -> Result<()> {
    let struck = |id: &RevisionId| {
        let down = |step: &PlanStep| step.direction == Direction::Down && step.revision == *id;
        plan.steps.iter().any(down)
    };
    let nothing_comes = plan
        .steps
        .iter()
        .all(|step| step.direction == Direction::Down);
    if nothing_comes && view.applied.iter().all(struck) {
        return Ok(());
    }
    refuse_stale(bundle, view)
}

/// Refuses a program that does not know a breaking revision.
fn refuse_stale(bundle: &BundleRun, view: &View) -> Result<()> {
    let breaking = view
        .unknown
        .iter()
        .find(|id| view.rows.get(*id).is_some_and(|row| row.breaking));
    if let Some(breaking) = breaking {
        let message = &view.rows[breaking].message;
        let quoted = if message.is_empty() {
            String::new()
        } else {
            format!(" ({})", on_one_line(message))
        };
        return Err(Error::new(
            ErrorKind::Stale,
            format!(
                "this program is too old for the database: the breaking revision \
                 `{breaking}`{quoted} of `{}` was applied by a newer one",
                bundle.name
            ),
        )
        .with_revision(breaking.clone())
        .with_hint(
            "deploy the program that has this revision, or let it take the revision back first",
        ));
    }
    Ok(())
}

/// Says in the log that the database is ahead: this program is the older one.
pub(super) fn say_if_older(bundle: &BundleRun, view: &View) {
    if !view.unknown.is_empty() {
        tracing::warn!(
            bundle = %bundle.name,
            "this program is older than its database, which has revisions that it does not know: {}",
            names(&view.unknown)
        );
    }
}

/// Identifiers as a list.
fn names(ids: &[RevisionId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}

/// A revision that arrives below applied ones is fine where it touches nothing of theirs.
fn check_late(bundle: &BundleRun, view: &View, id: &RevisionId) -> Result<()> {
    let Some(revision) = bundle.graph.get(id) else {
        return Ok(());
    };
    let above = bundle.graph.descendants([id]);
    for later in above.intersection(&view.applied) {
        let theirs = bundle
            .graph
            .get(later)
            .and_then(|later| later.touches.as_ref());
        let why = match (&revision.touches, theirs) {
            (Some(ours), Some(theirs)) => match ours.iter().find(|name| theirs.contains(name)) {
                None => continue,
                Some(both) => format!("both touch `{both}`"),
            },
            (None, _) => format!("what `{id}` touches is not known"),
            (_, None) => format!("what `{later}` touches is not known"),
        };
        return Err(Error::new(
            ErrorKind::Diverged,
            format!(
                "revision {} stands below `{later}`, which is applied already, and {why}",
                describe(revision)
            ),
        )
        .with_revision(id.clone())
        .with_hint(format!(
            "put it above what is applied by its `down_revision`, state `touches` in its \
             metadata, or record it with `stamp` when the database has what it makes (`{later}`){}",
            gap(&bundle.graph, &view.applied)
                .map_or_else(String::new, |gap| format!("; or {}", gap.hint()))
        )));
    }
    Ok(())
}

fn diverged(bundle: &BundleRun, view: &View, unknown: &RevisionId) -> Error {
    let others = match view.unknown.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Error::new(
        ErrorKind::Diverged,
        format!(
            "the database has revision `{unknown}`{others} of `{}`, which this program does not \
             know, while revisions of its own are pending",
            bundle.name
        ),
    )
    .with_revision(unknown.clone())
    .with_hint(
        "bring the unknown revisions into this program (merge the branch that has them), or take \
         them back with `downgrade`",
    )
}

fn tampered(bundle: &BundleRun, view: &View, edited: &RevisionId) -> Error {
    let name = bundle
        .graph
        .get(edited)
        .map_or_else(|| format!("`{edited}`"), describe);
    let when = view
        .rows
        .get(edited)
        .map_or("", |row| row.applied_at.as_str());
    Error::new(
        ErrorKind::Tampered,
        format!("revision {name} was edited after it was applied ({when})"),
    )
    .with_revision(edited.clone())
    .with_hint(
        "put it back as it was and write the change as a new revision; or take it back with \
         `downgrade` and apply it again; or accept it as it is with `stamp`",
    )
}

/// The rows whose caches are not what the program would write, with what it would.
pub(super) fn outdated(bundle: &BundleRun, view: &View) -> Vec<(NewRow, bool)> {
    let heads = heads_of(&view.whole, &view.applied);
    let mut outdated = Vec::new();
    for (id, row) in &view.rows {
        let is_head = heads.contains(id);
        let Some(revision) = bundle.graph.get(id) else {
            continue;
        };
        let (Some(chain), DIGEST_VERSION) = (bundle.graph.chain_digest(id), row.digest_version)
        else {
            continue;
        };
        let parents = stands_on(&bundle.graph, revision);
        let mut recorded = row.parents.clone();
        recorded.sort_unstable();
        if row.chain != chain.to_string() || row.is_head != is_head || recorded != parents {
            let mut new = new_row(&bundle.graph, revision, chain);
            new.state = row.state.clone();
            outdated.push((new, is_head));
        }
    }
    outdated
}

/// What a revision stands on of its bundle, dependencies among it: a program that does not know the revision
/// learns from its row what is no head.
fn stands_on(graph: &RevisionGraph, revision: &Revision) -> Vec<RevisionId> {
    graph.requires(&revision.id).into_iter().cloned().collect()
}

/// The row of a revision, as applied, for somebody to fill in the rest.
pub(super) fn new_row(graph: &RevisionGraph, revision: &Revision, chain: Digest) -> NewRow {
    NewRow {
        revision: revision.id.clone(),
        parents: stands_on(graph, revision),
        breaking: revision.breaking,
        content: revision.content,
        chain,
        digest_version: DIGEST_VERSION,
        message: revision.message.clone(),
        state: State::Applied,
        statement_reached: None,
        took: Took::Nothing,
        down: None,
    }
}

impl View {
    /// The heads after a step.
    pub(super) fn heads_after(&self, step: &PlanStep) -> BTreeSet<RevisionId> {
        let change = head_change(&self.whole, &self.applied, step);
        let mut heads: BTreeSet<RevisionId> =
            self.heads.difference(&change.gone).cloned().collect();
        heads.extend(change.come);
        if step.direction == Direction::Down {
            // What stood below it when it was applied need not be its parent any more.
            let mut left = self.applied.clone();
            left.remove(&step.revision);
            heads.extend(heads_of(&self.whole, &left));
        }
        heads
    }

    /// Takes a step that was carried out.
    pub(super) fn take(&mut self, step: &PlanStep) {
        self.heads = self.heads_after(step);
        self.half.remove(&step.revision);
        match step.direction {
            Direction::Up => {
                self.applied.insert(step.revision.clone());
            }
            Direction::Down => {
                self.applied.remove(&step.revision);
                self.rows.remove(&step.revision);
                self.unknown.retain(|id| *id != step.revision);
            }
        }
    }

    /// How the bundle stands.
    pub(super) fn report(&self, bundle: &BundleRun) -> BundleReport {
        let pending: Vec<RevisionId> = bundle
            .graph
            .order()
            .filter(|revision| !self.applied.contains(&revision.id))
            .map(|revision| revision.id.clone())
            .collect();
        BundleReport {
            bundle: bundle.name.clone(),
            placement: bundle.placement.clone(),
            status: match (pending.is_empty(), self.unknown.is_empty()) {
                (true, true) => Status::Current,
                (true, false) => Status::Ahead,
                (false, true) => Status::Behind,
                (false, false) => Status::Diverged,
            },
            // Which rows are heads is a cache, of the chain as it was when they were written.
            heads: heads_of(&self.whole, &self.applied).into_iter().collect(),
            already: self.already,
            pending,
            unknown: self.unknown.clone(),
            edited: self.edited.clone(),
            half: self.half.values().map(HalfDone::of).collect(),
            rows: Vec::new(),
        }
    }
}
