//! SQL to objects, for every kind and attribute, on every server.

use std::collections::{BTreeMap, BTreeSet};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Bool, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::schema::object::table::Persistence;
use limbeck_core::schema::object::{
    Action, Aggregate, AggregateKind, AggregateState, Attribute, Check, Cluster, Collation,
    CollationProvider, Column, Comment, Composite, Computed, Constraint, ConstraintKind,
    Deferrable, Domain, DomainConstraint, Enum, Exclude, ExcludeElement, Expression, FinishModify,
    Firing, ForeignKey, Identity, IdentityMode, Index, IndexElement, IndexKey, IndexSettings, Key,
    MatchType, MaterializedView, NullsOrder, OperatorClass, OwnerColumn, Parallel, Parameter,
    ParameterMode, Range, ReplicaIdentity, Routine, RoutineBody, Rule, RuleEvent, Sequence,
    SequenceOptions, Setting, SortOrder, SqlType, Statistics, StatisticsKind, Storage, Table,
    Trigger, TriggerConstraint, TriggerTiming, Typed, View, ViewColumn, Volatility,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Schema};
use limbeck_postgres::introspect::{Introspection, Scope, Unmanaged, introspect};

use crate::support::{TestDatabase, servers};

fn ident(name: &str) -> Ident {
    Ident::new(name).unwrap()
}

fn idents(names: &[&str]) -> Vec<Ident> {
    names.iter().copied().map(ident).collect()
}

/// A name in the schema `s`, or `schema.name`.
fn name(name: &str) -> QualifiedName {
    match name.split_once('.') {
        Some((schema, name)) => QualifiedName::parse_parts(schema, name).unwrap(),
        None => QualifiedName::parse_parts("s", name).unwrap(),
    }
}

fn table_id(table: &str) -> ObjectId {
    ObjectId::Table(name(table))
}

fn column_id(table: &str, column: &str) -> ObjectId {
    ObjectId::Column {
        table: name(table),
        name: ident(column),
    }
}

fn constraint_id(table: &str, constraint: &str) -> ObjectId {
    ObjectId::Constraint {
        table: name(table),
        name: ident(constraint),
    }
}

fn builtin(text: &str) -> SqlType {
    SqlType::Builtin(text.to_owned())
}

fn expression(text: &str) -> Expression {
    Expression(text.to_owned())
}

fn with<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}

fn column(table: &str, column: &str, sql_type: &str) -> (ObjectId, Object) {
    (
        column_id(table, column),
        Object::Column(Column::of_type(builtin(sql_type))),
    )
}

fn column_with(
    table: &str,
    column: &str,
    sql_type: SqlType,
    change: impl FnOnce(&mut Column),
) -> (ObjectId, Object) {
    (
        column_id(table, column),
        Object::Column(with(Column::of_type(sql_type), change)),
    )
}

fn constraint(table: &str, name: &str, constraint: Constraint) -> (ObjectId, Object) {
    (constraint_id(table, name), Object::Constraint(constraint))
}

fn check(text: &str) -> Constraint {
    Constraint::of(ConstraintKind::Check(Check {
        expression: expression(text),
        no_inherit: false,
    }))
}

fn key(columns: &[&str]) -> Key {
    Key {
        columns: idents(columns),
        ..Key::default()
    }
}

fn foreign_key(columns: &[&str], table: &str, referenced: &[&str]) -> ForeignKey {
    ForeignKey {
        columns: idents(columns),
        references: name(table),
        referenced_columns: idents(referenced),
        match_type: MatchType::Simple,
        on_update: Action::NoAction,
        on_delete: Action::NoAction,
        on_delete_columns: Vec::new(),
        period: false,
    }
}

fn index(
    index: &str,
    table: &str,
    columns: &[&str],
    change: impl FnOnce(&mut Index),
) -> (ObjectId, Object) {
    (
        ObjectId::Index(name(index)),
        Object::Index(with(Index::on(name(table), idents(columns)), change)),
    )
}

/// A function without parameters, of which nothing more is said.
fn sql_function(function: &str, result: &str, body: &str) -> (ObjectId, Object) {
    (
        ObjectId::Function {
            name: name(function),
            arguments: String::new(),
        },
        Object::Routine(Routine {
            parameters: Vec::new(),
            result: Some(expression(result)),
            returns_set: false,
            language: "sql".to_owned(),
            body: RoutineBody::Source(body.to_owned()),
            window: false,
            volatility: Volatility::Volatile,
            strict: false,
            leakproof: false,
            security_definer: false,
            parallel: Parallel::Unsafe,
            cost: None,
            rows: None,
            support: None,
            settings: Vec::new(),
            transforms: Vec::new(),
        }),
    )
}

fn by_expression(text: &str) -> IndexElement {
    IndexElement::of(IndexKey::Expression(expression(text)))
}

fn options(start: i64, increment: i64, min: i64, max: i64) -> SequenceOptions {
    SequenceOptions {
        start,
        increment,
        min,
        max,
        cache: 1,
        cycle: false,
    }
}

fn server_major(conn: &mut PgConnection) -> u32 {
    introspect(conn, &Scope::of_schemas([ident("none")]))
        .unwrap()
        .major()
}

fn in_schema_s(conn: &mut PgConnection, sql: &str) -> Introspection {
    conn.batch_execute("BEGIN; CREATE SCHEMA s; SET LOCAL search_path = s, public")
        .unwrap();
    conn.batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    let found = introspect(conn, &Scope::of_schemas([ident("s")])).unwrap();
    let again = introspect(conn, &Scope::of_schemas([ident("s")])).unwrap();
    assert_eq!(found, again, "the same database twice");
    conn.batch_execute("ROLLBACK").unwrap();
    found
}

struct Case {
    since: u32,
    sql: &'static str,
    expected: Vec<(ObjectId, Object)>,
}

fn case(sql: &'static str, expected: Vec<(ObjectId, Object)>) -> Case {
    Case {
        since: 13,
        sql,
        expected,
    }
}

fn since(since: u32, sql: &'static str, expected: Vec<(ObjectId, Object)>) -> Case {
    Case {
        since,
        sql,
        expected,
    }
}

/// Every expected object is there as expected, and nothing is there beside them.
fn check_cases(cases: &[Case]) {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        conn.batch_execute("CREATE EXTENSION btree_gist; CREATE EXTENSION citext")
            .unwrap();
        let major = server_major(&mut conn);
        for Case {
            since,
            sql,
            expected,
        } in cases
        {
            if *since > major {
                continue;
            }
            let mut found = in_schema_s(&mut conn, sql).schema.objects;
            found
                .remove(&ObjectId::Namespace(ident("s")))
                .expect("the schema itself");
            // What is in an operator class, and what only in its family, is for the release to say.
            found.retain(|id, _| {
                !matches!(
                    id,
                    ObjectId::Operator { .. }
                        | ObjectId::OperatorFamily { .. }
                        | ObjectId::OperatorClass { .. }
                        | ObjectId::FamilyMember { .. }
                )
            });
            let expected: BTreeMap<ObjectId, Object> = expected.iter().cloned().collect();
            assert_eq!(found, expected, "Postgres {major}: {sql}");
        }
    }
}

