//! A program that embeds its revisions is built again when they change, and only then.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use limbeck::{Revision, RevisionId};
use limbeck_core::revision::directory::{self, NewRevision};
use limbeck_core::revision::sql_digest;

/// Without the facade, so that neither Diesel nor libpq must be built for it.
const MAIN: &str = r#"
mod limbeck {
    pub use limbeck_core::Bundle;

    pub mod __private {
        pub use limbeck_core::generated::{Embedded, migrations};
    }
}

fn main() {
    let bundle = limbeck_macros::bundle!(models = [], crate = "crate::limbeck");
    for migration in &bundle.migrations {
        let mut script = limbeck_core::Script::new();
        migration.upgrade(&mut script).unwrap();
        for step in script.steps() {
            if let limbeck_core::Step::Sql { text, .. } = step {
                println!("{} {text}", migration.revision().id);
            }
        }
    }
    println!("{}", bundle.directory.is_some());
}
"#;

/// A program in a folder of its own, built offline with the versions of this workspace.
struct Program(PathBuf);

/// What was built for it, kept from one run of the tests to the next.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild-target")
}

impl Program {
    fn new() -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild");
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src")).expect("a folder");
        let crates = workspace.join("crates");
        let manifest = format!(
            "[package]\nname = \"rebuilt\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [workspace]\n\n[dependencies]\n\
             limbeck-core = {{ path = {:?} }}\nlimbeck-macros = {{ path = {:?} }}\n",
            crates.join("core").display().to_string(),
            crates.join("macros").display().to_string(),
        );
        fs::write(root.join("Cargo.toml"), manifest).expect("a manifest");
        fs::write(root.join("src/main.rs"), MAIN).expect("a program");
        fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock")).expect("a lock file");
        directory::init(root.join("migrations")).expect("a revision directory");
        Self(root)
    }

    /// Adds a revision to its directory, as `limbeck revision` does; gives its folder.
    fn add(&self, id: &str, parents: &[&str], up: &str) -> PathBuf {
        let identifier = |text: &&str| RevisionId::new(*text).expect("an identifier");
        let mut revision = Revision::new(identifier(&id), sql_digest(up));
        revision.parents = parents.iter().map(identifier).collect();
        directory::write(
            self.0.join("migrations"),
            &NewRevision::new(revision, up, Some("SELECT 0".to_owned())),
        )
        .expect("the revision is written")
    }

    /// What it prints, and what cargo says while it builds it.
    fn run(&self, options: &[&str]) -> Output {
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["run", "--offline", "--color=never"])
            .args(options)
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", target())
            .output()
            .expect("cargo starts")
    }

    #[track_caller]
    fn check(&self, rebuilt: bool, expected: &[&str]) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.run(&[]);
        let (stdout, stderr) = (
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr),
        );
        assert!(status.success(), "{stderr}");
        assert_eq!(stdout.lines().collect::<Vec<_>>(), expected);
        assert_eq!(stderr.contains("Compiling rebuilt"), rebuilt, "{stderr}");
    }
}

#[test]
fn a_changed_revision_directory_rebuilds_the_program() {
    let program = Program::new();
    program.check(true, &["true"]);
    program.check(false, &["true"]);

    let first = program.add("aaaaaaaaaaaa", &[], "SELECT 1");
    program.check(true, &["aaaaaaaaaaaa SELECT 1", "true"]);
    program.check(false, &["aaaaaaaaaaaa SELECT 1", "true"]);

    program.add("bbbbbbbbbbbb", &["aaaaaaaaaaaa"], "SELECT 2");
    program.check(
        true,
        &["aaaaaaaaaaaa SELECT 1", "bbbbbbbbbbbb SELECT 2", "true"],
    );

    fs::write(first.join("up.sql"), "SELECT 3").expect("the revision is edited");
    program.check(
        true,
        &["aaaaaaaaaaaa SELECT 3", "bbbbbbbbbbbb SELECT 2", "true"],
    );

    fs::write(first.join("down.sql"), "SELECT 4").expect("the revision is edited");
    program.check(
        true,
        &["aaaaaaaaaaaa SELECT 3", "bbbbbbbbbbbb SELECT 2", "true"],
    );

    let release = "profile.dev.package.rebuilt.debug-assertions=false";
    let Output { stdout, .. } = program.run(&["--config", release]);
    assert!(
        stdout.ends_with(b"SELECT 2\nfalse\n"),
        "the directory stays out of a release"
    );
    let binary = fs::read(target().join("debug/rebuilt")).expect("the program");
    let directory = program.0.join("migrations").display().to_string();
    let found = binary
        .windows(directory.len())
        .any(|bytes| bytes == directory.as_bytes());
    assert!(!found, "`{directory}` is in a release");

    fs::write(program.0.join("migrations/HEADS"), "aaaaaaaaaaaa\n").expect("HEADS is edited");
    let Output {
        status,
        stdout: _,
        stderr,
    } = program.run(&[]);
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(
        !status.success() && stderr.contains("migrations/HEADS"),
        "{stderr}"
    );

    // A directory of Diesel's has no `HEADS` by which the first revision of ours could rebuild it.
    let migrations = program.0.join("migrations");
    fs::remove_dir_all(&migrations).expect("it is removed");
    let diesel = migrations.join("2026-01-01-000000_m1");
    fs::create_dir_all(&diesel).expect("a folder");
    fs::write(diesel.join("up.sql"), "SELECT 5").expect("a file");
    fs::write(diesel.join("down.sql"), "SELECT 6").expect("a file");
    program.check(true, &["20260101000000 SELECT 5", "true"]);
    program.check(false, &["20260101000000 SELECT 5", "true"]);
    program.add("cccccccccccc", &["20260101000000"], "SELECT 7");
    program.check(
        true,
        &["20260101000000 SELECT 5", "cccccccccccc SELECT 7", "true"],
    );
}
