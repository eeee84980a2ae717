//! What `limbeck.toml` says, so that the program and the command line agree: read and checked while
//! the crate is compiled.

use std::path::{Path, PathBuf};
use std::time::Duration;

use limbeck_core::Ident;
use limbeck_core::revision::directory::{CONFIG, bundle_package, config_of, parse_duration};
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::mistakes::Mistakes;
use crate::tokens::option;

/// Where revisions are when nothing says otherwise.
const DIRECTORY: &str = "migrations";

/// What of the file matters to a program. The rest is the command line's affair.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// `[revisions] directory`.
    directory: Option<String>,
    /// The others, where that is a list.
    more: Vec<String>,
    /// `[revisions] bundle`.
    bundle: Option<String>,
    /// `[revisions] schema`.
    pub(super) schema: Option<String>,
    /// `[models] package`.
    package: Option<String>,
    file_template: Option<String>,
    history_schema: Option<String>,
    history_table: Option<String>,
    lock_timeout: Option<Duration>,
    statement_timeout: Option<Duration>,
    warn_on_divergence: bool,
    schemas: Vec<String>,
    /// `[models] sql`.
    pub(super) sql: Option<String>,
    /// The folder of the file, where one holds for the crate.
    pub(super) root: Option<PathBuf>,
    /// The file that was looked at: a change of it compiles the crate again.
    pub(super) file: Option<PathBuf>,
}

/// Reads the file beside the crate's manifest; else one above, up to the root of the workspace, that is
/// this crate's: its `[models] package` is, or its revisions stand in the crate's folder. A file that is not the
/// crate's is watched all the same: an edit may make it so.
pub(super) fn read(krate: &Path, name: &str, mistakes: &Mistakes) -> Settings {
    let Some(file) = config_of(krate) else {
        return Settings::default();
    };
    let root = file.parent().unwrap_or(krate);
    let above = root != krate;
    let read = std::fs::read_to_string(&file).map_err(|error| error.to_string());
    let read = read.and_then(|text| {
        let table = table(&text)?;
        let directory = directories(&table)?.into_iter().next();
        let directory = root.join(directory.as_deref().unwrap_or(DIRECTORY));
        let package = string(&table, "models", "package")?;
        match !above || package.as_deref() == Some(name) || directory.starts_with(krate) {
            true => parse(&table).map(Some),
            false => Ok(None),
        }
    });
    match read {
        Ok(Some(settings)) => Settings {
            root: Some(root.to_owned()),
            file: Some(file),
            ..settings
        },
        Ok(None) => Settings {
            file: Some(file),
            ..Settings::default()
        },
        Err(message) => {
            let file = match above {
                true => file.display().to_string(),
                false => CONFIG.to_owned(),
            };
            mistakes.on(Span::call_site(), format_args!("{file}: {message}"));
            Settings::default()
        }
    }
}

fn table(text: &str) -> Result<toml::Table, String> {
    text.parse()
        .map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())
}

fn parse(file: &toml::Table) -> Result<Settings, String> {
    let name = |section, key| -> Result<Option<String>, String> {
        let text = string(file, section, key)?;
        match text.as_deref().map(Ident::new) {
            Some(Err(error)) => Err(format!("`{key}` under `[{section}]`: {error}")),
            _ => Ok(text),
        }
    };
    let duration = |key| -> Result<Option<Duration>, String> {
        let Some(text) = string(file, "run", key)? else {
            return Ok(None);
        };
        let parsed = parse_duration(&text);
        parsed.map(Some).ok_or_else(|| {
            format!("`{key}` under `[run]` is a duration such as \"5s\", not \"{text}\"")
        })
    };
    let mut directories = directories(file)?.into_iter();
    Ok(Settings {
        directory: directories.next(),
        more: directories.collect(),
        bundle: string(file, "revisions", "bundle")?,
        schema: name("revisions", "schema")?,
        package: string(file, "models", "package")?,
        file_template: string(file, "revisions", "file_template")?,
        history_schema: name("history", "schema")?,
        history_table: name("history", "table")?,
        lock_timeout: duration("lock_timeout")?,
        statement_timeout: duration("statement_timeout")?,
        warn_on_divergence: match string(file, "run", "on_divergence")?.as_deref() {
            None | Some("refuse") => false,
            Some("warn") => true,
            Some(other) => {
                return Err(format!(
                    "`on_divergence` under `[run]` is \"refuse\" or \"warn\", not \"{other}\""
                ));
            }
        },
        schemas: schemas(file)?,
        sql: string(file, "models", "sql")?,
        root: None,
        file: None,
    })
}

fn string(file: &toml::Table, section: &str, key: &str) -> Result<Option<String>, String> {
    match file.get(section).and_then(|section| section.get(key)) {
        None => Ok(None),
        Some(toml::Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!(
            "`{key}` under `[{section}]` is a text, not {}",
            other.type_str()
        )),
    }
}

