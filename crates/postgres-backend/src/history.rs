//! The history table: one row for each applied revision of each bundle and placement.
//!
//! This is its SQL text and the meaning of its rows; nobody is asked anything here, that is the
//! runner's and the drivers' business. Every query gives one column, `fields`, an array of text,
//! so that a driver needs to know a single type of row. Whether a revision is applied, and what
//! its content was, is the truth that rows hold; `is_head` and the chain digest are caches of it,
//! which can only ever lead to the answer *nothing to do*.
//!
//! A session's search path may put anything before what Postgres brings: operators of arrays are found
//! by their exact types, so that even the default path finds one that another role has made in
//! `public`. Every operator and every type here is therefore named with its schema, and words of SQL
//! that stand for an operator (`IN`, `LIKE`, `NULLIF`, `CASE x WHEN`) are not used.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use limbeck_core::name::derived_name;
use limbeck_core::revision::Digest;
use limbeck_core::{Ident, QualifiedName, RevisionId};

use crate::quote::{DIFFERENT, EQUAL, MORE, ident, literal};
use crate::test_schema::SETTING;

mod offline;
mod row;

pub use offline::{ensure_schema_body, not_by_diesel_body, schema_there_body};
pub use row::{Change, Fields, HeadRow, HistoryRow, NewRow, Standing, State, Took};

/// The format of the table, told in its comment.
pub const HISTORY_FORMAT: u32 = 1;

/// The settings that a revision runs under and that are put back after it.
pub const SETTINGS: [&str; 4] = ["role", "lock_timeout", "statement_timeout", "search_path"];

/// Its columns, in their order, each with its type.
const COLUMNS: [(&str, &str); 16] = [
    ("bundle", "text"),
    ("placement", "text"),
    ("revision", "text"),
    ("parents", "text[]"),
    ("is_head", "bool"),
    ("breaking", "bool"),
    ("content_digest", "text"),
    ("chain_digest", "text"),
    ("digest_version", "int2"),
    ("message", "text"),
    ("applied_at", "timestamptz"),
    ("duration_us", "int8"),
    ("applied_by", "text"),
    ("state", "text"),
    ("statement_reached", "int4"),
    ("down_sql", "text"),
];

/// What the comment of a history table starts with: by it, it is known as ours.
pub const HISTORY_MARKER: &str = "limbeck:";

/// Which table the history stands in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HistoryTable {
    /// Its schema.
    pub schema: Ident,
    /// Its name.
    pub name: Ident,
}

impl Default for HistoryTable {
    fn default() -> Self {
        Self {
            schema: Ident::new("public").expect("`public` is a name"),
            name: Ident::new("limbeck_revision").expect("`limbeck_revision` is a name"),
        }
    }
}

impl From<HistoryTable> for QualifiedName {
    fn from(table: HistoryTable) -> Self {
        Self::new(table.schema, table.name)
    }
}

impl std::fmt::Display for HistoryTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// Whose rows: a bundle, and the schema that it is installed in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The bundle's name.
    pub bundle: String,
    /// The schema.
    pub placement: Ident,
}

/// Whether it is known which schema a bundle is installed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placed {
    /// It is: one database may have a bundle in several schemas, and this one is meant.
    #[default]
    Stated,
    /// Nobody has said: where a bundle of this name stands in another schema alone, that is refused.
    Assumed,
}

impl Owner {
    /// The condition that picks its rows.
    fn condition(&self) -> String {
        format!(
            "h.bundle {EQUAL} {} AND h.placement {EQUAL} {}",
            literal(&self.bundle),
            literal(self.placement.as_str())
        )
    }
}

impl HistoryTable {
    /// The name as SQL, always in full.
    pub fn sql(&self) -> String {
        format!("{}.{}", ident(&self.schema), ident(&self.name))
    }

    /// Asks whether the table exists; the answer is one field, `true` or `false`. Never fails.
    pub fn exists_sql(&self) -> String {
        format!(
            "SELECT ARRAY[EXISTS (\n  SELECT FROM pg_catalog.pg_class AS c\n  \
             JOIN pg_catalog.pg_namespace AS n ON n.oid {EQUAL} c.relnamespace\n  \
             WHERE n.nspname {EQUAL} {} AND c.relname {EQUAL} {} \
             AND c.relkind {EQUAL} ANY ('{{r,p,v,f}}'))::pg_catalog.text] AS fields",
            literal(self.schema.as_str()),
            literal(self.name.as_str())
        )
    }

