use limbeck::PgEnum;

#[derive(Debug, PgEnum)]
#[pg_enum(rename_all = "snakecase", diesel_type = "MoodType", diesel = false)]
enum Mood {
    #[pg_enum(vlaue = "good")]
    Good,
    Bad(i32),
    #[pg_enum(value = "bad")]
    Awful,
}

#[derive(Debug, PgEnum)]
enum Nothing {}

#[derive(Debug, PgEnum)]
struct Post {
    id: i64,
}

fn main() {}
