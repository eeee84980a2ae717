//! Views, materialized views, rules, routines, triggers and event triggers, from any state to any
//! other and back. The cases are SQL: what Postgres makes of it is what there is to compare.

use limbeck_core::Schema;
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_postgres::{Context, Naming, render};

use super::law::{change, read};
use super::{answer, run};
use crate::support::{TestDatabase, servers};

/// Some states, of which each becomes each other one and nothing.
#[track_caller]
fn each_becomes_each(since: u32, states: &[&str]) {
    for server in servers().into_iter().filter(|one| one.major() >= since) {
        let database = TestDatabase::on(&server);
        let mut connection = database.connect();
        let nothing = read(&mut connection);
        let mut wanted: Vec<(Schema, String)> = Vec::new();
        for state in states {
            let fresh = TestDatabase::on(&server);
            let mut fresh = fresh.connect();
            run(&mut fresh, state);
            wanted.push((
                read(&mut fresh),
                answer(&mut fresh, include_str!("programs.sql")),
            ));
        }
        wanted.push((nothing, String::new()));
        let major = server.major();
        let mut present = wanted.len() - 1;
        let mut go = |to: usize| {
            let what = format!("from {present} to {to} on {major}");
            change(&mut connection, &wanted[present].0, &wanted[to].0, &what);
            let told = answer(&mut connection, include_str!("programs.sql"));
            assert_eq!(told, wanted[to].1, "{what}");
            present = to;
        };
        for first in 0..states.len() {
            for second in 0..first {
                for next in [first, second, first] {
                    go(next);
                }
            }
            go(first);
            go(states.len());
            go(first);
        }
    }
}

/// The statements from one state to another.
fn statements(from: &str, to: &str) -> Vec<String> {
    let made = |sql: &str| {
        let database = TestDatabase::new();
        let mut connection = database.connect();
        run(&mut connection, sql);
        read(&mut connection)
    };
    let (from, to) = (made(from), made(to));
    let operations = diff(&from, &to, &Renames::default());
    let naming = Naming::within(super::build::name("public"));
    let context = Context {
        from: &from,
        to: &to,
        naming: &naming,
    };
    let statements = render(&operations, &context);
    statements.into_iter().map(|one| one.sql).collect()
}

#[test]
fn views() {
    let base = "CREATE TABLE t (a int, b text); ";
    let states = [
        "CREATE VIEW v AS SELECT a FROM t; COMMENT ON VIEW v IS 'one'",
        "CREATE VIEW v AS SELECT a, b FROM t WHERE a > 1; COMMENT ON VIEW v IS 'one';
         COMMENT ON COLUMN v.a IS 'it''s a column'",
        "CREATE VIEW v WITH (security_barrier, check_option = local) AS SELECT b AS a, a AS b FROM t;
         COMMENT ON COLUMN v.a IS 'another';
         ALTER VIEW v ALTER COLUMN b SET DEFAULT 7",
        "CREATE VIEW v AS SELECT b AS a, a AS b FROM t WITH CASCADED CHECK OPTION;
         ALTER VIEW v ALTER COLUMN b SET DEFAULT 8",
        "CREATE RECURSIVE VIEW v (a) AS VALUES (1) UNION ALL SELECT a + 1 FROM v WHERE a < 9;
         CREATE VIEW \"V \"\"2\" AS SELECT a AS \"A b\" FROM v;
         CREATE VIEW w AS SELECT * FROM \"V \"\"2\", t",
        "CREATE VIEW \"V \"\"2\" AS VALUES (1, 'x'); CREATE VIEW v (x, y) AS SELECT * FROM \"V \"\"2\"",
        "CREATE VIEW v AS SELECT count(*) FROM t; CREATE TABLE w (a int)",
    ];
    let states: Vec<String> = states
        .iter()
        .map(|state| format!("{base}{state}"))
        .collect();
    each_becomes_each(13, &states.iter().map(String::as_str).collect::<Vec<_>>());
    each_becomes_each(
        15,
        &[
            "CREATE VIEW v AS SELECT 1 AS a",
            "CREATE VIEW v WITH (security_invoker = true) AS SELECT 1 AS a",
        ],
    );
}

