//! What a live database holds, as a [`Schema`].
//!
//! The whole scope is read by one statement, so from one snapshot and in one round trip, whatever
//! the number of tables; the server's version is asked beforehand. The statement is made of
//! `prelude.sql`, which decides what is managed, and one `SELECT` a kind, each of which gives one
//! JSON value an object, or two addresses an edge. Lines that begin with `--@15+` or `--@..14` belong
//! to these major versions only. No order is asked for: the rows go into maps.
//!
//! Names are resolved by OID inside the statement, and whatever Postgres prints (types, defaults,
//! predicates) it prints as under an empty search path and with styles of our choice. They are set before
//! the statement, which so finds no operator but those of Postgres, and are gone with the transaction
//! around it.
//!
//! Left out: temporary and system schemas, whatever belongs to an extension (and all that stands in
//! a schema that belongs to one). Seen but not managed, and named in [`Introspection::unmanaged`]:
//! partitions and the like. What says who owns an object or may do what with it names roles as they are;
//! the role that reads is no news as an owner, so that two databases read by one role each are alike.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::pg::Pg;
#[cfg(feature = "postgres")]
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::schema::object::{ClassDefinition, NotNull};
use limbeck_core::{Error, ErrorKind, Ident, Object, ObjectId, QualifiedName, Result, Schema};
use serde::Deserialize;

use self::index::ElementRow;
use crate::aside::{Snapshot, in_one_snapshot};
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
mod not_null;
mod operator;
mod owner;
mod policy;
mod program;
mod publication;
mod range;
mod routine;
mod rule;
mod search;
mod sequence;
mod sign;
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
    introspect_by::<C, DefaultLoadingMode>(conn, scope)
}

/// Reads what is in scope through libpq, each row as it comes, while the server makes the next: what
/// [`introspect`] does on any connection, in less time where there is much to read.
///
/// # Errors
/// As [`introspect`].
#[cfg(feature = "postgres")]
pub fn introspect_by_row(conn: &mut PgConnection, scope: &Scope) -> Result<Introspection> {
    introspect_by::<PgConnection, PgRowByRowLoadingMode>(conn, scope)
}

fn introspect_by<C, M>(conn: &mut C, scope: &Scope) -> Result<Introspection>
where
    C: LoadConnection<Backend = Pg> + LoadConnection<M>,
{
    let about = about(conn)?;
    let mut read_once = || {
        in_one_snapshot(conn, |conn, snapshot| {
            read::<C, M>(conn, &about, Target::Scope(scope), snapshot)
        })
    };
    let mut found = read_once();
    for _ in 0..AGAIN {
        match found {
            Err(error) if is_gone(&error) => found = read_once(),
            found => return found,
        }
    }
    found
}

/// How often a database is read again that changed while it was read.
const AGAIN: usize = 5;

/// Whether an error may come of something that was dropped meanwhile: the functions that print
/// definitions do not look at the statement's snapshot, but at what is there now.
fn is_gone(error: &Error) -> bool {
    match error.database() {
        None => error.kind() == ErrorKind::Sql,
        Some(said) => ["cache lookup failed", "could not open relation with OID"]
            .iter()
            .any(|begin| said.message.starts_with(begin)),
    }
}

