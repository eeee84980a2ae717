//! What `run_pending` does beyond running, in a debug build: it looks into the revision directory,
//! and may turn changed models into a revision there.
//!
//! Between the boot that writes a revision and the next build, a program is behind its own
//! directory. So the directory's revisions are run, not only the embedded ones; and nothing is
//! generated while the directory has more than the program, since its models may then be older than
//! the database. Of several processes that start at once each may compare; the first one writes,
//! and the others find that the directory has moved and begin again with what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::connection::{LoadConnection, TransactionManager};
use diesel::pg::Pg;
use limbeck_core::error::on_one_line;
use limbeck_core::revision::Revision;
use limbeck_core::revision::directory::{self, Source};
use limbeck_core::revision::graph::{RevisionGraph, require_one_head};
use limbeck_core::schema::lower::lower;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Error, ErrorKind, Ident, Migration, ObjectId, Result, RevisionId};

use once_cell::sync::OnceCell;

use super::compare::SeenDraft;
use super::origin::{Origin, Surroundings};
use super::renamed::question;
use super::run::logged;
use super::write::shell_word;
use super::{Migrator, NewRevision};
use crate::autogenerate::Draft;
use crate::hazard::unconsented;
use crate::runner::{Action, Applied, Event, OnUnlisted, Report, Status};

/// How often the directory may move under one start.
const MOVES: usize = 32;

/// When [`run_pending`](Migrator::run_pending) turns changed models into a revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Autogenerate {
    /// Never.
    #[default]
    Never,
    /// In debug builds, on a developer's machine.
    DebugBuilds,
}

impl Migrator {
    /// Makes [`run_pending`](Self::run_pending) also turn changed models into a revision: in
    /// development, a changed struct and one restart give a revision on disk, to be read and put
    /// under version control, and a migrated table. Its SQL stands in the log (`tracing`, at
    /// `info`), its identifier in [`Report::generated`]. The next build embeds it.
    ///
    /// ```no_run
    /// # use limbeck_postgres::{Autogenerate, Migrator};
    /// # fn main() -> limbeck_core::Result<()> {
    /// # let url = "postgres://me@localhost/blog";
    /// # let mut connection = limbeck_postgres::connect(url)?;
    /// # let migrator = Migrator::from_directory("migrations")?; // `limbeck::migrator!()`
    /// migrator
    ///     .autogenerate_on_boot(Autogenerate::DebugBuilds)
    ///     .scratch_url(url) // where the revisions are replayed, in a database made for it
    ///     .run_pending(&mut connection)?;
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// A difference that would destroy data or may fail on some, or that may be a rename, stops the
    /// boot with an [`ErrorKind::Destructive`] or [`ErrorKind::Ambiguous`] that says what it is about
    /// and which command resolves it. Whether something was dropped can only be told by replaying
    /// the revisions: name a server for it by [`scratch_url`](Self::scratch_url) (a database of its
    /// own is made there and dropped), or have the feature `server`. Without either, revisions only
    /// ever add.
    ///
    /// A revision that cannot be applied to this database (a `unique` over rows that are not) stays in
    /// the directory, and every start that fails at it says how to take it back: which folder to
    /// delete, and what to write into `HEADS`. Nothing is deleted by itself, since the revision may
    /// have been edited, or applied to another database.
    ///
    /// Nothing is generated
    ///
    /// * in a crate that was compiled without `debug_assertions`, or for its own tests (both are read
    ///   by `migrator!` in your crate; a migrator made in another way never generates);
    /// * in a test program of cargo's, nextest's or rustdoc's, and in what nextest or an integration
    ///   test of a package with binaries starts;
    /// * where the variable `CI` is set, or `LIMBECK_AUTOGENERATE` is `off`: set that for what else
    ///   starts your program in tests;
    /// * where the revision directory is not where it was when the program was built, is not in
    ///   order, or does not hold what the program embeds;
    /// * where the directory has revisions that the program was built without: they are run, and the
    ///   next build may generate again;
    /// * where the database has revisions that the directory lacks;
    /// * inside of a transaction of the caller's.
    ///
    /// `run_pending_async` does the same, in a thread of its own that the connection is lent to.
    #[must_use]
    pub fn autogenerate_on_boot(mut self, autogenerate: Autogenerate) -> Self {
        self.autogenerate = autogenerate;
        self
    }

