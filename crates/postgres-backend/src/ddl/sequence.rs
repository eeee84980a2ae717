//! Sequences, and the options that they share with identity columns.

use limbeck_core::schema::object::{OwnerColumn, Sequence, SequenceOptions, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::state::State;
use super::{Context, Piece, Scene, lay_out};
use crate::quote::{Naming, ident, literal};

/// The owner is stated only where its column is there already; else [`Ownerships`] does it later.
pub(super) fn create(id: &ObjectId, sequence: &Sequence, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Sequence(name) = id else {
        return Vec::new();
    };
    let Sequence {
        data_type,
        options,
        owned_by,
    } = sequence;
    let naming = scene.naming();
    let mut clauses = Vec::new();
    if *data_type != bigint() {
        clauses.push(format!("AS {}", naming.sql_type(data_type)));
    }
    clauses.extend(said(options, data_type));
    if let Some(owner) = owned_by
        && scene.now.has(&owner_id(owner))
    {
        clauses.push(format!("OWNED BY {}", column(owner, naming)));
    }
    vec![Piece::statement(
        id,
        lay_out(
            &format!("CREATE SEQUENCE {}", naming.qualified(name)),
            &clauses,
        ),
        format!("create sequence {}", naming.shown(name)),
    )]
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Sequence(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP SEQUENCE {}", naming.qualified(name)),
        format!("drop sequence {}", naming.shown(name)),
    )]
}

pub(super) fn alter(
    id: &ObjectId,
    from: &Sequence,
    to: &Sequence,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let ObjectId::Sequence(name) = id else {
        return Vec::new();
    };
    let Sequence {
        data_type,
        options,
        owned_by,
    } = to;
    let naming = scene.naming();
    let mut clauses = Vec::new();
    let mut before = from.options.clone();
    if from.data_type != *data_type {
        clauses.push(format!("AS {}", naming.sql_type(data_type)));
        before = retyped(&before, &from.data_type, data_type);
    }
    clauses.extend(changed(&before, options));
    if from.owned_by != *owned_by {
        match owned_by {
            None => clauses.push("OWNED BY NONE".to_owned()),
            Some(owner) if scene.now.has(&owner_id(owner)) => {
                clauses.push(format!("OWNED BY {}", column(owner, naming)));
            }
            Some(_) => {}
        }
    }
    if clauses.is_empty() {
        return Vec::new();
    }
    vec![Piece::statement(
        id,
        lay_out(
            &format!("ALTER SEQUENCE {}", naming.qualified(name)),
            &clauses,
        ),
        format!("alter sequence {}", naming.shown(name)),
    )]
}

pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    super::table::rename_relation("SEQUENCE", ObjectId::Sequence, from, to, scene)
}

/// The options that are not what Postgres takes when nothing is said, each as it is written.
pub(super) fn said(options: &SequenceOptions, data_type: &SqlType) -> Vec<String> {
    let SequenceOptions {
        start,
        increment,
        min,
        max,
        cache,
        cycle,
    } = options;
    let bounds = bounds(data_type);
    let (default_min, default_max) = if *increment < 0 {
        (bounds.0, -1)
    } else {
        (1, bounds.1)
    };
    let default_start = if *increment < 0 { *max } else { *min };
    let mut clauses = Vec::new();
    if *increment != 1 {
        clauses.push(format!("INCREMENT BY {increment}"));
    }
    if *min != default_min {
        clauses.push(format!("MINVALUE {min}"));
    }
    if *max != default_max {
        clauses.push(format!("MAXVALUE {max}"));
    }
    if *start != default_start {
        clauses.push(format!("START WITH {start}"));
    }
    if *cache != 1 {
        clauses.push(format!("CACHE {cache}"));
    }
    if *cycle {
        clauses.push("CYCLE".to_owned());
    }
    clauses
}

