//! Partitioned tables, their partitions, and tables that inherit: each state becomes each other and comes
//! back, with the rows that stay.

use limbeck_core::Schema;

use super::law::{change, read};
use super::types::{Pair, check};
use super::{answer, run};
use crate::support::{TestDatabase, servers};

/// Some states, of which each becomes each other, over rows that stay.
#[track_caller]
pub(super) fn walk(since: u32, states: &[String], rows: &str, kept: (&str, &str)) {
    for server in servers().into_iter().filter(|one| one.major() >= since) {
        let major = server.major();
        let wanted: Vec<Schema> = states
            .iter()
            .map(|state| {
                let database = TestDatabase::on(&server);
                let mut fresh = database.connect();
                run(&mut fresh, state);
                read(&mut fresh)
            })
            .collect();
        let database = TestDatabase::on(&server);
        let mut connection = database.connect();
        run(&mut connection, &states[0]);
        run(&mut connection, rows);
        let mut present = 0;
        let mut go = |to: usize| {
            let what = format!("from {present} to {to} on {major}");
            change(&mut connection, &wanted[present], &wanted[to], &what);
            assert_eq!(answer(&mut connection, kept.0), kept.1, "{what}");
            present = to;
        };
        for first in 0..states.len() {
            for second in 0..first {
                for next in [first, second, first] {
                    go(next);
                }
            }
        }
    }
}

const PLAIN: &str = "CREATE TABLE t (a integer NOT NULL, b text, c date);";

#[test]
fn partitioned_tables_are_made_and_dropped() {
    for (key, bounds) in [
        ("RANGE (a)", "FROM (MINVALUE) TO (10)"),
        ("RANGE (a, c)", "FROM (1, MINVALUE) TO (10, MAXVALUE)"),
        ("LIST (b)", "IN ('x', 'it''s', NULL)"),
        ("HASH (a, b)", "WITH (modulus 2, remainder 1)"),
        (
            "RANGE (lower(b) COLLATE \"C\", (a + 1))",
            "FROM ('a', 1) TO ('b', 2)",
        ),
        ("LIST (b COLLATE \"C\" text_pattern_ops)", "IN ('x')"),
        ("LIST ((a % 3))", "IN (1, 2)"),
    ] {
        check(Pair {
            before: "CREATE TABLE other (x integer)",
            after: &format!(
                "CREATE TABLE t (a integer NOT NULL, b text, c date DEFAULT '2020-01-01') PARTITION BY {key};
                 COMMENT ON TABLE t IS 'all';
                 CREATE TABLE t_1 PARTITION OF t FOR VALUES {bounds};
                 COMMENT ON COLUMN t_1.b IS 'of one'"
            ),
            says: &["PARTITION BY", "CREATE TABLE \"t_1\" PARTITION OF \"t\" FOR VALUES"],
            says_not: &["ATTACH"],
            ..Pair::default()
        });
    }
}

#[test]
fn default_partitions_and_partitions_of_partitions() {
    check(Pair {
        before: "CREATE TABLE other (x integer)",
        after: "CREATE TABLE t (a integer, b text) PARTITION BY LIST (a);
                CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1) PARTITION BY RANGE (b);
                CREATE TABLE t_1_a PARTITION OF t_1 FOR VALUES FROM ('a') TO ('b');
                CREATE TABLE t_1_rest PARTITION OF t_1 DEFAULT;
                CREATE TABLE t_rest PARTITION OF t DEFAULT;",
        ..Pair::default()
    });
}

