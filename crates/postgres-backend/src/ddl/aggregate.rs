//! Aggregates.

use limbeck_core::ObjectId;
use limbeck_core::schema::object::{
    Aggregate, AggregateKind, AggregateState, FinishModify, MovingState,
};

use super::Piece;
use super::routine::parallel_words;
use crate::quote::{Naming, literal};

pub(super) fn create(id: &ObjectId, aggregate: &Aggregate, naming: &Naming) -> Vec<Piece> {
    defined("CREATE", "create", id, aggregate, naming)
}

pub(super) fn alter(id: &ObjectId, to: &Aggregate, naming: &Naming) -> Vec<Piece> {
    defined("CREATE OR REPLACE", "replace", id, to, naming)
}

fn defined(
    verb: &str,
    word: &str,
    id: &ObjectId,
    aggregate: &Aggregate,
    naming: &Naming,
) -> Vec<Piece> {
    let ObjectId::Aggregate { name, arguments: _ } = id else {
        return Vec::new();
    };
    let Aggregate {
        arguments,
        result: _,
        kind,
        state,
        moving,
        combine,
        serialize,
        deserialize,
        sort_operator,
        parallel,
    } = aggregate;
    let arguments = match naming.expression(arguments) {
        none if none.is_empty() => "*".to_owned(),
        some => some,
    };
    let mut parts = Vec::new();
    said(&mut parts, "", state, *kind, naming);
    let functions = [
        ("COMBINEFUNC", combine),
        ("SERIALFUNC", serialize),
        ("DESERIALFUNC", deserialize),
    ];
    for (key, function) in functions {
        if let Some(function) = function {
            parts.push(format!("{key} = {}", naming.expression(function)));
        }
    }
    if let Some(MovingState { state, inverse }) = moving {
        parts.push(format!("MINVFUNC = {}", naming.expression(inverse)));
        said(&mut parts, "M", state, *kind, naming);
    }
    if let Some(operator) = sort_operator {
        parts.push(format!("SORTOP = {}", naming.expression(operator)));
    }
    parts.extend(parallel_words(*parallel).map(|word| format!("PARALLEL = {word}")));
    if *kind == AggregateKind::Hypothetical {
        parts.push("HYPOTHETICAL".to_owned());
    }
    vec![Piece::statement(
        id,
        format!(
            "{verb} AGGREGATE {}({arguments}) (\n    {}\n)",
            naming.qualified(name),
            parts.join(",\n    ")
        ),
        format!("{word} aggregate {}", naming.shown(name)),
    )]
}

/// What is said of a state; its keys begin with `M` for a moving frame.
fn said(
    parts: &mut Vec<String>,
    moving: &str,
    state: &AggregateState,
    kind: AggregateKind,
    naming: &Naming,
) {
    let AggregateState {
        function,
        sql_type,
        space,
        initial,
        finish,
        finish_extra,
        finish_modify,
    } = state;
    parts.push(format!("{moving}SFUNC = {}", naming.expression(function)));
    parts.push(format!("{moving}STYPE = {}", naming.expression(sql_type)));
    if *space != 0 {
        parts.push(format!("{moving}SSPACE = {space}"));
    }
    if let Some(finish) = finish {
        parts.push(format!("{moving}FINALFUNC = {}", naming.expression(finish)));
        if *finish_extra {
            parts.push(format!("{moving}FINALFUNC_EXTRA"));
        }
    }
    let usual = match kind {
        AggregateKind::Plain => FinishModify::ReadOnly,
        AggregateKind::OrderedSet | AggregateKind::Hypothetical => FinishModify::ReadWrite,
    };
    if *finish_modify != usual {
        let word = match finish_modify {
            FinishModify::ReadOnly => "READ_ONLY",
            FinishModify::Shareable => "SHAREABLE",
            FinishModify::ReadWrite => "READ_WRITE",
        };
        parts.push(format!("{moving}FINALFUNC_MODIFY = {word}"));
    }
    if let Some(initial) = initial {
        parts.push(format!("{moving}INITCOND = {}", literal(initial)));
    }
}
