//! Autogenerate: what the models want, against what is live, as a draft of a revision.
//!
//! Three schemas are compared, not two: *live* is what the database holds, *base* what the bundle's
//! revisions make, and the models are laid over live by [`overlay`]. Nothing here
//! opens a connection of its own; what Postgres must be asked goes through
//! [`canonicalize`](crate::canonical::canonicalize).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::revision::Dependency;
use limbeck_core::schema::diff::rename::{self, RenameHint, Settled, holds};
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::lower::{
    Declared, DeclaredColumn, DeclaredIdentity, DeclaredObject, lower,
};
use limbeck_core::schema::model::ModelTable;
use limbeck_core::schema::object::table::RowSecurity;
use limbeck_core::schema::object::{Column, ConstraintKind, RoutineBody, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::overlay::{Base, aside, made, overlay, states};
use limbeck_core::{
    Error, ErrorKind, Ident, Object, ObjectId, QualifiedName, Result, Schema, SqlFile,
};

use crate::canonical::{Beside, canonicalize_beside};
use crate::ddl::{Context, render};
use crate::declared_sql::{DeclaredSql, may_be_stated};
use crate::expression::mentions;
use crate::hazard::{Hazard, hazards};
use crate::introspect::Unmanaged;
use crate::quote::Naming;
use crate::scratch::Scratch;
use crate::statement::Statement;

/// A revision that has not been written: both ways, and what there is to know of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Draft {
    /// What changes, in order.
    pub operations: Vec<Operation>,
    /// What changes on the way down, in order.
    pub reverse: Vec<Operation>,
    /// The statements of the way up.
    pub up: Vec<Statement>,
    /// The statements of the way down.
    pub down: Vec<Statement>,
    /// What the way up may destroy or fail at.
    pub hazards: Vec<Hazard>,
    /// What the way down may destroy or fail at.
    pub down_hazards: Vec<Hazard>,
    /// What should be said, without changing anything.
    pub notes: Vec<String>,
    /// What may be a rename, and is taken for a drop and a create: who it was, who it would be.
    pub perhaps_renamed: Vec<(ObjectId, ObjectId)>,
    /// The objects that it makes.
    pub generated: Vec<ObjectId>,
    /// The objects that it makes, changes or drops.
    pub touches: Vec<ObjectId>,
    /// The revisions of other bundles whose tables and types it refers to.
    pub depends_on: Vec<Dependency>,
}

impl Draft {
    /// Whether models and database agree.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

/// What to compare.
pub(crate) struct Comparison<'a> {
    /// What the database holds.
    pub(crate) live: &'a Schema,
    /// What the revisions make, where scratch could be had.
    pub(crate) base: Option<&'a Base>,
    /// The models.
    pub(crate) models: &'a [ModelTable],
    /// What is declared beside them.
    pub(crate) sql: &'a [SqlFile],
    /// The schema that the bundle is installed in.
    pub(crate) placement: &'a Ident,
    /// Tables and types of other bundles, each with what to depend on for it.
    pub(crate) others: &'a BTreeMap<QualifiedName, Vec<Dependency>>,
    /// Names that objects had before, beside those that the models say.
    pub(crate) renames: &'a [RenameHint],
    /// Whether to refuse where somebody has altered by hand what is stated.
    pub(crate) refuse_drift: bool,
}

/// Compares models with a database.
///
/// # Errors
/// When models contradict themselves or each other, Postgres refuses an expression of theirs, or
/// cannot be asked what one means.
pub(crate) fn autogenerate<C>(
    connection: &mut C,
    comparison: &Comparison<'_>,
    scratch: &mut dyn FnMut() -> Result<Scratch>,
) -> Result<Draft>
where
    C: LoadConnection<Backend = Pg>,
{
    let (draft, refusals) = compare(connection, comparison, scratch)?;
    match refusals.into_iter().next() {
        Some(refusal) => Err(refusal),
        None => Ok(draft),
    }
}

