//! What the SQL of a revision may not hold, and what it may hold only outside a transaction.

use std::fmt;

use crate::token::split::{Place, next_statement};
use crate::token::{Token, TokenKind, Unterminated, lex};

/// Something that the SQL of a revision may not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// The line it starts in, from one.
    pub line: u32,
    /// The column it starts in, in characters, from one.
    pub column: u32,
}

/// A statement that cannot run in a transaction block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonTransactional {
    /// What it is, such as `CREATE INDEX CONCURRENTLY`.
    pub command: &'static str,
    /// The line it starts in, from one.
    pub line: u32,
    /// The column it starts in, in characters, from one.
    pub column: u32,
}

/// What a revision's SQL may not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// `BEGIN`, `COMMIT` and their like, with the words as upper case.
    TransactionControl(String),
    /// A command of psql, up to the first blank.
    BackslashCommand(String),
    /// `COPY … FROM STDIN` or `TO STDOUT`: data that only psql and its like can send.
    CopyStream,
    /// A NUL, which no SQL text can hold.
    Nul,
    /// A literal or comment without an end.
    Unterminated(Unterminated),
}

impl ProblemKind {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TransactionControl(_) => {
                "take it out: every revision runs in a transaction of its own"
            }
            Self::BackslashCommand(_) => "take it out, and write in SQL what it did",
            Self::CopyStream => "use INSERT, or COPY from a file of the server",
            Self::Nul => "take it out: the file may be binary, or saved as UTF-16",
            Self::Unterminated(_) => "close it",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            line: _,
            column: _,
        } = self;
        match kind {
            ProblemKind::TransactionControl(words) => {
                write!(
                    f,
                    "`{words}` controls the transaction, which is not a revision's business"
                )
            }
            ProblemKind::BackslashCommand(command) => {
                write!(f, "`{command}` is a command of psql, not SQL")
            }
            ProblemKind::CopyStream => {
                f.write_str("`COPY` from STDIN or to STDOUT needs a client that streams data")
            }
            ProblemKind::Nul => f.write_str("a NUL byte cannot be part of SQL"),
            ProblemKind::Unterminated(what) => write!(f, "the {what} that starts here has no end"),
        }
    }
}

/// Everything in a text that a revision's SQL may not hold, in its order.
///
/// The rows after a `COPY … FROM STDIN` are passed over, so that they give no problems of their
/// own.
pub fn check_script(sql: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut place = Place::start(sql);
    let mut tokens = lex(sql);
    while let Some(statement) = next_statement(&mut tokens) {
        let resume = statement.last().map(Token::end);
        let (commands, statement): (Vec<_>, Vec<_>) = statement
            .into_iter()
            .partition(|token| token.kind == TokenKind::Backslash);
        let mut found: Vec<(usize, ProblemKind)> = Vec::new();
        for command in commands {
            let end = command
                .text
                .find(char::is_whitespace)
                .unwrap_or(command.text.len());
            let name = command.text[..end].to_owned();
            found.push((command.start, ProblemKind::BackslashCommand(name)));
        }
        for token in &statement {
            if let Some(nul) = token.text.find('\0') {
                found.push((token.start + nul, ProblemKind::Nul));
            }
            if let TokenKind::Unterminated(what) = token.kind {
                found.push((token.start, ProblemKind::Unterminated(what)));
            }
        }
        if let Some(first) = statement.first() {
            if let Some(words) = transaction_control(&statement) {
                found.push((first.start, ProblemKind::TransactionControl(words)));
            }
            if copies_stream(&statement) {
                found.push((first.start, ProblemKind::CopyStream));
                if let Some(after) = resume.and_then(|resume| after_copied_rows(sql, resume)) {
                    tokens.jump(after);
                }
            }
        }
        found.sort_by_key(|(start, _)| *start);
        for (start, kind) in found {
            place.advance(start);
            problems.push(Problem {
                kind,
                line: place.line,
                column: place.column,
            });
        }
    }
    problems
}

/// The leading keywords and unquoted names of a statement, in upper case.
pub fn first_words(statement: &str) -> Vec<String> {
    let tokens: Vec<_> = lex(statement)
        .filter(|token| token.kind.is_significant())
        .collect();
    words(&tokens)
}

/// Whether Postgres refuses to run this one statement in a transaction block.
///
/// Told by its words: `CREATE INDEX CONCURRENTLY`, `VACUUM`, `CREATE DATABASE` and their like. Some
/// refuse only for reasons that no text shows (`REINDEX` of a partitioned table, a `CALL` of a
/// procedure that commits); those are not found.
pub fn refuses_transaction(statement: &str) -> bool {
    refused_in_transaction(statement).is_some()
}

