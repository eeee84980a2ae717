//! The schema as it is between two operations: who is there, and under which name.
//!
//! A rename of a table renames all that is in it, so that the operations behind it which say the
//! same of a column or an index have nothing left to do.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::schema::diff::rename::Settled;
use limbeck_core::schema::object::{
    ConstraintKind, DefaultScope, Grant, Grantee, NotNull, OwnerColumn, Sequence, SqlType,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Schema};

use super::grant::{self, Birth, Births};
use super::heirs::{Tie, read_ties};
use super::not_null;

#[derive(Clone, Debug)]
pub(super) struct State {
    objects: BTreeMap<ObjectId, Object>,
    /// Tables that were dropped: what is left of their parts does not count.
    gone: BTreeSet<QualifiedName>,
    /// Sequences that were made: they have not counted yet.
    fresh: BTreeSet<ObjectId>,
    /// What was made, as far as it did not begin as Postgres makes it.
    births: BTreeMap<ObjectId, Births>,
    /// Which tables have their columns from which.
    ties: Vec<Tie>,
}

impl State {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            objects: schema.objects.clone(),
            gone: BTreeSet::new(),
            fresh: BTreeSet::new(),
            births: BTreeMap::new(),
            ties: read_ties(schema.objects.iter()),
        }
    }

    pub(super) fn ties(&self) -> &[Tie] {
        &self.ties
    }

    pub(super) fn get_mut(&mut self, id: &ObjectId) -> Option<&mut Object> {
        self.objects.get_mut(id)
    }

    pub(super) fn put(&mut self, id: ObjectId, object: Object) {
        self.objects.insert(id, object);
    }

    /// Whether a sequence was made on the way.
    pub(super) fn is_fresh(&self, sequence: &ObjectId) -> bool {
        self.fresh.contains(sequence)
    }

    /// Takes objects out.
    pub(super) fn forget(&mut self, goes: impl Fn(&ObjectId, &Object) -> bool) {
        self.objects.retain(|id, object| !goes(id, object));
    }

    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.objects.contains_key(id)
    }

    pub(super) fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (&ObjectId, &Object)> {
        self.objects
            .iter()
            .filter(|(id, object)| self.gone.is_empty() || !self.is_gone(id, object))
    }

    fn is_gone(&self, id: &ObjectId, object: &Object) -> bool {
        self.gone.iter().any(|table| is_part(id, object, table))
    }

    /// What is said of an object beside what it is: its comment, its owner, the grants on it.
    pub(super) fn said_of<'a>(
        &'a self,
        on: &'a ObjectId,
    ) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
        self.objects.iter().filter(move |(id, _)| match id {
            ObjectId::Comment(of)
            | ObjectId::Owner(of)
            | ObjectId::Grant { on: of, grantee: _ } => **of == *on,
            _ => false,
        })
    }

    /// The default privileges.
    pub(super) fn default_privileges(&self) -> impl Iterator<Item = (&DefaultScope, &Grant)> {
        self.objects
            .iter()
            .filter_map(|(id, object)| match (id, object) {
                (ObjectId::DefaultPrivileges(scope), Object::Grant(grant)) => Some((scope, grant)),
                _ => None,
            })
    }

    /// What somebody could do with something when it was made, where default privileges said so.
    pub(super) fn birth(&self, on: &ObjectId, grantee: &Grantee) -> Option<&Birth> {
        self.births.get(on)?.get(grantee)
    }

    /// Whether a relation or type has this name.
    pub(super) fn is_taken(&self, name: &QualifiedName) -> bool {
        [
            ObjectId::Table,
            ObjectId::Sequence,
            ObjectId::Index,
            ObjectId::Enum,
            ObjectId::View,
            ObjectId::MaterializedView,
            ObjectId::Domain,
            ObjectId::Composite,
            ObjectId::Range,
            ObjectId::Collation,
        ]
        .iter()
        .any(|as_id| self.has(&as_id(name.clone())))
    }

    /// The table that now has a column which a rename speaks of.
    pub(super) fn table_of_column<'a>(
        &self,
        from: &'a QualifiedName,
        to: &'a QualifiedName,
        name: &Ident,
    ) -> &'a QualifiedName {
        let id = ObjectId::Column {
            table: to.clone(),
            name: name.clone(),
        };
        if self.has(&id) { to } else { from }
    }

    /// The table that now has a constraint which a rename speaks of.
    pub(super) fn table_of_constraint<'a>(
        &self,
        from: &'a QualifiedName,
        to: &'a QualifiedName,
        name: &Ident,
    ) -> &'a QualifiedName {
        let id = ObjectId::Constraint {
            table: to.clone(),
            name: name.clone(),
        };
        if self.has(&id) { to } else { from }
    }

    /// The tables that are of a type.
    pub(super) fn tables_of<'a>(
        &'a self,
        ty: &'a QualifiedName,
    ) -> impl Iterator<Item = &'a QualifiedName> {
        self.objects()
            .filter_map(move |(id, object)| match (id, object) {
                (ObjectId::Typed(table), Object::Typed(typed)) if typed.ty == *ty => Some(table),
                _ => None,
            })
    }

    /// Whether an operation has been carried out by another one before it.
    pub(super) fn is_settled(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Rename { from, to } => !self.has(from) && self.has(to),
            Operation::Create { .. } | Operation::Drop { .. } | Operation::Alter { .. } => false,
        }
    }

    pub(super) fn apply(&mut self, operation: &Operation, to: &Schema) {
        self.hand_down(operation, to);
        if let Operation::Create {
            id: id @ ObjectId::Sequence(_),
            object: _,
        } = operation
        {
            self.fresh.insert(id.clone());
        }
        if let Some(id) = grant::made(operation) {
            let births = grant::births(&id, self);
            if !births.is_empty() {
                self.births.insert(id, births);
            }
        }
        self.make_way(operation);
        self.log_along(operation);
        match operation {
            Operation::Create { id, object }
            | Operation::Alter {
                id,
                from: _,
                to: object,
            } => {
                if let ObjectId::Table(table) = id
                    && self.gone.remove(table)
                {
                    self.objects
                        .retain(|id, object| !is_part(id, object, table));
                }
                self.objects.insert(id.clone(), object.clone());
            }
            Operation::Drop { id, object: _ } => {
                self.objects.remove(id);
                if let ObjectId::Table(table) = id {
                    self.gone.insert(table.clone());
                }
            }
            Operation::Rename { from, to } => self.rename(from, to),
        }
        let ties = match operation {
            Operation::Rename { from, to: _ } => !self.ties.is_empty() && !is_part_name(from),
            other => matches!(
                other.id(),
                ObjectId::Partition(_) | ObjectId::Inheritance { .. }
            ),
        };
        if ties {
            self.ties = read_ties(self.objects.iter());
        }
        if let Operation::Create {
            id: ObjectId::Partition(heir),
            object: Object::Partition(partition),
        } = operation
        {
            self.attach(heir, &partition.parent, to);
        }
    }

    /// The sequences that a table owns are logged or not as it is from now on.
    fn log_along(&mut self, operation: &Operation) {
        let Operation::Alter {
            id: ObjectId::Table(table),
            from: Object::Table(from),
            to: Object::Table(to),
        } = operation
        else {
            return;
        };
        if from.persistence == to.persistence {
            return;
        }
        for object in self.objects.values_mut() {
            if let Object::Sequence(sequence) = object
                && let Some(owner) = &sequence.owned_by
                && owner.table == *table
            {
                sequence.persistence = None;
            }
        }
    }

    /// A constraint that refuses nulls gives its name to that of another column.
    fn make_way(&mut self, operation: &Operation) {
        let (Operation::Create {
            id: ObjectId::Column { table, name },
            object: Object::Column(column),
        }
        | Operation::Alter {
            id: ObjectId::Column { table, name },
            from: _,
            to: Object::Column(column),
        }) = operation
        else {
            return;
        };
        if column.nullable || column.not_null == NotNull::default() {
            return;
        }
        let called = column.not_null.called(table, name);
        let Some(other) = self.calls_not_null(table, name, &called) else {
            return;
        };
        let id = ObjectId::Column {
            table: table.clone(),
            name: other,
        };
        if let Some(Object::Column(column)) = self.objects.get_mut(&id) {
            column.not_null.name = Some(not_null::aside(&called));
        }
    }

    fn rename(&mut self, from: &ObjectId, to: &ObjectId) {
        // What objects say of others, in their expressions, too.
        let settled = Settled::one(from, to);
        for (id, object) in &mut self.objects {
            settled.object(id, object);
        }
        match (from, to) {
            (ObjectId::Namespace(from), ObjectId::Namespace(to)) => {
                self.map_names(|name| {
                    if name.schema == *from {
                        name.schema = to.clone();
                    }
                });
            }
            (ObjectId::Table(from), ObjectId::Table(to)) => {
                if from.schema != to.schema {
                    self.move_along(from, &to.schema);
                }
                self.map_tables(from, to);
            }
            (ObjectId::Enum(from), ObjectId::Enum(to))
            | (ObjectId::Domain(from), ObjectId::Domain(to))
            | (ObjectId::Composite(from), ObjectId::Composite(to))
            | (ObjectId::Range(from), ObjectId::Range(to))
            | (ObjectId::Multirange(from), ObjectId::Multirange(to)) => self.map_types(from, to),
            (
                ObjectId::Attribute { ty, name },
                ObjectId::Attribute {
                    ty: to_type,
                    name: to_name,
                },
            ) => self.rename_attribute([ty, to_type], name, to_name),
            (
                ObjectId::EnumValue { ty, value },
                ObjectId::EnumValue {
                    ty: to_type,
                    value: to_value,
                },
            ) => {
                for name in [ty, to_type] {
                    if let Some(Object::Enum(ty)) =
                        self.objects.get_mut(&ObjectId::Enum(name.clone()))
                    {
                        for known in &mut ty.values {
                            if known == value {
                                known.clone_from(to_value);
                            }
                        }
                    }
                }
            }
            (
                ObjectId::Column { name, .. },
                ObjectId::Column {
                    table,
                    name: to_name,
                },
            ) => {
                for object in self.objects.values_mut() {
                    rename_column_in(object, table, name, to_name);
                }
            }
            (
                ObjectId::Namespace(_)
                | ObjectId::Table(_)
                | ObjectId::Enum(_)
                | ObjectId::EnumValue { .. }
                | ObjectId::Column { .. }
                | ObjectId::Constraint { .. }
                | ObjectId::Sequence(_)
                | ObjectId::Index(_)
                | ObjectId::Comment(_)
                | ObjectId::View(_)
                | ObjectId::MaterializedView(_)
                | ObjectId::Rule { .. }
                | ObjectId::Function { .. }
                | ObjectId::Procedure { .. }
                | ObjectId::Aggregate { .. }
                | ObjectId::Trigger { .. }
                | ObjectId::EventTrigger(_)
                | ObjectId::Extension(_)
                | ObjectId::Domain(_)
                | ObjectId::DomainConstraint { .. }
                | ObjectId::Composite(_)
                | ObjectId::Attribute { .. }
                | ObjectId::Range(_)
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
                | ObjectId::AccessMethod(_),
                _,
            ) => {}
        }
        self.rename_heirs(from, to);
        // The table of a column may be called by its old name still, or by its new one already.
        for from in std::iter::once(from.clone()).chain(elsewhere(from, to)) {
            if let Some(object) = self.objects.remove(&from) {
                self.objects.insert(to.clone(), object);
            }
            let said: Vec<ObjectId> = self.said_of(&from).map(|(id, _)| id.clone()).collect();
            for id in said {
                let on = Box::new(to.clone());
                let Some(object) = self.objects.remove(&id) else {
                    continue;
                };
                let renamed = match id {
                    ObjectId::Owner(_) => ObjectId::Owner(on),
                    ObjectId::Grant { on: _, grantee } => ObjectId::Grant { on, grantee },
                    _ => ObjectId::Comment(on),
                };
                self.objects.insert(renamed, object);
            }
        }
    }

    /// What heirs have from the parent is renamed with that, and what is attached to an index knows its name.
    fn rename_heirs(&mut self, from: &ObjectId, to: &ObjectId) {
        let tables =
            |from: &QualifiedName, to: &QualifiedName, state: &Self| -> Vec<QualifiedName> {
                let of = |table: &QualifiedName| state.descendants(table);
                of(from).into_iter().chain(of(to)).collect()
            };
        match (from, to) {
            (
                ObjectId::Column { table, name },
                ObjectId::Column {
                    table: to_table,
                    name: to_name,
                },
            ) => {
                for heir in tables(table, to_table, self) {
                    let id = |name: &Ident| ObjectId::Column {
                        table: heir.clone(),
                        name: name.clone(),
                    };
                    if let Some(object) = self.objects.remove(&id(name)) {
                        self.objects.insert(id(to_name), object);
                    }
                }
            }
            (
                ObjectId::Constraint { table, name },
                ObjectId::Constraint {
                    table: to_table,
                    name: to_name,
                },
            ) => {
                self.rename_attached(&table.schema, name, to_name);
                let is_check = |object: Option<&Object>| {
                    matches!(object, Some(Object::Constraint(constraint))
                        if matches!(constraint.kind, ConstraintKind::Check(_)))
                };
                if !is_check(self.get(from)) {
                    return;
                }
                for heir in tables(table, to_table, self) {
                    let id = |name: &Ident| ObjectId::Constraint {
                        table: heir.clone(),
                        name: name.clone(),
                    };
                    if is_check(self.get(&id(name)))
                        && let Some(object) = self.objects.remove(&id(name))
                    {
                        self.objects.insert(id(to_name), object);
                    }
                }
            }
            (ObjectId::Index(from), ObjectId::Index(to)) => {
                self.rename_attached(&from.schema, &from.name, &to.name);
            }
            _ => {}
        }
    }

    fn rename_attached(&mut self, schema: &Ident, from: &Ident, to: &Ident) {
        if self.ties.is_empty() {
            return;
        }
        let objects = std::mem::take(&mut self.objects);
        for (mut id, mut object) in objects {
            if let ObjectId::Attached { table, name } = &mut id
                && table.schema == *schema
                && name == from
            {
                *name = to.clone();
            }
            if let Object::Attached(attached) = &mut object
                && attached.parent.schema == *schema
                && attached.index == *from
            {
                attached.index = to.clone();
            }
            self.objects.insert(id, object);
        }
    }

    /// The columns of the tables that are of the type are renamed with its attribute.
    fn rename_attribute(&mut self, types: [&QualifiedName; 2], from: &Ident, to: &Ident) {
        for ty in types {
            if let Some(Object::Composite(composite)) =
                self.objects.get_mut(&ObjectId::Composite(ty.clone()))
            {
                for attribute in &mut composite.attributes {
                    if attribute.name == *from {
                        attribute.name = to.clone();
                    }
                }
            }
            let tables: Vec<QualifiedName> = self.tables_of(ty).cloned().collect();
            for table in tables {
                let column = |name: &Ident| ObjectId::Column {
                    table: table.clone(),
                    name: name.clone(),
                };
                self.rename(&column(from), &column(to));
            }
        }
    }

    /// Indexes and owned sequences follow their table into another schema.
    fn move_along(&mut self, table: &QualifiedName, schema: &Ident) {
        let followers: Vec<ObjectId> = self
            .objects
            .iter()
            .filter(|(id, object)| is_part(id, object, table))
            .map(|(id, _)| id.clone())
            .collect();
        for id in followers {
            let moved = match &id {
                ObjectId::Index(name) => {
                    ObjectId::Index(QualifiedName::new(schema.clone(), name.name.clone()))
                }
                ObjectId::Sequence(name) => {
                    ObjectId::Sequence(QualifiedName::new(schema.clone(), name.name.clone()))
                }
                ObjectId::Namespace(_)
                | ObjectId::Enum(_)
                | ObjectId::EnumValue { .. }
                | ObjectId::Table(_)
                | ObjectId::Column { .. }
                | ObjectId::Constraint { .. }
                | ObjectId::Comment(_)
                | ObjectId::View(_)
                | ObjectId::MaterializedView(_)
                | ObjectId::Rule { .. }
                | ObjectId::Function { .. }
                | ObjectId::Procedure { .. }
                | ObjectId::Aggregate { .. }
                | ObjectId::Trigger { .. }
                | ObjectId::EventTrigger(_)
                | ObjectId::Extension(_)
                | ObjectId::Domain(_)
                | ObjectId::DomainConstraint { .. }
                | ObjectId::Composite(_)
                | ObjectId::Attribute { .. }
                | ObjectId::Range(_)
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
                | ObjectId::AccessMethod(_) => continue,
            };
            if let Some(object) = self.objects.remove(&id) {
                self.objects.insert(moved, object);
            }
        }
    }

    fn map_tables(&mut self, from: &QualifiedName, to: &QualifiedName) {
        self.rebuild(&mut |name, role| {
            if role == Role::Table && name == from {
                *name = to.clone();
            }
        });
    }

    fn map_types(&mut self, from: &QualifiedName, to: &QualifiedName) {
        self.rebuild(&mut |name, role| {
            if role == Role::Type && name == from {
                *name = to.clone();
            }
        });
    }

    fn map_names(&mut self, map: impl Fn(&mut QualifiedName)) {
        self.rebuild(&mut |name, _| map(name));
    }

    /// Runs a function over every qualified name.
    fn rebuild(&mut self, map: &mut dyn FnMut(&mut QualifiedName, Role)) {
        let objects = std::mem::take(&mut self.objects);
        for (mut id, mut object) in objects {
            map_id(&mut id, map);
            map_object(&mut object, map);
            self.objects.insert(id, object);
        }
    }
}

