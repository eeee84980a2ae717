//! A run that somebody wants stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use limbeck_core::{Error, ErrorKind, Result};

use super::budget::not_done;
use super::story::Story;

/// Stops runs from another thread: none begins another revision after it, and none waits any longer. What is
/// running is not cut off by it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Wants it.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it is wanted.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Story {
    /// Refuses to go on where somebody wants the run stopped.
    pub(super) fn go_on(&self) -> Result<()> {
        if !self.options.stop.is_requested() {
            return Ok(());
        }
        let done = match self.report.applied.len() {
            0 => "nothing is done".to_owned(),
            1 => "one revision is done".to_owned(),
            count => format!("{count} revisions are done"),
        };
        let left = not_done(&self.todo);
        let error = Error::new(
            ErrorKind::GivenUp,
            format!("the run was stopped: {done}{left}"),
        );
        Err(error
            .with_hint("run again: what is done is recorded, and the next run goes on from there"))
    }
}
