//! `metadata.toml`: what is known of a revision besides its SQL, read and written.
//!
//! The keys stand in [`KEYS`]; any other is an error. Diesel reads the same file for
//! `run_in_transaction` alone, and takes a file without it as *false*: so does this reader for a
//! Diesel migration, and the writer always writes it out.

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Lineage, at_byte, file};
use crate::error::{Error, ErrorKind, Result, near};
use crate::revision::graph::or;
use crate::revision::{Dependency, Revision, RevisionId, sql_digest};

/// The keys of the file, in the order in which they are written.
const KEYS: [&str; 18] = [
    "revision",
    "down_revision",
    "branch_labels",
    "depends_on",
    "replaces",
    "provides",
    "provides_in",
    "message",
    "created",
    "breaking",
    "idempotent",
    "lock_timeout",
    "statement_timeout",
    "generated",
    "consent",
    "touches",
    "down_destroys",
    "run_in_transaction",
];

/// What a file said, each key that it had.
pub(super) struct Metadata {
    revision: Option<RevisionId>,
    down_revision: Option<Vec<RevisionId>>,
    branch_labels: Option<Vec<String>>,
    depends_on: Option<Vec<Dependency>>,
    replaces: Option<Vec<RevisionId>>,
    provides: Option<Vec<Dependency>>,
    provides_in: Option<String>,
    message: Option<String>,
    created: Option<String>,
    breaking: Option<bool>,
    idempotent: Option<bool>,
    lock_timeout: Option<Duration>,
    statement_timeout: Option<Duration>,
    generated: Option<Vec<String>>,
    consent: Option<Vec<String>>,
    touches: Option<Vec<String>>,
    down_destroys: Option<Vec<String>>,
    run_in_transaction: Option<bool>,
}

impl Metadata {
    fn empty() -> Self {
        Self {
            revision: None,
            down_revision: None,
            branch_labels: None,
            depends_on: None,
            replaces: None,
            provides: None,
            provides_in: None,
            message: None,
            created: None,
            breaking: None,
            idempotent: None,
            lock_timeout: None,
            statement_timeout: None,
            generated: None,
            consent: None,
            touches: None,
            down_destroys: None,
            run_in_transaction: None,
        }
    }

    /// What a folder without the file says.
    pub(super) fn absent() -> Self {
        Self {
            run_in_transaction: Some(true),
            ..Self::empty()
        }
    }

    /// Whether its place in the graph is said here, and not by the name of its folder.
    pub(super) fn states_lineage(&self) -> bool {
        self.revision.is_some()
    }

    /// The revision of a folder, `path` being the file or, where there is none, the folder. Its
    /// content digest is not known yet, nor, for Diesel's, its parent.
    pub(super) fn into_revision(self, folder: &str, path: &Path) -> Result<(Revision, Lineage)> {
        let Self {
            revision,
            down_revision,
            branch_labels,
            depends_on,
            replaces,
            provides,
            provides_in,
            message,
            created,
            breaking,
            idempotent,
            lock_timeout,
            statement_timeout,
            generated,
            consent,
            touches,
            down_destroys,
            run_in_transaction,
        } = self;
        let stated = [
            ("down_revision", down_revision.is_some()),
            ("branch_labels", branch_labels.is_some()),
            ("depends_on", depends_on.is_some()),
            ("replaces", replaces.is_some()),
            ("provides", provides.is_some()),
            ("provides_in", provides_in.is_some()),
        ];
        let (id, default_message, lineage) = match revision {
            Some(id) => (id, String::new(), Lineage::Stated),
            None => {
                if let Some((key, _)) = stated.iter().find(|(_, stated)| *stated) {
                    return Err(Error::new(
                        ErrorKind::Directory,
                        format!("the metadata of `{folder}` has `{key}`, but no `revision`"),
                    )
                    .with_location(file(path))
                    .with_hint("add `revision = \"…\"`, the identifier of this revision"));
                }
                let (id, message) = diesel_name(folder, path)?;
                (id, message, Lineage::Diesel)
            }
        };
        let revision = Revision {
            id,
            parents: down_revision.unwrap_or_default(),
            depends_on: depends_on.unwrap_or_default(),
            branch_labels: branch_labels.unwrap_or_default(),
            replaces: replaces.unwrap_or_default(),
            provides: provides.unwrap_or_default(),
            provides_in,
            message: message.unwrap_or(default_message),
            created,
            directory: folder.to_owned(),
            breaking: breaking.unwrap_or(false),
            generated: generated.unwrap_or_default(),
            consent: consent.unwrap_or_default(),
            touches,
            down_destroys,
            idempotent: idempotent.unwrap_or(false),
            run_in_transaction: run_in_transaction.unwrap_or(lineage == Lineage::Stated),
            lock_timeout,
            statement_timeout,
            content: sql_digest(""),
        };
        Ok((revision, lineage))
    }
}

