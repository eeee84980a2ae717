//! Reads constraints.

use limbeck_core::schema::object::{
    Action, Check, Constraint, ConstraintKind, Deferrable, Exclude, ExcludeElement, Expression,
    ForeignKey, IndexSettings, Key, MatchType,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::index::{elements, numbers, parameters};
use super::{CLASS, CONSTRAINT, Found, idents, parse, unreadable};

pub(super) const SQL: &str = include_str!("constraint.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    index_oid: Option<u32>,
    table_oid: u32,
    name: String,
    kind: char,
    columns: Option<String>,
    expression: Option<String>,
    foreign_key: Option<ForeignKeyRow>,
    rest: Option<RestRow>,
}

/// What few constraints have.
#[derive(Deserialize)]
struct RestRow {
    deferrable: bool,
    deferred: bool,
    validated: bool,
    enforced: bool,
    include: Option<Vec<String>>,
    nulls_not_distinct: bool,
    period: bool,
    no_inherit: bool,
    exclude: Option<ExcludeRow>,
    storage: Option<Vec<String>>,
    tablespace: Option<String>,
    comment: Option<String>,
}

impl Default for RestRow {
    fn default() -> Self {
        Self {
            deferrable: false,
            deferred: false,
            validated: true,
            enforced: true,
            include: None,
            nulls_not_distinct: false,
            period: false,
            no_inherit: false,
            exclude: None,
            storage: None,
            tablespace: None,
            comment: None,
        }
    }
}

#[derive(Deserialize)]
struct ForeignKeyRow {
    table_oid: u32,
    columns: String,
    #[serde(rename = "match")]
    match_type: char,
    on_update: char,
    on_delete: char,
    on_delete_columns: Option<Vec<i16>>,
    /// What it refers to, with the columns, where that is not read itself.
    elsewhere: Option<(String, String, Vec<String>)>,
}

#[derive(Deserialize)]
struct ExcludeRow {
    method: String,
    keys: String,
    options: String,
    oid: u32,
    operators: Vec<String>,
    predicate: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        index_oid,
        table_oid,
        name,
        kind,
        columns,
        expression,
        foreign_key,
        rest,
    } = parse(body)?;
    let RestRow {
        deferrable,
        deferred,
        validated,
        enforced,
        include,
        nulls_not_distinct,
        period,
        no_inherit,
        exclude,
        storage,
        tablespace,
        comment,
    } = rest.unwrap_or_default();
    let settings = IndexSettings {
        storage: parameters(storage),
        tablespace: tablespace.map(Ident::new).transpose()?,
        comment,
    };
    let id = ObjectId::Constraint {
        table: found.table(table_oid)?.clone(),
        name: Ident::new(name)?,
    };
    let columns = columns.as_deref().map(numbers).transpose()?;
    let columns = found.columns(table_oid, columns)?;
    let include = idents(include)?;
    let key = |columns, include| Key {
        columns,
        include,
        nulls_not_distinct,
        without_overlaps: period,
        settings: settings.clone(),
    };
    let kind = match (kind, foreign_key, exclude, expression) {
        ('p', None, None, None) => ConstraintKind::PrimaryKey(key(columns, include)),
        ('u', None, None, None) => ConstraintKind::Unique(key(columns, include)),
        ('f', Some(row), None, None) => {
            ConstraintKind::ForeignKey(foreign_key_of(row, table_oid, columns, period, found)?)
        }
        ('c', None, None, Some(expression)) => ConstraintKind::Check(Check {
            expression: Expression(expression),
            no_inherit,
        }),
        ('x', None, Some(row), None) => ConstraintKind::Exclude(exclude_of(
            row,
            table_oid,
            include,
            settings.clone(),
            found,
        )?),
        _ => {
            return Err(unreadable(format!(
                "constraint `{id}` has parts of another kind"
            )));
        }
    };
    let deferrable = match (deferrable, deferred) {
        (false, _) => Deferrable::NotDeferrable,
        (true, false) => Deferrable::Immediate,
        (true, true) => Deferrable::Deferred,
    };
    found.stands_at(CONSTRAINT, oid, 0, &id);
    if let Some(index_oid) = index_oid {
        found.stands_at(CLASS, index_oid, 0, &id);
    }
    found.put(
        id,
        Object::Constraint(Constraint {
            kind,
            deferrable,
            validated,
            enforced,
        }),
    );
    Ok(())
}

fn foreign_key_of(
    row: ForeignKeyRow,
    from_oid: u32,
    columns: Vec<Ident>,
    period: bool,
    found: &Found,
) -> Result<ForeignKey> {
    let ForeignKeyRow {
        table_oid,
        columns: referenced_columns,
        match_type,
        on_update,
        on_delete,
        on_delete_columns,
        elsewhere,
    } = row;
    let (references, referenced_columns) = match elsewhere {
        Some((schema, table, columns)) => (
            QualifiedName::parse_parts(&schema, &table)?,
            idents(Some(columns))?,
        ),
        None => (
            found.table(table_oid)?.clone(),
            found.columns(table_oid, Some(numbers(&referenced_columns)?))?,
        ),
    };
    Ok(ForeignKey {
        columns,
        references,
        referenced_columns,
        match_type: if match_type == 'f' {
            MatchType::Full
        } else {
            MatchType::Simple
        },
        on_update: action(on_update)?,
        on_delete: action(on_delete)?,
        on_delete_columns: found.columns(from_oid, on_delete_columns)?,
        period,
    })
}

fn action(code: char) -> Result<Action> {
    match code {
        'a' => Ok(Action::NoAction),
        'r' => Ok(Action::Restrict),
        'c' => Ok(Action::Cascade),
        'n' => Ok(Action::SetNull),
        'd' => Ok(Action::SetDefault),
        other => Err(unreadable(format!(
            "a foreign key has the action `{other}`"
        ))),
    }
}

fn exclude_of(
    row: ExcludeRow,
    table_oid: u32,
    include: Vec<Ident>,
    settings: IndexSettings,
    found: &mut Found,
) -> Result<Exclude> {
    let ExcludeRow {
        method,
        keys,
        options,
        oid,
        operators,
        predicate,
    } = row;
    let elements = elements(oid, table_oid, &keys, &options, found)?
        .into_iter()
        .zip(operators)
        .map(|(element, operator)| ExcludeElement { element, operator })
        .collect();
    Ok(Exclude {
        method,
        elements,
        include,
        predicate: predicate.map(Expression),
        settings,
    })
}
