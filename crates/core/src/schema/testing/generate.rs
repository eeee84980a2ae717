//! Generated schemas, small and consistent, for laws that hold for all of them.
//!
//! Everything is drawn from a few names, so that two schemas have much in common. What cannot be
//! (a key over a column that is not there) is left out when the parts are put together.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::schema::diff::Renames;
use crate::schema::testing::{id, schema};
use crate::schema::{ObjectId, Schema};

const TABLES: [&str; 3] = ["a", "b", "c"];
const COLUMNS: [&str; 4] = ["k", "m", "x", "y"];
const ENUMS: [&str; 2] = ["mood", "state"];

#[derive(Clone, Debug)]
struct Draft {
    enums: Vec<Option<Vec<&'static str>>>,
    sequences: Vec<Option<Option<(&'static str, &'static str)>>>,
    tables: Vec<Option<TableDraft>>,
    /// Which of the objects have a comment, and which.
    comments: Vec<(u8, u8)>,
}

#[derive(Clone, Debug)]
struct TableDraft {
    unlogged: bool,
    columns: Vec<ColumnDraft>,
    /// The column and whether it has another name than usual.
    primary: Option<(&'static str, bool)>,
    uniques: Vec<(&'static str, bool)>,
    foreign: Vec<(&'static str, &'static str, &'static str, bool)>,
    check: Option<(&'static str, u8, bool)>,
    indexes: Vec<(&'static str, bool, Option<u8>, Option<u8>)>,
}

#[derive(Clone, Debug)]
struct ColumnDraft {
    name: &'static str,
    sql_type: &'static str,
    nullable: bool,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    None,
    Default(u8),
    Sequence(usize),
    Identity,
    /// Of the column `k`; whether that is recorded.
    Generated(u8, bool),
}

/// A schema.
pub(crate) fn schemas() -> impl Strategy<Value = Schema> {
    draft().prop_map(|draft| schema(&write(&draft)))
}

/// Hints of all sorts, most of which do not apply.
pub(crate) fn hints() -> impl Strategy<Value = Renames> {
    let table = || select(TABLES.to_vec());
    let column = || select(COLUMNS.to_vec());
    let ty = || select(ENUMS.to_vec());
    let value = || select(vec!["on", "off", "dim"]);
    let hint = prop_oneof![
        (table(), table()).prop_map(|(new, old)| (format!("table:{new}"), format!("table:{old}"))),
        (ty(), ty()).prop_map(|(new, old)| (format!("enum:{new}"), format!("enum:{old}"))),
        (ty(), ty(), value(), value()).prop_map(|(new_ty, old_ty, new, old)| {
            (
                format!("enum_value:{new_ty}.{new}"),
                format!("enum_value:{old_ty}.{old}"),
            )
        }),
        (table(), table(), column(), column()).prop_map(|(new_table, old_table, new, old)| {
            (
                format!("column:{new_table}.{new}"),
                format!("column:{old_table}.{old}"),
            )
        }),
    ];
    vec(hint, 0..5).prop_map(|hints| {
        let full = |text: &str| -> ObjectId { id(&text.replacen(':', ":public.", 1)) };
        Renames {
            by_new: hints
                .iter()
                .map(|(new, old)| (full(new), full(old)))
                .collect(),
        }
    })
}

fn draft() -> impl Strategy<Value = Draft> {
    let values = subsequence(vec!["on", "off", "dim"], 1..=3).prop_shuffle();
    let owner = (select(TABLES.to_vec()), select(COLUMNS.to_vec()));
    (
        vec(weighted(0.7, values), 2),
        vec(weighted(0.6, weighted(0.6, owner)), 2),
        vec(weighted(0.8, table()), 3),
        vec((any::<u8>(), 0..2_u8), 0..4),
    )
        .prop_map(|(enums, sequences, tables, comments)| Draft {
            enums,
            sequences,
            tables,
            comments,
        })
}

fn table() -> impl Strategy<Value = TableDraft> {
    let column = || select(COLUMNS.to_vec());
    let foreign = (column(), select(TABLES.to_vec()), column(), any::<bool>());
    let index = (
        column(),
        any::<bool>(),
        weighted(0.3, 0..2_u8),
        weighted(0.3, select(vec![50_u8, 70])),
    );
    (
        weighted(0.2, Just(())).prop_map(|unlogged| unlogged.is_some()),
        subsequence(COLUMNS.to_vec(), 1..=4)
            .prop_shuffle()
            .prop_flat_map(|names| names.into_iter().map(column_of).collect::<Vec<_>>()),
        weighted(0.7, (column(), any::<bool>())),
        vec((column(), any::<bool>()), 0..2),
        vec(foreign, 0..3),
        weighted(0.4, (column(), 0..2_u8, any::<bool>())),
        vec(index, 0..3),
    )
        .prop_map(
            |(unlogged, columns, primary, uniques, foreign, check, mut indexes)| {
                // Their names are those of their columns.
                indexes.sort_by_key(|(column, ..)| *column);
                indexes.dedup_by_key(|(column, ..)| *column);
                TableDraft {
                    unlogged,
                    columns,
                    primary,
                    uniques,
                    foreign,
                    check,
                    indexes,
                }
            },
        )
}

fn column_of(name: &'static str) -> impl Strategy<Value = ColumnDraft> {
    let value = prop_oneof![
        5 => Just(Value::None),
        2 => (0..2_u8).prop_map(Value::Default),
        2 => (0..2_usize).prop_map(Value::Sequence),
        1 => Just(Value::Identity),
        2 => (0..2_u8, any::<bool>()).prop_map(|(text, known)| Value::Generated(text, known)),
    ];
    (
        select(vec!["bigint", "integer", "text", "mood", "state", "mood[]"]),
        any::<bool>(),
        value,
    )
        .prop_map(move |(sql_type, nullable, value)| ColumnDraft {
            name,
            sql_type,
            nullable,
            value,
        })
}

/// The text of what can be.
fn write(draft: &Draft) -> String {
    let Draft {
        enums,
        sequences,
        tables,
        comments,
    } = draft;
    let table = |name: &str| {
        let at = TABLES.iter().position(|table| *table == name)?;
        tables[at].as_ref()
    };
    let has = |name: &str, column: &str| {
        table(name).is_some_and(|table| table.columns.iter().any(|c| c.name == column))
    };
    // A unique index over a column is a key, too, unless it is partial.
    let is_key = |name: &str, column: &str| {
        table(name).is_some_and(|table| {
            table.primary.is_some_and(|(key, _)| key == column)
                || table.uniques.iter().any(|(key, _)| *key == column)
                || table.indexes.iter().any(|(key, unique, predicate, _)| {
                    *key == column && *unique && predicate.is_none()
                })
        })
    };
    let mut lines = Vec::new();
    let mut ids = Vec::new();
    for (name, values) in ENUMS.iter().zip(enums) {
        if let Some(values) = values {
            lines.push(format!("enum {name} {}", values.join(" ")));
            ids.push(format!("enum:public.{name}"));
        }
    }
    for (at, owner) in sequences.iter().enumerate() {
        let Some(owner) = owner else { continue };
        let owner = owner.filter(|(table, column)| has(table, column));
        let owner = owner.map(|(table, column)| format!(" owned {table}.{column}"));
        lines.push(format!("sequence s{at}{}", owner.unwrap_or_default()));
        ids.push(format!("sequence:public.s{at}"));
    }
    for (name, table) in TABLES.iter().zip(tables) {
        let Some(table) = table else { continue };
        lines.push(format!(
            "table {name}{}",
            if table.unlogged { " unlogged" } else { "" }
        ));
        ids.push(format!("table:public.{name}"));
        for column in &table.columns {
            lines.push(write_column(column, enums, sequences, has(name, "k")));
            ids.push(format!("column:public.{name}.{}", column.name));
        }
        let mut over = Vec::new();
        if let Some((column, other)) = table.primary {
            let constraint = if other {
                format!("my_{name}_pk")
            } else {
                format!("{name}_pkey")
            };
            over.push((
                column,
                "constraint",
                format!("primary {constraint} {column}"),
            ));
        }
        for (column, other) in &table.uniques {
            let my = if *other { "my_" } else { "" };
            over.push((
                column,
                "constraint",
                format!("unique {my}{name}_{column}_key {column}"),
            ));
        }
        if let Some((column, text, known)) = table.check {
            let reads = if known {
                format!(" reads {column}")
            } else {
                String::new()
            };
            let check = format!("check {name}_check {column}>{text}{reads}");
            over.push((column, "constraint", check));
        }
        for (column, references, referenced, cascade) in &table.foreign {
            if has(references, referenced) && is_key(references, referenced) {
                let cascade = if *cascade { " cascade" } else { "" };
                let key = format!(
                    "foreign {name}_{column}_fkey {column} {references}({referenced}){cascade}"
                );
                over.push((column, "constraint", key));
            }
        }
        for (column, unique, predicate, fillfactor) in &table.indexes {
            let word = if *unique { "unique_index" } else { "index" };
            let predicate = predicate.map(|text| format!(" where {column}<{text}"));
            let fillfactor = fillfactor.map(|text| format!(" fillfactor {text}"));
            let index = format!(
                "{word} {name}_{column}_idx {column}{}{}",
                predicate.unwrap_or_default(),
                fillfactor.unwrap_or_default()
            );
            over.push((column, "index", index));
        }
        for (column, kind, line) in over {
            if has(name, column) {
                let part = line.split(' ').nth(1).unwrap().to_owned();
                ids.push(match kind {
                    "index" => format!("index:public.{part}"),
                    _ => format!("constraint:public.{name}.{part}"),
                });
                lines.push(format!("  {line}"));
            }
        }
    }
    for (at, text) in comments {
        if let Some(on) = ids.get(usize::from(*at) % ids.len().max(1)) {
            lines.push(format!("comment {on} number {text}"));
        }
    }
    lines.join("\n")
}

fn write_column(
    column: &ColumnDraft,
    enums: &[Option<Vec<&'static str>>],
    sequences: &[Option<Option<(&'static str, &'static str)>>],
    has_k: bool,
) -> String {
    let ColumnDraft {
        name,
        sql_type,
        nullable,
        value,
    } = column;
    let missing = ENUMS
        .iter()
        .zip(enums)
        .any(|(name, values)| values.is_none() && sql_type.trim_end_matches("[]") == *name);
    let sql_type = if missing { "text" } else { sql_type };
    let value = match value {
        Value::Default(text) => format!(" default {text}"),
        Value::Sequence(at) if sequences[*at].is_some() => {
            format!(" default nextval('s{at}') needs sequence:public.s{at}")
        }
        Value::Identity => " identity".to_owned(),
        Value::Generated(text, known) if *name != "k" && has_k => {
            format!(
                " generated k+{text}{}",
                if *known { " reads k" } else { "" }
            )
        }
        Value::None | Value::Sequence(_) | Value::Generated(..) => String::new(),
    };
    format!(
        "  {name} {sql_type}{}{value}",
        if *nullable { "?" } else { "" }
    )
}
