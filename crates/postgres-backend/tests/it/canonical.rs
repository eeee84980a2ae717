//! Models' spelling against Postgres's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::schema::diff::diff;
use limbeck_core::schema::lower::{Declared, DeclaredObject, lower};
use limbeck_core::schema::model::{
    ModelCheck, ModelColumn, ModelEnum, ModelEnumValue, ModelExclude, ModelIndex,
    ModelIndexElement, ModelIndexKey, ModelTable, ModelType,
};
use limbeck_core::schema::object::{Deferrable, Expression, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::overlay::overlay;
use limbeck_core::{Error, ErrorKind, Ident, Location, ObjectId, QualifiedName, Result};
use limbeck_postgres::canonical::canonicalize;
use limbeck_postgres::introspect::{Scope, introspect};
use limbeck_postgres::scratch::{self, Scratch, ScratchSource};
use limbeck_postgres::server::Server;

use crate::support::{TestDatabase, own_server, server, servers};

fn public() -> Ident {
    Ident::new("public").unwrap()
}

fn place() -> Location {
    Location {
        file: "src/models.rs".to_owned(),
        line: Some(3),
        column: None,
    }
}

fn table(name: &str, columns: Vec<ModelColumn>) -> ModelTable {
    ModelTable {
        columns,
        ..ModelTable::new("blog::Model", place(), name)
    }
}

fn column(name: &str, sql_type: &str) -> ModelColumn {
    ModelColumn {
        nullable: true,
        ..ModelColumn::new(name, ModelType::Sql(sql_type.to_owned()))
    }
}

fn with_default(column: ModelColumn, text: &str) -> ModelColumn {
    ModelColumn {
        default: Some(text.to_owned()),
        ..column
    }
}

fn check(name: Option<&str>, text: &str) -> ModelCheck {
    ModelCheck {
        name: name.map(str::to_owned),
        column: None,
        expression: text.to_owned(),
        no_inherit: false,
        not_valid: false,
    }
}

fn index(elements: Vec<ModelIndexElement>, predicate: Option<&str>) -> ModelIndex {
    ModelIndex {
        name: None,
        unique: false,
        method: "btree".to_owned(),
        elements,
        include: Vec::new(),
        predicate: predicate.map(str::to_owned),
        nulls_not_distinct: false,
        storage: Vec::new(),
    }
}

fn by_expression(text: &str) -> ModelIndexElement {
    ModelIndexElement {
        key: ModelIndexKey::Expression(text.to_owned()),
        ..ModelIndexElement::column("")
    }
}

fn mood(values: &[&str]) -> ModelType {
    ModelType::Enum(ModelEnum {
        rust_name: "blog::Mood".to_owned(),
        location: place(),
        schema: None,
        name: "mood".to_owned(),
        renamed_from: None,
        values: values
            .iter()
            .map(|value| ModelEnumValue {
                value: (*value).to_owned(),
                renamed_from: None,
            })
            .collect(),
        comment: None,
    })
}

fn no_scratch() -> Result<Scratch> {
    Err(Error::new(
        ErrorKind::Server,
        "there is no scratch database",
    ))
}

fn canonical(conn: &mut PgConnection, models: &[ModelTable]) -> Result<Declared> {
    let live = introspect(conn, &Scope::all())?;
    let declared = lower(models, &public())?;
    canonicalize(conn, &declared, &live.schema, &mut no_scratch)
}

fn differences(conn: &mut PgConnection, models: &[ModelTable]) -> Result<Vec<Operation>> {
    differences_with(conn, models, &mut no_scratch)
}

fn differences_with(
    conn: &mut PgConnection,
    models: &[ModelTable],
    scratch: &mut dyn FnMut() -> Result<Scratch>,
) -> Result<Vec<Operation>> {
    let live = introspect(conn, &Scope::all())?;
    let declared = lower(models, &public())?;
    let declared = canonicalize(conn, &declared, &live.schema, scratch)?;
    let desired = overlay(&live.schema, None, &declared);
    Ok(diff(&live.schema, &desired, &declared.renames))
}

/// A database with what the cases name.
fn prepared(server: &Server) -> (TestDatabase, PgConnection) {
    let database = TestDatabase::on(server);
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE EXTENSION citext SCHEMA public; CREATE EXTENSION pg_trgm SCHEMA public;
         CREATE EXTENSION btree_gist SCHEMA public;
         CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE SEQUENCE q;
         CREATE FUNCTION f(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'",
    )
    .unwrap();
    (database, conn)
}

#[track_caller]
fn check_nothing(conn: &mut PgConnection, sql: &str, model: ModelTable) {
    conn.batch_execute("DROP TABLE IF EXISTS t").unwrap();
    conn.batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    let found = differences(conn, std::slice::from_ref(&model))
        .unwrap_or_else(|error| panic!("{error:?}: {sql}"));
    assert_eq!(found, [], "{sql}");
}

#[test]
fn another_spelling_of_a_type_or_default_yields_nothing() {
    for server in servers() {
        let (_database, mut conn) = prepared(&server);
        for (live_type, live_default, written_type, written) in [
            ("integer", "0", "int4", "0"),
            ("integer", "0", "integer", "'0'"),
            ("bigint", "0", "int8", "0"),
            ("integer", "-1", "int", "-1"),
            ("integer", "1 + 2", "int", "(1+2)"),
            ("smallint", "1", "int2", "1"),
            ("numeric(10,2)", "0.0", "decimal(10, 2)", "'0.0'"),
            ("numeric(10,2)", "0.00", "numeric(10,2)", "0.00"),
            ("real", "1.5", "float4", "1.5"),
            ("double precision", "0", "float8", "0"),
            ("boolean", "false", "bool", "FALSE"),
            ("boolean", "true", "bool", "'t'"),
            ("text", "'a'", "text", "'a'"),
            ("text", "'a'", "text", "'a'::text"),
            ("text", "''", "TEXT", "''"),
            ("text", "'it''s'", "text", "E'it\\'s'"),
            ("varchar(20)", "'a'", "varchar(20)", "'a'"),
            (
                "varchar(20)",
                "'a'",
                "character varying(20)",
                "'a'::character varying",
            ),
            ("varchar", "'a'", "varchar", "'a'::varchar"),
            ("char(3)", "'abc'", "character(3)", "'abc'"),
            ("timestamptz", "now()", "timestamptz", "now()"),
            ("timestamptz", "now()", "timestamp with time zone", "NOW()"),
            (
                "timestamptz",
                "CURRENT_TIMESTAMP",
                "timestamptz",
                "current_timestamp",
            ),
            ("timestamp", "now()", "timestamp", "now()"),
            (
                "timestamp(3)",
                "now()",
                "timestamp(3) without time zone",
                "Now( )",
            ),
            (
                "timestamp",
                "timezone('utc', now())",
                "timestamp",
                "timezone('utc', now())",
            ),
            (
                "timestamp",
                "now() AT TIME ZONE 'utc'",
                "timestamp",
                "now() at time zone 'utc'",
            ),
            ("date", "CURRENT_DATE", "date", "current_date"),
            ("time", "'10:00'", "time", "'10:00:00'"),
            ("interval", "'1 day'", "interval", "interval '1 day'"),
            (
                "interval day to second(2)",
                "'1 day'",
                "interval day to second(2)",
                "'1 day'",
            ),
            ("uuid", "gen_random_uuid()", "uuid", "gen_random_uuid()"),
            (
                "uuid",
                "gen_random_uuid()",
                "uuid",
                "pg_catalog.gen_random_uuid()",
            ),
            ("jsonb", "'{}'", "jsonb", "'{}'"),
            ("jsonb", "'{}'", "jsonb", "'{}'::jsonb"),
            ("jsonb", "'{\"a\": 1}'", "jsonb", "'{\"a\":1}'"),
            ("json", "'[]'", "json", "'[]'"),
            ("text[]", "'{}'", "text[]", "'{}'"),
            ("text[]", "ARRAY[]::text[]", "text []", "array[]::text[]"),
            ("integer[]", "'{1,2}'", "int4[]", "'{1, 2}'"),
            ("bytea", "'\\x00'", "bytea", "'\\x00'"),
            ("inet", "'127.0.0.1'", "inet", "'127.0.0.1'"),
            ("citext", "'a'", "citext", "'a'"),
            ("citext", "'a'", "public.citext", "'a'::citext"),
            ("citext[]", "'{}'", "citext[]", "'{}'"),
            ("mood", "'sad'", "mood", "'sad'"),
            ("mood", "'sad'", "public.mood", "'sad'::mood"),
            ("mood[]", "'{sad,ok}'", "mood[]", "'{sad,ok}'"),
            ("text", "f('x')", "text", "f('x')"),
            ("text", "f('x')", "text", "public.f('x'::text)"),
            ("text", "CURRENT_USER", "text", "current_user"),
            ("text", "upper('a' || 'b')", "text", "upper('a'||'b')"),
            ("bit(4)", "B'0101'", "bit(4)", "b'0101'"),
            ("bigint", "nextval('q')", "bigint", "nextval('q')"),
            (
                "bigint",
                "nextval('q')",
                "bigint",
                "nextval('public.q'::regclass)",
            ),
            ("double precision", "random()", "float", "random()"),
            ("text", "COALESCE(NULL, 'x')", "text", "coalesce(null, 'x')"),
            (
                "text",
                "CASE WHEN true THEN 'a' ELSE 'b' END",
                "text",
                "case when true then 'a' else 'b' end",
            ),
        ] {
            check_nothing(
                &mut conn,
                &format!("CREATE TABLE t (c {live_type} DEFAULT ({live_default}))"),
                table("t", vec![with_default(column("c", written_type), written)]),
            );
        }
    }
}

#[test]
fn another_spelling_of_a_check_yields_nothing() {
    for server in servers() {
        let (_database, mut conn) = prepared(&server);
        let columns = "price integer, kind varchar(10), body text, email text, flag boolean,
            amount numeric(10,2), mood mood, tags text[], at timestamptz, data jsonb, lo date, hi date";
        let model_columns = || {
            [
                ("price", "int"),
                ("kind", "varchar(10)"),
                ("body", "text"),
                ("email", "text"),
                ("flag", "bool"),
                ("amount", "numeric(10,2)"),
                ("mood", "mood"),
                ("tags", "text[]"),
                ("at", "timestamptz"),
                ("data", "jsonb"),
                ("lo", "date"),
                ("hi", "date"),
            ]
            .map(|(name, sql_type)| column(name, sql_type))
            .to_vec()
        };
        for (live, written) in [
            ("price > 0", "price > 0"),
            ("price > 0", "price>0"),
            ("price > 0", "(price > 0)"),
            ("price > 0", "t.price > 0"),
            ("price > 0 AND price < 10", "price > 0 and price < 10"),
            ("price BETWEEN 1 AND 10", "price between 1 and 10"),
            ("price BETWEEN 1 AND 10", "price >= 1 AND price <= 10"),
            ("kind IN ('a', 'b')", "kind IN ('a','b')"),
            // As pg_dump prints it, and as Postgres prints that when it reads it again.
            (
                "kind IN ('a', 'b')",
                "((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            ),
            (
                "((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
                "kind IN ('a', 'b')",
            ),
            ("body IN ('a', 'b')", "body in ('a', 'b')"),
            ("body IN ('a', 'b')", "body = ANY (ARRAY['a', 'b'])"),
            ("body LIKE 'a%'", "body like 'a%'"),
            ("body LIKE 'a%'", "body ~~ 'a%'"),
            ("body ~ '^[a-z]+$'", "body ~ '^[a-z]+$'"),
            ("length(body) <= 100", "length(body)<=100"),
            ("char_length(kind) > 1", "char_length(kind) > 1"),
            ("flag", "flag"),
            ("NOT flag", "not flag"),
            ("flag IS NOT FALSE", "flag is not false"),
            ("body <> ''", "body != ''"),
            (
                "body IS NOT NULL OR email IS NOT NULL",
                "(body is not null) or (email is not null)",
            ),
            ("amount >= 0", "amount >= 0"),
            ("amount >= 0", "amount >= 0::numeric"),
            ("price::text <> '1'", "cast(price as text) <> '1'"),
            ("mood <> 'sad'", "mood <> 'sad'"),
            ("mood IN ('sad', 'ok')", "mood in ('sad', 'ok')"),
            ("cardinality(tags) < 5", "cardinality(tags) < 5"),
            ("data ? 'a'", "data ? 'a'"),
            (
                "jsonb_typeof(data) = 'object'",
                "jsonb_typeof(data) = 'object'",
            ),
            ("lo < hi", "lo<hi"),
            (
                "at > '2020-01-01 00:00:00+00'",
                "at > '2020-01-01 00:00:00+00'::timestamptz",
            ),
            (
                "num_nonnulls(body, email) = 1",
                "num_nonnulls(body, email) = 1",
            ),
            ("lower(email) = email", "lower(email)=email"),
            (
                "f(body) IS DISTINCT FROM 'x'",
                "public.f(body) is distinct from 'x'",
            ),
            ("t.* IS NOT NULL", "t.* is not null"),
        ] {
            for name in [None, Some("c")] {
                check_nothing(
                    &mut conn,
                    &format!("CREATE TABLE t ({columns}, CONSTRAINT c CHECK ({live}))"),
                    ModelTable {
                        checks: vec![check(name, written)],
                        ..table("t", model_columns())
                    },
                );
            }
        }
    }
}

#[test]
fn another_spelling_of_an_index_yields_nothing() {
    for server in servers() {
        let (_database, mut conn) = prepared(&server);
        let element = |column: &str| ModelIndexElement::column(column);
        let class = |column: &str, class: &str| ModelIndexElement {
            operator_class: Some(class.to_owned()),
            ..element(column)
        };
        let collated = |column: &str, collation: &str| ModelIndexElement {
            collation: Some(collation.to_owned()),
            ..element(column)
        };
        let by = |method: &str, index: ModelIndex| ModelIndex {
            method: method.to_owned(),
            ..index
        };
        let cases = [
            (
                "(lower(email))",
                index(vec![by_expression("lower(email)")], None),
            ),
            (
                "(lower(email))",
                index(vec![by_expression("LOWER( email )")], None),
            ),
            (
                "((a || email))",
                index(vec![by_expression("a||email")], None),
            ),
            (
                "((a || email))",
                index(vec![by_expression("(a || email)")], None),
            ),
            (
                "((data ->> 'k'))",
                index(vec![by_expression("data->>'k'")], None),
            ),
            (
                "(((data ->> 'k')::int))",
                index(vec![by_expression("(data->>'k')::int")], None),
            ),
            (
                "(email) WHERE flag",
                index(vec![element("email")], Some("flag")),
            ),
            (
                "(email) WHERE a <> ''",
                index(vec![element("email")], Some("a != ''")),
            ),
            (
                "(email) WHERE NOT flag AND a IS NULL",
                index(vec![element("email")], Some("not flag and (a is null)")),
            ),
            ("(email)", index(vec![class("email", "text_ops")], None)),
            (
                "(email text_pattern_ops)",
                index(vec![class("email", "text_pattern_ops")], None),
            ),
            (
                "USING gin (email gin_trgm_ops)",
                by("gin", index(vec![class("email", "gin_trgm_ops")], None)),
            ),
            (
                "USING gin (data jsonb_path_ops)",
                by(
                    "gin",
                    index(vec![class("data", "pg_catalog.jsonb_path_ops")], None),
                ),
            ),
            (
                "USING gist (email gist_trgm_ops (siglen = 32))",
                by(
                    "gist",
                    index(vec![class("email", "gist_trgm_ops(siglen=32)")], None),
                ),
            ),
            (
                "(email COLLATE \"C\")",
                index(vec![collated("email", "\"C\"")], None),
            ),
            (
                "(email)",
                index(vec![collated("email", "\"default\"")], None),
            ),
            (
                "(lower(email) COLLATE \"C\")",
                index(
                    vec![ModelIndexElement {
                        collation: Some("\"C\"".to_owned()),
                        ..by_expression("lower(email)")
                    }],
                    None,
                ),
            ),
        ];
        for (live, written) in cases {
            for name in [None, Some("i".to_owned())] {
                check_nothing(
                    &mut conn,
                    &format!(
                        "CREATE TABLE t (a text, email text, flag boolean, data jsonb);
                         CREATE INDEX i ON t {live}"
                    ),
                    ModelTable {
                        indexes: vec![ModelIndex {
                            name,
                            ..written.clone()
                        }],
                        ..table(
                            "t",
                            vec![
                                column("a", "text"),
                                column("email", "text"),
                                column("flag", "bool"),
                                column("data", "jsonb"),
                            ],
                        )
                    },
                );
            }
        }
    }
}

#[test]
fn another_spelling_of_an_exclusion_collation_or_generated_column_yields_nothing() {
    for server in servers() {
        let (_database, mut conn) = prepared(&server);
        check_nothing(
            &mut conn,
            "CREATE TABLE t (room integer, during tstzrange, name text COLLATE \"C\",
                twice integer GENERATED ALWAYS AS (room * 2) STORED,
                EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0))",
            ModelTable {
                excludes: vec![ModelExclude {
                    name: None,
                    method: "gist".to_owned(),
                    elements: vec![
                        (ModelIndexElement::column("room"), "=".to_owned()),
                        (ModelIndexElement::column("during"), "&&".to_owned()),
                    ],
                    predicate: Some("room>0".to_owned()),
                    deferrable: Deferrable::NotDeferrable,
                }],
                ..table(
                    "t",
                    vec![
                        column("room", "int"),
                        column("during", "tstzrange"),
                        ModelColumn {
                            collation: Some("\"C\"".to_owned()),
                            ..column("name", "text")
                        },
                        ModelColumn {
                            generated: Some("room*2".to_owned()),
                            ..column("twice", "int")
                        },
                    ],
                )
            },
        );
    }
}