/// The version and the words of a Diesel migration's folder.
fn diesel_name(folder: &str, path: &Path) -> Result<(RevisionId, String)> {
    let (version, words) = folder.split_once('_').unwrap_or((folder, ""));
    let id = RevisionId::new(version.replace('-', "")).map_err(|_| {
        Error::new(
            ErrorKind::Directory,
            format!("the name of the revision folder `{folder}` is not understood"),
        )
        .with_location(file(path))
        .with_hint(
            "a folder without lineage is called `<version>_<words>`; say `revision` in its \
             `metadata.toml`, or put a dot before its name to keep it out",
        )
    })?;
    Ok((id, words.replace('_', " ")))
}

/// The revision that a `metadata.toml` of this text in this folder describes. Its content digest is
/// that of nothing, and a Diesel migration has no parents yet.
///
/// # Errors
/// [`ErrorKind::Directory`], with the line and column.
pub fn parse_metadata(text: &str, folder: &str) -> Result<Revision> {
    let path = Path::new(folder).join("metadata.toml");
    let (revision, _) = parse(text, &path)?.into_revision(folder, &path)?;
    Ok(revision)
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Metadata> {
    let reader = Reader { text, path };
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        Error::new(
            ErrorKind::Directory,
            format!("`metadata.toml` is no TOML: {message}"),
        )
        .with_location(at_byte(path, text, start))
        .with_hint("put it right there: it is TOML, with one `key = value` a line")
    })?;
    let mut found = Metadata::empty();
    for (key, value) in table.into_inner() {
        let name = key.get_ref().as_ref();
        let value = Value {
            reader: &reader,
            key: name,
            value: &value,
        };
        match name {
            "revision" => found.revision = Some(value.one()?),
            "down_revision" => found.down_revision = Some(value.one_or_several()?),
            "branch_labels" => {
                let labels: Vec<RevisionId> = value.one_or_several()?;
                let labels = labels.iter().map(|label| label.as_str().to_owned());
                found.branch_labels = Some(labels.collect());
            }
            "depends_on" => found.depends_on = Some(value.one_or_several()?),
            "replaces" => found.replaces = Some(value.one_or_several()?),
            "provides" => found.provides = Some(value.one_or_several()?),
            "provides_in" => found.provides_in = Some(value.string()?.to_owned()),
            "message" => found.message = Some(value.string()?.to_owned()),
            "created" => found.created = Some(value.moment()?),
            "breaking" => found.breaking = Some(value.boolean()?),
            "idempotent" => found.idempotent = Some(value.boolean()?),
            "lock_timeout" => found.lock_timeout = Some(value.duration()?),
            "statement_timeout" => found.statement_timeout = Some(value.duration()?),
            "generated" => found.generated = Some(value.strings()?),
            "consent" => found.consent = Some(value.strings()?),
            "touches" => found.touches = Some(value.strings()?),
            "down_destroys" => found.down_destroys = Some(value.strings()?),
            "run_in_transaction" => found.run_in_transaction = Some(value.boolean()?),
            unknown => {
                let error = Error::new(
                    ErrorKind::Directory,
                    format!("`metadata.toml` has no key `{}`", unknown.escape_debug()),
                )
                .with_location(at_byte(path, text, key.span().start));
                return Err(match near(unknown, KEYS).as_slice() {
                    [] => error.with_hint(format!("its keys are {}", KEYS.join(", "))),
                    keys => error.with_hint(format!("did you mean {}?", or(keys))),
                });
            }
        }
    }
    Ok(found)
}

