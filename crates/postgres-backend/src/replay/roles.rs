//! Revisions that make roles, in databases that share a server.

use limbeck_core::{DatabaseError, Error, token};

/// What to do about a role that another test database has made, or still needs.
const HINT: &str = "roles belong to the server, which test databases share: make one only where it is not there (`DO $$ \
     BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '…') THEN CREATE ROLE …; END IF; EXCEPTION WHEN \
     duplicate_object OR unique_violation THEN NULL; END $$`: several may make it at once), and leave `DROP ROLE` out \
     of `down.sql`";

/// Says what to do where roles are in the way, in place of what helps elsewhere.
#[cfg(feature = "testing")]
pub(crate) fn told(error: Error) -> Error {
    match hint(&error) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// What to do, where roles are in the way.
pub(crate) fn hint(error: &Error) -> Option<&'static str> {
    error.database().is_some_and(is_of_roles).then_some(HINT)
}

/// Whether a role exists already, or is still needed. In a `DO` block the statement does not say that it
/// is one; the message does, where it is not translated.
fn is_of_roles(database: &DatabaseError) -> bool {
    let says = |verb: &str| {
        let statement = database.statement.as_deref().unwrap_or_default();
        let words: Vec<&str> = token::significant(statement).take(3).collect();
        let is = |at: usize, word: &str| {
            let found = words.get(at);
            found.is_some_and(|found| found.eq_ignore_ascii_case(word))
        };
        let is_role = ["ROLE", "USER", "GROUP"].iter().any(|word| is(1, word));
        let of_roles = is(0, verb) && is_role && !is(2, "MAPPING");
        of_roles || database.message.starts_with("role \"")
    };
    match database.sqlstate.as_deref() {
        Some("42710") => says("CREATE"),
        Some("2BP01") => says("DROP"),
        Some("23505") => database.constraint.as_deref() == Some("pg_authid_rolname_index"),
        _ => false,
    }
}