/// One directory, or several of which the first has `HEADS`.
fn directories(file: &toml::Table) -> Result<Vec<String>, String> {
    let stated = file
        .get("revisions")
        .and_then(|section| section.get("directory"));
    let Some(toml::Value::Array(list)) = stated else {
        return Ok(string(file, "revisions", "directory")?
            .into_iter()
            .collect());
    };
    let texts: Option<Vec<String>> = list
        .iter()
        .map(|one| one.as_str().map(str::to_owned))
        .collect();
    match texts {
        Some(texts) if !texts.is_empty() => Ok(texts),
        _ => Err("`directory` under `[revisions]` is a text, or a list of texts".to_owned()),
    }
}

fn schemas(file: &toml::Table) -> Result<Vec<String>, String> {
    let wanted = || "`schemas` under `[autogenerate]` is a list of names".to_owned();
    let Some(schemas) = file
        .get("autogenerate")
        .and_then(|section| section.get("schemas"))
    else {
        return Ok(Vec::new());
    };
    schemas
        .as_array()
        .ok_or_else(wanted)?
        .iter()
        .map(|schema| {
            let name = schema.as_str().ok_or_else(wanted)?;
            Ident::new(name)
                .map_err(|error| format!("`schemas` under `[autogenerate]`: {error}"))?;
            Ok(name.to_owned())
        })
        .collect()
}

impl Settings {
    /// The revision directory of a crate.
    pub(super) fn directory(&self, krate: &Path) -> PathBuf {
        let root = self.root.as_deref().unwrap_or(krate);
        root.join(self.directory.as_deref().unwrap_or(DIRECTORY))
    }

    /// The directories beside it.
    pub(super) fn more(&self, krate: &Path) -> Vec<PathBuf> {
        let root = self.root.as_deref().unwrap_or(krate);
        self.more.iter().map(|more| root.join(more)).collect()
    }

    /// What the bundle of a directory is called, where that is not what the crate is: by the rule of
    /// the command line. Without a directory the crate has no revisions, and those that the file
    /// speaks of may be another crate's.
    pub(super) fn bundle(
        &self,
        krate: &Path,
        name: &str,
        directory: Option<&Path>,
    ) -> Option<String> {
        let root = self.root.as_deref()?;
        let stated = || self.bundle.clone();
        let Some(directory) = directory else {
            let theirs = bundle_package(root, &self.directory(krate));
            let ours = theirs.is_none_or(|package| package == name);
            return ours.then(stated).flatten();
        };
        stated()
            .or_else(|| bundle_package(root, directory))
            .or_else(|| self.package.clone())
    }

    /// The settings as code, for a migrator.
    pub(super) fn code(&self, private: &TokenStream) -> TokenStream {
        let Self {
            directory: _,
            more: _,
            bundle: _,
            schema: _,
            package: _,
            file_template,
            history_schema,
            history_table,
            lock_timeout,
            statement_timeout,
            warn_on_divergence,
            schemas,
            sql: _,
            root: _,
            file: _,
        } = self;
        let text = |text: &Option<String>| option(text.as_ref(), |text| quote!(#text));
        let duration = |duration: Option<Duration>| {
            option(duration, |duration| {
                let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
                quote!(::core::time::Duration::from_micros(#micros))
            })
        };
        let (file_template, history_schema, history_table) = (
            text(file_template),
            text(history_schema),
            text(history_table),
        );
        let (lock_timeout, statement_timeout) =
            (duration(*lock_timeout), duration(*statement_timeout));
        quote! {
            #private::Settings {
                file_template: #file_template,
                history_schema: #history_schema,
                history_table: #history_table,
                lock_timeout: #lock_timeout,
                statement_timeout: #statement_timeout,
                warn_on_divergence: #warn_on_divergence,
                schemas: &[#(#schemas),*],
                // Read in the user's crate: what is generated on boot depends on it.
                debug_assertions: ::core::cfg!(debug_assertions),
                test: ::core::cfg!(test),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_shares_with_the_command_line_is_read() {
        let text = "
            [revisions]
            directory = 'db'
            bundle = 'shop'
            schema = 'store'
            [history]
            schema = 'admin'
            [run]
            lock_timeout = '2s'
            on_divergence = 'warn'
            [autogenerate]
            schemas = ['audit']
            [models]
            package = 'db'
            bin = 'not read here'
            sql = 'schema'
        ";
        let expected = Settings {
            directory: Some("db".to_owned()),
            bundle: Some("shop".to_owned()),
            schema: Some("store".to_owned()),
            package: Some("db".to_owned()),
            history_schema: Some("admin".to_owned()),
            lock_timeout: Some(Duration::from_secs(2)),
            warn_on_divergence: true,
            schemas: vec!["audit".to_owned()],
            sql: Some("schema".to_owned()),
            ..Settings::default()
        };
        assert_eq!(table(text).and_then(|file| parse(&file)), Ok(expected));
    }

    #[test]
    fn what_is_no_duration_or_name_is_told() {
        for (text, word) in [
            ("[run]\nlock_timeout = 'soon'", "duration"),
            ("[run]\non_divergence = 'maybe'", "refuse"),
            ("[history]\ntable = ''", "table"),
            ("[revisions]\nschema = ''", "schema"),
            ("[autogenerate]\nschemas = 'a'", "list"),
            ("[revisions]\ndirectory = 1", "a text"),
        ] {
            let told = table(text).and_then(|file| parse(&file));
            let told = told.expect_err("it is wrong");
            assert!(told.contains(word), "{told}");
        }
    }
}
