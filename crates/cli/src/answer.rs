//! From arguments to an exit code: read them, run the command, print what came of it.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use diesel::PgConnection;
use limbeck_core::{Bundle, Error, ErrorKind, Result};
use limbeck_postgres::runner::LockWait;
use limbeck_postgres::{Migrator, Source, Written};

use crate::args::{self, Cli, Command, Global};
use crate::command;
use crate::config::Config;
use crate::editor::Editor;
use crate::output::{Form, Manner};
use crate::{interrupt, libraries, manual, output, program, source};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// 0: done, or nothing to do.
    Done,
    /// 1: failed.
    Failed,
    /// 2: wrong usage.
    Usage,
    /// 3: a check found something.
    Found,
    /// 130: somebody pressed Ctrl-C.
    Interrupted,
    /// Whatever the program ended with that was asked for its models.
    Other(u8),
}

impl Code {
    /// The number for the operating system.
    pub fn number(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Found => 3,
            Self::Interrupted => 130,
            Self::Other(number) => i32::from(number),
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        ExitCode::from(u8::try_from(code.number()).unwrap_or(1))
    }
}

/// Whose models and revisions a command is about.
#[derive(Clone, Copy)]
pub enum Programs<'a> {
    /// Those of the program that this runs in.
    Compiled(&'a Migrator),
    /// The revisions in the directory; for models the user's program is built and run.
    Installed,
}

/// Runs a command and prints what came of it.
pub(crate) fn answer(arguments: Vec<OsString>, programs: Programs<'_>) -> Code {
    let named = std::iter::once(OsString::from("limbeck")).chain(arguments.iter().cloned());
    let parsed = Cli::command()
        .try_get_matches_from(named)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results, everything else is a mistake.
            let _ = error.print();
            return if error.use_stderr() {
                Code::Usage
            } else {
                Code::Done
            };
        }
    };
    output::speak(Manner {
        quiet: cli.global.quiet,
        colour: match cli.global.color {
            args::When::Auto => None,
            args::When::Always => Some(true),
            args::When::Never => Some(false),
        },
    });
    if let Err(error) = cli.command.check() {
        output::error(&error, cli.global.json);
        return Code::Usage;
    }
    match run(&cli, &arguments, programs) {
        Ok(_) if output::is_lost() => Code::Failed,
        Ok(code) => code,
        Err(error) => {
            output::error(&error, cli.global.json);
            if interrupt::happened() {
                Code::Interrupted
            } else if output::is_usage(&error) {
                Code::Usage
            } else {
                Code::Failed
            }
        }
    }
}

