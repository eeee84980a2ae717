//! Columns that get another type, with rows: there, back, and there again.
//!
//! For each pair of a table of types, the hazards are held against what becomes of the rows: where none is
//! told, they are the same afterwards, and where none says that it may fail, it does not.

use std::collections::BTreeSet;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::Schema;
use limbeck_core::schema::diff::{Renames, diff, diff_back};
use limbeck_core::schema::operation::Operation;
use limbeck_postgres::{Context, Hazard, Naming, Severity, hazards, render, script};

use super::build::name;
use super::law::read;
use super::types::{Pair, check};
use super::{answer, run};
use crate::support::{TestDatabase, servers};

/// A type, and rows of it that are hard on conversions.
struct Sample {
    ty: &'static str,
    values: &'static [&'static str],
}

/// Nulls are added to each.
#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    Sample { ty: "smallint", values: &["0", "-7", "32767", "-32768"] },
    Sample { ty: "integer", values: &["0", "1", "2147483647", "-2147483648"] },
    Sample { ty: "bigint", values: &["-1", "9223372036854775807"] },
    Sample { ty: "numeric", values: &["1.50", "12345678901234567890.123", "NaN"] },
    Sample { ty: "numeric(6,2)", values: &["1.50", "-9999.99"] },
    Sample { ty: "real", values: &["0.1", "1.5e30"] },
    Sample { ty: "double precision", values: &["0.1", "1.5e300", "Infinity", "-0"] },
    Sample { ty: "boolean", values: &["true", "false"] },
    Sample { ty: "text", values: &["plain", "", "{a,b}", "ünï \\x41"] },
    Sample { ty: "character varying(40)", values: &["plain", "{\"k\": [1, 2]}", "a  "] },
    Sample { ty: "character varying(3)", values: &["abc", "1", "a  "] },
    Sample { ty: "bytea", values: &["\\x6162", "\\xc3bc", ""] },
    Sample { ty: "uuid", values: &["00000000-0000-0000-0000-00000000000a"] },
    Sample { ty: "date", values: &["2024-02-29", "1999-12-31", "infinity", "300000-01-01", "4713-11-24 BC"] },
    Sample { ty: "time", values: &["23:30:00.25", "00:00", "24:00"] },
    Sample { ty: "timetz", values: &["23:30:00.25+02", "00:00+00", "24:00-15:59"] },
    Sample { ty: "timestamp", values: &["2024-03-31 01:30:00.123456", "2023-10-29 02:30:00", "-infinity", "294276-12-31 23:59:59", "4713-11-24 00:00:00 BC"] },
    Sample { ty: "timestamptz", values: &["2024-03-31 01:30:00.123456+00", "2023-10-29 00:30:00Z", "infinity", "294276-12-31 23:59:59Z"] },
    Sample { ty: "interval", values: &["1 day 02:00:00", "3 years", "-02:00:00.5"] },
    Sample { ty: "json", values: &["{\"b\": 1}", "[\"tags\", \"more\"]", "\"word\"", "5", "\"\\u0000\"", "1e200000", "{\"a\": 1, \"a\": 2}"] },
    Sample { ty: "jsonb", values: &["{\"b\": 1}", "[\"tags\", \"more\"]", "\"2024-01-01\"", "5"] },
    Sample { ty: "mood", values: &["sad", "it's"] },
    Sample { ty: "pair", values: &["(1,one)", "(,)"] },
    Sample { ty: "short", values: &["abc", "1"] },
    Sample { ty: "moment", values: &["2024-03-31 01:30:00+00"] },
    Sample { ty: "text[]", values: &["{a,b}", "{}", "{NULL,c}", "{one}"] },
    Sample { ty: "character varying(3)[]", values: &["{abc}", "{1,2}"] },
    Sample { ty: "integer[]", values: &["{1,2}", "{7}", "{{1,2},{3,4}}"] },
    Sample { ty: "jsonb[]", values: &["{1,\"[2]\"}", "{}"] },
    Sample { ty: "timestamp[]", values: &["{2024-03-31 01:30:00}"] },
    Sample { ty: "timestamptz[]", values: &["{2024-03-31 01:30:00+00}"] },
    Sample { ty: "mood[]", values: &["{sad,it's}", "{sad}"] },
    Sample { ty: "int4range", values: &["[1,5)", "empty"] },
    Sample { ty: "point", values: &["(1,2)"] },
    Sample { ty: "cidr", values: &["10.0.0.0/8"] },
    Sample { ty: "macaddr", values: &["08:00:2b:01:02:03"] },
    Sample { ty: "macaddr8", values: &["08:00:2b:ff:fe:01:02:03", "08:00:2b:01:02:03:04:05"] },
    Sample { ty: "money", values: &["12.50", "-92233720368547758.08"] },
    Sample { ty: "bit(8)", values: &["00000101", "11111111"] },
    Sample { ty: "bit varying", values: &["101", ""] },
    Sample { ty: "character(5)", values: &["ab", "{1}"] },
    Sample { ty: "name", values: &["ab"] },
    Sample { ty: "\"char\"", values: &["a", "7"] },
    Sample { ty: "oid", values: &["4294967295", "7"] },
    Sample { ty: "xml", values: &["<a/>"] },
    Sample { ty: "tsvector", values: &["'a' 'b'"] },
    Sample { ty: "interval year", values: &["3 years"] },
    Sample { ty: "timestamp(0)", values: &["2024-03-31 01:30:00"] },
    Sample { ty: "date[]", values: &["{2024-03-31}"] },
    Sample { ty: "timetz[]", values: &["{12:00+02}"] },
    Sample { ty: "bytea[]", values: &["{\"\\\\x6162\"}"] },
    Sample { ty: "boolean[]", values: &["{t,f}"] },
    Sample { ty: "numeric[]", values: &["{1.5}"] },
    Sample { ty: "pair[]", values: &["{\"(1,one)\"}"] },
    Sample { ty: "short[]", values: &["{abc}"] },
    Sample { ty: "tsrange", values: &["[2024-03-31 01:30:00,)"] },
    Sample { ty: "tstzrange", values: &["[2024-03-31 01:30:00+00,)"] },
    Sample { ty: "citext", values: &["Plain", "7"] },
    Sample { ty: "hstore", values: &["a=>1"] },
    Sample { ty: "citext[]", values: &["{Plain}"] },
    Sample { ty: "wide", values: &["sad"] },
    Sample { ty: "moments", values: &["{2024-03-31 01:30:00+00}"] },
    Sample { ty: "json[]", values: &["{1,\"\\\"\\\\u0000\\\"\"}"] },
    Sample { ty: "polygon", values: &["((1,2),(0,0))"] },
    Sample { ty: "circle", values: &["<(1,2),3>"] },
    Sample { ty: "lseg", values: &["[(3,2),(1,5)]"] },
    Sample { ty: "character(8)", values: &["a", "abcdefgh"] },
    Sample { ty: "regclass", values: &["pg_class", "pg_type"] },
    Sample { ty: "positive", values: &["3"] },
    Sample { ty: "filled", values: &["a"] },
    Sample { ty: "box", values: &["(1,2),(0,0)"] },
    Sample { ty: "path", values: &["[(1,2),(0,0)]", "((1,2),(0,0))"] },
    Sample { ty: "inet", values: &["10.0.0.1/8", "::1"] },
];