/// As [`refuses_transaction`], with what the statement is: `CREATE INDEX CONCURRENTLY`, say.
pub fn refused_in_transaction(statement: &str) -> Option<&'static str> {
    let tokens: Vec<_> = lex(statement)
        .filter(|token| token.kind.is_significant())
        .collect();
    refuses(&tokens)
}

/// The statements of a script that cannot run in a transaction block.
pub fn non_transactional(sql: &str) -> Vec<NonTransactional> {
    let mut place = Place::start(sql);
    let mut found = Vec::new();
    let mut tokens = lex(sql);
    while let Some(statement) = next_statement(&mut tokens) {
        if let (Some(first), Some(command)) = (statement.first(), refuses(&statement)) {
            place.advance(first.start);
            found.push(NonTransactional {
                command,
                line: place.line,
                column: place.column,
            });
        }
    }
    found
}

fn words(statement: &[Token<'_>]) -> Vec<String> {
    statement
        .iter()
        .take_while(|token| token.kind == TokenKind::Word)
        .map(|token| token.text.to_ascii_uppercase())
        .collect()
}

fn transaction_control(statement: &[Token<'_>]) -> Option<String> {
    let words = words(statement);
    let mut words = words.iter().map(String::as_str);
    let first = words.next()?;
    let second = words.next();
    match (first, second) {
        ("BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE", _) => {
            Some(first.to_owned())
        }
        ("START", Some("TRANSACTION")) => Some("START TRANSACTION".to_owned()),
        ("PREPARE", Some("TRANSACTION")) => Some("PREPARE TRANSACTION".to_owned()),
        _ => None,
    }
}

/// `COPY … FROM STDIN` or `COPY … TO STDOUT`, in any of the four ways that Postgres takes it.
fn copies_stream(statement: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    let mut outside = statement.iter().filter(|token| {
        depth += usize::from(token.is_punctuation("("));
        let outside = depth == 0;
        depth = depth.saturating_sub(usize::from(token.is_punctuation(")")));
        outside
    });
    outside.next().is_some_and(|token| token.is_word("copy"))
        && outside.any(|token| token.is_word("from") || token.is_word("to"))
        && outside
            .next()
            .is_some_and(|token| token.is_word("stdin") || token.is_word("stdout"))
}

/// The byte after the line `\.` that ends the rows of a `COPY`, where there is one.
fn after_copied_rows(sql: &str, from: usize) -> Option<usize> {
    let mut at = from;
    for line in sql[from..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "\\." {
            return Some(at);
        }
    }
    None
}

fn refuses(statement: &[Token<'_>]) -> Option<&'static str> {
    let words = words(statement);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let concurrently = || statement.iter().any(|token| token.is_word("concurrently"));
    match words.as_slice() {
        ["CREATE", "INDEX", "CONCURRENTLY", ..]
        | ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..] => Some("CREATE INDEX CONCURRENTLY"),
        ["DROP", "INDEX", "CONCURRENTLY", ..] => Some("DROP INDEX CONCURRENTLY"),
        ["REINDEX", ..] if concurrently() => Some("REINDEX CONCURRENTLY"),
        ["REINDEX", "SCHEMA" | "DATABASE" | "SYSTEM", ..] => Some("REINDEX"),
        ["ALTER", "TABLE", ..]
            if statement
                .windows(2)
                .any(|pair| pair[0].is_word("detach") && pair[1].is_word("partition"))
                && concurrently() =>
        {
            Some("DETACH PARTITION CONCURRENTLY")
        }
        ["VACUUM", ..] => Some("VACUUM"),
        ["CLUSTER"] => Some("CLUSTER"),
        ["CREATE", "DATABASE", ..] => Some("CREATE DATABASE"),
        ["DROP", "DATABASE", ..] => Some("DROP DATABASE"),
        ["CREATE", "TABLESPACE", ..] => Some("CREATE TABLESPACE"),
        ["DROP", "TABLESPACE", ..] => Some("DROP TABLESPACE"),
        ["ALTER", "SYSTEM", ..] => Some("ALTER SYSTEM"),
        ["DISCARD", "ALL"] => Some("DISCARD ALL"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &[(&str, u32, u32)]) {
        let problems = check_script(sql);
        let found: Vec<(String, u32, u32)> = problems
            .iter()
            .map(|p| (p.to_string(), p.line, p.column))
            .collect();
        let found: Vec<(&str, u32, u32)> = found
            .iter()
            .map(|(text, line, column)| (text.as_str(), *line, *column))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn ordinary_scripts_have_no_problems() {
        for sql in [
            "",
            "CREATE TABLE t (a int); -- BEGIN;\nINSERT INTO t VALUES (1);",
            "DO $$ BEGIN COMMIT; END $$;",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;",
            "COPY t FROM '/tmp/rows'; COPY (SELECT a FROM stdin) TO '/tmp/rows';",
            "PREPARE a AS SELECT 1; SET TRANSACTION READ ONLY; SELECT 'a\\b';",
            "COMMENT ON TABLE t IS 'BEGIN'; CREATE TABLE \"begin\" (); \"commit\"",
        ] {
            check(sql, &[]);
        }
    }

    #[test]
    fn transaction_control_is_a_problem() {
        for word in [
            "BEGIN",
            "COMMIT",
            "END",
            "ROLLBACK",
            "ABORT",
            "SAVEPOINT",
            "RELEASE",
        ]
        .into_iter()
        .chain(["START TRANSACTION", "PREPARE TRANSACTION"])
        {
            let sql = format!("SELECT 1;\n -- so\n  {} x;", word.to_lowercase());
            let message =
                format!("`{word}` controls the transaction, which is not a revision's business");
            check(&sql, &[(&message, 3, 3)]);
        }
    }

    #[test]
    fn commands_of_psql_are_problems() {
        let is = |command: &str| format!("`{command}` is a command of psql, not SQL");
        check(
            "\\set it's x\nSELECT 1 \\gset\n;",
            &[(&is("\\set"), 1, 1), (&is("\\gset"), 2, 10)],
        );
        check(
            "\\connect x\nSELECT 1;\n\\i other.sql",
            &[(&is("\\connect"), 1, 1), (&is("\\i"), 3, 1)],
        );
    }

    #[test]
    fn copied_rows_are_passed_over() {
        let copy = "`COPY` from STDIN or to STDOUT needs a client that streams data";
        check(
            "COPY t (a) FROM stdin;\nit's\t\\N\n\\.\n\nSELECT 1; COPY t TO STDOUT",
            &[(copy, 1, 1), (copy, 5, 11)],
        );
        check("COPY t FROM STDIN WITH (FORMAT csv)", &[(copy, 1, 1)]);
    }

    #[test]
    fn nuls_and_open_literals_are_problems() {
        check("SELECT '\0'", &[("a NUL byte cannot be part of SQL", 1, 9)]);
        check(
            "SELECT\n$$",
            &[(
                "the literal in dollar quotes that starts here has no end",
                2,
                1,
            )],
        );
    }

    #[test]
    fn statements_that_refuse_a_transaction_are_found() {
        for (sql, what) in [
            (
                "create unique index concurrently i on t (a)",
                "CREATE INDEX CONCURRENTLY",
            ),
            (
                "CREATE INDEX /* now */ CONCURRENTLY ON t (a)",
                "CREATE INDEX CONCURRENTLY",
            ),
            (
                "DROP INDEX CONCURRENTLY IF EXISTS i",
                "DROP INDEX CONCURRENTLY",
            ),
            (
                "REINDEX (VERBOSE, CONCURRENTLY) TABLE t",
                "REINDEX CONCURRENTLY",
            ),
            ("REINDEX INDEX CONCURRENTLY i", "REINDEX CONCURRENTLY"),
            ("REINDEX DATABASE d", "REINDEX"),
            (
                "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
                "DETACH PARTITION CONCURRENTLY",
            ),
            ("VACUUM (FULL) t", "VACUUM"),
            ("CREATE DATABASE d", "CREATE DATABASE"),
            ("DROP DATABASE d", "DROP DATABASE"),
            ("CREATE TABLESPACE s LOCATION '/x'", "CREATE TABLESPACE"),
            ("DROP TABLESPACE s", "DROP TABLESPACE"),
            ("ALTER SYSTEM SET a = 1", "ALTER SYSTEM"),
            ("DISCARD ALL", "DISCARD ALL"),
        ] {
            assert!(refuses_transaction(sql), "{sql}");
            let script = format!("SELECT 1;\n  {sql};");
            let expected = NonTransactional {
                command: what,
                line: 2,
                column: 3,
            };
            assert_eq!(non_transactional(&script), [expected]);
        }
        for sql in [
            "CREATE INDEX concurrently_not ON t (a)",
            "CREATE INDEX \"CONCURRENTLY\" ON t (a)",
            "ALTER TABLE t DETACH PARTITION p",
            "REINDEX TABLE t",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "SELECT 'VACUUM'",
        ] {
            assert!(!refuses_transaction(sql), "{sql}");
        }
    }

    #[test]
    fn first_words_are_upper_case_up_to_what_is_no_word() {
        assert_eq!(
            first_words(" -- a\n create Table x.y (a int)"),
            ["CREATE", "TABLE", "X"]
        );
        assert_eq!(first_words("(select 1)"), [] as [&str; 0]);
    }
}
