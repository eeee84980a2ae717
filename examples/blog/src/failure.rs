//! What a request is told when it fails: a status, and a line of JSON.

use std::fmt::Display;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use diesel::result::{DatabaseErrorKind, Error};
use serde_json::json;

/// A status, and what is told with it. What strangers need not know goes into the log.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    message: String,
}

impl Failure {
    /// The request has something in it that cannot be.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            message: message.into(),
        }
    }

    /// There is no such thing.
    pub fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: "there is nothing of that name".to_owned(),
        }
    }

    /// The path is there, and takes another method.
    pub fn wrong_method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message: "this takes another method".to_owned(),
        }
    }

    /// No connection can be had.
    pub fn unavailable(error: impl Display) -> Self {
        eprintln!("no connection: {error}");
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: "the database cannot be reached now".to_owned(),
        }
    }

    /// It is our mistake.
    pub fn internal(error: impl Display) -> Self {
        eprintln!("a request failed: {error}");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: "something went wrong here".to_owned(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let Error::DatabaseError(kind, information) = &error else {
            return Self::internal(error);
        };
        let rule = information.constraint_name().unwrap_or("a constraint");
        match kind {
            DatabaseErrorKind::UniqueViolation => Self {
                status: StatusCode::CONFLICT,
                message: format!("this is there already (`{rule}`)"),
            },
            // The post of a path is not there; any other reference stands in the body.
            DatabaseErrorKind::ForeignKeyViolation if rule.ends_with("_post_id_fkey") => {
                Self::not_found()
            }
            DatabaseErrorKind::ForeignKeyViolation => {
                Self::invalid(format!("what this refers to is not there (`{rule}`)"))
            }
            DatabaseErrorKind::CheckViolation => Self::invalid(format!("`{rule}` does not hold")),
            DatabaseErrorKind::ClosedConnection => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        Self {
            status: rejection.status(),
            message: rejection.body_text(),
        }
    }
}

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Self {
        Self {
            status: rejection.status(),
            message: rejection.body_text(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { status, message } = self;
        (status, Json(json!({ "error": message }))).into_response()
    }
}
