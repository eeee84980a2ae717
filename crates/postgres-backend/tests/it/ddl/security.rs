//! Row security, owners, grants and default privileges: each from one schema to another and back. The
//! roles are some that every server has.

use super::types::{Pair, check};

/// Both are the same.
#[track_caller]
fn same(one: &str, other: &str) {
    for server in crate::support::servers() {
        let read = |sql: &str| {
            let database = crate::support::TestDatabase::on(&server);
            let mut connection = database.connect();
            super::run(&mut connection, sql);
            super::law::read(&mut connection)
        };
        let (one, other) = (read(one), read(other));
        for id in one.objects.keys().chain(other.objects.keys()) {
            assert_eq!(one.get(id), other.get(id), "{id}");
        }
    }
}

#[test]
fn row_security_is_switched_in_place() {
    check(Pair {
        before: "CREATE TABLE t (a int); CREATE TABLE u (a int); ALTER TABLE u FORCE ROW LEVEL SECURITY",
        after: "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
                ALTER TABLE t FORCE ROW LEVEL SECURITY;
                CREATE TABLE u (a int); ALTER TABLE u ENABLE ROW LEVEL SECURITY;
                CREATE TABLE v (a int); ALTER TABLE v ENABLE ROW LEVEL SECURITY",
        says: &[
            "ALTER TABLE \"t\"\n    ENABLE ROW LEVEL SECURITY,\n    FORCE ROW LEVEL SECURITY",
            "ALTER TABLE \"u\"\n    ENABLE ROW LEVEL SECURITY,\n    NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE \"v\" ENABLE ROW LEVEL SECURITY",
        ],
        ..Pair::default()
    });
}