#[test]
fn tables_and_columns() {
    check_cases(&[
        case(
            "CREATE TABLE t ()",
            vec![(table_id("t"), Object::Table(Table::default()))],
        ),
        case(
            "CREATE UNLOGGED TABLE t ()",
            vec![(
                table_id("t"),
                Object::Table(Table::of(Persistence::Unlogged)),
            )],
        ),
        case(
            r#"CREATE TABLE "It's a ""T""" ("Größe" int4 NOT NULL, gone int, "select" varchar(20)[]);
               ALTER TABLE "It's a ""T""" DROP COLUMN gone"#,
            vec![
                (table_id("It's a \"T\""), Object::Table(Table::default())),
                column_with("It's a \"T\"", "Größe", builtin("integer"), |c| {
                    c.nullable = false
                }),
                column("It's a \"T\"", "select", "character varying(20)[]"),
            ],
        ),
        case(
            "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', '');
             ALTER TYPE mood ADD VALUE 'first' BEFORE 'sad';
             CREATE DOMAIN d AS text COLLATE \"C\";
             CREATE TABLE t (a mood, b mood[], c public.citext, d d, e name, f \"char\",
                g numeric(10,2), h time(3) with time zone, i interval day to second(2), j bpchar)",
            vec![
                (
                    ObjectId::Enum(name("mood")),
                    Object::Enum(Enum {
                        values: ["first", "sad", "it's ok", ""].map(str::to_owned).into(),
                    }),
                ),
                (
                    ObjectId::Domain(name("d")),
                    Object::Domain(Domain {
                        collation: Some(name("pg_catalog.C")),
                        ..Domain::over(builtin("text"))
                    }),
                ),
                (table_id("t"), Object::Table(Table::default())),
                column_with("t", "a", SqlType::named(name("mood")), |_| {}),
                column_with(
                    "t",
                    "b",
                    SqlType::Named {
                        name: name("mood"),
                        modifier: None,
                        array: true,
                    },
                    |_| {},
                ),
                column_with("t", "c", SqlType::named(name("public.citext")), |_| {}),
                column_with("t", "d", SqlType::named(name("d")), |_| {}),
                column("t", "e", "name"),
                column("t", "f", "\"char\""),
                column("t", "g", "numeric(10,2)"),
                column("t", "h", "time(3) with time zone"),
                column("t", "i", "interval day to second(2)"),
                column("t", "j", "bpchar"),
            ],
        ),
        case(
            "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
             CREATE TYPE mood AS ENUM ('sad');
             CREATE TABLE t (
                a text DEFAULT 'it''s' COLLATE \"C\",
                b timestamptz DEFAULT now() NOT NULL,
                c text DEFAULT f(),
                d mood DEFAULT 'sad',
                e integer DEFAULT 1 + 2,
                f integer GENERATED ALWAYS AS (e * 2) STORED)",
            vec![
                sql_function("f", "text", "SELECT 'x'"),
                (
                    ObjectId::Enum(name("mood")),
                    Object::Enum(Enum {
                        values: vec!["sad".to_owned()],
                    }),
                ),
                (table_id("t"), Object::Table(Table::default())),
                column_with("t", "a", builtin("text"), |c| {
                    c.default = Some(expression("'it''s'::text"));
                    c.collation = Some(name("pg_catalog.C"));
                }),
                column_with("t", "b", builtin("timestamp with time zone"), |c| {
                    c.default = Some(expression("now()"));
                    c.nullable = false;
                }),
                column_with("t", "c", builtin("text"), |c| {
                    c.default = Some(expression("s.f()"))
                }),
                column_with("t", "d", SqlType::named(name("mood")), |c| {
                    c.default = Some(expression("'sad'::s.mood"));
                }),
                column_with("t", "e", builtin("integer"), |c| {
                    c.default = Some(expression("(1 + 2)"));
                }),
                column_with("t", "f", builtin("integer"), |c| {
                    c.generated = Some(expression("(e * 2)"));
                }),
            ],
        ),
        case(
            "CREATE TABLE t (
                a bigint GENERATED ALWAYS AS IDENTITY,
                b smallint GENERATED BY DEFAULT AS IDENTITY
                    (START 5 INCREMENT -2 MINVALUE -10 MAXVALUE 50 CACHE 7 CYCLE))",
            vec![
                (table_id("t"), Object::Table(Table::default())),
                column_with("t", "a", builtin("bigint"), |c| {
                    c.nullable = false;
                    c.identity = Some(Identity {
                        mode: IdentityMode::Always,
                        options: options(1, 1, 1, i64::MAX),
                    });
                }),
                column_with("t", "b", builtin("smallint"), |c| {
                    c.nullable = false;
                    c.identity = Some(Identity {
                        mode: IdentityMode::ByDefault,
                        options: SequenceOptions {
                            cache: 7,
                            cycle: true,
                            ..options(5, -2, -10, 50)
                        },
                    });
                }),
            ],
        ),
    ]);
}

#[test]
fn sequences() {
    check_cases(&[
        case(
            "CREATE SEQUENCE q AS integer START 3 INCREMENT 4 MINVALUE 2 MAXVALUE 99 CACHE 5 CYCLE",
            vec![(
                ObjectId::Sequence(name("q")),
                Object::Sequence(Sequence {
                    data_type: builtin("integer"),
                    options: SequenceOptions {
                        cache: 5,
                        cycle: true,
                        ..options(3, 4, 2, 99)
                    },
                    owned_by: None,
                    persistence: None,
                    logging: Default::default(),
                }),
            )],
        ),
        case(
            "CREATE TABLE t (id serial)",
            vec![
                (
                    ObjectId::Sequence(name("t_id_seq")),
                    Object::Sequence(Sequence {
                        data_type: builtin("integer"),
                        options: SequenceOptions::of_type(&builtin("integer")),
                        owned_by: Some(OwnerColumn {
                            table: name("t"),
                            column: ident("id"),
                        }),
                        persistence: None,
                        logging: Default::default(),
                    }),
                ),
                (table_id("t"), Object::Table(Table::default())),
                column_with("t", "id", builtin("integer"), |c| {
                    c.nullable = false;
                    c.default = Some(expression("nextval('s.t_id_seq'::regclass)"));
                }),
            ],
        ),
    ]);
}

fn two_tables() -> Vec<(ObjectId, Object)> {
    vec![
        (table_id("p"), Object::Table(Table::default())),
        column_with("p", "x", builtin("integer"), |c| c.nullable = false),
        column_with("p", "y", builtin("integer"), |c| c.nullable = false),
        constraint(
            "p",
            "p_pkey",
            Constraint::of(ConstraintKind::PrimaryKey(key(&["y", "x"]))),
        ),
        (table_id("t"), Object::Table(Table::default())),
        column("t", "a", "integer"),
        column("t", "b", "integer"),
    ]
}