    /// Applies what is pending, and does what a debug build does beyond that.
    pub(super) fn boot<C>(&self, connection: &mut C) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let Some(disk) = self.disk() else {
            return logged(self.run(connection, |_| Action::RunPending));
        };
        if self.autogenerate == Autogenerate::DebugBuilds {
            match self.forbidden(connection) {
                None if disk.is_whole(self) => return self.develop(connection, disk),
                None => {}
                Some(why) => tracing::debug!("nothing is generated from the models: {why}"),
            }
        }
        let notes = disk.notes(self, &[]);
        log(&notes);
        match logged(self.run(connection, |_| Action::RunPending)) {
            Ok(mut report) => {
                report.notes.extend(notes);
                Ok(report)
            }
            Err(error) if self.autogenerate == Autogenerate::DebugBuilds => {
                Err(unapplied(disk.explain(self, error), &disk))
            }
            Err(error) => Err(disk.explain(self, error)),
        }
    }

    /// Why nothing may be generated now.
    fn forbidden<C>(&self, connection: &mut C) -> Option<String>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let status = C::TransactionManager::transaction_manager_status_mut(connection);
        match status.transaction_depth() {
            Ok(None) => self.origin.forbids(&Surroundings::here()),
            Ok(Some(_)) => Some("a transaction is open".to_owned()),
            Err(error) => Some(error.to_string()),
        }
    }

    /// The revision directory, in a debug build and where it is there.
    pub(super) fn disk(&self) -> Option<Disk> {
        let path = self.own().directory.as_ref()?;
        if !self.origin.is_debug_build() || !path.is_dir() {
            return None;
        }
        Some(match self.directories().and_then(directory::load) {
            Ok((graph, source)) => Disk::Read(Box::new(graph), source),
            Err(error) => Disk::Broken(error),
        })
    }

    /// Runs, compares, writes and runs again; the observers are told of one run.
    fn develop<C>(&self, connection: &mut C, disk: Disk) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let mut done = Vec::new();
        let result = self.develop_until_done(connection, disk, &mut done);
        let observers = &self.options.observers;
        match result {
            Ok(report) => {
                let count = report.applied.len();
                observers.tell(&Event::Done { count });
                Ok(report)
            }
            Err(error) => {
                let mut applied: Vec<RevisionId> =
                    done.into_iter().map(|one: Applied| one.revision).collect();
                applied.extend(error.applied().iter().cloned());
                let error = error.with_applied(applied);
                observers.tell(&Event::failed(&error));
                Err(error)
            }
        }
    }

    fn develop_until_done<C>(
        &self,
        connection: &mut C,
        disk: Disk,
        done: &mut Vec<Applied>,
    ) -> Result<Report>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let mut disk = Some(disk);
        let mut generated: Vec<RevisionId> = Vec::new();
        let mut noted = false;
        let mut on_unlisted = self.options.on_unlisted;
        for _ in 0..MOVES {
            let Some(seen) = disk.take().or_else(|| self.disk()) else {
                break;
            };
            let source = match &seen {
                Disk::Read(_, source) => source,
                Disk::Broken(_) => return Err(seen.broken()),
            };
            let ids = seen.ids();
            let mut there = self.of_directory(source);
            there.options.on_unlisted = on_unlisted;
            // Only what another process has done meanwhile excuses a failure.
            let moved = || self.disk().is_none_or(|now| now.ids() != ids);

            let mut report = match there.run(connection, |_| Action::RunPending) {
                Ok(report) => report,
                Err(_) if moved() => continue,
                Err(error) => return Err(unapplied(error, &seen)),
            };
            // Of several runs of one start, the first one says which bundles are not listed.
            on_unlisted = OnUnlisted::Report;
            there.options.on_unlisted = on_unlisted;
            done.append(&mut report.applied);
            let current = report
                .bundles
                .iter()
                .all(|bundle| bundle.status == Status::Current);
            if !current && moved() {
                continue;
            }
            let notes = seen.notes(self, &generated);
            // Of several runs of one start, the first one's.
            if !std::mem::replace(&mut noted, true) {
                log(&report.notes);
            }
            log(&notes);
            report.notes.extend(notes);
            if !current {
                let note = "nothing is generated from the models: the database has revisions that \
                            are not here";
                log(&[note.to_owned()]);
                report.notes.push(note.to_owned());
            }
            let behind = ids.iter().any(|id| !self.embeds(id));
            if current && !behind && self.wants_models() {
                let drafted = there
                    .seen_draft(connection, &[])
                    .and_then(|drafted| there.settle(drafted));
                let draft = match drafted {
                    Ok(draft) => draft,
                    Err(_) if moved() => continue,
                    Err(error) => return Err(error),
                };
                for note in &draft.notes {
                    tracing::debug!("{note}");
                }
                if !draft.is_empty() {
                    let new = NewRevision {
                        message: message(&draft, &self.own().schema()),
                        ..NewRevision::default()
                    };
                    if let Some((written, up)) =
                        there.write_draft_unless_moved(&draft, &new, &ids)?
                    {
                        tracing::info!(
                            revision = %written.revision,
                            folder = %written.folder.display(),
                            "the models have changed: a revision was generated, read it and put it \
                             under version control\n{up}"
                        );
                        generated.push(written.revision);
                    }
                    // With the directory as it is now, whoever wrote to it.
                    continue;
                }
            }
            report.applied = std::mem::take(done);
            report.generated = generated;
            return Ok(report);
        }
        Err(Error::new(
            ErrorKind::Directory,
            "the revision directory does not come to rest while this program starts",
        )
        .with_hint("start it again when nothing writes into the directory"))
    }

    /// The same migrator with the revisions that are on disk now; of its runs the ends are not told.
    fn of_directory(&self, source: &Source) -> Self {
        let mut there = self.clone();
        there.bundle.migrations = super::migrations(source.clone());
        there.runs = OnceCell::new();
        there.origin = Origin::Program;
        there.options.observers = self
            .options
            .observers
            .only(|event| !matches!(event, Event::Done { .. } | Event::Failed { .. }));
        there
    }

    fn embeds(&self, id: &RevisionId) -> bool {
        let mut migrations = self.own().migrations.iter();
        migrations.any(|migration| migration.revision().id == *id)
    }

    /// A bundle without models, none of whose revisions was generated, has nothing to generate.
    fn wants_models(&self) -> bool {
        let mut migrations = self.own().migrations.iter();
        let own = self.own();
        !own.models.is_empty()
            || own.sql_path.is_some()
            || !own.sql.is_empty()
            || migrations.any(|migration| !migration.revision().generated.is_empty())
    }

    /// A draft that may be written without asking anybody, or what to ask.
    fn settle(&self, drafted: SeenDraft) -> Result<Draft> {
        let renames = self.perhaps_renamed(&drafted)?;
        let SeenDraft {
            draft,
            replayed: _,
            live: _,
        } = drafted;
        let refused = unconsented(&draft.hazards, &[]);
        if refused.is_empty() && renames.is_empty() {
            return Ok(draft);
        }
        let mut told: Vec<String> = refused
            .iter()
            .map(|hazard| format!("  {}", hazard.message))
            .collect();
        let own = self.own().schema();
        let questions = renames.iter();
        told.extend(questions.map(|(new, old)| format!("  {}", question(new, old, &own))));
        let mut command = format!(
            "limbeck revision --autogenerate -m {}",
            shell_word(&message(&draft, &own))
        );
        for hazard in &refused {
            command.push_str(&format!(" --allow {}", shell_word(&hazard.consent())));
        }
        let (kind, what) = if renames.is_empty() {
            (ErrorKind::Destructive, "would destroy data or may fail")
        } else {
            (ErrorKind::Ambiguous, "can be meant in two ways")
        };
        Err(Error::new(
            kind,
            format!(
                "the models have changed in a way that {what}, so that no revision was generated:\n{}",
                told.join("\n")
            ),
        )
        .with_hint(format!(
            "change the models back or complete them; or, where it is meant as it stands, run \
             `{command}`, and start again"
        )))
    }

    /// New columns and tables that may be old ones under another name: `(new, old)`. Where the
    /// revisions could not be replayed, a column that the models no longer have is not dropped, and
    /// is an old one all the same.
    fn perhaps_renamed(&self, drafted: &SeenDraft) -> Result<Vec<(ObjectId, ObjectId)>> {
        let SeenDraft {
            draft,
            replayed,
            live,
        } = drafted;
        let dropped = |id: &ObjectId| {
            draft.operations.iter().any(
                |operation| matches!(operation, Operation::Drop { id: gone, .. } if gone == id),
            )
        };
        let created: Vec<&ObjectId> = draft
            .operations
            .iter()
            .filter_map(|operation| match operation {
                Operation::Create { id, object: _ } => Some(id),
                _ => None,
            })
            .collect();
        // What is dropped and made again is no rename.
        let replaced = |id: &ObjectId| created.contains(&id);
        let declared = lower(&self.own().models, &self.own().schema())?;
        let mut renames = Vec::new();
        for new in &created {
            let old = match new {
                ObjectId::Column { table, .. } => {
                    let table_is_new = created
                        .iter()
                        .any(|id| matches!(id, ObjectId::Table(name) if name == table));
                    if table_is_new || dropped(new) {
                        continue;
                    }
                    live.objects.keys().find(|old| {
                        matches!(old, ObjectId::Column { table: there, .. } if there == table)
                            && !declared.objects.contains_key(*old)
                            && (dropped(old) || !replayed)
                    })
                }
                ObjectId::Table(_) if !dropped(new) => live.objects.keys().find(|old| {
                    matches!(old, ObjectId::Table(_)) && dropped(old) && !replaced(old)
                }),
                _ => None,
            };
            if let Some(old) = old {
                renames.push(((*new).clone(), old.clone()));
            }
        }
        Ok(renames)
    }
}

