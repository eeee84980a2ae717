//! What no revision makes and no model states: it is left alone, and nothing is moved aside for a change.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::revision::Dependency;
use limbeck_core::schema::diff::rename::{self, Settled, holds};
use limbeck_core::schema::lower::Declared;
use limbeck_core::schema::object::{ConstraintKind, IndexElement, IndexKey};
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::overlay::states;
use limbeck_core::schema::setting::as_made;
use limbeck_core::{Error, ErrorKind, Object, ObjectId, QualifiedName, Result, Schema};

use super::drift::is_administration;
use crate::ddl::Again;
use crate::statement::Statement;

/// The objects that only the database has: made by somebody else, and left alone. What is part of such a table goes
/// without saying.
pub(crate) fn strangers(live: &Schema, base: &Schema, declared: &Declared) -> Vec<ObjectId> {
    let is_stranger = |id: &ObjectId| base.get(id).is_none() && !declared.objects.contains_key(id);
    let is_part = |id: &ObjectId, object: &Object| {
        let of = match (id, object) {
            (ObjectId::Table(_), _) => return false,
            (_, Object::Index(index)) => Some(&index.table),
            (_, Object::Sequence(sequence)) => sequence.owned_by.as_ref().map(|owner| &owner.table),
            _ => id.table(),
        };
        of.is_some_and(|table| {
            let table = ObjectId::Table(table.clone());
            live.get(&table).is_some() && is_stranger(&table)
        })
    };
    live.objects
        .iter()
        // Of a schema that is there, its being there says nothing.
        .filter(|(id, _)| !matches!(id, ObjectId::Namespace(_)) && !is_administration(id))
        .filter(|(id, object)| is_stranger(id) && !is_part(id, object))
        .map(|(id, _)| id.clone())
        .collect()
}

/// What neither the revisions make nor the models state, by the names that it has in the database.
#[derive(Default)]
pub(super) struct Strangers(BTreeSet<ObjectId>);

/// Strangers that a way up leaves alone, by their names before it and behind it. Its way back leaves them alone, too, and
/// stops where one stands in its way.
#[derive(Default)]
pub(super) struct Alone(BTreeSet<ObjectId>);

impl Strangers {
    pub(super) fn among(live: &Schema, base: &Schema, declared: &Declared) -> Self {
        let is_stranger = |id: &&ObjectId| {
            !matches!(id, ObjectId::Namespace(_))
                && !is_said_of(id)
                && !holds(base, id)
                && !states(declared, id)
        };
        Self(live.objects.keys().filter(is_stranger).cloned().collect())
    }

    pub(super) fn left_by(&self, operations: &[Operation], live: &Schema) -> Alone {
        let settled = operations.iter().filter_map(|operation| match operation {
            Operation::Rename { from, to } => Some(Settled::one(from, to)),
            _ => None,
        });
        let settled: Vec<Settled> = settled.collect();
        let renamed = |id: &ObjectId| {
            let renames = settled.iter();
            renames.fold(id.clone(), |id, settled| settled.id(id))
        };
        // What Postgres does to the heir of somebody by itself is in no script.
        let touched: BTreeSet<&ObjectId> = operations
            .iter()
            .map(Operation::id)
            .filter(|id| !follows(id, operations, live))
            .collect();
        let left = self.0.iter().map(|id| (id, renamed(id)));
        let left = left.filter(|(id, after)| !touched.contains(id) && !touched.contains(after));
        Alone(left.flat_map(|(id, after)| [id.clone(), after]).collect())
    }
}

impl Alone {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What has to be known of those that a way back between the whole schemas would move aside.
    pub(super) fn in_the_way(&self, down: &[Statement]) -> Vec<String> {
        let moved = down.iter().flat_map(|statement| &statement.objects);
        let moved: BTreeSet<&ObjectId> = moved.filter(|id| self.0.contains(*id)).collect();
        let said = |id: &ObjectId| {
            format!(
                "`{id}` is in the database alone, and in the way of the way down: where it is there, drop it by hand \
                 before that, and make it again behind"
            )
        };
        moved.into_iter().map(said).collect()
    }