    /// Reads the heads of all bundles, in whichever schema: the one statement that a run with nothing to
    /// do costs. It also tells whether the schemas are there that they stand in.
    pub fn heads_sql(&self) -> String {
        format!(
            "SELECT ARRAY[h.bundle, h.placement, h.revision, h.chain_digest, \
             h.digest_version::pg_catalog.text, h.state, \
             (EXISTS (SELECT FROM pg_catalog.pg_namespace AS n \
             WHERE n.nspname {EQUAL} h.placement::pg_catalog.name))::pg_catalog.text, \
             CASE WHEN h.placement::pg_catalog.name {EQUAL} ANY (pg_catalog.current_schemas(false)) THEN NULL \
             ELSE pg_catalog.current_setting('search_path') END, \
             pg_catalog.current_setting('{SETTING}', true)] AS fields\n\
             FROM {} AS h\nWHERE h.is_head",
            self.sql()
        )
    }

    /// Reads all rows of some owners, oldest first.
    pub fn rows_sql<'a>(&self, owners: impl IntoIterator<Item = &'a Owner>) -> String {
        format!(
            "SELECT ARRAY[h.bundle, h.placement, h.revision, \
             pg_catalog.array_to_string(h.parents, ' '), h.is_head::pg_catalog.text, \
             h.breaking::pg_catalog.text, h.content_digest, h.chain_digest, \
             h.digest_version::pg_catalog.text, h.message, h.applied_at::pg_catalog.text, \
             h.duration_us::pg_catalog.text, h.applied_by, h.state, \
             h.statement_reached::pg_catalog.text, \
             (h.down_sql IS NOT NULL)::pg_catalog.text] AS fields\n\
             FROM {} AS h\nWHERE {}\nORDER BY h.bundle, h.placement, h.applied_at, h.revision",
            self.sql(),
            any_of(owners)
        )
    }

    /// Reads the kept way down of one revision: no row, or one field.
    pub fn down_sql(&self, owner: &Owner, revision: &str) -> String {
        format!(
            "SELECT ARRAY[h.down_sql] AS fields\nFROM {} AS h\nWHERE {} AND h.revision {EQUAL} {}",
            self.sql(),
            owner.condition(),
            literal(revision)
        )
    }

    /// Asks for the [`Standing`]: catalogs only, so that no role and no state makes it fail.
    ///
    /// Where the table does not exist, other tables of its form are looked for, and the answer holds
    /// the query that asks them for these owners. Postgres writes it, so that names go through its own
    /// quoting. To read a table may run what somebody else wrote: those with policies or other types are
    /// left out, and so is what inherits from them.
    pub fn standing_sql(&self, owners: &[Owner], placed: Placed) -> String {
        let placements: BTreeSet<&Ident> = owners.iter().map(|owner| &owner.placement).collect();
        let placements: Vec<String> = placements
            .into_iter()
            .map(|name| literal(name.as_str()).to_string())
            .collect();
        let schema = literal(self.schema.as_str());
        let name = literal(self.name.as_str());
        format!(
            "SELECT ARRAY[\n  \
             (n.oid IS NOT NULL)::pg_catalog.text,\n  \
             (c.oid IS NOT NULL)::pg_catalog.text,\n  \
             (SELECT ds.description FROM pg_catalog.pg_description AS ds \
             WHERE ds.objoid {EQUAL} c.oid AND ds.objsubid {EQUAL} 0 \
             AND ds.classoid {EQUAL} 'pg_catalog.pg_class'::pg_catalog.regclass),\n  \
             coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE'), false)::pg_catalog.text,\n  \
             coalesce(pg_catalog.has_schema_privilege(n.oid, 'CREATE'), false)::pg_catalog.text,\n  \
             pg_catalog.has_database_privilege(d.oid, 'CREATE')::pg_catalog.text,\n  \
             pg_catalog.has_database_privilege(d.oid, 'TEMPORARY')::pg_catalog.text,\n  \
             pg_catalog.concat_ws(', ', {rights}),\n  \
             current_user::pg_catalog.text,\n  \
             pg_catalog.current_database()::pg_catalog.text,\n  \
             pg_catalog.current_setting('transaction_read_only'),\n  \
             pg_catalog.pg_is_in_recovery()::pg_catalog.text,\n  \
             {settings},\n  \
             (SELECT pg_catalog.string_agg(wanted::pg_catalog.text, E'\\n') \
             FROM pg_catalog.unnest(ARRAY[{placements}]::pg_catalog.name[]) AS wanted \
             WHERE wanted {DIFFERENT} ALL (SELECT nspname FROM pg_catalog.pg_namespace)),\n  \
             (SELECT pg_catalog.string_agg(pn.nspname::pg_catalog.text, E'\\n') FROM pg_catalog.pg_namespace AS pn \
             WHERE pn.nspname {EQUAL} ANY (ARRAY[{placements}]::pg_catalog.name[]) \
             AND NOT pg_catalog.has_schema_privilege(pn.oid, 'USAGE')),\n  \
             (SELECT pg_catalog.string_agg(pn.nspname::pg_catalog.text, E'\\n') FROM pg_catalog.pg_namespace AS pn \
             WHERE pn.nspname {EQUAL} ANY (ARRAY[{placements}]::pg_catalog.name[]) \
             AND NOT pg_catalog.has_schema_privilege(pn.oid, 'CREATE')),\n  \
             (SELECT pg_catalog.format('%I.%I', dn.nspname, dc.relname) \
             FROM pg_catalog.pg_class AS dc \
             JOIN pg_catalog.pg_namespace AS dn ON dn.oid {EQUAL} dc.relnamespace \
             WHERE dc.relname {EQUAL} '__diesel_schema_migrations' AND dc.relkind {EQUAL} 'r' \
             AND dn.nspname {EQUAL} ANY (pg_catalog.current_schemas(false)) \
             AND pg_catalog.has_schema_privilege(dn.oid, 'USAGE') \
             AND pg_catalog.has_table_privilege(dc.oid, 'SELECT') \
             ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), dn.nspname) LIMIT 1),\n  \
             pg_catalog.current_setting('standard_conforming_strings'),\n  \
             pg_catalog.current_setting('{SETTING}', true),\n  \
             (SELECT pg_catalog.string_agg({query}, ' UNION ALL ' ORDER BY hn.nspname, hc.relname) \
             {found} AND c.oid IS NULL)\n\
             ] AS fields\n\
             FROM pg_catalog.pg_database AS d\n\
             LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname {EQUAL} {schema}\n\
             LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace {EQUAL} n.oid AND c.relname {EQUAL} {name} \
             AND c.relkind {EQUAL} ANY ('{{r,p,v,f}}')\n\
             WHERE d.datname {EQUAL} pg_catalog.current_database()",
            placements = placements.join(", "),
            query = history_query(owners, placed),
            found = other_histories(),
            settings = SETTINGS
                .map(|name| format!("pg_catalog.current_setting('{name}')"))
                .join(", "),
            rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]
                .map(|right| format!(
                    "CASE WHEN NOT pg_catalog.has_table_privilege(c.oid, '{right}') \
                     THEN '{right}' END"
                ))
                .join(", "),
        )
    }

    /// Asks for the tables that [`standing_sql`](Self::standing_sql) finds, one a row: the query that
    /// asks it, and its name as SQL has it.
    pub fn elsewhere_sql(&self, owners: &[Owner], placed: Placed) -> String {
        format!(
            "SELECT ARRAY[{query}, pg_catalog.format('%I.%I', hn.nspname, hc.relname)] AS fields\n\
             {found}\nORDER BY hn.nspname, hc.relname",
            query = history_query(owners, placed),
            found = other_histories(),
        )
    }

    /// Makes the table, and its schema where that is asked. Several at once must not run it, it
    /// belongs under the lock; where the table exists already it does nothing.
    pub fn create_sql(&self, with_schema: bool) -> String {
        let table = self.sql();
        let heads = derived_name(self.name.as_str(), None, "heads_idx");
        let mut sql = String::new();
        if with_schema {
            let _ = writeln!(sql, "CREATE SCHEMA IF NOT EXISTS {};", ident(&self.schema));
        }
        let _ = write!(
            sql,
            "CREATE TABLE IF NOT EXISTS {table} (\n  \
             bundle pg_catalog.text NOT NULL,\n  \
             placement pg_catalog.text NOT NULL,\n  \
             revision pg_catalog.text NOT NULL,\n  \
             parents pg_catalog.text[] NOT NULL,\n  \
             is_head boolean NOT NULL,\n  \
             breaking boolean NOT NULL,\n  \
             content_digest pg_catalog.text NOT NULL,\n  \
             chain_digest pg_catalog.text NOT NULL,\n  \
             digest_version smallint NOT NULL,\n  \
             message pg_catalog.text NOT NULL,\n  \
             applied_at timestamp with time zone NOT NULL,\n  \
             duration_us bigint,\n  \
             applied_by pg_catalog.text NOT NULL,\n  \
             state pg_catalog.text NOT NULL,\n  \
             statement_reached integer,\n  \
             down_sql pg_catalog.text,\n  \
             PRIMARY KEY (bundle, placement, revision)\n);\n\
             CREATE INDEX IF NOT EXISTS {} ON {table} (bundle, placement) WHERE is_head;\n\
             COMMENT ON TABLE {table} IS {};\n",
            ident(&heads),
            literal(&format!(
                "{HISTORY_MARKER} history of revisions, format {HISTORY_FORMAT}; kept by Limbeck, \
                 not to be edited by hand"
            )),
        );
        sql
    }

    /// Raises `limbeck:moved` unless the heads are the ones given, and the revision is (or is not)
    /// applied. The body of a `DO` block.
    pub fn check_body<'a>(
        &self,
        owner: &Owner,
        heads: impl IntoIterator<Item = &'a str>,
        revision: Option<(&str, bool)>,
    ) -> String {
        let mut heads: Vec<&str> = heads.into_iter().collect();
        heads.sort_unstable();
        let mut condition = format!("{} {DIFFERENT} {}", self.head_array(owner), array(&heads));
        if let Some((revision, applied)) = revision {
            let _ = write!(
                condition,
                "\n    OR {}EXISTS (SELECT FROM {} AS h WHERE {} AND h.revision {EQUAL} {})",
                if applied { "NOT " } else { "" },
                self.sql(),
                owner.condition(),
                literal(revision)
            );
        }
        format!(
            "  IF {condition} THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB002', CONSTRAINT = 'limbeck:moved', \
             MESSAGE = 'limbeck: another process has migrated meanwhile';\n  END IF;\n"
        )
    }

    /// The heads of an owner, as an array.
    fn head_array(&self, owner: &Owner) -> String {
        format!(
            "ARRAY(SELECT h.revision FROM {} AS h WHERE {} AND h.is_head \
             ORDER BY h.revision COLLATE pg_catalog.\"C\")",
            self.sql(),
            owner.condition()
        )
    }

    /// Makes a change and counts its rows, raising `limbeck:history` where a count is off. The body
    /// of a `DO` block that declares `limbeck_rows bigint`.
    pub fn change_body(&self, owner: &Owner, change: &Change) -> String {
        let Change {
            delete,
            insert,
            no_longer_heads,
            now_heads,
        } = change;
        let table = self.sql();
        let mut body = String::new();
        if !delete.is_empty() {
            let statement = format!(
                "DELETE FROM {table} AS h WHERE {} AND h.revision {EQUAL} ANY ({})",
                owner.condition(),
                array(delete)
            );
            body.push_str(&counted(&statement, delete.len()));
        }
        for (rows, is_head) in [(no_longer_heads, false), (now_heads, true)] {
            if !rows.is_empty() {
                let statement = format!(
                    "UPDATE {table} AS h SET is_head = {is_head} WHERE {} AND h.revision {EQUAL} ANY ({}) \
                     AND h.is_head IS NOT {is_head}",
                    owner.condition(),
                    array(rows)
                );
                body.push_str(&counted(&statement, rows.len()));
            }
        }
        for (row, is_head) in insert {
            body.push_str(&counted(&self.insert_statement(owner, row, *is_head), 1));
        }
        body
    }

    /// Raises `limbeck:moved` unless a revision is half done as its row said: the body of a `DO` block.
    pub fn half_body(&self, owner: &Owner, revision: &str, half: &Half<'_>) -> String {
        format!(
            "  IF NOT EXISTS (SELECT FROM {} AS h WHERE {}) THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB002', CONSTRAINT = 'limbeck:moved', \
             MESSAGE = 'limbeck: another process has migrated meanwhile';\n  END IF;\n",
            self.sql(),
            half_condition(owner, revision, half),
        )
    }

    /// Notes how far a revision is that runs outside of a transaction, from what its row says, raising
    /// `limbeck:history` where it says something else: the body of a `DO` block that declares
    /// `limbeck_rows bigint`. With a digest, that becomes the content of the row.
    pub fn progress_body(
        &self,
        owner: &Owner,
        revision: &str,
        half: &Half<'_>,
        reached: i32,
        content: Option<Digest>,
    ) -> String {
        let content = content.map_or_else(String::new, |content| {
            format!(", content_digest = {}", literal(&content.to_string()))
        });
        counted(
            &format!(
                "UPDATE {} AS h SET statement_reached = ({reached}){content} WHERE {}",
                self.sql(),
                half_condition(owner, revision, half)
            ),
            1,
        )
    }

    /// Notes that an applied revision is being taken back outside of a transaction, by this text: the body
    /// of a `DO` block, as [`progress_body`](Self::progress_body).
    pub fn reverting_body(&self, owner: &Owner, revision: &str, down: &str) -> String {
        counted(
            &format!(
                "UPDATE {} AS h SET state = {}, statement_reached = 0, down_sql = {} WHERE {} \
                 AND h.revision {EQUAL} {} AND h.state {EQUAL} ANY ({})",
                self.sql(),
                literal(State::Reverting.as_str()),
                literal(down),
                owner.condition(),
                literal(revision),
                array(&[State::Applied.as_str(), State::Stamped.as_str()])
            ),
            1,
        )
    }

    /// Takes back that a revision is half done, nothing of it being done: the body of a `DO` block, as
    /// [`progress_body`](Self::progress_body).
    pub fn unclaim_body(
        &self,
        owner: &Owner,
        revision: &str,
        half: &Half<'_>,
        before: Option<&HistoryRow>,
    ) -> String {
        let table = self.sql();
        let condition = half_condition(owner, revision, half);
        let statement = match before {
            None => format!("DELETE FROM {table} AS h WHERE {condition}"),
            Some(before) => format!(
                "UPDATE {table} AS h SET state = {}, statement_reached = {} WHERE {condition}",
                literal(before.state.as_str()),
                before
                    .statement_reached
                    .map_or_else(|| "NULL".to_owned(), |reached| reached.to_string()),
            ),
        };
        counted(&statement, 1)
    }

    /// Brings the caches of rows up to date, the body of a `DO` block.
    pub fn refresh_body(&self, owner: &Owner, rows: &[(NewRow, bool)]) -> String {
        let mut body = String::new();
        for (row, is_head) in rows {
            let parents: Vec<&str> = row.parents.iter().map(RevisionId::as_str).collect();
            let _ = writeln!(
                body,
                "  UPDATE {} AS h SET parents = {}, chain_digest = {}, is_head = {is_head}, \
                 breaking = {} WHERE {} AND h.revision {EQUAL} {};",
                self.sql(),
                array(&parents),
                literal(&row.chain.to_string()),
                row.breaking,
                owner.condition(),
                literal(row.revision.as_str())
            );
        }
        body
    }

    fn insert_statement(&self, owner: &Owner, row: &NewRow, is_head: bool) -> String {
        let NewRow {
            revision,
            parents,
            breaking,
            content,
            chain,
            digest_version,
            message,
            state,
            statement_reached,
            took,
            down,
        } = row;
        let parents: Vec<&str> = parents.iter().map(RevisionId::as_str).collect();
        let since = |began: &str| {
            format!(
                "(EXTRACT(EPOCH FROM (pg_catalog.clock_timestamp() \
                 OPERATOR(pg_catalog.-) pg_catalog.{began}())) \
                 OPERATOR(pg_catalog.*) 1000000)::bigint"
            )
        };
        let took = match took {
            Took::ThisBatch => since("statement_timestamp"),
            Took::ThisTransaction => since("transaction_timestamp"),
            Took::Measured(duration) => duration.as_micros().to_string(),
            Took::Nothing => "NULL".to_owned(),
        };
        format!(
            "INSERT INTO {} (bundle, placement, revision, parents, is_head, breaking, \
             content_digest, chain_digest, digest_version, message, applied_at, duration_us, \
             applied_by, state, statement_reached, down_sql)\n  VALUES ({}, {}, {}, {}, {is_head}, \
             {breaking}, {}, {}, {digest_version}, {}, pg_catalog.clock_timestamp(), {took}, \
             session_user, {}, {}, {})",
            self.sql(),
            literal(&owner.bundle),
            literal(owner.placement.as_str()),
            literal(revision.as_str()),
            array(&parents),
            literal(&content.to_string()),
            literal(&chain.to_string()),
            literal(message),
            literal(state.as_str()),
            statement_reached.map_or_else(|| "NULL".to_owned(), |number| number.to_string()),
            down.as_deref()
                .map_or_else(|| "NULL".to_owned(), |down| literal(down).to_string()),
        )
    }
}

