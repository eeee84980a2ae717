//! The graph of the revisions as a picture: SVG, or text for Mermaid.
//!
//! The base is on top. A line goes from a parent to its child, a dashed one from what a revision depends on.
//! The same revisions give the same bytes.

use std::collections::BTreeMap;

use limbeck_core::error::on_one_line;
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::{Revision, RevisionId};

mod mermaid;
mod svg;

pub use mermaid::mermaid;
pub use svg::svg;

/// How many characters of a message are shown.
const SHOWN: usize = 48;

/// What a picture shows.
struct Picture {
    /// Parents before their children.
    nodes: Vec<Node>,
    lines: Vec<Line>,
}

struct Node {
    kind: Kind,
    /// The identifier, with labels behind it.
    title: String,
    /// The beginning of the message.
    words: String,
    /// Everything that is known, a line each.
    whole: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Revision,
    /// Nobody's parent.
    Head,
    /// Of another bundle.
    Foreign,
}

impl Kind {
    /// The class that it has in both forms.
    fn class(self) -> &'static str {
        match self {
            Self::Revision => "revision",
            Self::Head => "head",
            Self::Foreign => "foreign",
        }
    }
}

/// From one node to another, by their places.
struct Line {
    from: usize,
    to: usize,
    kind: LineKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineKind {
    Parent,
    Dependency,
}

fn picture(graph: &RevisionGraph) -> Picture {
    let mut nodes = Vec::new();
    let mut lines = Vec::new();
    let mut places: BTreeMap<&RevisionId, usize> = BTreeMap::new();
    let mut foreign: BTreeMap<String, usize> = BTreeMap::new();
    for revision in graph.order() {
        let mut below: Vec<(usize, LineKind)> = Vec::new();
        for parent in &revision.parents {
            below.extend(places.get(parent).map(|place| (*place, LineKind::Parent)));
        }
        for dependency in &revision.depends_on {
            let place = match dependency.bundle {
                None => {
                    let named = graph.named(&dependency.revision);
                    named.and_then(|id| places.get(id)).copied()
                }
                Some(_) => Some(*foreign.entry(dependency.to_string()).or_insert_with(|| {
                    nodes.push(Node {
                        kind: Kind::Foreign,
                        title: dependency.to_string(),
                        words: String::new(),
                        whole: vec![dependency.to_string()],
                    });
                    nodes.len() - 1
                })),
            };
            let is_parent = |place: &usize| below.iter().any(|(other, _)| other == place);
            if let Some(place) = place.filter(|place| !is_parent(place)) {
                below.push((place, LineKind::Dependency));
            }
        }
        let to = nodes.len();
        nodes.push(node(graph, revision));
        places.insert(&revision.id, to);
        let below = below.into_iter();
        lines.extend(below.map(|(from, kind)| Line { from, to, kind }));
    }
    Picture { nodes, lines }
}

fn node(graph: &RevisionGraph, revision: &Revision) -> Node {
    let Revision {
        id,
        branch_labels,
        message,
        directory,
        ..
    } = revision;
    let title = match branch_labels.as_slice() {
        [] => id.to_string(),
        labels => format!("{id} ({})", on_one_line(&labels.join(", "))),
    };
    let message = on_one_line(message);
    let mut words: String = message.chars().take(SHOWN).collect();
    if words.len() < message.len() {
        words.pop();
        words.push('…');
    }
    let mut whole = vec![title.clone()];
    for more in [message, on_one_line(directory)] {
        if !more.is_empty() {
            whole.push(more);
        }
    }
    Node {
        kind: match graph.children(id).is_empty() {
            true => Kind::Head,
            false => Kind::Revision,
        },
        title,
        words,
        whole,
    }
}

#[cfg(test)]
mod tests;
