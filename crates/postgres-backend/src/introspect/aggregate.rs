//! Reads aggregates.

use limbeck_core::schema::object::{
    Aggregate, AggregateKind, AggregateState, Expression, FinishModify, MovingState,
};
use limbeck_core::{Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::routine::parallel;
use super::{Found, PROC, parse};

pub(super) const SQL: &str = include_str!("aggregate.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    identity: String,
    arguments: String,
    result: String,
    kind: char,
    parallel: char,
    state: StateRow,
    moving: Option<StateRow>,
    inverse: Option<String>,
    combine: Option<String>,
    serialize: Option<String>,
    deserialize: Option<String>,
    sort_operator: Option<String>,
}

#[derive(Deserialize)]
struct StateRow {
    function: String,
    #[serde(rename = "type")]
    sql_type: String,
    space: i32,
    initial: Option<String>,
    finish: Option<String>,
    finish_extra: bool,
    finish_modify: char,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        name,
        identity,
        arguments,
        result,
        kind,
        parallel: runs,
        state,
        moving,
        inverse,
        combine,
        serialize,
        deserialize,
        sort_operator,
    } = parse(body)?;
    let id = ObjectId::Aggregate {
        name: QualifiedName::parse_parts(&schema, &name)?,
        arguments: identity,
    };
    let moving = match (moving, inverse) {
        (Some(state), Some(inverse)) => Some(MovingState {
            state: state.read(),
            inverse: Expression(inverse),
        }),
        _ => None,
    };
    let aggregate = Aggregate {
        arguments: Expression(arguments),
        result: Expression(result),
        kind: match kind {
            'o' => AggregateKind::OrderedSet,
            'h' => AggregateKind::Hypothetical,
            _ => AggregateKind::Plain,
        },
        state: state.read(),
        moving,
        combine: combine.map(Expression),
        serialize: serialize.map(Expression),
        deserialize: deserialize.map(Expression),
        sort_operator: sort_operator.map(Expression),
        parallel: parallel(runs),
    };
    found.stands_at(PROC, oid, 0, &id);
    found.put(id, Object::Aggregate(aggregate));
    Ok(())
}

impl StateRow {
    fn read(self) -> AggregateState {
        let Self {
            function,
            sql_type,
            space,
            initial,
            finish,
            finish_extra,
            finish_modify,
        } = self;
        AggregateState {
            function: Expression(function),
            sql_type: Expression(sql_type),
            space,
            initial,
            finish: finish.map(Expression),
            finish_extra,
            finish_modify: match finish_modify {
                's' => FinishModify::Shareable,
                'w' => FinishModify::ReadWrite,
                _ => FinishModify::ReadOnly,
            },
        }
    }
}
