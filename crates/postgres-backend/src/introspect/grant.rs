//! Reads who may do what, with objects that are there and with those that are made later.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{
    DefaultKind, DefaultScope, Grant, GrantOption, Grantee, Privilege, Privileges,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Address, EXTENSION, Found, Place, SERVER, Unmanaged, WRAPPER, parse, unreadable};

pub(super) const SQL: &str = include_str!("grant.sql");

pub(super) const ELSEWHERE_SQL: &str = include_str!("grant_elsewhere.sql");

pub(super) const DEFAULTS_SQL: &str = include_str!("default_privileges.sql");

#[derive(Deserialize)]
struct Row {
    class: u32,
    oid: u32,
    column: Option<String>,
    /// The number of the column that the sequence of an identity is part of, and the name of the sequence.
    counter: Option<(i32, String, String)>,
    granted: Option<Vec<ItemRow>>,
    initial: Option<Vec<ItemRow>>,
}

#[derive(Deserialize)]
struct ElsewhereRow {
    class: u32,
    oid: u32,
    name: String,
    /// The extension that it belongs to.
    extension: Option<u32>,
    granted: Option<Vec<ItemRow>>,
    initial: Option<Vec<ItemRow>>,
}

#[derive(Deserialize)]
struct DefaultsRow {
    kind: char,
    schema: Option<String>,
    role: Option<String>,
    granted: Option<Vec<ItemRow>>,
    initial: Option<Vec<ItemRow>>,
}

/// The role (none is everybody), whether it is the owner, the privilege, whether it may be handed on, and
/// who granted it if not the owner.
#[derive(Deserialize)]
pub(super) struct ItemRow(Option<String>, bool, String, bool, Option<String>);

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        class,
        oid,
        column,
        counter,
        granted,
        initial,
    } = parse(body)?;
    let number = counter.as_ref().map_or(0, |(number, _, _)| *number);
    let address = Address::new(class, oid, number);
    let (Some(place), Some(on)) = (found.place(&address), found.at(&address).cloned()) else {
        return Ok(());
    };
    let target = match (column, &on) {
        (None, _) if counter.is_some() => {
            let name = counter.map(|(_, schema, name)| QualifiedName::parse_parts(&schema, &name));
            match name.transpose()? {
                Some(name) => ObjectId::Sequence(name),
                None => return Ok(()),
            }
        }
        (
            Some(column),
            ObjectId::Table(table) | ObjectId::View(table) | ObjectId::MaterializedView(table),
        ) => ObjectId::Column {
            table: table.clone(),
            name: Ident::new(column)?,
        },
        (Some(_), _) => return Ok(()),
        (None, _) => on.clone(),
    };
    note(found, &target, Some(place), granted, initial)
}

pub(super) fn read_elsewhere(body: &str, found: &mut Found) -> Result<()> {
    let ElsewhereRow {
        class,
        oid,
        name,
        extension,
        granted,
        initial,
    } = parse(body)?;
    let name = Ident::new(name)?;
    let target = match class {
        WRAPPER => ObjectId::Wrapper(name),
        SERVER => ObjectId::Server(name),
        _ => ObjectId::Language(name),
    };
    // What Postgres brought along is there, and nothing that could be needed.
    let on = found.place(&Address::new(class, oid, 0));
    let on = on.or_else(|| found.place(&Address::new(EXTENSION, extension?, 0)));
    note(found, &target, on, granted, initial)
}

/// What is granted on something that is an object, or needs one.
pub(super) fn note(
    found: &mut Found,
    target: &ObjectId,
    on: Option<Place>,
    granted: Option<Vec<ItemRow>>,
    initial: Option<Vec<ItemRow>>,
) -> Result<()> {
    for (grantee, grant) in grants(granted, initial, |grantee, grantor| {
        found.unmanaged.push(Unmanaged {
            kind: "grant by another than the owner".to_owned(),
            schema: target
                .namespace()
                .map(ToString::to_string)
                .unwrap_or_default(),
            name: format!("{target} to {grantee} by {grantor}"),
        });
    })? {
        let id = ObjectId::Grant {
            on: Box::new(target.clone()),
            grantee,
        };
        // A column of a view is no object of its own, nor is the sequence of an identity: what is granted
        // on them depends on the view, or the column.
        let grant = found.put(id, Object::Grant(grant));
        found.depends.extend(on.map(|on| (grant, on)));
    }
    Ok(())
}

pub(super) fn read_defaults(body: &str, found: &mut Found) -> Result<()> {
    let DefaultsRow {
        kind,
        schema,
        role,
        granted,
        initial,
    } = parse(body)?;
    let kind = match kind {
        'r' => DefaultKind::Tables,
        'S' => DefaultKind::Sequences,
        'f' => DefaultKind::Functions,
        'T' => DefaultKind::Types,
        'n' => DefaultKind::Schemas,
        'L' => DefaultKind::LargeObjects,
        other => {
            return Err(unreadable(format!(
                "default privileges of the kind `{other}`"
            )));
        }
    };
    let schema = schema.map(Ident::new).transpose()?;
    let role = role.map(Ident::new).transpose()?;
    for (grantee, grant) in grants(granted, initial, |_, _| {})? {
        let id = ObjectId::DefaultPrivileges(DefaultScope {
            schema: schema.clone(),
            role: role.clone(),
            kind,
            grantee,
        });
        found.put(id, Object::Grant(grant));
    }
    Ok(())
}

/// Who may do other things than they could without a word. What another than the owner granted cannot be
/// said again in that one's name, and is only told.
fn grants(
    granted: Option<Vec<ItemRow>>,
    initial: Option<Vec<ItemRow>>,
    mut by_another: impl FnMut(&Grantee, &str),
) -> Result<BTreeMap<Grantee, Grant>> {
    let mut grants: BTreeMap<Grantee, Grant> = BTreeMap::new();
    for (items, now) in [(granted, true), (initial, false)] {
        for ItemRow(role, owner, privilege, grantable, grantor) in items.into_iter().flatten() {
            let grantee = match role {
                None => Grantee::Public,
                Some(_) if owner => Grantee::Owner,
                Some(role) => Grantee::Role(Ident::new(role)?),
            };
            if let Some(grantor) = grantor {
                by_another(&grantee, &grantor);
                continue;
            }
            let privilege = Privilege::of_word(&privilege)
                .ok_or_else(|| unreadable(format!("the privilege `{privilege}`")))?;
            let option = if grantable {
                GrantOption::With
            } else {
                GrantOption::Without
            };
            let grant = grants.entry(grantee).or_insert_with(|| Grant {
                privileges: Privileges::new(),
                initial: Privileges::new(),
            });
            let noted = match now {
                true => &mut grant.privileges,
                false => &mut grant.initial,
            };
            noted.insert(privilege, option);
        }
    }
    grants.retain(|_, grant| grant.privileges != grant.initial);
    Ok(grants)
}