#[test]
fn constraints() {
    let two = |more: Vec<(ObjectId, Object)>| two_tables().into_iter().chain(more).collect();
    let period = |change: fn(&mut Key)| {
        vec![
            (table_id("t"), Object::Table(Table::default())),
            column_with("t", "a", builtin("integer"), |c| c.nullable = false),
            column_with("t", "b", builtin("daterange"), |c| c.nullable = false),
            constraint(
                "t",
                "k",
                Constraint::of(ConstraintKind::PrimaryKey(with(key(&["a", "b"]), change))),
            ),
        ]
    };
    check_cases(&[
        case(
            "CREATE TABLE p (x int, y int, PRIMARY KEY (y, x)); CREATE TABLE t (a int, b int,
                CONSTRAINT u UNIQUE (b) INCLUDE (a) DEFERRABLE INITIALLY DEFERRED,
                CONSTRAINT v UNIQUE (b, a) DEFERRABLE)",
            two(vec![
                constraint(
                    "t",
                    "u",
                    Constraint {
                        deferrable: Deferrable::Deferred,
                        ..Constraint::of(ConstraintKind::Unique(Key {
                            include: idents(&["a"]),
                            ..key(&["b"])
                        }))
                    },
                ),
                constraint(
                    "t",
                    "v",
                    Constraint {
                        deferrable: Deferrable::Immediate,
                        ..Constraint::of(ConstraintKind::Unique(key(&["b", "a"])))
                    },
                ),
            ]),
        ),
        case(
            "CREATE TABLE p (x int, y int, PRIMARY KEY (y, x)); CREATE TABLE t (a int, b int,
                CONSTRAINT f FOREIGN KEY (b, a) REFERENCES p MATCH FULL
                    ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
                CONSTRAINT g FOREIGN KEY (a, b) REFERENCES p (x, y)
                    ON UPDATE RESTRICT ON DELETE SET DEFAULT);
             ALTER TABLE t ADD CONSTRAINT h FOREIGN KEY (a, b) REFERENCES p (y, x) NOT VALID",
            two(vec![
                constraint(
                    "t",
                    "f",
                    Constraint {
                        deferrable: Deferrable::Deferred,
                        ..Constraint::of(ConstraintKind::ForeignKey(ForeignKey {
                            match_type: MatchType::Full,
                            on_update: Action::Cascade,
                            on_delete: Action::SetNull,
                            ..foreign_key(&["b", "a"], "p", &["y", "x"])
                        }))
                    },
                ),
                constraint(
                    "t",
                    "g",
                    Constraint::of(ConstraintKind::ForeignKey(ForeignKey {
                        on_update: Action::Restrict,
                        on_delete: Action::SetDefault,
                        ..foreign_key(&["a", "b"], "p", &["x", "y"])
                    })),
                ),
                constraint(
                    "t",
                    "h",
                    Constraint {
                        validated: false,
                        ..Constraint::of(ConstraintKind::ForeignKey(foreign_key(
                            &["a", "b"],
                            "p",
                            &["y", "x"],
                        )))
                    },
                ),
            ]),
        ),
        since(
            15,
            "CREATE TABLE p (x int, y int, PRIMARY KEY (y, x)); CREATE TABLE t (a int, b int,
                CONSTRAINT f FOREIGN KEY (b, a) REFERENCES p ON DELETE SET NULL (a),
                CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a))",
            two(vec![
                constraint(
                    "t",
                    "f",
                    Constraint::of(ConstraintKind::ForeignKey(ForeignKey {
                        on_delete: Action::SetNull,
                        on_delete_columns: idents(&["a"]),
                        ..foreign_key(&["b", "a"], "p", &["y", "x"])
                    })),
                ),
                constraint(
                    "t",
                    "u",
                    Constraint::of(ConstraintKind::Unique(Key {
                        nulls_not_distinct: true,
                        ..key(&["a"])
                    })),
                ),
            ]),
        ),
        case(
            "CREATE TABLE p (x int, y int, PRIMARY KEY (y, x)); CREATE TABLE t (a int, b int,
                CONSTRAINT c CHECK (a > 0 AND b IN (1, 2)) NO INHERIT);
             ALTER TABLE t ADD CONSTRAINT d CHECK (a IS NOT NULL) NOT VALID",
            two(vec![
                constraint(
                    "t",
                    "c",
                    Constraint::of(ConstraintKind::Check(Check {
                        expression: expression("((a > 0) AND (b = ANY (ARRAY[1, 2])))"),
                        no_inherit: true,
                    })),
                ),
                constraint(
                    "t",
                    "d",
                    Constraint { validated: false, ..check("(a IS NOT NULL)") },
                ),
            ]),
        ),
        since(
            18,
            "CREATE TABLE p (x int, y int, PRIMARY KEY (y, x)); CREATE TABLE t (a int, b int,
                CONSTRAINT c CHECK (a > 0) NOT ENFORCED)",
            two(vec![constraint(
                "t",
                "c",
                Constraint { validated: false, enforced: false, ..check("(a > 0)") },
            )]),
        ),
        since(
            18,
            "CREATE TABLE t (a int, b daterange, CONSTRAINT k PRIMARY KEY (a, b WITHOUT OVERLAPS))",
            period(|key| key.without_overlaps = true),
        ),
        since(
            18,
            "CREATE TABLE t (a int, b daterange, CONSTRAINT k PRIMARY KEY (a, b WITHOUT OVERLAPS),
                CONSTRAINT f FOREIGN KEY (a, PERIOD b) REFERENCES t (a, PERIOD b))",
            with(period(|key| key.without_overlaps = true), |objects| {
                objects.push(constraint(
                    "t",
                    "f",
                    Constraint::of(ConstraintKind::ForeignKey(ForeignKey {
                        period: true,
                        ..foreign_key(&["a", "b"], "t", &["a", "b"])
                    })),
                ));
            }),
        ),
        case(
            "CREATE TABLE t (a int, b tsrange, c text,
                CONSTRAINT x EXCLUDE USING gist (a WITH =, b WITH &&, (lower(c)) WITH <>)
                    INCLUDE (c) WHERE (a > 0) DEFERRABLE)",
            vec![
                (table_id("t"), Object::Table(Table::default())),
                column("t", "a", "integer"),
                column("t", "b", "tsrange"),
                column("t", "c", "text"),
                constraint(
                    "t",
                    "x",
                    Constraint {
                        deferrable: Deferrable::Immediate,
                        ..Constraint::of(ConstraintKind::Exclude(Exclude {
                            method: "gist".to_owned(),
                            elements: vec![
                                ExcludeElement {
                                    element: IndexElement::column(ident("a")),
                                    operator: "=".to_owned(),
                                },
                                ExcludeElement {
                                    element: IndexElement::column(ident("b")),
                                    operator: "&&".to_owned(),
                                },
                                ExcludeElement {
                                    element: by_expression("lower(c)"),
                                    operator: "<>".to_owned(),
                                },
                            ],
                            include: idents(&["c"]),
                            predicate: Some(expression("(a > 0)")),
                            settings: IndexSettings::default(),
                        }))
                    },
                ),
            ],
        ),
        case(
            "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, COMMUTATOR = ===);
             CREATE OPERATOR CLASS o FOR TYPE int USING hash AS OPERATOR 1 ===, FUNCTION 1 hashint4(int4);
             CREATE TABLE t (a int, CONSTRAINT x EXCLUDE USING hash (a o WITH ===))",
            vec![
                (table_id("t"), Object::Table(Table::default())),
                column("t", "a", "integer"),
                constraint(
                    "t",
                    "x",
                    Constraint::of(ConstraintKind::Exclude(Exclude {
                        method: "hash".to_owned(),
                        elements: vec![ExcludeElement {
                            element: IndexElement {
                                operator_class: Some(OperatorClass {
                                    name: name("o"),
                                    parameters: BTreeMap::new(),
                                }),
                                ..IndexElement::column(ident("a"))
                            },
                            operator: "OPERATOR(s.===)".to_owned(),
                        }],
                        include: Vec::new(),
                        predicate: None,
                        settings: IndexSettings::default(),
                    })),
                ),
            ],
        ),
    ]);
}

