//! The little that must be known of an expression's text to put it into a statement: where its
//! strings, names and parentheses are. What it means is Postgres's business.

use std::ops::Range;

use limbeck_core::Ident;

/// One piece of an expression; all of them together are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A bare name, keyword or number.
    Word,
    /// A name in double quotes.
    QuotedName,
    /// A string literal of any form.
    Literal,
    /// A space or a comment.
    Blank,
    /// Any other single character.
    Symbol(char),
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    range: Range<usize>,
}

/// Cuts a text into tokens. An unclosed string or comment reaches to the end.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let (kind, length) = match first {
            '\'' => (Kind::Literal, quoted_length(rest, '\'', false)),
            'e' | 'E' if rest[1..].starts_with('\'') => {
                (Kind::Literal, 1 + quoted_length(&rest[1..], '\'', true))
            }
            '"' => (Kind::QuotedName, quoted_length(rest, '"', false)),
            '$' => match dollar_length(rest) {
                Some(length) => (Kind::Literal, length),
                None => (Kind::Symbol('$'), 1),
            },
            '-' if rest.starts_with("--") => (Kind::Blank, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (
                Kind::Blank,
                rest.find("*/").map_or(rest.len(), |end| end + 2),
            ),
            _ if first.is_whitespace() => (Kind::Blank, run_length(rest, char::is_whitespace)),
            _ if is_word(first) => (Kind::Word, run_length(rest, is_word)),
            _ => (Kind::Symbol(first), first.len_utf8()),
        };
        tokens.push(Token {
            kind,
            range: start..start + length,
        });
        start += length;
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || !character.is_ascii()
}

fn run_length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character))
        .unwrap_or(text.len())
}

/// The length of a text in quotes that starts at the first character; doubled quotes stand for one.
fn quoted_length(text: &str, quote: char, backslashes: bool) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if backslashes && character == '\\' {
            characters.next();
        } else if character == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    characters.next();
                }
                _ => return at + quote.len_utf8(),
            }
        }
    }
    text.len()
}

/// The length of a `$tag$…$tag$` literal that starts at the first character.
fn dollar_length(text: &str) -> Option<usize> {
    let tag_end = 1 + text[1..].find('$')?;
    let name = &text[1..tag_end];
    if name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_word) {
        return None;
    }
    let tag = &text[..=tag_end];
    let body = &text[tag.len()..];
    Some(
        body.find(tag)
            .map_or(text.len(), |end| tag.len() + end + tag.len()),
    )
}

/// The expression in parentheses, exactly one pair of them around the whole.
pub(crate) fn parenthesised(text: &str) -> String {
    let text = text.trim();
    if is_parenthesised(text) {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

/// Whether the first parenthesis is closed by the last character.
fn is_parenthesised(text: &str) -> bool {
    let mut depth = 0_usize;
    for token in tokens(text) {
        match token.kind {
            Kind::Symbol('(') => depth += 1,
            Kind::Symbol(')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return token.range.end == text.len();
                }
            }
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

/// The expression as it may follow `DEFAULT` in a column's definition, where the grammar knows
/// fewer operators than elsewhere.
pub(crate) fn restricted(text: &str) -> String {
    /// What would end the default or is not allowed in it, outside parentheses.
    const LOOSE: [&str; 16] = [
        "and",
        "at",
        "between",
        "check",
        "collate",
        "constraint",
        "ilike",
        "in",
        "is",
        "isnull",
        "like",
        "not",
        "notnull",
        "or",
        "overlaps",
        "similar",
    ];
    let text = text.trim();
    let mut depth = 0_usize;
    for token in tokens(text) {
        match token.kind {
            Kind::Symbol('(') => depth += 1,
            Kind::Symbol(')') => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 => {
                let word = text[token.range].to_ascii_lowercase();
                if LOOSE.contains(&word.as_str()) {
                    return format!("({text})");
                }
            }
            _ => {}
        }
    }
    text.to_owned()
}

/// The expression with names of a schema standing alone: `public.lower(x)` becomes `lower(x)`, and
/// so do the names in `'public.posts_id_seq'::regclass`. A type that `pg_catalog` would hide keeps
/// its schema.
pub(crate) fn without_schema(text: &str, schema: &Ident) -> String {
    let tokens = tokens(text);
    let mut result = String::with_capacity(text.len());
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let word = &text[token.range.clone()];
        if is_name_of(token, word, schema)
            && !preceded_by_dot(&tokens, index)
            && let Some([dot, name]) = tokens.get(index + 1..index + 3)
            && dot.kind == Kind::Symbol('.')
            && let Some(bare) = bare_name(name.kind, &text[name.range.clone()])
            && !is_catalog_type(&bare)
        {
            index += 2;
            continue;
        }
        if token.kind == Kind::Literal && is_cast_to_regclass(&tokens[index + 1..], text) {
            result.push_str(&regclass_without_schema(word, schema));
        } else {
            result.push_str(word);
        }
        index += 1;
    }
    result
}

fn preceded_by_dot(tokens: &[Token], index: usize) -> bool {
    index
        .checked_sub(1)
        .is_some_and(|before| tokens[before].kind == Kind::Symbol('.'))
}

fn is_name_of(token: &Token, text: &str, schema: &Ident) -> bool {
    bare_name(token.kind, text).is_some_and(|bare| bare == schema.as_str())
}

/// The name that a token means, as the catalog holds it.
fn bare_name(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Word => Some(text.to_ascii_lowercase()),
        Kind::QuotedName => {
            let inner = text.strip_prefix('"')?;
            Some(
                inner
                    .strip_suffix('"')
                    .unwrap_or(inner)
                    .replace("\"\"", "\""),
            )
        }
        Kind::Literal | Kind::Blank | Kind::Symbol(_) => None,
    }
}

/// Whether what follows a literal is `::regclass`.
fn is_cast_to_regclass(following: &[Token], text: &str) -> bool {
    let mut words = following
        .iter()
        .filter(|token| token.kind != Kind::Blank)
        .map(|token| &text[token.range.clone()]);
    words.next() == Some(":")
        && words.next() == Some(":")
        && words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("regclass"))
}

/// `'public.posts_id_seq'` as `'posts_id_seq'`.
fn regclass_without_schema(literal: &str, schema: &Ident) -> String {
    let Some(inner) = literal
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    else {
        return literal.to_owned();
    };
    let inner = inner.replace("''", "'");
    match &tokens(&inner)[..] {
        [first, dot, second] if dot.kind == Kind::Symbol('.') => {
            if is_name_of(first, &inner[first.range.clone()], schema) {
                crate::quote::literal(&inner[second.range.clone()]).to_string()
            } else {
                literal.to_owned()
            }
        }
        _ => literal.to_owned(),
    }
}

/// Whether the expression speaks of `name`: as a word, in quotes, or inside a string.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    tokens(text).iter().any(|token| {
        let word = &text[token.range.clone()];
        match token.kind {
            Kind::Word | Kind::QuotedName => {
                bare_name(token.kind, word).as_deref() == Some(name) || word == name
            }
            Kind::Literal => word.replace("''", "'").replace("\\\\", "\\").contains(name),
            Kind::Blank | Kind::Symbol(_) => false,
        }
    })
}