const TYPES: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'it''s');
    CREATE TYPE pair AS (number integer, word text);
    CREATE EXTENSION citext; CREATE EXTENSION hstore;
    CREATE TYPE wide AS ENUM ('it''s', 'sad', 'more');
    CREATE DOMAIN moments AS timestamptz[];
    CREATE DOMAIN short AS character varying(3);
    CREATE DOMAIN moment AS timestamptz;
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE DOMAIN words AS text;
    CREATE DOMAIN filled AS words CHECK (VALUE <> '');
";

/// Sessions that agree on nothing: what depends on one of these settings shows.
const SETTINGS: [&str; 2] = [
    "SET TimeZone = 'America/New_York'",
    "SET TimeZone = 'Asia/Kathmandu'",
];

/// What there is to tell of a change, and the script for it.
fn way(from: &Schema, to: &Schema, operations: &[Operation]) -> (Vec<Hazard>, String) {
    let naming = Naming::within(name("public"));
    let context = Context {
        from,
        to,
        naming: &naming,
    };
    let sql = script(&render(operations, &context), &[], "");
    (hazards(operations, from, to), sql)
}

/// All rows, in one text that sessions spell alike. What is cut of a text may be no text.
fn rows(connection: &mut PgConnection) -> String {
    answer(
        connection,
        "SELECT encode(textsend(string_agg(row_to_json(t)::text, ' | ' ORDER BY id)), 'escape') AS text FROM t",
    )
}

