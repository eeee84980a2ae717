//! Indexes and exclusions, which both are over elements.

use limbeck_core::schema::object::{Deferrable, NullsOrder, SortOrder};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr};

use super::collect;
use super::key::deferrable;
use crate::mistakes::Mistakes;
use crate::options::{Item, Options, split};

/// `index(…)`.
pub(in super::super) struct IndexOption {
    pub(in super::super) span: Span,
    pub(in super::super) name: Option<LitStr>,
    pub(in super::super) unique: bool,
    pub(in super::super) method: Option<LitStr>,
    pub(in super::super) elements: Vec<ElementOption>,
    pub(in super::super) include: Vec<Ident>,
    pub(in super::super) predicate: Option<LitStr>,
    pub(in super::super) nulls_not_distinct: bool,
    pub(in super::super) storage: Vec<(String, String)>,
}

/// `author_id desc nulls_last`, `expr = "lower(title)" opclass = "text_pattern_ops"`.
pub(in super::super) struct ElementOption {
    pub(in super::super) key: ElementKey,
    pub(in super::super) modifiers: Modifiers,
}

/// What an element is over.
pub(in super::super) enum ElementKey {
    Column(Ident),
    Expression(LitStr),
}

/// What stands behind an element.
#[derive(Default)]
pub(in super::super) struct Modifiers {
    pub(in super::super) collation: Option<LitStr>,
    pub(in super::super) operator_class: Option<String>,
    pub(in super::super) order: SortOrder,
    pub(in super::super) nulls: NullsOrder,
    pub(in super::super) operator: Option<LitStr>,
}

/// `exclude(…)`.
pub(in super::super) struct ExcludeOption {
    pub(in super::super) span: Span,
    pub(in super::super) name: Option<LitStr>,
    pub(in super::super) method: Option<LitStr>,
    pub(in super::super) elements: Vec<ElementOption>,
    pub(in super::super) predicate: Option<LitStr>,
    pub(in super::super) deferrable: Deferrable,
}

/// `index(columns(a, b desc), where = "…", …)`.
pub(super) fn listed_index(item: &Item, mistakes: &Mistakes) -> Option<IndexOption> {
    let mut options = item.options(mistakes)?;
    let elements = options
        .one("columns")
        .map(|columns| elements(&columns, mistakes));
    let read = index_options(item.name.span(), &mut options);
    let complete = options.finish();
    let Some(elements) = elements else {
        if complete {
            let message = "`index(…)` names no columns; say `index(columns(…))`";
            mistakes.at(&item.name, message);
        }
        return None;
    };
    Some(IndexOption { elements, ..read })
}

/// `index`, or `index(desc, method = "…", …)` of a field.
pub(super) fn field_index(item: &Item, mistakes: &Mistakes) -> Option<(IndexOption, Modifiers)> {
    let mut options = if item.is_bare() {
        Options::of_items(Vec::new(), mistakes)
    } else {
        item.options(mistakes)?
    };
    let modifiers = modifiers(&mut options, false);
    let read = index_options(item.name.span(), &mut options);
    options.finish();
    Some((read, modifiers))
}

fn index_options(span: Span, options: &mut Options<'_>) -> IndexOption {
    IndexOption {
        span,
        name: options.string("name"),
        unique: options.flag("unique").is_some(),
        method: options.string("method"),
        elements: Vec::new(),
        include: options.names("include"),
        predicate: options.string("where"),
        nulls_not_distinct: options.flag("nulls_not_distinct").is_some(),
        storage: storage(options),
    }
}

/// `with(fillfactor = 70, fastupdate = off)`: anything that Postgres may know.
fn storage(options: &mut Options<'_>) -> Vec<(String, String)> {
    let mistakes = options.mistakes;
    let Some(list) = options.one("with").and_then(|item| item.list(mistakes)) else {
        return Vec::new();
    };
    let parameters = Options::of_tokens(list, mistakes).into_items();
    collect(parameters, |item| {
        let value = if item.assigned().is_some() {
            item.parse(mistakes, "70", |input: ParseStream<'_>| {
                if input.peek(LitStr) {
                    return Ok(input.parse::<LitStr>()?.value());
                }
                Ok(input.parse::<TokenStream>()?.to_string())
            })?
        } else if item.is_bare() {
            "true".to_owned()
        } else {
            mistakes.at(item, format_args!("expected `{} = …`", item.name));
            return None;
        };
        Some((item.name.to_string(), value))
    })
}

