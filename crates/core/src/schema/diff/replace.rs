//! Which changes an object survives, and what a dropped or replaced object takes along.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::{Change, heritage, parting};
use crate::schema::edges::{Edges, is_called, is_program, is_type, owner, reads_columns, table_of};
use crate::schema::object::{
    Column, Computed, Constraint, ConstraintKind, Domain, Index, Object, ObjectId, SqlType,
    Statistics,
};

/// How an object that is in both schemas and unequal comes from one to the other.
///
/// An enum is always altered: where values go or change places, the type is swapped under its
/// columns, which is the DDL's business and loses nothing that is not hazardous anyway.
pub fn change(from: &Object, to: &Object) -> Change {
    match (from, to) {
        (Object::Column(from), Object::Column(to)) => column(from, to),
        (Object::Constraint(from), Object::Constraint(to)) => constraint(from, to),
        (Object::Index(from), Object::Index(to)) => index(from, to),
        (Object::Namespace(_), Object::Namespace(_))
        | (Object::Enum(_), Object::Enum(_))
        | (Object::Sequence(_), Object::Sequence(_))
        | (Object::Comment(_), Object::Comment(_))
        | (Object::Rule(_), Object::Rule(_))
        | (Object::Composite(_), Object::Composite(_))
        | (Object::ReplicaIdentity(_), Object::ReplicaIdentity(_))
        | (Object::Cluster(_), Object::Cluster(_))
        | (Object::Owner(_), Object::Owner(_))
        | (Object::Grant(_), Object::Grant(_)) => Change::Alter,
        (Object::Policy(from), Object::Policy(to)) => alter_if(from.can_become(to)),
        (Object::Table(from), Object::Table(to)) => alter_if(from.can_become(to)),
        (Object::Server(from), Object::Server(to)) => alter_if(from.can_become(to)),
        (Object::Wrapper(_), Object::Wrapper(_))
        | (Object::UserMapping(_), Object::UserMapping(_)) => Change::Alter,
        (Object::View(from), Object::View(to)) => alter_if(from.can_become(to)),
        (Object::MaterializedView(from), Object::MaterializedView(to)) => {
            alter_if(from.query == to.query && from.method == to.method)
        }
        (Object::Routine(from), Object::Routine(to)) => alter_if(from.can_become(to)),
        (Object::Aggregate(from), Object::Aggregate(to)) => alter_if(from.can_become(to)),
        (Object::Trigger(from), Object::Trigger(to)) => alter_if(from.can_become(to)),
        (Object::EventTrigger(from), Object::EventTrigger(to)) => alter_if(from.can_become(to)),
        // One that cannot be moved is made again.
        (Object::Extension(from), Object::Extension(to)) => {
            alter_if(from.schema == to.schema || from.relocatable)
        }
        (Object::Domain(from), Object::Domain(to)) => domain(from, to),
        (Object::DomainConstraint(from), Object::DomainConstraint(to)) => {
            alter_if(from.expression == to.expression && to.validated)
        }
        (Object::Statistics(from), Object::Statistics(to)) => statistics(from, to),
        (Object::Publication(from), Object::Publication(to)) => alter_if(from.can_become(to)),
        (Object::Subscription(_), Object::Subscription(_)) => Change::Alter,
        (Object::Operator(from), Object::Operator(to)) => alter_if(from.can_become(to)),
        (Object::Language(_), Object::Language(_)) => Change::Alter,
        (Object::SearchDictionary(from), Object::SearchDictionary(to)) => {
            alter_if(from.can_become(to))
        }
        (Object::SearchConfiguration(from), Object::SearchConfiguration(to)) => {
            alter_if(from.can_become(to))
        }
        _ => Change::Replace,
    }
}

fn alter_if(survives: bool) -> Change {
    if survives {
        Change::Alter
    } else {
        Change::Replace
    }
}

/// What a domain is over does not change in place.
fn domain(from: &Domain, to: &Domain) -> Change {
    alter_if(from.base == to.base && from.collation == to.collation)
}

