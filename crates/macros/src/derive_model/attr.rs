//! The options of `#[model(…)]` as they are typed, each with its place. Nothing here looks at two
//! options at once, or at a field's type.

use limbeck_core::schema::model::ModelIdentity;
use limbeck_core::schema::object::{
    Action, Deferrable, IdentityMode, MatchType, NullsOrder, SortOrder,
};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, LitStr, Path};

use crate::mistakes::Mistakes;
use crate::options::{Item, Options, split, unknown};

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

/// `primary_key(…)`, `unique(…)`.
pub(super) struct KeyOption {
    pub(super) columns: Vec<Ident>,
    pub(super) name: Option<LitStr>,
    pub(super) include: Vec<Ident>,
    pub(super) nulls_not_distinct: bool,
    pub(super) deferrable: Deferrable,
}

/// `index(…)`.
pub(super) struct IndexOption {
    pub(super) span: Span,
    pub(super) name: Option<LitStr>,
    pub(super) unique: bool,
    pub(super) method: Option<LitStr>,
    pub(super) elements: Vec<ElementOption>,
    pub(super) include: Vec<Ident>,
    pub(super) predicate: Option<LitStr>,
    pub(super) nulls_not_distinct: bool,
    pub(super) storage: Vec<(String, String)>,
}

/// `author_id desc nulls_last`, `expr = "lower(title)" opclass = "text_pattern_ops"`.
pub(super) struct ElementOption {
    pub(super) key: ElementKey,
    pub(super) modifiers: Modifiers,
}

/// What an element is over.
pub(super) enum ElementKey {
    Column(Ident),
    Expression(LitStr),
}

/// What stands behind an element.
#[derive(Default)]
pub(super) struct Modifiers {
    pub(super) collation: Option<LitStr>,
    pub(super) operator_class: Option<String>,
    pub(super) order: SortOrder,
    pub(super) nulls: NullsOrder,
    pub(super) operator: Option<LitStr>,
}

/// `check = "…"`, `check(…)`.
pub(super) struct CheckOption {
    pub(super) expression: LitStr,
    pub(super) name: Option<LitStr>,
    pub(super) no_inherit: bool,
    pub(super) not_valid: bool,
}

/// `exclude(…)`.
pub(super) struct ExcludeOption {
    pub(super) span: Span,
    pub(super) name: Option<LitStr>,
    pub(super) method: Option<LitStr>,
    pub(super) elements: Vec<ElementOption>,
    pub(super) predicate: Option<LitStr>,
    pub(super) deferrable: Deferrable,
}

/// `foreign_key(…)` of a struct, `references(…)` of a field.
pub(super) struct ForeignKeyOption {
    pub(super) span: Span,
    pub(super) columns: Vec<Ident>,
    pub(super) target: Target,
    pub(super) referenced: Vec<String>,
    pub(super) name: Option<LitStr>,
    pub(super) match_type: MatchType,
    pub(super) on_delete: Option<(Action, Vec<Ident>)>,
    pub(super) on_update: Option<Action>,
    pub(super) deferrable: Deferrable,
    pub(super) not_valid: bool,
}

/// The table that a foreign key refers to.
pub(super) enum Target {
    /// A model.
    Model(Path),
    /// A table that no model states.
    Table {
        schema: Option<String>,
        table: String,
    },
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
    if skip.is_some() {
        let beside_skip = !options.into_items().is_empty();
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
        references: collect(options.all("references"), |item| references(item, mistakes)),
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

/// `columns(a, b), name = "…", …`, or nothing but the columns.
fn listed_key(item: &Item, mistakes: &Mistakes) -> Option<KeyOption> {
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
    options.finish();
    let columns = some_columns(item, read.columns, mistakes)?;
    Some(KeyOption { columns, ..read })
}

/// `unique`, or `unique(name = "…", …)` of a field.
fn field_key(item: &Item, mistakes: &Mistakes) -> Option<KeyOption> {
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

fn some_columns(item: &Item, columns: Vec<Ident>, mistakes: &Mistakes) -> Option<Vec<Ident>> {
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

fn deferrable(options: &mut Options<'_>) -> Deferrable {
    let deferrable = options.flag("deferrable");
    match (options.flag("initially_deferred"), deferrable) {
        (Some(_), _) => Deferrable::Deferred,
        (None, Some(_)) => Deferrable::Immediate,
        (None, None) => Deferrable::NotDeferrable,
    }
}

/// `index(columns(a, b desc), where = "…", …)`.
fn listed_index(item: &Item, mistakes: &Mistakes) -> Option<IndexOption> {
    let mut options = item.options(mistakes)?;
    let elements = options
        .one("columns")
        .map(|columns| elements(&columns, mistakes));
    let read = index_options(item.name.span(), &mut options);
    options.finish();
    let elements = elements.unwrap_or_default();
    if elements.is_empty() {
        mistakes.at(
            &item.name,
            "`index(…)` names no columns; say `index(columns(…))`",
        );
        return None;
    }
    Some(IndexOption { elements, ..read })
}

/// `index`, or `index(desc, method = "…", …)` of a field.
fn field_index(item: &Item, mistakes: &Mistakes) -> Option<(IndexOption, Modifiers)> {
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

/// `check = "…"`, `check(expr = "…", name = "…")`.
fn check(item: &Item, mistakes: &Mistakes) -> Option<CheckOption> {
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
    options.finish();
    if expression.is_none() {
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

/// `exclude(elements(room with = "=", during with = "&&"), …)`.
fn exclude(item: &Item, mistakes: &Mistakes) -> Option<ExcludeOption> {
    let mut options = item.options(mistakes)?;
    let elements = options
        .one("elements")
        .map(|list| elements(&list, mistakes));
    let read = ExcludeOption {
        span: item.name.span(),
        name: options.string("name"),
        method: options.string("method"),
        elements: elements.unwrap_or_default(),
        predicate: options.string("where"),
        deferrable: deferrable(&mut options),
    };
    options.finish();
    if read.elements.is_empty() {
        mistakes.at(
            &item.name,
            "`exclude(…)` compares nothing; say `exclude(elements(room with = \"=\"))`",
        );
        return None;
    }
    Some(read)
}

/// `foreign_key(columns(a, b), references(User), referenced(x, y), …)`.
fn foreign_key(item: &Item, mistakes: &Mistakes) -> Option<ForeignKeyOption> {
    let mut options = item.options(mistakes)?;
    let columns = options.names("columns");
    let target = options.one("references");
    let referenced = options.names("referenced");
    let rules = rules(&mut options);
    options.finish();
    let Some(target) = target else {
        mistakes.at(
            &item.name,
            "`foreign_key(…)` lacks the other table; say `references(Model)` in it",
        );
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
fn references(item: &Item, mistakes: &Mistakes) -> Option<ForeignKeyOption> {
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
fn on_delete(item: &Item, mistakes: &Mistakes) -> Option<(Action, Vec<Ident>)> {
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

fn on_update(item: &Item, mistakes: &Mistakes) -> Option<Action> {
    let word = item.parse(mistakes, "cascade", Ident::parse)?;
    one_of(item, &word, "action", &ACTIONS, mistakes)
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

fn punct(character: char) -> TokenTree {
    TokenTree::Punct(proc_macro2::Punct::new(
        character,
        proc_macro2::Spacing::Alone,
    ))
}
