//! What `#[derive(Model)]` makes of a struct.

use limbeck::__private::model::{
    ModelCheck, ModelColumn, ModelExclude, ModelForeignKey, ModelIdentity, ModelIndex,
    ModelIndexElement, ModelIndexKey, ModelKey, ModelTable, ModelType,
};
use limbeck::__private::object::table::Persistence;
use limbeck::__private::object::{
    Action, Deferrable, IdentityMode, MatchType, NullsOrder, SortOrder,
};
use limbeck::{Location, Model, PgType};

mod auth {
    #[derive(limbeck::Model)]
    #[model(schema = "auth")]
    pub(super) struct User {
        #[model(primary_key, identity)]
        id: i64,
        #[model(unique)]
        email: String,
    }
}

#[derive(Model)]
#[model(
    table = "stays",
    schema = "hotel",
    renamed_from = "bookings",
    comment = "who sleeps where",
    unlogged
)]
#[model(primary_key(columns(room, guest), name = "stay_key", deferrable, include(price)))]
#[model(
    unique(guest, kind),
    unique(columns(price), nulls_not_distinct, initially_deferred)
)]
#[model(index(
    columns(
        guest,
        price desc nulls_last,
        expr = "lower(kind)" opclass = text_pattern_ops asc nulls_first,
        kind collate = "C",
    ),
    where = "price > 0",
    unique,
    nulls_not_distinct,
    include(room),
    method = "btree",
    name = "stays_idx",
    with(fillfactor = 70, deduplicate_items = off),
))]
#[model(
    check = "price > 0",
    check(expr = "room > 0", name = "room_ok", no_inherit, not_valid)
)]
#[model(exclude(
    elements(room with = "=", expr = "tstzrange(a, b)" with = "&&"),
    where = "price > 0",
    name = "no_double_booking",
    deferrable,
))]
#[model(foreign_key(
    columns(guest, room),
    references(Stay),
    referenced(guest, room),
    on_delete = set_null(room),
    on_update = cascade,
    match_full,
    deferrable,
    not_valid,
    name = "another_stay",
))]
#[model(foreign_key(columns(room, guest), references(Stay)))]
struct Stay {
    room: i32,
    #[model(references(auth::User), on_delete = cascade, on_update = restrict)]
    guest: i64,
    #[model(references(auth::User, column = email, name = "mail_fkey", initially_deferred))]
    #[model(
        column = "type",
        renamed_from = "sort",
        collation = "de-x-icu",
        comment = "the kind"
    )]
    #[model(length = 40, default = "'single'")]
    kind: Option<String>,
    #[model(precision = 10, scale = 2, default = -1)]
    #[model(
        unique(name = "one_price", nulls_not_distinct),
        check(expr = "price < 9", name = "low")
    )]
    #[model(index(
        desc,
        nulls_last,
        method = "brin",
        where = "price > 1",
        name = "by_price"
    ))]
    price: rust_decimal::Decimal,
    #[model(identity(always, start = 100, increment = -2, min = -9, max = 200, cache = 5, cycle))]
    number: i64,
    #[model(generated = "room * 2", index)]
    twice: i32,
    #[model(sql_type = "citext", references = "hotel.agents(mail)")]
    agent: String,
    #[model(sql_type = "point", nullable)]
    place: Point,
    #[model(skip)]
    #[expect(dead_code, reason = "it is skipped, so that nothing reads it")]
    loaded: bool,
}

/// A type that nobody has told Limbeck anything about.
#[expect(dead_code, reason = "only its type is looked at")]
struct Point(f64, f64);

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn sql(text: &str) -> ModelType {
    ModelType::Sql(text.to_owned())
}

fn column(name: &str, sql_type: &str) -> ModelColumn {
    ModelColumn::new(name, sql(sql_type))
}

fn key(columns: &[&str]) -> ModelKey {
    ModelKey {
        columns: texts(columns),
        ..ModelKey::default()
    }
}

fn foreign_key(columns: &[&str], references: &str, referenced: &[&str]) -> ModelForeignKey {
    ModelForeignKey {
        name: None,
        columns: texts(columns),
        references_schema: None,
        references_model: None,
        references: references.to_owned(),
        referenced_columns: texts(referenced),
        match_type: MatchType::Simple,
        on_update: Action::NoAction,
        on_delete: Action::NoAction,
        on_delete_columns: Vec::new(),
        deferrable: Deferrable::NotDeferrable,
        not_valid: false,
    }
}

