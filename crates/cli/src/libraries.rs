//! Whether a package may list bundles of libraries, which only its program has.
//!
//! `Cargo.lock` tells: whatever the package stands on and stands on `limbeck` itself may ship a bundle.
//! Whether the program lists it, only the program knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

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
/// `folder` is where its manifest is; the lock file stands there or further up. Without one nothing has
/// been built, and nothing is known.
pub(crate) fn may_ship_bundles(folder: &Path, package: &str) -> bool {
    let lock = folder
        .ancestors()
        .find_map(|folder| fs::read_to_string(folder.join("Cargo.lock")).ok());
    lock.and_then(|text| toml::from_str::<Lock>(&text).ok())
        .is_some_and(|lock| stands_on_one(&lock, package))
}

fn stands_on_one(lock: &Lock, package: &str) -> bool {
    // A dependency is `name`, `name version` or `name version (source)`.
    let name = |dependency: &'_ str| dependency.split(' ').next().unwrap_or_default().to_owned();
    let mut standing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for Locked {
        name: of,
        dependencies,
    } in &lock.package
    {
        let on = standing.entry(of).or_default();
        on.extend(dependencies.iter().map(|dependency| name(dependency)));
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
}
