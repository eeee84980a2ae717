//! The extensions of a database, made in scratch as well.

use diesel::connection::{Connection, LoadConnection, SimpleConnection};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::{Ident, Result};

use crate::error::database_error;
use crate::quote::ident;

/// An extension and the schema that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) name: Ident,
    pub(crate) schema: Ident,
}

impl Extension {
    /// Makes it where it is not there, in its schema where that is. Says whether it is there now: a server may not
    /// have it, and a role may not make it.
    pub(crate) fn bring(&self, connection: &mut PgConnection) -> bool {
        let Self { name, schema } = self;
        let (name, schema) = (ident(name), ident(schema));
        let make = format!(
            "CREATE SCHEMA IF NOT EXISTS {schema};\nCREATE EXTENSION IF NOT EXISTS {name} SCHEMA {schema}"
        );
        let anywhere = format!("CREATE EXTENSION IF NOT EXISTS {name}");
        [make, anywhere].iter().any(|sql| {
            connection
                .transaction(|connection| connection.batch_execute(sql))
                .is_ok()
        })
    }
}

/// The extensions of a database, oldest first, without those of every database.
pub(crate) fn extensions<C>(connection: &mut C) -> Result<Vec<Extension>>
where
    C: LoadConnection<Backend = Pg>,
{
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        schema: String,
    }
    let rows: Vec<Row> = sql_query(
        "SELECT e.extname::pg_catalog.text AS name, n.nspname::pg_catalog.text AS schema\n\
         FROM pg_catalog.pg_extension AS e\n\
         JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace\n\
         WHERE e.extname OPERATOR(pg_catalog.<>) 'plpgsql'\n\
         ORDER BY e.oid",
    )
    .load(connection)
    .map_err(|error| database_error(error, "the extensions were listed"))?;
    rows.into_iter()
        .map(|Row { name, schema }| {
            Ok(Extension {
                name: Ident::new(name)?,
                schema: Ident::new(schema)?,
            })
        })
        .collect()
}
