//! The difference of two sources, read whole.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck_core::schema::diff::rename::RenameHint;
use limbeck_core::{Bundle, Error, Location, SqlFile};
use limbeck_postgres::{Difference, Migrator, Source, Way, script};

use crate::support::{TestDatabase, servers};

fn migrator(url: &str) -> Migrator {
    Migrator::new(Bundle::new("app")).scratch_url(url)
}

fn sql(files: &[(&str, &str)]) -> Source {
    let files = files.iter().map(|(name, text)| SqlFile {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    });
    Source::Sql(files.collect())
}

fn compare(url: &str, from: &str, to: &str) -> limbeck_core::Result<Difference> {
    let (from, to) = (sql(&[("a.sql", from)]), sql(&[("b.sql", to)]));
    migrator(url).difference(&from, &to, &[])
}

#[track_caller]
fn refused(url: &str, from: &str, place: (u32, u32), words: &str) -> Error {
    let error = compare(url, from, "").unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    let place = Location {
        file: "a.sql".to_owned(),
        line: Some(place.0),
        column: Some(place.1),
    };
    assert_eq!(error.location(), Some(&place), "{error}");
    error
}

#[test]
fn a_text_that_does_not_load_is_told_with_its_place() {
    let database = TestDatabase::new();
    let url = database.url();
    refused(
        &url,
        "CREATE TABLE a (id int);\n-- ü🎉\n  CREATE TABL b ();",
        (3, 10),
        "syntax error",
    );
    let error = refused(
        &url,
        "CREATE TABLE a (id int);\n-- ü🎉\n  CREATE TABLE a (id int);",
        (3, 3),
        "already exists",
    );
    let database = error.database().unwrap();
    assert_eq!(database.statement_number, Some(2));
    assert_eq!(
        database.statement.as_deref(),
        Some("CREATE TABLE a (id int)")
    );
    assert_eq!(database.sqlstate.as_deref(), Some("42P07"));
    assert!(error.hint().is_some());
    refused(
        &url,
        "CREATE TABLE a (id int);\nALTER TABLE a OWNER TO limbeck_nobody;",
        (2, 24),
        "role \"limbeck_nobody\" does not exist",
    );
    let error = refused(
        &url,
        "CREATE TABLE a (id int);\nGRANT SELECT ON a TO PUBLIC,\n \"No \"\"body\";",
        (3, 2),
        "role \"No \"body\" does not exist",
    );
    let hint = error.hint().unwrap();
    assert!(hint.contains("CREATE ROLE \"No \"\"body\""), "{hint}");
    let error = refused(&url, "\n\\connect x", (2, 1), "command of psql");
    assert!(error.hint().is_some());
    refused(&url, "BEGIN; ROLLBACK;", (1, 8), "loaded in one");
}

#[test]
fn nothing_of_a_text_stays_on_the_server() {
    let database = TestDatabase::new();
    let other = TestDatabase::new();
    let url = database.url();
    let name = other.url();
    let name = name.rsplit_once('/').unwrap().1;
    let name = name.split('?').next().unwrap();
    for text in [
        format!("DROP DATABASE \"{name}\""),
        "CREATE DATABASE limbeck_of_a_text".to_owned(),
        "ALTER SYSTEM SET work_mem = '5MB'".to_owned(),
    ] {
        refused(
            &url,
            &text,
            (1, 1),
            "is about the server, not about a schema",
        );
    }
    // Inside of something else Postgres refuses it.
    let hidden = "DO $$ BEGIN EXECUTE 'CREATE DATABASE limbeck_of_a_text'; END $$";
    refused(
        &url,
        hidden,
        (1, 1),
        "cannot run inside a transaction block",
    );
    other.connect();
    // Both make it, and neither finds that of the other.
    let text = "CREATE ROLE limbeck_of_a_text";
    assert!(compare(&url, text, text).unwrap().is_empty());
    let role = "DO $$ BEGIN ASSERT to_regrole('limbeck_of_a_text') IS NULL; END $$";
    diesel::sql_query(role)
        .execute(&mut database.connect())
        .unwrap();
}

