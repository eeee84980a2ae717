//! Operators with their families and classes, casts, conversions, languages and access methods.

use super::law::{change, read};
use super::types::{Pair, check};
use super::{answer, run};
use crate::support::{TestDatabase, servers};

const BOX: &str = "CREATE TYPE pair AS (a int, b int);
    CREATE FUNCTION sum_of(p pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT p.a + p.b';
    CREATE FUNCTION less(x pair, y pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
        AS 'SELECT x.a + x.b < y.a + y.b';
    CREATE FUNCTION more(x pair, y pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
        AS 'SELECT x.a + x.b > y.a + y.b';
    CREATE FUNCTION same(x pair, y pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
        AS 'SELECT x.a + x.b = y.a + y.b';
    CREATE FUNCTION compare(x pair, y pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT
        AS 'SELECT CASE WHEN x.a + x.b < y.a + y.b THEN -1 WHEN x.a + x.b = y.a + y.b THEN 0 ELSE 1 END';
    CREATE FUNCTION less_than(x pair, y int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
        AS 'SELECT x.a + x.b < y';
    CREATE FUNCTION compare_to(x pair, y int) RETURNS int LANGUAGE sql IMMUTABLE STRICT
        AS 'SELECT CASE WHEN x.a + x.b < y THEN -1 ELSE 1 END';";

fn state(rest: &str) -> String {
    format!("{BOX} {rest}")
}

#[test]
fn the_estimates_of_an_operator_are_altered_in_place() {
    check(Pair {
        before: &state(
            "CREATE OPERATOR === (FUNCTION = same, LEFTARG = pair, RIGHTARG = pair, RESTRICT = eqsel);
             CREATE OPERATOR |/ (FUNCTION = sum_of, RIGHTARG = pair);
             CREATE VIEW v AS SELECT (1, 2)::pair === (2, 1)::pair AS same, |/ (1, 2)::pair AS sum;
             COMMENT ON OPERATOR === (pair, pair) IS 'one'; COMMENT ON OPERATOR |/ (NONE, pair) IS 'two'",
        ),
        after: &state(
            "CREATE OPERATOR === (FUNCTION = same, LEFTARG = pair, RIGHTARG = pair, JOIN = eqjoinsel);
             CREATE OPERATOR |/ (FUNCTION = sum_of, RIGHTARG = pair);
             CREATE VIEW v AS SELECT (1, 2)::pair === (2, 1)::pair AS same, |/ (1, 2)::pair AS sum;
             COMMENT ON OPERATOR === (pair, pair) IS 'it''s one'",
        ),
        says: &[
            "SET (RESTRICT = NONE, JOIN = eqjoinsel)",
            "COMMENT ON OPERATOR |/ (NONE, pair) IS NULL",
        ],
        says_not: &["CREATE", "DROP"],
        ..Pair::default()
    });
}

#[test]
fn an_operator_with_another_function_is_made_anew_with_what_is_over_it() {
    let over = |function: &str| {
        state(&format!(
            "CREATE FUNCTION near(x pair, y pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
                 AS 'SELECT x.a = y.a';
             CREATE OPERATOR === (FUNCTION = {function}, LEFTARG = pair, RIGHTARG = pair);
             CREATE TABLE t (p pair, is_odd boolean DEFAULT ((1, 2)::pair === (2, 1)::pair),
                 is_one boolean GENERATED ALWAYS AS (p === (1, 1)::pair) STORED,
                 CONSTRAINT c CHECK (NOT p === (0, 7)::pair));
             CREATE INDEX i ON t (is_odd) WHERE p === (0, 0)::pair;
             CREATE VIEW v AS SELECT p FROM t WHERE p === (2, 2)::pair;
             COMMENT ON VIEW v IS 'kept'; COMMENT ON COLUMN t.is_one IS 'kept, too';
             COMMENT ON OPERATOR === (pair, pair) IS 'kept as well'"
        ))
    };
    check(Pair {
        before: &over("same"),
        after: &over("near"),
        rows: "INSERT INTO t (p) VALUES ((1, 1)), ((2, 0))",
        kept: Some(("SELECT count(p)::text AS text FROM t", "2")),
        says: &[
            "DROP VIEW \"v\"",
            "SET DEFAULT",
            "DROP CONSTRAINT \"c\"",
            "DROP INDEX \"i\"",
        ],
        ..Pair::default()
    });
}

#[test]
fn operators_that_name_each_other_come_and_go_together() {
    let less = "CREATE OPERATOR <<< (FUNCTION = less, LEFTARG = pair, RIGHTARG = pair{});";
    let more = "CREATE OPERATOR >>> (FUNCTION = more, LEFTARG = pair, RIGHTARG = pair{});";
    let not_less = "CREATE FUNCTION not_less(x pair, y pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
            AS 'SELECT NOT less(x, y)';
        CREATE OPERATOR >>>= (FUNCTION = not_less, LEFTARG = pair, RIGHTARG = pair, NEGATOR = <<<);";
    let alone = state(&less.replace("{}", ""));
    let linked = state(&format!(
        "{}{}",
        less.replace("{}", ", COMMUTATOR = >>>"),
        more.replace("{}", ", COMMUTATOR = <<<, RESTRICT = scalargtsel")
    ));
    let unlinked = state(&format!(
        "{}{}",
        less.replace("{}", ""),
        more.replace("{}", "")
    ));
    let negated = state(&format!(
        "{}{not_less}",
        less.replace("{}", ", HASHES, MERGES")
    ));
    let own = state(
        "CREATE OPERATOR === (FUNCTION = same, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = ===)",
    );
    check(Pair {
        before: &alone,
        after: &linked,
        says: &["CREATE OPERATOR >>> ("],
        says_not: &["CREATE OPERATOR <<< (", "DROP", "ALTER"],
        ..Pair::default()
    });
    for (before, after) in [
        (&linked, &unlinked),
        (&linked, &negated),
        (&negated, &alone),
        (&negated, &own),
        (&own, &BOX.to_owned()),
    ] {
        check(Pair {
            before,
            after,
            ..Pair::default()
        });
    }
}

const COMPARISONS: &str =
    "CREATE OPERATOR < (FUNCTION = less, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = >);
     CREATE OPERATOR > (FUNCTION = more, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = <);
     CREATE OPERATOR === (FUNCTION = same, LEFTARG = pair, RIGHTARG = pair);
     CREATE OPERATOR < (FUNCTION = less_than, LEFTARG = pair, RIGHTARG = int);";

const CLASS: &str = "CREATE OPERATOR CLASS by_sum FOR TYPE pair USING btree AS
         OPERATOR 1 <, OPERATOR 3 ===, OPERATOR 5 >, FUNCTION 1 compare(pair, pair);";

#[test]
fn operator_classes_come_before_what_is_indexed_by_them() {
    check(Pair {
        before: BOX,
        after: &state(&format!(
            "{COMPARISONS} {CLASS}
             COMMENT ON OPERATOR CLASS by_sum USING btree IS 'class';
             COMMENT ON OPERATOR FAMILY by_sum USING btree IS 'family';
             CREATE TABLE t (p pair, q int);
             CREATE UNIQUE INDEX t_p ON t (p by_sum);
             CREATE INDEX t_q ON t (q) WHERE p < 7;
             CREATE TYPE pairs AS RANGE (subtype = pair, subtype_opclass = by_sum)"
        )),
        says: &["CREATE OPERATOR FAMILY \"by_sum\" USING \"btree\""],
        ..Pair::default()
    });
}

#[test]
fn classes_and_families_change() {
    let over = |class: &str, family: &str| {
        state(&format!(
            "{COMPARISONS} {class} {family}
             CREATE TABLE t (p pair); CREATE INDEX t_p ON t (p by_sum);
             COMMENT ON INDEX t_p IS 'kept'"
        ))
    };
    let default = CLASS.replace("FOR TYPE", "DEFAULT FOR TYPE");
    let other_family = CLASS.replace("btree AS", "btree FAMILY others AS");
    let other_family = format!("CREATE OPERATOR FAMILY others USING btree; {other_family}");
    let loose = "ALTER OPERATOR FAMILY by_sum USING btree ADD OPERATOR 1 < (pair, int),
                     FUNCTION 1 (pair, int) compare_to(pair, int);";
    let of_postgres = "ALTER OPERATOR FAMILY integer_ops USING btree ADD OPERATOR 1 < (pair, int);";
    let plain = over(CLASS, "");
    for after in [
        over(&default, ""),
        over(&other_family, ""),
        over(CLASS, loose),
        over(CLASS, of_postgres),
        over(&CLASS.replace("OPERATOR 5 >,", ""), ""),
    ] {
        check(Pair {
            before: &plain,
            after: &after,
            rows: "INSERT INTO t VALUES ((1, 2))",
            kept: Some(("SELECT p::text AS text FROM t", "(1,2)")),
            ..Pair::default()
        });
    }
    check(Pair {
        before: &plain,
        after: &over(CLASS, loose),
        says: &[
            "ALTER OPERATOR FAMILY \"by_sum\" USING \"btree\" ADD OPERATOR 1 ",
            "ALTER OPERATOR FAMILY \"by_sum\" USING \"btree\" ADD FUNCTION 1 (pair, integer) ",
        ],
        says_not: &["INDEX", "CLASS"],
        ..Pair::default()
    });
}

#[test]
fn a_class_may_store_another_type_and_order_by_a_distance() {
    check(Pair {
        after: "CREATE OPERATOR CLASS points USING gist FOR TYPE point AS
                    OPERATOR 15 <-> (point, point) FOR ORDER BY float_ops,
                    FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
                    FUNCTION 2 gist_box_union(internal, internal),
                    FUNCTION 3 gist_point_compress(internal),
                    FUNCTION 5 gist_box_penalty(internal, internal, internal),
                    FUNCTION 6 gist_box_picksplit(internal, internal),
                    FUNCTION 7 gist_box_same(box, box, internal),
                    FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal),
                    STORAGE box;
                CREATE TABLE t (p point); CREATE INDEX t_p ON t USING gist (p points);"
            .replace(
                "USING gist FOR TYPE point AS",
                "FOR TYPE point USING gist AS",
            )
            .as_str(),
        says: &["STORAGE box", "FOR ORDER BY"],
        ..Pair::default()
    });
}

#[test]
fn a_key_is_by_the_default_class_of_its_type() {
    let over = |function: &str| {
        state(&format!(
            "CREATE FUNCTION other(x pair, y pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT
                 AS 'SELECT compare(x, y)';
             {COMPARISONS} {}
             CREATE TABLE t (p pair PRIMARY KEY); CREATE TABLE u (p pair REFERENCES t)",
            CLASS
                .replace("FOR TYPE", "DEFAULT FOR TYPE")
                .replace("compare(", function)
        ))
    };
    check(Pair {
        before: &over("compare("),
        after: &over("other("),
        rows: "INSERT INTO t VALUES ((1, 2))",
        kept: Some(("SELECT p::text AS text FROM t", "(1,2)")),
        says: &["DROP CONSTRAINT \"t_pkey\""],
        ..Pair::default()
    });
}

#[test]
fn what_an_operator_announced_goes_with_it() {
    let operators = "SELECT coalesce(string_agg(oid::regoperator::text || ' ' || oprcode, ', ' ORDER BY oid::regoperator::text), '') AS text
                     FROM pg_operator WHERE oid >= 16384";
    let first = "CREATE OPERATOR <<< (FUNCTION = int48lt, LEFTARG = integer, RIGHTARG = bigint,
        COMMUTATOR = >>>, NEGATOR = >>>=);";
    // From 18 on, what is announced by one is nobody else's, and neither is what is there.
    let second = "CREATE OPERATOR !<<< (FUNCTION = int48lt, LEFTARG = integer, RIGHTARG = bigint, COMMUTATOR = >>>);";
    let third = "CREATE OPERATOR ~~~ (FUNCTION = int48lt, LEFTARG = integer, RIGHTARG = bigint,
        NEGATOR = OPERATOR(pg_catalog.>=));";
    let defined = "CREATE OPERATOR >>> (FUNCTION = int84gt, LEFTARG = bigint, RIGHTARG = integer);";
    let alone = (first.to_owned(), String::new());
    let both = format!("{first} {second} {third}");
    let before_18 = [(both.clone(), String::new()), (both, second.to_owned())];
    for server in servers() {
        let mut cases = vec![
            alone.clone(),
            (first.to_owned(), format!("{first} {defined}")),
        ];
        if server.major() < 18 {
            cases.extend(before_18.clone());
        }
        for (before, after) in cases {
            let [one, other] = [&before, &after].map(|sql| {
                let database = TestDatabase::on(&server);
                run(&mut database.connect(), sql);
                database
            });
            let (mut connection, mut fresh) = (one.connect(), other.connect());
            let (from, to) = (read(&mut connection), read(&mut fresh));
            let expected = answer(&mut fresh, operators);
            change(&mut connection, &from, &to, "up");
            let what = format!("{after} on {}", server.major());
            assert_eq!(answer(&mut connection, operators), expected, "{what}");
        }
    }
}

#[test]
fn families_and_classes_are_renamed() {
    let over = |class: &str| {
        state(&format!(
            "{COMPARISONS} {}
             ALTER OPERATOR FAMILY {class} USING btree ADD OPERATOR 1 < (pair, int);
             CREATE TABLE t (p pair); CREATE INDEX t_p ON t (p {class});
             COMMENT ON OPERATOR CLASS {class} USING btree IS 'kept'",
            CLASS.replace("by_sum", class)
        ))
    };
    check(Pair {
        before: &over("by_sum"),
        after: &over("\"By \"\"sum\""),
        hints: &[
            (
                "operator_class:public.\"By \"\"sum\".btree",
                "operator_class:public.by_sum.btree",
            ),
            (
                "operator_family:public.\"By \"\"sum\".btree",
                "operator_family:public.by_sum.btree",
            ),
        ],
        says: &[
            "ALTER OPERATOR CLASS \"by_sum\" USING \"btree\" RENAME TO \"By \"\"sum\"",
            "ALTER OPERATOR FAMILY \"by_sum\" USING \"btree\" RENAME TO",
        ],
        says_not: &["CREATE", "DROP", "ADD"],
        ..Pair::default()
    });
}

#[test]
fn a_cast_comes_before_what_is_cast_by_it() {
    let casts = |how: &str, function: &str| {
        state(&format!(
            "CREATE FUNCTION first_of(p pair) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT p.a';
             CREATE CAST (pair AS int) WITH FUNCTION {function}(pair){how};
             CREATE CAST (pair AS json) WITH INOUT;
             COMMENT ON CAST (pair AS int) IS 'kept';
             CREATE TABLE t (p pair, n int GENERATED ALWAYS AS (p::int) STORED,
                 CHECK (p::int > 0));
             CREATE INDEX i ON t ((p::int));
             CREATE VIEW v AS SELECT p::int AS n, p::json IS NULL AS j FROM t"
        ))
    };
    check(Pair {
        before: BOX,
        after: &casts("", "sum_of"),
        says: &["CREATE CAST (pair AS json) WITH INOUT"],
        ..Pair::default()
    });
    check(Pair {
        before: &casts("", "sum_of"),
        after: &casts(" AS ASSIGNMENT", "sum_of"),
        says: &["AS ASSIGNMENT"],
        ..Pair::default()
    });
    check(Pair {
        before: &casts(" AS IMPLICIT", "sum_of"),
        after: &casts(" AS ASSIGNMENT", "first_of"),
        rows: "INSERT INTO t (p) VALUES ((2, 3))",
        kept: Some(("SELECT p::text AS text FROM t", "(2,3)")),
        // Another function is called now, though the text is the same.
        says: &["DROP VIEW \"v\"", "DROP INDEX \"i\""],
        ..Pair::default()
    });
}

#[test]
fn casts_without_a_function() {
    check(Pair {
        before: "CREATE DOMAIN word AS text; CREATE TYPE mood AS ENUM ('sad');
                 CREATE CAST (mood AS integer) WITH INOUT AS IMPLICIT;
                 CREATE CAST (text AS mood) WITH INOUT",
        after: "CREATE DOMAIN word AS text; CREATE TYPE mood AS ENUM ('sad');
                CREATE CAST (text AS mood) WITH INOUT AS ASSIGNMENT;
                CREATE CAST (xml AS json) WITHOUT FUNCTION;
                COMMENT ON CAST (xml AS json) IS 'odd'",
        says: &["CREATE CAST (xml AS json) WITHOUT FUNCTION"],
        ..Pair::default()
    });
}

#[test]
fn conversions_are_made_anew_and_renamed() {
    check(Pair {
        before: "CREATE CONVERSION old FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
                 CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
                 COMMENT ON CONVERSION old IS 'kept'",
        after: "CREATE CONVERSION \"New \"\"c\" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
                CREATE DEFAULT CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
                CREATE CONVERSION d FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
                COMMENT ON CONVERSION \"New \"\"c\" IS 'kept'",
        hints: &[("conversion:public.\"New \"\"c\"", "conversion:public.old")],
        says: &[
            "CREATE DEFAULT CONVERSION \"c\"",
            "ALTER CONVERSION \"old\" RENAME TO",
        ],
        ..Pair::default()
    });
}

#[test]
fn languages_come_before_their_functions() {
    const HANDLER: &str = "HANDLER plpgsql_call_handler";
    let function = |language: &str| {
        format!("CREATE FUNCTION f() RETURNS int LANGUAGE {language} AS 'BEGIN RETURN 1; END'")
    };
    check(Pair {
        before: &format!(
            "CREATE LANGUAGE mine {HANDLER} INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
             {}; COMMENT ON LANGUAGE mine IS 'ours'",
            function("mine")
        ),
        after: &format!(
            "CREATE TRUSTED LANGUAGE mine {HANDLER} VALIDATOR plpgsql_validator;
             {}; COMMENT ON LANGUAGE mine IS 'it''s ours'",
            function("mine")
        ),
        says: &["CREATE OR REPLACE TRUSTED LANGUAGE \"mine\""],
        says_not: &["FUNCTION", "DROP"],
        ..Pair::default()
    });
    check(Pair {
        after: &format!(
            "CREATE LANGUAGE \"My \"\"l\" {HANDLER}; {}",
            function("\"My \"\"l\"")
        ),
        ..Pair::default()
    });
    check(Pair {
        before: &format!("CREATE LANGUAGE old {HANDLER}; {}", function("old")),
        after: &format!(
            "CREATE LANGUAGE \"New l\" {HANDLER}; {}",
            function("\"New l\"")
        ),
        hints: &[("language:\"New l\"", "language:old")],
        says: &["ALTER LANGUAGE \"old\" RENAME TO \"New l\""],
        says_not: &["CREATE", "DROP"],
        ..Pair::default()
    });
}

#[test]
fn access_methods_come_before_tables_and_indexes() {
    check(Pair {
        after: "CREATE ACCESS METHOD \"My heap\" TYPE TABLE HANDLER heap_tableam_handler;
                CREATE ACCESS METHOD \"My \"\"gist\" TYPE INDEX HANDLER gisthandler;
                COMMENT ON ACCESS METHOD \"My heap\" IS 'ours';
                CREATE OPERATOR CLASS points DEFAULT FOR TYPE point USING \"My \"\"gist\" AS
                    OPERATOR 6 ~= (point, point),
                    FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
                    FUNCTION 2 gist_box_union(internal, internal),
                    FUNCTION 3 gist_point_compress(internal),
                    FUNCTION 5 gist_box_penalty(internal, internal, internal),
                    FUNCTION 6 gist_box_picksplit(internal, internal),
                    FUNCTION 7 gist_box_same(box, box, internal),
                    STORAGE box;
                CREATE TABLE t (p point) USING \"My heap\";
                CREATE INDEX i ON t USING \"My \"\"gist\" (p)",
        says: &["CREATE ACCESS METHOD \"My heap\" TYPE TABLE HANDLER heap_tableam_handler"],
        ..Pair::default()
    });
}

#[test]
fn hostile_names_of_operators_and_their_like_survive() {
    let long = "é".repeat(31);
    check(Pair {
        after: &format!(
            "CREATE SCHEMA \"My \"\"s, (\";
             CREATE TYPE \"My \"\"s, (\".\"T, )\" AS (a int);
             CREATE FUNCTION \"My \"\"s, (\".\"select\"(x \"My \"\"s, (\".\"T, )\", y \"My \"\"s, (\".\"T, )\")
                 RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x.a < y.a';
             CREATE FUNCTION \"My \"\"s, (\".\"C\"(x \"My \"\"s, (\".\"T, )\", y \"My \"\"s, (\".\"T, )\")
                 RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x.a - y.a';
             CREATE FUNCTION \"My \"\"s, (\".\"cast\"(x \"My \"\"s, (\".\"T, )\")
                 RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x.a';
             CREATE OPERATOR \"My \"\"s, (\".<~!@# (FUNCTION = \"My \"\"s, (\".\"select\",
                 LEFTARG = \"My \"\"s, (\".\"T, )\", RIGHTARG = \"My \"\"s, (\".\"T, )\");
             COMMENT ON OPERATOR \"My \"\"s, (\".<~!@# (\"My \"\"s, (\".\"T, )\", \"My \"\"s, (\".\"T, )\")
                 IS 'it''s';
             CREATE OPERATOR FAMILY \"My \"\"s, (\".\"🐘\" USING btree;
             CREATE OPERATOR CLASS \"My \"\"s, (\".\"{long}\" FOR TYPE \"My \"\"s, (\".\"T, )\"
                 USING btree FAMILY \"My \"\"s, (\".\"🐘\" AS
                 OPERATOR 1 \"My \"\"s, (\".<~!@#,
                 FUNCTION 1 \"My \"\"s, (\".\"C\"(\"My \"\"s, (\".\"T, )\", \"My \"\"s, (\".\"T, )\");
             CREATE CAST (\"My \"\"s, (\".\"T, )\" AS int)
                 WITH FUNCTION \"My \"\"s, (\".\"cast\"(\"My \"\"s, (\".\"T, )\");
             CREATE TABLE t (a \"My \"\"s, (\".\"T, )\");
             CREATE INDEX i ON t (a \"My \"\"s, (\".\"{long}\")"
        ),
        ..Pair::default()
    });
}

#[test]
fn what_belongs_to_an_extension_is_left_to_it() {
    check(Pair {
        after: "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION btree_gist;
                CREATE TABLE t (a citext PRIMARY KEY, b hstore, c int, EXCLUDE USING gist (c WITH =))",
        says_not: &["OPERATOR CLASS", "OPERATOR FAMILY", "CREATE OPERATOR", "CAST"],
        ..Pair::default()
    });
}

#[test]
fn a_link_that_is_not_returned_stays_so() {
    let operator = |name: &str, function: &str, rest: &str| {
        format!(
            "CREATE OPERATOR {name} (FUNCTION = {function}, LEFTARG = pair, RIGHTARG = pair{rest});"
        )
    };
    let alone = state(&format!(
        "{}{}",
        operator("<<<", "less", ""),
        operator(">>>", "more", "")
    ));
    let both = state(&format!(
        "{}{}",
        operator("<<<", "less", ", COMMUTATOR = >>>"),
        operator(">>>", "more", ", COMMUTATOR = <<<")
    ));
    // The one is made first, and announces the other, which is then made without a word of it.
    let one_sided = |kind: &str, rest: &str| {
        state(&format!(
            "{}{}",
            operator("<<<", "less", &format!(", {kind} = >>>")),
            operator(">>>", "more", rest)
        ))
    };
    let commuted = one_sided("COMMUTATOR", "");
    let negated = one_sided("NEGATOR", ", RESTRICT = eqsel");
    for before in [&alone, &both, &negated, &BOX.to_owned()] {
        check(Pair {
            before,
            after: &commuted,
            ..Pair::default()
        });
    }
    check(Pair {
        before: &alone,
        after: &negated,
        ..Pair::default()
    });
    // Another function under the operator that is linked to, which is in an index.
    let over = |function: &str| {
        format!(
            "{} CREATE TABLE t (p pair); CREATE INDEX t_p ON t (p) WHERE p <<< (1, 1)::pair",
            commuted.replace("FUNCTION = more", &format!("FUNCTION = {function}"))
        )
    };
    check(Pair {
        before: &over("more"),
        after: &over("same"),
        ..Pair::default()
    });
}