/// Which signs there are. On the way, the planner is told not to compile what it has planned: it believes that the
/// statement costs more the more tables there are, and to compile it takes seconds that running it never takes. For
/// few tables it is told to join them in the order in which they stand.
fn signs<C>(conn: &mut C, is_small: bool) -> Result<BTreeSet<&'static str>>
where
    C: LoadConnection<Backend = Pg>,
{
    #[derive(QueryableByName)]
    struct Signs {
        #[diesel(sql_type = Array<Bool>)]
        there: Vec<bool>,
    }

    let all: BTreeSet<&'static str> = PARTS.iter().flat_map(|part| part.signs).copied().collect();
    let asked: Vec<String> = all
        .iter()
        .map(|sign| format!("EXISTS (SELECT FROM {sign})"))
        .collect();
    let mut settings = vec!["pg_catalog.set_config('jit', 'off', true)"];
    if is_small {
        settings.extend([
            "pg_catalog.set_config('join_collapse_limit', '1', true)",
            "pg_catalog.set_config('from_collapse_limit', '1', true)",
        ]);
    }
    let Signs { there } = sql_query(format!(
        "SELECT ARRAY[{}] AS there, {}",
        asked.join(", "),
        settings.join(", ")
    ))
    .get_result(conn)
    .map_err(|error| database_error(error, "the kinds of objects were looked for"))?;
    Ok(all
        .into_iter()
        .zip(there)
        .filter_map(|(sign, there)| there.then_some(sign))
        .collect())
}

/// What is to be known of a database before it is read.
pub(crate) struct About {
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

/// What is asked of a database before it is read.
pub(crate) fn about<C>(conn: &mut C) -> Result<About>
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

/// Reads from a server that is known already, under [the path of Postgres](crate::aside::OF_POSTGRES).
///
/// A database is asked for the kinds that it holds. Should another one come while it is asked, and the snapshot is not
/// one, what is read tells so, and is read again with all of them: there is one snapshot for everything.
pub(crate) fn read<C, M>(
    conn: &mut C,
    about: &About,
    target: Target<'_>,
    snapshot: Snapshot,
) -> Result<Introspection>
where
    C: LoadConnection<Backend = Pg> + LoadConnection<M>,
{
    let signs = signs(conn, about.is_small)?;
    let parts =
        |part: &Part| part.signs.is_empty() || part.signs.iter().any(|sign| signs.contains(sign));
    if let Some(found) = read_parts::<C, M>(conn, about.version, target, snapshot, parts)? {
        return Ok(found);
    }
    let found = read_parts::<C, M>(conn, about.version, target, snapshot, |_| true)?;
    found.ok_or_else(|| unreadable("more kinds than there are"))
}

/// Reads some of the parts; nothing where there is something of another part.
fn read_parts<C, M>(
    conn: &mut C,
    server_version: u32,
    target: Target<'_>,
    snapshot: Snapshot,
    chosen: impl Fn(&Part) -> bool,
) -> Result<Option<Introspection>>
where
    C: LoadConnection<Backend = Pg> + LoadConnection<M>,
{
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Integer)]
        part: i32,
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
    let rows = sql_query(statement(server_version / 10_000, snapshot, chosen))
        .bind::<Nullable<Array<Text>>, _>(schemas)
        .bind::<Nullable<Array<Text>>, _>(like_patterns(include))
        .bind::<Nullable<Array<Text>>, _>(like_patterns(exclude))
        .bind::<Bool, _>(temporary)
        .load_iter::<Row, M>(conn)
        .map_err(|error| database_error(error, "the catalog was read"))?;

    let mut found = Found::default();
    for row in rows {
        let Row { part, body } =
            row.map_err(|error| database_error(error, "the catalog was read"))?;
        if part == MORE {
            return Ok(None);
        }
        let part = usize::try_from(part).ok().and_then(|part| PARTS.get(part));
        let part = part.ok_or_else(|| unreadable("a row of no part"))?;
        (part.read)(&body, &mut found)?;
    }
    Ok(Some(found.into_introspection(server_version)))
}

/// One `SELECT` of the statement and what reads its rows.
struct Part {
    name: &'static str,
    sql: &'static str,
    /// What there is where it has rows; nothing where it is always asked for.
    signs: &'static [&'static str],
    read: fn(&str, &mut Found) -> Result<()>,
}

const PRELUDE: &str = include_str!("introspect/prelude.sql");