/// The same, with all that makes it a draft that may not be written.
///
/// # Errors
/// As for [`autogenerate`], where there is nothing to draft.
pub(crate) fn compare<C>(
    connection: &mut C,
    comparison: &Comparison<'_>,
    scratch: &mut dyn FnMut() -> Result<Scratch>,
) -> Result<(Draft, Vec<Error>)>
where
    C: LoadConnection<Backend = Pg>,
{
    let Comparison {
        live,
        base,
        models: _,
        sql: _,
        placement,
        others,
        renames: _,
        refuse_drift: refuse,
    } = comparison;
    let Desired {
        declared,
        desired,
        notes,
    } = desired(connection, comparison, live, *base, scratch)?;
    if let Some(base) = base.filter(|_| *refuse) {
        refuse_drift(live, &base.schema, &declared)?;
    }
    let mut refusals = Vec::from_iter(refuse_needed(live, &desired, &declared).err());
    let earlier = base.map_or_else(BTreeSet::new, |base| base.generated.clone());
    let renames = &declared.renames;
    let going = base.map_or_else(BTreeMap::new, |base| {
        let operations = diff(live, &desired, renames);
        going_along(&operations, live, &base.schema)
    });
    let mut live = Cow::Borrowed(*live);
    if !going.is_empty() {
        let live = live.to_mut();
        going.keys().for_each(|id| {
            live.remove(id);
        });
        for needed in live.depends.values_mut() {
            needed.retain(|id| !going.contains_key(id));
        }
    }
    let mut draft = draft(&live, &desired, renames, placement, others, &earlier);
    refusals.extend(refuse_renamed_swap(&draft.operations).err());
    refusals.extend(refuse_renamed_reading(&draft.operations, &declared).err());
    refusals.extend(refuse_taken(&draft.operations, &desired).err());
    if let Some(base) = base {
        refusals.extend(refuse_foreign(&draft.operations, &declared, &base.schema, others).err());
        match foreign(&draft.operations, &base.schema, &declared) {
            Ok(notes) => {
                draft.notes.extend(notes);
                let strangers = refuse_strangers(&draft.up, &live, &base.schema, &declared);
                refusals.extend(strangers.err());
            }
            Err(error) => refusals.push(error),
        }
    }
    draft.notes.extend(going.iter().map(|(id, with)| {
        format!("`{id}` is in the database alone, and goes there with `{with}`")
    }));
    draft.notes.extend(notes);
    Ok((draft, refusals))
}

/// What no revision makes, and Postgres drops by itself with the column or table that goes: by
/// identity, with what it goes with. Where it is not there, nothing is missing.
fn going_along(
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
        let with = needed.find(|with| match with {
            ObjectId::Table(_) | ObjectId::Column { .. } => dropped.contains(with),
            _ => false,
        })?;
        let by_itself = match id {
            ObjectId::Index(_) | ObjectId::Statistics(_) | ObjectId::Sequence(_) => true,
            ObjectId::Constraint { .. }
            | ObjectId::ReplicaIdentity(_)
            | ObjectId::Cluster(_)
            | ObjectId::Typed(_) => id.table() == with.table(),
            ObjectId::Trigger { table, .. }
            | ObjectId::Rule { table, .. }
            | ObjectId::Policy { table, .. } => *with == ObjectId::Table(table.clone()),
            _ => false,
        };
        by_itself.then(|| with.clone())
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

/// What is wanted.
struct Desired {
    declared: Declared,
    desired: Schema,
    notes: Vec<String>,
}

/// Lays the models over what is there, and what declared SQL makes over both.
fn desired<C>(
    connection: &mut C,
    comparison: &Comparison<'_>,
    there: &Schema,
    base: Option<&Base>,
    scratch: &mut dyn FnMut() -> Result<Scratch>,
) -> Result<Desired>
where
    C: LoadConnection<Backend = Pg>,
{
    let Comparison {
        live: _,
        base: _,
        models,
        sql,
        placement,
        others: _,
        renames,
        refuse_drift: _,
    } = comparison;
    let mut declared = lower(models, placement)?;
    // Of what only declared SQL has, the names are known when that is loaded.
    let said = rename::resolve(renames, there, placement, |id| {
        states(&declared, id) || !may_be_stated(id)
    })?;
    declared.renames.by_new.extend(said.by_new);
    let none = BTreeSet::new();
    let sql = DeclaredSql {
        files: sql,
        placement,
        generated: base.map_or(&none, |base| &base.generated),
    };
    let prepare = |scratch: &mut Scratch| sql.prepare(scratch);
    let beside: Beside<'_> = match sql.files {
        [] => None,
        _ => Some(&prepare),
    };
    let mut declared = canonicalize_beside(connection, &declared, there, scratch, beside)?;
    let mut desired = overlay(there, base, &declared);
    let mut notes = Vec::new();
    if !sql.files.is_empty() {
        let made = sql.read(&desired, &declared, &mut scratch()?)?;
        declared.sql = made.schema;
        notes = made.notes;
        desired = overlay(there, base, &declared);
    }
    Ok(Desired {
        declared,
        desired,
        notes,
    })
}

