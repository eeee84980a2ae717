//! A field as a column: its type, and the rules over the options of one field.

use limbeck_core::name::MAX_NAME_BYTES;
use limbeck_core::schema::object::Action;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Attribute, Field, Ident, LitStr};

use super::{Column, ColumnType, Nullable};
use crate::derive_model::attr::{
    CheckOption, FieldOptions, ForeignKeyOption, IndexOption, KeyOption, Modifiers,
};
use crate::derive_model::diesel::{self, DieselColumn};
use crate::derive_model::rust_type::{self, Known};
use crate::mistakes::Mistakes;
use crate::sql_name::{check_name, text};

/// A column with what its field states beside it.
pub(super) struct FieldColumn {
    pub(super) ident: Ident,
    pub(super) column: Column,
    pub(super) primary_key: Option<Span>,
    pub(super) diesel: DieselColumn,
    pub(super) uniques: Vec<KeyOption>,
    pub(super) indexes: Vec<(IndexOption, Modifiers)>,
    pub(super) checks: Vec<CheckOption>,
    pub(super) foreign_keys: Vec<ForeignKeyOption>,
}

/// Checks a field; `None` where it is no column.
pub(super) fn column(
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
        refers,
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
        check_name(name, mistakes);
    }
    let name = match (&column, &diesel_column) {
        (Some(column), _) => column.value(),
        (None, Some(diesel)) => diesel.unraw().to_string(),
        (None, None) => ident.unraw().to_string(),
    };
    if column.is_none() && name.len() > MAX_NAME_BYTES {
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
    let foreign_keys = foreign_key_rules(references, refers, on_delete, on_update, mistakes);

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
        field: ident.clone(),
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
    refers: bool,
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
        [] if refers => {}
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

fn docs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect()
}
