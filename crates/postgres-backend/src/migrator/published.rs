//! Tables in publications. They stand in no schema and are not compared with models; but Postgres drops no
//! column that one lists or filters by, nor gives it another type, so that they are looked at where a draft
//! does that to a column, and where a table goes.

use std::collections::BTreeSet;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::sql_types::{Array, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::schema::object::{Expression, PublicationTable};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result, Schema};

use crate::aside::under_own_path;
use crate::error::database_error;
use crate::introspect::server_version;

/// A table in a publication, and what of the table that needs.
pub(super) struct Published {
    id: ObjectId,
    object: PublicationTable,
    needs: BTreeSet<ObjectId>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    publication: String,
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    relation: String,
    #[diesel(sql_type = Nullable<Text>)]
    filter: Option<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    columns: Option<Vec<String>>,
    #[diesel(sql_type = Array<Text>)]
    needs: Vec<String>,
}

/// Whether a publication may stand in the way of operations, or lose something by them.
pub(super) fn may_matter(operations: &[Operation]) -> bool {
    operations.iter().any(|operation| match operation {
        Operation::Drop { id, object: _ } => {
            matches!(id, ObjectId::Table(_) | ObjectId::Column { .. })
        }
        Operation::Alter {
            id: _,
            from: Object::Column(from),
            to: Object::Column(to),
        } => from.sql_type != to.sql_type,
        // What uses an enum that is made again is of another type for a while.
        Operation::Alter {
            id: ObjectId::Enum(_),
            ..
        } => true,
        Operation::Create { .. } | Operation::Alter { .. } | Operation::Rename { .. } => false,
    })
}

/// Those of the tables of a schema.
pub(super) fn published<C>(connection: &mut C, schema: &Schema) -> Result<Vec<Published>>
where
    C: LoadConnection<Backend = Pg>,
{
    // Columns and rows are chosen since Postgres 15.
    let chosen = match server_version(connection)? {
        150_000.. => include_str!("published.sql"),
        _ => "NULL::text AS filter, NULL::text[] AS columns, '{}'::text[] AS needs\n",
    };
    let query = format!(
        "SELECT p.pubname::text AS publication, n.nspname::text AS schema, c.relname::text AS relation,\n{chosen}\
         FROM pg_publication_rel AS r\nJOIN pg_publication AS p ON p.oid = r.prpubid\n\
         JOIN pg_class AS c ON c.oid = r.prrelid\nJOIN pg_namespace AS n ON n.oid = c.relnamespace\n\
         ORDER BY 1, 2, 3"
    );
    let rows: Vec<Row> = under_own_path(connection, |connection| {
        sql_query(query)
            .load(connection)
            .map_err(|error| database_error(error, "publications were read"))
    })?;
    let mut published = Vec::new();
    for row in rows {
        let table = QualifiedName::parse_parts(&row.schema, &row.relation)?;
        if schema.get(&ObjectId::Table(table.clone())).is_none() {
            continue;
        }
        let columns = row
            .columns
            .map(|names| names.into_iter().map(Ident::new).collect());
        let needs = row.needs.into_iter().map(|name| {
            Ok(ObjectId::Column {
                table: table.clone(),
                name: Ident::new(name)?,
            })
        });
        published.push(Published {
            needs: needs.collect::<Result<_>>()?,
            object: PublicationTable {
                columns: columns.transpose()?,
                filter: row.filter.map(Expression),
            },
            id: ObjectId::PublicationTable {
                publication: Ident::new(row.publication)?,
                table,
            },
        });
    }
    Ok(published)
}

/// Whether two are of one table in one publication.
pub(super) fn is_among(one: &Published, others: &[Published]) -> bool {
    others.iter().any(|other| other.id == one.id)
}

/// Puts them into a schema.
pub(super) fn put<'a>(schema: &mut Schema, published: impl IntoIterator<Item = &'a Published>) {
    for Published { id, object, needs } in published {
        schema.insert(id.clone(), Object::PublicationTable(object.clone()));
        schema.depends.insert(id.clone(), needs.clone());
    }
}
