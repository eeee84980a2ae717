use limbeck::Model;

#[derive(Model)]
struct Post {
    #[model(length = 200)]
    votes: i64,
    #[model(length = 0)]
    title: String,
    #[model(precision = 10, scale = 2)]
    body: String,
    #[model(scale = 2)]
    price: Option<Decimal>,
    #[model(sql_type = "text", length = 5)]
    slug: String,
}

struct Decimal;

fn main() {}
