//! The connections of a test that has a schema of its own in a database which others use too.
//!
//! They say so by a setting, which their URL makes: a migrator that is placed elsewhere, as an application's own is,
//! would change for good what is not the test's.

use limbeck_core::{Error, ErrorKind, Ident};

/// The setting of the session that names the schema.
pub(crate) const SETTING: &str = "limbeck.test_schema";

/// The schema that a session says it is for.
pub(crate) fn named(value: Option<&str>) -> Option<&str> {
    // A setting that was taken back is empty.
    value.filter(|schema| !schema.is_empty())
}

/// Refuses to work in `place` on the connection of a test in `schema`.
pub(crate) fn refuse(schema: &str, place: &Ident) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "this connection is that of a test in the schema `{schema}`, and this migrator is placed in `{place}`, \
             which is not the test's"
        ),
    )
    .with_hint(
        "hand what is tested the migrator that `TestDatabase::placed` gives: `database.placed(&migrator)?`; or give \
         each test a database of its own",
    )
}
