//! Answering requests until the process is told to end.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::Outcome;
use crate::endpoints::router;
use crate::health::Health;
use crate::store::Store;

/// Opens the application's port, and answers until a future such as [`ended`] is done; requests that
/// are being answered then are answered to their end.
///
/// # Errors
/// When the port cannot be had.
pub async fn serve(
    store: impl Store,
    port: u16,
    health: &Health,
    ended: impl Future<Output = ()> + Send + 'static,
) -> Outcome {
    let listener = bind(port).await?;
    println!("listening on http://{}", listener.local_addr()?);
    health.set_serving(true);
    let stopping = health.clone();
    axum::serve(listener, router(store))
        .with_graceful_shutdown(async move {
            ended.await;
            stopping.set_serving(false);
        })
        .await?;
    println!("stopped");
    Ok(())
}

/// Opens a port of this machine alone.
pub(crate) async fn bind(port: u16) -> Result<TcpListener, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|error| format!("port {port} of 127.0.0.1 cannot be opened: {error}"))
}

/// Waits for Ctrl-C, or what ends a service.
pub async fn ended() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
