//! The options of `#[model(…)]` as they are typed, each with its place. Nothing here looks at two
//! options at once, or at a field's type.

use limbeck_core::schema::model::ModelIdentity;
use limbeck_core::schema::object::{Action, IdentityMode};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, LitStr, Path};

use crate::mistakes::Mistakes;
use crate::options::{Item, Options, unknown};

mod foreign_key;
mod index;
mod key;

pub(super) use foreign_key::{ForeignKeyOption, Target};
pub(super) use index::{ElementKey, ElementOption, ExcludeOption, IndexOption, Modifiers};
pub(super) use key::{CheckOption, KeyOption};

use foreign_key::{foreign_key, on_delete, on_update, references};
use index::{exclude, field_index, listed_index};
use key::{check, field_key, listed_key};

/// What stands on the struct.
#[derive(Default)]
pub(super) struct ContainerOptions {
    pub(super) table: Option<LitStr>,
    pub(super) schema: Option<LitStr>,
    pub(super) renamed_from: Option<LitStr>,
    pub(super) comment: Option<LitStr>,
    pub(super) unlogged: bool,
    pub(super) diesel: Option<Span>,
    pub(super) diesel_table: Option<Path>,
    pub(super) register: Option<bool>,
    pub(super) krate: Option<Path>,
    pub(super) primary_key: Option<KeyOption>,
    pub(super) uniques: Vec<KeyOption>,
    pub(super) indexes: Vec<IndexOption>,
    pub(super) checks: Vec<CheckOption>,
    pub(super) excludes: Vec<ExcludeOption>,
    pub(super) foreign_keys: Vec<ForeignKeyOption>,
}

/// What stands on a field.
#[derive(Default)]
pub(super) struct FieldOptions {
    pub(super) skip: Option<Span>,
    /// Whether anything stands beside `skip`.
    pub(super) beside_skip: bool,
    pub(super) column: Option<LitStr>,
    pub(super) diesel_column: Option<Ident>,
    pub(super) diesel_embed: Option<Span>,
    pub(super) renamed_from: Option<LitStr>,
    pub(super) sql_type: Option<LitStr>,
    pub(super) diesel_type: Option<Path>,
    pub(super) length: Option<(u32, Span)>,
    pub(super) precision: Option<(u16, Span)>,
    pub(super) scale: Option<(i16, Span)>,
    pub(super) nullable: bool,
    pub(super) primary_key: Option<Span>,
    pub(super) identity: Option<(ModelIdentity, Span)>,
    pub(super) default: Option<(String, Span)>,
    pub(super) generated: Option<LitStr>,
    pub(super) collation: Option<LitStr>,
    pub(super) comment: Option<LitStr>,
    pub(super) uniques: Vec<KeyOption>,
    pub(super) indexes: Vec<(IndexOption, Modifiers)>,
    pub(super) checks: Vec<CheckOption>,
    pub(super) references: Vec<ForeignKeyOption>,
    /// Whether a `references` stands there, understood or not.
    pub(super) refers: bool,
    pub(super) on_delete: Option<(Action, Vec<Ident>, Span)>,
    pub(super) on_update: Option<(Action, Span)>,
}

/// Reads the options of a struct.
pub(super) fn container(attributes: &[Attribute], mistakes: &Mistakes) -> ContainerOptions {
    let mut options = Options::of_attributes(attributes, "model", mistakes);
    let read = ContainerOptions {
        table: options.string("table"),
        schema: options.string("schema"),
        renamed_from: options.string("renamed_from"),
        comment: options.string("comment"),
        unlogged: options.flag("unlogged").is_some(),
        diesel: options.flag("diesel"),
        diesel_table: diesel_value(attributes, "table_name", Path::parse_mod_style),
        register: options.boolean("register"),
        krate: options.path("crate"),
        primary_key: options
            .one("primary_key")
            .and_then(|item| listed_key(&item, mistakes)),
        uniques: collect(options.all("unique"), |item| listed_key(item, mistakes)),
        indexes: collect(options.all("index"), |item| listed_index(item, mistakes)),
        checks: collect(options.all("check"), |item| check(item, mistakes)),
        excludes: collect(options.all("exclude"), |item| exclude(item, mistakes)),
        foreign_keys: collect(options.all("foreign_key"), |item| {
            foreign_key(item, mistakes)
        }),
    };
    options.finish();
    read
}

