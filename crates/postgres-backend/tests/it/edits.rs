//! Random edits of a schema: what Postgres takes of them makes another schema, to be reached from the first, and
//! left again.
//!
//! In the suite, of a schema of our own. `LIMBECK_SCHEMAS=FOLDER cargo test -p limbeck-postgres --test it -- --ignored
//! edits::of_real_schemas --nocapture` does it to every `.sql` file of a folder, `LIMBECK_EDITS` times each (200), from the
//! number `LIMBECK_SEED` on (0).

use std::env;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use limbeck_core::{Bundle, SqlFile};
use limbeck_postgres::server::Server;
use limbeck_postgres::{Migrator, Source, Way, script};

use crate::support::{TestDatabase, server, servers};

/// How many edits are tried together.
const TOGETHER: usize = 8;

#[derive(QueryableByName)]
struct Edit {
    #[diesel(sql_type = Text)]
    theme: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Some edits: a theme each time, and one of it.
fn some<'a>(edits: &'a [Edit], random: &mut fastrand::Rng) -> Vec<&'a str> {
    let mut themes: Vec<&str> = edits.iter().map(|edit| edit.theme.as_str()).collect();
    themes.dedup();
    let one = |_| {
        let theme = themes[random.usize(..themes.len())];
        let of_it: Vec<&Edit> = edits.iter().filter(|edit| edit.theme == theme).collect();
        of_it[random.usize(..of_it.len())].sql.as_str()
    };
    (0..TOGETHER).map(one).collect()
}

/// What Postgres takes of some edits.
fn edit(connection: &mut PgConnection, wanted: &[&str]) -> Vec<String> {
    let mut taken = Vec::new();
    for sql in wanted {
        let done = connection.transaction::<_, diesel::result::Error, _>(|connection| {
            connection.batch_execute("SET LOCAL lock_timeout = '5s'")?;
            connection.batch_execute(sql)
        });
        if done.is_ok() {
            taken.push((*sql).to_owned());
        }
    }
    taken
}

fn migrator(database: &TestDatabase) -> Migrator {
    Migrator::new(Bundle::new("app")).scratch_url(database.url())
}

/// A database with a schema that everybody else starts from.
fn planted(server: &Server, schema: &Source) -> TestDatabase {
    let database = TestDatabase::on(server);
    let migrator = migrator(&database);
    let difference = migrator.difference(&Source::Empty, schema, &[]);
    let there = difference.expect("the schema loads").there;
    walk(&database, &there).expect("the schema is made");
    database
}

fn walk(database: &TestDatabase, way: &Way) -> QueryResult<()> {
    let mut connection = database.connect();
    connection.transaction(|connection| connection.batch_execute(&script(&way.statements, &[], "")))
}

/// What is wrong with the ways between a schema and what edits make of it; `None` where Postgres took none.
fn there_and_back(server: &Server, start: &TestDatabase, seed: u64) -> Option<Result<(), String>> {
    let edits: Vec<Edit> = sql_query(include_str!("edits/candidates.sql"))
        .load(&mut start.connect())
        .expect("the catalog answers");
    let wanted = some(&edits, &mut fastrand::Rng::with_seed(seed));
    let edited = TestDatabase::like(server, start);
    let taken = edit(&mut edited.connect(), &wanted);
    if taken.is_empty() {
        return None;
    }
    let walked = TestDatabase::like(server, start);
    let done = compared(start, &edited, &walked);
    Some(done.map_err(|why| format!("seed {seed}:\n  {}\n{why}", taken.join(";\n  "))))
}

