//! What needs no question, and what is left to be asked.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::schema::lower::{Declared, DeclaredColumn, DeclaredObject};
use limbeck_core::schema::object::{Column, Expression, SqlType};
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::past::Past;
use super::wording::{Wording, same_text};
use crate::sql_type::spelled;

/// One thing that a model states, whose spelling is open.
#[derive(Debug)]
pub(super) struct Slot {
    /// Whose it is.
    pub(super) id: ObjectId,
    /// What of it.
    pub(super) part: Part,
    /// Whether live has something to compare with.
    pub(super) needed: bool,
}

/// What of an object is open, with what live has that may turn out to be the same.
#[derive(Debug)]
pub(super) enum Part {
    /// A column's type and collation.
    Type,
    /// A column's default.
    Default {
        text: Expression,
        rival: Option<Expression>,
    },
    /// A column's generating expression.
    Generated {
        text: Expression,
        rival: Option<Expression>,
    },
    /// All that is text in a check, an exclusion or an index; its rivals by who they will be.
    Wording {
        text: Wording,
        rivals: Vec<ObjectId>,
    },
}

/// Writes into `declared` what is certain, and returns what is not.
pub(super) fn settle(declared: &mut Declared, past: &Past<'_>) -> Vec<Slot> {
    let live = &past.carried;
    let mut slots = Vec::new();
    for (id, object) in &mut declared.objects {
        if let DeclaredObject::Column(stated) = object {
            let there = match live.get(id) {
                Some(Object::Column(there)) => Some(there),
                _ => None,
            };
            let renamed = id
                .table()
                .is_some_and(|table| !past.renamed_columns(table).is_empty());
            column(id, stated, there, renamed, &mut slots);
        }
    }
    worded(declared, past, &mut slots);
    slots
}

fn column(
    id: &ObjectId,
    stated: &mut DeclaredColumn,
    live: Option<&Column>,
    renamed: bool,
    slots: &mut Vec<Slot>,
) {
    let DeclaredColumn {
        sql_type,
        nullable: _,
        collation,
        default,
        identity: _,
        generated,
        serial: _,
    } = stated;
    let mut open = |part, needed| {
        slots.push(Slot {
            id: id.clone(),
            part,
            needed,
        });
    };
    let collated =
        collation.is_some() && live.and_then(|live| live.collation.as_ref()) != collation.as_ref();
    let typed = is_open(sql_type, live);
    if typed || collated {
        open(Part::Type, live.is_some());
    }
    // Under another type, any text is another expression: the column is altered in any case.
    let comparable = live.filter(|live| typed || live.sql_type == *sql_type);
    let live_default = comparable.and_then(|live| live.default.as_ref());
    if let Some((text, rival)) = is_open_text(default, live_default, false) {
        let needed = rival.is_some();
        open(Part::Default { text, rival }, needed);
    }
    let live_generated = comparable.and_then(|live| live.generated.as_ref());
    if let Some((text, rival)) = is_open_text(generated, live_generated, renamed) {
        let needed = rival.is_some();
        open(Part::Generated { text, rival }, needed);
    }
}

/// Whether Postgres must say what a type is; else it is now spelled as Postgres would.
fn is_open(sql_type: &mut SqlType, live: Option<&Column>) -> bool {
    let SqlType::Builtin(text) = &*sql_type else {
        return false;
    };
    if let Some(printed) = spelled(text) {
        *sql_type = SqlType::Builtin(printed);
        return false;
    }
    // In lower case and without quotes, the name is what it would be folded to.
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.,()[]".contains(c);
    match live {
        Some(live) if live.sql_type.to_string() == *text && text.chars().all(plain) => {
            sql_type.clone_from(&live.sql_type);
            false
        }
        _ => true,
    }
}

/// The text and what to compare it with, where they differ as texts. Where columns were renamed,
/// what live has is still about the old names, and texts say nothing.
fn is_open_text(
    stated: &mut Option<Expression>,
    live: Option<&Expression>,
    renamed: bool,
) -> Option<(Expression, Option<Expression>)> {
    let text = stated.as_ref()?;
    match live {
        Some(printed) if !renamed && same_text(printed, text) => {
            *stated = Some(printed.clone());
            None
        }
        live => Some((text.clone(), live.cloned())),
    }
}

/// Checks, exclusions and indexes. One that states its name is compared with the live one of that
/// name; one without, with all of the table's that nobody else is the same as.
fn worded(declared: &mut Declared, past: &Past<'_>, slots: &mut Vec<Slot>) {
    let live = &past.carried;
    let mut by_table: BTreeMap<QualifiedName, Vec<(ObjectId, bool, Wording)>> = BTreeMap::new();
    for (id, object) in &declared.objects {
        let (table, named) = match (id, object) {
            (ObjectId::Constraint { table, .. }, DeclaredObject::Constraint(stated)) => {
                (table, stated.named)
            }
            (_, DeclaredObject::Index(stated)) => (&stated.index.table, stated.named),
            _ => continue,
        };
        if let Some(wording) = Wording::of_declared(object).filter(Wording::has_text) {
            let stated = by_table.entry(table.clone()).or_default();
            stated.push((id.clone(), named, wording));
        }
    }
    let mut live_by_table: BTreeMap<&QualifiedName, Vec<(&ObjectId, Wording)>> = BTreeMap::new();
    for (id, object) in &live.objects {
        let table = match (id, object) {
            (ObjectId::Constraint { table, .. }, Object::Constraint(_)) => table,
            (_, Object::Index(index)) => &index.table,
            _ => continue,
        };
        if by_table.contains_key(table)
            && let Some(wording) = Wording::of(object)
        {
            live_by_table.entry(table).or_default().push((id, wording));
        }
    }

    for (table, stated) in by_table {
        let there = live_by_table.remove(&table).unwrap_or_default();
        let renamed = !past.renamed_columns(&table).is_empty();
        // Who is named is nobody else's.
        let mut taken: BTreeSet<ObjectId> = stated
            .iter()
            .filter(|(_, named, _)| *named)
            .map(|(id, _, _)| id.clone())
            .collect();
        let mut left = Vec::new();
        for (id, named, wording) in stated {
            let fits = |(live, printed): &&(&ObjectId, Wording)| {
                !renamed
                    && if named {
                        **live == id
                    } else {
                        !taken.contains(*live)
                    }
                    && printed.is_written_as(&wording)
            };
            let found = there
                .iter()
                .filter(fits)
                .min_by_key(|(live, _)| **live != id);
            match found {
                Some((live, printed)) => {
                    taken.insert((*live).clone());
                    if let Some(object) = declared.objects.get_mut(&id) {
                        printed.clone().put(object);
                    }
                }
                None => left.push((id, named, wording)),
            }
        }
        for (id, named, text) in left {
            let rivals: Vec<ObjectId> = there
                .iter()
                .filter(|(live, printed)| {
                    let open = if named {
                        **live == id
                    } else {
                        !taken.contains(*live)
                    };
                    open && printed.may_be(&text)
                })
                .map(|(live, _)| (*live).clone())
                .collect();
            slots.push(Slot {
                id,
                needed: !rivals.is_empty(),
                part: Part::Wording { text, rivals },
            });
        }
    }
}
