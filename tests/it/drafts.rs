//! What becomes of a draft: Postgres is asked whether it takes it, a rename is asked for before consent,
//! and its way down asks before it destroys.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck::prelude::*;
use limbeck::{Draft, Error, ErrorKind, ModelTable, NewRevision, OnLoss, Result, Written};
use limbeck_core::schema::model::{
    ModelCheck, ModelColumn, ModelEnum, ModelEnumValue, ModelIndex, ModelIndexElement,
    ModelIndexKey, ModelType,
};
use limbeck_core::schema::object::{NullsOrder, SortOrder};
use serde_json::json;
use tempfile::TempDir;

use crate::project::Project;
use crate::support::TestDatabase;

#[derive(Model)]
#[model(table = "goods", register = false)]
struct Good {
    #[model(primary_key)]
    _id: i64,
    #[model(sql_type = "numeric(8,1)")]
    _price: f64,
    _sold: bool,
}

fn sql(text: &str) -> ModelType {
    ModelType::Sql(text.to_owned())
}

/// The model with a change.
pub(crate) fn good(change: impl FnOnce(&mut ModelTable)) -> Vec<ModelTable> {
    let mut model = Good::model();
    change(&mut model);
    vec![model]
}

/// A database and a revision directory.
pub(crate) struct Case {
    pub(crate) database: TestDatabase,
    folder: TempDir,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self {
            database: TestDatabase::new(),
            folder: crate::project::no_revisions(),
        }
    }

    pub(crate) fn migrator(&self, models: &[ModelTable]) -> Migrator {
        Migrator::from_directory(self.folder.path())
            .expect("a revision directory")
            .named("goods")
            .models(models.to_vec())
            .scratch_url(self.database.url())
    }

    pub(crate) fn draft(&self, models: &[ModelTable]) -> Result<Draft> {
        let mut connection = self.database.connect();
        self.migrator(models).autogenerate(&mut connection)
    }

    fn written(&self, models: &[ModelTable]) -> Result<Written> {
        let draft = self.draft(models)?;
        self.migrator(models)
            .write_draft(&draft, &NewRevision::default(), &[])
    }

    /// Generates a revision and applies it.
    #[track_caller]
    pub(crate) fn becomes(&self, models: &[ModelTable]) -> Written {
        let written = self.written(models).expect("it is generated");
        let mut connection = self.database.connect();
        let migrator = self.migrator(models);
        migrator.run_pending(&mut connection).expect("it runs");
        written
    }

    /// Generates a revision with consent to whatever it destroys, and applies it.
    pub(crate) fn generated(&self, models: &[ModelTable]) -> Result<Written> {
        let draft = self.draft(models)?;
        let consents = draft
            .hazards
            .iter()
            .map(|hazard| limbeck::parse_consent(&hazard.consent()));
        let consents: Vec<_> = consents.collect::<Result<_>>()?;
        let written =
            self.migrator(models)
                .write_draft(&draft, &NewRevision::default(), &consents)?;
        let mut connection = self.database.connect();
        self.migrator(models).run_pending(&mut connection)?;
        Ok(written)
    }

    /// Writes a revision by hand and applies it.
    #[track_caller]
    pub(crate) fn by_hand(&self, models: &[ModelTable], up: &str, down: &str) {
        let written = self.migrator(models).write_empty(&NewRevision::default());
        let folder = written.expect("it is written").folder;
        std::fs::write(folder.join("up.sql"), up).expect("written");
        std::fs::write(folder.join("down.sql"), down).expect("written");
        let mut connection = self.database.connect();
        let migrator = self.migrator(models);
        migrator.run_pending(&mut connection).expect("it runs");
    }

    pub(crate) fn goes_down(
        &self,
        models: &[ModelTable],
        policy: OnLoss,
    ) -> Result<limbeck::Report> {
        let mut connection = self.database.connect();
        let migrator = self.migrator(models).on_loss(policy);
        migrator.downgrade(&mut connection, "-1")
    }
}

