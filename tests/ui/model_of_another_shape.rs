use limbeck::Model;

#[derive(Model)]
enum Status {
    Draft,
}

#[derive(Model)]
struct Pair(i64, i64);

#[derive(Model)]
struct Page<T> {
    content: T,
}

fn main() {}
