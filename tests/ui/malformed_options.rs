use limbeck::Model;

#[derive(Model)]
#[model = "posts"]
#[model(table = posts, unlogged = true, unique)]
struct Post {
    #[model(primary_key("id"), "text", default)]
    id: i64,
    #[model(length = "long", length = 3)]
    title: String,
    #[model(length = 99999999999)]
    body: String,
    #[model(unique index)]
    slug: String,
    #[model(references)]
    author_id: i64,
}

fn main() {}
