//! Renames in one revision with what else becomes of the same things: up with the rows, down again, up again.

use limbeck::OnLoss;
use limbeck_core::schema::model::{ModelColumn, ModelEnum, ModelEnumValue, ModelTable, ModelType};

use crate::drafts::{Case, check, good, index};
use crate::support::TestDatabase;

/// An enum and what names its values, in short: `value<before` is a value that had another name.
#[derive(Clone, Copy)]
struct Step {
    /// The type.
    of: &'static str,
    values: &'static str,
    /// The column.
    column: &'static str,
    default: &'static str,
    check: &'static str,
    predicate: &'static str,
    /// What a revision by hand made over it.
    over: Option<&'static str>,
}

const OPEN: Step = Step {
    of: "state",
    values: "open done",
    column: "state",
    default: "'open'",
    check: "state IN ('open', 'done')",
    predicate: "state = 'done'",
    over: None,
};

/// What a name is now, and what it was.
fn now(name: &str) -> (String, Option<String>) {
    match name.split_once('<') {
        Some((now, before)) => (now.to_owned(), Some(before.to_owned())),
        None => (name.to_owned(), None),
    }
}

fn models(step: Step) -> Vec<ModelTable> {
    good(|model| {
        let values = step.values.split(' ').map(|value| {
            let (value, renamed_from) = now(value);
            ModelEnumValue {
                value,
                renamed_from,
            }
        });
        let (name, renamed_from) = now(step.of);
        let state = ModelType::Enum(ModelEnum {
            rust_name: "State".to_owned(),
            location: model.location.clone(),
            schema: None,
            name,
            renamed_from,
            values: values.collect(),
            comment: None,
        });
        let (name, renamed_from) = now(step.column);
        model.columns.push(ModelColumn {
            default: Some(step.default.to_owned()),
            renamed_from,
            ..ModelColumn::new(&name, state)
        });
        model.checks.push(check(step.check));
        model.indexes.push(index(&name, step.predicate));
    })
}

