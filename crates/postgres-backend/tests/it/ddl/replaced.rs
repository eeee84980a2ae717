//! Functions and classes that are made anew, under what can neither let them go nor be altered: the rows
//! stay, and what is over them comes back.

use super::types::{Pair, check};

#[test]
fn a_wrapper_lets_go_of_its_validator() {
    let over = |parameter: &str| {
        format!(
            "CREATE FUNCTION valid({parameter} text[], kind oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
             CREATE FOREIGN DATA WRAPPER w VALIDATOR valid OPTIONS (a '1');
             CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (b '2');
             CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'x');
             CREATE FOREIGN TABLE f (a integer OPTIONS (c '3')) SERVER s;
             COMMENT ON FOREIGN DATA WRAPPER w IS 'kept'; CREATE VIEW v AS SELECT a FROM f"
        )
    };
    check(Pair {
        before: &over("options"),
        after: &over("given"),
        says: &[
            "ALTER FOREIGN DATA WRAPPER \"w\" NO VALIDATOR",
            "ALTER FOREIGN DATA WRAPPER \"w\" VALIDATOR \"valid\"",
        ],
        says_not: &["SERVER", "FOREIGN TABLE", "VIEW", "COMMENT"],
        ..Pair::default()
    });
}

#[test]
fn a_wrapper_may_change_otherwise_while_its_validator_is_made_anew() {
    let over = |parameter: &str, option: &str| {
        format!(
            "CREATE FUNCTION valid({parameter} text[], kind oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
             CREATE FOREIGN DATA WRAPPER w VALIDATOR valid OPTIONS ({option} '1');
             CREATE FOREIGN DATA WRAPPER x {};",
            if option == "a" { "VALIDATOR valid" } else { "" }
        )
    };
    check(Pair {
        before: &over("options", "a"),
        after: &over("given", "b"),
        ..Pair::default()
    });
}

#[test]
fn what_text_is_searched_by_is_made_anew_with_its_functions() {
    let over = |name: &str| {
        format!(
            "CREATE FUNCTION p_start({name} internal, n int) RETURNS internal LANGUAGE internal AS 'prsd_start';
             CREATE FUNCTION t_init({name} internal) RETURNS internal LANGUAGE internal AS 'dsimple_init';
             CREATE TEXT SEARCH PARSER p (START = p_start, GETTOKEN = prsd_nexttoken, END = prsd_end,
                 LEXTYPES = prsd_lextype);
             CREATE TEXT SEARCH TEMPLATE t (INIT = t_init, LEXIZE = dsimple_lexize);
             CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = t, accept = true);
             CREATE TEXT SEARCH CONFIGURATION c (PARSER = p);
             ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword WITH d;
             CREATE TEXT SEARCH CONFIGURATION e (PARSER = \"default\");
             ALTER TEXT SEARCH CONFIGURATION e ADD MAPPING FOR asciiword WITH d, simple;
             COMMENT ON TEXT SEARCH PARSER p IS 'p'; COMMENT ON TEXT SEARCH TEMPLATE t IS 't';
             COMMENT ON TEXT SEARCH CONFIGURATION e IS 'e';
             CREATE TABLE docs (body text, words tsvector DEFAULT to_tsvector('c', 'none'),
                 found tsvector GENERATED ALWAYS AS (to_tsvector('e', body)) STORED);
             CREATE INDEX docs_words ON docs USING gin (to_tsvector('c', body));
             CREATE VIEW v AS SELECT to_tsvector('e', body) AS words FROM docs"
        )
    };
    check(Pair {
        before: &over("x"),
        after: &over("y"),
        rows: "INSERT INTO docs (body) VALUES ('Words of Ours')",
        kept: Some((
            "SELECT body || words || found AS text FROM docs",
            "Words of Ours'none':1'of':2 'ours':3 'words':1",
        )),
        says: &[
            "DROP TEXT SEARCH PARSER \"p\"",
            "DROP TEXT SEARCH TEMPLATE \"t\"",
        ],
        ..Pair::default()
    });
}

