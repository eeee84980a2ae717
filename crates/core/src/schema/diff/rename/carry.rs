//! One substitution of names over a whole schema.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::name::{Ident, QualifiedName};
use crate::schema::Schema;
use crate::schema::diff::rename::Settled;
use crate::schema::object::{
    Attached, Attribute, Cast, CastMethod, Check, ClassDefinition, Cluster, Column, Composite,
    Constraint, ConstraintKind, Domain, DomainConstraint, Enum, Exclude, ExcludeElement,
    Expression, FamilyMember, ForeignKey, Index, IndexElement, IndexKey, Key, NotNull, Object,
    ObjectId, OwnerColumn, Partition, PartitionElement, PartitionKey, Policy, PublicationTable,
    Range, ReplicaIdentity, SearchConfiguration, SearchDictionary, Sequence, SqlType, Statistics,
    Typed, ViewColumn,
};

mod expression;
mod type_text;

impl Settled {
    /// The schema under the new names.
    pub fn carry(&self, schema: Schema) -> Schema {
        if self.operations.is_empty() {
            return schema;
        }
        if !self.namespaces.is_empty() {
            return self.spread(&schema).carry_names(schema);
        }
        self.carry_names(schema)
    }

    fn carry_names(&self, schema: Schema) -> Schema {
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
        let id = match self.routines.get(&id) {
            Some(new) => new.clone(),
            None => id,
        };
        self.moved(self.renamed_id(id))
    }

