//! What partitions and inheritance ask of a difference: what is made anew with something, and which
//! operation on a parent comes before or after that on an heir. What an heir has from its parent is an
//! object of its own; that the parent's operation does the work of both is the business of the DDL.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::order::node::{Node, Step};
use crate::schema::diff::{Change, Renames};
use crate::schema::edges::foreign_key;
use crate::schema::object::heritage::{index_or_key, is_same_index};
use crate::schema::object::{
    Attached, Constraint, Index, Object, ObjectId, Partition, PartitionKey, SqlType,
};
use crate::schema::operation::Operation;

/// Whether an object need not change. No index is made so that it cannot be used.
pub(super) fn is_as_wanted(present: &Object, wanted: &Object) -> bool {
    match (present, wanted) {
        (Object::Index(present), Object::Index(wanted)) if !wanted.valid => {
            let same = Index {
                valid: false,
                ..present.clone()
            };
            same == *wanted
        }
        _ => present == wanted,
    }
}

/// Marks what Postgres cannot alter because of a partition key: a table of which a column that decides
/// gets another type, and the storage parameters of an index that is over partitions.
pub(super) fn remake<'a>(
    from: &'a Schema,
    to: &'a Schema,
    changes: &mut BTreeMap<&'a ObjectId, Change>,
) {
    let mut remade = Vec::new();
    for (id, change) in changes.iter() {
        let both = (from.get(id), to.get(id));
        match (id, both) {
            (
                ObjectId::Column { table, name },
                (Some(Object::Column(present)), Some(Object::Column(wanted))),
            ) => {
                let retyped = present.sql_type != wanted.sql_type
                    || present.collation != wanted.collation
                    || *change == Change::Replace;
                let reads = key_of(from, table).is_some_and(|key| key.reads(name));
                if retyped && reads {
                    let table = ObjectId::Table(table.clone());
                    remade.extend(from.objects.get_key_value(&table).map(|(id, _)| id));
                }
            }
            (ObjectId::Index(_), (Some(Object::Index(present)), Some(Object::Index(wanted))))
                if present.storage != wanted.storage && key_of(from, &wanted.table).is_some() =>
            {
                remade.push(*id);
            }
            (
                ObjectId::Constraint { table, name: _ },
                (Some(Object::Constraint(present)), Some(Object::Constraint(wanted))),
            ) if key_of(from, table).is_some() => {
                let storage = |constraint: &Constraint| {
                    let settings = constraint.kind.settings();
                    settings.map(|settings| settings.storage.clone())
                };
                if storage(present) != storage(wanted) {
                    remade.push(*id);
                }
            }
            _ => {}
        }
    }
    remade.extend(lost_with_parent(from, to, changes));
    remade.extend(foreign_ties(from, to, changes));
    let rivals = rivals(to, |link| {
        matches!(changes.get(link), Some(Change::Create | Change::Replace))
    });
    remade.extend(rivals.into_iter().filter_map(|(_, rival)| {
        let present = from.objects.get_key_value(rival);
        present.map(|(id, _)| id)
    }));
    for id in remade {
        if to.objects.contains_key(id) {
            changes.insert(id, Change::Replace);
        }
    }
}

/// The indexes and keys of partitions that are like one which is to be part of that of the partitioned table, and are
/// not, with what ties the partition. When a table becomes a partition, Postgres takes one of those that are there: only
/// it knows which. So the others come after.
fn rivals(to: &Schema, counts: impl Fn(&ObjectId) -> bool) -> Vec<(&ObjectId, &ObjectId)> {
    let ties = ties(to).into_iter();
    let mut new: BTreeMap<&QualifiedName, (&ObjectId, Vec<_>)> = ties
        .filter(|tie| tie.is_partition() && counts(tie.link))
        .map(|tie| (tie.heir, (tie.link, Vec::new())))
        .collect();
    if new.is_empty() {
        return Vec::new();
    }
    for (id, object) in &to.objects {
        let (table, name) = match (id, object) {
            (ObjectId::Index(name), Object::Index(index)) => (&index.table, &name.name),
            (ObjectId::Constraint { table, name }, Object::Constraint(_)) if is_key(object) => {
                (table, name)
            }
            _ => continue,
        };
        if let Some((_, of_heir)) = new.get_mut(table) {
            let attached = ObjectId::Attached {
                table: table.clone(),
                name: name.clone(),
            };
            of_heir.push((id, object, to.objects.contains_key(&attached)));
        }
    }
    let mut found = Vec::new();
    for (link, of_heir) in new.into_values() {
        for (id, object, is_part) in &of_heir {
            let is_like =
                |(_, other, is_part): &(_, &Object, bool)| *is_part && is_same_index(object, other);
            if !is_part && of_heir.iter().any(is_like) {
                found.push((link, *id));
            }
        }
    }
    found
}