const PARTS: &[Part] = &[
    Part {
        name: "schema",
        sql: namespace::SQL,
        signs: &[],
        read: namespace::read,
    },
    Part {
        name: "enum",
        sql: r#enum::SQL,
        signs: &[sign::ENUM],
        read: r#enum::read,
    },
    Part {
        name: "sequence",
        sql: sequence::SQL,
        signs: &[sign::SEQUENCE],
        read: sequence::read,
    },
    Part {
        name: "table",
        sql: table::SQL,
        signs: &[],
        read: table::read,
    },
    Part {
        name: "column",
        sql: column::SQL,
        signs: &[],
        read: column::read,
    },
    Part {
        name: "not_null",
        sql: not_null::SQL,
        signs: &[sign::NOT_NULL],
        read: not_null::read,
    },
    Part {
        name: "element",
        sql: index::ELEMENT_SQL,
        signs: &[],
        read: index::read_element,
    },
    Part {
        name: "constraint",
        sql: constraint::SQL,
        signs: &[],
        read: constraint::read,
    },
    Part {
        name: "index",
        sql: index::SQL,
        signs: &[],
        read: index::read,
    },
    Part {
        name: "view",
        sql: view::SQL,
        signs: &[sign::VIEW],
        read: view::read,
    },
    Part {
        name: "materialized view",
        sql: materialized_view::SQL,
        signs: &[sign::VIEW],
        read: materialized_view::read,
    },
    Part {
        name: "rule",
        sql: rule::SQL,
        signs: &[sign::RULE],
        read: rule::read,
    },
    Part {
        name: "routine",
        sql: routine::SQL,
        signs: &[sign::ROUTINE],
        read: routine::read,
    },
    Part {
        name: "aggregate",
        sql: aggregate::SQL,
        signs: &[sign::AGGREGATE],
        read: aggregate::read,
    },
    Part {
        name: "trigger",
        sql: trigger::SQL,
        signs: &[sign::TRIGGER],
        read: trigger::read,
    },
    Part {
        name: "event trigger",
        sql: event_trigger::SQL,
        signs: &[sign::EVENT_TRIGGER],
        read: event_trigger::read,
    },
    Part {
        name: "extension",
        sql: extension::SQL,
        signs: &[],
        read: extension::read,
    },
    Part {
        name: "domain",
        sql: domain::SQL,
        signs: &[sign::DOMAIN],
        read: domain::read,
    },
    Part {
        name: "domain constraint",
        sql: domain::CONSTRAINT_SQL,
        signs: &[sign::DOMAIN],
        read: domain::read_constraint,
    },
    Part {
        name: "composite",
        sql: composite::SQL,
        signs: &[sign::COMPOSITE],
        read: composite::read,
    },
    Part {
        name: "range",
        sql: range::SQL,
        signs: &[sign::RANGE],
        read: range::read,
    },
    Part {
        name: "collation",
        sql: collation::SQL,
        signs: &[sign::COLLATION],
        read: collation::read,
    },
    Part {
        name: "link",
        sql: link::SQL,
        signs: &[],
        read: link::read,
    },
    Part {
        name: "statistics",
        sql: statistics::SQL,
        signs: &[sign::STATISTICS],
        read: statistics::read,
    },
    Part {
        name: "policy",
        sql: policy::SQL,
        signs: &[sign::POLICY],
        read: policy::read,
    },
    Part {
        name: "heritage",
        sql: heritage::SQL,
        signs: &[sign::INHERITS],
        read: heritage::read,
    },
    Part {
        name: "foreign",
        sql: foreign::SQL,
        signs: &[sign::WRAPPER],
        read: foreign::read,
    },
    Part {
        name: "publication",
        sql: publication::SQL,
        signs: &[sign::PUBLICATION],
        read: publication::read,
    },
    Part {
        name: "subscription",
        sql: subscription::SQL,
        signs: &[sign::SUBSCRIPTION],
        read: subscription::read,
    },
    Part {
        name: "search",
        sql: search::SQL,
        signs: &[
            sign::SEARCH_CONFIGURATION,
            sign::SEARCH_DICTIONARY,
            sign::SEARCH_PARSER,
            sign::SEARCH_TEMPLATE,
        ],
        read: search::read,
    },
    Part {
        name: "operator",
        sql: operator::SQL,
        signs: &[sign::OPERATOR],
        read: operator::read,
    },
    Part {
        name: "operator class",
        sql: operator::CLASS_SQL,
        signs: &[sign::OPERATOR_FAMILY, sign::OPERATOR_CLASS],
        read: operator::read_class,
    },
    Part {
        name: "family member",
        sql: operator::MEMBER_SQL,
        signs: &[sign::FAMILY_OPERATOR, sign::FAMILY_FUNCTION],
        read: operator::read_member,
    },
    Part {
        name: "cast",
        sql: cast::SQL,
        signs: &[sign::CAST, sign::CONVERSION, sign::LANGUAGE, sign::METHOD],
        read: cast::read,
    },
    Part {
        name: "owner",
        sql: owner::SQL,
        signs: &[],
        read: owner::read,
    },
    Part {
        name: "grant",
        sql: grant::SQL,
        signs: &[],
        read: grant::read,
    },
    Part {
        name: "default privileges",
        sql: grant::DEFAULTS_SQL,
        signs: &[sign::DEFAULT_ACL],
        read: grant::read_defaults,
    },
    Part {
        name: "owner elsewhere",
        sql: owner::ELSEWHERE_SQL,
        signs: &[
            sign::WRAPPER,
            sign::LANGUAGE,
            sign::PUBLICATION,
            sign::SEARCH_DICTIONARY,
            sign::SEARCH_CONFIGURATION,
            sign::OPERATOR,
            sign::OPERATOR_FAMILY,
            sign::OPERATOR_CLASS,
            sign::CONVERSION,
        ],
        read: owner::read,
    },
    Part {
        name: "grant elsewhere",
        sql: grant::ELSEWHERE_SQL,
        signs: &[sign::WRAPPER, sign::LANGUAGE_ACL],
        read: grant::read_elsewhere,
    },
    Part {
        name: "comment",
        sql: comment::SQL,
        signs: &[],
        read: comment::read,
    },
    Part {
        name: "depend",
        sql: depend::SQL,
        signs: &[],
        read: depend::read,
    },
    Part {
        name: "program",
        sql: program::SQL,
        signs: &[
            sign::VIEW,
            sign::RULE,
            sign::ROUTINE,
            sign::TRIGGER,
            sign::EVENT_TRIGGER,
            sign::POLICY,
            sign::OPERATOR,
            sign::OPERATOR_FAMILY,
            sign::OPERATOR_CLASS,
            sign::FAMILY_OPERATOR,
            sign::FAMILY_FUNCTION,
            sign::CAST,
        ],
        read: program::read,
    },
    Part {
        name: "unmanaged",
        sql: unmanaged::SQL,
        signs: &[],
        read: unmanaged::read,
    },
];

