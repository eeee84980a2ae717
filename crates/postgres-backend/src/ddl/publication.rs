//! Publications, and the tables and schemas in them. What says of a table which columns and rows are
//! published is not altered: the table leaves the publication and comes back.

use limbeck_core::schema::object::{Publication, PublicationTable, Published};
use limbeck_core::{Ident, ObjectId};

use super::{Piece, lay_out, list};
use crate::expression::parenthesised;
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, publication: &Publication) -> Vec<Piece> {
    let ObjectId::Publication(name) = id else {
        return Vec::new();
    };
    let Publication {
        all_tables,
        operations,
        via_root,
        generated_columns,
    } = publication;
    let mut clauses = Vec::new();
    if *all_tables {
        clauses.push("FOR ALL TABLES".to_owned());
    }
    let mut options = Vec::new();
    if operations.len() < Published::ALL.len() {
        options.push(publish(publication));
    }
    if *via_root {
        options.push(partition_root(*via_root));
    }
    if *generated_columns {
        options.push(generated(*generated_columns));
    }
    if !options.is_empty() {
        clauses.push(format!("WITH ({})", options.join(", ")));
    }
    vec![Piece::statement(
        id,
        lay_out(&format!("CREATE PUBLICATION {}", ident(name)), &clauses),
        format!("create publication {name}"),
    )]
}

pub(super) fn drop(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::Publication(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP PUBLICATION {}", ident(name)),
        format!("drop publication {name}"),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Publication, to: &Publication) -> Vec<Piece> {
    let ObjectId::Publication(name) = id else {
        return Vec::new();
    };
    if !from.can_become(to) {
        let mut pieces = drop(id);
        pieces.extend(create(id, to));
        return pieces;
    }
    let Publication {
        all_tables: _,
        operations,
        via_root,
        generated_columns,
    } = from;
    let mut options = Vec::new();
    if *operations != to.operations {
        options.push(publish(to));
    }
    if *via_root != to.via_root {
        options.push(partition_root(to.via_root));
    }
    if *generated_columns != to.generated_columns {
        options.push(generated(to.generated_columns));
    }
    if options.is_empty() {
        return Vec::new();
    }
    vec![Piece::statement(
        id,
        format!(
            "ALTER PUBLICATION {} SET ({})",
            ident(name),
            options.join(", ")
        ),
        format!("alter publication {name}"),
    )]
}

fn publish(publication: &Publication) -> String {
    let words: Vec<&str> = publication
        .operations
        .iter()
        .map(|operation| match operation {
            Published::Insert => "insert",
            Published::Update => "update",
            Published::Delete => "delete",
            Published::Truncate => "truncate",
        })
        .collect();
    format!("publish = '{}'", words.join(", "))
}

fn partition_root(via_root: bool) -> String {
    format!("publish_via_partition_root = {via_root}")
}

fn generated(published: bool) -> String {
    let word = if published { "stored" } else { "none" };
    format!("publish_generated_columns = {word}")
}

pub(super) fn add_table(id: &ObjectId, entry: &PublicationTable, naming: &Naming) -> Vec<Piece> {
    let ObjectId::PublicationTable { publication, table } = id else {
        return Vec::new();
    };
    let PublicationTable { columns, filter } = entry;
    // Its children are published by an entry of their own, if at all.
    let mut what = format!("ADD TABLE ONLY {}", naming.qualified(table));
    if let Some(columns) = columns {
        let columns: Vec<Ident> = columns.iter().cloned().collect();
        what.push_str(&format!(" ({})", list(&columns)));
    }
    if let Some(filter) = filter {
        let filter = parenthesised(&naming.expression(filter));
        what.push_str(&format!(" WHERE {filter}"));
    }
    let table = naming.shown(table);
    vec![member(
        id,
        publication,
        &what,
        format!("publish table {table} by {publication}"),
    )]
}

pub(super) fn drop_table(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::PublicationTable { publication, table } = id else {
        return Vec::new();
    };
    let what = format!("DROP TABLE ONLY {}", naming.qualified(table));
    let table = naming.shown(table);
    let reason = format!("publish table {table} no longer by {publication}");
    vec![member(id, publication, &what, reason)]
}

pub(super) fn alter_table(
    id: &ObjectId,
    from: &PublicationTable,
    to: &PublicationTable,
    naming: &Naming,
) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let mut pieces = drop_table(id, naming);
    pieces.extend(add_table(id, to, naming));
    pieces
}

pub(super) fn add_schema(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::PublicationSchema {
        publication,
        schema,
    } = id
    else {
        return Vec::new();
    };
    let what = format!("ADD TABLES IN SCHEMA {}", ident(schema));
    let reason = format!("publish schema {schema} by {publication}");
    vec![member(id, publication, &what, reason)]
}

pub(super) fn drop_schema(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::PublicationSchema {
        publication,
        schema,
    } = id
    else {
        return Vec::new();
    };
    let what = format!("DROP TABLES IN SCHEMA {}", ident(schema));
    let reason = format!("publish schema {schema} no longer by {publication}");
    vec![member(id, publication, &what, reason)]
}

fn member(id: &ObjectId, publication: &Ident, what: &str, reason: String) -> Piece {
    let sql = format!("ALTER PUBLICATION {} {what}", ident(publication));
    Piece::statement(id, sql, reason)
}

pub(super) fn rename(from: &Ident, to: &Ident) -> Vec<Piece> {
    vec![Piece::statement(
        &ObjectId::Publication(to.clone()),
        format!("ALTER PUBLICATION {} RENAME TO {}", ident(from), ident(to)),
        format!("rename publication {from} to {to}"),
    )]
}