const SPANS: &str = "CREATE TABLE t (
        id integer PRIMARY KEY,
        s span NOT NULL DEFAULT '[1,2)',
        many span[],
        wrapped wrapped_span,
        e exact_span DEFAULT '[3,4)',
        begins float8 GENERATED ALWAYS AS (lower(s)) STORED,
        n float8 DEFAULT upper('[1,7)'::span),
        UNIQUE (s),
        CONSTRAINT c CHECK (NOT isempty(s)),
        EXCLUDE USING gist (e WITH &&));
    CREATE TABLE u (s span REFERENCES t (s));
    CREATE TABLE heir (x integer) INHERITS (u);
    CREATE INDEX t_s ON t USING gist (s);
    CREATE STATISTICS st ON id, s FROM t;
    CREATE VIEW v AS SELECT s, lower(e) AS e FROM t WHERE s <> 'empty';
    CREATE FUNCTION begin_of(x span) RETURNS float8 LANGUAGE sql AS 'SELECT lower(x)';
    GRANT SELECT (s) ON t TO pg_monitor;
    ALTER TABLE t ALTER COLUMN s SET STATISTICS 7, ALTER COLUMN s SET STORAGE EXTERNAL;
    COMMENT ON COLUMN t.s IS 'kept'; COMMENT ON TYPE span IS 'kept, too'; COMMENT ON INDEX t_s IS 'kept as well'";

const SPAN_ROWS: &str = "INSERT INTO t (id, s, many, wrapped, e)
    VALUES (1, '[0.1,0.30000000000000004]', '{\"[1,2]\",NULL}', '(\"[5,6)\",\"a,b\")', '(,1e300]'),
        (2, 'empty', NULL, NULL, '(2e300,3e300]'); INSERT INTO u VALUES ('empty')";

#[test]
fn a_range_whose_difference_is_made_anew_keeps_its_rows() {
    let over = |name: &str| {
        format!(
            "CREATE FUNCTION apart({name} float8, y float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT
                 AS 'SELECT $1 - $2';
             CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = apart);
             CREATE TYPE wrapped_span AS (s span, label text);
             CREATE DOMAIN exact_span AS span CHECK (NOT isempty(VALUE));
             {}",
            SPANS.replace("CONSTRAINT c CHECK (NOT isempty(s))", "CONSTRAINT c CHECK (s <> '[8,9)')")
        )
    };
    check(Pair {
        before: &over("x"),
        after: &over("z"),
        rows: SPAN_ROWS,
        kept: Some((
            "SELECT string_agg(concat_ws(' ', id, s, many, wrapped, e, begins, n), '|' ORDER BY id)
                 || (SELECT s FROM u) AS text FROM t",
            "1 [0.1,0.30000000000000004] {\"[1,2]\",NULL} (\"[5,6)\",\"a,b\") (,1e+300] 0.1 7|\
             2 empty (2e+300,3e+300] 7empty",
        )),
        says_not: &[
            "CASCADE",
            "DROP TABLE",
            "DROP COLUMN \"s\"",
            "DROP COLUMN \"e\"",
            "COMMENT ON COLUMN",
        ],
        ..Pair::default()
    });
}

#[test]
fn multiranges_stay_with_their_range() {
    let over = |name: &str| {
        format!(
            "CREATE FUNCTION apart({name} float8, y float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT
                 AS 'SELECT $1 - $2';
             CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = apart, multirange_type_name = spans);
             CREATE DOMAIN several AS spans;
             CREATE TABLE t (a spans DEFAULT '{{[1,2)}}', b several, c spans[])"
        )
    };
    check(Pair {
        since: 14,
        before: &over("x"),
        after: &over("z"),
        rows: "INSERT INTO t VALUES (DEFAULT, '{[1,2),[5,6)}', ARRAY['{[1,2)}'::spans])",
        kept: Some((
            "SELECT concat_ws(' ', a, b, c) AS text FROM t",
            "{[1,2)} {[1,2),[5,6)} {\"{[1,2)}\"}",
        )),
        ..Pair::default()
    });
}

