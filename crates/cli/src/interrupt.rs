//! Ctrl-C: the statement that runs is cancelled on the server, which undoes it, and the command tells where that
//! leaves the database. Pressed once more, nobody waits for that.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use limbeck_postgres::{Cancel, Lookout};

static HAPPENED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Option<Cancel>> = Mutex::new(None);

/// From now on, Ctrl-C cancels what the connection runs that is looked at.
pub(crate) fn cancels(lookout: &Lookout) {
    let Some(cancel) = lookout.cancel() else {
        return;
    };
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some(cancel);
    // The command ends its process, whatever that has done with the signal before.
    let _ = ctrlc::set_handler(pressed);
}

/// Whether it was pressed.
pub(crate) fn happened() -> bool {
    HAPPENED.load(Ordering::SeqCst)
}

fn pressed() {
    let again = HAPPENED.swap(true, Ordering::SeqCst);
    let running = RUNNING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let cancelled = match running {
        Some(running) if !again => running.send().is_ok(),
        _ => false,
    };
    if !cancelled {
        std::process::exit(130);
    }
}
