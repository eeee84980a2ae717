//! What an asynchronous step on a synchronous connection may wait for beside its session: the timers and
//! sockets of tokio.
//!
//! They are driven on a thread of their own: the step is polled on the caller's, which may be in a runtime
//! already and blocks it. The asynchronous driver has no use for this.

use std::thread;

use limbeck_core::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, EnterGuard, Handle};
use tokio::sync::oneshot::{Sender, channel};

/// The thread; it ends with this value.
pub(super) struct Reactor {
    handle: Handle,
    end: Option<Sender<()>>,
}

impl Reactor {
    pub(super) fn start() -> Result<Self> {
        let made = Builder::new_current_thread().enable_all().build();
        let runtime = made.map_err(refused)?;
        let handle = runtime.handle().clone();
        let (end, ended) = channel();
        thread::Builder::new()
            .name("limbeck-timers".to_owned())
            .spawn(move || {
                // Its end is the sender's, sent or dropped.
                let _ = runtime.block_on(ended);
                runtime.shutdown_background();
            })
            .map_err(refused)?;
        Ok(Self {
            handle,
            end: Some(end),
        })
    }

    /// Has timers and sockets that are made on this thread be driven there.
    pub(super) fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
    }
}

fn refused(error: std::io::Error) -> Error {
    let told = "an asynchronous data step has no runtime here: none can be started";
    Error::new(ErrorKind::DataStep, told).with_source(error)
}
