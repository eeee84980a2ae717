//! What can go wrong when operations meet a database that holds data.
//!
//! One rule a file; each looks at one operation and knows the schemas around it. A rule tells only
//! what the operations show: how many rows there are is not known here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use limbeck_core::schema::object::{Composite, Domain, SqlType};
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::overlay::aside;
use limbeck_core::{Object, ObjectId, QualifiedName, Schema};

use crate::ddl::{Cast, base_of, cast};
use crate::quote::ident;

mod add_not_null_column;
mod attach_partition;
mod cast_can_fail;
mod consent;
mod drop_attribute;
mod drop_column;
mod drop_enum;
mod drop_sequence;
mod drop_table;
mod exchange_type;
mod loss;
mod narrow_type;
#[cfg(feature = "postgres")]
mod perhaps_renamed;
mod remove_enum_value;
mod rename_in_body;
mod set_not_null;

pub use consent::{Consent, parse_consent, unconsented};
#[cfg(feature = "postgres")]
pub(crate) use exchange_type::exchanges;
pub(crate) use loss::losses;
#[cfg(feature = "postgres")]
pub(crate) use perhaps_renamed::perhaps_renamed;

/// One danger of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hazard {
    /// Its stable code: `drop_table`.
    pub code: &'static str,
    /// What is in danger.
    pub object: ObjectId,
    /// What it does and why it bites, with the user's own names.
    pub message: String,
    /// What to do instead.
    pub advice: String,
    /// How bad it is.
    pub severity: Severity,
}

/// How bad a hazard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Data is lost.
    Destructive,
    /// It fails on some data, and then nothing is changed.
    MayFail,
    /// It keeps others waiting.
    Blocking,
    /// It may be meant otherwise.
    Ambiguous,
    /// Programs that run meanwhile fail until they connect anew.
    Breaking,
    /// It is done, and something else fails when it is used next.
    FailsLater,
}

impl Severity {
    /// Whether somebody must consent before such a thing is done.
    pub fn wants_consent(self) -> bool {
        match self {
            Self::Destructive | Self::MayFail => true,
            Self::Blocking | Self::Ambiguous | Self::Breaking | Self::FailsLater => false,
        }
    }
}

/// The code of every rule.
pub(crate) const CODES: [&str; 13] = [
    add_not_null_column::CODE,
    attach_partition::CODE,
    cast_can_fail::CODE,
    drop_attribute::CODE,
    drop_column::CODE,
    drop_enum::CODE,
    drop_sequence::CODE,
    drop_table::CODE,
    exchange_type::CODE,
    narrow_type::CODE,
    remove_enum_value::CODE,
    rename_in_body::CODE,
    set_not_null::CODE,
];

/// Which way operations lead: what they destroy is made again on the other, empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To what is wanted.
    Up,
    /// Back to what was there.
    #[cfg_attr(
        not(feature = "postgres"),
        allow(dead_code, reason = "only comparing, which is libpq's, looks back")
    )]
    Down,
}

/// The hazards of operations that lead from one schema to another, in the operations' order.
pub fn hazards(operations: &[Operation], from: &Schema, to: &Schema) -> Vec<Hazard> {
    hazards_of(Direction::Up, operations, from, to)
}

/// The same of the way up or of the way down.
pub(crate) fn hazards_of(
    direction: Direction,
    operations: &[Operation],
    from: &Schema,
    to: &Schema,
) -> Vec<Hazard> {
    let view = View::new(direction, operations, from, to);
    let mut hazards = Vec::new();
    for operation in operations {
        hazards.extend(drop_table::check(operation, &view));
        hazards.extend(drop_column::check(operation, &view));
        hazards.extend(drop_attribute::check(operation, &view));
        hazards.extend(drop_enum::check(operation, &view));
        hazards.extend(drop_sequence::check(operation, &view));
        hazards.extend(remove_enum_value::check(operation, &view));
        hazards.extend(add_not_null_column::check(operation, &view));
        hazards.extend(set_not_null::check(operation, &view));
        hazards.extend(attach_partition::check(operation, &view));
        hazards.extend(narrow_type::check(operation, &view));
        hazards.extend(narrow_type::check_attributes(operation, &view));
        hazards.extend(cast_can_fail::check(operation, &view));
        hazards.extend(rename_in_body::check(operation, &view));
    }
    hazards
}

