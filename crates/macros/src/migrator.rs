//! `bundle!` and `migrator!`: arguments as typed ([`arguments`]), the directory that they name,
//! read and checked ([`directory`]), and both as code ([`expand`]).

use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::mistakes::Mistakes;

mod arguments;
mod directory;
mod expand;
#[cfg(test)]
mod tests;

/// The expression that makes the bundle of the crate it stands in.
pub(crate) fn bundle(input: TokenStream) -> TokenStream {
    call(input, |bundle, _| bundle)
}

/// The expression that makes a migrator of that bundle.
pub(crate) fn migrator(input: TokenStream) -> TokenStream {
    call(
        input,
        |bundle, krate| quote!(#krate::__private::Migrator::new(#bundle)),
    )
}

fn call(input: TokenStream, wrap: impl Fn(TokenStream, &syn::Path) -> TokenStream) -> TokenStream {
    let mistakes = Mistakes::new();
    let arguments = arguments::read(input, &mistakes);
    let directory = match std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) {
        Some(root) => directory::read(&arguments, &root, &mistakes),
        None => {
            mistakes.on(
                Span::call_site(),
                "`CARGO_MANIFEST_DIR` is not set, so that the revision directory cannot be found; \
                 build with cargo",
            );
            None
        }
    };
    let bundle = expand::bundle(&arguments, directory.as_ref());
    let whole = wrap(bundle, &arguments.krate);
    match mistakes.finish() {
        None => whole,
        // An expression of the right type, so that nothing else fails.
        Some(errors) => {
            let stub = wrap(expand::stub(&arguments), &arguments.krate);
            quote!({ #errors #stub })
        }
    }
}