    fn renamed_id(&self, id: ObjectId) -> ObjectId {
        match id {
            ObjectId::Namespace(name) => ObjectId::Namespace(name),
            ObjectId::Enum(name) => ObjectId::Enum(renamed(&self.types, name)),
            ObjectId::EnumValue { ty, mut value } => {
                if let Some(new) = self.values.get(&ty).and_then(|values| values.get(&value)) {
                    value.clone_from(new);
                }
                ObjectId::EnumValue {
                    ty: renamed(&self.types, ty),
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
            id
            @ (ObjectId::View(_) | ObjectId::MaterializedView(_) | ObjectId::EventTrigger(_)) => id,
            ObjectId::Function {
                name,
                mut arguments,
            } => {
                self.type_text(&mut arguments);
                ObjectId::Function { name, arguments }
            }
            ObjectId::Procedure {
                name,
                mut arguments,
            } => {
                self.type_text(&mut arguments);
                ObjectId::Procedure { name, arguments }
            }
            ObjectId::Aggregate {
                name,
                mut arguments,
            } => {
                self.type_text(&mut arguments);
                ObjectId::Aggregate { name, arguments }
            }
            ObjectId::Extension(name) => ObjectId::Extension(name),
            ObjectId::Domain(name) => ObjectId::Domain(renamed(&self.types, name)),
            ObjectId::DomainConstraint { domain, mut name } => {
                part(&self.domain_constraints, &domain, &mut name);
                ObjectId::DomainConstraint {
                    domain: renamed(&self.types, domain),
                    name,
                }
            }
            ObjectId::Composite(name) => ObjectId::Composite(renamed(&self.types, name)),
            ObjectId::Attribute { ty, mut name } => {
                part(&self.attributes, &ty, &mut name);
                ObjectId::Attribute {
                    ty: renamed(&self.types, ty),
                    name,
                }
            }
            ObjectId::Range(name) => ObjectId::Range(renamed(&self.types, name)),
            ObjectId::Multirange(name) => ObjectId::Multirange(renamed(&self.types, name)),
            ObjectId::Collation(name) => ObjectId::Collation(renamed(&self.collations, name)),
            ObjectId::ReplicaIdentity(table) => {
                ObjectId::ReplicaIdentity(renamed(&self.tables, table))
            }
            ObjectId::Cluster(table) => ObjectId::Cluster(renamed(&self.tables, table)),
            ObjectId::Typed(table) => ObjectId::Typed(renamed(&self.tables, table)),
            ObjectId::Statistics(name) => ObjectId::Statistics(renamed(&self.statistics, name)),
            ObjectId::Policy { table, mut name } => {
                part(&self.policies, &table, &mut name);
                ObjectId::Policy {
                    table: renamed(&self.tables, table),
                    name,
                }
            }
            ObjectId::Partition(table) => ObjectId::Partition(renamed(&self.tables, table)),
            ObjectId::Inheritance { table, parent } => ObjectId::Inheritance {
                table: renamed(&self.tables, table),
                parent: renamed(&self.tables, parent),
            },
            ObjectId::Attached { table, mut name } => {
                self.index_name(&table, &mut name);
                ObjectId::Attached {
                    table: renamed(&self.tables, table),
                    name,
                }
            }
            ObjectId::Owner(on) => ObjectId::Owner(Box::new(self.id(*on))),
            ObjectId::Grant { on, grantee } => ObjectId::Grant {
                on: Box::new(self.id(*on)),
                grantee,
            },
            id @ ObjectId::DefaultPrivileges(_) => id,
            id @ (ObjectId::Wrapper(_) | ObjectId::Server(_) | ObjectId::UserMapping { .. }) => id,
            ObjectId::Publication(name) => {
                ObjectId::Publication(renamed_bare(&self.publications, name))
            }
            ObjectId::PublicationTable { publication, table } => ObjectId::PublicationTable {
                publication: renamed_bare(&self.publications, publication),
                table: renamed(&self.tables, table),
            },
            ObjectId::PublicationSchema {
                publication,
                schema,
            } => ObjectId::PublicationSchema {
                publication: renamed_bare(&self.publications, publication),
                schema,
            },
            ObjectId::Subscription(name) => ObjectId::Subscription(name),
            ObjectId::SearchParser(name) => {
                ObjectId::SearchParser(renamed(&self.search_parsers, name))
            }
            ObjectId::SearchTemplate(name) => {
                ObjectId::SearchTemplate(renamed(&self.search_templates, name))
            }
            ObjectId::SearchDictionary(name) => {
                ObjectId::SearchDictionary(renamed(&self.search_dictionaries, name))
            }
            ObjectId::SearchConfiguration(name) => {
                ObjectId::SearchConfiguration(renamed(&self.search_configurations, name))
            }
            ObjectId::Operator {
                name,
                mut arguments,
            } => {
                self.type_text(&mut arguments);
                ObjectId::Operator { name, arguments }
            }
            ObjectId::OperatorFamily { mut name, method } => {
                self.family(&method, &mut name);
                ObjectId::OperatorFamily { name, method }
            }
            ObjectId::OperatorClass { mut name, method } => {
                self.class(method.as_str(), &mut name);
                ObjectId::OperatorClass { name, method }
            }
            ObjectId::FamilyMember {
                mut family,
                method,
                slot,
                mut arguments,
            } => {
                self.family(&method, &mut family);
                self.type_text(&mut arguments);
                ObjectId::FamilyMember {
                    family,
                    method,
                    slot,
                    arguments,
                }
            }
            ObjectId::Cast {
                mut source,
                mut target,
            } => {
                self.type_text(&mut source);
                self.type_text(&mut target);
                ObjectId::Cast { source, target }
            }
            ObjectId::Conversion(name) => ObjectId::Conversion(renamed(&self.conversions, name)),
            ObjectId::Language(name) => ObjectId::Language(renamed_bare(&self.languages, name)),
            ObjectId::AccessMethod(name) => ObjectId::AccessMethod(name),
        }
    }

    /// An object under the new names; `id` is who it was before.
    pub fn object(&self, id: &ObjectId, object: &mut Object) {
        match object {
            Object::Namespace(_) | Object::Comment(_) => {}
            Object::Table(table) => {
                if let (Some(key), ObjectId::Table(name)) = (&mut table.partitioned, id) {
                    self.partition_key(name, key);
                }
            }
            Object::Extension(extension) => self.namespace(&mut extension.schema),
            Object::Collation(_) => {}
            Object::Owner(_) | Object::Grant(_) => {}
            Object::Policy(Policy {
                kind: _,
                command: _,
                roles: _,
                using,
                check,
            }) => {
                for expression in using.iter_mut().chain(check) {
                    self.expression(id.table(), expression);
                }
            }
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
                persistence: _,
                logging: _,
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
                    collation,
                    nullable,
                    not_null,
                    default,
                    identity: _,
                    generated,
                    storage: _,
                    compression: _,
                    statistics: _,
                    options: _,
                    computed: _,
                    foreign_options: _,
                } = column;
                if !*nullable {
                    self.not_null(id, not_null);
                }
                self.sql_type(sql_type);
                self.collation(collation);
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
            // What a view shows and a routine does is text; the types of what they give are known.
            Object::View(view) => {
                for ViewColumn {
                    name: _,
                    sql_type: Expression(sql_type),
                    collation,
                } in &mut view.columns
                {
                    self.type_text(sql_type);
                    self.collation(collation);
                }
            }
            Object::Routine(routine) => {
                let language = Ident::new(routine.language.as_str()).ok();
                if let Some(new) = language.and_then(|name| self.languages.get(&name)) {
                    new.as_str().clone_into(&mut routine.language);
                }
                let parameters = routine.parameters.iter_mut();
                let types = parameters.map(|parameter| &mut parameter.sql_type);
                for Expression(sql_type) in types
                    .chain(&mut routine.result)
                    .chain(&mut routine.transforms)
                {
                    self.type_text(sql_type);
                }
            }
            Object::Aggregate(aggregate) => {
                self.type_text(&mut aggregate.arguments.0);
                self.type_text(&mut aggregate.result.0);
                self.type_text(&mut aggregate.state.sql_type.0);
                if let Some(moving) = &mut aggregate.moving {
                    self.type_text(&mut moving.state.sql_type.0);
                }
            }
            Object::MaterializedView(_) | Object::Rule(_) | Object::EventTrigger(_) => {}
            Object::Domain(Domain {
                base,
                collation,
                default,
                not_null: _,
            }) => {
                self.sql_type(base);
                self.collation(collation);
                if let Some(expression) = default {
                    self.expression(None, expression);
                }
            }
            Object::DomainConstraint(DomainConstraint {
                expression,
                validated: _,
            }) => self.expression(None, expression),
            Object::Composite(Composite { attributes }) => {
                let ObjectId::Composite(ty) = id else { return };
                for Attribute {
                    name,
                    sql_type,
                    collation,
                } in attributes
                {
                    part(&self.attributes, ty, name);
                    self.sql_type(sql_type);
                    self.collation(collation);
                }
            }
            Object::Range(Range {
                subtype,
                operator_class,
                collation,
                canonical: _,
                difference: _,
                multirange,
            }) => {
                self.sql_type(subtype);
                if let Some(name) = operator_class {
                    self.class("btree", name);
                }
                self.collation(collation);
                if let Some(multirange) = multirange {
                    rename(&self.types, multirange);
                }
            }
            Object::ReplicaIdentity(ReplicaIdentity::Full | ReplicaIdentity::Nothing) => {}
            Object::ReplicaIdentity(ReplicaIdentity::Index(index))
            | Object::Cluster(Cluster { index }) => {
                if let Some(table) = id.table() {
                    self.index_name(table, index);
                }
            }
            Object::Typed(Typed { ty }) => rename(&self.types, ty),
            Object::Statistics(Statistics {
                table,
                kinds: _,
                columns,
                expressions,
                target: _,
            }) => {
                let names = std::mem::take(columns).into_iter();
                *columns = names
                    .map(|mut name| {
                        part(&self.columns, table, &mut name);
                        name
                    })
                    .collect();
                for expression in expressions {
                    self.expression(Some(table), expression);
                }
                rename(&self.tables, table);
            }
            Object::Partition(Partition { parent, bounds: _ }) => rename(&self.tables, parent),
            Object::Attached(Attached { parent, index }) => {
                self.index_name(parent, index);
                rename(&self.tables, parent);
            }
            Object::Inheritance(_)
            | Object::Wrapper(_)
            | Object::Server(_)
            | Object::UserMapping(_) => {}
            Object::Publication(_) | Object::PublicationSchema(_) | Object::Subscription(_) => {}
            Object::SearchParser(_) | Object::SearchTemplate(_) => {}
            Object::Operator(_) | Object::OperatorFamily(_) | Object::Conversion(_) => {}
            Object::Language(_) | Object::AccessMethod(_) => {}
            Object::OperatorClass(ClassDefinition {
                input,
                family,
                default: _,
                storage,
                members,
            }) => {
                if let ObjectId::OperatorClass { name: _, method } = id {
                    self.family(method, family);
                }
                self.type_text(&mut input.0);
                if let Some(storage) = storage {
                    self.type_text(&mut storage.0);
                }
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|((slot, mut arguments), mut member)| {
                        self.type_text(&mut arguments);
                        self.type_text(&mut member.what.0);
                        ((slot, arguments), member)
                    })
                    .collect();
            }
            Object::FamilyMember(FamilyMember { what, order_by: _ }) => {
                self.type_text(&mut what.0);
            }
            Object::Cast(Cast { method, context: _ }) => match method {
                CastMethod::Function(function) => self.type_text(&mut function.0),
                CastMethod::InOut | CastMethod::Without => {}
            },
            Object::SearchDictionary(SearchDictionary {
                template,
                options: _,
            }) => rename(&self.search_templates, template),
            Object::SearchConfiguration(SearchConfiguration { parser, mappings }) => {
                rename(&self.search_parsers, parser);
                for dictionary in mappings.values_mut().flatten() {
                    rename(&self.search_dictionaries, dictionary);
                }
            }
            Object::PublicationTable(PublicationTable { columns, filter }) => {
                let Some(table) = id.table() else { return };
                if let Some(columns) = columns {
                    let names = std::mem::take(columns).into_iter();
                    *columns = names
                        .map(|mut name| {
                            part(&self.columns, table, &mut name);
                            name
                        })
                        .collect();
                }
                if let Some(expression) = filter {
                    self.expression(Some(table), expression);
                }
            }
        }
    }

