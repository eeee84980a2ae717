//! Connecting by URL, with errors that say what to do and never what the password was.

#[cfg(feature = "postgres")]
use diesel::{Connection, ConnectionError, PgConnection};
use limbeck_core::{Error, ErrorKind, Result};

#[cfg(feature = "async")]
mod asynchronous;
#[cfg(feature = "async")]
mod parameters;
#[cfg(feature = "async")]
mod password;
#[cfg(feature = "async-tls")]
mod tls;

#[cfg(feature = "async")]
pub use asynchronous::connect_async;
#[cfg(feature = "async")]
pub(crate) use asynchronous::within_time;

/// Connects to a database by its URL or its `key=value` words, as libpq understands them.
///
/// # Errors
/// [`ErrorKind::Config`] for a URL that is none or names no database, [`ErrorKind::Connection`]
/// where the server cannot be reached or refuses: a wrong password, a database that does not exist.
#[cfg(feature = "postgres")]
pub fn connect(url: &str) -> Result<PgConnection> {
    check(url)?;
    PgConnection::establish(url).map_err(|error| refused(&error, url))
}

/// What is looked at in a URL before anything is connected.
fn check(url: &str) -> Result<()> {
    let named = names_database(url)?;
    if !named {
        return Err(Error::new(ErrorKind::Config, "the database URL names no database").with_hint(
            "write it as `postgres://user@host/database`: without a name, Postgres would take the user's",
        ));
    }
    Ok(())
}

/// Whether a URL names a database.
fn names_database(url: &str) -> Result<bool> {
    let url = url.trim();
    if url.is_empty() {
        return Err(Error::new(ErrorKind::Config, "the database URL is empty")
            .with_hint("write it as `postgres://user@host/database`"));
    }
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"));
    let Some(rest) = rest else {
        if url.contains("://") {
            let scheme = url.split("://").next().unwrap_or_default();
            return Err(Error::new(
                ErrorKind::Config,
                format!("`{}://` is no Postgres URL", scheme.escape_debug()),
            )
            .with_hint("write it as `postgres://user@host/database`"));
        }
        let torn = url.split_whitespace().any(|word| !word.contains('='));
        if torn && url.contains("password") && !url.contains('\'') {
            return Err(Error::new(
                ErrorKind::Config,
                "the connection words are not understood: one has no `=`",
            )
            .with_hint("write them as `key=value`, a value with spaces in single quotes"));
        }
        return Ok(url.split_whitespace().any(|word| {
            ["dbname=", "service="]
                .iter()
                .any(|key| word.starts_with(key))
        }));
    };
    if !encoded(rest) {
        return Err(Error::new(
            ErrorKind::Config,
            "the host, port or password in the database URL is not understood",
        )
        .with_hint(
            "write `@` in it as `%40`, `/` as `%2F`, `?` as `%3F`, `#` as `%23` and `%` as `%25`",
        ));
    }
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let path = address.split_once('/').map_or("", |(_, path)| path);
    let parameter = parameters.split('&').any(|pair| {
        pair.split_once('=')
            .is_some_and(|(key, value)| matches!(key, "dbname" | "service") && !value.is_empty())
    });
    Ok(!path.is_empty() || parameter)
}

/// Whether the password in what follows the scheme is written so that libpq finds its end. Otherwise
/// it would take the rest of it for a host or a port, and name that in its error.
fn encoded(rest: &str) -> bool {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    match authority.matches('@').count() {
        0 => {
            let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
            port.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit())
        }
        // What looks like a path or a parameter may be the rest of a password, before the last `@`.
        1 => {
            let behind = &rest[authority.len()..];
            let (path, parameters) = behind.split_once('?').unwrap_or((behind, ""));
            let torn = |pair: &str| pair.contains('@') && !pair.contains('=');
            !path.contains('@') && !parameters.split('&').any(torn)
        }
        _ => false,
    }
}

#[cfg(feature = "postgres")]
/// The same URL with another database, whose name needs no encoding.
pub(crate) fn with_database(url: &str, database: &str) -> String {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else {
        // Of `key=value` words, the last one of a key counts.
        return format!("{url} dbname={database}");
    };
    let (address, parameters) = match rest.split_once('?') {
        Some((address, parameters)) => (address, Some(parameters)),
        None => (rest, None),
    };
    let authority = address
        .split_once('/')
        .map_or(address, |(authority, _)| authority);
    let mut changed = format!("{scheme}://{authority}/{database}");
    let parameters: Vec<&str> = parameters
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("dbname="))
        .collect();
    if !parameters.is_empty() {
        changed.push('?');
        changed.push_str(&parameters.join("&"));
    }
    changed
}

/// The same URL with a limit to connecting, where it has none: it ends the threads that nobody waits
/// for any more. libpq counts in whole seconds, two at least.
#[cfg(feature = "postgres")]
pub(crate) fn within(url: &str, limit: std::time::Duration) -> String {
    let url = url.trim();
    if url.contains("connect_timeout") || std::env::var_os("PGCONNECT_TIMEOUT").is_some() {
        return url.to_owned();
    }
    let separator = match (url.contains("://"), url.contains('?')) {
        (false, _) => ' ',
        (true, false) => '?',
        (true, true) => '&',
    };
    let seconds = limit.as_secs().saturating_add(2).min(86_400);
    format!("{url}{separator}connect_timeout={seconds}")
}

