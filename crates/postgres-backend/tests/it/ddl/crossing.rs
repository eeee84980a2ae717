//! Where kinds meet: what holds queries or code over types that are exchanged or altered.

use super::types::{Pair, check};

#[test]
fn a_view_over_a_column_of_an_exchanged_domain_steps_aside() {
    let state = |base: &str| {
        format!(
            "CREATE DOMAIN d AS {base} CHECK (VALUE <> '7');
             CREATE DOMAIN over_d AS d;
             CREATE TABLE t (id integer PRIMARY KEY, a d, b over_d, c d[]);
             CREATE VIEW v AS SELECT a, b, c[1] AS c FROM t WHERE a IS NOT NULL;
             COMMENT ON VIEW v IS 'kept';
             CREATE VIEW on_v AS SELECT a FROM v;
             CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX m_a ON m (a);
             CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, a) VALUES (9, new.a);
             CREATE FUNCTION f(x d, y over_d[]) RETURNS d LANGUAGE sql AS 'SELECT x';
             COMMENT ON FUNCTION f(d, over_d[]) IS 'kept';
             CREATE TABLE u (a d DEFAULT f('1', '{{2}}'), CHECK (f(a, '{{}}') IS NOT NULL));
             CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (new.a IS DISTINCT FROM old.a) EXECUTE FUNCTION g()"
        )
    };
    check(Pair {
        before: &state("integer"),
        after: &state("text"),
        rows: "INSERT INTO t VALUES (1, 2, 3, '{4}'); INSERT INTO u DEFAULT VALUES",
        kept: Some((
            "SELECT concat(v.a, v.b, v.c, u.a) AS text FROM v, u",
            "2341",
        )),
        ..Pair::default()
    });
}

#[test]
fn a_function_of_a_composite_type_follows_its_attributes() {
    let state = |attributes: &str, last: &str| {
        format!(
            "CREATE TYPE c AS ({attributes});
             CREATE FUNCTION f(x c, y c[]) RETURNS c LANGUAGE sql AS 'SELECT x';
             CREATE FUNCTION g(OUT x c) LANGUAGE plpgsql AS 'BEGIN END';
             CREATE FUNCTION h() RETURNS SETOF c LANGUAGE sql AS 'SELECT NULL::c';
             CREATE PROCEDURE p(x c) LANGUAGE plpgsql AS 'BEGIN END';
             CREATE VIEW v AS SELECT z.{last} AS a FROM h() AS z;
             CREATE VIEW w AS SELECT f(NULL::c, '{{}}') AS a"
        )
    };
    let states = [
        state("x integer, y text", "y"),
        state("x bigint, y text", "x"),
        state("x bigint", "x"),
    ];
    for (before, after) in [(0, 1), (1, 2), (0, 2)] {
        let (before, after) = (&states[before], &states[after]);
        check(Pair {
            before,
            after,
            ..Pair::default()
        });
        // And where values are stored, which takes a new type.
        let stored = " ; CREATE TABLE t (a c, b c[]); CREATE VIEW s AS SELECT a, (a).x FROM t;
                      CREATE FUNCTION of_t(t) RETURNS c LANGUAGE sql AS 'SELECT ($1).a'";
        check(Pair {
            before: &format!("{before}{stored}"),
            after: &format!("{after}{stored}"),
            rows: "INSERT INTO t (a) SELECT json_populate_record(NULL::c, '{\"x\": 5}')",
            kept: Some(("SELECT concat(x) AS text FROM s", "5")),
            ..Pair::default()
        });
    }
}

#[test]
fn what_tests_an_enum_that_loses_a_value_steps_aside() {
    let state = |values: &str, wide: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({values}); {wide}
             CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'sad', ms mood[]);
             CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW
                WHEN (new.m = 'sad' OR new.m = ANY (old.ms)) EXECUTE FUNCTION g();
             COMMENT ON TRIGGER tr ON t IS 'kept';
             CREATE FUNCTION f(m mood, ms mood[] DEFAULT '{{sad}}') RETURNS mood LANGUAGE sql AS 'SELECT m';
             CREATE AGGREGATE a(mood) (SFUNC = f_state, STYPE = text);
             CREATE VIEW v AS SELECT m, f(m) AS f FROM t WHERE m <> 'sad'"
        )
        .replace(
            "CREATE AGGREGATE",
            "CREATE FUNCTION f_state(text, mood) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE AGGREGATE",
        )
    };
    for wide in [
        "",
        "CREATE DOMAIN d AS mood;",
        "CREATE TYPE r AS RANGE (subtype = mood);",
    ] {
        check(Pair {
            before: &state("'sad', 'ok', 'glad'", wide),
            after: &state("'glad', 'sad'", wide),
            rows: "INSERT INTO t VALUES (1, 'glad', '{sad}')",
            kept: Some(("SELECT concat(m, f) AS text FROM v", "gladglad")),
            ..Pair::default()
        });
    }
}

