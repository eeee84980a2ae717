//! A function (a window function is one) or a procedure.

use crate::schema::object::Expression;

/// A function or a procedure; its identity says which.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Routine {
    /// Its parameters in order; those of `RETURNS TABLE` are among them.
    pub parameters: Vec<Parameter>,
    /// What stands behind `RETURNS`; nothing for a procedure.
    pub result: Option<Expression>,
    /// Whether it returns a set of rows.
    pub returns_set: bool,
    /// The language.
    pub language: String,
    /// What it does.
    pub body: RoutineBody,
    /// `WINDOW`.
    pub window: bool,
    /// `IMMUTABLE`, `STABLE`, `VOLATILE`.
    pub volatility: Volatility,
    /// `STRICT`: null where an argument is.
    pub strict: bool,
    /// `LEAKPROOF`.
    pub leakproof: bool,
    /// `SECURITY DEFINER`.
    pub security_definer: bool,
    /// `PARALLEL`.
    pub parallel: Parallel,
    /// `COST`, where it is not the language's usual one.
    pub cost: Option<String>,
    /// `ROWS`, where it is not the usual thousand.
    pub rows: Option<String>,
    /// `SUPPORT`: the planner's function, as Postgres prints its name.
    pub support: Option<Expression>,
    /// `SET`: settings while it runs, as the catalog keeps them, in their order.
    pub settings: Vec<Setting>,
    /// `TRANSFORM FOR TYPE`: types as Postgres prints them.
    pub transforms: Vec<Expression>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Parameter {
    /// Which way it goes.
    pub mode: ParameterMode,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its type, as Postgres prints it.
    pub sql_type: Expression,
    /// Its default.
    pub default: Option<Expression>,
}

/// Which way a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum ParameterMode {
    /// `IN`.
    In,
    /// `OUT`.
    Out,
    /// `INOUT`.
    InOut,
    /// `VARIADIC`.
    Variadic,
    /// A column of `RETURNS TABLE`.
    Table,
}

/// What a routine does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum RoutineBody {
    /// Text that the language reads when it runs.
    Source(String),
    /// A function of a compiled library.
    Library {
        /// The file.
        file: String,
        /// The name in it.
        symbol: String,
    },
    /// `BEGIN ATOMIC … END` or `RETURN …`, which was read when it was made (Postgres 14).
    Sql(Expression),
}

/// Whether a routine gives the same for the same arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Volatility {
    /// `IMMUTABLE`: at all times.
    Immutable,
    /// `STABLE`: in one statement.
    Stable,
    /// `VOLATILE`: not even there.
    #[default]
    Volatile,
}

/// Whether a routine may run in parallel workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Parallel {
    /// `PARALLEL UNSAFE`: not in a parallel plan at all.
    #[default]
    Unsafe,
    /// `PARALLEL RESTRICTED`: in the leader only.
    Restricted,
    /// `PARALLEL SAFE`.
    Safe,
}

/// A setting while a routine runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value as the catalog keeps it; for a list, with the quotes of its names.
    pub value: String,
}

impl Routine {
    /// Whether `CREATE OR REPLACE` turns it into another one. What calls it knows its result, its
    /// parameters by name, and how many of them may be left out.
    pub fn can_become(&self, other: &Self) -> bool {
        let output = |parameter: &&Parameter| {
            matches!(
                parameter.mode,
                ParameterMode::Out | ParameterMode::InOut | ParameterMode::Table
            )
        };
        let outputs = |routine: &Self| {
            let outputs = routine.parameters.iter().filter(output);
            outputs
                .map(|parameter| (parameter.name.clone(), parameter.sql_type.clone()))
                .collect::<Vec<_>>()
        };
        let input = |parameter: &&Parameter| {
            !matches!(parameter.mode, ParameterMode::Out | ParameterMode::Table)
        };
        let inputs = |routine: &Self| -> Vec<Parameter> {
            routine.parameters.iter().filter(input).cloned().collect()
        };
        let (before, after) = (inputs(self), inputs(other));
        let inputs_fit = before.len() == after.len()
            && before.iter().zip(&after).all(|(before, after)| {
                (before.name.is_none() || before.name == after.name)
                    && (before.default.is_none() || after.default.is_some())
                    && before.sql_type == after.sql_type
            });
        self.result == other.result
            && self.returns_set == other.returns_set
            && self.window == other.window
            && outputs(self) == outputs(other)
            && inputs_fit
    }

    /// Whether its body is text that refers to objects in a way that no catalog knows of, and that
    /// Postgres looks at when the routine is made.
    pub fn is_checked_text(&self) -> bool {
        matches!(self.body, RoutineBody::Source(_))
            && matches!(self.language.as_str(), "sql" | "plpgsql")
    }
}
