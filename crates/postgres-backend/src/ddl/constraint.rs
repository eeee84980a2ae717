//! Constraints of every kind.

use limbeck_core::schema::object::{
    Action, Check, Constraint, ConstraintKind, Deferrable, Exclude, ExcludeElement, ForeignKey,
    IndexSettings, Key, MatchType,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene, index, list};
use crate::expression::parenthesised;
use crate::quote::{Naming, ident, literal};

pub(super) fn create(id: &ObjectId, constraint: &Constraint, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Constraint { table, name } = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let object = Object::Constraint(constraint.clone());
    let alone = scene
        .now
        .is_built_alone(table, name, &object, scene.context.to);
    let piece = Piece::action(
        id,
        table,
        format!("ADD {}", definition(name, constraint, naming)),
        format!("add constraint {name} to {}", naming.shown(table)),
    );
    let mut pieces = vec![piece.alone(alone)];
    pieces.extend(index_comment(id, None, constraint, naming));
    pieces
}

/// The comment on the index behind a constraint, where it is another than before.
pub(super) fn index_comment(
    id: &ObjectId,
    from: Option<&Constraint>,
    to: &Constraint,
    naming: &Naming,
) -> Option<Piece> {
    let ObjectId::Constraint { table, name } = id else {
        return None;
    };
    let of = |constraint: &Constraint| constraint.kind.settings()?.comment.clone();
    let (before, after) = (from.and_then(of), of(to));
    if before == after {
        return None;
    }
    let index = QualifiedName::new(table.schema.clone(), name.clone());
    let (text, verb) = match after {
        Some(text) => (literal(&text).to_string(), "comment on"),
        None => ("NULL".to_owned(), "drop the comment on"),
    };
    Some(Piece::statement(
        id,
        format!("COMMENT ON INDEX {} IS {text}", naming.qualified(&index)),
        format!("{verb} index {}", naming.shown(&index)),
    ))
}

pub(super) fn drop(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Constraint { table, name } = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let piece = Piece::action(
        id,
        table,
        format!("DROP CONSTRAINT {}", ident(name)),
        format!("drop constraint {name} of {}", naming.shown(table)),
    );
    // What inherits keeps it, and has an operation of its own if it does not.
    vec![piece.alone(scene.now.is_inherited_from(table))]
}

/// A constraint can be validated, a foreign key deferred, and the index behind one changed in place;
/// anything else takes a new one.
pub(super) fn alter(
    id: &ObjectId,
    from: &Constraint,
    to: &Constraint,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let ObjectId::Constraint { table, name } = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let Constraint {
        kind,
        deferrable,
        validated,
        enforced,
    } = to;
    let foreign_key = matches!(kind, ConstraintKind::ForeignKey(_));
    let in_place = from.kind.with_settings_of(kind) == *kind
        && from.enforced == *enforced
        && (from.deferrable == *deferrable || foreign_key)
        && (from.validated == *validated || !from.validated);
    if !in_place {
        let mut pieces = drop(id, scene);
        pieces.extend(create(id, to, scene));
        return pieces;
    }
    let mut pieces = Vec::new();
    if let (Some(before), Some(after)) = (from.kind.settings(), kind.settings()) {
        let index = QualifiedName::new(table.schema.clone(), name.clone());
        let mut actions = index::storage_changes(&before.storage, &after.storage);
        if before.tablespace != after.tablespace {
            let tablespace = index::tablespace(after.tablespace.as_ref());
            actions.push(format!("SET TABLESPACE {tablespace}"));
        }
        for action in actions {
            pieces.push(Piece::statement(
                id,
                format!("ALTER INDEX {} {action}", naming.qualified(&index)),
                format!(
                    "change the index of constraint {name} of {}",
                    naming.shown(table)
                ),
            ));
        }
        pieces.extend(index_comment(id, Some(from), to, naming));
    }
    if from.deferrable != *deferrable {
        let when = match deferrable {
            Deferrable::NotDeferrable => "NOT DEFERRABLE",
            Deferrable::Immediate => "DEFERRABLE INITIALLY IMMEDIATE",
            Deferrable::Deferred => "DEFERRABLE INITIALLY DEFERRED",
        };
        pieces.push(Piece::action(
            id,
            table,
            format!("ALTER CONSTRAINT {} {when}", ident(name)),
            format!(
                "change when constraint {name} of {} is checked",
                naming.shown(table)
            ),
        ));
    }
    if from.validated != *validated {
        // On its own, it takes a lock that writers do not notice.
        pieces.push(Piece::statement(
            id,
            format!(
                "ALTER TABLE {} VALIDATE CONSTRAINT {}",
                naming.qualified(table),
                ident(name)
            ),
            format!("validate constraint {name} of {}", naming.shown(table)),
        ));
    }
    pieces
}

pub(super) fn rename(
    (from_table, from): (&QualifiedName, &Ident),
    (to_table, to): (&QualifiedName, &Ident),
    scene: &Scene<'_>,
) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let table = scene.now.table_of_constraint(from_table, to_table, from);
    let naming = scene.naming();
    vec![Piece::statement(
        &ObjectId::Constraint {
            table: to_table.clone(),
            name: to.clone(),
        },
        format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
            naming.qualified(table),
            ident(from),
            ident(to)
        ),
        format!(
            "rename constraint {from} of {} to {to}",
            naming.shown(table)
        ),
    )]
}

