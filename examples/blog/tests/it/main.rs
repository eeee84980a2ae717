//! The two programs from the outside, and their statements on databases of their own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod boot;
mod process;
mod statements;
