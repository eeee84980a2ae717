//! Operators, their families and classes, and what is in those. Only the estimates of an operator are
//! altered.

use limbeck_core::schema::object::operator::sides;
use limbeck_core::schema::object::{ClassDefinition, Expression, FamilyMember, Operator, Slot};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::state::State;
use super::{Piece, Scene, lay_out};
use crate::quote::{Naming, ident};

/// An operator as `DROP` and `COMMENT ON` name it.
pub(super) fn called(name: &QualifiedName, arguments: &str, naming: &Naming) -> String {
    let arguments = naming.expression(&Expression(arguments.to_owned()));
    format!("{} ({arguments})", naming.operator(name))
}

pub(super) fn create(id: &ObjectId, operator: &Operator, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Operator { name, arguments } = id else {
        return Vec::new();
    };
    let Operator {
        function,
        commutator,
        negator,
        restrict,
        join,
        hashes,
        merges,
        announced: _,
    } = operator;
    let mut parameters = vec![format!("FUNCTION = {}", naming.expression(function))];
    let (left, right) = sides(arguments).unwrap_or(("NONE", "NONE"));
    for (word, side) in [("LEFTARG", left), ("RIGHTARG", right)] {
        if side != "NONE" {
            let side = naming.expression(&Expression(side.to_owned()));
            parameters.push(format!("{word} = {side}"));
        }
    }
    for (word, other) in [("COMMUTATOR", commutator), ("NEGATOR", negator)] {
        if let Some(other) = other {
            parameters.push(format!("{word} = OPERATOR({})", naming.operator(other)));
        }
    }
    for (word, function) in [("RESTRICT", restrict), ("JOIN", join)] {
        if let Some(function) = function {
            parameters.push(format!("{word} = {}", naming.expression(function)));
        }
    }
    for (word, is_so) in [("HASHES", hashes), ("MERGES", merges)] {
        if *is_so {
            parameters.push(word.to_owned());
        }
    }
    let sql = format!(
        "CREATE OPERATOR {} (\n    {}\n)",
        naming.operator(name),
        parameters.join(",\n    ")
    );
    vec![Piece::statement(
        id,
        sql,
        format!("create {}", shown(id, naming)),
    )]
}

/// With what it announced and nobody else is linked with: those are no operators, and would stay.
pub(super) fn drop_with_announced(
    id: &ObjectId,
    operator: &Operator,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let ObjectId::Operator { name: _, arguments } = id else {
        return Vec::new();
    };
    let naming = scene.naming();
    let mut pieces = drop(id, naming);
    let links = operator
        .links(arguments)
        .into_iter()
        .zip(operator.announced.0);
    let mut waiting: Vec<ObjectId> = links
        .filter_map(|(link, announced)| link.filter(|_| announced))
        .collect();
    waiting.dedup();
    waiting.retain(|link| !scene.now.has(link) && !is_linked(link, id, scene.now));
    for link in waiting {
        if let ObjectId::Operator { name, arguments } = &link {
            pieces.push(Piece::statement(
                id,
                format!("DROP OPERATOR {}", called(name, arguments, naming)),
                format!("drop what announced {}", shown(&link, naming)),
            ));
        }
    }
    pieces
}

/// Whether an operator other than this one leads to it.
fn is_linked(link: &ObjectId, but_for: &ObjectId, now: &State) -> bool {
    now.objects().any(|(id, object)| match (id, object) {
        (ObjectId::Operator { name: _, arguments }, Object::Operator(operator)) => {
            id != but_for
                && operator
                    .links(arguments)
                    .iter()
                    .flatten()
                    .any(|to| to == link)
        }
        _ => false,
    })
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Operator { name, arguments } = id else {
        return Vec::new();
    };
    let sql = format!("DROP OPERATOR {}", called(name, arguments, naming));
    vec![Piece::statement(
        id,
        sql,
        format!("drop {}", shown(id, naming)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Operator, to: &Operator, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Operator { name, arguments } = id else {
        return Vec::new();
    };
    if !from.can_become(to) {
        let mut pieces = drop(id, naming);
        pieces.extend(create(id, to, naming));
        return pieces;
    }
    // The links change with the operators that they lead to.
    let estimates = [
        ("RESTRICT", &from.restrict, &to.restrict),
        ("JOIN", &from.join, &to.join),
    ];
    let options: Vec<String> = estimates
        .into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(word, _, to)| match to {
            Some(function) => format!("{word} = {}", naming.expression(function)),
            None => format!("{word} = NONE"),
        })
        .collect();
    if options.is_empty() {
        return Vec::new();
    }
    let called = called(name, arguments, naming);
    vec![Piece::statement(
        id,
        format!("ALTER OPERATOR {called} SET ({})", options.join(", ")),
        format!("set the estimates of {}", shown(id, naming)),
    )]
}

/// A family or class as it is named behind that word.
pub(super) fn in_method(name: &QualifiedName, method: &Ident, naming: &Naming) -> String {
    format!("{} USING {}", naming.qualified(name), ident(method))
}

pub(super) fn create_family(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::OperatorFamily { name, method } = id else {
        return Vec::new();
    };
    let sql = format!("CREATE OPERATOR FAMILY {}", in_method(name, method, naming));
    vec![Piece::statement(
        id,
        sql,
        format!("create {}", shown(id, naming)),
    )]
}

pub(super) fn drop_family(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::OperatorFamily { name, method } = id else {
        return Vec::new();
    };
    let sql = format!("DROP OPERATOR FAMILY {}", in_method(name, method, naming));
    vec![Piece::statement(
        id,
        sql,
        format!("drop {}", shown(id, naming)),
    )]
}

pub(super) fn create_class(id: &ObjectId, class: &ClassDefinition, naming: &Naming) -> Vec<Piece> {
    let ObjectId::OperatorClass { name, method } = id else {
        return Vec::new();
    };
    let ClassDefinition {
        input,
        family,
        default,
        storage,
        members,
    } = class;
    let input = naming.expression(input);
    let default = if *default { " DEFAULT" } else { "" };
    let head = format!("CREATE OPERATOR CLASS {}{default}", naming.qualified(name));
    let mut items: Vec<String> = members
        .iter()
        .map(|((slot, arguments), member)| item(*slot, arguments, member, naming))
        .collect();
    if let Some(storage) = storage {
        items.push(format!("STORAGE {}", naming.expression(storage)));
    } else if items.is_empty() {
        // Something must stand there, and this says nothing new.
        items.push(format!("STORAGE {input}"));
    }
    let clauses = [
        format!("FOR TYPE {input} USING {}", ident(method)),
        format!("FAMILY {}", naming.qualified(family)),
        format!("AS {}", items.join(",\n       ")),
    ];
    vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create {}", shown(id, naming)),
    )]
}

