//! What `bundle!` makes of a crate.

use std::path::Path;

use limbeck::{Bundle, Model, Result, Script, Step, bundle};
use limbeck_core::revision::directory;

#[derive(Model)]
struct Registered {
    #[model(primary_key)]
    id: i32,
}

#[derive(Model)]
#[model(register = false)]
struct Unregistered {
    #[model(primary_key)]
    id: i32,
}

fn tables(bundle: &Bundle) -> Vec<&str> {
    bundle
        .models
        .iter()
        .map(|model| model.table.as_str())
        .collect()
}

#[test]
fn the_models_of_the_crate_are_found_by_themselves() {
    let bundle = bundle!(no_migrations);
    assert_eq!(bundle.name, "limbeck");
    assert_eq!(
        tables(&bundle)
            .iter()
            .filter(|table| **table == "registereds")
            .count(),
        1
    );
    assert!(!tables(&bundle).contains(&"unregistereds"));
}

#[test]
fn models_can_be_listed() {
    let bundle = bundle!(
        no_migrations,
        models = [Unregistered, Registered],
        name = "mine"
    );
    assert_eq!(bundle.name, "mine");
    assert_eq!(tables(&bundle), ["unregistereds", "registereds"]);
}

#[test]
fn bundles_stand_on_bundles() {
    let bundle = bundle!(
        no_migrations,
        models = [],
        dependencies = [bundle!(no_migrations, models = [], name = "below")],
    );
    assert_eq!(bundle.dependencies[0].name, "below");
    assert_eq!(bundle.directory, None);
}

/// The one SQL text of a script, and where it came from.
fn sql(write: impl Fn(&mut Script) -> Result<()>) -> (String, String) {
    let mut script = Script::new();
    write(&mut script).expect("the script is made");
    match script.steps() {
        [Step::Sql { text, origin }] => (text.to_string(), origin.clone()),
        other => panic!("one step of SQL, not {other:?}"),
    }
}

#[test]
fn what_is_embedded_is_what_stands_in_the_directory() {
    let bundle = bundle!(path = "tests/cases/revisions", models = []);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/revisions");
    let (_, source) = directory::load(&path).expect("the directory is in order");
    assert_eq!(bundle.directory, cfg!(debug_assertions).then_some(path));
    assert_eq!(bundle.migrations.len(), source.entries.len());
    for (migration, entry) in bundle.migrations.iter().zip(&source.entries) {
        assert_eq!(migration.revision(), &entry.revision);
        let folder = &entry.revision.directory;
        assert_eq!(
            sql(|script| migration.upgrade(script)),
            (entry.up.clone(), format!("{folder}/up.sql"))
        );
        match &entry.down {
            Some(down) => assert_eq!(
                sql(|script| migration.downgrade(script)),
                (down.clone(), format!("{folder}/down.sql"))
            ),
            None => assert!(migration.downgrade(&mut Script::new()).is_err()),
        }
    }
}

/// A crate `limbeck` whose migrator holds nothing but its bundle.
mod bare {
    pub(super) use limbeck::Bundle;

    pub(super) mod __private {
        pub(crate) use limbeck::__private::*;

        pub(crate) struct Migrator(pub(crate) limbeck::Bundle);

        impl Migrator {
            pub(crate) fn with_settings(
                bundle: limbeck::Bundle,
                _: &limbeck::__private::Settings,
            ) -> Self {
                Self(bundle)
            }
        }
    }
}

#[test]
fn a_migrator_is_made_of_the_bundle() {
    let migrator = limbeck::migrator!(
        path = "tests/cases/revisions",
        models = [Registered],
        crate = "crate::bundle::bare",
    );
    assert_eq!(migrator.0.migrations.len(), 2);
    assert_eq!(tables(&migrator.0), ["registereds"]);
}
