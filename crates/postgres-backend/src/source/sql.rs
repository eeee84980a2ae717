//! One file of SQL, run as it stands; what does not load is told with its place.
//!
//! It is run in one transaction that is never committed. What a file says of transactions of its own (`BEGIN` …
//! `COMMIT`) is passed over there: where all of it loads, it comes to the same, unless something in it is to end with
//! one of them. Then, and where a commit is needed in between, it is run as it stands.

use std::ops::Range;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use limbeck_core::token::{self, Problem, ProblemKind, StatementSpan, TokenKind, locate};
use limbeck_core::{DatabaseError, Error, ErrorKind, Ident, Location, Result, SqlFile};

use crate::error::failure;
use crate::quote::ident;
use crate::runner::{DbFailure, FailureKind, telling_text};
use crate::scratch::{ROLES, missing_role};

/// Whether a text can be loaded, as far as that is seen without a server.
pub(crate) fn check(file: &SqlFile) -> Result<()> {
    let SqlFile { name, text } = file;
    let text = in_one(text);
    if let Some(problem) = token::check_script(&text).first() {
        return Err(unloadable(name, problem));
    }
    if let Some((line, column)) = escaped(&file.text) {
        return Err(Error::new(
            ErrorKind::Sql,
            format!(
                "`{name}` cannot be loaded: it switches `standard_conforming_strings` off, and this \
                 literal has a backslash"
            ),
        )
        .with_location(Location {
            file: name.clone(),
            line: Some(line),
            column: Some(column),
        })
        .with_hint("write it as `E'…'`, which means the same however the setting stands"));
    }
    let spans = token::split(&text).unwrap_or_default();
    for span in spans {
        let words = token::first_words(&text[span.range.clone()]);
        let words: Vec<&str> = words.iter().take(2).map(String::as_str).collect();
        if let [
            verb @ ("CREATE" | "DROP" | "ALTER"),
            what @ ("DATABASE" | "TABLESPACE" | "SYSTEM"),
        ] = words.as_slice()
        {
            let place = Location {
                file: name.clone(),
                line: Some(span.line),
                column: Some(span.column),
            };
            return Err(Error::new(
                ErrorKind::Sql,
                format!(
                    "`{name}` cannot be loaded: `{verb} {what}` is about the server, not about a \
                     schema"
                ),
            )
            .with_location(place)
            .with_hint("take it out: the file is loaded into a database that is made for it"));
        }
    }
    Ok(())
}

/// Runs a file. On a throwaway server, roles that it names are made as they come.
pub(super) fn run(file: &SqlFile, connection: &mut PgConnection, throwaway: bool) -> Result<()> {
    let SqlFile { name, text } = file;
    let text = &in_one(text);
    if token::significant(text).next().is_none() {
        return Ok(());
    }
    let mut roles = 0;
    loop {
        let run = connection.transaction(|connection| {
            for stretch in of_one_encoding(text) {
                connection.batch_execute(stretch)?;
            }
            connection.batch_execute(ENCODED)
        });
        let Err(error) = run else { return Ok(()) };
        let error = refused(name, text, connection, &error);
        if names_nothing(&error) && empties_path(text) && run_with_public(text, connection) {
            return Ok(());
        }
        roles += 1;
        if !throwaway || roles > ROLES || !make_role(connection, &error) {
            return Err(error);
        }
    }
}

/// Whether Postgres found no object of a name.
fn names_nothing(error: &Error) -> bool {
    // undefined_table, undefined_function, undefined_object.
    matches!(error.sqlstate(), Some("42P01" | "42883" | "42704"))
}

/// Whether a text takes all schemas out of the search path, as `pg_dump` does.
fn empties_path(text: &str) -> bool {
    token::split(text)
        .unwrap_or_default()
        .into_iter()
        .any(|statement| {
            let words: Vec<&str> = token::significant(&text[statement.range]).collect();
            matches!(
                words.as_slice(),
                [
                    "SELECT",
                    "pg_catalog",
                    ".",
                    "set_config",
                    "(",
                    "'search_path'",
                    ",",
                    "''",
                    ..
                ]
            )
        })
}

