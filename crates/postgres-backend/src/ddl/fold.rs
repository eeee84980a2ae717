//! What is written together: the parts of a new table in its `CREATE TABLE`, what goes with a
//! dropped object in its `DROP`, and neighbouring changes of a table in one `ALTER TABLE`.
//!
//! An operation moves only where nothing between its old and its new place has to do with it: the
//! order of the operations is somebody else's work, and is kept.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{Constraint, ConstraintKind};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Context, Piece};
use crate::quote::Naming;
use crate::statement::{Statement, TransactionNeed};

mod creates;
mod drops;

/// One or several operations that are rendered together.
#[derive(Clone, Debug)]
pub(super) enum Item<'a> {
    /// A new table with its columns and constraints, or a new domain with its checks.
    CreateTable {
        create: &'a Operation,
        parts: Vec<&'a Operation>,
    },
    /// Something that goes, with what goes along by itself.
    Drop {
        drop: &'a Operation,
        swallowed: Vec<&'a Operation>,
    },
    /// One operation alone.
    Other(&'a Operation),
}

impl<'a> Item<'a> {
    pub(super) fn head(&self) -> &'a Operation {
        match self {
            Self::CreateTable { create, parts: _ } => create,
            Self::Drop { drop, swallowed: _ } => drop,
            Self::Other(other) => other,
        }
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = &'a Operation> {
        let rest: &[&Operation] = match self {
            Self::CreateTable { create: _, parts } => parts,
            Self::Drop { drop: _, swallowed } => swallowed,
            Self::Other(_) => &[],
        };
        std::iter::once(self.head()).chain(rest.iter().copied())
    }
}

/// Brings together what belongs together.
pub(super) fn arrange<'a>(operations: &'a [Operation], context: &Context<'_>) -> Vec<Item<'a>> {
    let ordered = sort_drops(operations);
    let places = Places::of(&ordered);
    // Where each operation went, if not to its own place.
    let mut host: Vec<Option<usize>> = vec![None; ordered.len()];
    drops::swallow(&ordered, &places, context, &mut host);
    creates::fold(&ordered, &places, context, &mut host);

    let mut guests: BTreeMap<usize, Vec<&Operation>> = BTreeMap::new();
    for (place, host) in host.iter().enumerate() {
        if let Some(host) = host {
            guests.entry(*host).or_default().push(ordered[place]);
        }
    }
    let mut items = Vec::new();
    for (place, operation) in ordered.iter().copied().enumerate() {
        if host[place].is_some() {
            continue;
        }
        let guests = guests.remove(&place).unwrap_or_default();
        items.push(match operation {
            Operation::Create {
                id: _,
                object: Object::Table(_) | Object::Domain(_),
            } => Item::CreateTable {
                create: operation,
                parts: guests,
            },
            Operation::Drop { .. } => Item::Drop {
                drop: operation,
                swallowed: guests,
            },
            Operation::Create { .. } | Operation::Alter { .. } | Operation::Rename { .. } => {
                Item::Other(operation)
            }
        });
    }
    items
}

/// Within a row of drops, comments and foreign keys go first and types last: nothing that is
/// dropped can be in their way, and so tables are left whole.
fn sort_drops(operations: &[Operation]) -> Vec<&Operation> {
    fn drops_range(operation: &Operation) -> bool {
        matches!(
            operation,
            Operation::Drop {
                id: _,
                object: Object::Range(_)
            }
        )
    }
    fn rank(operation: &Operation, ranges: bool) -> Option<u8> {
        let Operation::Drop { id: _, object } = operation else {
            return None;
        };
        Some(match object {
            Object::Comment(_) | Object::Grant(_) | Object::Owner(_) => 0,
            // Nothing that both sides share is dropped before.
            Object::Partition(_) | Object::Inheritance(_) | Object::Attached(_) => 0,
            Object::Constraint(Constraint {
                kind: ConstraintKind::ForeignKey(_),
                ..
            }) => 1,
            Object::Table(_) | Object::Column(_) | Object::Constraint(_) | Object::Index(_) => 2,
            // Each of these may need another, or a table: they go in the order that they come in.
            Object::View(_)
            | Object::MaterializedView(_)
            | Object::Rule(_)
            | Object::Routine(_)
            | Object::Aggregate(_)
            | Object::Trigger(_)
            | Object::EventTrigger(_)
            | Object::Policy(_) => 2,
            Object::ReplicaIdentity(_) | Object::Cluster(_) | Object::Typed(_) => 2,
            Object::Statistics(_) | Object::DomainConstraint(_) => 2,
            Object::Sequence(_) => 3,
            // A range may need a routine or an operator class, and other types may need it.
            Object::Enum(_) | Object::Domain(_) | Object::Composite(_) | Object::Range(_)
                if ranges =>
            {
                2
            }
            Object::Enum(_) | Object::Domain(_) | Object::Composite(_) | Object::Range(_) => 4,
            Object::Collation(_) => 5,
            Object::UserMapping(_) => 3,
            Object::Server(_) => 4,
            Object::Wrapper(_) => 5,
            Object::Extension(_) => 6,
            Object::Namespace(_) => 7,
            Object::PublicationTable(_) | Object::PublicationSchema(_) => 1,
            Object::Publication(_) | Object::Subscription(_) => 2,
            Object::SearchConfiguration(_)
            | Object::SearchDictionary(_)
            | Object::SearchParser(_)
            | Object::SearchTemplate(_) => 2,
            Object::Operator(_)
            | Object::OperatorFamily(_)
            | Object::OperatorClass(_)
            | Object::FamilyMember(_)
            | Object::Cast(_)
            | Object::Conversion(_)
            | Object::Language(_)
            | Object::AccessMethod(_) => 2,
        })
    }
    let mut ordered: Vec<&Operation> = operations.iter().collect();
    let is_drop = |operation: &Operation| rank(operation, false).is_some();
    for run in ordered.chunk_by_mut(|a, b| is_drop(a) && is_drop(b)) {
        let ranges = run.iter().any(|operation| drops_range(operation));
        run.sort_by_key(|operation| rank(operation, ranges));
    }
    ordered
}

