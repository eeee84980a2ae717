//! The commands, each a function that returns a value and prints nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use diesel::PgConnection;
use limbeck_core::revision::directory::{self, Rebased};
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::target::{Anchor, Target};
use limbeck_core::schema::diff::rename::RenameHint;
use limbeck_core::schema::snapshot::Snapshot;
use limbeck_core::{Error, ErrorKind, ObjectId, Result, Revision, RevisionId};
use limbeck_postgres::history::{HistoryRow, HistoryTable};
use limbeck_postgres::runner::{HalfDone, OnLoss};
use limbeck_postgres::{
    Difference, Draft, Migrator, NewRevision, OfflineScript, OnUnprintable, Replay, Report, Source,
    Squash, Squashed, Written, parse_consent,
};

use crate::args;
use crate::config::{self, Config};
use crate::diagram;
use crate::editor::{self, Edited, Editor};

/// What `init` did.
#[derive(Clone, Debug)]
pub struct Init {
    /// What it wrote.
    pub written: Vec<PathBuf>,
    /// What was there already and stays as it is.
    pub kept: Vec<PathBuf>,
}

/// Writes `limbeck.toml` and an empty revision directory into a folder, and a missing `HEADS` into one that
/// is there. What is there already stays as it is.
///
/// # Errors
/// When a file cannot be written, or the `limbeck.toml` that is there is not understood.
pub fn init(folder: &Path) -> Result<Init> {
    let mut init = Init {
        written: Vec::new(),
        kept: Vec::new(),
    };
    let file = folder.join(config::FILE);
    match fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&file)
    {
        Ok(mut opened) => {
            std::io::Write::write_all(&mut opened, config::TEMPLATE.as_bytes())
                .map_err(|error| unwritable(&file, error))?;
            init.written.push(PathBuf::from(config::FILE));
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            init.kept.push(PathBuf::from(config::FILE));
        }
        Err(error) => return Err(unwritable(&file, error)),
    }
    let config = Config::read(&file)?;
    let named = config.revisions.directory.all();
    let existed = |named: &PathBuf| config.root.join(named).is_dir();
    let existed: Vec<bool> = named.iter().map(existed).collect();
    let has_written = directory::init(config.directories())?;
    for (number, (named, existed)) in named.iter().zip(existed).enumerate() {
        match (existed, has_written && number == 0) {
            (false, _) => init.written.push(named.clone()),
            (true, true) => init.written.push(named.join(directory::HEADS)),
            (true, false) => init.kept.push(named.clone()),
        }
    }
    Ok(init)
}

fn unwritable(file: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("`{}` cannot be written", file.display()),
    )
    .with_source(error)
}

fn new_revision(arguments: &args::Revision) -> Result<NewRevision> {
    let id = arguments
        .rev_id
        .as_deref()
        .map(RevisionId::new)
        .transpose()?;
    Ok(NewRevision {
        message: arguments.message.clone(),
        id,
        head: Some(arguments.head.clone()),
        splice: arguments.splice,
        branch_labels: arguments.branch_label.clone(),
        depends_on: arguments.depends_on.clone(),
        directory: arguments.directory.clone(),
    })
}

/// Writes an empty revision over several heads.
///
/// # Errors
/// As for [`Migrator::write_empty`]; where there is one head alone, which nothing is to be merged with.
pub fn merge(migrator: &Migrator, config: &Config, arguments: &args::Merge) -> Result<Written> {
    let args::Merge {
        revisions,
        message,
        branch_label,
        rev_id,
        splice,
        directory,
    } = arguments;
    let all = revisions.iter().map(String::as_str).eq(["heads"]);
    let graph = migrator.graph()?;
    match (all, graph.real_heads().as_slice()) {
        (_, []) => {
            let told = "there are no revisions: there is nothing to merge";
            return Err(Error::new(ErrorKind::Target, told));
        }
        (true, [only]) => {
            return Err(Error::new(
                ErrorKind::Target,
                format!("revision `{only}` is the one head: there is nothing to merge"),
            )
            .with_revision((*only).clone()));
        }
        _ => {}
    }
    let head = revisions.join(" ");
    on_disk(migrator, config).write_empty(&NewRevision {
        message: message.clone(),
        id: rev_id.as_deref().map(RevisionId::new).transpose()?,
        head: Some(head),
        splice: *splice,
        branch_labels: branch_label.clone(),
        depends_on: Vec::new(),
        directory: directory.clone(),
    })
}