fn run(cli: &Cli, arguments: &[OsString], programs: Programs<'_>) -> Result<Code> {
    let Cli { global, command } = cli;
    let here = std::env::current_dir().map_err(|error| {
        Error::new(ErrorKind::Io, "the current folder cannot be read").with_source(error)
    })?;
    if let Command::Init = command {
        output::init(&command::init(&here)?, global.json);
        return Ok(Code::Done);
    }
    match command {
        Command::Completions(arguments) => {
            output::completions(&manual::completions(arguments.shell), global.json);
            return Ok(Code::Done);
        }
        Command::Man(arguments) => {
            output::pages(&manual::write_pages(&arguments.out)?, global.json);
            return Ok(Code::Done);
        }
        _ => {}
    }
    let needs_models = match command {
        Command::Check(check) => !check.single_head,
        Command::Replay(_) => true,
        Command::Diff(diff) => source::is_models(&diff.from) || source::is_models(&diff.to),
        Command::Snapshot(snapshot) => source::is_models(&snapshot.source),
        Command::Revision(revision) => revision.autogenerate || revision.from_bundle.is_some(),
        _ => false,
    };
    // Only the program knows the bundles of its libraries; its own branches stand in the directory.
    let targets: Vec<&str> = match command {
        Command::Upgrade(run) | Command::Downgrade(args::Downgrade { run, yes: _ }) => {
            args::places(&run.target.target).collect()
        }
        Command::Stamp(stamp) => {
            let targets = stamp.targets.iter();
            targets.flat_map(|target| args::places(target)).collect()
        }
        Command::Plan(plan) => vec![plan.target()],
        _ => Vec::new(),
    };
    let sources: Vec<&str> = match command {
        Command::Diff(diff) => vec![&diff.from, &diff.to],
        Command::Snapshot(snapshot) => vec![&snapshot.source],
        _ => Vec::new(),
    };
    // Files and databases can be compared anywhere.
    let alone = !sources.is_empty() && !sources.iter().any(|one| source::is_of_project(one));
    let stage = match command {
        _ if alone => Stage::bare(global, &here)?,
        // It is there for directories that cannot be read as they are.
        Command::Rebase(_) => Stage::unread(global, &here, programs)?,
        _ => Stage::set(global, &here, programs)?,
    };
    let names_a_bundle = targets.iter().any(|target| {
        let name = target.split_once('@').map(|(name, _)| name);
        name.is_some_and(|name| !stage.migrator.is_branch(name))
    });
    if (needs_models || names_a_bundle)
        && let Programs::Installed = programs
    {
        let has_program =
            stage.config.models.package.is_some() || stage.config.root.join("Cargo.toml").is_file();
        // Revisions can be compared without models, but nothing can be generated.
        let may_lack_models = matches!(command, Command::Check(_) | Command::Replay(_));
        if has_program || needs_models && !may_lack_models {
            return program::ask(&stage.config, arguments);
        }
    }
    let runs = match command {
        Command::Upgrade(_)
        | Command::Downgrade(_)
        | Command::Stamp(_)
        | Command::Plan(_)
        | Command::EnsureVersion(_)
        | Command::Squash(_)
        | Command::Current(_) => true,
        Command::Diff(_) | Command::Snapshot(_) => {
            sources.iter().any(|one| source::is_revisions(one))
        }
        _ => false,
    };
    if runs
        && let Programs::Installed = programs
        && stage.config.root.join("Cargo.toml").is_file()
        && (stage.refers_to_libraries() || stage.may_list_libraries()?)
    {
        return program::ask(&stage.config, arguments);
    }
    stage.run(global, command)
}

fn config(global: &Global, here: &Path) -> Result<Config> {
    let config = match &global.config {
        Some(file) => Config::read(file),
        None => Config::find(here),
    }?;
    let Some(name) = &global.database else {
        return Ok(config);
    };
    if global.url.is_some() && global.url == std::env::var("LIMBECK_DATABASE_URL").ok() {
        return Err(Error::new(
            ErrorKind::Config,
            format!("`LIMBECK_DATABASE_URL` is set, and so is the database `{name}`"),
        )
        .with_hint("unset one of them, or say by `--url` which is meant"));
    }
    config.of_database(name)
}

/// What a command works with.
struct Stage {
    config: Config,
    migrator: Migrator,
}

impl Stage {
    fn set(global: &Global, here: &Path, programs: Programs<'_>) -> Result<Self> {
        Self::with(global, here, programs, |config| {
            Migrator::from_directory(config.directories())
        })
    }

    /// Where the revisions of the directory are not to be read yet.
    fn unread(global: &Global, here: &Path, programs: Programs<'_>) -> Result<Self> {
        Self::with(global, here, programs, |config| {
            let bundle = Bundle::new(config.bundle_name());
            Ok(Migrator::new(bundle).directory_at(config.directories()))
        })
    }

    fn with(
        global: &Global,
        here: &Path,
        programs: Programs<'_>,
        revisions: impl FnOnce(&Config) -> Result<Migrator>,
    ) -> Result<Self> {
        let config = match (config(global, here), programs) {
            (Ok(config), _) => config,
            // A deployed program carries its revisions and needs no file.
            (Err(_), Programs::Compiled(_))
                if global.config.is_none() && global.database.is_none() && !has_config(here) =>
            {
                Config::none(here)
            }
            (Err(error), _) => return Err(error),
        };
        for warning in &config.warnings {
            output::warning(warning);
        }
        let migrator = match programs {
            Programs::Compiled(migrator) => {
                config.check_bundle(&migrator.own().name)?;
                migrator.clone()
            }
            Programs::Installed => {
                let migrator = revisions(&config)?;
                config.place(migrator.named(config.bundle_name()))?
            }
        };
        let migrator = config.apply(migrator)?;
        Ok(Self { config, migrator })
    }

