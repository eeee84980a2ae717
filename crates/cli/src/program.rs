//! Asking the user's program for its models: build it, run it with the command in one environment
//! variable, and go by its exit code.
//!
//! The program answers in [`MigratorCli::cli`](crate::MigratorCli::cli), before it does anything
//! else, with a handshake: it writes its version into the file that the request names. A program
//! that does not is ended, so that an ordinary start (a server that opens its port) is never taken
//! for an answer.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use limbeck_core::{Error, ErrorKind, Result};
use limbeck_postgres::REQUEST_VARIABLE;
use serde::{Deserialize, Serialize};

use crate::answer::Code;
use crate::config::Config;
use crate::output;

/// The version of the request's form.
const VERSION: u32 = 1;
/// How long a program may take to its first line of `main`.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a program is asked for.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    version: u32,
    arguments: Vec<String>,
    /// The file that takes the handshake.
    answer: PathBuf,
    /// The file that takes the result.
    result: PathBuf,
}

/// A request that this program was started with.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) arguments: Vec<OsString>,
    answer: PathBuf,
    result: PathBuf,
}

impl Request {
    /// The request in the environment, if there is one.
    pub(crate) fn from_environment() -> Result<Option<Self>> {
        let Ok(text) = std::env::var(REQUEST_VARIABLE) else {
            return Ok(None);
        };
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let misunderstood = || {
            Error::new(
                ErrorKind::Config,
                "the installed `limbeck` is of another version than this program's",
            )
            .with_hint("install the version of `limbeck-cli` that `Cargo.lock` names for `limbeck`")
        };
        let Versioned { version } = serde_json::from_str(&text).map_err(|_| misunderstood())?;
        if version != VERSION {
            return Err(misunderstood());
        }
        let Message {
            version: _,
            arguments,
            answer,
            result,
        } = serde_json::from_str(&text).map_err(|_| misunderstood())?;
        Ok(Some(Self {
            arguments: arguments.into_iter().map(OsString::from).collect(),
            answer,
            result,
        }))
    }

    /// Tells who asked that somebody is there, and sends it the result.
    pub(crate) fn shake_hands(&self) -> Result<()> {
        limbeck_postgres::answer_request();
        let unwritable = |error| {
            Error::new(
                ErrorKind::Io,
                "the answer to the installed `limbeck` cannot be written",
            )
            .with_source(error)
        };
        output::results_into(File::create(&self.result).map_err(unwritable)?);
        fs::write(&self.answer, env!("CARGO_PKG_VERSION")).map_err(unwritable)
    }
}

/// Builds and runs the user's program with a command.
pub(crate) fn ask(config: &Config, arguments: &[OsString]) -> Result<Code> {
    let executable = build(config)?;
    let folder = tempfile::tempdir().map_err(|error| {
        Error::new(ErrorKind::Io, "no temporary folder can be made").with_source(error)
    })?;
    let answer = folder.path().join("answer");
    let result = folder.path().join("result");
    let arguments = arguments
        .iter()
        .map(|argument| argument.clone().into_string())
        .collect::<Result<Vec<String>, OsString>>()
        .map_err(|_| Error::new(ErrorKind::Config, "an argument is not UTF-8"))?;
    let message = Message {
        version: VERSION,
        arguments,
        answer: answer.clone(),
        result: result.clone(),
    };
    let message = serde_json::to_string(&message).expect("texts and a UTF-8 path become JSON");
    let mut command = Command::new(&executable);
    if output::is_coloured() {
        // Its results go into a file first.
        command.env("CLICOLOR_FORCE", "1");
    }
    let mut child = command
        .env(REQUEST_VARIABLE, message)
        // It may ask what only a person knows.
        .stdin(match io::stdin().is_terminal() {
            true => Stdio::inherit(),
            false => Stdio::null(),
        })
        // What it prints by itself is no result.
        .stdout(io::stderr())
        .spawn()
        .map_err(|error| {
            Error::new(
                ErrorKind::Model,
                format!("the program `{}` cannot be started", executable.display()),
            )
            .with_source(error)
        })?;
    if !answers(&mut child, &answer) {
        // It may have become a server in the meantime: nothing of it is wanted.
        let _ = child.kill();
        let _ = child.wait();
        return Err(Error::new(
            ErrorKind::Model,
            format!("the program `{}` does not answer for its models", executable.display()),
        )
        .with_hint(
            "put `limbeck::migrator!().cli()?;` first in its `main`, with the feature `cli` of `limbeck`; \
             or name another program by `[models] bin` in `limbeck.toml`",
        ));
    }
    let status = child
        .wait()
        .map_err(|error| Error::new(ErrorKind::Model, "the program was lost").with_source(error))?;
    if let Ok(file) = File::open(&result) {
        output::hand_through(file);
    }
    Ok(match status.code() {
        Some(0) => Code::Done,
        Some(1) => Code::Failed,
        Some(2) => Code::Usage,
        Some(3) => Code::Found,
        Some(other) => Code::Other(u8::try_from(other & 0xff).unwrap_or(1)),
        None => Code::Failed,
    })
}