/// Runs a dump whose functions speak of things without their schema: each statement as it stands, and one that finds no
/// object of a name once more with `public` in the search path.
///
/// `pg_dump` writes every name in full, but not what stands in the bodies of functions; and a table whose default or
/// generated column calls such a function calls it when it is made.
fn run_with_public(text: &str, connection: &mut PgConnection) -> bool {
    let spans = token::split(text).unwrap_or_default();
    let run = connection.transaction(|connection| {
        for span in spans {
            let statement = &text[span.range];
            let run = connection.transaction(|connection| connection.batch_execute(statement));
            if run.is_err() {
                connection.transaction(|connection| {
                    connection.batch_execute("SET LOCAL search_path = public")?;
                    connection.batch_execute(statement)?;
                    connection.batch_execute("SET LOCAL search_path = ''")
                })?;
            }
        }
        connection.batch_execute(ENCODED)
    });
    run.is_ok()
}

/// What a session is to speak, whatever a file has set.
const ENCODED: &str = "SET client_encoding TO 'UTF8'";

/// The stretches of a text up to where it says in which encoding the rest is to be read. Postgres reads a stretch as a
/// whole before it runs any of it.
fn of_one_encoding(text: &str) -> Vec<&str> {
    let sets = |sql: &str| {
        let words = token::significant(sql).map(str::to_lowercase);
        let mut words = words.filter(|word| word != "session" && word != "local");
        words.next().as_deref() == Some("set")
            && matches!(words.next().as_deref(), Some("client_encoding" | "names"))
    };
    let statements = token::split(text).unwrap_or_default();
    let ends = statements.into_iter().map(|statement| statement.range);
    let ends = ends
        .filter(|range| sets(&text[range.clone()]))
        .map(|range| range.end);
    let mut start = 0;
    let mut stretches = Vec::new();
    for end in ends.chain([text.len()]) {
        stretches.push(&text[start..end]);
        start = end;
    }
    stretches.retain(|stretch| token::significant(stretch).any(|token| token != ";"));
    stretches
}

/// Whether Postgres refused something only because what comes before it is not committed.
pub(super) fn wants_commits(error: &Error) -> bool {
    // unsafe_new_enum_value_usage, active_sql_transaction.
    matches!(error.sqlstate(), Some("55P04" | "25001"))
}

/// Whether a text leaves alone what is shared by all databases of a server, as far as words can tell. What stands in a
/// literal may be run, too.
pub(super) fn keeps_to_its_database(text: &str) -> bool {
    let shared = [
        "role",
        "user",
        "group",
        "subscription",
        "database",
        "tablespace",
        "system",
    ];
    let mut before = [String::new(), String::new()];
    // `GRANT` without `ON` gives a role to another one.
    let mut gives_role = false;
    for token in token::lex(text) {
        match token.kind {
            TokenKind::Space | TokenKind::Comment => continue,
            TokenKind::String if !keeps_to_its_database(&token.text.replace(['\'', '$'], " ")) => {
                return false;
            }
            _ => {}
        }
        let word = token.text.to_lowercase();
        match word.as_str() {
            "grant" | "revoke" => gives_role = true,
            "on" => gives_role = false,
            ";" if gives_role => return false,
            word if shared.contains(&word) => {
                let [then, before] = [&before[0], &before[1]].map(String::as_str);
                let said_of = before == "on" && matches!(then, "comment" | "label");
                if said_of || matches!(before, "create" | "alter" | "drop") {
                    return false;
                }
            }
            _ => {}
        }
        before.swap(0, 1);
        before[1] = word;
    }
    !gives_role
}

