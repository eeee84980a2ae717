//! A schema of Postgres, which its catalog calls a namespace. (`Schema` is the whole map here.)

/// A schema: it exists, and that is all that is managed of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Namespace {}
