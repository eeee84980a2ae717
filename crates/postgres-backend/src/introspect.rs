//! What a live database holds, as a [`Schema`].
//!
//! The whole scope is read by one statement, so from one snapshot and in one round trip, whatever
//! the number of tables; the server's version is asked beforehand. The statement is made of
//! `prelude.sql`, which decides what is managed, and one `SELECT` a kind, each of which gives one
//! JSON value an object. Lines that begin with `--@15+` or `--@..14` belong to these major versions
//! only. No order is asked for: the rows go into maps.
//!
//! Names are resolved by OID inside the statement, and whatever Postgres prints (types, defaults,
//! predicates) it prints as under an empty search path. That path is set before the statement, which
//! so finds no operator but those of Postgres, and is gone with the transaction around it.
//!
//! Left out: temporary and system schemas, whatever belongs to an extension (and all that stands in
//! a schema that belongs to one). Seen but not managed, and named in [`Introspection::unmanaged`]:
//! partitions and the like. What says who owns an object or may do what with it names roles as they are;
//! the role that reads is no news as an owner, so that two databases read by one role each are alike.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::{Error, ErrorKind, Ident, Object, ObjectId, QualifiedName, Result, Schema};
use serde::de::DeserializeOwned;

use crate::aside::under_own_path;
use crate::error::{database_error, nonstandard_strings};

mod aggregate;
mod cast;
mod collation;
mod column;
mod comment;
mod composite;
mod constraint;
mod depend;
mod domain;
mod r#enum;
mod event_trigger;
mod extension;
mod foreign;
mod grant;
mod heritage;
mod index;
mod link;
mod materialized_view;
mod namespace;
mod operator;
mod owner;
mod policy;
mod printed;
mod program;
mod publication;
mod range;
mod routine;
mod rule;
mod search;
mod sequence;
mod statistics;
mod subscription;
mod table;
mod trigger;
mod unmanaged;
mod variant;
mod view;

/// The oldest major version that the catalog queries are written for.
pub const OLDEST_MAJOR: u32 = 13;

/// What was found in a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introspection {
    /// What is managed.
    pub schema: Schema,
    /// What is there beside it, sorted.
    pub unmanaged: Vec<Unmanaged>,
    /// The server's `server_version_num`: 150004 for 15.4.
    pub server_version: u32,
}

/// Something that is seen and not managed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmanaged {
    /// The word for what it is: `base type`, `partitioned table`.
    pub kind: String,
    /// Its schema; empty for what stands in none.
    pub schema: String,
    /// Its name in the schema; with its table for a trigger.
    pub name: String,
}

/// What of a database is looked at.
///
/// Patterns are `table` or `schema.table`, where `*` stands for anything; they speak of tables,
/// views, sequences, enum types and routines. What they leave out is as if it were not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The schemas; `None` for all of the user's.
    pub schemas: Option<BTreeSet<Ident>>,
    /// When there are any, only what one of them names.
    pub include: Vec<String>,
    /// Nothing that one of them names.
    pub exclude: Vec<String>,
}

impl Introspection {
    /// The server's major version.
    pub fn major(&self) -> u32 {
        self.server_version / 10_000
    }
}

impl Scope {
    /// All user schemas.
    pub fn all() -> Self {
        Self::default()
    }

    /// These schemas and no other.
    pub fn of_schemas(schemas: impl IntoIterator<Item = Ident>) -> Self {
        Self {
            schemas: Some(schemas.into_iter().collect()),
            ..Self::default()
        }
    }
}

/// Reads what is in scope.
///
/// # Errors
/// When the server is older than [`OLDEST_MAJOR`], or does not answer as it should.
pub fn introspect<C>(conn: &mut C, scope: &Scope) -> Result<Introspection>
where
    C: LoadConnection<Backend = Pg>,
{
    let About { version, is_small } = about(conn)?;
    under_own_path(conn, |conn| {
        if is_small {
            conn.batch_execute(AS_IT_STANDS)
                .map_err(|error| database_error(error, "the planner was told to be brief"))?;
        }
        read(conn, version, Target::Scope(scope))
    })
}

/// Of a small database, planning the statement costs more than running it: its tables are joined in
/// the order in which they stand.
const AS_IT_STANDS: &str = "SET LOCAL join_collapse_limit = 1; SET LOCAL from_collapse_limit = 1";

/// What is to be known of a database before it is read.
struct About {
    version: u32,
    /// Whether it has but a few hundred relations, as far as Postgres knows.
    is_small: bool,
}

/// The server's `server_version_num`.
#[cfg(feature = "postgres")]
pub(crate) fn server_version<C>(conn: &mut C) -> Result<u32>
where
    C: LoadConnection<Backend = Pg>,
{
    about(conn).map(|about| about.version)
}

