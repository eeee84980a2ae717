//! What reading and comparing schemas costs beside what Postgres itself needs for it, in one run:
//! `cargo bench -p limbeck-postgres --bench schemas`.
//!
//! The limit is one statement that deparses the same objects, its rows fetched, or a connection, or one
//! batch with the same text, and `psql -1 -f` where it is there. All take turns on one throwaway server, and of
//! each the median is printed with how often it is its limit; and how many statements reading sends. Whole
//! processes are measured where `limbeck` is built beside this bench: `cargo build --profile bench -p limbeck-cli`.
//! Of `reading`, `whole`, `loading` and `pure`, those named after `--` run alone.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::object::Column;
use limbeck_core::{Bundle, Object, ObjectId, Schema, SqlFile};
use limbeck_postgres::introspect::{Scope, introspect, introspect_by_row};
use limbeck_postgres::server::{Database, Fetch, Server, ServerOptions};
use limbeck_postgres::{Migrator, Source};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What is timed, and its name.
type Way<'a> = (&'a str, Box<dyn FnMut() -> Outcome + 'a>);

/// How many turns each way has.
const TURNS: usize = 7;

/// What Postgres prints of all that [`tables`] makes, and no more.
const DEPARSED: &str = "
    SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) AS text
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::pg_catalog.regnamespace AND a.attnum > 0
    UNION ALL
    SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    FROM pg_catalog.pg_attrdef AS d
    JOIN pg_catalog.pg_class AS c ON c.oid = d.adrelid
    WHERE c.relnamespace = 'public'::pg_catalog.regnamespace
    UNION ALL
    SELECT pg_catalog.pg_get_constraintdef(k.oid)
    FROM pg_catalog.pg_constraint AS k
    WHERE k.connamespace = 'public'::pg_catalog.regnamespace
    UNION ALL
    SELECT pg_catalog.pg_get_indexdef(i.indexrelid)
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
    WHERE c.relnamespace = 'public'::pg_catalog.regnamespace";

#[derive(QueryableByName)]
struct Deparsed {
    #[diesel(sql_type = Nullable<Text>)]
    #[allow(dead_code)]
    text: Option<String>,
}

/// Tables of 8 columns with a primary key, a foreign key, a check and two indexes each.
fn tables(number: usize) -> String {
    let mut sql = String::new();
    for table in 0..number {
        let parent = table / 2;
        writeln!(
            sql,
            "CREATE TABLE t{table} (
                id bigint PRIMARY KEY, parent bigint REFERENCES t{parent} (id), a text NOT NULL DEFAULT '',
                b integer CHECK (b > 0), c timestamptz DEFAULT now(), d numeric(10, 2), e boolean, f uuid);
             CREATE INDEX t{table}_a ON t{table} (a);
             CREATE INDEX t{table}_d ON t{table} (lower(a), d) WHERE e;"
        )
        .expect("memory can be written to");
    }
    sql
}

fn main() -> Outcome {
    let server = Server::start(&ServerOptions {
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    })?;
    println!("Postgres {}, medians of {TURNS} turns", server.major());
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    for number in [10, 1_000] {
        let (one, other) = (filled(&server, number)?, filled(&server, number)?);
        println!("\n{number} tables");
        if wanted("reading") {
            reading(&one, &other)?;
        }
        if wanted("whole") {
            whole(&server, &one, &other)?;
        }
        if wanted("loading") {
            loading(&server, &one, number)?;
        }
    }
    if !wanted("pure") {
        return Ok(());
    }
    println!("\nthe pure difference, 10 changes");
    let small = pure(&server, 1_000)?;
    let large = pure(&server, 10_000)?;
    println!(
        "{:<56}{:>9.1}x",
        "10,000 tables, times 1,000",
        large / small
    );
    Ok(())
}

fn filled(server: &Server, number: usize) -> Outcome<Database> {
    let database = server.create_database("bench_schemas")?;
    let mut connection = database.connect()?;
    connection.batch_execute(&tables(number))?;
    connection.batch_execute("ANALYZE")?;
    Ok(database)
}

