//! What a way down takes away with its data, told by its words and by its record.
//!
//! The rules beside this one look at operations; here there is SQL, and the question is only whether
//! to ask before it runs. Statements that drop what holds rows, that delete or overwrite them, or that
//! give a column another type are found; so are those of which words do not tell what they do (`DO`,
//! `CALL`, `EXECUTE`). What a function does that a query calls is not seen, and nothing here knows how
//! many rows there are.
//!
//! A revision that was generated has a record of what its way down destroys (`down_destroys` in its
//! metadata): with one, a type that changes is a loss where the record says so.

use limbeck_core::token::{Token, lex};

use super::consent::parse_consent;

/// The kinds of object whose `DROP` takes data along. That of others takes something along only with
/// `CASCADE`: without, Postgres refuses to drop a type or a schema that is used.
const DROPPED: [&str; 5] = ["TABLE", "DATABASE", "SEQUENCE", "OWNED", "EXTENSION"];

/// On which nothing stands that holds rows, so that their `CASCADE` reaches none.
const HOLDS_UP_NO_ROWS: [&str; 5] = ["INDEX", "TRIGGER", "RULE", "POLICY", "STATISTICS"];

/// What stands behind `DROP` in an `ALTER TABLE` where it is no column.
const NO_COLUMN: [&str; 5] = ["CONSTRAINT", "DEFAULT", "NOT", "IDENTITY", "EXPRESSION"];

/// Where a long statement is cut.
const WIDTH: usize = 100;

/// What statements take away, a line each: first the statements that say so themselves, then what the
/// record says beyond that.
pub(crate) fn losses<'a>(
    statements: impl Iterator<Item = &'a str>,
    record: Option<&[String]>,
) -> Vec<String> {
    let mut told = Vec::new();
    let mut names = Vec::new();
    for statement in statements {
        let tokens: Vec<Token<'_>> = lex(statement)
            .filter(|token| token.kind.is_significant())
            .collect();
        if loses(&tokens, record.is_some()) {
            told.push(on_one_line(&tokens));
            names.extend(tokens.iter().map(|token| bare(token.text)));
        }
    }
    for entry in record.unwrap_or_default() {
        // A statement that drops it has told of it already.
        let is_told = entry.starts_with("drop_")
            && parse_consent(entry)
                .is_ok_and(|dropped| names.iter().any(|name| name == dropped.name()));
        if !is_told {
            told.push(entry.clone());
        }
    }
    told
}

/// A name without its quotes.
fn bare(text: &str) -> String {
    match text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        Some(inner) => inner.replace("\"\"", "\""),
        None => text.to_owned(),
    }
}