/// What makes everything that the models declare in a database that has none of it. `replayed` is a
/// scratch database in which the revisions made `base`: a name that they left otherwise than the
/// models would choose it is theirs here too.
pub(crate) fn from_nothing(
    comparison: &Comparison<'_>,
    base: &Base,
    replayed: &mut Scratch,
    scratch: &mut dyn FnMut() -> Result<Scratch>,
) -> Result<Draft> {
    let Comparison {
        live,
        base: _,
        models: _,
        sql: _,
        placement,
        others,
        renames: _,
        refuse_drift: _,
    } = comparison;
    let Desired {
        declared: _,
        desired,
        notes: _,
    } = desired(
        replayed.connection(),
        comparison,
        &base.schema,
        Some(base),
        scratch,
    )?;
    let none = BTreeSet::new();
    let renames = Renames::default();
    Ok(draft(live, &desired, &renames, placement, others, &none))
}

/// An object of a kind that is not managed yet stands where one is to be made: Postgres would refuse
/// that, and what the object is was not compared.
pub(crate) fn refuse_hidden(operations: &[Operation], unmanaged: &[Unmanaged]) -> Result<()> {
    let relations = ["table", "view", "sequence", "index"];
    for operation in operations {
        let Operation::Create { id, object: _ } = operation else {
            continue;
        };
        let (schema, name) = match id {
            ObjectId::Table(name) | ObjectId::Index(name) | ObjectId::Sequence(name) => {
                (&name.schema, name.name.to_string())
            }
            _ => continue,
        };
        let hidden = unmanaged.iter().find(|there| {
            relations.iter().any(|word| there.kind.ends_with(word))
                && there.schema == schema.as_str()
                && there.name == name
        });
        if let Some(Unmanaged { kind, .. }) = hidden {
            return Err(Error::new(
                ErrorKind::CannotCompare,
                format!("`{id}` is a {kind} in the database, a kind that is not compared yet"),
            )
            .with_hint("write this revision by hand, or leave the object out of the comparison"));
        }
    }
    Ok(())
}

/// A view, a routine or the like stays, and what it reads is to go: Postgres would refuse that, and
/// what becomes of it is not for models to say.
fn refuse_needed(live: &Schema, desired: &Schema, declared: &Declared) -> Result<()> {
    let live = rename::carry(live, &declared.renames, |id| {
        desired.objects.contains_key(id)
    });
    for (id, object) in &live.objects {
        let is_program = matches!(
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
        );
        if !is_program || !desired.objects.contains_key(id) {
            continue;
        }
        let required = object.requires(id);
        let needed = live.depends.get(id).into_iter().flatten().chain(&required);
        for gone in needed {
            if live.objects.contains_key(gone) && !desired.objects.contains_key(gone) {
                return Err(Error::new(
                    ErrorKind::CannotCompare,
                    format!("`{gone}` is to go, and `{id}` needs it"),
                )
                .with_hint(format!(
                    "drop or change the {} in a revision of your own first: no model speaks of it",
                    id.kind()
                )));
            }
        }
    }
    Ok(())
}