/// Only the target of statistics changes in place.
fn statistics(from: &Statistics, to: &Statistics) -> Change {
    let same = Statistics {
        target: from.target,
        ..to.clone()
    };
    alter_if(same == *from)
}

/// The expression of a generated column cannot be changed or added before Postgres 17; since it is
/// computed, nothing is lost by making the column anew. It can be taken away. The same goes for a
/// type that is exchanged: values cannot be cast.
fn column(from: &Column, to: &Column) -> Change {
    let named = |column: &Column| matches!(column.sql_type, SqlType::Named { .. });
    match (&from.generated, &to.generated) {
        // What is not stored cannot be kept.
        (Some(_), None) if from.computed == Computed::Virtual => Change::Replace,
        (_, None) => Change::Alter,
        (Some(_), Some(_)) if from.computed != to.computed => Change::Replace,
        (Some(_), Some(_)) if from.sql_type != to.sql_type && (named(from) || named(to)) => {
            Change::Replace
        }
        (Some(from), Some(to)) if from == to => Change::Alter,
        (_, Some(_)) => Change::Replace,
    }
}

/// A constraint can be validated, a foreign key deferred or not, and what is said of an index behind one
/// changes; nothing else does so in place.
fn constraint(from: &Constraint, to: &Constraint) -> Change {
    let Constraint {
        kind,
        deferrable,
        validated,
        enforced,
    } = from;
    let foreign_key = matches!(kind, ConstraintKind::ForeignKey(_));
    let survives = kind.with_settings_of(&to.kind) == to.kind
        && *enforced == to.enforced
        && (*deferrable == to.deferrable || foreign_key)
        && (*validated == to.validated || to.validated);
    if survives {
        Change::Alter
    } else {
        Change::Replace
    }
}

/// Only the storage parameters of an index, its place and its targets change in place; and it can be built
/// again.
fn index(from: &Index, to: &Index) -> Change {
    let same = Index {
        storage: from.storage.clone(),
        tablespace: from.tablespace.clone(),
        statistics: from.statistics.clone(),
        valid: from.valid,
        ..to.clone()
    };
    if same == *from {
        Change::Alter
    } else {
        Change::Replace
    }
}