#[test]
fn a_view_that_gains_columns_is_replaced_in_place() {
    let base = "CREATE TABLE t (a int, b text, c text); CREATE VIEW w AS SELECT 1 AS x;";
    assert_eq!(
        statements(
            &format!(
                "{base} CREATE VIEW v AS SELECT a FROM t; CREATE VIEW on_v AS SELECT a FROM v"
            ),
            &format!(
                "{base} CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW on_v AS SELECT a FROM v"
            ),
        ),
        ["CREATE OR REPLACE VIEW \"v\" AS\nSELECT t.a,\n    t.b\n   FROM t"]
    );
    assert_eq!(
        statements(
            "CREATE VIEW v AS SELECT 1 AS a",
            "CREATE VIEW v WITH (security_barrier) AS SELECT 1 AS a",
        ),
        ["ALTER VIEW \"v\" SET (security_barrier = true)"]
    );
}

#[test]
fn what_stands_on_a_column_steps_aside_while_its_type_changes() {
    let state = |ty: &str, extra: &str| {
        format!(
            "CREATE TABLE t (id {ty} PRIMARY KEY, a {ty}, b text, {extra} c int);
             CREATE TABLE log (id text);
             CREATE VIEW v AS SELECT id, a FROM t;
             COMMENT ON VIEW v IS 'kept'; COMMENT ON COLUMN v.a IS 'kept too';
             CREATE VIEW on_v AS SELECT a FROM v WHERE a IS NOT NULL;
             CREATE MATERIALIZED VIEW m AS SELECT t.id, on_v.a FROM on_v, t;
             CREATE UNIQUE INDEX m_i ON m (id, a); CREATE INDEX ON m (a) WHERE id IS NOT NULL;
             COMMENT ON INDEX m_i IS 'kept as well'; COMMENT ON MATERIALIZED VIEW m IS 'm';
             CREATE VIEW on_m AS SELECT a FROM m;
             CREATE VIEW aside AS SELECT b FROM t;
             CREATE RULE r AS ON UPDATE TO t WHERE new.a <> old.a DO INSERT INTO log VALUES (new.a::text);
             COMMENT ON RULE r ON t IS 'r';
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f();
             CREATE TRIGGER h AFTER UPDATE ON t FOR EACH ROW WHEN (old.a IS DISTINCT FROM new.a)
                EXECUTE FUNCTION f('x', 'it''s');
             COMMENT ON TRIGGER h ON t IS 'h';
             CREATE TRIGGER of_v INSTEAD OF INSERT ON on_v FOR EACH ROW EXECUTE FUNCTION f();
             CREATE RULE to_v AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE t.id = old.id;
             CREATE FUNCTION rows_of(t) RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
             CREATE FUNCTION of_row(row_of v) RETURNS text LANGUAGE sql AS 'SELECT $1.a::text';"
        )
    };
    each_becomes_each(
        13,
        &[
            &state("int", ""),
            &state("bigint", ""),
            &state("text", "more text,"),
            &format!("CREATE TYPE mood AS ENUM ('a', 'b'); {}", state("mood", "")),
            &format!("CREATE TYPE mood AS ENUM ('b', 'c'); {}", state("mood", "")),
        ],
    );
    let atomic = |ty: &str| {
        format!(
            "CREATE TABLE t (a {ty}, b int);
             CREATE FUNCTION f() RETURNS {ty} LANGUAGE sql BEGIN ATOMIC SELECT a FROM t; END;
             CREATE FUNCTION g(x int DEFAULT 1) RETURNS text LANGUAGE sql STABLE RETURN f()::text || x;
             COMMENT ON FUNCTION g IS 'kept';
             CREATE VIEW v AS SELECT g() AS g;
             CREATE TABLE u (x text DEFAULT g(2))"
        )
    };
    each_becomes_each(
        14,
        &[&atomic("int"), &atomic("text"), &atomic("numeric(9,2)")],
    );
}

#[test]
fn only_what_stands_on_a_column_steps_aside() {
    let state = |ty: &str| {
        format!(
            "CREATE TABLE t (a {ty}, b int); CREATE VIEW v AS SELECT a FROM t;
             CREATE VIEW w AS SELECT b FROM t; CREATE TABLE u (c int); CREATE VIEW x AS SELECT c FROM u"
        )
    };
    assert_eq!(
        statements(&state("int"), &state("bigint")),
        [
            "DROP VIEW \"v\"",
            "ALTER TABLE \"t\" ALTER COLUMN \"a\" TYPE bigint",
            "CREATE VIEW \"v\" AS\nSELECT t.a\n   FROM t",
        ]
    );
}

