//! `limbeck.toml`, the environment and `.env`: what the command line knows before it does anything.
//!
//! A flag is over a `LIMBECK_*` variable, which is over the file. The file names the database as
//! `${DATABASE_URL}`, so that no password stands in it; the variable comes from the environment or
//! from a file `.env` beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use limbeck_core::error::near;
use limbeck_core::revision::directory::{self, Places};
use limbeck_core::token::locate;
use limbeck_core::{Error, ErrorKind, Location, Result};
use limbeck_postgres::Migrator;
use limbeck_postgres::runner::OnDivergence;
use serde::Deserialize;

/// The name of the file.
pub const FILE: &str = directory::CONFIG;

/// What `init` writes.
pub const TEMPLATE: &str = "\
# Limbeck: https://docs.rs/limbeck

[database]
# Taken from the environment, or from a file `.env` beside this one. Never write a password here.
url = \"${DATABASE_URL}\"

[revisions]
directory = \"migrations\"
";

/// What the project says of itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that `limbeck.toml` stands in.
    pub root: PathBuf,
    /// `[database]`.
    pub database: Database,
    /// `[revisions]`.
    pub revisions: Revisions,
    /// `[models]`.
    pub models: Models,
    /// `[autogenerate]`.
    pub autogenerate: Autogenerate,
    /// `[run]`.
    pub run: Run,
    /// `[history]`.
    pub history: History,
    /// What should be said of the file, though it can be used.
    pub warnings: Vec<String>,
    /// The file with its path, for the other databases in it.
    text: Option<(PathBuf, String)>,
    /// The database that was chosen, and whether it states revisions of its own.
    chosen: Option<(String, bool)>,
    variables: BTreeMap<String, String>,
    /// Of variables in `.env`: where a `$` stands for a variable that is not set.
    dollars: BTreeMap<String, Location>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    database: Database,
    revisions: Revisions,
    models: Models,
    autogenerate: Autogenerate,
    run: Run,
    history: History,
    databases: BTreeMap<String, Named>,
}

/// `[databases.NAME]`: another database. What its sections leave out is as for the first, so that most of this is
/// read for its mistakes alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Named {
    url: Option<String>,
    revisions: Option<Revisions>,
    models: Option<Models>,
    autogenerate: Option<Autogenerate>,
    run: Option<Run>,
    history: Option<History>,
}

/// `[database]`: where the database is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// The URL, with `${VARIABLE}` in it.
    pub url: Option<String>,
}

/// `[revisions]`: where revisions stand and how they are named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Revisions {
    /// The directory, from the folder of `limbeck.toml`; or several, of which the first has `HEADS`.
    pub directory: Directories,
    /// The name of the bundle; unless stated, that of the package around the directory.
    pub bundle: Option<String>,
    /// The schema that the bundle is installed in; `public` unless stated.
    pub schema: Option<String>,
    /// How a revision's folder is named.
    pub file_template: Option<String>,
    /// Commands to run on the SQL files of a revision that was written, one after the other: `pg_format -i`.
    pub post_write: Vec<String>,
}

/// A folder, or a list of folders.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a folder, or a list of folders")]
pub enum Directories {
    /// One.
    One(PathBuf),
    /// Several.
    Several(Vec<PathBuf>),
}

impl Directories {
    /// All of them.
    pub fn all(&self) -> &[PathBuf] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// `[models]`: whose program answers for the models.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// The package of the program.
    pub package: Option<String>,
    /// The binary in it.
    pub bin: Option<String>,
    /// The cargo features to build it with.
    pub features: Vec<String>,
    /// A file or folder of SQL, from the folder of `limbeck.toml`: what no struct can say, as plain
    /// `CREATE` statements.
    pub sql: Option<PathBuf>,
}

/// `[autogenerate]`: what is compared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Autogenerate {
    /// Schemas looked at beside the bundle's own.
    pub schemas: Vec<String>,
}

