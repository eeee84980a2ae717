//! Rules, and what they share with triggers: when they fire.

use limbeck_core::schema::object::{Firing, Rule, RuleEvent};
use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::Piece;
use crate::expression::parenthesised;
use crate::quote::{Naming, ident};

pub(super) fn create(id: &ObjectId, rule: &Rule, naming: &Naming) -> Vec<Piece> {
    let mut pieces = defined("CREATE RULE", "create", id, rule, naming);
    pieces.extend(fire(id, Firing::Origin, rule.firing, naming));
    pieces
}

fn defined(verb: &str, word: &str, id: &ObjectId, rule: &Rule, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Rule { table, name } = id else {
        return Vec::new();
    };
    let Rule {
        event,
        condition,
        instead,
        action,
        firing: _,
    } = rule;
    let event = match event {
        RuleEvent::Select => "SELECT",
        RuleEvent::Insert => "INSERT",
        RuleEvent::Update => "UPDATE",
        RuleEvent::Delete => "DELETE",
    };
    let condition = condition.as_ref().map_or_else(String::new, |condition| {
        format!("\n    WHERE {}", parenthesised(&naming.query(condition)))
    });
    let how = if *instead { "INSTEAD" } else { "ALSO" };
    vec![Piece::statement(
        id,
        format!(
            "{verb} {} AS\n    ON {event} TO {}{condition}\n    DO {how} {}",
            ident(name),
            naming.qualified(table),
            naming.query(action)
        ),
        format!("{word} rule {name} on {}", naming.shown(table)),
    )]
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Rule { table, name } = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP RULE {} ON {}", ident(name), naming.qualified(table)),
        format!("drop rule {name} on {}", naming.shown(table)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Rule, to: &Rule, naming: &Naming) -> Vec<Piece> {
    let same = Rule {
        firing: to.firing,
        ..from.clone()
    } == *to;
    let mut pieces = if same {
        Vec::new()
    } else {
        defined("CREATE OR REPLACE RULE", "replace", id, to, naming)
    };
    pieces.extend(fire(id, from.firing, to.firing, naming));
    pieces
}

/// Says when a rule or a trigger of a table fires.
pub(super) fn fire(id: &ObjectId, from: Firing, to: Firing, naming: &Naming) -> Option<Piece> {
    if from == to {
        return None;
    }
    let (kind, table, name): (&str, &QualifiedName, &Ident) = match id {
        ObjectId::Rule { table, name } => ("RULE", table, name),
        ObjectId::Trigger { table, name } => ("TRIGGER", table, name),
        _ => return None,
    };
    Some(Piece::action(
        id,
        table,
        format!("{} {kind} {}", enable(to), ident(name)),
        format!(
            "say when {} {name} of {} fires",
            id.kind(),
            naming.shown(table)
        ),
    ))
}

/// `ENABLE ALWAYS`: what stands before the word for what is enabled, or behind it.
pub(super) fn enable(firing: Firing) -> &'static str {
    match firing {
        Firing::Origin => "ENABLE",
        Firing::Replica => "ENABLE REPLICA",
        Firing::Always => "ENABLE ALWAYS",
        Firing::Disabled => "DISABLE",
    }
}