#[test]
fn indexes() {
    let table = |more: Vec<(ObjectId, Object)>| {
        [
            (table_id("t"), Object::Table(Table::default())),
            column("t", "a", "text"),
            column("t", "b", "tsvector"),
        ]
        .into_iter()
        .chain(more)
        .collect()
    };
    check_cases(&[
        case(
            "CREATE TABLE t (a text, b tsvector); CREATE INDEX i ON t (a)",
            table(vec![index("i", "t", &["a"], |_| {})]),
        ),
        case(
            "CREATE TABLE t (a text, b tsvector);
             CREATE UNIQUE INDEX i ON t (a DESC, b NULLS FIRST, a DESC NULLS LAST) INCLUDE (a, b)
                WITH (fillfactor = 70, deduplicate_items = off) WHERE a <> 'x'",
            table(vec![index("i", "t", &["a", "b", "a"], |i| {
                i.unique = true;
                i.elements[0].order = SortOrder::Descending;
                i.elements[1].nulls = NullsOrder::Reversed;
                i.elements[2].order = SortOrder::Descending;
                i.elements[2].nulls = NullsOrder::Reversed;
                i.include = idents(&["a", "b"]);
                i.predicate = Some(expression("(a <> 'x'::text)"));
                i.storage = BTreeMap::from([
                    ("deduplicate_items".to_owned(), "off".to_owned()),
                    ("fillfactor".to_owned(), "70".to_owned()),
                ]);
            })]),
        ),
        case(
            "CREATE TABLE t (a text, b tsvector);
             CREATE INDEX i ON t (a COLLATE \"C\" text_pattern_ops, a COLLATE \"default\" varchar_ops)",
            table(vec![index("i", "t", &["a", "a"], |i| {
                i.elements[0].collation = Some(name("pg_catalog.C"));
                for (element, class) in i.elements.iter_mut().zip(["text_pattern_ops", "varchar_ops"]) {
                    element.operator_class = Some(OperatorClass {
                        name: name(&format!("pg_catalog.{class}")),
                        parameters: BTreeMap::new(),
                    });
                }
            })]),
        ),
        case(
            "CREATE TABLE t (a text, b tsvector);
             CREATE INDEX i ON t (lower(a), (a || 'x'), lower(a COLLATE \"C\"), (lower(a)) COLLATE \"C\",
                lower(a COLLATE \"C\") COLLATE \"default\", lower(a) COLLATE \"default\")",
            table(vec![index("i", "t", &[], |i| {
                i.elements = vec![
                    by_expression("lower(a)"),
                    by_expression("(a || 'x'::text)"),
                    by_expression("lower((a COLLATE \"C\"))"),
                    IndexElement {
                        collation: Some(name("pg_catalog.C")),
                        ..by_expression("lower(a)")
                    },
                    IndexElement {
                        collation: Some(name("pg_catalog.default")),
                        ..by_expression("lower((a COLLATE \"C\"))")
                    },
                    by_expression("lower(a)"),
                ];
            })]),
        ),
        case(
            "CREATE TABLE t (a text, b tsvector);
             CREATE INDEX i ON t USING gist (b tsvector_ops (siglen = 100));
             CREATE INDEX j ON t USING gin (b) WITH (fastupdate = false)",
            table(vec![
                index("i", "t", &["b"], |i| {
                    i.method = "gist".to_owned();
                    i.elements[0].operator_class = Some(OperatorClass {
                        name: name("pg_catalog.tsvector_ops"),
                        parameters: BTreeMap::from([("siglen".to_owned(), "100".to_owned())]),
                    });
                }),
                index("j", "t", &["b"], |i| {
                    i.method = "gin".to_owned();
                    i.storage = BTreeMap::from([("fastupdate".to_owned(), "false".to_owned())]);
                }),
            ]),
        ),
        since(
            15,
            "CREATE TABLE t (a text, b tsvector);
             CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT",
            table(vec![index("i", "t", &["a"], |i| {
                i.unique = true;
                i.nulls_not_distinct = true;
            })]),
        ),
    ]);
}

#[test]
fn comments() {
    let on = |id: ObjectId, text: &str| {
        (
            ObjectId::Comment(Box::new(id)),
            Object::Comment(Comment {
                text: text.to_owned(),
            }),
        )
    };
    check_cases(&[case(
        "CREATE TYPE e AS ENUM (); CREATE SEQUENCE q; CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0));
         CREATE INDEX i ON t (a);
         COMMENT ON SCHEMA s IS 'on schema'; COMMENT ON TYPE e IS 'on enum';
         COMMENT ON SEQUENCE q IS 'on sequence'; COMMENT ON TABLE t IS 'on table';
         COMMENT ON COLUMN t.a IS E'on\\ncolumn'; COMMENT ON CONSTRAINT c ON t IS 'on constraint';
         COMMENT ON INDEX i IS 'on index'",
        vec![
            (ObjectId::Enum(name("e")), Object::Enum(Enum::default())),
            (
                ObjectId::Sequence(name("q")),
                Object::Sequence(Sequence {
                    data_type: builtin("bigint"),
                    options: SequenceOptions::of_type(&builtin("bigint")),
                    owned_by: None,
                    persistence: None,
                    logging: Default::default(),
                }),
            ),
            (table_id("t"), Object::Table(Table::default())),
            column("t", "a", "integer"),
            constraint("t", "c", check("(a > 0)")),
            index("i", "t", &["a"], |_| {}),
            on(ObjectId::Namespace(ident("s")), "on schema"),
            on(ObjectId::Enum(name("e")), "on enum"),
            on(ObjectId::Sequence(name("q")), "on sequence"),
            on(table_id("t"), "on table"),
            on(column_id("t", "a"), "on\ncolumn"),
            on(constraint_id("t", "c"), "on constraint"),
            on(ObjectId::Index(name("i")), "on index"),
        ],
    )]);
}

#[test]
fn views_and_rules() {
    let view_column = |column: &str, sql_type: &str| ViewColumn {
        name: ident(column),
        sql_type: expression(sql_type),
        collation: None,
    };
    check_cases(&[
        case(
            "CREATE VIEW v WITH (security_barrier) AS SELECT 1 AS a, 'x'::varchar(3) COLLATE \"C\" AS \"B b\";
             ALTER VIEW v ALTER COLUMN a SET DEFAULT 1 + 1;
             CREATE RULE r AS ON INSERT TO v WHERE new.a > 1 DO INSTEAD NOTHING;
             COMMENT ON COLUMN v.a IS 'a'; COMMENT ON RULE r ON v IS 'r'",
            vec![
                (
                    ObjectId::View(name("v")),
                    Object::View(View {
                        columns: vec![
                            view_column("a", "integer"),
                            ViewColumn {
                                collation: Some(name("pg_catalog.C")),
                                ..view_column("B b", "character varying(3)")
                            },
                        ],
                        query: expression(
                            "SELECT 1 AS a,\n    ('x'::character varying(3) COLLATE \"C\") AS \"B b\"",
                        ),
                        options: BTreeMap::from([(
                            "security_barrier".to_owned(),
                            "true".to_owned(),
                        )]),
                        defaults: BTreeMap::from([(ident("a"), expression("(1 + 1)"))]),
                    }),
                ),
                (
                    ObjectId::Rule {
                        table: name("v"),
                        name: ident("r"),
                    },
                    Object::Rule(Rule {
                        event: RuleEvent::Insert,
                        condition: Some(expression("(new.a > 1)")),
                        instead: true,
                        action: expression("NOTHING"),
                        firing: Firing::Origin,
                    }),
                ),
                comment(column_id("v", "a"), "a"),
                comment(
                    ObjectId::Rule {
                        table: name("v"),
                        name: ident("r"),
                    },
                    "r",
                ),
            ],
        ),
        case(
            "CREATE MATERIALIZED VIEW m WITH (fillfactor = 70, toast.autovacuum_enabled = false)
                AS SELECT 'x'::text AS a WITH NO DATA; CREATE INDEX i ON m (a)",
            vec![
                (
                    ObjectId::MaterializedView(name("m")),
                    Object::MaterializedView(MaterializedView {
                        query: expression("SELECT 'x'::text AS a"),
                        method: None,
                        storage: BTreeMap::from([
                            ("fillfactor".to_owned(), "70".to_owned()),
                            ("toast.autovacuum_enabled".to_owned(), "false".to_owned()),
                        ]),
                        tablespace: None,
                        populated: false,
                    }),
                ),
                index("i", "m", &["a"], |_| {}),
            ],
        ),
    ]);
}

fn comment(on: ObjectId, text: &str) -> (ObjectId, Object) {
    (
        ObjectId::Comment(Box::new(on)),
        Object::Comment(Comment {
            text: text.to_owned(),
        }),
    )
}

#[test]
fn routines_with_all_that_is_said_of_them() {
    let parameter = |mode, name: Option<&str>, sql_type: &str, default: Option<&str>| Parameter {
        mode,
        name: name.map(str::to_owned),
        sql_type: expression(sql_type),
        default: default.map(expression),
    };
    let said = |arguments: &str, change: &dyn Fn(&mut Routine)| {
        let (_, mut object) = sql_function("f", "integer", "SELECT 1");
        if let Object::Routine(routine) = &mut object {
            change(routine);
        }
        let id = ObjectId::Function {
            name: name("f"),
            arguments: arguments.to_owned(),
        };
        (id, object)
    };
    check_cases(&[
        case(
            "CREATE FUNCTION f(a int, INOUT \"B b\" text[] DEFAULT '{x}', OUT c int, VARIADIC d int[] DEFAULT '{}')
                RETURNS record LANGUAGE sql STABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 7
                SET search_path = s, \"A b\" SET work_mem = '1MB' AS $$SELECT NULL::text[], 1$$",
            vec![said("integer, text[], integer[]", &|routine| {
                routine.parameters = vec![
                    parameter(ParameterMode::In, Some("a"), "integer", None),
                    parameter(ParameterMode::InOut, Some("B b"), "text[]", Some("'{x}'::text[]")),
                    parameter(ParameterMode::Out, Some("c"), "integer", None),
                    parameter(
                        ParameterMode::Variadic,
                        Some("d"),
                        "integer[]",
                        Some("'{}'::integer[]"),
                    ),
                ];
                routine.result = Some(expression("record"));
                routine.body = RoutineBody::Source("SELECT NULL::text[], 1".to_owned());
                routine.volatility = Volatility::Stable;
                routine.strict = true;
                routine.leakproof = true;
                routine.security_definer = true;
                routine.parallel = Parallel::Restricted;
                routine.cost = Some("7".to_owned());
                routine.settings = [("search_path", "s, \"A b\""), ("work_mem", "1MB")]
                    .map(|(name, value)| Setting {
                        name: name.to_owned(),
                        value: value.to_owned(),
                    })
                    .into();
            })],
        ),
        case(
            "CREATE FUNCTION f() RETURNS TABLE (x int, y text) LANGUAGE sql ROWS 3 SUPPORT array_unnest_support
                AS $$SELECT 1, 'x'$$",
            vec![said("", &|routine| {
                routine.parameters = vec![
                    parameter(ParameterMode::Table, Some("x"), "integer", None),
                    parameter(ParameterMode::Table, Some("y"), "text", None),
                ];
                routine.result = Some(expression("TABLE(x integer, y text)"));
                routine.returns_set = true;
                routine.rows = Some("3".to_owned());
                routine.support = Some(expression("array_unnest_support"));
                routine.body = RoutineBody::Source("SELECT 1, 'x'".to_owned());
            })],
        ),
        since(
            14,
            "CREATE FUNCTION f() RETURNS int IMMUTABLE RETURN 1",
            vec![said("", &|routine| {
                routine.volatility = Volatility::Immutable;
                routine.body = RoutineBody::Sql(expression("RETURN 1"));
            })],
        ),
        case(
            "CREATE AGGREGATE a(x int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', SSPACE = 8,
                COMBINEFUNC = int4pl, SORTOP = >, PARALLEL = SAFE)",
            vec![(
                ObjectId::Aggregate {
                    name: name("a"),
                    arguments: "x integer".to_owned(),
                },
                Object::Aggregate(Aggregate {
                    arguments: expression("x integer"),
                    result: expression("integer"),
                    kind: AggregateKind::Plain,
                    state: AggregateState {
                        function: expression("int4pl"),
                        sql_type: expression("integer"),
                        space: 8,
                        initial: Some("0".to_owned()),
                        finish: None,
                        finish_extra: false,
                        finish_modify: FinishModify::ReadOnly,
                    },
                    moving: None,
                    combine: Some(expression("int4pl")),
                    serialize: None,
                    deserialize: None,
                    sort_operator: Some(expression("OPERATOR(pg_catalog.>)")),
                    parallel: Parallel::Safe,
                }),
            )],
        ),
    ]);
}

#[test]
fn triggers() {
    let (f_id, mut f) = sql_function("f", "trigger", "BEGIN RETURN NEW; END");
    if let Object::Routine(routine) = &mut f {
        routine.language = "plpgsql".to_owned();
    }
    check_cases(&[case(
        "CREATE TABLE t (a int, b int);
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE CONSTRAINT TRIGGER g AFTER INSERT OR UPDATE OF b, a ON t FROM t
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION f('it''s', '');
         ALTER TABLE t ENABLE REPLICA TRIGGER g",
        vec![
            (table_id("t"), Object::Table(Table::default())),
            column("t", "a", "integer"),
            column("t", "b", "integer"),
            (f_id, f),
            (
                ObjectId::Trigger {
                    table: name("t"),
                    name: ident("g"),
                },
                Object::Trigger(Trigger {
                    timing: TriggerTiming::After,
                    on_insert: true,
                    on_update: true,
                    update_columns: idents(&["b", "a"]),
                    on_delete: false,
                    on_truncate: false,
                    each_row: true,
                    condition: Some(expression("(new.a > 1)")),
                    old_table: None,
                    new_table: None,
                    constraint: Some(TriggerConstraint {
                        deferrable: Deferrable::Deferred,
                        references: Some(name("t")),
                    }),
                    function: name("f"),
                    arguments: vec!["it's".to_owned(), String::new()],
                    firing: Firing::Replica,
                }),
            ),
        ],
    )]);
}

#[test]
fn edges_of_views_and_code_are_found() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        let found = in_schema_s(
            &mut conn,
            "CREATE TYPE mood AS ENUM ('sad');
             CREATE TABLE t (a int, m mood);
             CREATE FUNCTION f(x mood[], y t) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
             CREATE TABLE u (a int DEFAULT f('{}', NULL) CHECK (f('{}', NULL) = a));
             CREATE VIEW v AS SELECT a, f(ARRAY[m], NULL) FROM t;
             CREATE MATERIALIZED VIEW w AS SELECT a FROM v;
             CREATE INDEX i ON w (a);
             CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION g();
             CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO u VALUES (new.a);
             COMMENT ON COLUMN v.a IS 'a'",
        );
        assert_eq!(
            edges(&found.schema),
            [
                "column:s.u.a -> enum:s.mood",
                "column:s.u.a -> table:s.t",
                "column:s.u.a -> function:s.f(s.mood[], s.t)",
                "constraint:s.u.u_a_check -> enum:s.mood",
                "constraint:s.u.u_a_check -> table:s.t",
                "constraint:s.u.u_a_check -> column:s.u.a",
                "constraint:s.u.u_a_check -> function:s.f(s.mood[], s.t)",
                "index:s.i -> materialized_view:s.w",
                "comment:column:s.v.a -> view:s.v",
                "view:s.v -> table:s.t",
                "view:s.v -> column:s.t.a",
                "view:s.v -> column:s.t.m",
                "view:s.v -> function:s.f(s.mood[], s.t)",
                "materialized_view:s.w -> view:s.v",
                "rule:s.v.r -> column:s.u.a",
                "function:s.f(s.mood[], s.t) -> enum:s.mood",
                "function:s.f(s.mood[], s.t) -> table:s.t",
                "trigger:s.t.tr -> column:s.t.a",
            ]
        );
    }
}

#[test]
fn types_and_collations() {
    let id = |text: &str| text.parse::<ObjectId>().unwrap();
    let attribute = |name: &str, sql_type, collation: Option<&str>| Attribute {
        name: ident(name),
        sql_type,
        collation: collation.map(self::name),
    };
    check_cases(&[
        case(
            "CREATE DOMAIN d AS numeric(10,2) DEFAULT 1 NOT NULL CONSTRAINT c CHECK (VALUE > 0);
             ALTER DOMAIN d ADD CONSTRAINT late CHECK (VALUE < 9) NOT VALID;
             CREATE DOMAIN over AS d[]",
            vec![
                (
                    id("domain:s.d"),
                    Object::Domain(Domain {
                        default: Some(expression("1")),
                        not_null: true,
                        ..Domain::over(builtin("numeric(10,2)"))
                    }),
                ),
                (
                    id("domain_constraint:s.d.c"),
                    Object::DomainConstraint(DomainConstraint {
                        expression: expression("(VALUE > (0)::numeric)"),
                        validated: true,
                    }),
                ),
                (
                    id("domain_constraint:s.d.late"),
                    Object::DomainConstraint(DomainConstraint {
                        expression: expression("(VALUE < (9)::numeric)"),
                        validated: false,
                    }),
                ),
                (
                    id("domain:s.over"),
                    Object::Domain(Domain::over(SqlType::Named {
                        name: name("d"),
                        modifier: None,
                        array: true,
                    })),
                ),
            ],
        ),
        case(
            "CREATE TYPE c AS (b text COLLATE \"C\", a varchar(9)[], gone int);
             ALTER TYPE c DROP ATTRIBUTE gone; CREATE TYPE k AS (c c); CREATE TYPE empty AS ()",
            vec![
                (
                    id("composite:s.c"),
                    Object::Composite(Composite {
                        attributes: vec![
                            attribute("b", builtin("text"), Some("pg_catalog.C")),
                            attribute("a", builtin("character varying(9)[]"), None),
                        ],
                    }),
                ),
                (
                    id("composite:s.k"),
                    Object::Composite(Composite {
                        attributes: vec![attribute("c", SqlType::named(name("c")), None)],
                    }),
                ),
                (
                    id("composite:s.empty"),
                    Object::Composite(Composite::default()),
                ),
            ],
        ),
        case(
            "CREATE COLLATION c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
             CREATE COLLATION i (provider = icu, locale = 'de', deterministic = false)",
            vec![
                (
                    id("collation:s.c"),
                    Object::Collation(Collation {
                        provider: CollationProvider::Libc,
                        locale: None,
                        lc_collate: Some("C".to_owned()),
                        lc_ctype: Some("POSIX".to_owned()),
                        deterministic: true,
                        rules: None,
                    }),
                ),
                (
                    id("collation:s.i"),
                    Object::Collation(Collation {
                        provider: CollationProvider::Icu,
                        locale: Some("de".to_owned()),
                        lc_collate: None,
                        lc_ctype: None,
                        deterministic: false,
                        rules: None,
                    }),
                ),
            ],
        ),
    ]);
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        let found = in_schema_s(
            &mut conn,
            "CREATE TYPE r AS RANGE (subtype = text, subtype_opclass = text_pattern_ops,
                 collation = \"C\");
             CREATE TYPE f AS RANGE (subtype = float8, subtype_diff = float8mi)",
        );
        let multirange = |text| (server.major() >= 14).then(|| name(text));
        let range = |text: &str| found.schema.get(&id(text));
        assert_eq!(
            range("range:s.r"),
            Some(&Object::Range(Range {
                operator_class: Some(name("pg_catalog.text_pattern_ops")),
                collation: Some(name("pg_catalog.C")),
                multirange: multirange("r_multirange"),
                ..Range::of(builtin("text"))
            }))
        );
        assert_eq!(
            range("range:s.f"),
            Some(&Object::Range(Range {
                difference: Some(name("pg_catalog.float8mi")),
                multirange: multirange("f_multirange"),
                ..Range::of(builtin("double precision"))
            }))
        );
        // The functions that come with a range type are part of it.
        let is_function = |id: &ObjectId| matches!(id, ObjectId::Function { .. });
        assert!(!found.schema.objects.keys().any(is_function));
        assert_eq!(found.unmanaged, []);
    }
}