/// `[run]`: how revisions run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// `lock_timeout` of each revision that does not set its own: `"5s"`.
    pub lock_timeout: Option<String>,
    /// `statement_timeout` of each revision that does not set its own.
    pub statement_timeout: Option<String>,
    /// What to do about revisions that are not here: `refuse` or `warn`.
    pub on_divergence: Option<Divergence>,
}

/// What to do about revisions in the database that are not here.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Divergence {
    /// Run nothing.
    Refuse,
    /// Say so and run what is pending.
    Warn,
}

/// `[history]`: the table that remembers what is applied.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct History {
    /// Its schema.
    pub schema: Option<String>,
    /// Its name.
    pub table: Option<String>,
}

impl Default for Revisions {
    fn default() -> Self {
        Self {
            directory: Directories::One(PathBuf::from("migrations")),
            bundle: None,
            schema: None,
            file_template: None,
            post_write: Vec::new(),
        }
    }
}

impl Config {
    /// Finds `limbeck.toml` in `start` or a folder above it and reads it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where there is none, or it says something that is not understood: with
    /// line, column and the near key.
    pub fn find(start: &Path) -> Result<Self> {
        let Some(root) = start.ancestors().find(|folder| folder.join(FILE).is_file()) else {
            return Err(Error::new(
                ErrorKind::Config,
                format!("there is no `{FILE}` in `{}` or a folder above it", start.display()),
            )
            .with_hint("run `limbeck init` in the folder of your package, or name the file with `--config`"));
        };
        Self::read(&root.join(FILE))
    }