#[test]
fn what_pg_dump_writes_around_its_text_is_passed_over() {
    let database = TestDatabase::new();
    let dump = "\u{feff}\\restrict x\nSET client_encoding = 'UTF8';\n\
                SELECT pg_catalog.set_config('search_path', '', false);\n\
                CREATE TABLE public.a (id integer);\n\\unrestrict x\n";
    let difference = compare(&database.url(), dump, "CREATE TABLE a (id bigint);").unwrap();
    assert_eq!(difference.there.statements.len(), 1);
}

/// What such a function speaks of is not told by its dump, and psql itself does not load it.
#[test]
fn a_dump_loads_whose_tables_call_functions_that_name_no_schema() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let made = "CREATE TYPE weight AS (grams integer, unit text);
                    CREATE FUNCTION weigh(t text) RETURNS weight LANGUAGE sql IMMUTABLE
                        AS $$ SELECT (length(t), 'g')::weight $$;
                    CREATE TABLE a (t text, w weight GENERATED ALWAYS AS (weigh(t)) STORED);";
        let dump = "SELECT pg_catalog.set_config('search_path', '', false);
                    CREATE TYPE public.weight AS (grams integer, unit text);
                    CREATE FUNCTION public.weigh(t text) RETURNS public.weight LANGUAGE sql IMMUTABLE
                        AS $$ SELECT (length(t), 'g')::weight $$;
                    CREATE TABLE public.a (
                        t text, w public.weight GENERATED ALWAYS AS (public.weigh(t)) STORED);";
        let difference = compare(&database.url(), dump, made).unwrap();
        assert!(difference.there.statements.is_empty());
        // What is not there at all is told as ever.
        let broken = dump.replace("'g')::weight", "'g')::wait");
        let told = compare(&database.url(), &broken, made).unwrap_err();
        assert!(
            told.to_string().contains("\"wait\" does not exist"),
            "{told}"
        );
    }
}

#[test]
fn a_partitioned_table_becomes_a_plain_one_and_not_in_silence() {
    let database = TestDatabase::new();
    let parted = "CREATE TABLE v (a int) PARTITION BY RANGE (a)";
    let found = compare(&database.url(), parted, "CREATE TABLE v (a int)").unwrap();
    let codes: Vec<_> = found.there.hazards.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["drop_table"]);
}

#[test]
fn tables_that_become_partitions_of_other_rows_are_told() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let parted = |ty: &str, key: &str, bounds: &str| {
            format!(
                "CREATE TABLE v (a {ty}, b text DEFAULT 'x') PARTITION BY {key} (a);
                 CREATE TABLE p PARTITION OF v FOR VALUES {bounds}"
            )
        };
        let told = |from: &str, to: &str| -> Vec<String> {
            let found = compare(&database.url(), from, to).unwrap().there;
            found.hazards.iter().map(|one| one.consent()).collect()
        };
        let by_range = parted("int", "RANGE", "FROM (1) TO (9)");
        // Bounds, the key, a table that was none: rows may not belong there, and none are deleted.
        for other in [
            parted("int", "RANGE", "FROM (1) TO (5)"),
            parted("int", "LIST", "IN (3, 4)"),
        ] {
            assert_eq!(told(&by_range, &other), ["attach_partition:p"]);
            assert_eq!(told(&other, &by_range), ["attach_partition:p"]);
        }
        let apart = "CREATE TABLE v (a int, b text DEFAULT 'x') PARTITION BY RANGE (a);
                     CREATE TABLE p (a int, b text DEFAULT 'x')";
        assert_eq!(told(apart, &by_range), ["attach_partition:p"]);
        // It is let go, it is made, or its rows are the same as before.
        let none = Vec::<String>::new();
        assert_eq!(told(&by_range, apart), none);
        assert_eq!(told("", &by_range), none);
        let wide = |ty: &str| parted(ty, "RANGE", "FROM (1) TO (9)");
        assert_eq!(told(&wide("numeric(9, 2)"), &wide("numeric(12, 2)")), none);
        assert_eq!(told(&by_range, ""), ["drop_table:p", "drop_table:v"]);
    }
}

