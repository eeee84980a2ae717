//! A collation. The version of its provider is left out: it is the server's.

/// A collation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Collation {
    /// Who compares.
    pub provider: CollationProvider,
    /// The locale of an ICU or built-in collation.
    pub locale: Option<String>,
    /// `LC_COLLATE` of a collation of the C library.
    pub lc_collate: Option<String>,
    /// `LC_CTYPE` of a collation of the C library.
    pub lc_ctype: Option<String>,
    /// Whether what compares as equal is equal in its bytes, too.
    pub deterministic: bool,
    /// Further rules of an ICU collation (Postgres 16).
    pub rules: Option<String>,
}

/// Who compares the texts of a collation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum CollationProvider {
    /// The C library.
    Libc,
    /// ICU.
    Icu,
    /// Postgres itself (Postgres 17).
    Builtin,
}
