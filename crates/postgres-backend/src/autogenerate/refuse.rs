//! Drafts that Postgres would refuse, or that would mean something else than what they say.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::schema::diff::{diff, rename};
use limbeck_core::schema::lower::Declared;
use limbeck_core::schema::object::RoutineBody;
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::overlay::{Base, aside, overlay};
use limbeck_core::schema::taken::held;
use limbeck_core::{Error, ErrorKind, Ident, Object, ObjectId, Result, Schema};

use super::drift::is_administration;
use crate::expression::mentions;
use crate::introspect::{Introspection, Unmanaged};
use crate::quote::{Naming, ident};

/// An object of a kind that is not managed yet stands where one is to be made: Postgres would refuse
/// that, and what the object is was not compared.
pub(crate) fn refuse_hidden(operations: &[Operation], live: &Introspection) -> Result<()> {
    // A table and a view have a type, too.
    let (relations, types) = (
        ["table", "view", "sequence", "index"].as_slice(),
        ["table", "view", "type"].as_slice(),
    );
    for operation in operations {
        let Operation::Create { id, object: _ } = operation else {
            continue;
        };
        // Before Postgres 14, a sequence has a type, too.
        if let ObjectId::Enum(name) = id
            && live.major() < 14
        {
            let sequence = ObjectId::Sequence(name.clone());
            let goes = operations.iter().any(
                |operation| matches!(operation, Operation::Drop { id, .. } if *id == sequence),
            );
            if live.schema.get(&sequence).is_some() && !goes {
                return Err(is_another(id, sequence.kind(), ""));
            }
        }
        let (name, kinds) = match id {
            ObjectId::Table(name) => (name, [relations, types].concat()),
            ObjectId::Index(name) | ObjectId::Sequence(name) => (name, relations.to_vec()),
            ObjectId::Enum(name) => (name, types.to_vec()),
            _ => continue,
        };
        let hidden = live.unmanaged.iter().find(|there| {
            kinds.iter().any(|word| there.kind.ends_with(word))
                && there.schema == name.schema.as_str()
                && there.name == name.name.as_str()
        });
        if let Some(Unmanaged { kind, .. }) = hidden {
            return Err(is_another(id, kind, ", a kind that is not compared yet"));
        }
    }
    Ok(())
}

/// A view, a routine or the like stays, and what it reads is to go: Postgres would refuse that, and
/// what becomes of it is not for models to say.
pub(super) fn refuse_needed(live: &Schema, desired: &Schema, declared: &Declared) -> Result<()> {
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
                    "drop or change the {} in a revision of your own first: no model speaks of it; where `{gone}` is \
                     only called otherwise now, say so by `renamed_from` or `--rename`",
                    id.kind()
                )));
            }
        }
    }
    Ok(())
}

/// A view or the like is made anew in the revision that renames what it reads: its text has the old
/// name, and the one with the new name is in no catalog yet.
pub(super) fn refuse_renamed_reading(operations: &[Operation], declared: &Declared) -> Result<()> {
    // What steps aside for another one of its name is not what the user renamed.
    let aside = aside(operations);
    let renamed: Vec<&str> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Rename { from, to: _ } if aside.contains_key(from) => None,
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

/// Something of another kind, which stays, has the name that one is to get: a table, a type, an index and a
/// sequence share names.
pub(super) fn refuse_taken(
    operations: &[Operation],
    live: &Schema,
    desired: &Schema,
) -> Result<()> {
    let created = |operation: &Operation| match operation {
        Operation::Create { id, object: _ } => desired.objects.get_key_value(id),
        Operation::Alter { .. } | Operation::Drop { .. } | Operation::Rename { .. } => None,
    };
    let held = held(desired, operations.iter().filter_map(created));
    let there = |id: &ObjectId| live.get(id).is_some();
    match held.into_iter().find(|(_, holder)| there(holder)) {
        Some((id, holder)) => Err(is_another(id, holder.kind(), "")),
        None => Ok(()),
    }
}

fn is_another(id: &ObjectId, kind: &str, more: &str) -> Error {
    let article = match kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => "an",
        false => "a",
    };
    Error::new(
        ErrorKind::CannotCompare,
        format!("`{id}` is {article} {kind} in the database{more}"),
    )
    .with_hint(format!(
        "give the model another name, or rename or drop the {kind} in a revision of your own"
    ))
}

