//! What it costs to hand a test its database, beside the other ways there are, in one run:
//! `cargo bench --bench databases`.
//!
//! All ways use one throwaway server, which does not sync, on a memory-backed file system where there
//! is one. They take turns, so that whatever else the machine does hits all of them alike. Of each,
//! the median is printed, and how often it is the time of the first: a bare copy of a database and a
//! connection to it.
//!
//! `sqlx::test` is imitated: the statements that it sends for a test, from `libpq`, without its
//! runtime and its pool.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use limbeck::server::{Fetch, Server, ServerOptions};
use limbeck::testing::{Setup, TestDatabase};
use limbeck::{Bundle, Migration, Migrator, Revision, RevisionId, SqlMigration};
use limbeck_core::revision::sql_digest;

type Outcome<T> = Result<T, Box<dyn Error>>;
/// What is to be done when a database has been handed out and timed.
type After<'a> = Box<dyn FnOnce() + 'a>;

/// How many tables, and how many turns each way has.
const SIZES: [(usize, usize); 3] = [(10, 21), (100, 7), (1_000, 3)];
/// How long a test works on its database where that matters: copies are made ahead meanwhile.
const WORK: Duration = Duration::from_millis(30);

/// How many tests run on how many threads at once.
const MANY: usize = 40;
const THREADS: usize = 2;

/// A way to hand out a database: what is timed, and what comes after it.
struct Way<'a> {
    name: &'static str,
    hand_out: Box<dyn Fn() -> Outcome<After<'a>> + 'a>,
    pause: Duration,
    times: Vec<Duration>,
}

fn main() -> Outcome<()> {
    let server = Server::start(&ServerOptions {
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    })?;
    println!(
        "milliseconds to hand a test its database and a connection (medians), Postgres {}\n",
        server.major()
    );
    let mut table: Vec<(&str, Vec<String>)> = Vec::new();
    for (tables, turns) in SIZES {
        let revisions = revisions(tables);
        let times = measure(&server, &revisions, turns)?;
        let bare = times[0].1;
        for (row, (name, time)) in times.iter().enumerate() {
            if table.len() == row {
                table.push((name, Vec::new()));
            }
            let times = time.as_secs_f64() / bare.as_secs_f64();
            table[row]
                .1
                .push(format!("{:9.1} {times:6.2}x", time.as_secs_f64() * 1e3));
        }
    }
    let heads: Vec<String> = SIZES
        .iter()
        .map(|(tables, _)| format!("{tables:>10} tables"))
        .collect();
    println!("{:<44}{}", "", heads.join(""));
    for (name, cells) in table {
        println!("{name:<44}{}", cells.join(""));
    }
    let migrator = migrator(&revisions(SIZES[0].0));
    let all = |ready| many(&migrator, ready).map(|time| time.as_secs_f64() * 1e3);
    println!(
        "\n{MANY} tests of {} tables on {THREADS} threads: {:.0} ms, with two copies ready {:.0} ms",
        SIZES[0].0,
        all(0)?,
        all(2)?
    );
    Ok(())
}

/// What many tests take from the first to the last, each of which has some work to do.
fn many(migrator: &Migrator, ready: usize) -> Outcome<Duration> {
    let begun = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(move || -> limbeck::Result<()> {
                    for _ in 0..MANY / THREADS {
                        let database = Setup::new(migrator).ready(ready).fresh()?;
                        let _connection = database.connection()?;
                        thread::sleep(WORK / 3);
                    }
                    Ok(())
                })
            })
            .collect();
        for thread in threads {
            thread.join().map_err(|_| "a thread has panicked")??;
        }
        Ok(begun.elapsed())
    })
}