/// What ties foreign tables to parents of which a column gets another type: Postgres casts no rows of theirs,
/// and refuses to be told how. Each is let go, altered by itself, and tied again.
fn foreign_ties<'a>(
    from: &'a Schema,
    to: &Schema,
    changes: &BTreeMap<&'a ObjectId, Change>,
) -> Vec<&'a ObjectId> {
    let cast: BTreeSet<&QualifiedName> = changes
        .keys()
        .filter(|id| match (from.get(id), to.get(id)) {
            (Some(Object::Column(from)), Some(Object::Column(to))) => {
                !differ_by_modifier(&from.sql_type, &to.sql_type)
            }
            _ => false,
        })
        .filter_map(|id| id.table())
        .collect();
    if cast.is_empty() {
        return Vec::new();
    }
    let heirs = heirs(from, |_| true);
    let below: BTreeSet<&QualifiedName> = cast
        .into_iter()
        .filter(|table| !is_foreign(from, table))
        .flat_map(|table| below(table, &heirs).into_iter().chain([table]))
        .collect();
    ties(from)
        .into_iter()
        .filter(|tie| below.contains(tie.parent) && is_foreign(from, tie.heir))
        .map(|tie| tie.link)
        .filter(|link| !changes.contains_key(link))
        .collect()
}

/// Whether types are equal but for what stands in parentheses.
fn differ_by_modifier(one: &SqlType, other: &SqlType) -> bool {
    fn bare(text: &str) -> &str {
        text.split_once('(').map_or(text, |(bare, _)| bare)
    }
    match (one, other) {
        (SqlType::Builtin(one), SqlType::Builtin(other)) => {
            bare(one) == bare(other) && one.ends_with("[]") == other.ends_with("[]")
        }
        _ => one == other,
    }
}

fn is_foreign(schema: &Schema, table: &QualifiedName) -> bool {
    let table = schema.get(&ObjectId::Table(table.clone()));
    matches!(table, Some(Object::Table(table)) if table.foreign.is_some())
}

/// The table of a column that decides on its partitions.
pub(super) fn partitioned_by<'a>(
    from: &'a Schema,
    to: &Schema,
    column: &ObjectId,
) -> Option<&'a ObjectId> {
    let ObjectId::Column { table, name } = column else {
        return None;
    };
    let id = ObjectId::Table(table.clone());
    let reads = key_of(from, table)?.reads(name) && to.objects.contains_key(&id);
    let table = from.objects.get_key_value(&id).filter(|_| reads);
    table.map(|(id, _)| id)
}

/// The foreign keys and checks that partitions are to keep, and that go when their parent gives up the same.
fn lost_with_parent<'a>(
    from: &'a Schema,
    to: &'a Schema,
    changes: &BTreeMap<&'a ObjectId, Change>,
) -> Vec<&'a ObjectId> {
    let given_up: Vec<(&QualifiedName, &ObjectId, &Object)> = changes
        .iter()
        .filter(|(_, change)| matches!(change, Change::Drop | Change::Replace))
        .filter_map(|(id, _)| match (id, from.get(id)) {
            (ObjectId::Constraint { table, .. }, Some(object)) if key_of(from, table).is_some() => {
                Some((table, *id, object))
            }
            _ => None,
        })
        .collect();
    if given_up.is_empty() {
        return Vec::new();
    }
    let heirs = heirs(from, |link| {
        let goes = matches!(changes.get(link), Some(Change::Drop | Change::Replace));
        to.objects.contains_key(link) && !goes
    });
    let mut lost = Vec::new();
    for (table, id, object) in given_up {
        for heir in below(table, &heirs) {
            lost.extend(from.objects.iter().filter_map(|(other, same)| {
                let ObjectId::Constraint { table, name } = other else {
                    return None;
                };
                let follows = match id {
                    ObjectId::Constraint {
                        name: of_parent, ..
                    } if !is_foreign_key(object) => name == of_parent && !is_key(object),
                    _ => same == object,
                };
                (table == heir && follows && !changes.contains_key(other)).then_some(other)
            }));
        }
    }
    lost
}

fn is_key(object: &Object) -> bool {
    crate::schema::taken::has_index(object)
}

