//! Copying what is pending of a library into the application's own chain, for teams that want all
//! that runs on their database in their own tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::revision::across::{Across, Member};
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::{Dependency, directory};
use limbeck_core::{
    Error, ErrorKind, Ident, Migration, Result, Revision, RevisionId, Script, Step, token,
};

use super::{Migrator, NewRevision, Written};
use crate::quote::{before_path, dollar, ident, literal};
use crate::runner::BundleRun;

impl Migrator {
    /// Writes one revision of the application's own that does what is pending of a library's bundle,
    /// or gives `None` where nothing is.
    ///
    /// The revision *provides* the library's: `provides` in its `metadata.toml` names them, and where
    /// it is applied they are recorded as applied, in the same transaction, and never run. Where the
    /// library's own have all been applied already, it is the other way round: the copy is recorded
    /// and not run. Later revisions of the library go on from there, by themselves or by another
    /// export. Taking the copy back takes them all back.
    ///
    /// The text is the library's, so that its names still stand without a schema; where the bundle is
    /// placed in another one than the application's, the copy puts that in front of the search path.
    ///
    /// # Errors
    /// When there is no such bundle, one of its pending revisions cannot be copied (a data step, or
    /// one that runs outside of a transaction), or as for [`write_empty`](Self::write_empty).
    pub fn write_export<C>(
        &self,
        connection: &mut C,
        bundle: &str,
        new: &NewRevision,
    ) -> Result<Option<Written>>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let (at, run) = self.listed(bundle)?;
        if at + 1 == self.runs()?.len() {
            return Err(Error::new(
                ErrorKind::Config,
                format!("`{}` is the application's own bundle", run.name),
            )
            .with_hint("name the bundle of a library, as it is listed in the migrator"));
        }
        let report = self.current(connection)?;
        let pending: &[RevisionId] = report
            .bundles
            .iter()
            .find(|one| one.bundle == run.name && one.placement == run.placement)
            .map_or(&[], |one| &one.pending);
        // Those that were exported since this program was built are in the directory alone.
        let (own, _) = directory::load(self.directories()?)?;
        let provided: BTreeSet<&RevisionId> = own
            .order()
            .flat_map(|revision| &revision.provides)
            .filter(|one| {
                let name = one.bundle.as_deref();
                name == Some(&run.name) || name == Some(&run.origin)
            })
            .map(|one| &one.revision)
            .collect();
        let exported: Vec<&RevisionId> =
            pending.iter().filter(|id| !provided.contains(id)).collect();
        if exported.is_empty() {
            return Ok(None);
        }
        let copy = copy(run, &exported, &self.own().name, &self.own().schema())?;
        let Copy { up, down, revision } = copy;
        let (written, there) = self.prepare(new, &up, down.as_deref(), |written| {
            let Revision {
                depends_on,
                provides,
                provides_in,
                breaking,
                lock_timeout,
                statement_timeout,
                ..
            } = revision;
            written.depends_on = depends_on;
            written.provides = provides;
            written.provides_in = provides_in;
            written.breaking = breaking;
            written.lock_timeout = lock_timeout;
            written.statement_timeout = statement_timeout;
        })?;
        self.refuse_cycle(&own, &written.revision, run, &exported)?;
        self.place(written, &there).map(Some)
    }

    /// A revision of the own chain that depends on one of those that are copied would stand below the
    /// copy and wait for it.
    fn refuse_cycle(
        &self,
        own: &RevisionGraph,
        copy: &Revision,
        run: &BundleRun,
        exported: &[&RevisionId],
    ) -> Result<()> {
        let with_it = own.order().chain([copy]).cloned().collect();
        let with_it = RevisionGraph::new(with_it)?;
        let runs = self.runs()?;
        let members = runs.iter().enumerate().map(|(number, run)| Member {
            graph: match number + 1 == runs.len() {
                true => &with_it,
                false => &run.graph,
            },
            ..run.member()
        });
        let Err(error) = Across::new(&members.collect::<Vec<_>>()) else {
            return Ok(());
        };
        let below = own.ancestors(&copy.parents);
        let waits = |revision: &&Revision| {
            (below.contains(&revision.id) || copy.parents.contains(&revision.id))
                && revision.depends_on.iter().any(|on| {
                    let name = on.bundle.as_deref();
                    (name == Some(&run.name) || name == Some(&run.origin))
                        && exported.contains(&&on.revision)
                })
        };
        let why = match own.order().find(waits) {
            Some(revision) => format!(
                "{} of the own chain, on which the copy would stand, depends on what would be copied",
                own.describe(&revision.id)
            ),
            None => error.to_string(),
        };
        let upgrades: Vec<String> = exported
            .iter()
            .filter(|id| {
                !run.graph
                    .descendants([**id])
                    .iter()
                    .any(|one| exported.contains(&one))
            })
            .map(|id| format!("`limbeck upgrade {}@{id}`", run.name))
            .collect();
        Err(Error::new(
            ErrorKind::Graph,
            format!("no copy of `{}` can be written: {why}", run.name),
        )
        .with_hint(format!(
            "let the library run it, {}, and export what follows",
            upgrades.join(" and ")
        )))
    }
}

/// Both ways of a copy, and what its metadata says.
struct Copy {
    up: String,
    down: Option<String>,
    revision: Revision,
}

