//! The `table!` of a model, and what must hold for it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::derive_model::diesel::{DieselColumn, DieselTable};
use crate::derive_model::model::{Model, module_ident};

/// `table!` itself.
pub(super) fn table(model: &Model, table: &DieselTable) -> Option<TokenStream> {
    let span = model.ident.span();
    let module = module_ident(table.module.as_ref(), &model.table, span)?;
    let schema = model.schema.as_ref().and_then(|schema| {
        let schema: syn::Ident = syn::parse_str(schema).ok()?;
        Some(quote!(#schema.))
    });
    let doc = format!(
        "The table `{}` of the model `{}`.",
        model.table, model.ident
    );
    let sql_name = (module != model.table.as_str()).then(|| {
        let name = &model.table;
        quote!(#[sql_name = #name])
    });
    let mut imports: Vec<&TokenStream> = Vec::new();
    for import in table.columns.iter().flat_map(|column| &column.imports) {
        if !imports
            .iter()
            .any(|known| known.to_string() == import.to_string())
        {
            imports.push(import);
        }
    }
    let key = model.primary_key.as_ref()?.columns.iter().map(|name| {
        table
            .columns
            .iter()
            .find(|column| column.sql_name == *name)
            .map(|column| &column.ident)
    });
    let key: Vec<_> = key.collect::<Option<_>>()?;
    let columns = table.columns.iter().map(|column| {
        let DieselColumn {
            ident,
            sql_name,
            max_length,
            sql_type,
            imports: _,
            docs,
        } = column;
        let sql_name = (ident != sql_name.as_str()).then(|| quote!(#[sql_name = #sql_name]));
        let max_length = max_length.map(|length| {
            let length = proc_macro2::Literal::u32_unsuffixed(length);
            quote!(#[max_length = #length])
        });
        quote!(#(#docs)* #sql_name #max_length #ident -> #sql_type,)
    });
    Some(quote! {
        ::diesel::table! {
            #(#imports)*
            #[doc = #doc]
            #sql_name
            #schema #module (#(#key),*) {
                #(#columns)*
            }
        }
    })
}

/// Each field can be loaded from its column: ties the spelling of a type to what it is.
pub(super) fn load_assertions(model: &Model, table: &DieselTable) -> Option<TokenStream> {
    let module = module_ident(table.module.as_ref(), &model.table, model.ident.span())?;
    let assertions = table
        .columns
        .iter()
        .zip(&model.columns)
        .map(|(diesel, column)| {
            let (ident, ty) = (&diesel.ident, &column.ty);
            let span = ty.span().resolved_at(Span::call_site());
            quote_spanned! {span=>
                loads::<<#module::columns::#ident as ::diesel::Expression>::SqlType, #ty>();
            }
        });
    Some(quote! {
        const _: fn() = || {
            fn loads<ST, T: ::diesel::deserialize::FromSqlRow<ST, ::diesel::pg::Pg>>() {}
            #(#assertions)*
        };
    })
}
