//! The little that must be known of an expression's text to put it into a statement: where its
//! strings, names and parentheses are. What it means is Postgres's business.

use std::borrow::Cow;

use limbeck_core::Ident;
use limbeck_core::token::{Token, TokenKind, lex};

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
    for token in lex(text) {
        if token.is_punctuation("(") {
            depth += 1;
        } else if token.is_punctuation(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return token.end() == text.len();
            }
        } else if depth == 0 {
            return false;
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
    for token in lex(text) {
        if token.is_punctuation("(") {
            depth += 1;
        } else if token.is_punctuation(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && LOOSE.iter().any(|word| token.is_word(word)) {
            return format!("({text})");
        }
    }
    text.to_owned()
}

/// The expression with names of a schema standing alone: `public.lower(x)` becomes `lower(x)`, and
/// so do the names in `'public.posts_id_seq'::regclass`. A type that `pg_catalog` would hide keeps
/// its schema.
pub(crate) fn without_schema(text: &str, schema: &Ident) -> String {
    let tokens: Vec<Token<'_>> = lex(text).collect();
    let mut result = String::with_capacity(text.len());
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let after_dot = index
            .checked_sub(1)
            .is_some_and(|before| tokens[before].is_punctuation("."));
        if is_name_of(token, schema)
            && !after_dot
            && let Some([dot, name]) = tokens.get(index + 1..index + 3)
            && dot.is_punctuation(".")
            && let Some(bare) = bare_name(name)
            && !is_catalog_type(&bare)
        {
            index += 2;
            continue;
        }
        if token.kind == TokenKind::String && is_cast_to_regclass(&tokens[index + 1..]) {
            result.push_str(&regclass_without_schema(token.text, schema));
        } else {
            result.push_str(token.text);
        }
        index += 1;
    }
    result
}

/// The text as Postgres must read it to print it so again.
///
/// `(ARRAY['a'::character varying])::text[]` is an array that is cast as a whole: that is how Postgres
/// prints `x IN ('a')`. Read back, the cast would go to the elements, since a pair of parentheses means
/// nothing. The array gets its own type first: `(ARRAY['a'::character varying]::character varying[])::text[]`.
pub(crate) fn faithful(text: &str) -> Cow<'_, str> {
    if !text.contains("(ARRAY[") {
        return Cow::Borrowed(text);
    }
    let tokens: Vec<Token<'_>> = lex(text).collect();
    let mut insertions = Vec::new();
    for (open, token) in tokens.iter().enumerate() {
        let is_array = token.is_punctuation("(")
            && tokens
                .get(open + 1)
                .is_some_and(|token| token.is_word("array"))
            && tokens
                .get(open + 2)
                .is_some_and(|token| token.is_punctuation("["));
        if !is_array {
            continue;
        }
        let mut depth = 0_usize;
        let close = (open + 2..tokens.len()).find(|at| {
            if tokens[*at].is_punctuation("[") {
                depth += 1;
            } else if tokens[*at].is_punctuation("]") {
                depth -= 1;
            }
            depth == 0
        });
        let Some(close) = close else { continue };
        let is_cast = tokens
            .get(close + 1)
            .is_some_and(|token| token.is_punctuation(")"))
            && tokens
                .get(close + 2)
                .is_some_and(|token| token.text == "::");
        if let (true, Some(of)) = (is_cast, type_of_last(&tokens[open + 3..close])) {
            insertions.push((tokens[close].end(), format!("::{of}[]")));
        }
    }
    let mut result = text.to_owned();
    for (at, insertion) in insertions.into_iter().rev() {
        result.insert_str(at, &insertion);
    }
    Cow::Owned(result)
}

/// The type that the last of some elements has, where that is a literal with a cast.
fn type_of_last(elements: &[Token<'_>]) -> Option<String> {
    let literal = elements
        .iter()
        .rposition(|token| token.kind == TokenKind::String)?;
    let (cast, of) = elements[literal + 1..].split_first()?;
    let stands_alone = elements[..literal]
        .iter()
        .rev()
        .find(|token| token.kind.is_significant())
        .is_none_or(|token| token.is_punctuation(","));
    let is_name = |token: &Token<'_>| {
        matches!(
            token.kind,
            TokenKind::Word | TokenKind::QuotedName | TokenKind::Space
        ) || token.is_punctuation(".")
    };
    let fits = cast.text == "::" && stands_alone && !of.is_empty() && of.iter().all(is_name);
    fits.then(|| of.iter().map(|token| token.text).collect())
}

