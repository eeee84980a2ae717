//! Names inside an expression, as Postgres prints it: it follows a rename by itself, and so does its text here.
//!
//! Postgres prints names of its own alone and any other with its schema; columns of the one table that
//! an expression is about alone, or behind that table's name. Should a text be misread, the expression
//! counts as changed and is made anew, which costs time and nothing else.

use crate::name::{Ident, QualifiedName};
use crate::schema::diff::rename::Settled;
use crate::schema::diff::rename::carry::type_text::{identifier, put};
use crate::schema::object::ObjectId;
use crate::token::{Token, TokenKind, lex};

/// The text with the names that things have after the renames. `table` is the one that the
/// expression is about, under its old name.
pub(super) fn rename(settled: &Settled, table: Option<&QualifiedName>, text: &str) -> String {
    let tokens: Vec<Token<'_>> = lex(text).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let chain = chain(&tokens[at..]);
        if !chain.is_empty() {
            let length = 2 * chain.len() - 1;
            let cast = at > 0 && tokens[at - 1].text == "::";
            let called = tokens.get(at + length).is_some_and(|next| next.text == "(");
            match renamed(settled, table, &chain, cast, called) {
                Some(new) => write(&mut out, &new),
                None => tokens[at..at + length]
                    .iter()
                    .for_each(|token| out.push_str(token.text)),
            }
            at += length;
            continue;
        }
        let literal = token.kind == TokenKind::String && token.text.starts_with('\'');
        let cast = tokens.get(at + 1).is_some_and(|next| next.text == "::");
        let new = (literal && cast)
            .then(|| literal_of(settled, token.text, &self::chain(&tokens[at + 2..])))
            .flatten();
        match new {
            Some(new) => {
                out.push('\'');
                out.push_str(&new.replace('\'', "''"));
                out.push('\'');
            }
            None => out.push_str(token.text),
        }
        at += 1;
    }
    out
}

/// The names with dots between them that tokens begin with.
fn chain(tokens: &[Token<'_>]) -> Vec<String> {
    let mut chain = Vec::new();
    let mut at = 0;
    while let Some(name) = tokens.get(at).and_then(name) {
        chain.push(name);
        if tokens.get(at + 1).is_none_or(|dot| dot.text != ".")
            || tokens.get(at + 2).and_then(self::name).is_none()
        {
            break;
        }
        at += 2;
    }
    chain
}

fn name(token: &Token<'_>) -> Option<String> {
    match token.kind {
        TokenKind::Word => Some(token.text.to_owned()),
        TokenKind::QuotedName => identifier(token.text).map(|(name, _)| name),
        _ => None,
    }
}

/// What a chain of names is called after the renames, where that is something else.
fn renamed(
    settled: &Settled,
    table: Option<&QualifiedName>,
    chain: &[String],
    cast: bool,
    called: bool,
) -> Option<Vec<String>> {
    let column = |name: &str| -> Option<&Ident> {
        let name = Ident::new(name).ok()?;
        settled.columns.get(table?)?.get(&name)
    };
    match chain {
        [name] if !cast && !called => Some(vec![column(name)?.as_str().to_owned()]),
        [first, second] => {
            let name = QualifiedName::parse_parts(first, second).ok()?;
            let new = if called {
                routine(settled, &name)
            } else {
                let types = settled.types.get(&name);
                types
                    .or_else(|| settled.tables.get(&name))
                    .or_else(|| settled.sequences.get(&name))
            };
            match new {
                Some(new) => Some(vec![
                    new.schema.as_str().to_owned(),
                    new.name.as_str().to_owned(),
                ]),
                None if table.is_some_and(|table| table.name.as_str() == first) && !called => {
                    Some(vec![first.clone(), column(second)?.as_str().to_owned()])
                }
                None => None,
            }
        }
        _ => None,
    }
}

/// The new name of a routine; its overloads count as renamed together.
fn routine<'a>(settled: &'a Settled, name: &QualifiedName) -> Option<&'a QualifiedName> {
    let name_of = |id: &'a ObjectId| match id {
        ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. } => Some(name),
        _ => None,
    };
    let mut routines = settled.routines.iter();
    routines.find_map(|(old, new)| (name_of(old)? == name).then(|| name_of(new))?)
}

/// What a literal holds after the renames: the value of an enum, or the name of a table or sequence.
fn literal_of(settled: &Settled, literal: &str, ty: &[String]) -> Option<String> {
    let held = literal
        .strip_prefix('\'')?
        .strip_suffix('\'')?
        .replace("''", "'");
    match ty {
        [ty] if ty == "regclass" => {
            let (first, rest) = identifier(&held)?;
            let (second, rest) = identifier(rest.strip_prefix('.')?)?;
            let name = QualifiedName::parse_parts(&first, &second).ok()?;
            let new = settled
                .sequences
                .get(&name)
                .or_else(|| settled.tables.get(&name))
                .filter(|_| rest.is_empty())?;
            let mut text = String::new();
            put(&mut text, new.schema.as_str());
            text.push('.');
            put(&mut text, new.name.as_str());
            Some(text)
        }
        [schema, ty] => {
            let ty = QualifiedName::parse_parts(schema, ty).ok()?;
            settled.values.get(&ty)?.get(&held).cloned()
        }
        _ => None,
    }
}

/// Writes names with dots between them.
fn write(out: &mut String, new: &[String]) {
    for (number, name) in new.iter().enumerate() {
        if number > 0 {
            out.push('.');
        }
        put(out, name);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::schema::testing::{renames, schema};

    #[test]
    fn what_postgres_prints_follows_the_renames() {
        let schema = schema(
            "enum mood glad sad
sequence s
table posts
  title text
  date date
  state mood",
        );
        let hints = renames(&[
            ("column:public.posts.\"Head\"", "column:public.posts.title"),
            ("column:public.posts.day", "column:public.posts.date"),
            ("enum:public.feeling", "enum:public.mood"),
            (
                "enum_value:public.feeling.\"it's\"",
                "enum_value:public.mood.glad",
            ),
            ("sequence:public.n", "sequence:public.s"),
        ]);
        let settled = crate::schema::diff::rename::settle(&schema, &hints, |_| true);
        let table = QualifiedName::parse_parts("public", "posts").unwrap();
        for (text, expected) in [
            ("title <> ''::text", "\"Head\" <> ''::text"),
            (
                "(posts.title = 'title'::text)",
                "(posts.\"Head\" = 'title'::text)",
            ),
            ("title(title, other.title)", "title(\"Head\", other.title)"),
            ("(date > '2020-01-01'::date)", "(day > '2020-01-01'::date)"),
            ("'glad'::public.mood", "'it''s'::public.feeling"),
            (
                "ARRAY['glad'::public.mood, 'sad'::public.mood]",
                "ARRAY['it''s'::public.feeling, 'sad'::public.feeling]",
            ),
            (
                "nextval('public.s'::regclass)",
                "nextval('public.n'::regclass)",
            ),
            ("'public.s'::text", "'public.s'::text"),
            ("'glad'::public.other", "'glad'::public.other"),
            ("a.b.title", "a.b.title"),
        ] {
            assert_eq!(rename(&settled, Some(&table), text), expected);
        }
        assert_eq!(rename(&settled, None, "title"), "title");
    }
}