#[test]
fn policies_come_and_go() {
    check(Pair {
        before: "CREATE TABLE t (a int, b text)",
        after: "CREATE TABLE t (a int, b text);
                CREATE TABLE seen (a int);
                CREATE FUNCTION may(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 0';
                CREATE POLICY every ON t;
                CREATE POLICY reading ON t FOR SELECT TO pg_monitor, pg_read_all_stats USING (may(a));
                CREATE POLICY adding ON t AS RESTRICTIVE FOR INSERT WITH CHECK (b <> 'it''s');
                CREATE POLICY changing ON t FOR UPDATE TO PUBLIC USING (a > 0) WITH CHECK (a > 1);
                CREATE POLICY removing ON t FOR DELETE USING (a IN (SELECT seen.a FROM seen));
                COMMENT ON POLICY reading ON t IS 'for those who watch'",
        says: &[
            "CREATE POLICY \"every\" ON \"t\";",
            "FOR SELECT\n    TO \"pg_monitor\", \"pg_read_all_stats\"\n    USING (may(a))",
            "CREATE POLICY \"adding\" ON \"t\" AS RESTRICTIVE FOR INSERT WITH CHECK",
            "CREATE POLICY \"changing\" ON \"t\" FOR UPDATE USING (",
            "COMMENT ON POLICY \"reading\" ON \"t\" IS 'for those who watch'",
        ],
        ..Pair::default()
    });
}

#[test]
fn a_policy_is_altered_in_place_where_that_can_be() {
    check(Pair {
        before: "CREATE TABLE t (a int);
                 CREATE POLICY p ON t TO pg_monitor USING (a > 0);
                 CREATE POLICY q ON t USING (a > 0) WITH CHECK (a > 0);
                 CREATE POLICY r ON t FOR UPDATE USING (a > 0);
                 COMMENT ON POLICY r ON t IS 'kept'",
        after: "CREATE TABLE t (a int);
                CREATE POLICY p ON t TO PUBLIC USING (a > 0);
                CREATE POLICY q ON t TO pg_monitor, pg_read_all_stats USING (a > 1) WITH CHECK (a > 2);
                CREATE POLICY r ON t FOR UPDATE USING (a > 0) WITH CHECK (a > 5);
                COMMENT ON POLICY r ON t IS 'kept'",
        says: &[
            "ALTER POLICY \"p\" ON \"t\" TO PUBLIC;",
            "ALTER POLICY \"q\" ON \"t\"\n    TO \"pg_monitor\", \"pg_read_all_stats\"\n    USING (a > 1)\n    WITH CHECK (a > 2)",
            "ALTER POLICY \"r\" ON \"t\" WITH CHECK (a > 5)",
        ],
        says_not: &["DROP POLICY", "COMMENT"],
        ..Pair::default()
    });
}

#[test]
fn a_policy_is_replaced_where_it_must_be() {
    check(Pair {
        before: "CREATE TABLE t (a int);
                 CREATE POLICY command ON t FOR SELECT USING (a > 0);
                 CREATE POLICY kind ON t USING (a > 0);
                 CREATE POLICY gone ON t USING (a > 0) WITH CHECK (a > 0);
                 COMMENT ON POLICY kind ON t IS 'kept'",
        after: "CREATE TABLE t (a int);
                CREATE POLICY command ON t FOR DELETE USING (a > 0);
                CREATE POLICY kind ON t AS RESTRICTIVE USING (a > 0);
                CREATE POLICY gone ON t WITH CHECK (a > 0);
                COMMENT ON POLICY kind ON t IS 'kept'",
        says: &[
            "DROP POLICY \"command\" ON \"t\"",
            "DROP POLICY \"gone\" ON \"t\"",
            "COMMENT ON POLICY \"kind\" ON \"t\" IS 'kept'",
        ],
        ..Pair::default()
    });
}

#[test]
fn a_policy_is_renamed() {
    check(Pair {
        before: "CREATE TABLE t (a int); CREATE POLICY p ON t USING (a > 0); COMMENT ON POLICY p ON t IS 'x'",
        after: "CREATE TABLE t (a int); CREATE POLICY q ON t USING (a > 0); COMMENT ON POLICY q ON t IS 'x'",
        says: &["ALTER POLICY \"p\" ON \"t\" RENAME TO \"q\""],
        says_not: &["DROP", "CREATE", "COMMENT"],
        ..Pair::default()
    });
    check(Pair {
        before: "CREATE TABLE t (a int); CREATE POLICY p ON t USING (a > 0)",
        after: "CREATE TABLE u (a int); CREATE POLICY q ON u USING (a > 1)",
        hints: &[
            ("table:public.u", "table:public.t"),
            ("policy:public.u.q", "policy:public.t.p"),
        ],
        says: &[
            "RENAME TO \"q\"",
            "ALTER POLICY \"q\" ON \"u\" USING (a > 1)",
        ],
        says_not: &["DROP", "CREATE"],
        ..Pair::default()
    });
}

#[test]
fn a_policy_steps_aside_for_what_it_reads() {
    check(Pair {
        before: "CREATE TYPE mood AS ENUM ('sad', 'glad');
                 CREATE TABLE t (a int, b text, m mood);
                 CREATE FUNCTION may(x int) RETURNS boolean LANGUAGE sql AS 'SELECT x > 0';
                 CREATE POLICY of_a ON t USING (a > 0);
                 CREATE POLICY of_b ON t USING (b = 'x');
                 CREATE POLICY of_m ON t USING (m = 'glad');
                 CREATE POLICY calls ON t USING (may(length(b)));
                 COMMENT ON POLICY of_a ON t IS 'kept'",
        after: "CREATE TYPE mood AS ENUM ('glad');
                CREATE TABLE t (a bigint, b text, m mood);
                CREATE FUNCTION may(y int) RETURNS boolean LANGUAGE sql AS 'SELECT y > 0';
                CREATE POLICY of_a ON t USING (a > 0);
                CREATE POLICY of_b ON t USING (b = 'x');
                CREATE POLICY of_m ON t USING (m = 'glad');
                CREATE POLICY calls ON t USING (may(length(b)));
                COMMENT ON POLICY of_a ON t IS 'kept'",
        rows: "INSERT INTO t VALUES (1, 'x', 'glad')",
        kept: Some((
            "SELECT format('%s %s %s', a, b, m) AS text FROM t",
            "1 x glad",
        )),
        says: &[
            "DROP POLICY \"of_a\" ON \"t\"",
            "DROP POLICY \"of_m\" ON \"t\"",
            "DROP POLICY \"calls\" ON \"t\"",
            "COMMENT ON POLICY \"of_a\"",
        ],
        says_not: &["of_b"],
        ..Pair::default()
    });
}

#[test]
fn a_policy_lets_go_of_what_is_dropped() {
    check(Pair {
        before: "CREATE TABLE t (a int, b int); CREATE TABLE u (a int);
                 CREATE POLICY p ON t USING (b > 0);
                 CREATE POLICY q ON t USING (a IN (SELECT u.a FROM u))",
        after: "CREATE TABLE t (a int); CREATE POLICY p ON t USING (a > 0);
                CREATE POLICY q ON t USING (a > 1)",
        ..Pair::default()
    });
    check(Pair {
        before: "CREATE TABLE t (a int); CREATE TABLE u (a int);
                 ALTER TABLE t ENABLE ROW LEVEL SECURITY;
                 CREATE POLICY p ON t USING (a IN (SELECT u.a FROM u));
                 CREATE POLICY q ON u USING (a IN (SELECT t.a FROM t))",
        after: "CREATE TABLE x (a int)",
        ..Pair::default()
    });
}

const EACH_KIND: &str = "CREATE SCHEMA s;
    CREATE TABLE t (a int, b int);
    CREATE VIEW v AS SELECT a FROM t;
    CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
    CREATE SEQUENCE q;
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE p(int) LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int, initcond = '0');
    CREATE AGGREGATE number(*) (sfunc = int8inc, stype = bigint, initcond = '0');
    CREATE AGGREGATE place(float8 ORDER BY float8) (
        sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final,
        finalfunc_extra);
    CREATE AGGREGATE ranked(VARIADIC \"any\" ORDER BY VARIADIC \"any\") (
        sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final,
        finalfunc_extra, hypothetical);
    CREATE TYPE e AS ENUM ('a');
    CREATE TYPE c AS (x int);
    CREATE TYPE r AS RANGE (subtype = int);
    CREATE DOMAIN d AS int;";