#[test]
fn a_table_becomes_a_partition_and_back_and_keeps_its_rows() {
    let state = |tie: &str| {
        format!(
            "CREATE TABLE t (a integer NOT NULL, b text CHECK (b <> ''), PRIMARY KEY (a)) PARTITION BY RANGE (a);
             CREATE INDEX t_b ON t (b);
             CREATE TABLE p (a integer NOT NULL, b text, CONSTRAINT t_b_check CHECK (b <> ''), CONSTRAINT p_key PRIMARY KEY (a));
             CREATE INDEX p_b ON p (b);
             {tie}"
        )
    };
    check(Pair {
        before: &state(""),
        after: &state("ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (10)"),
        rows: "INSERT INTO p VALUES (3, 'x')",
        kept: Some(("SELECT a::text AS text FROM p", "3")),
        says: &["ATTACH PARTITION \"p\" FOR VALUES FROM (1) TO (10)"],
        says_not: &["DROP", "CREATE", "ATTACH PARTITION \"p_b\""],
        ..Pair::default()
    });
    check(Pair {
        before: &state("ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (10)"),
        after: &state("ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (0) TO (5)"),
        rows: "INSERT INTO t VALUES (3, 'x')",
        kept: Some(("SELECT a::text AS text FROM p", "3")),
        says: &["DETACH PARTITION \"p\"", "FROM (0) TO (5)"],
        says_not: &["DROP", "CREATE"],
        ..Pair::default()
    });
}

#[test]
fn a_key_of_a_partition_under_an_index_of_the_whole() {
    let tables = "CREATE TABLE t (a integer NOT NULL, b text NOT NULL) PARTITION BY LIST (b);
                  CREATE TABLE p PARTITION OF t FOR VALUES IN ('x');";
    let by = |key: &str| {
        format!(
            "{tables} CREATE UNIQUE INDEX t_i ON ONLY t (a, b);
             ALTER TABLE p ADD CONSTRAINT p_k {key} (a, b); ALTER INDEX t_i ATTACH PARTITION p_k"
        )
    };
    let states = [
        by("PRIMARY KEY"),
        format!("{tables} ALTER TABLE t ADD CONSTRAINT t_i PRIMARY KEY (a, b)"),
        format!("{tables} ALTER TABLE t ADD CONSTRAINT t_i UNIQUE (a, b)"),
        by("UNIQUE"),
        format!("{tables} ALTER TABLE p ADD CONSTRAINT p_k PRIMARY KEY (a, b)"),
        format!("{tables} CREATE UNIQUE INDEX t_i ON t (a, b)"),
    ];
    let rows = "INSERT INTO t VALUES (3, 'x')";
    walk(13, &states, rows, ("SELECT a::text AS text FROM p", "3"));
}

#[test]
fn a_partition_of_what_is_referred_to_goes() {
    let tables = "CREATE TABLE t (a integer PRIMARY KEY, b integer) PARTITION BY LIST (a);
                  CREATE TABLE u (a integer PRIMARY KEY, b integer) PARTITION BY LIST (a);
                  CREATE TABLE t_0 PARTITION OF t FOR VALUES IN (0);
                  ALTER TABLE t ADD CONSTRAINT to_u FOREIGN KEY (b) REFERENCES u;
                  ALTER TABLE u ADD CONSTRAINT to_t FOREIGN KEY (b) REFERENCES t;";
    let parts = "CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1) PARTITION BY LIST (a);
                 CREATE TABLE t_1_1 PARTITION OF t_1 FOR VALUES IN (1);
                 CREATE TABLE u_1 PARTITION OF u FOR VALUES IN (1);";
    let crossed = "ALTER TABLE t_1 ADD CONSTRAINT t_1_to_u_1 FOREIGN KEY (b) REFERENCES u_1;
                   ALTER TABLE u_1 ADD CONSTRAINT u_1_to_t_1_1 FOREIGN KEY (b) REFERENCES t_1_1;";
    let states = [
        tables.to_owned(),
        format!("{tables} {parts}"),
        format!("{tables} {parts} {crossed}"),
    ];
    let rows = "INSERT INTO t VALUES (0)";
    walk(13, &states, rows, ("SELECT a::text AS text FROM t", "0"));
    check(Pair {
        before: &states[2],
        after: "CREATE TABLE other (a integer)",
        says_not: &["DETACH"],
        ..Pair::default()
    });
}