/// As it stands in `CREATE TABLE` and behind `ADD`.
pub(super) fn definition(name: &Ident, constraint: &Constraint, naming: &Naming) -> String {
    let Constraint {
        kind,
        deferrable,
        validated,
        enforced,
    } = constraint;
    let mut sql = format!("CONSTRAINT {} ", ident(name));
    match kind {
        ConstraintKind::PrimaryKey(key) => push_key(&mut sql, "PRIMARY KEY", key),
        ConstraintKind::Unique(key) => push_key(&mut sql, "UNIQUE", key),
        ConstraintKind::ForeignKey(foreign_key) => push_foreign_key(&mut sql, foreign_key, naming),
        ConstraintKind::Check(Check {
            expression,
            no_inherit,
        }) => {
            sql.push_str("CHECK ");
            sql.push_str(&parenthesised(&naming.expression(expression)));
            if *no_inherit {
                sql.push_str(" NO INHERIT");
            }
        }
        ConstraintKind::Exclude(exclude) => push_exclude(&mut sql, exclude, naming),
    }
    match deferrable {
        Deferrable::NotDeferrable => {}
        Deferrable::Immediate => sql.push_str(" DEFERRABLE"),
        Deferrable::Deferred => sql.push_str(" DEFERRABLE INITIALLY DEFERRED"),
    }
    if !*enforced {
        sql.push_str(" NOT ENFORCED");
    } else if !*validated {
        sql.push_str(" NOT VALID");
    }
    sql
}

fn push_key(sql: &mut String, word: &str, key: &Key) {
    let Key {
        columns,
        include,
        nulls_not_distinct,
        without_overlaps,
        settings,
    } = key;
    sql.push_str(word);
    if *nulls_not_distinct {
        sql.push_str(" NULLS NOT DISTINCT");
    }
    let overlaps = if *without_overlaps {
        " WITHOUT OVERLAPS"
    } else {
        ""
    };
    sql.push_str(&format!(" ({}{overlaps})", list(columns)));
    if !include.is_empty() {
        sql.push_str(&format!(" INCLUDE ({})", list(include)));
    }
    push_settings(sql, settings);
}

fn push_settings(sql: &mut String, settings: &IndexSettings) {
    let IndexSettings {
        storage,
        tablespace,
        comment: _,
    } = settings;
    if !storage.is_empty() {
        sql.push_str(&format!(" WITH ({})", index::parameters(storage)));
    }
    if let Some(tablespace) = tablespace {
        sql.push_str(&format!(" USING INDEX TABLESPACE {}", ident(tablespace)));
    }
}

fn push_foreign_key(sql: &mut String, foreign_key: &ForeignKey, naming: &Naming) {
    let ForeignKey {
        columns,
        references,
        referenced_columns,
        match_type,
        on_update,
        on_delete,
        on_delete_columns,
        period,
    } = foreign_key;
    sql.push_str(&format!(
        "FOREIGN KEY ({}) REFERENCES {}",
        key_columns(columns, *period),
        naming.qualified(references)
    ));
    if !referenced_columns.is_empty() {
        sql.push_str(&format!(" ({})", key_columns(referenced_columns, *period)));
    }
    match match_type {
        MatchType::Simple => {}
        MatchType::Full => sql.push_str(" MATCH FULL"),
    }
    if let Some(action) = action(*on_update) {
        sql.push_str(&format!(" ON UPDATE {action}"));
    }
    if let Some(action) = action(*on_delete) {
        sql.push_str(&format!(" ON DELETE {action}"));
        if !on_delete_columns.is_empty() {
            sql.push_str(&format!(" ({})", list(on_delete_columns)));
        }
    }
}

/// The columns of one side, the last of them a `PERIOD` where the key is over time.
fn key_columns(columns: &[Ident], period: bool) -> String {
    match columns.split_last() {
        Some((last, [])) if period => format!("PERIOD {}", ident(last)),
        Some((last, before)) if period => format!("{}, PERIOD {}", list(before), ident(last)),
        _ => list(columns),
    }
}

fn action(action: Action) -> Option<&'static str> {
    match action {
        Action::NoAction => None,
        Action::Restrict => Some("RESTRICT"),
        Action::Cascade => Some("CASCADE"),
        Action::SetNull => Some("SET NULL"),
        Action::SetDefault => Some("SET DEFAULT"),
    }
}

fn push_exclude(sql: &mut String, exclude: &Exclude, naming: &Naming) {
    let Exclude {
        method,
        elements,
        include,
        predicate,
        settings,
    } = exclude;
    let elements: Vec<String> = elements
        .iter()
        .map(|ExcludeElement { element, operator }| {
            format!("{} WITH {operator}", index::element(element, naming))
        })
        .collect();
    sql.push_str(&format!(
        "EXCLUDE USING {} ({})",
        index::method_name(method),
        elements.join(", ")
    ));
    if !include.is_empty() {
        sql.push_str(&format!(" INCLUDE ({})", list(include)));
    }
    push_settings(sql, settings);
    if let Some(predicate) = predicate {
        sql.push_str(&format!(
            " WHERE {}",
            parenthesised(&naming.expression(predicate))
        ));
    }
}
