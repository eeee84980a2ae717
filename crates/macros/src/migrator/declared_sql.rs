//! `[models] sql`: the files that are declared beside the models, read while the crate is compiled.

use std::path::{Path, PathBuf};

use limbeck_core::revision::directory::sql_files;
use limbeck_core::token;
use proc_macro2::Span;

use super::settings::Settings;
use crate::mistakes::Mistakes;

/// Declared SQL that can be read.
pub(super) struct DeclaredSql {
    /// The file or folder.
    pub(super) path: PathBuf,
    /// The names of its files, from the crate's folder on, and where they are.
    pub(super) files: Vec<(String, PathBuf)>,
}

/// Looks at the files that the settings name; `None` without any, and where there are mistakes.
pub(super) fn read(settings: &Settings, root: &Path, mistakes: &Mistakes) -> Option<DeclaredSql> {
    let path = root.join(settings.sql.as_ref()?);
    let files = match sql_files(&path) {
        Ok(files) => files,
        Err(error) => {
            mistakes.on(Span::call_site(), format_args!("`[models] sql`: {error}"));
            return None;
        }
    };
    let mut found = Vec::new();
    for file in files {
        let name = Path::new(&file.name);
        let name = name
            .strip_prefix(root)
            .unwrap_or(name)
            .display()
            .to_string();
        if let Some(problem) = token::check_script(&file.text).first() {
            mistakes.on(
                Span::call_site(),
                format_args!("{name}:{}:{}: {problem}", problem.line, problem.column),
            );
        }
        found.push((name, PathBuf::from(file.name)));
    }
    Some(DeclaredSql { path, files: found })
}
