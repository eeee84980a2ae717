//! Reads publications, and what is in them.

use limbeck_core::schema::object::{
    Expression, Publication, PublicationSchema, PublicationTable, Published,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, PUBLICATION, PUBLICATION_TABLE, parse};

pub(super) const SQL: &str = include_str!("publication.sql");

#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum Row {
    Publication {
        oid: u32,
        name: String,
        all_tables: bool,
        insert: bool,
        update: bool,
        delete: bool,
        truncate: bool,
        via_root: bool,
        generated: bool,
    },
    Table {
        oid: u32,
        publication: String,
        schema: String,
        table: String,
        filter: Option<String>,
        columns: Option<Vec<String>>,
    },
    Schema {
        publication: String,
        schema: String,
    },
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    match parse(body)? {
        Row::Publication {
            oid,
            name,
            all_tables,
            insert,
            update,
            delete,
            truncate,
            via_root,
            generated,
        } => {
            let said = [insert, update, delete, truncate];
            let operations = Published::ALL.into_iter().zip(said);
            let id = ObjectId::Publication(Ident::new(name)?);
            found.stands_at(PUBLICATION, oid, 0, &id);
            found.put(
                id,
                Object::Publication(Publication {
                    all_tables,
                    operations: operations
                        .filter(|(_, published)| *published)
                        .map(|(operation, _)| operation)
                        .collect(),
                    via_root,
                    generated_columns: generated,
                }),
            );
        }
        Row::Table {
            oid,
            publication,
            schema,
            table,
            filter,
            columns,
        } => {
            let id = ObjectId::PublicationTable {
                publication: Ident::new(publication)?,
                table: QualifiedName::parse_parts(&schema, &table)?,
            };
            let columns = columns.map(|names| names.into_iter().map(Ident::new).collect());
            found.stands_at(PUBLICATION_TABLE, oid, 0, &id);
            found.put(
                id,
                Object::PublicationTable(PublicationTable {
                    columns: columns.transpose()?,
                    filter: filter.map(Expression),
                }),
            );
        }
        Row::Schema {
            publication,
            schema,
        } => {
            let id = ObjectId::PublicationSchema {
                publication: Ident::new(publication)?,
                schema: Ident::new(schema)?,
            };
            found.put(id, Object::PublicationSchema(PublicationSchema));
        }
    }
    Ok(())
}
