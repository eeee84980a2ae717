//! Names and literals as SQL text. Nothing else in the workspace puts a quote around anything.
//!
//! A name is always quoted, so that no list of reserved words is needed and no release of Postgres
//! can reserve one more. A literal is right whatever `standard_conforming_strings` says.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use limbeck_core::schema::object::{Expression, SqlType};
use limbeck_core::{Ident, QualifiedName};

use crate::expression;

#[cfg(test)]
pub(crate) mod bare;

/// A piece of SQL text that was quoted here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quoted(String);

impl Quoted {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Quoted {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name: `"posts"`.
pub fn ident(name: &Ident) -> Quoted {
    Quoted(format!("\"{}\"", name.as_str().replace('"', "\"\"")))
}

/// A string literal: `'it''s'`. With a backslash in it, it is written `E'…'`, which means the same
/// under every setting of the server.
pub fn literal(text: &str) -> Quoted {
    let doubled = text.replace('\'', "''");
    Quoted(if doubled.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    })
}

/// A text between dollars, whatever is in it: `$$SELECT 1$$`.
pub(crate) fn dollar(text: &str) -> Quoted {
    let mut tag = String::new();
    let mut number = 0_usize;
    // A dollar at the end would become part of what closes it.
    while text.contains(&format!("${tag}$"))
        || text.contains(&format!("${tag}")) && text.ends_with('$')
    {
        tag = if number == 0 {
            "body".to_owned()
        } else {
            format!("body{number}")
        };
        number += 1;
    }
    Quoted(format!("${tag}${text}${tag}$"))
}

/// `=` of Postgres itself, whatever the search path holds.
pub(crate) const EQUAL: &str = "OPERATOR(pg_catalog.=)";

/// `<>` of Postgres itself.
pub(crate) const DIFFERENT: &str = "OPERATOR(pg_catalog.<>)";

/// `>` of Postgres itself.
pub(crate) const MORE: &str = "OPERATOR(pg_catalog.>)";

/// A search path with a schema before what it holds, as an expression. No operator is in it: it is
/// evaluated under a path that is somebody's.
pub(crate) fn before_path(schema: &Quoted) -> String {
    format!(
        "pg_catalog.rtrim(pg_catalog.concat({}, pg_catalog.current_setting('search_path')), ', ')",
        literal(&format!("{schema}, "))
    )
}

/// How names that stand in a schema are written.
///
/// Those of a bundle's own schema stand alone, and are found through the `search_path` that the
/// runner sets: so the same text can be installed in another schema. All others name their schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The schema whose names stand alone; with `None` every name is qualified.
    pub own: Option<Ident>,
    /// What stands there and is another bundle's, which may be installed elsewhere: never alone.
    pub others: BTreeSet<QualifiedName>,
    /// Whether expressions are handed to Postgres as they stand. Otherwise they are written so that
    /// Postgres prints them again as it did.
    pub verbatim: bool,
}

impl Naming {
    /// Names in `schema` stand alone.
    pub fn within(schema: Ident) -> Self {
        Self {
            own: Some(schema),
            ..Self::default()
        }
    }

    /// Every name is qualified.
    pub fn everywhere() -> Self {
        Self::default()
    }

    /// Every name is qualified, and expressions stand as they are: for asking what Postgres makes of
    /// them.
    #[cfg(feature = "postgres")]
    pub(crate) fn verbatim() -> Self {
        Self {
            verbatim: true,
            ..Self::default()
        }
    }

    /// The name of a table, an index, a sequence, a collation, an operator class.
    pub fn qualified(&self, name: &QualifiedName) -> Quoted {
        let QualifiedName { schema, name: bare } = name;
        // What is in `pg_catalog` is found first, unless a search path says otherwise; and ours
        // never does.
        let alone =
            self.is_own(schema) && !bare.as_str().starts_with("pg_") && !self.others.contains(name)
                || schema.as_str() == "pg_catalog";
        if alone {
            ident(bare)
        } else {
            Quoted(format!("{}.{}", ident(schema), ident(bare)))
        }
    }

    /// A name that was qualified already or is to be so at all times, such as our own tables'.
    pub fn always(name: &QualifiedName) -> Quoted {
        Self::everywhere().qualified(name)
    }

    /// The name of an operator, which no quotes can stand around; there is nothing in it that could end it.
    pub fn operator(&self, name: &QualifiedName) -> Quoted {
        let symbols: String = name
            .name
            .as_str()
            .chars()
            .filter(|symbol| "+-*/<>=~!@#%^&|`?".contains(*symbol))
            .collect();
        if self.is_own(&name.schema) && !self.others.contains(name) {
            Quoted(symbols)
        } else {
            Quoted(format!("{}.{symbols}", ident(&name.schema)))
        }
    }

    /// The name of a type. A type of our own that is called like one of `pg_catalog` names its
    /// schema even there: the other would be found first.
    pub fn type_name(&self, name: &QualifiedName) -> Quoted {
        if self.is_own(&name.schema) && expression::is_catalog_type(name.name.as_str()) {
            return Self::everywhere().qualified(name);
        }
        self.qualified(name)
    }