/// Puts a revision above the head of another branch. Without a connection nobody looks whether a database
/// has it.
///
/// # Errors
/// As for [`Migrator::rebase`].
pub fn rebase(
    migrator: &Migrator,
    connection: Option<&mut PgConnection>,
    config: &Config,
    arguments: &args::Rebase,
) -> Result<Rebased> {
    let args::Rebase {
        revision,
        onto,
        offline: _,
    } = arguments;
    let migrator = on_disk(migrator, config);
    match connection {
        Some(connection) => migrator.rebase(connection, revision, onto),
        None => migrator.rebase_offline(revision, onto),
    }
}

/// Writes one revision in place of several.
///
/// # Errors
/// As for [`Migrator::squash`].
pub fn squash(migrator: &Migrator, config: &Config, arguments: &args::Squash) -> Result<Squashed> {
    let args::Squash {
        range: _,
        message,
        rev_id,
        without_data,
    } = arguments;
    let (from, to) = arguments.ends()?;
    on_disk(migrator, config).squash(&Squash {
        from: from.to_owned(),
        to: to.to_owned(),
        message: message.clone(),
        id: rev_id.as_deref().map(RevisionId::new).transpose()?,
        without_data: *without_data,
    })
}

/// Writes an empty revision.
///
/// # Errors
/// As for [`Migrator::write_empty`].
pub fn revision(
    migrator: &Migrator,
    config: &Config,
    arguments: &args::Revision,
) -> Result<Written> {
    if !arguments.allow.is_empty() {
        return Err(Error::new(
            ErrorKind::Config,
            "`--allow` goes with `--autogenerate`: an empty revision destroys nothing",
        ));
    }
    on_disk(migrator, config).write_empty(&new_revision(arguments)?)
}

/// What `revision --autogenerate` found and wrote.
#[derive(Clone, Debug)]
pub struct Autogenerated {
    /// What it found.
    pub draft: Draft,
    /// What it wrote; `None` where there was nothing to write.
    pub written: Option<Written>,
}

/// Compares the models with the database and writes the difference as a revision.
///
/// # Errors
/// As for [`Migrator::autogenerate`] and [`Migrator::write_draft`].
pub fn autogenerate(
    migrator: &Migrator,
    connection: &mut PgConnection,
    config: &Config,
    arguments: &args::Revision,
    ask: impl Fn(&ObjectId, &ObjectId) -> Option<bool>,
) -> Result<Autogenerated> {
    let consents = arguments
        .allow
        .iter()
        .map(|consent| parse_consent(consent))
        .collect::<Result<Vec<_>>>()?;
    let new = new_revision(arguments)?;
    let mut draft = migrator.autogenerate_with(connection, &arguments.rename)?;
    if let Some(renames) = confirmed(&arguments.rename, &draft.perhaps_renamed, ask) {
        draft = migrator.autogenerate_with(connection, &renames)?;
    }
    let written = if draft.is_empty() {
        None
    } else {
        Some(on_disk(migrator, config).write_draft(&draft, &new, &consents)?)
    };
    Ok(Autogenerated { draft, written })
}

/// Copies what is pending of a library's bundle into one revision; `None` where nothing is.
///
/// # Errors
/// As for [`Migrator::write_export`].
pub fn export(
    migrator: &Migrator,
    connection: &mut PgConnection,
    config: &Config,
    bundle: &str,
    arguments: &args::Revision,
) -> Result<Option<Written>> {
    if !arguments.allow.is_empty() {
        return Err(Error::new(
            ErrorKind::Config,
            "`--allow` goes with `--autogenerate`: a copy does what the library's revisions do",
        ));
    }
    on_disk(migrator, config).write_export(connection, bundle, &new_revision(arguments)?)
}