#[test]
fn what_differs_is_still_seen() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE t (a integer DEFAULT 1, b text CHECK (b <> 'x'), c varchar(10));
         CREATE INDEX i ON t (lower(b))",
    )
    .unwrap();
    let model = |default: &str, check_text: &str, sql_type: &str, indexed: &str| ModelTable {
        checks: vec![check(Some("t_b_check"), check_text)],
        indexes: vec![ModelIndex {
            name: Some("i".to_owned()),
            ..index(vec![by_expression(indexed)], None)
        }],
        ..table(
            "t",
            vec![
                with_default(column("a", "int"), default),
                column("b", "text"),
                column("c", sql_type),
            ],
        )
    };
    let mut of = |model: ModelTable| -> Vec<String> {
        let found = differences(&mut conn, &[model]).unwrap();
        found.iter().map(Operation::describe).collect()
    };
    let nothing: [String; 0] = [];
    assert_eq!(
        of(model("1", "b <> 'x'", "varchar(10)", "lower(b)")),
        nothing
    );
    assert_eq!(
        of(model("2", "b <> 'x'", "varchar(10)", "lower(b)")).len(),
        1
    );
    assert_eq!(
        of(model("1", "b != 'y'", "varchar(10)", "lower(b)")).len(),
        2
    );
    assert_eq!(
        of(model("1", "b <> 'x'", "varchar(11)", "lower(b)")).len(),
        1
    );
    assert_eq!(
        of(model("1", "b <> 'x'", "varchar(10)", "upper(b)")).len(),
        2
    );
}

