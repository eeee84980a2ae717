//! Declared SQL: what structs cannot say, as plain `CREATE` statements in files.
//!
//! It is loaded in scratch together with what the models want, in whatever order works, and what it
//! made there is read back. What earlier revisions made of it is left out beforehand, so that it is
//! made from the files alone.

use std::collections::BTreeSet;

use diesel::PgConnection;
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::lower::Declared;
use limbeck_core::schema::object::{Column, ConstraintKind, IndexKey};
use limbeck_core::token::{TokenKind, lex};
use limbeck_core::{Error, ErrorKind, Ident, Object, ObjectId, Result, Schema, SqlFile};

use crate::ddl::{Context, render};
use crate::introspect::{Introspection, Scope, introspect};
use crate::quote::{Naming, ident};
use crate::scratch::{Scratch, lacks_something};
use crate::source::{Piece, Pile, check, pieces};
use crate::statement::script;

/// What the statements of the models are called in messages.
const MODELS: &str = "what the models want";

/// What is declared, beside the models.
pub(crate) struct DeclaredSql<'a> {
    /// The files.
    pub(crate) files: &'a [SqlFile],
    /// The schema that the bundle is installed in.
    pub(crate) placement: &'a Ident,
    /// What generated revisions made.
    pub(crate) generated: &'a BTreeSet<ObjectId>,
}

/// What declared SQL makes.
pub(crate) struct MadeBySql {
    /// Its objects, with the edges from and to them.
    pub(crate) schema: Schema,
    /// What it makes and what is not compared.
    pub(crate) notes: Vec<String>,
}

impl DeclaredSql<'_> {
    /// The path by which names are found.
    fn path(&self) -> String {
        let own = ident(self.placement);
        format!("{own}, public")
    }

    /// Loads the files over what the models want, and reads what they make.
    ///
    /// # Errors
    /// When a statement cannot be run, with its file, line and column.
    pub(crate) fn read(
        &self,
        desired: &Schema,
        declared: &Declared,
        scratch: &mut Scratch,
    ) -> Result<MadeBySql> {
        for file in self.files {
            check(file)?;
        }
        let statements = pieces(self.files)?;
        let background = self.background(desired, declared, &statements);
        let throwaway = scratch.is_throwaway();
        let connection = scratch.connection();
        let empty = introspect(connection, &Scope::all())?;
        let loading = Loading {
            sql: self,
            background: &background,
            empty: &empty.schema,
            statements,
            throwaway,
        };
        // With their columns first; where those need what is declared, without what they call.
        let loaded = match loading.run(connection, background.clone())? {
            Ok(loaded) => loaded,
            Err(_) => loading.run(connection, bare(&background))??,
        };
        Ok(loaded.made(&empty, &background))
    }

    /// What the models want and the database has beside it, without what the files will make and
    /// what cannot stand without that.
    fn background(&self, desired: &Schema, declared: &Declared, statements: &[Piece]) -> Schema {
        let names: BTreeSet<Ident> = statements
            .iter()
            .filter_map(|piece| Some(created(piece.sql())?.1))
            .collect();
        let mut gone: BTreeSet<ObjectId> = desired
            .objects
            .keys()
            .filter(|id| !declared.objects.contains_key(id))
            .filter(|id| {
                let made = self.generated.contains(id) && !may_be_stated(id);
                let named = !matches!(id, ObjectId::Column { .. } | ObjectId::Comment(_))
                    && last(id).is_some_and(|name| names.contains(&name));
                made || named
            })
            .cloned()
            .collect();
        loop {
            let before = gone.len();
            for (id, object) in &desired.objects {
                if gone.contains(id) || may_be_stated(id) {
                    continue;
                }
                let required = object.requires(id);
                let edges = desired.depends.get(id).into_iter().flatten();
                if edges.chain(&required).any(|needed| gone.contains(needed)) {
                    gone.insert(id.clone());
                }
            }
            let tables = |id: &ObjectId| match id.table() {
                Some(table) => gone.contains(&ObjectId::Table(table.clone())),
                None => false,
            };
            let parts: Vec<ObjectId> = desired
                .objects
                .keys()
                .filter(|id| tables(id) || matches!(id, ObjectId::Comment(on) if gone.contains(on)))
                .cloned()
                .collect();
            gone.extend(parts);
            if gone.len() == before {
                break;
            }
        }
        let mut background = desired.clone();
        for id in &gone {
            background.remove(id);
        }
        background
    }

    /// Makes what of the files can be made without any table, for expressions that call it.
    pub(crate) fn prepare(&self, scratch: &mut Scratch) -> Result<()> {
        let throwaway = scratch.is_throwaway();
        let pieces = pieces(self.files)?;
        // What cannot be made is missed only by what names it, which then says so.
        let _ = Pile::new(pieces, &self.path(), throwaway).advance(scratch.connection())?;
        Ok(())
    }
}

