//! Where an operation stands among those that the rules leave free.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::order::node::{Node, Step, is_routine};
use crate::schema::edges::is_named;
use crate::schema::object::{ConstraintKind, Object, ObjectId, OwnerColumn, Sequence};

/// The place of an operation; the least comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<'a> {
    phase: Phase,
    class: u8,
    table: usize,
    part: u8,
    position: usize,
    id: &'a ObjectId,
    step: Step,
}

/// What is done when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Sequences are taken from columns that go.
    Release,
    /// Foreign keys between tables that refer to each other go.
    Untie,
    Drop,
    /// What is created and altered.
    Build,
    /// Foreign keys between tables that refer to each other come.
    Tie,
    /// What could only go after something was altered.
    Sweep,
    /// Owners are named, and who may do what.
    Secure,
    /// Event triggers come.
    Watch,
}

/// The places of all nodes; `after` holds for each node those that must come later.
pub(super) fn places<'a>(
    from: &'a Schema,
    to: &'a Schema,
    nodes: &[Node<'a>],
    after: &[Vec<usize>],
) -> Vec<Place<'a>> {
    let tables: Vec<Option<&QualifiedName>> = nodes
        .iter()
        .map(|node| table(if node.step == Step::Drop { from } else { to }, node.id))
        .collect();
    let mut phases: Vec<Phase> = nodes
        .iter()
        .map(|node| match node.step {
            // They would fire on what is done here.
            Step::Drop if is_event_trigger(node.id) => Phase::Release,
            Step::Alter | Step::Create | Step::Own if is_event_trigger(node.id) => Phase::Watch,
            Step::Release => Phase::Release,
            Step::Drop => Phase::Drop,
            Step::Alter | Step::Create | Step::Own if is_secured_last(node.id) => Phase::Secure,
            Step::Alter | Step::Create | Step::Own => Phase::Build,
        })
        .collect();
    sweep(&mut phases, after);
    let dropped = ranks(&tables, after, |node| nodes[node].step == Step::Drop);
    let built = ranks(&tables, after, |node| phases[node] == Phase::Build);
    tie(&mut phases, after, &tables, &dropped, &built);

    let early = early(nodes, after);
    let mut positions = Positions::default();
    nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            let drops = node.step == Step::Drop;
            let (schema, ranks) = if drops {
                (from, &dropped)
            } else {
                (to, &built)
            };
            let table = tables[index].and_then(|table| ranks.get(table)).copied();
            let part = if node.step == Step::Own {
                OWNERSHIP
            } else {
                part(schema, node.id)
            };
            let position = positions.of(schema, drops, node.id);
            let class = match node.step {
                Step::Create if early.contains(node.id) && is_routine(node.id) => 2,
                step => class(node.id, step),
            };
            Place {
                phase: phases[index],
                // What is dropped goes the way back.
                class: if drops { u8::MAX - class } else { class },
                table: table.unwrap_or(0),
                part: if drops { u8::MAX - part } else { part },
                position: if drops {
                    usize::MAX - position
                } else {
                    position
                },
                id: node.id,
                step: node.step,
            }
        })
        .collect()
}

/// The routines that columns and constraints wait for, and the like: they come before the tables, so that
/// those can be made in one piece.
fn early<'a>(nodes: &[Node<'a>], after: &[Vec<usize>]) -> BTreeSet<&'a ObjectId> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (node, next) in after.iter().enumerate() {
        if (is_routine(nodes[node].id) || is_named(nodes[node].id))
            && nodes[node].step == Step::Create
        {
            next.iter().for_each(|next| before[*next].push(node));
        }
    }
    let mut reached: Vec<usize> = (0..nodes.len())
        .filter(|node| {
            matches!(
                nodes[*node].id,
                ObjectId::Column { .. }
                    | ObjectId::Constraint { .. }
                    | ObjectId::Index(_)
                    // No edge says which expressions are cast by it.
                    | ObjectId::Cast { .. }
            )
        })
        .collect();
    let mut early = BTreeSet::new();
    while let Some(node) = reached.pop() {
        for needed in &before[node] {
            if early.insert(nodes[*needed].id) {
                reached.push(*needed);
            }
        }
    }
    early
}

/// Drops that wait for something to be altered or created wait until all of that is done.
fn sweep(phases: &mut [Phase], after: &[Vec<usize>]) {
    let mut reached: Vec<usize> = (0..phases.len())
        .filter(|node| phases[*node] == Phase::Build)
        .collect();
    while let Some(node) = reached.pop() {
        for next in &after[node] {
            if phases[*next] == Phase::Drop {
                phases[*next] = Phase::Sweep;
                reached.push(*next);
            }
        }
    }
}