#[test]
fn grants_on_each_kind() {
    check(Pair {
        before: EACH_KIND,
        after: &format!(
            "{EACH_KIND}
            GRANT USAGE, CREATE ON SCHEMA s TO pg_monitor;
            GRANT SELECT, INSERT ON t TO pg_monitor, pg_read_all_stats;
            GRANT UPDATE (a), REFERENCES (a, b) ON t TO pg_monitor;
            GRANT SELECT ON v TO PUBLIC;
            GRANT SELECT (a) ON v TO pg_monitor WITH GRANT OPTION;
            GRANT SELECT ON m TO pg_monitor;
            GRANT USAGE ON SEQUENCE q TO pg_monitor WITH GRANT OPTION;
            GRANT EXECUTE ON FUNCTION f(int) TO pg_monitor;
            GRANT EXECUTE ON PROCEDURE p(int) TO pg_monitor;
            GRANT EXECUTE ON FUNCTION total(int), number(), place(float8, float8), ranked(VARIADIC \"any\")
                TO pg_monitor;
            GRANT USAGE ON TYPE e, c, r, d TO pg_monitor"
        ),
        says: &[
            "GRANT USAGE, CREATE ON SCHEMA \"s\" TO \"pg_monitor\"",
            "GRANT SELECT, INSERT ON TABLE \"t\" TO \"pg_monitor\", \"pg_read_all_stats\"",
            "GRANT UPDATE (\"a\"), REFERENCES (\"a\") ON TABLE \"t\" TO \"pg_monitor\"",
            "GRANT SELECT ON TABLE \"v\" TO PUBLIC",
            "GRANT USAGE ON SEQUENCE \"q\" TO \"pg_monitor\" WITH GRANT OPTION",
            "GRANT EXECUTE ON PROCEDURE \"p\"(integer) TO \"pg_monitor\"",
            "GRANT EXECUTE ON FUNCTION \"number\"() TO \"pg_monitor\"",
        ],
        says_not: &["REVOKE"],
        ..Pair::default()
    });
}

#[test]
fn what_postgres_gives_by_itself_is_taken_and_given_back() {
    check(Pair {
        before: EACH_KIND,
        after: &format!(
            "{EACH_KIND}
            REVOKE ALL ON FUNCTION f(int), total(int) FROM PUBLIC;
            REVOKE ALL ON PROCEDURE p(int) FROM PUBLIC;
            REVOKE ALL ON TYPE e, c, r, d FROM PUBLIC;
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            REVOKE INSERT, TRUNCATE ON t FROM CURRENT_USER;
            REVOKE ALL ON v FROM CURRENT_USER;
            REVOKE ALL ON SCHEMA s FROM CURRENT_USER"
        ),
        says: &[
            "REVOKE EXECUTE ON FUNCTION \"f\"(integer) FROM PUBLIC",
            "REVOKE USAGE ON TYPE \"e\" FROM PUBLIC",
            "ON SCHEMA \"public\" FROM PUBLIC",
            "REVOKE INSERT, TRUNCATE ON TABLE \"t\" FROM CURRENT_USER",
        ],
        says_not: &["GRANT"],
        ..Pair::default()
    });
}

#[test]
fn what_is_said_and_taken_back_is_no_difference() {
    same(
        EACH_KIND,
        &format!(
            "{EACH_KIND}
            GRANT SELECT ON t TO pg_monitor; REVOKE SELECT ON t FROM pg_monitor;
            GRANT ALL ON t, v, m TO CURRENT_USER;
            GRANT EXECUTE ON FUNCTION f(int) TO PUBLIC;
            REVOKE EXECUTE ON PROCEDURE p(int) FROM PUBLIC; GRANT EXECUTE ON PROCEDURE p(int) TO PUBLIC;
            GRANT USAGE ON TYPE e TO pg_monitor; REVOKE ALL ON TYPE e FROM pg_monitor;
            GRANT SELECT (a) ON t TO pg_monitor; REVOKE SELECT (a) ON t FROM pg_monitor;
            GRANT USAGE ON SCHEMA public TO pg_monitor; REVOKE ALL ON SCHEMA public FROM pg_monitor;
            ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
            ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor;
            ALTER TABLE t OWNER TO pg_monitor; ALTER TABLE t OWNER TO CURRENT_USER"
        ),
    );
}

#[test]
fn grants_gain_and_lose_privileges_and_options() {
    check(Pair {
        before: "CREATE TABLE t (a int, b int);
                 GRANT SELECT, INSERT, UPDATE ON t TO pg_monitor;
                 GRANT DELETE ON t TO pg_monitor WITH GRANT OPTION;
                 GRANT SELECT (a) ON t TO pg_read_all_stats",
        after: "CREATE TABLE t (a int, b int);
                GRANT SELECT, DELETE, TRUNCATE ON t TO pg_monitor;
                GRANT INSERT ON t TO pg_monitor WITH GRANT OPTION;
                GRANT SELECT (b) ON t TO pg_read_all_stats",
        says: &[
            "REVOKE UPDATE ON TABLE \"t\" FROM \"pg_monitor\"",
            "REVOKE GRANT OPTION FOR DELETE ON TABLE \"t\" FROM \"pg_monitor\"",
            "GRANT TRUNCATE ON TABLE \"t\" TO \"pg_monitor\"",
            "GRANT INSERT ON TABLE \"t\" TO \"pg_monitor\" WITH GRANT OPTION",
            "REVOKE SELECT (\"a\") ON TABLE \"t\" FROM \"pg_read_all_stats\"",
        ],
        ..Pair::default()
    });
}

#[test]
fn what_is_revoked_on_a_table_stays_on_its_columns() {
    check(Pair {
        before: "CREATE TABLE t (a int, b int, c int);
                 GRANT SELECT, UPDATE ON t TO pg_monitor;
                 GRANT SELECT (a, c) ON t TO pg_monitor; GRANT SELECT (b) ON t TO pg_monitor WITH GRANT OPTION;
                 CREATE VIEW v AS SELECT 1 AS x; GRANT SELECT ON v TO PUBLIC; GRANT SELECT (x) ON v TO PUBLIC",
        after: "CREATE TABLE t (a int, b int, c int);
                GRANT UPDATE ON t TO pg_monitor;
                GRANT SELECT (a) ON t TO pg_monitor; GRANT SELECT (b) ON t TO pg_monitor WITH GRANT OPTION;
                CREATE VIEW v AS SELECT 1 AS x; GRANT SELECT (x) ON v TO PUBLIC",
        says: &[
            "REVOKE SELECT ON TABLE \"t\" FROM \"pg_monitor\"",
            "GRANT SELECT (\"a\") ON TABLE \"t\" TO \"pg_monitor\"",
            "GRANT SELECT (\"b\") ON TABLE \"t\" TO \"pg_monitor\" WITH GRANT OPTION",
            "GRANT SELECT (\"x\") ON TABLE \"v\" TO PUBLIC",
        ],
        ..Pair::default()
    });
}

#[test]
fn grants_and_owners_are_put_back_with_what_is_made_anew() {
    check(Pair {
        before: "CREATE TYPE mood AS ENUM ('a', 'b');
                 CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a + 1) STORED, m mood);
                 CREATE VIEW v AS SELECT a, m FROM t;
                 CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1';
                 GRANT SELECT ON v TO pg_monitor; GRANT SELECT (a) ON v TO pg_read_all_stats;
                 GRANT SELECT (g) ON t TO pg_monitor;
                 ALTER VIEW v OWNER TO pg_monitor;
                 ALTER TYPE mood OWNER TO pg_monitor; REVOKE ALL ON TYPE mood FROM PUBLIC;
                 GRANT USAGE ON TYPE mood TO pg_read_all_stats;
                 REVOKE ALL ON FUNCTION f FROM PUBLIC; ALTER FUNCTION f OWNER TO pg_read_all_stats",
        after: "CREATE TYPE mood AS ENUM ('a');
                CREATE TABLE t (a bigint, g int GENERATED ALWAYS AS (a + 2) STORED, m mood);
                CREATE VIEW v AS SELECT a, m FROM t;
                CREATE FUNCTION f(y int) RETURNS int LANGUAGE sql AS 'SELECT 1';
                GRANT SELECT ON v TO pg_monitor; GRANT SELECT (a) ON v TO pg_read_all_stats;
                GRANT SELECT (g) ON t TO pg_monitor;
                ALTER VIEW v OWNER TO pg_monitor;
                ALTER TYPE mood OWNER TO pg_monitor; REVOKE ALL ON TYPE mood FROM PUBLIC;
                GRANT USAGE ON TYPE mood TO pg_read_all_stats;
                REVOKE ALL ON FUNCTION f FROM PUBLIC; ALTER FUNCTION f OWNER TO pg_read_all_stats",
        says: &[
            "ALTER VIEW \"v\" OWNER TO \"pg_monitor\"",
            "GRANT SELECT (\"a\") ON TABLE \"v\" TO \"pg_read_all_stats\"",
            "GRANT SELECT (\"g\") ON TABLE \"t\" TO \"pg_monitor\"",
            "ALTER TYPE \"mood\" OWNER TO \"pg_monitor\"",
            "REVOKE EXECUTE ON FUNCTION \"f\"(integer) FROM PUBLIC",
        ],
        ..Pair::default()
    });
}