/// What a qualified name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Table,
    Type,
    Other,
}

fn map_id(id: &mut ObjectId, map: &mut dyn FnMut(&mut QualifiedName, Role)) {
    match id {
        ObjectId::Namespace(_) => {}
        ObjectId::Enum(name) | ObjectId::EnumValue { ty: name, value: _ } => map(name, Role::Type),
        ObjectId::Sequence(name) | ObjectId::Index(name) => map(name, Role::Other),
        ObjectId::Table(table)
        | ObjectId::Column { table, name: _ }
        | ObjectId::Constraint { table, name: _ } => map(table, Role::Table),
        ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
            map_id(on, map);
        }
        ObjectId::Policy { table, name: _ } => map(table, Role::Table),
        ObjectId::DefaultPrivileges(_) => {}
        ObjectId::Rule { table, name: _ } | ObjectId::Trigger { table, name: _ } => {
            map(table, Role::Table);
        }
        ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. } => map(name, Role::Other),
        ObjectId::EventTrigger(_) => {}
        ObjectId::Extension(_) => {}
        ObjectId::Domain(name)
        | ObjectId::DomainConstraint { domain: name, .. }
        | ObjectId::Composite(name)
        | ObjectId::Attribute { ty: name, .. }
        | ObjectId::Range(name)
        | ObjectId::Multirange(name) => map(name, Role::Type),
        ObjectId::Collation(name) | ObjectId::Statistics(name) => map(name, Role::Other),
        ObjectId::PublicationTable {
            publication: _,
            table,
        } => map(table, Role::Table),
        ObjectId::Publication(_)
        | ObjectId::PublicationSchema { .. }
        | ObjectId::Subscription(_) => {}
        ObjectId::SearchParser(name)
        | ObjectId::SearchTemplate(name)
        | ObjectId::SearchDictionary(name)
        | ObjectId::SearchConfiguration(name) => map(name, Role::Other),
        ObjectId::Operator { name, .. }
        | ObjectId::OperatorFamily { name, .. }
        | ObjectId::OperatorClass { name, .. }
        | ObjectId::FamilyMember { family: name, .. }
        | ObjectId::Conversion(name) => map(name, Role::Other),
        ObjectId::Cast { .. } | ObjectId::Language(_) | ObjectId::AccessMethod(_) => {}
        ObjectId::ReplicaIdentity(table) | ObjectId::Cluster(table) | ObjectId::Typed(table) => {
            map(table, Role::Table);
        }
        ObjectId::Partition(table) | ObjectId::Attached { table, name: _ } => {
            map(table, Role::Table);
        }
        ObjectId::Inheritance { table, parent } => {
            map(table, Role::Table);
            map(parent, Role::Table);
        }
        ObjectId::Wrapper(_) | ObjectId::Server(_) | ObjectId::UserMapping { .. } => {}
    }
}

