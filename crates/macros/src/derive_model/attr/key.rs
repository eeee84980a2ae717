//! Keys and checks: `primary_key`, `unique`, `check`, on a struct or a field.

use limbeck_core::schema::object::Deferrable;
use proc_macro2::TokenTree;
use syn::{Ident, LitStr};

use crate::mistakes::Mistakes;
use crate::options::{Item, Options, split};

/// `primary_key(…)`, `unique(…)`.
pub(in super::super) struct KeyOption {
    pub(in super::super) columns: Vec<Ident>,
    pub(in super::super) name: Option<LitStr>,
    pub(in super::super) include: Vec<Ident>,
    pub(in super::super) nulls_not_distinct: bool,
    pub(in super::super) deferrable: Deferrable,
}

/// `check = "…"`, `check(…)`.
pub(in super::super) struct CheckOption {
    pub(in super::super) expression: LitStr,
    pub(in super::super) name: Option<LitStr>,
    pub(in super::super) no_inherit: bool,
    pub(in super::super) not_valid: bool,
}

/// `columns(a, b), name = "…", …`, or nothing but the columns.
pub(super) fn listed_key(item: &Item, mistakes: &Mistakes) -> Option<KeyOption> {
    let list = item.list(mistakes)?;
    let key = item.name.to_string();
    let long = split(list.clone()).iter().any(|part| {
        matches!(
            part.as_slice(),
            [_, TokenTree::Group(_) | TokenTree::Punct(_), ..]
        )
    });
    if !long {
        let columns = item.names(mistakes);
        return some_columns(item, columns, mistakes).map(key_of);
    }
    let mut options = item.options(mistakes)?;
    let columns = options.names("columns");
    let read = key_options(columns, &mut options, key == "unique");
    if !options.finish() && read.columns.is_empty() {
        return None;
    }
    let columns = some_columns(item, read.columns, mistakes)?;
    Some(KeyOption { columns, ..read })
}

/// `unique`, or `unique(name = "…", …)` of a field.
pub(super) fn field_key(item: &Item, mistakes: &Mistakes) -> Option<KeyOption> {
    if item.is_bare() {
        return Some(key_of(Vec::new()));
    }
    let mut options = item.options(mistakes)?;
    let read = key_options(Vec::new(), &mut options, true);
    options.finish();
    Some(read)
}

fn key_options(columns: Vec<Ident>, options: &mut Options<'_>, unique: bool) -> KeyOption {
    KeyOption {
        columns,
        name: options.string("name"),
        include: options.names("include"),
        nulls_not_distinct: unique && options.flag("nulls_not_distinct").is_some(),
        deferrable: deferrable(options),
    }
}

fn key_of(columns: Vec<Ident>) -> KeyOption {
    KeyOption {
        columns,
        name: None,
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: Deferrable::NotDeferrable,
    }
}

pub(super) fn some_columns(
    item: &Item,
    columns: Vec<Ident>,
    mistakes: &Mistakes,
) -> Option<Vec<Ident>> {
    if columns.is_empty() {
        let name = &item.name;
        mistakes.at(
            name,
            format_args!(
                "`{}` names no columns; say `{name}(columns(…))`",
                item.typed()
            ),
        );
        return None;
    }
    Some(columns)
}

/// When a constraint is checked.
pub(super) fn deferrable(options: &mut Options<'_>) -> Deferrable {
    let deferrable = options.flag("deferrable");
    match (options.flag("initially_deferred"), deferrable) {
        (Some(_), _) => Deferrable::Deferred,
        (None, Some(_)) => Deferrable::Immediate,
        (None, None) => Deferrable::NotDeferrable,
    }
}

/// `check = "…"`, `check(expr = "…", name = "…")`.
pub(super) fn check(item: &Item, mistakes: &Mistakes) -> Option<CheckOption> {
    if item.listed().is_none() {
        let expression = item.string(mistakes)?;
        return Some(CheckOption {
            expression,
            name: None,
            no_inherit: false,
            not_valid: false,
        });
    }
    let mut options = item.options(mistakes)?;
    let expression = options.string("expr");
    let name = options.string("name");
    let no_inherit = options.flag("no_inherit").is_some();
    let not_valid = options.flag("not_valid").is_some();
    if options.finish() && expression.is_none() {
        mistakes.at(
            &item.name,
            "`check(…)` lacks its expression; say `check(expr = \"…\")`",
        );
    }
    Some(CheckOption {
        expression: expression?,
        name,
        no_inherit,
        not_valid,
    })
}
