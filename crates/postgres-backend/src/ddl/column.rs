//! Columns.

use limbeck_core::schema::object::{
    Column, Compression, Computed, Expression, Identity, IdentityMode, Sequence, SqlType, Storage,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::cast::{Cast, TypeName, converted, is_text};
use super::sequence::{self, LeftBehind};
use super::{Piece, Scene, foreign, index, not_null};
use crate::expression::{mentions, parenthesised, restricted};
use crate::quote::{Naming, ident, literal};

pub(super) fn create(id: &ObjectId, column: &Column, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Column { table, name } = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let mut pieces = not_null::make_way((table, name), column, scene);
    pieces.push(Piece::action(
        id,
        table,
        format!(
            "ADD COLUMN {}",
            definition_in((table, name), column, scene.is_foreign(table), naming)
        ),
        format!("add column {name} to {}", naming.shown(table)),
    ));
    pieces.extend(settings(id, None, column, scene));
    pieces
}

/// What is said of a column beside its definition, where it differs. A column that gets another type
/// is stored in that type's way first.
pub(super) fn settings(
    id: &ObjectId,
    from: Option<&Column>,
    to: &Column,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let ObjectId::Column { table, name } = id else {
        return Vec::new();
    };
    let none = Column::of_type(to.sql_type.clone());
    let mut before = from.unwrap_or(&none).clone();
    if before.sql_type != to.sql_type || before.collation != to.collation {
        before.storage = None;
        before.compression = None;
    }
    let alter = format!("ALTER COLUMN {}", ident(name));
    let shown = format!("{}.{name}", scene.naming().shown(table));
    let mut pieces = Vec::new();
    let alone = scene.now.alone(table, name, to, scene.context.to);
    let mut act_alone = |action: String, reason: &str, alone: bool| {
        let action = format!("{alter} {action}");
        let piece = Piece::action(id, table, action, format!("{reason} of {shown}"));
        pieces.push(piece.alone(alone));
    };
    if before.storage != to.storage {
        let word = match to.storage {
            Some(Storage::Plain) => "PLAIN",
            Some(Storage::External) => "EXTERNAL",
            Some(Storage::Extended) => "EXTENDED",
            Some(Storage::Main) => "MAIN",
            None => own_storage(&scene.base_of(&to.sql_type)),
        };
        let action = format!("SET STORAGE {word}");
        act_alone(action, "set the storage", alone.storage);
    }
    let mut act = |action: String, reason: &str| act_alone(action, reason, false);
    if before.compression != to.compression {
        let word = match to.compression {
            Some(Compression::Pglz) => "pglz",
            Some(Compression::Lz4) => "lz4",
            None => "default",
        };
        act(format!("SET COMPRESSION {word}"), "set the compression");
    }
    if before.statistics != to.statistics {
        // -1 is what every release understands as none.
        let target = to.statistics.unwrap_or(-1);
        let action = format!("SET STATISTICS {target}");
        act_alone(action, "set the statistics target", alone.statistics);
    }
    let mut act = |action: String, reason: &str| act_alone(action, reason, false);
    for action in index::storage_changes(&before.options, &to.options) {
        act(action, "set the options");
    }
    if from.is_some()
        && let Some(changes) = foreign::changes(&before.foreign_options, &to.foreign_options)
    {
        act(changes, "set the foreign options");
    }
    if from.is_none() {
        pieces.extend(not_null::settings(id, to, scene));
    }
    pieces
}

/// How values of a type are stored when nothing is said. Only from Postgres 16 on it can be asked to
/// know that itself.
fn own_storage(sql_type: &SqlType) -> &'static str {
    let SqlType::Builtin(text) = sql_type else {
        return "DEFAULT";
    };
    let name = TypeName::parse(text);
    match name.base.as_str() {
        "numeric" | "inet" | "cidr" if !name.array => "MAIN",
        base if name.array || is_text(base) => "EXTENDED",
        "bytea" | "json" | "jsonb" | "xml" | "bit" | "bit varying" | "tsvector" | "path"
        | "polygon" | "jsonpath" => "EXTENDED",
        base if base.ends_with("range") => "EXTENDED",
        _ => "DEFAULT",
    }
}

/// Without `CASCADE`: what Limbeck does not know keeps the column alive.
pub(super) fn drop(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Column { table, name } = id else {
        return Vec::new();
    };
    let piece = Piece::action(
        id,
        table,
        format!("DROP COLUMN {}", ident(name)),
        format!("drop column {name} of {}", scene.naming().shown(table)),
    );
    // What inherits keeps it, and has an operation of its own if it does not.
    vec![piece.alone(scene.now.is_inherited_from(table))]
}