#[test]
fn a_view_changes_before_the_column_that_it_no_longer_shows() {
    let from = "CREATE TABLE t (a int, b int, c int); CREATE VIEW v AS SELECT a FROM t WHERE b > 1 AND c > 1";
    let to = "CREATE TABLE t (a int, b text); CREATE VIEW v AS SELECT a FROM t";
    assert_eq!(
        statements(from, to),
        [
            "CREATE OR REPLACE VIEW \"v\" AS\nSELECT t.a\n   FROM t",
            "ALTER TABLE \"t\"\n    ALTER COLUMN \"b\" TYPE text,\n    DROP COLUMN \"c\"",
        ]
    );
    each_becomes_each(13, &[from, to]);
}

#[test]
fn routines() {
    each_becomes_each(
        13,
        &[
            "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE STRICT LEAKPROOF SECURITY DEFINER
                PARALLEL SAFE COST 7.5 SET search_path = public, \"My \"\"S\" SET work_mem = '4MB'
                AS $$SELECT $1 -- $a$
                $$; COMMENT ON FUNCTION f IS 'f'",
            "CREATE FUNCTION f(a int DEFAULT 1, b text DEFAULT 'it''s') RETURNS int LANGUAGE plpgsql
                STABLE PARALLEL RESTRICTED SET search_path TO '' AS $$BEGIN RETURN a; END$$",
            "CREATE FUNCTION f(b int) RETURNS text LANGUAGE sql AS 'SELECT ''x'''",
            "CREATE FUNCTION f(int) RETURNS SETOF int LANGUAGE sql ROWS 5 AS 'SELECT 1'",
            "CREATE FUNCTION f(a int, OUT b int, INOUT c text, VARIADIC d int[]) LANGUAGE sql
                AS 'SELECT 1, ''x'''",
            "CREATE FUNCTION f(a int) RETURNS TABLE (\"B b\" int, c text) LANGUAGE sql AS 'SELECT 1, ''x'''",
            "CREATE PROCEDURE f(a int, INOUT b int DEFAULT 2) LANGUAGE sql AS 'SELECT 1';
             COMMENT ON PROCEDURE f IS 'p'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 2';
             CREATE FUNCTION f(text[], int) RETURNS int LANGUAGE sql AS 'SELECT 3';
             CREATE FUNCTION \"F \"\"x\"(\"a b\" int) RETURNS record LANGUAGE internal IMMUTABLE AS 'int4abs'",
            "CREATE FUNCTION f(int) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number'",
            "CREATE FUNCTION f(a anyelement) RETURNS anyarray LANGUAGE sql AS 'SELECT ARRAY[$1]'",
        ],
    );
    each_becomes_each(
        14,
        &[
            "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS int RETURN 1",
            "CREATE TABLE t (a int, b int);
             CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT a + b FROM t; END;
             CREATE PROCEDURE p(OUT x int) BEGIN ATOMIC INSERT INTO t VALUES (1, 2); SELECT 1; END",
        ],
    );
}

#[test]
fn what_calls_a_routine_that_is_made_anew_steps_aside() {
    let state = |result: &str| {
        format!(
            "CREATE FUNCTION f(a int) RETURNS {result} LANGUAGE sql IMMUTABLE AS 'SELECT 7::{result}';
             CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TABLE t (a int CONSTRAINT c CHECK (f(a) IS NOT NULL), b text DEFAULT f(1)::text,
                d text DEFAULT 'x', e int, g bigint GENERATED ALWAYS AS (f(e) + 1) STORED);
             COMMENT ON CONSTRAINT c ON t IS 'kept'; COMMENT ON COLUMN t.g IS 'kept, too';
             CREATE INDEX i ON t (f(a)); CREATE INDEX j ON t (g);
             CREATE VIEW v AS SELECT f(a) AS x FROM t; CREATE VIEW w AS SELECT x FROM v;
             CREATE VIEW over_g AS SELECT g FROM t;
             CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN (f(new.a) > 0) EXECUTE FUNCTION g();"
        )
    };
    each_becomes_each(13, &[&state("int"), &state("bigint"), &state("smallint")]);
    let (before, after) = (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a int DEFAULT f())",
        "CREATE FUNCTION f() RETURNS smallint LANGUAGE sql AS 'SELECT 1::smallint'; CREATE TABLE t (a int DEFAULT f())",
    );
    assert_eq!(
        statements(before, after),
        [
            "ALTER TABLE \"t\" ALTER COLUMN \"a\" DROP DEFAULT",
            "DROP FUNCTION \"f\"()",
            "CREATE FUNCTION \"f\"()\nRETURNS smallint\nLANGUAGE sql\nAS $$SELECT 1::smallint$$",
            "ALTER TABLE \"t\" ALTER COLUMN \"a\" SET DEFAULT f()",
        ]
    );
}