fn answers(child: &mut Child, answer: &Path) -> bool {
    let started = Instant::now();
    loop {
        if fs::metadata(answer).is_ok_and(|file| file.len() > 0) {
            return true;
        }
        if !matches!(child.try_wait(), Ok(None)) {
            return fs::metadata(answer).is_ok_and(|file| file.len() > 0);
        }
        if started.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Builds the user's package and gives the program that answers for its models.
fn build(config: &Config) -> Result<PathBuf> {
    if config.models.package.is_none() && !config.root.join("Cargo.toml").is_file() {
        return Err(Error::new(
            ErrorKind::Model,
            format!("there is no package in `{}` whose program could be asked for its models", config.root.display()),
        )
        .with_hint("put `limbeck.toml` beside the package's `Cargo.toml`, or name the package by `[models] package`"));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&config.root)
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    if let Some(package) = &config.models.package {
        command.args(["--package", package]);
    }
    match &config.models.bin {
        Some(bin) => command.args(["--bin", bin]),
        None => command.arg("--bins"),
    };
    if !config.models.features.is_empty() {
        command.args(["--features", &config.models.features.join(",")]);
    }
    let output = told_when_long(|| command.output()).map_err(|error| {
        let told = Error::new(
            ErrorKind::Model,
            "the program with the models cannot be built",
        );
        let told = if error.kind() == io::ErrorKind::NotFound {
            told.with_hint("`cargo` is not on the path")
        } else {
            told
        };
        told.with_source(error)
    })?;
    if !output.status.success() {
        return Err(Error::new(
            ErrorKind::Model,
            "the program with the models does not build; cargo says why above",
        ));
    }
    let programs = executables(&output.stdout);
    match programs.as_slice() {
        [(_, path)] => Ok(path.clone()),
        [] => Err(Error::new(
            ErrorKind::Model,
            format!("the package in `{}` has no program", config.root.display()),
        )
        .with_hint(
            "models are asked of a program whose `main` calls `limbeck::migrator!().cli()?`; \
             name its package by `[models] package` in `limbeck.toml`",
        )),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            Err(Error::new(
                ErrorKind::Model,
                format!("there are several programs: {}", names.join(", ")),
            )
            .with_hint(
                "say which answers for the models: `[models] bin = \"…\"` in `limbeck.toml`",
            ))
        }
    }
}

/// Builds, and says so where it is not done at once: the first time, cargo takes minutes.
fn told_when_long<T>(build: impl FnOnce() -> T) -> T {
    let (done, waits) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if let Err(RecvTimeoutError::Timeout) = waits.recv_timeout(Duration::from_secs(1)) {
                output::progress("building the program that holds the models");
            }
        });
        let built = build();
        std::mem::drop(done);
        built
    })
}

/// The programs among cargo's messages, by name.
fn executables(messages: &[u8]) -> Vec<(String, PathBuf)> {
    #[derive(Deserialize)]
    struct Artifact {
        executable: Option<PathBuf>,
        target: Option<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let mut programs: Vec<(String, PathBuf)> = String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .filter_map(|artifact| Some((artifact.target?.name, artifact.executable?)))
        .collect();
    programs.sort();
    programs.dedup();
    programs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"lib"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"app"},"executable":"/x/app"}"#,
            "\nnot json\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            executables(messages.as_bytes()),
            [("app".to_owned(), PathBuf::from("/x/app"))]
        );
    }
}
