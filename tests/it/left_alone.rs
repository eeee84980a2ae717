//! What somebody else did to the tables of models is left alone, and stands in nobody's way.

use diesel::connection::SimpleConnection;
use limbeck::prelude::*;
use limbeck::{Draft, ErrorKind, Hazard, ModelTable, NewRevision, Written};
use limbeck_core::schema::diff::in_words;
use tempfile::TempDir;

use crate::support::{TestDatabase, own_server};

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
    fn of(models: Vec<ModelTable>) -> Self {
        Self::on(TestDatabase::new(), models)
    }

    fn on(database: TestDatabase, models: Vec<ModelTable>) -> Self {
        let made = Self {
            database,
            folder: crate::project::no_revisions(),
        };
        let mut connection = made.database.connect();
        let migrator = made.migrator(models.clone());
        let draft = migrator
            .autogenerate(&mut connection)
            .expect("the models can be compared");
        migrator
            .write_draft(&draft, &NewRevision::default(), &[])
            .expect("the revision is written");
        made.migrator(models)
            .run_pending(&mut connection)
            .expect("the revision runs");
        made
    }

    /// With a revision more that somebody wrote, applied.
    fn with(models: Vec<ModelTable>, up: &str) -> Self {
        let made = Self::of(models.clone());
        let migrator = made.migrator(models.clone());
        let written = migrator
            .write_empty(&NewRevision::default())
            .expect("the revision is written");
        std::fs::write(written.folder.join("up.sql"), up).expect("the file is written");
        made.migrator(models)
            .run_pending(&mut made.database.connect())
            .expect("the revision runs");
        made
    }

    /// Writes a draft, with consent to all that it may destroy.
    fn write(&self, models: Vec<ModelTable>, draft: &Draft) -> Written {
        let consent = |hazard: &Hazard| {
            limbeck::parse_consent(&hazard.consent()).expect("it can be read back")
        };
        let consents: Vec<_> = draft.hazards.iter().map(consent).collect();
        self.migrator(models)
            .write_draft(draft, &NewRevision::default(), &consents)
            .expect("the revision is written")
    }

    fn migrator(&self, models: Vec<ModelTable>) -> Migrator {
        Migrator::from_directory(self.folder.path())
            .expect("a revision directory")
            .named("readers")
            .models(models)
    }
}

#[derive(Model)]
#[model(table = "log", schema = "limbeck_audit", register = false)]
struct Log {
    #[model(primary_key)]
    _id: i64,
}

#[test]
fn the_last_model_of_another_schema_takes_its_table_along() {
    let both = || vec![Reader::model(), Log::model()];
    let made = Made::of(both());
    let mut connection = made.database.connect();
    let migrator = made.migrator(models());
    let draft = migrator
        .autogenerate(&mut connection)
        .expect("it can be compared");
    let told: Vec<String> = draft.operations.iter().map(ToString::to_string).collect();
    assert!(
        told.contains(&"drop table limbeck_audit.log".to_owned()),
        "{told:?}"
    );
    made.write(models(), &draft);
    let migrator = made.migrator(models());
    migrator
        .run_pending(&mut connection)
        .expect("the revision runs");
    assert!(
        migrator
            .check(&mut connection)
            .expect("it can be compared")
            .is_clean()
    );
}

/// Somebody does something, and autogenerate has nothing to say to it. Gives what `check` calls
/// drift.
#[track_caller]
fn yields_nothing(sql: &str) -> Vec<String> {
    let made = Made::of(models());
    made.database.execute(sql);
    let mut connection = made.database.connect();
    let migrator = made.migrator(models());
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
        "ALTER TABLE readers ALTER _email SET STORAGE EXTERNAL, ALTER _email SET STATISTICS 9,
             ALTER _email SET (n_distinct = 5), ALTER _email SET COMPRESSION pglz",
        "ALTER TABLE readers REPLICA IDENTITY FULL, CLUSTER ON readers_pkey",
        "ALTER INDEX readers_pkey SET (fillfactor = 60)",
        "CREATE STATISTICS by_hand ON _id, _email FROM readers",
        "CREATE EXTENSION citext; CREATE DOMAIN by_hand AS citext CHECK (VALUE <> '');
         CREATE TYPE by_hand_type AS (a by_hand); CREATE TYPE by_hand_range AS RANGE (subtype = integer);
         CREATE COLLATION by_hand (provider = icu, locale = 'de')",
        "CREATE TABLE by_hand (a integer PRIMARY KEY, b bigint REFERENCES readers) PARTITION BY RANGE (a);
         CREATE TABLE by_hand_1 PARTITION OF by_hand FOR VALUES FROM (1) TO (9);
         CREATE INDEX ON by_hand (b); CREATE TABLE heir (more text) INHERITS (readers)",
        "CREATE FOREIGN DATA WRAPPER by_hand; CREATE SERVER by_hand FOREIGN DATA WRAPPER by_hand;
         CREATE USER MAPPING FOR PUBLIC SERVER by_hand OPTIONS (password 'secret');
         CREATE FOREIGN TABLE by_hand (a integer) SERVER by_hand",
        "CREATE PUBLICATION by_hand FOR TABLE readers",
        "GRANT SELECT ON readers TO PUBLIC; GRANT UPDATE (_email) ON readers TO pg_monitor;
         REVOKE UPDATE ON readers FROM CURRENT_USER; REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "ALTER TABLE readers OWNER TO pg_monitor",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
        "ALTER TABLE readers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
         CREATE POLICY by_hand ON readers TO pg_monitor USING (_visits > 0);
         COMMENT ON POLICY by_hand ON readers IS 'by hand'",
        "CREATE PUBLICATION by_hand FOR ALL TABLES; COMMENT ON PUBLICATION by_hand IS 'theirs'",
        "CREATE TEXT SEARCH DICTIONARY by_hand (TEMPLATE = simple);
         CREATE TEXT SEARCH CONFIGURATION by_hand_too (PARSER = \"default\");
         ALTER TEXT SEARCH CONFIGURATION by_hand_too ADD MAPPING FOR word WITH by_hand;
         CREATE INDEX by_hand ON readers USING gin (to_tsvector('by_hand_too', _email))",
        "CREATE FUNCTION by_hand(a readers, b readers) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE OPERATOR === (FUNCTION = by_hand, LEFTARG = readers, RIGHTARG = readers);
         CREATE OPERATOR FAMILY by_hand USING btree;
         ALTER OPERATOR FAMILY by_hand USING btree ADD OPERATOR 3 === (readers, readers);
         CREATE OPERATOR CLASS by_hand FOR TYPE int USING btree AS FUNCTION 1 btint4cmp(int, int);
         CREATE CAST (readers AS json) WITH INOUT;
         CREATE CONVERSION by_hand FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
         CREATE LANGUAGE by_hand HANDLER plpgsql_call_handler;
         CREATE ACCESS METHOD by_hand TYPE TABLE HANDLER heap_tableam_handler",
        "CREATE FUNCTION by_hand() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TRIGGER by_hand BEFORE INSERT ON readers FOR EACH ROW EXECUTE FUNCTION by_hand()",
    ] {
        assert_eq!(yields_nothing(sql), [""; 0], "after {sql}");
    }
}

