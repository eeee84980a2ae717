//! Where a server is reached: the connection string of any of its databases.
//!
//! A given string is not understood further than needed to exchange the database in it; everything
//! else is libpq's to judge.

#[cfg(unix)]
use std::path::Path;

use super::MAINTENANCE;
use crate::test_schema::SETTING;

mod environment;

/// The place of a server.
pub(super) enum Address {
    /// `postgres://authority/database?parameters`, the database cut out.
    Url {
        given: String,
        before: String,
        parameters: Vec<String>,
    },
    /// `host=… user=…`.
    Keywords { given: String },
    /// A socket in a folder of ours.
    #[cfg_attr(not(unix), expect(dead_code, reason = "no server of ours there"))]
    Socket { folder: String },
}

impl Address {
    /// What somebody else named.
    pub(super) fn external(given: &str) -> Self {
        let Some(start) = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| given.starts_with(scheme).then_some(scheme.len()))
        else {
            return Self::Keywords {
                given: given.to_owned(),
            };
        };
        // As libpq reads it: the credentials end at the first `@` that no slash precedes, and may
        // hold a question mark.
        let rest = &given[start..];
        let host = match rest.find(['@', '/']) {
            Some(end) if rest[end..].starts_with('@') => start + end + 1,
            _ => start,
        };
        let end = given[host..]
            .find(['/', '?'])
            .map_or(given.len(), |end| host + end);
        let parameters = given[end..]
            .split_once('?')
            .map_or("", |(_, parameters)| parameters);
        Self::Url {
            given: given.to_owned(),
            before: given[..end].to_owned(),
            parameters: parameters
                .split('&')
                .filter(|parameter| !parameter.is_empty() && !parameter.starts_with("dbname="))
                .map(str::to_owned)
                .collect(),
        }
    }

    /// A server of ours, with its socket in a folder.
    #[cfg(unix)]
    pub(super) fn socket(folder: &Path) -> Self {
        use std::os::unix::ffi::OsStrExt;
        Self::Socket {
            folder: encoded(folder.as_os_str().as_bytes()),
        }
    }

    /// The connection string of a database.
    pub(super) fn database(&self, name: &str) -> String {
        let name_encoded = encoded(name.as_bytes()).replace('/', "%2F");
        match self {
            Self::Url {
                given: _,
                before,
                parameters,
            } if parameters.is_empty() => {
                format!("{before}/{name_encoded}")
            }
            Self::Url {
                given: _,
                before,
                parameters,
            } => {
                format!("{before}/{name_encoded}?{}", parameters.join("&"))
            }
            // Of a keyword that comes twice, libpq takes the last.
            Self::Keywords { given } => {
                let name = name.replace('\\', "\\\\").replace('\'', "\\'");
                format!("{given} dbname='{name}'")
            }
            // What is not said, the user's `PGPORT`, `PGSSLMODE` or `PGOPTIONS` would say; a libpq
            // without TLS takes no other mode.
            Self::Socket { folder } => {
                let more = environment::overruled();
                format!(
                    "postgres://postgres@/{name_encoded}?host={folder}&port=5432&sslmode=disable&options={more}"
                )
            }
        }
    }

    /// The connection string for administrative statements.
    pub(super) fn maintenance(&self) -> String {
        match self {
            Self::Url { given, .. } | Self::Keywords { given } => given.clone(),
            Self::Socket { .. } => self.database(MAINTENANCE),
        }
    }

    /// The connection string of a database as it may be shown: without a password.
    pub(super) fn shown(&self, name: &str) -> String {
        self.without_password(&self.database(name), Some(name))
    }

    /// The same for the database of administrative statements.
    pub(super) fn shown_maintenance(&self) -> String {
        self.without_password(&self.maintenance(), None)
    }

    fn without_password(&self, full: &str, name: Option<&str>) -> String {
        match self {
            Self::Socket { .. } => full.to_owned(),
            Self::Url { .. } => {
                let (scheme, rest) = full.split_once("://").unwrap_or(("postgres", full));
                let (authority, rest) = rest.split_at(
                    rest.find(['@', '/'])
                        .filter(|at| rest[*at..].starts_with('@'))
                        .unwrap_or(0),
                );
                let user = authority.split(':').next().unwrap_or_default();
                let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
                let parameters: Vec<&str> = parameters
                    .split('&')
                    .filter(|parameter| {
                        !parameter.is_empty()
                            && !parameter.starts_with("password=")
                            && !parameter.starts_with("sslpassword=")
                    })
                    .collect();
                let mark = if parameters.is_empty() { "" } else { "?" };
                format!("{scheme}://{user}{address}{mark}{}", parameters.join("&"))
            }
            // Nothing is told that might be a secret.
            Self::Keywords { given } => {
                let words = words(given).unwrap_or_default();
                let mut shown: Vec<&str> = Vec::new();
                for wanted in ["host", "hostaddr", "port", "user"] {
                    let written = words.iter().rev().find(|(key, _)| *key == wanted);
                    shown.extend(written.map(|(_, written)| *written));
                }
                let name = format!("dbname={}", name.unwrap_or("…"));
                shown.push(&name);
                shown.join(" ")
            }
        }
    }

    pub(super) fn is_external(&self) -> bool {
        !matches!(self, Self::Socket { .. })
    }

    /// A message of libpq's, unless it repeats a part of the connection string.
    pub(super) fn redacted(&self, message: &str) -> String {
        let secrets = match self {
            Self::Socket { .. } => return message.trim().to_owned(),
            Self::Url {
                given,
                before,
                parameters,
            } => {
                let mut secrets = vec![given.as_str()];
                let authority = before
                    .split_once("://")
                    .map_or("", |(_, authority)| authority);
                if let Some((credentials, _)) = authority.rsplit_once('@') {
                    secrets.push(
                        credentials
                            .split_once(':')
                            .map_or("", |(_, password)| password),
                    );
                }
                secrets.extend(
                    parameters
                        .iter()
                        .filter_map(|parameter| parameter.strip_prefix("password=")),
                );
                secrets
            }
            Self::Keywords { given } => {
                let mut secrets = vec![given.as_str()];
                secrets.extend(given.split_whitespace().filter_map(|word| {
                    word.strip_prefix("password=")
                        .map(|word| word.trim_matches('\''))
                }));
                secrets
            }
        };
        match secrets
            .iter()
            .any(|secret| !secret.is_empty() && message.contains(secret))
        {
            true => "libpq does not take its connection string".to_owned(),
            false => message.trim().to_owned(),
        }
    }
}

