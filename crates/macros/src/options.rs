//! Attribute syntax: comma-separated options, each a name alone, with a value, or with a list.
//!
//! An [`Options`] is taken apart by name; what is left when it is finished is unknown, and is
//! answered with the near ones of the names that were asked for. What an option means is not
//! decided here.

use std::str::FromStr;

use limbeck_core::error::near;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitBool, LitInt, LitStr, Meta, Path};

use crate::mistakes::Mistakes;

/// Options that have been typed and not yet been taken.
pub(crate) struct Options<'a> {
    pub(crate) mistakes: &'a Mistakes,
    items: Vec<Item>,
    known: Vec<&'static str>,
}

/// One option.
pub(crate) struct Item {
    /// Its name.
    pub(crate) name: Ident,
    value: Value,
}

enum Value {
    /// `unique`
    Nothing,
    /// `default = "now()"`
    Assigned(TokenStream),
    /// `index(…)`
    List(TokenStream),
}

impl<'a> Options<'a> {
    /// The options of every `#[name(…)]` among attributes.
    pub(crate) fn of_attributes(
        attributes: &[Attribute],
        name: &str,
        mistakes: &'a Mistakes,
    ) -> Self {
        let mut items = Vec::new();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident(name))
        {
            match &attribute.meta {
                Meta::List(list) => items.extend(parse_items(list.tokens.clone(), mistakes)),
                Meta::Path(_) | Meta::NameValue(_) => {
                    mistakes.at(&attribute.meta, format_args!("expected `#[{name}(…)]`"));
                }
            }
        }
        Self {
            mistakes,
            items,
            known: Vec::new(),
        }
    }

    /// The options in tokens.
    pub(crate) fn of_tokens(tokens: TokenStream, mistakes: &'a Mistakes) -> Self {
        Self::of_items(parse_items(tokens, mistakes), mistakes)
    }

    /// Options that were told apart elsewhere.
    pub(crate) fn of_items(items: Vec<Item>, mistakes: &'a Mistakes) -> Self {
        Self {
            mistakes,
            items,
            known: Vec::new(),
        }
    }

    /// Takes every option of a name.
    pub(crate) fn all(&mut self, name: &'static str) -> Vec<Item> {
        self.known.push(name);
        let (taken, left) = std::mem::take(&mut self.items)
            .into_iter()
            .partition(|item| item.is(name));
        self.items = left;
        taken
    }

    /// Takes the one option of a name.
    pub(crate) fn one(&mut self, name: &'static str) -> Option<Item> {
        let mut taken = self.all(name).into_iter();
        let first = taken.next();
        for again in taken {
            self.mistakes
                .at(&again.name, format_args!("`{name}` is given twice"));
        }
        first
    }

    /// Takes an option without a value: where it stands.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<Span> {
        let item = self.one(name)?;
        if !matches!(item.value, Value::Nothing) {
            self.mistakes
                .at(&item, format_args!("`{name}` takes no value"));
        }
        Some(item.name.span())
    }

    /// Takes `name = "text"`.
    pub(crate) fn string(&mut self, name: &'static str) -> Option<LitStr> {
        self.one(name)?.string(self.mistakes)
    }

    /// Takes `name = 1`.
    pub(crate) fn integer<N: FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Option<(N, Span)> {
        let item = self.one(name)?;
        let (digits, span) =
            item.parse(self.mistakes, "1", |input: syn::parse::ParseStream<'_>| {
                let minus: Option<syn::Token![-]> = input.parse()?;
                let literal: LitInt = input.parse()?;
                let sign = if minus.is_some() { "-" } else { "" };
                Ok((format!("{sign}{}", literal.base10_digits()), literal.span()))
            })?;
        match digits.parse() {
            Ok(number) => Some((number, span)),
            Err(error) => {
                self.mistakes
                    .on(span, format_args!("`{}`: {error}", item.typed()));
                None
            }
        }
    }

    /// Takes `name = true` or `name = false`; the bare name is `true`.
    pub(crate) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let item = self.one(name)?;
        match item.value {
            Value::Nothing => Some(true),
            _ => Some(item.parse(self.mistakes, "false", LitBool::parse)?.value),
        }
    }

    /// Takes `name = path` or `name = "path"`.
    pub(crate) fn path(&mut self, name: &'static str) -> Option<Path> {
        self.one(name)?.path(self.mistakes)
    }

    /// Takes `name(a, b)`: names of columns; none where it is not given.
    pub(crate) fn names(&mut self, name: &'static str) -> Vec<Ident> {
        self.one(name)
            .map(|item| item.names(self.mistakes))
            .unwrap_or_default()
    }

    /// Reports what is left as unknown; whether there was nothing left.
    pub(crate) fn finish(self) -> bool {
        let Self {
            mistakes,
            items,
            known,
        } = self;
        let complete = items.is_empty();
        for item in items {
            mistakes.at(&item, unknown("option", &item.typed(), &item.key(), &known));
        }
        complete
    }

    /// What is left, whatever it is called.
    pub(crate) fn into_items(self) -> Vec<Item> {
        self.items
    }
}

impl Item {
    /// An option of a name and what is assigned to it, if anything.
    pub(crate) fn new(name: Ident, assigned: Option<TokenStream>) -> Self {
        Self {
            name,
            value: assigned.map_or(Value::Nothing, Value::Assigned),
        }
    }

    /// Whether it is called so.
    fn is(&self, name: &str) -> bool {
        self.name == name || self.key() == name
    }

    fn key(&self) -> String {
        self.name.unraw().to_string()
    }

