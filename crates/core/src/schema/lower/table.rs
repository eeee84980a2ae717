//! A table, its columns, and what is over them.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, QualifiedName};
use crate::schema::lower::expressions;
use crate::schema::lower::mistakes::{Mistakes, Told};
use crate::schema::lower::names::Names;
use crate::schema::lower::{
    Declared, DeclaredColumn, DeclaredIdentity, DeclaredObject, DeclaredTable, Placed, enums, keys,
    text,
};
use crate::schema::model::{ModelColumn, ModelIdentity, ModelTable, ModelType};
use crate::schema::object::{Comment, Expression, ObjectId, SqlType};

/// States a table and all that is in it.
pub(super) fn lower(
    table: &Placed<'_>,
    tables: &BTreeMap<QualifiedName, Placed<'_>>,
    placement: &Ident,
    names: &mut Names,
    declared: &mut Declared,
    mistakes: &mut Mistakes,
) {
    let Placed { model, name } = table;
    let ModelTable {
        rust_name: _,
        location: _,
        schema: _,
        table: _,
        renamed_from,
        persistence,
        comment,
        columns: _,
        primary_key: _,
        uniques: _,
        foreign_keys: _,
        checks: _,
        excludes: _,
        indexes: _,
    } = model;
    let mut told = mistakes.of(model);
    expressions::check(model, &mut told);
    let id = ObjectId::Table(name.clone());
    let before = renamed_from.as_deref().and_then(|before| told.name(before));
    let before = before.map(|before| QualifiedName::new(name.schema.clone(), before));
    if let Some(before) = &before {
        let other = declared
            .renames
            .by_new
            .values()
            .any(|old| *old == ObjectId::Table(before.clone()));
        if other {
            told.add(format!("another table was called `{before}`, too"));
        }
        declared
            .renames
            .by_new
            .insert(id.clone(), ObjectId::Table(before.clone()));
    }
    columns(
        table,
        before.as_ref().unwrap_or(name),
        placement,
        declared,
        &mut told,
    );
    keys::lower(table, tables, placement, names, declared, &mut told);
    comment_on(&id, comment.as_deref(), declared, model);
    let object = DeclaredTable {
        persistence: *persistence,
    };
    declared.state(id, DeclaredObject::Table(object), model);
}

fn comment_on(id: &ObjectId, comment: Option<&str>, declared: &mut Declared, model: &ModelTable) {
    if let Some(text) = comment {
        let comment = Comment {
            text: text.to_owned(),
        };
        let id = ObjectId::Comment(Box::new(id.clone()));
        declared.state(id, DeclaredObject::Comment(comment), model);
    }
}

/// `before` is what the table was called when its columns still had their old names.
fn columns(
    table: &Placed<'_>,
    before: &QualifiedName,
    placement: &Ident,
    declared: &mut Declared,
    told: &mut Told<'_>,
) {
    let Placed { model, name: table } = table;
    let primary: &[String] = model.primary_key.as_ref().map_or(&[], |key| &key.columns);
    let mut order: Vec<Ident> = Vec::with_capacity(model.columns.len());
    let mut sources = BTreeSet::new();
    for stated in &model.columns {
        let Some(name) = told.name(&stated.name) else {
            continue;
        };
        if order.contains(&name) {
            told.add(format!("two columns are named `{name}`"));
            continue;
        }
        order.push(name.clone());
        let id = ObjectId::Column {
            table: table.clone(),
            name,
        };
        if let Some(old) = stated
            .renamed_from
            .as_deref()
            .and_then(|old| told.name(old))
        {
            if !sources.insert(old.clone()) {
                told.add(format!("two columns were called `{old}`"));
            }
            let old = ObjectId::Column {
                table: before.clone(),
                name: old,
            };
            declared.renames.by_new.insert(id.clone(), old);
        }
        let key = primary.contains(&stated.name);
        let Some(column) = column(stated, key, placement, told) else {
            continue;
        };
        comment_on(&id, stated.comment.as_deref(), declared, model);
        declared.state(id, DeclaredObject::Column(column), model);
    }
    let hints = model.columns.iter().filter_map(|column| {
        let before = column.renamed_from.as_deref()?;
        Some((column.name.as_str(), before))
    });
    told.no_circle(&hints.collect());
    declared.column_order.insert(table.clone(), order);
}

fn column(
    stated: &ModelColumn,
    key: bool,
    placement: &Ident,
    told: &mut Told<'_>,
) -> Option<DeclaredColumn> {
    let ModelColumn {
        name,
        renamed_from: _,
        sql_type,
        nullable,
        default,
        identity,
        generated,
        collation,
        comment: _,
    } = stated;
    let values = [default.is_some(), identity.is_some(), generated.is_some()];
    if values.iter().filter(|stated| **stated).count() > 1 {
        told.add(format!(
            "the column `{name}` can have only one of a default, an identity and a generating \
             expression"
        ));
    }
    let collation = match collation
        .as_deref()
        .map(|text| (text, text::collation(text)))
    {
        None => None,
        Some((_, Some(collation))) => Some(collation),
        Some((text, None)) => {
            told.add(format!(
                "the collation of the column `{name}` is no name: `{text}`"
            ));
            None
        }
    };
    let expression = |text: &Option<String>| text.clone().map(Expression);
    let counted = counted(sql_type);
    if counted.is_some() && values.contains(&true) {
        told.add(format!(
            "the column `{name}` is a `serial`, and so has a default: it can have no other, no identity and no \
             generating expression"
        ));
    }
    Some(DeclaredColumn {
        serial: counted.is_some(),
        sql_type: match counted {
            Some(counted) => SqlType::Builtin(counted.to_owned()),
            None => lower_type(sql_type, placement, told)?,
        },
        // Postgres makes the columns of a primary key, and identities, not null.
        nullable: *nullable && !key && identity.is_none(),
        collation,
        default: expression(default),
        identity: identity.as_ref().map(lower_identity),
        generated: expression(generated),
    })
}

fn lower_identity(stated: &ModelIdentity) -> DeclaredIdentity {
    let ModelIdentity {
        mode,
        start,
        increment,
        min,
        max,
        cache,
        cycle,
    } = *stated;
    DeclaredIdentity {
        mode,
        start,
        increment,
        min,
        max,
        cache,
        cycle,
    }
}

/// The type of a column that is said to be a `serial`: that is no type, but a column of this one with a default
/// and a sequence that it owns.
fn counted(stated: &ModelType) -> Option<&'static str> {
    let ModelType::Sql(text) = stated else {
        return None;
    };
    match text.trim().to_ascii_lowercase().as_str() {
        "smallserial" | "serial2" => Some("smallint"),
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        _ => None,
    }
}

/// Postgres knows no arrays of arrays: every array of a type is of one type.
fn lower_type(stated: &ModelType, placement: &Ident, told: &mut Told<'_>) -> Option<SqlType> {
    Some(match stated {
        ModelType::Sql(text) => SqlType::Builtin(text.trim().to_owned()),
        ModelType::Enum(stated) => SqlType::named(enums::name(stated, placement, told)?),
        ModelType::Array(element) => match lower_type(element, placement, told)? {
            SqlType::Builtin(text) if text.ends_with("[]") => SqlType::Builtin(text),
            SqlType::Builtin(text) => SqlType::Builtin(format!("{text}[]")),
            SqlType::Named {
                name,
                modifier,
                array: _,
            } => SqlType::Named {
                name,
                modifier,
                array: true,
            },
        },
    })
}
