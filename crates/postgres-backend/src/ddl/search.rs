//! Text search. Options of dictionaries and mappings of configurations are altered; a parser and a template
//! are what they are.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{
    DictionaryOption, SearchConfiguration, SearchDictionary, SearchParser, SearchTemplate,
};
use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::{Piece, Scene, lay_out};
use crate::quote::{Naming, ident, literal};

/// The word that stands behind `TEXT SEARCH`, and the name.
fn named(id: &ObjectId) -> Option<(&'static str, &QualifiedName)> {
    match id {
        ObjectId::SearchParser(name) => Some(("PARSER", name)),
        ObjectId::SearchTemplate(name) => Some(("TEMPLATE", name)),
        ObjectId::SearchDictionary(name) => Some(("DICTIONARY", name)),
        ObjectId::SearchConfiguration(name) => Some(("CONFIGURATION", name)),
        _ => None,
    }
}

/// A parser, a template, a dictionary or a configuration with what stands in its parentheses.
fn create(id: &ObjectId, parameters: &[String], naming: &Naming) -> Vec<Piece> {
    let Some((word, name)) = named(id) else {
        return Vec::new();
    };
    let quoted = naming.qualified(name);
    let sql = format!(
        "CREATE TEXT SEARCH {word} {quoted} ({})",
        parameters.join(", ")
    );
    vec![Piece::statement(
        id,
        sql,
        format!("create {} {}", id.kind(), naming.shown(name)),
    )]
}

pub(super) fn create_parser(id: &ObjectId, parser: &SearchParser, naming: &Naming) -> Vec<Piece> {
    let SearchParser {
        start,
        next_token,
        end,
        headline,
        token_types,
    } = parser;
    let mut parameters = vec![
        format!("START = {}", naming.qualified(start)),
        format!("GETTOKEN = {}", naming.qualified(next_token)),
        format!("END = {}", naming.qualified(end)),
        format!("LEXTYPES = {}", naming.qualified(token_types)),
    ];
    if let Some(headline) = headline {
        parameters.push(format!("HEADLINE = {}", naming.qualified(headline)));
    }
    create(id, &parameters, naming)
}

pub(super) fn create_template(
    id: &ObjectId,
    template: &SearchTemplate,
    naming: &Naming,
) -> Vec<Piece> {
    let SearchTemplate { init, lexize } = template;
    let mut parameters = vec![format!("LEXIZE = {}", naming.qualified(lexize))];
    if let Some(init) = init {
        parameters.push(format!("INIT = {}", naming.qualified(init)));
    }
    create(id, &parameters, naming)
}

pub(super) fn create_dictionary(
    id: &ObjectId,
    dictionary: &SearchDictionary,
    naming: &Naming,
) -> Vec<Piece> {
    let SearchDictionary { template, options } = dictionary;
    let mut parameters = vec![format!("TEMPLATE = {}", naming.qualified(template))];
    parameters.extend(
        options
            .iter()
            .filter_map(|(name, value)| option(name, Some(value))),
    );
    create(id, &parameters, naming)
}

pub(super) fn create_configuration(
    id: &ObjectId,
    configuration: &SearchConfiguration,
    naming: &Naming,
) -> Vec<Piece> {
    let SearchConfiguration { parser, mappings } = configuration;
    let parser_name = naming.qualified(parser);
    let mut pieces = create(id, &[format!("PARSER = {parser_name}")], naming);
    pieces.extend(map(id, "ADD", mappings.iter(), naming));
    pieces
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let Some((word, name)) = named(id) else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP TEXT SEARCH {word} {}", naming.qualified(name)),
        format!("drop {} {}", id.kind(), naming.shown(name)),
    )]
}

pub(super) fn alter_dictionary(
    id: &ObjectId,
    from: &SearchDictionary,
    to: &SearchDictionary,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::SearchDictionary(name) = id else {
        return Vec::new();
    };
    if !from.can_become(to) {
        let mut pieces = drop(id, naming);
        pieces.extend(create_dictionary(id, to, naming));
        return pieces;
    }
    let set = to
        .options
        .iter()
        .filter(|(name, value)| from.options.get(*name) != Some(value));
    let gone = from
        .options
        .keys()
        .filter(|name| !to.options.contains_key(*name));
    let options: Vec<String> = gone
        .filter_map(|name| option(name, None))
        .chain(set.filter_map(|(name, value)| option(name, Some(value))))
        .collect();
    if options.is_empty() {
        return Vec::new();
    }
    vec![Piece::statement(
        id,
        format!(
            "ALTER TEXT SEARCH DICTIONARY {} ({})",
            naming.qualified(name),
            options.join(", ")
        ),
        format!("set options of {} {}", id.kind(), naming.shown(name)),
    )]
}