/// The schemas that files speak of where they create something.
pub(crate) fn namespaces(files: &[SqlFile]) -> Result<BTreeSet<Ident>> {
    let pieces = pieces(files)?;
    let created = pieces.iter().filter_map(|piece| created(piece.sql()));
    Ok(created
        .filter_map(|(schema, name, kind)| match kind.as_str() {
            "SCHEMA" => Some(name),
            _ => schema,
        })
        .collect())
}

/// Files that are being loaded over something.
struct Loading<'a> {
    sql: &'a DeclaredSql<'a>,
    background: &'a Schema,
    empty: &'a Schema,
    statements: Vec<Piece>,
    throwaway: bool,
}

/// What a database held before the statements that change what is there, and after all.
struct Loaded {
    between: Schema,
    after: Introspection,
}

impl Loading<'_> {
    /// Makes a schema, the files over it, and the rest of the background; takes it all back.
    fn run(&self, connection: &mut PgConnection, first: Schema) -> Result<Result<Loaded>> {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};

        let doing = |error| crate::error::database_error(error, "declared SQL was loaded");
        AnsiTransactionManager::begin_transaction(connection).map_err(doing)?;
        let loaded = self.load(connection, first);
        AnsiTransactionManager::rollback_transaction(connection).map_err(doing)?;
        // The session's path was set in the transaction, and is gone with it.
        Ok(loaded)
    }

    fn load(&self, connection: &mut PgConnection, first: Schema) -> Result<Loaded> {
        let (creating, changing): (Vec<Piece>, Vec<Piece>) = self
            .statements
            .iter()
            .cloned()
            .partition(|piece| is_first(piece.sql(), "CREATE"));
        let mut all = made(self.empty, &first)?;
        all.extend(creating);
        all.extend(made(&first, self.background)?);
        let mut pile = Pile::new(all, &self.sql.path(), self.throwaway);
        let mut stuck = pile.advance(connection)?;
        let between = introspect(connection, &Scope::all())?.schema;
        let mut changing = Pile::new(changing, &self.sql.path(), self.throwaway);
        let refused = changing.advance(connection)?;
        if stuck.is_some() {
            stuck = pile.advance(connection)?;
        }
        if let Some(error) = refused {
            changing.settle(connection).map_err(|_| error)?;
        }
        if let Some(error) = stuck {
            // What scratch lacks and no file needs is not missed.
            let declared = pile.left().any(|name| name != MODELS);
            if declared || !lacks_something(&error) {
                return Err(explained(error));
            }
        }
        Ok(Loaded {
            between,
            after: introspect(connection, &Scope::all())?,
        })
    }
}