/// How far a revision is that runs outside of a transaction, as its row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Half<'a> {
    /// Its state.
    pub state: &'a State,
    /// The statement it has reached.
    pub reached: i32,
}

/// A statement that must change so many rows, in the body of a `DO` block.
fn counted(statement: &str, expected: usize) -> String {
    format!(
        "  {statement};\n  GET DIAGNOSTICS limbeck_rows = ROW_COUNT;\n  \
         IF limbeck_rows {DIFFERENT} {expected} THEN\n    \
         RAISE EXCEPTION USING ERRCODE = 'LB003', CONSTRAINT = 'limbeck:history', \
         MESSAGE = 'limbeck: the history is not what it was under the lock';\n  END IF;\n"
    )
}

fn half_condition(owner: &Owner, revision: &str, half: &Half<'_>) -> String {
    let Half { state, reached } = half;
    format!(
        "{} AND h.revision {EQUAL} {} AND h.state {EQUAL} {} AND h.statement_reached {EQUAL} ({reached})",
        owner.condition(),
        literal(revision),
        literal(state.as_str()),
    )
}

/// Where tables come from that have the form of a history and can be read without running what somebody
/// else wrote.
fn other_histories() -> String {
    format!(
        "FROM pg_catalog.pg_class AS hc \
         JOIN pg_catalog.pg_namespace AS hn ON hn.oid {EQUAL} hc.relnamespace \
         WHERE hc.relkind {EQUAL} 'r' AND hc.relpersistence {EQUAL} 'p' \
         AND NOT hc.relrowsecurity AND hc.relnatts {EQUAL} {natts} \
         AND pg_catalog.has_schema_privilege(hn.oid, 'USAGE') \
         AND pg_catalog.has_table_privilege(hc.oid, 'SELECT') \
         AND ARRAY(SELECT ha.attname::pg_catalog.text FROM pg_catalog.pg_attribute AS ha \
         WHERE ha.attrelid {EQUAL} hc.oid AND ha.attnum {MORE} 0 \
         ORDER BY ha.attnum) {EQUAL} {columns} \
         AND ARRAY(SELECT ha.atttypid FROM pg_catalog.pg_attribute AS ha \
         WHERE ha.attrelid {EQUAL} hc.oid AND ha.attnum {MORE} 0 \
         ORDER BY ha.attnum) {EQUAL} {types}::pg_catalog.regtype[]::pg_catalog.oid[]",
        natts = COLUMNS.len(),
        columns = array(&COLUMNS.map(|(name, _)| name)),
        types = array(&COLUMNS.map(|(_, ty)| format!("pg_catalog.{ty}"))),
    )
}

