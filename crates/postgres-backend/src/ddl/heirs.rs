//! Parents and heirs. What is done to a partitioned table, or to one that others inherit from, Postgres does
//! to those as well; the operations say it of each. Here is what follows by itself, so that it is not
//! done twice, and when a parent must be changed alone.

use std::borrow::Cow;
use std::collections::BTreeSet;

use limbeck_core::name::derived_name;
use limbeck_core::schema::object::heritage::is_same_index;
use limbeck_core::schema::object::{
    Attached, Called, Check, Column, ConstraintKind, Index, IndexKey, Key, NotNull, Partition,
    Table,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Schema};

use super::state::State;

/// A table and one that it has its columns from.
#[derive(Clone, Debug)]
pub(super) struct Tie {
    heir: QualifiedName,
    parent: QualifiedName,
}

/// What of a column a parent is to be given alone, since an heir wants something else.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alone {
    pub(super) default: bool,
    pub(super) nullable: bool,
    pub(super) storage: bool,
    pub(super) statistics: bool,
}

pub(super) fn read_ties<'a>(objects: impl Iterator<Item = (&'a ObjectId, &'a Object)>) -> Vec<Tie> {
    let ties = objects.filter_map(|(id, object)| match (id, object) {
        (ObjectId::Partition(heir), Object::Partition(Partition { parent, bounds: _ })) => {
            Some(Tie {
                heir: heir.clone(),
                parent: parent.clone(),
            })
        }
        (ObjectId::Inheritance { table, parent }, _) => Some(Tie {
            heir: table.clone(),
            parent: parent.clone(),
        }),
        _ => None,
    });
    ties.collect()
}

/// The tables that have their columns from one, all the way down.
pub(super) fn descendants(table: &QualifiedName, schema: &Schema) -> BTreeSet<QualifiedName> {
    let ties = read_ties(schema.objects.iter());
    let mut found = BTreeSet::new();
    let mut reached = vec![table.clone()];
    while let Some(parent) = reached.pop() {
        for tie in ties.iter().filter(|tie| tie.parent == parent) {
            if found.insert(tie.heir.clone()) {
                reached.push(tie.heir.clone());
            }
        }
    }
    found
}

fn column(table: &QualifiedName, name: &Ident) -> ObjectId {
    ObjectId::Column {
        table: table.clone(),
        name: name.clone(),
    }
}

fn constraint(table: &QualifiedName, name: &Ident) -> ObjectId {
    ObjectId::Constraint {
        table: table.clone(),
        name: name.clone(),
    }
}

fn index(table: &QualifiedName, name: &Ident) -> ObjectId {
    ObjectId::Index(QualifiedName::new(table.schema.clone(), name.clone()))
}

/// What a new heir gets of a column of its parent.
pub(super) fn inherited(table: &QualifiedName, name: &Ident, column: &Column) -> Column {
    let (nullable, not_null) = inherited_not_null(table, name, column);
    Column {
        nullable,
        not_null,
        identity: None,
        statistics: None,
        options: Default::default(),
        foreign_options: Default::default(),
        ..column.clone()
    }
}

/// Whether an heir may hold nulls where its parent does as said, and what the constraint is that refuses them.
fn inherited_not_null(table: &QualifiedName, name: &Ident, column: &Column) -> (bool, NotNull) {
    let of_parent = &column.not_null;
    if column.nullable || of_parent.no_inherit {
        return (true, NotNull::default());
    }
    let not_null = NotNull {
        called: Called::Inherited(of_parent.called(table, name)),
        not_valid: of_parent.not_valid,
        ..NotNull::default()
    };
    (false, not_null)
}

/// The table of a part of one, and its name there.
fn part<'a>(id: &'a ObjectId, object: &'a Object) -> Option<(&'a QualifiedName, &'a Ident)> {
    match (id, object) {
        (ObjectId::Column { table, name }, Object::Column(_))
        | (ObjectId::Constraint { table, name }, Object::Constraint(_)) => Some((table, name)),
        (ObjectId::Index(name), Object::Index(index)) => Some((&index.table, &name.name)),
        _ => None,
    }
}

fn is_foreign_key(object: &Object) -> bool {
    matches!(object, Object::Constraint(constraint)
        if matches!(constraint.kind, ConstraintKind::ForeignKey(_)))
}

