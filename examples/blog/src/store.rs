//! Where statements are sent: a pool of connections, awaited or blocking.

use std::time::Duration;

use diesel::PgConnection;
use diesel::r2d2::ConnectionManager;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};

use crate::Outcome;
use crate::failure::Failure;
use crate::statements::Rows;

/// The pool of `blog`.
pub type AsyncPool = diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection>;
/// The pool of `blog-r2d2`.
pub type BlockingPool = diesel::r2d2::Pool<ConnectionManager<PgConnection>>;

/// How many connections a process has at most.
const CONNECTIONS: u32 = 4;
/// How long a request waits for one of them.
const WAIT: Duration = Duration::from_secs(5);

/// What the endpoints ask of a pool.
pub trait Store: Clone + Send + Sync + 'static {
    /// Runs a statement, and gives its rows.
    fn rows<U: Send + 'static>(
        &self,
        statement: impl Rows<U>,
    ) -> impl Future<Output = Result<Vec<U>, Failure>> + Send;

    /// Runs a statement that gives one row.
    fn row<U: Send + 'static>(
        &self,
        statement: impl Rows<U>,
    ) -> impl Future<Output = Result<U, Failure>> + Send {
        let rows = self.rows(statement);
        async { rows.await?.pop().ok_or_else(Failure::not_found) }
    }
}

/// A pool that opens its connections as Limbeck does: with the feature `async-tls` of `limbeck`,
/// `sslmode` in the URL holds for the pool as well.
///
/// # Errors
/// When the pool cannot be made; nothing is connected yet.
pub fn async_pool(url: &str) -> Outcome<AsyncPool> {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|url| {
        Box::pin(async move {
            let connection = limbeck::connect_async(url).await;
            connection.map_err(|error| diesel::ConnectionError::BadConnection(format!("{error:?}")))
        })
    });
    let manager = AsyncDieselConnectionManager::new_with_config(url, config);
    let pool = AsyncPool::builder(manager).max_size(CONNECTIONS as usize);
    Ok(pool.build()?)
}

impl Store for AsyncPool {
    async fn rows<U: Send + 'static>(&self, statement: impl Rows<U>) -> Result<Vec<U>, Failure> {
        let connection = tokio::time::timeout(WAIT, self.get()).await;
        let mut connection = connection
            .map_err(Failure::unavailable)?
            .map_err(Failure::unavailable)?;
        let rows = diesel_async::RunQueryDsl::load(statement, &mut *connection).await;
        Ok(rows?)
    }
}

/// A pool for threads that may block; connections are opened when they are wanted.
pub fn blocking_pool(url: &str) -> BlockingPool {
    diesel::r2d2::Pool::builder()
        .max_size(CONNECTIONS)
        .min_idle(Some(0))
        .connection_timeout(WAIT)
        .build_unchecked(ConnectionManager::new(url))
}

impl Store for BlockingPool {
    async fn rows<U: Send + 'static>(&self, statement: impl Rows<U>) -> Result<Vec<U>, Failure> {
        let pool = self.clone();
        let rows = tokio::task::spawn_blocking(move || {
            let mut connection = pool.get().map_err(Failure::unavailable)?;
            Ok(diesel::RunQueryDsl::load(statement, &mut *connection)?)
        });
        rows.await.map_err(Failure::internal)?
    }
}
