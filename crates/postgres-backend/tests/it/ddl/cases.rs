//! Everything but the exchange of enum types.

use super::build::*;
use super::{Case, Waived, answer, check as run_case, compare, run};
use crate::support::TestDatabase;
use limbeck_core::schema::object::table::Persistence;
use limbeck_core::schema::object::{
    Action, Check, ConstraintKind, Deferrable, Exclude, ExcludeElement, Identity, IdentityMode,
    Index, IndexElement, IndexKey, IndexSettings, Key, MatchType, NullsOrder, OperatorClass,
    OwnerColumn, SequenceOptions, SortOrder, Table,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, Schema};
use limbeck_postgres::{Context, Naming, render, script};

fn users() -> Vec<Pair> {
    vec![
        table("users"),
        column("users", "id", "bigint", identity),
        primary_key("users", &["id"]),
    ]
}

fn posts() -> Vec<Pair> {
    vec![
        table("posts"),
        column("posts", "id", "bigint", identity),
        column("posts", "author_id", "bigint", not_null),
        column("posts", "title", "character varying(200)", not_null),
        column("posts", "published", "boolean", |column| {
            column.nullable = false;
            column.default = Some(expression("false"));
        }),
        primary_key("posts", &["id"]),
        foreign_key(
            "posts",
            "posts_author_id_fkey",
            &["author_id"],
            "users",
            &["id"],
            |key| {
                key.on_delete = Action::Cascade;
            },
        ),
    ]
}

fn creates(pairs: Vec<Pair>) -> Vec<Operation> {
    pairs.into_iter().map(create).collect()
}

fn drops(pairs: Vec<Pair>) -> Vec<Operation> {
    pairs.into_iter().rev().map(drop).collect()
}

#[test]
fn a_new_table_is_one_statement() {
    let mut operations = creates(posts());
    operations.push(create(index(
        "posts_title_idx",
        "posts",
        &["title"],
        |index| {
            index.predicate = Some(expression("published"));
        },
    )));
    operations.push(create(comment(table_id("posts"), "what people write")));
    run_case(Case {
        name: "create_table",
        before: users(),
        operations,
        ..Case::default()
    });
}

#[test]
fn tables_that_refer_to_each_other_get_their_keys_when_both_are_there() {
    let reference = |table: &str, other: &str| {
        foreign_key(
            table,
            &format!("{table}_fkey"),
            &["other"],
            other,
            &["id"],
            |_| {},
        )
    };
    let parts = |name: &str| {
        vec![
            table(name),
            column(name, "id", "bigint", not_null),
            column(name, "other", "bigint", plain),
            primary_key(name, &["id"]),
        ]
    };
    let mut operations = creates(parts("a"));
    operations.extend(creates(parts("b")));
    operations.push(create(reference("a", "b")));
    operations.push(create(reference("b", "a")));
    run_case(Case {
        name: "create_cycle",
        operations,
        ..Case::default()
    });
}

#[test]
fn two_keys_that_one_index_would_serve_stay_two() {
    let unique = |name: &str, columns| constraint("a", name, ConstraintKind::Unique(key(columns)));
    run_case(Case {
        name: "create_keys_alike",
        operations: creates(vec![
            table("a"),
            column("a", "id", "bigint", not_null),
            column("a", "other", "bigint", plain),
            primary_key("a", &["id"]),
            unique("a_id_key", &["id"]),
            unique("a_id_key1", &["id"]),
            unique("a_id_other_key", &["id", "other"]),
        ]),
        ..Case::default()
    });
}

#[test]
fn parts_far_behind_their_table_are_folded_where_nothing_is_in_the_way() {
    // All tables, then all columns, then all constraints.
    let mut operations = vec![create(table("users")), create(table("posts"))];
    let (columns, rest): (Vec<_>, Vec<_>) = users()
        .into_iter()
        .chain(posts())
        .filter(|(id, _)| !matches!(id, ObjectId::Table(_)))
        .partition(|(id, _)| matches!(id, ObjectId::Column { .. }));
    operations.extend(creates(columns));
    operations.extend(creates(rest));
    run_case(Case {
        name: "create_scattered",
        operations,
        ..Case::default()
    });
}

