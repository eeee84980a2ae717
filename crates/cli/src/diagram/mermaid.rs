//! Text for Mermaid, which hosts of repositories draw in Markdown.

use std::fmt::Write as _;

use limbeck_core::revision::graph::RevisionGraph;

use super::{Line, LineKind, Node, Picture, picture};

/// The graph as a flowchart of Mermaid.
pub fn mermaid(graph: &RevisionGraph) -> String {
    let Picture { nodes, lines } = picture(graph);
    let mut text = String::from("flowchart TD\n");
    let mut line = |told: std::fmt::Arguments<'_>| {
        writeln!(text, "    {told}").expect("a string takes all that is written to it");
    };
    for (number, node) in nodes.iter().enumerate() {
        let Node {
            kind,
            title,
            words,
            whole: _,
        } = node;
        let told = match words.as_str() {
            "" => escaped(title),
            words => format!("{}<br/>{}", escaped(title), escaped(words)),
        };
        line(format_args!("r{number}[\"{told}\"]:::{}", kind.class()));
    }
    for Line { from, to, kind } in &lines {
        let arrow = match kind {
            LineKind::Parent => "-->",
            LineKind::Dependency => "-.->",
        };
        line(format_args!("r{from} {arrow} r{to}"));
    }
    line(format_args!("classDef head stroke-width:3px"));
    line(format_args!("classDef foreign stroke-dasharray:4 3"));
    text
}

/// A text in quotes: what might mean something there is told by its number.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            ' ' | '_' | '.' | ',' | '-' => escaped.push(c),
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => escaped.push(c),
            c => {
                write!(escaped, "#{};", u32::from(c))
                    .expect("a string takes all that is written to it");
            }
        }
    }
    escaped
}
