//! Operations as data, and the hazards that they bear.

use limbeck_core::schema::object::{
    Attribute, Check, Column, Composite, Constraint, ConstraintKind, Domain, Enum, Expression,
    Sequence, SequenceOptions, SqlType, Table,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Schema};

use super::{Direction, Hazard, Severity, hazards, hazards_of, parse_consent, unconsented};
use crate::statement::{Statement, script};

fn qualified(name: &str) -> QualifiedName {
    QualifiedName::parse_parts("public", name).expect("two names")
}

fn table(name: &str) -> ObjectId {
    ObjectId::Table(qualified(name))
}

fn column(name: &str) -> ObjectId {
    ObjectId::Column {
        table: qualified("posts"),
        name: Ident::new(name).expect("a name"),
    }
}

fn of_type(text: &str) -> Column {
    Column::of_type(match text.strip_prefix('@') {
        Some(name) => SqlType::named(qualified(name)),
        None => SqlType::Builtin(text.to_owned()),
    })
}

fn values(values: &[&str]) -> Object {
    Object::Enum(Enum {
        values: values.iter().map(|&value| value.to_owned()).collect(),
    })
}

fn alter(from: Column, to: Column) -> Operation {
    Operation::Alter {
        id: column("c"),
        from: Object::Column(from),
        to: Object::Column(to),
    }
}

/// Schemas that have two enums and a domain.
fn with_enums() -> Schema {
    let mut schema = Schema::new();
    schema.insert(ObjectId::Enum(qualified("mood")), values(&["a", "b"]));
    schema.insert(ObjectId::Enum(qualified("wide")), values(&["b", "a", "c"]));
    let name = Domain::over(SqlType::Builtin("character varying(9)".to_owned()));
    schema.insert(ObjectId::Domain(qualified("name")), Object::Domain(name));
    schema
}

#[track_caller]
fn check(operations: &[Operation], expected: &[&str]) -> Vec<Hazard> {
    let schema = with_enums();
    let found = hazards(operations, &schema, &schema);
    let consents: Vec<String> = found.iter().map(Hazard::consent).collect();
    assert_eq!(consents, expected);
    // What a hazard says to type is consent to it, and to nothing else.
    for (hazard, consent) in found.iter().zip(&consents) {
        let consent = parse_consent(consent).expect("it is consent");
        assert!(consent.covers(hazard));
        assert_eq!(unconsented(&found, &[consent]).len(), found.len() - 1);
    }
    found
}

#[test]
fn the_way_back_of_a_column_is_told_as_it_is() {
    let required = Column {
        nullable: false,
        ..of_type("text")
    };
    let filled = Column {
        default: Some(Expression("''::text".to_owned())),
        ..required.clone()
    };
    for (dropped, again) in [
        (of_type("text"), "makes it again, empty"),
        (filled, "makes it again, empty"),
        (
            required,
            "makes it again, and fails while `posts` has any row",
        ),
    ] {
        let title = Operation::Drop {
            id: column("title"),
            object: Object::Column(dropped),
        };
        let found = hazards(&[title], &Schema::new(), &Schema::new());
        let messages: Vec<&str> = found.iter().map(|hazard| &*hazard.message).collect();
        assert!(
            matches!(messages.as_slice(), [one] if one.ends_with(again)),
            "{messages:?}"
        );
    }
}

#[test]
fn what_is_dropped_is_told_once() {
    let posts = Operation::Drop {
        id: table("posts"),
        object: Object::Table(Table::default()),
    };
    let title = Operation::Drop {
        id: column("title"),
        object: Object::Column(of_type("text")),
    };
    let mood = Operation::Drop {
        id: ObjectId::Enum(qualified("mood")),
        object: values(&["a"]),
    };
    check(std::slice::from_ref(&title), &["drop_column:posts.title"]);
    check(
        &[title, posts, mood],
        &["drop_table:posts", "drop_enum:mood"],
    );
}