/// A check that heirs have as well.
fn is_check(object: &Object) -> bool {
    matches!(object, Object::Constraint(constraint)
        if matches!(constraint.kind, ConstraintKind::Check(Check { no_inherit: false, .. })))
}

/// The index that an object is, or is kept by.
fn is_index(object: &Object) -> bool {
    match object {
        Object::Index(_) => true,
        Object::Constraint(constraint) => constraint.kind.settings().is_some(),
        _ => false,
    }
}

/// An operation as far as it has not been done with one on a parent.
pub(super) fn settle<'a>(
    operation: &'a Operation,
    now: &State,
    to: &Schema,
) -> Option<Cow<'a, Operation>> {
    if now.is_settled(operation) {
        return None;
    }
    if now.ties().is_empty() {
        return Some(Cow::Borrowed(operation));
    }
    let alter = |id: &ObjectId, from: &Object, to: &Object| {
        (from != to).then(|| {
            Cow::Owned(Operation::Alter {
                id: id.clone(),
                from: from.clone(),
                to: to.clone(),
            })
        })
    };
    match operation {
        Operation::Create { id, object } => match (part(id, object), now.get(id)) {
            (Some((table, _)), present) if now.has_parents(table) => match present {
                Some(present) => alter(id, present, object),
                None => Some(match now.stand_in(table, object, to) {
                    Some(from) => Cow::Owned(Operation::Rename {
                        from,
                        to: id.clone(),
                    }),
                    None => Cow::Borrowed(operation),
                }),
            },
            (None, Some(_)) if matches!(object, Object::Attached(_)) => None,
            _ => Some(Cow::Borrowed(operation)),
        },
        Operation::Drop { id, object } => match (part(id, object), id) {
            (Some((table, name)), _) if now.has_parents(table) => {
                let stays = now.has(id) && !now.is_inherited(table, name, object);
                stays.then_some(Cow::Borrowed(operation))
            }
            // It goes with one of the two, or with the partition.
            (_, ObjectId::Attached { .. }) => None,
            (_, ObjectId::Comment(on)) => {
                let gone = match &**on {
                    ObjectId::Column { table, .. } | ObjectId::Constraint { table, .. } => {
                        now.has_parents(table) && !now.has(on)
                    }
                    ObjectId::Index(_) => !now.has(on),
                    _ => false,
                };
                (!gone).then_some(Cow::Borrowed(operation))
            }
            _ => Some(Cow::Borrowed(operation)),
        },
        Operation::Alter { id, from, to } => match (part(id, from), now.get(id)) {
            (Some((table, _)), Some(present)) if now.has_parents(table) => alter(id, present, to),
            _ => Some(Cow::Borrowed(operation)),
        },
        Operation::Rename { .. } => Some(Cow::Borrowed(operation)),
    }
}

impl State {
    pub(super) fn has_parents(&self, table: &QualifiedName) -> bool {
        self.ties().iter().any(|tie| tie.heir == *table)
    }