#[test]
fn what_follows_from_the_partitioned_table_is_said_once() {
    let state = |columns: &str, more: &str| {
        format!(
            "CREATE TABLE t ({columns}) PARTITION BY RANGE (a);
             CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10) PARTITION BY LIST (a);
             CREATE TABLE pp PARTITION OF p DEFAULT;
             {more}"
        )
    };
    check(Pair {
        before: &state("a integer, b text, c text, g integer", ""),
        after: &state(
            "a integer, b varchar(20) DEFAULT 'y' NOT NULL, d integer DEFAULT 7, g bigint CHECK (g > 0)",
            "",
        ),
        rows: "INSERT INTO t VALUES (3, 'x', 'gone', 1)",
        kept: Some(("SELECT b::text AS text FROM pp", "x")),
        says_not: &["\"p\"", "\"pp\""],
        ..Pair::default()
    });
    check(Pair {
        before: &state(
            "a integer, b text, g integer",
            "CREATE VIEW v AS SELECT b FROM pp; CREATE INDEX i ON pp (g); COMMENT ON COLUMN p.g IS 'x'",
        ),
        after: &state("a integer, b varchar", "CREATE VIEW v AS SELECT b FROM pp"),
        rows: "INSERT INTO t VALUES (3, 'x')",
        kept: Some(("SELECT b::text AS text FROM v", "x")),
        ..Pair::default()
    });
}

#[test]
fn a_partition_has_defaults_and_more_of_its_own() {
    let state = |own: &str| {
        format!(
            "CREATE TABLE t (a integer DEFAULT 1, b text DEFAULT 'parent') PARTITION BY RANGE (a);
             CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10);
             CREATE TABLE q PARTITION OF t FOR VALUES FROM (10) TO (20); {own}"
        )
    };
    let states = [
        "",
        "ALTER TABLE p ALTER b SET DEFAULT 'own', ALTER b SET NOT NULL, ADD CONSTRAINT own CHECK (a > 2);
         ALTER TABLE p ALTER b SET STATISTICS 7, ALTER b SET STORAGE external",
        "ALTER TABLE p ALTER b DROP DEFAULT; ALTER TABLE t ALTER a SET NOT NULL",
        "ALTER TABLE ONLY t ALTER b SET DEFAULT 'new'; ALTER TABLE p SET (fillfactor = 50), ALTER b SET NOT NULL",
        "ALTER TABLE t ALTER b SET DEFAULT 'new'; ALTER TABLE q ALTER b SET NOT NULL; CREATE INDEX own ON q (b)",
        "ALTER TABLE t ALTER b SET DEFAULT 'newer'; ALTER TABLE p ALTER b SET NOT NULL;
         ALTER TABLE t ALTER b SET STATISTICS 9; ALTER TABLE q ALTER b SET STATISTICS 10",
    ];
    let states: Vec<String> = states.iter().map(|more| state(more)).collect();
    walk(
        13,
        &states,
        "INSERT INTO t VALUES (4, 'x')",
        ("SELECT b::text AS text FROM p", "x"),
    );
}

#[test]
fn a_partition_goes_on_refusing_nulls_when_its_parent_does_not() {
    let state = |parent: &str| {
        format!(
            "CREATE TABLE t (a integer, b text {parent}) PARTITION BY RANGE (a);
             CREATE TABLE p PARTITION OF t (b NOT NULL) FOR VALUES FROM (1) TO (10);
             CREATE TABLE q PARTITION OF t FOR VALUES FROM (10) TO (20)"
        )
    };
    check(Pair {
        before: &state("NOT NULL"),
        after: &state(""),
        says_not: &["\"q\""],
        ..Pair::default()
    });
}

