//! Sequences, and the options that they share with identity columns.

use limbeck_core::schema::object::sequence::Logging;
use limbeck_core::schema::object::table::Persistence;
use limbeck_core::schema::object::{OwnerColumn, Sequence, SequenceOptions, SqlType};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene, lay_out};
use crate::quote::{Naming, Quoted, dollar, ident, literal};

pub(super) fn create(id: &ObjectId, sequence: &Sequence, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Sequence(name) = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let Sequence {
        data_type,
        options,
        owned_by,
        persistence: _,
        logging: _,
    } = sequence;
    let unlogged = match persistence(sequence, scene) {
        Some(Persistence::Unlogged) => "UNLOGGED ",
        Some(Persistence::Logged) | None => "",
    };
    let mut clauses = Vec::new();
    if *data_type != bigint() {
        clauses.push(format!("AS {}", naming.sql_type(data_type)));
    }
    clauses.extend(said(options, data_type));
    let owned = owned_by
        .as_ref()
        .map(|owner| (owner, format!("OWNED BY {}", column(owner, naming))));
    // Whoever runs the script owns what it makes, and somebody else may own a table that was there before.
    let table = |owner: &OwnerColumn| ObjectId::Table(owner.table.clone());
    let (at_once, later): (Option<_>, Option<_>) = match owned {
        Some((owner, clause)) if scene.context.from.get(&table(owner)).is_some() => {
            (None, Some((owner, clause)))
        }
        Some((_, clause)) => (Some(clause), None),
        None => (None, None),
    };
    clauses.extend(at_once);
    let quoted = naming.qualified(name);
    let shown = naming.shown(name);
    let mut pieces = vec![Piece::statement(
        id,
        lay_out(&format!("CREATE {unlogged}SEQUENCE {quoted}"), &clauses),
        format!("create sequence {shown}"),
    )];
    if let Some((owner, clause)) = later {
        pieces.push(Piece::statement(
            id,
            as_its_table(name, &owner.table, naming),
            format!(
                "let whoever owns {} own {shown}",
                naming.shown(&owner.table)
            ),
        ));
        pieces.push(Piece::statement(
            id,
            format!("ALTER SEQUENCE {quoted} {clause}"),
            format!("let sequence {shown} go with its column"),
        ));
    }
    pieces
}

/// Gives a sequence to the owner of a table: a column's own sequence has the same.
fn as_its_table(sequence: &QualifiedName, table: &QualifiedName, naming: &Naming) -> String {
    let class = |name| format!("{}::regclass", literal(naming.qualified(name).as_str()));
    let body = format!(
        "
DECLARE
    owner regrole;
BEGIN
    SELECT t.relowner INTO owner
    FROM pg_catalog.pg_class AS t, pg_catalog.pg_class AS s
    WHERE t.oid = {} AND s.oid = {} AND t.relowner <> s.relowner;
    IF FOUND THEN
        EXECUTE pg_catalog.format('ALTER SEQUENCE %s OWNER TO %s', {}, owner);
    END IF;
END
",
        class(table),
        class(sequence),
        class(sequence)
    );
    format!("DO {}", dollar(&body))
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

/// Whether it is logged, as its table is now where nothing else is said; nothing where no server could tell.
fn persistence(sequence: &Sequence, scene: &Scene<'_>) -> Option<Persistence> {
    if sequence.persistence.is_some() || matches!(sequence.logging, Logging::Always) {
        return sequence.persistence;
    }
    let table = sequence.owned_by.as_ref().map(|owner| {
        let id = ObjectId::Table(owner.table.clone());
        scene.now.get(&id).or_else(|| scene.context.to.get(&id))
    });
    match table.flatten() {
        Some(Object::Table(table)) => Some(table.persistence),
        _ => Some(Persistence::Logged),
    }
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
    let naming = scene.naming();
    let Sequence {
        data_type,
        options,
        owned_by,
        persistence: _,
        logging: _,
    } = to;
    let mut clauses = Vec::new();
    let mut before = from.options.clone();
    if from.data_type != *data_type {
        clauses.push(format!("AS {}", naming.sql_type(data_type)));
        before = retyped(&before, &from.data_type, data_type);
    }
    clauses.extend(changed(&before, options));
    if from.owned_by != *owned_by {
        clauses.push(match owned_by {
            Some(owner) => format!("OWNED BY {}", column(owner, naming)),
            None => "OWNED BY NONE".to_owned(),
        });
    }
    let mut pieces = Vec::new();
    match left_behind(&from.options, options) {
        None => {}
        Some(LeftBehind::Start) => clauses.push("RESTART".to_owned()),
        Some(LeftBehind::Bound { reach, bound, kept }) => pieces.push(Piece::statement(
            id,
            format!(
                "SELECT setval({sequence}, {reach}(last_value, {bound}), \
                 is_called AND last_value {kept} {bound})\nFROM {quoted}",
                sequence = literal(naming.qualified(name).as_str()),
                quoted = naming.qualified(name),
            ),
            format!(
                "let sequence {} count within its new bounds",
                naming.shown(name)
            ),
        )),
    }
    if !clauses.is_empty() {
        pieces.push(Piece::statement(
            id,
            lay_out(
                &format!("ALTER SEQUENCE {}", naming.qualified(name)),
                &clauses,
            ),
            format!("alter sequence {}", naming.shown(name)),
        ));
    }
    // What its table became on the way it became, too.
    let present = match scene.now.get(id) {
        Some(Object::Sequence(present)) => present,
        _ => from,
    };
    let (before, after) = (persistence(present, scene), persistence(to, scene));
    if let (Some(before), Some(after)) = (before, after)
        && before != after
    {
        let word = match after {
            Persistence::Logged => "LOGGED",
            Persistence::Unlogged => "UNLOGGED",
        };
        pieces.push(Piece::statement(
            id,
            format!("ALTER SEQUENCE {} SET {word}", naming.qualified(name)),
            format!(
                "make sequence {} {}",
                naming.shown(name),
                word.to_lowercase()
            ),
        ));
    }
    pieces
}

/// How a sequence that has hardly counted gets within new bounds, which leave out where it started:
/// Postgres refuses bounds that its last value is not in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftBehind {
    /// None of the numbers so far is within them: it starts over.
    Start,
    /// It goes on from the bound, unless it is beyond it already.
    Bound {
        /// The function that reaches for the bound.
        reach: &'static str,
        /// The bound.
        bound: i64,
        /// How a value compares that is kept.
        kept: &'static str,
    },
}

