//! Whether a text can be one expression: what it means is for Postgres to say.

use crate::token::{TokenKind, lex};

/// Why a text cannot be one expression that stands between other SQL, if that can be seen from its
/// tokens: nothing in it, a literal without an end, parentheses that do not match, a semicolon, or a
/// comment to the end of the line, which would swallow what follows.
pub fn expression_fault(text: &str) -> Option<&'static str> {
    let mut open: Vec<&str> = Vec::new();
    let mut empty = true;
    for token in lex(text) {
        match (token.kind, token.text) {
            (TokenKind::Space, _) => continue,
            (TokenKind::Unterminated(_), _) => {
                return Some("has a literal or a comment without its end");
            }
            (TokenKind::Comment, comment) if comment.starts_with("--") => {
                return Some("has a `--` comment, which would hide what stands behind it");
            }
            (TokenKind::Comment, _) => continue,
            (_, ";") => return Some("has a semicolon"),
            (_, "(") => open.push(")"),
            (_, "[") => open.push("]"),
            (_, close @ (")" | "]")) if open.pop() != Some(close) => {
                return Some("has parentheses that do not match");
            }
            _ => {}
        }
        empty = false;
    }
    if !open.is_empty() {
        return Some("has parentheses that do not match");
    }
    empty.then_some("is empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_balanced_expression_passes() {
        for text in [
            "0",
            "now()",
            "'it''s; (fine'",
            "(a)[1] > $t$ ; ( $t$",
            "a /* ; */ = 1",
            "x -- 1",
        ] {
            let fault = expression_fault(text);
            assert_eq!(fault.is_some(), text.contains("--"), "{text}: {fault:?}");
        }
        for text in [
            "",
            "  ",
            "/* */",
            "a)",
            "(a",
            "(a]",
            "true; drop table t",
            "'open",
            "a /*",
        ] {
            assert!(expression_fault(text).is_some(), "{text}");
        }
    }
}
