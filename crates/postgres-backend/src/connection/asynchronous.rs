//! Connecting by URL without libpq.

use std::error::Error as _;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use limbeck_core::{Error, ErrorKind, Result};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls, Socket};

use super::parameters::{Mode, Parameters, Roots, parameters};
use super::{
    NO_DATABASE, NOT_RUNNING, UNKNOWN_HOST, UNKNOWN_USER, WRONG_PASSWORD, check, no_connection,
    without_password,
};

/// Connects to a database by its URL or its `key=value` words, without libpq and without blocking.
///
/// It needs a tokio runtime with I/O and timers, on which a task of the connection's lives on.
///
/// `sslmode` and `sslrootcert` mean what they mean to libpq, read from the URL or else from
/// `PGSSLMODE` and `PGSSLROOTCERT`. A password that the URL leaves out is that of `PGPASSWORD`, else of
/// the password file (`PGPASSFILE`, else `~/.pgpass`) by libpq's rules: a file that others may read is
/// not read, and said so. Nothing else of libpq's environment counts, and no service file.
///
/// * `disable`, and every socket: no TLS.
/// * `allow`: none, but where the server refuses that.
/// * `prefer` (unless stated): TLS where the server has it. This protects nobody: whoever stands
///   between can take it out.
/// * `require`: TLS; and as `verify-ca` where there are root certificates, which are those in the file
///   `sslrootcert`, else those in `~/.postgresql/root.crt` if it exists.
/// * `verify-ca`: the server's certificate must come from one of them.
/// * `verify-full`: and must be for the host that the URL names, among its subject alternative names;
///   the common name is not looked at, which libpq does where there are none.
/// * A certificate of version 1 of X.509, as `openssl x509 -req` makes them without `-extfile`, is refused
///   wherever it is read, since rustls does not: give it a `subjectAltName` by `-extfile`.
/// * `channel_binding`: as libpq has it. A server's certificate that is signed with Ed25519 or RSA-PSS binds
///   nothing.
/// * `sslrootcert=system`: the certificates that the system trusts, always with `verify-full`.
///
/// Unlike libpq, a file that is named and cannot be read is an error in every mode that may use it.
/// TLS needs the feature `async-tls`. Without it, URLs that demand TLS are refused, and the others
/// connect in clear text.
///
/// # Errors
/// [`ErrorKind::Config`] for a URL that is none, names no database or no host, or demands what cannot
/// be had; [`ErrorKind::Connection`] where the server cannot be reached, refuses, or is not the one
/// that its certificate should prove it to be.
pub async fn connect_async(url: &str) -> Result<AsyncPgConnection> {
    check(url)?;
    let Parameters { mode, roots, rest } = parameters(url, |name| std::env::var(name).ok())?;
    let mut config: Config = rest.parse().map_err(|error| unreadable(&error, url))?;
    if config.get_hosts().is_empty() {
        // The address is as good a name as any where names are not looked at.
        for address in config.get_hostaddrs().to_vec() {
            if mode == Mode::VerifyFull {
                return Err(config_error(
                    "`sslmode=verify-full` needs a host, and the database URL names only an address",
                    "name the host that stands in the server's certificate",
                ));
            }
            config.host(address.to_string());
        }
    }
    if config.get_hosts().is_empty() {
        return Err(config_error(
            "the database URL names no host",
            "write it as `postgres://user@host/database`, or for a socket as \
             `postgres:///database?host=/var/run/postgresql`",
        ));
    }
    super::password::complete(&mut config, |name| std::env::var(name).ok()).await;
    // A socket is never encrypted, whatever is said of it.
    let sockets = config.get_hosts().iter().all(is_socket);
    let result = match if sockets { Mode::Disable } else { mode } {
        Mode::Disable => establish(&mut config, SslMode::Disable, NoTls).await,
        Mode::Allow => match establish(&mut config, SslMode::Disable, NoTls).await {
            Err(error) if wants_otherwise(&error) => encrypted(&mut config, mode, roots).await?,
            result => result,
        },
        Mode::Prefer => match encrypted(&mut config, mode, roots).await? {
            Err(error) if wants_otherwise(&error) => {
                establish(&mut config, SslMode::Disable, NoTls).await
            }
            result => result,
        },
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => {
            encrypted(&mut config, mode, roots).await?
        }
    };
    match result {
        Ok(connection) => Ok(connection),
        Err(Refusal::Server(error)) => Err(refused(&error, url)),
        Err(Refusal::Diesel(error)) => {
            let said = without_password(&error.to_string(), url);
            Err(no_connection(&said, NOT_RUNNING))
        }
    }
}

/// Waits so long and no longer.
pub(crate) async fn within_time<T>(
    limit: Duration,
    connecting: impl Future<Output = T>,
) -> Option<T> {
    tokio::time::timeout(limit, connecting).await.ok()
}

/// Why there is no connection.
enum Refusal {
    Server(tokio_postgres::Error),
    Diesel(diesel::ConnectionError),
}

async fn establish<T>(
    config: &mut Config,
    mode: SslMode,
    tls: T,
) -> std::result::Result<AsyncPgConnection, Refusal>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let connecting = config.ssl_mode(mode).connect(tls);
    let (client, connection) = connecting.await.map_err(Refusal::Server)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection)
        .await
        .map_err(Refusal::Diesel)
}