    pub(super) fn parents<'a>(
        &'a self,
        table: &'a QualifiedName,
    ) -> impl Iterator<Item = &'a QualifiedName> {
        let ties = self.ties().iter().filter(move |tie| tie.heir == *table);
        ties.map(|tie| &tie.parent)
    }

    /// The tables that have their columns from one directly.
    fn heirs(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        let ties = self.ties().iter().filter(|tie| tie.parent == *table);
        ties.map(|tie| tie.heir.clone()).collect()
    }

    /// The same all the way down.
    pub(super) fn descendants(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        let mut found = Vec::new();
        let mut reached = self.heirs(table);
        while let Some(heir) = reached.pop() {
            if !found.contains(&heir) {
                reached.extend(self.heirs(&heir));
                found.push(heir);
            }
        }
        found.sort();
        found
    }

    fn table(&self, name: &QualifiedName) -> Option<&Table> {
        match self.get(&ObjectId::Table(name.clone())) {
            Some(Object::Table(table)) => Some(table),
            _ => None,
        }
    }

    pub(super) fn is_partitioned(&self, name: &QualifiedName) -> bool {
        self.table(name)
            .is_some_and(|table| table.partitioned.is_some())
    }

    fn is_foreign(&self, name: &QualifiedName) -> bool {
        self.table(name)
            .is_some_and(|table| table.foreign.is_some())
    }

    /// Whether others inherit from a table (and are no partitions of it).
    pub(super) fn is_inherited_from(&self, table: &QualifiedName) -> bool {
        !self.is_partitioned(table) && self.ties().iter().any(|tie| tie.parent == *table)
    }

    /// Whether a part of a table is there because of a parent.
    fn is_inherited(&self, table: &QualifiedName, name: &Ident, object: &Object) -> bool {
        if is_index(object) {
            return self.has(&ObjectId::Attached {
                table: table.clone(),
                name: name.clone(),
            });
        }
        self.parents(table).any(|parent| match object {
            Object::Column(_) => self.has(&column(parent, name)),
            object if is_foreign_key(object) => {
                self.is_partitioned(parent) && self.equal(parent, object).is_some()
            }
            object if is_check(object) => self.get(&constraint(parent, name)).is_some_and(is_check),
            _ => false,
        })
    }

    /// Whether an object is there because of one like it on a parent.
    pub(super) fn follows(&self, id: &ObjectId, object: &Object) -> bool {
        part(id, object).is_some_and(|(table, name)| {
            self.has_parents(table) && self.is_inherited(table, name, object)
        })
    }

    /// A foreign key of a table that is the same.
    fn equal(&self, table: &QualifiedName, object: &Object) -> Option<ObjectId> {
        let found = self.constraints(table).find(|(_, other)| *other == object);
        found.map(|(id, _)| id.clone())
    }

    fn constraints<'a>(
        &'a self,
        table: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
        self.objects().filter(
            move |(id, _)| matches!(id, ObjectId::Constraint { table: of, .. } if of == table),
        )
    }

    /// What Postgres made under a name of its own in place of an object that is to be.
    fn stand_in(&self, table: &QualifiedName, object: &Object, to: &Schema) -> Option<ObjectId> {
        let mut made = self.objects().filter(|(id, other)| {
            let Some((of, name)) = part(id, other) else {
                return false;
            };
            of == table
                && !to.objects.contains_key(*id)
                && self.is_inherited(table, name, other)
                && is_same_index(other, object)
        });
        made.next().map(|(id, _)| id.clone())
    }

    /// What of a column that gets another form is not to reach the heirs.
    pub(super) fn alone(
        &self,
        table: &QualifiedName,
        name: &Ident,
        wanted: &Column,
        to: &Schema,
    ) -> Alone {
        let mut alone = Alone::default();
        for heir in self.descendants(table) {
            let Some(Object::Column(of_heir)) = to.get(&column(&heir, name)) else {
                continue;
            };
            alone.default |= of_heir.default != wanted.default;
            alone.nullable |= of_heir.nullable != wanted.nullable || wanted.not_null.no_inherit;
            alone.storage |= of_heir.storage != wanted.storage;
            alone.statistics |= of_heir.statistics != wanted.statistics;
        }
        // Partitions refuse nulls where the partitioned table does.
        alone.nullable &= !self.is_partitioned(table);
        alone
    }

    /// The partitions that must be told again to refuse nulls, after a partitioned table no longer does.
    pub(super) fn still_not_null(
        &self,
        table: &QualifiedName,
        name: &Ident,
        to: &Schema,
    ) -> Vec<QualifiedName> {
        let mut heirs = self.descendants(table);
        heirs.retain(|heir| {
            let refuses = |object: Option<&Object>| {
                matches!(object, Some(Object::Column(column)) if !column.nullable)
            };
            let id = column(heir, name);
            refuses(self.get(&id)) && refuses(to.get(&id))
        });
        heirs
    }

    /// Whether an index or a key of a partitioned table is made without those of its partitions: where one
    /// of these is to have another name than Postgres would give it, or is not to be.
    pub(super) fn is_built_alone(
        &self,
        table: &QualifiedName,
        name: &Ident,
        object: &Object,
        to: &Schema,
    ) -> bool {
        let heirs = self.heirs(table);
        if !self.is_partitioned(table) || heirs.is_empty() || !is_index(object) {
            return false;
        }
        if matches!(object, Object::Index(index) if !index.valid) {
            return true;
        }
        heirs.iter().any(|heir| {
            let Some(wanted) = attached_to(to, heir, table, name) else {
                return false;
            };
            // Which of several Postgres takes, it alone knows.
            if self
                .could_be_attached(heir, object)
                .any(|other| other != wanted)
            {
                return true;
            }
            let there = part_object(to, heir, wanted);
            if self
                .get(&index(heir, wanted))
                .or_else(|| self.get(&constraint(heir, wanted)))
                == there
                && there.is_some()
            {
                return false;
            }
            derived(heir, object).as_ref() != Some(wanted)
                || self.is_name_taken(&QualifiedName::new(heir.schema.clone(), wanted.clone()))
                || there.is_none_or(|there| *there != for_heir(heir, object))
                || self.is_built_alone(heir, wanted, object, to)
        })
    }

    /// What a partition has already that is like an index or key of the partitioned table, and part of none.
    fn could_be_attached<'a>(
        &'a self,
        heir: &'a QualifiedName,
        object: &'a Object,
    ) -> impl Iterator<Item = &'a Ident> {
        self.objects().filter_map(move |(id, other)| {
            let (table, name) = part(id, other)?;
            let fits = table == heir
                && is_same_index(other, object)
                && !self.has(&ObjectId::Attached {
                    table: heir.clone(),
                    name: name.clone(),
                });
            fits.then_some(name)
        })
    }

    fn is_name_taken(&self, name: &QualifiedName) -> bool {
        let key = |id: &ObjectId| {
            matches!(id, ObjectId::Constraint { table, name: of }
                if table.schema == name.schema && *of == name.name)
        };
        self.is_taken(name) || self.objects().any(|(id, _)| key(id))
    }

    /// What an operation that is about to be carried out does to the heirs.
    pub(super) fn hand_down(&mut self, operation: &Operation, to: &Schema) {
        if self.ties().is_empty() {
            return;
        }
        match operation {
            Operation::Create { id, object } => {
                let Some((table, name)) = part(id, object) else {
                    return;
                };
                let (table, name) = (table.clone(), name.clone());
                match object {
                    Object::Column(of_parent) => {
                        for heir in self.descendants(&table) {
                            let id = column(&heir, &name);
                            if !self.has(&id) {
                                let handed = inherited(&table, &name, of_parent);
                                self.put(id, Object::Column(handed));
                            }
                        }
                    }
                    object if is_check(object) => {
                        for heir in self.descendants(&table) {
                            let id = constraint(&heir, &name);
                            if !self.has(&id) {
                                self.put(id, object.clone());
                            }
                        }
                    }
                    object if is_foreign_key(object) && self.is_partitioned(&table) => {
                        for heir in self.descendants(&table) {
                            let id = constraint(&heir, &name);
                            if self.equal(&heir, object).is_none() && !self.has(&id) {
                                self.put(id, object.clone());
                            }
                        }
                    }
                    object
                        if is_index(object)
                            && self.is_partitioned(&table)
                            && !self.is_built_alone(&table, &name, object, to) =>
                    {
                        for heir in self.heirs(&table) {
                            self.build(&heir, &table, &name, object, to);
                        }
                    }
                    _ => {}
                }
            }
            Operation::Drop { id, object } => {
                if let ObjectId::Partition(table) = id {
                    self.forget(
                        |id, _| matches!(id, ObjectId::Attached { table: of, .. } if of == table),
                    );
                }
                let Some((table, name)) = part(id, object) else {
                    return;
                };
                if !self.is_partitioned(table) {
                    return;
                }
                if is_index(object) {
                    self.drop_attached(table, name);
                    return;
                }
                for heir in self.descendants(table) {
                    let id = match object {
                        Object::Column(_) => Some(column(&heir, name)),
                        object if is_foreign_key(object) => self.equal(&heir, object),
                        object if is_check(object) => Some(constraint(&heir, name)),
                        _ => None,
                    };
                    if let Some(id) = id {
                        self.forget(|other, _| {
                            *other == id || *other == ObjectId::Comment(Box::new(id.clone()))
                        });
                    }
                }
            }
            Operation::Alter {
                id,
                from,
                to: object,
            } => {
                let Some((table, name)) = part(id, from) else {
                    return;
                };
                match (from, object) {
                    (Object::Column(from), Object::Column(wanted)) => {
                        self.alter_columns(table, name, [from, wanted], to);
                    }
                    (Object::Constraint(_), Object::Constraint(wanted)) => {
                        for heir in self.descendants(table) {
                            let id = if is_foreign_key(from) {
                                self.equal(&heir, from)
                            } else if is_check(from) {
                                Some(constraint(&heir, name))
                            } else {
                                None
                            };
                            let Some(id) = id else { continue };
                            if let Some(Object::Constraint(of_heir)) = self.get_mut(&id) {
                                of_heir.deferrable = wanted.deferrable;
                                of_heir.validated |= wanted.validated;
                                of_heir.enforced = wanted.enforced;
                            }
                        }
                    }
                    _ => {}
                }
            }
            Operation::Rename { .. } => {}
        }
    }

    fn alter_columns(
        &mut self,
        table: &QualifiedName,
        name: &Ident,
        [from, wanted]: [&Column; 2],
        to: &Schema,
    ) {
        let alone = self.alone(table, name, wanted, to);
        let kept: BTreeSet<QualifiedName> =
            self.still_not_null(table, name, to).into_iter().collect();
        for heir in self.descendants(table) {
            let Some(Object::Column(of_heir)) = self.get_mut(&column(&heir, name)) else {
                continue;
            };
            of_heir.sql_type = wanted.sql_type.clone();
            of_heir.collation = wanted.collation.clone();
            if from.generated != wanted.generated {
                of_heir.generated = wanted.generated.clone();
            }
            if from.default != wanted.default && !alone.default {
                of_heir.default = wanted.default.clone();
            }
            if from.nullable != wanted.nullable && !alone.nullable {
                let refused = !of_heir.nullable;
                of_heir.nullable = wanted.nullable && !kept.contains(&heir);
                if of_heir.nullable || !refused {
                    of_heir.not_null = inherited_not_null(table, name, wanted).1;
                }
            } else if !from.nullable && !wanted.nullable {
                hand_down_not_null((table, name), &heir, from, wanted, of_heir);
            }
            if from.storage != wanted.storage && !alone.storage {
                of_heir.storage = wanted.storage;
            }
            if from.statistics != wanted.statistics && !alone.statistics {
                of_heir.statistics = wanted.statistics;
            }
        }
    }

    /// Whether a column refuses nulls because one of a parent does.
    pub(super) fn has_not_null_of_parent(&self, table: &QualifiedName, name: &Ident) -> bool {
        self.parents(table).any(|parent| {
            matches!(self.get(&column(parent, name)), Some(Object::Column(of_parent))
                if !of_parent.nullable && !of_parent.not_null.no_inherit)
        })
    }

    /// The other column of a table whose constraint that refuses nulls is called so.
    pub(super) fn calls_not_null(
        &self,
        table: &QualifiedName,
        name: &Ident,
        called: &Ident,
    ) -> Option<Ident> {
        let mut columns = self
            .objects()
            .filter_map(|(id, object)| match (id, object) {
                (ObjectId::Column { table: of, name }, Object::Column(column)) if of == table => {
                    Some((name, column))
                }
                _ => None,
            });
        let found = columns.find(|(other, column)| {
            *other != name && !column.nullable && column.not_null.called(table, other) == *called
        });
        found.map(|(other, _)| other.clone())
    }

    /// Whether an heir calls what it has of a constraint that refuses nulls otherwise than this.
    pub(super) fn calls_not_null_otherwise(
        &self,
        table: &QualifiedName,
        name: &Ident,
        called: &Ident,
    ) -> bool {
        self.descendants(table).iter().any(|heir| {
            matches!(self.get(&column(heir, name)), Some(Object::Column(of_heir))
                if !of_heir.nullable && of_heir.not_null.called(heir, name) != *called)
        })
    }

    /// Makes what a partition gets for an index or key of the partitioned table.
    fn build(
        &mut self,
        heir: &QualifiedName,
        parent: &QualifiedName,
        parent_index: &Ident,
        object: &Object,
        to: &Schema,
    ) {
        if self.is_foreign(heir) {
            return;
        }
        let wanted = attached_to(to, heir, parent, parent_index);
        let mut there: Vec<Ident> = self.could_be_attached(heir, object).cloned().collect();
        there.sort_by_key(|name| Some(name) != wanted);
        let name = match there.into_iter().next() {
            Some(name) => name,
            None => {
                let Some(name) = derived(heir, object).or_else(|| wanted.cloned()) else {
                    return;
                };
                let id = match object {
                    Object::Index(_) => index(heir, &name),
                    _ => constraint(heir, &name),
                };
                self.put(id, for_heir(heir, object));
                name
            }
        };
        self.put(
            ObjectId::Attached {
                table: heir.clone(),
                name: name.clone(),
            },
            Object::Attached(Attached {
                parent: parent.clone(),
                index: parent_index.clone(),
            }),
        );
        for further in self.heirs(heir) {
            self.build(&further, heir, &name, object, to);
        }
    }

    /// What a table gets when it becomes a partition.
    pub(super) fn attach(&mut self, heir: &QualifiedName, parent: &QualifiedName, to: &Schema) {
        let of_parent: Vec<(Ident, Object)> = self
            .objects()
            .filter_map(|(id, object)| match part(id, object) {
                Some((table, name)) if table == parent => Some((name.clone(), object.clone())),
                _ => None,
            })
            .collect();
        for (name, object) in of_parent {
            if is_index(&object) {
                self.build(heir, parent, &name, &object, to);
            } else if is_foreign_key(&object) && self.equal(heir, &object).is_none() {
                self.put(constraint(heir, &name), object);
            }
        }
    }

    fn drop_attached(&mut self, parent: &QualifiedName, index_name: &Ident) {
        let attached: Vec<(QualifiedName, Ident)> = self
            .objects()
            .filter_map(|(id, object)| match (id, object) {
                (ObjectId::Attached { table, name }, Object::Attached(attached))
                    if attached.parent == *parent && attached.index == *index_name =>
                {
                    Some((table.clone(), name.clone()))
                }
                _ => None,
            })
            .collect();
        for (table, name) in attached {
            self.drop_attached(&table, &name);
            let gone = [
                index(&table, &name),
                constraint(&table, &name),
                ObjectId::Attached {
                    table: table.clone(),
                    name: name.clone(),
                },
            ];
            self.forget(|id, _| match id {
                ObjectId::Comment(on) => gone.contains(on),
                id => gone.contains(id),
            });
        }
    }
}

