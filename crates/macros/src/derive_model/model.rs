//! A model as it was checked: options resolved to columns, and every rule over two facts.
//!
//! A model comes out even where there were mistakes, as complete as it can be: the stub that stands
//! in for it then keeps the rest of the program quiet.

use limbeck_core::schema::model::{ModelCheck, ModelExclude, ModelIdentity, ModelIndex, ModelKey};
use limbeck_core::schema::object::{Action, Deferrable, MatchType};
use proc_macro2::Span;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, Generics, Ident, LitStr, Path, Type, parse_quote};

use super::attr::{self, ContainerOptions, KeyOption, Target};
use super::diesel::{self, DieselTable};
use crate::case;
use crate::mistakes::Mistakes;
use crate::sql_name::{check_name, text};

mod column;
mod resolve;

use column::{FieldColumn, column};
use resolve::{Names, check_of};

/// A struct that is a table.
pub(super) struct Model {
    pub(super) ident: Ident,
    /// None but in a stub.
    pub(super) generics: Generics,
    /// The path of the crate `limbeck`.
    pub(super) krate: Path,
    pub(super) register: bool,
    pub(super) diesel: Option<DieselTable>,
    pub(super) schema: Option<String>,
    pub(super) table: String,
    pub(super) renamed_from: Option<String>,
    pub(super) unlogged: bool,
    pub(super) comment: Option<String>,
    pub(super) columns: Vec<Column>,
    pub(super) primary_key: Option<ModelKey>,
    pub(super) uniques: Vec<ModelKey>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) checks: Vec<ModelCheck>,
    pub(super) excludes: Vec<ModelExclude>,
    pub(super) indexes: Vec<ModelIndex>,
}

/// A field that is a column.
pub(super) struct Column {
    pub(super) field: Ident,
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) sql_type: ColumnType,
    pub(super) nullable: Nullable,
    pub(super) renamed_from: Option<String>,
    pub(super) default: Option<String>,
    pub(super) identity: Option<ModelIdentity>,
    pub(super) generated: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) comment: Option<String>,
}

/// Where the type of a column comes from.
pub(super) enum ColumnType {
    /// The Rust type answers, without the `Option` around it.
    Asked(Type),
    /// The model states it.
    Said(String),
}

/// Whether a column may hold nulls.
pub(super) enum Nullable {
    /// By the spelling of the type, or because the field says so.
    Known(bool),
    /// The Rust type answers: it may be an alias of an `Option`.
    Asked,
}

/// A foreign key with the table it refers to.
pub(super) struct ForeignKey {
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) target: Target,
    pub(super) referenced: Vec<String>,
    pub(super) match_type: MatchType,
    pub(super) on_update: Action,
    pub(super) on_delete: Action,
    pub(super) on_delete_columns: Vec<String>,
    pub(super) deferrable: Deferrable,
    pub(super) not_valid: bool,
}