/// Marks what depends on dropped and replaced objects, and is still wanted, for replacement.
///
/// A column that is not generated is never replaced, since its data would be lost: where it depends
/// on something that goes, its own change takes the dependency away. Changing a column's type
/// replaces the generated columns that are computed from it, and foreign keys of which both sides
/// change; Postgres rebuilds all else that is over the column.
pub(crate) fn spread<'a>(
    from: &'a Schema,
    to: &'a Schema,
    changes: &mut BTreeMap<&'a ObjectId, Change>,
) {
    untie(from, to, changes);
    heritage::remake(from, to, changes);
    relink(from, to, changes);
    let mut reached: Vec<&ObjectId> = changes
        .iter()
        .filter(|(id, change)| match change {
            Change::Create => false,
            Change::Drop | Change::Replace => true,
            Change::Alter => changes_type(from, to, id) || exchanged(from, to, id),
        })
        .map(|(id, _)| *id)
        .collect();
    if reached.is_empty() {
        return;
    }
    let dependents = Edges::new(from).dependents_around(&reached);
    let unread = unread(from, &reached);
    let mut retyped: HashSet<&ObjectId> = HashSet::new();
    // Columns that leave their type while it is made anew: nothing that is over them can stay.
    let mut parted: HashSet<&ObjectId> = HashSet::new();
    // Types that go, and stand on something that is made anew.
    let mut passed: HashSet<&ObjectId> = HashSet::new();
    // Programs that are altered away from what goes.
    let mut spared: BTreeSet<&ObjectId> = BTreeSet::new();
    while let Some(id) = reached
        .pop()
        .or_else(|| caught(from, to, changes, &retyped, &mut spared))
    {
        let change = changes.get(id).copied();
        let parts = parted.contains(id);
        let altered = !parts && !matches!(change, Some(Change::Drop | Change::Replace));
        let unread = match id {
            ObjectId::Column { table, .. } => unread.get(table),
            _ => None,
        };
        // What is unchanged without a dropped column never read it.
        let unread = unread.filter(|_| change != Some(Change::Drop));
        let over = dependents
            .get(id)
            .into_iter()
            .chain(unread)
            .flatten()
            .copied()
            .chain(heritage::taken_along(from, id, altered, changes));
        let over = over.chain(from.said_of(id));
        let over = over.filter(|dependent| !(parts && is_said(dependent)));
        for dependent in over.filter(|dependent| *dependent != id) {
            let both = (from.get(dependent), to.get(dependent));
            let (Some(present), Some(wanted)) = both else {
                if both.0.is_some() && is_type(dependent) && !altered && passed.insert(dependent) {
                    reached.push(dependent);
                }
                continue;
            };
            if matches!(changes.get(dependent), Some(Change::Drop | Change::Replace)) {
                continue;
            }
            if !altered
                && is_type(id)
                && !parted.contains(dependent)
                && parting::between(from, to, dependent, changes).is_some()
            {
                parted.insert(dependent);
                changes.entry(dependent).or_insert(Change::Alter);
                reached.push(dependent);
                // No column that decides on partitions gets another type.
                if let Some(table) = heritage::partitioned_by(from, to, dependent) {
                    changes.insert(table, Change::Replace);
                    reached.push(table);
                }
                continue;
            }
            // The columns of an enum that is exchanged get another type, so to speak, and what is
            // computed from those is computed again. The exchange itself sees to them, but not to
            // the programs over them.
            let swapped = altered && matches!(id, ObjectId::Enum(_));
            let exchanged = swapped || retyped.contains(id);
            if let (true, Object::Column(column)) = (exchanged, present)
                && (swapped || column.generated.is_some())
                && retyped.insert(dependent)
            {
                reached.push(dependent);
            }
            // What can let go of what is made anew does so before, and takes hold of it after.
            if !altered && lets_go(from, present, wanted, id) {
                changes.entry(dependent).or_insert(Change::Alter);
            }
            let remade = matches!(id, ObjectId::Table(_)) && !altered;
            let replaced = match (present, wanted) {
                (Object::Column(_), Object::Column(_)) if remade => true,
                (Object::Column(present), Object::Column(wanted)) => {
                    !exchanged && present.generated.is_some() && wanted.generated.is_some()
                }
                (Object::Constraint(present), _) if altered => torn(from, to, dependent, present),
                (Object::Constraint(_) | Object::Index(_) | Object::Comment(_), _) => !altered,
                // What no longer needs it is changed before, where that can be.
                (present, _) if is_program(present) => {
                    let spares = changes.get(dependent) == Some(&Change::Alter)
                        && !still_needs(to, dependent, id);
                    if spares {
                        spared.insert(dependent);
                    }
                    !spares
                }
                (Object::DomainConstraint(_) | Object::Statistics(_), _) => !altered,
                // A grant outlives an owner.
                (Object::Owner(_) | Object::Grant(_), _) => {
                    !altered && !matches!(id, ObjectId::Owner(_))
                }
                (Object::ReplicaIdentity(_) | Object::Cluster(_) | Object::Typed(_), _) => !altered,
                (Object::Partition(_) | Object::Inheritance(_) | Object::Attached(_), _) => {
                    !altered
                }
                (Object::Table(_), _) if is_type(id) => false,
                (Object::Server(_) | Object::UserMapping(_) | Object::Table(_), _) => !altered,
                (Object::Domain(_) | Object::Composite(_), _) => {
                    !altered && parting::is_over(from, present, id)
                }
                (Object::Range(_), _) => !altered,
                (Object::SearchParser(_) | Object::SearchTemplate(_), _) => !altered,
                (Object::PublicationSchema(_), _) => !altered,
                (Object::SearchDictionary(_) | Object::SearchConfiguration(_), _) => !altered,
                (
                    Object::Operator(_)
                    | Object::OperatorFamily(_)
                    | Object::OperatorClass(_)
                    | Object::FamilyMember(_)
                    | Object::Cast(_)
                    | Object::Conversion(_)
                    | Object::Language(_)
                    | Object::AccessMethod(_),
                    _,
                ) => !altered,
                _ => false,
            };
            if replaced {
                changes.insert(dependent, Change::Replace);
                reached.push(dependent);
            }
        }
    }
    keep_sequences(from, to, changes);
}

