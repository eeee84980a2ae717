//! The kinds of object and their identities. One file a kind; this one lists them.

use crate::name::{Ident, QualifiedName};

pub mod aggregate;
pub mod cast;
pub mod collation;
pub mod column;
pub mod comment;
pub mod composite;
pub mod constraint;
mod display;
pub mod domain;
pub mod r#enum;
pub mod event_trigger;
pub mod extension;
pub mod foreign;
pub mod grant;
pub mod heritage;
pub mod index;
pub mod link;
pub mod materialized_view;
pub mod namespace;
pub mod not_null;
pub mod operator;
pub(crate) mod parse;
pub mod policy;
pub mod publication;
pub mod range;
pub mod routine;
pub mod rule;
pub mod search;
pub mod sequence;
pub mod sql_type;
pub mod statistics;
pub mod subscription;
pub mod table;
mod texts;
pub mod trigger;
pub mod view;

pub use aggregate::{Aggregate, AggregateKind, AggregateState, FinishModify, MovingState};
pub use cast::{
    AccessMethod, AccessMethodKind, Cast, CastContext, CastMethod, Conversion, Language,
};
pub use collation::{Collation, CollationProvider};
pub use column::{Column, Compression, Computed, Identity, IdentityMode, Storage};
pub use comment::Comment;
pub use composite::{Attribute, Composite};
pub use constraint::{
    Action, Check, Constraint, ConstraintKind, Deferrable, Exclude, ExcludeElement, ForeignKey,
    IndexSettings, Key, MatchType,
};
pub use domain::{Domain, DomainConstraint};
pub use r#enum::Enum;
pub use event_trigger::EventTrigger;
pub use extension::Extension;
pub use foreign::{Foreign, Server, UserMapping, Wrapper};
pub use grant::{
    DefaultKind, DefaultScope, Grant, GrantOption, Grantee, Owner, Privilege, Privileges,
};
pub use heritage::{Attached, Inheritance, Partition};
pub use index::{Index, IndexElement, IndexKey, NullsOrder, OperatorClass, SortOrder};
pub use link::{Cluster, ReplicaIdentity, Typed};
pub use materialized_view::MaterializedView;
pub use namespace::Namespace;
pub use not_null::{Called, NotNull};
pub use operator::{ClassDefinition, FamilyMember, Operator, OperatorFamily, Slot};
pub use policy::{Policy, PolicyCommand, PolicyKind};
pub use publication::{Publication, PublicationSchema, PublicationTable, Published};
pub use range::Range;
pub use routine::{Parallel, Parameter, ParameterMode, Routine, RoutineBody, Setting, Volatility};
pub use rule::{Firing, Rule, RuleEvent};
pub use search::{
    DictionaryOption, SearchConfiguration, SearchDictionary, SearchParser, SearchTemplate,
};
pub use sequence::{OwnerColumn, Sequence, SequenceOptions};
pub use sql_type::{Expression, SqlType};
pub use statistics::{Statistics, StatisticsKind};
pub use subscription::Subscription;
pub use table::{PartitionElement, PartitionKey, PartitionStrategy, Table};
pub use trigger::{Trigger, TriggerConstraint, TriggerTiming};
pub use view::{View, ViewColumn};