/// What an administrator said of new tables holds for those that a revision makes.
#[test]
fn default_privileges_hold_for_what_revisions_make() {
    let made = Made::of(models());
    made.database.execute(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor;
         ALTER DEFAULT PRIVILEGES REVOKE INSERT ON TABLES FROM CURRENT_USER",
    );
    let mut connection = made.database.connect();
    let both = || vec![Reader::model(), Book::model()];
    let migrator = made.migrator(both());
    let draft = migrator
        .autogenerate(&mut connection)
        .expect("it can be compared");
    let sql: Vec<&str> = draft.up.iter().map(|one| one.sql.as_str()).collect();
    let administers = |sql: &&str| sql.contains("GRANT") || sql.contains("REVOKE");
    assert!(!sql.iter().any(administers), "{sql:?}");
    migrator
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect("the revision is written");
    let migrator = made.migrator(both());
    migrator
        .run_pending(&mut connection)
        .expect("the revision runs");
    let check = migrator.check(&mut connection).expect("it can be compared");
    assert!(check.is_clean(), "{check:?}");
}

#[derive(Model)]
#[model(table = "books", register = false)]
struct Book {
    #[model(primary_key)]
    _id: i64,
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

/// Without the right to make a scratch database, a throwaway server answers what the revisions make.
#[test]
fn a_role_that_may_make_no_database_compares_too() {
    let server = own_server();
    let database = TestDatabase::on(server);
    let role = "may_make_no_database";
    database.execute(&format!(
        "CREATE ROLE {role} LOGIN NOCREATEDB; GRANT ALL ON SCHEMA public TO {role}"
    ));
    let url = database.url().replace("postgres@", &format!("{role}@"));
    let folder = crate::project::no_revisions();
    let migrator = || {
        Migrator::from_directory(folder.path())
            .expect("a revision directory")
            .named("readers")
            .models(models())
            .scratch_url(&url)
    };
    let mut connection = limbeck::connect(&url).expect("the role may connect");
    let draft = migrator().autogenerate(&mut connection).expect("compared");
    migrator()
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect("the revision is written");
    migrator().run_pending(&mut connection).expect("it runs");
    let check = migrator().check(&mut connection).expect("compared");
    assert!(check.is_clean(), "{check:?}");
    database.execute("DROP INDEX readers__email_idx");
    let check = migrator().check(&mut connection).expect("compared");
    let drift: Vec<String> = check.drift.iter().map(ToString::to_string).collect();
    assert_eq!(
        drift,
        ["index:public.readers__email_idx is missing in the database"],
        "only base tells that, and only a replay in scratch tells base"
    );

    // A role that a revision names is not on the throwaway server: the replay makes it there.
    database.execute("CREATE ROLE \"some reader\"");
    let written = migrator()
        .write_empty(&NewRevision::default())
        .expect("the revision is written");
    std::fs::write(
        written.folder.join("up.sql"),
        "GRANT SELECT ON readers TO \"some reader\";\n",
    )
    .expect("the file is written");
    migrator().run_pending(&mut connection).expect("it runs");
    let check = migrator().check(&mut connection).expect("compared");
    assert_eq!(check.drift.len(), 1, "{check:?}");
    assert_eq!(check.notes, [""; 0], "{check:?}");
}

#[derive(Model)]
#[model(table = "keyed", register = false)]
struct Keyed {
    #[model(primary_key)]
    _id: i64,
    #[model(unique)]
    _email: String,
    #[model(index)]
    _k: i32,
}

#[derive(Model)]
#[model(table = "keyed", register = false)]
struct Unkeyed {
    #[model(primary_key)]
    _id: i64,
    _email: String,
    _k: i32,
}

/// What is no longer stated and cannot go here is told: here it would stay in silence, and go everywhere else.
#[test]
fn what_strangers_hold_does_not_stay_in_silence() {
    for (sql, what, who) in [
        (
            "CREATE TABLE reporting (email text REFERENCES keyed (_email))",
            "constraint:public.keyed.keyed__email_key",
            "constraint:public.reporting.reporting_email_fkey",
        ),
        (
            "ALTER TABLE keyed REPLICA IDENTITY USING INDEX keyed__email_key",
            "constraint:public.keyed.keyed__email_key",
            "replica_identity:public.keyed",
        ),
        (
            "ALTER TABLE keyed CLUSTER ON keyed__k_idx",
            "index:public.keyed__k_idx",
            "cluster:public.keyed",
        ),
    ] {
        let made = Made::of(vec![Keyed::model()]);
        made.database.execute(sql);
        let migrator = made.migrator(vec![Unkeyed::model()]);
        let mut connection = made.database.connect();
        let error = migrator
            .autogenerate(&mut connection)
            .expect_err("it stands on what goes");
        assert_eq!(
            error.to_string(),
            format!(
                "the models no longer state `{what}`, and `{who}`, which no revision makes, stands on it: here it \
                 could not go, and everywhere else it would"
            )
        );
        let check = migrator.check(&mut connection).expect("it is compared");
        assert!(!check.is_clean(), "{check:?}");
    }
}

/// The table of somebody that inherits from ours follows by itself, on both ways, and is in no script.
#[test]
fn heirs_of_others_are_in_no_script() {
    let made = Made::of(models());
    made.database
        .execute("CREATE TABLE archive () INHERITS (readers)");
    let after = || vec![ReaderOften::model()];
    let draft = made
        .migrator(after())
        .autogenerate(&mut made.database.connect())
        .expect("it is compared");
    made.write(after(), &draft);
    let migrator = made.migrator(after());
    let fresh = TestDatabase::on(own_server());
    for database in [&fresh, &made.database] {
        let mut connection = database.connect();
        migrator.run_pending(&mut connection).expect("it runs");
        migrator
            .downgrade(&mut connection, "-1")
            .expect("it is taken back");
    }
}

#[derive(Model)]
#[model(table = "readers", register = false)]
struct ReaderInHand {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(index)]
    _email: String,
    #[model(default = "0", index)]
    _visits: i32,
    #[model(default = "3")]
    _hand: i32,
}