#[test]
fn the_way_down_speaks_of_itself() {
    let operations = [
        Operation::Drop {
            id: table("users"),
            object: Object::Table(Table::default()),
        },
        Operation::Drop {
            id: column("title"),
            object: Object::Column(of_type("text")),
        },
        Operation::Drop {
            id: ObjectId::Enum(qualified("mood")),
            object: values(&["a"]),
        },
        Operation::Alter {
            id: ObjectId::Enum(qualified("wide")),
            from: values(&["a", "b"]),
            to: values(&["a"]),
        },
        alter(of_type("bigint"), of_type("integer")),
        alter(of_type("text"), of_type("uuid")),
    ];
    let schema = with_enums();
    let told = |direction| hazards_of(direction, &operations, &schema, &schema);
    let (up, down) = (told(Direction::Up), told(Direction::Down));
    assert_eq!(down.len(), operations.len());
    for (up, down) in up.iter().zip(&down) {
        assert_eq!(up.consent(), down.consent());
        assert_ne!(up.advice, down.advice, "{}", up.code);
        for text in [&down.message, &down.advice] {
            for untrue in ["the way down", "renamed_from", "release before", "later"] {
                assert!(!text.contains(untrue), "{text}");
            }
        }
    }
    assert_eq!(
        down[0].message,
        "dropping table `users` deletes all its rows; going up once more makes it again, empty"
    );
}

#[test]
fn a_sequence_that_goes_with_its_column_is_none() {
    let options = SequenceOptions::of_type(&SqlType::Builtin("bigint".to_owned()));
    let mut sequence = Sequence {
        data_type: SqlType::Builtin("bigint".to_owned()),
        options,
        owned_by: None,
        persistence: None,
        logging: Default::default(),
    };
    let id = ObjectId::Sequence(qualified("numbers"));
    let drop = |sequence: &Sequence| Operation::Drop {
        id: id.clone(),
        object: Object::Sequence(sequence.clone()),
    };
    check(&[drop(&sequence)], &["drop_sequence:numbers"]);
    sequence.owned_by = Some(limbeck_core::schema::object::OwnerColumn {
        table: qualified("posts"),
        column: Ident::new("title").expect("a name"),
    });
    let title = Operation::Drop {
        id: column("title"),
        object: Object::Column(of_type("text")),
    };
    check(&[title, drop(&sequence)], &["drop_column:posts.title"]);
}

#[test]
fn a_removed_value_is_told_by_name() {
    let alter = |to: &[&str]| Operation::Alter {
        id: ObjectId::Enum(qualified("mood")),
        from: values(&["a", "it's"]),
        to: values(to),
    };
    check(&[alter(&["a"])], &["remove_enum_value:mood.\"it's\""]);
    check(&[alter(&["it's", "b", "a"])], &[]);
}

#[test]
fn nulls_that_may_be_there_are_told() {
    let not_null = |mut column: Column| {
        column.nullable = false;
        column
    };
    check(
        &[alter(of_type("text"), not_null(of_type("text")))],
        &["set_not_null:posts.c"],
    );
    check(&[alter(not_null(of_type("text")), of_type("text"))], &[]);
    let create = |column_object: Column| Operation::Create {
        id: column("c"),
        object: Object::Column(column_object),
    };
    check(
        &[create(not_null(of_type("text")))],
        &["add_not_null_column:posts.c"],
    );
    check(&[create(of_type("text"))], &[]);
    let mut filled = not_null(of_type("text"));
    filled.default = Some(Expression("''::text".to_owned()));
    check(&[create(filled)], &[]);
    let posts = Operation::Create {
        id: table("posts"),
        object: Object::Table(Table::default()),
    };
    check(&[posts, create(not_null(of_type("text")))], &[]);
}

#[test]
fn a_check_that_was_validated_vouches_for_not_null() {
    let mut from = Schema::new();
    let id = ObjectId::Constraint {
        table: qualified("posts"),
        name: Ident::new("k").expect("a name"),
    };
    let kind = ConstraintKind::Check(Check {
        expression: Expression("(c IS NOT NULL)".to_owned()),
        no_inherit: false,
    });
    from.insert(id, Object::Constraint(Constraint::of(kind)));
    let mut to = of_type("text");
    to.nullable = false;
    assert_eq!(hazards(&[alter(of_type("text"), to)], &from, &from), []);
}

