//! From any schema to any other and back, by way of a server: each is made there, read back,
//! compared, and the one changed into the other.

use std::ops::Range;

use diesel::PgConnection;
use limbeck_core::Schema;
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::object::table::Persistence;
use limbeck_core::schema::object::{
    Action, ConstraintKind, Deferrable, Identity, IdentityMode, OwnerColumn, SequenceOptions, Table,
};
use limbeck_core::schema::snapshot::Snapshot;
use limbeck_core::{Object, ObjectId};
use limbeck_postgres::introspect::{Scope, introspect};
use limbeck_postgres::server::Server;
use limbeck_postgres::{Context, Naming, render, script};

use super::build::*;
use super::{made, run, schema};
use crate::support::{TestDatabase, servers};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Every object that may be there, with the forms that it may have.
fn universe() -> Vec<Vec<Pair>> {
    let mut all = vec![
        vec![namespace("Other \"s")],
        vec![
            an_enum("mood", &["a", "b"]),
            an_enum("mood", &["a", "b", "c"]),
            an_enum("mood", &["x", "b", "a"]),
            an_enum("mood", &["b"]),
        ],
        vec![
            an_enum("Other \"s/state", &["on"]),
            an_enum("Other \"s/state", &["on", "it's"]),
        ],
    ];
    let numbers = |start: i64, min: i64, owner: Option<&'static str>| {
        sequence("numbers", move |sequence| {
            sequence.options = SequenceOptions {
                start,
                increment: 2,
                min,
                max: 1_000_000,
                cache: 1,
                cycle: false,
            };
            sequence.owned_by = owner.map(|column| OwnerColumn {
                table: qualified("t1"),
                column: name(column),
            });
        })
    };
    all.push(vec![
        numbers(1, 1, None),
        numbers(7, 5, Some("n")),
        numbers(3, 1, Some("c1")),
    ]);
    for table_name in ["t1", "t2", "Other \"s/Table 3"] {
        all.extend(table_universe(table_name));
    }
    all
}

