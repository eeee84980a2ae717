//! Reads operators, their families and classes, and what is in those.

use std::collections::BTreeMap;

use limbeck_core::schema::object::operator::Announced;
use limbeck_core::schema::object::{
    ClassDefinition, Expression, FamilyMember, Operator, OperatorFamily, Slot,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{
    FAMILY_OPERATOR, Found, NameRow, OPERATOR, OPERATOR_CLASS, OPERATOR_FAMILY, Place, parse,
    qualified,
};

pub(super) const SQL: &str = include_str!("operator.sql");
pub(super) const CLASS_SQL: &str = include_str!("operator_class.sql");
pub(super) const MEMBER_SQL: &str = include_str!("family_member.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    left: Option<String>,
    right: Option<String>,
    function: String,
    commutator: Option<NameRow>,
    negator: Option<NameRow>,
    restrict: Option<String>,
    join: Option<String>,
    hashes: bool,
    merges: bool,
    announced: [bool; 2],
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        left,
        right,
        function,
        commutator,
        negator,
        restrict,
        join,
        hashes,
        merges,
        announced,
    } = parse(body)?;
    let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "NONE".to_owned());
    let id = ObjectId::Operator {
        name: QualifiedName::parse_parts(&schema, &name)?,
        arguments: format!("{}, {}", side(&left), side(&right)),
    };
    found.stands_at(OPERATOR, oid, 0, &id);
    found.put(
        id,
        Object::Operator(Operator {
            function: Expression(function),
            commutator: commutator.map(qualified).transpose()?,
            negator: negator.map(qualified).transpose()?,
            restrict: restrict.map(Expression),
            join: join.map(Expression),
            hashes,
            merges,
            announced: Announced(announced),
        }),
    );
    Ok(())
}

#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum ClassRow {
    Family {
        oid: u32,
        schema: String,
        name: String,
        method: String,
    },
    Class {
        oid: u32,
        schema: String,
        name: String,
        method: String,
        input: String,
        family: NameRow,
        default: bool,
        storage: Option<String>,
    },
}

pub(super) fn read_class(body: &str, found: &mut Found) -> Result<()> {
    match parse(body)? {
        ClassRow::Family {
            oid,
            schema,
            name,
            method,
        } => {
            let id = ObjectId::OperatorFamily {
                name: QualifiedName::parse_parts(&schema, &name)?,
                method: Ident::new(method)?,
            };
            found.stands_at(OPERATOR_FAMILY, oid, 0, &id);
            found.put(id, Object::OperatorFamily(OperatorFamily));
        }
        ClassRow::Class {
            oid,
            schema,
            name,
            method,
            input,
            family,
            default,
            storage,
        } => {
            let id = ObjectId::OperatorClass {
                name: QualifiedName::parse_parts(&schema, &name)?,
                method: Ident::new(method)?,
            };
            found.stands_at(OPERATOR_CLASS, oid, 0, &id);
            let class = ClassDefinition {
                input: Expression(input),
                family: qualified(family)?,
                default,
                storage: storage.map(Expression),
                members: BTreeMap::new(),
            };
            found.classes.insert(id, class);
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct MemberRow {
    class: u32,
    oid: u32,
    family: NameRow,
    method: String,
    number: i16,
    left: String,
    right: String,
    text: String,
    order_by: Option<String>,
    owner: Option<NameRow>,
}

pub(super) fn read_member(body: &str, found: &mut Found) -> Result<()> {
    let MemberRow {
        class,
        oid,
        family,
        method,
        number,
        left,
        right,
        text,
        order_by,
        owner,
    } = parse(body)?;
    let method = Ident::new(method)?;
    let family = qualified(family)?;
    let slot = match class {
        FAMILY_OPERATOR => Slot::Operator(number),
        _ => Slot::Function(number),
    };
    let arguments = format!("{left}, {right}");
    let member = FamilyMember {
        what: Expression(text),
        order_by: order_by.map(Expression),
    };
    if let Some(owner) = owner {
        let id = ObjectId::OperatorClass {
            name: qualified(owner)?,
            method,
        };
        found.stands_at(class, oid, 0, &id);
        if let Some(class) = found.classes.get_mut(&id) {
            class.members.insert((slot, arguments), member);
        }
        return Ok(());
    }
    // An index by a class wants to find there what the class can only be used with.
    let classes = found.classes.iter().filter_map(|(id, class)| match id {
        ObjectId::OperatorClass { method: of, .. } => {
            let alike = *of == method && class.family == family;
            (alike && class.input.0 == left && class.input.0 == right).then(|| id.clone())
        }
        _ => None,
    });
    let classes: Vec<ObjectId> = classes.collect();
    let id = ObjectId::FamilyMember {
        family,
        method,
        slot,
        arguments,
    };
    let classes: Vec<Place> = classes.into_iter().map(|id| found.place_of(id)).collect();
    found.stands_at(class, oid, 0, &id);
    let member = found.put(id, Object::FamilyMember(member));
    let edges = classes.into_iter().map(|class| (class, member));
    found.depends.extend(edges);
    Ok(())
}