/// What is here by hand and stated afterwards is no difference here, and missing everywhere else.
#[test]
fn what_no_revision_makes_and_models_state_is_refused() {
    let made = Made::of(models());
    let mut connection = made.database.connect();
    made.database.execute(
        "ALTER TABLE readers ADD _hand int NOT NULL DEFAULT 3; CREATE INDEX by_hand ON readers (_visits)",
    );
    let after = || vec![ReaderInHand::model()];
    let error = made
        .migrator(after())
        .autogenerate(&mut connection)
        .expect_err("other databases lack it");
    assert_eq!(error.kind(), ErrorKind::Drift);
    assert_eq!(
        error.to_string().split(": ").nth(1),
        Some("`column:public.readers._hand`, `index:public.readers__visits_idx`"),
        "{error}"
    );
    let check = made
        .migrator(after())
        .check(&mut connection)
        .expect("it can be compared");
    assert!(!check.is_clean() && check.refused.len() == 1, "{check:?}");
    made.database
        .execute("ALTER TABLE readers DROP _hand; DROP INDEX by_hand");
    let draft = made
        .migrator(after())
        .autogenerate(&mut connection)
        .expect("it is compared");
    assert!(!draft.is_empty());
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
        let made = Made::of(models());
        made.database.execute(sql);
        let error = made
            .migrator(models())
            .autogenerate(&mut made.database.connect())
            .expect_err("it would be taken for an old state");
        assert_eq!(error.kind(), ErrorKind::Drift, "after {sql}");
    }
}

#[derive(PgEnum, Debug)]
#[pg_enum(name = "mood")]
enum Mood {
    Happy,
}

#[derive(PgEnum, Debug)]
#[pg_enum(name = "mood", diesel_type = "LaterMoodType")]
enum LaterMood {
    #[pg_enum(renamed_from = "happy")]
    Glad,
}

#[derive(Model)]
#[model(table = "moods", register = false)]
struct Moods {
    _mood: Mood,
}

#[derive(Model)]
#[model(table = "moods", register = false)]
struct LaterMoods {
    _mood: LaterMood,
}

#[test]
fn a_renamed_value_of_an_own_enum_is_no_strangers() {
    let _ = (Mood::Happy, LaterMood::Glad);
    let made = Made::of(vec![<Moods as limbeck::Model>::model()]);
    let draft = made
        .migrator(vec![<LaterMoods as limbeck::Model>::model()])
        .autogenerate(&mut made.database.connect())
        .expect("the models can be compared");
    assert_eq!(draft.operations.len(), 1);
    assert_eq!(draft.notes, [""; 0]);
}

#[derive(Model)]
#[model(table = "members", renamed_from = "readers", register = false)]
struct Member {
    #[model(primary_key, identity, renamed_from = "_id")]
    _number: i64,
    #[model(index)]
    _email: String,
    #[model(default = "0")]
    _visits: i64,
}

#[test]
fn parts_of_a_renamed_table_are_no_strangers() {
    let made = Made::of(models());
    let draft = made
        .migrator(vec![<Member as limbeck::Model>::model()])
        .autogenerate(&mut made.database.connect())
        .expect("the models can be compared");
    assert!(!draft.operations.is_empty());
    assert_eq!(draft.notes, [""; 0]);
}

#[derive(Model)]
#[model(table = "sketches", register = false)]
struct Sketch {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(unique)]
    _slug: String,
    #[model(default = "'happy'")]
    _mood: Mood,
}

#[derive(Model)]
#[model(table = "papers", renamed_from = "sketches", register = false)]
struct Paper {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(unique)]
    _slug: String,
    #[model(default = "'happy'")]
    _mood: Mood,
}

/// After a rename, names stay that the models alone would choose otherwise.
#[test]
fn what_is_made_from_models_is_what_the_revisions_make() {
    let made = Made::of(vec![<Sketch as limbeck::Model>::model()]);
    let models = vec![<Paper as limbeck::Model>::model()];
    let mut connection = made.database.connect();
    let migrator = made.migrator(models.clone());
    let draft = migrator.autogenerate(&mut connection).expect("compared");
    migrator
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect("the revision is written");
    let empty = TestDatabase::new();
    let mut connection = empty.connect();
    let migrator = made.migrator(models);
    migrator.create_all(&mut connection).expect("all is made");
    let check = migrator.check(&mut connection).expect("compared");
    assert!(check.is_clean(), "{check:?}");
    let keys = "SELECT conname::text AS line FROM pg_constraint
                WHERE conrelid = 'papers'::regclass AND contype IN ('p', 'u') ORDER BY 1";
    assert_eq!(empty.lines(keys), ["sketches__slug_key", "sketches_pkey"]);
}

#[derive(Model)]
#[model(table = "readers", register = false)]
struct ReaderGrown {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(index)]
    _email: String,
    #[model(default = "0")]
    _visits: i64,
}

#[derive(Model)]
#[model(table = "readers", register = false)]
struct ReaderWithout {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(index)]
    _email: String,
}

/// What hand-written SQL lays over the table.
const PROGRAMS: &str = "
    CREATE VIEW busy AS SELECT _email, _visits FROM readers WHERE _visits > 9;
    COMMENT ON VIEW busy IS 'kept'; COMMENT ON COLUMN busy._visits IS 'kept, too';
    CREATE MATERIALIZED VIEW counted AS SELECT _visits, count(*) AS n FROM busy GROUP BY 1;
    CREATE INDEX counted_n ON counted (n);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER noted AFTER UPDATE ON readers FOR EACH ROW
        WHEN (old._visits <> new._visits) EXECUTE FUNCTION note();
    CREATE RULE never AS ON DELETE TO readers WHERE old._visits > 1000 DO INSTEAD NOTHING;
    CREATE FUNCTION reader(id bigint) RETURNS readers LANGUAGE sql AS
        'SELECT * FROM readers WHERE _id = id';
    CREATE VIEW aside AS SELECT _email FROM readers;
    CREATE EVENT TRIGGER not_ours ON sql_drop WHEN TAG IN ('DROP SCHEMA') EXECUTE FUNCTION dropped();";

const EVENT_FUNCTION: &str =
    "CREATE FUNCTION dropped() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';";

fn programs() -> String {
    format!("{EVENT_FUNCTION} {PROGRAMS}")
}

#[test]
fn views_and_code_of_others_are_left_alone() {
    yields_nothing(&programs());
}

