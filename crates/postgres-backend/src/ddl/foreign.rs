//! Foreign-data wrappers, servers, user mappings, and the options that they share with foreign tables.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{Server, UserMapping, Wrapper};
use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::Piece;
use crate::quote::{Naming, ident, literal};

/// ` OPTIONS (…)`, or nothing.
pub(super) fn options(options: &BTreeMap<String, String>) -> String {
    let said: Vec<String> = options
        .iter()
        .map(|(key, value)| format!("{} {}", name(key), literal(value)))
        .collect();
    if said.is_empty() {
        String::new()
    } else {
        format!(" OPTIONS ({})", said.join(", "))
    }
}

/// `OPTIONS (ADD …, SET …, DROP …)` as far as something differs.
pub(super) fn changes(
    from: &BTreeMap<String, String>,
    to: &BTreeMap<String, String>,
) -> Option<String> {
    let mut said: Vec<String> = from
        .keys()
        .filter(|key| !to.contains_key(*key))
        .map(|key| format!("DROP {}", name(key)))
        .collect();
    for (key, value) in to {
        let verb = match from.get(key) {
            None => "ADD",
            Some(before) if before != value => "SET",
            Some(_) => continue,
        };
        said.push(format!("{verb} {} {}", name(key), literal(value)));
    }
    (!said.is_empty()).then(|| format!("OPTIONS ({})", said.join(", ")))
}

fn name(key: &str) -> String {
    Ident::new(key).map_or_else(|_| key.to_owned(), |key| ident(&key).to_string())
}

pub(super) fn create_wrapper(id: &ObjectId, wrapper: &Wrapper, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Wrapper(name) = id else {
        return Vec::new();
    };
    let Wrapper {
        handler,
        validator,
        options: said,
    } = wrapper;
    let mut sql = format!("CREATE FOREIGN DATA WRAPPER {}", ident(name));
    for (word, function) in [("HANDLER", handler), ("VALIDATOR", validator)] {
        if let Some(function) = function {
            sql.push_str(&format!(" {word} {}", naming.qualified(function)));
        }
    }
    sql.push_str(&options(said));
    vec![Piece::statement(
        id,
        sql,
        format!("create foreign-data wrapper {name}"),
    )]
}

pub(super) fn drop_wrapper(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::Wrapper(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP FOREIGN DATA WRAPPER {}", ident(name)),
        format!("drop foreign-data wrapper {name}"),
    )]
}

pub(super) fn alter_wrapper(
    id: &ObjectId,
    from: &Wrapper,
    to: &Wrapper,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::Wrapper(name) = id else {
        return Vec::new();
    };
    let function = |word: &str, from: &Option<QualifiedName>, to: &Option<QualifiedName>| {
        (from != to).then(|| match to {
            Some(function) => format!(" {word} {}", naming.qualified(function)),
            None => format!(" NO {word}"),
        })
    };
    let Wrapper {
        handler,
        validator,
        options: said,
    } = to;
    let mut actions = String::new();
    actions.extend(function("HANDLER", &from.handler, handler));
    actions.extend(function("VALIDATOR", &from.validator, validator));
    actions.extend(changes(&from.options, said).map(|changes| format!(" {changes}")));
    if actions.is_empty() {
        return Vec::new();
    }
    vec![Piece::statement(
        id,
        format!("ALTER FOREIGN DATA WRAPPER {}{actions}", ident(name)),
        format!("alter foreign-data wrapper {name}"),
    )]
}

pub(super) fn create_server(id: &ObjectId, server: &Server) -> Vec<Piece> {
    let ObjectId::Server(name) = id else {
        return Vec::new();
    };
    let Server {
        wrapper,
        kind,
        version,
        options: said,
    } = server;
    let mut sql = format!("CREATE SERVER {}", ident(name));
    for (word, text) in [("TYPE", kind), ("VERSION", version)] {
        if let Some(text) = text {
            sql.push_str(&format!(" {word} {}", literal(text)));
        }
    }
    sql.push_str(&format!(" FOREIGN DATA WRAPPER {}", ident(wrapper)));
    sql.push_str(&options(said));
    vec![Piece::statement(id, sql, format!("create server {name}"))]
}

pub(super) fn drop_server(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::Server(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP SERVER {}", ident(name)),
        format!("drop server {name}"),
    )]
}

pub(super) fn alter_server(id: &ObjectId, from: &Server, to: &Server) -> Vec<Piece> {
    let ObjectId::Server(name) = id else {
        return Vec::new();
    };
    let Server {
        wrapper: _,
        kind: _,
        version,
        options: said,
    } = to;
    let mut actions = String::new();
    if let Some(version) = version.as_ref().filter(|_| from.version != *version) {
        actions.push_str(&format!(" VERSION {}", literal(version)));
    }
    actions.extend(changes(&from.options, said).map(|changes| format!(" {changes}")));
    if actions.is_empty() {
        return Vec::new();
    }
    vec![Piece::statement(
        id,
        format!("ALTER SERVER {}{actions}", ident(name)),
        format!("alter server {name}"),
    )]
}

/// The user as statements name it: no role is called `public`.
fn mapping(id: &ObjectId) -> Option<(String, String)> {
    let ObjectId::UserMapping { server, user } = id else {
        return None;
    };
    let who = match user.as_str() {
        "public" => "PUBLIC".to_owned(),
        _ => ident(user).to_string(),
    };
    Some((
        format!("USER MAPPING FOR {who} SERVER {}", ident(server)),
        format!("user mapping of {user} on server {server}"),
    ))
}

pub(super) fn create_mapping(id: &ObjectId, to: &UserMapping) -> Vec<Piece> {
    let UserMapping { options: said } = to;
    let made = mapping(id).map(|(target, shown)| {
        let sql = format!("CREATE {target}{}", options(said));
        Piece::statement(id, sql, format!("create the {shown}"))
    });
    made.into_iter().collect()
}

pub(super) fn drop_mapping(id: &ObjectId) -> Vec<Piece> {
    let gone = mapping(id).map(|(target, shown)| {
        Piece::statement(id, format!("DROP {target}"), format!("drop the {shown}"))
    });
    gone.into_iter().collect()
}

pub(super) fn alter_mapping(id: &ObjectId, from: &UserMapping, to: &UserMapping) -> Vec<Piece> {
    let changed =
        mapping(id)
            .zip(changes(&from.options, &to.options))
            .map(|((target, shown), changes)| {
                let sql = format!("ALTER {target} {changes}");
                Piece::statement(id, sql, format!("alter the {shown}"))
            });
    changed.into_iter().collect()
}
