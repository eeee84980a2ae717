//! Revision directories on disk: the one place of this crate that performs I/O.
//!
//! A directory holds a folder for each revision, `up.sql`, `down.sql` and `metadata.toml` in it,
//! and the file `HEADS`. [`read`] gives what stands there, [`load`] also makes the graph and holds
//! it against `HEADS`, [`write()`] adds a revision, whole or not at all, and [`rebase()`] puts one above
//! another, the same way.
//!
//! A folder whose `metadata.toml` says nothing of lineage, or that has none, is a Diesel migration:
//! its version (the folder's name up to the first `_`, without dashes) is its identifier, and all
//! such folders form one chain in the order of their versions.
//!
//! A bundle may have several directories ([`Places`]): the first holds the `HEADS` of all of them.
//!
//! Files in the directory itself, and everything whose name starts with a dot, are passed over.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Location, Result, near};
use crate::revision::graph::RevisionGraph;
use crate::revision::{Revision, RevisionId, sql_digest};
use crate::token::{self, locate};

mod date;
mod heads;
mod metadata;
mod moves;
mod places;
mod project;
mod rebase;
mod sql_files;
#[cfg(test)]
mod tests;
mod write;

pub use date::now;
pub use heads::{Conflict, HEADS, HeadLine, Heads};
pub use metadata::{parse_duration, parse_metadata, render_metadata};
pub use places::Places;
pub use project::{CONFIG, bundle_package, config_of};
pub use rebase::{Moved, Rebased, rebase};
pub use sql_files::sql_files;
pub use write::{
    DEFAULT_TEMPLATE, NewRevision, init, new_id, write, write_heads, write_unless_moved,
};

/// What stands in a revision directory.
#[derive(Clone, Debug)]
pub struct Source {
    /// The directory, as it was given; of several the one with `HEADS`.
    pub path: PathBuf,
    /// The others beside it.
    pub more: Vec<PathBuf>,
    /// Their revisions, directory by directory in the order of their folders' names.
    pub entries: Vec<Entry>,
    /// What `HEADS` says; `None` where there is no such file.
    pub heads: Option<Heads>,
}

/// One folder of a revision directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The revision, its content digest that of `up`.
    pub revision: Revision,
    /// The text of `up.sql`, without a byte order mark.
    pub up: String,
    /// The text of `down.sql`, without a byte order mark; `None` where there is no such file.
    pub down: Option<String>,
    /// The folder.
    pub path: PathBuf,
    /// Its `up.sql`.
    pub up_path: PathBuf,
    /// Its `down.sql`, where there is one.
    pub down_path: Option<PathBuf>,
    /// Its `metadata.toml`, where there is one.
    pub metadata_path: Option<PathBuf>,
}

/// Reads a revision directory, or several.
///
/// # Errors
/// [`ErrorKind::Directory`] with the file, line and column: what is not there, not UTF-8, not TOML,
/// or says something that is not understood. [`ErrorKind::Unsupported`] for a `revision.rs`.
/// [`ErrorKind::Io`] where the disk does not answer.
pub fn read(places: impl Into<Places>) -> Result<Source> {
    Ok(read_kept(&places.into())?.0)
}

/// The same, and who keeps the directory.
fn read_kept(places: &Places) -> Result<(Source, Keeper)> {
    if let Some(twice) = places.twice() {
        return Err(Error::new(
            ErrorKind::Directory,
            format!(
                "the revision directory `{}` is named twice",
                twice.display()
            ),
        )
        .with_hint("name it once: `[revisions] directory` in `limbeck.toml`"));
    }
    let mut entries = Vec::new();
    let mut heads = None;
    for path in places.all() {
        for name in names(path)? {
            let inner = path.join(&name);
            if name == HEADS && path == places.main {
                heads = Some(heads::parse(&read_text(&inner)?, &inner)?);
            } else if name == HEADS {
                return Err(second_heads(&inner, &places.main));
            } else if is_folder(&inner)? && places.all().all(|place| place != inner) {
                entries.push(read_folder(&name, inner)?);
            }
        }
    }
    chain_diesel(&mut entries);
    let is_diesel = !entries.is_empty() && entries.iter().all(|(_, it)| *it == Lineage::Diesel);
    let entries = entries.into_iter().map(|(entry, _)| entry).collect();
    let Places { main, more } = places.clone();
    let source = Source {
        path: main,
        more,
        entries,
        heads,
    };
    Ok((
        source,
        match is_diesel {
            true => Keeper::Diesel,
            false => Keeper::Limbeck,
        },
    ))
}