/// The medians of all ways, the bare one first.
fn measure(
    server: &Server,
    revisions: &[SqlMigration],
    turns: usize,
) -> Outcome<Vec<(&'static str, Duration)>> {
    let migrator = migrator(revisions);
    let template = server.create_database("bench_template")?;
    migrator.run_pending(&mut template.connect()?)?;
    let shared = server.create_database("bench_shared")?;
    migrator.run_pending(&mut shared.connect()?)?;
    // Their sessions are gone by then.
    thread::sleep(Duration::from_millis(50));

    let way = |name, pause, hand_out| Way {
        name,
        hand_out,
        pause,
        times: Vec::new(),
    };
    let mut ways = vec![
        way(
            "CREATE DATABASE ... TEMPLATE ... and connect",
            Duration::ZERO,
            {
                let template = template.name().to_owned();
                Box::new(move || bare(server, &template))
            },
        ),
        way("limbeck::testing", Duration::ZERO, {
            let migrator = &migrator;
            Box::new(move || fresh(Setup::new(migrator)))
        }),
        way("limbeck::testing, two copies ready", WORK, {
            let migrator = &migrator;
            Box::new(move || fresh(Setup::new(migrator).ready(2)))
        }),
        way("limbeck::testing, rollback", Duration::ZERO, {
            let migrator = &migrator;
            Box::new(move || fresh(Setup::new(migrator).rollback()))
        }),
        way(
            "begin_test_transaction on a new connection",
            Duration::ZERO,
            {
                let shared = &shared;
                Box::new(move || {
                    let mut connection = shared.connect()?;
                    connection.begin_test_transaction()?;
                    Ok(Box::new(move || drop(connection)))
                })
            },
        ),
        way("the revisions, run per test", Duration::ZERO, {
            let migrator = &migrator;
            Box::new(move || {
                let database = server.create_database("bench_replay")?;
                let mut connection = database.connect()?;
                migrator.run_pending(&mut connection)?;
                Ok(Box::new(move || drop((connection, database))))
            })
        }),
        way("sqlx::test (imitated)", Duration::ZERO, {
            Box::new(move || sqlx(server, revisions))
        }),
    ];
    for turn in 0..=turns {
        for way in &mut ways {
            thread::sleep(way.pause);
            let begun = Instant::now();
            let after = (way.hand_out)()?;
            let time = begun.elapsed();
            after();
            // The first turn makes templates, and fills caches.
            if turn > 0 {
                way.times.push(time);
            }
        }
    }
    Ok(ways
        .into_iter()
        .map(|mut way| {
            way.times.sort_unstable();
            (way.name, way.times[way.times.len() / 2])
        })
        .collect())
}

fn bare<'a>(server: &'a Server, template: &str) -> Outcome<After<'a>> {
    thread_local! {
        static ADMIN: std::cell::RefCell<Option<PgConnection>> = const { std::cell::RefCell::new(None) };
    }
    let admin = |sql: &str| -> Outcome<()> {
        ADMIN.with_borrow_mut(|admin| {
            if admin.is_none() {
                *admin = Some(PgConnection::establish(&server.url("postgres"))?);
            }
            Ok(admin
                .as_mut()
                .map_or(Ok(()), |admin| admin.batch_execute(sql))?)
        })
    };
    let strategy = if server.major() >= 15 {
        " STRATEGY file_copy"
    } else {
        ""
    };
    let name = format!("bench_bare_{}", std::process::id());
    admin(&format!(
        "CREATE DATABASE {name} TEMPLATE {template}{strategy}"
    ))?;
    let connection = PgConnection::establish(&server.url(&name))?;
    Ok(Box::new(move || {
        drop(connection);
        admin(&format!("DROP DATABASE {name} WITH (FORCE)")).expect("it is dropped");
    }))
}

fn fresh<'a>(setup: Setup<'_>) -> Outcome<After<'a>> {
    let database: TestDatabase = setup.fresh()?;
    let connection = database.connection()?;
    Ok(Box::new(move || drop((connection, database))))
}