fn map_object(object: &mut Object, map: &mut dyn FnMut(&mut QualifiedName, Role)) {
    match object {
        Object::Column(column) => {
            map_type(&mut column.sql_type, map);
            if let Some(collation) = &mut column.collation {
                map(collation, Role::Other);
            }
        }
        Object::Domain(domain) => map_type(&mut domain.base, map),
        Object::Composite(composite) => {
            for attribute in &mut composite.attributes {
                map_type(&mut attribute.sql_type, map);
            }
        }
        Object::Range(range) => {
            map_type(&mut range.subtype, map);
            if let Some(multirange) = &mut range.multirange {
                map(multirange, Role::Type);
            }
        }
        Object::Typed(typed) => map(&mut typed.ty, Role::Type),
        Object::Statistics(statistics) => map(&mut statistics.table, Role::Table),
        Object::Constraint(constraint) => {
            if let ConstraintKind::ForeignKey(foreign_key) = &mut constraint.kind {
                map(&mut foreign_key.references, Role::Table);
            }
        }
        Object::Index(index) => map(&mut index.table, Role::Table),
        Object::Sequence(sequence) => {
            if let Some(OwnerColumn { table, column: _ }) = &mut sequence.owned_by {
                map(table, Role::Table);
            }
        }
        Object::Trigger(trigger) => map(&mut trigger.function, Role::Other),
        Object::EventTrigger(trigger) => map(&mut trigger.function, Role::Other),
        Object::Namespace(_) | Object::Enum(_) | Object::Table(_) | Object::Comment(_) => {}
        // The rest of them is text.
        Object::View(_)
        | Object::MaterializedView(_)
        | Object::Rule(_)
        | Object::Routine(_)
        | Object::Aggregate(_) => {}
        Object::Policy(_) | Object::Owner(_) | Object::Grant(_) => {}
        Object::Extension(_)
        | Object::DomainConstraint(_)
        | Object::Collation(_)
        | Object::ReplicaIdentity(_)
        | Object::Cluster(_)
        | Object::Publication(_)
        | Object::PublicationTable(_)
        | Object::PublicationSchema(_)
        | Object::Subscription(_)
        | Object::SearchParser(_)
        | Object::SearchTemplate(_)
        | Object::SearchDictionary(_)
        | Object::SearchConfiguration(_)
        | Object::Operator(_)
        | Object::OperatorFamily(_)
        | Object::OperatorClass(_)
        | Object::FamilyMember(_)
        | Object::Cast(_)
        | Object::Conversion(_)
        | Object::Language(_)
        | Object::AccessMethod(_) => {}
        Object::Partition(partition) => map(&mut partition.parent, Role::Table),
        Object::Attached(attached) => map(&mut attached.parent, Role::Table),
        Object::Inheritance(_)
        | Object::Wrapper(_)
        | Object::Server(_)
        | Object::UserMapping(_) => {}
    }
}

