use limbeck::Model;

struct Point(f64, f64);

#[derive(Model)]
struct Place {
    here: Point,
    there: Option<Point>,
    path: Vec<Point>,
}

fn main() {}
