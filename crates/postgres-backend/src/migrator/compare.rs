//! Comparing models, revisions and a database.

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::schema::diff::rename::RenameHint;
use limbeck_core::schema::lower::lower;
use limbeck_core::schema::object::Namespace;
use limbeck_core::schema::overlay::Base;
use limbeck_core::{Error, ErrorKind, Ident, Object, ObjectId, Result, RevisionId, Schema};
use tracing::subscriber::NoSubscriber;

use super::Migrator;
use super::given::Given;
use super::published;
use super::trial::Told;
use crate::autogenerate::{self, Comparison, Draft, Drift, drift, without_default_privileges};
use crate::declared_sql::namespaces;
use crate::introspect::{Introspection, Scope, introspect, server_version};
use crate::quote::literal;
use crate::runner::{Action, Report, Status};
use crate::scratch::{self, Scratch, ScratchSource};
use crate::statement::script;

/// What `check` found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Check {
    /// Revisions that are not applied. Where there are some, nothing else was compared.
    pub pending: Vec<RevisionId>,
    /// Applied revisions that were edited afterwards: where something is pending, a run refuses
    /// them.
    pub edited: Vec<RevisionId>,
    /// What the revisions make and the database lacks or has otherwise.
    pub drift: Vec<Drift>,
    /// What the models want and the database lacks; `None` where it was not compared.
    pub draft: Option<Draft>,
    /// What cannot be compared, or not be brought to the models by a generated revision, each as
    /// [`autogenerate`](Migrator::autogenerate) refuses it. The rest was compared all the same.
    pub refused: Vec<Arc<Error>>,
    /// What should be said, without being a difference.
    pub notes: Vec<String>,
}

impl Check {
    /// Whether everything agrees. Notes do not count.
    pub fn is_clean(&self) -> bool {
        let Self {
            pending,
            edited,
            drift,
            draft,
            refused,
            notes: _,
        } = self;
        pending.is_empty()
            && edited.is_empty()
            && drift.is_empty()
            && draft.as_ref().is_none_or(Draft::is_empty)
            && refused.is_empty()
    }
}

/// What was found out about a database before it is compared with models.
pub(super) struct Seen {
    live: Introspection,
    base: Option<Base>,
    /// The scratch that the revisions were replayed in, where there are some.
    replayed: Option<Scratch>,
    /// What the database has beside what revisions make.
    given: Given,
    /// What a trial found the way down must make anew.
    anew: BTreeSet<ObjectId>,
    notes: Vec<String>,
}

/// A draft with what it was made from.
pub(super) struct SeenDraft {
    pub(super) draft: Draft,
    /// Whether the revisions could be replayed. Where they could not, nothing is ever dropped.
    pub(super) replayed: bool,
    /// What the database holds.
    pub(super) live: Schema,
}

/// Whether a note that a stranger is left as it is holds, where a draft tells more of some.
fn is_left(note: &str, told: &[String]) -> bool {
    let stranger = note.strip_suffix(": left as it is");
    !stranger.is_some_and(|stranger| told.iter().any(|note| note.starts_with(stranger)))
}