fn table_universe(t: &'static str) -> Vec<Vec<Pair>> {
    let unlogged = Object::Table(Table::of(Persistence::Unlogged));
    let with_default = |ty: &'static str, default: &'static str| {
        move |column_name: &str| {
            column(t, column_name, ty, |column| {
                column.default = Some(expression(default))
            })
        }
    };
    let forms = |column_name: &'static str| {
        vec![
            column(t, column_name, "integer", plain),
            column(t, column_name, "bigint", not_null),
            column(t, column_name, "text", plain),
            column(t, column_name, "character varying(20)", not_null),
            with_default("text", "'x'::text")(column_name),
            with_default("numeric(10,2)", "1")(column_name),
            with_default("integer", "1")(column_name),
            with_default("boolean", "false")(column_name),
            with_default("timestamp with time zone", "now()")(column_name),
            with_default("@mood", "'b'::public.mood")(column_name),
            with_default("@mood[]", "'{b}'::public.mood[]")(column_name),
            column(t, column_name, "@Other \"s/state", plain),
            column(t, column_name, "jsonb", plain),
            column(t, column_name, "text", |column| {
                column.collation = Some(qualified("pg_catalog/C"));
            }),
            column(t, column_name, "integer", identity),
            column(t, column_name, "bigint", |column| {
                identity(column);
                column.identity = Some(Identity {
                    mode: IdentityMode::ByDefault,
                    options: SequenceOptions {
                        start: 10,
                        increment: 5,
                        min: 10,
                        max: 99_999,
                        cache: 2,
                        cycle: true,
                    },
                });
            }),
        ]
    };
    let bare = qualified(t).name;
    let named = |kind: &str| format!("{bare}_{kind}");
    let reference = |other: &'static str, deferrable: Deferrable, validated: bool| {
        let (id, mut object) = foreign_key(t, &named("fk"), &["ref"], other, &["id"], |key| {
            key.on_delete = Action::Cascade;
        });
        if let Object::Constraint(constraint) = &mut object {
            constraint.deferrable = deferrable;
            constraint.validated = validated;
        }
        (id, object)
    };
    let at = |index_name: &str| match t.split_once('/') {
        Some((schema_name, _)) => format!("{schema_name}/{index_name}"),
        None => index_name.to_owned(),
    };
    let computed = |text: &str| {
        column(t, "computed", "boolean", |column| {
            column.generated = Some(expression(text))
        })
    };
    let first = |change: &dyn Fn(&mut limbeck_core::schema::object::Index)| {
        index(&at(&named("idx")), t, &["c1"], change)
    };
    vec![
        if t.contains('/') {
            vec![table(t), (table_id(t), unlogged)]
        } else {
            vec![table(t)]
        },
        vec![
            column(t, "id", "bigint", not_null),
            column(t, "id", "bigint", identity),
        ],
        vec![
            column(t, "ref", "bigint", plain),
            column(t, "ref", "bigint", not_null),
        ],
        forms("c1"),
        forms("C \"2"),
        vec![
            column(t, "m", "@mood", plain),
            with_default("@mood", "'b'::public.mood")("m"),
            column(t, "m", "text", plain),
        ],
        vec![
            computed("(c1 IS NULL)"),
            computed("(m = 'b')"),
            column(t, "computed", "boolean", plain),
        ],
        vec![
            column(t, "n", "bigint", plain),
            with_default("bigint", "nextval('public.numbers'::regclass)")("n"),
        ],
        vec![constraint(
            t,
            &named("pkey"),
            ConstraintKind::PrimaryKey(key(&["id"])),
        )],
        vec![
            constraint(t, &named("key"), ConstraintKind::Unique(key(&["n", "ref"]))),
            constraint(t, &named("key"), ConstraintKind::Unique(key(&["ref"]))),
        ],
        vec![
            reference("t1", Deferrable::NotDeferrable, true),
            reference("t2", Deferrable::NotDeferrable, true),
            reference("t2", Deferrable::Deferred, true),
            reference("t1", Deferrable::Immediate, false),
        ],
        vec![
            check(t, &named("check"), "m <> 'b'"),
            check(t, &named("check"), "n > 0"),
        ],
        vec![
            first(&|_| {}),
            first(&|index| index.unique = true),
            first(&|index| index.predicate = Some(expression("m = 'b'"))),
            first(&|index| index.predicate = Some(expression("computed"))),
            first(&|index| {
                index.storage = [("fillfactor".to_owned(), "70".to_owned())].into();
            }),
        ],
        vec![
            comment(table_id(t), "one"),
            comment(table_id(t), "it's two"),
        ],
        vec![comment(column_id(t, "c1"), "one")],
        vec![comment(constraint_id(t, &named("check")), "one")],
        vec![comment(index_id(&at(&named("idx"))), "one")],
    ]
}

/// A schema out of the universe.
fn chosen(dice: &mut Dice, forgetful: bool) -> Schema {
    let mut objects = Vec::new();
    for mut forms in universe() {
        if forgetful {
            forms.retain(|(id, object)| match (id, object) {
                (ObjectId::Column { name, .. }, Object::Column(column)) => {
                    name.as_str() != "computed" || column.generated.is_some()
                }
                _ => true,
            });
        }
        // An absent object takes with it what needs it: most are there.
        if dice.roll(6) > 0 {
            let form = dice.roll(forms.len());
            objects.push(forms.swap_remove(form));
        }
    }
    let mut schema = schema(objects);
    loop {
        let missing: Vec<ObjectId> = schema
            .objects
            .iter()
            .filter(|(id, object)| !is_possible(id, object, &schema))
            .map(|(id, _)| id.clone())
            .collect();
        if missing.is_empty() {
            return schema;
        }
        for id in missing {
            schema.remove(&id);
        }
    }
}

