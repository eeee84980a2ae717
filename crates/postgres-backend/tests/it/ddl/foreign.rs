//! Foreign data: wrappers, servers, user mappings and foreign tables.

use super::partitions::walk;
use super::types::{Pair, check};

#[test]
fn foreign_data_wrappers_servers_and_mappings() {
    let states = [
        "",
        "CREATE FOREIGN DATA WRAPPER w; COMMENT ON FOREIGN DATA WRAPPER w IS 'one'",
        "CREATE FOREIGN DATA WRAPPER w OPTIONS (\"A a\" 'it''s')",
        "CREATE FOREIGN DATA WRAPPER w VALIDATOR postgresql_fdw_validator",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (a '1', b '2');
         COMMENT ON SERVER s IS 'one'; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\"user\" 'u', password 'p''w')",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s TYPE 'x' VERSION '2' FOREIGN DATA WRAPPER w OPTIONS (b '3', c '4');
         CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password 'x')",
        "CREATE FOREIGN DATA WRAPPER w; CREATE FOREIGN DATA WRAPPER \"W w\"; CREATE SERVER s FOREIGN DATA WRAPPER \"W w\";
         CREATE SERVER \"S \"\"s\" FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s",
    ];
    let states: Vec<String> = states.iter().map(|state| (*state).to_owned()).collect();
    walk(13, &states, "", ("SELECT '' AS text", ""));
}

#[test]
fn foreign_tables() {
    let base = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE SERVER s2 FOREIGN DATA WRAPPER w;";
    let states = [
        "",
        "CREATE FOREIGN TABLE f (a integer OPTIONS (x '1') NOT NULL, b text COLLATE \"C\" DEFAULT 'q') SERVER s OPTIONS (t 'f');
         COMMENT ON FOREIGN TABLE f IS 'far'; COMMENT ON COLUMN f.a IS 'it''s'",
        "CREATE FOREIGN TABLE f (a bigint OPTIONS (x '2', \"Y y\" ''), c text, CHECK (a > 0)) SERVER s OPTIONS (t 'g', u '1');
         CREATE VIEW v AS SELECT a FROM f",
        "CREATE FOREIGN TABLE f (a bigint) SERVER s2",
        "CREATE TABLE f (a bigint)",
        "CREATE TABLE t (a integer, b text) PARTITION BY LIST (a);
         CREATE FOREIGN TABLE \"F f\" PARTITION OF t FOR VALUES IN (1) SERVER s;
         CREATE TABLE p PARTITION OF t DEFAULT; CREATE INDEX i ON t (b)",
        "CREATE TABLE t (a integer, b text); CREATE FOREIGN TABLE h (x text) INHERITS (t) SERVER s",
    ];
    let states: Vec<String> = states
        .iter()
        .map(|state| format!("{base} {state}"))
        .collect();
    walk(13, &states, "", ("SELECT '' AS text", ""));
}

#[test]
fn what_is_over_an_extension_needs_it() {
    check(Pair {
        before: "CREATE TABLE other (x integer)",
        after: "CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', dbname 'd');
                CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'u', password 'secret');
                CREATE FOREIGN TABLE f (a integer OPTIONS (column_name 'x')) SERVER s OPTIONS (schema_name 'q')",
        says: &["secret"],
        ..Pair::default()
    });
}

#[test]
fn virtual_columns() {
    let states = [
        "CREATE TABLE t (a integer, b integer)",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL)",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 2) VIRTUAL)",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED)",
        "CREATE TABLE t (a integer, b bigint GENERATED ALWAYS AS (a + 2) VIRTUAL NOT NULL, c text DEFAULT 'x')",
    ];
    let states: Vec<String> = states.iter().map(|state| (*state).to_owned()).collect();
    walk(
        18,
        &states,
        "INSERT INTO t VALUES (5, 6)",
        ("SELECT a::text AS text FROM t", "5"),
    );
}

#[test]
fn an_index_that_cannot_be_used_is_built_again() {
    let broken = "CREATE TABLE t (a integer); CREATE INDEX i ON t (a);
                  UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass";
    check(Pair {
        before: broken,
        after: "CREATE TABLE t (a integer); CREATE INDEX i ON t (a)",
        says: &["REINDEX INDEX \"i\""],
        no_way_back: Some("no index is made so that it cannot be used"),
        ..Pair::default()
    });
    check(Pair {
        before: broken,
        after: "CREATE TABLE t (a integer)",
        says: &["DROP INDEX \"i\""],
        no_way_back: Some("no index is made so that it cannot be used"),
        ..Pair::default()
    });
}