/// Where operations are that have to do with something.
#[derive(Debug, Default)]
struct Places<'a> {
    /// By the objects that they are about.
    by_object: BTreeMap<&'a ObjectId, Vec<usize>>,
    /// By the table that they are about, or about a part of.
    by_table: BTreeMap<&'a QualifiedName, Vec<usize>>,
    /// Those that take up a bare name.
    by_taken_name: BTreeMap<&'a str, Vec<usize>>,
    /// Those that set free a bare name.
    by_freed_name: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Places<'a> {
    fn of(operations: &[&'a Operation]) -> Self {
        let mut places = Self::default();
        for (place, operation) in operations.iter().copied().enumerate() {
            let (ids, object) = match operation {
                Operation::Create { id, object }
                | Operation::Drop { id, object }
                | Operation::Alter {
                    id,
                    from: object,
                    to: _,
                } => (vec![id], Some(object)),
                Operation::Rename { from, to } => (vec![from, to], None),
            };
            for id in ids {
                places.by_object.entry(id).or_default().push(place);
                if let Some(table) = table_of(id, object) {
                    places.by_table.entry(table).or_default().push(place);
                }
            }
            match operation {
                Operation::Create { id, object: _ } => places.take(id, place),
                Operation::Drop { id, object: _ } => places.free(id, place),
                Operation::Rename { from, to } => {
                    places.free(from, place);
                    places.take(to, place);
                }
                Operation::Alter { .. } => {}
            }
        }
        places
    }

    fn take(&mut self, id: &'a ObjectId, place: usize) {
        if let Some(name) = relation_name(id) {
            self.by_taken_name
                .entry(name.as_str())
                .or_default()
                .push(place);
        }
    }

    fn free(&mut self, id: &'a ObjectId, place: usize) {
        if let Some(name) = relation_name(id) {
            self.by_freed_name
                .entry(name.as_str())
                .or_default()
                .push(place);
        }
    }
}

/// Those of some places that lie between two others.
fn between<'p>(
    places: Option<&'p Vec<usize>>,
    after: usize,
    before: usize,
) -> impl Iterator<Item = usize> + 'p {
    let places = places.map_or(&[][..], Vec::as_slice);
    let start = places.partition_point(|place| *place <= after);
    places[start..]
        .iter()
        .copied()
        .take_while(move |place| *place < before)
}

fn table_of<'a>(id: &'a ObjectId, object: Option<&'a Object>) -> Option<&'a QualifiedName> {
    match (id, object) {
        (ObjectId::Index(_), Some(Object::Index(index))) => Some(&index.table),
        (_, Some(Object::Statistics(statistics))) => Some(&statistics.table),
        (id, _) => id.table(),
    }
}

/// The name that something takes up among the relations, types and constraints of a schema.
fn relation_name(id: &ObjectId) -> Option<&Ident> {
    match id {
        ObjectId::Enum(name)
        | ObjectId::Sequence(name)
        | ObjectId::Table(name)
        | ObjectId::Index(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name) => Some(&name.name),
        ObjectId::Constraint { table: _, name } => Some(name),
        ObjectId::Namespace(_)
        | ObjectId::EnumValue { .. }
        | ObjectId::Column { .. }
        | ObjectId::Comment(_)
        | ObjectId::Rule { .. }
        | ObjectId::Function { .. }
        | ObjectId::Procedure { .. }
        | ObjectId::Aggregate { .. }
        | ObjectId::Trigger { .. }
        | ObjectId::EventTrigger(_)
        | ObjectId::Extension(_)
        | ObjectId::DomainConstraint { .. }
        | ObjectId::Attribute { .. }
        | ObjectId::Multirange(_)
        | ObjectId::Collation(_)
        | ObjectId::ReplicaIdentity(_)
        | ObjectId::Cluster(_)
        | ObjectId::Typed(_)
        | ObjectId::Statistics(_)
        | ObjectId::Policy { .. }
        | ObjectId::Owner(_)
        | ObjectId::Grant { .. }
        | ObjectId::DefaultPrivileges(_)
        | ObjectId::Partition(_)
        | ObjectId::Inheritance { .. }
        | ObjectId::Attached { .. }
        | ObjectId::Wrapper(_)
        | ObjectId::Server(_)
        | ObjectId::UserMapping { .. }
        | ObjectId::Publication(_)
        | ObjectId::PublicationTable { .. }
        | ObjectId::PublicationSchema { .. }
        | ObjectId::Subscription(_)
        | ObjectId::SearchParser(_)
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
        | ObjectId::AccessMethod(_) => None,
    }
}