const FOLDER: [(&str, &str); 3] = [
    (
        "1_views.sql",
        "SET search_path = shop;\nCREATE VIEW totals AS SELECT total(id) FROM orders;",
    ),
    (
        "2_functions.sql",
        "CREATE FUNCTION shop.total(bigint) RETURNS bigint LANGUAGE sql \
         AS 'SELECT count(*) FROM shop.orders WHERE id = $1';",
    ),
    (
        "3_tables.sql",
        "CREATE TABLE shop.orders (id bigint DEFAULT shop.total(1)); CREATE SCHEMA shop;",
    ),
];

#[test]
fn the_files_of_a_folder_may_need_each_other_in_any_order() {
    let database = TestDatabase::new();
    let migrator = migrator(&database.url());
    let whole = "CREATE SCHEMA shop; SET check_function_bodies = off;
        CREATE FUNCTION shop.total(bigint) RETURNS bigint LANGUAGE sql
            AS 'SELECT count(*) FROM shop.orders WHERE id = $1';
        CREATE TABLE shop.orders (id bigint DEFAULT shop.total(1));
        CREATE VIEW shop.totals AS SELECT shop.total(id) FROM shop.orders;";
    let mut files = FOLDER;
    for _ in 0..files.len() {
        files.rotate_left(1);
        let same = migrator
            .difference(&sql(&files), &sql(&[("whole.sql", whole)]), &[])
            .unwrap();
        assert!(same.is_empty(), "{:?}", same.there.operations);
    }
}

#[test]
fn what_is_stuck_in_a_folder_is_told_with_its_place() {
    let database = TestDatabase::new();
    let files = [
        (
            "a.sql",
            "CREATE VIEW v AS SELECT * FROM t;\nCREATE VIEW w AS\n  SELECT * FROM u;",
        ),
        ("b.sql", "CREATE TABLE t (a int);"),
    ];
    let error = migrator(&database.url())
        .read_source(&sql(&files))
        .unwrap_err();
    assert_eq!(error.location().unwrap().to_string(), "a.sql:3:17");
    assert!(
        error.to_string().contains("\"u\" does not exist"),
        "{error}"
    );
}

/// Roles that a file names are made on a server of ours, and asked for on any other.
#[test]
fn roles_and_extensions_that_the_server_lacks() {
    let database = TestDatabase::new();
    let text = "CREATE TABLE t (a int);\nALTER TABLE t OWNER TO \"limbeck Nobody\";";
    let error = refused(&database.url(), text, (2, 24), "limbeck Nobody");
    assert!(error.hint().unwrap().contains("--url"), "{error:?}");
    let text = "CREATE EXTENSION limbeck_nothing;";
    let error = refused(&database.url(), text, (1, 1), "limbeck_nothing");
    assert!(
        error.hint().unwrap().contains("no such extension"),
        "{error:?}"
    );

    let ours = Migrator::new(Bundle::new("app"));
    let text = "CREATE TABLE t (a int); ALTER TABLE t OWNER TO \"limbeck Nobody\";";
    for files in [&[("a.sql", text)][..], &[("a.sql", text), ("b.sql", "")]] {
        let found = ours.read_source(&sql(files)).unwrap();
        assert_eq!(found.schema.objects.len(), 4, "{found:?}");
    }
}

