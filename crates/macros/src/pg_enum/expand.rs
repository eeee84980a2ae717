//! A checked enum as code. Cannot fail.
//!
//! Diesel's traits are written out rather than derived, so that the enum itself needs no attribute
//! of Diesel's and Diesel may stand under another path.

use limbeck_core::schema::model::ModelEnumValue;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};

use super::model::{PgEnum, Value};
use crate::tokens::{location, option, text};

/// The type, and how Diesel reads and writes it.
pub(super) fn expand(model: &PgEnum) -> TokenStream {
    let body = sql_type(model);
    let pg_type = pg_type(model, &body);
    let diesel = model.diesel.as_ref().map(|diesel| {
        let sql_type = diesel_type(model, diesel);
        let expressions = expressions(model, diesel);
        let to_sql = to_sql(model, diesel);
        let from_sql = from_sql(model, diesel);
        quote!(#sql_type #expressions #to_sql #from_sql)
    });
    quote!(#pg_type #diesel)
}

/// What stands in for an enum with mistakes, so that they are all that is reported.
pub(super) fn stub(model: &PgEnum) -> TokenStream {
    if !model.generics.params.is_empty() {
        return TokenStream::new();
    }
    let unreachable = quote!(::core::unreachable!());
    let pg_type = pg_type(model, &unreachable);
    let diesel = model.diesel.as_ref().map(|diesel| {
        let sql_type = diesel_type(model, diesel);
        let expressions = expressions(model, diesel);
        let to_sql = to_sql_impl(model, diesel, &unreachable);
        let from_sql = from_sql_impl(model, diesel, &unreachable);
        quote!(#sql_type #expressions #to_sql #from_sql)
    });
    quote!(#pg_type #diesel)
}

fn pg_type(model: &PgEnum, body: &TokenStream) -> TokenStream {
    let PgEnum { ident, krate, .. } = model;
    quote! {
        #[automatically_derived]
        impl #krate::__private::model::PgType for #ident {
            fn sql_type() -> #krate::__private::model::ModelType {
                #body
            }
        }
    }
}

fn sql_type(model: &PgEnum) -> TokenStream {
    let PgEnum {
        ident,
        generics: _,
        krate,
        diesel: _,
        diesel_type: _,
        name,
        schema,
        renamed_from,
        comment,
        values,
    } = model;
    let private = quote!(#krate::__private);
    let rust_name = format!("::{ident}");
    let location = location(&private, ident.span());
    let name = text(name);
    let schema = option(schema.as_deref(), text);
    let renamed_from = option(renamed_from.as_deref(), text);
    let comment = option(comment.as_deref(), text);
    let values = values.iter().map(|Value { ident: _, value }| {
        let ModelEnumValue {
            value,
            renamed_from,
        } = value;
        let value = text(value);
        let renamed_from = option(renamed_from.as_deref(), text);
        quote!(#private::model::ModelEnumValue { value: #value, renamed_from: #renamed_from })
    });
    quote! {
        #private::model::ModelType::Enum(#private::model::ModelEnum {
            rust_name: ::std::string::String::from(
                ::core::concat!(::core::module_path!(), #rust_name)
            ),
            location: #location,
            schema: #schema,
            name: #name,
            renamed_from: #renamed_from,
            values: ::std::vec![#(#values),*],
            comment: #comment,
        })
    }
}

/// The SQL type. Public whatever the enum is: `table!` makes public items that name it.
fn diesel_type(model: &PgEnum, diesel: &syn::Path) -> TokenStream {
    let PgEnum {
        ident,
        diesel_type,
        name,
        schema,
        ..
    } = model;
    let doc = format!("The SQL type `{name}` of the enum `{ident}`.");
    let schema = option(schema.as_deref(), |schema| quote!(#schema));
    quote! {
        #[doc = #doc]
        #[allow(unreachable_pub, dead_code)]
        #[derive(Clone, Copy, Debug, Default)]
        pub struct #diesel_type;

        #[automatically_derived]
        impl #diesel::sql_types::SqlType for #diesel_type {
            type IsNull = #diesel::sql_types::is_nullable::NotNull;
            const IS_ARRAY: bool = false;
        }

        #[automatically_derived]
        impl #diesel::sql_types::SingleValue for #diesel_type {}

        #[automatically_derived]
        impl #diesel::query_builder::QueryId for #diesel_type {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        #[automatically_derived]
        impl #diesel::sql_types::HasSqlType<#diesel_type> for #diesel::pg::Pg {
            fn metadata(
                lookup: &mut <Self as #diesel::sql_types::TypeMetadata>::MetadataLookup,
            ) -> <Self as #diesel::sql_types::TypeMetadata>::TypeMetadata {
                lookup.lookup_type(#name, #schema)
            }
        }
    }
}

/// The enum as a value in queries and in rows, null or not, by value and by reference.
fn expressions(model: &PgEnum, diesel: &syn::Path) -> TokenStream {
    let PgEnum {
        ident, diesel_type, ..
    } = model;
    let sql_types = sql_types(diesel_type, diesel);
    let impls = sql_types.iter().flat_map(|sql_type| {
        [quote!(#ident), quote!(&#ident), quote!(&&#ident)].map(|ty| {
            quote! {
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl #diesel::expression::AsExpression<#sql_type> for #ty {
                    type Expression =
                        #diesel::internal::derives::as_expression::Bound<#sql_type, Self>;

                    fn as_expression(self) -> Self::Expression {
                        #diesel::internal::derives::as_expression::Bound::new(self)
                    }
                }
            }
        })
    });
    quote! {
        #(#impls)*

        #[automatically_derived]
        impl #diesel::deserialize::Queryable<#diesel_type, #diesel::pg::Pg> for #ident {
            type Row = Self;

            fn build(row: Self) -> #diesel::deserialize::Result<Self> {
                ::core::result::Result::Ok(row)
            }
        }
    }
}

fn to_sql(model: &PgEnum, diesel: &syn::Path) -> TokenStream {
    let arms = model.values.iter().map(|Value { ident, value }| {
        let bytes = Literal::byte_string(value.value.as_bytes());
        quote!(Self::#ident => #bytes,)
    });
    let body = quote! {
        let value: &'static [u8] = match *self { #(#arms)* };
        ::std::io::Write::write_all(out, value)?;
        ::core::result::Result::Ok(#diesel::serialize::IsNull::No)
    };
    to_sql_impl(model, diesel, &body)
}

fn to_sql_impl(model: &PgEnum, diesel: &syn::Path, body: &TokenStream) -> TokenStream {
    let ident = &model.ident;
    let impls = sql_types(&model.diesel_type, diesel).map(|sql_type| {
        // At the enum's own place: what may be missing is `Debug`, which Diesel's trait asks for.
        quote_spanned! {ident.span()=>
            #[automatically_derived]
            #[allow(deprecated)]
            impl #diesel::serialize::ToSql<#sql_type, #diesel::pg::Pg> for #ident {
                fn to_sql<'b>(
                    &'b self,
                    out: &mut #diesel::serialize::Output<'b, '_, #diesel::pg::Pg>,
                ) -> #diesel::serialize::Result {
                    #body
                }
            }
        }
    });
    quote!(#(#impls)*)
}

/// The types of a column that holds the enum: not null, and null.
fn sql_types(diesel_type: &Ident, diesel: &syn::Path) -> [TokenStream; 2] {
    [
        quote!(#diesel_type),
        quote!(#diesel::sql_types::Nullable<#diesel_type>),
    ]
}

fn from_sql(model: &PgEnum, diesel: &syn::Path) -> TokenStream {
    let arms = model.values.iter().map(|Value { ident, value }| {
        let bytes = Literal::byte_string(value.value.as_bytes());
        quote!(#bytes => ::core::result::Result::Ok(Self::#ident),)
    });
    let known: Vec<&str> = model
        .values
        .iter()
        .map(|Value { ident: _, value }| value.value.as_str())
        .collect();
    let krate = &model.krate;
    let (name, rust_name) = (&model.name, model.ident.to_string());
    let body = quote! {
        match value.as_bytes() {
            #(#arms)*
            other => ::core::result::Result::Err(::core::convert::Into::into(
                #krate::__private::unknown_enum_value(other, #name, #rust_name, &[#(#known),*])
            )),
        }
    };
    from_sql_impl(model, diesel, &body)
}

fn from_sql_impl(model: &PgEnum, diesel: &syn::Path, body: &TokenStream) -> TokenStream {
    let PgEnum {
        ident, diesel_type, ..
    } = model;
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #diesel::deserialize::FromSql<#diesel_type, #diesel::pg::Pg> for #ident {
            fn from_sql(
                value: #diesel::pg::PgValue<'_>,
            ) -> #diesel::deserialize::Result<Self> {
                #body
            }
        }
    }
}
