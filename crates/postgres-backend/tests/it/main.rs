//! Tests of the backend against a real server, each in a database of its own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod autogenerate;
mod budget;
mod canonical;
#[cfg(unix)]
mod connect;
mod ddl;
mod diesel_source;
mod difference;
mod drive_async;
mod edits;
mod introspect;
mod outside;
mod run;
#[cfg(unix)]
mod server;
mod shipped;
mod support;
#[cfg(unix)]
mod testing;
