//! A test as code. Cannot fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ItemFn;

use super::attr::{Argument, Test};

/// The function, inside of a test without arguments that has what it takes.
pub(super) fn test(test: &Test, function: &ItemFn) -> TokenStream {
    let ItemFn {
        attrs,
        vis,
        sig,
        block: _,
    } = function;
    let krate = test.krate();
    let private = quote!(#krate::__private::testing);
    let name = &sig.ident;
    let output = &sig.output;
    let mut inner = function.clone();
    inner.attrs.clear();
    inner.vis = syn::Visibility::Inherited;

    let migrator = match (&test.migrator, &test.krate) {
        (Some(migrator), _) => quote!(#migrator),
        (None, Some(krate)) => quote!(#krate::migrator!(crate = #krate)),
        (None, None) => quote!(#krate::migrator!()),
    };
    // Out of the reach of the test's own expressions.
    let [given, setup, connection, database] = ["migrator", "setup", "connection", "database"]
        .map(|name| Ident::new(name, Span::mixed_site()));
    let options = options(test, &private, &given);
    let arguments = test.arguments.iter().map(|argument| match argument {
        Argument::Connection | Argument::AsyncConnection => quote!(#connection),
        Argument::Database => quote!(#database),
        Argument::OwnDatabase => quote!(::core::clone::Clone::clone(#database)),
    });
    let takes_connection = test.arguments.iter().any(|it| it.is_connection());
    let takes_database = test.arguments.iter().any(|it| !it.is_connection());
    let database = if takes_database {
        quote!(#database)
    } else {
        quote!(_)
    };
    // Seen where the test stands, and known for code of ours by those who judge the user's.
    let span = Span::mixed_site().located_at(sig.ident.span());
    let call = match (sig.asyncness.is_some(), takes_connection) {
        (false, true) => quote_spanned! {span=>
            #private::run_with_connection(#setup, |#database, #connection| #name(#(#arguments),*))
        },
        (false, false) => quote_spanned! {span=>
            #private::run_with_database(#setup, |#database| #name(#(#arguments),*))
        },
        (true, true) => quote_spanned! {span=>
            #krate::__async_test! {
                #private::run_async_with_connection(
                    #setup,
                    async |#database, #connection| #name(#(#arguments),*).await,
                )
            }
        },
        (true, false) => quote_spanned! {span=>
            #krate::__async_test! {
                #private::run_async_with_database(
                    #setup,
                    async |#database| #name(#(#arguments),*).await,
                )
            }
        },
    };
    quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() #output {
            #inner
            let #given = #migrator;
            let #setup = #options;
            #call
        }
    }
}

/// The setup, with every option.
fn options(test: &Test, private: &TokenStream, migrator: &Ident) -> TokenStream {
    let Test {
        migrator: _,
        models,
        schema,
        rollback,
        fixtures,
        seed,
        ready,
        krate: _,
        arguments: _,
        should_panic,
    } = test;
    let mut setup = quote!(#private::Setup::new(#private::migrator(&#migrator)));
    for (set, method) in [
        (models, quote!(models)),
        (schema, quote!(schema)),
        (rollback, quote!(rollback)),
    ] {
        if *set {
            setup.extend(quote!(.#method()));
        }
    }
    for file in fixtures {
        setup.extend(quote!(.fixture(#file, ::core::include_str!(#file))));
    }
    if let Some(seed) = seed {
        let name = quote!(#seed).to_string().replace(' ', "");
        setup.extend(quote! {
            .seed(::core::concat!(::core::module_path!(), " ", #name), #seed)
        });
    }
    if let Some(ready) = ready {
        setup.extend(quote!(.ready(#ready)));
    }
    // Its failing is what is wanted: nobody will look at its database.
    if *should_panic {
        setup.extend(quote!(.on_failure(#private::OnFailure::Drop)));
    }
    setup
}
