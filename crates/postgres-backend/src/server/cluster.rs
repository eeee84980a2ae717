//! A freshly initialised cluster, made once for an installation and kept in the cache folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use limbeck_core::{Error, ErrorKind, Result};

use super::account::Account;
use super::binaries::Binaries;
use super::{command, folder};

/// `initdb`'s options. The locale is the one that every machine has and that compares alike on all
/// of them.
const OPTIONS: &[&str] = &[
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--wal-segsize=1",
    "--no-sync",
];
/// What the folders in the cache are called.
const PREFIX: &str = "cluster-";
/// How long `initdb` may take.
const LIMIT: Duration = Duration::from_secs(180);
/// Clusters that were not used for so long are removed.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The cluster's folder in the cache; `initdb` is run in a folder below `base` if it is not there
/// yet. The caller holds the lock of `base`.
pub(super) fn cached(account: &Account, binaries: &Binaries, base: &Path) -> Result<PathBuf> {
    let cache = folder::cache(account)?;
    let name = folder::short_name(&format!(
        "{} {}",
        binaries.file_identity(),
        OPTIONS.join(" ")
    ));
    let cluster = cache.join(format!("{PREFIX}{name}"));
    if cluster.is_dir() {
        // So that it counts as used; if that fails it is made again some day.
        let _ = File::open(&cluster).and_then(|it| it.set_modified(SystemTime::now()));
        return Ok(cluster);
    }
    remove_unused(&cache);
    let place = folder::make_unique(base, "i-")
        .map_err(|error| folder::failed("make a folder in", base, error))?;
    let made = initialise(account, binaries, &place).and_then(|data| {
        let copy = cache.join(format!("new-{name}-{}", std::process::id()));
        folder::remove(&copy);
        folder::copy(&data, &copy).map_err(|error| folder::failed("write", &copy, error))?;
        match fs::rename(&copy, &cluster) {
            Ok(()) => Ok(cluster),
            // Somebody else with another base was quicker.
            Err(_) if cluster.is_dir() => {
                folder::remove(&copy);
                Ok(cluster)
            }
            Err(error) => {
                folder::remove(&copy);
                Err(folder::failed("write", &cluster, error))
            }
        }
    });
    folder::remove(&place);
    made
}

/// Runs `initdb` as the server's account, in a folder that is the account's only meanwhile.
fn initialise(account: &Account, binaries: &Binaries, place: &Path) -> Result<PathBuf> {
    let give = |account: &Account| {
        folder::give(place, account).map_err(|error| folder::failed("give away", place, error))
    };
    let data = place.join("data");
    give(account)?;
    let initdb = binaries.folder.join("initdb");
    let output = command::output(
        account
            .command(&initdb)
            .args(OPTIONS)
            .arg("--pgdata")
            .arg(&data),
        LIMIT,
    )
    .map_err(|error| folder::failed("run", &initdb, error))?;
    if !output.status.success() {
        return Err(Error::new(
            ErrorKind::Server,
            format!(
                "`{}` failed: {}",
                initdb.display(),
                command::last_lines(&output.stderr, 3)
            ),
        ));
    }
    if account.switches {
        folder::take_back(place).map_err(|error| folder::failed("take back", place, error))?;
    }
    Ok(data)
}

fn remove_unused(cache: &Path) {
    for name in folder::names(cache) {
        let path = cache.join(&name);
        let is_old = fs::metadata(&path)
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| modified.elapsed().ok())
            .is_some_and(|age| age > KEPT);
        if is_old && (name.starts_with(PREFIX) || name.starts_with("new-")) {
            folder::remove(&path);
        }
    }
}
