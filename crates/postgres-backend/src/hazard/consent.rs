//! A person's word that one hazard is meant: `drop_table:posts`.

use limbeck_core::error::near;
use limbeck_core::{Error, ErrorKind, Ident, ObjectId, Result};

use super::{CODES, Hazard};

/// Consent to one kind of hazard on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    code: &'static str,
    /// The schema that is meant where none is named.
    schema: String,
    path: Vec<String>,
}

/// Reads `code:object`. The object is named as `posts`, `public.posts`, `posts.title` or
/// `public.posts.title`; a part that holds a dot, a colon or a quote stands in double quotes. Where
/// no schema is named, `public` is meant, see [`Consent::within`].
///
/// # Errors
/// When there is no such hazard, or no object is named.
pub fn parse_consent(text: &str) -> Result<Consent> {
    let text = text.trim();
    let (typed, object) = text.split_once(':').ok_or_else(|| {
        Error::new(
            ErrorKind::Config,
            format!("`{text}` does not say what may happen to what"),
        )
        .with_hint("name a hazard and an object: `drop_table:posts`")
    })?;
    let Some(code) = CODES.iter().copied().find(|code| *code == typed) else {
        let error = Error::new(ErrorKind::Config, format!("there is no hazard `{typed}`"));
        return Err(match near(typed, CODES).first() {
            Some(meant) => error.with_hint(format!("did you mean `{meant}:{object}`?")),
            None => error.with_hint(format!("the hazards are {}", CODES.join(", "))),
        });
    };
    let path = parse_path(object).ok_or_else(|| {
        Error::new(
            ErrorKind::Config,
            format!("`{object}` in `{text}` is no name"),
        )
        .with_hint(format!(
            "name the object as in `{code}:posts` or `{code}:\"My Posts\"`"
        ))
    })?;
    Ok(Consent {
        code,
        schema: "public".to_owned(),
        path,
    })
}

/// The hazards that want consent and have none, in their order.
pub fn unconsented<'a>(hazards: &'a [Hazard], consents: &[Consent]) -> Vec<&'a Hazard> {
    hazards
        .iter()
        .filter(|hazard| hazard.severity.wants_consent())
        .filter(|hazard| !consents.iter().any(|consent| consent.covers(hazard)))
        .collect()
}

impl Consent {
    /// The same, where a name without a schema means one in `schema`: a bundle's own.
    #[must_use]
    pub fn within(mut self, schema: &Ident) -> Self {
        self.schema = schema.to_string();
        self
    }

    /// The last name that leads to the object.
    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Whether this is consent to that hazard.
    pub fn covers(&self, hazard: &Hazard) -> bool {
        let Self { code, schema, path } = self;
        let full = full_path(&hazard.object);
        let named = match full.split_first() {
            Some((first, rest)) => *path == full || (first == schema && path == rest),
            None => false,
        };
        *code == hazard.code && named
    }
}

/// The text of the consent to a hazard.
pub(super) fn text(code: &str, object: &ObjectId) -> String {
    let full = full_path(object);
    let path = match full.split_first() {
        Some((schema, rest)) if schema == "public" && !rest.is_empty() => rest,
        Some(_) | None => &full[..],
    };
    let parts: Vec<String> = path.iter().map(|part| quoted(part)).collect();
    format!("{code}:{}", parts.join("."))
}

/// The names that lead to an object, from its schema on.
fn full_path(object: &ObjectId) -> Vec<String> {
    match object {
        ObjectId::Namespace(name) => vec![name.to_string()],
        ObjectId::Enum(name)
        | ObjectId::Sequence(name)
        | ObjectId::Table(name)
        | ObjectId::Index(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. } => {
            vec![name.schema.to_string(), name.name.to_string()]
        }
        ObjectId::EventTrigger(name) | ObjectId::Wrapper(name) | ObjectId::Server(name) => {
            vec![name.to_string()]
        }
        ObjectId::UserMapping { server, user } => vec![server.to_string(), user.to_string()],
        ObjectId::Partition(name) => vec![name.schema.to_string(), name.name.to_string()],
        ObjectId::Inheritance { table, parent } => vec![
            table.schema.to_string(),
            table.name.to_string(),
            parent.schema.to_string(),
            parent.name.to_string(),
        ],
        ObjectId::EnumValue { ty, value } => {
            vec![ty.schema.to_string(), ty.name.to_string(), value.clone()]
        }
        ObjectId::Column { table, name }
        | ObjectId::Constraint { table, name }
        | ObjectId::Rule { table, name }
        | ObjectId::Attached { table, name }
        | ObjectId::Trigger { table, name } => {
            vec![
                table.schema.to_string(),
                table.name.to_string(),
                name.to_string(),
            ]
        }
        ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
            full_path(on)
        }
        ObjectId::Policy { table, name } => vec![
            table.schema.to_string(),
            table.name.to_string(),
            name.to_string(),
        ],
        ObjectId::DefaultPrivileges(scope) => vec![scope.to_string()],
        ObjectId::Extension(name) => vec![name.to_string()],
        ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Multirange(name)
        | ObjectId::Collation(name)
        | ObjectId::ReplicaIdentity(name)
        | ObjectId::Cluster(name)
        | ObjectId::Typed(name)
        | ObjectId::Statistics(name)
        | ObjectId::SearchParser(name)
        | ObjectId::SearchTemplate(name)
        | ObjectId::SearchDictionary(name)
        | ObjectId::SearchConfiguration(name)
        | ObjectId::Operator { name, .. }
        | ObjectId::OperatorFamily { name, .. }
        | ObjectId::OperatorClass { name, .. }
        | ObjectId::FamilyMember { family: name, .. }
        | ObjectId::Conversion(name) => {
            vec![name.schema.to_string(), name.name.to_string()]
        }
        ObjectId::DomainConstraint { domain: ty, name } | ObjectId::Attribute { ty, name } => {
            vec![ty.schema.to_string(), ty.name.to_string(), name.to_string()]
        }
        ObjectId::Publication(name)
        | ObjectId::Subscription(name)
        | ObjectId::Language(name)
        | ObjectId::AccessMethod(name) => vec![name.to_string()],
        ObjectId::Cast { source, target } => vec![source.clone(), target.clone()],
        ObjectId::PublicationTable { publication, table } => vec![
            publication.to_string(),
            table.schema.to_string(),
            table.name.to_string(),
        ],
        ObjectId::PublicationSchema {
            publication,
            schema,
        } => vec![publication.to_string(), schema.to_string()],
    }
}

fn quoted(part: &str) -> String {
    let plain = !part.is_empty()
        && part
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain {
        part.to_owned()
    } else {
        format!("\"{}\"", part.replace('"', "\"\""))
    }
}

/// Cuts `public."My.Table".title` into its parts.
fn parse_path(text: &str) -> Option<Vec<String>> {
    let mut path = Vec::new();
    let mut rest = text;
    loop {
        let part;
        if let Some(inner) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut characters = inner.char_indices().peekable();
            let end = loop {
                match characters.next()? {
                    (at, '"') => match characters.peek() {
                        Some((_, '"')) => {
                            characters.next();
                            name.push('"');
                        }
                        _ => break at,
                    },
                    (_, character) => name.push(character),
                }
            };
            part = name;
            rest = &inner[end + 1..];
        } else {
            let end = rest.find(['.', '"', ':']).unwrap_or(rest.len());
            part = rest[..end].to_owned();
            rest = &rest[end..];
        }
        if part.is_empty() {
            return None;
        }
        path.push(part);
        if rest.is_empty() {
            return Some(path);
        }
        rest = rest.strip_prefix('.')?;
    }
}
