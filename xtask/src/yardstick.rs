//! Scores `limbeck diff` over pairs of schemas that other projects wrote.
//!
//! The folder brings its own judge, `run_pairs.py`, which applies what is printed to the old schema and
//! compares catalogs by a fingerprint of its own; nothing of the folder is kept here.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use limbeck_core::{Error, ErrorKind, Result};
use limbeck_postgres::server::{Fetch, Server, ServerOptions};
use serde::Deserialize;

use crate::failed;

/// Score `limbeck diff` over pairs of schemas: converged, empty afterwards, and back again.
///
/// Needs python3, psql and pg_dump (those of the server are taken where it has them).
#[derive(Args)]
pub(crate) struct Yardstick {
    /// The folder with `run_pairs.py`, `pairs` and `schemas`
    folder: PathBuf,
    /// The real schemas, each from nothing, instead of the pairs
    #[arg(long)]
    schemas: bool,
    /// The server's major version
    #[arg(long)]
    major: Option<u32>,
    /// Only what this regular expression matches of `tool/case`
    #[arg(long)]
    only: Option<String>,
    /// Only pairs of this theme
    #[arg(long)]
    theme: Vec<String>,
    /// How many pairs at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Where one JSON object a pair is written
    #[arg(long)]
    out: Option<PathBuf>,
}

/// A line of the judge's results.
#[derive(Deserialize)]
struct Outcome {
    tool: String,
    case: String,
    outcome: String,
    detail: Option<serde_json::Value>,
}

/// Whether all of them converged.
pub(crate) fn run(yardstick: &Yardstick) -> Result<bool> {
    let Yardstick {
        folder,
        schemas,
        major,
        only,
        theme,
        jobs,
        out,
    } = yardstick;
    let judge = folder.join("run_pairs.py");
    if !judge.is_file() {
        return Err(Error::new(
            ErrorKind::Config,
            format!("there is no `run_pairs.py` in `{}`", folder.display()),
        ));
    }
    let limbeck = build()?;
    let server = Server::start(&ServerOptions {
        major: *major,
        shared: false,
        fetch: Fetch::Allowed,
    })?;
    eprintln!("on Postgres {}", server.major());
    let results = tempfile::NamedTempFile::new()
        .map_err(|error| failed("no temporary file can be made", error))?;
    let out = out.as_deref().unwrap_or(results.path());
    let diff = format!(
        "{} diff --from {{old}} --to {{new}} --url {{url}}",
        shell(&limbeck)
    );
    let mut command = Command::new("python3");
    command
        .arg(&judge)
        .arg(folder.join(if *schemas { "schemas" } else { "pairs" }))
        .args(["--url", &server.url("postgres"), "--seed"])
        .args(["--cmd", &format!("{diff} --sql")])
        .args(["--down-cmd", &format!("{diff} --reverse --sql")])
        .args(["--timeout", if *schemas { "600" } else { "60" }])
        .args(["--jobs", &jobs.to_string()])
        .arg("--out")
        .arg(out);
    for (option, values) in [("--only", only.as_slice()), ("--theme", theme)] {
        for value in values {
            command.args([option, value]);
        }
    }
    if let Some(path) = with_programs_of(&server) {
        command.env("PATH", path);
    }
    let status = command
        .status()
        .map_err(|error| failed("`python3` cannot be started", error))?;
    list(out)?;
    Ok(status.success())
}

/// The installed `limbeck` as this checkout builds it.
fn build() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "limbeck-cli"])
        .status()
        .map_err(|error| failed("`cargo` cannot be started", error))?;
    // It lies where this program lies.
    let beside = env::current_exe().map_err(|error| failed("this program has no path", error))?;
    let limbeck = beside.with_file_name(format!("limbeck{}", env::consts::EXE_SUFFIX));
    if !status.success() || !limbeck.is_file() {
        return Err(Error::new(ErrorKind::Io, "`limbeck` does not build"));
    }
    Ok(limbeck)
}

/// The search path for programs with the server's in front: they fit it.
fn with_programs_of(server: &Server) -> Option<OsString> {
    let programs = server.binaries()?;
    programs.join("psql").is_file().then_some(())?;
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [programs.to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    env::join_paths(folders).ok()
}

/// A path as one word of a shell.
fn shell(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Prints what did not converge, each with its reason.
fn list(results: &Path) -> Result<()> {
    let text =
        fs::read_to_string(results).map_err(|error| failed("the results cannot be read", error))?;
    for line in text.lines() {
        let Ok(Outcome {
            tool,
            case,
            outcome,
            detail,
        }) = serde_json::from_str(line)
        else {
            continue;
        };
        if outcome == "converged" {
            continue;
        }
        println!("\n{tool}/{case}: {outcome}");
        match detail {
            None => {}
            Some(serde_json::Value::String(text)) => {
                println!("    {}", text.replace('\n', "\n    "))
            }
            Some(serde_json::Value::Array(lines)) => {
                lines.iter().for_each(|line| match line.as_str() {
                    Some(text) => println!("    {text}"),
                    None => println!("    {line}"),
                });
            }
            Some(other) => println!("    {other}"),
        }
    }
    Ok(())
}
