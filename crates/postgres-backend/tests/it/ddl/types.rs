//! Types, extensions, statistics and what is said of tables and columns beside their definitions: each
//! from one schema to another and back, with rows that stay.

use diesel::PgConnection;
use limbeck_core::Schema;
use limbeck_core::schema::diff::{Renames, diff, diff_back};
use limbeck_core::schema::operation::Operation;
use limbeck_postgres::{Context, Naming, render, script};

use super::build::name;
use super::law::read;
use super::{answer, run};
use crate::support::{TestDatabase, servers};

/// Two schemas, each of which becomes the other.
#[derive(Clone, Copy, Default)]
pub(super) struct Pair<'a> {
    /// The first major that knows all of it.
    pub(super) since: u32,
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    /// Rows to put into the first.
    pub(super) rows: &'a str,
    /// A query of one text, and what it yields in both of them.
    pub(super) kept: Option<(&'a str, &'a str)>,
    /// What the script of the way there must say.
    pub(super) says: &'a [&'a str],
    /// What it must not say.
    pub(super) says_not: &'a [&'a str],
    pub(super) hints: &'a [(&'a str, &'a str)],
    /// Why Postgres knows no way back.
    pub(super) no_way_back: Option<&'a str>,
}

#[track_caller]
fn change(
    connection: &mut PgConnection,
    from: &Schema,
    to: &Schema,
    operations: &[Operation],
    what: &str,
) -> String {
    let naming = Naming::within(name("public"));
    assert_ne!(operations, [], "{what}: nothing differs");
    let context = Context {
        from,
        to,
        naming: &naming,
    };
    let sql = script(&render(operations, &context), &[], what);
    run(connection, &sql);
    let now = read(connection);
    for id in now.objects.keys().chain(to.objects.keys()) {
        assert_eq!(now.get(id), to.get(id), "{what}: {id}\n{sql}");
    }
    assert_eq!(diff(&now, to, &Renames::default()), [], "{what}");
    sql
}

/// Gives both, as each server has them.
#[track_caller]
pub(super) fn check(pair: Pair<'_>) -> Vec<(Schema, Schema)> {
    let Pair {
        since,
        before,
        after,
        rows,
        kept,
        says,
        says_not,
        hints,
        no_way_back,
    } = pair;
    let id = |text: &str| text.parse().expect("an identity");
    let renames = Renames {
        by_new: hints.iter().map(|(new, old)| (id(new), id(old))).collect(),
    };
    let mut seen = Vec::new();
    let servers = servers();
    for server in servers.iter().filter(|server| server.major() >= since) {
        let major = server.major();
        let (one, other) = (TestDatabase::on(server), TestDatabase::on(server));
        let (mut connection, mut fresh) = (one.connect(), other.connect());
        run(&mut connection, before);
        run(&mut fresh, after);
        let (present, wanted) = (read(&mut connection), read(&mut fresh));
        assert_eq!(diff(&present, &present, &renames), []);
        run(&mut connection, rows);
        let up = format!("up on {major}");
        let there = diff(&present, &wanted, &renames);
        let sql = change(&mut connection, &present, &wanted, &there, &up);
        for said in says {
            assert!(sql.contains(said), "`{said}` is missing in\n{sql}");
        }
        for said in says_not {
            assert!(!sql.contains(said), "`{said}` is in\n{sql}");
        }
        if let Some((query, expected)) = kept {
            assert_eq!(answer(&mut connection, query), expected, "{sql}");
        }
        if no_way_back.is_none() {
            let down = format!("down on {major}");
            let back = diff_back(&present, &wanted, &renames);
            let sql = change(&mut connection, &wanted, &present, &back, &down);
            if let Some((query, expected)) = kept {
                assert_eq!(answer(&mut connection, query), expected, "{sql}");
            }
        }
        if format!("{before}{after}").contains("CREATE SUBSCRIPTION") {
            run(&mut connection, UNSUBSCRIBE);
            run(&mut fresh, UNSUBSCRIBE);
        }
        seen.push((present, wanted));
    }
    seen
}