fn map_type(sql_type: &mut SqlType, map: &mut dyn FnMut(&mut QualifiedName, Role)) {
    if let SqlType::Named {
        name,
        modifier: _,
        array: _,
    } = sql_type
    {
        map(name, Role::Type);
    }
}

/// Only what later questions are about: who owns a sequence.
fn rename_column_in(object: &mut Object, table: &QualifiedName, from: &Ident, to: &Ident) {
    if let Object::Sequence(Sequence {
        owned_by: Some(owner),
        ..
    }) = object
        && owner.table == *table
        && owner.column == *from
    {
        owner.column = to.clone();
    }
}

/// The same part, in the table as the rename's other side calls it.
fn elsewhere(from: &ObjectId, to: &ObjectId) -> Option<ObjectId> {
    match (from, to) {
        (ObjectId::Column { table: _, name }, ObjectId::Column { table, name: _ }) => {
            Some(ObjectId::Column {
                table: table.clone(),
                name: name.clone(),
            })
        }
        (ObjectId::Constraint { table: _, name }, ObjectId::Constraint { table, name: _ }) => {
            Some(ObjectId::Constraint {
                table: table.clone(),
                name: name.clone(),
            })
        }
        (ObjectId::Policy { table: _, name }, ObjectId::Policy { table, name: _ }) => {
            Some(ObjectId::Policy {
                table: table.clone(),
                name: name.clone(),
            })
        }
        (ObjectId::Index(from), ObjectId::Index(to)) => Some(ObjectId::Index(QualifiedName::new(
            to.schema.clone(),
            from.name.clone(),
        ))),
        (
            ObjectId::Namespace(_)
            | ObjectId::Enum(_)
            | ObjectId::EnumValue { .. }
            | ObjectId::Sequence(_)
            | ObjectId::Table(_)
            | ObjectId::Column { .. }
            | ObjectId::Constraint { .. }
            | ObjectId::Index(_)
            | ObjectId::Comment(_)
            | ObjectId::View(_)
            | ObjectId::MaterializedView(_)
            | ObjectId::Rule { .. }
            | ObjectId::Function { .. }
            | ObjectId::Procedure { .. }
            | ObjectId::Aggregate { .. }
            | ObjectId::Trigger { .. }
            | ObjectId::EventTrigger(_)
            | ObjectId::Extension(_)
            | ObjectId::Domain(_)
            | ObjectId::DomainConstraint { .. }
            | ObjectId::Composite(_)
            | ObjectId::Attribute { .. }
            | ObjectId::Range(_)
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
            | ObjectId::AccessMethod(_),
            _,
        ) => None,
    }
    .filter(|other| other != from)
}

