//! The tests that every project wants of its revisions, in one line.

use std::collections::BTreeSet;

use diesel::PgConnection;
use limbeck_core::revision::graph::{RevisionGraph, require_one_head};
use limbeck_core::revision::target::Target;
use limbeck_core::schema::diff::diff;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{
    Error, ErrorKind, Migration, Object, ObjectId, Result, Revision, RevisionId, Script,
};

use super::identity::identities;
use super::{current, roles};
use crate::Migrator;
use crate::hazard::{Consent, Severity, hazards, parse_consent, unconsented};
use crate::introspect::{Introspection, Scope, introspect};
use crate::runner::Action;
use crate::server::{Database, Server};

/// How many differences of one revision are named.
const SHOWN: usize = 6;

/// Checks a migrator's revisions, in databases of its own:
///
/// * there is one head;
/// * every revision goes up, down, and up again, and makes the same each time;
/// * what all of them make is what the models want, where there are models;
/// * no revision that was generated destroys data without the `consent` that its `metadata.toml`
///   records.
///
/// ```no_run
/// # fn main() -> limbeck_core::Result<()> {
/// # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
/// limbeck_postgres::testing::check(&migrator)?;
/// # Ok::<(), limbeck_core::Error>(())
/// # }
/// ```
///
/// Compared are the schemas that the bundle and its models are in, and of the kinds of objects that
/// are not managed, such as views and functions, their names; the schema that a bundle is placed in, which
/// no revision makes, is left out, and so is an extension that a revision makes `IF NOT EXISTS` and leaves. The bundles that this one depends on are their authors' to check: what
/// stands in them on a revision of this one is brought up when that has gone down and up again.
///
/// # Errors
/// One error with everything that was found, each with the revision and the objects concerned; and
/// where no server can be had.
pub fn check(migrator: &Migrator) -> Result<()> {
    Checks::new(migrator).run()
}

/// [`check`] with what a project accepts.
#[must_use = "it does nothing before `run` is called"]
pub struct Checks<'a> {
    migrator: &'a Migrator,
    without_way_down: BTreeSet<String>,
}

/// One thing that is wrong.
struct Finding {
    kind: ErrorKind,
    revision: Option<RevisionId>,
    told: String,
}

impl<'a> Checks<'a> {
    /// The checks of [`check`].
    pub fn new(migrator: &'a Migrator) -> Self {
        Self {
            migrator,
            without_way_down: BTreeSet::new(),
        }
    }

    /// Accepts that a revision has no way down (no `down.sql`): otherwise that is an error. To name
    /// one that has a way down is an error too.
    pub fn without_way_down(mut self, revision: impl Into<String>) -> Self {
        self.without_way_down.insert(revision.into());
        self
    }

    /// Runs them.
    ///
    /// # Errors
    /// As for [`check`].
    pub fn run(&self) -> Result<()> {
        let mut findings = Vec::new();
        let graph = self.migrator.graph()?;
        if let Err(error) = require_one_head(&graph) {
            findings.push(Finding::of(&error));
        }
        self.unknown(&graph, &mut findings);
        let server = current()?;
        let runs = self.walk(&server, &graph, &mut findings)?;
        if runs && findings.iter().all(|it| it.kind != ErrorKind::Graph) {
            self.compare(&server, &mut findings)?;
        }
        self.told(findings)
    }

    /// Accepted revisions that are none.
    fn unknown(&self, graph: &RevisionGraph, findings: &mut Vec<Finding>) {
        for text in &self.without_way_down {
            if !graph.order().any(|revision| revision.id.as_str() == text) {
                findings.push(Finding {
                    kind: ErrorKind::Target,
                    revision: None,
                    told: format!("`without_way_down` names `{text}`, which is no revision"),
                });
            }
        }
    }

