//! The walk itself: databases that are gone up and down in, and what is otherwise there afterwards.

use std::collections::BTreeSet;

use diesel::PgConnection;
use limbeck_core::revision::graph::RevisionGraph;
#[cfg(feature = "testing")]
use limbeck_core::revision::graph::require_one_head;
use limbeck_core::revision::target::Target;
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{
    Error, ErrorKind, Migration, Object, ObjectId, Result, Revision, RevisionId, Script,
};

use super::identity::identities;
use super::{Fault, Finding, Outcome, Replay, Replayed};
use crate::Migrator;
use crate::difference::alike;
use crate::hazard::{Consent, Severity, hazards, parse_consent, unconsented};
use crate::introspect::{Introspection, Scope, introspect};
use crate::runner::{Action, OnLoss};
use crate::scratch::{self, Scratch};

/// How many differences of one revision are named in one sentence.
const SHOWN: usize = 6;

/// An empty database that goes with this value.
pub(crate) trait Ground {
    fn connection(&mut self) -> &mut PgConnection;

    /// Makes what was missing, where that is its to make.
    fn mend(&mut self, _error: &Error) -> bool {
        false
    }
}

impl Ground for Scratch {
    fn connection(&mut self) -> &mut PgConnection {
        self.connection()
    }

    fn mend(&mut self, error: &Error) -> bool {
        // A throwaway server has none of the roles that revisions name: they are made as they come.
        self.make_role_for(error)
    }
}

/// Who asks, and so how to accept something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    ByCommand,
    #[cfg(feature = "testing")]
    ByTest,
}

/// What revisions make together.
pub(crate) struct Range {
    /// What there was before.
    pub(crate) from: Introspection,
    /// What there is afterwards.
    pub(crate) to: Introspection,
    /// What has another name.
    pub(crate) renames: Renames,
    /// The drops of what is there under its name and is another.
    pub(crate) replaced: Vec<Operation>,
}

