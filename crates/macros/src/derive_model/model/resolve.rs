//! Keys, indexes and constraints with the columns that they name.

use std::collections::BTreeMap;

use limbeck_core::error::near;
use limbeck_core::schema::model::{
    ModelCheck, ModelExclude, ModelIndex, ModelIndexElement, ModelIndexKey, ModelKey,
};
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

use super::ForeignKey;
use super::column::FieldColumn;
use crate::derive_model::attr::{
    CheckOption, ElementKey, ElementOption, ExcludeOption, ForeignKeyOption, IndexOption,
    KeyOption, Modifiers,
};
use crate::mistakes::Mistakes;
use crate::sql_name::{check_name, text};

/// The columns by the names that options may use: the field's, else the column's.
pub(super) struct Names {
    by_field: BTreeMap<String, String>,
    columns: Vec<String>,
}

impl Names {
    pub(super) fn of(fields: &[FieldColumn], mistakes: &Mistakes) -> Self {
        let mut by_field = BTreeMap::new();
        let mut columns: Vec<String> = Vec::new();
        for FieldColumn { ident, column, .. } in fields {
            if columns.contains(&column.name) {
                mistakes.at(
                    ident,
                    format_args!("two fields are the column `{}`", column.name),
                );
            }
            by_field.insert(ident.unraw().to_string(), column.name.clone());
            columns.push(column.name.clone());
        }
        Self { by_field, columns }
    }

    fn column(&self, name: &Ident, mistakes: &Mistakes) -> String {
        let typed = name.unraw().to_string();
        if let Some(column) = self.by_field.get(&typed) {
            return column.clone();
        }
        if !self.columns.contains(&typed) {
            let known = self.by_field.keys().map(String::as_str);
            let hint = near(&typed, known)
                .first()
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            mistakes.at(name, format_args!("there is no field `{typed}`{hint}"));
        }
        typed
    }