/// No database is dropped while it subscribes to something.
const UNSUBSCRIBE: &str = "DO $$
    DECLARE
        subscription name;
    BEGIN
        FOR subscription IN
            SELECT subname FROM pg_subscription
            WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        LOOP
            EXECUTE format('DROP SUBSCRIPTION %I', subscription);
        END LOOP;
    END $$";

#[test]
fn extensions_come_before_what_uses_them() {
    check(Pair {
        after: "CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION pg_trgm;
                CREATE TABLE t (a ext.hstore DEFAULT ''::ext.hstore, b text);
                CREATE INDEX t_b_idx ON t USING gin (b gin_trgm_ops)",
        says: &["CREATE EXTENSION \"hstore\" SCHEMA \"ext\" VERSION "],
        ..Pair::default()
    });
}

#[test]
fn an_extension_moves_to_another_version_and_schema() {
    check(Pair {
        before: "CREATE SCHEMA ext; CREATE EXTENSION pg_trgm VERSION '1.3'; CREATE EXTENSION hstore;",
        after: "CREATE SCHEMA ext; CREATE EXTENSION pg_trgm VERSION '1.4'; CREATE EXTENSION hstore SCHEMA ext;
                COMMENT ON EXTENSION hstore IS 'keys and values of ours'",
        says: &[
            "ALTER EXTENSION \"pg_trgm\" UPDATE TO '1.4'",
            "ALTER EXTENSION \"hstore\" SET SCHEMA \"ext\"",
            "COMMENT ON EXTENSION \"hstore\" IS",
        ],
        no_way_back: Some("no extension here has a script to an older version"),
        ..Pair::default()
    });
}

#[test]
fn an_extension_that_cannot_be_moved_is_made_again() {
    check(Pair {
        before: "CREATE SCHEMA ext; CREATE EXTENSION xml2",
        after: "CREATE SCHEMA ext; CREATE EXTENSION xml2 SCHEMA ext",
        says: &[
            "DROP EXTENSION \"xml2\"",
            "CREATE EXTENSION \"xml2\" SCHEMA \"ext\"",
        ],
        ..Pair::default()
    });
}

#[test]
fn a_domain_is_written_in_one_statement() {
    check(Pair {
        after: "CREATE DOMAIN positive AS integer DEFAULT 1 NOT NULL
                    CONSTRAINT above CHECK (VALUE > 0) CONSTRAINT below CHECK (VALUE < 100);
                CREATE DOMAIN word AS text COLLATE \"C\";
                CREATE DOMAIN later AS word;
                COMMENT ON DOMAIN positive IS 'more than nothing';
                COMMENT ON CONSTRAINT above ON DOMAIN positive IS 'it is';
                CREATE TABLE t (a positive, b word, c later[])",
        says: &[
            "CREATE DOMAIN \"positive\" AS integer\n    DEFAULT 1\n    NOT NULL\n    \
             CONSTRAINT \"above\" CHECK (VALUE > 0)",
            "COMMENT ON CONSTRAINT \"above\" ON DOMAIN \"positive\" IS 'it is'",
        ],
        says_not: &["ALTER DOMAIN"],
        ..Pair::default()
    });
}

