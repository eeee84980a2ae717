//! What a model states, as `#[derive(Model)]` writes it down: still in the words of the struct.
//!
//! Nothing here has been checked against other models or against Postgres: [`lower`](super::lower)
//! does the first, the backend's canonical expressions the second.

use crate::error::Location;
use crate::schema::object::table::Persistence;
use crate::schema::object::{Action, Deferrable, IdentityMode, MatchType, NullsOrder, SortOrder};

mod pg_type;

pub use pg_type::PgType;

/// A struct that is a table. Implemented by `#[derive(Model)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model",
    label = "this has no `#[derive(Model)]`",
    note = "a table that no model states is referred to by its name: `references = \"table(column)\"`"
)]
pub trait Model {
    /// The struct's path: by it a foreign key knows the model it refers to, whatever schema that is
    /// installed in.
    const RUST_NAME: &'static str;
    /// The name of its table.
    const TABLE: &'static str;
    /// The schema of its table, where the model states one; else its bundle's placement.
    const SCHEMA: Option<&'static str>;
    /// The columns of its primary key, in order.
    const PRIMARY_KEY: &'static [&'static str];

    /// All that it states.
    fn model() -> ModelTable;
}

/// All that a model states of its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelTable {
    /// The struct, for messages: `blog::models::Post`.
    pub rust_name: String,
    /// Where the struct stands, for messages.
    pub location: Location,
    /// The schema, where stated.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The name that the table had before, where stated.
    pub renamed_from: Option<String>,
    /// `UNLOGGED`, where stated.
    pub persistence: Option<Persistence>,
    /// The comment, where stated.
    pub comment: Option<String>,
    /// The columns, in the order of the fields.
    pub columns: Vec<ModelColumn>,
    /// The primary key; `None` where the model has none.
    pub primary_key: Option<ModelKey>,
    /// The unique keys.
    pub uniques: Vec<ModelKey>,
    /// The foreign keys.
    pub foreign_keys: Vec<ModelForeignKey>,
    /// The checks.
    pub checks: Vec<ModelCheck>,
    /// The exclusions.
    pub excludes: Vec<ModelExclude>,
    /// The indexes.
    pub indexes: Vec<ModelIndex>,
}

impl ModelTable {
    /// A table with nothing in it.
    pub fn new(rust_name: impl Into<String>, location: Location, table: impl Into<String>) -> Self {
        Self {
            rust_name: rust_name.into(),
            location,
            schema: None,
            table: table.into(),
            renamed_from: None,
            persistence: None,
            comment: None,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            excludes: Vec::new(),
            indexes: Vec::new(),
        }
    }
}

/// All that a model states of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelColumn {
    /// The column.
    pub name: String,
    /// The name that it had before, where stated.
    pub renamed_from: Option<String>,
    /// Its type.
    pub sql_type: ModelType,
    /// Whether it may hold nulls: the field is an `Option`, or says so.
    pub nullable: bool,
    /// The default as it was written, where stated.
    pub default: Option<String>,
    /// The identity, where stated.
    pub identity: Option<ModelIdentity>,
    /// The expression of `GENERATED ALWAYS AS (…) STORED`, where stated.
    pub generated: Option<String>,
    /// The collation as it was written (`de-x-icu`, `pg_catalog."C"`), where stated.
    pub collation: Option<String>,
    /// The comment, where stated.
    pub comment: Option<String>,
}

impl ModelColumn {
    /// A column of a type, not null, with nothing else stated.
    pub fn new(name: impl Into<String>, sql_type: ModelType) -> Self {
        Self {
            name: name.into(),
            renamed_from: None,
            sql_type,
            nullable: false,
            default: None,
            identity: None,
            generated: None,
            collation: None,
            comment: None,
        }
    }
}

/// A type as a model states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelType {
    /// As it is written in SQL: `text`, `varchar(200)`, `citext`.
    Sql(String),
    /// An enum that a Rust enum states by `#[derive(PgEnum)]`.
    Enum(ModelEnum),
    /// An array of another type.
    Array(Box<ModelType>),
}

