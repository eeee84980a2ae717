//! What the bodies of routines speak of. No catalog knows it, and nothing is dropped or changed for
//! it; but Postgres looks at a body when the routine is made, and wants to find there what it names.
//! So a routine comes behind whatever its body may mean, where no edge says otherwise. And what runs
//! routines when it is made (a column with a default, a constraint, an index), over rows that are there,
//! comes behind the routines that those may call.

use std::collections::{BTreeSet, HashMap};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::order::node::{Node, Step, is_routine};
use crate::schema::edges::Edges;
use crate::schema::object::{Object, ObjectId, Routine, RoutineBody};
use crate::schema::operation::Operation;
use crate::token::{TokenKind, lex};

/// Adds what follows from the bodies to what must come after what.
pub(super) fn follow(to: &Schema, nodes: &[Node<'_>], after: &mut [BTreeSet<usize>]) {
    let routines: Vec<(usize, &Routine)> = nodes
        .iter()
        .enumerate()
        .filter_map(|(index, node)| Some((index, checked(&node.operation)?)))
        .collect();
    follow_calls(to, nodes, after);
    if routines.is_empty() {
        return;
    }
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        if matches!(node.step, Step::Create | Step::Alter)
            && let Some(name) = spoken(node.id)
        {
            by_name.entry(name.name.as_str()).or_default().push(index);
        }
    }
    let spoken_of: Vec<(usize, BTreeSet<usize>)> = routines
        .into_iter()
        .map(|(index, routine)| {
            let mut words = words(routine);
            // The columns of the rows that it takes or gives.
            let needed = to.depends.get(nodes[index].id).into_iter().flatten();
            let names = needed.filter_map(spoken);
            words.extend(names.map(|name| name.name.as_str().to_owned()));
            let mut others: BTreeSet<usize> = words
                .iter()
                .filter_map(|word| by_name.get(word.as_str()))
                .flatten()
                .copied()
                .collect();
            others.remove(&index);
            (index, others)
        })
        .collect();
    // Columns last: one of them may need the routine that speaks of its table.
    let ranks: [fn(&ObjectId) -> bool; 3] = [
        is_routine,
        |id| !is_routine(id) && !matches!(id, ObjectId::Column { .. }),
        |id| matches!(id, ObjectId::Column { .. }),
    ];
    for is_of_rank in ranks {
        for (index, others) in &spoken_of {
            let of_rank: BTreeSet<usize> = others
                .iter()
                .copied()
                .filter(|other| is_of_rank(nodes[*other].id))
                .collect();
            if of_rank.is_empty() {
                continue;
            }
            let behind = reachable(*index, after);
            for first in of_rank.difference(&behind) {
                after[*first].insert(*index);
            }
        }
    }
}

/// Puts what runs routines behind those that these may call, and that are made or altered.
fn follow_calls(to: &Schema, nodes: &[Node<'_>], after: &mut [BTreeSet<usize>]) {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        if matches!(node.step, Step::Create | Step::Alter)
            && is_routine(node.id)
            && let Some(name) = spoken(node.id)
        {
            by_name.entry(name.name.as_str()).or_default().push(index);
        }
    }
    if by_name.is_empty() {
        return;
    }
    let edges = Edges::new(to);
    let checks = checks(to);
    let mut called: HashMap<&ObjectId, BTreeSet<usize>> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        if !matches!(node.step, Step::Create | Step::Alter) || !runs_routines(node.id) {
            continue;
        }
        let mut others = BTreeSet::new();
        for routine in run_by(node.id, &edges, &checks) {
            let called = called
                .entry(routine)
                .or_insert_with(|| calls(routine, to, nodes, &by_name));
            others.extend(called.iter().copied());
        }
        if others.is_empty() {
            continue;
        }
        let behind = reachable(index, after);
        for first in others.difference(&behind) {
            after[*first].insert(index);
        }
    }
}

