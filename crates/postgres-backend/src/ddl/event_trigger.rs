//! Event triggers. Only when they fire changes in place.

use limbeck_core::ObjectId;
use limbeck_core::schema::object::{EventTrigger, Firing};

use super::index::method_name;
use super::rule::enable;
use super::{Piece, lay_out};
use crate::quote::{Naming, ident, literal};

pub(super) fn create(id: &ObjectId, trigger: &EventTrigger, naming: &Naming) -> Vec<Piece> {
    let ObjectId::EventTrigger(name) = id else {
        return Vec::new();
    };
    let EventTrigger {
        event,
        tags,
        function,
        firing,
    } = trigger;
    let mut clauses = vec![format!("ON {}", method_name(event))];
    if !tags.is_empty() {
        let tags: Vec<String> = tags.iter().map(|tag| literal(tag).to_string()).collect();
        clauses.push(format!("WHEN TAG IN ({})", tags.join(", ")));
    }
    clauses.push(format!("EXECUTE FUNCTION {}()", naming.qualified(function)));
    let mut pieces = vec![Piece::statement(
        id,
        lay_out(&format!("CREATE EVENT TRIGGER {}", ident(name)), &clauses),
        format!("create event trigger {name}"),
    )];
    pieces.extend(fire(id, Firing::Origin, *firing));
    pieces
}

pub(super) fn drop(id: &ObjectId) -> Vec<Piece> {
    let ObjectId::EventTrigger(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP EVENT TRIGGER {}", ident(name)),
        format!("drop event trigger {name}"),
    )]
}

pub(super) fn alter(
    id: &ObjectId,
    from: &EventTrigger,
    to: &EventTrigger,
    naming: &Naming,
) -> Vec<Piece> {
    if from.can_become(to) {
        return fire(id, from.firing, to.firing).into_iter().collect();
    }
    let mut pieces = drop(id);
    pieces.extend(create(id, to, naming));
    pieces
}

fn fire(id: &ObjectId, from: Firing, to: Firing) -> Option<Piece> {
    let ObjectId::EventTrigger(name) = id else {
        return None;
    };
    (from != to).then(|| {
        Piece::statement(
            id,
            format!("ALTER EVENT TRIGGER {} {}", ident(name), enable(to)),
            format!("say when event trigger {name} fires"),
        )
    })
}