/// Whether a text has the name of a schema where it is not that of the schema: without a dot behind
/// it, or behind another one.
pub(crate) fn is_ambiguous(text: &str, schema: &Ident) -> bool {
    let tokens: Vec<Token<'_>> = lex(text).collect();
    tokens.iter().enumerate().any(|(index, token)| {
        let dot = |at: Option<usize>| {
            at.and_then(|at| tokens.get(at))
                .is_some_and(|token| token.is_punctuation("."))
        };
        is_name_of(token, schema) && (!dot(Some(index + 1)) || dot(index.checked_sub(1)))
    })
}

fn is_name_of(token: &Token<'_>, schema: &Ident) -> bool {
    bare_name(token).is_some_and(|bare| bare == schema.as_str())
}

/// The name that a token means, as the catalog holds it.
fn bare_name(token: &Token<'_>) -> Option<String> {
    match token.kind {
        TokenKind::Word => Some(token.text.to_ascii_lowercase()),
        TokenKind::QuotedName => {
            let inner = token.text.strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.replace("\"\"", "\""))
        }
        TokenKind::Space
        | TokenKind::Comment
        | TokenKind::String
        | TokenKind::Number
        | TokenKind::Parameter
        | TokenKind::Operator
        | TokenKind::Punctuation
        | TokenKind::Backslash
        | TokenKind::Unknown
        | TokenKind::Unterminated(_) => None,
    }
}

/// Whether what follows a literal is `::regclass`.
fn is_cast_to_regclass(following: &[Token<'_>]) -> bool {
    let mut following = following.iter().filter(|token| token.kind.is_significant());
    following.next().is_some_and(|token| token.text == "::")
        && following
            .next()
            .is_some_and(|token| token.is_word("regclass"))
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
    match &lex(&inner).collect::<Vec<_>>()[..] {
        [first, dot, second] if dot.is_punctuation(".") && is_name_of(first, schema) => {
            crate::quote::literal(second.text).to_string()
        }
        _ => literal.to_owned(),
    }
}

/// Whether the expression speaks of `name`: as a word, in quotes, or inside a string.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    lex(text).any(|token| match token.kind {
        TokenKind::Word | TokenKind::QuotedName => {
            token.text == name || bare_name(&token).as_deref() == Some(name)
        }
        TokenKind::String => token
            .text
            .replace("''", "'")
            .replace("\\\\", "\\")
            .contains(name),
        TokenKind::Space
        | TokenKind::Comment
        | TokenKind::Number
        | TokenKind::Parameter
        | TokenKind::Operator
        | TokenKind::Punctuation
        | TokenKind::Backslash
        | TokenKind::Unknown
        | TokenKind::Unterminated(_) => false,
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
    fn an_array_that_is_cast_as_a_whole_stays_one() {
        for (text, expected) in [
            (
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b]'::character varying])::text[]))",
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b]'::character varying]::character varying[])::text[]))",
            ),
            (
                "(ARRAY['a'::s.\"M m\"])::text[]",
                "(ARRAY['a'::s.\"M m\"]::s.\"M m\"[])::text[]",
            ),
            // These are read as they are printed.
            (
                "(a = ANY (ARRAY['a'::text]))",
                "(a = ANY (ARRAY['a'::text]))",
            ),
            (
                "(ARRAY[a, (b)::text])::text[]",
                "(ARRAY[a, (b)::text])::text[]",
            ),
            (
                "(ARRAY[a || 'x'::text])::name[]",
                "(ARRAY[a || 'x'::text])::name[]",
            ),
            ("'(ARRAY['", "'(ARRAY['"),
            ("(ARRAY[", "(ARRAY["),
        ] {
            assert_eq!(faithful(text), expected);
        }
    }

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
    fn odd_text_passes_through() {
        let public = Ident::new("public").expect("a name");
        for text in [
            "'", "\"", "$", "$a$", "E'\\", "/*", "é'", "''''", "public.", "(", ")(",
        ] {
            assert_eq!(without_schema(text, &public), text);
            assert!(parenthesised(text).starts_with('('));
            let _ = restricted(text);
        }
    }

    #[test]
    fn mentions_are_found_in_names_and_strings() {
        for (text, name, expected) in [
            ("'a'::public.mood", "mood", true),
            ("'a'::public.\"Mood\"", "Mood", true),
            ("'a'::public.mood", "a", true),
            ("'{a,b}'::public.mood[]", "b", true),
            ("'it''s'::text", "it's", true),
            ("moody > 1", "mood", false),
        ] {
            assert_eq!(mentions(text, name), expected, "{text}");
        }
    }
}