#[test]
fn a_database_that_changes_while_it_is_read() {
    let database = TestDatabase::new();
    let source = Source::Database(database.url());
    let migrator = migrator(&database.url());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = database.connect();
            while !stop.load(Ordering::Relaxed) {
                connection
                    .batch_execute(
                        "CREATE TABLE t (a int DEFAULT 1 CHECK (a > 0), b int);
                         CREATE INDEX ON t ((a + 1)); CREATE VIEW v AS SELECT * FROM t;",
                    )
                    .unwrap();
                connection
                    .batch_execute("DROP VIEW v; DROP TABLE t;")
                    .unwrap();
            }
        });
        let found: Vec<_> = (0..30).map(|_| migrator.read_source(&source)).collect();
        stop.store(true, Ordering::Relaxed);
        for found in found {
            let schema = found.unwrap().schema;
            // All of it or nothing.
            let objects = schema.objects.len();
            assert!(objects == 1 || objects == 7, "{:?}", schema.objects.keys());
        }
    });
}

#[test]
fn sides_of_two_major_versions_are_told() {
    let servers = servers();
    let [oldest, .., newest] = servers.as_slice() else {
        return;
    };
    let (old, new) = (TestDatabase::on(oldest), TestDatabase::on(newest));
    for database in [&old, &new] {
        let table = "CREATE TABLE t (a int PRIMARY KEY)";
        database.connect().batch_execute(table).unwrap();
    }
    let sides = [&old, &new].map(|database| Source::Database(database.url()));
    let difference = migrator(&old.url())
        .difference(&sides[0], &sides[1], &[])
        .unwrap();
    let told = difference.notes.join("\n");
    let expected = format!(
        "Postgres {} and the other of Postgres {}",
        oldest.major(),
        newest.major()
    );
    assert!(told.contains(&expected), "{told}");
    assert!(difference.is_empty(), "{:?}", difference.there.operations);
}

