//! What cannot run outside of a transaction, or not here: refused before anything runs.

use limbeck_core::token;
use limbeck_core::{Error, ErrorKind, Result};

use super::Apart;
use crate::runner::Surroundings;
use crate::runner::failure::describe;
use crate::runner::prepare::Ready;
use crate::runner::script::Numbered;

/// Refuses what cannot run outside of a transaction, or not here, before anything runs.
pub(in crate::runner) fn check(
    ready: &Ready,
    half: bool,
    surroundings: Surroundings,
) -> Result<()> {
    let Ready {
        revision,
        script,
        down: _,
        outside: _,
        apart,
    } = ready;
    let name = describe(revision);
    let refuse = |message: String, hint: &str, at: Option<&Numbered>| {
        let error = Error::new(ErrorKind::Unsupported, message)
            .with_hint(hint)
            .with_revision(revision.id.clone());
        Err(match at.and_then(|statement| statement.place(0)) {
            Some(location) => error.with_location(location),
            None => error,
        })
    };
    let why = match script.refused_in_transaction() {
        Some((_, command)) => format!("`{command}` cannot run in one"),
        None if !revision.run_in_transaction => "its metadata says so".to_owned(),
        None if half => "it was begun so".to_owned(),
        None => {
            "it uses a value that it adds to an enum, which wants a commit between them".to_owned()
        }
    };
    if !script.is_sql() {
        return refuse(
            format!("revision {name} has a data step, and runs outside of a transaction: {why}"),
            "put the data step into a revision of its own: interrupted outside of a transaction, it could not \
             be told to be done",
            None,
        );
    }
    if surroundings.in_transaction {
        return refuse(
            format!(
                "revision {name} runs outside of a transaction ({why}), and one is open on this connection"
            ),
            "run it before the transaction is opened, on a connection of its own",
            None,
        );
    }
    for statement in script.numbered() {
        let number = statement.number;
        if let (Some(Apart::Unknown { command }), false) = (apart.get(&number), revision.idempotent)
        {
            let (what, hint) = match *command {
                "CREATE INDEX CONCURRENTLY" => (
                    "it gives the index no name",
                    "give the index a name; or say `idempotent = true` in the metadata, if the revision may run twice",
                ),
                _ => (
                    "nothing tells whether it is done",
                    "say `idempotent = true` in the metadata, if the revision may run twice without harm; or run \
                     the statement by hand and `stamp` the revision",
                ),
            };
            return refuse(
                format!(
                    "revision `{}` cannot be run: `{command}` runs outside of a transaction, and interrupted, \
                     it could not be gone on with: {what}",
                    revision.id
                ),
                hint,
                Some(statement),
            );
        }
        if let Some((what, hint)) = of_no_transaction(&statement.text) {
            return refuse(
                format!(
                    "revision {name} cannot be run: it runs outside of a transaction ({why}), where {what}"
                ),
                hint,
                Some(statement),
            );
        }
    }
    Ok(())
}

/// What means nothing where each statement is a transaction of its own, or would be gone after an
/// interruption.
fn of_no_transaction(statement: &str) -> Option<(&'static str, &'static str)> {
    let words = token::first_words(statement);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["SET", "LOCAL" | "TRANSACTION" | "CONSTRAINTS", ..] => Some((
            "this holds for no other statement",
            "write `SET` without `LOCAL`: it is put back after the revision",
        )),
        ["LOCK", ..] => Some((
            "a lock is let go at the end of its own statement",
            "put it into a revision of its own, with what it is for",
        )),
        ["CREATE", "TEMP" | "TEMPORARY", ..]
        | ["CREATE", "LOCAL" | "GLOBAL", "TEMP" | "TEMPORARY", ..]
        | ["CREATE", "OR", "REPLACE", "TEMP" | "TEMPORARY", ..] => Some((
            "a temporary object would be gone after an interruption",
            "put it into a revision of its own, with what it is for, or use an ordinary table and drop it",
        )),
        _ => None,
    }
}
