//! A database for each test, in one throwaway server for all of them.

use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use limbeck_postgres::server::{Database, Fetch, Server, ServerOptions};

/// The oldest and the newest major version that is supported.
const EXTREMES: [u32; 2] = [13, 18];

/// A database that exists for one test and is dropped with this value.
pub(crate) struct TestDatabase(Database);

impl TestDatabase {
    /// A new, empty database on the usual server.
    pub(crate) fn new() -> Self {
        Self::on(server())
    }

    /// A new, empty database on a server.
    pub(crate) fn on(server: &Server) -> Self {
        Self(
            server
                .create_database("test")
                .expect("a database can be made"),
        )
    }

    /// A new database with what another one holds, to which nobody is connected.
    pub(crate) fn like(server: &Server, other: &Self) -> Self {
        let copy = Self::on(server);
        let [name, template] = [&copy.0, &other.0].map(Database::name);
        let url = server.url("postgres");
        let mut maintenance = PgConnection::establish(&url).expect("the server answers");
        for sql in [
            format!("DROP DATABASE \"{name}\""),
            format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\""),
        ] {
            maintenance.batch_execute(&sql).expect("it is copied");
        }
        copy
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> PgConnection {
        self.0.connect().expect("the test database answers")
    }
}

/// The usual server of all tests in this process, and in others that run at the same time. It ends
/// with the process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(None, true).expect("a throwaway server can be had"))
}

/// A server that nobody else uses, whatever is set: for tests that make roles, which all databases
/// of a server share.
pub(crate) fn own_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(None, false).expect("a throwaway server can be had"))
}

/// A server of the oldest supported major version, the usual one, and one of the newest. npm has
/// the extremes where they are not installed; where they cannot be had, the tests say so and do
/// without.
pub(crate) fn servers() -> Vec<Server> {
    static OTHERS: OnceLock<Vec<Server>> = OnceLock::new();
    let others = OTHERS.get_or_init(|| {
        let majors = EXTREMES
            .into_iter()
            .filter(|major| *major != server().major());
        majors
            .filter_map(|major| {
                start(Some(major), true)
                    .inspect_err(|error| eprintln!("not tested on Postgres {major}: {error}"))
                    .ok()
            })
            .collect()
    });
    let mut servers = others.clone();
    servers.push(server().clone());
    servers.sort_by_key(Server::major);
    servers
}

fn start(major: Option<u32>, shared: bool) -> limbeck_core::Result<Server> {
    let options = ServerOptions {
        major,
        shared,
        fetch: Fetch::Allowed,
    };
    Server::start(&options)
}