/// Whether all is there that an object needs, its expressions' columns among that.
fn is_possible(id: &ObjectId, object: &Object, schema: &Schema) -> bool {
    let has = |needed: &ObjectId| {
        matches!(needed, ObjectId::Namespace(name) if name.as_str() == "public")
            || schema.get(needed).is_some()
    };
    let mut needed = object.requires(id);
    let table = match object {
        Object::Index(index) => Some(index.table.clone()),
        _ => id.table().cloned(),
    };
    if !matches!(object, Object::Table(_) | Object::Comment(_)) {
        let text = format!("{object:?}");
        for column in ["m", "n", "c1", "computed"] {
            let spoken = ["(", "\"", "("].iter().any(|open| {
                text.contains(&format!("{open}{column} "))
                    || text.contains(&format!("Expression(\"{column}\")"))
            });
            if let (true, Some(table)) = (spoken, &table) {
                needed.push(ObjectId::Column {
                    table: table.clone(),
                    name: name(column),
                });
            }
        }
        if text.contains("public.numbers") {
            needed.push(sequence_id("numbers"));
        }
    }
    if let Object::Sequence(sequence) = object
        && let Some(owner) = &sequence.owned_by
    {
        needed.push(ObjectId::Column {
            table: owner.table.clone(),
            name: owner.column.clone(),
        });
        // Tables may own a sequence only when they are logged as it is.
        if let Some(Object::Table(table)) = schema.get(&ObjectId::Table(owner.table.clone()))
            && table.persistence == Persistence::Unlogged
        {
            return false;
        }
    }
    if let Object::Constraint(constraint) = object
        && let ConstraintKind::ForeignKey(foreign_key) = &constraint.kind
    {
        let bare = &foreign_key.references.name;
        needed.push(ObjectId::Constraint {
            table: foreign_key.references.clone(),
            name: name(&format!("{bare}_pkey")),
        });
        // A table that is logged may not refer to one that is not, nor the other way round.
        let logged = |table: &limbeck_core::QualifiedName| {
            matches!(
                schema.get(&ObjectId::Table(table.clone())),
                Some(Object::Table(Table {
                    persistence: Persistence::Logged,
                    ..
                }))
            )
        };
        if !logged(&foreign_key.references) || table.as_ref().is_some_and(|table| !logged(table)) {
            return false;
        }
    }
    // Not every type has an operator for an index.
    if let Object::Index(index) = object
        && let Some(Object::Column(column)) = schema.get(&ObjectId::Column {
            table: index.table.clone(),
            name: name("c1"),
        })
        && index.unique
        && column.generated.is_some()
    {
        return false;
    }
    needed.iter().all(has)
}

/// Reads a schema, as whatever is read also comes back from a file that it was saved in.
pub(super) fn read(connection: &mut PgConnection) -> Schema {
    let found = introspect(connection, &Scope::all()).expect("the schema can be read");
    let saved = Snapshot {
        schema: found.schema,
        server_version: found.server_version,
    };
    let text = saved.to_json();
    let loaded = Snapshot::from_json("saved.json", &text).expect("it can be loaded");
    assert_eq!(loaded, saved, "{text}");
    assert_eq!(loaded.schema.depends, saved.schema.depends, "{text}");
    assert_eq!(loaded.to_json(), text);
    saved.schema
}

#[track_caller]
fn assert_same(what: &str, is: &Schema, wanted: &Schema, sql: &str) {
    for id in is.objects.keys().chain(wanted.objects.keys()) {
        assert_eq!(is.get(id), wanted.get(id), "{what}: {id}\n{sql}");
    }
}

#[track_caller]
pub(super) fn change(connection: &mut PgConnection, from: &Schema, to: &Schema, what: &str) {
    let naming = Naming::within(name("public"));
    let operations = diff(from, to, &Renames::default());
    let context = Context {
        from,
        to,
        naming: &naming,
    };
    let sql = script(&render(&operations, &context), &[], what);
    run(connection, &sql);
    let now = read(connection);
    assert_same(what, &now, to, &sql);
    assert_eq!(diff(&now, to, &Renames::default()), [], "{what}");
}