pub(super) fn left_behind(from: &SequenceOptions, to: &SequenceOptions) -> Option<LeftBehind> {
    if (to.min..=to.max).contains(&from.start) {
        None
    } else if to.min > from.max || to.max < from.min {
        Some(LeftBehind::Start)
    } else if from.start < to.min {
        Some(LeftBehind::Bound {
            reach: "GREATEST",
            bound: to.min,
            kept: ">=",
        })
    } else {
        Some(LeftBehind::Bound {
            reach: "LEAST",
            bound: to.max,
            kept: "<=",
        })
    }
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
    let unsaid = SequenceOptions::unsaid(data_type, *increment, None, None);
    let within = SequenceOptions::unsaid(data_type, *increment, Some(*min), Some(*max));
    let mut clauses = Vec::new();
    if *increment != 1 {
        clauses.push(format!("INCREMENT BY {increment}"));
    }
    if *min != unsaid.min {
        clauses.push(format!("MINVALUE {min}"));
    }
    if *max != unsaid.max {
        clauses.push(format!("MAXVALUE {max}"));
    }
    if *start != within.start {
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

/// Whether a type has room for the bounds.
pub(super) fn fits(options: &SequenceOptions, data_type: &SqlType) -> bool {
    let (min, max) = bounds(data_type);
    min <= options.min && options.max <= max
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

fn column(owner: &OwnerColumn, naming: &Naming) -> String {
    let OwnerColumn { table, column } = owner;
    format!("{}.{}", naming.qualified(table), ident(column))
}

/// A sequence goes on behind the greatest value that a column holds, so that the rows which are
/// there keep their numbers to themselves; and not before what was `noted`. `bounded` may wrap the next number. Where
/// that is beyond the last one, the last one counts as taken.
pub(super) fn catch_up(
    sequence: &str,
    (table, name): (&QualifiedName, &Ident),
    options: &SequenceOptions,
    noted: bool,
    naming: &Naming,
    bounded: impl Fn(String) -> String,
) -> String {
    let SequenceOptions {
        start,
        increment,
        min,
        max,
        cache: _,
        cycle: _,
    } = options;
    // Where there are no rows, `max` is null, which is neither the greatest nor the least. Numbers from
    // before the start are in nobody's way, and perhaps not within the bounds.
    let column = ident(name);
    // What was noted is forgotten with that: the session is another's afterwards.
    let (noted, forget) = match noted.then(|| setting(table, name)) {
        Some(setting) => (
            format!(",\n    nullif(current_setting({setting}, true), '')::numeric"),
            format!(",\n    set_config({setting}, '', false)"),
        ),
        None => Default::default(),
    };
    let (next, reach, last, beyond) = if *increment < 0 {
        let step = increment.unsigned_abs();
        let next = format!("LEAST(min({column})::numeric - {step}, {start}{noted})");
        (bounded(next), "GREATEST", min, "<")
    } else {
        let next = format!("GREATEST(max({column})::numeric + {increment}, {start}{noted})");
        (bounded(next), "LEAST", max, ">")
    };
    format!(
        "SELECT setval({sequence}, {reach}(next, {last})::bigint, next {beyond} {last}){forget}\n\
         FROM (SELECT {next} AS next FROM {}) AS counted",
        naming.qualified(table)
    )
}

/// Notes the next number of what numbers a column, which is about to go. The sequence of an identity is called as
/// Postgres, or somebody, has called it.
pub(super) fn note(table: &QualifiedName, name: &Ident, naming: &Naming) -> String {
    let body = format!(
        "
DECLARE
    counter text := {};
    next text;
BEGIN
    IF counter IS NOT NULL THEN
        EXECUTE 'SELECT CASE WHEN c.is_called THEN c.last_value::numeric + s.seqincrement ELSE c.last_value END FROM '
            || counter || ' AS c, pg_catalog.pg_sequence AS s WHERE s.seqrelid = $1::regclass'
        INTO next USING counter;
    END IF;
    PERFORM pg_catalog.set_config({}, next, false);
END
",
        of_identity(table, name, naming),
        setting(table, name)
    );
    format!("DO {}", dollar(&body))
}

/// The setting in which that is noted. Such a name holds letters, digits, underscores and dollars.
fn setting(table: &QualifiedName, name: &Ident) -> Quoted {
    let mut setting = "limbeck.next".to_owned();
    for part in [&table.schema, &table.name, name] {
        setting.push('$');
        for c in part.as_str().chars() {
            match c {
                'a'..='z' | '0'..='9' | '_' => setting.push(c),
                other => setting.push_str(&format!("$u{:x}$", u32::from(other))),
            }
        }
    }
    literal(&setting)
}

/// The sequence of an identity column, as an expression.
pub(super) fn of_identity(table: &QualifiedName, name: &Ident, naming: &Naming) -> String {
    format!(
        "pg_get_serial_sequence({}, {})",
        literal(naming.qualified(table).as_str()),
        literal(name.as_str())
    )
}
