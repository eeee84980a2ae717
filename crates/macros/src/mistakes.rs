//! The mistakes of one macro call, collected so that they are all reported together.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects mistakes; must be finished.
#[must_use]
pub(crate) struct Mistakes(RefCell<Option<Vec<syn::Error>>>);

impl Mistakes {
    /// A collector without mistakes.
    pub(crate) fn new() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }

    /// Notes a mistake that covers `tokens`.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Notes a mistake at a place.
    pub(crate) fn on(&self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// The mistakes as `compile_error!`s in the order of the source; `None` where there are none.
    pub(crate) fn finish(self) -> Option<TokenStream> {
        let mut mistakes = self.0.borrow_mut().take().unwrap_or_default();
        mistakes.sort_by_key(|mistake| place(mistake.span()));
        let mut mistakes = mistakes.into_iter();
        let mut first = mistakes.next()?;
        first.extend(mistakes);
        Some(first.into_compile_error())
    }

    fn push(&self, mistake: syn::Error) {
        if let Some(mistakes) = self.0.borrow_mut().as_mut() {
            mistakes.push(mistake);
        }
    }
}

/// Line and column; outside of a macro call (in the tests of this crate) there are none.
pub(crate) fn place(span: Span) -> (usize, usize) {
    if !proc_macro::is_available() {
        return (1, 1);
    }
    let span = span.unwrap();
    (span.line(), span.column())
}

impl Drop for Mistakes {
    fn drop(&mut self) {
        debug_assert!(
            std::thread::panicking() || self.0.borrow().is_none(),
            "mistakes were collected and never reported"
        );
    }
}
