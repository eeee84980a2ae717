//! A database for each test, in one throwaway server for all of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use limbeck_postgres::server::{Database, Fetch, Server, ServerOptions};

/// A database that exists for one test and is dropped with this value.
pub(crate) enum TestDatabase {
    /// On the server of all tests.
    Ours(Database),
    /// On a server of another major version.
    Elsewhere { admin: Box<PgConnection>, name: String, server: String },
}

impl TestDatabase {
    /// A new, empty database.
    pub(crate) fn new() -> Self {
        Self::Ours(server().create_database("test").expect("a database can be made"))
    }

    /// A new, empty database on the server of a URL.
    pub(crate) fn on(server: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = server.to_owned();
        let mut admin = PgConnection::establish(&server).expect("the test server answers");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("limbeck_test_{}_{number}", std::process::id());
        admin
            .batch_execute(&format!("CREATE DATABASE \"{name}\""))
            .expect("may create databases");
        Self::Elsewhere { admin: Box::new(admin), name, server }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Ours(database) => database.url(),
            Self::Elsewhere { admin: _, name, server } => {
                let (address, parameters) = server.split_once('?').unwrap_or((server, ""));
                let (address, _) = address.rsplit_once('/').expect("a URL with a database");
                format!("{address}/{name}?{parameters}")
            }
        }
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url()).expect("the test database answers")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Self::Elsewhere { admin, name, server: _ } = self {
            let _ = admin.batch_execute(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
        }
    }
}

/// The server of all tests in this process, and in others that run at the same time. It ends with
/// the process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let options = ServerOptions { fetch: Fetch::Allowed, ..ServerOptions::default() };
        Server::start(&options).expect("a throwaway server can be had")
    })
}