pub(super) fn drop_class(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::OperatorClass { name, method } = id else {
        return Vec::new();
    };
    let sql = format!("DROP OPERATOR CLASS {}", in_method(name, method, naming));
    vec![Piece::statement(
        id,
        sql,
        format!("drop {}", shown(id, naming)),
    )]
}

/// What stands behind `AS` and `ADD`.
fn item(slot: Slot, arguments: &str, member: &FamilyMember, naming: &Naming) -> String {
    let FamilyMember { what, order_by } = member;
    let what = naming.expression(what);
    match slot {
        Slot::Operator(strategy) => match order_by {
            Some(family) => {
                let family = naming.expression(family);
                format!("OPERATOR {strategy} {what} FOR ORDER BY {family}")
            }
            None => format!("OPERATOR {strategy} {what}"),
        },
        Slot::Function(number) => {
            let arguments = naming.expression(&Expression(arguments.to_owned()));
            format!("FUNCTION {number} ({arguments}) {what}")
        }
    }
}

pub(super) fn add(id: &ObjectId, member: &FamilyMember, naming: &Naming) -> Vec<Piece> {
    let ObjectId::FamilyMember {
        family,
        method,
        slot,
        arguments,
    } = id
    else {
        return Vec::new();
    };
    let sql = format!(
        "ALTER OPERATOR FAMILY {} ADD {}",
        in_method(family, method, naming),
        item(*slot, arguments, member, naming)
    );
    vec![Piece::statement(
        id,
        sql,
        format!("add {}", shown(id, naming)),
    )]
}

pub(super) fn remove(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::FamilyMember {
        family,
        method,
        slot,
        arguments,
    } = id
    else {
        return Vec::new();
    };
    let place = match slot {
        Slot::Operator(strategy) => format!("OPERATOR {strategy}"),
        Slot::Function(number) => format!("FUNCTION {number}"),
    };
    let sql = format!(
        "ALTER OPERATOR FAMILY {} DROP {place} ({})",
        in_method(family, method, naming),
        naming.expression(&Expression(arguments.clone()))
    );
    vec![Piece::statement(
        id,
        sql,
        format!("drop {}", shown(id, naming)),
    )]
}

/// The object for people.
pub(super) fn shown(id: &ObjectId, naming: &Naming) -> String {
    let kind = id.kind();
    match id {
        ObjectId::Operator { name, arguments } => {
            format!("{kind} {} ({arguments})", naming.shown(name))
        }
        ObjectId::OperatorFamily { name, method } | ObjectId::OperatorClass { name, method } => {
            format!("{kind} {} for {method}", naming.shown(name))
        }
        ObjectId::FamilyMember {
            family,
            method,
            slot,
            arguments,
        } => format!(
            "{kind} {} for {method}: {slot} ({arguments})",
            naming.shown(family)
        ),
        _ => kind.to_owned(),
    }
}

pub(super) fn rename(from: &ObjectId, to: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let naming = scene.naming();
    let (word, from, to_name, method) = match (from, to) {
        (ObjectId::OperatorFamily { name, method }, ObjectId::OperatorFamily { name: to, .. }) => {
            ("FAMILY", name, to, method)
        }
        (ObjectId::OperatorClass { name, method }, ObjectId::OperatorClass { name: to, .. }) => {
            ("CLASS", name, to, method)
        }
        _ => return Vec::new(),
    };
    let statement = |current: &QualifiedName, what: String, reason: &str| {
        let named = in_method(current, method, naming);
        Piece::statement(
            to,
            format!("ALTER OPERATOR {word} {named} {what}"),
            format!("{reason} {}", shown(to, naming)),
        )
    };
    let mut pieces = Vec::new();
    let mut current = from.clone();
    if from.name != to_name.name {
        let what = format!("RENAME TO {}", ident(&to_name.name));
        pieces.push(statement(&current, what, "rename to"));
        current.name = to_name.name.clone();
    }
    if from.schema != to_name.schema {
        let what = format!("SET SCHEMA {}", ident(&to_name.schema));
        pieces.push(statement(&current, what, "move to"));
    }
    pieces
}
