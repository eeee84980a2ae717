//! Names as they are written in SQL: folded to lower case unless quoted.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::name::QualifiedName;
use crate::schema::object::OperatorClass;

/// A name with or without its schema, which else is `pg_catalog`. `None` where it is none.
pub(super) fn qualified(text: &str) -> Option<QualifiedName> {
    let (parts, rest) = identifiers(text.trim())?;
    if rest.is_empty() {
        join(parts).ok()
    } else {
        None
    }
}

/// The name of a collation: one without quotes and schema stands as it is written, since the names of
/// most have capitals or dashes (`C`, `de-x-icu`) and none of those folded exists.
pub(super) fn collation(text: &str) -> Option<QualifiedName> {
    let text = text.trim();
    if text.is_empty() || text.contains(['"', '.']) {
        qualified(text)
    } else {
        join(vec![text.to_owned()]).ok()
    }
}

/// An operator class, with its parameters in parentheses where it has some.
pub(super) fn operator_class(text: &str) -> Option<OperatorClass> {
    let (parts, rest) = identifiers(text.trim())?;
    let mut parameters = BTreeMap::new();
    if let Some(inner) = rest.trim().strip_prefix('(') {
        for parameter in inner.strip_suffix(')')?.split(',') {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim();
            let value = value
                .strip_prefix('\'')
                .and_then(|v| v.strip_suffix('\''))
                .unwrap_or(value);
            parameters.insert(name.trim().to_lowercase(), value.to_owned());
        }
    } else if !rest.trim().is_empty() {
        return None;
    }
    Some(OperatorClass {
        name: join(parts).ok()?,
        parameters,
    })
}

/// The function that an expression is a call of, as Postgres would name an index column after it.
pub(super) fn called_function(expression: &str) -> Option<String> {
    let mut text = expression.trim();
    while let Some(inner) = enclosed(text, 0) {
        text = inner.trim();
    }
    let (parts, rest) = identifiers(text)?;
    let name = parts.into_iter().next_back()?;
    enclosed(rest.trim_start(), 0)?;
    match name.as_str() {
        "cast" => None,
        "trim" => Some("btrim".to_owned()),
        _ => Some(name),
    }
}

/// What stands in the parentheses that begin at a place and end with the text.
fn enclosed(text: &str, from: usize) -> Option<&str> {
    let inner = text.get(from..)?.strip_prefix('(')?;
    let mut depth = 1_usize;
    let mut quote = None;
    for (at, character) in inner.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return inner[at + 1..].trim().is_empty().then(|| &inner[..at]);
                }
            }
            (None, _) => {}
        }
    }
    None
}

fn join(parts: Vec<String>) -> Result<QualifiedName> {
    let mut parts = parts.into_iter().rev();
    let name = parts.next().unwrap_or_default();
    let schema = parts.next().unwrap_or_else(|| "pg_catalog".to_owned());
    QualifiedName::parse_parts(&schema, &name)
}

/// Up to two names joined by a dot, and what stands behind them.
fn identifiers(text: &str) -> Option<(Vec<String>, &str)> {
    let (first, rest) = identifier(text)?;
    match rest.strip_prefix('.') {
        None => Some((vec![first], rest)),
        Some(rest) => {
            let (second, rest) = identifier(rest)?;
            Some((vec![first, second], rest))
        }
    }
}

fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(text.len());
        let starts = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        return starts.then(|| (text[..end].to_lowercase(), &text[end..]));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}
