//! The order in which revisions are taken back; read backwards, the order in which they are applied.
//!
//! It goes down one branch as long as nothing else that is left stands on what comes next, and then goes
//! on with the branch that does: branches come out in one piece each. Of several places to begin at, the
//! least identifier is the first. This is the order of Alembic (`RevisionMap._topological_sort` of 1.19, in
//! other words), whose tie-break is the name of the file, which begins with the identifier there.

use super::Node;

/// Some revisions by their numbers, whatever stands on another before that.
///
/// What lies between them and is not wanted itself is walked over.
pub(super) fn downward(nodes: &[Node], wanted: &[usize]) -> Vec<usize> {
    let mut is_wanted = vec![false; nodes.len()];
    for &number in wanted {
        is_wanted[number] = true;
    }
    let below = reach(nodes, wanted, |node| &node.requires);
    let above = reach(nodes, wanted, |node| &node.required_by);
    // What is left to walk over, and how much of that stands directly on each.
    let mut left: Vec<bool> = (0..nodes.len())
        .map(|number| is_wanted[number] || below[number] && above[number])
        .collect();
    let mut held = vec![0_usize; nodes.len()];
    for number in (0..nodes.len()).filter(|&number| left[number]) {
        for &down in &nodes[number].down {
            held[down] += 1;
        }
    }
    let mut heads: Vec<usize> = (0..nodes.len())
        .filter(|&number| left[number] && held[number] == 0)
        .collect();
    let mut is_head = vec![false; nodes.len()];
    for &head in &heads {
        is_head[head] = true;
    }
    let mut seen = Seen {
        when: vec![0; nodes.len()],
        now: 0,
    };
    let mut order = Vec::with_capacity(wanted.len());
    let mut at = 0;
    while let Some(&number) = heads.get(at) {
        if held[number] > 0 {
            let pending = |above: usize| left[above];
            at = standing_on(nodes, at, &pending, &is_head, &heads, &mut seen).unwrap_or(at);
            continue;
        }
        if is_wanted[number] {
            order.push(number);
        }
        left[number] = false;
        is_head[number] = false;
        let mut next = None;
        for &down in &nodes[number].down {
            held[down] -= 1;
            if !left[down] || is_head[down] {
                continue;
            }
            is_head[down] = true;
            match next {
                None => next = Some(down),
                Some(_) => heads.push(down),
            }
        }
        match next {
            Some(next) => heads[at] = next,
            None => {
                heads.remove(at);
                at = at.saturating_sub(1);
            }
        }
    }
    order
}

/// What was looked at in one search, and is forgotten in the next.
struct Seen {
    when: Vec<u32>,
    now: u32,
}

/// The first of the heads that stands on another of them, over whatever is pending between them.
fn standing_on(
    nodes: &[Node],
    at: usize,
    pending: &impl Fn(usize) -> bool,
    is_head: &[bool],
    heads: &[usize],
    seen: &mut Seen,
) -> Option<usize> {
    seen.now += 1;
    // None can come before this one.
    let least = usize::from(at == 0);
    let mut open = vec![heads[at]];
    let mut first: Option<usize> = None;
    while let Some(number) = open.pop() {
        for &above in &nodes[number].up {
            if !pending(above) || std::mem::replace(&mut seen.when[above], seen.now) == seen.now {
                continue;
            }
            if is_head[above] {
                let place = heads.iter().position(|head| *head == above);
                first = first.into_iter().chain(place).min();
                if first == Some(least) {
                    return first;
                }
            }
            open.push(above);
        }
    }
    first
}

/// What is reached from some, which are themselves among it only where another reaches them.
pub(super) fn reach(nodes: &[Node], from: &[usize], of: fn(&Node) -> &Vec<usize>) -> Vec<bool> {
    let mut seen = vec![false; nodes.len()];
    let mut open = from.to_vec();
    while let Some(number) = open.pop() {
        for &next in of(&nodes[number]) {
            if !std::mem::replace(&mut seen[next], true) {
                open.push(next);
            }
        }
    }
    seen
}
