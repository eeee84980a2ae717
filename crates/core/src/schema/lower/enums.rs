//! The enums that columns are of.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, MAX_NAME_BYTES, QualifiedName};
use crate::schema::lower::mistakes::{Mistakes, Told, place};
use crate::schema::lower::{Declared, DeclaredObject, Placed};
use crate::schema::model::{ModelEnum, ModelEnumValue, ModelType};
use crate::schema::object::{Comment, Enum, Namespace, ObjectId};

/// States each enum once.
pub(super) fn lower(
    tables: &BTreeMap<QualifiedName, Placed<'_>>,
    placement: &Ident,
    declared: &mut Declared,
    mistakes: &mut Mistakes,
) {
    let mut seen: BTreeMap<QualifiedName, &ModelEnum> = BTreeMap::new();
    let columns = tables.values().flat_map(|table| &table.model.columns);
    for stated in columns.filter_map(|column| of_type(&column.sql_type)) {
        let mut told = mistakes.at(&stated.rust_name, &stated.location);
        let Some(name) = name(stated, placement, &mut told) else {
            continue;
        };
        match seen.get(&name) {
            None => {
                seen.insert(name.clone(), stated);
                state(stated, name, declared, &mut told);
            }
            Some(other) if same(other, stated) => {}
            Some(other) => told.add(format!(
                "the enum `{name}` is also that of {}, with other values",
                place(&other.rust_name, &other.location)
            )),
        }
    }
}

/// The enum that a type is, or is an array of.
fn of_type(model: &ModelType) -> Option<&ModelEnum> {
    match model {
        ModelType::Sql(_) => None,
        ModelType::Enum(stated) => Some(stated),
        ModelType::Array(element) => of_type(element),
    }
}

/// The name of an enum's type.
pub(super) fn name(
    stated: &ModelEnum,
    placement: &Ident,
    told: &mut Told<'_>,
) -> Option<QualifiedName> {
    let schema = match &stated.schema {
        Some(schema) => told.name(schema)?,
        None => placement.clone(),
    };
    Some(QualifiedName::new(schema, told.name(&stated.name)?))
}

/// Whether two statements of an enum agree; who makes them does not count.
fn same(one: &ModelEnum, other: &ModelEnum) -> bool {
    let ModelEnum {
        rust_name: _,
        location: _,
        schema: _,
        name: _,
        renamed_from,
        values,
        comment,
    } = one;
    *renamed_from == other.renamed_from && *values == other.values && *comment == other.comment
}

fn state(stated: &ModelEnum, name: QualifiedName, declared: &mut Declared, told: &mut Told<'_>) {
    let ModelEnum {
        rust_name,
        location,
        schema: _,
        name: _,
        renamed_from,
        values,
        comment,
    } = stated;
    let mut known = BTreeSet::new();
    for ModelEnumValue {
        value,
        renamed_from: _,
    } in values
    {
        if value.len() > MAX_NAME_BYTES || value.contains('\0') {
            told.add(format!(
                "`{value}` is no value that an enum can have: at most 63 bytes, no NUL"
            ));
        }
        if !known.insert(value) {
            told.add(format!("the value `{value}` is there twice"));
        }
    }

    let before = renamed_from.as_deref().and_then(|before| told.name(before));
    let before = before.map(|before| QualifiedName::new(name.schema.clone(), before));
    let mut sources = BTreeSet::new();
    for ModelEnumValue {
        value,
        renamed_from,
    } in values
    {
        let Some(renamed_from) = renamed_from else {
            continue;
        };
        if !sources.insert(renamed_from) {
            told.add(format!("two values were called `{renamed_from}`"));
        }
        let ty = before.clone().unwrap_or_else(|| name.clone());
        let old = ObjectId::EnumValue {
            ty,
            value: renamed_from.clone(),
        };
        let new = ObjectId::EnumValue {
            ty: name.clone(),
            value: value.clone(),
        };
        declared.renames.by_new.insert(new, old);
    }
    let hints = values.iter().filter_map(|value| {
        let before = value.renamed_from.as_deref()?;
        Some((value.value.as_str(), before))
    });
    told.no_circle(&hints.collect());
    let id = ObjectId::Enum(name);
    if let Some(before) = before {
        declared
            .renames
            .by_new
            .insert(id.clone(), ObjectId::Enum(before));
    }

    let values = values.iter().map(|value| value.value.clone()).collect();
    let origin = place(rust_name, location);
    let mut add = |id: ObjectId, object| {
        declared
            .origins
            .entry(id.clone())
            .or_insert_with(|| origin.clone());
        declared.objects.insert(id, object);
    };
    if let Some(namespace) = id.namespace() {
        add(
            ObjectId::Namespace(namespace.clone()),
            DeclaredObject::Namespace(Namespace {}),
        );
    }
    if let Some(text) = comment {
        let text = text.clone();
        add(
            ObjectId::Comment(Box::new(id.clone())),
            DeclaredObject::Comment(Comment { text }),
        );
    }
    add(id, DeclaredObject::Enum(Enum { values }));
}