/// The text of a `metadata.toml` with other parents, and everything else as it stands there.
pub(super) fn with_parents(text: &str, path: &Path, parents: &[RevisionId]) -> Result<String> {
    let texts: Vec<String> = parents.iter().map(RevisionId::to_string).collect();
    let value = match texts.as_slice() {
        [only] => quote(only),
        several => array(several),
    };
    let unreadable = |_| Error::new(ErrorKind::Directory, "`metadata.toml` is no TOML");
    let table = DeTable::parse(text).map_err(unreadable)?;
    let entry = |name: &str| {
        let mut entries = table.get_ref().iter();
        entries.find(|(key, _)| key.get_ref().as_ref() == name)
    };
    let mut changed = text.to_owned();
    match (entry("down_revision"), entry("revision")) {
        (Some((_, old)), _) => changed.replace_range(old.span(), &value),
        (None, Some((_, id))) => {
            let line = format!("\ndown_revision = {value}");
            let end = text[id.span().end..].find(['\r', '\n']);
            changed.insert_str(end.map_or(text.len(), |end| id.span().end + end), &line);
        }
        (None, None) => {}
    }
    // What could not be read again must not be written.
    match parse(&changed, path)?.down_revision {
        Some(found) if found == parents => Ok(changed),
        _ => Err(Error::new(
            ErrorKind::Directory,
            "the `down_revision` of this file cannot be changed where it stands",
        )
        .with_location(file(path))
        .with_hint(format!("write `down_revision = {value}` into it by hand"))),
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

/// The value of a key.
struct Value<'a> {
    reader: &'a Reader<'a>,
    key: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    fn string(&self) -> Result<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) if text.contains('\0') => {
                Err(self.wanted("a string without the character NUL, which Postgres cannot hold"))
            }
            DeValue::String(text) => Ok(text),
            _ => Err(self.wanted("a string in quotes")),
        }
    }

    fn boolean(&self) -> Result<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.wanted("`true` or `false`")),
        }
    }

    fn strings(&self) -> Result<Vec<String>> {
        let DeValue::Array(array) = self.value.get_ref() else {
            return Err(self.wanted("an array of strings"));
        };
        array
            .iter()
            .map(|value| self.item(value).string().map(str::to_owned))
            .collect()
    }

    fn one<T: FromStr<Err = Error>>(&self) -> Result<T> {
        self.string()?.parse().map_err(|error: Error| {
            let placed = self.error(format!("`{}`: {error}", self.key));
            match error.hint() {
                Some(hint) => placed.with_hint(hint),
                None => placed,
            }
        })
    }

    fn one_or_several<T: FromStr<Err = Error> + PartialEq>(&self) -> Result<Vec<T>> {
        let values = match self.value.get_ref() {
            DeValue::String(_) => return Ok(vec![self.one()?]),
            DeValue::Array(values) => values,
            _ => return Err(self.wanted("a string, or an array of strings")),
        };
        let mut found = Vec::new();
        for value in values.iter() {
            let value = self.item(value);
            let item = value.one()?;
            if found.contains(&item) {
                return Err(value.error(format!(
                    "`{}` names `{}` twice",
                    self.key,
                    value.string()?
                )));
            }
            found.push(item);
        }
        Ok(found)
    }

    /// RFC 3339, as a string or as TOML's own form of it.
    fn moment(&self) -> Result<String> {
        let complete = |value: &DeValue<'_>| match value {
            DeValue::Datetime(moment) => {
                moment.date.is_some() && moment.time.is_some() && moment.offset.is_some()
            }
            _ => false,
        };
        match self.value.get_ref() {
            DeValue::String(text)
                if DeValue::parse(text).is_ok_and(|value| complete(value.get_ref())) =>
            {
                Ok(text.to_string())
            }
            value @ DeValue::Datetime(moment) if complete(value) => Ok(moment.to_string()),
            _ => Err(self.wanted("a moment such as \"2026-11-24T14:05:03Z\"")),
        }
    }

    fn duration(&self) -> Result<Duration> {
        let wanted = "a string such as \"5s\", \"500ms\" or \"2min\"";
        let DeValue::String(text) = self.value.get_ref() else {
            return Err(self.wanted(wanted));
        };
        parse_duration(text).ok_or_else(|| self.wanted(wanted))
    }

    fn item(&self, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self {
            reader: self.reader,
            key: self.key,
            value,
        }
    }

    fn wanted(&self, what: &str) -> Error {
        self.error(format!("`{}` is {what}", self.key))
            .with_hint(format!("write {what} behind `{} =`", self.key))
    }

    fn error(&self, message: String) -> Error {
        let Reader { text, path } = self.reader;
        Error::new(ErrorKind::Directory, message).with_location(at_byte(
            path,
            text,
            self.value.span().start,
        ))
    }
}

