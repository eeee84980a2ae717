//! Which objects need which: what their attributes say, and the edges recorded beside them.
//!
//! An edge leads from the object that needs to the one that is needed. Edges to objects that are
//! not in the schema (another's table, the type of an extension) are left out.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::name::{Ident, QualifiedName};
use crate::schema::object::{
    Constraint, ConstraintKind, ForeignKey, Grantee, Index, IndexKey, OwnerColumn, Sequence,
};
use crate::schema::{Object, ObjectId, Schema};

impl Schema {
    /// All edges between objects of this schema: what [`Object::requires`] says, what
    /// [`depends`](Self::depends) records, and the key that each foreign key rests on.
    pub fn edges(&self) -> BTreeMap<&ObjectId, BTreeSet<&ObjectId>> {
        let edges = Edges::new(self);
        self.objects
            .keys()
            .map(|id| (id, edges.of(id).into_iter().collect()))
            .collect()
    }

    /// What is said of an object beside what it is: its comment, its owner, who may do what with it.
    pub fn said_of<'a>(&'a self, id: &ObjectId) -> impl Iterator<Item = &'a ObjectId> + use<'a> {
        let on = Box::new(id.clone());
        let single = [ObjectId::Comment(on.clone()), ObjectId::Owner(on.clone())];
        let single = single.map(|id| self.objects.get_key_value(&id));
        let first = ObjectId::Grant {
            on: on.clone(),
            grantee: Grantee::Public,
        };
        let grants = self.objects.range(first..).take_while(
            move |(id, _)| matches!(id, ObjectId::Grant { on: of, grantee: _ } if *of == on),
        );
        single.into_iter().flatten().chain(grants).map(|(id, _)| id)
    }

    /// The columns that own sequences, each with those.
    pub(crate) fn sequence_owners(&self) -> BTreeMap<ObjectId, Vec<ObjectId>> {
        let mut owners: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
        for (id, object) in &self.objects {
            if let Some(owner) = owner(object) {
                owners.entry(owner).or_default().push(id.clone());
            }
        }
        owners
    }
}

/// The edges of a schema.
pub(crate) struct Edges<'a> {
    schema: &'a Schema,
    /// Read when the first foreign key asks.
    keys: OnceCell<HashMap<&'a QualifiedName, Vec<TableKey<'a>>>>,
}

/// What a foreign key may rest on.
struct TableKey<'a> {
    id: &'a ObjectId,
    columns: BTreeSet<&'a Ident>,
}

