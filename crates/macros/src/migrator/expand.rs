//! A bundle as code: revisions as data, models as calls.

use proc_macro2::TokenStream;
use quote::quote;

use super::arguments::Arguments;

/// The expression that makes the bundle.
pub(super) fn bundle(arguments: &Arguments) -> TokenStream {
    let Arguments {
        name,
        path: _,
        no_migrations: _,
        models,
        dependencies,
        krate,
    } = arguments;
    let private = quote!(#krate::__private);
    let name = match name {
        Some(name) => quote!(#name),
        None => quote!(::core::env!("CARGO_PKG_NAME")),
    };
    let models = match models {
        Some(models) => {
            quote!(::std::vec![#(<#models as #private::model::Model>::model()),*])
        }
        None => quote!(#private::registered(::core::env!("CARGO_PKG_NAME"))),
    };
    quote! {
        #private::bundle(
            #name,
            #models,
            &[],
            ::core::option::Option::None,
            ::std::vec![#(#dependencies),*],
        )
    }
}
