//! What somebody else did to the tables of models is left alone, and stands in nobody's way.

use limbeck::prelude::*;
use limbeck::{ErrorKind, ModelTable, NewRevision};
use tempfile::TempDir;

use crate::support::TestDatabase;

#[derive(Model)]
#[model(table = "readers", register = false)]
struct Reader {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(index)]
    _email: String,
    #[model(default = "0")]
    _visits: i32,
}

fn models() -> Vec<ModelTable> {
    vec![<Reader as limbeck::Model>::model()]
}

/// A database with the tables of the models, made by a generated revision.
struct Made {
    database: TestDatabase,
    folder: TempDir,
}

impl Made {
    fn new() -> Self {
        let made = Self {
            database: TestDatabase::new(),
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let mut connection = made.database.connect();
        let migrator = made.migrator();
        let draft = migrator
            .autogenerate(&mut connection)
            .expect("the models can be compared");
        migrator
            .write_draft(&draft, &NewRevision::default(), &[])
            .expect("the revision is written");
        made.migrator()
            .run_pending(&mut connection)
            .expect("the revision runs");
        made
    }

    fn migrator(&self) -> Migrator {
        Migrator::from_directory(self.folder.path())
            .expect("a revision directory")
            .named("readers")
            .models(models())
    }
}

/// Somebody does something, and autogenerate has nothing to say to it. Gives what `check` calls
/// drift.
#[track_caller]
fn yields_nothing(sql: &str) -> Vec<String> {
    let made = Made::new();
    made.database.execute(sql);
    let mut connection = made.database.connect();
    let migrator = made.migrator();
    let draft = migrator
        .autogenerate(&mut connection)
        .expect("it stands in nobody's way");
    assert_eq!(draft.operations, [], "after {sql}");
    let check = migrator.check(&mut connection).expect("it can be compared");
    check.drift.iter().map(ToString::to_string).collect()
}

#[test]
fn what_no_revision_knows_is_no_drift() {
    for sql in [
        "ALTER INDEX readers__email_idx SET (fillfactor = 60)",
        "ALTER TABLE readers SET (fillfactor = 60, autovacuum_enabled = false)",
        "CREATE UNIQUE INDEX by_hand ON readers (lower(_email)) WITH (fillfactor = 50)",
        "CREATE PUBLICATION by_hand FOR TABLE readers",
        "GRANT SELECT ON readers TO PUBLIC",
        "CREATE FUNCTION by_hand() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TRIGGER by_hand BEFORE INSERT ON readers FOR EACH ROW EXECUTE FUNCTION by_hand()",
    ] {
        assert_eq!(yields_nothing(sql), [""; 0], "after {sql}");
    }
}

#[test]
fn what_models_leave_unsaid_follows_the_database() {
    for sql in [
        "ALTER TABLE readers ALTER _email SET DEFAULT 'nobody'",
        "ALTER TABLE readers ALTER _id SET CACHE 20",
        "ALTER TABLE readers SET UNLOGGED",
    ] {
        assert_eq!(yields_nothing(sql).len(), 1, "after {sql}");
    }
}

#[test]
fn what_models_state_is_drift_and_refused() {
    for sql in [
        "ALTER TABLE readers ALTER _visits SET DEFAULT 1",
        "ALTER TABLE readers ALTER _visits DROP DEFAULT",
        "ALTER TABLE readers ALTER _email DROP NOT NULL",
        "ALTER TABLE readers ALTER _id SET GENERATED ALWAYS",
        "DROP INDEX readers__email_idx",
        "DROP TABLE readers",
    ] {
        let made = Made::new();
        made.database.execute(sql);
        let error = made
            .migrator()
            .autogenerate(&mut made.database.connect())
            .expect_err("it would be taken for an old state");
        assert_eq!(error.kind(), ErrorKind::Drift, "after {sql}");
    }
}