#[cfg(feature = "postgres")]
fn refused(error: &ConnectionError, url: &str) -> Error {
    let said = without_password(error.to_string().trim(), url);
    // libpq's own words, before it connects.
    const UNREADABLE: [&str; 10] = [
        "percent-encoded token",
        "uri query parameter",
        "in connection info string",
        "connection information string",
        "unterminated quoted string",
        "in uri:",
        "in uri (",
        "invalid integer value",
        "invalid port number",
        "invalid connection option",
    ];
    let lower = said.to_lowercase();
    if UNREADABLE.iter().any(|words| lower.contains(words)) {
        return Error::new(
            ErrorKind::Config,
            format!("the database URL cannot be read: {said}"),
        )
        .with_hint(
            "write it as `postgres://user@host/database`, with what is special in a part of it percent-encoded",
        );
    }
    // libpq gives no code here, only words in the server's language: they choose the hint alone.
    let hint = if lower.contains("password") {
        WRONG_PASSWORD
    } else if lower.contains("does not exist") && lower.contains("database") {
        NO_DATABASE
    } else if lower.contains("does not exist") && lower.contains("role") {
        UNKNOWN_USER
    } else if lower.contains("translate host name") || lower.contains("name or service") {
        UNKNOWN_HOST
    } else if lower.contains("ssl support is not compiled in") {
        "this build of libpq has no TLS: use the feature `bundled-tls` of `limbeck`, or the system's libpq"
    } else {
        NOT_RUNNING
    };
    no_connection(&said, hint)
}

const WRONG_PASSWORD: &str =
    "the server refuses the user or the password: look at the database URL";
const NO_DATABASE: &str = "make the database first: `createdb NAME`, or `CREATE DATABASE name`";
const UNKNOWN_USER: &str = "the user of the URL is unknown to the server: look at the database URL";
const UNKNOWN_HOST: &str = "the host of the URL is unknown: look at the database URL";
const NOT_RUNNING: &str = "is the server running, and does the URL name its host, port or socket?";

fn no_connection(said: &str, hint: &str) -> Error {
    Error::new(
        ErrorKind::Connection,
        format!("no connection to the database: {said}"),
    )
    .with_hint(hint)
}

/// What libpq said, with the password of the URL taken out should it ever stand there.
fn without_password(said: &str, url: &str) -> String {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let in_authority = authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .map(|(_, password)| password);
    let in_words = url
        .split(['?', '&', ' '])
        .find_map(|word| word.strip_prefix("password="))
        .map(|password| password.trim_matches('\''));
    let mut said = said.to_owned();
    for password in [in_authority, in_words].into_iter().flatten() {
        if password.len() > 2 {
            said = said.replace(password, "***");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_database_is_known() {
        for (url, expected) in [
            ("postgres://me@host/db", true),
            ("postgres://me@host", false),
            ("postgres://me@host/", false),
            ("postgres://me@host?sslmode=disable", false),
            ("postgres:///db?host=/tmp", true),
            ("postgres://?dbname=db&host=/tmp", true),
            ("host=/tmp dbname=db", true),
            ("host=/tmp", false),
        ] {
            assert_eq!(names_database(url).ok(), Some(expected), "{url}");
        }
        assert!(names_database("mysql://host/db").is_err());
        assert!(names_database("").is_err());
    }

    #[test]
    fn a_password_that_is_not_encoded_is_told_and_not_shown() {
        for rest in [
            "u:p@ss@host/db",
            "u:p/ss@host/db",
            "u:p?ss@host/db",
            "u:p@s/ss@host/db",
            "u:p@s?ss@host/db",
            "u:p@s/w?ss@host/db",
        ] {
            let error = names_database(&format!("postgres://{rest}")).expect_err("it is refused");
            assert!(!format!("{error} {error:?}").contains("ss@"), "{error}");
        }
        for rest in [
            "u:p%40ss@host/db",
            "[::1]/db",
            "[::1]:5432/db?application_name=a@b",
            "host:5432,other:5433/db?application_name=a@b",
            "/db?user=a@b",
        ] {
            assert!(encoded(rest), "{rest}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn another_database_of_the_same_server() {
        for (url, expected) in [
            ("postgres://me@host/db", "postgres://me@host/x"),
            (
                "postgres://me@host:1/db?sslmode=require",
                "postgres://me@host:1/x?sslmode=require",
            ),
            ("postgres://?dbname=db&host=/tmp", "postgres:///x?host=/tmp"),
            ("host=/tmp dbname=db", "host=/tmp dbname=db dbname=x"),
        ] {
            assert_eq!(with_database(url, "x"), expected);
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn connecting_gets_a_limit() {
        for (url, expected) in [
            ("postgres://h/db", "postgres://h/db?connect_timeout=3"),
            (
                "postgres:///db?host=/tmp",
                "postgres:///db?host=/tmp&connect_timeout=3",
            ),
            (
                "host=/tmp dbname=db",
                "host=/tmp dbname=db connect_timeout=3",
            ),
            (
                "postgres://h/db?connect_timeout=9",
                "postgres://h/db?connect_timeout=9",
            ),
        ] {
            assert_eq!(
                within(url, std::time::Duration::from_millis(1500)),
                expected
            );
        }
    }

    #[test]
    fn no_password_gets_out() {
        let url = "postgres://me:s3cret@host/db";
        assert_eq!(without_password("bad s3cret here", url), "bad *** here");
        assert_eq!(
            without_password("bad s3cret", "host=x password='s3cret' dbname=y"),
            "bad ***"
        );
    }
}