/// The revision directory as it is now.
pub(super) enum Disk {
    /// It is in order.
    Read(Box<RevisionGraph>, Source),
    /// It is not.
    Broken(Error),
}

impl Disk {
    fn ids(&self) -> BTreeSet<RevisionId> {
        match self {
            Self::Read(graph, _) => graph.order().map(|revision| revision.id.clone()).collect(),
            Self::Broken(_) => BTreeSet::new(),
        }
    }

    /// Why it cannot be read; it was in order when the program was built.
    fn broken(self) -> Error {
        match self {
            Self::Broken(error) => error,
            Self::Read(..) => Error::new(ErrorKind::Directory, "the revision directory has moved"),
        }
    }

    /// Whether it has one head, and everything that a program embeds, as that was then.
    fn is_whole(&self, migrator: &Migrator) -> bool {
        let Self::Read(graph, _) = self else {
            return false;
        };
        let (lost, edited) = self.differences(migrator);
        lost.is_empty() && edited.is_empty() && require_one_head(graph).is_ok()
    }

    /// What a program embeds and the directory lacks, and what is otherwise there.
    fn differences(&self, migrator: &Migrator) -> (Vec<RevisionId>, Vec<RevisionId>) {
        let (mut lost, mut edited) = (Vec::new(), Vec::new());
        let Self::Read(graph, _) = self else {
            return (lost, edited);
        };
        for revision in migrator.own().migrations.iter().map(|one| one.revision()) {
            match graph.get(&revision.id) {
                None => lost.push(revision.id.clone()),
                Some(there) if there.content != revision.content => {
                    edited.push(revision.id.clone());
                }
                Some(_) => {}
            }
        }
        (lost, edited)
    }