#[test]
fn a_generated_way_down_says_what_it_destroys() {
    let case = Case::new();
    let first = case.becomes(&good(|_| {}));
    let down = std::fs::read_to_string(first.folder.join("down.sql")).expect("read");
    assert!(
        down.contains(
            "-- hazard drop_table: dropping table `goods` deletes all its rows; going up once more"
        ),
        "{down}"
    );
    let wide = good(|model| {
        model.columns[1].sql_type = sql("numeric(12,4)");
        model.columns[2].sql_type = sql("int");
    });
    let written = case.becomes(&wide);
    let metadata = std::fs::read_to_string(written.folder.join("metadata.toml")).expect("read");
    assert!(
        metadata.contains(
            "down_destroys = [\"narrow_type:goods._price\", \"narrow_type:goods._sold\"]\n"
        ),
        "{metadata}"
    );
    case.database
        .execute("INSERT INTO goods VALUES (1, 3.1415, 77)");
    let row = || {
        case.database
            .lines("SELECT concat_ws('|', _id, _price, _sold) AS line FROM goods")
            .concat()
    };
    let error = case
        .goes_down(&wide, OnLoss::Refuse)
        .expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Destructive);
    assert_eq!(
        error.to_string(),
        format!(
            "going down takes data away:\n  {0}: narrow_type:goods._price\n  {0}: \
             narrow_type:goods._sold",
            written.revision
        )
    );
    assert_eq!(row(), "1|3.1415|77");
    case.goes_down(&wide, OnLoss::Allow).expect("it goes down");
    assert_eq!(row(), "1|3.1|t");

    // A way down that only widens asks nobody.
    let narrow = good(|model| model.columns[1].sql_type = sql("numeric(8,2)"));
    let mut connection = case.database.connect();
    let migrator = case.migrator(&narrow);
    migrator.run_pending(&mut connection).expect("up again");
    let draft = case.draft(&narrow).expect("it can be compared");
    let consents: Vec<_> = draft
        .hazards
        .iter()
        .map(|hazard| limbeck::parse_consent(&hazard.consent()).expect("read back"))
        .collect();
    let written = case
        .migrator(&narrow)
        .write_draft(&draft, &NewRevision::default(), &consents)
        .expect("it is written");
    let metadata = std::fs::read_to_string(written.folder.join("metadata.toml")).expect("read");
    assert!(metadata.contains("down_destroys = []\n"), "{metadata}");
    case.migrator(&narrow)
        .run_pending(&mut connection)
        .expect("up");
    case.goes_down(&narrow, OnLoss::Refuse)
        .expect("nothing is lost");
}

/// A draft that Postgres refuses: with these words, and with nothing done.
#[track_caller]
fn is_refused(case: &Case, models: &[ModelTable], words: &[&str]) -> Error {
    let files = || {
        let mut names: Vec<_> = std::fs::read_dir(case.folder.path())
            .expect("read")
            .map(|entry| entry.expect("read").file_name())
            .collect();
        names.sort();
        names
    };
    let before = (files(), case.database.catalog());
    let error = case.written(models).expect_err("postgres refuses it");
    assert_eq!((files(), case.database.catalog()), before);
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    let told = error.to_string();
    for word in [&["::Good` (tests/it/drafts.rs:"], words].concat() {
        assert!(told.contains(word), "`{word}` in {told}");
    }
    assert!(error.location().is_some(), "{error}");
    error
}

pub(crate) fn index(element: &str, predicate: &str) -> ModelIndex {
    ModelIndex {
        name: None,
        unique: false,
        method: "btree".to_owned(),
        elements: vec![ModelIndexElement {
            key: ModelIndexKey::Column(element.to_owned()),
            collation: None,
            operator_class: None,
            order: SortOrder::Ascending,
            nulls: NullsOrder::Default,
        }],
        include: Vec::new(),
        predicate: Some(predicate.to_owned()),
        nulls_not_distinct: false,
        storage: Vec::new(),
    }
}

pub(crate) fn check(expression: &str) -> ModelCheck {
    ModelCheck {
        name: None,
        column: None,
        expression: expression.to_owned(),
        no_inherit: false,
        not_valid: false,
    }
}

fn column(name: &str, of: &str, default: Option<&str>) -> ModelColumn {
    ModelColumn {
        default: default.map(str::to_owned),
        ..ModelColumn::new(name, sql(of))
    }
}

