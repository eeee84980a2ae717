//! A project in a folder of its own, and commands in processes of their own: the current folder
//! belongs to a whole process.
//!
//! There are two ways in, as for a user: the installed `limbeck`, built here once, and a program
//! that has models. That program is this test binary, started once more for its test `child`.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use limbeck::prelude::*;
use limbeck::{ModelTable, Revision, RevisionId};
use limbeck_core::revision::directory::{self, NewRevision};
use limbeck_core::revision::sql_digest;
use serde_json::Value;
use tempfile::TempDir;

/// A password that no output may hold, whatever a test is about.
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";

/// What somebody's shell may hold, and what would lead a command elsewhere or let it look otherwise, beside all that
/// libpq reads.
const FOREIGN: [&str; 14] = [
    "DATABASE_URL",
    "LIMBECK_DATABASE",
    "LIMBECK_DATABASE_URL",
    "LIMBECK_CONFIG",
    "LIMBECK_LOCK_TIMEOUT",
    "LIMBECK_REQUEST",
    "LIMBECK_STATEMENT_TIMEOUT",
    "LIMBECK_WAIT",
    "EDITOR",
    "VISUAL",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "CLICOLOR_FORCE",
];

/// What asks the test `child` to be a program.
const CHILD: &str = "LIMBECK_TEST_CHILD";
/// What stands between the words of the test harness and those of the program.
const MARK: &str = "== from here on the program speaks ==";

/// The models of a program, by name: a function cannot be handed to another process.
fn models(name: &str) -> Vec<ModelTable> {
    match name {
        "none" => Vec::new(),
        "one" => crate::story::stage_one::models(),
        "two" => crate::story::stage_two::models(),
        "declared" => crate::declared_sql::models(),
        "hostile" => crate::hostile::models(),
        other => panic!("there are no models `{other}`"),
    }
}

/// A project's folder, which goes with this value.
pub(crate) struct Project(TempDir);

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its exit code.
    pub(crate) code: i32,
    /// Its results.
    pub(crate) stdout: String,
    /// The rest.
    pub(crate) stderr: String,
}

