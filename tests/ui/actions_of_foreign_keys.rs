use limbeck::Model;

#[derive(Model)]
struct Post {
    #[model(primary_key, on_delete = cascade)]
    id: i64,
    #[model(references(Post), on_delete = cascde)]
    parent_id: i64,
    #[model(references(Post, on_update = cascade), on_update = restrict)]
    next_id: i64,
    #[model(references = "posts(id", on_delete = cascade(id))]
    last_id: i64,
}

fn main() {}
