//! Copies that are made ahead, in the background.
//!
//! A shelf for each template of a server, and a thread that keeps it filled. When the program ends,
//! the threads are told and waited for, and what stands on the shelves is dropped; what a killed
//! program leaves there bears its number and is swept as every copy is.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};

use limbeck_core::Result;

use crate::server::{Database, Fill, Server};

/// By the server's identity and the template's key.
static SHELVES: Mutex<BTreeMap<(usize, String), Arc<Shelf>>> = Mutex::new(BTreeMap::new());

struct Shelf {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ready: Vec<Database>,
    wanted: usize,
    closed: bool,
    thread: Option<JoinHandle<()>>,
}

/// A copy: one that is ready, or a new one.
pub(super) fn take(server: &Server, key: &str, fill: Fill<'_>, wanted: usize) -> Result<Database> {
    // nextest gives each test a process, in which nobody would take what is made ahead.
    if wanted == 0 || std::env::var_os("NEXTEST").is_some() {
        return server.copy_of(key, fill);
    }
    let shelf = locked(&SHELVES)
        .entry((server.identity(), key.to_owned()))
        .or_insert_with(|| {
            Arc::new(Shelf {
                state: Mutex::default(),
                changed: Condvar::new(),
            })
        })
        .clone();
    let database = match still_there(server, &shelf) {
        Some(database) => database,
        None => server.copy_of(key, fill)?,
    };
    at_exit();
    let mut state = locked(&shelf.state);
    state.wanted = wanted;
    if state.thread.is_none() && !state.closed {
        let (server, key, shelf) = (server.clone(), key.to_owned(), Arc::clone(&shelf));
        state.thread = thread::Builder::new()
            .name("limbeck-copies".to_owned())
            .spawn(move || keep_filled(&server, &key, &shelf))
            .ok();
    }
    drop(state);
    shelf.changed.notify_one();
    Ok(database)
}

/// A copy that stands ready. The server may have ended since, or somebody may have dropped it.
fn still_there(server: &Server, shelf: &Shelf) -> Option<Database> {
    loop {
        let database = locked(&shelf.state).ready.pop()?;
        if server.has(&database) {
            return Some(database);
        }
    }
}

fn keep_filled(server: &Server, key: &str, shelf: &Shelf) {
    // Without the template, the next test makes it: not behind everybody's back.
    let gone = |_: &Database| Err(super::lost(server, "the template is gone"));
    loop {
        let mut state = locked(&shelf.state);
        while !state.closed && state.ready.len() >= state.wanted {
            state = shelf
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return;
        }
        drop(state);
        match server.copy_of(key, &gone) {
            Ok(database) => locked(&shelf.state).ready.push(database),
            Err(_) => {
                // Tests get theirs the other way, and say what is wrong.
                locked(&shelf.state).wanted = 0;
            }
        }
    }
}

/// Has the shelves emptied when the program ends.
fn at_exit() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the function lives as long as the program and does not unwind.
        unsafe {
            libc::atexit(empty);
        }
    });
}

#[cfg(unix)]
extern "C" fn empty() {
    // Nothing may unwind out of here.
    let _ = std::panic::catch_unwind(|| {
        let shelves: Vec<Arc<Shelf>> = locked(&SHELVES).values().cloned().collect();
        for shelf in shelves {
            let thread = {
                let mut state = locked(&shelf.state);
                state.closed = true;
                state.thread.take()
            };
            shelf.changed.notify_one();
            if let Some(thread) = thread {
                let _ = thread.join();
            }
            let ready = std::mem::take(&mut locked(&shelf.state).ready);
            drop(ready);
        }
    });
}

/// Nothing that is locked here can be left half changed by a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