/// The part of a row that says that the statement left something out.
const MORE: i32 = -1;

/// The statement for a major version, with some of the parts, and a look at the others where they may have come
/// since they were looked for.
fn statement(major: u32, snapshot: Snapshot, chosen: impl Fn(&Part) -> bool) -> String {
    let (asked, left): (Vec<_>, Vec<_>) =
        PARTS.iter().enumerate().partition(|(_, part)| chosen(part));
    let mut sql = PRELUDE.trim_end().to_owned();
    sql.push('\n');
    for (place, (number, part)) in asked.into_iter().enumerate() {
        if place > 0 {
            sql.push_str("UNION ALL\n");
        }
        let Part {
            name, sql: part, ..
        } = part;
        sql.push_str(&format!(
            "-- {name}\nSELECT {number} AS part, part.body::pg_catalog.text AS body\nFROM (\n{part}) AS part\n"
        ));
    }
    let signs: BTreeSet<&str> = left
        .iter()
        .flat_map(|(_, part)| part.signs)
        .copied()
        .collect();
    if !signs.is_empty() && snapshot == Snapshot::Each {
        let there: Vec<String> = signs
            .iter()
            .map(|sign| format!("EXISTS (SELECT FROM {sign})"))
            .collect();
        let there = there.join("\n   OR ");
        sql.push_str(&format!("UNION ALL\nSELECT {MORE}, ''\nWHERE {there}\n"));
    }
    variant::select(&sql, major)
}