fn elements(item: &Item, mistakes: &Mistakes) -> Vec<ElementOption> {
    let Some(list) = item.list(mistakes) else {
        return Vec::new();
    };
    split(list)
        .into_iter()
        .filter_map(|part| element(part, mistakes))
        .collect()
}

/// `column desc`, `expr = "…" desc`: a key, then modifiers between spaces.
fn element(part: Vec<TokenTree>, mistakes: &Mistakes) -> Option<ElementOption> {
    let tokens: TokenStream = part.into_iter().collect();
    let parsed = (|input: ParseStream<'_>| {
        let word: Ident = Ident::parse_any(input)?;
        let key = if word == "expr" && input.peek(syn::Token![=]) {
            input.parse::<syn::Token![=]>()?;
            ElementKey::Expression(input.parse()?)
        } else {
            ElementKey::Column(word)
        };
        let mut items = Vec::new();
        while !input.is_empty() {
            let name = Ident::parse_any(input)?;
            let value = match input.parse::<Option<syn::Token![=]>>()? {
                Some(_) => Some(TokenStream::from(input.parse::<TokenTree>()?)),
                None => None,
            };
            items.push(Item::new(name, value));
        }
        Ok((key, items))
    })
    .parse2(tokens);
    match parsed {
        Ok((key, items)) => {
            let mut options = Options::of_items(items, mistakes);
            let modifiers = modifiers(&mut options, true);
            options.finish();
            Some(ElementOption { key, modifiers })
        }
        Err(error) => {
            mistakes.on(
                error.span(),
                "expected a column or `expr = \"…\"`, then perhaps `desc`, `nulls_last`, \
                 `opclass = \"…\"`, `collate = \"…\"`",
            );
            None
        }
    }
}

fn modifiers(options: &mut Options<'_>, with: bool) -> Modifiers {
    let ascending = options.flag("asc");
    let descending = options.flag("desc");
    let first = options.flag("nulls_first");
    let last = options.flag("nulls_last");
    if let (Some(_), Some(span)) = (ascending, descending) {
        options
            .mistakes
            .on(span, "`asc` and `desc` exclude each other");
    }
    if let (Some(_), Some(span)) = (first, last) {
        options
            .mistakes
            .on(span, "`nulls_first` and `nulls_last` exclude each other");
    }
    let reversed = if descending.is_some() { last } else { first };
    let mistakes = options.mistakes;
    Modifiers {
        collation: options.string("collate"),
        operator_class: options.one("opclass").and_then(|item| {
            item.parse(
                mistakes,
                "\"text_pattern_ops\"",
                |input: ParseStream<'_>| {
                    if input.peek(LitStr) {
                        return Ok(input.parse::<LitStr>()?.value());
                    }
                    Ok(Ident::parse_any(input)?.to_string())
                },
            )
        }),
        order: if descending.is_some() {
            SortOrder::Descending
        } else {
            SortOrder::Ascending
        },
        nulls: if reversed.is_some() {
            NullsOrder::Reversed
        } else {
            NullsOrder::Default
        },
        operator: with.then(|| options.string("with")).flatten(),
    }
}

/// `exclude(elements(room with = "=", during with = "&&"), …)`.
pub(super) fn exclude(item: &Item, mistakes: &Mistakes) -> Option<ExcludeOption> {
    let mut options = item.options(mistakes)?;
    let elements = options
        .one("elements")
        .map(|list| elements(&list, mistakes));
    let name = options.string("name");
    let method = options.string("method");
    let predicate = options.string("where");
    let deferrable = deferrable(&mut options);
    if options.finish() && elements.is_none() {
        mistakes.at(
            &item.name,
            "`exclude(…)` compares nothing; say `exclude(elements(room with = \"=\"))`",
        );
    }
    Some(ExcludeOption {
        span: item.name.span(),
        name,
        method,
        elements: elements?,
        predicate,
        deferrable,
    })
}
