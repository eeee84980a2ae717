//! What must not compile, and what is said of it. `TRYBUILD=overwrite` blesses the messages.

#[test]
fn mistakes_are_told_where_they_stand() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
