//! Broken directories, and what is said of them while a crate is compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use quote::quote;

use super::{arguments, directory, settings};
use crate::mistakes::Mistakes;

/// The folder of a crate, deleted with this value.
struct Crate(PathBuf);

impl Crate {
    fn with(files: &[(&str, &[u8])]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("limbeck-macros-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        for (path, content) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        fs::create_dir_all(&root).expect("a folder");
        Self(root)
    }
}

impl Drop for Crate {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Reads the directory of a crate: the names of its revisions' folders, or the errors.
fn read(call: proc_macro2::TokenStream, root: &Path) -> Result<Vec<String>, String> {
    let mistakes = Mistakes::new();
    let arguments = arguments::read(call, &mistakes);
    let settings = settings::read(root, "app", &mistakes);
    let read = directory::read(&arguments, &settings, root, &mistakes);
    match mistakes.finish() {
        Some(errors) => Err(errors.to_string()),
        None => Ok(read
            .map(|directory| directory.source.entries)
            .unwrap_or_default()
            .into_iter()
            .map(|entry| entry.revision.directory)
            .collect()),
    }
}

/// Each text must stand in the error.
#[track_caller]
fn check_broken(files: &[(&str, &[u8])], expected: &[&str]) {
    let root = Crate::with(files);
    let error = read(quote!(), &root.0).expect_err("the directory is broken");
    for text in expected {
        assert!(error.contains(text), "`{text}` is not in: {error}");
    }
    let root = root.0.display().to_string();
    assert!(
        !error.contains(&root),
        "paths are told from the crate's folder: {error}"
    );
}

const FIRST: &[u8] = b"revision = \"aaaaaaaaaaaa\"\nrun_in_transaction = true\n";
const SECOND: &[u8] = b"revision = \"bbbbbbbbbbbb\"\ndown_revision = \"aaaaaaaaaaaa\"\n";
const THIRD: &[u8] = b"revision = \"cccccccccccc\"\ndown_revision = \"aaaaaaaaaaaa\"\n";
const SQL: &[u8] = b"SELECT 1";

#[test]
fn the_configured_directory_is_read() {
    let root = Crate::with(&[
        ("limbeck.toml", b"[revisions]\ndirectory = \"db/steps\"\n"),
        ("db/steps/HEADS", b"aaaaaaaaaaaa\n"),
        ("db/steps/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
        ("db/steps/1_aaaaaaaaaaaa_a/up.sql", SQL),
        ("other/2026-01-01-000000_plain/up.sql", SQL),
    ]);
    assert_eq!(
        read(quote!(), &root.0),
        Ok(vec!["1_aaaaaaaaaaaa_a".to_owned()])
    );
    assert_eq!(
        read(quote!(path = "other"), &root.0),
        Ok(vec!["2026-01-01-000000_plain".to_owned()])
    );
    assert_eq!(read(quote!(no_migrations), &root.0), Ok(Vec::new()));
}

#[test]
fn several_directories_are_read() {
    let files: [(&str, &[u8]); 6] = [
        (
            "limbeck.toml",
            b"[revisions]\ndirectory = [\"db\", \"billing/db\"]\n",
        ),
        ("db/HEADS", b"bbbbbbbbbbbb\n"),
        ("db/1_a/metadata.toml", FIRST),
        ("db/1_a/up.sql", SQL),
        ("billing/db/2_b/metadata.toml", SECOND),
        ("billing/db/2_b/up.sql", SQL),
    ];
    let root = Crate::with(&files);
    let both = vec!["1_a".to_owned(), "2_b".to_owned()];
    assert_eq!(read(quote!(), &root.0), Ok(both));
    // A call that names one means that alone.
    let error = read(quote!(path = "billing/db"), &root.0).expect_err("its parent is elsewhere");
    assert!(error.contains("aaaaaaaaaaaa"), "{error}");
    fs::remove_dir_all(root.0.join("billing")).expect("it is there");
    let error = read(quote!(), &root.0).expect_err("one is missing");
    assert!(
        error.contains("there is no revision directory `billing/db`"),
        "{error}"
    );
    for list in ["[]", "[\"db\", 3]"] {
        let config = format!("[revisions]\ndirectory = {list}\n");
        check_broken(
            &[("limbeck.toml", config.as_bytes())],
            &["`directory` under `[revisions]` is a text, or a list of texts"],
        );
    }
}

/// What a crate calls the bundle that it embeds; `None` is the crate's own name.
fn called(call: proc_macro2::TokenStream, krate: &Path, name: &str) -> Option<String> {
    let mistakes = Mistakes::new();
    let arguments = arguments::read(call, &mistakes);
    let settings = settings::read(krate, name, &mistakes);
    let read = directory::read(&arguments, &settings, krate, &mistakes);
    let path = read.as_ref().map(|read| read.source.path.as_path());
    let called = settings.bundle(krate, name, path);
    assert_eq!(mistakes.finish().map(|errors| errors.to_string()), None);
    called
}

/// A workspace of `db`, `web` and `other`, with a `limbeck.toml` in its root.
fn workspace(config: &[u8]) -> Crate {
    Crate::with(&[
        ("Cargo.toml", b"[workspace]\n"),
        ("limbeck.toml", config),
        ("migrations/HEADS", b"aaaaaaaaaaaa\n"),
        ("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
        ("migrations/1_aaaaaaaaaaaa_a/up.sql", SQL),
        ("db/Cargo.toml", b"[package]\nname = \"db\"\n"),
        ("db/migrations/2026-01-01-000000_db/up.sql", SQL),
        ("web/Cargo.toml", b"[package]\nname = \"web\"\n"),
        ("other/Cargo.toml", b"[package]\nname = \"other\"\n"),
        ("other/migrations/2026-01-01-000000_other/up.sql", SQL),
    ])
}

#[test]
fn the_file_in_the_root_of_the_workspace_is_that_of_the_package_it_names() {
    let root = workspace(b"[models]\npackage = \"web\"\n");
    let read_in = |krate: &str, name: &str| {
        let mistakes = Mistakes::new();
        let krate = root.0.join(krate);
        let settings = settings::read(&krate, name, &mistakes);
        let watched = settings.file == Some(root.0.join("limbeck.toml"));
        assert!(watched, "an edit compiles the crate again");
        assert!(mistakes.finish().is_none());
        settings.directory(&krate)
    };
    assert_eq!(read_in("web", "web"), root.0.join("migrations"));
    assert_eq!(read_in("other", "other"), root.0.join("other/migrations"));
    assert_eq!(
        called(quote!(), &root.0.join("web"), "web").as_deref(),
        Some("web")
    );
    assert_eq!(called(quote!(), &root.0.join("other"), "other"), None);
}

#[test]
fn a_bundle_is_called_after_the_package_around_its_revisions_or_as_the_file_says() {
    let root =
        workspace(b"[models]\npackage = \"web\"\n[revisions]\ndirectory = \"db/migrations\"\n");
    let (db, web) = (root.0.join("db"), root.0.join("web"));
    assert_eq!(called(quote!(), &db, "db").as_deref(), Some("db"));
    assert_eq!(called(quote!(), &web, "web").as_deref(), Some("db"));
    // The bundle of a program without revisions of its own is another one.
    assert_eq!(called(quote!(no_migrations), &web, "web"), None);
    let root = workspace(
        b"[models]\npackage = \"web\"\n[revisions]\ndirectory = \"db/migrations\"\nbundle = \"shop\"\n",
    );
    let (db, web) = (root.0.join("db"), root.0.join("web"));
    assert_eq!(called(quote!(), &db, "db").as_deref(), Some("shop"));
    assert_eq!(called(quote!(), &web, "web").as_deref(), Some("shop"));
    assert_eq!(
        called(quote!(no_migrations), &db, "db").as_deref(),
        Some("shop")
    );
    assert_eq!(called(quote!(no_migrations), &web, "web"), None);
    // Beside the crate the file is the crate's, whichever program answers for the models.
    let root = Crate::with(&[
        ("Cargo.toml", b"[package]\nname = \"db\"\n"),
        ("limbeck.toml", b"[models]\npackage = \"web\"\n"),
        ("migrations/2026-01-01-000000_db/up.sql", SQL),
    ]);
    assert_eq!(called(quote!(), &root.0, "db").as_deref(), Some("db"));
}

#[test]
fn a_missing_directory_is_named_with_the_ways_out() {
    check_broken(
        &[],
        &[
            "no revision directory `migrations`",
            "limbeck init",
            "no_migrations",
        ],
    );
}

#[test]
fn a_config_that_is_no_toml_is_named() {
    check_broken(&[("limbeck.toml", b"[revisions\n")], &["limbeck.toml: "]);
    check_broken(
        &[("limbeck.toml", b"[revisions]\ndirectory = 3\n")],
        &["limbeck.toml: `directory` under `[revisions]` is a text, not integer"],
    );
}

#[test]
fn a_missing_parent_is_named_with_the_file() {
    check_broken(
        &[
            ("migrations/2_bbbbbbbbbbbb_b/metadata.toml", SECOND),
            ("migrations/2_bbbbbbbbbbbb_b/up.sql", SQL),
        ],
        &["migrations/2_bbbbbbbbbbbb_b/metadata.toml", "aaaaaaaaaaaa"],
    );
}

#[test]
fn a_cycle_is_named() {
    check_broken(
        &[
            (
                "migrations/1_aaaaaaaaaaaa_a/metadata.toml",
                b"revision = \"aaaaaaaaaaaa\"\ndown_revision = \"bbbbbbbbbbbb\"\n",
            ),
            ("migrations/1_aaaaaaaaaaaa_a/up.sql", SQL),
            ("migrations/2_bbbbbbbbbbbb_b/metadata.toml", SECOND),
            ("migrations/2_bbbbbbbbbbbb_b/up.sql", SQL),
        ],
        &["migrations/", "aaaaaaaaaaaa", "bbbbbbbbbbbb"],
    );
}

#[test]
fn two_heads_are_named_with_the_way_out() {
    check_broken(
        &[
            ("migrations/HEADS", b"bbbbbbbbbbbb\ncccccccccccc\n"),
            ("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
            ("migrations/1_aaaaaaaaaaaa_a/up.sql", SQL),
            ("migrations/2_bbbbbbbbbbbb_b/metadata.toml", SECOND),
            ("migrations/2_bbbbbbbbbbbb_b/up.sql", SQL),
            ("migrations/3_cccccccccccc_c/metadata.toml", THIRD),
            ("migrations/3_cccccccccccc_c/up.sql", SQL),
        ],
        &["migrations: ", "bbbbbbbbbbbb", "cccccccccccc", "hint: "],
    );
}

#[test]
fn a_duplicate_is_named() {
    check_broken(
        &[
            ("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
            ("migrations/1_aaaaaaaaaaaa_a/up.sql", SQL),
            ("migrations/2_aaaaaaaaaaaa_b/metadata.toml", FIRST),
            ("migrations/2_aaaaaaaaaaaa_b/up.sql", SQL),
        ],
        &["1_aaaaaaaaaaaa_a", "2_aaaaaaaaaaaa_b"],
    );
}

#[test]
fn a_missing_up_is_named() {
    check_broken(
        &[("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST)],
        &["migrations/1_aaaaaaaaaaaa_a/up.sql"],
    );
}

#[test]
fn what_is_not_utf_8_is_named() {
    check_broken(
        &[
            ("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
            ("migrations/1_aaaaaaaaaaaa_a/up.sql", b"SELECT '\xff'"),
        ],
        &["migrations/1_aaaaaaaaaaaa_a/up.sql:1:9", "is not UTF-8"],
    );
}

#[test]
fn a_folder_that_nobody_could_watch_is_named() {
    let told = ["`migrations` has no `HEADS`", "`limbeck init`"];
    check_broken(&[("migrations/.gitkeep", b"")], &told);
    check_broken(
        &[
            ("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
            ("migrations/1_aaaaaaaaaaaa_a/up.sql", SQL),
        ],
        &told,
    );
    let begun = Crate::with(&[("migrations/HEADS", b"")]);
    assert_eq!(read(quote!(), &begun.0), Ok(Vec::new()));
}

#[test]
fn a_folder_that_heads_does_not_reach_is_named() {
    check_broken(
        &[
            ("migrations/HEADS", b"aaaaaaaaaaaa\n"),
            ("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
            ("migrations/1_aaaaaaaaaaaa_a/up.sql", SQL),
            ("migrations/2_bbbbbbbbbbbb_b/metadata.toml", SECOND),
            ("migrations/2_bbbbbbbbbbbb_b/up.sql", SQL),
        ],
        &["HEADS", "2_bbbbbbbbbbbb_b"],
    );
}

#[test]
fn a_merge_conflict_in_heads_is_named_with_the_way_out() {
    const OTHER: &[u8] = b"revision = \"cccccccccccc\"\ndown_revision = \"aaaaaaaaaaaa\"\n";
    check_broken(
        &[
            (
                "migrations/HEADS",
                b"<<<<<<< HEAD\nbbbbbbbbbbbb\n=======\ncccccccccccc\n>>>>>>> theirs\n",
            ),
            ("migrations/1_aaaaaaaaaaaa_a/metadata.toml", FIRST),
            ("migrations/1_aaaaaaaaaaaa_a/up.sql", SQL),
            ("migrations/2_bbbbbbbbbbbb_b/metadata.toml", SECOND),
            ("migrations/2_bbbbbbbbbbbb_b/up.sql", SQL),
            ("migrations/3_cccccccccccc_c/metadata.toml", OTHER),
            ("migrations/3_cccccccccccc_c/up.sql", SQL),
        ],
        &[
            "migrations/HEADS:1",
            "holds a merge conflict",
            "2_bbbbbbbbbbbb_b",
            "3_cccccccccccc_c",
            "`limbeck rebase cccccccccccc --onto bbbbbbbbbbbb`",
        ],
    );
}
