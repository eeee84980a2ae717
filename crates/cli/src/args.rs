//! The arguments, as `clap` reads them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use limbeck_core::schema::diff::rename::RenameHint;
use limbeck_core::{Error, ErrorKind, Result, RevisionId, revision};
use limbeck_postgres::parse_consent;

/// Postgres migrations from the structs that a Diesel application already has.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "limbeck",
    bin_name = "limbeck",
    version,
    propagate_version = true
)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    /// What everything takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// The file to read in place of the `limbeck.toml` in this folder or one above
    #[arg(long, global = true, value_name = "FILE", env = "LIMBECK_CONFIG")]
    pub config: Option<PathBuf>,
    /// One of the databases in `limbeck.toml`: `[databases.NAME]`
    #[arg(long, global = true, value_name = "NAME", env = "LIMBECK_DATABASE")]
    pub database: Option<String>,
    /// The database, in place of the one that `limbeck.toml` names
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "LIMBECK_DATABASE_URL",
        hide_env_values = true
    )]
    pub url: Option<String>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Whether results are coloured; `auto` is on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Write `limbeck.toml` and an empty revision directory
    Init,
    /// Write a new revision: empty, or what the models and the database differ by
    Revision(Revision),
    /// Write an empty revision that stands on several heads
    Merge(Merge),
    /// Put a revision that no database has yet above the head of another branch
    Rebase(Rebase),
    /// Write one revision in place of several; they stay for databases that stand among them
    Squash(Squash),
    /// Apply revisions up to a target
    Upgrade(Run),
    /// Take revisions back down to a target
    Downgrade(Downgrade),
    /// Record targets as applied without running anything
    Stamp(Stamp),
    /// Show what a run would do, and do nothing
    #[command(subcommand)]
    Plan(Plan),
    /// Make the history table where it is missing
    #[command(alias = "ensure_version")]
    EnsureVersion(EnsureVersion),
    /// Show which revisions the database is at
    Current(Current),
    /// Show the revisions that are nobody's parent
    Heads(Heads),
    /// Show where branches begin
    Branches(Verbose),
    /// Show the revisions, newest first
    History(History),
    /// Draw the revisions, as SVG or for Mermaid
    Diagram(Diagram),
    /// Show all that is known of a revision
    Show(Target),
    /// Open a revision's files in the editor that `VISUAL` or `EDITOR` names
    Edit(Target),
    /// Compare models, revisions and the database; exits with 3 where they differ
    Check(Check),
    /// Run every revision up, down and up again in scratch; exits with 3 where a way down does not lead back
    Replay(Replay),
    /// Compare any two of models, database, SQL, revisions and saved schemas
    Diff(Diff),
    /// Save a schema as JSON, to compare with it later
    Snapshot(Snapshot),
    /// Print what a shell needs to complete these commands
    Completions(Completions),
    /// Write manual pages of all commands
    Man(Man),
}

/// `revision`.
#[derive(Clone, Debug, Default, Args)]
pub struct Revision {
    /// One line that says what it is for
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    pub message: String,
    /// Compare the models with the database and write the difference
    #[arg(long)]
    pub autogenerate: bool,
    /// Copy what is pending of a library's bundle into one revision of the application's own
    #[arg(long, value_name = "BUNDLE", conflicts_with = "autogenerate")]
    pub from_bundle: Option<String>,
    /// The revision to stand on, in place of the head
    #[arg(long, value_name = "TARGET", default_value = "head")]
    pub head: String,
    /// Begin a new branch at a revision that others stand on
    #[arg(long)]
    pub splice: bool,
    /// A name for the branch that begins with it; may be given several times
    #[arg(long, value_name = "LABEL")]
    pub branch_label: Vec<String>,
    /// What must be applied before it without being below it: a revision, a label, or a revision of another bundle,
    /// `accounts:1975ea83b712`; may be given several times
    #[arg(long, value_name = "REVISION")]
    pub depends_on: Vec<String>,
    /// The identifier, in place of a new one
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    /// Which of several revision directories it goes into, in place of that of what it stands on
    #[arg(long, value_name = "DIR", alias = "version-path")]
    pub directory: Option<PathBuf>,
    /// Open its files in the editor that `VISUAL` or `EDITOR` names
    #[arg(long)]
    pub edit: bool,
    /// Consent to a hazard by name: `drop_table:posts`; may be given several times
    #[arg(long, value_name = "HAZARD")]
    pub allow: Vec<String>,
    /// Say what an object was called before: `users=people`, `users.email=mail`; may be given
    /// several times
    #[arg(long, value_name = "OLD=NEW", requires = "autogenerate")]
    pub rename: Vec<RenameHint>,
}