#[test]
fn indexes_and_keys_of_partitions() {
    let state = |more: &str| {
        format!(
            "CREATE TABLE t (a integer NOT NULL, b text, c integer) PARTITION BY RANGE (a);
             CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10);
             CREATE TABLE q PARTITION OF t FOR VALUES FROM (10) TO (20) PARTITION BY LIST (a);
             CREATE TABLE q_1 PARTITION OF q DEFAULT; {more}"
        )
    };
    let states = [
        "",
        "CREATE INDEX i ON t (b, c)",
        "CREATE INDEX i ON t (b, c); COMMENT ON INDEX p_b_c_idx IS 'x'",
        "CREATE INDEX mine ON p (b, c); CREATE INDEX i ON t (b, c)",
        "CREATE INDEX i ON ONLY t (b, c); CREATE INDEX mine ON p (b, c); ALTER INDEX i ATTACH PARTITION mine",
        "CREATE INDEX i ON ONLY t (b, c)",
        "CREATE INDEX i ON t (b DESC, lower(b)) WHERE a > 1",
        "CREATE INDEX i ON t (lower(b), (c + 1)); ALTER INDEX p_lower_expr_idx RENAME TO \"My \"\" idx\"",
        "CREATE INDEX i ON t (b, c) WITH (fillfactor = 70)",
        "ALTER TABLE t ADD PRIMARY KEY (a)",
        "ALTER TABLE t ADD PRIMARY KEY (a), ADD CONSTRAINT u UNIQUE (a, b); ALTER INDEX p_pkey RENAME TO own_key",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, c) DEFERRABLE; ALTER TABLE p ADD PRIMARY KEY (c)",
        "CREATE UNIQUE INDEX u ON t (a) INCLUDE (c); CREATE STATISTICS s ON a, b FROM p; ALTER TABLE p CLUSTER ON p_a_c_idx",
    ];
    let states: Vec<String> = states.iter().map(|more| state(more)).collect();
    walk(
        13,
        &states,
        "INSERT INTO t VALUES (4, 'x', 5)",
        ("SELECT b::text AS text FROM p", "x"),
    );
    // What has the name that Postgres would give is made by it.
    check(Pair {
        before: &state(""),
        after: &state("CREATE INDEX i ON t (b, c); ALTER TABLE t ADD PRIMARY KEY (a)"),
        says: &["CREATE INDEX \"i\" ON \"t\" (\"b\", \"c\")"],
        says_not: &["ONLY", "\"p\"", "\"q\""],
        ..Pair::default()
    });
}

#[test]
fn partitions_with_indexes_are_made_and_dropped() {
    let base = "CREATE TABLE t (a integer, b text, PRIMARY KEY (a)) PARTITION BY RANGE (a);
                CREATE INDEX i ON t (b);";
    let tied = format!("{base} CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10)");
    check(Pair {
        before: base,
        after: &tied,
        says: &["PARTITION OF"],
        says_not: &["INDEX", "PRIMARY"],
        ..Pair::default()
    });
    let own =
        format!("{tied}; ALTER INDEX p_pkey RENAME TO mine; ALTER INDEX p_b_idx RENAME TO mine_2");
    for (before, after) in [(base, own.as_str()), (&tied, &own), ("", &own)] {
        check(Pair {
            before,
            after,
            ..Pair::default()
        });
    }
}

#[test]
fn foreign_keys_and_triggers_of_partitioned_tables() {
    let state = |more: &str| {
        format!(
            "CREATE TABLE r (id integer PRIMARY KEY) PARTITION BY RANGE (id);
             CREATE TABLE r_1 PARTITION OF r FOR VALUES FROM (0) TO (100);
             CREATE TABLE t (a integer, b integer) PARTITION BY LIST (a);
             CREATE TABLE p PARTITION OF t DEFAULT;
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             {more}"
        )
    };
    let states = [
        "",
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES r",
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES r ON DELETE CASCADE DEFERRABLE;
         CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE p ADD CONSTRAINT own FOREIGN KEY (b) REFERENCES r;
         CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE p ADD CONSTRAINT own FOREIGN KEY (b) REFERENCES r;
         ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES r",
        "CREATE TABLE o (x integer REFERENCES r, y integer REFERENCES r_1)",
    ];
    let states: Vec<String> = states.iter().map(|more| state(more)).collect();
    walk(
        13,
        &states,
        "INSERT INTO r VALUES (7); INSERT INTO t VALUES (4, 7)",
        ("SELECT b::text AS text FROM p", "7"),
    );
}

#[test]
fn partitioned_tables_that_refer_to_each_other_go() {
    check(Pair {
        before: "CREATE TABLE a (x integer PRIMARY KEY, y integer) PARTITION BY RANGE (x);
                 CREATE TABLE a_1 PARTITION OF a FOR VALUES FROM (1) TO (9);
                 CREATE TABLE b (x integer PRIMARY KEY, y integer REFERENCES a) PARTITION BY RANGE (x);
                 CREATE TABLE b_1 PARTITION OF b FOR VALUES FROM (1) TO (9);
                 ALTER TABLE a ADD FOREIGN KEY (y) REFERENCES b",
        after: "CREATE TABLE other (x integer)",
        says_not: &["CASCADE"],
        ..Pair::default()
    });
}

