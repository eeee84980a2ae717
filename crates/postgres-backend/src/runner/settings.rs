//! What a revision sets for the whole session, so that it can be put back.
//!
//! `SET` in a transaction that commits outlives it: `SET check_function_bodies = off`, as dumps
//! begin, would hold for whatever the program does next on the connection, or the next user of a
//! pool. What is set by a function, a `DO` block or a data step is not seen.

use std::collections::BTreeSet;

use limbeck_core::token::{self, Token, TokenKind};

use crate::history::SETTINGS;
use crate::quote::literal;

/// Where the value of a setting is kept while the revision runs, local to its transaction.
const KEPT: &str = "limbeck.kept_";

/// Who is logged on.
pub(super) const LOG_ON: &str = "session_authorization";

/// The settings that statements set for the session or reset, but for those that every run puts
/// back: in the order of their names.
pub(super) fn set_by<'a>(statements: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    statements
        .into_iter()
        .flat_map(names)
        .filter(|name| SETTINGS.iter().all(|ours| !name.eq_ignore_ascii_case(ours)))
        .collect()
}

/// Keeps the values.
pub(super) fn keeping(names: &BTreeSet<String>) -> String {
    let kept = names.iter().enumerate().map(|(number, name)| {
        format!(
            "SELECT pg_catalog.set_config('{KEPT}{number}', \
             pg_catalog.current_setting({}, true), true);\n",
            literal(name)
        )
    });
    kept.collect()
}

/// Puts them back, who is logged on apart from the rest; `local` where the caller's transaction goes
/// on.
pub(super) fn putting_back(names: &BTreeSet<String>, local: bool) -> (String, String) {
    let put = names.iter().enumerate().map(|(number, name)| {
        let sql = format!(
            "SELECT pg_catalog.set_config({}, \
             pg_catalog.current_setting('{KEPT}{number}', true), {local});\n",
            literal(name)
        );
        (name, sql)
    });
    let (log_on, others): (Vec<_>, Vec<_>) =
        put.partition(|(name, _)| name.eq_ignore_ascii_case(LOG_ON));
    let text = |put: Vec<(&String, String)>| put.into_iter().map(|(_, sql)| sql).collect();
    (text(log_on), text(others))
}

/// The settings that one statement sets for the session.
pub(super) fn names(statement: &str) -> Vec<String> {
    let tokens: Vec<Token<'_>> = token::lex(statement)
        .filter(|token| token.kind.is_significant())
        .collect();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    let mut at = 1;
    match () {
        () if is(0, "RESET") => {}
        () if is(0, "SET") && is(1, "SESSION") && is(2, "CHARACTERISTICS") => {
            return ["deferrable", "isolation", "read_only"]
                .map(|mode| format!("default_transaction_{mode}"))
                .into();
        }
        () if is(0, "SET") && is(1, "SESSION") && !is(2, "AUTHORIZATION") => at = 2,
        () if is(0, "SET") && !is(1, "LOCAL") => {}
        () => return Vec::new(),
    }
    let named = |name: &str| vec![name.to_owned()];
    match () {
        // Of one transaction, or of nothing that has a single name.
        () if ["TRANSACTION", "CONSTRAINTS", "ALL"]
            .iter()
            .any(|word| is(at, word)) =>
        {
            Vec::new()
        }
        () if is(at, "SESSION") => named(LOG_ON),
        () if is(at, "TIME") => named("timezone"),
        () if is(at, "NAMES") => named("client_encoding"),
        () if is(at, "SCHEMA") => named("search_path"),
        () if is(at, "XML") => named("xmloption"),
        () => {
            let mut name = String::new();
            for (at, token) in tokens[at..].iter().enumerate() {
                match token.kind {
                    TokenKind::Word | TokenKind::QuotedName if at % 2 == 0 => {
                        name.push_str(token.text.trim_matches('"'));
                    }
                    _ if token.text == "." => name.push('.'),
                    _ => break,
                }
            }
            match name.as_str() {
                "" => Vec::new(),
                name => named(name),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_for_the_session_is_seen() {
        let check = |sql: &str, found: &[&str]| assert_eq!(names(sql), found, "{sql}");
        check(
            "SET check_function_bodies = off",
            &["check_function_bodies"],
        );
        check("set session Work_Mem to '4MB'", &["Work_Mem"]);
        check("SET \"row_security\" = off", &["row_security"]);
        check("SET app.user TO 'x'", &["app.user"]);
        check("SET \"app\".\"user\" = to", &["app.user"]);
        check("RESET work_mem", &["work_mem"]);
        check("RESET SESSION AUTHORIZATION", &["session_authorization"]);
        check("SET SESSION AUTHORIZATION joe", &["session_authorization"]);
        check(
            "SET SESSION SESSION AUTHORIZATION joe",
            &["session_authorization"],
        );
        check("SET TIME ZONE 'UTC'", &["timezone"]);
        check("SET NAMES 'utf8'", &["client_encoding"]);
        check("SET SCHEMA 'x'", &["search_path"]);
        check("SET XML OPTION DOCUMENT", &["xmloption"]);
        check("SET ROLE joe", &["ROLE"]);
        check(
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            &[
                "default_transaction_deferrable",
                "default_transaction_isolation",
                "default_transaction_read_only",
            ],
        );
        for nothing in [
            "SET LOCAL work_mem = '4MB'",
            "SET TRANSACTION READ ONLY",
            "SET CONSTRAINTS ALL DEFERRED",
            "RESET ALL",
            "SET",
            "UPDATE t SET a = 1",
            "-- SET a = 1",
        ] {
            check(nothing, &[]);
        }
        let ours = set_by(["SET role = x", "SET search_path = x", "SET work_mem = 1"]);
        assert_eq!(ours, BTreeSet::from(["work_mem".to_owned()]));
    }
}
