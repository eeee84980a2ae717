//! The names that Postgres would choose for constraints and indexes.
//!
//! As its `ChooseRelationName`, `ChooseConstraintName` and `ChooseIndexNameAddition` do: parts
//! joined by `_`, cut to 63 bytes, numbered where the name is taken. Indexes, and constraints that
//! have one, avoid the names of all relations of the schema; constraints avoid those of all
//! constraints of the schema, though they only need be unique in their table.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, MAX_NAME_BYTES, QualifiedName, derived_name};
use crate::schema::lower::mistakes::{Mistakes, place};
use crate::schema::lower::{Declared, Placed, text};
use crate::schema::model::{ModelIndexElement, ModelIndexKey, ModelTable};
use crate::schema::object::ObjectId;

/// The names in use.
#[derive(Default)]
pub(super) struct Names {
    relations: BTreeSet<QualifiedName>,
    constraints: BTreeSet<QualifiedName>,
}

/// Which names a new one must avoid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Avoid {
    /// For an index.
    Relations,
    /// For a check or a foreign key.
    Constraints,
    /// For a constraint with an index.
    Both,
}

impl Names {
    /// Takes the names that models state, and tells which are stated twice.
    pub(super) fn reserve(
        &mut self,
        tables: &BTreeMap<QualifiedName, Placed<'_>>,
        declared: &Declared,
        mistakes: &mut Mistakes,
    ) {
        let mut relations: BTreeMap<QualifiedName, String> = BTreeMap::new();
        for (name, table) in tables {
            let Placed { model, name: _ } = table;
            let here = place(&model.rust_name, &model.location);
            relations.insert(name.clone(), format!("the table of {here}"));
            if let Some(origin) = declared.origins.get(&ObjectId::Enum(name.clone())) {
                let mut told = mistakes.of(model);
                told.add(format!(
                    "the table `{name}` has the name of the enum {origin}"
                ));
            }
        }
        for table in tables.values() {
            let Placed {
                model,
                name: QualifiedName { schema, .. },
            } = table;
            let mut of_table = BTreeSet::new();
            for (name, avoid) in stated(model) {
                let mut told = mistakes.of(model);
                let Some(ident) = told.name(name) else {
                    continue;
                };
                let name = QualifiedName::new(schema.clone(), ident);
                if avoid != Avoid::Relations {
                    if !of_table.insert(name.clone()) {
                        told.add(format!("two constraints are named `{}`", name.name));
                        continue;
                    }
                    self.constraints.insert(name.clone());
                }
                if avoid != Avoid::Constraints {
                    match relations.get(&name) {
                        None => {
                            let here = place(&model.rust_name, &model.location);
                            relations.insert(name, format!("a key or an index of {here}"));
                        }
                        Some(holder) => told.add(format!(
                            "the name `{}` is also that of {holder}; tables, keys and indexes of \
                             a schema share their names",
                            name.name
                        )),
                    }
                }
            }
        }
        self.relations.extend(relations.into_keys());
    }

    /// A name that is free.
    pub(super) fn choose(
        &mut self,
        table: &QualifiedName,
        second: Option<&str>,
        label: &str,
        avoid: Avoid,
    ) -> Ident {
        let mut numbered = label.to_owned();
        for number in 1_u64.. {
            let name = derived_name(table.name.as_str(), second, &numbered);
            let qualified = QualifiedName::new(table.schema.clone(), name.clone());
            let taken = (avoid != Avoid::Constraints && self.relations.contains(&qualified))
                || (avoid != Avoid::Relations && self.constraints.contains(&qualified));
            if !taken {
                if avoid != Avoid::Relations {
                    self.constraints.insert(qualified.clone());
                }
                if avoid != Avoid::Constraints {
                    self.relations.insert(qualified);
                }
                return name;
            }
            numbered = format!("{label}{number}");
        }
        // 2^64 names were taken.
        derived_name(table.name.as_str(), second, label)
    }
}

/// The names that a model states, each with those that it shares its space with.
fn stated(model: &ModelTable) -> impl Iterator<Item = (&str, Avoid)> {
    let keys = model
        .primary_key
        .iter()
        .chain(&model.uniques)
        .map(|key| (&key.name, Avoid::Both));
    let excludes = model
        .excludes
        .iter()
        .map(|exclude| (&exclude.name, Avoid::Both));
    let checks = model
        .checks
        .iter()
        .map(|check| (&check.name, Avoid::Constraints));
    let foreign_keys = model
        .foreign_keys
        .iter()
        .map(|key| (&key.name, Avoid::Constraints));
    let indexes = model
        .indexes
        .iter()
        .map(|index| (&index.name, Avoid::Relations));
    keys.chain(excludes)
        .chain(checks)
        .chain(foreign_keys)
        .chain(indexes)
        .filter_map(|(name, avoid)| Some((name.as_deref()?, avoid)))
}

/// The middle part of a name: the columns, joined until that is longer than any name can be.
pub(super) fn joined<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for column in columns {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(column);
        if text.len() > MAX_NAME_BYTES {
            break;
        }
    }
    text
}

/// What the columns of an index are called: by their names, by the function that an expression
/// calls, or `expr`; a second one of a name gets a number.
pub(super) fn index_columns<'a>(
    elements: impl IntoIterator<Item = &'a ModelIndexElement>,
    include: &'a [String],
) -> Vec<String> {
    let elements = elements.into_iter().map(|element| match &element.key {
        ModelIndexKey::Column(name) => name.clone(),
        ModelIndexKey::Expression(expression) => {
            text::called_function(expression).unwrap_or_else(|| "expr".to_owned())
        }
    });
    let mut names: Vec<String> = Vec::new();
    for name in elements.chain(include.iter().cloned()) {
        let mut numbered = name.clone();
        let mut number = 0_u64;
        while names.contains(&numbered) {
            number += 1;
            let digits = number.to_string();
            let end = name.floor_char_boundary(MAX_NAME_BYTES.saturating_sub(digits.len()));
            numbered = format!("{}{digits}", &name[..end]);
        }
        names.push(numbered);
    }
    names
}
