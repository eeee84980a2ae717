//! A running server in a folder of its own, and how its owners, in many processes, share it.
//!
//! The folder holds the cluster (`data`), the socket, the server's words (`log`), and a FIFO
//! (`owners`). Every owner holds the FIFO open for writing, close-on-exec; a shell, the server's
//! parent in a session of its own, reads from it. When it reads the end of the file nobody is left.
//! A shared server is then given a moment, so that the next process of the same run finds it and
//! what is in it, and longer where the file `kept` says so: a failed test wants its database looked
//! at. An owner says a line when it joins, by which the shell knows that the moment begins anew.
//! At the end it puts up the mark `closing` and reads once more: an owner that joined in between is
//! waited for too. Then it stops the server and removes the folder. Who joins opens the FIFO first
//! and looks for the mark afterwards, so that one of the two always sees the other.
//!
//! Starting, joining and sweeping happen under one lock a user.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use limbeck_core::{Error, ErrorKind, Result};

use super::account::Account;
use super::binaries::Binaries;
use super::{cluster, command, folder};

/// Speed before safety: all of it is thrown away.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "listen_addresses=",
    "shared_buffers=16MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    // In the folder, so that nothing outside it can be left behind.
    "dynamic_shared_memory_type=mmap",
    // Many processes share it, each with many threads, and a thread with a pool. On other systems each possible
    // session costs the server an open file, of which there are few.
    if cfg!(target_os = "linux") {
        "max_connections=1000"
    } else {
        "max_connections=100"
    },
    // What is made is room for the product of the two, which whoever needs it may fill: 64000 and 25600 locks.
    if cfg!(target_os = "linux") {
        "max_locks_per_transaction=64"
    } else {
        "max_locks_per_transaction=256"
    },
    // The log is read by nobody but us, when a start fails.
    "log_min_messages=fatal",
    "log_min_error_statement=panic",
];
/// Starts the server and watches over it. Standard input is the FIFO; standard output is a pipe
/// that only the server may keep, so that its end tells that the server ended. The signals of a
/// terminal do not get here, but a session's end might.
const WATCHER: &str = r#"
exec 3<&0 </dev/null
folder=$1
moment=$2
shift 2
{
  "$@" 2>"$folder/log" 3<&- &
  server=$!
  exec >/dev/null
  trap "" HUP INT TERM
  idle=0
  while
    while read -r line; do idle=0; done <&3
    limit=$moment
    if [ -r "$folder/kept" ]; then read -r limit <"$folder/kept"; fi
    [ "$idle" -lt "${limit:-0}" ] && kill -0 "$server" 2>/dev/null
  do
    sleep 1
    idle=$((idle + 1))
  done
  mkdir "$folder/closing"
  while read -r line; do :; done <&3
  kill -QUIT "$server"
  wait "$server"
  rm -rf "$folder"
} &
"#;
const SOCKET: &str = ".s.PGSQL.5432";
const FIFO: &str = "owners";
const CLOSING: &str = "closing";
/// Says for how many seconds the server stays when its last owner is gone.
const KEPT: &str = "kept";
/// How many seconds a shared server stays for the next process; one of its own goes at once.
const MOMENT: u32 = 2;
/// How long to wait for another's start, or for its sweeping.
const LOCK_LIMIT: Duration = Duration::from_secs(240);
/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a server may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Part ownership of a running server.
pub(super) struct Instance {
    folder: PathBuf,
    /// The FIFO's writing end; its end is the end of our ownership.
    _owner: File,
}

/// Joins the server that is there, or starts one.
pub(super) fn join_or_start(
    account: &Account,
    binaries: &Binaries,
    shared: bool,
) -> Result<Instance> {
    let base = folder::base(account)?;
    let _lock = folder::lock(&base.join("lock"), LOCK_LIMIT)?;
    sweep(&base, account);
    let name = folder::short_name(&format!("{} {}", binaries.identity(), SETTINGS.join(" ")));
    let prefix = match shared {
        true => format!("s-{name}-"),
        false => format!("x-{name}-"),
    };
    if shared {
        for name in folder::names(&base) {
            if name.starts_with(&prefix)
                && let Some(instance) = join(base.join(name), account)
            {
                return Ok(instance);
            }
        }
    }
    let cluster = cluster::cached(account, binaries, &base)?;
    start(account, binaries, &cluster, &base, &prefix, shared).or_else(|error| {
        // A cluster that a crash of the machine left half written is of no use; a fresh one tells.
        folder::remove(&cluster);
        let cluster = cluster::cached(account, binaries, &base)?;
        start(account, binaries, &cluster, &base, &prefix, shared).map_err(|_| error)
    })
}