#[test]
fn owners_of_each_kind() {
    let more = "CREATE COLLATION co FROM \"C\"; CREATE STATISTICS st ON a, b FROM t;
        CREATE FUNCTION fires() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE TABLE n (id serial);";
    check(Pair {
        before: &format!("{EACH_KIND}{more}"),
        after: &format!(
            "{EACH_KIND}{more}
            ALTER SCHEMA s OWNER TO pg_monitor;
            ALTER TABLE t OWNER TO pg_monitor; ALTER VIEW v OWNER TO pg_monitor;
            ALTER MATERIALIZED VIEW m OWNER TO pg_monitor; ALTER SEQUENCE q OWNER TO pg_monitor;
            ALTER FUNCTION f OWNER TO pg_monitor; ALTER PROCEDURE p OWNER TO pg_monitor;
            ALTER AGGREGATE total(int) OWNER TO pg_monitor; ALTER AGGREGATE number(*) OWNER TO pg_monitor;
            ALTER AGGREGATE place(float8 ORDER BY float8) OWNER TO pg_monitor;
            ALTER TYPE e OWNER TO pg_monitor; ALTER TYPE c OWNER TO pg_monitor;
            ALTER TYPE r OWNER TO pg_monitor; ALTER DOMAIN d OWNER TO pg_monitor;
            ALTER COLLATION co OWNER TO pg_monitor; ALTER STATISTICS st OWNER TO pg_monitor;
            ALTER TABLE n OWNER TO pg_monitor;
            CREATE TABLE made (a int); ALTER TABLE made OWNER TO pg_read_all_stats"
        ),
        says: &[
            "ALTER SCHEMA \"s\" OWNER TO \"pg_monitor\"",
            "ALTER AGGREGATE \"number\"(*) OWNER TO \"pg_monitor\"",
            "ALTER DOMAIN \"d\" OWNER TO \"pg_monitor\"",
            "ALTER TABLE \"made\" OWNER TO \"pg_read_all_stats\"",
        ],
        says_not: &["n_id_seq", "GRANT", "REVOKE"],
        ..Pair::default()
    });
}

