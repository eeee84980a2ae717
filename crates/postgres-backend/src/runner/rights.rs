//! Who must run what where the role of a run may not do what a revision does.

use limbeck_core::token::significant;
use limbeck_core::{Error, Ident};

use crate::history::Standing;
use crate::quote::ident;

/// The hint for a revision that was refused for want of a right; `None` where nothing more is known than
/// that.
pub(super) fn hint(
    error: &Error,
    placement: &Ident,
    standing: Option<&Standing>,
) -> Option<String> {
    let said = error.database()?;
    if said.sqlstate.as_deref() != Some("42501") {
        return None;
    }
    let standing = standing?;
    let role = Ident::new(standing.role.as_str()).ok()?;
    let statement = said.statement.as_deref()?;
    let words: Vec<&str> = significant(statement).collect();
    let are = |from: usize, expected: &[&str]| {
        let found = words.get(from..from + expected.len());
        found.is_some_and(|found| {
            let mut both = found.iter().zip(expected);
            both.all(|(one, other)| one.eq_ignore_ascii_case(other))
        })
    };
    if are(0, &["CREATE", "EXTENSION"]) {
        let once = match are(2, &["IF", "NOT", "EXISTS"]) {
            true => "and the revision then leaves it as it is",
            false => "and the revision must say `IF NOT EXISTS`",
        };
        let statement = statement.trim();
        return Some(format!(
            "the role {} may not make it: a superuser, or for a trusted extension a role with CREATE on the database \
             `{}`, must run there: {statement}; (behind its name, `SCHEMA` says where), {once}",
            ident(&role),
            standing.database
        ));
    }
    let lacks = standing
        .narrow_placements
        .iter()
        .any(|one| one == placement.as_str());
    (lacks && said.message.contains(placement.as_str())).then(|| {
        format!(
            "the role lacks CREATE on the schema `{placement}`: as its owner run: GRANT CREATE ON SCHEMA {} TO {}",
            ident(placement),
            ident(&role)
        )
    })
}