struct Told {
    any: bool,
    may_fail: bool,
}

fn told(hazards: &[Hazard]) -> Told {
    Told {
        any: !hazards.is_empty(),
        may_fail: hazards.iter().any(|hazard| {
            hazard.severity == Severity::MayFail || hazard.message.contains("refused")
        }),
    }
}

/// What is not as told, over all pairs.
fn broken(major: u32, share: usize, one: &TestDatabase) -> Vec<String> {
    let mut connection = one.connect();
    run(&mut connection, TYPES);
    let schemas: Vec<Schema> = SAMPLES
        .iter()
        .map(|sample| {
            run(
                &mut connection,
                &format!("CREATE TABLE t (id integer, a {})", sample.ty),
            );
            let schema = read(&mut connection);
            run(&mut connection, "DROP TABLE t");
            schema
        })
        .collect();
    let mut broken = Vec::new();
    for (row, (from, before)) in SAMPLES.iter().zip(&schemas).enumerate() {
        for (at, (to, after)) in SAMPLES.iter().zip(&schemas).enumerate() {
            if from.ty == to.ty || !(row + at + major as usize).is_multiple_of(share) {
                continue;
            }
            let there = diff(before, after, &Renames::default());
            let back = diff_back(before, after, &Renames::default());
            let (up, up_sql) = way(before, after, &there);
            let (down, down_sql) = way(after, before, &back);
            let what = format!("{} to {} on {major}", from.ty, to.ty);
            let (up, down) = (told(&up), told(&down));
            if up.any && up.may_fail && down.any && down.may_fail {
                // Whatever comes was told.
                continue;
            }
            // One after the other only where one may fail and the others not.
            let alone = if up.may_fail || down.may_fail {
                1
            } else {
                usize::MAX
            };
            for values in from.values.chunks(alone) {
                let value: String = values
                    .iter()
                    .enumerate()
                    .map(|(id, value)| format!("({id}, '{}'), ", value.replace('\'', "''")))
                    .collect();
                let made = format!(
                    "DROP TABLE IF EXISTS t; CREATE TABLE t (id integer, a {});
                     INSERT INTO t VALUES {value}(99, NULL);",
                    from.ty
                );
                connection.batch_execute(&made).expect("the rows go in");
                let mut change = |sql: &str, setting: &str| {
                    let sql = format!("{setting}; BEGIN; {sql}; COMMIT;");
                    connection.batch_execute(&sql).map_err(|error| {
                        let _ = connection.batch_execute("ROLLBACK");
                        error.to_string()
                    })?;
                    connection
                        .batch_execute("SET TimeZone = 'UTC'")
                        .expect("it is set");
                    Ok::<String, String>(rows(&mut connection))
                };
                let begin = change("SELECT 1", SETTINGS[0]).expect("nothing is done");
                let there = match change(&up_sql, SETTINGS[0]) {
                    Ok(there) => there,
                    Err(error) if !up.may_fail => {
                        broken.push(format!("{what}: {value}: {error}\n{up_sql}"));
                        continue;
                    }
                    Err(_) => continue,
                };
                let again = match change(&down_sql, SETTINGS[1]) {
                    Ok(again) => again,
                    Err(error) if !down.may_fail => {
                        broken.push(format!("{what}: {value}: back: {error}\n{down_sql}"));
                        continue;
                    }
                    Err(_) => continue,
                };
                if !up.any && !down.any && again != begin {
                    broken.push(format!(
                        "{what}: {begin} became {there} and then {again}, and nothing is told\n{up_sql}{down_sql}"
                    ));
                }
                // What came back goes there again, to the same.
                match change(&up_sql, SETTINGS[1]) {
                    Ok(twice) if !down.any && twice != there => broken.push(format!(
                        "{what}: {there} became {again} and then {twice}\n{down_sql}{up_sql}"
                    )),
                    Err(error) if !up.may_fail => {
                        broken.push(format!("{what}: {value}: again: {error}\n{up_sql}"));
                    }
                    Ok(_) | Err(_) => {}
                }
            }
        }
    }
    broken
}

#[test]
fn rows_are_what_hazards_say() {
    for server in servers() {
        // Casts differ little between releases: the others get every third pair.
        let share = if server.major() == crate::support::server().major() {
            1
        } else {
            3
        };
        let broken = broken(server.major(), share, &TestDatabase::on(&server));
        let unique: BTreeSet<&String> = broken.iter().collect();
        let lines: Vec<&str> = unique.into_iter().map(String::as_str).collect();
        assert!(lines.is_empty(), "{}:\n{}", lines.len(), lines.join("\n"));
    }
}