#[test]
fn what_is_said_beside_definitions() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        let found = in_schema_s(
            &mut conn,
            "CREATE TABLE t (a text NOT NULL, b int, CONSTRAINT k UNIQUE (a))
                 WITH (fillfactor = 70, toast.autovacuum_enabled = off);
             ALTER TABLE t ALTER a SET STORAGE MAIN, ALTER a SET STATISTICS 0,
                 ALTER b SET (n_distinct = 5);
             UPDATE pg_attribute SET attoptions = attoptions || '{pg_attver=3}'
                 WHERE attrelid = 't'::regclass AND attname = 'b';
             CREATE INDEX i ON t (lower(a), b);
             ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 9;
             ALTER TABLE t REPLICA IDENTITY USING INDEX k, CLUSTER ON i;
             CREATE TYPE c AS (x int);
             CREATE TABLE o OF c; ALTER TABLE o REPLICA IDENTITY FULL;
             CREATE STATISTICS st (mcv) ON b, a FROM t; ALTER STATISTICS st SET STATISTICS 7",
        );
        let get = |text: &str| found.schema.get(&text.parse().unwrap()).cloned();
        let words = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let pairs = pairs.iter();
            pairs
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        let Some(Object::Table(table)) = get("table:s.t") else {
            panic!("the table is there");
        };
        let parameters = [("fillfactor", "70"), ("toast.autovacuum_enabled", "off")];
        assert_eq!(table.storage, words(&parameters));
        let Some(Object::Column(column)) = get("column:s.t.a") else {
            panic!("the column is there");
        };
        assert_eq!(
            (column.storage, column.statistics),
            (Some(Storage::Main), Some(0))
        );
        let Some(Object::Column(column)) = get("column:s.t.b") else {
            panic!("the column is there");
        };
        assert_eq!((column.storage, column.statistics), (None, None));
        assert_eq!(column.options, words(&[("n_distinct", "5")]));
        let Some(Object::Index(index)) = get("index:s.i") else {
            panic!("the index is there");
        };
        assert_eq!(index.statistics, BTreeMap::from([(1, 9)]));
        assert_eq!(
            get("replica_identity:s.t"),
            Some(Object::ReplicaIdentity(ReplicaIdentity::Index(ident("k"))))
        );
        assert_eq!(
            get("replica_identity:s.o"),
            Some(Object::ReplicaIdentity(ReplicaIdentity::Full))
        );
        let cluster = Cluster { index: ident("i") };
        assert_eq!(get("cluster:s.t"), Some(Object::Cluster(cluster)));
        assert_eq!(
            get("typed:s.o"),
            Some(Object::Typed(Typed { ty: name("c") }))
        );
        let statistics = Statistics {
            table: name("t"),
            kinds: [StatisticsKind::MostCommon].into(),
            columns: [ident("a"), ident("b")].into(),
            expressions: Vec::new(),
            target: Some(7),
        };
        assert_eq!(get("statistics:s.st"), Some(Object::Statistics(statistics)));
        assert_eq!(found.unmanaged, []);
    }
}