/// Whether something in a text ends with one of its own transactions, of which it must have some.
pub(super) fn ends_with_a_transaction(text: &str) -> bool {
    let text = readable(text);
    let spans = token::split(&text).unwrap_or_default();
    !transactions(&text).is_empty()
        && spans.into_iter().any(|span| {
            let words: Vec<String> = token::significant(&text[span.range])
                .map(str::to_lowercase)
                .collect();
            let on_commit = ["on", "commit"];
            words.starts_with(&["set".to_owned(), "local".to_owned()])
                || words.windows(2).any(|pair| pair == on_commit)
        })
}

/// Why a file cannot be run as it stands on a server that is not ours.
pub(super) fn unshared(file: &SqlFile) -> Error {
    let told = format!(
        "`{}` cannot be loaded: what it sets for one of its transactions alone (`SET LOCAL`, `ON COMMIT`) makes its commits \
         count, and it changes what all databases of the server share",
        file.name
    );
    Error::new(ErrorKind::Sql, told)
        .with_location(Location {
            file: file.name.clone(),
            line: None,
            column: None,
        })
        .with_hint("take out what makes or grants roles, or write the settings without `LOCAL`")
}

/// Runs a file statement by statement and with its own transactions, as psql does.
pub(super) fn run_committing(file: &SqlFile, connection: &mut PgConnection) -> Result<()> {
    let SqlFile { name, text } = file;
    let text = &readable(text);
    let spans = token::split(text).unwrap_or_default();
    let mut within = false;
    for (index, span) in spans.into_iter().enumerate() {
        let statement = &text[span.range.clone()];
        within = match limit(statement) {
            Some(Limit::Begin) => true,
            Some(Limit::Commit) => false,
            None => within,
        };
        connection.batch_execute(statement).map_err(|error| {
            let mut failure = failure(&error);
            // In a transaction that has failed, nothing more is told.
            if failure.sqlstate.is_none() && !within {
                failure.sqlstate = sqlstate(statement, connection);
            }
            told(name, text, Some((index + 1, &span)), failure)
        })?;
    }
    let end = if within { "COMMIT;\n" } else { "" };
    connection
        .batch_execute(&format!("{end}{ENCODED}"))
        .map_err(|error| told(name, text, None, failure(&error)))
}

/// Makes the role that was missing, on a server of our own; `false` where that was not it.
pub(super) fn make_role(connection: &mut PgConnection, error: &Error) -> bool {
    let missing = error
        .database()
        .and_then(|said| missing_role(&said.message));
    missing.is_some_and(|role| {
        let sql = format!("CREATE ROLE {} NOLOGIN", ident(&role));
        connection
            .transaction(|connection| connection.batch_execute(&sql))
            .is_ok()
    })
}

/// The text without its byte order mark, and with the two commands of psql that `pg_dump` writes
/// made comments: everything stays in its place.
pub(super) fn readable(text: &str) -> String {
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    for problem in token::check_script(&text) {
        let Problem { kind, line, column } = problem;
        let written_by_pg_dump = match &kind {
            ProblemKind::BackslashCommand(name) => name == "\\restrict" || name == "\\unrestrict",
            _ => false,
        };
        if written_by_pg_dump && let Some(at) = byte_at(&text, line, column) {
            text.replace_range(at..at + 2, "--");
        }
    }
    let mut unneeded = concurrently(&text);
    unneeded.extend(settings(&text).into_iter().map(|setting| setting.range));
    blanked(text, unneeded)
}

/// The same without the transactions of its own.
pub(super) fn in_one(text: &str) -> String {
    let text = readable(text);
    let transactions = transactions(&text);
    blanked(text, transactions)
}

/// A text with blanks in the place of something.
fn blanked(mut text: String, unneeded: Vec<Range<usize>>) -> String {
    for range in unneeded {
        let blank = |c: char| {
            if c == '\n' {
                "\n".to_owned()
            } else {
                " ".repeat(c.len_utf8())
            }
        };
        let blank: String = text[range.clone()].chars().map(blank).collect();
        text.replace_range(range, &blank);
    }
    text
}