    /// Both schemas without them.
    pub(super) fn taken_out<'a>(
        &self,
        from: &'a Schema,
        to: &'a Schema,
    ) -> (Cow<'a, Schema>, Cow<'a, Schema>) {
        let without = |schema: &'a Schema| {
            if self.0.is_empty() {
                return Cow::Borrowed(schema);
            }
            let mut schema = schema.clone();
            for id in &self.0 {
                schema.remove(id);
            }
            // What is said of them goes with them.
            schema.objects.retain(|id, _| match id {
                ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, .. } => {
                    !self.0.contains(on)
                }
                _ => true,
            });
            for needed in schema.depends.values_mut() {
                needed.retain(|id| !self.0.contains(id));
            }
            Cow::Owned(schema)
        };
        (without(from), without(to))
    }
}

/// What no revision makes, and Postgres drops by itself with the column or table that goes: by
/// identity, with what it goes with. Where it is not there, nothing is missing.
pub(super) fn going_along(
    operations: &[Operation],
    live: &Schema,
    base: &Schema,
) -> BTreeMap<ObjectId, ObjectId> {
    let of_kind = |created: bool| {
        let operations = operations.iter().filter(move |operation| match operation {
            Operation::Create { .. } => created,
            Operation::Drop { .. } => !created,
            Operation::Alter { .. } | Operation::Rename { .. } => false,
        });
        operations.map(Operation::id).collect::<BTreeSet<_>>()
    };
    let made = of_kind(true);
    let mut dropped = of_kind(false);
    dropped.retain(|id| !made.contains(id));
    let goes_with = |id: &ObjectId| {
        let required = live.get(id)?.requires(id);
        let needed = live.depends.get(id).into_iter().flatten();
        let mut needed = required.iter().chain(needed);
        needed
            .find(|with| dropped.contains(with) && goes_by_itself(id, with))
            .cloned()
    };
    let strangers = dropped.iter().filter(|id| !holds(base, id));
    let mut going: BTreeMap<ObjectId, ObjectId> = strangers
        .filter_map(|id| Some(((*id).clone(), goes_with(id)?)))
        .collect();
    let comments: Vec<_> = going
        .iter()
        .map(|(id, with)| (ObjectId::Comment(Box::new(id.clone())), with.clone()))
        .filter(|(id, _)| live.get(id).is_some())
        .collect();
    going.extend(comments);
    going
}

/// Whether Postgres drops something of itself with a table or column of which it is a part or over which
/// it lies.
fn goes_by_itself(id: &ObjectId, with: &ObjectId) -> bool {
    match id {
        ObjectId::Index(_) | ObjectId::Statistics(_) | ObjectId::Sequence(_) => {
            matches!(with, ObjectId::Table(_) | ObjectId::Column { .. })
        }
        ObjectId::Constraint { .. }
        | ObjectId::ReplicaIdentity(_)
        | ObjectId::Cluster(_)
        | ObjectId::Typed(_) => {
            matches!(with, ObjectId::Table(_) | ObjectId::Column { .. })
                && id.table() == with.table()
        }
        ObjectId::Column { table, .. }
        | ObjectId::Trigger { table, .. }
        | ObjectId::Rule { table, .. }
        | ObjectId::Policy { table, .. }
        | ObjectId::PublicationTable { table, .. } => *with == ObjectId::Table(table.clone()),
        _ => false,
    }
}

