//! Who may do what, as `GRANT` and `REVOKE`: from what somebody may do to what they are to.
//!
//! What is made begins with what the default privileges of the session's role say at that time. So a
//! grant on it goes from there; and where none is stated, it is brought to what Postgres gives by itself.

use std::collections::BTreeMap;

use limbeck_core::name::derived_name;
use limbeck_core::schema::object::{
    DefaultKind, DefaultScope, Grant, GrantOption, Grantee, Privilege, Privileges,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::comment::{shown, target};
use super::routine::as_function;
use super::state::State;
use super::{Piece, Scene, owner};
use crate::quote::{Naming, ident};

/// What somebody can do with something new, where default privileges make that another thing than
/// Postgres would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Birth {
    /// What Postgres gives by itself.
    usual: Privileges,
    /// What they can do.
    given: Privileges,
}

pub(super) type Births = BTreeMap<Grantee, Birth>;

pub(super) fn create(id: &ObjectId, grant: &Grant, scene: &Scene<'_>) -> Vec<Piece> {
    let Grant {
        privileges,
        initial,
    } = grant;
    let begins = match id {
        ObjectId::Grant { on, grantee } => scene.now.birth(on, grantee),
        _ => None,
    };
    let from = begins.map_or(initial, |birth| &birth.given);
    change(id, from, privileges, scene)
}

pub(super) fn drop(id: &ObjectId, grant: &Grant, scene: &Scene<'_>) -> Vec<Piece> {
    let Grant {
        privileges,
        initial,
    } = grant;
    change(id, privileges, initial, scene)
}

pub(super) fn alter(id: &ObjectId, from: &Grant, to: &Grant, scene: &Scene<'_>) -> Vec<Piece> {
    change(id, &from.privileges, &to.privileges, scene)
}

/// What an operation makes that has privileges: the object, or the sequence of an identity, which gets
/// the name that Postgres derives.
pub(super) fn made(operation: &Operation) -> Option<ObjectId> {
    let (id, object) = match operation {
        Operation::Create { id, object } => (id, object),
        Operation::Alter {
            id,
            from: Object::Column(from),
            to: object,
        } if from.identity.is_none() => (id, object),
        Operation::Alter { .. } | Operation::Drop { .. } | Operation::Rename { .. } => return None,
    };
    match (id, object) {
        (ObjectId::Column { table, name }, Object::Column(column)) => {
            column.identity.as_ref()?;
            let sequence = derived_name(table.name.as_str(), Some(name.as_str()), "seq");
            Some(ObjectId::Sequence(QualifiedName::new(
                table.schema.clone(),
                sequence,
            )))
        }
        _ => Some(id.clone()),
    }
}

/// Takes back what default privileges give to something new and nothing states, and gives what they
/// withhold.
pub(super) fn settle(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let stated = |grantee: &Grantee| {
        scene.later().any(|operation| match operation {
            Operation::Create {
                id: ObjectId::Grant { on, grantee: to },
                object: _,
            } => **on == *id && to == grantee,
            _ => false,
        })
    };
    births(id, scene.now)
        .into_iter()
        .filter(|(grantee, _)| !stated(grantee))
        .flat_map(|(grantee, birth)| settle_one(id, grantee, &birth, scene))
        .collect()
}

fn settle_one(id: &ObjectId, grantee: Grantee, birth: &Birth, scene: &Scene<'_>) -> Vec<Piece> {
    let grant = ObjectId::Grant {
        on: Box::new(id.clone()),
        grantee,
    };
    change(&grant, &birth.given, &birth.usual, scene)
}

/// The grants on something that was made anew, but for those that go anyway.
pub(super) fn again(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let mut births = births(id, scene.now);
    let mut pieces = Vec::new();
    for (grant_id, object) in scene.now.said_of(id) {
        let (ObjectId::Grant { on: _, grantee }, Object::Grant(grant)) = (grant_id, object) else {
            continue;
        };
        let birth = births.remove(grantee);
        let from = birth.as_ref().map_or(&grant.initial, |birth| &birth.given);
        pieces.extend(change(grant_id, from, &grant.privileges, scene));
    }
    for (grantee, birth) in births {
        pieces.extend(settle_one(id, grantee, &birth, scene));
    }
    pieces
}

