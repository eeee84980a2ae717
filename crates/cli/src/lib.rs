//! The command line of Limbeck: `limbeck upgrade head` as an installed program, and the same
//! commands inside your own program.
//!
//! [`MigratorCli::cli`] at the top of `main` answers for the models of that program: the installed
//! `limbeck` builds and runs it when a command needs them. Each command is a function in
//! [`command`] that returns a value; printing is a matter of its own.
//!
//! # JSON
//!
//! With `--json` a result is one object with a `version`, which is 1; a key may be added to it, and none changes
//! its meaning. Among them:
//!
//! * `rebase`: `moved`, parents first, of each `revision`, `parents_before`, `parents`, `folder_before` and
//!   `folder`; the `heads` that there are now; and `conflict_settled`.
//! * `squash`: what was `written` (`revision`, `parents`, `folder`), what it `replaces`, and what was `left_out`, each
//!   in words.
//! * `diagram`: its `format`, and the `diagram` as a text.
//! * `replay` and `check --offline`: `clean`; `compared_with_models`; `revisions` in the order of running, of each
//!   `revision`, `message` and `outcome` (`leads_back`, `no_way_down`, `differs`, `fails`, `not_reached`); and
//!   `findings`, of each `fault` (`no_way_down`, `accepted`, `down`, `up_again`, `consent`, `run`, `models`),
//!   `revision`, `differences` and all of it `told` in a sentence.

use std::ffi::OsString;
use std::process::ExitCode;

use limbeck_core::Result;
use limbeck_postgres::Migrator;

mod answer;
pub mod args;
pub mod command;
pub mod config;
pub mod diagram;
pub mod editor;
mod interrupt;
mod libraries;
pub mod manual;
mod output;
mod program;
mod source;

pub use answer::{Code, Programs};

/// The command line on a [`Migrator`].
pub trait MigratorCli {
    /// Answers `limbeck …` commands, and lets an ordinary start go on.
    ///
    /// Put it first in `main`, before anything is connected or opened. It answers when the
    /// installed `limbeck` started this program to ask for its models, and when the first argument
    /// is `limbeck` (`my-app limbeck upgrade head`); then it ends the process with the command's
    /// exit code. Otherwise it returns at once.
    ///
    /// # Errors
    /// When the installed `limbeck` is of a version that this one does not understand.
    fn cli(&self) -> Result<()>;

    /// Runs one command: `["upgrade", "head"]`. Prints as the command line does, and returns its
    /// exit code: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 a check found something.
    fn cli_from<I, T>(&self, arguments: I) -> Code
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString>;
}

impl MigratorCli for Migrator {
    fn cli(&self) -> Result<()> {
        if let Some(request) = program::Request::from_environment()? {
            request.shake_hands()?;
            let code = answer::answer(request.arguments, Programs::Compiled(self));
            std::process::exit(code.number());
        }
        let mut arguments = std::env::args_os().skip(1);
        if arguments.next().is_some_and(|first| first == "limbeck") {
            let code = answer::answer(arguments.collect(), Programs::Compiled(self));
            std::process::exit(code.number());
        }
        Ok(())
    }

    fn cli_from<I, T>(&self, arguments: I) -> Code
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString>,
    {
        let arguments = arguments.into_iter().map(Into::into).collect();
        answer::answer(arguments, Programs::Compiled(self))
    }
}

/// What the installed `limbeck` does with its arguments (without the program's name).
pub fn installed<I, T>(arguments: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let arguments = arguments.into_iter().map(Into::into).collect();
    answer::answer(arguments, Programs::Installed).into()
}