/// The options that differ.
pub(super) fn changed(from: &SequenceOptions, to: &SequenceOptions) -> Vec<String> {
    let SequenceOptions {
        start,
        increment,
        min,
        max,
        cache,
        cycle,
    } = to;
    let mut clauses = Vec::new();
    if from.increment != *increment {
        clauses.push(format!("INCREMENT BY {increment}"));
    }
    if from.min != *min {
        clauses.push(format!("MINVALUE {min}"));
    }
    if from.max != *max {
        clauses.push(format!("MAXVALUE {max}"));
    }
    if from.start != *start {
        clauses.push(format!("START WITH {start}"));
    }
    if from.cache != *cache {
        clauses.push(format!("CACHE {cache}"));
    }
    if from.cycle != *cycle {
        clauses.push(if *cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
    }
    clauses
}

/// What becomes of the options when the type changes: Postgres moves a bound that was the old
/// type's to that of the new one.
pub(super) fn retyped(options: &SequenceOptions, from: &SqlType, to: &SqlType) -> SequenceOptions {
    let (old, new) = (bounds(from), bounds(to));
    let mut options = options.clone();
    if options.max == old.1 {
        options.max = new.1;
    }
    if options.min == old.0 {
        options.min = new.0;
    }
    options
}

fn bounds(data_type: &SqlType) -> (i64, i64) {
    match data_type {
        SqlType::Builtin(name) if name == "smallint" => (i16::MIN.into(), i16::MAX.into()),
        SqlType::Builtin(name) if name == "integer" => (i32::MIN.into(), i32::MAX.into()),
        SqlType::Builtin(_) | SqlType::Named { .. } => (i64::MIN, i64::MAX),
    }
}

fn bigint() -> SqlType {
    SqlType::Builtin("bigint".to_owned())
}

fn owner_id(owner: &OwnerColumn) -> ObjectId {
    ObjectId::Column {
        table: owner.table.clone(),
        name: owner.column.clone(),
    }
}

fn column(owner: &OwnerColumn, naming: &Naming) -> String {
    let OwnerColumn { table, column } = owner;
    format!("{}.{}", naming.qualified(table), ident(column))
}

/// A sequence goes on behind the greatest value that a column holds, so that the rows which are
/// there keep their numbers to themselves.
pub(super) fn catch_up(
    sequence: &str,
    table: &QualifiedName,
    name: &limbeck_core::Ident,
    options: &SequenceOptions,
    naming: &Naming,
) -> String {
    let SequenceOptions {
        start,
        increment,
        min: _,
        max: _,
        cache: _,
        cycle: _,
    } = options;
    let (furthest, step) = if *increment < 0 {
        ("min", format!("- {}", increment.unsigned_abs()))
    } else {
        ("max", format!("+ {increment}"))
    };
    format!(
        "SELECT setval({sequence}, COALESCE({furthest}({column}) {step}, {start}), false)\n\
         FROM {table}",
        column = ident(name),
        table = naming.qualified(table),
    )
}

/// The sequence of an identity column, as an expression.
pub(super) fn of_identity(
    table: &QualifiedName,
    name: &limbeck_core::Ident,
    naming: &Naming,
) -> String {
    format!(
        "pg_get_serial_sequence({}, {})",
        literal(naming.qualified(table).as_str()),
        literal(name.as_str())
    )
}

/// Owners to be stated once their columns are there.
#[derive(Debug, Default)]
pub(super) struct Ownerships {
    pending: Vec<(QualifiedName, OwnerColumn)>,
}

impl Ownerships {
    /// Remembers an operation that makes a sequence whose owner is not there yet.
    pub(super) fn note(&mut self, operation: &Operation, scene: &Scene<'_>) {
        let (id, sequence) = match operation {
            Operation::Create {
                id,
                object: Object::Sequence(sequence),
            }
            | Operation::Alter {
                id,
                from: _,
                to: Object::Sequence(sequence),
            } => (id, sequence),
            Operation::Create { .. }
            | Operation::Alter { .. }
            | Operation::Drop { .. }
            | Operation::Rename { .. } => return,
        };
        if let ObjectId::Sequence(name) = id
            && let Some(owner) = &sequence.owned_by
            && !scene.now.has(&owner_id(owner))
        {
            self.pending.push((name.clone(), owner.clone()));
        }
    }

    /// States the owners whose columns have come to be.
    pub(super) fn settle(&mut self, now: &State, context: &Context<'_>) -> Vec<Piece> {
        let naming = context.naming;
        let mut pieces = Vec::new();
        self.pending.retain(|(name, owner)| {
            let there = now.has(&owner_id(owner));
            if there {
                pieces.push(Piece::statement(
                    &ObjectId::Sequence(name.clone()),
                    format!(
                        "ALTER SEQUENCE {} OWNED BY {}",
                        naming.qualified(name),
                        column(owner, naming)
                    ),
                    format!(
                        "let {}.{} own sequence {}",
                        naming.shown(&owner.table),
                        owner.column,
                        naming.shown(name)
                    ),
                ));
            }
            !there
        });
        pieces
    }
}

/// Takes sequences that stay out of the hands of a column or table that goes.
pub(super) fn release_before(drop: &Operation, scene: &Scene<'_>) -> Vec<Piece> {
    let dropped = drop.id();
    let naming = scene.naming();
    let mut pieces = Vec::new();
    for (id, sequence) in scene.now.sequences() {
        let Some(owner) = &sequence.owned_by else {
            continue;
        };
        let goes = match dropped {
            ObjectId::Table(table) => owner.table == *table,
            ObjectId::Column { .. } => owner_id(owner) == *dropped,
            ObjectId::Namespace(_)
            | ObjectId::Enum(_)
            | ObjectId::EnumValue { .. }
            | ObjectId::Sequence(_)
            | ObjectId::Constraint { .. }
            | ObjectId::Index(_)
            | ObjectId::Comment(_) => false,
        };
        let ObjectId::Sequence(name) = id else {
            continue;
        };
        if goes && scene.context.to.get(id).is_some() {
            pieces.push(Piece::statement(
                id,
                format!("ALTER SEQUENCE {} OWNED BY NONE", naming.qualified(name)),
                format!("keep sequence {}", naming.shown(name)),
            ));
        }
    }
    pieces
}