    /// As it was typed, with a list shortened.
    pub(crate) fn typed(&self) -> String {
        match &self.value {
            Value::Nothing => self.key(),
            Value::Assigned(value) => format!("{} = {value}", self.key()),
            Value::List(_) => format!("{}(…)", self.key()),
        }
    }

    /// Whether nothing but its name was typed.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.value, Value::Nothing)
    }

    /// What is assigned to it.
    pub(crate) fn assigned(&self) -> Option<&TokenStream> {
        match &self.value {
            Value::Assigned(value) => Some(value),
            Value::Nothing | Value::List(_) => None,
        }
    }

    /// What stands in its parentheses.
    pub(crate) fn listed(&self) -> Option<&TokenStream> {
        match &self.value {
            Value::List(list) => Some(list),
            Value::Nothing | Value::Assigned(_) => None,
        }
    }

    /// What stands in its parentheses, where there must be some.
    pub(crate) fn list(&self, mistakes: &Mistakes) -> Option<TokenStream> {
        if self.listed().is_none() {
            mistakes.at(
                self,
                format_args!(
                    "expected a list: `{}(…)`, not `{}`",
                    self.key(),
                    self.typed()
                ),
            );
        }
        self.listed().cloned()
    }

    /// The options in its parentheses.
    pub(crate) fn options<'a>(&self, mistakes: &'a Mistakes) -> Option<Options<'a>> {
        Some(Options::of_tokens(self.list(mistakes)?, mistakes))
    }

    /// A text that is assigned.
    pub(crate) fn string(&self, mistakes: &Mistakes) -> Option<LitStr> {
        self.parse(mistakes, "\"…\"", <LitStr as Parse>::parse)
    }

    /// A path that is assigned, bare or in quotes.
    pub(crate) fn path(&self, mistakes: &Mistakes) -> Option<Path> {
        self.parse(mistakes, "path", |input: syn::parse::ParseStream<'_>| {
            if input.peek(LitStr) {
                input.parse::<LitStr>()?.parse()
            } else {
                input.parse()
            }
        })
    }

    /// The names in its parentheses.
    pub(crate) fn names(&self, mistakes: &Mistakes) -> Vec<Ident> {
        let Some(list) = self.list(mistakes) else {
            return Vec::new();
        };
        let parts = split(list);
        parts
            .into_iter()
            .filter_map(|part| parse_name(part, mistakes))
            .collect()
    }

    /// What is assigned, by a parser; `example` shows what is expected.
    pub(crate) fn parse<P: Parser>(
        &self,
        mistakes: &Mistakes,
        example: &str,
        parser: P,
    ) -> Option<P::Output> {
        let parsed = self
            .assigned()
            .and_then(|value| parser.parse2(value.clone()).ok());
        if parsed.is_none() {
            let key = self.key();
            mistakes.at(
                self,
                format_args!("expected `{key} = {example}`, not `{}`", self.typed()),
            );
        }
        parsed
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
        match &self.value {
            Value::Nothing => {}
            Value::Assigned(value) | Value::List(value) => value.to_tokens(tokens),
        }
    }
}

/// What to say of a word that nobody knows.
pub(crate) fn unknown(what: &str, typed: &str, key: &str, known: &[&'static str]) -> String {
    let near = near(key, known.iter().copied());
    if let Some(nearest) = near.first() {
        return format!("unknown {what} `{typed}`; did you mean `{nearest}`?");
    }
    let mut known = known.to_vec();
    known.sort_unstable();
    format!(
        "unknown {what} `{typed}`; there are `{}`",
        known.join("`, `")
    )
}

/// Splits tokens at their commas; a trailing comma makes no part.
pub(crate) fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => parts.push(Vec::new()),
            token => parts
                .last_mut()
                .expect("there is one from the start")
                .push(token),
        }
    }
    if parts.last().is_some_and(Vec::is_empty) {
        parts.pop();
    }
    parts
}

/// One name that stands alone, of a field or a column.
fn parse_name(part: Vec<TokenTree>, mistakes: &Mistakes) -> Option<Ident> {
    let tokens: TokenStream = part.into_iter().collect();
    match Ident::parse_any.parse2(tokens.clone()) {
        Ok(name) => Some(name),
        Err(error) => {
            let span = if tokens.is_empty() {
                error.span()
            } else {
                tokens.span()
            };
            mistakes.on(
                span,
                format_args!("expected the name of a field, not `{tokens}`"),
            );
            None
        }
    }
}

fn parse_items(tokens: TokenStream, mistakes: &Mistakes) -> Vec<Item> {
    split(tokens)
        .into_iter()
        .filter_map(|part| parse_item(part, mistakes))
        .collect()
}

/// `name`, `name = value` or `name(list)`.
fn parse_item(part: Vec<TokenTree>, mistakes: &Mistakes) -> Option<Item> {
    let mut part = part.into_iter();
    let name = match part.next() {
        Some(TokenTree::Ident(name)) => name,
        Some(token) => {
            mistakes.at(
                &token,
                format_args!("expected the name of an option, not `{token}`"),
            );
            return None;
        }
        None => {
            mistakes.on(Span::call_site(), "there is nothing between two commas");
            return None;
        }
    };
    let value = match (part.next(), part.as_slice()) {
        (None, _) => Value::Nothing,
        (Some(TokenTree::Punct(equals)), rest) if equals.as_char() == '=' && !rest.is_empty() => {
            Value::Assigned(part.collect())
        }
        (Some(TokenTree::Group(list)), []) if list.delimiter() == Delimiter::Parenthesis => {
            Value::List(list.stream())
        }
        (Some(token), _) => {
            mistakes.at(
                &token,
                format_args!(
                    "expected `,`, `{name} = …` or `{name}(…)` here; options stand between commas"
                ),
            );
            return None;
        }
    };
    Some(Item { name, value })
}