/// The tables that have their columns from each, by the ties that count.
pub(super) fn heirs(
    schema: &Schema,
    counts: impl Fn(&ObjectId) -> bool,
) -> HashMap<&QualifiedName, Vec<&QualifiedName>> {
    let mut heirs: HashMap<&QualifiedName, Vec<&QualifiedName>> = HashMap::new();
    for tie in ties(schema).into_iter().filter(|tie| counts(tie.link)) {
        heirs.entry(tie.parent).or_default().push(tie.heir);
    }
    heirs
}

/// All that have their columns from a table, all the way down.
pub(super) fn below<'a>(
    table: &QualifiedName,
    heirs: &HashMap<&'a QualifiedName, Vec<&'a QualifiedName>>,
) -> BTreeSet<&'a QualifiedName> {
    let direct = |table: &QualifiedName| heirs.get(table).into_iter().flatten().copied();
    let mut reached: Vec<&QualifiedName> = direct(table).collect();
    let mut found = BTreeSet::new();
    while let Some(heir) = reached.pop() {
        if found.insert(heir) {
            reached.extend(direct(heir));
        }
    }
    found
}

fn key_of<'a>(schema: &'a Schema, table: &QualifiedName) -> Option<&'a PartitionKey> {
    match schema.get(&ObjectId::Table(table.clone())) {
        Some(Object::Table(table)) => table.partitioned.as_ref(),
        _ => None,
    }
}

/// What cannot stay when an index of a partition is no longer part of one of the partitioned table, and
/// the partition stays: there is no way to detach it, both are made anew.
pub(super) fn taken_along<'a>(
    from: &'a Schema,
    id: &ObjectId,
    altered: bool,
    changes: &BTreeMap<&'a ObjectId, Change>,
) -> Vec<&'a ObjectId> {
    let (ObjectId::Attached { table, name }, Some(Object::Attached(attached)), false) =
        (id, from.get(id), altered)
    else {
        return Vec::new();
    };
    let Attached { parent, index } = attached;
    let goes = |id: ObjectId| matches!(changes.get(&id), Some(Change::Drop | Change::Replace));
    if goes(ObjectId::Partition(table.clone()))
        || goes(ObjectId::Table(table.clone()))
        || goes(ObjectId::Table(parent.clone()))
    {
        return Vec::new();
    }
    let present = |ids: &[ObjectId]| -> Vec<&'a ObjectId> {
        let found = ids.iter().filter_map(|id| from.objects.get_key_value(id));
        found.map(|(id, _)| id).collect()
    };
    let mut along = present(&index_or_key(table, name));
    along.extend(present(&index_or_key(parent, index)));
    // Neither can go before the other where a key is part of what is none: the partition is let go meanwhile.
    if let [ObjectId::Constraint { .. }, ObjectId::Index(_)] = along[..] {
        if along.iter().any(|id| goes((*id).clone())) {
            along.clear();
        }
        along.extend(present(&[ObjectId::Partition(table.clone())]));
    }
    along
}

/// A table and one that it has its columns from.
pub(super) struct Tie<'a> {
    link: &'a ObjectId,
    heir: &'a QualifiedName,
    parent: &'a QualifiedName,
}

impl Tie<'_> {
    fn is_partition(&self) -> bool {
        matches!(self.link, ObjectId::Partition(_))
    }
}

pub(super) fn ties(schema: &Schema) -> Vec<Tie<'_>> {
    let partitions = schema.of_kind(ObjectId::Partition(QualifiedName::least()));
    let inheritances = schema.of_kind(ObjectId::Inheritance {
        table: QualifiedName::least(),
        parent: QualifiedName::least(),
    });
    let ties = partitions.chain(inheritances).filter_map(|(id, object)| {
        let (heir, parent) = match (id, object) {
            (ObjectId::Partition(table), Object::Partition(Partition { parent, bounds: _ })) => {
                (table, parent)
            }
            (ObjectId::Inheritance { table, parent }, _) => (table, parent),
            _ => return None,
        };
        Some(Tie {
            link: id,
            heir,
            parent,
        })
    });
    ties.collect()
}