/// Whether an object needs something only by what it can do without for a while: a default, or a function of a
/// wrapper.
fn lets_go(from: &Schema, present: &Object, wanted: &Object, id: &ObjectId) -> bool {
    let in_passing = || is_called(id) || is_type(id) && !parting::is_over(from, present, id);
    match (present, wanted) {
        (Object::Column(column), Object::Column(wanted)) => {
            let default = column.default.is_some() && wanted.default.is_some();
            default && column.generated.is_none() && in_passing()
        }
        (Object::Domain(domain), Object::Domain(wanted)) => {
            domain.default.is_some() && wanted.default.is_some() && in_passing()
        }
        (Object::Wrapper(_), Object::Wrapper(_)) => is_called(id),
        _ => false,
    }
}

/// Whether it is said of an object beside what that is.
fn is_said(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Comment(_) | ObjectId::Owner(_) | ObjectId::Grant { .. }
    )
}

/// One of the programs that are altered before something goes, and yet need what comes only after:
/// it is replaced after all.
fn caught<'a>(
    from: &Schema,
    to: &Schema,
    changes: &mut BTreeMap<&'a ObjectId, Change>,
    retyped: &HashSet<&ObjectId>,
    spared: &mut BTreeSet<&'a ObjectId>,
) -> Option<&'a ObjectId> {
    let edges = Edges::new(to);
    let comes_later = |id: &&ObjectId| match (id, changes.get(*id)) {
        (_, None) => retyped.contains(*id),
        (ObjectId::Column { .. }, Some(Change::Create)) => {
            let computed =
                matches!(to.get(id), Some(Object::Column(new)) if new.generated.is_some());
            computed
                || to.depends.contains_key(*id)
                || edges
                    .of(id)
                    .iter()
                    .any(|ty| changes.get(ty) == Some(&Change::Replace) || exchanged(from, to, ty))
        }
        (ObjectId::Table(_), Some(_)) => false,
        (_, Some(_)) => true,
    };
    let found = spared.iter().copied().find(|id| {
        changes.get(id) == Some(&Change::Alter) && edges.of(id).iter().any(comes_later)
    })?;
    spared.remove(found);
    changes.insert(found, Change::Replace);
    Some(found)
}

/// Whether an object needs another one in a schema.
fn still_needs(schema: &Schema, id: &ObjectId, needed: &ObjectId) -> bool {
    Edges::new(schema).of(id).contains(&needed)
}

/// Whether an altered object is an enum that loses values or has them in another order: another type
/// takes its place.
fn exchanged(from: &Schema, to: &Schema, id: &ObjectId) -> bool {
    match (from.get(id), to.get(id)) {
        (Some(Object::Enum(from)), Some(Object::Enum(to))) => from.is_exchanged(to),
        _ => false,
    }
}

