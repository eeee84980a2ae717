//! Literals that hold a password, found by what stands before them and by what they hold: a statement
//! that fails is shown, and they are not.

use std::ops::Range;

use super::{Token, TokenKind, Unterminated, lex};

/// What is shown in place of a literal.
const MASK: &str = "'***'";

/// Options of servers and user mappings that are shown; every other may be a secret.
const SHOWN: [&str; 12] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "sslmode",
    "application_name",
    "connect_timeout",
    "fetch_size",
    "extensions",
    "updatable",
    "use_remote_estimate",
];

/// The secrets of a text of SQL.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    ranges: Vec<Range<usize>>,
    /// What may stand in an answer of Postgres, with what is shown in its place; longest first.
    words: Vec<(String, &'static str)>,
}

/// Finds the secrets of a text: passwords of roles and user mappings, options of servers, connection
/// strings. In bodies between dollar tags, too.
pub fn secrets(sql: &str) -> Secrets {
    let mut secrets = Secrets::default();
    secrets.look(sql, 0);
    let by_length = |word: &(String, &str)| std::cmp::Reverse(word.0.len());
    secrets.words.sort_by_key(by_length);
    secrets
}

impl Secrets {
    /// The text that they were found in, without them.
    pub fn mask(&self, sql: &str) -> String {
        let mut masked = String::new();
        let mut from = 0;
        for range in &self.ranges {
            masked.push_str(&sql[from..range.start]);
            masked.push_str(MASK);
            from = range.end;
        }
        masked.push_str(&sql[from..]);
        masked
    }

    /// Another text, without them: what Postgres says of the first may quote them.
    pub fn scrub(&self, text: &str) -> String {
        let mut scrubbed = text.to_owned();
        for (word, shown) in &self.words {
            scrubbed = scrubbed.replace(word, shown);
        }
        scrubbed
    }

    fn look(&mut self, sql: &str, offset: usize) {
        let tokens: Vec<Token<'_>> = lex(sql).filter(|one| one.kind.is_significant()).collect();
        let mut masked_before = false;
        for (at, token) in tokens.iter().enumerate() {
            // A new statement.
            if token.is_punctuation(";") {
                masked_before = false;
                continue;
            }
            let is_text = matches!(
                token.kind,
                TokenKind::String
                    | TokenKind::Unterminated(Unterminated::String | Unterminated::DollarString)
            );
            if !is_text {
                masked_before = false;
                continue;
            }
            // The second line of a literal goes on with the first.
            let is_secret = masked_before || follows_a_secret_word(&tokens, at);
            let (start, inner) = inside(token.text);
            if !is_secret && token.text.starts_with('$') {
                let count = self.ranges.len();
                self.look(inner, offset + token.start + start);
                masked_before = false;
                let has_texts = lex(inner).any(|one| one.kind == TokenKind::String);
                if self.ranges.len() > count || has_texts || !holds_a_password(inner) {
                    continue;
                }
            } else if !is_secret && !holds_a_password(inner) {
                masked_before = false;
                continue;
            }
            masked_before = true;
            self.take(token, offset, inner);
        }
    }

    fn take(&mut self, token: &Token<'_>, offset: usize, inner: &str) {
        let start = offset + token.start;
        self.ranges.push(start..start + token.text.len());
        self.words.push((token.text.to_owned(), MASK));
        let plain = inner.replace("''", "'");
        let pieces = plain.split(|c: char| c.is_whitespace() || matches!(c, '=' | '@' | ':' | '/'));
        // Postgres may quote a part of a connection string.
        let has_parts = plain.contains(['=', '@']);
        let pieces = pieces
            .filter(|piece| has_parts && piece.len() > 3 && !is_harmless(piece))
            .map(|piece| piece.trim_matches('\''));
        let mut words: Vec<&str> = pieces.collect();
        words.extend([inner, &plain]);
        // What is shorter would spoil every message, and tells nothing without its quotes.
        for word in words.into_iter().filter(|word| word.len() > 2) {
            self.words.push((word.to_owned(), "***"));
        }
    }
}

/// What stands between the quotes or tags of a literal, and where it starts.
fn inside(literal: &str) -> (usize, &str) {
    let (start, closing) = if let Some(tagged) = literal.strip_prefix('$') {
        match tagged.find('$') {
            Some(at) => (at + 2, &literal[..at + 2]),
            None => (literal.len(), ""),
        }
    } else {
        (literal.find('\'').map_or(0, |at| at + 1), "'")
    };
    let inner = &literal[start..];
    (start, inner.strip_suffix(closing).unwrap_or(inner))
}

fn is_harmless(piece: &str) -> bool {
    SHOWN.contains(&piece) || matches!(piece, "password" | "localhost" | "postgres" | "postgresql")
}

fn is_secret_name(name: &str) -> bool {
    let name = name.trim_matches('"').to_ascii_lowercase();
    name.ends_with("password") || name.ends_with("passwd") || name.ends_with("secret")
}