/// A foreign key of somebody else's would go with the table of ours that it refers to: that is not for
/// us to drop. One that is made again, because what it refers to is replaced, is as it was.
pub(super) fn refuse_foreign(
    operations: &[Operation],
    declared: &Declared,
    base: &Schema,
    others: &BTreeMap<QualifiedName, Vec<Dependency>>,
) -> Result<()> {
    let made: BTreeSet<&ObjectId> = operations
        .iter()
        .filter(|operation| matches!(operation, Operation::Create { .. }))
        .map(Operation::id)
        .collect();
    for operation in operations {
        let Operation::Drop { id, object: _ } = operation else {
            continue;
        };
        let Some(table) = id.table().filter(|_| !made.contains(id)) else {
            continue;
        };
        let whole = ObjectId::Table(table.clone());
        let own = declared.objects.contains_key(&whole) || base.get(&whole).is_some();
        if !own || others.contains_key(table) {
            return Err(Error::new(
                ErrorKind::Ambiguous,
                format!(
                    "`{id}` stands in the way of what the models want, and is none of the \
                     application's"
                ),
            )
            .with_hint("its owner drops it first; or keep in the models what it refers to"));
        }
    }
    Ok(())
}

/// What models state though no revision makes it is changed, and that is said: an empty database
/// lacks it. What neither states is not moved aside for anything: a revision that names it would fail
/// in every database that lacks it, scratch among them, and so for good.
pub(super) fn foreign(
    operations: &[Operation],
    live: &Schema,
    base: &Schema,
    declared: &Declared,
) -> Result<Vec<String>> {
    let mut made: BTreeSet<ObjectId> = base.objects.keys().cloned().collect();
    // Values are no objects of their own, and are renamed as if they were.
    for (id, object) in &base.objects {
        if let (ObjectId::Enum(ty), Object::Enum(values)) = (id, object) {
            let ids = values.values.iter().map(|value| ObjectId::EnumValue {
                ty: ty.clone(),
                value: value.clone(),
            });
            made.extend(ids);
        }
    }
    let mut notes = Vec::new();
    for operation in operations {
        let (id, object) = match operation {
            Operation::Create { id, object: _ } => {
                made.insert(id.clone());
                continue;
            }
            Operation::Drop { id, object } => (id, Some(object)),
            Operation::Alter { id, from, to: _ } => (id, Some(from)),
            Operation::Rename { from, to: _ } => (from, None),
        };
        // It goes by itself with what it is said of, or is said again of what is made again.
        if is_said_of(id) {
            continue;
        }
        if !holds(base, id) && !made.contains(id) && !follows(id, operations, live) {
            let stated = object
                .is_none_or(|object| declared.objects.contains_key(id) || is_primary_key(object));
            if !stated {
                return Err(in_the_way(id));
            }
            notes.push(format!(
                "`{id}` is in the database and in none of the revisions: this one fails in a \
                 database that lacks it"
            ));
        }
        // What is part of a renamed table is called by its new name from here on.
        if let Operation::Rename { from, to } = operation {
            let settled = Settled::one(from, to);
            made = made.into_iter().map(|id| settled.id(id)).collect();
            made.insert(to.clone());
        }
    }
    Ok(notes)
}

/// What strangers laid over columns that get another type, and what Postgres may find that it cannot hold over the
/// new one: it is built again there, and nowhere else.
pub(super) fn over_other_types(
    operations: &[Operation],
    live: &Schema,
    base: &Schema,
    declared: &Declared,
) -> Vec<String> {
    let retyped: BTreeSet<&ObjectId> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Alter {
                id,
                from: Object::Column(from),
                to: Object::Column(to),
            } => (from.sql_type != to.sql_type).then_some(id),
            _ => None,
        })
        .collect();
    if retyped.is_empty() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    for (id, object) in &live.objects {
        let is_particular = match object {
            Object::Constraint(constraint) => matches!(
                constraint.kind,
                ConstraintKind::Check(_)
                    | ConstraintKind::ForeignKey(_)
                    | ConstraintKind::Exclude(_)
            ),
            Object::Index(index) => {
                let expression =
                    |element: &IndexElement| matches!(element.key, IndexKey::Expression(_));
                index.predicate.is_some() || index.elements.iter().any(expression)
            }
            _ => false,
        };
        if !is_particular || holds(base, id) || states(declared, id) {
            continue;
        }
        let required = object.requires(id);
        let recorded = live.depends.get(id).into_iter().flatten();
        let mut needed = required.iter().chain(recorded);
        if let Some(column) = needed.find(|needed| retyped.contains(needed)) {
            notes.push(format!(
                "`{id}` is in the database alone, and over `{column}`, which gets another type: the revision \
                 fails there if it does not suit that one"
            ));
        }
    }
    notes
}