/// Runs what `[revisions] post_write` names on the files of a revision that was just written, one after the other, in
/// the folder of `limbeck.toml`; then looks whether the directory is in order still.
///
/// # Errors
/// When one of them does not start or fails: those behind it are not run, and the revision stays as it is.
pub fn post_write(migrator: &Migrator, config: &Config, written: &Written) -> Result<()> {
    let hooks = &config.revisions.post_write;
    if hooks.is_empty() {
        return Ok(());
    }
    let places = on_disk(migrator, config).directories()?;
    let files = editor::files(&places, &written.revision)?;
    // What they change is SQL.
    let files: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "sql"))
        .map(|file| std::path::absolute(&file).unwrap_or(file))
        .collect();
    for hook in hooks {
        editor::run_hook(hook, &config.root, &files).map_err(|error| {
            error
                .with_revision(written.revision.clone())
                .with_hint(format!(
                    "the revision is written and stays as it is: look at `{}`",
                    written.folder.display()
                ))
        })?;
    }
    directory::load(&places).map(drop)
}

/// A compiled program may not know its directory; the project's file does.
fn on_disk(migrator: &Migrator, config: &Config) -> Migrator {
    match migrator.directory() {
        Ok(_) => migrator.clone(),
        Err(_) => migrator.clone().directory_at(config.directories()),
    }
}

/// A revision with its place in the graph.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The revision.
    pub revision: Revision,
    /// Whether it is nobody's parent.
    pub is_head: bool,
    /// Whether others depend on it, so that as a head it is only an effective one.
    pub is_depended_on: bool,
    /// The revisions whose parent it is.
    pub children: Vec<RevisionId>,
    /// Its branch labels, inherited ones among them.
    pub labels: Vec<String>,
    /// Whether it is a head of what is applied, where that was asked for.
    pub is_current: bool,
}

/// The heads; without those that others depend on where dependencies are resolved.
///
/// # Errors
/// When the revisions form no graph.
pub fn heads(migrator: &Migrator, resolve_dependencies: bool) -> Result<Vec<Placed>> {
    Ok(history(migrator)?
        .into_iter()
        .filter(|placed| placed.is_head && !(resolve_dependencies && placed.is_depended_on))
        .collect())
}

/// The heads that keep `upgrade head` and the next revision from knowing where to go: none but one is as it should be.
///
/// # Errors
/// When the revisions form no graph.
pub fn check_heads(migrator: &Migrator) -> Result<Vec<Placed>> {
    heads(migrator, false)
}

/// The revisions on which several stand.
///
/// # Errors
/// When the revisions form no graph.
pub fn branches(migrator: &Migrator) -> Result<Vec<Placed>> {
    let mut placed = history(migrator)?;
    placed.retain(|placed| placed.children.len() > 1);
    Ok(placed)
}

/// The own revisions as a picture.
///
/// # Errors
/// When the revisions form no graph.
pub fn diagram(migrator: &Migrator, format: args::Format) -> Result<String> {
    let graph = migrator.graph()?;
    Ok(match format {
        args::Format::Svg => diagram::svg(&graph),
        args::Format::Mermaid => diagram::mermaid(&graph),
    })
}

/// The revisions that a target names.
///
/// # Errors
/// When the revisions form no graph, or the target is not among them.
pub fn show(migrator: &Migrator, applied: &Applied, target: &str) -> Result<Vec<Placed>> {
    let graph = migrator.graph()?;
    let wanted = Target::parse(target)?.resolve(&graph, &applied.all)?;
    let mut placed = marked(newest_first(&graph), applied);
    placed.retain(|placed| wanted.contains(&placed.revision.id));
    Ok(placed)
}

/// Opens the files of the one revision that a target names.
///
/// # Errors
/// As for [`show`] and [`Editor::open`]; where the target names none or several; [`ErrorKind::Config`] without an editor.
pub fn edit(
    migrator: &Migrator,
    config: &Config,
    applied: &Applied,
    target: &str,
    editor: Option<&Editor>,
) -> Result<Edited> {
    let found = show(migrator, applied, target)?;
    let [only] = found.as_slice() else {
        let names: Vec<String> = found
            .iter()
            .map(|placed| format!("`{}`", placed.revision.id))
            .collect();
        return Err(Error::new(
            ErrorKind::Target,
            match names.as_slice() {
                [] => format!("`{target}` is no revision that could be edited"),
                several => format!("`{target}` is several revisions: {}", several.join(", ")),
            },
        )
        .with_hint("name one"));
    };
    let places = on_disk(migrator, config).directories()?;
    let id = &only.revision.id;
    let Some(editor) = editor else {
        let files = editor::files(&places, id)?.into_iter();
        let files: Vec<String> = files.map(|file| format!("`{}`", file.display())).collect();
        return Err(no_editor(&files.join(", ")));
    };
    editor.open(&places, id)
}