/// What the readers fill.
///
/// Objects are told apart by the place that they have here, and their identities are compared once, when all are
/// known: there are many edges, and an identity is several names.
#[derive(Default)]
struct Found {
    ids: Vec<ObjectId>,
    /// By the places of the identities; nothing where one is only spoken of.
    objects: Vec<Option<Object>>,
    addresses: HashMap<Address, Place>,
    /// The schemas that were named, so that each name is kept once.
    schemas: BTreeMap<String, Ident>,
    /// What is said of the constraints that refuse nulls in columns.
    not_nulls: Vec<(Place, NotNull)>,
    /// The operator classes, to which more is added.
    classes: BTreeMap<ObjectId, ClassDefinition>,
    depends: Vec<(Place, Place)>,
    /// Tables with the numbers of their columns.
    columns: Vec<(Place, i16, Place)>,
    unmanaged: Vec<Unmanaged>,
    /// What there is to tell of the elements of indexes and exclusions, by the OID of the index.
    elements: HashMap<u32, Vec<ElementRow>>,
    /// The functions that cast, each with its casts.
    casts: BTreeMap<Place, Vec<Place>>,
}

/// Where [`Found`] has an identity.
type Place = usize;

impl Found {
    /// The place of what has this address in the catalog.
    fn place(&self, address: &Address) -> Option<Place> {
        self.addresses.get(address).copied()
    }

    /// The object with this address in the catalog.
    fn at(&self, address: &Address) -> Option<&ObjectId> {
        self.ids.get(self.place(address)?)
    }

    /// The place of an identity, which is a new one but for what was spoken of last.
    fn place_of(&mut self, id: ObjectId) -> Place {
        if self.ids.last() != Some(&id) {
            self.ids.push(id);
            self.objects.push(None);
        }
        self.ids.len() - 1
    }

    fn stands_at(&mut self, class: u32, oid: u32, number: i32, id: &ObjectId) {
        let place = match self.ids.last() {
            Some(last) if last == id => self.ids.len() - 1,
            _ => self.place_of(id.clone()),
        };
        self.addresses
            .insert(Address::new(class, oid, number), place);
    }

    /// The table with this OID.
    fn table(&self, oid: u32) -> Result<&QualifiedName> {
        match self.at(&Address::new(CLASS, oid, 0)) {
            Some(ObjectId::Table(name)) => Ok(name),
            _ => Err(unreadable(format!(
                "part of a table that is not there: {oid}"
            ))),
        }
    }

    /// The name of a column by its number in the table with this OID.
    fn column(&self, table: u32, number: i16) -> Result<Ident> {
        match self.at(&Address::new(CLASS, table, i32::from(number))) {
            Some(ObjectId::Column { table: _, name }) => Ok(name.clone()),
            _ => Err(unreadable(format!(
                "a column that is not there: {number} of {table}"
            ))),
        }
    }

    /// The names of columns by their numbers.
    fn columns(&self, table: u32, numbers: Option<Vec<i16>>) -> Result<Vec<Ident>> {
        numbers
            .into_iter()
            .flatten()
            .map(|number| self.column(table, number))
            .collect()
    }

