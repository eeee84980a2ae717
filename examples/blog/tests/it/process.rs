//! The programs, started and asked over the loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use limbeck::server::{Database, Fetch, Server, ServerOptions};

/// Both programs.
pub(crate) const PROGRAMS: [&str; 2] =
    [env!("CARGO_BIN_EXE_blog"), env!("CARGO_BIN_EXE_blog-r2d2")];

/// How long anything may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks until there is an answer.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(told) => assert!(started.elapsed() < PATIENCE, "{what} did not come: {told}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn server() -> Server {
    let options = ServerOptions {
        fetch: Fetch::Allowed,
        ..ServerOptions::default()
    };
    Server::start(&options).expect("a throwaway server can be had")
}

/// A program that runs; it is ended with its handle.
pub(crate) struct Process {
    child: Child,
    told: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts a program on a database, with more settings.
    pub(crate) fn start(program: &str, database: &Database, settings: &[(&str, &str)]) -> Self {
        let url = database.url();
        let mut all = vec![("DATABASE_URL", url.as_str())];
        all.extend(settings);
        Self::start_with(program, &all)
    }

    pub(crate) fn start_with(program: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        for name in [
            "DATABASE_URL",
            "REQUIRE_CURRENT",
            "MIGRATION_BUDGET_SECONDS",
        ] {
            command.env_remove(name);
        }
        let mut child = command
            .env("LIMBECK_AUTOGENERATE", "off")
            .envs([("PORT", "0"), ("HEALTH_PORT", "0")])
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let told = Arc::new(Mutex::new(String::new()));
        let out = child.stdout.take().expect("it was piped");
        let err = child.stderr.take().expect("it was piped");
        let readers = vec![note(out, &told), note(err, &told)];
        Self {
            child,
            told,
            readers,
        }
    }

    pub(crate) fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// The address that a line ends in, once it is there.
    #[track_caller]
    fn address(&self, line: &str) -> String {
        eventually(line, || {
            let told = self.told();
            let found = told.lines().find_map(|it| it.strip_prefix(line));
            let address = found.ok_or(&told)?;
            Ok(address.trim_end_matches("/readyz").to_owned())
        })
    }

    /// The application, once it takes requests.
    #[track_caller]
    pub(crate) fn application(&self) -> String {
        self.address("listening on http://")
    }

    #[track_caller]
    pub(crate) fn health(&self) -> String {
        self.address("health on http://")
    }

    /// Asks it to end, as a service is ended.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(status.expect("`kill` is there").success());
    }

    /// How it ended, and all that it told.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> (ExitStatus, String) {
        let status = eventually("the end", || {
            let status = self.child.try_wait().expect("it is our child");
            status.ok_or_else(|| self.told())
        });
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader does not panic");
        }
        (status, self.told())
    }

    /// What it told when it refused to start.
    #[track_caller]
    pub(crate) fn refused(&mut self) -> String {
        let (status, told) = self.ended();
        assert_eq!(status.code(), Some(1), "{told}");
        assert!(!told.contains("listening on"), "{told}");
        assert!(!told.contains("panicked"), "{told}");
        told
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where it has ended already, there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn note(from: impl Read + Send + 'static, told: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let told = Arc::clone(told);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut told = told.lock().unwrap();
            told.push_str(&line);
            told.push('\n');
        }
    })
}

/// One request: its status, and the body of the answer.
#[track_caller]
pub(crate) fn request(address: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("the port is open");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("the request is taken");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("there is an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("it has a head");
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    (status.expect("it has a status"), body.to_owned())
}

#[track_caller]
pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    request(address, "GET", path, "")
}
