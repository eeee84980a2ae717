//! A name that stands for something of one kind, and is to stand for something of another.

use limbeck::ErrorKind;
use limbeck::prelude::*;

use crate::drafts::Case;

#[derive(Model)]
#[model(table = "status", register = false)]
struct StatusRow {
    #[model(primary_key)]
    _name: String,
}

#[derive(PgEnum, Debug)]
#[pg_enum(name = "status")]
enum Status {
    Draft,
    Live,
}

#[derive(Model)]
#[model(table = "posts", register = false)]
struct PostByRow {
    #[model(primary_key)]
    _id: i64,
    #[model(references(StatusRow))]
    _status: String,
}

#[derive(Model)]
#[model(table = "posts", register = false)]
struct PostByValue {
    #[model(primary_key)]
    _id: i64,
    _status: Status,
}

#[derive(Model)]
#[model(table = "posts", register = false)]
struct PostOfMany {
    #[model(primary_key)]
    _id: i64,
    _status: String,
    _before: Option<Vec<Status>>,
}

/// A table of values becomes an enum, and the rows over it keep what they have.
#[test]
fn a_table_of_values_becomes_an_enum_of_its_name() {
    let rows = [StatusRow::model(), PostByRow::model()];
    let filled = || {
        let case = Case::new();
        case.becomes(&rows);
        case.database.execute(
            "INSERT INTO status VALUES ('draft'), ('live'); INSERT INTO posts VALUES (1, 'live')",
        );
        case
    };
    let is_clean = |case: &Case, models: &[limbeck::ModelTable]| {
        let check = case.migrator(models).check(&mut case.database.connect());
        let check = check.expect("it is compared");
        assert!(check.is_clean(), "{check:?}");
    };

    let case = filled();
    let models = [PostByValue::model()];
    case.generated(&models).expect("it is generated and runs");
    is_clean(&case, &models);
    let values = "SELECT _status || ' ' || pg_typeof(_status)::text AS line FROM posts";
    assert_eq!(case.database.lines(values), ["live status"]);
    // The rows of the table do not come back, and so none that refers to them can be there.
    case.database.execute("DELETE FROM posts");
    case.goes_down(&models, limbeck::OnLoss::Allow)
        .expect("it goes down");
    let types = "SELECT format_type(atttypid, atttypmod) AS line FROM pg_attribute
                 WHERE attrelid = 'posts'::regclass AND attname = '_status'";
    assert_eq!(case.database.lines(types), ["text"]);

    let case = filled();
    let models = [PostOfMany::model()];
    case.generated(&models).expect("it is generated and runs");
    is_clean(&case, &models);
    let types = "SELECT pg_typeof(_before)::text AS line FROM posts";
    assert_eq!(case.database.lines(types), ["status[]"]);
}

#[test]
fn a_name_that_something_of_another_kind_has_is_refused() {
    let enums = || vec![PostByValue::model()];
    let tables = || vec![StatusRow::model()];
    let (composite, domain) = (
        "CREATE TYPE status AS (a int)",
        "CREATE DOMAIN status AS text",
    );
    let range = "CREATE TYPE status AS RANGE (subtype = int4)";
    let index = "CREATE TABLE theirs (a int); CREATE INDEX status ON theirs (a)";
    let base = "CREATE FUNCTION status_in(cstring) RETURNS status LANGUAGE internal IMMUTABLE STRICT AS 'textin';
         CREATE FUNCTION status_out(status) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
         CREATE TYPE status (INPUT = status_in, OUTPUT = status_out)";
    for (models, theirs, told) in [
        (
            enums(),
            composite,
            "`enum:public.status` is a composite type in the database",
        ),
        (
            enums(),
            domain,
            "`enum:public.status` is a domain in the database",
        ),
        (
            enums(),
            range,
            "`enum:public.status` is a range type in the database",
        ),
        (
            enums(),
            "CREATE TABLE status (a int)",
            "`enum:public.status` is a table in the database",
        ),
        (
            enums(),
            "CREATE VIEW status AS SELECT 1 AS a",
            "`enum:public.status` is a view in the database",
        ),
        (
            enums(),
            base,
            "`enum:public.status` is a base type in the database, a kind that is not compared yet",
        ),
        (
            tables(),
            "CREATE SEQUENCE status",
            "`table:public.status` is a sequence in the database",
        ),
        (
            tables(),
            index,
            "`table:public.status` is an index in the database",
        ),
        (
            tables(),
            composite,
            "`table:public.status` is a composite type in the database",
        ),
        (
            tables(),
            "CREATE TYPE status AS ENUM ('a')",
            "`table:public.status` is an enum in the database",
        ),
        (
            tables(),
            domain,
            "`table:public.status` is a domain in the database",
        ),
    ] {
        let case = Case::new();
        case.database.execute(theirs);
        let error = case.draft(&models).expect_err(theirs);
        assert_eq!(error.kind(), ErrorKind::CannotCompare, "{error}");
        assert_eq!(error.to_string(), told);
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("another name"))
        );
    }
    // What shares no set of names with it is in nobody's way.
    for theirs in ["CREATE SEQUENCE status", index] {
        let case = Case::new();
        case.database.execute(theirs);
        // A sequence has a type before Postgres 14.
        let types = "SELECT typname::text AS line FROM pg_type WHERE typname = 'status'";
        match case.database.lines(types).is_empty() {
            true => drop(case.becomes(&enums())),
            false => drop(case.draft(&enums()).expect_err("the name is taken")),
        }
    }
}

/// Nobody is told to record as applied what would not be there.
#[test]
fn a_revision_that_finds_its_name_taken_is_not_simply_to_be_recorded() {
    let case = Case::new();
    let models = [StatusRow::model()];
    let written = case
        .migrator(&models)
        .write_empty(&limbeck::NewRevision::default());
    let folder = written.expect("it is written").folder;
    std::fs::write(folder.join("up.sql"), "CREATE TABLE status (a int)").expect("written");
    case.database.execute("CREATE SEQUENCE status");
    let error = case
        .migrator(&models)
        .run_pending(&mut case.database.connect())
        .expect_err("the name is taken");
    let hint = error.hint().expect("a hint");
    assert!(hint.contains("if it is something else"), "{hint}");
}