#[test]
fn what_stands_on_a_column_that_changes_steps_aside_and_comes_back() {
    let made = Made::with(models(), &programs());
    let mut connection = made.database.connect();
    let migrator = made.migrator(vec![ReaderGrown::model()]);
    let draft = migrator
        .autogenerate(&mut connection)
        .expect("the models can be compared");
    let mut told: Vec<String> = draft.operations.iter().map(ToString::to_string).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "add comment on column public.busy._visits",
            "add comment on view public.busy",
            "alter column public.readers._visits: type integer to bigint",
            "create index public.counted_n",
            "create materialized view public.counted",
            "create rule public.readers.never",
            "create trigger public.readers.noted",
            "create view public.busy",
            "drop comment on column public.busy._visits",
            "drop comment on view public.busy",
            "drop index public.counted_n",
            "drop materialized view public.counted",
            "drop rule public.readers.never",
            "drop trigger public.readers.noted",
            "drop view public.busy",
        ]
    );
    assert_eq!(draft.generated, []);
    let up: Vec<&str> = draft.up.iter().map(|one| one.sql.as_str()).collect();
    let down: Vec<&str> = draft.down.iter().map(|one| one.sql.as_str()).collect();
    for sql in [&up, &down, &up] {
        let sql = format!("SET search_path = public; {}", sql.join(";\n"));
        connection
            .batch_execute(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

/// Models change, and something stands on the change that no revision made. `None`: it goes by itself.
#[track_caller]
fn stands_in_the_way(
    before: Vec<ModelTable>,
    after: impl Fn() -> Vec<ModelTable>,
    stranger: &str,
    told: Option<&str>,
) {
    let made = Made::of(before.clone());
    let mut connection = made.database.connect();
    connection.batch_execute(stranger).expect("it runs");
    let result = made.migrator(after()).autogenerate(&mut connection);
    let Some(told) = told else {
        let draft = result.unwrap_or_else(|error| panic!("{stranger}: {error}"));
        let left =
            |note: &String| note.ends_with("theirs` is in the database alone: left as it is");
        assert!(!draft.notes.iter().any(left), "{:?}", draft.notes);
        let goes = |note: &String| note.contains("goes there with `column:public.readers._visits`");
        assert!(draft.notes.iter().any(goes), "{:?}", draft.notes);
        made.write(after(), &draft);
        for database in [&made.database, &TestDatabase::new()] {
            let mut connection = database.connect();
            let migrator = made.migrator(after());
            migrator.run_pending(&mut connection).expect("it runs");
            let check = migrator.check(&mut connection).expect("it is replayed");
            assert!(check.is_clean(), "{check:?}");
            migrator
                .downgrade(&mut connection, "-1")
                .expect("it is taken back");
            migrator.run_pending(&mut connection).expect("it runs");
        }
        return;
    };
    let error = result.expect_err("the revision would run nowhere else");
    assert_eq!(error.kind(), ErrorKind::CannotCompare, "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("`{told}` is in the way")),
        "{text}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("by hand")));
}

#[test]
fn what_no_revision_made_is_not_moved_aside() {
    for (stranger, told) in [
        (
            "CREATE VIEW theirs AS SELECT _visits FROM readers",
            "view:public.theirs",
        ),
        (
            "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER theirs AFTER UPDATE ON readers FOR EACH ROW
                 WHEN (old._visits <> new._visits) EXECUTE FUNCTION noted()",
            "trigger:public.readers.theirs",
        ),
        (
            "CREATE RULE theirs AS ON DELETE TO readers WHERE old._visits > 1 DO INSTEAD NOTHING",
            "rule:public.readers.theirs",
        ),
    ] {
        let after = || vec![ReaderGrown::model()];
        stands_in_the_way(models(), after, stranger, Some(told));
    }
}

#[derive(Model)]
#[model(table = "readers", register = false)]
struct ReaderWithMore {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(index)]
    _email: Option<String>,
    #[model(default = "1")]
    _visits: i64,
    #[model(default = "0")]
    _more: i32,
}

#[test]
fn tables_that_inherit_follow_the_columns_of_a_model() {
    let made = Made::of(models());
    let mut connection = made.database.connect();
    connection
        .batch_execute("CREATE TABLE theirs () INHERITS (readers)")
        .expect("it runs");
    let after = || vec![ReaderWithMore::model()];
    let migrator = made.migrator(after());
    let draft = migrator
        .autogenerate(&mut connection)
        .expect("the models can be compared");
    let theirs = |sql: &str| sql.contains("theirs");
    assert!(!draft.up.iter().any(|one| theirs(&one.sql)), "{draft:?}");
    assert!(
        !draft.generated.iter().any(|id| theirs(&id.to_string())),
        "{draft:?}"
    );
    made.write(after(), &draft);
    for database in [&made.database, &TestDatabase::new()] {
        let mut connection = database.connect();
        let migrator = made.migrator(after());
        migrator.run_pending(&mut connection).expect("it runs");
        let check = migrator.check(&mut connection).expect("it is replayed");
        assert!(check.is_clean(), "{check:?}");
        let again = migrator
            .autogenerate(&mut connection)
            .expect("the models can be compared");
        assert_eq!(again.operations, []);
    }
}

#[test]
fn what_goes_with_a_column_anyway_is_not_dropped_by_name() {
    for stranger in [
        "CREATE INDEX theirs ON readers (_email, _visits); COMMENT ON INDEX theirs IS 'mine'",
        "ALTER TABLE readers ADD CONSTRAINT theirs CHECK (_visits >= 0)",
        "ALTER TABLE readers ADD CONSTRAINT theirs UNIQUE (_visits, _email)",
        "CREATE STATISTICS theirs ON _email, _visits FROM readers",
    ] {
        let after = || vec![ReaderWithout::model()];
        stands_in_the_way(models(), after, stranger, None);
    }
}

/// A comment goes with what it is on, and a column with its table, whoever made them.
#[test]
fn what_somebody_added_goes_with_the_whole() {
    let both = || vec![Reader::model(), Log::model()];
    for (stranger, after) in [
        (
            "COMMENT ON COLUMN readers._visits IS 'theirs'; COMMENT ON TABLE readers IS 'theirs'",
            vec![ReaderWithout::model(), Log::model()],
        ),
        (
            "ALTER TABLE limbeck_audit.log ADD COLUMN theirs text DEFAULT 'x';
             CREATE INDEX theirs ON limbeck_audit.log (theirs, _id);
             COMMENT ON COLUMN limbeck_audit.log.theirs IS 'theirs'",
            models(),
        ),
    ] {
        let made = Made::of(both());
        made.database.execute(stranger);
        let mut connection = made.database.connect();
        let migrator = made.migrator(after.clone());
        let draft = migrator
            .autogenerate(&mut connection)
            .unwrap_or_else(|error| panic!("{stranger}: {error}"));
        made.write(after.clone(), &draft);
        for database in [&made.database, &TestDatabase::new()] {
            let mut connection = database.connect();
            let migrator = made.migrator(after.clone());
            migrator.run_pending(&mut connection).expect("it runs");
            let check = migrator.check(&mut connection).expect("it is replayed");
            assert!(check.is_clean(), "{check:?}");
            migrator
                .downgrade(&mut connection, "-1")
                .expect("it is taken back");
        }
    }
}

#[derive(PgEnum, Debug)]
#[pg_enum(name = "mood", diesel_type = "FewerMoodType")]
enum FewerMood {
    Content,
}

#[derive(Model)]
#[model(table = "moods", register = false)]
struct FewerMoods {
    _mood: FewerMood,
}

#[derive(PgEnum, Debug)]
#[pg_enum(name = "mood", diesel_type = "MoreMoodType")]
enum MoreMood {
    Happy,
    Busy,
}

#[derive(Model)]
#[model(table = "moods", register = false)]
struct MoreMoods {
    #[model(default = "'busy'")]
    _mood: MoreMood,
}

/// A type that a policy reads is exchanged where a new value of it is used at once.
#[test]
fn what_steps_aside_is_not_told_as_a_rename() {
    let _ = (MoreMood::Happy, MoreMood::Busy);
    let policy = "CREATE POLICY theirs ON moods USING (_mood = 'happy')";
    let models = || vec![MoreMoods::model()];
    let made = Made::of(vec![Moods::model()]);
    made.database.execute(policy);
    let mut connection = made.database.connect();
    let migrator = made.migrator(models());
    let error = migrator
        .autogenerate(&mut connection)
        .expect_err("no revision makes the policy");
    assert!(
        error
            .to_string()
            .starts_with("`policy:public.moods.theirs` is in the way of what the models want"),
        "{error}"
    );
    let check = migrator.check(&mut connection).expect("it is compared");
    let told = in_words(&check.draft.expect("there is a draft").operations);
    assert_eq!(
        told,
        [
            "drop policy public.moods.theirs",
            "alter enum public.mood: add value `busy`",
            "alter column public.moods._mood: default 'busy'",
            "create policy public.moods.theirs",
        ]
    );

    let made = Made::with(vec![Moods::model()], policy);
    let mut connection = made.database.connect();
    let migrator = made.migrator(models());
    let draft = migrator
        .autogenerate(&mut connection)
        .expect("the policy comes back");
    migrator
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect("the revision is written");
    let migrator = made.migrator(models());
    migrator.run_pending(&mut connection).expect("it runs");
    let check = migrator.check(&mut connection).expect("compared");
    assert!(check.is_clean(), "{check:?}");
    assert_eq!(
        made.database
            .lines("SELECT pg_get_expr(polqual, polrelid) AS line FROM pg_policy"),
        ["(_mood = 'happy'::mood)"]
    );
}

#[test]
fn what_still_has_a_value_that_goes_is_in_the_way() {
    let _ = FewerMood::Content;
    for (stranger, told) in [
        (
            "CREATE INDEX theirs ON moods ((1)) WHERE _mood = 'happy'",
            "index:public.theirs",
        ),
        (
            "CREATE TABLE theirs (a mood DEFAULT 'happy')",
            "column:public.theirs.a",
        ),
        (
            "CREATE DOMAIN theirs AS mood DEFAULT 'happy'",
            "domain:public.theirs",
        ),
    ] {
        let before = vec![Moods::model()];
        let after = || vec![FewerMoods::model()];
        stands_in_the_way(before, after, stranger, Some(told));
    }
}

#[test]
fn a_column_that_others_need_does_not_go() {
    let made = Made::of(models());
    let mut connection = made.database.connect();
    connection.batch_execute(&programs()).expect("it runs");
    let error = made
        .migrator(vec![ReaderWithout::model()])
        .autogenerate(&mut connection)
        .expect_err("a view needs it");
    assert_eq!(error.kind(), ErrorKind::CannotCompare);
    assert_eq!(
        error.to_string(),
        "`column:public.readers._visits` is to go, and `view:public.busy` needs it"
    );
    assert!(error.hint().is_some());
}

#[test]
fn a_table_that_would_take_a_views_name_is_told() {
    let made = Made::of(models());
    let mut connection = made.database.connect();
    connection
        .batch_execute(
            "CREATE SCHEMA limbeck_audit; CREATE VIEW limbeck_audit.log AS SELECT 1 AS _id",
        )
        .expect("it runs");
    let error = made
        .migrator(vec![Reader::model(), Log::model()])
        .autogenerate(&mut connection)
        .expect_err("a view has its name");
    assert_eq!(error.kind(), ErrorKind::CannotCompare);
    assert_eq!(
        error.to_string(),
        "`table:limbeck_audit.log` is a view in the database"
    );
}

#[derive(Model)]
#[model(table = "readers", register = false)]
struct ReaderRenamed {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(index)]
    _email: String,
    #[model(default = "0", column = "seen", renamed_from = "_visits")]
    _seen: i64,
}

#[test]
fn what_is_renamed_and_changed_under_a_view_is_two_revisions() {
    let made = Made::with(models(), "CREATE VIEW busy AS SELECT _visits FROM readers");
    let mut connection = made.database.connect();
    let error = made
        .migrator(vec![ReaderRenamed::model()])
        .autogenerate(&mut connection)
        .expect_err("the view has the old name");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "`view:public.busy` must be made anew, and reads `_visits`, which is renamed: these are two \
         revisions"
    );
}

