//! Where `limbeck.toml` stands, and what a bundle is called that nobody has named: the command line and
//! the macros go by the same rule, so that both find the same rows of the history.

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

/// The name of the file that says of a project what the command line and its programs share.
pub const CONFIG: &str = "limbeck.toml";

/// The package whose bundle the revisions of a directory are: that of the nearest `Cargo.toml` with a
/// package at or above the directory, up to the folder `root` of [`CONFIG`]. For a directory elsewhere
/// it is the package in `root`. `None` where none of them has one.
pub fn bundle_package(root: &Path, directory: &Path) -> Option<String> {
    let whole = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (root, directory) = (whole(root), whole(directory));
    let from = if directory.starts_with(&root) {
        &directory
    } else {
        &root
    };
    from.ancestors()
        .take_while(|folder| folder.starts_with(&root))
        .find_map(|folder| manifest(folder, package))
}

/// The [`CONFIG`] of a crate: in its folder, else in the nearest one above that has it, up to the root
/// of the workspace (the nearest folder whose `Cargo.toml` has `[workspace]`).
pub fn config_of(krate: &Path) -> Option<PathBuf> {
    let root = krate
        .ancestors()
        .find(|folder| manifest(folder, |manifest| manifest.get("workspace").map(drop)).is_some())
        .unwrap_or(krate);
    krate
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .map(|folder| folder.join(CONFIG))
        .find(|file| file.exists())
}

/// What `look` finds in the `Cargo.toml` of a folder.
fn manifest<T>(folder: &Path, look: impl FnOnce(&DeTable<'_>) -> Option<T>) -> Option<T> {
    let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    look(DeTable::parse(&text).ok()?.get_ref())
}

fn package(manifest: &DeTable<'_>) -> Option<String> {
    let package = manifest.get("package")?.get_ref().as_table()?;
    package.get("name")?.get_ref().as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the files in a folder of the test's own, which is given to `check`.
    fn with(name: &str, files: &[(&str, &str)], check: impl FnOnce(&Path)) {
        let folder =
            std::env::temp_dir().join(format!("limbeck-project-{}-{name}", std::process::id()));
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        check(&folder);
        fs::remove_dir_all(folder).expect("the folder is ours");
    }

    #[test]
    fn a_bundle_is_called_after_the_package_around_its_revisions() {
        let files = [
            ("Cargo.toml", "[workspace]\n"),
            ("migrations/HEADS", ""),
            ("db/Cargo.toml", "[package]\nname = \"data\"\n"),
            ("db/migrations/HEADS", ""),
            ("web/Cargo.toml", "[package]\nname = \"web\"\n"),
        ];
        with("package", &files, |root| {
            let package = |of: &str, directory: &str| {
                bundle_package(&root.join(of), &root.join(of).join(directory))
            };
            assert_eq!(package("", "migrations"), None);
            assert_eq!(package("", "db/migrations").as_deref(), Some("data"));
            assert_eq!(package("db", "migrations").as_deref(), Some("data"));
            assert_eq!(package("db", "not/there/yet").as_deref(), Some("data"));
            assert_eq!(package("web", "../db/migrations").as_deref(), Some("web"));
        });
    }

    #[test]
    fn the_file_is_looked_for_up_to_the_root_of_the_workspace() {
        let files = [
            (CONFIG, ""),
            ("one/Cargo.toml", "[workspace]\n"),
            ("one/a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("two/Cargo.toml", "[workspace]\n"),
            ("two/limbeck.toml", ""),
            ("two/in/b/Cargo.toml", "[package]\nname = \"b\"\n"),
            ("c/Cargo.toml", "[package]\nname = \"c\"\n"),
        ];
        with("config", &files, |root| {
            let config = |krate: &str| config_of(&root.join(krate));
            assert_eq!(config("one/a"), None);
            assert_eq!(config("two/in/b"), Some(root.join("two/limbeck.toml")));
            assert_eq!(config("c"), None);
        });
    }
}