/// What everybody can do with something new, where default privileges say so.
pub(super) fn births(id: &ObjectId, now: &State) -> Births {
    let kind = match id {
        ObjectId::Table(_) | ObjectId::View(_) | ObjectId::MaterializedView(_) => {
            DefaultKind::Tables
        }
        ObjectId::Sequence(_) => DefaultKind::Sequences,
        ObjectId::Function { .. } | ObjectId::Procedure { .. } | ObjectId::Aggregate { .. } => {
            DefaultKind::Functions
        }
        ObjectId::Enum(_) | ObjectId::Domain(_) | ObjectId::Composite(_) | ObjectId::Range(_) => {
            DefaultKind::Types
        }
        ObjectId::Namespace(_) => DefaultKind::Schemas,
        _ => return Births::new(),
    };
    let mut found: BTreeMap<&Grantee, [Option<&Grant>; 2]> = BTreeMap::new();
    for (defaults, object) in now.default_privileges() {
        let DefaultScope {
            schema,
            role,
            kind: of,
            grantee,
        } = defaults;
        let here = match schema {
            None => true,
            Some(schema) => kind != DefaultKind::Schemas && id.namespace() == Some(schema),
        };
        if here && role.is_none() && *of == kind {
            let place = usize::from(schema.is_some());
            found.entry(grantee).or_default()[place] = Some(object);
        }
    }
    let mut births = Births::new();
    for (grantee, [everywhere, here]) in found {
        let usual = match (everywhere, grantee) {
            (Some(everywhere), _) => everywhere.initial.clone(),
            (None, Grantee::Public) => usual(kind),
            // Who has all by being the owner gets nothing more.
            (None, Grantee::Owner) => continue,
            (None, Grantee::Role(_)) => Privileges::new(),
        };
        let mut given = everywhere.map_or_else(|| usual.clone(), |grant| grant.privileges.clone());
        for (privilege, option) in here.into_iter().flat_map(|grant| &grant.privileges) {
            let present = given.entry(*privilege).or_insert(*option);
            *present = (*present).max(*option);
        }
        if given != usual {
            births.insert(grantee.clone(), Birth { usual, given });
        }
    }
    births
}

/// What Postgres gives to everybody.
fn usual(kind: DefaultKind) -> Privileges {
    let privilege = match kind {
        DefaultKind::Functions => Privilege::Execute,
        DefaultKind::Types => Privilege::Usage,
        DefaultKind::Tables
        | DefaultKind::Sequences
        | DefaultKind::Schemas
        | DefaultKind::LargeObjects => return Privileges::new(),
    };
    [(privilege, GrantOption::Without)].into()
}

/// What `GRANT` and `REVOKE` say beside the privileges.
struct Sentence {
    /// What stands before the verb.
    head: String,
    target: String,
    /// The column that it is about.
    column: Option<String>,
    grantee: String,
    shown: String,
}

impl Sentence {
    fn of(id: &ObjectId, scene: &Scene<'_>) -> Option<Self> {
        let naming = scene.naming();
        match id {
            ObjectId::Grant { on, grantee } => {
                let column = match &**on {
                    ObjectId::Column { table: _, name } => Some(ident(name).to_string()),
                    _ => None,
                };
                Some(Self {
                    head: String::new(),
                    target: granted_on(on, naming)?,
                    column,
                    grantee: name(grantee, || owner::of(on, scene.now)),
                    shown: shown(on, naming),
                })
            }
            ObjectId::DefaultPrivileges(DefaultScope {
                schema,
                role,
                kind,
                grantee,
            }) => {
                let role = role.as_ref().map(|role| ident(role).to_string());
                let mut head = "ALTER DEFAULT PRIVILEGES ".to_owned();
                if let Some(role) = &role {
                    head.push_str(&format!("FOR ROLE {role} "));
                }
                if let Some(schema) = schema {
                    head.push_str(&format!("IN SCHEMA {} ", ident(schema)));
                }
                let kind = match kind {
                    DefaultKind::Tables => "TABLES",
                    DefaultKind::Sequences => "SEQUENCES",
                    DefaultKind::Functions => "FUNCTIONS",
                    DefaultKind::Types => "TYPES",
                    DefaultKind::Schemas => "SCHEMAS",
                    DefaultKind::LargeObjects => "LARGE OBJECTS",
                };
                let himself = || role.clone().unwrap_or_else(|| "CURRENT_USER".to_owned());
                Some(Self {
                    head,
                    target: kind.to_owned(),
                    column: None,
                    grantee: name(grantee, himself),
                    shown: format!("new {}", kind.to_lowercase()),
                })
            }
            _ => None,
        }
    }

    /// One statement; its neighbours may be about more grantees.
    fn say(
        &self,
        id: &ObjectId,
        verb: &str,
        privileges: &[Privilege],
        behind: [&str; 2],
    ) -> Option<Piece> {
        let Self {
            head,
            target,
            column,
            grantee,
            shown,
        } = self;
        if privileges.is_empty() {
            return None;
        }
        let words: Vec<String> = privileges
            .iter()
            .map(|privilege| match column {
                Some(column) => format!("{} ({column})", privilege.word()),
                None => privilege.word().to_owned(),
            })
            .collect();
        let [preposition, tail] = behind;
        let word = match verb {
            "GRANT" => "grant on",
            _ => "revoke on",
        };
        Some(Piece::Grant {
            head: format!(
                "{head}{verb} {} ON {target} {preposition}",
                words.join(", ")
            ),
            grantees: vec![grantee.clone()],
            tail: tail.to_owned(),
            reason: format!("{word} {shown}"),
            objects: vec![id.clone()],
        })
    }
}

