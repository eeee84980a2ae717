//! Answers put in the place of what was written, and what there is no answer to.

use limbeck_core::Object;
use limbeck_core::schema::lower::{Declared, DeclaredObject};
use limbeck_core::schema::object::{Column, Expression};

use super::ask::{Answers, Refusal};
use super::settle::{Part, Slot};
use super::sheet::{Key, Sheets};
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
        /// Whether the models have enums that it lacks or has otherwise, or more is declared.
        has_less: bool,
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
    /// Its question and those of its rivals.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        std::iter::once(self.key).chain(self.rivals.iter().map(|rival| rival.key))
    }

    /// Whether another place should be asked, and must be.
    pub(super) fn needs_scratch(&self) -> bool {
        self.slot.needed && self.is_for_scratch()
    }

    /// Whether another place could answer.
    pub(super) fn is_for_scratch(&self) -> bool {
        matches!(self.refused, Some((Verdict::Elsewhere, _)))
    }
}

/// What came of questions.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What has no answer.
    pub(super) refused: Vec<Open>,
    /// What has one that is not what live has, and live has something: with that answer.
    pub(super) unlike: Vec<(Open, Object)>,
}

/// Writes the answers into `declared`.
pub(super) fn take(
    open: Vec<Open>,
    sheets: &Sheets,
    answers: &Answers,
    place: Place,
    declared: &mut Declared,
) -> Taken {
    let mut taken = Taken::default();
    for mut open in open {
        let Some(stated) = declared.objects.get_mut(&open.slot.id) else {
            continue;
        };
        match answers.get(open.key) {
            Some(Ok(answer)) => {
                let alike = open
                    .rivals
                    .iter()
                    .find(|rival| rival.is_like(answer, sheets, answers));
                if let Some(rival) = alike {
                    put(&open.slot.part, &rival.live, stated);
                } else {
                    let is_text = !matches!(open.slot.part, Part::Type);
                    if !(is_text && sheets.sheets[open.key.sheet].old_enums) {
                        put(&open.slot.part, answer, stated);
                    }
                    if !open.rivals.is_empty() {
                        taken.unlike.push((open, answer.clone()));
                    }
                }
            }
            Some(Err(refusal)) => {
                open.refused = Some((verdict(refusal, place), refusal.clone()));
                taken.refused.push(open);
            }
            None => {}
        }
    }
    taken
}

/// Takes live's text for what turns out to be the same when Postgres reads once more what it
/// printed: `x IN ('a', 'b')` over `varchar` is printed in one way, and that in another.
pub(super) fn take_again(
    unlike: Vec<(Open, Object)>,
    again: &[Key],
    sheets: &Sheets,
    first: &Answers,
    second: &Answers,
    declared: &mut Declared,
) {
    for ((open, _), key) in unlike.into_iter().zip(again) {
        if let (Some(Ok(answer)), Some(stated)) =
            (second.get(*key), declared.objects.get_mut(&open.slot.id))
            && let Some(rival) = open
                .rivals
                .iter()
                .find(|rival| rival.is_like(answer, sheets, first))
        {
            put(&open.slot.part, &rival.live, stated);
        }
    }
}

impl Rival {
    /// Whether an answer is its text, as live prints it or as it is printed when Postgres reads that.
    /// Where columns are renamed, what live prints is still about the old names.
    fn is_like(&self, answer: &Object, sheets: &Sheets, answers: &Answers) -> bool {
        let renamed = !sheets.sheets[self.key.sheet].renamed.is_empty();
        !renamed && same_text(&self.live, answer)
            || matches!(answers.get(self.key), Some(Ok(read)) if same_text(read, answer))
    }
}

fn same_text(one: &Object, other: &Object) -> bool {
    match (one, other) {
        (Object::Column(one), Object::Column(other)) => text_of(one) == text_of(other),
        (one, other) => Wording::of(one) == Wording::of(other),
    }
}

/// Writes what Postgres printed in the place of what was written.
fn put(part: &Part, printed: &Object, stated: &mut DeclaredObject) {
    match (part, printed, stated) {
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
    let has_less = matches!(place, Place::Live { has_less: true });
    match refusal.sqlstate.as_str() {
        // Only reading is allowed, or nothing temporary.
        "25006" | "42501" => Verdict::Elsewhere,
        _ if refusal.of_table => Verdict::Elsewhere,
        // No such object, function, table, schema; no such value of an enum.
        "42704" | "42883" | "42P01" | "3F000" | "22P02" if has_less => Verdict::Elsewhere,
        "42704" | "42883" | "42P01" | "3F000" => Verdict::Missing,
        _ => Verdict::Wrong,
    }
}
