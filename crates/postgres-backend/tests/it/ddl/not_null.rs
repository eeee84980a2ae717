//! Constraints that refuse nulls, beyond what `tests/cases/attributes/column.sql` says of them.

use limbeck_core::schema::diff::{Renames, diff};

use super::law::read;
use super::run;
use super::types::{Pair, check};
use crate::support::{TestDatabase, servers};

#[test]
fn a_derived_name_that_a_rename_leaves_is_told_by_its_name() {
    check(Pair {
        before: "CREATE TABLE t (a integer NOT NULL, b integer PRIMARY KEY, c integer NOT NULL);
                 CREATE TABLE p (a integer NOT NULL) PARTITION BY LIST (a);
                 CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
        after: "CREATE TABLE u (x integer NOT NULL, b integer CONSTRAINT t_pkey PRIMARY KEY, c integer NOT NULL);
                CREATE TABLE q (z integer NOT NULL) PARTITION BY LIST (z);
                CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1)",
        hints: &[
            ("table:public.u", "table:public.t"),
            ("column:public.u.x", "column:public.t.a"),
            ("table:public.q", "table:public.p"),
            ("table:public.q1", "table:public.p1"),
            ("column:public.q.z", "column:public.p.a"),
        ],
        says_not: &["DROP"],
        ..Pair::default()
    });
    check(Pair {
        since: 18,
        before: "CREATE TABLE t (a integer NOT NULL)",
        after: "CREATE TABLE u (x integer CONSTRAINT t_a_not_null NOT NULL)",
        hints: &[
            ("table:public.u", "table:public.t"),
            ("column:public.u.x", "column:public.t.a"),
        ],
        says_not: &["CONSTRAINT"],
        ..Pair::default()
    });
}

#[test]
fn what_postgres_calls_them_by_itself_is_no_difference_between_majors() {
    let sql = "CREATE TABLE t (a integer NOT NULL, b serial, c integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
               CREATE TABLE h (d integer NOT NULL) INHERITS (t);
               CREATE TABLE p (a integer NOT NULL) PARTITION BY LIST (a);
               CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
               CREATE TABLE p2 (a integer NOT NULL);
               ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)";
    let schemas: Vec<_> = servers()
        .iter()
        .map(|server| {
            let database = TestDatabase::on(server);
            let mut connection = database.connect();
            run(&mut connection, sql);
            read(&mut connection)
        })
        .collect();
    for schema in &schemas {
        assert_eq!(*schema, schemas[0]);
        assert_eq!(diff(schema, &schemas[0], &Renames::default()), []);
    }
}

#[test]
fn a_name_that_postgres_cannot_give_is_no_difference() {
    for server in servers().iter().filter(|server| server.major() >= 18) {
        let schema = |name: &str| {
            let database = TestDatabase::on(server);
            let mut connection = database.connect();
            let sql = format!(
                "CREATE TABLE p (a integer CONSTRAINT {name} NOT NULL PRIMARY KEY) PARTITION BY LIST (a);
                 CREATE TABLE q (a integer PRIMARY KEY);
                 ALTER TABLE p ATTACH PARTITION q FOR VALUES IN (1)"
            );
            run(&mut connection, &sql);
            read(&mut connection)
        };
        let (one, other) = (schema("x"), schema("p_a_not_null"));
        assert_ne!(one, other);
        assert_eq!(diff(&one, &other, &Renames::default()), []);
        assert_eq!(diff(&other, &one, &Renames::default()), []);
    }
}
