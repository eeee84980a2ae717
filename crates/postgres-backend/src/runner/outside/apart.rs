//! Statements that cannot run in a transaction, told by their tokens, and how it is found out whether
//! one that was interrupted is done.

use std::collections::BTreeMap;

use limbeck_core::token::{self, Token, TokenKind};

use crate::history::Fields;
use crate::quote::{DIFFERENT, EQUAL, literal};
use crate::runner::script::{Numbered, Prepared};

/// How a statement that cannot run in a transaction is told to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Apart {
    /// `CREATE INDEX CONCURRENTLY`: the index is there, valid, and on that table.
    CreateIndex {
        /// Its name, as the catalog has it.
        index: String,
        /// The table, as it is written.
        table: String,
    },
    /// `DROP INDEX CONCURRENTLY`: the index is gone.
    DropIndex {
        /// Its name, as the catalog has it.
        index: String,
        /// Its schema, as the catalog has it, where it is written.
        schema: Option<String>,
    },
    /// `DETACH PARTITION … CONCURRENTLY`: the partition is none any more.
    Detach {
        /// The table, as it is written.
        table: String,
        /// The partition, as it is written.
        partition: String,
    },
    /// `REINDEX … CONCURRENTLY`: it is run again, and the copies that it left half built go first.
    Reindex {
        /// The table, or the index, as it is written.
        name: String,
    },
    /// It is run again: that does no harm.
    Again,
    /// Nothing tells.
    Unknown {
        /// What it is, such as `CREATE DATABASE`.
        command: &'static str,
    },
}

/// How something stands that a statement makes or drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Found {
    /// It is not there.
    Absent,
    /// It is there, and as it should be.
    Whole,
    /// It is there, and half built or half gone.
    Half,
    /// Something else has its name.
    Other,
}

/// What a probe answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runner) struct Probed {
    /// How it stands.
    pub(in crate::runner) found: Found,
    /// Its name in full, as SQL.
    pub(in crate::runner) name: String,
    /// Another session that is building it, by its process id.
    pub(in crate::runner) builder: Option<String>,
}

/// The statements of a script that cannot run in a transaction, by their numbers.
pub(in crate::runner) fn apart(script: &Prepared) -> BTreeMap<usize, Apart> {
    let all = script.numbered();
    all.filter_map(|statement| Some((statement.number, of(&statement.text)?)))
        .collect()
}

fn of(text: &str) -> Option<Apart> {
    let command = token::refused_in_transaction(text)?;
    let unknown = Apart::Unknown { command };
    let tokens: Vec<Token<'_>> = token::lex(text)
        .filter(|token| token.kind.is_significant())
        .collect();
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
    };
    Some(match command {
        "CREATE INDEX CONCURRENTLY" => reader.create_index().unwrap_or(unknown),
        "DROP INDEX CONCURRENTLY" => reader.drop_index().unwrap_or(unknown),
        "DETACH PARTITION CONCURRENTLY" => reader.detach().unwrap_or(unknown),
        "REINDEX CONCURRENTLY" => reader.reindex().unwrap_or(Apart::Again),
        "VACUUM" | "REINDEX" | "CLUSTER" | "ALTER SYSTEM" => Apart::Again,
        _ => unknown,
    })
}

/// Reads what stands in a statement, from its front.
struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
}

impl<'a> Reader<'a> {
    fn word(&mut self, word: &str) -> bool {
        let is = self
            .tokens
            .get(self.at)
            .is_some_and(|token| token.is_word(word));
        self.at += usize::from(is);
        is
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let at = self.at;
        let all = words.iter().all(|word| self.word(word));
        if !all {
            self.at = at;
        }
        all
    }

    /// A name with or without a schema: its parts.
    fn name(&mut self) -> Option<Vec<&'a Token<'a>>> {
        let mut parts = Vec::new();
        loop {
            let token = self.tokens.get(self.at)?;
            token.name()?;
            parts.push(token);
            self.at += 1;
            match self.tokens.get(self.at) {
                Some(dot) if dot.is_punctuation(".") || dot.text == "." => self.at += 1,
                _ => return Some(parts),
            }
        }
    }

    fn create_index(&mut self) -> Option<Apart> {
        self.word("create");
        self.word("unique");
        self.words(&["index", "concurrently"]);
        self.words(&["if", "not", "exists"]);
        if self.word("on") {
            // Postgres chooses a name, another one each time.
            return None;
        }
        let index = self.name()?;
        if !self.word("on") {
            return None;
        }
        self.word("only");
        let table = self.name()?;
        match index.as_slice() {
            [index] => Some(Apart::CreateIndex {
                index: unquoted(index),
                table: written(&table),
            }),
            _ => None,
        }
    }

