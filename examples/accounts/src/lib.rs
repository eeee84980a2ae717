//! Accounts for web applications: users, their roles and their sessions. An example of a library
//! that ships its tables as a *bundle*: the models, and the revisions in `migrations/` that make
//! them, embedded in whatever program lists it.
//!
//! ```
//! # fn main() -> limbeck::Result<()> {
//! let migrator = limbeck::migrator!(no_migrations, models = [])
//!     .bundle(accounts::bundle().in_schema("auth")?);
//! # let _ = migrator;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here says in which schema the tables stand: the application does, once for the migrator
//! and once for its connections ([`search_path`]).

use chrono::{DateTime, Duration, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use limbeck::prelude::*;

/// What somebody may do.
#[derive(PgEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[pg_enum(name = "account_role")]
pub enum Role {
    /// Use the application.
    Member,
    /// Run it.
    Admin,
}

/// Somebody with an account.
#[derive(Model, Queryable, Selectable, Identifiable, Clone, Debug, PartialEq, Eq)]
#[model(diesel)]
#[diesel(table_name = users)]
pub struct User {
    /// The key, for the foreign keys of applications.
    #[model(primary_key, identity)]
    pub id: i64,
    /// The address, as it was typed.
    #[model(unique)]
    pub email: String,
    /// What they may do.
    #[model(default = "'member'", diesel_type = "RoleType")]
    pub role: Role,
    /// Since when.
    #[model(default = "now()")]
    pub created_at: DateTime<Utc>,
    /// What they want to be called; came with version 0.3.
    pub display_name: Option<String>,
}

/// Somebody who is signed in.
#[derive(Model, Queryable, Selectable, Identifiable, Clone, Debug, PartialEq, Eq)]
#[model(diesel)]
#[diesel(table_name = sessions, primary_key(token))]
pub struct Session {
    /// What the browser keeps.
    #[model(primary_key)]
    pub token: String,
    /// Whose it is.
    #[model(references(User), on_delete = cascade, index)]
    pub user_id: i64,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(sessions, users);

/// The models of this library, with the revisions that make their tables. The macro stands in this
/// crate, so that calling this function is all that an application does to have every model.
pub fn bundle() -> Bundle {
    limbeck::bundle!()
}

/// The statement that lets a connection see the tables of a bundle that is placed in a schema, in
/// front of whatever it sees already.
pub fn search_path(schema: &str) -> String {
    format!(
        "SET search_path = \"{}\", public",
        schema.replace('"', "\"\"")
    )
}

/// Makes an account.
///
/// # Errors
/// When the address has one already, or the database fails.
pub fn sign_up<C>(connection: &mut C, email: &str, role: Role) -> QueryResult<User>
where
    C: diesel::connection::LoadConnection<Backend = Pg>,
{
    diesel::insert_into(users::table)
        .values((users::email.eq(email), users::role.eq(role)))
        .returning(User::as_returning())
        .get_result(connection)
}

/// Opens a session of a day.
///
/// # Errors
/// When the token is taken, or the database fails.
pub fn sign_in<C>(connection: &mut C, user: &User, token: &str) -> QueryResult<Session>
where
    C: diesel::connection::LoadConnection<Backend = Pg>,
{
    diesel::insert_into(sessions::table)
        .values((
            sessions::token.eq(token),
            sessions::user_id.eq(user.id),
            sessions::expires_at.eq(Utc::now() + Duration::days(1)),
        ))
        .returning(Session::as_returning())
        .get_result(connection)
}

/// Whose session it is, while it lasts.
///
/// # Errors
/// When the database fails.
pub fn user_of<C>(connection: &mut C, token: &str) -> QueryResult<Option<User>>
where
    C: diesel::connection::LoadConnection<Backend = Pg>,
{
    sessions::table
        .inner_join(users::table)
        .filter(sessions::token.eq(token))
        .filter(sessions::expires_at.gt(Utc::now()))
        .select(User::as_select())
        .first(connection)
        .optional()
}