#[test]
fn bodies_find_what_they_speak_of() {
    let some = "CREATE TABLE u (x int);
        CREATE FUNCTION a() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM v';
        CREATE VIEW v AS SELECT z() AS z, x FROM u;
        CREATE FUNCTION b() RETURNS u LANGUAGE sql AS 'SELECT x FROM u';
        CREATE TABLE t (a bigint DEFAULT a(), b int CHECK (y(b) > 0))";
    let some = format!(
        "CREATE FUNCTION z() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION y(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + z()';
         SET check_function_bodies = off; {some}"
    );
    each_becomes_each(13, &[&some]);
    let shown = statements("", &some);
    assert!(
        !shown
            .iter()
            .any(|sql| sql.contains("check_function_bodies")),
        "{shown:#?}"
    );

    let mutual = "SET check_function_bodies = off;
        CREATE FUNCTION even(n int) RETURNS boolean LANGUAGE sql AS 'SELECT n = 0 OR odd(n - 1)';
        CREATE FUNCTION odd(n int) RETURNS boolean LANGUAGE sql AS 'SELECT n <> 0 AND even(n - 1)';";
    each_becomes_each(13, &[mutual]);
    let shown = statements("", mutual);
    assert_eq!(shown.len(), 4, "{shown:#?}");
    assert_eq!(shown[0], "SET check_function_bodies = off");
    assert_eq!(shown[2], "RESET check_function_bodies");
}

#[test]
fn a_table_is_made_in_one_piece_behind_the_functions_that_it_calls() {
    let made = statements(
        "",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE a (x int); CREATE TABLE t (id int DEFAULT f(), b int CHECK (b > f()));
         CREATE FUNCTION of_t() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'",
    );
    let heads: Vec<&str> = made
        .iter()
        .filter_map(|sql| sql.split(['(', '\n']).next())
        .collect();
    assert_eq!(
        heads,
        [
            "CREATE FUNCTION \"f\"",
            "CREATE TABLE \"a\" ",
            "CREATE TABLE \"t\" ",
            "CREATE FUNCTION \"of_t\"",
        ]
    );
}