/// There and back with rows: a rename keeps them, whatever it is of.
#[test]
fn renames_that_are_said() {
    for (from, to, hints, words) in [
        (
            "CREATE TABLE t (a int, b text); CREATE INDEX i ON t (a);",
            "CREATE TABLE u (x int, b text); CREATE INDEX j ON u (x);",
            &["t=u", "t.a=x", "i=j"][..],
            &["RENAME TO \"u\"", "RENAME COLUMN \"a\" TO \"x\""][..],
        ),
        (
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE TABLE t (a int DEFAULT f(1)); CREATE VIEW v AS SELECT f(a) FROM t;",
            "CREATE FUNCTION \"G g\"(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE TABLE t (a int DEFAULT \"G g\"(1)); CREATE VIEW v AS SELECT \"G g\"(a) AS f FROM t;",
            &["f(integer)=\"G g\""],
            &["ALTER FUNCTION \"public\".\"f\"(integer) RENAME TO \"G g\""],
        ),
        (
            "CREATE SCHEMA a; CREATE TYPE a.mood AS ENUM ('x'); CREATE TABLE a.t (m a.mood DEFAULT 'x', i int);
             CREATE FUNCTION a.f(a.mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE VIEW a.v AS SELECT a.f(m) FROM a.t; CREATE INDEX i ON a.t (i); COMMENT ON VIEW a.v IS 'v';",
            "CREATE SCHEMA b; CREATE TYPE b.mood AS ENUM ('x'); CREATE TABLE b.t (m b.mood DEFAULT 'x', i int);
             CREATE FUNCTION b.f(b.mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE VIEW b.v AS SELECT b.f(m) FROM b.t; CREATE INDEX i ON b.t (i); COMMENT ON VIEW b.v IS 'v';",
            &["a=b"],
            &["ALTER SCHEMA \"a\" RENAME TO \"b\""],
        ),
        (
            "CREATE SEQUENCE s; CREATE TYPE e AS ENUM ('a', 'b'); CREATE DOMAIN d AS int;",
            "CREATE SEQUENCE s2; CREATE TYPE e2 AS ENUM ('z', 'b'); CREATE DOMAIN d2 AS int;",
            &["s=s2", "e=e2", "e.a=z", "domain:d=d2"],
            &["ALTER TYPE \"public\".\"e2\" RENAME VALUE 'a' TO 'z'"],
        ),
    ] {
        let database = TestDatabase::new();
        let migrator = migrator(&database.url());
        database.connect().batch_execute(from).unwrap();
        let here = Source::Database(database.url());
        let (before, after) = (sql(&[("a.sql", from)]), sql(&[("b.sql", to)]));
        let hints: Vec<RenameHint> = hints.iter().map(|hint| hint.parse().unwrap()).collect();
        let difference = migrator.difference(&here, &after, &hints).unwrap();
        let run = |way: &Way| {
            let text = script(&way.statements, &[], "");
            let run = database.connect().batch_execute(&text);
            run.unwrap_or_else(|error| panic!("{error}\n{text}"));
            text
        };
        let text = run(&difference.there);
        for word in words {
            assert!(text.contains(word), "no {word} in {text}");
        }
        assert!(!text.contains("DROP TABLE") && !text.contains("DROP FUNCTION"), "{text}");
        let left = migrator.difference(&here, &after, &[]).unwrap();
        assert!(left.is_empty(), "{:?}\n{text}", left.there.operations);
        let text = run(&difference.back);
        let left = migrator.difference(&here, &before, &[]).unwrap();
        assert!(left.is_empty(), "{:?}\n{text}", left.there.operations);
    }
}

#[test]
fn what_may_be_a_rename_is_a_hazard() {
    let database = TestDatabase::new();
    let (from, to) = ("CREATE TABLE t (a int);", "CREATE TABLE t (b int);");
    let difference = compare(&database.url(), from, to).unwrap();
    let hazard = difference
        .there
        .hazards
        .iter()
        .find(|hazard| hazard.code == "perhaps_renamed")
        .unwrap();
    assert_eq!(hazard.object.to_string(), "column:public.t.b");
    assert!(
        hazard.advice.contains("--rename 't.a=t.b'"),
        "{}",
        hazard.advice
    );
    assert_eq!(difference.there.operations.len(), 2);
}

#[test]
fn what_postgres_prints_otherwise_when_it_reads_it_again_is_no_difference() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let made = |list: &str, other: &str| {
            format!(
                "CREATE TABLE t (s varchar(10) CHECK (s {list}) DEFAULT CASE WHEN 'x'::varchar {list} THEN 'a' ELSE 'b' END,
                     g boolean GENERATED ALWAYS AS (s {list}) STORED);
                 CREATE INDEX i ON t ((s {list})) WHERE s {list};
                 CREATE VIEW v AS SELECT CASE WHEN s {list} THEN 1 END AS c FROM t;
                 CREATE MATERIALIZED VIEW m AS SELECT s FROM t WHERE s {other};
                 CREATE DOMAIN d AS varchar CHECK (VALUE {list});
                 CREATE POLICY p ON t USING (s {list}) WITH CHECK (s {list});
                 CREATE RULE r AS ON UPDATE TO t WHERE new.s {list} DO INSTEAD NOTHING"
            )
        };
        let list = "IN ('a', 'b', 'it''s]')";
        let again = "= ANY ((ARRAY['a'::varchar, 'b'::varchar, 'it''s]'::varchar])::text[])";
        let from = made(list, list);
        let found = compare(&database.url(), &from, &made(again, again)).unwrap();
        assert!(found.is_empty(), "{:?}", found.there.operations);
        let found = compare(&database.url(), &from, &made(again, "IN ('a')")).unwrap();
        let ids: Vec<String> = found
            .there
            .operations
            .iter()
            .map(|operation| operation.id().to_string())
            .collect();
        assert_eq!(ids, ["materialized_view:public.m"; 2]);
    }
}