#[test]
fn what_is_renamed_may_change_in_the_same_revision() {
    // Each with the value of the row afterwards.
    let cases = [
        (
            "the old name of a value is another's",
            Step {
                values: "new<open open done",
                default: "'new'",
                check: "state IN ('new', 'done')",
                ..OPEN
            },
            "new",
        ),
        (
            "a value and its type",
            Step {
                of: "status<state",
                values: "new<open done",
                default: "'new'",
                check: "state IN ('new', 'done')",
                ..OPEN
            },
            "new",
        ),
        (
            "a value, its type and the column",
            Step {
                of: "status<state",
                values: "new<open done",
                column: "status<state",
                default: "'new'",
                check: "status IN ('new', 'done')",
                predicate: "status = 'done'",
                ..OPEN
            },
            "new",
        ),
        (
            "a value while another goes",
            Step {
                values: "new<open",
                default: "'new'",
                check: "state >= 'new'",
                predicate: "state = 'new'",
                ..OPEN
            },
            "new",
        ),
        (
            "a value while the order changes",
            Step {
                values: "done new<open",
                default: "'new'",
                check: "state IN ('new', 'done')",
                ..OPEN
            },
            "new",
        ),
        (
            "a value while one is added and used",
            Step {
                values: "new<open done late",
                default: "'late'",
                check: "state IN ('new', 'late')",
                predicate: "state = 'late'",
                ..OPEN
            },
            "new",
        ),
        (
            "the column while a value goes",
            Step {
                values: "open",
                column: "status<state",
                check: "status = 'open'",
                predicate: "status = 'open'",
                ..OPEN
            },
            "open",
        ),
        (
            "all of it while a value goes and one comes in front",
            Step {
                of: "status<state",
                values: "late new<open",
                column: "status<state",
                default: "'late'",
                check: "status IN ('new', 'late')",
                predicate: "status = 'late'",
                ..OPEN
            },
            "new",
        ),
        (
            "type and column under a function while a value goes",
            Step {
                of: "status<state",
                values: "open",
                column: "status<state",
                check: "status = 'open'",
                predicate: "status = 'open'",
                over: Some(
                    "CREATE FUNCTION known(state) RETURNS boolean LANGUAGE sql AS 'SELECT $1 IS NOT NULL'",
                ),
                ..OPEN
            },
            "open",
        ),
    ];
    let mut wrong = Vec::new();
    for (what, step, after) in cases {
        if let Err(why) = there_and_back(step, after) {
            wrong.push(format!("{what}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, expected: T) -> Result<(), String> {
    match is == expected {
        true => Ok(()),
        false => Err(format!("{what}: {is:?}, not {expected:?}")),
    }
}

fn there_and_back(step: Step, after: &str) -> Result<(), String> {
    let case = Case::new();
    case.becomes(&models(OPEN));
    case.database
        .execute("INSERT INTO goods (_id, _price, _sold) VALUES (1, 1, true)");
    if let Some(up) = step.over {
        case.by_hand(&models(OPEN), up, "DROP FUNCTION known(state)");
    }
    let before = case.database.catalog();
    let models = models(step);
    let (column, _) = now(step.column);
    let row = |column: &str| {
        let query = format!("SELECT {column}::text AS line FROM goods");
        case.database.lines(&query).concat()
    };
    let draft = case.draft(&models).map_err(|error| error.to_string())?;
    same("notes", draft.notes, Vec::new())?;
    case.generated(&models).map_err(|error| error.to_string())?;
    let there = case.database.catalog();
    if step.over.is_none() {
        let fresh = TestDatabase::new();
        case.migrator(&models)
            .create_all(&mut fresh.connect())
            .map_err(|error| error.to_string())?;
        same("all at once", fresh.catalog(), there.clone())?;
    }
    same("the row", row(&column), after.to_owned())?;
    { case.goes_down(&models, OnLoss::Allow) }.map_err(|error| error.to_string())?;
    same("the row below", row("state"), "open".to_owned())?;
    same("below", case.database.catalog(), before)?;
    let mut connection = case.database.connect();
    { case.migrator(&models).run_pending(&mut connection) }.map_err(|error| error.to_string())?;
    same("above", case.database.catalog(), there)?;
    same("the row", row(&column), after.to_owned())
}

/// A table of a name, with what must be put to Postgres: a default, a check, an index with a predicate.
fn asked(name: &str) -> ModelTable {
    let (name, renamed_from) = now(name);
    let mut table = good(|table| {
        table.columns.push(ModelColumn {
            default: Some("lower('X')".to_owned()),
            ..ModelColumn::new("code", ModelType::Sql("text".to_owned()))
        });
        table.checks.push(check("code > ''"));
        table.indexes.push(index("code", "code > 'a'"));
    })
    .remove(0);
    table.rust_name = name.clone();
    table.table = name;
    table.renamed_from = renamed_from;
    table
}

#[test]
fn another_table_takes_the_name_of_one_that_is_renamed() {
    for (before, after) in [
        ("bills", "kept_bills<bills bills"),
        ("bills", "bills kept_bills<bills"),
        ("bills notes", "third_bills<bills bills<notes"),
    ] {
        let models = |names: &str| -> Vec<ModelTable> { names.split(' ').map(asked).collect() };
        let case = Case::new();
        case.becomes(&models(before));
        case.database
            .execute("INSERT INTO bills (_id, _price, _sold) VALUES (1, 1, true)");
        let below = case.database.catalog();
        let models = models(after);
        case.becomes(&models);
        let there = case.database.catalog();
        let fresh = TestDatabase::new();
        case.migrator(&models)
            .create_all(&mut fresh.connect())
            .expect("all is made at once");
        assert_eq!(fresh.catalog(), there, "{after}");
        case.goes_down(&models, OnLoss::Allow)
            .expect("there is a way down");
        assert_eq!(case.database.catalog(), below, "{after}");
        assert_eq!(case.database.lines("SELECT code AS line FROM bills"), ["x"]);
    }
}