fn about<C>(conn: &mut C) -> Result<About>
where
    C: LoadConnection<Backend = Pg>,
{
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Integer)]
        number: i32,
        #[diesel(sql_type = Bool)]
        standard_strings: bool,
        #[diesel(sql_type = Bool)]
        is_small: bool,
    }

    let Version {
        number,
        standard_strings,
        is_small,
    } = sql_query(
        "SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS number, \
         pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on' \
         AS standard_strings, \
         (SELECT c.reltuples OPERATOR(pg_catalog.<) 2000::pg_catalog.float4 \
          FROM pg_catalog.pg_class AS c \
          WHERE c.oid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass) AS is_small",
    )
    .get_result(conn)
    .map_err(|error| database_error(error, "the server was asked for its version"))?;
    let version = u32::try_from(number).unwrap_or(0);
    if version / 10_000 < OLDEST_MAJOR {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the server is Postgres {}, the oldest that is supported is {OLDEST_MAJOR}",
                version / 10_000
            ),
        ));
    }
    if !standard_strings {
        return Err(nonstandard_strings());
    }
    Ok(About { version, is_small })
}

/// What one reading is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// The schemas of a scope.
    Scope(&'a Scope),
    /// The session's temporary schema.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "only canonical expressions ask for it")
    )]
    Temporary,
}

/// Reads from a server whose version is known already, under [the path of Postgres](under_own_path).
pub(crate) fn read<C>(
    conn: &mut C,
    server_version: u32,
    target: Target<'_>,
) -> Result<Introspection>
where
    C: LoadConnection<Backend = Pg>,
{
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        body: String,
    }

    let everything = Scope::all();
    let (scope, temporary) = match target {
        Target::Scope(scope) => (scope, false),
        Target::Temporary => (&everything, true),
    };
    let Scope {
        schemas,
        include,
        exclude,
    } = scope;
    let schemas: Option<Vec<&str>> = schemas
        .as_ref()
        .map(|schemas| schemas.iter().map(Ident::as_str).collect());
    let rows: Vec<Row> = sql_query(statement(server_version / 10_000))
        .bind::<Nullable<Array<Text>>, _>(schemas)
        .bind::<Nullable<Array<Text>>, _>(like_patterns(include))
        .bind::<Nullable<Array<Text>>, _>(like_patterns(exclude))
        .bind::<Bool, _>(temporary)
        .load(conn)
        .map_err(|error| database_error(error, "the catalog was read"))?;

    let mut found = Found::default();
    for Row { kind, body } in rows {
        let part = PARTS
            .iter()
            .find(|part| part.name == kind)
            .ok_or_else(|| unreadable(format!("a row of the kind `{kind}`")))?;
        (part.read)(&body, &mut found)?;
    }
    Ok(found.into_introspection(server_version))
}

/// One `SELECT` of the statement and what reads its rows.
struct Part {
    name: &'static str,
    sql: &'static str,
    read: fn(&str, &mut Found) -> Result<()>,
}

const PRELUDE: &str = include_str!("introspect/prelude.sql");

