//! Real programs of users: folders with a `Cargo.toml`, which the installed `limbeck` builds, runs
//! and asks for their models.
//!
//! They are built offline, with the versions of this workspace and where it is built: what they
//! share with these tests is there already.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::project::{self, Told, cargo, installed, run, target};
use crate::support::TestDatabase;

/// One single binary with its models; what `{fields}` stands for changes.
const BLOG: &str = r#"
use limbeck::prelude::*;

#[derive(Model)]
#[model(table = "posts")]
#[allow(dead_code)]
struct Post {
    #[model(primary_key, identity)]
    id: i64,
    {fields}
}

fn main() -> limbeck::Result<()> {
    let migrator = limbeck::migrator!();
    if std::env::var_os("LIMBECK_REQUEST").is_some() {
        println!("a word before the answer");
    }
    migrator.cli()?;
    let url = std::env::var("DATABASE_URL").expect("a database");
    println!("{}", migrator.run_pending(&mut limbeck::connect(&url)?)?.applied.len());
    Ok(())
}
"#;

/// The package of a user.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) root: PathBuf,
}

impl Package {
    /// A package in a folder of its own, which is the same in every run so that nothing piles up.
    pub(crate) fn new(name: &'static str, dependencies: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("programs")
            .join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src/bin")).expect("a folder");
        let package = Self { name, root };
        package.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [workspace]\n\n[dependencies]\n{dependencies}\n\
                 [profile.dev]\ndebug = \"line-tables-only\"\n"
            ),
        );
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        fs::copy(lock, package.root.join("Cargo.lock")).expect("a lock file");
        package
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.root.join(file), text).expect("the file is written");
    }

    /// Runs the installed `limbeck` in the package.
    pub(crate) fn limbeck(&self, arguments: &[&str]) -> Told {
        run(self.in_it(installed()).args(arguments))
    }

    /// Builds the program and starts it as an ordinary user does.
    fn start(&self, database: &TestDatabase) -> Told {
        run(cargo()
            .current_dir(&self.root)
            .args(["run", "--offline", "--quiet"])
            .env("DATABASE_URL", database.url()))
    }

    pub(crate) fn in_it(&self, program: &Path) -> Command {
        let mut command = project::command(program);
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_NET_OFFLINE", "true");
        command
    }

    /// The folders of its revisions, oldest first, with the texts of their ways up.
    pub(crate) fn revisions(&self) -> Vec<String> {
        let mut folders: Vec<PathBuf> = fs::read_dir(self.root.join("migrations"))
            .expect("the directory is read")
            .map(|entry| entry.expect("the directory is read").path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        folders
            .iter()
            .map(|folder| fs::read_to_string(folder.join("up.sql")).expect("a way up"))
            .collect()
    }
}