    /// The name that Postgres made of those of the table and the column stays what it is.
    fn not_null(&self, id: &ObjectId, not_null: &mut NotNull) {
        let ObjectId::Column { table, name } = id else {
            return;
        };
        if not_null.is_inherited() {
            return;
        }
        let mut to_name = name.clone();
        part(&self.columns, table, &mut to_name);
        let to_table = self.tables.get(table).unwrap_or(table);
        if *name != to_name || table.name != to_table.name {
            let kept = std::mem::take(not_null).keeping_name(table, name);
            *not_null = kept.for_column(to_table, &to_name);
        }
    }

    fn partition_key(&self, table: &QualifiedName, key: &mut PartitionKey) {
        let PartitionKey {
            strategy: _,
            elements,
        } = key;
        for PartitionElement {
            key,
            collation,
            operator_class: _,
        } in elements
        {
            self.collation(collation);
            match key {
                IndexKey::Column(name) => part(&self.columns, table, name),
                IndexKey::Expression(expression) => self.expression(Some(table), expression),
            }
        }
    }

    fn family(&self, method: &Ident, name: &mut QualifiedName) {
        if let Some(new) = self.operator_families.get(&(method.clone(), name.clone())) {
            name.clone_from(new);
        }
    }

    fn class(&self, method: &str, name: &mut QualifiedName) {
        let renamed = |((of, before), _): &(&(Ident, QualifiedName), &QualifiedName)| {
            of.as_str() == method && before == name
        };
        if let Some((_, new)) = self.operator_classes.iter().find(renamed) {
            name.clone_from(new);
        }
    }

