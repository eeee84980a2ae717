//! The lexer: tokens one after the other, gapless, never failing.
//!
//! The rules are those of Postgres's own scanner. Deviations, none of which changes where a
//! statement ends: a backslash outside literals takes the rest of its line (psql's commands are
//! refused elsewhere), and a byte order mark at the very start is space.

/// Cuts a text into tokens; together they cover it without gaps.
pub fn lex(text: &str) -> Lexer<'_> {
    Lexer {
        text,
        position: 0,
        continues: false,
        newline: false,
    }
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// The text of it, as it stands.
    pub text: &'a str,
    /// The byte it starts at.
    pub start: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line ends.
    Space,
    /// `--` to the end of the line, or `/* */`.
    Comment,
    /// A keyword or a name without quotes.
    Word,
    /// A name in double quotes.
    QuotedName,
    /// A literal: `'…'`, `E'…'`, `U&'…'`, `B'…'`, `X'…'`, `N'…'` or `$tag$…$tag$`.
    String,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// An operator such as `+`, `->>`, `::` or `=>`.
    Operator,
    /// Parentheses, brackets, comma, semicolon, colon, dot.
    Punctuation,
    /// A backslash and the rest of its line: a command of psql, nothing that a server knows.
    Backslash,
    /// A character that no SQL holds here.
    Unknown,
    /// Something that never ends; it reaches to the end of the text.
    Unterminated(Unterminated),
}

/// What has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unterminated {
    /// A literal in single quotes.
    String,
    /// A name in double quotes.
    QuotedName,
    /// A literal between dollar tags.
    DollarString,
    /// A `/*` comment.
    Comment,
}

impl TokenKind {
    /// Whether it counts for the meaning: anything but space and finished comments.
    pub fn is_significant(self) -> bool {
        !matches!(self, Self::Space | Self::Comment)
    }
}

impl Token<'_> {
    /// The byte after its last.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this keyword, in any case.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it is, as the catalogs have it, but for its length: without its quotes, or in lower
    /// case. `None` where it is none, or one with escapes of its own (`U&"…"`).
    pub fn name(&self) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text.to_ascii_lowercase()),
            TokenKind::QuotedName => {
                let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
                Some(inner.replace("\"\"", "\""))
            }
            _ => None,
        }
    }

    /// Whether it is this piece of punctuation.
    pub fn is_punctuation(&self, text: &str) -> bool {
        self.kind == TokenKind::Punctuation && self.text == text
    }
}

/// The iterator behind [`lex`].
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    position: usize,
    /// The last token but space and `--` comments was an `E'…'`, or continued one.
    continues: bool,
    /// A line end came since; then a literal goes on with the rules of the one before.
    newline: bool,
}

impl<'a> Lexer<'a> {
    /// Goes on at another byte, which must be a character's first.
    pub(crate) fn jump(&mut self, position: usize) {
        debug_assert!(
            self.text.is_char_boundary(position),
            "a token starts with a character"
        );
        self.position = position;
        self.continues = false;
        self.newline = false;
    }

    fn note(&mut self, kind: TokenKind, text: &str) {
        match kind {
            TokenKind::Space => self.newline |= text.contains(['\n', '\r']),
            TokenKind::Comment if text.starts_with("--") => {}
            TokenKind::String => {
                let escape = text.starts_with(['E', 'e']);
                self.continues = escape || self.continues_literal() && text.starts_with('\'');
                self.newline = false;
            }
            _ => {
                self.continues = false;
                self.newline = false;
            }
        }
    }

    fn continues_literal(&self) -> bool {
        self.continues && self.newline
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.position;
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        let (kind, length) = if start == 0 && first == '\u{feff}' {
            (TokenKind::Space, first.len_utf8())
        } else {
            scan(rest, first, self.continues_literal())
        };
        let text = &rest[..length];
        self.note(kind, text);
        self.position = start + length;
        Some(Token { kind, text, start })
    }
}