/// A table is tied to its type only while their columns are the same: it is let go before one of
/// them changes, and tied again after.
fn untie<'a>(from: &'a Schema, to: &'a Schema, changes: &mut BTreeMap<&'a ObjectId, Change>) {
    let changed: Vec<&ObjectId> = from
        .of_kind(ObjectId::Typed(QualifiedName::least()))
        .filter(|(id, object)| {
            let (ObjectId::Typed(table), Object::Typed(typed)) = (id, object) else {
                return false;
            };
            to.objects.contains_key(*id)
                && !changes.contains_key(id)
                && changes.iter().any(|(changed, change)| match changed {
                    ObjectId::Composite(ty) => *ty == typed.ty,
                    ObjectId::Column { table: of, name: _ } => {
                        of == table && (*change != Change::Alter || changes_type(from, to, changed))
                    }
                    _ => false,
                })
        })
        .map(|(id, _)| id)
        .collect();
    changes.extend(changed.into_iter().map(|id| (id, Change::Replace)));
}

/// An operator is linked with its commutator and its negator when the second of them is made, and not
/// otherwise; a link goes with either of them. Where neither is so, both are made anew.
fn relink<'a>(from: &'a Schema, to: &'a Schema, changes: &mut BTreeMap<&'a ObjectId, Change>) {
    loop {
        let unlinked: Vec<&ObjectId> = changes
            .iter()
            .filter(|(_, change)| **change == Change::Alter)
            .map(|(id, _)| *id)
            .filter(|id| match (id, from.get(id), to.get(id)) {
                (
                    ObjectId::Operator { name: _, arguments },
                    Some(Object::Operator(present)),
                    Some(Object::Operator(wanted)),
                ) => {
                    let goes = |id: &ObjectId| {
                        let change = changes.get(id);
                        matches!(change, Some(Change::Drop | Change::Replace))
                    };
                    let comes = |id: &ObjectId| {
                        let change = changes.get(id);
                        matches!(change, Some(Change::Create | Change::Replace))
                    };
                    let present = present.links(arguments);
                    let wanted = wanted.links(arguments);
                    present.iter().zip(&wanted).any(|(present, wanted)| {
                        present != wanted
                            && (present.as_ref().is_some_and(|id| !goes(id))
                                || wanted.as_ref().is_some_and(|id| !comes(id)))
                    })
                }
                _ => false,
            })
            .collect();
        let unlinked: Vec<&ObjectId> = unlinked
            .into_iter()
            .chain(torn_from_others(from, to, changes))
            .collect();
        if unlinked.is_empty() {
            return;
        }
        changes.extend(unlinked.into_iter().map(|id| (id, Change::Replace)));
    }
}

/// The operators that stay, and have a link with one that comes or goes which is not returned. What is made
/// while both are there is linked both ways, and a link to what goes leads nowhere.
fn torn_from_others<'a>(
    from: &'a Schema,
    to: &'a Schema,
    changes: &BTreeMap<&'a ObjectId, Change>,
) -> Vec<&'a ObjectId> {
    let made = |id: &ObjectId| {
        let change = changes.get(id);
        matches!(
            change,
            Some(Change::Drop | Change::Create | Change::Replace)
        )
    };
    if !changes
        .iter()
        .any(|(id, _)| matches!(id, ObjectId::Operator { .. }) && made(id))
    {
        return Vec::new();
    }
    let mut torn = Vec::new();
    for schema in [from, to] {
        for id in schema.objects.keys() {
            for (one, other) in one_sided(schema, id) {
                if made(one) != made(other) {
                    torn.extend([one, other]);
                }
            }
        }
    }
    torn.retain(|id| !made(id) && from.objects.contains_key(id) && to.objects.contains_key(id));
    torn
}

/// The links of an operator to others that do not return them, each as those two.
pub(super) fn one_sided<'a>(
    schema: &'a Schema,
    id: &ObjectId,
) -> Vec<(&'a ObjectId, &'a ObjectId)> {
    let links = |id: &ObjectId| match (id, schema.get(id)) {
        (ObjectId::Operator { name: _, arguments }, Some(Object::Operator(operator))) => {
            operator.links(arguments)
        }
        _ => Default::default(),
    };
    let back = |other: &ObjectId, kind: usize| links(other).into_iter().nth(kind).flatten();
    let mut found = Vec::new();
    for (kind, other) in links(id).into_iter().enumerate() {
        let Some(other) = other.filter(|other| other != id) else {
            continue;
        };
        let both = [id, &other].map(|id| schema.objects.get_key_value(id));
        if let [Some((one, _)), Some((it, _))] = both
            && back(&other, kind).as_ref() != Some(id)
        {
            found.push((one, it));
        }
    }
    found
}