/// The tables that nodes belong to, each behind those that it has to wait for.
fn ranks<'a>(
    tables: &[Option<&'a QualifiedName>],
    after: &[Vec<usize>],
    counts: impl Fn(usize) -> bool,
) -> HashMap<&'a QualifiedName, usize> {
    let mut later: BTreeMap<&QualifiedName, BTreeSet<&QualifiedName>> = BTreeMap::new();
    for node in (0..tables.len()).filter(|node| counts(*node)) {
        let Some(table) = tables[node] else { continue };
        let behind = later.entry(table).or_default();
        for next in after[node].iter().filter(|next| counts(**next)) {
            behind.extend(tables[*next].filter(|other| *other != table));
        }
    }
    let mut waiting: BTreeMap<&QualifiedName, usize> =
        later.keys().map(|table| (*table, 0)).collect();
    for table in later.values().flatten() {
        *waiting.entry(table).or_default() += 1;
    }
    let mut ready: BTreeSet<&QualifiedName> = waiting
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(table, _)| *table)
        .collect();
    let mut ranks = HashMap::with_capacity(later.len());
    // Tables that wait for each other: the first by name goes as if free.
    while let Some(table) = ready.pop_first().or_else(|| waiting.keys().next().copied()) {
        waiting.remove(table);
        ranks.insert(table, ranks.len());
        for next in later.get(table).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(next) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.insert(next);
                }
            }
        }
    }
    ranks
}

/// Takes the foreign keys that lead against the order of tables out of their tables' groups.
fn tie(
    phases: &mut [Phase],
    after: &[Vec<usize>],
    tables: &[Option<&QualifiedName>],
    dropped: &HashMap<&QualifiedName, usize>,
    built: &HashMap<&QualifiedName, usize>,
) {
    let against = |ranks: &HashMap<&QualifiedName, usize>, node: usize, next: usize| match (
        tables[node].and_then(|table| ranks.get(table)),
        tables[next].and_then(|table| ranks.get(table)),
    ) {
        (Some(rank), Some(next)) => rank > next,
        _ => false,
    };
    let mut ties = Vec::new();
    for node in 0..phases.len() {
        for next in &after[node] {
            match (phases[node], phases[*next]) {
                (Phase::Drop, Phase::Drop) if against(dropped, node, *next) => {
                    ties.push((node, Phase::Untie));
                }
                (Phase::Build, Phase::Build) if against(built, node, *next) => {
                    ties.push((*next, Phase::Tie));
                }
                _ => {}
            }
        }
    }
    for (node, phase) in ties {
        phases[node] = phase;
    }
}

/// The table in whose group an operation stands.
fn table<'a>(schema: &'a Schema, id: &'a ObjectId) -> Option<&'a QualifiedName> {
    let on = match id {
        ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => on,
        other => other,
    };
    match schema.get(on) {
        Some(Object::Index(index)) => Some(&index.table),
        Some(Object::Statistics(statistics)) => Some(&statistics.table),
        Some(Object::Sequence(Sequence {
            owned_by: Some(OwnerColumn { table, column: _ }),
            ..
        })) => Some(table),
        // They come when all tables are there, and make none wait for another.
        Some(
            Object::Trigger(_) | Object::Rule(_) | Object::Policy(_) | Object::PublicationTable(_),
        ) => None,
        _ => on.table(),
    }
}

fn is_event_trigger(id: &ObjectId) -> bool {
    match id {
        ObjectId::Comment(on) | ObjectId::Owner(on) => is_event_trigger(on),
        ObjectId::EventTrigger(_) => true,
        _ => false,
    }
}

/// Owners and grants come when all is made; those of a schema at once, since they may be needed to make
/// something in it.
fn is_secured_last(id: &ObjectId) -> bool {
    match id {
        ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
            !matches!(**on, ObjectId::Namespace(_))
        }
        ObjectId::DefaultPrivileges(_) => true,
        _ => false,
    }
}

/// What stands by itself comes before the tables that may need it.
fn class(id: &ObjectId, step: Step) -> u8 {
    match id {
        ObjectId::Namespace(_) => 0,
        ObjectId::Enum(_) | ObjectId::EnumValue { .. } => 1,
        ObjectId::Extension(_) => 0,
        ObjectId::Collation(_)
        | ObjectId::Domain(_)
        | ObjectId::DomainConstraint { .. }
        | ObjectId::Composite(_)
        | ObjectId::Attribute { .. }
        | ObjectId::Range(_)
        | ObjectId::Multirange(_) => 1,
        ObjectId::Sequence(_) if step != Step::Own => 2,
        ObjectId::Sequence(_)
        | ObjectId::Table(_)
        | ObjectId::Column { .. }
        | ObjectId::Constraint { .. }
        | ObjectId::Index(_)
        | ObjectId::ReplicaIdentity(_)
        | ObjectId::Cluster(_)
        | ObjectId::Typed(_)
        | ObjectId::Statistics(_)
        | ObjectId::Partition(_)
        | ObjectId::Inheritance { .. }
        | ObjectId::Attached { .. } => 3,
        ObjectId::Wrapper(_) | ObjectId::Server(_) | ObjectId::UserMapping { .. } => 2,
        ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
            class(on, step)
        }
        ObjectId::Policy { .. } => 7,
        // What is made until then is not to begin with them.
        ObjectId::DefaultPrivileges(_) => 8,
        // A body of text may speak of any table. It goes after them, as it comes.
        ObjectId::Function { .. } | ObjectId::Procedure { .. } | ObjectId::Aggregate { .. }
            if step == Step::Drop =>
        {
            2
        }
        ObjectId::Function { .. } | ObjectId::Procedure { .. } | ObjectId::Aggregate { .. } => 4,
        ObjectId::View(_) | ObjectId::MaterializedView(_) => 5,
        ObjectId::Rule { .. } => 6,
        ObjectId::Trigger { .. } => 7,
        ObjectId::EventTrigger(_) => 9,
        ObjectId::Publication(_)
        | ObjectId::PublicationTable { .. }
        | ObjectId::PublicationSchema { .. }
        | ObjectId::Subscription(_) => 8,
        ObjectId::SearchParser(_)
        | ObjectId::SearchTemplate(_)
        | ObjectId::SearchDictionary(_)
        | ObjectId::SearchConfiguration(_)
        | ObjectId::Operator { .. }
        | ObjectId::OperatorFamily { .. }
        | ObjectId::OperatorClass { .. }
        | ObjectId::FamilyMember { .. }
        | ObjectId::Cast { .. }
        | ObjectId::Conversion(_)
        | ObjectId::Language(_)
        | ObjectId::AccessMethod(_) => 1,
    }
}