impl Migrator {
    /// Compares the models with the database and drafts the revision that brings it to them.
    ///
    /// # Errors
    /// When revisions are pending, the database has drifted in what the models state, a model
    /// contradicts another, Postgres refuses an expression, or the bundle's revisions generated
    /// tables and it has no models at all.
    pub fn autogenerate<C>(&self, connection: &mut C) -> Result<Draft>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        self.autogenerate_with(connection, &[])
    }

    /// [`autogenerate`](Self::autogenerate) with names that objects had before, beside those that the
    /// models say by `renamed_from`.
    ///
    /// # Errors
    /// As for [`autogenerate`](Self::autogenerate).
    pub fn autogenerate_with<C>(&self, connection: &mut C, renames: &[RenameHint]) -> Result<Draft>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        self.seen_draft(connection, renames).map(|seen| seen.draft)
    }

    /// A draft, and what it was made from.
    pub(super) fn seen_draft<C>(
        &self,
        connection: &mut C,
        renames: &[RenameHint],
    ) -> Result<SeenDraft>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        self.require_models()?;
        let report = self.current(connection)?;
        refuse_unknown(&report)?;
        refuse_obstacle(&report)?;
        let pending = pending(&report);
        if !pending.is_empty() {
            let ids: Vec<&str> = pending.iter().map(RevisionId::as_str).collect();
            return Err(Error::new(
                ErrorKind::Behind,
                format!(
                    "the database is behind its revisions: {} not applied",
                    ids.join(", ")
                ),
            )
            .with_hint("run `limbeck upgrade head` first"));
        }
        let live = self.live(connection)?;
        let mut scratch = self.scratch(live.major());
        let given = self.given(connection)?;
        let mut seen = self.look(live, given, &mut scratch)?;
        let mut draft = self.refuse_or_draft(connection, &mut seen, &mut scratch, renames)?;
        let mut told = self.try_out(connection, &mut seen, &draft, &mut scratch)?;
        while !told.anew.is_subset(&seen.anew) {
            // What Postgres made of it on the way up and back is not what it was: it is dropped and made anew.
            seen.anew.append(&mut told.anew);
            let again = self.replayed(&self.scope()?, None, &mut seen.given, &mut scratch)?;
            seen.replayed = again.map(|(_, scratch)| scratch);
            draft = self.refuse_or_draft(connection, &mut seen, &mut scratch, renames)?;
            told = self.try_out(connection, &mut seen, &draft, &mut scratch)?;
        }
        draft.notes.extend(told.note);
        draft.notes.extend(seen.given.note());
        let revisions = self.own().migrations.iter();
        draft.over = revisions.map(|one| one.revision().id.clone()).collect();
        Ok(SeenDraft {
            draft,
            replayed: seen.base.is_some(),
            live: seen.live.schema,
        })
    }

    /// A draft that may be written.
    fn refuse_or_draft<C>(
        &self,
        connection: &mut C,
        seen: &mut Seen,
        scratch: &mut dyn FnMut() -> Result<Scratch>,
        renames: &[RenameHint],
    ) -> Result<Draft>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let (mut draft, refusals) = self.compare(connection, seen, scratch, renames, true)?;
        if let Some(refusal) = refusals.into_iter().next() {
            return Err(refusal);
        }
        let told = draft.notes.clone();
        let left = seen.notes.iter().filter(|note| is_left(note, &told));
        draft.notes.extend(left.cloned());
        Ok(draft)
    }

    /// Compares models, revisions and the database, and changes nothing.
    ///
    /// # Errors
    /// When one of them cannot be read, or the database holds revisions that are not here; differences
    /// are no errors, and neither is what cannot be compared.
    pub fn check<C>(&self, connection: &mut C) -> Result<Check>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let report = self.current(connection)?;
        refuse_unknown(&report)?;
        refuse_obstacle(&report)?;
        let edited = report
            .bundles
            .iter()
            .flat_map(|bundle| bundle.edited.iter().cloned())
            .collect();
        let mut check = Check {
            pending: pending(&report),
            edited,
            drift: Vec::new(),
            draft: None,
            refused: Vec::new(),
            notes: self.marked_too_late(&report)?,
        };
        if !check.pending.is_empty() {
            return Ok(check);
        }
        let live = self.live(connection)?;
        let mut scratch = self.scratch(live.major());
        let given = self.given(connection)?;
        let mut seen = self.look(live, given, &mut scratch)?;
        check.drift = seen
            .base
            .as_ref()
            .map_or_else(Vec::new, |base| drift(&seen.live.schema, &base.schema));
        check.notes.extend(seen.notes.iter().cloned());
        check.notes.extend(seen.given.note());
        if self.own().models.is_empty() && self.declared_sql()?.is_empty() {
            check.notes.push(
                "the program has no models: only revisions and database were compared".to_owned(),
            );
        } else {
            match self.compare(connection, &mut seen, &mut scratch, &[], false) {
                Ok((draft, refusals)) => {
                    check.notes.retain(|note| is_left(note, &draft.notes));
                    check.notes.extend(draft.notes.iter().cloned());
                    check.draft = Some(draft);
                    check.refused.extend(refusals.into_iter().map(Arc::new));
                }
                Err(error) if is_finding(error.kind()) => check.refused.push(Arc::new(error)),
                Err(error) => return Err(error),
            }
        }
        Ok(check)
    }

    /// The revisions that say `breaking` now, and did not when they were applied: the history, which older
    /// programs read, still says otherwise.
    fn marked_too_late(&self, report: &Report) -> Result<Vec<String>> {
        let runs = self.runs()?;
        let mut notes = Vec::new();
        for row in report.bundles.iter().flat_map(|bundle| &bundle.rows) {
            let run = runs.iter().find(|run| run.owner() == row.owner);
            let says = run.and_then(|run| run.graph.get(&row.revision));
            if row.breaking || !says.is_some_and(|revision| revision.breaking) {
                continue;
            }
            notes.push(format!(
                "revision `{}` of `{}` says `breaking = true`, and did not when it was applied here: older \
                 programs still start; `UPDATE {} SET breaking = true WHERE bundle = {} AND revision = {}` \
                 stops them",
                row.revision,
                row.owner.bundle,
                self.options.history.sql(),
                literal(&row.owner.bundle),
                literal(row.revision.as_str()),
            ));
        }
        Ok(notes)
    }

    /// Makes everything that the models declare in a database that has none of it, and records the
    /// revisions as applied: a shortcut for tests and demonstrations.
    ///
    /// # Errors
    /// When the database holds a history already, or refuses a statement.
    pub fn create_all<C>(&self, connection: &mut C) -> Result<()>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let report = self.current(connection)?;
        if report.bundles.iter().any(|bundle| !bundle.heads.is_empty()) {
            return Err(Error::new(
                ErrorKind::Diverged,
                "the database has revisions applied: `create_all` is for an empty one",
            )
            .with_hint("use `run_pending`"));
        }
        refuse_obstacle(&report)?;
        let placement = self.own().schema();
        // Those of libraries by their revisions, as far as they do not wait for ours.
        let has_libraries = self.runs()?.len() > 1;
        if has_libraries {
            self.run(connection, |own| match own {
                true => Action::Leave,
                false => Action::RunPending,
            })?;
        }
        let models = self.models_in_place()?;
        let sql = self.declared_sql()?;
        let others = self.others()?;
        let mut live = self.seen(connection)?;
        let makes_placement = !self.count_placement(&mut live);
        let comparison = Comparison {
            live: &live.schema,
            base: None,
            models: &models,
            sql: &sql,
            placement: &placement,
            others: &others.objects,
            shipped: self.shipped,
            renames: &[],
            refuse_drift: false,
            anew: &BTreeSet::new(),
        };
        let mut scratch = self.scratch(live.major());
        let mut given = self.given(connection)?;
        let draft = match self.replayed(&self.scope()?, None, &mut given, &mut scratch) {
            Ok(Some((found, mut replayed))) => {
                let base = Base {
                    schema: found.schema,
                    generated: self.generated()?,
                };
                autogenerate::from_nothing(&comparison, &base, &mut replayed, &mut scratch)?
            }
            // Without scratch, names are what the models alone would give.
            Ok(None) => autogenerate::autogenerate(connection, &comparison, &mut scratch)?,
            Err(error) if error.kind() == ErrorKind::Server => {
                autogenerate::autogenerate(connection, &comparison, &mut scratch)?
            }
            Err(error) => return Err(error),
        };
        let sql = script(&draft.up, &[], "");
        let own = crate::quote::ident(&placement);
        // The implicit transaction of one message: all of it, or nothing. The bundle's own objects
        // are written without their schema.
        let placement = match makes_placement {
            true => format!("CREATE SCHEMA {own};\n"),
            false => String::new(),
        };
        let batch = format!("{placement}SET LOCAL search_path = {own}, public;\n{sql}");
        connection
            .batch_execute(&batch)
            .map_err(|error| crate::error::database_error(error, "the models' tables were made"))?;
        self.stamp(connection, "heads")?;
        if has_libraries {
            self.run_pending(connection)?;
        }
        Ok(())
    }

    /// The draft, and what refuses it.
    pub(super) fn compare<C>(
        &self,
        connection: &mut C,
        seen: &mut Seen,
        scratch: &mut dyn FnMut() -> Result<Scratch>,
        renames: &[RenameHint],
        refuse: bool,
    ) -> Result<(Draft, Vec<Error>)>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let placement = self.own().schema();
        let models = self.models_in_place()?;
        let sql = self.declared_sql()?;
        let others = self.others()?;
        let Seen {
            live,
            base,
            replayed,
            given: _,
            anew,
            notes: _,
        } = seen;
        let comparison = Comparison {
            live: &live.schema,
            base: base.as_ref(),
            models: &models,
            sql: &sql,
            placement: &placement,
            others: &others.objects,
            shipped: self.shipped,
            renames,
            refuse_drift: refuse,
            anew,
        };
        let (mut draft, mut refusals) = autogenerate::compare(connection, &comparison, scratch)?;
        if let (Some(base), true) = (&base, published::may_matter(&draft.operations)) {
            let there = published::published(connection, &live.schema)?;
            if !there.is_empty() {
                let mut own = Vec::new();
                if let Some(replayed) = replayed {
                    own = published::published(replayed.connection(), &base.schema)?;
                }
                // One that the revisions make is there as the database has it: it is not compared.
                let own = there.iter().filter(|one| published::is_among(one, &own));
                let (mut live, mut base) = (live.schema.clone(), base.clone());
                published::put(&mut live, &there);
                published::put(&mut base.schema, own);
                let comparison = Comparison {
                    live: &live,
                    base: Some(&base),
                    ..comparison
                };
                (draft, refusals) = autogenerate::compare(connection, &comparison, scratch)?;
            }
        }
        refusals.extend(autogenerate::refuse_hidden(&draft.operations, live).err());
        Ok((draft, refusals))
    }

    /// Replays the revisions in scratch, where that can be had.
    pub(super) fn look(
        &self,
        live: Introspection,
        mut given: Given,
        scratch: &mut dyn FnMut() -> Result<Scratch>,
    ) -> Result<Seen> {
        let scope = self.scope()?;
        let mut notes = Vec::new();
        let mut replayed = None;
        let base = match self.replayed(&scope, None, &mut given, scratch) {
            Ok(made) => {
                let (found, scratch) = made.unzip();
                replayed = scratch;
                Some(Base {
                    schema: found.map_or_else(Schema::new, |found| found.schema),
                    generated: self.generated()?,
                })
            }
            Err(error) if error.kind() == ErrorKind::Server => {
                let why = std::error::Error::source(&error)
                    .map_or_else(String::new, |source| format!(" ({source})"));
                notes.push(format!(
                    "{error}{why}: nothing is dropped, and drift is not seen"
                ));
                None
            }
            Err(error) => return Err(error),
        };
        if let Some(base) = &base {
            let declared = lower(&self.models_in_place()?, &self.own().schema())?;
            for stranger in autogenerate::strangers(&live.schema, &base.schema, &declared) {
                notes.push(format!(
                    "`{stranger}` is in the database alone: left as it is"
                ));
            }
        }
        Ok(Seen {
            live,
            base,
            replayed,
            given,
            anew: BTreeSet::new(),
            notes,
        })
    }

    /// Tries a draft where the revisions were replayed, and gives what should be said where that
    /// cannot be had.
    fn try_out<C>(
        &self,
        connection: &mut C,
        seen: &mut Seen,
        draft: &Draft,
        scratch: &mut dyn FnMut() -> Result<Scratch>,
    ) -> Result<Told>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        // Why there is no base was told.
        let Some(base) = seen.base.as_ref().filter(|_| !draft.is_empty()) else {
            return Ok(Told::default());
        };
        let mut scratch = match seen.replayed.take().map_or_else(scratch, Ok) {
            Ok(scratch) => scratch,
            Err(error) if error.kind() == ErrorKind::Server => {
                return Ok(Told::note(format!(
                    "{error}: whether postgres takes this revision was not tried"
                )));
            }
            Err(error) => return Err(error),
        };
        self.try_draft(
            connection,
            draft,
            &base.schema,
            &mut seen.given,
            &mut scratch,
        )
    }

    /// The revisions replayed in a scratch database, up to a target, and what they make there; `None`
    /// without any.
    pub(super) fn replayed(
        &self,
        scope: &Scope,
        target: Option<&str>,
        given: &mut Given,
        scratch: &mut dyn FnMut() -> Result<Scratch>,
    ) -> Result<Option<(Introspection, Scratch)>> {
        if self.own().migrations.is_empty() && self.own().dependencies.is_empty() {
            return Ok(None);
        }
        let mut scratch = scratch()?;
        // Not `run_pending`: that is a boot, which may compare, and be watched. Nothing of it goes
        // into the log either, where it would look like a run of the application's.
        let replaying = self.unwatched();
        let run = |scratch: &mut Scratch| {
            tracing::subscriber::with_default(NoSubscriber::default(), || match target {
                None => replaying.run(scratch.connection(), |_| Action::RunPending),
                // From the head back.
                Some(target) if target.starts_with('-') => {
                    replaying.run(scratch.connection(), |_| Action::RunPending)?;
                    replaying.downgrade(scratch.connection(), target)
                }
                Some(target) => replaying.upgrade(scratch.connection(), target),
            })
        };
        let mut result = run(&mut scratch);
        if let Err(error) = &result
            && scratch::lacks_something(error)
            && !scratch.is_throwaway()
        {
            // The role may not do here what the revisions do; on a server of our own it may.
            let major = server_version(scratch.connection())? / 10_000;
            let ours = ScratchSource {
                url: None,
                throwaway: true,
            };
            if let Ok(other) = scratch::open(&ours, Some(major)) {
                scratch = other;
                result = run(&mut scratch);
            }
        }
        // A throwaway server has none of the roles that revisions name: they are made as they come.
        for _ in 0..scratch::ROLES {
            match &result {
                Err(error) if scratch.make_role_for(error) => result = run(&mut scratch),
                _ => break,
            }
        }
        if result.is_err() && given.bring(scratch.connection()) {
            result = run(&mut scratch);
        }
        result.map_err(|error| {
            // What scratch lacks is no fault of the revisions: it is as if there were none.
            let kind = match scratch::lacks_something(&error) {
                true => ErrorKind::Server,
                false => error.kind(),
            };
            let told = Error::new(
                kind,
                "the revisions cannot be replayed in an empty database",
            );
            let told = match error.revision() {
                Some(revision) => told.with_revision(revision.clone()),
                None => told,
            };
            told.with_source(error)
        })?;
        let connection = scratch.connection();
        let mut found = introspect(connection, scope)?;
        found.schema = without_default_privileges(found.schema);
        Ok(Some((found, scratch)))
    }

    /// The objects that generated revisions made.
    fn generated(&self) -> Result<BTreeSet<ObjectId>> {
        self.own()
            .migrations
            .iter()
            .flat_map(|migration| {
                let revision = migration.revision();
                revision.generated.iter().map(move |object| {
                    object.parse().map_err(|error: Error| {
                        Error::new(
                            ErrorKind::Directory,
                            format!("`generated` of revision `{}` names `{object}`", revision.id),
                        )
                        .with_revision(revision.id.clone())
                        .with_source(error)
                    })
                })
            })
            .collect()
    }

    /// A bundle whose revisions generated tables and that has no models: somebody forgot to list
    /// them, and what would follow is a plan to drop everything.
    pub(super) fn require_models(&self) -> Result<()> {
        let bundle = self.own();
        if !bundle.models.is_empty() || !self.declared_sql()?.is_empty() {
            return Ok(());
        }
        let generated = self.generated()?;
        let tables: Vec<String> = generated
            .iter()
            .filter(|id| matches!(id, ObjectId::Table(_)))
            .map(|id| format!("`{id}`"))
            .collect();
        let told = if tables.is_empty() {
            format!("the bundle `{}` has no models to compare", bundle.name)
        } else {
            format!(
                "the bundle `{}` has no models, but its revisions generated {}: dropping them cannot be meant",
                bundle.name,
                tables.join(", ")
            )
        };
        Err(Error::new(ErrorKind::Model, told).with_hint(
            "derive `Model` in the crate where `migrator!()` stands, or list them: `migrator!(models = [Post, User])`",
        ))
    }

    /// The schema that the bundle is installed in is the runner's business: it counts as there, so
    /// that no revision makes or drops it. Says whether it is.
    pub(super) fn count_placement(&self, live: &mut Introspection) -> bool {
        let placement = ObjectId::Namespace(self.own().schema());
        let namespace = Object::Namespace(Namespace {});
        live.schema.objects.insert(placement, namespace).is_some()
    }

    /// What the database holds that there is to compare.
    fn seen<C>(&self, connection: &mut C) -> Result<Introspection>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let mut seen = introspect(connection, &self.scope()?)?;
        seen.schema = without_default_privileges(seen.schema);
        Ok(seen)
    }

    /// The same, where the bundle's own schema counts as there.
    fn live<C>(&self, connection: &mut C) -> Result<Introspection>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let mut live = self.seen(connection)?;
        self.count_placement(&mut live);
        Ok(live)
    }

    pub(crate) fn scope(&self) -> Result<Scope> {
        let own = self.own().schema();
        let declared = lower(&self.models_in_place()?, &own)?;
        let mut schemas: BTreeSet<Ident> = self.schemas.clone();
        schemas.extend(
            declared
                .objects
                .keys()
                .filter_map(|id| id.namespace().cloned()),
        );
        // What revisions generated in a schema that no model names any more is looked for, too.
        schemas.extend(
            self.generated()?
                .iter()
                .filter_map(|id| id.namespace().cloned()),
        );
        schemas.extend(namespaces(&self.declared_sql()?)?);
        schemas.insert(own);
        Ok(Scope::of_schemas(schemas))
    }

    pub(super) fn scratch(&self, major: u32) -> impl FnMut() -> Result<Scratch> + use<> {
        let source = self.scratch_source();
        move || scratch::open(&source, Some(major))
    }
}