/// What a change of a constraint that refuses nulls does to that of an heir.
fn hand_down_not_null(
    (table, name): (&QualifiedName, &Ident),
    heir: &QualifiedName,
    from: &Column,
    wanted: &Column,
    of_heir: &mut Column,
) {
    let (before, after) = (&from.not_null, &wanted.not_null);
    if !before.no_inherit && after.no_inherit {
        // It keeps what it had, as its own.
        let kept = std::mem::take(&mut of_heir.not_null).keeping_name(heir, name);
        of_heir.not_null = kept.for_column(heir, name);
        return;
    }
    if after.no_inherit {
        return;
    }
    if of_heir.nullable {
        (of_heir.nullable, of_heir.not_null) = inherited_not_null(table, name, wanted);
        return;
    }
    if of_heir.not_null.is_inherited() {
        of_heir.not_null.called = Called::Inherited(after.called(table, name));
    }
    if before.not_valid && !after.not_valid {
        of_heir.not_null.not_valid = false;
    }
}

/// The index of a partition that is to be part of one of the partitioned table.
fn attached_to<'a>(
    to: &'a Schema,
    heir: &QualifiedName,
    parent: &QualifiedName,
    parent_index: &Ident,
) -> Option<&'a Ident> {
    to.objects
        .iter()
        .find_map(|(id, object)| match (id, object) {
            (ObjectId::Attached { table, name }, Object::Attached(attached))
                if table == heir
                    && attached.parent == *parent
                    && attached.index == *parent_index =>
            {
                Some(name)
            }
            _ => None,
        })
}