#[test]
fn a_table_without_columns_is_one_too() {
    run_case(Case {
        name: "create_empty",
        operations: vec![
            create(table("nothing")),
            create((
                table_id("scratch"),
                Object::Table(Table::of(Persistence::Unlogged)),
            )),
        ],
        ..Case::default()
    });
}

#[test]
fn a_dropped_table_takes_its_parts_with_it() {
    let mut parts = posts();
    parts.push(index("posts_title_idx", "posts", &["title"], |_| {}));
    parts.push(comment(table_id("posts"), "what people write"));
    parts.push(comment(index_id("posts_title_idx"), "by title"));
    let mut before = users();
    before.extend(parts.clone());
    run_case(Case {
        name: "drop_table",
        before,
        operations: drops(parts),
        ..Case::default()
    });
}

#[test]
fn tables_that_refer_to_each_other_are_dropped() {
    let reference = |table: &str, other: &str| {
        foreign_key(
            table,
            &format!("{table}_fkey"),
            &["other"],
            other,
            &["id"],
            |_| {},
        )
    };
    let parts = |name: &str| {
        vec![
            table(name),
            column(name, "id", "bigint", not_null),
            column(name, "other", "@mood", plain),
            column(name, "more", "bigint", plain),
            primary_key(name, &["id"]),
        ]
    };
    let mut before = vec![an_enum("mood", &["fine"])];
    before.extend(parts("a"));
    before.extend(parts("b"));
    for (table, other) in [("a", "b"), ("b", "a")] {
        let mut pair = reference(table, other);
        if let Object::Constraint(constraint) = &mut pair.1
            && let ConstraintKind::ForeignKey(key) = &mut constraint.kind
        {
            key.columns = names(&["more"]);
        }
        before.push(pair);
    }
    run_case(Case {
        name: "drop_cycle",
        operations: drops(before.clone()),
        before,
        ..Case::default()
    });
}

#[test]
fn neighbouring_changes_of_a_table_share_a_statement() {
    let mut before = users();
    before.extend(posts());
    let title = |change: fn(&mut limbeck_core::schema::object::Column)| {
        column("posts", "title", "text", change)
    };
    let operations = vec![
        drop(column("posts", "published", "boolean", |column| {
            column.nullable = false;
            column.default = Some(expression("false"));
        })),
        alter(
            column("posts", "title", "character varying(200)", not_null),
            title(plain),
        ),
        create(column("posts", "content", "text", |column| {
            column.nullable = false;
            column.default = Some(expression("''::text"));
        })),
        create(check("posts", "posts_title_check", "length(title) > 3")),
        create(constraint(
            "posts",
            "posts_title_key",
            ConstraintKind::Unique(key(&["title", "author_id"])),
        )),
    ];
    run_case(Case {
        name: "alter_table",
        before,
        rows: "INSERT INTO users DEFAULT VALUES;
               INSERT INTO posts (author_id, title) VALUES (1, 'first');",
        operations,
        expect: Some(("SELECT title || content AS text FROM posts", "first")),
        ..Case::default()
    });
}