/// Whatever Postgres converts by itself is among the pairs.
#[test]
fn every_cast_of_an_assignment_is_tried() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let tried: Vec<String> = SAMPLES
        .iter()
        .map(|sample| format!("to_regtype('{}')", sample.ty.replace('\'', "''")))
        .collect();
    run(&mut connection, TYPES);
    let missing = answer(
        &mut connection,
        &format!(
            "WITH tried AS (SELECT unnest(ARRAY[{}])::oid AS oid)
             SELECT coalesce(string_agg(DISTINCT t.oid::regtype::text, ' '), '') AS text
             FROM pg_cast AS c
             JOIN pg_type AS t ON t.oid IN (c.castsource, c.casttarget)
             WHERE c.castcontext IN ('a', 'i') AND c.oid < 16384
                -- These are read as one another's numbers or texts.
                AND t.typname !~ '^(reg|pg_)' AND t.typtype = 'b'
                AND t.oid NOT IN (SELECT oid FROM tried)",
            tried.join(", ")
        ),
    );
    assert_eq!(missing, "");
}

/// A type, a value of it, another type, and what the value becomes there.
#[rustfmt::skip]
const MEANT: &[(&str, &str, &str, &str)] = &[
    ("bytea", "\\x61c3bc", "text", "aü"),
    ("bytea", "\\x6162", "character varying(9)", "ab"),
    ("text", "\\x6162", "bytea", "\\x5c7836313632"),
    ("character varying(9)", "ü", "bytea", "\\xc3bc"),
    ("text", "a,b", "text[]", "{\"a,b\"}"),
    ("text", "7", "integer[]", "{7}"),
    ("integer", "7", "jsonb[]", "{7}"),
    ("mood", "it's", "text[]", "{it's}"),
    ("jsonb", "{\"a\": [1]}", "jsonb[]", "{\"{\\\"a\\\": [1]}\"}"),
    ("date", "2024-02-29", "jsonb", "\"2024-02-29\""),
    ("boolean", "t", "jsonb", "true"),
    ("bigint", "9223372036854775807", "jsonb", "9223372036854775807"),
    ("numeric", "1.50", "json", "1.50"),
    ("uuid", "00000000-0000-0000-0000-00000000000a", "json", "\"00000000-0000-0000-0000-00000000000a\""),
    ("mood", "sad", "json", "\"sad\""),
    ("int4range", "[1,5)", "jsonb", "\"[1,5)\""),
    ("text", "{\"a\": 1}", "jsonb", "{\"a\": 1}"),
    ("date", "2024-03-31", "timestamptz", "2024-03-31 00:00:00+00"),
    ("timestamp", "2024-03-31 01:30:00", "timestamptz", "2024-03-31 01:30:00+00"),
    ("timestamptz", "2024-03-31 23:30:00+00", "timestamp", "2024-03-31 23:30:00"),
    ("time", "23:30:00.5", "timetz", "23:30:00.5+00"),
    ("timestamptz", "2024-03-31 23:30:00+00", "moment", "2024-03-31 23:30:00+00"),
    ("moment", "2024-03-31 23:30:00+00", "timestamp", "2024-03-31 23:30:00"),
    ("date", "2024-03-31", "moment", "2024-03-31 00:00:00+00"),
    ("timestamptz", "2024-03-31 01:30:00+00", "moments", "{\"2024-03-31 01:30:00+00\"}"),
    ("date", "2024-03-31", "moments", "{\"2024-03-31 00:00:00+00\"}"),
    ("timestamp", "2024-03-31 01:30:00", "timestamptz[]", "{\"2024-03-31 01:30:00+00\"}"),
];

/// As above, where the way back does not bring the value back, or fails.
#[rustfmt::skip]
const LOST: &[(&str, &str, &str, &str)] = &[
    ("text[]", "{a,b}", "jsonb", "[\"a\", \"b\"]"),
    ("integer[]", "{{1,2},{3,4}}", "json", "[[1,2],[3,4]]"),
    ("mood[]", "{sad}", "jsonb", "[\"sad\"]"),
    ("text[]", "{\"a,b\",c}", "text", "a,b"),
    ("integer[]", "{7,8}", "text", "7"),
    ("text[]", "{7,8}", "integer", "7"),
    ("text[]", "{}", "character varying(3)", "-"),
    ("mood", "sad", "\"char\"", "s"),
    ("timestamptz[]", "{2024-03-31 23:30:00+00}", "date", "2024-03-31"),
    ("timestamptz", "2024-03-31 23:30:00+00", "date", "2024-03-31"),
    ("timestamptz", "2024-03-31 23:30:00+00", "time", "23:30:00"),
    ("timestamptz", "2024-03-31 23:30:00+00", "timetz", "23:30:00+00"),
    ("timestamp", "2024-03-31 23:30:00", "timetz", "23:30:00+00"),
    ("timetz", "23:30:00+02", "time", "23:30:00"),
];

