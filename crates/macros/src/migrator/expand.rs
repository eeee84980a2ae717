//! A bundle as code: revisions as data, models as calls. Cannot fail.

use std::time::Duration;

use limbeck_core::revision::directory::Entry;
use limbeck_core::revision::{Digest, Revision};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::arguments::Arguments;
use super::declared_sql::DeclaredSql;
use super::directory::Directory;
use super::settings::Settings;
use crate::tokens::option;

/// The expression that makes the bundle; `called` is what its revisions' place calls it.
pub(super) fn bundle(
    arguments: &Arguments,
    settings: &Settings,
    called: Option<String>,
    directory: Option<&Directory>,
    sql: Option<&DeclaredSql>,
) -> TokenStream {
    let Arguments {
        name,
        path: _,
        no_migrations: _,
        models,
        dependencies,
        krate,
    } = arguments;
    let private = quote!(#krate::__private);
    let name = match (name, &called) {
        (Some(name), _) => quote!(#name),
        (None, Some(name)) => quote!(#name),
        (None, None) => quote!(::core::env!("CARGO_PKG_NAME")),
    };
    let models = match models {
        Some(models) => {
            quote!(::std::vec![#(<#models as #private::model::Model>::model()),*])
        }
        None => quote!(#private::registered(::core::env!("CARGO_PKG_NAME"))),
    };
    let entries = directory.map_or(&[][..], |directory| &directory.source.entries);
    let revisions = entries.iter().map(|entry| revision(entry, &private));
    let watched = directory.map_or(&[][..], |directory| &directory.watched);
    let watched = settings.file.iter().chain(watched);
    let watched = watched.map(|path| path.display().to_string());
    let placed = settings.schema.iter();
    let path = option(directory, |directory| {
        let path = directory.source.path.display().to_string();
        quote!(#path)
    });
    let more = directory.map_or(&[][..], |directory| &directory.source.more);
    let more = more.iter().map(|path| path.display().to_string());
    let sql_path = option(sql, |sql| {
        let path = sql.path.display().to_string();
        quote!(#path)
    });
    let files = sql.map_or(&[][..], |sql| &sql.files);
    let sql = files.iter().map(|(name, path)| {
        let path = path.display().to_string();
        quote!(#private::SqlFile {
            name: ::std::string::String::from(#name),
            text: ::std::string::String::from(::core::include_str!(#path)),
        })
    });
    // The caller's expressions stand outside of the block with our items, and our variable is out
    // of their reach.
    let bundle = Ident::new("bundle", Span::mixed_site());
    quote! {
        {
            let mut #bundle = #krate::Bundle::new(#name);
            #(#bundle.placement = ::core::option::Option::Some(#private::schema(#placed));)*
            #bundle.models = #models;
            #bundle.dependencies = ::std::vec![#(#dependencies),*];
            {
                // Only so that the compiler looks at these files: what they hold has been read.
                #(const _: &[u8] = ::core::include_bytes!(#watched);)*
                static REVISIONS: &[#private::Embedded] = &[#(#revisions),*];
                // No path of the machine that builds a release goes into it.
                #[cfg(debug_assertions)]
                const DIRECTORY: ::core::option::Option<&str> = #path;
                #[cfg(not(debug_assertions))]
                const DIRECTORY: ::core::option::Option<&str> = ::core::option::Option::None;
                #bundle.migrations = #private::migrations(REVISIONS);
                #bundle.directory = DIRECTORY.map(::std::path::PathBuf::from);
                #[cfg(debug_assertions)]
                const MORE: &[&str] = &[#(#more),*];
                #[cfg(not(debug_assertions))]
                const MORE: &[&str] = &[];
                #bundle.more_directories = MORE.iter().map(::std::path::PathBuf::from).collect();
                #[cfg(debug_assertions)]
                const SQL: ::core::option::Option<&str> = #sql_path;
                #[cfg(not(debug_assertions))]
                const SQL: ::core::option::Option<&str> = ::core::option::Option::None;
                #bundle.sql = ::std::vec![#(#sql),*];
                #bundle.sql_path = SQL.map(::std::path::PathBuf::from);
            }
            #bundle
        }
    }
}

/// An expression of a bundle's type, for a call with mistakes.
pub(super) fn stub(arguments: &Arguments) -> TokenStream {
    let krate = &arguments.krate;
    quote!(#krate::Bundle::new(""))
}

fn revision(entry: &Entry, private: &TokenStream) -> TokenStream {
    let Entry {
        revision,
        up,
        down,
        path: _,
        up_path: _,
        down_path: _,
        metadata_path: _,
    } = entry;
    let Revision {
        id,
        parents,
        depends_on,
        branch_labels,
        replaces,
        provides,
        provides_in,
        message,
        created,
        directory,
        breaking,
        generated,
        consent,
        touches,
        down_destroys,
        idempotent,
        run_in_transaction,
        lock_timeout,
        statement_timeout,
        content: Digest(content),
    } = revision;
    let id = id.as_str();
    let parents = texts(parents);
    let depends_on = texts(depends_on);
    let branch_labels = texts(branch_labels);
    let replaces = texts(replaces);
    let provides = texts(provides);
    let provides_in = option(provides_in.as_deref(), |schema| quote!(#schema));
    let created = option(created.as_deref(), |created| quote!(#created));
    let generated = texts(generated);
    let consent = texts(consent);
    let touches = option(touches.as_deref(), texts);
    let down_destroys = option(down_destroys.as_deref(), texts);
    let lock_timeout = option(*lock_timeout, duration);
    let statement_timeout = option(*statement_timeout, duration);
    let content = Literal::byte_string(content);
    let down = option(down.as_deref(), |down| quote!(#down));
    quote! {
        #private::Embedded {
            id: #id,
            parents: #parents,
            depends_on: #depends_on,
            branch_labels: #branch_labels,
            replaces: #replaces,
            provides: #provides,
            provides_in: #provides_in,
            message: #message,
            created: #created,
            directory: #directory,
            breaking: #breaking,
            generated: #generated,
            consent: #consent,
            touches: #touches,
            down_destroys: #down_destroys,
            idempotent: #idempotent,
            run_in_transaction: #run_in_transaction,
            lock_timeout: #lock_timeout,
            statement_timeout: #statement_timeout,
            content: *#content,
            up: #up,
            down: #down,
        }
    }
}

fn texts<T: ToString>(texts: &[T]) -> TokenStream {
    let texts = texts.iter().map(ToString::to_string);
    quote!(&[#(#texts),*])
}

fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}