/// Whether the words before a literal make it a secret.
fn follows_a_secret_word(tokens: &[Token<'_>], at: usize) -> bool {
    let start = tokens[..at]
        .iter()
        .rposition(|token| token.is_punctuation(";"))
        .map_or(0, |end| end + 1);
    let before = &tokens[start..at];
    let named = match before {
        [.., name, equals]
            if equals.kind == TokenKind::Operator && matches!(equals.text, "=" | "=>" | ":=") =>
        {
            Some(name)
        }
        [.., name] => Some(name),
        [] => None,
    };
    let Some(name) =
        named.filter(|name| matches!(name.kind, TokenKind::Word | TokenKind::QuotedName))
    else {
        return false;
    };
    if is_secret_name(name.text) {
        return true;
    }
    let is = |number: usize, word: &str| before.get(number).is_some_and(|one| one.is_word(word));
    if !is(0, "CREATE") && !is(0, "ALTER") {
        return false;
    }
    if is(1, "SUBSCRIPTION") {
        return name.is_word("CONNECTION");
    }
    let foreign = is(1, "SERVER") || is(1, "FOREIGN") || (is(1, "USER") && is(2, "MAPPING"));
    let in_options = before.iter().any(|one| one.is_word("OPTIONS"));
    foreign && in_options && !SHOWN.contains(&name.text.trim_matches('"'))
}

/// Whether a literal is a connection string with a password, or SQL that sets one.
fn holds_a_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let stated = lower.match_indices("password").any(|(at, word)| {
        let after = lower[at + word.len()..].trim_start();
        after.starts_with(['=', '\''])
    });
    let in_url = lower.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    });
    stated || in_url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, shown: &str) {
        let found = secrets(sql);
        assert_eq!(found.mask(sql), shown);
        // What is shown has no secret any more.
        assert_eq!(secrets(shown).mask(shown), shown);
    }

    #[test]
    fn passwords_of_roles_and_mappings_are_masked() {
        check(
            "CREATE ROLE r1 PASSWORD 'topsecret' nosuch",
            "CREATE ROLE r1 PASSWORD '***' nosuch",
        );
        check(
            "ALTER USER u WITH ENCRYPTED password\n E'top''s\\'ecret' VALID UNTIL 'infinity'",
            "ALTER USER u WITH ENCRYPTED password\n '***' VALID UNTIL 'infinity'",
        );
        check(
            "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'me', password 'x', token 'y')",
            "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'me', password '***', token '***')",
        );
        check(
            "ALTER SERVER s OPTIONS (SET host 'h', ADD \"access key\" 'k')",
            "ALTER SERVER s OPTIONS (SET host 'h', ADD \"access key\" '***')",
        );
        check(
            "ALTER ROLE r PASSWORD $$topsecret$$; COMMENT ON ROLE r IS 'a role'",
            "ALTER ROLE r PASSWORD '***'; COMMENT ON ROLE r IS 'a role'",
        );
    }

    #[test]
    fn connection_strings_are_masked() {
        check(
            "CREATE SUBSCRIPTION s CONNECTION 'host=h' PUBLICATION p",
            "CREATE SUBSCRIPTION s CONNECTION '***' PUBLICATION p",
        );
        check(
            "SELECT dblink_connect('c', 'host=h password = topsecret')",
            "SELECT dblink_connect('c', '***')",
        );
        check(
            "SELECT dblink_exec('postgres://me:topsecret@h/db', 'SELECT 1')",
            "SELECT dblink_exec('***', 'SELECT 1')",
        );
        check(
            "SELECT dblink_connect($c$password=topsecret$c$)",
            "SELECT dblink_connect('***')",
        );
    }

    #[test]
    fn what_is_in_a_body_or_a_text_is_masked() {
        check(
            "DO $$ BEGIN ALTER ROLE r PASSWORD 'topsecret'; RAISE NOTICE 'done'; END $$",
            "DO $$ BEGIN ALTER ROLE r PASSWORD '***'; RAISE NOTICE 'done'; END $$",
        );
        check(
            "DO $$ BEGIN EXECUTE 'ALTER ROLE r PASSWORD ''topsecret'''; END $$",
            "DO $$ BEGIN EXECUTE '***'; END $$",
        );
        check(
            "ALTER ROLE r PASSWORD 'topsecret",
            "ALTER ROLE r PASSWORD '***'",
        );
    }

    #[test]
    fn everything_else_is_shown() {
        for sql in [
            "CREATE TABLE users (password text DEFAULT 'none', url text DEFAULT 'https://a.b/c')",
            "COMMENT ON COLUMN users.password IS 'hashed'",
            "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'h', port '1')",
            "ALTER ROLE r SET search_path = 'a'",
        ] {
            check(sql, sql);
        }
    }

    #[test]
    fn what_postgres_quotes_is_scrubbed() {
        let found = secrets("ALTER ROLE r PASSWORD 'topsecret'");
        assert_eq!(
            found.scrub("syntax error at or near \"'topsecret'\", or topsecret"),
            "syntax error at or near \"'***'\", or ***"
        );
        let found = secrets("SELECT dblink_connect('host=h topsecret password=other!')");
        assert_eq!(
            found.scrub("missing \"=\" after \"topsecret\" in: other!"),
            "missing \"=\" after \"***\" in: ***"
        );
        let short = secrets("ALTER ROLE r PASSWORD 'a'");
        assert_eq!(
            short.scrub("a syntax error at 'a'"),
            "a syntax error at '***'"
        );
    }
}