    /// Revisions that a program was built without, oldest first, with their folders.
    fn unembedded(&self, migrator: &Migrator) -> Vec<(RevisionId, String)> {
        let Self::Read(graph, _) = self else {
            return Vec::new();
        };
        let embedded: BTreeMap<&RevisionId, &Arc<dyn Migration>> = migrator
            .own()
            .migrations
            .iter()
            .map(|migration| (&migration.revision().id, migration))
            .collect();
        graph
            .order()
            .filter(|revision| !embedded.contains_key(&revision.id))
            .map(|revision| (revision.id.clone(), revision.directory.clone()))
            .collect()
    }

    /// How the directory and the program differ, in words. What was `generated` just now is told
    /// elsewhere.
    pub(super) fn notes(&self, migrator: &Migrator, generated: &[RevisionId]) -> Vec<String> {
        if let Self::Broken(error) = self {
            return vec![format!("the revision directory is not in order: {error}")];
        }
        let mut notes = Vec::new();
        let without: Vec<String> = self
            .unembedded(migrator)
            .iter()
            .filter(|(id, _)| !generated.contains(id))
            .map(|(id, folder)| format!("`{id}` ({folder})"))
            .collect();
        if !without.is_empty() {
            notes.push(format!(
                "this program is older than its revision directory, and was built without {}: \
                 build it again",
                without.join(", ")
            ));
        }
        let (lost, edited) = self.differences(migrator);
        for (ids, what) in [
            (lost, "is not in the revision directory any more"),
            (edited, "was edited since this program was built"),
        ] {
            for id in ids {
                notes.push(format!("revision `{id}` {what}: build it again"));
            }
        }
        notes
    }

