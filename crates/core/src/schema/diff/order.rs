//! The order of operations: a topological sort over single operations.
//!
//! What must come before what follows from the edges of the two schemas. An object is created or
//! altered after what it needs in `to` is created or altered; it is dropped before what it needs in
//! `from` is dropped or altered; a column stops needing something by being altered, so that is
//! dropped after. A name is given up before another takes it. Between operations that these rules leave
//! free, the [place](place) decides: by phase, then by table, so that what belongs together stays
//! together.
//!
//! Three things would make a cycle and are split. Foreign keys are objects of their own, so that
//! tables may refer to each other. A `serial` column's default needs its sequence, and the sequence
//! its owner: it is created without one, which it gets when the column is there, and is let go
//! before the column is dropped. And a column that counts by an identity instead of a sequence, or
//! the other way round, has neither in between. Should a cycle remain, it is cut where the place of a
//! member is first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use crate::name::QualifiedName;
use crate::schema::Schema;
use crate::schema::diff::replace::one_sided;
use crate::schema::diff::{Change, heritage, parting};
use crate::schema::edges::{self, Edges, foreign_key, is_named, is_program, owner, reads_columns};
use crate::schema::object::table::Persistence;
use crate::schema::object::{Object, ObjectId};
use crate::schema::operation::Operation;
use crate::schema::taken::{Taken, taken};

mod body;
pub(super) mod node;
mod place;

use node::{Node, Step, nodes};

/// The nodes of one object, by their places in the list of nodes.
#[derive(Clone, Copy, Default)]
struct Steps {
    release: Option<usize>,
    drop: Option<usize>,
    alter: Option<usize>,
    create: Option<usize>,
    own: Option<usize>,
}

/// Puts the changes between two schemas in order.
pub(super) fn order<'a>(
    from: &'a Schema,
    to: &'a Schema,
    changes: &BTreeMap<&'a ObjectId, Change>,
) -> Vec<Operation> {
    let nodes = nodes(from, to, changes);
    let after = constrain(from, to, &nodes);
    let places = place::places(from, to, &nodes, &after);

    let mut waiting = vec![0_usize; nodes.len()];
    for next in after.iter().flatten() {
        waiting[*next] += 1;
    }
    let mut ready: BinaryHeap<_> = (0..nodes.len())
        .filter(|node| waiting[*node] == 0)
        .map(|node| Reverse((places[node], node)))
        .collect();
    let mut operations: Vec<Option<Operation>> =
        nodes.into_iter().map(|node| Some(node.operation)).collect();
    let mut ordered = Vec::with_capacity(operations.len());
    while ordered.len() < operations.len() {
        let node = match ready.pop() {
            Some(Reverse((_, node))) => node,
            // Only a cycle is left, and whatever waits for it: its first member goes as if free.
            None => match first_left(&operations, &places) {
                Some(node) => on_cycle(node, &operations, &places, &after),
                None => break,
            },
        };
        let Some(operation) = operations[node].take() else {
            continue;
        };
        ordered.push(operation);
        for next in &after[node] {
            waiting[*next] = waiting[*next].saturating_sub(1);
            if waiting[*next] == 0 {
                ready.push(Reverse((places[*next], *next)));
            }
        }
    }
    ordered
}

