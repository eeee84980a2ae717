//! The folders that a server needs: one that outlives it (the cache) and one that does not.
//!
//! Both are ours alone. A folder somebody else made under our name, in a place where everybody may
//! write, is not used.

use std::env;
use std::ffi::CString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
#[cfg(target_os = "linux")]
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{
    DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, lchown,
};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use limbeck_core::{Error, ErrorKind, Result};

use super::account::Account;

/// How much a memory-backed folder must have left to be used.
#[cfg(target_os = "linux")]
const ROOM: u64 = 1 << 30;
/// What a socket's path may have; Linux takes 107 bytes, macOS 103.
const LONGEST_SOCKET: usize = 103;
/// What our names add to the base folder: `/s-0123456789ab-01234567/.s.PGSQL.5432`.
const NAMES: usize = 40;

/// The folder for what is kept: `limbeck` in the user's cache folder. In root's place it is one
/// that the server's account can reach.
pub(super) fn cache(account: &Account) -> Result<PathBuf> {
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|it| it.is_absolute())
    };
    let mut candidates: Vec<PathBuf> = absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("limbeck"))
        .into_iter()
        .collect();
    if account.switches {
        candidates.retain(|candidate| is_open(candidate));
        candidates.push(PathBuf::from("/var/cache/limbeck"));
    }
    let mut refusals = Vec::new();
    for candidate in candidates {
        let usable = fs::create_dir_all(&candidate).and_then(|()| {
            is_writable(&candidate)?;
            if account.switches && !is_open(&candidate) {
                // Made just now, perhaps by somebody whose new folders are closed.
                fs::set_permissions(&candidate, fs::Permissions::from_mode(0o755))?;
            }
            match account.switches && !is_open(&candidate) {
                true => Err(io::Error::other(format!(
                    "user `{}` cannot reach it",
                    account.name
                ))),
                false => Ok(()),
            }
        });
        match usable {
            Ok(()) => return Ok(candidate),
            Err(error) => refusals.push(format!("`{}`: {error}", candidate.display())),
        }
    }
    // Nowhere at home: a place for all, under a name of ours.
    let last = PathBuf::from("/tmp").join(format!("limbeck-cache-{}", our_uid()));
    match private(&last, if account.switches { 0o755 } else { 0o700 }) {
        Ok(()) => Ok(last),
        Err(error) => {
            refusals.push(format!("`{}`: {error}", last.display()));
            Err(Error::new(
                ErrorKind::Server,
                format!("no folder to keep a cluster in: {}", refusals.join("; ")),
            )
            .with_hint("set `XDG_CACHE_HOME` to a folder that can be written to"))
        }
    }
}

/// The folder in which servers have theirs: memory-backed if possible, private to the user.
///
/// As root it belongs to the group of the server's account too, and is sticky: the account may
/// remove its own there and nothing else.
pub(super) fn base(account: &Account) -> Result<PathBuf> {
    let name = match account.switches {
        true => format!("limbeck-{}-{}", our_uid(), account.uid),
        false => format!("limbeck-{}", our_uid()),
    };
    let mut refusals = Vec::new();
    let memory = Some(PathBuf::from("/dev/shm")).filter(|memory| is_memory_with_room(memory));
    for parent in memory
        .into_iter()
        .chain([env::temp_dir(), PathBuf::from("/tmp")])
    {
        let candidate = parent.join(&name);
        let usable = if candidate.as_os_str().len() + NAMES > LONGEST_SOCKET {
            Err(io::Error::other("too long a path for a socket"))
        } else if account.switches && !is_open(&parent) {
            Err(io::Error::other(format!(
                "user `{}` cannot reach it",
                account.name
            )))
        } else if account.switches {
            private(&candidate, 0o700).and_then(|()| {
                chown(&candidate, None, Some(account.gid))?;
                fs::set_permissions(&candidate, fs::Permissions::from_mode(0o1770))
            })
        } else {
            private(&candidate, 0o700)
        };
        match usable.and_then(|()| is_writable(&candidate)) {
            Ok(()) => return Ok(candidate),
            Err(error) => refusals.push(format!("`{}`: {error}", candidate.display())),
        }
    }
    Err(Error::new(
        ErrorKind::Server,
        format!("no folder for a server: {}", refusals.join("; ")),
    )
    .with_hint("set `TMPDIR` to a folder that can be written to, with a short path"))
}

/// Waits for a lock on a file, which is made where it is missing; it is held until the file is
/// dropped.
pub(super) fn lock(path: &Path, limit: Duration) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
        .map_err(|error| failed("open", path, error))?;
    let deadline = Instant::now() + limit;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "another process has held the lock `{}` for {} seconds",
                    path.display(),
                    limit.as_secs()
                );
                return Err(Error::new(ErrorKind::Server, message));
            }
            // Some network file systems have no locks; what is guarded is atomic enough to be
            // right without, only done twice.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(file);
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(failed("lock", path, error)),
        }
    }
}

