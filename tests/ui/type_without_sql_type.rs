use limbeck::Model;

struct Point(f64, f64);

#[derive(Model)]
struct Place {
    here: Option<Point>,
}

fn main() {}
