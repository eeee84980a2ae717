//! The `diesel::table!` of a model: which SQL type of Diesel each column has.
//!
//! `table!` takes no associated type, so types are recognised by their spelling here, and what
//! Diesel makes of them is asserted in the generated code.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, GenericArgument, Ident, LitStr, Path, PathArguments, Type, parse_quote};

use super::model::{Model, module_ident};
use super::rust_type::Known;
use crate::mistakes::Mistakes;

/// What `table!` is told.
pub(super) struct DieselTable {
    /// The name that Diesel's own attribute gives the module.
    pub(super) module: Option<Ident>,
    pub(super) columns: Vec<DieselColumn>,
}

/// One column of it.
pub(super) struct DieselColumn {
    pub(super) ident: Ident,
    pub(super) sql_name: String,
    pub(super) max_length: Option<u32>,
    pub(super) sql_type: TokenStream,
    pub(super) imports: Vec<TokenStream>,
    pub(super) docs: Vec<Attribute>,
}

impl DieselColumn {
    /// For a model without `diesel`.
    pub(super) fn absent(ident: &Ident) -> Self {
        Self {
            ident: ident.clone(),
            sql_name: String::new(),
            max_length: None,
            sql_type: TokenStream::new(),
            imports: Vec::new(),
            docs: Vec::new(),
        }
    }
}

/// Checks what Diesel asks of a table.
pub(super) fn check(
    span: Span,
    table: &DieselTable,
    model: &Model,
    schema: Option<&LitStr>,
    mistakes: &Mistakes,
) {
    if model.primary_key.is_none() {
        mistakes.on(
            span,
            "Diesel takes no table without a primary key; state one",
        );
    }
    if module_ident(table.module.as_ref(), &model.table, span).is_none() {
        mistakes.on(
            span,
            format_args!(
                "`{}` cannot be the name of a module; name it by #[diesel(table_name = …)]",
                model.table
            ),
        );
    }
    if let Some(schema) = schema
        && syn::parse_str::<Ident>(&schema.value()).is_err()
    {
        mistakes.at(
            schema,
            "Diesel's `table!` takes no schema that is not an identifier; write it without `diesel`",
        );
    }
}