/// A view or the like is made anew in the revision that renames what it reads: its text has the old
/// name, and the one with the new name is in no catalog yet.
fn refuse_renamed_reading(operations: &[Operation], declared: &Declared) -> Result<()> {
    let renamed: Vec<&str> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Rename { from, to: _ } => match from {
                ObjectId::Table(name) | ObjectId::Enum(name) => Some(name.name.as_str()),
                ObjectId::Column { table: _, name } => Some(name.as_str()),
                ObjectId::EnumValue { ty: _, value } => Some(value.as_str()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    if renamed.is_empty() {
        return Ok(());
    }
    for operation in operations {
        let Operation::Create { id, object } = operation else {
            continue;
        };
        // Declared SQL was read under the new names.
        if declared.sql.objects.contains_key(id) {
            continue;
        }
        let texts: Vec<&str> = match object {
            Object::View(view) => vec![&view.query.0],
            Object::MaterializedView(view) => vec![&view.query.0],
            Object::Rule(rule) => {
                let condition = rule.condition.as_ref().map(|text| text.0.as_str());
                condition
                    .into_iter()
                    .chain([rule.action.0.as_str()])
                    .collect()
            }
            Object::Trigger(trigger) => {
                let condition = trigger.condition.as_ref();
                condition.map(|text| text.0.as_str()).into_iter().collect()
            }
            Object::Policy(policy) => {
                let conditions = policy.using.iter().chain(&policy.check);
                conditions.map(|text| text.0.as_str()).collect()
            }
            Object::Routine(routine) => match &routine.body {
                RoutineBody::Sql(text) => vec![&text.0],
                RoutineBody::Source(_) | RoutineBody::Library { .. } => Vec::new(),
            },
            _ => continue,
        };
        let old = renamed
            .iter()
            .find(|name| texts.iter().any(|text| mentions(text, name)));
        if let Some(old) = old {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "`{id}` must be made anew, and reads `{old}`, which is renamed: these are two \
                     revisions"
                ),
            )
            .with_hint("generate the rename first, apply it, then change what it reads"));
        }
    }
    Ok(())
}

/// A view has the name that a table, an index or a sequence is to get.
fn refuse_taken(operations: &[Operation], desired: &Schema) -> Result<()> {
    for operation in operations {
        let Operation::Create {
            id: id @ (ObjectId::Table(name) | ObjectId::Index(name) | ObjectId::Sequence(name)),
            object: _,
        } = operation
        else {
            continue;
        };
        let views = [
            ObjectId::View(name.clone()),
            ObjectId::MaterializedView(name.clone()),
        ];
        if let Some(view) = views.iter().find(|view| desired.get(view).is_some()) {
            return Err(Error::new(
                ErrorKind::CannotCompare,
                format!("`{id}` is a {} in the database", view.kind()),
            )
            .with_hint("give the model another name, or drop the view in a revision of your own"));
        }
    }
    Ok(())
}