/// The token at the start of `rest`, which begins with `first`: its kind and its length in bytes.
fn scan(rest: &str, first: char, escapes: bool) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match first {
        c if is_space(c) => (TokenKind::Space, run(rest, 0, is_space)),
        '-' if second == b'-' => (
            TokenKind::Comment,
            rest.find(['\n', '\r']).unwrap_or(rest.len()),
        ),
        '/' if second == b'*' => block_comment(bytes),
        '\'' if escapes => escaped_string(bytes, 1),
        '\'' => quoted(bytes, 1, b'\'', TokenKind::String, Unterminated::String),
        '"' => quoted(
            bytes,
            1,
            b'"',
            TokenKind::QuotedName,
            Unterminated::QuotedName,
        ),
        'E' | 'e' if second == b'\'' => escaped_string(bytes, 2),
        'B' | 'b' | 'X' | 'x' | 'N' | 'n' if second == b'\'' => {
            quoted(bytes, 2, b'\'', TokenKind::String, Unterminated::String)
        }
        'U' | 'u' if second == b'&' && bytes.get(2) == Some(&b'\'') => {
            quoted(bytes, 3, b'\'', TokenKind::String, Unterminated::String)
        }
        'U' | 'u' if second == b'&' && bytes.get(2) == Some(&b'"') => quoted(
            bytes,
            3,
            b'"',
            TokenKind::QuotedName,
            Unterminated::QuotedName,
        ),
        '$' => dollar(rest),
        c if is_name_start(c) => (TokenKind::Word, run(rest, 0, is_name_part)),
        '0'..='9' => (TokenKind::Number, number(bytes)),
        '.' if second.is_ascii_digit() => (TokenKind::Number, number(bytes)),
        '.' if second == b'.' => (TokenKind::Operator, 2),
        ':' if matches!(second, b':' | b'=') => (TokenKind::Operator, 2),
        '(' | ')' | '[' | ']' | ',' | ';' | ':' | '.' => (TokenKind::Punctuation, 1),
        '\\' => (
            TokenKind::Backslash,
            rest.find(['\n', '\r']).unwrap_or(rest.len()),
        ),
        c if is_operator(c) => (TokenKind::Operator, operator(bytes)),
        c => (TokenKind::Unknown, c.len_utf8()),
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_name_part(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit() || c == '$'
}

fn is_operator(c: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(c)
}

/// Where the characters from byte `from` on stop being `of` a kind.
fn run(text: &str, from: usize, of: impl Fn(char) -> bool) -> usize {
    text[from..]
        .find(|c| !of(c))
        .map_or(text.len(), |length| from + length)
}

/// From byte `from` to the closing quote; a doubled one stands for itself.
fn quoted(
    bytes: &[u8],
    from: usize,
    quote: u8,
    kind: TokenKind,
    unterminated: Unterminated,
) -> (TokenKind, usize) {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == quote {
            if bytes.get(at) != Some(&quote) {
                return (kind, at);
            }
            at += 1;
        }
    }
    (TokenKind::Unterminated(unterminated), bytes.len())
}

/// As [`quoted`], where a backslash takes what follows it.
fn escaped_string(bytes: &[u8], from: usize) -> (TokenKind, usize) {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'\'' if bytes.get(at) == Some(&b'\'') => at += 1,
            b'\'' => return (TokenKind::String, at),
            _ => {}
        }
    }
    (TokenKind::Unterminated(Unterminated::String), bytes.len())
}

/// Comments nest.
fn block_comment(bytes: &[u8]) -> (TokenKind, usize) {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return (TokenKind::Comment, at);
                }
            }
            _ => at += 1,
        }
    }
    (TokenKind::Unterminated(Unterminated::Comment), bytes.len())
}

/// `$1`, or `$tag$…$tag$`, or a dollar that means nothing.
fn dollar(rest: &str) -> (TokenKind, usize) {
    let digits = run(rest, 1, |c| c.is_ascii_digit());
    if digits > 1 {
        return (TokenKind::Parameter, digits);
    }
    let tag = run(rest, 1, |c| is_name_part(c) && c != '$') + 1;
    if rest.as_bytes().get(tag - 1) != Some(&b'$') {
        return (TokenKind::Unknown, 1);
    }
    match rest[tag..].find(&rest[..tag]) {
        Some(length) => (TokenKind::String, tag + length + tag),
        None => (
            TokenKind::Unterminated(Unterminated::DollarString),
            rest.len(),
        ),
    }
}

/// Digits with `_` between them, a fraction, an exponent; `0x`, `0o`, `0b`. `1..2` is no fraction.
fn number(bytes: &[u8]) -> usize {
    let digits = |mut at: usize, of: fn(&u8) -> bool| {
        while bytes
            .get(at)
            .is_some_and(|byte| of(byte) || *byte == b'_' && bytes.get(at + 1).is_some_and(of))
        {
            at += 1;
        }
        at
    };
    let decimal: fn(&u8) -> bool = u8::is_ascii_digit;
    let base: Option<fn(&u8) -> bool> = match (bytes.first(), bytes.get(1)) {
        (Some(b'0'), Some(b'x' | b'X')) => Some(u8::is_ascii_hexdigit),
        (Some(b'0'), Some(b'o' | b'O')) => Some(|byte| matches!(byte, b'0'..=b'7')),
        (Some(b'0'), Some(b'b' | b'B')) => Some(|byte| matches!(byte, b'0' | b'1')),
        _ => None,
    };
    if let Some(of) = base {
        let end = digits(2, of);
        if end > 2 {
            return end;
        }
    }
    let mut at = digits(0, decimal);
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1) != Some(&b'.') {
        at = digits(at + 1, decimal);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let end = digits(at + 1 + sign, decimal);
        if end > at + 1 + sign {
            at = end;
        }
    }
    at
}