#[test]
fn a_domain_is_altered_in_place() {
    check(Pair {
        before: "CREATE DOMAIN d AS integer DEFAULT 1 CONSTRAINT a CHECK (VALUE > 0)
                     CONSTRAINT gone CHECK (VALUE < 9);
                 ALTER DOMAIN d ADD CONSTRAINT late CHECK (VALUE <> 5) NOT VALID;
                 CREATE TABLE t (v d)",
        after: "CREATE DOMAIN d AS integer DEFAULT 2 NOT NULL CONSTRAINT a CHECK (VALUE > -1)
                    CONSTRAINT late CHECK (VALUE <> 5);
                ALTER DOMAIN d ADD CONSTRAINT more CHECK (VALUE < 99) NOT VALID;
                CREATE TABLE t (v d)",
        rows: "INSERT INTO t VALUES (3), (4)",
        kept: Some(("SELECT sum(v)::text AS text FROM t", "7")),
        says: &[
            "ALTER DOMAIN \"d\" SET DEFAULT 2",
            "ALTER DOMAIN \"d\" SET NOT NULL",
            "VALIDATE CONSTRAINT \"late\"",
            "NOT VALID",
        ],
        says_not: &["ALTER TABLE"],
        ..Pair::default()
    });
}

#[test]
fn a_domain_over_another_type_keeps_the_rows_of_its_columns() {
    check(Pair {
        before: "CREATE DOMAIN d AS integer DEFAULT 7 CONSTRAINT c CHECK (VALUE > 0);
                 CREATE DOMAIN e AS d;
                 COMMENT ON DOMAIN d IS 'one'; COMMENT ON CONSTRAINT c ON DOMAIN d IS 'two';
                 CREATE TABLE t (id bigint PRIMARY KEY, v d DEFAULT 3, w e, l d[], UNIQUE (v));
                 CREATE TABLE u (r d REFERENCES t (v));
                 CREATE INDEX t_w_idx ON t (w) WHERE w > 1;",
        after: "CREATE DOMAIN d AS text DEFAULT '7' CONSTRAINT c CHECK (VALUE <> '');
                CREATE DOMAIN e AS d;
                COMMENT ON DOMAIN d IS 'one'; COMMENT ON CONSTRAINT c ON DOMAIN d IS 'two';
                CREATE TABLE t (id bigint PRIMARY KEY, v d DEFAULT '3', w e, l d[], UNIQUE (v));
                CREATE TABLE u (r d REFERENCES t (v));
                CREATE INDEX t_w_idx ON t (w) WHERE w > '1';",
        rows: "INSERT INTO t VALUES (1, 3, 4, '{5,6}'), (2, NULL, NULL, NULL); INSERT INTO u VALUES (3)",
        kept: Some((
            "SELECT string_agg(concat_ws(' ', id, v, w, l), '|' ORDER BY id) AS text FROM t",
            "1 3 4 {5,6}|2",
        )),
        says_not: &["CASCADE", "DROP COLUMN", "DROP TABLE"],
        ..Pair::default()
    });
}

#[test]
fn a_type_of_another_kind_takes_the_name() {
    check(Pair {
        before: "CREATE TYPE d AS ENUM ('a', 'b'); CREATE TABLE t (v d DEFAULT 'a' CHECK (v <> 'b' OR true))",
        after: "CREATE DOMAIN d AS text CHECK (VALUE IN ('a', 'b')); CREATE TABLE t (v d DEFAULT 'a')",
        rows: "INSERT INTO t VALUES ('a'), ('b')",
        kept: Some((
            "SELECT string_agg(v::text, ',' ORDER BY v) AS text FROM t",
            "a,b",
        )),
        ..Pair::default()
    });
}

#[test]
fn attributes_of_a_composite_type_change_in_place() {
    check(Pair {
        before: "CREATE TYPE c AS (a integer, gone text, b text COLLATE \"C\");
                 COMMENT ON TYPE c IS 'one'; COMMENT ON COLUMN c.a IS 'a';
                 COMMENT ON COLUMN c.gone IS 'gone';
                 CREATE TABLE t (v c, l c[])",
        after: "CREATE TYPE c AS (a integer, b text COLLATE \"C\", more numeric(10,2));
                COMMENT ON TYPE c IS 'two'; COMMENT ON COLUMN c.more IS 'more';
                CREATE TABLE t (v c, l c[])",
        rows: "INSERT INTO t VALUES (ROW(1, 'x', 'y'), ARRAY[ROW(2, 'x', 'z')::c])",
        kept: Some((
            "SELECT concat_ws(' ', (v).a, (v).b, l[1].a, l[1].b) AS text FROM t",
            "1 y 2 z",
        )),
        says: &[
            "ALTER TYPE \"c\"\n    DROP ATTRIBUTE \"gone\",\n    ADD ATTRIBUTE \"more\" numeric(10,2)",
        ],
        ..Pair::default()
    });
}