/// `completions`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Completions {
    /// The shell: `source <(limbeck completions bash)`
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// Fish.
    Fish,
}

/// `man`.
#[derive(Clone, Debug, Args)]
pub struct Man {
    /// The folder to write them into; `limbeck.1` and one for each command
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `merge`.
#[derive(Clone, Debug, Args)]
pub struct Merge {
    /// The heads to merge: revisions, `label@head`, or `heads` for all
    #[arg(value_name = "REVISION", default_value = "heads")]
    pub revisions: Vec<String>,
    /// One line that says what it is for
    #[arg(short, long, value_name = "TEXT", default_value = "merge")]
    pub message: String,
    /// A name for the branch that goes on; may be given several times
    #[arg(long, value_name = "LABEL")]
    pub branch_label: Vec<String>,
    /// The identifier, in place of a new one
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    /// Merge what others stand on already, too
    #[arg(long)]
    pub splice: bool,
    /// Which of several revision directories it goes into, in place of that of the first
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// `rebase`.
#[derive(Clone, Debug, Args)]
pub struct Rebase {
    /// The revision that the branch to be moved begins with; what stands on it goes along
    #[arg(value_name = "REVISION")]
    pub revision: String,
    /// The head that it is to stand on
    #[arg(long, value_name = "HEAD")]
    pub onto: String,
    /// Do not ask the database whether the revision is applied there
    #[arg(long)]
    pub offline: bool,
}

/// `squash`.
#[derive(Clone, Debug, Args)]
pub struct Squash {
    /// The lowest and the highest of them: `a:b`
    #[arg(value_name = "FIRST:LAST")]
    pub range: String,
    /// One line that says what it is for
    #[arg(short, long, value_name = "TEXT", default_value = "squash")]
    pub message: String,
    /// The identifier, in place of a new one
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
    /// Leave out what they do to rows, roles and whatever else no schema tells; it is copied as a comment
    #[arg(long)]
    pub without_data: bool,
}

impl Squash {
    /// The two ends of the range.
    ///
    /// # Errors
    /// When it is none.
    pub fn ends(&self) -> Result<(&str, &str)> {
        let ends = self.range.split_once(':');
        ends.filter(|(from, to)| !from.is_empty() && !to.is_empty())
            .ok_or_else(|| {
                let told = format!("`{}` is no range", self.range);
                Error::new(ErrorKind::Target, told).with_hint("a range is `FIRST:LAST`")
            })
    }
}

/// `current`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Current {
    /// How much to say.
    #[command(flatten)]
    pub verbose: Verbose,
    /// Exit with 3 where the database is not at all heads
    #[arg(short, long)]
    pub check_heads: bool,
}

/// `heads`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Heads {
    /// How much to say.
    #[command(flatten)]
    pub verbose: Verbose,
    /// Leave out those that others depend on
    #[arg(long)]
    pub resolve_dependencies: bool,
}

/// `history`.
#[derive(Clone, Debug, Default, Args)]
pub struct History {
    /// How much to say.
    #[command(flatten)]
    pub verbose: Verbose,
    /// From one target to another, both included: `a:b`, `a:`, `:b`, `-3:current`
    #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true)]
    pub rev_range: Option<String>,
    /// Mark what the database is at
    #[arg(short, long)]
    pub indicate_current: bool,
}

/// A target.
#[derive(Clone, Debug, Args)]
pub struct Target {
    /// `head`, `base`, a revision or a unique beginning of one, `+N` or `-N`; `accounts@base` is one of
    /// the bundle `accounts`
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    pub target: String,
}

/// A target, and how long to wait until it is one's turn.
#[derive(Clone, Debug, Args)]
pub struct Run {
    /// Where to go.
    #[command(flatten)]
    pub target: Target,
    /// Whether to go there.
    #[command(flatten)]
    pub offline: Offline,
    /// How long to wait for another process that is migrating; 0 gives up at once
    #[arg(long, value_name = "SECONDS", env = "LIMBECK_WAIT")]
    pub wait: Option<u64>,
    /// `lock_timeout` of each revision that does not set its own: `500ms`, `5s`, `2min`
    #[arg(long, value_name = "DURATION", env = "LIMBECK_LOCK_TIMEOUT", value_parser = duration)]
    pub lock_timeout: Option<Duration>,
    /// `statement_timeout` of each revision that does not set its own
    #[arg(long, value_name = "DURATION", env = "LIMBECK_STATEMENT_TIMEOUT", value_parser = duration)]
    pub statement_timeout: Option<Duration>,
}