fn part_object<'a>(schema: &'a Schema, table: &QualifiedName, name: &Ident) -> Option<&'a Object> {
    schema
        .get(&index(table, name))
        .or_else(|| schema.get(&constraint(table, name)))
}

/// What Postgres makes of an index or key of a partitioned table for a partition.
fn for_heir(heir: &QualifiedName, object: &Object) -> Object {
    match object {
        Object::Index(index) => Object::Index(Index {
            table: heir.clone(),
            statistics: Default::default(),
            valid: true,
            ..index.clone()
        }),
        Object::Constraint(constraint) => {
            let mut constraint = constraint.clone();
            if let Some(settings) = constraint.kind.settings_mut() {
                settings.comment = None;
            }
            Object::Constraint(constraint)
        }
        other => other.clone(),
    }
}

/// The name that Postgres gives what it makes for a partition; only where nothing but columns is in it.
fn derived(heir: &QualifiedName, object: &Object) -> Option<Ident> {
    let (columns, label): (Vec<&Ident>, &str) = match object {
        Object::Index(index) => {
            let keys = index.elements.iter().map(|element| match &element.key {
                IndexKey::Column(name) => Some(name),
                IndexKey::Expression(_) => None,
            });
            let mut columns = keys.collect::<Option<Vec<_>>>()?;
            columns.extend(&index.include);
            (columns, "idx")
        }
        Object::Constraint(constraint) => match &constraint.kind {
            ConstraintKind::PrimaryKey(_) => {
                return Some(derived_name(heir.name.as_str(), None, "pkey"));
            }
            ConstraintKind::Unique(Key {
                columns, include, ..
            }) => (columns.iter().chain(include).collect(), "key"),
            ConstraintKind::ForeignKey(_)
            | ConstraintKind::Check(_)
            | ConstraintKind::Exclude(_) => return None,
        },
        _ => return None,
    };
    let distinct: BTreeSet<&&Ident> = columns.iter().collect();
    let joined: Vec<&str> = columns.iter().map(|name| name.as_str()).collect();
    let joined = joined.join("_");
    let sure = distinct.len() == columns.len() && joined.len() < 63;
    sure.then(|| derived_name(heir.name.as_str(), Some(&joined), label))
}