#[test]
fn what_postgres_refuses_is_not_written() {
    // In a new table, and in one that is there.
    for there in [false, true] {
        let case = Case::new();
        if there {
            case.becomes(&good(|_| {}));
        }
        let changed = |change: &dyn Fn(&mut ModelTable)| good(|model| change(model));
        is_refused(
            &case,
            &changed(&|model| model.columns.push(column("m", "text", Some("nosuch()")))),
            &["goods.m`", "function nosuch() does not exist"],
        );
        is_refused(
            &case,
            &changed(&|model| model.columns.push(column("m", "nosuchtype", Some("NULL")))),
            &["goods.m`", "type \"nosuchtype\" does not exist"],
        );
        is_refused(
            &case,
            &changed(&|model| model.checks.push(check("nothing > 0"))),
            &["column \"nothing\" does not exist"],
        );
        is_refused(
            &case,
            &changed(&|model| {
                model
                    .indexes
                    .push(index("_price", "_price < extract(epoch FROM now())"));
            }),
            &["index", "must be marked IMMUTABLE"],
        );
        case.becomes(&good(|model| {
            model.columns.push(column("m", "text", Some("'x'")));
        }));
    }
}

#[test]
fn what_only_the_database_has_is_a_note() {
    let case = Case::new();
    case.becomes(&good(|_| {}));
    case.database
        .execute("CREATE FUNCTION by_hand() RETURNS text LANGUAGE sql AS 'SELECT ''x''::text'");
    let draft = case
        .draft(&good(|model| {
            model.columns.push(column("m", "text", Some("by_hand()")));
        }))
        .expect("the database takes it");
    assert!(
        draft.notes.iter().any(|note| note.contains("`by_hand`")),
        "{:?}",
        draft.notes
    );
}

#[test]
fn rows_of_the_revisions_are_no_refusal() {
    let case = Case::new();
    let written = case.becomes(&good(|_| {}));
    let up = written.folder.join("up.sql");
    let text = std::fs::read_to_string(&up).expect("read");
    std::fs::write(
        &up,
        format!("{text}\nINSERT INTO goods VALUES (1, 2, true);\n"),
    )
    .expect("written");
    let mut connection = case.database.connect();
    let models = good(|model| {
        model.columns.pop();
    });
    let migrator = case.migrator(&models);
    migrator.stamp(&mut connection, "head").expect("stamped");
    // The way back adds a column that may hold no nulls.
    let draft = case.draft(&models).expect("it is tried without rows");
    assert_eq!(draft.notes, [""; 0]);
}

#[test]
fn a_rename_is_asked_for_before_consent() {
    let case = Case::new();
    case.becomes(&good(|_| {}));
    let renamed = good(|model| model.columns[1].name = "cost".to_owned());
    let error = case.written(&renamed).expect_err("it wants consent");
    assert_eq!(error.kind(), ErrorKind::Destructive);
    let hint = error.hint().unwrap_or_default();
    assert!(
        hint.starts_with(
            "is the column `goods.cost` what `goods._price` was? then say so: \
             `#[model(renamed_from = \"_price\")]`\n"
        ),
        "{hint}"
    );
    assert!(hint.contains("--allow drop_column:goods._price"), "{hint}");

    // A column of another type is another column.
    let other = good(|model| {
        model.columns[1] = column("cost", "text", Some("''"));
    });
    let error = case.written(&other).expect_err("it wants consent");
    assert!(!error.hint().unwrap_or_default().contains("renamed_from"));

    // A table that is alike in all but its name.
    let table = good(|model| model.table = "wares".to_owned());
    let error = case.written(&table).expect_err("it wants consent");
    let hint = error.hint().unwrap_or_default();
    assert!(
        hint.starts_with("is the table `wares` what `goods` was?"),
        "{hint}"
    );
}

