//! `bundle!` and `migrator!`: arguments as typed ([`arguments`]), the directory that they name,
//! read and checked ([`directory`]), and both as code ([`expand`]).

use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};
use quote::quote;

use self::settings::Settings;
use crate::mistakes::Mistakes;

mod arguments;
mod declared_sql;
mod directory;
mod expand;
mod settings;
#[cfg(test)]
mod tests;

/// The expression that makes the bundle of the crate it stands in.
pub(crate) fn bundle(input: TokenStream) -> TokenStream {
    call(input, |bundle, _, _| bundle)
}

/// The expression that makes a migrator of that bundle.
pub(crate) fn migrator(input: TokenStream) -> TokenStream {
    call(input, |bundle, settings, krate| {
        let settings = settings.code(&quote!(#krate::__private));
        quote!(#krate::__private::Migrator::with_settings(#bundle, &#settings))
    })
}

fn call(
    input: TokenStream,
    wrap: impl Fn(TokenStream, &Settings, &syn::Path) -> TokenStream,
) -> TokenStream {
    let mistakes = Mistakes::new();
    let arguments = arguments::read(input, &mistakes);
    let mut settings = Settings::default();
    let (mut name, mut sql) = (None, None);
    let directory = match std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) {
        Some(root) => {
            let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
            settings = settings::read(&root, &package, &mistakes);
            sql = declared_sql::read(
                &settings,
                settings.root.as_deref().unwrap_or(&root),
                &mistakes,
            );
            let directory = directory::read(&arguments, &settings, &root, &mistakes);
            let path = directory.as_ref().map(|read| read.source.path.as_path());
            name = settings.bundle(&root, &package, path);
            directory
        }
        None => {
            mistakes.on(
                Span::call_site(),
                "`CARGO_MANIFEST_DIR` is not set, so that the revision directory cannot be found; \
                 build with cargo",
            );
            None
        }
    };
    let bundle = expand::bundle(
        &arguments,
        &settings,
        name,
        directory.as_ref(),
        sql.as_ref(),
    );
    let whole = wrap(bundle, &settings, &arguments.krate);
    match mistakes.finish() {
        None => whole,
        // An expression of the right type, so that nothing else fails.
        Some(errors) => {
            let stub = wrap(expand::stub(&arguments), &settings, &arguments.krate);
            quote!({ #errors #stub })
        }
    }
}