#[test]
fn another_partition_key_takes_a_new_table_and_leaves_the_partitions() {
    let state = |ty: &str, key: &str, bounds: &str| {
        format!(
            "CREATE TABLE t (a {ty} NOT NULL, b text DEFAULT 'x', PRIMARY KEY (a, b)) PARTITION BY {key};
             CREATE INDEX i ON t (b);
             CREATE TABLE p PARTITION OF t FOR VALUES {bounds};
             CREATE VIEW v AS SELECT b FROM t"
        )
    };
    check(Pair {
        before: &state("integer", "RANGE (a)", "FROM (1) TO (10)"),
        after: &state("integer", "LIST (a)", "IN (3, 4)"),
        rows: "INSERT INTO t VALUES (3)",
        kept: Some(("SELECT b AS text FROM p", "x")),
        says: &["DETACH PARTITION \"p\"", "DROP TABLE \"t\""],
        says_not: &["DROP TABLE \"p\""],
        ..Pair::default()
    });
    check(Pair {
        before: &state("integer", "RANGE (a)", "FROM (1) TO (10)"),
        after: &state("bigint", "RANGE (a)", "FROM (1) TO (10)"),
        rows: "INSERT INTO t VALUES (3)",
        kept: Some(("SELECT b AS text FROM p", "x")),
        says_not: &["DROP TABLE \"p\""],
        ..Pair::default()
    });
    check(Pair {
        before: PLAIN,
        after: "CREATE TABLE t (a integer NOT NULL, b text, c date) PARTITION BY HASH (a)",
        ..Pair::default()
    });
}

#[test]
fn columns_of_partitioned_tables_are_renamed() {
    let state = |a: &str, b: &str, t: &str| {
        format!(
            "CREATE TABLE {t} ({a} integer, {b} text, CHECK ({b} <> '')) PARTITION BY RANGE ({a}, lower({b}));
             CREATE TABLE p PARTITION OF {t} FOR VALUES FROM (1, 'a') TO (10, 'z');
             CREATE INDEX own ON p ({b})"
        )
    };
    check(Pair {
        before: &state("a", "b", "t"),
        after: &state("\"A \"\"a\"", "bee", "t"),
        hints: &[
            ("column:public.t.\"A \"\"a\"", "column:public.t.a"),
            ("column:public.t.bee", "column:public.t.b"),
            (
                "constraint:public.t.t_bee_check",
                "constraint:public.t.t_b_check",
            ),
        ],
        rows: "INSERT INTO t VALUES (3, 'm')",
        kept: Some(("SELECT count(*)::text AS text FROM p", "1")),
        says_not: &["DROP TABLE", "DROP COLUMN", "DROP INDEX", "\"p\""],
        ..Pair::default()
    });
    check(Pair {
        before: &state("a", "b", "t"),
        after: &state("a", "b", "\"T t\"").replace("CHECK", "CONSTRAINT t_b_check CHECK"),
        hints: &[("table:public.\"T t\"", "table:public.t")],
        rows: "INSERT INTO t VALUES (3, 'm')",
        kept: Some(("SELECT count(*)::text AS text FROM p", "1")),
        says: &["RENAME"],
        says_not: &["DROP", "ATTACH"],
        ..Pair::default()
    });
}

#[test]
fn hostile_names_of_partitions() {
    check(Pair {
        before: "CREATE TABLE other (x integer)",
        after: "CREATE SCHEMA \"S \"\"s\";
                CREATE TABLE \"S \"\"s\".\"select\" (\"from\" integer, \"😀 'x'\" text, PRIMARY KEY (\"from\")) PARTITION BY RANGE (\"from\");
                CREATE TABLE \"P.p\" PARTITION OF \"S \"\"s\".\"select\" FOR VALUES FROM (1) TO (2);
                CREATE INDEX \"I i\" ON \"S \"\"s\".\"select\" (\"😀 'x'\");
                CREATE TABLE \"O o\" (x integer); CREATE TABLE \"H h\" (\"a b\" integer) INHERITS (\"O o\")",
        ..Pair::default()
    });
}
