//! Models whose names are as hard as Postgres allows.

use limbeck::ModelTable;
use limbeck::prelude::*;

/// 63 bytes, the last of them in the middle of nothing: 31 of two, and one of one.
const _: () = assert!("üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüx".len() == 63);

#[derive(PgEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[pg_enum(name = "Order \"by\"")]
enum Order {
    #[pg_enum(value = "it's")]
    Apostrophe,
    #[pg_enum(value = "a \"b\", \\c")]
    Quoted,
    #[pg_enum(value = "日本 💥")]
    Symbols,
    #[pg_enum(value = "")]
    Empty,
}

/// Quotes, a semicolon, spaces, a dot.
#[derive(Model)]
#[model(table = "my \"posts\"; DROP TABLE x.y", register = false)]
#[model(comment = "it's \"quoted\"; -- not a comment\n$$")]
#[model(index(columns(order desc, percent), where = "\"Größe 💥\" <> 'it''s'"))]
#[model(check = "\"Größe 💥\" <> '$1'")]
struct Quoted {
    #[model(primary_key, identity, column = "select")]
    select: i64,
    #[model(column = "Größe 💥", default = "'it''s'", comment = "'")]
    size: String,
    #[model(column = "a'b\"c", unique)]
    quotes: String,
    #[model(column = "ORDER")]
    order: Order,
    #[model(column = "%s {} $1 \\")]
    percent: i32,
    #[model(column = "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüx", unique, default = "'ü'")]
    long: String,
}

/// A reserved word.
#[derive(Model)]
#[model(table = "user", register = false)]
struct Reserved {
    #[model(primary_key)]
    table: i64,
    #[model(column = "where", references(Quoted), on_delete = cascade, index)]
    reference: i64,
    #[model(column = "User", check = "\"User\" > 0")]
    upper: i32,
    #[model(column = "user", default = "1")]
    lower: i32,
}

/// 63 bytes in a schema with a space; everything that is named after it is cut.
#[derive(Model)]
#[model(
    table = "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüx",
    schema = "My Schema",
    register = false
)]
struct Long {
    #[model(primary_key, column = "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüx")]
    key: i64,
    #[model(column = " ", references(Reserved), unique)]
    space: i64,
}

pub(crate) fn models() -> Vec<ModelTable> {
    vec![Quoted::model(), Reserved::model(), Long::model()]
}