#[derive(PgEnum, Debug)]
#[pg_enum(name = "mood", diesel_type = "TurnedMoodType")]
enum TurnedMood {
    Busy,
    Happy,
}

#[derive(Model)]
#[model(table = "moods", register = false)]
struct TurnedMoods {
    _mood: TurnedMood,
}

#[derive(Model)]
#[model(table = "sums", register = false)]
struct Sum {
    _a: i64,
    #[model(generated = "_a + 1")]
    _b: i64,
}

#[derive(Model)]
#[model(table = "sums", register = false)]
struct OtherSum {
    _a: i64,
    #[model(generated = "_a + 2")]
    _b: i64,
}

/// What an administrator said of something that a revision makes again is put back where it was said, and nowhere
/// else.
#[test]
fn what_is_said_of_what_is_made_again_is_said_again() {
    let _ = (TurnedMood::Busy, TurnedMood::Happy);
    let role = "limbeck_it_said_again";
    let enums = (
        vec![<MoreMoods as limbeck::Model>::model()],
        vec![<TurnedMoods as limbeck::Model>::model()],
        format!("COMMENT ON TYPE mood IS 'by the dba'; GRANT USAGE ON TYPE mood TO {role}"),
        "enum:public.mood",
        "SELECT coalesce(obj_description(oid), '') || ' ' || coalesce(typacl::text, '') AS line
         FROM pg_type WHERE typname = 'mood'",
    );
    let columns = (
        vec![<Sum as limbeck::Model>::model()],
        vec![<OtherSum as limbeck::Model>::model()],
        format!("COMMENT ON COLUMN sums._b IS 'by the dba'; GRANT SELECT (_b) ON sums TO {role}"),
        "column:public.sums._b",
        "SELECT coalesce(col_description(attrelid, attnum), '') || ' ' || coalesce(attacl::text, '') AS line
         FROM pg_attribute WHERE attrelid = 'sums'::regclass AND attname = '_b'",
    );
    for (before, after, stranger, of, said) in [enums, columns] {
        let made = Made::on(TestDatabase::on(own_server()), before);
        made.database.execute(&format!("CREATE ROLE {role}"));
        made.database.execute(&stranger);
        let mut connection = made.database.connect();
        let draft = made
            .migrator(after.clone())
            .autogenerate(&mut connection)
            .expect("it is compared");
        let alone = "is in the database alone, and what it is of is made again: it is put back there, as is in every \
                     database what that has";
        for note in [
            format!("`comment:{of}` {alone}"),
            format!("`grant:{role}:{of}` {alone}"),
        ] {
            assert!(draft.notes.contains(&note), "{note}: {:?}", draft.notes);
        }
        let left = draft
            .notes
            .iter()
            .any(|note| note.ends_with("left as it is"));
        assert!(!left, "{:?}", draft.notes);
        let written = made.write(after.clone(), &draft);
        for way in ["up.sql", "down.sql"] {
            let sql = std::fs::read_to_string(written.folder.join(way)).expect("read");
            assert!(!sql.contains("by the dba") && !sql.contains(role), "{sql}");
        }
        let migrator = || made.migrator(after.clone());
        let before = made.database.lines(said);
        migrator().run_pending(&mut connection).expect("it runs");
        assert_eq!(made.database.lines(said), before);
        migrator()
            .downgrade(&mut connection, "-1")
            .expect("it is taken back");
        assert_eq!(made.database.lines(said), before);

        made.database
            .execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        let other = TestDatabase::on(own_server());
        let mut connection = other.connect();
        migrator().run_pending(&mut connection).expect("it runs");
        assert_eq!(other.lines(said), [" "]);
        migrator()
            .downgrade(&mut connection, "-1")
            .expect("it is taken back");
    }
}

