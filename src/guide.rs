//! The guide: a page for each kind of user, from nothing to a running program.

#[doc = include_str!("../guide/in-a-library.md")]
pub mod in_a_library {}

#[doc = include_str!("../guide/in-a-web-application.md")]
pub mod in_a_web_application {}

#[doc = include_str!("../guide/in-tests.md")]
pub mod in_tests {}