/// Whether a statement takes data away, as far as its words tell; whether the types that it changes
/// lose something is `recorded` elsewhere, or not.
fn loses(tokens: &[Token<'_>], recorded: bool) -> bool {
    let word = |at: usize| {
        tokens
            .get(at)
            .map(|token| token.text.to_ascii_uppercase())
            .unwrap_or_default()
    };
    match word(0).as_str() {
        "DROP" => {
            let kind = word(1);
            let cascades = tokens.iter().any(|token| token.is_word("cascade"));
            DROPPED.contains(&kind.as_str())
                || (cascades && !HOLDS_UP_NO_ROWS.contains(&kind.as_str()))
        }
        "TRUNCATE" | "DELETE" | "UPDATE" | "MERGE" => true,
        // What these do is in no word of theirs.
        "DO" => !(recorded && is_own(tokens)),
        "CALL" | "EXECUTE" => true,
        "WITH" | "INSERT" | "COPY" | "(" => changes_rows(tokens),
        // This one only runs what it explains where it is told to.
        "EXPLAIN" => {
            let runs = ["analyze", "analyse"];
            let runs = |token: &Token<'_>| runs.iter().any(|word| token.is_word(word));
            tokens.iter().any(runs) && changes_rows(tokens)
        }
        "ALTER" if word(1) == "TABLE" => {
            drops_column(tokens) || (!recorded && changes_type(tokens))
        }
        "ALTER" if word(1) == "TYPE" => {
            let drops =
                |pair: &[Token<'_>]| pair[0].is_word("drop") && pair[1].is_word("attribute");
            tokens.windows(2).any(drops) || (!recorded && changes_type(tokens))
        }
        _ => false,
    }
}

/// Whether it is a block of a generated revision, which notes and puts back what a database says of something or how far
/// it has counted: it bears one of these marks, and no word that changes rows or drops anything, wherever it stands.
fn is_own(tokens: &[Token<'_>]) -> bool {
    let marks = [
        "'limbeck.said'",
        "'limbeck.next$",
        "'ALTER SEQUENCE %s OWNER TO %s'",
    ];
    let changes = ["DELETE", "DROP", "INSERT", "MERGE", "TRUNCATE", "UPDATE"];
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words = |text: &str| {
        let mut words = text.split(|c| !is_word(c));
        words.any(|word| {
            changes
                .iter()
                .any(|change| word.eq_ignore_ascii_case(change))
        })
    };
    let has = |token: &Token<'_>| marks.iter().any(|mark| token.text.contains(mark));
    tokens.iter().any(has) && !tokens.iter().any(|token| words(token.text))
}

/// Whether a query changes rows on its way: `WITH old AS (DELETE …) …`, `ON CONFLICT … DO UPDATE`.
fn changes_rows(tokens: &[Token<'_>]) -> bool {
    let changes = ["delete", "update", "merge", "execute"];
    // Where a statement may begin; `FOR UPDATE` and a column of such a name stand elsewhere.
    let begins = ["do", "analyze", "analyse", "verbose"];
    tokens.windows(2).any(|pair| {
        let [before, token] = pair else { return false };
        changes.iter().any(|word| token.is_word(word))
            && (before.is_punctuation("(")
                || before.is_punctuation(")")
                || begins.iter().any(|word| before.is_word(word)))
    })
}

/// Whether one of the actions is to give a column or an attribute another type.
fn changes_type(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        depth += usize::from(token.is_punctuation("("));
        if at > 0 && depth == 0 && token.is_word("alter") {
            let mut rest = tokens[at + 1..].iter().peekable();
            for word in ["column", "attribute"] {
                rest.next_if(|next| next.is_word(word));
            }
            // Its name, and what of it changes.
            rest.next();
            if let (Some(set), Some(data)) = (rest.next(), rest.next())
                && (set.is_word("type") || (set.is_word("set") && data.is_word("data")))
            {
                return true;
            }
        }
        depth = depth.saturating_sub(usize::from(token.is_punctuation(")")));
    }
    false
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

    fn loss(sql: &str) -> Option<String> {
        losses([sql].into_iter(), None).pop()
    }

    #[test]
    fn statements_that_take_data_away_are_told_on_one_line() {
        for (sql, told) in [
            ("drop  table\n posts -- gone", "drop table posts"),
            (
                "DROP TABLE IF EXISTS a, b CASCADE",
                "DROP TABLE IF EXISTS a, b CASCADE",
            ),
            (
                "ALTER TABLE p ADD a int DEFAULT (1), DROP \"not\"",
                "ALTER TABLE p ADD a int DEFAULT (1), DROP \"not\"",
            ),
        ] {
            assert_eq!(loss(sql).as_deref(), Some(told), "{sql}");
        }
        for sql in [
            "DROP SEQUENCE s",
            "DROP TYPE mood CASCADE",
            "DROP DOMAIN IF EXISTS age CASCADE",
            "DROP SCHEMA s CASCADE",
            "DROP COLLATION c CASCADE",
            "DROP EXTENSION hstore",
            "TRUNCATE posts",
            "DELETE FROM posts",
            "UPDATE posts SET title = ''",
            "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE",
            "DO $$BEGIN DELETE FROM posts; END$$",
            "CALL clean()",
            "EXECUTE clean",
            "ALTER TABLE posts DROP COLUMN body",
            "ALTER TABLE posts DROP body",
            "ALTER TABLE ONLY a.b ALTER COLUMN price TYPE numeric(8,1)",
            "ALTER TABLE b ADD c int, alter price set data type int USING price::int",
            "ALTER TYPE pair DROP ATTRIBUTE a",
            "ALTER TYPE pair ALTER ATTRIBUTE a TYPE int",
            "WITH old AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM old",
            "WITH old AS (SELECT 1) UPDATE a SET b = 1",
            "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET b = 1",
            "EXPLAIN ANALYZE DELETE FROM a",
            "COPY (DELETE FROM a RETURNING *) TO STDOUT",
        ] {
            assert_eq!(loss(sql).as_deref(), Some(sql));
        }
    }

    #[test]
    fn other_statements_are_not() {
        for sql in [
            "",
            "CREATE TABLE drop_table (a int)",
            "DROP INDEX i CASCADE",
            "DROP VIEW v",
            "DROP MATERIALIZED VIEW v",
            "DROP FUNCTION f()",
            "DROP TRIGGER t ON a CASCADE",
            "DROP TYPE \"e_old\"",
            "DROP TYPE \"cascade\"",
            "DROP DOMAIN age RESTRICT",
            "DROP SCHEMA s",
            "ALTER TABLE p DROP CONSTRAINT c",
            "ALTER TABLE p DROP CONSTRAINT c CASCADE",
            "ALTER TABLE p ALTER COLUMN a DROP DEFAULT, ALTER b DROP NOT NULL",
            "ALTER TABLE p ADD CHECK (drop_it > 0)",
            "ALTER TABLE p ADD COLUMN type text",
            "ALTER TABLE p ALTER COLUMN type SET NOT NULL",
            "ALTER TABLE p ALTER COLUMN a SET DEFAULT 1",
            "ALTER TYPE mood ADD VALUE 'drop'",
            "ALTER TYPE mood RENAME TO other",
            "SELECT 'DROP TABLE posts'",
            "SELECT * FROM posts FOR UPDATE",
            "WITH a AS (SELECT 1 FROM b FOR UPDATE) SELECT * FROM a",
            "INSERT INTO posts VALUES (1)",
            "INSERT INTO posts VALUES (1) ON CONFLICT DO NOTHING",
            "EXPLAIN DELETE FROM a",
            "CREATE RULE r AS ON DELETE TO a DO INSTEAD DELETE FROM b",
        ] {
            assert_eq!(loss(sql), None, "{sql}");
        }
    }

    #[test]
    fn blocks_of_generated_revisions_take_nothing_away() {
        let block = |more: &str| {
            format!(
                "DO $$BEGIN PERFORM pg_catalog.set_config('limbeck.said', '[]', true);{more} END$$"
            )
        };
        let told = |sql: &str, record: Option<&[String]>| losses([sql].into_iter(), record);
        assert!(told(&block(""), Some(&[])).is_empty());
        // Of one that nobody generated, or that somebody has written into, nobody can tell.
        assert_eq!(told(&block(""), None).len(), 1);
        for more in ["DELETE FROM a;", "EXECUTE 'truncate a';"] {
            assert_eq!(told(&block(more), Some(&[])).len(), 1, "{more}");
        }
    }

    #[test]
    fn a_record_tells_which_types_lose_something() {
        let sql = [
            "ALTER TABLE \"p\" ALTER COLUMN \"title\" TYPE text",
            "ALTER TABLE \"p\" DROP COLUMN \"it\"\"s\"",
            "UPDATE p SET title = ''",
        ];
        let told = |record: &[&str]| {
            let record: Vec<String> = record.iter().map(|entry| (*entry).to_owned()).collect();
            losses(sql.into_iter(), Some(&record))
        };
        assert_eq!(told(&[]), sql[1..]);
        assert_eq!(
            told(&["drop_column:p.\"it\"\"s\"", "narrow_type:p.title"]),
            [sql[1], sql[2], "narrow_type:p.title"]
        );
        // What no statement drops by its name is told, and so is what is not understood.
        assert_eq!(
            told(&["drop_column:p.body", "melt:p"])[2..],
            ["drop_column:p.body", "melt:p"]
        );
    }

    #[test]
    fn a_long_statement_is_cut() {
        let sql = format!("DELETE FROM {}", "ü".repeat(200));
        let told = loss(&sql).unwrap_or_default();
        assert_eq!(told.chars().count(), WIDTH + 2);
        assert!(told.ends_with(" …"));
    }
}
