//! Publications, and what is in them; subscriptions as far as they are anybody's business.

use diesel::connection::SimpleConnection;
use limbeck_core::Object;
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::{Bundle, SqlFile};
use limbeck_postgres::{Context, Migrator, Naming, Source, render};

use super::answer;
use super::law::read;
use super::types::{Pair, check};
use crate::support::{TestDatabase, servers};

#[test]
fn a_publication_is_altered_in_place() {
    check(Pair {
        before: "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int);
                 CREATE PUBLICATION p FOR TABLE a, b; CREATE PUBLICATION gone FOR TABLE a;
                 COMMENT ON PUBLICATION p IS 'one'; COMMENT ON PUBLICATION gone IS 'goes'",
        after: "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int);
                CREATE PUBLICATION p FOR TABLE b, c
                    WITH (publish = 'insert, delete', publish_via_partition_root = true);
                COMMENT ON PUBLICATION p IS 'it''s two'",
        says: &[
            "ALTER PUBLICATION \"p\" SET (publish = 'insert, delete', publish_via_partition_root = true)",
            "ALTER PUBLICATION \"p\" ADD TABLE ONLY \"c\"",
            "ALTER PUBLICATION \"p\" DROP TABLE ONLY \"a\"",
            "DROP PUBLICATION \"gone\"",
        ],
        says_not: &["CREATE PUBLICATION", "\"b\"", "\"gone\" DROP TABLE"],
        ..Pair::default()
    });
}

#[test]
fn whether_a_publication_is_for_all_tables_is_said_when_it_is_made() {
    check(Pair {
        before: "CREATE TABLE a (id int); CREATE PUBLICATION p FOR TABLE a;
                 COMMENT ON PUBLICATION p IS 'kept'",
        after: "CREATE TABLE a (id int); CREATE PUBLICATION p FOR ALL TABLES WITH (publish = '');
                COMMENT ON PUBLICATION p IS 'kept'",
        says: &["CREATE PUBLICATION \"p\" FOR ALL TABLES WITH (publish = '')"],
        ..Pair::default()
    });
}

#[test]
fn a_publication_is_renamed_with_what_is_in_it() {
    check(Pair {
        before: "CREATE TABLE a (id int); CREATE TABLE gone (id int);
                 CREATE PUBLICATION old FOR TABLE a, gone; COMMENT ON PUBLICATION old IS 'kept'",
        after: "CREATE TABLE b (id int); CREATE PUBLICATION \"New \"\"p\" FOR TABLE b;
                COMMENT ON PUBLICATION \"New \"\"p\" IS 'kept'",
        hints: &[
            ("publication:\"New \"\"p\"", "publication:old"),
            ("table:public.b", "table:public.a"),
        ],
        says: &[
            "ALTER PUBLICATION \"old\" RENAME TO \"New \"\"p\"",
            "DROP TABLE \"gone\"",
        ],
        says_not: &["CREATE PUBLICATION", "ADD TABLE", "ONLY"],
        ..Pair::default()
    });
}

