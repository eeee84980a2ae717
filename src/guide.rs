//! The guide: a page for each kind of user, from nothing to a running program, one for those who come from Alembic, and
//! one for who works on Limbeck itself.

#[doc = include_str!("../guide/a-new-kind.md")]
pub mod a_new_kind {}

#[doc = include_str!("../guide/coming-from-alembic.md")]
pub mod coming_from_alembic {}

#[doc = include_str!("../guide/in-a-library.md")]
pub mod in_a_library {}

#[doc = include_str!("../guide/in-a-web-application.md")]
pub mod in_a_web_application {}

#[doc = include_str!("../guide/in-tests.md")]
pub mod in_tests {}

#[doc = include_str!("../guide/what-is-compared.md")]
pub mod what_is_compared {}
