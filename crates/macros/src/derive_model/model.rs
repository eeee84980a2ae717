//! A model as it was checked: options resolved to columns, and every rule over two facts.
//!
//! A model comes out even where there were mistakes, as complete as it can be: the stub that stands
//! in for it then keeps the rest of the program quiet.

use std::collections::BTreeMap;

use limbeck_core::error::near;
use limbeck_core::schema::model::{
    ModelCheck, ModelExclude, ModelIdentity, ModelIndex, ModelIndexElement, ModelIndexKey, ModelKey,
};
use limbeck_core::schema::object::{Action, Deferrable, MatchType};
use proc_macro2::Span;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, LitStr, Path, Type, parse_quote};

use super::attr::{
    self, CheckOption, ContainerOptions, ElementKey, ElementOption, ExcludeOption, FieldOptions,
    ForeignKeyOption, IndexOption, KeyOption, Modifiers, Target,
};
use super::diesel::{self, DieselColumn, DieselTable};
use super::rust_type::{self, Known};
use crate::case;
use crate::mistakes::Mistakes;

/// A struct that is a table.
pub(super) struct Model {
    pub(super) ident: Ident,
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
        postgres_name(name, mistakes);
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

/// A column with what its field states beside it.
struct FieldColumn {
    ident: Ident,
    column: Column,
    primary_key: Option<Span>,
    diesel: DieselColumn,
    uniques: Vec<KeyOption>,
    indexes: Vec<(IndexOption, Modifiers)>,
    checks: Vec<CheckOption>,
    foreign_keys: Vec<ForeignKeyOption>,
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

fn column(
    field: &Field,
    options: FieldOptions,
    with_diesel: bool,
    mistakes: &Mistakes,
) -> Option<FieldColumn> {
    let ident = field.ident.clone()?;
    let FieldOptions {
        skip,
        beside_skip,
        column,
        diesel_column,
        diesel_embed,
        renamed_from,
        sql_type,
        diesel_type,
        length,
        precision,
        scale,
        nullable,
        primary_key,
        identity,
        default,
        generated,
        collation,
        comment,
        uniques,
        indexes,
        checks,
        references,
        on_delete,
        on_update,
    } = options;
    if let Some(span) = skip {
        if beside_skip {
            mistakes.on(
                span,
                "`skip` says that the field is no column; remove what stands beside it",
            );
        }
        return None;
    }
    if let Some(span) = diesel_embed {
        mistakes.on(span, "an embedded struct is no column; add #[model(skip)]");
        return None;
    }
    for name in [&column, &renamed_from].into_iter().flatten() {
        postgres_name(name, mistakes);
    }
    let name = match (&column, &diesel_column) {
        (Some(column), _) => column.value(),
        (None, Some(diesel)) => diesel.unraw().to_string(),
        (None, None) => ident.unraw().to_string(),
    };
    if column.is_none() && name.len() > limbeck_core::name::MAX_NAME_BYTES {
        mistakes.at(
            &ident,
            "Postgres keeps 63 bytes of a name; say a shorter `column = \"…\"`",
        );
    }

    let inner = rust_type::option(&field.ty);
    let base = inner.unwrap_or(&field.ty);
    let known = rust_type::known(base);
    let optional = inner.is_some() || nullable;
    let said = stated_type(
        sql_type.as_ref(),
        length,
        precision,
        scale,
        known.as_ref(),
        mistakes,
    );

    let exclusive = [
        default.as_ref().map(|(_, span)| ("default", *span)),
        identity.as_ref().map(|(_, span)| ("identity", *span)),
        generated.as_ref().map(|text| ("generated", text.span())),
    ];
    let mut exclusive = exclusive.into_iter().flatten();
    if let Some((first, _)) = exclusive.next() {
        for (second, span) in exclusive {
            mistakes.on(
                span,
                format_args!("a column has one source of values: `{first}` or `{second}`"),
            );
        }
    }
    if let Some((_, span)) = &identity {
        if optional {
            mistakes.on(
                *span,
                "an identity column is never null, so its field is no `Option`",
            );
        } else if sql_type.is_none() && known.as_ref().is_some_and(|known| !known.is_integer()) {
            mistakes.on(*span, "an identity column is an `i16`, `i32` or `i64`");
        }
    }
    if let (Some(span), true) = (primary_key, optional) {
        mistakes.on(
            span,
            "a primary key is never null, so its field is no `Option`",
        );
    }
    let foreign_keys = foreign_key_rules(references, on_delete, on_update, mistakes);

    let diesel = if with_diesel {
        let max_length = length.map(|(length, _)| length);
        let said = said.as_deref();
        let (diesel_type, imports) = diesel::column_type(
            base,
            diesel_type.as_ref(),
            said,
            known.as_ref(),
            optional,
            mistakes,
        );
        DieselColumn {
            ident: diesel_column.unwrap_or_else(|| ident.clone()),
            sql_name: name.clone(),
            max_length,
            sql_type: diesel_type,
            imports,
            docs: docs(&field.attrs),
        }
    } else {
        if let Some(path) = &diesel_type {
            mistakes.at(
                path,
                "`diesel_type` is for `#[model(diesel)]` on the struct, which is not there",
            );
        }
        DieselColumn::absent(&ident)
    };
    let column = Column {
        name,
        ty: field.ty.clone(),
        nullable: match (optional, &sql_type) {
            (true, _) => Nullable::Known(true),
            // A type with `sql_type` need not be a `PgType` at all.
            (false, Some(_)) => Nullable::Known(false),
            (false, None) if known.is_some() => Nullable::Known(false),
            (false, None) => Nullable::Asked,
        },
        sql_type: said.map_or_else(|| ColumnType::Asked(base.clone()), ColumnType::Said),
        renamed_from: text(renamed_from),
        default: default.map(|(text, _)| text),
        identity: identity.map(|(identity, _)| identity),
        generated: text(generated),
        collation: text(collation),
        comment: text(comment),
    };
    Some(FieldColumn {
        ident,
        column,
        primary_key,
        diesel,
        uniques,
        indexes,
        checks,
        foreign_keys,
    })
}

/// The type that the options state, if they state one.
fn stated_type(
    sql_type: Option<&LitStr>,
    length: Option<(u32, Span)>,
    precision: Option<(u16, Span)>,
    scale: Option<(i16, Span)>,
    known: Option<&Known>,
    mistakes: &Mistakes,
) -> Option<String> {
    let modifiers = [
        length.map(|(_, span)| ("length", span)),
        precision.map(|(_, span)| ("precision", span)),
        scale.map(|(_, span)| ("scale", span)),
    ];
    if let Some(sql_type) = sql_type {
        if sql_type.value().trim().is_empty() {
            mistakes.at(sql_type, "a type cannot be empty");
        }
        for (name, span) in modifiers.into_iter().flatten() {
            mistakes.on(
                span,
                format_args!("`sql_type` states the whole type; put the {name} there"),
            );
        }
        return Some(sql_type.value());
    }
    let is = |wanted: Known| known.is_none_or(|known| *known.element() == wanted);
    let array = match known {
        Some(Known::Array {
            element: _,
            nullable: _,
        }) => "[]",
        _ => "",
    };
    if let Some((length, span)) = length {
        if !is(Known::Text) {
            mistakes.on(
                span,
                "`length` is for a `String`; for another type say `sql_type = \"…\"`",
            );
        } else if !(1..=10_485_760).contains(&length) {
            mistakes.on(span, "Postgres takes a `length` from 1 to 10485760");
        }
        return Some(format!("character varying({length}){array}"));
    }
    let number = [
        precision.map(|(_, span)| ("precision", span)),
        scale.map(|(_, span)| ("scale", span)),
    ];
    for (name, span) in number.into_iter().flatten() {
        if !is(Known::Numeric) {
            mistakes.on(
                span,
                format_args!(
                    "`{name}` is for a `Decimal` or `BigDecimal`; for another type say \
                     `sql_type = \"…\"`"
                ),
            );
        }
    }
    match (precision, scale) {
        (Some((precision, span)), _) if !(1..=1000).contains(&precision) => {
            mistakes.on(span, "Postgres takes a `precision` from 1 to 1000");
            None
        }
        (Some((precision, _)), Some((scale, _))) => {
            Some(format!("numeric({precision},{scale}){array}"))
        }
        (Some((precision, _)), None) => Some(format!("numeric({precision},0){array}")),
        (None, Some((_, span))) => {
            mistakes.on(span, "`scale` goes with `precision`");
            None
        }
        (None, None) => None,
    }
}

/// Joins `on_delete` and `on_update` of a field with its `references`.
fn foreign_key_rules(
    mut references: Vec<ForeignKeyOption>,
    on_delete: Option<(Action, Vec<Ident>, Span)>,
    on_update: Option<(Action, Span)>,
    mistakes: &Mistakes,
) -> Vec<ForeignKeyOption> {
    let spans = [
        on_delete.as_ref().map(|(_, _, span)| ("on_delete", *span)),
        on_update.as_ref().map(|(_, span)| ("on_update", *span)),
    ];
    match references.as_mut_slice() {
        [reference] => {
            let twice = [
                reference.on_delete.is_some() && on_delete.is_some(),
                reference.on_update.is_some() && on_update.is_some(),
            ];
            for (twice, place) in twice.into_iter().zip(spans) {
                if let (true, Some((name, span))) = (twice, place) {
                    mistakes.on(span, format_args!("`{name}` is given twice"));
                }
            }
            if let Some((action, columns, _)) = on_delete {
                reference.on_delete = Some((action, columns));
            }
            if let Some((action, _)) = on_update {
                reference.on_update = Some(action);
            }
        }
        [] => {
            for (name, span) in spans.into_iter().flatten() {
                mistakes.on(
                    span,
                    format_args!("`{name}` without `references`; say `references(Model)` as well"),
                );
            }
        }
        _ => {
            for (name, span) in spans.into_iter().flatten() {
                mistakes.on(
                    span,
                    format_args!(
                        "it is open which `references` is meant; put `{name}` into its list"
                    ),
                );
            }
        }
    }
    references
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

fn check_of(option: CheckOption, column: Option<&str>, mistakes: &Mistakes) -> ModelCheck {
    let CheckOption {
        expression,
        name,
        no_inherit,
        not_valid,
    } = option;
    ModelCheck {
        name: constraint_name(name, mistakes),
        column: column.map(str::to_owned),
        expression: expression.value(),
        no_inherit,
        not_valid,
    }
}

/// The columns by the names that options may use: the field's, else the column's.
struct Names {
    by_field: BTreeMap<String, String>,
    columns: Vec<String>,
}

impl Names {
    fn of(fields: &[FieldColumn], mistakes: &Mistakes) -> Self {
        let mut by_field = BTreeMap::new();
        let mut columns: Vec<String> = Vec::new();
        for FieldColumn { ident, column, .. } in fields {
            if columns.contains(&column.name) {
                mistakes.at(
                    ident,
                    format_args!("two fields are the column `{}`", column.name),
                );
            }
            by_field.insert(ident.unraw().to_string(), column.name.clone());
            columns.push(column.name.clone());
        }
        Self { by_field, columns }
    }

    fn column(&self, name: &Ident, mistakes: &Mistakes) -> String {
        let typed = name.unraw().to_string();
        if let Some(column) = self.by_field.get(&typed) {
            return column.clone();
        }
        if !self.columns.contains(&typed) {
            let known = self.by_field.keys().map(String::as_str);
            let hint = near(&typed, known)
                .first()
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            mistakes.at(name, format_args!("there is no field `{typed}`{hint}"));
        }
        typed
    }

    fn list(&self, names: &[Ident], mistakes: &Mistakes) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for name in names {
            let column = self.column(name, mistakes);
            if columns.contains(&column) {
                mistakes.at(name, format_args!("`{name}` is listed twice"));
            }
            columns.push(column);
        }
        columns
    }

    fn key(&self, option: KeyOption, column: Option<&str>, mistakes: &Mistakes) -> ModelKey {
        let KeyOption {
            columns,
            name,
            include,
            nulls_not_distinct,
            deferrable,
        } = option;
        ModelKey {
            name: constraint_name(name, mistakes),
            columns: match column {
                Some(column) => vec![column.to_owned()],
                None => self.list(&columns, mistakes),
            },
            include: self.list(&include, mistakes),
            nulls_not_distinct,
            deferrable,
        }
    }

    fn index(
        &self,
        option: IndexOption,
        column: Option<(&str, Modifiers)>,
        mistakes: &Mistakes,
    ) -> ModelIndex {
        let IndexOption {
            span,
            name,
            unique,
            method,
            elements,
            include,
            predicate,
            nulls_not_distinct,
            storage,
        } = option;
        if nulls_not_distinct && !unique {
            mistakes.on(span, "`nulls_not_distinct` goes with `unique`");
        }
        let elements = match column {
            Some((column, modifiers)) => {
                vec![element_of(ModelIndexKey::Column(column.to_owned()), modifiers).0]
            }
            None => elements
                .into_iter()
                .map(|element| {
                    let (element, operator) = self.element(element, mistakes);
                    if let Some(operator) = operator {
                        mistakes.at(operator, "`with = \"…\"` is for `exclude`");
                    }
                    element
                })
                .collect(),
        };
        ModelIndex {
            name: constraint_name(name, mistakes),
            unique,
            method: method.map_or_else(|| "btree".to_owned(), |method| method.value()),
            elements,
            include: self.list(&include, mistakes),
            predicate: text(predicate),
            nulls_not_distinct,
            storage,
        }
    }

    fn element(
        &self,
        option: ElementOption,
        mistakes: &Mistakes,
    ) -> (ModelIndexElement, Option<LitStr>) {
        let ElementOption { key, modifiers } = option;
        let key = match key {
            ElementKey::Column(name) => ModelIndexKey::Column(self.column(&name, mistakes)),
            ElementKey::Expression(text) => ModelIndexKey::Expression(text.value()),
        };
        element_of(key, modifiers)
    }

    fn exclude(&self, option: ExcludeOption, mistakes: &Mistakes) -> ModelExclude {
        let ExcludeOption {
            span,
            name,
            method,
            elements,
            predicate,
            deferrable,
        } = option;
        let mut compared = Vec::new();
        for element in elements {
            let (element, operator) = self.element(element, mistakes);
            match operator {
                Some(operator) => compared.push((element, operator.value())),
                None => {
                    mistakes.on(
                        span,
                        "every element of `exclude` needs its operator: `with = \"…\"`",
                    );
                }
            }
        }
        ModelExclude {
            name: constraint_name(name, mistakes),
            method: method.map_or_else(|| "gist".to_owned(), |method| method.value()),
            elements: compared,
            predicate: text(predicate),
            deferrable,
        }
    }

    fn foreign_key(
        &self,
        option: ForeignKeyOption,
        column: Option<&str>,
        mistakes: &Mistakes,
    ) -> ForeignKey {
        let ForeignKeyOption {
            span,
            columns,
            target,
            referenced,
            name,
            match_type,
            on_delete,
            on_update,
            deferrable,
            not_valid,
        } = option;
        let columns = match column {
            Some(column) => vec![column.to_owned()],
            None => self.list(&columns, mistakes),
        };
        if !referenced.is_empty() && referenced.len() != columns.len() {
            mistakes.on(
                span,
                format_args!(
                    "a foreign key of {} refers to {}",
                    counted(columns.len()),
                    counted(referenced.len())
                ),
            );
        }
        let (on_delete, on_delete_columns) = on_delete.unwrap_or_default();
        let on_delete_columns = self.list(&on_delete_columns, mistakes);
        if let Some(stray) = on_delete_columns
            .iter()
            .find(|column| !columns.contains(column))
        {
            mistakes.on(
                span,
                format_args!("`on_delete` sets `{stray}`, which is no column of this foreign key"),
            );
        }
        ForeignKey {
            name: constraint_name(name, mistakes),
            columns,
            target,
            referenced,
            match_type,
            on_update: on_update.unwrap_or_default(),
            on_delete,
            on_delete_columns,
            deferrable,
            not_valid,
        }
    }
}

fn element_of(key: ModelIndexKey, modifiers: Modifiers) -> (ModelIndexElement, Option<LitStr>) {
    let Modifiers {
        collation,
        operator_class,
        order,
        nulls,
        operator,
    } = modifiers;
    let collation = text(collation);
    (
        ModelIndexElement {
            key,
            collation,
            operator_class,
            order,
            nulls,
        },
        operator,
    )
}

fn counted(columns: usize) -> String {
    if columns == 1 {
        "one column".to_owned()
    } else {
        format!("{columns} columns")
    }
}

fn constraint_name(name: Option<LitStr>, mistakes: &Mistakes) -> Option<String> {
    if let Some(name) = &name {
        postgres_name(name, mistakes);
    }
    text(name)
}

/// Reports a name that Postgres cannot hold.
fn postgres_name(name: &LitStr, mistakes: &Mistakes) {
    if let Err(error) = limbeck_core::Ident::new(name.value()) {
        mistakes.at(name, error);
    }
}

fn text(literal: Option<LitStr>) -> Option<String> {
    literal.map(|literal| literal.value())
}

fn docs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect()
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