/// Whether a new table may be made as what it will be tied to its parents: with their columns, and for a
/// partition with their indexes under the names that Postgres gives them.
pub(super) fn is_made_tied(table: &QualifiedName, to: &Schema) -> bool {
    let of = |id: &ObjectId| match to.get(id) {
        Some(Object::Table(table)) => Some(table.clone()),
        _ => None,
    };
    let Some(own) = of(&ObjectId::Table(table.clone())) else {
        return false;
    };
    let columns = |table: &QualifiedName| -> Vec<(Ident, Column)> {
        let names = to.columns(table).iter();
        names
            .filter_map(|name| match to.get(&column(table, name)) {
                Some(Object::Column(column)) => Some((name.clone(), column.clone())),
                _ => None,
            })
            .collect()
    };
    let own_columns = columns(table);
    let parents: Vec<QualifiedName> = read_ties(to.objects.iter())
        .into_iter()
        .filter(|tie| tie.heir == *table)
        .map(|tie| tie.parent)
        .collect();
    let Some(Object::Partition(Partition { parent, bounds: _ })) =
        to.get(&ObjectId::Partition(table.clone()))
    else {
        return parents
            .iter()
            .all(|parent| of(&ObjectId::Table(parent.clone())).is_some());
    };
    let Some(above) = of(&ObjectId::Table(parent.clone())) else {
        return false;
    };
    let like = |own: &Column, above: &Column| {
        own.sql_type == above.sql_type
            && own.collation == above.collation
            && own.generated == above.generated
            && own.computed == above.computed
            && own.identity.is_none()
            && own.foreign_options.is_empty()
    };
    let parent_columns = columns(parent);
    let same_columns = own_columns.len() == parent_columns.len()
        && parent_columns.iter().all(|(name, above)| {
            let own = own_columns.iter().find(|(other, _)| other == name);
            own.is_some_and(|(_, own)| like(own, above))
        });
    let indexes = to.objects.iter().filter_map(|(id, object)| {
        let (of, name) = part(id, object)?;
        (of == parent && is_index(object)).then_some((name, object))
    });
    let mut indexes = indexes.map(|(name, object)| {
        let wanted = attached_to(to, table, parent, name)?;
        let there = part_object(to, table, wanted)?;
        (derived(table, object).as_ref() == Some(wanted) && *there == for_heir(table, object))
            .then_some(())
    });
    own.access_method == above.access_method
        && own.tablespace == above.tablespace
        && own.foreign.is_none()
        && same_columns
        && indexes.all(|fits| fits.is_some())
}

/// Whether a part of a table that is made tied comes from a parent.
pub(super) fn comes_from_parent(
    table: &QualifiedName,
    name: &Ident,
    object: &Object,
    now: &State,
    parents: &[QualifiedName],
) -> bool {
    parents.iter().any(|parent| match object {
        Object::Column(_) => now.has(&column(parent, name)),
        object if is_check(object) => now.get(&constraint(parent, name)).is_some_and(is_check),
        object if is_foreign_key(object) => {
            now.is_partitioned(parent) && now.equal(parent, object).is_some()
        }
        object if is_index(object) && now.is_partitioned(parent) => {
            derived(table, object).as_ref() == Some(name)
                && now
                    .constraints(parent)
                    .any(|(_, other)| is_same_index(other, object))
        }
        _ => false,
    })
}
