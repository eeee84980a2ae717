//! The directions of the house: which room may know which. Read from the manifests and the `use`
//! lines, so that a wall which is moved is moved on purpose.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, and the file of the module itself; tests left out.
fn room(crate_folder: &str, module: &str) -> Vec<PathBuf> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.expect("the folder can be read").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            // What core tests itself with; the backend's `testing` is a room as others are.
            let is_core = path.components().any(|part| part.as_os_str() == "core");
            let is_test = match name {
                "tests" | "tests.rs" | "laws.rs" | "properties.rs" => true,
                "testing" | "testing.rs" => is_core,
                _ => false,
            };
            if is_test {
                continue;
            }
            if path.is_dir() {
                collect(&path, files);
            } else if name.ends_with(".rs") {
                files.push(path);
            }
        }
    }
    let source = root().join(crate_folder).join("src");
    let mut files = Vec::new();
    if module.is_empty() {
        collect(&source, &mut files);
    } else {
        collect(&source.join(module), &mut files);
        let own = source.join(format!("{module}.rs"));
        if own.is_file() {
            files.push(own);
        }
    }
    files.sort();
    assert!(
        !files.is_empty(),
        "there is no room `{module}` in `{crate_folder}`"
    );
    files
}

/// The lines of code of a file: no comments, nothing from its tests on.
fn code(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a source file is UTF-8");
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]" || line.starts_with(' '))
        .map(|line| line.split("//").next().unwrap_or_default().to_owned())
        .collect()
}

