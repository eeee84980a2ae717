//! What is over the columns of a table: constraints and indexes.

use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::lower::mistakes::Told;
use crate::schema::lower::names::{Avoid, Names, index_columns, joined};
use crate::schema::lower::referenced::referenced;
use crate::schema::lower::{
    Declared, DeclaredConstraint, DeclaredIndex, DeclaredObject, Placed, text,
};
use crate::schema::model::{
    ModelCheck, ModelExclude, ModelForeignKey, ModelIndex, ModelIndexElement, ModelIndexKey,
    ModelKey,
};
use crate::schema::object::{
    Check, Constraint, ConstraintKind, Exclude, ExcludeElement, Expression, ForeignKey, Index,
    IndexElement, IndexKey, IndexSettings, Key, ObjectId,
};

/// States the constraints and indexes of a table, in the order in which Postgres names them.
pub(super) fn lower(
    table: &Placed<'_>,
    tables: &BTreeMap<QualifiedName, Placed<'_>>,
    placement: &Ident,
    names: &mut Names,
    declared: &mut Declared,
    told: &mut Told<'_>,
) {
    let mut over = Over {
        table,
        names,
        declared,
    };
    let model = table.model;
    for stated in &model.checks {
        over.check(stated, told);
    }
    if let Some(stated) = &model.primary_key {
        over.primary_key(stated, told);
    }
    for (at, stated) in model.uniques.iter().enumerate() {
        // `primary_key, unique` on a field: Postgres makes one key of it, too.
        let mut earlier = model.primary_key.iter().chain(&model.uniques[..at]);
        let unnamed = ModelKey {
            name: None,
            ..stated.clone()
        };
        if stated.name.is_some() || !earlier.any(|key| same_key(key, &unnamed)) {
            over.unique(stated, told);
        }
    }
    for stated in &model.excludes {
        over.exclude(stated, told);
    }
    for stated in &model.foreign_keys {
        over.foreign_key(stated, tables, placement, told);
    }
    for stated in &model.indexes {
        over.index(stated, told);
    }
}

fn same_key(one: &ModelKey, other: &ModelKey) -> bool {
    let ModelKey {
        name: _,
        columns,
        include,
        nulls_not_distinct,
        deferrable,
    } = one;
    *columns == other.columns
        && *include == other.include
        && *nulls_not_distinct == other.nulls_not_distinct
        && *deferrable == other.deferrable
}

struct Over<'a> {
    table: &'a Placed<'a>,
    names: &'a mut Names,
    declared: &'a mut Declared,
}