impl Loaded {
    /// What is there and was not, and what was changed.
    fn made(self, empty: &Introspection, background: &Schema) -> MadeBySql {
        let Self { between, after } = self;
        let mut schema = Schema::new();
        for (id, object) in &after.schema.objects {
            let new = background.get(id).is_none() && empty.schema.get(id).is_none();
            let changed = between.get(id).is_some_and(|before| before != object);
            if new || changed {
                schema.objects.insert(id.clone(), object.clone());
            }
        }
        for (table, columns) in &after.schema.column_order {
            if schema.get(&ObjectId::Table(table.clone())).is_some() {
                schema.column_order.insert(table.clone(), columns.clone());
            }
        }
        for (id, needed) in &after.schema.depends {
            let own = schema.objects.contains_key(id);
            let needed: BTreeSet<ObjectId> = needed
                .iter()
                .filter(|needed| own || schema.objects.contains_key(*needed))
                .cloned()
                .collect();
            if !needed.is_empty() {
                schema.depends.insert(id.clone(), needed);
            }
        }
        let notes = after
            .unmanaged
            .iter()
            .filter(|one| !empty.unmanaged.contains(one))
            .map(|one| {
                format!(
                    "the declared SQL makes the {} `{}.{}`, a kind that is not compared yet",
                    one.kind, one.schema, one.name
                )
            });
        MadeBySql {
            notes: notes.collect(),
            schema,
        }
    }
}

/// The statements that make one schema of another.
fn made(from: &Schema, to: &Schema) -> Result<Vec<Piece>> {
    let mut to = to.clone();
    // What is there stays: only making is meant.
    for (id, object) in &from.objects {
        if to.get(id).is_none() {
            to.insert(id.clone(), object.clone());
        }
    }
    let operations = diff(from, &to, &Renames::default());
    let naming = Naming::everywhere();
    let context = Context {
        from,
        to: &to,
        naming: &naming,
    };
    pieces(&[SqlFile {
        name: MODELS.to_owned(),
        text: script(&render(&operations, &context), &[], ""),
    }])
}

/// A schema without what its tables call: defaults, generated columns, checks, indexes over
/// expressions.
fn bare(schema: &Schema) -> Schema {
    let mut bare = schema.clone();
    let calls: Vec<ObjectId> = schema
        .objects
        .iter()
        .filter(|(_, object)| match object {
            Object::Column(Column { generated, .. }) => generated.is_some(),
            Object::Constraint(constraint) => matches!(
                constraint.kind,
                ConstraintKind::Check(_) | ConstraintKind::Exclude(_)
            ),
            Object::Index(index) => {
                let mut keys = index.elements.iter().map(|element| &element.key);
                index.predicate.is_some() || keys.any(|key| matches!(key, IndexKey::Expression(_)))
            }
            _ => false,
        })
        .map(|(id, _)| id.clone())
        .collect();
    let mut gone: BTreeSet<ObjectId> = calls.into_iter().collect();
    loop {
        let before = gone.len();
        for (id, object) in &schema.objects {
            let required = object.requires(id);
            let edges = schema.depends.get(id).into_iter().flatten();
            if edges.chain(&required).any(|needed| gone.contains(needed)) {
                gone.insert(id.clone());
            }
        }
        if gone.len() == before {
            break;
        }
    }
    for id in &gone {
        bare.remove(id);
    }
    for object in bare.objects.values_mut() {
        if let Object::Column(column) = object {
            column.default = None;
        }
    }
    bare
}

/// An error of what the models want is told as what it is: something that nobody makes.
fn explained(error: Error) -> Error {
    let of_models = error
        .location()
        .is_some_and(|location| location.file == MODELS);
    if !of_models {
        return error.with_hint(
            "declared SQL may need the models and other declared SQL, in any order; nothing else \
             is there but what the revisions made by hand",
        );
    }
    let told = error
        .database()
        .map_or_else(|| error.to_string(), |said| said.message.clone());
    Error::new(
        ErrorKind::Model,
        format!("the models want what cannot be made together with the declared SQL: {told}"),
    )
    .with_source(error)
}