/// Whether `pg_catalog` has a type of this name: its own types by their internal names, those of
/// every supported release.
pub(crate) fn is_catalog_type(name: &str) -> bool {
    const TYPES: &str = " aclitem any anyarray anycompatible anycompatiblearray \
        anycompatiblemultirange anycompatiblenonarray anycompatiblerange anyelement anyenum \
        anymultirange anynonarray anyrange bit bool box bpchar bytea char cid cidr circle cstring \
        date datemultirange daterange event_trigger fdw_handler float4 float8 gtsvector \
        index_am_handler inet int2 int2vector int4 int4multirange int4range int8 int8multirange \
        int8range internal interval json jsonb jsonpath language_handler line lseg macaddr \
        macaddr8 money name numeric nummultirange numrange oid oid8 oidvector path point polygon \
        record refcursor regclass regcollation regconfig regdatabase regdictionary regnamespace \
        regoper regoperator regproc regprocedure regrole regtype table_am_handler text tid time \
        timestamp timestamptz timetz trigger tsm_handler tsmultirange tsquery tsrange \
        tstzmultirange tstzrange tsvector txid_snapshot unknown uuid varbit varchar void xid xid8 \
        xml ";
    name.starts_with("pg_") || TYPES.split_ascii_whitespace().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pair_of_parentheses_stands_around_the_whole() {
        for (text, expected) in [
            ("a > 0", "(a > 0)"),
            ("(a > 0)", "(a > 0)"),
            ("((a > 0))", "((a > 0))"),
            ("(a > 0) AND (b > 0)", "((a > 0) AND (b > 0))"),
            ("(a = ')')", "(a = ')')"),
            ("(a = '(') OR (b)", "((a = '(') OR (b))"),
            (r#"(")" = 1)"#, r#"(")" = 1)"#),
            ("lower(a)", "(lower(a))"),
            ("(a) -- (", "((a) -- ()"),
            ("", "()"),
            ("(", "(()"),
        ] {
            assert_eq!(parenthesised(text), expected, "{text}");
        }
    }

    #[test]
    fn a_default_is_wrapped_only_where_the_grammar_asks_for_it() {
        for (text, expected) in [
            ("now()", "now()"),
            ("'x'::character varying", "'x'::character varying"),
            ("0", "0"),
            (
                "(now() AT TIME ZONE 'utc'::text)",
                "(now() AT TIME ZONE 'utc'::text)",
            ),
            ("now() at time zone 'utc'", "(now() at time zone 'utc')"),
            ("'not in'::text", "'not in'::text"),
        ] {
            assert_eq!(restricted(text), expected, "{text}");
        }
    }

    #[test]
    fn names_of_the_own_schema_stand_alone_in_expressions() {
        let public = Ident::new("public").expect("a name");
        for (text, expected) in [
            ("'a'::public.mood", "'a'::mood"),
            (r#"'a'::"public"."Mood""#, r#"'a'::"Mood""#),
            ("'public.mood'::text", "'public.mood'::text"),
            ("nextval('public.s'::regclass)", "nextval('s'::regclass)"),
            (
                r#"nextval('public."It''s"'::regclass)"#,
                r#"nextval('"It''s"'::regclass)"#,
            ),
            (
                "nextval('other.s'::regclass)",
                "nextval('other.s'::regclass)",
            ),
            ("'a'::other.public", "'a'::other.public"),
            ("x.public.y", "x.public.y"),
            ("'a'::public.path", "'a'::public.path"),
            ("public > 1", "public > 1"),
        ] {
            assert_eq!(without_schema(text, &public), expected, "{text}");
        }
    }

    #[test]
    fn odd_text_is_cut_without_a_panic() {
        for text in [
            "'", "\"", "$", "$$", "$a", "$a$", "e", "E'\\", "/*", "--", "é'", "''''", "$é$x",
        ] {
            let all: String = tokens(text)
                .into_iter()
                .map(|token| &text[token.range])
                .collect();
            assert_eq!(all, text);
        }
    }
}