/// Hints for what has its name from its parent: it is renamed with that.
pub(super) fn hints(schema: &Schema, renames: &Renames) -> Option<Renames> {
    if renames.by_new.is_empty() {
        return None;
    }
    let heirs = heirs(schema, |_| true);
    if heirs.is_empty() {
        return None;
    }
    let renamed = |table: &QualifiedName| {
        let old = ObjectId::Table(table.clone());
        let new = renames.by_new.iter().find(|(_, before)| **before == old);
        match new {
            Some((ObjectId::Table(new), _)) => new.clone(),
            _ => table.clone(),
        }
    };
    let mut all = renames.clone();
    for (new, old) in &renames.by_new {
        let (ObjectId::Column { name: new, .. }, ObjectId::Column { table, name }) = (new, old)
        else {
            continue;
        };
        for heir in below(table, &heirs) {
            let column = |table: QualifiedName, name: &Ident| ObjectId::Column {
                table,
                name: name.clone(),
            };
            let implied = column(heir.clone(), name);
            all.by_new
                .entry(column(renamed(heir), new))
                .or_insert(implied);
        }
    }
    Some(all)
}

/// Adds what follows from partitions and inheritance to what must come after what.
pub(super) fn constrain(
    from: &Schema,
    to: &Schema,
    nodes: &[Node<'_>],
    after: &mut [BTreeSet<usize>],
) {
    let (before, wanted) = (ties(from), ties(to));
    if before.is_empty() && wanted.is_empty() {
        return;
    }
    let parts = Parts::read(from, to, nodes);
    for tie in &before {
        if let Some(drop) = parts.step(tie.link, Step::Drop) {
            for other in parts.of(tie.heir).chain(parts.of(tie.parent)) {
                after[drop].insert(other);
            }
        }
        let table = |name: &QualifiedName| parts.step(&ObjectId::Table(name.clone()), Step::Drop);
        if let (Some(heir), Some(parent)) = (table(tie.heir), table(tie.parent)) {
            after[heir].insert(parent);
        }
    }
    // A partition is referred to with its parent.
    let partitions = heirs(from, |link| matches!(link, ObjectId::Partition(_)));
    for (index, node) in nodes.iter().enumerate() {
        if let Operation::Drop { id: _, object } = &node.operation
            && let Some(key) = foreign_key(object)
        {
            for heir in below(&key.references, &partitions) {
                let gone = ObjectId::Table(heir.clone());
                after[index].extend(parts.step(&gone, Step::Drop).filter(|drop| *drop != index));
            }
        }
    }
    let rivals: BTreeSet<_> = rivals(to, |link| parts.step(link, Step::Create).is_some())
        .into_iter()
        .collect();
    for tie in &wanted {
        let Some(create) = parts.step(tie.link, Step::Create) else {
            continue;
        };
        for other in parts.of(tie.heir).chain(parts.of(tie.parent)) {
            let foreign = matches!(
                &nodes[other].operation,
                Operation::Create { id: _, object } if is_foreign_key(object)
            );
            let is_rival =
                nodes[other].step == Step::Create && rivals.contains(&(tie.link, nodes[other].id));
            if is_rival {
                after[create].insert(other);
            } else if !foreign {
                after[other].insert(create);
            }
        }
    }
    let both = |tie: &&Tie<'_>| {
        to.objects.contains_key(tie.link)
            && parts.step(tie.link, Step::Drop).is_none()
            && parts.step(tie.link, Step::Create).is_none()
    };
    // The deepest first: what waits for an heir waits for its parent as well.
    let mut tied: Vec<&Tie<'_>> = before.iter().filter(both).collect();
    let up: HashMap<&QualifiedName, &QualifiedName> =
        before.iter().map(|tie| (tie.heir, tie.parent)).collect();
    let depth = |tie: &Tie<'_>| {
        let above = std::iter::successors(Some(tie.heir), |at| up.get(at).copied());
        above.take(before.len() + 1).count()
    };
    tied.sort_by_cached_key(|tie| std::cmp::Reverse(depth(tie)));
    for tie in tied {
        for (heir, parent) in parts.pairs(from, to, tie) {
            follow(tie, heir, parent, nodes, after);
        }
    }
    // A key over partitions counts only when each of them has its part of it.
    for (index, node) in nodes.iter().enumerate() {
        let Operation::Create {
            id: _,
            object: Object::Attached(attached),
        } = &node.operation
        else {
            continue;
        };
        for (other, node) in nodes.iter().enumerate() {
            if let Operation::Create { id: _, object } = &node.operation
                && foreign_key(object).is_some_and(|key| key.references == attached.parent)
            {
                after[index].insert(other);
            }
        }
    }
}

