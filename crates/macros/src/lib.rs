//! The macros of Limbeck.

mod case;
mod derive_model;
mod migrator;
mod mistakes;
mod options;
mod pg_enum;
mod sql_name;
mod tokens;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a struct a model: the metadata of a table.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    derive_model::derive(&parse_macro_input!(input)).into()
}

/// Makes an enum an enum type of Postgres.
#[proc_macro_derive(PgEnum, attributes(pg_enum))]
pub fn derive_pg_enum(input: TokenStream) -> TokenStream {
    pg_enum::derive(&parse_macro_input!(input)).into()
}

/// The bundle of the crate in which it is called.
#[proc_macro]
pub fn bundle(input: TokenStream) -> TokenStream {
    migrator::bundle(input.into()).into()
}

/// A migrator of the bundle of the crate in which it is called.
#[proc_macro]
pub fn migrator(input: TokenStream) -> TokenStream {
    migrator::migrator(input.into()).into()
}
