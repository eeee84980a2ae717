//! Whether SQL of ours names the schema of every operator and type: what stands alone is resolved
//! through a search path that is somebody's.

use limbeck_core::token::{self, TokenKind};

/// What a text leaves to the search path, in its order; inside of dollar quotes, too.
pub(crate) fn bare(sql: &str) -> Vec<String> {
    let tokens: Vec<token::Token<'_>> = token::lex(sql)
        .filter(|token| token.kind.is_significant())
        .collect();
    let mut found = Vec::new();
    // After these words `=` gives a value to a name.
    let mut assigns = false;
    for (at, token) in tokens.iter().enumerate() {
        let behind = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text);
        let next = |on: usize| tokens.get(at + on).map_or("", |token| token.text);
        match token.kind {
            TokenKind::String if token.text.starts_with('$') => {
                let tag = token.text[1..].find('$').map_or(0, |end| end + 2);
                found.extend(bare(&token.text[tag..token.text.len() - tag]));
            }
            TokenKind::Operator if token.text == "::" => {
                let ty = next(1);
                let known = ty == "pg_catalog" || KEYWORDS.contains(&ty);
                found.extend((!known).then(|| format!("::{ty}")));
            }
            TokenKind::Operator if token.text == ":=" || token.text == "=>" => {}
            TokenKind::Operator => {
                // The grammar itself makes a negative number of that.
                let sign = token.text == "-" && ["(", ","].contains(&behind(1));
                let named =
                    behind(1) == "." && behind(2) == "pg_catalog" && behind(4) == "OPERATOR";
                let assignment = assigns && token.text == "=";
                if !(named || sign || assignment) {
                    found.push(token.text.to_owned());
                }
            }
            TokenKind::Word => {
                let word = token.text.to_ascii_uppercase();
                match word.as_str() {
                    "SET" | "USING" | "DIAGNOSTICS" => assigns = true,
                    "WHERE" => assigns = false,
                    "IN" | "LIKE" | "ILIKE" | "SIMILAR" | "BETWEEN" | "NULLIF" | "DISTINCT" => {
                        found.push(word);
                    }
                    "CASE" if next(1) != "WHEN" => found.push(word),
                    "COLLATE" if next(1) != "pg_catalog" => found.push(word),
                    _ => {}
                }
            }
            TokenKind::Punctuation if token.text == ";" => assigns = false,
            // A format whose holes were left open.
            TokenKind::Unknown => found.push(token.text.to_owned()),
            _ => {}
        }
    }
    found
}

/// Types whose names the grammar knows.
const KEYWORDS: [&str; 4] = ["bigint", "integer", "boolean", "interval"];

#[test]
fn what_stands_alone_is_found() {
    let check = |sql: &str, found: &[&str]| assert_eq!(bare(sql), found, "{sql}");
    check("SELECT a = b", &["="]);
    check("SELECT a OPERATOR(pg_catalog.=) b", &[]);
    check("SELECT a OPERATOR(public.=) b", &["="]);
    check("SELECT a::text, b::pg_catalog.text, c::bigint", &["::text"]);
    check("UPDATE t SET a = 1 WHERE b = 1", &["="]);
    check("DO $x$ BEGIN IF a <> b THEN END IF; END $x$", &["<>"]);
    check("RAISE USING MESSAGE = 'a'; SELECT a || b", &["||"]);
    check("SELECT a IN (1), nullif(a, b)", &["IN", "NULLIF"]);
    check(
        "SELECT CASE a WHEN 1 THEN 2 END, CASE WHEN a THEN 2 END",
        &["CASE"],
    );
    check("SELECT f(-1, -2), 1 - 2", &["-"]);
    check("SELECT 'a = b' COLLATE \"C\" -- a = b", &["COLLATE"]);
    check("SELECT {EQUAL}", &["{", "}"]);
}
