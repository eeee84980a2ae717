//! A database for each test, in one throwaway server for all of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck_postgres::server::{Database, Fetch, Server, ServerOptions};

/// A database that exists for one test and is dropped with this value.
pub(crate) struct TestDatabase(Database);

impl TestDatabase {
    /// A new, empty database.
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

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// A script as somebody else runs it; its exit status and what it says of errors.
    pub(crate) fn psql(&self, script: &str) -> (i32, String) {
        let mut psql = crate::project::command(psql(self.0.server()))
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url()])
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql starts");
        let mut input = psql.stdin.take().expect("it is piped");
        let text = script.to_owned();
        // Where it stops early, it reads no further.
        let writing = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
        let output = psql.wait_with_output().expect("psql ends");
        writing.join().expect("the script is written");
        let told = String::from_utf8(output.stderr).expect("it speaks UTF-8");
        (output.status.code().unwrap_or(-1), told)
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> PgConnection {
        self.0.connect().expect("the test database answers")
    }

    /// Runs SQL for its effect.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str) {
        self.connect().batch_execute(sql).expect("the SQL runs");
    }

    /// The rows of a query of one column of text, in its order.
    #[track_caller]
    pub(crate) fn lines(&self, sql: &str) -> Vec<String> {
        lines(&mut self.connect(), sql)
    }

    /// Everything that was made in it but the history: relations, columns, constraints, indexes,
    /// types, functions, schemas and comments, one a line, without what depends on the order of
    /// making.
    pub(crate) fn catalog(&self) -> Vec<String> {
        self.lines(include_str!("catalog.sql"))
    }

    /// The rows of the history, oldest first: `1975ea83b712 applied head`. Nothing where there is no
    /// history table.
    pub(crate) fn history(&self) -> Vec<String> {
        let mut connection = self.connect();
        let exists = lines(
            &mut connection,
            "SELECT coalesce(to_regclass('public.limbeck_revision')::text, '') AS line",
        );
        if exists == [""] {
            return Vec::new();
        }
        lines(
            &mut connection,
            "SELECT concat_ws(' ', revision, state, CASE WHEN is_head THEN 'head' END) AS line
             FROM public.limbeck_revision
             ORDER BY applied_at, revision",
        )
    }
}

/// The rows of a query of one column `line`.
#[track_caller]
fn lines(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let lines: Vec<Line> = diesel::sql_query(sql)
        .load(connection)
        .expect("the query answers");
    lines.into_iter().map(|line| line.line).collect()
}

/// The server of all tests in this process, and in others that run at the same time. It ends with
/// the process.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(true))
}

/// The `psql` of the server, or another: portable servers have none.
fn psql(server: &Server) -> PathBuf {
    let beside = server.binaries().map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let installed = installed.flatten().map(|major| major.path().join("bin"));
    let folders = beside.into_iter().chain(std::env::split_paths(&path));
    let mut programs = folders.chain(installed).map(|folder| folder.join("psql"));
    programs
        .find(|program| program.is_file())
        .expect("`psql` is needed: install a client of Postgres, `postgresql-client` say")
}

/// A server that only the tests of this process have, for those that change more than a database:
/// roles, and who is asked for a password.
pub(crate) fn own_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(false))
}

fn start(shared: bool) -> Server {
    let options = ServerOptions {
        shared,
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    };
    Server::start(&options).expect("a throwaway server can be had")
}
