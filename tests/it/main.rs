//! Limbeck from the outside, as a program uses it.

mod architecture;
mod bad_input;
mod boot;
mod bundle;
mod bundles;
mod develop;
mod diesel_tables;
mod diff;
mod drafts;
mod enums;
mod features;
mod guide;
mod hostile;
mod left_alone;
mod models;
mod pool;
mod program;
mod project;
mod rebuild;
mod search_path;
mod story;
mod support;
mod testing;
mod types;
mod ui;
