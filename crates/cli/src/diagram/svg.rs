//! A picture of its own. `ascii_dag` lays it out in cells of a terminal, which are scaled here.

use std::fmt::Write as _;

use ascii_dag::graph::{Direction, Graph};
use ascii_dag::ir::{EdgePath, LayoutEdge};
use ascii_dag::{CustomNode, LayoutConfig};
use limbeck_core::revision::graph::RevisionGraph;

use super::{Line, LineKind, Node, Picture, picture};

/// The size of a cell.
const WIDE: usize = 8;
const HIGH: usize = 12;
/// How many cells a box has beside its text, and how many it is high.
const BESIDE: usize = 3;
const ROWS: usize = 4;
/// What is left free around everything.
const MARGIN: usize = 16;
/// How far from its turn a line begins to turn.
const ROUND: usize = 5;

const STYLE: &str = "\
text { font: 13px ui-monospace, Menlo, Consolas, monospace; text-anchor: middle; fill: #1f2328; }
.message { font-size: 11px; fill: #59636e; }
rect { fill: #f6f8fa; stroke: #818b98; }
.head rect { fill: #ddf4ff; stroke: #0969da; stroke-width: 2; }
.foreign rect { fill: #fff; stroke-dasharray: 4 3; }
path { fill: none; stroke: #59636e; }
.dependency { stroke-dasharray: 5 4; }
marker path { fill: #59636e; stroke: none; }";

/// The graph as SVG.
pub fn svg(graph: &RevisionGraph) -> String {
    let picture = picture(graph);
    let Picture { nodes, lines } = &picture;
    let mut layout: Graph<'_> = Graph::new();
    for (number, node) in nodes.iter().enumerate() {
        let content = CustomNode {
            label: &node.title,
            width: cells(&node.title).max(cells(&node.words)) + BESIDE,
            height: ROWS,
            painter: None,
            payload: "",
        };
        layout.add_node(number, content);
    }
    for Line { from, to, kind: _ } in lines {
        layout.add_edge(*from, *to, None);
    }
    let mut config = LayoutConfig::standard();
    config.direction = Direction::TopDown;
    let laid_out = layout.compute_layout_with_config(&config);

    let mut drawn = Drawn::new();
    let mut boxes = String::new();
    for placed in laid_out.nodes() {
        let Some(node) = nodes.get(placed.id) else {
            continue;
        };
        let [x, y] = [MARGIN + placed.x * WIDE, MARGIN + placed.y * HIGH];
        let [width, height] = [placed.width * WIDE, ROWS * HIGH];
        drawn.holds(x + width, y + height);
        write(
            &mut boxes,
            format_args!("{}", boxed(node, [x, y], [width, height])),
        );
    }
    for edge in laid_out.edges() {
        let Some(line) = lines
            .iter()
            .find(|line| (line.from, line.to) == (edge.from_id, edge.to_id))
        else {
            continue;
        };
        let class = match line.kind {
            LineKind::Parent => "",
            LineKind::Dependency => " class=\"dependency\"",
        };
        let path = path(&points(edge), &mut drawn);
        write(
            &mut drawn.body,
            format_args!("<path{class} d=\"{path}\" marker-end=\"url(#arrow)\"/>\n"),
        );
    }
    drawn.body.push_str(&boxes);
    let Drawn {
        body,
        width,
        height,
    } = drawn;
    let [width, height] = [width + MARGIN, height + MARGIN];
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\">\n<title>Revisions</title>\n<style>\n{STYLE}\n</style>\n\
         <marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker>\n{body}</svg>\n"
    )
}

/// What is drawn, and how far it reaches.
struct Drawn {
    body: String,
    width: usize,
    height: usize,
}

impl Drawn {
    fn new() -> Self {
        Self {
            body: String::new(),
            width: MARGIN,
            height: MARGIN,
        }
    }

    fn holds(&mut self, x: usize, y: usize) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }
}

/// A revision with what is written in its box.
fn boxed(node: &Node, [x, y]: [usize; 2], [width, height]: [usize; 2]) -> String {
    let Node {
        kind,
        title,
        words,
        whole,
    } = node;
    let middle = x + width / 2;
    let whole: Vec<String> = whole.iter().map(|line| escaped(line)).collect();
    let mut text = format!(
        "<g class=\"{}\"><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>",
        kind.class(),
        whole.join("\n"),
    );
    let line = match words.as_str() {
        "" => y + height / 2 + 4,
        _ => y + height / 2 - 3,
    };
    write(
        &mut text,
        format_args!(
            "<text x=\"{middle}\" y=\"{line}\">{}</text>",
            escaped(title)
        ),
    );
    if !words.is_empty() {
        write(
            &mut text,
            format_args!(
                "<text class=\"message\" x=\"{middle}\" y=\"{}\">{}</text>",
                y + height / 2 + 14,
                escaped(words)
            ),
        );
    }
    text.push_str("</g>\n");
    text
}

/// The places of a line, each straight below or beside the one before.
fn points(edge: &LayoutEdge<'_>) -> Vec<[usize; 2]> {
    let across = |column: usize| MARGIN + column * WIDE + WIDE / 2;
    // In the middle of a row between boxes.
    let down = |row: usize| MARGIN + row * HIGH + HIGH / 2;
    let bottom = MARGIN + (edge.from_y + 1) * HIGH;
    let top = MARGIN + edge.to_y * HIGH;
    let [from, to] = [across(edge.from_x), across(edge.to_x)];
    let mut points = vec![[from, bottom]];
    let turn = |points: &mut Vec<[usize; 2]>, row: usize, column: usize| {
        let last = points.last().map_or(from, |[x, _]| *x);
        if last != column {
            points.extend([[last, down(row)], [column, down(row)]]);
        }
    };
    match &edge.path {
        EdgePath::Corner { bend_at } => turn(&mut points, *bend_at, to),
        EdgePath::MultiSegment {
            waypoints,
            start_offset,
        } => {
            let mut row = edge.from_y + 1 + start_offset;
            for (column, at) in waypoints {
                turn(&mut points, row, across(*column));
                row = at + 1;
            }
            turn(&mut points, row, to);
        }
        _ => turn(&mut points, edge.from_y + 1, to),
    }
    points.push([to, top]);
    points
}

/// A line through places, with round turns.
fn path(points: &[[usize; 2]], drawn: &mut Drawn) -> String {
    let mut path = String::new();
    for (number, [x, y]) in points.iter().enumerate() {
        drawn.holds(*x, *y);
        let before = number.checked_sub(1).and_then(|before| points.get(before));
        match (before, points.get(number + 1)) {
            (None, _) => write(&mut path, format_args!("M{x} {y}")),
            (Some(_), None) => write(&mut path, format_args!("L{x} {y}")),
            (Some(before), Some(after)) => {
                let [ax, ay] = towards([*x, *y], *before);
                let [bx, by] = towards([*x, *y], *after);
                write(&mut path, format_args!("L{ax} {ay}Q{x} {y} {bx} {by}"));
            }
        }
    }
    path
}

/// A place near one, on the way to another that is straight above, below or beside it.
fn towards([x, y]: [usize; 2], [to_x, to_y]: [usize; 2]) -> [usize; 2] {
    let step = |from: usize, to: usize| {
        let near = from.abs_diff(to).div_ceil(2).min(ROUND);
        if to < from { from - near } else { from + near }
    };
    [step(x, to_x), step(y, to_y)]
}

/// How many cells a text takes; what stands in two columns elsewhere does so here.
fn cells(text: &str) -> usize {
    text.chars()
        .map(|c| if u32::from(c) < 0x1100 { 1 } else { 2 })
        .sum()
}

/// A text of XML. What XML cannot hold has been told by its number before.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // No characters of XML.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

fn write(text: &mut String, told: std::fmt::Arguments<'_>) {
    text.write_fmt(told)
        .expect("a string takes all that is written to it");
}