/// The error where the environment names no editor for files.
pub(crate) fn no_editor(files: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        "no editor is known: neither `VISUAL` nor `EDITOR` is set",
    )
    .with_hint(format!(
        "set one of them, `EDITOR=nano` say, or open {files} by yourself"
    ))
}

/// Opens the files of a revision that was just written.
///
/// # Errors
/// As for [`Editor::open`].
pub fn edit_written(
    migrator: &Migrator,
    config: &Config,
    written: &Written,
    editor: &Editor,
) -> Result<Edited> {
    let places = on_disk(migrator, config).directories()?;
    editor.open(&places, &written.revision)
}

/// What is applied of the own bundle.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// All of it.
    pub all: BTreeSet<RevisionId>,
    /// Its heads.
    pub heads: BTreeSet<RevisionId>,
}

/// What is applied of the own bundle.
///
/// # Errors
/// When the history cannot be read.
pub fn applied(migrator: &Migrator, connection: &mut PgConnection) -> Result<Applied> {
    let report = migrator.current(connection)?;
    let rows = report.bundles.last().map(|own| own.rows.as_slice());
    let rows = rows.unwrap_or_default().iter();
    Ok(Applied {
        all: rows.clone().map(|row| row.revision.clone()).collect(),
        heads: rows
            .filter(|row| row.is_head)
            .map(|row| row.revision.clone())
            .collect(),
    })
}

fn marked(mut placed: Vec<Placed>, applied: &Applied) -> Vec<Placed> {
    for one in &mut placed {
        one.is_current = applied.heads.contains(&one.revision.id);
    }
    placed
}

/// The revisions from one target to another, both included, newest first; of a range that begins above the base, what
/// grew from there.
///
/// # Errors
/// When the revisions form no graph, a target is not among them, or the one is not above the other.
pub fn range(migrator: &Migrator, applied: &Applied, range: Option<&str>) -> Result<Vec<Placed>> {
    let graph = migrator.graph()?;
    let placed = marked(newest_first(&graph), applied);
    let Some((from, to)) = range.and_then(|range| range.split_once(':')) else {
        return Ok(placed);
    };
    let read = |side: &str, other: &str| Target::parse(if side.is_empty() { other } else { side });
    let (from, to) = (read(from, "base")?, read(to, "heads")?);
    let counts = |target: &Target| target.anchor == Anchor::Current && target.steps != 0;
    let closed = |ids: &BTreeSet<RevisionId>| -> BTreeSet<RevisionId> {
        ids.union(&graph.ancestors(ids)).cloned().collect()
    };
    // What only counts, counts from the other side.
    let (lower, upper) = if counts(&from) {
        let upper = to.resolve(&graph, &applied.all)?;
        (from.resolve(&graph, &closed(&upper))?, upper)
    } else {
        let lower = from.resolve(&graph, &applied.all)?;
        let known = if counts(&to) {
            closed(&lower)
        } else {
            applied.all.clone()
        };
        let upper = to.resolve(&graph, &known)?;
        (lower, upper)
    };
    let mut wanted = closed(&upper);
    if !lower.is_empty() {
        let grown: BTreeSet<RevisionId> = lower.iter().flat_map(|id| graph.lineage(id)).collect();
        let below: BTreeSet<RevisionId> = lower
            .iter()
            .flat_map(|id| graph.trunk(id))
            .filter(|id| !lower.contains(id))
            .collect();
        if let Some(apart) = lower.iter().find(|id| !wanted.contains(*id)) {
            return Err(Error::new(
                ErrorKind::Target,
                format!("`{to}` does not stand on {}", graph.describe(apart)),
            )
            .with_hint("a range is `FROM:TO`, the older revision first"));
        }
        wanted.retain(|id| grown.contains(id) && !below.contains(id));
    }
    Ok(placed
        .into_iter()
        .filter(|placed| wanted.contains(&placed.revision.id))
        .collect())
}

/// All revisions, newest first.
///
/// # Errors
/// When the revisions form no graph.
pub fn history(migrator: &Migrator) -> Result<Vec<Placed>> {
    Ok(newest_first(&*migrator.graph()?))
}