fn first_left(operations: &[Option<Operation>], places: &[place::Place<'_>]) -> Option<usize> {
    (0..operations.len())
        .filter(|node| operations[*node].is_some())
        .min_by_key(|node| places[*node])
}

/// The first member of a cycle that a node waits for, or is on.
fn on_cycle(
    start: usize,
    operations: &[Option<Operation>],
    places: &[place::Place<'_>],
    after: &[Vec<usize>],
) -> usize {
    let awaited = |node: usize| {
        (0..operations.len())
            .filter(|other| operations[*other].is_some() && after[*other].contains(&node))
            .min_by_key(|other| places[*other])
    };
    let mut seen = vec![start];
    let mut node = start;
    while let Some(next) = awaited(node) {
        if let Some(at) = seen.iter().position(|other| *other == next) {
            let cycle = seen[at..].iter().copied();
            return cycle.min_by_key(|member| places[*member]).unwrap_or(next);
        }
        seen.push(next);
        node = next;
    }
    node
}

/// For each node those that must come after it.
fn constrain(from: &Schema, to: &Schema, nodes: &[Node<'_>]) -> Vec<Vec<usize>> {
    let mut by_id: HashMap<&ObjectId, Steps> = HashMap::with_capacity(nodes.len());
    let mut columns: HashMap<&QualifiedName, Vec<usize>> = HashMap::new();
    let mut given_up: HashMap<Taken, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        let steps = by_id.entry(node.id).or_default();
        match node.step {
            Step::Release => steps.release = Some(index),
            Step::Drop => steps.drop = Some(index),
            Step::Alter => steps.alter = Some(index),
            Step::Create => steps.create = Some(index),
            Step::Own => steps.own = Some(index),
        }
        if let ObjectId::Column { table, .. } = node.id {
            columns.entry(table).or_default().push(index);
        }
        if let Operation::Drop { id, object } = &node.operation {
            given_up.extend(taken(id, object).into_iter().map(|name| (name, index)));
        }
    }
    let steps = |id: &ObjectId| by_id.get(id).copied().unwrap_or_default();
    let (needs_before, needs_after) = (Edges::new(from), Edges::new(to));

    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        // A step that must come before this one, and one that must come after it.
        let mut first = |other: Option<usize>| {
            if let Some(other) = other.filter(|other| *other != index) {
                after[other].insert(index);
            }
        };
        if matches!(node.step, Step::Create | Step::Alter) {
            for needed in through_types(&needs_after, to, node.id) {
                first(steps(needed).create);
                first(steps(needed).alter);
            }
        }
        let own = steps(node.id);
        match &node.operation {
            Operation::Create { id, object } => {
                first(own.drop);
                if let Some(owner) = to.get(node.id).and_then(owner) {
                    first(steps(&owner).release);
                }
                for name in taken(id, object) {
                    first(given_up.get(&name).copied());
                }
                if reads_columns(object) {
                    for column in columns_beside(node.id, object, &columns) {
                        if !generated(to, nodes[column].id) && nodes[column].step != Step::Drop {
                            first(Some(column));
                        }
                    }
                }
            }
            Operation::Drop { id: _, object } => {
                first(own.release);
                // A sequence goes after the default that its column no longer has.
                if let Some(owner) = from.get(node.id).and_then(owner) {
                    let owner = steps(&owner);
                    first(owner.release.or(owner.alter));
                    after[index].extend(owner.release.and(owner.alter));
                }
                if reads_columns(object) {
                    for column in columns_beside(node.id, object, &columns) {
                        if !generated(from, nodes[column].id) && nodes[column].step != Step::Create
                        {
                            after[index].insert(column);
                        }
                    }
                }
            }
            Operation::Alter { .. } if node.step == Step::Own => {
                first(own.create);
                first(own.alter);
                first(own.release);
                if let Some(owner) = to.get(node.id).and_then(owner) {
                    first(steps(&owner).create);
                    first(steps(&owner).alter);
                }
            }
            Operation::Alter { .. } if node.step == Step::Release => {
                after[index].extend(own.alter);
                if let Some(owner) = from.get(node.id).and_then(owner) {
                    after[index].extend(steps(&owner).drop);
                }
                if generated(from, node.id) {
                    let read: Vec<Steps> =
                        needs_before.of(node.id).into_iter().map(steps).collect();
                    after[index].extend(read.iter().filter_map(|read| read.drop));
                    after[index].extend(read.iter().filter_map(|read| read.alter));
                    let beside = node.id.table().and_then(|table| columns.get(table));
                    let beside = beside.into_iter().flatten().copied();
                    after[index].extend(beside.filter(|column| {
                        !generated(from, nodes[*column].id) && nodes[*column].step != Step::Release
                    }));
                }
                if !matches!(node.id, ObjectId::Sequence(_)) {
                    let called = needs_before.of(node.id).into_iter();
                    let called = called.filter(|id| gives_up(from, node, id));
                    after[index].extend(called.filter_map(|id| steps(id).drop));
                    let called = needs_after.of(node.id).into_iter().filter(is_called);
                    after[index].extend(called.filter_map(|id| steps(id).create));
                }
            }
            Operation::Alter {
                id: _,
                from: before,
                to: after_all,
            } if reads_columns(before) && !reads_columns(after_all) => {
                let read = columns_beside(node.id, before, &columns).filter(|column| {
                    !generated(from, nodes[*column].id) && nodes[*column].step != Step::Create
                });
                after[index].extend(read);
            }
            Operation::Alter { .. } | Operation::Rename { .. } => {}
        }
        if matches!(node.step, Step::Drop | Step::Alter) {
            let still = match node.step {
                Step::Alter => through_types(&needs_after, to, node.id),
                _ => Vec::new(),
            };
            for needed in through_types(&needs_before, from, node.id) {
                let freed = own.release.is_some() && generated(from, node.id);
                if freed && matches!(needed, ObjectId::Column { .. }) {
                    continue;
                }
                let release = own.release.map(|release| &nodes[release]);
                if release.is_some_and(|release| gives_up(from, release, needed)) {
                    // Given up by then; and what comes instead may have its name.
                    if let Some(drop) = steps(needed).drop {
                        after[drop].insert(index);
                    }
                    continue;
                }
                after[index].extend(steps(needed).drop);
                // What is over a column that leaves its type is gone by then.
                if node.step == Step::Drop {
                    let release = steps(needed).release;
                    after[index].extend(release.filter(|release| leaves_type(&nodes[*release])));
                }
                // A column that is no longer computed from another one must say so first, and what
                // a view no longer shows may change behind it.
                let reads = matches!(needed, ObjectId::Column { .. })
                    || from.get(node.id).is_some_and(is_program);
                // A column does not mind what becomes of its table, and nobody what becomes of a
                // program that stays what it is to others.
                let part = matches!(
                    (node.id, needed),
                    (ObjectId::Column { .. }, ObjectId::Table(table)) if node.id.table() == Some(table)
                ) || from.get(needed).is_some_and(is_program);
                if !part && (node.step == Step::Drop || reads && !still.contains(&needed)) {
                    after[index].extend(steps(needed).alter);
                }
            }
        }
        after[index].remove(&index);
    }
    for (index, node) in nodes.iter().enumerate() {
        // A typed table's columns are its type's: it is tied while none of them changes.
        let ObjectId::Typed(table) = node.id else {
            continue;
        };
        for column in columns.get(table).into_iter().flatten() {
            match node.step {
                Step::Drop => after[index].insert(*column),
                _ => after[*column].insert(index),
            };
        }
    }
    for (first, next) in logging(to, nodes, &by_id) {
        after[first].insert(next);
    }
    for (index, node) in nodes.iter().enumerate() {
        // An operator that is linked, and not linked back, comes while the other one is only announced.
        if let (ObjectId::Operator { .. }, Step::Create) = (node.id, node.step) {
            for (_, other) in one_sided(to, node.id) {
                after[index].extend(steps(other).create);
            }
        }
    }
    heritage::constrain(from, to, nodes, &mut after);
    body::follow(to, nodes, &mut after);
    after
        .into_iter()
        .map(|next| next.into_iter().collect())
        .collect()
}

/// Pairs of tables of which one must be logged, or no longer be, before the other: a table that is
/// written to the log may not refer to one that is not.
fn logging(
    to: &Schema,
    nodes: &[Node<'_>],
    by_id: &HashMap<&ObjectId, Steps>,
) -> Vec<(usize, usize)> {
    let altered = |table: &QualifiedName| by_id.get(&ObjectId::Table(table.clone()))?.alter;
    let is_table = |node: &Node<'_>| matches!(node.id, ObjectId::Table(_));
    if !nodes
        .iter()
        .any(|node| node.step == Step::Alter && is_table(node))
    {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for (id, object) in &to.objects {
        // What a table becomes its sequences become, too; what one of them is to be beside that comes after.
        if let Object::Sequence(sequence) = object
            && let Some(owner) = &sequence.owned_by
            && let Some(table) = altered(&owner.table)
        {
            let altered = by_id.get(id).and_then(|steps| steps.alter);
            pairs.extend(altered.map(|sequence| (table, sequence)));
        }
        let (Some(table), Some(foreign_key)) = (id.table(), foreign_key(object)) else {
            continue;
        };
        let there = [table, &foreign_key.references].map(altered);
        let ([Some(own), Some(referenced)], false) = (there, by_id.contains_key(id)) else {
            continue;
        };
        match &nodes[own].operation {
            Operation::Alter {
                to: Object::Table(table),
                ..
            } if own != referenced => {
                pairs.push(match table.persistence {
                    Persistence::Logged => (referenced, own),
                    Persistence::Unlogged => (own, referenced),
                });
            }
            _ => {}
        }
    }
    pairs
}

/// Whether an object is one that a default calls.
fn is_called(id: &&ObjectId) -> bool {
    matches!(id, ObjectId::Sequence(_)) || edges::is_called(id)
}

/// Whether an object has given something up after it was released: what it calls, and types that it does not
/// stand on, or no longer.
fn gives_up(from: &Schema, release: &Node<'_>, needed: &ObjectId) -> bool {
    let is_over = || {
        let object = from.get(release.id);
        object.is_some_and(|object| parting::is_over(from, object, needed))
    };
    is_called(&needed) || edges::is_type(needed) && (leaves_type(release) || !is_over())
}

/// Whether an operation gives a column another type.
fn leaves_type(node: &Node<'_>) -> bool {
    match &node.operation {
        Operation::Alter {
            id: _,
            from: Object::Column(from),
            to: Object::Column(to),
        } => from.sql_type != to.sql_type,
        _ => false,
    }
}

/// What an object needs; a program over a column also needs the column's type to be what it is, and
/// the types that this one is over.
fn through_types<'a>(edges: &Edges<'a>, schema: &'a Schema, id: &ObjectId) -> Vec<&'a ObjectId> {
    let mut needed = edges.of(id);
    if schema.get(id).is_some_and(is_program) {
        let leads_on = |id: &ObjectId| matches!(id, ObjectId::Column { .. }) || is_named(id);
        let mut at = 0;
        while let Some(next) = needed.get(at).copied() {
            at += 1;
            if leads_on(next) {
                for further in edges.of(next) {
                    if !needed.contains(&further) {
                        needed.push(further);
                    }
                }
            }
        }
    }
    needed
}

/// The operations on columns of the table that an object belongs to.
fn columns_beside<'a>(
    id: &ObjectId,
    object: &Object,
    columns: &'a HashMap<&QualifiedName, Vec<usize>>,
) -> impl Iterator<Item = usize> + use<'a> {
    edges::table_of(id, Some(object))
        .and_then(|table| columns.get(table))
        .into_iter()
        .flatten()
        .copied()
}

/// Whether an identity is that of a generated column.
fn generated(schema: &Schema, id: &ObjectId) -> bool {
    matches!(schema.get(id), Some(Object::Column(column)) if column.generated.is_some())
}