/// The query that asks one of them for a head of these owners.
fn history_query(owners: &[Owner], placed: Placed) -> String {
    format!(
        "pg_catalog.format({query}, hn.nspname, hc.relname, hn.nspname, hc.relname, {meant})",
        query = literal(
            "(SELECT ARRAY[%L, %L, h.bundle::pg_catalog.text, h.placement::pg_catalog.text, \
             h.revision::pg_catalog.text] AS fields FROM ONLY %I.%I AS h WHERE h.is_head AND (%s) \
             LIMIT 1)"
        ),
        meant = literal(&meant(owners.iter().collect(), placed)),
    )
}

/// A condition that picks the rows of the owners, in whichever schema where that is not known.
fn meant(owners: Vec<&Owner>, placed: Placed) -> String {
    match placed {
        Placed::Stated => any_of(owners),
        Placed::Assumed => {
            let names: Vec<&str> = owners.iter().map(|owner| owner.bundle.as_str()).collect();
            format!("h.bundle {EQUAL} ANY ({})", array(&names))
        }
    }
}

/// A condition that picks the rows of any of the owners.
fn any_of<'a>(owners: impl IntoIterator<Item = &'a Owner>) -> String {
    let conditions: Vec<String> = owners.into_iter().map(Owner::condition).collect();
    if conditions.is_empty() {
        "false".to_owned()
    } else {
        conditions.join(" OR ")
    }
}

/// An array of text.
fn array<T: AsRef<str>>(values: &[T]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| literal(value.as_ref()).to_string())
        .collect();
    format!("ARRAY[{}]::pg_catalog.text[]", values.join(", "))
}
