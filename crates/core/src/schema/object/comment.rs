//! The comment on an object.

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Comment {
    /// Its text.
    pub text: String,
}
