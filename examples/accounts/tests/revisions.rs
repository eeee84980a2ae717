//! What the owners of databases go through: every way up, with rows in the tables, and down again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use limbeck::Migrator;

#[test]
fn a_database_of_any_version_goes_up_with_its_rows() {
    let upgrades = limbeck::testing::upgrades(&accounts::bundle()).unwrap();
    assert_eq!(upgrades.from.len(), 3);
    assert!(upgrades.rows > 0 && upgrades.empty.is_empty(), "{upgrades}");
}

#[test]
fn revisions_are_well() {
    limbeck::testing::check(&Migrator::new(accounts::bundle())).unwrap();
}