/// A FIFO that only its owner may open.
pub(super) fn make_fifo(path: &Path) -> io::Result<()> {
    let c_path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path is a string that ends in a zero byte.
    match unsafe { libc::mkfifo(c_path.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Opens a FIFO without waiting for the other side. For writing it fails where nobody reads.
pub(super) fn open_fifo(path: &Path, write: bool) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(!write)
        .write(write)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW)
        .open(path)?;
    match file.metadata()?.file_type().is_fifo() {
        true => Ok(file),
        false => Err(io::Error::other("not a FIFO")),
    }
}

/// Copies a folder, which holds only files and folders, to a new one that nobody else can read.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => {
                fs::copy(entry.path(), target)?;
            }
        }
    }
    Ok(())
}

/// Gives a folder and all in it to an account; the folder itself last, so that nobody can
/// interfere before that.
pub(super) fn give(path: &Path, account: &Account) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), account)?;
        }
    }
    lchown(path, Some(account.uid), Some(account.gid))
}

/// Takes a folder back for ourselves, the folder itself first; it must hold only files and folders,
/// each under one name, since somebody else could write to it.
pub(super) fn take_back(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let kind = metadata.file_type();
    if !(kind.is_dir() || kind.is_file() && metadata.nlink() == 1) {
        return Err(io::Error::other(format!(
            "`{}` does not belong there",
            path.display()
        )));
    }
    lchown(path, Some(our_uid()), None)?;
    if kind.is_dir() {
        for entry in fs::read_dir(path)? {
            take_back(&entry?.path())?;
        }
    }
    Ok(())
}

/// Removes a folder, where that can be done.
pub(super) fn remove(path: &Path) {
    let _ = fs::remove_dir_all(path);
}

/// A new folder that only we can read, with a name nobody else has.
pub(super) fn make_unique(parent: &Path, prefix: &str) -> io::Result<PathBuf> {
    let path = parent.join(format!("{prefix}{:08x}", random() as u32));
    DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}

/// A short name for a text: two texts have two names, as far as anybody will see.
pub(super) fn short_name(text: &str) -> String {
    // FNV-1a; it only has to be the same in every process, whoever compiled it.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:012x}", hash >> 16)
}

/// An error about a path.
pub(super) fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(
        ErrorKind::Server,
        format!("could not {what} `{}`", path.display()),
    )
    .with_source(error)
}

/// The names in a folder, in order; none where it cannot be read.
pub(super) fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    names
}

pub(super) fn our_uid() -> u32 {
    // SAFETY: it has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Makes a folder of ours, or sees that the one that is there is ours.
fn private(path: &Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let metadata = fs::symlink_metadata(path)?;
    let is_sticky = metadata.mode() & 0o1000 != 0;
    if metadata.is_dir()
        && metadata.uid() == our_uid()
        && metadata.mode() & 0o002 == 0
        && (metadata.mode() & 0o020 == 0 || is_sticky)
    {
        Ok(())
    } else {
        Err(io::Error::other(
            "it is there already, and others may write to it",
        ))
    }
}

fn is_writable(path: &Path) -> io::Result<()> {
    let c_path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path is a string that ends in a zero byte.
    match unsafe { libc::access(c_path.as_ptr(), libc::W_OK | libc::X_OK) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether everybody can go through to it, as far as it exists already.
fn is_open(path: &Path) -> bool {
    path.ancestors()
        .filter_map(|ancestor| fs::metadata(ancestor).ok())
        .all(|metadata| metadata.mode() & 0o001 != 0)
}

/// Whether a path is on a memory-backed file system with room for some databases.
#[cfg(target_os = "linux")]
#[allow(clippy::unnecessary_cast, reason = "the types differ by platform")]
fn is_memory_with_room(path: &Path) -> bool {
    let Ok(c_path) = CString::new(path.as_os_str().as_bytes()) else {
        return false;
    };
    let mut status = mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the path is a string that ends in a zero byte, and the result is read only after a
    // success.
    let status = unsafe {
        if libc::statfs(c_path.as_ptr(), status.as_mut_ptr()) != 0 {
            return false;
        }
        status.assume_init()
    };
    let (kind, available) = (
        status.f_type as i64,
        (status.f_bavail as u64).saturating_mul(status.f_bsize as u64),
    );
    kind == libc::TMPFS_MAGIC as i64 && available >= ROOM
}

/// Only Linux has such a folder ready.
#[cfg(not(target_os = "linux"))]
fn is_memory_with_room(_path: &Path) -> bool {
    false
}