    /// Where no project is needed, and one that is there may be not in order.
    fn bare(global: &Global, here: &Path) -> Result<Self> {
        let config = match config(global, here) {
            Ok(config) => config,
            Err(error) if global.config.is_some() || global.database.is_some() => {
                return Err(error);
            }
            Err(_) => Config::none(here),
        };
        let migrator = Migrator::new(Bundle::new(config.bundle_name()));
        Ok(Self { config, migrator })
    }

    /// A source, and the migrator for it.
    fn source(&self, global: &Global, text: &str) -> Result<Source> {
        source::read(text, || self.config.url(global.url.as_deref()))
    }

    /// The migrator with a server for scratch: the one that is named, else the project's where it
    /// answers, else a throwaway one.
    fn with_scratch(&self, global: &Global) -> Migrator {
        let url = match &global.url {
            Some(url) => Some(url.clone()),
            None => self
                .config
                .url(None)
                .ok()
                .filter(|url| limbeck_postgres::connect(url).is_ok()),
        };
        match url {
            Some(url) => self.migrator.clone().scratch_url(url),
            None => self.migrator.clone(),
        }
    }

    /// Whether revisions of the directory stand on those of other bundles, which only the program has.
    fn refers_to_libraries(&self) -> bool {
        let own = self.migrator.own().migrations.iter();
        own.map(|migration| migration.revision()).any(|revision| {
            !revision.provides.is_empty()
                || revision.depends_on.iter().any(|one| one.bundle.is_some())
        })
    }

    /// Whether the program may list bundles of the libraries that it is built on.
    fn may_list_libraries(&self) -> Result<bool> {
        match self.config.package() {
            Some(package) => libraries::may_ship_bundles(&self.config.root, &package),
            None => Ok(false),
        }
    }