    fn list(&self, names: &[Ident], mistakes: &Mistakes) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for name in names {
            let column = self.column(name, mistakes);
            if columns.contains(&column) {
                mistakes.at(name, format_args!("`{name}` is listed twice"));
            }
            columns.push(column);
        }
        columns
    }

    pub(super) fn key(
        &self,
        option: KeyOption,
        column: Option<&str>,
        mistakes: &Mistakes,
    ) -> ModelKey {
        let KeyOption {
            columns,
            name,
            include,
            nulls_not_distinct,
            deferrable,
        } = option;
        ModelKey {
            name: constraint_name(name, mistakes),
            columns: match column {
                Some(column) => vec![column.to_owned()],
                None => self.list(&columns, mistakes),
            },
            include: self.list(&include, mistakes),
            nulls_not_distinct,
            deferrable,
        }
    }

    pub(super) fn index(
        &self,
        option: IndexOption,
        column: Option<(&str, Modifiers)>,
        mistakes: &Mistakes,
    ) -> ModelIndex {
        let IndexOption {
            span,
            name,
            unique,
            method,
            elements,
            include,
            predicate,
            nulls_not_distinct,
            storage,
        } = option;
        if nulls_not_distinct && !unique {
            mistakes.on(span, "`nulls_not_distinct` goes with `unique`");
        }
        let elements = match column {
            Some((column, modifiers)) => {
                vec![element_of(ModelIndexKey::Column(column.to_owned()), modifiers).0]
            }
            None => elements
                .into_iter()
                .map(|element| {
                    let (element, operator) = self.element(element, mistakes);
                    if let Some(operator) = operator {
                        mistakes.at(operator, "`with = \"…\"` is for `exclude`");
                    }
                    element
                })
                .collect(),
        };
        ModelIndex {
            name: constraint_name(name, mistakes),
            unique,
            method: method.map_or_else(|| "btree".to_owned(), |method| method.value()),
            elements,
            include: self.list(&include, mistakes),
            predicate: text(predicate),
            nulls_not_distinct,
            storage,
        }
    }

    fn element(
        &self,
        option: ElementOption,
        mistakes: &Mistakes,
    ) -> (ModelIndexElement, Option<LitStr>) {
        let ElementOption { key, modifiers } = option;
        let key = match key {
            ElementKey::Column(name) => ModelIndexKey::Column(self.column(&name, mistakes)),
            ElementKey::Expression(text) => ModelIndexKey::Expression(text.value()),
        };
        element_of(key, modifiers)
    }

    pub(super) fn exclude(&self, option: ExcludeOption, mistakes: &Mistakes) -> ModelExclude {
        let ExcludeOption {
            span,
            name,
            method,
            elements,
            predicate,
            deferrable,
        } = option;
        let mut compared = Vec::new();
        for element in elements {
            let (element, operator) = self.element(element, mistakes);
            match operator {
                Some(operator) => compared.push((element, operator.value())),
                None => {
                    mistakes.on(
                        span,
                        "every element of `exclude` needs its operator: `with = \"…\"`",
                    );
                }
            }
        }
        ModelExclude {
            name: constraint_name(name, mistakes),
            method: method.map_or_else(|| "gist".to_owned(), |method| method.value()),
            elements: compared,
            predicate: text(predicate),
            deferrable,
        }
    }

    pub(super) fn foreign_key(
        &self,
        option: ForeignKeyOption,
        column: Option<&str>,
        mistakes: &Mistakes,
    ) -> ForeignKey {
        let ForeignKeyOption {
            span,
            columns,
            target,
            referenced,
            name,
            match_type,
            on_delete,
            on_update,
            deferrable,
            not_valid,
        } = option;
        let columns = match column {
            Some(column) => vec![column.to_owned()],
            None => self.list(&columns, mistakes),
        };
        if !referenced.is_empty() && referenced.len() != columns.len() {
            mistakes.on(
                span,
                format_args!(
                    "a foreign key of {} refers to {}",
                    counted(columns.len()),
                    counted(referenced.len())
                ),
            );
        }
        let (on_delete, on_delete_columns) = on_delete.unwrap_or_default();
        let on_delete_columns = self.list(&on_delete_columns, mistakes);
        if let Some(stray) = on_delete_columns
            .iter()
            .find(|column| !columns.contains(column))
        {
            mistakes.on(
                span,
                format_args!("`on_delete` sets `{stray}`, which is no column of this foreign key"),
            );
        }
        ForeignKey {
            name: constraint_name(name, mistakes),
            columns,
            target,
            referenced,
            match_type,
            on_update: on_update.unwrap_or_default(),
            on_delete,
            on_delete_columns,
            deferrable,
            not_valid,
        }
    }
}

fn element_of(key: ModelIndexKey, modifiers: Modifiers) -> (ModelIndexElement, Option<LitStr>) {
    let Modifiers {
        collation,
        operator_class,
        order,
        nulls,
        operator,
    } = modifiers;
    let collation = text(collation);
    (
        ModelIndexElement {
            key,
            collation,
            operator_class,
            order,
            nulls,
        },
        operator,
    )
}

fn counted(columns: usize) -> String {
    if columns == 1 {
        "one column".to_owned()
    } else {
        format!("{columns} columns")
    }
}

fn constraint_name(name: Option<LitStr>, mistakes: &Mistakes) -> Option<String> {
    if let Some(name) = &name {
        check_name(name, mistakes);
    }
    text(name)
}

/// A check; `column` where a field states it.
pub(super) fn check_of(
    option: CheckOption,
    column: Option<&str>,
    mistakes: &Mistakes,
) -> ModelCheck {
    let CheckOption {
        expression,
        name,
        no_inherit,
        not_valid,
    } = option;
    ModelCheck {
        name: constraint_name(name, mistakes),
        column: column.map(str::to_owned),
        expression: expression.value(),
        no_inherit,
        not_valid,
    }
}