pub(super) fn rename(
    (from_table, from): (&QualifiedName, &Ident),
    (to_table, to): (&QualifiedName, &Ident),
    scene: &Scene<'_>,
) -> Vec<Piece> {
    if from == to || scene.follows_attribute(to_table, from, to) {
        return Vec::new();
    }
    let table = scene.now.table_of_column(from_table, to_table, from);
    let naming = scene.naming();
    vec![Piece::statement(
        &ObjectId::Column {
            table: to_table.clone(),
            name: to.clone(),
        },
        format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            naming.qualified(table),
            ident(from),
            ident(to)
        ),
        format!("rename column {from} of {} to {to}", naming.shown(table)),
    )]
}

/// As it stands in `CREATE TABLE` and behind `ADD COLUMN`.
pub(super) fn definition_in(
    (table, name): (&QualifiedName, &Ident),
    column: &Column,
    in_foreign_table: bool,
    naming: &Naming,
) -> String {
    let Column {
        sql_type,
        collation,
        nullable: _,
        not_null: _,
        default,
        identity,
        generated,
        storage: _,
        compression: _,
        statistics: _,
        options: _,
        computed,
        foreign_options,
    } = column;
    let mut sql = format!("{} {}", ident(name), naming.sql_type(sql_type));
    if in_foreign_table {
        sql.push_str(&foreign::options(foreign_options));
    }
    if let Some(collation) = collation {
        sql.push_str(&format!(" COLLATE {}", naming.qualified(collation)));
    }
    sql.push_str(&not_null::definition(table, name, column));
    if let Some(default) = default {
        sql.push_str(&format!(
            " DEFAULT {}",
            restricted(&naming.expression(default))
        ));
    }
    if let Some(Identity { mode, options }) = identity {
        sql.push_str(&format!(" GENERATED {} AS IDENTITY", mode_words(*mode)));
        let options = sequence::said(options, sql_type);
        if !options.is_empty() {
            sql.push_str(&format!(" ({})", options.join(" ")));
        }
    }
    if let Some(generated) = generated {
        let expression = parenthesised(&naming.expression(generated));
        let when = match computed {
            Computed::Stored => "STORED",
            Computed::Virtual => "VIRTUAL",
        };
        sql.push_str(&format!(" GENERATED ALWAYS AS {expression} {when}"));
    }
    sql
}

