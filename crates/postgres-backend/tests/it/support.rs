//! A database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// A database that exists for one test and is dropped with this value.
pub struct TestDatabase {
    admin: PgConnection,
    name: String,
    server: String,
}

impl TestDatabase {
    /// A new, empty database.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("LIMBECK_TEST_DATABASE_URL").expect("a server to test on");
        let mut admin = PgConnection::establish(&server).expect("the test server answers");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("limbeck_test_{}_{number}", std::process::id());
        admin.batch_execute(&format!("CREATE DATABASE \"{name}\"")).expect("may create databases");
        Self { admin, name, server }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let (address, parameters) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (address, _) = address.rsplit_once('/').expect("a URL with a database");
        format!("{address}/{}?{parameters}", self.name)
    }

    /// A new connection to it.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url()).expect("the test database answers")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = self.admin.batch_execute(&format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name));
    }
}
