//! The health listener: a port of its own, open before anything is migrated, so that whoever starts
//! the application sees a long revision run, and not a program that hangs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use limbeck::{Migrator, Progress};

use crate::Outcome;
use crate::serve::bind;

/// What the listener shows.
#[derive(Clone, Debug)]
pub struct Health {
    progress: Progress,
    serving: Arc<AtomicBool>,
}

impl Health {
    /// Watches the runs of a migrator and its clones.
    pub fn of(migrator: &Migrator) -> Self {
        Self {
            progress: migrator.progress(),
            serving: Arc::default(),
        }
    }

    /// Says whether the application's own port takes requests.
    pub fn set_serving(&self, serving: bool) {
        self.serving.store(serving, Ordering::Release);
    }

    /// Opens the listener, and answers from a task of the runtime.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn listen(&self, port: u16) -> Outcome<SocketAddr> {
        let listener = bind(port).await?;
        let address = listener.local_addr()?;
        let health = self.clone();
        let router = Router::new()
            .route("/healthz", get("alive\n"))
            .route("/readyz", get(async move || health.ready()));
        tokio::spawn(axum::serve(listener, router).into_future());
        Ok(address)
    }

    /// 200 while requests are taken, else 503; with it, how the migration goes on.
    fn ready(&self) -> impl IntoResponse + use<> {
        let status = match self.serving.load(Ordering::Acquire) {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(self.progress.snapshot()))
    }
}