/// Postgres's units, the longest first, in microseconds.
const UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("min", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

/// Postgres holds a timeout in milliseconds, in 31 bits.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// A number with one of Postgres's units, or `0`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = (
        text[..digits].parse::<u64>().ok()?,
        text[digits..].trim_start(),
    );
    if unit.is_empty() {
        return (number == 0).then_some(Duration::ZERO);
    }
    let (_, micros) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let duration = Duration::from_micros(number.checked_mul(*micros)?);
    (duration <= LONGEST).then_some(duration)
}

/// The same in the longest unit that divides it.
fn render_duration(duration: Duration) -> String {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    match UNITS
        .iter()
        .find(|(_, unit)| micros > 0 && micros.is_multiple_of(*unit))
    {
        Some((name, unit)) => format!("{}{name}", micros / unit),
        None => "0".to_owned(),
    }
}

/// The text of `metadata.toml` for a revision. Its folder's name and its content digest are no part
/// of it.
pub fn render_metadata(revision: &Revision) -> String {
    let Revision {
        id,
        parents,
        depends_on,
        branch_labels,
        replaces,
        provides,
        provides_in,
        message,
        created,
        directory: _,
        breaking,
        generated,
        consent,
        touches,
        down_destroys,
        idempotent,
        run_in_transaction,
        lock_timeout,
        statement_timeout,
        content: _,
    } = revision;
    let texts = |ids: &[RevisionId]| ids.iter().map(RevisionId::to_string).collect::<Vec<_>>();
    let mut text = String::new();
    let mut line = |key: &str, value: String| {
        writeln!(text, "{key} = {value}").expect("a string takes all that is written to it");
    };
    line("revision", quote(id.as_str()));
    match parents.as_slice() {
        [] => {}
        [parent] => line("down_revision", quote(parent.as_str())),
        parents => line("down_revision", array(&texts(parents))),
    }
    if !branch_labels.is_empty() {
        line("branch_labels", array(branch_labels));
    }
    let named = |all: &[Dependency]| all.iter().map(Dependency::to_string).collect::<Vec<_>>();
    if !depends_on.is_empty() {
        line("depends_on", array(&named(depends_on)));
    }
    if !replaces.is_empty() {
        line("replaces", array(&texts(replaces)));
    }
    if !provides.is_empty() {
        line("provides", array(&named(provides)));
    }
    if let Some(schema) = provides_in {
        line("provides_in", quote(schema));
    }
    line("message", quote(message));
    if let Some(created) = created {
        line("created", quote(created));
    }
    if *breaking {
        line("breaking", "true".to_owned());
    }
    if *idempotent {
        line("idempotent", "true".to_owned());
    }
    for (key, timeout) in [
        ("lock_timeout", lock_timeout),
        ("statement_timeout", statement_timeout),
    ] {
        if let Some(timeout) = timeout {
            line(key, quote(&render_duration(*timeout)));
        }
    }
    if !generated.is_empty() {
        line("generated", array(generated));
    }
    if !consent.is_empty() {
        line("consent", array(consent));
    }
    if let Some(touches) = touches {
        line("touches", array(touches));
    }
    if let Some(down_destroys) = down_destroys {
        line("down_destroys", array(down_destroys));
    }
    line("run_in_transaction", run_in_transaction.to_string());
    text
}

/// On one line where it fits, otherwise an item a line.
fn array(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quote(item)).collect();
    let line = format!("[{}]", items.join(", "));
    if line.chars().count() <= 80 {
        line
    } else {
        format!("[\n    {},\n]", items.join(",\n    "))
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                write!(quoted, "\\u{:04X}", u32::from(c))
                    .expect("a string takes all that is written to it");
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
