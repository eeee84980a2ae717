use limbeck::PgEnum;

#[derive(PgEnum)]
enum Mood {
    Good,
}

fn main() {}