    fn drop_index(&mut self) -> Option<Apart> {
        self.words(&["drop", "index", "concurrently"]);
        self.words(&["if", "exists"]);
        let name = self.name()?;
        match name.as_slice() {
            [index] => Some(Apart::DropIndex {
                index: unquoted(index),
                schema: None,
            }),
            [schema, index] => Some(Apart::DropIndex {
                index: unquoted(index),
                schema: Some(unquoted(schema)),
            }),
            _ => None,
        }
    }

    fn reindex(&mut self) -> Option<Apart> {
        self.word("reindex");
        // Options in parentheses may come first, `CONCURRENTLY` among them.
        if self.tokens.get(self.at)?.is_punctuation("(") {
            let mut rest = self.tokens.iter().skip(self.at);
            self.at += 1 + rest.position(|token| token.is_punctuation(")"))?;
        }
        if !self.word("index") && !self.word("table") {
            return None;
        }
        self.word("concurrently");
        Some(Apart::Reindex {
            name: written(&self.name()?),
        })
    }

    fn detach(&mut self) -> Option<Apart> {
        self.words(&["alter", "table"]);
        self.words(&["if", "exists"]);
        self.word("only");
        let table = self.name()?;
        if !self.words(&["detach", "partition"]) {
            return None;
        }
        let partition = self.name()?;
        Some(Apart::Detach {
            table: written(&table),
            partition: written(&partition),
        })
    }
}

/// A name as the catalog has it, but for its length, which casts cut off.
fn unquoted(token: &Token<'_>) -> String {
    token.name().unwrap_or_default()
}

