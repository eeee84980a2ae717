//! What `#[derive(Model)]` and `#[derive(PgEnum)]` make of structs and enums.

use diesel::prelude::*;
use limbeck::Model as _;

use limbeck::__private::model::*;
use limbeck::__private::object::*;

/// A status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, limbeck::PgEnum)]
#[pg_enum(
    name = "post_status",
    rename_all = "snake_case",
    comment = "where a post stands"
)]
pub enum PostStatus {
    Draft,
    #[pg_enum(value = "in_review", renamed_from = "review")]
    Reviewing,
    Published,
}

mod users {
    #[derive(limbeck::Model)]
    #[model(schema = "auth", register = false)]
    pub(crate) struct User {
        #[model(primary_key, identity)]
        id: i64,
    }
}
use users::User;

type Nickname = Option<String>;

/// A post.
#[derive(limbeck::Model, Queryable, Selectable, Insertable, Debug)]
#[model(
    table = "posts",
    diesel,
    renamed_from = "articles",
    comment = "what people write"
)]
#[model(index(columns(author_id, published_at desc nulls_last), where = "published"))]
#[model(index(columns(expr = "lower(title)" opclass = "text_pattern_ops"), unique, name = "posts_title_ci", with(fillfactor = 70)))]
#[model(unique(
    columns(author_id, title),
    name = "one_title_each",
    deferrable,
    include(body)
))]
#[model(check(expr = "length(title) > 0", name = "title_not_empty"))]
#[diesel(table_name = posts)]
pub struct Post {
    #[model(primary_key, identity(always, start = 100))]
    pub id: i64,
    #[model(references(User), on_delete = cascade, index)]
    pub author_id: i64,
    #[model(length = 200, unique)]
    pub title: String,
    pub body: Option<String>,
    #[model(default = "false")]
    pub published: bool,
    #[model(default = "now()")]
    pub published_at: chrono::DateTime<chrono::Utc>,
    #[model(diesel_type = "PostStatusType", default = "'draft'")]
    pub status: PostStatus,
    #[model(diesel_type = "Nullable<Text>")]
    pub nickname: Nickname,
    #[model(column = "type", check = "type <> ''")]
    pub kind: Option<String>,
    #[model(precision = 10, scale = 2)]
    pub price: Option<rust_decimal::Decimal>,
    #[model(sql_type = "citext", renamed_from = "mail", collation = "C")]
    pub email: String,
    pub tags: Vec<String>,
}

#[test]
fn everything_that_a_struct_states_is_in_its_model() {
    let model = Post::model();
    assert_eq!(model.table, "posts");
    println!("{model:#?}");
}