#[test]
fn a_check_finds_all_there_is() {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    let revision = ["revision", "--autogenerate", "-m", "posts"];
    project.program("one", &revision).exits(0);
    project.program("one", &["upgrade", "head"]).exits(0);
    database.execute(
        "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL;
         CREATE VIEW votes AS SELECT 1 AS one",
    );
    let told = project.program("two", &["check", "--json"]).exits(3).json();
    assert_eq!(told["clean"], json!(false));
    assert_eq!(
        told["drift"][0]["object"],
        json!("column:public.posts.title")
    );
    let operations = told["operations"].to_string();
    assert!(operations.contains("create table public.users"), "{told}");
    let [refused] = &told["refused"].as_array().expect("a list")[..] else {
        panic!("one thing is refused: {told}");
    };
    assert_eq!(refused["kind"], json!("cannotcompare"));
    let text = project.program("two", &["check"]).exits(3);
    for line in [
        "drift: column",
        "models: create table public.users",
        "refused: ",
    ] {
        assert!(text.stdout.contains(line), "{text}");
    }
}

/// A column of the goods, and how it was called before.
fn named(name: &str, before: Option<&str>) -> ModelColumn {
    ModelColumn {
        nullable: true,
        renamed_from: before.map(str::to_owned),
        ..ModelColumn::new(name, sql("integer"))
    }
}

#[test]
fn a_hint_that_stays_renames_nothing_on_a_later_way_down() {
    let case = Case::new();
    let with = |columns: &[ModelColumn]| good(|model| model.columns.extend(columns.to_vec()));
    let renamed = [named("x", Some("y"))];
    case.becomes(&with(&[named("y", None)]));
    case.becomes(&with(&renamed));
    case.becomes(&with(&[named("x", Some("y")), named("y", None)]));
    case.database
        .execute("INSERT INTO goods (_id, _price, _sold, x, y) VALUES (1, 1, true, 7, 9)");
    let last = with(&renamed);
    case.generated(&last).expect("it is generated");
    case.goes_down(&last, OnLoss::Refuse)
        .expect("nothing is taken away");
    let row = case
        .database
        .lines("SELECT concat_ws('|', x, coalesce(y::text, 'none')) AS line FROM goods");
    assert_eq!(row.concat(), "7|none");
}

#[test]
fn all_is_made_while_an_enum_is_to_be_renamed() {
    let case = Case::new();
    let moody = |name: &str, before: Option<&str>| {
        good(|model| {
            let value = |value: &str| ModelEnumValue {
                value: value.to_owned(),
                renamed_from: None,
            };
            let mood = ModelType::Enum(ModelEnum {
                rust_name: "Mood".to_owned(),
                location: model.location.clone(),
                schema: None,
                name: name.to_owned(),
                renamed_from: before.map(str::to_owned),
                values: vec![value("ok"), value("bad")],
                comment: None,
            });
            model.columns.push(ModelColumn {
                default: Some("'ok'".to_owned()),
                ..ModelColumn::new("mood", mood)
            });
            model.checks.push(ModelCheck {
                name: Some("moods".to_owned()),
                column: None,
                expression: "mood IN ('ok', 'bad')".to_owned(),
                no_inherit: false,
                not_valid: false,
            });
            model.indexes.push(index("mood", "mood = 'bad'"));
        })
    };
    case.becomes(&moody("mood", None));
    let renamed = moody("feeling", Some("mood"));
    let fresh = TestDatabase::new();
    case.migrator(&renamed)
        .create_all(&mut fresh.connect())
        .expect("all is made");
    let default = "SELECT pg_get_expr(adbin, adrelid) AS line FROM pg_attrdef";
    assert_eq!(fresh.lines(default).concat(), "'ok'::feeling");
    case.becomes(&renamed);
    assert_eq!(case.database.lines(default), fresh.lines(default));
}

/// A column of an enum type of this name.
fn of_enum(model: &ModelTable, ty: &str) -> ModelColumn {
    let values = vec![ModelEnumValue {
        value: "one".to_owned(),
        renamed_from: None,
    }];
    let ty = ModelType::Enum(ModelEnum {
        rust_name: "Kind".to_owned(),
        location: model.location.clone(),
        schema: None,
        name: ty.to_owned(),
        renamed_from: None,
        values,
        comment: None,
    });
    ModelColumn {
        nullable: true,
        ..ModelColumn::new("kind", ty)
    }
}