/// The Diesel type of a column, and what must be imported for it.
pub(super) fn column_type(
    base: &Type,
    stated: Option<&Path>,
    sql_type: Option<&str>,
    known: Option<&Known>,
    nullable: bool,
    mistakes: &Mistakes,
) -> (TokenStream, Vec<TokenStream>) {
    let mut imports = Vec::new();
    let tokens = match (stated, sql_type) {
        (Some(path), _) => stated_type(path, &mut imports),
        (None, Some(sql_type)) => of_sql(sql_type).unwrap_or_else(|| {
            mistakes.at(
                base,
                format_args!(
                    "no Diesel type is known for `sql_type = \"{sql_type}\"`; add \
                     #[model(diesel_type = \"…\")]"
                ),
            );
            builtin("Text")
        }),
        (None, None) => known.map(of_known).unwrap_or_else(|| {
            mistakes.at(
                base,
                "no Diesel type is known for this Rust type; add #[model(diesel_type = \"…\")]",
            );
            builtin("Text")
        }),
    };
    let says_nullable = stated
        .and_then(|path| path.segments.last())
        .is_some_and(|segment| segment.ident == "Nullable");
    if nullable && !says_nullable {
        return (quote!(::diesel::sql_types::Nullable<#tokens>), imports);
    }
    (tokens, imports)
}

fn builtin(name: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    quote!(::diesel::sql_types::#name)
}

fn of_known(known: &Known) -> TokenStream {
    builtin(match known {
        Known::SmallInt => "SmallInt",
        Known::Integer => "Integer",
        Known::BigInt => "BigInt",
        Known::Float => "Float",
        Known::Double => "Double",
        Known::Bool => "Bool",
        Known::Text => "Text",
        Known::Bytea => "Bytea",
        Known::Char => "CChar",
        Known::Oid => "Oid",
        Known::Date => "Date",
        Known::Time => "Time",
        Known::Timestamp => "Timestamp",
        Known::Timestamptz => "Timestamptz",
        Known::Uuid => "Uuid",
        Known::Json => "Jsonb",
        Known::Numeric => "Numeric",
        Known::Inet => "Inet",
        Known::Array { element, nullable } => {
            let element = of_known(element);
            return if *nullable {
                quote!(::diesel::sql_types::Array<::diesel::sql_types::Nullable<#element>>)
            } else {
                quote!(::diesel::sql_types::Array<#element>)
            };
        }
    })
}

/// Diesel's type for a type of Postgres as people write it.
fn of_sql(sql_type: &str) -> Option<TokenStream> {
    let text = sql_type.trim().to_ascii_lowercase();
    if let Some(element) = text.strip_suffix("[]") {
        let element = of_sql(element)?;
        return Some(quote!(::diesel::sql_types::Array<#element>));
    }
    // `varchar(20)`, `timestamp(3) with time zone`: the modifier does not count.
    let bare = match (text.find('('), text.find(')')) {
        (Some(open), Some(close)) if open < close => {
            format!("{} {}", text[..open].trim(), text[close + 1..].trim())
        }
        _ => text,
    };
    Some(builtin(
        match bare
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .as_str()
        {
            "smallint" | "int2" => "SmallInt",
            "integer" | "int" | "int4" => "Integer",
            "bigint" | "int8" => "BigInt",
            "real" | "float4" => "Float",
            "double precision" | "float8" => "Double",
            "numeric" | "decimal" => "Numeric",
            "boolean" | "bool" => "Bool",
            "text" => "Text",
            "character varying" | "varchar" => "Varchar",
            "character" | "char" | "bpchar" => "Bpchar",
            "\"char\"" => "CChar",
            "citext" => "Citext",
            "bytea" => "Bytea",
            "oid" => "Oid",
            "date" => "Date",
            "time" | "time without time zone" => "Time",
            "timestamp" | "timestamp without time zone" => "Timestamp",
            "timestamptz" | "timestamp with time zone" => "Timestamptz",
            "interval" => "Interval",
            "uuid" => "Uuid",
            "json" => "Json",
            "jsonb" => "Jsonb",
            "inet" => "Inet",
            "cidr" => "Cidr",
            "macaddr" => "MacAddr",
            "macaddr8" => "MacAddr8",
            "money" => "Money",
            "pg_lsn" => "PgLsn",
            "int4range" => "Int4range",
            "int8range" => "Int8range",
            "numrange" => "Numrange",
            "daterange" => "Daterange",
            "tsrange" => "Tsrange",
            "tstzrange" => "Tstzrange",
            "int4multirange" => "Int4multirange",
            "int8multirange" => "Int8multirange",
            "nummultirange" => "Nummultirange",
            "datemultirange" => "Datemultirange",
            "tsmultirange" => "Tsmultirange",
            "tstzmultirange" => "Tstzmultirange",
            _ => return None,
        },
    ))
}

/// The types that Diesel has for Postgres: a bare name among them needs no path.
const BUILTIN: [&str; 61] = [
    "Array",
    "BigInt",
    "BigSerial",
    "Bigint",
    "Binary",
    "Bool",
    "Bpchar",
    "Bytea",
    "CChar",
    "Char",
    "Cidr",
    "Citext",
    "Date",
    "Datemultirange",
    "Daterange",
    "Decimal",
    "Double",
    "Float",
    "Float4",
    "Float8",
    "Inet",
    "Int2",
    "Int4",
    "Int4multirange",
    "Int4range",
    "Int8",
    "Int8multirange",
    "Int8range",
    "Integer",
    "Interval",
    "Json",
    "Jsonb",
    "MacAddr",
    "MacAddr8",
    "Macaddr",
    "Macaddr8",
    "Money",
    "Multirange",
    "Nullable",
    "Nummultirange",
    "Numeric",
    "Numrange",
    "Oid",
    "PgLsn",
    "Range",
    "Record",
    "Serial",
    "SmallInt",
    "SmallSerial",
    "Smallint",
    "Text",
    "Time",
    "Timestamp",
    "Timestamptz",
    "Tsmultirange",
    "Tsrange",
    "Tstzmultirange",
    "Tstzrange",
    "Uuid",
    "VarChar",
    "Varchar",
];

/// A stated type as `table!` can name it from inside its module: types of Diesel in full, what
/// stands beside the struct through an import, since Diesel repeats imports where they are needed.
fn stated_type(path: &Path, imports: &mut Vec<TokenStream>) -> TokenStream {
    let mut path = path.clone();
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            for argument in &mut arguments.args {
                if let GenericArgument::Type(Type::Path(inner)) = argument {
                    let tokens = stated_type(&inner.path, imports);
                    *argument = GenericArgument::Type(parse_quote!(#tokens));
                }
            }
        }
    }
    let first = path
        .segments
        .first()
        .map(|segment| segment.ident.to_string())
        .unwrap_or_default();
    if path.leading_colon.is_some() || first == "crate" {
        return path.to_token_stream();
    }
    if path.segments.len() == 1 && BUILTIN.contains(&first.as_str()) {
        return quote!(::diesel::sql_types::#path);
    }
    let idents: Vec<&Ident> = path
        .segments
        .iter()
        .map(|segment| &segment.ident)
        .skip_while(|ident| *ident == "self")
        .collect();
    imports.push(quote!(use super #(:: #idents)*;));
    path.segments
        .last()
        .map(ToTokens::to_token_stream)
        .unwrap_or_default()
}
