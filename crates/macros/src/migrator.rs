//! `bundle!` and `migrator!`: arguments as typed, the directory they name, and both as code.

use proc_macro2::TokenStream;
use quote::quote;

use crate::mistakes::Mistakes;

mod arguments;
mod expand;

/// The expression that makes the bundle of the crate it stands in.
pub(crate) fn bundle(input: TokenStream) -> TokenStream {
    let mistakes = Mistakes::new();
    let arguments = arguments::read(input, &mistakes);
    let bundle = expand::bundle(&arguments);
    match mistakes.finish() {
        None => bundle,
        Some(errors) => {
            let krate = &arguments.krate;
            quote!({ #errors #krate::Bundle::new("") })
        }
    }
}

/// The expression that makes a migrator of that bundle.
pub(crate) fn migrator(input: TokenStream) -> TokenStream {
    bundle(input)
}