#[test]
fn a_rename_whose_names_are_taken_by_another_kind_is_two_revisions() {
    let renamed = |change: fn(&mut ModelTable)| {
        good(|model| {
            model.table = "wares".to_owned();
            model.renamed_from = Some("goods".to_owned());
            change(model);
        })
    };
    // The way down could not rename it back.
    let case = Case::new();
    case.becomes(&good(|_| {}));
    let taken = renamed(|model| {
        let kind = of_enum(model, "goods");
        model.columns.push(kind);
    });
    let error = case.draft(&taken).expect_err("the old name is taken");
    assert!(error.to_string().contains("two revisions"), "{error}");
    case.becomes(&renamed(|_| {}));
    case.becomes(&taken);

    // The way up cannot rename it.
    let case = Case::new();
    case.becomes(&good(|model| {
        let kind = of_enum(model, "wares");
        model.columns.push(kind);
    }));
    let error = case
        .draft(&renamed(|_| {}))
        .expect_err("the new name is taken");
    assert!(error.to_string().contains("two revisions"), "{error}");
}

#[test]
fn of_two_drafts_of_one_state_one_is_written() {
    let case = Case::new();
    let models = good(|_| {});
    let drafts = [(); 2].map(|()| case.draft(&models).expect("it can be compared"));
    let write = |draft| {
        let migrator = case.migrator(&models);
        migrator.write_draft(draft, &NewRevision::default(), &[])
    };
    write(&drafts[0]).expect("the first is written");
    let error = write(&drafts[1]).expect_err("the second was made over nothing");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.hint().is_some_and(|hint| hint.contains("again")));
    let revisions = std::fs::read_dir(case.folder.path()).expect("read");
    let folders = revisions.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_dir()));
    assert_eq!(folders.count(), 1);
}

#[test]
fn an_extension_that_an_administrator_made_is_brought_along() {
    let case = Case::new();
    let mailed = good(|model| model.columns.push(column("mail", "citext", Some("'a'"))));
    is_refused(&case, &mailed, &["type \"citext\" does not exist"]);
    case.database.execute("CREATE EXTENSION citext");
    let draft = case.draft(&mailed).expect("it can be compared");
    let told = |notes: &[String]| notes.iter().any(|note| note.contains("`citext`, which no"));
    assert!(told(&draft.notes), "{:?}", draft.notes);
    case.becomes(&mailed);
    // The revisions are replayed with it from then on.
    let mut connection = case.database.connect();
    let check = case
        .migrator(&mailed)
        .check(&mut connection)
        .expect("compared");
    assert!(check.is_clean() && told(&check.notes), "{check:?}");

    // One that brings no names of its own into the text.
    let once = good(|model| {
        model.columns.push(column("mail", "citext", Some("'a'")));
        let mut once = index("_id", "_sold");
        once.method = "gist".to_owned();
        model.indexes.push(once);
    });
    let words = ["no default operator class"];
    let error = is_refused(&case, &once, &words);
    assert!(
        error.hint().is_some_and(|hint| hint.contains("extension")),
        "{error}"
    );
    case.database.execute("CREATE EXTENSION btree_gist");
    case.becomes(&once);
    case.goes_down(&once, OnLoss::Refuse).expect("it goes down");
    // What a revision makes is not made before it.
    case.by_hand(
        &once,
        "CREATE EXTENSION pgcrypto",
        "DROP EXTENSION pgcrypto",
    );
    case.database.execute("CREATE TABLE stranger ()");
    let check = case
        .migrator(&once)
        .check(&mut connection)
        .expect("compared");
    assert!(check.drift.is_empty(), "{check:?}");
}

#[test]
fn a_move_to_another_schema_is_a_revision_by_hand() {
    let case = Case::new();
    case.becomes(&good(|_| {}));
    case.database
        .execute("INSERT INTO goods VALUES (1, 1, true)");
    for said in ["goods", "public.goods"] {
        let moved = good(|model| {
            model.schema = Some("shop".to_owned());
            model.renamed_from = Some(said.to_owned());
        });
        let error = case.draft(&moved).expect_err("it would be dropped");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let hint = error.hint().expect("what to do");
        assert!(
            hint.contains("`ALTER TABLE \"goods\" SET SCHEMA \"shop\"`"),
            "{hint}"
        );
    }
    let moved = good(|model| model.schema = Some("shop".to_owned()));
    let up = "CREATE SCHEMA shop; ALTER TABLE goods SET SCHEMA shop";
    let down = "ALTER TABLE shop.goods SET SCHEMA public; DROP SCHEMA shop";
    case.by_hand(&moved, up, down);
    let mut connection = case.database.connect();
    let check = case
        .migrator(&moved)
        .check(&mut connection)
        .expect("compared");
    assert!(check.is_clean(), "{check:?}");
    let wider = good(|model| {
        model.schema = Some("shop".to_owned());
        model.columns.push(column("more", "int", Some("1")));
    });
    case.becomes(&wider);
    assert_eq!(
        case.database
            .lines("SELECT more::text AS line FROM shop.goods")
            .concat(),
        "1"
    );
}