#[test]
fn a_range_over_a_class_that_is_made_anew_keeps_its_rows() {
    let over = |name: &str, family: &str, subtype: &str| {
        format!(
            "CREATE FUNCTION compare({name} integer, y integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
                 AS 'SELECT btint4cmp($1, $2)';
             CREATE OPERATOR FAMILY others USING btree;
             CREATE OPERATOR CLASS c FOR TYPE integer USING btree {family} AS
                 OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
                 FUNCTION 1 compare(integer, integer);
             CREATE TYPE r AS RANGE (subtype = {subtype});
             CREATE TABLE t (r r, PRIMARY KEY (r)); CREATE TABLE n (n integer); CREATE INDEX n_n ON n (n c)"
        )
    };
    let by_class = "integer, subtype_opclass = c";
    let before = over("x", "", by_class);
    for after in [
        over("z", "", by_class),
        over("x", "FAMILY others", by_class),
        over("z", "FAMILY others", "integer"),
    ] {
        check(Pair {
            before: &before,
            after: &after,
            rows: "INSERT INTO t VALUES ('[1,5)')",
            kept: Some(("SELECT r::text AS text FROM t", "[1,5)")),
            says_not: &["CASCADE", "DROP TABLE", "DROP COLUMN"],
            ..Pair::default()
        });
    }
}

#[test]
fn the_default_of_a_domain_steps_aside() {
    let over = |name: &str| {
        format!(
            "CREATE FUNCTION f({name} integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
             CREATE DOMAIN d AS integer DEFAULT f(1) NOT NULL CHECK (VALUE > f(-5));
             CREATE DOMAIN e AS d DEFAULT f(2);
             CREATE TABLE t (a d, b e DEFAULT f(3))"
        )
    };
    check(Pair {
        before: &over("x"),
        after: &over("y"),
        rows: "INSERT INTO t VALUES (DEFAULT, DEFAULT)",
        kept: Some(("SELECT concat_ws(' ', a, b) AS text FROM t", "2 4")),
        says: &[
            "ALTER DOMAIN \"d\" DROP DEFAULT",
            "ALTER DOMAIN \"d\" SET DEFAULT f(1)",
        ],
        says_not: &["DROP DOMAIN", "TYPE"],
        ..Pair::default()
    });
}

#[test]
fn a_foreign_heir_is_let_go_while_its_parent_casts_its_rows() {
    let base = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;";
    let state = |ty: &str| {
        format!(
            "{base}
             CREATE TABLE t (id integer, a {ty}) PARTITION BY LIST (id);
             CREATE TABLE mid PARTITION OF t FOR VALUES IN (2, 3) PARTITION BY LIST (id);
             CREATE TABLE here PARTITION OF mid FOR VALUES IN (2);
             CREATE FOREIGN TABLE there PARTITION OF mid FOR VALUES IN (3) SERVER s OPTIONS (x '1');
             CREATE TABLE p (a {ty} CHECK (a IS NOT NULL), b integer);
             CREATE FOREIGN TABLE h (c integer) INHERITS (p) SERVER s;
             CREATE VIEW v AS SELECT a FROM t"
        )
    };
    let (text, number) = (state("text"), state("integer"));
    check(Pair {
        before: &text,
        after: &number,
        rows: "INSERT INTO t VALUES (2, '7')",
        kept: Some(("SELECT a::text AS text FROM here", "7")),
        says: &["DETACH PARTITION \"there\"", "USING"],
        says_not: &[
            "DETACH PARTITION \"here\"",
            "DETACH PARTITION \"mid\"",
            "DROP TABLE",
            "DROP FOREIGN",
        ],
        ..Pair::default()
    });
    check(Pair {
        before: &state("varchar(7)"),
        after: &state("varchar(9)"),
        says_not: &["ATTACH", "INHERIT"],
        ..Pair::default()
    });
}

#[test]
fn a_table_goes_with_the_function_of_its_partition_key() {
    let over = |name: &str| {
        format!(
            "CREATE FUNCTION part({name} integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2';
             CREATE TABLE t (a integer) PARTITION BY LIST (part(a));
             CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1)"
        )
    };
    check(Pair {
        before: &over("x"),
        after: &over("y"),
        says: &["DROP TABLE \"t\""],
        ..Pair::default()
    });
}

#[test]
fn a_table_goes_with_the_type_of_its_partition_key() {
    let over = |name: &str| {
        format!(
            "CREATE FUNCTION apart({name} float8, y float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT
                 AS 'SELECT $1 - $2';
             CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = apart);
             CREATE TABLE t (s span) PARTITION BY LIST (s);
             CREATE TABLE t_1 PARTITION OF t FOR VALUES IN ('[1,2)')"
        )
    };
    check(Pair {
        before: &over("x"),
        after: &over("z"),
        says: &["DROP TABLE \"t\""],
        ..Pair::default()
    });
}