fn newest_first(graph: &RevisionGraph) -> Vec<Placed> {
    let labelled = graph.labelled();
    let placed = graph.order().rev().map(|revision| {
        let id = &revision.id;
        let children: Vec<RevisionId> = graph.children(id).into_iter().cloned().collect();
        let labels = labelled.get(id).into_iter().flatten();
        Placed {
            revision: revision.clone(),
            is_head: children.is_empty(),
            is_depended_on: graph.required_by(id).len() > children.len(),
            children,
            labels: labels.map(|label| (*label).to_owned()).collect(),
            is_current: false,
        }
    });
    placed.collect()
}

/// The revisions of a bundle that the application lists.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The bundle's name.
    pub bundle: String,
    /// The schema it is installed in.
    pub placement: String,
    /// Its revisions, newest first.
    pub revisions: Vec<Placed>,
}

/// All revisions of the other bundles, as the program has them.
///
/// # Errors
/// When the revisions form no graph.
pub fn others(migrator: &Migrator) -> Result<Vec<Listed>> {
    if migrator.own().dependencies.is_empty() {
        return Ok(Vec::new());
    }
    let bundles = migrator.bundles()?;
    let others = bundles.split_last().map_or(&[][..], |(_, others)| others);
    Ok(others
        .iter()
        .map(|run| Listed {
            bundle: run.name.clone(),
            placement: run.placement.to_string(),
            revisions: newest_first(&run.graph),
        })
        .collect())
}

/// What is applied of one bundle.
#[derive(Clone, Debug)]
pub struct Current {
    /// The bundle's name.
    pub bundle: String,
    /// The schema it is installed in.
    pub placement: String,
    /// Its head rows.
    pub heads: Vec<HistoryRow>,
    /// Which of the program's revisions are not applied.
    pub pending: Vec<RevisionId>,
    /// Which applied ones the program does not know.
    pub unknown: Vec<RevisionId>,
    /// Which applied ones were edited afterwards.
    pub edited: Vec<RevisionId>,
    /// Which ones that run outside of a transaction are half done.
    pub half: Vec<HalfDone>,
    /// Whether all of the program's revisions are applied.
    pub at_head: bool,
}

/// Which revisions the database is at, by bundle, and what is to be said beside that: which bundles it
/// has that are not listed here, what Diesel has applied.
///
/// # Errors
/// When the history cannot be read.
pub fn current(
    migrator: &Migrator,
    connection: &mut PgConnection,
) -> Result<(Vec<Current>, Vec<String>)> {
    let report = migrator.current(connection)?;
    let unlisted = report.unlisted.iter().map(ToString::to_string);
    let unlisted = unlisted.chain(report.notes).collect();
    let current = report
        .bundles
        .into_iter()
        .map(|bundle| Current {
            at_head: bundle.pending.is_empty(),
            heads: bundle.rows.into_iter().filter(|row| row.is_head).collect(),
            bundle: bundle.bundle,
            placement: bundle.placement.to_string(),
            pending: bundle.pending,
            unknown: bundle.unknown,
            edited: bundle.edited,
            half: bundle.half,
        })
        .collect();
    Ok((current, unlisted))
}

/// What a run would do.
///
/// # Errors
/// As for [`Migrator::plan_upgrade`] and [`Migrator::plan_downgrade`].
pub fn plan(
    migrator: &Migrator,
    connection: &mut PgConnection,
    plan: &args::Plan,
) -> Result<Report> {
    match plan {
        args::Plan::Upgrade(target) => migrator.plan_upgrade(connection, &target.target),
        args::Plan::Downgrade(target) => migrator.plan_downgrade(connection, &target.target),
    }
}

fn on_unprintable(offline: args::Offline) -> OnUnprintable {
    match offline.skip_unprintable {
        true => OnUnprintable::Skip,
        false => OnUnprintable::Refuse,
    }
}

/// An upgrade as a script.
///
/// # Errors
/// As for [`Migrator::upgrade_script`].
pub fn upgrade_script(
    migrator: &Migrator,
    range: &str,
    offline: args::Offline,
) -> Result<OfflineScript> {
    migrator.upgrade_script(range, on_unprintable(offline))
}

/// A downgrade as a script.
///
/// # Errors
/// As for [`Migrator::downgrade_script`].
pub fn downgrade_script(
    migrator: &Migrator,
    range: &str,
    offline: args::Offline,
) -> Result<OfflineScript> {
    migrator.downgrade_script(range, on_unprintable(offline))
}