const OF_THE_DATABASE: &str = "
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
    CREATE TRUSTED LANGUAGE l HANDLER plpgsql_call_handler;
    CREATE TABLE t (a int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t;
    CREATE TEXT SEARCH DICTIONARY di (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION co (PARSER = default);
    CREATE FUNCTION same(int, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2';
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = text, FUNCTION = same);
    CREATE OPERATOR FAMILY fa USING btree;
    CREATE OPERATOR CLASS cl FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int);
    CREATE CONVERSION cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;";

#[test]
fn grants_on_what_belongs_to_the_database() {
    check(Pair {
        before: OF_THE_DATABASE,
        after: &format!(
            "{OF_THE_DATABASE}
            GRANT USAGE ON FOREIGN DATA WRAPPER w TO pg_monitor WITH GRANT OPTION;
            GRANT USAGE ON FOREIGN SERVER s TO pg_monitor, pg_read_all_stats;
            REVOKE USAGE ON LANGUAGE l FROM PUBLIC; GRANT USAGE ON LANGUAGE l TO pg_monitor;
            REVOKE USAGE ON LANGUAGE sql FROM PUBLIC; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
            GRANT USAGE ON LANGUAGE plpgsql TO pg_read_all_stats"
        ),
        says: &[
            "GRANT USAGE ON FOREIGN DATA WRAPPER \"w\" TO \"pg_monitor\" WITH GRANT OPTION",
            "GRANT USAGE ON FOREIGN SERVER \"s\" TO \"pg_monitor\", \"pg_read_all_stats\"",
            "REVOKE USAGE ON LANGUAGE \"l\" FROM PUBLIC",
            "REVOKE USAGE ON LANGUAGE \"sql\" FROM PUBLIC",
            "GRANT USAGE ON LANGUAGE \"plpgsql\" TO \"pg_read_all_stats\"",
        ],
        ..Pair::default()
    });
    // What an extension brought along is not ours; what is granted on it is.
    check(Pair {
        before: "CREATE EXTENSION postgres_fdw",
        after: "CREATE EXTENSION postgres_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO pg_monitor",
        says: &["GRANT USAGE ON FOREIGN DATA WRAPPER \"postgres_fdw\" TO \"pg_monitor\""],
        ..Pair::default()
    });
    check(Pair {
        before: "SELECT",
        after: "CREATE EXTENSION postgres_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO pg_monitor",
        ..Pair::default()
    });
    // What goes takes its grants along, and what is made begins with them.
    check(Pair {
        before: "SELECT",
        after: &format!(
            "{OF_THE_DATABASE}
            GRANT USAGE ON FOREIGN SERVER s TO pg_monitor; REVOKE USAGE ON LANGUAGE l FROM PUBLIC;
            GRANT USAGE ON FOREIGN DATA WRAPPER w TO pg_monitor"
        ),
        ..Pair::default()
    });
}

#[test]
fn owners_of_what_belongs_to_the_database() {
    check(Pair {
        before: OF_THE_DATABASE,
        after: &format!(
            "{OF_THE_DATABASE}
            ALTER SERVER s OWNER TO pg_monitor; ALTER LANGUAGE l OWNER TO pg_monitor;
            ALTER PUBLICATION p OWNER TO pg_monitor; ALTER TEXT SEARCH DICTIONARY di OWNER TO pg_monitor;
            ALTER TEXT SEARCH CONFIGURATION co OWNER TO pg_monitor; ALTER OPERATOR === (int, text) OWNER TO pg_monitor;
            ALTER OPERATOR FAMILY fa USING btree OWNER TO pg_monitor;
            ALTER OPERATOR CLASS cl USING hash OWNER TO pg_monitor; ALTER CONVERSION cv OWNER TO pg_monitor"
        ),
        says: &[
            "ALTER SERVER \"s\" OWNER TO \"pg_monitor\"",
            "ALTER LANGUAGE \"l\" OWNER TO \"pg_monitor\"",
            "ALTER PUBLICATION \"p\" OWNER TO \"pg_monitor\"",
            "ALTER TEXT SEARCH DICTIONARY \"di\" OWNER TO \"pg_monitor\"",
            "ALTER TEXT SEARCH CONFIGURATION \"co\" OWNER TO \"pg_monitor\"",
            "ALTER OPERATOR FAMILY \"fa\" USING \"btree\" OWNER TO \"pg_monitor\"",
            "ALTER OPERATOR CLASS \"cl\" USING \"hash\" OWNER TO \"pg_monitor\"",
            "ALTER CONVERSION \"cv\" OWNER TO \"pg_monitor\"",
        ],
        says_not: &["GRANT", "REVOKE"],
        ..Pair::default()
    });
}

#[test]
fn what_the_owner_may_do_goes_over_to_the_next() {
    check(Pair {
        before: "CREATE TABLE t (a int); REVOKE UPDATE ON t FROM CURRENT_USER;
                 GRANT SELECT ON t TO pg_monitor, pg_read_all_stats;
                 CREATE TABLE u (a int); ALTER TABLE u OWNER TO pg_monitor;
                 REVOKE ALL ON u FROM pg_monitor; GRANT SELECT ON u TO pg_read_all_stats",
        after: "CREATE TABLE t (a int); ALTER TABLE t OWNER TO pg_monitor; REVOKE UPDATE ON t FROM pg_monitor;
                GRANT SELECT ON t TO pg_read_all_stats;
                CREATE TABLE u (a int); ALTER TABLE u OWNER TO pg_read_all_stats;
                REVOKE DELETE ON u FROM pg_read_all_stats; GRANT INSERT ON u TO pg_monitor",
        says: &["ALTER TABLE \"t\" OWNER TO \"pg_monitor\""],
        says_not: &["UPDATE ON TABLE \"t\""],
        ..Pair::default()
    });
}

#[test]
fn default_privileges_come_last() {
    check(Pair {
        before: "CREATE SCHEMA s",
        after: "CREATE SCHEMA s; CREATE TABLE t (a int); CREATE TABLE s.t (a int);
                CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
                ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
                ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
                ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
                ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO PUBLIC;
                ALTER DEFAULT PRIVILEGES REVOKE TRUNCATE ON TABLES FROM CURRENT_USER;
                ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT USAGE ON SEQUENCES TO pg_monitor WITH GRANT OPTION;
                ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor IN SCHEMA s GRANT INSERT ON TABLES TO PUBLIC",
        says: &[
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO \"pg_monitor\"",
            "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
            "ALTER DEFAULT PRIVILEGES REVOKE TRUNCATE ON TABLES FROM CURRENT_USER",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA \"s\" GRANT USAGE ON SEQUENCES TO \"pg_monitor\" \
             WITH GRANT OPTION",
            "ALTER DEFAULT PRIVILEGES FOR ROLE \"pg_monitor\" IN SCHEMA \"s\" GRANT INSERT ON TABLES TO PUBLIC",
        ],
        says_not: &["TABLE \"t\" FROM", "TABLE \"t\" TO"],
        ..Pair::default()
    });
}

#[test]
fn what_default_privileges_give_to_something_new_is_accounted_for() {
    let defaults = "CREATE SCHEMA s;
        ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO pg_monitor;
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_read_all_stats;
        ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
        ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT EXECUTE ON FUNCTIONS TO pg_monitor;
        ALTER DEFAULT PRIVILEGES REVOKE TRUNCATE ON TABLES FROM CURRENT_USER;";
    check(Pair {
        before: defaults,
        after: &format!(
            "CREATE TABLE plain (a int); CREATE FUNCTION open() RETURNS int LANGUAGE sql AS 'SELECT 1';
             {defaults}
             CREATE TABLE t (a int); CREATE VIEW v AS SELECT 1 AS x;
             REVOKE INSERT ON v FROM pg_monitor; GRANT DELETE ON v TO pg_monitor;
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE TABLE given (a int); ALTER TABLE given OWNER TO pg_monitor"
        ),
        says: &[
            "REVOKE SELECT, INSERT ON TABLE \"plain\" FROM \"pg_monitor\"",
            "GRANT EXECUTE ON FUNCTION \"open\"() TO PUBLIC",
            "REVOKE INSERT ON TABLE \"v\" FROM \"pg_monitor\"",
            "GRANT DELETE ON TABLE \"v\" TO \"pg_monitor\"",
        ],
        says_not: &["TABLE \"t\" FROM", "TABLE \"t\" TO", "SELECT ON TABLE \"v\""],
        ..Pair::default()
    });
}

#[test]
fn grants_on_the_sequence_of_an_identity() {
    check(Pair {
        before: "CREATE TABLE t (a int, b int GENERATED ALWAYS AS IDENTITY);
                 CREATE TABLE gone (a int GENERATED ALWAYS AS IDENTITY);
                 GRANT USAGE ON SEQUENCE t_b_seq TO pg_monitor;
                 GRANT USAGE ON SEQUENCE gone_a_seq TO pg_monitor",
        after: "CREATE TABLE t (a int NOT NULL GENERATED ALWAYS AS IDENTITY, b int NOT NULL);
                GRANT SELECT ON SEQUENCE t_a_seq TO pg_monitor;
                CREATE TABLE u (a int GENERATED ALWAYS AS IDENTITY);
                GRANT USAGE ON SEQUENCE u_a_seq TO PUBLIC",
        says: &[
            "GRANT SELECT ON SEQUENCE \"t_a_seq\" TO \"pg_monitor\"",
            "GRANT USAGE ON SEQUENCE \"u_a_seq\" TO PUBLIC",
        ],
        says_not: &["gone_a_seq"],
        ..Pair::default()
    });
    let defaults = "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO pg_monitor;";
    check(Pair {
        before: defaults,
        after: &format!(
            "CREATE TABLE plain (a int GENERATED ALWAYS AS IDENTITY, b serial); {defaults}
             CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b serial)"
        ),
        says: &[
            "REVOKE USAGE ON SEQUENCE \"plain_a_seq\" FROM \"pg_monitor\"",
            "REVOKE USAGE ON SEQUENCE \"plain_b_seq\" FROM \"pg_monitor\"",
        ],
        says_not: &["t_a_seq"],
        ..Pair::default()
    });
}

