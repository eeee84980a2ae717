//! An application with models of its own that refer to those of a library.

use diesel::prelude::*;
use limbeck::prelude::*;

/// A group with posts in it.
#[derive(Model, Queryable, Selectable, Clone, Debug, PartialEq, Eq)]
#[model(diesel)]
#[diesel(table_name = boards)]
pub struct Board {
    /// Its key.
    #[model(primary_key, identity)]
    pub id: i64,
    /// Its name.
    #[model(unique)]
    pub name: String,
    /// Who may write: an enum of the library's, in the schema that the library is placed in.
    #[model(diesel_type = "::accounts::RoleType")]
    pub writers: accounts::Role,
}

/// What somebody wrote.
#[derive(Model, Queryable, Selectable, Clone, Debug, PartialEq, Eq)]
#[model(diesel)]
#[diesel(table_name = posts)]
pub struct Post {
    /// Its key.
    #[model(primary_key, identity)]
    pub id: i64,
    /// Where it stands.
    #[model(references(Board), on_delete = cascade)]
    pub board_id: i64,
    /// Who wrote it: a table of the library's.
    #[model(references(accounts::User), on_delete = cascade)]
    pub author_id: i64,
    /// The text.
    pub body: String,
}

/// The schema that the library is placed in.
pub const ACCOUNTS: &str = "auth";

/// All that this application migrates: its own revisions, and those of the library, which must be
/// new enough to have `display_name`.
///
/// # Errors
/// When the library is too old.
pub fn migrator() -> limbeck::Result<Migrator> {
    let accounts = accounts::bundle()
        .in_schema(ACCOUNTS)?
        .at_least("5d0c83f7e2b9")?;
    Ok(limbeck::migrator!().bundle(accounts))
}