/// Where a text begins and commits transactions of its own.
fn transactions(text: &str) -> Vec<Range<usize>> {
    let statements = token::split(text).unwrap_or_default().into_iter();
    let ranges = statements.map(|statement| statement.range);
    ranges
        .filter(|range| limit(&text[range.clone()]).is_some())
        .collect()
}

/// An end of a transaction.
enum Limit {
    Begin,
    Commit,
}

fn limit(statement: &str) -> Option<Limit> {
    let words = token::significant(statement).map(str::to_uppercase);
    let words: Vec<String> = words.collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Some(Limit::Begin),
        ["COMMIT" | "END"] | ["COMMIT" | "END", "WORK" | "TRANSACTION"] => Some(Limit::Commit),
        _ => None,
    }
}

/// A statement that sets `standard_conforming_strings`.
struct Setting {
    range: Range<usize>,
    on: bool,
}

/// Where a text says how backslashes in literals are read, as the dumps of old servers do. It is run
/// in one piece, which Postgres reads before it sets anything: there it would only mislead what
/// comes after.
fn settings(text: &str) -> Vec<Setting> {
    let Ok(statements) = token::split(text) else {
        return Vec::new();
    };
    statements
        .into_iter()
        .filter_map(|StatementSpan { range, .. }| {
            let words: Vec<String> = token::significant(&text[range.clone()])
                .map(str::to_lowercase)
                .collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let on = match words.as_slice() {
                ["set", "standard_conforming_strings", "=" | "to", value]
                | [
                    "set",
                    "session" | "local",
                    "standard_conforming_strings",
                    "=" | "to",
                    value,
                ] => match value.trim_matches('\'') {
                    "on" | "true" | "yes" | "1" => true,
                    "off" | "false" | "no" | "0" => false,
                    _ => return None,
                },
                _ => return None,
            };
            Some(Setting { range, on })
        })
        .collect()
}

/// The line and column of a literal that the text itself wants read otherwise than it will be.
fn escaped(text: &str) -> Option<(u32, u32)> {
    let settings = settings(text);
    token::lex(text)
        .filter(|token| token.kind == TokenKind::String && token.text.contains('\\'))
        .filter(|token| token.text.starts_with(['\'', 'n', 'N']))
        .find(|token| {
            settings
                .iter()
                .rfind(|setting| setting.range.end <= token.start)
                .is_some_and(|setting| !setting.on)
        })
        .map(|token| locate(text, text[..token.start].chars().count()))
}

/// Where the word stands that keeps the making of an index out of a transaction. In an empty
/// database nobody is waiting, and the index is the same without it.
fn concurrently(text: &str) -> Vec<Range<usize>> {
    let Ok(statements) = token::split(text) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for span in statements {
        let statement = &text[span.range.clone()];
        let makes_index = token::first_words(statement)
            .iter()
            .take(3)
            .any(|word| word == "INDEX");
        if makes_index && token::refuses_transaction(statement) {
            let word = token::lex(statement).find(|token| {
                token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case("concurrently")
            });
            found.extend(word.map(|token| {
                let start = span.range.start + token.start;
                start..start + token.text.len()
            }));
        }
    }
    found
}

/// The byte at a line and a column.
fn byte_at(text: &str, line: u32, column: u32) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let (byte, _) = text.get(start..)?.char_indices().nth(column)?;
    Some(start + byte)
}

fn unloadable(name: &str, problem: &Problem) -> Error {
    let (told, hint) = match &problem.kind {
        ProblemKind::TransactionControl(words) => (
            format!("`{words}` controls the transaction, and the file is loaded in one"),
            "take it out; `BEGIN` and `COMMIT` alone may stay",
        ),
        kind => (problem.to_string(), kind.hint()),
    };
    Error::new(ErrorKind::Sql, format!("`{name}` cannot be loaded: {told}"))
        .with_location(Location {
            file: name.to_owned(),
            line: Some(problem.line),
            column: Some(problem.column),
        })
        .with_hint(hint)
}

