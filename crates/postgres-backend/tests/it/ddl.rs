//! Operations as SQL: each case is a schema, operations on it, and the script that is expected,
//! in `tests/cases/ddl/<case>.sql`. Set `LIMBECK_BLESS` to write what came out instead.
//!
//! Every case tests these laws on a server:
//! - the schema before, changed by the script, is the schema after made from nothing;
//! - the operations taken back, last first, give the schema before.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Nullable, Text};
use limbeck_core::schema::operation::Operation;
use limbeck_core::token::{check_script, split};
use limbeck_core::{Object, ObjectId, Schema};
use limbeck_postgres::{Context, Naming, render, script};

use crate::support::{TestDatabase, servers};

mod attributes;
mod build;

mod cases;
mod conversions;
mod crossing;
mod foreign;
mod inheritance;
mod law;
mod not_null;
mod operators;
mod partitions;
mod programs;
mod publications;
mod replaced;
mod search;
mod security;
mod swap;
mod types;

use build::Pair;

/// One case.
#[derive(Default)]
struct Case {
    /// The name of its file.
    name: &'static str,
    /// The first major that knows all of it; older servers only get the text compared.
    since: u32,
    /// The objects before.
    before: Vec<Pair>,
    /// Rows to put in.
    rows: &'static str,
    /// What changes.
    operations: Vec<Operation>,
    /// The objects after, where renames make it more than the operations say.
    after: Option<Vec<Pair>>,
    /// A query of one text, and what it yields after the change.
    expect: Option<(&'static str, &'static str)>,
    /// What is not law here, and why.
    waived: Option<Waived>,
}

/// A law that a case is exempt from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waived {
    /// The rows do not survive the way back.
    Reverse,
}

#[track_caller]
fn check(case: Case) {
    let Case {
        name,
        since,
        before,
        rows,
        operations,
        after,
        expect,
        waived,
    } = case;
    let naming = Naming::within(build::name("public"));
    let from = schema(before);
    let to = after.map_or_else(|| applied(&from, &operations), schema);
    let statements = render(
        &operations,
        &Context {
            from: &from,
            to: &to,
            naming: &naming,
        },
    );
    let up = script(&statements, &[], "");
    compare(name, &up);
    let spans = split(&up).expect("nothing is without an end");
    let texts: Vec<&str> = spans.iter().map(|span| &up[span.range.clone()]).collect();
    let sqls: Vec<&str> = statements.iter().map(|one| one.sql.as_str()).collect();
    assert_eq!(texts, sqls);
    assert_eq!(check_script(&up), []);

    let back: Vec<Operation> = operations
        .into_iter()
        .rev()
        .map(Operation::reverse)
        .collect();
    let context = Context {
        from: &to,
        to: &from,
        naming: &naming,
    };
    let down = script(&render(&back, &context), &[], "");
    let (from, to) = (made(&from, &naming), made(&to, &naming));
    for server in servers().into_iter().filter(|one| one.major() >= since) {
        let major = server.major();
        let database = TestDatabase::on(&server);
        let mut connection = database.connect();
        run(&mut connection, &from);
        let start = snapshot(&mut connection);
        run(&mut connection, rows);
        run(&mut connection, &up);
        let end = snapshot(&mut connection);
        if let Some((query, expected)) = expect {
            assert_eq!(answer(&mut connection, query), expected, "{query}");
        }

        let other = TestDatabase::on(&server);
        let mut fresh = other.connect();
        run(&mut fresh, &to);
        assert_eq!(end, snapshot(&mut fresh), "on {major}, after:\n{up}");

        if waived != Some(Waived::Reverse) {
            run(&mut connection, &down);
            let again = snapshot(&mut connection);
            assert_eq!(again, start, "on {major}, after:\n{down}");
        }
    }
}

fn schema(objects: Vec<Pair>) -> Schema {
    let mut schema = Schema::new();
    for (id, object) in objects {
        schema.insert(id, object);
    }
    schema
}