/// Who an object is: its kind and its qualified name, never an OID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    /// A schema (namespace).
    Namespace(Ident),
    /// An enum type.
    Enum(QualifiedName),
    /// A value of an enum type. No object of its own: only renames speak of it.
    EnumValue {
        /// The type.
        ty: QualifiedName,
        /// The value.
        value: String,
    },
    /// A sequence (one that belongs to an identity column is part of the column instead).
    Sequence(QualifiedName),
    /// A table.
    Table(QualifiedName),
    /// A column.
    Column {
        /// Its table.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// A constraint of a table.
    Constraint {
        /// Its table.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// An index that no constraint made.
    Index(QualifiedName),
    /// The comment on another object.
    Comment(Box<ObjectId>),
    /// A view.
    View(QualifiedName),
    /// A materialized view.
    MaterializedView(QualifiedName),
    /// A rule of a table or view.
    Rule {
        /// What it is on.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// A function, a window function among them.
    Function {
        /// Its name.
        name: QualifiedName,
        /// The types of what is handed in, as Postgres prints them: `integer, text[]`.
        arguments: String,
    },
    /// A procedure.
    Procedure {
        /// Its name.
        name: QualifiedName,
        /// The types of what is handed in, as Postgres prints them.
        arguments: String,
    },
    /// An aggregate.
    Aggregate {
        /// Its name.
        name: QualifiedName,
        /// Its arguments as Postgres prints them, with `ORDER BY`; empty for `*`.
        arguments: String,
    },
    /// A trigger of a table or view.
    Trigger {
        /// What it is on.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// An event trigger.
    EventTrigger(Ident),
    /// An extension.
    Extension(Ident),
    /// A domain.
    Domain(QualifiedName),
    /// A check of a domain.
    DomainConstraint {
        /// The domain.
        domain: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// A composite type.
    Composite(QualifiedName),
    /// An attribute of a composite type. No object of its own: only renames and comments speak of it.
    Attribute {
        /// The type.
        ty: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// A range type.
    Range(QualifiedName),
    /// The multirange type of a range. No object of its own: only renames speak of it.
    Multirange(QualifiedName),
    /// A collation.
    Collation(QualifiedName),
    /// How the rows of a table are told apart for replication.
    ReplicaIdentity(QualifiedName),
    /// The index that a table is clustered on.
    Cluster(QualifiedName),
    /// The type that a table is of.
    Typed(QualifiedName),
    /// Extended statistics.
    Statistics(QualifiedName),
    /// A row security policy of a table.
    Policy {
        /// Its table.
        table: QualifiedName,
        /// Its name.
        name: Ident,
    },
    /// The owner of another object.
    Owner(Box<ObjectId>),
    /// What somebody may do with another object.
    Grant {
        /// The object.
        on: Box<ObjectId>,
        /// Who.
        grantee: Grantee,
    },
    /// What somebody may do with objects that are made later.
    DefaultPrivileges(DefaultScope),
    /// What makes a table a partition.
    Partition(QualifiedName),
    /// What makes a table inherit from another one.
    Inheritance {
        /// The heir.
        table: QualifiedName,
        /// The table that it inherits from.
        parent: QualifiedName,
    },
    /// What makes an index of a partition part of one of the partitioned table.
    Attached {
        /// The partition.
        table: QualifiedName,
        /// The index: its own name, or that of the constraint that it is behind.
        name: Ident,
    },
    /// A foreign-data wrapper.
    Wrapper(Ident),
    /// A server of a foreign-data wrapper.
    Server(Ident),
    /// Who a user is on a server.
    UserMapping {
        /// The server.
        server: Ident,
        /// The role; `public` for all, which no role is called.
        user: Ident,
    },
    /// A publication.
    Publication(Ident),
    /// A table in a publication.
    PublicationTable {
        /// The publication.
        publication: Ident,
        /// The table.
        table: QualifiedName,
    },
    /// A schema in a publication.
    PublicationSchema {
        /// The publication.
        publication: Ident,
        /// The schema.
        schema: Ident,
    },
    /// A subscription.
    Subscription(Ident),
    /// A text search parser.
    SearchParser(QualifiedName),
    /// A text search template.
    SearchTemplate(QualifiedName),
    /// A text search dictionary.
    SearchDictionary(QualifiedName),
    /// A text search configuration.
    SearchConfiguration(QualifiedName),
    /// An operator.
    Operator {
        /// Its name.
        name: QualifiedName,
        /// The types on its sides as Postgres prints them, `NONE` where there is none: `integer, text`.
        arguments: String,
    },
    /// An operator family.
    OperatorFamily {
        /// Its name.
        name: QualifiedName,
        /// The access method.
        method: Ident,
    },
    /// An operator class.
    OperatorClass {
        /// Its name.
        name: QualifiedName,
        /// The access method.
        method: Ident,
    },
    /// An operator or function that is in a family, but part of no class.
    FamilyMember {
        /// The family.
        family: QualifiedName,
        /// The access method.
        method: Ident,
        /// Its place.
        slot: Slot,
        /// The two types that it is for, as Postgres prints them.
        arguments: String,
    },
    /// A cast.
    Cast {
        /// The type that it leads from, as Postgres prints it.
        source: String,
        /// The type that it leads to, as Postgres prints it.
        target: String,
    },
    /// A conversion between encodings.
    Conversion(QualifiedName),
    /// A language.
    Language(Ident),
    /// An access method.
    AccessMethod(Ident),
}

/// An object of some kind, with all its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Object {
    /// A schema (namespace).
    Namespace(Namespace),
    /// An enum type.
    Enum(Enum),
    /// A sequence.
    Sequence(Sequence),
    /// A table, without its columns and constraints.
    Table(Table),
    /// A column.
    Column(Column),
    /// A constraint.
    Constraint(Constraint),
    /// An index.
    Index(Index),
    /// A comment.
    Comment(Comment),
    /// A view.
    View(View),
    /// A materialized view.
    MaterializedView(MaterializedView),
    /// A rule.
    Rule(Rule),
    /// A function or procedure.
    Routine(Routine),
    /// An aggregate.
    Aggregate(Aggregate),
    /// A trigger.
    Trigger(Trigger),
    /// An event trigger.
    EventTrigger(EventTrigger),
    /// An extension.
    Extension(Extension),
    /// A domain, without its checks.
    Domain(Domain),
    /// A check of a domain.
    DomainConstraint(DomainConstraint),
    /// A composite type.
    Composite(Composite),
    /// A range type.
    Range(Range),
    /// A collation.
    Collation(Collation),
    /// How the rows of a table are told apart for replication.
    ReplicaIdentity(ReplicaIdentity),
    /// The index that a table is clustered on.
    Cluster(Cluster),
    /// The type that a table is of.
    Typed(Typed),
    /// Extended statistics.
    Statistics(Statistics),
    /// A row security policy.
    Policy(Policy),
    /// The owner of another object.
    Owner(Owner),
    /// Privileges on an object, or of those that are made later.
    Grant(Grant),
    /// What makes a table a partition.
    Partition(Partition),
    /// What makes a table inherit from another one.
    Inheritance(Inheritance),
    /// What makes an index of a partition part of one of the partitioned table.
    Attached(Attached),
    /// A foreign-data wrapper.
    Wrapper(Wrapper),
    /// A server of a foreign-data wrapper.
    Server(Server),
    /// Who a user is on a server.
    UserMapping(UserMapping),
    /// A publication, without its tables and schemas.
    Publication(Publication),
    /// A table in a publication.
    PublicationTable(PublicationTable),
    /// A schema in a publication.
    PublicationSchema(PublicationSchema),
    /// A subscription.
    Subscription(Subscription),
    /// A text search parser.
    SearchParser(SearchParser),
    /// A text search template.
    SearchTemplate(SearchTemplate),
    /// A text search dictionary.
    SearchDictionary(SearchDictionary),
    /// A text search configuration.
    SearchConfiguration(SearchConfiguration),
    /// An operator.
    Operator(Operator),
    /// An operator family.
    OperatorFamily(OperatorFamily),
    /// An operator class.
    OperatorClass(ClassDefinition),
    /// An operator or function in a family.
    FamilyMember(FamilyMember),
    /// A cast.
    Cast(Cast),
    /// A conversion between encodings.
    Conversion(Conversion),
    /// A language.
    Language(Language),
    /// An access method.
    AccessMethod(AccessMethod),
}

impl ObjectId {
    /// The word for its kind, in lower case: `table`, `column`, `comment`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Namespace(_) => "schema",
            Self::Enum(_) => "enum",
            Self::EnumValue { .. } => "enum value",
            Self::Sequence(_) => "sequence",
            Self::Table(_) => "table",
            Self::Column { .. } => "column",
            Self::Constraint { .. } => "constraint",
            Self::Index(_) => "index",
            Self::Comment(_) => "comment",
            Self::View(_) => "view",
            Self::MaterializedView(_) => "materialized view",
            Self::Rule { .. } => "rule",
            Self::Function { .. } => "function",
            Self::Procedure { .. } => "procedure",
            Self::Aggregate { .. } => "aggregate",
            Self::Trigger { .. } => "trigger",
            Self::EventTrigger(_) => "event trigger",
            Self::Extension(_) => "extension",
            Self::Domain(_) => "domain",
            Self::DomainConstraint { .. } => "domain constraint",
            Self::Composite(_) => "composite type",
            Self::Attribute { .. } => "attribute",
            Self::Range(_) => "range type",
            Self::Multirange(_) => "multirange type",
            Self::Collation(_) => "collation",
            Self::ReplicaIdentity(_) => "replica identity",
            Self::Cluster(_) => "cluster index",
            Self::Typed(_) => "table type",
            Self::Statistics(_) => "statistics",
            Self::Policy { .. } => "policy",
            Self::Owner(_) => "owner",
            Self::Grant { .. } => "grant",
            Self::DefaultPrivileges(_) => "default privileges",
            Self::Partition(_) => "partition",
            Self::Inheritance { .. } => "inheritance",
            Self::Attached { .. } => "attached index",
            Self::Wrapper(_) => "foreign-data wrapper",
            Self::Server(_) => "server",
            Self::UserMapping { .. } => "user mapping",
            Self::Publication(_) => "publication",
            Self::PublicationTable { .. } => "publication table",
            Self::PublicationSchema { .. } => "publication schema",
            Self::Subscription(_) => "subscription",
            Self::SearchParser(_) => "text search parser",
            Self::SearchTemplate(_) => "text search template",
            Self::SearchDictionary(_) => "text search dictionary",
            Self::SearchConfiguration(_) => "text search configuration",
            Self::Operator { .. } => "operator",
            Self::OperatorFamily { .. } => "operator family",
            Self::OperatorClass { .. } => "operator class",
            Self::FamilyMember { .. } => "member of operator family",
            Self::Cast { .. } => "cast",
            Self::Conversion(_) => "conversion",
            Self::Language(_) => "language",
            Self::AccessMethod(_) => "access method",
        }
    }

    /// The table that it is part of (a table is part of itself); for a comment, that of its target. For
    /// a rule and a trigger that may be a view.
    ///
    /// An index has a table too, but its identity does not say which.
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            Self::Table(table) | Self::Column { table, .. } | Self::Constraint { table, .. } => {
                Some(table)
            }
            Self::Rule { table, .. } | Self::Trigger { table, .. } => Some(table),
            Self::ReplicaIdentity(table) | Self::Cluster(table) | Self::Typed(table) => Some(table),
            Self::Comment(on) | Self::Owner(on) | Self::Grant { on, grantee: _ } => on.table(),
            Self::Policy { table, .. } => Some(table),
            Self::DefaultPrivileges(_) => None,
            Self::Partition(table)
            | Self::Inheritance { table, .. }
            | Self::Attached { table, .. } => Some(table),
            Self::PublicationTable {
                table,
                publication: _,
            } => Some(table),
            Self::Namespace(_)
            | Self::Enum(_)
            | Self::EnumValue { .. }
            | Self::Sequence(_)
            | Self::Index(_)
            | Self::View(_)
            | Self::MaterializedView(_)
            | Self::Function { .. }
            | Self::Procedure { .. }
            | Self::Aggregate { .. }
            | Self::EventTrigger(_)
            | Self::Extension(_)
            | Self::Domain(_)
            | Self::DomainConstraint { .. }
            | Self::Composite(_)
            | Self::Attribute { .. }
            | Self::Range(_)
            | Self::Multirange(_)
            | Self::Collation(_)
            | Self::Statistics(_)
            | Self::Wrapper(_)
            | Self::Server(_)
            | Self::UserMapping { .. }
            | Self::Publication(_)
            | Self::PublicationSchema { .. }
            | Self::Subscription(_)
            | Self::SearchParser(_)
            | Self::SearchTemplate(_)
            | Self::SearchDictionary(_)
            | Self::SearchConfiguration(_)
            | Self::Operator { .. }
            | Self::OperatorFamily { .. }
            | Self::OperatorClass { .. }
            | Self::FamilyMember { .. }
            | Self::Cast { .. }
            | Self::Conversion(_)
            | Self::Language(_)
            | Self::AccessMethod(_) => None,
        }
    }

    /// The schema (namespace) that it is in; for a schema, itself. What belongs to the whole
    /// database has none.
    pub fn namespace(&self) -> Option<&Ident> {
        Some(match self {
            Self::Namespace(name) => name,
            Self::Enum(name) | Self::Sequence(name) | Self::Table(name) | Self::Index(name) => {
                &name.schema
            }
            Self::EnumValue { ty, .. } => &ty.schema,
            Self::Column { table, .. } | Self::Constraint { table, .. } => &table.schema,
            Self::Comment(on) | Self::Owner(on) | Self::Grant { on, grantee: _ } => {
                return on.namespace();
            }
            Self::Policy { table, .. } => &table.schema,
            Self::DefaultPrivileges(scope) => return scope.schema.as_ref(),
            Self::View(name) | Self::MaterializedView(name) => &name.schema,
            Self::Rule { table, .. } | Self::Trigger { table, .. } => &table.schema,
            Self::Function { name, .. }
            | Self::Procedure { name, .. }
            | Self::Aggregate { name, .. } => &name.schema,
            Self::EventTrigger(_) | Self::Extension(_) => return None,
            Self::Domain(name) | Self::Composite(name) | Self::Range(name) => &name.schema,
            Self::Multirange(name) | Self::Collation(name) | Self::Statistics(name) => &name.schema,
            Self::DomainConstraint { domain: ty, .. } | Self::Attribute { ty, .. } => &ty.schema,
            Self::ReplicaIdentity(table) | Self::Cluster(table) | Self::Typed(table) => {
                &table.schema
            }
            Self::Partition(table)
            | Self::Inheritance { table, .. }
            | Self::Attached { table, .. } => &table.schema,
            Self::Wrapper(_) | Self::Server(_) | Self::UserMapping { .. } => return None,
            Self::PublicationTable {
                table,
                publication: _,
            } => &table.schema,
            Self::Publication(_)
            | Self::PublicationSchema { .. }
            | Self::Subscription(_)
            | Self::Cast { .. }
            | Self::Language(_)
            | Self::AccessMethod(_) => {
                return None;
            }
            Self::SearchParser(name)
            | Self::SearchTemplate(name)
            | Self::SearchDictionary(name)
            | Self::SearchConfiguration(name)
            | Self::Operator { name, .. }
            | Self::OperatorFamily { name, .. }
            | Self::OperatorClass { name, .. }
            | Self::FamilyMember { family: name, .. }
            | Self::Conversion(name) => &name.schema,
        })
    }
}

