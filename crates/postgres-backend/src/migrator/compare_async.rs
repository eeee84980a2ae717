//! Comparing models, revisions and a database over an asynchronous connection: the same code, in a
//! thread that the connection is lent to.

use diesel_async::AsyncPgConnection;
use limbeck_core::Result;

use super::{Check, Migrator};
use crate::autogenerate::Draft;
use crate::drive_async::lend;

impl Migrator {
    /// [`check`](Self::check) on an asynchronous connection.
    ///
    /// Comparing takes time and, for scratch, a connection of libpq's: it has a thread of its own,
    /// whose questions to the database are asked here. So it needs the feature `postgres`, too.
    /// Dropping the future leaves nothing behind in the database; the thread ends at its next question.
    ///
    /// ```no_run
    /// # async fn boot(pool: diesel_async::pooled_connection::deadpool::Pool<diesel_async::AsyncPgConnection>)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// let mut connection = pool.get().await?;
    /// let check = migrator.check_async(&mut connection).await?;
    /// assert!(check.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub async fn check_async(&self, connection: &mut AsyncPgConnection) -> Result<Check> {
        let migrator = self.clone();
        lend(connection, move |lent| migrator.check(lent)).await
    }

    /// [`autogenerate`](Self::autogenerate) on an asynchronous connection; see
    /// [`check_async`](Self::check_async).
    ///
    /// # Errors
    /// As for [`autogenerate`](Self::autogenerate).
    pub async fn autogenerate_async(&self, connection: &mut AsyncPgConnection) -> Result<Draft> {
        let migrator = self.clone();
        lend(connection, move |lent| migrator.autogenerate(lent)).await
    }

    /// [`create_all`](Self::create_all) on an asynchronous connection; see
    /// [`check_async`](Self::check_async).
    ///
    /// # Errors
    /// As for [`create_all`](Self::create_all).
    pub async fn create_all_async(&self, connection: &mut AsyncPgConnection) -> Result<()> {
        let migrator = self.clone();
        lend(connection, move |lent| migrator.create_all(lent)).await
    }
}
