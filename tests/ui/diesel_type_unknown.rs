use limbeck::Model;
use diesel::prelude::*;

struct Mood;

#[derive(Model, Queryable, Selectable)]
#[model(diesel)]
#[diesel(table_name = moods)]
struct Entry {
    #[model(primary_key)]
    id: i64,
    #[model(sql_type = "mood")]
    mood: String,
    #[model(sql_type = "ltree[]")]
    paths: Vec<String>,
}

#[derive(Model)]
#[model(schema = "my schema", diesel)]
struct Keyless {
    mood: Mood,
}

#[derive(Model)]
struct Post {
    #[model(diesel_type = "Text")]
    title: String,
}

fn main() {}