/// A walk over the revisions of a migrator.
pub(crate) struct Walk<'a> {
    migrator: Migrator,
    accepted: &'a BTreeSet<String>,
    asked: Asked,
    open: &'a dyn Fn() -> Result<Box<dyn Ground>>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        migrator: &Migrator,
        accepted: &'a BTreeSet<String>,
        asked: Asked,
        open: &'a dyn Fn() -> Result<Box<dyn Ground>>,
    ) -> Self {
        Self {
            // Nothing is at stake here.
            migrator: migrator.unwatched().on_loss(OnLoss::Allow),
            accepted,
            asked,
            open,
        }
    }

    /// All of it; and whether something did not run for a lack of the database's own.
    pub(crate) fn all(&self) -> Result<(Replay, bool)> {
        let mut found = Replay::default();
        let graph = self.migrator.graph()?;
        // Who keeps several branches has a command for that.
        #[cfg(feature = "testing")]
        if self.asked == Asked::ByTest
            && let Err(error) = require_one_head(&graph)
        {
            found.findings.push(Finding::of(&error));
        }
        self.unknown(&graph, &mut found.findings);
        let (runs, lacks) = self.walk(&graph, &mut found)?;
        let is_whole = found.findings.iter().all(|it| it.fault != Fault::Heads);
        if runs && is_whole {
            self.compare(&mut found)?;
        }
        Ok((found, lacks))
    }

    /// Accepted revisions that are none.
    fn unknown(&self, graph: &RevisionGraph, findings: &mut Vec<Finding>) {
        let flag = self.accepting();
        for text in self.accepted {
            if !graph.order().any(|revision| revision.id.as_str() == text) {
                findings.push(Finding::new(
                    Fault::Accepted,
                    ErrorKind::Target,
                    None,
                    format!("`{flag}` names `{text}`, which is no revision"),
                ));
            }
        }
    }

    /// What accepts that a revision has no way down.
    fn accepting(&self) -> &'static str {
        match self.asked {
            Asked::ByCommand => "--without-way-down",
            #[cfg(feature = "testing")]
            Asked::ByTest => "without_way_down",
        }
    }

    /// Each revision up, down and up again; whether all of them could be applied, and whether one could not for a
    /// lack of the database's own.
    fn walk(&self, graph: &RevisionGraph, found: &mut Replay) -> Result<(bool, bool)> {
        let mut at: Option<Box<dyn Ground>> = None;
        // All that is there is of the revisions.
        let scope = Scope::all();
        let mut revisions = graph.order();
        for revision in revisions.by_ref() {
            // On a line, one database goes all the way; elsewhere, each revision is looked at above
            // nothing but what it stands on.
            if !graph.is_linear() {
                at = None;
            }
            let ground = match &mut at {
                Some(at) => at,
                None => at.insert((self.open)()?),
            };
            let before = found.findings.len();
            let walked = self.over(&mut **ground, revision, graph, &scope, &mut found.findings);
            let mut outcome = Outcome::Leads;
            for finding in &found.findings[before..] {
                match finding.fault {
                    Fault::Down | Fault::UpAgain => outcome = Outcome::Differs,
                    Fault::NoWayDown => outcome = Outcome::NoWayDown,
                    _ => {}
                }
            }
            if outcome == Outcome::Leads && !self.has_way_down(revision)? {
                outcome = Outcome::NoWayDown;
            }
            let mut failed = None;
            match walked {
                Ok(true) => {}
                // The others go up from nothing: what is wrong here is not told of them.
                Ok(false) => at = None,
                Err(error) => {
                    found.findings.push(Finding::at(revision, &error));
                    outcome = Outcome::Fails;
                    failed = Some(error);
                }
            }
            found.revisions.push(Replayed {
                revision: revision.clone(),
                outcome,
            });
            if let Some(error) = failed {
                // What comes after it would fail for the same reason.
                found.revisions.extend(revisions.map(|revision| Replayed {
                    revision: revision.clone(),
                    outcome: Outcome::NotReached,
                }));
                return Ok((false, scratch::lacks_something(&error)));
            }
        }
        Ok((true, false))
    }

    /// What there is below a revision, above it, below it again and above it once more.
    pub(crate) fn once(
        &self,
        graph: &RevisionGraph,
        revision: &Revision,
    ) -> Result<[Introspection; 4]> {
        let mut ground = (self.open)()?;
        let ground = &mut *ground;
        let scope = Scope::all();
        self.stand_below(ground, revision, graph)?;
        let before = introspect(ground.connection(), &scope)?;
        self.upgrade_alone(ground, &revision.id)?;
        let above = introspect(ground.connection(), &scope)?;
        self.take_back(ground, revision)?;
        let back = introspect(ground.connection(), &scope)?;
        self.upgrade_alone(ground, &revision.id)?;
        let again = introspect(ground.connection(), &scope)?;
        Ok([before, above, back, again])
    }

    /// What some revisions make together, of which `first` is the lowest and `last` the highest.
    pub(crate) fn range(
        &self,
        graph: &RevisionGraph,
        first: &Revision,
        last: &RevisionId,
    ) -> Result<Range> {
        let mut ground = (self.open)()?;
        let ground = &mut *ground;
        let scope = Scope::all();
        self.stand_below(ground, first, graph)?;
        let from = introspect(ground.connection(), &scope)?;
        let known = identities(ground.connection())?;
        self.upgrade_alone(ground, last)?;
        let to = introspect(ground.connection(), &scope)?;
        let later = identities(ground.connection())?;
        Ok(Range {
            renames: known.renames(&later),
            replaced: known.replaced(&later, &from.schema),
            from,
            to,
        })
    }

    /// Goes up to what a revision stands on.
    fn stand_below(
        &self,
        ground: &mut dyn Ground,
        revision: &Revision,
        graph: &RevisionGraph,
    ) -> Result<()> {
        let below = graph.requires(&revision.id);
        for id in &below {
            self.upgrade(ground, id.as_str())?;
        }
        if below.is_empty() {
            // The bundles that it builds on.
            self.upgrade(ground, "base")?;
        }
        Ok(())
    }

    /// One revision, with what it stands on below it and what stands on it in other bundles above; whether the
    /// database is fit for the next.
    fn over(
        &self,
        ground: &mut dyn Ground,
        revision: &Revision,
        graph: &RevisionGraph,
        scope: &Scope,
        findings: &mut Vec<Finding>,
    ) -> Result<bool> {
        self.stand_below(ground, revision, graph)?;
        let fit = self.step(ground, revision, scope, findings)?;
        if fit {
            // What stands on it in other bundles.
            self.upgrade(ground, revision.id.as_str())?;
        }
        Ok(fit)
    }

    /// One revision, under which nothing of other bundles stands; whether the database is fit for the
    /// next.
    fn step(
        &self,
        ground: &mut dyn Ground,
        revision: &Revision,
        scope: &Scope,
        findings: &mut Vec<Finding>,
    ) -> Result<bool> {
        let id = revision.id.as_str();
        let placements = self.placements()?;
        let stop = |connection: &mut PgConnection| {
            let mut found = introspect(connection, scope)?;
            let objects = &mut found.schema.objects;
            objects.retain(|id, _| !placements.contains(id));
            Ok::<_, Error>(found)
        };
        let before = stop(ground.connection())?;
        let known_before = identities(ground.connection())?;
        self.upgrade_alone(ground, &revision.id)?;
        let after = stop(ground.connection())?;
        let known_after = identities(ground.connection())?;

        if !revision.generated.is_empty() || !revision.consent.is_empty() {
            let (from, to) = (&before.schema, &after.schema);
            let mut operations = diff(from, to, &known_before.renames(&known_after));
            operations.extend(known_before.replaced(&known_after, from));
            let consents = self.consents(revision, findings);
            let destructive = hazards(&operations, from, to);
            for hazard in unconsented(&destructive, &consents) {
                if hazard.severity == Severity::Destructive {
                    let told = format!(
                        "revision {} destroys data without consent ({}); if it is meant, add \
                         `{}` to `consent` in its `metadata.toml`",
                        shown(revision),
                        hazard.message,
                        hazard.consent()
                    );
                    findings.push(Finding::new(
                        Fault::Consent,
                        ErrorKind::Destructive,
                        Some(revision),
                        told,
                    ));
                }
            }
        }

        let accepted = self.accepted.contains(id);
        if !self.has_way_down(revision)? {
            if !accepted {
                let how = match self.asked {
                    Asked::ByCommand => format!("`--without-way-down {id}`"),
                    #[cfg(feature = "testing")]
                    Asked::ByTest => format!("`Checks::without_way_down(\"{id}\")`"),
                };
                findings.push(Finding::new(
                    Fault::NoWayDown,
                    ErrorKind::Unsupported,
                    Some(revision),
                    format!(
                        "revision {} has no way down; write its `down.sql`, or accept that with {how}",
                        shown(revision)
                    ),
                ));
            }
            return Ok(true);
        }
        if accepted {
            findings.push(Finding::new(
                Fault::Accepted,
                ErrorKind::Unsupported,
                Some(revision),
                format!(
                    "`{}` names revision {}, which has a way down",
                    self.accepting(),
                    shown(revision)
                ),
            ));
        }
        self.take_back(ground, revision)?;
        let mut back = stop(ground.connection())?;
        // One that may have been there before is not this revision's to drop.
        let shared = self.migrator.shared(&revision.id)?;
        let had = &before.schema.objects;
        let objects = &mut back.schema.objects;
        objects.retain(|id, _| !shared.contains(id) || had.contains_key(id));
        if !same(Fault::Down, [&before, &back], revision, findings) {
            return Ok(false);
        }
        self.upgrade_alone(ground, &revision.id)?;
        let again = stop(ground.connection())?;
        Ok(same(Fault::UpAgain, [&after, &again], revision, findings))
    }

    /// What its metadata says was consented to.
    fn consents(&self, revision: &Revision, findings: &mut Vec<Finding>) -> Vec<Consent> {
        let own = self.migrator.own().schema();
        let mut consents = Vec::new();
        for text in &revision.consent {
            match parse_consent(text) {
                // As it is typed, with or without the bundle's own schema.
                Ok(consent) => consents.extend([consent.clone().within(&own), consent]),
                Err(error) => findings.push(Finding::new(
                    Fault::Consent,
                    ErrorKind::Directory,
                    Some(revision),
                    format!("`consent` of revision {}: {error}", shown(revision)),
                )),
            }
        }
        consents
    }

    fn has_way_down(&self, revision: &Revision) -> Result<bool> {
        let migration = self
            .migrator
            .own()
            .migrations
            .iter()
            .find(|migration| migration.revision().id == revision.id);
        let way_down = |migration: &dyn Migration| migration.downgrade(&mut Script::new());
        match migration.map(|migration| way_down(&**migration)) {
            Some(Err(error)) if error.kind() == ErrorKind::Unsupported => Ok(false),
            Some(Err(error)) => Err(error),
            Some(Ok(())) | None => Ok(true),
        }
    }

    fn upgrade(&self, ground: &mut dyn Ground, target: &str) -> Result<()> {
        mended(ground, |connection| {
            self.migrator.upgrade(connection, target).map(drop)
        })
    }

    /// A revision without what would follow it in other bundles: it could not be taken back under that.
    fn upgrade_alone(&self, ground: &mut dyn Ground, revision: &RevisionId) -> Result<()> {
        let target = Target::revision(revision);
        self.alone(ground, &Action::Upgrade(target))
    }

    /// A revision that nothing stands on.
    fn take_back(&self, ground: &mut dyn Ground, revision: &Revision) -> Result<()> {
        let target = match (revision.parents.first(), revision.depends_on.is_empty()) {
            (None, true) => Target::BASE,
            (Some(parent), true) => Target::revision(parent),
            // What it depends on may stand above its parent.
            (_, false) => Target::parse(&format!("{}@-1", revision.id))?,
        };
        self.alone(ground, &Action::Downgrade(target))
    }

    fn alone(&self, ground: &mut dyn Ground, wanted: &Action) -> Result<()> {
        mended(ground, |connection| {
            let action = |own| match own {
                true => wanted.clone(),
                false => Action::Leave,
            };
            self.migrator.run(connection, action).map(drop)
        })
    }

    /// The schemas that a run makes, and no revision.
    fn placements(&self) -> Result<BTreeSet<ObjectId>> {
        let runs = self.migrator.bundles()?.iter();
        let placements = runs.map(|run| run.placement.clone());
        let history = self.migrator.history_schema().clone();
        let schemas = placements.chain([history]);
        Ok(schemas.map(ObjectId::Namespace).collect())
    }

    /// The end of the chain against the models.
    fn compare(&self, found: &mut Replay) -> Result<()> {
        let own = self.migrator.own();
        if own.models.is_empty() && self.migrator.declared_sql()?.is_empty() {
            return Ok(());
        }
        let mut ground = (self.open)()?;
        mended(&mut *ground, |connection| {
            let action = |own| match own {
                true => Action::Upgrade(Target::HEADS),
                false => Action::RunPending,
            };
            self.migrator.run(connection, action).map(drop)
        })?;
        let check = self.migrator.check(ground.connection())?;
        found.compared = true;
        found.findings.extend(
            check.refused.iter().map(|refusal| {
                Finding::new(Fault::Models, refusal.kind(), None, refusal.to_string())
            }),
        );
        let wanted = check.draft.iter().flat_map(|draft| &draft.operations);
        let wanted: Vec<String> = wanted.map(ToString::to_string).collect();
        if !wanted.is_empty() {
            let told = format!(
                "the models want what no revision makes: {}; generate one with `limbeck revision \
                 --autogenerate`",
                wanted.join("; ")
            );
            found.findings.push(Finding {
                differences: wanted,
                ..Finding::new(Fault::Models, ErrorKind::Behind, None, told)
            });
        }
        Ok(())
    }
}