impl Instance {
    /// Where its socket is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets the server stay for so many seconds when its last owner is gone, unless the file that is
    /// returned is removed before.
    pub(super) fn keep(&self, seconds: u64) -> io::Result<PathBuf> {
        let path = self.folder.join(KEPT);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o644)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&path)?;
        // Whatever the mask is: the shell may run as somebody else.
        file.set_permissions(Permissions::from_mode(0o644))?;
        writeln!(file, "{seconds}")?;
        Ok(path)
    }

    /// Whether it takes connections.
    pub(super) fn answers(&self) -> bool {
        UnixStream::connect(self.folder.join(SOCKET)).is_ok()
    }
}

/// Becomes an owner of a running server, unless it is about to end.
fn join(path: PathBuf, account: &Account) -> Option<Instance> {
    if !belongs_to(&path, account) {
        return None;
    }
    let mut owner = folder::open_fifo(&path.join(FIFO), true).ok()?;
    owner.write_all(b"\n").ok()?;
    if path.join(CLOSING).exists() {
        return None;
    }
    let instance = Instance {
        folder: path,
        _owner: owner,
    };
    instance.answers().then_some(instance)
}

fn start(
    account: &Account,
    binaries: &Binaries,
    cluster: &Path,
    base: &Path,
    prefix: &str,
    shared: bool,
) -> Result<Instance> {
    let path = folder::make_unique(base, prefix)
        .map_err(|error| folder::failed("make a folder in", base, error))?;
    let started = prepare(account, cluster, &path)
        .map_err(|error| folder::failed("prepare a server in", &path, error))
        .and_then(|(reader, owner)| {
            let instance = Instance {
                folder: path.clone(),
                _owner: owner,
            };
            let output = spawn(account, binaries, &path, reader, shared)?;
            wait_until_ready(&path, &output)?;
            Ok(instance)
        });
    started.inspect_err(|_| {
        // If a watcher runs already, this helps it.
        quit(&path, account);
        folder::remove(&path);
    })
}