#[test]
fn what_is_not_managed_is_named() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        let found = in_schema_s(
            &mut conn,
            "CREATE TABLE t (a int);
             CREATE TABLE parted (a int, b serial) PARTITION BY RANGE (a);
             CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (2);
             CREATE TABLE child (c int) INHERITS (t);
             CREATE POLICY p ON t;
             CREATE POLICY p ON parted;
             GRANT SELECT ON t TO pg_monitor WITH GRANT OPTION;
             GRANT USAGE ON SCHEMA s TO pg_monitor;
             SET ROLE pg_monitor;
             GRANT SELECT ON t TO pg_read_all_stats;
             RESET ROLE;
             CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE RULE r AS ON DELETE TO child DO INSTEAD NOTHING;
             CREATE TRIGGER g BEFORE INSERT ON child EXECUTE FUNCTION g();
             CREATE STATISTICS st ON a, b FROM parted",
        );
        let named = |kind: &str, name: &str| Unmanaged {
            kind: kind.to_owned(),
            schema: "s".to_owned(),
            name: name.to_owned(),
        };
        let seen: BTreeSet<_> = found.unmanaged.iter().cloned().collect();
        let by_another = named(
            "grant by another than the owner",
            "table:s.t to pg_read_all_stats by pg_monitor",
        );
        assert!(seen.contains(&by_another), "{seen:#?}");
        assert_eq!(seen.len(), 1, "{seen:#?}");
        for id in [
            "partition:s.part",
            "inheritance:s.child.s.t",
            "sequence:s.parted_b_seq",
            "rule:s.child.r",
            "trigger:s.child.g",
            "statistics:s.st",
            "policy:s.parted.p",
            "grant:pg_monitor:table:s.t",
        ] {
            let id: ObjectId = id.parse().expect("an identity");
            assert!(found.schema.get(&id).is_some(), "{id}");
        }
    }
}

