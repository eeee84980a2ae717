//! One enum in two placements, and Diesel, which remembers a type's number for each connection.

use accounts::{Role, User, search_path, users};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck::prelude::*;
use limbeck::server::{Database, Fetch, Server, ServerOptions};

/// A database with the library in the schemas `auth` and `staff`.
fn twice(server: &Server) -> Database {
    let database = server.create_database("twice").expect("a database");
    let auth = accounts::bundle().in_schema("auth").expect("a name");
    let staff = accounts::bundle()
        .named("staff")
        .in_schema("staff")
        .expect("a name");
    let report = Migrator::new(Bundle::new("host"))
        .bundle(auth)
        .bundle(staff)
        .run_pending(&mut database.connect().expect("it answers"))
        .expect("the revisions run");
    assert_eq!(report.applied.len(), 6);
    database
}

fn server() -> Server {
    let options = ServerOptions {
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    };
    Server::start(&options).expect("a throwaway server can be had")
}

fn emails(connection: &mut PgConnection, role: Role) -> Vec<String> {
    users::table
        .filter(users::role.eq(role))
        .select(users::email)
        .order(users::email)
        .load(connection)
        .expect("the query answers")
}

#[test]
fn a_connection_for_each_placement_reads_and_writes_its_own_enum() {
    let server = server();
    let database = twice(&server);
    let mut connections: Vec<PgConnection> = ["auth", "staff"]
        .iter()
        .map(|schema| {
            let mut connection = database.connect().expect("it answers");
            connection
                .batch_execute(&search_path(schema))
                .expect("the path is set");
            accounts::sign_up(
                &mut connection,
                &format!("{schema}@example.org"),
                Role::Admin,
            )
            .expect("an account is made");
            connection
        })
        .collect();
    assert_eq!(
        emails(&mut connections[0], Role::Admin),
        ["auth@example.org"]
    );
    assert_eq!(
        emails(&mut connections[1], Role::Admin),
        ["staff@example.org"]
    );
    assert_eq!(emails(&mut connections[1], Role::Member), [""; 0]);
}

#[test]
fn a_connection_that_changes_its_placement_reads_and_does_not_write() {
    let server = server();
    let database = twice(&server);
    let mut connection = database.connect().expect("it answers");
    connection
        .batch_execute(&search_path("auth"))
        .expect("the path is set");
    accounts::sign_up(&mut connection, "ada@example.org", Role::Admin).expect("an account is made");
    connection
        .batch_execute(&search_path("staff"))
        .expect("the path is set");
    // The parameter is still sent as a value of the enum in `auth`.
    let error = accounts::sign_up(&mut connection, "grace@example.org", Role::Member)
        .expect_err("it is the other type");
    assert_eq!(
        error.to_string(),
        "column \"role\" is of type account_role but expression is of type auth.account_role"
    );
    // What comes back is text, whatever its type is called.
    connection
        .batch_execute("INSERT INTO users (email, role) VALUES ('grace@example.org', 'member')")
        .expect("a literal has no type yet");
    let grace: User = users::table
        .select(User::as_select())
        .first(&mut connection)
        .expect("it is read");
    assert_eq!(
        (grace.email.as_str(), grace.role),
        ("grace@example.org", Role::Member)
    );
}

#[test]
fn without_the_schema_in_its_path_a_connection_knows_no_enum() {
    let server = server();
    let database = twice(&server);
    let mut connection = database.connect().expect("it answers");
    let error = accounts::sign_up(&mut connection, "ada@example.org", Role::Admin)
        .expect_err("nobody said where");
    assert_eq!(
        error.to_string(),
        "Failed to find a type oid for `account_role`"
    );
}