/// Checks a struct and its options.
pub(super) fn check(
    input: &DeriveInput,
    container: ContainerOptions,
    mistakes: &Mistakes,
) -> Model {
    let ContainerOptions {
        table,
        schema,
        renamed_from,
        comment,
        unlogged,
        diesel,
        diesel_table,
        register,
        krate,
        primary_key,
        uniques,
        indexes,
        checks,
        excludes,
        foreign_keys,
    } = container;
    if !input.generics.params.is_empty() {
        mistakes.at(
            &input.generics,
            "a model has one table, so it cannot be generic; remove the parameters",
        );
    }
    for name in [&table, &schema, &renamed_from].into_iter().flatten() {
        check_name(name, mistakes);
    }
    let table_name = match (&table, &diesel_table) {
        (Some(table), _) => table.value(),
        (None, Some(path)) => path
            .segments
            .last()
            .map_or_else(String::new, |last| last.ident.unraw().to_string()),
        (None, None) => format!("{}s", case::snake(&input.ident.unraw().to_string())),
    };
    let fields = fields(input, mistakes);
    let fields: Vec<FieldColumn> = fields
        .into_iter()
        .filter_map(|field| {
            let options = attr::field(&field.attrs, mistakes);
            column(field, options, diesel.is_some(), mistakes)
        })
        .collect();
    let names = Names::of(&fields, mistakes);

    let primary_key = primary_key_of(primary_key, &fields, &names, mistakes);
    let mut model = Model {
        ident: input.ident.clone(),
        generics: input.generics.clone(),
        krate: krate.unwrap_or_else(|| parse_quote!(::limbeck)),
        register: register.unwrap_or(true),
        diesel: None,
        schema: schema.as_ref().map(LitStr::value),
        table: table_name,
        renamed_from: text(renamed_from),
        unlogged,
        comment: text(comment),
        columns: Vec::new(),
        primary_key,
        uniques: uniques
            .into_iter()
            .map(|key| names.key(key, None, mistakes))
            .collect(),
        foreign_keys: foreign_keys
            .into_iter()
            .map(|key| names.foreign_key(key, None, mistakes))
            .collect(),
        checks: checks
            .into_iter()
            .map(|option| check_of(option, None, mistakes))
            .collect(),
        excludes: excludes
            .into_iter()
            .map(|option| names.exclude(option, mistakes))
            .collect(),
        indexes: indexes
            .into_iter()
            .map(|option| names.index(option, None, mistakes))
            .collect(),
    };
    let mut diesel_columns = Vec::new();
    for field in fields {
        let FieldColumn {
            ident: _,
            column,
            primary_key: _,
            diesel,
            uniques,
            indexes,
            checks,
            foreign_keys,
        } = field;
        let name = Some(column.name.as_str());
        model.uniques.extend(
            uniques
                .into_iter()
                .map(|key| names.key(key, name, mistakes)),
        );
        model
            .indexes
            .extend(indexes.into_iter().map(|(index, modifiers)| {
                names.index(index, Some((&column.name, modifiers)), mistakes)
            }));
        model.checks.extend(
            checks
                .into_iter()
                .map(|option| check_of(option, name, mistakes)),
        );
        model.foreign_keys.extend(
            foreign_keys
                .into_iter()
                .map(|key| names.foreign_key(key, name, mistakes)),
        );
        model.columns.push(column);
        diesel_columns.push(diesel);
    }
    if let Some(span) = diesel {
        let table = DieselTable {
            module: diesel_table.as_ref().and_then(Path::get_ident).cloned(),
            columns: diesel_columns,
        };
        diesel::check(span, &table, &model, schema.as_ref(), mistakes);
        model.diesel = Some(table);
    }
    model
}

/// The module that `table!` makes: Diesel's own name for it, else the table's as an identifier.
pub(super) fn module_ident(module: Option<&Ident>, table: &str, span: Span) -> Option<Ident> {
    if let Some(module) = module {
        return Some(module.clone());
    }
    match syn::parse_str::<Ident>(table) {
        Ok(_) => Some(Ident::new(table, span)),
        // A keyword, as a raw identifier.
        Err(_) => syn::parse_str::<Ident>(&format!("r#{table}"))
            .ok()
            .map(|_| format_ident!("r#{table}", span = span)),
    }
}

fn fields<'a>(input: &'a DeriveInput, mistakes: &Mistakes) -> Vec<&'a Field> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return fields.named.iter().collect(),
            Fields::Unnamed(_) | Fields::Unit => {}
        },
        Data::Enum(_) => {
            mistakes.at(
                &input.ident,
                "only a struct with named fields can be a table; an enum type is made by \
                 `#[derive(PgEnum)]`",
            );
            return Vec::new();
        }
        Data::Union(_) => {}
    }
    mistakes.at(
        &input.ident,
        "only a struct with named fields can be a table",
    );
    Vec::new()
}

fn primary_key_of(
    stated: Option<KeyOption>,
    fields: &[FieldColumn],
    names: &Names,
    mistakes: &Mistakes,
) -> Option<ModelKey> {
    let flagged: Vec<&FieldColumn> = fields
        .iter()
        .filter(|field| field.primary_key.is_some())
        .collect();
    let Some(stated) = stated else {
        let columns: Vec<String> = flagged
            .iter()
            .map(|field| field.column.name.clone())
            .collect();
        return (!columns.is_empty()).then(|| ModelKey {
            columns,
            ..ModelKey::default()
        });
    };
    for span in flagged.into_iter().filter_map(|field| field.primary_key) {
        mistakes.on(
            span,
            "the primary key is stated on the struct already; remove one of the two",
        );
    }
    for column in &stated.columns {
        let nullable = fields
            .iter()
            .find(|field| field.ident == *column)
            .is_some_and(|field| matches!(field.column.nullable, Nullable::Known(true)));
        if nullable {
            mistakes.at(
                column,
                "a primary key is never null, so its field is no `Option`",
            );
        }
    }
    Some(names.key(stated, None, mistakes))
}