#[test]
fn every_attribute_of_a_column_changes_in_place() {
    let steps: Vec<(&str, Pair, Pair)> = vec![
        (
            "int",
            column("t", "a", "integer", plain),
            column("t", "a", "bigint", not_null),
        ),
        (
            "default",
            column("t", "b", "integer", |column| {
                column.default = Some(expression("1"))
            }),
            column("t", "b", "integer", |column| {
                column.default = Some(expression("(1 + 2)"))
            }),
        ),
        (
            "to text",
            column("t", "c", "integer", |column| {
                column.default = Some(expression("7"))
            }),
            column("t", "c", "text", |column| {
                column.default = Some(expression("'7'::text"))
            }),
        ),
        (
            "collation",
            column("t", "d", "text", plain),
            column("t", "d", "text", |column| {
                column.collation = Some(qualified("pg_catalog/C"))
            }),
        ),
        (
            "identity",
            column("t", "e", "integer", not_null),
            column("t", "e", "integer", identity),
        ),
        (
            "identity options",
            column("t", "f", "integer", identity),
            column("t", "f", "bigint", |column| {
                identity(column);
                column.identity = Some(Identity {
                    mode: IdentityMode::ByDefault,
                    options: SequenceOptions {
                        start: 5,
                        increment: 2,
                        min: 1,
                        max: 1000,
                        cache: 3,
                        cycle: true,
                    },
                });
            }),
        ),
        (
            "wrap",
            column("t", "h", "integer", |column| {
                column.default = Some(expression("3"))
            }),
            column("t", "h", "integer[]", |column| {
                column.default = Some(expression("'{1}'::integer[]"));
            }),
        ),
        (
            "bool",
            column("t", "i", "boolean", |column| {
                column.default = Some(expression("true"))
            }),
            column("t", "i", "integer", |column| {
                column.default = Some(expression("1"))
            }),
        ),
        (
            "json",
            column("t", "j", "json", plain),
            column("t", "j", "jsonb", plain),
        ),
        (
            "uuid",
            column("t", "k", "text", plain),
            column("t", "k", "uuid", plain),
        ),
        (
            "enum",
            column("t", "l", "text", |column| {
                column.default = Some(expression("'fine'::text"));
            }),
            column("t", "l", "@mood", |column| {
                column.default = Some(expression("'fine'::public.mood"));
            }),
        ),
        (
            "enum array",
            column("t", "m", "text[]", plain),
            column("t", "m", "@mood[]", plain),
        ),
    ];
    let mut before = vec![an_enum("mood", &["fine", "bad"]), table("t")];
    before.extend(steps.iter().map(|(_, from, _)| from.clone()));
    let operations = steps
        .into_iter()
        .map(|(_, from, to)| alter(from, to))
        .collect();
    run_case(Case {
        name: "alter_columns",
        before,
        rows: "INSERT INTO t (a, e, k, m)
               VALUES (1, 40, '00000000-0000-0000-0000-000000000001', '{fine,bad}');",
        operations,
        expect: Some((
            "SELECT concat_ws(' ', a, b, c, nextval(pg_get_serial_sequence('t', 'e')), h, i, l, m)
                 AS text FROM t",
            "1 1 7 41 {3} 1 fine {fine,bad}",
        )),
        waived: Some(Waived::Reverse),
        ..Case::default()
    });
}