/// The longest operator, except that a comment ends it, and that it may end in `+` or `-` only with
/// one of `~ ! @ # % ^ & | ? `` ` `` in it: so `a=-1` is `a`, `=`, `-`, `1`.
fn operator(bytes: &[u8]) -> usize {
    let mut end = bytes
        .iter()
        .take_while(|byte| is_operator(char::from(**byte)))
        .count();
    for at in 1..end {
        if matches!(&bytes[at..], [b'-', b'-', ..] | [b'/', b'*', ..]) {
            end = at;
            break;
        }
    }
    let free = bytes[..end].iter().any(|byte| b"~!@#%^&|`?".contains(byte));
    while end > 1 && !free && matches!(bytes[end - 1], b'+' | b'-') {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use TokenKind::{
        Backslash, Number, Operator, Parameter, Punctuation, QuotedName, String, Unknown, Word,
    };

    #[track_caller]
    fn check(sql: &str, expected: &[(TokenKind, &str)]) {
        let tokens: Vec<Token<'_>> = lex(sql).collect();
        assert_eq!(
            tokens
                .iter()
                .map(|token| token.text)
                .collect::<std::string::String>(),
            sql
        );
        let found: Vec<(TokenKind, &str)> = tokens
            .iter()
            .filter(|token| token.kind.is_significant())
            .map(|token| (token.kind, token.text))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn space_between_tokens_does_not_count() {
        let expected = [(Word, "a"), (Operator, "-"), (Word, "b")];
        check("a-b", &expected);
        check("a - b", &expected);
        check("a/* */-\n--\nb", &expected);
    }

    #[test]
    fn operators_are_as_long_as_postgres_makes_them() {
        check(
            "a=-1",
            &[(Word, "a"), (Operator, "="), (Operator, "-"), (Number, "1")],
        );
        check("a@-1", &[(Word, "a"), (Operator, "@-"), (Number, "1")]);
        check(
            "a->>'b'",
            &[(Word, "a"), (Operator, "->>"), (String, "'b'")],
        );
        check("a::int", &[(Word, "a"), (Operator, "::"), (Word, "int")]);
        check("a => 1", &[(Word, "a"), (Operator, "=>"), (Number, "1")]);
        check("a :: b", &[(Word, "a"), (Operator, "::"), (Word, "b")]);
        check("2*--x\n3", &[(Number, "2"), (Operator, "*"), (Number, "3")]);
        check("2*/*x*/3", &[(Number, "2"), (Operator, "*"), (Number, "3")]);
        check("@--", &[(Operator, "@")]);
    }

    #[test]
    fn numbers_end_where_postgres_ends_them() {
        for number in [
            "1", "1.", ".5", "1.5e-3", "1e9", "1_000", "0xff", "0b10", "0o7",
        ] {
            check(number, &[(Number, number)]);
        }
        check("1..2", &[(Number, "1"), (Operator, ".."), (Number, "2")]);
        check("1e", &[(Number, "1"), (Word, "e")]);
        check("0x", &[(Number, "0"), (Word, "x")]);
    }

    #[test]
    fn dollars_quote_only_where_they_may() {
        check("$1$2", &[(Parameter, "$1"), (Parameter, "$2")]);
        check("a$b$c$b$", &[(Word, "a$b$c$b$")]);
        check("$ä$x$$y$ä$", &[(String, "$ä$x$$y$ä$")]);
        check("$1a$", &[(Parameter, "$1"), (Word, "a$")]);
        check("$ $", &[(Unknown, "$"), (Unknown, "$")]);
    }

    #[test]
    fn literals_are_one_token() {
        for literal in [
            "'a''b'",
            r"E'a\'b'",
            "U&'a\\0041'",
            "b'01'",
            "X'ff'",
            "N'a'",
            "$$'$$",
        ] {
            check(literal, &[(String, literal)]);
        }
        check("E 'a'", &[(Word, "E"), (String, "'a'")]);
        check(
            "\"a\"\"b\".c",
            &[(QuotedName, "\"a\"\"b\""), (Punctuation, "."), (Word, "c")],
        );
        check("U&\"a\"", &[(QuotedName, "U&\"a\"")]);
        check("U&a", &[(Word, "U"), (Operator, "&"), (Word, "a")]);
    }

    #[test]
    fn a_literal_goes_on_after_a_line_end_with_the_rules_it_began_with() {
        check("E'a'\n'b\\'c'", &[(String, "E'a'"), (String, "'b\\'c'")]);
        check(
            "E'a' -- x\n 'b'\n'\\''",
            &[(String, "E'a'"), (String, "'b'"), (String, "'\\''")],
        );
        check("E'a' '\\'", &[(String, "E'a'"), (String, "'\\'")]);
        check("'a'\n'\\'", &[(String, "'a'"), (String, "'\\'")]);
    }

    #[test]
    fn a_backslash_takes_its_line() {
        check(
            "\\echo it's\n1",
            &[(Backslash, "\\echo it's"), (Number, "1")],
        );
    }

    #[test]
    fn words_hold_what_is_not_ascii() {
        check("größe\u{a0}x", &[(Word, "größe\u{a0}x")]);
    }
}
