//! Statements: where each begins and ends, in bytes, characters, lines and columns.

use std::fmt;
use std::ops::Range;

use crate::error::{Error, ErrorKind, Location};
use crate::token::{Lexer, Token, TokenKind, Unterminated, lex};

/// Where a statement stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementSpan {
    /// Its bytes, from its first token to its last; the `;` is not among them.
    pub range: Range<usize>,
    /// The characters before it. Postgres counts positions in characters.
    pub start_char: usize,
    /// The line it starts in, from one.
    pub line: u32,
    /// The column it starts in, in characters, from one.
    pub column: u32,
}

/// A literal or comment that never ends, and where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} that starts in line {line}, column {column} has no end")]
pub struct UnterminatedError {
    /// What it is.
    pub what: Unterminated,
    /// The line it starts in, from one.
    pub line: u32,
    /// The column it starts in, in characters, from one.
    pub column: u32,
}

/// The statements of a text, split at semicolons.
///
/// Those in literals, comments and parentheses (`CREATE RULE … DO (…; …)`) do not count, nor those
/// in a function's `BEGIN ATOMIC … END`: psql's rules. Empty statements are left out.
///
/// # Errors
/// When a literal or a comment has no end.
pub fn split(sql: &str) -> Result<Vec<StatementSpan>, UnterminatedError> {
    let mut place = Place::start(sql);
    let mut spans = Vec::new();
    let mut tokens = lex(sql);
    while let Some(statement) = next_statement(&mut tokens) {
        for token in &statement {
            if let TokenKind::Unterminated(what) = token.kind {
                place.advance(token.start);
                return Err(UnterminatedError {
                    what,
                    line: place.line,
                    column: place.column,
                });
            }
        }
        if let (Some(first), Some(last)) = (statement.first(), statement.last()) {
            place.advance(first.start);
            spans.push(StatementSpan {
                range: first.start..last.end(),
                start_char: place.characters,
                line: place.line,
                column: place.column,
            });
        }
    }
    Ok(spans)
}

/// The line and column, from one, of the character that `char_offset` others precede.
///
/// An offset past the end gives the place after the last character. A position that Postgres
/// reports counts from one: take one off first.
pub fn locate(text: &str, char_offset: usize) -> (u32, u32) {
    let byte = text
        .char_indices()
        .nth(char_offset)
        .map_or(text.len(), |(byte, _)| byte);
    let mut place = Place::start(text);
    place.advance(byte);
    (place.line, place.column)
}

impl UnterminatedError {
    /// The same as an error of the library, with the file that the text came from.
    pub fn into_error(self, file: impl Into<String>) -> Error {
        let Self {
            what: _,
            line,
            column,
        } = self;
        Error::new(ErrorKind::Directory, self.to_string()).with_location(Location {
            file: file.into(),
            line: Some(line),
            column: Some(column),
        })
    }
}

impl fmt::Display for Unterminated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "literal in single quotes",
            Self::QuotedName => "name in double quotes",
            Self::DollarString => "literal in dollar quotes",
            Self::Comment => "comment",
        })
    }
}

/// The significant tokens up to the next semicolon that ends a statement; it is taken, not given.
pub(super) fn next_statement<'a>(tokens: &mut Lexer<'a>) -> Option<Vec<Token<'a>>> {
    let mut statement: Vec<Token<'a>> = Vec::new();
    let mut parentheses = 0_usize;
    let mut blocks = 0_usize;
    let mut ended = false;
    for token in tokens.by_ref().filter(|token| token.kind.is_significant()) {
        match token.kind {
            TokenKind::Punctuation => match token.text {
                "(" => parentheses += 1,
                ")" => parentheses = parentheses.saturating_sub(1),
                ";" if parentheses == 0 && blocks == 0 => {
                    ended = true;
                    break;
                }
                _ => {}
            },
            TokenKind::Word if parentheses == 0 => {
                let begun = statement.last().is_some_and(|last| last.is_word("begin"));
                let atomic = || token.is_word("atomic") && begun && creates_routine(&statement);
                if atomic() || blocks > 0 && token.is_word("case") {
                    blocks += 1;
                } else if blocks > 0 && token.is_word("end") {
                    blocks -= 1;
                }
            }
            _ => {}
        }
        statement.push(token);
    }
    (ended || !statement.is_empty()).then_some(statement)
}