/// The words of a connection string as libpq reads them: each by its key, and as it is written. `None`
/// where they are none.
fn words(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, value) = rest.split_once('=')?;
        let start = rest.len() - value.trim_start().len();
        let quoted = rest[start..].starts_with('\'');
        let mut end = (!quoted).then_some(rest.len());
        let mut characters = rest[start..].char_indices().skip(usize::from(quoted));
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => drop(characters.next()?),
                '\'' if quoted => {
                    end = Some(start + at + 1);
                    break;
                }
                character if !quoted && character.is_whitespace() => {
                    end = Some(start + at);
                    break;
                }
                _ => {}
            }
        }
        let end = end?;
        words.push((key.trim_end(), &rest[..end]));
        rest = rest[end..].trim_start();
    }
    Some(words)
}

/// A connection string with a schema first in the path of its sessions; the schema's name is plain.
pub(super) fn in_schema(url: &str, schema: &str) -> String {
    let path = format!("{schema},public");
    with_options(url, &[("search_path", &path), (SETTING, schema)])
}

/// A connection string with a search path of its sessions.
pub(super) fn in_path(url: &str, path: &str) -> String {
    with_options(url, &[("search_path", path)])
}

/// A connection string with settings of its sessions. In a URL they stand behind those that it has.
fn with_options(url: &str, settings: &[(&str, &str)]) -> String {
    // As the server reads them: a space ends a setting, unless a backslash stands before it.
    let settings = settings.iter().map(|(name, value)| {
        let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
        format!("-c{name}={value}")
    });
    let settings = settings.collect::<Vec<_>>().join(" ");
    if !url.contains("://") {
        let settings = settings.replace('\\', "\\\\").replace('\'', "\\'");
        return format!("{url} options='{settings}'");
    }
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let mut options = String::new();
    let mut kept = Vec::new();
    for parameter in parameters.split('&').filter(|it| !it.is_empty()) {
        match parameter.strip_prefix("options=") {
            Some("") => {}
            Some(given) => options = format!("{given}%20"),
            None => kept.push(parameter),
        }
    }
    let settings = encoded(settings.as_bytes());
    let options = format!("options={options}{settings}");
    kept.push(&options);
    format!("{address}?{}", kept.join("&"))
}