impl Over<'_> {
    fn primary_key(&mut self, stated: &ModelKey, told: &mut Told<'_>) {
        let Some(key) = self.key("the primary key", stated, told) else {
            return;
        };
        if key.nulls_not_distinct {
            told.add("`NULLS NOT DISTINCT` says nothing of a primary key, which holds no nulls");
        }
        let constraint = Constraint {
            deferrable: stated.deferrable,
            ..Constraint::of(ConstraintKind::PrimaryKey(key))
        };
        self.constraint(
            stated.name.as_deref(),
            None,
            "pkey",
            Avoid::Both,
            constraint,
        );
    }

    fn unique(&mut self, stated: &ModelKey, told: &mut Told<'_>) {
        let Some(key) = self.key("a unique key", stated, told) else {
            return;
        };
        let constraint = Constraint {
            deferrable: stated.deferrable,
            ..Constraint::of(ConstraintKind::Unique(key))
        };
        let second = joined(
            stated
                .columns
                .iter()
                .chain(&stated.include)
                .map(String::as_str),
        );
        self.constraint(
            stated.name.as_deref(),
            Some(&second),
            "key",
            Avoid::Both,
            constraint,
        );
    }

    fn key(&self, what: &str, stated: &ModelKey, told: &mut Told<'_>) -> Option<Key> {
        let ModelKey {
            name: _,
            columns,
            include,
            nulls_not_distinct,
            deferrable: _,
        } = stated;
        if columns.is_empty() {
            told.add(format!("{what} is over no column"));
            return None;
        }
        let columns = told.columns(what, columns, self.table.model);
        let include = told.columns(what, include, self.table.model);
        Some(Key {
            columns: columns?,
            include: include?,
            nulls_not_distinct: *nulls_not_distinct,
            without_overlaps: false,
            settings: IndexSettings::default(),
        })
    }

    fn check(&mut self, stated: &ModelCheck, told: &mut Told<'_>) {
        let ModelCheck {
            name,
            column,
            expression,
            no_inherit,
            not_valid,
        } = stated;
        if told
            .columns("a check", column.as_slice(), self.table.model)
            .is_none()
        {
            return;
        }
        let check = Check {
            expression: Expression(expression.clone()),
            no_inherit: *no_inherit,
        };
        let constraint = Constraint {
            validated: !not_valid,
            ..Constraint::of(ConstraintKind::Check(check))
        };
        self.constraint(
            name.as_deref(),
            column.as_deref(),
            "check",
            Avoid::Constraints,
            constraint,
        );
    }

    fn exclude(&mut self, stated: &ModelExclude, told: &mut Told<'_>) {
        let ModelExclude {
            name,
            method,
            elements,
            predicate,
            deferrable,
        } = stated;
        if elements.is_empty() {
            told.add("an exclusion compares nothing");
            return;
        }
        let lowered: Vec<Option<ExcludeElement>> = elements
            .iter()
            .map(|(element, operator)| {
                Some(ExcludeElement {
                    element: self.element("an exclusion", element, told)?,
                    operator: operator.clone(),
                })
            })
            .collect();
        let Some(lowered) = lowered.into_iter().collect() else {
            return;
        };
        let exclude = Exclude {
            method: method.clone(),
            elements: lowered,
            include: Vec::new(),
            predicate: predicate.clone().map(Expression),
            settings: IndexSettings::default(),
        };
        let constraint = Constraint {
            deferrable: *deferrable,
            ..Constraint::of(ConstraintKind::Exclude(exclude))
        };
        let columns = index_columns(elements.iter().map(|(element, _)| element), &[]);
        let second = joined(columns.iter().map(String::as_str));
        self.constraint(
            name.as_deref(),
            Some(&second),
            "excl",
            Avoid::Both,
            constraint,
        );
    }

    fn foreign_key(
        &mut self,
        stated: &ModelForeignKey,
        tables: &BTreeMap<QualifiedName, Placed<'_>>,
        placement: &Ident,
        told: &mut Told<'_>,
    ) {
        let ModelForeignKey {
            name,
            columns,
            references_schema: _,
            references_model: _,
            references: _,
            referenced_columns: _,
            match_type,
            on_update,
            on_delete,
            on_delete_columns,
            deferrable,
            not_valid,
        } = stated;
        let what = format!("the foreign key to `{}`", stated.references);
        if columns.is_empty() {
            told.add(format!("{what} is over no column"));
            return;
        }
        let own = told.columns(&what, columns, self.table.model);
        let set = told.columns(&what, on_delete_columns, self.table.model);
        let referenced = referenced(stated, &what, tables, placement, told);
        let (Some(own), Some(set), Some((references, referenced_columns))) = (own, set, referenced)
        else {
            return;
        };
        if own.len() != referenced_columns.len() {
            told.add(format!(
                "{what} is over {} of this table and {} of the other",
                counted(own.len()),
                counted(referenced_columns.len())
            ));
            return;
        }
        if let Some(outside) = set.iter().find(|column| !own.contains(column)) {
            told.add(format!(
                "{what} sets `{outside}` on delete, which is not part of it"
            ));
            return;
        }
        let foreign_key = ForeignKey {
            columns: own,
            references,
            referenced_columns,
            match_type: *match_type,
            on_update: *on_update,
            on_delete: *on_delete,
            on_delete_columns: set,
            period: false,
        };
        let constraint = Constraint {
            deferrable: *deferrable,
            validated: !not_valid,
            ..Constraint::of(ConstraintKind::ForeignKey(foreign_key))
        };
        let second = joined(columns.iter().map(String::as_str));
        self.constraint(
            name.as_deref(),
            Some(&second),
            "fkey",
            Avoid::Constraints,
            constraint,
        );
    }

    fn index(&mut self, stated: &ModelIndex, told: &mut Told<'_>) {
        let ModelIndex {
            name,
            unique,
            method,
            elements,
            include,
            predicate,
            nulls_not_distinct,
            storage,
        } = stated;
        if elements.is_empty() {
            told.add("an index is over nothing");
            return;
        }
        let lowered: Vec<Option<IndexElement>> = elements
            .iter()
            .map(|element| self.element("an index", element, told))
            .collect();
        let include_columns = told.columns("an index", include, self.table.model);
        let (Some(lowered), Some(include_columns)) = (
            lowered.into_iter().collect::<Option<Vec<_>>>(),
            include_columns,
        ) else {
            return;
        };
        let Placed { model, name: table } = self.table;
        let index = Index {
            table: table.clone(),
            method: method.clone(),
            unique: *unique,
            nulls_not_distinct: *nulls_not_distinct,
            elements: lowered,
            include: include_columns,
            predicate: predicate.clone().map(Expression),
            storage: storage.iter().cloned().collect(),
            tablespace: None,
            statistics: BTreeMap::new(),
            valid: true,
        };
        let named = match name {
            // Told when the stated names were taken.
            Some(name) => Ident::new(name.as_str()).ok(),
            None => {
                let columns = index_columns(elements, include);
                let second = joined(columns.iter().map(String::as_str));
                Some(
                    self.names
                        .choose(table, Some(&second), "idx", Avoid::Relations),
                )
            }
        };
        let Some(ident) = named else { return };
        let id = ObjectId::Index(QualifiedName::new(table.schema.clone(), ident));
        let object = DeclaredIndex {
            index,
            named: name.is_some(),
            storage_said: !storage.is_empty(),
        };
        self.declared
            .state(id, DeclaredObject::Index(object), model);
    }

    fn element(
        &self,
        what: &str,
        stated: &ModelIndexElement,
        told: &mut Told<'_>,
    ) -> Option<IndexElement> {
        let ModelIndexElement {
            key,
            collation,
            operator_class,
            order,
            nulls,
        } = stated;
        let key = match key {
            ModelIndexKey::Column(name) => {
                let columns = told.columns(what, std::slice::from_ref(name), self.table.model);
                IndexKey::Column(columns?.into_iter().next()?)
            }
            ModelIndexKey::Expression(text) => IndexKey::Expression(Expression(text.clone())),
        };
        let parsed = collation.as_deref().map(text::collation);
        if let (Some(text), Some(None)) = (collation, &parsed) {
            told.add(format!("the collation of {what} is no name: `{text}`"));
        }
        let class = operator_class.as_deref().map(text::operator_class);
        if let (Some(text), Some(None)) = (operator_class, &class) {
            told.add(format!("the operator class of {what} is no name: `{text}`"));
        }
        Some(IndexElement {
            key,
            collation: parsed.flatten(),
            operator_class: class.flatten(),
            order: *order,
            nulls: *nulls,
        })
    }

    fn constraint(
        &mut self,
        name: Option<&str>,
        second: Option<&str>,
        label: &str,
        avoid: Avoid,
        constraint: Constraint,
    ) {
        let Placed { model, name: table } = self.table;
        let ident = match name {
            // Told when the stated names were taken.
            Some(name) => match Ident::new(name) {
                Ok(ident) => ident,
                Err(_) => return,
            },
            None => self.names.choose(table, second, label, avoid),
        };
        let id = ObjectId::Constraint {
            table: table.clone(),
            name: ident,
        };
        let object = DeclaredConstraint {
            constraint,
            named: name.is_some(),
        };
        self.declared
            .state(id, DeclaredObject::Constraint(object), model);
    }
}

fn counted(columns: usize) -> String {
    match columns {
        1 => "one column".to_owned(),
        more => format!("{more} columns"),
    }
}