#[test]
fn default_privileges_go_with_their_schema() {
    check(Pair {
        before:
            "CREATE SCHEMA s; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC;
                 CREATE TABLE s.t (a int); GRANT SELECT ON s.t TO pg_monitor",
        after: "CREATE SCHEMA other",
        says: &["DROP SCHEMA \"s\""],
        says_not: &["DEFAULT", "REVOKE"],
        ..Pair::default()
    });
}

#[test]
fn renamed_objects_keep_what_is_said_of_them() {
    check(Pair {
        before: "CREATE TYPE e AS ENUM ('a'); REVOKE ALL ON TYPE e FROM PUBLIC;
                 CREATE TABLE t (a int); ALTER TABLE t OWNER TO pg_monitor; GRANT SELECT ON t TO PUBLIC;
                 GRANT UPDATE (a) ON t TO PUBLIC; CREATE POLICY p ON t",
        after: "CREATE TYPE f AS ENUM ('a'); REVOKE ALL ON TYPE f FROM PUBLIC;
                CREATE TABLE u (b int); ALTER TABLE u OWNER TO pg_monitor;
                GRANT UPDATE (b) ON u TO PUBLIC; GRANT SELECT (b) ON u TO PUBLIC; CREATE POLICY p ON u",
        hints: &[
            ("table:public.u", "table:public.t"),
            ("column:public.u.b", "column:public.t.a"),
            ("enum:public.f", "enum:public.e"),
        ],
        says: &["REVOKE SELECT ON TABLE \"u\" FROM PUBLIC"],
        says_not: &["OWNER", "POLICY", "TYPE \"f\" FROM", "UPDATE"],
        ..Pair::default()
    });
}

