//! Programs of others on a revision's files: the editor that somebody has chosen, and the hooks of the project.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use limbeck_core::revision::directory::{self, Entry, Places};
use limbeck_core::{Error, ErrorKind, Result, RevisionId};

/// The variables that name it, the first that is set.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// A program that edits files, as a shell would start it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor(OsString);

/// A revision that was edited.
#[derive(Clone, Debug)]
pub struct Edited {
    /// Which.
    pub revision: RevisionId,
    /// The files that were opened.
    pub files: Vec<PathBuf>,
    /// Whether its way up is another now: where it is applied, it counts as edited.
    pub changed: bool,
}

impl Editor {
    /// The editor that the environment names. Where it names none, which one somebody likes is not guessed.
    pub fn from_environment() -> Option<Self> {
        let mut set = VARIABLES.iter().filter_map(std::env::var_os);
        set.find(|editor| !editor.is_empty()).map(Self)
    }

    /// An editor: a program, with arguments where it wants some.
    pub fn new(command: impl Into<OsString>) -> Self {
        Self(command.into())
    }

    /// Opens the files of a revision and waits until they are closed. What is in them then is read, and said where it
    /// is no revision any more.
    ///
    /// # Errors
    /// When the revision is not in the directory, the editor does not start or fails, or the directory is not in order
    /// afterwards; the files stay as they are.
    pub fn open(&self, places: &Places, revision: &RevisionId) -> Result<Edited> {
        let entry = entry(places, revision)?;
        let files = files_of(&entry);
        let told = self.0.to_string_lossy();
        run(&mut shell(&self.0, &files), &format!("the editor `{told}`")).map_err(|error| {
            error
                .with_revision(revision.clone())
                .with_hint("the files are as it left them")
        })?;
        let (_, source) = directory::load(places)?;
        let mut after = source.entries.into_iter();
        let after = after.find(|entry| entry.revision.id == *revision);
        Ok(Edited {
            revision: revision.clone(),
            files,
            changed: after.is_none_or(|after| after.revision.content != entry.revision.content),
        })
    }
}

/// Runs a command of the project's on files, and hands what it says to standard error.
pub(crate) fn run_hook(hook: &str, folder: &Path, files: &[PathBuf]) -> Result<()> {
    let mut command = shell(OsStr::new(hook), files);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        // A result of ours it is not.
        .stdout(io::stderr());
    run(
        &mut command,
        &format!("the hook `{hook}` of `[revisions] post_write`"),
    )
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().map_err(|error| {
        Error::new(ErrorKind::Io, format!("{what} cannot be started")).with_source(error)
    })?;
    let how = match (status.success(), status.code()) {
        (true, _) => return Ok(()),
        (false, Some(code)) => format!("with the exit code {code}"),
        (false, None) => "by a signal".to_owned(),
    };
    Err(Error::new(ErrorKind::Io, format!("{what} ended {how}")))
}

/// A command as a shell starts it, so that it may have arguments of its own before the files.
#[cfg(unix)]
fn shell(command: &OsStr, files: &[PathBuf]) -> Command {
    let mut line = command.to_owned();
    line.push(" \"$@\"");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line).arg("limbeck").args(files);
    shell
}

#[cfg(not(unix))]
fn shell(command: &OsStr, files: &[PathBuf]) -> Command {
    let line = command.to_string_lossy();
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).args(files);
    command
}

/// The files of a revision in a directory.
///
/// # Errors
/// When it is not there, or the directory is not in order.
pub fn files(places: &Places, revision: &RevisionId) -> Result<Vec<PathBuf>> {
    entry(places, revision).map(|entry| files_of(&entry))
}

fn files_of(entry: &Entry) -> Vec<PathBuf> {
    let Entry {
        up_path,
        down_path,
        metadata_path,
        ..
    } = entry;
    let files = [Some(up_path), down_path.as_ref(), metadata_path.as_ref()];
    files.into_iter().flatten().cloned().collect()
}

fn entry(places: &Places, revision: &RevisionId) -> Result<Entry> {
    let mut entries = directory::read(places)?.entries.into_iter();
    entries
        .find(|entry| entry.revision.id == *revision)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Target,
                format!(
                    "revision `{revision}` is not in `{}`",
                    places.main.display()
                ),
            )
            .with_revision(revision.clone())
        })
}