/// Whether an error is about what is compared, and not about the comparing.
fn is_finding(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Model | ErrorKind::CannotCompare | ErrorKind::Ambiguous | ErrorKind::Unsupported
    )
}

fn pending(report: &Report) -> Vec<RevisionId> {
    report
        .bundles
        .iter()
        .flat_map(|bundle| bundle.pending.iter().cloned())
        .collect()
}

/// What is applied and not recorded here is pending by name only: to run it once more is not what to
/// do.
fn refuse_obstacle(report: &Report) -> Result<()> {
    match &report.obstacle {
        Some(obstacle) => Err(obstacle.clone().into_error()),
        None => Ok(()),
    }
}

/// A database that holds revisions this program does not have cannot be compared with its models.
fn refuse_unknown(report: &Report) -> Result<()> {
    for bundle in &report.bundles {
        if matches!(bundle.status, Status::Ahead | Status::Diverged) {
            let ids: Vec<&str> = bundle.unknown.iter().map(RevisionId::as_str).collect();
            return Err(Error::new(
                ErrorKind::Diverged,
                format!(
                    "the database holds revisions of `{}` that are not here: {}",
                    bundle.bundle,
                    ids.join(", ")
                ),
            )
            .with_hint(
                "get the newer revisions first, or take them back with the program that has them",
            ));
        }
    }
    Ok(())
}