#[test]
fn what_is_of_the_whole_database_and_not_managed_is_named() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        conn.batch_execute(
            "CREATE TRANSFORM FOR integer LANGUAGE sql
                 (FROM SQL WITH FUNCTION pg_catalog.prsd_lextype(internal));
             GRANT USAGE ON LANGUAGE sql TO pg_monitor;
             CREATE FOREIGN DATA WRAPPER w;
             CREATE SERVER v FOREIGN DATA WRAPPER w;
             GRANT USAGE ON FOREIGN DATA WRAPPER w TO pg_monitor;
             GRANT USAGE ON FOREIGN SERVER v TO pg_monitor",
        )
        .unwrap();
        let found = introspect(&mut conn, &Scope::all()).unwrap();
        let told: Vec<(&str, &str)> = found
            .unmanaged
            .iter()
            .map(|one| (one.kind.as_str(), one.name.as_str()))
            .collect();
        assert_eq!(told, [("transform", "integer sql")]);
        // Who looks at schemas is told of what is in them.
        let found = introspect(&mut conn, &Scope::of_schemas([ident("public")])).unwrap();
        assert_eq!(found.unmanaged, []);
    }
}

#[test]
fn a_virtual_column_is_read() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        if server_major(&mut conn) < 18 {
            continue;
        }
        let found = in_schema_s(
            &mut conn,
            "CREATE TABLE t (a int, v int GENERATED ALWAYS AS (a + 1))",
        );
        let id: ObjectId = "column:s.t.v".parse().expect("an identity");
        let Some(Object::Column(column)) = found.schema.get(&id) else {
            panic!("{id} is not read");
        };
        assert_eq!(column.computed, Computed::Virtual);
        assert_eq!(column.generated, Some(Expression("(a + 1)".to_owned())));
    }
}

fn edges(schema: &Schema) -> Vec<String> {
    schema
        .depends
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| format!("{from} -> {to}")))
        .collect()
}

#[test]
fn edges_hidden_in_expressions_are_found() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        let found = in_schema_s(
            &mut conn,
            "CREATE TYPE mood AS ENUM ('sad');
             CREATE SEQUENCE q;
             CREATE TABLE t (
                id serial PRIMARY KEY,
                n bigint DEFAULT nextval('q') UNIQUE,
                g bigint GENERATED ALWAYS AS (n + 1) STORED,
                w text DEFAULT 'sad'::mood::text,
                moods mood[],
                CONSTRAINT c CHECK (n > id),
                parent integer REFERENCES t);
             CREATE INDEX i ON t ((n + 1)) WHERE 'sad'::mood = ANY (moods);",
        );
        assert_eq!(
            edges(&found.schema),
            [
                "column:s.t.g -> column:s.t.n",
                "column:s.t.id -> sequence:s.t_id_seq",
                "column:s.t.n -> sequence:s.q",
                "column:s.t.w -> enum:s.mood",
                "constraint:s.t.c -> column:s.t.id",
                "constraint:s.t.c -> column:s.t.n",
                "constraint:s.t.t_parent_fkey -> constraint:s.t.t_pkey",
                "index:s.i -> enum:s.mood",
                "index:s.i -> column:s.t.moods",
                "index:s.i -> column:s.t.n",
            ]
        );
        assert_eq!(
            found.schema.columns(&name("t")),
            idents(&["id", "n", "g", "w", "moods", "parent"])
        );
    }
}

#[test]
fn scopes_choose_schemas_and_names() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE SCHEMA ext;
         CREATE TABLE a.posts (id int); CREATE TABLE a.tmp_x (id int); CREATE TABLE b.posts (id int);
         CREATE TABLE public.limbeck_revision (id int);
         CREATE TABLE public.__diesel_schema_migrations (id int);
         CREATE TABLE public.ours (id int); COMMENT ON TABLE public.ours IS 'limbeck: history';
         CREATE EXTENSION hstore SCHEMA ext;
         CREATE TEMP TABLE temporary (id int);",
    )
    .unwrap();
    let mut tables = |scope: &Scope| -> Vec<String> {
        let found = introspect(&mut conn, scope).unwrap();
        found
            .schema
            .objects
            .keys()
            .filter(|id| matches!(id, ObjectId::Table(_) | ObjectId::Namespace(_)))
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        tables(&Scope::all()),
        [
            "schema:a",
            "schema:b",
            "schema:ext",
            "schema:public",
            "table:a.posts",
            "table:a.tmp_x",
            "table:b.posts"
        ]
    );
    assert_eq!(
        tables(&Scope::of_schemas([ident("b")])),
        ["schema:b", "table:b.posts"]
    );
    let excluding = Scope {
        exclude: vec!["tmp_*".to_owned(), "b.posts".to_owned()],
        ..Scope::of_schemas([ident("a"), ident("b")])
    };
    assert_eq!(
        tables(&excluding),
        ["schema:a", "schema:b", "table:a.posts"]
    );
    let including = Scope {
        include: vec!["a.*".to_owned()],
        exclude: vec!["tmp_*".to_owned()],
        ..Scope::of_schemas([ident("a"), ident("b")])
    };
    assert_eq!(
        tables(&including),
        ["schema:a", "schema:b", "table:a.posts"]
    );
}

