#![allow(unused)]

use diesel::PgConnection;

#[limbeck::test]
fn nothing() {}

#[limbeck::test]
fn something_else(url: String, conn: &PgConnection) {}

#[limbeck::test]
#[test]
fn two_connections<T>(one: &mut PgConnection, other: &mut PgConnection) {}

#[limbeck::test]
fn not_async(conn: &mut AsyncPgConnection) {}

#[limbeck::test]
async fn blocking(conn: &mut PgConnection) {}

#[limbeck::test]
struct NoFunction;

struct AsyncPgConnection;

fn main() {}
