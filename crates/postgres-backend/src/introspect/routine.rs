//! Reads functions and procedures.

use limbeck_core::schema::object::{
    Expression, Parallel, Parameter, ParameterMode, Routine, RoutineBody, Setting, Volatility,
};
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, PROC, parse};

pub(super) const SQL: &str = include_str!("routine.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    arguments: String,
    kind: char,
    parameters: Vec<ParameterRow>,
    result: Option<String>,
    returns_set: bool,
    language: String,
    source: String,
    library: Option<String>,
    #[serde(default)]
    sql_body: Option<String>,
    volatility: char,
    strict: bool,
    leakproof: bool,
    security_definer: bool,
    parallel: char,
    cost: Option<String>,
    rows: Option<String>,
    support: Option<String>,
    settings: Option<Vec<String>>,
    transforms: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ParameterRow {
    mode: char,
    name: Option<String>,
    #[serde(rename = "type")]
    sql_type: String,
    default: Option<String>,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        arguments,
        kind,
        parameters,
        result,
        returns_set,
        language,
        source,
        library,
        sql_body,
        volatility,
        strict,
        leakproof,
        security_definer,
        parallel: runs,
        cost,
        rows,
        support,
        settings,
        transforms,
    } = parse(body)?;
    let name = QualifiedName::parse_parts(&schema, &name)?;
    let id = if kind == 'p' {
        ObjectId::Procedure { name, arguments }
    } else {
        ObjectId::Function { name, arguments }
    };
    let body = match (library, sql_body) {
        (_, Some(text)) => RoutineBody::Sql(Expression(text.trim().to_owned())),
        (Some(file), None) => RoutineBody::Library {
            file,
            symbol: source,
        },
        (None, None) => RoutineBody::Source(source),
    };
    let settings = settings.into_iter().flatten().map(|setting| {
        let (name, value) = setting.split_once('=').unwrap_or((&setting, ""));
        Setting {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    });
    let routine = Routine {
        parameters: parameters.into_iter().map(ParameterRow::read).collect(),
        result: result.map(Expression),
        returns_set,
        language,
        body,
        window: kind == 'w',
        volatility: match volatility {
            'i' => Volatility::Immutable,
            's' => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        strict,
        leakproof,
        security_definer,
        parallel: parallel(runs),
        cost,
        rows,
        support: support.map(Expression),
        settings: settings.collect(),
        transforms: transforms.into_iter().flatten().map(Expression).collect(),
    };
    found.stands_at(PROC, oid, 0, &id);
    found.put(id, Object::Routine(routine));
    Ok(())
}

/// Whether something may run in parallel, by the letter that the catalog has for it.
pub(super) fn parallel(letter: char) -> Parallel {
    match letter {
        's' => Parallel::Safe,
        'r' => Parallel::Restricted,
        _ => Parallel::Unsafe,
    }
}

impl ParameterRow {
    fn read(self) -> Parameter {
        let Self {
            mode,
            name,
            sql_type,
            default,
        } = self;
        Parameter {
            mode: match mode {
                'o' => ParameterMode::Out,
                'b' => ParameterMode::InOut,
                'v' => ParameterMode::Variadic,
                't' => ParameterMode::Table,
                _ => ParameterMode::In,
            },
            name,
            sql_type: Expression(sql_type),
            default: default.map(Expression),
        }
    }
}
