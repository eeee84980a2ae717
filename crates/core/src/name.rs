//! Names as the catalog holds them: unquoted, at most 63 bytes. Quoting is the backend's business.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

/// Postgres keeps at most this many bytes of a name (`NAMEDATALEN - 1`).
pub const MAX_NAME_BYTES: usize = 63;

/// One name: of a schema, a table, a column, as the catalog holds it (no quotes, case as it is).
///
/// A table's name is in the identity of all that is part of it: a clone shares the text, and what is shared is equal
/// without a look at it.
#[derive(Clone, Eq)]
pub struct Ident(Arc<str>);

impl Ident {
    /// A name that Postgres can hold.
    ///
    /// # Errors
    /// When it is empty, holds a NUL, or is longer than 63 bytes: Postgres would cut it silently.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        if name.is_empty() {
            return Err(Error::new(ErrorKind::Model, "a name must not be empty"));
        }
        if name.contains('\0') {
            return Err(Error::new(
                ErrorKind::Model,
                "a name must not hold a NUL byte",
            ));
        }
        if name.len() > MAX_NAME_BYTES {
            return Err(Error::new(
                ErrorKind::Model,
                format!(
                    "the name `{name}` is {} bytes long, Postgres keeps 63",
                    name.len()
                ),
            )
            .with_hint("choose a shorter name: a longer one would be cut without a word"));
        }
        Ok(Self(name.into()))
    }

    /// The bare text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What comes before all names, and is none.
    pub(crate) fn least() -> Self {
        Self("".into())
    }
}

impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Ord for Ident {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Ident {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Ident {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl AsRef<str> for Ident {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A name in a schema.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    /// The schema (namespace).
    pub schema: Ident,
    /// The name in it.
    pub name: Ident,
}

impl QualifiedName {
    /// Joins the two.
    pub fn new(schema: Ident, name: Ident) -> Self {
        Self { schema, name }
    }

    /// What comes before all names, and is none.
    pub(crate) fn least() -> Self {
        Self::new(Ident::least(), Ident::least())
    }

    /// Both from text.
    ///
    /// # Errors
    /// When one of them is no name, see [`Ident::new`].
    pub fn parse_parts(schema: &str, name: &str) -> Result<Self> {
        Ok(Self {
            schema: Ident::new(schema)?,
            name: Ident::new(name)?,
        })
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl fmt::Debug for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The name that Postgres would choose for something derived from `first`, `second` and a `label`.
///
/// The algorithm of `makeObjectName` (src/backend/commands/indexcmds.c): `first_second_label`, and
/// where that exceeds 63 bytes the longer of the two names loses bytes until it fits, cut at a
/// character boundary.
pub fn derived_name(first: &str, second: Option<&str>, label: &str) -> Ident {
    let overhead = 1 + label.len() + usize::from(second.is_some());
    let available = MAX_NAME_BYTES.saturating_sub(overhead);
    let mut first_bytes = first.len();
    let mut second_bytes = second.map_or(0, str::len);
    while first_bytes + second_bytes > available {
        if first_bytes > second_bytes {
            first_bytes -= 1;
        } else {
            second_bytes -= 1;
        }
    }
    let mut name = cut(first, first_bytes).to_owned();
    if let Some(second) = second {
        name.push('_');
        name.push_str(cut(second, second_bytes));
    }
    name.push('_');
    name.push_str(label);
    Ident(name.into())
}

/// The longest prefix of at most `bytes` bytes that ends between characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_derived_names_are_cut_as_postgres_cuts_them() {
        assert_eq!(
            derived_name("posts", Some("title"), "key").as_str(),
            "posts_title_key"
        );
        let long = derived_name(&"t".repeat(60), Some(&"c".repeat(60)), "fkey");
        assert_eq!(long.as_str().len(), 63);
        assert_eq!(
            long.as_str(),
            format!("{}_{}_fkey", "t".repeat(29), "c".repeat(28))
        );
        let umlauts = derived_name(&"ü".repeat(40), None, "pkey");
        assert!(umlauts.as_str().len() <= 63);
    }

    #[test]
    fn names_that_postgres_would_cut_are_refused() {
        assert!(Ident::new("a".repeat(63)).is_ok());
        assert!(Ident::new("a".repeat(64)).is_err());
        assert!(Ident::new("").is_err());
        assert!(Ident::new("a\0b").is_err());
    }
}