    /// A name in a schema that others stand in, too.
    fn qualified(&mut self, schema: &str, name: String) -> Result<QualifiedName> {
        let schema = match self.schemas.get(schema) {
            Some(known) => known.clone(),
            None => {
                let ident = Ident::new(schema)?;
                self.schemas.insert(schema.to_owned(), ident.clone());
                ident
            }
        };
        Ok(QualifiedName::new(schema, Ident::new(name)?))
    }

    fn put(&mut self, id: ObjectId, object: Object) -> Place {
        let place = self.place_of(id);
        self.objects[place] = Some(object);
        place
    }

    fn into_introspection(mut self, server_version: u32) -> Introspection {
        for (place, said) in std::mem::take(&mut self.not_nulls) {
            if let Some(Object::Column(column)) = &mut self.objects[place] {
                column.not_null = said;
            }
        }
        for (id, class) in std::mem::take(&mut self.classes) {
            self.put(id, Object::OperatorClass(class));
        }
        let Self {
            ids,
            objects,
            addresses: _,
            schemas: _,
            not_nulls: _,
            classes: _,
            depends,
            columns,
            mut unmanaged,
            elements: _,
            casts,
        } = self;
        let column_order = column_order(&ids, columns);
        let (order, ranks) = in_order(&ids, &objects);
        // An expression that is cast by a function has an edge to that alone.
        let mut edges: Vec<(usize, usize)> = Vec::with_capacity(depends.len());
        for (from, to) in depends {
            let by_casts = casts.get(&to).filter(|_| holds_expressions(&ids[from]));
            let tos = by_casts.into_iter().flatten().copied().chain([to]);
            edges.extend(tos.map(|to| (ranks[from], ranks[to])));
        }
        edges.sort_unstable();
        edges.dedup();

        let mut ids: Vec<Option<ObjectId>> = ids.into_iter().map(Some).collect();
        let mut objects = objects;
        let mut sorted: Vec<(ObjectId, Object)> = Vec::with_capacity(order.len());
        sorted.extend(
            order
                .into_iter()
                .filter_map(|place| Some((ids[place].take()?, objects[place].take()?))),
        );
        let depends = beyond_attributes(&sorted, edges);
        let mut schema = Schema {
            objects: sorted.into_iter().collect(),
            depends,
            column_order,
        };
        schema.held_by(server_version);
        unmanaged.sort();
        unmanaged.dedup();
        Introspection {
            schema,
            unmanaged,
            server_version,
        }
    }
}

/// The places of the objects in the order of their identities, and the rank that each place has among them, which
/// places of one identity share. What is no object comes after all that are.
///
/// Objects are large: only where they are is put in order before they are moved.
fn in_order(ids: &[ObjectId], objects: &[Option<Object>]) -> (Vec<Place>, Vec<usize>) {
    let mut places: Vec<Place> = (0..ids.len()).collect();
    places.sort_by(|one, other| ids[*one].cmp(&ids[*other]));
    let mut order = Vec::with_capacity(ids.len());
    let mut ranks = vec![usize::MAX; ids.len()];
    for alike in places.chunk_by(|one, other| ids[*one] == ids[*other]) {
        let Some(place) = alike.iter().rfind(|place| objects[**place].is_some()) else {
            continue;
        };
        for one in alike {
            ranks[*one] = order.len();
        }
        order.push(*place);
    }
    (order, ranks)
}

/// Edges between objects by their ranks, as a map; what an object's own attributes say is no edge beyond them.
fn beyond_attributes(
    objects: &[(ObjectId, Object)],
    edges: Vec<(usize, usize)>,
) -> BTreeMap<ObjectId, BTreeSet<ObjectId>> {
    let mut depends = BTreeMap::new();
    for edges in edges.chunk_by(|one, other| one.0 == other.0) {
        let Some((id, object)) = objects.get(edges[0].0) else {
            continue;
        };
        let said = object.requires(id);
        let needed: BTreeSet<ObjectId> = edges
            .iter()
            .filter_map(|(_, to)| objects.get(*to))
            .map(|(needed, _)| needed)
            .filter(|needed| *needed != id && !said.contains(needed))
            .cloned()
            .collect();
        if !needed.is_empty() {
            depends.insert(id.clone(), needed);
        }
    }
    depends
}