/// An index that only another database has, on a column that a revision makes again, is made again there.
#[test]
fn indexes_of_others_are_made_again_with_their_column() {
    let made = Made::of(vec![<Sum as limbeck::Model>::model()]);
    let after = || vec![<OtherSum as limbeck::Model>::model()];
    let other = TestDatabase::on(own_server());
    made.migrator(vec![<Sum as limbeck::Model>::model()])
        .run_pending(&mut other.connect())
        .expect("it runs");
    other.execute(
        "CREATE INDEX \"By b\" ON sums (_b) WHERE _b > 1; CREATE UNIQUE INDEX two ON sums (_a, (_b + 1))",
    );
    let draft = made
        .migrator(after())
        .autogenerate(&mut made.database.connect())
        .expect("it is compared");
    made.write(after(), &draft);
    let indexes = |database: &TestDatabase| {
        database
            .lines("SELECT indexdef AS line FROM pg_indexes WHERE tablename = 'sums' ORDER BY 1")
    };
    for database in [&made.database, &other] {
        let before = indexes(database);
        let mut connection = database.connect();
        let migrator = made.migrator(after());
        migrator.run_pending(&mut connection).expect("it runs");
        assert_eq!(indexes(database), before);
        migrator
            .downgrade(&mut connection, "-1")
            .expect("it is taken back");
        assert_eq!(indexes(database), before);
    }
}

#[derive(PgEnum, Debug)]
#[pg_enum(name = "mood", diesel_type = "GrownMoodType")]
enum GrownMood {
    Happy,
    Sad,
}

#[derive(Model)]
#[model(table = "moods", register = false)]
struct GrownMoods {
    _mood: GrownMood,
}

/// A way down moves aside what revisions make, and nothing else: it runs in every database, but for those where
/// somebody's own stands in its way.
#[test]
fn the_way_down_leaves_strangers_alone() {
    let _ = (GrownMood::Happy, GrownMood::Sad);
    let made = Made::of(vec![<Moods as limbeck::Model>::model()]);
    let theirs = "CREATE VIEW bi AS SELECT _mood FROM moods;
        CREATE INDEX dba ON moods (_mood) WHERE _mood = 'happy';
        CREATE TABLE others (mood mood)";
    made.database.execute(theirs);
    let after = || vec![<GrownMoods as limbeck::Model>::model()];
    let draft = made
        .migrator(after())
        .autogenerate(&mut made.database.connect())
        .expect("it is compared");
    for of in [
        "view:public.bi",
        "index:public.dba",
        "column:public.others.mood",
    ] {
        let told = format!(
            "`{of}` is in the database alone, and in the way of the way down: where it is there, drop it by hand \
             before that, and make it again behind"
        );
        assert!(draft.notes.contains(&told), "{told}: {:?}", draft.notes);
    }
    let written = made
        .migrator(after())
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect("the revision is written");
    let down = std::fs::read_to_string(written.folder.join("down.sql")).expect("read");
    for name in ["bi", "dba", "others"] {
        assert!(!down.contains(&format!("\"{name}\"")), "{down}");
    }
    let fresh = TestDatabase::on(own_server());
    let mut connection = fresh.connect();
    let migrator = made.migrator(after());
    migrator.run_pending(&mut connection).expect("it runs");
    migrator
        .downgrade(&mut connection, "-1")
        .expect("it is taken back");
    // Where they are, nothing is done.
    let mut connection = made.database.connect();
    migrator.run_pending(&mut connection).expect("it runs");
    let error = migrator
        .downgrade(&mut connection, "-1")
        .expect_err("somebody's own is in the way");
    assert!(error.to_string().contains("used by a view"), "{error}");
    made.database
        .execute("DROP VIEW bi; DROP INDEX dba; DROP TABLE others");
    migrator
        .downgrade(&mut connection, "-1")
        .expect("it is taken back");
}

#[derive(Model)]
#[model(
    table = "shelves",
    register = false,
    index(columns(_a), name = "shelves_a")
)]
struct Shelf {
    #[model(primary_key)]
    _id: i64,
    _a: i32,
    _b: String,
}