/// Percent-encoded for a URL; slashes stay.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        let address = Address::external(given);
        assert_eq!(address.database("d"), expected);
        assert_eq!(address.maintenance(), given);
    }

    #[test]
    fn database_is_exchanged_in_every_form() {
        check("postgres://u:p@h:1/old", "postgres://u:p@h:1/d");
        check(
            "postgresql://u@h/old?sslmode=disable",
            "postgresql://u@h/d?sslmode=disable",
        );
        check("postgres://u@h", "postgres://u@h/d");
        check("postgres://u@h/", "postgres://u@h/d");
        check(
            "postgres://h?connect_timeout=3",
            "postgres://h/d?connect_timeout=3",
        );
        check("postgres:///old?host=/tmp/s", "postgres:///d?host=/tmp/s");
        check(
            "postgres://postgres@/old?host=/tmp/s&port=1",
            "postgres://postgres@/d?host=/tmp/s&port=1",
        );
        check("postgres://u:p?w@h/old?a=b", "postgres://u:p?w@h/d?a=b");
        check("postgres://u:p@h1:1,h2:2/old", "postgres://u:p@h1:1,h2:2/d");
        check(
            "postgres://u@h/old?dbname=other&a=b",
            "postgres://u@h/d?a=b",
        );
        check(
            "host=/tmp/s dbname=old",
            "host=/tmp/s dbname=old dbname='d'",
        );
    }

    #[test]
    fn names_are_encoded() {
        assert_eq!(
            Address::external("postgres://h/x").database("a/b c?d"),
            "postgres://h/a%2Fb%20c%3Fd"
        );
        assert_eq!(
            Address::external("host=h").database("it's"),
            "host=h dbname='it\\'s'"
        );
        assert_eq!(
            Address::socket(Path::new("/tmp/a b&c")).database("d"),
            "postgres://postgres@/d?host=/tmp/a%20b%26c&port=5432&sslmode=disable&options="
        );
    }

    #[test]
    fn schema_gets_into_the_path() {
        for (given, expected) in [
            (
                "postgres://h/d",
                "postgres://h/d?options=-csearch_path%3Ds%2Cpublic%20-climbeck.test_schema%3Ds",
            ),
            (
                "postgres://h/d?options=-cjit%3Doff&a=b",
                "postgres://h/d?a=b&options=-cjit%3Doff%20-csearch_path%3Ds%2Cpublic%20-climbeck.test_schema%3Ds",
            ),
            (
                "postgres:///d?host=/x&options=",
                "postgres:///d?host=/x&options=-csearch_path%3Ds%2Cpublic%20-climbeck.test_schema%3Ds",
            ),
            (
                "dbname=d",
                "dbname=d options='-csearch_path=s,public -climbeck.test_schema=s'",
            ),
        ] {
            assert_eq!(in_schema(given, "s"), expected);
        }
    }

    #[test]
    fn any_path_gets_into_the_options() {
        let path = "\"it's \\ here\", \"$user\"";
        assert_eq!(
            in_path("postgres://h/d", path),
            "postgres://h/d?options=-csearch_path%3D%22it%27s%5C%20%5C%5C%5C%20here%22%2C%5C%20%22%24user%22"
        );
        assert_eq!(
            in_path("dbname=d", path),
            "dbname=d options='-csearch_path=\"it\\'s\\\\ \\\\\\\\\\\\ here\",\\\\ \"$user\"'"
        );
    }

    #[test]
    fn what_is_shown_holds_no_password() {
        for (given, shown) in [
            ("postgres://u:p@h:1/old", "postgres://u@h:1/d"),
            ("postgres://u:p?w@h/old?a=b", "postgres://u@h/d?a=b"),
            ("postgres://u@h/old?password=p&a=b", "postgres://u@h/d?a=b"),
            ("postgres://h/old?password=p", "postgres://h/d"),
            (
                "host=h password='a user=p' port = 5 user='u \\' v'",
                "host=h port = 5 user='u \\' v' dbname=d",
            ),
            ("host=h password=p\\ user=p", "host=h dbname=d"),
            ("host=h password='p user=p", "dbname=d"),
            ("host=h hunter2", "dbname=d"),
        ] {
            assert_eq!(Address::external(given).shown("d"), shown);
        }
    }

    #[test]
    fn passwords_do_not_get_into_messages() {
        for given in [
            "postgres://u:hunter2@h/x",
            "postgres://u@h/x?password=hunter2",
            "host=h password='hunter2'",
        ] {
            let address = Address::external(given);
            assert!(
                !address
                    .redacted("bad token \"hunter2\"")
                    .contains("hunter2"),
                "{given}"
            );
            assert_eq!(
                address.redacted("connection refused\n"),
                "connection refused"
            );
        }
    }
}
