//! Expressions as Postgres prints them, where it would print them again after reading them.
//!
//! The one spelling that is known to change on the way: a cast of a whole array, `(ARRAY[a, b])::text[]`, which
//! is what `x IN ('a', 'b')` over a `varchar` becomes. When that is read, the cast goes to the elements
//! (`transformArrayExpr` in src/backend/parser/parse_expr.c), and is printed there from then on. So a database
//! that was loaded from its own dump would seem to be another one.

use limbeck_core::schema::object::Expression;
use limbeck_core::token::{Token, TokenKind, lex};

/// What Postgres printed.
pub(super) fn printed(text: impl Into<String>) -> Expression {
    let text = text.into();
    if text.contains("(ARRAY[") {
        Expression(settled(&text))
    } else {
        Expression(text)
    }
}

fn settled(text: &str) -> String {
    let tokens: Vec<Token<'_>> = lex(text).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match cast_array(&tokens[at..]) {
            Some((elements, ty, length)) => {
                let elements: Vec<String> = elements
                    .iter()
                    .map(|element| format!("({element})::{ty}"))
                    .collect();
                out.push_str(&format!("ARRAY[{}]", elements.join(", ")));
                at += length;
            }
            None => {
                out.push_str(token.text);
                at += 1;
            }
        }
    }
    out
}

/// The elements, the type of each, and the tokens of the cast array that a list of tokens begins with.
fn cast_array(tokens: &[Token<'_>]) -> Option<(Vec<String>, String, usize)> {
    let begins = tokens.iter().map(|token| token.text);
    if !begins.take(3).eq(["(", "ARRAY", "["]) {
        return None;
    }
    let mut elements = vec![String::new()];
    let mut depth = 0_usize;
    let mut at = 3;
    loop {
        let token = tokens.get(at)?;
        match token.text {
            "]" if depth == 0 => break,
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            "ARRAY" => return None,
            "," if depth == 0 => {
                elements.push(String::new());
                at += 1;
                continue;
            }
            _ => {}
        }
        elements.last_mut()?.push_str(token.text);
        at += 1;
    }
    let follows = tokens[at..].iter().map(|token| token.text);
    if !follows.take(3).eq(["]", ")", "::"]) {
        return None;
    }
    at += 3;
    let mut ty = String::new();
    while let Some(token) = tokens.get(at) {
        let of_type = match token.kind {
            TokenKind::Word | TokenKind::QuotedName | TokenKind::Space | TokenKind::Number => true,
            _ => matches!(token.text, "." | "(" | ")" | ","),
        };
        if !of_type {
            break;
        }
        ty.push_str(token.text);
        at += 1;
    }
    let ends = tokens[at..].iter().map(|token| token.text);
    let array = ends.clone().take(2).eq(["[", "]"]) && ends.clone().nth(2) != Some("[");
    let elements: Vec<String> = elements.iter().map(|one| one.trim().to_owned()).collect();
    (array && !ty.is_empty() && elements.iter().all(|element| !element.is_empty())).then_some((
        elements,
        ty,
        at + 2,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cast_of_an_array_goes_to_its_elements() {
        for (text, expected) in [
            (
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b,]'::character varying])::text[]))",
                "((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b,]'::character varying)::text]))",
            ),
            (
                "(x && (ARRAY[lower(y, 1), \"Z\"])::public.\"D e\"[]) AND (ARRAY[1, 2])::numeric(10,2)[] = z",
                "(x && ARRAY[(lower(y, 1))::public.\"D e\", (\"Z\")::public.\"D e\"]) AND \
                 ARRAY[(1)::numeric(10,2), (2)::numeric(10,2)] = z",
            ),
            ("(ARRAY[1, 2])[1]", "(ARRAY[1, 2])[1]"),
            ("(ARRAY[ARRAY[1]])::text[]", "(ARRAY[ARRAY[1]])::text[]"),
            ("(ARRAY[1, 2])::text", "(ARRAY[1, 2])::text"),
            ("'(ARRAY[1])::text[]'::text", "'(ARRAY[1])::text[]'::text"),
            ("(ARRAY[1", "(ARRAY[1"),
        ] {
            assert_eq!(printed(text), Expression(expected.to_owned()));
        }
    }
}