/// What Postgres refused, with its place. Many errors have no position: they are found by running
/// the statements once more, each by itself.
fn refused(
    name: &str,
    text: &str,
    connection: &mut PgConnection,
    error: &diesel::result::Error,
) -> Error {
    let failure = failure(error);
    if failure.kind == FailureKind::Database
        && let Some((number, span, found)) = first_refused(text, connection)
    {
        return told(name, text, Some((number, &span)), found);
    }
    told(name, text, None, failure)
}

/// What Postgres said of a statement of a file, with its place.
pub(super) fn told(
    name: &str,
    text: &str,
    statement: Option<(usize, &StatementSpan)>,
    failure: DbFailure,
) -> Error {
    let start = statement.map_or(0, |(_, span)| span.start_char);
    let offset = failure
        .position
        .and_then(|position| usize::try_from(position).ok())
        .map(|position| position.saturating_sub(1));
    let missing = missing_role(&failure.message);
    // Of a role that is missing Postgres tells no place: it is the first one where it is named.
    let offset = offset.or_else(|| {
        let (_, span) = statement.as_ref()?;
        role_at(&text[span.range.clone()], missing.as_ref()?)
    });
    let place = match (offset, &statement) {
        (None, None) => None,
        (offset, _) => Some(locate(text, start + offset.unwrap_or(0))),
    };
    let (line, column) = place.map_or((None, None), |(line, column)| (Some(line), Some(column)));
    let (statement_number, statement) = statement
        .map(|(number, span)| (number, text[span.range.clone()].to_owned()))
        .unzip();
    let hint = match missing {
        Some(role) => format!(
            "roles belong to the server: none is ever created for you; create it there, name a server \
             that has it with `--url`, or write `CREATE ROLE {}` at the beginning of the file, which is \
             rolled back",
            ident(&role)
        ),
        None => hint(failure.sqlstate.as_deref(), &failure.message).to_owned(),
    };
    Error::new(
        ErrorKind::Sql,
        format!("`{name}` does not load: {}", failure.message),
    )
    .with_location(Location {
        file: name.to_owned(),
        line,
        column,
    })
    .with_database(DatabaseError {
        message: failure.message,
        detail: failure.detail,
        hint: failure.hint,
        sqlstate: failure.sqlstate,
        statement_number,
        statement,
        ..DatabaseError::default()
    })
    .with_hint(hint)
}

/// The character at which a role is named in a statement.
fn role_at(statement: &str, role: &Ident) -> Option<usize> {
    let quoted = ident(role).to_string();
    let named = token::lex(statement).find(|token| match token.kind {
        TokenKind::Word => token.text.to_lowercase() == role.as_str(),
        TokenKind::QuotedName => token.text == quoted,
        _ => false,
    })?;
    Some(statement.get(..named.start)?.chars().count())
}

/// What to do about a statement that the server refuses.
fn hint(sqlstate: Option<&str>, message: &str) -> &'static str {
    match sqlstate {
        Some("58P01" | "0A000") if message.contains("extension") => {
            "the server has no such extension: install it there, or name a server that has it with \
             `--url`"
        }
        Some("42501") => {
            "the role of the server may not do that: name one with `--url` whose role may"
        }
        _ => {
            "the file is loaded into an empty database: what it refers to (types, extensions, \
             roles) must stand in it, before"
        }
    }
}

