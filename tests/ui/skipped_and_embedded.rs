use diesel::prelude::*;
use limbeck::Model;

#[derive(Queryable)]
struct Times {
    created: i64,
}

#[derive(Model, Queryable)]
struct Post {
    #[model(skip, unique)]
    id: i64,
    #[diesel(embed)]
    times: Times,
}

fn main() {}
