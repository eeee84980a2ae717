#![allow(unused)]

use diesel::PgConnection;

#[limbeck::test(modles, schema, rollback, fixtures(users.sql), ready = "two")]
fn options(conn: &mut PgConnection) {}

#[limbeck::test(fixtures = "users.sql", seed = 7, models = false)]
fn values(conn: &mut PgConnection) {}

fn main() {}
