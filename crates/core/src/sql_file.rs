//! A file of SQL, read.

/// A text of SQL with a name for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFile {
    /// The file's name.
    pub name: String,
    /// Its text.
    pub text: String,
}
