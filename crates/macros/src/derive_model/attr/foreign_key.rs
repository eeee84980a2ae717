//! Foreign keys: `foreign_key` on a struct, `references` on a field.

use limbeck_core::schema::object::{Action, Deferrable, MatchType};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Ident, LitStr, Path};

use super::key::{deferrable, some_columns};
use super::one_of;
use crate::mistakes::Mistakes;
use crate::options::{Item, Options, split};

/// `foreign_key(…)` of a struct, `references(…)` of a field.
pub(in super::super) struct ForeignKeyOption {
    pub(in super::super) span: Span,
    pub(in super::super) columns: Vec<Ident>,
    pub(in super::super) target: Target,
    pub(in super::super) referenced: Vec<String>,
    pub(in super::super) name: Option<LitStr>,
    pub(in super::super) match_type: MatchType,
    pub(in super::super) on_delete: Option<(Action, Vec<Ident>)>,
    pub(in super::super) on_update: Option<Action>,
    pub(in super::super) deferrable: Deferrable,
    pub(in super::super) not_valid: bool,
}

/// The table that a foreign key refers to.
pub(in super::super) enum Target {
    /// A model.
    Model(Path),
    /// A table that no model states.
    Table {
        schema: Option<String>,
        table: String,
    },
}

/// `foreign_key(columns(a, b), references(User), referenced(x, y), …)`.
pub(super) fn foreign_key(item: &Item, mistakes: &Mistakes) -> Option<ForeignKeyOption> {
    let mut options = item.options(mistakes)?;
    let columns = options.names("columns");
    let target = options.one("references");
    let referenced = options.names("referenced");
    let rules = rules(&mut options);
    let complete = options.finish();
    let Some(target) = target else {
        if complete {
            let message = "`foreign_key(…)` lacks the other table; say `references(Model)` in it";
            mistakes.at(&item.name, message);
        }
        return None;
    };
    let read = references(&target, mistakes)?;
    let columns = some_columns(item, columns, mistakes)?;
    let mut texts = read.referenced;
    texts.extend(referenced.iter().map(|name| name.unraw().to_string()));
    Some(ForeignKeyOption {
        span: item.name.span(),
        columns,
        target: read.target,
        referenced: texts,
        ..rules(read.span)
    })
}

/// `references(User)`, `references(User, column = id, …)`, `references = "users(id)"`.
pub(super) fn references(item: &Item, mistakes: &Mistakes) -> Option<ForeignKeyOption> {
    let span = item.name.span();
    let (head, rest) = match (item.listed(), item.assigned()) {
        (Some(list), _) => {
            let mut parts = split(list.clone()).into_iter();
            let head: TokenStream = parts.next().unwrap_or_default().into_iter().collect();
            let rest: TokenStream = parts
                .flat_map(|part| part.into_iter().chain([punct(',')]))
                .collect();
            (head, rest)
        }
        (None, Some(text)) => (text.clone(), TokenStream::new()),
        (None, None) => (TokenStream::new(), TokenStream::new()),
    };
    let mut options = Options::of_tokens(rest, mistakes);
    let column = options.one("column").and_then(|column| {
        column.parse(mistakes, "id", |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                return Ok(input.parse::<LitStr>()?.value());
            }
            Ok(Ident::parse_any(input)?.unraw().to_string())
        })
    });
    let rules = rules(&mut options);
    options.finish();
    let target = (|input: ParseStream<'_>| {
        if input.peek(LitStr) {
            return Ok(text_target(&input.parse::<LitStr>()?.value()));
        }
        Ok(Some((Target::Model(input.parse()?), Vec::new())))
    })
    .parse2(head);
    let Ok(Some((target, mut referenced))) = target else {
        mistakes.at(
            item,
            format_args!(
                "expected `references(Model)` or `references = \"table(column)\"`, not `{}`",
                item.typed()
            ),
        );
        return None;
    };
    referenced.extend(column);
    Some(ForeignKeyOption {
        target,
        referenced,
        ..rules(span)
    })
}

/// `table`, `schema.table`, either with `(column, …)` behind it.
fn text_target(text: &str) -> Option<(Target, Vec<String>)> {
    let bare = |name: &str| name.trim().trim_matches('"').to_owned();
    let (table, columns) = match text.trim().strip_suffix(')') {
        Some(text) => {
            let (table, columns) = text.split_once('(')?;
            (table, columns.split(',').map(bare).collect())
        }
        None => (text, Vec::new()),
    };
    let (schema, table) = match table.split_once('.') {
        Some((schema, table)) => (Some(bare(schema)), bare(table)),
        None => (None, bare(table)),
    };
    let empty = table.is_empty() || columns.iter().any(String::is_empty);
    (!empty && !table.contains('(')).then_some((Target::Table { schema, table }, columns))
}

/// The rules of a foreign key, to be completed with its sides.
fn rules(options: &mut Options<'_>) -> impl FnOnce(Span) -> ForeignKeyOption + use<> {
    let mistakes = options.mistakes;
    let name = options.string("name");
    let match_full = options.flag("match_full");
    let on_delete = options
        .one("on_delete")
        .and_then(|item| on_delete(&item, mistakes));
    let on_update = options
        .one("on_update")
        .and_then(|item| on_update(&item, mistakes));
    let deferrable = deferrable(options);
    let not_valid = options.flag("not_valid").is_some();
    move |span| ForeignKeyOption {
        span,
        columns: Vec::new(),
        target: Target::Table {
            schema: None,
            table: String::new(),
        },
        referenced: Vec::new(),
        name,
        match_type: if match_full.is_some() {
            MatchType::Full
        } else {
            MatchType::Simple
        },
        on_delete,
        on_update,
        deferrable,
        not_valid,
    }
}

const ACTIONS: [(&str, Action); 5] = [
    ("cascade", Action::Cascade),
    ("no_action", Action::NoAction),
    ("restrict", Action::Restrict),
    ("set_default", Action::SetDefault),
    ("set_null", Action::SetNull),
];

/// `on_delete = set_null`, `on_delete = set_null(a, b)`.
pub(super) fn on_delete(item: &Item, mistakes: &Mistakes) -> Option<(Action, Vec<Ident>)> {
    let (word, columns) = item.parse(mistakes, "cascade", |input: ParseStream<'_>| {
        let word = input.parse::<Ident>()?;
        if input.is_empty() {
            return Ok((word, None));
        }
        let content;
        syn::parenthesized!(content in input);
        let columns = content.parse_terminated(Ident::parse_any, syn::Token![,])?;
        Ok((word, Some(columns.into_iter().collect::<Vec<_>>())))
    })?;
    let action = one_of(item, &word, "action", &ACTIONS, mistakes)?;
    if columns.is_some() && !matches!(action, Action::SetNull | Action::SetDefault) {
        mistakes.at(item, format_args!("`{word}` takes no columns"));
    }
    Some((action, columns.unwrap_or_default()))
}

pub(super) fn on_update(item: &Item, mistakes: &Mistakes) -> Option<Action> {
    let word = item.parse(mistakes, "cascade", Ident::parse)?;
    one_of(item, &word, "action", &ACTIONS, mistakes)
}

fn punct(character: char) -> TokenTree {
    TokenTree::Punct(proc_macro2::Punct::new(
        character,
        proc_macro2::Spacing::Alone,
    ))
}
