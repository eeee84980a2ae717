//! Diesel's errors as ours. SQLSTATEs are hidden by Diesel: what its kinds tell is taken from them.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use limbeck_core::{DatabaseError, Error, ErrorKind};

use crate::runner::{DbFailure, FailureKind};

/// A failure as the runner takes it.
pub(crate) fn failure(error: &DieselError) -> DbFailure {
    match error {
        DieselError::DatabaseError(kind, information) => DbFailure {
            kind: match kind {
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                    FailureKind::Closed
                }
                _ => FailureKind::Database,
            },
            message: information.message().trim_end().to_owned(),
            detail: information.details().map(str::to_owned),
            hint: information.hint().map(str::to_owned),
            table: information.table_name().map(str::to_owned),
            column: information.column_name().map(str::to_owned),
            constraint: information.constraint_name().map(str::to_owned),
            position: information
                .statement_position()
                .and_then(|at| u32::try_from(at).ok()),
            sqlstate: sqlstate(kind).map(str::to_owned),
        },
        DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
            DbFailure {
                kind: FailureKind::Closed,
                message: error.to_string(),
                ..DbFailure::default()
            }
        }
        other => DbFailure {
            kind: FailureKind::Client,
            message: other.to_string(),
            ..DbFailure::default()
        },
    }
}

/// An error for whoever asked the database something; `doing` says what was being done, as in
/// `the catalogs were read`.
pub(crate) fn database_error(error: DieselError, doing: &str) -> Error {
    let failure = failure(&error);
    let kind = match (failure.kind, failure.sqlstate.as_deref()) {
        (FailureKind::Closed, _) => ErrorKind::Connection,
        (_, Some("25006")) => ErrorKind::ReadOnly,
        _ => ErrorKind::Sql,
    };
    let error = Error::new(kind, format!("{}, while {doing}", failure.message))
        .with_database(database(&failure));
    match failure.hint_where_aborted() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn database(failure: &DbFailure) -> DatabaseError {
    DatabaseError {
        message: failure.message.clone(),
        detail: failure.detail.clone(),
        hint: failure.hint.clone(),
        sqlstate: failure.sqlstate.clone(),
        statement_number: None,
        statement: None,
        table: failure.table.clone(),
        column: failure.column.clone(),
        constraint: failure.constraint.clone(),
    }
}

fn sqlstate(kind: &DatabaseErrorKind) -> Option<&'static str> {
    Some(match kind {
        DatabaseErrorKind::UniqueViolation => "23505",
        DatabaseErrorKind::ForeignKeyViolation => "23503",
        DatabaseErrorKind::NotNullViolation => "23502",
        DatabaseErrorKind::CheckViolation => "23514",
        DatabaseErrorKind::RestrictViolation => "23001",
        DatabaseErrorKind::ExclusionViolation => "23P01",
        DatabaseErrorKind::SerializationFailure => "40001",
        DatabaseErrorKind::ReadOnlyTransaction => "25006",
        _ => return None,
    })
}

/// A session in which a backslash in an ordinary string means something else than a backslash.
pub(crate) fn nonstandard_strings() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "`standard_conforming_strings` is off here: SQL would be read otherwise than it is written",
    )
    .with_hint(
        "switch it on for this role (`ALTER ROLE … SET standard_conforming_strings = on`) or this \
         connection (`options=-c%20standard_conforming_strings%3Don` in the URL)",
    )
}