#[test]
fn a_file_is_read_as_psql_reads_it() {
    let database = TestDatabase::new();
    let url = database.url();
    let same = |written: &str, meant: &str| {
        let difference = compare(&url, written, meant).expect("both load");
        assert!(difference.is_empty(), "{:?}", difference.there.operations);
    };
    let commented =
        |text: &str| format!("CREATE TABLE a (id int); COMMENT ON TABLE a IS '{text}';");
    // From there on, what is UTF-8 is read as something else.
    let before = commented("é");
    same(
        &format!("{before}\nSET client_encoding = latin1;\nCOMMENT ON COLUMN a.id IS 'é';"),
        &format!("{before}\nCOMMENT ON COLUMN a.id IS 'Ã©';"),
    );
    same(&format!("BEGIN;\n{before}\nCOMMIT;"), &before);
    // What is set for a transaction ends with it.
    same(
        "CREATE SCHEMA s; BEGIN; SET LOCAL search_path = s; CREATE TABLE a (id int); COMMIT; CREATE TABLE b ();",
        "CREATE SCHEMA s; CREATE TABLE s.a (id int); CREATE TABLE b ();",
    );
    let both = "BEGIN; SET LOCAL search_path = public; CREATE ROLE limbeck_nobody; COMMIT;";
    let error = compare(&url, both, "").unwrap_err();
    assert!(error.to_string().contains("its commits count"), "{error}");
    let failing = "BEGIN; SET LOCAL search_path = public;\n CREATE TABL a (); COMMIT;";
    refused(&url, failing, (2, 9), "syntax error");
    // What was added to an enum is used: that takes a commit in between, up to Postgres 16.
    same(
        "BEGIN; CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (m m); COMMIT; ALTER TYPE m ADD VALUE 'b';\n\
         CREATE INDEX i ON t (m) WHERE m = 'b';",
        "CREATE TYPE m AS ENUM ('a', 'b'); CREATE TABLE t (m m); CREATE INDEX i ON t (m) WHERE m = 'b';",
    );
}

/// From one text to another and back, in a database.
#[track_caller]
fn goes(from: &str, to: &str) -> Difference {
    let [database, scratch] = [TestDatabase::new(), TestDatabase::new()];
    let mut connection = database.connect();
    connection.batch_execute(from).unwrap();
    let migrator = migrator(&scratch.url());
    let (start, goal) = (sql(&[("a.sql", from)]), sql(&[("b.sql", to)]));
    let difference = migrator.difference(&start, &goal, &[]).unwrap();
    for (way, end) in [(&difference.there, &goal), (&difference.back, &start)] {
        let text = script(&way.statements, &[], "");
        if let Err(error) = connection.batch_execute(&text) {
            panic!("{error}:\n{text}");
        }
        let there = Source::Database(database.url());
        let left = migrator.difference(&there, end, &[]).unwrap();
        assert!(left.is_empty(), "{:?}", left.there.operations);
    }
    difference
}

#[test]
fn a_body_that_speaks_of_what_is_gone_is_made_anew() {
    let from = "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (a mood, b int);
                CREATE FUNCTION f(mood) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t WHERE b > 1';";
    // The function takes the type that is exchanged; no catalog knows that it reads the column.
    let to = "ALTER TABLE t DROP COLUMN b; ALTER TYPE mood RENAME VALUE 'a' TO 'c';";
    let difference = goes(from, &format!("{from}\n{to}"));
    let made = |way: &Way| script(&way.statements, &[], "").contains("CREATE FUNCTION");
    assert!(made(&difference.there) && made(&difference.back));
}

#[test]
fn the_cluster_index_of_a_materialized_view() {
    let from = "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX m_a ON m (a);";
    let to = format!("{from} ALTER MATERIALIZED VIEW m CLUSTER ON m_a;");
    let difference = goes(from, &to);
    assert_eq!(difference.there.operations.len(), 1, "{difference:?}");
}