/// A type that gets another name and loses or reorders values in one step would need expressions
/// that no catalog holds yet.
fn refuse_renamed_swap(operations: &[Operation]) -> Result<()> {
    let renamed = |id: &ObjectId| {
        operations
            .iter()
            .any(|other| matches!(other, Operation::Rename { from: _, to } if to == id))
    };
    let two_revisions = |id: &ObjectId, changes: &str| {
        Error::new(
            ErrorKind::Unsupported,
            format!("`{id}` is renamed and {changes}, which are two revisions"),
        )
        .with_hint("generate the rename first, apply it, then change the values")
    };
    if let Some(id) = aside(operations).keys().find(|id| renamed(id)) {
        return Err(two_revisions(
            id,
            "gives way to another type of its new name",
        ));
    }
    for operation in operations {
        let Operation::Alter {
            id,
            from: Object::Enum(from),
            to: Object::Enum(to),
        } = operation
        else {
            continue;
        };
        let mut left = to.values.iter();
        let only_added = from
            .values
            .iter()
            .all(|value| left.any(|there| there == value));
        if renamed(id) && !only_added {
            return Err(two_revisions(id, "loses or reorders values"));
        }
    }
    Ok(())
}

/// A foreign key of somebody else's would go with the table of ours that it refers to: that is not for
/// us to drop. One that is made again, because what it refers to is replaced, is as it was.
fn refuse_foreign(
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
fn foreign(operations: &[Operation], base: &Schema, declared: &Declared) -> Result<Vec<String>> {
    let mut made: BTreeSet<ObjectId> = base.objects.keys().cloned().collect();
    let mut notes = Vec::new();
    let comes = |wanted: &ObjectId| {
        operations
            .iter()
            .any(|operation| matches!(operation, Operation::Create { id, .. } if id == wanted))
    };
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
        // What goes by itself with what it is said of is missed by nobody.
        if is_administration(id) && !comes(id) {
            continue;
        }
        if !holds(base, id) && !made.contains(id) {
            let stated = object
                .is_none_or(|object| declared.objects.contains_key(id) || is_primary_key(object))
                || is_said_of(id);
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

/// The same for what statements name beside what they are about: what uses a type that is exchanged.
fn refuse_strangers(
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
    .with_hint(format!(
        "drop the {} by hand and make it again once the new revision is applied; or take it into a \
         revision of your own, which drops it where it is there and makes it",
        id.kind()
    ))
}

/// What is said of another object is put back with it.
fn is_said_of(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Owner(_) | ObjectId::Grant { .. } | ObjectId::DefaultPrivileges(_)
    )
}

/// A table has one, which its model states by its fields.
fn is_primary_key(object: &Object) -> bool {
    matches!(object, Object::Constraint(constraint) if matches!(constraint.kind, ConstraintKind::PrimaryKey(_)))
}

/// The revision that turns `from` into `to`.
fn draft(
    from: &Schema,
    to: &Schema,
    renames: &Renames,
    own: &Ident,
    others: &BTreeMap<QualifiedName, Vec<Dependency>>,
    earlier: &BTreeSet<ObjectId>,
) -> Draft {
    let naming = Naming {
        others: others.keys().cloned().collect(),
        ..Naming::within(own.clone())
    };
    let operations = diff(from, to, renames);
    let reverse = diff(to, from, &renames.reversed());
    let up = render(
        &operations,
        &Context {
            from,
            to,
            naming: &naming,
        },
    );
    let down = render(
        &reverse,
        &Context {
            from: to,
            to: from,
            naming: &naming,
        },
    );
    let generated = made(&operations, earlier);
    let mut touches = BTreeSet::new();
    let mut depends_on = BTreeSet::new();
    for operation in &operations {
        if let Some(heads) = referred(operation).and_then(|name| others.get(name)) {
            depends_on.extend(heads.iter().cloned());
        }
        touches.insert(operation.id().clone());
        if let Operation::Rename { from, to: _ } = operation {
            touches.insert(from.clone());
        }
    }
    let perhaps_renamed = rename::perhaps(from, to, &operations);
    let mut up_hazards = hazards(&operations, from, to);
    let doubts = perhaps_renamed.iter();
    up_hazards.extend(doubts.map(|(old, new)| crate::hazard::perhaps_renamed(old, new)));
    Draft {
        hazards: up_hazards,
        perhaps_renamed,
        down_hazards: hazards(&reverse, to, from),
        operations,
        reverse,
        up,
        down,
        notes: Vec::new(),
        generated: generated.into_iter().collect(),
        touches: touches.into_iter().collect(),
        depends_on: depends_on.into_iter().collect(),
    }
}

/// The object of another bundle that an operation refers to.
fn referred(operation: &Operation) -> Option<&QualifiedName> {
    let object = match operation {
        Operation::Create { id: _, object } => object,
        Operation::Alter { id: _, from: _, to } => to,
        Operation::Drop { .. } | Operation::Rename { .. } => return None,
    };
    match object {
        Object::Constraint(constraint) => match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some(&key.references),
            _ => None,
        },
        Object::Column(column) => match &column.sql_type {
            SqlType::Named { name, .. } => Some(name),
            SqlType::Builtin(_) => None,
        },
        _ => None,
    }
}

/// Something that the revisions make and that the database lacks or has otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What it is about.
    pub object: ObjectId,
    /// How it differs.
    pub difference: DriftKind,
    /// What would bring it back, in words: `alter column public.users.email: not null`.
    pub repair: String,
}

