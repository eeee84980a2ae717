//! Tables that inherit from others: each state becomes each other and comes back, with the rows that stay.

use super::partitions::walk;
use super::types::{Pair, check};

#[test]
fn ties_come_and_go_and_the_rows_stay() {
    let base =
        "CREATE TABLE a (x integer, y text DEFAULT 'a'); CREATE TABLE b (x integer, z text);";
    let states = [
        "CREATE TABLE h (x integer, y text, z text, own integer)",
        "CREATE TABLE h (own integer) INHERITS (a); ALTER TABLE h ADD z text",
        "CREATE TABLE h (y text DEFAULT 'own', own integer) INHERITS (a, b)",
        "CREATE TABLE h (own integer NOT NULL, z text) INHERITS (a); ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0)",
        "CREATE TABLE h (own integer, y text) INHERITS (b); ALTER TABLE b ADD CONSTRAINT c CHECK (x > 0) NO INHERIT;
         ALTER TABLE h ADD CONSTRAINT d CHECK (own > 0)",
    ];
    for state in &states {
        check(Pair {
            before: "CREATE TABLE other (x integer)",
            after: &format!("{base} {state}"),
            ..Pair::default()
        });
    }
    let states: Vec<String> = states
        .iter()
        .map(|state| format!("{base} {state}"))
        .collect();
    walk(
        13,
        &states,
        "INSERT INTO h (x, own) VALUES (5, 6)",
        ("SELECT concat(x, own) AS text FROM h", "56"),
    );
}

#[test]
fn what_a_parent_gets_its_heirs_get() {
    let state = |columns: &str, own: &str| {
        format!(
            "CREATE TABLE a ({columns}); CREATE TABLE h () INHERITS (a);
             CREATE TABLE hh (o integer) INHERITS (h); {own}"
        )
    };
    check(Pair {
        before: &state("x integer, y text, w integer", ""),
        after: &state(
            "x bigint NOT NULL, y text DEFAULT 'q', z text DEFAULT 'n', CHECK (x > 0)",
            "",
        ),
        rows: "INSERT INTO hh VALUES (5, 'k')",
        kept: Some(("SELECT concat(x, y) AS text FROM hh", "5k")),
        ..Pair::default()
    });
    check(Pair {
        before: &state("x integer, y text", ""),
        after: &state("x bigint, y text DEFAULT 'q', z text", ""),
        says_not: &["\"h\"", "\"hh\""],
        ..Pair::default()
    });
    let states = [
        state("x integer, y text, z text", ""),
        state("x integer, y text", "ALTER TABLE h ADD z text"),
        state(
            "x integer DEFAULT 1, y text",
            "ALTER TABLE hh ALTER x SET DEFAULT 2; ALTER TABLE h ALTER y SET NOT NULL",
        ),
        state(
            "x integer DEFAULT 3, y text",
            "ALTER TABLE hh ALTER x SET DEFAULT 2",
        ),
        state(
            "x integer, CONSTRAINT c CHECK (x > 0)",
            "ALTER TABLE h ADD y text",
        ),
        state(
            "x integer, y text",
            "ALTER TABLE hh ADD CONSTRAINT c CHECK (x > 0)",
        ),
    ];
    walk(
        13,
        &states,
        "INSERT INTO hh (x, y) VALUES (5, 'k')",
        ("SELECT x::text AS text FROM hh", "5"),
    );
}
