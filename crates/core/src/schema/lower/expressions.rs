//! The expressions of a model: each must be one, so that none ends the statement that it gets into.

use crate::schema::lower::mistakes::Told;
use crate::schema::model::{ModelIndexElement, ModelIndexKey, ModelTable};
use crate::token::expression_fault;

/// Tells of every text that cannot be one expression.
pub(super) fn check(model: &ModelTable, told: &mut Told<'_>) {
    let mut check = |what: String, text: &str| {
        if let Some(fault) = expression_fault(text) {
            told.add(format!("{what}, `{text}`, {fault}"));
        }
    };
    for column in &model.columns {
        if let Some(text) = &column.default {
            check(format!("the default of `{}`", column.name), text);
        }
        if let Some(text) = &column.generated {
            check(format!("what generates `{}`", column.name), text);
        }
    }
    for stated in &model.checks {
        check("a check".to_owned(), &stated.expression);
    }
    let mut elements: Vec<&ModelIndexElement> = Vec::new();
    for index in &model.indexes {
        elements.extend(&index.elements);
        if let Some(text) = &index.predicate {
            check("the predicate of an index".to_owned(), text);
        }
    }
    for exclude in &model.excludes {
        elements.extend(exclude.elements.iter().map(|(element, _)| element));
        if let Some(text) = &exclude.predicate {
            check("the predicate of an exclusion".to_owned(), text);
        }
    }
    for element in elements {
        if let ModelIndexKey::Expression(text) = &element.key {
            check("an index expression".to_owned(), text);
        }
    }
}
