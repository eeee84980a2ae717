//! Casts, conversions, languages and access methods. Of these only a language can be another one in place.

use limbeck_core::schema::object::{
    AccessMethod, AccessMethodKind, Cast, CastContext, CastMethod, Conversion, Expression, Language,
};
use limbeck_core::{Ident, ObjectId};

use super::{Piece, lay_out};
use crate::quote::{Naming, ident, literal};

/// A cast as it is named everywhere.
pub(super) fn between(source: &str, target: &str, naming: &Naming) -> String {
    let written = |ty: &str| naming.expression(&Expression(ty.to_owned()));
    format!("CAST ({} AS {})", written(source), written(target))
}

pub(super) fn create_cast(id: &ObjectId, cast: &Cast, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Cast { source, target } = id else {
        return Vec::new();
    };
    let Cast { method, context } = cast;
    let mut clauses = vec![match method {
        CastMethod::Function(function) => format!("WITH FUNCTION {}", naming.expression(function)),
        CastMethod::InOut => "WITH INOUT".to_owned(),
        CastMethod::Without => "WITHOUT FUNCTION".to_owned(),
    }];
    match context {
        CastContext::Explicit => {}
        CastContext::Assignment => clauses.push("AS ASSIGNMENT".to_owned()),
        CastContext::Implicit => clauses.push("AS IMPLICIT".to_owned()),
    }
    let head = format!("CREATE {}", between(source, target, naming));
    vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create cast from {source} to {target}"),
    )]
}

pub(super) fn drop_cast(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Cast { source, target } = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP {}", between(source, target, naming)),
        format!("drop cast from {source} to {target}"),
    )]
}

pub(super) fn create(id: &ObjectId, conversion: &Conversion, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Conversion(name) = id else {
        return Vec::new();
    };
    let Conversion {
        source,
        target,
        function,
        default,
    } = conversion;
    let default = if *default { "DEFAULT " } else { "" };
    let head = format!("CREATE {default}CONVERSION {}", naming.qualified(name));
    let clauses = [
        format!("FOR {} TO {}", literal(source), literal(target)),
        format!("FROM {}", naming.expression(function)),
    ];
    vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create conversion {}", naming.shown(name)),
    )]
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Conversion(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP CONVERSION {}", naming.qualified(name)),
        format!("drop conversion {}", naming.shown(name)),
    )]
}

pub(super) fn create_language(id: &ObjectId, language: &Language, naming: &Naming) -> Vec<Piece> {
    define_language("CREATE", id, language, naming)
}

pub(super) fn alter_language(id: &ObjectId, to: &Language, naming: &Naming) -> Vec<Piece> {
    define_language("CREATE OR REPLACE", id, to, naming)
}

fn define_language(verb: &str, id: &ObjectId, language: &Language, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Language(name) = id else {
        return Vec::new();
    };
    let Language {
        trusted,
        handler,
        inline,
        validator,
    } = language;
    let trusted = if *trusted { " TRUSTED" } else { "" };
    let functions = [
        ("HANDLER", handler),
        ("INLINE", inline),
        ("VALIDATOR", validator),
    ];
    let clauses: Vec<String> = functions
        .into_iter()
        .filter_map(|(word, function)| {
            let function = naming.expression(function.as_ref()?);
            Some(format!("{word} {function}"))
        })
        .collect();
    let head = format!("{verb}{trusted} LANGUAGE {}", ident(name));
    vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create language {name}"),
    )]
}

pub(super) fn drop_language(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::Language(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP LANGUAGE {}", ident(name)),
        format!("drop language {name}"),
    )]
}

pub(super) fn rename_language(from: &Ident, to: &Ident) -> Vec<Piece> {
    vec![Piece::statement(
        &ObjectId::Language(to.clone()),
        format!("ALTER LANGUAGE {} RENAME TO {}", ident(from), ident(to)),
        format!("rename language {from} to {to}"),
    )]
}

pub(super) fn create_method(id: &ObjectId, method: &AccessMethod, naming: &Naming) -> Vec<Piece> {
    let ObjectId::AccessMethod(name) = id else {
        return Vec::new();
    };
    let AccessMethod { kind, handler } = method;
    let kind = match kind {
        AccessMethodKind::Index => "INDEX",
        AccessMethodKind::Table => "TABLE",
    };
    let head = format!("CREATE ACCESS METHOD {}", ident(name));
    let clauses = [
        format!("TYPE {kind}"),
        format!("HANDLER {}", naming.expression(handler)),
    ];
    vec![Piece::statement(
        id,
        lay_out(&head, &clauses),
        format!("create access method {name}"),
    )]
}

pub(super) fn drop_method(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::AccessMethod(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP ACCESS METHOD {}", ident(name)),
        format!("drop access method {name}"),
    )]
}