impl<'a> Edges<'a> {
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            keys: OnceCell::new(),
        }
    }

    /// What an object needs, in no particular order and without itself.
    pub(crate) fn of(&self, id: &ObjectId) -> Vec<&'a ObjectId> {
        let Some(object) = self.schema.get(id) else {
            return Vec::new();
        };
        let recorded = self.schema.depends.get(id);
        let mut needed: Vec<&ObjectId> = object
            .requires(id)
            .iter()
            .chain(recorded.into_iter().flatten())
            .filter_map(|needed| self.schema.objects.get_key_value(needed))
            .map(|(needed, _)| needed)
            .filter(|needed| *needed != id)
            .collect();
        if let Some(foreign_key) = foreign_key(object) {
            needed.extend(self.rests_on(foreign_key, &needed));
        }
        // What the old owner may do becomes what the new one may: nobody is granted anything between.
        if let ObjectId::Grant { on, grantee: _ } = id {
            let owned = match &**on {
                ObjectId::Column { table, name: _ } => Box::new(ObjectId::Table(table.clone())),
                _ => on.clone(),
            };
            let owner = self.schema.objects.get_key_value(&ObjectId::Owner(owned));
            needed.extend(owner.map(|(owner, _)| owner));
        }
        needed
    }

    /// For each object that another needs, those others, in the order of their identities.
    pub(crate) fn dependents(&self) -> HashMap<&'a ObjectId, Vec<&'a ObjectId>> {
        let mut dependents: HashMap<&ObjectId, Vec<&ObjectId>> = HashMap::new();
        for id in self.schema.objects.keys() {
            for needed in self.of(id) {
                dependents.entry(needed).or_default().push(id);
            }
        }
        dependents
    }

    /// The same as far as it may matter for some objects: for all that can be reached from them. In a
    /// large schema that is little; a few looks at each identity find it.
    pub(crate) fn dependents_around(
        &self,
        objects: &[&'a ObjectId],
    ) -> HashMap<&'a ObjectId, Vec<&'a ObjectId>> {
        let mut around: HashSet<&ObjectId> = objects.iter().copied().collect();
        loop {
            if around.iter().any(|id| is_named(id) || leads_away(id)) {
                return self.dependents();
            }
            let tables = around
                .iter()
                .filter_map(|id| table_of(id, self.schema.get(id)))
                .collect();
            let dependents = self.dependents_near(&tables);
            let before = around.len();
            let mut reached: Vec<&ObjectId> = around.iter().copied().collect();
            while let Some(id) = reached.pop() {
                for dependent in dependents.get(id).into_iter().flatten() {
                    if around.insert(dependent) {
                        reached.push(dependent);
                    }
                }
            }
            let elsewhere = |id: &&ObjectId| {
                let table = table_of(id, self.schema.get(id));
                table.is_some_and(|table| !tables.contains(table)) || is_named(id)
            };
            if around.len() == before || !around.iter().any(elsewhere) {
                return dependents;
            }
        }
    }

    /// What depends on something of some tables, or on what is no part of a table at all.
    fn dependents_near(
        &self,
        tables: &HashSet<&'a QualifiedName>,
    ) -> HashMap<&'a ObjectId, Vec<&'a ObjectId>> {
        let mut dependents: HashMap<&ObjectId, Vec<&ObjectId>> = HashMap::new();
        for (id, object) in &self.schema.objects {
            let refers = foreign_key(object).map(|foreign_key| &foreign_key.references);
            let parent = parent_of(id, object);
            let near = [table_of(id, Some(object)), refers, parent]
                .into_iter()
                .flatten()
                .any(|table| tables.contains(table));
            if near || is_program(object) || matches!(object, Object::Wrapper(_)) {
                for needed in self.of(id) {
                    dependents.entry(needed).or_default().push(id);
                }
            }
        }
        for (id, needed) in &self.schema.depends {
            for needed in needed {
                let near = needed.table().is_none_or(|table| tables.contains(table));
                if near {
                    dependents.entry(needed).or_default().push(id);
                }
            }
        }
        dependents
    }

    /// The keys that a foreign key may rest on. Which one it is, is recorded where it comes from a
    /// database; elsewhere every key over the same columns counts.
    fn rests_on(&self, foreign_key: &ForeignKey, recorded: &[&ObjectId]) -> Vec<&'a ObjectId> {
        let keys = self.keys.get_or_init(|| self.read_keys());
        let Some(keys) = keys.get(&foreign_key.references) else {
            return Vec::new();
        };
        if keys.iter().any(|key| recorded.contains(&key.id)) {
            return Vec::new();
        }
        let columns: BTreeSet<&Ident> = foreign_key.referenced_columns.iter().collect();
        keys.iter()
            .filter(|key| key.columns == columns)
            .map(|key| key.id)
            .collect()
    }

    fn read_keys(&self) -> HashMap<&'a QualifiedName, Vec<TableKey<'a>>> {
        let mut keys: HashMap<&QualifiedName, Vec<TableKey<'_>>> = HashMap::new();
        for (id, object) in &self.schema.objects {
            if let Some((table, columns)) = key_columns(id, object) {
                keys.entry(table)
                    .or_default()
                    .push(TableKey { id, columns });
            }
        }
        keys
    }
}

/// The table that an object belongs to or is over.
pub(crate) fn table_of<'a>(
    id: &'a ObjectId,
    object: Option<&'a Object>,
) -> Option<&'a QualifiedName> {
    match object {
        Some(Object::Index(index)) => Some(&index.table),
        Some(Object::Statistics(statistics)) => Some(&statistics.table),
        _ => id.table(),
    }
}

/// Whether something is used anywhere, by its name: a type, a collation, what text is searched by, an
/// operator and the like.
pub(crate) fn is_named(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Enum(_)
            | ObjectId::Domain(_)
            | ObjectId::Composite(_)
            | ObjectId::Range(_)
            | ObjectId::Collation(_)
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
            | ObjectId::AccessMethod(_)
    )
}

/// Whether it is a type that columns may be of, beside tables and views.
pub(crate) fn is_type(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Enum(_) | ObjectId::Domain(_) | ObjectId::Composite(_) | ObjectId::Range(_)
    )
}

/// Whether what depends on something may be of any table: on what ties a table or index to that of a
/// parent, and on a server.
fn leads_away(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Partition(_)
            | ObjectId::Inheritance { .. }
            | ObjectId::Attached { .. }
            | ObjectId::Wrapper(_)
            | ObjectId::Server(_)
    )
}

fn parent_of<'a>(id: &'a ObjectId, object: &'a Object) -> Option<&'a QualifiedName> {
    match (id, object) {
        (_, Object::Partition(partition)) => Some(&partition.parent),
        (_, Object::Attached(attached)) => Some(&attached.parent),
        (ObjectId::Inheritance { table: _, parent }, _) => Some(parent),
        _ => None,
    }
}