/// What is said of the objects of ours in the database alone: comments, owners, grants, settings. That is another
/// thing in every database, and no revision's.
#[derive(Default)]
pub(super) struct Said {
    /// What is an object of its own.
    objects: BTreeSet<ObjectId>,
    /// What is set otherwise than the revisions make it, by the names on both sides.
    set: BTreeSet<ObjectId>,
}

impl Said {
    /// Takes it out of both sides of a difference.
    pub(super) fn take_out(
        live: &mut Schema,
        desired: &mut Schema,
        base: &Schema,
        declared: &Declared,
    ) -> Self {
        let wanted = |id: &ObjectId| states(declared, id);
        let carried = match declared.renames.by_new.is_empty() {
            true => Cow::Borrowed(base),
            false => Cow::Owned(rename::carry(base, &declared.renames, wanted)),
        };
        let is_said = |id: &&ObjectId| {
            is_said_of(id) && !holds(base, id) && !holds(&carried, id) && !wanted(id)
        };
        let mut said = Self {
            objects: live.objects.keys().filter(is_said).cloned().collect(),
            set: BTreeSet::new(),
        };
        let there: Vec<ObjectId> = desired.objects.keys().filter(is_said).cloned().collect();
        for (schema, ids) in [
            (&mut *live, said.objects.iter().collect::<Vec<_>>()),
            (&mut *desired, there.iter().collect()),
        ] {
            for id in ids {
                schema.remove(id);
                schema.depends.remove(id);
            }
        }
        let settled = rename::settle(live, &declared.renames, wanted);
        for (id, object) in &mut live.objects {
            let Some(made) = base.get(id).filter(|made| *made != object) else {
                continue;
            };
            let after = settled.id(id.clone());
            let (before, to) = as_made(object, desired.get(&after), made);
            if before == *object {
                continue;
            }
            *object = before;
            if let Some(to) = to {
                desired.objects.insert(after.clone(), to);
            }
            said.set.extend([id.clone(), after]);
        }
        said
    }

    /// What in a script must be noted before it is made anew: what each database may have entrusted to others or turned
    /// off, and that of which something is said here.
    pub(super) fn worth_noting(&self, mut made: Vec<Again>) -> Vec<Again> {
        made.retain(|again| again.is_entrusted() || self.is_said(again));
        made
    }

    fn is_said(&self, again: &Again) -> bool {
        self.set.contains(&again.before) || self.objects.iter().any(|id| again.is_of(id))
    }

    /// The columns that get another type in place and are set otherwise: some of it goes with the type.
    pub(super) fn retyped(&self, operations: &[Operation]) -> Vec<ObjectId> {
        let is_retyped = |operation: &&Operation| match operation {
            Operation::Alter {
                id,
                from: Object::Column(from),
                to: Object::Column(to),
            } => from.sql_type != to.sql_type && self.set.contains(id),
            _ => false,
        };
        let retyped = operations.iter().filter(is_retyped);
        retyped.map(Operation::id).cloned().collect()
    }

    /// What becomes of it: what a revision keeps, and what goes with what it drops.
    pub(super) fn notes(&self, operations: &[Operation], kept: &[Again]) -> Vec<String> {
        let mut notes = Vec::new();
        for id in &self.objects {
            let alone = format!("`{id}` is in the database alone");
            if kept.iter().any(|again| again.is_of(id)) {
                notes.push(format!(
                    "{alone}, and what it is of is made again: it is put back there, as is in every database what \
                     that has"
                ));
                continue;
            }
            let goes = operations.iter().find_map(|operation| match operation {
                Operation::Drop {
                    id: gone,
                    object: _,
                } => goes_with(id, gone).then_some(gone),
                _ => None,
            });
            if let Some(on) = goes {
                notes.push(format!(
                    "{alone}, and goes there with `{on}`: the way down does not bring it back"
                ));
            }
        }
        for again in kept.iter().filter(|again| self.set.contains(&again.before)) {
            notes.push(format!(
                "`{}` is set otherwise in the database than its revisions make it, and is made again: its settings are \
                 put back there, as are in every database those that it has",
                again.before
            ));
        }
        notes
    }
}

