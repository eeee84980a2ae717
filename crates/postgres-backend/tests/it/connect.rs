//! Connecting by URL: what `sslmode` and `sslrootcert` mean, on a server with TLS that the test starts
//! itself, and what is said of a URL that does not work.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Bool;
use diesel::{Connection, PgConnection, QueryableByName};
use limbeck_core::{Error, ErrorKind};
use limbeck_postgres::{Migrator, connect, connect_async};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::run::{ask, three};
use crate::support::{TestDatabase, server};

/// Names the URL that `child_process` connects to.
const URL: &str = "LIMBECK_TEST_URL";

/// A server on a port of the loopback address, with TLS; it ends with this value, or with the process.
struct TlsServer {
    folder: PathBuf,
    port: u16,
    owner: (u32, u32),
    watcher: Child,
}

/// Who may come how. Everybody may through the socket.
const HBA: &str = "local all all trust
hostssl all encrypted 127.0.0.1/32 trust
hostnossl all clear 127.0.0.1/32 trust
host all secret 127.0.0.1/32 scram-sha-256
host all postgres 127.0.0.1/32 trust
";
const ROLES: &str = "CREATE ROLE encrypted LOGIN; CREATE ROLE clear LOGIN;
CREATE ROLE secret LOGIN PASSWORD 's3cret w0rd';";
/// Ends the server when the other end of its input is gone.
const WATCHER: &str = r#""$@" >"$0/log" 2>&1 &
server=$!
while read -r line; do :; done
kill -QUIT "$server"
wait "$server""#;

impl TlsServer {
    /// Starts one; `None`, said, where the server of these tests is somebody else's or has no TLS.
    fn start(name: &str) -> Option<Self> {
        let Some(binaries) = server().binaries() else {
            eprintln!("not tested: there are no binaries to start a server with TLS from");
            return None;
        };
        let library = "SELECT current_setting('ssl_library')";
        if ask(&mut TestDatabase::new().connect(), library).is_empty() {
            eprintln!("not tested: the server's build has no TLS");
            return None;
        }
        // The account that servers run as here; root may not.
        let url = server().url("postgres");
        let socket = url.split_once("host=").expect("a server of ours").1;
        let metadata = fs::metadata(socket.split('&').next().unwrap()).unwrap();
        let owner = (metadata.uid(), metadata.gid());
        let folder = std::env::temp_dir().join(format!("limbeck-{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        chown(&folder, Some(owner.0), Some(owner.1)).unwrap();
        let data = folder.join("data");
        let mut initdb = Command::new(binaries.join("initdb"));
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--locale=C",
            "-D",
        ]);
        let made = as_owner(initdb.arg(&data), owner).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        fs::write(data.join("pg_hba.conf"), HBA).unwrap();
        let port = free_port();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", WATCHER]).arg(&folder);
        shell.arg(binaries.join("postgres")).arg("-D").arg(&data);
        for setting in [
            "fsync=off".to_owned(),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            format!("unix_socket_directories={}", folder.display()),
        ] {
            shell.args(["-c", &setting]);
        }
        let watcher = as_owner(&mut shell, owner)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let started = Self {
            folder,
            port,
            owner,
            watcher,
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while PgConnection::establish(&started.socket()).is_err() {
            let log = fs::read_to_string(started.folder.join("log"));
            assert!(Instant::now() < deadline, "{log:?}");
            thread::sleep(Duration::from_millis(10));
        }
        started.execute(ROLES);
        Some(started)
    }

    fn socket(&self) -> String {
        let Self { folder, port, .. } = self;
        format!(
            "postgres://postgres@/postgres?host={}&port={port}",
            folder.display()
        )
    }

    fn execute(&self, sql: &str) {
        let mut connection = PgConnection::establish(&self.socket()).unwrap();
        // `ALTER SYSTEM` wants to be alone.
        for statement in sql.split(';').filter(|sql| !sql.trim().is_empty()) {
            connection.batch_execute(statement).unwrap();
        }
    }

    /// A file in the server's folder that the server may read, and nobody else.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(self.owner.0), Some(self.owner.1)).unwrap();
        path.display().to_string()
    }

