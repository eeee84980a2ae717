//! Range types. Nothing of them can be altered but their names.

use limbeck_core::schema::object::Range;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene};
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, range: &Range, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Range(name) = id else {
        return Vec::new();
    };
    let Range {
        subtype,
        operator_class,
        collation,
        canonical,
        difference,
        multirange,
    } = range;
    let mut parameters = vec![format!("subtype = {}", naming.sql_type(subtype))];
    let mut named = |parameter: &str, name: &Option<QualifiedName>| {
        if let Some(name) = name {
            parameters.push(format!("{parameter} = {}", naming.qualified(name)));
        }
    };
    named("subtype_opclass", operator_class);
    named("collation", collation);
    named("canonical", canonical);
    named("subtype_diff", difference);
    if let Some(multirange) = multirange
        && derived(name).as_ref() != Some(multirange)
    {
        parameters.push(format!(
            "multirange_type_name = {}",
            naming.type_name(multirange)
        ));
    }
    vec![Piece::statement(
        id,
        format!(
            "CREATE TYPE {} AS RANGE ({})",
            naming.type_name(name),
            parameters.join(", ")
        ),
        format!("create type {}", naming.shown(name)),
    )]
}

/// What Postgres calls the multirange type where nothing is said and the name is free.
fn derived(name: &QualifiedName) -> Option<QualifiedName> {
    let bare = name.name.as_str();
    let derived = if bare.contains("range") {
        bare.replacen("range", "multirange", 1)
    } else {
        format!("{bare}_multirange")
    };
    // A long name is cut, and where is not said here.
    let derived = Ident::new(derived)
        .ok()
        .filter(|name| name.as_str().len() < 60)?;
    Some(QualifiedName::new(name.schema.clone(), derived))
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Range(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP TYPE {}", naming.type_name(name)),
        format!("drop type {}", naming.shown(name)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Range, to: &Range, naming: &Naming) -> Vec<Piece> {
    if from == to {
        return Vec::new();
    }
    let mut pieces = drop(id, naming);
    pieces.extend(create(id, to, naming));
    pieces
}

/// A range, or its multirange type. The functions that make values of it keep their names; where a
/// type of the old name is made afterwards, they would be in the way of its own.
pub(super) fn rename(
    as_id: fn(QualifiedName) -> ObjectId,
    from: &QualifiedName,
    to: &QualifiedName,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let mut pieces = super::table::rename_relation("TYPE", as_id, from, to, scene);
    let comes_again = scene.later().any(|operation| match operation {
        Operation::Create {
            id: ObjectId::Range(name),
            object: Object::Range(range),
        } => name == from || range.multirange.as_ref() == Some(from),
        _ => false,
    });
    if !comes_again {
        return pieces;
    }
    let naming = scene.naming();
    let ranges = scene
        .now
        .objects()
        .filter_map(|(id, object)| match (id, object) {
            (ObjectId::Range(name), Object::Range(range)) => Some((name, range)),
            _ => None,
        });
    for (name, range) in ranges {
        let arguments = if name == from {
            let subtype = naming.sql_type(&range.subtype);
            vec![
                format!("{subtype}, {subtype}"),
                format!("{subtype}, {subtype}, text"),
            ]
        } else if range.multirange.as_ref() == Some(from) {
            let range = naming.type_name(name);
            vec![
                String::new(),
                range.to_string(),
                format!("VARIADIC {range}[]"),
            ]
        } else {
            continue;
        };
        for arguments in arguments {
            pieces.push(Piece::statement(
                &as_id(to.clone()),
                format!(
                    "ALTER FUNCTION {}({arguments}) RENAME TO {}",
                    naming.qualified(from),
                    ident(&to.name)
                ),
                format!("put a function of {} aside", naming.shown(to)),
            ));
        }
    }
    pieces
}
