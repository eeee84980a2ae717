//! A scratch database made ready for the questions: what expressions may name.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::schema::lower::{Declared, DeclaredObject};
use limbeck_core::schema::object::{Enum, Namespace, Sequence};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, Result, Schema};

use crate::ddl::{Context, render};
use crate::error::database_error;
use crate::quote::Naming;
use crate::scratch::Extension;

/// Makes the schemas, the extensions as far as the server has them, the enums as they are to be,
/// and the sequences.
pub(super) fn prepare(
    scratch: &mut PgConnection,
    declared: &Declared,
    live: &Schema,
    extensions: &[Extension],
) -> Result<()> {
    let mut wanted = Schema::new();
    for (id, object) in &live.objects {
        match object {
            Object::Namespace(_) | Object::Enum(_) => wanted.insert(id.clone(), object.clone()),
            Object::Sequence(sequence) => {
                let sequence = Sequence {
                    owned_by: None,
                    ..sequence.clone()
                };
                wanted.insert(id.clone(), Object::Sequence(sequence));
            }
            _ => {}
        }
    }
    for (id, object) in &declared.objects {
        match object {
            DeclaredObject::Namespace(namespace) => {
                wanted.insert(id.clone(), Object::Namespace(*namespace));
            }
            DeclaredObject::Enum(Enum { values }) => {
                let values = values.clone();
                wanted.insert(id.clone(), Object::Enum(Enum { values }));
            }
            _ => {}
        }
    }
    for extension in extensions {
        if extension.schema.as_str() != "pg_catalog" {
            let schema = ObjectId::Namespace(extension.schema.clone());
            wanted.insert(schema, Object::Namespace(Namespace {}));
        }
    }
    // `public` is in every database that was made from a template.
    if let Ok(public) = Ident::new("public") {
        wanted.remove(&ObjectId::Namespace(public));
    }

    let (schemas, objects): (Vec<_>, Vec<_>) = wanted
        .objects
        .iter()
        .partition(|(id, _)| matches!(id, ObjectId::Namespace(_)));
    make(scratch, schemas)?;
    for extension in extensions {
        // One that cannot be had here is missed only by what names it, which then says so.
        extension.bring(scratch);
    }
    make(scratch, objects)
}

fn make(scratch: &mut PgConnection, objects: Vec<(&ObjectId, &Object)>) -> Result<()> {
    let nothing = Schema::new();
    let naming = Naming::everywhere();
    let context = Context {
        from: &nothing,
        to: &nothing,
        naming: &naming,
    };
    let operations: Vec<Operation> = objects
        .into_iter()
        .map(|(id, object)| Operation::Create {
            id: id.clone(),
            object: object.clone(),
        })
        .collect();
    let statements = render(&operations, &context);
    if statements.is_empty() {
        return Ok(());
    }
    let sql: Vec<String> = statements
        .into_iter()
        .map(|statement| statement.sql)
        .collect();
    scratch
        .batch_execute(&sql.join(";\n"))
        .map_err(|error| database_error(error, "a scratch database was made ready"))
}
