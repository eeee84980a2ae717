//! Revisions that a library generates run in databases whose tables it has never seen.

use std::path::Path;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::schema::model::{ModelColumn, ModelEnum, ModelEnumValue, ModelTable, ModelType};
use limbeck_core::{Bundle, ErrorKind, Location};
use limbeck_postgres::{Consent, Migrator, NewRevision};

use crate::run::ask;
use crate::support::{TestDatabase, servers};

fn place() -> Location {
    Location {
        file: "src/lib.rs".to_owned(),
        line: Some(3),
        column: None,
    }
}

/// People with an enum of these values.
fn people(values: &[&str]) -> ModelTable {
    let rank = ModelEnum {
        rust_name: "people::Rank".to_owned(),
        location: place(),
        schema: None,
        name: "rank".to_owned(),
        renamed_from: None,
        values: values
            .iter()
            .map(|value| ModelEnumValue {
                value: (*value).to_owned(),
                renamed_from: None,
            })
            .collect(),
        comment: None,
    };
    let mut people = ModelTable::new("people::Person", place(), "persons");
    people.columns = vec![
        ModelColumn::new("id", ModelType::Sql("bigint".to_owned())),
        ModelColumn {
            default: Some("'low'".to_owned()),
            ..ModelColumn::new("rank", ModelType::Enum(rank))
        },
    ];
    people
}

/// The library as its own directory has it by now.
fn library(folder: &Path, values: &[&str]) -> Bundle {
    let read = Migrator::from_directory(folder).unwrap();
    let mut bundle = read.own().clone();
    bundle.name = "people".to_owned();
    bundle.origin = "people".to_owned();
    bundle.models = vec![people(values)];
    bundle
}

/// Writes the library's next revision.
fn revise(database: &TestDatabase, folder: &Path, values: &[&str]) -> String {
    let migrator = || Migrator::new(library(folder, values)).scratch_url(database.url());
    let mut connection = database.connect();
    migrator().run_pending(&mut connection).unwrap();
    let draft = migrator().autogenerate(&mut connection).unwrap();
    let consents: Vec<Consent> = draft
        .hazards
        .iter()
        .map(|hazard| limbeck_postgres::parse_consent(&hazard.consent()).unwrap())
        .collect();
    let written = migrator()
        .write_draft(&draft, &NewRevision::default(), &consents)
        .unwrap();
    std::fs::read_to_string(written.folder.join("up.sql")).unwrap()
}

const OF_THE_APPLICATION: &str = r#"
    CREATE TABLE boards (id int, "Writers" auth.rank NOT NULL DEFAULT 'high', readers auth.rank[] DEFAULT '{low,high}');
    CREATE INDEX ON boards ("Writers");
    INSERT INTO boards (id) VALUES (1);
    CREATE TABLE notes (id int, rank auth.rank DEFAULT 'low') PARTITION BY RANGE (id);
    CREATE TABLE notes_1 PARTITION OF notes FOR VALUES FROM (0) TO (9);
    ALTER TABLE notes_1 ALTER rank SET DEFAULT 'high';
    INSERT INTO notes VALUES (1, 'low');
    CREATE SCHEMA "Elsewhere";
    CREATE TABLE "Elsewhere"."Logs" (said text DEFAULT 'rank_old', rank auth.rank);
"#;

/// The columns of the type, with their defaults.
fn columns(connection: &mut PgConnection) -> String {
    ask(
        connection,
        "SELECT string_agg(concat_ws(' ', a.attrelid::regclass, a.attname, a.atttypid::regtype,
                          pg_get_expr(d.adbin, d.adrelid)), chr(10) ORDER BY a.attrelid::regclass::text, a.attnum)
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         JOIN pg_class c ON c.oid = a.attrelid
         WHERE a.atttypid IN ('auth.rank'::regtype, 'auth.rank[]'::regtype) AND c.relkind <> 'i'",
    )
}

#[test]
fn an_exchanged_enum_takes_the_columns_of_applications_along() {
    for server in servers() {
        let development = TestDatabase::on(&server);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("shipped")
            .join(server.major().to_string());
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("HEADS"), "").unwrap();
        revise(&development, &folder, &["low", "high", "never"]);
        let first = library(&folder, &[]);

        let database = TestDatabase::on(&server);
        let mut connection = database.connect();
        let host = |library: Bundle| {
            Migrator::new(Bundle::new("app")).bundle(library.in_schema("auth").unwrap())
        };
        host(first).run_pending(&mut connection).unwrap();
        connection.batch_execute(OF_THE_APPLICATION).unwrap();
        let before = columns(&mut connection);
        assert_eq!(before.lines().count(), 6, "{before:?}");

        // A value is taken away, and comes back on the way down.
        let up = revise(&development, &folder, &["low", "high"]);
        assert!(up.contains("Columns of applications"), "{up}");
        let taken = library(&folder, &[]);
        host(taken.clone()).run_pending(&mut connection).unwrap();
        assert_eq!(columns(&mut connection), before);
        let values = "SELECT enum_range(NULL::auth.rank)::text";
        assert_eq!(ask(&mut connection, values), "{low,high}");
        let rows = "SELECT concat_ws(' ', \"Writers\", readers) FROM boards";
        assert_eq!(ask(&mut connection, rows), "high {low,high}");
        host(taken.clone())
            .downgrade(&mut connection, "people@-1")
            .unwrap();
        assert_eq!(columns(&mut connection), before);
        assert_eq!(ask(&mut connection, values), "{low,high,never}");

        // A row of the application's that holds the value is nothing to guess about.
        connection
            .batch_execute("UPDATE boards SET \"Writers\" = 'never'")
            .unwrap();
        let error = host(taken).run_pending(&mut connection).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Sql);
        assert!(error.to_string().contains("\"never\""), "{error}");
        assert_eq!(columns(&mut connection), before);
    }
}

#[test]
fn a_library_is_told_that_its_text_names_where_another_stands() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shipped-on-another");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("HEADS"), "").unwrap();
    let database = TestDatabase::new();
    let mut connection = database.connect();
    revise(&database, &folder, &["low", "high"]);
    let below = library(&folder, &["low", "high"])
        .in_schema("auth")
        .unwrap();
    let head = below.migrations[0].revision().id.clone();
    let mut scores = Bundle::new("scores");
    let mut score = people(&["low", "high"]);
    score.rust_name = "scores::Score".to_owned();
    score.table = "scores".to_owned();
    scores.models = vec![score];
    let draft = |migrator: Migrator| {
        let migrator = migrator.scratch_url(database.url()).bundle(below.clone());
        migrator.run_pending(&mut connection).unwrap();
        let draft = migrator.autogenerate(&mut connection).unwrap();
        let on = draft.depends_on.iter().map(ToString::to_string);
        assert_eq!(on.collect::<Vec<_>>(), [format!("people:{head}")]);
        draft.notes
    };
    assert_eq!(
        [Migrator::new(scores)].map(draft).concat(),
        [
            "this names objects of `people` in the schema `auth`, where that stands here: it fails in an \
             application that places `people` elsewhere"
        ]
    );
}
