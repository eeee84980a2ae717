//! What turns one whole schema into another, both ways.

use limbeck_core::schema::diff::rename::{RenameHint, holds, perhaps, resolve};
use limbeck_core::schema::diff::{diff, diff_back};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, ObjectId, Result, Schema};

use crate::autogenerate::{Draft, refuse_hidden};
use crate::ddl::{Context, render};
use crate::hazard::{Direction, Hazard, hazards_of};
use crate::introspect::{Introspection, Unmanaged};
use crate::quote::Naming;
use crate::statement::Statement;

mod alike;

pub(crate) use alike::take as alike;

/// What turns one schema into another, and back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// The way there.
    pub there: Way,
    /// The way back.
    pub back: Way,
    /// What is in one of the two and was not compared.
    pub unmanaged: Vec<Unmanaged>,
    /// What should be said, without being a difference.
    pub notes: Vec<String>,
}

/// One way between two schemas.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Way {
    /// What changes, in order.
    pub operations: Vec<Operation>,
    /// The statements that do it.
    pub statements: Vec<Statement>,
    /// What it may destroy or fail at.
    pub hazards: Vec<Hazard>,
    /// What may be a rename, and is taken for a drop and a create: who it was, who it would be.
    pub perhaps_renamed: Vec<(ObjectId, ObjectId)>,
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.there.operations.is_empty()
    }

    /// The same difference the other way.
    #[must_use]
    pub fn reversed(self) -> Self {
        let Self {
            there,
            back,
            unmanaged,
            notes,
        } = self;
        Self {
            there: back,
            back: there,
            unmanaged,
            notes,
        }
    }
}

impl Way {
    fn of(direction: Direction, operations: Vec<Operation>, from: &Schema, to: &Schema) -> Self {
        let naming = Naming::everywhere();
        let context = Context {
            from,
            to,
            naming: &naming,
        };
        let perhaps_renamed = perhaps(from, to, &operations);
        let mut hazards = hazards_of(direction, &operations, from, to);
        let doubts = perhaps_renamed.iter();
        hazards.extend(doubts.map(|(old, new)| crate::hazard::perhaps_renamed(old, new)));
        Self {
            statements: render(&operations, &context),
            hazards,
            operations,
            perhaps_renamed,
        }
    }
}

/// Compares two schemas as wholes.
///
/// # Errors
/// [`ErrorKind::CannotCompare`](limbeck_core::ErrorKind::CannotCompare) where something of a kind
/// that is not compared yet stands where an object is to be made.
pub(crate) fn difference(
    from: &Introspection,
    to: &Introspection,
    hints: &[RenameHint],
) -> Result<Difference> {
    let public = Ident::new("public")?;
    let renames = &resolve(hints, &from.schema, &public, |id| holds(&to.schema, id))?;
    let wanted = &*alike(&from.schema, &to.schema);
    let up = diff(&from.schema, wanted, renames);
    let there = Way::of(Direction::Up, up, &from.schema, wanted);
    refuse_hidden(&there.operations, from)?;
    let down = diff_back(&from.schema, wanted, renames);
    let back = Way::of(Direction::Down, down, wanted, &from.schema);
    let mut unmanaged: Vec<Unmanaged> = from
        .unmanaged
        .iter()
        .chain(&to.unmanaged)
        .cloned()
        .collect();
    unmanaged.extend(subscriptions(&from.schema, &to.schema));
    unmanaged.sort();
    unmanaged.dedup();
    let mut notes = Vec::new();
    let versions = [from, to].map(|one| (one.server_version > 0).then(|| one.major()));
    if let [Some(from), Some(to)] = versions
        && from != to
    {
        notes.push(format!(
            "one side is of Postgres {from} and the other of Postgres {to}: what the two print \
             differently is told as a difference"
        ));
    }
    Ok(Difference {
        there,
        back,
        unmanaged,
        notes,
    })
}

/// The subscriptions that are in one of the two alone: none is ever made or dropped.
fn subscriptions<'a>(from: &'a Schema, to: &'a Schema) -> impl Iterator<Item = Unmanaged> + 'a {
    let alone = |one: &'a Schema, other: &'a Schema| {
        one.objects.keys().filter_map(move |id| match id {
            ObjectId::Subscription(name) if !other.objects.contains_key(id) => Some(Unmanaged {
                kind: id.kind().to_owned(),
                schema: String::new(),
                name: name.to_string(),
            }),
            _ => None,
        })
    };
    alone(from, to).chain(alone(to, from))
}

impl From<Draft> for Difference {
    fn from(draft: Draft) -> Self {
        let Draft {
            operations,
            reverse,
            up,
            down,
            hazards,
            down_hazards,
            notes,
            perhaps_renamed,
            generated: _,
            touches: _,
            depends_on: _,
            over: _,
        } = draft;
        Self {
            there: Way {
                operations,
                statements: up,
                hazards,
                perhaps_renamed,
            },
            back: Way {
                operations: reverse,
                statements: down,
                hazards: down_hazards,
                perhaps_renamed: Vec::new(),
            },
            unmanaged: Vec::new(),
            notes,
        }
    }
}
