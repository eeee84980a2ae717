//! The command line and the program keep one history: whoever calls a bundle otherwise, or looks into
//! another schema or another table, is refused before anything is applied once more.

use std::sync::Arc;

use limbeck::prelude::*;
use limbeck::{Error, ErrorKind, Migration, SqlMigration};
use limbeck_core::revision::sql_digest;

use crate::project::Project;
use crate::support::TestDatabase;

fn bundle(name: &str, revisions: &[&str]) -> Bundle {
    let mut bundle = Bundle::new(name);
    let mut parent = None;
    for id in revisions {
        let up = format!("CREATE TABLE {id} ()");
        let id: limbeck::RevisionId = id.parse().expect("an identifier");
        let mut revision = limbeck::Revision::new(id.clone(), sql_digest(&up));
        revision.parents = parent.replace(id.clone()).into_iter().collect();
        let migration = SqlMigration {
            revision,
            up: up.into(),
            down: Some(format!("DROP TABLE {id}").into()),
        };
        bundle
            .migrations
            .push(Arc::new(migration) as Arc<dyn Migration>);
    }
    bundle
}

fn migrator(name: &str, revisions: &[&str]) -> Migrator {
    Migrator::new(bundle(name, revisions))
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, words: &[&str]) {
    let error = result.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
    let told = format!("{error}; {}", error.hint().unwrap_or_default());
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
}

const WORDS: [&str; 4] = [
    "`web`",
    "under the name `db`",
    "bundle = \"db\"",
    "migrator!(name = \"db\")",
];