/// A stamp as a script.
///
/// # Errors
/// As for [`Migrator::stamp_script`] and [`Migrator::stamp_anew_script`].
pub fn stamp_script(migrator: &Migrator, arguments: &args::Stamp) -> Result<OfflineScript> {
    let targets = arguments.targets.join(" ");
    match arguments.purge {
        true => migrator.stamp_anew_script(&targets),
        false => migrator.stamp_script(&targets),
    }
}

/// The history table, which is there.
#[derive(Clone, Debug)]
pub struct Ensured {
    /// Its name.
    pub table: HistoryTable,
    /// Whether it was made now.
    pub made: bool,
}

/// Makes the history table where it is missing.
///
/// # Errors
/// As for [`Migrator::ensure_version`].
pub fn ensure_version(migrator: &Migrator, connection: &mut PgConnection) -> Result<Ensured> {
    let made = migrator.ensure_version(connection)?.made_history.is_some();
    Ok(Ensured {
        table: migrator.history().clone(),
        made,
    })
}

/// Runs every revision up, down and up again in scratch, and compares the end with the models. That the
/// revisions in `without_way_down`, or the unique beginnings of them, have none is accepted.
///
/// # Errors
/// As for [`Migrator::replay`].
pub fn replay(migrator: &Migrator, without_way_down: &[String]) -> Result<Replay> {
    let graph = migrator.graph()?;
    let accepted = without_way_down.iter();
    let accepted = accepted.map(|text| graph.find(text).map(ToString::to_string));
    migrator.replay(&accepted.collect::<Result<Vec<_>>>()?)
}

/// Takes revisions back. Where that takes data away, it is done with consent only: `yes`, or what
/// `ask` answers to the question that it is given; `None` where nobody can be asked.
///
/// # Errors
/// As for [`Migrator::downgrade`], which `down` calls; [`ErrorKind::Destructive`] without consent.
pub fn downgrade(
    mut down: impl FnMut(OnLoss) -> Result<Report>,
    yes: bool,
    ask: impl FnOnce(&str) -> Option<bool>,
) -> Result<Report> {
    if yes {
        return down(OnLoss::Allow);
    }
    match down(OnLoss::Refuse) {
        Err(error) if error.kind() == ErrorKind::Destructive => match ask(&error.to_string()) {
            Some(true) => down(OnLoss::Allow),
            Some(false) => Err(error.with_hint("nothing was done")),
            None => Err(error.with_hint("nothing was done; consent with `--yes`")),
        },
        result => result,
    }
}

/// What turns one source into another, and back. The migrator answers for the models, the revisions
/// and the server for scratch; what may be a rename is put to `ask`, which says nothing where nobody
/// can be asked.
///
/// # Errors
/// As for [`Migrator::difference`].
pub fn diff(
    migrator: &Migrator,
    from: &Source,
    to: &Source,
    renames: &[RenameHint],
    ask: impl Fn(&ObjectId, &ObjectId) -> Option<bool>,
) -> Result<Difference> {
    let difference = migrator.difference(from, to, renames)?;
    match confirmed(renames, &difference.there.perhaps_renamed, ask) {
        Some(renames) => migrator.difference(from, to, &renames),
        None => Ok(difference),
    }
}

/// The renames with those that somebody confirms; `None` where nobody does.
fn confirmed(
    renames: &[RenameHint],
    perhaps: &[(ObjectId, ObjectId)],
    ask: impl Fn(&ObjectId, &ObjectId) -> Option<bool>,
) -> Option<Vec<RenameHint>> {
    let said = perhaps
        .iter()
        .filter(|(old, new)| ask(old, new) == Some(true));
    let said: Vec<RenameHint> = said.map(|(old, new)| RenameHint::of(old, new)).collect();
    (!said.is_empty()).then(|| [renames, &said].concat())
}

/// A source as a schema to be saved.
///
/// # Errors
/// As for [`Migrator::read_source`].
pub fn snapshot(migrator: &Migrator, source: &Source) -> Result<Snapshot> {
    let found = migrator.read_source(source)?;
    Ok(Snapshot {
        schema: found.schema,
        server_version: found.server_version,
    })
}
