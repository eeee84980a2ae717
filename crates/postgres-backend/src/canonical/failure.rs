//! What there is no answer to, told.

use limbeck_core::error::on_one_line;
use limbeck_core::schema::lower::Declared;
use limbeck_core::schema::object::Expression;
use limbeck_core::{DatabaseError, Error, ErrorKind, Object, ObjectId, Result};

use super::answer::{Open, Verdict};
use super::ask::Refusal;
use super::settle::Part;
use super::wording::Wording;

/// Tells all that is wrong, or else all that must be compared and cannot.
pub(super) fn tell(left: &[Open], declared: &Declared, scratch: Option<Error>) -> Result<()> {
    let refused = |wrong: bool| {
        left.iter().filter_map(move |open| {
            let (verdict, refusal) = open.refused.as_ref()?;
            let told = (*verdict == Verdict::Wrong) == wrong && (wrong || open.slot.needed);
            told.then_some((open, refusal))
        })
    };
    let wrong: Vec<(&Open, &Refusal)> = refused(true).collect();
    if !wrong.is_empty() {
        let lines = wrong.iter().map(|(open, refusal)| {
            let what = what(open, declared);
            format!("{what} is refused by postgres: {}", refusal.message)
        });
        let error = Error::new(ErrorKind::Model, together(lines.collect(), "are refused"));
        return Err(match wrong.as_slice() {
            [(_, refusal)] => error.with_database(database(refusal)),
            _ => error,
        });
    }
    let lost: Vec<(&Open, &Refusal)> = refused(false).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let lines = lost.iter().map(|(open, refusal)| {
        let what = what(open, declared);
        format!("{what} cannot be compared: {}", refusal.message)
    });
    let mut message = together(lines.collect(), "cannot be compared");
    if let Some(scratch) = &scratch {
        message.push_str(&format!("; {scratch}"));
    }
    let error = Error::new(ErrorKind::CannotCompare, message);
    let error = match lost.as_slice() {
        [(open, refusal)] => {
            let error = error.with_database(database(refusal));
            match live_text(open) {
                Some(text) => error.with_hint(format!(
                    "if it is what the database has, write it as Postgres prints it: `{text}`"
                )),
                None => error,
            }
        }
        _ => error.with_hint(
            "what is written as Postgres prints it needs no comparing; \\d in psql shows that",
        ),
    };
    Err(error)
}

fn together(lines: Vec<String>, what: &str) -> String {
    match lines.as_slice() {
        [only] => only.clone(),
        all => {
            let list: Vec<String> = all
                .iter()
                .map(|line| format!("\n- {}", on_one_line(line)))
                .collect();
            format!(
                "{} expressions of the models {what}:{}",
                all.len(),
                list.concat()
            )
        }
    }
}

/// The struct, the part and its text: "`blog::Post` (src/models.rs:3): the default of …".
fn what(open: &Open, declared: &Declared) -> String {
    let id = &open.slot.id;
    let column = |part: &str| match id {
        ObjectId::Column { table, name } => format!("{part} of the column `{table}.{name}`"),
        other => format!("{part} of `{other}`"),
    };
    let (part, text) = match &open.slot.part {
        Part::Type => {
            let stated = match declared.objects.get(id) {
                Some(limbeck_core::schema::lower::DeclaredObject::Column(stated)) => {
                    match &stated.collation {
                        Some(collation) => {
                            format!("{} collate {}", stated.sql_type, collation.name)
                        }
                        None => stated.sql_type.to_string(),
                    }
                }
                _ => String::new(),
            };
            (column("the type"), stated)
        }
        Part::Default { text, rival: _ } => (column("the default"), text.to_string()),
        Part::Generated { text, rival: _ } => {
            (column("the generating expression"), text.to_string())
        }
        Part::Wording { text, rivals: _ } => {
            let part = match id {
                ObjectId::Constraint { table, name } => {
                    format!("the {} `{name}` of `{table}`", text.noun())
                }
                other => format!("the {} `{}`", text.noun(), name_of(other)),
            };
            (part, text.text())
        }
    };
    let told = format!("{part}, `{text}`,");
    match declared.origins.get(id) {
        Some(origin) => format!("{origin}: {told}"),
        None => told,
    }
}

fn name_of(id: &ObjectId) -> String {
    match id {
        ObjectId::Index(name) => name.to_string(),
        other => other.to_string(),
    }
}

/// What live has there, where that is one thing.
fn live_text(open: &Open) -> Option<String> {
    let text = |expression: &Option<Expression>| expression.as_ref().map(|text| text.0.clone());
    match open.rivals.as_slice() {
        [rival] => match (&rival.live, &open.slot.part) {
            (Object::Column(column), Part::Default { .. }) => text(&column.default),
            (Object::Column(column), Part::Generated { .. }) => text(&column.generated),
            (object, Part::Wording { .. }) => Wording::of(object).map(|wording| wording.text()),
            _ => None,
        },
        _ => None,
    }
}

fn database(refusal: &Refusal) -> DatabaseError {
    let Refusal {
        sqlstate,
        message,
        detail,
        hint,
        of_table: _,
    } = refusal;
    DatabaseError {
        message: message.clone(),
        detail: detail.clone(),
        hint: hint.clone(),
        sqlstate: Some(sqlstate.clone()).filter(|state| !state.is_empty()),
        ..DatabaseError::default()
    }
}