#[test]
fn types_that_hold_less_are_told() {
    use Severity::{Destructive, MayFail};
    for (from, to, severity) in [
        (
            "character varying(200)",
            "character varying(100)",
            Some(MayFail),
        ),
        ("character varying(100)", "character varying(200)", None),
        ("character varying(100)", "text", None),
        ("character varying", "character varying(9)", Some(MayFail)),
        ("text", "character varying(9)", Some(MayFail)),
        ("text", "character varying", None),
        ("text", "name", Some(Destructive)),
        ("integer", "character varying(5)", Some(MayFail)),
        ("integer", "character varying(11)", None),
        ("integer", "character varying(10)", Some(MayFail)),
        ("integer", "text", None),
        // -9223372036854775808 has 20 characters, -32768 has 6, false has 5.
        ("bigint", "character varying(19)", Some(MayFail)),
        ("bigint", "character varying(20)", None),
        ("smallint", "character varying(5)", Some(MayFail)),
        ("smallint", "character(6)", None),
        ("boolean", "character varying(4)", Some(MayFail)),
        ("boolean", "character varying(5)", None),
        ("uuid", "character(35)", Some(MayFail)),
        ("uuid", "character(36)", None),
        ("name", "character varying(62)", Some(MayFail)),
        ("name", "character varying(63)", None),
        ("inet", "cidr", Some(Destructive)),
        ("cidr", "inet", None),
        ("macaddr8", "macaddr", Some(MayFail)),
        ("bit(3)", "bit(4)", Some(MayFail)),
        ("bit varying(3)", "bit(4)", Some(MayFail)),
        ("bit(3)", "bit varying(4)", None),
        ("bit varying(8)", "bit varying(7)", Some(MayFail)),
        ("bit varying(8)", "bit varying(9)", None),
        ("interval", "time without time zone", Some(Destructive)),
        ("numeric", "money", Some(Destructive)),
        ("bigint", "oid", Some(MayFail)),
        ("bigint", "numeric(18,0)", Some(MayFail)),
        ("bigint", "numeric(19,0)", None),
        ("smallint", "numeric(4,0)", Some(MayFail)),
        ("smallint", "numeric(5,0)", None),
        ("bigint", "integer", Some(MayFail)),
        ("int8", "int4", Some(MayFail)),
        ("integer", "bigint", None),
        ("bigint[]", "integer[]", Some(MayFail)),
        ("numeric(10,2)", "numeric(10,0)", Some(Destructive)),
        ("numeric(10,2)", "numeric(8,2)", Some(MayFail)),
        ("numeric(10,2)", "numeric(12,2)", None),
        ("numeric(10,2)", "numeric(12,4)", None),
        ("numeric(10,2)", "numeric", None),
        ("numeric", "numeric(10,2)", Some(Destructive)),
        ("numeric(5,0)", "integer", Some(MayFail)),
        ("double precision", "integer", Some(Destructive)),
        ("double precision", "real", Some(Destructive)),
        ("integer", "numeric(5,2)", Some(MayFail)),
        ("integer", "numeric", None),
        ("timestamp with time zone", "date", Some(Destructive)),
        ("date", "timestamp with time zone", Some(MayFail)),
        (
            "timestamp with time zone",
            "timestamp(3) with time zone",
            Some(Destructive),
        ),
        (
            "timestamp(3) without time zone",
            "timestamp without time zone",
            None,
        ),
        ("json", "jsonb", Some(MayFail)),
        ("character varying(3)", "character(8)", Some(Destructive)),
        ("character(3)", "character(8)", None),
        ("character(3)", "character varying(8)", None),
        ("text", "character(8)", Some(Destructive)),
        ("jsonb", "json", None),
        ("json[]", "jsonb[]", Some(MayFail)),
        ("path", "polygon", Some(MayFail)),
        ("json", "jsonb[]", Some(MayFail)),
        ("interval", "interval year", Some(Destructive)),
        ("interval", "interval day to second(3)", Some(Destructive)),
        ("interval", "interval hour to second", None),
        (
            "interval day to hour",
            "interval year to month",
            Some(Destructive),
        ),
        ("interval year", "interval minute", None),
        ("interval year", "interval", None),
        ("interval[]", "interval day[]", Some(Destructive)),
        ("time without time zone", "interval", None),
        ("time without time zone", "interval year", Some(Destructive)),
        (
            "time without time zone",
            "time(0) with time zone",
            Some(Destructive),
        ),
        (
            "timestamp without time zone",
            "timestamp(0) with time zone",
            Some(Destructive),
        ),
        ("integer", "bit(4)", Some(Destructive)),
        ("integer", "bit", Some(Destructive)),
        ("integer", "bit(32)", None),
        ("bigint", "bit(32)", Some(Destructive)),
        ("bigint", "bit(64)", None),
        ("bit(33)", "integer", Some(MayFail)),
        ("bit(33)", "bigint", None),
        ("polygon", "box", Some(Destructive)),
        ("polygon", "circle", Some(Destructive)),
        ("polygon", "path", None),
        ("box", "circle", Some(Destructive)),
        ("box", "lseg", None),
        ("box", "polygon", None),
        ("circle", "box", Some(Destructive)),
        ("circle", "polygon", Some(Destructive)),
        ("lseg", "point", Some(Destructive)),
        ("point", "box", None),
        ("money", "numeric", None),
        ("money", "numeric(20,2)", None),
        ("money", "numeric(20,1)", Some(Destructive)),
        ("money", "numeric(10,2)", Some(MayFail)),
        ("bigint", "money", Some(MayFail)),
        ("integer", "money", None),
        ("real", "double precision", None),
        ("real", "numeric", Some(Destructive)),
        ("text[]", "text", Some(Destructive)),
        ("integer[]", "character varying(20)", Some(Destructive)),
        ("text", "text[]", None),
        ("text", "character varying(3)[]", Some(MayFail)),
        ("numeric", "integer[]", Some(Destructive)),
        ("integer[]", "jsonb", None),
        ("date", "jsonb", None),
        ("text", "bytea", None),
        (
            "timestamp without time zone",
            "timestamp with time zone",
            Some(MayFail),
        ),
        (
            "timestamp with time zone",
            "timestamp without time zone",
            Some(Destructive),
        ),
        (
            "timestamp without time zone[]",
            "timestamp with time zone[]",
            Some(Destructive),
        ),
        ("timestamp with time zone[]", "date[]", Some(Destructive)),
        ("@name", "character varying(9)", None),
        ("@mood", "name", Some(Destructive)),
        ("point", "name", Some(Destructive)),
        ("uuid", "name", None),
        ("text", "@name", Some(MayFail)),
        ("smallint", "real", None),
        ("oid", "bigint", None),
        ("cidr", "text", None),
        ("point", "text", None),
        ("@mood", "character varying(3)", Some(MayFail)),
        ("@mood", "text", None),
    ] {
        let found = hazards(
            &[alter(of_type(from), of_type(to))],
            &with_enums(),
            &with_enums(),
        );
        let found: Vec<_> = found
            .iter()
            .map(|hazard| (hazard.code, hazard.severity))
            .collect();
        let expected: Vec<_> = severity
            .into_iter()
            .map(|severity| ("narrow_type", severity))
            .collect();
        assert_eq!(found, expected, "{from} to {to}");
    }
}

