//! Reads columns.

use limbeck_core::schema::object::{
    Column, Compression, Computed, Expression, Identity, IdentityMode, NotNull, SqlType, Storage,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::grant::{self, ItemRow};
use super::index::parameters;
use super::sequence::OptionsRow;
use super::{Address, CLASS, Found, NameRow, parse, qualified, unreadable};

pub(super) const SQL: &str = include_str!("column.sql");

#[derive(Deserialize)]
struct Row {
    table_oid: u32,
    name: String,
    number: i16,
    #[serde(rename = "type")]
    type_text: String,
    nullable: bool,
    expression: Option<String>,
    rest: Option<RestRow>,
}

/// What few columns have.
#[derive(Default, Deserialize)]
struct RestRow {
    named: Option<NamedTypeRow>,
    collation: Option<NameRow>,
    generated: String,
    identity: Option<IdentityRow>,
    storage: Option<char>,
    compression: Option<char>,
    statistics: Option<i32>,
    options: Option<Vec<String>>,
    foreign_options: Option<Vec<String>>,
    granted: Option<Vec<ItemRow>>,
}

/// A type as `format_type` prints it, and what of it is a name.
#[derive(Deserialize)]
pub(super) struct TypeRow {
    text: String,
    named: Option<NamedTypeRow>,
}

impl TypeRow {
    pub(super) fn read(self) -> Result<SqlType> {
        let Self { text, named } = self;
        sql_type(text, named)
    }
}

/// A type that is not of `pg_catalog`: its own name, and that of the element for an array.
#[derive(Deserialize)]
struct NamedTypeRow {
    schema: String,
    name: String,
    /// As `format_type` prints it without a modifier.
    text: String,
    array: bool,
}

#[derive(Deserialize)]
struct IdentityRow {
    mode: char,
    options: OptionsRow,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        table_oid,
        name,
        number,
        type_text,
        nullable,
        expression,
        rest,
    } = parse(body)?;
    let RestRow {
        named,
        collation,
        generated,
        identity,
        storage,
        compression,
        statistics,
        options,
        foreign_options,
        granted,
    } = rest.unwrap_or_default();
    let mut options = parameters(options);
    // A stamp that some releases of the server keep there for themselves.
    options.remove("pg_attver");
    let expression = expression.map(Expression);
    let computed = if generated == "v" {
        Computed::Virtual
    } else {
        Computed::Stored
    };
    let (default, generated) = if generated.is_empty() {
        (expression, None)
    } else {
        (None, expression)
    };
    let column = Column {
        sql_type: sql_type(type_text, named)?,
        collation: collation.map(qualified).transpose()?,
        nullable,
        not_null: NotNull::default(),
        default,
        identity: identity.map(|IdentityRow { mode, options }| Identity {
            mode: if mode == 'a' {
                IdentityMode::Always
            } else {
                IdentityMode::ByDefault
            },
            options: options.into(),
        }),
        generated,
        computed,
        storage: storage.map(storage_of).transpose()?,
        compression: compression.map(compression_of).transpose()?,
        statistics,
        options,
        foreign_options: parameters(foreign_options),
    };
    let id = ObjectId::Column {
        table: found.table(table_oid)?.clone(),
        name: Ident::new(name)?,
    };
    let on = found.place(&Address::new(CLASS, table_oid, 0));
    let target = granted.is_some().then(|| id.clone());
    found.stands_at(CLASS, table_oid, i32::from(number), &id);
    let place = found.put(id, Object::Column(column));
    found.columns.extend(on.map(|table| (table, number, place)));
    match target {
        None => Ok(()),
        Some(id) => grant::note(found, &id, on, granted, None),
    }
}

fn storage_of(code: char) -> Result<Storage> {
    match code {
        'p' => Ok(Storage::Plain),
        'e' => Ok(Storage::External),
        'x' => Ok(Storage::Extended),
        'm' => Ok(Storage::Main),
        other => Err(unreadable(format!("a column has the storage `{other}`"))),
    }
}

fn compression_of(code: char) -> Result<Compression> {
    match code {
        'p' => Ok(Compression::Pglz),
        'l' => Ok(Compression::Lz4),
        other => Err(unreadable(format!(
            "a column has the compression `{other}`"
        ))),
    }
}

fn sql_type(text: String, named: Option<NamedTypeRow>) -> Result<SqlType> {
    let Some(NamedTypeRow {
        schema,
        name,
        text: base,
        array,
    }) = named
    else {
        return Ok(SqlType::Builtin(text));
    };
    // What `format_type` adds to the bare name is the modifier: `public.geometry(Point,4326)`.
    let modifier = text
        .strip_prefix(&base)
        .map(|rest| rest.strip_suffix("[]").unwrap_or(rest))
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(')'))
        .map(str::to_owned);
    Ok(SqlType::Named {
        name: QualifiedName::parse_parts(&schema, &name)?,
        modifier,
        array,
    })
}