/// An option; without a value it is taken away.
fn option(name: &str, value: Option<&DictionaryOption>) -> Option<String> {
    let name = ident(&Ident::new(name).ok()?);
    Some(match value {
        Some(DictionaryOption::Number(number)) if number.parse::<f64>().is_ok() => {
            format!("{name} = {number}")
        }
        Some(DictionaryOption::Text(text) | DictionaryOption::Number(text)) => {
            format!("{name} = {}", literal(text))
        }
        None => name.to_string(),
    })
}

pub(super) fn alter_configuration(
    id: &ObjectId,
    from: &SearchConfiguration,
    to: &SearchConfiguration,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::SearchConfiguration(name) = id else {
        return Vec::new();
    };
    if !from.can_become(to) {
        let mut pieces = drop(id, naming);
        pieces.extend(create_configuration(id, to, naming));
        return pieces;
    }
    let gone: Vec<String> = from
        .mappings
        .keys()
        .filter(|token| !to.mappings.contains_key(*token))
        .filter_map(|token| token_name(token))
        .collect();
    let mut pieces = Vec::new();
    if !gone.is_empty() {
        pieces.push(Piece::statement(
            id,
            format!(
                "ALTER TEXT SEARCH CONFIGURATION {} DROP MAPPING FOR {}",
                naming.qualified(name),
                gone.join(", ")
            ),
            format!("drop mappings of {} {}", id.kind(), naming.shown(name)),
        ));
    }
    let added = to
        .mappings
        .iter()
        .filter(|(token, _)| !from.mappings.contains_key(*token));
    let altered = to.mappings.iter().filter(|(token, dictionaries)| {
        from.mappings
            .get(*token)
            .is_some_and(|present| present != *dictionaries)
    });
    pieces.extend(map(id, "ALTER", altered, naming));
    pieces.extend(map(id, "ADD", added, naming));
    pieces
}

/// Statements that map types of tokens, those with the same dictionaries together.
fn map<'a>(
    id: &ObjectId,
    verb: &str,
    mappings: impl Iterator<Item = (&'a String, &'a Vec<QualifiedName>)>,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::SearchConfiguration(name) = id else {
        return Vec::new();
    };
    let mut together: BTreeMap<&Vec<QualifiedName>, Vec<String>> = BTreeMap::new();
    for (token, dictionaries) in mappings {
        let tokens = together.entry(dictionaries).or_default();
        tokens.extend(token_name(token));
    }
    let statement = |(dictionaries, tokens): (&Vec<QualifiedName>, Vec<String>)| {
        let dictionaries: Vec<String> = dictionaries
            .iter()
            .map(|name| naming.qualified(name).to_string())
            .collect();
        let head = format!("ALTER TEXT SEARCH CONFIGURATION {}", naming.qualified(name));
        let clauses = [
            format!("{verb} MAPPING FOR {}", tokens.join(", ")),
            format!("WITH {}", dictionaries.join(", ")),
        ];
        Piece::statement(
            id,
            lay_out(&head, &clauses),
            format!("map tokens of {} {}", id.kind(), naming.shown(name)),
        )
    };
    together.into_iter().map(statement).collect()
}

fn token_name(token: &str) -> Option<String> {
    Some(ident(&Ident::new(token).ok()?).to_string())
}

pub(super) fn rename(from: &ObjectId, to: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let (word, as_id): (_, fn(QualifiedName) -> ObjectId) = match from {
        ObjectId::SearchParser(_) => ("TEXT SEARCH PARSER", ObjectId::SearchParser),
        ObjectId::SearchTemplate(_) => ("TEXT SEARCH TEMPLATE", ObjectId::SearchTemplate),
        ObjectId::SearchDictionary(_) => ("TEXT SEARCH DICTIONARY", ObjectId::SearchDictionary),
        ObjectId::SearchConfiguration(_) => {
            ("TEXT SEARCH CONFIGURATION", ObjectId::SearchConfiguration)
        }
        _ => return Vec::new(),
    };
    match (named(from), named(to)) {
        (Some((_, from)), Some((_, to))) => {
            super::table::rename_relation(word, as_id, from, to, scene)
        }
        _ => Vec::new(),
    }
}