#[test]
fn column_changes_are_taken_back_on_an_empty_table() {
    let before = vec![
        table("t"),
        column("t", "a", "integer", plain),
        column("t", "b", "integer", plain),
        column("t", "c", "integer", |column| {
            column.generated = Some(expression("(a * 2)"))
        }),
        column("t", "d", "text", |column| {
            column.default = Some(expression("'1'::text"))
        }),
        column("t", "e", "integer", identity),
    ];
    let operations = vec![
        alter(
            column("t", "c", "integer", |column| {
                column.generated = Some(expression("(a * 2)"))
            }),
            column("t", "c", "integer", |column| {
                column.generated = Some(expression("(a * 3)"))
            }),
        ),
        alter(
            column("t", "d", "text", |column| {
                column.default = Some(expression("'1'::text"))
            }),
            column("t", "d", "numeric(9,2)", |column| {
                column.default = Some(expression("1"))
            }),
        ),
        alter(
            column("t", "e", "integer", identity),
            column("t", "e", "integer", plain),
        ),
    ];
    run_case(Case {
        name: "alter_columns_back",
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn a_generated_column_becomes_a_plain_one() {
    let operations = vec![alter(
        column("t", "b", "integer", |column| {
            column.generated = Some(expression("(a * 2)"))
        }),
        column("t", "b", "integer", plain),
    )];
    let before = vec![
        table("t"),
        column("t", "a", "integer", plain),
        column("t", "b", "integer", |column| {
            column.generated = Some(expression("(a * 2)"))
        }),
    ];
    run_case(Case {
        name: "drop_expression",
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn sequences_have_all_their_options() {
    let unowned = |sequence: &mut limbeck_core::schema::object::Sequence| {
        sequence.data_type = sql_type("integer");
        sequence.options = SequenceOptions::of_type(&sequence.data_type);
    };
    let owned = |sequence: &mut limbeck_core::schema::object::Sequence| {
        sequence.data_type = sql_type("integer");
        sequence.options = SequenceOptions::of_type(&sequence.data_type);
        sequence.owned_by = Some(OwnerColumn {
            table: qualified("t"),
            column: name("id"),
        });
    };
    let operations = vec![
        create(sequence("plain", |_| {})),
        create(sequence("down", |sequence| {
            sequence.options = SequenceOptions {
                start: -1,
                increment: -1,
                min: i64::MIN,
                max: -1,
                cache: 1,
                cycle: false,
            };
        })),
        create(sequence("odd", |sequence| {
            sequence.data_type = sql_type("smallint");
            sequence.options = SequenceOptions {
                start: 7,
                increment: 2,
                min: 3,
                max: 99,
                cache: 5,
                cycle: true,
            };
        })),
        create(sequence("t_id_seq", unowned)),
        create(table("t")),
        create(column("t", "id", "integer", |column| {
            column.nullable = false;
            column.default = Some(expression("nextval('public.t_id_seq'::regclass)"));
        })),
        alter(sequence("t_id_seq", unowned), sequence("t_id_seq", owned)),
        alter(
            sequence("old", |_| {}),
            sequence("old", |sequence| {
                sequence.data_type = sql_type("integer");
                sequence.options = SequenceOptions::of_type(&sequence.data_type);
                sequence.options.cache = 9;
            }),
        ),
    ];
    run_case(Case {
        name: "sequences",
        before: vec![sequence("old", |_| {})],
        operations,
        ..Case::default()
    });
}

#[test]
fn a_sequence_that_stays_changes_hands() {
    let owned = |column: Option<&'static str>| {
        sequence("s", move |sequence| {
            sequence.owned_by = column.map(|column| OwnerColumn {
                table: qualified("t"),
                column: name(column),
            });
        })
    };
    run_case(Case {
        name: "sequence_stays",
        before: vec![
            table("t"),
            column("t", "a", "bigint", plain),
            column("t", "b", "bigint", plain),
            owned(Some("a")),
        ],
        operations: vec![
            alter(owned(Some("a")), owned(None)),
            drop(column("t", "a", "bigint", plain)),
            alter(owned(None), owned(Some("b"))),
        ],
        ..Case::default()
    });
}

#[test]
fn a_sequence_that_was_owned_goes_with_its_table() {
    let owned = |owned: bool| {
        sequence("t_id_seq", |sequence| {
            sequence.owned_by = owned.then(|| OwnerColumn {
                table: qualified("t"),
                column: name("id"),
            });
        })
    };
    let id = || {
        column("t", "id", "bigint", |column| {
            column.default = Some(expression("nextval('public.t_id_seq'::regclass)"));
        })
    };
    run_case(Case {
        name: "drop_serial",
        before: vec![owned(true), table("t"), id()],
        operations: vec![
            alter(owned(true), owned(false)),
            drop(id()),
            drop(table("t")),
            drop(owned(false)),
        ],
        ..Case::default()
    });
}

#[test]
fn bounds_move_beyond_where_a_sequence_stands() {
    let within = |min: i64, max: i64, start: i64| {
        move |options: &mut SequenceOptions| {
            options.min = min;
            options.max = max;
            options.start = start;
        }
    };
    let numbers = |change: &dyn Fn(&mut SequenceOptions)| {
        sequence("s", |sequence| change(&mut sequence.options))
    };
    let far = |change: &dyn Fn(&mut SequenceOptions)| {
        sequence("far", |sequence| change(&mut sequence.options))
    };
    let id = |change: &dyn Fn(&mut SequenceOptions)| {
        column("t", "id", "bigint", |column| {
            identity(column);
            if let Some(identity) = &mut column.identity {
                change(&mut identity.options);
            }
        })
    };
    run_case(Case {
        name: "sequence_bounds",
        before: vec![
            numbers(&within(1, 1000, 1)),
            far(&within(1, 9, 1)),
            table("t"),
            id(&within(1, 1000, 1)),
        ],
        operations: vec![
            alter(numbers(&within(1, 1000, 1)), numbers(&within(10, 2000, 20))),
            alter(far(&within(1, 9, 1)), far(&within(10, 20, 15))),
            alter(id(&within(1, 1000, 1)), id(&within(10, 2000, 20))),
        ],
        rows: "SELECT nextval('s');",
        expect: Some((
            "SELECT concat_ws(' ', nextval('s'), nextval('far'),
                 nextval(pg_get_serial_sequence('t', 'id'))) AS text",
            "10 15 20",
        )),
        // Back there it has counted too far.
        waived: Some(Waived::Reverse),
        ..Case::default()
    });
}

#[test]
fn constraints_have_all_their_attributes() {
    let mut before = users();
    before.extend([
        table("t"),
        column("t", "a", "bigint", not_null),
        column("t", "b", "bigint", plain),
        column("t", "c", "integer", plain),
        column("t", "during", "tstzrange", plain),
        table("pairs"),
        column("pairs", "a", "bigint", not_null),
        column("pairs", "b", "bigint", not_null),
        primary_key("pairs", &["a", "b"]),
    ]);
    let operations = vec![
        create(constraint(
            "t",
            "t_pkey",
            ConstraintKind::PrimaryKey(Key {
                include: names(&["c"]),
                ..key(&["a"])
            }),
        )),
        create(constraint_with(
            "t",
            "t_b_key",
            ConstraintKind::Unique(key(&["b"])),
            |constraint| {
                constraint.deferrable = Deferrable::Immediate;
            },
        )),
        create(foreign_key(
            "t",
            "t_pairs",
            &["a", "b"],
            "pairs",
            &["a", "b"],
            |key| {
                key.match_type = MatchType::Full;
                key.on_update = Action::Restrict;
                key.on_delete = Action::SetDefault;
            },
        )),
        create({
            let (id, mut object) = foreign_key("t", "t_users", &["a"], "users", &["id"], |key| {
                key.on_delete = Action::Cascade;
            });
            if let Object::Constraint(constraint) = &mut object {
                constraint.deferrable = Deferrable::Deferred;
                constraint.validated = false;
            }
            (id, object)
        }),
        create(constraint_with(
            "t",
            "t_check",
            ConstraintKind::Check(Check {
                expression: expression("((c > 0))"),
                no_inherit: true,
            }),
            |constraint| constraint.validated = false,
        )),
        create(constraint(
            "t",
            "t_during",
            ConstraintKind::Exclude(Exclude {
                method: "gist".to_owned(),
                elements: vec![ExcludeElement {
                    element: IndexElement::column(name("during")),
                    operator: "&&".to_owned(),
                }],
                include: Vec::new(),
                predicate: Some(expression("c > 1")),
                settings: IndexSettings::default(),
            }),
        )),
    ];
    run_case(Case {
        name: "constraints",
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn constraints_know_what_came_with_15() {
    let before = vec![
        table("t"),
        column("t", "a", "bigint", plain),
        column("t", "b", "bigint", plain),
        table("pairs"),
        column("pairs", "a", "bigint", not_null),
        column("pairs", "b", "bigint", not_null),
        primary_key("pairs", &["a", "b"]),
    ];
    let operations = vec![
        create(constraint(
            "t",
            "t_key",
            ConstraintKind::Unique(Key {
                nulls_not_distinct: true,
                include: names(&["b"]),
                ..key(&["a"])
            }),
        )),
        create(foreign_key(
            "t",
            "t_pairs",
            &["a", "b"],
            "pairs",
            &["a", "b"],
            |key| {
                key.on_delete = Action::SetNull;
                key.on_delete_columns = names(&["b"]);
            },
        )),
        create(index("t_idx", "t", &["b"], |index| {
            index.unique = true;
            index.nulls_not_distinct = true;
        })),
    ];
    run_case(Case {
        name: "constraints_15",
        since: 15,
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn constraints_know_what_came_with_18() {
    let before = vec![
        table("rooms"),
        column("rooms", "during", "tstzrange", not_null),
        table("stays"),
        column("stays", "during", "tstzrange", plain),
        column("stays", "nights", "integer", plain),
    ];
    let operations = vec![
        create(column("rooms", "id", "int4range", not_null)),
        create(column("stays", "room", "int4range", plain)),
        create(constraint(
            "rooms",
            "rooms_pkey",
            ConstraintKind::PrimaryKey(Key {
                without_overlaps: true,
                ..key(&["id", "during"])
            }),
        )),
        create(foreign_key(
            "stays",
            "stays_room",
            &["room", "during"],
            "rooms",
            &["id", "during"],
            |key| key.period = true,
        )),
        create(constraint_with(
            "stays",
            "stays_check",
            ConstraintKind::Check(Check {
                expression: expression("nights > 0"),
                no_inherit: false,
            }),
            |constraint| {
                constraint.enforced = false;
                constraint.validated = false;
            },
        )),
    ];
    run_case(Case {
        name: "constraints_18",
        since: 18,
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn constraints_change_in_place_where_they_can() {
    let reference = |deferrable: Deferrable, validated: bool| {
        let (id, mut object) = foreign_key("t", "t_users", &["a"], "users", &["id"], |_| {});
        if let Object::Constraint(constraint) = &mut object {
            constraint.deferrable = deferrable;
            constraint.validated = validated;
        }
        (id, object)
    };
    let positive = |text: &str| check("t", "t_check", text);
    let mut before = users();
    before.extend([
        table("t"),
        column("t", "a", "bigint", plain),
        reference(Deferrable::NotDeferrable, false),
        positive("a > 0"),
    ]);
    let operations = vec![
        alter(
            reference(Deferrable::NotDeferrable, false),
            reference(Deferrable::Deferred, true),
        ),
        alter(positive("a > 0"), positive("a > 1")),
    ];
    run_case(Case {
        name: "alter_constraints",
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn indexes_have_all_their_attributes() {
    let before = vec![
        table("t"),
        column("t", "a", "text", plain),
        column("t", "b", "integer", plain),
        column("t", "c", "jsonb", plain),
    ];
    let operations = vec![
        create(index("t_a", "t", &["a"], |index| {
            index.unique = true;
            index.include = names(&["b"]);
            index.storage = [("fillfactor".to_owned(), "70".to_owned())].into();
            index.predicate = Some(expression("(b > 0)"));
        })),
        create(index("t_order", "t", &[], |index| {
            index.elements = vec![
                IndexElement {
                    order: SortOrder::Descending,
                    ..IndexElement::column(name("a"))
                },
                IndexElement {
                    order: SortOrder::Descending,
                    nulls: NullsOrder::Reversed,
                    ..IndexElement::column(name("b"))
                },
                IndexElement {
                    nulls: NullsOrder::Reversed,
                    collation: Some(qualified("pg_catalog/C")),
                    operator_class: Some(OperatorClass {
                        name: qualified("pg_catalog/text_pattern_ops"),
                        parameters: Default::default(),
                    }),
                    ..IndexElement::of(IndexKey::Expression(expression("lower(a)")))
                },
                IndexElement::of(IndexKey::Expression(expression("(b + 1)"))),
            ];
        })),
        create(index("t_c", "t", &["c"], |index| {
            index.method = "gin".to_owned();
            index.elements[0].operator_class = Some(OperatorClass {
                name: qualified("pg_catalog/jsonb_path_ops"),
                parameters: Default::default(),
            });
            index.storage = [
                ("fastupdate".to_owned(), "off".to_owned()),
                ("gin_pending_list_limit".to_owned(), "128".to_owned()),
            ]
            .into();
        })),
    ];
    run_case(Case {
        name: "indexes",
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn an_operator_class_has_parameters() {
    let operations = vec![create(index("t_a", "t", &["a"], |index: &mut Index| {
        index.method = "gist".to_owned();
        index.elements[0].operator_class = Some(OperatorClass {
            name: qualified("pg_catalog/tsvector_ops"),
            parameters: [("siglen".to_owned(), "100".to_owned())].into(),
        });
    }))];
    run_case(Case {
        name: "operator_class",
        before: vec![table("t"), column("t", "a", "tsvector", plain)],
        operations,
        ..Case::default()
    });
}

#[test]
fn storage_parameters_change_in_place() {
    let with = |storage: &[(&str, &str)]| {
        let storage = storage
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        index("t_a", "t", &["a"], |index| index.storage = storage)
    };
    run_case(Case {
        name: "alter_index",
        before: vec![
            table("t"),
            column("t", "a", "text", plain),
            with(&[("fillfactor", "70")]),
            index("t_b", "t", &["a"], |_| {}),
        ],
        operations: vec![
            alter(
                with(&[("fillfactor", "70")]),
                with(&[("deduplicate_items", "off")]),
            ),
            alter(
                index("t_b", "t", &["a"], |_| {}),
                index("t_b", "t", &["a"], |index| index.unique = true),
            ),
        ],
        ..Case::default()
    });
}

#[test]
fn comments_stand_on_everything() {
    let before = vec![
        namespace("audit"),
        an_enum("mood", &["fine"]),
        sequence("s", |_| {}),
        table("t"),
        column("t", "a", "text", plain),
        check("t", "t_check", "a <> ''::text"),
        index("t_a", "t", &["a"], |_| {}),
        comment(table_id("t"), "before"),
    ];
    let on = [
        namespace_id("audit"),
        enum_id("mood"),
        sequence_id("s"),
        column_id("t", "a"),
        constraint_id("t", "t_check"),
        index_id("t_a"),
    ];
    let mut operations: Vec<Operation> = on
        .into_iter()
        .map(|id| create(comment(id, r"it's a \ comment")))
        .collect();
    operations.push(alter(
        comment(table_id("t"), "before"),
        comment(table_id("t"), "after"),
    ));
    run_case(Case {
        name: "comments",
        before,
        operations,
        ..Case::default()
    });
}

#[test]
fn every_kind_is_renamed() {
    let before = vec![
        namespace("old_schema"),
        an_enum("mood", &["fine", "bad"]),
        sequence("s", |_| {}),
        table("t"),
        column("t", "a", "text", plain),
        check("t", "t_check", "a <> ''::text"),
        index("t_a", "t", &["a"], |_| {}),
    ];
    let operations = vec![
        rename(namespace_id("old_schema"), namespace_id("new_schema")),
        rename(enum_id("mood"), enum_id("feeling")),
        rename(sequence_id("s"), sequence_id("counter")),
        rename(table_id("t"), table_id("u")),
        rename(column_id("t", "a"), column_id("u", "b")),
        rename(constraint_id("t", "t_check"), constraint_id("u", "u_check")),
        rename(index_id("t_a"), index_id("u_b")),
    ];
    // What is renamed with its table is spelt out for the schema after.
    let mut case = Case {
        name: "renames",
        before,
        operations,
        ..Case::default()
    };
    case.after = Some(vec![
        namespace("new_schema"),
        an_enum("feeling", &["fine", "bad"]),
        sequence("counter", |_| {}),
        table("u"),
        column("u", "b", "text", plain),
        check("u", "u_check", "b <> ''::text"),
        index("u_b", "u", &["b"], |_| {}),
    ]);
    run_case(case);
}

#[test]
fn a_table_moves_to_another_schema_with_its_parts() {
    let parts = |table_name: &str, index_name: &str| {
        vec![
            table(table_name),
            column(table_name, "a", "text", plain),
            index(index_name, table_name, &["a"], |_| {}),
        ]
    };
    let mut before = vec![namespace("audit")];
    before.extend(parts("t", "t_a"));
    let mut after = vec![namespace("audit")];
    after.extend(parts("audit/log", "audit/t_a"));
    run_case(Case {
        name: "move_table",
        before,
        operations: vec![
            rename(table_id("t"), table_id("audit/log")),
            rename(column_id("t", "a"), column_id("audit/log", "a")),
            rename(index_id("t_a"), index_id("audit/t_a")),
        ],
        after: Some(after),
        ..Case::default()
    });
}

#[test]
fn a_value_is_renamed() {
    run_case(Case {
        name: "rename_value",
        before: vec![an_enum("mood", &["fine", "bad"])],
        operations: vec![rename(
            ObjectId::EnumValue {
                ty: qualified("mood"),
                value: "bad".to_owned(),
            },
            ObjectId::EnumValue {
                ty: qualified("mood"),
                value: "it's bad".to_owned(),
            },
        )],
        after: Some(vec![an_enum("mood", &["fine", "it's bad"])]),
        ..Case::default()
    });
}

#[test]
fn a_table_becomes_unlogged() {
    let unlogged = (
        table_id("t"),
        Object::Table(Table::of(Persistence::Unlogged)),
    );
    run_case(Case {
        name: "unlogged",
        before: vec![table("t"), column("t", "a", "text", plain)],
        operations: vec![alter(table("t"), unlogged)],
        ..Case::default()
    });
}

#[test]
fn hostile_names_are_only_names() {
    let names = [
        "select",
        "It's \"so\"",
        "a b;--",
        "🐘 ümlaut",
        "$1",
        "\\'",
        "TABLE",
        "sixty-three bytes of a name, which is all that Postgres can keep",
    ];
    let mut before = Vec::new();
    let mut operations = Vec::new();
    for (index_number, text) in names.into_iter().enumerate() {
        let text: String = text.chars().take(63).collect();
        let text = text.as_str();
        let schema_name = format!(
            "{}{index_number}",
            text.chars().take(50).collect::<String>()
        );
        let here = format!("{schema_name}/{text}");
        let label = |kind: &str| {
            let short: String = text.chars().take(30).collect();
            format!("{schema_name}/{short}{kind}")
        };
        let bare = |qualified_name: String| {
            qualified_name
                .split_once('/')
                .expect("a schema")
                .1
                .to_owned()
        };
        before.push(namespace(&schema_name));
        operations.extend([
            create(an_enum(&label("enum"), &[text, "b"])),
            create(sequence(&label("seq"), |_| {})),
            create(table(&here)),
            create(column(
                &here,
                text,
                &format!("@{}", label("enum")),
                |column| {
                    column.nullable = false;
                },
            )),
            create(column(&here, "id", "bigint", identity)),
            create(primary_key_named(&here, &bare(label("pk")), &[text])),
            create(foreign_key(
                &here,
                &bare(label("fk")),
                &[text],
                &here,
                &[text],
                |_| {},
            )),
            create(index(&label("idx"), &here, &[text], |_| {})),
            create(comment(column_id(&here, text), text)),
            create(comment(constraint_id(&here, &bare(label("pk"))), text)),
            create(comment(index_id(&label("idx")), text)),
        ]);
    }
    run_case(Case {
        name: "hostile_names",
        before,
        operations,
        ..Case::default()
    });
}

fn primary_key_named(table: &str, constraint_name: &str, columns: &[&str]) -> Pair {
    constraint(
        table,
        constraint_name,
        ConstraintKind::PrimaryKey(key(columns)),
    )
}

#[test]
fn the_text_of_a_bundle_can_be_installed_in_another_schema() {
    let objects = vec![
        an_enum("auth/mood", &["a", "b"]),
        sequence("auth/numbers", |_| {}),
        table("auth/t"),
        column("auth/t", "id", "bigint", |column| {
            column.default = Some(expression("nextval('auth.numbers'::regclass)"));
        }),
        column("auth/t", "mood", "@auth/mood", |column| {
            column.default = Some(expression("'a'::auth.mood"));
        }),
        check("auth/t", "t_check", "(mood <> 'b'::auth.mood)"),
        index("auth/t_mood", "auth/t", &["id"], |index| {
            index.predicate = Some(expression("(mood = 'a'::auth.mood)"));
        }),
        comment(column_id("auth/t", "mood"), "in auth or elsewhere"),
    ];
    let operations = creates(objects);
    let nothing = Schema::new();
    let naming = Naming::within(name("auth"));
    let context = Context {
        from: &nothing,
        to: &nothing,
        naming: &naming,
    };
    let sql = script(&render(&operations, &context), &[], "");
    compare("placed", &sql);

    let database = TestDatabase::new();
    let mut connection = database.connect();
    run(
        &mut connection,
        &format!("CREATE SCHEMA elsewhere; SET LOCAL search_path TO elsewhere;\n{sql}"),
    );
    let row = "INSERT INTO elsewhere.t DEFAULT VALUES RETURNING concat_ws(' ', id, mood) AS text";
    assert_eq!(answer(&mut connection, row), "1 a");
}