/// The changes of a column as actions of one `ALTER TABLE`. Postgres runs the actions of a
/// statement in passes: what is dropped, types, what is added; each pass in the order written.
pub(super) fn alter(id: &ObjectId, from: &Column, to: &Column, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Column { table, name } = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let Column {
        sql_type,
        collation,
        nullable,
        not_null,
        default,
        identity,
        generated,
        storage: _,
        compression: _,
        statistics: _,
        options: _,
        computed,
        foreign_options: _,
    } = to;

    let retyped = from.sql_type != *sql_type;
    let how = scene.cast(&from.sql_type, sql_type);
    // A default is cast as the column is, but only by an assignment.
    let recast = retyped && how != Cast::Assignment;
    // Its default would go on to name the type that it had.
    let named = |sql_type: &SqlType| matches!(sql_type, SqlType::Named { .. });
    let redefault = recast || retyped && (named(&from.sql_type) || named(sql_type));

    let virtually = from.generated.is_some() && from.computed == Computed::Virtual;
    if generated.is_some() && (from.generated != *generated || recast || from.computed != *computed)
        || virtually && generated.is_none()
    {
        // Only a new column can be given another generating expression in every release, and none
        // can be told how its values are cast: they are computed again.
        let mut pieces = drop(id, scene);
        pieces.extend(create(id, to, scene));
        return pieces;
    }

    let mut pieces = note_counter((table, name), id, from, to, scene);
    let mut actions = Vec::new();
    let alone = scene.now.alone(table, name, to, scene.context.to);
    let mut act = |action: String, reason: &str, alone: bool| {
        let reason = format!("{reason} of {}.{name}", naming.shown(table));
        actions.push(Piece::action(id, table, action, reason).alone(alone));
    };
    let alter = format!("ALTER COLUMN {}", ident(name));
    let default_differs = from.default != *default;

    if from.default.is_some() && (redefault || (default_differs && default.is_none())) {
        act(
            format!("{alter} DROP DEFAULT"),
            "drop the default",
            alone.default && !retyped,
        );
    }
    if !from.nullable && *nullable {
        act(
            format!("{alter} DROP NOT NULL"),
            "allow nulls",
            alone.nullable,
        );
    }
    if retyped || from.collation != *collation {
        let mut action = format!("{alter} TYPE {}", naming.sql_type(sql_type));
        if let Some(collation) = collation {
            action.push_str(&format!(" COLLATE {}", naming.qualified(collation)));
        }
        // Of a foreign table no row is cast here.
        if recast && !scene.is_foreign(table) {
            let value = conversion(name, &from.sql_type, sql_type, &how, scene);
            action.push_str(&format!(" USING {value}"));
        }
        act(action, "change the type", false);
    }
    let refuses = from.nullable && !*nullable;
    if refuses {
        let piece = not_null::refuse(id, (table, name), to, scene);
        actions.push(piece.alone(alone.nullable));
    }
    let mut act = |action: String, reason: &str, alone: bool| {
        let reason = format!("{reason} of {}.{name}", naming.shown(table));
        actions.push(Piece::action(id, table, action, reason).alone(alone));
    };
    if let Some(default) = default
        && (default_differs || redefault)
    {
        act(
            format!("{alter} SET DEFAULT {}", naming.expression(default).trim()),
            "set the default",
            alone.default,
        );
    }
    let IdentityChange {
        before,
        action,
        after,
    } = identity_change(id, from, to, scene);
    pieces.extend(before);
    if refuses {
        pieces.extend(not_null::make_way((table, name), to, scene));
    }
    if from.identity.is_some() && identity.is_none() {
        let action = format!("{alter} DROP IDENTITY");
        let reason = format!("drop the identity of {}.{name}", naming.shown(table));
        pieces.push(identity_action(id, table, action, reason, retyped, naming));
    }
    if from.generated.is_some() && generated.is_none() {
        // On its own, for Postgres looks for generated columns before the statement does anything
        // where a column gets another type. Postgres 13 forgets nothing else that the expression
        // read: there, the column goes along when a type is dropped that it named. Later releases
        // do not.
        pieces.push(Piece::statement(
            id,
            format!(
                "ALTER TABLE {} {alter} DROP EXPRESSION",
                naming.qualified(table)
            ),
            format!(
                "let {}.{name} keep its values but not its expression",
                naming.shown(table)
            ),
        ));
    }
    pieces.extend(actions);
    if !from.nullable && *nullable && scene.now.is_partitioned(table) {
        for heir in scene.now.still_not_null(table, name, scene.context.to) {
            let reason = format!("go on refusing nulls of {}.{name}", naming.shown(&heir));
            let heir_id = ObjectId::Column {
                table: heir.clone(),
                name: name.clone(),
            };
            let action = format!("{alter} SET NOT NULL");
            pieces.push(Piece::action(&heir_id, &heir, action, reason));
        }
    }
    pieces.extend(action);
    if refuses {
        pieces.extend(not_null::comment(id, None, not_null, scene));
    } else if !*nullable {
        pieces.extend(not_null::alter(
            id,
            (table, name),
            &from.not_null,
            not_null,
            scene,
        ));
    }
    pieces.extend(settings(id, Some(from), to, scene));
    pieces.extend(after);
    if default_differs {
        pieces.extend(go_on(id, to, scene));
    }
    pieces
}

/// Whether a column is numbered by a sequence, as far as it says so itself.
fn counts(column: &Column) -> bool {
    let by_default = |default: &Expression| mentions(&default.0, "nextval");
    column.identity.is_some() || column.default.as_ref().is_some_and(by_default)
}

/// Where what has numbered a column so far goes, and something else numbers it in the end, that one begins where the
/// other was: rows may have been numbered that are gone.
fn note_counter(
    (table, name): (&QualifiedName, &Ident),
    id: &ObjectId,
    from: &Column,
    to: &Column,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let stays = from.identity.is_some() == to.identity.is_some() && from.default == to.default;
    let goes_on =
        matches!(scene.context.to.get(id), Some(Object::Column(column)) if counts(column));
    if !counts(from) || stays || !goes_on || scene.is_foreign(table) {
        return Vec::new();
    }
    let naming = scene.naming();
    vec![Piece::statement(
        id,
        sequence::note(table, name, naming),
        format!("note how far {}.{name} has counted", naming.shown(table)),
    )]
}