    fn run(&self, global: &Global, command: &Command) -> Result<Code> {
        let Self { config, migrator } = self;
        let json = global.json;
        match command {
            Command::Init | Command::Completions(_) | Command::Man(_) => {}
            Command::Diff(diff) => {
                let from = self.source(global, &diff.from)?;
                let to = self.source(global, &diff.to)?;
                let difference = command::diff(
                    &self.with_scratch(global),
                    &from,
                    &to,
                    &diff.rename,
                    output::ask_renamed,
                )?;
                let difference = match diff.reverse {
                    true => difference.reversed(),
                    false => difference,
                };
                let form = match (json, diff.summary) {
                    (true, _) => Form::Json,
                    (false, true) => Form::Summary,
                    (false, false) => Form::Sql,
                };
                output::diff(&difference, form);
                return Ok(match diff.exit_code && !difference.is_empty() {
                    true => Code::Found,
                    false => Code::Done,
                });
            }
            Command::Snapshot(arguments) => {
                let source = self.source(global, &arguments.source)?;
                let snapshot = command::snapshot(&self.with_scratch(global), &source)?;
                output::snapshot(&snapshot, arguments.output.as_deref())?;
            }
            Command::Revision(arguments) => {
                // Before anything is written.
                let editor = arguments.edit.then(Editor::from_environment);
                let editor = editor
                    .map(|editor| editor.ok_or_else(|| command::no_editor("what is written")))
                    .transpose()?;
                let written = self.write(global, arguments)?;
                if let Some(written) = written {
                    command::post_write(migrator, config, &written)?;
                    if let Some(editor) = editor {
                        command::edit_written(migrator, config, &written, &editor)?;
                    }
                }
            }
            Command::Edit(target) => {
                let editor = Editor::from_environment();
                let applied = self.applied(global, target.target.contains("current"))?;
                let target = &target.target;
                let edited = command::edit(migrator, config, &applied, target, editor.as_ref())?;
                output::edited(&edited, json);
            }
            Command::Upgrade(arguments) if arguments.offline.sql => {
                let target = &arguments.target.target;
                let migrator = limited(migrator.clone(), arguments);
                let script = command::upgrade_script(&migrator, target, arguments.offline)?;
                output::script(&script);
            }
            Command::Downgrade(args::Downgrade { run, yes: _ }) if run.offline.sql => {
                let target = &run.target.target;
                let migrator = limited(migrator.clone(), run);
                output::script(&command::downgrade_script(&migrator, target, run.offline)?);
            }
            Command::Stamp(arguments) if arguments.sql => {
                output::script(&command::stamp_script(migrator, arguments)?);
            }
            Command::EnsureVersion(arguments) if arguments.sql => {
                output::script(&migrator.ensure_version_script());
            }
            Command::EnsureVersion(_) => {
                let (mut connection, _) = self.connect(global)?;
                let ensured = command::ensure_version(migrator, &mut connection)?;
                output::ensured(&ensured, json);
            }
            Command::Upgrade(arguments) => {
                let (mut connection, url) = self.connect(global)?;
                let migrator = limited(self.patient(arguments.wait, json), arguments);
                let lookout = migrator.lookout(&mut connection, &url);
                interrupt::cancels(&lookout);
                let target = &arguments.target.target;
                output::report(&migrator.upgrade(&mut connection, target)?, json);
            }
            Command::Downgrade(arguments) => {
                let (mut connection, url) = self.connect(global)?;
                let migrator = limited(self.patient(arguments.run.wait, json), &arguments.run);
                let lookout = migrator.lookout(&mut connection, &url);
                interrupt::cancels(&lookout);
                let down = |policy| {
                    let migrator = migrator.clone().on_loss(policy);
                    migrator.downgrade(&mut connection, &arguments.run.target.target)
                };
                output::report(&command::downgrade(down, arguments.yes, output::ask)?, json);
            }
            Command::Stamp(arguments) => {
                let (mut connection, url) = self.connect(global)?;
                let migrator = self.patient(arguments.wait, json);
                let lookout = migrator.lookout(&mut connection, &url);
                interrupt::cancels(&lookout);
                let targets = arguments.targets.join(" ");
                let report = match arguments.purge {
                    true => migrator.stamp_anew(&mut connection, &targets)?,
                    false => migrator.stamp(&mut connection, &targets)?,
                };
                output::report(&report, json);
            }
            Command::Plan(plan) => {
                let (mut connection, _) = self.connect(global)?;
                output::plan(&command::plan(migrator, &mut connection, plan)?, json);
            }
            Command::Merge(arguments) => {
                let written = command::merge(migrator, config, arguments)?;
                output::revision(&written, json);
                command::post_write(migrator, config, &written)?;
            }
            Command::Rebase(arguments) => {
                let mut connection = match arguments.offline {
                    true => None,
                    false => Some(self.connect(global).map_err(unasked)?.0),
                };
                let done = command::rebase(migrator, connection.as_mut(), config, arguments)?;
                output::rebased(&done, json);
            }
            Command::Squash(arguments) => {
                let squashed =
                    command::squash(&self.with_scratch(global), &self.config, arguments)?;
                output::squashed(&squashed, json);
            }
            Command::Current(arguments) => {
                let (mut connection, _) = self.connect(global)?;
                let (current, unlisted) = command::current(migrator, &mut connection)?;
                output::current(&current, &unlisted, arguments.verbose.verbose, json);
                let behind = current.iter().any(|bundle| !bundle.at_head);
                if arguments.check_heads && behind {
                    return Ok(Code::Found);
                }
            }
            Command::Heads(arguments) => {
                let heads = command::heads(migrator, arguments.resolve_dependencies)?;
                output::heads(&heads, arguments.verbose.verbose, json);
            }
            Command::Branches(verbose) => {
                let branches = command::branches(migrator)?;
                let all = command::history(migrator)?;
                output::branches(&branches, &all, verbose.verbose, json);
            }
            Command::Diagram(arguments) => {
                let args::Diagram { format, out } = arguments;
                let drawn = command::diagram(migrator, *format)?;
                output::diagram(&drawn, *format, out.as_deref(), json)?;
            }
            Command::Show(target) => {
                let applied = self.applied(global, target.target.contains("current"))?;
                output::show(&command::show(migrator, &applied, &target.target)?, json);
            }
            Command::History(arguments) => {
                let range = arguments.rev_range.as_deref();
                let of_database = range.is_some_and(|range| range.contains("current"));
                let applied = self.applied(global, arguments.indicate_current || of_database)?;
                let mut history = command::range(migrator, &applied, range)?;
                if !arguments.indicate_current {
                    history
                        .iter_mut()
                        .for_each(|placed| placed.is_current = false);
                }
                // A range is of the own revisions.
                let others = match range {
                    Some(_) => Vec::new(),
                    None => command::others(migrator)?,
                };
                output::history(&history, &others, arguments.verbose.verbose, json);
            }
            Command::Check(arguments) if arguments.single_head => {
                let heads = command::check_heads(migrator)?;
                output::single_head(&heads, json);
                return Ok(match heads.len() {
                    0 | 1 => Code::Done,
                    _ => Code::Found,
                });
            }
            Command::Check(arguments) if arguments.offline => {
                return self.replay(global, &arguments.without_way_down);
            }
            Command::Check(_) => {
                let (mut connection, url) = self.connect(global)?;
                let check = migrator.clone().scratch_url(url).check(&mut connection)?;
                output::check(&check, json);
                return Ok(found(!check.is_clean()));
            }
            Command::Replay(arguments) => {
                return self.replay(global, &arguments.without_way_down);
            }
        }
        Ok(Code::Done)
    }

