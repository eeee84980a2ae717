//! Text search: parsers, templates, dictionaries, configurations.

use std::collections::BTreeMap;

use crate::name::QualifiedName;
use crate::schema::ObjectId;

/// A text search parser: its functions, whose arguments Postgres prescribes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct SearchParser {
    /// Starts it.
    pub start: QualifiedName,
    /// Gives the next token.
    pub next_token: QualifiedName,
    /// Ends it.
    pub end: QualifiedName,
    /// Writes headlines.
    pub headline: Option<QualifiedName>,
    /// Tells the types of tokens.
    pub token_types: QualifiedName,
}

/// A text search template: its functions, whose arguments Postgres prescribes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct SearchTemplate {
    /// Reads the options of a dictionary.
    pub init: Option<QualifiedName>,
    /// Looks a word up.
    pub lexize: QualifiedName,
}

/// A text search dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct SearchDictionary {
    /// Its template.
    pub template: QualifiedName,
    /// Its options.
    pub options: BTreeMap<String, DictionaryOption>,
}

/// The value of a dictionary's option. Postgres tells the two apart, and so do some templates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum DictionaryOption {
    /// A text.
    Text(String),
    /// A number, as Postgres prints it.
    Number(String),
}

/// A text search configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct SearchConfiguration {
    /// Its parser.
    pub parser: QualifiedName,
    /// The dictionaries that tokens of a type are looked up in, in order.
    pub mappings: BTreeMap<String, Vec<QualifiedName>>,
}

impl SearchDictionary {
    /// Whether it can be altered to the other one: only its template is for good.
    pub fn can_become(&self, other: &Self) -> bool {
        self.template == other.template
    }

    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self {
            template,
            options: _,
        } = self;
        required.push(ObjectId::SearchTemplate(template.clone()));
    }
}

impl SearchConfiguration {
    /// Whether it can be altered to the other one: only its parser is for good.
    pub fn can_become(&self, other: &Self) -> bool {
        self.parser == other.parser
    }

    pub(super) fn requires(&self, required: &mut Vec<ObjectId>) {
        let Self { parser, mappings } = self;
        required.push(ObjectId::SearchParser(parser.clone()));
        let dictionaries = mappings.values().flatten().cloned();
        required.extend(dictionaries.map(ObjectId::SearchDictionary));
    }
}
