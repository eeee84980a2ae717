//! What a URL, or its `key=value` words, say of TLS; the rest goes on to tokio-postgres, which knows
//! neither `sslrootcert` nor half of the modes.

use std::path::PathBuf;

use limbeck_core::{Error, ErrorKind, Result};

/// `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

const MODES: [(&str, Mode); 6] = [
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

/// `sslrootcert`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Nothing is said: libpq's own file, where it exists.
    Unsaid,
    /// Those that the system trusts.
    System,
    /// Those in a file.
    File(PathBuf),
}

/// What is said of TLS, and everything else.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) mode: Mode,
    pub(super) roots: Roots,
    pub(super) rest: String,
}

/// Takes a URL apart. `environment` answers for what the URL does not say: `PGSSLMODE`, `PGSSLROOTCERT`.
pub(super) fn parameters(
    url: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Parameters> {
    let url = url.trim();
    let mut mode = None;
    let mut roots = None;
    // Whether it is one of ours; the last of two counts.
    let mut take = |key: &str, value: String| -> Result<bool> {
        match key {
            "sslmode" => mode = Some(value),
            "sslrootcert" => roots = Some(value),
            // Kerberos' encryption, which is not there, is not wanted either.
            "gssencmode" if value != "require" => {}
            "gssencmode" => return Err(unsupported(key)),
            // What is empty is not said.
            "hostaddr" | "requirepeer" | "require_auth" | "ssl_min_protocol_version"
                if value.is_empty() => {}
            // There is no certificate of the client's to send, and no other protocol to speak.
            "sslcertmode" if value == "disable" => {}
            "min_protocol_version" | "max_protocol_version" if value == "3.0" => {}
            "sslcert"
            | "sslkey"
            | "sslcrl"
            | "sslcrldir"
            | "sslpassword"
            | "sslcertmode"
            | "service"
            | "passfile"
            | "requirepeer"
            | "requiressl"
            | "require_auth"
            | "ssl_min_protocol_version"
            | "ssl_max_protocol_version" => {
                return Err(unsupported(key));
            }
            _ => return Ok(false),
        }
        Ok(true)
    };
    let rest = match url.split_once("://") {
        Some(_) => {
            let (address, pairs) = url.split_once('?').unwrap_or((url, ""));
            let mut kept = Vec::new();
            for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                if !take(key, decoded(value))? {
                    kept.push(pair);
                }
            }
            match kept.as_slice() {
                [] => address.to_owned(),
                kept => format!("{address}?{}", kept.join("&")),
            }
        }
        None => {
            let mut kept = String::new();
            for (key, value) in words(url)? {
                let written = value.replace('\\', "\\\\").replace('\'', "\\'");
                if !take(&key, value)? {
                    kept.push_str(&format!("{key}='{written}' "));
                }
            }
            kept
        }
    };
    let said = mode.or_else(|| environment("PGSSLMODE"));
    let roots = match roots.or_else(|| environment("PGSSLROOTCERT")) {
        None => Roots::Unsaid,
        Some(path) if path.is_empty() => Roots::Unsaid,
        Some(word) if word == "system" => Roots::System,
        Some(path) => Roots::File(path.into()),
    };
    let mode = match said.filter(|said| !said.is_empty()) {
        Some(said) => MODES
            .iter()
            .find(|(word, _)| *word == said)
            .map(|(_, mode)| *mode)
            .ok_or_else(unknown_mode)?,
        // Whoever trusts the whole world's certificates must look at the name.
        None if roots == Roots::System => Mode::VerifyFull,
        None => Mode::Prefer,
    };
    if roots == Roots::System && mode != Mode::VerifyFull {
        return Err(Error::new(
            ErrorKind::Config,
            "a weak `sslmode` may not be used with `sslrootcert=system`",
        )
        .with_hint("use `sslmode=verify-full`: every web site has a certificate that would do"));
    }
    Ok(Parameters { mode, roots, rest })
}

fn unknown_mode() -> Error {
    let known: Vec<String> = MODES.iter().map(|(word, _)| format!("`{word}`")).collect();
    Error::new(
        ErrorKind::Config,
        "the `sslmode` of the database URL is unknown",
    )
    .with_hint(format!("it is one of {}", known.join(", ")))
}

fn unsupported(key: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "the parameter `{key}` of the database URL is not known to asynchronous connections"
        ),
    )
    .with_hint(
        "take it out, or open the connection in your own way and give it to `run_pending_async`",
    )
}