fn sqlx<'a>(server: &Server, revisions: &[SqlMigration]) -> Outcome<After<'a>> {
    let name = format!("bench_sqlx_{}", std::process::id());
    // Its pool of administrative connections keeps none.
    let mut master = PgConnection::establish(&server.url("postgres"))?;
    master.batch_execute(
        "SELECT pg_advisory_xact_lock(1);
         CREATE SCHEMA IF NOT EXISTS bench_sqlx;
         CREATE TABLE IF NOT EXISTS bench_sqlx.databases
             (db_name text PRIMARY KEY, test_path text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
         CREATE INDEX IF NOT EXISTS databases_created_at ON bench_sqlx.databases (created_at);
         CREATE SEQUENCE IF NOT EXISTS bench_sqlx.database_ids;",
    )?;
    let clean = move |master: &mut PgConnection, name: &str| -> QueryResult<()> {
        master.batch_execute(&format!("DROP DATABASE IF EXISTS {name};"))?;
        diesel::sql_query("DELETE FROM bench_sqlx.databases WHERE db_name = $1")
            .bind::<Text, _>(name)
            .execute(master)
            .map(drop)
    };
    clean(&mut master, &name)?;
    diesel::sql_query("INSERT INTO bench_sqlx.databases (db_name, test_path) VALUES ($1, 'bench')")
        .bind::<Text, _>(&name)
        .execute(&mut master)?;
    master.batch_execute(&format!("CREATE DATABASE {name}"))?;
    drop(master);
    let mut connection = PgConnection::establish(&server.url(&name))?;
    connection.batch_execute("SELECT current_database(), pg_advisory_lock(2)")?;
    connection.batch_execute(
        "CREATE TABLE IF NOT EXISTS _migrations (version bigint PRIMARY KEY, description text NOT NULL,
             installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL,
             checksum bytea NOT NULL, execution_time bigint NOT NULL)",
    )?;
    connection.batch_execute(
        "SELECT version FROM _migrations WHERE NOT success ORDER BY version LIMIT 1",
    )?;
    connection.batch_execute("SELECT version, checksum FROM _migrations ORDER BY version")?;
    for (version, revision) in (0_i64..).zip(revisions) {
        connection.transaction(|connection| {
            connection.batch_execute(&revision.up)?;
            diesel::sql_query("INSERT INTO _migrations VALUES ($1, $2, now(), true, $3, -1)")
                .bind::<BigInt, _>(version)
                .bind::<Text, _>(revision.revision.id.as_str())
                .bind::<Binary, _>(&revision.revision.content.0[..])
                .execute(connection)
        })?;
        diesel::sql_query("UPDATE _migrations SET execution_time = $1 WHERE version = $2")
            .bind::<BigInt, _>(1)
            .bind::<BigInt, _>(version)
            .execute(&mut connection)?;
    }
    connection.batch_execute("SELECT current_database(), pg_advisory_unlock(2)")?;
    let url = server.url("postgres");
    Ok(Box::new(move || {
        drop(connection);
        let mut master = PgConnection::establish(&url).expect("the server answers");
        clean(&mut master, &name).expect("it is dropped");
    }))
}

fn migrator(revisions: &[SqlMigration]) -> Migrator {
    let mut bundle = Bundle::new("bench");
    bundle.migrations = revisions
        .iter()
        .map(|one| Arc::new(one.clone()) as Arc<dyn Migration>)
        .collect();
    Migrator::new(bundle)
}

/// A chain that makes so many tables: five columns, a primary key, a unique key, a foreign key, a
/// check and one more index each.
fn revisions(tables: usize) -> Vec<SqlMigration> {
    let each = (tables / 20).max(2);
    let numbers: Vec<usize> = (0..tables).collect();
    let mut parent: Option<RevisionId> = None;
    let mut revisions = Vec::new();
    for (index, part) in numbers.chunks(each).enumerate() {
        let mut up = String::new();
        for number in part {
            let other = number.saturating_sub(1);
            writeln!(
                up,
                "CREATE TABLE bench_{number} (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, \
                 other bigint REFERENCES bench_{other}, name text NOT NULL UNIQUE, \
                 amount integer NOT NULL CHECK (amount > 0), at timestamptz NOT NULL DEFAULT now());\n\
                 CREATE INDEX ON bench_{number} (at);"
            )
            .expect("a string takes all");
        }
        let id = RevisionId::new(format!("r{index}")).expect("it is an identifier");
        let mut revision = Revision::new(id.clone(), sql_digest(&up));
        revision.parents = parent.replace(id).into_iter().collect();
        revisions.push(SqlMigration {
            revision,
            up: up.into(),
            down: None,
        });
    }
    revisions
}