/// Whether something is said of an object, or of a column of it.
fn goes_with(said: &ObjectId, gone: &ObjectId) -> bool {
    let (ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ }) = said
    else {
        return false;
    };
    match (&**on, gone) {
        (ObjectId::Column { table, name: _ }, ObjectId::Table(gone)) => table == gone,
        (on, gone) => on == gone,
    }
}

/// Whether it is the column of an heir, to which Postgres does by itself what is done to the parent's.
fn follows(id: &ObjectId, operations: &[Operation], live: &Schema) -> bool {
    let ObjectId::Column { table, name } = id else {
        return false;
    };
    let mut reached = vec![table];
    let mut found = BTreeSet::new();
    while let Some(heir) = reached.pop() {
        let parents = live
            .objects
            .iter()
            .filter_map(|(id, object)| match (id, object) {
                (ObjectId::Partition(table), Object::Partition(partition)) if table == heir => {
                    Some(&partition.parent)
                }
                (ObjectId::Inheritance { table, parent }, _) if table == heir => Some(parent),
                _ => None,
            });
        reached.extend(parents.filter(|parent| found.insert(*parent)));
    }
    operations.iter().any(|operation| {
        matches!(operation, Operation::Alter { id: ObjectId::Column { table, name: of }, .. }
            if of == name && found.contains(table))
    })
}

/// The same for what statements name beside what they are about: what uses a type that is exchanged.
pub(super) fn refuse_strangers(
    up: &[Statement],
    live: &Schema,
    base: &Schema,
    declared: &Declared,
) -> Result<()> {
    let is_stranger = |id: &&ObjectId| {
        live.get(id).is_some_and(|object| !is_primary_key(object))
            && !is_said_of(id)
            && !holds(base, id)
            && !declared.objects.contains_key(*id)
    };
    let mut named = up.iter().flat_map(|statement| &statement.objects);
    named
        .find(is_stranger)
        .map_or(Ok(()), |id| Err(in_the_way(id)))
}

fn in_the_way(id: &ObjectId) -> Error {
    Error::new(
        ErrorKind::CannotCompare,
        format!(
            "`{id}` is in the way of what the models want, and no revision makes it: one that moved it \
             aside would fail in a database that lacks it"
        ),
    )
    .with_hint(match id {
        ObjectId::PublicationTable { publication, table } => format!(
            "by hand, take `{table}` out of the publication `{publication}`, and put it back once the new \
             revision is applied"
        ),
        ObjectId::Cluster(table) => format!(
            "by hand, `ALTER TABLE {table} SET WITHOUT CLUSTER`, and `CLUSTER {table} USING` its index once the new \
             revision is applied"
        ),
        ObjectId::ReplicaIdentity(table) => format!(
            "by hand, `ALTER TABLE {table} REPLICA IDENTITY DEFAULT`, and set it again once the new revision is applied"
        ),
        _ => format!(
            "drop the {} by hand and make it again once the new revision is applied; or take it into a \
             revision of your own, which drops it where it is there and makes it",
            id.kind()
        ),
    })
}

/// Whether it is said of another object, with which it goes and is put back.
fn is_said_of(id: &ObjectId) -> bool {
    is_administration(id) || matches!(id, ObjectId::Comment(_))
}

/// A table has one, which its model states by its fields.
fn is_primary_key(object: &Object) -> bool {
    matches!(object, Object::Constraint(constraint) if matches!(constraint.kind, ConstraintKind::PrimaryKey(_)))
}