/// Whether such a note may be there: what a column of another name did is not known here.
fn may_be_noted(id: &ObjectId, scene: &Scene<'_>) -> bool {
    match scene.context.from.get(id) {
        Some(Object::Column(column)) => counts(column),
        _ => true,
    }
}

/// Lets a sequence that was just made, and that the column is numbered by from now on, go on behind the
/// numbers that are there.
fn go_on(id: &ObjectId, to: &Column, scene: &Scene<'_>) -> Option<Piece> {
    let ObjectId::Column { table, name } = id else {
        return None;
    };
    if !mentions(&to.default.as_ref()?.0, "nextval") {
        return None;
    }
    let counts = match scene.base_of(&to.sql_type) {
        SqlType::Builtin(text) => {
            matches!(
                &*TypeName::parse(&text).base,
                "smallint" | "integer" | "bigint"
            )
        }
        SqlType::Named { .. } => false,
    };
    if !counts || scene.is_foreign(table) {
        return None;
    }
    let owned = |sequence: &Sequence| {
        let owner = sequence.owned_by.as_ref();
        owner.map(|owner| owner.table == *table && owner.column == *name)
    };
    let needed = scene.context.to.depends.get(id);
    let needs = |sequence: &ObjectId| needed.is_some_and(|needed| needed.contains(sequence));
    let mut sequences = scene.context.to.objects.iter();
    let (sequence, options, is_shared) = sequences.find_map(|(id, object)| match (id, object) {
        (ObjectId::Sequence(sequence), Object::Sequence(definition)) if scene.now.is_fresh(id) => {
            match owned(definition) {
                Some(true) => Some((sequence, &definition.options, false)),
                // The one that owns it says how far it is.
                Some(false) => None,
                None => needs(id).then_some((sequence, &definition.options, true)),
            }
        }
        _ => None,
    })?;
    let naming = scene.naming();
    let quoted = naming.qualified(sequence);
    let reach = if options.increment < 0 {
        "LEAST"
    } else {
        "GREATEST"
    };
    // Others may be numbered by it as well, and may have told it of theirs.
    let bounded = |next| {
        if is_shared {
            format!("{reach}({next}, (SELECT last_value FROM {quoted}))")
        } else {
            next
        }
    };
    let literal = literal(quoted.as_str());
    Some(Piece::statement(
        id,
        sequence::catch_up(
            literal.as_str(),
            (table, name),
            options,
            may_be_noted(id, scene),
            naming,
            bounded,
        ),
        format!(
            "let sequence {} go on behind the rows of {}",
            naming.shown(sequence),
            naming.shown(table)
        ),
    ))
}

/// What the change of an identity takes, beside dropping it.
#[derive(Default)]
struct IdentityChange {
    before: Vec<Piece>,
    action: Option<Piece>,
    after: Option<Piece>,
}

fn identity_change(id: &ObjectId, from: &Column, to: &Column, scene: &Scene<'_>) -> IdentityChange {
    let naming = scene.naming();
    let mut change = IdentityChange::default();
    let ObjectId::Column { table, name } = id else {
        return change;
    };
    let alter = format!("ALTER COLUMN {}", ident(name));
    let shown = format!("{}.{name}", naming.shown(table));
    let its_sequence = sequence::of_identity(table, name, naming);
    match (&from.identity, &to.identity) {
        (None, None) | (Some(_), None) => {}
        (None, Some(Identity { mode, options })) => {
            let said = sequence::said(options, &to.sql_type);
            let said = if said.is_empty() {
                String::new()
            } else {
                format!(" ({})", said.join(" "))
            };
            change.action = Some(identity_action(
                id,
                table,
                format!(
                    "{alter} ADD GENERATED {} AS IDENTITY{said}",
                    mode_words(*mode)
                ),
                format!("add the identity of {shown}"),
                from.sql_type != to.sql_type,
                naming,
            ));
            let go_on = |next| next;
            change.after = Some(Piece::statement(
                id,
                sequence::catch_up(
                    &its_sequence,
                    (table, name),
                    options,
                    may_be_noted(id, scene),
                    naming,
                    go_on,
                ),
                format!("let the identity of {shown} go on behind its rows"),
            ));
        }
        (Some(before), Some(Identity { mode, options })) => {
            let mut sets = Vec::new();
            if before.mode != *mode {
                sets.push(format!("SET GENERATED {}", mode_words(*mode)));
            }
            let options_before = if from.sql_type == to.sql_type {
                before.options.clone()
            } else {
                sequence::retyped(&before.options, &from.sql_type, &to.sql_type)
            };
            // Postgres takes the type before the bounds: those that it leaves no room for go first.
            let first = !sequence::fits(&options_before, &to.sql_type);
            let changed = if first {
                sequence::changed(&before.options, options)
            } else {
                sequence::changed(&options_before, options)
            };
            sets.extend(changed.into_iter().map(|option| format!("SET {option}")));
            match sequence::left_behind(&before.options, options) {
                None => {}
                Some(LeftBehind::Start) => sets.push("RESTART".to_owned()),
                Some(LeftBehind::Bound {
                    reach,
                    bound,
                    kept: _,
                }) => {
                    let within = |next| format!("{reach}({next}, {bound})");
                    change.before.push(Piece::statement(
                        id,
                        sequence::catch_up(
                            &its_sequence,
                            (table, name),
                            options,
                            false,
                            naming,
                            within,
                        ),
                        format!("let the identity of {shown} count within its new bounds"),
                    ));
                }
            }
            if !sets.is_empty() {
                let action = format!("{alter} {}", sets.join(" "));
                let reason = format!("change the identity of {shown}");
                let piece = identity_action(id, table, action, reason, first, naming);
                if first {
                    change.before.push(piece);
                } else {
                    change.action = Some(piece);
                }
            }
        }
    }
    change
}

