//! The laws of the overlay over generated schemas.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::schema::Schema;
use crate::schema::diff::Renames;
use crate::schema::object::{Column, Object, ObjectId};
use crate::schema::overlay::tests::revised;
use crate::schema::overlay::{Base, aside, overlay};
use crate::schema::taken::taken;
use crate::schema::testing::generate::{hints, schemas_without_programs as schemas};
use crate::schema::testing::{cases, declared, lawful, words};

/// Every third of the objects, or all, or none.
fn generated(schema: &Schema, choice: usize) -> Base {
    let ids = schema.objects.keys().enumerate();
    let ids = ids.filter(|(at, _)| match choice {
        0 => false,
        1..=3 => at % 3 == choice - 1,
        _ => true,
    });
    Base {
        generated: ids.map(|(_, id)| id.clone()).collect(),
        schema: schema.clone(),
    }
}

#[track_caller]
fn check(live: &Schema, base: Option<Base>, models: &Schema, renames: Renames) {
    let renamed = !renames.by_new.is_empty();
    let models = declared(models, renames);
    let desired = overlay(live, base.as_ref(), &models);
    // A name that a model insists on may be somebody else's; Postgres will say so.
    let mut names = BTreeSet::new();
    let mut taken = desired
        .objects
        .iter()
        .flat_map(|(id, object)| taken(id, object));
    if !taken.all(|name| names.insert(name)) {
        return;
    }
    let operations = lawful(live, &desired, &models.renames);

    // What models state in full is there.
    for id in models.objects.keys() {
        let renumbered = matches!(id, ObjectId::Constraint { .. } | ObjectId::Index(_))
            || matches!(id, ObjectId::Comment(on) if !desired.objects.contains_key(on));
        assert!(
            renumbered || desired.objects.contains_key(id),
            "{id} is not there"
        );
    }
    // What neither base nor models know stays as it is.
    let empty = Schema::new();
    let known = base.as_ref().map_or(&empty, |base| &base.schema);
    let unknown = live.objects.iter().filter(|(id, _)| {
        !known.objects.contains_key(id) && !models.objects.contains_key(id) && !renamed
    });
    for (id, object) in unknown {
        let stays = match (id, object) {
            (ObjectId::Table(_) | ObjectId::Enum(_), _) => true,
            (ObjectId::Domain(_) | ObjectId::DomainConstraint { .. }, _) => true,
            (ObjectId::Composite(_) | ObjectId::Range(_), _) => true,
            // A generated one goes with what it is computed from.
            (ObjectId::Column { .. }, Object::Column(Column { generated, .. })) => {
                generated.is_none()
                    && id.table().is_some_and(|table| {
                        desired
                            .objects
                            .contains_key(&ObjectId::Table(table.clone()))
                    })
            }
            _ => false,
        };
        assert!(
            !stays || desired.get(id) == Some(object),
            "{id} is none of ours"
        );
    }
    // Without base, nothing goes but what the models leave nothing to stand on.
    if base.is_none() {
        let aside = aside(&operations);
        for operation in &operations {
            // What steps aside for another of its name is still there under that.
            let aside = aside.values().any(|aside| match operation.id() {
                ObjectId::Comment(on)
                | ObjectId::Owner(on)
                | ObjectId::Grant { on, grantee: _ } => **on == **aside,
                ObjectId::DomainConstraint { domain, .. } => {
                    ObjectId::Domain(domain.clone()) == **aside
                }
                ObjectId::Multirange(_) => matches!(aside, ObjectId::Range(_)),
                id => id == *aside,
            });
            let goes = desired.get(operation.id()).is_none() && !aside;
            let may = matches!(
                operation.id(),
                ObjectId::Constraint { .. } | ObjectId::Comment(_)
            );
            assert!(!goes || may || renamed, "{operation} without base");
        }
    }

    // Where live is otherwise than base, a replaced object takes into base what was live's alone.
    let base = base
        .filter(|base| base.schema == *live)
        .map(|base| revised(base, &operations));
    for base in [base.as_ref(), None] {
        let again = overlay(&desired, base, &models);
        let more = lawful(&desired, &again, &models.renames);
        assert!(
            more.is_empty(),
            "once more\n{}\nafter\n{}",
            words(&more),
            words(&operations)
        );
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn models_are_laid_over_anything(
        live in schemas(),
        base in schemas(),
        choice in 0..5_usize,
        models in schemas(),
    ) {
        check(&live, Some(generated(&base, choice)), &models, Renames::default());
    }

    #[test]
    fn what_the_chain_made_follows_the_models(
        live in schemas(),
        choice in 0..5_usize,
        models in schemas(),
        renames in hints(),
    ) {
        check(&live, Some(generated(&live, choice)), &models, renames);
    }

    #[test]
    fn without_base_nothing_is_dropped(live in schemas(), models in schemas()) {
        check(&live, None, &models, Renames::default());
    }
}