/// Whether Postgres may run routines over the rows of a table when such an object is made.
fn runs_routines(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Column { .. }
            | ObjectId::Constraint { .. }
            | ObjectId::Index(_)
            | ObjectId::DomainConstraint { .. }
            | ObjectId::MaterializedView(_)
    )
}

/// The checks of each domain.
fn checks(schema: &Schema) -> HashMap<&QualifiedName, Vec<&ObjectId>> {
    let mut checks: HashMap<&QualifiedName, Vec<&ObjectId>> = HashMap::new();
    let constraints = schema.of_kind(ObjectId::DomainConstraint {
        domain: QualifiedName::least(),
        name: Ident::least(),
    });
    for (id, _) in constraints {
        if let ObjectId::DomainConstraint { domain, name: _ } = id {
            checks.entry(domain).or_default().push(id);
        }
    }
    checks
}

/// The routines that an object needs, those of the checks of its domains among them.
fn run_by<'a>(
    id: &ObjectId,
    edges: &Edges<'a>,
    checks: &HashMap<&'a QualifiedName, Vec<&'a ObjectId>>,
) -> BTreeSet<&'a ObjectId> {
    let mut routines = BTreeSet::new();
    let mut seen: BTreeSet<&ObjectId> = BTreeSet::new();
    let mut next = edges.of(id);
    while let Some(needed) = next.pop() {
        if !seen.insert(needed) {
            continue;
        }
        if is_routine(needed) {
            routines.insert(needed);
        }
        // From a table nothing is run, and from a sequence neither.
        if let ObjectId::Table(_) | ObjectId::Column { .. } | ObjectId::Sequence(_) = needed {
            continue;
        }
        next.extend(edges.of(needed));
        if let ObjectId::Domain(domain) = needed {
            next.extend(checks.get(domain).into_iter().flatten());
        }
    }
    routines
}

/// The operations on routines that the body of one may mean, and theirs.
fn calls(
    routine: &ObjectId,
    to: &Schema,
    nodes: &[Node<'_>],
    by_name: &HashMap<&str, Vec<usize>>,
) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut next = vec![routine];
    while let Some(id) = next.pop() {
        let Some(Object::Routine(routine)) = to.get(id) else {
            continue;
        };
        for word in words(routine) {
            for other in by_name.get(word.as_str()).into_iter().flatten() {
                if found.insert(*other) {
                    next.push(nodes[*other].id);
                }
            }
        }
    }
    found
}

/// A routine that is made or altered, and whose body is looked at.
fn checked(operation: &Operation) -> Option<&Routine> {
    match operation {
        Operation::Create {
            id: _,
            object: Object::Routine(routine),
        }
        | Operation::Alter {
            id: _,
            from: _,
            to: Object::Routine(routine),
        } => routine.is_checked_text().then_some(routine),
        _ => None,
    }
}

/// The name under which a body speaks of an object; of a column by its table's.
fn spoken(id: &ObjectId) -> Option<&QualifiedName> {
    match id {
        ObjectId::Table(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Sequence(name)
        | ObjectId::Enum(name)
        | ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. } => Some(name),
        ObjectId::Column { table, .. } => Some(table),
        _ => None,
    }
}

/// The names in a body.
fn words(routine: &Routine) -> BTreeSet<String> {
    let RoutineBody::Source(text) = &routine.body else {
        return BTreeSet::new();
    };
    lex(text)
        .filter_map(|token| match token.kind {
            TokenKind::Word => Some(token.text.to_lowercase()),
            TokenKind::QuotedName => {
                let inner = token.text.strip_prefix('"')?.strip_suffix('"')?;
                Some(inner.replace("\"\"", "\""))
            }
            _ => None,
        })
        .collect()
}

/// All that must come after an operation.
fn reachable(from: usize, after: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut reached = vec![from];
    while let Some(node) = reached.pop() {
        for next in &after[node] {
            if seen.insert(*next) {
                reached.push(*next);
            }
        }
    }
    seen
}