/// The median of a few turns each, all taking turns; printed with what the first of them took.
fn turns(ways: &mut [Way<'_>]) -> Outcome<Vec<f64>> {
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..TURNS {
        for ((_, act), times) in ways.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            act()?;
            times.push(begun.elapsed());
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    for ((name, _), time) in ways.iter().zip(&medians) {
        println!("{name:<48}{time:>9.1} ms{:>9.2}x", time / medians[0]);
    }
    Ok(medians)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn reading(one: &Database, other: &Database) -> Outcome {
    let (mut bare, mut ours) = (one.connect()?, one.connect()?);
    let mut any = one.connect()?;
    let (mut left, mut right) = (one.connect()?, other.connect()?);
    turns(&mut [
        (
            "one statement that deparses it",
            Box::new(|| deparse(&mut bare)),
        ),
        (
            "read the schema",
            Box::new(|| {
                introspect_by_row(&mut ours, &Scope::all())?;
                Ok(())
            }),
        ),
        (
            "read the schema, as on any connection",
            Box::new(|| {
                introspect(&mut any, &Scope::all())?;
                Ok(())
            }),
        ),
        (
            "read two and compare them",
            Box::new(|| {
                let left = introspect_by_row(&mut left, &Scope::all())?.schema;
                let right = introspect_by_row(&mut right, &Scope::all())?.schema;
                assert!(diff(&left, &right, &Renames::default()).is_empty());
                Ok(())
            }),
        ),
    ])?;
    println!("on new connections, of which the first statement of each fills the caches");
    let migrator = Migrator::new(Bundle::new("bench"));
    let sides = [one, other].map(|side| Source::Database(side.url()));
    turns(&mut [
        (
            "connect to two and deparse both",
            Box::new(|| deparse_both(one, other)),
        ),
        (
            "connect to two, read and compare them",
            Box::new(|| {
                let [from, to] = &sides;
                let difference = migrator.difference(from, to, &[])?;
                assert!(difference.there.operations.is_empty());
                Ok(())
            }),
        ),
    ])?;
    println!(
        "{:<48}{:>9}",
        "statements that reading sends",
        statements(one)?
    );
    Ok(())
}

fn deparse(connection: &mut PgConnection) -> Outcome {
    let rows: Vec<Deparsed> = diesel::sql_query(DEPARSED).load(connection)?;
    assert!(!rows.is_empty());
    Ok(())
}

fn deparse_both(one: &Database, other: &Database) -> Outcome {
    for side in [one, other] {
        deparse(&mut side.connect()?)?;
    }
    Ok(())
}

/// How many statements are sent to read a schema, those of the transaction around it among them.
fn statements(database: &Database) -> Outcome<usize> {
    let mut connection = database.connect()?;
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = event {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    introspect(&mut connection, &Scope::all())?;
    Ok(sent.load(Ordering::Relaxed))
}

/// The command line, where it is built.
fn limbeck() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?;
    let profile = beside.parent()?.parent()?;
    let program = profile.join(format!("limbeck{}", std::env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}

fn whole(server: &Server, one: &Database, other: &Database) -> Outcome {
    let Some(limbeck) = limbeck() else {
        println!("whole processes: `limbeck` is not built in this profile");
        return Ok(());
    };
    turns(&mut [
        (
            "connect",
            Box::new(|| {
                one.connect()?;
                Ok(())
            }),
        ),
        (
            "connect to two and deparse both",
            Box::new(|| deparse_both(one, other)),
        ),
        (
            "limbeck diff of two databases, whole process",
            Box::new(|| {
                let status = Command::new(&limbeck)
                    .args(["diff", "--from", &one.url(), "--to", &other.url()])
                    .args(["--url", &server.url("postgres")])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()?;
                assert!(status.success());
                Ok(())
            }),
        ),
    ])?;
    Ok(())
}

fn loading(server: &Server, loaded: &Database, number: usize) -> Outcome {
    let sql = tables(number);
    let file = Source::Sql(vec![SqlFile {
        name: "file.sql".to_owned(),
        text: sql.clone(),
    }]);
    let migrator = Migrator::new(Bundle::new("bench")).scratch_url(server.url("postgres"));
    let script = std::env::temp_dir().join(format!("bench_schemas_{}.sql", std::process::id()));
    let mut ways: Vec<Way<'_>> = vec![
        (
            "a database, and the file as one batch",
            Box::new(|| {
                let database = server.create_database("bench_schemas")?;
                let mut connection = database.connect()?;
                connection.batch_execute(&format!("BEGIN;{sql};COMMIT"))?;
                Ok(())
            }),
        ),
        (
            "load a file, and read it",
            Box::new(|| {
                migrator.read_source(&file)?;
                Ok(())
            }),
        ),
        (
            "read what is loaded already",
            Box::new(|| {
                introspect(&mut loaded.connect()?, &Scope::all())?;
                Ok(())
            }),
        ),
    ];
    if psql_is_there() {
        fs::write(&script, &sql)?;
        ways.push((
            "a database, and `psql -1 -f`",
            Box::new(|| {
                let database = server.create_database("bench_schemas")?;
                let status = Command::new("psql")
                    .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f"])
                    .arg(&script)
                    .args(["-d", &database.url()])
                    .stdout(Stdio::null())
                    .status()?;
                assert!(status.success());
                Ok(())
            }),
        ));
    }
    let medians = turns(&mut ways);
    drop(ways);
    // It is there only with psql.
    let _ = fs::remove_file(&script);
    let medians = medians?;
    let load = medians[1] - medians[2];
    println!(
        "{:<48}{load:>9.1} ms{:>9.2}x",
        "load a file alone",
        load / medians[0]
    );
    if let Some(psql) = medians.get(3) {
        println!(
            "{:<48}{:>12}{:>9.2}x",
            "load a file alone, times psql",
            "",
            load / psql
        );
    }
    Ok(())
}

fn psql_is_there() -> bool {
    let asked = Command::new("psql")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// What the pure difference of a schema with itself and ten changes takes, in milliseconds.
fn pure(server: &Server, number: usize) -> Outcome<f64> {
    let database = filled(server, number)?;
    let from = introspect(&mut database.connect()?, &Scope::all())?.schema;
    let to = changed(&from);
    let none = Renames::default();
    let name = format!("{number} tables");
    let times = turns(&mut [(
        &name,
        Box::new(|| {
            assert!(!diff(&from, &to, &none).is_empty());
            Ok(())
        }),
    )])?;
    Ok(times[0])
}

/// Ten columns lose their default or get one.
fn changed(from: &Schema) -> Schema {
    let mut to = from.clone();
    let columns: Vec<(ObjectId, Column)> = to
        .objects
        .iter()
        .filter_map(|(id, object)| match object {
            Object::Column(column) if column.default.is_some() => {
                Some((id.clone(), column.clone()))
            }
            _ => None,
        })
        .take(10)
        .collect();
    for (id, mut column) in columns {
        column.default = None;
        to.insert(id, Object::Column(column));
    }
    to
}
