//! `[models] sql`: what no struct says stands in files of SQL, over the models and under them.

use std::fs;

use limbeck::ModelTable;
use limbeck::prelude::*;
use serde_json::json;

use crate::project::{Project, Told};
use crate::support::TestDatabase;

/// A table whose default and check call what is declared.
#[derive(Model)]
#[model(table = "notes", register = false)]
#[allow(dead_code, reason = "only its metadata counts")]
struct Note {
    #[model(primary_key, identity)]
    id: i64,
    #[model(default = "next_rank()")]
    rank: i64,
    #[model(check = "is_good(title)")]
    title: String,
}

pub(crate) fn models() -> Vec<ModelTable> {
    vec![Note::model()]
}

/// In an order in which each file needs a later one.
const FILES: [(&str, &str); 4] = [
    (
        "a_over.sql",
        "CREATE VIEW best AS SELECT * FROM good WHERE rank > 10;
CREATE VIEW good AS SELECT * FROM notes WHERE is_good(title);
COMMENT ON VIEW good IS 'those that are good';
",
    ),
    (
        "b_triggers.sql",
        "CREATE TRIGGER noted BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION audit.note();
",
    ),
    (
        "c/functions.sql",
        "CREATE FUNCTION next_rank() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('ranks') $$;
CREATE FUNCTION is_good(title text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT title <> '' $$;
CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
",
    ),
    (
        "d_rest.sql",
        "CREATE SEQUENCE ranks;\nCREATE SCHEMA audit;\n",
    ),
];

pub(crate) struct Declared {
    pub(crate) database: TestDatabase,
    pub(crate) project: Project,
    models: &'static str,
}

impl Declared {
    fn new(files: &[(&str, &str)]) -> Self {
        Self::beside("declared", files)
    }

    /// Files of SQL beside the models of a program.
    pub(crate) fn beside(models: &'static str, files: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new();
        let project = Project::new(&database.url());
        let config = project.read("limbeck.toml");
        project.write(
            "limbeck.toml",
            &format!("{config}\n[models]\nsql = \"schema\"\n"),
        );
        fs::create_dir_all(project.path("schema/c")).expect("the folder is made");
        for (name, text) in files {
            project.write(format!("schema/{name}"), text);
        }
        Self {
            database,
            project,
            models,
        }
    }

    pub(crate) fn program(&self, arguments: &[&str]) -> Told {
        self.project.program(self.models, arguments)
    }

    /// Generates, applies, and insists that nothing differs any more; gives the way up.
    #[track_caller]
    pub(crate) fn generate(&self) -> String {
        self.generate_with(&[])
    }

    /// The same, with words of consent.
    #[track_caller]
    pub(crate) fn generate_with(&self, consents: &[&str]) -> String {
        let before = self.database.catalog();
        let revision = ["revision", "--autogenerate", "-m", "next"];
        let consents = consents.iter().flat_map(|consent| ["--allow", consent]);
        let arguments: Vec<&str> = revision.into_iter().chain(consents).collect();
        self.program(&arguments).exits(0);
        let folder = self
            .project
            .revisions()
            .pop()
            .expect("a revision is written");
        self.program(&["upgrade", "head"]).exits(0);
        self.clean();
        let after = self.database.catalog();
        let down = self.program(&["downgrade", "-1", "--yes"]).exits(0);
        assert_eq!(self.database.catalog(), before, "{down}");
        self.program(&["upgrade", "head"]).exits(0);
        assert_eq!(self.database.catalog(), after);
        self.project.read(folder.join("up.sql"))
    }

    #[track_caller]
    fn clean(&self) {
        let check = self.program(&["check"]).exits(0);
        assert_eq!(check.stdout, "no difference\n", "{check}");
        let diff = self.program(&[
            "diff",
            "--from",
            "database",
            "--to",
            "models",
            "--exit-code",
        ]);
        assert_eq!(diff.exits(0).stdout, "");
    }
}

#[test]
fn functions_triggers_and_views_over_and_under_the_models() {
    let declared = Declared::new(&FILES);
    declared.generate();
    declared
        .database
        .execute("INSERT INTO notes (title) VALUES ('a'), ('b')");
    assert_eq!(
        declared
            .database
            .lines("SELECT rank || title AS line FROM good ORDER BY 1"),
        ["1a", "2b"]
    );
    let metadata = declared.project.revisions().pop().expect("one");
    let metadata = declared.project.read(metadata.join("metadata.toml"));
    assert!(
        metadata.contains("function:public.is_good(text)"),
        "{metadata}"
    );

    // A body changes, and what calls it stays.
    let (name, text) = FILES[2];
    declared.project.write(
        format!("schema/{name}"),
        &text.replace("title <> ''", "title <> 'b'"),
    );
    let up = declared.generate();
    assert!(up.contains("CREATE OR REPLACE FUNCTION"), "{up}");
    assert!(
        !up.contains("DROP") && !up.contains("is_good(title)"),
        "{up}"
    );
    assert_eq!(
        declared.database.lines("SELECT title AS line FROM good"),
        ["a"]
    );

    // A view is replaced where it cannot be altered, with what is over it.
    let (name, text) = FILES[0];
    let fewer = text.replace("SELECT * FROM notes", "SELECT rank, title FROM notes");
    declared.project.write(format!("schema/{name}"), &fewer);
    let up = declared.generate();
    assert!(up.contains("DROP VIEW"), "{up}");

    // What is no longer declared goes, since a generated revision made it.
    declared.project.write("schema/b_triggers.sql", "");
    let view = "CREATE VIEW good AS SELECT rank, title FROM notes WHERE is_good(title);";
    declared.project.write(format!("schema/{name}"), view);
    let up = declared.generate();
    for gone in ["DROP TRIGGER \"noted\"", "DROP VIEW \"best\""] {
        assert!(up.contains(gone), "no {gone} in {up}");
    }

    // Nothing is there that was not declared.
    let made = declared.program(&["diff", "--from", "models", "--to", "revisions", "--summary"]);
    assert_eq!(made.exits(0).stdout, "");
    let saved = declared.program(&["snapshot", "models"]).exits(0);
    declared.project.write("models.json", &saved.stdout);
    let whole = declared.program(&["diff", "--from", "models.json", "--to", "revisions"]);
    assert_eq!(whole.exits(0).stdout, "");
}

#[test]
fn what_was_written_by_hand_may_be_declared_later() {
    let declared = Declared::new(&[("later.sql", "")]);
    let by_hand = "CREATE SEQUENCE ranks; CREATE EXTENSION pgcrypto;
        CREATE FUNCTION next_rank() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('ranks') $$;
        CREATE FUNCTION is_good(title text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$;
        CREATE VIEW ours AS SELECT next_rank() AS a;";
    declared.project.add("000000000000", by_hand, None);
    declared.program(&["upgrade", "head"]).exits(0);
    declared.generate();
    let good = "CREATE FUNCTION is_good(title text) RETURNS boolean LANGUAGE sql IMMUTABLE AS ";
    declared
        .project
        .write("schema/later.sql", &format!("{good}$$ SELECT true $$;"));
    declared.clean();
    declared.project.write(
        "schema/later.sql",
        &format!("{good}$$ SELECT title <> '' $$;"),
    );
    let up = declared.generate();
    assert!(
        up.contains("CREATE OR REPLACE FUNCTION") && !up.contains("DROP"),
        "{up}"
    );
    // What a revision made by hand stays.
    declared.project.write("schema/later.sql", "");
    declared.clean();
}

#[test]
fn what_cannot_be_declared_is_told_with_its_place() {
    let declared = Declared::new(&FILES);
    for (text, place, words) in [
        (
            "SELECT 1;\nCREATE VIEW v AS\n  SELECT nothing FROM notes;",
            "e.sql:3:10",
            "does not exist",
        ),
        ("CREATE TABL x ();", "e.sql:1:8", "syntax error"),
        ("\n\\i other.sql", "e.sql:2:1", "command of psql"),
        (
            "CREATE TABLE notes (id bigint);",
            "e.sql:1:1",
            "already exists",
        ),
        ("CREATE DATABASE d;", "e.sql:1:1", "about the server"),
    ] {
        declared.project.write("schema/e.sql", text);
        let told = declared.program(&["check", "--json"]).exits(1);
        assert!(told.stderr.contains(words), "{told}");
        assert!(told.stderr.contains(place), "{place} in {told}");
    }
    // A function that is missing altogether is one of the models'.
    for (name, _) in FILES {
        fs::remove_file(declared.project.path(format!("schema/{name}"))).expect("it is removed");
    }
    declared
        .project
        .write("schema/e.sql", "CREATE SEQUENCE ranks;");
    declared
        .program(&["diff", "--from", "database", "--to", "models"])
        .exits(1)
        .says(&[
            "cannot be made together with the declared SQL",
            "next_rank()",
        ]);
    let config = declared.project.read("limbeck.toml");
    let config = config.replace("sql = \"schema\"", "sql = \"nowhere\"");
    declared.project.write("limbeck.toml", &config);
    declared
        .program(&["check"])
        .exits(2)
        .says(&["nowhere", "not there"]);
}

#[test]
fn a_function_that_was_changed_by_hand_is_drift() {
    let declared = Declared::new(&FILES);
    declared.generate();
    declared.database.execute(
        "CREATE OR REPLACE FUNCTION is_good(title text) RETURNS boolean LANGUAGE sql IMMUTABLE
         AS $$ SELECT false $$",
    );
    let check = declared.program(&["check", "--json"]).exits(3).json();
    assert_eq!(
        check["drift"][0]["object"],
        json!("function:public.is_good(text)")
    );
    declared
        .program(&["revision", "--autogenerate", "-m", "x"])
        .exits(1)
        .says(&["function:public.is_good(text)"]);
}

/// A column that is not there any more takes along what a database says of it, and stops nobody.
#[test]
fn what_is_said_of_a_column_goes_with_it() {
    let view =
        |name: &str| format!("CREATE VIEW labelled AS SELECT id, title AS {name} FROM notes;\n");
    let first = view("extra");
    let files = [&FILES[..], &[("e_view.sql", &*first)]].concat();
    let declared = Declared::new(&files);
    declared.generate();
    let other = TestDatabase::new();
    let there = |arguments: &[&str]| {
        let url = other.url();
        let arguments = [arguments, &["--url", &*url]].concat();
        declared.program(&arguments).exits(0);
    };
    there(&["upgrade", "head"]);
    other.execute(
        "COMMENT ON COLUMN labelled.extra IS 'by the dba'; GRANT SELECT (extra, id) ON labelled TO pg_monitor",
    );
    declared.project.write("schema/e_view.sql", &view("more"));
    let up = declared.generate();
    assert!(up.contains("limbeck.said"), "{up}");
    there(&["upgrade", "head"]);
    let granted = "SELECT string_agg(attname, ' ' ORDER BY attnum) AS line FROM pg_attribute
        WHERE attrelid = 'labelled'::regclass AND attacl IS NOT NULL";
    assert_eq!(other.lines(granted), ["id"]);
    there(&["downgrade", "-1", "--yes"]);
    assert_eq!(other.lines(granted), ["id"]);
}

/// What an administrator tunes of a table that stands in SQL is as little a difference as of one that stands in a
/// struct; what the SQL says itself is.
#[test]
fn what_an_administrator_sets_is_left_alone() {
    let says = |more: &str| {
        format!(
            "CREATE TABLE logs (id bigint PRIMARY KEY, line text, at timestamptz){more};
             CREATE INDEX logs_at ON logs (at);
             CREATE MATERIALIZED VIEW lately AS SELECT line FROM logs;\n"
        )
    };
    let declared = Declared::new(&[
        FILES[0],
        FILES[1],
        FILES[2],
        FILES[3],
        ("f_logs.sql", &says("")),
    ]);
    declared.generate();
    for sql in [
        "ALTER TABLE logs ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE logs SET (fillfactor = 70)",
        "ALTER TABLE logs ALTER line SET STATISTICS 500, ALTER line SET STORAGE EXTERNAL",
        "ALTER TABLE logs ALTER at SET (n_distinct = 5)",
        "ALTER INDEX logs_at SET (fillfactor = 50)",
        "ALTER INDEX logs_pkey SET (fillfactor = 50)",
        "ALTER MATERIALIZED VIEW lately SET (fillfactor = 50)",
    ] {
        declared.database.execute(sql);
        declared.clean();
    }
    // Said, it is made so wherever it is not yet; no more said, it goes.
    declared
        .database
        .execute("ALTER TABLE logs RESET (fillfactor)");
    let option = "SELECT coalesce(array_to_string(reloptions, ' '), '') AS line FROM pg_class WHERE relname = 'logs'";
    for (more, there) in [(" WITH (fillfactor = 80)", "fillfactor=80"), ("", "")] {
        declared.project.write("schema/f_logs.sql", &says(more));
        let up = declared.generate();
        assert!(
            up.contains("fillfactor") && !up.contains("SECURITY"),
            "{up}"
        );
        assert_eq!(declared.database.lines(option), [there]);
    }
}