/// A transaction that an error has aborted takes no more statements, ours as little as its owner's.
#[test]
fn a_connection_in_an_aborted_transaction_is_told() {
    let database = TestDatabase::new();
    let migrator = Case::new().migrator(&good(|_| {}));
    for what in [
        |migrator: &Migrator, connection: &mut PgConnection| migrator.run_pending(connection).err(),
        |migrator: &Migrator, connection: &mut PgConnection| migrator.current(connection).err(),
        |migrator: &Migrator, connection: &mut PgConnection| {
            migrator.autogenerate(connection).err()
        },
        |migrator: &Migrator, connection: &mut PgConnection| migrator.check(connection).err(),
    ] {
        let mut connection = database.connect();
        let _ = connection.batch_execute("BEGIN; SELECT 1 / 0");
        let error = what(&migrator, &mut connection).expect("an error");
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("roll it back"), "{error}: {hint}");
    }
}

#[test]
fn a_message_of_two_lines_is_told_on_one() {
    let case = Case::new();
    let models = good(|_| {});
    let message = NewRevision {
        message: "one\ntwo".to_owned(),
        ..NewRevision::default()
    };
    let written = case.migrator(&models).write_empty(&message);
    let folder = written.expect("it is written").folder;
    std::fs::write(folder.join("up.sql"), "SELECT 1").expect("written");
    std::fs::write(folder.join("down.sql"), "SELECT 1").expect("written");
    let mut connection = case.database.connect();
    let migrator = case.migrator(&models);
    for report in [
        migrator.upgrade(&mut connection, "head"),
        migrator.downgrade(&mut connection, "base"),
        migrator.stamp(&mut connection, "head"),
    ] {
        let told = report.expect("it runs").to_string();
        assert!(told.contains("one\\ntwo"), "{told}");
        assert_eq!(told.lines().count(), 2, "{told}");
    }
}