    /// Reads a file of this form.
    ///
    /// # Errors
    /// As for [`find`](Self::find).
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            Error::new(ErrorKind::Config, format!("`{name}` cannot be read"))
                .with_location(Location {
                    file: name.clone(),
                    line: None,
                    column: None,
                })
                .with_hint(
                    "`limbeck init` writes one; `--config` and `LIMBECK_CONFIG` name another",
                )
                .with_source(error)
        })?;
        let file: File = toml::from_str(&text).map_err(|error| understand(&name, &text, &error))?;
        Self::of(path, text, file)
    }

    /// What the file says, of whichever of its databases.
    fn of(path: &Path, text: String, file: File) -> Result<Self> {
        let name = path.display().to_string();
        if file.revisions.directory.all().is_empty() {
            return Err(Error::new(
                ErrorKind::Config,
                format!("`[revisions] directory` in `{name}` is an empty list"),
            )
            .with_hint("name a folder"));
        }
        let root = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let File {
            database,
            revisions,
            models,
            autogenerate,
            run,
            history,
            databases,
        } = file;
        let mut warnings = Vec::new();
        let urls = databases.values().map(|named| named.url.as_deref());
        if urls
            .chain([database.url.as_deref()])
            .flatten()
            .any(literal_password)
        {
            warnings.push(format!(
                "`{name}` holds a password: write `url = \"${{DATABASE_URL}}\"` and set the variable in the environment or in `.env`"
            ));
        }
        let (variables, dollars) = dotenv(&root)?;
        Ok(Self {
            root,
            database,
            revisions,
            models,
            autogenerate,
            run,
            history,
            warnings,
            text: Some((path.to_owned(), text)),
            chosen: None,
            variables,
            dollars,
        })
    }

    /// What holds in a folder without the file.
    pub fn none(folder: &Path) -> Self {
        let File {
            database,
            revisions,
            models,
            autogenerate,
            run,
            history,
            databases: _,
        } = File::default();
        Self {
            root: folder.to_owned(),
            database,
            revisions,
            models,
            autogenerate,
            run,
            history,
            warnings: Vec::new(),
            text: None,
            chosen: None,
            variables: BTreeMap::new(),
            dollars: BTreeMap::new(),
        }
    }

    /// The same of another database that the file names: what its sections state lies over what stands there for
    /// the first.
    ///
    /// # Errors
    /// Where the file names none of that name, with the near ones.
    pub fn of_database(self, name: &str) -> Result<Self> {
        let Some((path, text)) = self.text else {
            return Err(Error::new(
                ErrorKind::Config,
                format!("there is no `{FILE}` that could name the database `{name}`"),
            ));
        };
        let told = path.display().to_string();
        let read = |error: toml::de::Error| understand(&told, &text, &error);
        let File { databases, .. } = toml::from_str(&text).map_err(read)?;
        let Some(named) = databases.get(name) else {
            let names: Vec<&str> = databases.keys().map(String::as_str).collect();
            let error = Error::new(
                ErrorKind::Config,
                format!("`{told}` names no database `{name}`"),
            );
            return Err(error.with_hint(
                match (near(name, names.iter().copied()).first(), names.as_slice()) {
                    (Some(meant), _) => format!("did you mean `{meant}`?"),
                    (None, []) => format!("add it: `[databases.{name}]` with its `url`"),
                    (None, names) => format!("it names {}", names.join(", ")),
                },
            ));
        };
        if named.url.is_none() {
            return Err(Error::new(
                ErrorKind::Config,
                format!("`[databases.{name}]` in `{told}` has no `url`"),
            )
            .with_hint("it would be the first database otherwise: write one, as `${VARIABLE}`"));
        }
        let own_revisions = named.revisions.is_some();
        let mut whole: toml::Table = toml::from_str(&text).map_err(read)?;
        let mut over = whole
            .remove("databases")
            .and_then(|databases| databases.get(name).cloned())
            .and_then(|named| named.as_table().cloned())
            .unwrap_or_default();
        if let Some(url) = over.remove("url") {
            let database = toml::Table::from_iter([("url".to_owned(), url)]);
            over.insert("database".to_owned(), database.into());
        }
        lay_over(&mut whole, over);
        let file: File = whole.try_into().map_err(read)?;
        let warnings = self.warnings;
        Ok(Self {
            chosen: Some((name.to_owned(), own_revisions)),
            warnings,
            ..Self::of(&path, text.clone(), file)?
        })
    }

    /// Refuses a program whose bundle is not that of the database: its revisions are others.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] then.
    pub fn check_bundle(&self, program: &str) -> Result<()> {
        let Some((name, true)) = &self.chosen else {
            return Ok(());
        };
        let bundle = self.bundle_name();
        if bundle == program {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Config,
            format!(
                "this program has the revisions of `{program}`, and `[databases.{name}]` states those of `{bundle}`"
            ),
        )
        .with_hint(format!(
            "name the program that has them in `[databases.{name}.models]`, or the bundle in \
             `[databases.{name}.revisions]` where they are the same"
        )))
    }

    /// Gives a migrator what the file says of running, comparing and writing.
    ///
    /// # Errors
    /// When a duration or a name in the file is none.
    pub fn apply(&self, mut migrator: Migrator) -> Result<Migrator> {
        let Run {
            lock_timeout,
            statement_timeout,
            on_divergence,
        } = &self.run;
        if let Some(timeout) = lock_timeout {
            migrator = migrator.lock_timeout(duration("lock_timeout", timeout)?);
        }
        if let Some(timeout) = statement_timeout {
            migrator = migrator.statement_timeout(duration("statement_timeout", timeout)?);
        }
        if let Some(divergence) = on_divergence {
            migrator = migrator.on_divergence(match divergence {
                Divergence::Refuse => OnDivergence::Refuse,
                Divergence::Warn => OnDivergence::Warn,
            });
        }
        let History { schema, table } = &self.history;
        if schema.is_some() || table.is_some() {
            let named = migrator.history_table(
                schema.as_deref().unwrap_or("public"),
                table.as_deref().unwrap_or("limbeck_revision"),
            );
            migrator = named.map_err(|error| misnamed("[history]", error))?;
        }
        if let Some(path) = &self.models.sql {
            let path = self.root.join(path);
            if !path.exists() {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!(
                        "`[models] sql` in `{FILE}` names `{}`, which is not there",
                        path.display()
                    ),
                ));
            }
            migrator = migrator.declared_sql_at(path);
        }
        for schema in &self.autogenerate.schemas {
            migrator = migrator
                .with_schema(schema)
                .map_err(|error| misnamed("[autogenerate] schemas", error))?;
        }
        if let Some(template) = &self.revisions.file_template {
            migrator = migrator.file_template(template.clone());
        }
        Ok(migrator)
    }

    /// Places the revisions of the directory in the schema that the file states. Where it states none
    /// they go into `public`, unless the database has them elsewhere: a program may place its bundle
    /// itself.
    ///
    /// # Errors
    /// When the schema is no name.
    pub fn place(&self, migrator: Migrator) -> Result<Migrator> {
        let placed = match &self.revisions.schema {
            Some(schema) => migrator.in_schema(schema),
            None => Ok(migrator.placement_assumed()),
        };
        placed.map_err(|error| misnamed("[revisions] schema", error))
    }

    /// The folder of the revisions; of several the one with `HEADS`.
    pub fn directory(&self) -> PathBuf {
        let first = self.revisions.directory.all().first();
        first.map_or_else(|| self.root.clone(), |first| self.root.join(first))
    }

    /// The folders of the revisions.
    pub fn directories(&self) -> Places {
        let more = self.revisions.directory.all().iter().skip(1);
        Places {
            main: self.directory(),
            more: more.map(|more| self.root.join(more)).collect(),
        }
    }

    /// The bundle's name: as stated, or the name of the package around the revision directory, or the
    /// package whose program has the models. `migrator!` goes by the same rule.
    pub fn bundle_name(&self) -> String {
        self.revisions
            .bundle
            .clone()
            .or_else(|| directory::bundle_package(&self.root, &self.directory()))
            .or_else(|| self.models.package.clone())
            .unwrap_or_else(|| "app".to_owned())
    }

    /// The package whose program has the models; `None` where there is none.
    pub(crate) fn package(&self) -> Option<String> {
        let beside = || directory::bundle_package(&self.root, &self.root);
        self.models.package.clone().or_else(beside)
    }

    /// The database's URL: the flag's or the variable's, else the file's with its variables put in.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where none is known or a variable is not set.
    pub fn url(&self, stated: Option<&str>) -> Result<String> {
        let url = match (stated, &self.database.url) {
            (Some(url), _) => return Ok(url.to_owned()),
            (None, Some(url)) => url,
            (None, None) => "${DATABASE_URL}",
        };
        self.interpolate(url)
    }

    fn interpolate(&self, text: &str) -> Result<String> {
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!("`[database] url` in `{FILE}` has a `${{` without its `}}`"),
                ));
            };
            done.push_str(before);
            let value = match std::env::var(name) {
                Ok(value) => Some(value),
                Err(_) => self.in_dotenv(name)?,
            };
            done.push_str(&value.filter(|value| !value.is_empty()).ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    format!("the database is not known: the variable `{name}` is not set"),
                )
                .with_hint(format!(
                    "set it in the environment, or write `{name}=postgres://user@host/database` into `{}`, or give `--url`",
                    self.root.join(".env").display()
                ))
            })?);
            rest = after;
        }
        done.push_str(rest);
        Ok(done)
    }
}

