//! Operators and types that somebody has made where a session looks first: none of ours is resolved
//! to them. And tables that a session does not find by their bare names: that is told.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::Connection;
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use limbeck::prelude::*;
use limbeck::{ErrorKind, Revision, SqlMigration, Status};
use limbeck_core::revision::sql_digest;

use crate::support::TestDatabase;

#[derive(Model)]
#[model(table = "trapped", register = false)]
#[allow(dead_code)]
struct Trapped {
    #[model(primary_key)]
    id: i64,
    #[model(index)]
    number: i32,
}

/// Operators over the types of the catalogs that fail when they are called: those of arrays, and of
/// two types that Postgres has none for, are found under every path.
const OPERATORS: &str = r#"
DO $$
DECLARE
  types text[] := ARRAY['text', 'text[]', 'name', 'name[]', '"char"', 'oid', 'int2', 'int4', 'int8',
    'numeric', 'float8', 'timestamptz', 'bool', 'regclass', 'varchar', '"char"[]'];
  l text;
  r text;
  o text;
  n int := 0;
BEGIN
  FOREACH l IN ARRAY types LOOP
    FOREACH r IN ARRAY types LOOP
      n := n + 1;
      EXECUTE format('CREATE FUNCTION public.trap_%s(pg_catalog.%s, pg_catalog.%s) RETURNS boolean
        LANGUAGE plpgsql AS %L', n, l, r,
        format('BEGIN RAISE EXCEPTION ''a trap was called: %s, %s''; END', l, r));
      FOREACH o IN ARRAY ARRAY['=', '<>', '>', '||', '~', '~~', '!~~', '&', '+', '-', '*', '%'] LOOP
        EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = pg_catalog.%s, RIGHTARG = pg_catalog.%s,
          FUNCTION = public.trap_%s)', o, l, r, n);
      END LOOP;
    END LOOP;
  END LOOP;
END
$$;"#;

/// Types that are found in place of those of Postgres.
const TYPES: &str = "
CREATE TYPE public.text AS ENUM ('a trap');
CREATE TYPE public.name AS ENUM ('a trap');
CREATE TYPE public.oid AS ENUM ('a trap');
CREATE TYPE public.int4 AS ENUM ('a trap');
CREATE TYPE public.int8 AS ENUM ('a trap');
CREATE TYPE public.jsonb AS ENUM ('a trap');
CREATE TYPE public.regclass AS ENUM ('a trap');
ALTER DATABASE current_one SET search_path = public, pg_catalog;";

fn revision(id: &str, parents: &[&str], up: &str, down: &str) -> SqlMigration {
    let mut revision = Revision::new(id.parse().unwrap(), sql_digest(up));
    revision.parents = parents.iter().map(|id| id.parse().unwrap()).collect();
    revision.directory = format!("2026-01-01-000000_{id}_trapped");
    revision.generated = vec!["table:public.trapped".to_owned()];
    SqlMigration {
        revision,
        up: up.to_owned().into(),
        down: Some(down.to_owned().into()),
    }
}

fn migrator(more: Option<SqlMigration>) -> Migrator {
    Migrator::new(bundle(more)).models([Trapped::model()])
}

fn bundle(more: Option<SqlMigration>) -> Bundle {
    let mut bundle = Bundle::new("app");
    let first = revision(
        "aaaaaaaaaaaa",
        &[],
        "CREATE TABLE trapped (id bigint NOT NULL, number integer NOT NULL);
         ALTER TABLE trapped ADD CONSTRAINT trapped_pkey PRIMARY KEY (id);",
        "DROP TABLE trapped;",
    );
    let second = revision(
        "bbbbbbbbbbbb",
        &["aaaaaaaaaaaa"],
        "CREATE INDEX trapped_number_idx ON trapped (number);",
        "DROP INDEX trapped_number_idx;",
    );
    for migration in [first, second].into_iter().chain(more) {
        bundle.migrations.push(std::sync::Arc::new(migration));
    }
    bundle
}

fn everything_holds(database: &TestDatabase) {
    let mut connection = database.connect();
    let migrator = migrator(None);
    let statuses = |report: limbeck::Report| {
        let statuses = report.bundles.into_iter().map(|one| one.status);
        statuses.collect::<Vec<Status>>()
    };
    let hasty = migrator.clone().time_budget(Duration::from_secs(60));
    assert_eq!(hasty.run_pending(&mut connection).unwrap().applied.len(), 2);
    assert_eq!(
        migrator.run_pending(&mut connection).unwrap().applied.len(),
        0
    );
    let report = migrator.current(&mut connection).unwrap();
    assert_eq!(statuses(report), [Status::Current]);
    migrator.verify(&mut connection).unwrap();
    migrator.require_current(&mut connection).unwrap();
    let check = migrator.check(&mut connection).unwrap();
    assert!(check.is_clean(), "{check:?}");
    assert!(check.draft.is_some(), "{check:?}");

    migrator.downgrade(&mut connection, "-1").unwrap();
    migrator.stamp(&mut connection, "head").unwrap();
    migrator.stamp(&mut connection, "-1").unwrap();
    migrator.upgrade(&mut connection, "head").unwrap();
    migrator.downgrade(&mut connection, "base").unwrap();
    let inside = connection.transaction(|connection| {
        migrator.run_pending(connection).unwrap();
        diesel::QueryResult::Ok(())
    });
    inside.unwrap();

    let failing = revision(
        "cccccccccccc",
        &["bbbbbbbbbbbb"],
        "SELECT 1;\nSELECT pg_catalog.nothing_such()",
        "SELECT 1",
    );
    let failing = self::migrator(Some(failing));
    let error = failing.run_pending(&mut connection).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sql, "{error}");
    assert!(error.to_string().contains("cccccccccccc"), "{error}");
    let sqlstate = error.database().unwrap().sqlstate.clone();
    assert_eq!(sqlstate.as_deref(), Some("42883"), "{error}");
}

