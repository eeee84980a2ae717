//! What holds for every text.

use proptest::prelude::*;

use super::*;

/// Texts in which tokens begin and end at every turn.
const TRICKY: &str = r#"([aeE1.'"$;,:()\\\n\r *&!@=<>U+_-]|/\*|\*/|--|\$a\$|ä|begin atomic|end|create function|copy a from stdin;|\\\.\n){0,40}"#;

/// Tokens that stay what they are whatever stands between them.
const TOKENS: [&str; 24] = [
    "SELECT",
    "größe",
    "a$1",
    "\"a\"\"b\"",
    "'a''b'",
    "'a\\'",
    "U&'x'",
    "x'ff'",
    "$$;$$",
    "$a$ $$ $a$",
    "1",
    "1.5e-3",
    "0xff",
    "$1",
    "+",
    "-",
    "->>",
    "::",
    "(",
    ")",
    ",",
    ";",
    ".",
    "=",
];

const SPACES: [&str; 7] = [
    " ",
    "\n",
    "\t\r\n",
    " /* ; */ ",
    "/* /* ' */ */",
    " -- it's\n",
    " --\r ",
];

proptest! {
    #[test]
    fn tokens_cover_every_text(text in prop_oneof![TRICKY, any::<String>()]) {
        let tokens: Vec<Token<'_>> = lex(&text).collect();
        prop_assert_eq!(tokens.iter().map(|token| token.text).collect::<String>(), text.as_str());
        let mut end = 0;
        for token in tokens {
            prop_assert_eq!(token.start, end);
            prop_assert!(!token.text.is_empty());
            end = token.end();
        }
    }

    #[test]
    fn no_text_panics(text in prop_oneof![TRICKY, any::<String>()], offset in 0..60_usize) {
        let problems = check_script(&text);
        let open = |p: &Problem| matches!(p.kind, ProblemKind::Unterminated(_));
        // Rows after a COPY are passed over by the one and not by the other.
        if split(&text).is_ok() && !problems.iter().any(|p| p.kind == ProblemKind::CopyStream) {
            prop_assert!(!problems.iter().any(open));
        }
        let places: Vec<(u32, u32)> = problems.iter().map(|p| (p.line, p.column)).collect();
        prop_assert!(places.is_sorted());
        let _ = (non_transactional(&text), first_words(&text), refuses_transaction(&text));
        let _ = locate(&text, offset);
    }

    #[test]
    fn statements_hold_every_token_but_the_semicolons_between(text in TRICKY) {
        if let Ok(spans) = split(&text) {
            let inside = |token: &Token<'_>| {
                spans.iter().any(|span| span.range.contains(&token.start))
            };
            let tokens = lex(&text).filter(|token| token.kind.is_significant());
            for token in tokens.filter(|token| !inside(token)) {
                prop_assert_eq!(token.text, ";");
            }
            for span in &spans {
                prop_assert_eq!(text[..span.range.start].chars().count(), span.start_char);
                prop_assert_eq!(locate(&text, span.start_char), (span.line, span.column));
                let first = significant(&text[span.range.start..]).next();
                prop_assert!(first.is_some_and(|token| text[span.range.start..].starts_with(token)));
            }
            prop_assert!(spans.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
        }
    }

    #[test]
    fn statements_joined_again_are_the_same_statements(text in TRICKY) {
        // A backslash would take the semicolon that is put behind it.
        if let Ok(spans) = split(&text) && !lex(&text).any(|t| t.kind == TokenKind::Backslash) {
            let pieces: Vec<&str> = spans.into_iter().map(|span| &text[span.range]).collect();
            let joined = pieces.join(" ;\n") ;
            let again = split(&joined).expect("the pieces are whole");
            let again: Vec<&str> = again.into_iter().map(|span| &joined[span.range]).collect();
            prop_assert_eq!(pieces, again);
        }
    }

    #[test]
    fn space_and_comments_do_not_count(
        parts in proptest::collection::vec((0..TOKENS.len(), 0..SPACES.len(), 0..SPACES.len()), 0..20)
    ) {
        let tokens: Vec<&str> = parts.iter().map(|(token, _, _)| TOKENS[*token]).collect();
        let text = |space: fn(&(usize, usize, usize)) -> usize| -> String {
            parts.iter().map(|part| TOKENS[part.0].to_owned() + SPACES[space(part)]).collect()
        };
        let (one, other) = (text(|part| part.1), text(|part| part.2));
        prop_assert_eq!(significant(&one).collect::<Vec<_>>(), tokens.clone());
        prop_assert_eq!(significant(&other).collect::<Vec<_>>(), tokens);
    }
}