/// How many statements are sent while something is done.
fn counted<T>(conn: &mut PgConnection, body: impl FnOnce(&mut PgConnection) -> T) -> (usize, T) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let value = body(conn);
    conn.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    (count.load(Ordering::Relaxed), value)
}

fn statements(conn: &mut PgConnection, models: &[ModelTable]) -> usize {
    let live = introspect(conn, &Scope::all()).unwrap();
    let declared = lower(models, &public()).unwrap();
    let (count, declared) = counted(conn, |conn| {
        canonicalize(conn, &declared, &live.schema, &mut no_scratch)
    });
    declared.unwrap();
    count
}

#[test]
fn what_is_equal_as_text_or_new_is_not_asked() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE t (a timestamptz DEFAULT now(), b varchar(10) CHECK (b IN ('x', 'y')),
            id bigserial PRIMARY KEY REFERENCES t);
         CREATE INDEX ON t (lower(b)) WHERE a > '-infinity'; CREATE INDEX ON t (a DESC)",
    )
    .unwrap();
    let same = ModelTable {
        checks: vec![check(
            None,
            "(b)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])",
        )],
        indexes: vec![
            index(
                vec![by_expression("lower((b)::text)")],
                Some("a > '-infinity'::timestamp with time zone"),
            ),
            index(vec![ModelIndexElement::column("a")], None),
        ],
        ..table(
            "t",
            vec![
                with_default(column("a", "timestamptz"), "now()"),
                column("b", "varchar(10)"),
                column("id", "int8"),
            ],
        )
    };
    let new = ModelTable {
        checks: vec![check(None, "a>0")],
        ..table("new", vec![with_default(column("a", "int"), "'1'")])
    };
    assert_eq!(statements(&mut conn, std::slice::from_ref(&same)), 0);
    assert_eq!(statements(&mut conn, &[same.clone(), new.clone()]), 0);

    // With something to ask, all of it is asked at once.
    let other = ModelTable {
        checks: vec![check(None, "b IN ('x','y')")],
        ..same
    };
    let one = statements(&mut conn, std::slice::from_ref(&other));
    assert_eq!(
        one, 9,
        "version, transaction, its answer, BEGIN, batch, refusals, kinds, catalog, ROLLBACK"
    );
    assert_eq!(statements(&mut conn, &[other.clone(), new.clone()]), one);

    // Then what is new is put right, too.
    let declared = canonical(&mut conn, &[other, new]).unwrap();
    let id = ObjectId::Column {
        table: QualifiedName::parse_parts("public", "new").unwrap(),
        name: Ident::new("a").unwrap(),
    };
    let DeclaredObject::Column(column) = &declared.objects[&id] else {
        panic!("no column")
    };
    assert_eq!(column.default, Some(Expression("1".to_owned())));
}

