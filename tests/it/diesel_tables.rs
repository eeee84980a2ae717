//! `#[model(diesel)]`: the `table!` of a model, beside Diesel's own derives, against a server.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck::Model;

use crate::enums::{PostStatus, PostStatusType};
use crate::support::TestDatabase;

#[derive(Model, Queryable, Selectable, Insertable, Debug, PartialEq)]
#[model(table = "posts", diesel)]
#[model(index(columns(author_id, published_at desc), where = "published"))]
#[diesel(table_name = posts)]
struct Post {
    #[model(primary_key, identity)]
    id: i64,
    #[model(references(Author), on_delete = cascade)]
    author_id: i64,
    #[model(length = 200, unique)]
    title: String,
    body: Option<String>,
    #[model(default = "false")]
    published: bool,
    #[model(default = "now()")]
    published_at: chrono::DateTime<chrono::Utc>,
    #[model(diesel_type = "PostStatusType")]
    status: PostStatus,
    #[model(diesel_type = "crate::enums::PostStatusType")]
    previous: Option<PostStatus>,
    #[model(diesel_type = "Array<PostStatusType>")]
    trail: Vec<PostStatus>,
}

#[derive(Model, Queryable, Selectable, Insertable, Identifiable, Debug, PartialEq)]
#[model(schema = "people", diesel)]
#[diesel(table_name = authors)]
struct Author {
    /// The key.
    #[model(primary_key)]
    id: i64,
    #[model(column = "type")]
    kind: String,
    r#move: i32,
}

#[derive(Model, Queryable, Selectable, Insertable, AsChangeset, Debug, PartialEq)]
#[model(table = "odd table", primary_key(second, first), diesel)]
#[diesel(table_name = odd)]
struct Odd {
    first: i32,
    second: i32,
    #[diesel(column_name = renamed)]
    third: Vec<Option<i32>>,
    #[model(sql_type = "varchar(3)[]")]
    codes: Vec<String>,
    #[model(diesel_type = "Nullable<Text>")]
    nickname: Nickname,
}

type Nickname = Option<String>;

/// Every type that is known by its spelling, as it stands in `table!`.
#[derive(Model, Queryable, Selectable, Insertable, Debug, PartialEq)]
#[model(diesel)]
#[diesel(table_name = samples)]
struct Sample {
    #[model(primary_key)]
    small: i16,
    medium: i32,
    single: f32,
    double: f64,
    bytes: Vec<u8>,
    letter: u8,
    object: u32,
    list: Vec<i32>,
    day: chrono::NaiveDate,
    hour: chrono::NaiveTime,
    moment: chrono::NaiveDateTime,
    other_instant: time::OffsetDateTime,
    other_moment: time::PrimitiveDateTime,
    uuid: uuid::Uuid,
    document: serde_json::Value,
    #[model(sql_type = "json")]
    text_document: Option<serde_json::Value>,
    exact: rust_decimal::Decimal,
    long: bigdecimal::BigDecimal,
    network: ipnetwork::IpNetwork,
    net: ipnet::IpNet,
}

#[test]
fn diesel_reads_and_writes_through_the_table_of_a_model() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    connection
        .batch_execute(
            "CREATE SCHEMA blog;
             CREATE TYPE blog.post_status AS ENUM ('draft', 'in review', 'sent_back');
             CREATE SCHEMA people;
             CREATE TABLE people.authors (id bigint PRIMARY KEY, type text, move int);
             CREATE TABLE posts (
                 id bigint PRIMARY KEY, author_id bigint, title text, body text, published bool,
                 published_at timestamptz, status blog.post_status, previous blog.post_status,
                 trail blog.post_status[]
             );
             CREATE TABLE \"odd table\" (
                 first int, second int, renamed int[], codes varchar(3)[], nickname text,
                 PRIMARY KEY (second, first)
             )",
        )
        .expect("the tables are made");

    let author = Author {
        id: 7,
        kind: "guest".to_owned(),
        r#move: 3,
    };
    diesel::insert_into(authors::table)
        .values(&author)
        .execute(&mut connection)
        .expect("the author is written");
    let post = Post {
        id: 1,
        author_id: 7,
        title: "On limbecks".to_owned(),
        body: None,
        published: true,
        published_at: chrono::DateTime::UNIX_EPOCH,
        status: PostStatus::InReview,
        previous: Some(PostStatus::Draft),
        trail: vec![PostStatus::Draft, PostStatus::InReview],
    };
    diesel::insert_into(posts::table)
        .values(&post)
        .execute(&mut connection)
        .expect("the post is written");
    let odd = Odd {
        first: 1,
        second: 2,
        third: vec![Some(1), None],
        codes: vec!["abc".to_owned()],
        nickname: None,
    };
    diesel::insert_into(odd::table)
        .values(&odd)
        .execute(&mut connection)
        .expect("the odd row is written");

    assert_eq!(
        authors::table.find(7).first::<Author>(&mut connection),
        Ok(author)
    );
    assert_eq!(
        posts::table
            .select(Post::as_select())
            .first(&mut connection),
        Ok(post)
    );
    assert_eq!(
        odd::table.find((2, 1)).first::<Odd>(&mut connection),
        Ok(odd)
    );
}

#[test]
fn a_table_that_is_named_for_diesel_alone_is_named_so_in_the_model() {
    assert_eq!(Sample::TABLE, "samples");
    assert_eq!(Author::TABLE, "authors");
    assert_eq!(Odd::TABLE, "odd table");
}

#[test]
fn a_restricted_length_is_known_to_diesel() {
    use diesel::query_source::SizeRestrictedColumn;
    assert_eq!(posts::title::MAX_LENGTH, 200);
}