#[test]
fn conversions_do_what_is_meant() {
    for server in servers() {
        let major = server.major();
        let database = TestDatabase::on(&server);
        let mut connection = database.connect();
        run(&mut connection, TYPES);
        let text = "SELECT coalesce(a::text, '-') AS text FROM t";
        for (from, value, to, meant) in MEANT.iter().chain(LOST) {
            let [before, after] = [from, to].map(|ty| {
                run(
                    &mut connection,
                    &format!("DROP TABLE IF EXISTS t; CREATE TABLE t (a {ty})"),
                );
                read(&mut connection)
            });
            let make = format!("DROP TABLE t; CREATE TABLE t (a {from});");
            let insert = format!("INSERT INTO t VALUES ('{}')", value.replace('\'', "''"));
            run(&mut connection, &format!("{make}{insert}"));
            let begin = answer(&mut connection, text);
            let (_, up) = way(&before, &after, &diff(&before, &after, &Renames::default()));
            let back = diff_back(&before, &after, &Renames::default());
            let (_, down) = way(&after, &before, &back);
            run(&mut connection, &format!("{}; {up}", SETTINGS[0]));
            run(&mut connection, "SET TimeZone = 'UTC'");
            assert_eq!(
                answer(&mut connection, text),
                *meant,
                "{from} to {to} on {major}\n{up}"
            );
            if LOST.contains(&(from, value, to, meant)) {
                continue;
            }
            run(&mut connection, &format!("{}; {down}", SETTINGS[1]));
            run(&mut connection, "SET TimeZone = 'UTC'");
            assert_eq!(
                answer(&mut connection, text),
                begin,
                "{to} back to {from} on {major}\n{down}"
            );
        }
    }
}

#[test]
fn what_numbers_rows_goes_on_behind_them() {
    let serial = "CREATE TABLE t (id serial PRIMARY KEY, a text)";
    let shared = "CREATE SEQUENCE s START 10;
        CREATE TABLE t (id integer PRIMARY KEY DEFAULT nextval('s'), a text);
        CREATE TABLE u (id bigint PRIMARY KEY DEFAULT nextval('s'))";
    let bare =
        "CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE TABLE u (id bigint PRIMARY KEY)";
    let identity = |ty: &str, how: &str| {
        format!("CREATE TABLE t (id {ty} GENERATED {how} AS IDENTITY PRIMARY KEY, a text)")
    };
    let alone = "CREATE TABLE t (id integer PRIMARY KEY, a text)";
    let backward = "CREATE SEQUENCE s INCREMENT -2;
        CREATE TABLE t (id integer PRIMARY KEY DEFAULT nextval('s'), a text); ALTER SEQUENCE s OWNED BY t.id";
    for (before, after) in [
        (serial, &*identity("integer", "ALWAYS")),
        (serial, &identity("bigint", "BY DEFAULT")),
        (alone, serial),
        (alone, &identity("smallint", "BY DEFAULT")),
        (alone, backward),
        (bare, shared),
    ] {
        let both = before == bare;
        let negative = if after == backward { -1 } else { 1 };
        for (from, to) in [(before, after), (after, before)] {
            numbers(from, to, both, negative);
        }
    }
}