    /// Writes a revision, and says so.
    fn write(&self, global: &Global, arguments: &args::Revision) -> Result<Option<Written>> {
        let Self { config, migrator } = self;
        let json = global.json;
        if arguments.autogenerate {
            let (mut connection, url) = self.connect(global)?;
            let migrator = migrator.clone().scratch_url(url);
            let found = command::autogenerate(
                &migrator,
                &mut connection,
                config,
                arguments,
                output::ask_renamed,
            )?;
            output::autogenerated(&found, json);
            return Ok(found.written);
        }
        if let Some(bundle) = &arguments.from_bundle {
            let (mut connection, _) = self.connect(global)?;
            let written = command::export(migrator, &mut connection, config, bundle, arguments)?;
            output::exported(written.as_ref(), bundle, json);
            return Ok(written);
        }
        let written = command::revision(migrator, config, arguments)?;
        output::revision(&written, json);
        Ok(Some(written))
    }

    fn replay(&self, global: &Global, without_way_down: &[String]) -> Result<Code> {
        let replay = command::replay(&self.with_scratch(global), without_way_down)?;
        output::replay(&replay, global.json);
        Ok(found(!replay.is_clean()))
    }

    /// The migrator, which says when it waits for another process, and waits for as long as is said.
    /// With `--json` nothing but an error stands on standard error.
    fn patient(&self, wait: Option<u64>, json: bool) -> Migrator {
        let migrator = match wait {
            None => self.migrator.clone(),
            Some(0) => self.migrator.clone().wait(LockWait::Fail),
            Some(seconds) => {
                let wait = LockWait::For(Duration::from_secs(seconds));
                self.migrator.clone().wait(wait)
            }
        };
        if json {
            return migrator;
        }
        migrator.on_progress(output::waiting)
    }

    /// What is applied, where that is to be known.
    fn applied(&self, global: &Global, wanted: bool) -> Result<command::Applied> {
        if !wanted {
            return Ok(command::Applied::default());
        }
        let (mut connection, _) = self.connect(global)?;
        command::applied(&self.migrator, &mut connection)
    }

    fn connect(&self, global: &Global) -> Result<(PgConnection, String)> {
        let url = self.config.url(global.url.as_deref())?;
        Ok((limbeck_postgres::connect(&url)?, url))
    }
}

/// The migrator with the timeouts that are stated.
fn limited(mut migrator: Migrator, run: &args::Run) -> Migrator {
    if let Some(timeout) = run.lock_timeout {
        migrator = migrator.lock_timeout(timeout);
    }
    if let Some(timeout) = run.statement_timeout {
        migrator = migrator.statement_timeout(timeout);
    }
    migrator
}

/// The exit code of what looks for something.
fn found(something: bool) -> Code {
    match something {
        true => Code::Found,
        false => Code::Done,
    }
}

/// Where the database cannot be asked whether it has a revision.
fn unasked(error: Error) -> Error {
    let hint = error.hint().map(|hint| format!("{hint}; "));
    error.with_hint(format!(
        "{}whether the revision is applied is not known: `--offline` moves it without asking, where you know \
         that no database has it",
        hint.unwrap_or_default()
    ))
}

fn has_config(here: &Path) -> bool {
    here.ancestors()
        .any(|folder| folder.join(crate::config::FILE).is_file())
}
