//! Limbeck from the outside, as a program uses it.

mod architecture;
mod bundle;
mod diesel_tables;
mod enums;
mod models;
mod rebuild;
mod support;
mod types;
mod ui;