fn text(conn: &mut PgConnection, sql: &str) -> String {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }
    let row: Row = sql_query(format!("SELECT ({sql})::text AS text"))
        .get_result(conn)
        .unwrap();
    row.text
}

#[test]
fn nothing_is_left_behind_in_any_kind_of_transaction() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        conn.batch_execute(
            "CREATE TABLE t (a integer DEFAULT 1); CREATE SCHEMA other;
             CREATE TEMP TABLE t (mine text); INSERT INTO pg_temp.t VALUES ('kept');
             SET search_path = other",
        )
        .unwrap();
        let model = [table("t", vec![with_default(column("a", "int"), "'1'")])];
        let wrong = [table("t", vec![with_default(column("a", "int"), "oops")])];
        let look = |conn: &mut PgConnection| {
            let relations = text(
                conn,
                "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class
                 WHERE relnamespace = pg_my_temp_schema() AND relkind <> 't'",
            );
            (
                relations,
                text(conn, "SELECT mine FROM pg_temp.t"),
                text(conn, "current_setting('search_path')"),
            )
        };
        let before = look(&mut conn);
        assert_eq!(before.0, "t");
        let ask = |conn: &mut PgConnection| {
            assert_eq!(differences(conn, &model).unwrap(), []);
            assert_eq!(
                differences(conn, &wrong).unwrap_err().kind(),
                ErrorKind::Model
            );
        };

        ask(&mut conn);
        assert_eq!(look(&mut conn), before);

        conn.transaction::<_, diesel::result::Error, _>(|conn| {
            conn.batch_execute("CREATE TABLE public.mine ()")?;
            ask(conn);
            assert_eq!(look(conn), before);
            conn.transaction::<_, diesel::result::Error, _>(|conn| {
                ask(conn);
                Ok(())
            })
        })
        .unwrap();
        assert_eq!(text(&mut conn, "to_regclass('public.mine')"), "public.mine");

        conn.batch_execute("BEGIN; CREATE TABLE public.yours ()")
            .unwrap();
        ask(&mut conn);
        assert_eq!(look(&mut conn), before);
        conn.batch_execute("COMMIT").unwrap();
        assert_eq!(
            text(&mut conn, "to_regclass('public.yours')"),
            "public.yours"
        );

        conn.begin_test_transaction().unwrap();
        ask(&mut conn);
        assert_eq!(look(&mut conn), before);
    }
}