fn index(elements: Vec<ModelIndexElement>) -> ModelIndex {
    ModelIndex {
        name: None,
        unique: false,
        method: "btree".to_owned(),
        elements,
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        storage: Vec::new(),
    }
}

#[test]
fn everything_that_a_struct_states_is_in_its_model() {
    let element = ModelIndexElement::column;
    let expression = |text: &str| ModelIndexElement {
        key: ModelIndexKey::Expression(text.to_owned()),
        ..element("")
    };
    let expected = ModelTable {
        rust_name: "it::models::Stay".to_owned(),
        location: Stay::model().location,
        schema: some("hotel"),
        table: "stays".to_owned(),
        renamed_from: some("bookings"),
        persistence: Some(Persistence::Unlogged),
        comment: some("who sleeps where"),
        columns: vec![
            column("room", "integer"),
            column("guest", "bigint"),
            ModelColumn {
                renamed_from: some("sort"),
                nullable: true,
                default: some("'single'"),
                collation: some("de-x-icu"),
                comment: some("the kind"),
                ..column("type", "character varying(40)")
            },
            ModelColumn {
                default: some("-1"),
                ..column("price", "numeric(10,2)")
            },
            ModelColumn {
                identity: Some(ModelIdentity {
                    mode: IdentityMode::Always,
                    start: Some(100),
                    increment: Some(-2),
                    min: Some(-9),
                    max: Some(200),
                    cache: Some(5),
                    cycle: Some(true),
                }),
                ..column("number", "bigint")
            },
            ModelColumn {
                generated: some("room * 2"),
                ..column("twice", "integer")
            },
            column("agent", "citext"),
            ModelColumn {
                nullable: true,
                ..column("place", "point")
            },
        ],
        primary_key: Some(ModelKey {
            name: some("stay_key"),
            include: texts(&["price"]),
            deferrable: Deferrable::Immediate,
            ..key(&["room", "guest"])
        }),
        uniques: vec![
            key(&["guest", "type"]),
            ModelKey {
                nulls_not_distinct: true,
                deferrable: Deferrable::Deferred,
                ..key(&["price"])
            },
            ModelKey {
                name: some("one_price"),
                nulls_not_distinct: true,
                ..key(&["price"])
            },
        ],
        foreign_keys: vec![
            ModelForeignKey {
                name: some("another_stay"),
                references_model: some("it::models::Stay"),
                references_schema: some("hotel"),
                match_type: MatchType::Full,
                on_update: Action::Cascade,
                on_delete: Action::SetNull,
                on_delete_columns: texts(&["room"]),
                deferrable: Deferrable::Immediate,
                not_valid: true,
                ..foreign_key(&["guest", "room"], "stays", &["guest", "room"])
            },
            ModelForeignKey {
                references_model: some("it::models::Stay"),
                references_schema: some("hotel"),
                ..foreign_key(&["room", "guest"], "stays", &["room", "guest"])
            },
            ModelForeignKey {
                references_model: some("it::models::auth::User"),
                references_schema: some("auth"),
                on_delete: Action::Cascade,
                on_update: Action::Restrict,
                ..foreign_key(&["guest"], "users", &["id"])
            },
            ModelForeignKey {
                name: some("mail_fkey"),
                references_model: some("it::models::auth::User"),
                references_schema: some("auth"),
                deferrable: Deferrable::Deferred,
                ..foreign_key(&["type"], "users", &["email"])
            },
            ModelForeignKey {
                references_schema: some("hotel"),
                ..foreign_key(&["agent"], "agents", &["mail"])
            },
        ],
        checks: vec![
            ModelCheck {
                name: None,
                column: None,
                expression: "price > 0".to_owned(),
                no_inherit: false,
                not_valid: false,
            },
            ModelCheck {
                name: some("room_ok"),
                column: None,
                expression: "room > 0".to_owned(),
                no_inherit: true,
                not_valid: true,
            },
            ModelCheck {
                name: some("low"),
                column: some("price"),
                expression: "price < 9".to_owned(),
                no_inherit: false,
                not_valid: false,
            },
        ],
        excludes: vec![ModelExclude {
            name: some("no_double_booking"),
            method: "gist".to_owned(),
            elements: vec![
                (element("room"), "=".to_owned()),
                (expression("tstzrange(a, b)"), "&&".to_owned()),
            ],
            predicate: some("price > 0"),
            deferrable: Deferrable::Immediate,
        }],
        indexes: vec![
            ModelIndex {
                name: some("stays_idx"),
                unique: true,
                include: texts(&["room"]),
                predicate: some("price > 0"),
                nulls_not_distinct: true,
                storage: vec![
                    ("fillfactor".to_owned(), "70".to_owned()),
                    ("deduplicate_items".to_owned(), "off".to_owned()),
                ],
                ..index(vec![
                    element("guest"),
                    ModelIndexElement {
                        order: SortOrder::Descending,
                        nulls: NullsOrder::Reversed,
                        ..element("price")
                    },
                    ModelIndexElement {
                        operator_class: some("text_pattern_ops"),
                        nulls: NullsOrder::Reversed,
                        ..expression("lower(kind)")
                    },
                    ModelIndexElement {
                        collation: some("C"),
                        ..element("type")
                    },
                ])
            },
            ModelIndex {
                name: some("by_price"),
                method: "brin".to_owned(),
                predicate: some("price > 1"),
                ..index(vec![ModelIndexElement {
                    order: SortOrder::Descending,
                    nulls: NullsOrder::Reversed,
                    ..element("price")
                }])
            },
            index(vec![element("twice")]),
        ],
    };
    assert_eq!(Stay::model(), expected);
    assert_eq!(Stay::TABLE, "stays");
    assert_eq!(Stay::SCHEMA, Some("hotel"));
    assert_eq!(Stay::PRIMARY_KEY, ["room", "guest"]);
}

