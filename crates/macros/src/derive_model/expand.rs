//! A checked model as code. Cannot fail.

use limbeck_core::schema::object::MatchType;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::attr::Target;
use super::model::{Column, ColumnType, ForeignKey, Model, Nullable};
use crate::tokens::{boolean, location, option, text, texts};

mod diesel;
mod values;

use values::{action_of, deferrable_of};

/// The impl, the registration, and what Diesel is told.
pub(super) fn expand(model: &Model) -> TokenStream {
    let private = private(model);
    let body = body(model, &private);
    let implementation = implementation(model, &private, &body);
    let registration = registration(model, &private);
    let reads = reads(model);
    let assertions = key_assertions(model, &private);
    let table = model
        .diesel
        .as_ref()
        .map(|table| diesel::table(model, table));
    let loads = model
        .diesel
        .as_ref()
        .map(|table| diesel::load_assertions(model, table));
    quote! {
        #implementation
        #registration
        #reads
        #assertions
        #table
        #loads
    }
}

/// What stands in for a model with mistakes, so that they are all that is reported.
pub(super) fn stub(model: &Model) -> TokenStream {
    let private = private(model);
    let body = quote!(::core::unreachable!());
    let implementation = implementation(model, &private, &body);
    let table = model
        .diesel
        .as_ref()
        .filter(|table| !table.columns.is_empty() && model.primary_key.is_some())
        .map(|table| diesel::table(model, table));
    quote!(#implementation #table)
}

fn private(model: &Model) -> TokenStream {
    let krate = &model.krate;
    quote!(#krate::__private)
}

fn implementation(model: &Model, private: &TokenStream, body: &TokenStream) -> TokenStream {
    let Model {
        ident,
        schema,
        table,
        primary_key,
        ..
    } = model;
    let (impl_generics, ty_generics, where_clause) = model.generics.split_for_impl();
    let schema = option(schema.as_deref(), |schema| quote!(#schema));
    let rust_name = format!("::{ident}");
    let key: &[String] = primary_key.as_ref().map_or(&[], |key| &key.columns);
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::model::Model for #ident #ty_generics #where_clause {
            const RUST_NAME: &'static str =
                ::core::concat!(::core::module_path!(), #rust_name);
            const TABLE: &'static str = #table;
            const SCHEMA: ::core::option::Option<&'static str> = #schema;
            const PRIMARY_KEY: &'static [&'static str] = &[#(#key),*];

            fn model() -> #private::model::ModelTable {
                #body
            }
        }
    }
}

fn body(model: &Model, private: &TokenStream) -> TokenStream {
    let Model {
        ident,
        generics: _,
        krate: _,
        register: _,
        diesel: _,
        schema,
        table,
        renamed_from,
        unlogged,
        comment,
        columns,
        primary_key,
        uniques,
        foreign_keys,
        checks,
        excludes,
        indexes,
    } = model;
    let rust_name = format!("::{ident}");
    let location = location(private, ident.span());
    let schema = option(schema.as_deref(), text);
    let renamed_from = option(renamed_from.as_deref(), text);
    let comment = option(comment.as_deref(), text);
    let persistence = option(
        unlogged.then_some(()),
        |()| quote!(#private::object::table::Persistence::Unlogged),
    );
    let columns = columns.iter().map(|column| column_tokens(column, private));
    let primary_key = option(primary_key.as_ref(), |key| values::key(key, private));
    let uniques = uniques.iter().map(|key| values::key(key, private));
    let foreign_keys = foreign_keys
        .iter()
        .map(|key| foreign_key_tokens(key, private));
    let checks = checks.iter().map(|check| values::check(check, private));
    let excludes = excludes
        .iter()
        .map(|exclude| values::exclude(exclude, private));
    let indexes = indexes.iter().map(|index| values::index(index, private));
    let table = text(table);
    quote! {
        #private::model::ModelTable {
            rust_name: ::std::string::String::from(
                ::core::concat!(::core::module_path!(), #rust_name)
            ),
            location: #location,
            schema: #schema,
            table: #table,
            renamed_from: #renamed_from,
            persistence: #persistence,
            comment: #comment,
            columns: ::std::vec![#(#columns),*],
            primary_key: #primary_key,
            uniques: ::std::vec![#(#uniques),*],
            foreign_keys: ::std::vec![#(#foreign_keys),*],
            checks: ::std::vec![#(#checks),*],
            excludes: ::std::vec![#(#excludes),*],
            indexes: ::std::vec![#(#indexes),*],
        }
    }
}

fn column_tokens(column: &Column, private: &TokenStream) -> TokenStream {
    let Column {
        field: _,
        name,
        ty,
        sql_type,
        nullable,
        renamed_from,
        default,
        identity,
        generated,
        collation,
        comment,
    } = column;
    let name = text(name);
    let sql_type = match sql_type {
        ColumnType::Asked(ty) => {
            quote_spanned!(ty.span()=> <#ty as #private::model::PgType>::sql_type())
        }
        ColumnType::Said(sql) => {
            let sql = text(sql);
            quote!(#private::model::ModelType::Sql(#sql))
        }
    };
    let nullable = match nullable {
        Nullable::Known(nullable) => boolean(*nullable),
        Nullable::Asked => quote_spanned!(ty.span()=> <#ty as #private::model::PgType>::NULLABLE),
    };
    let renamed_from = option(renamed_from.as_deref(), text);
    let default = option(default.as_deref(), text);
    let identity = option(identity.as_ref(), |identity| {
        values::identity(identity, private)
    });
    let generated = option(generated.as_deref(), text);
    let collation = option(collation.as_deref(), text);
    let comment = option(comment.as_deref(), text);
    quote! {
        #private::model::ModelColumn {
            name: #name,
            renamed_from: #renamed_from,
            sql_type: #sql_type,
            nullable: #nullable,
            default: #default,
            identity: #identity,
            generated: #generated,
            collation: #collation,
            comment: #comment,
        }
    }
}

fn foreign_key_tokens(key: &ForeignKey, private: &TokenStream) -> TokenStream {
    let ForeignKey {
        name,
        columns,
        target,
        referenced,
        match_type,
        on_update,
        on_delete,
        on_delete_columns,
        deferrable,
        not_valid,
    } = key;
    let name = option(name.as_deref(), text);
    let columns = texts(columns);
    let (model, schema, table, referenced) = match target {
        Target::Model(path) => {
            let model = quote_spanned!(path.span()=> <#path as #private::model::Model>);
            let referenced = if referenced.is_empty() {
                quote!(#private::texts(#model::PRIMARY_KEY))
            } else {
                texts(referenced)
            };
            (
                quote!(::core::option::Option::Some(::std::string::String::from(#model::RUST_NAME))),
                quote!(#model::SCHEMA.map(::std::string::String::from)),
                quote!(::std::string::String::from(#model::TABLE)),
                referenced,
            )
        }
        Target::Table { schema, table } => (
            quote!(::core::option::Option::None),
            option(schema.as_deref(), text),
            text(table),
            texts(referenced),
        ),
    };
    let match_type = match match_type {
        MatchType::Simple => quote!(Simple),
        MatchType::Full => quote!(Full),
    };
    let on_update = action_of(*on_update, private);
    let on_delete = action_of(*on_delete, private);
    let on_delete_columns = texts(on_delete_columns);
    let deferrable = deferrable_of(*deferrable, private);
    quote! {
        #private::model::ModelForeignKey {
            name: #name,
            columns: #columns,
            references_schema: #schema,
            references_model: #model,
            references: #table,
            referenced_columns: #referenced,
            match_type: #private::object::MatchType::#match_type,
            on_update: #on_update,
            on_delete: #on_delete,
            on_delete_columns: #on_delete_columns,
            deferrable: #deferrable,
            not_valid: #not_valid,
        }
    }
}

fn registration(model: &Model, private: &TokenStream) -> Option<TokenStream> {
    let ident = &model.ident;
    model.register.then(|| {
        quote! {
            const _: () = {
                #private::inventory::submit! {
                    #private::Registered {
                        krate: ::core::env!("CARGO_PKG_NAME"),
                        model: <#ident as #private::model::Model>::model,
                    }
                }
            };
        }
    })
}

/// A field that states a column is of use, though nothing else reads it.
fn reads(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let fields = model.columns.iter().map(|column| &column.field);
    quote! {
        const _: fn(&#ident) = |model| {
            #(let _ = &model.#fields;)*
        };
    }
}

/// A reference to a model's primary key has as many columns as that has.
fn key_assertions(model: &Model, private: &TokenStream) -> TokenStream {
    let assertions = model.foreign_keys.iter().filter_map(|key| {
        let Target::Model(path) = &key.target else {
            return None;
        };
        if !key.referenced.is_empty() {
            return None;
        }
        let columns = key.columns.len();
        let shown = quote!(#path).to_string().replace(' ', "");
        let message = if columns == 1 {
            format!(
                "the primary key of `{shown}` is not one column; say which column is referred to: \
                 `references({shown}, column = …)`, or state a `foreign_key(…)` on the struct"
            )
        } else {
            format!(
                "the primary key of `{shown}` has not {columns} columns; say which columns are \
                 referred to: `referenced(…)`"
            )
        };
        Some(quote_spanned! {path.span()=>
            const _: () = ::core::assert!(
                <#path as #private::model::Model>::PRIMARY_KEY.len() == #columns,
                #message
            );
        })
    });
    quote!(#(#assertions)*)
}
