//! A program under development that autogenerates on boot: one program, built as its developer
//! builds it, whose models are chosen by a variable so that few builds are needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use limbeck_core::revision::directory::{self, NewRevision};
use limbeck_core::revision::sql_digest;
use limbeck_core::{Revision, RevisionId};
use serde_json::Value;

use crate::program::Package;
use crate::project::{Told, cargo, run, target};
use crate::support::TestDatabase;

const MAIN: &str = r##"
#![allow(dead_code)]
use limbeck::prelude::*;
use limbeck::ModelTable;

macro_rules! posts {
    ($name:ident { $($fields:tt)* }) => {
        mod $name {
            use limbeck::prelude::*;
            #[derive(Model)]
            #[model(table = "posts", register = false)]
            pub struct Post {
                #[model(primary_key, identity)]
                id: i64,
                $($fields)*
            }
        }
    };
}
posts!(one { title: String, });
posts!(two { title: String, content: Option<String>, });
posts!(renamed { title: String, body: Option<String>, });
posts!(said { title: String, #[model(renamed_from = "content")] body: Option<String>, });
posts!(cut { title: String, });
posts!(strict { title: String, content: Option<String>, author: i64, });
posts!(unique { #[model(unique)] title: String, content: Option<String>, });

fn models() -> Vec<ModelTable> {
    match std::env::var("STAGE").as_deref() {
        Ok("one") => vec![one::Post::model()],
        Ok("two") => vec![two::Post::model()],
        Ok("renamed") => vec![renamed::Post::model()],
        Ok("said") => vec![said::Post::model()],
        Ok("cut") => vec![cut::Post::model()],
        Ok("strict") => vec![strict::Post::model()],
        Ok("unique") => vec![unique::Post::model()],
        _ => Vec::new(),
    }
}

/// A subscriber that prints messages, and nothing more.
struct Log;
impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Message(String);
        impl tracing::field::Visit for Message {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        eprintln!("{} {}", event.metadata().level(), message.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

fn main() {
    let migrator = limbeck::migrator!().models(models());
    migrator.cli().unwrap();
    tracing::subscriber::set_global_default(Log).unwrap();
    let url = std::env::var("DATABASE_URL").unwrap();
    let mut connection = limbeck::connect(&url).unwrap();
    let mut migrator = migrator.autogenerate_on_boot(Autogenerate::DebugBuilds);
    if std::env::var_os("NO_SCRATCH").is_none() {
        migrator = migrator.scratch_url(url.clone());
    }
    if std::env::var_os("PLAIN").is_some() {
        migrator = migrator.autogenerate_on_boot(Autogenerate::Never);
    }
    let progress = migrator.progress();
    if std::env::var_os("INSIDE").is_some() {
        diesel_begin(&mut connection);
    }
    let result = if std::env::var_os("ASYNC").is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(migrator.run_pending_url_async(&url))
    } else {
        migrator.run_pending(&mut connection)
    };
    let phase = progress.snapshot().phase;
    match result {
        Ok(report) => println!(
            "{}",
            serde_json::json!({
                "applied": report.revisions().iter().map(ToString::to_string).collect::<Vec<_>>(),
                "generated": report.generated.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "notes": report.notes,
                "status": format!("{:?}", report.bundles[0].status),
                "phase": phase.as_str(),
            })
        ),
        Err(error) => {
            println!(
                "{}",
                serde_json::json!({
                    "kind": format!("{:?}", error.kind()),
                    "message": error.to_string(),
                    "hint": error.hint(),
                    "phase": phase.as_str(),
                })
            );
            std::process::exit(1);
        }
    }
}

fn diesel_begin(connection: &mut diesel::PgConnection) {
    use diesel::Connection;
    connection.begin_test_transaction().unwrap();
}
"##;

/// The program, with its revision directory.
struct Program(Package);

impl Program {
    fn new() -> Self {
        let package = Package::new(
            "limbeck-test-develop",
            &format!(
                "limbeck = {{ path = {:?}, features = [\"async\", \"bundled\", \"cli\"] }}\n\
                 tokio = {{ version = \"1\", features = [\"rt\", \"net\", \"time\"] }}\n\
                 diesel = {{ version = \"2\", default-features = false, features = [\"postgres\"] }}\n\
                 serde_json = \"1\"\n\
                 tracing = {{ version = \"0.1\", default-features = false, features = [\"std\"] }}\n",
                env!("CARGO_MANIFEST_DIR")
            ),
        );
        package.limbeck(&["init"]).exits(0);
        package.write("src/main.rs", MAIN);
        Self(package)
    }

    /// Builds it, and copies what was built to where the next build does not reach.
    fn build(&self, copy: &str, options: &[&str]) -> PathBuf {
        run(cargo()
            .current_dir(&self.0.root)
            .args(["build", "--offline", "--quiet"])
            .args(options))
        .exits(0);
        let built = target().join("debug").join(self.0.name);
        let copied = self.0.root.join(copy);
        fs::copy(built, &copied).expect("the program is copied");
        copied
    }

    /// A start of what was built, with these models, as a developer's shell does it.
    fn start(&self, program: &Path, stage: &str, database: &TestDatabase) -> Command {
        let mut command = self.0.in_it(program);
        command
            .env_remove("ASYNC")
            .env("STAGE", stage)
            .env("DATABASE_URL", database.url());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().into_owned();
            if ["CI", "NEXTEST", "NEXTEST_RUN_ID", "LIMBECK_AUTOGENERATE"].contains(&&*text)
                || text.starts_with("CARGO_BIN_EXE_")
            {
                command.env_remove(name);
            }
        }
        command
    }

    fn boot(&self, program: &Path, stage: &str, database: &TestDatabase) -> Told {
        run(&mut self.start(program, stage, database))
    }

    fn migrations(&self) -> PathBuf {
        self.0.root.join("migrations")
    }

    /// Everything in the directory, hidden files too.
    fn listing(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.migrations())
            .expect("the directory is read")
            .map(|entry| entry.expect("the directory is read").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Adds a revision by hand.
    fn add(&self, id: &str, up: &str) {
        let (graph, _) = directory::load(self.migrations()).expect("it is in order");
        let mut revision = Revision::new(RevisionId::new(id).expect("an id"), sql_digest(up));
        revision.parents = graph.heads().into_iter().cloned().collect();
        directory::write(self.migrations(), &NewRevision::new(revision, up, None))
            .expect("the revision is written");
    }

    fn remove_all_but(&self, count: usize) {
        let (graph, source) = directory::load(self.migrations()).expect("it is in order");
        let keep: Vec<&Revision> = graph.order().take(count).collect();
        for entry in &source.entries {
            if !keep.iter().any(|revision| revision.id == entry.revision.id) {
                fs::remove_dir_all(&entry.path).expect("the folder is removed");
            }
        }
        let head = keep.last().map(|revision| &revision.id);
        directory::write_heads(self.migrations(), head).expect("HEADS is written");
    }
}

fn list(value: &Value) -> Vec<String> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}

const COLUMNS: &str = "SELECT column_name::text AS line FROM information_schema.columns
                       WHERE table_name = 'posts' ORDER BY ordinal_position";

#[test]
fn a_changed_struct_and_one_restart() {
    let program = Program::new();
    let database = TestDatabase::new();
    let first = program.build("first", &[]);

    // The database has a bundle that the program does not list.
    let once = Revision::new(
        RevisionId::new("g1").expect("an id"),
        sql_digest("SELECT 1"),
    );
    let mut gone = limbeck::Bundle::new("gone");
    gone.migrations = vec![std::sync::Arc::new(limbeck::SqlMigration {
        revision: once,
        up: "SELECT 1".into(),
        down: None,
    })];
    let ran = limbeck::Migrator::new(gone).run_pending(&mut database.connect());
    ran.expect("it runs");

    // From the struct to a revision on disk and a table, in one start.
    let told = program.boot(&first, "one", &database).exits(0);
    let json = told.json();
    // It runs and looks several times, and says that once.
    assert_eq!(told.stderr.matches("bundle `gone`").count(), 1, "{told}");
    database.execute("DELETE FROM limbeck_revision WHERE bundle = 'gone'");
    assert_eq!(json["generated"], json["applied"], "{told}");
    assert_eq!(
        (&json["status"], &json["phase"]),
        (&"Current".into(), &"done".into())
    );
    let generated = list(&json["generated"]);
    let [id] = generated.as_slice() else {
        panic!("one revision: {told}")
    };
    told.says_all(&["the models have changed", "CREATE TABLE \"posts\""]);
    assert_eq!(database.lines(COLUMNS), ["id", "title"]);
    let listing = program.listing();
    let [folder, heads] = listing.as_slice() else {
        panic!("a folder and HEADS: {listing:?}")
    };
    assert_eq!(heads, "HEADS");
    assert!(
        folder.ends_with(&format!("_{id}_create_table_posts")),
        "{folder}"
    );
    let (graph, source) = directory::load(program.migrations()).expect("it is in order");
    assert_eq!(source.heads.expect("HEADS").lines[0].id.as_str(), id);
    let revision = graph
        .get(&RevisionId::new(id).expect("an id"))
        .expect("it is there");
    assert!(
        revision
            .generated
            .contains(&"table:public.posts".to_owned()),
        "{revision:?}"
    );
    assert!(revision.touches.is_some());
    assert!(
        source.entries[0]
            .down
            .as_deref()
            .is_some_and(|down| down.contains("DROP TABLE"))
    );

    // The same program once more: behind its own directory, which is no alarm, and nothing is
    // generated again. In a new database too.
    for (database, applied) in [(&database, 0), (&TestDatabase::new(), 1)] {
        let told = program.boot(&first, "one", database).exits(0);
        let json = told.json();
        assert_eq!(list(&json["generated"]), [""; 0], "{told}");
        assert_eq!(list(&json["applied"]).len(), applied, "{told}");
        assert_eq!(json["status"], "Current", "{told}");
        let note = format!("was built without `{id}` ({folder}): build it again");
        assert!(list(&json["notes"]).concat().contains(&note), "{told}");
        assert!(!told.stderr.contains("verged"), "{told}");
        assert_eq!(program.listing(), listing);
    }
    // With other models it must not generate either: it may be older than its directory.
    let json = program.boot(&first, "two", &database).exits(0).json();
    assert_eq!(list(&json["generated"]), [""; 0]);
    assert_eq!(program.listing(), listing);

    // The next build embeds it, and goes on from there. Eight at once, half of them on asynchronous
    // connections, write one revision.
    let second = program.build("second", &[]);
    let told = program.boot(&second, "one", &database).exits(0);
    assert_eq!(list(&told.json()["notes"]), [""; 0], "{told}");
    assert_eq!(told.stderr, "", "what goes on in scratch is not told");
    let children: Vec<_> = (0..8)
        .map(|number| {
            let mut command = program.start(&second, "two", &database);
            if number % 2 == 1 {
                command.env("ASYNC", "1");
            }
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it starts")
        })
        .collect();
    let mut generated = Vec::new();
    let mut applied = Vec::new();
    for child in children {
        let told = Told::new(&child.wait_with_output().expect("it ends")).exits(0);
        let json = told.json();
        assert_eq!(json["status"], "Current", "{told}");
        generated.extend(list(&json["generated"]));
        applied.extend(list(&json["applied"]));
    }
    assert_eq!(generated.len(), 1, "{generated:?}");
    assert_eq!(applied, generated, "applied once, by whoever came first");
    assert_eq!(program.listing().len(), 3, "{:?}", program.listing());
    assert_eq!(database.lines(COLUMNS), ["id", "title", "content"]);
    assert_eq!(database.history().len(), 2);

    let third = program.build("third", &[]);
    what_stops_a_boot(&program, &third, &database);
    where_nothing_is_generated(&program, &third, &database);
    what_is_on_disk_and_not_embedded(&program, &third, &database);
}

/// A difference that wants a person.
fn what_stops_a_boot(program: &Program, third: &Path, database: &TestDatabase) {
    let listing = program.listing();
    let before = database.catalog();

    let told = program.boot(third, "cut", database).exits(1);
    let json = told.json();
    assert_eq!(
        (&json["kind"], &json["phase"]),
        (&"Destructive".into(), &"failed".into())
    );
    let text = json["message"].as_str().expect("a text");
    assert!(text.contains("would destroy data or may fail"), "{told}");
    assert!(text.contains("content"), "{told}");
    let hint = json["hint"].as_str().expect("a hint");
    let command = "limbeck revision --autogenerate -m 'drop column posts.content' \
                   --allow drop_column:posts.content";
    assert!(hint.contains(command), "{told}");

    let json = program.boot(third, "renamed", database).exits(1).json();
    assert_eq!(json["kind"], "Ambiguous");
    let text = json["message"].as_str().expect("a text");
    assert!(
        text.contains("#[model(renamed_from = \"content\")]"),
        "{text}"
    );
    assert!(
        text.contains("is the column `posts.body` what `posts.content` was?"),
        "{text}"
    );
    let hint = json["hint"].as_str().expect("a hint");
    assert!(hint.contains("--allow drop_column:posts.content"), "{hint}");

    // Without scratch nothing is ever dropped, so that a rename would look like a new column.
    let mut start = program.start(third, "renamed", database);
    let json = run(start.env("NO_SCRATCH", "1")).exits(1).json();
    assert_eq!(json["kind"], "Ambiguous", "{json}");

    let json = program.boot(third, "strict", database).exits(1).json();
    assert_eq!(json["kind"], "Destructive", "{json}");
    let hint = json["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("--allow add_not_null_column:posts.author"),
        "{hint}"
    );

    assert_eq!(program.listing(), listing, "nothing was written");
    assert_eq!(database.catalog(), before, "and nothing was changed");

    // The command that was named resolves it, as typed.
    let line = hint
        .split('`')
        .find(|part| part.starts_with("limbeck revision"))
        .expect("a command");
    let words: Vec<&str> = line
        .strip_prefix("limbeck revision --autogenerate -m ")
        .expect("an autogenerate")
        .rsplit_once("' ")
        .map(|(message, rest)| {
            let mut words = vec![
                "revision",
                "--autogenerate",
                "-m",
                message.trim_matches('\''),
            ];
            words.extend(rest.split(' '));
            words
        })
        .expect("a message");
    let mut asked = program.0.in_it(third);
    asked
        .arg("limbeck")
        .args(words)
        .env("STAGE", "strict")
        .env("LIMBECK_DATABASE_URL", database.url());
    run(&mut asked).exits(0);
    assert_eq!(program.listing().len(), listing.len() + 1);
    program.remove_all_but(2);
    assert_eq!(program.listing(), listing);

    // A revision that cannot be applied stays to be looked at; every boot says how to take it back,
    // also one with the struct as it was before.
    database.execute("INSERT INTO posts (title) VALUES ('twice'), ('twice')");
    let mut hints = Vec::new();
    for stage in ["unique", "unique", "two"] {
        let told = program.boot(third, stage, database).exits(1);
        let json = told.json();
        assert_eq!(json["phase"], "failed", "{told}");
        let text = json["message"].as_str().expect("a text");
        for words in [
            "could not be applied in statement",
            "could not create unique index",
            "Key (title)=(twice) is duplicated.",
            "; it was generated from the models: ",
            "up.sql:",
        ] {
            assert!(text.contains(words), "{words}: {told}");
        }
        // The log has all of it, with the way out.
        for words in ["ERROR revision `", "hint: put the data right"] {
            assert!(told.stderr.contains(words), "{words}: {told}");
        }
        let hint = json["hint"].as_str().expect("a hint");
        assert!(
            hint.contains(&program.migrations().display().to_string()),
            "{told}"
        );
        assert!(hint.contains("delete the folder"), "{told}");
        let head = listing.iter().rfind(|name| name.contains('_'));
        let head = head.expect("a revision").split('_').nth(1);
        let head = head.expect("an identifier");
        assert!(
            hint.contains(&format!("write `{head}` in its place into `HEADS`")),
            "{told}"
        );
        hints.push(hint.to_owned());
    }
    hints.dedup();
    assert_eq!(hints.len(), 1, "each boot says the same");
    assert_eq!(program.listing().len(), listing.len() + 1);
    assert_eq!(database.catalog(), before, "nothing of it was kept");
    program.remove_all_but(2);
    database.execute("DELETE FROM posts");

    // A rename that is said is none to ask about.
    let json = program.boot(third, "said", database).exits(0).json();
    assert_eq!(list(&json["generated"]).len(), 1, "{json}");
    assert_eq!(database.lines(COLUMNS), ["id", "title", "body"]);
    program.remove_all_but(2);
    database.execute(
        "ALTER TABLE posts RENAME body TO content;
         DELETE FROM limbeck_revision WHERE is_head;
         UPDATE limbeck_revision SET is_head = true
         WHERE revision NOT IN (SELECT unnest(parents) FROM limbeck_revision);",
    );
}

/// Tests, continuous integration, releases, transactions, foreign and lost revisions.
fn where_nothing_is_generated(program: &Program, third: &Path, database: &TestDatabase) {
    let listing = program.listing();
    let fresh = TestDatabase::new();
    let quiet = |what: &str, mut command: Command| {
        let told = run(&mut command).exits(0);
        assert_eq!(list(&told.json()["generated"]), [""; 0], "{what}: {told}");
        assert_eq!(program.listing(), listing, "{what}");
        told.json()
    };
    for (name, value) in [
        ("CI", "true"),
        ("NEXTEST", "1"),
        ("CARGO_BIN_EXE_app", "/app"),
        ("LIMBECK_AUTOGENERATE", "off"),
        ("PLAIN", "1"),
    ] {
        let mut command = program.start(third, "said", database);
        command.env(name, value);
        quiet(name, command);
    }
    let mut inside = program.start(third, "said", &fresh);
    inside.env("INSIDE", "1");
    quiet("in a transaction", inside);
    assert_eq!(fresh.history(), [""; 0], "it was rolled back");

    // Where cargo puts tests.
    let deps = program.0.root.join("deps");
    fs::create_dir_all(&deps).expect("a folder");
    let test = deps.join("app-0123456789abcdef");
    fs::copy(third, &test).expect("the program is copied");
    quiet("a test", program.start(&test, "said", database));
    fs::remove_dir_all(&deps).expect("the folder is removed");

    // A database that others have brought further.
    database.execute(
        "INSERT INTO limbeck_revision
         SELECT bundle, placement, 'f00d', ARRAY[revision], true, false, content_digest,
             chain_digest, digest_version, '', now(), 0, applied_by, state, 1, NULL
         FROM limbeck_revision WHERE is_head;
         UPDATE limbeck_revision SET is_head = false WHERE is_head AND revision <> 'f00d';",
    );
    let json = quiet("ahead", program.start(third, "said", database));
    assert_eq!(json["status"], "Ahead");
    let notes = list(&json["notes"]).concat();
    assert!(
        notes.contains("nothing is generated from the models"),
        "{notes}"
    );
    database.execute(
        "UPDATE limbeck_revision SET is_head = true WHERE revision =
             (SELECT parents[1] FROM limbeck_revision WHERE revision = 'f00d');
         DELETE FROM limbeck_revision WHERE revision = 'f00d';",
    );

    // A directory that lost what the program embeds, that is in disorder, or that is gone.
    let elsewhere = program.0.root.join("elsewhere");
    let lost: Vec<&String> = listing.iter().filter(|name| *name != "HEADS").collect();
    let last = program.migrations().join(lost[1]);
    fs::rename(&last, &elsewhere).expect("the folder is moved");
    let head = lost[0].split('_').nth(1).expect("an id");
    let heads = fs::read_to_string(program.migrations().join("HEADS")).expect("HEADS");
    fs::write(program.migrations().join("HEADS"), format!("{head}\n")).expect("HEADS");
    let told = program.boot(third, "said", database).exits(0);
    let notes = list(&told.json()["notes"]).concat();
    assert!(
        notes.contains("is not in the revision directory any more"),
        "{told}"
    );
    assert_eq!(list(&told.json()["generated"]), [""; 0], "{told}");
    fs::rename(&elsewhere, &last).expect("the folder is moved back");

    let told = program.boot(third, "said", database).exits(0);
    let notes = list(&told.json()["notes"]).concat();
    assert!(
        notes.contains("is not in order: `HEADS` does not reach"),
        "{told}"
    );
    fs::write(program.migrations().join("HEADS"), heads).expect("HEADS");

    fs::rename(program.migrations(), &elsewhere).expect("the directory is moved");
    let told = program.boot(third, "said", database).exits(0);
    assert_eq!(list(&told.json()["generated"]), [""; 0], "{told}");
    assert!(!program.migrations().exists());
    fs::rename(&elsewhere, program.migrations()).expect("the directory is moved back");

    // Half of a revision, as a killed writer leaves it, is nothing; what follows sweeps it away.
    let half = program.migrations().join(".limbeck-0123456789abcdef");
    fs::create_dir(&half).expect("a folder");
    fs::write(half.join("up.sql"), "CREATE TABLE ha").expect("a file");
    let told = program.boot(third, "two", database).exits(0);
    assert_eq!(list(&told.json()["notes"]), [""; 0], "{told}");
    fs::remove_dir_all(&half).expect("the folder is removed");

    // A release neither writes nor looks.
    let release = format!(
        "profile.dev.package.{}.debug-assertions=false",
        program.0.name
    );
    let release = program.build("release", &["--config", &release]);
    let json = quiet("a release", program.start(&release, "said", database));
    assert_eq!(list(&json["notes"]), [""; 0]);
    assert_eq!(json["status"], "Current");
}

/// Revisions on disk that a program was built without are named.
fn what_is_on_disk_and_not_embedded(program: &Program, third: &Path, database: &TestDatabase) {
    program.add("feedfeedfeed", "CREATE TABLE by_hand ();");
    let folders = program.listing();
    let folder = folders.iter().rev().find(|name| *name != "HEADS");
    let folder = folder.expect("a folder");
    let note = format!("was built without `feedfeedfeed` ({folder}): build it again");

    // Without autogenerate it is said, and not run.
    let mut plain = program.start(third, "two", database);
    let told = run(plain.env("PLAIN", "1")).exits(0);
    assert!(
        list(&told.json()["notes"]).concat().contains(&note),
        "{told}"
    );
    assert!(told.stderr.contains(&note), "in the log too: {told}");
    assert_eq!(list(&told.json()["applied"]), [""; 0], "{told}");

    // With it, the directory is what is run.
    let told = program.boot(third, "two", database).exits(0);
    assert_eq!(list(&told.json()["applied"]), ["feedfeedfeed"], "{told}");
    assert!(
        list(&told.json()["notes"]).concat().contains(&note),
        "{told}"
    );

    // A release on the newer database is the older one, and says so by name.
    let release = program.0.root.join("release");
    let told = program.boot(&release, "two", database).exits(0);
    assert_eq!(told.json()["status"], "Ahead");
    let words = "this program is older than its database, which has revisions that it does not \
                 know: `feedfeedfeed`";
    assert!(told.stderr.contains(words), "{told}");

    // A breaking one stops it; a debug build is told where to find it.
    database.execute("UPDATE limbeck_revision SET breaking = true WHERE revision = 'feedfeedfeed'");
    let json = program.boot(&release, "two", database).exits(1).json();
    assert_eq!(json["kind"], "Stale");
    let mut plain = program.start(third, "two", database);
    let json = run(plain.env("PLAIN", "1")).exits(1).json();
    assert_eq!(json["kind"], "Stale");
    let hint = json["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("the revision directory has `feedfeedfeed`"),
        "{hint}"
    );
}

impl Told {
    #[track_caller]
    fn says_all(&self, words: &[&str]) {
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in\n{self}");
        }
    }
}
