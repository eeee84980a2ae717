//! A tour of Limbeck, told as it happens: from a struct to a migrated database and back.
//!
//! `cargo run --example tour` starts a throwaway Postgres, works in a temporary folder, prints the
//! real SQL and the real output of every command, and leaves nothing behind.

use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use limbeck::prelude::*;
use limbeck::server::{Database, Fetch, Server, ServerOptions};
use limbeck::{Code, ModelTable};

mod stage_one;
mod stage_two;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The variables that would lead the commands to somebody's own database or configuration.
const FOREIGN: [&str; 3] = ["DATABASE_URL", "LIMBECK_DATABASE_URL", "LIMBECK_CONFIG"];

fn main() -> Outcome {
    let foreign = foreign_variables();
    if !foreign.is_empty() {
        return without(&foreign);
    }
    println!(
        "Limbeck, from a struct to a migrated database. {}",
        match own_server() {
            true => "It works in databases of its own on `LIMBECK_TEST_DATABASE_URL`.",
            false => "A throwaway Postgres is started first.",
        }
    );
    let server = Server::start(&ServerOptions {
        fetch: Fetch::Allowed,
        ..Default::default()
    })?;
    let database = server.create_database("tour")?;
    let folder = tempfile::tempdir()?;
    std::env::set_current_dir(folder.path())?;
    let told = Tour { server, database }.tell();
    // The folder can only be removed by somebody who does not stand in it.
    std::env::set_current_dir("/")?;
    told
}

/// Whether the user has named a server to work on.
fn own_server() -> bool {
    std::env::var_os("LIMBECK_TEST_DATABASE_URL").is_some_and(|it| !it.is_empty())
}

/// Those of them that are set, with what libpq reads: a server of the user's own may need that, our
/// throwaway one does not.
fn foreign_variables() -> Vec<OsString> {
    let own_server = own_server();
    let names = std::env::vars_os().map(|(name, _)| name);
    names
        .filter(|name| {
            let name = name.to_string_lossy();
            FOREIGN.contains(&&*name) || !own_server && name.starts_with("PG")
        })
        .collect()
}

/// The same again in a process that does not have these variables.
fn without(foreign: &[OsString]) -> Outcome {
    let mut command = Command::new(std::env::current_exe()?);
    for name in foreign {
        command.env_remove(name);
    }
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1));
}

struct Tour {
    server: Server,
    database: Database,
}

impl Tour {
    fn tell(&self) -> Outcome {
        chapter("1. A project");
        self.limbeck(&[], &["init"], Code::Done)?;
        show(Path::new("limbeck.toml"))?;
        println!("The database's URL stands in `.env`, where version control does not see it.");
        std::fs::write(".env", format!("DATABASE_URL='{}'\n", self.database.url()))?;

        chapter("2. A revision written by hand");
        self.limbeck(&[], &["revision", "-m", "create post table"], Code::Done)?;
        let first = newest_revision()?;
        println!("\nFilled in by hand:");
        std::fs::write(
            first.join("up.sql"),
            "CREATE TABLE posts (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    title text NOT NULL\n);\n",
        )?;
        std::fs::write(first.join("down.sql"), "DROP TABLE posts;\n")?;
        show(&first.join("up.sql"))?;
        self.limbeck(&[], &["upgrade", "head"], Code::Done)?;
        self.sql("INSERT INTO posts (title) VALUES ('Hello, alembic')")?;

        chapter("3. The struct gets a new field");
        source(include_str!("stage_one.rs"));
        let models = stage_one::models();
        let autogenerate = ["revision", "--autogenerate", "-m", "add content column"];
        self.limbeck(&models, &autogenerate, Code::Done)?;
        show_both(&newest_revision()?)?;
        self.limbeck(&models, &["upgrade", "head"], Code::Done)?;
        println!("\nThe row is still there, and has the new column:");
        self.rows(
            "SELECT id || ' | ' || title || ' | ' || coalesce(content, 'NULL') AS line FROM posts",
        )?;

        chapter("4. New structs become new tables, in the right order");
        source(include_str!("stage_two.rs"));
        let models = stage_two::models();
        let autogenerate = ["revision", "--autogenerate", "-m", "add users and votes"];
        self.limbeck(&models, &autogenerate, Code::Done)?;
        show_both(&newest_revision()?)?;
        self.limbeck(&models, &["upgrade", "head"], Code::Done)?;
        self.sql(
            "INSERT INTO users (email) VALUES ('ada@example.org');
             INSERT INTO votes (user_id, post_id, kind) VALUES (1, 1, 'up');",
        )?;
        println!("\nAutogenerate once more: nothing differs, nothing is written.");
        self.limbeck(
            &models,
            &["revision", "--autogenerate", "-m", "nothing"],
            Code::Done,
        )?;

        chapter("5. Up and down");
        let second = id(&revisions()?[1])?;
        self.limbeck(&models, &["current"], Code::Done)?;
        self.limbeck(&models, &["heads"], Code::Done)?;
        self.limbeck(&models, &["history"], Code::Done)?;
        self.limbeck(&models, &["downgrade", "-1", "--yes"], Code::Done)?;
        self.limbeck(&models, &["downgrade", "-2", "--yes"], Code::Done)?;
        self.limbeck(&models, &["upgrade", "+1"], Code::Done)?;
        self.limbeck(&models, &["upgrade", "head"], Code::Done)?;
        self.limbeck(&models, &["downgrade", &second, "--yes"], Code::Done)?;
        let third = id(&revisions()?[2])?;
        println!("\nThe beginning of an identifier will do:");
        self.limbeck(&models, &["upgrade", &third[..6]], Code::Done)?;
        self.limbeck(&models, &["current", "--verbose"], Code::Done)?;

        chapter("6. Does the database still agree?");
        self.limbeck(&models, &["check"], Code::Done)?;
        println!("\nSomebody alters the database by hand:");
        let by_hand = "ALTER TABLE users ALTER COLUMN email DROP NOT NULL";
        println!("\n    {by_hand};");
        self.sql(by_hand)?;
        self.limbeck(&models, &["check"], Code::Found)?;
        self.sql("ALTER TABLE users ALTER COLUMN email SET NOT NULL")?;

        chapter("7. From a program");
        let migrator = migrator(&models)?;
        let empty = self.server.create_database("tour_program")?;
        let mut connection = empty.connect()?;
        println!("\n    migrator.run_pending(&mut connection)?   // on an empty database");
        println!("{}", migrator.run_pending(&mut connection)?);
        println!("\n    migrator.run_pending(&mut connection)?   // and again");
        println!("{}", migrator.run_pending(&mut connection)?);
        self.eight_at_once(&migrator)?;

        chapter("That was it");
        let gone = match own_server() {
            true => "The databases and the folder",
            false => "The server and the folder",
        };
        println!("{gone} are gone now. Your turn: see README.md.");
        Ok(())
    }

