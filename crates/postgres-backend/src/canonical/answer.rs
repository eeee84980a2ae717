//! Answers put in the place of what was written, and what there is no answer to.

use limbeck_core::Object;
use limbeck_core::schema::lower::{Declared, DeclaredObject};
use limbeck_core::schema::object::{Column, Expression};

use super::ask::{Answers, Refusal};
use super::settle::{Part, Slot};
use super::sheet::Key;
use super::wording::Wording;

/// Something that was asked.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) slot: Slot,
    pub(super) key: Key,
    pub(super) rivals: Vec<Rival>,
    /// Why there is no answer.
    pub(super) refused: Option<(Verdict, Refusal)>,
}

/// What live has and may be the same, asked along.
#[derive(Debug)]
pub(super) struct Rival {
    pub(super) key: Key,
    /// As live prints it.
    pub(super) live: Object,
}

/// Where a question was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The database that is compared.
    Live {
        /// Whether the models have enums that it lacks or has otherwise.
        types_differ: bool,
    },
    /// A scratch database.
    Scratch,
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be answered in a scratch database.
    Elsewhere,
    /// It names something that is not there.
    Missing,
    /// It is wrong.
    Wrong,
}

impl Open {
    /// Whether another place should be asked, and must be.
    pub(super) fn needs_scratch(&self) -> bool {
        self.slot.needed && self.is_for_scratch()
    }

    /// Whether another place could answer.
    pub(super) fn is_for_scratch(&self) -> bool {
        matches!(self.refused, Some((Verdict::Elsewhere, _)))
    }
}

/// Writes the answers into `declared` and returns what has none.
pub(super) fn take(
    open: Vec<Open>,
    answers: &Answers,
    place: Place,
    declared: &mut Declared,
) -> Vec<Open> {
    let mut left = Vec::new();
    for mut open in open {
        match answers.get(open.key) {
            Some(Ok(object)) => {
                if let Some(stated) = declared.objects.get_mut(&open.slot.id) {
                    put(&open, object, answers, stated);
                }
            }
            Some(Err(refusal)) => {
                open.refused = Some((verdict(refusal, place), refusal.clone()));
                left.push(open);
            }
            None => left.push(open),
        }
    }
    left
}

fn put(open: &Open, answer: &Object, answers: &Answers, stated: &mut DeclaredObject) {
    // Live's own text, where Postgres reads that as it reads the model's.
    let same = |rival: &&Rival| match (answers.get(rival.key), &open.slot.part) {
        (Some(Ok(Object::Column(rival))), Part::Default { .. } | Part::Generated { .. }) => {
            matches!(answer, Object::Column(answer) if text_of(answer) == text_of(rival))
        }
        (Some(Ok(rival)), Part::Wording { .. }) => Wording::of(rival) == Wording::of(answer),
        _ => false,
    };
    let printed = open
        .rivals
        .iter()
        .find(same)
        .map_or(answer, |rival| &rival.live);
    match (&open.slot.part, printed, stated) {
        (Part::Type, Object::Column(column), DeclaredObject::Column(stated)) => {
            stated.sql_type.clone_from(&column.sql_type);
            if stated.collation.is_some() {
                stated.collation.clone_from(&column.collation);
            }
        }
        (Part::Default { .. }, Object::Column(column), DeclaredObject::Column(stated)) => {
            stated.default.clone_from(&column.default);
        }
        (Part::Generated { .. }, Object::Column(column), DeclaredObject::Column(stated)) => {
            stated.generated.clone_from(&column.generated);
        }
        (Part::Wording { .. }, object, stated) => {
            if let Some(wording) = Wording::of(object) {
                wording.put(stated);
            }
        }
        _ => {}
    }
}

fn text_of(column: &Column) -> Option<&Expression> {
    column.default.as_ref().or(column.generated.as_ref())
}

fn verdict(refusal: &Refusal, place: Place) -> Verdict {
    let types_differ = matches!(place, Place::Live { types_differ: true });
    match refusal.sqlstate.as_str() {
        // Only reading is allowed, or nothing temporary.
        "25006" | "42501" => Verdict::Elsewhere,
        _ if refusal.of_table => Verdict::Elsewhere,
        // No such object, function, table, schema; no such value of an enum.
        "42704" | "42883" | "42P01" | "3F000" | "22P02" if types_differ => Verdict::Elsewhere,
        "42704" | "42883" | "42P01" | "3F000" => Verdict::Missing,
        _ => Verdict::Wrong,
    }
}
