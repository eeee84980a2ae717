//! Limbeck from the outside, as a program uses it.

mod bundle;
mod diesel_tables;
mod enums;
mod models;
#[allow(
    unreachable_pub,
    reason = "a file that it shares with the backend's tests"
)]
#[path = "../../crates/postgres-backend/tests/it/support.rs"]
mod support;
mod types;
mod ui;