fn compared(
    start: &TestDatabase,
    edited: &TestDatabase,
    walked: &TestDatabase,
) -> Result<(), String> {
    let source = |database: &TestDatabase| Source::Database(database.url());
    let migrator = migrator(start);
    let difference = |from: &TestDatabase, to: &TestDatabase| {
        migrator
            .difference(&source(from), &source(to), &[])
            .map_err(|error| format!("{error}"))
    };
    let reached = |what: &str, goal: &TestDatabase| {
        let rest = difference(walked, goal)?.there.operations;
        if let Some(operation) = rest.first() {
            return Err(format!("{what}: {} left, {operation}", rest.len()));
        }
        let told = |database: &TestDatabase| {
            let mut connection = database.connect();
            // What the sequence of an identity is called is no difference.
            let renamed = "SELECT string_agg(format('ALTER SEQUENCE %s RENAME TO %I', objid::regclass,
                                                    concat('of ', refobjid::regclass, refobjsubid)), ';') AS text
                           FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'i' AND refobjsubid > 0";
            let renamed = crate::ddl::answer(&mut connection, renamed);
            connection.test_transaction(|connection| {
                connection.batch_execute(&format!("SELECT; {renamed}"))?;
                let texts = [
                    include_str!("ddl/snapshot.sql"),
                    include_str!("ddl/programs.sql"),
                ];
                QueryResult::Ok(texts.map(|query| crate::ddl::answer(connection, query)))
            })
        };
        let (is, expected) = (told(walked).concat(), told(goal).concat());
        let strange = |one: &str, other: &str| {
            let there: Vec<&str> = other.lines().collect();
            let line = one.lines().find(|line| !there.contains(line));
            line.map(str::to_owned)
        };
        match (strange(&is, &expected), strange(&expected, &is)) {
            (None, None) => Ok(()),
            (more, less) => Err(format!("{what}: {more:?} in place of {less:?}")),
        }
    };
    let both = difference(start, edited)?;
    let go = |what: &str, way: &Way| {
        walk(walked, way)
            .map_err(|error| format!("{what}: {error}\n{}", script(&way.statements, &[], "")))
    };
    go("there", &both.there)?;
    reached("there", edited)?;
    go("back", &both.back)?;
    reached("back", start)
}

/// Edits a schema again and again; what went wrong, and how often it was edited.
fn edited(server: &Server, schema: &Source, seeds: std::ops::Range<u64>) -> (Vec<String>, usize) {
    let start = planted(server, schema);
    let tried: Vec<_> = seeds
        .filter_map(|seed| there_and_back(server, &start, seed))
        .collect();
    let count = tried.len();
    (tried.into_iter().filter_map(Result::err).collect(), count)
}

fn file(path: &Path) -> Source {
    let text = std::fs::read_to_string(path).expect("the file is read");
    Source::Sql(vec![SqlFile {
        name: path.display().to_string(),
        text,
    }])
}

#[test]
fn of_a_garden() {
    let schema = Source::Sql(vec![SqlFile {
        name: "garden.sql".to_owned(),
        text: include_str!("edits/garden.sql").to_owned(),
    }]);
    for server in servers() {
        let (wrong, count) = edited(&server, &schema, 0..25);
        assert!(count > 15, "on {}: {count} edited", server.major());
        assert!(
            wrong.is_empty(),
            "on {}:\n{}",
            server.major(),
            wrong.join("\n\n")
        );
    }
}

#[test]
#[ignore = "on demand: it takes long, and a folder"]
fn of_real_schemas() {
    let Some(folder) = env::var_os("LIMBECK_SCHEMAS") else {
        panic!("LIMBECK_SCHEMAS names no folder of schemas");
    };
    let number = |name: &str, otherwise| {
        let text = env::var(name).ok();
        text.map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let (first, times) = (number("LIMBECK_SEED", 0), number("LIMBECK_EDITS", 200));
    let entries = std::fs::read_dir(folder).expect("the folder is read");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder is read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    paths.sort();
    let mut lost = 0;
    for path in paths {
        let (wrong, count) = edited(server(), &file(&path), first..first + times);
        println!("{}: {count} edited, {} lost", path.display(), wrong.len());
        wrong.iter().for_each(|why| println!("{why}\n"));
        lost += wrong.len();
    }
    assert_eq!(lost, 0);
}