const PARTS: &[Part] = &[
    Part {
        name: "schema",
        sql: namespace::SQL,
        read: namespace::read,
    },
    Part {
        name: "enum",
        sql: r#enum::SQL,
        read: r#enum::read,
    },
    Part {
        name: "sequence",
        sql: sequence::SQL,
        read: sequence::read,
    },
    Part {
        name: "table",
        sql: table::SQL,
        read: table::read,
    },
    Part {
        name: "column",
        sql: column::SQL,
        read: column::read,
    },
    Part {
        name: "constraint",
        sql: constraint::SQL,
        read: constraint::read,
    },
    Part {
        name: "index",
        sql: index::SQL,
        read: index::read,
    },
    Part {
        name: "view",
        sql: view::SQL,
        read: view::read,
    },
    Part {
        name: "materialized view",
        sql: materialized_view::SQL,
        read: materialized_view::read,
    },
    Part {
        name: "rule",
        sql: rule::SQL,
        read: rule::read,
    },
    Part {
        name: "routine",
        sql: routine::SQL,
        read: routine::read,
    },
    Part {
        name: "aggregate",
        sql: aggregate::SQL,
        read: aggregate::read,
    },
    Part {
        name: "trigger",
        sql: trigger::SQL,
        read: trigger::read,
    },
    Part {
        name: "event trigger",
        sql: event_trigger::SQL,
        read: event_trigger::read,
    },
    Part {
        name: "extension",
        sql: extension::SQL,
        read: extension::read,
    },
    Part {
        name: "domain",
        sql: domain::SQL,
        read: domain::read,
    },
    Part {
        name: "domain constraint",
        sql: domain::CONSTRAINT_SQL,
        read: domain::read_constraint,
    },
    Part {
        name: "composite",
        sql: composite::SQL,
        read: composite::read,
    },
    Part {
        name: "range",
        sql: range::SQL,
        read: range::read,
    },
    Part {
        name: "collation",
        sql: collation::SQL,
        read: collation::read,
    },
    Part {
        name: "link",
        sql: link::SQL,
        read: link::read,
    },
    Part {
        name: "statistics",
        sql: statistics::SQL,
        read: statistics::read,
    },
    Part {
        name: "policy",
        sql: policy::SQL,
        read: policy::read,
    },
    Part {
        name: "owner",
        sql: owner::SQL,
        read: owner::read,
    },
    Part {
        name: "grant",
        sql: grant::SQL,
        read: grant::read,
    },
    Part {
        name: "default privileges",
        sql: grant::DEFAULTS_SQL,
        read: grant::read_defaults,
    },
    Part {
        name: "heritage",
        sql: heritage::SQL,
        read: heritage::read,
    },
    Part {
        name: "foreign",
        sql: foreign::SQL,
        read: foreign::read,
    },
    Part {
        name: "publication",
        sql: publication::SQL,
        read: publication::read,
    },
    Part {
        name: "subscription",
        sql: subscription::SQL,
        read: subscription::read,
    },
    Part {
        name: "search",
        sql: search::SQL,
        read: search::read,
    },
    Part {
        name: "operator",
        sql: operator::SQL,
        read: operator::read,
    },
    Part {
        name: "operator class",
        sql: operator::CLASS_SQL,
        read: operator::read_class,
    },
    Part {
        name: "family member",
        sql: operator::MEMBER_SQL,
        read: operator::read_member,
    },
    Part {
        name: "cast",
        sql: cast::SQL,
        read: cast::read,
    },
    Part {
        name: "comment",
        sql: comment::SQL,
        read: comment::read,
    },
    Part {
        name: "depend",
        sql: depend::SQL,
        read: depend::read,
    },
    Part {
        name: "program",
        sql: program::SQL,
        read: program::read,
    },
    Part {
        name: "unmanaged",
        sql: unmanaged::SQL,
        read: unmanaged::read,
    },
];

/// The whole statement for a major version.
fn statement(major: u32) -> String {
    let mut sql = PRELUDE.trim_end().to_owned();
    sql.push_str(",\nfound AS MATERIALIZED (\n");
    for (
        number,
        Part {
            name,
            sql: part,
            read: _,
        },
    ) in PARTS.iter().enumerate()
    {
        if number > 0 {
            sql.push_str("UNION ALL\n");
        }
        sql.push_str(&format!(
            "SELECT '{name}' AS kind, part.body::pg_catalog.text AS body\nFROM (\n{part}) AS part\n"
        ));
    }
    sql.push_str(")\nSELECT kind, body FROM found\n");
    variant::select(&sql, major)
}

/// What the readers fill.
#[derive(Default)]
struct Found {
    addresses: BTreeMap<Address, ObjectId>,
    objects: BTreeMap<ObjectId, Object>,
    depends: BTreeSet<(ObjectId, ObjectId)>,
    columns: BTreeMap<QualifiedName, BTreeMap<i16, Ident>>,
    unmanaged: Vec<Unmanaged>,
    /// The functions that cast, each with its casts.
    casts: BTreeMap<ObjectId, Vec<ObjectId>>,
}

impl Found {
    /// The object with this address in the catalog.
    fn at(&self, address: &Address) -> Option<&ObjectId> {
        self.addresses.get(address)
    }

    fn stands_at(&mut self, class: &str, oid: i64, number: i32, id: &ObjectId) {
        self.addresses.insert(
            Address {
                class: class.to_owned(),
                oid,
                number,
            },
            id.clone(),
        );
    }

    fn put(&mut self, id: ObjectId, object: Object) {
        self.objects.insert(id, object);
    }

    fn into_introspection(self, server_version: u32) -> Introspection {
        let Self {
            addresses: _,
            objects,
            depends,
            columns,
            mut unmanaged,
            casts,
        } = self;
        let mut schema = Schema {
            objects,
            depends: BTreeMap::new(),
            column_order: columns
                .into_iter()
                .map(|(table, columns)| (table, columns.into_values().collect()))
                .collect(),
        };
        // An expression that is cast by a function has an edge to that alone.
        let by_casts: Vec<(ObjectId, ObjectId)> = depends
            .iter()
            .filter(|(from, _)| holds_expressions(from))
            .filter_map(|(from, to)| Some((from, casts.get(to)?)))
            .flat_map(|(from, casts)| casts.iter().map(|cast| (from.clone(), cast.clone())))
            .collect();
        for (from, to) in depends.into_iter().chain(by_casts) {
            // What an object's own attributes say is no edge beyond them.
            let said = schema
                .get(&from)
                .is_none_or(|object| object.requires(&from).contains(&to));
            if !said {
                schema.depends.entry(from).or_default().insert(to);
            }
        }
        unmanaged.sort();
        unmanaged.dedup();
        Introspection {
            schema,
            unmanaged,
            server_version,
        }
    }
}