/// The object as `GRANT` names it.
pub(super) fn granted_on(on: &ObjectId, naming: &Naming) -> Option<String> {
    Some(match on {
        ObjectId::Table(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Column { table: name, .. } => format!("TABLE {}", naming.qualified(name)),
        ObjectId::Aggregate { .. } => format!("FUNCTION {}", as_function(on, naming)),
        ObjectId::Server(name) => format!("FOREIGN SERVER {}", ident(name)),
        other => target(other, naming)?,
    })
}

fn name(grantee: &Grantee, owner: impl FnOnce() -> String) -> String {
    match grantee {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Owner => owner(),
        Grantee::Role(role) => ident(role).to_string(),
    }
}

fn change(id: &ObjectId, from: &Privileges, to: &Privileges, scene: &Scene<'_>) -> Vec<Piece> {
    let Some(sentence) = Sentence::of(id, scene) else {
        return Vec::new();
    };
    let chosen = |among: &Privileges, fits: &dyn Fn(Privilege, GrantOption) -> bool| {
        let fitting = among.iter().filter(|(one, option)| fits(**one, **option));
        fitting.map(|(one, _)| *one).collect::<Vec<_>>()
    };
    let gone = chosen(from, &|one, _| !to.contains_key(&one));
    let kept_back = chosen(from, &|one, option| {
        option == GrantOption::With && to.get(&one) == Some(&GrantOption::Without)
    });
    let plain = chosen(to, &|one, option| {
        option == GrantOption::Without && !from.contains_key(&one)
    });
    let handed_on = chosen(to, &|one, option| {
        option == GrantOption::With && from.get(&one) != Some(&GrantOption::With)
    });
    let mut pieces = Vec::new();
    pieces.extend(sentence.say(id, "REVOKE", &gone, ["FROM", ""]));
    let revoked = "REVOKE GRANT OPTION FOR";
    pieces.extend(sentence.say(id, revoked, &kept_back, ["FROM", ""]));
    pieces.extend(columns_again(id, &[gone, kept_back].concat(), scene));
    pieces.extend(sentence.say(id, "GRANT", &plain, ["TO", ""]));
    pieces.extend(sentence.say(id, "GRANT", &handed_on, ["TO", " WITH GRANT OPTION"]));
    pieces
}

/// What is revoked on a table is revoked on its columns as well: what was granted on those is granted
/// once more.
fn columns_again(id: &ObjectId, revoked: &[Privilege], scene: &Scene<'_>) -> Vec<Piece> {
    let ObjectId::Grant { on, grantee } = id else {
        return Vec::new();
    };
    let (ObjectId::Table(table) | ObjectId::View(table) | ObjectId::MaterializedView(table)) =
        &**on
    else {
        return Vec::new();
    };
    if revoked.is_empty() {
        return Vec::new();
    }
    let goes = |id: &ObjectId| {
        scene
            .later()
            .any(|later| matches!(later, Operation::Drop { id: gone, object: _ } if gone == id))
    };
    let mut pieces = Vec::new();
    for (column, grant) in grants_on_columns(table, grantee, scene.now) {
        let lost = |option: GrantOption| -> Vec<Privilege> {
            let lost = grant
                .privileges
                .iter()
                .filter(|(one, _)| revoked.contains(one));
            lost.filter(|(_, has)| **has == option)
                .map(|(one, _)| *one)
                .collect()
        };
        if let Some(sentence) = Sentence::of(column, scene).filter(|_| !goes(column)) {
            let (plain, handed_on) = (lost(GrantOption::Without), lost(GrantOption::With));
            pieces.extend(sentence.say(column, "GRANT", &plain, ["TO", ""]));
            let option = ["TO", " WITH GRANT OPTION"];
            pieces.extend(sentence.say(column, "GRANT", &handed_on, option));
        }
    }
    pieces
}

fn grants_on_columns<'a>(
    table: &'a QualifiedName,
    grantee: &'a Grantee,
    now: &'a State,
) -> impl Iterator<Item = (&'a ObjectId, &'a Grant)> {
    now.objects()
        .filter_map(move |(id, object)| match (id, object) {
            (ObjectId::Grant { on, grantee: to }, Object::Grant(grant)) if to == grantee => {
                is_column_of(on, table).then_some((id, grant))
            }
            _ => None,
        })
}

fn is_column_of(id: &ObjectId, wanted: &QualifiedName) -> bool {
    matches!(id, ObjectId::Column { table, name: _ } if table == wanted)
}