#[test]
fn triggers() {
    let base = "CREATE TABLE t (a int, \"B b\" text); CREATE TABLE u (a int); CREATE VIEW v AS SELECT a FROM t;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';";
    let states = [
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
         ALTER TABLE t DISABLE TRIGGER x; COMMENT ON TRIGGER x ON t IS 'x'",
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
         ALTER TABLE t ENABLE ALWAYS TRIGGER x; COMMENT ON TRIGGER x ON t IS 'it''s x'",
        "CREATE TRIGGER x AFTER INSERT OR UPDATE OF a, \"B b\" OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION g('a', '', 'it''s \\');
         ALTER TABLE t ENABLE REPLICA TRIGGER x",
        "CREATE TRIGGER x AFTER TRUNCATE ON t EXECUTE FUNCTION g();
         CREATE TRIGGER y AFTER UPDATE ON t REFERENCING OLD TABLE AS \"old t\" NEW TABLE AS new_t
            FOR EACH STATEMENT EXECUTE FUNCTION g();
         CREATE TRIGGER z INSTEAD OF INSERT OR UPDATE ON v FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t FROM u DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (new.a > 1 AND new.\"B b\" <> ') EXECUTE') EXECUTE FUNCTION g()",
        "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION g();
         CREATE TRIGGER x BEFORE INSERT ON u FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION f()",
    ];
    let states: Vec<String> = states
        .iter()
        .map(|state| format!("{base}{state}"))
        .collect();
    each_becomes_each(13, &states.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn triggers_and_rules_go_with_their_table() {
    let from = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE t (a int); CREATE TRIGGER x BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f();
        COMMENT ON TRIGGER x ON t IS 'x'; CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;
        CREATE VIEW v AS SELECT 1 AS a; COMMENT ON COLUMN v.a IS 'a';
        CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX ON m (a)";
    let mut dropped = statements(from, "");
    dropped.sort();
    assert_eq!(
        dropped,
        [
            "DROP FUNCTION \"f\"()",
            "DROP MATERIALIZED VIEW \"m\"",
            "DROP TABLE \"t\"",
            "DROP VIEW \"v\"",
        ]
    );
}

#[test]
fn materialized_views() {
    let base = "CREATE TABLE t (a int, b text); ";
    let states = [
        "CREATE MATERIALIZED VIEW m AS SELECT a FROM t",
        "CREATE MATERIALIZED VIEW m WITH (fillfactor = 70, autovacuum_enabled = false) AS SELECT a FROM t WITH NO DATA;
         CREATE INDEX i ON m (a)",
        "CREATE MATERIALIZED VIEW m WITH (fillfactor = 80, toast.autovacuum_enabled = false) AS SELECT a, b FROM t;
         CREATE INDEX i ON m (b DESC NULLS LAST) INCLUDE (a); CREATE UNIQUE INDEX j ON m ((a + 1), b);
         COMMENT ON COLUMN m.b IS 'b'; COMMENT ON INDEX j IS 'j'",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW n AS SELECT * FROM m;
         CREATE VIEW o AS SELECT a FROM n",
        "CREATE VIEW m AS SELECT 1 AS a; CREATE VIEW n AS SELECT 1 AS a; CREATE MATERIALIZED VIEW o AS SELECT a FROM n",
    ];
    let states: Vec<String> = states
        .iter()
        .map(|state| format!("{base}{state}"))
        .collect();
    each_becomes_each(13, &states.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn whether_a_materialized_view_holds_rows_is_no_difference_and_is_kept() {
    let with = "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT a FROM t";
    let without = format!("{with} WITH NO DATA");
    assert!(statements(with, &without).is_empty());
    let retyped = without.replace("a int", "a bigint");
    let shown = statements(with, &retyped);
    assert!(
        !shown.iter().any(|sql| sql.contains("NO DATA")),
        "{shown:#?}"
    );
    let shown = statements("", &without);
    assert!(
        shown.iter().any(|sql| sql.contains("WITH NO DATA")),
        "{shown:#?}"
    );
}

#[test]
fn rules() {
    let base = "CREATE TABLE t (a int, \"do\" text); CREATE TABLE u (a int, b text); CREATE VIEW v AS SELECT * FROM t;";
    let states = [
        "CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (new.a, new.\"do\")",
        "CREATE RULE r AS ON INSERT TO v WHERE new.a > 1 DO INSTEAD NOTHING;
         CREATE RULE s AS ON INSERT TO v DO INSTEAD NOTHING; COMMENT ON RULE r ON v IS 'r'",
        "CREATE RULE r AS ON DELETE TO t DO (INSERT INTO u VALUES (old.a, ' DO '); NOTIFY n);
         ALTER TABLE t DISABLE RULE r",
        "CREATE RULE r AS ON UPDATE TO t WHERE new.\"do\" IS DISTINCT FROM old.\"do\"
            DO ALSO UPDATE u SET b = new.\"do\" WHERE u.a = new.a;
         ALTER TABLE t ENABLE ALWAYS RULE r",
    ];
    let states: Vec<String> = states
        .iter()
        .map(|state| format!("{base}{state}"))
        .collect();
    each_becomes_each(13, &states.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn aggregates() {
    let base = "CREATE FUNCTION add(a numeric, b int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(a, 0) + b';
        CREATE FUNCTION sub(a numeric, b int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT a - b';
        CREATE FUNCTION plus(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
        CREATE FUNCTION done(a numeric) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a::text';
        CREATE FUNCTION done_extra(a numeric, b int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a::text';";
    let states = [
        "CREATE AGGREGATE total(int) (SFUNC = add, STYPE = numeric); COMMENT ON AGGREGATE total(int) IS 'total'",
        "CREATE AGGREGATE total(x int) (SFUNC = add, STYPE = numeric, SSPACE = 64, INITCOND = '0', COMBINEFUNC = plus,
            PARALLEL = SAFE); CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) AS x",
        "CREATE AGGREGATE total(int) (SFUNC = add, STYPE = numeric, FINALFUNC = done_extra, FINALFUNC_EXTRA,
            FINALFUNC_MODIFY = READ_WRITE, MSFUNC = add, MSTYPE = numeric, MINVFUNC = sub, MFINALFUNC = done, MINITCOND = '1')",
        "CREATE AGGREGATE total(x int) (SFUNC = add, STYPE = numeric);
         CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) AS x",
        "CREATE AGGREGATE least_of(int) (SFUNC = int4smaller, STYPE = int, SORTOP = <);
         CREATE AGGREGATE many(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0'); COMMENT ON AGGREGATE many(*) IS '*';
         CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE AGGREGATE own_percentile(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
            FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
         COMMENT ON AGGREGATE own_percentile(float8 ORDER BY anyelement) IS 'p';
         CREATE AGGREGATE own_rank(VARIADIC \"any\" ORDER BY VARIADIC \"any\") (SFUNC = ordered_set_transition_multi,
            STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL)",
    ];
    let states: Vec<String> = states
        .iter()
        .map(|state| format!("{base}{state}"))
        .collect();
    each_becomes_each(13, &states.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn event_triggers() {
    let base = "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''it fired''; END';
        CREATE FUNCTION g() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';";
    let state = |more: &str, body: &str| format!("{base} CREATE TABLE t ({more}); {body}");
    // What fires would refuse every change: it comes last and goes first.
    each_becomes_each(
        13,
        &[
            &state("a int", ""),
            &state(
                "a int, b text",
                "CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'DROP TABLE') EXECUTE FUNCTION f()",
            ),
            &state(
                "b text, c int",
                "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION g();
                COMMENT ON EVENT TRIGGER e IS 'e'; ALTER EVENT TRIGGER e DISABLE",
            ),
            &state(
                "b text",
                "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION g();
                COMMENT ON EVENT TRIGGER e IS 'e'; ALTER EVENT TRIGGER e ENABLE ALWAYS",
            ),
        ],
    );
}

#[test]
fn types_and_programs_come_and_go_in_order() {
    each_becomes_each(
        13,
        &[
            "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (a e, b e DEFAULT 'a');
             CREATE FUNCTION f(x e, y e[] DEFAULT '{a}') RETURNS e LANGUAGE sql AS 'SELECT x';
             CREATE VIEW v AS SELECT a, f(b) AS f FROM t WHERE a = 'b'",
            "CREATE TYPE e AS ENUM ('b', 'a', 'c'); CREATE TABLE t (a e, b e DEFAULT 'a');
             CREATE FUNCTION f(x e, y e[] DEFAULT '{a}') RETURNS e LANGUAGE sql AS 'SELECT x';
             CREATE VIEW v AS SELECT a, f(b) AS f FROM t WHERE a = 'b'",
            "CREATE TABLE t (a text, b text); CREATE VIEW v AS SELECT a, b AS f FROM t WHERE a = 'b'",
            "CREATE TABLE t (a int, b int, c int GENERATED ALWAYS AS (a + b) STORED); CREATE VIEW v AS SELECT c FROM t",
            "CREATE TABLE t (a int, b int, c int GENERATED ALWAYS AS (a - b) STORED); CREATE VIEW v AS SELECT c FROM t",
            "CREATE TABLE t (a int PRIMARY KEY, b int); CREATE VIEW v AS SELECT a, b FROM t GROUP BY a",
            "CREATE TABLE t (a int, b int, CONSTRAINT t_pkey PRIMARY KEY (a, b)); CREATE VIEW v AS SELECT a, b FROM t GROUP BY a, b",
        ],
    );
}

#[test]
fn what_postgres_prints_is_what_it_reads_again() {
    each_becomes_each(
        13,
        &[
            "CREATE TABLE t (a varchar(9) CHECK (a IN ('x', 'y')), b int);
             CREATE VIEW v AS SELECT a FROM t WHERE a IN ('x', 'it''s') AND b IN (1, 2);
             CREATE INDEX i ON t (b) WHERE a NOT IN ('x', 'y')",
            "CREATE TABLE t (a varchar(9) CHECK (a IN ('x', 'z')), b int);
             CREATE VIEW v AS SELECT a FROM t WHERE CASE WHEN a IN ('x', 'y') THEN true END;
             CREATE INDEX i ON t (b) WHERE a NOT IN ('z', 'y')",
        ],
    );
}

#[test]
fn what_reads_the_same_and_means_another_overload_is_made_anew() {
    let state = |ty: &str| {
        format!(
            "CREATE FUNCTION f(s int, k {ty} DEFAULT '1') RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
             CREATE TABLE t (a int DEFAULT f(1), b int CHECK (f(b) > 0)); CREATE INDEX i ON t (f(b));
             CREATE VIEW v AS SELECT f(a) AS f FROM t"
        )
    };
    each_becomes_each(13, &[&state("int"), &state("text")]);
}
