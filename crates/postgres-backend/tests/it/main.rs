//! Tests of the backend against a real server, each in a database of its own.

mod ddl;
#[cfg(unix)]
mod server;
mod support;