/// Rows with numbers of their own, a change, and more rows that are numbered by what was made.
#[track_caller]
fn numbers(before: &str, after: &str, both: bool, sign: i32) {
    for server in servers() {
        let (one, other) = (TestDatabase::on(&server), TestDatabase::on(&server));
        let (mut connection, mut fresh) = (one.connect(), other.connect());
        run(&mut connection, before);
        run(&mut fresh, after);
        let (from, to) = (read(&mut connection), read(&mut fresh));
        // Some before the start, some behind.
        run(
            &mut connection,
            &format!(
                "INSERT INTO t OVERRIDING SYSTEM VALUE SELECT i * {sign}, 'old' FROM generate_series(-3, 30) AS i"
            ),
        );
        if both {
            run(&mut connection, "INSERT INTO u VALUES (3), (40)");
        }
        let (_, sql) = way(&from, &to, &diff(&from, &to, &Renames::default()));
        run(&mut connection, &sql);
        // What was noted on the way is no setting of the session any more.
        let left = "DO $$ BEGIN ASSERT coalesce(current_setting('limbeck.next$public$t$id', true), '') = ''; END $$";
        run(&mut connection, left);
        let numbered =
            after.contains("serial") || after.contains("GENERATED") || after.contains("nextval");
        if numbered {
            let insert = "INSERT INTO t (a) VALUES ('new'), ('newer');";
            if let Err(error) = connection.batch_execute(insert) {
                panic!("{error}\n{sql}");
            }
            if both {
                run(&mut connection, "INSERT INTO u DEFAULT VALUES");
            }
        }
    }
}

/// Numbers that were given to rows which are gone are not given once more.
#[test]
fn what_numbers_rows_goes_on_where_the_other_was() {
    let serial = "CREATE TABLE t (\"Id\" serial PRIMARY KEY, a text)";
    let identity =
        "CREATE TABLE t (\"Id\" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text)";
    let wide =
        "CREATE TABLE t (\"Id\" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a text)";
    let backward = "CREATE TABLE t (\"Id\" integer GENERATED ALWAYS AS IDENTITY (INCREMENT -1) PRIMARY KEY, a text)";
    let mut cases = Vec::new();
    for other in [identity, wide] {
        cases.extend([(serial, other), (other, serial)]);
    }
    cases.push((backward, "CREATE SEQUENCE s INCREMENT -1;
        CREATE TABLE t (\"Id\" integer PRIMARY KEY DEFAULT nextval('s'), a text); ALTER SEQUENCE s OWNED BY t.\"Id\""));
    for (before, after) in cases {
        let server = crate::support::server();
        // Of those that were counted, and where the next one was set.
        for (set, next) in [
            ("", 101),
            (
                "SELECT setval(pg_get_serial_sequence('t', 'Id'), 700, false);",
                700,
            ),
        ] {
            let sign = if before == backward { -1 } else { 1 };
            let set = set.replace("700", &(sign * 700).to_string());
            let (one, other) = (TestDatabase::on(server), TestDatabase::on(server));
            let (mut connection, mut fresh) = (one.connect(), other.connect());
            run(&mut connection, before);
            run(&mut fresh, after);
            let (from, to) = (read(&mut connection), read(&mut fresh));
            let rows = "INSERT INTO t (a) SELECT 'old' FROM generate_series(1, 100);
                DELETE FROM t WHERE abs(\"Id\") > 10;";
            run(&mut connection, &format!("{rows}{set}"));
            let (_, sql) = way(&from, &to, &diff(&from, &to, &Renames::default()));
            // Also where each statement is a transaction of its own.
            for statement in limbeck_core::token::split(&sql).expect("statements") {
                let statement = &sql[statement.range];
                connection.batch_execute(statement).expect("it runs");
            }
            run(&mut connection, "INSERT INTO t (a) VALUES ('new')");
            let got = answer(
                &mut connection,
                "SELECT max(abs(\"Id\"))::text AS text FROM t",
            );
            assert_eq!(got, next.to_string(), "{before} to {after}\n{sql}");
        }
    }
}

/// What stands under the comments of each hazard, by its code.
fn told_above(from: &str, to: &str, hints: &[(&str, &str)]) -> Vec<(String, String)> {
    let server = crate::support::server();
    let (one, other) = (TestDatabase::on(server), TestDatabase::on(server));
    let (mut connection, mut fresh) = (one.connect(), other.connect());
    run(&mut connection, from);
    run(&mut fresh, to);
    let (from, to) = (read(&mut connection), read(&mut fresh));
    let id = |text: &str| text.parse().expect("an identity");
    let renames = Renames {
        by_new: hints.iter().map(|(new, old)| (id(new), id(old))).collect(),
    };
    let operations = diff(&from, &to, &renames);
    let naming = Naming::within(name("public"));
    let context = Context {
        from: &from,
        to: &to,
        naming: &naming,
    };
    let statements = render(&operations, &context);
    let sql = script(&statements, &hazards(&operations, &from, &to), "");
    run(&mut connection, &sql);
    let mut told = Vec::new();
    for block in sql.split("\n\n") {
        let (comments, code): (Vec<&str>, Vec<&str>) =
            block.lines().partition(|line| line.starts_with("--"));
        let codes = comments
            .iter()
            .filter_map(|line| line.strip_prefix("-- hazard ")?.split_once(':'));
        told.extend(codes.map(|(hazard, _)| (hazard.to_owned(), code.join("\n"))));
    }
    told
}

#[test]
fn hazards_stand_above_the_statement_that_does_it() {
    let above = |from: &str, to: &str, hints: &[(&str, &str)], expected: &[(&str, &str)]| {
        let told = told_above(from, to, hints);
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for ((hazard, statement), (code, words)) in told.iter().zip(expected) {
            assert!(hazard == code && statement.contains(words), "{told:#?}");
        }
    };
    let enums = |values: &str, rest: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({values}); CREATE TABLE t (a text, m mood, ms mood[]); {rest}"
        )
    };
    above(
        &enums("'a', 'b'", ""),
        &enums("'b'", ""),
        &[],
        &[("remove_enum_value", "ALTER COLUMN \"m\" TYPE")],
    );
    above(
        &enums(
            "'a', 'b'",
            "CREATE VIEW v AS SELECT m FROM t; CREATE DOMAIN d AS mood",
        ),
        &enums(
            "'b'",
            "CREATE VIEW v AS SELECT m FROM t; CREATE DOMAIN d AS mood",
        ),
        &[],
        &[("remove_enum_value", "ALTER COLUMN \"m\" TYPE")],
    );
    above(
        "CREATE TYPE mood AS ENUM ('a', 'b')",
        "CREATE TYPE mood AS ENUM ('b')",
        &[],
        &[("remove_enum_value", "CREATE TYPE")],
    );
    above(
        "CREATE TABLE t (a text, b bigint)",
        "CREATE TABLE t (c character varying(3) NOT NULL, d integer)",
        &[
            ("column:public.t.c", "column:public.t.a"),
            ("column:public.t.d", "column:public.t.b"),
        ],
        &[
            ("set_not_null", "ALTER COLUMN \"c\" SET NOT NULL"),
            ("narrow_type", "ALTER COLUMN \"c\" TYPE"),
            ("narrow_type", "ALTER COLUMN \"d\" TYPE"),
        ],
    );
    above(
        "CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE t (a uuid)",
        &[],
        &[("cast_can_fail", "ALTER COLUMN \"a\" TYPE")],
    );
    let pair = |attributes: &str| {
        format!(
            "CREATE TYPE pair AS ({attributes}); CREATE TABLE t (a pair); CREATE TABLE u (a pair[])"
        )
    };
    above(
        &pair("x integer, y text"),
        &pair("x bigint"),
        &[],
        &[
            (
                "drop_attribute",
                "ALTER TABLE \"t\" ALTER COLUMN \"a\" TYPE",
            ),
            ("cast_can_fail", "ALTER TABLE \"t\" ALTER COLUMN \"a\" TYPE"),
            ("cast_can_fail", "ALTER TABLE \"u\" ALTER COLUMN \"a\" TYPE"),
        ],
    );
    above(
        &pair("x integer, y text"),
        &pair("x integer"),
        &[],
        &[("drop_attribute", "DROP ATTRIBUTE \"y\"")],
    );
}

