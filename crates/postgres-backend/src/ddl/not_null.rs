//! Constraints that refuse nulls, as far as more is said of one than that it is there (Postgres 18).

use limbeck_core::name::derived_name;
use limbeck_core::schema::object::{Called, Column, NotNull, Typed};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene};
use crate::quote::{ident, literal};

/// Whether there is no more to say than `NOT NULL`.
fn is_plain(not_null: &NotNull) -> bool {
    *not_null == NotNull::default()
}

/// The name that has to be told: its own, or the one that Postgres would choose where it is spoken of again.
fn told(not_null: &NotNull, table: &QualifiedName, column: &Ident) -> Option<Ident> {
    match (&not_null.name, &not_null.comment) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(_)) => Some(NotNull::derived(table, column)),
        (None, None) => None,
    }
}

/// `CONSTRAINT "n" `, where the name has to be told.
fn head(not_null: &NotNull, table: &QualifiedName, column: &Ident) -> String {
    let name = told(not_null, table, column);
    name.map_or_else(String::new, |name| format!("CONSTRAINT {} ", ident(&name)))
}

/// As it stands in the definition of a column. Without a word where the rows that are there may hold nulls: that only
/// a constraint which is added can say.
pub(super) fn definition(table: &QualifiedName, name: &Ident, column: &Column) -> String {
    let Column {
        nullable, not_null, ..
    } = column;
    if *nullable || not_null.not_valid {
        return String::new();
    }
    let tail = if not_null.no_inherit {
        " NO INHERIT"
    } else {
        ""
    };
    format!(" {}NOT NULL{tail}", head(not_null, table, name))
}

/// What a new column is told behind its definition.
pub(super) fn settings(id: &ObjectId, column: &Column, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Column { table, name } = id else {
        return Vec::new();
    };
    let mut pieces = Vec::new();
    if column.nullable {
        return pieces;
    }
    if column.not_null.not_valid {
        pieces.push(add(id, table, name, &column.not_null, scene));
    }
    pieces.extend(comment(id, None, &column.not_null, scene));
    pieces
}

/// What makes a column refuse nulls that did not.
pub(super) fn refuse(
    id: &ObjectId,
    (table, name): (&QualifiedName, &Ident),
    column: &Column,
    scene: &Scene<'_>,
) -> Piece {
    if is_plain(&column.not_null) {
        let action = format!("ALTER COLUMN {} SET NOT NULL", ident(name));
        let shown = scene.naming().shown(table);
        return Piece::action(id, table, action, format!("refuse nulls of {shown}.{name}"));
    }
    add(id, table, name, &column.not_null, scene)
}

fn add(
    id: &ObjectId,
    table: &QualifiedName,
    name: &Ident,
    not_null: &NotNull,
    scene: &Scene<'_>,
) -> Piece {
    let mut action = format!(
        "ADD {}NOT NULL {}",
        head(not_null, table, name),
        ident(name)
    );
    if not_null.no_inherit {
        action.push_str(" NO INHERIT");
    }
    if not_null.not_valid {
        action.push_str(" NOT VALID");
    }
    let shown = scene.naming().shown(table);
    Piece::action(id, table, action, format!("refuse nulls of {shown}.{name}"))
}

