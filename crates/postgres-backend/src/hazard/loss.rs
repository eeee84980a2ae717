//! What a written statement takes away with its data, told by its words.
//!
//! The rules beside this one look at operations; here somebody has written SQL (a way down, most
//! often), and the question is only whether to ask before it runs. `DROP TABLE` and its like,
//! `ALTER TABLE … DROP COLUMN`, `TRUNCATE` and `DELETE` are found. What a function or a `DO` block
//! does is not seen, and nothing here knows how many rows there are.

use limbeck_core::token::{Token, lex};

/// The kinds of object whose `DROP` takes data along.
const DROPPED: [&str; 8] = [
    "TABLE",
    "SCHEMA",
    "DATABASE",
    "SEQUENCE",
    "TYPE",
    "DOMAIN",
    "OWNED",
    "EXTENSION",
];

/// What stands behind `DROP` in an `ALTER TABLE` where it is no column.
const NO_COLUMN: [&str; 5] = ["CONSTRAINT", "DEFAULT", "NOT", "IDENTITY", "EXPRESSION"];

/// Where a long statement is cut.
const WIDTH: usize = 100;

/// The statement on one line, where it takes data away.
pub(crate) fn loss(statement: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = lex(statement)
        .filter(|token| token.kind.is_significant())
        .collect();
    let word = |at: usize| {
        tokens
            .get(at)
            .map(|token| token.text.to_ascii_uppercase())
            .unwrap_or_default()
    };
    let loses = match word(0).as_str() {
        "DROP" => DROPPED.contains(&word(1).as_str()),
        "TRUNCATE" | "DELETE" => true,
        // A data-changing query: `WITH old AS (DELETE …) …`.
        "WITH" => tokens.iter().any(|token| token.is_word("delete")),
        "ALTER" if word(1) == "TABLE" => drops_column(&tokens),
        "ALTER" if word(1) == "TYPE" => tokens
            .windows(2)
            .any(|pair| pair[0].is_word("drop") && pair[1].is_word("attribute")),
        _ => false,
    };
    loses.then(|| on_one_line(&tokens))
}

/// Whether one of the actions of an `ALTER TABLE` is to drop a column.
fn drops_column(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        depth += usize::from(token.is_punctuation("("));
        if depth == 0 && token.is_word("drop") {
            // `ALTER COLUMN a DROP DEFAULT` and its like: what follows decides.
            let next = tokens
                .get(at + 1)
                .map(|next| next.text.to_ascii_uppercase());
            if !next.is_some_and(|next| NO_COLUMN.contains(&next.as_str())) {
                return true;
            }
        }
        depth = depth.saturating_sub(usize::from(token.is_punctuation(")")));
    }
    false
}

/// The tokens with single spaces between them, without comments, cut where it gets long.
fn on_one_line(tokens: &[Token<'_>]) -> String {
    let mut line = String::new();
    let mut end = None;
    for token in tokens {
        if end.is_some_and(|end| end != token.start) {
            line.push(' ');
        }
        line.push_str(token.text);
        end = Some(token.start + token.text.len());
    }
    match line.char_indices().nth(WIDTH) {
        None => line.replace('\n', " "),
        Some((at, _)) => format!("{} …", line[..at].replace('\n', " ").trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_take_data_away_are_told_on_one_line() {
        for (sql, told) in [
            ("drop  table\n posts -- gone", "drop table posts"),
            (
                "DROP TABLE IF EXISTS a, b CASCADE",
                "DROP TABLE IF EXISTS a, b CASCADE",
            ),
            ("DROP TYPE mood", "DROP TYPE mood"),
            ("DROP SCHEMA s CASCADE", "DROP SCHEMA s CASCADE"),
            ("TRUNCATE posts", "TRUNCATE posts"),
            ("DELETE FROM posts", "DELETE FROM posts"),
            (
                "ALTER TABLE posts DROP COLUMN body",
                "ALTER TABLE posts DROP COLUMN body",
            ),
            ("ALTER TABLE posts DROP body", "ALTER TABLE posts DROP body"),
            (
                "ALTER TABLE p ADD a int DEFAULT (1), DROP \"not\"",
                "ALTER TABLE p ADD a int DEFAULT (1), DROP \"not\"",
            ),
            (
                "WITH old AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM old",
                "WITH old AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM old",
            ),
        ] {
            assert_eq!(loss(sql).as_deref(), Some(told), "{sql}");
        }
    }

    #[test]
    fn other_statements_are_not() {
        for sql in [
            "",
            "CREATE TABLE drop_table (a int)",
            "DROP INDEX i",
            "DROP VIEW v",
            "DROP FUNCTION f()",
            "ALTER TABLE p DROP CONSTRAINT c",
            "ALTER TABLE p ALTER COLUMN a DROP DEFAULT, ALTER b DROP NOT NULL",
            "ALTER TABLE p ADD CHECK (drop_it > 0)",
            "ALTER TYPE mood ADD VALUE 'drop'",
            "SELECT 'DROP TABLE posts'",
            "INSERT INTO posts VALUES (1)",
        ] {
            assert_eq!(loss(sql), None, "{sql}");
        }
    }

    #[test]
    fn a_long_statement_is_cut() {
        let sql = format!("DELETE FROM {}", "ü".repeat(200));
        let told = loss(&sql).unwrap_or_default();
        assert_eq!(told.chars().count(), WIDTH + 2);
        assert!(told.ends_with(" …"));
    }
}
