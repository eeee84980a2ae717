//! Who the server runs as: the user, but never root.

use std::env;
use std::ffi::{CStr, CString, OsStr};
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::ptr;

use limbeck_core::{Error, ErrorKind, Result};

/// The account of the server's processes.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// For messages.
    pub(super) name: String,
    /// Whether it is another than ours, because ours is root's.
    pub(super) switches: bool,
}

/// Our own account; in root's place that of `postgres`, or else of `nobody`.
pub(super) fn account() -> Result<Account> {
    // SAFETY: neither call has preconditions or can fail.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    if uid != 0 {
        return Ok(Account {
            uid,
            gid,
            name: format!("uid {uid}"),
            switches: false,
        });
    }
    ["postgres", "nobody"]
        .into_iter()
        .find_map(look_up)
        .ok_or_else(|| {
            Error::new(
            ErrorKind::Server,
            "Postgres refuses to run as root, and there is neither a user `postgres` nor `nobody`",
        )
        .with_hint("run as another user, or create the user `postgres`")
        })
}

impl Account {
    /// A command that will run as this account, in `/`, with hardly any of our environment: it may
    /// hold secrets, and it may hold variables that Postgres listens to.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir("/");
        for kept in [
            "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH",
            "DYLD_FALLBACK_LIBRARY_PATH",
        ] {
            if let Some(value) = env::var_os(kept) {
                command.env(kept, value);
            }
        }
        // A shell's own tools are needed, whatever the user has.
        let mut path = env::var_os("PATH").unwrap_or_default();
        path.push(if path.is_empty() { "" } else { ":" });
        path.push("/usr/bin:/bin");
        command.env("PATH", path);
        command.stdin(Stdio::null());
        if self.switches {
            // With it come `setgroups` to none and `setgid`, in the right order.
            command.gid(self.gid).uid(self.uid);
        }
        command
    }
}

/// A user by name, if it exists and is not root by another name.
fn look_up(name: &str) -> Option<Account> {
    let c_name = CString::new(name).ok()?;
    let mut buffer = vec![0_u8; 16 * 1024];
    let mut entry = MaybeUninit::<libc::passwd>::uninit();
    let mut found: *mut libc::passwd = ptr::null_mut();
    // SAFETY: all pointers are to live values for the length of the call, the length is the
    // buffer's own.
    let status = unsafe {
        libc::getpwnam_r(
            c_name.as_ptr(),
            entry.as_mut_ptr(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &raw mut found,
        )
    };
    if status != 0 || found.is_null() {
        return None;
    }
    // SAFETY: the call succeeded and found somebody, so it has filled the entry, whose strings
    // point into the buffer.
    let (uid, gid, name) = unsafe {
        let entry = entry.assume_init_ref();
        (
            entry.pw_uid,
            entry.pw_gid,
            CStr::from_ptr(entry.pw_name).to_string_lossy().into_owned(),
        )
    };
    (uid != 0).then_some(Account {
        uid,
        gid,
        name,
        switches: true,
    })
}
