//! What models state, in Postgres's own spelling.
//!
//! A type, a default, a check, a predicate is compared as Postgres prints it. Where the model's
//! text is the live one's already, there is nothing to ask. All the rest is asked in one batch:
//! temporary tables with the desired columns, with the declared constraints and indexes on them,
//! are made, read back by the same catalog query as everything else, and rolled back. What live has
//! is asked along in the same way: texts that Postgres reads alike are alike, even where printing
//! and reading again does not end at once (`x IN ('a', 'b')` over `varchar`).
//!
//! What the database cannot answer (an enum that it lacks or has otherwise, a connection that only
//! reads, a role without `TEMP`) is asked in a scratch database. What nobody can answer is an error
//! that names each expression; no text is ever taken for equal on a guess.
//!
//! A question is *needed* where live has something to compare with. Of what is new, the text is put
//! right, and mistakes in it are found, when there is a batch anyway; otherwise it stays as it was
//! written.
//!
//! Not seen here: expressions over functions that exist nowhere but in the models' future. And a
//! transaction of the caller's in which this was done cannot be prepared for a two-phase commit any
//! more, as with any that used temporary tables.

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::schema::lower::{Declared, DeclaredObject};
use limbeck_core::{Object, Result, Schema};

use crate::scratch::{Scratch, extensions};

mod answer;
mod ask;
mod elsewhere;
mod failure;
mod past;
mod settle;
mod sheet;
mod wording;

use answer::{Open, Place, Taken};
use ask::ask;
use past::Past;
use sheet::{Key, Sheets};

/// Normalises what models state to how Postgres prints it.
///
/// `live` is what the connection's database holds. `scratch` is called at most once, and only when
/// something that must be compared cannot be asked in that database. The connection is left as it
/// was, in a transaction or out of one; nothing is left behind.
///
/// # Errors
/// [`ErrorKind::Model`](limbeck_core::ErrorKind) where Postgres refuses an expression,
/// [`ErrorKind::CannotCompare`](limbeck_core::ErrorKind) where it could not be asked; both name each
/// struct, object and text. What the database answers when it cannot be spoken to.
pub fn canonicalize<C>(
    connection: &mut C,
    declared: &Declared,
    live: &Schema,
    scratch: &mut dyn FnMut() -> Result<Scratch>,
) -> Result<Declared>
where
    C: LoadConnection<Backend = Pg>,
{
    canonicalize_beside(connection, declared, live, scratch, None)
}

/// Makes in scratch what expressions may call that is in no database yet.
pub(crate) type Beside<'a> = Option<&'a dyn Fn(&mut Scratch) -> Result<()>>;

/// [`canonicalize`] where more is declared than models.
pub(crate) fn canonicalize_beside<C>(
    connection: &mut C,
    declared: &Declared,
    live: &Schema,
    scratch: &mut dyn FnMut() -> Result<Scratch>,
    beside: Beside<'_>,
) -> Result<Declared>
where
    C: LoadConnection<Backend = Pg>,
{
    let mut declared = declared.clone();
    let past = Past::new(live, &declared);
    let slots = settle::settle(&mut declared, &past);
    if !slots.iter().any(|slot| slot.needed) {
        return Ok(declared);
    }

    let (sheets, open) = sheet::lay_out(slots, &declared, &past);
    let place = Place::Live {
        has_less: beside.is_some() || types_differ(&declared, live),
    };
    let mut refused = round(connection, sheets, open, place, &mut declared)?;
    let mut scratch_said = None;
    if refused.iter().any(Open::needs_scratch) {
        match scratch() {
            Ok(mut scratch) => {
                let extensions = extensions(connection)?;
                // What is made here has its new names from the beginning.
                let past = past.over();
                elsewhere::prepare(scratch.connection(), &declared, past.live, &extensions)?;
                if let Some(beside) = beside {
                    beside(&mut scratch)?;
                }
                let scratch = scratch.connection();
                let (again, settled): (Vec<Open>, Vec<Open>) =
                    refused.into_iter().partition(Open::is_for_scratch);
                let slots = again.into_iter().map(|open| open.slot).collect();
                let (sheets, again) = sheet::lay_out(slots, &declared, &past);
                refused = round(scratch, sheets, again, Place::Scratch, &mut declared)?;
                refused.extend(settled);
            }
            Err(error) => scratch_said = Some(error),
        }
    }
    failure::tell(&refused, &declared, scratch_said)?;
    Ok(declared)
}

/// Asks what is open in one place, writes the answers down, and returns what has none.
fn round<C>(
    connection: &mut C,
    mut sheets: Sheets,
    open: Vec<Open>,
    place: Place,
    declared: &mut Declared,
) -> Result<Vec<Open>>
where
    C: LoadConnection<Backend = Pg>,
{
    let keys = open.iter().flat_map(Open::keys).collect();
    let answers = ask(connection, &sheets, &keys)?;
    let Taken { refused, unlike } = answer::take(open, &sheets, &answers, place, declared);
    if !unlike.is_empty() {
        let again: Vec<Key> = unlike
            .iter()
            .map(|(open, answer)| sheets.ask(open.key.sheet, answer.clone(), false))
            .collect();
        let keys = again.iter().copied().collect();
        let second = ask(connection, &sheets, &keys)?;
        answer::take_again(unlike, &again, &sheets, &answers, &second, declared);
    }
    Ok(refused)
}

/// Whether models state an enum that the database lacks or has otherwise.
fn types_differ(declared: &Declared, live: &Schema) -> bool {
    declared.objects.iter().any(|(id, object)| match object {
        DeclaredObject::Enum(stated) => {
            !matches!(live.get(id), Some(Object::Enum(there)) if there == stated)
        }
        DeclaredObject::Namespace(_)
        | DeclaredObject::Table(_)
        | DeclaredObject::Column(_)
        | DeclaredObject::Constraint(_)
        | DeclaredObject::Index(_)
        | DeclaredObject::Comment(_) => false,
    })
}