#[derive(Model)]
#[model(
    table = "shelves",
    register = false,
    index(columns(_a, _id), name = "shelves_a")
)]
struct WiderShelf {
    #[model(primary_key)]
    _id: i64,
    _a: i64,
    #[model(sql_type = "varchar(50)")]
    _b: String,
}

/// How something is set that a revision makes again is put back where it was set, and nowhere else.
#[test]
fn what_is_set_of_what_is_made_again_is_set_again() {
    let before = || vec![Shelf::model()];
    let after = || vec![WiderShelf::model()];
    let made = Made::with(
        before(),
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER noted BEFORE UPDATE OF _a ON shelves FOR EACH ROW EXECUTE FUNCTION noted();
         CREATE INDEX shelves_twice ON shelves ((_a * 2)) WITH (fillfactor = 90)",
    );
    let set = |database: &TestDatabase| {
        database.lines(
            "SELECT concat_ws(' ', relname, array_to_string(reloptions, ' ')) AS line
             FROM pg_class WHERE relname IN ('shelves_a', 'shelves_twice')
             UNION ALL
             SELECT concat_ws(' ', attname, nullif(attstattarget::int, -1), attstorage, array_to_string(attoptions, ' '))
             FROM pg_attribute WHERE attrelid = 'shelves'::regclass AND attnum > 0
             UNION ALL SELECT 'trigger ' || tgenabled::text FROM pg_trigger WHERE tgname = 'noted'
             ORDER BY 1",
        )
    };
    let bare = TestDatabase::on(own_server());
    made.migrator(before())
        .run_pending(&mut bare.connect())
        .expect("it runs");
    let there = [
        "ALTER INDEX shelves_a SET (fillfactor = 50)",
        "ALTER INDEX shelves_twice SET (fillfactor = 40)",
        "ALTER TABLE shelves ALTER _b SET STORAGE EXTERNAL, ALTER _b SET STATISTICS 700",
        "ALTER TABLE shelves ALTER _a SET (n_distinct = 9)",
        "ALTER TABLE shelves DISABLE TRIGGER noted",
    ];
    made.database.execute(&there.join(";"));
    let draft = made
        .migrator(after())
        .autogenerate(&mut made.database.connect())
        .expect("it can be compared");
    let told = "`index:public.shelves_a` is set otherwise in the database than its revisions make it, and is made \
                again: its settings are put back there, as are in every database those that it has";
    assert!(
        draft.notes.iter().any(|note| note == told),
        "{:?}",
        draft.notes
    );
    let written = made.write(after(), &draft);
    for way in ["up.sql", "down.sql"] {
        let sql = std::fs::read_to_string(written.folder.join(way)).expect("read");
        let says = sql.replace('\'', " ");
        for theirs in [
            "= 50",
            "= 40",
            "700",
            "n_distinct",
            "DISABLE TRIGGER \"",
            "SET STORAGE EXTERNAL",
        ] {
            assert!(!says.contains(theirs), "{theirs}: {sql}");
        }
    }
    let other = TestDatabase::on(own_server());
    made.migrator(before())
        .run_pending(&mut other.connect())
        .expect("it runs");
    other.execute("ALTER TABLE shelves ENABLE ALWAYS TRIGGER noted");
    for database in [&made.database, &bare, &other] {
        let before = set(database);
        let mut connection = database.connect();
        let migrator = made.migrator(after());
        migrator.run_pending(&mut connection).expect("it runs");
        assert_eq!(set(database), before);
        let draft = migrator.autogenerate(&mut connection).expect("compared");
        assert!(draft.is_empty(), "{draft:?}");
        migrator
            .downgrade(&mut connection, "-1")
            .expect("it is taken back");
        assert_eq!(set(database), before);
    }
}

#[derive(Model)]
#[model(table = "readers", register = false)]
struct ReaderOften {
    #[model(primary_key, identity)]
    _id: i64,
    #[model(index)]
    _email: String,
    #[model(default = "0")]
    _visits: f64,
}

