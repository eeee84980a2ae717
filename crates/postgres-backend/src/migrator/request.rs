//! A program that was started to be asked for its models does nothing else.

use std::sync::atomic::{AtomicBool, Ordering};

use limbeck_core::{Error, ErrorKind, Result};

/// The variable that holds the installed command line's request.
#[doc(hidden)]
pub const REQUEST_VARIABLE: &str = "LIMBECK_REQUEST";

static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Notes that the request is being answered; what the command line calls.
#[doc(hidden)]
pub fn answer_request() {
    ANSWERED.store(true, Ordering::Relaxed);
}

/// The program went past the place where it should have answered: it must not migrate anything now.
pub(super) fn refuse_unanswered() -> Result<()> {
    if ANSWERED.load(Ordering::Relaxed) || std::env::var_os(REQUEST_VARIABLE).is_none() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Config,
        "`limbeck` started this program to ask for its models, and it went on as if it had not",
    )
    .with_hint("call `migrator.cli()?` first in `main`, before anything is connected or run"))
}