#[test]
fn what_postgres_refuses_is_told_with_its_place() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute("CREATE TABLE t (a boolean DEFAULT true, b text)")
        .unwrap();
    let error = differences(
        &mut conn,
        &[table(
            "t",
            vec![
                with_default(column("a", "bool"), "tru"),
                column("b", "text"),
            ],
        )],
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
    assert_eq!(
        error.to_string(),
        "`blog::Model` (src/models.rs:3): the default of the column `public.t.a`, `tru`, is \
         refused by postgres: cannot use column reference in DEFAULT expression"
    );
    assert_eq!(error.sqlstate(), Some("0A000"));

    // Everything that is wrong is told at once, in what is new as well.
    let error = differences(
        &mut conn,
        &[
            ModelTable {
                checks: vec![check(None, "lenght(b) > 0")],
                indexes: vec![index(vec![ModelIndexElement::column("b")], Some("b >"))],
                ..table(
                    "t",
                    vec![
                        with_default(column("a", "bool"), "'x'"),
                        column("b", "text"),
                    ],
                )
            },
            ModelTable {
                checks: vec![check(Some("positive"), "c >> >")],
                ..table("u", vec![column("c", "int")])
            },
        ],
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
    let message = error.to_string();
    assert!(
        message.starts_with("3 expressions of the models are refused:\n- `blog::Model`"),
        "{message}"
    );
    for part in [
        "the default of the column `public.t.a`, `'x'`,",
        "invalid input syntax for type boolean",
        "the check `positive` of `public.u`, `c >> >`,",
        "the index `public.t_b_idx`, `b where b >`,",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn what_cannot_be_compared_is_told_with_the_way_out() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute("CREATE TABLE t (b text CHECK (length(b) > 0))")
        .unwrap();
    let model = ModelTable {
        checks: vec![check(None, "mylen(b) > 0")],
        ..table("t", vec![column("b", "text")])
    };
    let error = differences(&mut conn, &[model]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CannotCompare);
    assert_eq!(
        error.to_string(),
        "`blog::Model` (src/models.rs:3): the check `t_check` of `public.t`, `mylen(b) > 0`, \
         cannot be compared: function mylen(text) does not exist"
    );
    assert_eq!(
        error.hint(),
        Some("if it is what the database has, write it as Postgres prints it: `(length(b) > 0)`")
    );
}

fn scratch_on_server() -> Result<Scratch> {
    let source = ScratchSource {
        url: Some(server().url("postgres")),
        throwaway: false,
    };
    scratch::open(&source, Some(server().major()))
}

#[test]
fn a_changed_enum_is_asked_in_scratch() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad');
         CREATE TABLE t (a mood DEFAULT 'sad', b citext DEFAULT 'x', CHECK (a <> 'sad'))",
    )
    .unwrap();
    let model = |values: &[&str], default: &str, check_text: &str| ModelTable {
        checks: vec![check(None, check_text)],
        ..table(
            "t",
            vec![
                ModelColumn {
                    sql_type: mood(values),
                    ..with_default(column("a", ""), default)
                },
                with_default(column("b", "citext"), "'x'"),
            ],
        )
    };
    let describe = |found: &[Operation]| -> Vec<String> {
        found
            .iter()
            .map(|operation| operation.id().to_string())
            .collect()
    };

    // A value that is only there from now on, but is not named, needs no scratch.
    let found = differences(&mut conn, &[model(&["sad", "ok"], "'sad'", "a != 'sad'")]).unwrap();
    assert_eq!(describe(&found), ["enum:public.mood"]);

    let used = [model(&["sad", "ok"], "'ok'", "a != 'sad'")];
    let error = differences(&mut conn, &used).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CannotCompare);
    assert_eq!(
        error.to_string(),
        "`blog::Model` (src/models.rs:3): the default of the column `public.t.a`, `'ok'`, cannot \
         be compared: invalid input value for enum mood: \"ok\"; there is no scratch database"
    );

    let mut names = Vec::new();
    let mut scratch = || {
        let mut scratch = scratch_on_server()?;
        names.push(text(scratch.connection(), "current_database()"));
        Ok(scratch)
    };
    let found = differences_with(&mut conn, &used, &mut scratch).unwrap();
    assert_eq!(describe(&found), ["enum:public.mood", "column:public.t.a"]);
    let found = differences_with(
        &mut conn,
        &[model(&["sad", "ok"], "'sad'", "a NOT IN ('ok')")],
        &mut scratch_on_server,
    )
    .unwrap();
    assert!(
        describe(&found).contains(&"constraint:public.t.t_check".to_owned()),
        "{found:?}"
    );
    // It was asked once, and is gone.
    let [name] = names.as_slice() else {
        panic!("{names:?}")
    };
    let there = format!("EXISTS (SELECT FROM pg_database WHERE datname = '{name}')");
    assert_eq!(text(&mut conn, &there), "false");
}