/// Kinds that a model can state, or that come with what it states.
pub(crate) fn may_be_stated(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Namespace(_)
            | ObjectId::Enum(_)
            | ObjectId::Table(_)
            | ObjectId::Column { .. }
            | ObjectId::Constraint { .. }
            | ObjectId::Index(_)
            | ObjectId::Sequence(_)
            | ObjectId::Comment(_)
    )
}

/// The last of the names of an identity.
fn last(id: &ObjectId) -> Option<Ident> {
    let text = id.to_string();
    let (_, names) = text.split_once(':')?;
    identifiers(names).pop()
}

/// Names joined by dots at the beginning of a text.
fn identifiers(text: &str) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut wanted = true;
    for token in lex(text).filter(|token| token.kind.is_significant()) {
        match (wanted, token.kind, token.text) {
            (true, TokenKind::Word, word) => names.extend(Ident::new(word.to_lowercase())),
            (true, TokenKind::QuotedName, quoted) => {
                let inner = quoted.trim_matches('"').replace("\"\"", "\"");
                names.extend(Ident::new(inner));
            }
            (false, _, ".") => {}
            _ => break,
        }
        wanted = !wanted;
    }
    names
}

fn is_first(sql: &str, word: &str) -> bool {
    let mut tokens = lex(sql).filter(|token| token.kind.is_significant());
    tokens
        .next()
        .is_some_and(|token| token.text.eq_ignore_ascii_case(word))
}

/// What a `CREATE` statement makes, as far as that is seen: its schema where one is named, its name,
/// and the last word for its kind.
fn created(sql: &str) -> Option<(Option<Ident>, Ident, String)> {
    const KINDS: [&str; 24] = [
        "AGGREGATE",
        "CAST",
        "COLLATION",
        "CONFIGURATION",
        "CONVERSION",
        "DICTIONARY",
        "DOMAIN",
        "EXTENSION",
        "FAMILY",
        "FUNCTION",
        "INDEX",
        "LANGUAGE",
        "POLICY",
        "PROCEDURE",
        "PUBLICATION",
        "RULE",
        "SCHEMA",
        "SEQUENCE",
        "SERVER",
        "STATISTICS",
        "TABLE",
        "TRIGGER",
        "TYPE",
        "VIEW",
    ];
    let tokens: Vec<_> = lex(sql)
        .filter(|token| token.kind.is_significant())
        .collect();
    if !tokens.first()?.text.eq_ignore_ascii_case("CREATE") {
        return None;
    }
    let at = tokens.iter().take(6).position(|token| {
        let word = token.text.to_uppercase();
        KINDS.contains(&word.as_str())
    })?;
    let kind = tokens[at].text.to_uppercase();
    let passed = ["CONCURRENTLY", "IF", "NOT", "EXISTS"];
    let name = tokens[at + 1..]
        .iter()
        .find(|token| !passed.contains(&token.text.to_uppercase().as_str()))?;
    let mut names = identifiers(&sql[name.start..]);
    let last = names.pop()?;
    Some((names.pop(), last, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_creates_is_seen() {
        for (sql, expected) in [
            (
                "CREATE OR REPLACE FUNCTION f(a int) RETURNS int",
                "f FUNCTION",
            ),
            (
                "create function \"My \"\"s\" . \"F\"()",
                "My \"s F FUNCTION",
            ),
            (
                "CREATE MATERIALIZED VIEW IF NOT EXISTS a.V AS SELECT 1",
                "a v VIEW",
            ),
            (
                "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a.b",
                "t TRIGGER",
            ),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "i INDEX"),
            ("CREATE SCHEMA IF NOT EXISTS shop", "shop SCHEMA"),
        ] {
            let (schema, name, kind) = created(sql).expect("it creates something");
            let told: Vec<String> = schema
                .into_iter()
                .chain([name])
                .map(|name| name.to_string())
                .chain([kind])
                .collect();
            assert_eq!(told.join(" "), expected, "{sql}");
        }
        assert!(created("GRANT SELECT ON t TO a").is_none());
    }
}
