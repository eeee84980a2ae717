//! `#[derive(Model)]`: options as typed ([`attr`]), checked ([`model`]), written out ([`expand`]).

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::mistakes::Mistakes;

mod attr;
mod diesel;
mod expand;
mod model;
mod rust_type;

/// What the derive adds beside the struct.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mistakes = Mistakes::new();
    let options = attr::container(&input.attrs, &mistakes);
    let model = model::check(input, options, &mistakes);
    match mistakes.finish() {
        None => expand::expand(&model),
        Some(errors) => {
            // Enough that nothing else in the program fails because of the same mistakes, but for
            // Diesel's derives on the struct, which need the type that is not known.
            let stub = expand::stub(&model);
            quote!(#errors #stub)
        }
    }
}