#[test]
fn an_attribute_of_another_type_keeps_the_rows_of_columns() {
    check(Pair {
        before: "CREATE TYPE c AS (a integer, b text); CREATE TYPE outer_c AS (inner_c c, n integer);
                 CREATE DOMAIN over AS c;
                 CREATE TABLE t (id integer, v c, l c[], o outer_c, d over)",
        after: "CREATE TYPE c AS (a text, b text); CREATE TYPE outer_c AS (inner_c c, n integer);
                CREATE DOMAIN over AS c;
                CREATE TABLE t (id integer, v c, l c[], o outer_c, d over)",
        rows: "INSERT INTO t VALUES (1, ROW(1, 'y'), ARRAY[ROW(2, 'a,b')::c], ROW(ROW(3, 'q')::c, 4), ROW(5, 'w')),
                   (2, NULL, NULL, NULL, NULL), (3, ROW(NULL, NULL), '{}', ROW(NULL, 1), NULL)",
        kept: Some((
            "SELECT string_agg(t::text, '|' ORDER BY id) AS text FROM t",
            "(1,\"(1,y)\",\"{\"\"(2,\\\\\"\"a,b\\\\\"\")\"\"}\",\"(\"\"(3,q)\"\",4)\",\"(5,w)\")\
             |(2,,,,)|(3,\"(,)\",{},\"(,1)\",)",
        )),
        ..Pair::default()
    });
}

#[test]
fn an_attribute_is_renamed() {
    check(Pair {
        before: "CREATE TYPE c AS (a integer, b text); CREATE TABLE t (v c); CREATE TABLE of_c OF c (PRIMARY KEY (a))",
        after: "CREATE TYPE k AS (z integer, b text); CREATE TABLE t (v k);
                CREATE TABLE of_c OF k (PRIMARY KEY (z))",
        rows: "INSERT INTO t VALUES (ROW(1, 'y')); INSERT INTO of_c VALUES (1, 'x')",
        kept: Some((
            "SELECT concat(v::text, (SELECT o::text FROM of_c o)) AS text FROM t",
            "(1,y)(1,x)",
        )),
        hints: &[
            ("composite:public.k", "composite:public.c"),
            ("attribute:public.k.z", "attribute:public.c.a"),
            ("column:public.of_c.z", "column:public.of_c.a"),
        ],
        says_not: &["CREATE TYPE", "DROP"],
        ..Pair::default()
    });
}

#[test]
fn ranges_have_all_their_parameters() {
    check(Pair {
        after: "CREATE TYPE words AS RANGE (subtype = text, collation = \"C\", subtype_opclass = text_pattern_ops);
                CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
                COMMENT ON TYPE floats IS 'from to';
                CREATE TABLE t (a words, b floats[], EXCLUDE USING gist (a WITH &&))",
        ..Pair::default()
    });
    check(Pair {
        since: 14,
        before: "CREATE TYPE r AS RANGE (subtype = integer, multirange_type_name = many);
                 CREATE TABLE t (a r, b many, c many[])",
        after: "CREATE TYPE r AS RANGE (subtype = integer, multirange_type_name = lots);
                CREATE TABLE t (a r, b lots, c lots[])",
        rows: "INSERT INTO t VALUES ('[1,2)', '{[1,2)}', ARRAY['{[3,4)}'::many])",
        kept: Some((
            "SELECT t::text AS text FROM t",
            "(\"[1,2)\",\"{[1,2)}\",\"{\"\"{[3,4)}\"\"}\")",
        )),
        says: &["ALTER TYPE \"many\" RENAME TO \"lots\""],
        says_not: &["CREATE TYPE", "ALTER TABLE"],
        ..Pair::default()
    });
}