/// What changes of one that stays.
pub(super) fn alter(
    id: &ObjectId,
    (table, name): (&QualifiedName, &Ident),
    from: &NotNull,
    to: &NotNull,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let naming = scene.naming();
    let shown = format!("{}.{name}", naming.shown(table));
    let mut called = match scene.now.get(id) {
        Some(Object::Column(present)) => present.not_null.called(table, name),
        _ => from.called(table, name),
    };
    let wanted = match (&to.name, &to.called) {
        (Some(wanted), _) => wanted.clone(),
        // One that has a number has it still.
        (None, _) if from.name.is_none() => from.called(table, name),
        (None, Called::Inherited(wanted)) => wanted.clone(),
        (None, Called::Nothing | Called::Derived | Called::Numbered(_)) => {
            NotNull::derived(table, name)
        }
    };
    let renamed = called != wanted && !scene.now.has_not_null_of_parent(table, name);
    let act = |action: String, reason: &str| {
        let reason = format!("{reason} of {shown}");
        Piece::action(id, table, action, reason)
    };
    let mut pieces = Vec::new();
    let mut commented = from.comment.clone();
    if renamed {
        pieces.extend(out_of_the_way(table, name, &wanted, scene));
    }
    // An heir whose constraint is called otherwise keeps Postgres from renaming it.
    let apart =
        renamed && !from.no_inherit && scene.now.calls_not_null_otherwise(table, name, &called);
    if apart || !from.not_valid && to.not_valid {
        pieces.push(act(
            format!("DROP CONSTRAINT {}", ident(&called)),
            "let the constraint that refuses nulls",
        ));
        let again = NotNull {
            name: Some(wanted),
            ..to.clone()
        };
        pieces.push(add(id, table, name, &again, scene));
        commented = None;
    } else {
        if renamed {
            pieces.extend(rename(id, table, [&called, &wanted], &shown, scene));
            called = wanted;
        }
        if from.no_inherit != to.no_inherit {
            let word = if to.no_inherit {
                "NO INHERIT"
            } else {
                "INHERIT"
            };
            let action = format!("ALTER CONSTRAINT {} {word}", ident(&called));
            pieces.push(act(
                action,
                "say who inherits the constraint that refuses nulls",
            ));
        }
        if from.not_valid && !to.not_valid {
            let action = format!("VALIDATE CONSTRAINT {}", ident(&called));
            pieces.push(act(action, "look for nulls"));
        }
    }
    pieces.extend(comment(id, commented.as_deref(), to, scene));
    pieces
}

/// Gives another column's constraint another name, where it has the one that this column's is to have. It has its own
/// change behind this one; the state notes the name that it has until then.
pub(super) fn out_of_the_way(
    table: &QualifiedName,
    name: &Ident,
    wanted: &Ident,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let Some(other) = scene.now.calls_not_null(table, name, wanted) else {
        return Vec::new();
    };
    let shown = format!("{}.{other}", scene.naming().shown(table));
    let id = ObjectId::Column {
        table: table.clone(),
        name: other,
    };
    rename(&id, table, [wanted, &aside(wanted)], &shown, scene)
}

/// What a constraint is called while its name is given to another one.
pub(super) fn aside(name: &Ident) -> Ident {
    derived_name(name.as_str(), None, "aside")
}

/// The same for one that is about to be made.
pub(super) fn make_way(
    (table, name): (&QualifiedName, &Ident),
    column: &Column,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    match told(&column.not_null, table, name) {
        Some(wanted) if !column.nullable => out_of_the_way(table, name, &wanted, scene),
        _ => Vec::new(),
    }
}

/// Of a table that is of a type Postgres renames nothing: it is none meanwhile.
fn rename(
    id: &ObjectId,
    table: &QualifiedName,
    [from, to]: [&Ident; 2],
    shown: &str,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let naming = scene.naming();
    let statement = |action: String, reason: String| {
        let sql = format!("ALTER TABLE {} {action}", naming.qualified(table));
        Piece::statement(id, sql, reason)
    };
    let renamed = statement(
        format!("RENAME CONSTRAINT {} TO {}", ident(from), ident(to)),
        format!("rename the constraint that refuses nulls of {shown}"),
    );
    let Some(Object::Typed(Typed { ty })) = scene.now.get(&ObjectId::Typed(table.clone())) else {
        return vec![renamed];
    };
    let table = naming.shown(table);
    vec![
        statement(
            "NOT OF".to_owned(),
            format!("let table {table} be of no type"),
        ),
        renamed,
        statement(
            format!("OF {}", naming.type_name(ty)),
            format!("set the type of table {table} again"),
        ),
    ]
}

pub(super) fn comment(
    id: &ObjectId,
    from: Option<&str>,
    to: &NotNull,
    scene: &Scene<'_>,
) -> Option<Piece> {
    let ObjectId::Column { table, name } = id else {
        return None;
    };
    if from == to.comment.as_deref() {
        return None;
    }
    let naming = scene.naming();
    let text = match &to.comment {
        Some(text) => literal(text).to_string(),
        None => "NULL".to_owned(),
    };
    Some(Piece::statement(
        id,
        format!(
            "COMMENT ON CONSTRAINT {} ON {} IS {text}",
            ident(&to.called(table, name)),
            naming.qualified(table)
        ),
        format!(
            "comment on the constraint that refuses nulls of {}.{name}",
            naming.shown(table)
        ),
    ))
}
