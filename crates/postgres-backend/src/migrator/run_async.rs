//! Running revisions on an asynchronous connection: the same calls, waited for.

#[cfg(feature = "postgres")]
use std::pin::pin;

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use limbeck_core::Result;

use super::connecting::{Attempt, Failure, not_connected};
use super::run::logged;
use super::{Migrator, verify};
use crate::connection::{connect_async, within_time};
use crate::drive_async::drive_async;
#[cfg(feature = "postgres")]
use crate::drive_async::{give_up, lend, watched};
use crate::runner::{Action, Report};
use crate::session::Row;

impl Migrator {
    /// [`run_pending`](Self::run_pending) on an asynchronous connection: the one line that an
    /// application needs on boot.
    ///
    /// What the pools of diesel-async hand out will do: a variable that holds it is coerced. A pool of one
    /// connection is enough. It runs on any tokio runtime with I/O and timers, of many threads or of
    /// one, and blocks none of its threads: a synchronous data step has a thread of its own. With
    /// nothing to do it costs one statement, which diesel-async sends in two round trips.
    ///
    /// ```no_run
    /// # async fn boot() -> Result<(), Box<dyn std::error::Error>> {
    /// use diesel_async::AsyncPgConnection;
    /// use diesel_async::pooled_connection::AsyncDieselConnectionManager;
    /// use diesel_async::pooled_connection::deadpool::Pool;
    ///
    /// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new("postgres://me@localhost/blog");
    /// let pool = Pool::builder(manager).build()?;
    /// let mut connection = pool.get().await?;
    /// println!("{}", migrator.run_pending_async(&mut connection).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Dropping the future
    /// Nothing is left half done, at whichever point it is dropped. A revision that travelled as one
    /// message is done as a whole or not at all, whichever the server comes to; one that stands in an
    /// open transaction is rolled back as soon as the server is done with the statement that it is
    /// at, and the lock is let go with it. The connection can be used on, or go back to its pool: what
    /// it is sent next waits behind that. (Should a data step be in the middle of opening or ending a
    /// transaction of its own with diesel-async, then diesel-async takes the connection for broken,
    /// and its pools throw it away.)
    ///
    /// # Errors
    /// As for [`run_pending`](Self::run_pending).
    ///
    /// # Panics
    /// When a data step does, after its revision was rolled back; or on a runtime without timers when
    /// another process is migrating.
    pub async fn run_pending_async(&self, connection: &mut AsyncPgConnection) -> Result<Report> {
        // What a debug build does on boot beyond running is written for connections that block.
        #[cfg(feature = "postgres")]
        if self.disk().is_some() {
            let (migrator, watch) = self.watched();
            let Some(watch) = watch else {
                return lend(connection, move |lent| migrator.boot(lent)).await;
            };
            let result = {
                let running = pin!(lend(connection, move |lent| migrator.boot(lent)));
                watched(&watch, running).await
            };
            return match result {
                Ok(result) => result,
                Err(silent) => {
                    give_up(connection).await;
                    Err(silent)
                }
            };
        }
        logged(drive_async(connection, self.runner(|_| Action::RunPending)?).await)
    }

    /// [`require_current`](Self::require_current) on an asynchronous connection.
    ///
    /// # Errors
    /// As for [`require_current`](Self::require_current).
    pub async fn require_current_async(
        &self,
        connection: &mut AsyncPgConnection,
    ) -> Result<Report> {
        let report = drive_async(connection, self.runner(|_| Action::RequireCurrent)?).await?;
        self.refuse_behind(report)
    }

    /// [`verify`](Self::verify) on an asynchronous connection.
    ///
    /// # Errors
    /// As for [`verify`](Self::verify).
    pub async fn verify_async(&self, connection: &mut AsyncPgConnection) -> Result<()> {
        let wanted = self.wanted()?;
        let Some(sql) = verify::statement(&wanted, &self.looked_for_bare()?) else {
            return Ok(());
        };
        let query = diesel::sql_query(sql);
        let rows: Vec<Row> = query
            .load(connection)
            .await
            .map_err(verify::not_looked_for)?;
        let verify::Found { missing, unseen } = verify::found(&wanted, rows)?;
        if missing.is_empty() {
            return verify::refuse_unseen(&unseen);
        }
        let standing = drive_async(connection, self.runner(|_| Action::Inspect)?).await;
        Err(self.lacking(&missing, standing))
    }