/// Whose a directory is: Diesel knows of no `HEADS`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeper {
    Limbeck,
    Diesel,
}

/// One file says it of all directories, so that two branches of a project conflict in it, wherever they write.
fn second_heads(path: &Path, main: &Path) -> Error {
    Error::new(
        ErrorKind::Directory,
        format!(
            "there is a `{HEADS}` in a directory beside `{}`, whose own says it of all",
            main.display()
        ),
    )
    .with_location(file(path))
    .with_hint("put its lines into that one, as far as they are heads still, and delete it")
}

/// Reads a revision directory, makes the graph of its revisions, and holds it against `HEADS`.
///
/// Several heads are fine here; see [`require_one_head`](crate::revision::graph::require_one_head).
/// A revision is put there in two steps, its folder and then `HEADS`: a reader that comes between
/// them waits for the writer and reads again. What a writer that was killed between them has left
/// is put in its place.
///
/// # Errors
/// Those of [`read`] and of [`RevisionGraph::new`], and [`ErrorKind::Directory`] where `HEADS` and
/// the folders do not agree, or there is none and the folders are not all Diesel's.
pub fn load(places: impl Into<Places>) -> Result<(RevisionGraph, Source)> {
    let places = places.into();
    // What is begun counts as done.
    if moves::are_begun(&places.main) {
        drop(write::settle(&places));
    }
    load_kept(&places).or_else(|error| match write::settle(&places) {
        Some(_lock) => load_kept(&places),
        None => Err(error),
    })
}

/// As [`load`], where nobody writes meanwhile.
fn load_kept(places: &Places) -> Result<(RevisionGraph, Source)> {
    let (graph, source, keeper) = load_now(places)?;
    if source.heads.is_none() && keeper == Keeper::Limbeck {
        return Err(Error::new(
            ErrorKind::Directory,
            format!(
                "the revision directory `{}` has no `{HEADS}`, the file by which a program is built again when \
                 a revision comes",
                places.main.display()
            ),
        )
        .with_location(file(&places.main.join(HEADS)))
        .with_hint("`limbeck init` writes it, and leaves all else as it is"));
    }
    Ok((graph, source))
}

/// As [`load`], where nobody writes meanwhile, and `HEADS` may be missing.
fn load_now(places: &Places) -> Result<(RevisionGraph, Source, Keeper)> {
    let (graph, source, keeper) = load_unsettled(places)?;
    if let Some(heads) = &source.heads {
        heads::check(heads, &graph)?;
    }
    Ok((graph, source, keeper))
}

/// The graph of a directory, whatever its `HEADS` says.
fn load_unsettled(places: &Places) -> Result<(RevisionGraph, Source, Keeper)> {
    let (source, keeper) = read_kept(places)?;
    let revisions = source
        .entries
        .iter()
        .map(|entry| entry.revision.clone())
        .collect();
    let graph = RevisionGraph::new(revisions).map_err(|error| place(error, &source))?;
    Ok((graph, source, keeper))
}

/// Gives an error of the graph the file of the revision that it is about.
fn place(error: Error, source: &Source) -> Error {
    let entry = error
        .revision()
        .and_then(|id| source.entries.iter().find(|entry| entry.revision.id == *id));
    let path = entry.map(|entry| entry.metadata_path.as_ref().unwrap_or(&entry.path));
    match path {
        Some(path) => {
            let location = file(path);
            error.with_location(location)
        }
        None => error,
    }
}

/// Whether a folder's revision is Limbeck's or Diesel's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lineage {
    Stated,
    Diesel,
}

fn read_folder(name: &str, path: PathBuf) -> Result<(Entry, Lineage)> {
    let files = names(&path)?;
    let existing = |name: &str| {
        files
            .iter()
            .any(|file| file == name)
            .then(|| path.join(name))
    };
    let up_path = match (existing("up.sql"), existing("revision.rs")) {
        (Some(up), None) => up,
        (None, Some(rust)) => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("revision `{name}` is written in Rust, which is not supported yet"),
            )
            .with_location(file(&rust))
            .with_hint("write it as `up.sql` and `down.sql`"));
        }
        (Some(_), Some(rust)) => {
            return Err(Error::new(
                ErrorKind::Directory,
                format!("revision `{name}` has both `up.sql` and `revision.rs`"),
            )
            .with_location(file(&rust))
            .with_hint("keep one of them"));
        }
        (None, None) => return Err(no_up(name, &path, &files)),
    };
    let down_path = existing("down.sql");
    let metadata_path = existing("metadata.toml");
    let (mut revision, lineage) = match &metadata_path {
        Some(path) => metadata::parse(&read_text(path)?, path)?.into_revision(name, path)?,
        None => metadata::Metadata::absent().into_revision(name, &path)?,
    };
    let up = read_text(&up_path)?;
    if let ([first, more @ ..], None) = (&revision.generated[..], token::significant(&up).next()) {
        let more = match more.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        return Err(Error::new(
            ErrorKind::Directory,
            format!(
                "the `up.sql` of revision `{name}` is empty, and its metadata says that it makes `{first}`{more}"
            ),
        )
        .with_location(file(&up_path))
        .with_hint(
            "bring the file back, or take `generated` out of `metadata.toml` where it shall make nothing",
        ));
    }
    let down = down_path.as_deref().map(read_text).transpose()?;
    revision.content = sql_digest(&up);
    Ok((
        Entry {
            revision,
            up,
            down,
            path,
            up_path,
            down_path,
            metadata_path,
        },
        lineage,
    ))
}