/// All that a Rust enum states of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEnum {
    /// The Rust enum, for messages.
    pub rust_name: String,
    /// Where it stands, for messages.
    pub location: Location,
    /// The schema, where stated.
    pub schema: Option<String>,
    /// The type.
    pub name: String,
    /// The name that the type had before, where stated.
    pub renamed_from: Option<String>,
    /// Its values in order.
    pub values: Vec<ModelEnumValue>,
    /// The comment, where stated.
    pub comment: Option<String>,
}

/// One value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEnumValue {
    /// The value.
    pub value: String,
    /// What it was called before, where stated.
    pub renamed_from: Option<String>,
}

/// The identity that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelIdentity {
    /// Whether a value may be given.
    pub mode: IdentityMode,
    /// The first value, where stated.
    pub start: Option<i64>,
    /// The step, where stated.
    pub increment: Option<i64>,
    /// The least value, where stated.
    pub min: Option<i64>,
    /// The greatest value, where stated.
    pub max: Option<i64>,
    /// How many values a session takes at a time, where stated.
    pub cache: Option<i64>,
    /// Whether it starts over, where stated.
    pub cycle: Option<bool>,
}

impl ModelIdentity {
    /// An identity of a mode with nothing else stated.
    pub fn new(mode: IdentityMode) -> Self {
        Self {
            mode,
            start: None,
            increment: None,
            min: None,
            max: None,
            cache: None,
            cycle: None,
        }
    }
}

/// A primary or unique key that a model states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelKey {
    /// Its name, where stated.
    pub name: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
}

/// A foreign key that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelForeignKey {
    /// Its name, where stated.
    pub name: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// The schema of the other table, where its model states one.
    pub references_schema: Option<String>,
    /// The other struct's path, where the key refers to a model; by it, a model of another bundle is
    /// found in the schema that the bundle is installed in.
    pub references_model: Option<String>,
    /// The other table.
    pub references: String,
    /// The columns there; empty for its primary key where the model names the table by text.
    pub referenced_columns: Vec<String>,
    /// `MATCH`.
    pub match_type: MatchType,
    /// `ON UPDATE`.
    pub on_update: Action,
    /// `ON DELETE`.
    pub on_delete: Action,
    /// The columns of `ON DELETE SET NULL (…)`.
    pub on_delete_columns: Vec<String>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// `NOT VALID`.
    pub not_valid: bool,
}

/// A check that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCheck {
    /// Its name, where stated.
    pub name: Option<String>,
    /// The column that states it, where one does.
    pub column: Option<String>,
    /// The expression as it was written.
    pub expression: String,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// `NOT VALID`.
    pub not_valid: bool,
}

/// An exclusion that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelExclude {
    /// Its name, where stated.
    pub name: Option<String>,
    /// The access method; `gist` unless stated.
    pub method: String,
    /// What is compared, each with its operator.
    pub elements: Vec<(ModelIndexElement, String)>,
    /// `WHERE` as it was written.
    pub predicate: Option<String>,
    /// When it is checked.
    pub deferrable: Deferrable,
}

/// An index that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelIndex {
    /// Its name, where stated.
    pub name: Option<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// The access method; `btree` unless stated.
    pub method: String,
    /// What it is over, in order.
    pub elements: Vec<ModelIndexElement>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// `WHERE` as it was written.
    pub predicate: Option<String>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `WITH (…)`, where stated.
    pub storage: Vec<(String, String)>,
}

/// One column or expression of an index that a model states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelIndexElement {
    /// A column, or an expression as it was written.
    pub key: ModelIndexKey,
    /// The collation as it was written, where stated.
    pub collation: Option<String>,
    /// The operator class as it was written, where stated.
    pub operator_class: Option<String>,
    /// Its direction.
    pub order: SortOrder,
    /// Where nulls go.
    pub nulls: NullsOrder,
}

/// What an index element of a model is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelIndexKey {
    /// A column.
    Column(String),
    /// An expression as it was written.
    Expression(String),
}

impl ModelIndexElement {
    /// An element over a column, with nothing else said.
    pub fn column(name: impl Into<String>) -> Self {
        Self {
            key: ModelIndexKey::Column(name.into()),
            collation: None,
            operator_class: None,
            order: SortOrder::Ascending,
            nulls: NullsOrder::Default,
        }
    }
}