/// Connects with TLS; where that is only preferred, without it if the server has none.
#[cfg(feature = "async-tls")]
async fn encrypted(
    config: &mut Config,
    mode: Mode,
    roots: Roots,
) -> Result<std::result::Result<AsyncPgConnection, Refusal>> {
    let tls = super::tls::Tls::new(mode, roots).await?;
    let mode = match mode {
        Mode::Prefer => SslMode::Prefer,
        _ => SslMode::Require,
    };
    Ok(establish(config, mode, tls).await)
}

#[cfg(not(feature = "async-tls"))]
async fn encrypted(
    config: &mut Config,
    mode: Mode,
    roots: Roots,
) -> Result<std::result::Result<AsyncPgConnection, Refusal>> {
    let _ = roots;
    may_be_clear(mode)?;
    Ok(establish(config, SslMode::Disable, NoTls).await)
}

/// What a build without TLS does of each mode.
#[cfg(any(test, not(feature = "async-tls")))]
fn may_be_clear(mode: Mode) -> Result<()> {
    match mode {
        Mode::Disable | Mode::Allow | Mode::Prefer => Ok(()),
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => Err(config_error(
            "the database URL demands TLS, and this program was built without it",
            "build it with the feature `async-tls` of `limbeck`",
        )),
    }
}

/// Whether the server may say yes to the other of TLS and clear text: its `pg_hba.conf` has no entry
/// for this one, or TLS failed. A wrong password is wrong in both.
fn wants_otherwise(refusal: &Refusal) -> bool {
    let Refusal::Server(error) = refusal else {
        return false;
    };
    match error.code() {
        Some(code) => *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => error.to_string().contains("TLS"),
    }
}

fn is_socket(host: &Host) -> bool {
    match host {
        Host::Tcp(_) => false,
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn config_error(message: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Config, message).with_hint(hint)
}

fn unreadable(error: &tokio_postgres::Error, url: &str) -> Error {
    let said = without_password(&chain(error), url);
    config_error(
        &format!("the database URL is not understood: {said}"),
        "write it as `postgres://user@host/database`",
    )
}

/// What rustls does not read at all, whoever signed it, and libpq does.
const VERSION_ONE: &str = "the server's certificate is one of version 1 of X.509, which names no hosts and which \
                           rustls does not read";

/// How to make one that is read and names its host.
const MAKE_ANEW: &str = "libpq takes such a one; make another for the server that names its host, of version 3: \
                         `openssl x509 -req … -extfile server.ext`, where `server.ext` holds \
                         `subjectAltName = DNS:db.example.com` (or `IP:192.0.2.7`)";

fn refused(error: &tokio_postgres::Error, url: &str) -> Error {
    let said = without_password(&chain(error), url);
    if error.code().is_none() && said.contains("UnsupportedCertVersion") {
        return no_connection(VERSION_ONE, MAKE_ANEW);
    }
    let hint = match error.code() {
        Some(code) if *code == SqlState::INVALID_PASSWORD => WRONG_PASSWORD,
        Some(code) if *code == SqlState::INVALID_CATALOG_NAME => NO_DATABASE,
        Some(code) if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            if said.contains("pg_hba.conf") {
                "the server's `pg_hba.conf` lets nobody in this way: look at `sslmode`, the user and \
                 the database of the URL"
            } else {
                UNKNOWN_USER
            }
        }
        Some(_) => NOT_RUNNING,
        None if said.contains("not valid for") => {
            "the host of the URL must stand among the server's certificate's subject alternative names (its \
             common name is not looked at, as libpq does where there are none): `openssl x509 -req … -extfile \
             server.ext`, where `server.ext` holds `subjectAltName = DNS:db.example.com`"
        }
        None if said.contains("certificate") => {
            "is it the server that was meant? `sslrootcert` names the file with the certificates that \
             are trusted, and the host of the URL must stand in the server's"
        }
        None if said.contains("server does not support TLS") => {
            "switch TLS on at the server, or allow clear text with `sslmode=prefer`"
        }
        None if said.contains("password missing") => {
            "write the password into the URL, into `PGPASSWORD`, or into a password file that nobody else \
             may read (`~/.pgpass`, `chmod 0600`)"
        }
        None if said.contains("channel binding") => {
            "`channel_binding=require` wants a password by SCRAM, over TLS, from a server whose certificate is \
             signed by RSA (not PSS) or ECDSA: look at `sslmode` and the server's `pg_hba.conf`, or leave it out"
        }
        None if said.contains("failed to lookup address") => UNKNOWN_HOST,
        None => NOT_RUNNING,
    };
    no_connection(&said, hint)
}

/// An error with what lies under it.
fn chain(error: &tokio_postgres::Error) -> String {
    if let Some(database) = error.as_db_error() {
        return database.message().to_owned();
    }
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !said.contains(&text) {
            said.push_str(": ");
            said.push_str(&text);
        }
        source = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_what_demands_it_is_refused() {
        for mode in [Mode::Disable, Mode::Allow, Mode::Prefer] {
            assert!(may_be_clear(mode).is_ok(), "{mode:?}");
        }
        for mode in [Mode::Require, Mode::VerifyCa, Mode::VerifyFull] {
            let error = may_be_clear(mode).expect_err("it demands TLS");
            assert_eq!(error.kind(), ErrorKind::Config, "{mode:?}");
            assert!(error.to_string().contains("demands TLS"), "{error}");
        }
    }
}
