//! `HEADS`: one line a head, so that two branches that both add a revision conflict in version
//! control, and so that a new revision rebuilds the crate that embeds the directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Location, Result};
use crate::revision::RevisionId;
use crate::revision::graph::{RevisionGraph, and};

/// The name of the file.
pub const HEADS: &str = "HEADS";

/// What `HEADS` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The file.
    pub path: PathBuf,
    /// Its lines, in their order, without comments and blank ones.
    pub lines: Vec<HeadLine>,
}

/// One line of `HEADS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadLine {
    /// The revision it names.
    pub id: RevisionId,
    /// Its number, from one.
    pub line: u32,
}

/// The text of the file for these heads.
pub(super) fn render<'a>(heads: impl IntoIterator<Item = &'a RevisionId>) -> String {
    let heads: BTreeSet<&RevisionId> = heads.into_iter().collect();
    let mut text = String::from(
        "# The revisions that no other stands on, one a line; Limbeck keeps this file.\n\
         # A merge conflict here means that two branches have each added a revision: put\n\
         # one above the other by its `down_revision`, and keep the line of the upper one.\n",
    );
    for head in heads {
        text.push_str(head.as_str());
        text.push('\n');
    }
    text
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Heads> {
    let mut lines = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        let marks = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
        if marks.iter().any(|mark| line.starts_with(mark)) {
            return Err(Error::new(
                ErrorKind::Directory,
                format!(
                    "`{HEADS}` holds a merge conflict: two branches have each added a revision"
                ),
            )
            .with_location(place(path, number))
            .with_hint(
                "put one revision above the other by its `down_revision`, keep the line of the \
                 upper one, and take out the marks",
            ));
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let id = RevisionId::new(line).map_err(|error| {
            Error::new(ErrorKind::Directory, format!("`{HEADS}`: {error}"))
                .with_location(place(path, number))
                .with_hint("a line of it is the identifier of a revision, and nothing else")
        })?;
        lines.push(HeadLine { id, line: number });
    }
    Ok(Heads {
        path: path.to_owned(),
        lines,
    })
}

/// The heads that have no line, each as messages show it.
fn unstated(lines: &[HeadLine], graph: &RevisionGraph) -> Vec<String> {
    let heads = graph.heads().into_iter();
    heads
        .filter(|head| lines.iter().all(|line| line.id != **head))
        .map(|head| format!("`{head}`"))
        .collect()
}

/// `HEADS` has to name exactly the heads of the graph.
pub(super) fn check(heads: &Heads, graph: &RevisionGraph) -> Result<()> {
    let Heads { path, lines } = heads;
    if let Some(HeadLine { id, line }) = lines.iter().find(|line| !graph.contains(&line.id)) {
        return Err(Error::new(
            ErrorKind::Directory,
            format!("`{HEADS}` names `{id}`, and no folder holds that revision"),
        )
        .with_location(place(path, *line))
        .with_hint(match unstated(lines, graph).as_slice() {
            [] => "bring the folder back, or take the line out".to_owned(),
            heads => format!(
                "bring the folder back; where it is not to come back, put {} in place of the line",
                and(heads)
            ),
        }));
    }
    let stated: BTreeSet<&RevisionId> = lines.iter().map(|line| &line.id).collect();
    let actual: BTreeSet<&RevisionId> = graph.heads().into_iter().collect();
    if let Some(id) = actual.difference(&stated).next() {
        let error = Error::new(
            ErrorKind::Directory,
            format!("`{HEADS}` does not reach revision {}", graph.describe(id)),
        )
        .with_location(Location {
            file: path.display().to_string(),
            line: None,
            column: None,
        })
        .with_revision((*id).clone());
        return Err(match graph.parents(id).as_slice() {
            [parent] if stated.contains(parent) => error.with_hint(format!(
                "replace `{parent}` in it by `{id}`, or delete the folder"
            )),
            _ => error.with_hint(format!("add the line `{id}` to it, or delete the folder")),
        });
    }
    if let Some(HeadLine { id, line }) = lines.iter().find(|line| !actual.contains(&line.id)) {
        let above = graph.children(id);
        let above = above
            .first()
            .map_or_else(String::new, |child| graph.describe(child));
        return Err(Error::new(
            ErrorKind::Directory,
            format!("`{HEADS}` names `{id}`, which is no head: {above} stands on it"),
        )
        .with_location(place(path, *line))
        .with_hint("take the line out"));
    }
    Ok(())
}

fn place(path: &Path, line: u32) -> Location {
    Location {
        file: path.display().to_string(),
        line: Some(line),
        column: None,
    }
}