/// Diesel's migrations stand on each other in the order of their versions.
fn chain_diesel(entries: &mut [(Entry, Lineage)]) {
    let diesel = entries
        .iter_mut()
        .filter(|(_, lineage)| *lineage == Lineage::Diesel);
    let mut chain: Vec<&mut Revision> = diesel.map(|(entry, _)| &mut entry.revision).collect();
    chain.sort_by(|a, b| a.id.cmp(&b.id));
    let mut previous: Option<RevisionId> = None;
    for revision in chain {
        revision.parents = previous.replace(revision.id.clone()).into_iter().collect();
    }
}

fn no_up(name: &str, path: &Path, files: &[String]) -> Error {
    let error = Error::new(
        ErrorKind::Directory,
        format!("revision folder `{name}` has no `up.sql`"),
    )
    .with_location(file(&path.join("up.sql")));
    let lower = |file: &&String| file.eq_ignore_ascii_case("up.sql");
    let close = files.iter().find(lower).map(String::as_str);
    match close.or_else(|| {
        near("up.sql", files.iter().map(String::as_str))
            .first()
            .copied()
    }) {
        Some(close) => error.with_hint(format!("rename `{close}` to `up.sql`")),
        None => error.with_hint("write it, or delete the folder"),
    }
}

/// The names in a directory, sorted, without those that start with a dot.
fn names(path: &Path) -> Result<Vec<String>> {
    let failed = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return absent(path);
        }
        io("read the directory", path, error)
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        match name.to_str() {
            Some(name) if name.starts_with('.') => {}
            Some(name) => names.push(name.to_owned()),
            None => {
                return Err(Error::new(
                    ErrorKind::Directory,
                    format!("the name `{}` is not UTF-8", name.to_string_lossy()),
                )
                .with_location(file(&path.join(&name)))
                .with_hint("rename it"));
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn absent(path: &Path) -> Error {
    Error::new(
        ErrorKind::Directory,
        format!("there is no revision directory `{}`", path.display()),
    )
    .with_location(file(path))
    .with_hint("`limbeck init` makes one")
}

fn is_folder(path: &Path) -> Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) => Err(io("read", path, error)),
    }
}

/// The text of a file, without a byte order mark.
fn read_text(path: &Path) -> Result<String> {
    let failed = |error| io("read", path, error);
    // A pipe would be waited for.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::new(
            ErrorKind::Directory,
            format!("`{}` is no file", path.display()),
        )
        .with_hint("put a file of SQL in its place"));
    }
    let bytes = fs::read(path).map_err(failed)?;
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let valid = String::from_utf8_lossy(valid);
        Error::new(
            ErrorKind::Directory,
            format!("`{}` is not UTF-8", path.display()),
        )
        .with_location(at_byte(path, &valid, valid.len()))
        .with_hint(if utf16 {
            "it seems to be UTF-16: save it as UTF-8"
        } else {
            "save it as UTF-8"
        })
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    })
}

fn io(verb: &str, path: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("could not {verb} `{}`", path.display()),
    )
    .with_location(file(path))
    .with_source(error)
}

/// A file as a place.
fn file(path: &Path) -> Location {
    Location {
        file: path.display().to_string(),
        line: None,
        column: None,
    }
}

/// The place of a byte of a file's text.
fn at_byte(path: &Path, text: &str, byte: usize) -> Location {
    let before = text.get(..byte).unwrap_or(text);
    let (line, column) = locate(text, before.chars().count());
    Location {
        file: path.display().to_string(),
        line: Some(line),
        column: Some(column),
    }
}