/// Whether something is known by the name of its table, and so leaves ties as they are.
fn is_part_name(id: &ObjectId) -> bool {
    matches!(id, ObjectId::Column { .. } | ObjectId::Constraint { .. })
}

/// Whether an object goes and moves with a table.
pub(super) fn is_part(id: &ObjectId, object: &Object, table: &QualifiedName) -> bool {
    match object {
        Object::Column(_)
        | Object::Constraint(_)
        | Object::Comment(_)
        | Object::Table(_)
        | Object::Rule(_)
        | Object::Trigger(_)
        | Object::Policy(_)
        | Object::Owner(_)
        | Object::Grant(_) => id.table() == Some(table),
        Object::Index(index) => index.table == *table,
        Object::Sequence(sequence) => sequence
            .owned_by
            .as_ref()
            .is_some_and(|owner| owner.table == *table),
        Object::ReplicaIdentity(_) | Object::Cluster(_) | Object::Typed(_) => {
            id.table() == Some(table)
        }
        Object::Partition(_) | Object::Inheritance(_) | Object::Attached(_) => {
            id.table() == Some(table)
        }
        Object::Wrapper(_) | Object::Server(_) | Object::UserMapping(_) => false,
        Object::Statistics(statistics) => statistics.table == *table,
        Object::PublicationTable(_) => id.table() == Some(table),
        Object::Namespace(_)
        | Object::Enum(_)
        | Object::View(_)
        | Object::MaterializedView(_)
        | Object::Routine(_)
        | Object::Aggregate(_)
        | Object::EventTrigger(_)
        | Object::Extension(_)
        | Object::Domain(_)
        | Object::DomainConstraint(_)
        | Object::Composite(_)
        | Object::Range(_)
        | Object::Collation(_)
        | Object::Publication(_)
        | Object::PublicationSchema(_)
        | Object::Subscription(_)
        | Object::SearchParser(_)
        | Object::SearchTemplate(_)
        | Object::SearchDictionary(_)
        | Object::SearchConfiguration(_)
        | Object::Operator(_)
        | Object::OperatorFamily(_)
        | Object::OperatorClass(_)
        | Object::FamilyMember(_)
        | Object::Cast(_)
        | Object::Conversion(_)
        | Object::Language(_)
        | Object::AccessMethod(_) => false,
    }
}