#[test]
fn an_array_of_one_comes_back_as_what_it_was() {
    check(Pair {
        before: "CREATE TABLE t (a text, b integer, c jsonb, d date, e timestamp)",
        after: "CREATE TABLE t (a text[], b bigint[], c jsonb[], d date[], e timestamptz[])",
        rows: "INSERT INTO t VALUES ('x', 5, '[1]', '2024-01-01', '2024-01-01 12:00'), (NULL, NULL, NULL, NULL, NULL)",
        kept: Some((
            "SELECT (count(*) = 2 AND count(a) = 1 AND count(e) = 1)::text AS text FROM t",
            "true",
        )),
        says: &["ARRAY[\"a\"]::text[]", "ARRAY[\"e\" AT TIME ZONE 'UTC']"],
        ..Pair::default()
    });
}

#[test]
fn an_identity_with_bounds_of_its_own_changes_its_size() {
    let identity = |ty: &str, options: &str| {
        format!("CREATE TABLE t (id {ty} GENERATED ALWAYS AS IDENTITY ({options}), a text)")
    };
    for (narrow, wide) in [
        ("MAXVALUE 2000000000", "MAXVALUE 9000000000"),
        (
            "MINVALUE 10 START 10",
            "MINVALUE 5 MAXVALUE 9000000000 START 10",
        ),
        (
            "MINVALUE -7 MAXVALUE 70",
            "MINVALUE -9000000000 MAXVALUE 9000000000 START -7",
        ),
        (
            "INCREMENT -1 MINVALUE -900 MAXVALUE -5",
            "INCREMENT -1 MINVALUE -9000000000 MAXVALUE -3 START -5",
        ),
    ] {
        let (narrow, wide) = (identity("integer", narrow), identity("bigint", wide));
        check(Pair {
            before: &narrow,
            after: &wide,
            rows: "INSERT INTO t (a) VALUES ('one'), ('two')",
            kept: Some(("SELECT (count(id) = 2)::text AS text FROM t", "true")),
            ..Pair::default()
        });
    }
}

