//! What `bundle!` makes of a crate.

use limbeck::{Bundle, Model, bundle};

#[derive(Model)]
#[expect(dead_code, reason = "only its metadata is looked at")]
struct Registered {
    #[model(primary_key)]
    id: i32,
}

#[derive(Model)]
#[model(register = false)]
#[expect(dead_code, reason = "only its metadata is looked at")]
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