/// How a database differs from what its revisions make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftKind {
    /// The revisions make it, the database lacks it.
    Missing,
    /// The database has it otherwise.
    Changed,
}

/// What the revisions make and the database lacks or has otherwise, in the order of identities.
pub(crate) fn drift(live: &Schema, base: &Schema) -> Vec<Drift> {
    base.objects
        .iter()
        .filter(|(id, _)| !is_administration(id))
        .filter_map(|(id, object)| {
            let difference = match live.get(id) {
                None => DriftKind::Missing,
                Some(there) if *with_own_storage(there, object) != *object => DriftKind::Changed,
                Some(_) => return None,
            };
            let repair = match live.get(id) {
                None => Operation::Create {
                    id: id.clone(),
                    object: object.clone(),
                },
                Some(there) => Operation::Alter {
                    id: id.clone(),
                    from: there.clone(),
                    to: object.clone(),
                },
            };
            Some(Drift {
                object: id.clone(),
                difference,
                repair: repair.describe(),
            })
        })
        .collect()
}

/// Whether it says who owns something and who may do what: that is another thing in every database, and
/// not for models to say.
fn is_administration(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Owner(_) | ObjectId::Grant { .. } | ObjectId::DefaultPrivileges(_)
    )
}

/// A schema as models are compared with it: what objects made later begin with is left to those who
/// said it.
pub(crate) fn without_default_privileges(mut schema: Schema) -> Schema {
    schema
        .objects
        .retain(|id, _| !matches!(id, ObjectId::DefaultPrivileges(_)));
    schema
}

/// A live object without the settings that the revisions say nothing of: those are an
/// administrator's.
fn with_own_storage<'a>(live: &'a Object, base: &Object) -> Cow<'a, Object> {
    fn own<T: Clone>(live: &mut Option<T>, base: &Option<T>) {
        if base.is_none() {
            *live = None;
        }
    }
    type Parameters = BTreeMap<String, String>;
    let parameters = |live: &mut Parameters, base: &Parameters| {
        live.retain(|name, _| base.contains_key(name));
    };
    if live == base {
        return Cow::Borrowed(live);
    }
    let mut object = live.clone();
    match (&mut object, base) {
        (Object::Index(live), Object::Index(base)) => {
            parameters(&mut live.storage, &base.storage);
            own(&mut live.tablespace, &base.tablespace);
            live.statistics
                .retain(|element, _| base.statistics.contains_key(element));
        }
        (Object::Table(live), Object::Table(base)) => {
            parameters(&mut live.storage, &base.storage);
            own(&mut live.tablespace, &base.tablespace);
            own(&mut live.access_method, &base.access_method);
            if base.row_security == RowSecurity::default() {
                live.row_security = base.row_security;
            }
        }
        (Object::Column(live), Object::Column(base)) => {
            own(&mut live.storage, &base.storage);
            own(&mut live.compression, &base.compression);
            own(&mut live.statistics, &base.statistics);
            parameters(&mut live.options, &base.options);
        }
        (Object::Constraint(live), Object::Constraint(base)) => {
            let said = base.kind.settings().zip(live.kind.settings_mut());
            if let Some((base, live)) = said {
                parameters(&mut live.storage, &base.storage);
                own(&mut live.tablespace, &base.tablespace);
            }
        }
        _ => return Cow::Borrowed(live),
    }
    Cow::Owned(object)
}

