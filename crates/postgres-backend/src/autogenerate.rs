//! Autogenerate: what the models want, against what is live, as a draft of a revision.
//!
//! Three schemas are compared, not two: *live* is what the database holds, *base* what the bundle's
//! revisions make, and the models are laid over live by [`overlay`]. Nothing here
//! opens a connection of its own; what Postgres must be asked goes through
//! [`canonicalize`](crate::canonical::canonicalize).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::revision::Dependency;
use limbeck_core::schema::diff::rename::{self, RenameHint, Settled};
use limbeck_core::schema::diff::{Renames, diff, diff_back_anew};
use limbeck_core::schema::lower::{Declared, lower};
use limbeck_core::schema::model::ModelTable;
use limbeck_core::schema::object::{ConstraintKind, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::overlay::{Base, aside, made, overlay, states};
use limbeck_core::{
    Error, Ident, Object, ObjectId, QualifiedName, Result, RevisionId, Schema, SqlFile,
};

use crate::canonical::{Beside, canonicalize_beside};
use crate::ddl::{Again, Audience, Context, keep, render_for};
use crate::declared_sql::{DeclaredSql, may_be_stated};
use crate::hazard::{Direction, Hazard, exchanges, hazards, hazards_of};
use crate::quote::Naming;
use crate::scratch::Scratch;
use crate::statement::Statement;

mod drift;
mod refuse;
mod strangers;

pub use drift::{Drift, DriftKind};
pub(crate) use drift::{drift, refuse_drift};
pub(crate) use refuse::refuse_hidden;
pub(crate) use strangers::strangers;

use refuse::{
    elsewhere, refuse_hindered_rename, refuse_move, refuse_needed, refuse_one_way_rename,
    refuse_renamed_reading, refuse_spared, refuse_taken, refuse_unrecorded,
};
use strangers::{
    Said, Strangers, foreign, going_along, over_other_types, refuse_foreign, refuse_strangers,
};

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
    /// The revisions of the bundle that it was made over, in no order. Where the directory holds others when
    /// it is to be written, it is made over something else.
    pub over: BTreeSet<RevisionId>,
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
    /// Whether the revision is a library's, for the databases of its users.
    pub(crate) shipped: bool,
    /// Whether to refuse where somebody has altered by hand what is stated.
    pub(crate) refuse_drift: bool,
    /// What the way down makes anew beside what differs: Postgres, left alone, would make something else of it.
    pub(crate) anew: &'a BTreeSet<ObjectId>,
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
        shipped,
        refuse_drift: refuse,
        anew,
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
    let mut told = Vec::new();
    let going = base.map_or_else(BTreeMap::new, |base| {
        let operations = diff(live, &desired, renames);
        // Without any revisions it hinders only who writes the first one.
        let wanted = elsewhere(base, &declared);
        match refuse_unrecorded(&operations, &wanted, base) {
            Err(error) if *refuse || !base.schema.objects.is_empty() => refusals.push(error),
            Err(error) => told.push(error.to_string()),
            Ok(()) => {}
        }
        refusals.extend(refuse_spared(&operations, &wanted, live, base).err());
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
    let place = Place {
        own: placement,
        others,
        shipped: *shipped,
    };
    let ways = Ways { renames, anew };
    let mut desired = desired;
    let said = base.map_or_else(Said::default, |base| {
        Said::take_out(live.to_mut(), &mut desired, &base.schema, &declared)
    });
    let strangers = base.map_or_else(Strangers::default, |base| {
        Strangers::among(&live, &base.schema, &declared)
    });
    let (mut draft, kept) = draft(&live, &desired, ways, &place, &earlier, &said, &strangers);
    refusals.extend(refuse_renamed_reading(&draft.operations, &declared).err());
    refusals.extend(refuse_taken(&draft.operations, &live, &desired).err());
    refusals.extend(refuse_one_way_rename(&draft.operations, &draft.reverse).err());
    refusals.extend(refuse_hindered_rename(&draft.operations, &live, &desired, &declared).err());
    refusals.extend(refuse_move(&draft.operations, &live, &declared, placement).err());
    if let Some(base) = base {
        refusals.extend(refuse_foreign(&draft.operations, &declared, &base.schema, others).err());
        match foreign(&draft.operations, &live, &base.schema, &declared) {
            Ok(notes) => {
                draft.notes.extend(notes);
                let operations = &draft.operations;
                let over = over_other_types(operations, &live, &base.schema, &declared);
                draft.notes.extend(over);
                draft.notes.extend(said.notes(&draft.operations, &kept));
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
    draft.notes.extend(told);
    Ok((draft, refusals))
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
        shipped: _,
        refuse_drift: _,
        anew: _,
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
        shipped,
        refuse_drift: _,
        anew: _,
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
    let nothing = BTreeSet::new();
    let ways = Ways {
        renames: &Renames::default(),
        anew: &nothing,
    };
    let place = Place {
        own: placement,
        others,
        shipped: *shipped,
    };
    let (said, strangers) = Default::default();
    Ok(draft(live, &desired, ways, &place, &nothing, &said, &strangers).0)
}

/// Where a revision is to run.
struct Place<'a> {
    own: &'a Ident,
    others: &'a BTreeMap<QualifiedName, Vec<Dependency>>,
    shipped: bool,
}

/// What the two ways know beside what they lead between.
#[derive(Clone, Copy)]
struct Ways<'a> {
    renames: &'a Renames,
    anew: &'a BTreeSet<ObjectId>,
}

/// The revision that turns `from` into `to`.
fn draft(
    from: &Schema,
    to: &Schema,
    Ways { renames, anew }: Ways<'_>,
    place: &Place<'_>,
    earlier: &BTreeSet<ObjectId>,
    said: &Said,
    strangers: &Strangers,
) -> (Draft, Vec<Again>) {
    let Place {
        own,
        others,
        shipped,
    } = *place;
    let naming = Naming {
        others: others.keys().cloned().collect(),
        ..Naming::within(own.clone())
    };
    let operations = diff(from, to, renames);
    let audience = match shipped {
        true => Audience::Others,
        false => Audience::Own,
    };
    let back = |from: &Schema, to: &Schema| {
        let reverse = diff_back_anew(from, to, renames, anew);
        let context = Context {
            from: to,
            to: from,
            naming: &naming,
        };
        let down = render_for(&reverse, &context, audience);
        (reverse, down)
    };
    // No revision moves aside what none makes: the way back, too, is that of a database without it.
    let alone = strangers.left_by(&operations, from);
    let notes = match alone.is_empty() {
        true => Vec::new(),
        false => alone.in_the_way(&back(from, to).1),
    };
    let (from_there, to_there) = alone.taken_out(from, to);
    let (from_there, to_there) = (&*from_there, &*to_there);
    let (reverse, mut down) = back(from_there, to_there);
    let mut up = render_for(
        &operations,
        &Context {
            from,
            to,
            naming: &naming,
        },
        audience,
    );
    let mut up_hazards = hazards(&operations, from, to);
    let exchanged = exchanges(&up, &operations, from, to);
    let kept = said.worth_noting(made_again(&operations, &exchanged, said));
    let kept = keep(&mut up, &kept, from, &naming);
    let exchanged_back = exchanges(&down, &reverse, to_there, from_there);
    let again = said.worth_noting(made_again(&reverse, &exchanged_back, said));
    keep(&mut down, &again, to_there, &naming);
    let generated = made(&operations, earlier);
    let mut touches = BTreeSet::new();
    let mut depends_on = BTreeSet::new();
    let mut placed = BTreeSet::new();
    for operation in &operations {
        if let Some((name, heads)) = referred(operation, others) {
            depends_on.extend(heads.iter().cloned());
            let bundles = heads.iter().filter_map(|head| head.bundle.as_deref());
            placed.extend(bundles.map(|bundle| (bundle, &name.schema)));
        }
        touches.insert(operation.id().clone());
        if let Operation::Rename { from, to: _ } = operation {
            touches.insert(from.clone());
        }
    }
    let perhaps_renamed = rename::perhaps(from, to, &operations);
    let doubts = perhaps_renamed.iter();
    up_hazards.extend(doubts.map(|(old, new)| crate::hazard::perhaps_renamed(old, new)));
    up_hazards.extend(exchanged);
    let draft = Draft {
        hazards: up_hazards,
        perhaps_renamed,
        down_hazards: hazards_of(Direction::Down, &reverse, to_there, from_there),
        operations,
        reverse,
        up,
        down,
        notes: match shipped {
            true => notes
                .into_iter()
                .chain(placed.into_iter().map(stands_there))
                .collect(),
            false => notes,
        },
        generated: generated.into_iter().collect(),
        touches: touches.into_iter().collect(),
        depends_on: depends_on.into_iter().collect(),
        over: BTreeSet::new(),
    };
    (draft, kept)
}

/// What operations drop and make again, as it is called at their beginning and at their end; of types also those
/// for which others were exchanged, and of columns those that get another type and lose what is set of them.
fn made_again(operations: &[Operation], exchanged: &[Hazard], said: &Said) -> Vec<Again> {
    let is_renamed = |operation: &Operation| match operation {
        Operation::Rename { from, to } => Some(Settled::one(to, from)),
        _ => None,
    };
    let aside = aside(operations);
    let stepped = |operation: &&Operation| matches!(operation, Operation::Rename { from, to: _ } if aside.contains_key(from));
    let at_the_beginning = |id: &ObjectId, until: usize| {
        let before = operations[..until].iter().filter(|one| !stepped(one));
        let renames = before.rev().filter_map(is_renamed);
        renames.fold(id.clone(), |id, settled| settled.id(id))
    };
    let mut found = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let Operation::Drop { id, object: _ } = operation else {
            continue;
        };
        let again = operations.iter().any(
            |operation| matches!(operation, Operation::Create { id: made, object: _ } if made == id),
        );
        if again {
            found.push(Again {
                before: at_the_beginning(id, at),
                after: id.clone(),
            });
        }
    }
    let exchanged = exchanged.iter().map(|hazard| hazard.object.clone());
    for after in exchanged.chain(said.retyped(operations)) {
        let again = Again {
            before: at_the_beginning(&after, operations.len()),
            after,
        };
        if !found.contains(&again) {
            found.push(again);
        }
    }
    found
}

/// What a library must know whose SQL names another's objects: that their schema is in the text.
fn stands_there((bundle, schema): (&str, &Ident)) -> String {
    format!(
        "this names objects of `{bundle}` in the schema `{schema}`, where that stands here: it fails in \
         an application that places `{bundle}` elsewhere"
    )
}

/// The object of another bundle that an operation refers to, with what to depend on for it.
fn referred<'a>(
    operation: &Operation,
    others: &'a BTreeMap<QualifiedName, Vec<Dependency>>,
) -> Option<(&'a QualifiedName, &'a Vec<Dependency>)> {
    let object = match operation {
        Operation::Create { id: _, object } => object,
        Operation::Alter { id: _, from: _, to } => to,
        Operation::Drop { .. } | Operation::Rename { .. } => return None,
    };
    match object {
        Object::Constraint(constraint) => match &constraint.kind {
            ConstraintKind::ForeignKey(key) => others.get_key_value(&key.references),
            _ => None,
        },
        Object::Column(column) => match &column.sql_type {
            SqlType::Named { name, .. } => others.get_key_value(name),
            // What Postgres was not asked about stands as it was written.
            SqlType::Builtin(text) => {
                let element = text.trim_end_matches("[]");
                let mut others = others.iter();
                others.find(|(name, _)| Naming::always(name).as_str() == element)
            }
        },
        _ => None,
    }
}

/// A schema as models are compared with it: what objects made later begin with is left to those who
/// said it.
pub(crate) fn without_default_privileges(mut schema: Schema) -> Schema {
    schema
        .objects
        .retain(|id, _| !matches!(id, ObjectId::DefaultPrivileges(_)));
    schema
}
