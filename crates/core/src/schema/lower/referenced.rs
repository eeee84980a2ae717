//! What a foreign key refers to: a table, and a key of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{Ident, QualifiedName};
use crate::schema::lower::Placed;
use crate::schema::lower::mistakes::Told;
use crate::schema::model::{ModelForeignKey, ModelIndexKey, ModelTable};

/// The other side of a foreign key: the table, and the columns of a key of it.
pub(super) fn referenced(
    stated: &ModelForeignKey,
    what: &str,
    tables: &BTreeMap<QualifiedName, Placed<'_>>,
    placement: &Ident,
    told: &mut Told<'_>,
) -> Option<(QualifiedName, Vec<Ident>)> {
    let schema = match &stated.references_schema {
        Some(schema) => told.name(schema)?,
        None => placement.clone(),
    };
    let references = QualifiedName::new(schema, told.name(&stated.references)?);
    let wanted = &stated.referenced_columns;
    let Some(Placed { model, name: _ }) = tables.get(&references) else {
        if wanted.is_empty() {
            told.add(format!(
                "{what} names no columns there, and no model is known of `{references}`; name the \
                 columns"
            ));
            return None;
        }
        let columns: Vec<Option<Ident>> = wanted.iter().map(|name| told.name(name)).collect();
        return Some((references, columns.into_iter().collect::<Option<_>>()?));
    };
    let names = match (wanted.as_slice(), &model.primary_key) {
        ([], None) => {
            told.add(format!(
                "{what} names no columns there, and `{references}` has no primary key; name the \
                 columns"
            ));
            return None;
        }
        ([], Some(key)) => &key.columns,
        (wanted, _) => wanted,
    };
    let columns = told.columns(what, names, model)?;
    if !is_key(names, model) {
        told.add(format!(
            "{what} refers to {}, which is no primary or unique key of `{references}`; state it \
             as unique there",
            names
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ));
        return None;
    }
    Some((references, columns))
}

/// Whether columns, in whatever order, are a key of a table.
fn is_key(columns: &[String], model: &ModelTable) -> bool {
    let wanted: BTreeSet<&String> = columns.iter().collect();
    let keys = model.primary_key.iter().chain(&model.uniques);
    let mut keys = keys.map(|key| key.columns.iter().collect::<BTreeSet<_>>());
    let mut indexes = model
        .indexes
        .iter()
        .filter(|index| index.unique && index.predicate.is_none());
    keys.any(|key| key == wanted)
        || indexes.any(|index| {
            let columns = index.elements.iter().map(|element| match &element.key {
                ModelIndexKey::Column(name) => Some(name),
                ModelIndexKey::Expression(_) => None,
            });
            columns
                .collect::<Option<BTreeSet<_>>>()
                .is_some_and(|columns| columns == wanted)
        })
}