#[test]
fn casts_that_can_fail_are_told() {
    for (from, to, fails) in [
        ("text", "integer", true),
        ("text", "uuid", true),
        ("text", "@mood", true),
        ("text", "jsonb", true),
        ("integer", "@mood", true),
        ("integer", "uuid", true),
        ("@mood", "@wide", false),
        ("@wide", "@mood", true),
        ("@mood", "text", false),
        ("uuid", "text", false),
        ("boolean", "integer", false),
        ("integer", "integer[]", false),
        ("text", "integer[]", true),
        ("jsonb", "boolean", true),
        ("bytea", "text", true),
        ("bytea", "character varying", true),
        ("json", "text[]", true),
        ("jsonb", "date", true),
        ("date", "integer", true),
    ] {
        let found = hazards(
            &[alter(of_type(from), of_type(to))],
            &with_enums(),
            &with_enums(),
        );
        let codes: Vec<_> = found.iter().map(|hazard| hazard.code).collect();
        let expected: Vec<_> = fails.then_some("cast_can_fail").into_iter().collect();
        assert_eq!(codes, expected, "{from} to {to}");
    }
}

#[test]
fn a_cast_that_can_fail_may_lose_something_as_well() {
    let found = hazards(
        &[alter(of_type("jsonb"), of_type("integer"))],
        &with_enums(),
        &with_enums(),
    );
    let codes: Vec<_> = found.iter().map(|hazard| hazard.code).collect();
    assert_eq!(codes, ["narrow_type", "cast_can_fail"]);
}