#[track_caller]
fn knows_nothing_of(files: &[PathBuf], words: &[&str]) {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in code(file).iter().enumerate() {
            for word in words {
                if line.contains(word) {
                    let file = file.strip_prefix(root()).unwrap_or(file).display();
                    found.push(format!("{file}:{}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "a wall is broken:\n{}", found.join("\n"));
}

fn without(files: Vec<PathBuf>, parts: &[&str]) -> Vec<PathBuf> {
    files
        .into_iter()
        .filter(|file| {
            let path = file.to_string_lossy().replace('\\', "/");
            !parts.iter().any(|part| path.contains(part))
        })
        .collect()
}

/// The names of a crate's dependencies, development ones left out.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).expect("there is a manifest");
    let manifest: toml::Table = text.parse().expect("a manifest is TOML");
    manifest["dependencies"]
        .as_table()
        .expect("it has dependencies")
        .keys()
        .cloned()
        .collect()
}

#[track_caller]
fn ours(manifest: &str, expected: &[&str]) {
    let ours: Vec<String> = dependencies(manifest)
        .into_iter()
        .filter(|name| name.starts_with("limbeck"))
        .collect();
    assert_eq!(ours, expected, "{manifest}");
}

#[test]
fn crates_depend_in_one_direction() {
    ours("crates/core/Cargo.toml", &[]);
    ours("crates/macros/Cargo.toml", &["limbeck-core"]);
    ours("crates/postgres-backend/Cargo.toml", &["limbeck-core"]);
    ours(
        "crates/cli/Cargo.toml",
        &["limbeck-core", "limbeck-postgres"],
    );
    ours(
        "Cargo.toml",
        &[
            "limbeck-cli",
            "limbeck-core",
            "limbeck-macros",
            "limbeck-postgres",
        ],
    );
}

#[test]
fn every_package_carries_its_licences() {
    for package in ["core", "macros", "postgres-backend", "cli"] {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let carried = fs::read_to_string(root().join("crates").join(package).join(licence));
            let ours = fs::read_to_string(root().join(licence));
            assert_eq!(carried.ok(), ours.ok(), "crates/{package}/{licence}");
        }
    }
}

#[test]
fn core_is_pure_and_small() {
    let allowed: BTreeSet<String> = [
        "bigdecimal",
        "chrono",
        "hmac-sha256",
        "inventory",
        "ipnet",
        "ipnetwork",
        "rust_decimal",
        "serde",
        "serde_json",
        "strsim",
        "thiserror",
        "time",
        "toml",
        "uuid",
    ]
    .map(str::to_owned)
    .into();
    let found = dependencies("crates/core/Cargo.toml");
    let more: Vec<_> = found.difference(&allowed).collect();
    assert!(more.is_empty(), "core has got {more:?}");
    let files = without(room("crates/core", ""), &["/revision/directory"]);
    knows_nothing_of(
        &files,
        &[
            "std::fs",
            "std::env",
            "std::process",
            "std::io",
            "TcpStream",
            "diesel::",
        ],
    );
}

#[test]
fn macros_never_see_diesel_or_the_backend() {
    let found = dependencies("crates/macros/Cargo.toml");
    assert!(
        !found
            .iter()
            .any(|name| name.contains("diesel") || name.contains("postgres"))
    );
}

#[test]
fn the_wings_of_core_do_not_know_each_other() {
    let meeting = [
        "crate::script",
        "crate::migration",
        "crate::bundle",
        "crate::generated",
    ];
    let schema = room("crates/core", "schema");
    knows_nothing_of(&schema, &["crate::revision", "RevisionId"]);
    knows_nothing_of(&schema, &meeting);
    let revision = room("crates/core", "revision");
    knows_nothing_of(&revision, &["crate::schema", "ObjectId", "Operation"]);
    knows_nothing_of(&revision, &meeting);
}

#[test]
fn core_knows_no_sql_beyond_tokens() {
    let files = without(
        room("crates/core", ""),
        &["/token", "/revision/directory", "pg_type.rs"],
    );
    knows_nothing_of(
        &files,
        &["\"CREATE ", "\"ALTER ", "\"DROP ", "\"SELECT ", "\"INSERT "],
    );
}

#[test]
fn introspection_knows_no_operation() {
    knows_nothing_of(
        &room("crates/postgres-backend", "introspect"),
        &[
            "Operation",
            "operation::",
            "crate::ddl",
            "crate::hazard",
            "crate::runner",
        ],
    );
}

#[test]
fn ddl_hazards_and_runner_know_no_connection() {
    for module in ["ddl", "hazard", "runner", "quote", "statement", "history"] {
        knows_nothing_of(
            &room("crates/postgres-backend", module),
            &[
                "diesel::",
                "diesel;",
                "crate::drive",
                "crate::session",
                "crate::scratch",
            ],
        );
    }
}

#[test]
fn only_the_asynchronous_driver_waits() {
    // The runner's story is written with `async`, and polled by `Runner::next` alone.
    let backend = without(
        room("crates/postgres-backend", ""),
        // A test that is an `async fn` is run, and given its connection, by `testing`.
        // And an asynchronous step on a synchronous connection may use timers, which are driven for it.
        &[
            "/drive_async",
            "/connection/",
            "/runner",
            "/testing/",
            "/drive/reactor.rs",
        ],
    );
    // What is awaited elsewhere is what the driver returns.
    let migrator = ["/migrator/run_async.rs", "/migrator/compare_async.rs"];
    knows_nothing_of(
        &without(backend.clone(), &migrator),
        &["async fn", ".await"],
    );
    knows_nothing_of(
        &without(backend, &["/session.rs"]),
        &["tokio", "batch_execute(&sql).await"],
    );
    knows_nothing_of(
        &room("crates/postgres-backend", "runner"),
        &["tokio", "diesel_async", "crate::drive_async"],
    );
    knows_nothing_of(&room("crates/core", ""), &["tokio", "diesel_async"]);
    // No second runtime, and no thread of the caller's blocked.
    for module in ["drive_async", "connection"] {
        knows_nothing_of(
            &room("crates/postgres-backend", module),
            &[
                "Runtime",
                "Reactor",
                "block_on",
                "thread::sleep",
                "block_in_place",
            ],
        );
    }
}

#[test]
fn the_runner_knows_no_diff() {
    knows_nothing_of(
        &room("crates/postgres-backend", "runner"),
        &[
            "schema::diff",
            "overlay",
            "lower",
            "crate::autogenerate",
            "crate::introspect",
        ],
    );
}

#[test]
fn only_one_file_quotes() {
    let files = without(room("crates/postgres-backend", ""), &["/quote.rs"]);
    knows_nothing_of(&files, &["Quoted("]);
}

#[test]
fn the_command_line_writes_no_sql() {
    knows_nothing_of(
        &room("crates/cli", ""),
        &[
            "sql_query",
            "batch_execute",
            "\"CREATE ",
            "\"SELECT ",
            "\"ALTER ",
        ],
    );
}

#[test]
fn the_facade_has_no_logic() {
    knows_nothing_of(&room(".", ""), &["fn ", "impl ", "struct ", "match "]);
}

#[test]
fn every_kind_has_its_room_in_each_wing() {
    // An identity and its text, and the types and expressions inside other kinds, are no kinds.
    let no_kinds = ["sql_type", "texts", "parse", "display"];
    let folder = root().join("crates/core/src/schema/object");
    let backend = root().join("crates/postgres-backend/src");
    let mut kinds = 0;
    for entry in fs::read_dir(folder).expect("there are kinds") {
        let path = entry.expect("the folder can be read").path();
        let Some(kind) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.is_dir() || no_kinds.contains(&kind) {
            continue;
        }
        kinds += 1;
        for file in [
            format!("introspect/{kind}.rs"),
            format!("introspect/{kind}.sql"),
            format!("ddl/{kind}.rs"),
        ] {
            assert!(
                backend.join(&file).is_file(),
                "the kind `{kind}` has no `{file}`"
            );
        }
    }
    assert!(kinds >= 8, "only {kinds} kinds were found");
}