/// Whether a name needs no quotes.
pub(crate) fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

impl Object {
    /// What its own attributes say that it depends on: its schema, its table, the columns and types
    /// that it names. Edges hidden in expressions are [`Schema::depends`](super::Schema).
    pub fn requires(&self, id: &ObjectId) -> Vec<ObjectId> {
        let mut required = Vec::new();
        let namespace = || id.namespace().cloned().map(ObjectId::Namespace);
        match self {
            Self::Namespace(_) => {}
            Self::Enum(_) | Self::Collation(_) => required.extend(namespace()),
            Self::Table(table) => {
                if let ObjectId::Table(name) = id {
                    table.requires(name, &mut required);
                }
            }
            Self::Sequence(sequence) => {
                required.extend(namespace());
                sequence.requires(&mut required);
            }
            Self::Column(column) => {
                required.extend(id.table().map(|table| ObjectId::Table(table.clone())));
                column.requires(&mut required);
            }
            Self::Constraint(constraint) => {
                if let Some(table) = id.table() {
                    required.push(ObjectId::Table(table.clone()));
                    constraint.requires(table, &mut required);
                }
            }
            Self::Index(index) => index.requires(&mut required),
            Self::Comment(_) => {
                if let ObjectId::Comment(on) = id {
                    required.push((**on).clone());
                    if let ObjectId::Attribute { ty, name: _ } = &**on {
                        required.push(ObjectId::Composite(ty.clone()));
                    }
                }
            }
            Self::Extension(extension) => extension.requires(&mut required),
            Self::Domain(domain) => {
                required.extend(namespace());
                domain.requires(&mut required);
            }
            Self::DomainConstraint(_) => {
                if let ObjectId::DomainConstraint { domain, name: _ } = id {
                    required.push(ObjectId::Domain(domain.clone()));
                }
            }
            Self::View(_) | Self::MaterializedView(_) | Self::Routine(_) | Self::Aggregate(_) => {
                required.extend(namespace());
            }
            Self::Rule(_) => {
                if let Some(table) = id.table() {
                    required.push(ObjectId::Table(table.clone()));
                    required.push(ObjectId::View(table.clone()));
                }
            }
            Self::Trigger(trigger) => {
                if let Some(table) = id.table() {
                    trigger.requires(table, &mut required);
                }
            }
            Self::EventTrigger(trigger) => trigger.requires(&mut required),
            Self::Composite(composite) => {
                required.extend(namespace());
                composite.requires(&mut required);
            }
            Self::Range(range) => {
                required.extend(namespace());
                range.requires(&mut required);
            }
            Self::ReplicaIdentity(_) | Self::Cluster(_) | Self::Typed(_) => {
                if let Some(table) = id.table() {
                    required.push(ObjectId::Table(table.clone()));
                    match self {
                        Self::ReplicaIdentity(link) => link.requires(table, &mut required),
                        Self::Cluster(link) => link.requires(table, &mut required),
                        Self::Typed(link) => link.requires(&mut required),
                        _ => {}
                    }
                }
            }
            Self::Statistics(statistics) => {
                required.extend(namespace());
                statistics.requires(&mut required);
            }
            Self::Policy(policy) => {
                if let Some(table) = id.table() {
                    policy.requires(table, &mut required);
                }
            }
            Self::Owner(_) | Self::Grant(_) => match id {
                ObjectId::Owner(on) => required.push((**on).clone()),
                ObjectId::Grant { on, grantee: _ } => required.push((**on).clone()),
                _ => required.extend(namespace()),
            },
            Self::Partition(partition) => {
                if let Some(table) = id.table() {
                    partition.requires(table, &mut required);
                }
            }
            Self::Inheritance(inheritance) => inheritance.requires(id, &mut required),
            Self::Attached(attached) => attached.requires(id, &mut required),
            Self::Wrapper(wrapper) => wrapper.requires(&mut required),
            Self::Server(server) => server.requires(&mut required),
            Self::UserMapping(_) => {
                if let ObjectId::UserMapping { server, user: _ } = id {
                    required.push(ObjectId::Server(server.clone()));
                }
            }
            Self::Publication(_) | Self::Subscription(_) => {}
            Self::SearchParser(_) | Self::SearchTemplate(_) => required.extend(namespace()),
            Self::SearchDictionary(dictionary) => {
                required.extend(namespace());
                dictionary.requires(&mut required);
            }
            Self::SearchConfiguration(configuration) => {
                required.extend(namespace());
                configuration.requires(&mut required);
            }
            Self::Operator(operator) => {
                required.extend(namespace());
                operator.requires(&mut required);
            }
            Self::OperatorFamily(_) | Self::OperatorClass(_) | Self::FamilyMember(_) => {
                match (self, id) {
                    (Self::OperatorClass(class), ObjectId::OperatorClass { method, .. }) => {
                        class.requires(method, &mut required);
                    }
                    (_, ObjectId::FamilyMember { family, method, .. }) => {
                        required.push(ObjectId::OperatorFamily {
                            name: family.clone(),
                            method: method.clone(),
                        });
                    }
                    _ => {}
                }
                required.extend(namespace());
                if let ObjectId::OperatorFamily { method, .. } = id {
                    required.push(ObjectId::AccessMethod(method.clone()));
                }
            }
            Self::Conversion(_) => required.extend(namespace()),
            Self::Cast(_) | Self::Language(_) | Self::AccessMethod(_) => {}
            Self::PublicationTable(entry) => {
                if let ObjectId::PublicationTable { publication, table } = id {
                    entry.requires(publication, table, &mut required);
                }
            }
            Self::PublicationSchema(entry) => {
                if let ObjectId::PublicationSchema {
                    publication,
                    schema,
                } = id
                {
                    entry.requires(publication, schema, &mut required);
                }
            }
        }
        required
    }
}
