//! Reads what text is searched by.

use std::collections::BTreeMap;

use limbeck_core::schema::object::{
    DictionaryOption, SearchConfiguration, SearchDictionary, SearchParser, SearchTemplate,
};
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{
    Found, NameRow, SEARCH_CONFIGURATION, SEARCH_DICTIONARY, SEARCH_PARSER, SEARCH_TEMPLATE, parse,
    qualified, unreadable,
};

pub(super) const SQL: &str = include_str!("search.sql");

#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum Row {
    Parser {
        oid: u32,
        schema: String,
        name: String,
        functions: [Option<NameRow>; 5],
    },
    Template {
        oid: u32,
        schema: String,
        name: String,
        functions: [Option<NameRow>; 2],
    },
    Dictionary {
        oid: u32,
        schema: String,
        name: String,
        template: NameRow,
        options: Option<String>,
    },
    Configuration {
        oid: u32,
        schema: String,
        name: String,
        parser: NameRow,
        mappings: Option<Vec<(String, String, String)>>,
    },
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let optional = |name: Option<NameRow>| name.map(qualified).transpose();
    let needed = |name: Option<NameRow>| match name {
        Some(name) => qualified(name),
        None => Err(unreadable("text search without a function that it needs")),
    };
    match parse(body)? {
        Row::Parser {
            oid,
            schema,
            name,
            functions: [start, next_token, end, headline, token_types],
        } => {
            let id = ObjectId::SearchParser(QualifiedName::parse_parts(&schema, &name)?);
            found.stands_at(SEARCH_PARSER, oid, 0, &id);
            let parser = SearchParser {
                start: needed(start)?,
                next_token: needed(next_token)?,
                end: needed(end)?,
                headline: optional(headline)?,
                token_types: needed(token_types)?,
            };
            found.put(id, Object::SearchParser(parser));
        }
        Row::Template {
            oid,
            schema,
            name,
            functions: [init, lexize],
        } => {
            let id = ObjectId::SearchTemplate(QualifiedName::parse_parts(&schema, &name)?);
            found.stands_at(SEARCH_TEMPLATE, oid, 0, &id);
            let template = SearchTemplate {
                init: optional(init)?,
                lexize: needed(lexize)?,
            };
            found.put(id, Object::SearchTemplate(template));
        }
        Row::Dictionary {
            oid,
            schema,
            name,
            template,
            options,
        } => {
            let id = ObjectId::SearchDictionary(QualifiedName::parse_parts(&schema, &name)?);
            let text = options.as_deref().unwrap_or_default();
            let Some(options) = read_options(text) else {
                return Err(unreadable(format!("`{id}` with the options `{text}`")));
            };
            found.stands_at(SEARCH_DICTIONARY, oid, 0, &id);
            let dictionary = SearchDictionary {
                template: qualified(template)?,
                options,
            };
            found.put(id, Object::SearchDictionary(dictionary));
        }
        Row::Configuration {
            oid,
            schema,
            name,
            parser,
            mappings: rows,
        } => {
            let id = ObjectId::SearchConfiguration(QualifiedName::parse_parts(&schema, &name)?);
            let mut mappings: BTreeMap<String, Vec<QualifiedName>> = BTreeMap::new();
            for (token, schema, name) in rows.into_iter().flatten() {
                let dictionary = QualifiedName::parse_parts(&schema, &name)?;
                mappings.entry(token).or_default().push(dictionary);
            }
            found.stands_at(SEARCH_CONFIGURATION, oid, 0, &id);
            let configuration = SearchConfiguration {
                parser: qualified(parser)?,
                mappings,
            };
            found.put(id, Object::SearchConfiguration(configuration));
        }
    }
    Ok(())
}

/// Options as the catalog holds them: `stopwords = 'english', "Odd" = E'a\\b', n = 5`.
fn read_options(text: &str) -> Option<BTreeMap<String, DictionaryOption>> {
    let mut options = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted, '"', false)?,
            None => {
                let (name, behind) = rest.split_at(rest.find(' ')?);
                (name.to_owned(), behind)
            }
        };
        let value = behind.trim_start().strip_prefix('=')?.trim_start();
        let (value, behind) = match (value.strip_prefix("E'"), value.strip_prefix('\'')) {
            (Some(quoted), _) => text_of(quoted_text(quoted, '\'', true)?),
            (None, Some(quoted)) => text_of(quoted_text(quoted, '\'', false)?),
            (None, None) => {
                let (value, behind) = value.split_at(value.find(',').unwrap_or(value.len()));
                let number = value.trim();
                number.parse::<f64>().ok()?;
                (DictionaryOption::Number(number.to_owned()), behind)
            }
        };
        options.insert(name, value);
        let behind = behind.trim_start();
        rest = match behind.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if behind.is_empty() => behind,
            None => return None,
        };
    }
    Some(options)
}

fn text_of((text, behind): (String, &str)) -> (DictionaryOption, &str) {
    (DictionaryOption::Text(text), behind)
}

/// The text up to the closing quote, and what stands behind that. Quotes are doubled in it, and
/// backslashes where it is escaped.
fn quoted_text(text: &str, quote: char, escaped: bool) -> Option<(String, &str)> {
    let mut inner = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let doubled = character == quote || escaped && character == '\\';
        if doubled && characters.next_if(|(_, next)| *next == character).is_none() {
            return (character == quote).then(|| (inner, &text[at + character.len_utf8()..]));
        }
        inner.push(character);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&[(&str, &str)]>) {
        let expected = expected.map(|pairs| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| {
                    let text = (*value).to_owned();
                    let value = match value.parse::<f64>() {
                        Ok(_) => DictionaryOption::Number(text),
                        Err(_) => DictionaryOption::Text(text),
                    };
                    ((*name).to_owned(), value)
                })
                .collect()
        });
        assert_eq!(read_options(text), expected);
    }

    #[test]
    fn options_are_read_as_the_catalog_writes_them() {
        check("", Some(&[]));
        check("n = 5", Some(&[("n", "5")]));
        check(
            "stopwords = 'it''s, a = b', \"A \"\"b\" = E'c\\\\d''', n = -1.5",
            Some(&[
                ("stopwords", "it's, a = b"),
                ("A \"b", "c\\d'"),
                ("n", "-1.5"),
            ]),
        );
        check("n", None);
        check("n = true", None);
        check("n = 'a", None);
        check("n = 'a' b = 'c'", None);
    }
}