#[test]
fn consent_names_one_object() {
    let hazard = |schema: &str, name: &str| Hazard {
        code: "drop_table",
        object: ObjectId::Table(QualifiedName::parse_parts(schema, name).expect("two names")),
        message: String::new(),
        advice: String::new(),
        severity: Severity::Destructive,
    };
    for (text, schema, name, covers) in [
        ("drop_table:posts", "public", "posts", true),
        ("drop_table:public.posts", "public", "posts", true),
        ("drop_table:posts", "audit", "posts", false),
        ("drop_table:audit.posts", "audit", "posts", true),
        ("drop_table:Posts", "public", "Posts", true),
        ("drop_table:posts", "public", "Posts", false),
        (r#"drop_table:"a.b""c""#, "public", r#"a.b"c"#, true),
        ("drop_column:posts", "public", "posts", false),
    ] {
        assert_eq!(
            parse_consent(text)
                .expect("it is consent")
                .covers(&hazard(schema, name)),
            covers,
            "{text}"
        );
    }
    let auth = Ident::new("auth").expect("a name");
    let own = parse_consent("drop_table:posts")
        .expect("it is consent")
        .within(&auth);
    assert!(own.covers(&hazard("auth", "posts")));
    assert!(!own.covers(&hazard("public", "posts")));
}

#[test]
fn consent_that_makes_no_sense_is_answered() {
    for (text, message, hint) in [
        (
            "posts",
            "`posts` does not say what may happen to what",
            "name a hazard and an object: `drop_table:posts`",
        ),
        (
            "drop_tabel:posts",
            "there is no hazard `drop_tabel`",
            "did you mean `drop_table:posts`?",
        ),
        (
            "drop_table:",
            "`` in `drop_table:` is no name",
            "name the object as in `drop_table:posts` or `drop_table:\"My Posts\"`",
        ),
    ] {
        let error = parse_consent(text).expect_err("it makes no sense");
        assert_eq!(
            (error.to_string().as_str(), error.hint()),
            (message, Some(hint))
        );
    }
    for text in [
        "drop_table:a..b",
        "drop_table:\"a",
        "drop_table:\"a\"b",
        "drop_table:a:b",
        ":",
    ] {
        assert!(parse_consent(text).is_err(), "{text}");
    }
}

#[test]
fn a_script_tells_hazards_above_their_statement() {
    let drop = Operation::Drop {
        id: column("a\r;b"),
        object: Object::Column(of_type("text")),
    };
    let found = hazards(&[drop], &Schema::new(), &Schema::new());
    let statement = |sql: &str, id: ObjectId| Statement::about(&id, sql.to_owned(), String::new());
    let text = script(
        &[
            statement("SELECT 1", table("posts")),
            statement("SELECT 2", column("a\r;b")),
        ],
        &found,
        "add posts\n\nby hand",
    );
    assert_eq!(
        text,
        "-- add posts\n--\n-- by hand\n\nSELECT 1;\n\n\
         -- hazard drop_column: dropping column `posts.a\n\
         -- ;b` deletes what it holds in every row; the way back makes it again, empty\n\
         --   instead: if it was renamed, say `renamed_from = \"a\n\
         -- ;b\"` on the new one; otherwise stop reading it in one release and drop it in the next\n\
         SELECT 2;\n"
    );
    assert_eq!(script(&[], &[], ""), "");
}

#[test]
fn an_enum_that_steps_aside_is_told_by_its_values() {
    let id = |name: &str| ObjectId::Enum(qualified(name));
    let operations = [
        Operation::Rename {
            from: id("wide"),
            to: id("wide_old"),
        },
        Operation::Create {
            id: id("wide"),
            object: values(&["c", "a"]),
        },
        alter(of_type("@wide_old"), of_type("@wide")),
        Operation::Drop {
            id: id("wide_old"),
            object: values(&["b", "a", "c"]),
        },
    ];
    let schema = with_enums();
    let found = hazards(&operations, &schema, &schema);
    let told: Vec<(&str, String)> = found
        .iter()
        .map(|hazard| (hazard.code, hazard.consent()))
        .collect();
    assert_eq!(
        told,
        [("remove_enum_value", "remove_enum_value:wide.b".to_owned())]
    );
}

#[test]
fn a_dropped_attribute_takes_what_columns_hold_in_it() {
    let id = ObjectId::Composite(qualified("address"));
    let composite = |names: &[&str]| {
        let attributes = names.iter().map(|name| Attribute {
            name: Ident::new(*name).expect("a name"),
            sql_type: SqlType::Builtin("text".to_owned()),
            collation: None,
        });
        Composite {
            attributes: attributes.collect(),
        }
    };
    let (from, to) = (composite(&["street", "town"]), composite(&["town"]));
    let operation = Operation::Alter {
        id: id.clone(),
        from: Object::Composite(from.clone()),
        to: Object::Composite(to),
    };
    let mut schema = Schema::new();
    schema.insert(id, Object::Composite(from));
    let codes = |schema: &Schema| -> Vec<String> {
        let found = hazards(std::slice::from_ref(&operation), schema, schema);
        found.iter().map(Hazard::consent).collect()
    };
    assert_eq!(codes(&schema), Vec::<String>::new());
    // A column of a domain over it holds it, too.
    let domain = Domain::over(SqlType::named(qualified("address")));
    schema.insert(ObjectId::Domain(qualified("home")), Object::Domain(domain));
    schema.insert(column("c"), Object::Column(of_type("@home")));
    assert_eq!(codes(&schema), ["drop_attribute:address.street"]);
}

#[test]
fn a_composite_that_steps_aside_is_told_by_its_attributes() {
    let id = |name: &str| ObjectId::Composite(qualified(name));
    let composite = |attributes: &[(&str, &str)]| {
        let attributes = attributes.iter().map(|(name, sql_type)| Attribute {
            name: Ident::new(*name).expect("a name"),
            sql_type: SqlType::Builtin((*sql_type).to_owned()),
            collation: None,
        });
        Object::Composite(Composite {
            attributes: attributes.collect(),
        })
    };
    let from = composite(&[
        ("street", "text"),
        ("rate", "numeric(10,2)"),
        ("zip", "integer"),
    ]);
    let operations = [
        Operation::Rename {
            from: id("address"),
            to: id("address_old"),
        },
        Operation::Create {
            id: id("address"),
            object: composite(&[("rate", "numeric(10,0)"), ("zip", "bigint")]),
        },
        Operation::Drop {
            id: id("address_old"),
            object: from.clone(),
        },
    ];
    let mut schema = Schema::new();
    schema.insert(id("address"), from);
    let consents = |schema: &Schema| -> Vec<String> {
        let found = hazards(&operations, schema, schema);
        found.iter().map(Hazard::consent).collect()
    };
    assert_eq!(consents(&schema), Vec::<String>::new());
    schema.insert(column("c"), Object::Column(of_type("@address")));
    assert_eq!(
        consents(&schema),
        ["drop_attribute:address.street", "narrow_type:address.rate"]
    );
    for consent in consents(&schema) {
        assert!(parse_consent(&consent).is_ok(), "{consent}");
    }
}