#[test]
fn what_a_key_refers_to_may_be_out_of_scope() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        conn.batch_execute(
            "CREATE SCHEMA a; CREATE SCHEMA b;
             CREATE TABLE b.parent (gone int, y int, x int, UNIQUE (x, y)); ALTER TABLE b.parent DROP COLUMN gone;
             CREATE TABLE a.child (gone int, p int, q int, FOREIGN KEY (q, p) REFERENCES b.parent (x, y));
             ALTER TABLE a.child DROP COLUMN gone",
        )
        .unwrap();
        let id = constraint_id("a.child", "child_q_p_fkey");
        let narrow = Scope::of_schemas([ident("a")]);
        for scope in [Scope::all(), narrow] {
            let found = introspect(&mut conn, &scope).unwrap();
            let Some(Object::Constraint(constraint)) = found.schema.get(&id) else {
                panic!("it is read");
            };
            let ConstraintKind::ForeignKey(key) = &constraint.kind else {
                panic!("it is a foreign key");
            };
            assert_eq!(key.columns, idents(&["q", "p"]));
            assert_eq!(key.references, name("b.parent"));
            assert_eq!(key.referenced_columns, idents(&["x", "y"]));
        }
    }
}

fn search_path(conn: &mut PgConnection) -> String {
    setting(conn, "search_path")
}

fn setting(conn: &mut PgConnection, name: &str) -> String {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let row: Row = sql_query(format!("SELECT current_setting('{name}') AS value"))
        .get_result(conn)
        .unwrap();
    row.value
}

/// Whether a setting has the value that the session began with.
fn is_as_it_was(conn: &mut PgConnection, name: &str) -> bool {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        same: bool,
    }
    let row: Row =
        sql_query("SELECT setting = reset_val AS same FROM pg_catalog.pg_settings WHERE name = $1")
            .bind::<Text, _>(name)
            .get_result(conn)
            .unwrap();
    row.same
}

#[test]
fn the_session_keeps_its_search_path_and_its_planner() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        conn.batch_execute(
            "CREATE SCHEMA s; SET search_path = s, public;
             CREATE TYPE mood AS ENUM ('sad');
             CREATE TABLE t (a mood DEFAULT 'sad')",
        )
        .unwrap();
        let defaults = |conn: &mut PgConnection| {
            let found = introspect(conn, &Scope::all()).unwrap();
            let Some(Object::Column(column)) = found.schema.get(&column_id("t", "a")) else {
                panic!("no column")
            };
            column.default.clone().unwrap()
        };
        let qualified = expression("'sad'::s.mood");

        assert_eq!(defaults(&mut conn), qualified);
        assert_eq!(search_path(&mut conn), "s, public");

        conn.batch_execute("BEGIN; SET LOCAL search_path = s")
            .unwrap();
        assert_eq!(defaults(&mut conn), qualified);
        assert_eq!(search_path(&mut conn), "s");
        for planner in ["jit", "join_collapse_limit", "from_collapse_limit"] {
            assert!(is_as_it_was(&mut conn, planner), "{planner}");
        }
        conn.batch_execute("SAVEPOINT x; SET LOCAL search_path = public")
            .unwrap();
        assert_eq!(defaults(&mut conn), qualified);
        assert_eq!(search_path(&mut conn), "public");
        conn.batch_execute("ROLLBACK TO x").unwrap();
        assert_eq!(search_path(&mut conn), "s");
        conn.batch_execute("COMMIT").unwrap();
        assert_eq!(search_path(&mut conn), "s, public");

        conn.batch_execute("BEGIN; SET search_path = public")
            .unwrap();
        assert_eq!(defaults(&mut conn), qualified);
        conn.batch_execute("COMMIT").unwrap();
        assert_eq!(search_path(&mut conn), "public");

        conn.batch_execute("BEGIN READ ONLY").unwrap();
        assert_eq!(defaults(&mut conn), qualified);
        conn.batch_execute("COMMIT").unwrap();
    }
}

#[test]
fn a_session_with_settings_of_its_own_is_read_like_any_other() {
    let settings = [
        ("quote_all_identifiers", "on"),
        ("datestyle", "SQL, DMY"),
        ("datestyle", "German"),
        ("intervalstyle", "iso_8601"),
        ("bytea_output", "escape"),
        ("extra_float_digits", "-3"),
        ("timezone", "Asia/Tokyo"),
    ];
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        conn.batch_execute(
            "CREATE TYPE mood AS ENUM ('sad');
             CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
             CREATE TABLE t (a mood DEFAULT 'sad', b positive CHECK (b < 9), c text COLLATE \"C\",
                 d date DEFAULT '2024-05-04', e interval DEFAULT '1 day -2 hours', f bytea DEFAULT '\\x00ff',
                 g float8 DEFAULT 0.1::float8, h timestamptz CHECK (h > '2024-05-04 10:00:00+00'),
                 i timestamp DEFAULT '2024-05-04 10:00:00', j money DEFAULT 1.5::numeric::money);
             CREATE INDEX by_b ON t (abs(b::integer)) WHERE c > 'x';
             CREATE VIEW v AS SELECT a, lower(c) AS c, '2024-05-04'::date AS d FROM t;
             COMMENT ON VIEW v IS 'a view'",
        )
        .unwrap();
        let plain = introspect(&mut conn, &Scope::all()).unwrap();
        for (name, value) in settings {
            conn.batch_execute(&format!("SET {name} = '{value}'"))
                .unwrap();
            let set = setting(&mut conn, name);
            let found = introspect(&mut conn, &Scope::all()).unwrap();
            assert_eq!(plain, found, "{name}");
            conn.batch_execute("BEGIN").unwrap();
            let within = introspect(&mut conn, &Scope::all()).unwrap();
            assert_eq!(plain, within, "{name}");
            conn.batch_execute("COMMIT").unwrap();
            assert_eq!(setting(&mut conn, name), set);
            conn.batch_execute(&format!("RESET {name}")).unwrap();
        }
    }
}

#[test]
fn a_database_of_another_encoding_is_read() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut conn = database.connect();
        let name = format!("in_latin1_{}", std::process::id());
        conn.batch_execute(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))
        .unwrap();
        let mut latin = PgConnection::establish(&server.url(&name)).unwrap();
        latin
            .batch_execute("CREATE TABLE caf\u{e9} (a text DEFAULT '\u{fc}ber')")
            .unwrap();
        let found = introspect(&mut latin, &Scope::all()).unwrap();
        let column = ObjectId::Column {
            table: QualifiedName::parse_parts("public", "caf\u{e9}").unwrap(),
            name: Ident::new("a").unwrap(),
        };
        let Some(Object::Column(column)) = found.schema.get(&column) else {
            panic!("{:?}", found.schema);
        };
        assert_eq!(
            column.default.clone().unwrap(),
            expression("'\u{fc}ber'::text")
        );
        drop(latin);
        conn.batch_execute(&format!("DROP DATABASE {name}"))
            .unwrap();
    }
}