impl Config {
    /// A variable's value in `.env`.
    fn in_dotenv(&self, name: &str) -> Result<Option<String>> {
        let Some(location) = self.dollars.get(name) else {
            return Ok(self.variables.get(name).cloned());
        };
        Err(Error::new(
            ErrorKind::Config,
            format!(
                "the value of `{name}` has a `$` that stands for another variable, and that one is \
                 not set"
            ),
        )
        .with_location(location.clone())
        .with_hint("put the value in single quotes: what is in them is taken as it stands"))
    }
}

/// Lays one table over another, section by section.
fn lay_over(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => lay_over(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// A name in the file that is none.
fn misnamed(key: &str, error: Error) -> Error {
    let told = Error::new(ErrorKind::Config, format!("`{key}` in `{FILE}`: {error}"));
    match error.hint() {
        Some(hint) => told.with_hint(hint.to_owned()),
        None => told,
    }
}

fn duration(key: &str, text: &str) -> Result<Duration> {
    directory::parse_duration(text).ok_or_else(|| {
        Error::new(
            ErrorKind::Config,
            format!("`[run] {key}` in `{FILE}` is `{text}`, which is no duration"),
        )
        .with_hint("write it as \"500ms\", \"5s\" or \"2min\"")
    })
}

/// Whether a URL has a password that is no variable.
fn literal_password(url: &str) -> bool {
    let parameter = url.match_indices("password=").any(|(at, key)| {
        let (before, value) = (&url[..at], &url[at + key.len()..]);
        let is_key = before.is_empty() || before.ends_with(['?', '&', ' ']);
        let empty = value.is_empty() || value.starts_with(['&', ' ']);
        is_key && !empty && !value.starts_with("${")
    });
    let Some((_, after)) = url.split_once("://").filter(|_| !parameter) else {
        return parameter;
    };
    let authority = after.split(['/', '?']).next().unwrap_or(after);
    authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("${"))
}

/// The variables of `.env`, and those whose values have a `$` that leads nowhere.
fn dotenv(root: &Path) -> Result<(BTreeMap<String, String>, BTreeMap<String, Location>)> {
    let path = root.join(".env");
    if !path.is_file() {
        return Ok(Default::default());
    }
    // The error of the reader quotes the line, which may hold a password: only its place is told.
    let unreadable = |line: Option<u32>| {
        Error::new(
            ErrorKind::Config,
            format!("`{}` cannot be read", path.display()),
        )
        .with_location(Location {
            file: path.display().to_string(),
            line,
            column: None,
        })
        .with_hint("each line is `NAME=value`; quote a value with spaces in it")
    };
    let text = fs::read_to_string(&path).map_err(|_| unreadable(None))?;
    let variables = dotenvy::from_read_iter(text.as_bytes())
        .map(|pair| pair.map_err(|error| unreadable(line_of(&text, &error))))
        .collect::<Result<_>>()?;
    let is_set = |name: &str| std::env::var_os(name).is_some();
    let dollars = dollars(&text, is_set)
        .into_iter()
        .map(|(name, line, column)| {
            let location = Location {
                file: path.display().to_string(),
                line: Some(line),
                column: Some(column),
            };
            (name, location)
        });
    Ok((variables, dollars.collect()))
}

/// The line of a `.env` that its reader stumbled over. The reader tells it from its value on.
fn line_of(text: &str, error: &dotenvy::Error) -> Option<u32> {
    let dotenvy::Error::LineParse(found, _) = error else {
        return None;
    };
    let first = found.lines().next()?.trim();
    let mut lines = (1..).zip(text.lines());
    lines
        .find(|(_, line)| {
            let line = line.trim();
            !line.starts_with('#') && line.ends_with(first)
        })
        .map(|(number, _)| number)
}

/// Where in a `.env` a `$` stands for a variable that is set neither there before nor elsewhere: the
/// reader puts nothing in its place. In single quotes and behind a backslash it stands for itself.
fn dollars(text: &str, is_set: impl Fn(&str) -> bool) -> Vec<(String, u32, u32)> {
    let mut known: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((name, _)) = line.split_once('=') else {
            continue;
        };
        let key = name.trim().trim_start_matches("export ").trim().to_owned();
        if key.starts_with('#') {
            continue;
        }
        let mut quotes = (false, false);
        let mut characters = (1..)
            .zip(line.chars())
            .skip(name.chars().count() + 1)
            .peekable();
        while let Some((column, character)) = characters.next() {
            match character {
                '\'' if !quotes.1 => quotes.0 = !quotes.0,
                _ if quotes.0 => {}
                '"' => quotes.1 = !quotes.1,
                '\\' => drop(characters.next()),
                '$' => {
                    let braces = characters.next_if(|(_, next)| *next == '{').is_some();
                    let mut other = String::new();
                    while let Some((_, next)) = characters.next_if(|(_, next)| {
                        if braces {
                            *next != '}'
                        } else {
                            next.is_alphanumeric()
                        }
                    }) {
                        other.push(next);
                    }
                    if !known.contains(&other) && !is_set(&other) {
                        found.push((key.clone(), number, column));
                    }
                }
                _ => {}
            }
        }
        known.push(key);
    }
    found
}

