//! The difference of two texts of SQL, loaded in scratch.

use diesel::prelude::*;
use limbeck_core::{Error, Location};
use limbeck_postgres::{Difference, SqlSource, difference};

use crate::support::TestDatabase;

fn compare(url: &str, from: &str, to: &str) -> limbeck_core::Result<Difference> {
    let source = |name: &str, text: &str| SqlSource {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    difference(&source("a.sql", from), &source("b.sql", to), Some(url))
}

#[track_caller]
fn refused(url: &str, from: &str, place: (u32, u32), words: &str) -> Error {
    let error = compare(url, from, "").unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    let place = Location {
        file: "a.sql".to_owned(),
        line: Some(place.0),
        column: Some(place.1),
    };
    assert_eq!(error.location(), Some(&place), "{error}");
    error
}

#[test]
fn a_text_that_does_not_load_is_told_with_its_place() {
    let database = TestDatabase::new();
    let url = database.url();
    refused(
        &url,
        "CREATE TABLE a (id int);\n-- ü🎉\n  CREATE TABL b ();",
        (3, 10),
        "syntax error",
    );
    let error = refused(
        &url,
        "CREATE TABLE a (id int);\n-- ü🎉\n  CREATE TABLE a (id int);",
        (3, 3),
        "already exists",
    );
    let database = error.database().unwrap();
    assert_eq!(database.statement_number, Some(2));
    assert_eq!(
        database.statement.as_deref(),
        Some("CREATE TABLE a (id int)")
    );
    assert_eq!(database.sqlstate.as_deref(), Some("42P07"));
    assert!(error.hint().is_some());
    refused(
        &url,
        "CREATE TABLE a (id int);\nALTER TABLE a OWNER TO limbeck_nobody;",
        (2, 24),
        "role \"limbeck_nobody\" does not exist",
    );
    let error = refused(
        &url,
        "CREATE TABLE a (id int);\nGRANT SELECT ON a TO PUBLIC,\n \"No \"\"body\";",
        (3, 2),
        "role \"No \"body\" does not exist",
    );
    let hint = error.hint().unwrap();
    assert!(hint.contains("CREATE ROLE \"No \"\"body\""), "{hint}");
    let error = refused(&url, "\n\\connect x", (2, 1), "command of psql");
    assert!(error.hint().is_some());
    refused(&url, "BEGIN; COMMIT;", (1, 1), "loaded in one");
}

#[test]
fn nothing_of_a_text_stays_on_the_server() {
    let database = TestDatabase::new();
    let other = TestDatabase::new();
    let url = database.url();
    let name = other.url();
    let name = name.rsplit_once('/').unwrap().1;
    let name = name.split('?').next().unwrap();
    for text in [
        format!("DROP DATABASE \"{name}\""),
        "CREATE DATABASE limbeck_of_a_text".to_owned(),
        "ALTER SYSTEM SET work_mem = '5MB'".to_owned(),
    ] {
        refused(&url, &text, (1, 1), "cannot run inside a transaction block");
    }
    other.connect();
    // Both make it, and neither finds that of the other.
    let text = "CREATE ROLE limbeck_of_a_text";
    assert!(compare(&url, text, text).unwrap().operations.is_empty());
    let role = "DO $$ BEGIN ASSERT to_regrole('limbeck_of_a_text') IS NULL; END $$";
    diesel::sql_query(role)
        .execute(&mut database.connect())
        .unwrap();
}

#[test]
fn what_pg_dump_writes_around_its_text_is_passed_over() {
    let database = TestDatabase::new();
    let dump = "\u{feff}\\restrict x\nSET client_encoding = 'UTF8';\n\
                SELECT pg_catalog.set_config('search_path', '', false);\n\
                CREATE TABLE public.a (id integer);\n\\unrestrict x\n";
    let difference = compare(&database.url(), dump, "CREATE TABLE a (id bigint);").unwrap();
    assert_eq!(difference.up.len(), 1);
}

#[test]
fn what_stands_where_something_is_to_be_made_is_told() {
    let database = TestDatabase::new();
    let error = compare(
        &database.url(),
        "CREATE TABLE v (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE v (a int)",
    )
    .unwrap_err();
    assert_eq!(error.kind(), limbeck_core::ErrorKind::CannotCompare);
    assert!(
        error
            .to_string()
            .contains("`table:public.v` is a partitioned table"),
        "{error}"
    );
}
