//! Where strings, comments and statements begin and end: all that is known of SQL text here.
//!
//! [`lex`] cuts a text into tokens as Postgres does (with `standard_conforming_strings` on),
//! without ever failing: what has no end becomes a token that says so. On it stand [`significant`]
//! (what counts for a digest), [`split`] (the statements of a script and their places) and
//! [`check_script`] (what a revision's SQL may not hold). No grammar lives here, and nothing knows
//! what a statement means beyond its first words.

mod expression;
#[cfg(test)]
mod laws;
mod lex;
mod script;
mod secret;
mod split;

pub use expression::expression_fault;
pub use lex::{Lexer, Token, TokenKind, Unterminated, lex};
pub use script::{
    NonTransactional, Problem, ProblemKind, check_script, first_words, non_transactional,
    refused_in_transaction, refuses_transaction,
};
pub use secret::{Secrets, secrets};
pub use split::{StatementSpan, UnterminatedError, locate, split};

/// The tokens of a text that count for its meaning, in order.
///
/// Comments and the space between tokens are left out; everything else is as written: `a-b` and
/// `a - b` give the same tokens, the inside of a literal stays byte for byte, and `SELECT` differs
/// from `select`, since telling a keyword from a name needs a grammar.
pub fn significant(sql: &str) -> impl Iterator<Item = &str> {
    lex(sql)
        .filter(|token| token.kind.is_significant())
        .map(|token| token.text)
}