/// A revision directory that goes when the test ends, with nothing in it but `HEADS`.
pub(crate) fn no_revisions() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    directory::init(folder.path()).expect("`HEADS` is written");
    folder
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// After `limbeck init`, with the URL of a database in `.env`.
    pub(crate) fn new(url: &str) -> Self {
        let project = Self::empty();
        project.program("none", &["init"]).exits(0);
        // The installed `limbeck` calls the bundle after the package.
        project.write("Cargo.toml", "[package]\nname = \"blog\"\n");
        project.write(".env", &format!("DATABASE_URL='{url}'\n"));
        project
    }

    /// A file or folder in it.
    pub(crate) fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(file)
    }

    /// The text of a file.
    #[track_caller]
    pub(crate) fn read(&self, file: impl AsRef<Path>) -> String {
        let path = self.path(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Writes a file.
    #[track_caller]
    pub(crate) fn write(&self, file: impl AsRef<Path>, text: &str) {
        fs::write(self.path(file), text).expect("the file is written");
    }

    /// The folders of the revisions from the project's folder on, oldest first.
    pub(crate) fn revisions(&self) -> Vec<PathBuf> {
        let mut names: Vec<PathBuf> = fs::read_dir(self.path("migrations"))
            .expect("the directory is read")
            .map(|entry| entry.expect("the directory is read").file_name())
            .filter(|name| self.path("migrations").join(name).is_dir())
            .map(|name| Path::new("migrations").join(name))
            .collect();
        names.sort();
        names
    }

    /// Everything in the revision directory, with the texts of the files.
    pub(crate) fn directory(&self) -> Vec<(PathBuf, String)> {
        fn visit(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
            for entry in fs::read_dir(folder).expect("the directory is read") {
                let path = entry.expect("the directory is read").path();
                if path.is_dir() {
                    found.push((path.clone(), String::new()));
                    visit(&path, found);
                } else {
                    let text = fs::read_to_string(&path).expect("the file is read");
                    found.push((path, text));
                }
            }
        }
        let mut found = Vec::new();
        visit(&self.path("migrations"), &mut found);
        found.sort();
        found
    }

    /// Adds a revision on the head that is there; gives its folder, seen from the project's.
    pub(crate) fn add(&self, id: &str, up: &str, down: Option<&str>) -> PathBuf {
        self.add_with(id, up, down, |_| {})
    }

    /// Adds a revision with more in its metadata.
    pub(crate) fn add_with(
        &self,
        id: &str,
        up: &str,
        down: Option<&str>,
        change: impl FnOnce(&mut Revision),
    ) -> PathBuf {
        let migrations = self.path("migrations");
        let (graph, _) = directory::load(&migrations).expect("the directory is in order");
        let id = RevisionId::new(id).expect("an identifier");
        let mut revision = Revision::new(id, sql_digest(up));
        revision.parents = graph.heads().into_iter().cloned().collect();
        change(&mut revision);
        let new = NewRevision {
            file_template: "{id}".to_owned(),
            ..NewRevision::new(revision, up, down.map(str::to_owned))
        };
        let folder = directory::write(&migrations, &new).expect("the revision is written");
        folder
            .strip_prefix(self.0.path())
            .expect("it is in the project")
            .to_owned()
    }

    /// Runs the installed `limbeck` in the project's folder.
    pub(crate) fn limbeck(&self, arguments: &[&str]) -> Told {
        run(command(installed())
            .current_dir(self.0.path())
            .args(arguments))
    }

    /// [`limbeck`](Self::limbeck) with variables in its environment.
    pub(crate) fn limbeck_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Told {
        run(command(installed())
            .current_dir(self.0.path())
            .envs(variables.iter().copied())
            .args(arguments))
    }

    /// Runs a command in a program with models, in the project's folder.
    pub(crate) fn program(&self, models: &str, arguments: &[&str]) -> Told {
        run(&mut self.child(models, arguments))
    }

    /// The process that [`program`](Self::program) runs, not started yet.
    pub(crate) fn child(&self, models: &str, arguments: &[&str]) -> Command {
        let request = serde_json::json!({ "models": models, "arguments": arguments });
        let mut command = command(std::env::current_exe().expect("this binary"));
        command
            .current_dir(self.0.path())
            .env(CHILD, request.to_string())
            .args([
                "--exact",
                "project::child",
                "--nocapture",
                "--test-threads=1",
            ]);
        command
    }
}

/// Be a program with models, when another test asks for it; by itself it does nothing.
///
/// It answers the commands of the command line, and `run-pending URL`: what a web application does
/// on boot, with the number of applied revisions on standard output.
#[test]
fn child() {
    let Ok(request) = std::env::var(CHILD) else {
        return;
    };
    println!("\n{MARK}");
    std::process::exit(answer(&request).unwrap_or_else(|error| {
        eprintln!("error: {error:?}");
        1
    }));
}

fn answer(request: &str) -> limbeck::Result<i32> {
    let request: Value = serde_json::from_str(request).expect("a request is JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let arguments: Vec<String> = request["arguments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(text)
        .collect();
    let migrator = if Path::new("migrations").is_dir() {
        Migrator::from_directory("migrations")?
    } else {
        Migrator::new(Bundle::new("blog"))
    };
    let migrator = migrator
        .named("blog")
        .models(models(&text(&request["models"])));
    if let [command, url] = arguments.as_slice()
        && command == "run-pending"
    {
        let report = migrator.run_pending(&mut limbeck::connect(url)?)?;
        println!("{}", report.applied.len());
        return Ok(0);
    }
    Ok(migrator.cli_from(arguments).number())
}

/// A program to be started without what would lead it elsewhere.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if FOREIGN.contains(&&*text) || text.starts_with("PG") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a process to its end, with nothing to read.
pub(crate) fn run(command: &mut Command) -> Told {
    // A program that was just written cannot be started as long as another thread's child, which is between
    // its fork and its exec, has it open for writing, too.
    let mut tries = 0;
    loop {
        match command.stdin(Stdio::null()).output() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && tries < 100 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            output => return Told::new(&output.expect("the program starts")),
        }
    }
}

/// The installed `limbeck`: built once, beside these tests.
pub(crate) fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let output = cargo()
            .args(["build", "--offline", "--quiet", "--message-format=json"])
            .args(["--package", "limbeck-cli", "--bin", "limbeck"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .expect("cargo says what it built")
    })
}

/// Cargo, with the folder for what it builds that these tests were built in: what they share with
/// the program that is built is there already.
pub(crate) fn cargo() -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.env("CARGO_TARGET_DIR", target());
    command
}

/// The folder for what cargo builds.
pub(crate) fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the folder for tests is in the one for everything")
}

impl Told {
    /// What came of a process.
    pub(crate) fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
        let stdout = text(&output.stdout);
        let stdout = match stdout.split_once(&format!("\n{MARK}\n")) {
            Some((_, program)) => program.to_owned(),
            None => stdout,
        };
        let told = Self {
            code: output.status.code().unwrap_or(-1),
            stdout,
            stderr: text(&output.stderr),
        };
        assert!(
            !told.stdout.contains(PASSWORD),
            "a password gets out: {told}"
        );
        assert!(
            !told.stderr.contains(PASSWORD),
            "a password gets out: {told}"
        );
        told
    }

    /// Insists on the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Insists on words on standard error.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in\n{self}");
        }
        self
    }

    /// The results as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{self}"))
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            code,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "exit code {code}\n-- stdout\n{stdout}\n-- stderr\n{stderr}"
        )
    }
}
