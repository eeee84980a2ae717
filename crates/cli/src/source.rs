//! What `--from` and `--to` may name.

use std::path::Path;

use limbeck_core::error::near;
use limbeck_core::revision::directory;
use limbeck_core::schema::snapshot::Snapshot;
use limbeck_core::{Error, ErrorKind, Result, SqlFile};
use limbeck_postgres::Source;
use limbeck_postgres::introspect::Introspection;

/// The words that name a source.
const WORDS: [&str; 4] = ["models", "database", "revisions", "empty"];

/// Whether the models are meant.
pub(crate) fn is_models(text: &str) -> bool {
    text == "models"
}

/// Whether the revisions are meant, or some of them.
pub(crate) fn is_revisions(text: &str) -> bool {
    text == "revisions" || text.starts_with("revisions@")
}

/// Whether only a project has it.
pub(crate) fn is_of_project(text: &str) -> bool {
    is_models(text) || is_revisions(text)
}

/// A source, read as far as files go; `database` tells the URL of the project's.
///
/// # Errors
/// When a file cannot be read, or nothing is of that name.
pub(crate) fn read(text: &str, database: impl FnOnce() -> Result<String>) -> Result<Source> {
    if let Some(target) = text.strip_prefix("revisions@") {
        return Ok(Source::Revisions(Some(target.to_owned())));
    }
    match text {
        "models" => return Ok(Source::Models),
        "revisions" => return Ok(Source::Revisions(None)),
        "empty" => return Ok(Source::Empty),
        "database" => return Ok(Source::Database(database()?)),
        _ => {}
    }
    let path = Path::new(text);
    if path.is_dir() {
        return Ok(Source::Sql(folder(path)?));
    }
    if !path.exists() && is_url(text) {
        return Ok(Source::Database(text.to_owned()));
    }
    let file = file(path)?;
    if path
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        let Snapshot {
            schema,
            server_version,
        } = Snapshot::from_json(text, &file.text)?;
        return Ok(Source::Schema(Box::new(Introspection {
            schema,
            server_version,
            ..Introspection::default()
        })));
    }
    Ok(Source::Sql(vec![file]))
}

/// Whether a text is a URL, or the `key=value` words of a connection.
fn is_url(text: &str) -> bool {
    let words = [
        "host=",
        "hostaddr=",
        "dbname=",
        "service=",
        "user=",
        "port=",
    ];
    text.contains("://")
        || text
            .split_whitespace()
            .any(|word| words.iter().any(|key| word.starts_with(key)))
}

/// The files of SQL in a folder.
fn folder(path: &Path) -> Result<Vec<SqlFile>> {
    let files = directory::sql_files(path)?;
    if files.is_empty() {
        return Err(Error::new(
            ErrorKind::Io,
            format!("there is no file of SQL in `{}`", path.display()),
        )
        .with_hint("the files end in `.sql`"));
    }
    Ok(files)
}

fn file(path: &Path) -> Result<SqlFile> {
    let mut files = directory::sql_files(path).map_err(|error| {
        if path.exists() {
            return error;
        }
        let close = near(&path.display().to_string(), WORDS);
        error.with_hint(match close.first() {
            Some(close) => format!("did you mean `{close}`?"),
            None => "a source is `models`, `database`, a URL, a file or folder of SQL, \
                     `revisions`, `revisions@TARGET`, `empty`, or a file that `limbeck snapshot` \
                     has written"
                .to_owned(),
        })
    })?;
    Ok(files.swap_remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_database() -> Result<String> {
        Err(Error::new(ErrorKind::Config, "none"))
    }

    #[test]
    fn words_and_urls_are_told_from_files() {
        let read = |text| read(text, no_database);
        assert!(matches!(read("empty"), Ok(Source::Empty)));
        assert!(matches!(read("models"), Ok(Source::Models)));
        assert!(matches!(read("revisions"), Ok(Source::Revisions(None))));
        let Ok(Source::Revisions(Some(target))) = read("revisions@+2") else {
            panic!("it is a target");
        };
        assert_eq!(target, "+2");
        for url in ["postgres://a@b/c", "host=/tmp dbname=c"] {
            assert!(matches!(read(url), Ok(Source::Database(_))), "{url}");
        }
        for (text, hint) in [("modells", "`models`"), ("none.sql", "a file or folder")] {
            let error = read(text).expect_err("there is no such file");
            assert!(
                error.hint().is_some_and(|told| told.contains(hint)),
                "{error}"
            );
        }
    }
}