/// Whether an expression calls it: a routine, or what is like one.
pub(crate) fn is_called(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Function { .. }
            | ObjectId::Procedure { .. }
            | ObjectId::Aggregate { .. }
            | ObjectId::SearchDictionary(_)
            | ObjectId::SearchConfiguration(_)
            | ObjectId::Operator { .. }
            | ObjectId::Cast { .. }
    )
}

/// Whether an object is of the kinds that hold queries or code, and may so depend on anything. A table in
/// a publication holds a condition, and nothing that it reads changes under it.
pub(crate) fn is_program(object: &Object) -> bool {
    matches!(
        object,
        Object::View(_)
            | Object::MaterializedView(_)
            | Object::Rule(_)
            | Object::Routine(_)
            | Object::Aggregate(_)
            | Object::Trigger(_)
            | Object::EventTrigger(_)
            | Object::Policy(_)
            | Object::PublicationTable(_)
    )
}

/// What a constraint says if it is a foreign key.
pub(crate) fn foreign_key(object: &Object) -> Option<&ForeignKey> {
    match object {
        Object::Constraint(Constraint {
            kind: ConstraintKind::ForeignKey(foreign_key),
            deferrable: _,
            validated: _,
            enforced: _,
        }) => Some(foreign_key),
        _ => None,
    }
}

/// The column that owns a sequence.
pub(crate) fn owner(object: &Object) -> Option<ObjectId> {
    match object {
        Object::Sequence(Sequence {
            data_type: _,
            options: _,
            owned_by: Some(OwnerColumn { table, column }),
            persistence: _,
            logging: _,
        }) => Some(ObjectId::Column {
            table: table.clone(),
            name: column.clone(),
        }),
        _ => None,
    }
}

/// The table and columns of an object that a foreign key can rest on.
pub(crate) fn key_columns<'a>(
    id: &'a ObjectId,
    object: &'a Object,
) -> Option<(&'a QualifiedName, BTreeSet<&'a Ident>)> {
    match object {
        Object::Constraint(Constraint {
            kind: ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key),
            deferrable: _,
            validated: _,
            enforced: _,
        }) => Some((id.table()?, key.columns.iter().collect())),
        Object::Index(Index {
            table,
            unique: true,
            elements,
            predicate: None,
            ..
        }) => {
            let columns = elements.iter().map(|element| match &element.key {
                IndexKey::Column(name) => Some(name),
                IndexKey::Expression(_) => None,
            });
            Some((table, columns.collect::<Option<BTreeSet<_>>>()?))
        }
        _ => None,
    }
}

/// Whether the object holds an expression over columns of its table that only Postgres can read.
pub(crate) fn reads_columns(object: &Object) -> bool {
    let expression = |key: &IndexKey| matches!(key, IndexKey::Expression(_));
    match object {
        Object::Column(column) => column.generated.is_some(),
        Object::Constraint(constraint) => match &constraint.kind {
            ConstraintKind::Check(_) => true,
            ConstraintKind::Exclude(exclude) => {
                exclude.predicate.is_some()
                    || exclude
                        .elements
                        .iter()
                        .any(|element| expression(&element.element.key))
            }
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::ForeignKey(_) => false,
        },
        Object::Index(index) => {
            index.predicate.is_some()
                || index
                    .elements
                    .iter()
                    .any(|element| expression(&element.key))
        }
        Object::Statistics(statistics) => !statistics.expressions.is_empty(),
        Object::PublicationTable(entry) => entry.filter.is_some(),
        Object::Namespace(_)
        | Object::Enum(_)
        | Object::Sequence(_)
        | Object::Table(_)
        | Object::Comment(_)
        | Object::View(_)
        | Object::MaterializedView(_)
        | Object::Rule(_)
        | Object::Routine(_)
        | Object::Aggregate(_)
        | Object::Trigger(_)
        | Object::EventTrigger(_)
        | Object::Extension(_)
        | Object::Domain(_)
        | Object::DomainConstraint(_)
        | Object::Composite(_)
        | Object::Range(_)
        | Object::Collation(_)
        | Object::ReplicaIdentity(_)
        | Object::Cluster(_)
        | Object::Typed(_)
        | Object::Policy(_)
        | Object::Owner(_)
        | Object::Grant(_)
        | Object::Partition(_)
        | Object::Inheritance(_)
        | Object::Attached(_)
        | Object::Wrapper(_)
        | Object::Server(_)
        | Object::UserMapping(_)
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