/// Does something, as often as what it lacks can be made.
fn mended(
    ground: &mut dyn Ground,
    mut run: impl FnMut(&mut PgConnection) -> Result<()>,
) -> Result<()> {
    let mut result = run(ground.connection());
    for _ in 0..scratch::ROLES {
        match &result {
            Err(error) if ground.mend(error) => result = run(ground.connection()),
            _ => break,
        }
    }
    result
}

/// Whether two are the same; tells what is not.
fn same(
    fault: Fault,
    [expected, found]: [&Introspection; 2],
    revision: &Revision,
    findings: &mut Vec<Finding>,
) -> bool {
    let differences = differences(expected, found);
    if differences.is_empty() {
        return true;
    }
    let what = match fault {
        Fault::UpAgain => "up again makes something else",
        _ => "down does not lead back",
    };
    let more = differences.len().saturating_sub(SHOWN);
    let mut told = differences[..differences.len().min(SHOWN)].join("; ");
    if more > 0 {
        told.push_str(&format!("; and {more} more"));
    }
    let told = format!("revision {}: {what}: {told}", shown(revision));
    findings.push(Finding {
        differences,
        ..Finding::new(fault, ErrorKind::Drift, Some(revision), told)
    });
    false
}

/// A revision as people know it.
pub(crate) fn shown(revision: &Revision) -> String {
    match revision.message.as_str() {
        "" => format!("`{}`", revision.id),
        message => format!("`{}` ({message})", revision.id),
    }
}