/// A name as SQL.
fn written(parts: &[&Token<'_>]) -> String {
    let parts: Vec<&str> = parts.iter().map(|token| token.text).collect();
    parts.join(".")
}

/// The `name` of a text, which the cast cuts off where it is too long.
fn as_name(name: &str) -> String {
    format!("{}::pg_catalog.name", literal(name))
}

impl Apart {
    /// Asks how it stands; `None` where nothing tells. Names without a schema are those of `placement`,
    /// but for tables, which are found as the statement finds them.
    pub(in crate::runner) fn probe_sql(&self, placement: &str) -> Option<String> {
        // What is built now is invalid, too. `index_relid` is shown to those who may see it.
        let builder = format!(
            "(SELECT p.pid::pg_catalog.text FROM pg_catalog.pg_stat_progress_create_index AS p \
             WHERE p.index_relid {EQUAL} c.oid AND p.pid {DIFFERENT} pg_catalog.pg_backend_pid() LIMIT 1)"
        );
        Some(match self {
            Self::CreateIndex { index, table } => format!(
                "SELECT ARRAY[CASE WHEN c.oid IS NULL THEN 'absent' \
                 WHEN i.indrelid IS NULL OR i.indrelid {DIFFERENT} t.oid THEN 'other' \
                 WHEN i.indisvalid THEN 'whole' ELSE 'half' END, \
                 pg_catalog.format('%I.%I', n.nspname, {index}), {builder}] AS fields\n\
                 FROM pg_catalog.pg_class AS t\n\
                 JOIN pg_catalog.pg_namespace AS n ON n.oid {EQUAL} t.relnamespace\n\
                 LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace {EQUAL} t.relnamespace \
                 AND c.relname {EQUAL} {index}\n\
                 LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid {EQUAL} c.oid\n\
                 WHERE t.oid {EQUAL} pg_catalog.to_regclass({table})",
                index = as_name(index),
                table = literal(table),
            ),
            Self::DropIndex { index, schema } => {
                // Without a schema it is the first that the path leads to, here and there.
                let elsewhere = match schema {
                    Some(_) => "false".to_owned(),
                    None => format!(
                        "pg_catalog.to_regclass(pg_catalog.quote_ident({})) IS NOT NULL",
                        literal(index)
                    ),
                };
                format!(
                    "SELECT ARRAY[CASE WHEN c.oid IS NULL AND {elsewhere} THEN 'other' \
                     WHEN c.oid IS NULL THEN 'absent' \
                     WHEN i.indisvalid THEN 'whole' ELSE 'half' END, \
                     pg_catalog.format('%I.%I', w.nspname, {index}), NULL] AS fields\n\
                     FROM (SELECT {schema} AS nspname) AS w\n\
                     LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname {EQUAL} w.nspname\n\
                     LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace {EQUAL} n.oid \
                     AND c.relname {EQUAL} {index}\n\
                     LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid {EQUAL} c.oid",
                    index = as_name(index),
                    schema = as_name(schema.as_deref().unwrap_or(placement)),
                )
            }
            Self::Detach { table, partition } => format!(
                "SELECT ARRAY[CASE WHEN h.inhrelid IS NULL THEN 'absent' \
                 WHEN pg_catalog.to_jsonb(h) OPERATOR(pg_catalog.->>) 'inhdetachpending' \
                 {EQUAL} 'true' THEN 'half' \
                 ELSE 'whole' END, {table}, NULL] AS fields\n\
                 FROM (SELECT pg_catalog.to_regclass({table}) AS parent, \
                 pg_catalog.to_regclass({partition}) AS child) AS w\n\
                 LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhparent {EQUAL} w.parent::pg_catalog.oid \
                 AND h.inhrelid {EQUAL} w.child::pg_catalog.oid",
                table = literal(table),
                partition = literal(partition),
            ),
            Self::Reindex { .. } | Self::Again | Self::Unknown { .. } => return None,
        })
    }

    /// Asks for the half built copies that it left, by their names as SQL, while nobody builds any.
    pub(in crate::runner) fn leftovers_sql(&self) -> Option<String> {
        let Self::Reindex { name } = self else {
            return None;
        };
        Some(format!(
            "SELECT ARRAY[pg_catalog.format('%I.%I', n.nspname, c.relname)] AS fields\n\
             FROM (SELECT coalesce((SELECT o.indrelid FROM pg_catalog.pg_index AS o \
             WHERE o.indexrelid {EQUAL} r.oid), r.oid) AS oid \
             FROM (SELECT pg_catalog.to_regclass({name})::pg_catalog.oid AS oid) AS r) AS t\n\
             JOIN pg_catalog.pg_index AS i ON i.indrelid {EQUAL} t.oid AND NOT i.indisvalid\n\
             JOIN pg_catalog.pg_class AS c ON c.oid {EQUAL} i.indexrelid \
             AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$'\n\
             JOIN pg_catalog.pg_namespace AS n ON n.oid {EQUAL} c.relnamespace\n\
             WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p \
             WHERE p.relid {EQUAL} t.oid AND p.pid {DIFFERENT} pg_catalog.pg_backend_pid())\n\
             ORDER BY c.relname",
            name = literal(name),
        ))
    }

    /// What a [`probe_sql`](Self::probe_sql) has answered. Nothing where there is no such table.
    pub(in crate::runner) fn probed(rows: Vec<Fields>) -> Option<Probed> {
        let fields: [Option<String>; 3] = rows.into_iter().next()?.try_into().ok()?;
        let [found, name, builder] = fields;
        Some(Probed {
            found: match found.as_deref()? {
                "absent" => Found::Absent,
                "whole" => Found::Whole,
                "half" => Found::Half,
                _ => Found::Other,
            },
            name: name?,
            builder,
        })
    }

    /// What ends a half done one, in place of the statement itself.
    pub(in crate::runner) fn finishing(&self) -> Option<String> {
        match self {
            Self::Detach { table, partition } => Some(format!(
                "ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE"
            )),
            _ => None,
        }
    }
}

/// Whether a script adds a value to an enum and speaks of it later: Postgres wants a commit between
/// them, unless the type is made there, too. Told by tokens: where it is in doubt, it does.
pub(in crate::runner) fn uses_added_value(script: &Prepared) -> bool {
    let mut made: Vec<Vec<String>> = Vec::new();
    let mut added: Vec<String> = Vec::new();
    for Numbered { text, .. } in script.numbered() {
        if added.iter().any(|value| text.contains(value.as_str())) {
            return true;
        }
        let tokens: Vec<Token<'_>> = token::lex(text)
            .filter(|token| token.kind.is_significant())
            .collect();
        let mut reader = Reader {
            tokens: &tokens,
            at: 0,
        };
        if reader.words(&["create", "type"]) {
            let name = reader.name();
            made.extend(name.map(|parts| parts.into_iter().map(unquoted).collect()));
            continue;
        }
        if !reader.words(&["alter", "type"]) {
            continue;
        }
        let Some(name) = reader.name() else { continue };
        let name: Vec<String> = name.into_iter().map(unquoted).collect();
        if !reader.words(&["add", "value"]) || made.contains(&name) {
            continue;
        }
        reader.words(&["if", "not", "exists"]);
        if let Some(value) = tokens.get(reader.at)
            && value.kind == TokenKind::String
        {
            added.push(value.text.to_owned());
        }
    }
    false
}

/// What a name that a probe has answered is as SQL: Postgres has quoted it.
pub(in crate::runner) fn drop_sql(name: &str) -> String {
    format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")
}

#[cfg(test)]
mod tests {
    use limbeck_core::{Ident, Revision, RevisionId, Script};

    use super::*;
    use crate::quote::bare::bare;
    use crate::runner::script::{prepare, render};

    fn script(sql: &str) -> Prepared {
        let mut script = Script::new();
        script.sql(sql.to_owned());
        let id = RevisionId::new("a1").expect("an identifier");
        let revision = Revision::new(id, limbeck_core::revision::sql_digest(sql));
        let public = Ident::new("public").expect("a name");
        prepare(&script, &revision, &public, render).expect("a script")
    }

    #[track_caller]
    fn check(sql: &str, expected: Apart) {
        let found = of(sql).expect("it cannot run in one");
        assert_eq!(found, expected, "{sql}");
        if let Some(probe) = found.probe_sql("public") {
            assert_eq!(bare(&probe), [""; 0], "{probe}");
        }
    }

    fn create(index: &str, table: &str) -> Apart {
        Apart::CreateIndex {
            index: index.to_owned(),
            table: table.to_owned(),
        }
    }

    #[test]
    fn what_a_statement_is_about_is_read() {
        check("CREATE INDEX CONCURRENTLY i ON t (a)", create("i", "t"));
        check(
            "create unique /* c */ index concurrently if not exists \"I\"\"x\" on only S.\"T\" using btree (a)",
            create("I\"x", "S.\"T\""),
        );
        check("CREATE INDEX CONCURRENTLY Abc ON t (a)", create("abc", "t"));
        let unknown = |command| Apart::Unknown { command };
        check(
            "CREATE INDEX CONCURRENTLY ON t (a)",
            unknown("CREATE INDEX CONCURRENTLY"),
        );
        check("CREATE DATABASE d", unknown("CREATE DATABASE"));
        let gone = |index: &str, schema: Option<&str>| Apart::DropIndex {
            index: index.to_owned(),
            schema: schema.map(str::to_owned),
        };
        check("DROP INDEX CONCURRENTLY i", gone("i", None));
        check(
            "DROP INDEX CONCURRENTLY IF EXISTS \"S\".i CASCADE",
            gone("i", Some("S")),
        );
        check(
            "ALTER TABLE IF EXISTS s.t DETACH PARTITION p CONCURRENTLY",
            Apart::Detach {
                table: "s.t".to_owned(),
                partition: "p".to_owned(),
            },
        );
        check("VACUUM (ANALYZE) t", Apart::Again);
        let again = |name: &str| Apart::Reindex {
            name: name.to_owned(),
        };
        check("REINDEX INDEX CONCURRENTLY s.i", again("s.i"));
        check("REINDEX (VERBOSE, CONCURRENTLY) TABLE t", again("t"));
        check("REINDEX SCHEMA CONCURRENTLY s", Apart::Again);
        let leftovers = again("s.i").leftovers_sql().expect("a query");
        assert_eq!(bare(&leftovers), [""; 0], "{leftovers}");
        assert_eq!(of("CREATE INDEX i ON t (a)"), None);
    }

    #[test]
    fn an_enum_value_is_used_where_a_later_statement_speaks_of_it() {
        let check =
            |sql: &str, uses: bool| assert_eq!(uses_added_value(&script(sql)), uses, "{sql}");
        check("ALTER TYPE m ADD VALUE 'b'", false);
        check("ALTER TYPE m ADD VALUE 'b'; SELECT 'c'", false);
        check("SELECT 'b'; ALTER TYPE m ADD VALUE 'b'", false);
        check("ALTER TYPE m ADD VALUE 'b'; UPDATE t SET m = 'b'", true);
        check(
            "alter type s.m add value if not exists 'b' after 'a'; DO $$ BEGIN INSERT INTO t VALUES ('b'); END $$",
            true,
        );
        check(
            "CREATE TYPE m AS ENUM ('a'); ALTER TYPE \"m\" ADD VALUE 'b'; CREATE TABLE t (m m DEFAULT 'b')",
            false,
        );
    }
}