/// The same step on a part of a parent and that of an heir.
fn follow(
    tie: &Tie<'_>,
    heir: usize,
    parent: usize,
    nodes: &[Node<'_>],
    after: &mut [BTreeSet<usize>],
) {
    let step = nodes[heir].step;
    if step == Step::Drop && tie.is_partition() {
        // It goes with that of the parent, when nothing is over it any more.
        after[heir].insert(parent);
        return;
    }
    after[parent].insert(heir);
    if step == Step::Alter {
        for (other, next) in after.iter_mut().enumerate() {
            if next.contains(&heir) && nodes[other].step == Step::Drop {
                next.insert(parent);
            }
        }
    }
}

/// The nodes by what they are about.
struct Parts<'a> {
    by_id: HashMap<&'a ObjectId, Vec<(Step, usize)>>,
    by_table: HashMap<&'a QualifiedName, Vec<(&'a ObjectId, usize)>>,
    /// The indexes of partitions that are part of others, by the partitions.
    attached: HashMap<&'a QualifiedName, Vec<(&'a Ident, &'a Attached)>>,
}

impl<'a> Parts<'a> {
    fn read(from: &'a Schema, to: &'a Schema, nodes: &[Node<'a>]) -> Self {
        let mut parts = Self {
            by_id: HashMap::new(),
            by_table: HashMap::new(),
            attached: HashMap::new(),
        };
        for (index, node) in nodes.iter().enumerate() {
            let steps = parts.by_id.entry(node.id).or_default();
            steps.push((node.step, index));
            let table = match node.id {
                ObjectId::Column { table, .. } | ObjectId::Constraint { table, .. } => Some(table),
                ObjectId::Index(_) => match from.get(node.id).or_else(|| to.get(node.id)) {
                    Some(Object::Index(index)) => Some(&index.table),
                    _ => None,
                },
                _ => None,
            };
            if let Some(table) = table {
                let of_table = parts.by_table.entry(table).or_default();
                of_table.push((node.id, index));
            }
        }
        let attached = |schema: &'a Schema| {
            schema.of_kind(ObjectId::Attached {
                table: QualifiedName::least(),
                name: Ident::least(),
            })
        };
        for (id, object) in attached(from).chain(attached(to)) {
            if let (ObjectId::Attached { table, name }, Object::Attached(attached)) = (id, object) {
                let of_table = parts.attached.entry(table).or_default();
                of_table.push((name, attached));
            }
        }
        parts
    }

    fn step(&self, id: &ObjectId, wanted: Step) -> Option<usize> {
        let mut steps = self.by_id.get(id)?.iter();
        let found = steps.find(|(step, _)| *step == wanted);
        found.map(|(_, index)| *index)
    }

    /// The operations on columns, constraints and indexes of a table.
    fn of(&self, table: &QualifiedName) -> impl Iterator<Item = usize> {
        let nodes = self.by_table.get(table).into_iter().flatten();
        nodes.map(|(_, index)| *index)
    }

    /// The same steps on what an heir has from its parent, and on that itself.
    fn pairs(&self, from: &Schema, to: &Schema, tie: &Tie<'_>) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        let mut pair = |heir: &ObjectId, parent: &ObjectId| {
            for step in [Step::Release, Step::Drop, Step::Alter, Step::Create] {
                if let (Some(heir), Some(parent)) = (self.step(heir, step), self.step(parent, step))
                {
                    pairs.insert((heir, parent));
                }
            }
        };
        for (id, _) in self.by_table.get(tie.heir).into_iter().flatten() {
            let parent = tie.parent.clone();
            match id {
                ObjectId::Column { table: _, name } => pair(
                    id,
                    &ObjectId::Column {
                        table: parent,
                        name: name.clone(),
                    },
                ),
                ObjectId::Constraint { table: _, name } => {
                    let same_name = ObjectId::Constraint {
                        table: parent,
                        name: name.clone(),
                    };
                    for schema in [from, to] {
                        match schema.get(id) {
                            Some(object) if is_foreign_key(object) => {
                                for (other, _) in
                                    self.by_table.get(tie.parent).into_iter().flatten()
                                {
                                    if schema.get(other) == Some(object) {
                                        pair(id, other);
                                    }
                                }
                            }
                            Some(_) => pair(id, &same_name),
                            None => {}
                        }
                    }
                }
                _ => {}
            }
        }
        for (name, attached) in self.attached.get(tie.heir).into_iter().flatten() {
            if attached.parent == *tie.parent {
                for heir in index_or_key(tie.heir, name) {
                    for parent in index_or_key(&attached.parent, &attached.index) {
                        pair(&heir, &parent);
                    }
                }
            }
        }
        pairs
    }
}

fn is_foreign_key(object: &Object) -> bool {
    foreign_key(object).is_some()
}