#[test]
fn a_range_of_another_type_keeps_the_rows_of_its_columns() {
    check(Pair {
        before: "CREATE TYPE r AS RANGE (subtype = integer);
                 CREATE TABLE t (a r DEFAULT '[1,2)', l r[], EXCLUDE USING gist (a WITH &&))",
        after: "CREATE TYPE r AS RANGE (subtype = numeric);
                CREATE TABLE t (a r DEFAULT '[1,2)', l r[], EXCLUDE USING gist (a WITH &&))",
        rows: "INSERT INTO t VALUES ('[1,2)', ARRAY['[3,4)'::r])",
        kept: Some((
            "SELECT t::text AS text FROM t",
            "(\"[1,2)\",\"{\"\"[3,4)\"\"}\")",
        )),
        ..Pair::default()
    });
    check(Pair {
        since: 14,
        before: "CREATE TYPE r AS RANGE (subtype = integer); CREATE TABLE t (a r, m r_multirange)",
        after: "CREATE TYPE r AS RANGE (subtype = bigint); CREATE TABLE t (a r, m r_multirange)",
        rows: "INSERT INTO t VALUES ('[1,2)', '{[1,2)}')",
        kept: Some(("SELECT t::text AS text FROM t", "(\"[1,2)\",\"{[1,2)}\")")),
        ..Pair::default()
    });
}

#[test]
fn collations_change_under_what_uses_them() {
    check(Pair {
        before: "CREATE COLLATION c (provider = libc, locale = 'C');
                 CREATE COLLATION german (provider = icu, locale = 'de', deterministic = false);
                 COMMENT ON COLLATION german IS 'one';
                 CREATE DOMAIN d AS text COLLATE german;
                 CREATE TABLE t (a text COLLATE c DEFAULT 'x', b d, n text, CHECK (n > 'a' COLLATE german));
                 CREATE INDEX t_n_idx ON t (n COLLATE c, a)",
        after: "CREATE COLLATION c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
                CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk');
                COMMENT ON COLLATION german IS 'two';
                CREATE DOMAIN d AS text COLLATE german;
                CREATE TABLE t (a text COLLATE c DEFAULT 'x', b d, n text, CHECK (n > 'a' COLLATE german));
                CREATE INDEX t_n_idx ON t (n COLLATE c, a)",
        rows: "INSERT INTO t VALUES ('1', '2', 'n')",
        kept: Some(("SELECT t::text AS text FROM t", "(1,2,n)")),
        says_not: &["CASCADE", "DROP COLUMN"],
        ..Pair::default()
    });
    check(Pair {
        since: 17,
        after: "CREATE COLLATION b (provider = builtin, locale = 'C.UTF-8');
                CREATE COLLATION i (provider = icu, locale = 'und', rules = '&V << w <<< W')",
        ..Pair::default()
    });
}

#[test]
fn an_enum_under_other_types_is_exchanged() {
    check(Pair {
        before: "CREATE TYPE e AS ENUM ('a', 'b', 'c');
                 CREATE DOMAIN d AS e DEFAULT 'a' CHECK (VALUE <> 'c'::e);
                 CREATE TYPE k AS (x e, y integer);
                 CREATE TABLE t (p e DEFAULT 'b' CHECK (p <> 'c'), q d, r k, s e[] DEFAULT '{a}',
                     g e GENERATED ALWAYS AS (p) STORED);
                 CREATE INDEX t_p_idx ON t (p) WHERE p = 'a';",
        after: "CREATE TYPE e AS ENUM ('b', 'a');
                CREATE DOMAIN d AS e DEFAULT 'a' CHECK (VALUE <> 'b'::e);
                CREATE TYPE k AS (x e, y integer);
                CREATE TABLE t (p e DEFAULT 'b' CHECK (p <> 'a'), q d, r k, s e[] DEFAULT '{a}',
                     g e GENERATED ALWAYS AS (p) STORED);
                CREATE INDEX t_p_idx ON t (p) WHERE p = 'a';",
        rows: "INSERT INTO t VALUES ('b', 'a', ROW('a', 1), '{b,a}')",
        kept: Some((
            "SELECT t::text AS text FROM t",
            "(b,a,\"(a,1)\",\"{b,a}\",b)",
        )),
        says_not: &["CASCADE"],
        ..Pair::default()
    });
}