#[test]
fn operators_of_the_default_path_are_not_called() {
    let database = TestDatabase::new();
    database.execute(OPERATORS);
    everything_holds(&database);
}

#[test]
fn what_stands_before_the_catalog_is_not_used() {
    let database = TestDatabase::new();
    database.execute(OPERATORS);
    let name = database.lines("SELECT current_database()::pg_catalog.text AS line");
    database.execute(&TYPES.replace("current_one", &format!("\"{}\"", name[0])));
    everything_holds(&database);
}

/// A database whose sessions look in one place alone.
fn looking_in(path: &str) -> TestDatabase {
    let database = TestDatabase::new();
    let name = database.lines("SELECT current_database()::pg_catalog.text AS line");
    database.execute(&format!(
        "CREATE SCHEMA app; ALTER DATABASE \"{}\" SET search_path = {path}",
        name[0]
    ));
    database
}

const NOTE: &str = "the revisions of `app` make their tables in `public`, where this connection does not look: its \
                    search path is `app`, ";
const REFUSAL: &str = "this connection does not find the table `trapped`, which stands in `public`: its search path is \
                       `app`, and the models name no schema";
const REMEDY: &str = "`ALTER ROLE … SET search_path = \"public\", app`";

#[test]
fn an_application_that_looks_elsewhere_is_told() {
    let database = looking_in("app");
    let mut connection = database.connect();
    let migrator = migrator(None);
    let report = migrator.run_pending(&mut connection).unwrap();
    assert_eq!(report.applied.len(), 2);
    let [note] = report.notes.as_slice() else {
        panic!("one note: {:?}", report.notes);
    };
    assert!(note.starts_with(NOTE) && note.contains(REMEDY), "{note}");
    assert!(report.to_string().ends_with(&format!("note: {note}")));

    let sent = Arc::new(Mutex::new(Vec::new()));
    let counting = Arc::clone(&sent);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            counting.lock().unwrap().push(query.to_string());
        }
    });
    let again = migrator.run_pending(&mut connection).unwrap();
    assert_eq!(again.notes, report.notes);
    let error = migrator.verify(&mut connection).unwrap_err();
    assert_eq!(sent.lock().unwrap().len(), 2, "{:?}", sent.lock().unwrap());
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.to_string(), REFUSAL);
    assert!(error.hint().unwrap().contains(REMEDY), "{error:?}");
    // Whoever only looks is no application.
    let current = migrator.current(&mut connection).unwrap();
    assert_eq!(current.notes, [""; 0]);

    // Each of the ways out.
    let mut stated = Trapped::model();
    stated.schema = Some("public".to_owned());
    let stated = Migrator::new(bundle(None)).models([stated]);
    assert_eq!(stated.run_pending(&mut connection).unwrap().notes, [""; 0]);
    stated.verify(&mut connection).unwrap();
    let mut set = database.connect();
    set.batch_execute("SET search_path = \"public\", app")
        .unwrap();
    assert_eq!(migrator.run_pending(&mut set).unwrap().notes, [""; 0]);
    migrator.verify(&mut set).unwrap();

    // Another table of the name is in front of it.
    set.batch_execute("CREATE TABLE app.trapped (); SET search_path = app, public")
        .unwrap();
    let error = migrator.verify(&mut set).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its search path is `app, public`"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains(REMEDY), "{error:?}");
}

#[test]
fn a_placement_on_the_path_is_found_though_the_run_makes_it() {
    let database = looking_in("later, app");
    let placed = |schema: &str| migrator(None).in_schema(schema).unwrap();
    let later = placed("later");
    for _ in 0..2 {
        let report = later.run_pending(&mut database.connect()).unwrap();
        assert_eq!(report.notes, [""; 0]);
    }
    later.verify(&mut database.connect()).unwrap();
    let other = placed("other")
        .run_pending(&mut database.connect())
        .unwrap();
    assert!(
        other
            .notes
            .concat()
            .contains("make their tables in `other`"),
        "{other}"
    );
}

#[test]
fn a_library_has_connections_of_its_own() {
    let database = TestDatabase::new();
    let mut library = bundle(None).named("library").in_schema("library").unwrap();
    library.models = vec![Trapped::model()];
    let migrator = Migrator::new(Bundle::new("host")).bundle(library);
    let mut connection = database.connect();
    let report = migrator.run_pending(&mut connection).unwrap();
    assert_eq!(report.applied.len(), 2);
    assert_eq!(report.notes, [""; 0]);
    migrator.verify(&mut connection).unwrap();
}

#[tokio::test]
async fn on_an_asynchronous_connection_it_is_told_as_well() {
    let database = looking_in("app");
    let mut connection = AsyncPgConnection::establish(&database.url()).await.unwrap();
    let migrator = migrator(None);
    for applied in [2, 0] {
        let report = migrator.run_pending_async(&mut connection).await.unwrap();
        assert_eq!(report.applied.len(), applied);
        let [note] = report.notes.as_slice() else {
            panic!("one note: {:?}", report.notes);
        };
        assert!(note.starts_with(NOTE) && note.contains(REMEDY), "{note}");
    }
    let error = migrator.verify_async(&mut connection).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.to_string(), REFUSAL);
    let set = "SET search_path = public";
    connection.batch_execute(set).await.unwrap();
    migrator.verify_async(&mut connection).await.unwrap();
}
