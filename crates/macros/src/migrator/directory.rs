//! The revision directory of a crate, read and checked while the crate is compiled.

use std::path::{Path, PathBuf};

use limbeck_core::error::Error;
use limbeck_core::revision::directory::{HEADS, Places, Source, load};
use limbeck_core::revision::graph::require_one_head;
use proc_macro2::Span;

use super::arguments::Arguments;
use super::settings::Settings;
use crate::mistakes::Mistakes;

/// A directory that is in order.
pub(super) struct Directory {
    pub(super) source: Source,
    /// The files that, when one of them changes, make the crate be compiled again.
    pub(super) watched: Vec<PathBuf>,
}

/// Reads the directory that a call means, `root` being the crate's; `None` without migrations, and
/// where there are mistakes.
pub(super) fn read(
    arguments: &Arguments,
    settings: &Settings,
    root: &Path,
    mistakes: &Mistakes,
) -> Option<Directory> {
    if arguments.no_migrations {
        return None;
    }
    let mut watched: Vec<PathBuf> = Vec::new();
    let (path, more, span) = match &arguments.path {
        Some(path) => (root.join(path.value()), Vec::new(), path.span()),
        None => (
            settings.directory(root),
            settings.more(root),
            Span::call_site(),
        ),
    };
    if let Some(missing) = [&path].into_iter().chain(&more).find(|path| !path.is_dir()) {
        let shown = shown(&missing.display().to_string(), root);
        mistakes.on(
            span,
            format_args!(
                "there is no revision directory `{shown}`; make one with `limbeck init`, name \
                 another with `path = \"…\"`, or say `no_migrations`"
            ),
        );
        return None;
    }
    let places = Places {
        main: path.clone(),
        more,
    };
    let source = load(&places).and_then(|(graph, source)| {
        require_one_head(&graph)?;
        Ok(source)
    });
    match source {
        Ok(source) => {
            let heads = path.join(HEADS);
            watched.extend(heads.is_file().then_some(heads));
            for entry in &source.entries {
                watched.push(entry.up_path.clone());
                watched.extend(entry.down_path.clone());
                watched.extend(entry.metadata_path.clone());
            }
            Some(Directory { source, watched })
        }
        Err(error) => {
            mistakes.on(span, shown(&told(&error, &path), root));
            None
        }
    }
}

/// An error with its place and what lies below it, for a compiler that shows nothing but a text.
fn told(error: &Error, directory: &Path) -> String {
    let place = error
        .location()
        .map_or_else(|| directory.display().to_string(), ToString::to_string);
    let mut told = format!("{place}: {error}");
    let mut below = std::error::Error::source(error);
    while let Some(source) = below {
        told.push_str(&format!(": {source}"));
        below = source.source();
    }
    if let Some(hint) = error.hint() {
        told.push_str(&format!("\n\nhint: {hint}"));
    }
    told
}

/// Paths as the crate's owner would write them.
fn shown(text: &str, root: &Path) -> String {
    text.replace(
        &format!("{}{}", root.display(), std::path::MAIN_SEPARATOR),
        "",
    )
}