fn first_refused(
    text: &str,
    connection: &mut PgConnection,
) -> Option<(usize, StatementSpan, DbFailure)> {
    let mut found = None;
    let spans = token::split(text).ok()?;
    // Rolled back in any case.
    let _ = connection.transaction(|connection| {
        for (index, span) in spans.into_iter().enumerate() {
            let statement = &text[span.range.clone()];
            // The savepoint leaves the transaction usable for the question after the code.
            let run = connection.transaction(|connection| connection.batch_execute(statement));
            if let Err(error) = run {
                let mut failure = failure(&error);
                if failure.sqlstate.is_none() {
                    failure.sqlstate = sqlstate(statement, connection);
                }
                found = Some((index + 1, span, failure));
                break;
            }
        }
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    found
}

/// The code of a failure, which Diesel does not show: the statement fails once more, and tells it.
pub(super) fn sqlstate(statement: &str, connection: &mut PgConnection) -> Option<String> {
    let again = connection
        .transaction(|connection| connection.batch_execute(&telling_text(statement, 0)))
        .err()?;
    let again = failure(&again);
    let (state, _) = again.coded()?.strip_prefix("state:")?.split_once(':')?;
    Some(state.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_seen() {
        for text in [
            "CREATE TABLE role (\"user\" text); GRANT SELECT ON role TO PUBLIC; ALTER TABLE t OWNER TO x",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM role $$",
        ] {
            assert!(keeps_to_its_database(text), "{text}");
        }
        for text in [
            "SELECT 1; create /* a */ Role x",
            "DO $do$ BEGIN EXECUTE 'ALTER USER x SUPERUSER'; END $do$",
            "GRANT a TO b; SELECT 1",
            "REVOKE a FROM b",
            "COMMENT ON DATABASE x IS 'y'",
        ] {
            assert!(!keeps_to_its_database(text), "{text}");
        }
    }

    #[test]
    fn transactions_of_a_files_own_are_passed_over() {
        let text = "BEGIN;\nSELECT 1;\ncommit\n work;\nSTART TRANSACTION;END;\nCOMMIT PREPARED 'a'; ROLLBACK;";
        let expected = "     ;\nSELECT 1;\n      \n     ;\n                 ;   ;\nCOMMIT PREPARED 'a'; ROLLBACK;";
        assert_eq!(in_one(text), expected);
        assert_eq!(readable(text), text);
        for (text, ends) in [
            ("BEGIN; SET LOCAL search_path = a; COMMIT;", true),
            ("BEGIN; CREATE TEMP TABLE t () ON COMMIT DROP; END", true),
            (
                "BEGIN; SET search_path = a; COMMIT; SELECT 'on commit'",
                false,
            ),
            ("SET LOCAL search_path = a; SELECT 1", false),
        ] {
            assert_eq!(ends_with_a_transaction(text), ends, "{text}");
        }
    }

    #[test]
    fn what_pg_dump_writes_for_psql_becomes_a_comment_in_its_place() {
        let text = "\u{feff}-- ü\n\\restrict abc\nSELECT '\n\\restrict x';\n\\unrestrict abc\n";
        assert_eq!(
            readable(text),
            "-- ü\n--estrict abc\nSELECT '\n\\restrict x';\n--nrestrict abc\n"
        );
        assert_eq!(readable("\\echo x"), "\\echo x");
    }

    #[test]
    fn how_backslashes_are_read_is_not_set() {
        let text = "SET standard_conforming_strings = off;\nSELECT E'\\n', 'a';\nset session \
                    Standard_Conforming_Strings to 'ON';\nSELECT '\\';";
        let space = |length: usize| " ".repeat(length);
        assert_eq!(
            readable(text),
            format!(
                "{};\nSELECT E'\\n', 'a';\n{};\nSELECT '\\';",
                space(37),
                space(47)
            )
        );
        assert_eq!(escaped(text), None);
        let text = "SET standard_conforming_strings TO false;\n\nSELECT 'ü', '\\t';";
        assert_eq!(escaped(text), Some((3, 13)));
        let told = check(&SqlFile {
            name: "old.sql".to_owned(),
            text: text.to_owned(),
        })
        .expect_err("the literal would be another");
        assert_eq!(
            told.location().map(ToString::to_string),
            Some("old.sql:3:13".to_owned())
        );
    }

    #[test]
    fn an_index_is_made_without_the_word_that_allows_no_transaction() {
        let text =
            "CREATE INDEX /* concurrently */ Concurrently i ON t (a);\nSELECT 'concurrently';";
        assert_eq!(
            readable(text),
            "CREATE INDEX /* concurrently */              i ON t (a);\nSELECT 'concurrently';"
        );
    }
}