/// What Postgres makes by itself of an expression over a column that gets another type, and then its old one
/// again, is not what it was.
#[test]
fn a_way_down_leads_back_to_expressions_over_other_types() {
    let with = |ty: &str, change: &dyn Fn(&mut ModelTable)| {
        good(|model| {
            model.columns.push(column("n", ty, None));
            change(model);
        })
    };
    let nothing = |_: &mut ModelTable| {};
    let checked = |model: &mut ModelTable| model.checks.push(check("n > 0"));
    let indexed = |model: &mut ModelTable| {
        model.indexes.push(index("_id", "n > 5"));
        let mut of_expression = index("_id", "n < 5");
        of_expression.elements[0].key = ModelIndexKey::Expression("n + 1".to_owned());
        of_expression.name = Some("of_expression".to_owned());
        model.indexes.push(of_expression);
    };
    type Change<'a> = &'a dyn Fn(&mut ModelTable);
    let by_hand = "ALTER TABLE goods ADD CONSTRAINT by_hand CHECK (n < 100), ADD CONSTRAINT apart
            EXCLUDE USING btree (_id WITH =) WHERE (n > 7);
        CREATE INDEX by_hand_too ON goods ((n * 2)) WHERE n <> 3;
        CREATE STATISTICS by_hand_three ON (n + 1), (n - 1) FROM goods";
    let by_hand_back = "DROP STATISTICS by_hand_three; DROP INDEX by_hand_too;
        ALTER TABLE goods DROP CONSTRAINT apart, DROP CONSTRAINT by_hand";
    for (narrow, wide, change, hand) in [
        ("int", "double precision", &checked as Change<'_>, false),
        ("bigint", "numeric(20,0)", &checked, false),
        ("int", "double precision", &indexed, false),
        ("int", "numeric", &indexed, true),
        ("smallint", "real", &nothing, true),
        ("int", "bigint", &checked, true),
    ] {
        let case = Case::new();
        let before = with(narrow, change);
        case.becomes(&before);
        if hand {
            case.by_hand(&before, by_hand, by_hand_back);
        }
        let there = case.database.catalog();
        let after = with(wide, change);
        case.becomes(&after);
        let above = case.database.catalog();
        let is_clean = |models: &[ModelTable]| {
            let mut connection = case.database.connect();
            let check = case.migrator(models).check(&mut connection);
            let check = check.expect("it can be compared");
            assert!(check.is_clean(), "{narrow} to {wide}: {check:?}");
        };
        is_clean(&after);
        case.goes_down(&after, OnLoss::Allow).expect("it goes down");
        assert_eq!(case.database.catalog(), there, "{narrow} to {wide}");
        let mut connection = case.database.connect();
        let migrator = case.migrator(&after);
        migrator.run_pending(&mut connection).expect("up again");
        assert_eq!(case.database.catalog(), above, "{narrow} to {wide}");
        is_clean(&after);
    }
}

#[test]
fn a_body_that_speaks_of_an_old_name_is_told() {
    let case = Case::new();
    let before = good(|model| model.columns.push(named("num", None)));
    case.becomes(&before);
    let by_hand = "CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN new.num := coalesce(new.num, 1); RETURN new; END';
        CREATE TRIGGER fired BEFORE INSERT ON goods FOR EACH ROW EXECUTE FUNCTION fired();
        CREATE FUNCTION of_row(goods) RETURNS integer LANGUAGE sql AS 'SELECT $1.num';
        CREATE FUNCTION of_table() RETURNS bigint LANGUAGE sql AS 'SELECT sum(num) FROM goods';
        CREATE FUNCTION apart(num integer) RETURNS integer LANGUAGE sql AS 'SELECT num'";
    case.by_hand(&before, by_hand, "SELECT 1");
    let after = good(|model| model.columns.push(named("amount", Some("num"))));
    let written = case.becomes(&after);
    let up = std::fs::read_to_string(written.folder.join("up.sql")).expect("read");
    let told = "hazard rename_in_body: `function:public.fired()`, `function:public.of_row(public.goods)`, \
                `function:public.of_table()` speak of `goods.num`, which is called `amount` from then on";
    let words = |text: &str| {
        text.replace("\n--", " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert!(words(&up).contains(&words(told)), "{up}");
    let down = std::fs::read_to_string(written.folder.join("down.sql")).expect("read");
    assert!(!down.contains("rename_in_body"), "{down}");
}

#[test]
fn an_expression_that_says_a_renamed_value_is_refused() {
    let with = |value: &str, before: Option<&str>, predicate: &str| {
        good(|model| {
            let mut column = of_enum(model, "kind");
            if let ModelType::Enum(ty) = &mut column.sql_type {
                ty.values[0].value = value.to_owned();
                ty.values[0].renamed_from = before.map(str::to_owned);
            }
            model.columns.push(column);
            model.indexes.push(index("_id", predicate));
        })
    };
    let case = Case::new();
    case.becomes(&with("a", None, "kind = 'a'"));
    let half = with("a_a", Some("a"), "kind = 'a'");
    let there = case.database.catalog();
    let error = case.written(&half).expect_err("it could not be read again");
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    assert!(
        error.to_string().contains("invalid input value for enum"),
        "{error}"
    );
    assert_eq!(case.database.catalog(), there);
    let folders = std::fs::read_dir(case.folder.path()).expect("read");
    let folders = folders.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_dir()));
    assert_eq!(folders.count(), 1);
    assert!(
        error.hint().is_some_and(|hint| hint.contains("new name")),
        "{:?}",
        error.hint()
    );
    let whole = with("a_a", Some("a"), "kind = 'a_a'");
    case.becomes(&whole);
    let mut connection = case.database.connect();
    let check = case
        .migrator(&whole)
        .check(&mut connection)
        .expect("compared");
    assert!(check.is_clean(), "{check:?}");
}