#[test]
fn columns_rows_and_schemas_are_chosen() {
    let tables = "CREATE SCHEMA s; CREATE SCHEMA \"Other \"\"s\"; CREATE TABLE s.x (id int);
                  CREATE TABLE t (id int, \"A b\" text, c int, d int);";
    let state = |rest: &str| format!("{tables} {rest}");
    check(Pair {
        since: 15,
        before: &state(
            "CREATE PUBLICATION p FOR TABLE t (id, c) WHERE (c > 1 AND id < 7)
                 WITH (publish = 'insert');
             CREATE PUBLICATION of_schema FOR TABLE t, TABLES IN SCHEMA s",
        ),
        after: &state(
            "CREATE PUBLICATION q FOR TABLE t (\"A b\") WHERE (true);
             CREATE PUBLICATION p FOR TABLE t WHERE (c > 2), TABLES IN SCHEMA s;
             CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA \"Other \"\"s\", public",
        ),
        says: &[
            "ALTER PUBLICATION \"p\" DROP TABLE ONLY \"t\"",
            "ALTER PUBLICATION \"p\" ADD TABLE ONLY \"t\" WHERE (c > 2)",
            "ALTER PUBLICATION \"p\" ADD TABLES IN SCHEMA \"s\"",
            "ALTER PUBLICATION \"of_schema\" DROP TABLES IN SCHEMA \"s\"",
            "ALTER PUBLICATION \"of_schema\" DROP TABLE ONLY \"t\"",
            "ALTER PUBLICATION \"of_schema\" ADD TABLES IN SCHEMA \"Other \"\"s\"",
            "ALTER PUBLICATION \"q\" ADD TABLE ONLY \"t\" (\"A b\") WHERE (true)",
        ],
        ..Pair::default()
    });
}

#[test]
fn a_table_leaves_its_publication_while_its_columns_change() {
    check(Pair {
        since: 15,
        before: "CREATE TYPE mood AS ENUM ('sad', 'glad');
                 CREATE TABLE t (id int, a int, b int, gone int, m mood);
                 CREATE PUBLICATION p FOR TABLE t (id, a) WHERE (a > 1);
                 CREATE PUBLICATION q FOR TABLE t (id, b, gone);
                 CREATE PUBLICATION r FOR TABLE t (id);
                 CREATE PUBLICATION s FOR TABLE t (m)",
        after: "CREATE TYPE mood AS ENUM ('glad', 'sad');
                CREATE TABLE t (id int, a bigint, b text, m mood);
                CREATE PUBLICATION p FOR TABLE t (id, a) WHERE (a > 1);
                CREATE PUBLICATION q FOR TABLE t (id, b);
                CREATE PUBLICATION r FOR TABLE t (id);
                CREATE PUBLICATION s FOR TABLE t (m)",
        rows: "INSERT INTO t VALUES (1, 2, 3, 4, 'sad')",
        kept: Some((
            "SELECT id || '/' || a || '/' || b || m::text AS text FROM t",
            "1/2/3sad",
        )),
        says: &[
            "ALTER PUBLICATION \"p\" ADD TABLE ONLY \"t\" (\"a\", \"id\") WHERE (a > 1)",
            "ALTER PUBLICATION \"q\" ADD TABLE ONLY \"t\" (\"b\", \"id\")",
            "ALTER PUBLICATION \"s\" DROP TABLE",
        ],
        says_not: &["PUBLICATION \"r\""],
        ..Pair::default()
    });
}

#[test]
fn a_dropped_table_leaves_its_publications_by_itself() {
    check(Pair {
        before: "CREATE SCHEMA s; CREATE TABLE s.a (id int); CREATE TABLE b (id int);
                 CREATE PUBLICATION p FOR TABLE s.a, b",
        after: "CREATE TABLE b (id int); CREATE PUBLICATION p FOR TABLE b",
        says_not: &["PUBLICATION"],
        ..Pair::default()
    });
}

#[test]
fn generated_columns_are_published_where_that_is_said() {
    check(Pair {
        since: 18,
        before: "CREATE TABLE a (id int, b int GENERATED ALWAYS AS (id + 1) STORED);
                 CREATE PUBLICATION p FOR TABLE a; CREATE PUBLICATION q FOR TABLE a",
        after: "CREATE TABLE a (id int, b int GENERATED ALWAYS AS (id + 1) STORED);
                CREATE PUBLICATION p FOR TABLE a WITH (publish_generated_columns = stored);
                CREATE PUBLICATION r FOR ALL TABLES WITH (publish_generated_columns = stored)",
        says: &["ALTER PUBLICATION \"p\" SET (publish_generated_columns = stored)"],
        ..Pair::default()
    });
}

const SECRET: &str = "host=nowhere.invalid password=sesame";

#[test]
fn a_subscription_is_altered_and_never_made_or_dropped() {
    let state = |publications: &str, options: &str| {
        format!(
            "CREATE SUBSCRIPTION \"S \"\"1\" CONNECTION '{SECRET}' PUBLICATION {publications}
                 WITH (connect = false, slot_name = NONE{options})"
        )
    };
    for server in servers() {
        let (one, other, third) = (
            TestDatabase::on(&server),
            TestDatabase::on(&server),
            TestDatabase::on(&server),
        );
        let mut connections = [one.connect(), other.connect(), third.connect()];
        let sql = [
            state("a, b", ""),
            format!(
                "{}; COMMENT ON SUBSCRIPTION \"S \"\"1\" IS 'ours'",
                state("b, \"C\"", ", synchronous_commit = local")
            ),
            "SELECT 1".to_owned(),
        ];
        for (connection, sql) in connections.iter_mut().zip(&sql) {
            connection.batch_execute(sql).expect("a subscription");
        }
        let [from, to, nothing] = connections.each_mut().map(read);
        for schema in [&from, &to] {
            assert!(!format!("{schema:?}").contains("sesame"));
            let known = schema.objects.values();
            let known = known.filter(|object| matches!(object, Object::Subscription(_)));
            assert_eq!(known.count(), 1);
            assert_eq!(diff(schema, &nothing, &Renames::default()), []);
            assert_eq!(diff(&nothing, schema, &Renames::default()), []);
        }
        let naming = Naming::everywhere();
        let (before, after) = (&from, &to);
        for (from, to) in [(before, after), (after, before)] {
            let context = Context {
                from,
                to,
                naming: &naming,
            };
            let operations = diff(from, to, &Renames::default());
            for statement in render(&operations, &context) {
                assert!(!statement.sql.contains("sesame"), "{}", statement.sql);
                connections[0]
                    .batch_execute(&statement.sql)
                    .expect("the statement runs");
            }
            assert_eq!(read(&mut connections[0]), *to);
        }
        let told = answer(
            &mut connections[0],
            "SELECT subpublications::text AS text FROM pg_subscription WHERE subdbid =
             (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        assert_eq!(told, "{a,b}");
        for connection in &mut connections[..2] {
            connection
                .batch_execute("DROP SUBSCRIPTION \"S \"\"1\"")
                .expect("it has no slot");
        }
    }
}

#[test]
fn a_subscription_in_one_alone_is_told() {
    let source = |name: &str, text: &str| {
        Source::Sql(vec![SqlFile {
            name: name.to_owned(),
            text: text.to_owned(),
        }])
    };
    let subscription = format!(
        "CREATE SUBSCRIPTION s CONNECTION '{SECRET}' PUBLICATION p WITH (connect = false, slot_name = NONE)"
    );
    let server = servers().into_iter().next().expect("a server");
    let database = TestDatabase::on(&server);
    let found = Migrator::new(Bundle::new("app"))
        .scratch_url(database.url())
        .difference(
            &source("old.sql", ""),
            &source("new.sql", &subscription),
            &[],
        )
        .expect("both load");
    assert!(found.there.statements.is_empty() && found.back.statements.is_empty());
    let told: Vec<_> = found.unmanaged.iter().map(|one| &one.name).collect();
    assert_eq!(told, ["s"]);
}
