//! The laws of differences over generated schemas.

use proptest::prelude::*;

use crate::schema::diff::Renames;
use crate::schema::testing::generate::{hints, schemas};
use crate::schema::testing::{cases, lawful};

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn any_schema_becomes_any_other_and_back(from in schemas(), to in schemas()) {
        lawful(&from, &to, &Renames::default());
    }

    #[test]
    fn renames_of_any_kind_keep_the_laws(
        from in schemas(),
        to in schemas(),
        renames in hints(),
    ) {
        lawful(&from, &to, &renames);
    }
}