/// The error of the TOML reader with its place and the key that may have been meant.
fn understand(file: &str, text: &str, error: &toml::de::Error) -> Error {
    let (line, column) = error.span().map_or((None, None), |span| {
        let characters = text
            .get(..span.start)
            .map_or(0, |before| before.chars().count());
        let (line, column) = locate(text, characters);
        (Some(line), Some(column))
    });
    let location = Location {
        file: file.to_owned(),
        line,
        column,
    };
    let message = error.message().trim();
    // "unknown field `ulr`, expected `url`", or "one of" several: all that may stand there.
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted
        .next()
        .filter(|_| message.starts_with("unknown field "));
    let Some(key) = unknown else {
        return Error::new(
            ErrorKind::Config,
            format!("`{file}` is not understood: {message}"),
        )
        .with_location(location)
        .with_hint(format!(
            "put it right there; `limbeck init` in an empty folder writes a `{FILE}` to compare with"
        ));
    };
    let keys: Vec<&str> = quoted.collect();
    let hint = match near(key, keys.iter().copied()).first() {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("what can stand there: {}", keys.join(", ")),
    };
    Error::new(
        ErrorKind::Config,
        format!("`{file}` has an unknown key `{key}`"),
    )
    .with_location(location)
    .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literal_passwords_are_warned_about() {
        assert!(literal_password("postgres://me:secret@host/db"));
        assert!(literal_password("host=x password=secret"));
        assert!(literal_password(
            "postgres://me@host/db?sslmode=require&password=secret"
        ));
        assert!(!literal_password(
            "postgres://me@host/db?password=${PASSWORD}"
        ));
        assert!(!literal_password("postgres://me@host/db?password=&x=y"));
        assert!(!literal_password("postgres://me@host/db"));
        assert!(!literal_password("postgres://me:${PASSWORD}@host/db"));
        assert!(!literal_password("${DATABASE_URL}"));
    }

    #[test]
    fn a_dollar_that_leads_nowhere_is_found() {
        let check = |text: &str, found: &[(&str, u32, u32)]| {
            let found: Vec<_> = found
                .iter()
                .map(|(name, l, c)| ((*name).to_owned(), *l, *c))
                .collect();
            assert_eq!(dollars(text, |name| name == "SET"), found, "{text}");
        };
        check("A=1\nURL=x:pa$word@y", &[("URL", 2, 9)]);
        check("export URL=\"x:pa${word}@y\"", &[("URL", 1, 17)]);
        check("URL=pa$", &[("URL", 1, 7)]);
        check("URL='x:pa$word@y'", &[]);
        check("URL=x:pa\\$word@y", &[]);
        check("# URL=$nothing\nWORD=1\nURL=$WORD$SET${SET}", &[]);
    }

    #[test]
    fn the_line_of_a_dotenv_that_cannot_be_read_is_told() {
        for (text, expected) in [
            ("A=1\n\n# a comment\nB=two words\nC=3\n", 4),
            ("A='\n1\n'\nnonsense\n", 4),
            ("A=1\nB='no end\n", 2),
        ] {
            let mut pairs = dotenvy::from_read_iter(text.as_bytes());
            let error = pairs.find_map(std::result::Result::err);
            let error = error.expect("it cannot be read");
            assert_eq!(line_of(text, &error), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_told_with_its_place() {
        let mut config = Config::none(Path::new("."));
        config.history.table = Some("x".repeat(64));
        let migrator = Migrator::new(limbeck_core::Bundle::new("app"));
        let error = config.apply(migrator).expect_err("it is too long");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            error
                .to_string()
                .starts_with("`[history]` in `limbeck.toml`"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_near_one() {
        let text = "[database]\nulr = \"x\"\n";
        let error = toml::from_str::<File>(text).expect_err("it is unknown");
        let error = understand("limbeck.toml", text, &error);
        assert_eq!(error.to_string(), "`limbeck.toml` has an unknown key `ulr`");
        assert_eq!(error.hint(), Some("did you mean `url`?"));
        assert_eq!(
            error.location().map(ToString::to_string).as_deref(),
            Some("limbeck.toml:2:1")
        );
    }
}
