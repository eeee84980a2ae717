//! What the code that the macros write calls; no part of the API that people see.
//!
//! The macros write data where they can and calls where they must, so that a program with a
//! thousand revisions compiles quickly and its binary reads no TOML and hashes nothing.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::error::near;
use crate::migration::{Migration, SqlMigration};
use crate::name::Ident;
use crate::revision::{Dependency, Digest, Revision, RevisionId};

/// A revision that `bundle!` has read, checked and hashed while the program was compiled.
#[derive(Debug)]
pub struct Embedded {
    /// Its identifier.
    pub id: &'static str,
    /// The revisions directly below.
    pub parents: &'static [&'static str],
    /// Revisions that must be applied before, as `bundle:revision` or `revision`.
    pub depends_on: &'static [&'static str],
    /// Names for the branch that starts here.
    pub branch_labels: &'static [&'static str],
    /// The revisions that this one stands for.
    pub replaces: &'static [&'static str],
    /// The revisions of other bundles that this one does the work of.
    pub provides: &'static [&'static str],
    /// The schema in which it does that.
    pub provides_in: Option<&'static str>,
    /// One line for people.
    pub message: &'static str,
    /// When it was written.
    pub created: Option<&'static str>,
    /// The name of its directory.
    pub directory: &'static str,
    /// Whether older programs must not run with it.
    pub breaking: bool,
    /// The objects that autogenerate made in it.
    pub generated: &'static [&'static str],
    /// What was consented to when it was generated.
    pub consent: &'static [&'static str],
    /// The objects that it makes and changes.
    pub touches: Option<&'static [&'static str]>,
    /// What its generated way down destroys.
    pub down_destroys: Option<&'static [&'static str]>,
    /// Whether its statements may be run again.
    pub idempotent: bool,
    /// Whether it runs in a transaction.
    pub run_in_transaction: bool,
    /// `lock_timeout` while it runs.
    pub lock_timeout: Option<Duration>,
    /// `statement_timeout` while it runs.
    pub statement_timeout: Option<Duration>,
    /// The digest of its way up.
    pub content: [u8; 32],
    /// The text of `up.sql`.
    pub up: &'static str,
    /// The text of `down.sql`.
    pub down: Option<&'static str>,
}

/// The migrations of embedded revisions.
pub fn migrations(revisions: &'static [Embedded]) -> Vec<Arc<dyn Migration>> {
    revisions
        .iter()
        .map(|embedded| Arc::new(migration(embedded)) as Arc<dyn Migration>)
        .collect()
}

fn migration(embedded: &'static Embedded) -> SqlMigration {
    let Embedded {
        id,
        parents,
        depends_on,
        branch_labels,
        replaces,
        provides,
        provides_in,
        message,
        created,
        directory,
        breaking,
        generated,
        consent,
        touches,
        down_destroys,
        idempotent,
        run_in_transaction,
        lock_timeout,
        statement_timeout,
        content,
        up,
        down,
    } = embedded;
    SqlMigration {
        revision: Revision {
            id: checked(id),
            parents: parents.iter().map(|id| checked::<RevisionId>(id)).collect(),
            depends_on: depends_on
                .iter()
                .map(|text| checked::<Dependency>(text))
                .collect(),
            branch_labels: texts(branch_labels),
            replaces: replaces
                .iter()
                .map(|id| checked::<RevisionId>(id))
                .collect(),
            provides: provides
                .iter()
                .map(|text| checked::<Dependency>(text))
                .collect(),
            provides_in: provides_in.map(str::to_owned),
            message: (*message).to_owned(),
            created: created.map(str::to_owned),
            directory: (*directory).to_owned(),
            breaking: *breaking,
            generated: texts(generated),
            consent: texts(consent),
            touches: touches.map(texts),
            down_destroys: down_destroys.map(texts),
            idempotent: *idempotent,
            run_in_transaction: *run_in_transaction,
            lock_timeout: *lock_timeout,
            statement_timeout: *statement_timeout,
            content: Digest(*content),
        },
        up: Cow::Borrowed(up),
        down: down.map(Cow::Borrowed),
    }
}

fn checked<T: FromStr<Err: fmt::Debug>>(text: &str) -> T {
    text.parse()
        .expect("it was read from the revision directory when this was compiled")
}

/// The schema that `limbeck.toml` places a bundle in.
pub fn schema(name: &str) -> Ident {
    Ident::new(name).expect("`limbeck.toml` was checked when this was compiled")
}

/// Owned copies of texts.
pub fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The words for a value of an enum type that the Rust enum does not have.
pub fn unknown_enum_value(
    found: &[u8],
    sql_type: &str,
    rust_name: &str,
    known: &[&'static str],
) -> String {
    let found = String::from_utf8_lossy(found);
    let hint = match near(&found, known.iter().copied()).first() {
        Some(near) => format!("; the nearest that it has is `{near}`"),
        None => String::new(),
    };
    format!(
        "the database holds the value `{found}` of the type `{sql_type}`, which the enum \
         `{rust_name}` does not have{hint}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_enum_value_is_named_with_the_nearest_one() {
        assert_eq!(
            unknown_enum_value(
                b"drafts",
                "post_status",
                "PostStatus",
                &["draft", "published"]
            ),
            "the database holds the value `drafts` of the type `post_status`, which the enum \
             `PostStatus` does not have; the nearest that it has is `draft`"
        );
    }
}
