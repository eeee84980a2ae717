//! A database for each test, in one throwaway server for all of them.

use std::sync::OnceLock;

use diesel::PgConnection;
use limbeck_postgres::server::{Database, Fetch, Server, ServerOptions};

/// A database that exists for one test and is dropped with this value.
pub(crate) struct TestDatabase(Database);

impl TestDatabase {
    /// A new, empty database.
    pub(crate) fn new() -> Self {
        Self(
            server()
                .create_database("test")
                .expect("a database can be made"),
        )
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> PgConnection {
        self.0.connect().expect("the test database answers")
    }
}

/// The server of all tests in this process, and in others that run at the same time. It ends with
/// the process.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let options = ServerOptions {
            fetch: Fetch::Allowed,
            ..ServerOptions::default()
        };
        Server::start(&options).expect("a throwaway server can be had")
    })
}
