//! A database for each test, in one throwaway server for all of them.

use std::sync::OnceLock;

use diesel::PgConnection;
use limbeck_postgres::server::{Database, Fetch, Server, ServerOptions};

/// A database that exists for one test and is dropped with this value.
pub(crate) struct TestDatabase(Database);
pub(crate) struct TestDatabase {
    admin: PgConnection,
    name: String,
    server: String,
}

impl TestDatabase {
    /// A new, empty database.
    pub(crate) fn new() -> Self {
        Self(
            server()
                .create_database("test")
                .expect("a database can be made"),
        )
        Self::on(&std::env::var("LIMBECK_TEST_DATABASE_URL").expect("a server to test on"))
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
        Self {
            admin,
            name,
            server,
        }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        self.0.url()
        let (address, parameters) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (address, _) = address.rsplit_once('/').expect("a URL with a database");
        format!("{address}/{}?{parameters}", self.name)
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> PgConnection {
        self.0.connect().expect("the test database answers")
    }
}

/// The server of all tests in this process, and in others that run at the same time. It ends with
/// the process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let options = ServerOptions {
            fetch: Fetch::Allowed,
            ..ServerOptions::default()
        };
        Server::start(&options).expect("a throwaway server can be had")
    })
        PgConnection::establish(&self.url()).expect("the test database answers")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = self
            .admin
            .batch_execute(&format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name));
    }
}

/// The URLs of all servers to test on: the usual one, and the oldest and the newest where they are
/// named.
pub(crate) fn servers() -> Vec<String> {
    let mut servers =
        vec![std::env::var("LIMBECK_TEST_DATABASE_URL").expect("a server to test on")];
    for variable in [
        "LIMBECK_TEST_DATABASE_URL_OLDEST",
        "LIMBECK_TEST_DATABASE_URL_NEWEST",
    ] {
        match std::env::var(variable) {
            Ok(url) => servers.push(url),
            Err(_) => eprintln!("{variable} is not set: that server is not tested"),
        }
    }
    servers
}