/// What else is made again on the way: each database has its own owners, grants and comments on it.
#[test]
fn each_database_keeps_what_it_says_of_what_is_made_again() {
    let role = "limbeck_it_kept";
    let made = Made::with(
        models(),
        "CREATE MATERIALIZED VIEW busy AS SELECT _id, _visits FROM readers;
         CREATE VIEW \"Quiet Ones\" AS SELECT _visits AS \"how often\" FROM readers;
         CREATE INDEX often ON readers ((_visits + 1));
         GRANT SELECT ON \"Quiet Ones\" TO PUBLIC",
    );
    let said = |database: &TestDatabase| {
        database.lines(
            "SELECT concat_ws(' ', c.relname, pg_get_userbyid(relowner), relacl::text, obj_description(c.oid),
                string_agg(concat_ws(' ', attacl::text, col_description(c.oid, attnum)), ' ' ORDER BY attnum)) AS line
             FROM pg_class AS c
             LEFT JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
             WHERE relname IN ('busy', 'Quiet Ones', 'often')
             GROUP BY c.oid, c.relname ORDER BY 1",
        )
    };
    let bare = said(&made.database);
    let other = TestDatabase::on(own_server());
    made.migrator(models())
        .run_pending(&mut other.connect())
        .expect("it runs");
    made.database.execute("GRANT SELECT ON busy TO PUBLIC");
    other.execute(&format!(
        "CREATE ROLE {role};
         ALTER MATERIALIZED VIEW busy OWNER TO {role};
         GRANT SELECT ON busy TO pg_monitor WITH GRANT OPTION;
         COMMENT ON MATERIALIZED VIEW busy IS 'what''s up';
         COMMENT ON COLUMN busy._visits IS 'all of them';
         REVOKE SELECT ON \"Quiet Ones\" FROM PUBLIC;
         GRANT UPDATE (\"how often\") ON \"Quiet Ones\" TO pg_monitor;
         ALTER DEFAULT PRIVILEGES GRANT DELETE ON TABLES TO pg_monitor"
    ));
    let after = || vec![ReaderOften::model()];
    let draft = made
        .migrator(after())
        .autogenerate(&mut made.database.connect())
        .expect("it can be compared");
    let sql = |statements: &[limbeck_postgres::Statement]| {
        let texts = statements.iter().map(|one| one.sql.clone());
        texts.collect::<Vec<_>>().join(";\n")
    };
    for sql in [sql(&draft.up), sql(&draft.down)] {
        assert!(!sql.contains("\"busy\" TO PUBLIC"), "{sql}");
    }
    made.write(after(), &draft);
    let migrator = made.migrator(after()).on_loss(limbeck::OnLoss::Allow);
    let fresh = TestDatabase::new();
    let mut first = fresh.connect();
    migrator.run_pending(&mut first).expect("it runs");
    assert_eq!(said(&fresh), bare);
    for database in [&made.database, &other, &fresh] {
        let before = said(database);
        let mut connection = database.connect();
        migrator.run_pending(&mut connection).expect("it runs");
        assert_eq!(said(database), before);
        migrator
            .downgrade(&mut connection, "-1")
            .expect("it is taken back");
        assert_eq!(said(database), before);
    }
    other.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// What somebody granted on a table goes with it, and does not come back in other databases.
#[test]
fn a_grant_on_what_is_dropped_is_in_no_way_down() {
    let both = || vec![Reader::model(), Log::model()];
    let made = Made::of(both());
    made.database
        .execute("GRANT SELECT ON limbeck_audit.log TO PUBLIC");
    let draft = made
        .migrator(models())
        .autogenerate(&mut made.database.connect())
        .expect("it can be compared");
    let down: Vec<&str> = draft.down.iter().map(|one| one.sql.as_str()).collect();
    assert!(!down.iter().any(|sql| sql.contains("GRANT")), "{down:?}");
    let note = "`grant:public:table:limbeck_audit.log` is in the database alone, and goes there with \
                `table:limbeck_audit.log`: the way down does not bring it back";
    assert!(
        draft.notes.iter().any(|told| told == note),
        "{:?}",
        draft.notes
    );
}

/// Columns and rows are chosen since Postgres 15.
fn chooses(database: &TestDatabase) -> bool {
    let version = database.lines("SELECT current_setting('server_version_num') AS line");
    version.concat().parse::<u32>().expect("a number") >= 150_000
}

#[test]
fn a_publication_of_theirs_stands_in_the_way() {
    if !chooses(&TestDatabase::new()) {
        return;
    }
    let publication = "publication_table:theirs.public.readers";
    let needed = format!("`column:public.readers._visits` is to go, and `{publication}` needs it");
    let in_the_way = format!("`{publication}` is in the way of what the models want");
    for (of, after, told) in [
        ("(_email, _visits)", vec![ReaderWithout::model()], &needed),
        ("WHERE (_visits > 5)", vec![ReaderWithout::model()], &needed),
        (
            "WHERE (_visits > 5)",
            vec![ReaderGrown::model()],
            &in_the_way,
        ),
        ("(_email, _visits)", vec![ReaderGrown::model()], &in_the_way),
    ] {
        let made = Made::of(models());
        made.database
            .execute(&format!("CREATE PUBLICATION theirs FOR TABLE readers {of}"));
        let mut connection = made.database.connect();
        let error = made
            .migrator(after)
            .autogenerate(&mut connection)
            .expect_err("postgres would not run it");
        assert!(error.to_string().starts_with(told), "{of}: {error}");
        assert!(error.hint().is_some());
    }
    // One that says nothing of the column does not.
    let made = Made::of(models());
    made.database
        .execute("CREATE PUBLICATION theirs FOR TABLE readers (_id, _email)");
    let mut connection = made.database.connect();
    let migrator = made.migrator(vec![ReaderWithout::model()]);
    let draft = migrator.autogenerate(&mut connection).expect("it goes");
    assert_eq!(draft.notes, [""; 0]);
}

#[test]
fn a_publication_of_ones_own_steps_aside() {
    let chosen = match chooses(&TestDatabase::new()) {
        true => "(_id, _visits) WHERE (_visits > 5)",
        false => "",
    };
    let made = Made::with(
        models(),
        &format!("CREATE PUBLICATION own FOR TABLE readers {chosen}"),
    );
    let grown = || made.migrator(vec![ReaderGrown::model()]);
    let mut connection = made.database.connect();
    let draft = grown()
        .autogenerate(&mut connection)
        .expect("it steps aside");
    grown()
        .write_draft(&draft, &NewRevision::default(), &[])
        .expect("the revision is written");
    for database in [&made.database, &TestDatabase::new()] {
        let mut connection = database.connect();
        let members = "SELECT prrelid::regclass::text AS line FROM pg_publication_rel";
        grown().run_pending(&mut connection).expect("it runs");
        assert_eq!(database.lines(members), ["readers"]);
        let check = grown().check(&mut connection).expect("it is compared");
        assert!(check.is_clean(), "{check:?}");
        grown()
            .downgrade(&mut connection, "-1")
            .expect("it is taken back");
        assert_eq!(database.lines(members), ["readers"]);
    }
}

#[test]
fn a_table_that_leaves_a_publication_is_told() {
    let made = Made::of(vec![Reader::model(), Log::model()]);
    made.database
        .execute("CREATE PUBLICATION theirs FOR TABLE readers, limbeck_audit.log");
    let mut connection = made.database.connect();
    let migrator = made.migrator(models());
    let draft = migrator.autogenerate(&mut connection).expect("it goes");
    assert_eq!(
        draft.notes,
        [
            "`publication_table:theirs.limbeck_audit.log` is in the database alone, and goes there with \
             `table:limbeck_audit.log`"
        ]
    );
    made.write(models(), &draft);
    for database in [&made.database, &TestDatabase::new()] {
        let migrator = made.migrator(models());
        let mut connection = database.connect();
        migrator.run_pending(&mut connection).expect("it runs");
    }
}

#[test]
fn what_may_not_suit_a_new_type_is_told() {
    let made = Made::of(models());
    made.database.execute(
        "ALTER TABLE readers ADD CONSTRAINT theirs CHECK (_visits > 0), ADD CONSTRAINT kept CHECK (_email > ''),
             ADD CONSTRAINT one UNIQUE (_visits);
         CREATE INDEX later ON readers ((_visits + 1)); CREATE INDEX plain ON readers (_visits);
         CREATE TABLE other (of_visits int REFERENCES readers (_visits))",
    );
    let mut connection = made.database.connect();
    let draft = made
        .migrator(vec![ReaderGrown::model()])
        .autogenerate(&mut connection)
        .expect("it is compared");
    let mut told: Vec<&str> = draft
        .notes
        .iter()
        .filter(|note| note.contains("`column:public.readers._visits`, which gets another type"))
        .filter_map(|note| note.split('`').nth(1))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "constraint:public.other.other_of_visits_fkey",
            "constraint:public.readers.theirs",
            "index:public.later",
        ]
    );
    for (id, left) in [("index:public.later", 0), ("index:public.plain", 1)] {
        let note = format!("`{id}` is in the database alone: left as it is");
        let count = draft.notes.iter().filter(|one| **one == note).count();
        assert_eq!(count, left, "{:?}", draft.notes);
    }
}
