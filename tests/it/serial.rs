//! Columns that are said to be a `serial`: an integer, a default, and a sequence that the column owns.

use limbeck::prelude::*;
use limbeck::{ErrorKind, ModelTable};

use crate::drafts::Case;
use crate::support::TestDatabase;

#[derive(Model)]
#[model(table = "Tallies", register = false)]
struct Plain {
    #[model(primary_key)]
    _id: i64,
    _n: i32,
}

#[derive(Model)]
#[model(table = "Tallies", register = false)]
struct Counted {
    #[model(primary_key)]
    _id: i64,
    #[model(sql_type = "serial")]
    _n: i32,
    #[model(sql_type = "BigSerial")]
    _k: i64,
    #[model(sql_type = "smallserial")]
    _s: Option<i16>,
}

#[derive(Model)]
#[model(table = "Tallies", register = false)]
struct Twice {
    #[model(primary_key)]
    _id: i64,
    #[model(sql_type = "serial", default = "7")]
    _n: i32,
}

/// What columns and sequences there are.
fn made(database: &TestDatabase) -> Vec<String> {
    database.lines(
        "SELECT format('%s %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull,
                    pg_get_expr(adbin, adrelid), s.seqtypid::regtype) AS line
         FROM pg_attribute AS a LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         LEFT JOIN pg_sequence AS s
             ON s.seqrelid = pg_get_serial_sequence('\"Tallies\"', attname)::regclass
         WHERE attrelid = '\"Tallies\"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname",
    )
}

const MADE: [&str; 4] = [
    "_id bigint t  ",
    "_k bigint t nextval('\"Tallies__k_seq\"'::regclass) bigint",
    "_n integer t nextval('\"Tallies__n_seq\"'::regclass) integer",
    "_s smallint f nextval('\"Tallies__s_seq\"'::regclass) smallint",
];

#[track_caller]
fn is_clean(case: &Case, models: &[ModelTable]) {
    let check = case.migrator(models).check(&mut case.database.connect());
    let check = check.expect("it is compared");
    assert!(check.is_clean(), "{check:?}");
}

#[test]
fn a_serial_is_the_same_whatever_was_there() {
    let counted = [Counted::model()];
    let case = Case::new();
    case.becomes(&counted);
    assert_eq!(made(&case.database), MADE);
    is_clean(&case, &counted);

    let all = Case::new();
    let migrator = all.migrator(&counted);
    migrator
        .create_all(&mut all.database.connect())
        .expect("all is made");
    assert_eq!(made(&all.database), MADE);

    // An integer becomes one, and others come, over rows.
    let case = Case::new();
    case.becomes(&[Plain::model()]);
    case.database.execute(
        "INSERT INTO \"Tallies\" VALUES (1, 5), (2, 8); CREATE SEQUENCE \"Tallies__k_seq\"",
    );
    let draft = case.draft(&counted).expect("it is compared");
    assert_eq!(draft.hazards, []);
    case.becomes(&counted);
    is_clean(&case, &counted);
    let mut expected = MADE.map(str::to_owned);
    expected[1] = expected[1].replace("k_seq", "k_seq1");
    assert_eq!(made(&case.database), expected);
    case.database
        .execute("INSERT INTO \"Tallies\" (_id) VALUES (3)");
    let rows = "SELECT concat_ws(' ', _id, _n, _k, _s) AS line FROM \"Tallies\" ORDER BY _id";
    let rows = case.database.lines(rows);
    assert_eq!(rows, ["1 5 1 1", "2 8 2 2", "3 9 3 3"]);
    case.goes_down(&counted, limbeck::OnLoss::Allow)
        .expect("it goes down");
    assert_eq!(made(&case.database), ["_id bigint t  ", "_n integer t  "]);
}

#[test]
fn a_serial_that_goes_takes_its_sequence_along() {
    let case = Case::new();
    case.becomes(&[Counted::model()]);
    // A model that says an integer leaves alone what counts.
    let plain = [Plain::model()];
    case.generated(&plain).expect("it is generated and runs");
    is_clean(&case, &plain);
    assert_eq!(made(&case.database), [MADE[0], MADE[2]]);
    let sequences = "SELECT relname::text AS line FROM pg_class WHERE relkind = 'S'";
    assert_eq!(case.database.lines(sequences), ["Tallies__n_seq"]);
}