#[test]
fn scratch_knows_extensions_and_sequences_of_the_database() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad'); CREATE SEQUENCE q;
         CREATE TABLE t (n serial, a mood DEFAULT 'sad', b citext, c bigint DEFAULT nextval('q'),
                         CHECK (a <> 'sad' OR b = 'x'))",
    )
    .unwrap();
    let model = ModelTable {
        checks: vec![check(None, "a != 'ok' or b = 'y'::citext")],
        ..table(
            "t",
            vec![
                ModelColumn {
                    nullable: false,
                    ..with_default(column("n", "int"), "nextval('t_n_seq')")
                },
                ModelColumn {
                    sql_type: mood(&["sad", "ok"]),
                    ..with_default(column("a", ""), "'ok'")
                },
                column("b", "citext"),
                with_default(column("c", "bigint"), "nextval('q')"),
            ],
        )
    };
    let found = differences_with(&mut conn, &[model], &mut scratch_on_server).unwrap();
    let ids: Vec<String> = found
        .iter()
        .map(|operation| operation.id().to_string())
        .collect();
    assert!(
        ids.contains(&"constraint:public.t.t_check1".to_owned()),
        "{ids:?}"
    );
    assert!(!ids.contains(&"column:public.t.c".to_owned()), "{ids:?}");
    assert!(!ids.contains(&"column:public.t.n".to_owned()), "{ids:?}");
}