#[test]
fn what_names_a_new_value_of_an_enum_under_a_view_takes_a_new_type() {
    let old = "CREATE TABLE t (m mood); CREATE VIEW v AS SELECT m FROM t;
               CREATE FUNCTION f(mood) RETURNS integer LANGUAGE sql AS 'SELECT 1'";
    check(Pair {
        before: &format!("CREATE TYPE mood AS ENUM ('sad'); {old}"),
        after: &format!(
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); {old};
             CREATE VIEW w AS SELECT m FROM t WHERE m = 'ok'"
        ),
        rows: "INSERT INTO t VALUES ('sad')",
        kept: Some(("SELECT m::text AS text FROM v", "sad")),
        ..Pair::default()
    });
    // A word that is no value needs none.
    check(Pair {
        before: &format!("CREATE TYPE mood AS ENUM ('sad'); {old}"),
        after: &format!(
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); {old}; CREATE VIEW w AS SELECT m AS ok FROM t"
        ),
        says: &["ADD VALUE 'ok'"],
        says_not: &["RENAME TO"],
        ..Pair::default()
    });
}

#[test]
fn a_view_over_a_range_or_a_collation_that_is_exchanged_steps_aside() {
    let state = |subtype: &str, locale: &str| {
        format!(
            "CREATE TYPE r AS RANGE (subtype = {subtype});
             CREATE COLLATION o (provider = icu, locale = '{locale}');
             CREATE TABLE t (a r, b text COLLATE o);
             CREATE VIEW v AS SELECT a, b, r('1', '3') AS made FROM t ORDER BY b;
             CREATE FUNCTION f(x r) RETURNS r LANGUAGE sql AS 'SELECT x'"
        )
    };
    check(Pair {
        before: &state("integer", "de"),
        after: &state("numeric", "sv"),
        rows: "INSERT INTO t VALUES ('[1,3)', 'x')",
        kept: Some(("SELECT concat(a, b, made) AS text FROM v", "[1,3)x[1,3)")),
        ..Pair::default()
    });
}

#[test]
fn types_that_get_another_name_keep_what_is_over_them() {
    let state = |ty: &str, table: &str| {
        format!(
            "CREATE TYPE {ty} AS (x integer);
             CREATE TABLE {table} (a {ty});
             CREATE FUNCTION f(x {ty}, y {table}[]) RETURNS {ty} LANGUAGE plpgsql AS 'BEGIN RETURN x; END';
             CREATE FUNCTION g() RETURNS SETOF {table} LANGUAGE plpgsql AS 'BEGIN END';
             COMMENT ON FUNCTION f({ty}, {table}[]) IS 'kept'"
        )
    };
    check(Pair {
        before: &state("c", "t"),
        after: &state("\"C d\"", "\"T t\""),
        hints: &[
            ("composite:public.\"C d\"", "composite:public.c"),
            ("table:public.\"T t\"", "table:public.t"),
        ],
        says_not: &["FUNCTION"],
        ..Pair::default()
    });
}

#[test]
fn views_and_functions_go_before_the_extension_that_they_use() {
    check(Pair {
        before: "CREATE EXTENSION hstore; CREATE VIEW v AS SELECT 'a=>1'::hstore AS a;
                 CREATE FUNCTION f(x hstore) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        after: "CREATE VIEW w AS SELECT 1 AS a",
        ..Pair::default()
    });
}

