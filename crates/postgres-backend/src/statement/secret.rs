//! Secrets in statements that are shown: the options of foreign data hold passwords.

use limbeck_core::token::{TokenKind, lex};

/// What stands in place of a secret.
const MASK: &str = "'***'";

/// Parts of the names of options that hold what nobody else should read.
const SECRET: [&str; 5] = ["password", "passwd", "secret", "token", "passphrase"];

/// The statement with its secrets masked, where it has any.
pub(super) fn masked(sql: &str) -> Option<String> {
    let tokens: Vec<_> = lex(sql).collect();
    let is_word = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    if !is_word(0, "create") && !is_word(0, "alter") {
        return None;
    }
    let foreign = ["mapping", "server", "wrapper", "foreign"];
    if !tokens
        .iter()
        .any(|token| foreign.iter().any(|word| token.is_word(word)))
    {
        return None;
    }
    let options = tokens.iter().position(|token| token.is_word("options"))?;
    let mut out = String::with_capacity(sql.len());
    let mut secret = false;
    let mut found = false;
    for (at, token) in tokens.iter().enumerate() {
        let text = match token.kind {
            TokenKind::String if secret => {
                found = true;
                MASK
            }
            _ => token.text,
        };
        if at > options && token.kind.is_significant() {
            let name = token.text.to_lowercase();
            secret = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
                && SECRET.iter().any(|part| name.contains(part));
        }
        out.push_str(text);
    }
    found.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_options_of_foreign_data_hold_secrets() {
        for (sql, shown) in [
            (
                "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\"user\" 'u', \"password\" 'it''s')",
                Some(
                    "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\"user\" 'u', \"password\" '***')",
                ),
            ),
            (
                "ALTER SERVER s OPTIONS (SET \"sslPassword\" E'a', DROP \"b\", ADD \"c\" 'd')",
                Some(
                    "ALTER SERVER s OPTIONS (SET \"sslPassword\" '***', DROP \"b\", ADD \"c\" 'd')",
                ),
            ),
            (
                "ALTER USER MAPPING FOR u SERVER s OPTIONS (DROP password)",
                None,
            ),
            ("CREATE TABLE options (password text DEFAULT 'x')", None),
            ("COMMENT ON TABLE password IS 'options'", None),
        ] {
            assert_eq!(masked(sql).as_deref(), shown, "{sql}");
        }
    }
}
