use limbeck::Model;

#[derive(Model)]
struct Post {
    #[model(identity, default = "1")]
    id: i64,
    #[model(default = "1", generated = "id + 1")]
    next: i64,
    #[model(identity)]
    title: String,
    #[model(identity)]
    number: Option<i64>,
}

fn main() {}