/// What a rule knows beside the operation it looks at.
struct View<'a> {
    direction: Direction,
    operations: &'a [Operation],
    from: &'a Schema,
    to: &'a Schema,
    created: BTreeSet<&'a ObjectId>,
    dropped: BTreeSet<&'a ObjectId>,
    /// What steps aside for another one of its name: by its own name, who it is then.
    aside: BTreeMap<&'a ObjectId, &'a ObjectId>,
}

impl<'a> View<'a> {
    /// The composite type that an operation changes, before and after: in place, or by another one for which it
    /// steps aside.
    fn composites<'b>(
        &'b self,
        operation: &'b Operation,
    ) -> Option<(&'b QualifiedName, &'b Composite, &'b Composite)> {
        match operation {
            Operation::Alter {
                id: ObjectId::Composite(ty),
                from: Object::Composite(from),
                to: Object::Composite(to),
            } => Some((ty, from, to)),
            Operation::Create {
                id: id @ ObjectId::Composite(ty),
                object: Object::Composite(to),
            } if self.aside.contains_key(id) => match self.from.get(id) {
                Some(Object::Composite(from)) => Some((ty, from, to)),
                _ => None,
            },
            _ => None,
        }
    }

    fn new(
        direction: Direction,
        operations: &'a [Operation],
        from: &'a Schema,
        to: &'a Schema,
    ) -> Self {
        let mut created = BTreeSet::new();
        let mut dropped = BTreeSet::new();
        for operation in operations {
            match operation {
                Operation::Create { id, object: _ } => {
                    created.insert(id);
                }
                Operation::Drop { id, object: _ } => {
                    dropped.insert(id);
                }
                Operation::Alter { .. } | Operation::Rename { .. } => {}
            }
        }
        Self {
            direction,
            operations,
            from,
            to,
            created,
            dropped,
            aside: aside(operations),
        }
    }

    /// What brings back the form of what is dropped, and nothing in it.
    fn makes_again(&self) -> &'static str {
        match self.direction {
            Direction::Up => "the way back makes it again",
            Direction::Down => "going up once more makes it again",
        }
    }

    /// What to do instead of dropping something: `otherwise` where that is what is wanted. A way down
    /// drops what its way up has made.
    fn instead_of_dropping(&self, otherwise: impl FnOnce() -> String) -> String {
        match self.direction {
            Direction::Up => otherwise(),
            Direction::Down => {
                "copy what is to last before you go down, or stay above this revision".to_owned()
            }
        }
    }

    fn creates_table(&self, table: &QualifiedName) -> bool {
        self.created.contains(&ObjectId::Table(table.clone()))
    }

    fn drops_table(&self, table: &QualifiedName) -> bool {
        self.dropped.contains(&ObjectId::Table(table.clone()))
    }

    fn is_foreign(&self, table: &QualifiedName) -> bool {
        let table = self.to.get(&ObjectId::Table(table.clone()));
        matches!(table, Some(Object::Table(table)) if table.foreign.is_some())
    }

    /// Whether an object is one that stepped aside, under its new name.
    fn is_aside(&self, id: &ObjectId) -> bool {
        self.aside.values().any(|aside| *aside == id)
    }

    /// Who an object was before it stepped aside.
    fn before_aside(&self, id: ObjectId) -> ObjectId {
        let mut aside = self.aside.iter();
        match aside.find(|(_, aside)| **aside == &id) {
            Some((before, _)) => (*before).clone(),
            None => id,
        }
    }

    /// What a domain is over, all the way down, before or after; any other type as it is.
    fn base_of(&self, sql_type: &SqlType, schema: &Schema) -> SqlType {
        base_of(sql_type, |name| {
            let id = self.before_aside(ObjectId::Domain(name.clone()));
            match schema.get(&id) {
                Some(Object::Domain(domain)) => Some(domain),
                Some(_) | None => None,
            }
        })
    }

    /// The domains that a type is of, from the last one on, before or after.
    fn domains<'b>(
        &self,
        sql_type: &SqlType,
        schema: &'b Schema,
    ) -> Vec<(&'b QualifiedName, &'b Domain)> {
        let mut domains: Vec<(&QualifiedName, &Domain)> = Vec::new();
        let mut sql_type = sql_type;
        while let SqlType::Named { name, .. } = sql_type {
            let id = self.before_aside(ObjectId::Domain(name.clone()));
            let Some((ObjectId::Domain(name), Object::Domain(domain))) =
                schema.objects.get_key_value(&id)
            else {
                break;
            };
            // Domains do not go round in circles; objects that say so are no reason to.
            if domains.iter().any(|(there, _)| *there == name) {
                break;
            }
            domains.push((name, domain));
            sql_type = &domain.base;
        }
        domains
    }

    /// What values of one type need not fulfil, and those of another must: the conditions of domains.
    fn new_conditions(&self, from: &SqlType, to: &SqlType) -> Vec<String> {
        let conditions =
            |sql_type: &SqlType, schema: &Schema| {
                let mut found = Vec::new();
                for (name, domain) in self.domains(sql_type, schema) {
                    found.extend(domain.not_null.then(|| "NOT NULL".to_owned()));
                    found.extend(schema.objects.iter().filter_map(|(id, object)| {
                        match (id, object) {
                            (
                                ObjectId::DomainConstraint { domain, name: _ },
                                Object::DomainConstraint(constraint),
                            ) => (domain == name).then(|| constraint.expression.to_string()),
                            _ => None,
                        }
                    }));
                }
                found
            };
        let before = conditions(from, self.from);
        let mut new = conditions(to, self.to);
        new.retain(|condition| !before.contains(condition));
        new
    }

    /// How values of one type become values of another; domains are looked through beforehand.
    fn cast(&self, from: &SqlType, to: &SqlType) -> Cast {
        cast(from, to, |sql_type| {
            sql_type.requires().into_iter().any(|id| {
                let id = self.before_aside(id);
                matches!(
                    self.from.get(&id).or_else(|| self.to.get(&id)),
                    Some(Object::Enum(_) | Object::Composite(_) | Object::Range(_))
                )
            })
        })
    }

    /// The values of an enum, before or after.
    fn enum_values(&self, name: &QualifiedName) -> Option<&[String]> {
        let id = self.before_aside(ObjectId::Enum(name.clone()));
        match self.from.get(&id).or_else(|| self.to.get(&id)) {
            Some(Object::Enum(ty)) => Some(&ty.values),
            Some(_) | None => None,
        }
    }
}