/// `CREATE [OR REPLACE] FUNCTION | PROCEDURE`.
fn creates_routine(statement: &[Token<'_>]) -> bool {
    let word = |index: usize, word: &str| statement.get(index).is_some_and(|t| t.is_word(word));
    let kind = if word(1, "or") && word(2, "replace") {
        3
    } else {
        1
    };
    word(0, "create") && (word(kind, "function") || word(kind, "procedure"))
}

/// A place in a text that only moves on, so that a whole script is counted once.
pub(super) struct Place<'a> {
    text: &'a str,
    byte: usize,
    pub(super) characters: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl<'a> Place<'a> {
    pub(super) fn start(text: &'a str) -> Self {
        Self {
            text,
            byte: 0,
            characters: 0,
            line: 1,
            column: 1,
        }
    }

    /// Moves on to a byte at or after the present one.
    pub(super) fn advance(&mut self, byte: usize) {
        for c in self.text[self.byte..byte].chars() {
            self.characters += 1;
            match c {
                '\n' => {
                    self.line = self.line.saturating_add(1);
                    self.column = 1;
                }
                // A byte order mark takes no column in any editor.
                '\u{feff}' if self.characters == 1 => {}
                _ => self.column = self.column.saturating_add(1),
            }
        }
        self.byte = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &[&str]) {
        let spans = split(sql).expect("a text without unterminated parts");
        let statements: Vec<&str> = spans.iter().map(|span| &sql[span.range.clone()]).collect();
        assert_eq!(statements, expected);
        for span in spans {
            assert_eq!(sql[..span.range.start].chars().count(), span.start_char);
            assert_eq!(locate(sql, span.start_char), (span.line, span.column));
        }
    }

    #[test]
    fn semicolons_end_statements() {
        check("", &[]);
        check(" ;; -- nothing\n ; ", &[]);
        check("SELECT 1", &["SELECT 1"]);
        check("SELECT 1; SELECT 2 ;", &["SELECT 1", "SELECT 2"]);
        check(
            "\u{feff}SELECT 1;\r\nSELECT 2;\r\n",
            &["SELECT 1", "SELECT 2"],
        );
        check("/* a; */ SELECT 1 /* b; */; -- c;\n", &["SELECT 1"]);
        check(
            "SELECT 1 -- why; not\n + 2;",
            &["SELECT 1 -- why; not\n + 2"],
        );
    }

    #[test]
    fn semicolons_in_literals_do_not_count() {
        check(
            "SELECT 'a;''b;'; SELECT 2",
            &["SELECT 'a;''b;'", "SELECT 2"],
        );
        check(r"SELECT 'a\'; SELECT 2", &[r"SELECT 'a\'", "SELECT 2"]);
        check(
            r"SELECT E'a\';b'; SELECT 2",
            &[r"SELECT E'a\';b'", "SELECT 2"],
        );
        check(
            "SELECT E'a'\n'b\\';c'; SELECT 2",
            &["SELECT E'a'\n'b\\';c'", "SELECT 2"],
        );
        check(
            "SELECT E'a' 'b\\'; SELECT 2",
            &["SELECT E'a' 'b\\'", "SELECT 2"],
        );
        check(
            "SELECT \"a;\"\"b;\"; SELECT 2",
            &["SELECT \"a;\"\"b;\"", "SELECT 2"],
        );
        check(
            "SELECT $$;$$, $a$ ;$$; $a$; SELECT 2",
            &["SELECT $$;$$, $a$ ;$$; $a$", "SELECT 2"],
        );
        check(
            "SELECT $1; SELECT a$b$c; SELECT 2",
            &["SELECT $1", "SELECT a$b$c", "SELECT 2"],
        );
        check(
            "SELECT U&'\\0061;', u&\"d;\"; SELECT 2",
            &["SELECT U&'\\0061;', u&\"d;\"", "SELECT 2"],
        );
        check(
            "SELECT /* ; /* ; */ ; */ 1; SELECT 2",
            &["SELECT /* ; /* ; */ ; */ 1", "SELECT 2"],
        );
    }

    #[test]
    fn semicolons_in_parentheses_do_not_count() {
        let rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v;)";
        check(&format!("{rule}; SELECT 2"), &[rule, "SELECT 2"]);
        check("SELECT 1); SELECT 2", &["SELECT 1)", "SELECT 2"]);
    }

    #[test]
    fn semicolons_in_atomic_bodies_do_not_count() {
        let function = "create or replace function f(a int = 1) returns int language sql\n\
                        begin atomic; select case a when 1 then 2 end; select 3; end";
        check(&format!("{function}; SELECT 2"), &[function, "SELECT 2"]);
        let procedure = "CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END";
        check(&format!("{procedure};{procedure}"), &[procedure, procedure]);
        check(
            "BEGIN ATOMIC; SELECT 1; END",
            &["BEGIN ATOMIC", "SELECT 1", "END"],
        );
        check(
            "CREATE TABLE t (begin int, atomic int); END",
            &["CREATE TABLE t (begin int, atomic int)", "END"],
        );
    }

    #[test]
    fn places_count_characters() {
        let sql = "-- ä\nSELECT 'ö'; SELECT 2";
        let spans = split(sql).expect("two statements");
        assert_eq!(
            (spans[1].start_char, spans[1].line, spans[1].column),
            (17, 2, 13)
        );
        assert_eq!(locate(sql, 99), (2, 21));
        assert_eq!(locate("", 0), (1, 1));
    }

    #[test]
    fn what_has_no_end_is_an_error_with_its_place() {
        for (sql, message) in [
            (
                "SELECT 1;\n  'a;",
                "the literal in single quotes that starts in line 2, column 3",
            ),
            (
                "SELECT E'a\\",
                "the literal in single quotes that starts in line 1, column 8",
            ),
            (
                "SELECT \"a;",
                "the name in double quotes that starts in line 1, column 8",
            ),
            (
                "SELECT 1 $a$;$b$",
                "the literal in dollar quotes that starts in line 1, column 10",
            ),
            (
                "SELECT 1; /* /* */",
                "the comment that starts in line 1, column 11",
            ),
        ] {
            let error = split(sql).expect_err(sql);
            assert_eq!(error.to_string(), format!("{message} has no end"));
        }
        let error = split("\n'").expect_err("no end").into_error("up.sql");
        assert_eq!(error.location().expect("a place").to_string(), "up.sql:2:1");
    }
}
