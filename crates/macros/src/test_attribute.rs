//! `#[limbeck::test]`: options and the function as typed and checked ([`attr`]), and the test as code
//! ([`expand`]).

use proc_macro2::TokenStream;
use quote::quote;

use crate::mistakes::Mistakes;

mod attr;
mod expand;

/// The test that a function stands for.
pub(crate) fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    let mistakes = Mistakes::new();
    let function: syn::ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            mistakes.at(&item, "`#[limbeck::test]` belongs on a function");
            let errors = mistakes.finish();
            return quote!(#errors #item);
        }
    };
    let test = attr::read(options, &function, &mistakes);
    match mistakes.finish() {
        None => expand::test(&test, &function),
        // The function alone: what it calls and what is imported for it stays in use.
        Some(errors) => quote! {
            #errors
            #[allow(dead_code)]
            #function
        },
    }
}