/// Whether something is cast in it, and no cast can be over it.
fn holds_expressions(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Column { .. }
            | ObjectId::Constraint { .. }
            | ObjectId::Index(_)
            | ObjectId::View(_)
            | ObjectId::MaterializedView(_)
            | ObjectId::Rule { .. }
            | ObjectId::Trigger { .. }
            | ObjectId::Statistics(_)
            | ObjectId::PublicationTable { .. }
    )
}

/// Where the catalog keeps an object: the catalog table, the OID there, the number of the column.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    class: String,
    oid: i64,
    number: i32,
}

const NAMESPACE: &str = "pg_namespace";
const TYPE: &str = "pg_type";
const CLASS: &str = "pg_class";
const CONSTRAINT: &str = "pg_constraint";
const REWRITE: &str = "pg_rewrite";
const PROC: &str = "pg_proc";
const TRIGGER: &str = "pg_trigger";
const EVENT_TRIGGER: &str = "pg_event_trigger";
const EXTENSION: &str = "pg_extension";
const COLLATION: &str = "pg_collation";
const STATISTICS: &str = "pg_statistic_ext";
const POLICY: &str = "pg_policy";
const WRAPPER: &str = "pg_foreign_data_wrapper";
const SERVER: &str = "pg_foreign_server";
const PUBLICATION: &str = "pg_publication";
const PUBLICATION_TABLE: &str = "pg_publication_rel";
const SUBSCRIPTION: &str = "pg_subscription";
const SEARCH_PARSER: &str = "pg_ts_parser";
const SEARCH_TEMPLATE: &str = "pg_ts_template";
const SEARCH_DICTIONARY: &str = "pg_ts_dict";
const SEARCH_CONFIGURATION: &str = "pg_ts_config";
const OPERATOR: &str = "pg_operator";
const OPERATOR_FAMILY: &str = "pg_opfamily";
const OPERATOR_CLASS: &str = "pg_opclass";
const CAST: &str = "pg_cast";
const CONVERSION: &str = "pg_conversion";
const LANGUAGE: &str = "pg_language";
const ACCESS_METHOD: &str = "pg_am";

/// A name with its schema, as a JSON array of two.
type NameRow = (String, String);

fn qualified((schema, name): NameRow) -> Result<QualifiedName> {
    QualifiedName::parse_parts(&schema, &name)
}

fn idents(names: Option<Vec<String>>) -> Result<Vec<Ident>> {
    names.into_iter().flatten().map(Ident::new).collect()
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T> {
    serde_json::from_str(body)
        .map_err(|error| unreadable(format!("a row that does not fit: {error}: {body}")))
}

fn unreadable(what: impl AsRef<str>) -> Error {
    Error::new(
        ErrorKind::Sql,
        format!("the catalog's answer holds {}", what.as_ref()),
    )
}

/// Patterns as `LIKE` takes them, against `schema.name`; `None` when there are none.
fn like_patterns(patterns: &[String]) -> Option<Vec<String>> {
    (!patterns.is_empty()).then(|| {
        patterns
            .iter()
            .map(|pattern| like_pattern(pattern))
            .collect()
    })
}

fn like_pattern(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len() + 2);
    if !pattern.contains('.') {
        like.push_str("%.");
    }
    for character in pattern.chars() {
        match character {
            '*' => like.push('%'),
            '%' | '_' | '\\' => like.extend(['\\', character]),
            other => like.push(other),
        }
    }
    like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marked_line_can_be_read() {
        let mut texts = vec![PRELUDE];
        texts.extend(PARTS.iter().map(|part| part.sql));
        for line in texts.iter().flat_map(|text| text.lines()) {
            if line.trim_start().starts_with("--@") {
                assert!(variant::is_marked(line), "{line}");
            }
        }
    }

    #[test]
    fn patterns_become_like() {
        for (pattern, like) in [
            ("posts", "%.posts"),
            ("audit.*", "audit.%"),
            ("a_b*", "%.a\\_b%"),
            ("100%", "%.100\\%"),
        ] {
            assert_eq!(like_pattern(pattern), like);
        }
    }
}
