//! Triggers of tables and views. Only when they fire changes in place.

use limbeck_core::schema::object::{Deferrable, Firing, Trigger, TriggerConstraint, TriggerTiming};
use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::rule::fire;
use super::{Piece, lay_out, list};
use crate::expression::parenthesised;
use crate::quote::{Naming, ident, literal};

pub(super) fn create(id: &ObjectId, trigger: &Trigger, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Trigger { table, name } = id else {
        return Vec::new();
    };
    let mut pieces = vec![Piece::statement(
        id,
        definition(table, name, trigger, naming),
        format!("create trigger {name} on {}", naming.shown(table)),
    )];
    pieces.extend(fire(id, Firing::Origin, trigger.firing, naming));
    pieces
}

fn definition(table: &QualifiedName, name: &Ident, trigger: &Trigger, naming: &Naming) -> String {
    let Trigger {
        timing,
        on_insert,
        on_update,
        update_columns,
        on_delete,
        on_truncate,
        each_row,
        condition,
        old_table,
        new_table,
        constraint,
        function,
        arguments,
        firing: _,
    } = trigger;
    let mut events = Vec::new();
    if *on_insert {
        events.push("INSERT".to_owned());
    }
    if *on_delete {
        events.push("DELETE".to_owned());
    }
    if *on_update && update_columns.is_empty() {
        events.push("UPDATE".to_owned());
    } else if *on_update {
        events.push(format!("UPDATE OF {}", list(update_columns)));
    }
    if *on_truncate {
        events.push("TRUNCATE".to_owned());
    }
    let timing = match timing {
        TriggerTiming::Before => "BEFORE",
        TriggerTiming::After => "AFTER",
        TriggerTiming::InsteadOf => "INSTEAD OF",
    };
    let mut clauses = vec![format!(
        "{timing} {} ON {}",
        events.join(" OR "),
        naming.qualified(table)
    )];
    let kind = if constraint.is_some() {
        "CONSTRAINT TRIGGER"
    } else {
        "TRIGGER"
    };
    if let Some(TriggerConstraint {
        deferrable,
        references,
    }) = constraint
    {
        if let Some(other) = references {
            clauses.push(format!("FROM {}", naming.qualified(other)));
        }
        match deferrable {
            Deferrable::NotDeferrable => {}
            Deferrable::Immediate => clauses.push("DEFERRABLE".to_owned()),
            Deferrable::Deferred => clauses.push("DEFERRABLE INITIALLY DEFERRED".to_owned()),
        }
    }
    if old_table.is_some() || new_table.is_some() {
        let named = |word: &str, table: &Option<Ident>| {
            let table = table.as_ref();
            table.map_or_else(String::new, |table| {
                format!(" {word} TABLE AS {}", ident(table))
            })
        };
        clauses.push(format!(
            "REFERENCING{}{}",
            named("OLD", old_table),
            named("NEW", new_table)
        ));
    }
    let each = if *each_row { "ROW" } else { "STATEMENT" };
    clauses.push(format!("FOR EACH {each}"));
    if let Some(condition) = condition {
        clauses.push(format!(
            "WHEN {}",
            parenthesised(&naming.expression(condition))
        ));
    }
    let arguments: Vec<String> = arguments
        .iter()
        .map(|text| literal(text).to_string())
        .collect();
    clauses.push(format!(
        "EXECUTE FUNCTION {}({})",
        naming.qualified(function),
        arguments.join(", ")
    ));
    lay_out(&format!("CREATE {kind} {}", ident(name)), &clauses)
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Trigger { table, name } = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!(
            "DROP TRIGGER {} ON {}",
            ident(name),
            naming.qualified(table)
        ),
        format!("drop trigger {name} on {}", naming.shown(table)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Trigger, to: &Trigger, naming: &Naming) -> Vec<Piece> {
    if from.can_become(to) {
        return fire(id, from.firing, to.firing, naming)
            .into_iter()
            .collect();
    }
    let mut pieces = drop(id, naming);
    pieces.extend(create(id, to, naming));
    pieces
}