#[test]
fn any_schema_becomes_any_other_and_comes_back() {
    let rounds: u64 = std::env::var("LIMBECK_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(12);
    let first: u64 = std::env::var("LIMBECK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    for server in servers() {
        hold(&server, first..first + rounds);
    }
}

fn hold(server: &Server, seeds: Range<u64>) {
    let naming = Naming::within(name("public"));
    let database = TestDatabase::on(server);
    let mut connection = database.connect();
    let other = TestDatabase::on(server);
    let mut fresh = other.connect();
    let nothing = read(&mut connection);
    let mut present = nothing.clone();
    // A column that was generated once goes with a type there, which is nobody's wish.
    let forgetful = server.major() < 14;
    for seed in seeds {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let drawn = chosen(&mut dice, forgetful);
        // Made from nothing, and read in Postgres's own spelling.
        run(
            &mut fresh,
            "DROP SCHEMA IF EXISTS \"Other \"\"s\" CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;",
        );
        run(&mut fresh, &made(&drawn, &naming));
        let wanted = read(&mut fresh);
        let up = format!("up {seed}");
        change(&mut connection, &present, &wanted, &up);
        let down = format!("down {seed}");
        change(&mut connection, &wanted, &present, &down);
        let again = format!("again {seed}");
        change(&mut connection, &present, &wanted, &again);
        present = wanted;
    }
    change(&mut connection, &present, &nothing, "away");
}

#[test]
fn knotty_schemas_become_each_other() {
    let keyed = |ty: &str, key: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({key});
             CREATE TABLE users (id {ty} PRIMARY KEY, best {ty} REFERENCES users (id));
             CREATE TABLE posts (author {ty} CONSTRAINT author REFERENCES users (id));
             COMMENT ON CONSTRAINT author ON posts IS 'who wrote it';"
        )
    };
    let pairs = [
        (keyed("integer", "'a'"), keyed("text", "'a'")),
        (keyed("integer", "'a'"), keyed("bigint", "'a'")),
        (keyed("mood", "'a', 'b'"), keyed("mood", "'b'")),
        (keyed("mood", "'a', 'b'"), keyed("uuid", "'b'")),
        (
            "CREATE TABLE t (id serial PRIMARY KEY)".to_owned(),
            "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)".to_owned(),
        ),
        (
            "CREATE TABLE t (id bigserial PRIMARY KEY); CREATE TABLE u (id int)".to_owned(),
            "CREATE TABLE t (id bigint PRIMARY KEY);
             CREATE TABLE u (id serial)"
                .to_owned(),
        ),
        (
            "CREATE TABLE t (a text); CREATE INDEX ON t (a text_pattern_ops)".to_owned(),
            "CREATE TABLE t (a varchar(9)); CREATE INDEX ON t (a varchar_pattern_ops)".to_owned(),
        ),
        (
            "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED);
             CREATE INDEX ON t (b); CREATE INDEX i ON t (a) WHERE b > 1"
                .to_owned(),
            "CREATE TABLE t (a bigint, b bigint GENERATED ALWAYS AS (a + 2) STORED UNIQUE);
             CREATE INDEX i ON t (a) WHERE b > 1"
                .to_owned(),
        ),
        (
            "CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL)".to_owned(),
            "CREATE TABLE t (a text, b int, CONSTRAINT t_pkey PRIMARY KEY (b))".to_owned(),
        ),
    ];
    for server in servers() {
        for (number, (before, after)) in pairs.iter().enumerate() {
            let (one, other) = (TestDatabase::on(&server), TestDatabase::on(&server));
            let (mut connection, mut fresh) = (one.connect(), other.connect());
            run(&mut connection, before);
            run(&mut fresh, after);
            let (present, wanted) = (read(&mut connection), read(&mut fresh));
            change(&mut connection, &present, &wanted, &format!("up {number}"));
            change(
                &mut connection,
                &wanted,
                &present,
                &format!("down {number}"),
            );
        }
    }
}