    /// A type as it stands behind a column's name.
    pub fn sql_type(&self, sql_type: &SqlType) -> Quoted {
        match sql_type {
            SqlType::Builtin(text) => Quoted(text.clone()),
            SqlType::Named {
                name,
                modifier,
                array,
            } => {
                let mut text = self.type_name(name).0;
                if let Some(modifier) = modifier {
                    text.push_str(&format!("({modifier})"));
                }
                if *array {
                    text.push_str("[]");
                }
                Quoted(text)
            }
        }
    }

    /// An expression, in which names of the own schema stand alone as they do elsewhere.
    pub fn expression(&self, expression: &Expression) -> String {
        let text = match self.verbatim {
            true => Cow::Borrowed(expression.0.as_str()),
            false => expression::faithful(&expression.0),
        };
        match &self.own {
            Some(own) => expression::without_schema(&text, own),
            None => text.into_owned(),
        }
    }

    /// A query or a command. As an expression, but for a text in which the name of the own schema
    /// may be that of something else.
    pub fn query(&self, query: &Expression) -> String {
        match &self.own {
            Some(own) if !expression::is_ambiguous(&query.0, own) => self.expression(query),
            Some(_) | None => expression::faithful(&query.0).into_owned(),
        }
    }

    /// A name for people: `posts`, or `audit.log` where it is not in the own schema.
    pub fn shown(&self, name: &QualifiedName) -> String {
        if self.is_own(&name.schema) {
            name.name.to_string()
        } else {
            name.to_string()
        }
    }

    fn is_own(&self, schema: &Ident) -> bool {
        self.own.as_ref() == Some(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Ident {
        Ident::new(text).expect("a name")
    }

    fn qualified(schema: &str, bare: &str) -> QualifiedName {
        QualifiedName::parse_parts(schema, bare).expect("two names")
    }

    #[test]
    fn every_name_is_quoted() {
        for (bare, quoted) in [
            ("posts", r#""posts""#),
            ("Posts", r#""Posts""#),
            ("select", r#""select""#),
            (r#"a"b"#, r#""a""b""#),
            ("a b;--", r#""a b;--""#),
            ("🐘", r#""🐘""#),
        ] {
            assert_eq!(ident(&name(bare)).as_str(), quoted);
        }
    }

    #[test]
    fn literals_are_right_under_every_setting() {
        for (text, quoted) in [
            ("", "''"),
            ("it's", "'it''s'"),
            (r"a\b", r"E'a\\b'"),
            (r"\'; drop", r"E'\\''; drop'"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(literal(text).as_str(), quoted);
        }
    }

    #[test]
    fn a_text_between_dollars_ends_where_it_should() {
        for (text, quoted) in [
            ("SELECT 1", "$$SELECT 1$$"),
            ("SELECT $$a$$", "$body$SELECT $$a$$$body$"),
            ("$body$ $$", "$body1$$body$ $$$body1$"),
            ("a$", "$body$a$$body$"),
            ("$1", "$$$1$$"),
        ] {
            assert_eq!(dollar(text).as_str(), quoted);
        }
    }

    #[test]
    fn a_query_that_calls_something_like_the_schema_keeps_its_names() {
        let naming = Naming::within(name("app"));
        let query = |text: &str| naming.query(&Expression(text.to_owned()));
        assert_eq!(query("SELECT t.a FROM app.t"), "SELECT t.a FROM t");
        for text in [
            "SELECT app.a FROM app.t app",
            "SELECT app.a FROM app.app",
            "SELECT x AS app FROM app.t",
        ] {
            assert_eq!(query(text), text);
        }
    }

    #[test]
    fn names_of_the_own_schema_stand_alone() {
        let naming = Naming::within(name("public"));
        assert_eq!(
            naming.qualified(&qualified("public", "posts")).as_str(),
            r#""posts""#
        );
        assert_eq!(
            naming.qualified(&qualified("audit", "log")).as_str(),
            r#""audit"."log""#
        );
        assert_eq!(
            naming.qualified(&qualified("pg_catalog", "C")).as_str(),
            r#""C""#
        );
        assert_eq!(
            Naming::everywhere()
                .qualified(&qualified("public", "posts"))
                .as_str(),
            r#""public"."posts""#
        );
    }

    #[test]
    fn operators_are_symbols() {
        let naming = Naming::within(name("public"));
        for (schema, bare, quoted) in [
            ("public", "===", "==="),
            ("pg_catalog", "=", "\"pg_catalog\".="),
            ("My \"s", "<->; DROP", "\"My \"\"s\".<->"),
        ] {
            assert_eq!(naming.operator(&qualified(schema, bare)).as_str(), quoted);
        }
    }

    #[test]
    fn a_type_that_the_catalog_would_hide_names_its_schema() {
        let naming = Naming::within(name("public"));
        assert_eq!(
            naming.type_name(&qualified("public", "mood")).as_str(),
            r#""mood""#
        );
        assert_eq!(
            naming.type_name(&qualified("public", "path")).as_str(),
            r#""public"."path""#
        );
    }
}
