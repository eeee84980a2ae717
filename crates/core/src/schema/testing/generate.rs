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
    domain: Option<(&'static str, Option<u8>)>,
    composite: Option<Vec<(&'static str, &'static str)>>,
    range: Option<&'static str>,
    sequences: Vec<Option<Option<(&'static str, &'static str)>>>,
    tables: Vec<Option<TableDraft>>,
    /// What they return and do.
    functions: Vec<Option<(&'static str, u8)>>,
    views: Vec<Option<ViewDraft>>,
    /// Which of the objects have a comment, and which.
    comments: Vec<(u8, u8)>,
    /// Which of the objects somebody else owns.
    owners: Vec<(u8, &'static str)>,
    /// Which of the objects somebody may do something with.
    grants: Vec<(u8, &'static str, &'static str)>,
}

#[derive(Clone, Debug)]
struct ViewDraft {
    table: &'static str,
    columns: Vec<&'static str>,
    calls: usize,
    /// Whether it is over the view before it as well.
    over: bool,
    text: u8,
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
    /// The column that it is for, and the function that it calls.
    trigger: Option<(&'static str, usize)>,
    /// The column that it reads, the function that it calls, and whether it has another condition.
    policy: Option<(&'static str, usize, bool)>,
    statistics: Option<(&'static str, Option<u8>)>,
    replica: Option<bool>,
    cluster: bool,
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
    /// A default that calls a function.
    Call(usize),
    /// Of the column `k`; whether that is recorded.
    Generated(u8, bool),
}

/// A schema.
pub(crate) fn schemas() -> impl Strategy<Value = Schema> {
    draft().prop_map(|draft| schema(&write(&draft)))
}

/// A schema without views and triggers: what models leave nothing to stand on is refused for those,
/// which is not the overlay's business.
pub(crate) fn schemas_without_programs() -> impl Strategy<Value = Schema> {
    draft().prop_map(|mut draft| {
        draft.views.clear();
        for table in draft.tables.iter_mut().flatten() {
            table.trigger = None;
            table.policy = None;
        }
        schema(&write(&draft))
    })
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
    let base = select(vec!["bigint", "text", "mood", "pair"]);
    let attribute = (
        select(vec!["p", "q"]),
        select(vec!["bigint", "text", "state"]),
    );
    let types = (
        weighted(0.5, (base, weighted(0.4, 0..2_u8))),
        weighted(0.5, vec(attribute, 0..3)),
        weighted(0.4, select(vec!["bigint", "text", "mood"])),
    );
    (
        vec(weighted(0.7, values), 2),
        types,
        vec(weighted(0.6, weighted(0.6, owner)), 2),
        vec(weighted(0.8, table()), 3),
        vec(weighted(0.7, (select(vec!["integer", "text"]), 0..2_u8)), 2),
        vec(weighted(0.6, view()), 3),
        (
            vec((any::<u8>(), 0..2_u8), 0..4),
            vec((any::<u8>(), role()), 0..3),
            vec(
                (any::<u8>(), role(), select(vec!["select", "update"])),
                0..4,
            ),
        ),
    )
        .prop_map(
            |(enums, types, sequences, tables, functions, views, said)| {
                let (domain, composite, range) = types;
                let (comments, owners, grants) = said;
                Draft {
                    enums,
                    domain,
                    composite,
                    range,
                    sequences,
                    tables,
                    functions,
                    views,
                    comments,
                    owners,
                    grants,
                }
            },
        )
}

fn role() -> impl Strategy<Value = &'static str> {
    select(vec!["app", "web"])
}

fn view() -> impl Strategy<Value = ViewDraft> {
    (
        select(TABLES.to_vec()),
        subsequence(COLUMNS.to_vec(), 1..=3),
        0..3_usize,
        any::<bool>(),
        0..2_u8,
    )
        .prop_map(|(table, columns, calls, over, text)| ViewDraft {
            table,
            columns,
            calls,
            over,
            text,
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
        weighted(0.3, (column(), 0..2_usize)),
        (
            weighted(0.3, (column(), weighted(0.3, select(vec![0_u8, 50])))),
            weighted(0.3, any::<bool>()),
            weighted(0.2, Just(())),
            weighted(0.4, (column(), 0..2_usize, any::<bool>())),
        ),
    )
        .prop_map(
            |(
                unlogged,
                columns,
                primary,
                uniques,
                foreign,
                check,
                mut indexes,
                trigger,
                beside,
            )| {
                let (statistics, replica, cluster, policy) = beside;
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
                    trigger,
                    policy,
                    statistics,
                    replica,
                    cluster: cluster.is_some(),
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
        2 => (0..2_usize).prop_map(Value::Call),
        2 => (0..2_u8, any::<bool>()).prop_map(|(text, known)| Value::Generated(text, known)),
    ];
    (
        select(vec![
            "bigint", "integer", "text", "mood", "state", "mood[]", "amount", "pair", "span",
            "amount[]",
        ]),
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
        domain,
        composite,
        range,
        sequences,
        tables,
        functions,
        views,
        comments,
        owners,
        grants,
    } = draft;
    let mut types: Vec<&str> = ENUMS
        .iter()
        .zip(enums)
        .filter(|(_, values)| values.is_some())
        .map(|(name, _)| *name)
        .collect();
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
    if let Some(attributes) = composite {
        let mut attributes = attributes.clone();
        attributes.sort_unstable();
        attributes.dedup_by_key(|(name, _)| *name);
        let attributes: Vec<String> = attributes
            .iter()
            .map(|(name, ty)| format!("{name}:{}", known(ty, &types)))
            .collect();
        lines.push(format!("composite pair {}", attributes.join(" ")));
        ids.push("composite:public.pair".to_owned());
        types.push("pair");
    }
    if let Some((base, check)) = domain {
        lines.push(format!("domain amount {}", known(base, &types)));
        ids.push("domain:public.amount".to_owned());
        if let Some(text) = check {
            lines.push(format!("domain_check amount.above value>{text}"));
            ids.push("domain_constraint:public.amount.above".to_owned());
        }
        types.push("amount");
    }
    if let Some(subtype) = range {
        lines.push(format!("range span {}", known(subtype, &types)));
        ids.push("range:public.span".to_owned());
        types.push("span");
    }
    for (at, owner) in sequences.iter().enumerate() {
        let Some(owner) = owner else { continue };
        let owner = owner.filter(|(table, column)| has(table, column));
        let owner = owner.map(|(table, column)| format!(" owned {table}.{column}"));
        lines.push(format!("sequence s{at}{}", owner.unwrap_or_default()));
        ids.push(format!("sequence:public.s{at}"));
    }
    for (at, function) in functions.iter().enumerate() {
        let Some((result, text)) = function else {
            continue;
        };
        // The second calls the first.
        let needs = match functions[0] {
            // What it needs is said in its body.
            Some(_) if at == 1 => "+f0 needs function:public.f0()",
            _ => "",
        };
        lines.push(format!("function f{at}() {result} body {text}{needs}"));
        ids.push(format!("function:public.f{at}()"));
    }
    for (name, table) in TABLES.iter().zip(tables) {
        let Some(table) = table else { continue };
        lines.push(format!(
            "table {name}{}",
            if table.unlogged { " unlogged" } else { "" }
        ));
        ids.push(format!("table:public.{name}"));
        for column in &table.columns {
            lines.push(write_column(
                column,
                &types,
                sequences,
                functions,
                has(name, "k"),
            ));
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
        if let Some((column, target)) = &table.statistics {
            let target = target.map(|target| format!(" target {target}"));
            let line = format!(
                "statistics {name}_stat {column}{}",
                target.unwrap_or_default()
            );
            over.push((column, "statistics", line));
        }
        let index = table.indexes.iter().find(|(column, ..)| has(name, column));
        let index = index.map(|(column, ..)| (*column, format!("{name}_{column}_idx")));
        match (table.replica, &index) {
            (Some(true), Some((column, index))) => {
                over.push((column, "", format!("replica {index}")));
            }
            (Some(_), _) => lines.push("  replica full".to_owned()),
            (None, _) => {}
        }
        if let (true, Some((column, index))) = (table.cluster, &index) {
            over.push((column, "", format!("cluster {index}")));
        }
        for (column, kind, line) in over {
            if has(name, column) {
                let part = line.split(' ').nth(1).unwrap().to_owned();
                match kind {
                    "index" | "statistics" => ids.push(format!("{kind}:public.{part}")),
                    "constraint" => ids.push(format!("constraint:public.{name}.{part}")),
                    // Nobody comments on these.
                    _ => {}
                }
                lines.push(format!("  {line}"));
            }
        }
    }
    for (name, table) in TABLES.iter().zip(tables) {
        let Some((column, calls)) = table.as_ref().and_then(|table| table.trigger) else {
            continue;
        };
        if has(name, column) && functions[calls].is_some() {
            lines.push(format!("trigger {name}.t of {column} calls f{calls}"));
            ids.push(format!("trigger:public.{name}.t"));
        }
    }
    for (name, table) in TABLES.iter().zip(tables) {
        let Some((column, calls, other)) = table.as_ref().and_then(|table| table.policy) else {
            continue;
        };
        if has(name, column) && functions[calls].is_some() {
            let role = if other { "app" } else { "web" };
            lines.push(format!(
                "policy {name}.p for {role} using {column}/{calls}/{other} \
                 needs column:public.{name}.{column},function:public.f{calls}()"
            ));
            ids.push(format!("policy:public.{name}.p"));
        }
    }
    let mut before: Option<String> = None;
    for (at, view) in views.iter().enumerate() {
        let Some(view) = view else { continue };
        let shown = view.columns.iter().filter_map(|name| {
            let table = table(view.table)?;
            let column = table.columns.iter().find(|column| column.name == *name)?;
            Some((*name, column.sql_type))
        });
        let shown: Vec<(&str, &str)> = shown.collect();
        if shown.is_empty() {
            continue;
        }
        let mut needs: Vec<String> = shown
            .iter()
            .map(|(name, _)| format!("column:public.{}.{name}", view.table))
            .collect();
        if functions.get(view.calls).is_some_and(Option::is_some) {
            needs.push(format!("function:public.f{}()", view.calls));
        }
        needs.extend(before.iter().filter(|_| view.over).cloned());
        let id = if at == 1 {
            lines.push(format!(
                "materialized v{at} query {}/{} needs {}",
                view.text,
                needs.join("+"),
                needs.join(",")
            ));
            format!("materialized_view:public.v{at}")
        } else {
            let columns: Vec<String> = shown
                .iter()
                .map(|(name, sql_type)| format!("{name}:{sql_type}"))
                .collect();
            lines.push(format!(
                "view v{at} {} query {}/{} needs {}",
                columns.join(","),
                view.text,
                needs.join("+"),
                needs.join(",")
            ));
            format!("view:public.v{at}")
        };
        ids.push(id.clone());
        before = Some(id);
    }
    for (at, role) in owners {
        if let Some(on) = ids.get(usize::from(*at) % ids.len().max(1))
            && is_owned(on)
        {
            lines.push(format!("owner {on} {role}"));
        }
    }
    for (at, role, privilege) in grants {
        if let Some(on) = ids.get(usize::from(*at) % ids.len().max(1))
            && (is_owned(on) || on.starts_with("column:"))
        {
            lines.push(format!("grant {role}:{on} {privilege}"));
        }
    }
    for (at, text) in comments {
        if let Some(on) = ids.get(usize::from(*at) % ids.len().max(1)) {
            lines.push(format!("comment {on} number {text}"));
        }
    }
    lines.join("\n")
}

/// Whether it is of a kind that has an owner of its own.
fn is_owned(id: &str) -> bool {
    [
        "table",
        "view",
        "materialized_view",
        "function",
        "enum",
        "composite",
    ]
    .iter()
    .any(|kind| id.split(':').next() == Some(kind))
}

/// A type, if it is there.
fn known<'a>(sql_type: &'a str, types: &[&str]) -> &'a str {
    let name = sql_type.trim_end_matches("[]");
    let ours = ENUMS.contains(&name) || ["amount", "pair", "span"].contains(&name);
    if ours && !types.contains(&name) {
        "text"
    } else {
        sql_type
    }
}

fn write_column(
    column: &ColumnDraft,
    types: &[&str],
    sequences: &[Option<Option<(&'static str, &'static str)>>],
    functions: &[Option<(&'static str, u8)>],
    has_k: bool,
) -> String {
    let ColumnDraft {
        name,
        sql_type,
        nullable,
        value,
    } = column;
    let sql_type = known(sql_type, types);
    let value = match value {
        Value::Default(text) => format!(" default {text}"),
        Value::Sequence(at) if sequences[*at].is_some() => {
            format!(" default nextval('s{at}') needs sequence:public.s{at}")
        }
        Value::Call(at) if functions[*at].is_some() => {
            format!(" default f{at}() needs function:public.f{at}()")
        }
        Value::Identity => " identity".to_owned(),
        Value::Generated(text, known) if *name != "k" && has_k => {
            format!(
                " generated k+{text}{}",
                if *known { " reads k" } else { "" }
            )
        }
        Value::None | Value::Sequence(_) | Value::Call(_) | Value::Generated(..) => String::new(),
    };
    format!(
        "  {name} {sql_type}{}{value}",
        if *nullable { "?" } else { "" }
    )
}