/// A script in place of a run.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Offline {
    /// Connect to nothing and print a script for `psql -X -v ON_ERROR_STOP=1 -f`; the target is `FROM:TO` then,
    /// `1975,b31f:head` from two heads
    #[arg(long, conflicts_with = "json")]
    pub sql: bool,
    /// Leave out of the script what cannot be printed: data steps, and statements with a password
    #[arg(long, requires = "sql")]
    pub skip_unprintable: bool,
}

/// `ensure-version`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct EnsureVersion {
    /// Connect to nothing and print a script for `psql -X -v ON_ERROR_STOP=1 -f`
    #[arg(long, conflicts_with = "json")]
    pub sql: bool,
}

/// `downgrade`.
#[derive(Clone, Debug, Args)]
pub struct Downgrade {
    /// Where to go, and how long to wait.
    #[command(flatten)]
    pub run: Run,
    /// Consent to what the way down takes away; on a terminal it is asked for
    #[arg(short, long)]
    pub yes: bool,
}

/// `stamp`.
#[derive(Clone, Debug, Args)]
pub struct Stamp {
    /// `head`, `heads`, `base`, a revision or a unique beginning of one; several are recorded one after the
    /// other; `accounts@base` is one of the bundle `accounts`
    #[arg(value_name = "TARGET", required = true, allow_negative_numbers = true)]
    pub targets: Vec<String>,
    /// Forget everything that is recorded before
    #[arg(long)]
    pub purge: bool,
    /// Connect to nothing and print a script for `psql -X -v ON_ERROR_STOP=1 -f`; the target is `FROM:TO` then
    #[arg(long, conflicts_with = "json")]
    pub sql: bool,
    /// How long to wait for another process that is migrating; 0 gives up at once
    #[arg(long, value_name = "SECONDS", env = "LIMBECK_WAIT")]
    pub wait: Option<u64>,
}

/// `plan`.
#[derive(Clone, Debug, Subcommand)]
pub enum Plan {
    /// What `upgrade` would do
    Upgrade(Target),
    /// What `downgrade` would do
    Downgrade(Target),
}

impl Plan {
    /// Where it would go.
    pub fn target(&self) -> &str {
        match self {
            Self::Upgrade(target) | Self::Downgrade(target) => &target.target,
        }
    }
}

/// How much to say.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Verbose {
    /// Say more of each revision
    #[arg(short, long)]
    pub verbose: bool,
}

/// `diagram`.
#[derive(Clone, Debug, Default, Args)]
pub struct Diagram {
    /// The form of the picture
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The file to write, in place of standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The form of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A picture of its own
    #[default]
    Svg,
    /// Text that Mermaid draws, in Markdown for example
    Mermaid,
}

impl Format {
    /// Its name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Mermaid => "mermaid",
        }
    }
}

/// `check`.
#[derive(Clone, Debug, Default, Args)]
pub struct Check {
    /// Look into the revision directory alone, and exit with 3 where it has several heads
    #[arg(long, conflicts_with = "offline")]
    pub single_head: bool,
    /// Ask no database: replay the revisions in scratch, and compare what they make with the models
    #[arg(long)]
    pub offline: bool,
    /// Accept that a revision has no way down; may be given several times
    #[arg(long, value_name = "REVISION", requires = "offline")]
    pub without_way_down: Vec<String>,
}

/// `replay`.
#[derive(Clone, Debug, Default, Args)]
pub struct Replay {
    /// Accept that a revision has no way down; may be given several times
    #[arg(long, value_name = "REVISION")]
    pub without_way_down: Vec<String>,
}

/// `diff`.
#[derive(Clone, Debug, Args)]
pub struct Diff {
    /// What to start from: `models`, `database`, a URL, a file or folder of SQL, `revisions`,
    /// `revisions@TARGET`, `empty`, or a file that `limbeck snapshot` has written
    #[arg(long, value_name = "SOURCE")]
    pub from: String,
    /// What to get to
    #[arg(long, value_name = "SOURCE")]
    pub to: String,
    /// Print SQL and nothing else; what is printed unless `--json` or `--summary` is given
    #[arg(long, conflicts_with_all = ["summary", "json"])]
    pub sql: bool,
    /// Print one line an object
    #[arg(long, conflicts_with = "json")]
    pub summary: bool,
    /// Print the way back
    #[arg(long)]
    pub reverse: bool,
    /// Say what an object was called before: `users=people`, `users.email=mail`,
    /// `index:a_idx=b_idx`; may be given several times
    #[arg(long, value_name = "OLD=NEW")]
    pub rename: Vec<RenameHint>,
    /// Exit with 3 where there is a difference
    #[arg(long)]
    pub exit_code: bool,
}

