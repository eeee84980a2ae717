//! Reads constraints.

use limbeck_core::schema::object::{
    Action, Check, Constraint, ConstraintKind, Deferrable, Exclude, ExcludeElement, Expression,
    ForeignKey, IndexSettings, Key, MatchType,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::index::{ElementRow, parameters};
use super::{CLASS, CONSTRAINT, Found, idents, parse, unreadable};

pub(super) const SQL: &str = include_str!("constraint.sql");

#[derive(Deserialize)]
struct Row {
    oid: i64,
    index_oid: Option<i64>,
    schema: String,
    table: String,
    name: String,
    kind: char,
    deferrable: bool,
    deferred: bool,
    validated: bool,
    enforced: bool,
    columns: Option<Vec<String>>,
    include: Option<Vec<String>>,
    nulls_not_distinct: bool,
    period: bool,
    expression: Option<String>,
    no_inherit: bool,
    foreign_key: Option<ForeignKeyRow>,
    exclude: Option<ExcludeRow>,
    storage: Option<Vec<String>>,
    tablespace: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct ForeignKeyRow {
    schema: String,
    table: String,
    columns: Vec<String>,
    #[serde(rename = "match")]
    match_type: char,
    on_update: char,
    on_delete: char,
    on_delete_columns: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ExcludeRow {
    method: String,
    elements: Vec<ElementRow>,
    operators: Vec<String>,
    predicate: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        index_oid,
        schema,
        table,
        name,
        kind,
        deferrable,
        deferred,
        validated,
        enforced,
        columns,
        include,
        nulls_not_distinct,
        period,
        expression,
        no_inherit,
        foreign_key,
        exclude,
        storage,
        tablespace,
        comment,
    } = parse(body)?;
    let settings = IndexSettings {
        storage: parameters(storage),
        tablespace: tablespace.map(Ident::new).transpose()?,
        comment,
    };
    let id = ObjectId::Constraint {
        table: QualifiedName::parse_parts(&schema, &table)?,
        name: Ident::new(name)?,
    };
    let columns = idents(columns)?;
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
            ConstraintKind::ForeignKey(foreign_key_of(row, columns, period)?)
        }
        ('c', None, None, Some(expression)) => ConstraintKind::Check(Check {
            expression: Expression(expression),
            no_inherit,
        }),
        ('x', None, Some(row), None) => {
            ConstraintKind::Exclude(exclude_of(row, include, settings.clone())?)
        }
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

fn foreign_key_of(row: ForeignKeyRow, columns: Vec<Ident>, period: bool) -> Result<ForeignKey> {
    let ForeignKeyRow {
        schema,
        table,
        columns: referenced_columns,
        match_type,
        on_update,
        on_delete,
        on_delete_columns,
    } = row;
    Ok(ForeignKey {
        columns,
        references: QualifiedName::parse_parts(&schema, &table)?,
        referenced_columns: idents(Some(referenced_columns))?,
        match_type: if match_type == 'f' {
            MatchType::Full
        } else {
            MatchType::Simple
        },
        on_update: action(on_update)?,
        on_delete: action(on_delete)?,
        on_delete_columns: idents(on_delete_columns)?,
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

fn exclude_of(row: ExcludeRow, include: Vec<Ident>, settings: IndexSettings) -> Result<Exclude> {
    let ExcludeRow {
        method,
        elements,
        operators,
        predicate,
    } = row;
    let elements = elements
        .into_iter()
        .zip(operators)
        .map(|(element, operator)| {
            Ok(ExcludeElement {
                element: element.read()?,
                operator,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Exclude {
        method,
        elements,
        include,
        predicate: predicate.map(Expression),
        settings,
    })
}
