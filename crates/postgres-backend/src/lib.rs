//! The Postgres backend of Limbeck: the only crate that knows the catalogs, SQL text and Diesel.

#[cfg(feature = "server")]
pub mod server;