impl Hazard {
    /// What to type to consent to this one thing: `drop_column:posts.title`. The schema is left out
    /// where it is `public`.
    pub fn consent(&self) -> String {
        consent::text(self.code, &self.object)
    }

    /// Whether a statement about the object is the one that does it, by its words: others rename the object,
    /// or get something else out of its way.
    pub(crate) fn is_done_by(&self, sql: &str) -> bool {
        let of_column = |before: &str, after: &str| match &self.object {
            ObjectId::Column { table: _, name } | ObjectId::Attribute { ty: _, name } => {
                sql.contains(&format!("{before} {}{after}", ident(name)))
            }
            _ => false,
        };
        match self.code {
            add_not_null_column::CODE => of_column("ADD COLUMN", " "),
            cast_can_fail::CODE | narrow_type::CODE => of_column("ALTER COLUMN", " TYPE "),
            set_not_null::CODE => of_column("ALTER COLUMN", " SET NOT NULL"),
            drop_column::CODE => of_column("DROP COLUMN", ""),
            drop_attribute::CODE => of_column("DROP ATTRIBUTE", ""),
            rename_in_body::CODE => sql.contains(" RENAME "),
            exchange_type::CODE => exchange_type::is_made(sql),
            drop_enum::CODE | drop_sequence::CODE | drop_table::CODE => sql.starts_with("DROP "),
            _ => false,
        }
    }

    /// Whether a statement converts a column to the type whose value or attribute goes: it is there that
    /// rows fail or lose something, where a new type takes the place of the old one.
    pub(crate) fn is_done_by_converting(&self, sql: &str) -> bool {
        match &self.object {
            ObjectId::EnumValue { ty, value: _ } | ObjectId::Attribute { ty, name: _ } => {
                let ty = ident(&ty.name);
                let converts = |array: &str| sql.contains(&format!("{ty}{array} USING "));
                sql.starts_with("ALTER TABLE") && (converts("") || converts("[]"))
            }
            _ => false,
        }
    }

    /// Whether rows lose something. A type holds none: the columns of it that go are named themselves.
    #[cfg(feature = "postgres")]
    pub(crate) fn destroys_rows(&self) -> bool {
        self.severity == Severity::Destructive && self.code != drop_enum::CODE
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            object: _,
            message,
            advice: _,
            severity: _,
        } = self;
        write!(f, "{code}: {message}")
    }
}

/// A name for people: without the schema where that is `public`.
fn shown(name: &QualifiedName) -> String {
    if name.schema.as_str() == "public" {
        name.name.to_string()
    } else {
        name.to_string()
    }
}

#[cfg(test)]
mod tests;
