//! An application on a library's tables, told as it happens.
//!
//! `cargo run -p accounts-host` starts a throwaway Postgres and prints what it does; with the URL of
//! an empty database as its argument it works there. `accounts-host limbeck current` and the other
//! commands of the command line answer for both bundles.

use std::error::Error;

use accounts::Role;
use accounts_host::{ACCOUNTS, Board, Post, boards, migrator, posts};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck::prelude::*;
use limbeck::server::{Fetch, Server, ServerOptions};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    migrator()?.cli()?;
    if let Some(url) = std::env::args().nth(1) {
        return tell(&url);
    }
    let server = Server::start(&ServerOptions {
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    })?;
    let database = server.create_database("accounts_host")?;
    tell(&database.url())
}

fn tell(url: &str) -> Outcome {
    let migrator = migrator()?;
    let mut connection = limbeck::connect(url)?;

    println!("== One call applies the library's revisions and the application's, in one order.");
    println!("{}", migrator.run_pending(&mut connection)?);
    migrator.verify(&mut connection)?;

    println!("\n== The connection sees the library's tables in the schema `{ACCOUNTS}`.");
    connection.batch_execute(&accounts::search_path(ACCOUNTS))?;
    let ada = accounts::sign_up(&mut connection, "ada@example.org", Role::Admin)?;
    accounts::sign_in(&mut connection, &ada, "a token")?;
    let board = diesel::insert_into(boards::table)
        .values((boards::name.eq("news"), boards::writers.eq(Role::Admin)))
        .returning(Board::as_returning())
        .get_result(&mut connection)?;
    let author = accounts::user_of(&mut connection, "a token")?.ok_or("nobody is signed in")?;
    if author.role == board.writers {
        diesel::insert_into(posts::table)
            .values((
                posts::board_id.eq(board.id),
                posts::author_id.eq(author.id),
                posts::body.eq("We have moved."),
            ))
            .execute(&mut connection)?;
    }
    let written: Vec<Post> = posts::table
        .select(Post::as_select())
        .load(&mut connection)?;
    for Post { body, .. } in written {
        println!("{} wrote on `{}`: {body}", author.email, board.name);
    }

    println!(
        "\n== Models, revisions and database agree, and the library's tables are its own affair."
    );
    let check = migrator.check(&mut connection)?;
    println!("clean: {}", check.is_clean());

    println!("\n== The same library once more, for the people who run the place.");
    let staff = accounts::bundle().named("staff").in_schema("staff")?;
    let both = migrator.clone().bundle(staff);
    println!("{}", both.run_pending(&mut connection)?);
    // A connection serves one placement: Diesel remembers where it found the enum.
    let mut for_staff = limbeck::connect(url)?;
    for_staff.batch_execute(&accounts::search_path("staff"))?;
    let grace = accounts::sign_up(&mut for_staff, "grace@example.org", Role::Member)?;
    println!("{} is number {} of the staff", grace.email, grace.id);

    println!("\n== What is still needed cannot be uninstalled.");
    match both.downgrade(&mut connection, "accounts@base") {
        Ok(_) => return Err("the application's tables have lost what they refer to".into()),
        Err(error) => println!("{error}\nhint: {}", error.hint().unwrap_or_default()),
    }

    println!("\n== What is not needed can: its tables go, and nothing else.");
    println!("{}", both.downgrade(&mut connection, "staff@base")?);

    println!("\n== Next time nothing is to be done.");
    println!("{}", migrator.run_pending(&mut connection)?);
    Ok(())
}
