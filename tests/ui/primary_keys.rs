use limbeck::Model;

#[derive(Model)]
#[model(primary_key(id, nickname))]
struct User {
    #[model(primary_key)]
    id: i64,
    nickname: Option<String>,
}

#[derive(Model)]
struct Post {
    #[model(primary_key)]
    id: Option<i64>,
}

fn main() {}
