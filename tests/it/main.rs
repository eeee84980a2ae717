//! Limbeck from the outside, as a program uses it.

mod models;