#[test]
fn what_runs_a_function_over_rows_comes_behind_what_that_one_calls() {
    let before = "
        CREATE FUNCTION checks(v text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
            AS 'BEGIN RETURN public.a_helper(v) AND public.z_helper(v); END';
        CREATE FUNCTION z_helper(v text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
        CREATE FUNCTION measures(v integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE
            AS 'BEGIN RETURN public.z_measure(v); END';
        CREATE DOMAIN d AS text CHECK (checks(VALUE));
        CREATE TABLE t (id integer);";
    let after = "
        CREATE FUNCTION a_helper(v text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
            AS 'BEGIN RETURN public.z_further(v); END';
        CREATE FUNCTION z_helper(v text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT v IS NOT NULL';
        CREATE FUNCTION z_further(v text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT v <> ''''';
        CREATE FUNCTION checks(v text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
            AS 'BEGIN RETURN public.a_helper(v) AND public.z_helper(v); END';
        CREATE FUNCTION measures(v integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE
            AS 'BEGIN RETURN public.z_measure(v); END';
        CREATE FUNCTION z_measure(v integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * v';
        CREATE DOMAIN d AS text CHECK (checks(VALUE));
        CREATE TABLE t (id integer, a d DEFAULT 'x', CHECK (measures(id) > 1));
        CREATE INDEX t_measured ON t (measures(id));
        CREATE MATERIALIZED VIEW m AS SELECT measures(id) AS size FROM t;";
    check(Pair {
        before,
        after,
        rows: "INSERT INTO t VALUES (7)",
        kept: Some(("SELECT id::text AS text FROM t", "7")),
        ..Pair::default()
    });
}

#[test]
fn what_has_the_name_of_something_renamed_goes_on_the_way_back_and_the_rows_stay() {
    check(Pair {
        before: "CREATE TABLE t (id integer PRIMARY KEY, title text);
                 CREATE INDEX t_title_idx ON t (title);
                 CREATE VIEW v AS SELECT title FROM t",
        after: "CREATE TABLE t (id integer PRIMARY KEY, headline text, title integer);
                CREATE INDEX t_title_idx ON t (headline);
                CREATE INDEX t_new ON t (title);
                CREATE VIEW v AS SELECT headline AS title FROM t",
        hints: &[("column:public.t.headline", "column:public.t.title")],
        rows: "INSERT INTO t VALUES (1, 'kept')",
        kept: Some(("SELECT title AS text FROM v", "kept")),
        ..Pair::default()
    });
    check(Pair {
        before: "CREATE TABLE a (id integer CONSTRAINT k PRIMARY KEY, x text NOT NULL);
                 CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql
                     AS 'BEGIN RETURN query_to_xml(''TABLE a'', false, true, '''')::text; END'",
        after: "CREATE TABLE b (id integer CONSTRAINT k PRIMARY KEY, x text NOT NULL);
                CREATE TABLE a (z integer);
                CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql
                    AS 'BEGIN RETURN query_to_xml(''TABLE b'', false, true, '''')::text; END'",
        hints: &[("table:public.b", "table:public.a")],
        rows: "INSERT INTO a VALUES (1, 'kept')",
        kept: Some(("SELECT (f() LIKE '%kept%')::text AS text", "true")),
        ..Pair::default()
    });
    check(Pair {
        before: "CREATE TYPE e AS ENUM ('c', 'd'); CREATE TABLE t (x e DEFAULT 'd')",
        after: "CREATE TYPE e AS ENUM ('c', 'e', 'd'); CREATE TABLE t (x e DEFAULT 'd')",
        hints: &[("enum_value:public.e.e", "enum_value:public.e.d")],
        rows: "INSERT INTO t VALUES ('d')",
        kept: Some(("SELECT (x > 'c')::text AS text FROM t", "true")),
        ..Pair::default()
    });
}

#[test]
fn a_rename_that_was_done_long_ago_is_none_on_the_way_back() {
    check(Pair {
        before: "CREATE TABLE t (x integer, y integer)",
        after: "CREATE TABLE t (x integer)",
        hints: &[("column:public.t.x", "column:public.t.y")],
        rows: "INSERT INTO t VALUES (1, 2)",
        kept: Some(("SELECT x::text AS text FROM t", "1")),
        ..Pair::default()
    });
    check(Pair {
        before: "CREATE TABLE b (id integer PRIMARY KEY, t text NOT NULL)",
        after: "CREATE TABLE b (key integer PRIMARY KEY, tt text NOT NULL)",
        hints: &[
            ("table:public.b", "table:public.a"),
            ("column:public.b.key", "column:public.a.id"),
            ("column:public.b.tt", "column:public.a.t"),
        ],
        rows: "INSERT INTO b VALUES (1, 'kept')",
        kept: Some((
            "SELECT (b::text LIKE '%kept%')::text AS text FROM b",
            "true",
        )),
        ..Pair::default()
    });
}