/// The columns of each table in the order of their numbers.
fn column_order(
    ids: &[ObjectId],
    mut columns: Vec<(Place, i16, Place)>,
) -> BTreeMap<QualifiedName, Vec<Ident>> {
    columns.sort_unstable();
    let tables = columns.chunk_by(|one, other| one.0 == other.0);
    tables
        .filter_map(|columns| {
            let ObjectId::Table(table) = &ids[columns[0].0] else {
                return None;
            };
            let names = columns
                .iter()
                .filter_map(|(_, _, place)| match &ids[*place] {
                    ObjectId::Column { table: _, name } => Some(name.clone()),
                    _ => None,
                });
            Some((table.clone(), names.collect()))
        })
        .collect()
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

/// Where the catalog keeps an object: the number of the catalog's table, the OID in it, the number of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Address {
    class: u32,
    oid: u32,
    number: i32,
}

impl Address {
    fn new(class: u32, oid: u32, number: i32) -> Self {
        Self { class, oid, number }
    }
}

// The tables of the catalog, by the numbers that they have in every release (`CATALOG` in
// src/include/catalog/pg_*.h).
const NAMESPACE: u32 = 2615;
const TYPE: u32 = 1247;
const CLASS: u32 = 1259;
const CONSTRAINT: u32 = 2606;
const REWRITE: u32 = 2618;
const PROC: u32 = 1255;
const TRIGGER: u32 = 2620;
const EVENT_TRIGGER: u32 = 3466;
const EXTENSION: u32 = 3079;
const COLLATION: u32 = 3456;
const STATISTICS: u32 = 3381;
const POLICY: u32 = 3256;
const WRAPPER: u32 = 2328;
const SERVER: u32 = 1417;
const PUBLICATION: u32 = 6104;
const PUBLICATION_TABLE: u32 = 6106;
const SUBSCRIPTION: u32 = 6100;
const SEARCH_PARSER: u32 = 3601;
const SEARCH_TEMPLATE: u32 = 3764;
const SEARCH_DICTIONARY: u32 = 3600;
const SEARCH_CONFIGURATION: u32 = 3602;
const OPERATOR: u32 = 2617;
const OPERATOR_FAMILY: u32 = 2753;
const OPERATOR_CLASS: u32 = 2616;
const FAMILY_OPERATOR: u32 = 2602;
const CAST: u32 = 2605;
const CONVERSION: u32 = 2607;
const LANGUAGE: u32 = 2612;
const ACCESS_METHOD: u32 = 2601;

/// A name with its schema, as a JSON array of two.
type NameRow = (String, String);

fn qualified((schema, name): NameRow) -> Result<QualifiedName> {
    QualifiedName::parse_parts(&schema, &name)
}

fn idents(names: Option<Vec<String>>) -> Result<Vec<Ident>> {
    names.into_iter().flatten().map(Ident::new).collect()
}

fn parse<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T> {
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
    fn what_is_left_out_is_looked_for() {
        let brief = statement(18, Snapshot::Each, |part| part.signs.is_empty());
        let whole = statement(18, Snapshot::Each, |_| true);
        let alone = statement(18, Snapshot::One, |part| part.signs.is_empty());
        assert!(!alone.contains("SELECT -1, ''"));
        assert!(!whole.contains("SELECT -1, ''"));
        for part in PARTS {
            let asked = format!("-- {}\nSELECT ", part.name);
            assert!(whole.contains(&asked));
            assert_eq!(brief.contains(&asked), part.signs.is_empty());
            for sign in part.signs {
                assert!(brief.contains(&format!("EXISTS (SELECT FROM {sign})")));
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