const OWNERSHIP: u8 = 8;

/// The order within a table.
fn part(schema: &Schema, id: &ObjectId) -> u8 {
    match id {
        ObjectId::Namespace(_)
        | ObjectId::Enum(_)
        | ObjectId::EnumValue { .. }
        | ObjectId::Sequence(_)
        | ObjectId::Table(_)
        | ObjectId::Extension(_)
        | ObjectId::Collation(_)
        | ObjectId::Domain(_)
        | ObjectId::Composite(_)
        | ObjectId::Range(_)
        | ObjectId::Multirange(_) => 0,
        ObjectId::DomainConstraint { .. } | ObjectId::Attribute { .. } => 1,
        ObjectId::Column { .. } => 1,
        ObjectId::Constraint { .. } => match schema.get(id) {
            Some(Object::Constraint(constraint)) => match &constraint.kind {
                ConstraintKind::PrimaryKey(_) => 2,
                ConstraintKind::Unique(_) => 3,
                ConstraintKind::Exclude(_) => 4,
                ConstraintKind::Check(_) => 5,
                ConstraintKind::ForeignKey(_) => 6,
            },
            _ => 6,
        },
        ObjectId::Index(_) | ObjectId::Statistics(_) => 7,
        ObjectId::Partition(_) | ObjectId::Inheritance { .. } | ObjectId::Attached { .. } => 8,
        ObjectId::ReplicaIdentity(_) | ObjectId::Cluster(_) | ObjectId::Typed(_) => 8,
        ObjectId::Comment(_) => 9,
        ObjectId::Owner(_) => 10,
        ObjectId::Grant { .. } => 11,
        ObjectId::Policy { .. } | ObjectId::DefaultPrivileges(_) => 0,
        ObjectId::View(_)
        | ObjectId::MaterializedView(_)
        | ObjectId::Rule { .. }
        | ObjectId::Function { .. }
        | ObjectId::Procedure { .. }
        | ObjectId::Aggregate { .. }
        | ObjectId::Trigger { .. }
        | ObjectId::EventTrigger(_) => 0,
        ObjectId::Wrapper(_) | ObjectId::Server(_) | ObjectId::UserMapping { .. } => 0,
        ObjectId::Publication(_)
        | ObjectId::PublicationTable { .. }
        | ObjectId::PublicationSchema { .. }
        | ObjectId::Subscription(_) => 0,
        ObjectId::SearchParser(_)
        | ObjectId::SearchTemplate(_)
        | ObjectId::SearchDictionary(_)
        | ObjectId::SearchConfiguration(_)
        | ObjectId::Operator { .. }
        | ObjectId::OperatorFamily { .. }
        | ObjectId::OperatorClass { .. }
        | ObjectId::FamilyMember { .. }
        | ObjectId::Cast { .. }
        | ObjectId::Conversion(_)
        | ObjectId::Language(_)
        | ObjectId::AccessMethod(_) => 0,
    }
}

/// Where columns stand in their tables, read once a table.
#[derive(Default)]
struct Positions<'a> {
    read: HashMap<(bool, &'a QualifiedName), HashMap<&'a Ident, usize>>,
}

impl<'a> Positions<'a> {
    fn of(&mut self, schema: &'a Schema, drops: bool, id: &'a ObjectId) -> usize {
        let ObjectId::Column { table, name } = id else {
            return 0;
        };
        let columns = self.read.entry((drops, table)).or_insert_with(|| {
            schema
                .columns(table)
                .iter()
                .enumerate()
                .map(|(at, name)| (name, at))
                .collect()
        });
        columns.get(name).copied().unwrap_or(columns.len())
    }
}