    /// Each revision up, down and up again; whether all of them could be applied.
    fn walk(
        &self,
        server: &Server,
        graph: &RevisionGraph,
        findings: &mut Vec<Finding>,
    ) -> Result<bool> {
        let mut at: Option<(Database, PgConnection)> = None;
        let scope = self.migrator.scope()?;
        for revision in graph.order() {
            // On a line, one database goes all the way; elsewhere, each revision is looked at above
            // nothing but what it stands on.
            if !graph.is_linear() {
                at = None;
            }
            let (_, connection) = match &mut at {
                Some(at) => at,
                None => {
                    let database = server.create_database("check")?;
                    let connection = database.connect()?;
                    at.insert((database, connection))
                }
            };
            let below = revision.parents.iter().chain(
                revision
                    .depends_on
                    .iter()
                    .filter(|it| it.bundle.is_none())
                    .map(|it| &it.revision),
            );
            let ready = below
                .clone()
                .try_for_each(|id| self.upgrade(connection, id.as_str()))
                .and_then(|()| match below.count() {
                    // The bundles that it builds on.
                    0 => self.upgrade(connection, "base"),
                    _ => Ok(()),
                });
            let walked = ready.and_then(|()| self.step(connection, revision, &scope, findings));
            let walked = walked.and_then(|fit| {
                if fit {
                    // What stands on it in other bundles.
                    self.upgrade(connection, revision.id.as_str())?;
                }
                Ok(fit)
            });
            match walked {
                Ok(true) => {}
                // The others go up from nothing: what is wrong here is not told of them.
                Ok(false) => at = None,
                Err(error) => {
                    // What comes after it would fail for the same reason.
                    findings.push(Finding::at(revision, &error));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// One revision, under which nothing of other bundles stands; whether the database is fit for the
    /// next.
    fn step(
        &self,
        connection: &mut PgConnection,
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
        let before = stop(connection)?;
        let known_before = identities(connection)?;
        self.upgrade_alone(connection, revision)?;
        let after = stop(connection)?;
        let known_after = identities(connection)?;

        if !revision.generated.is_empty() || !revision.consent.is_empty() {
            let (from, to) = (&before.schema, &after.schema);
            let mut operations = diff(from, to, &known_before.renames(&known_after));
            operations.extend(known_before.replaced(&known_after, from));
            let consents = self.consents(revision, findings);
            let destructive = hazards(&operations, from, to);
            for hazard in unconsented(&destructive, &consents) {
                if hazard.severity == Severity::Destructive {
                    findings.push(Finding {
                        kind: ErrorKind::Destructive,
                        revision: Some(revision.id.clone()),
                        told: format!(
                            "revision {} destroys data without consent ({}); if it is meant, add \
                             `{}` to `consent` in its `metadata.toml`",
                            shown(revision),
                            hazard.message,
                            hazard.consent()
                        ),
                    });
                }
            }
        }

        let accepted = self.without_way_down.contains(id);
        if !self.has_way_down(revision)? {
            if !accepted {
                findings.push(Finding {
                    kind: ErrorKind::Unsupported,
                    revision: Some(revision.id.clone()),
                    told: format!(
                        "revision {} has no way down; write its `down.sql`, or accept that with \
                         `Checks::without_way_down(\"{id}\")`",
                        shown(revision)
                    ),
                });
            }
            return Ok(true);
        }
        if accepted {
            findings.push(Finding {
                kind: ErrorKind::Unsupported,
                revision: Some(revision.id.clone()),
                told: format!(
                    "`without_way_down` names revision {}, which has a way down",
                    shown(revision)
                ),
            });
        }
        let parent = revision.parents.first().map_or("base", RevisionId::as_str);
        self.migrator.downgrade(connection, parent)?;
        let mut back = stop(connection)?;
        // One that may have been there before is not this revision's to drop.
        let shared = self.migrator.shared_extensions(&revision.id)?;
        let is_shared = |id: &ObjectId| matches!(id, ObjectId::Extension(name) if shared.contains(name.as_str()));
        let had = &before.schema.objects;
        let objects = &mut back.schema.objects;
        objects.retain(|id, _| !is_shared(id) || had.contains_key(id));
        if !self.same(
            "down does not lead back",
            &before,
            &back,
            revision,
            findings,
        ) {
            return Ok(false);
        }
        self.upgrade_alone(connection, revision)?;
        let again = stop(connection)?;
        let what = "up again makes something else";
        Ok(self.same(what, &after, &again, revision, findings))
    }

    fn same(
        &self,
        what: &str,
        expected: &Introspection,
        found: &Introspection,
        revision: &Revision,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let differences = differences(expected, found);
        if !differences.is_empty() {
            let more = differences.len().saturating_sub(SHOWN);
            let mut told = differences[..differences.len().min(SHOWN)].join("; ");
            if more > 0 {
                told.push_str(&format!("; and {more} more"));
            }
            findings.push(Finding {
                kind: ErrorKind::Drift,
                revision: Some(revision.id.clone()),
                told: format!("revision {}: {what}: {told}", shown(revision)),
            });
        }
        differences.is_empty()
    }

    /// What its metadata says was consented to.
    fn consents(&self, revision: &Revision, findings: &mut Vec<Finding>) -> Vec<Consent> {
        let own = self.migrator.own().schema();
        let mut consents = Vec::new();
        for text in &revision.consent {
            match parse_consent(text) {
                // As it is typed, with or without the bundle's own schema.
                Ok(consent) => consents.extend([consent.clone().within(&own), consent]),
                Err(error) => findings.push(Finding {
                    kind: ErrorKind::Directory,
                    revision: Some(revision.id.clone()),
                    told: format!("`consent` of revision {}: {error}", shown(revision)),
                }),
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

    fn upgrade(&self, connection: &mut PgConnection, target: &str) -> Result<()> {
        self.migrator.upgrade(connection, target).map(drop)
    }

    /// A revision without what would follow it in other bundles: it could not be taken back under that.
    fn upgrade_alone(&self, connection: &mut PgConnection, revision: &Revision) -> Result<()> {
        let target = Target::parse(revision.id.as_str())?;
        let action = |own| match own {
            true => Action::Upgrade(target.clone()),
            false => Action::Leave,
        };
        self.migrator.run(connection, action).map(drop)
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
    fn compare(&self, server: &Server, findings: &mut Vec<Finding>) -> Result<()> {
        if self.migrator.own().models.is_empty() {
            return Ok(());
        }
        let database = server.create_database("check")?;
        let mut connection = database.connect()?;
        self.migrator.unwatched().run_pending(&mut connection)?;
        let check = self.migrator.check(&mut connection)?;
        findings.extend(check.refused.iter().map(|refusal| Finding {
            kind: refusal.kind(),
            revision: None,
            told: refusal.to_string(),
        }));
        let wanted = check.draft.iter().flat_map(|draft| &draft.operations);
        let wanted: Vec<String> = wanted.map(ToString::to_string).collect();
        if !wanted.is_empty() {
            findings.push(Finding {
                kind: ErrorKind::Behind,
                revision: None,
                told: format!(
                    "the models want what no revision makes: {}; generate one with `limbeck revision \
                     --autogenerate`",
                    wanted.join("; ")
                ),
            });
        }
        Ok(())
    }

    fn told(&self, findings: Vec<Finding>) -> Result<()> {
        let Some(first) = findings.first() else {
            return Ok(());
        };
        let name = &self.migrator.own().name;
        let error = match findings.as_slice() {
            [only] => Error::new(only.kind, only.told.clone()),
            several => {
                let lines: Vec<String> = several
                    .iter()
                    .map(|it| format!("\n  {}", it.told))
                    .collect();
                Error::new(
                    first.kind,
                    format!(
                        "{} things are wrong with the revisions of `{name}`:{}",
                        several.len(),
                        lines.concat()
                    ),
                )
            }
        };
        Err(match &first.revision {
            Some(revision) => error.with_revision(revision.clone()),
            None => error,
        })
    }
}

impl Finding {
    fn of(error: &Error) -> Self {
        let mut told = error.to_string();
        if let Some(hint) = error.hint() {
            told.push_str("; ");
            told.push_str(hint);
        }
        Self {
            kind: error.kind(),
            revision: error.revision().cloned(),
            told,
        }
    }

    /// An error on the way over a revision, with its place.
    fn at(revision: &Revision, error: &Error) -> Self {
        let place = error
            .location()
            .map(|it| format!(" at {it}"))
            .unwrap_or_default();
        // What helps an application is no help here, but for this.
        let hint = roles::hint(error).map(|hint| format!("; {hint}"));
        let hint = hint.unwrap_or_default();
        Self {
            kind: error.kind(),
            revision: error
                .revision()
                .cloned()
                .or_else(|| Some(revision.id.clone())),
            told: format!(
                "revision {} does not run{place}: {error}{hint}",
                shown(revision)
            ),
        }
    }
}

/// A revision as people know it.
pub(super) fn shown(revision: &Revision) -> String {
    match revision.message.as_str() {
        "" => format!("`{}`", revision.id),
        message => format!("`{}` ({message})", revision.id),
    }
}

/// What one database has otherwise than another, object by object.
pub(super) fn differences(expected: &Introspection, found: &Introspection) -> Vec<String> {
    let mut told = Vec::new();
    let (from, to) = (&expected.schema, &found.schema);
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
