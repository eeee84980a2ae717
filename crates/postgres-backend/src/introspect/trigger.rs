//! Reads triggers.

use limbeck_core::schema::object::{
    Deferrable, Expression, Trigger, TriggerConstraint, TriggerTiming,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::rule::firing;
use super::{Found, NameRow, TRIGGER, idents, parse, qualified, unreadable};

pub(super) const SQL: &str = include_str!("trigger.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    table: String,
    name: String,
    #[serde(rename = "type")]
    bits: i32,
    columns: Option<Vec<String>>,
    condition: Option<String>,
    old_table: Option<String>,
    new_table: Option<String>,
    constraint: bool,
    deferrable: bool,
    deferred: bool,
    references: Option<NameRow>,
    function: NameRow,
    arguments: String,
    firing: char,
}

// The bits of `pg_trigger.tgtype` (src/include/catalog/pg_trigger.h).
const ROW: i32 = 1;
const BEFORE: i32 = 1 << 1;
const INSERT: i32 = 1 << 2;
const DELETE: i32 = 1 << 3;
const UPDATE: i32 = 1 << 4;
const TRUNCATE: i32 = 1 << 5;
const INSTEAD: i32 = 1 << 6;

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        table,
        name,
        bits,
        columns,
        condition,
        old_table,
        new_table,
        constraint,
        deferrable,
        deferred,
        references,
        function,
        arguments: handed,
        firing: fires,
    } = parse(body)?;
    let deferrable = match (deferrable, deferred) {
        (false, _) => Deferrable::NotDeferrable,
        (true, false) => Deferrable::Immediate,
        (true, true) => Deferrable::Deferred,
    };
    let references = references.map(qualified).transpose()?;
    let id = ObjectId::Trigger {
        table: QualifiedName::parse_parts(&schema, &table)?,
        name: Ident::new(name)?,
    };
    let trigger = Trigger {
        timing: if bits & BEFORE != 0 {
            TriggerTiming::Before
        } else if bits & INSTEAD != 0 {
            TriggerTiming::InsteadOf
        } else {
            TriggerTiming::After
        },
        on_insert: bits & INSERT != 0,
        on_update: bits & UPDATE != 0,
        update_columns: idents(columns)?,
        on_delete: bits & DELETE != 0,
        on_truncate: bits & TRUNCATE != 0,
        each_row: bits & ROW != 0,
        condition: condition.map(Expression),
        old_table: old_table.map(Ident::new).transpose()?,
        new_table: new_table.map(Ident::new).transpose()?,
        constraint: constraint.then_some(TriggerConstraint {
            deferrable,
            references,
        }),
        function: qualified(function)?,
        arguments: arguments(&handed)
            .ok_or_else(|| unreadable(format!("the arguments `{handed}` of a trigger")))?,
        firing: firing(fires),
    };
    found.stands_at(TRIGGER, oid, 0, &id);
    found.put(id, Object::Trigger(trigger));
    Ok(())
}

/// The catalog keeps arguments in bytes, each with a zero behind it; here they are in hexadecimal.
fn arguments(hex: &str) -> Option<Vec<String>> {
    let digits = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let bytes = bytes?;
    let mut arguments: Vec<String> = bytes
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect();
    arguments.pop();
    Some(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_apart() {
        assert_eq!(arguments(""), Some(Vec::new()));
        assert_eq!(
            arguments("6100c3bc2700"),
            Some(vec!["a".to_owned(), "ü'".to_owned()])
        );
        assert_eq!(arguments("00"), Some(vec![String::new()]));
        assert_eq!(arguments("6x"), None);
    }
}