    /// Shows a certificate from now on.
    fn shows(&self, certificate: &Certificate) {
        let text = self.file("server.crt", &certificate.pem);
        let key = self.file("server.key", &certificate.key);
        self.execute(&format!(
            "ALTER SYSTEM SET ssl_cert_file = '{text}'; ALTER SYSTEM SET ssl_key_file = '{key}'; \
             ALTER SYSTEM SET ssl = on; SELECT pg_reload_conf()"
        ));
        self.wait_until("on");
    }

    fn without_tls(&self) {
        self.execute("ALTER SYSTEM SET ssl = off; SELECT pg_reload_conf()");
        self.wait_until("off");
    }

    /// New sessions have what was reloaded when they say so.
    fn wait_until(&self, ssl: &str) {
        thread::sleep(Duration::from_millis(100));
        for _ in 0..500 {
            let mut connection = PgConnection::establish(&self.socket()).unwrap();
            if ask(&mut connection, "SELECT current_setting('ssl')") == ssl {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let log = fs::read_to_string(self.folder.join("log"));
        panic!("TLS is not {ssl}: {log:?}");
    }

    fn url(&self, user: &str, parameters: &str) -> String {
        let port = self.port;
        format!("postgres://{user}@localhost:{port}/postgres?hostaddr=127.0.0.1&{parameters}")
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn as_owner(command: &mut Command, (user, group): (u32, u32)) -> &mut Command {
    let own = fs::metadata("/proc/self").map_or(user, |metadata| metadata.uid());
    if own != user {
        command.gid(group).uid(user);
    }
    command.current_dir("/").env("LC_ALL", "C")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

struct Certificate {
    pem: String,
    key: String,
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(name: &str) -> Authority {
    authority_by(name, &rcgen::PKCS_ECDSA_P256_SHA256)
}

/// One that signs by an algorithm.
fn authority_by(name: &str, algorithm: &'static rcgen::SignatureAlgorithm) -> Authority {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate_for(algorithm).unwrap();
    let pem = parameters.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(parameters, key);
    Authority { pem, issuer }
}

fn signed(authority: &Authority, host: &str) -> Certificate {
    signed_for(authority, &[host])
}

fn signed_for(authority: &Authority, hosts: &[&str]) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let parameters = CertificateParams::new(hosts).unwrap();
    let certificate = parameters.signed_by(&key, &authority.issuer).unwrap();
    Certificate {
        pem: certificate.pem(),
        key: key.serialize_pem(),
    }
}

/// As `openssl x509 -req` makes them: of version 1, without extensions.
fn old_fashioned(authority: &Authority, host: &str) -> Certificate {
    fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = match u16::try_from(content.len()).unwrap().to_be_bytes() {
            [0, short @ ..128] => vec![short],
            [0, longer] => vec![0x81, longer],
            [high, low] => vec![0x82, high, low],
        };
        [&[tag], length.as_slice(), content.as_slice()].concat()
    }
    fn name(text: &str) -> Vec<u8> {
        let common = [0x06, 3, 0x55, 0x04, 0x03];
        let one = element(0x30, &[&common, &element(0x0c, &[text.as_bytes()])]);
        element(0x30, &[&element(0x31, &[&one])])
    }
    let key = KeyPair::generate().unwrap();
    // ECDSA with SHA-256.
    let algorithm = [0x30, 10, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let time = |text: &str| [&[0x18, 15], text.as_bytes()].concat();
    let told = element(
        0x30,
        &[
            &[0x02, 1, 7],
            &algorithm,
            &name("ours"),
            &element(0x30, &[&time("20200101000000Z"), &time("21000101000000Z")]),
            &name(host),
            &rcgen::PublicKeyData::subject_public_key_info(&key),
        ],
    );
    let signature = rcgen::SigningKey::sign(authority.issuer.key(), &told).unwrap();
    let whole = element(
        0x30,
        &[&told, &algorithm, &element(0x03, &[&[0], &signature])],
    );
    Certificate {
        pem: pem(&whole),
        key: key.serialize_pem(),
    }
}

/// A certificate as text.
fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in der.chunks(3) {
        let number = (0..3).fold(0, |sum, at| {
            sum << 8 | u32::from(*three.get(at).unwrap_or(&0))
        });
        for at in 0..4 {
            text.push(match at <= three.len() {
                true => char::from(DIGITS[(number >> (18 - 6 * at)) as usize & 63]),
                false => '=',
            });
        }
    }
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

/// As `openssl req -x509` makes them: it signs itself, and might sign others.
fn self_signed(host: &str, until: i32) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
    Certificate {
        pem: parameters.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

#[derive(QueryableByName)]
struct Encrypted {
    #[diesel(sql_type = Bool)]
    ssl: bool,
}

/// How one gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum In {
    Encrypted,
    Clear,
}

async fn way_in(url: &str) -> Result<In, Error> {
    let mut connection = connect_async(url).await?;
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let query = diesel::sql_query(sql);
    let found: Encrypted = diesel_async::RunQueryDsl::get_result(query, &mut connection)
        .await
        .unwrap();
    Ok(if found.ssl { In::Encrypted } else { In::Clear })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

/// What comes of a URL: a way in, or words of the error.
#[track_caller]
fn expect(url: &str, expected: Result<In, &str>) {
    match (block_on(way_in(url)), expected) {
        (Ok(way), Ok(expected)) => assert_eq!(way, expected, "{url}"),
        (Err(error), Err(words)) => {
            assert!(format!("{error}").contains(words), "{url}: {error}");
            assert!(error.hint().is_some(), "{url}: {error}");
            let all = format!("{error} {error:?} {:?}", error.hint());
            assert!(!all.contains("s3cret"), "{all}");
        }
        (found, expected) => panic!("{url}: {found:?} in place of {expected:?}"),
    }
}

#[test]
fn modes_and_roots_mean_what_they_mean_to_libpq() {
    let Some(server) = TlsServer::start("tls") else {
        return;
    };
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let our_file = server.file("ours.crt", &ours.pem);
    let their_file = server.file("theirs.crt", &theirs.pem);
    let all_file = server.file("all.crt", &format!("{}{}", theirs.pem, ours.pem));
    let empty_file = server.file("empty.crt", "");
    let expect = |user: &str, parameters: &str, expected| {
        expect(&server.url(user, parameters), expected);
    };

    // The certificate comes from our authority, and is for the host.
    server.shows(&signed(&ours, "localhost"));
    for user in ["postgres", "secret:s3cret%20w0rd"] {
        expect(user, "sslmode=disable", Ok(In::Clear));
        expect(user, "sslmode=allow", Ok(In::Clear));
        expect(user, "sslmode=prefer", Ok(In::Encrypted));
        expect(user, "", Ok(In::Encrypted));
        expect(user, "sslmode=require", Ok(In::Encrypted));
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let with = |file: &str| format!("sslmode={mode}&sslrootcert={file}");
        expect("postgres", &with(&our_file), Ok(In::Encrypted));
        expect("postgres", &with(&all_file), Ok(In::Encrypted));
        expect("postgres", &with(&their_file), Err("certificate"));
        expect(
            "postgres",
            &with(&empty_file),
            Err("it holds no certificate"),
        );
        expect("postgres", &with("/nowhere.crt"), Err("`/nowhere.crt`"));
    }
    for mode in ["verify-ca", "verify-full"] {
        let without = format!("sslmode={mode}");
        expect("postgres", &without, Err("no root certificates"));
    }
    expect("postgres", "sslrootcert=system", Err("certificate"));
    expect(
        "postgres",
        "sslmode=require&sslrootcert=system",
        Err("weak `sslmode`"),
    );

    // The password is bound to the connection, whichever hash the certificate is signed with.
    let bound = "channel_binding=require&sslmode=require";
    let secret = "secret:s3cret%20w0rd";
    expect(secret, bound, Ok(In::Encrypted));
    expect(
        secret,
        "channel_binding=require&sslmode=disable",
        Err("channel binding"),
    );
    expect("postgres", bound, Err("channel binding"));
    expect("secret:wrong", bound, Err("password authentication failed"));
    let strong = authority_by("strong", &rcgen::PKCS_ECDSA_P384_SHA384);
    server.shows(&signed(&strong, "localhost"));
    expect(secret, bound, Ok(In::Encrypted));
    let odd = authority_by("odd", &rcgen::PKCS_ED25519);
    server.shows(&signed(&odd, "localhost"));
    expect(secret, bound, Err("channel binding"));
    expect(
        secret,
        "channel_binding=prefer&sslmode=require",
        Ok(In::Encrypted),
    );
    server.shows(&signed(&ours, "localhost"));

    // Who may come in one way only.
    expect("encrypted", "sslmode=allow", Ok(In::Encrypted));
    expect("encrypted", "sslmode=disable", Err("pg_hba.conf"));
    expect("clear", "sslmode=prefer", Ok(In::Clear));
    expect("clear", "sslmode=require", Err("pg_hba.conf"));
    // Preferred and not to be trusted: there is no protection in it.
    let untrusted = format!("sslmode=prefer&sslrootcert={their_file}");
    expect("clear", &untrusted, Ok(In::Clear));
    expect("secret:wrong", "", Err("password authentication failed"));
    expect("secret", "", Err("password missing"));

    // It is for another host.
    server.shows(&signed(&ours, "example.com"));
    let with = |mode: &str| format!("sslmode={mode}&sslrootcert={our_file}");
    expect("postgres", &with("require"), Ok(In::Encrypted));
    expect("postgres", &with("verify-ca"), Ok(In::Encrypted));
    expect("postgres", &with("verify-full"), Err("certificate"));

    // It signs itself, and is what is trusted.
    let own = self_signed("localhost", 2100);
    let own_file = server.file("own.crt", &own.pem);
    server.shows(&own);
    let with = |mode: &str| format!("sslmode={mode}&sslrootcert={own_file}");
    expect("postgres", &with("verify-ca"), Ok(In::Encrypted));
    expect("postgres", &with("verify-full"), Ok(In::Encrypted));
    let other = format!("sslmode=verify-ca&sslrootcert={our_file}");
    expect("postgres", &other, Err("certificate"));

    let own = self_signed("example.com", 2100);
    server.file("own.crt", &own.pem);
    server.shows(&own);
    expect("postgres", &with("verify-ca"), Ok(In::Encrypted));
    expect("postgres", &with("verify-full"), Err("certificate"));

    let own = self_signed("localhost", 2001);
    server.file("own.crt", &own.pem);
    server.shows(&own);
    expect("postgres", &with("verify-ca"), Err("certificate"));
    expect("postgres", "sslmode=require", Ok(In::Encrypted));

    // It names its host by the common name alone, as certificates did once.
    server.shows(&old_fashioned(&ours, "localhost"));
    let with = |mode: &str| format!("sslmode={mode}&sslrootcert={our_file}");
    for mode in ["require", "verify-ca", "verify-full"] {
        expect("postgres", &with(mode), Err("version 1 of X.509"));
        let error = block_on(way_in(&server.url("postgres", &with(mode)))).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("-extfile") && hint.contains("subjectAltName"),
            "{hint}"
        );
    }
    server.shows(&signed_for(&ours, &[]));
    expect("postgres", &with("verify-ca"), Ok(In::Encrypted));
    expect("postgres", &with("verify-full"), Err("certificate"));
    let error = block_on(way_in(&server.url("postgres", &with("verify-full")))).unwrap_err();
    assert!(
        error.hint().unwrap().contains("subjectAltName"),
        "{error:?}"
    );

    // The server has no TLS.
    server.without_tls();
    expect("postgres", "sslmode=prefer", Ok(In::Clear));
    expect("postgres", "sslmode=require", Err("does not support TLS"));
    expect(
        "postgres",
        &with("verify-full"),
        Err("does not support TLS"),
    );
    // Sockets need none.
    let socket = format!("{}&sslmode=verify-full", server.socket());
    assert_eq!(block_on(way_in(&socket)).unwrap(), In::Clear);
}

#[test]
fn the_environment_names_modes_and_roots() {
    let Some(server) = TlsServer::start("environment") else {
        return;
    };
    let ours = authority("ours");
    server.shows(&signed(&ours, "localhost"));
    let our_file = server.file("ours.crt", &ours.pem);
    let home = server.folder.join("home");
    fs::create_dir_all(home.join(".postgresql")).unwrap();
    fs::write(home.join(".postgresql/root.crt"), &ours.pem).unwrap();
    let run = |parameters: &str, variables: &[(&str, &str)]| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "connect::child_process",
                "--ignored",
                "--nocapture",
            ])
            .env(URL, server.url("postgres", parameters))
            .env("HOME", "/nowhere")
            .env_remove("PGSSLMODE")
            .env_remove("PGSSLROOTCERT")
            .env_remove("SSL_CERT_DIR")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let encrypted = "way: Ok(Encrypted)";
    // The system's certificates, of which ours is one.
    let trusting = [("SSL_CERT_FILE", our_file.as_str())];
    let told = run("sslrootcert=system", &trusting);
    assert!(told.contains(encrypted), "{told}");
    // libpq's own file.
    let at_home = [("HOME", home.to_str().unwrap())];
    let told = run("sslmode=verify-full", &at_home);
    assert!(told.contains(encrypted), "{told}");
    let told = run("sslmode=verify-full", &[]);
    assert!(told.contains("no root certificates"), "{told}");
    // What the URL does not say.
    let told = run("", &[("PGSSLMODE", "disable")]);
    assert!(told.contains("way: Ok(Clear)"), "{told}");
    let said = [("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", &our_file)];
    let told = run("", &said);
    assert!(told.contains(encrypted), "{told}");
}

#[test]
fn the_environment_and_the_file_know_passwords_as_they_do_for_libpq() {
    use std::os::unix::fs::PermissionsExt as _;

    let Some(server) = TlsServer::start("passwords") else {
        return;
    };
    let ours = authority("ours");
    server.shows(&signed(&ours, "localhost"));
    let home = server.folder.join("home");
    fs::create_dir_all(&home).unwrap();
    let file = home.join(".pgpass");
    fs::write(
        &file,
        format!("localhost:{}:*:secret:s3cret w0rd\n", server.port),
    )
    .unwrap();
    let run = |variables: &[(&str, &str)]| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "connect::child_process",
                "--ignored",
                "--nocapture",
            ])
            .env(URL, server.url("secret", "sslmode=require"))
            .env("HOME", "/nowhere")
            .env_remove("PGPASSWORD")
            .env_remove("PGPASSFILE")
            .env_remove("PGSSLROOTCERT")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let at_home = [("HOME", home.to_str().unwrap())];
    for (mode, variables, way_in) in [
        (0o600, &[("PGPASSWORD", "s3cret w0rd")][..], true),
        (0o600, &[("PGPASSWORD", "another"), at_home[0]], false),
        (0o600, &at_home, true),
        (0o600, &[("PGPASSFILE", file.to_str().unwrap())], true),
        (0o644, &at_home, false),
        (0o600, &[], false),
    ] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let told = run(variables);
        let is_in = told.contains("way: Ok(Encrypted)");
        assert_eq!(is_in, way_in, "{mode:o} {variables:?} {told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[test]
#[ignore = "another test runs it, in a process of its own"]
fn child_process() {
    let Ok(url) = std::env::var(URL) else { return };
    println!("way: {:?}", block_on(way_in(&url)));
}

#[test]
fn a_run_by_url_is_a_run() {
    let Some(server) = TlsServer::start("run") else {
        return;
    };
    let ours = authority("ours");
    server.shows(&signed(&ours, "localhost"));
    let file = server.file("ours.crt", &ours.pem);
    let migrator = Migrator::new(three());
    let verified = format!("sslmode=verify-full&sslrootcert={file}");
    let url = server.url("postgres", &verified);
    let report = block_on(migrator.run_pending_url_async(&url)).unwrap();
    assert_eq!(report.applied.len(), 3);

    // The bundled libpq has no TLS, and says so.
    let url = server.url("postgres", "sslmode=disable");
    assert!(migrator.run_pending_url(&url).unwrap().is_nothing());
    let url = server.url("postgres", "sslmode=require");
    let error = migrator.run_pending_url(&url).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.hint().unwrap().contains("`bundled-tls`"), "{error}");
}

#[test]
fn a_run_by_url_closes_its_connection() {
    let database = TestDatabase::new();
    let migrator = Migrator::new(three());
    let report = block_on(migrator.run_pending_url_async(&database.url())).unwrap();
    assert_eq!(report.applied.len(), 3);
    assert!(
        migrator
            .run_pending_url(&database.url())
            .unwrap()
            .is_nothing()
    );
    let mut connection = database.connect();
    for _ in 0..500 {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND pid <> pg_backend_pid()";
        if ask(&mut connection, others) == "0" {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("a connection stays open");
}

#[test]
fn what_is_wrong_with_a_url_is_told_without_its_password() {
    let closed = free_port();
    let cases = [
        ("", ErrorKind::Config, "the database URL is empty"),
        ("mysql://u:s3cret@h/d", ErrorKind::Config, "`mysql://`"),
        (
            "postgres://u:s3cret@h",
            ErrorKind::Config,
            "names no database",
        ),
        (
            "postgres://u:s3/cret@h/d",
            ErrorKind::Config,
            "not understood",
        ),
        ("postgres://u:s3cret@/d", ErrorKind::Config, "names no host"),
        (
            "postgres://u:s3cret@h/d?keepalives=s3cret",
            ErrorKind::Config,
            "`keepalives`",
        ),
        (
            "postgres://u:s3cret@h/d?sslkey=/s3cret",
            ErrorKind::Config,
            "`sslkey`",
        ),
        (
            "host=h dbname=d password='s3cret",
            ErrorKind::Config,
            "not understood",
        ),
        (
            "postgres://u:s3cret@limbeck.invalid/d",
            ErrorKind::Connection,
            "no connection to the database",
        ),
        (
            &format!("postgres://u:s3cret@127.0.0.1:{closed}/d"),
            ErrorKind::Connection,
            "refused",
        ),
        (
            &format!("host=127.0.0.1 port={closed} user=u password = 's3cret' dbname=d"),
            ErrorKind::Connection,
            "refused",
        ),
    ];
    for (url, kind, words) in cases {
        let Err(error) = block_on(connect_async(url)) else {
            panic!("{url} is taken");
        };
        assert_eq!(error.kind(), kind, "{url}: {error}");
        assert!(error.to_string().contains(words), "{url}: {error}");
        let all = format!("{error} {error:?} {:?}", error.hint());
        assert!(!all.contains("s3cret"), "{all}");
    }
    let database = TestDatabase::new();
    let missing = database.url().replacen("test", "missing", 1);
    let Err(error) = block_on(connect_async(&missing)) else {
        panic!("{missing} is taken");
    };
    assert!(error.to_string().contains("does not exist"), "{error}");
    assert!(error.hint().unwrap().contains("createdb"), "{error}");
    // The same words as libpq's way.
    let Err(twin) = connect(&missing) else {
        panic!("{missing} is taken");
    };
    assert_eq!(twin.hint(), error.hint());
}

#[test]
fn a_server_that_speaks_something_else_is_told() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = thread::spawn(move || -> io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")
    });
    let url = format!("postgres://u:s3cret@127.0.0.1:{port}/d?sslmode=disable");
    expect(&url, Err("no connection to the database"));
    serving.join().unwrap().unwrap();
}

#[test]
fn what_overrules_libpq_s_environment_is_understood_without_libpq() {
    let database = TestDatabase::new();
    let url = format!(
        "{}&hostaddr=&channel_binding=disable&requirepeer=&gssencmode=disable&target_session_attrs=any\
         &connect_timeout=30&ssl_min_protocol_version=&require_auth=&sslcertmode=disable\
         &sslnegotiation=postgres&min_protocol_version=3.0&max_protocol_version=3.0",
        database.url()
    );
    assert_eq!(block_on(way_in(&url)).unwrap(), In::Clear);
}
