//! The arguments, as `clap` reads them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
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
    /// Apply revisions up to a target
    Upgrade(Run),
    /// Take revisions back down to a target
    Downgrade(Downgrade),
    /// Record targets as applied without running anything
    Stamp(Stamp),
    /// Show what a run would do, and do nothing
    #[command(subcommand)]
    Plan(Plan),
    /// Show which revisions the database is at
    Current(Current),
    /// Show the revisions that are nobody's parent
    Heads(Heads),
    /// Show where branches begin
    Branches(Verbose),
    /// Show the revisions, newest first
    History(History),
    /// Show all that is known of a revision
    Show(Target),
    /// Compare models, revisions and the database; exits with 3 where they differ
    Check,
    /// Compare any two of models, database, SQL, revisions and saved schemas
    Diff(Diff),
    /// Save a schema as JSON, to compare with it later
    Snapshot(Snapshot),
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
    /// Consent to a hazard by name: `drop_table:posts`; may be given several times
    #[arg(long, value_name = "HAZARD")]
    pub allow: Vec<String>,
    /// Say what an object was called before: `users=people`, `users.email=mail`; may be given
    /// several times
    #[arg(long, value_name = "OLD=NEW", requires = "autogenerate")]
    pub rename: Vec<RenameHint>,
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
    /// How long to wait for another process that is migrating; 0 gives up at once
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
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
    /// How long to wait for another process that is migrating; 0 gives up at once
    #[arg(long, value_name = "SECONDS")]
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
                readable(&run.target.target)
            }
            Self::Stamp(stamp) => stamp.targets.iter().try_for_each(|target| readable(target)),
            Self::Plan(plan) => readable(plan.target()),
            Self::Show(target) => readable(&target.target),
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
            | Self::Current(_)
            | Self::Heads(_)
            | Self::Branches(_)
            | Self::Check
            | Self::Diff(_)
            | Self::Snapshot(_) => Ok(()),
        }
    }
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
