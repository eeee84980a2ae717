//! Whether a package may list bundles of libraries, which only its program has.
//!
//! `Cargo.lock` tells: whatever the package stands on and stands on `limbeck` itself may ship a bundle.
//! Whether the program lists it, only the program knows. Where that file is missing, or older than what
//! the manifest asks for, cargo brings it up to date first: a guess would leave libraries out in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use limbeck_core::{Error, ErrorKind, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// Whether one of the libraries that a package is built on is built on Limbeck.
///
/// `folder` is where its manifest is; the lock file stands there or further up.
///
/// # Errors
/// When there is no lock file that knows the package as it is, and cargo makes none.
pub(crate) fn may_ship_bundles(folder: &Path, package: &str) -> Result<bool> {
    let libraries = fs::read_to_string(folder.join("Cargo.toml"))
        .ok()
        .and_then(|text| libraries(&text, package));
    if libraries.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(false);
    }
    if let Some(lock) = lock_file(folder)
        && knows(&lock, package, &libraries.unwrap_or_default())
    {
        return Ok(stands_on_one(&lock, package));
    }
    bring_up_to_date(folder)?;
    // One that still says nothing is cargo's to judge, when the program is built.
    Ok(lock_file(folder).is_none_or(|lock| stands_on_one(&lock, package)))
}

fn lock_file(folder: &Path) -> Option<Lock> {
    let text = folder
        .ancestors()
        .find_map(|folder| fs::read_to_string(folder.join("Cargo.lock")).ok())?;
    toml::from_str(&text).ok()
}

/// The packages other than `limbeck` that a manifest of this package asks for; `None` where the manifest
/// is another's or none.
fn libraries(manifest: &str, package: &str) -> Option<BTreeSet<String>> {
    let manifest: toml::Table = toml::from_str(manifest).ok()?;
    let name = manifest.get("package")?.get("name")?.as_str()?;
    if name != package {
        return None;
    }
    let for_targets = manifest.get("target").and_then(toml::Value::as_table);
    let tables = for_targets
        .into_iter()
        .flat_map(|targets| targets.iter().map(|(_, target)| target))
        .filter_map(|target| target.get("dependencies"))
        .chain(manifest.get("dependencies"))
        .filter_map(toml::Value::as_table);
    let named = tables.flatten().map(|(key, stated)| {
        let renamed = stated.get("package").and_then(toml::Value::as_str);
        renamed.unwrap_or(key).to_owned()
    });
    Some(named.filter(|name| name != "limbeck").collect())
}

/// Whether a lock file was made when the package asked for these libraries.
fn knows(lock: &Lock, package: &str, libraries: &BTreeSet<String>) -> bool {
    lock.package.iter().any(|locked| {
        let on: BTreeSet<&str> = locked.dependencies.iter().map(|on| name_of(on)).collect();
        locked.name == package
            && libraries
                .iter()
                .all(|library| on.contains(library.as_str()))
    })
}

/// Lets cargo write the lock file as it does before a build: what it says already stays.
fn bring_up_to_date(folder: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(folder)
        .args(["update", "--workspace", "--quiet"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status();
    if status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        return Ok(());
    }
    let error = Error::new(
        ErrorKind::Config,
        "whether this package's libraries bring revisions is not known: there is no `Cargo.lock` that \
         names them, and cargo makes none",
    )
    .with_hint(
        "put `Cargo.lock` beside `Cargo.toml`, or run this where cargo can make it; a built program \
         needs neither: `my-app limbeck upgrade head`",
    );
    Err(match status {
        Err(source) => error.with_source(source),
        Ok(_) => error,
    })
}

/// A dependency is `name`, `name version` or `name version (source)`.
fn name_of(dependency: &str) -> &str {
    dependency.split(' ').next().unwrap_or_default()
}

fn stands_on_one(lock: &Lock, package: &str) -> bool {
    let mut standing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for Locked {
        name: of,
        dependencies,
    } in &lock.package
    {
        let on = standing.entry(of).or_default();
        on.extend(dependencies.iter().map(|on| name_of(on).to_owned()));
    }
    let mut seen = BTreeSet::from([package.to_owned()]);
    let mut open = vec![package.to_owned()];
    while let Some(one) = open.pop() {
        let Some(on) = standing.get(one.as_str()) else {
            continue;
        };
        if one != package && on.contains("limbeck") {
            return true;
        }
        open.extend(on.iter().filter(|one| seen.insert((*one).clone())).cloned());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(text: &str) -> bool {
        stands_on_one(&toml::from_str(text).expect("a lock file"), "app")
    }

    #[test]
    fn a_library_on_limbeck_is_found_however_far_down_it_is() {
        let library = r#"
            [[package]]
            name = "app"
            dependencies = ["limbeck", "middle 1.0.0", "middle 2.0.0 (registry+https://example.org)"]
            [[package]]
            name = "middle"
            version = "1.0.0"
            [[package]]
            name = "middle"
            version = "2.0.0"
            dependencies = ["app", "accounts"]
            [[package]]
            name = "accounts"
            dependencies = ["limbeck"]
            [[package]]
            name = "limbeck"
            dependencies = ["limbeck-core"]
            [[package]]
            name = "limbeck-core"
        "#;
        assert!(stands(library));
        assert!(!stands(
            &library.replace("\"app\", \"accounts\"", "\"app\"")
        ));
    }

    #[test]
    fn what_else_a_workspace_holds_is_no_library() {
        assert!(!stands(
            r#"
            [[package]]
            name = "app"
            dependencies = ["limbeck"]
            [[package]]
            name = "neighbour"
            dependencies = ["app", "limbeck"]
            [[package]]
            name = "limbeck"
            "#
        ));
        assert!(!stands(""));
    }

    #[test]
    fn a_manifest_says_what_a_lock_file_must_know() {
        let manifest = r#"
            [package]
            name = "app"
            [dependencies]
            limbeck = "0.1"
            people = { package = "accounts", path = "../accounts" }
            [target.'cfg(unix)'.dependencies]
            nix = "1"
            [dev-dependencies]
            tempfile = "3"
        "#;
        let asked = libraries(manifest, "app").expect("it is its manifest");
        assert_eq!(asked, ["accounts", "nix"].map(str::to_owned).into());
        assert_eq!(libraries(manifest, "other"), None);
        let lock = |on: &str| -> Lock {
            let text = format!("[[package]]\nname = \"app\"\ndependencies = [{on}]\n");
            toml::from_str(&text).expect("a lock file")
        };
        assert!(knows(
            &lock(r#""accounts", "limbeck", "nix 1.0.0""#),
            "app",
            &asked
        ));
        assert!(!knows(&lock(r#""limbeck", "nix 1.0.0""#), "app", &asked));
        assert!(!knows(&lock(""), "other", &BTreeSet::new()));
    }
}
