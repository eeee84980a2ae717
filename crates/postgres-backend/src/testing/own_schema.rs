//! A test in a schema of its own, in a database that others use too.
//!
//! The schema's name tells who made it, as that of a copied database does. That it was made here is
//! proven by its comment, which is written in the batch that makes it; that of a kept one says so.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::{Error, ErrorKind, Ident, Result};

use super::{Home, Setup};
use crate::server::{Server, copy_name, is_left_copy};

/// The comment on a schema that was made here.
const MADE: &str = "limbeck schema of a test";
/// What the comment on a schema begins with that was kept for somebody to look at.
const KEPT: &str = "limbeck schema of a failed test, kept ";

/// Makes a schema and everything in it.
pub(super) fn make(setup: &Setup<'_>, server: &Server) -> Result<Home> {
    server.with_admin(|admin| {
        sweep(admin);
        Ok(())
    })?;
    let name = copy_name();
    let placed = setup.migrator.placed_in(&Ident::new(&name)?)?;
    server.with_admin(|admin| {
        admin
            .batch_execute(&format!(
                "CREATE SCHEMA \"{name}\"; COMMENT ON SCHEMA \"{name}\" IS '{MADE}'"
            ))
            .map_err(|error| {
                crate::error::database_error(error, "the test's schema was made")
                    .with_hint("the role needs the right CREATE on the database")
            })
    })?;
    let made = PgConnection::establish(&url(server, &name))
        .map_err(|_| {
            Error::new(
                ErrorKind::Server,
                format!("no connection to the test's schema `{name}`"),
            )
        })
        .and_then(|mut connection| setup.fill(&placed, &mut connection));
    match made {
        Ok(()) => Ok(Home::Schema(name)),
        Err(error) => {
            remove(server, &name);
            Err(error)
        }
    }
}

/// The URL that leads there.
pub(super) fn url(server: &Server, schema: &str) -> String {
    server.url_in_schema(schema)
}

/// The URL as it may be printed.
pub(super) fn shown(server: &Server, schema: &str) -> String {
    format!("schema `{schema}` of {}", server.shown_maintenance_url())
}

/// Drops it with all that is in it.
pub(super) fn remove(server: &Server, schema: &str) {
    // It may have been renamed or dropped by the test, or the server be gone; else it is swept later.
    let _ = server.with_admin(|admin| {
        admin
            .batch_execute(&format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"))
            .map_err(|error| crate::error::database_error(error, "the test's schema was dropped"))
    });
}

/// Marks it as kept, and its server with it.
pub(super) fn keep(server: &Server, schema: &str, seconds: u64) -> Result<()> {
    server.stay(seconds)?;
    server.with_admin(|admin| {
        admin
            .batch_execute(&format!(
                "COMMENT ON SCHEMA \"{schema}\" IS '{KEPT}{}'",
                crate::server::now()
            ))
            .map_err(|error| crate::error::database_error(error, "the test's schema was kept"))
    })
}

/// Drops the schemas of processes that are gone, but for those that are kept.
fn sweep(admin: &mut PgConnection) {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        comment: String,
    }
    let found = sql_query(
        "SELECT nspname::pg_catalog.text AS name,
                coalesce(pg_catalog.obj_description(oid, 'pg_namespace'), '') AS comment
         FROM pg_catalog.pg_namespace WHERE pg_catalog.starts_with(nspname::pg_catalog.text, 'limbeck_test_')
         ORDER BY nspname LIMIT 20",
    )
    .load::<Found>(admin)
    .unwrap_or_default();
    for Found { name, comment } in found {
        let is_kept = match comment.strip_prefix(KEPT) {
            Some(moment) => crate::server::is_recent(moment),
            None => comment != MADE,
        };
        if !is_kept && is_left_copy(&name) {
            let _ = admin.batch_execute(&format!("DROP SCHEMA IF EXISTS \"{name}\" CASCADE"));
        }
    }
}
