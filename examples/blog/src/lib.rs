//! A web application that migrates on boot: axum, and a pool of diesel-async's (`blog`) or of r2d2
//! (`blog-r2d2`). Both have the same tables, statements, endpoints and page; what differs is how
//! they connect, in [`store`], and the few lines of their `main`.

use std::error::Error;
use std::process::ExitCode;

use limbeck::prelude::*;

pub mod endpoints;
pub mod failure;
pub mod health;
pub mod models;
pub mod page;
pub mod serve;
pub mod settings;
pub mod statements;
pub mod store;

/// The revisions and models of this application. In a debug build, a changed struct and a restart
/// are enough to have the next revision.
pub fn migrator() -> Migrator {
    limbeck::migrator!().autogenerate_on_boot(Autogenerate::DebugBuilds)
}

/// What a program can do: all of it, or tell why not.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The end of `main`. An error of Limbeck's has more to tell than one line: where, and what next.
pub fn exit(outcome: Outcome) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    match error.downcast_ref::<limbeck::Error>() {
        Some(error) => eprintln!("error: {error:?}"),
        None => eprintln!("error: {error}"),
    }
    ExitCode::FAILURE
}