fn copy(run: &BundleRun, exported: &[&RevisionId], own: &str, placement: &Ident) -> Result<Copy> {
    let exported_set: BTreeSet<&RevisionId> = exported.iter().copied().collect();
    let mut revision = Revision::new(directory::new_id(), limbeck_core::revision::sql_digest(""));
    let mut depends_on = BTreeSet::new();
    let mut ups = String::new();
    let mut downs: Vec<Option<String>> = Vec::new();
    let migrations: BTreeMap<&RevisionId, &Arc<dyn Migration>> = run.migrations.iter().collect();
    for id in exported {
        let (Some(source), Some(migration)) = (run.graph.get(id), migrations.get(id)) else {
            continue;
        };
        let name = run.graph.describe(id);
        if !source.run_in_transaction {
            return Err(not_copied(run, source, "it runs outside of a transaction"));
        }
        let title = format!(
            "-- {}:{} {}",
            run.name.escape_debug(),
            source.id,
            source.message.escape_debug()
        );
        let title = title.trim_end();
        let mut script = Script::new();
        migration.upgrade(&mut script)?;
        let up = text(&script).ok_or_else(|| {
            not_copied(
                run,
                source,
                "a part of it is no SQL: a data step, or an operation",
            )
        })?;
        let _ = writeln!(ups, "{title}\n{up}");
        let mut script = Script::new();
        let down = migration
            .downgrade(&mut script)
            .ok()
            .map(|()| text(&script));
        let down = match down {
            Some(None) => {
                return Err(not_copied(run, source, "a part of its way down is no SQL"));
            }
            Some(Some(down)) => Some(format!("{title}\n{down}\n")),
            None => {
                tracing::warn!("revision {name} of `{}` has no way down", run.name);
                None
            }
        };
        downs.push(down);
        let parents = source.parents.iter().map(|parent| Dependency {
            bundle: Some(run.name.clone()),
            revision: parent.clone(),
        });
        let others = source.depends_on.iter().map(|one| match &one.bundle {
            None => Dependency {
                bundle: Some(run.name.clone()),
                revision: one.revision.clone(),
            },
            Some(name) if name == own => Dependency {
                bundle: None,
                revision: one.revision.clone(),
            },
            Some(_) => one.clone(),
        });
        depends_on.extend(parents.chain(others).filter(|one| {
            one.bundle.as_deref() != Some(&run.name) || !exported_set.contains(&one.revision)
        }));
        revision.provides.push(Dependency {
            bundle: Some(run.name.clone()),
            revision: source.id.clone(),
        });
        revision.breaking |= source.breaking;
        revision.lock_timeout = revision.lock_timeout.max(source.lock_timeout);
        revision.statement_timeout = revision.statement_timeout.max(source.statement_timeout);
    }
    revision.depends_on = depends_on.into_iter().collect();
    revision.provides_in = Some(run.placement.as_str().to_owned());
    let path = |make: bool| match run.placement == *placement {
        true => String::new(),
        false => in_its_schema(run, make),
    };
    let header = format!(
        "-- Copied from the bundle `{}`. Read it before you apply it.\n\n{}",
        run.name.escape_debug(),
        path(true)
    );
    downs.reverse();
    let down = downs.into_iter().collect::<Option<Vec<_>>>();
    Ok(Copy {
        up: format!("{header}{ups}"),
        down: down.map(|downs| format!("-- The way back.\n\n{}{}", path(false), downs.concat())),
        revision,
    })
}

/// Puts the library's schema in front of the search path, and makes it before where it is not there, as
/// is done for the library's own revisions. A schema that is missing from a path is passed over, and one
/// that may not be used: then everything would be made in the next one.
fn in_its_schema(run: &BundleRun, make: bool) -> String {
    let name = run.name.escape_debug();
    let schema = ident(&run.placement);
    let (shown, text) = (literal(schema.as_str()), literal(run.placement.as_str()));
    let make = match make {
        true => format!(
            "    IF pg_catalog.to_regnamespace({shown}) IS NULL THEN\n        \
             CREATE SCHEMA {schema};\n    END IF;\n"
        ),
        false => String::new(),
    };
    let body = format!(
        "\nBEGIN\n{make}    PERFORM pg_catalog.set_config('search_path', {path}, true);\n    \
         IF pg_catalog.current_schema() IS DISTINCT FROM {text} THEN\n        \
         RAISE EXCEPTION 'the schema % is not there, or this role has no USAGE on it', {shown};\n    \
         END IF;\nEND\n",
        path = before_path(&schema),
    );
    format!(
        "-- What follows stands in the schema of `{name}`, and nowhere else.\nDO {};\n\n",
        dollar(&body)
    )
}

/// The SQL of a script, each text ended; `None` where it holds something else.
fn text(script: &Script) -> Option<String> {
    let mut sql = String::new();
    for step in script.steps() {
        let Step::Sql { text, origin: _ } = step else {
            return None;
        };
        let text = text.trim_end();
        sql.push_str(text);
        let last = token::significant(text).last();
        if last.is_some_and(|token| token != ";") {
            // On a line of its own: the text may end in a comment.
            sql.push_str("\n;");
        }
        sql.push('\n');
    }
    Some(sql)
}

fn not_copied(run: &BundleRun, revision: &Revision, why: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "revision {} of `{}` cannot be copied: {why}",
            run.graph.describe(&revision.id),
            run.name
        ),
    )
    .with_revision(revision.id.clone())
    .with_hint(format!(
        "let the library run it, `limbeck upgrade {}@{}`, and export what follows",
        run.name, revision.id
    ))
}
