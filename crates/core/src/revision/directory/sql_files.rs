//! A folder of SQL, as it is declared or compared.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::sql_file::SqlFile;

/// The files of SQL in a folder and those below it, in the order of their names; of a file, itself.
/// What starts with a dot is passed over.
///
/// # Errors
/// When something cannot be read, or is not UTF-8.
pub fn sql_files(path: &Path) -> Result<Vec<SqlFile>> {
    let mut paths = Vec::new();
    if path.is_dir() {
        visit(path, &mut paths)?;
        paths.sort();
    } else {
        paths.push(path.to_owned());
    }
    paths.iter().map(|path| read(path)).collect()
}

fn visit(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            visit(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<SqlFile> {
    let failed = |error| unreadable(path, error);
    let name = path.display().to_string();
    // A pipe would be waited for.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::new(ErrorKind::Io, format!("`{name}` is no file")));
    }
    let bytes = fs::read(path).map_err(failed)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SqlFile { name, text }),
        Err(error) => Err(Error::new(ErrorKind::Io, format!("`{name}` is not UTF-8"))
            .with_hint("save it as UTF-8")
            .with_source(error)),
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("`{}` cannot be read", path.display()),
    )
    .with_source(error)
}