#[test]
fn hostile_names_survive() {
    let role = format!("Rôle \"{}\" 🎉; --", std::process::id());
    let quoted = format!("\"{}\"", role.replace('"', "\"\""));
    let servers = crate::support::servers();
    let each = |sql: &str| {
        for server in &servers {
            let database = crate::support::TestDatabase::on(server);
            super::run(&mut database.connect(), sql);
        }
    };
    each(&format!("CREATE ROLE {quoted}"));
    let of = "\"My \"\"S\"\"\".\"select\"";
    let base = format!(
        "CREATE SCHEMA \"My \"\"S\"\"\"; CREATE TABLE {of} (\"a\"\"b\" int, \"user\" int);"
    );
    check(Pair {
        before: &base,
        after: &format!(
            "{base} CREATE POLICY \"p\"\"; 🎉\" ON {of} TO {quoted} USING (\"a\"\"b\" > 0);
             COMMENT ON POLICY \"p\"\"; 🎉\" ON {of} IS '''';
             GRANT SELECT ON {of} TO {quoted} WITH GRANT OPTION;
             GRANT UPDATE (\"a\"\"b\", \"user\") ON {of} TO {quoted};
             CREATE TABLE \"from\" (a int); ALTER TABLE \"from\" OWNER TO {quoted};
             ALTER DEFAULT PRIVILEGES FOR ROLE {quoted} IN SCHEMA \"My \"\"S\"\"\"
                 GRANT SELECT ON TABLES TO {quoted}, PUBLIC;
             ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {quoted}"
        ),
        says: &[&format!("OWNER TO {quoted}")],
        ..Pair::default()
    });
    each(&format!("DROP OWNED BY {quoted}; DROP ROLE {quoted}"));
}
