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
    /// Its lines, in their order, without comments and blank ones; of a conflict, those of both sides.
    pub lines: Vec<HeadLine>,
    /// What version control has left in it, where it could not merge two branches.
    pub conflict: Option<Conflict>,
}

/// A merge conflict in `HEADS`: each of two branches has added a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The line of the first mark, from one.
    pub line: u32,
    /// The heads of the side above the `=======`.
    pub ours: Vec<RevisionId>,
    /// The heads of the other side.
    pub theirs: Vec<RevisionId>,
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
         # A merge conflict here means that two branches have each added a revision:\n\
         # `limbeck rebase` puts one above the other and settles it.\n",
    );
    for head in heads {
        text.push_str(head.as_str());
        text.push('\n');
    }
    text
}

/// Where a line stands among the marks of a conflict.
#[derive(Clone, Copy)]
enum Side {
    Common,
    Ours,
    /// What both have come from, which some ways of merging show as well.
    Origin,
    Theirs,
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Heads> {
    let mut lines: Vec<HeadLine> = Vec::new();
    let mut conflict: Option<Conflict> = None;
    let mut side = Side::Common;
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        let marks = [
            ("<<<<<<<", Side::Ours),
            ("|||||||", Side::Origin),
            ("=======", Side::Theirs),
            (">>>>>>>", Side::Common),
        ];
        if let Some((_, next)) = marks.iter().find(|(mark, _)| line.starts_with(mark)) {
            conflict.get_or_insert(Conflict {
                line: number,
                ours: Vec::new(),
                theirs: Vec::new(),
            });
            side = *next;
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let id = RevisionId::new(line).map_err(|error| {
            Error::new(ErrorKind::Directory, format!("`{HEADS}`: {error}"))
                .with_location(place(path, number))
                .with_hint("a line of it is the identifier of a revision, and nothing else")
        })?;
        match (side, &mut conflict) {
            (Side::Origin, _) => continue,
            (Side::Ours, Some(conflict)) => conflict.ours.push(id.clone()),
            (Side::Theirs, Some(conflict)) => conflict.theirs.push(id.clone()),
            (Side::Common | Side::Ours | Side::Theirs, _) => {}
        }
        lines.push(HeadLine { id, line: number });
    }
    Ok(Heads {
        path: path.to_owned(),
        lines,
        conflict,
    })
}

/// Refuses a file that version control could not merge, with the way out: which of the graph's
/// branches may go above which.
pub(super) fn refuse_conflict(heads: &Heads, graph: &RevisionGraph) -> Result<()> {
    let Heads {
        path,
        lines: _,
        conflict,
    } = heads;
    let Some(Conflict { line, ours, theirs }) = conflict else {
        return Ok(());
    };
    let actual = graph.heads();
    let of = |side: &[RevisionId]| -> Vec<RevisionId> {
        let heads = side.iter().filter(|id| actual.contains(id));
        heads.cloned().collect()
    };
    let (hint, named) = match (of(ours).as_slice(), of(theirs).as_slice()) {
        ([one], [other]) if one != other => (
            format!(
                "`limbeck rebase {} --onto {other}` puts the one branch above the other and settles \
                 `{HEADS}`, and `limbeck rebase {} --onto {one}` the other way round: name the one that no \
                 database has yet; to keep both branches, take out the marks",
                first_apart(graph, one, other),
                first_apart(graph, other, one),
            ),
            format!(", {} and {}", graph.describe(one), graph.describe(other)),
        ),
        _ => {
            let heads: Vec<String> = actual.iter().map(|head| format!("`{head}`")).collect();
            let what = match heads.as_slice() {
                [] => "nothing".to_owned(),
                [only] => format!("{only}, the one head that there is"),
                several => format!(
                    "{}, or put one above another by `limbeck rebase`",
                    and(several)
                ),
            };
            (
                format!("take out the marks and all lines but {what}"),
                String::new(),
            )
        }
    };
    Err(Error::new(
        ErrorKind::Directory,
        format!("`{HEADS}` holds a merge conflict: two branches have each added a revision{named}"),
    )
    .with_location(place(path, *line))
    .with_hint(hint))
}

/// The revision with which the branch of a head begins, where it parts from the one of another; the
/// head itself where there are several.
pub(super) fn first_apart<'a>(
    graph: &'a RevisionGraph,
    head: &'a RevisionId,
    other: &RevisionId,
) -> &'a RevisionId {
    let below = graph.trunk(other);
    let apart: BTreeSet<RevisionId> = graph.trunk(head).difference(&below).cloned().collect();
    let mut first = apart
        .iter()
        .filter(|id| graph.parents(id).iter().all(|id| !apart.contains(*id)));
    match (first.next(), first.next()) {
        (Some(only), None) => graph
            .order()
            .map(|revision| &revision.id)
            .find(|id| *id == only)
            .unwrap_or(head),
        _ => head,
    }
}

/// The heads that have no line, each as messages show it.
fn unstated(lines: &[HeadLine], graph: &RevisionGraph) -> Vec<String> {
    let heads = graph.heads().into_iter();
    heads
        .filter(|head| lines.iter().all(|line| line.id != **head))
        .map(|head| format!("`{head}`"))
        .collect()
}

/// `HEADS` must not name what is not there.
pub(super) fn refuse_unknown(heads: &Heads, graph: &RevisionGraph) -> Result<()> {
    let Heads {
        path,
        lines,
        conflict: _,
    } = heads;
    let Some(HeadLine { id, line }) = lines.iter().find(|line| !graph.contains(&line.id)) else {
        return Ok(());
    };
    Err(Error::new(
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
    }))
}

/// `HEADS` has to name exactly the heads of the graph.
pub(super) fn check(heads: &Heads, graph: &RevisionGraph) -> Result<()> {
    refuse_unknown(heads, graph)?;
    refuse_conflict(heads, graph)?;
    let Heads {
        path,
        lines,
        conflict: _,
    } = heads;
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