    /// [`upgrade`](Self::upgrade) on an asynchronous connection; of dropping the future, see
    /// [`run_pending_async`](Self::run_pending_async).
    ///
    /// # Errors
    /// As for [`upgrade`](Self::upgrade).
    pub async fn upgrade_async(
        &self,
        connection: &mut AsyncPgConnection,
        target: &str,
    ) -> Result<Report> {
        drive_async(connection, self.upgrade_runner(target)?).await
    }

    /// [`downgrade`](Self::downgrade) on an asynchronous connection; of dropping the future, see
    /// [`run_pending_async`](Self::run_pending_async).
    ///
    /// # Errors
    /// As for [`downgrade`](Self::downgrade).
    pub async fn downgrade_async(
        &self,
        connection: &mut AsyncPgConnection,
        target: &str,
    ) -> Result<Report> {
        drive_async(connection, self.downgrade_runner(target)?).await
    }

    /// [`stamp`](Self::stamp) on an asynchronous connection.
    ///
    /// # Errors
    /// As for [`stamp`](Self::stamp).
    pub async fn stamp_async(
        &self,
        connection: &mut AsyncPgConnection,
        target: &str,
    ) -> Result<Report> {
        drive_async(connection, self.stamp_runner(target)?).await
    }

    /// [`ensure_version`](Self::ensure_version) on an asynchronous connection.
    ///
    /// # Errors
    /// As for [`ensure_version`](Self::ensure_version).
    pub async fn ensure_version_async(&self, connection: &mut AsyncPgConnection) -> Result<Report> {
        drive_async(connection, self.ensuring_runner()?).await
    }

    /// [`current`](Self::current) on an asynchronous connection.
    ///
    /// # Errors
    /// As for [`current`](Self::current).
    pub async fn current_async(&self, connection: &mut AsyncPgConnection) -> Result<Report> {
        drive_async(connection, self.runner(|_| Action::Inspect)?).await
    }

    /// [`connecting`](Self::connecting) for what is awaited: `pool.get()`, say. It needs a tokio runtime
    /// with timers where there is a time budget.
    ///
    /// ```no_run
    /// # async fn boot() -> limbeck_core::Result<()> {
    /// # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// # use diesel_async::AsyncPgConnection;
    /// # use diesel_async::pooled_connection::{AsyncDieselConnectionManager, deadpool::Pool};
    /// # let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new("postgres:///blog");
    /// # let pool = Pool::builder(manager).build().expect("a pool");
    /// let migrator = migrator.budget_from_now();
    /// let mut connection = migrator.connecting_async(pool.get()).await?;
    /// migrator.run_pending_async(&mut connection).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`connecting`](Self::connecting).
    pub async fn connecting_async<C, E>(
        &self,
        connecting: impl Future<Output = std::result::Result<C, E>>,
    ) -> Result<C>
    where
        E: Into<Failure>,
    {
        let attempt = Attempt::begin(self);
        let made = match self.budget_left() {
            None => connecting.await,
            Some(left) => match within_time(left, connecting).await {
                Some(made) => made,
                None => return attempt.end(Err(self.too_late())),
            },
        };
        attempt.end(made.map_err(|error| not_connected(error.into())))
    }

    /// Connects by URL, and then is [`run_pending_async`](Self::run_pending_async): for programs that
    /// have another library for their queries, such as sqlx, tokio-postgres or sea-orm.
    ///
    /// The connection is closed at the end, or when the future is dropped. For what `sslmode` and
    /// `sslrootcert` mean in the URL, see [`connect_async`](crate::connect_async).
    ///
    /// ```no_run
    /// # async fn boot() -> limbeck_core::Result<()> {
    /// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// let url = "postgres://me@db.example.com/blog?sslmode=verify-full&sslrootcert=system";
    /// println!("{}", migrator.run_pending_url_async(url).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`connect_async`](crate::connect_async) and [`run_pending`](Self::run_pending).
    pub async fn run_pending_url_async(&self, url: &str) -> Result<Report> {
        let migrator = self.begun();
        let connecting = migrator.connecting_async(connect_async(url));
        let mut connection = connecting.await?;
        migrator.run_pending_async(&mut connection).await
    }
}
