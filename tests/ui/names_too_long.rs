use limbeck::Model;

#[derive(Model)]
#[model(table = "")]
#[model(check(expr = "true", name = "this_name_is_longer_than_the_sixty_three_bytes_that_postgres_keeps"))]
struct Post {
    this_field_is_longer_than_the_sixty_three_bytes_that_postgres_keeps: i64,
}

fn main() {}
