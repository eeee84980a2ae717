//! One substitution of names over a whole schema.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::rename::Settled;
use crate::schema::object::{
    Check, Column, Constraint, ConstraintKind, Enum, Exclude, ExcludeElement, Expression,
    ForeignKey, Index, IndexElement, IndexKey, Key, Object, ObjectId, OwnerColumn, Sequence,
    SqlType,
};

impl Settled {
    /// The schema under the new names.
    pub fn carry(&self, schema: Schema) -> Schema {
        if self.operations.is_empty() {
            return schema;
        }
        let Schema {
            objects,
            depends,
            column_order,
        } = schema;
        let objects = objects.into_iter().map(|(id, mut object)| {
            self.object(&id, &mut object);
            (self.id(id), object)
        });
        let depends = depends.into_iter().map(|(id, needed)| {
            (
                self.id(id),
                needed.into_iter().map(|needed| self.id(needed)).collect(),
            )
        });
        let column_order = column_order.into_iter().map(|(table, mut columns)| {
            self.columns(&table, &mut columns);
            (renamed(&self.tables, table), columns)
        });
        Schema {
            objects: objects.collect(),
            depends: depends.collect(),
            column_order: column_order.collect(),
        }
    }

    /// The schema under the new names, the same one where there are none.
    pub(crate) fn carry_over<'a>(&self, schema: &'a Schema) -> Cow<'a, Schema> {
        if self.operations.is_empty() {
            Cow::Borrowed(schema)
        } else {
            Cow::Owned(self.carry(schema.clone()))
        }
    }

    /// An identity under the new names.
    pub fn id(&self, id: ObjectId) -> ObjectId {
        match id {
            ObjectId::Namespace(name) => ObjectId::Namespace(name),
            ObjectId::Enum(name) => ObjectId::Enum(renamed(&self.enums, name)),
            ObjectId::EnumValue { ty, mut value } => {
                if let Some(new) = self.values.get(&ty).and_then(|values| values.get(&value)) {
                    value.clone_from(new);
                }
                ObjectId::EnumValue {
                    ty: renamed(&self.enums, ty),
                    value,
                }
            }
            ObjectId::Sequence(name) => ObjectId::Sequence(renamed(&self.sequences, name)),
            ObjectId::Table(name) => ObjectId::Table(renamed(&self.tables, name)),
            ObjectId::Column { table, mut name } => {
                part(&self.columns, &table, &mut name);
                ObjectId::Column {
                    table: renamed(&self.tables, table),
                    name,
                }
            }
            ObjectId::Constraint { table, mut name } => {
                part(&self.constraints, &table, &mut name);
                ObjectId::Constraint {
                    table: renamed(&self.tables, table),
                    name,
                }
            }
            ObjectId::Index(name) => ObjectId::Index(renamed(&self.indexes, name)),
            ObjectId::Comment(on) => ObjectId::Comment(Box::new(self.id(*on))),
            ObjectId::Rule { table, name } => ObjectId::Rule {
                table: renamed(&self.tables, table),
                name,
            },
            ObjectId::Trigger { table, name } => ObjectId::Trigger {
                table: renamed(&self.tables, table),
                name,
            },
            id @ (ObjectId::View(_)
            | ObjectId::MaterializedView(_)
            | ObjectId::Function { .. }
            | ObjectId::Procedure { .. }
            | ObjectId::Aggregate { .. }
            | ObjectId::EventTrigger(_)) => id,
        }
    }

    /// An object under the new names; `id` is who it was before.
    pub(crate) fn object(&self, id: &ObjectId, object: &mut Object) {
        match object {
            Object::Namespace(_) | Object::Table(_) | Object::Comment(_) => {}
            Object::Enum(Enum { values }) => {
                let ObjectId::Enum(name) = id else { return };
                let Some(new) = self.values.get(name) else {
                    return;
                };
                for value in values {
                    if let Some(new) = new.get(value) {
                        value.clone_from(new);
                    }
                }
            }
            Object::Sequence(Sequence {
                data_type,
                options: _,
                owned_by,
            }) => {
                self.sql_type(data_type);
                if let Some(OwnerColumn { table, column }) = owned_by {
                    part(&self.columns, table, column);
                    rename(&self.tables, table);
                }
            }
            Object::Column(column) => {
                let Column {
                    sql_type,
                    collation: _,
                    nullable: _,
                    default,
                    identity: _,
                    generated,
                } = column;
                self.sql_type(sql_type);
                for expression in default.iter_mut().chain(generated) {
                    self.expression(id.table(), expression);
                }
            }
            Object::Constraint(constraint) => {
                let Constraint {
                    kind,
                    deferrable: _,
                    validated: _,
                    enforced: _,
                } = constraint;
                let Some(table) = id.table() else { return };
                self.constraint(table, kind);
            }
            Object::Index(index) => self.index(index),
            Object::Trigger(trigger) => {
                if let Some(table) = id.table() {
                    self.columns(table, &mut trigger.update_columns);
                }
                if let Some(constraint) = &mut trigger.constraint
                    && let Some(table) = &mut constraint.references
                {
                    rename(&self.tables, table);
                }
            }
            // What a view shows and a routine does is text.
            Object::View(_)
            | Object::MaterializedView(_)
            | Object::Rule(_)
            | Object::Routine(_)
            | Object::Aggregate(_)
            | Object::EventTrigger(_) => {}
        }
    }

    fn constraint(&self, table: &QualifiedName, kind: &mut ConstraintKind) {
        match kind {
            ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => {
                let Key {
                    columns,
                    include,
                    nulls_not_distinct: _,
                    without_overlaps: _,
                } = key;
                self.columns(table, columns);
                self.columns(table, include);
            }
            ConstraintKind::ForeignKey(foreign_key) => {
                let ForeignKey {
                    columns,
                    references,
                    referenced_columns,
                    match_type: _,
                    on_update: _,
                    on_delete: _,
                    on_delete_columns,
                    period: _,
                } = foreign_key;
                self.columns(table, columns);
                self.columns(table, on_delete_columns);
                self.columns(references, referenced_columns);
                rename(&self.tables, references);
            }
            ConstraintKind::Check(Check {
                expression,
                no_inherit: _,
            }) => {
                self.expression(Some(table), expression);
            }
            ConstraintKind::Exclude(exclude) => {
                let Exclude {
                    method: _,
                    elements,
                    include,
                    predicate,
                } = exclude;
                for ExcludeElement {
                    element,
                    operator: _,
                } in elements
                {
                    self.element(table, element);
                }
                self.columns(table, include);
                if let Some(expression) = predicate {
                    self.expression(Some(table), expression);
                }
            }
        }
    }

    fn index(&self, index: &mut Index) {
        let Index {
            table,
            method: _,
            unique: _,
            nulls_not_distinct: _,
            elements,
            include,
            predicate,
            storage: _,
        } = index;
        for element in elements {
            self.element(table, element);
        }
        self.columns(table, include);
        if let Some(expression) = predicate {
            self.expression(Some(table), expression);
        }
        rename(&self.tables, table);
    }

    fn element(&self, table: &QualifiedName, element: &mut IndexElement) {
        let IndexElement {
            key,
            collation: _,
            operator_class: _,
            order: _,
            nulls: _,
        } = element;
        match key {
            IndexKey::Column(name) => part(&self.columns, table, name),
            IndexKey::Expression(expression) => self.expression(Some(table), expression),
        }
    }

    fn sql_type(&self, sql_type: &mut SqlType) {
        if let SqlType::Named {
            name,
            modifier: _,
            array: _,
        } = sql_type
        {
            rename(&self.enums, name);
        }
    }

    fn columns(&self, table: &QualifiedName, columns: &mut [Ident]) {
        for column in columns {
            part(&self.columns, table, column);
        }
    }

    /// The text of an expression is Postgres's to rename.
    fn expression(&self, _table: Option<&QualifiedName>, _expression: &mut Expression) {}
}

/// Puts the new name in place of the old one.
fn rename(names: &BTreeMap<QualifiedName, QualifiedName>, name: &mut QualifiedName) {
    if let Some(new) = names.get(name) {
        name.clone_from(new);
    }
}

fn renamed(
    names: &BTreeMap<QualifiedName, QualifiedName>,
    mut name: QualifiedName,
) -> QualifiedName {
    rename(names, &mut name);
    name
}

/// The same for a part of a table, which is known by its table's old name.
fn part(
    names: &BTreeMap<QualifiedName, BTreeMap<Ident, Ident>>,
    table: &QualifiedName,
    name: &mut Ident,
) {
    if let Some(new) = names.get(table).and_then(|names| names.get(name)) {
        name.clone_from(new);
    }
}