/// A counter that has reached the end of its type is at its end afterwards as well, and does not stop the change.
#[test]
fn what_numbers_rows_may_be_at_its_end() {
    let table = |numbered: &str| format!("CREATE TABLE t (id {numbered} PRIMARY KEY, a text)");
    let serial = table("smallserial");
    let identity = table("smallint GENERATED ALWAYS AS IDENTITY");
    let bare = table("smallint");
    let wide = table("bigint GENERATED BY DEFAULT AS IDENTITY");
    let (widest, last) = (
        table("bigserial"),
        table("bigint GENERATED ALWAYS AS IDENTITY"),
    );
    for (from, to, end) in [
        (&serial, &identity, i64::from(i16::MAX)),
        (&identity, &serial, i64::from(i16::MAX)),
        (&bare, &identity, i64::from(i16::MAX)),
        (&bare, &serial, i64::from(i16::MAX)),
        (&serial, &wide, i64::from(i16::MAX)),
        (&widest, &last, i64::MAX),
    ] {
        let server = crate::support::server();
        let (one, other) = (TestDatabase::on(server), TestDatabase::on(server));
        let (mut connection, mut fresh) = (one.connect(), other.connect());
        run(&mut connection, from);
        run(&mut fresh, to);
        run(
            &mut connection,
            &format!(
                "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES ({end}, 'last');
                 SELECT setval(s, {end}) FROM pg_get_serial_sequence('t', 'id') AS s WHERE s IS NOT NULL"
            ),
        );
        let (before, after) = (read(&mut connection), read(&mut fresh));
        let (_, sql) = way(&before, &after, &diff(&before, &after, &Renames::default()));
        run(&mut connection, &sql);
        let next = connection.batch_execute("INSERT INTO t (a) VALUES ('new')");
        let reached = next.is_err_and(|error| error.to_string().contains("reached maximum value"));
        assert_eq!(reached, *to != wide, "{from} to {to}\n{sql}");
    }
}

/// Whoever runs it, the sequence of a column belongs to the owner of the table.
#[test]
fn another_than_the_owner_makes_a_column_serial() {
    let server = crate::support::own_server();
    let database = TestDatabase::on(server);
    let mut connection = database.connect();
    let roles = "CREATE ROLE its_owner; CREATE ROLE its_runner IN ROLE its_owner;
        GRANT ALL ON SCHEMA public TO its_owner, its_runner";
    run(&mut connection, roles);
    let identity = "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text)";
    run(&mut connection, identity);
    run(&mut connection, "ALTER TABLE t OWNER TO its_owner");
    let other = TestDatabase::on(server);
    let mut fresh = other.connect();
    run(&mut fresh, "CREATE TABLE t (id serial PRIMARY KEY, a text)");
    run(&mut fresh, "ALTER TABLE t OWNER TO its_owner");
    let (from, to) = (read(&mut connection), read(&mut fresh));
    let (_, sql) = way(&from, &to, &diff(&from, &to, &Renames::default()));
    run(&mut connection, &format!("SET ROLE its_runner; {sql}"));
    let owner = answer(
        &mut connection,
        "SELECT relowner::regrole::text AS text FROM pg_class WHERE relname = 't_id_seq'",
    );
    assert_eq!(owner, "its_owner", "{sql}");
    run(
        &mut connection,
        "RESET ROLE; DROP OWNED BY its_owner, its_runner",
    );
    run(
        &mut fresh,
        "DROP OWNED BY its_owner; DROP ROLE its_owner, its_runner",
    );
}
