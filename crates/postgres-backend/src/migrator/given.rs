//! Extensions that are in a database and that no revision makes: an administrator made them, and revisions may need
//! them. Where something cannot be done in scratch, it is tried once more with them.

use std::collections::BTreeSet;

use diesel::PgConnection;
use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use limbeck_core::token::{TokenKind, lex, split};
use limbeck_core::{Ident, ObjectId, Result, RevisionId, Script, Step};

use super::Migrator;
use crate::scratch::{Extension, extensions};

/// Extensions that revisions may need and do not make.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Those that were not needed yet.
    extensions: Vec<Extension>,
    /// Those that were made in scratch.
    brought: Vec<Ident>,
}

impl Given {
    /// Makes them in scratch. Says whether something is there now that was not.
    pub(super) fn bring(&mut self, scratch: &mut PgConnection) -> bool {
        let given = std::mem::take(&mut self.extensions).into_iter();
        let brought = given.filter(|extension| extension.bring(scratch));
        let before = self.brought.len();
        self.brought.extend(brought.map(|extension| extension.name));
        self.brought.len() > before
    }

    /// What should be said where they were needed.
    pub(super) fn note(&self) -> Option<String> {
        let names: Vec<String> = self
            .brought
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let (extensions, them) = match names.len() {
            0 => return None,
            1 => ("extension", "it"),
            _ => ("extensions", "them"),
        };
        Some(format!(
            "the database has the {extensions} {}, which no revision makes: another database needs {them} before \
             the first revision, or `CREATE EXTENSION IF NOT EXISTS` in a revision",
            names.join(", ")
        ))
    }
}

impl Migrator {
    /// The extensions of a database that no revision makes.
    pub(super) fn given<C>(&self, connection: &mut C) -> Result<Given>
    where
        C: LoadConnection<Backend = Pg>,
    {
        let mut extensions = extensions(connection)?;
        if !extensions.is_empty() {
            let made = self.extensions_made()?;
            extensions.retain(|extension| !made.contains(extension.name.as_str()));
        }
        Ok(Given {
            extensions,
            brought: Vec::new(),
        })
    }

    /// The extensions and schemas of which a revision of the own bundle says that they may be there already:
    /// they may be somebody else's, and its way down leaves them.
    pub(crate) fn shared(&self, revision: &RevisionId) -> Result<BTreeSet<ObjectId>> {
        let mut migrations = self.own().migrations.iter();
        let migration = migrations.find(|migration| migration.revision().id == *revision);
        let mut script = Script::new();
        if let Some(migration) = migration {
            migration.upgrade(&mut script)?;
        }
        let mut shared = BTreeSet::new();
        for step in script.steps() {
            let Step::Sql { text, origin: _ } = step else {
                continue;
            };
            let of = |kind| {
                made_by(text, kind)
                    .into_iter()
                    .filter(|made| made.if_absent)
            };
            for made in of("extension") {
                shared.insert(ObjectId::Extension(Ident::new(made.name)?));
            }
            for made in of("schema") {
                shared.insert(ObjectId::Namespace(Ident::new(made.name)?));
            }
        }
        Ok(shared)
    }

    /// The extensions that revisions make, as far as their SQL says so.
    fn extensions_made(&self) -> Result<BTreeSet<String>> {
        let mut made = BTreeSet::new();
        for bundle in self.ordered()? {
            for migration in &bundle.migrations {
                let mut script = Script::new();
                migration.upgrade(&mut script)?;
                for step in script.steps() {
                    if let Step::Sql { text, origin: _ } = step {
                        made.extend(made_by(text, "extension").into_iter().map(|it| it.name));
                    }
                }
            }
        }
        Ok(made)
    }
}

/// An extension or schema that a text makes.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    name: String,
    /// Whether it says `IF NOT EXISTS`.
    if_absent: bool,
}

/// The objects of a kind that a text makes.
fn made_by(text: &str, kind: &str) -> Vec<Made> {
    let spans = split(text).unwrap_or_default();
    let statements = spans.into_iter().map(|span| &text[span.range]);
    statements
        .filter_map(|statement| {
            let tokens: Vec<_> = lex(statement)
                .filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment))
                .collect();
            let [create, what, rest @ ..] = tokens.as_slice() else {
                return None;
            };
            if !create.is_word("create") || !what.is_word(kind) {
                return None;
            }
            let (if_absent, rest) = match rest {
                [first, _, _, rest @ ..] if first.is_word("if") => (true, rest),
                rest => (false, rest),
            };
            let name = rest.first()?;
            let name = match name.kind {
                TokenKind::QuotedName => name.text.trim_matches('"').replace("\"\"", "\""),
                _ => name.text.to_lowercase(),
            };
            Some(Made { name, if_absent })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Made, made_by};

    #[test]
    fn what_a_text_makes_is_found() {
        let text = "create extension if not exists Citext; CREATE TABLE a (); -- CREATE EXTENSION x\n\
                    CREATE /* y */ EXTENSION \"uuid-ossp\" SCHEMA public; SELECT 'CREATE EXTENSION z'";
        let made = [("citext", true), ("uuid-ossp", false)].map(|(name, if_absent)| Made {
            name: name.to_owned(),
            if_absent,
        });
        assert_eq!(made_by(text, "extension"), made);
        let [made] = &made_by("CREATE SCHEMA IF NOT EXISTS ext", "schema")[..] else {
            panic!("one schema")
        };
        assert_eq!((made.name.as_str(), made.if_absent), ("ext", true));
    }
}