/// An identity that comes or goes. Postgres looks at the column's type before the statement does
/// anything: where that changes, the identity gets a statement of its own.
fn identity_action(
    id: &ObjectId,
    table: &QualifiedName,
    action: String,
    reason: String,
    retyped: bool,
    naming: &Naming,
) -> Piece {
    if retyped {
        let sql = format!("ALTER TABLE {} {action}", naming.qualified(table));
        Piece::statement(id, sql, reason)
    } else {
        Piece::action(id, table, action, reason)
    }
}

fn mode_words(mode: IdentityMode) -> &'static str {
    match mode {
        IdentityMode::Always => "ALWAYS",
        IdentityMode::ByDefault => "BY DEFAULT",
    }
}

/// The column's value as one of another type.
fn conversion(name: &Ident, from: &SqlType, to: &SqlType, how: &Cast, scene: &Scene<'_>) -> String {
    let value = ident(name).to_string();
    row(&value, from, to, scene).unwrap_or_else(|| {
        let base = scene.base_of(from);
        // A domain does not say that it is an array, and is assigned what it is over.
        let to = match how {
            Cast::Wrap(_) => &scene.base_of(to),
            _ => to,
        };
        converted(&value, &base, to, how, scene.naming())
    })
}

/// The value of a composite type as one of another, attribute by attribute, where both are known.
fn row(value: &str, from: &SqlType, to: &SqlType, scene: &Scene<'_>) -> Option<String> {
    let composite = |sql_type: &SqlType| match sql_type {
        SqlType::Named {
            name,
            modifier: _,
            array: false,
        } => {
            let id = ObjectId::Composite(name.clone());
            match scene.now.get(&id).or_else(|| scene.context.to.get(&id)) {
                Some(Object::Composite(composite)) => Some(composite.clone()),
                _ => None,
            }
        }
        _ => None,
    };
    let (before, after) = (composite(from)?, composite(to)?);
    let attributes: Vec<String> = after
        .attributes
        .iter()
        .map(|attribute| {
            let ty = scene.naming().sql_type(&attribute.sql_type);
            let Some(present) = before.attribute(&attribute.name) else {
                return "NULL".to_owned();
            };
            let part = format!("({value}).{}", ident(&attribute.name));
            if present.sql_type == attribute.sql_type {
                return part;
            }
            let base = scene.base_of(&present.sql_type);
            match scene.cast(&present.sql_type, &attribute.sql_type) {
                Cast::Assignment => format!("{part}::{ty}"),
                how => converted(&part, &base, &attribute.sql_type, &how, scene.naming()),
            }
        })
        .collect();
    let ty = scene.naming().sql_type(to);
    Some(format!(
        "CASE WHEN {value} IS NOT DISTINCT FROM NULL THEN NULL ELSE ROW({})::{ty} END",
        attributes.join(", ")
    ))
}

/// The column's value as one of another type, by way of text.
pub(super) fn through_text(name: &Ident, to: &SqlType, naming: &Naming) -> String {
    converted(ident(name).as_str(), to, to, &Cast::Text, naming)
}
