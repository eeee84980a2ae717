//! What differs between two schemas, as operations in an order that runs.
//!
//! Five steps, a file each but for the third: carry `from` over the [renames](rename) that apply
//! (and those that go without saying), put types aside that must be `exchange`d, merge the two maps of objects, let [replacements](replace) spread to what depends on them, and
//! put the operations in `order`.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use crate::schema::Schema;
use crate::schema::object::{Object, ObjectId};
use crate::schema::operation::Operation;

mod exchange;
mod heritage;
mod not_null;
pub(crate) mod order;
mod parting;
#[cfg(test)]
mod properties;
pub mod rename;
pub mod replace;
#[cfg(test)]
mod speed;
#[cfg(test)]
mod tests;

pub use exchange::in_words;

/// Names that objects had before: from what an object will be called to what it was called.
///
/// A hint counts only where the old object is in `from`, the new one is not (or is itself renamed
/// away), and the new one is in `to`; any other is passed over, so that a hint may stay in the
/// source for good.
///
/// Both sides of a hint are named in full: where a table and a column of it are renamed together,
/// the column's new identity stands under the table's new name and its old one under the table's
/// old name. The same goes for the values of an enum. A hint from one schema (namespace) to another is
/// passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// New identity to old identity.
    pub by_new: BTreeMap<ObjectId, ObjectId>,
}

/// What happens to an object between two schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is in `to` alone.
    Create,
    /// It is in `from` alone.
    Drop,
    /// It is in both, and can be changed in place.
    Alter,
    /// It is in both, and must be dropped and created.
    Replace,
}

/// The operations that turn `from` into `to`, in an order in which they can be run.
///
/// The same input gives the same operations. What depends on a dropped or replaced object and is
/// still wanted is dropped before and created after it. The way back is [`diff_back`].
pub fn diff(from: &Schema, to: &Schema, renames: &Renames) -> Vec<Operation> {
    let none = BTreeSet::new();
    between(from, to, renames, &none, &none)
}

/// The operations that turn `to` into `from` again, after [`diff`] has turned `from` into `to`.
///
/// What was renamed there is renamed back, also where something else has its old name by then; a
/// hint that did not count there does not count here.
pub fn diff_back(from: &Schema, to: &Schema, renames: &Renames) -> Vec<Operation> {
    diff_back_anew(from, to, renames, &BTreeSet::new())
}

/// [`diff_back`] where some objects of `from` are made anew, though nothing is said to change in them: what
/// Postgres would make of them by itself is something else.
pub fn diff_back_anew(
    from: &Schema,
    to: &Schema,
    renames: &Renames,
    anew: &BTreeSet<ObjectId>,
) -> Vec<Operation> {
    let (back, aside) = rename::back(from, to, renames);
    between(to, from, &back, &aside, anew)
}

/// What is renamed to one of `aside` is wanted under that name by no one, and goes. What is `anew` is
/// replaced, where it is in both.
fn between(
    from: &Schema,
    to: &Schema,
    renames: &Renames,
    aside: &BTreeSet<ObjectId>,
    anew: &BTreeSet<ObjectId>,
) -> Vec<Operation> {
    let settled = rename::settle(from, renames, |id| {
        rename::holds(to, id) || rename::is_aside(id, aside)
    });
    let mut operations = settled.operations();
    let from = &*settled.carry_over(from);
    let from = &*not_null::by_tie(from, to);
    let mut changes = compare(from, to);
    let again = rename::settle(from, &rename::implied(from, to, &changes), |_| true);
    let from = &*again.carry_over(from);
    if !again.operations().is_empty() {
        operations.extend(again.operations());
        changes = compare(from, to);
    }
    let (from, aside) = exchange::step_aside(from, to, &changes);
    let from = &*from;
    if !aside.is_empty() {
        operations.extend(aside);
        changes = compare(from, to);
    }
    for id in anew {
        if let (Some(_), Some((id, _))) = (from.get(id), to.objects.get_key_value(id)) {
            changes.insert(id, Change::Replace);
        }
    }
    if !changes.is_empty() {
        replace::spread(from, to, &mut changes);
        operations.extend(order::order(from, to, &changes));
    }
    operations
}

/// Merges the two maps of objects.
fn compare<'a>(from: &'a Schema, to: &'a Schema) -> BTreeMap<&'a ObjectId, Change> {
    let mut changes = BTreeMap::new();
    let mut present = from.objects.iter().peekable();
    for (id, wanted) in &to.objects {
        // Nearly all are the same, and what is shared is equal without a look at it.
        let mut same = present.next_if(|(other, _)| *other == id);
        if same.is_none() {
            drop_until(&mut present, id, &mut changes);
            same = present.next_if(|(other, _)| *other == id);
        }
        match same {
            None => {
                changes.insert(id, Change::Create);
            }
            Some((_, present)) if !heritage::is_as_wanted(present, wanted) => {
                changes.insert(id, replace::change(present, wanted));
            }
            Some(_) => {}
        }
    }
    changes.extend(present.map(|(id, _)| (id, Change::Drop)));
    changes.retain(|id, change| {
        !matches!(change, Change::Create | Change::Drop) || within_reach(id, from, to)
    });
    changes
}

/// Whether something may come and go: a subscription does not, nor its comment, where it is not in both.
fn within_reach(id: &ObjectId, from: &Schema, to: &Schema) -> bool {
    match id {
        ObjectId::Subscription(_) => false,
        ObjectId::Comment(on) => {
            !matches!(**on, ObjectId::Subscription(_))
                || from.objects.contains_key(on) && to.objects.contains_key(on)
        }
        _ => true,
    }
}

fn drop_until<'a>(
    from: &mut Peekable<impl Iterator<Item = (&'a ObjectId, &'a Object)>>,
    id: &ObjectId,
    changes: &mut BTreeMap<&'a ObjectId, Change>,
) {
    while let Some((gone, _)) = from.next_if(|(other, _)| *other < id) {
        changes.insert(gone, Change::Drop);
    }
}