/// Whether an altered object is a column that gets another type or collation, or a composite type of
/// which an attribute does, or goes.
fn changes_type(from: &Schema, to: &Schema, id: &ObjectId) -> bool {
    match (from.get(id), to.get(id)) {
        (Some(Object::Column(from)), Some(Object::Column(to))) => {
            from.sql_type != to.sql_type || from.collation != to.collation
        }
        (Some(Object::Composite(from)), Some(Object::Composite(to))) => {
            from.retypes(to) || from.loses(to)
        }
        _ => false,
    }
}

/// Whether a constraint is a foreign key that could not stand while its columns have got another
/// type, and those that they refer to have not yet. Integers of all sizes go together.
fn torn(from: &Schema, to: &Schema, id: &ObjectId, constraint: &Constraint) -> bool {
    let (Some(table), ConstraintKind::ForeignKey(key)) = (id.table(), &constraint.kind) else {
        return false;
    };
    let types = |table: &QualifiedName, name: &Ident| {
        let id = ObjectId::Column {
            table: table.clone(),
            name: name.clone(),
        };
        match (from.get(&id), to.get(&id)) {
            (Some(Object::Column(from)), Some(Object::Column(to))) => {
                (from.sql_type != to.sql_type).then_some([&from.sql_type, &to.sql_type])
            }
            _ => None,
        }
    };
    let mut sides = key.columns.iter().zip(&key.referenced_columns);
    sides.any(
        |(own, referenced)| match (types(table, own), types(&key.references, referenced)) {
            (Some(own), Some(referenced)) => !own.into_iter().chain(referenced).all(is_integer),
            _ => false,
        },
    )
}

fn is_integer(sql_type: &SqlType) -> bool {
    matches!(sql_type, SqlType::Builtin(name) if ["smallint", "integer", "bigint"].contains(&name.as_str()))
}

/// What is over each table and reads columns that no one knows: a model states it, and no database
/// has told yet. It counts as reading every column. Only of the tables of some objects.
fn unread<'a>(
    schema: &'a Schema,
    objects: &[&'a ObjectId],
) -> BTreeMap<&'a QualifiedName, Vec<&'a ObjectId>> {
    let tables: HashSet<&QualifiedName> = objects.iter().filter_map(|id| id.table()).collect();
    let mut unread: BTreeMap<_, Vec<&ObjectId>> = BTreeMap::new();
    for (id, object) in &schema.objects {
        let table = table_of(id, Some(object));
        let known = || {
            schema.depends.get(id).is_some_and(|needed| {
                needed
                    .iter()
                    .any(|needed| matches!(needed, ObjectId::Column { .. }))
            })
        };
        let table = table.filter(|table| reads_columns(object) && tables.contains(table));
        if let Some(table) = table.filter(|_| !known()) {
            unread.entry(table).or_default().push(id);
        }
    }
    unread
}

/// A sequence goes with the column that owns it; one that stays while its column is replaced is
/// let go before and taken back after.
fn keep_sequences<'a>(
    from: &'a Schema,
    to: &'a Schema,
    changes: &mut BTreeMap<&'a ObjectId, Change>,
) {
    let replaced = |id: &ObjectId, change: &Change| {
        *change == Change::Replace && matches!(id, ObjectId::Column { .. })
    };
    if !changes.iter().any(|(id, change)| replaced(id, change)) {
        return;
    }
    for (id, object) in &from.objects {
        let Some(owner) = owner(object) else { continue };
        if changes.get(&owner) == Some(&Change::Replace) && to.objects.contains_key(id) {
            changes.entry(id).or_insert(Change::Alter);
        }
    }
}