/// The script that makes a schema from nothing.
fn made(schema: &Schema, naming: &Naming) -> String {
    let rank = |object: &Object| match object {
        Object::Namespace(_) => 0,
        Object::Enum(_) => 1,
        Object::Sequence(_) => 2,
        Object::Table(_) => 3,
        Object::Column(_) => 4,
        Object::Constraint(constraint) => match constraint.kind {
            limbeck_core::schema::object::ConstraintKind::ForeignKey(_) => 7,
            _ => 5,
        },
        Object::Index(_) => 6,
        Object::Comment(_) => 8,
        // Cases with these are written in SQL.
        Object::View(_)
        | Object::MaterializedView(_)
        | Object::Rule(_)
        | Object::Routine(_)
        | Object::Aggregate(_)
        | Object::Trigger(_)
        | Object::EventTrigger(_) => 9,
        Object::Extension(_) => 0,
        Object::Collation(_) => 1,
        Object::Domain(_) | Object::Composite(_) | Object::Range(_) => 1,
        Object::DomainConstraint(_) => 2,
        Object::ReplicaIdentity(_) | Object::Cluster(_) | Object::Typed(_) => 7,
        Object::Statistics(_) => 7,
        Object::Policy(_) | Object::Owner(_) | Object::Grant(_) => 9,
        Object::Partition(_) | Object::Inheritance(_) | Object::Attached(_) => 7,
        Object::Wrapper(_) | Object::Server(_) | Object::UserMapping(_) => 2,
        Object::Publication(_)
        | Object::PublicationTable(_)
        | Object::PublicationSchema(_)
        | Object::Subscription(_)
        | Object::SearchParser(_)
        | Object::SearchTemplate(_)
        | Object::SearchDictionary(_)
        | Object::SearchConfiguration(_)
        | Object::Operator(_)
        | Object::OperatorFamily(_)
        | Object::OperatorClass(_)
        | Object::FamilyMember(_)
        | Object::Cast(_)
        | Object::Conversion(_)
        | Object::Language(_)
        | Object::AccessMethod(_) => 9,
    };
    let place = |id: &ObjectId| match id {
        ObjectId::Column { table, name } => schema
            .columns(table)
            .iter()
            .position(|column| column == name),
        _ => None,
    };
    let mut objects: Vec<_> = schema.objects.iter().collect();
    objects.sort_by_key(|(id, object)| (rank(object), id.table(), place(id)));
    let mut operations = Vec::new();
    let mut owned = Vec::new();
    for (id, object) in objects {
        let mut created = object.clone();
        // The column that owns a sequence is not there yet.
        if let Object::Sequence(sequence) = &mut created
            && sequence.owned_by.take().is_some()
        {
            owned.push(Operation::Alter {
                id: id.clone(),
                from: created.clone(),
                to: object.clone(),
            });
        }
        operations.push(Operation::Create {
            id: id.clone(),
            object: created,
        });
    }
    operations.extend(owned);
    let nothing = Schema::new();
    let statements = render(
        &operations,
        &Context {
            from: &nothing,
            to: schema,
            naming,
        },
    );
    script(&statements, &[], "")
}

/// The schema after operations; renames are spelt out by the cases.
fn applied(from: &Schema, operations: &[Operation]) -> Schema {
    let mut schema = from.clone();
    for operation in operations {
        match operation {
            Operation::Create { id, object } | Operation::Alter { id, to: object, .. } => {
                schema.insert(id.clone(), object.clone());
            }
            Operation::Drop { id, .. } => {
                schema.remove(id);
            }
            Operation::Rename { from, to } => {
                if let Some(object) = schema.remove(from) {
                    schema.insert(to.clone(), object);
                }
            }
        }
    }
    schema
}

#[track_caller]
fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/ddl/{name}.sql"));
    if std::env::var_os("LIMBECK_BLESS").is_some() {
        std::fs::write(&path, actual).expect("the golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{}", path.display());
}

#[track_caller]
fn run(connection: &mut PgConnection, sql: &str) {
    let sql = format!("BEGIN;\nSET LOCAL search_path TO public;\n{sql}\n;COMMIT;");
    if let Err(error) = connection.batch_execute(&sql) {
        panic!("{error}\n{sql}");
    }
}

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

/// The text that a query yields.
#[track_caller]
pub(crate) fn answer(connection: &mut PgConnection, query: &str) -> String {
    let rows: Vec<One> = sql_query(query).load(connection).expect("the query runs");
    rows.into_iter()
        .next()
        .and_then(|row| row.text)
        .unwrap_or_default()
}

fn snapshot(connection: &mut PgConnection) -> String {
    answer(connection, include_str!("ddl/snapshot.sql"))
}