/// Reads the options of a field.
pub(super) fn field(attributes: &[Attribute], mistakes: &Mistakes) -> FieldOptions {
    let mut options = Options::of_attributes(attributes, "model", mistakes);
    let diesel_column = diesel_value(attributes, "column_name", |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            input.parse::<LitStr>()?.parse_with(Ident::parse_any)
        } else {
            Ident::parse_any(input)
        }
    });
    let skip = options.flag("skip");
    let references_items = options.all("references");
    if skip.is_some() {
        let beside_skip = !references_items.is_empty() || !options.into_items().is_empty();
        return FieldOptions {
            skip,
            beside_skip,
            ..FieldOptions::default()
        };
    }
    let read = FieldOptions {
        skip,
        beside_skip: false,
        column: options.string("column"),
        diesel_column,
        diesel_embed: diesel_flag(attributes, "embed"),
        renamed_from: options.string("renamed_from"),
        sql_type: options.string("sql_type"),
        diesel_type: options.path("diesel_type"),
        length: options.integer("length"),
        precision: options.integer("precision"),
        scale: options.integer("scale"),
        nullable: options.flag("nullable").is_some(),
        primary_key: options.flag("primary_key"),
        identity: options
            .one("identity")
            .and_then(|item| identity(&item, mistakes)),
        default: options
            .one("default")
            .and_then(|item| default(&item, mistakes)),
        generated: options.string("generated"),
        collation: options.string("collation"),
        comment: options.string("comment"),
        uniques: collect(options.all("unique"), |item| field_key(item, mistakes)),
        indexes: collect(options.all("index"), |item| field_index(item, mistakes)),
        checks: collect(options.all("check"), |item| check(item, mistakes)),
        refers: !references_items.is_empty(),
        references: collect(references_items, |item| references(item, mistakes)),
        on_delete: options.one("on_delete").and_then(|item| {
            let (action, columns) = on_delete(&item, mistakes)?;
            Some((action, columns, item.name.span()))
        }),
        on_update: options
            .one("on_update")
            .and_then(|item| Some((on_update(&item, mistakes)?, item.name.span()))),
    };
    options.finish();
    read
}

fn collect<T>(items: Vec<Item>, read: impl Fn(&Item) -> Option<T>) -> Vec<T> {
    items.iter().filter_map(read).collect()
}

/// The value of an option of Diesel's own attribute; whatever else stands there is Diesel's affair.
fn diesel_value<P: Parser + Copy>(
    attributes: &[Attribute],
    name: &str,
    parser: P,
) -> Option<P::Output> {
    diesel_items(attributes).into_iter().find_map(|item| {
        let value = item.assigned().filter(|_| item.name == name)?;
        parser.parse2(value.clone()).ok()
    })
}

fn diesel_flag(attributes: &[Attribute], name: &str) -> Option<Span> {
    diesel_items(attributes)
        .into_iter()
        .find(|item| item.name == name && item.is_bare())
        .map(|item| item.name.span())
}

fn diesel_items(attributes: &[Attribute]) -> Vec<Item> {
    let aside = Mistakes::new();
    let items = Options::of_attributes(attributes, "diesel", &aside).into_items();
    let _ = aside.finish();
    items
}

fn one_of<T: Copy>(
    item: &Item,
    word: &Ident,
    what: &str,
    choices: &[(&'static str, T)],
    mistakes: &Mistakes,
) -> Option<T> {
    if let Some((_, choice)) = choices.iter().find(|(name, _)| word == name) {
        return Some(*choice);
    }
    let names: Vec<&'static str> = choices.iter().map(|(name, _)| *name).collect();
    let what = format!("{what} `{word}` in");
    mistakes.at(
        word,
        unknown(&what, &item.typed(), &word.to_string(), &names),
    );
    None
}

/// `identity`, `identity = always`, `identity(always, start = 100)`. By default a value may be
/// given, so that an `Insertable` which holds the field works.
fn identity(item: &Item, mistakes: &Mistakes) -> Option<(ModelIdentity, Span)> {
    const MODES: [(&str, IdentityMode); 2] = [
        ("always", IdentityMode::Always),
        ("by_default", IdentityMode::ByDefault),
    ];
    let span = item.name.span();
    if item.is_bare() {
        return Some((ModelIdentity::new(IdentityMode::ByDefault), span));
    }
    if item.assigned().is_some() {
        let word = item.parse(mistakes, "always", Ident::parse)?;
        let mode = one_of(item, &word, "mode", &MODES, mistakes)?;
        return Some((ModelIdentity::new(mode), span));
    }
    let mut options = item.options(mistakes)?;
    let always = options.flag("always");
    let by_default = options.flag("by_default");
    if let (Some(_), Some(span)) = (always, by_default) {
        mistakes.on(span, "`always` and `by_default` exclude each other");
    }
    let value = |number: Option<(i64, Span)>| number.map(|(number, _)| number);
    let identity = ModelIdentity {
        mode: if always.is_some() {
            IdentityMode::Always
        } else {
            IdentityMode::ByDefault
        },
        start: value(options.integer("start")),
        increment: value(options.integer("increment")),
        min: value(options.integer("min")),
        max: value(options.integer("max")),
        cache: value(options.integer("cache")),
        cycle: options.boolean("cycle"),
    };
    options.finish();
    Some((identity, span))
}

/// `default = "now()"`, or a bare number, `true` or `false`.
fn default(item: &Item, mistakes: &Mistakes) -> Option<(String, Span)> {
    let text = item.parse(mistakes, "\"now()\"", |input: ParseStream<'_>| {
        let minus: Option<syn::Token![-]> = input.parse()?;
        let sign = if minus.is_some() { "-" } else { "" };
        match input.parse()? {
            syn::Lit::Str(text) if minus.is_none() => Ok(text.value()),
            syn::Lit::Bool(value) if minus.is_none() => Ok(value.value.to_string()),
            syn::Lit::Int(number) => Ok(format!("{sign}{}", number.base10_digits())),
            syn::Lit::Float(number) => Ok(format!("{sign}{}", number.base10_digits())),
            other => Err(syn::Error::new(other.span(), "not a default")),
        }
    })?;
    Some((text, item.name.span()))
}