#[test]
fn only_our_own_old_scratch_databases_are_swept() {
    let server = own_server();
    let database = TestDatabase::on(server);
    let mut conn = database.connect();
    let now = text(&mut conn, "extract(epoch FROM now())::bigint");
    let recent = format!("limbeck_scratch_{now}_1_0000_0");
    let old = "limbeck_scratch_1000_1_0000_0";
    let somebodys = "limbeck_scratch_1000_1_0000_1";
    let busy = "limbeck_scratch_1000_1_0000_2";
    for name in [&recent, old, somebodys, busy] {
        conn.batch_execute(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0"))
            .unwrap();
        if name != somebodys {
            conn.batch_execute(&format!(
                "COMMENT ON DATABASE \"{name}\" IS 'limbeck: scratch'"
            ))
            .unwrap();
        }
    }
    let inside = PgConnection::establish(&server.url(busy)).unwrap();
    let source = ScratchSource {
        url: Some(server.url("postgres")),
        throwaway: false,
    };
    drop(scratch::open(&source, None).unwrap());
    let left = text(
        &mut conn,
        "(SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database \
         WHERE datname LIKE 'limbeck_scratch_%')",
    );
    assert_eq!(left, format!("{somebodys} {busy} {recent}"));
    drop(inside);
    for name in [&recent, somebodys, busy] {
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""))
            .unwrap();
    }
}

#[test]
fn a_column_gets_a_new_enum() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute("CREATE TABLE t (a text DEFAULT 'sad', b integer DEFAULT 1)")
        .unwrap();
    let model = table(
        "t",
        vec![
            ModelColumn {
                sql_type: mood(&["sad"]),
                ..with_default(column("a", ""), "'sad'")
            },
            with_default(column("b", "int"), "'1'"),
        ],
    );
    // Under another type there is nothing to compare: the column is altered in any case.
    let found = differences(&mut conn, &[model]).unwrap();
    let ids: Vec<String> = found
        .iter()
        .map(|operation| operation.id().to_string())
        .collect();
    assert_eq!(ids, ["enum:public.mood", "column:public.t.a"]);
}

#[test]
fn who_may_not_write_is_answered_in_scratch() {
    let database = TestDatabase::on(own_server());
    let mut conn = database.connect();
    conn.batch_execute("CREATE TABLE t (a integer DEFAULT 1)")
        .unwrap();
    let model = [table("t", vec![with_default(column("a", "int"), "'1'")])];
    let name = text(&mut conn, "current_database()");
    let role = format!("limbeck_reader_{}", std::process::id());
    let cases = [
        "SET default_transaction_read_only = on".to_owned(),
        format!(
            "REVOKE TEMP ON DATABASE \"{name}\" FROM PUBLIC;
             CREATE ROLE {role}; SET ROLE {role}"
        ),
    ];
    for case in cases {
        conn.batch_execute("SET default_transaction_read_only = off")
            .unwrap();
        conn.batch_execute(&case).unwrap();
        let error = differences(&mut conn, &model).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CannotCompare, "{case}");
        let found = differences_with(&mut conn, &model, &mut scratch_on_server).unwrap();
        assert_eq!(found, [], "{case}");
    }
    conn.batch_execute(&format!("RESET ROLE; DROP ROLE {role}"))
        .unwrap();
}

