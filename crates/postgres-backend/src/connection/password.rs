//! The password that a URL leaves to the environment: `PGPASSWORD`, else libpq's password file.

use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Where libpq was built to look for sockets: a file calls those `localhost`.
const SOCKETS: [&str; 2] = ["/tmp", "/var/run/postgresql"];

/// Whose password is looked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    host: String,
    port: String,
    database: String,
    user: String,
}

/// Adds to what a URL says the password that it leaves out. A file is read on a thread of its own.
///
/// tokio-postgres has one for all hosts: where a file has several for them, none is taken.
pub(super) async fn complete(config: &mut Config, environment: impl Fn(&str) -> Option<String>) {
    let Some(file) = from_environment(config, environment) else {
        return;
    };
    let (say, said) = tokio::sync::oneshot::channel();
    let started = std::thread::Builder::new()
        .name("limbeck password".to_owned())
        .spawn(move || {
            // Where nobody waits any more, nobody wants to know.
            let _ = say.send(read(&file));
        });
    if started.is_err() {
        tracing::warn!("the password file could not be read: no thread can be started for it");
        return;
    }
    if let Ok(Some(text)) = said.await {
        from_file(config, &text);
    }
}

/// Takes what the environment says; the file to look into where that is nothing.
fn from_environment(
    config: &mut Config,
    environment: impl Fn(&str) -> Option<String>,
) -> Option<PathBuf> {
    if config.get_password().is_some_and(|said| !said.is_empty()) {
        return None;
    }
    let said = |name: &str| environment(name).filter(|said| !said.is_empty());
    if let Some(password) = said("PGPASSWORD") {
        config.password(password);
        return None;
    }
    let stated = said("PGPASSFILE").map(PathBuf::from);
    stated.or_else(|| match cfg!(windows) {
        true => said("APPDATA").map(|at| Path::new(&at).join("postgresql").join("pgpass.conf")),
        false => said("HOME").map(|at| Path::new(&at).join(".pgpass")),
    })
}

fn from_file(config: &mut Config, text: &str) {
    let wanted = wanted(config);
    let mut found: Vec<Option<String>> = wanted.iter().map(|one| find(text, one)).collect();
    found.dedup();
    if let [Some(password)] = found.as_slice() {
        config.password(password);
    }
}

/// The text of a password file, unless others may read it.
fn read(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    if !metadata.is_file() {
        tracing::warn!(
            "the password file `{}` is no plain file, and not read",
            file.display()
        );
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            tracing::warn!(
                "the password file `{}` is not read, since others may: `chmod 0600` it",
                file.display()
            );
            return None;
        }
    }
    std::fs::read_to_string(file).ok()
}

fn wanted(config: &Config) -> Vec<Wanted> {
    let user = config
        .get_user()
        .map_or_else(|| whose().unwrap_or_default(), str::to_owned);
    let database = config.get_dbname().unwrap_or(&user).to_owned();
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate();
    let wanted = hosts.map(|(number, host)| Wanted {
        host: match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) if SOCKETS.iter().any(|usual| path == Path::new(usual)) => {
                "localhost".to_owned()
            }
            #[cfg(unix)]
            Host::Unix(path) => path.to_string_lossy().into_owned(),
        },
        port: ports
            .get(number)
            .or(ports.first())
            .unwrap_or(&5432)
            .to_string(),
        database: database.clone(),
        user: user.clone(),
    });
    wanted.collect()
}

/// Who the system says is connecting, where the URL names nobody.
fn whose() -> Option<String> {
    std::env::var("USER").ok()
}

/// The password of the first line that fits: `host:port:database:user:password`, where `*` fits
/// everything and a backslash takes the next character as it is.
fn find(text: &str, wanted: &Wanted) -> Option<String> {
    let Wanted {
        host,
        port,
        database,
        user,
    } = wanted;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(fields).find_map(|(first, password)| {
        let fits = first.len() == 4
            && first
                .iter()
                .zip([host, port, database, user])
                .all(|((text, is_star), wanted)| *is_star || text == wanted);
        (fits && !password.is_empty()).then_some(password)
    })
}

/// The four fields of a line, each with whether it is a star, and what follows them.
fn fields(line: &str) -> (Vec<(String, bool)>, String) {
    let mut fields = Vec::new();
    let mut text = String::new();
    let mut start = 0;
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => text.extend(characters.next().map(|(_, taken)| taken)),
            ':' if fields.len() < 4 => {
                fields.push((std::mem::take(&mut text), &line[start..at] == "*"));
                start = at + 1;
            }
            other => text.push(other),
        }
    }
    (fields, text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn of(url: &str) -> Config {
        url.parse().unwrap()
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        let text = "# h:5432:d:u:comment\n\
                    short:5432:d\n\
                    h:5432:d:u:first\n\
                    h:*:d:u:second:with\\:colons\\\\\n\
                    a\\:b:*:*:u:of v6\n\
                    localhost:*:*:*:of a socket\n\
                    \\*:*:*:*:a star that is a name\n\
                    *:*:*:else:anywhere\n";
        for (url, expected) in [
            ("host=h dbname=d user=u", Some("first")),
            (
                "host=h dbname=d user=u port=6543",
                Some("second:with:colons\\"),
            ),
            ("host=h dbname=other user=u", None),
            ("host=a:b dbname=other user=u", Some("of v6")),
            ("host=/tmp dbname=other user=u", Some("of a socket")),
            ("host=/somewhere dbname=other user=u", None),
            ("host=x dbname=x user=else", Some("anywhere")),
            // The database is called as the user unless it is named.
            ("host=h user=d", None),
        ] {
            let wanted = wanted(&of(url));
            let found = find(text, &wanted[0]);
            assert_eq!(found.as_deref(), expected, "{url}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_url_counts_before_the_environment_and_that_before_the_file() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = std::env::temp_dir().join(format!("limbeck-pgpass-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(".pgpass");
        std::fs::write(&file, "h:*:*:u:of the file\ni:*:*:u:of another\n").unwrap();
        let allow = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        allow(0o600);
        let (home, path) = (folder.to_str().unwrap(), file.to_str().unwrap());
        let check = |url: &str, variables: &[(&str, &str)], expected: Option<&str>| {
            let mut config = of(url);
            let file = from_environment(&mut config, |name| {
                let mut variables = variables.iter();
                variables
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            });
            if let Some(text) = file.and_then(|file| read(&file)) {
                from_file(&mut config, &text);
            }
            let found = config.get_password().map(String::from_utf8_lossy);
            assert_eq!(found.as_deref(), expected, "{url} {variables:?}");
        };
        let url = "host=h user=u dbname=d";
        let all = [("PGPASSWORD", "of the environment"), ("PGPASSFILE", path)];
        check(&format!("{url} password=said"), &all, Some("said"));
        check(url, &all, Some("of the environment"));
        check(
            url,
            &[("PGPASSWORD", ""), ("PGPASSFILE", path)],
            Some("of the file"),
        );
        check(url, &[("HOME", home)], Some("of the file"));
        check(url, &[("HOME", home), ("PGPASSFILE", "/nowhere")], None);
        check(
            "host=h,h user=u dbname=d",
            &[("HOME", home)],
            Some("of the file"),
        );
        check("host=h,i user=u dbname=d", &[("HOME", home)], None);
        allow(0o640);
        check(url, &[("HOME", home)], None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
