//! The arguments of `bundle!` and `migrator!` as they are typed.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Path, Token, bracketed, parse_quote};

use crate::mistakes::Mistakes;
use crate::options::Options;

/// What a call says.
pub(super) struct Arguments {
    pub(super) name: Option<LitStr>,
    pub(super) path: Option<LitStr>,
    pub(super) no_migrations: bool,
    pub(super) models: Option<Vec<Path>>,
    pub(super) dependencies: Vec<Expr>,
    pub(super) krate: Path,
}

/// Reads them.
pub(super) fn read(input: TokenStream, mistakes: &Mistakes) -> Arguments {
    let mut options = Options::of_tokens(input, mistakes);
    let no_migrations = options.flag("no_migrations");
    let read = Arguments {
        name: options.string("name"),
        path: options.string("path"),
        no_migrations: no_migrations.is_some(),
        models: options.one("models").and_then(|item| {
            item.parse(
                mistakes,
                "[Post, User]",
                |input: syn::parse::ParseStream<'_>| {
                    let content;
                    bracketed!(content in input);
                    Ok(Punctuated::<Path, Token![,]>::parse_terminated(&content)?
                        .into_iter()
                        .collect())
                },
            )
        }),
        dependencies: options
            .one("dependencies")
            .and_then(|item| {
                item.parse(
                    mistakes,
                    "[accounts::bundle()]",
                    |input: syn::parse::ParseStream<'_>| {
                        let content;
                        bracketed!(content in input);
                        let list = Punctuated::<Expr, Token![,]>::parse_terminated(&content)?;
                        Ok(list.into_iter().collect())
                    },
                )
            })
            .unwrap_or_default(),
        krate: options
            .path("crate")
            .unwrap_or_else(|| parse_quote!(::limbeck)),
    };
    if let (Some(span), Some(_)) = (no_migrations, &read.path) {
        mistakes.on(span, "`no_migrations` and `path` exclude each other");
    }
    options.finish();
    read
}