#[test]
fn the_same_revisions_under_another_name_are_not_run_again() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let there = migrator("db", &["r1", "r2"]);
    there.run_pending(&mut connection).expect("they run");
    // As far as the other, further, not as far.
    for revisions in [&["r1", "r2"][..], &["r1", "r2", "r3"], &["r1"]] {
        let here = migrator("web", revisions);
        refused(here.run_pending(&mut connection), &WORDS);
        refused(here.require_current(&mut connection), &WORDS);
        refused(here.upgrade(&mut connection, "heads"), &WORDS);
        refused(here.downgrade(&mut connection, "base"), &WORDS);
        refused(here.stamp(&mut connection, "heads"), &WORDS);
        refused(here.check(&mut connection), &WORDS);
        refused(here.create_all(&mut connection), &WORDS);
        let current = here.current(&mut connection).expect("it may be looked at");
        assert!(current.notes.concat().contains("under the name `db`"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let here = migrator("web", &["r1", "r2"]);
    let url = database.url();
    refused(runtime.block_on(here.run_pending_url_async(&url)), &WORDS);
    let rows = "SELECT bundle || ' ' || revision AS line FROM limbeck_revision ORDER BY 1";
    assert_eq!(database.lines(rows), ["db r1", "db r2"]);
    // Under the name of the rows it goes on.
    let report = migrator("web", &["r1", "r2", "r3"])
        .named("db")
        .run_pending(&mut connection)
        .expect("it runs");
    assert_eq!(report.applied.len(), 1);
}

#[test]
fn other_revisions_other_schemas_and_listed_bundles_stand_beside_each_other() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    migrator("db", &["r1", "r2"])
        .run_pending(&mut connection)
        .expect("they run");
    // An application of its own, with a revision of the same name and other content.
    let mut other = bundle("shop", &["s1"]);
    let mut same_name = bundle("shop", &["r1"]);
    let up = "CREATE TABLE shop ()";
    let revision = limbeck::Revision::new("r1".parse().expect("an identifier"), sql_digest(up));
    same_name.migrations = vec![Arc::new(SqlMigration {
        revision,
        up: up.into(),
        down: None,
    })];
    other.name = "another".to_owned();
    for bundle in [other, same_name] {
        let report = Migrator::new(bundle)
            .run_pending(&mut connection)
            .expect("it runs");
        assert_eq!(report.applied.len(), 1);
    }
    // The library once more, in a schema of its own and under a name of its own.
    let staff = bundle("db", &["r1", "r2"]).named("staff");
    let staff = staff.in_schema("staff").expect("a name");
    let report = Migrator::new(staff)
        .run_pending(&mut connection)
        .expect("it runs");
    assert_eq!(report.applied.len(), 2);
    // One schema a tenant, as the program says itself.
    let tenant = migrator("db", &["r1"])
        .in_schema("tenant")
        .expect("a name")
        .run_pending(&mut connection)
        .expect("it runs");
    assert_eq!(tenant.applied.len(), 1);
    // What is listed is run as it is listed.
    let app = migrator("app", &["a1"]).bundle(bundle("db", &["r1", "r2"]));
    let report = app.run_pending(&mut connection).expect("it runs");
    assert_eq!(report.applied.len(), 1);
}

#[test]
fn a_library_that_was_renamed_where_it_is_listed_is_named_too() {
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let app = |library: Bundle| migrator("app", &["a1"]).bundle(library);
    app(bundle("people", &["p1"]))
        .run_pending(&mut connection)
        .expect("they run");
    let renamed = app(bundle("people", &["p1", "p2"]).named("staff"));
    refused(
        renamed.run_pending(&mut connection),
        &["`staff`", "under the name `people`", ".named(\"people\")"],
    );
}

/// A project whose package is `blog`, with a revision that makes the table `t1`.
fn project(database: &TestDatabase) -> Project {
    let project = Project::new(&database.url());
    project.add("r1", "CREATE TABLE t1 ()", Some("DROP TABLE t1"));
    project
}

/// What its program is: the same revisions, embedded under a name, in a schema.
fn program(project: &Project, name: &str) -> Migrator {
    Migrator::from_directory(project.path("migrations"))
        .expect("the directory is in order")
        .named(name)
}

#[test]
fn the_installed_one_asks_in_which_schema_a_bundle_is() {
    let database = TestDatabase::new();
    let project = project(&database);
    let placed = program(&project, "blog").in_schema("blog").expect("a name");
    placed
        .run_pending(&mut database.connect())
        .expect("it runs");
    let words = ["schema `blog`", "schema = \"blog\"", "cargo run -- limbeck"];
    for command in [["upgrade", "head"], ["stamp", "head"]] {
        project.limbeck(&command).exits(1).says(&words);
    }
    project.limbeck(&["current"]).exits(0).says(&words[..2]);
    assert_eq!(
        database.lines("SELECT placement AS line FROM limbeck_revision"),
        ["blog"]
    );
    let config = project.read("limbeck.toml");
    project.write("limbeck.toml", &format!("{config}schema = \"blog\"\n"));
    project.add("r2", "CREATE TABLE t2 ()", Some("DROP TABLE t2"));
    project.limbeck(&["upgrade", "head"]).exits(0);
    let tables = "SELECT schemaname || '.' || tablename AS line FROM pg_tables
         WHERE tablename IN ('t1', 't2') ORDER BY 1";
    assert_eq!(database.lines(tables), ["blog.t1", "blog.t2"]);
    // Who says so installs it once more.
    project.write("limbeck.toml", &format!("{config}schema = \"public\"\n"));
    project.limbeck(&["upgrade", "head"]).exits(0);
    assert_eq!(
        database.lines(tables),
        ["blog.t1", "blog.t2", "public.t1", "public.t2"]
    );
}

#[test]
fn another_history_table_is_found_before_one_is_made() {
    let database = TestDatabase::new();
    let project = project(&database);
    let elsewhere = |name: &str| {
        program(&project, name)
            .history_table("admin", "Re\"visions")
            .expect("names")
    };
    let mut connection = database.connect();
    elsewhere("blog")
        .run_pending(&mut connection)
        .expect("it runs");
    let words = [
        "admin.Re\"visions",
        "the bundle `blog`",
        "under `[history]`",
    ];
    for command in [["upgrade", "head"], ["stamp", "head"]] {
        project.limbeck(&command).exits(1).says(&words);
    }
    project.limbeck(&["current"]).exits(0).says(&words);
    let here = program(&project, "blog");
    refused(here.run_pending(&mut connection), &words);
    refused(here.check(&mut connection), &words);
    let made = "SELECT tablename::text AS line FROM pg_tables WHERE tablename = 'limbeck_revision'";
    assert!(database.lines(made).is_empty());
    // One table for each tenant, each with its own schema; and other bundles.
    program(&project, "blog")
        .in_schema("tenant")
        .and_then(|tenant| tenant.history_table("tenant", "revisions"))
        .expect("names")
        .run_pending(&mut connection)
        .expect("it runs");
    migrator("other", &["s1"])
        .run_pending(&mut connection)
        .expect("it runs");
}

#[test]
fn no_model_has_the_name_of_the_history() {
    use limbeck_core::schema::model::{ModelColumn, ModelIndex, ModelIndexElement, ModelType};
    let database = TestDatabase::new();
    let mut connection = database.connect();
    let model = |schema: Option<&str>, table: &str, index: Option<&str>| {
        let place = limbeck::Location {
            file: "src/models.rs".to_owned(),
            line: Some(3),
            column: None,
        };
        let mut model = limbeck::ModelTable::new("app::Row", place, table);
        model.schema = schema.map(str::to_owned);
        let text = ModelType::Sql("text".to_owned());
        model.columns = vec![ModelColumn::new("a", text)];
        model.indexes = vec![ModelIndex {
            name: index.map(str::to_owned),
            unique: false,
            method: "btree".to_owned(),
            elements: vec![ModelIndexElement::column("a")],
            include: Vec::new(),
            predicate: None,
            nulls_not_distinct: false,
            storage: Vec::new(),
        }];
        model
    };
    let default = |model| migrator("app", &[]).models([model]);
    let elsewhere = |model| {
        let migrator = default(model).history_table("public", "applied");
        migrator.expect("two names")
    };
    for (migrator, history) in [
        (
            default(model(None, "limbeck_revision", None)),
            "public.limbeck_revision",
        ),
        (
            default(model(Some("public"), "limbeck_revision", None)),
            "public.limbeck_revision",
        ),
        (
            default(model(None, "rows", Some("limbeck_revision"))),
            "public.limbeck_revision",
        ),
        (elsewhere(model(None, "applied", None)), "public.applied"),
    ] {
        let migrator = migrator.scratch_url(database.url());
        let checked = migrator.check(&mut connection).map(|_| ());
        for refused in [checked, migrator.create_all(&mut connection)] {
            let error = refused.expect_err("it is refused");
            assert_eq!(error.kind(), ErrorKind::Model, "{error}");
            assert!(error.to_string().contains(history), "{error}");
            assert!(error.to_string().contains("`app::Row`"), "{error}");
        }
    }
    // Tables that are called so are never read.
    for (schema, table) in [
        (None, "limbeck_revision"),
        (Some("other"), "__diesel_schema_migrations"),
    ] {
        let migrator = elsewhere(model(schema, table, None)).scratch_url(database.url());
        let error = migrator
            .create_all(&mut connection)
            .expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.to_string().contains("passed over"), "{error}");
    }
}