#[test]
fn text_becomes_an_enum_and_text_again() {
    check(Pair {
        before: "CREATE TABLE t (id integer, v text DEFAULT 'a' CHECK (v IN ('a', 'b')), l text[] DEFAULT '{a}',
                     w varchar(10) NOT NULL DEFAULT 'b', UNIQUE (v));
                 CREATE INDEX t_w_idx ON t (w) WHERE w = 'a'",
        after: "CREATE TYPE e AS ENUM ('a', 'b');
                CREATE TABLE t (id integer, v e DEFAULT 'a', l e[] DEFAULT '{a}', w e NOT NULL DEFAULT 'b', UNIQUE (v));
                CREATE INDEX t_w_idx ON t (w) WHERE w = 'a'",
        rows: "INSERT INTO t VALUES (1, 'a', '{a,b}', 'b'), (2, NULL, NULL, 'a')",
        kept: Some((
            "SELECT string_agg(t::text, '|' ORDER BY id) AS text FROM t",
            "(1,a,\"{a,b}\",b)|(2,,,a)",
        )),
        says: &["USING \"v\"::\"e\""],
        ..Pair::default()
    });
}

#[test]
fn tables_have_parameters_and_places() {
    check(Pair {
        before: "CREATE TABLE t (a text, b text) WITH (fillfactor = 70, toast.autovacuum_enabled = off);
                 CREATE INDEX t_a_idx ON t (lower(a), b)",
        after: "CREATE TABLE t (a text, b text)
                    WITH (autovacuum_vacuum_scale_factor = 0.05, parallel_workers = 2, toast.vacuum_truncate = off);
                CREATE INDEX t_a_idx ON t (lower(a), b);
                ALTER INDEX t_a_idx ALTER COLUMN 1 SET STATISTICS 500;
                CREATE UNLOGGED TABLE u (a text) WITH (fillfactor = 50)",
        says: &["RESET (fillfactor, toast.autovacuum_enabled)", "SET STATISTICS 500"],
        ..Pair::default()
    });
}

#[test]
fn columns_have_storage_statistics_and_options() {
    check(Pair {
        before: "CREATE TABLE t (a text, b numeric, c jsonb, d integer[], e integer, f bytea);
                 ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER a SET STATISTICS 100,
                     ALTER e SET (n_distinct = 5), ALTER e SET STATISTICS 0,
                     ALTER f SET STORAGE MAIN",
        after: "CREATE TABLE t (a varchar(9), b numeric, c jsonb, d integer[], e bigint, f bytea);
                ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE PLAIN,
                    ALTER c SET STORAGE PLAIN, ALTER d SET STORAGE EXTERNAL,
                    ALTER e SET (n_distinct = -0.5, n_distinct_inherited = 7);
                CREATE TABLE u (a text);
                ALTER TABLE u ALTER a SET STORAGE MAIN, ALTER a SET STATISTICS 7",
        ..Pair::default()
    });
    check(Pair {
        since: 14,
        before: "CREATE TABLE t (a text COMPRESSION pglz, b text)",
        after: "CREATE TABLE t (a text, b text COMPRESSION pglz, c text COMPRESSION pglz)",
        ..Pair::default()
    });
}

