//! A connection of r2d2's pool stands wherever a `PgConnection` does.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection};
use limbeck::prelude::*;
use limbeck::{DataStep, ErrorKind, Migration, Needs, NewRevision, Revision, RevisionId, Script};

use crate::support::TestDatabase;

#[derive(Model)]
#[model(table = "visitors", register = false)]
struct Visitor {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(unique, check = "_email <> ''")]
    _email: String,
}

type Pooled = PooledConnection<ConnectionManager<PgConnection>>;

/// A pool of one connection: whoever took another would wait for it in vain.
fn pool(database: &TestDatabase) -> Pool<ConnectionManager<PgConnection>> {
    Pool::builder()
        .max_size(1)
        .connection_timeout(Duration::from_secs(20))
        .build(ConnectionManager::new(database.url()))
        .expect("the pool connects")
}

#[test]
fn a_pool_of_one_connection_serves_every_call() {
    let database = TestDatabase::new();
    let folder = crate::project::no_revisions();
    let pool = pool(&database);
    let migrator = || {
        Migrator::from_directory(folder.path())
            .expect("a revision directory")
            .named("visitors")
            .models([Visitor::model()])
    };

    let mut connection = pool.get().expect("it is free");
    let draft = migrator()
        .autogenerate(&mut connection)
        .expect("the models can be compared");
    assert!(!draft.is_empty());
    migrator()
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect("the revision is written");
    drop(connection);

    let migrator = migrator();
    let mut connection = pool.get().expect("it is free again");
    let report = migrator.run_pending(&mut connection).expect("it runs");
    assert_eq!(report.applied.len(), 1);
    assert!(
        migrator
            .check(&mut connection)
            .expect("it is checked")
            .is_clean()
    );
    assert!(
        migrator
            .autogenerate(&mut connection)
            .expect("the models can be compared")
            .is_empty()
    );
    let current = migrator.current(&mut connection).expect("it is read");
    assert_eq!(current.bundles[0].heads.len(), 1);
    migrator
        .downgrade(&mut connection, "base")
        .expect("it is taken back");
    migrator
        .upgrade(&mut connection, "head")
        .expect("it is applied again");
    drop(connection);

    // What was left behind on the connection is nothing.
    let mut connection = pool.get().expect("it is free again");
    let settings = "SELECT current_setting('search_path') AS line";
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let line: Line = diesel::sql_query(settings)
        .get_result(&mut connection)
        .expect("it answers");
    assert_eq!(line.line, "\"$user\", public");
}

#[test]
fn the_tables_of_models_are_made_through_a_pool() {
    let database = TestDatabase::new();
    let pool = pool(&database);
    let mut connection = pool.get().expect("it is free");
    let migrator = Migrator::new(limbeck::Bundle::new("visitors")).models([Visitor::model()]);
    migrator
        .create_all(&mut connection)
        .expect("the tables are made");
    assert!(
        migrator
            .check(&mut connection)
            .expect("it is checked")
            .is_clean()
    );
}

#[test]
fn a_test_transaction_on_a_pooled_connection_keeps_nothing() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let revision = folder.path().join("2026-01-01-000000_one");
    fs::create_dir(&revision).expect("a folder is made");
    fs::write(revision.join("up.sql"), "CREATE TABLE one ()").expect("a file is written");
    let migrator = Migrator::from_directory(folder.path())
        .expect("a revision directory")
        .named("app");
    let pool = pool(&database);
    let mut connection = pool.get().expect("it is free");
    connection
        .begin_test_transaction()
        .expect("a transaction is opened");
    migrator.run_pending(&mut connection).expect("it runs");
    connection
        .batch_execute("SELECT FROM one; ROLLBACK")
        .expect("the table is there");
    drop(connection);
    assert!(database.history().is_empty());
}

/// A revision of one data step.
struct Stepping(
    Revision,
    fn(&mut dyn limbeck::Session) -> limbeck::Result<()>,
);

impl Migration for Stepping {
    fn revision(&self) -> &Revision {
        &self.0
    }

    fn upgrade(&self, script: &mut Script) -> limbeck::Result<()> {
        script.data_step(DataStep {
            name: "step".to_owned(),
            needs: Needs::Connection,
            call: Arc::new(self.1),
        });
        Ok(())
    }

    fn downgrade(&self, _script: &mut Script) -> limbeck::Result<()> {
        Ok(())
    }
}

#[test]
fn a_data_step_has_the_pooled_connection() {
    let database = TestDatabase::new();
    let id = RevisionId::new("d1").expect("it is an identifier");
    let digest = limbeck_core::revision::sql_digest("d1");
    let step = Stepping(Revision::new(id, digest), |session| {
        let connection = session
            .connection()
            .and_then(|connection| connection.downcast_mut::<Pooled>())
            .expect("it is the pool's");
        connection
            .batch_execute("CREATE TABLE made ()")
            .map_err(|error| limbeck::Error::new(ErrorKind::DataStep, error.to_string()))
    });
    let mut bundle = limbeck::Bundle::new("app");
    bundle.migrations = vec![Arc::new(step)];
    let pool = pool(&database);
    Migrator::new(bundle)
        .run_pending(&mut pool.get().expect("it is free"))
        .expect("it runs");
    database.execute("SELECT FROM made");
}