    /// Eight connections migrate one empty database at the same time.
    fn eight_at_once(&self, migrator: &Migrator) -> Outcome {
        println!("\nEight at once, on another empty database:\n");
        let empty = self.server.create_database("tour_eight")?;
        let applied = thread::scope(|scope| {
            let runs: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| -> limbeck::Result<usize> {
                        let mut connection = empty.connect()?;
                        Ok(migrator.run_pending(&mut connection)?.applied.len())
                    })
                })
                .collect();
            runs.into_iter()
                .map(|run| run.join().expect("a run does not panic"))
                .collect::<limbeck::Result<Vec<usize>>>()
        })?;
        for (number, applied) in applied.iter().enumerate() {
            println!("    process {}: {applied} applied, no error", number + 1);
        }
        let total: usize = applied.iter().sum();
        let mut connection = empty.connect()?;
        let rows = lines(
            &mut connection,
            "SELECT revision || ' applied once' AS line FROM public.limbeck_revision ORDER BY applied_at",
        )?;
        println!("\n{total} in all; the history says:");
        for row in &rows {
            println!("    {row}");
        }
        if total != revisions()?.len() || rows.len() != total {
            return Err("a revision was not applied exactly once".into());
        }
        Ok(())
    }

    /// Runs a command as the command line does, in this process, and insists on its exit code.
    fn limbeck(&self, models: &[ModelTable], arguments: &[&str], expected: Code) -> Outcome {
        let shown: Vec<String> = arguments
            .iter()
            .map(|word| {
                if word.contains(' ') {
                    format!("\"{word}\"")
                } else {
                    (*word).to_owned()
                }
            })
            .collect();
        println!("\n$ limbeck {}", shown.join(" "));
        let code = migrator(models)?.cli_from(arguments.iter().copied());
        if code.number() != 0 {
            println!("(exit code {})", code.number());
        }
        if code == expected {
            Ok(())
        } else {
            Err(format!("expected {expected:?}").into())
        }
    }

    fn sql(&self, sql: &str) -> Outcome {
        self.database.connect()?.batch_execute(sql)?;
        Ok(())
    }

    fn rows(&self, sql: &str) -> Outcome {
        for line in lines(&mut self.database.connect()?, sql)? {
            println!("    {line}");
        }
        Ok(())
    }
}

/// A migrator of the revisions that stand in the folder now. A real program says
/// `limbeck::migrator!()`, which embeds them; this one watches them grow.
fn migrator(models: &[ModelTable]) -> limbeck::Result<Migrator> {
    let migrator = if Path::new("migrations").is_dir() {
        Migrator::from_directory("migrations")?
    } else {
        Migrator::new(Bundle::new("blog"))
    };
    Ok(migrator.named("blog").models(models.to_vec()))
}

/// The folders of the revisions, oldest first.
fn revisions() -> Outcome<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("migrations")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

fn newest_revision() -> Outcome<PathBuf> {
    revisions()?
        .pop()
        .ok_or_else(|| "there is no revision".into())
}

/// The identifier in a folder's name: `2026-11-24-140503_1975ea83b712_add_posts`.
fn id(folder: &Path) -> Outcome<String> {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.split('_')
        .nth(1)
        .map(str::to_owned)
        .ok_or_else(|| "a folder without an identifier".into())
}

fn chapter(title: &str) {
    println!(
        "\n\n== {title} {}",
        "=".repeat(70usize.saturating_sub(title.len()))
    );
}

/// Shows a model file without its first lines of comment and its imports.
fn source(text: &str) {
    println!();
    let shown = text
        .lines()
        .skip_while(|line| line.starts_with("//!") || line.starts_with("use ") || line.is_empty());
    for line in shown.take_while(|line| !line.starts_with("/// The metadata")) {
        println!("    {line}");
    }
}

fn show_both(folder: &Path) -> Outcome {
    show(&folder.join("up.sql"))?;
    show(&folder.join("down.sql"))
}

fn show(file: &Path) -> Outcome {
    println!("\n-- {}", file.display());
    for line in std::fs::read_to_string(file)?.lines() {
        println!("    {line}");
    }
    Ok(())
}

fn lines(connection: &mut PgConnection, sql: &str) -> Outcome<Vec<String>> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let lines: Vec<Line> = diesel::sql_query(sql).load(connection)?;
    Ok(lines.into_iter().map(|line| line.line).collect())
}