/// `snapshot`.
#[derive(Clone, Debug, Args)]
pub struct Snapshot {
    /// What to save: `database`, a URL, a file or folder of SQL, `revisions`, `revisions@TARGET`,
    /// `models` (what they make of an empty database) or `empty`
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// The file to write, in place of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Command {
    /// Reads what the arguments name, before anything is connected.
    ///
    /// # Errors
    /// When one of them cannot be meant: that is wrong usage, whatever the database holds.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Upgrade(run) | Self::Downgrade(Downgrade { run, yes: _ }) => {
                let Run {
                    target: Target { target },
                    offline,
                    wait: _,
                    lock_timeout: _,
                    statement_timeout: _,
                } = run;
                readable_range(target, offline.sql)
            }
            Self::Stamp(Stamp { targets, sql, .. }) => targets
                .iter()
                .try_for_each(|target| readable_range(target, *sql)),
            Self::Plan(plan) => readable(plan.target()),
            Self::Show(target) | Self::Edit(target) => readable(&target.target),
            Self::Rebase(rebase) => [&rebase.revision, &rebase.onto]
                .into_iter()
                .try_for_each(|target| readable(target)),
            Self::Squash(squash) => {
                let (from, to) = squash.ends()?;
                if let Some(id) = &squash.rev_id {
                    RevisionId::new(id)?;
                }
                readable(from)?;
                readable(to)
            }
            Self::Merge(merge) => merge
                .revisions
                .iter()
                .try_for_each(|target| readable(target)),
            Self::History(History { rev_range, .. }) => {
                let Some(range) = rev_range else {
                    return Ok(());
                };
                let Some((from, to)) = range.split_once(':') else {
                    return Err(
                        Error::new(ErrorKind::Target, format!("`{range}` is no range")).with_hint(
                            "a range is `FROM:TO`, of which either side may be left out",
                        ),
                    );
                };
                let sides = [from, to].into_iter().filter(|side| !side.is_empty());
                sides.into_iter().try_for_each(readable)
            }
            Self::Revision(Revision {
                head,
                rev_id,
                allow,
                rename: _,
                message: _,
                autogenerate: _,
                edit: _,
                directory: _,
                from_bundle: _,
                splice: _,
                branch_label: _,
                depends_on: _,
            }) => {
                head.split_whitespace().try_for_each(readable)?;
                if let Some(id) = rev_id {
                    let id = RevisionId::new(id)?;
                    if id.as_str().starts_with('.') {
                        return Err(Error::new(
                            ErrorKind::Target,
                            format!("`{id}` cannot be the identifier of a new revision: it starts with a dot"),
                        )
                        .with_hint("a folder of that name is passed over, or is another one"));
                    }
                }
                allow
                    .iter()
                    .try_for_each(|consent| parse_consent(consent).map(drop))
            }
            Self::Init
            | Self::EnsureVersion(_)
            | Self::Current(_)
            | Self::Heads(_)
            | Self::Branches(_)
            | Self::Diagram(_)
            | Self::Check(_)
            | Self::Replay(_)
            | Self::Diff(_)
            | Self::Snapshot(_)
            | Self::Completions(_)
            | Self::Man(_) => Ok(()),
        }
    }
}

fn duration(text: &str) -> std::result::Result<Duration, String> {
    let duration = revision::directory::parse_duration(text);
    duration.ok_or_else(|| "write it as `500ms`, `5s` or `2min`".to_owned())
}

/// A target, or in a script a range of them.
fn readable_range(text: &str, in_script: bool) -> Result<()> {
    if in_script {
        return places(text).try_for_each(readable);
    }
    readable(text).map_err(|error| match text.split_once(':') {
        Some((before, behind)) => error.with_hint(format!(
            "a range `FROM:TO` goes with `--sql`, a run starts where the database is; a revision of a library's \
             bundle is `{before}@{behind}`"
        )),
        None => error,
    })
}

/// The targets in the target of a script: `a,b:c`.
pub(crate) fn places(range: &str) -> impl Iterator<Item = &str> {
    let places = range.split([':', ',', ' ']);
    places.filter(|place| !place.is_empty())
}

/// A target, behind a bundle's name where that is said: `accounts@base`, `accounts@label@head`.
fn readable(target: &str) -> Result<()> {
    let place = target.split_once('@').map_or(target, |(_, place)| place);
    revision::target::Target::parse(place).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_that_is_no_plain_folder_is_wrong_usage() {
        let check = |id: &str| {
            let revision = Revision {
                rev_id: Some(id.to_owned()),
                head: "head".to_owned(),
                ..Revision::default()
            };
            Command::Revision(revision).check()
        };
        for id in [".", "..", ".hidden", "a/b", "", "head"] {
            let error = check(id).expect_err("it is refused");
            assert_eq!(error.kind(), ErrorKind::Target, "{id}");
        }
        check("1.2_a").expect("it is one");
    }
}
