use limbeck::Model;

#[derive(Model)]
#[model(diesel)]
struct Post {
    #[model(primary_key)]
    id: i64,
    #[model(diesel_type = "Integer")]
    title: String,
}

fn main() {}
