use limbeck::Model;

#[derive(Model)]
#[model(primary_key(post_id, user_id))]
struct Vote {
    post_id: i64,
    user_id: i64,
}

#[derive(Model)]
struct Comment {
    #[model(references(Vote))]
    vote_id: i64,
}

fn main() {}