/// What is renamed, and whose old name is taken by something of another kind in the same revision: the way down
/// could not rename it back, and would drop it with its rows.
pub(super) fn refuse_one_way_rename(draft: &[Operation], back: &[Operation]) -> Result<()> {
    let told = |operations: &[Operation]| -> Vec<(&'static str, String, String)> {
        operations
            .iter()
            .filter_map(|operation| match operation {
                Operation::Rename { from, to } => Some((from.kind(), bare(from)?, bare(to)?)),
                _ => None,
            })
            .collect()
    };
    let aside = aside(draft);
    let returned = told(back);
    for operation in draft {
        let Operation::Rename { from, to } = operation else {
            continue;
        };
        if aside.contains_key(from) {
            continue;
        }
        let (Some(old), Some(new)) = (bare(from), bare(to)) else {
            continue;
        };
        if !returned.contains(&(from.kind(), new, old.clone())) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "`{from}` is renamed, and something else is called `{old}` from then on: the way \
                     down could not rename it back, and these are two revisions"
                ),
            )
            .with_hint("generate the rename first, apply it, then make what takes the old name"));
        }
    }
    Ok(())
}

/// The name of what holds rows, or is what they are of.
fn bare(id: &ObjectId) -> Option<String> {
    match id {
        ObjectId::Table(name)
        | ObjectId::Sequence(name)
        | ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name) => Some(name.name.to_string()),
        ObjectId::Column { table: _, name } => Some(name.to_string()),
        ObjectId::EnumValue { ty: _, value } => Some(value.clone()),
        _ => None,
    }
}

/// What somebody says had its name in another schema: that is no rename, and would be dropped and made again.
pub(super) fn refuse_move(
    operations: &[Operation],
    live: &Schema,
    declared: &Declared,
    own: &Ident,
) -> Result<()> {
    for (new, old) in &declared.renames.by_new {
        if live.get(new).is_some() || live.get(old).is_some() {
            continue;
        }
        let said = bare(old).unwrap_or_default();
        let left = operations.iter().find_map(|operation| match operation {
            Operation::Drop { id, object: _ } if id.kind() == new.kind() => {
                let name = bare(id)?;
                let with_schema = id.namespace().map(|schema| format!("{schema}.{name}"));
                (name == said || with_schema.is_some_and(|name| name == said)).then_some(id)
            }
            _ => None,
        });
        let verb = match new {
            ObjectId::Table(_) => "TABLE",
            ObjectId::Enum(_) => "TYPE",
            _ => continue,
        };
        if let (Some(left), Some(schema)) = (left, new.namespace()) {
            let naming = Naming::within(own.clone());
            let (ObjectId::Table(name) | ObjectId::Enum(name)) = left else {
                continue;
            };
            let moved = format!(
                "ALTER {verb} {} SET SCHEMA {}",
                naming.qualified(name),
                ident(schema)
            );
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("`{new}` was `{left}`: a move to another schema is not generated"),
            )
            .with_hint(format!(
                "move it in a revision of your own, with its rows: `{moved}` (and `CREATE SCHEMA` before, where \
                 there is none); a new name within the schema is a revision after that"
            )));
        }
    }
    Ok(())
}

/// What somebody says was renamed, and is not, because something that goes in the same revision has the new name.
pub(super) fn refuse_hindered_rename(
    operations: &[Operation],
    live: &Schema,
    desired: &Schema,
    declared: &Declared,
) -> Result<()> {
    for (new, old) in &declared.renames.by_new {
        let done = operations
            .iter()
            .any(|operation| matches!(operation, Operation::Rename { from: _, to } if to == new));
        let hindered = matches!(new, ObjectId::Table(_) | ObjectId::Enum(_))
            && new.namespace() == old.namespace()
            && live.get(old).is_some()
            && live.get(new).is_none()
            && desired.get(old).is_none()
            && !done;
        if hindered {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "`{old}` cannot be renamed to `{new}`: something that goes in the same revision has \
                     that name until then, and these are two revisions"
                ),
            )
            .with_hint("drop what has the name first, in a revision of its own"));
        }
    }
    Ok(())
}

