//! What is measured and tried beside the tests: `cargo xtask yardstick FOLDER`, `cargo xtask majors`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use limbeck_core::{Error, ErrorKind};

mod majors;
mod yardstick;

/// What is measured and tried on Limbeck beside its tests.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Yardstick(yardstick::Yardstick),
    Majors(majors::Majors),
}

fn main() -> ExitCode {
    let done = match Xtask::parse().command {
        Command::Yardstick(yardstick) => yardstick::run(&yardstick),
        Command::Majors(majors) => majors::run(&majors),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(2)
        }
    }
}

/// What could not be done to the files or processes of this machine.
fn failed(what: &str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, what.to_owned()).with_source(error)
}