/// Joins neighbouring actions on one table into one `ALTER TABLE`, and neighbouring grants of the same
/// into one `GRANT`.
pub(super) fn join(pieces: Vec<Piece>, naming: &Naming) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut open: Option<Open> = None;
    let mut granting: Option<Granting> = None;
    for piece in pieces {
        match piece {
            Piece::Grant {
                head,
                grantees,
                tail,
                reason,
                objects,
            } => {
                statements.extend(open.take().map(|open| open.close(naming)));
                match &mut granting {
                    Some(before) if before.head == head && before.tail == tail => {
                        before.grantees.extend(grantees);
                        before.objects.extend(objects);
                    }
                    other => {
                        statements.extend(other.take().map(Granting::close));
                        granting = Some(Granting {
                            head,
                            grantees,
                            tail,
                            reason,
                            objects,
                        });
                    }
                }
            }
            Piece::Statement(statement) => {
                statements.extend(granting.take().map(Granting::close));
                statements.extend(open.take().map(|open| open.close(naming)));
                statements.push(statement);
            }
            Piece::Action {
                table,
                only,
                action,
                reason,
                objects,
            } => {
                statements.extend(granting.take().map(Granting::close));
                let mut current = match open.take() {
                    Some(current) if current.table == table && current.only == only => current,
                    other => {
                        statements.extend(other.map(|open| open.close(naming)));
                        Open::new(table, only)
                    }
                };
                current.add(action, reason, objects);
                open = Some(current).filter(|current| !current.actions.is_empty());
            }
        }
    }
    statements.extend(open.map(|open| open.close(naming)));
    statements.extend(granting.map(Granting::close));
    statements
}

/// A `GRANT` or `REVOKE` that may still get grantees.
struct Granting {
    head: String,
    grantees: Vec<String>,
    tail: String,
    reason: String,
    objects: Vec<ObjectId>,
}

impl Granting {
    fn close(self) -> Statement {
        let Self {
            head,
            grantees,
            tail,
            reason,
            objects,
        } = self;
        Statement {
            sql: format!("{head} {}{tail}", grantees.join(", ")),
            reason,
            transaction: TransactionNeed::Any,
            objects,
        }
    }
}

/// An `ALTER TABLE` that may still get actions.
struct Open {
    table: QualifiedName,
    only: bool,
    actions: Vec<String>,
    reasons: Vec<String>,
    objects: Vec<ObjectId>,
}

impl Open {
    fn new(table: QualifiedName, only: bool) -> Self {
        Self {
            table,
            only,
            actions: Vec::new(),
            reasons: Vec::new(),
            objects: Vec::new(),
        }
    }

    /// Postgres does all that drops first, so that what is added and dropped again would be dropped before it is there:
    /// neither is done.
    fn add(&mut self, action: String, reason: String, objects: Vec<ObjectId>) {
        let added = action
            .strip_prefix("DROP CONSTRAINT ")
            .map(|name| format!("ADD CONSTRAINT {name} "));
        let mut actions = self.actions.iter();
        let before = added.and_then(|added| actions.position(|before| before.starts_with(&added)));
        if let Some(before) = before {
            self.actions.remove(before);
            self.reasons.remove(before);
            return;
        }
        self.actions.push(action);
        self.reasons.push(reason);
        for object in objects {
            if !self.objects.contains(&object) {
                self.objects.push(object);
            }
        }
    }

    fn close(self, naming: &Naming) -> Statement {
        let Self {
            table,
            only,
            actions,
            mut reasons,
            objects,
        } = self;
        let only = if only { "ONLY " } else { "" };
        let head = format!("ALTER TABLE {only}{}", naming.qualified(&table));
        let sql = match &actions[..] {
            [action] => format!("{head} {action}"),
            actions => format!("{head}\n    {}", actions.join(",\n    ")),
        };
        reasons.dedup();
        let reason = match &reasons[..] {
            [reason] => reason.clone(),
            reasons => format!(
                "alter table {}: {}",
                naming.shown(&table),
                reasons.join(", ")
            ),
        };
        Statement {
            sql,
            reason,
            transaction: TransactionNeed::Any,
            objects,
        }
    }
}
