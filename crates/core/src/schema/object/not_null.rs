//! The constraint that refuses nulls.

use crate::name::{Ident, QualifiedName, derived_name};

/// What is said of the `NOT NULL` of a column, which is a constraint with a name from Postgres 18 on. Before, and where
/// a column may hold nulls, there is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields, default)
)]
pub struct NotNull {
    /// Its name, where that is neither what Postgres calls it by itself nor had from a parent.
    pub name: Option<Ident>,
    /// Whether heirs do without it.
    pub no_inherit: bool,
    /// Whether rows that are there may hold nulls.
    pub not_valid: bool,
    /// The comment on it.
    pub comment: Option<String>,
    /// What it is called where it has no name of its own.
    pub called: Called,
}

/// What a `NOT NULL` is called that has no name of its own. Nobody can choose that, and it is no difference: all of
/// these are equal.
#[derive(Clone, Debug, Default)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Called {
    /// It is not known to be called anything: there are no names before Postgres 18.
    #[default]
    Nothing,
    /// `table_column_not_null`.
    Derived,
    /// The same with a number, since something else has that name.
    Numbered(Ident),
    /// What the parent's is called, or what it was called before the table got a parent. It cannot be renamed.
    Inherited(Ident),
}

impl PartialEq for Called {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Called {}

impl NotNull {
    /// What Postgres calls that of a column by itself.
    pub fn derived(table: &QualifiedName, column: &Ident) -> Ident {
        derived_name(table.name.as_str(), Some(column.as_str()), "not_null")
    }

    /// What that of a column is called.
    pub fn called(&self, table: &QualifiedName, column: &Ident) -> Ident {
        match (&self.name, &self.called) {
            (Some(name), _) | (None, Called::Numbered(name) | Called::Inherited(name)) => {
                name.clone()
            }
            (None, Called::Nothing | Called::Derived) => Self::derived(table, column),
        }
    }

    /// Whether it is there because a parent has it.
    pub fn is_inherited(&self) -> bool {
        matches!(self.called, Called::Inherited(_))
    }

    /// With the name that it has as its own, for a table or a column that is called otherwise from now on, or that has
    /// no parent any more.
    pub fn keeping_name(mut self, table: &QualifiedName, column: &Ident) -> Self {
        if !matches!(self.called, Called::Nothing) {
            self.name = Some(self.called(table, column));
            self.called = Called::Derived;
        }
        self
    }

    /// The same where a name that Postgres would choose for the column is none of its own.
    pub fn for_column(mut self, table: &QualifiedName, column: &Ident) -> Self {
        if self.name.as_ref() == Some(&Self::derived(table, column)) {
            self.name = None;
        }
        self
    }

    #[cfg(feature = "snapshot")]
    pub(super) fn is_unsaid(&self) -> bool {
        *self == Self::default() && matches!(self.called, Called::Nothing | Called::Derived)
    }
}
