//! Owners. Without one that is said, an object is the session's.

use limbeck_core::Object;
use limbeck_core::ObjectId;
use limbeck_core::schema::object::{Owner, Sequence};

use super::comment::{shown, target};
use super::state::State;
use super::{Piece, Scene};
use crate::quote::{Naming, ident};

/// Hands an object over, or takes it back.
pub(super) fn set(id: &ObjectId, owner: Option<&Owner>, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Owner(on) = id else {
        return Vec::new();
    };
    let Some(target) = target(on, naming) else {
        return Vec::new();
    };
    let role = name(owner);
    let told = match owner {
        Some(Owner { role }) => role.to_string(),
        None => "this role".to_owned(),
    };
    vec![Piece::statement(
        id,
        format!("ALTER {target} OWNER TO {role}"),
        format!("make {told} the owner of {}", shown(on, naming)),
    )]
}

/// Who owns an object now. A column is its table's, and a sequence that a column owns, too.
pub(super) fn of(on: &ObjectId, now: &State) -> String {
    let table = match (on, now.get(on)) {
        (ObjectId::Column { table, name: _ }, _) => Some(table),
        (
            _,
            Some(Object::Sequence(Sequence {
                owned_by: Some(owner),
                ..
            })),
        ) => Some(&owner.table),
        _ => None,
    };
    let of = |on: ObjectId| match now.get(&ObjectId::Owner(Box::new(on))) {
        Some(Object::Owner(owner)) => Some(owner),
        _ => None,
    };
    let owner = match table {
        Some(table) => [ObjectId::Table, ObjectId::View, ObjectId::MaterializedView]
            .into_iter()
            .find_map(|as_id| of(as_id(table.clone()))),
        None => of(on.clone()),
    };
    name(owner)
}

fn name(owner: Option<&Owner>) -> String {
    match owner {
        Some(Owner { role }) => ident(role).to_string(),
        None => "CURRENT_USER".to_owned(),
    }
}

/// The owner of something that was made anew.
pub(super) fn again(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let owner = ObjectId::Owner(Box::new(id.clone()));
    match scene.now.get(&owner) {
        Some(Object::Owner(present)) => set(&owner, Some(present), scene.naming()),
        Some(_) | None => Vec::new(),
    }
}
