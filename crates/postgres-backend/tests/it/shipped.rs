//! Revisions that a library generates run in databases whose tables it has never seen.

use std::path::Path;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::schema::model::{ModelColumn, ModelEnum, ModelEnumValue, ModelTable, ModelType};
use limbeck_core::{Bundle, ErrorKind, Location, SqlFile};
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
    revise_to(database, &library(folder, values))
}

/// Writes the revision that makes of the library what it is to be.
fn revise_to(database: &TestDatabase, library: &Bundle) -> String {
    let migrator = || Migrator::new(library.clone()).scratch_url(database.url());
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
        host(first.clone()).run_pending(&mut connection).unwrap();
        connection.batch_execute(OF_THE_APPLICATION).unwrap();
        let before = columns(&mut connection);
        assert_eq!(before.lines().count(), 6, "{before:?}");

        // A value is taken away, and comes back on the way down.
        let up = revise(&development, &folder, &["low", "high"]);
        assert!(up.contains("Columns of applications"), "{up}");
        let taken = library(&folder, &[]);
        host(taken.clone()).run_pending(&mut connection).unwrap();
        assert_eq!(columns(&mut connection), before);
        // Whoever remembers the old type's number is told not to start, and why stands in the text.
        let error = host(first).run_pending(&mut connection).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        let (above, _) = up.split_once("CREATE TYPE").unwrap();
        let note = above.lines().rev().take(2).collect::<Vec<_>>();
        assert!(note[1].starts_with("-- hazard exchange_type: "), "{up}");
        assert!(note[0].contains("stop the running programs"), "{up}");
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
fn a_value_that_is_only_added_breaks_nothing() {
    let development = TestDatabase::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shipped-added");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("HEADS"), "").unwrap();
    let breaking = || {
        let bundle = library(&folder, &[]);
        let marked = bundle.migrations.iter().map(|one| one.revision().breaking);
        marked.collect::<Vec<bool>>()
    };
    let with_default = |values: &[&str], default: &str| {
        let mut library = library(&folder, values);
        library.models[0].columns[1].default = Some(default.to_owned());
        library
    };
    revise_to(&development, &with_default(&["low"], "'low'"));
    let up = revise_to(&development, &with_default(&["low", "mid"], "'low'"));
    assert!(up.contains("ADD VALUE") && !up.contains("hazard"), "{up}");
    revise_to(&development, &with_default(&["low", "mid"], "'mid'"));
    assert_eq!(breaking(), [false; 3]);

    // Used at once, it takes another type: what avoids it is said.
    let up = revise_to(
        &development,
        &with_default(&["low", "mid", "high"], "'high'"),
    );
    assert!(up.contains("add the value in one revision"), "{up}");
    let marked = breaking().into_iter().filter(|breaking| *breaking);
    assert_eq!(marked.count(), 1);
}

#[test]
fn an_enum_under_a_view_takes_the_columns_of_applications_along() {
    for server in servers() {
        let development = TestDatabase::on(&server);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("shipped-view")
            .join(server.major().to_string());
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("HEADS"), "").unwrap();
        let with_view = |values: &[&str], default: &str| {
            let mut library = library(&folder, values);
            library.models[0].columns[1].default = Some(default.to_owned());
            library.sql = vec![SqlFile {
                name: "views.sql".to_owned(),
                text: "CREATE VIEW ranks AS SELECT DISTINCT rank FROM persons;".to_owned(),
            }];
            library
        };
        revise_to(&development, &with_view(&["low", "high"], "'low'"));
        let first = with_view(&["low", "high"], "'low'");
        let up = revise_to(&development, &with_view(&["low", "high", "mid"], "'mid'"));
        assert!(up.contains("DROP TYPE \"rank_old\""), "{up}");
        let second = with_view(&["low", "high", "mid"], "'mid'");

        let database = TestDatabase::on(&server);
        let mut connection = database.connect();
        let host = |library: &Bundle| {
            let library = library.clone().in_schema("auth").unwrap();
            Migrator::new(Bundle::new("app")).bundle(library)
        };
        host(&first).run_pending(&mut connection).unwrap();
        connection.batch_execute(OF_THE_APPLICATION).unwrap();
        let before = columns(&mut connection);
        host(&second).run_pending(&mut connection).unwrap();
        let own = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with("auth."));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(own(&columns(&mut connection)), own(&before));
        let values = "SELECT enum_range(NULL::auth.rank)::text";
        assert_eq!(ask(&mut connection, values), "{low,high,mid}");
        host(&second)
            .downgrade(&mut connection, "people@-1")
            .unwrap();
        assert_eq!(columns(&mut connection), before);

        // What does not go over is named, all of it, in words.
        connection
            .batch_execute(
                "CREATE VIEW writers AS SELECT \"Writers\" FROM boards;
                 CREATE INDEX of_high ON boards (id) WHERE \"Writers\" = 'high';
                 ALTER TABLE boards ADD CONSTRAINT no_low CHECK (\"Writers\" <> 'low');
                 CREATE DOMAIN grade AS auth.rank;
                 CREATE FUNCTION rated(auth.rank) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            )
            .unwrap();
        let before = columns(&mut connection);
        let error = host(&second).run_pending(&mut connection).unwrap_err();
        let said = error.to_string();
        for named in [
            "view writers",
            "index of_high",
            "constraint no_low on table boards",
            "type grade",
            "function rated(rank)",
        ] {
            assert!(said.contains(named), "{named}: {said}");
        }
        assert!(!said.contains("column"), "{said}");
        let database = error.database().expect("Postgres said it");
        let hint = database.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("drop them before"), "{hint}");
        assert_eq!(columns(&mut connection), before);
    }
}

#[test]
fn a_draft_of_a_program_that_lacks_a_revision_says_to_build_it_again() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("not-held");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("HEADS"), "").unwrap();
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let old = Migrator::new(library(&folder, &["low", "high"])).scratch_url(database.url());
    let written = old
        .write_empty(&NewRevision::default())
        .expect("it is written");
    let draft = old.autogenerate(&mut connection).expect("drafted");
    let error = old
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect_err("it knows nothing of what stands there");
    assert_eq!(error.kind(), ErrorKind::Busy);
    let said = format!(
        "has `{}`, which this program was built without",
        written.revision
    );
    assert!(error.to_string().ends_with(&said), "{error}");
    assert!(
        error.hint().unwrap().contains("build it again"),
        "{error:?}"
    );
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