    fn collation(&self, collation: &mut Option<QualifiedName>) {
        if let Some(name) = collation {
            rename(&self.collations, name);
        }
    }

    /// The name of an index, which may be that of the constraint that it is behind.
    fn index_name(&self, table: &QualifiedName, name: &mut Ident) {
        let index = QualifiedName::new(table.schema.clone(), name.clone());
        match self.indexes.get(&index) {
            Some(new) => name.clone_from(&new.name),
            None => part(&self.constraints, table, name),
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
                    settings: _,
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
                    method,
                    elements,
                    include,
                    predicate,
                    settings: _,
                } = exclude;
                for ExcludeElement {
                    element,
                    operator: _,
                } in elements
                {
                    self.element(table, method, element);
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
            method,
            unique: _,
            nulls_not_distinct: _,
            elements,
            include,
            predicate,
            storage: _,
            tablespace: _,
            statistics: _,
            valid: _,
        } = index;
        for element in elements {
            self.element(table, method, element);
        }
        self.columns(table, include);
        if let Some(expression) = predicate {
            self.expression(Some(table), expression);
        }
        rename(&self.tables, table);
    }

    fn element(&self, table: &QualifiedName, method: &str, element: &mut IndexElement) {
        let IndexElement {
            key,
            collation,
            operator_class,
            order: _,
            nulls: _,
        } = element;
        self.collation(collation);
        if let Some(class) = operator_class {
            self.class(method, &mut class.name);
        }
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
            rename(&self.types, name);
        }
    }

    /// Types as Postgres prints them. The row type of a table is called what the table is.
    fn type_text(&self, text: &mut String) {
        if !self.types.is_empty() || !self.tables.is_empty() {
            *text = type_text::rename_types(text, |name| {
                let new = self.types.get(name).or_else(|| self.tables.get(name));
                new.cloned()
            });
        }
    }

    fn columns(&self, table: &QualifiedName, columns: &mut [Ident]) {
        for column in columns {
            part(&self.columns, table, column);
        }
    }

    /// What Postgres does to an expression by itself.
    fn expression(&self, table: Option<&QualifiedName>, Expression(text): &mut Expression) {
        *text = expression::rename(self, table, text);
    }
}

/// Puts the new name in place of the old one.
fn rename(names: &BTreeMap<QualifiedName, QualifiedName>, name: &mut QualifiedName) {
    if let Some(new) = names.get(name) {
        name.clone_from(new);
    }
}

/// The same for a name in no schema.
fn renamed_bare(names: &BTreeMap<Ident, Ident>, name: Ident) -> Ident {
    names.get(&name).cloned().unwrap_or(name)
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