/// What is left to do in a database that has what the revisions make, and nothing else.
pub(super) fn elsewhere(base: &Base, declared: &Declared) -> Vec<Operation> {
    let fresh = overlay(&base.schema, Some(base), declared);
    diff(&base.schema, &fresh, &declared.renames)
}

/// What the models state and the database has, and no revision makes: here it is no difference, and every other database
/// lacks it. `operations` is what is left to do here, `wanted` elsewhere.
pub(super) fn refuse_unrecorded(
    operations: &[Operation],
    wanted: &[Operation],
    base: &Base,
) -> Result<()> {
    let created = |operations: &[Operation]| {
        let operations = operations.iter().filter_map(|operation| match operation {
            Operation::Create { id, object } => Some((id.clone(), object.clone())),
            _ => None,
        });
        operations.collect::<BTreeMap<_, _>>()
    };
    let here = created(operations);
    let mut unrecorded = created(wanted);
    unrecorded.retain(|id, object| {
        // A sequence goes with its column. Schemas and extensions are others' as well.
        let counts = !matches!(
            id,
            ObjectId::Namespace(_)
                | ObjectId::Extension(_)
                | ObjectId::Sequence(_)
                | ObjectId::Comment(_)
        );
        // Where somebody has the name that it would get, it gets another.
        let is_made = here.contains_key(id)
            || here
                .iter()
                .any(|(other, made)| made == object && other.table() == id.table());
        counts && !is_administration(id) && !is_made
    });
    let is_whole = |id: &ObjectId, object: &Object| {
        let table = match object {
            Object::Index(index) => Some(&index.table),
            _ => id.table(),
        };
        let table = table.map(|table| ObjectId::Table(table.clone()));
        table.is_none_or(|table| table == *id || !unrecorded.contains_key(&table))
    };
    let named: Vec<String> = unrecorded
        .iter()
        .filter(|(id, object)| is_whole(id, object))
        .map(|(id, _)| format!("`{id}`"))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let has_tables = unrecorded.keys().any(|id| matches!(id, ObjectId::Table(_)));
    let hint = match base.schema.objects.is_empty() {
        false if has_tables => {
            "where a library made it, list its bundle: `migrator.bundle(…)`; otherwise write a revision of your own \
             that makes it, and record that here with `limbeck stamp head`"
        }
        true => {
            "the tables were there before the revisions: generate the first one against an empty database \
             (`--url`), which it fills, and record it here: `limbeck stamp head`"
        }
        false => {
            "drop it here by hand, and the next generated revision makes it everywhere; or write a revision of your \
             own that makes it, and record that here with `limbeck stamp head`"
        }
    };
    Err(Error::new(
        ErrorKind::Drift,
        format!(
            "the models state what this database has and no revision makes, so that every other one lacks it: {}",
            named.join(", ")
        ),
    )
    .with_hint(hint))
}

/// What the models no longer state and cannot go here, since something that only this database has stands on it: here it
/// would stay without a word, and in every other database it is to go. `operations` is what is left to do here, `wanted`
/// elsewhere.
pub(super) fn refuse_spared(
    operations: &[Operation],
    wanted: &[Operation],
    live: &Schema,
    base: &Base,
) -> Result<()> {
    let dropped = |operations: &[Operation]| {
        let operations = operations.iter().filter_map(|operation| match operation {
            Operation::Drop { id, object: _ } => Some(id.clone()),
            _ => None,
        });
        operations.collect::<BTreeSet<_>>()
    };
    let here = dropped(operations);
    for id in dropped(wanted) {
        if here.contains(&id) || live.get(&id).is_none() || is_administration(&id) {
            continue;
        }
        let standing = live.standing_on(&id).into_iter();
        let mut strangers = standing.filter(|other| {
            let is_said = is_administration(other) || matches!(other, ObjectId::Comment(_));
            base.schema.get(other).is_none() && !is_said
        });
        let Some(stranger) = strangers.next() else {
            continue;
        };
        return Err(Error::new(
            ErrorKind::Ambiguous,
            format!(
                "the models no longer state `{id}`, and `{stranger}`, which no revision makes, stands on it: here it \
                 could not go, and everywhere else it would"
            ),
        )
        .with_hint("its owner drops that first; or keep in the models what it stands on"));
    }
    Ok(())
}