/// Percent signs read, where they are followed by two digits; what is no UTF-8 then fits no path or
/// word of ours.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `key = value` words as libpq reads them: a value may stand in single quotes, a backslash takes
/// the next character as it is.
fn words(text: &str) -> Result<Vec<(String, String)>> {
    let torn = || {
        Error::new(ErrorKind::Config, "the connection words are not understood")
            .with_hint("write them as `key=value`, a value with spaces in single quotes")
    };
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(torn)?;
        let key = key.trim_end();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(torn());
        }
        let after = after.trim_start();
        let quoted = after.starts_with('\'');
        let mut value = String::new();
        let mut end = after.len();
        let mut closed = !quoted;
        let mut characters = after.char_indices().skip(usize::from(quoted));
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => value.push(characters.next().ok_or_else(torn)?.1),
                '\'' if quoted => {
                    closed = true;
                    end = at + 1;
                    break;
                }
                character if !quoted && character.is_whitespace() => {
                    end = at;
                    break;
                }
                character => value.push(character),
            }
        }
        if !closed {
            return Err(torn());
        }
        words.push((key.to_owned(), value));
        rest = after[end..].trim_start();
    }
    Ok(words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, mode: Mode, roots: Roots, rest: &str) {
        let found = parameters(url, |_| None).unwrap();
        let rest = rest.to_owned();
        assert_eq!(found, Parameters { mode, roots, rest }, "{url}");
    }

    fn file(path: &str) -> Roots {
        Roots::File(path.into())
    }

    #[test]
    fn what_is_said_of_tls_is_taken_out() {
        let plain = "postgres://me:p%40ss@host/db";
        check(plain, Mode::Prefer, Roots::Unsaid, plain);
        for (word, mode) in MODES {
            check(
                &format!("{plain}?sslmode={word}"),
                mode,
                Roots::Unsaid,
                plain,
            );
            check(
                &format!("host=h dbname=d sslmode = '{word}' user=me"),
                mode,
                Roots::Unsaid,
                "host='h' dbname='d' user='me' ",
            );
        }
        check(
            &format!("{plain}?a=1&sslrootcert=%2Fx%20y.crt&sslmode=disable&b=2&sslmode=verify-ca"),
            Mode::VerifyCa,
            file("/x y.crt"),
            &format!("{plain}?a=1&b=2"),
        );
        check(
            "password='a \\'b\\\\' sslrootcert=/x\\ y.crt dbname=d",
            Mode::Prefer,
            file("/x y.crt"),
            "password='a \\'b\\\\' dbname='d' ",
        );
        check(
            &format!("{plain}?sslrootcert=system"),
            Mode::VerifyFull,
            Roots::System,
            plain,
        );
        check(
            &format!("{plain}?gssencmode=disable"),
            Mode::Prefer,
            Roots::Unsaid,
            plain,
        );
    }

    #[test]
    fn the_environment_answers_for_what_is_unsaid() {
        let environment = |name: &str| match name {
            "PGSSLMODE" => Some("require".to_owned()),
            "PGSSLROOTCERT" => Some("/root.crt".to_owned()),
            _ => None,
        };
        let found = parameters("postgres://host/db", environment).unwrap();
        assert_eq!(found.mode, Mode::Require);
        assert_eq!(found.roots, file("/root.crt"));
        let said = "postgres://host/db?sslmode=disable&sslrootcert=/mine.crt";
        let found = parameters(said, environment).unwrap();
        assert_eq!(found.mode, Mode::Disable);
        assert_eq!(found.roots, file("/mine.crt"));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_without_a_secret() {
        for (url, told) in [
            ("postgres://u:s3cret@h/d?sslmode=s3cret", "`sslmode`"),
            ("postgres://u:s3cret@h/d?sslmode=Require", "`sslmode`"),
            (
                "postgres://u:s3cret@h/d?sslmode=require&sslrootcert=system",
                "weak `sslmode`",
            ),
            ("postgres://u:s3cret@h/d?sslcert=/s3cret", "`sslcert`"),
            ("postgres://u:s3cret@h/d?gssencmode=require", "`gssencmode`"),
            ("dbname=d password='s3cret", "not understood"),
            ("dbname=d password=s3cret\\", "not understood"),
            ("dbname=d s3cret", "not understood"),
            ("dbname=d s3cret x=y", "not understood"),
            ("=s3cret", "not understood"),
        ] {
            let error = parameters(url, |_| None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{url}");
            assert!(error.to_string().contains(told), "{url}: {error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_percent_sign_that_begins_nothing_stands_for_itself() {
        for (value, expected) in [("%", "%"), ("%2", "%2"), ("%zz", "%zz"), ("%2Fé%", "/é%")] {
            assert_eq!(decoded(value), expected);
        }
    }
}
