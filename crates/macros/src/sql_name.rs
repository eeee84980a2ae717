//! Texts that are names for Postgres.

use limbeck_core::Ident;
use syn::LitStr;

use crate::mistakes::Mistakes;

/// Reports a name that Postgres cannot hold.
pub(crate) fn check_name(name: &LitStr, mistakes: &Mistakes) {
    if let Err(error) = Ident::new(name.value()) {
        mistakes.at(name, error);
    }
}

/// The text of a literal.
pub(crate) fn text(literal: Option<LitStr>) -> Option<String> {
    literal.map(|literal| literal.value())
}