#[test]
fn a_table_is_identified_and_clustered_by_its_indexes() {
    check(Pair {
        before: "CREATE TABLE t (a integer NOT NULL, b integer NOT NULL, CONSTRAINT k UNIQUE (a));
                 CREATE UNIQUE INDEX i ON t (b);
                 ALTER TABLE t REPLICA IDENTITY USING INDEX i; ALTER TABLE t CLUSTER ON k;
                 CREATE TABLE u (a integer); ALTER TABLE u REPLICA IDENTITY FULL;
                 CREATE TABLE w (a integer PRIMARY KEY); ALTER TABLE w CLUSTER ON w_pkey;
                 ALTER TABLE w REPLICA IDENTITY NOTHING",
        after: "CREATE TABLE t (a integer NOT NULL, b bigint NOT NULL, CONSTRAINT k UNIQUE (a, b));
                CREATE UNIQUE INDEX i ON t (b, a);
                ALTER TABLE t REPLICA IDENTITY USING INDEX i; ALTER TABLE t CLUSTER ON i;
                CREATE TABLE u (a integer);
                CREATE TABLE w (a integer PRIMARY KEY); ALTER TABLE w REPLICA IDENTITY USING INDEX w_pkey",
        ..Pair::default()
    });
}

#[test]
fn a_table_is_of_a_type() {
    check(Pair {
        before: "CREATE TYPE c AS (a integer, b text); CREATE TABLE t OF c (PRIMARY KEY (a));
                 CREATE TABLE u (a integer, b text); CREATE TABLE w OF c",
        after: "CREATE TYPE c AS (a bigint, b text, d date); CREATE TABLE t OF c (PRIMARY KEY (a), b DEFAULT 'x');
                CREATE TABLE u OF c; CREATE TABLE w (a integer, b text)",
        rows: "INSERT INTO t VALUES (1, 'x')",
        kept: Some(("SELECT concat(a, b) AS text FROM t", "1x")),
        says_not: &["CASCADE"],
        ..Pair::default()
    });
}

#[test]
fn extended_statistics_come_and_go_and_change() {
    check(Pair {
        before: "CREATE TABLE t (a integer, b integer, c integer);
                 CREATE STATISTICS s ON a, b FROM t; ALTER STATISTICS s SET STATISTICS 50;
                 CREATE STATISTICS k (ndistinct) ON a, c FROM t;
                 CREATE STATISTICS gone (mcv, dependencies) ON b, c FROM t;
                 COMMENT ON STATISTICS s IS 'one'; COMMENT ON STATISTICS k IS 'two'",
        after: "CREATE TABLE t (a integer, b bigint, c integer);
                CREATE STATISTICS s ON a, b FROM t; ALTER STATISTICS s SET STATISTICS 0;
                CREATE STATISTICS k (ndistinct, mcv) ON a, c FROM t;
                COMMENT ON STATISTICS s IS 'three'; COMMENT ON STATISTICS k IS 'two'",
        ..Pair::default()
    });
    check(Pair {
        since: 14,
        before: "CREATE TABLE t (a integer, b text); CREATE STATISTICS e ON (a + 1) FROM t",
        after: "CREATE TABLE t (a bigint, b text); CREATE STATISTICS e ON (a + 1) FROM t;
                CREATE STATISTICS f ON a, lower(b), (a % 2) FROM t",
        ..Pair::default()
    });
}

#[test]
fn an_index_behind_a_constraint_changes_in_place() {
    check(Pair {
        before: "CREATE TABLE t (a integer PRIMARY KEY WITH (fillfactor = 60), b integer UNIQUE,
                     c integer, CONSTRAINT x EXCLUDE USING btree (c WITH =) WITH (fillfactor = 50) WHERE (c > 0))",
        after: "CREATE TABLE t (a integer PRIMARY KEY, b integer UNIQUE WITH (fillfactor = 70),
                    c integer, CONSTRAINT x EXCLUDE USING btree (c WITH =) WHERE (c > 0));
                CREATE TABLE u (a integer PRIMARY KEY WITH (fillfactor = 80))",
        says: &["ALTER INDEX \"t_pkey\" RESET (fillfactor)"],
        says_not: &["DROP"],
        ..Pair::default()
    });
}