#[test]
fn a_single_binary_answers_for_its_models() {
    let database = TestDatabase::new();
    let limbeck = format!(
        "limbeck = {{ path = {:?}, features = [\"bundled\", \"cli\"] }}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    let blog = Package::new("limbeck-test-blog", &limbeck);
    let main = |fields: &str| blog.write("src/main.rs", &BLOG.replace("{fields}", fields));
    main("title: String,");

    // Before `init` there is nothing to embed, and the compiler says what to do.
    let told = blog.start(&database).exits(101);
    told.says(&["migrations", "limbeck init"]);
    blog.limbeck(&["init"]).exits(0);
    blog.write(".env", &format!("DATABASE_URL='{}'\n", database.url()));
    assert_eq!(blog.start(&database).exits(0).stdout, "0\n");

    // From the struct to a table.
    let told = blog
        .limbeck(&["revision", "--autogenerate", "-m", "posts", "--json"])
        .exits(0);
    let written = told.json()["written"]["revision"].clone();
    let [up] = &blog.revisions()[..] else {
        panic!("one revision is written")
    };
    assert!(up.contains("CREATE TABLE \"posts\""), "{up}");
    assert_eq!(
        database.catalog().len(),
        1,
        "comparing makes nothing: only `public` is there"
    );
    let told = blog.limbeck(&["check", "--json"]).exits(3);
    assert_eq!(told.json()["pending"], json!([written]));
    blog.limbeck(&["upgrade", "head"]).exits(0);
    let id = written.as_str().expect("an identifier");
    assert_eq!(database.history(), [format!("{id} applied head")]);
    let told = blog.limbeck(&["check"]).exits(0);
    assert_eq!(told.stdout, "no difference\n");

    // The struct changes.
    main("title: String,\n    content: Option<String>,");
    let told = blog.limbeck(&["check", "--json"]).exits(3);
    assert_eq!(
        told.json()["operations"],
        json!(["add column public.posts.content"])
    );
    blog.limbeck(&["revision", "--autogenerate", "-m", "content"])
        .exits(0);
    let [_, up] = &blog.revisions()[..] else {
        panic!("one revision more is written")
    };
    assert!(
        up.contains("ALTER TABLE \"posts\" ADD COLUMN \"content\" text;"),
        "{up}"
    );

    // The program brings the rest itself: the new revision was built into it.
    assert_eq!(blog.start(&database).exits(0).stdout, "1\n");
    assert_eq!(blog.start(&database).exits(0).stdout, "0\n");
    let columns = "SELECT column_name || ' ' || data_type AS line FROM information_schema.columns
                   WHERE table_name = 'posts' ORDER BY ordinal_position";
    assert_eq!(
        database.lines(columns),
        ["id bigint", "title text", "content text"]
    );
    assert_eq!(database.history().len(), 2);
    blog.limbeck(&["check"]).exits(0);
    let told = blog
        .limbeck(&["revision", "--autogenerate", "-m", "no", "--json"])
        .exits(0);
    assert_eq!(told.json()["written"], Value::Null);
    assert_eq!(blog.revisions().len(), 2);

    // The same commands in the program itself, and the same bundle in both.
    let program = target().join("debug").join(blog.name);
    let told = run(blog.in_it(&program).args(["limbeck", "current", "--json"])).exits(0);
    let asked = blog.limbeck(&["current", "--json"]).exits(0);
    assert_eq!(told.json(), asked.json());
    assert_eq!(told.json()["heads"][0]["bundle"], json!(blog.name));
    // A failure in the program is the command's.
    let unreachable = ["check", "--url", "postgres://me@/blog?host=/no/such/folder"];
    blog.limbeck(&unreachable)
        .exits(1)
        .says(&["error: no connection", "/no/such/folder"]);
    blog.limbeck(&["check", "--url", "postgres://me@localhost"])
        .exits(2);
    // Nothing that it says is lost where both streams go to one file.
    let log = blog.root.join("log");
    let file = fs::File::create(&log).expect("a file");
    let status = blog
        .in_it(installed())
        .args(unreachable)
        .stdout(file.try_clone().expect("a file"))
        .stderr(file)
        .status()
        .expect("it runs");
    assert_eq!(status.code(), Some(1));
    let said = fs::read_to_string(log).expect("a log");
    assert!(said.contains("error: no connection"), "{said}");

    // What `limbeck.toml` says of the history holds for the program too.
    let other = TestDatabase::new();
    blog.write(
        "limbeck.toml",
        "[revisions]\nbundle = \"shop\"\n[history]\ntable = \"our_history\"\n",
    );
    blog.limbeck(&["upgrade", "head", "--url", &other.url()])
        .exits(0);
    assert_eq!(blog.start(&other).exits(0).stdout, "0\n");
    let rows = "SELECT DISTINCT bundle AS line FROM public.our_history";
    assert_eq!(other.lines(rows), ["shop"]);
}

/// A program that knows nothing of Limbeck: it says who it is and then serves, or ends.
fn silent(serves: bool) -> String {
    let then = if serves {
        "std::thread::sleep(std::time::Duration::from_secs(600));"
    } else {
        ""
    };
    format!(
        "fn main() {{ std::fs::write(\"pid\", std::process::id().to_string()).unwrap(); {then} }}\n"
    )
}

/// A package with an initialised project and programs that do not depend on Limbeck.
fn unaware(name: &'static str, files: &[(&str, &str)]) -> Package {
    let package = Package::new(name, "");
    package.limbeck(&["init"]).exits(0);
    package.write(
        ".env",
        "DATABASE_URL='postgres://me@/blog?host=/no/such/folder'\n",
    );
    for (file, text) in files {
        package.write(file, text);
    }
    package
}

fn is_running(package: &Package) -> bool {
    let pid = fs::read_to_string(package.root.join("pid")).expect("it was started");
    run(Command::new("kill").args(["-0", &pid])).code == 0
}

#[test]
fn a_server_without_the_line_is_ended() {
    let package = unaware("limbeck-test-serves", &[("src/main.rs", &silent(true))]);
    package.limbeck(&["check"]).exits(1).says(&[
        "limbeck-test-serves` does not answer for its models",
        "hint: put `limbeck::migrator!().cli()?;` first in its `main`",
        "[models] bin",
    ]);
    assert!(!is_running(&package), "it goes on serving");
    assert_eq!(package.revisions(), [""; 0]);
}

#[test]
fn a_program_without_the_line_that_ends() {
    let package = unaware("limbeck-test-ends", &[("src/main.rs", &silent(false))]);
    package
        .limbeck(&["revision", "--autogenerate", "-m", "x"])
        .exits(1)
        .says(&[
            "does not answer for its models",
            "hint: put `limbeck::migrator!().cli()?;`",
        ]);
    assert_eq!(package.revisions(), [""; 0]);
}

#[test]
fn features_of_the_program_are_those_that_the_file_names() {
    let package = unaware(
        "limbeck-test-features",
        &[(
            "src/main.rs",
            "#[cfg(not(all(feature = \"one\", feature = \"two\")))]\n\
             compile_error!(\"without its features\");\nfn main() {}\n",
        )],
    );
    let manifest = fs::read_to_string(package.root.join("Cargo.toml")).expect("a manifest");
    package.write(
        "Cargo.toml",
        &format!("{manifest}\n[features]\none = []\ntwo = []\n"),
    );
    package
        .limbeck(&["check"])
        .exits(1)
        .says(&["without its features", "does not build"]);
    package.write("limbeck.toml", "[models]\nfeatures = [\"one\", \"two\"]\n");
    package
        .limbeck(&["check"])
        .exits(1)
        .says(&["limbeck-test-features` does not answer"]);
}

#[test]
fn which_of_two_programs() {
    let package = unaware(
        "limbeck-test-two",
        &[
            ("src/bin/limbeck-test-a.rs", &silent(false)),
            ("src/bin/limbeck-test-b.rs", "fn main() {}"),
        ],
    );
    package.limbeck(&["check"]).exits(1).says(&[
        "there are several programs: `limbeck-test-a`, `limbeck-test-b`",
        "hint: ",
        "[models] bin",
        "limbeck.toml",
    ]);
    assert!(
        !package.root.join("pid").exists(),
        "one of them was started"
    );
    package.write("limbeck.toml", "[models]\nbin = \"limbeck-test-a\"\n");
    package
        .limbeck(&["check"])
        .exits(1)
        .says(&["limbeck-test-a` does not answer"]);
    assert!(package.root.join("pid").exists());
    package.write("limbeck.toml", "[models]\nbin = \"limbeck-test-c\"\n");
    package
        .limbeck(&["check"])
        .exits(1)
        .says(&["limbeck-test-c", "does not build"]);
}

#[test]
fn a_program_that_does_not_build() {
    let package = unaware(
        "limbeck-test-broken",
        &[("src/main.rs", "fn main() { nothing(); }\n")],
    );
    package.limbeck(&["check"]).exits(1).says(&[
        "cannot find function `nothing`",
        "src/main.rs:1:13",
        "error: the program with the models does not build",
    ]);
}

#[test]
fn a_package_without_a_program() {
    let package = unaware("limbeck-test-library", &[("src/lib.rs", "")]);
    package
        .limbeck(&["check"])
        .exits(1)
        .says(&["has no program", "hint: ", "[models] package"]);
}

#[test]
fn commands_without_models_build_nothing() {
    let package = unaware(
        "limbeck-test-unbuilt",
        &[("src/main.rs", "this is no Rust")],
    );
    package.limbeck(&["revision", "-m", "by hand"]).exits(0);
    package.limbeck(&["heads"]).exits(0);
    package.limbeck(&["history", "--json"]).exits(0);
    assert_eq!(package.revisions().len(), 1);
}

/// An application without a revision of its own, on a library that brings one.
const ON_A_LIBRARY: &str = "
use limbeck::prelude::*;

fn main() -> limbeck::Result<()> {
    limbeck::migrator!().bundle(limbeck_test_people::bundle()).cli()
}
";

#[test]
fn what_a_library_brings_is_run_before_anything_refers_to_it() {
    let limbeck = format!(
        "limbeck = {{ path = {:?}, features = [\"bundled\", \"cli\"] }}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    let library = Package::new("limbeck-test-people", &limbeck);
    library.write(
        "src/lib.rs",
        "pub fn bundle() -> limbeck::Bundle { limbeck::bundle!() }\n",
    );
    library.limbeck(&["init"]).exits(0);
    library.limbeck(&["revision", "-m", "people"]).exits(0);
    let app = Package::new(
        "limbeck-test-on-a-library",
        &format!("{limbeck}limbeck-test-people = {{ path = \"../limbeck-test-people\" }}\n"),
    );
    let database = TestDatabase::new();
    app.limbeck(&["init"]).exits(0);
    app.write("src/main.rs", ON_A_LIBRARY);
    app.write(".env", &format!("DATABASE_URL='{}'\n", database.url()));
    // `Cargo.lock` does not know yet that there is a library: the manifest does.
    app.limbeck(&["upgrade", "head"]).exits(0);
    let applied = "SELECT bundle AS line FROM limbeck_revision";
    assert_eq!(database.lines(applied), ["limbeck-test-people"]);
    let told = app.limbeck(&["current"]).exits(0);
    assert!(told.stdout.contains("limbeck-test-people"), "{told}");
    app.limbeck(&["check"]).exits(0);
}

#[test]
fn without_a_lock_file_no_library_is_left_out() {
    let database = TestDatabase::new();
    // Who a library is built on is told by its name alone, and this one builds at once.
    let limbeck = Package::new("limbeck-test-stub", "");
    limbeck.write(
        "Cargo.toml",
        "[package]\nname = \"limbeck\"\nversion = \"0.0.0\"\n",
    );
    limbeck.write("src/lib.rs", "");
    for (on, exits) in [
        ("limbeck = { path = \"../limbeck-test-stub\" }\n", 1),
        ("", 0),
    ] {
        let library = Package::new("limbeck-test-lockless-library", on);
        library.write("src/lib.rs", "");
        let app = Package::new(
            "limbeck-test-lockless",
            "limbeck-test-lockless-library = { path = \"../limbeck-test-lockless-library\" }\n",
        );
        app.limbeck(&["init"]).exits(0);
        app.limbeck(&["revision", "-m", "by hand"]).exits(0);
        app.write(".env", &format!("DATABASE_URL='{}'\n", database.url()));
        app.write("src/main.rs", &silent(false));
        fs::remove_file(app.root.join("Cargo.lock")).expect("a lock file");
        let told = run(app
            .in_it(installed())
            .args(["upgrade", "head"])
            .env("CARGO", "/no/such/cargo"))
        .exits(2);
        told.says(&[
            "whether this package's libraries bring revisions is not known",
            "hint: put `Cargo.lock` beside `Cargo.toml`",
        ]);
        let told = app.limbeck(&["upgrade", "head"]).exits(exits);
        if exits == 1 {
            told.says(&["limbeck-test-lockless` does not answer for its models"]);
        }
    }
    assert_eq!(database.history().len(), 1);
}