    /// An error about a revision that the directory has and the program was built without.
    pub(super) fn explain(&self, migrator: &Migrator, error: Error) -> Error {
        let unembedded = self.unembedded(migrator);
        let about = error
            .revision()
            .and_then(|id| unembedded.iter().find(|(there, _)| there == id));
        match about {
            Some((id, folder)) => {
                let hint = format!(
                    "the revision directory has `{id}` ({folder}), and this program was built \
                     without it: build it again"
                );
                error.with_hint(hint)
            }
            None => error,
        }
    }
}

fn log(notes: &[String]) {
    for note in notes {
        tracing::warn!("{note}");
    }
}

/// A generated revision that does not run stays where it is, to be looked at: no program deletes
/// what may have been edited, or applied to another database. So every start that fails at it says
/// how to take it back, whichever start has written it.
fn unapplied(error: Error, disk: &Disk) -> Error {
    let Disk::Read(graph, source) = disk else {
        return error;
    };
    if !matches!(error.kind(), ErrorKind::Sql | ErrorKind::DataStep) {
        return error;
    }
    let found = error.revision().and_then(|id| graph.get(id));
    let is_head = |revision: &Revision| graph.heads().contains(&&revision.id);
    let Some(revision) = found.filter(|one| !one.generated.is_empty() && is_head(one)) else {
        return error;
    };
    let Revision {
        id,
        parents,
        directory,
        ..
    } = revision;
    let heads = match parents.as_slice() {
        [] => "leave no revision in".to_owned(),
        parents => {
            let below: Vec<String> = parents.iter().map(|id| format!("`{id}`")).collect();
            format!("write {} in its place into", below.join(" and "))
        }
    };
    let mut told = error.to_string();
    if let Some(detail) = error.database().and_then(|said| said.detail.as_deref()) {
        told.push_str(&format!(": {}", on_one_line(detail)));
    }
    let place = match error.location() {
        Some(place) => place.to_string(),
        None => source.path.join(directory).display().to_string(),
    };
    told.push_str(&format!("; it was generated from the models: {place}"));
    let error = error.with_message(told).with_hint(format!(
        "put the data right, or the revision's `up.sql`; or take it back, where it is applied to no \
         other database: delete the folder `{}`, {heads} `HEADS` beside it, and change the models \
         back; then start again",
        source.path.join(directory).display()
    ));
    tracing::error!(revision = %id, "{error:?}");
    error
}

/// What a generated revision is called: its first changes, tables before what they consist of.
fn message(draft: &Draft, own: &Ident) -> String {
    let whole: BTreeSet<&ObjectId> = draft
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Create { id, .. } | Operation::Drop { id, .. } => Some(id),
            _ => None,
        })
        .filter(|id| matches!(id, ObjectId::Table(_)))
        .collect();
    let is_part = |id: &ObjectId| {
        !whole.contains(id)
            && id
                .table()
                .is_some_and(|table| whole.contains(&ObjectId::Table(table.clone())))
    };
    let mut told: Vec<String> = draft
        .operations
        .iter()
        .filter(|operation| !is_part(operation.id()))
        .map(|operation| {
            let text = operation.describe().replace(&format!("{own}."), "");
            text.split(':').next().unwrap_or_default().trim().to_owned()
        })
        .collect();
    told.dedup();
    match told.as_slice() {
        [] => "models changed".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, rest @ ..] => format!("{one} and {} more changes", rest.len()),
    }
}