#[test]
fn a_model_knows_where_it_stands() {
    let Location { file, line, column } = BlogPost::model().location;
    assert_eq!(file, "tests/it/models.rs");
    assert_eq!((line, column), (Some(BLOG_POST_LINE), Some(8)));
}

const BLOG_POST_LINE: u32 = line!() + 3;

#[derive(Model, diesel::Queryable)]
struct BlogPost {
    #[model(primary_key)]
    r#type: i32,
    #[model(primary_key)]
    id: i32,
    #[diesel(column_name = "written_by")]
    author: Option<i32>,
    /// `Option` by another path.
    body: std::option::Option<String>,
}

#[test]
fn what_is_unsaid_follows_from_the_struct() {
    let model = BlogPost::model();
    assert_eq!(model.table, "blog_posts");
    let columns: Vec<&str> = model
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(columns, ["type", "id", "written_by", "body"]);
    assert_eq!(model.primary_key, Some(key(&["type", "id"])));
    assert_eq!(model.schema, None);
    assert!(model.columns[3].nullable);
}

struct UserId(#[expect(dead_code, reason = "only its type is looked at")] i64);

impl PgType for UserId {
    fn sql_type() -> ModelType {
        i64::sql_type()
    }
}

type Nickname = Option<String>;
type Title = String;

#[derive(Model)]
struct Aliased {
    id: UserId,
    manager: Option<UserId>,
    friends: Vec<UserId>,
    nickname: Nickname,
    #[model(length = 20)]
    title: Title,
    #[model(length = 20)]
    subtitle: Nickname,
    #[model(length = 7)]
    plates: Vec<String>,
}

#[test]
fn aliases_and_newtypes_are_looked_through() {
    let array = ModelType::Array(Box::new(sql("bigint")));
    let nullable = |name: &str, sql_type: &str| ModelColumn {
        nullable: true,
        ..column(name, sql_type)
    };
    assert_eq!(
        Aliased::model().columns,
        [
            column("id", "bigint"),
            nullable("manager", "bigint"),
            ModelColumn::new("friends", array),
            nullable("nickname", "text"),
            column("title", "character varying(20)"),
            nullable("subtitle", "character varying(20)"),
            column("plates", "character varying(7)[]"),
        ]
    );
}

#[test]
fn a_model_without_a_key_is_a_table_without_a_key() {
    assert_eq!(Aliased::model().primary_key, None);
    assert!(Aliased::PRIMARY_KEY.is_empty());
}

mod renamed {
    pub(super) use limbeck as our_limbeck;
}

#[derive(Model)]
#[model(crate = "crate::models::renamed::our_limbeck")]
struct Elsewhere {
    id: i32,
}

#[test]
fn the_crate_may_be_found_under_another_path() {
    assert_eq!(Elsewhere::model().table, "elsewheres");
}

#[test]
fn a_model_may_stand_in_a_function() {
    #[derive(Model)]
    #[model(register = false)]
    struct Local {
        id: i32,
    }
    assert_eq!(Local::model().columns, [column("id", "integer")]);
}
