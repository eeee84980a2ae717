//! What `#[derive(PgEnum)]` makes of an enum: its type, and Diesel's traits against a server.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck::__private::model::{ModelEnum, ModelEnumValue, ModelType};
use limbeck::{Location, PgEnum, PgType};

use crate::support::TestDatabase;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PgEnum)]
#[pg_enum(
    schema = "blog",
    renamed_from = "state",
    comment = "where a post stands"
)]
pub(crate) enum PostStatus {
    Draft,
    #[pg_enum(value = "in review", renamed_from = "review")]
    InReview,
    SentBack,
}

const POST_STATUS_LINE: u32 = line!() - 7;

#[derive(Debug, PartialEq, PgEnum)]
#[pg_enum(name = "Mood", rename_all = "kebab-case", diesel_type = "Feeling")]
enum Mood {
    VeryGood,
    Bad,
}

#[derive(PgEnum)]
#[pg_enum(diesel = false)]
enum Plain {
    #[expect(dead_code, reason = "only its metadata is looked at")]
    One,
}

fn value(value: &str, renamed_from: Option<&str>) -> ModelEnumValue {
    ModelEnumValue {
        value: value.to_owned(),
        renamed_from: renamed_from.map(str::to_owned),
    }
}

#[test]
fn everything_that_an_enum_states_is_in_its_type() {
    let expected = ModelEnum {
        rust_name: "it::enums::PostStatus".to_owned(),
        location: Location {
            file: "tests/it/enums.rs".to_owned(),
            line: Some(POST_STATUS_LINE),
            column: Some(17),
        },
        schema: Some("blog".to_owned()),
        name: "post_status".to_owned(),
        renamed_from: Some("state".to_owned()),
        values: vec![
            value("draft", None),
            value("in review", Some("review")),
            value("sent_back", None),
        ],
        comment: Some("where a post stands".to_owned()),
    };
    assert_eq!(PostStatus::sql_type(), ModelType::Enum(expected));
}

#[test]
fn values_are_written_in_the_case_that_is_asked_for() {
    let ModelType::Enum(mood) = Mood::sql_type() else {
        panic!("an enum")
    };
    assert_eq!(mood.name, "Mood");
    assert_eq!(mood.values, [value("very-good", None), value("bad", None)]);
}

#[test]
fn an_enum_does_without_diesel() {
    let ModelType::Enum(plain) = Plain::sql_type() else {
        panic!("an enum")
    };
    assert_eq!(plain.name, "plain");
}

diesel::table! {
    use super::PostStatusType;
    use super::Feeling;
    use diesel::sql_types::*;

    blog.entries (id) {
        id -> Int4,
        status -> PostStatusType,
        maybe -> Nullable<PostStatusType>,
        several -> Array<PostStatusType>,
        mood -> Feeling,
    }
}

#[derive(Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = entries)]
struct Entry {
    id: i32,
    status: PostStatus,
    maybe: Option<PostStatus>,
    several: Vec<PostStatus>,
    mood: Mood,
}

fn database() -> (TestDatabase, PgConnection) {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection
        .batch_execute(
            "CREATE SCHEMA blog;
             CREATE TYPE blog.post_status AS ENUM ('draft', 'in review', 'sent_back');
             CREATE TYPE \"Mood\" AS ENUM ('very-good', 'bad');
             CREATE TABLE blog.entries (
                 id int PRIMARY KEY,
                 status blog.post_status NOT NULL,
                 maybe blog.post_status,
                 several blog.post_status[] NOT NULL,
                 mood \"Mood\" NOT NULL
             )",
        )
        .expect("the table is made");
    (database, connection)
}

#[test]
fn values_go_to_the_database_and_come_back() {
    let (_database, mut connection) = database();
    let entries = vec![
        Entry {
            id: 1,
            status: PostStatus::InReview,
            maybe: None,
            several: vec![PostStatus::Draft, PostStatus::SentBack],
            mood: Mood::VeryGood,
        },
        Entry {
            id: 2,
            status: PostStatus::Draft,
            maybe: Some(PostStatus::SentBack),
            several: Vec::new(),
            mood: Mood::Bad,
        },
    ];
    diesel::insert_into(entries::table)
        .values(&entries)
        .execute(&mut connection)
        .expect("the rows are written");
    let loaded = entries::table
        .order(entries::id)
        .select(Entry::as_select())
        .load(&mut connection)
        .expect("the rows are read");
    assert_eq!(loaded, entries);

    let ids: Vec<i32> = entries::table
        .filter(entries::status.eq(PostStatus::InReview))
        .or_filter(entries::maybe.eq(Some(PostStatus::SentBack)))
        .or_filter(entries::status.eq(&PostStatus::SentBack))
        .order(entries::id)
        .select(entries::id)
        .load(&mut connection)
        .expect("the enum is compared");
    assert_eq!(ids, [1, 2]);
}

#[test]
fn a_value_that_the_enum_lacks_is_a_clear_error() {
    let (_database, mut connection) = database();
    connection
        .batch_execute("ALTER TYPE blog.post_status ADD VALUE 'drafted'")
        .expect("the value is added");
    connection
        .batch_execute("INSERT INTO blog.entries VALUES (1, 'drafted', NULL, '{}', 'bad')")
        .expect("the row is written");
    let error = entries::table
        .select(Entry::as_select())
        .load(&mut connection)
        .expect_err("the value is unknown");
    let mut error: &dyn std::error::Error = &error;
    while let Some(source) = error.source() {
        error = source;
    }
    assert_eq!(
        error.to_string(),
        "the database holds the value `drafted` of the type `post_status`, which the enum \
         `PostStatus` does not have; the nearest that it has is `draft`"
    );
}