#[test]
fn a_renamed_column_keeps_what_is_over_it() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE t (old varchar(10), CONSTRAINT c CHECK (old IN ('a', 'b')));
         CREATE INDEX i ON t (lower(old)) WHERE old <> 'x'",
    )
    .unwrap();
    let model = ModelTable {
        renamed_from: Some("t".to_owned()),
        checks: vec![check(Some("c"), "new in ('a', 'b')")],
        indexes: vec![ModelIndex {
            name: Some("i".to_owned()),
            ..index(vec![by_expression("lower(new)")], Some("new != 'x'"))
        }],
        ..table(
            "u",
            vec![ModelColumn {
                renamed_from: Some("old".to_owned()),
                ..column("new", "varchar(10)")
            }],
        )
    };
    let found = differences(&mut conn, &[model]).unwrap();
    assert!(
        found.len() == 2
            && found
                .iter()
                .all(|operation| matches!(operation, Operation::Rename { .. })),
        "{found:?}"
    );
}

#[test]
fn a_renamed_enum_keeps_the_defaults_of_its_columns() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TYPE feeling AS ENUM ('sad', 'ok');
         CREATE TABLE t (a feeling DEFAULT 'sad', CONSTRAINT c CHECK (a IN ('sad', 'ok')))",
    )
    .unwrap();
    let ModelType::Enum(stated) = mood(&["sad", "ok"]) else {
        panic!("no enum")
    };
    let model = |default: &str| ModelTable {
        checks: vec![check(None, "a in ('sad','ok')")],
        ..table(
            "t",
            vec![ModelColumn {
                sql_type: ModelType::Enum(ModelEnum {
                    renamed_from: Some("feeling".to_owned()),
                    ..stated.clone()
                }),
                ..with_default(column("a", ""), default)
            }],
        )
    };
    let ids = |found: Vec<Operation>| -> Vec<String> {
        found
            .iter()
            .map(|operation| operation.id().to_string())
            .collect()
    };
    let found = differences(&mut conn, &[model("'sad'")]).unwrap();
    assert_eq!(ids(found), ["enum:public.mood"]);
    // What is new is not written with the old name.
    let found = differences(&mut conn, &[model("'ok'")]).unwrap();
    assert!(!format!("{found:?}").contains("'ok'::public.feeling"));
    assert_eq!(ids(found), ["enum:public.mood", "column:public.t.a"]);
}

#[test]
fn tables_of_one_name_and_hostile_names_are_asked() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        r#"CREATE SCHEMA other; CREATE TABLE t (a integer DEFAULT 1);
           CREATE TABLE other.t (a text DEFAULT 'x', limbeck_0 integer DEFAULT 5);
           CREATE TABLE "It's $limbeck0$ ""T""" ("select" integer CHECK ("select" > 0));
           CREATE TABLE date (name name DEFAULT 'x', at date DEFAULT CURRENT_DATE)"#,
    )
    .unwrap();
    let models = [
        table("t", vec![with_default(column("a", "int"), "'1'")]),
        ModelTable {
            schema: Some("other".to_owned()),
            ..table(
                "t",
                vec![
                    with_default(column("a", "text"), "'x'"),
                    with_default(column("limbeck_0", "int"), "'5'"),
                ],
            )
        },
        ModelTable {
            checks: vec![check(None, "\"select\">0")],
            ..table("It's $limbeck0$ \"T\"", vec![column("select", "int")])
        },
        table(
            "date",
            vec![
                with_default(column("name", "name"), "'x'"),
                with_default(column("at", "date"), "current_date"),
            ],
        ),
    ];
    assert_eq!(differences(&mut conn, &models).unwrap(), []);
}

#[test]
fn types_that_the_fast_path_does_not_know_are_asked() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE DOMAIN posint AS integer CHECK (VALUE > 0); CREATE TABLE t (a posint, b interval hour)",
    )
    .unwrap();
    let declared = canonical(
        &mut conn,
        &[table(
            "t",
            vec![
                column("a", "PosInt"),
                column("b", "INTERVAL  HOUR"),
                column("c", "posint[]"),
            ],
        )],
    )
    .unwrap();
    let types: Vec<&SqlType> = declared
        .objects
        .values()
        .filter_map(|object| match object {
            DeclaredObject::Column(column) => Some(&column.sql_type),
            _ => None,
        })
        .collect();
    let named = |array| SqlType::Named {
        name: QualifiedName::parse_parts("public", "posint").unwrap(),
        modifier: None,
        array,
    };
    assert_eq!(
        types,
        [
            &named(false),
            &SqlType::Builtin("interval hour".to_owned()),
            &named(true)
        ]
    );
    let error = canonical(
        &mut conn,
        &[table(
            "t",
            vec![column("a", "postint"), column("b", "interval hour")],
        )],
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CannotCompare);
    assert!(
        error
            .to_string()
            .contains("type \"postint\" does not exist"),
        "{error}"
    );
}
