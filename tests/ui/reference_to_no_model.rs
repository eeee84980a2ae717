use limbeck::Model;

struct User {
    id: i64,
}

#[derive(Model)]
struct Post {
    #[model(references(User))]
    author_id: i64,
}

fn main() {}
