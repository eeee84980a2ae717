//! The example is run, and the database it leaves is looked at.

use std::process::Command;

use diesel::prelude::*;
use limbeck::server::{Fetch, Server, ServerOptions};

fn server() -> Server {
    let options = ServerOptions {
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    };
    Server::start(&options).expect("a throwaway server can be had")
}

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

/// Runs the program with arguments, and gives what it printed.
fn run(arguments: &[&str], url: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_accounts-host"))
        .args(arguments)
        .env("LIMBECK_DATABASE_URL", url)
        .env_remove("LIMBECK_CONFIG")
        .output()
        .expect("the example starts");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{errors}");
    told
}

const TABLES: &str = "SELECT schemaname || '.' || tablename AS line FROM pg_tables \
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";

const HISTORY: &str = "SELECT concat_ws(' ', bundle, placement, revision, state) AS line \
     FROM limbeck_revision ORDER BY applied_at";

#[test]
fn the_example_tells_its_story_and_leaves_what_it_says() {
    let server = server();
    let database = server.create_database("host").expect("a database");
    let url = database.url();
    let told = run(&[&url], &url);
    for expected in [
        "applied accounts:1975ea83b712 users and their roles",
        "applied staff:1975ea83b712 users and their roles",
        "ada@example.org wrote on `news`: We have moved.",
        "clean: true",
        "grace@example.org is number 1 of the staff",
        "of `accounts-host` stands on `5d0c83f7e2b9`",
        "hint: take that back first: `limbeck downgrade accounts-host@base`",
        "staff in staff is at base",
        "nothing to do: accounts in auth is at 5d0c83f7e2b9 (head)",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
    let mut connection = database.connect().expect("it answers");
    assert_eq!(
        lines(&mut connection, TABLES),
        [
            "auth.sessions",
            "auth.users",
            "public.boards",
            "public.limbeck_revision",
            "public.posts",
        ]
    );
    assert_eq!(
        lines(&mut connection, HISTORY),
        [
            "accounts auth 1975ea83b712 applied",
            "accounts auth 27f4a0c6d518 applied",
            "accounts auth 5d0c83f7e2b9 applied",
            "accounts-host public a41f7be20c93 applied",
        ]
    );
    assert_eq!(
        lines(&mut connection, "SELECT body AS line FROM posts"),
        ["We have moved."]
    );
    assert_eq!(
        lines(
            &mut connection,
            "SELECT conrelid::regclass || ' ' || confrelid::regclass AS line \
             FROM pg_constraint WHERE conname = 'posts_author_id_fkey'"
        ),
        ["posts auth.users"]
    );
}

#[test]
fn the_command_line_knows_the_bundles() {
    let server = server();
    let database = server.create_database("host").expect("a database");
    let url = database.url();
    run(&["limbeck", "upgrade", "accounts@27f4"], &url);
    let mut connection = database.connect().expect("it answers");
    assert_eq!(
        lines(&mut connection, TABLES),
        ["auth.sessions", "auth.users", "public.limbeck_revision"]
    );
    run(&["limbeck", "upgrade", "head"], &url);
    let current = run(&["limbeck", "current"], &url);
    assert_eq!(
        current,
        "accounts in auth: 5d0c83f7e2b9 (head)\naccounts-host: a41f7be20c93 (head)\n"
    );
    let history = run(&["limbeck", "history"], &url);
    assert_eq!(
        history,
        "<base> (accounts:5d0c83f7e2b9) -> a41f7be20c93 (head), boards and posts\n\n\
         accounts in auth:\n\
         27f4a0c6d518 -> 5d0c83f7e2b9 (head), display names\n\
         1975ea83b712 -> 27f4a0c6d518, sessions\n\
         <base> -> 1975ea83b712, users and their roles\n"
    );
    run(&["limbeck", "downgrade", "base", "--yes"], &url);
    run(&["limbeck", "downgrade", "accounts@base", "--yes"], &url);
    assert_eq!(lines(&mut connection, TABLES), ["public.limbeck_revision"]);
    assert_eq!(lines(&mut connection, HISTORY), [""; 0]);
}