#[test]
fn a_serial_has_no_other_default() {
    let case = Case::new();
    let error = case.draft(&[Twice::model()]).expect_err("it says two");
    assert_eq!(error.kind(), ErrorKind::Model);
    assert!(error.to_string().contains("is a `serial`"), "{error}");
}

#[derive(Model)]
#[model(table = "Tallies", register = false)]
struct Renamed {
    #[model(primary_key, sql_type = "bigserial")]
    _id: i64,
    #[model(sql_type = "serial", renamed_from = "_n", check = "_m > 0", unique)]
    _m: i32,
}

/// A column is renamed, and counts from then on; another one has counted since the beginning of the key.
#[test]
fn what_is_renamed_may_become_a_serial() {
    let case = Case::new();
    case.becomes(&[Plain::model()]);
    case.database
        .execute("INSERT INTO \"Tallies\" VALUES (4, 5)");
    let models = [Renamed::model()];
    case.becomes(&models);
    is_clean(&case, &models);
    case.database
        .execute("INSERT INTO \"Tallies\" DEFAULT VALUES");
    let rows = "SELECT concat_ws(' ', _id, _m) AS line FROM \"Tallies\" ORDER BY _id";
    assert_eq!(case.database.lines(rows), ["4 5", "5 6"]);
    case.goes_down(&models, limbeck::OnLoss::Allow)
        .expect("it goes down");
    let fresh = TestDatabase::new();
    let migrator = case.migrator(&models);
    migrator
        .run_pending(&mut fresh.connect())
        .expect("the revisions run");
    let check = migrator
        .check(&mut fresh.connect())
        .expect("it is compared");
    assert!(check.is_clean(), "{check:?}");
}

#[derive(Model)]
#[model(table = "Tallies", register = false)]
struct Wider {
    #[model(primary_key)]
    _id: i64,
    #[model(sql_type = "bigserial")]
    _n: i64,
    #[model(sql_type = "BigSerial")]
    _k: i64,
    #[model(sql_type = "serial")]
    _s: Option<i32>,
}

#[derive(Model)]
#[model(table = "Tallies", register = false)]
struct PlainWider {
    #[model(primary_key)]
    _id: i64,
    _n: i64,
}

/// An identity's sequence is widened by Postgres, and one that stands beside the column is not.
#[test]
fn a_serial_that_widens_counts_on() {
    let case = Case::new();
    case.becomes(&[Counted::model()]);
    let wider = [Wider::model()];
    case.becomes(&wider);
    is_clean(&case, &wider);
    let fresh = TestDatabase::new();
    let migrator = case.migrator(&wider);
    migrator
        .create_all(&mut fresh.connect())
        .expect("all is made");
    assert_eq!(made(&case.database), made(&fresh));
    case.database.execute(
        "SELECT setval('\"Tallies__n_seq\"', 2147483647), setval('\"Tallies__s_seq\"', 32767)",
    );
    case.database
        .execute("INSERT INTO \"Tallies\" (_id) VALUES (1)");
    let rows = "SELECT concat_ws(' ', _n, _s) AS line FROM \"Tallies\"";
    assert_eq!(case.database.lines(rows), ["2147483648 32768"]);
    case.database.execute(
        "DELETE FROM \"Tallies\"; SELECT setval('\"Tallies__n_seq\"', 1), setval('\"Tallies__s_seq\"', 1)",
    );
    case.goes_down(&wider, limbeck::OnLoss::Allow)
        .expect("it goes down");
    assert_eq!(made(&case.database), MADE);

    // One that a revision by hand made, and of which the model says an integer alone.
    let case = Case::new();
    let up = "CREATE TABLE \"Tallies\" (_id bigint PRIMARY KEY, _n serial);";
    case.by_hand(&[Plain::model()], up, "DROP TABLE \"Tallies\"");
    case.becomes(&[PlainWider::model()]);
    assert_eq!(
        made(&case.database)[1],
        "_n bigint t nextval('\"Tallies__n_seq\"'::regclass) bigint"
    );
}