#[test]
fn hostile_names_are_quoted_in_every_kind() {
    let odd = |base: &str, more: &str| {
        format!(
            "CREATE SCHEMA \"Odd \"\"s\";
             CREATE EXTENSION hstore SCHEMA \"Odd \"\"s\";
             CREATE COLLATION \"Odd \"\"s\".\"select\" (provider = icu, locale = 'de');
             COMMENT ON COLLATION \"Odd \"\"s\".\"select\" IS 'it''s; -- \\';
             CREATE DOMAIN \"Odd \"\"s\".\"d.o:m\" AS {base} CONSTRAINT \"c \"\"k\" CHECK (VALUE <> '0');
             COMMENT ON DOMAIN \"Odd \"\"s\".\"d.o:m\" IS 'it''s';
             COMMENT ON CONSTRAINT \"c \"\"k\" ON DOMAIN \"Odd \"\"s\".\"d.o:m\" IS 'it''s';
             CREATE TYPE \"Odd \"\"s\".\"table\" AS (\"A \"\"b\" \"Odd \"\"s\".\"d.o:m\", \"from\" text{more});
             COMMENT ON COLUMN \"Odd \"\"s\".\"table\".\"A \"\"b\" IS 'it''s';
             CREATE TYPE \"Odd \"\"s\".\"R \u{1F40C}\" AS RANGE (subtype = {base});
             COMMENT ON TYPE \"Odd \"\"s\".\"R \u{1F40C}\" IS 'it''s';
             CREATE TABLE \"Odd \"\"s\".\"T \"\"t\" (\"C \"\"c\" \"Odd \"\"s\".\"d.o:m\" NOT NULL,
                 \"D\" \"Odd \"\"s\".\"table\", \"E\" \"Odd \"\"s\".\"R \u{1F40C}\",
                 \"F\" text COLLATE \"Odd \"\"s\".\"select\", \"G\" \"Odd \"\"s\".hstore);
             CREATE UNIQUE INDEX \"I \"\"i\" ON \"Odd \"\"s\".\"T \"\"t\" (\"C \"\"c\");
             ALTER TABLE \"Odd \"\"s\".\"T \"\"t\" REPLICA IDENTITY USING INDEX \"I \"\"i\", CLUSTER ON \"I \"\"i\",
                 ALTER \"F\" SET STATISTICS 5, ALTER \"F\" SET STORAGE EXTERNAL, ALTER \"F\" SET (n_distinct = 3);
             CREATE TABLE \"Odd \"\"s\".\"Of\" OF \"Odd \"\"s\".\"table\";
             CREATE STATISTICS \"Odd \"\"s\".\"S \"\"s\" ON \"C \"\"c\", \"F\" FROM \"Odd \"\"s\".\"T \"\"t\";
             COMMENT ON STATISTICS \"Odd \"\"s\".\"S \"\"s\" IS 'it''s';"
        )
    };
    let (one, other) = (odd("integer", ""), odd("text", ", \"More\" date"));
    check(Pair {
        after: &one,
        ..Pair::default()
    });
    check(Pair {
        before: &one,
        after: &other,
        rows: "INSERT INTO \"Odd \"\"s\".\"T \"\"t\" VALUES (1, ROW(2, 'x'), '[3,4)', 'f', '')",
        kept: Some((
            "SELECT concat(\"C \"\"c\", (\"D\").\"A \"\"b\", \"E\", \"F\") AS text FROM \"Odd \"\"s\".\"T \"\"t\"",
            "12[3,4)f",
        )),
        ..Pair::default()
    });
}