/// The objects that only the database has: made by somebody else, and left alone.
pub(crate) fn strangers(live: &Schema, base: &Schema, declared: &Declared) -> Vec<ObjectId> {
    live.objects
        .keys()
        // Of a schema that is there, its being there says nothing.
        .filter(|id| !matches!(id, ObjectId::Namespace(_)) && !is_administration(id))
        .filter(|id| base.get(id).is_none() && !declared.objects.contains_key(*id))
        .cloned()
        .collect()
}

/// Refuses where somebody altered by hand what the models state: comparing would take that for an
/// old state and write it down as one. What they leave unsaid follows live, whoever set it.
pub(crate) fn refuse_drift(live: &Schema, base: &Schema, declared: &Declared) -> Result<()> {
    let stated: Vec<String> = drift(live, base)
        .iter()
        .filter(|drift| {
            let id = &drift.object;
            match (declared.objects.get(id), live.get(id), base.get(id)) {
                (
                    Some(DeclaredObject::Column(stated)),
                    Some(Object::Column(live)),
                    Some(Object::Column(base)),
                ) => without_unsaid(live, base, stated) != *base,
                (
                    Some(DeclaredObject::Table(stated)),
                    Some(Object::Table(live)),
                    Some(Object::Table(base)),
                ) => stated.persistence.is_some() && live.persistence != base.persistence,
                (stated, _, _) => stated.is_some() || declared.sql.get(id).is_some(),
            }
        })
        .map(ToString::to_string)
        .collect();
    if stated.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Drift,
        format!(
            "the database is not what its revisions make: {}",
            stated.join("; ")
        ),
    )
    .with_hint(
        "bring the database back to its revisions first; `limbeck check` lists the differences",
    ))
}

/// A live column as the revisions have it in everything that neither they nor its model state.
fn without_unsaid(live: &Column, base: &Column, stated: &DeclaredColumn) -> Column {
    // A model has no words for how a column is kept.
    let mut column = Column {
        storage: base.storage,
        compression: base.compression,
        statistics: base.statistics,
        options: base.options.clone(),
        ..live.clone()
    };
    if stated.collation.is_none() && base.collation.is_none() {
        column.collation = None;
    }
    if stated.default.is_none() && base.default.is_none() {
        column.default = None;
    }
    if let (Some(live), Some(base), Some(stated)) =
        (&mut column.identity, &base.identity, &stated.identity)
    {
        let DeclaredIdentity {
            mode: _,
            start,
            increment,
            min,
            max,
            cache,
            cycle,
        } = stated;
        let (live, base) = (&mut live.options, &base.options);
        let follow = |said: &Option<i64>, live: &mut i64, base: i64| {
            if said.is_none() {
                *live = base;
            }
        };
        follow(start, &mut live.start, base.start);
        follow(increment, &mut live.increment, base.increment);
        follow(min, &mut live.min, base.min);
        follow(max, &mut live.max, base.max);
        follow(cache, &mut live.cache, base.cache);
        if cycle.is_none() {
            live.cycle = base.cycle;
        }
    }
    column
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            object,
            difference,
            repair,
        } = self;
        match difference {
            DriftKind::Missing => write!(f, "{object} is missing in the database"),
            DriftKind::Changed => {
                write!(
                    f,
                    "{object} is not as the revisions made it (they say: {repair})"
                )
            }
        }
    }
}