/// What one database has otherwise than another, object by object.
pub(crate) fn differences(expected: &Introspection, found: &Introspection) -> Vec<String> {
    let mut told = Vec::new();
    let (from, to) = (&expected.schema, &found.schema);
    // What Postgres only prints in another way.
    let to = &*alike(from, to);
    let ids: BTreeSet<&ObjectId> = from.objects.keys().chain(to.objects.keys()).collect();
    for id in ids {
        match (from.get(id), to.get(id)) {
            (Some(_), None) => told.push(format!("{id} is missing")),
            (None, Some(_)) => told.push(format!("{id} is left")),
            (Some(one), Some(other)) if one != other => told.push(changed(id, one, other)),
            _ => {}
        }
    }
    let words = |found: &Introspection| -> BTreeSet<String> {
        found
            .unmanaged
            .iter()
            // Our own: it is there from the first run on.
            .filter(|it| it.kind != "history table")
            .map(|it| format!("{} {}.{}", it.kind, it.schema, it.name))
            .collect()
    };
    let (one, other) = (words(expected), words(found));
    told.extend(one.difference(&other).map(|it| format!("{it} is missing")));
    told.extend(other.difference(&one).map(|it| format!("{it} is left")));
    told
}

/// An object that differs, by the operation that would make it what it was.
fn changed(id: &ObjectId, one: &Object, other: &Object) -> String {
    let operation = Operation::Alter {
        id: id.clone(),
        from: other.clone(),
        to: one.clone(),
    };
    format!("{id} differs ({})", operation.describe())
}
