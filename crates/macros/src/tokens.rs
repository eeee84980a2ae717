//! Values as code: what all the macros write out.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::mistakes::place;

/// A `String`.
pub(crate) fn text(text: &str) -> TokenStream {
    quote!(::std::string::String::from(#text))
}

/// A `Vec<String>`.
pub(crate) fn texts(texts: &[String]) -> TokenStream {
    let texts = texts.iter().map(|item| text(item));
    quote!(::std::vec![#(#texts),*])
}

/// A `bool`.
pub(crate) fn boolean(value: bool) -> TokenStream {
    quote!(#value)
}

/// An `Option`.
pub(crate) fn option<T>(value: Option<T>, tokens: impl FnOnce(T) -> TokenStream) -> TokenStream {
    match value {
        Some(value) => {
            let value = tokens(value);
            quote!(::core::option::Option::Some(#value))
        }
        None => quote!(::core::option::Option::None),
    }
}

/// The place of a token, for messages at run time.
pub(crate) fn location(private: &TokenStream, span: Span) -> TokenStream {
    let (line, column) = place(span);
    let (line, column) = (line as u32, column as u32);
    quote! {
        #private::Location {
            file: ::std::string::String::from(::core::file!()),
            line: ::core::option::Option::Some(#line),
            column: ::core::option::Option::Some(#column),
        }
    }
}