/// Fills the folder, and opens both ends of its FIFO, before it is given to the account.
fn prepare(account: &Account, cluster: &Path, path: &Path) -> io::Result<(File, File)> {
    let fifo = path.join(FIFO);
    folder::make_fifo(&fifo)?;
    // In this order neither end waits for the other.
    let reader = folder::open_fifo(&fifo, false)?;
    let owner = folder::open_fifo(&fifo, true)?;
    folder::copy(cluster, &path.join("data"))?;
    if account.switches {
        folder::give(path, account)?;
    }
    // The shell's reads have to wait.
    let descriptor = reader.as_raw_fd();
    // SAFETY: both calls only read and set the flags of an open descriptor.
    let done = unsafe {
        let flags = libc::fcntl(descriptor, libc::F_GETFL);
        flags != -1 && libc::fcntl(descriptor, libc::F_SETFL, flags & !libc::O_NONBLOCK) != -1
    };
    if done {
        Ok((reader, owner))
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Starts the watcher, and through it the server.
fn spawn(
    account: &Account,
    binaries: &Binaries,
    path: &Path,
    reader: File,
    shared: bool,
) -> Result<ChildStdout> {
    let mut command = account.command("/bin/sh");
    command.args(["-c", WATCHER, "limbeck-watcher"]).arg(path);
    command.arg(if shared { MOMENT } else { 0 }.to_string());
    command
        .arg(binaries.folder.join("postgres"))
        .arg("-D")
        .arg(path.join("data"));
    for setting in SETTINGS {
        command.arg("-c").arg(setting);
    }
    // A list, in which quotes keep commas and spaces.
    let sockets = path.display().to_string().replace('"', "\"\"");
    command
        .arg("-c")
        .arg(format!("unix_socket_directories=\"{sockets}\""));
    command
        .stdin(Stdio::from(reader))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // SAFETY: between fork and exec only `setsid` and `fcntl` are called, which are safe there.
    unsafe {
        command.pre_exec(|| {
            // What this process was handed itself, a lock or a pipe that somebody waits on, must
            // not be kept by a server that other processes may still use when this one is gone.
            for descriptor in 3..1024 {
                libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
            }
            match libc::setsid() {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            }
        });
    }
    let mut child = command.spawn().map_err(|error| {
        let what = match account.switches {
            true => format!("could not start a server as user `{}`", account.name),
            false => "could not start a server".to_owned(),
        };
        Error::new(ErrorKind::Server, what).with_source(error)
    })?;
    let output = child.stdout.take().expect("standard output is piped");
    // It puts the watcher into the background and ends at once.
    child
        .wait()
        .map_err(|error| folder::failed("wait for a server in", path, error))?;
    Ok(output)
}

/// Waits until the server says that it is ready, or its output ends because it ended.
fn wait_until_ready(path: &Path, output: &ChildStdout) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    let reason = loop {
        // The eighth line of this file is the state.
        let state = fs::read_to_string(path.join("data/postmaster.pid")).unwrap_or_default();
        if state
            .lines()
            .nth(7)
            .is_some_and(|state| state.trim() == "ready")
        {
            return Ok(());
        }
        if has_ended(output, Duration::from_millis(3)) {
            break "ended at once".to_owned();
        }
        if Instant::now() > deadline {
            break format!("was not ready within {} seconds", START_LIMIT.as_secs());
        }
    };
    let log = fs::read_to_string(path.join("log")).unwrap_or_default();
    Err(Error::new(
        ErrorKind::Server,
        format!(
            "the server in `{}` {reason}: {}",
            path.display(),
            command::last_lines(&log, 4)
        ),
    ))
}

/// Whether nobody holds the other end of a pipe any more; looks for that long.
fn has_ended(output: &ChildStdout, wait: Duration) -> bool {
    let mut polled = libc::pollfd {
        fd: output.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let milliseconds = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: it is given one structure, and told so.
    let count = unsafe { libc::poll(&raw mut polled, 1, milliseconds) };
    count == 1 && polled.revents & libc::POLLHUP != 0
}

/// Removes what servers left whose watchers were killed. The caller holds the lock.
fn sweep(base: &Path, account: &Account) {
    for name in folder::names(base) {
        let path = base.join(&name);
        let is_server = name.starts_with("s-") || name.starts_with("x-");
        if name.starts_with("i-") {
            // Initialising happens under the lock: nobody is at it.
            folder::remove(&path);
        } else if is_server && !is_in_use(&path) {
            quit(&path, account);
            folder::remove(&path);
        }
    }
}

/// Whether somebody watches over a server or, if not, still owns it.
fn is_in_use(path: &Path) -> bool {
    let fifo = path.join(FIFO);
    match folder::open_fifo(&fifo, true) {
        Ok(_) => true,
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
            let mut byte = [0];
            // Without a writer it is at its end, with one there is nothing to read yet.
            match folder::open_fifo(&fifo, false).and_then(|mut fifo| fifo.read(&mut byte)) {
                Ok(0) => false,
                Ok(_) => true,
                Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            }
        }
        // Half made, or half removed.
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Stops the server in a folder, if that is what runs under its number, and waits for its end.
fn quit(path: &Path, account: &Account) {
    let Some(process) = fs::read_to_string(path.join("data/postmaster.pid"))
        .ok()
        .and_then(|text| text.lines().next()?.trim().parse::<libc::pid_t>().ok())
        .filter(|process| *process > 1)
    else {
        return;
    };
    let deadline = Instant::now() + STOP_LIMIT;
    while is_server(process, path, account) && Instant::now() < deadline {
        // SAFETY: it only sends a signal, to a process seen to be the server of this folder.
        unsafe { libc::kill(process, libc::SIGQUIT) };
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs as the account, with the folder in its command line.
fn is_server(process: libc::pid_t, path: &Path, account: &Account) -> bool {
    let data = path.join("data").display().to_string();
    let proc = PathBuf::from(format!("/proc/{process}"));
    if let Ok(line) = fs::read(proc.join("cmdline")) {
        return belongs_to(&proc, account)
            && line
                .split(|byte| *byte == 0)
                .any(|word| word == data.as_bytes());
    }
    if cfg!(target_os = "linux") {
        return false;
    }
    let mut ps = account.command("ps");
    ps.args(["-o", "uid=,command=", "-p"])
        .arg(process.to_string());
    command::output(&mut ps, STOP_LIMIT).is_ok_and(|output| {
        let line = output.stdout.trim();
        line.split_whitespace().next() == Some(&account.uid.to_string()) && line.contains(&data)
    })
}

fn belongs_to(path: &Path, account: &Account) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.uid() == account.uid)
}
