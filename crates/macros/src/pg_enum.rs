//! `#[derive(PgEnum)]`: options as typed ([`attr`]), checked ([`model`]), written out ([`expand`]).

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::mistakes::Mistakes;

mod attr;
mod expand;
mod model;

/// What the derive adds beside the enum.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let options = attr::container(&input.attrs, &mistakes);
    let model = model::check(input, options, &mistakes);
    match mistakes.finish() {
        None => expand::expand(&model),
        Some(errors) => {
            // Enough that nothing else in the program fails because of the same mistakes.
            let stub = expand::stub(&model);
            quote!(#errors #stub)
        }
    }
}
