//! The options of `#[pg_enum(…)]` as they are typed, each with its place.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitBool, LitStr, Path};

use crate::case::Case;
use crate::mistakes::Mistakes;
use crate::options::{Options, unknown};

/// What stands on the enum.
pub(super) struct ContainerOptions {
    pub(super) name: Option<LitStr>,
    pub(super) schema: Option<LitStr>,
    pub(super) renamed_from: Option<LitStr>,
    pub(super) comment: Option<LitStr>,
    pub(super) rename_all: Option<Case>,
    pub(super) diesel_type: Option<(Ident, Span)>,
    pub(super) diesel: Option<DieselOption>,
    pub(super) krate: Option<Path>,
}

/// `diesel = false`, `diesel = "path"`.
pub(super) enum DieselOption {
    /// Whether Diesel's traits are implemented.
    Wanted(bool),
    /// Where Diesel is found.
    Path(Path),
}

/// What stands on a value.
pub(super) struct ValueOptions {
    pub(super) value: Option<LitStr>,
    pub(super) renamed_from: Option<LitStr>,
}

/// Reads the options of an enum.
pub(super) fn container(attributes: &[Attribute], mistakes: &Mistakes) -> ContainerOptions {
    let mut options = Options::of_attributes(attributes, "pg_enum", mistakes);
    let read = ContainerOptions {
        name: options.string("name"),
        schema: options.string("schema"),
        renamed_from: options.string("renamed_from"),
        comment: options.string("comment"),
        rename_all: rename_all(&mut options),
        diesel_type: options.one("diesel_type").and_then(|item| {
            item.parse(mistakes, "\"MoodType\"", |input: ParseStream<'_>| {
                let span = input.span();
                let ident = if input.peek(LitStr) {
                    input.parse::<LitStr>()?.parse()?
                } else {
                    input.parse()?
                };
                Ok((ident, span))
            })
        }),
        diesel: options.one("diesel").and_then(|item| {
            item.parse(mistakes, "false", |input: ParseStream<'_>| {
                if input.peek(LitBool) {
                    return Ok(DieselOption::Wanted(input.parse::<LitBool>()?.value));
                }
                if input.peek(LitStr) {
                    return Ok(DieselOption::Path(input.parse::<LitStr>()?.parse()?));
                }
                Ok(DieselOption::Path(Path::parse(input)?))
            })
        }),
        krate: options.path("crate"),
    };
    options.finish();
    read
}

/// Reads the options of a value.
pub(super) fn value(attributes: &[Attribute], mistakes: &Mistakes) -> ValueOptions {
    let mut options = Options::of_attributes(attributes, "pg_enum", mistakes);
    let read = ValueOptions {
        value: options.string("value"),
        renamed_from: options.string("renamed_from"),
    };
    options.finish();
    read
}

fn rename_all(options: &mut Options<'_>) -> Option<Case> {
    let mistakes = options.mistakes;
    let item = options.one("rename_all")?;
    let typed = item.string(mistakes)?;
    let case = Case::ALL
        .into_iter()
        .find(|(name, _)| *name == typed.value());
    if case.is_none() {
        let names = Case::ALL.map(|(name, _)| name);
        mistakes.at(
            &typed,
            unknown("case in", &item.typed(), &typed.value(), &names),
        );
    }
    Some(case?.1)
}
